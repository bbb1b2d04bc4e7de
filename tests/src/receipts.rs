//! Random receipts of one till, built with the domain and judged by the accountant.
//!
//! A seed is a shop: a currency, rates, items, promotions and tenders, and what a till does there. There is
//! no store and no façade: what is under test is the arithmetic, and how bodies write it down.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Serialize;
use serde_json::{Value, json};
use tillkit_domain::{
    self as domain, CashMovementKind, CashRounding, Changeover, Currency, Discount, Fact, Gives, LineOrigin,
    Money, NewLine, NewReturn, NewTender, Paid, Part, Promotion, Quantity, Rate, Refund, ReturnLine,
    Rounding, Sale, Settled, TaxPoint, TenderKind, Terms, Totals, UnitPrice, VatCategory, VatMode, VatRate,
};
use tillkit_protocol::{
    Hash,
    bodies::{self, ClosureTotals, Reference, ReturnPurpose},
    canonical,
    document::{DocumentLine, Kind},
    wire::Ranges,
};

use crate::{accountant::Accountant, sim::Dice};

/// The currencies that shops are in.
const CURRENCIES: [&str; 8] = ["GBP", "CZK", "CHF", "JPY", "KWD", "SEK", "EUR", "BGN"];
const TILL: &str = "T1";
const CENTRE: &str = "main";
/// Units of the lev for a euro.
const LEV: &str = "1.95583";

/// What was judged.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// Sales, returns and voids.
    pub receipts: u64,
    /// What the domain refused, each for a reason of its own.
    pub refused: u64,
    /// Figures that were compared.
    pub figures: u64,
    /// What differs, in words.
    pub differences: Vec<String>,
}

impl Judged {
    /// Adds another shop's.
    pub fn add(&mut self, other: Judged) {
        self.receipts += other.receipts;
        self.refused += other.refused;
        self.figures += other.figures;
        self.differences.extend(other.differences);
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Judged { receipts, refused, figures, differences } = self;
        write!(
            out,
            "{receipts} receipts, {refused} refused by the domain; {figures} figures compared, {} differed",
            differences.len()
        )
    }
}

/// Makes so many receipts in the shop of this seed. The first ones are the same however many they are.
///
/// # Panics
/// If the domain computes what it cannot write down.
pub fn judge(seed: u64, receipts: u64) -> Judged {
    let mut till = Till::open(seed);
    while till.receipts < receipts {
        till.acts();
    }
    till.close();
    Judged {
        receipts: till.receipts,
        refused: till.refused,
        figures: till.accountant.compared(),
        differences: till.accountant.differences().iter().map(|one| format!("shop {seed}: {one}")).collect(),
    }
}

/// Receipts of a shop that is one of many.
const EACH: u64 = 25;

/// Makes so many receipts, in shops that begin with this seed, on two threads.
pub fn many(first: u64, receipts: u64) -> Judged {
    let shops = first..first + receipts.div_ceil(EACH);
    let next = AtomicU64::new(shops.start);
    let all = Mutex::new(Judged::default());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= shops.end {
                        return;
                    }
                    let judged = judge(seed, EACH);
                    all.lock().unwrap_or_else(PoisonError::into_inner).add(judged);
                }
            });
        }
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Plants a fault of arithmetic and looks for it: after how many receipts the accountant saw something, and
/// what; `None` if it saw nothing in `most` of them.
#[cfg(tillkit_defects)]
pub fn hunt(defect: &'static str, most: u64) -> Option<(u64, String)> {
    domain::defects::plant(Some(defect));
    let mut made = 0;
    let found = (1..).find_map(|seed| {
        let judged = judge(seed, EACH);
        made += judged.receipts;
        let found = judged.differences.into_iter().next();
        (found.is_some() || made >= most).then_some(found)
    });
    domain::defects::plant(None);
    Some((made, found??))
}

/// A way to pay.
#[derive(Clone)]
struct Tender {
    key: &'static str,
    kind: TenderKind,
    currency: Currency,
}

/// Goods.
#[derive(Clone)]
struct Item {
    key: String,
    price: UnitPrice,
    vat: usize,
    is_weighed: bool,
    is_deposit: bool,
    promotions: Vec<Promotion>,
}

/// A document that can be reversed.
struct Receipt {
    reference: Reference,
    settled: Settled,
    is_return: bool,
    is_void: bool,
    /// By line of a sale: which document brought back what.
    back: Vec<BTreeMap<u64, Part>>,
    /// By document: what went back by which tender.
    refunds: BTreeMap<u64, Vec<(String, TenderKind, i64)>>,
}

struct Till {
    dice: Dice,
    accountant: Accountant,
    terms: Terms,
    changeover: Option<Changeover>,
    rates: Vec<VatRate>,
    items: Vec<Item>,
    tenders: Vec<Tender>,
    foreign_rate: Rate,
    /// By currency.
    roundings: BTreeMap<Currency, CashRounding>,
    seq: u64,
    number: u64,
    prev: Hash,
    receipts: u64,
    refused: u64,
    known: Vec<Receipt>,
    period: Period,
}

/// What has been recorded since the last Z.
#[derive(Default)]
struct Period {
    totals: Totals,
    hashes: Vec<u8>,
    from: u64,
    numbers: Option<(String, String)>,
    perpetual: BTreeMap<Currency, i64>,
    z: u64,
}

impl Till {
    fn open(seed: u64) -> Till {
        let mut dice = Dice::new(seed, "receipts");
        let currency = currency(dice.pick(&CURRENCIES));
        let foreign = currency_other(currency, &mut dice);
        let tender = |key, kind, currency| Tender { key, kind, currency };
        let mut till = Till {
            terms: Terms {
                currency,
                vat_mode: VatMode::Included,
                cash_rounding: None,
                change_tender: Some("cash".into()),
                tax_point: TaxPoint::Completion,
            },
            changeover: None,
            rates: Vec::new(),
            items: Vec::new(),
            tenders: vec![
                tender("cash", TenderKind::Cash, currency),
                tender("card", TenderKind::Card, currency),
                tender("amex", TenderKind::Card, currency),
                tender("voucher", TenderKind::Voucher, currency),
                tender("credit", TenderKind::CustomerCredit, currency),
                tender("notes", TenderKind::Cash, foreign),
            ],
            foreign_rate: decimal(format!("{}.{:04}", dice.of(0..3), dice.of(1..10_000))),
            roundings: BTreeMap::new(),
            accountant: Accountant::default(),
            seq: 0,
            number: 0,
            prev: Hash::NONE,
            receipts: 0,
            refused: 0,
            known: Vec::new(),
            period: Period { from: 1, z: 1, ..Period::default() },
            dice,
        };
        till.row("centre", CENTRE, json!({"warehouse": "main"}));
        till.settle_in();
        for (at, percent) in ["0", "20", "17.5", "7.7"].into_iter().enumerate() {
            till.rates.push(VatRate {
                id: format!("r{at}"),
                percent: decimal(percent.into()),
                category: if at == 0 { VatCategory::Z } else { VatCategory::S },
            });
        }
        till.publish_rates();
        for n in 0..8 {
            till.add_item(n);
        }
        till
    }

    /// Tenders and coins, as they are from now on.
    fn settle_in(&mut self) {
        self.terms.vat_mode = self.dice.pick(&[VatMode::Included, VatMode::Included, VatMode::Excluded]);
        for tender in self.tenders.clone() {
            let (kind, currency) = (word(&tender.kind), tender.currency.code());
            self.row("tender", tender.key, json!({"kind": kind, "currency": currency}));
            self.coins(tender.currency);
        }
        self.terms.cash_rounding = self.roundings.get(&self.terms.currency).copied();
        let foreign = self.tenders.last().map_or("", |tender| tender.currency.code());
        let row = json!({"currency": foreign, "rate": self.foreign_rate.to_string()});
        self.row("exchange_rate", "1", row);
    }

    fn coins(&mut self, currency: Currency) {
        let step_minor = match currency.code() {
            "CZK" | "SEK" => 100,
            "CHF" => 5,
            _ => self.dice.pick(&[1, 1, 5, 10]),
        };
        let ways = [
            Rounding::HalfAwayFromZero,
            Rounding::HalfAwayFromZero,
            Rounding::HalfEven,
            Rounding::Up,
            Rounding::Down,
        ];
        let rounding = CashRounding {
            step_minor,
            rounding: self.dice.pick(&ways),
            takes_exact: self.dice.permille(200),
            at_least_a_step: self.dice.permille(200),
        };
        let row = json!({
            "cash_step_minor": step_minor, "cash_rounding": word(&rounding.rounding),
            "exact_cash": rounding.takes_exact, "round_up_to_step": rounding.at_least_a_step,
        });
        self.row("currency", currency.code(), row);
        self.roundings.insert(currency, rounding);
    }

    fn row(&mut self, kind: &str, key: &str, body: Value) {
        self.accountant.row(kind, key, body.to_string().as_bytes());
    }

    fn publish_rates(&mut self) {
        for rate in self.rates.clone() {
            let row = json!({"percent": rate.percent.to_string(), "category": word(&rate.category)});
            self.row("vat_rate", &rate.id, row);
        }
    }

    fn add_item(&mut self, n: u64) {
        let mut promotions = Vec::new();
        for at in 0..self.dice.below(3) {
            let gives = match self.dice.below(7) {
                0 => Gives::AmountOff(self.price()),
                1 => Gives::FixedPrice(self.price()),
                2 => Gives::AmountOffOnce(i64::try_from(self.dice.of(1..900)).unwrap_or(1)),
                3 => Gives::NForM { n: 3, m: 2 },
                4 => Gives::SecondAt(decimal("50".into())),
                _ => Gives::PercentOff(decimal(format!("{}.5", self.dice.of(0..60)))),
            };
            let key = format!("p{n}{at}");
            let row = json!({"name": key, "gives": serde_json::to_value(gives).expect("a rule")});
            self.row("promotion", &key, row);
            promotions
                .push(Promotion { combines: self.dice.permille(500), ..Promotion::new(&key, &key, gives) });
        }
        let item = Item {
            key: format!("i{n}"),
            price: self.price(),
            vat: self.dice.below(self.rates.len()),
            is_weighed: n % 3 == 2,
            is_deposit: n == 7,
            promotions,
        };
        self.row("item", &item.key, json!({"price": item.price.to_string()}));
        self.items.push(item);
    }

    /// With the decimals of the currency, or with more.
    fn price(&mut self) -> UnitPrice {
        let whole = self.dice.of(0..60);
        let decimals = self.terms.currency.exponent() as usize + if self.dice.permille(150) { 2 } else { 0 };
        match decimals {
            0 => decimal(format!("{}", whole * 17 + 1)),
            _ => decimal(format!("{whole}.{:0decimals$}", self.dice.of(1..10u64.pow(decimals as u32)))),
        }
    }

    fn quantity(&mut self, is_weighed: bool) -> Quantity {
        match is_weighed {
            true => decimal(format!("{}.{:03}", self.dice.of(0..3), self.dice.of(1..1_000))),
            false => Quantity::from(u32::try_from(self.dice.of(1..8)).unwrap_or(1)),
        }
    }

    // ------------------------------------------------------------------------------ what it does

    fn acts(&mut self) {
        match self.dice.below(100) {
            0..64 => self.sell(),
            64..86 => self.take_back(),
            86..93 => self.void(),
            93..97 => self.move_cash(),
            _ => {
                self.close();
                self.change_settings();
            }
        }
    }

    /// What an owner changes over night.
    fn change_settings(&mut self) {
        match self.dice.below(5) {
            0 => self.settle_in(),
            1 => {
                let at = self.dice.below(self.rates.len());
                self.rates[at].percent = decimal(format!("{}.{}", self.dice.of(0..30), self.dice.of(0..10)));
                self.publish_rates();
            }
            2 => {
                let at = self.dice.below(self.items.len());
                self.items[at].price = self.price();
                let row = json!({"price": self.items[at].price.to_string()});
                let key = self.items[at].key.clone();
                self.row("item", &key, row);
            }
            3 if self.terms.currency.code() == "BGN" => self.change_over(),
            _ => {}
        }
    }

    /// The lev ends.
    fn change_over(&mut self) {
        let euro = currency("EUR");
        self.changeover = Some(Changeover { from: self.terms.currency, rate: decimal(LEV.into()) });
        self.terms.currency = euro;
        for tender in self.tenders.iter_mut().filter(|tender| tender.key != "notes") {
            tender.currency = euro;
        }
        self.settle_in();
    }

    fn sell(&mut self) {
        let mut sale = Sale::new(self.terms.clone());
        for _ in 0..1 + self.dice.below(7) {
            let item = self.items[self.dice.below(self.items.len())].clone();
            let line = self.line(&item);
            if sale.add_line(line).is_ok() && self.dice.permille(150) {
                let (last, discount) = (sale.lines().map_or(1, |lines| lines.len()) - 1, self.discount());
                self.refused += u64::from(sale.discount_line(last, Some(discount)).is_err());
            }
        }
        if self.dice.permille(250) {
            let discount = self.discount();
            self.refused += u64::from(sale.discount_receipt(Some(discount)).is_err());
        }
        if self.dice.permille(300) {
            sale.set_customer(Some(format!("c{}", self.dice.of(0..4))));
        }
        self.pay(&mut sale);
        match sale.settle() {
            Ok(settled) => drop(self.record_money(Kind::Sale, settled, |sale| sale)),
            Err(_) => self.refused += 1,
        }
    }

    fn line(&mut self, item: &Item) -> NewLine {
        let mut quantity = self.quantity(item.is_weighed);
        if item.is_deposit && self.dice.permille(700) {
            quantity = quantity.negated();
        }
        NewLine {
            item: item.key.clone(),
            code: None,
            name: format!("Item {}", item.key),
            unit: if item.is_weighed { "kg" } else { "pc" }.into(),
            quantity,
            list_price: item.price,
            is_edited: self.dice.permille(50),
            price_override: self.dice.permille(80).then(|| (self.price(), "a friend".into())),
            vat: self.rates[item.vat].clone(),
            is_vat_chosen: false,
            generation: 1,
            moves_stock: !item.is_deposit,
            is_deposit: item.is_deposit,
            unit_decimals: Some(if item.is_weighed { 3 } else { 0 }),
            supplied_ms: None,
            promotions: item.promotions.clone(),
        }
    }

    fn discount(&mut self) -> Discount {
        match self.dice.permille(500) {
            true => Discount::Amount(i64::try_from(self.dice.of(1..700)).unwrap_or(1)),
            false => Discount::Percent(decimal(format!("{}.5", self.dice.of(0..60)))),
        }
    }

    fn pay(&mut self, sale: &mut Sale) {
        for tender in self.tenders.clone() {
            if !self.dice.permille(if tender.kind == TenderKind::Cash { 150 } else { 80 }) {
                continue;
            }
            let most = sale.rest(TenderKind::Card).map_or(0, |rest| rest.minor.unsigned_abs());
            let minor = i64::try_from(self.dice.of(1..most.max(1) + 2)).unwrap_or(1);
            self.tender(sale, &tender, Money::new(minor, tender.currency));
        }
        let by = self.tenders[self.dice.weighted(&[(6, 0), (3, 1), (1, 4)])].clone();
        let rest = sale.rest(by.kind).map_or(0, |rest| rest.minor);
        let notes = if by.kind == TenderKind::Cash && self.dice.permille(400) { rest / 3 + 7 } else { 0 };
        if rest > 0 {
            self.tender(sale, &by, Money::new(rest + notes, by.currency));
        }
    }

    fn tender(&mut self, sale: &mut Sale, tender: &Tender, amount: Money) {
        let is_foreign = amount.currency != sale.terms().currency;
        let paid = sale.pay(NewTender {
            tender: tender.key.into(),
            name: tender.key.into(),
            kind: tender.kind,
            gives_change: tender.kind == TenderKind::Cash,
            amount,
            rate: is_foreign.then_some(self.foreign_rate),
            reference: None,
        });
        self.refused += u64::from(paid.is_err());
    }

    fn move_cash(&mut self) {
        let kind = self.dice.pick(&[
            CashMovementKind::FloatIn,
            CashMovementKind::PayIn,
            CashMovementKind::PayOut,
            CashMovementKind::SafeDrop,
            CashMovementKind::TenderTransfer,
        ]);
        let tender = self.tenders[self.dice.pick(&[0, 0, 5])].clone();
        let minor = i64::try_from(self.dice.of(1..50_000)).unwrap_or(1);
        let amount_minor = kind.signed_minor(Money::new(minor, tender.currency)).expect("a positive amount");
        let amount = Money::new(amount_minor, tender.currency);
        self.count_in(Fact::Cash { tender: tender.key, kind, amount });
        let body = bodies::CashMovement {
            amount_minor,
            currency: tender.currency,
            movement: kind,
            reason: String::new(),
            tender: tender.key.into(),
        };
        self.record(Kind::CashMovement, &body, tender.currency, amount_minor);
    }

    // ------------------------------------------------------------------------------------ reversals

    fn take_back(&mut self) {
        let open = |receipt: &Receipt| !receipt.is_return && !receipt.is_void;
        let sales: Vec<usize> = (0..self.known.len()).filter(|at| open(&self.known[*at])).collect();
        let of = match sales.is_empty() || self.dice.permille(100) {
            true => None,
            // What was sold lately comes back more often.
            false => Some(sales[sales.len() - 1 - self.dice.below(sales.len().min(6))]),
        };
        let (lines, parts) = match of {
            Some(of) => self.parts_of(of),
            None => (vec![self.without_sale()], Vec::new()),
        };
        let sale = of.map(|of| &self.known[of]);
        let terms = match sale {
            Some(sale) => Terms {
                currency: sale.settled.currency,
                vat_mode: sale.settled.vat_mode,
                cash_rounding: self.roundings.get(&sale.settled.currency).copied(),
                ..self.terms.clone()
            },
            None => self.terms.clone(),
        };
        let paid = sale.map_or(Vec::new(), paid_of);
        let changeover = self.changeover.filter(|changeover| changeover.from == terms.currency);
        let has_goods = self.dice.permille(900);
        let (home, rate) = (terms.currency, changeover.map(|changeover| changeover.rate));
        let refunds = self.refunds(home, rate);
        let new = NewReturn {
            terms,
            changeover,
            has_goods,
            customer: self.dice.permille(500).then(|| "c1".into()),
            lines,
            paid,
            refunds,
        };
        let (Ok(settled), Ok(shares)) = (new.settle(), new.refunded_minor()) else {
            self.refused += 1;
            return;
        };
        let purpose = if has_goods { ReturnPurpose::Goods } else { ReturnPurpose::CreditNote };
        let seq = self.record_money(Kind::Return, settled, |sale| bodies::Return { purpose, sale });
        if let Some(of) = of {
            let of = &mut self.known[of];
            for (line, part) in parts {
                let so_far = of.back[line].entry(seq).or_default();
                *so_far = sum_of(*so_far, part);
            }
            let refunds = new.refunds.iter().zip(shares);
            let refunds = refunds.map(|(refund, minor)| (refund.tender.clone(), refund.kind, minor));
            of.refunds.insert(seq, refunds.collect());
        }
    }

    /// Some lines of a sale, a part of each.
    fn parts_of(&mut self, of: usize) -> (Vec<ReturnLine>, Vec<(usize, Part)>) {
        let (mut lines, mut parts) = (Vec::new(), Vec::<(usize, Part)>::new());
        for _ in 0..1 + self.dice.below(3) {
            let at = self.dice.below(self.known[of].settled.lines.len());
            let sold = self.known[of].settled.lines[at].clone();
            let so_far = self.known[of].back[at].values().copied();
            let so_far = so_far.chain(parts.iter().filter(|(line, _)| *line == at).map(|(_, part)| *part));
            let back = so_far.fold(Part::default(), sum_of);
            let left = sold.quantity.micro() - back.quantity.micro();
            let micro = match self.dice.below(3) {
                0 => left,
                _ if sold.unit == "pc" => 1_000_000 * (1 + i64::try_from(self.dice.below(3)).unwrap_or(0)),
                _ => (left / 2_000 * 1_000).max(1_000),
            };
            let quantity = Quantity::from_micro(-micro).expect("a small quantity");
            let returnable =
                self.known[of].settled.returnable(at).expect("small amounts").expect("a line of it");
            let returnable = domain::Returnable { back, ..returnable };
            if micro <= 0 || micro > left {
                continue;
            }
            parts.push((at, returnable.part(quantity.negated()).expect("small amounts")));
            let line = NewLine {
                item: sold.item,
                code: None,
                name: sold.name,
                unit: sold.unit,
                quantity,
                list_price: sold.unit_price,
                is_edited: false,
                price_override: self.dice.permille(120).then(|| (self.price(), "worn".into())),
                vat: sold.vat,
                is_vat_chosen: false,
                generation: 1,
                moves_stock: sold.moves_stock,
                is_deposit: sold.is_deposit,
                unit_decimals: None,
                supplied_ms: None,
                promotions: Vec::new(),
            };
            let Reference { till, enrolment, seq, .. } = self.known[of].reference.clone();
            let origin = LineOrigin { till, enrolment, seq, line: u32::try_from(at).unwrap_or(0) };
            lines.push(ReturnLine {
                line,
                origin: Some((origin, returnable)),
                taken_off: sold.trace.clone(),
                reason: None,
            });
        }
        (lines, parts)
    }

    fn without_sale(&mut self) -> ReturnLine {
        let item = self.items[self.dice.below(self.items.len())].clone();
        let mut line = self.line(&item);
        if !line.quantity.is_negative() {
            line.quantity = line.quantity.negated();
        }
        ReturnLine { line, origin: None, taken_off: Vec::new(), reason: Some("no receipt".into()) }
    }

    /// All by one tender, or a part by another; in the currency of today.
    fn refunds(&mut self, home: Currency, changeover: Option<Rate>) -> Vec<Refund> {
        let mut refunds = Vec::new();
        for named in 0..1 + self.dice.below(3) {
            let tender =
                self.tenders[self.dice.weighted(&[(6, 0), (3, 1), (1, 2), (1, 3), (3, 4), (1, 5)])].clone();
            if refunds.iter().any(|refund: &Refund| refund.tender == tender.key) {
                continue;
            }
            let is_foreign = tender.currency != home;
            let rate = if tender.key == "notes" { Some(self.foreign_rate) } else { changeover };
            let coins = self.roundings.get(&tender.currency).filter(|_| tender.kind == TenderKind::Cash);
            let step = coins.map_or(1, |coins| coins.step_minor.max(1));
            // Nobody hands out what there are no coins for.
            let amount = i64::try_from(self.dice.of(1..2_000)).unwrap_or(1) / step * step + step;
            refunds.push(Refund {
                tender: tender.key.into(),
                name: tender.key.into(),
                kind: tender.kind,
                currency: tender.currency,
                rate: rate.filter(|_| is_foreign),
                cash_rounding: self.roundings.get(&tender.currency).copied(),
                amount_minor: (named > 0).then_some(amount),
            });
        }
        refunds
    }

    fn void(&mut self) {
        if self.known.is_empty() {
            return;
        }
        let at = self.known.len() - 1 - self.dice.below(self.known.len().min(8));
        let receipt = &mut self.known[at];
        // The journal of a till refuses these.
        if receipt.is_void || receipt.back.iter().any(|back| !back.is_empty()) {
            self.refused += 1;
            return;
        }
        receipt.is_void = true;
        let (of, settled) = (receipt.reference.clone(), receipt.settled.reversed());
        if receipt.is_return {
            for sale in &mut self.known {
                for back in &mut sale.back {
                    back.remove(&of.seq);
                }
                sale.refunds.remove(&of.seq);
            }
        }
        self.record_money(Kind::Void, settled, |sale| bodies::Void { of, reason: "a mistake".into(), sale });
    }

    // ------------------------------------------------------------------------------------ recording

    fn record_money<Body: Serialize>(
        &mut self,
        kind: Kind,
        settled: Settled,
        body: impl FnOnce(bodies::Sale) -> Body,
    ) -> u64 {
        self.receipts += 1;
        self.number += 1;
        let number = format!("A-{:06}", self.number);
        let written = bodies::Sale { paper: Some(bodies::Paper::default()), ..bodies::Sale::from(&settled) };
        // As the till does it: what is counted is what was written.
        let read = written.settled(settled.currency, settled.total_minor);
        self.count_in(match kind {
            Kind::Sale => Fact::Sale(&read),
            Kind::Return => Fact::Return(&read),
            _ => Fact::Void(&read),
        });
        let first = self.period.numbers.take().map_or(number.clone(), |(first, _)| first);
        self.period.numbers = Some((first, number.clone()));
        let perpetual = self.period.perpetual.entry(settled.currency).or_default();
        *perpetual += settled.total_minor;
        let line = self.record(kind, &body(written), settled.currency, settled.total_minor);
        self.print(&line, &settled, &number);
        let reference = Reference { enrolment: 1, hash: self.prev, number, seq: self.seq, till: TILL.into() };
        if kind != Kind::Void {
            let back = vec![BTreeMap::new(); settled.lines.len()];
            let is_return = kind == Kind::Return;
            let refunds = BTreeMap::new();
            self.known.push(Receipt { reference, settled, is_return, is_void: false, back, refunds });
        }
        self.seq
    }

    fn print(&mut self, line: &[u8], settled: &Settled, number: &str) {
        let text = domain::receipt::render(
            settled,
            &domain::receipt::Layout {
                width: 42,
                header: &["High Street 7".into()],
                footer: &["Thank you".into()],
                title: "Receipt",
                number,
                time: "2010-12-01 08:00",
                issued_by: "T1 anna",
                tender_names: &BTreeMap::new(),
                offline_note: None,
            },
        );
        self.accountant.receipt(line, &text);
    }

    fn count_in(&mut self, fact: Fact) {
        self.period.totals.add(fact).expect("small amounts");
    }

    /// Writes a document down as a till does, and lets the accountant read it.
    fn record<Body: Serialize>(
        &mut self,
        kind: Kind,
        body: &Body,
        currency: Currency,
        total: i64,
    ) -> Vec<u8> {
        self.seq += 1;
        let number = if kind == Kind::CashMovement { String::new() } else { format!("A-{:06}", self.number) };
        let document = DocumentLine {
            body,
            business_day: "2010-12-01".into(),
            centre: CENTRE.into(),
            currency: currency.code().into(),
            enrolment: 1,
            generations: BTreeMap::new(),
            kind: kind.name().into(),
            monotonic_ms: 0,
            number,
            offline: false,
            prev: self.prev,
            recorded_ms: 0,
            seq: self.seq,
            series: "A".into(),
            server_offset_ms: None,
            till: TILL.into(),
            total_minor: total,
            user: "anna".into(),
            v: bodies::VERSION,
        };
        let line = canonical::to_line(&document).expect("whole numbers");
        self.prev = Hash::of(&line);
        self.accountant.document(&line);
        if kind != Kind::Closure {
            self.period.hashes.extend_from_slice(self.prev.as_bytes());
        }
        line
    }

    /// Counts some drawers and closes.
    fn close(&mut self) {
        let mut counted = bodies::CountedTenders::new();
        for tender in self.tenders.clone() {
            if self.dice.permille(400) {
                let minor = i64::try_from(self.dice.of(0..90_000)).unwrap_or(0);
                let mut count = domain::Count::default();
                count.add(Money::new(minor, tender.currency), &[]).expect("an amount of a drawer");
                counted.insert((tender.key.into(), tender.currency), (tender.kind, count));
            }
        }
        let told = counted.iter().map(|((tender, currency), (_, count))| {
            ((tender.clone(), currency.code().to_string()), count.minor)
        });
        self.accountant.counted(TILL, 1, self.seq + 1, told.collect());
        let home = self.terms.currency;
        let Period { totals, hashes, from, numbers, perpetual, z } = std::mem::take(&mut self.period);
        let ranges = if self.seq >= from { vec![(from, self.seq)] } else { Vec::new() };
        let body = bodies::Closure {
            documents_hash: Hash::of(&hashes),
            documents: vec![Ranges { enrolment: 1, ranges, till: TILL.into() }],
            receipts: numbers,
            totals: ClosureTotals::new(home, &totals, &counted, &perpetual),
            unsent: bodies::UnsentFacts::default(),
            z,
        };
        self.accountant.interim(TILL, 1, home.code(), &serde_json::to_value(&body).expect("plain values"));
        // As the next Z of a till reads it.
        let perpetual = body.totals.perpetual(home);
        self.record(Kind::Closure, &body, home, 0);
        self.period = Period { from: self.seq + 1, z: z + 1, perpetual, ..Period::default() };
    }
}

/// What each tender of a sale has left.
fn paid_of(sale: &Receipt) -> Vec<Paid> {
    let mut paid = sale.settled.paid().expect("small amounts");
    for (tender, kind, minor) in sale.refunds.values().flatten() {
        let is_same =
            |paid: &&mut Paid| paid.kind == *kind && (*kind == TenderKind::Cash || paid.tender == *tender);
        if let Some(paid) = paid.iter_mut().find(is_same) {
            paid.left_minor -= minor;
        }
    }
    paid
}

fn sum_of(one: Part, other: Part) -> Part {
    Part {
        quantity: one.quantity.plus(other.quantity).expect("small quantities"),
        gross_minor: one.gross_minor + other.gross_minor,
        vat_minor: one.vat_minor + other.vat_minor,
    }
}

fn currency(code: &str) -> Currency {
    Currency::parse(code).expect("an ISO code")
}

fn currency_other(home: Currency, dice: &mut Dice) -> Currency {
    let others: Vec<&str> =
        ["GBP", "USD", "JPY", "KWD"].into_iter().filter(|code| *code != home.code()).collect();
    currency(dice.pick(&others))
}

fn decimal<T: std::str::FromStr<Err = domain::MoneyError>>(text: String) -> T {
    text.parse().expect("a decimal")
}

/// The name a value has on the wire.
fn word<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("a word")
}

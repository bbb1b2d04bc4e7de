//! What was sold, and what of it came back: the caps of returns, and voids that mirror their document.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{
    Fault, Judge, Place,
    documents::{Document, Line, Money, Origin, Rate},
    exact::{Fraction, largest_remainders},
};

/// (till, enrolment, seq): a document's name.
pub type Key = (String, u32, u64);

/// Every sale and return there was.
#[derive(Debug, Default)]
pub struct Sold {
    receipts: BTreeMap<Key, Receipt>,
    /// Enrolments of which nobody knows which document came first.
    without: BTreeSet<(String, u32)>,
}

#[derive(Debug)]
struct Receipt {
    hash: String,
    kind: String,
    currency: String,
    total_minor: i64,
    money: Money,
    is_void: bool,
    /// The VAT of each line.
    vat: Vec<i64>,
    /// What has come back of each line, by which document.
    back: Vec<Vec<(Key, Part)>>,
    /// What has gone back, by which document; `None` if one document gave back of more than one sale, and
    /// nobody knows which tender gave back of which.
    refunds: BTreeMap<Key, Option<Refunds>>,
}

/// What a return gave back; not negative.
#[derive(Debug, Clone, Default)]
struct Refunds {
    /// Before cash rounding.
    due_minor: i64,
    /// By kind and key of the tender.
    tenders: BTreeMap<(String, String), i64>,
}

/// A part that came back; not negative, and as if nobody had lowered its price.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    quantity: Decimal,
    gross_minor: i64,
    vat_minor: i64,
}

impl Sold {
    /// Asks nothing of what comes back of this enrolment's sales.
    pub fn go_without(&mut self, till: &str, enrolment: u32) {
        self.without.insert((till.into(), enrolment));
    }

    /// Judges a sale, a return or a void by what was there before it, and remembers it.
    pub fn judge(&mut self, judge: &mut Judge, document: &Document, money: &Money, hash: &str) {
        let key: Key = (document.till.clone(), document.enrolment, document.seq);
        match document.kind.as_str() {
            "void" => return self.judge_void(judge, document, money),
            "return" => self.judge_return(judge, document, money, &key),
            _ => {}
        }
        let receipt = Receipt {
            hash: hash.into(),
            kind: document.kind.clone(),
            currency: document.currency.clone(),
            total_minor: document.total_minor,
            is_void: false,
            vat: vat_of_lines(money),
            back: vec![Vec::new(); money.lines.len()],
            refunds: BTreeMap::new(),
            money: money.clone(),
        };
        self.receipts.insert(key, receipt);
    }

    // ------------------------------------------------------------------------------- returns

    fn judge_return(&mut self, judge: &mut Judge, document: &Document, money: &Money, key: &Key) {
        let mut sales: BTreeSet<Key> = BTreeSet::new();
        let mut is_whole = true;
        for (at, line) in money.lines.iter().enumerate() {
            let is_back = line.quantity.is_sign_negative() && !line.quantity.is_zero();
            let has_goods = money.purpose.as_deref() != Some("credit_note");
            judge.holds(is_back || (!has_goods && line.origin.is_none()), Fault::NotBack(at), line.quantity);
            judge.holds(has_goods || !line.stock, Fault::StockOfCredit(at), &line.item);
            let Some(origin) = &line.origin else {
                is_whole = false;
                continue;
            };
            if self.without.contains(&(origin.till.clone(), origin.enrolment)) {
                is_whole = false;
                continue;
            }
            is_whole &= line.vat_minor.is_some();
            sales.insert((origin.till.clone(), origin.enrolment, origin.seq));
            self.judge_part(judge, at, line, origin, (document, money), key);
        }
        self.judge_refunds(judge, (document, money), &sales, is_whole, key);
    }

    fn judge_part(
        &mut self,
        judge: &mut Judge,
        at: usize,
        line: &Line,
        origin: &Origin,
        (document, money): (&Document, &Money),
        key: &Key,
    ) {
        let named = (origin.till.clone(), origin.enrolment, origin.seq);
        let name = format!("{}/{}/{} line {}", named.0, named.1, named.2, origin.line);
        let sale = self.receipts.get_mut(&named).filter(|sale| sale.kind == "sale");
        let Some(sale) = sale else { return judge.holds(false, Fault::Origin(at), name) };
        let (Some(sold), Some(vat_minor), Some(back)) =
            (sale.money.lines.get(origin.line), sale.vat.get(origin.line), sale.back.get_mut(origin.line))
        else {
            return judge.holds(false, Fault::Origin(at), name);
        };
        judge.holds(!sale.is_void, Fault::OriginVoid(at), &name);
        let is_new = line.vat_minor.is_some();
        let is_overridden = line.is_overridden();
        judge.equal(Fault::Mirror(at, "item"), &sold.item, &line.item);
        judge.equal(Fault::Mirror(at, "name"), &sold.name, &line.name);
        if !is_overridden {
            judge.equal(Fault::Mirror(at, "price"), sold.unit_price, line.unit_price);
        }
        if is_new {
            judge.equal(Fault::Mirror(at, "unit"), &sold.unit, &line.unit);
            judge.equal(Fault::Mirror(at, "VAT"), rate(&sold.vat), rate(&line.vat));
            judge.equal(Fault::Mirror(at, "currency"), &sale.currency, &document.currency);
            judge.equal(Fault::Mirror(at, "VAT mode"), &sale.money.vat_mode, &money.vat_mode);
        }
        let quantity = -line.quantity;
        let before: Decimal = back.iter().map(|(_, part)| part.quantity).sum();
        let through = before + quantity;
        if sold.quantity <= Decimal::ZERO || through > sold.quantity {
            return judge.at_most(Fault::ReturnsTooMuch(at), sold.quantity, through);
        }
        let up_to = |whole: i64, quantity: Decimal| Fraction::share(whole, quantity, sold.quantity).rounded();
        let so_far = |of: fn(&Part) -> i64| -> i64 { back.iter().map(|(_, part)| of(part)).sum() };
        let part = Part {
            quantity,
            gross_minor: up_to(sold.gross_minor, through) - so_far(|part| part.gross_minor),
            vat_minor: up_to(*vat_minor, through) - so_far(|part| part.vat_minor),
        };
        let stands = -line.gross_minor;
        match line.vat_minor {
            Some(vat) if is_overridden => {
                judge.at_most(Fault::Part(at), part.gross_minor, stands);
                judge.holds(stands >= 0, Fault::Part(at), stands);
                let whole = i128::from(part.gross_minor).max(1);
                let lowered = Fraction::new(i128::from(part.vat_minor) * i128::from(stands), whole).rounded();
                judge.equal(Fault::PartVat(at), lowered, -vat);
            }
            Some(vat) => {
                judge.equal(Fault::Part(at), part.gross_minor, stands);
                judge.equal(Fault::PartVat(at), part.vat_minor, -vat);
            }
            // Before November 2026: what was voided in between was not looked at.
            None if !is_overridden => {
                let then = up_to(sold.gross_minor, through) - up_to(sold.gross_minor, before);
                judge.one_of(Fault::Part(at), &[part.gross_minor, then], stands);
            }
            None => {}
        }
        back.push((key.clone(), part));
    }

    /// No tender gives back more than it paid, but cash may stand in for cards and vouchers, and nothing for
    /// what is on account.
    fn judge_refunds(
        &mut self,
        judge: &mut Judge,
        (document, money): (&Document, &Money),
        sales: &BTreeSet<Key>,
        is_whole: bool,
        key: &Key,
    ) {
        let mut refunds = Refunds { due_minor: -document.total_minor, ..Refunds::default() };
        for tender in &money.tenders {
            let sum = refunds.tenders.entry((tender.kind.clone(), tender.tender.clone())).or_default();
            *sum -= tender.home_minor;
        }
        let is_of_one = is_whole && sales.len() == 1;
        for sale in sales {
            if let Some(sale) = self.receipts.get_mut(sale) {
                sale.refunds.insert(key.clone(), is_of_one.then(|| refunds.clone()));
            }
        }
        let Some(sale) = sales.first().filter(|_| is_of_one).and_then(|sale| self.receipts.get(sale)) else {
            return;
        };
        let mut back = Refunds::default();
        for refunds in sale.refunds.values() {
            let Some(refunds) = refunds else { return };
            back.due_minor += refunds.due_minor;
            for (tender, minor) in &refunds.tenders {
                *back.tenders.entry(tender.clone()).or_default() += minor;
            }
        }
        let mut paid: BTreeMap<(String, String), i64> = BTreeMap::new();
        for tender in &sale.money.tenders {
            *paid.entry((tender.kind.clone(), tender.tender.clone())).or_default() += tender.home_minor;
        }
        for (tender, minor) in back.tenders.iter().filter(|((kind, _), _)| kind != "cash") {
            let most = paid.get(tender).copied().unwrap_or(0);
            judge.at_most(Fault::Refund(tender.1.clone()), most, *minor);
        }
        let account = |sums: &BTreeMap<(String, String), i64>| -> i64 {
            sums.iter().filter(|((kind, _), _)| kind == "customer_credit").map(|(_, minor)| minor).sum()
        };
        if account(&paid) > 0 {
            let most = (sale.total_minor - account(&paid)).max(0);
            judge.at_most(Fault::PaidOutAccount, most, back.due_minor - account(&back.tenders));
        }
    }

    // --------------------------------------------------------------------------------- voids

    fn judge_void(&mut self, judge: &mut Judge, document: &Document, money: &Money) {
        let Some(of) = &money.of else { return judge.holds(false, Fault::Void("document"), "none is named") };
        if self.without.contains(&(of.till.clone(), of.enrolment)) {
            return;
        }
        let key = (of.till.clone(), of.enrolment, of.seq);
        let Some(receipt) = self.receipts.get_mut(&key) else {
            return judge.holds(false, Fault::Void("document"), format!("{}/{}/{}", key.0, key.1, key.2));
        };
        judge.equal(Fault::Void("hash"), &receipt.hash, &of.hash);
        judge.holds(!receipt.is_void, Fault::Void("document"), "it is void already");
        judge.holds(receipt.back.iter().all(Vec::is_empty), Fault::Void("document"), "goods have come back");
        receipt.is_void = true;
        judge.equal(Fault::Void("currency"), &receipt.currency, &document.currency);
        judge.equal(Fault::Void("total"), -receipt.total_minor, document.total_minor);
        judge_mirror(judge, &receipt.money, money);
        // What a return had brought back may come back again.
        let origins: Vec<Key> = receipt
            .money
            .lines
            .iter()
            .filter_map(|line| line.origin.as_ref())
            .map(|origin| (origin.till.clone(), origin.enrolment, origin.seq))
            .collect();
        for origin in origins {
            if let Some(sale) = self.receipts.get_mut(&origin) {
                sale.back.iter_mut().for_each(|back| back.retain(|(by, _)| *by != key));
                sale.refunds.remove(&key);
            }
        }
    }

    /// How many sales and returns are known.
    pub fn receipts(&self) -> usize {
        self.receipts.len()
    }
}

/// Everything of a void is what it reverses, the other way.
fn judge_mirror(judge: &mut Judge, of: &Money, void: &Money) {
    judge.equal(Fault::Void("change"), -of.change_minor, void.change_minor);
    judge.equal(Fault::Void("change tender"), shown(&of.change_tender), shown(&void.change_tender));
    judge.equal(Fault::Void("rounding"), -of.rounding_minor, void.rounding_minor);
    judge.equal(Fault::Void("customer"), shown(&of.customer), shown(&void.customer));
    judge.equal(Fault::Void("VAT mode"), &of.vat_mode, &void.vat_mode);
    judge.equal(Fault::Void("lines"), of.lines.len(), void.lines.len());
    for (of, line) in of.lines.iter().zip(&void.lines) {
        let mut mirrored = of.clone();
        mirrored.quantity = -of.quantity;
        mirrored.gross_minor = -of.gross_minor;
        mirrored.discount_minor = -of.discount_minor;
        for step in &mut mirrored.trace {
            step.amount_minor = step.amount_minor.map(|minor| -minor);
        }
        // Of a void of before November 2026 there was nothing to mirror.
        mirrored.vat_minor = of.vat_minor.map(|minor| -minor);
        judge.equal(Fault::Void("stock"), mirrored.stock, line.stock);
        let is_equal = mirrored == *line;
        judge.holds(is_equal, Fault::Void("line"), format!("{line:?} for {of:?}"));
    }
    judge.equal(Fault::Void("VAT entries"), of.vat.len(), void.vat.len());
    for (of, vat) in of.vat.iter().zip(&void.vat) {
        let is_equal = of.rate == vat.rate
            && (of.net_minor, of.vat_minor, of.gross_minor)
                == (-vat.net_minor, -vat.vat_minor, -vat.gross_minor);
        judge.holds(is_equal, Fault::Void("VAT"), format!("{vat:?} for {of:?}"));
    }
    judge.equal(Fault::Void("tenders"), of.tenders.len(), void.tenders.len());
    for (of, tender) in of.tenders.iter().zip(&void.tenders) {
        let mut mirrored = of.clone();
        (mirrored.amount_minor, mirrored.home_minor) = (-of.amount_minor, -of.home_minor);
        judge.holds(mirrored == *tender, Fault::Void("tender"), format!("{tender:?} for {of:?}"));
    }
}

fn shown(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("–")
}

fn rate(rate: &Rate) -> String {
    super::money::name(rate)
}

/// The part of its rate's VAT that each line of a sale has.
fn vat_of_lines(money: &Money) -> Vec<i64> {
    let mut parts = vec![0; money.lines.len()];
    for vat in &money.vat {
        let places: Vec<usize> = (0..parts.len()).filter(|at| money.lines[*at].vat == vat.rate).collect();
        let exact: Vec<Fraction> = places
            .iter()
            .map(|at| Fraction::vat(money.lines[*at].gross_minor, vat.rate.percent, money.is_included()))
            .collect();
        for (at, part) in places.into_iter().zip(largest_remainders(vat.vat_minor, &exact)) {
            parts[at] = part;
        }
    }
    parts
}

impl From<&Document<'_>> for Place {
    fn from(document: &Document) -> Place {
        Place {
            till: document.till.clone(),
            enrolment: document.enrolment,
            seq: document.seq,
            kind: document.kind.clone(),
            number: document.number.clone(),
        }
    }
}

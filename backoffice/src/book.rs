//! What a document means to the books. Pure: `process` brings documents and writes bookings.
//!
//! | measure | code | value |
//! |---|---|---|
//! | `gross` | – | Σ total of sales, returns, voids |
//! | `count` | kind | documents |
//! | `tender` | kind/key | paid, in the document's currency, before change |
//! | `tender_foreign` | kind/key | the same in the currency handed over, where it is another |
//! | `change` | key of the tender it was given in | as on the receipts |
//! | `rounding` | – | as on the receipts |
//! | `discount` | `promotion/key`, `line`, `receipt`, `other` | as on the receipts; of what is reversed negative |
//! | `vat_net`, `vat_tax`, `vat_gross` | percent/category | per rate and category |
//! | `cash` | movement | cash in and out without a sale, in its currency |
//!
//! Keys, days and currencies that a document names are cleaned before they become columns: no table holds a
//! NUL. The line itself stays as it was signed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tillkit_domain::{money::MAX_MINOR, text};
use tillkit_protocol::{
    DocumentLine, Hash, Kind, Record, bodies,
    bodies::{Closure, CustomerMade, Order, Origin, Sale},
};

/// Why a document that could not be booked is in no sum: the code of that finding.
pub(crate) const SET_ASIDE: &str = "set-aside";
/// Sums that a document adds to at most: no till records one with more tenders, rates and promotions.
const MOST_SUMS: usize = 4_000;
/// Lines of a document at most: tills have recorded up to 2,000 since they count them.
const MOST_LINES: usize = 20_000;

/// Characters of a key that a document names, as a column holds it.
const KEY_CHARS: usize = 200;

/// A text of a document as a column holds it.
pub(crate) fn cleaned(text: &str) -> String {
    text::fitted(text, KEY_CHARS).into_owned()
}

/// What a document adds to the books.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Booking {
    pub(crate) centre: String,
    pub(crate) business_day: String,
    /// Key of the user.
    pub(crate) cashier: String,
    /// Each within what a sum may be.
    pub(crate) adds: BTreeMap<Total, i64>,
    /// What customers owe more: by key and currency, minor units.
    pub(crate) accounts: BTreeMap<(String, String), i64>,
    pub(crate) stock: Vec<Move>,
    /// What comes back of lines of sales.
    pub(crate) returned: Vec<Back>,
    /// Its lines, where it is a sale.
    pub(crate) sold: Option<Sold>,
    /// Items it names.
    pub(crate) items: Vec<String>,
    /// What to hold against the documents it lists.
    pub(crate) closure: Option<ClosureSaid>,
    /// What a customer wants, with the number it has.
    pub(crate) order: Option<(String, Order)>,
    /// A customer written down on the till.
    pub(crate) customer: Option<CustomerMade>,
    /// Which counter its number is from, and its place.
    pub(crate) number: Option<(String, u64)>,
    /// Objections that the document raises by itself: code and detail.
    pub(crate) objections: Vec<(&'static str, String)>,
    /// Code and detail of the finding, where it cannot be booked.
    pub(crate) set_aside: Option<(&'static str, String)>,
    /// Sums before it is known whether they fit.
    open: BTreeMap<Total, i128>,
}

/// What comes back of a line of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Back {
    pub(crate) origin: Origin,
    /// Of the document that says so.
    pub(crate) currency: String,
    /// Negative where a return is voided, as is the money.
    pub(crate) line: SoldLine,
}

/// What a sale says of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sold {
    pub(crate) currency: String,
    pub(crate) lines: Vec<SoldLine>,
}

/// A line, as far as what comes back of it is held against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SoldLine {
    pub(crate) item: String,
    /// Millionths.
    pub(crate) micro: i64,
    pub(crate) gross_minor: i64,
    /// Percent and category.
    pub(crate) vat: String,
}

impl Sold {
    /// The lines of a sale; `None` if the document is none.
    pub(crate) fn of(record: &Record) -> Option<Sold> {
        let document = record.document::<Sale>().ok()?;
        let is_sale = document.kind == Kind::Sale.name();
        is_sale.then(|| Sold::new(&document.currency, &document.body))
    }

    fn new(currency: &str, sale: &Sale) -> Sold {
        Sold { currency: currency.into(), lines: sale.lines.iter().map(SoldLine::of).collect() }
    }
}

impl SoldLine {
    fn of(line: &bodies::Line) -> SoldLine {
        SoldLine {
            item: line.item.clone(),
            micro: line.quantity.micro(),
            gross_minor: line.gross_minor,
            vat: rate(&line.vat),
        }
    }

    fn reversed(self) -> SoldLine {
        let (micro, gross_minor) = (self.micro.saturating_neg(), self.gross_minor.saturating_neg());
        SoldLine { micro, gross_minor, ..self }
    }
}

/// A VAT rate as sums name it: percent/category.
fn rate(vat: &bodies::VatRate) -> String {
    format!("{}/{}", vat.percent, word(&vat.category))
}

/// Names a sum of a till's day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Total {
    pub(crate) currency: String,
    pub(crate) measure: &'static str,
    pub(crate) code: String,
}

/// A change of a stock level, in millionths of the item's unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Move {
    /// `None`: the warehouse that the centre's sales draw from.
    pub(crate) warehouse: Option<String>,
    pub(crate) item: String,
    pub(crate) change: Change,
}

/// How a level changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// By so much.
    By(i64),
    /// To so much: it was counted.
    To(i64),
}

/// Books a document. One that this version does not understand is set aside, for a version that does.
pub(crate) fn book(record: &Record) -> Booking {
    let unknown = |why: String| Booking::set_aside("unknown-body", why);
    let document = match record.unread() {
        Ok(document) => document,
        Err(error) => return unknown(error.to_string()),
    };
    let Some(kind) = Kind::of_name(&document.kind) else {
        return unknown(format!("documents of kind {} are not understood", document.kind));
    };
    if document.v != bodies::VERSION {
        return unknown(format!("version {} of a {} is not understood", document.v, document.kind));
    }
    let body = document.body.get();
    let mut booking = Booking {
        centre: cleaned(&document.centre),
        business_day: cleaned(&document.business_day),
        cashier: cleaned(&document.user),
        number: counter(&cleaned(&document.number), &cleaned(&document.series)),
        ..Booking::default()
    };
    let booked = match kind {
        Kind::Sale => read(body).map(|sale| {
            booking.money(&document, &sale);
            booking.sold = Some(Sold::new(&document.currency, &sale));
        }),
        Kind::Return => read::<bodies::Return>(body).map(|back| booking.money(&document, &back.sale)),
        Kind::Void => read::<bodies::Void>(body).map(|void| booking.money(&document, &void.sale)),
        Kind::CashMovement => read::<bodies::CashMovement>(body).map(|moved| {
            booking.add(&word(&moved.currency), "cash", word(&moved.movement), moved.amount_minor);
        }),
        Kind::Closure => ClosureSaid::read(&document.currency, body).map(|said| booking.closure = Some(said)),
        Kind::GoodsReceipt | Kind::GoodsReturn | Kind::Transfer | Kind::Count | Kind::WriteOff => {
            read(body).map(|stock| booking.goods(kind, &stock))
        }
        Kind::Order => read::<Order>(body).map(|order| {
            booking.items.extend(order.lines.iter().map(|line| cleaned(&line.item)));
            booking.order = Some((document.number.clone(), order));
        }),
        Kind::CustomerMade => read(body).map(|made| booking.customer = Some(made)),
        Kind::Event => read::<bodies::Event>(body).map(drop),
        _ => return unknown(format!("a {} is not booked by this version", document.kind)),
    };
    if let Err(why) = booked {
        return unknown(why);
    }
    booking.add(&document.currency, "count", document.kind.clone(), 1);
    if booking.open.len() > MOST_SUMS || booking.items.len() > MOST_LINES {
        let (sums, lines) = (booking.open.len(), booking.items.len());
        let why = format!(
            "it has {lines} lines and adds to {sums} sums; no till records more than {MOST_LINES} and {MOST_SUMS}"
        );
        return Booking::set_aside(SET_ASIDE, why);
    }
    booking.settle();
    booking
}

/// The customer that a document says was written down, where it is one that this version books: its part
/// must be here before that.
pub(crate) fn customer_made(record: &Record) -> Option<CustomerMade> {
    const KIND: &[u8] = br#""kind":"customer_made""#;
    // Nearly every document is something else, and is not parsed to find that out.
    if !record.line.windows(KIND.len()).any(|window| window == KIND) {
        return None;
    }
    book(record).customer
}

fn read<T: DeserializeOwned>(body: &str) -> Result<T, String> {
    serde_json::from_str(body).map_err(|error| error.to_string())
}

/// The name a value has on the wire.
fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

impl Booking {
    /// Of a document that cannot be booked: the finding that says why.
    pub(crate) fn set_aside(code: &'static str, why: String) -> Booking {
        Booking { set_aside: Some((code, why)), ..Booking::default() }
    }

    fn add(&mut self, currency: &str, measure: &'static str, code: String, value: i64) {
        let total = Total { currency: cleaned(currency), measure, code: cleaned(&code) };
        *self.open.entry(total).or_default() += i128::from(value);
    }

    /// Keeps the sums that fit; a document is left out of the others, with an objection.
    fn settle(&mut self) {
        for (total, sum) in std::mem::take(&mut self.open) {
            match within(sum) {
                Some(sum) => drop(self.adds.insert(total, sum)),
                None => self.is_too_large(&format!("{} {}", total.measure, total.code), sum),
            }
        }
    }

    fn is_too_large(&mut self, what: &str, sum: i128) {
        self.objections
            .push(("sum-too-large", format!("{what} comes to {sum}, and is left out of that sum")));
    }

    fn money<Body>(&mut self, document: &DocumentLine<Body>, sale: &Sale) {
        let home = document.currency.as_str();
        self.add(home, "gross", String::new(), document.total_minor);
        let mut on_account = 0;
        for tender in &sale.tenders {
            let code = format!("{}/{}", word(&tender.kind), tender.tender);
            let currency = word(&tender.currency);
            if currency != home {
                self.add(&currency, "tender_foreign", code.clone(), tender.amount_minor);
            }
            self.add(home, "tender", code, tender.home_minor);
            if tender.kind == tillkit_domain::TenderKind::CustomerCredit {
                on_account += i128::from(tender.home_minor);
            }
        }
        if on_account != 0 {
            let customer = cleaned(sale.customer.as_deref().unwrap_or_default());
            match within(on_account) {
                Some(sum) => drop(self.accounts.insert((customer, cleaned(home)), sum)),
                None => self.is_too_large(&format!("the account of {customer}"), on_account),
            }
        }
        for vat in &sale.vat {
            let code = rate(&vat.rate);
            self.add(home, "vat_net", code.clone(), vat.net_minor);
            self.add(home, "vat_tax", code.clone(), vat.vat_minor);
            self.add(home, "vat_gross", code, vat.gross_minor);
        }
        let change_tender = sale.change_tender.clone().unwrap_or_default();
        for (measure, code, value) in
            [("change", change_tender, sale.change_minor), ("rounding", String::new(), sale.rounding_minor)]
        {
            if value != 0 {
                self.add(home, measure, code, value);
            }
        }
        for line in &sale.lines {
            self.discount(home, line);
            let sold = SoldLine::of(line);
            let item = cleaned(&line.item);
            if line.stock {
                let change = Change::By(sold.micro.saturating_neg());
                self.stock.push(Move { warehouse: None, item: item.clone(), change });
            }
            if let Some(origin) = &line.origin {
                let origin = Origin { till: cleaned(&origin.till), ..origin.clone() };
                self.returned.push(Back { origin, currency: home.into(), line: sold.reversed() });
            }
            self.items.push(item);
        }
    }

    /// A line's discount by where it came from; what its steps do not explain is `other`. It is signed: what
    /// is reversed has it the other way.
    fn discount(&mut self, home: &str, line: &bodies::Line) {
        let mut rest = i128::from(line.discount_minor);
        for step in &line.trace {
            let code = match step.step.as_str() {
                "promotion" => format!("promotion/{}", step.promotion.as_deref().unwrap_or_default()),
                "discount" => "line".to_string(),
                "receipt_discount" => "receipt".to_string(),
                _ => continue,
            };
            if let Some(minor) = step.amount_minor.filter(|minor| *minor != 0) {
                rest -= i128::from(minor);
                self.add(home, "discount", code, minor);
            }
        }
        if rest != 0 {
            let total = Total { currency: cleaned(home), measure: "discount", code: "other".into() };
            *self.open.entry(total).or_default() += rest;
        }
    }

    fn goods(&mut self, kind: Kind, stock: &bodies::Stock) {
        for line in &stock.lines {
            let quantity = line.quantity.micro();
            let change = match kind {
                Kind::GoodsReceipt => Change::By(quantity),
                Kind::Count => Change::To(quantity),
                _ => Change::By(quantity.saturating_neg()),
            };
            let item = cleaned(&line.item);
            if let (Kind::Transfer, Some(to)) = (kind, &stock.to_warehouse) {
                let change = Change::By(quantity);
                self.stock.push(Move { warehouse: Some(cleaned(to)), item: item.clone(), change });
            }
            let warehouse = Some(cleaned(&stock.warehouse));
            self.stock.push(Move { warehouse, item: item.clone(), change });
            self.items.push(item);
        }
    }
}

/// Which counter a printed number is from, named by the number with `#` for its digits, and its place:
/// the first digits after the series, or, where the series stands last, the last before it.
pub(crate) fn counter(number: &str, series: &str) -> Option<(String, u64)> {
    let after = number.find(series).filter(|_| !series.is_empty()).map_or(0, |at| at + series.len());
    let before = after.saturating_sub(series.len());
    let is_digit = |letter: char| letter.is_ascii_digit();
    let (start, end) = match number[after..].find(is_digit) {
        Some(at) => {
            let start = after + at;
            let length = number[start..].find(|letter| !is_digit(letter)).unwrap_or(number.len() - start);
            (start, start + length)
        }
        None => {
            let end = number[..before].rfind(is_digit)? + 1;
            (number[..end].rfind(|letter| !is_digit(letter)).map_or(0, |at| at + 1), end)
        }
    };
    // A letter before may be longer than a byte; `start` stands right behind it or at its last byte.
    let start = (start..end).find(|at| number.is_char_boundary(*at))?;
    let place = number[start..end].parse().ok()?;
    Some((format!("{}#{}", &number[..start], &number[end..]), place))
}

/// A sum as a reader of JSON keeps it exactly, if it is small enough for that.
pub(crate) fn within(sum: i128) -> Option<i64> {
    i64::try_from(sum).ok().filter(|sum| (-MAX_MINOR..=MAX_MINOR).contains(sum))
}

/// What a closure says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClosureSaid {
    /// Of its sums that name no currency.
    pub(crate) currency: String,
    pub(crate) closure: Closure,
    others: Vec<OtherCurrency>,
}

/// The sums of another currency than the closure's own.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct OtherCurrency {
    currency: String,
    #[serde(default)]
    discount_minor: i64,
    #[serde(default)]
    gross_minor: i64,
    #[serde(default)]
    rounding_minor: i64,
    #[serde(default)]
    vat: Vec<bodies::Vat>,
}

impl ClosureSaid {
    fn read(currency: &str, body: &str) -> Result<ClosureSaid, String> {
        #[derive(Deserialize)]
        struct Body {
            totals: Totals,
        }
        #[derive(Deserialize)]
        struct Totals {
            #[serde(default)]
            other_currencies: Vec<OtherCurrency>,
        }
        let mut closure: Closure = read(body)?;
        for ranges in &mut closure.documents {
            ranges.till = cleaned(&ranges.till);
        }
        let others = read::<Body>(body)?.totals.other_currencies;
        Ok(ClosureSaid { currency: currency.into(), closure, others })
    }
}

/// What documents come to that a closure lists: each is given once, in order, and then let go.
#[derive(Debug, Default)]
pub(crate) struct Period {
    hashes: Vec<u8>,
    counts: BTreeMap<String, u64>,
    by_currency: BTreeMap<String, Sums>,
    /// By tender and currency.
    tenders: BTreeMap<(String, String), i128>,
    /// By movement and currency: how many, and what they come to.
    movements: BTreeMap<(String, String), (u64, i128)>,
}

/// The sums of one currency.
#[derive(Debug, Default)]
struct Sums {
    gross: i128,
    discount: i128,
    rounding: i128,
    /// Net, VAT and gross by rate: its key, percent and category.
    vat: BTreeMap<String, [i128; 3]>,
}

impl Sums {
    fn add_vat(&mut self, vat: &[bodies::Vat]) {
        for vat in vat {
            let sums = self.vat.entry(format!("{} {}", vat.rate.rate, rate(&vat.rate))).or_default();
            for (sum, minor) in sums.iter_mut().zip([vat.net_minor, vat.vat_minor, vat.gross_minor]) {
                *sum += i128::from(minor);
            }
        }
    }
}

impl Period {
    /// Counts a document in. One that this version does not understand counts by its hash alone.
    pub(crate) fn take(&mut self, record: &Record) {
        self.hashes.extend_from_slice(record.hash.as_bytes());
        let Ok(document) = record.unread() else { return };
        let body = document.body.get();
        match Kind::of_name(&document.kind).filter(|_| document.v == bodies::VERSION) {
            // The members of a return and of a void that a sale does not have are not asked for.
            Some(Kind::Sale | Kind::Return | Kind::Void) => {
                let Ok(sale) = read::<Sale>(body) else { return };
                self.money(&document, &sale);
            }
            Some(Kind::CashMovement) => {
                let Ok(moved) = read::<bodies::CashMovement>(body) else { return };
                let (currency, amount) = (word(&moved.currency), i128::from(moved.amount_minor));
                let (count, sum) =
                    self.movements.entry((word(&moved.movement), currency.clone())).or_default();
                (*count, *sum) = (*count + 1, *sum + amount);
                *self.tenders.entry((moved.tender, currency)).or_default() += amount;
            }
            _ => {}
        }
    }

    fn money<Body>(&mut self, document: &DocumentLine<Body>, sale: &Sale) {
        *self.counts.entry(document.kind.clone()).or_default() += 1;
        let home = document.currency.as_str();
        let sums = self.by_currency.entry(home.into()).or_default();
        sums.gross += i128::from(document.total_minor);
        sums.rounding += i128::from(sale.rounding_minor);
        sums.discount += sale.lines.iter().map(|line| i128::from(line.discount_minor)).sum::<i128>();
        sums.add_vat(&sale.vat);
        for tender in &sale.tenders {
            let key = (tender.tender.clone(), word(&tender.currency));
            *self.tenders.entry(key).or_default() += i128::from(tender.amount_minor);
        }
        if let Some(tender) = &sale.change_tender {
            *self.tenders.entry((tender.clone(), home.into())).or_default() -= i128::from(sale.change_minor);
        }
    }

    /// Where a closure's totals differ from the documents it lists, all of which have been counted in.
    pub(crate) fn objections(&self, said: &ClosureSaid) -> Vec<String> {
        let ClosureSaid { currency, closure, others } = said;
        let mut objections = Vec::new();
        if Hash::of(&self.hashes) != closure.documents_hash {
            objections.push("the documents it lists are others than are here".to_string());
        }
        let totals = &closure.totals;
        let counts = [(Kind::Sale, totals.sales), (Kind::Return, totals.returns), (Kind::Void, totals.voids)];
        for (kind, said) in counts {
            let counted = self.counts.get(kind.name()).copied().unwrap_or(0);
            if counted != said {
                objections.push(format!("it says {said} of kind {}, it lists {counted}", kind.name()));
            }
        }
        let mut says: BTreeMap<String, Sums> = BTreeMap::new();
        let own = says.entry(currency.clone()).or_default();
        own.gross = totals.gross_minor.into();
        own.discount = totals.discount_minor.into();
        own.rounding = totals.rounding_minor.into();
        own.add_vat(&totals.vat);
        for other in others {
            let sums = says.entry(other.currency.clone()).or_default();
            sums.gross += i128::from(other.gross_minor);
            sums.discount += i128::from(other.discount_minor);
            sums.rounding += i128::from(other.rounding_minor);
            sums.add_vat(&other.vat);
        }
        let (none, mut compare) = (Sums::default(), Comparison { objections: &mut objections });
        for currency in keys(&says, &self.by_currency) {
            let (said, are) = (says.get(currency), self.by_currency.get(currency));
            let (said, are) = (said.unwrap_or(&none), are.unwrap_or(&none));
            compare.amounts(&format!("{currency} in all"), said.gross, are.gross);
            compare.amounts(&format!("{currency} of discounts"), said.discount, are.discount);
            compare.amounts(&format!("{currency} of rounding"), said.rounding, are.rounding);
            for rate in keys(&said.vat, &are.vat) {
                let of = |sums: &Sums| sums.vat.get(rate).copied().unwrap_or_default();
                for ((name, said), are) in ["net", "of VAT", "gross"].into_iter().zip(of(said)).zip(of(are)) {
                    compare.amounts(&format!("{currency} {name} at {rate}"), said, are);
                }
            }
        }
        let mut expected: BTreeMap<(String, String), i128> = BTreeMap::new();
        for total in &totals.tenders {
            let key = (total.tender.clone(), word(&total.currency));
            *expected.entry(key).or_default() += i128::from(total.expected_minor);
        }
        for key in keys(&expected, &self.tenders) {
            let of = |sums: &BTreeMap<_, i128>| sums.get(key).copied().unwrap_or(0);
            compare.amounts(&format!("{} by {}", key.1, key.0), of(&expected), of(&self.tenders));
        }
        let mut moved: BTreeMap<(String, String), (u64, i128)> = BTreeMap::new();
        for total in &totals.movements {
            let sums = moved.entry((word(&total.movement), word(&total.currency))).or_default();
            *sums = (sums.0.saturating_add(total.count), sums.1 + i128::from(total.amount_minor));
        }
        for key in keys(&moved, &self.movements) {
            let of = |sums: &BTreeMap<_, (u64, i128)>| sums.get(key).copied().unwrap_or_default();
            let (said, are) = (of(&moved), of(&self.movements));
            compare.amounts(&format!("{} of {}", key.1, key.0), said.1, are.1);
            compare.amounts(&format!("movements {} in {}", key.0, key.1), said.0.into(), are.0.into());
        }
        objections
    }
}

fn keys<'a, K: Ord, A, B>(one: &'a BTreeMap<K, A>, other: &'a BTreeMap<K, B>) -> BTreeSet<&'a K> {
    one.keys().chain(other.keys()).collect()
}

struct Comparison<'a> {
    objections: &'a mut Vec<String>,
}

impl Comparison<'_> {
    fn amounts(&mut self, what: &str, said: i128, are: i128) {
        if said != are {
            self.objections.push(format!("it says {said} {what}, its documents come to {are}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_names_its_counter_and_its_place() {
        let cases = [
            ("T3A-000017", "T3A", Some(("T3A-#", 17))),
            ("INV/T3A/17", "T3A", Some(("INV/T3A/#", 17))),
            ("17/T3A", "T3A", Some(("#/T3A", 17))),
            ("2010/17/T3A", "T3A", Some(("2010/#/T3A", 17))),
            ("ž17", "", Some(("ž#", 17))),
            ("ž17/T3A", "T3A", Some(("ž#/T3A", 17))),
            ("", "T3A", None),
            ("T3A", "T3A", None),
            ("99999999999999999999999", "", None),
        ];
        for (number, series, expected) in cases {
            assert_eq!(
                counter(number, series),
                expected.map(|(shape, place)| (shape.into(), place)),
                "{number}"
            );
        }
    }
}

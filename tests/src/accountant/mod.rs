//! An accountant that is not us: the figures of a shop, computed a second time.
//!
//! It reads two things only: rows as they were published, and documents as they were exported. From these
//! it recomputes every line, VAT sum, tender, change, rounding, drawer, Z, total, stock level and balance
//! with exact fractions, and it names whatever stands there and is another. It shares no code with the
//! core; `tests/tests/arrows.rs` holds it to that.
//!
//! ```text
//!   rows ───────▶ published ─┐
//!                            ▼
//!   documents ─▶ money (by itself) ─▶ sold (returns, voids) ─▶ periods (Z) ─▶ books ─▶ differences
//!                                                                              ▲
//!                                              what a back office says ────────┘
//! ```
//!
//! Rows come before the documents that were made by them, documents of a till in the order they were
//! recorded. Documents of before November 2026 say less: of them only that is asked which they say.

mod books;
mod documents;
mod exact;
mod money;
mod periods;
mod published;
mod sold;
mod text;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
};

use rust_decimal::Decimal;
use serde_json::Value;
use sha2::{Digest, Sha256};

use books::Books;
pub use books::{Code, Dimensions, Stockroom};
use documents::{Closure, Document, Event, Money, Movement, Stock};
pub use exact::exponent;
use periods::Period;
pub use periods::{Count, CurrencySums, Figures};
use published::Published;
use sold::Sold;

/// A document, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The till.
    pub till: String,
    /// Its n-th enrolment.
    pub enrolment: u32,
    /// 1, 2, … within the enrolment.
    pub seq: u64,
    /// What it is.
    pub kind: String,
    /// As printed.
    pub number: String,
}

impl Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { till, enrolment, seq, kind, number } = self;
        write!(out, "{kind} {till}/{enrolment}/{seq} ({number})")
    }
}

/// A figure that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whose; none of the books.
    pub document: Option<Place>,
    /// Which figure.
    pub fault: Fault,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub stands: String,
}

impl Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(document) = &self.document {
            write!(out, "{document}: ")?;
        }
        write!(out, "{}: expected {}, stands {}", self.fault, self.expected, self.stands)
    }
}

/// Which figure differs. Lines and tenders are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It cannot be read.
    #[error("its form")]
    Unreadable,
    /// Its currency is not known here.
    #[error("its currency")]
    Currency,
    /// It was recorded before one that came first.
    #[error("its place")]
    Order,
    /// What no published row says.
    #[error("the {0} was never published")]
    Unpublished(String),
    /// The price is not that of its last step.
    #[error("price of line {0}")]
    Price(usize),
    /// The steps of a price begin with another one.
    #[error("first step of line {0}")]
    Trace(usize),
    /// A step takes off what its rule does not, or more than there is.
    #[error("{1} of line {0}")]
    Step(usize, String),
    /// The steps do not sum to it.
    #[error("discount of line {0}")]
    Discount(usize),
    /// Quantity × price less discounts is another.
    #[error("amount of line {0}")]
    Gross(usize),
    /// The receipt's discount is shared another way.
    #[error("share of the discount in line {0}")]
    Share(usize),
    /// A figure of a rate.
    #[error("VAT {0}, {1}")]
    Vat(String, &'static str),
    /// Not the sum of its rates.
    #[error("total")]
    Total,
    /// Paid less change is not total and rounding.
    #[error("what was paid less change")]
    Balance,
    /// A payment that is none.
    #[error("sign of tender {0}")]
    Sign(usize),
    /// No rate, or another.
    #[error("rate of tender {0}")]
    TenderRate(usize),
    /// Amount × rate is another.
    #[error("value of tender {0}")]
    TenderValue(usize),
    /// More than the tenders give.
    #[error("change")]
    Change,
    /// It was given from another drawer.
    #[error("tender of the change")]
    ChangeTender,
    /// Coins are rounded another way.
    #[error("cash rounding")]
    Rounding,
    /// A sale pays the customer for goods that are no deposit.
    #[error("paid out")]
    PaidOut,
    /// Credit without an account.
    #[error("customer")]
    CustomerMissing,
    /// What comes back does not.
    #[error("quantity of line {0}")]
    NotBack(usize),
    /// A credit of money moves goods.
    #[error("stock of line {0}")]
    StockOfCredit(usize),
    /// There is no such line of a sale.
    #[error("the sale of line {0}")]
    Origin(usize),
    /// Its sale is void.
    #[error("the sale of line {0} is void")]
    OriginVoid(usize),
    /// It is not what was sold.
    #[error("{1} of line {0} and of what was sold")]
    Mirror(usize, &'static str),
    /// More came back than was sold.
    #[error("all that came back of the sale of line {0}")]
    ReturnsTooMuch(usize),
    /// The parts together are not what was paid.
    #[error("part of the price in line {0}")]
    Part(usize),
    /// The parts together are not the VAT that was paid.
    #[error("part of the VAT in line {0}")]
    PartVat(usize),
    /// More went back by a tender than it paid.
    #[error("all that went back by {0}")]
    Refund(String),
    /// What is on account was paid out.
    #[error("paid out of what is on account")]
    PaidOutAccount,
    /// A void is not what it reverses.
    #[error("{0} of the void")]
    Void(&'static str),
    /// A figure of a Z or an X.
    #[error("closure: {0}")]
    Closure(String),
    /// What a drawer should hold, or was counted.
    #[error("drawer: {0}")]
    Drawer(String),
    /// A figure on paper.
    #[error("on paper: {0}")]
    Paper(&'static str),
    /// A sum of a back office.
    #[error("books: {0}")]
    BookTotal(String),
    /// A level of a back office.
    #[error("stock: {0}")]
    Level(String),
    /// A balance of a back office.
    #[error("account: {0}")]
    Account(String),
}

/// Compares, and writes down what differs.
struct Judge<'a> {
    place: Option<Place>,
    compared: &'a mut u64,
    differences: &'a mut Vec<Difference>,
}

impl Judge<'_> {
    fn say(&mut self, fault: Fault, expected: String, stands: String) {
        let document = self.place.clone();
        self.differences.push(Difference { document, fault, expected, stands });
    }

    /// Two figures must be the same.
    fn equal<T: PartialEq + fmt::Debug>(&mut self, fault: Fault, expected: T, stands: T) {
        *self.compared += 1;
        if expected != stands {
            self.say(fault, format!("{expected:?}"), format!("{stands:?}"));
        }
    }

    /// A figure must be one of these.
    fn one_of(&mut self, fault: Fault, allowed: &[i64], stands: i64) {
        *self.compared += 1;
        if !allowed.contains(&stands) {
            self.say(fault, format!("one of {allowed:?}"), stands.to_string());
        }
    }

    /// A figure must not be more than another.
    fn at_most<T: PartialOrd + Display>(&mut self, fault: Fault, most: T, stands: T) {
        *self.compared += 1;
        if stands > most {
            self.say(fault, format!("at most {most}"), stands.to_string());
        }
    }

    /// Something must hold.
    fn holds(&mut self, holds: bool, fault: Fault, stands: impl Display) {
        *self.compared += 1;
        if !holds {
            self.say(fault, "another".into(), stands.to_string());
        }
    }
}

/// The accountant.
#[derive(Debug, Default)]
pub struct Accountant {
    published: Published,
    sold: Sold,
    periods: BTreeMap<(String, u32), (u64, Period)>,
    closed: BTreeMap<(String, u32, u64), Figures>,
    counted: BTreeMap<(String, u32, u64), Count>,
    books: Books,
    documents: u64,
    compared: u64,
    differences: Vec<Difference>,
}

impl Accountant {
    /// Takes in a row as it was published. Rows of all centres go into one book.
    pub fn row(&mut self, kind: &str, key: &str, body: &[u8]) {
        if kind == "centre" {
            self.books.stock.centre(key, body);
        }
        match serde_json::from_slice(body) {
            Ok(body) => self.published.add(kind, key, body),
            Err(error) => {
                let (fault, expected) = (Fault::Unreadable, format!("{kind} {key}"));
                self.differences.push(Difference {
                    document: None,
                    fault,
                    expected,
                    stands: error.to_string(),
                });
            }
        }
    }

    /// What a person counted before she closed, minor units by tender and currency; `seq` is the Z's. Without
    /// it a Z may say what it likes of that.
    pub fn counted(&mut self, till: &str, enrolment: u32, seq: u64, counted: Count) {
        self.counted.insert((till.into(), enrolment, seq), counted);
    }

    /// Asks nothing of what comes back of the sales of this enrolment: nobody knows which of its documents
    /// came first, because a copy of the till went on beside it.
    pub fn go_without(&mut self, till: &str, enrolment: u32) {
        self.sold.go_without(till, enrolment);
    }

    /// Judges a document, `<signature> <line>` or the line alone.
    pub fn document(&mut self, record: &[u8]) {
        let line = line_of(record);
        self.documents += 1;
        let document: Document = match serde_json::from_slice(line) {
            Ok(document) => document,
            Err(error) => {
                let (fault, expected) = (Fault::Unreadable, "a document".into());
                self.differences.push(Difference {
                    document: None,
                    fault,
                    expected,
                    stands: error.to_string(),
                });
                return;
            }
        };
        let of = (document.till.clone(), document.enrolment);
        let (last, mut period) =
            self.periods.remove(&of).unwrap_or_else(|| (document.seq - 1, Period::first(document.seq)));
        let hash = Sha256::digest(line);
        if let Err(error) = self.enter(&document, &mut period, &hash, last) {
            let (fault, expected) = (Fault::Unreadable, format!("the body of a {}", document.kind));
            self.judge_of(&document).say(fault, expected, error.to_string());
        }
        self.periods.insert(of, (document.seq, period));
    }

    fn judge_of(&mut self, document: &Document) -> Judge<'_> {
        Judge {
            place: Some(Place::from(document)),
            compared: &mut self.compared,
            differences: &mut self.differences,
        }
    }

    fn enter(
        &mut self,
        document: &Document,
        period: &mut Period,
        hash: &[u8],
        last: u64,
    ) -> serde_json::Result<()> {
        let Accountant { published, sold, compared, differences, .. } = self;
        let mut judge = Judge { place: Some(Place::from(document)), compared, differences };
        judge.equal(Fault::Order, last + 1, document.seq);
        let body = document.body.get();
        match document.kind.as_str() {
            "sale" | "return" | "void" => {
                let money: Money = serde_json::from_str(body)?;
                match exponent(&document.currency) {
                    Some(decimals) => {
                        if document.kind != "void" {
                            money::judge(&mut judge, document, &money, decimals, published);
                        }
                        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                        sold.judge(&mut judge, document, &money, &hash);
                    }
                    None => judge.holds(false, Fault::Currency, &document.currency),
                }
                period.add_money(document, &money);
                self.books.add_money(document, &money);
            }
            "cash_movement" => {
                let movement: Movement = serde_json::from_str(body)?;
                let is_out = matches!(movement.movement.as_str(), "pay_out" | "safe_drop" | "bank_drop");
                let is_transfer = movement.movement == "tender_transfer";
                let is_signed =
                    movement.amount_minor != 0 && (is_transfer || (movement.amount_minor < 0) == is_out);
                judge.holds(is_signed, Fault::Sign(0), movement.amount_minor);
                judge.equal(Fault::Total, movement.amount_minor, document.total_minor);
                judge.equal(Fault::Currency, &movement.currency, &document.currency);
                period.add_movement(&movement);
                self.books.add_movement(document, &movement);
            }
            "closure" => {
                let closure: Closure = serde_json::from_str(body)?;
                let key = (document.till.clone(), document.enrolment, document.seq);
                period.judge(&mut judge, &closure, &document.currency, self.counted.get(&key));
                let after = period.after(&closure, &document.currency);
                let closed = std::mem::replace(period, after);
                self.closed.insert((key.0, key.1, closure.z), closed.figures().clone());
            }
            "goods_receipt" | "goods_return" | "transfer" | "count" | "write_off" => {
                // Read once more where goods are moved; here it must be readable.
                serde_json::from_str::<Stock>(body)?;
            }
            "event" if serde_json::from_str::<Event>(body)?.what == "sale_cancelled" => {
                period.add_cancelled()
            }
            _ => {}
        }
        self.books.add_document(document);
        self.books.stock.book(document);
        // A Z lists what was before it, and is listed by nothing.
        if document.kind != "closure" {
            period.list(document.seq, hash);
        }
        Ok(())
    }

    /// Judges an X: the body of a closure in this currency, of what has been recorded so far.
    pub fn interim(&mut self, till: &str, enrolment: u32, currency: &str, body: &Value) {
        let place = Place { till: till.into(), enrolment, seq: 0, kind: "X".into(), number: String::new() };
        let Accountant { compared, differences, .. } = self;
        let mut judge = Judge { place: Some(place), compared, differences };
        match (serde_json::from_value::<Closure>(body.clone()), self.periods.get(&(till.into(), enrolment))) {
            (Ok(closure), Some((_, period))) => period.judge(&mut judge, &closure, currency, None),
            (Ok(_), None) => {}
            (Err(error), _) => judge.say(Fault::Unreadable, "an X".into(), error.to_string()),
        }
    }

    /// Judges the printed text of a document.
    pub fn receipt(&mut self, record: &[u8], printed: &str) {
        let Ok(document) = serde_json::from_slice::<Document>(line_of(record)) else { return };
        let (Ok(money), Some(decimals)) =
            (serde_json::from_str::<Money>(document.body.get()), exponent(&document.currency))
        else {
            return;
        };
        text::judge(&mut self.judge_of(&document), &document, &money, decimals, printed);
    }

    // -------------------------------------------------------------------------- what others say

    /// Holds rows of `/admin/v1/totals` against what documents come to.
    pub fn compare_totals(&mut self, rows: &[Value]) {
        let Accountant { books, compared, differences, .. } = self;
        books.compare_totals(&mut Judge { place: None, compared, differences }, rows);
    }

    /// Holds rows of `/admin/v1/stock` against what documents moved, in the order they were given.
    pub fn compare_levels(&mut self, rows: &[Value]) {
        let stock = std::mem::take(&mut self.books.stock);
        self.compare_levels_of(&stock, rows);
        self.books.stock = stock;
    }

    /// Holds them against documents that were booked in another order than they were recorded.
    pub fn compare_levels_of(&mut self, stock: &Stockroom, rows: &[Value]) {
        let Accountant { compared, differences, .. } = self;
        stock.compare(&mut Judge { place: None, compared, differences }, rows);
    }

    /// Holds rows of `/admin/v1/accounts` against what was put on account.
    pub fn compare_accounts(&mut self, rows: &[Value]) {
        let Accountant { books, compared, differences, .. } = self;
        books.compare_accounts(&mut Judge { place: None, compared, differences }, rows);
    }

    // ------------------------------------------------------------------------------- what it knows

    /// Whatever is not what it should be.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// How many documents were judged.
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// How many figures were compared.
    pub fn compared(&self) -> u64 {
        self.compared
    }

    /// How many sales and returns there were.
    pub fn receipts(&self) -> usize {
        self.sold.receipts()
    }

    /// Sums in every dimension.
    pub fn totals(&self) -> &BTreeMap<Dimensions, i64> {
        &self.books.totals
    }

    /// How much of an item is in a warehouse: (warehouse, item).
    pub fn levels(&self) -> &BTreeMap<(String, String), Decimal> {
        &self.books.stock.levels
    }

    /// What customers owe, minor units: (customer, currency).
    pub fn accounts(&self) -> &BTreeMap<(String, String), i64> {
        &self.books.accounts
    }

    /// The figures of a Z.
    pub fn z(&self, till: &str, enrolment: u32, z: u64) -> Option<&Figures> {
        self.closed.get(&(till.into(), enrolment, z))
    }
}

/// A signature stands in front of a line that has been exported.
fn line_of(record: &[u8]) -> &[u8] {
    match record.iter().position(|byte| *byte == b' ') {
        Some(at) if !record.starts_with(b"{") => &record[at + 1..],
        _ => record,
    }
}

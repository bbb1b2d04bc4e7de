//! Documents as this accountant reads them: members of its own, and nothing that it does not need.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

/// A line of an export, or of a till.
#[derive(Debug, Deserialize)]
pub struct Document<'a> {
    /// What its kind calls for.
    #[serde(borrow)]
    pub body: &'a RawValue,
    /// The day it belongs to.
    pub business_day: String,
    /// The centre.
    pub centre: String,
    /// Of `total_minor`.
    pub currency: String,
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// What was recorded.
    pub kind: String,
    /// As printed.
    pub number: String,
    /// 1, 2, … within the enrolment.
    pub seq: u64,
    /// The till.
    pub till: String,
    /// What it adds to turnover, or to the drawer.
    pub total_minor: i64,
    /// Who was signed in.
    pub user: String,
    /// The version of its form.
    pub v: u32,
}

/// A sale, a return or a void.
#[derive(Debug, Clone, Deserialize)]
pub struct Money {
    /// Given back.
    #[serde(default)]
    pub change_minor: i64,
    /// The tender it was given from.
    pub change_tender: Option<String>,
    /// The end of a currency that it crossed.
    pub changeover: Option<Changeover>,
    /// Whose account.
    pub customer: Option<String>,
    /// What was sold or came back.
    pub lines: Vec<Line>,
    /// What a void reverses.
    pub of: Option<Reference>,
    /// What stands around the lines on paper: documents of before November 2026 have none.
    pub paper: Option<de::IgnoredAny>,
    /// Of a return: whether goods came back.
    pub purpose: Option<String>,
    /// What is paid minus what is due.
    #[serde(default)]
    pub rounding_minor: i64,
    /// How it was paid.
    pub tenders: Vec<Tender>,
    /// By rate.
    pub vat: Vec<Vat>,
    /// `included` or `excluded`.
    pub vat_mode: String,
}

impl Money {
    /// Whether prices include VAT.
    pub fn is_included(&self) -> bool {
        self.vat_mode == "included"
    }
}

/// Units of a currency that has ended for one of the currency that followed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Changeover {
    /// The one that ended.
    pub from: String,
    /// Its rate.
    #[serde(deserialize_with = "decimal")]
    pub rate: Decimal,
}

/// A document, named.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Reference {
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// SHA-256 of its line.
    pub hash: String,
    /// Its seq.
    pub seq: u64,
    /// Its till.
    pub till: String,
}

/// A line of a sale or a return.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Line {
    /// Whether it is a deposit.
    #[serde(default)]
    pub deposit: bool,
    /// What its steps take off.
    #[serde(default)]
    pub discount_minor: i64,
    /// What it comes to.
    pub gross_minor: i64,
    /// Key of the item.
    pub item: String,
    /// As printed.
    pub name: String,
    /// The line of a sale that comes back.
    pub origin: Option<Origin>,
    /// How much.
    #[serde(deserialize_with = "decimal")]
    pub quantity: Decimal,
    /// Whether stock moves.
    pub stock: bool,
    /// How its price came about.
    pub trace: Vec<Step>,
    /// Its unit.
    pub unit: String,
    /// Per unit, before discounts.
    #[serde(deserialize_with = "decimal")]
    pub unit_price: Decimal,
    /// Its rate.
    pub vat: Rate,
    /// Of a return with `origin`: the VAT that comes back with it.
    pub vat_minor: Option<i64>,
}

impl Line {
    /// Whether a person decided its price.
    pub fn is_overridden(&self) -> bool {
        self.trace.iter().any(|step| step.step == "override")
    }
}

/// The line of a sale.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Origin {
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// From 0.
    pub line: usize,
    /// The sale's seq.
    pub seq: u64,
    /// The sale's till.
    pub till: String,
}

/// A step of a price.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Step {
    /// What it takes off.
    pub amount_minor: Option<i64>,
    /// The price that it sets.
    #[serde(default, deserialize_with = "some_decimal")]
    pub price: Option<Decimal>,
    /// Key of the promotion.
    pub promotion: Option<String>,
    /// Its name.
    pub step: String,
}

/// A rate of VAT.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Rate {
    /// Why it is what it is.
    pub category: String,
    /// Hundredths.
    #[serde(deserialize_with = "decimal")]
    pub percent: Decimal,
    /// Its key.
    pub rate: String,
}

/// The sums of a rate.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Vat {
    /// Net and VAT.
    pub gross_minor: i64,
    /// Without VAT.
    pub net_minor: i64,
    /// Which rate.
    #[serde(flatten)]
    pub rate: Rate,
    /// The VAT.
    pub vat_minor: i64,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Tender {
    /// In its own currency.
    pub amount_minor: i64,
    /// Its currency.
    pub currency: String,
    /// Whether it gives change.
    #[serde(default)]
    pub gives_change: bool,
    /// In the document's currency.
    pub home_minor: i64,
    /// What it is.
    pub kind: String,
    /// The document's currency per unit.
    #[serde(default, deserialize_with = "some_decimal")]
    pub rate: Option<Decimal>,
    /// Its key.
    pub tender: String,
}

/// Cash in or out without a sale.
#[derive(Debug, Deserialize)]
pub struct Movement {
    /// Signed.
    pub amount_minor: i64,
    /// Of which currency.
    pub currency: String,
    /// What it is.
    pub movement: String,
    /// Key of the tender.
    pub tender: String,
}

/// Goods that move or are counted without money.
#[derive(Debug, Deserialize)]
pub struct Stock {
    /// Which.
    pub lines: Vec<StockLine>,
    /// Where to, of a transfer.
    pub to_warehouse: Option<String>,
    /// Where.
    pub warehouse: String,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub struct StockLine {
    /// Key of the item.
    pub item: String,
    /// How much.
    #[serde(deserialize_with = "decimal")]
    pub quantity: Decimal,
}

/// Something that happened.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// What.
    pub what: String,
}

/// A Z, or an X.
#[derive(Debug, Clone, Deserialize)]
pub struct Closure {
    /// What it lists.
    pub documents: Vec<Ranges>,
    /// Of the hashes of what it lists.
    pub documents_hash: String,
    /// The first and the last number.
    pub receipts: Option<(String, String)>,
    /// Its totals.
    pub totals: Totals,
    /// 1, 2, … within the enrolment.
    pub z: u64,
}

/// Seqs of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Ranges {
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// From and to.
    pub ranges: Vec<(u64, u64)>,
    /// The till.
    pub till: String,
}

/// The totals of a closure.
#[derive(Debug, Clone, Deserialize)]
pub struct Totals {
    /// Sales given up.
    pub cancelled: u64,
    /// What its own currency comes to.
    #[serde(flatten)]
    pub own: Sums,
    /// Cash in and out.
    pub movements: Vec<Moved>,
    /// What other currencies come to.
    #[serde(default)]
    pub other_currencies: Vec<Other>,
    /// How many returns.
    pub returns: u64,
    /// How many sales.
    pub sales: u64,
    /// What should be there, what was counted.
    pub tenders: Vec<Counted>,
    /// How many voids.
    pub voids: u64,
}

/// What the documents of a currency come to.
#[derive(Debug, Clone, Deserialize)]
pub struct Sums {
    /// Discounts.
    pub discount_minor: i64,
    /// Turnover.
    pub gross_minor: i64,
    /// Turnover of this and all before.
    pub perpetual_minor: i64,
    /// Cash rounding.
    pub rounding_minor: i64,
    /// By rate.
    pub vat: Vec<Vat>,
}

/// The same of a named one.
#[derive(Debug, Clone, Deserialize)]
pub struct Other {
    /// Which.
    pub currency: String,
    /// What they come to.
    #[serde(flatten)]
    pub sums: Sums,
}

/// Cash movements of one kind.
#[derive(Debug, Clone, Deserialize)]
pub struct Moved {
    /// Signed.
    pub amount_minor: i64,
    /// How many.
    pub count: u64,
    /// Of which currency.
    pub currency: String,
    /// Which kind.
    pub movement: String,
}

/// Coins or notes.
#[derive(Debug, Clone, Deserialize)]
pub struct Pieces {
    /// How many.
    pub count: i64,
    /// What each is worth.
    pub face_minor: i64,
}

/// A tender in a currency.
#[derive(Debug, Clone, Deserialize)]
pub struct Counted {
    /// What a person counted.
    pub counted_minor: Option<i64>,
    /// Its currency.
    pub currency: String,
    /// Counted minus expected.
    pub difference_minor: Option<i64>,
    /// What should be there.
    pub expected_minor: i64,
    /// The coins and notes that were counted.
    #[serde(default)]
    pub pieces: Vec<Pieces>,
    /// Its key.
    pub tender: String,
}

/// Reads decimal text as it is written: no exponent, no plus.
pub fn read_decimal(text: &str) -> Option<Decimal> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    Decimal::from_str_exact(text).ok().filter(|_| is_plain).map(|decimal| decimal.normalize())
}

fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    read_decimal(&text).ok_or_else(|| de::Error::custom(format!("{text} is no decimal")))
}

fn some_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    decimal(deserializer).map(Some)
}

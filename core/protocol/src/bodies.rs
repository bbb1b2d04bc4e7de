//! What is inside a document, version 1.
//!
//! Amounts are minor units of the document's `currency` unless a member beside them names another.
//! What leaves the shop is positive on a sale and negative on a return, quantities and amounts
//! alike, so that every total of a day is a plain sum over its documents.

use serde::{Deserialize, Serialize};
use tillkit_domain::{
    CashMovementKind, Currency, Percent, Quantity, Rate, TenderKind, UnitPrice, VatCategory, VatMode,
};

use crate::{Hash, wire::Ranges};

/// The version that this code writes.
pub const VERSION: u32 = 1;

/// A document, named for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// SHA-256 of its line.
    pub hash: Hash,
    /// The printed number.
    pub number: String,
    /// 1, 2, … within the enrolment.
    pub seq: u64,
    /// The numbered place of sale.
    pub till: String,
}

/// `sale`; and what a `return` and a `void` say about money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sale {
    /// Given back, in the home currency; never negative.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub change_minor: i64,
    /// Key of the `customer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// In the order they were added; equal lines are never merged.
    pub lines: Vec<Line>,
    /// Cash rounding (BT-114): what is paid minus what is due; never part of VAT.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rounding_minor: i64,
    /// How it was paid.
    pub tenders: Vec<Tender>,
    /// One entry a rate; their `gross_minor` sum to the lines'.
    pub vat: Vec<Vat>,
    /// Whether prices include VAT.
    pub vat_mode: VatMode,
}

/// One thing sold or brought back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What was typed or scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Line discount and share of the receipt's, both; never negative.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub discount_minor: i64,
    /// The generation of `items` that price and VAT came from.
    pub generation: u64,
    /// quantity × unit price, rounded, less discounts; includes VAT where the mode says so.
    pub gross_minor: i64,
    /// Key of the `item`.
    pub item: String,
    /// As printed.
    pub name: String,
    /// Of a return: the line of the sale it brings back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Negative where goods come back.
    pub quantity: Quantity,
    /// Of a return without its sale: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether stock moves.
    pub stock: bool,
    /// How the price came about, first step first.
    pub trace: Vec<Step>,
    /// Key of the `unit`.
    pub unit: String,
    /// Per unit, before discounts.
    pub unit_price: UnitPrice,
    /// Key of the `vat_rate`.
    pub vat: String,
}

/// The line of a sale that goods came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// Index of the line, from 0.
    pub line: u32,
    /// The sale's seq.
    pub seq: u64,
    /// The sale's till.
    pub till: String,
}

/// A step of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What this step took off or put on the line; absent where it set a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<i64>,
    /// The unit price after it; absent where it took an amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<UnitPrice>,
    /// Why, where a person decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `list`, `local_edit`, `override`, `discount`, `receipt_discount`.
    pub step: String,
}

/// VAT of one rate over the whole receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vat {
    /// EN 16931 / UNTDID 5305.
    pub category: VatCategory,
    /// Net plus VAT.
    pub gross_minor: i64,
    /// Without VAT.
    pub net_minor: i64,
    /// The rate as it was when the lines were added.
    pub percent: Percent,
    /// Key of the `vat_rate`.
    pub rate: String,
    /// The VAT.
    pub vat_minor: i64,
}

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tender {
    /// In `currency`; negative where money went back to the customer.
    pub amount_minor: i64,
    /// ISO 4217: what was handed over.
    pub currency: Currency,
    /// The same in the document's currency.
    pub home_minor: i64,
    /// What it is.
    pub kind: TenderKind,
    /// Home currency per unit of `currency`, frozen; absent in the home currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Card slip, voucher number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Key of the `tender`.
    pub tender: String,
}

/// Whether goods came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnPurpose {
    /// They did.
    Goods,
    /// Only money is credited: a fee, a discount, a correction. No stock moves.
    CreditNote,
}

/// `return`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Return {
    /// Whether goods came back.
    pub purpose: ReturnPurpose,
    /// The money, negative throughout.
    #[serde(flatten)]
    pub sale: Sale,
}

/// `void`: a completed sale or return, reversed whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Void {
    /// What is reversed.
    pub of: Reference,
    /// Why.
    pub reason: String,
    /// Every amount and quantity of it with the other sign.
    #[serde(flatten)]
    pub sale: Sale,
}

/// `cash_movement`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashMovement {
    /// Into the drawer positive, out of it negative, in `currency`.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: Currency,
    /// What it is.
    pub movement: CashMovementKind,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Key of the `tender`.
    pub tender: String,
}

/// `goods_receipt`, `goods_return`, `transfer`, `count`, `write_off`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// What moved or was counted.
    pub lines: Vec<StockLine>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Number of the paper that goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Where to, for a transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_warehouse: Option<String>,
    /// Key of the `warehouse`.
    pub warehouse: String,
}

/// A line of a stock document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLine {
    /// Key of the `item`.
    pub item: String,
    /// As printed.
    pub name: String,
    /// Positive; its kind says which way it moves.
    pub quantity: Quantity,
    /// Key of the `unit`.
    pub unit: String,
}

/// `closure`: a Z. It lists its documents and never waits for the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closure {
    /// SHA-256 over the 32-byte hashes of its documents, in the order of `documents`.
    pub documents_hash: Hash,
    /// Every document since the last Z, events too, by seq.
    pub documents: Vec<Ranges>,
    /// Numbers of the first and the last receipt, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipts: Option<(String, String)>,
    /// The totals of those documents.
    pub totals: ClosureTotals,
    /// What had not been sent when it was made.
    pub unsent: UnsentFacts,
    /// 1, 2, … within the enrolment.
    pub z: u64,
}

/// What stood unsent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UnsentFacts {
    /// How many accounting documents.
    pub documents: u64,
    /// When the oldest was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_ms: Option<i64>,
}

/// The totals of a closure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosureTotals {
    /// Sales given up before they were completed; they are no documents.
    pub cancelled: u64,
    /// Discounts of all lines.
    pub discount_minor: i64,
    /// Σ `total_minor` of sales, returns and voids.
    pub gross_minor: i64,
    /// Cash in and out without a sale.
    pub movements: Vec<MovementTotal>,
    /// `gross_minor` of this and all Z before it, in this enrolment.
    pub perpetual_minor: i64,
    /// How many returns.
    pub returns: u64,
    /// Cash rounding of all receipts.
    pub rounding_minor: i64,
    /// How many sales.
    pub sales: u64,
    /// What should be there, what was counted.
    pub tenders: Vec<TenderTotal>,
    /// By rate.
    pub vat: Vec<Vat>,
    /// How many voids.
    pub voids: u64,
}

/// Cash movements of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovementTotal {
    /// Signed, in `currency`.
    pub amount_minor: i64,
    /// How many.
    pub count: u64,
    /// ISO 4217.
    pub currency: Currency,
    /// Which kind.
    pub movement: CashMovementKind,
}

/// One tender in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenderTotal {
    /// What a person counted; absent if nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_minor: Option<i64>,
    /// ISO 4217.
    pub currency: Currency,
    /// Counted minus expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference_minor: Option<i64>,
    /// Payments less change, with floats, drops and other movements.
    pub expected_minor: i64,
    /// What it is.
    pub kind: TenderKind,
    /// Key of the `tender`.
    pub tender: String,
}

/// `event`: a log-in, a use of a special right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The facts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// `sign_in`, `sign_in_failed`, `sync_by_hand`, `centre_changed`, `local_edit`, …
    pub what: String,
}

fn is_zero(minor: &i64) -> bool {
    *minor == 0
}

//! What is inside a document, version 1.
//!
//! Amounts are minor units of the document's `currency` unless a member beside them names another.
//! What leaves the shop is positive on a sale and negative on a return, quantities and amounts
//! alike, so that every total of a day is a plain sum over its documents.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use tillkit_domain::{
    self as domain, CashMovementKind, Currency, Percent, Quantity, Rate, TaxPoint, TenderKind, UnitPrice,
    VatCategory, VatMode,
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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sale {
    /// Given back, in the home currency; never negative.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub change_minor: i64,
    /// Key of the `tender` it was given from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_tender: Option<String>,
    /// The end of a currency between the sale and this document: its rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changeover: Option<Changeover>,
    /// Key of the `customer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// In the order they were added; equal lines are never merged.
    pub lines: Vec<Line>,
    /// What stands around the lines on paper, so that a copy is the same; absent before November 2026.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
    /// Cash rounding (BT-114): what is paid minus what is due; never part of VAT.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rounding_minor: i64,
    /// Which day's VAT rates the lines have (VAT Directive, Art. 63 and 93); absent is completion.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tax_point: TaxPoint,
    /// How it was paid.
    pub tenders: Vec<Tender>,
    /// One entry a rate; their `gross_minor` sum to the lines'.
    pub vat: Vec<Vat>,
    /// Whether prices include VAT.
    pub vat_mode: VatMode,
}

/// The end of a currency, as it was published when the document was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changeover {
    /// ISO 4217: the currency that ended.
    pub from: Currency,
    /// Units of it for one unit of the currency that followed.
    pub rate: Rate,
}

/// What is printed around the lines of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Paper {
    /// Below the lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub footer: Vec<String>,
    /// Above the lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<String>,
    /// What says that it was made offline, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline_note: Option<String>,
    /// The till's time zone then: minutes that its clock was ahead of UTC.
    #[serde(default, skip_serializing_if = "is_default")]
    pub utc_offset_min: i32,
}

/// One thing sold or brought back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What was typed or scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether it is a deposit: a returned bottle pays out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deposit: bool,
    /// Promotions, line discount and share of the receipt's together; never negative on a sale.
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
    /// When it was handed over, till clock, where that is its tax point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplied_ms: Option<i64>,
    /// How the price came about, first step first.
    pub trace: Vec<Step>,
    /// Key of the `unit`.
    pub unit: String,
    /// Per unit, before discounts.
    pub unit_price: UnitPrice,
    /// The rate at its tax point.
    pub vat: VatRate,
    /// Of a return with `origin`: the part of the sale's VAT that comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_minor: Option<i64>,
}

/// A VAT rate, frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatRate {
    /// EN 16931 / UNTDID 5305.
    pub category: VatCategory,
    /// Percent.
    pub percent: Percent,
    /// Key of the `vat_rate`.
    pub rate: String,
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
    /// Key of the `promotion` that took it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<String>,
    /// Why, where a person decided; of a promotion its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `list`, `local_edit`, `override`, `promotion`, `discount`, `receipt_discount`.
    pub step: String,
}

/// VAT of one rate over the whole receipt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Vat {
    /// Net plus VAT.
    pub gross_minor: i64,
    /// Without VAT.
    pub net_minor: i64,
    /// The rate.
    #[serde(flatten)]
    pub rate: VatRate,
    /// The VAT.
    pub vat_minor: i64,
}

/// Members of the rate and of the amounts in one order, so that a sale is written as it stands
/// (see [`to_line`](crate::canonical::to_line)): a derived flattening would write the rate's together.
impl Serialize for Vat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_struct("Vat", 6)?;
        members.serialize_field("category", &self.rate.category)?;
        members.serialize_field("gross_minor", &self.gross_minor)?;
        members.serialize_field("net_minor", &self.net_minor)?;
        members.serialize_field("percent", &self.rate.percent)?;
        members.serialize_field("rate", &self.rate.rate)?;
        members.serialize_field("vat_minor", &self.vat_minor)?;
        members.end()
    }
}

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tender {
    /// In `currency`; negative where money went back to the customer.
    pub amount_minor: i64,
    /// ISO 4217: what was handed over.
    pub currency: Currency,
    /// Whether overpaying it gives change.
    #[serde(default)]
    pub gives_change: bool,
    /// The same in the document's currency.
    pub home_minor: i64,
    /// What it is.
    pub kind: TenderKind,
    /// As printed; absent before November 2026.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
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
    /// Key of the `audit_plan` that a count follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
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

/// `order`: what a customer wants delivered later. It moves neither money nor stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Key of the `customer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// What is wanted.
    pub lines: Vec<OrderLine>,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// By when, `2010-12-24`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_day: Option<String>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// Key of the `item`.
    pub item: String,
    /// As shown.
    pub name: String,
    /// Positive.
    pub quantity: Quantity,
    /// Key of the `unit`.
    pub unit: String,
    /// Per unit, as it stood when the order was taken; the sale has its own.
    pub unit_price: UnitPrice,
}

/// `customer_made`: a customer written down on a till. The personal data stand beside the line, so
/// that they can be erased without breaking the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerMade {
    /// The key of its `customer` row, made on the till: random, so that no other till makes the same.
    pub customer: String,
    /// SHA-256 of the canonical line of its [`CustomerPart`].
    pub part: Hash,
}

/// The personal data of a customer made on a till: the part beside its line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerPart {
    /// Where to send things.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// For receipts and notices.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// As shown and printed.
    pub name: String,
    /// To call.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// VAT identification number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub vat_id: String,
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

/// The totals of a closure. What documents of its own currency come to stands here; what others come to,
/// in `other_currencies`.
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
    /// The same of documents in other currencies, and of all that a Z before it named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_currencies: Vec<CurrencyTotals>,
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

/// What the documents of one currency come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyTotals {
    /// ISO 4217.
    pub currency: Currency,
    /// Discounts of all lines.
    pub discount_minor: i64,
    /// Σ `total_minor` of sales, returns and voids.
    pub gross_minor: i64,
    /// `gross_minor` of this and all Z before it, in this enrolment.
    pub perpetual_minor: i64,
    /// Cash rounding of all receipts.
    pub rounding_minor: i64,
    /// By rate.
    pub vat: Vec<Vat>,
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
    /// The coins and notes that were counted, smallest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<domain::Pieces>,
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

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl From<domain::Changeover> for Changeover {
    fn from(changeover: domain::Changeover) -> Changeover {
        Changeover { from: changeover.from, rate: changeover.rate }
    }
}

impl From<Changeover> for domain::Changeover {
    fn from(changeover: Changeover) -> domain::Changeover {
        domain::Changeover { from: changeover.from, rate: changeover.rate }
    }
}

impl From<&domain::Settled> for Sale {
    fn from(settled: &domain::Settled) -> Sale {
        Sale {
            change_minor: settled.change_minor,
            change_tender: settled.change_tender.clone(),
            changeover: settled.changeover.map(Changeover::from),
            customer: settled.customer.clone(),
            lines: settled.lines.iter().map(Line::from).collect(),
            paper: None,
            rounding_minor: settled.rounding_minor,
            tax_point: settled.tax_point,
            tenders: settled.tenders.iter().map(Tender::from).collect(),
            vat: settled.vat.iter().map(Vat::from).collect(),
            vat_mode: settled.vat_mode,
        }
    }
}

impl Sale {
    /// What was settled, as the domain sees it; `currency` and `total_minor` are the document's.
    pub fn settled(&self, currency: Currency, total_minor: i64) -> domain::Settled {
        domain::Settled {
            currency,
            vat_mode: self.vat_mode,
            tax_point: self.tax_point,
            changeover: self.changeover.map(domain::Changeover::from),
            customer: self.customer.clone(),
            lines: self.lines.iter().map(domain::Line::from).collect(),
            vat: self.vat.iter().map(domain::VatLine::from).collect(),
            tenders: self.tenders.iter().map(|tender| tender.to_domain()).collect(),
            change_minor: self.change_minor,
            change_tender: self.change_tender.clone(),
            rounding_minor: self.rounding_minor,
            total_minor,
        }
    }
}

impl From<&domain::Line> for Line {
    fn from(line: &domain::Line) -> Line {
        Line {
            code: line.code.clone(),
            deposit: line.is_deposit,
            discount_minor: line.discount_minor,
            generation: line.generation,
            gross_minor: line.gross_minor,
            item: line.item.clone(),
            name: line.name.clone(),
            origin: line.origin.as_ref().map(Origin::from),
            quantity: line.quantity,
            reason: line.reason.clone(),
            stock: line.moves_stock,
            supplied_ms: line.supplied_ms,
            trace: line.trace.iter().map(Step::from).collect(),
            unit: line.unit.clone(),
            unit_price: line.unit_price,
            vat: VatRate::from(&line.vat),
            vat_minor: line.vat_minor,
        }
    }
}

impl From<&Line> for domain::Line {
    fn from(line: &Line) -> domain::Line {
        domain::Line {
            item: line.item.clone(),
            code: line.code.clone(),
            name: line.name.clone(),
            unit: line.unit.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            vat: domain::VatRate::from(&line.vat),
            generation: line.generation,
            moves_stock: line.stock,
            is_deposit: line.deposit,
            supplied_ms: line.supplied_ms,
            trace: line.trace.iter().filter_map(Step::to_domain).collect(),
            discount_minor: line.discount_minor,
            gross_minor: line.gross_minor,
            origin: line.origin.as_ref().map(domain::LineOrigin::from),
            vat_minor: line.vat_minor,
            reason: line.reason.clone(),
        }
    }
}

impl From<&domain::LineOrigin> for Origin {
    fn from(origin: &domain::LineOrigin) -> Origin {
        let domain::LineOrigin { till, enrolment, seq, line } = origin.clone();
        Origin { enrolment, line, seq, till }
    }
}

impl From<&Origin> for domain::LineOrigin {
    fn from(origin: &Origin) -> domain::LineOrigin {
        let Origin { enrolment, line, seq, till } = origin.clone();
        domain::LineOrigin { till, enrolment, seq, line }
    }
}

impl From<&domain::VatRate> for VatRate {
    fn from(rate: &domain::VatRate) -> VatRate {
        VatRate { category: rate.category, percent: rate.percent, rate: rate.id.clone() }
    }
}

impl From<&VatRate> for domain::VatRate {
    fn from(rate: &VatRate) -> domain::VatRate {
        domain::VatRate { id: rate.rate.clone(), percent: rate.percent, category: rate.category }
    }
}

impl From<&domain::VatLine> for Vat {
    fn from(line: &domain::VatLine) -> Vat {
        Vat {
            gross_minor: line.gross_minor,
            net_minor: line.net_minor,
            rate: VatRate::from(&line.rate),
            vat_minor: line.vat_minor,
        }
    }
}

impl From<&Vat> for domain::VatLine {
    fn from(vat: &Vat) -> domain::VatLine {
        domain::VatLine {
            rate: domain::VatRate::from(&vat.rate),
            net_minor: vat.net_minor,
            vat_minor: vat.vat_minor,
            gross_minor: vat.gross_minor,
        }
    }
}

impl From<&domain::Tender> for Tender {
    fn from(tender: &domain::Tender) -> Tender {
        Tender {
            amount_minor: tender.amount.minor,
            currency: tender.amount.currency,
            gives_change: tender.gives_change,
            home_minor: tender.home_minor,
            kind: tender.kind,
            name: tender.name.clone(),
            rate: tender.rate,
            reference: tender.reference.clone(),
            tender: tender.tender.clone(),
        }
    }
}

impl Tender {
    fn to_domain(&self) -> domain::Tender {
        domain::Tender {
            tender: self.tender.clone(),
            name: self.name.clone(),
            kind: self.kind,
            gives_change: self.gives_change,
            amount: domain::Money::new(self.amount_minor, self.currency),
            home_minor: self.home_minor,
            rate: self.rate,
            reference: self.reference.clone(),
        }
    }
}

impl From<&domain::PriceStep> for Step {
    fn from(step: &domain::PriceStep) -> Step {
        let set = |name: &str, price, reason| Step {
            amount_minor: None,
            price: Some(price),
            promotion: None,
            reason,
            step: name.into(),
        };
        let taken = |name: &str, minor| Step {
            amount_minor: Some(minor),
            price: None,
            promotion: None,
            reason: None,
            step: name.into(),
        };
        match step {
            domain::PriceStep::List(price) => set("list", *price, None),
            domain::PriceStep::LocalEdit(price) => set("local_edit", *price, None),
            domain::PriceStep::Override { price, reason } => set("override", *price, Some(reason.clone())),
            domain::PriceStep::Promotion(off) => Step {
                promotion: Some(off.promotion.clone()),
                reason: Some(off.name.clone()),
                ..taken("promotion", off.minor)
            },
            domain::PriceStep::Discount(minor) => taken("discount", *minor),
            domain::PriceStep::ReceiptDiscount(minor) => taken("receipt_discount", *minor),
        }
    }
}

impl Step {
    /// `None` for a step that a newer version added.
    fn to_domain(&self) -> Option<domain::PriceStep> {
        Some(match self.step.as_str() {
            "list" => domain::PriceStep::List(self.price?),
            "local_edit" => domain::PriceStep::LocalEdit(self.price?),
            "override" => domain::PriceStep::Override {
                price: self.price?,
                reason: self.reason.clone().unwrap_or_default(),
            },
            "promotion" => domain::PriceStep::Promotion(domain::TakenOff {
                promotion: self.promotion.clone()?,
                name: self.reason.clone().unwrap_or_default(),
                minor: self.amount_minor?,
            }),
            "discount" => domain::PriceStep::Discount(self.amount_minor?),
            "receipt_discount" => domain::PriceStep::ReceiptDiscount(self.amount_minor?),
            _ => return None,
        })
    }
}

/// The count of each tender in each currency, and the kind of the tender.
pub type CountedTenders = BTreeMap<(String, Currency), (TenderKind, domain::Count)>;

impl ClosureTotals {
    /// The totals of a period in the closure's `home` currency, with what was counted. What was counted of
    /// a tender without turnover is listed, too. `perpetual` is what each currency comes to with all Z
    /// before this one.
    pub fn new(
        home: Currency,
        totals: &domain::Totals,
        counted: &CountedTenders,
        perpetual: &BTreeMap<Currency, i64>,
    ) -> ClosureTotals {
        let mut expected = totals.tenders.clone();
        for (key, (kind, _)) in counted {
            #[cfg(tillkit_defects)]
            if domain::defects::is("a counted tender dropped") {
                break;
            }
            expected.entry(key.clone()).or_insert((*kind, 0));
        }
        let tenders = expected.into_iter().map(|(key, (kind, expected_minor))| {
            let counted = counted.get(&key).map(|(_, count)| count);
            let counted_minor = counted.map(|count| count.minor);
            let pieces = counted.into_iter().flat_map(|count| &count.pieces);
            TenderTotal {
                counted_minor,
                currency: key.1,
                difference_minor: counted_minor.map(|counted| counted.saturating_sub(expected_minor)),
                expected_minor,
                kind,
                pieces: pieces
                    .map(|(face, count)| domain::Pieces { count: *count, face_minor: *face })
                    .collect(),
                tender: key.0,
            }
        });
        let movements = totals.movements.iter().map(|((movement, currency), (count, amount))| {
            MovementTotal { amount_minor: *amount, count: *count, currency: *currency, movement: *movement }
        });
        let nothing = domain::closure::Sums::default();
        let others = perpetual.iter().filter(|(currency, _)| **currency != home);
        let others = others.map(|(currency, perpetual_minor)| {
            let sums = totals.sold.get(currency).unwrap_or(&nothing);
            CurrencyTotals {
                currency: *currency,
                discount_minor: sums.discount_minor,
                gross_minor: sums.gross_minor,
                perpetual_minor: *perpetual_minor,
                rounding_minor: sums.rounding_minor,
                vat: vat_of(sums),
            }
        });
        let sums = totals.sold.get(&home).unwrap_or(&nothing);
        ClosureTotals {
            cancelled: totals.cancelled,
            discount_minor: sums.discount_minor,
            gross_minor: sums.gross_minor,
            movements: movements.collect(),
            other_currencies: others.collect(),
            #[cfg(not(tillkit_defects))]
            perpetual_minor: perpetual.get(&home).copied().unwrap_or(0),
            #[cfg(tillkit_defects)]
            perpetual_minor: match domain::defects::is("the perpetual sum forgotten") {
                true => sums.gross_minor,
                false => perpetual.get(&home).copied().unwrap_or(0),
            },
            returns: totals.returns,
            rounding_minor: sums.rounding_minor,
            sales: totals.sales,
            tenders: tenders.collect(),
            vat: vat_of(sums),
            voids: totals.voids,
        }
    }

    /// What each currency comes to with all Z before; `home` is the closure's own.
    pub fn perpetual(&self, home: Currency) -> BTreeMap<Currency, i64> {
        let others = self.other_currencies.iter().map(|other| (other.currency, other.perpetual_minor));
        others.chain([(home, self.perpetual_minor)]).collect()
    }
}

fn vat_of(sums: &domain::closure::Sums) -> Vec<Vat> {
    let vat = sums.vat.iter().map(|(rate, sums)| Vat {
        gross_minor: sums.gross_minor,
        net_minor: sums.net_minor,
        rate: VatRate::from(rate),
        vat_minor: sums.vat_minor,
    });
    vat.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_settled_comes_back_from_its_body() {
        let rate =
            domain::VatRate { id: "std".into(), percent: "17.5".parse().unwrap(), category: VatCategory::S };
        let terms = domain::Terms {
            currency: Currency::GBP,
            vat_mode: VatMode::Included,
            cash_rounding: None,
            change_tender: None,
            tax_point: TaxPoint::Supply,
        };
        let mut sale = domain::Sale::new(terms);
        let line = domain::NewLine {
            item: "tea".into(),
            code: Some("85123A".into()),
            name: "Tea".into(),
            unit: "pc".into(),
            quantity: 6.into(),
            list_price: "2.55".parse().unwrap(),
            is_edited: true,
            price_override: Some(("2.50".parse().unwrap(), "damaged".into())),
            vat: rate,
            is_vat_chosen: false,
            generation: 7,
            moves_stock: true,
            is_deposit: true,
            unit_decimals: None,
            supplied_ms: Some(5),
            promotions: Vec::new(),
        };
        sale.add_line(line.clone()).unwrap();
        let line = domain::NewLine { is_deposit: false, ..line };
        let off = domain::Gives::PercentOff("10".parse().unwrap());
        let promotion = domain::Promotion::new("ten", "Ten off", off);
        sale.add_line(domain::NewLine { price_override: None, promotions: vec![promotion], ..line }).unwrap();
        sale.discount_receipt(Some(domain::Discount::Amount(1_00))).unwrap();
        let cash = domain::NewTender {
            tender: "cash".into(),
            name: "Cash".into(),
            kind: TenderKind::Cash,
            gives_change: true,
            amount: domain::Money::new(27_77, Currency::GBP),
            rate: None,
            reference: Some("r".into()),
        };
        sale.pay(cash).unwrap();
        let settled = sale.settle().unwrap();

        let body = Sale::from(&settled);
        let line = crate::canonical::to_line(&body).unwrap();
        let read: Sale = serde_json::from_slice(&line).unwrap();

        assert_eq!(read, body);
        assert_eq!(serde_json::to_vec(&body).unwrap(), line, "a sale is declared in canonical order");
        assert_eq!(read.settled(Currency::GBP, settled.total_minor), settled);
        let void = Void {
            of: Reference { enrolment: 1, hash: Hash::NONE, number: "1".into(), seq: 1, till: "T1".into() },
            reason: "r".into(),
            sale: body,
        };
        let line = crate::canonical::to_line(&void).unwrap();
        assert_eq!(serde_json::from_slice::<Void>(&line).unwrap(), void);
    }
}

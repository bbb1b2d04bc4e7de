//! The bodies of configuration kinds, as this version reads them.
//!
//! A body is kept as the bytes that were published; these types are a reading of it. Members a
//! newer centre adds are ignored here and survive in the bytes. Amounts are in minor units, prices,
//! quantities and rates are decimal text, times are Unix milliseconds.

use serde::{Deserialize, Serialize};
use tillkit_domain as domain;

/// Reads a body.
///
/// # Errors
/// serde_json's, naming the member that refused.
pub fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(body)
}

/// Whether this version can read a body of a kind; it can read every body of a kind that it does not know.
///
/// # Errors
/// serde_json's words, naming the member that refused.
pub fn check(kind: &str, body: &[u8]) -> Result<(), String> {
    let read = match kind {
        "unit" => read::<Unit>(body).map(drop),
        "vat_rate" => read::<VatRate>(body).map(drop),
        "tender" => read::<Tender>(body).map(drop),
        "currency" => read::<CurrencySetting>(body).map(drop),
        "item" => read::<Item>(body).map(drop),
        "price" => read::<Price>(body).map(drop),
        "item_code" => read::<ItemCode>(body).map(drop),
        "group" => read::<Group>(body).map(drop),
        "exchange_rate" => read::<ExchangeRate>(body).map(drop),
        "customer" => read::<Customer>(body).map(drop),
        "image" => read::<Image>(body).map(drop),
        "audit_plan" => read::<AuditPlan>(body).map(drop),
        "stock_level" => read::<StockLevel>(body).map(drop),
        "stock_counted" => read::<crate::wire::Ranges>(body).map(drop),
        "user" => read::<User>(body).map(drop),
        "role" => read::<Role>(body).map(drop),
        "numerator" => read::<Numerator>(body).map(drop),
        "centre" => read::<Centre>(body).map(drop),
        "receipt_layout" => read::<ReceiptLayout>(body).map(drop),
        "policy" => read::<Policy>(body).map(drop),
        _ => Ok(()),
    };
    match read.map_err(|error| error.to_string()) {
        // A word that a newer version has added: who meets it says so, and the section is not held up.
        Err(why) if why.starts_with("unknown variant") => Ok(()),
        read => read,
    }
}

/// `unit`: what a quantity counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// As printed.
    pub name: String,
    /// UN/ECE Recommendation 20, `C62` for a piece.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// Decimals a quantity may have, 0 for whole ones; as many as there are (six) if it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decimals: Option<u32>,
}

/// `vat_rate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatRate {
    /// As printed.
    pub name: String,
    /// Percent.
    pub percent: domain::Percent,
    /// EN 16931 / UNTDID 5305.
    pub category: domain::VatCategory,
}

/// `tender`: a way to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tender {
    /// As printed.
    pub name: String,
    /// What it is.
    pub kind: domain::TenderKind,
    /// ISO 4217.
    pub currency: domain::Currency,
    /// Whether overpaying it gives change.
    #[serde(default)]
    pub gives_change: bool,
    /// Whether the drawer opens.
    #[serde(default)]
    pub opens_drawer: bool,
}

/// `currency`: how cash of it is rounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencySetting {
    /// As printed.
    pub name: String,
    /// The smallest coin, minor units; absent where every minor unit exists.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cash_step_minor: Option<i64>,
    /// Which way what lies between two coins goes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cash_rounding: domain::Rounding,
    /// Whether exact coins are taken without rounding, where smaller coins are still legal tender.
    #[serde(default, skip_serializing_if = "is_default")]
    pub exact_cash: bool,
    /// Whether what would round to nothing rounds up to one coin (Slovakia: 1 and 2 cents are 5).
    #[serde(default, skip_serializing_if = "is_default")]
    pub round_up_to_step: bool,
    /// What its coins and notes are worth, minor units: a drawer is counted by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faces_minor: Vec<i64>,
}

impl CurrencySetting {
    /// How cash of it is rounded; `None` where every minor unit exists.
    pub fn rounding(&self) -> Option<domain::CashRounding> {
        let step_minor = self.cash_step_minor.filter(|step| *step > 1)?;
        Some(domain::CashRounding {
            step_minor,
            rounding: self.cash_rounding,
            takes_exact: self.exact_cash,
            at_least_a_step: self.round_up_to_step,
        })
    }
}

/// `item`: a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// As printed and searched.
    pub name: String,
    /// Everything that can be typed or scanned for it: GTIN, article number, PLU.
    #[serde(default)]
    pub codes: Vec<String>,
    /// Key of its `group`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group: Option<String>,
    /// Key of its `unit`.
    pub unit: String,
    /// Key of its `vat_rate`.
    pub vat: String,
    /// Per unit, in the centre's currency.
    pub price: domain::UnitPrice,
    /// Whether it may be sold.
    #[serde(default = "yes")]
    pub active: bool,
    /// Whether selling it moves stock.
    #[serde(default = "yes")]
    pub stocked: bool,
    /// Whether it is a deposit: it may be sold by a negative quantity, and a receipt of such lines pays out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deposit: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn yes() -> bool {
    true
}

/// `price`: a price of an item from, and perhaps until, a time of the till's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Key of the `item`.
    pub item: String,
    /// Per unit.
    pub price: domain::UnitPrice,
    /// In force from here on.
    #[serde(default)]
    pub from_ms: i64,
    /// In force up to here, exclusive.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until_ms: Option<i64>,
}

/// `item_code`: one more code of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemCode {
    /// Key of the `item`.
    pub item: String,
    /// What is typed or scanned.
    pub code: String,
}

/// `promotion`: a rule, and when it is given. What it covers stands in `promotion_item` rows.
///
/// ```
/// # use tillkit_protocol::settings::{Promotion, read};
/// let body = br#"{"from_time":"16:00","gives":{"percent_off":"20"},"name":"Happy hour","until_time":"18:00"}"#;
/// let happy: Promotion = read(body)?;
/// assert!(happy.is_given(0, 5, 17 * 60) && !happy.is_given(0, 5, 18 * 60));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// As printed.
    pub name: String,
    /// What it gives.
    pub gives: domain::Gives,
    /// The higher one comes first where two take off the same.
    #[serde(default)]
    pub priority: i32,
    /// Whether it is given on top of others that combine.
    #[serde(default)]
    pub combines: bool,
    /// Of its goods at least so much must be in the cart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_quantity: Option<domain::Quantity>,
    /// Its goods must come to at least this before promotions, minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_minor: Option<i64>,
    /// Given from here on, by the till's clock.
    #[serde(default)]
    pub from_ms: i64,
    /// Given up to here, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// Given on these days of the week, 1 is Monday; on every day if there is none. A night is of the day that it
    /// begins on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<u8>,
    /// Given from this time of day on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_time: Option<domain::DayTime>,
    /// Given up to this time of day, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_time: Option<domain::DayTime>,
    /// Whether it covers every item.
    #[serde(default)]
    pub covers_all: bool,
    /// Whether it is given at all.
    #[serde(default = "yes")]
    pub active: bool,
}

impl Promotion {
    /// Whether it is given at an instant that is this weekday (1 is Monday) and minute of the day there.
    pub fn is_given(&self, now_ms: i64, weekday: u8, minute: u16) -> bool {
        self.active
            && self.from_ms <= now_ms
            && self.until_ms.is_none_or(|until_ms| now_ms < until_ms)
            && self.is_on(weekday, minute)
    }

    /// From 22:00 until 02:00 is a night, which is of the day that it begins on.
    fn is_on(&self, weekday: u8, minute: u16) -> bool {
        let is_day = |day: u8| self.weekdays.is_empty() || self.weekdays.contains(&day);
        let is_after = self.from_time.is_none_or(|from| from.minutes() <= minute);
        let is_before = self.until_time.is_none_or(|until| minute < until.minutes());
        match self.from_time.zip(self.until_time) {
            Some((from, until)) if until < from => {
                let day_before = if weekday <= 1 { 7 } else { weekday - 1 };
                (is_after && is_day(weekday)) || (is_before && is_day(day_before))
            }
            _ => is_after && is_before && is_day(weekday),
        }
    }

    /// The rule, as lines carry it.
    pub fn rule(self, key: &str) -> domain::Promotion {
        domain::Promotion {
            key: key.into(),
            name: self.name,
            gives: self.gives,
            priority: self.priority,
            combines: self.combines,
            minimum_quantity: self.minimum_quantity,
            minimum_minor: self.minimum_minor,
        }
    }
}

/// `promotion_item`: what a promotion covers, an item or a group. Its key follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionItem {
    /// Key of the `promotion`.
    pub promotion: String,
    /// Key of the `item`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Key of the `group`, in place of an item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl PromotionItem {
    /// The key of a promotion's row for an item.
    pub fn key_of_item(promotion: &str, item: &str) -> String {
        format!("{promotion}/item/{item}")
    }

    /// The key of a promotion's row for a group.
    pub fn key_of_group(promotion: &str, group: &str) -> String {
        format!("{promotion}/group/{group}")
    }

    /// The key this row must have; `None` if it names neither or both.
    pub fn key(&self) -> Option<String> {
        match (&self.item, &self.group) {
            (Some(item), None) => Some(PromotionItem::key_of_item(&self.promotion, item)),
            (None, Some(group)) => Some(PromotionItem::key_of_group(&self.promotion, group)),
            _ => None,
        }
    }
}

/// `group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// As shown.
    pub name: String,
}

/// `exchange_rate`: what one unit of a currency is worth in the centre's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeRate {
    /// ISO 4217.
    pub currency: domain::Currency,
    /// Centre's currency per unit.
    pub rate: domain::Rate,
    /// First business day it holds for, `2010-12-01`; until the next one begins.
    pub from_day: String,
    /// Where it is from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
}

/// `customer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// As shown.
    pub name: String,
    /// Whether sales may be put on account.
    #[serde(default)]
    pub credit: bool,
    /// Where to send things.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// For receipts and notices.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// To call.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// VAT identification number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub vat_id: String,
    /// The customer that this one, made twice, has become part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
}

/// `image`: a picture. Its bytes are a blob of their own, `GET /v1/blobs/{sha256}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Length of the picture, at most [`BLOB_STORED_BYTES`](crate::limits::BLOB_STORED_BYTES).
    pub bytes: u64,
    /// Key of the `item` it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// `image/jpeg`, `image/png`, `image/webp`.
    pub media_type: String,
    /// SHA-256 of the bytes: the blob's name.
    pub sha256: crate::Hash,
}

/// `audit_plan`: what is to be counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPlan {
    /// Keys of the `item`s to count, in the order of the walk; none means everything.
    #[serde(default)]
    pub items: Vec<String>,
    /// As shown.
    pub name: String,
    /// Key of the `warehouse`.
    pub warehouse: String,
}

/// `stock_level`: how much of an item is in a warehouse, as the back office has booked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    /// Key of the `item`.
    pub item: String,
    /// How much.
    pub quantity: domain::Quantity,
    /// Key of the `warehouse`.
    pub warehouse: String,
}

impl StockLevel {
    /// The key of its row.
    pub fn key(warehouse: &str, item: &str) -> String {
        format!("{warehouse}/{item}")
    }
}

/// The key of a `stock_counted` row: a body of [`Ranges`](crate::wire::Ranges), which documents of an
/// enrolment the levels already contain.
pub fn counted_key(till: &str, enrolment: u32) -> String {
    format!("{till}/{enrolment}")
}

/// `user`: who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// As shown.
    pub name: String,
    /// Key of the `role`.
    pub role: String,
    /// argon2id (RFC 9106) of HMAC-SHA-256(centre pepper, PIN), as a PHC string.
    pub pin: String,
    /// Whether signing in is allowed.
    #[serde(default = "yes")]
    pub active: bool,
}

/// `role`: what a user may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// As shown.
    pub name: String,
    /// Names of rights; those this version does not know grant nothing.
    #[serde(default)]
    pub rights: Vec<String>,
}

/// `numerator`: how numbers look. The key is the kind of document, or `*` for all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numerator {
    /// Must contain `{series}` and `{number}`.
    pub pattern: String,
}

/// `centre`: the one row that names it. Its key is the centre's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Centre {
    /// As shown.
    pub name: String,
    /// ISO 4217: prices and totals are in it.
    pub currency: domain::Currency,
    /// Whether prices include VAT.
    pub vat_mode: domain::VatMode,
    /// Key of the `warehouse` that sales draw from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub warehouse: Option<String>,
    /// When a business day begins: what is sold before belongs to the day before. Midnight if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub day_begins: Option<domain::DayTime>,
    /// Which day's VAT rates a sale has that was held: the day it is completed, or, for a centre that
    /// keeps tabs, the day of each supply.
    #[serde(skip_serializing_if = "is_default", default)]
    pub tax_point: domain::TaxPoint,
    /// The currency before, where the country has changed over, and the fixed rate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub changeover: Option<Changeover>,
}

/// The end of a currency: `{"from":"BGN","rate":"1.95583"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changeover {
    /// ISO 4217: the currency that ended.
    pub from: domain::Currency,
    /// Units of it for one unit of the centre's currency, as the law states it.
    pub rate: domain::Rate,
}

impl From<Changeover> for domain::Changeover {
    fn from(changeover: Changeover) -> domain::Changeover {
        domain::Changeover { from: changeover.from, rate: changeover.rate }
    }
}

/// `receipt_layout`: what stands around the lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReceiptLayout {
    /// Above.
    #[serde(default)]
    pub header: Vec<String>,
    /// Below.
    #[serde(default)]
    pub footer: Vec<String>,
    /// On receipts made offline.
    #[serde(default)]
    pub offline_note: Option<String>,
}

/// When a published change becomes what the till sells by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplyWhen {
    /// A cashier confirms the notice.
    #[default]
    Confirm,
    /// As soon as it is here, between receipts.
    Automatic,
    /// At the next opening of a day.
    Opening,
}

/// When documents are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendWhen {
    /// Whenever there are any.
    #[default]
    Automatic,
    /// By row, red button, opening and closing.
    ByHand,
}

/// `policy`: how a till of this centre behaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// When a change becomes live.
    pub apply: ApplyWhen,
    /// When documents go.
    pub send: SendWhen,
    /// Settled documents are kept this long.
    pub keep_days: u32,
    /// Between scheduled contacts; never less than 15.
    pub schedule_minutes: u32,
    /// Room that images may take on a till, megabytes; those that do not fit are not fetched.
    pub attachments_mb: u32,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            apply: ApplyWhen::default(),
            send: SendWhen::default(),
            keep_days: 90,
            schedule_minutes: 15,
            attachments_mb: 500,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_type_is_refused_and_what_a_newer_centre_adds_is_not() {
        let good = [
            ("vat_rate", r#"{"category":"S","name":"x","percent":"20"}"#),
            ("vat_rate", r#"{"category":"NEW","name":"x","percent":"20","more":[1]}"#),
            ("hologram", "{\"x\":5}"),
        ];
        let bad = [
            ("vat_rate", r#"{"category":"S","name":"x","percent":20}"#),
            ("vat_rate", r#"{"category":"S","name":"x"}"#),
            ("role", r#"{"name":"x","rights":"*"}"#),
        ];
        for (kind, body) in good {
            assert_eq!(check(kind, body.as_bytes()), Ok(()), "{body}");
        }
        for (kind, body) in bad {
            assert!(check(kind, body.as_bytes()).is_err(), "{body}");
        }
    }
}

//! What a till decides, as pure values.
//!
//! No clock, no disk, no network, no SQL: everything here takes values and returns values, so the
//! till and the back office compute the same. Amounts are integer minor units, decimals are exact,
//! floats exist nowhere, and what does not fit is a typed error.
//!
//! - [`money`]: amounts with their ISO 4217 currency; [`numbers`]: quantities, prices, percentages, rates.
//! - [`amount`]: the one reader of what a person types; [`codes`]: a scanned code in every spelling.
//! - [`rounding`]: named roundings, cash rounding.
//! - [`vat`]: per rate and receipt.
//! - [`promotion`]: what is taken off by rule.
//! - [`sale`], [`returns`]: an open sale, a return, a void, and what they come to.
//! - [`cash`], [`stock`], [`closure`]: the drawer, goods, the end of a day.
//! - [`rights`], [`number`], [`receipt`]: who may, how numbers look, what is printed.
//! - [`text`]: what may stand in a document.
//!
//! Invariants, each held by a test of the same name:
//! - `money_adds_up` (I13): lines = VAT = tenders − change − rounding, for every sale.
//! - `a_closure_is_the_sum_of_its_documents` (I14), in any order.

pub mod amount;
pub mod cash;
pub mod closure;
pub mod codes;
#[cfg(tillkit_defects)]
pub mod defects;
pub mod money;
pub mod number;
pub mod numbers;
pub mod promotion;
pub mod receipt;
pub mod returns;
pub mod rights;
pub mod rounding;
pub mod sale;
pub mod stock;
pub mod text;
pub mod vat;

pub use amount::{AmountError, Reading};
pub use cash::{CashMovementKind, Count, CountError, Pieces};
pub use closure::{ClosureKind, Fact, Totals};
pub use money::{Currency, Money, MoneyError};
pub use number::{BadNumerator, Numerator};
pub use numbers::{Percent, Quantity, Rate, UnitPrice};
pub use promotion::{DayTime, Gives, Promotion, TakenOff};
pub use returns::{NewReturn, Paid, Part, Refund, ReturnLine, Returnable};
pub use rights::{Right, Rights};
pub use rounding::{CashRounding, Rounding};
pub use sale::{
    Changeover, Discount, Line, LineOrigin, NewLine, NewTender, PriceStep, Sale, SaleError, Settled, Tender,
    TenderKind, Terms,
};
pub use stock::StockKind;
pub use text::BadText;
pub use vat::{TaxPoint, VatCategory, VatLine, VatMode, VatRate};

#[cfg(test)]
mod tests;

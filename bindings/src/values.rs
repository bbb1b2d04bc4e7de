//! Money, rounding, VAT and documents, computed by the core for every language alike.

use tillkit_domain::{
    CashRounding, Currency, Money, Percent, Quantity, VatCategory, VatMode, VatRate, money, vat,
};
use tillkit_protocol::{Hash, document::Record, keys::PublicKey};

use crate::{error::TillError, screens::Amount};

/// What a receipt comes to at one VAT rate; minor units.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VatSplit {
    /// Without VAT.
    pub net_minor: i64,
    /// The VAT.
    pub vat_minor: i64,
    /// With VAT.
    pub gross_minor: i64,
}

/// Reads an amount as a person of this locale (`en`, `cs-CZ`) types it, with no more decimals than the
/// currency has.
///
/// # Errors
/// `TwoReadings` where it would have to guess: `1,250` in English. `Refused` with code `money`.
#[uniffi::export]
pub fn parse_amount(text: String, locale: String, currency: String) -> Result<Amount, TillError> {
    Ok(Money::read(&text, &locale, parse_currency(&currency)?)?.into())
}

/// Reads a quantity as a person of this locale types it; returns a plain decimal number, not negative.
///
/// # Errors
/// As `parse_amount`.
#[uniffi::export]
pub fn parse_quantity(text: String, locale: String) -> Result<String, TillError> {
    let quantity = Quantity::read(&text, &locale)?;
    if quantity.is_negative() {
        return Err(refused(format!("{quantity} is below zero")));
    }
    Ok(quantity.to_string())
}

/// Splits an amount in proportion to weights, losing nothing (largest-remainder method).
///
/// # Errors
/// `Refused` with code `money` if there are no weights, or they sum to nothing.
#[uniffi::export]
pub fn split_minor(minor: i64, weights: Vec<u64>) -> Result<Vec<i64>, TillError> {
    Ok(money::split_minor(minor, &weights)?)
}

/// What must be added to an amount so that coins of `step_minor` can pay it, halves away from zero.
#[uniffi::export]
pub fn cash_rounding_minor(due_minor: i64, step_minor: i64) -> i64 {
    CashRounding::nearest(step_minor).of(due_minor)
}

/// The VAT of the amounts of one receipt at one rate: summed first, rounded once.
///
/// # Errors
/// `Refused` with code `money`.
#[uniffi::export]
pub fn vat_of_receipt(
    amounts_minor: Vec<i64>,
    percent: String,
    included: bool,
    currency: String,
) -> Result<VatSplit, TillError> {
    let percent: Percent = percent.parse()?;
    let rate = VatRate { id: String::new(), percent, category: VatCategory::S };
    let mode = if included { VatMode::Included } else { VatMode::Excluded };
    let amounts = amounts_minor.into_iter().map(|minor| (&rate, minor));
    let lines = vat::breakdown(amounts, mode, parse_currency(&currency)?)?;
    let line = lines.into_iter().next();
    Ok(line.map_or(VatSplit { net_minor: 0, vat_minor: 0, gross_minor: 0 }, |line| VatSplit {
        net_minor: line.net_minor,
        vat_minor: line.vat_minor,
        gross_minor: line.gross_minor,
    }))
}

/// SHA-256 of a document's line, in hexadecimal: what its signature is over and the next one names.
#[uniffi::export]
pub fn line_hash(line: Vec<u8>) -> String {
    Hash::of(&line).to_string()
}

/// Whether a record as exported, `<signature> <line>`, is authentic: signed by the owner of this key.
///
/// # Errors
/// `Refused` with code `record` if it is no record, or the key none.
#[uniffi::export]
pub fn record_is_authentic(record: Vec<u8>, public_key: String) -> Result<bool, TillError> {
    let refused = |sentence: String| TillError::Refused { code: "record".into(), sentence, data_safe: true };
    let record = Record::parse(&record).map_err(|error| refused(error.to_string()))?;
    let key = PublicKey::parse(&public_key);
    let key = key.ok_or_else(|| refused(format!("{public_key} is no public key")))?;
    Ok(record.is_signed_by(&key))
}

pub(crate) fn parse_currency(code: &str) -> Result<Currency, TillError> {
    Currency::parse(code).ok_or_else(|| refused(format!("{code} is no currency of ISO 4217")))
}

fn refused(sentence: String) -> TillError {
    TillError::Refused { code: "money".into(), sentence, data_safe: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_in_the_locale_of_who_types_it() {
        let read = |text: &str, locale: &str| parse_amount(text.into(), locale.into(), "EUR".into());
        assert_eq!(read("1.250,50", "de").map(|amount| amount.minor), Ok(1250_50));
        let Err(TillError::TwoReadings { code, grouped, decimal, .. }) = read("1.250", "de") else {
            panic!("1.250 has two readings");
        };
        assert_eq!((code.as_str(), grouped.shown.as_str()), ("two-readings", "1250,00"));
        assert_eq!((decimal.shown.as_str(), decimal.typed.as_str()), ("1,25", "1,25"));
        assert!(matches!(read("x", "de"), Err(TillError::Refused { code, .. }) if code == "money"));
    }

    #[test]
    fn a_quantity_is_read_in_the_locale_of_who_types_it_and_is_never_negative() {
        let read = |text: &str, locale: &str| parse_quantity(text.into(), locale.into());
        assert_eq!((read("0,75", "cs"), read("1 000", "cs")), (Ok("0.75".into()), Ok("1000".into())));
        assert!(matches!(read("1,250", "en"), Err(TillError::TwoReadings { .. })));
        assert!(matches!(read("-1", "en"), Err(TillError::Refused { .. })));
    }
}

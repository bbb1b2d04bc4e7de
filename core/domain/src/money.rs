//! Money: integer minor units with their ISO 4217 currency.

use std::fmt;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The largest amount, in minor units, either way: 2^53−1, so that every JSON reader keeps it exactly.
pub const MAX_MINOR: i64 = (1 << 53) - 1;
/// The most that a receipt's goods, a payment or a movement of cash may come to, minor units: ten thousand
/// million pounds. The sums of a till's life hold nine thousand of them.
pub const MOST_MINOR: i64 = 1_000_000_000_000;

/// Holds an amount that a person gives to [`MOST_MINOR`], either way.
///
/// # Errors
/// [`MoneyError::TooLarge`].
pub fn check_most(minor: i64) -> Result<(), MoneyError> {
    if (-MOST_MINOR..=MOST_MINOR).contains(&minor) { Ok(()) } else { Err(MoneyError::TooLarge) }
}

/// An ISO 4217 currency, printed and stored as its three letters.
///
/// ```
/// # use tillkit_domain::Currency;
/// assert_eq!(Currency::parse("JPY").unwrap().exponent(), 0);
/// assert_eq!(Currency::parse("GBP").unwrap().exponent(), 2);
/// assert_eq!(Currency::parse("gbp"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The pound.
    pub const GBP: Currency = Currency(iso_currency::Currency::GBP);
    /// The euro.
    pub const EUR: Currency = Currency(iso_currency::Currency::EUR);
    /// The Czech koruna.
    pub const CZK: Currency = Currency(iso_currency::Currency::CZK);

    /// Refuses another currency.
    ///
    /// # Errors
    /// [`MoneyError::Currencies`].
    ///
    /// ```
    /// # use tillkit_domain::Currency;
    /// assert!(Currency::GBP.check_is(Currency::GBP).is_ok() && Currency::GBP.check_is(Currency::EUR).is_err());
    /// ```
    pub fn check_is(self, other: Currency) -> Result<(), MoneyError> {
        let (left, right) = (self, other);
        if left == right { Ok(()) } else { Err(MoneyError::Currencies { left, right }) }
    }

    /// The currency of an upper-case alphabetic code.
    pub fn parse(code: &str) -> Option<Currency> {
        iso_currency::Currency::from_code(code).map(Currency)
    }

    /// The alphabetic code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals its minor unit has; 0 where the standard names none.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Currency::parse(&code).ok_or_else(|| de::Error::custom(format!("{code} is no ISO 4217 currency")))
    }
}

/// An amount of money in minor units: 100 is 1 euro, but 100 yen. Never beyond ±(2^53−1).
///
/// ```
/// # use tillkit_domain::{Currency, Money};
/// assert_eq!(Money::new(12_50, Currency::EUR).to_string(), "12.50 EUR");
/// assert_eq!(Money::parse("-0.05", Currency::EUR)?.minor, -5);
/// # Ok::<(), tillkit_domain::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units.
    pub minor: i64,
    /// Of which currency.
    pub currency: Currency,
}

/// Why an amount does not come about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// Beyond ±(2^53−1) minor units.
    #[error("the amount is beyond {MAX_MINOR} minor units")]
    TooLarge,
    /// Two currencies in one sum.
    #[error("{left} and {right} do not add up")]
    Currencies {
        /// One.
        left: Currency,
        /// The other.
        right: Currency,
    },
    /// Not a decimal number, or with more decimals than allowed.
    #[error("{text:?} is no {what}")]
    NotANumber {
        /// What was read.
        text: String,
        /// What it should be.
        what: &'static str,
    },
    /// Shares of nothing.
    #[error("an amount cannot be split by weights that sum to nothing")]
    Unsplittable,
}

impl Money {
    /// So many minor units of a currency.
    pub const fn new(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// Reads decimal text, with at most the currency's decimals.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`], [`MoneyError::TooLarge`].
    pub fn parse(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let refused = || MoneyError::NotANumber { text: text.into(), what: "amount of this currency" };
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
        let decimal = Decimal::from_str_exact(text).map_err(|_| refused())?;
        if !is_plain || decimal.scale() > currency.exponent() {
            return Err(refused());
        }
        let minor = to_minor(decimal, currency).ok_or(MoneyError::TooLarge)?;
        Money::new(minor, currency).checked()
    }

    /// The amount in major units.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::Currencies`], [`MoneyError::TooLarge`].
    pub fn plus(self, other: Money) -> Result<Money, MoneyError> {
        self.currency.check_is(other.currency)?;
        Money::new(add(self.minor, other.minor)?, self.currency).checked()
    }

    /// The same amount the other way.
    pub fn negated(self) -> Money {
        Money::new(-self.minor, self.currency)
    }

    /// Splits this amount in proportion to `weights`, losing nothing.
    ///
    /// One part per weight, in the same order; the parts always sum to `self`. Minor units that do
    /// not divide go one each to the largest remainders, earlier parts first on a tie
    /// (largest-remainder method, Hamilton 1792).
    ///
    /// # Errors
    /// [`MoneyError::Unsplittable`] if `weights` is empty or sums to zero.
    ///
    /// ```
    /// # use tillkit_domain::{Currency, Money};
    /// let parts = Money::new(-1_00, Currency::EUR).split(&[1, 1, 1])?;
    /// assert_eq!(parts.iter().map(|part| part.minor).collect::<Vec<_>>(), [-34, -33, -33]);
    /// # Ok::<(), tillkit_domain::MoneyError>(())
    /// ```
    pub fn split(self, weights: &[u64]) -> Result<Vec<Money>, MoneyError> {
        let parts = split_minor(self.minor, weights)?;
        Ok(parts.into_iter().map(|minor| Money::new(minor, self.currency)).collect())
    }

    fn checked(self) -> Result<Money, MoneyError> {
        in_range(self.minor).map(|_| self)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.to_decimal(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// [`Money::split`] without a currency.
///
/// # Errors
/// [`MoneyError::Unsplittable`].
pub fn split_minor(minor: i64, weights: &[u64]) -> Result<Vec<i64>, MoneyError> {
    let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if total == 0 {
        return Err(MoneyError::Unsplittable);
    }
    let amount = u128::from(minor.unsigned_abs());
    // |minor| < 2^63 and a weight < 2^64, so a product stays below 2^127.
    let shares = weights.iter().map(|weight| amount * u128::from(*weight));
    let (mut parts, remainders): (Vec<u128>, Vec<u128>) =
        shares.map(|share| (share / total, share % total)).unzip();
    let missing = amount - parts.iter().sum::<u128>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|index| (std::cmp::Reverse(remainders.get(*index).copied()), *index));
    for index in order.into_iter().take(missing as usize) {
        if let Some(part) = parts.get_mut(index) {
            *part += 1;
        }
    }
    // A part is never larger than the amount it came from.
    Ok(parts.into_iter().map(|part| part as i64 * minor.signum()).collect())
}

/// Adds minor units.
///
/// # Errors
/// [`MoneyError::TooLarge`].
pub fn add(left: i64, right: i64) -> Result<i64, MoneyError> {
    in_range(left.checked_add(right).ok_or(MoneyError::TooLarge)?)
}

/// Adds up minor units.
///
/// # Errors
/// [`MoneyError::TooLarge`].
pub fn sum(minors: impl IntoIterator<Item = i64>) -> Result<i64, MoneyError> {
    minors.into_iter().try_fold(0, add)
}

pub(crate) fn in_range(minor: i64) -> Result<i64, MoneyError> {
    if (-MAX_MINOR..=MAX_MINOR).contains(&minor) { Ok(minor) } else { Err(MoneyError::TooLarge) }
}

/// An exact decimal of major units as minor units.
fn to_minor(major: Decimal, currency: Currency) -> Option<i64> {
    let scaled = major.checked_mul(Decimal::from(10u64.checked_pow(currency.exponent())?))?;
    scaled.to_i64().filter(|_| scaled.fract().is_zero())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_read_and_print_with_their_currencys_decimals() {
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(Money::parse("1234", yen).unwrap().to_string(), "1234 JPY");
        assert_eq!(Money::parse("12.5", Currency::GBP).unwrap().minor, 1250);
        for bad in ["12.345", "12.500", "", "1e3", "12,5", "£1"] {
            assert!(matches!(Money::parse(bad, Currency::GBP), Err(MoneyError::NotANumber { .. })), "{bad}");
        }
        assert_eq!(Money::parse("90071992547409.92", Currency::GBP), Err(MoneyError::TooLarge));
    }

    #[test]
    fn two_currencies_do_not_add_up() {
        let sum = Money::new(1, Currency::GBP).plus(Money::new(1, Currency::EUR));
        assert_eq!(sum, Err(MoneyError::Currencies { left: Currency::GBP, right: Currency::EUR }));
    }

    #[test]
    fn sums_beyond_the_limit_are_refused() {
        assert_eq!(sum([MAX_MINOR, 1]), Err(MoneyError::TooLarge));
        assert_eq!(sum([-MAX_MINOR, -1]), Err(MoneyError::TooLarge));
        assert_eq!(sum([MAX_MINOR, 0]), Ok(MAX_MINOR));
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole_and_are_fair(
            minor in -MAX_MINOR..=MAX_MINOR,
            weights in prop::collection::vec(0u64..1_000_000, 1..20),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let parts = split_minor(minor, &weights).unwrap();
            prop_assert_eq!(parts.iter().sum::<i64>(), minor);
            let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            for (part, weight) in parts.iter().zip(&weights) {
                let exact_times_total = i128::from(minor) * i128::from(*weight);
                prop_assert!((i128::from(*part) * total - exact_times_total).abs() < total);
            }
        }
    }
}

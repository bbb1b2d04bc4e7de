//! Decimals that mean something: quantities, unit prices, percentages, exchange rates.
//!
//! Each is an exact decimal with limits of its own, written as canonical text: no exponent, no
//! trailing zeros, no plus. Floats exist nowhere.

use std::{fmt, str::FromStr};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::money::MoneyError;

macro_rules! decimal_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, scale $scale:literal, $low:literal ..= $high:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Decimal);

        impl $name {
            /// From an exact decimal.
            ///
            /// # Errors
            /// [`MoneyError::NotANumber`] if it has too many decimals or is out of range.
            pub fn new(decimal: Decimal) -> Result<$name, MoneyError> {
                let decimal = decimal.normalize();
                let (low, high) = (Decimal::from($low as i64), Decimal::from($high as i64));
                if decimal.scale() > $scale || decimal < low || decimal > high {
                    return Err(MoneyError::NotANumber { text: decimal.to_string(), what: $what });
                }
                Ok($name(decimal))
            }

            /// The exact decimal.
            pub fn to_decimal(self) -> Decimal {
                self.0
            }

            /// Whether it is nothing.
            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            /// Whether it is less than nothing.
            pub fn is_negative(self) -> bool {
                self.0.is_sign_negative() && !self.0.is_zero()
            }
        }

        impl FromStr for $name {
            type Err = MoneyError;

            fn from_str(text: &str) -> Result<$name, MoneyError> {
                let refused = || MoneyError::NotANumber { text: text.into(), what: $what };
                let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
                if !is_plain {
                    return Err(refused());
                }
                $name::new(Decimal::from_str_exact(text).map_err(|_| refused())?)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{}", self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

decimal_type!(
    /// How much of an item, in its unit; up to six decimals, either way.
    ///
    /// ```
    /// # use tillkit_domain::Quantity;
    /// let half: Quantity = "0.500".parse()?;
    /// assert_eq!((half.to_string(), half.micro()), ("0.5".into(), 500_000));
    /// # Ok::<(), tillkit_domain::MoneyError>(())
    /// ```
    Quantity, "quantity of at most 6 decimals", scale 6, -9_000_000_000i64 ..= 9_000_000_000i64
);

decimal_type!(
    /// What one unit costs, in major units of the centre's currency; up to six decimals, either way.
    UnitPrice, "unit price of at most 6 decimals", scale 6, -9_000_000_000i64 ..= 9_000_000_000i64
);

decimal_type!(
    /// Hundredths of something, 0 to 100, up to four decimals.
    Percent, "percentage from 0 to 100", scale 4, 0 ..= 100
);

decimal_type!(
    /// Home currency per one unit of another; up to ten decimals, not negative.
    Rate, "exchange rate of at most 10 decimals", scale 10, 0 ..= 1_000_000_000i64
);

impl UnitPrice {
    /// The most decimals that a price may have.
    pub const DECIMALS: u32 = 6;
}

impl Quantity {
    /// The most that a quantity may be, either way, in millionths.
    pub const MOST_MICRO: i64 = 9_000_000_000_000_000;

    /// Millionths.
    pub fn micro(self) -> i64 {
        // The range leaves room: 9·10^9 · 10^6 < 2^63.
        (self.0 * Decimal::from(1_000_000)).to_i64().unwrap_or(0)
    }

    /// From millionths.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`] beyond ±9·10^9 units.
    pub fn from_micro(micro: i64) -> Result<Quantity, MoneyError> {
        Quantity::new(Decimal::new(micro, 6))
    }

    /// The same quantity the other way.
    pub fn negated(self) -> Quantity {
        Quantity((-self.0).normalize())
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`] beyond ±9·10^9 units.
    pub fn plus(self, other: Quantity) -> Result<Quantity, MoneyError> {
        Quantity::new(self.0 + other.0)
    }
}

impl From<u32> for Quantity {
    fn from(count: u32) -> Quantity {
        Quantity(Decimal::from(count))
    }
}

impl Default for Quantity {
    fn default() -> Quantity {
        Quantity(Decimal::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_that_is_no_plain_decimal_is_refused() {
        for bad in ["", "1e3", "+1", "1,5", "0x1", "NaN", "1.1234567", "--1", "9000000001", " 1"] {
            assert!(bad.parse::<Quantity>().is_err(), "{bad}");
        }
        assert!("-1".parse::<Percent>().is_err());
        assert!("100.5".parse::<Percent>().is_err());
    }

    #[test]
    fn a_negative_zero_is_a_zero() {
        let zero: Quantity = "-0.00".parse().unwrap();
        assert_eq!((zero.to_string(), zero.is_negative()), ("0".into(), false));
        assert_eq!(Quantity::default().negated().to_string(), "0");
    }

    proptest! {
        #[test]
        fn millionths_and_text_come_back(micro in -9_000_000_000_000_000i64..=9_000_000_000_000_000) {
            let quantity = Quantity::from_micro(micro).unwrap();
            prop_assert_eq!(quantity.micro(), micro);
            let text = serde_json::to_string(&quantity).unwrap();
            prop_assert_eq!(serde_json::from_str::<Quantity>(&text).unwrap(), quantity);
        }
    }
}

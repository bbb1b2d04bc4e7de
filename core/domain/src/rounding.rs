//! Named roundings, and the rounding of cash to the smallest coin.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::money::{Currency, MoneyError, in_range};

/// Which way what lies between goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest, halves away from zero: what receipts do.
    #[default]
    HalfAwayFromZero,
    /// To the nearest, halves to the even neighbour.
    HalfEven,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
}

impl Rounding {
    fn strategy(self) -> RoundingStrategy {
        #[cfg(tillkit_defects)]
        if self == Rounding::HalfAwayFromZero && crate::defects::is("a half rounded the other way") {
            return RoundingStrategy::MidpointTowardZero;
        }
        match self {
            Rounding::HalfAwayFromZero => RoundingStrategy::MidpointAwayFromZero,
            Rounding::HalfEven => RoundingStrategy::MidpointNearestEven,
            Rounding::Up => RoundingStrategy::AwayFromZero,
            Rounding::Down => RoundingStrategy::ToZero,
        }
    }

    /// An exact amount of major units, rounded to minor units.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    ///
    /// ```
    /// # use tillkit_domain::{Currency, Rounding};
    /// let exact = "-1.005".parse().unwrap();
    /// assert_eq!(Rounding::HalfAwayFromZero.to_minor(exact, Currency::GBP)?, -101);
    /// assert_eq!(Rounding::HalfEven.to_minor(exact, Currency::GBP)?, -100);
    /// # Ok::<(), tillkit_domain::MoneyError>(())
    /// ```
    pub fn to_minor(self, major: Decimal, currency: Currency) -> Result<i64, MoneyError> {
        let scale = Decimal::from(10i64.pow(currency.exponent().min(6)));
        self.to_whole(major.checked_mul(scale).ok_or(MoneyError::TooLarge)?)
    }

    /// Exact minor units, rounded to whole ones.
    pub(crate) fn to_whole(self, minor: Decimal) -> Result<i64, MoneyError> {
        let minor = minor.round_dp_with_strategy(0, self.strategy()).to_i64().ok_or(MoneyError::TooLarge)?;
        in_range(minor)
    }
}

/// How cash of a currency is rounded: to multiples of its smallest coin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashRounding {
    /// The smallest coin, minor units; 100 for CZK.
    pub step_minor: i64,
    /// Which way what lies between goes.
    pub rounding: Rounding,
    /// Whether exact coins are taken without rounding, where smaller coins are still legal tender.
    #[serde(default)]
    pub takes_exact: bool,
    /// Whether what would round to nothing rounds to one step instead (Slovakia: 1 and 2 cents are 5).
    #[serde(default)]
    pub at_least_a_step: bool,
}

impl CashRounding {
    /// To the nearest multiple, halves away from zero: what most countries do.
    pub fn nearest(step_minor: i64) -> CashRounding {
        let rounding = Rounding::HalfAwayFromZero;
        CashRounding { step_minor, rounding, takes_exact: false, at_least_a_step: false }
    }

    /// Whether there are coins for exactly so much.
    pub fn can_pay(self, minor: i64) -> bool {
        self.takes_exact || minor % self.step_minor.max(1) == 0
    }

    /// What must be added to `due_minor` so that coins can pay it (BT-114 of EN 16931).
    ///
    /// ```
    /// # use tillkit_domain::CashRounding;
    /// let koruna = CashRounding::nearest(100);
    /// assert_eq!((koruna.of(12_49), koruna.of(12_50), koruna.of(40)), (-49, 50, -40));
    /// let slovak = CashRounding { at_least_a_step: true, ..CashRounding::nearest(5) };
    /// assert_eq!((slovak.of(1), slovak.of(6), slovak.of(0)), (4, -1, 0));
    /// ```
    pub fn of(self, due_minor: i64) -> i64 {
        if self.step_minor <= 1 {
            return 0;
        }
        let steps = Decimal::from(due_minor) / Decimal::from(self.step_minor);
        let mut steps = steps.round_dp_with_strategy(0, self.rounding.strategy()).to_i64().unwrap_or(0);
        if steps == 0 && self.at_least_a_step {
            steps = due_minor.signum();
        }
        steps.saturating_mul(self.step_minor).saturating_sub(due_minor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_rounding_does_what_its_name_says() {
        let cases = [
            (Rounding::HalfAwayFromZero, [3, -3, 2]),
            (Rounding::HalfEven, [2, -2, 2]),
            (Rounding::Up, [3, -3, 3]),
            (Rounding::Down, [2, -2, 2]),
        ];
        for (rounding, expected) in cases {
            let exact = ["0.025", "-0.025", "0.021"];
            let rounded = exact.map(|text| rounding.to_minor(text.parse().unwrap(), Currency::GBP).unwrap());
            assert_eq!(rounded, expected, "{rounding:?}");
        }
    }

    proptest! {
        #[test]
        fn rounded_cash_is_a_multiple_and_no_further_than_half_a_step(due in -1_000_000i64..1_000_000, step in 1i64..500) {
            let rounding = CashRounding::nearest(step).of(due);
            prop_assert_eq!((due + rounding) % step, 0);
            prop_assert!(rounding.abs() * 2 <= step);
        }
    }
}

//! Cash in and out of the drawer without a sale, and what is counted in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    money::{Money, MoneyError, add},
    sale::SaleError,
};

/// What moves (names as in Dynamics AX and ARTS).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CashMovementKind {
    /// The float that a day begins with.
    FloatIn,
    /// Paid in.
    PayIn,
    /// Paid out.
    PayOut,
    /// Into the safe.
    SafeDrop,
    /// To the bank.
    BankDrop,
    /// From one tender to another; negative where it leaves, positive where it arrives.
    TenderTransfer,
}

impl CashMovementKind {
    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            CashMovementKind::FloatIn => "float_in",
            CashMovementKind::PayIn => "pay_in",
            CashMovementKind::PayOut => "pay_out",
            CashMovementKind::SafeDrop => "safe_drop",
            CashMovementKind::BankDrop => "bank_drop",
            CashMovementKind::TenderTransfer => "tender_transfer",
        }
    }

    /// What the drawer gains, minor units, when `amount` is moved.
    ///
    /// # Errors
    /// [`SaleError::NoPayment`] unless `amount` is positive (a transfer may be negative, but not nothing).
    pub fn signed_minor(self, amount: Money) -> Result<i64, SaleError> {
        let is_transfer = self == CashMovementKind::TenderTransfer;
        if amount.minor == 0 || (amount.minor < 0 && !is_transfer) {
            return Err(SaleError::NoPayment { amount });
        }
        Ok(match self {
            CashMovementKind::PayOut | CashMovementKind::SafeDrop | CashMovementKind::BankDrop => {
                -amount.minor
            }
            _ => amount.minor,
        })
    }
}

/// Face values that a count names at most.
pub const MAX_FACES: usize = 100;

/// Coins or notes of one face value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pieces {
    /// How many.
    pub count: u32,
    /// What each is worth, minor units.
    pub face_minor: i64,
}

/// A count of one tender in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Count {
    /// All of it, minor units.
    pub minor: i64,
    /// What of it was counted piece by piece: how many by face value, minor units.
    pub pieces: BTreeMap<i64, u32>,
}

/// Why a count is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountError {
    /// Nobody has less than nothing in the drawer.
    #[error("{0} is below nothing")]
    Negative(Money),
    /// A face value is above nothing.
    #[error("no coin or note is worth {0}")]
    Face(Money),
    /// The pieces come to another amount.
    #[error("the coins and notes come to {pieces}, not {amount}")]
    OtherSum {
        /// What they come to.
        pieces: Money,
        /// The amount that came with them.
        amount: Money,
    },
    /// More face values than any currency has.
    #[error("a count names at most {MAX_FACES} coins and notes")]
    TooManyFaces,
    /// No drawer holds that.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Count {
    /// Adds what was counted once more: an amount, and the coins and notes it is made of if they were
    /// counted. Nothing has changed after an error.
    ///
    /// # Errors
    /// [`CountError`].
    ///
    /// ```
    /// # use tillkit_domain::{Count, Currency, Money, Pieces};
    /// let pounds = |minor| Money::new(minor, Currency::GBP);
    /// let mut drawer = Count::default();
    /// drawer.add(pounds(10_20), &[Pieces { count: 2, face_minor: 5_00 }, Pieces { count: 1, face_minor: 20 }])?;
    /// drawer.add(pounds(5_00), &[Pieces { count: 1, face_minor: 5_00 }])?;
    /// assert_eq!((drawer.minor, drawer.pieces[&5_00]), (15_20, 3));
    /// assert!(drawer.add(pounds(1_00), &[Pieces { count: 1, face_minor: 50 }]).is_err());
    /// # Ok::<(), tillkit_domain::CountError>(())
    /// ```
    pub fn add(&mut self, amount: Money, pieces: &[Pieces]) -> Result<(), CountError> {
        if amount.minor < 0 {
            return Err(CountError::Negative(amount));
        }
        let (mut all, mut sum_minor) = (self.clone(), 0);
        all.minor = add(all.minor, amount.minor)?;
        for Pieces { count, face_minor } in pieces {
            if *face_minor <= 0 {
                return Err(CountError::Face(Money::new(*face_minor, amount.currency)));
            }
            let worth = face_minor.checked_mul(i64::from(*count)).ok_or(MoneyError::TooLarge)?;
            sum_minor = add(sum_minor, worth)?;
            let counted = all.pieces.entry(*face_minor).or_default();
            *counted = counted.checked_add(*count).ok_or(MoneyError::TooLarge)?;
        }
        if !pieces.is_empty() && sum_minor != amount.minor {
            let pieces = Money::new(sum_minor, amount.currency);
            return Err(CountError::OtherSum { pieces, amount });
        }
        all.pieces.retain(|_, count| *count > 0);
        if all.pieces.len() > MAX_FACES {
            return Err(CountError::TooManyFaces);
        }
        *self = all;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn what_leaves_the_drawer_is_negative() {
        let ten = Money::new(10_00, Currency::GBP);
        assert_eq!(CashMovementKind::FloatIn.signed_minor(ten), Ok(10_00));
        assert_eq!(CashMovementKind::SafeDrop.signed_minor(ten), Ok(-10_00));
        assert_eq!(CashMovementKind::TenderTransfer.signed_minor(ten.negated()), Ok(-10_00));
        assert!(CashMovementKind::PayIn.signed_minor(ten.negated()).is_err());
        assert!(CashMovementKind::TenderTransfer.signed_minor(Money::new(0, Currency::GBP)).is_err());
    }
}

//! Cash in and out of the drawer without a sale.

use serde::{Deserialize, Serialize};

use crate::{money::Money, sale::SaleError};

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

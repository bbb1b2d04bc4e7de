//! What a day comes to: the totals of a closure are those of its documents, in any order (I14).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    cash::CashMovementKind,
    money::{Currency, Money, MoneyError, add},
    sale::{Settled, TenderKind},
    vat::VatRate,
};

/// Which report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosureKind {
    /// An interim report: shows, and changes nothing.
    X,
    /// The end of a period: a document.
    Z,
}

/// A document's part in a closure.
#[derive(Debug, Clone, Copy)]
pub enum Fact<'a> {
    /// Sold.
    Sale(&'a Settled),
    /// Brought back or credited.
    Return(&'a Settled),
    /// Reversed.
    Void(&'a Settled),
    /// Cash in or out; signed.
    Cash {
        /// Key of the tender.
        tender: &'a str,
        /// What moved.
        kind: CashMovementKind,
        /// Signed.
        amount: Money,
    },
    /// A sale given up before it was completed.
    Cancelled,
}

/// A tender in one currency: (key of the tender, currency).
pub type TenderKey = (String, Currency);

/// The totals of documents. Amounts are minor units of the currency they stand under: pence and yen
/// never add up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many sales.
    pub sales: u64,
    /// How many returns.
    pub returns: u64,
    /// How many voids.
    pub voids: u64,
    /// Sales given up.
    pub cancelled: u64,
    /// What was sold, by the currency of the documents.
    pub sold: BTreeMap<Currency, Sums>,
    /// What should be there, in the tender's own currency.
    pub tenders: BTreeMap<TenderKey, (TenderKind, i64)>,
    /// Cash movements: how many, and what they sum to.
    pub movements: BTreeMap<(CashMovementKind, Currency), (u64, i64)>,
}

/// What sales, returns and voids of one currency come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    /// Σ totals.
    pub gross_minor: i64,
    /// Σ discounts.
    pub discount_minor: i64,
    /// Σ cash rounding.
    pub rounding_minor: i64,
    /// By rate.
    pub vat: BTreeMap<VatRate, VatSums>,
}

/// The sums of one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VatSums {
    /// Without VAT.
    pub net_minor: i64,
    /// The VAT.
    pub vat_minor: i64,
    /// Net plus VAT.
    pub gross_minor: i64,
}

impl Totals {
    /// Counts a document in.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`]; then the totals are worth nothing.
    pub fn add(&mut self, fact: Fact) -> Result<(), MoneyError> {
        match fact {
            Fact::Sale(settled) => {
                self.sales += 1;
                self.add_settled(settled)
            }
            Fact::Return(settled) => {
                self.returns += 1;
                self.add_settled(settled)
            }
            Fact::Void(settled) => {
                self.voids += 1;
                self.add_settled(settled)
            }
            Fact::Cash { tender, kind, amount } => self.add_movement(tender, kind, amount),
            Fact::Cancelled => {
                self.cancelled += 1;
                Ok(())
            }
        }
    }

    fn add_settled(&mut self, settled: &Settled) -> Result<(), MoneyError> {
        self.sold.entry(settled.currency).or_default().add(settled)?;
        for tender in &settled.tenders {
            self.add_tender(&tender.tender, tender.kind, tender.amount)?;
        }
        if let Some(tender) = &settled.change_tender {
            self.add_tender(tender, TenderKind::Cash, Money::new(-settled.change_minor, settled.currency))?;
        }
        Ok(())
    }

    fn add_tender(&mut self, tender: &str, kind: TenderKind, amount: Money) -> Result<(), MoneyError> {
        let (known, sum) = self.tenders.entry((tender.into(), amount.currency)).or_insert((kind, 0));
        (*known, *sum) = (kind, add(*sum, amount.minor)?);
        Ok(())
    }

    fn add_movement(
        &mut self,
        tender: &str,
        kind: CashMovementKind,
        amount: Money,
    ) -> Result<(), MoneyError> {
        let (count, sum) = self.movements.entry((kind, amount.currency)).or_default();
        *count += 1;
        *sum = add(*sum, amount.minor)?;
        // What moved without a sale is cash, unless a sale by the same tender says what it is.
        let key = (tender.into(), amount.currency);
        let (kind, _) = self.tenders.get(&key).copied().unwrap_or((TenderKind::Cash, 0));
        self.add_tender(tender, kind, amount)
    }
}

impl Sums {
    fn add(&mut self, settled: &Settled) -> Result<(), MoneyError> {
        self.gross_minor = add(self.gross_minor, settled.total_minor)?;
        self.rounding_minor = add(self.rounding_minor, settled.rounding_minor)?;
        for line in &settled.lines {
            self.discount_minor = add(self.discount_minor, line.discount_minor)?;
        }
        for line in &settled.vat {
            let sums = self.vat.entry(line.rate.clone()).or_default();
            sums.net_minor = add(sums.net_minor, line.net_minor)?;
            sums.vat_minor = add(sums.vat_minor, line.vat_minor)?;
            sums.gross_minor = add(sums.gross_minor, line.gross_minor)?;
        }
        Ok(())
    }
}

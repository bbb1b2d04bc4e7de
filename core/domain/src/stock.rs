//! What documents do to stock.

use serde::{Deserialize, Serialize};

use crate::{
    numbers::Quantity,
    sale::{SaleError, Settled},
    text,
};

/// A document about goods without money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockKind {
    /// Goods received.
    GoodsReceipt,
    /// Goods sent back to their supplier.
    GoodsReturn,
    /// Goods moved to another warehouse.
    Transfer,
    /// Goods counted.
    Count,
    /// Goods written off.
    WriteOff,
}

impl StockKind {
    /// What the warehouse gains when `quantity` of it is booked; nothing for a count, whose
    /// difference only the back office knows.
    pub fn gain(self, quantity: Quantity) -> Quantity {
        match self {
            StockKind::GoodsReceipt => quantity,
            StockKind::GoodsReturn | StockKind::Transfer | StockKind::WriteOff => quantity.negated(),
            StockKind::Count => Quantity::default(),
        }
    }

    /// Whether it needs a reason.
    pub fn needs_reason(self) -> bool {
        self == StockKind::WriteOff
    }

    /// Holds a document's reason and lines to the rules of its kind.
    ///
    /// # Errors
    /// [`SaleError::ReasonMissing`], [`SaleError::Empty`], [`SaleError::NotComingBack`] for a negative
    /// quantity (the kind says which way it goes).
    pub fn check<'a>(
        self,
        reason: &str,
        lines: impl IntoIterator<Item = (&'a str, Quantity)>,
    ) -> Result<(), SaleError> {
        if self.needs_reason() && text::is_blank(reason) {
            return Err(SaleError::ReasonMissing { what: "a write-off" });
        }
        let mut is_empty = true;
        for (name, quantity) in lines {
            is_empty = false;
            if quantity.is_negative() {
                return Err(SaleError::NotComingBack { name: name.into(), quantity });
            }
        }
        if is_empty { Err(SaleError::Empty) } else { Ok(()) }
    }
}

impl Settled {
    /// What it does to stock, by item: a sale takes away, a return brings back.
    ///
    /// # Errors
    /// [`SaleError::Money`] if an item's quantities are beyond range.
    pub fn stock_gains(&self) -> Result<Vec<(String, Quantity)>, SaleError> {
        let mut gains: Vec<(String, Quantity)> = Vec::new();
        for line in self.lines.iter().filter(|line| line.moves_stock && !line.quantity.is_zero()) {
            let gain = line.quantity.negated();
            match gains.iter_mut().find(|(item, _)| *item == line.item) {
                Some((_, sum)) => *sum = sum.plus(gain)?,
                None => gains.push((line.item.clone(), gain)),
            }
        }
        Ok(gains)
    }
}

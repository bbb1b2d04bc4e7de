//! Goods brought back or money credited, in part or whole, with or without their sale; and voids.
//!
//! Everything of a return is negative, quantities and amounts alike, so that the totals of a day are
//! plain sums.

use rust_decimal::Decimal;

use crate::{
    money::{Money, MoneyError, add, sum},
    numbers::Quantity,
    promotion::TakenOff,
    rounding::Rounding,
    sale::{
        Line, LineOrigin, MAX_LINES, NewLine, PriceStep, SaleError, Settled, Tender, TenderKind, Terms,
        priced, taxed,
    },
};

/// What comes back, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReturn {
    /// Under which it is made.
    pub terms: Terms,
    /// Whether goods come back, or only money.
    pub has_goods: bool,
    /// Key of the customer.
    pub customer: Option<String>,
    /// What comes back.
    pub lines: Vec<ReturnLine>,
    /// How the money goes back.
    pub refunds: Vec<Refund>,
}

/// A line that comes back; its quantity is negative where goods do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnLine {
    /// As it is booked.
    pub line: NewLine,
    /// The line of the sale it comes from, and what is left of it; without another price what was paid
    /// for it goes back.
    pub origin: Option<(LineOrigin, Returnable)>,
    /// Why, if its sale is not named.
    pub reason: Option<String>,
}

/// What is left of a line of a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returnable {
    /// Sold on it.
    pub sold: Quantity,
    /// Come back before, not negative.
    pub returned: Quantity,
    /// What was paid for all that was sold on it, minor units.
    pub gross_minor: i64,
}

impl Returnable {
    /// What was paid for the next so many of it. All parts together are all that was paid, to the penny.
    fn paid_minor(&self, quantity: Quantity) -> Result<i64, MoneyError> {
        let paid_for = |quantity: Quantity| {
            let exact = Decimal::from(self.gross_minor).checked_mul(quantity.to_decimal());
            let exact = exact.and_then(|exact| exact.checked_div(self.sold.to_decimal()));
            Rounding::HalfAwayFromZero.to_whole(exact.ok_or(MoneyError::TooLarge)?)
        };
        add(paid_for(self.returned.plus(quantity)?)?, -paid_for(self.returned)?)
    }
}

/// Money that goes back, in the home currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Key of the tender.
    pub tender: String,
    /// What it is.
    pub kind: TenderKind,
    /// Minor units, not negative.
    pub amount_minor: i64,
}

impl NewReturn {
    /// What it comes to.
    ///
    /// # Errors
    /// [`SaleError::NotComingBack`], [`SaleError::ReturnsTooMuch`], [`SaleError::ReasonMissing`],
    /// [`SaleError::PositiveTotal`], [`SaleError::WrongRefund`], [`SaleError::Empty`], …
    pub fn settle(&self) -> Result<Settled, SaleError> {
        if self.lines.is_empty() {
            return Err(SaleError::Empty);
        }
        if self.lines.len() > MAX_LINES {
            return Err(SaleError::TooManyLines);
        }
        let lines: Vec<Line> = self.lines.iter().map(|line| self.line(line)).collect::<Result<_, _>>()?;
        let (vat, total_minor) = taxed(&lines, &self.terms)?;
        if total_minor > 0 {
            return Err(SaleError::PositiveTotal { total: Money::new(total_minor, self.terms.currency) });
        }
        let rounding_minor = self.rounding(total_minor)?;
        Ok(Settled {
            currency: self.terms.currency,
            vat_mode: self.terms.vat_mode,
            customer: self.customer.clone(),
            lines,
            vat,
            tenders: self.tenders()?,
            change_minor: 0,
            change_tender: None,
            rounding_minor,
            total_minor,
        })
    }

    /// What is to be refunded if all of it goes back by a tender of this kind, minor units, not negative.
    ///
    /// # Errors
    /// As [`NewReturn::settle`].
    pub fn due_minor(&self, kind: TenderKind) -> Result<i64, SaleError> {
        let lines: Vec<Line> = self.lines.iter().map(|line| self.line(line)).collect::<Result<_, _>>()?;
        let (_, total_minor) = taxed(&lines, &self.terms)?;
        let rounding = self.terms.cash_rounding.filter(|_| kind == TenderKind::Cash);
        Ok(-add(total_minor, rounding.map_or(0, |rounding| rounding.of(total_minor)))?)
    }

    fn line(&self, new: &ReturnLine) -> Result<Line, SaleError> {
        let (name, quantity) = (new.line.name.clone(), new.line.quantity);
        if self.has_goods && !quantity.is_negative() {
            return Err(SaleError::NotComingBack { name, quantity });
        }
        match &new.origin {
            Some((_, left)) => check_left(&name, quantity.negated(), *left)?,
            None if new.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) => {
                return Err(SaleError::ReasonMissing { what: "a return without its sale" });
            }
            None => {}
        }
        let mut line = priced(&new.line, self.terms.currency)?;
        if let Some((_, left)) = new.origin.as_ref().filter(|_| new.line.price_override.is_none()) {
            let back_minor = left.paid_minor(quantity.negated())?;
            // On a return everything is negative: less than the price comes back.
            let off_minor = add(line.gross_minor, back_minor)?;
            line.take_off(off_minor, PriceStep::Discount(off_minor))?;
        }
        line.moves_stock &= self.has_goods;
        line.origin = new.origin.as_ref().map(|(origin, _)| origin.clone());
        line.reason.clone_from(&new.reason);
        Ok(line)
    }

    /// Cash rounding of what goes back in cash; refuses refunds that are not what is due.
    fn rounding(&self, total_minor: i64) -> Result<i64, SaleError> {
        let cash = sum(self
            .refunds
            .iter()
            .filter(|refund| refund.kind == TenderKind::Cash)
            .map(|refund| refund.amount_minor))?;
        let refunded = sum(self.refunds.iter().map(|refund| refund.amount_minor))?;
        let others = add(refunded, -cash)?;
        let rest = add(total_minor, others)?;
        let rounding = self.terms.cash_rounding.filter(|_| cash > 0).map_or(0, |rounding| rounding.of(rest));
        let due = -add(total_minor, rounding)?;
        if due != refunded {
            let currency = self.terms.currency;
            let (due, refunded) = (Money::new(due, currency), Money::new(refunded, currency));
            return Err(SaleError::WrongRefund { due, refunded });
        }
        Ok(rounding)
    }

    fn tenders(&self) -> Result<Vec<Tender>, SaleError> {
        let tenders = self.refunds.iter().map(|refund| {
            if refund.amount_minor < 0 {
                return Err(SaleError::NoPayment {
                    amount: Money::new(refund.amount_minor, self.terms.currency),
                });
            }
            if refund.kind == TenderKind::CustomerCredit && self.customer.is_none() {
                return Err(SaleError::CustomerMissing);
            }
            Ok(Tender {
                tender: refund.tender.clone(),
                kind: refund.kind,
                gives_change: false,
                amount: Money::new(-refund.amount_minor, self.terms.currency),
                home_minor: -refund.amount_minor,
                rate: None,
                reference: None,
            })
        });
        tenders.filter(|tender| tender.as_ref().map_or(true, |tender| tender.home_minor != 0)).collect()
    }
}

fn check_left(name: &str, asked: Quantity, left: Returnable) -> Result<(), SaleError> {
    if asked.plus(left.returned)? > left.sold {
        let Returnable { sold, returned, .. } = left;
        return Err(SaleError::ReturnsTooMuch { name: name.into(), sold, returned, asked });
    }
    Ok(())
}

impl Settled {
    /// The same with every quantity and amount the other way: what a void books.
    pub fn reversed(&self) -> Settled {
        let mut reversed = self.clone();
        reversed.total_minor = -self.total_minor;
        reversed.change_minor = -self.change_minor;
        reversed.rounding_minor = -self.rounding_minor;
        for line in &mut reversed.lines {
            line.quantity = line.quantity.negated();
            line.gross_minor = -line.gross_minor;
            line.discount_minor = -line.discount_minor;
            for step in &mut line.trace {
                match step {
                    PriceStep::Promotion(TakenOff { minor, .. })
                    | PriceStep::Discount(minor)
                    | PriceStep::ReceiptDiscount(minor) => *minor = -*minor,
                    PriceStep::List(_) | PriceStep::LocalEdit(_) | PriceStep::Override { .. } => {}
                }
            }
        }
        for vat in &mut reversed.vat {
            (vat.net_minor, vat.vat_minor, vat.gross_minor) =
                (-vat.net_minor, -vat.vat_minor, -vat.gross_minor);
        }
        for tender in &mut reversed.tenders {
            (tender.amount, tender.home_minor) = (tender.amount.negated(), -tender.home_minor);
        }
        reversed
    }

    /// Whether lines, VAT and tenders say the same (I13). What this crate settles always does.
    pub fn adds_up(&self) -> bool {
        use crate::vat::VatMode;
        let total = |minors: &mut dyn Iterator<Item = i64>| sum(minors).ok();
        let lines = total(&mut self.lines.iter().map(|line| line.gross_minor));
        let vat = total(&mut self.vat.iter().map(|vat| match self.vat_mode {
            VatMode::Included => vat.gross_minor,
            VatMode::Excluded => vat.net_minor,
        }));
        let gross = total(&mut self.vat.iter().map(|vat| vat.gross_minor));
        let paid = total(&mut self.tenders.iter().map(|tender| tender.home_minor));
        let due = add(self.total_minor, self.rounding_minor).ok();
        lines == vat
            && gross == Some(self.total_minor)
            && paid.and_then(|paid| add(paid, -self.change_minor).ok()) == due
            && self.vat.iter().all(|vat| vat.net_minor + vat.vat_minor == vat.gross_minor)
    }
}

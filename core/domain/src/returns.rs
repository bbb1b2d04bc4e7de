//! Goods brought back or money credited, in part or whole, with or without their sale; and voids.
//!
//! Everything of a return is negative, quantities and amounts alike, so that the totals of a day are
//! plain sums. A return of a sale is made under the sale's terms, in its currency, whatever the centre
//! says today; only the money goes back in today's.
//!
//! Invariants, each held by a test of the same name:
//! - `parts_of_a_line_are_together_what_was_paid`: price and VAT, in both VAT modes, in any order.
//! - `no_tender_gives_back_more_than_it_paid`.

use rust_decimal::Decimal;

use crate::{
    money::{Currency, Money, MoneyError, add, split_minor, sum},
    numbers::{Quantity, Rate},
    promotion::TakenOff,
    rounding::{CashRounding, Rounding},
    sale::{
        Changeover, Line, LineOrigin, MAX_LINES, MAX_TENDERS, NewLine, PriceStep, SaleError, Settled, Tender,
        TenderKind, Terms, check_bytes, divided, priced,
    },
    text,
    vat::{VatLine, VatMode, breakdown, shares},
};

/// What comes back, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReturn {
    /// The terms it is made under: the sale's, where it names one.
    pub terms: Terms,
    /// The end of the sale's currency, if it has ended.
    pub changeover: Option<Changeover>,
    /// Whether goods come back, or only money.
    pub has_goods: bool,
    /// Key of the customer.
    pub customer: Option<String>,
    /// What comes back.
    pub lines: Vec<ReturnLine>,
    /// What the tenders of the sales that are named have left; empty if none is named.
    pub paid: Vec<Paid>,
    /// How the money goes back.
    pub refunds: Vec<Refund>,
}

/// A line that comes back; its quantity is negative where goods do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnLine {
    /// As it is booked.
    pub line: NewLine,
    /// The line of the sale it comes from, and what is left of it. What was paid goes back, or less at
    /// another price.
    pub origin: Option<(LineOrigin, Returnable)>,
    /// What had been taken off the line of the sale: less of each comes back.
    pub taken_off: Vec<PriceStep>,
    /// Why, if its sale is not named.
    pub reason: Option<String>,
}

/// A line of a sale, and what of it has come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Returnable {
    /// Sold on it.
    pub sold: Quantity,
    /// What its price came to, minor units: with VAT where the mode says so.
    pub gross_minor: i64,
    /// Its part of the sale's VAT, minor units.
    pub vat_minor: i64,
    /// Come back before.
    pub back: Part,
}

/// A part of a line that comes back; nothing is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// How much.
    pub quantity: Quantity,
    /// Its part of the price, minor units, before another price lowered it.
    pub gross_minor: i64,
    /// Its part of the VAT, minor units.
    pub vat_minor: i64,
}

impl Returnable {
    /// The part of price and VAT that the next so many of it have. All parts together are what was paid,
    /// to the penny, whichever comes first and whichever of them is voided.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    ///
    /// ```
    /// # use tillkit_domain::returns::{Part, Returnable};
    /// let sold = Returnable { sold: 3.into(), gross_minor: 10_00, vat_minor: 1_67, back: Part::default() };
    /// let first = sold.part(1.into())?;
    /// let rest = Returnable { back: first, ..sold }.part(2.into())?;
    /// assert_eq!((first.gross_minor, rest.gross_minor), (3_33, 6_67));
    /// assert_eq!(first.vat_minor + rest.vat_minor, 1_67);
    /// # Ok::<(), tillkit_domain::MoneyError>(())
    /// ```
    pub fn part(&self, quantity: Quantity) -> Result<Part, MoneyError> {
        let through = self.back.quantity.plus(quantity)?;
        let part = |whole_minor: i64, back_minor: i64| {
            #[cfg(tillkit_defects)]
            if through == self.sold && crate::defects::is("the last part of a return rounded alone") {
                let exact = Decimal::from(whole_minor) * quantity.to_decimal() / self.sold.to_decimal();
                return Rounding::HalfAwayFromZero.to_whole(exact);
            }
            let exact = Decimal::from(whole_minor).checked_mul(through.to_decimal());
            let exact = exact.and_then(|exact| exact.checked_div(self.sold.to_decimal()));
            let back_now = Rounding::HalfAwayFromZero.to_whole(exact.ok_or(MoneyError::TooLarge)?)?;
            add(back_now, -back_minor)
        };
        Ok(Part {
            quantity,
            gross_minor: part(self.gross_minor, self.back.gross_minor)?,
            vat_minor: part(self.vat_minor, self.back.vat_minor)?,
        })
    }
}

/// What a tender of a sale can still give back. Cash is one, whichever its tender was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// Key of the tender; of cash any.
    pub tender: String,
    /// What it was when it paid.
    pub kind: TenderKind,
    /// Minor units of the sale's currency, before cash rounding.
    pub left_minor: i64,
    /// What has gone back before, minor units of the sale's currency, before cash rounding.
    pub back_minor: i64,
    /// Whether the centre has no such tender any more: another of its kind gives back what it paid.
    pub is_gone: bool,
}

impl Paid {
    /// Whether a tender gives back what this one paid. A tender whose kind was corrected since is the same one.
    pub fn comes_back_by(&self, tender: &str, kind: TenderKind) -> bool {
        #[cfg(tillkit_defects)]
        if crate::defects::is("a refund capped by the wrong tender") {
            return (self.kind == TenderKind::Cash) == (kind == TenderKind::Cash);
        }
        match (self.kind, kind) {
            (TenderKind::Cash, TenderKind::Cash) => true,
            (TenderKind::Cash, _) | (_, TenderKind::Cash) => false,
            _ => self.tender == tender || (self.is_gone && self.kind == kind),
        }
    }
}

/// A tender that money goes back by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Key of the tender.
    pub tender: String,
    /// As printed.
    pub name: String,
    /// What it is.
    pub kind: TenderKind,
    /// Its currency.
    pub currency: Currency,
    /// The return's currency per unit of it, where it is another.
    pub rate: Option<Rate>,
    /// How cash of it is rounded.
    pub cash_rounding: Option<CashRounding>,
    /// Minor units of its currency, not negative; `None` is all that the others leave.
    pub amount_minor: Option<i64>,
}

/// What a refund comes to; not negative.
#[derive(Debug, Clone, Copy)]
struct Share {
    /// In the tender's currency.
    amount_minor: i64,
    /// In the return's.
    home_minor: i64,
    /// Before cash rounding, in the return's.
    due_minor: i64,
}

impl NewReturn {
    /// What it comes to, and what each tender gives of what it paid: see [`Paid`].
    ///
    /// # Errors
    /// [`SaleError::NotComingBack`], [`SaleError::ReturnsTooMuch`], [`SaleError::RefundsTooMuch`],
    /// [`SaleError::ReasonMissing`], [`SaleError::PositiveTotal`], [`SaleError::WrongRefund`],
    /// [`SaleError::NotPaidBy`], [`SaleError::OnAccount`], [`SaleError::Empty`], …
    pub fn settle(&self) -> Result<Settled, SaleError> {
        if self.refunds.len() > MAX_TENDERS {
            return Err(SaleError::TooManyTenders);
        }
        let (lines, vat, total_minor) = self.lines()?;
        let shares = self.shares(total_minor)?;
        self.taken_over(&lines, &shares)?;
        let home = sum(shares.iter().map(|share| share.home_minor))?;
        Ok(Settled {
            currency: self.terms.currency,
            vat_mode: self.terms.vat_mode,
            tax_point: self.terms.tax_point,
            changeover: self.changeover,
            customer: self.customer.clone(),
            lines,
            vat,
            tenders: self.tenders(&shares)?,
            change_minor: 0,
            change_tender: None,
            rounding_minor: -add(total_minor, home)?,
            total_minor,
        })
    }

    /// How much cash would give back that another tender paid, minor units; that needs a right of its own.
    ///
    /// # Errors
    /// As [`NewReturn::settle`].
    pub fn cash_takes_over_minor(&self) -> Result<i64, SaleError> {
        let (lines, _, total_minor) = self.lines()?;
        self.taken_over(&lines, &self.shares(total_minor)?)
    }

    /// What each refund takes of what its tender had paid, minor units of the return, before cash rounding;
    /// in the order of `refunds`.
    ///
    /// # Errors
    /// As [`NewReturn::settle`].
    pub fn refunded_minor(&self) -> Result<Vec<i64>, SaleError> {
        let (_, _, total_minor) = self.lines()?;
        Ok(self.shares(total_minor)?.into_iter().map(|share| share.due_minor).collect())
    }

    fn lines(&self) -> Result<(Vec<Line>, Vec<VatLine>, i64), SaleError> {
        if self.lines.is_empty() {
            return Err(SaleError::Empty);
        }
        if self.lines.len() > MAX_LINES {
            return Err(SaleError::TooManyLines);
        }
        check_bytes(self.lines.iter().map(|line| &line.line))?;
        let lines: Vec<Line> = self.lines.iter().map(|line| self.line(line)).collect::<Result<_, _>>()?;
        let vat = self.vat(&lines)?;
        let total_minor = sum(vat.iter().map(|line| line.gross_minor))?;
        if total_minor > 0 {
            return Err(SaleError::PositiveTotal { total: Money::new(total_minor, self.terms.currency) });
        }
        Ok((lines, vat, total_minor))
    }

    fn line(&self, new: &ReturnLine) -> Result<Line, SaleError> {
        let (name, quantity) = (new.line.name.clone(), new.line.quantity);
        new.line.check()?;
        text::check("a reason", new.reason.as_deref().unwrap_or_default(), text::NOTE_CHARS)?;
        if (self.has_goods || new.origin.is_some()) && !quantity.is_negative() {
            return Err(SaleError::NotComingBack { name, quantity });
        }
        let mut line = priced(&new.line, self.terms.currency)?;
        match &new.origin {
            Some((_, left)) => {
                check_left(&name, quantity.negated(), *left)?;
                self.price_part(&mut line, new, left.part(quantity.negated())?)?;
            }
            None if new.reason.as_ref().is_none_or(|reason| text::is_blank(reason)) => {
                return Err(SaleError::ReasonMissing { what: "a return without its sale" });
            }
            None => {}
        }
        line.moves_stock &= self.has_goods;
        line.origin = new.origin.as_ref().map(|(origin, _)| origin.clone());
        line.reason.clone_from(&new.reason);
        Ok(line)
    }

    /// What was paid for it goes back; another price may only lower that.
    fn price_part(&self, line: &mut Line, new: &ReturnLine, part: Part) -> Result<(), SaleError> {
        let asked_minor = -line.gross_minor;
        if new.line.price_override.is_none() {
            // On a return everything is negative: less than the price comes back.
            let off_minor = add(line.gross_minor, part.gross_minor)?;
            give_up_discounts(line, off_minor, &new.taken_off)?;
            line.vat_minor = Some(-part.vat_minor);
            return Ok(());
        }
        if asked_minor > part.gross_minor || asked_minor < 0 {
            let money = |minor| Money::new(minor, self.terms.currency);
            let (asked, paid) = (money(asked_minor), money(part.gross_minor));
            return Err(SaleError::RefundsTooMuch { name: line.name.clone(), asked, paid });
        }
        let exact = Decimal::from(part.vat_minor)
            .checked_mul(Decimal::from(asked_minor))
            .ok_or(MoneyError::TooLarge)?;
        let vat = exact.checked_div(Decimal::from(part.gross_minor)).unwrap_or_default();
        line.vat_minor = Some(-Rounding::HalfAwayFromZero.to_whole(vat)?);
        Ok(())
    }

    /// By rate: the VAT that comes back with lines of a sale, and that of the other lines.
    fn vat(&self, lines: &[Line]) -> Result<Vec<VatLine>, MoneyError> {
        let amounts = |line: &Line| if line.vat_minor.is_some() { 0 } else { line.gross_minor };
        let amounts = lines.iter().map(|line| (&line.vat, amounts(line)));
        let mut vat = breakdown(amounts, self.terms.vat_mode, self.terms.currency)?;
        for line in lines {
            let Some(vat_minor) = line.vat_minor else { continue };
            let Some(of_rate) = vat.iter_mut().find(|of_rate| of_rate.rate == line.vat) else { continue };
            let (net_minor, gross_minor) = match self.terms.vat_mode {
                VatMode::Included => (add(line.gross_minor, -vat_minor)?, line.gross_minor),
                VatMode::Excluded => (line.gross_minor, add(line.gross_minor, vat_minor)?),
            };
            of_rate.net_minor = add(of_rate.net_minor, net_minor)?;
            of_rate.vat_minor = add(of_rate.vat_minor, vat_minor)?;
            of_rate.gross_minor = add(of_rate.gross_minor, gross_minor)?;
        }
        Ok(vat)
    }

    /// What each refund comes to: those with an amount that, the one without it what they leave.
    fn shares(&self, total_minor: i64) -> Result<Vec<Share>, SaleError> {
        let mut named = Vec::with_capacity(self.refunds.len());
        for refund in &self.refunds {
            named.push(match refund.amount_minor {
                Some(minor) => {
                    let home_minor = self.home_minor(refund, minor)?;
                    Some(self.all_that_is_left(refund, minor)?.unwrap_or(home_minor))
                }
                None => None,
            });
        }
        let mut left_minor = -add(total_minor, sum(named.iter().flatten().copied())?)?;
        let mut shares = Vec::with_capacity(self.refunds.len());
        for (refund, named) in self.refunds.iter().zip(&named) {
            shares.push(match (named, refund.amount_minor) {
                (Some(home_minor), Some(amount_minor)) => {
                    Share { amount_minor, home_minor: *home_minor, due_minor: *home_minor }
                }
                _ => {
                    let share = self.rest(refund, left_minor.max(0))?;
                    left_minor = left_minor.min(0);
                    share
                }
            });
        }
        // Cash that was named may be what coins can pay.
        let cash = self.refunds.iter().zip(&mut shares).find(|(refund, _)| refund.kind == TenderKind::Cash);
        if let Some((refund, share)) = cash.filter(|_| left_minor != 0) {
            let due_minor = add(share.due_minor, left_minor)?;
            if due_minor >= 0 && self.rest(refund, due_minor)?.home_minor == share.home_minor {
                share.due_minor = due_minor;
                left_minor = 0;
            }
        }
        if left_minor != 0 {
            let money = |minor| Money::new(minor, self.terms.currency);
            let refunded = money(sum(shares.iter().map(|share| share.home_minor))?);
            return Err(SaleError::WrongRefund { due: money(-total_minor), refunded });
        }
        Ok(shares)
    }

    /// So much of the return's currency by a tender, rounded as its coins are. Money that went back in parts is
    /// together what it would have been at once: what is rounded is all that has gone back by the tender.
    fn rest(&self, refund: &Refund, due_minor: i64) -> Result<Share, SaleError> {
        let home = self.terms.currency;
        let before_minor = sum(self.paid_by(refund).map(|paid| paid.back_minor))?;
        let (before, before_coins) = self.in_coins(refund, before_minor)?;
        let (through, through_coins) = self.in_coins(refund, add(before_minor, due_minor)?)?;
        let rounding_minor = add(through_coins, -before_coins)?;
        let amount_minor = add(add(through, -before)?, rounding_minor)?;
        if refund.currency == home {
            return Ok(Share { amount_minor, home_minor: amount_minor, due_minor });
        }
        let rate = refund.rate.ok_or(SaleError::RateMissing { currency: refund.currency })?;
        let rounded = Money::new(rounding_minor, refund.currency).to_decimal();
        let rounded = rounded.checked_mul(rate.to_decimal()).ok_or(MoneyError::TooLarge)?;
        let home_minor = add(due_minor, Rounding::HalfAwayFromZero.to_minor(rounded, home)?)?;
        Ok(Share { amount_minor, home_minor, due_minor })
    }

    /// What the tenders paid that this one gives back.
    fn paid_by<'a>(&'a self, refund: &'a Refund) -> impl Iterator<Item = &'a Paid> {
        self.paid.iter().filter(|paid| paid.comes_back_by(&refund.tender, refund.kind))
    }

    /// So much of the return's currency in the tender's, and what must be added so that coins can pay it.
    fn in_coins(&self, refund: &Refund, due_minor: i64) -> Result<(i64, i64), SaleError> {
        let home = self.terms.currency;
        let exact_minor = match refund.rate.filter(|_| refund.currency != home) {
            None if refund.currency == home => due_minor,
            None => return Err(SaleError::RateMissing { currency: refund.currency }),
            Some(rate) => {
                let exact = divided(Decimal::new(due_minor, home.exponent()), rate)?;
                Rounding::HalfAwayFromZero.to_minor(exact, refund.currency)?
            }
        };
        let coins = refund.cash_rounding.filter(|_| refund.kind == TenderKind::Cash);
        Ok((exact_minor, coins.map_or(0, |coins| coins.of(exact_minor))))
    }

    /// All that a tender has left, if that much of another currency is worth all of it; else nothing. One cent of
    /// the tender's currency may be worth two of the return's.
    fn all_that_is_left(&self, refund: &Refund, minor: i64) -> Result<Option<i64>, SaleError> {
        if refund.currency == self.terms.currency {
            return Ok(None);
        }
        let left_minor = sum(self.paid_by(refund).map(|paid| paid.left_minor.max(0)))?;
        let all = self.rest(refund, left_minor)?;
        Ok((left_minor > 0 && all.amount_minor == minor).then_some(left_minor))
    }

    fn home_minor(&self, refund: &Refund, minor: i64) -> Result<i64, SaleError> {
        let amount = Money::new(minor, refund.currency);
        if minor < 0 {
            return Err(SaleError::NoPayment { amount });
        }
        let coins = refund.cash_rounding.filter(|_| refund.kind == TenderKind::Cash);
        if let Some(coins) = coins.filter(|coins| !coins.can_pay(minor)) {
            let step = Money::new(coins.step_minor, refund.currency);
            return Err(SaleError::NoSuchCoins { amount, step });
        }
        if refund.currency == self.terms.currency {
            return Ok(minor);
        }
        let rate = refund.rate.ok_or(SaleError::RateMissing { currency: refund.currency })?;
        let value = amount.to_decimal().checked_mul(rate.to_decimal()).ok_or(MoneyError::TooLarge)?;
        Ok(Rounding::HalfAwayFromZero.to_minor(value, self.terms.currency)?)
    }

    /// Holds each refund to what its tender paid; returns how much cash gives back that another paid.
    fn taken_over(&self, lines: &[Line], shares: &[Share]) -> Result<i64, SaleError> {
        if self.lines.iter().all(|line| line.origin.is_none()) {
            return Ok(0);
        }
        // Lines without a sale were paid by nobody knows what.
        let named = |line: &&Line| line.origin.is_some();
        let of_sales = lines.iter().filter(named).map(|line| {
            let vat = if self.terms.vat_mode == VatMode::Excluded { line.vat_minor.unwrap_or(0) } else { 0 };
            line.gross_minor.saturating_add(vat)
        });
        let due_minor = sum(shares.iter().map(|share| share.due_minor))?;
        let mut free_minor = add(due_minor, sum(of_sales)?)?.max(0);
        let mut by_tender: Vec<(&Refund, i64)> = Vec::new();
        for (refund, share) in self.refunds.iter().zip(shares) {
            let same = |(other, _): &&mut (&Refund, i64)| {
                other.kind == refund.kind
                    && (refund.kind == TenderKind::Cash || other.tender == refund.tender)
            };
            match by_tender.iter_mut().find(same) {
                Some((_, minor)) => *minor = add(*minor, share.due_minor)?,
                None => by_tender.push((refund, share.due_minor)),
            }
        }
        // A tender's own comes before what another one of its kind had paid.
        by_tender.sort_by_key(|(refund, _)| self.paid.iter().all(|paid| paid.tender != refund.tender));
        let mut left: Vec<i64> = self.paid.iter().map(|paid| paid.left_minor).collect();
        let mut cash_over_minor = 0;
        for (refund, asked_minor) in by_tender {
            let own = self.paid.iter().zip(&mut left);
            let own: Vec<_> =
                own.filter(|(paid, _)| paid.comes_back_by(&refund.tender, refund.kind)).collect();
            let left_minor = sum(own.iter().map(|(_, left)| **left))?.max(0);
            let mut taken_minor = asked_minor.min(left_minor);
            for (_, left) in own {
                let part_minor = taken_minor.min(*left);
                (*left, taken_minor) = (*left - part_minor, taken_minor - part_minor);
            }
            let over_minor = add(asked_minor, -left_minor)?.max(0);
            let beyond_minor = add(over_minor, -free_minor)?.max(0);
            free_minor = add(free_minor, -over_minor)?.max(0);
            if beyond_minor > 0 && refund.kind != TenderKind::Cash {
                let money = |minor| Money::new(minor, self.terms.currency);
                let tender = if refund.name.is_empty() { &refund.tender } else { &refund.name };
                let (asked, left) = (money(asked_minor), money(left_minor));
                return Err(SaleError::NotPaidBy { tender: tender.clone(), asked, left });
            }
            cash_over_minor = add(cash_over_minor, beyond_minor)?;
        }
        self.check_account(shares, cash_over_minor)?;
        Ok(cash_over_minor)
    }

    /// Cash takes over what cards and vouchers paid, never what stands on an account.
    fn check_account(&self, shares: &[Share], cash_over_minor: i64) -> Result<(), SaleError> {
        let is_other = |kind: TenderKind| !matches!(kind, TenderKind::Cash | TenderKind::CustomerCredit);
        let paid =
            sum(self.paid.iter().filter(|paid| is_other(paid.kind)).map(|paid| paid.left_minor.max(0)))?;
        let refunds = self.refunds.iter().zip(shares).filter(|(refund, _)| is_other(refund.kind));
        let refunded = sum(refunds.map(|(_, share)| share.due_minor))?;
        // What cash took over in returns before this one is left of no tender.
        let is_cash = |paid: &&Paid| paid.kind == TenderKind::Cash;
        let before = sum(self.paid.iter().filter(is_cash).map(|paid| paid.left_minor.min(0)))?;
        let can_minor = add(add(paid, -refunded)?, before)?.max(0);
        if cash_over_minor > can_minor {
            let on_account = Money::new(add(cash_over_minor, -can_minor)?, self.terms.currency);
            return Err(SaleError::OnAccount { on_account });
        }
        Ok(())
    }

    fn tenders(&self, shares: &[Share]) -> Result<Vec<Tender>, SaleError> {
        let mut tenders = Vec::with_capacity(shares.len());
        for (refund, share) in self.refunds.iter().zip(shares) {
            if refund.kind == TenderKind::CustomerCredit && self.customer.is_none() {
                return Err(SaleError::CustomerMissing);
            }
            if share.amount_minor == 0 && share.home_minor == 0 {
                continue;
            }
            tenders.push(Tender {
                tender: refund.tender.clone(),
                name: refund.name.clone(),
                kind: refund.kind,
                gives_change: false,
                amount: Money::new(-share.amount_minor, refund.currency),
                home_minor: -share.home_minor,
                rate: refund.rate.filter(|_| refund.currency != self.terms.currency),
                reference: None,
            });
        }
        Ok(tenders)
    }
}

/// Shares what is taken off a line that comes back, which is not positive, among what had been taken off when it
/// was sold; what no discount explains is a rounding, and stands as a discount of the line.
fn give_up_discounts(line: &mut Line, off_minor: i64, taken_off: &[PriceStep]) -> Result<(), SaleError> {
    let minor_of = |step: &PriceStep| match step {
        PriceStep::Promotion(TakenOff { minor, .. })
        | PriceStep::Discount(minor)
        | PriceStep::ReceiptDiscount(minor) => *minor,
        _ => 0,
    };
    let steps: Vec<_> = taken_off.iter().filter(|step| minor_of(step) > 0).collect();
    let weights: Vec<u64> = steps.iter().map(|step| minor_of(step).unsigned_abs()).collect();
    if steps.is_empty() || off_minor > 0 {
        return Ok(line.take_off(off_minor, PriceStep::Discount(off_minor))?);
    }
    for (step, share) in steps.into_iter().zip(split_minor(-off_minor, &weights)?) {
        let share = -share;
        let given_up = match step.clone() {
            PriceStep::Promotion(part) => PriceStep::Promotion(TakenOff { minor: share, ..part }),
            PriceStep::ReceiptDiscount(_) => PriceStep::ReceiptDiscount(share),
            _ => PriceStep::Discount(share),
        };
        line.take_off(share, given_up)?;
    }
    Ok(())
}

fn check_left(name: &str, asked: Quantity, left: Returnable) -> Result<(), SaleError> {
    if asked.plus(left.back.quantity)? > left.sold {
        let (sold, returned) = (left.sold, left.back.quantity);
        return Err(SaleError::ReturnsTooMuch { name: name.into(), sold, returned, asked });
    }
    Ok(())
}

impl Settled {
    /// The line of a sale as goods come back from it; `None` if there is none of that index.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn returnable(&self, line: usize) -> Result<Option<Returnable>, MoneyError> {
        let amounts: Vec<_> = self.lines.iter().map(|line| (&line.vat, line.gross_minor)).collect();
        let vat = shares(&amounts, &self.vat, self.vat_mode)?;
        Ok(self.lines.get(line).zip(vat.get(line)).map(|(line, vat_minor)| Returnable {
            sold: line.quantity,
            gross_minor: line.gross_minor,
            vat_minor: *vat_minor,
            back: Part::default(),
        }))
    }

    /// What each tender of a sale paid; cash is one, and what it paid is what the others left.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn paid(&self) -> Result<Vec<Paid>, MoneyError> {
        let mut paid: Vec<Paid> = Vec::new();
        let mut cash_minor = self.total_minor;
        for tender in self.tenders.iter().filter(|tender| tender.kind != TenderKind::Cash) {
            cash_minor = add(cash_minor, -tender.home_minor)?;
            let same = |paid: &&mut Paid| paid.tender == tender.tender && paid.kind == tender.kind;
            match paid.iter_mut().find(same) {
                Some(paid) => paid.left_minor = add(paid.left_minor, tender.home_minor)?,
                None => paid.push(Paid {
                    tender: tender.tender.clone(),
                    kind: tender.kind,
                    left_minor: tender.home_minor,
                    back_minor: 0,
                    is_gone: false,
                }),
            }
        }
        let left_minor = cash_minor.max(0);
        let (tender, kind) = (String::new(), TenderKind::Cash);
        paid.push(Paid { tender, kind, left_minor, back_minor: 0, is_gone: false });
        Ok(paid)
    }

    /// The same with every quantity and amount the other way: what a void books.
    pub fn reversed(&self) -> Settled {
        let mut reversed = self.clone();
        reversed.total_minor = -self.total_minor;
        reversed.change_minor = -self.change_minor;
        reversed.rounding_minor = -self.rounding_minor;
        for line in &mut reversed.lines {
            line.quantity = line.quantity.negated();
            #[cfg(tillkit_defects)]
            if crate::defects::is("a void that does not give stock back") {
                line.moves_stock = false;
            }
            line.gross_minor = -line.gross_minor;
            line.discount_minor = -line.discount_minor;
            line.vat_minor = line.vat_minor.map(|minor| -minor);
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

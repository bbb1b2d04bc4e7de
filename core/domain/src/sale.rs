//! An open sale: lines, discounts, tenders; and what it comes to.
//!
//! ```text
//!            add, change, discount, pay …
//!              ┌───────┐
//!              ▼       │      settle        durable
//!  new ──────▶ Open ───┴────▶ Settled ────────────────▶ a document
//!               │
//!               └── dropped: cancelled, no document
//! ```
//!
//! A sale is a value: a call that refuses leaves it exactly as it was, and [`Sale::settle`] does not
//! consume it, so that it is still open if it could not be recorded.
//!
//! Lines freeze price, VAT, promotions and generation when they are added. Equal lines are never merged.
//! What promotions give depends on the whole cart; a line's own discount comes off what they leave, the
//! receipt's off what that leaves.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    money::{Currency, Money, MoneyError, add, split_minor, sum},
    numbers::{Percent, Quantity, Rate, UnitPrice},
    promotion::{Goods, Promotion, TakenOff, taken_off},
    rounding::{CashRounding, Rounding},
    vat::{VatLine, VatMode, VatRate, breakdown},
};

/// Lines a receipt may have.
pub const MAX_LINES: usize = 2_000;

/// Under which a sale is made: the centre's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The home currency.
    pub currency: Currency,
    /// Whether prices include VAT.
    pub vat_mode: VatMode,
    /// How cash of the home currency is rounded.
    pub cash_rounding: Option<CashRounding>,
    /// The tender that change is given from: cash of the home currency.
    pub change_tender: Option<String>,
}

/// A line about to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLine {
    /// Key of the item.
    pub item: String,
    /// What was typed or scanned.
    pub code: Option<String>,
    /// As printed.
    pub name: String,
    /// Key of the unit.
    pub unit: String,
    /// How much.
    pub quantity: Quantity,
    /// Per unit, as the centre (or a local edit) says.
    pub list_price: UnitPrice,
    /// Whether `list_price` is a local edit.
    pub is_edited: bool,
    /// Another price, and why.
    pub price_override: Option<(UnitPrice, String)>,
    /// The rate.
    pub vat: VatRate,
    /// The generation of `items` that price and VAT came from.
    pub generation: u64,
    /// Whether stock moves.
    pub moves_stock: bool,
    /// The rules that cover it now; a price that a person decided has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promotions: Vec<Promotion>,
}

/// Something taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    /// Hundredths.
    Percent(Percent),
    /// Minor units, not negative.
    Amount(i64),
}

/// A step of a line's price, in the order they were taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceStep {
    /// What the centre says.
    List(UnitPrice),
    /// What was edited on this till.
    LocalEdit(UnitPrice),
    /// What a person decided.
    Override {
        /// Per unit.
        price: UnitPrice,
        /// Why.
        reason: String,
    },
    /// Taken off by rule.
    Promotion(TakenOff),
    /// Taken off the line, minor units.
    Discount(i64),
    /// The line's share of what was taken off the receipt, minor units.
    ReceiptDiscount(i64),
}

/// The line of a sale that goods come back from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LineOrigin {
    /// The sale's till.
    pub till: String,
    /// Its enrolment.
    pub enrolment: u32,
    /// Its seq.
    pub seq: u64,
    /// Index of the line, from 0.
    pub line: u32,
}

/// What a tender is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenderKind {
    /// Notes and coins.
    Cash,
    /// A payment card.
    Card,
    /// On the customer's account.
    CustomerCredit,
    /// A voucher.
    Voucher,
    /// Anything else.
    Other,
}

/// A payment about to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTender {
    /// Key of the tender.
    pub tender: String,
    /// What it is.
    pub kind: TenderKind,
    /// Whether overpaying it gives change.
    pub gives_change: bool,
    /// In its own currency; positive.
    pub amount: Money,
    /// Home currency per unit, for a foreign one.
    pub rate: Option<Rate>,
    /// Card slip, voucher number.
    pub reference: Option<String>,
}

/// A payment. On a return it is negative: money goes to the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tender {
    /// Key of the tender.
    pub tender: String,
    /// What it is.
    pub kind: TenderKind,
    /// Whether overpaying it gives change.
    pub gives_change: bool,
    /// What was handed over.
    pub amount: Money,
    /// The same in the home currency, minor units.
    pub home_minor: i64,
    /// Home currency per unit, frozen; absent in the home currency.
    pub rate: Option<Rate>,
    /// Card slip, voucher number.
    pub reference: Option<String>,
}

/// A line as it was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Key of the item.
    pub item: String,
    /// What was typed or scanned.
    pub code: Option<String>,
    /// As printed.
    pub name: String,
    /// Key of the unit.
    pub unit: String,
    /// How much; negative where goods come back.
    pub quantity: Quantity,
    /// Per unit, before discounts.
    pub unit_price: UnitPrice,
    /// The rate.
    pub vat: VatRate,
    /// The generation of `items` that price and VAT came from.
    pub generation: u64,
    /// Whether stock moves.
    pub moves_stock: bool,
    /// How the price came about.
    pub trace: Vec<PriceStep>,
    /// Promotions and both discounts together, minor units, not negative.
    pub discount_minor: i64,
    /// quantity × unit price, rounded, less discounts.
    pub gross_minor: i64,
    /// The line of a sale it brings back.
    pub origin: Option<LineOrigin>,
    /// Why it comes back without its sale.
    pub reason: Option<String>,
}

/// What a sale, a return or a void comes to. Everything adds up, exactly (I13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The home currency.
    pub currency: Currency,
    /// Whether prices include VAT.
    pub vat_mode: VatMode,
    /// Key of the customer.
    pub customer: Option<String>,
    /// In the order they were added.
    pub lines: Vec<Line>,
    /// One entry a rate.
    pub vat: Vec<VatLine>,
    /// How it was paid.
    pub tenders: Vec<Tender>,
    /// Given back in the home currency, minor units.
    pub change_minor: i64,
    /// From which tender.
    pub change_tender: Option<String>,
    /// Cash rounding: what is paid minus what is due, minor units.
    pub rounding_minor: i64,
    /// What the goods come to with VAT, minor units, before cash rounding.
    pub total_minor: i64,
}

/// Why a sale refused. It is exactly as it was before the call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SaleError {
    /// Amounts that do not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The tenders do not cover what is due.
    #[error("{tendered} does not cover the {due} due")]
    Underpaid {
        /// With cash rounding.
        due: Money,
        /// In the home currency.
        tendered: Money,
    },
    /// More was tendered than the tenders that give change can give back.
    #[error("{over} too much was tendered, and these tenders give no change for it")]
    Overpaid {
        /// In the home currency.
        over: Money,
    },
    /// The refunds are not what is due.
    #[error("{refunded} is refunded, {due} is due")]
    WrongRefund {
        /// What goes back.
        due: Money,
        /// What the refunds sum to.
        refunded: Money,
    },
    /// A receipt holds at most [`MAX_LINES`] lines.
    #[error("a receipt holds at most {MAX_LINES} lines")]
    TooManyLines,
    /// There is no line or tender of that index.
    #[error("there is no {what} {index}")]
    NoSuch {
        /// `line` or `tender`.
        what: &'static str,
        /// From 0.
        index: usize,
    },
    /// Nothing is on the receipt.
    #[error("there is nothing on the receipt")]
    Empty,
    /// A sale never pays the customer: that is a return.
    #[error("the total is {total}: money to the customer is a return")]
    NegativeTotal {
        /// What it comes to.
        total: Money,
    },
    /// A return never takes money: that is a sale.
    #[error("the total is {total}: money from the customer is a sale")]
    PositiveTotal {
        /// What it comes to.
        total: Money,
    },
    /// More is taken off than there is.
    #[error("a discount of {discount} is more than {of}")]
    DiscountTooLarge {
        /// What was to be taken off.
        discount: Money,
        /// From what.
        of: Money,
    },
    /// A payment must be positive.
    #[error("{amount} is no payment")]
    NoPayment {
        /// What was tendered.
        amount: Money,
    },
    /// A foreign currency needs its rate.
    #[error("{currency} needs an exchange rate")]
    RateMissing {
        /// Which.
        currency: Currency,
    },
    /// Nobody's account.
    #[error("customer credit needs a customer")]
    CustomerMissing,
    /// A return or a change of price needs a reason.
    #[error("{what} needs a reason")]
    ReasonMissing {
        /// What does.
        what: &'static str,
    },
    /// Goods that come back have a negative quantity.
    #[error("{name}: {quantity} is no quantity that comes back")]
    NotComingBack {
        /// The line.
        name: String,
        /// Its quantity.
        quantity: Quantity,
    },
    /// More comes back than was sold.
    #[error("{name}: {asked} cannot come back, {sold} was sold and {returned} has come back")]
    ReturnsTooMuch {
        /// The line.
        name: String,
        /// Sold on the line.
        sold: Quantity,
        /// Come back before.
        returned: Quantity,
        /// Asked for now.
        asked: Quantity,
    },
}

/// An open sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    terms: Terms,
    customer: Option<String>,
    lines: Vec<(NewLine, Option<Discount>)>,
    discount: Option<Discount>,
    tenders: Vec<Tender>,
}

impl Sale {
    /// An empty sale.
    pub fn new(terms: Terms) -> Sale {
        Sale { terms, customer: None, lines: Vec::new(), discount: None, tenders: Vec::new() }
    }

    /// Adds a line and returns its index.
    ///
    /// # Errors
    /// [`SaleError::TooManyLines`], [`SaleError::ReasonMissing`], [`SaleError::Money`].
    pub fn add_line(&mut self, line: NewLine) -> Result<usize, SaleError> {
        if self.lines.len() >= MAX_LINES {
            return Err(SaleError::TooManyLines);
        }
        check_override(&line)?;
        base_minor(&line, self.terms.currency)?;
        self.lines.push((line, None));
        Ok(self.lines.len() - 1)
    }

    /// Changes how much of a line is sold.
    ///
    /// # Errors
    /// [`SaleError::NoSuch`], [`SaleError::Money`].
    pub fn set_quantity(&mut self, index: usize, quantity: Quantity) -> Result<(), SaleError> {
        let currency = self.terms.currency;
        let (line, _) = self.line_mut(index)?;
        let changed = NewLine { quantity, ..line.clone() };
        base_minor(&changed, currency)?;
        *line = changed;
        Ok(())
    }

    /// Takes a line off.
    ///
    /// # Errors
    /// [`SaleError::NoSuch`].
    pub fn remove_line(&mut self, index: usize) -> Result<(), SaleError> {
        self.line_mut(index)?;
        self.lines.remove(index);
        Ok(())
    }

    /// Sets or clears the discount of a line.
    ///
    /// # Errors
    /// [`SaleError::NoSuch`], [`SaleError::DiscountTooLarge`].
    pub fn discount_line(&mut self, index: usize, discount: Option<Discount>) -> Result<(), SaleError> {
        let currency = self.terms.currency;
        let (line, own) = self.line_mut(index)?;
        if let Some(discount) = discount {
            discount_of(discount, base_minor(line, currency)?, currency)?;
        }
        *own = discount;
        Ok(())
    }

    /// Sets or clears the discount of the receipt, shared by its lines in proportion.
    ///
    /// # Errors
    /// [`SaleError::DiscountTooLarge`].
    pub fn discount_receipt(&mut self, discount: Option<Discount>) -> Result<(), SaleError> {
        if let Some(discount) = discount {
            let lines = Sale { discount: None, ..self.clone() }.lines()?;
            discount_of(discount, shared_among(&lines)?, self.terms.currency)?;
        }
        self.discount = discount;
        Ok(())
    }

    /// Names the customer, or nobody.
    pub fn set_customer(&mut self, customer: Option<String>) {
        self.customer = customer;
    }

    /// Takes a payment and returns its index.
    ///
    /// # Errors
    /// [`SaleError::NoPayment`], [`SaleError::RateMissing`], [`SaleError::CustomerMissing`].
    pub fn pay(&mut self, new: NewTender) -> Result<usize, SaleError> {
        if new.amount.minor <= 0 {
            return Err(SaleError::NoPayment { amount: new.amount });
        }
        if new.kind == TenderKind::CustomerCredit && self.customer.is_none() {
            return Err(SaleError::CustomerMissing);
        }
        let home_minor = self.home_minor(&new)?;
        let is_foreign = new.amount.currency != self.terms.currency;
        let NewTender { tender, kind, gives_change, amount, rate, reference } = new;
        let rate = rate.filter(|_| is_foreign);
        self.tenders.push(Tender { tender, kind, gives_change, amount, home_minor, rate, reference });
        Ok(self.tenders.len() - 1)
    }

    /// Takes a payment back.
    ///
    /// # Errors
    /// [`SaleError::NoSuch`].
    pub fn remove_tender(&mut self, index: usize) -> Result<(), SaleError> {
        if index >= self.tenders.len() {
            return Err(SaleError::NoSuch { what: "tender", index });
        }
        self.tenders.remove(index);
        Ok(())
    }

    /// The lines, with their discounts and amounts as they stand.
    ///
    /// A discount that has become more than there is left is as much as there is.
    ///
    /// # Errors
    /// [`SaleError::Money`].
    pub fn lines(&self) -> Result<Vec<Line>, SaleError> {
        let currency = self.terms.currency;
        let mut lines = Vec::with_capacity(self.lines.len());
        for ((new, discount), off) in self.lines.iter().zip(self.promoted()?) {
            let mut line = priced(new, currency)?;
            for part in off {
                let minor = part.minor;
                line.take_off(minor, PriceStep::Promotion(part))?;
            }
            if let Some(discount) = discount {
                let minor = most_of(*discount, line.gross_minor, currency)?;
                line.take_off(minor, PriceStep::Discount(minor))?;
            }
            lines.push(line);
        }
        if let Some(discount) = self.discount {
            share_discount(&mut lines, discount, currency)?;
        }
        Ok(lines)
    }

    /// What promotions take off each line.
    fn promoted(&self) -> Result<Vec<Vec<TakenOff>>, MoneyError> {
        let currency = self.terms.currency;
        let goods = self.lines.iter().map(|(line, _)| {
            let promotions: &[Promotion] = if line.price_override.is_some() { &[] } else { &line.promotions };
            let value_minor = base_minor(line, currency)?;
            Ok(Goods { item: &line.item, quantity: line.quantity, value_minor, promotions })
        });
        taken_off(&goods.collect::<Result<Vec<_>, MoneyError>>()?, currency)
    }

    /// The payments.
    pub fn tenders(&self) -> &[Tender] {
        &self.tenders
    }

    /// The customer.
    pub fn customer(&self) -> Option<&str> {
        self.customer.as_deref()
    }

    /// Under which it is made.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Whether nothing is on it.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What the goods come to with VAT, before cash rounding.
    ///
    /// # Errors
    /// As [`Sale::lines`].
    pub fn total(&self) -> Result<Money, SaleError> {
        let (_, total_minor) = taxed(&self.lines()?, &self.terms)?;
        Ok(Money::new(total_minor, self.terms.currency))
    }

    /// What is still to be paid, if the rest is paid by a tender of this kind in the home currency:
    /// cash is rounded. Never negative.
    ///
    /// # Errors
    /// As [`Sale::lines`].
    pub fn rest(&self, kind: TenderKind) -> Result<Money, SaleError> {
        let total = self.total()?;
        let paid = sum(self.tenders.iter().map(|tender| tender.home_minor))?;
        let (others, _) = self.paid_by_others_and_cash()?;
        let rounding = match (kind, self.terms.cash_rounding) {
            (TenderKind::Cash, Some(rounding)) => rounding.of(add(total.minor, -others)?),
            _ => 0,
        };
        let rest = add(add(total.minor, rounding)?, -paid)?;
        Ok(Money::new(rest.max(0), total.currency))
    }

    /// What it comes to. The sale stays open: it ends when this has been recorded.
    ///
    /// # Errors
    /// [`SaleError::Empty`], [`SaleError::Underpaid`], [`SaleError::Overpaid`], [`SaleError::NegativeTotal`],
    /// [`SaleError::CustomerMissing`], [`SaleError::Money`].
    pub fn settle(&self) -> Result<Settled, SaleError> {
        if self.lines.is_empty() {
            return Err(SaleError::Empty);
        }
        let lines = self.lines()?;
        let (vat, total_minor) = taxed(&lines, &self.terms)?;
        if total_minor < 0 {
            return Err(SaleError::NegativeTotal { total: Money::new(total_minor, self.terms.currency) });
        }
        let on_account = self.tenders.iter().any(|tender| tender.kind == TenderKind::CustomerCredit);
        if on_account && self.customer.is_none() {
            return Err(SaleError::CustomerMissing);
        }
        let (change_minor, rounding_minor) = self.balance(total_minor)?;
        Ok(Settled {
            currency: self.terms.currency,
            vat_mode: self.terms.vat_mode,
            customer: self.customer.clone(),
            lines,
            vat,
            tenders: self.tenders.clone(),
            change_minor,
            change_tender: self.change_tender().filter(|_| change_minor != 0),
            rounding_minor,
            total_minor,
        })
    }

    /// Change and cash rounding of a total. Only what is left for cash of the home currency rounds.
    fn balance(&self, total_minor: i64) -> Result<(i64, i64), SaleError> {
        let currency = self.terms.currency;
        let (others, cash) = self.paid_by_others_and_cash()?;
        let rest = add(total_minor, -others)?;
        let changeable =
            sum(self.tenders.iter().filter(|tender| tender.gives_change).map(|tender| tender.home_minor))?;
        // Change is cash too; but a card that pays too much is refused, not rounded away.
        let is_cash = cash > 0 || (rest < 0 && changeable > 0);
        let rounding = self.terms.cash_rounding.filter(|_| is_cash).map_or(0, |rounding| rounding.of(rest));
        let change = add(cash, -add(rest, rounding)?)?;
        if change < 0 {
            let due = Money::new(add(total_minor, rounding)?, currency);
            return Err(SaleError::Underpaid { due, tendered: Money::new(add(others, cash)?, currency) });
        }
        if change > changeable {
            return Err(SaleError::Overpaid { over: Money::new(change, currency) });
        }
        Ok((change, rounding))
    }

    fn paid_by_others_and_cash(&self) -> Result<(i64, i64), MoneyError> {
        let is_home_cash = |tender: &&Tender| {
            tender.kind == TenderKind::Cash && tender.amount.currency == self.terms.currency
        };
        let paid = sum(self.tenders.iter().map(|tender| tender.home_minor))?;
        let cash = sum(self.tenders.iter().filter(is_home_cash).map(|tender| tender.home_minor))?;
        Ok((add(paid, -cash)?, cash))
    }

    /// Change comes from the cash that was handed over, or else from the drawer's own.
    fn change_tender(&self) -> Option<String> {
        let home = self.terms.currency;
        let cash = self
            .tenders
            .iter()
            .find(|tender| tender.kind == TenderKind::Cash && tender.amount.currency == home);
        cash.map(|tender| tender.tender.clone()).or_else(|| self.terms.change_tender.clone())
    }

    fn home_minor(&self, new: &NewTender) -> Result<i64, SaleError> {
        let home = self.terms.currency;
        if new.amount.currency == home {
            return Ok(new.amount.minor);
        }
        let rate = new.rate.ok_or(SaleError::RateMissing { currency: new.amount.currency })?;
        let value = new.amount.to_decimal().checked_mul(rate.to_decimal()).ok_or(MoneyError::TooLarge)?;
        Ok(Rounding::HalfAwayFromZero.to_minor(value, home)?)
    }

    fn line_mut(&mut self, index: usize) -> Result<&mut (NewLine, Option<Discount>), SaleError> {
        self.lines.get_mut(index).ok_or(SaleError::NoSuch { what: "line", index })
    }
}

fn check_override(line: &NewLine) -> Result<(), SaleError> {
    match &line.price_override {
        Some((_, reason)) if reason.trim().is_empty() => {
            Err(SaleError::ReasonMissing { what: "another price" })
        }
        _ => Ok(()),
    }
}

fn base_minor(line: &NewLine, currency: Currency) -> Result<i64, MoneyError> {
    let price = line.price_override.as_ref().map_or(line.list_price, |(price, _)| *price);
    let exact = line.quantity.to_decimal().checked_mul(price.to_decimal()).ok_or(MoneyError::TooLarge)?;
    Rounding::HalfAwayFromZero.to_minor(exact, currency)
}

/// A line before anything is taken off.
pub(crate) fn priced(new: &NewLine, currency: Currency) -> Result<Line, SaleError> {
    let mut trace = vec![match new.is_edited {
        true => PriceStep::LocalEdit(new.list_price),
        false => PriceStep::List(new.list_price),
    }];
    if let Some((price, reason)) = &new.price_override {
        trace.push(PriceStep::Override { price: *price, reason: reason.clone() });
    }
    Ok(Line {
        item: new.item.clone(),
        code: new.code.clone(),
        name: new.name.clone(),
        unit: new.unit.clone(),
        quantity: new.quantity,
        unit_price: new.price_override.as_ref().map_or(new.list_price, |(price, _)| *price),
        vat: new.vat.clone(),
        generation: new.generation,
        moves_stock: new.moves_stock,
        trace,
        discount_minor: 0,
        gross_minor: base_minor(new, currency)?,
        origin: None,
        reason: None,
    })
}

impl Line {
    /// Takes so much off, if it is anything.
    pub(crate) fn take_off(&mut self, minor: i64, step: PriceStep) -> Result<(), MoneyError> {
        if minor != 0 {
            self.trace.push(step);
            self.discount_minor = add(self.discount_minor, minor)?;
            self.gross_minor = add(self.gross_minor, -minor)?;
        }
        Ok(())
    }
}

/// What a discount that was granted takes off what is left.
fn most_of(discount: Discount, of_minor: i64, currency: Currency) -> Result<i64, SaleError> {
    match discount {
        Discount::Amount(minor) => Ok(minor.min(of_minor.max(0))),
        percent @ Discount::Percent(_) => discount_of(percent, of_minor, currency),
    }
}

fn discount_of(discount: Discount, of_minor: i64, currency: Currency) -> Result<i64, SaleError> {
    let minor = match discount {
        Discount::Percent(percent) => {
            let of = Decimal::new(of_minor.max(0), currency.exponent());
            Rounding::HalfAwayFromZero.to_minor(of * percent.to_decimal() / Decimal::ONE_HUNDRED, currency)?
        }
        Discount::Amount(minor) => minor,
    };
    if minor < 0 || minor > of_minor.max(0) {
        let (discount, of) = (Money::new(minor, currency), Money::new(of_minor, currency));
        return Err(SaleError::DiscountTooLarge { discount, of });
    }
    Ok(minor)
}

/// Shares a receipt's discount among its lines by what they come to, so that VAT is right per rate.
fn share_discount(lines: &mut [Line], discount: Discount, currency: Currency) -> Result<(), SaleError> {
    let minor = most_of(discount, shared_among(lines)?, currency)?;
    if minor == 0 {
        return Ok(());
    }
    let weights: Vec<u64> = lines.iter().map(|line| u64::try_from(line.gross_minor).unwrap_or(0)).collect();
    for (line, share) in lines.iter_mut().zip(split_minor(minor, &weights)?) {
        line.take_off(share, PriceStep::ReceiptDiscount(share))?;
    }
    Ok(())
}

/// What a receipt's discount is taken of.
fn shared_among(lines: &[Line]) -> Result<i64, MoneyError> {
    sum(lines.iter().map(|line| line.gross_minor.max(0)))
}

/// VAT by rate, and what it all comes to with VAT.
pub(crate) fn taxed(lines: &[Line], terms: &Terms) -> Result<(Vec<VatLine>, i64), MoneyError> {
    let amounts = lines.iter().map(|line| (&line.vat, line.gross_minor));
    let vat = breakdown(amounts, terms.vat_mode, terms.currency)?;
    let total = sum(vat.iter().map(|line| line.gross_minor))?;
    Ok((vat, total))
}

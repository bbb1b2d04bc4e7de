//! A signed-in cashier: everything that sells, moves cash or closes.

use std::sync::Arc;

use tillkit::{
    AddLine, Discount, LineOrigin, Money, NewReturn, Quantity, RefundBy, ReturnLine, ReturnPurpose, UnitPrice,
};

use crate::{
    error::TillError,
    runtime::beside,
    screens::{Amount, DocumentPlace, SearchHit, SellScreen},
    values::parse_currency,
};

/// A signed-in cashier. Calls wait for the disk, never for the network: make them off the main
/// thread. Dropping (Swift) or closing (Kotlin) it signs out.
#[derive(uniffi::Object)]
pub struct Session {
    pub(crate) core: Arc<tillkit::Session>,
}

/// Something taken off.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum DiscountChoice {
    /// A decimal number, `12.5`.
    Percent {
        /// Of the line or the receipt.
        percent: String,
    },
    /// Minor units of the home currency.
    Off {
        /// Not negative.
        minor: i64,
    },
}

/// A recorded document: durable before it is handed out.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecordedDocument {
    /// Its name for ever.
    pub place: DocumentPlace,
    /// As printed.
    pub number: String,
    /// What it comes to.
    pub total: Amount,
    /// What goes back to the customer.
    pub change: Amount,
    /// As printed, lines of at most 42 characters.
    pub text: String,
}

/// A sale set aside.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HeldSale {
    /// Its id.
    pub id: String,
    /// What the cashier calls it.
    pub label: String,
    /// Who set it aside.
    pub user: String,
    /// When, till clock, Unix milliseconds.
    pub held_ms: i64,
    /// Whether nobody set it aside: it was open when the app ended, with a slip or a voucher on it.
    #[uniffi(default = false)]
    pub is_open: bool,
}

/// What the settings of today changed of a sale that was set aside; the cashier is told.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecalledSale {
    /// Lines with another VAT rate than they had; what they cost stays.
    pub rates: Vec<ChangedRate>,
    /// ISO 4217: the currency it was in, if that has ended; prices were divided by `changeover_rate`.
    pub changeover_from: Option<String>,
    /// A decimal number: units of the old currency for one of the new.
    pub changeover_rate: Option<String>,
}

/// A line with another VAT rate.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ChangedRate {
    /// As printed.
    pub name: String,
    /// Percent, a decimal number.
    pub before_percent: String,
    /// Percent, a decimal number.
    pub now_percent: String,
}

/// A part of a refund.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RefundPart {
    /// Key of the tender.
    pub tender: String,
    /// Minor units of the tender's currency.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// A line that comes back.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ReturnedLine {
    /// Key of the item.
    pub item: String,
    /// A decimal number; negative where goods come back.
    pub quantity: String,
    /// The sale it comes from, if it was made on this phone and is known.
    #[uniffi(default = None)]
    pub sale: Option<DocumentPlace>,
    /// Index of the line in that sale, from 0.
    #[uniffi(default = 0)]
    pub line: u32,
    /// Why, if the sale is not named.
    #[uniffi(default = None)]
    pub reason: Option<String>,
}

/// Cash that moves without a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum CashMove {
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
}

/// What a person counted of a tender.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CountedTender {
    /// Key of the tender.
    pub tender: String,
    /// Minor units of the tender's currency.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// The coins and notes that the amount is made of, if they were counted.
    #[uniffi(default = [])]
    pub pieces: Vec<CountedPieces>,
}

/// Coins or notes of one face value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct CountedPieces {
    /// What each is worth, minor units.
    pub face_minor: i64,
    /// How many.
    pub count: u32,
}

/// A day that was closed.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ClosedDay {
    /// What the closure says.
    pub period: ClosedPeriod,
    /// Accounting documents that the back office does not have yet.
    pub left: u64,
}

/// A period and its totals.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ClosedPeriod {
    /// 1, 2, … within the enrolment.
    pub z: u64,
    /// Turnover of sales, returns and voids.
    pub gross: Amount,
    /// The same of documents in other currencies.
    pub other_gross: Vec<Amount>,
    /// How many sales.
    pub sales: u64,
    /// How many returns.
    pub returns: u64,
    /// How many documents were unsent when it was made.
    pub unsent: u64,
    /// What should be in the drawer, by tender.
    pub tenders: Vec<ClosedTender>,
    /// The document; absent for an interim report, which is none.
    pub place: Option<DocumentPlace>,
}

/// What should be there of a tender.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ClosedTender {
    /// Key of the tender.
    pub tender: String,
    /// Payments less change, with floats and drops.
    pub expected: Amount,
    /// Counted minus expected, if somebody counted.
    pub difference_minor: Option<i64>,
}

#[uniffi::export]
impl Session {
    /// Who is signed in.
    pub fn user(&self) -> String {
        self.core.user().into()
    }

    /// The selling screen, now, with what is found for `query`.
    ///
    /// # Errors
    /// `Device`, `Suspended`.
    pub fn sell_screen(&self, query: String) -> Result<SellScreen, TillError> {
        Ok(self.core.sell_screen(&query)?)
    }

    /// The one item that has a code, typed or scanned.
    ///
    /// # Errors
    /// `Refused` (`unknown`), `SeveralItems`.
    pub fn find_code(&self, code: String) -> Result<SearchHit, TillError> {
        Ok(self.core.find_code(&code)?)
    }

    /// Adds the item of a code, typed or scanned; returns the index of its line.
    ///
    /// # Errors
    /// `Refused` (`unknown`, `not-for-sale`, `sale`), `SeveralItems`, `Forbidden`.
    pub fn add_code(&self, code: String, quantity: String) -> Result<u32, TillError> {
        self.add(AddLine::code(&code, quantity.parse()?))
    }

    /// Adds an item that was found; returns the index of its line.
    ///
    /// # Errors
    /// As `add_code`.
    pub fn add_item(&self, item: String, quantity: String) -> Result<u32, TillError> {
        self.add(AddLine::item(&item, quantity.parse()?))
    }

    /// Adds an item at another price than the list's; needs the right, and a reason.
    ///
    /// # Errors
    /// As `add_code`.
    pub fn add_item_at(
        &self,
        item: String,
        quantity: String,
        unit_price: String,
        reason: String,
    ) -> Result<u32, TillError> {
        let price: UnitPrice = unit_price.parse()?;
        self.add(AddLine::item(&item, quantity.parse()?).at(price, &reason))
    }

    /// Changes how much of a line is sold.
    ///
    /// # Errors
    /// `Refused`.
    pub fn set_quantity(&self, line: u32, quantity: String) -> Result<(), TillError> {
        Ok(self.core.set_quantity(line as usize, quantity.parse::<Quantity>()?)?)
    }

    /// Takes a line off the open sale.
    ///
    /// # Errors
    /// `Refused`.
    pub fn remove_line(&self, line: u32) -> Result<(), TillError> {
        Ok(self.core.remove_line(line as usize)?)
    }

    /// Sets or clears a line's discount.
    ///
    /// # Errors
    /// `Forbidden`, `Refused`.
    pub fn discount_line(&self, line: u32, discount: Option<DiscountChoice>) -> Result<(), TillError> {
        Ok(self.core.discount_line(line as usize, discount.map(discount_of).transpose()?)?)
    }

    /// Sets or clears the receipt's discount.
    ///
    /// # Errors
    /// `Forbidden`, `Refused`.
    pub fn discount_receipt(&self, discount: Option<DiscountChoice>) -> Result<(), TillError> {
        Ok(self.core.discount_receipt(discount.map(discount_of).transpose()?)?)
    }

    /// Names the customer of the open sale, or nobody.
    ///
    /// # Errors
    /// `Refused`.
    pub fn set_customer(&self, customer: Option<String>) -> Result<(), TillError> {
        Ok(self.core.set_customer(customer.as_deref())?)
    }

    /// Takes a payment in the tender's own currency; a foreign one at the day's rate, frozen.
    ///
    /// # Errors
    /// `Refused`.
    pub fn pay(
        &self,
        tender: String,
        minor: i64,
        currency: String,
        reference: Option<String>,
    ) -> Result<(), TillError> {
        let amount = Money::new(minor, parse_currency(&currency)?);
        Ok(self.core.pay(&tender, amount, reference.as_deref())?)
    }

    /// Pays what is left by one tender of the home currency.
    ///
    /// # Errors
    /// `Refused`.
    pub fn pay_rest(&self, tender: String) -> Result<(), TillError> {
        Ok(self.core.pay_rest(&tender)?)
    }

    /// Takes a payment back.
    ///
    /// # Errors
    /// `Refused`.
    pub fn remove_tender(&self, tender: u32) -> Result<(), TillError> {
        Ok(self.core.remove_tender(tender as usize)?)
    }

    /// Completes the open sale. When this returns, it is durable: now it may be printed.
    ///
    /// # Errors
    /// `Refused` (underpaid, …) or `Device` (`disk-full`): the sale is still open.
    pub fn complete(&self) -> Result<RecordedDocument, TillError> {
        Ok(self.core.complete()?.into())
    }

    /// Gives the open sale up before it is completed.
    ///
    /// # Errors
    /// `Refused` if none is open.
    pub fn cancel_sale(&self) -> Result<(), TillError> {
        Ok(self.core.cancel_sale()?)
    }

    /// Sets the open sale aside with the prices it was given; returns its id.
    ///
    /// # Errors
    /// `Refused` if none is open.
    pub fn hold(&self, label: String) -> Result<String, TillError> {
        Ok(self.core.hold(&label)?)
    }

    /// Sales set aside, oldest first.
    ///
    /// # Errors
    /// `Device`, `Suspended`.
    pub fn held(&self) -> Result<Vec<HeldSale>, TillError> {
        let held = self.core.held()?.into_iter();
        Ok(held
            .map(|held| HeldSale {
                id: held.id,
                label: held.label,
                user: held.user,
                held_ms: held.held_ms,
                is_open: held.is_open,
            })
            .collect())
    }

    /// Takes a held sale back, with the prices it was given; returns what today's settings changed of it.
    ///
    /// # Errors
    /// `Refused` if a sale is open, or there is none of that id.
    pub fn recall(&self, id: String) -> Result<RecalledSale, TillError> {
        let recalled = self.core.recall(&id)?;
        let changeover = recalled
            .changeover
            .map(|changeover| (changeover.from.code().to_string(), changeover.rate.to_string()));
        let (changeover_from, changeover_rate) = changeover.unzip();
        let rates = recalled.rates.into_iter().map(|changed| ChangedRate {
            name: changed.name,
            before_percent: changed.before.percent.to_string(),
            now_percent: changed.now.percent.to_string(),
        });
        Ok(RecalledSale { rates: rates.collect(), changeover_from, changeover_rate })
    }

    /// Gives a sale that was set aside up, also one that today's settings cannot take up again.
    ///
    /// # Errors
    /// `Refused` if there is none of that id.
    pub fn discard_held(&self, id: String) -> Result<(), TillError> {
        Ok(self.core.discard_held(&id)?)
    }

    /// Takes goods back. The money goes back by `refund_tender`, but for the `parts` that go back by others.
    /// When this returns, it is durable.
    ///
    /// # Errors
    /// `Forbidden`, `Refused`.
    pub fn return_goods(
        &self,
        lines: Vec<ReturnedLine>,
        refund_tender: String,
        customer: Option<String>,
        parts: Vec<RefundPart>,
    ) -> Result<RecordedDocument, TillError> {
        let lines = lines.into_iter().map(returned).collect::<Result<_, TillError>>()?;
        let mut refund = RefundBy::from(refund_tender);
        for part in parts {
            let amount = Money::new(part.minor, parse_currency(&part.currency)?);
            refund = refund.and(&part.tender, amount);
        }
        let new = NewReturn { purpose: ReturnPurpose::Goods, customer, lines, refund };
        Ok(self.core.return_goods(new)?.into())
    }

    /// Reverses a completed sale or return whole, by a new document. When this returns, it is durable.
    ///
    /// # Errors
    /// `Forbidden`, `Refused`.
    pub fn void_document(&self, place: DocumentPlace, reason: String) -> Result<RecordedDocument, TillError> {
        Ok(self.core.void_at(&place, &reason)?.into())
    }

    /// Moves cash without a sale; the amount is positive, the kind says which way. When this returns, it
    /// is durable.
    ///
    /// # Errors
    /// `Forbidden`, `Refused`.
    pub fn move_cash(
        &self,
        kind: CashMove,
        tender: String,
        minor: i64,
        currency: String,
        reason: String,
    ) -> Result<DocumentPlace, TillError> {
        let amount = Money::new(minor, parse_currency(&currency)?);
        let recorded = self.core.move_cash(kind.into(), &tender, amount, &reason)?;
        Ok(DocumentPlace { till: recorded.till, enrolment: recorded.enrolment, seq: recorded.seq })
    }

    /// The totals since the last closure, as they stand (X); changes nothing.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn interim(&self) -> Result<ClosedPeriod, TillError> {
        Ok(closed(&self.core, self.core.interim()?)?)
    }

    /// Closes the period (Z). It never waits for the back office. When this returns, it is durable.
    ///
    /// # Errors
    /// `Forbidden`; `Refused` if a sale is open.
    pub fn close_period(&self, counted: Vec<CountedTender>) -> Result<ClosedPeriod, TillError> {
        Ok(closed(&self.core, self.core.close_by_pieces(&counted_of(counted)?)?)?)
    }

    /// Opens the day: records the float of each drawer, then syncs as the centre's policy says. Offline
    /// the day is open all the same. The run goes on beside selling.
    ///
    /// # Errors
    /// `Forbidden`, `Refused`.
    pub fn open_day(&self, floats: Vec<CountedTender>) -> Result<(), TillError> {
        // The run goes on without its handle; the sync screen shows it.
        let floats: Vec<_> = counted_of(floats)?.into_iter().map(|float| float.counted).collect();
        drop(self.core.open_day(&floats)?);
        Ok(())
    }

    /// Closes the day: sends what there is, for ten seconds at most, then closes (Z) with what is left
    /// stated inside, then sends the closure. It closes whether or not the back office answers.
    ///
    /// # Errors
    /// `Forbidden`; `Refused` if a sale is open.
    pub async fn close_day(self: Arc<Self>, counted: Vec<CountedTender>) -> Result<ClosedDay, TillError> {
        let counted = counted_of(counted)?;
        beside(async move {
            let day = self.core.close_day_by_pieces(&counted).await?;
            let period = closed(&self.core, day.closed)?;
            Ok::<_, tillkit::TillError>(ClosedDay { period, left: day.left.documents() })
        })
        .await
    }

    /// Edits an item's price on this till, until the next sync of the items replaces it.
    ///
    /// # Errors
    /// `Forbidden`, `Refused`.
    pub fn edit_price(&self, item: String, unit_price: String) -> Result<(), TillError> {
        Ok(self.core.edit_price(&item, unit_price.parse()?)?)
    }

    /// Edits the footer of receipts on this till, until the next sync of the centre replaces it.
    ///
    /// # Errors
    /// `Forbidden`, `Refused`.
    pub fn edit_receipt_footer(&self, layout: String, footer: Vec<String>) -> Result<(), TillError> {
        Ok(self.core.edit_receipt_footer(&layout, &footer)?)
    }

    /// Chooses another centre. Refused while documents are unsent, sales held or one open, or the
    /// day is not closed.
    ///
    /// # Errors
    /// `Forbidden`, `Refused` (`not-yet`), `TryAgain`.
    pub async fn change_centre(&self, centre: String) -> Result<(), TillError> {
        let core = self.core.clone();
        beside(async move { core.change_centre(&centre).await }).await
    }
}

impl Session {
    fn add(&self, line: AddLine) -> Result<u32, TillError> {
        Ok(self.core.add(line)? as u32)
    }
}

impl From<tillkit::Receipt> for RecordedDocument {
    fn from(receipt: tillkit::Receipt) -> RecordedDocument {
        let (of, settled) = (receipt.reference, receipt.settled);
        RecordedDocument {
            place: DocumentPlace { till: of.till, enrolment: of.enrolment, seq: of.seq },
            number: of.number,
            total: Money::new(settled.total_minor, settled.currency).into(),
            change: Money::new(settled.change_minor, settled.currency).into(),
            text: receipt.text,
        }
    }
}

impl From<CashMove> for tillkit::CashMovementKind {
    fn from(kind: CashMove) -> tillkit::CashMovementKind {
        match kind {
            CashMove::FloatIn => tillkit::CashMovementKind::FloatIn,
            CashMove::PayIn => tillkit::CashMovementKind::PayIn,
            CashMove::PayOut => tillkit::CashMovementKind::PayOut,
            CashMove::SafeDrop => tillkit::CashMovementKind::SafeDrop,
            CashMove::BankDrop => tillkit::CashMovementKind::BankDrop,
        }
    }
}

fn discount_of(choice: DiscountChoice) -> Result<Discount, TillError> {
    Ok(match choice {
        DiscountChoice::Percent { percent } => Discount::Percent(percent.parse()?),
        DiscountChoice::Off { minor } => Discount::Amount(minor),
    })
}

fn returned(line: ReturnedLine) -> Result<ReturnLine, TillError> {
    Ok(ReturnLine {
        what: AddLine::item(&line.item, line.quantity.parse()?),
        origin: line.sale.map(|sale| LineOrigin {
            till: sale.till,
            enrolment: sale.enrolment,
            seq: sale.seq,
            line: line.line,
        }),
        reason: line.reason,
    })
}

fn counted_of(counted: Vec<CountedTender>) -> Result<Vec<tillkit::CountedByPieces>, TillError> {
    let counted = counted.into_iter().map(|counted| {
        let pieces = counted.pieces.into_iter();
        let pieces = pieces.map(|of| tillkit::Pieces { count: of.count, face_minor: of.face_minor });
        let amount = Money::new(counted.minor, parse_currency(&counted.currency)?);
        let counted = tillkit::Counted { tender: counted.tender, amount };
        Ok(tillkit::CountedByPieces { counted, pieces: pieces.collect() })
    });
    counted.collect()
}

fn closed(session: &tillkit::Session, closed: tillkit::Closed) -> Result<ClosedPeriod, tillkit::TillError> {
    let totals = closed.closure.totals;
    let home = session.home_currency()?;
    let tenders = totals.tenders.into_iter().map(|total| ClosedTender {
        tender: total.tender,
        expected: Money::new(total.expected_minor, total.currency).into(),
        difference_minor: total.difference_minor,
    });
    Ok(ClosedPeriod {
        z: closed.closure.z,
        gross: Money::new(totals.gross_minor, home).into(),
        other_gross: totals
            .other_currencies
            .iter()
            .map(|other| Money::new(other.gross_minor, other.currency).into())
            .collect(),
        sales: totals.sales,
        returns: totals.returns,
        unsent: closed.closure.unsent.documents,
        tenders: tenders.collect(),
        place: closed.recorded.map(|recorded| DocumentPlace {
            till: recorded.till,
            enrolment: recorded.enrolment,
            seq: recorded.seq,
        }),
    })
}

//! Documents a cashier makes besides sales, and the road by file.

use std::sync::Arc;

use tillkit::{CustomerPart, Goods, NewOrder, NewStock, PairingQr, Quantity};

pub use tillkit::{CustomerView, ExportFile, ReceiptRead};

use crate::{
    error::TillError,
    runtime::beside,
    screens::DocumentPlace,
    session::Session,
    till::{EnrolledTill, Till},
};

/// A customer, as shells show one.
#[uniffi::remote(Record)]
pub struct CustomerView {
    /// Its key: what a sale or an order names.
    pub key: String,
    /// As shown and printed.
    pub name: String,
    /// To call.
    pub phone: String,
    /// For receipts and notices.
    pub email: String,
    /// Where to send things.
    pub address: String,
    /// VAT identification number.
    pub vat_id: String,
    /// Whether sales may be put on account.
    pub credit: bool,
    /// Whether it was made here, and the centre's row has not come yet.
    pub is_own: bool,
}

/// A customer to be written down; all but the name may be empty.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewCustomer {
    /// As shown and printed.
    pub name: String,
    /// To call.
    #[uniffi(default = "")]
    pub phone: String,
    /// For receipts and notices.
    #[uniffi(default = "")]
    pub email: String,
    /// Where to send things.
    #[uniffi(default = "")]
    pub address: String,
    /// VAT identification number.
    #[uniffi(default = "")]
    pub vat_id: String,
}

/// Goods, and how much of them.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct GoodsLine {
    /// What was typed or scanned, or the key of the item if `is_key`.
    pub item: String,
    /// A decimal number, not negative.
    pub quantity: String,
    /// Whether `item` is a key; a code otherwise.
    #[uniffi(default = false)]
    pub is_key: bool,
}

impl GoodsLine {
    fn read(lines: Vec<GoodsLine>) -> Result<Vec<Goods>, TillError> {
        let read = |line: GoodsLine| {
            let quantity: Quantity = line.quantity.parse()?;
            Ok(match line.is_key {
                true => Goods::item(&line.item, quantity),
                false => Goods::code(&line.item, quantity),
            })
        };
        lines.into_iter().map(read).collect()
    }
}

/// What a customer wants delivered later.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OrderWanted {
    /// What is wanted; each quantity positive.
    pub lines: Vec<GoodsLine>,
    /// Key of the customer.
    #[uniffi(default = None)]
    pub customer: Option<String>,
    /// For people.
    #[uniffi(default = "")]
    pub note: String,
    /// By when, `2010-12-24`.
    #[uniffi(default = None)]
    pub wanted_day: Option<String>,
}

/// What happens to goods that move, or are counted, without money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum StockMovement {
    /// They came from a supplier.
    GoodsReceipt,
    /// They go back to a supplier.
    GoodsReturn,
    /// They go to another warehouse.
    Transfer,
    /// They were counted.
    Count,
    /// They are broken or lost.
    WriteOff,
}

impl From<StockMovement> for tillkit::StockKind {
    fn from(movement: StockMovement) -> tillkit::StockKind {
        match movement {
            StockMovement::GoodsReceipt => tillkit::StockKind::GoodsReceipt,
            StockMovement::GoodsReturn => tillkit::StockKind::GoodsReturn,
            StockMovement::Transfer => tillkit::StockKind::Transfer,
            StockMovement::Count => tillkit::StockKind::Count,
            StockMovement::WriteOff => tillkit::StockKind::WriteOff,
        }
    }
}

/// Goods that move, or are counted, without money.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct GoodsMoved {
    /// What happens to them.
    pub movement: StockMovement,
    /// Which.
    pub lines: Vec<GoodsLine>,
    /// Why; a write-off needs it.
    #[uniffi(default = "")]
    pub reason: String,
    /// Number of the paper that goes with it.
    #[uniffi(default = None)]
    pub reference: Option<String>,
    /// Key of the warehouse; without one the plan's, or else the centre's.
    #[uniffi(default = None)]
    pub warehouse: Option<String>,
    /// Where to: of a transfer, and of nothing else.
    #[uniffi(default = None)]
    pub to_warehouse: Option<String>,
    /// Key of the audit plan that a count follows.
    #[uniffi(default = None)]
    pub plan: Option<String>,
}

/// A file for the back office.
#[uniffi::remote(Record)]
pub struct ExportFile {
    /// What it may be called.
    pub name: String,
    /// To be stored or sent as they are.
    pub bytes: Vec<u8>,
    /// How many documents are in it, events too.
    pub documents: u64,
    /// Whether everything fit. If not, export again once the receipt of this one has been read.
    pub is_whole: bool,
}

/// What a receipt file has changed here.
#[uniffi::remote(Record)]
pub struct ReceiptRead {
    /// Documents that are unsent no more.
    pub acknowledged: u64,
    /// Documents that the receipt covers, those acknowledged before included.
    pub held: u64,
    /// What the back office did not take, in its words.
    pub refused: Vec<String>,
}

fn place(recorded: tillkit::Recorded) -> DocumentPlace {
    DocumentPlace { till: recorded.till, enrolment: recorded.enrolment, seq: recorded.seq }
}

fn what_of(unsettled: bool) -> tillkit::ExportOf {
    if unsettled { tillkit::ExportOf::Unsettled } else { tillkit::ExportOf::Unsent }
}

#[uniffi::export]
impl Session {
    /// Writes a customer down. When this returns, it is durable and can be sold to; the back office gets
    /// it with the next documents.
    ///
    /// # Errors
    /// `Forbidden`; `Refused` without a name.
    pub fn make_customer(&self, new: NewCustomer) -> Result<CustomerView, TillError> {
        let NewCustomer { name, phone, email, address, vat_id } = new;
        Ok(self.core.make_customer(CustomerPart { address, email, name, phone, vat_id })?)
    }

    /// Customers with a word that begins with each of these, in name, phone or VAT number; all, if there
    /// are no words. At most about `limit`, after the customer of the key `after`.
    ///
    /// # Errors
    /// `Forbidden`, `Device`.
    pub fn customers(
        &self,
        words: String,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<CustomerView>, TillError> {
        Ok(self.core.customers(&words, after.as_deref(), limit as usize)?)
    }

    /// Takes an order at today's prices. It moves neither money nor stock.
    ///
    /// # Errors
    /// `Forbidden`, `Refused`.
    pub fn take_order(&self, order: OrderWanted) -> Result<DocumentPlace, TillError> {
        let OrderWanted { lines, customer, note, wanted_day } = order;
        let order = NewOrder { customer, lines: GoodsLine::read(lines)?, note, wanted_day };
        Ok(place(self.core.take_order(order)?))
    }

    /// Records goods that came, went, were moved, counted or written off, without money.
    ///
    /// # Errors
    /// `Forbidden`, `Refused`.
    pub fn move_goods(&self, moved: GoodsMoved) -> Result<DocumentPlace, TillError> {
        let GoodsMoved { movement, lines, reason, reference, warehouse, to_warehouse, plan } = moved;
        let (kind, lines) = (movement.into(), GoodsLine::read(lines)?);
        let moved = NewStock { kind, lines, reason, reference, warehouse, to_warehouse, plan };
        Ok(place(self.core.move_goods(moved)?))
    }

    /// Writes documents into a file for the back office: what is unsent, or also what it has and no
    /// closure has settled (`unsettled`), for a back office that was lost. Needs no network.
    ///
    /// # Errors
    /// `Forbidden`, `Device`.
    pub fn export(&self, unsettled: bool) -> Result<ExportFile, TillError> {
        Ok(self.core.export(what_of(unsettled))?)
    }

    /// Makes this phone the next enrolment of a till, with a pairing code from the back office at `url`.
    /// Unsent documents are kept, and sent still.
    ///
    /// # Errors
    /// `Forbidden`; as `Till.enrol`.
    pub async fn enrol_again(
        &self,
        url: String,
        code: String,
        device: String,
    ) -> Result<EnrolledTill, TillError> {
        let core = self.core.clone();
        beside(async move { core.enrol_again(&url, &code, &device).await }).await.map(EnrolledTill::from)
    }

    /// The same with the text of the back office's QR.
    ///
    /// # Errors
    /// `Forbidden`; as `Till.enrolByQr`.
    pub async fn enrol_again_by_qr(&self, text: String, device: String) -> Result<EnrolledTill, TillError> {
        let core: Arc<tillkit::Session> = self.core.clone();
        let enrolled = beside(async move {
            let qr = PairingQr::parse(&text)?;
            core.enrol_again_by_qr(&qr, &device).await
        });
        enrolled.await.map(EnrolledTill::from)
    }
}

#[uniffi::export]
impl Till {
    /// As `Session.export`, while nobody can sign in: this till was copied or restored, or what signing
    /// in needs is not here.
    ///
    /// # Errors
    /// `Forbidden` where somebody can sign in; `Device`.
    pub fn export(&self, unsettled: bool) -> Result<ExportFile, TillError> {
        Ok(self.core().export(what_of(unsettled))?)
    }

    /// Reads the back office's receipt for a file: exactly what it covers is unsent no more. Any number
    /// of times.
    ///
    /// # Errors
    /// `Refused` if it is none of this till's back office, or about other documents: nothing has changed.
    pub fn import_receipt(&self, file: Vec<u8>) -> Result<ReceiptRead, TillError> {
        Ok(self.core().import_receipt(&file)?)
    }
}

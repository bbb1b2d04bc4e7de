//! A mobile till: open, enrol, choose a centre, sync, sign in, sell, close.
//!
//! This is the crate a Rust user adds, and the one that the phone's bindings wrap. [`Till`] is the
//! device: enrolment, centre, sync, status. [`Session`] is a signed-in cashier: everything that
//! sells or closes hangs on it, and every verb checks its right in here, never in a shell.
//!
//! Selling needs no network and no key store: a sale reads what is live of the centre, and is one
//! durable transaction of the journal. Long calls of [`Till`] are async; verbs of [`Session`] wait
//! for the disk and for nothing else, so call them off the main thread.
//!
//! ```no_run
//! # async fn shop(services: tillkit::Services) -> Result<(), tillkit::TillError> {
//! use tillkit::{AddLine, Money, Quantity, Scope, Till, Trigger};
//!
//! let till = Till::open("till".as_ref(), services, tokio::runtime::Handle::current())?;
//! till.enrol("https://office.example", "AB12-CD34", "Anna's phone").await?;
//! till.choose_centre("main").await?;
//! till.sync(Scope::All, Trigger::CentreChosen)?.wait().await;
//!
//! let session = till.sign_in("anna", "1234")?;
//! session.add(AddLine::code("85123A", Quantity::from(2)))?;
//! session.pay_rest("cash")?;
//! let receipt = session.complete()?;
//! println!("{}", receipt.text);
//! # Ok(()) }
//! ```

mod connection;
mod customers;
mod error;
mod export;
mod goods;
mod identity;
mod lookup;
mod observe;
mod preview;
mod pricing;
mod returning;
pub mod screens;
mod selling;
mod services;
mod session;

mod closing;
mod till;

pub use closing::{Closed, Counted, CountedByPieces, DayClosed};
pub use connection::{ConnectionTest, Hint, Step};
pub use customers::CustomerView;
pub use error::{Remedy, TillError};
pub use export::{ExportFile, ExportOf, ReceiptRead};
pub use goods::{Goods, NewOrder, NewStock};
pub use identity::{PairingQr, Standing};
pub use observe::Subscription;
pub use returning::{NewReturn, RefundBy, ReturnLine};
pub use selling::{AddLine, Cart, PriceOverride, RateChanged, Recalled, Receipt};
pub use services::{Connect, FileKeyStore, KeyStore, MemoryKeyStore, Services, SystemRim};
pub use session::Session;
pub use till::{Blockers, CentrePreview, SectionPreview, Till};

pub use tillkit_domain::{
    CashMovementKind, Currency, Discount, LineOrigin, Money, Percent, Pieces, Quantity, Right, StockKind,
    TenderKind, UnitPrice,
};
pub use tillkit_protocol::{
    Section,
    bodies::CustomerPart,
    bodies::Reference,
    bodies::ReturnPurpose,
    document::Kind,
    wire::{CentreInfo, Enrolled},
};
pub use tillkit_store::{
    Released, StoreError,
    centre::{Found, LiveSection, LocalEdit, SyncRun},
    journal::{Delivery, Recorded, Unsent, UnsentSection},
};
pub use tillkit_sync::{
    Aside, Cause, Report, Rim, RunHandle, Scope, SharedRim, SyncError, Trigger,
    status::{Mode, Notice, Progress, Red, SectionProgress, Stage, Status},
    transport::{self, HttpTransport, Transport},
};

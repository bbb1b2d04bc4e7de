use tillkit_domain as domain;
use tillkit_protocol::{
    Hash,
    export::{BadExport, WriteError},
};
use tillkit_store::StoreError;
use tillkit_sync::SyncError;

use crate::{Blockers, Right};

/// Why the till refused. What was recorded before is safe in every case, and the call has changed
/// nothing; where a sale is open it is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TillError {
    /// The store refused: disk, version, a foreign file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The network or the centre refused.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The phone's key store refused.
    #[error("the key store refused: {why}")]
    KeyStore {
        /// Its reason.
        why: String,
    },
    /// The file is a copy: its private key cannot be opened here. What is in it is kept and can be
    /// exported; to sell, enrol again.
    #[error(
        "this till was copied or restored from a backup, its key is missing ({why}): enrol again; everything in it is kept"
    )]
    Copied {
        /// The key store's reason.
        why: String,
    },
    /// Another back office than the one whose QR was scanned answered.
    #[error("the QR names a back office with the key {expected}, one with the key {found} answered")]
    WrongOffice {
        /// The fingerprint in the QR.
        expected: Hash,
        /// The fingerprint of who answered.
        found: Hash,
    },
    /// No centre has been chosen yet.
    #[error("no centre has been chosen")]
    NoCentre,
    /// Another centre was chosen since: its users sign in.
    #[error("this sign-in is of the centre {centre}, and the till has chosen another: sign in again")]
    OtherCentre {
        /// Where who is signed in was a user.
        centre: String,
    },
    /// Another business owns the back office that answered, and documents for the one before are unsent.
    #[error(
        "this back office is another business's ({tenant}), and {unsent} documents for the one before are unsent: send them first, or bring them there as a file and take in its receipt"
    )]
    OtherBusiness {
        /// Whose it is.
        tenant: String,
        /// How many are unsent.
        unsent: u64,
    },
    /// Sections a till cannot sell without are missing: only Settings and Sync are open.
    #[error("the first sync is not complete: {missing} missing")]
    NotSynced {
        /// Their names.
        missing: String,
    },
    /// A setting that came down is not usable.
    #[error("{kind} {key} cannot be used: {why}")]
    BadSetting {
        /// Which kind.
        kind: &'static str,
        /// Its key.
        key: String,
        /// What is wrong.
        why: String,
    },
    /// No user of this name, or the PIN is wrong; which of the two is not said.
    #[error("user and PIN do not fit; {tries_left} tries left")]
    WrongPin {
        /// Before a pause is imposed.
        tries_left: u32,
    },
    /// Too many wrong PINs.
    #[error("too many wrong PINs: try again in {wait_s} s")]
    LockedOut {
        /// Seconds.
        wait_s: i64,
    },
    /// The role of the signed-in user lacks a right.
    #[error("{user} lacks the right {right}")]
    NoRight {
        /// Who is signed in.
        user: String,
        /// What is missing.
        right: Right,
    },
    /// There is no such thing in what came down.
    #[error("there is no {what} {key}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Under which code or key.
        key: String,
    },
    /// Several items have the code: a person says which. Add it by its key.
    #[error("the code {code} stands at several items: {}", names(items))]
    SeveralItems {
        /// What was typed or scanned.
        code: String,
        /// Key and name of each, in key order; none of them is retired.
        items: Vec<(String, String)>,
    },
    /// What was typed does not go.
    #[error("{what} cannot be used: {why}")]
    BadInput {
        /// What it is.
        what: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The audit plan does not have the item.
    #[error("{name} is not in the audit plan {plan}")]
    NotInPlan {
        /// The item.
        name: String,
        /// The plan.
        plan: String,
    },
    /// A receipt file that is not believed, or not one.
    #[error(transparent)]
    BadReceipt(#[from] BadExport),
    /// A receipt file about documents that this phone has not, or not like that.
    #[error(
        "the receipt is about documents of {till}/{enrolment} that are not this phone's; nothing has changed"
    )]
    OtherDocuments {
        /// The till it names.
        till: String,
        /// The till's n-th enrolment.
        enrolment: u32,
    },
    /// An export file could not be written.
    #[error(transparent)]
    NotWritten(#[from] WriteError),
    /// The customer has no account.
    #[error("{name} has no credit: sales cannot be put on account")]
    NoCredit {
        /// The customer.
        name: String,
    },
    /// A text that cannot stand in a document.
    #[error(transparent)]
    Text(#[from] domain::BadText),
    /// The item is not for sale.
    #[error("{name} is not for sale")]
    NotForSale {
        /// The item.
        name: String,
    },
    /// There is no exchange rate for the day.
    #[error("there is no exchange rate for {currency} on {day}")]
    NoRate {
        /// ISO 4217.
        currency: String,
        /// The business day.
        day: String,
    },
    /// No sale is open.
    #[error("no sale is open")]
    NoSale,
    /// A sale is open: finish, hold or cancel it first.
    #[error("a sale is open: finish, hold or cancel it first")]
    SaleOpen,
    /// What stands in the way of another centre, or of another enrolment.
    #[error("first: {0}")]
    NotYet(Blockers),
    /// The document cannot be voided or returned.
    #[error("{number} cannot be reversed: {why}")]
    NotReversible {
        /// Its number.
        number: String,
        /// Why.
        why: &'static str,
    },
    /// The sale refused.
    #[error(transparent)]
    Sale(#[from] domain::SaleError),
    /// The money does not fit.
    #[error(transparent)]
    Money(#[from] domain::MoneyError),
}

fn names(items: &[(String, String)]) -> String {
    items.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What a shell must do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Wait, or try again: the network or the back office is in the way.
    TryAgain,
    /// Show the sentence and let the input be corrected.
    Correct,
    /// Somebody with the right, or the right PIN, is wanted.
    AskSomebody,
    /// Lead to Settings or Sync.
    SetUp,
    /// Disk, files or key store want attention.
    MendDevice,
    /// Call `resume`.
    Resume,
}

impl TillError {
    pub(crate) fn bad_input(what: &'static str, why: String) -> TillError {
        TillError::BadInput { what, why }
    }

    /// Stable, for programs and for support.
    pub fn code(&self) -> &str {
        match self {
            TillError::Store(StoreError::DiskFull) => "disk-full",
            TillError::Store(StoreError::Newer { .. }) => "newer-file",
            TillError::Store(StoreError::Foreign { .. }) => "foreign-file",
            TillError::Store(StoreError::Suspended) => "suspended",
            TillError::Store(StoreError::NotEnrolled) => "not-enrolled",
            TillError::Store(StoreError::TooLong { .. }) => "too-long",
            TillError::Store(error) if error.is_of_the_file() => "damaged-file",
            TillError::Store(_) => "store",
            TillError::Sync(error) => error.code(),
            TillError::KeyStore { .. } => "key-store",
            TillError::Copied { .. } => "copied",
            TillError::WrongOffice { .. } => "wrong-office",
            TillError::NoCentre => "no-centre",
            TillError::OtherCentre { .. } => "other-centre",
            TillError::OtherBusiness { .. } => "other-business",
            TillError::NotSynced { .. } => "not-synced",
            TillError::BadSetting { .. } => "bad-setting",
            TillError::WrongPin { .. } => "wrong-pin",
            TillError::LockedOut { .. } => "locked-out",
            TillError::NoRight { .. } => "no-right",
            TillError::Unknown { .. } => "unknown",
            TillError::SeveralItems { .. } => "several-items",
            TillError::BadInput { .. } | TillError::Text(_) => "bad-input",
            TillError::NoCredit { .. } => "no-credit",
            TillError::NotInPlan { .. } => "not-in-plan",
            TillError::BadReceipt(BadExport::Forged) => "receipt-forged",
            TillError::BadReceipt(_) => "receipt-unreadable",
            TillError::OtherDocuments { .. } => "receipt-other-documents",
            TillError::NotWritten(_) => "export",
            TillError::NotForSale { .. } => "not-for-sale",
            TillError::NoRate { .. } => "no-rate",
            TillError::NoSale => "no-sale",
            TillError::SaleOpen => "sale-open",
            TillError::NotYet { .. } => "not-yet",
            TillError::NotReversible { .. } => "not-reversible",
            TillError::Sale(_) => "sale",
            TillError::Money(_) => "money",
        }
    }

    /// What a shell must do about it.
    pub fn remedy(&self) -> Remedy {
        match self {
            TillError::Store(StoreError::Suspended) => Remedy::Resume,
            TillError::Store(StoreError::NotEnrolled) | TillError::Copied { .. } => Remedy::SetUp,
            TillError::Store(StoreError::TooLong { .. }) => Remedy::Correct,
            TillError::Store(_) | TillError::KeyStore { .. } | TillError::NotWritten(_) => Remedy::MendDevice,
            TillError::Sync(SyncError::Store(StoreError::Suspended)) => Remedy::Resume,
            TillError::Sync(SyncError::NothingPublished { .. }) => Remedy::SetUp,
            TillError::Sync(SyncError::Refused(problem)) if problem.status < 500 => Remedy::Correct,
            TillError::Sync(SyncError::Superseded { .. }) => Remedy::SetUp,
            TillError::Sync(error) if error.code() == "disk-full" => Remedy::MendDevice,
            TillError::Sync(_) => Remedy::TryAgain,
            TillError::NoCentre | TillError::NotSynced { .. } | TillError::BadSetting { .. } => Remedy::SetUp,
            TillError::WrongPin { .. }
            | TillError::LockedOut { .. }
            | TillError::NoRight { .. }
            | TillError::OtherCentre { .. } => Remedy::AskSomebody,
            _ => Remedy::Correct,
        }
    }

    /// Whether everything recorded before is safe. It always is: a document is durable before its
    /// call returns, and nothing but a settled document's age ever removes one.
    pub fn data_is_safe(&self) -> bool {
        true
    }
}

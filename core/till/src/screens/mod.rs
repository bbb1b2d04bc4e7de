//! What each screen shows, as plain values. Everything is decided here; shells draw.
//!
//! Texts that differ by language are named by keys (`section.items`, a trouble's code and advice);
//! a trouble also carries an English sentence with the facts, for languages a shell lacks.

mod changes;
mod history;
mod objects;
mod runs;
mod samples;
mod sell;
mod settings;
mod sync;

pub use changes::{
    ChangeCount, ChangeEntry, ChangeLine, ChangePlace, ChangeSummary, ChangeWhat, ChangesScreen,
};
pub use history::{
    DeliveryMark, DocumentPlace, DocumentView, FindingView, HistoryFilter, HistoryRow, HistoryScreen,
    SoldLine,
};
pub use objects::{Fact, FactValue, ObjectRow, ObjectView, ObjectsScreen, title};
pub use runs::{RunRow, RunsScreen};
pub use samples::Sample;
pub use sell::{CartLine, CartTender, CartView, SearchHit, SellScreen, StockView, TenderChoice, TenderRest};
pub use settings::{CentreView, EditView, SettingsScreen, UserChoice};
pub use sync::{
    CentreNews, Confirmed, LineState, MissingSection, ObjectMark, RedButton, RowState, RunEnd, RunStage,
    RunView, StageBar, StageName, SyncObject, SyncRow, SyncScreen, UnsentView,
};

use tillkit_domain::Money;

/// An amount of money, ready to be written in any country's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// Minor units: 1250 of GBP is 12.50 pounds.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// How many of the digits are decimals.
    pub decimals: u32,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Amount {
        Amount {
            minor: money.minor,
            currency: money.currency.code().into(),
            decimals: money.currency.exponent(),
        }
    }
}

/// An amount of a stored document, whose currency this version may not know.
fn amount(minor: i64, currency: &str) -> Amount {
    let decimals = tillkit_domain::Currency::parse(currency).map_or(2, tillkit_domain::Currency::exponent);
    Amount { minor, currency: currency.into(), decimals }
}

/// Why something is red, and what a person can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Stable; shells have sentences by it.
    pub code: String,
    /// English, with the facts.
    pub sentence: String,
    /// Whether what was recorded is safe.
    pub data_is_safe: bool,
    /// What to do.
    pub advice: Advice,
}

/// What a person can do about a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Nothing: it is tried again by itself.
    Wait,
    /// See whether the phone has a network.
    CheckNetwork,
    /// Open a web page: a sign-in page is in the way.
    SignInToNetwork,
    /// Set date and time to automatic.
    SetClock,
    /// Update the app, or ask for the back office to be updated.
    Update,
    /// Ask the back office for a new pairing code.
    PairAgain,
    /// Choose a centre under Settings, or ask for one to be published.
    ChooseCentre,
    /// Tap the row again.
    TapRow,
    /// Make room on the phone.
    FreeSpace,
    /// Ask the back office to look at it.
    AskBackOffice,
}

impl Advice {
    /// What helps against a trouble of this code.
    fn of(code: &str) -> Advice {
        match code {
            "no-route" | "no-address" => Advice::CheckNetwork,
            "captive-portal" => Advice::SignInToNetwork,
            "clock-wrong" | "clock" => Advice::SetClock,
            "version" | "newer-file" => Advice::Update,
            "not-authorised" | "unauthorised" | "revoked" | "superseded" | "copied" | "not-enrolled" => {
                Advice::PairAgain
            }
            "nothing-published" | "no-centre" | "no-subscription" => Advice::ChooseCentre,
            "disk-full" | "folder" => Advice::FreeSpace,
            "mismatch" | "blob-bad" | "cancelled" | "waits-for" => Advice::TapRow,
            "untrusted"
            | "manifest-disbelieved"
            | "not-understood"
            | "document-refused"
            | "part-refused"
            | "no-right" => Advice::AskBackOffice,
            _ => Advice::Wait,
        }
    }
}

impl Trouble {
    /// A trouble of the sync. Documents are safe in all of them: see `SyncError::data_is_safe`.
    pub fn of_red(red: &tillkit_sync::status::Red) -> Trouble {
        Trouble {
            code: red.code.clone(),
            sentence: red.sentence.clone(),
            data_is_safe: true,
            advice: Advice::of(&red.code),
        }
    }

    /// What a refused call shows.
    pub fn of(error: &crate::TillError) -> Trouble {
        Trouble {
            code: error.code().into(),
            sentence: error.to_string(),
            data_is_safe: error.data_is_safe(),
            advice: Advice::of(error.code()),
        }
    }
}

//! Refusals, split by what a shell must do about them.

use tillkit::TillError as Core;
use tillkit_domain::AmountError;

/// Why the till refused. The call has changed nothing, and what was recorded before is safe whenever
/// `data_safe` says so. `code` is stable: translate by it; `sentence` is English, with the facts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum TillError {
    /// The network or the back office is in the way: nothing to do but wait or try again.
    #[error("{sentence}")]
    TryAgain {
        /// Stable.
        code: String,
        /// English.
        sentence: String,
        /// Whether what was recorded is safe.
        data_safe: bool,
    },
    /// What was typed or tapped does not go: show the sentence, let it be corrected.
    #[error("{sentence}")]
    Refused {
        /// Stable.
        code: String,
        /// English.
        sentence: String,
        /// Whether what was recorded is safe.
        data_safe: bool,
    },
    /// The typed text can be two numbers: ask which one, naming both.
    #[error("{sentence}")]
    TwoReadings {
        /// Stable.
        code: String,
        /// English.
        sentence: String,
        /// Whether what was recorded is safe.
        data_safe: bool,
        /// What was typed.
        text: String,
        /// If its sign separates groups.
        grouped: Box<Reading>,
        /// If its sign is the decimal one.
        decimal: Box<Reading>,
    },
    /// Several items have the code: ask which, and add it by its key.
    #[error("{sentence}")]
    SeveralItems {
        /// Stable.
        code: String,
        /// English.
        sentence: String,
        /// Whether what was recorded is safe.
        data_safe: bool,
        /// What was typed or scanned.
        scanned: String,
        /// The items, in key order.
        items: Vec<ItemChoice>,
    },
    /// The signed-in user may not, or the PIN is wrong: ask somebody who may.
    #[error("{sentence}")]
    Forbidden {
        /// Stable.
        code: String,
        /// English.
        sentence: String,
        /// Whether what was recorded is safe.
        data_safe: bool,
    },
    /// Enrol, choose a centre or sync first: lead to Settings or Sync.
    #[error("{sentence}")]
    NotReady {
        /// Stable.
        code: String,
        /// English.
        sentence: String,
        /// Whether what was recorded is safe.
        data_safe: bool,
    },
    /// Disk, files or key store of the phone: make room, or call for help.
    #[error("{sentence}")]
    Device {
        /// Stable.
        code: String,
        /// English.
        sentence: String,
        /// Whether what was recorded is safe.
        data_safe: bool,
    },
    /// The till is suspended: call `resume` first.
    #[error("{sentence}")]
    Suspended {
        /// Stable.
        code: String,
        /// English.
        sentence: String,
        /// Whether what was recorded is safe.
        data_safe: bool,
    },
}

/// A reading of what was typed, in the writing of who typed it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Reading {
    /// To be shown: `1250.00`.
    pub shown: String,
    /// What to type for it: `1250`.
    pub typed: String,
}

/// An item to choose from.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ItemChoice {
    /// Its key.
    pub item: String,
    /// As printed.
    pub name: String,
}

impl From<Core> for TillError {
    fn from(error: Core) -> TillError {
        let (code, sentence, data_safe) = (error.code().to_string(), error.to_string(), error.data_is_safe());
        if let Core::SeveralItems { code: scanned, items } = error {
            let items = items.into_iter().map(|(item, name)| ItemChoice { item, name }).collect();
            return TillError::SeveralItems { code, sentence, data_safe, scanned, items };
        }
        match error.remedy() {
            tillkit::Remedy::TryAgain => TillError::TryAgain { code, sentence, data_safe },
            tillkit::Remedy::Correct => TillError::Refused { code, sentence, data_safe },
            tillkit::Remedy::AskSomebody => TillError::Forbidden { code, sentence, data_safe },
            tillkit::Remedy::SetUp => TillError::NotReady { code, sentence, data_safe },
            tillkit::Remedy::MendDevice => TillError::Device { code, sentence, data_safe },
            tillkit::Remedy::Resume => TillError::Suspended { code, sentence, data_safe },
        }
    }
}

impl From<tillkit_domain::MoneyError> for TillError {
    fn from(error: tillkit_domain::MoneyError) -> TillError {
        Core::from(error).into()
    }
}

impl From<AmountError> for TillError {
    fn from(error: AmountError) -> TillError {
        let sentence = error.to_string();
        match error {
            AmountError::TwoReadings { text, grouped, decimal } => TillError::TwoReadings {
                code: "two-readings".into(),
                sentence,
                data_safe: true,
                text,
                grouped: Box::new(grouped.into()),
                decimal: Box::new(decimal.into()),
            },
            AmountError::Money(error) => error.into(),
            _ => TillError::Refused { code: "money".into(), sentence, data_safe: true },
        }
    }
}

impl From<tillkit_domain::Reading> for Reading {
    fn from(reading: tillkit_domain::Reading) -> Reading {
        Reading { shown: reading.shown, typed: reading.typed }
    }
}

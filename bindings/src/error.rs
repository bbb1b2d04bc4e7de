//! Refusals, split by what a shell must do about them.

use tillkit::TillError as Core;

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

impl From<Core> for TillError {
    fn from(error: Core) -> TillError {
        let (code, sentence, data_safe) = (error.code().to_string(), error.to_string(), error.data_is_safe());
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

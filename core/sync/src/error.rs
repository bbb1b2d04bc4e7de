use std::io::ErrorKind;

use tillkit_protocol::{
    Problem,
    limits::SECTION_ROWS,
    manifest::Disbelieved,
    problem::{ProblemType, Retry},
    rows::BadBlob,
};
use tillkit_store::StoreError;

use crate::NetError;

/// Why the till stands offline: told apart, because each wants something else done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Cause {
    /// Nothing answers at the address.
    NoRoute,
    /// Something answers that is not a back office: a hotel's page, a proxy.
    CaptivePortal,
    /// The certificate is not to be trusted.
    Untrusted,
    /// The back office answers, but cannot do its work now.
    ServerDown,
    /// The back office does not accept this till's credential.
    NotAuthorised,
    /// The till's clock is too far off for a credential.
    ClockWrong,
    /// The major versions differ.
    VersionMismatch,
}

impl Cause {
    /// Stable, for programs and for support.
    pub fn code(self) -> &'static str {
        match self {
            Cause::NoRoute => "no-route",
            Cause::CaptivePortal => "captive-portal",
            Cause::Untrusted => "untrusted",
            Cause::ServerDown => "server-down",
            Cause::NotAuthorised => "not-authorised",
            Cause::ClockWrong => "clock-wrong",
            Cause::VersionMismatch => "version",
        }
    }
}

/// Why a sync step did not succeed. Documents are safe in every case: they stay until acknowledged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// No answer, or none of a back office.
    #[error("offline: {detail}")]
    Offline {
        /// Which kind of offline.
        cause: Cause,
        /// The facts.
        detail: String,
    },
    /// The back office refused, and said why.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// An answer that is none of the protocol's.
    #[error("the answer to {request} is not understood: {why}")]
    NotUnderstood {
        /// The path.
        request: String,
        /// What refused.
        why: String,
    },
    /// A manifest that is not believed; everything stays as it was.
    #[error(transparent)]
    Disbelieved(#[from] Disbelieved),
    /// A blob that cannot be used; everything stays as it was.
    #[error(transparent)]
    Blob(#[from] BadBlob),
    /// More rows than a section may have.
    #[error("{section} would have {rows} rows, {limit} are allowed", limit = SECTION_ROWS)]
    TooManyRows {
        /// The section.
        section: String,
        /// Rows of the manifest.
        rows: u64,
    },
    /// What this section needs could not be brought up to date.
    #[error("{section} waits for {needs}")]
    WaitsFor {
        /// The section.
        section: String,
        /// What it needs.
        needs: String,
    },
    /// The centre knows a document of this enrolment that this phone does not have, or another one of a
    /// number that it has.
    #[error(
        "this phone holds an old copy of {till}/{enrolment}: the centre has other documents, up to {centre_seq}, this phone up to {own_seq}; enrol again, unsent documents are kept"
    )]
    Superseded {
        /// The till.
        till: String,
        /// Its enrolment.
        enrolment: u32,
        /// How far the centre is.
        centre_seq: u64,
        /// How far this phone is.
        own_seq: u64,
    },
    /// No centre has been chosen, or the centre has published nothing.
    #[error("there is nothing to receive: {why}")]
    NothingPublished {
        /// Which of the two.
        why: &'static str,
    },
    /// The signed-in user's role lacks the right to receive by hand. Documents go all the same.
    #[error(
        "the role of who is signed in lacks the right data_exchange: nothing was received, documents are sent"
    )]
    NoRight,
    /// A person cancelled. What is here stays; the next run goes on from it.
    #[error("cancelled")]
    Cancelled,
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file beside the store refused.
    #[error("the folder for downloads cannot be used: {0}")]
    Folder(#[from] std::io::Error),
}

impl SyncError {
    /// Stable, for programs and for support.
    pub fn code(&self) -> &str {
        match self {
            SyncError::Offline { cause, .. } => cause.code(),
            SyncError::Refused(problem) => &problem.kind,
            SyncError::NotUnderstood { .. } => "not-understood",
            SyncError::Disbelieved(_) => "manifest-disbelieved",
            SyncError::Blob(_) | SyncError::Store(StoreError::Blob(_)) => "blob-bad",
            SyncError::TooManyRows { .. } => "too-many-rows",
            SyncError::WaitsFor { .. } => "waits-for",
            SyncError::Superseded { .. } => "superseded",
            SyncError::NothingPublished { .. } => "nothing-published",
            SyncError::NoRight => "no-right",
            SyncError::Cancelled => "cancelled",
            SyncError::Store(StoreError::DiskFull) => "disk-full",
            SyncError::Store(StoreError::Mismatch { .. }) => "mismatch",
            SyncError::Store(StoreError::Suspended) => "suspended",
            SyncError::Store(error) if error.is_of_the_file() => "damaged-file",
            SyncError::Store(_) => "store",
            SyncError::Folder(error) if error.kind() == ErrorKind::StorageFull => "disk-full",
            SyncError::Folder(_) => "folder",
        }
    }

    /// Why the till stands offline after this, if it does.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            SyncError::Offline { cause, .. } => Some(*cause),
            SyncError::Refused(problem) if problem.is(ProblemType::Version) => Some(Cause::VersionMismatch),
            SyncError::Refused(problem) if problem.is(ProblemType::Clock) => Some(Cause::ClockWrong),
            SyncError::Refused(problem) if problem.is(ProblemType::Revoked) => Some(Cause::NotAuthorised),
            SyncError::Refused(problem) if problem.is(ProblemType::Unauthorised) => {
                Some(Cause::NotAuthorised)
            }
            SyncError::Refused(problem) if problem.status >= 500 => Some(Cause::ServerDown),
            _ => None,
        }
    }

    /// Whether a file of the till is damaged.
    pub(crate) fn is_of_the_file(&self) -> bool {
        matches!(self, SyncError::Store(error) if error.is_of_the_file())
    }

    /// Whether trying again later, unchanged, may succeed.
    pub fn may_pass(&self) -> bool {
        match self {
            SyncError::Refused(problem) => {
                !matches!(problem.retry, Retry::Never | Retry::Upgrade | Retry::Operator)
            }
            SyncError::Superseded { .. } | SyncError::NoRight | SyncError::Cancelled => false,
            _ => true,
        }
    }

    /// Whether the documents on this phone are safe. They always are: only an acknowledgement that is
    /// durable on both sides takes one out of what is unsent, and nothing here deletes one.
    pub fn data_is_safe(&self) -> bool {
        true
    }
}

impl From<NetError> for SyncError {
    fn from(error: NetError) -> SyncError {
        let cause = match error {
            NetError::Tls(_) => Cause::Untrusted,
            _ => Cause::NoRoute,
        };
        SyncError::Offline { cause, detail: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_phone_is_a_full_phone_whichever_file_it_hits() {
        let beside = SyncError::Folder(ErrorKind::StorageFull.into());
        assert_eq!((beside.code(), beside.may_pass()), ("disk-full", true));
        assert_eq!(beside.code(), SyncError::Store(StoreError::DiskFull).code());
        assert_eq!(SyncError::Folder(ErrorKind::PermissionDenied.into()).code(), "folder");
    }
}

//! What can go wrong inside, in one type; the edge (`problem.rs`) makes a problem of it.

use tillkit_protocol::{canonical::Unwritable, problem::ProblemType};

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request is at fault, or must wait: told to whoever asked, in these words.
    #[error("{} {}", kind.title(), detail)]
    Refused {
        /// What a program acts on.
        kind: ProblemType,
        /// The facts, for people; may be empty.
        detail: String,
    },
    /// A till's clock is too far from ours; it is told ours, so that it can prove itself again.
    #[error("the till's clock is too far from {now_ms}")]
    Clock {
        /// Server clock, Unix milliseconds.
        now_ms: i64,
    },
    /// The database refused or is away. Nothing of the transaction has happened.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The database is of a newer version, or a migration did not run.
    #[error("the database could not be brought to this version: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The object store refused or is away.
    #[error("the object store failed: {0}")]
    Blobs(#[from] object_store::Error),
    /// A file or a socket failed.
    #[error("input or output failed: {0}")]
    Io(#[from] std::io::Error),
    /// Somebody else wrote in between; the transaction is tried again.
    #[error("another writer was faster")]
    Overtaken,
    /// A sum would be larger than it may be. Nothing of the transaction has happened.
    #[error("a sum would be too large")]
    SumTooLarge,
    /// Stored bytes do not read as what they must be.
    #[error("the database holds something unreadable: {0}")]
    Unreadable(&'static str),
    /// A value has no canonical line.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// A background task ended before it answered.
    #[error("the back office is stopping")]
    Stopping,
    /// The configuration of the process makes no sense.
    #[error("{0}")]
    Setup(String),
}

/// What functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A refusal of this type with the facts of this case.
    pub fn refused(kind: ProblemType, detail: impl Into<String>) -> Error {
        Error::Refused { kind, detail: detail.into() }
    }

    /// The request is not understood, and this is why.
    pub fn malformed(detail: impl Into<String>) -> Error {
        Error::refused(ProblemType::Malformed, detail)
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Error {
        Error::refused(ProblemType::NotFound, detail)
    }

    /// Whether the same transaction may succeed when it runs again: two transactions crossed.
    pub(crate) fn is_crossed(&self) -> bool {
        let Error::Database(sqlx::Error::Database(error)) = self else {
            return matches!(self, Error::Overtaken);
        };
        // PostgreSQL: serialization failure, deadlock; a unique violation is what two inserts of
        // one key look like there when the first has just committed.
        matches!(error.code().as_deref(), Some("40001" | "40P01")) || error.is_unique_violation()
    }
}

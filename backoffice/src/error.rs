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
    /// The code met a case that it was not made for.
    #[error("the back office failed at it")]
    Panicked,
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

    /// Whether the same will happen again with what it was about, and with nothing else: the database is well.
    pub(crate) fn is_of_a_document(&self) -> bool {
        match self {
            Error::Panicked | Error::Unreadable(_) | Error::Unwritable(_) | Error::SumTooLarge => true,
            Error::Database(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| says_the_statement(&code))
            }
            Error::Database(error) => matches!(
                error,
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::Encode(_)
            ),
            _ => false,
        }
    }
}

/// Whether a database's code is about a statement and its values, not about the database: of PostgreSQL's classes
/// (documentation, appendix A) cardinality, data, integrity and limits; of SQLite's result codes error, too big,
/// constraint, mismatch and range.
fn says_the_statement(code: &str) -> bool {
    if code.len() == 5 {
        return ["21", "22", "23", "54"].iter().any(|class| code.starts_with(class));
    }
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 1 | 18 | 19 | 20 | 25))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_no_documents_fault() {
        for (code, expected) in [
            ("1811", true), // SQLITE_CONSTRAINT_TRIGGER
            ("20", true),
            ("13", false),  // SQLITE_FULL
            ("778", false), // SQLITE_IOERR_WRITE
            ("5", false),
            ("22021", true), // character_not_in_repertoire
            ("54000", true),
            ("53100", false), // disk_full
            ("57P01", false), // admin_shutdown
            ("40001", false),
        ] {
            assert_eq!(says_the_statement(code), expected, "{code}");
        }
    }
}

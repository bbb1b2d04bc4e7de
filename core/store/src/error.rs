use std::{io, path::PathBuf};

use tillkit_protocol::{canonical::Unwritable, limits, rows::BadBlob};

/// Why the store refused. What was recorded before is as it was: each call is one transaction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No room for the next document. Nothing was recorded; everything before is safe.
    #[error("the disk is full: nothing was recorded, everything before is safe")]
    DiskFull,
    /// The file is from a newer version of this app. It was not touched.
    #[error(
        "{file} has version {found}, this app knows up to {known}: update the app; the file is untouched"
    )]
    Newer {
        /// Which file.
        file: PathBuf,
        /// Its version.
        found: u32,
        /// The newest this code knows.
        known: u32,
    },
    /// The file is another program's, or no database. It was not touched.
    #[error("{file} is not a file of this till; it is untouched")]
    Foreign {
        /// Which file.
        file: PathBuf,
    },
    /// SQLite cannot read the file. It was kept as it is.
    #[error("{file} is damaged ({why}); it is kept as it is")]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// SQLite's words.
        why: String,
    },
    /// The folder cannot be made or read.
    #[error("the folder {folder} cannot be used")]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// Between `suspend` and `resume`.
    #[error("the till is suspended; nothing was done")]
    Suspended,
    /// No enrolment yet.
    #[error("this till is not enrolled")]
    NotEnrolled,
    /// A blob that cannot be used; nothing of it is live.
    #[error(transparent)]
    Blob(#[from] BadBlob),
    /// What was loaded does not add up to what the manifest says; nothing of the section has changed.
    #[error(
        "{kind} of {section}: {found_rows} rows are here, the centre has {expected_rows}, or their digests differ; nothing has changed"
    )]
    Mismatch {
        /// The section.
        section: String,
        /// The object inside it.
        kind: String,
        /// Rows of the manifest.
        expected_rows: u64,
        /// Rows that came.
        found_rows: u64,
    },
    /// The section was not loaded for this generation.
    #[error("{section} is not loaded up to generation {generation}; nothing has changed")]
    NotLoaded {
        /// The section.
        section: String,
        /// The generation asked for.
        generation: u64,
    },
    /// A document that no back office would take. Nothing was recorded.
    #[error("the document would have {bytes} bytes, {limit} are allowed: nothing was recorded", limit = limits::DOCUMENT_BYTES)]
    TooLong {
        /// What it would have.
        bytes: usize,
    },
    /// A document that has no canonical line.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// A stored value that this code cannot read.
    #[error("{what} in the store cannot be read: {why}")]
    Unreadable {
        /// What it is.
        what: &'static str,
        /// What refused.
        why: String,
    },
    /// Anything else SQLite says.
    #[error("the database refused")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => StoreError::DiskFull,
            Some(Code::OperationInterrupted) => StoreError::Suspended,
            _ => StoreError::Sqlite(error),
        }
    }
}

impl StoreError {
    /// Whether the file itself is at fault: a `centre.db` is then put aside ([`Centre::rebuild`](crate::Centre::rebuild)),
    /// a `journal.db` is kept for a person to look at.
    pub fn is_of_the_file(&self) -> bool {
        use rusqlite::ErrorCode as Code;
        match self {
            StoreError::Foreign { .. } | StoreError::Damaged { .. } => true,
            StoreError::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(Code::DatabaseCorrupt | Code::NotADatabase))
            }
            _ => false,
        }
    }
}

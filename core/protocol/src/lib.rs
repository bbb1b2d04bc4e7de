//! The wire between a till and a back office, as types both sides share.
//!
//! Two flows that never mix: configuration comes down as signed manifests over immutable blobs of
//! rows, documents go up as signed lines. Nothing here waits, opens a socket or reads a clock.
//!
//! - [`canonical`]: the one text form a line may have, so that its hash means something.
//! - [`digest`]: SHA-256 of bytes, the 128-bit sum of a kind's rows.
//! - [`keys`]: Ed25519 with a label for each use.
//! - [`sections`]: the rows of the sync screen, declared once.
//! - [`settings`]: the bodies of configuration kinds a till understands.
//! - [`rows`]: how rows travel: blobs, their borders, their limits.
//! - [`manifest`]: what a centre publishes, signed.
//! - [`document`]: what a till records, signed and chained; [`bodies`] holds what is inside.
//! - [`export`]: the same documents as a file, and the receipt for it.
//! - [`wire`]: requests and answers; [`problem`]: refusals; [`limits`]: the numbers in force.

pub mod bodies;
pub mod canonical;
#[cfg(tillkit_defects)]
pub mod defects;
pub mod digest;
pub mod document;
pub mod export;
pub mod keys;
pub mod limits;
pub mod manifest;
pub mod problem;
pub mod rows;
pub mod sections;
pub mod settings;
pub mod wire;

pub use digest::{Hash, KindDigest};
pub use document::{DocumentLine, Kind, Record};
pub use manifest::Manifest;
pub use problem::Problem;
pub use sections::Section;

/// The protocol version this code speaks, as sent in the header [`VERSION_HEADER`].
pub const VERSION: &str = "1.0";

/// The major version: it must match before configuration is received. Documents are stored whatever it is.
pub const MAJOR: u32 = 1;

/// The major of a version as it is sent.
///
/// ```
/// assert_eq!(tillkit_protocol::major_of("2.1"), Some(2));
/// assert_eq!(tillkit_protocol::major_of("two"), None);
/// ```
pub fn major_of(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// On every request and every answer. An answer without it came from somebody else (a captive portal).
pub const VERSION_HEADER: &str = "tillkit-protocol";

/// Media type of zstd-compressed NDJSON. No `Content-Encoding`, so that lengths and hashes survive proxies.
pub const NDJSON_ZSTD: &str = "application/vnd.tillkit.ndjson+zstd";

//! Two lanes between a till and its centre, and neither waits for the other.
//!
//! - [`machine`] decides: what a tap, an answer or a failure leads to. Pure.
//! - [`driver`] performs what was decided and reports back: tokio, files, the store; [`status`] is
//!   what people see of it.
//! - [`subscription`]: which centre it is all about, and what of its settings is here.
//! - [`client`] speaks the protocol over a [`Transport`]: one request in, a status, headers and a
//!   byte stream out. Credentials, limits and decoding stand here, above the transport.
//! - [`loader`] brings a section's blobs into its idle slot, three deep.
//!
//! Clock and randomness are injected through [`Rim`], threads through [`Aside`].

mod aside;
pub mod client;
pub mod driver;
mod error;
pub mod loader;
pub mod machine;
pub mod status;
pub mod subscription;
pub mod transport;

use std::sync::Arc;

pub use aside::Aside;
pub use client::{Client, Identity};
pub use driver::{Engine, Parts, RunHandle};
pub use error::{Cause, SyncError};
pub use machine::{Scope, Trigger};
pub use status::Report;
pub use subscription::{SUBSCRIPTION, is_here, lacking, subscription};
pub use transport::{HttpTransport, NetError, Request, Response, Transport};

/// Clock and randomness, as the shell provides them.
pub trait Rim: Send + Sync {
    /// Unix milliseconds of the wall clock, which people can set.
    fn now_ms(&self) -> i64;
    /// Milliseconds of a clock nobody can set, since an arbitrary start.
    fn monotonic_ms(&self) -> i64;
    /// Local time minus UTC at that instant, milliseconds: what a business day is counted by.
    fn utc_offset_ms(&self, at_ms: i64) -> i64;
    /// Fills `bytes` with randomness fit for keys.
    fn random(&self, bytes: &mut [u8]);
}

/// A rim that many parts share.
pub type SharedRim = Arc<dyn Rim>;

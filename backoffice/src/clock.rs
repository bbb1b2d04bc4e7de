//! Time and chance, injected so that a test or a demonstration decides both.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::error::{Error, Result};

/// A wall clock: Unix milliseconds.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// A clock that asks `now_ms` each time.
    pub fn new(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now_ms))
    }

    /// The machine's.
    pub fn system() -> Clock {
        Clock::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
    }

    /// Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Clock at {}", self.now_ms())
    }
}

type Fill = dyn Fn(&mut [u8]) -> std::io::Result<()> + Send + Sync;

/// Where keys, codes and salts come from.
#[derive(Clone)]
pub struct Randomness(Arc<Fill>);

impl Randomness {
    /// A source that fills what it is given.
    pub fn new(fill: impl Fn(&mut [u8]) -> std::io::Result<()> + Send + Sync + 'static) -> Randomness {
        Randomness(Arc::new(fill))
    }

    /// The machine's.
    pub fn system() -> Randomness {
        Randomness::new(|bytes| getrandom::fill(bytes).map_err(std::io::Error::other))
    }

    /// `N` random bytes.
    ///
    /// # Errors
    /// The source's own.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        (self.0)(&mut bytes).map_err(Error::Io)?;
        Ok(bytes)
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Randomness")
    }
}

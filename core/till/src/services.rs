//! What the phone provides: clock, randomness, key store, network. Each with one for ordinary machines.

use std::{
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use chacha20poly1305::{KeyInit, XChaCha20Poly1305, aead::Aead};
use tillkit_sync::{Aside, HttpTransport, NetError, Rim, SharedRim, Transport};
use zeroize::Zeroizing;

use crate::TillError;

/// Seals the till's secrets so that a copied file is worth nothing on another phone.
///
/// On a phone it is Android's Keystore or Apple's Keychain. It is asked when a till is opened,
/// enrolled or subscribed, never in the sale path.
pub trait KeyStore: Send + Sync {
    /// Seals `secret` with a key that does not leave this device.
    ///
    /// # Errors
    /// [`TillError::KeyStore`] with the platform's reason.
    fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, TillError>;

    /// Opens what [`KeyStore::seal`] sealed on this device.
    ///
    /// # Errors
    /// [`TillError::KeyStore`] if the key is missing: the file was copied or restored.
    fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, TillError>;
}

/// Makes the transport to an address.
pub type Connect = Arc<dyn Fn(&str) -> Result<Arc<dyn Transport>, NetError> + Send + Sync>;

/// All of them together.
#[derive(Clone)]
pub struct Services {
    /// Clock and randomness.
    pub rim: SharedRim,
    /// Seals secrets.
    pub keys: Arc<dyn KeyStore>,
    /// Makes the transport to an address.
    pub connect: Connect,
    /// Name and version of the app, as told to the back office.
    pub app: String,
    /// Where sync waits for the disk: on threads, unless everything has to happen in one order.
    pub aside: Aside,
}

impl Services {
    /// The services of an ordinary machine: its clock, HTTP, and a key file in `keys`.
    pub fn of_this_machine(keys: &Path) -> Services {
        Services {
            rim: Arc::new(SystemRim::default()),
            keys: Arc::new(FileKeyStore::new(keys)),
            connect: Arc::new(|url| Ok(Arc::new(HttpTransport::new(url)?))),
            app: concat!("tillkit ", env!("CARGO_PKG_VERSION")).into(),
            aside: Aside::Threads,
        }
    }
}

/// The machine's own clock and randomness.
pub struct SystemRim {
    started: Instant,
}

impl Default for SystemRim {
    fn default() -> SystemRim {
        SystemRim { started: Instant::now() }
    }
}

impl Rim for SystemRim {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic_ms(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn utc_offset_ms(&self, at_ms: i64) -> i64 {
        let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
        i64::from(jiff::tz::TimeZone::system().to_offset(at).seconds()) * 1000
    }

    fn random(&self, bytes: &mut [u8]) {
        // The kernel's generator does not fail once it has been seeded, which is before any app runs.
        if getrandom::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}

/// A key in a file, readable by its owner alone: for desktops, servers and tests.
///
/// It recognises a copied till as long as the key file was not copied with it. Seals with
/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), the nonce in front.
pub struct FileKeyStore {
    path: PathBuf,
}

const NONCE_LEN: usize = 24;

impl FileKeyStore {
    /// The key store whose key is, or will be, in this file.
    pub fn new(path: &Path) -> FileKeyStore {
        FileKeyStore { path: path.to_path_buf() }
    }

    fn cipher(&self, make: bool) -> Result<XChaCha20Poly1305, TillError> {
        let key = match std::fs::read(&self.path) {
            Err(error) if make && error.kind() == ErrorKind::NotFound => self.make(),
            read => read.map(Zeroizing::new),
        };
        let key = key.map_err(|error| self.failed(&error))?;
        XChaCha20Poly1305::new_from_slice(&key).map_err(|error| self.failed(&error))
    }

    fn make(&self) -> std::io::Result<Zeroizing<Vec<u8>>> {
        let mut key = Zeroizing::new(vec![0; 32]);
        getrandom::fill(&mut key).map_err(std::io::Error::other)?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path)?;
        file.write_all(&key)?;
        file.sync_all()?;
        Ok(key)
    }

    fn failed(&self, why: &dyn std::fmt::Display) -> TillError {
        TillError::KeyStore { why: format!("{}: {why}", self.path.display()) }
    }
}

impl KeyStore for FileKeyStore {
    fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, TillError> {
        seal(&self.cipher(true)?, secret)
    }

    fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, TillError> {
        unseal(&self.cipher(false)?, sealed)
            .ok_or_else(|| self.failed(&"the key of this device does not open it"))
    }
}

/// A key that is gone with the process: for previews and tests.
pub struct MemoryKeyStore(XChaCha20Poly1305);

impl MemoryKeyStore {
    /// A key store with a key of its own.
    ///
    /// # Errors
    /// [`TillError::KeyStore`] if the machine gives no randomness.
    pub fn new() -> Result<MemoryKeyStore, TillError> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(no_randomness)?;
        Ok(MemoryKeyStore(XChaCha20Poly1305::new((&*key).into())))
    }
}

impl KeyStore for MemoryKeyStore {
    fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, TillError> {
        seal(&self.0, secret)
    }

    fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, TillError> {
        unseal(&self.0, sealed).ok_or_else(|| TillError::KeyStore { why: "another key sealed it".into() })
    }
}

fn no_randomness(error: getrandom::Error) -> TillError {
    TillError::KeyStore { why: error.to_string() }
}

/// Nonce in front, then what was sealed.
fn seal(cipher: &XChaCha20Poly1305, secret: &[u8]) -> Result<Vec<u8>, TillError> {
    let mut nonce = [0; NONCE_LEN];
    getrandom::fill(&mut nonce).map_err(no_randomness)?;
    let sealed = cipher.encrypt(&nonce.into(), secret);
    let sealed = sealed.map_err(|error| TillError::KeyStore { why: error.to_string() })?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// `None` if another key sealed it, or it is damaged.
fn unseal(cipher: &XChaCha20Poly1305, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
    cipher.decrypt(&(*nonce).into(), sealed).ok().map(Zeroizing::new)
}

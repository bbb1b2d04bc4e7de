//! What the phone provides. Foreign traits, all synchronous: they are called from the core's threads.

use std::sync::Arc;

use tillkit::KeyStore;
use zeroize::Zeroizing;

/// Why a service of the phone refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ServiceError {
    /// It refused, or threw.
    #[error("{reason}")]
    Failed {
        /// Its reason.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ServiceError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> ServiceError {
        ServiceError::Failed { reason: error.reason }
    }
}

/// Seals the till's secrets with a key that never leaves the phone: Android's Keystore, Apple's
/// Keychain. Asked when a till is opened, enrolled or subscribed; never in the sale path.
#[uniffi::export(with_foreign)]
pub trait SealingKeyStore: Send + Sync {
    /// Seals `secret` with the key of this device, made at first use.
    fn seal(&self, secret: Vec<u8>) -> Result<Vec<u8>, ServiceError>;
    /// Opens what `seal` sealed on this device; refuses if the key is missing or another.
    fn unseal(&self, sealed: Vec<u8>) -> Result<Vec<u8>, ServiceError>;
}

/// Tells the till that the phone's network came back, so that it need not wait for its timer.
/// Whether the back office can be reached is what the till's own requests say, never this.
#[uniffi::export(with_foreign)]
pub trait NetworkHints: Send + Sync {
    /// Called once, when the till is opened: keep the listener, and call it when a network appears.
    fn listen(&self, listener: Arc<NetworkListener>);
}

/// Prints receipts, and whatever else is durable.
#[uniffi::export(with_foreign)]
pub trait Printer: Send + Sync {
    /// Prints lines of at most 42 characters; returns when the printer has taken them.
    fn print(&self, text: String) -> Result<(), ServiceError>;
}

/// Takes the core's log lines, for the phone's own log. Never a PIN, a key, a token or a customer.
#[uniffi::export(with_foreign)]
pub trait LogSink: Send + Sync {
    /// One line; `level` is `error`, `warn`, `info`, `debug` or `trace`.
    fn log(&self, level: String, target: String, line: String);
}

/// What a till works with.
#[derive(uniffi::Record)]
pub struct TillServices {
    /// Seals secrets.
    pub key_store: Arc<dyn SealingKeyStore>,
    /// Says when a network appears.
    #[uniffi(default = None)]
    pub network: Option<Arc<dyn NetworkHints>>,
    /// Prints.
    #[uniffi(default = None)]
    pub printer: Option<Arc<dyn Printer>>,
    /// Name and version of the app, as told to the back office.
    pub app: String,
}

/// A key store whose key is in a file readable by its owner alone: for desktops and tests.
#[uniffi::export]
pub fn file_key_store(path: String) -> Arc<dyn SealingKeyStore> {
    Arc::new(OfRust(Arc::new(tillkit::FileKeyStore::new(path.as_ref()))))
}

/// A key store whose key is gone with the process: for previews and tests.
///
/// # Errors
/// If the machine gives no randomness.
#[uniffi::export]
pub fn memory_key_store() -> Result<Arc<dyn SealingKeyStore>, ServiceError> {
    let keys = tillkit::MemoryKeyStore::new().map_err(|error| failed(&error))?;
    Ok(Arc::new(OfRust(Arc::new(keys))))
}

/// Called when the phone's network appears.
#[derive(uniffi::Object)]
pub struct NetworkListener {
    pub(crate) till: std::sync::Mutex<Option<std::sync::Weak<crate::till::Till>>>,
}

#[uniffi::export]
impl NetworkListener {
    /// A network is there: whatever waits for a timer is tried now.
    pub fn network_appeared(&self) {
        let till = self.till.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if let Some(till) = till.and_then(|till| till.upgrade()) {
            till.reconnect();
        }
    }
}

/// Hands the core's log to the phone. The first sink wins; it stays for the life of the process.
#[uniffi::export]
pub fn log_to(sink: Arc<dyn LogSink>) {
    use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};
    // A second sink is refused by tracing; the first one goes on.
    drop(tracing_subscriber::registry().with(LevelFilter::INFO).with(ToSink(sink)).try_init());
}

struct ToSink(Arc<dyn LogSink>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for ToSink {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let mut line = Fields(String::new());
        event.record(&mut line);
        let about = event.metadata();
        self.0.log(about.level().as_str().to_lowercase(), about.target().into(), line.0);
    }
}

struct Fields(String);

impl tracing::field::Visit for Fields {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        use std::fmt::Write;
        let gap = if self.0.is_empty() { "" } else { " " };
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{gap}{value:?}"),
            name => write!(self.0, "{gap}{name}={value:?}"),
        };
    }
}

/// The phone's key store, as the core sees it.
pub(crate) struct OfPhone(pub Arc<dyn SealingKeyStore>);

impl KeyStore for OfPhone {
    fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, tillkit::TillError> {
        self.0.seal(secret.to_vec()).map_err(refused)
    }

    fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, tillkit::TillError> {
        self.0.unseal(sealed.to_vec()).map(Zeroizing::new).map_err(refused)
    }
}

/// The other way round.
struct OfRust(Arc<dyn KeyStore>);

impl SealingKeyStore for OfRust {
    fn seal(&self, secret: Vec<u8>) -> Result<Vec<u8>, ServiceError> {
        self.0.seal(&secret).map_err(|error| failed(&error))
    }

    fn unseal(&self, sealed: Vec<u8>) -> Result<Vec<u8>, ServiceError> {
        Ok(self.0.unseal(&sealed).map_err(|error| failed(&error))?.to_vec())
    }
}

fn refused(error: ServiceError) -> tillkit::TillError {
    tillkit::TillError::KeyStore { why: error.to_string() }
}

fn failed(error: &tillkit::TillError) -> ServiceError {
    ServiceError::Failed { reason: error.to_string() }
}

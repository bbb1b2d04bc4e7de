//! Who this till is: its enrolment and the key that goes with it.

use std::sync::Arc;

use tillkit_domain::text;
use tillkit_protocol::{
    Hash,
    keys::PrivateKey,
    wire::{Enrol, Enrolled, Remembered},
};
use tillkit_store::journal::Enrolment;
use tillkit_sync::{Client, Engine, Identity, Parts, SUBSCRIPTION};
use zeroize::Zeroizing;

use crate::{
    TillError,
    till::{Core, PEPPER},
};

/// Whether this phone may act as a till.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not enrolled yet: only Settings are open.
    New,
    /// Enrolled, its key at hand.
    Enrolled,
    /// The files were copied or restored: their key is missing. They can be read and exported; to
    /// sell, enrol again.
    Copied,
}

/// An enrolment at work.
pub(crate) struct Device {
    pub enrolment: Enrolment,
    pub key: PrivateKey,
    pub client: Arc<Client>,
    pub engine: Engine,
}

impl Core {
    /// Opens the newest enrolment with the key store's help.
    pub(crate) fn open_device(&self) -> Result<Option<Device>, TillError> {
        let Some(enrolment) = self.store.journal.enrolments()?.pop() else { return Ok(None) };
        let copied = |why: String| TillError::Copied { why };
        let seed =
            self.services.keys.unseal(&enrolment.sealed_key).map_err(|error| copied(error.to_string()))?;
        let seed: Zeroizing<[u8; 32]> = match seed.as_slice().try_into() {
            Ok(seed) => Zeroizing::new(seed),
            Err(_) => return Err(copied("the sealed key has another length".into())),
        };
        let key = PrivateKey::from_seed(&seed);
        if key.public() != enrolment.public_key {
            return Err(copied("the sealed key belongs to another till".into()));
        }
        let transport =
            (self.services.connect)(&enrolment.server_url).map_err(tillkit_sync::SyncError::from)?;
        let identity = Identity {
            tenant: enrolment.tenant.clone(),
            till: enrolment.till.clone(),
            enrolment: enrolment.enrolment,
            key: PrivateKey::from_seed(&seed),
        };
        let client = Arc::new(Client::new(transport, self.services.rim.clone(), Some(identity)));
        let parts = Parts {
            store: self.store.clone(),
            client: client.clone(),
            rim: self.services.rim.clone(),
            folder: self.folder.join("blobs"),
            images: self.folder.join("images"),
            till: enrolment.till.clone(),
            enrolment: enrolment.enrolment,
            tenant_key: enrolment.tenant_key,
            app: self.services.app.clone(),
            aside: self.services.aside,
        };
        let engine = Engine::start(parts, &self.runtime);
        Ok(Some(Device { enrolment, key, client, engine }))
    }

    /// Makes a key, proves it to the back office, and stores the enrolment with the sealed key.
    ///
    /// The key is sealed and stored before the request leaves: if the answer is lost, the same code
    /// with the same key gets the same answer again.
    pub(crate) async fn enrol(
        &self,
        url: &str,
        code: &str,
        device: &str,
        tenant: Option<Hash>,
    ) -> Result<Enrolled, TillError> {
        text::check("an address", url, text::NOTE_CHARS)?;
        text::check("the name of a device", device, text::NAME_CHARS)?;
        let seed = self.pending_seed(code)?;
        let key = PrivateKey::from_seed(&seed);
        let transport = (self.services.connect)(url).map_err(tillkit_sync::SyncError::from)?;
        let client = Client::new(transport, self.services.rim.clone(), None);
        client.hello().await?;
        let before = self.store.journal.enrolments()?;
        let remembered = before.iter().rev().take(Enrol::MOST_REMEMBERED).map(|known| Remembered {
            enrolment: known.enrolment,
            public_key: known.public_key,
            tenant_key: known.tenant_key,
            till: known.till.clone(),
        });
        let request = Enrol { remembered: remembered.collect(), ..Enrol::new(code, device, &key) };
        let enrolled = client.enrol(&request).await?;
        if let Some(expected) = tenant.filter(|expected| *expected != enrolled.tenant_key.fingerprint()) {
            return Err(TillError::WrongOffice { expected, found: enrolled.tenant_key.fingerprint() });
        }
        let unsent = self.store.journal.unsent()?.documents();
        let is_of_another = before.last().is_some_and(|last| last.tenant_key != enrolled.tenant_key);
        if is_of_another && unsent > 0 {
            return Err(TillError::OtherBusiness { tenant: enrolled.tenant, unsent });
        }
        let enrolment = Enrolment {
            tenant: enrolled.tenant.clone(),
            till: enrolled.till.clone(),
            enrolment: enrolled.enrolment,
            series: enrolled.series.clone(),
            server_url: url.trim_end_matches('/').into(),
            tenant_key: enrolled.tenant_key,
            sealed_key: self.services.keys.seal(seed.as_slice())?,
            public_key: key.public(),
            enrolled_ms: self.services.rim.now_ms(),
        };
        let known = before.iter().find(|known| {
            (known.till.as_str(), known.enrolment) == (enrolment.till.as_str(), enrolment.enrolment)
        });
        if known.is_some_and(|known| known.public_key != enrolment.public_key) {
            let why = format!("this phone has been {}/{} before", enrolment.till, enrolment.enrolment);
            return Err(tillkit_sync::SyncError::NotUnderstood { request: "/v1/enrol".into(), why }.into());
        }
        self.store.journal.write(|journal| {
            if known.is_none() {
                journal.add_enrolment(&enrolment)?;
            }
            if is_of_another {
                // Its centres may have the names of the other's.
                journal.set_setting(SUBSCRIPTION, b"")?;
                journal.set_setting(PEPPER, b"")?;
            }
            journal.set_setting(PENDING, b"")
        })?;
        if is_of_another {
            self.signed_in(None);
        }
        Ok(enrolled)
    }

    /// The key of an enrolment whose answer never came, if it was for the same code; else a new one.
    fn pending_seed(&self, code: &str) -> Result<Zeroizing<[u8; 32]>, TillError> {
        let code = tillkit_protocol::wire::normal_code(code);
        let pending = self.store.journal.setting(PENDING)?.unwrap_or_default();
        if let Some(sealed) = pending.strip_prefix(format!("{code}\n").as_bytes())
            && let Ok(seed) = self.services.keys.unseal(sealed)
            && let Ok(seed) = seed.as_slice().try_into()
        {
            return Ok(Zeroizing::new(seed));
        }
        let mut seed = Zeroizing::new([0; 32]);
        self.services.rim.random(seed.as_mut_slice());
        let sealed = self.services.keys.seal(seed.as_slice())?;
        let pending = [format!("{code}\n").as_bytes(), &sealed].concat();
        self.store.journal.write(|journal| journal.set_setting(PENDING, &pending))?;
        Ok(seed)
    }
}

/// What the QR beside a pairing code carries.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct PairingQr {
    /// Where the back office answers.
    pub url: String,
    /// The pairing code.
    pub code: String,
    /// The fingerprint of the tenant's key: who answers must own it.
    pub key: Hash,
}

impl PairingQr {
    /// Reads the text of a QR.
    ///
    /// # Errors
    /// [`TillError::Unknown`] if it is none of a back office's.
    ///
    /// ```
    /// assert!(tillkit::PairingQr::parse("https://example.org").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<PairingQr, TillError> {
        serde_json::from_str(text).map_err(|_| TillError::Unknown {
            what: "pairing code in this QR",
            key: text.chars().take(40).collect(),
        })
    }
}

/// The setting that holds a code and its sealed key while the answer is awaited.
const PENDING: &str = "pending_enrolment";

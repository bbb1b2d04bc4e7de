use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use tillkit_domain::Rights;
use tillkit_protocol::{
    Manifest, Section,
    document::Kind,
    settings,
    wire::{CentreInfo, Enrolled, Finding},
};
use tillkit_store::{
    Released, Store, StoreError,
    centre::{Found, LiveSection, LocalEdit, SyncRun},
    journal::{BrokenChain, Head, Recorded, Unsent},
};
use tillkit_sync::{
    Report, RunHandle, SUBSCRIPTION, Scope, SyncError, Trigger, client::ManifestAnswer, status::Status,
};
use tokio::{runtime::Handle, sync::watch};
use zeroize::Zeroizing;

use crate::{
    ConnectionTest, PairingQr, Services, Session, Standing, TillError,
    identity::Device,
    screens::{DocumentPlace, EditView},
};

/// A till on this device. Cheap to clone; every clone is the same till.
#[derive(Clone)]
pub struct Till(pub(crate) Arc<Core>);

pub(crate) struct Core {
    pub folder: PathBuf,
    pub store: Arc<Store>,
    pub services: Services,
    pub runtime: Handle,
    // Std mutex: held to clone or replace an Arc, never across an await.
    secrets: Mutex<Secrets>,
    // Std mutex: held for a copy. The last to sign in; who signs out is forgotten.
    signed_in: Mutex<Option<(String, Rights)>>,
    is_in_touch: AtomicBool,
    // Std mutex: held for a copy. The receipt made last, until it has been printed: what is printed later is a copy.
    unprinted: Mutex<Option<DocumentPlace>>,
    /// Wakes whoever shows the till: something was recorded, edited, enrolled, chosen.
    pub changes: watch::Sender<()>,
}

#[derive(Default)]
struct Secrets {
    device: Option<Arc<Device>>,
    is_copied: bool,
    pepper: Option<Arc<Zeroizing<Vec<u8>>>>,
}

/// The setting that holds the sealed PIN pepper of the chosen centre.
pub(crate) const PEPPER: &str = "pin_pepper";

/// What choosing a centre would bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentrePreview {
    /// The centre's id.
    pub centre: String,
    /// Its generation.
    pub generation: u64,
    /// Stored bytes to fetch.
    pub bytes: u64,
    /// By section.
    pub sections: Vec<SectionPreview>,
    /// Local edits that would be dropped.
    pub edits: Vec<EditView>,
    /// What must be done first, if another centre is to be chosen.
    pub blockers: Blockers,
}

/// What keeps a till from leaving its centre, or its enrolment: it would be mixed up with the next one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Blockers {
    /// Unsent documents.
    pub unsent: u64,
    /// Sales, returns, voids and cash movements that no closure lists yet: the next Z is the centre's they
    /// were made at.
    pub unclosed: u64,
    /// Held sales.
    pub held: u64,
    /// Whether a receipt is open.
    pub is_receipt_open: bool,
}

impl fmt::Display for Blockers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Blockers { unsent, unclosed, held, is_receipt_open } = self;
        let some = |count: &u64, what: &str| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            count => Some(format!("{count} {what}s")),
        };
        let parts = [
            some(unsent, "document").map(|documents| format!("{documents} to send")),
            some(held, "held sale").map(|sales| format!("{sales} to finish")),
            is_receipt_open.then(|| "an open receipt to finish".into()),
            some(unclosed, "document").map(|documents| format!("the day to close ({documents})")),
        ];
        out.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// What choosing a centre would bring in one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionPreview {
    /// Its name; a newer centre may have one that this version does not know.
    pub section: String,
    /// Whether this version has a use for it; what it has none for is not fetched.
    pub is_used: bool,
    /// Rows it has at the centre.
    pub rows: u64,
    /// Rows it has here.
    pub rows_here: u64,
    /// Stored bytes of its snapshot.
    pub bytes: u64,
}

impl Till {
    /// Opens the till in `folder`, making what is missing. Background work runs on `runtime`.
    ///
    /// A copied or restored till opens too, so that it can be read: see [`Till::standing`].
    ///
    /// # Errors
    /// [`TillError::Store`] with `Newer`, `Foreign` or `Damaged`: the file is untouched.
    pub fn open(folder: &Path, services: Services, runtime: Handle) -> Result<Till, TillError> {
        Till::over(Store::open(folder)?, folder, services, runtime)
    }

    pub(crate) fn over(
        store: Store,
        folder: &Path,
        services: Services,
        runtime: Handle,
    ) -> Result<Till, TillError> {
        let store = Arc::new(store);
        let secrets = Mutex::new(Secrets::default());
        let changes = watch::Sender::new(());
        let core = Core {
            folder: folder.to_path_buf(),
            store,
            services,
            runtime,
            secrets,
            signed_in: Mutex::default(),
            unprinted: Mutex::default(),
            is_in_touch: AtomicBool::new(false),
            changes,
        };
        core.open_secrets()?;
        Ok(Till(Arc::new(core)))
    }

    /// Whether this phone may act as a till.
    pub fn standing(&self) -> Standing {
        let secrets = self.0.secrets();
        match &secrets.device {
            Some(_) => Standing::Enrolled,
            None if secrets.is_copied => Standing::Copied,
            None => Standing::New,
        }
    }

    /// Turns this phone into a till with a pairing code from the back office at `url`.
    ///
    /// If the answer is lost, call it again with the same code. A till that was enrolled before keeps
    /// its documents, and sends them still. Before the first users have arrived, and for a copied till,
    /// the code is right enough; afterwards use [`Session::enrol_again`].
    ///
    /// # Errors
    /// [`TillError::NoRight`] after the first sync; [`TillError::Sync`] with `code-unknown`, `code-used`, `code-expired`, `too-many`, `no-route`, …
    pub async fn enrol(&self, url: &str, code: &str, device: &str) -> Result<Enrolled, TillError> {
        self.check_nobody_signs_in(crate::Right::Enrol)?;
        let enrolled = self.0.enrol(url, code, device, None).await?;
        self.0.open_secrets()?;
        Ok(enrolled)
    }

    /// The same with what a QR carries: the back office must own the key that the QR names.
    ///
    /// # Errors
    /// As [`Till::enrol`], and [`TillError::WrongOffice`]: then this phone is no till of that one.
    pub async fn enrol_by_qr(&self, qr: &PairingQr, device: &str) -> Result<Enrolled, TillError> {
        self.check_nobody_signs_in(crate::Right::Enrol)?;
        let enrolled = self.0.enrol(&qr.url, &qr.code, device, Some(qr.key)).await?;
        self.0.open_secrets()?;
        Ok(enrolled)
    }

    /// Tests the connection, step by step: to `url`, or to the back office of the enrolment.
    ///
    /// # Errors
    /// [`StoreError::NotEnrolled`] if there is neither.
    pub async fn test_connection(&self, url: Option<&str>) -> Result<ConnectionTest, TillError> {
        let device = self.0.secrets().device.clone();
        self.0.test_connection(url, device.as_deref()).await
    }

    /// The centres this till may choose from.
    ///
    /// # Errors
    /// [`TillError::Sync`].
    pub async fn centres(&self) -> Result<Vec<CentreInfo>, TillError> {
        Ok(self.0.device()?.client.centres().await?.centres)
    }

    /// What choosing a centre would bring, and which local edits would go.
    ///
    /// # Errors
    /// [`TillError::Sync`].
    pub async fn preview_centre(&self, centre: &str) -> Result<CentrePreview, TillError> {
        let device = self.0.device()?;
        let signed = match device.client.manifest(None, Some(centre)).await? {
            ManifestAnswer::Signed(signed) => signed,
            ManifestAnswer::Unchanged => {
                return Err(SyncError::NothingPublished { why: "no manifest came" }.into());
            }
        };
        let manifest =
            Manifest::verify(&signed, &device.enrolment.tenant_key, centre).map_err(SyncError::from)?;
        let view = self.0.store.centre.view()?;
        let mut sections = Vec::new();
        for (name, section) in &manifest.sections {
            let kinds = Section::of_name(name).map_or(&[][..], |section| section.spec().kinds);
            let rows_here = kinds.iter().map(|kind| view.count(kind)).sum::<Result<u64, _>>()?;
            sections.push(SectionPreview {
                section: name.clone(),
                is_used: Section::of_name(name).is_some(),
                rows: section.rows(),
                rows_here,
                bytes: section.snapshot_bytes(),
            });
        }
        drop(view);
        sections.sort_by_key(|section| {
            let known = Section::of_name(&section.section);
            (known.is_none(), known) // as the sync screen has them, unknown ones last
        });
        Ok(CentrePreview {
            centre: manifest.centre,
            generation: manifest.generation,
            bytes: sections
                .iter()
                .filter(|section| section.is_used)
                .fold(0, |sum, section| sum.saturating_add(section.bytes)),
            sections,
            edits: self.0.store.centre.edits()?.into_iter().map(EditView::from).collect(),
            blockers: self.0.blockers(centre)?,
        })
    }

    /// Chooses the centre this till subscribes to; the next sync replaces all settings by its own.
    ///
    /// Before the first users have arrived the pairing code is right enough; afterwards use
    /// [`Session::change_centre`].
    ///
    /// # Errors
    /// [`TillError::NoRight`] after the first sync; [`TillError::NotYet`], [`TillError::Sync`].
    pub async fn choose_centre(&self, centre: &str) -> Result<(), TillError> {
        self.check_nobody_signs_in(crate::Right::ChangeCentre)?;
        self.0.choose_centre(centre).await
    }

    /// What a right guards needs none while nobody can sign in: the till was copied, or what signing in
    /// needs is not here.
    pub(crate) fn check_nobody_signs_in(&self, right: crate::Right) -> Result<(), TillError> {
        match self.standing() {
            Standing::Enrolled if self.0.pepper().is_ok() && self.0.lacking()?.is_empty() => {
                Err(TillError::NoRight { user: "nobody".into(), right })
            }
            _ => Ok(()),
        }
    }

    /// The centre this till subscribes to.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn centre(&self) -> Result<Option<String>, TillError> {
        self.0.subscription()
    }

    /// Starts a sync, or joins the one under way. It goes on when the handle is dropped.
    ///
    /// Sending needs no right. To receive by hand, whoever is signed in needs `data_exchange`; without
    /// it the run only sends, and its report says `no-right`. Each use leaves an event.
    ///
    /// # Errors
    /// [`StoreError::NotEnrolled`], [`TillError::Copied`], [`TillError::Store`].
    pub fn sync(&self, scope: Scope, trigger: Trigger) -> Result<RunHandle, TillError> {
        let device = self.0.device()?;
        if !(trigger.is_by_hand() && scope.has_down() && self.0.lacking()?.is_empty()) {
            return Ok(device.engine.ask(scope, trigger, true));
        }
        let (may_receive, user) = match self.0.may_receive() {
            // Nobody's rights can be read, and this run is what mends that.
            Err(TillError::Store(error)) if error.is_of_the_file() => (true, None),
            found => found?,
        };
        if let Some(user) = user.filter(|_| may_receive) {
            let event = self.0.event(&user, "sync_by_hand", scope.name())?;
            self.0.write(|journal, record| record(journal, event))?;
        }
        Ok(device.engine.ask(scope, trigger, may_receive))
    }

    /// From now on the till keeps itself up to date: it listens for the back office's pokes, makes
    /// contact by the centre's schedule, and when the connection is back. What it finds is sent and
    /// applied as the centre's policy says.
    pub fn stay_in_touch(&self) {
        self.0.is_in_touch.store(true, Ordering::Relaxed);
        // A phone that is no till yet begins when it is enrolled.
        if let Ok(device) = self.0.device() {
            device.engine.stay_in_touch();
        }
    }

    /// For a job of the phone's scheduler: sends and fetches, and applies what the policy lets be
    /// applied without anybody; ends by `deadline`, and goes on next time where it stopped. `None` if
    /// the till was closed meanwhile.
    ///
    /// # Errors
    /// As [`Till::sync`].
    pub async fn run_for(&self, deadline: Duration) -> Result<Option<Report>, TillError> {
        let device = self.0.device()?;
        let mut run = std::pin::pin!(device.engine.ask(Scope::All, Trigger::Schedule, true).wait());
        match tokio::time::timeout(deadline, &mut run).await {
            Ok(report) => Ok(report),
            Err(_) => {
                device.engine.cancel();
                Ok(run.await)
            }
        }
    }

    /// A picture that came down with the attachments, by the key of its row; `None` while it is not here.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn image(&self, key: &str) -> Result<Option<Vec<u8>>, TillError> {
        let image: Option<settings::Image> = self.0.store.centre.view()?.read("image", key)?;
        let file = image.map(|image| self.0.folder.join("images").join(image.sha256.to_string()));
        match file.map(std::fs::read) {
            Some(Ok(bytes)) => Ok(Some(bytes)),
            Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(SyncError::Folder(error).into())
            }
            _ => Ok(None),
        }
    }

    /// Stops the sync under way at its next border; what is here stays.
    ///
    /// # Errors
    /// As [`Till::sync`].
    pub fn cancel_sync(&self) -> Result<(), TillError> {
        self.0.device()?.engine.cancel();
        Ok(())
    }

    /// Both lanes as they stand; the receiver wakes on each change, the current value first.
    ///
    /// # Errors
    /// As [`Till::sync`].
    pub fn status(&self) -> Result<watch::Receiver<Status>, TillError> {
        Ok(self.0.device()?.engine.status())
    }

    /// The badge: what the centre has not acknowledged.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn unsent(&self) -> Result<Unsent, TillError> {
        Ok(self.0.store.journal.unsent()?)
    }

    /// Whether everything has come down that selling needs, from the chosen centre.
    pub fn can_sell(&self) -> bool {
        self.0.lacking().is_ok_and(|lacking| lacking.is_empty())
    }

    /// What is live of each section.
    pub fn live(&self) -> std::collections::BTreeMap<String, LiveSection> {
        self.0.store.centre.all_live()
    }

    /// The newest documents first, at most `limit`, of these kinds (all, if none); `before` is the
    /// last one of the page before.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn history(
        &self,
        kinds: &[Kind],
        before: Option<&Recorded>,
        limit: usize,
    ) -> Result<Vec<Recorded>, TillError> {
        Ok(self.0.store.journal.history(kinds, before, limit)?)
    }

    /// One document of this phone.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn document(&self, till: &str, enrolment: u32, seq: u64) -> Result<Option<Recorded>, TillError> {
        Ok(self.0.store.journal.document(till, enrolment, seq)?)
    }

    /// What this till holds of a kind, by key, at most `limit` after `after`; any kind of
    /// [`Section`]'s, also one this version has no use for.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn objects(&self, kind: &str, after: Option<&str>, limit: usize) -> Result<Vec<Found>, TillError> {
        Ok(self.0.store.centre.view()?.list(kind, after, limit)?)
    }

    /// What the back office objects to.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn findings(&self) -> Result<Vec<Finding>, TillError> {
        Ok(self.0.store.journal.findings()?)
    }

    /// The newest sync runs, newest first.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn runs(&self, limit: usize) -> Result<Vec<SyncRun>, TillError> {
        Ok(self.0.store.centre.runs(limit)?)
    }

    /// Local edits that the next sync of their section drops.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn edits(&self) -> Result<Vec<LocalEdit>, TillError> {
        Ok(self.0.store.centre.edits()?)
    }

    /// Verifies hashes, links and signatures of every enrolment of this phone, up to each head.
    ///
    /// # Errors
    /// [`TillError::Store`]; the inner result says whether the chains hold.
    pub fn verify_chains(&self) -> Result<Result<Vec<Head>, BrokenChain>, TillError> {
        let journal = &self.0.store.journal;
        let mut heads = Vec::new();
        for enrolment in journal.enrolments()? {
            match journal.verify_chain(&enrolment.till, enrolment.enrolment, &enrolment.public_key)? {
                Ok(head) => heads.push(head),
                Err(broken) => return Ok(Err(broken)),
            }
        }
        Ok(Ok(heads))
    }

    /// Signs a cashier in by PIN, without any network.
    ///
    /// # Errors
    /// [`TillError::NotSynced`], [`TillError::WrongPin`], [`TillError::LockedOut`].
    pub fn sign_in(&self, user: &str, pin: &str) -> Result<Session, TillError> {
        Session::sign_in(self.0.clone(), user, pin)
    }

    /// Lets go of both files before the phone puts the app to sleep; see [`Store::suspend`].
    pub fn suspend(&self, deadline: Duration) -> Released {
        self.0.store.suspend(deadline)
    }

    /// Takes both files up again.
    ///
    /// # Errors
    /// As [`Till::open`].
    pub fn resume(&self) -> Result<(), TillError> {
        self.0.store.resume()?;
        if let Ok(device) = self.0.device()
            && self.0.is_in_touch.load(Ordering::Relaxed)
        {
            drop(device.engine.ask(Scope::All, Trigger::Reconnect, true));
        }
        self.0.changed();
        Ok(())
    }
}

impl Core {
    /// A receipt has been made, and is on no paper yet.
    pub(crate) fn not_printed(&self, place: DocumentPlace) {
        *self.unprinted.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    }

    pub(crate) fn is_unprinted(&self, place: &DocumentPlace) -> bool {
        self.unprinted.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(place)
    }

    pub(crate) fn now_printed(&self, place: &DocumentPlace) {
        let mut unprinted = self.unprinted.lock().unwrap_or_else(PoisonError::into_inner);
        if unprinted.as_ref() == Some(place) {
            *unprinted = None;
        }
    }

    pub(crate) fn changed(&self) {
        self.changes.send_replace(());
    }

    /// What keeps this till from leaving its centre for this one, now; nothing, if it is the same.
    fn blockers(&self, centre: &str) -> Result<Blockers, TillError> {
        if !self.leaves_for(centre)? {
            return Ok(Blockers::default());
        }
        let journal = &self.store.journal;
        let device = self.device();
        Ok(Blockers {
            unsent: journal.unsent()?.documents(),
            unclosed: device.as_ref().map_or(Ok(0), |device| journal.unclosed(&device.enrolment))?,
            held: journal.held()?.len() as u64,
            is_receipt_open: device.is_ok_and(|device| device.engine.is_receipt_open()),
        })
    }

    fn secrets(&self) -> MutexGuard<'_, Secrets> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn signed_in(&self, who: Option<(String, Rights)>) {
        *self.signed_in.lock().unwrap_or_else(PoisonError::into_inner) = who;
    }

    pub(crate) fn who_is_signed_in(&self) -> Option<(String, Rights)> {
        self.signed_in.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn open_secrets(&self) -> Result<(), TillError> {
        let (device, is_copied) = match self.open_device() {
            Ok(device) => (device.map(Arc::new), false),
            Err(TillError::Copied { .. }) => (None, true),
            Err(error) => return Err(error),
        };
        let pepper = self.open_pepper()?;
        if let Some(device) = device.as_ref().filter(|_| self.is_in_touch.load(Ordering::Relaxed)) {
            device.engine.stay_in_touch();
        }
        *self.secrets() = Secrets { device, is_copied, pepper };
        self.changed();
        Ok(())
    }

    /// The enrolment at work.
    pub(crate) fn device(&self) -> Result<Arc<Device>, TillError> {
        let secrets = self.secrets();
        match &secrets.device {
            Some(device) => Ok(device.clone()),
            None if secrets.is_copied => Err(TillError::Copied { why: "seen when it was opened".into() }),
            None => Err(StoreError::NotEnrolled.into()),
        }
    }

    pub(crate) fn pepper(&self) -> Result<Arc<Zeroizing<Vec<u8>>>, TillError> {
        self.secrets().pepper.clone().ok_or(TillError::NoCentre)
    }

    pub(crate) fn subscription(&self) -> Result<Option<String>, TillError> {
        Ok(tillkit_sync::subscription(&self.store)?)
    }

    /// Whether this centre is another than the chosen one.
    pub(crate) fn leaves_for(&self, centre: &str) -> Result<bool, TillError> {
        Ok(self.subscription()?.is_some_and(|chosen| chosen != centre))
    }

    /// Sections that selling needs and that are not here from the chosen centre.
    pub(crate) fn lacking(&self) -> Result<Vec<Section>, TillError> {
        Ok(tillkit_sync::lacking(&self.store)?)
    }

    pub(crate) fn check_synced(&self) -> Result<(), TillError> {
        let lacking: Vec<&str> = self.lacking()?.into_iter().map(Section::name).collect();
        if lacking.is_empty() { Ok(()) } else { Err(TillError::NotSynced { missing: lacking.join(", ") }) }
    }

    pub(crate) async fn choose_centre(&self, centre: &str) -> Result<(), TillError> {
        let device = self.device()?;
        let leaves = self.leaves_for(centre)?;
        let blockers = self.blockers(centre)?;
        if blockers != Blockers::default() {
            return Err(TillError::NotYet(blockers));
        }
        let subscribed = device.client.subscribe(centre).await?;
        let pepper = STANDARD_NO_PAD.decode(&subscribed.pin_pepper).map_err(|error| {
            SyncError::NotUnderstood { request: "/v1/subscription".into(), why: error.to_string() }
        })?;
        let sealed = self.services.keys.seal(&pepper)?;
        self.store.journal.write(|journal| {
            journal.set_setting(SUBSCRIPTION, centre.as_bytes())?;
            journal.set_setting(PEPPER, &sealed)
        })?;
        self.secrets().pepper = Some(Arc::new(Zeroizing::new(pepper)));
        if leaves {
            self.signed_in(None);
            device.engine.centre_chosen().await;
        }
        self.changed();
        Ok(())
    }

    fn open_pepper(&self) -> Result<Option<Arc<Zeroizing<Vec<u8>>>>, TillError> {
        let Some(sealed) = self.store.journal.setting(PEPPER)? else { return Ok(None) };
        // A copied till has lost it with its key; it comes again with the next choice of a centre.
        Ok(self.services.keys.unseal(&sealed).ok().map(Arc::new))
    }
}

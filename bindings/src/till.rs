//! The device: open, enrol, choose a centre, sync, observe.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tillkit::{Connect, HttpTransport, Services, SystemRim, screens::Trouble};
use tillkit_protocol::Section;

pub use tillkit::{Blockers, CentreInfo, CentrePreview, Scope, SectionPreview};

use crate::{
    error::TillError,
    runtime::{beside, runtime},
    screens::{
        ChangePlace, ChangesScreen, DocumentPlace, DocumentView, EditView, HistoryFilter, HistoryScreen,
        ObjectView, ObjectsScreen, RunsScreen, SettingsScreen, SyncScreen, UnsentView, UserChoice,
    },
    services::{NetworkListener, OfPhone, Printer, ServiceError, TillServices},
    session::Session,
};

/// A till on this phone. Open one per folder and keep it for the life of the app.
#[derive(uniffi::Object)]
pub struct Till {
    core: tillkit::Till,
    printer: Option<Arc<dyn Printer>>,
}

/// A centre a till may choose.
#[uniffi::remote(Record)]
pub struct CentreInfo {
    /// Its id.
    pub centre: String,
    /// Its newest generation.
    pub generation: u64,
    /// What people call it.
    pub name: String,
}

/// What choosing a centre would bring.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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

/// What choosing a centre would bring in one section.
#[uniffi::remote(Record)]
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

/// The till that this phone has become.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EnrolledTill {
    /// The numbered place of sale.
    pub till: String,
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// What its numbers begin with.
    pub series: String,
    /// Who it belongs to.
    pub tenant: String,
}

/// A step of the connection test.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConnectionStep {
    /// `resolve`, `connect`, `tls`, `office`, `version`, `clock`, `credential`, `centre`.
    pub step: String,
    /// How it went.
    pub outcome: StepOutcome,
    /// The facts, and what to do if it is not good; English.
    pub sentence: String,
    /// Stable, where it is bad.
    pub code: Option<String>,
}

/// How a step of the connection test went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum StepOutcome {
    /// As it should be.
    Good,
    /// Works, but somebody should look.
    Mind,
    /// Does not work.
    Bad,
}

impl From<(tillkit::Step, tillkit::Hint)> for ConnectionStep {
    fn from((step, hint): (tillkit::Step, tillkit::Hint)) -> ConnectionStep {
        let (outcome, sentence, code) = match hint {
            tillkit::Hint::Good(fact) => (StepOutcome::Good, fact, None),
            tillkit::Hint::Mind(fact) => (StepOutcome::Mind, fact, None),
            tillkit::Hint::Bad { code, sentence } => (StepOutcome::Bad, sentence, Some(code)),
        };
        ConnectionStep { step: step.name().into(), outcome, sentence, code }
    }
}

impl Till {
    pub(crate) fn core(&self) -> &tillkit::Till {
        &self.core
    }
}

/// What a sync is about.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum SyncScope {
    /// Everything.
    All,
    /// Everything but images.
    AllWithoutAttachments,
    /// One row, by its section's name.
    Section {
        /// `items`.
        section: String,
    },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncReport {
    /// Whether it did all it set out to do.
    pub is_complete: bool,
    /// Whether somebody pressed Cancel.
    pub is_cancelled: bool,
    /// `done`, `nothing_new`, `waiting`, `cancelled`, or a trouble's code.
    pub result: String,
    /// Sections that became live.
    pub applied: Vec<String>,
    /// Rows that came down.
    pub received_rows: u64,
    /// Bytes that came down, as stored.
    pub received_bytes: u64,
    /// Documents the centre acknowledged.
    pub sent_documents: u64,
    /// What went wrong, in the order of the rows.
    pub troubles: Vec<Trouble>,
}

impl From<tillkit::Report> for SyncReport {
    fn from(report: tillkit::Report) -> SyncReport {
        let reds = report.receive_error.iter().chain(report.red.values()).chain(&report.send_error);
        SyncReport {
            is_complete: report.is_complete(),
            is_cancelled: report.is_cancelled,
            result: report.result().into(),
            applied: report.applied.iter().map(|section| section.name().into()).collect(),
            received_rows: report.received_rows,
            received_bytes: report.received_bytes,
            sent_documents: report.sent_documents,
            troubles: reds.map(Trouble::of_red).collect(),
        }
    }
}

/// A sync that was asked for. It goes on when this is dropped; `cancel` stops it.
#[derive(uniffi::Object)]
pub struct SyncRun {
    till: tillkit::Till,
    // Std mutex: held to take the handle out, never across an await.
    handle: Mutex<Option<tillkit::RunHandle>>,
}

#[uniffi::export]
impl SyncRun {
    /// Waits until the run is over. The second caller, and one whose till was closed, gets nothing.
    pub async fn wait(&self) -> Option<SyncReport> {
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        handle.wait().await.map(SyncReport::from)
    }

    /// Stops the run at its next border; what has come stays, and the next run goes on from it.
    pub fn cancel(&self) -> Result<(), TillError> {
        Ok(self.till.cancel_sync()?)
    }
}

/// Gets the whole sync screen whenever it changed.
#[uniffi::export(with_foreign)]
pub trait SyncObserver: Send + Sync {
    /// The current screen first, then at most ten a second; calls come one at a time, on a thread of
    /// the core: hand the value to the screen's own thread.
    fn show(&self, screen: SyncScreen);
}

/// An observer at work. Dropping (Swift) or closing (Kotlin) it ends the deliveries.
#[derive(uniffi::Object)]
pub struct SyncSubscription(tillkit::Subscription);

#[uniffi::export]
impl SyncSubscription {
    /// Ends the deliveries; no call begins after it.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// Whether the files were let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SuspendOutcome {
    /// Both files are closed, no lock is held: the phone may put the app to sleep.
    Released,
    /// A call was still inside at the deadline; call `suspend` again.
    StillHeld,
}

#[uniffi::export]
impl Till {
    /// Opens the till in `folder`, making what is missing; call it off the main thread.
    ///
    /// Exclude the folder from the phone's backups: a copy is recognised and must enrol again.
    ///
    /// # Errors
    /// `Device`: the files are untouched.
    #[uniffi::constructor]
    pub fn open(folder: String, services: TillServices) -> Result<Arc<Till>, TillError> {
        let connect: Connect = Arc::new(|url| Ok(Arc::new(HttpTransport::new(url)?)));
        let core_services = Services {
            rim: Arc::new(SystemRim::default()),
            keys: Arc::new(OfPhone(services.key_store)),
            connect,
            app: services.app,
            aside: tillkit::Aside::Threads,
        };
        let core = tillkit::Till::open(folder.as_ref(), core_services, runtime()?)?;
        core.stay_in_touch();
        let till = Arc::new(Till { core, printer: services.printer });
        if let Some(network) = services.network {
            let itself: Weak<Till> = Arc::downgrade(&till);
            network.listen(Arc::new(NetworkListener { till: Mutex::new(Some(itself)) }));
        }
        Ok(till)
    }

    /// A till in memory with a small shop in it, for previews and tests: user `anna`, PIN 1234.
    /// It sells; no back office ever answers it.
    ///
    /// # Errors
    /// `Device` if the machine gives no randomness or no threads.
    #[uniffi::constructor]
    pub fn preview() -> Result<Arc<Till>, TillError> {
        Ok(Arc::new(Till { core: tillkit::Till::preview(runtime()?)?, printer: None }))
    }

    /// Turns this phone into a till with a pairing code from the back office at `url`. If the answer
    /// is lost, call it again with the same code.
    ///
    /// # Errors
    /// `Refused` (`code-unknown`, `code-used`, `code-expired`, `too-many`), `TryAgain` (`no-route`, …).
    pub async fn enrol(&self, url: String, code: String, device: String) -> Result<EnrolledTill, TillError> {
        let core = self.core.clone();
        beside(async move { core.enrol(&url, &code, &device).await }).await.map(EnrolledTill::from)
    }

    /// The same with the text of the back office's QR.
    ///
    /// # Errors
    /// As `enrol`; `Refused` (`wrong-office`) if another back office answers than the QR names.
    pub async fn enrol_by_qr(&self, text: String, device: String) -> Result<EnrolledTill, TillError> {
        let core = self.core.clone();
        let enrolled = beside(async move {
            let qr = tillkit::PairingQr::parse(&text)?;
            core.enrol_by_qr(&qr, &device).await
        });
        enrolled.await.map(EnrolledTill::from)
    }

    /// Tests the connection, step by step: to `url`, or to the back office of the enrolment. The first
    /// bad step is the last.
    ///
    /// # Errors
    /// `NotReady` if there is neither.
    pub async fn test_connection(&self, url: Option<String>) -> Result<Vec<ConnectionStep>, TillError> {
        let core = self.core.clone();
        let test = beside(async move { core.test_connection(url.as_deref()).await }).await?;
        Ok(test.steps.into_iter().map(ConnectionStep::from).collect())
    }

    /// The centres this till may choose from.
    ///
    /// # Errors
    /// `TryAgain`, `NotReady`.
    pub async fn centres(&self) -> Result<Vec<CentreInfo>, TillError> {
        let core = self.core.clone();
        beside(async move { core.centres().await }).await
    }

    /// What choosing a centre would bring, and which local edits would go.
    ///
    /// # Errors
    /// `TryAgain`, `NotReady`.
    pub async fn preview_centre(&self, centre: String) -> Result<CentrePreview, TillError> {
        let core = self.core.clone();
        beside(async move { core.preview_centre(&centre).await }).await
    }

    /// Chooses the first centre; later ones are chosen by `Session.changeCentre`. Then sync everything.
    ///
    /// # Errors
    /// `Forbidden` after the first sync; `TryAgain`, `Refused`.
    pub async fn choose_centre(&self, centre: String) -> Result<(), TillError> {
        let core = self.core.clone();
        beside(async move { core.choose_centre(&centre).await }).await
    }

    /// Starts what a row's icon or the red button asks for, or joins the run under way.
    ///
    /// # Errors
    /// `NotReady`; `Refused` for a section this version does not know.
    pub fn sync(&self, scope: SyncScope) -> Result<Arc<SyncRun>, TillError> {
        self.start(
            scope_of(&scope)?,
            match scope {
                SyncScope::Section { .. } => tillkit::Trigger::Row,
                _ => tillkit::Trigger::RedButton,
            },
        )
    }

    /// The banner, confirmed: what is published becomes what the till sells by.
    ///
    /// # Errors
    /// `NotReady`.
    pub fn confirm_news(&self) -> Result<Arc<SyncRun>, TillError> {
        self.start(Scope::All, tillkit::Trigger::Confirmed)
    }

    /// What a job of the phone's scheduler asks for: sends and fetches, and applies only what the
    /// centre's policy lets be applied without anybody's confirmation. Local edits stay.
    ///
    /// # Errors
    /// `NotReady`.
    pub fn sync_in_background(&self) -> Result<Arc<SyncRun>, TillError> {
        self.start(Scope::All, tillkit::Trigger::Schedule)
    }

    /// The same within a time that the scheduler gives: what is not done by then goes on next time.
    ///
    /// # Errors
    /// `NotReady`.
    pub async fn run_for(&self, seconds: u32) -> Result<Option<SyncReport>, TillError> {
        let core = self.core.clone();
        let ended = beside(async move { core.run_for(Duration::from_secs(seconds.into())).await });
        Ok(ended.await?.map(SyncReport::from))
    }

    /// A picture that came down with the attachments, by the key of its row (kind `image`).
    ///
    /// # Errors
    /// `Device`, `Suspended`.
    pub fn image(&self, key: String) -> Result<Option<Vec<u8>>, TillError> {
        Ok(self.core.image(&key)?)
    }

    /// Stops the run under way, whoever started it.
    ///
    /// # Errors
    /// `NotReady`.
    pub fn cancel_sync(&self) -> Result<(), TillError> {
        Ok(self.core.cancel_sync()?)
    }

    /// The sync screen, now.
    ///
    /// # Errors
    /// `Device`, `Suspended`.
    pub fn sync_screen(&self) -> Result<SyncScreen, TillError> {
        Ok(self.core.sync_screen()?)
    }

    /// Delivers the sync screen to `observer` until the subscription is dropped.
    pub fn observe(&self, observer: Arc<dyn SyncObserver>) -> Arc<SyncSubscription> {
        Arc::new(SyncSubscription(self.core.observe(move |screen| observer.show(screen))))
    }

    /// The settings screen, now.
    ///
    /// # Errors
    /// `Device`, `Suspended`.
    pub fn settings_screen(&self) -> Result<SettingsScreen, TillError> {
        Ok(self.core.settings_screen()?)
    }

    /// A page of at most `limit` documents that the filter wants, newest first, after the place where the
    /// page before ended.
    ///
    /// # Errors
    /// `Device`, `Suspended`.
    pub fn history_screen(
        &self,
        filter: HistoryFilter,
        after: Option<DocumentPlace>,
        limit: u32,
    ) -> Result<HistoryScreen, TillError> {
        Ok(self.core.history_screen(&filter, after.as_ref(), limit as usize)?)
    }

    /// The business days of this phone's documents, the latest first, at most `limit`: what the filter's
    /// day is chosen from.
    ///
    /// # Errors
    /// `Device`, `Suspended`.
    pub fn history_days(&self, limit: u32) -> Result<Vec<String>, TillError> {
        Ok(self.core.history_days(limit as usize)?)
    }

    /// A document of this phone, as it is printed.
    ///
    /// # Errors
    /// `Refused` if this phone has none of that name.
    pub fn document(&self, place: DocumentPlace) -> Result<DocumentView, TillError> {
        Ok(self.core.document_view(&place)?)
    }

    /// A page of what this till holds of a kind, by key, at most `limit` after `after`; of any kind of any
    /// section. With words in `query`: all that is called like them, up to a hundred.
    ///
    /// # Errors
    /// `Device`, `Suspended`.
    pub fn objects_screen(
        &self,
        kind: String,
        query: String,
        after: Option<String>,
        limit: u32,
    ) -> Result<ObjectsScreen, TillError> {
        Ok(self.core.objects_screen(&kind, &query, after.as_deref(), limit as usize)?)
    }

    /// A row of a kind with all its facts.
    ///
    /// # Errors
    /// `Refused` if this till holds none of that key.
    pub fn object_view(&self, kind: String, key: String) -> Result<ObjectView, TillError> {
        Ok(self.core.object_view(&kind, &key)?)
    }

    /// A page of what the last syncs changed, at most `limit` lines after the place where the page before
    /// ended; with words in `query`, of what is called like them.
    ///
    /// # Errors
    /// `Device`, `Suspended`.
    pub fn changes_screen(
        &self,
        query: String,
        after: Option<ChangePlace>,
        limit: u32,
    ) -> Result<ChangesScreen, TillError> {
        Ok(self.core.changes_screen(&query, after.as_ref(), limit as usize)?)
    }

    /// The last sync runs, the newest first, at most `limit`; also as text for support.
    ///
    /// # Errors
    /// `Device`, `Suspended`.
    pub fn runs_screen(&self, limit: u32) -> Result<RunsScreen, TillError> {
        Ok(self.core.runs_screen(limit as usize)?)
    }

    /// The badge: what the back office has not acknowledged.
    ///
    /// # Errors
    /// `Device`, `Suspended`.
    pub fn unsent(&self) -> Result<UnsentView, TillError> {
        Ok(UnsentView::of(&self.core.unsent()?))
    }

    /// Who may sign in, by name.
    ///
    /// # Errors
    /// `Device`, `Suspended`.
    pub fn users(&self) -> Result<Vec<UserChoice>, TillError> {
        Ok(self.core.users()?)
    }

    /// Signs a cashier in by PIN, without any network. Takes about 50 ms on purpose: the PIN's check is
    /// slow so that guessing is.
    ///
    /// # Errors
    /// `Forbidden` (`wrong-pin`, `locked-out`), `NotReady` (`not-synced`).
    pub fn sign_in(&self, user: String, pin: String) -> Result<Arc<Session>, TillError> {
        Ok(Arc::new(Session { core: Arc::new(self.core.sign_in(&user, &pin)?) }))
    }

    /// Prints a document of this phone: only what is durable can be named, so nothing else is printed. All but
    /// the first print of the receipt just made says that it is a copy.
    ///
    /// # Errors
    /// `Refused` if there is none of that name; `Device` (`printer`) with the printer's reason.
    pub fn print(&self, place: DocumentPlace) -> Result<(), TillError> {
        let text = self.core.print_text(&place)?;
        let refused =
            |reason| TillError::Device { code: "printer".into(), sentence: reason, data_safe: true };
        let Some(printer) = &self.printer else { return Err(refused("there is no printer".into())) };
        printer.print(text).map_err(|ServiceError::Failed { reason }| refused(reason))?;
        self.core.mark_printed(&place);
        Ok(())
    }

    /// Lets go of both files before the phone puts the app to sleep; answers within about the deadline.
    pub fn suspend(&self, deadline_ms: u64) -> SuspendOutcome {
        match self.core.suspend(std::time::Duration::from_millis(deadline_ms)) {
            tillkit::Released::Released => SuspendOutcome::Released,
            tillkit::Released::StillHeld => SuspendOutcome::StillHeld,
        }
    }

    /// Takes both files up again.
    ///
    /// # Errors
    /// As `open`.
    pub fn resume(&self) -> Result<(), TillError> {
        Ok(self.core.resume()?)
    }
}

impl Till {
    fn start(&self, scope: Scope, trigger: tillkit::Trigger) -> Result<Arc<SyncRun>, TillError> {
        let handle = self.core.sync(scope, trigger)?;
        Ok(Arc::new(SyncRun { till: self.core.clone(), handle: Mutex::new(Some(handle)) }))
    }

    /// A network is there. Before the phone is a till there is nothing to try.
    pub(crate) fn reconnect(&self) {
        drop(self.core.sync(Scope::All, tillkit::Trigger::Reconnect));
    }
}

impl From<tillkit::Enrolled> for EnrolledTill {
    fn from(enrolled: tillkit::Enrolled) -> EnrolledTill {
        EnrolledTill {
            till: enrolled.till,
            enrolment: enrolled.enrolment,
            series: enrolled.series,
            tenant: enrolled.tenant,
        }
    }
}

fn scope_of(scope: &SyncScope) -> Result<Scope, TillError> {
    match scope {
        SyncScope::All => Ok(Scope::All),
        SyncScope::AllWithoutAttachments => Ok(Scope::AllWithoutAttachments),
        SyncScope::Section { section } => match Section::of_name(section) {
            Some(section) => Ok(Scope::One(section)),
            None => Err(tillkit::TillError::Unknown { what: "section", key: section.clone() }.into()),
        },
    }
}

//! Performs what [`machine`](crate::machine) decides, and reports back to it.
//!
//! One task owns the state. Everything that waits (requests, the disk, timers) runs beside it and
//! answers with an [`Outcome`]; nothing is locked while something waits.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tillkit_protocol::{
    Hash, Manifest, Section,
    keys::PublicKey,
    limits::{BATCH_BYTES, BATCH_RECORDS, SECTION_ROWS},
    manifest::Disbelieved,
    problem::ProblemType,
    settings::{ApplyWhen, Image, Policy},
    wire::{Contact, Contacted, Finding, Ranges, Uploaded},
};
use tillkit_store::{
    Store, StoreError,
    centre::SyncRun,
    journal::{Recorded, ranges_of},
    load::{Change, Steps},
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};

use crate::{
    Aside, Client, SharedRim, SyncError,
    client::{ManifestAnswer, Pokes},
    loader::{Loader, Meter, Wanted},
    machine::{self, Effect, Event, Group, Run, Scope, State, Trigger, Wish},
    status::{Mode, Notice, Progress, Red, Report, SectionProgress, Stage, Status, percent, red},
    subscription::{epoch_of, lacking, left_behind, life, subscription},
};

/// What the engine works with.
pub struct Parts {
    /// Both files.
    pub store: Arc<Store>,
    /// Speaks for this enrolment.
    pub client: Arc<Client>,
    /// Clock and randomness.
    pub rim: SharedRim,
    /// Where blobs wait.
    pub folder: PathBuf,
    /// Where pictures are kept, each in a file named by its SHA-256.
    pub images: PathBuf,
    /// The numbered place of sale.
    pub till: String,
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// Signs manifests.
    pub tenant_key: PublicKey,
    /// Version of the app, as told to the centre.
    pub app: String,
    /// Where disk and digests are waited for.
    pub aside: Aside,
}

/// The name of the fact in `centre.db` that holds the newest believed manifest.
const MANIFEST: &str = "manifest";
/// The name of the fact in `centre.db` that holds when each section was last found right.
const CHECKED: &str = "checked";

/// A run that was asked for.
pub struct RunHandle {
    report: oneshot::Receiver<Report>,
    commands: mpsc::UnboundedSender<Command>,
    is_cancelled: Arc<AtomicBool>,
}

impl RunHandle {
    /// Waits until the run is over; `None` if the engine stopped before.
    pub async fn wait(self) -> Option<Report> {
        self.report.await.ok()
    }

    /// Asks the run to stop at the next border; what is here stays for the next one. One that has not
    /// begun never does.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
        drop(self.commands.send(Command::Cancel));
    }
}

/// Both lanes at work. Dropping it stops them; nothing is lost by that.
pub struct Engine {
    commands: mpsc::UnboundedSender<Command>,
    status: watch::Receiver<Status>,
    receipt_open: watch::Sender<bool>,
    client: Arc<Client>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.task.abort();
    }
}

enum Command {
    Ask(Asked, oneshot::Sender<Report>),
    StayInTouch,
    Recorded,
    Cancel,
    CentreChosen(oneshot::Sender<()>),
}

/// A run that is wanted.
#[derive(Debug)]
struct Asked {
    wish: Wish,
    /// Whoever wanted it has thought better of it.
    is_cancelled: Arc<AtomicBool>,
}

/// Somebody who waits for a run to end.
struct Waiter {
    wish: Wish,
    reply: oneshot::Sender<Report>,
}

impl Waiter {
    /// Its run never began.
    fn cancelled(self) {
        let nothing = Report::new(self.wish.scope, self.wish.trigger);
        self.tell(Report { is_cancelled: true, ..nothing });
    }

    /// Of what was refused, the report says so to whoever asked, and to nobody else who waits.
    fn tell(self, mut report: Report) {
        if self.wish.is_refused() {
            report.receive_error = Some(red(&SyncError::NoRight));
        }
        drop(self.reply.send(report));
    }
}

impl Engine {
    /// Starts both lanes on this runtime.
    pub fn start(parts: Parts, runtime: &Handle) -> Engine {
        let (commands, receiver) = mpsc::unbounded_channel();
        let (status_sender, status) = watch::channel(Status::default());
        let (receipt_open, receipt) = watch::channel(false);
        let client = parts.client.clone();
        let driver = Driver::new(parts, status_sender, receipt);
        let task = runtime.spawn(driver.run(receiver));
        Engine { commands, status, receipt_open, client, task }
    }

    /// Asks for a run; one that is under way and covers it is joined. Who may not receive by hand only sends.
    pub fn ask(&self, scope: Scope, trigger: Trigger, may_receive: bool) -> RunHandle {
        let (reply, report) = oneshot::channel();
        let is_cancelled = Arc::new(AtomicBool::new(false));
        let wish = Wish { scope, trigger, may_receive };
        let asked = Asked { wish, is_cancelled: is_cancelled.clone() };
        drop(self.commands.send(Command::Ask(asked, reply)));
        RunHandle { report, commands: self.commands.clone(), is_cancelled }
    }

    /// From now on: listens for pokes, makes contact by the clock and when the connection is back.
    pub fn stay_in_touch(&self) {
        drop(self.commands.send(Command::StayInTouch));
    }

    /// Says that a document was recorded. Costs nothing and waits for nothing.
    pub fn recorded(&self) {
        drop(self.commands.send(Command::Recorded));
    }

    /// Cancels the run under way and what waits behind it.
    pub fn cancel(&self) {
        drop(self.commands.send(Command::Cancel));
    }

    /// Says that another centre was chosen: the run under way and what waits behind it were about the one
    /// before, and so is all that is known of what has come. After it the status knows nothing of that.
    pub async fn centre_chosen(&self) {
        let (done, forgotten) = oneshot::channel();
        drop(self.commands.send(Command::CentreChosen(done)));
        // An engine that has stopped says nothing any more.
        drop(forgotten.await);
    }

    /// While a receipt is open nothing becomes live.
    pub fn set_receipt_open(&self, is_open: bool) {
        self.receipt_open.send_if_modified(|open| std::mem::replace(open, is_open) != is_open);
    }

    /// Whether a receipt is open.
    pub fn is_receipt_open(&self) -> bool {
        *self.receipt_open.borrow()
    }

    /// Both lanes as they stand; the receiver wakes on each change, at most ten times a second while a run goes on.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Server clock minus till clock, where known.
    pub fn offset_ms(&self) -> Option<i64> {
        self.client.offset_ms()
    }
}

/// What came of an effect.
enum Outcome {
    Contacted(Result<Contacted, SyncError>),
    Planned(Result<Believed, SyncError>),
    Loaded(Vec<(Section, Result<Ready, SyncError>)>),
    Applied(Vec<(Section, Result<(), SyncError>)>),
    Images(Result<(), SyncError>),
    Sent(Box<Result<SentBatch, SyncError>>),
    TimerFired(u64),
    ScheduleDue,
    Listening(Result<Pokes, SyncError>),
    Poked(Pokes),
    NotListening { begun_ms: i64 },
    Relisten,
    Tidied,
}

/// A manifest that was verified.
#[derive(Clone)]
struct Believed {
    id: Hash,
    manifest: Arc<Manifest>,
}

/// A section that is here and can go live.
enum Ready {
    Snapshot(Wanted),
    Steps(Wanted, Steps),
}

impl Ready {
    fn change(&self) -> Change<'_> {
        match self {
            Ready::Snapshot(wanted) => Change::Snapshot(wanted.target()),
            Ready::Steps(wanted, _) if wanted.manifest.steps.is_empty() => Change::Same(wanted.target()),
            Ready::Steps(wanted, steps) => Change::Steps(wanted.target(), steps),
        }
    }
}

struct SentBatch {
    acknowledged: u64,
    refused: Option<Red>,
    last: Option<Recorded>,
    left: bool,
}

/// What belongs to the run under way.
struct RunBook {
    started_ms: i64,
    /// By the centre's clock, if there was a contact.
    centre_now_ms: Option<i64>,
    report: Report,
    waiters: Vec<Waiter>,
    to_send: u64,
    sections: Vec<(Section, u64)>,
    percent: u8,
    stage: Stage,
}

struct Driver {
    parts: Arc<Parts>,
    loader: Loader,
    state: State,
    status: watch::Sender<Status>,
    receipt: watch::Receiver<bool>,
    /// What runs beside; it ends with the driver.
    beside: JoinSet<Outcome>,
    believed: Option<Believed>,
    /// The id of the manifest that the last contact named.
    announced: Option<Hash>,
    ready: Vec<(Section, Ready)>,
    group: Group,
    book: Option<RunBook>,
    queued_waiters: Vec<Waiter>,
    /// The last document of the sweep under way: one that was refused is not tried twice in one.
    sweep: Option<Recorded>,
    sweep_refused: Option<Red>,
    /// How often listening has failed in a row; `None` before the till stays in touch.
    listen_attempt: Option<u32>,
    /// Whether the last who answered said that this enrolment was revoked.
    is_told_revoked: bool,
}

impl Driver {
    fn new(parts: Parts, status: watch::Sender<Status>, receipt: watch::Receiver<bool>) -> Driver {
        let loader = Loader {
            client: parts.client.clone(),
            store: parts.store.clone(),
            folder: parts.folder.clone(),
            meter: Arc::new(Meter::default()),
            aside: parts.aside,
        };
        Driver {
            parts: Arc::new(parts),
            loader,
            state: State::default(),
            status,
            receipt,
            beside: JoinSet::new(),
            believed: None,
            announced: None,
            ready: Vec::new(),
            group: Group::new(),
            book: None,
            queued_waiters: Vec::new(),
            sweep: None,
            sweep_refused: None,
            listen_attempt: None,
            is_told_revoked: false,
        }
    }

    async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        self.believed = self.stored_manifest().await;
        let mut checked_ms = self.stored_checked().await;
        // Without a manifest they are of another centre.
        checked_ms.retain(|section, _| self.believed.is_some() || !section.is_down());
        self.status.send_modify(|status| status.checked_ms = checked_ms);
        self.learn_unknown();
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased; // one order, so that a simulation can repeat it
                command = commands.recv() => match command {
                    Some(command) => self.command(command).await,
                    None => return,
                },
                Some(ended) = self.beside.join_next() => if let Ok(outcome) = ended {
                    self.outcome(outcome).await;
                },
                _ = tick.tick(), if self.book.is_some() => {}
            }
            self.publish_progress();
        }
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Ask(asked, reply) => self.ask(asked, Some(reply)).await,
            Command::StayInTouch => self.stay_in_touch().await,
            Command::Recorded => {
                let policy = self.policy().await;
                self.step(Event::Recorded(policy)).await;
            }
            Command::Cancel => self.cancel().await,
            Command::CentreChosen(done) => {
                self.cancel().await;
                (self.believed, self.announced) = (None, None);
                self.status.send_modify(|status| {
                    status.checked_ms.retain(|section, _| !section.is_down());
                    status.red.clear();
                    status.unknown.clear();
                    (status.receive_error, status.notice) = (None, None);
                });
                self.keep_checked().await;
                drop(done); // whoever waits for it goes on
            }
        }
    }

    async fn cancel(&mut self) {
        self.queued_waiters.drain(..).for_each(Waiter::cancelled);
        self.step(Event::Cancelled).await;
    }

    async fn ask(&mut self, asked: Asked, reply: Option<oneshot::Sender<Report>>) {
        let Asked { wish, is_cancelled } = asked;
        let mut waiter = reply.map(|reply| Waiter { wish, reply });
        if is_cancelled.load(Ordering::Relaxed) {
            if let Some(waiter) = waiter {
                waiter.cancelled();
            }
            return;
        }
        let policy = self.policy().await;
        match &self.state.run {
            // Before the step: a run with nothing to do is over after it.
            None => self.open_book(wish, waiter.take().into_iter().collect()).await,
            Some(run) => {
                let joined = self.book.as_mut().filter(|_| machine::joins(run, &wish, &policy));
                let waiters = joined.map_or(&mut self.queued_waiters, |book| &mut book.waiters);
                waiters.extend(waiter.take());
            }
        }
        self.step(Event::Asked(wish, policy)).await;
    }

    /// A run that the till itself wants.
    async fn ask_itself(&mut self, trigger: Trigger) {
        let asked = Asked { wish: Wish::own(trigger), is_cancelled: Arc::default() };
        self.ask(asked, None).await;
    }

    async fn stay_in_touch(&mut self) {
        if self.listen_attempt.is_none() {
            self.listen_attempt = Some(1);
            self.listen();
            self.start_schedule().await;
        }
    }

    async fn start_schedule(&mut self) {
        let delay_ms = machine::schedule_ms(&self.policy().await, self.random());
        self.beside(async move {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            Outcome::ScheduleDue
        });
    }

    fn listen(&mut self) {
        let client = self.parts.client.clone();
        self.beside(async move { Outcome::Listening(client.pokes().await) });
    }

    fn hear(&mut self, mut pokes: Pokes) {
        let begun_ms = self.parts.rim.monotonic_ms();
        self.beside(async move {
            // Why it ends says the next try.
            if pokes.next().await { Outcome::Poked(pokes) } else { Outcome::NotListening { begun_ms } }
        });
    }

    /// Nobody speaks any more. One that ends as soon as it has begun, as behind some proxies, is asked
    /// for later each time; one that has lasted, soon.
    async fn not_listening(&mut self, begun_ms: i64) {
        const LASTED_MS: i64 = 20_000;
        if self.parts.rim.monotonic_ms().saturating_sub(begun_ms) >= LASTED_MS {
            self.listen_attempt = Some(0);
        }
        self.listen_later().await;
    }

    /// Listens again in a while, later each time.
    async fn listen_later(&mut self) {
        let attempt = self.listen_attempt.unwrap_or(0).saturating_add(1);
        self.listen_attempt = Some(attempt);
        let delay_ms = machine::backoff_ms(attempt, self.cap_ms().await, self.random());
        self.beside(async move {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            Outcome::Relisten
        });
    }

    async fn listening(&mut self, listening: Result<Pokes, SyncError>) {
        self.learn_mode(listening.as_ref().err());
        match listening {
            Ok(pokes) => {
                self.is_told_revoked = false;
                self.hear(pokes);
                // What was said while nobody listened is asked for now.
                self.ask_itself(Trigger::Reconnect).await;
            }
            Err(error) => {
                // A revoked till hears no pokes. It still sends, once, what it has left.
                let is_revoked =
                    matches!(&error, SyncError::Refused(problem) if problem.is(ProblemType::Revoked));
                if is_revoked && !std::mem::replace(&mut self.is_told_revoked, true) {
                    self.ask_itself(Trigger::Reconnect).await;
                }
                self.listen_later().await;
            }
        }
    }

    fn random(&self) -> u64 {
        let mut random = [0; 8];
        self.parts.rim.random(&mut random);
        u64::from_le_bytes(random)
    }

    /// The longest pause between two tries: short while anything waits, what stands beside documents too.
    async fn cap_ms(&self) -> u64 {
        let waits = |store: &Store| {
            Ok(store.journal.unsent()?.all() > 0 || !store.journal.unsent_parts(1)?.is_empty())
        };
        let is_behind = self.believed.as_ref().is_none_or(|believed| !self.behind(believed).is_empty());
        let is_waiting = is_behind || self.loader.on_store(waits).await.unwrap_or(true);
        if is_waiting { 30_000 } else { 300_000 }
    }

    async fn open_book(&mut self, wish: Wish, waiters: Vec<Waiter>) {
        let unsent = self.loader.on_store(|store| store.journal.unsent()).await;
        self.loader.meter = Arc::new(Meter::default());
        let mut report = Report::new(wish.scope, wish.trigger);
        report.receive_error = wish.is_refused().then(|| red(&SyncError::NoRight));
        self.book = Some(RunBook {
            started_ms: self.parts.rim.now_ms(),
            centre_now_ms: None,
            report,
            waiters,
            to_send: unsent.map_or(0, |unsent| unsent.all()),
            sections: Vec::new(),
            percent: 0,
            stage: Stage::Contacting,
        });
    }

    async fn step(&mut self, event: Event) {
        let mut events = std::collections::VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let (state, effects) = machine::step(std::mem::take(&mut self.state), event);
            self.state = state;
            for effect in effects {
                if let Effect::AskNext(wish) = effect {
                    let policy = self.policy().await;
                    let all = std::mem::take(&mut self.queued_waiters).into_iter();
                    let is_last = self.state.queue.is_empty();
                    let (now, later) = all.partition(|waiter| is_last || wish.covers(&waiter.wish, &policy));
                    self.queued_waiters = later;
                    self.open_book(wish, now).await;
                    events.push_back(Event::Asked(wish, policy));
                } else {
                    self.perform(effect).await;
                }
            }
        }
    }

    async fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Contact => {
                self.stage(Stage::Contacting);
                let (parts, loader) = (self.parts.clone(), self.loader.clone());
                let looks = self
                    .state
                    .run
                    .is_some_and(|run| matches!(run.trigger, Trigger::Opening | Trigger::RedButton));
                self.beside(async move {
                    let contacted = contact(&parts, &loader).await;
                    // Only with a line to fetch everything again is anything thrown away.
                    let checked = if looks && contacted.is_ok() { check_file(&loader).await } else { Ok(()) };
                    Outcome::Contacted(checked.and(contacted))
                });
            }
            Effect::ReadManifest => {
                let (parts, loader, known) = (self.parts.clone(), self.loader.clone(), self.believed.clone());
                let announced = self.announced;
                self.beside(async move {
                    Outcome::Planned(read_manifest(&parts, &loader, known, announced).await)
                });
            }
            Effect::Load(group) => self.load(group),
            Effect::Apply => self.apply(),
            Effect::Announce => {
                let mut behind = self
                    .believed
                    .as_ref()
                    .map(|believed| (believed.manifest.generation, self.behind(believed)));
                if let Some((_, sections)) = &mut behind {
                    sections.retain(|section| !machine::is_live(*section));
                }
                let is_for_opening = self.policy().await.apply == ApplyWhen::Opening;
                let notice =
                    behind.filter(|(_, sections)| !sections.is_empty()).map(|(generation, sections)| {
                        Notice { generation, sections: sections.into_iter().collect(), is_for_opening }
                    });
                if let Some(book) = &mut self.book {
                    book.report.notice.clone_from(&notice);
                }
                self.status.send_modify(|status| status.notice = notice);
            }
            Effect::DropEdits => self.drop_edits().await,
            Effect::Send(sections) => {
                self.stage(Stage::Sending);
                let (parts, loader, after) = (self.parts.clone(), self.loader.clone(), self.sweep.clone());
                self.beside(
                    async move { Outcome::Sent(Box::new(send(&parts, &loader, &sections, after).await)) },
                );
            }
            Effect::FetchImages => {
                self.stage(Stage::Receiving(Section::Attachments));
                let (parts, loader) = (self.parts.clone(), self.loader.clone());
                let room_bytes = u64::from(self.policy().await.attachments_mb) << 20;
                self.beside(async move { Outcome::Images(fetch_images(&parts, &loader, room_bytes).await) });
            }
            Effect::StartTimer { attempt, number } => self.start_timer(attempt, number).await,
            Effect::StopLoading => self.loader.meter.stop.store(true, Ordering::Relaxed),
            Effect::Finish(run) => self.finish(run).await,
            Effect::AskNext(..) => {}
        }
    }

    async fn outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Contacted(contacted) => self.contacted(contacted).await,
            Outcome::Planned(planned) => self.planned(planned).await,
            Outcome::Loaded(loaded) => self.loaded(loaded).await,
            Outcome::Applied(applied) => self.applied(applied).await,
            Outcome::Sent(sent) => self.sent(*sent).await,
            Outcome::TimerFired(number) => {
                if number == self.state.timer {
                    self.status.send_modify(|status| status.next_try_ms = None);
                }
                self.step(Event::TimerFired(number)).await;
            }
            Outcome::Images(fetched) => self.images_fetched(fetched).await,
            Outcome::ScheduleDue => {
                self.ask_itself(Trigger::Schedule).await;
                self.start_schedule().await;
            }
            Outcome::Listening(listening) => self.listening(listening).await,
            Outcome::Poked(pokes) => {
                self.hear(pokes);
                self.ask_itself(Trigger::Poke).await;
            }
            Outcome::NotListening { begun_ms } => self.not_listening(begun_ms).await,
            Outcome::Relisten => self.listen(),
            // Whoever shows what has changed reads it now.
            Outcome::Tidied => self.status.send_modify(|status| status.delivery_changes += 1),
        }
    }

    async fn contacted(&mut self, contacted: Result<Contacted, SyncError>) {
        self.learn_mode(contacted.as_ref().err());
        // Without one, whoever asks for it is told why: nothing is published, this enrolment has chosen
        // no centre, or it has been revoked.
        let answer = match contacted {
            Ok(answer) => answer,
            Err(error) => {
                self.announced = None;
                return self.receive_failed(error).await;
            }
        };
        self.announced = answer.manifest;
        if let Some(book) = &mut self.book {
            book.centre_now_ms = Some(answer.now_ms);
        }
        self.status.send_modify(|status| status.delivery_changes += 1);
        let lacking = self.loader.on_store(lacking).await;
        if let Some(run) = &mut self.state.run
            && lacking.is_ok_and(|lacking| !lacking.is_empty())
        {
            // There is nothing here that a confirmation could protect.
            (run.rules.applies, run.rules.drops_edits) = (true, true);
        }
        let is_current = self
            .believed
            .as_ref()
            .is_some_and(|it| Some(it.id) == self.announced && self.behind(it).is_empty());
        self.step(Event::Contacted { has_news: !is_current }).await;
    }

    async fn receive_failed(&mut self, error: SyncError) {
        let cause = red(&error);
        if let Some(book) = &mut self.book {
            book.report.receive_error = Some(cause.clone());
        }
        self.status.send_modify(|status| status.receive_error = Some(cause));
        self.step(Event::ReceiveFailed { may_pass: error.may_pass() }).await;
    }

    /// The centre's file is damaged: the next try fills an empty one.
    async fn start_anew(&mut self, error: SyncError) {
        let rebuilt = self.loader.on_store(|store| store.centre.rebuild()).await;
        self.receive_failed(rebuilt.err().unwrap_or(error)).await;
    }

    async fn planned(&mut self, planned: Result<Believed, SyncError>) {
        self.learn_mode(planned.as_ref().err());
        let believed = match planned {
            // Whoever cancelled may have chosen another centre.
            Ok(_) if self.state.run.is_some_and(|run| run.is_cancelled) => {
                return self.step(Event::ReceiveFailed { may_pass: false }).await;
            }
            Ok(believed) => believed,
            Err(error) => return self.receive_failed(error).await,
        };
        let behind = self.behind(&believed);
        self.believed = Some(believed.clone());
        self.learn_unknown();
        let scope = self.state.run.map_or(Scope::All, |run| run.scope);
        let groups = machine::plan(&behind, scope);
        let wanted = groups.iter().flatten();
        let sections = wanted.map(|section| (*section, self.bytes_of(&believed, *section))).collect();
        if let Some(book) = &mut self.book {
            book.sections = sections;
        }
        self.step(Event::Planned(groups)).await;
    }

    /// Tells people which sections of the manifest only a newer version understands.
    fn learn_unknown(&self) {
        let Some(believed) = &self.believed else { return };
        let names = believed.manifest.sections.keys();
        let unknown: Vec<String> = names.filter(|name| Section::of_name(name).is_none()).cloned().collect();
        self.status.send_if_modified(|status| {
            let has_changed = status.unknown != unknown;
            status.unknown = unknown;
            has_changed
        });
    }

    /// Sections of a manifest that are not live here as it says.
    fn behind(&self, believed: &Believed) -> BTreeSet<Section> {
        let manifest = &believed.manifest;
        let differs = Section::down().filter(|section| {
            let live = self.parts.store.centre.live(section.name());
            let is_of_it = live.epoch == life(manifest);
            match manifest.sections.get(section.name()) {
                Some(published) => !is_of_it || live.generation != published.generation,
                // It publishes nothing of it: what another centre has left behind goes.
                None => !is_of_it && !live.epoch.is_empty(),
            }
        });
        differs.collect()
    }

    /// The same of the newest manifest; none before the first.
    fn behind_now(&self) -> BTreeSet<Section> {
        self.believed.as_ref().map(|believed| self.behind(believed)).unwrap_or_default()
    }

    fn bytes_of(&self, believed: &Believed, section: Section) -> u64 {
        match self.way(believed, section) {
            (wanted, true) => wanted.manifest.steps.iter().map(|step| step.bytes).sum(),
            (wanted, false) => wanted.manifest.snapshot_bytes(),
        }
    }

    /// How a section gets here: by steps (`true`, and only those needed are left) or by snapshot.
    fn way(&self, believed: &Believed, section: Section) -> (Wanted, bool) {
        /// More changed rows than this take the snapshot way.
        const MOST_STEP_ROWS: u64 = 50_000;
        let published = believed.manifest.sections.get(section.name());
        let mut manifest = published.cloned().unwrap_or_default();
        let held = self.held(believed, section);
        let chain = manifest.steps_from(held).filter(|_| held > 0).map(<[_]>::to_vec);
        let by_steps = chain.filter(|chain| {
            let (rows, bytes) = chain.iter().fold((0u64, 0u64), |(rows, bytes), step| {
                (rows.saturating_add(step.rows), bytes.saturating_add(step.bytes))
            });
            rows <= MOST_STEP_ROWS && bytes <= manifest.snapshot_bytes()
        });
        let is_by_steps = by_steps.is_some();
        manifest.steps = by_steps.unwrap_or_default();
        let wanted = Wanted { section: section.name().into(), epoch: life(&believed.manifest), manifest };
        (wanted, is_by_steps)
    }

    /// The generation of a section that is live here in this life of the back office; 0 if none is.
    fn held(&self, believed: &Believed, section: Section) -> u64 {
        let live = self.parts.store.centre.live(section.name());
        if live.epoch == life(&believed.manifest) { live.generation } else { 0 }
    }

    fn load(&mut self, group: Group) {
        let Some(believed) = self.believed.clone() else { return };
        let ways: Vec<_> = group
            .iter()
            .map(|section| (*section, self.held(&believed, *section), self.way(&believed, *section)))
            .collect();
        self.group = group;
        let (loader, status) = (self.loader.clone(), self.status.clone());
        self.beside(async move {
            let mut loaded = Vec::new();
            for (section, held, (wanted, by_steps)) in ways {
                set_stage(&status, Stage::Receiving(section));
                loaded.push((section, load_section(&loader, held, wanted, by_steps).await));
            }
            Outcome::Loaded(loaded)
        });
    }

    async fn loaded(&mut self, loaded: Vec<(Section, Result<Ready, SyncError>)>) {
        let mut failed = BTreeSet::new();
        let mut ready = BTreeMap::new();
        let mut may_pass = false;
        for (section, result) in loaded {
            match result {
                Ok(change) => drop(ready.insert(section, change)),
                Err(SyncError::Cancelled) => {
                    return self.step(Event::ReceiveFailed { may_pass: false }).await;
                }
                Err(error) if error.is_of_the_file() => return self.start_anew(error).await,
                Err(error) => {
                    self.learn_mode(Some(&error));
                    may_pass |= is_of_the_line(&error);
                    failed.insert(section);
                    self.mark_red(section, red(&error));
                }
            }
        }
        let (go, wait) = machine::may_go(&self.group, &failed);
        for (section, needs) in wait {
            let error = SyncError::WaitsFor { section: section.name().into(), needs: needs.name().into() };
            self.mark_red(section, red(&error));
        }
        self.ready = go.into_iter().filter_map(|section| Some((section, ready.remove(&section)?))).collect();
        self.step(Event::Loaded { may_pass }).await;
    }

    fn apply(&mut self) {
        let (ready, parts, loader) =
            (std::mem::take(&mut self.ready), self.parts.clone(), self.loader.clone());
        let drops = self.state.run.is_some_and(|run| run.rules.applies);
        let mut receipt = self.receipt.clone();
        self.stage(if *receipt.borrow() { Stage::WaitingForReceipt } else { Stage::Applying });
        let (status, meter) = (self.status.clone(), self.loader.meter.clone());
        self.beside(async move {
            while *receipt.borrow_and_update() {
                // The sender lives as long as the engine; Cancel is looked for ten times a second.
                drop(tokio::time::timeout(Duration::from_millis(100), receipt.changed()).await);
                if meter.stop.load(Ordering::Relaxed) {
                    let cancelled = ready.iter().map(|(section, _)| (*section, Err(SyncError::Cancelled)));
                    return Outcome::Applied(cancelled.collect());
                }
            }
            set_stage(&status, Stage::Applying);
            let at_ms = parts.rim.now_ms();
            Outcome::Applied(make_live(&loader, ready, drops, at_ms).await)
        });
    }

    async fn applied(&mut self, applied: Vec<(Section, Result<(), SyncError>)>) {
        for (section, result) in applied {
            match result {
                Ok(()) => {
                    self.status.send_modify(|status| status.is_live(section));
                    if let Some(book) = &mut self.book {
                        book.report.applied.push(section);
                    }
                }
                Err(SyncError::Cancelled) => {
                    return self.step(Event::ReceiveFailed { may_pass: false }).await;
                }
                Err(error) if error.is_of_the_file() => return self.start_anew(error).await,
                Err(error) => self.mark_red(section, red(&error)),
            }
        }
        self.step(Event::Applied).await;
    }

    async fn images_fetched(&mut self, fetched: Result<(), SyncError>) {
        let event = match fetched {
            Ok(()) => {
                if !self.behind_now().contains(&Section::Attachments) {
                    self.status.send_modify(|status| status.is_live(Section::Attachments));
                }
                Event::ImagesFetched { may_pass: false }
            }
            Err(SyncError::Cancelled) => Event::ReceiveFailed { may_pass: false },
            Err(error) => {
                self.learn_mode(Some(&error));
                self.mark_red(Section::Attachments, red(&error));
                Event::ImagesFetched { may_pass: is_of_the_line(&error) }
            }
        };
        self.step(event).await;
    }

    async fn drop_edits(&mut self) {
        let Some(scope) = self.state.run.map(|run| run.scope) else { return };
        let sections: Vec<Section> = Section::down().filter(|section| scope.covers(*section)).collect();
        let at_ms = self.parts.rim.now_ms();
        let dropped = self.loader.on_store(move |store| {
            if store.centre.edits()?.is_empty() {
                Ok(())
            } else {
                store.centre.make_live(&[], &sections, at_ms)
            }
        });
        if let Err(error) = dropped.await
            && let Some(book) = &mut self.book
        {
            book.report.receive_error = Some(red(&error));
        }
    }

    async fn sent(&mut self, sent: Result<SentBatch, SyncError>) {
        // An empty batch has asked nobody, and says nothing about the line.
        if sent.as_ref().map_or(true, |batch| batch.last.is_some()) {
            self.learn_mode(sent.as_ref().err());
        }
        let event = match sent {
            Ok(batch) => {
                if let Some(book) = &mut self.book {
                    book.report.sent_documents += batch.acknowledged;
                }
                self.sweep_refused = batch.refused.or(self.sweep_refused.take());
                self.sweep = batch.last.filter(|_| batch.left);
                match self.sweep_refused.take_if(|_| !batch.left) {
                    Some(refused) => self.send_failed(refused, true),
                    None => Event::Sent { left: batch.left },
                }
            }
            Err(error) => {
                self.sweep = None;
                self.send_failed(red(&error), error.may_pass())
            }
        };
        let is_sent = matches!(event, Event::Sent { .. });
        self.status.send_modify(|status| {
            status.delivery_changes += 1;
            status.send_error = status.send_error.take().filter(|_| !is_sent);
        });
        self.step(event).await;
    }

    fn send_failed(&mut self, cause: Red, may_pass: bool) -> Event {
        if let Some(book) = &mut self.book {
            book.report.send_error = Some(cause.clone());
        }
        self.status.send_modify(|status| status.send_error = Some(cause));
        Event::SendFailed { may_pass }
    }

    async fn start_timer(&mut self, attempt: u32, number: u64) {
        let delay_ms = machine::backoff_ms(attempt, self.cap_ms().await, self.random());
        let at_ms = self.parts.rim.now_ms().saturating_add_unsigned(delay_ms);
        self.status.send_modify(|status| status.next_try_ms = Some(at_ms));
        self.beside(async move {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            Outcome::TimerFired(number)
        });
    }

    async fn finish(&mut self, run: Run) {
        let Some(book) = self.book.take() else { return };
        let mut report = book.report;
        report.is_cancelled = run.is_cancelled;
        let meter = &self.loader.meter;
        report.received_rows = meter.rows.load(Ordering::Relaxed);
        report.received_bytes = meter.bytes.load(Ordering::Relaxed);
        tracing::info!(
            scope = run.scope.name(),
            trigger = run.trigger.name(),
            result = report.result(),
            rows = report.received_rows,
            documents = report.sent_documents,
            "sync ended"
        );
        let logged = SyncRun {
            started_ms: book.started_ms,
            ended_ms: self.parts.rim.now_ms(),
            trigger: run.trigger.name().into(),
            scope: run.scope.name().into(),
            received_rows: report.received_rows,
            received_bytes: report.received_bytes,
            sent_documents: report.sent_documents,
            result: report.result().into(),
            detail: report.detail(),
        };
        let logged = self.loader.on_store(move |store| store.centre.log_run(&logged)).await;
        if let Err(error) = logged {
            // A run that cannot be noted down has still happened; the report says both.
            report.receive_error.get_or_insert(red(&error));
        }
        if !report.applied.is_empty() {
            self.tidy();
        }
        if let Some(centre_now_ms) = book.centre_now_ms {
            self.prune(centre_now_ms).await;
        }
        let checked_ms = self.checked(&run, &report);
        let has_received = has_received(&run, &report);
        self.status.send_modify(|status| {
            status.run = None;
            status.receive_error = status.receive_error.take().filter(|_| !has_received);
            status.checked_ms.extend(checked_ms);
            status.last_run = Some(report.clone());
            status.runs_ended += 1;
        });
        self.keep_checked().await;
        for waiter in book.waiters {
            waiter.tell(report.clone());
        }
    }

    /// Forgets documents that are settled and older than the policy keeps them, whichever of the two
    /// clocks is asked: one that jumped ahead makes none older.
    async fn prune(&self, centre_now_ms: i64) {
        const DAY_MS: i64 = 86_400_000;
        let keep_ms = i64::from(self.policy().await.keep_days).saturating_mul(DAY_MS);
        let before_ms = self.parts.rim.now_ms().min(centre_now_ms).saturating_sub(keep_ms);
        let pruned = self.loader.on_store(move |store| {
            if store.journal.has_settled_before(before_ms)? {
                store.journal.write(|journal| journal.prune(before_ms))
            } else {
                Ok(0)
            }
        });
        if let Err(error) = pruned.await {
            tracing::warn!(code = error.code(), "settled documents could not be pruned");
        }
    }

    /// The sections that this run found equal to the centre's, or sent to the last document.
    fn checked(&self, run: &Run, report: &Report) -> BTreeMap<Section, i64> {
        let now_ms = self.parts.rim.now_ms();
        let (received, behind) = (has_received(run, report), self.behind_now());
        let is_checked = |section: &Section| {
            let is_equal = received && !report.red.contains_key(section) && !behind.contains(section);
            let is_sent = run.rules.sends && report.send_error.is_none() && !report.is_cancelled;
            run.scope.covers(*section) && if section.is_down() { is_equal } else { is_sent }
        };
        Section::ALL.iter().copied().filter(is_checked).map(|section| (section, now_ms)).collect()
    }

    async fn keep_checked(&self) {
        let checked: BTreeMap<&str, i64> =
            self.status.borrow().checked_ms.iter().map(|(section, at_ms)| (section.name(), *at_ms)).collect();
        let Ok(checked) = serde_json::to_vec(&checked) else { return };
        // A time that cannot be kept is shown until the app ends, and found again by the next run.
        drop(self.loader.on_store(move |store| store.centre.set_fact(CHECKED, &checked)).await);
    }

    async fn stored_checked(&self) -> BTreeMap<Section, i64> {
        let stored = self.loader.on_store(|store| store.centre.fact(CHECKED)).await.ok().flatten();
        let named: BTreeMap<String, i64> =
            stored.and_then(|stored| serde_json::from_slice(&stored).ok()).unwrap_or_default();
        named.into_iter().filter_map(|(name, at_ms)| Some((Section::of_name(&name)?, at_ms))).collect()
    }

    /// Compares and empties the slots that a swap left idle, beside everything else, a chunk at a time.
    fn tidy(&mut self) {
        let loader = self.loader.clone();
        self.beside(async move {
            // What cannot be tidied now is tidied when its slot is wanted.
            while let Ok(false) = loader.on_store(|store| store.centre.tidy()).await {}
            Outcome::Tidied
        });
    }

    fn mark_red(&mut self, section: Section, cause: Red) {
        tracing::warn!(section = section.name(), code = cause.code, "a section is red");
        if let Some(book) = &mut self.book {
            book.report.red.insert(section, cause.clone());
        }
        self.status.send_modify(|status| drop(status.red.insert(section, cause)));
    }

    fn learn_mode(&self, error: Option<&SyncError>) {
        let now_ms = self.parts.rim.now_ms();
        self.status.send_if_modified(|status| {
            let mode = match (error.map(SyncError::cause), status.mode) {
                (None | Some(None), _) => Mode::Online,
                (Some(Some(cause)), Mode::Offline { cause: before, since_ms }) if before == cause => {
                    Mode::Offline { cause, since_ms }
                }
                (Some(Some(cause)), _) => Mode::Offline { cause, since_ms: now_ms },
            };
            let has_changed = std::mem::replace(&mut status.mode, mode) != mode;
            match mode {
                Mode::Offline { cause, .. } if has_changed => tracing::warn!(cause = cause.code(), "offline"),
                Mode::Online if has_changed => tracing::info!("online"),
                _ => {}
            }
            has_changed
        });
    }

    fn stage(&mut self, stage: Stage) {
        if let Some(book) = &mut self.book {
            book.stage = stage;
        }
        set_stage(&self.status, stage);
    }

    fn publish_progress(&mut self) {
        let Some(book) = &mut self.book else { return };
        let meter = &self.loader.meter;
        let progress = |&(section, total_bytes): &(Section, u64)| SectionProgress {
            section,
            done_bytes: meter.done_bytes(section).min(total_bytes),
            total_bytes,
        };
        let sections: Vec<_> = book.sections.iter().map(progress).collect();
        book.percent = percent(&sections, book.report.sent_documents, book.to_send, book.percent);
        self.status.send_if_modified(|status| {
            let before = status.run.take();
            let stage = before.as_ref().map_or(book.stage, |run| run.stage);
            status.run = Some(Progress {
                scope: book.report.scope,
                trigger: book.report.trigger,
                stage,
                percent: book.percent,
                sections,
                sent: book.report.sent_documents,
                to_send: book.to_send,
            });
            status.run != before
        });
    }

    async fn policy(&self) -> Policy {
        let policy = self.loader.on_store(|store| {
            let view = store.centre.view()?;
            view.list("policy", None, 1)?.first().map(|found| found.read::<Policy>()).transpose()
        });
        // Before the first sync there is none, and one that cannot be read must not stop selling.
        policy.await.ok().flatten().unwrap_or_default()
    }

    async fn stored_manifest(&self) -> Option<Believed> {
        let stored = self.loader.on_store(|store| Ok((store.centre.fact(MANIFEST)?, subscription(store)?)));
        let (Some(signed), Some(centre)) = stored.await.ok()? else { return None };
        let manifest = Manifest::verify(&signed, &self.parts.tenant_key, &centre).ok()?;
        Some(Believed { id: Manifest::id(&signed), manifest: Arc::new(manifest) })
    }

    fn beside(&mut self, work: impl Future<Output = Outcome> + Send + 'static) {
        // One kind of task, as in `Aside`.
        let work: Pin<Box<dyn Future<Output = Outcome> + Send>> = Box::pin(work);
        self.beside.spawn(work);
    }
}

/// Whether a run has brought all that it was to bring, but for what is red.
fn has_received(run: &Run, report: &Report) -> bool {
    run.rules.receives && report.receive_error.is_none() && !report.is_cancelled
}

fn set_stage(status: &watch::Sender<Status>, stage: Stage) {
    status.send_if_modified(|status| match &mut status.run {
        Some(run) => std::mem::replace(&mut run.stage, stage) != stage,
        None => false,
    });
}

/// Reads the centre's file to its end, and begins an empty one if it is damaged.
async fn check_file(loader: &Loader) -> Result<(), SyncError> {
    let check = |store: &Store| {
        if store.centre.is_sound()? {
            return Ok(());
        }
        tracing::error!("the centre's file is damaged; it is put aside, and everything is fetched again");
        store.centre.rebuild()
    };
    loader.on_store(check).await
}

async fn contact(parts: &Parts, loader: &Loader) -> Result<Contacted, SyncError> {
    let (till, enrolment, app) = (parts.till.clone(), parts.enrolment, parts.app.clone());
    let request = loader.on_store(move |store| {
        let head = store.journal.head(&till, enrolment)?;
        let unsent = store.journal.unsent()?;
        let live = store.centre.all_live();
        // Live sections count for themselves.
        let of_generation =
            |name: &str| Section::of_name(name).is_none_or(|section| !machine::is_live(section));
        let published = live.iter().filter(|(name, _)| of_generation(name)).map(|(_, section)| section);
        let newest = published.max_by_key(|section| section.generation);
        let uploaded = store.journal.uploaded_through(&till, enrolment)?;
        let request = Contact {
            app,
            epoch: newest.map(|section| epoch_of(&section.epoch).to_string()).unwrap_or_default(),
            generation: newest.map_or(0, |section| section.generation),
            head: head.hash,
            oldest_ms: unsent.oldest_ms(),
            processed: store.journal.processed_through(&till, enrolment)?,
            through: head.seq,
            unsent: unsent.documents(),
        };
        Ok((request, uploaded))
    });
    let (request, uploaded) = request.await?;
    let answer = parts.client.contact(&request).await?;
    let (till, centre_seq) = (parts.till.clone(), answer.through);
    let (own_seq, own) = loader
        .on_store(move |store| {
            // Asked for now: what was recorded and sent meanwhile is no sign of another phone.
            let own_seq = store.journal.head(&till, enrolment)?.seq;
            Ok((own_seq, store.journal.document(&till, enrolment, centre_seq)?))
        })
        .await?;
    // An old copy that has gone on by itself holds another document there; one that was pruned is ours.
    let is_ours = own.map_or(centre_seq <= own_seq, |own| own.record.hash == answer.head);
    if !is_ours {
        let till = parts.till.clone();
        return Err(SyncError::Superseded { till, enrolment, centre_seq, own_seq });
    }
    learn_delivery(parts, loader, &answer, (request.processed, uploaded)).await?;
    Ok(answer)
}

/// Stores what the centre says of documents: booked, lost again by a restored back office, objected to.
/// What was known to be booked and uploaded when it was asked: since then more may have been uploaded.
async fn learn_delivery(
    parts: &Parts,
    loader: &Loader,
    answer: &Contacted,
    (processed, uploaded): (u64, u64),
) -> Result<(), SyncError> {
    // By the centre's clock: a document is kept for days from here on, and the phone's own may jump.
    let (till, enrolment, at_ms) = (parts.till.clone(), parts.enrolment, answer.now_ms);
    let answer = answer.clone();
    let learn = loader.on_store(move |store| {
        let has_lost = uploaded > answer.through;
        #[cfg(tillkit_defects)]
        let has_lost = has_lost && !tillkit_protocol::defects::is("a new epoch sends nothing again");
        if !has_lost && answer.processed <= processed && answer.findings.is_empty() {
            return Ok(());
        }
        let booked = answer.processed.min(answer.through);
        store.journal.write(|journal| {
            if has_lost {
                let lost = journal.unacknowledge(&till, enrolment, answer.through)?;
                let finding = Finding {
                    code: "lost".into(),
                    detail: format!("the back office had {lost} more documents once; they are sent again"),
                    enrolment,
                    seq: answer.through + 1,
                    till: till.clone(),
                };
                journal.add_findings(&[finding], at_ms)?;
            }
            journal.processed(&till, enrolment, booked, at_ms)?;
            journal.add_findings(&answer.findings, at_ms)
        })
    });
    learn.await
}

/// Where no manifest was announced, that there is none to read means that nothing is published.
fn why_there_is_none(error: SyncError, announced: Option<Hash>) -> SyncError {
    match error {
        SyncError::Refused(problem) if announced.is_none() && problem.is(ProblemType::NotFound) => {
            SyncError::NothingPublished { why: "the centre has published nothing" }
        }
        error => error,
    }
}

async fn read_manifest(
    parts: &Parts,
    loader: &Loader,
    known: Option<Believed>,
    announced: Option<Hash>,
) -> Result<Believed, SyncError> {
    let centre = loader.on_store(subscription).await?;
    let centre = centre.ok_or(SyncError::NothingPublished { why: "no centre has been chosen" })?;
    let known = known.filter(|known| known.manifest.centre == centre);
    let known_epoch = known.as_ref().map(|known| known.manifest.epoch.clone());
    let read = async |known: Option<Hash>| {
        let answer = parts.client.manifest(known, None).await;
        answer.map_err(|error| why_there_is_none(error, announced))
    };
    let mut signed = match read(known.as_ref().map(|known| known.id)).await? {
        ManifestAnswer::Signed(signed) => signed,
        ManifestAnswer::Unchanged => {
            return known.filter(|known| Some(known.id) == announced).ok_or_else(|| {
                SyncError::NotUnderstood {
                    request: "/v1/manifest".into(),
                    why: "it is said to be unchanged, and is not the one that was announced".into(),
                }
            });
        }
    };
    let mut verified = Manifest::verify(&signed, &parts.tenant_key, &centre);
    // It has another choice of this till, from an answer that was lost or from a backup: it is told again.
    if let Err(Disbelieved::OtherCentre { .. }) = verified {
        parts.client.subscribe(&centre).await?;
        if let ManifestAnswer::Signed(again) = read(None).await? {
            verified = Manifest::verify(&again, &parts.tenant_key, &centre);
            signed = again;
        }
    }
    let manifest = verified?;
    if let Some(known) = known.filter(|known| known.manifest.epoch == manifest.epoch)
        && (manifest.generation < known.manifest.generation || manifest.live < known.manifest.live)
    {
        let (found, held) = (manifest.generation, known.manifest.generation);
        return Err(Disbelieved::Older { found, held }.into());
    }
    let id = Manifest::id(&signed);
    if Some(id) != announced {
        tracing::info!("the centre has published again since the contact");
    }
    let is_new_life = known_epoch.as_deref() != Some(manifest.epoch.as_str());
    let (till, enrolment) = (parts.till.clone(), parts.enrolment);
    let kept = loader.on_store(move |store| {
        if is_new_life {
            send_again(store, &till, enrolment)?;
        }
        store.centre.set_fact(MANIFEST, &signed)
    });
    kept.await?;
    // What was begun of an older one is of no use any more.
    let sections = manifest.sections.values();
    let blobs = sections.clone().flat_map(|section| &section.snapshot).map(|blob| blob.sha256);
    let steps = sections.flat_map(|section| &section.steps).map(|step| step.sha256);
    loader.keep_only(blobs.chain(steps).collect()).await?;
    Ok(Believed { id, manifest: Arc::new(manifest) })
}

/// A contact speaks of the documents of one enrolment. What earlier ones of this phone sent, and what
/// stands beside documents, a back office with a new life may have lost: it is sent again, and known
/// there if it was not.
fn send_again(store: &Store, till: &str, enrolment: u32) -> tillkit_store::Result<()> {
    let all = store.journal.enrolments()?.into_iter();
    let earlier: Vec<_> = all.filter(|it| (it.till.as_str(), it.enrolment) != (till, enrolment)).collect();
    store.journal.write(|journal| {
        journal.send_parts_again()?;
        earlier.iter().try_for_each(|it| journal.unacknowledge(&it.till, it.enrolment, 0).map(drop))
    })
}

/// Whether the line or the back office is at fault, so that time alone may mend it. What does not add
/// up is not fetched again and again: it waits for the next trigger.
fn is_of_the_line(error: &SyncError) -> bool {
    matches!(error, SyncError::Offline { .. } | SyncError::Refused(_)) && error.may_pass()
}

/// Brings the pictures that rows name, in the order of their keys, as far as there is room; those that
/// no row names any more go.
async fn fetch_images(parts: &Parts, loader: &Loader, room_bytes: u64) -> Result<(), SyncError> {
    let named = loader.on_store(|store| {
        const PAGE: usize = 1_000;
        let view = store.centre.view()?;
        let (mut named, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = view.list("image", after.as_deref(), PAGE)?;
            // A picture this version cannot read is shown by nobody.
            named.extend(page.iter().filter_map(|found| found.read::<Image>().ok()));
            after = page.last().map(|last| last.key.clone());
            if page.len() < PAGE {
                return Ok(named);
            }
        }
    });
    let mut left_bytes = room_bytes;
    let mut wanted = BTreeMap::new();
    for image in named.await? {
        let is_new = !wanted.contains_key(&image.sha256);
        if is_new && image.bytes <= left_bytes {
            left_bytes -= image.bytes;
            wanted.insert(image.sha256, image.bytes);
        }
    }
    let pictures = Loader { folder: parts.images.clone(), ..loader.clone() };
    pictures.keep_only(wanted.keys().copied().collect()).await?;
    let mut failed = None;
    for (sha256, bytes) in wanted {
        match pictures.fetch(Section::Attachments.name(), &sha256, bytes).await {
            Ok(_) => {}
            // A picture that is no good holds up no other.
            Err(error @ SyncError::Blob(_)) => drop(failed.get_or_insert(error)),
            Err(error) => return Err(error),
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn load_section(
    loader: &Loader,
    held: u64,
    wanted: Wanted,
    by_steps: bool,
) -> Result<Ready, SyncError> {
    let (found, rows) = (wanted.manifest.generation, wanted.manifest.rows());
    if found < held {
        return Err(Disbelieved::Older { found, held }.into());
    }
    if rows > SECTION_ROWS {
        return Err(SyncError::TooManyRows { section: wanted.section, rows });
    }
    if by_steps {
        match loader.read_steps(&wanted.section, &wanted.manifest.steps).await {
            // A step that is no good is no reason to stay behind: the section comes whole.
            Err(SyncError::Blob(why)) => tracing::warn!(section = wanted.section, %why, "a step is left out"),
            steps => return Ok(Ready::Steps(wanted, steps?)),
        }
    }
    loader.load_snapshot(&wanted).await?;
    Ok(Ready::Snapshot(wanted))
}

/// Makes a group live at once. If steps do not lead where the manifest says, the section is brought
/// whole instead, and the others go without it.
async fn make_live(
    loader: &Loader,
    ready: Vec<(Section, Ready)>,
    drops: bool,
    at_ms: i64,
) -> Vec<(Section, Result<(), SyncError>)> {
    let sections: Vec<Section> = ready.iter().map(|(section, _)| *section).collect();
    let ready = Arc::new(ready);
    match make_all_live(loader, ready.clone(), drops, at_ms).await {
        Ok(()) => {
            loader.forget(step_blobs(&ready).into_iter()).await;
            sections.into_iter().map(|section| (section, Ok(()))).collect()
        }
        Err(SyncError::Store(StoreError::Mismatch { section, .. })) if has_steps(&ready, &section) => {
            let Some(ready) = Arc::into_inner(ready) else { return Vec::new() };
            Box::pin(bring_whole(loader, ready, &section, drops, at_ms)).await
        }
        Err(error) => {
            // They go together or not at all: the others wait for the one that refused.
            let refused = match &error {
                SyncError::Store(StoreError::Mismatch { section, .. }) => Section::of_name(section),
                _ => None,
            };
            let refused = refused.or(sections.first().copied());
            let mut cause = Some(error);
            let each = |section: Section| {
                let own = if Some(section) == refused { cause.take() } else { None };
                let needs = refused.map_or_else(String::new, |refused| refused.name().into());
                let waits = SyncError::WaitsFor { section: section.name().into(), needs };
                (section, Err(own.unwrap_or(waits)))
            };
            sections.into_iter().map(each).collect()
        }
    }
}

fn step_blobs(ready: &[(Section, Ready)]) -> Vec<Hash> {
    let steps = ready.iter().filter_map(|(_, ready)| match ready {
        Ready::Steps(wanted, _) => Some(&wanted.manifest.steps),
        Ready::Snapshot(_) => None,
    });
    steps.flatten().map(|step| step.sha256).collect()
}

fn has_steps(ready: &[(Section, Ready)], name: &str) -> bool {
    ready.iter().any(|(section, ready)| section.name() == name && matches!(ready, Ready::Steps(..)))
}

async fn make_all_live(
    loader: &Loader,
    ready: Arc<Vec<(Section, Ready)>>,
    drops: bool,
    at_ms: i64,
) -> Result<(), SyncError> {
    #[cfg(tillkit_defects)]
    if tillkit_protocol::defects::is("sections made live one by one") {
        for n in (0..ready.len()).rev() {
            let ready = ready.clone();
            let one = loader.on_store(move |store| {
                let edits = if drops { vec![ready[n].0] } else { Vec::new() };
                store.centre.make_live(&[ready[n].1.change()], &edits, at_ms)
            });
            one.await?;
        }
        return Ok(());
    }
    let made = loader.on_store(move |store| {
        let left = left_behind(store)?;
        let left = left.iter().filter(|section| ready.iter().all(|(ready, _)| ready != *section));
        let gone = left.map(|section| Change::Gone(section.name()));
        let changes: Vec<Change> = ready.iter().map(|(_, ready)| ready.change()).chain(gone).collect();
        let edits: Vec<Section> = ready.iter().map(|(section, _)| *section).filter(|_| drops).collect();
        store.centre.make_live(&changes, &edits, at_ms)
    });
    made.await
}

async fn bring_whole(
    loader: &Loader,
    ready: Vec<(Section, Ready)>,
    name: &str,
    drops: bool,
    at_ms: i64,
) -> Vec<(Section, Result<(), SyncError>)> {
    let group: Group = ready.iter().map(|(section, _)| *section).collect();
    let mut still_ready = Vec::new();
    let mut ended = Vec::new();
    for (section, change) in ready {
        match change {
            Ready::Steps(wanted, _) if section.name() == name => match loader.load_snapshot(&wanted).await {
                Ok(()) => still_ready.push((section, Ready::Snapshot(wanted))),
                Err(error) => ended.push((section, Err(error))),
            },
            change => still_ready.push((section, change)),
        }
    }
    // What needs a section that could not be brought waits for it here, too.
    let failed = ended.iter().map(|(section, _)| *section).collect();
    let (go, wait) = machine::may_go(&group, &failed);
    still_ready.retain(|(section, _)| go.contains(section));
    ended.extend(wait.into_iter().map(|(section, needs)| {
        (section, Err(SyncError::WaitsFor { section: section.name().into(), needs: needs.name().into() }))
    }));
    if !still_ready.is_empty() {
        ended.extend(make_live(loader, still_ready, drops, at_ms).await);
    }
    ended
}

/// Sends up to two batches at once and stores what the centre acknowledges.
async fn send(
    parts: &Parts,
    loader: &Loader,
    sections: &[Section],
    after: Option<Recorded>,
) -> Result<SentBatch, SyncError> {
    let has_parts = sections.is_empty() || sections.contains(&Section::CustomersMade);
    let part_refused = if has_parts && after.is_none() { send_parts(parts, loader).await? } else { None };
    let first = batch(loader, sections, after).await?;
    let Some(last) = first.last().cloned() else {
        return Ok(SentBatch { acknowledged: 0, refused: part_refused, last: None, left: false });
    };
    let second = batch(loader, sections, Some(last.clone())).await?;
    let last = second.last().cloned().unwrap_or(last);
    let (one, two) = tokio::join!(send_batch(parts, loader, first), send_batch(parts, loader, second));
    // What either of them got acknowledged is stored already, whatever became of the other.
    let (one, two) = (one?, two?);
    let left = !batch_of(loader, sections, Some(last.clone()), 1).await?.is_empty();
    let refused = one.1.or(two.1).or(part_refused);
    Ok(SentBatch { acknowledged: one.0 + two.0, refused, last: Some(last), left })
}

/// Sends what stands beside documents, before the documents. One that is refused stops neither the
/// others nor the documents; it is tried again with the next sweep.
async fn send_parts(parts: &Parts, loader: &Loader) -> Result<Option<Red>, SyncError> {
    const AT_ONCE: usize = 200;
    let mut refused = None;
    for part in loader.on_store(|store| store.journal.unsent_parts(AT_ONCE)).await? {
        let (sha256, at_ms) = (part.sha256, parts.rim.now_ms());
        match parts.client.upload_part(&sha256, part.bytes).await {
            Ok(()) => {
                let sent =
                    move |store: &Store| store.journal.write(|journal| journal.part_sent(&sha256, at_ms));
                loader.on_store(sent).await?;
            }
            Err(error @ SyncError::Store(_)) => return Err(error),
            Err(error) => {
                let sentence = format!("the centre did not take a customer's data: {error}");
                refused = Some(Red { code: "part-refused".into(), kind: None, sentence });
                if matches!(error, SyncError::Offline { .. }) {
                    break;
                }
            }
        }
    }
    Ok(refused)
}

async fn batch(
    loader: &Loader,
    sections: &[Section],
    after: Option<Recorded>,
) -> Result<Vec<Recorded>, SyncError> {
    batch_of(loader, sections, after, BATCH_RECORDS).await
}

async fn batch_of(
    loader: &Loader,
    sections: &[Section],
    after: Option<Recorded>,
    limit: usize,
) -> Result<Vec<Recorded>, SyncError> {
    let sections = sections.to_vec();
    loader
        .on_store(move |store| store.journal.unsent_batch(&sections, after.as_ref(), limit, BATCH_BYTES))
        .await
}

async fn send_batch(
    parts: &Parts,
    loader: &Loader,
    documents: Vec<Recorded>,
) -> Result<(u64, Option<Red>), SyncError> {
    if documents.is_empty() {
        return Ok((0, None));
    }
    let mut records = Vec::new();
    for document in &documents {
        records.extend_from_slice(&document.record.to_bytes());
        records.push(b'\n');
    }
    #[cfg(tillkit_defects)]
    if tillkit_protocol::defects::is("acknowledged before it is sent") {
        let (all, at_ms) = (ranges_of(&documents), parts.rim.now_ms());
        loader.on_store(move |store| store.journal.write(|journal| journal.acknowledge(&all, at_ms))).await?;
    }
    let answer = parts.client.upload(&records).await?;
    let acknowledged = acknowledged(&documents, &answer);
    let count: u64 =
        acknowledged.iter().flat_map(|ranges| &ranges.ranges).map(|(from, to)| to - from + 1).sum();
    let refused = match answer.refused.first() {
        Some(refused) => {
            Some(("document-refused", format!("the centre did not take a document: {}", refused.why)))
        }
        None if count < documents.len() as u64 => {
            let sentence = format!("the centre acknowledged {count} of {} documents", documents.len());
            Some(("not-acknowledged", sentence))
        }
        None => None,
    };
    let refused = refused.map(|(code, sentence)| Red { code: code.into(), kind: None, sentence });
    let at_ms = parts.client.server_now_ms();
    let findings = answer.findings;
    let stored = loader.on_store(move |store| {
        store.journal.write(|journal| {
            journal.acknowledge(&acknowledged, at_ms)?;
            journal.add_findings(&findings, at_ms)
        })
    });
    stored.await?;
    Ok((count, refused))
}

/// Of what was sent, what the answer says is durable there. Nothing else is believed of it.
fn acknowledged(sent: &[Recorded], answer: &Uploaded) -> Vec<Ranges> {
    let named: Vec<&Ranges> = answer.stored.iter().chain(&answer.known).collect();
    let is_named = |document: &&Recorded| {
        named.iter().any(|ranges| {
            ranges.till == document.till
                && ranges.enrolment == document.enrolment
                && ranges.ranges.iter().any(|(from, to)| (*from..=*to).contains(&document.seq))
        })
    };
    ranges_of(sent.iter().filter(is_named))
}

//! One world: a shop's fortnight, with everything that may go wrong in it.
//!
//! The queue of events is the world's own; between two of them the tills, on one thread and with a
//! clock that jumps, do what they do. At the end everything heals, and then it has to add up.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::Duration,
};

use tillkit::{Scope, Trigger};
use tillkit_protocol::MAJOR;
use tokio::{
    sync::mpsc,
    time::{sleep, sleep_until},
};

use super::{
    audit::{self, Judged},
    centre::{Centre, Crash, Kept},
    checks,
    dice::Dice,
    line::{Line, Trap, Weather},
    phone::{Calm, Phone},
    trace::Trace,
    twin::Twin,
};

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;
/// How long a world lasts.
pub const DAYS: u64 = 14;
/// A world goes on until there are so many.
const FEWEST_DOCUMENTS: usize = 310;
/// What healing may take.
const BOUND: Duration = Duration::from_millis(BOUND_MS);
const BOUND_MS: u64 = 60_000;

/// What happens next; a number is a phone's place.
#[derive(Debug, Clone, Copy)]
enum What {
    Open(usize),
    OpenDay(usize),
    Act(usize, u64),
    CloseDay(usize),
    Shut(usize),
    Weather(usize, Weather),
    Trap(usize, Trap),
    FillDisk(usize, bool),
    JumpClock(usize, i64),
    Image(usize),
    Copied(usize, bool),
    Revoke(usize),
    Publish,
    PublishLive,
    Book,
    Crash(Crash),
    Fall,
    Backup,
    Restore,
    Major(u32),
    Calm,
    Rough,
}

impl What {
    /// Whether it may not happen while everything is calm: faults, and what people do.
    fn waits_for_rough(self) -> bool {
        match self {
            What::Weather(_, weather) => weather != Weather::Fair,
            What::FillDisk(_, is_full) => is_full,
            What::Major(major) => major != MAJOR,
            What::Act(..)
            | What::Trap(..)
            | What::JumpClock(..)
            | What::Image(..)
            | What::Copied(..)
            | What::Revoke(..)
            | What::Crash(..)
            | What::Fall
            | What::Restore => true,
            _ => false,
        }
    }
}

/// A world under way.
pub struct World {
    seed: u64,
    dice: Dice,
    trace: Arc<Trace>,
    centre: Arc<Mutex<Centre>>,
    phones: Vec<Phone>,
    traps: mpsc::UnboundedReceiver<(String, u64)>,
    queue: BTreeMap<(u64, u64), What>,
    queued: u64,
    backup: Option<Kept>,
    images: BTreeMap<usize, (std::path::PathBuf, usize)>,
    /// What each phone has to do by itself until it is rough again.
    is_calm: Option<Vec<Option<Calm>>>,
}

/// What a world came to, beside its trace.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    /// Documents at the centre.
    pub documents: u64,
    /// Times it published.
    pub publications: u64,
    /// Tills.
    pub tills: u64,
    /// Whether everything was sent and equal in time.
    pub is_drained: bool,
    /// Requests that a real back office answered beside the model.
    pub compared: u64,
    /// What the accountant has judged.
    pub judged: Judged,
}

impl World {
    /// A world with its queue filled.
    pub fn new(seed: u64, folder: &Path, trace: Arc<Trace>, twin: Option<Twin>) -> World {
        let mut dice = Dice::new(seed, "world");
        let centre = Arc::new(Mutex::new(Centre::open(seed, trace.clone(), twin)));
        let (send_trap, traps) = mpsc::unbounded_channel();
        let tills = if dice.permille(200) { 4 } else { 3 };
        let phone = |n: usize| {
            let name = format!("T{}", n + 1);
            let line = Line::new(&name, seed, trace.clone(), centre.clone(), send_trap.clone());
            Phone::new(&name, seed, folder, trace.clone(), centre.clone(), line)
        };
        let phones = (0..tills).map(phone).collect();
        let mut world = World {
            seed,
            dice,
            trace,
            centre,
            phones,
            traps,
            queue: BTreeMap::new(),
            queued: 0,
            backup: None,
            images: BTreeMap::new(),
            is_calm: None,
        };
        world.plan();
        world
    }

    fn at(&mut self, at_ms: u64, what: What) {
        self.queued += 1;
        self.queue.insert((at_ms, self.queued), what);
    }

    fn centre(&self) -> MutexGuard<'_, Centre> {
        self.centre.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ------------------------------------------------------------------------------ the plan

    fn plan(&mut self) {
        for day in 0..DAYS {
            let morning = day * DAY_MS;
            for till in 0..self.phones.len() {
                if day > 0 && self.dice.permille(60) {
                    continue; // nobody comes
                }
                let open = morning + self.dice.of(0..40 * MINUTE_MS);
                let close = open + self.dice.of(8 * MINUTE_MS..14 * MINUTE_MS);
                self.plan_session(till, open, close);
            }
            self.plan_centre(day, morning);
        }
    }

    fn plan_session(&mut self, till: usize, open: u64, close: u64) {
        self.at(open, What::Open(till));
        let ready = open + self.dice.of(SECOND_MS..20 * SECOND_MS);
        self.at(ready, What::OpenDay(till));
        self.at(ready + 5 * SECOND_MS, What::Act(till, close));
        if self.dice.permille(800) {
            self.at(close, What::CloseDay(till));
        }
        self.at(close + 30 * SECOND_MS, What::Shut(till));
        let during = open..close;
        if self.dice.permille(550) {
            let weather = self.dice.pick(&[
                Weather::Down,
                Weather::Down,
                Weather::LosesRequests,
                Weather::LosesAnswers,
                Weather::LosesAnswers,
                Weather::Portal,
                Weather::Gateway,
            ]);
            let begins = self.dice.of(open.saturating_sub(MINUTE_MS)..close);
            let lasts = self.dice.of(5 * SECOND_MS..5 * MINUTE_MS);
            self.at(begins, What::Weather(till, weather));
            self.at(begins + lasts, What::Weather(till, Weather::Fair));
        }
        if self.dice.permille(300) {
            let at_apply = self.dice.permille(400);
            let trap = Trap {
                requests: self.dice.of(0..30),
                after_answer: self.dice.permille(600),
                at_apply,
                turns: self.dice.of(0..if at_apply { 12 } else { 60 }),
            };
            let at = self.dice.of(during.clone());
            self.at(at, What::Trap(till, trap));
        }
        if self.dice.permille(90) {
            let begins = self.dice.of(during.clone());
            let lasts = self.dice.of(20 * SECOND_MS..4 * MINUTE_MS);
            self.at(begins, What::FillDisk(till, true));
            self.at(begins + lasts, What::FillDisk(till, false));
        }
        if self.dice.permille(80) {
            let far_ms = self.dice.pick(&[90_000, 1_000_000, 3_600_000, 86_400_000, 40 * 86_400_000]);
            let jump_ms = if self.dice.permille(500) { far_ms } else { -far_ms };
            let at = self.dice.of(during.clone());
            self.at(at, What::JumpClock(till, jump_ms));
            if self.dice.permille(600) {
                let back = self.dice.of(at..at + 2 * DAY_MS);
                self.at(back, What::JumpClock(till, 0));
            }
        }
    }

    fn plan_centre(&mut self, day: u64, morning: u64) {
        let publications = 1 + u64::from(self.dice.permille(400));
        for _ in 0..publications {
            let at = morning + self.dice.of(0..80 * MINUTE_MS);
            self.at(at, What::Publish);
        }
        for _ in 0..2 {
            let at = morning + self.dice.of(10 * MINUTE_MS..90 * MINUTE_MS);
            self.at(at, What::PublishLive);
        }
        // It books whatever is there, every now and then.
        for minute in (3..80).step_by(7) {
            let at = morning + minute * MINUTE_MS + self.dice.of(0..MINUTE_MS);
            self.at(at, What::Book);
        }
        let within = |dice: &mut Dice| morning + dice.of(0..70 * MINUTE_MS);
        if self.dice.permille(400) {
            let crash = self.dice.pick(&[Crash::BeforeCommit, Crash::AfterCommit]);
            let at = within(&mut self.dice);
            self.at(at, What::Crash(crash));
        }
        if self.dice.permille(100) {
            let at = within(&mut self.dice);
            self.at(at, What::Fall);
        }
        let at = within(&mut self.dice);
        self.at(at, What::Backup);
        if day > 1 && self.dice.permille(80) {
            let at = within(&mut self.dice);
            self.at(at, What::Restore);
        }
        if self.dice.permille(60) {
            let at = within(&mut self.dice);
            let lasts = self.dice.of(MINUTE_MS..15 * MINUTE_MS);
            self.at(at, What::Major(MAJOR + 1));
            self.at(at + lasts, What::Major(MAJOR));
        }
        if day > 0 && self.dice.permille(700) {
            let at = morning + self.dice.of(10 * MINUTE_MS..50 * MINUTE_MS);
            self.at(at, What::Calm);
            // Two close together: the second may come while the first is being fetched.
            let first = at + self.dice.of(1..SECOND_MS);
            self.at(first, What::Publish);
            let second = first + self.dice.of(50..SECOND_MS);
            self.at(second, What::Publish);
            self.at(second + BOUND_MS, What::Rough);
        }
        let night = morning + 4 * HOUR_MS;
        let till = self.dice.below(self.phones.len());
        if day > 0 && day < DAYS - 1 && self.dice.permille(60) {
            self.at(night, What::Copied(till, false));
        } else if day > 1 && day < DAYS - 2 && self.dice.permille(30) {
            self.at(night, What::Image(till));
            self.at(night + DAY_MS, What::Copied(till, true));
        } else if day > 0 && self.dice.permille(30) {
            let at = within(&mut self.dice);
            self.at(at, What::Revoke(till));
        }
    }

    // ---------------------------------------------------------------------------------- life

    /// Lives the fortnight, heals, and judges.
    pub async fn live(mut self) -> Figures {
        self.trace.note("world", format_args!("seed {} with {} tills", self.seed, self.phones.len()));
        while let Some((&key, _)) = self.queue.first_key_value() {
            let due = self.trace.instant(key.0);
            tokio::select! {
                biased;
                trapped = self.traps.recv() => if let Some((name, turns)) = trapped {
                    self.trapped(&name, turns).await;
                },
                () = sleep_until(due) => if let Some(what) = self.queue.remove(&key) {
                    self.happens(what).await;
                },
            }
        }
        while self.documents() < FEWEST_DOCUMENTS {
            self.phones.iter_mut().for_each(Phone::open);
            sleep(Duration::from_secs(20)).await;
            self.phones.iter_mut().for_each(Phone::act);
        }
        let (is_drained, judged) = self.rest().await;
        let mut centre = self.centre();
        let documents = centre.hashes().len() as u64;
        let publications = centre.publications;
        let compared = centre.end();
        drop(centre);
        Figures { documents, publications, tills: self.phones.len() as u64, is_drained, compared, judged }
    }

    fn documents(&self) -> usize {
        let unsent = self.phones.iter().filter_map(|phone| phone.till()?.unsent().ok());
        let unsent: u64 = unsent.map(|unsent| unsent.all()).sum();
        self.centre().hashes().len() + usize::try_from(unsent).unwrap_or(0)
    }

    async fn trapped(&mut self, name: &str, turns: u64) {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        if let Some(till) = self.phones.iter().position(|phone| phone.name == name)
            && self.phones[till].is_on()
        {
            self.phones[till].kill().await;
            let at = self.trace.at_ms() + self.dice.of(SECOND_MS..90 * SECOND_MS);
            self.at(at, What::Open(till));
        }
    }

    async fn happens(&mut self, what: What) {
        if self.is_calm.is_some() && what.waits_for_rough() {
            let at = self.trace.at_ms() + self.dice.of(SECOND_MS..MINUTE_MS);
            return self.at(at, what);
        }
        match what {
            What::Open(till) => self.phones[till].open(),
            What::OpenDay(till) => self.phones[till].open_day(),
            What::Act(till, until_ms) => {
                self.phones[till].act();
                let at = self.trace.at_ms() + self.dice.of(5 * SECOND_MS..70 * SECOND_MS);
                if at < until_ms {
                    self.at(at, what);
                }
            }
            What::CloseDay(till) => self.phones[till].close_day(),
            What::Shut(till) => self.phones[till].shut().await,
            What::Weather(till, weather) => self.phones[till].line.set_weather(weather),
            What::Trap(till, trap) => self.phones[till].line.set_trap(trap),
            What::FillDisk(till, is_full) => self.phones[till].fill_disk(is_full),
            What::JumpClock(till, wrong_ms) => {
                self.phones[till].wrong_ms.store(wrong_ms, Ordering::Relaxed);
                let phone = &self.phones[till].name;
                if wrong_ms != 0 {
                    self.trace.fired("clock jumped", phone);
                }
            }
            What::Image(till) => {
                self.phones[till].shut().await;
                let promised = self.phones[till].promised();
                self.images.insert(till, (self.phones[till].image("backup"), promised));
            }
            What::Copied(till, with_keys) => self.copied(till, with_keys).await,
            What::Revoke(till) => {
                if let Some(of) = self.phones[till].enrolment() {
                    self.trace.fired("till revoked", &of.0);
                    self.centre().revoke(&of);
                    self.phones[till].tell_to_enrol();
                }
            }
            What::Publish => self.centre().publish(),
            What::PublishLive => self.centre().publish_live(),
            What::Book => self.centre().book(),
            What::Crash(crash) => self.centre().crash = Some(crash),
            What::Fall => {
                self.trace.fired("centre fell", "centre");
                let down_ms = self.dice.of(SECOND_MS..5 * MINUTE_MS);
                self.centre().fall(down_ms);
            }
            What::Backup => {
                let backup = self.centre().backup();
                self.backup = Some(backup);
            }
            What::Restore => {
                if let Some(backup) = self.backup.take() {
                    self.trace.fired("centre restored from a backup", "centre");
                    self.centre().restore(backup);
                    self.tell_the_forgotten();
                }
            }
            What::Major(major) => {
                self.centre().major = major;
                if major != MAJOR {
                    self.trace.fired("other major", "centre");
                }
            }
            What::Calm => {
                self.trace.note("world", "is calm for a minute");
                self.calm();
                self.is_calm = Some(self.phones.iter_mut().map(Phone::begin_calm).collect());
            }
            What::Rough => {
                let began = self.is_calm.take().unwrap_or_default();
                for (phone, began) in self.phones.iter().zip(began) {
                    if let Some(began) = began {
                        phone.end_calm(&began);
                    }
                    phone.line.roughen();
                }
                self.centre().set_moody(true);
                self.trace.note("world", "is rough again");
            }
        }
    }

    fn calm(&mut self) {
        for phone in &self.phones {
            phone.line.heal(true);
            phone.fill_disk(false);
        }
        let mut centre = self.centre();
        centre.down_until_ms = 0;
        centre.crash = None;
        centre.major = MAJOR;
        centre.set_moody(false);
    }

    /// Owners read in the back office which of their tills a restored one does not know.
    fn tell_the_forgotten(&self) {
        for phone in &self.phones {
            if phone.enrolment().is_some_and(|of| !self.centre().knows(&of)) {
                phone.tell_to_enrol();
            }
        }
    }

    async fn copied(&mut self, till: usize, with_keys: bool) {
        let phone = &mut self.phones[till];
        phone.shut().await;
        if with_keys {
            let Some((image, promised)) = self.images.remove(&till) else { return };
            self.trace.fired("old backup put back", &self.phones[till].name);
            self.phones[till].set_back(&image, promised);
        } else {
            self.trace.fired("files copied without their key", &phone.name);
            phone.lose_keys();
        }
    }

    // ---------------------------------------------------------------------------------- rest

    /// Heals everything and judges what is left. Says whether it drained in time.
    async fn rest(&mut self) -> (bool, Judged) {
        self.trace.note("world", "heals");
        self.calm();
        for _ in 0..20 {
            self.phones.iter_mut().for_each(Phone::open);
            self.tell_the_forgotten();
            // Until the screen says what its owner has to do.
            sleep(Duration::from_secs(20)).await;
            let ready = self.phones.iter_mut().map(Phone::tidy).filter(|is_ready| *is_ready);
            if ready.count() == self.phones.len() {
                break;
            }
        }
        self.calm();
        let before = self.trace.told().violations.len();
        for phone in &mut self.phones {
            let is_ready = phone.tidy();
            self.trace.must(is_ready, "I26", &phone.name, "nobody can sign in");
            phone.ask(Scope::All, Trigger::RedButton);
        }
        sleep(BOUND).await;
        for phone in &mut self.phones {
            let unsent = phone.till().and_then(|till| till.unsent().ok()).map(|unsent| unsent.all());
            self.trace.must(unsent == Some(0), "I26", &phone.name, format_args!("{unsent:?} unsent"));
        }
        {
            let mut centre = self.centre();
            centre.book();
            centre.publish_live();
            centre.publish();
        }
        for phone in &mut self.phones {
            phone.ask(Scope::All, Trigger::RedButton);
        }
        sleep(BOUND).await;
        self.all_equal();
        for phone in &mut self.phones {
            phone.look(true);
            phone.look_at_stock();
        }
        // What was asked for has left events.
        self.centre().book();
        let judged = self.judge();
        let is_drained = self.trace.told().violations.len() == before;
        for phone in &mut self.phones {
            phone.shut().await;
        }
        (is_drained, judged)
    }

    /// I26: every section is the centre's, no edit is left, nothing is red, and the screen says so.
    fn all_equal(&self) {
        let centre = self.centre();
        for phone in &self.phones {
            let Some(till) = phone.till() else { continue };
            let live = till.live();
            let Some(chosen) = till.centre().ok().flatten() else { continue };
            for (name, section) in &centre.manifest(&chosen).sections {
                let Some(known) = tillkit::Section::of_name(name) else { continue };
                let have = live.get(known.name()).map(|live| (live.epoch.clone(), live.generation));
                let is_equal = have.as_ref().is_some_and(|(life, generation)| {
                    *life == format!("{chosen}@{}", centre.epoch) && *generation == section.generation
                });
                self.trace.must(
                    is_equal,
                    "I26",
                    &phone.name,
                    format_args!("{name} is {have:?}, not {}/{}", centre.epoch, section.generation),
                );
            }
            let edits = till.edits().map_or(usize::MAX, |edits| edits.len());
            self.trace.must(
                edits == 0,
                "I8",
                &phone.name,
                format_args!("{edits} edits after the red button"),
            );
            let Ok(status) = till.status() else { continue };
            let status = status.borrow();
            let is_quiet = status.red.is_empty() && status.send_error.is_none() && status.run.is_none();
            self.trace.must(is_quiet, "I26", &phone.name, format_args!("{status:?}"));
        }
    }

    fn judge(&self) -> Judged {
        let centre = self.centre();
        let ledgers: Vec<_> = self
            .phones
            .iter()
            .map(|phone| (phone.name.clone(), phone.ledger.lock().unwrap_or_else(PoisonError::into_inner)))
            .collect();
        let ledgers: Vec<_> = ledgers.iter().map(|(name, ledger)| (name.clone(), &**ledger)).collect();
        checks::at_rest(&self.trace, &centre, &ledgers);
        for phone in &self.phones {
            let verified = phone.till().map(|till| till.verify_chains());
            let holds = matches!(verified, Some(Ok(Ok(_))));
            self.trace.must(holds, "I5", &phone.name, format_args!("{verified:?}"));
        }
        audit::at_rest(&self.trace, &centre, &ledgers)
    }
}

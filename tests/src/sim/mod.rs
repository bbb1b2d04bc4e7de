//! The simulator: one seed is one world of tills, a centre and a network that does its worst.
//!
//! ```text
//!   world ─ events ─▶ phones (the real façade, machine, driver, store on files; a clock of their own)
//!     │                 │ line: delays, loses, doubles, cuts, impersonates
//!     └── faults ──▶ centre (a model of the protocol's page, in memory)
//! ```
//!
//! Everything runs on one thread with a clock that jumps from one event to the next, so a world of a
//! fortnight takes a second, and the same seed tells the same story, to the letter. A seed
//! that fails prints itself and the end of its story; `TILLKIT_SIM_SEED=n cargo test --test scenarios
//! simulation` tells it again, and `TILLKIT_SIM_TRACE=1` the whole of it.
//!
//! Built with `--cfg tillkit_defects`, [`hunt`] looks for faults that are planted in the core.
//!
//! Beside the invariants [`crate::accountant`] judges every figure of every document, of every X that is read
//! and of every receipt that is printed.
//!
//! What is held: I1, I3–I10, I12–I14, I18, I24–I26 of docs/reliability.md.

mod audit;
mod centre;
mod checks;
mod dice;
mod line;
mod phone;
mod settings;
mod trace;
mod twin;
mod world;

use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

pub use audit::Judged;
pub use dice::Dice;
use trace::Trace;
use twin::Twin;
pub use world::Figures;
use world::World;

/// How a world ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Tells it again.
    pub seed: u64,
    /// Stands for its whole story.
    pub hash: u64,
    /// What it came to.
    pub figures: Figures,
    /// How often each fault took effect.
    pub fired: BTreeMap<&'static str, u64>,
    /// What must not be; empty.
    pub violations: Vec<String>,
    /// The end of its story.
    pub tail: Vec<String>,
}

/// Lives one world.
///
/// # Panics
/// If the machine has no room for its files.
pub fn run(seed: u64) -> Outcome {
    live(seed, |_| None)
}

/// Lives one world twice at once: a real back office hears every request that the model hears, and is held
/// to what the model says.
///
/// # Panics
/// If the machine has no room for its files, or the back office does not start.
pub fn run_beside_the_real_one(seed: u64) -> Outcome {
    let sockets = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let sockets = sockets.expect("a runtime");
    live(seed, |trace| Some(Twin::open(sockets.handle().clone(), trace).expect("a back office")))
}

fn live(seed: u64, twin: impl FnOnce(Arc<Trace>) -> Option<Twin>) -> Outcome {
    let memory = Path::new("/dev/shm");
    let folder = match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    };
    let folder = folder.expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let (figures, trace) = runtime.block_on(async {
        let trace = Arc::new(Trace::begin());
        let world = World::new(seed, folder.path(), trace.clone(), twin(trace.clone()));
        (world.live().await, trace)
    });
    drop(runtime);
    let told = trace.told();
    let mut violations = told.violations.clone();
    let Figures { documents, publications, tills, .. } = figures;
    let faults = told.fired.len();
    if documents < 300 || publications < 20 || tills < 3 || faults < 5 {
        violations.push(format!("too small a world: {figures:?}, {faults} kinds of fault"));
    }
    Outcome {
        seed,
        hash: told.hash(),
        figures,
        fired: told.fired.clone(),
        violations,
        tail: told.tail.iter().cloned().collect(),
    }
}

/// What many worlds came to.
#[derive(Debug, Clone, Default)]
pub struct Worlds {
    /// Worlds.
    pub seeds: u64,
    /// Documents.
    pub documents: u64,
    /// Publications.
    pub publications: u64,
    /// Worlds in which everything was sent and equal in time.
    pub drained: u64,
    /// Requests that a real back office answered beside the model.
    pub compared: u64,
    /// What the accountant has judged.
    pub judged: Judged,
    /// Worlds that told their story twice in the same words.
    pub repeated: u64,
    /// How often each fault took effect.
    pub fired: BTreeMap<&'static str, u64>,
    /// Worlds that were not as they must be.
    pub failed: Vec<Outcome>,
}

/// Failures after which there is no need to go on.
const ENOUGH: usize = 5;

/// Worlds after which it is told how it goes.
const TELL_EVERY: u64 = 500;

/// Lives these worlds on two threads, each hundredth twice; stops early when some have failed. What fails is
/// told on stderr at once, and how it goes now and then: ten thousand take an hour.
pub fn many(seeds: Range<u64>, run: fn(u64) -> Outcome) -> Worlds {
    let next = AtomicU64::new(seeds.start);
    let worlds = Mutex::new(Worlds::default());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let failures = worlds.lock().unwrap_or_else(PoisonError::into_inner).failed.len();
                    if seed >= seeds.end || failures >= ENOUGH {
                        return;
                    }
                    let outcome = checked(seed, run);
                    if !outcome.violations.is_empty() {
                        eprint!("{outcome}");
                    }
                    let mut worlds = worlds.lock().unwrap_or_else(PoisonError::into_inner);
                    worlds.add(outcome);
                    if worlds.seeds.is_multiple_of(TELL_EVERY) {
                        eprintln!("{worlds}");
                    }
                }
            });
        }
    });
    worlds.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// A world, and each hundredth twice.
fn checked(seed: u64, run: fn(u64) -> Outcome) -> Outcome {
    let mut outcome = run(seed);
    if seed.is_multiple_of(100) && run(seed).hash != outcome.hash {
        outcome.violations.push("the same seed told another story".into());
    }
    outcome
}

/// Plants a defect and looks for it in these worlds, on two threads: the first seed that something was
/// seen in, and what; or `None`.
#[cfg(tillkit_defects)]
pub fn hunt(defect: &'static str, seeds: Range<u64>) -> Option<(u64, String)> {
    let (next, found) = (AtomicU64::new(seeds.start), Mutex::new(None::<(u64, String)>));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                tillkit_protocol::defects::plant(Some(defect));
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let is_over = found.lock().unwrap_or_else(PoisonError::into_inner).is_some();
                    if seed >= seeds.end || is_over {
                        return;
                    }
                    if let Some(violation) = run(seed).violations.into_iter().next() {
                        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                        if found.as_ref().is_none_or(|(first, _)| seed < *first) {
                            *found = Some((seed, violation));
                        }
                    }
                }
            });
        }
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Worlds {
    fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.documents += outcome.figures.documents;
        self.publications += outcome.figures.publications;
        self.drained += u64::from(outcome.figures.is_drained);
        self.compared += outcome.figures.compared;
        self.judged.documents += outcome.figures.judged.documents;
        self.judged.figures += outcome.figures.judged.figures;
        self.judged.differences += outcome.figures.judged.differences;
        self.repeated += u64::from(outcome.seed.is_multiple_of(100));
        for (fault, times) in &outcome.fired {
            *self.fired.entry(fault).or_default() += times;
        }
        if !outcome.violations.is_empty() {
            self.failed.push(outcome);
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.tail {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "seed {}: {:?}, story {:016x}", self.seed, self.figures, self.hash)?;
        for violation in self.violations.iter().take(20) {
            writeln!(out, "  {violation}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Worlds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Worlds { seeds, documents, publications, drained, compared, repeated, .. } = self;
        let faults: u64 = self.fired.values().sum();
        write!(
            out,
            "{seeds} worlds, {documents} documents, {publications} publications, {faults} faults of {} kinds; \
             {drained} drained, {repeated} told twice alike, {} with violations; \
             the accountant judged {} documents, {} figures, {} differed",
            self.fired.len(),
            self.failed.len(),
            self.judged.documents,
            self.judged.figures,
            self.judged.differences
        )?;
        match compared {
            0 => Ok(()),
            compared => write!(out, "; {compared} requests answered by a real back office as well"),
        }
    }
}

//! What happened in a world, when, and what of it was wrong.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Display,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

/// The lines that are kept to be printed when a world fails.
const TAIL: usize = 300;
/// When every world begins: 1 December 2010, 08:00 UTC.
const BEGAN_MS: i64 = crate::world::MORNING_MS;

/// One world's story. Two worlds of one seed tell the same, to the letter.
pub struct Trace {
    began: Instant,
    prints: bool,
    told: Mutex<Told>,
}

/// What a trace holds.
#[derive(Default)]
pub struct Told {
    hash: DefaultHasher,
    /// The last lines.
    pub tail: VecDeque<String>,
    /// How often each fault took effect.
    pub fired: BTreeMap<&'static str, u64>,
    /// What must not be.
    pub violations: Vec<String>,
}

impl Told {
    /// Stands for every line.
    pub fn hash(&self) -> u64 {
        self.hash.finish()
    }
}

impl Trace {
    /// A story that begins now; printed as it goes if `TILLKIT_SIM_TRACE` is set.
    pub fn begin() -> Trace {
        let prints = std::env::var_os("TILLKIT_SIM_TRACE").is_some();
        Trace { began: Instant::now(), prints, told: Mutex::default() }
    }

    /// Milliseconds since the world began.
    pub fn at_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The true time, Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        BEGAN_MS.saturating_add_unsigned(self.at_ms())
    }

    /// The instant so many milliseconds after the world began.
    pub fn instant(&self, at_ms: u64) -> Instant {
        self.began + std::time::Duration::from_millis(at_ms)
    }

    /// Tells one thing.
    pub fn note(&self, who: &str, what: impl Display) {
        const DAY_MS: u64 = 86_400_000;
        let at_ms = self.at_ms();
        let line = format!("{:>2}+{:>8} {who} {what}", at_ms / DAY_MS, at_ms % DAY_MS);
        if self.prints {
            eprintln!("{line}");
        }
        let mut told = self.told();
        line.hash(&mut told.hash);
        if told.tail.len() == TAIL {
            told.tail.pop_front();
        }
        told.tail.push_back(line);
    }

    /// A fault took effect.
    pub fn fired(&self, fault: &'static str, who: &str) {
        self.note(who, format_args!("! {fault}"));
        *self.told().fired.entry(fault).or_default() += 1;
    }

    /// A promise was broken.
    pub fn violated(&self, invariant: &str, who: &str, what: impl Display) {
        let line = format!("{invariant} {who}: {what}");
        self.note(who, format_args!("VIOLATED {line}"));
        self.told().violations.push(line);
    }

    /// Says that something must hold.
    pub fn must(&self, holds: bool, invariant: &str, who: &str, what: impl Display) {
        if !holds {
            self.violated(invariant, who, what);
        }
    }

    /// All of it.
    pub fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

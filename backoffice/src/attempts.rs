//! How often an address may be wrong: at enrolling, at signing in.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

const HOUR_MS: i64 = 60 * 60_000;

/// Failed attempts by address, in this process's memory.
#[derive(Debug)]
pub(crate) struct Attempts {
    per_hour: u32,
    failed: Mutex<HashMap<IpAddr, Vec<i64>>>,
}

impl Attempts {
    pub(crate) fn new(per_hour: u32) -> Attempts {
        Attempts { per_hour, failed: Mutex::default() }
    }

    /// Whether the address has an attempt left.
    pub(crate) fn may_try(&self, from: IpAddr, now_ms: i64) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(times) = failed.get_mut(&from) else { return true };
        times.retain(|time| now_ms - time < HOUR_MS);
        times.len() < self.per_hour as usize
    }

    /// It was wrong.
    pub(crate) fn failed(&self, from: IpAddr, now_ms: i64) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        // What is older than an hour decides nothing: memory stays as small as an hour's attackers.
        if failed.len() >= 10_000 {
            failed.retain(|_, times| times.last().is_some_and(|time| now_ms - time < HOUR_MS));
        }
        failed.entry(from).or_default().push(now_ms);
    }
}

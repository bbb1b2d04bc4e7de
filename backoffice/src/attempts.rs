//! How often somebody may be wrong in an hour: at enrolling, at signing in.
//!
//! Attempts from one address take turns: each is evaluated once those before it have been, so that no number of
//! simultaneous ones gets past the limit. Only attempts that were wrong count, so many phones may enrol behind one
//! address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OwnedMutexGuard;

const HOUR_MS: i64 = 60 * 60_000;

/// Wrong attempts by address, in this process's memory.
#[derive(Debug)]
pub(crate) struct Attempts {
    per_hour: usize,
    by_address: Mutex<HashMap<IpAddr, Arc<tokio::sync::Mutex<Wrong>>>>,
}

/// When an address was wrong, Unix milliseconds, oldest first.
#[derive(Debug, Default)]
struct Wrong(Vec<i64>);

/// An address's turn to try. It counts only if it [was wrong](Turn::was_wrong).
pub(crate) struct Turn {
    wrong: OwnedMutexGuard<Wrong>,
    now_ms: i64,
}

impl Turn {
    /// The attempt failed for what was typed.
    pub(crate) fn was_wrong(mut self) {
        self.wrong.0.push(self.now_ms);
    }
}

impl Attempts {
    pub(crate) fn new(per_hour: u32) -> Attempts {
        Attempts { per_hour: per_hour as usize, by_address: Mutex::default() }
    }

    /// Waits for the address's turn; `None` if it has been wrong too often.
    pub(crate) async fn turn(&self, from: IpAddr, now_ms: i64) -> Option<Turn> {
        let mut wrong = self.of(from, now_ms).lock_owned().await;
        wrong.0.retain(|time| now_ms - time < HOUR_MS);
        (wrong.0.len() < self.per_hour).then_some(Turn { wrong, now_ms })
    }

    fn of(&self, from: IpAddr, now_ms: i64) -> Arc<tokio::sync::Mutex<Wrong>> {
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        // What is older than an hour decides nothing: memory stays as small as an hour's attackers.
        if by_address.len() >= 10_000 {
            let is_recent = |wrong: &Wrong| wrong.0.last().is_some_and(|time| now_ms - time < HOUR_MS);
            by_address.retain(|_, wrong| wrong.try_lock().map_or(true, |wrong| is_recent(&wrong)));
        }
        by_address.entry(network(from)).or_default().clone()
    }
}

/// The address that an attempt is counted by. An IPv6 customer has a whole network of 64 bits (RFC 6177).
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn simultaneous_attempts_are_evaluated_one_after_the_other() {
        let attempts = Arc::new(Attempts::new(10));
        let from = IpAddr::from([127, 0, 0, 9]);
        let tries = (0..300).map(|_| {
            let attempts = attempts.clone();
            tokio::spawn(async move {
                let Some(turn) = attempts.turn(from, 1_000).await else { return 0 };
                tokio::task::yield_now().await;
                turn.was_wrong();
                1
            })
        });
        let mut evaluated = 0;
        for done in tries.collect::<Vec<_>>() {
            evaluated += done.await.unwrap();
        }
        assert_eq!(evaluated, 10);
        assert!(attempts.turn(IpAddr::from([127, 0, 0, 8]), 1_000).await.is_some(), "another address");
        assert!(attempts.turn(from, 1_000 + HOUR_MS).await.is_some(), "an hour later");
    }

    #[tokio::test]
    async fn an_attempt_that_was_right_does_not_count() {
        let attempts = Attempts::new(2);
        let from = IpAddr::from([127, 0, 0, 9]);
        for _ in 0..100 {
            assert!(attempts.turn(from, 1).await.is_some());
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let one: IpAddr = "2001:db8:1:2::1".parse().unwrap();
        assert_eq!(network(one), network("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_ne!(network(one), network("2001:db8:1:3::1".parse().unwrap()));
        assert_eq!(network("::ffff:127.0.0.1".parse().unwrap()), IpAddr::from([127, 0, 0, 1]));
    }
}

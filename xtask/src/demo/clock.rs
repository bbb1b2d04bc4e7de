//! The file's own clock, shared by the tills and the back office.
//!
//! It jumps from one invoice to the next, minutes in no time. A request that is under way would see
//! the world age while it waits, so the clock does not jump far before it is answered: nobody's
//! network is that slow.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use jiff::civil::DateTime;
use tillkit::{Rim, SystemRim};
use tokio::sync::Notify;

/// How much a request may age.
const PATIENCE_MS: i64 = 60_000;

/// A clock that stands still until it is moved on; or, at last, the machine's.
#[derive(Default)]
pub struct ShopClock {
    now_ms: AtomicI64,
    is_real: AtomicBool,
    under_way: Mutex<UnderWay>,
    answered: Notify,
    machine: SystemRim,
}

#[derive(Default)]
struct UnderWay {
    next: u64,
    /// When each request began.
    began_ms: BTreeMap<u64, i64>,
}

/// A request under way; dropped when it is answered.
pub struct Request {
    clock: Arc<ShopClock>,
    id: u64,
}

impl ShopClock {
    /// A clock that stands at `at`.
    pub fn at(at: DateTime) -> Arc<ShopClock> {
        Arc::new(ShopClock { now_ms: AtomicI64::new(to_ms(at)), ..ShopClock::default() })
    }

    /// Unix milliseconds; the shop's local time is taken for UTC.
    pub fn ms(&self) -> i64 {
        if self.is_real.load(Ordering::Relaxed) {
            self.machine.now_ms()
        } else {
            self.now_ms.load(Ordering::Relaxed)
        }
    }

    /// Moves on to a later time, once requests that would age too much have been answered.
    pub async fn move_to(&self, at_ms: i64) {
        loop {
            let answered = self.answered.notified();
            let oldest = self.requests().began_ms.values().min().copied();
            if oldest.is_none_or(|began_ms| at_ms - began_ms <= PATIENCE_MS) {
                break;
            }
            answered.await;
        }
        self.now_ms.fetch_max(at_ms, Ordering::Relaxed);
    }

    /// From here on it is the machine's clock.
    pub fn become_real(&self) {
        self.is_real.store(true, Ordering::Relaxed);
    }

    /// Notes that a request is under way.
    pub fn request(self: &Arc<Self>) -> Request {
        let began_ms = self.ms();
        let mut requests = self.requests();
        requests.next += 1;
        let id = requests.next;
        requests.began_ms.insert(id, began_ms);
        Request { clock: self.clone(), id }
    }

    fn requests(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.clock.requests().began_ms.remove(&self.id);
        self.clock.answered.notify_waiters();
    }
}

impl Rim for ShopClock {
    fn now_ms(&self) -> i64 {
        self.ms()
    }

    fn monotonic_ms(&self) -> i64 {
        self.ms()
    }

    fn utc_offset_ms(&self, _at_ms: i64) -> i64 {
        0
    }

    fn random(&self, bytes: &mut [u8]) {
        self.machine.random(bytes);
    }
}

/// Unix milliseconds of a local time.
pub fn to_ms(at: DateTime) -> i64 {
    at.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn time_does_not_jump_far_while_a_request_is_under_way() {
        let clock = ShopClock::at("2010-12-01T08:26".parse().unwrap());
        let began_ms = clock.ms();
        let request = clock.request();

        clock.move_to(began_ms + PATIENCE_MS).await;
        let jump = clock.move_to(began_ms + PATIENCE_MS + 1);
        assert!(tokio::time::timeout(Duration::from_millis(20), jump).await.is_err());
        assert_eq!(clock.ms(), began_ms + PATIENCE_MS);

        let jump = clock.move_to(began_ms + 3_600_000);
        let answer = async { drop(request) };
        tokio::join!(jump, answer);
        assert_eq!(clock.ms(), began_ms + 3_600_000);
    }

    #[tokio::test]
    async fn time_never_goes_back() {
        let clock = ShopClock::at("2010-12-01T08:26".parse().unwrap());
        assert_eq!(clock.ms(), 1_291_191_960_000);
        clock.move_to(5).await;
        assert_eq!(clock.ms(), 1_291_191_960_000);
    }
}

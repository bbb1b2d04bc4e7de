//! A sale goes first: a load under way stops while a write of the journal is on its way to the disk.
//!
//! Both compete for the processor and the disk, and a load of a million rows takes all it can get.
//! It looks here every few rows, so a cashier waits about a millisecond for it, and a load beside an
//! idle till costs one atomic read.

use std::{
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// A long write of the journal, or one write after another, may slow a load but not stop it.
const AT_MOST: Duration = Duration::from_millis(50);

/// Counts the writes that go first.
#[derive(Default)]
pub(crate) struct Precedence {
    writes: AtomicUsize,
    /// Held by nobody while it works: only what a condition variable needs.
    waiting: Mutex<()>,
    over: Condvar,
}

/// A write that goes first, until it is dropped.
pub(crate) struct First<'a>(&'a Precedence);

impl Precedence {
    /// Goes first from now on.
    pub fn take(&self) -> First<'_> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        First(self)
    }

    /// Waits while somebody goes first.
    pub fn give_way(&self) {
        self.wait(AT_MOST);
    }

    /// Whether nobody goes first any more.
    fn wait(&self, at_most: Duration) -> bool {
        if self.writes.load(Ordering::Relaxed) == 0 {
            return true;
        }
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let somebody = |(): &mut ()| self.writes.load(Ordering::SeqCst) > 0;
        let waited = self.over.wait_timeout_while(waiting, at_most, somebody);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Drop for First<'_> {
    fn drop(&mut self) {
        if self.0.writes.fetch_sub(1, Ordering::SeqCst) == 1 {
            // Whoever has seen the write under way is inside `wait` once this lock is free.
            drop(self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            self.0.over.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_goes_on_when_the_last_write_is_over_and_not_before() {
        let precedence = Precedence::default();
        let (first, last) = (precedence.take(), precedence.take());
        drop(first);
        assert!(!precedence.wait(Duration::ZERO));
        std::thread::scope(|threads| {
            let load = threads.spawn(|| precedence.wait(Duration::from_secs(600)));
            drop(last);
            assert!(load.join().unwrap());
        });
    }

    #[test]
    fn a_write_that_does_not_end_does_not_stop_a_load() {
        let precedence = Precedence::default();
        let _first = precedence.take();
        precedence.give_way();
    }
}

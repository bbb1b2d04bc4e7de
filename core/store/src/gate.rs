//! `suspend` with a proof: nobody is inside, so no file lock is held.
//!
//! iOS kills an app that holds a file lock while suspended (`0xdead10cc`). Every call passes this
//! gate; [`Gate::close`] lets nobody else in and waits until everybody has left.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{Result, StoreError};

/// How a `suspend` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    /// Both files are closed, no lock is held.
    Released,
    /// A call was still inside at the deadline; the gate stays closed, call `suspend` again.
    StillHeld,
}

/// Counts who is inside. A std mutex: held for a few instructions, never across a wait for the disk.
#[derive(Default)]
pub struct Gate {
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Default)]
struct State {
    closed: bool,
    inside: usize,
}

/// Being inside; leaving is dropping it.
pub struct Pass<'a>(&'a Gate);

impl Gate {
    /// Goes in.
    ///
    /// # Errors
    /// [`StoreError::Suspended`] while the gate is closed.
    pub fn enter(&self) -> Result<Pass<'_>> {
        let mut state = self.state();
        if state.closed {
            return Err(StoreError::Suspended);
        }
        state.inside += 1;
        Ok(Pass(self))
    }

    /// Lets nobody in, calls `interrupt` while it waits, and says whether all have left by `deadline`.
    pub(crate) fn close(&self, deadline: Duration, interrupt: impl Fn()) -> bool {
        let end = Instant::now() + deadline;
        let mut state = self.state();
        state.closed = true;
        loop {
            if state.inside == 0 {
                return true;
            }
            // A statement that starts just after an interrupt is missed by it: so it is repeated.
            interrupt();
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let slice = left.min(Duration::from_millis(5));
            state = self.left.wait_timeout(state, slice).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn open(&self) {
        self.state().closed = false;
    }

    /// A panic elsewhere leaves two plain numbers behind, which are still right.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.state().inside -= 1;
        self.0.left.notify_all();
    }
}

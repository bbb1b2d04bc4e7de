//! Who shows the till gets its whole screen anew whenever it changed.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::{AbortHandle, spawn_blocking},
};

use crate::{Status, Till, screens::SyncScreen, till::Core};

/// An observer at work; dropping it ends the deliveries.
#[derive(Debug)]
pub struct Subscription(AbortHandle);

impl Subscription {
    /// Ends the deliveries. A call that is under way goes on to its end; none begins after it.
    pub fn cancel(&self) {
        self.0.abort();
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// At most ten screens a second.
const PAUSE: Duration = Duration::from_millis(100);

impl Till {
    /// Hands the sync screen to `show`: the current one first, then a new one whenever something
    /// changed, at most ten a second. Calls come one at a time, from a thread that may wait.
    pub fn observe(&self, show: impl Fn(SyncScreen) + Send + Sync + 'static) -> Subscription {
        let changes = self.0.changes.subscribe();
        let core = Arc::downgrade(&self.0);
        Subscription(self.0.runtime.spawn(deliver(core, changes, Arc::new(show))).abort_handle())
    }
}

async fn deliver(
    core: Weak<Core>,
    mut changes: watch::Receiver<()>,
    show: Arc<dyn Fn(SyncScreen) + Send + Sync>,
) {
    let mut shown: Option<SyncScreen> = None;
    loop {
        changes.mark_unchanged();
        let Some(till) = core.upgrade().map(Till) else { return };
        // Asked for anew each time: enrolling again makes another engine.
        let mut status = till.status().ok();
        if let Some(status) = &mut status {
            status.mark_unchanged();
        }
        let (to_show, before) = (show.clone(), shown.take());
        let delivered = spawn_blocking(move || {
            // What cannot be read now, while suspended, is read after the next change.
            let screen = till.sync_screen().ok();
            if let Some(screen) = screen.as_ref().filter(|screen| Some(*screen) != before.as_ref()) {
                to_show(screen.clone());
            }
            screen.or(before)
        });
        let Ok(delivered) = delivered.await else { return };
        shown = delivered;
        tokio::time::sleep(PAUSE).await;
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = changed(status) => {}
        }
    }
}

/// When the engine's status changes; never, if there is no engine.
async fn changed(status: Option<watch::Receiver<Status>>) {
    if let Some(mut status) = status
        && status.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

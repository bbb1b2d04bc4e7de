//! Books what has been stored: each document exactly once, in the order of its chain.
//!
//! ```text
//!   stored ──▶ booked               next in the chain
//!   stored ──▶ waits ──▶ booked     beyond a gap, once the gap has stood for a while
//!   stored ──▶ waits ──▶ booked     a customer made, once its part is here; to what follows it is a gap
//!   stored ──▶ set aside            cannot be booked; what follows goes on, a command tries it again
//! ```
//!
//! Each till's next documents are prepared (`prepare.rs`) beside those of others; what is prepared is written in
//! one transaction (`write.rs`). Tenants have turns, and so have the tills of each. Where a transaction fails, its
//! tills are booked one document at a time, and the document that fails alone is set aside.
//!
//! How far an enrolment is booked is written in the transaction that adds its sums, and only if
//! nobody else has booked since it was read: a crash between two documents, or two processes at
//! once, book nothing twice. Booking waits for pauses between uploads, but never for long.

mod prepare;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    ops::Bound,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use tillkit_protocol::Hash;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    Backoffice,
    error::{Error, Result},
    store::{TenantId, books, tills::EnrolmentId},
};

use prepare::Prepared;

/// Documents a transaction books at most: an upload waits no longer than that takes.
const DOCUMENTS: usize = 500;
/// Documents of a till that are booked one at a time before others have their turn.
const ALONE: usize = 50;
/// Tills whose documents are prepared at the same time, and how many of them may be one tenant's.
const PREPARING: usize = 4;
const PREPARING_OF_TENANT: usize = PREPARING / 2;
/// How long what is prepared waits for what is being prepared, to be written with it.
const TOGETHER: Duration = Duration::from_millis(10);
/// How long a gap must stand before what lies beyond it is booked.
const GAP_STANDS: Duration = Duration::from_secs(2);
/// A pause between uploads that is long enough to book in…
const PAUSE_MS: i64 = 4;
/// …and how long to wait for one.
const PATIENCE: Duration = Duration::from_millis(50);

/// Which enrolments have something to book.
#[derive(Debug)]
pub(crate) struct Wake {
    pending: Mutex<Pending>,
    /// Enrolments queued or being booked; not those that wait behind a gap.
    open: watch::Sender<usize>,
    items: Items,
}

/// Items that a centre is known to have or to have had, in this process's memory: they are retired, never deleted.
#[derive(Debug, Default)]
struct Items(Mutex<HashMap<(TenantId, String), HashSet<String>>>);

impl Items {
    /// Leaves only those that are not known.
    fn leave_unseen(&self, tenant: TenantId, centre: &str, items: &mut BTreeSet<&str>) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&(tenant, centre.to_owned())) {
            items.retain(|item| !known.contains(*item));
        }
    }

    /// A centre has these.
    fn seen(&self, tenant: TenantId, centre: &str, items: Vec<String>) {
        const MOST: usize = 100_000;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.values().map(HashSet::len).sum::<usize>() + items.len() > MOST {
            known.clear();
        }
        known.entry((tenant, centre.to_owned())).or_default().extend(items);
    }
}

#[derive(Debug, Default)]
struct Pending {
    /// By tenant, first come, first served.
    queues: BTreeMap<TenantId, VecDeque<EnrolmentId>>,
    queued: HashSet<EnrolmentId>,
    /// Being booked, and whether more has come for them meanwhile.
    working: HashMap<EnrolmentId, bool>,
    /// The tenant that was served last.
    last: TenantId,
    /// Since when something has been waiting behind a gap.
    behind_gap: HashMap<EnrolmentId, Instant>,
    /// Enrolments that hold a document whose part is not here.
    for_part: HashMap<(TenantId, Hash), BTreeSet<EnrolmentId>>,
}

impl Pending {
    fn push(&mut self, of: EnrolmentId) {
        if let Some(has_more) = self.working.get_mut(&of) {
            *has_more = true;
        } else if self.queued.insert(of.clone()) {
            self.queues.entry(of.0).or_default().push_back(of);
        }
    }

    /// The next one whose turn it is.
    fn next(&mut self) -> Option<EnrolmentId> {
        let after = self.queues.range((Bound::Excluded(self.last), Bound::Unbounded));
        let mut tenants = after.chain(self.queues.range(..=self.last)).map(|(tenant, _)| *tenant);
        let is_free = |tenant: &TenantId| {
            self.working.keys().filter(|of| of.0 == *tenant).count() < PREPARING_OF_TENANT
        };
        let tenant = tenants.find(is_free)?;
        let queue = self.queues.get_mut(&tenant)?;
        let of = queue.pop_front()?;
        if queue.is_empty() {
            self.queues.remove(&tenant);
        }
        self.last = tenant;
        self.queued.remove(&of);
        self.working.insert(of.clone(), false);
        Some(of)
    }

    /// What a task that panicked was booking is booked by the next one.
    fn begin_anew(&mut self) {
        for (of, _) in std::mem::take(&mut self.working) {
            self.push(of);
        }
    }

    fn done(&mut self, of: EnrolmentId, is_more: bool) {
        if self.working.remove(&of) == Some(true) || is_more {
            self.push(of);
        }
    }
}

impl Default for Wake {
    fn default() -> Wake {
        Wake { pending: Mutex::default(), open: watch::channel(0).0, items: Items::default() }
    }
}

impl Wake {
    /// Documents of these enrolments have been stored.
    pub(crate) fn documents_of(&self, enrolments: impl Iterator<Item = EnrolmentId>) {
        self.change(|pending| enrolments.for_each(|of| pending.push(of)));
    }

    fn change<T>(&self, change: impl FnOnce(&mut Pending) -> T) -> T {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut pending);
        self.open.send_replace(pending.queued.len() + pending.working.len());
        changed
    }

    /// Whether what lies beyond an enrolment's gap may be booked now; else it will be in a while.
    fn may_pass_gap(&self, of: &EnrolmentId) -> bool {
        self.change(|pending| {
            let since = *pending.behind_gap.entry(of.clone()).or_insert_with(Instant::now);
            since.elapsed() >= GAP_STANDS
        })
    }

    fn has_no_gap(&self, of: &EnrolmentId) {
        self.change(|pending| pending.behind_gap.remove(of));
    }

    fn awaits_part(&self, of: &EnrolmentId, part: &Hash) {
        self.change(|pending| pending.for_part.entry((of.0, *part)).or_default().insert(of.clone()));
    }

    fn has_part(&self, of: &EnrolmentId, part: &Hash) {
        self.change(|pending| pending.for_part.remove(&(of.0, *part)));
    }

    /// A part has come, or never will.
    pub(crate) fn part_is_here(&self, tenant: TenantId, part: &Hash) {
        self.change(|pending| {
            let waiting = pending.for_part.remove(&(tenant, *part)).unwrap_or_default();
            waiting.into_iter().for_each(|of| pending.push(of));
        });
    }

    fn gaps_that_stand(&self) {
        self.change(|pending| {
            let stand = pending.behind_gap.iter().filter(|(_, since)| since.elapsed() >= GAP_STANDS);
            let stand: Vec<_> = stand.map(|(of, _)| of.clone()).collect();
            stand.into_iter().for_each(|of| pending.push(of));
        });
    }

    /// Waits until nothing is left to book but what waits behind a gap.
    pub(crate) async fn is_idle(&self) {
        // An error means that the back office has been dropped: then nothing is being booked either.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

/// Has everything booked that was stored before this process began.
pub(crate) async fn wake_all(office: &Backoffice) -> Result<()> {
    let unbooked = books::unbooked(&office.store).await?;
    office.wake.documents_of(unbooked.into_iter());
    Ok(())
}

/// Has what was set aside of a tenant's documents booked, as far as this version can; returns how many are tried.
pub(crate) async fn try_again(office: &Backoffice, tenant: TenantId) -> Result<u64> {
    let tried = books::take_up_again(&office.store, tenant).await?;
    let count = tried.values().sum();
    office.wake.documents_of(tried.into_keys());
    Ok(count)
}

/// Books, for ever.
pub(crate) async fn process_for_ever(office: &Arc<Backoffice>) {
    let mut open = office.wake.open.subscribe();
    let mut preparing = JoinSet::new();
    office.wake.change(Pending::begin_anew);
    loop {
        office.wake.gaps_that_stand();
        let prepared = prepared_together(office, &mut preparing).await;
        if prepared.is_empty() {
            // Until something has come, or a gap may have stood for long enough.
            match tokio::time::timeout(GAP_STANDS, open.wait_for(|open| *open > 0)).await {
                Ok(Err(_)) => return,
                Ok(Ok(_)) | Err(_) => continue,
            }
        }
        let (good, bad): (Vec<_>, Vec<_>) = prepared.into_iter().partition(|(_, prepared)| prepared.is_ok());
        let mut again: Vec<EnrolmentId> = bad.into_iter().map(|(of, _)| of).collect();
        let batches: Vec<Prepared> = good.into_iter().filter_map(|(_, prepared)| prepared.ok()).collect();
        wait_for_pause(office).await;
        match caught(write::book(office, &batches)).await {
            Ok(()) => {
                let done = batches.into_iter().map(|batch| (batch.of, batch.is_more));
                office.wake.change(|pending| done.for_each(|(of, is_more)| pending.done(of, is_more)));
            }
            Err(error) => {
                tracing::debug!(%error, "documents were not booked together");
                again.extend(batches.into_iter().map(|batch| batch.of));
            }
        }
        for of in again {
            if let Err(error) = one_by_one(office, &of).await {
                tracing::error!(%error, till = of.1, "documents could not be booked; again in a second");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            office.wake.change(|pending| pending.done(of, true));
        }
    }
}

type Preparing = JoinSet<(EnrolmentId, Result<Prepared>)>;

/// Has the next tills prepared, and returns what is ready to be written together; nothing if nobody waits.
async fn prepared_together(
    office: &Arc<Backoffice>,
    preparing: &mut Preparing,
) -> Vec<(EnrolmentId, Result<Prepared>)> {
    let (mut ready, mut size, mut until) = (Vec::new(), 0, None);
    loop {
        while preparing.len() < PREPARING
            && let Some(of) = office.wake.change(Pending::next)
        {
            let office = office.clone();
            preparing.spawn(async move {
                let prepared = caught(prepare::prepare(&office, &of, DOCUMENTS)).await;
                (of, prepared)
            });
        }
        let next = match until {
            None => preparing.join_next().await,
            Some(until) => tokio::time::timeout_at(until, preparing.join_next()).await.unwrap_or(None),
        };
        let Some(Ok((of, prepared))) = next else { return ready };
        size += prepared.as_ref().map_or(0, Prepared::size);
        ready.push((of, prepared));
        until.get_or_insert_with(|| tokio::time::Instant::now() + TOGETHER);
        if size >= DOCUMENTS {
            return ready;
        }
    }
}

/// A panic ends what it was about, as any other error does.
async fn caught<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or(Err(Error::Panicked))
}

/// Books an enrolment's next documents one at a time. One that cannot be booked is set aside.
///
/// # Errors
/// The database's, which says nothing about a document.
async fn one_by_one(office: &Backoffice, of: &EnrolmentId) -> Result<()> {
    for _ in 0..ALONE {
        let taken = prepare::take(office, of, 1).await?;
        let Some(seq) = taken.documents.first().map(|document| document.seq) else { return Ok(()) };
        let booked = caught(async {
            let prepared = prepare::decide(office, of, taken.clone()).await?;
            write::book(office, &[prepared]).await
        });
        match booked.await {
            Ok(()) => {}
            Err(error) if error.is_of_a_document() => {
                tracing::warn!(%error, till = of.1, seq, "a document is set aside");
                let aside = Prepared::set_aside(of, taken.before, seq, error.to_string());
                write::book(office, &[aside]).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn wait_for_pause(office: &Backoffice) {
    let begin = Instant::now();
    while office.intake.idle_ms() < PAUSE_MS && begin.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tenant: TenantId, till: &str) -> EnrolmentId {
        (tenant, till.to_string(), 1)
    }

    #[test]
    fn tenants_have_turns_and_a_busy_one_leaves_room() {
        let mut pending = Pending::default();
        for till in ["A", "B", "C", "D"] {
            pending.push(of(1, till));
            pending.push(of(1, till));
        }
        pending.push(of(2, "X"));
        let turns: Vec<_> = std::iter::from_fn(|| pending.next()).collect();
        assert_eq!(turns, [of(1, "A"), of(2, "X"), of(1, "B")], "two of one tenant at a time");
        pending.done(of(1, "A"), true);
        assert_eq!(pending.next(), Some(of(1, "C")), "A comes again after the others");
    }

    #[test]
    fn what_comes_while_a_till_is_booked_is_booked_next() {
        let mut pending = Pending::default();
        pending.push(of(1, "A"));
        assert_eq!(pending.next(), Some(of(1, "A")));
        pending.push(of(1, "A"));
        assert_eq!(pending.next(), None, "one till is booked in order");
        pending.done(of(1, "A"), false);
        assert_eq!(pending.next(), Some(of(1, "A")));
        pending.done(of(1, "A"), false);
        assert_eq!((pending.next(), pending.working.len()), (None, 0));
    }
}

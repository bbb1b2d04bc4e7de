//! Live sections: rows that come down as they are written, without a draft (decision 0007).
//!
//! ```text
//!   documents booked ─┐
//!   rows by hand ─────┼─▶ config_row, live edition ─▶ a manifest of the same generation, `live` + 1
//!   a part erased ────┘        one transaction           at most every two seconds and centre
//! ```
//!
//! A level and the range of documents it contains are written in the transaction that books those
//! documents, and published together: a till that takes its own other documents off a level never takes
//! one off twice. Whoever writes or publishes live rows of a tenant holds [`Backoffice::writing_live`].

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tillkit_domain::Quantity;
use tillkit_protocol::{
    Section, canonical,
    limits::ROW_BYTES,
    sections::Flow,
    settings::{self, StockLevel},
    wire::Ranges,
};
use tokio::sync::watch;

use crate::{
    Backoffice,
    error::Result,
    publish,
    store::{
        self, TenantId, Tx,
        config::{self, Draft, DraftRow},
        live::{self, Dropped},
        tills::EnrolmentId,
    },
    validate,
};

/// Between two live publications of a centre, while documents keep coming.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a blob stays that no manifest lists any more: somebody may be fetching it.
const KEPT_MS: i64 = 60 * 60_000;
/// How often such blobs are looked for.
const SWEEP: Duration = Duration::from_secs(10 * 60);

/// Whether rows of a kind are live.
pub(crate) fn is_live(kind: &str) -> bool {
    Section::of_kind(kind).is_some_and(|section| section.spec().flow == Flow::DownLive)
}

type Centre = (TenantId, String);

/// Which centres have live rows that are not published yet.
#[derive(Debug)]
pub(crate) struct Live {
    pending: Mutex<BTreeSet<Centre>>,
    /// Centres pending or being published.
    open: watch::Sender<usize>,
    /// How many wait for all of it to be out, and will not wait for a pause.
    hurried: watch::Sender<usize>,
}

impl Default for Live {
    fn default() -> Live {
        Live { pending: Mutex::default(), open: watch::channel(0).0, hurried: watch::channel(0).0 }
    }
}

impl Live {
    /// Live rows of these centres have been written.
    pub(crate) fn written(&self, centres: impl IntoIterator<Item = Centre>) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let before = pending.len();
        pending.extend(centres);
        let more = pending.len() - before;
        self.open.send_modify(|open| *open += more);
    }

    /// Takes what is due; they stay open until [`Live::done`].
    fn take(&self, is_due: impl Fn(&Centre) -> bool) -> BTreeSet<Centre> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let (due, later) = std::mem::take(&mut *pending).into_iter().partition(is_due);
        *pending = later;
        due
    }

    fn done(&self, count: usize) {
        self.open.send_modify(|open| *open = open.saturating_sub(count));
    }

    /// Waits until everything written so far is published.
    pub(crate) async fn is_idle(&self) {
        struct Hurrying<'a>(&'a watch::Sender<usize>);
        impl Drop for Hurrying<'_> {
            fn drop(&mut self) {
                self.0.send_modify(|hurried| *hurried -= 1);
            }
        }
        self.hurried.send_modify(|hurried| *hurried += 1);
        let _hurrying = Hurrying(&self.hurried);
        // An error means that the back office has been dropped.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

/// Lists every published centre's warehouses, and has published what an earlier process left.
pub(crate) async fn begin(office: &Backoffice) -> Result<()> {
    for tenant in store::tenants(&office.store).await? {
        let _writing = office.writing_live(tenant.id).await;
        for info in config::published(&office.store, tenant.id).await? {
            relist(office, tenant.id, &info.centre).await?;
            office.live.written([(tenant.id, info.centre)]);
        }
    }
    Ok(())
}

/// Publishes live rows, for ever: at once where the last time is long ago, else after a pause.
pub(crate) async fn publish_for_ever(office: &Backoffice) {
    let (mut open, mut hurried) = (office.live.open.subscribe(), office.live.hurried.subscribe());
    let mut last: HashMap<Centre, Instant> = HashMap::new();
    let mut swept: Option<Instant> = None;
    loop {
        if swept.is_none_or(|swept| swept.elapsed() >= SWEEP) {
            swept = Some(Instant::now());
            if let Err(error) = sweep(office).await {
                tracing::warn!(%error, "blobs that nobody lists stay for now");
            }
        }
        open.mark_unchanged();
        let is_hurried = *hurried.borrow_and_update() > 0;
        last.retain(|_, at| at.elapsed() < PAUSE);
        for centre in office.live.take(|centre| is_hurried || !last.contains_key(centre)) {
            let writing = office.writing_live(centre.0).await;
            let published = publish::publish_live(office, centre.0, &centre.1).await;
            drop(writing);
            last.insert(centre.clone(), Instant::now());
            if let Err(error) = published {
                tracing::error!(%error, centre = centre.1, "live rows could not be published; they will be");
                tokio::time::sleep(Duration::from_secs(1)).await;
                office.live.written([centre]);
            }
            office.live.done(1);
        }
        let next = last.values().min().map_or(SWEEP, |at| PAUSE.saturating_sub(at.elapsed()));
        tokio::select! {
            () = tokio::time::sleep(next) => {}
            changed = open.changed() => if changed.is_err() { return },
            _ = hurried.changed() => {}
        }
    }
}

/// Writes live rows that somebody has sent; returns how many differ from what was there.
///
/// A level is set in the books, so that what is booked from here on moves it; it becomes a row of every
/// centre that lists the warehouse.
pub(crate) async fn put_rows(
    office: &Backoffice,
    tenant: TenantId,
    centre: &str,
    rows: &[DraftRow],
) -> Result<u64> {
    let _writing = office.writing_live(tenant).await;
    let (changed, centres) =
        office.store.write(|tx| Box::pin(async move { put_rows_in(tx, tenant, centre, rows).await })).await?;
    office.live.written(centres.into_iter().map(|centre| (tenant, centre)));
    Ok(changed)
}

async fn put_rows_in(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    centre: &str,
    rows: &[DraftRow],
) -> Result<(u64, BTreeSet<String>)> {
    let (levels, others): (Vec<_>, Vec<_>) = rows.iter().cloned().partition(|row| row.kind == "stock_level");
    let mut changed = config::write_live(tx, tenant, centre, &others).await?;
    let mut centres = BTreeSet::from([centre.to_string()]);
    if levels.is_empty() {
        return Ok((changed, centres));
    }
    let mut by_warehouse: BTreeMap<String, Vec<DraftRow>> = BTreeMap::new();
    for row in levels {
        let level: Option<StockLevel> = row.body.as_deref().and_then(|body| settings::read(body).ok());
        let micro = level.as_ref().map(|level| level.quantity.micro());
        let (warehouse, item) = match &level {
            Some(level) => (level.warehouse.clone(), level.item.clone()),
            // A level that is taken away names its warehouse by its key alone.
            None => match row.id.split_once('/') {
                Some((warehouse, item)) => (warehouse.to_string(), item.to_string()),
                None => continue,
            },
        };
        live::set_level(tx, tenant, (&warehouse, &item), micro).await?;
        by_warehouse.entry(warehouse).or_default().push(row);
    }
    for (listing, warehouses) in live::listings(tx, tenant).await? {
        let rows: Vec<_> = warehouses
            .iter()
            .filter_map(|warehouse| by_warehouse.get(warehouse))
            .flatten()
            .cloned()
            .collect();
        let written = config::write_live(tx, tenant, &listing, &rows).await?;
        if listing == centre {
            changed += written;
        }
        if written > 0 {
            centres.insert(listing);
        }
    }
    Ok((changed, centres))
}

/// What a transaction of bookings has done to stock.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    /// Items by warehouse whose levels have changed.
    pub(crate) items: BTreeMap<(TenantId, String), BTreeSet<String>>,
    /// What each enrolment's documents moved.
    pub(crate) by: BTreeMap<EnrolmentId, MovedBy>,
}

/// What an enrolment's documents have moved.
#[derive(Debug, Clone, Default)]
pub(crate) struct MovedBy {
    /// In which warehouses.
    pub(crate) warehouses: BTreeSet<String>,
    /// All of its documents that are booked now.
    pub(crate) booked: Vec<(u64, u64)>,
}

/// Writes levels, and what they contain, as rows of each centre that lists their warehouse; returns
/// those centres. In the transaction that has booked them.
pub(crate) async fn write_moved(tx: &mut Tx<'_>, moved: &Moved) -> Result<BTreeSet<Centre>> {
    let mut centres = BTreeSet::new();
    for tenant in moved.items.keys().map(|(tenant, _)| *tenant).collect::<BTreeSet<_>>() {
        let listings = live::listings(tx, tenant).await?;
        let listed: BTreeSet<_> = listings.iter().flat_map(|(_, warehouses)| warehouses).collect();
        let mut levels: BTreeMap<&str, Vec<DraftRow>> = BTreeMap::new();
        for ((of, warehouse), items) in &moved.items {
            if *of != tenant || !listed.contains(warehouse) {
                continue;
            }
            let items: Vec<_> = items.iter().map(String::as_str).collect();
            let found = live::levels_of(tx, tenant, warehouse, &items).await?;
            let rows = found.iter().filter_map(|(item, micro)| level_row(warehouse, item, *micro));
            levels.insert(warehouse, rows.collect());
        }
        for (centre, warehouses) in &listings {
            let own = warehouses.iter().filter_map(|warehouse| levels.get(warehouse.as_str())).flatten();
            let mut rows: Vec<_> = own.cloned().collect();
            for (of, by) in moved.by.iter().filter(|(of, _)| of.0 == tenant) {
                if !by.warehouses.is_disjoint(warehouses) {
                    rows.push(counted_row(&of.1, of.2, &by.booked)?);
                }
            }
            if config::write_live(tx, tenant, centre, &rows).await? > 0 {
                centres.insert((tenant, centre.clone()));
            }
        }
    }
    Ok(centres)
}

/// A level as a row; `None` where no till could read it, as with a key that is too long.
fn level_row(warehouse: &str, item: &str, micro: i64) -> Option<DraftRow> {
    let quantity = Quantity::from_micro(micro).ok()?;
    let level = StockLevel { item: item.into(), quantity, warehouse: warehouse.into() };
    let body = canonical::to_line(&level).ok()?;
    validate::row("", "stock_level", &StockLevel::key(warehouse, item), Some(&body)).ok()
}

fn counted_row(till: &str, enrolment: u32, booked: &[(u64, u64)]) -> Result<DraftRow> {
    let written =
        |ranges: Vec<(u64, u64)>| canonical::to_line(&Ranges { enrolment, ranges, till: till.to_string() });
    let mut body = written(booked.to_vec())?;
    if body.len() > ROW_BYTES / 2 {
        // Thousands of gaps: no till reads so long a row, so it says once from first to last.
        let ends = booked.first().zip(booked.last());
        body = written(ends.map(|(first, last)| (first.0, last.1)).into_iter().collect())?;
    }
    let id = settings::counted_key(till, enrolment);
    Ok(DraftRow { kind: "stock_counted".into(), id, body: Some(body) })
}

/// Brings the levels of the warehouses that a centre lists, by its `centre` row or as `warehouse` rows,
/// among its rows, and takes out those of others. The tenant's live rows are the caller's to write.
pub(crate) async fn relist(office: &Backoffice, tenant: TenantId, centre: &str) -> Result<()> {
    let draft = Draft { tenant, centre, edition: 0 };
    let row = config::drafted(&office.store, tenant, centre, "centre", centre).await?;
    let row: Option<settings::Centre> = row.and_then(|body| settings::read(&body).ok());
    let mut warehouses: BTreeSet<String> = row.and_then(|row| row.warehouse).into_iter().collect();
    let mut after = String::new();
    loop {
        let page = config::rows_after(&office.store, draft, "warehouse", &after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        warehouses.extend(page.into_iter().map(|row| row.id));
    }
    let warehouses = &warehouses;
    office.store.write(|tx| Box::pin(async move { relist_in(tx, tenant, centre, warehouses).await })).await
}

async fn relist_in(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    centre: &str,
    warehouses: &BTreeSet<String>,
) -> Result<()> {
    let listings = live::listings(tx, tenant).await?;
    if listings.iter().any(|(name, before)| name == centre && before == warehouses) {
        return Ok(());
    }
    let mut rows = Vec::new();
    for warehouse in warehouses {
        let levels = live::levels(tx, tenant, warehouse).await?;
        rows.extend(levels.iter().filter_map(|(item, micro)| level_row(warehouse, item, *micro)));
    }
    let kept: BTreeSet<_> = rows.iter().map(|row| row.id.clone()).collect();
    let before = live::keys(tx, tenant, centre, "stock_level").await?;
    let gone = before.difference(&kept).cloned();
    rows.extend(gone.map(|id| DraftRow { kind: "stock_level".into(), id, body: None }).collect::<Vec<_>>());
    for of in live::booked(tx, tenant).await? {
        rows.push(counted_row(&of.till, of.enrolment, &of.ranges)?);
    }
    config::write_live(tx, tenant, centre, &rows).await?;
    live::put_listing(tx, tenant, centre, warehouses).await
}

/// Deletes blobs that no manifest has listed for an hour, where nobody is publishing just now.
async fn sweep(office: &Backoffice) -> Result<()> {
    let old = live::dropped(&office.store, office.clock.now_ms().saturating_sub(KEPT_MS)).await?;
    for of_tenant in old.chunk_by(|one, other| one.tenant == other.tenant) {
        let Some(Dropped { tenant, .. }) = of_tenant.first() else { continue };
        let _writing = office.writing_live(*tenant).await;
        let centres = config::centres(&office.store, *tenant).await?;
        let editing: Option<Vec<_>> =
            centres.iter().map(|info| office.try_editing(*tenant, &info.centre)).collect();
        if editing.is_none() {
            continue;
        }
        for blob in of_tenant {
            if live::forget_blob(&office.store, blob).await? {
                office.blobs.delete(*tenant, &blob.sha256).await?;
            }
        }
    }
    Ok(())
}

//! What the last syncs changed: for a cashier who wants to know before a customer asks.

use tillkit_protocol::settings;
use tillkit_store::{
    Centre,
    changes::{ChangeLine as Stored, ChangePlace as StoredPlace, ChangeSet, What},
};

use crate::{Till, TillError};

/// A page of what the syncs of the last 30 days changed, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangesScreen {
    /// What was searched for.
    pub query: String,
    /// ISO 4217: prices are in it.
    pub currency: String,
    /// Each sync, followed by its lines.
    pub entries: Vec<ChangeEntry>,
    /// Where the next page begins; absent at the end.
    pub next: Option<ChangePlace>,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeEntry {
    /// A sync; what follows is of it.
    Sync {
        /// When, and in numbers.
        summary: ChangeSummary,
    },
    /// A change.
    Line {
        /// Which.
        line: ChangeLine,
    },
}

/// What one sync changed, in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSummary {
    /// When it became live, till clock, Unix milliseconds.
    pub at_ms: i64,
    /// By section and what has changed; never 0.
    pub counts: Vec<ChangeCount>,
}

/// How often something has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeCount {
    /// The section's name.
    pub section: String,
    /// What has changed.
    pub what: ChangeWhat,
    /// How often.
    pub count: u64,
}

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeWhat {
    /// A price: from, to.
    Price,
    /// What was edited on this till was replaced by the centre's.
    Edit,
    /// The VAT: percent from, to.
    Vat,
    /// An item is new.
    New,
    /// An item that could not be sold can be again.
    Back,
    /// An item can be sold no more.
    Gone,
    /// Other rows: added.
    Added,
    /// Other rows: changed.
    Changed,
    /// Other rows: removed.
    Removed,
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeLine {
    /// When it became live, till clock, Unix milliseconds.
    pub at_ms: i64,
    /// What has changed.
    pub what: ChangeWhat,
    /// The kind of the row: `item`, `price`, `vat_rate`, `receipt_layout`.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// Price or percentage before, a decimal number; absent where there was none.
    pub before: Option<String>,
    /// The same now.
    pub after: Option<String>,
    /// When a price begins that is not in force yet.
    pub from_ms: Option<i64>,
}

/// Where a page begins: the line that the page before ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePlace {
    /// When it became live.
    pub at_ms: i64,
    /// The section.
    pub section: String,
    /// What has changed.
    pub what: ChangeWhat,
    /// The kind of the row.
    pub kind: String,
    /// Its key.
    pub key: String,
}

/// Sections that became live within this time were one sync to whoever looks.
const ONE_SYNC_MS: i64 = 60_000;

impl From<What> for ChangeWhat {
    fn from(what: What) -> ChangeWhat {
        match what {
            What::Added => ChangeWhat::Added,
            What::Changed => ChangeWhat::Changed,
            What::Removed => ChangeWhat::Removed,
            What::Gone => ChangeWhat::Gone,
            What::Back => ChangeWhat::Back,
            What::New => ChangeWhat::New,
            What::Vat => ChangeWhat::Vat,
            What::Edit => ChangeWhat::Edit,
            What::Price => ChangeWhat::Price,
        }
    }
}

impl From<ChangeWhat> for What {
    fn from(what: ChangeWhat) -> What {
        match what {
            ChangeWhat::Added => What::Added,
            ChangeWhat::Changed => What::Changed,
            ChangeWhat::Removed => What::Removed,
            ChangeWhat::Gone => What::Gone,
            ChangeWhat::Back => What::Back,
            ChangeWhat::New => What::New,
            ChangeWhat::Vat => What::Vat,
            ChangeWhat::Edit => What::Edit,
            ChangeWhat::Price => What::Price,
        }
    }
}

/// A group of what became live at almost the same time; `from_ms` is the first instant of it.
struct Sync {
    from_ms: i64,
    summary: ChangeSummary,
}

/// Sets of one sync together, the newest first.
fn syncs(sets: Vec<ChangeSet>) -> Vec<Sync> {
    let mut syncs: Vec<Sync> = Vec::new();
    for set in sets {
        let counts = set.counts.into_iter().map(|(section, what, count)| ChangeCount {
            section,
            what: what.into(),
            count,
        });
        let is_one = |sync: &&mut Sync| sync.summary.at_ms.saturating_sub(set.at_ms) < ONE_SYNC_MS;
        match syncs.last_mut().filter(is_one) {
            Some(sync) => {
                sync.from_ms = set.at_ms;
                counts.for_each(|count| add(&mut sync.summary.counts, count));
            }
            None => {
                let summary = ChangeSummary { at_ms: set.at_ms, counts: counts.collect() };
                syncs.push(Sync { from_ms: set.at_ms, summary });
            }
        }
    }
    syncs
}

fn add(counts: &mut Vec<ChangeCount>, new: ChangeCount) {
    match counts.iter_mut().find(|own| (&own.section, own.what) == (&new.section, new.what)) {
        Some(own) => own.count += new.count,
        None => counts.push(new),
    }
}

impl Till {
    /// A page of what the last syncs changed, at most `limit` lines after the place where the page before
    /// ended; with words in `query`, of what is called like them.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn changes_screen(
        &self,
        query: &str,
        after: Option<&ChangePlace>,
        limit: usize,
    ) -> Result<ChangesScreen, TillError> {
        let centre = &self.0.store.centre;
        let after = after.map(|place| StoredPlace {
            at_ms: place.at_ms,
            section: place.section.clone(),
            what: place.what.into(),
            kind: place.kind.clone(),
            key: place.key.clone(),
        });
        let lines = centre.change_lines(query.trim(), after.as_ref(), limit)?;
        let next = lines.last().filter(|_| lines.len() == limit).map(|last| place(&last.place));
        let reached = lines.last().filter(|_| next.is_some()).map(|last| last.place.at_ms);
        let begun = after.map(|place| place.at_ms);
        let mut lines = lines.into_iter().peekable();
        let mut entries = Vec::new();
        for sync in syncs(centre.change_sets()?) {
            // On this page: not begun on the page before, and not beyond the end of this one.
            let is_new = begun.is_none_or(|begun| sync.summary.at_ms < begun);
            let is_beyond = reached.is_some_and(|reached| sync.summary.at_ms < reached);
            let from_ms = sync.from_ms;
            let mut own = Vec::new();
            while let Some(line) = lines.next_if(|line| line.place.at_ms >= from_ms) {
                own.push(ChangeEntry::Line { line: change(line) });
            }
            let is_wanted = !own.is_empty() || (query.trim().is_empty() && !is_beyond);
            if is_new && is_wanted {
                entries.push(ChangeEntry::Sync { summary: sync.summary });
            }
            entries.append(&mut own);
        }
        let view = centre.view()?;
        let own: Option<settings::Centre> =
            view.list("centre", None, 1)?.first().and_then(|own| own.read().ok());
        let currency = own.map(|own| own.currency.code().to_string()).unwrap_or_default();
        Ok(ChangesScreen { query: query.into(), currency, entries, next })
    }
}

/// What the newest sync that changed something changed.
pub(super) fn newest(centre: &Centre) -> Result<Option<ChangeSummary>, TillError> {
    let sets = centre.newest_changes(ONE_SYNC_MS)?;
    Ok(syncs(sets).into_iter().next().map(|sync| sync.summary))
}

fn place(place: &StoredPlace) -> ChangePlace {
    ChangePlace {
        at_ms: place.at_ms,
        section: place.section.clone(),
        what: place.what.into(),
        kind: place.kind.clone(),
        key: place.key.clone(),
    }
}

fn change(line: Stored) -> ChangeLine {
    let there = |text: String| Some(text).filter(|text| !text.is_empty());
    ChangeLine {
        at_ms: line.place.at_ms,
        what: line.place.what.into(),
        kind: line.place.kind,
        key: line.place.key,
        name: line.name,
        before: there(line.before),
        after: there(line.after),
        from_ms: line.from_ms,
    }
}

//! What a sync changed of what is sold: items that are new, gone or back, prices from and to, VAT.
//!
//! A step says it while its rows change, in its own transaction. A snapshot is compared with the slot
//! it replaced afterwards, a chunk at a time, before that slot is emptied; so nobody waits for it. A
//! first sync changes nothing: there was nothing before. Live sections change all day by themselves
//! and are left out.
//!
//! Lines are kept for 30 days and up to a number; the counts beside them count all the same.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, named_params, params};
use serde::Deserialize;
use tillkit_domain::{Percent, UnitPrice};
use tillkit_protocol::{Section, sections::Flow, settings};

use crate::{
    Centre, Result, StoreError,
    centre::{LocalEdit, fold, words_of},
    file::InUse,
};

/// What has changed. The numbers are stored; lines of one sync are read from the highest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Rows that had no line of their own: added.
    Added = 1,
    /// Rows that had no line of their own: changed.
    Changed = 2,
    /// Rows that had no line of their own: removed.
    Removed = 3,
    /// An item can be sold no more.
    Gone = 4,
    /// An item that could not be sold can be again.
    Back = 5,
    /// An item is new.
    New = 6,
    /// An item has another VAT rate, or a VAT rate another percentage.
    Vat = 7,
    /// What was edited on this till was replaced by the centre's.
    Edit = 8,
    /// A price.
    Price = 9,
}

impl What {
    const ALL: [What; 9] = [
        What::Added,
        What::Changed,
        What::Removed,
        What::Gone,
        What::Back,
        What::New,
        What::Vat,
        What::Edit,
        What::Price,
    ];

    fn of(stored: i64) -> Option<What> {
        What::ALL.into_iter().find(|what| *what as i64 == stored)
    }
}

/// Where a line stands; a page begins after it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangePlace {
    /// When it became live, till clock, Unix milliseconds.
    pub at_ms: i64,
    /// The section.
    pub section: String,
    /// What has changed.
    pub what: What,
    /// The kind of the row.
    pub kind: String,
    /// Its key.
    pub key: String,
}

/// A fact that a sync changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeLine {
    /// Its name for ever.
    pub place: ChangePlace,
    /// What the row is called.
    pub name: String,
    /// Price or percentage before, decimal; empty where there was none.
    pub before: String,
    /// The same now.
    pub after: String,
    /// When a price begins that is not in force yet.
    pub from_ms: Option<i64>,
}

/// What became live at one instant, in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// Till clock, Unix milliseconds.
    pub at_ms: i64,
    /// By section and what has changed, as the sync screen and [`What`] have them.
    pub counts: Vec<(String, What, u64)>,
}

/// How long changes are kept.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// How many lines are kept; whole syncs are forgotten, the oldest first.
const MOST_LINES: i64 = 5_000;
/// How many lines one sync may write into a section; what is beyond is counted.
const MOST_LINES_A_SYNC: u64 = 2_000;
/// How many rows of either slot are compared in one go.
const ROWS_A_CHUNK: usize = 2_000;

/// Writes down what changes in a section at one instant.
pub(crate) struct Recorder<'a> {
    db: &'a Connection,
    section: Section,
    at_ms: i64,
    counts: BTreeMap<What, u64>,
    lines_left: u64,
}

impl<'a> Recorder<'a> {
    /// `None` for a section whose changes nobody published.
    pub fn of(db: &'a Connection, section: &str, at_ms: i64) -> Result<Option<Recorder<'a>>> {
        const LINES: &str = "SELECT count(*) FROM change_line WHERE at_ms = :at_ms AND section = :section";
        let published = Section::of_name(section).filter(|section| section.spec().flow == Flow::Down);
        let Some(section) = published else { return Ok(None) };
        let mut statement = db.prepare_cached(LINES)?;
        let of_section = named_params! {":at_ms": at_ms, ":section": section.name()};
        let lines: u64 = statement.query_row(of_section, |row| row.get(0))?;
        let lines_left = MOST_LINES_A_SYNC.saturating_sub(lines);
        Ok(Some(Recorder { db, section, at_ms, counts: BTreeMap::new(), lines_left }))
    }

    /// A row as it was and as it is. One that cannot be read has no line; it never stops a sync.
    pub fn row(&mut self, kind: &str, key: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> Result<()> {
        let has_line = match kind {
            "item" => self.item(key, read(before), read(after))?,
            "price" => self.price(key, read(before), read(after))?,
            "vat_rate" => self.vat_rate(key, read(before), read(after))?,
            _ => false,
        };
        if !has_line {
            let what = match (before, after) {
                (None, _) => What::Added,
                (_, None) => What::Removed,
                _ => What::Changed,
            };
            self.count(what);
        }
        Ok(())
    }

    fn item(
        &mut self,
        key: &str,
        before: Option<settings::Item>,
        after: Option<settings::Item>,
    ) -> Result<bool> {
        let is_known = before.is_some();
        let (before, after) = (before.filter(|item| item.active), after.filter(|item| item.active));
        match (before, after) {
            (None, None) => Ok(false),
            (None, Some(after)) => {
                let what = if is_known { What::Back } else { What::New };
                self.line(what, ("item", key), &after.name, "", &after.price.to_string(), None)
            }
            (Some(before), None) => {
                self.line(What::Gone, ("item", key), &before.name, &before.price.to_string(), "", None)
            }
            (Some(before), Some(after)) => {
                let (has_price, has_vat) = (before.price != after.price, before.vat != after.vat);
                if has_price {
                    let (old, new) = (before.price.to_string(), after.price.to_string());
                    self.line(What::Price, ("item", key), &after.name, &old, &new, None)?;
                }
                if has_vat {
                    let (old, new) = (self.percent(&before.vat)?, self.percent(&after.vat)?);
                    self.line(What::Vat, ("item", key), &after.name, &old, &new, None)?;
                }
                Ok(has_price || has_vat)
            }
        }
    }

    /// A price of its own, of a time; where there is none the item's counts.
    fn price(
        &mut self,
        key: &str,
        before: Option<settings::Price>,
        after: Option<settings::Price>,
    ) -> Result<bool> {
        let Some(item) = after.as_ref().or(before.as_ref()).map(|price| &price.item) else {
            return Ok(false);
        };
        let item: Option<settings::Item> = read(live_body(self.db, "item", item)?.as_deref());
        let Some(item) = item.filter(|item| item.active) else { return Ok(false) };
        let price = |own: Option<&settings::Price>| own.map_or(item.price, |own| own.price);
        let (old, new) = (price(before.as_ref()), price(after.as_ref()));
        let from_ms = after.map(|price| price.from_ms).filter(|from_ms| *from_ms > self.at_ms);
        if old == new && before.is_none_or(|before| Some(before.from_ms) == from_ms || from_ms.is_none()) {
            return Ok(false);
        }
        self.line(What::Price, ("price", key), &item.name, &old.to_string(), &new.to_string(), from_ms)
    }

    fn vat_rate(
        &mut self,
        key: &str,
        before: Option<settings::VatRate>,
        after: Option<settings::VatRate>,
    ) -> Result<bool> {
        match (before, after) {
            (Some(before), Some(after)) if before.percent != after.percent => {
                let (old, new) = (before.percent.to_string(), after.percent.to_string());
                self.line(What::Vat, ("vat_rate", key), &after.name, &old, &new, None)
            }
            _ => Ok(false),
        }
    }

    /// The percentage of a VAT rate as it is live now, or its key.
    fn percent(&self, vat: &str) -> Result<String> {
        let rate: Option<settings::VatRate> = read(live_body(self.db, "vat_rate", vat)?.as_deref());
        Ok(rate.map_or_else(|| vat.into(), |rate| rate.percent.to_string()))
    }

    /// An edit of this till that the centre's row has replaced.
    fn edit(&mut self, edit: &LocalEdit) -> Result<()> {
        let published = live_body(self.db, &edit.kind, &edit.key)?;
        let (before, after) = (text_of(Some(&edit.body)), text_of(published.as_deref()));
        let name = edited_name(&edit.body).unwrap_or_else(|| edit.key.clone());
        self.line(What::Edit, (&edit.kind, &edit.key), &name, &before, &after, None)?;
        Ok(())
    }

    fn line(
        &mut self,
        what: What,
        (kind, key): (&str, &str),
        name: &str,
        before: &str,
        after: &str,
        from_ms: Option<i64>,
    ) -> Result<bool> {
        const LINE: &str = "
            INSERT OR REPLACE INTO change_line (at_ms, section, what, kind, key, name, before, after, from_ms)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        self.count(what);
        if let Some(left) = self.lines_left.checked_sub(1) {
            self.lines_left = left;
            let section = self.section.name();
            let what = what as i64;
            self.db
                .prepare_cached(LINE)?
                .execute(params![self.at_ms, section, what, kind, key, name, before, after, from_ms])?;
        }
        Ok(true)
    }

    fn count(&mut self, what: What) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Writes the counts, and forgets what is old.
    pub fn finish(self) -> Result<()> {
        const COUNT: &str = "
            INSERT INTO change_count (at_ms, section, what, count) VALUES (:at_ms, :section, :what, :count)
            ON CONFLICT DO UPDATE SET count = count + excluded.count";
        if self.counts.is_empty() {
            return Ok(());
        }
        let mut statement = self.db.prepare_cached(COUNT)?;
        for (what, count) in &self.counts {
            statement.execute(named_params! {
                ":at_ms": self.at_ms, ":section": self.section.name(), ":what": *what as i64, ":count": count,
            })?;
        }
        forget(self.db, self.at_ms)
    }
}

fn forget(db: &Connection, now_ms: i64) -> Result<()> {
    const BEYOND: &str = "SELECT at_ms FROM change_line ORDER BY at_ms DESC LIMIT 1 OFFSET :most";
    const LINES: &str = "DELETE FROM change_line WHERE at_ms < :before OR at_ms <= :beyond";
    const COUNTS: &str = "DELETE FROM change_count WHERE at_ms < :before";
    let mut statement = db.prepare_cached(BEYOND)?;
    let beyond: Option<i64> =
        statement.query_row(named_params! {":most": MOST_LINES}, |row| row.get(0)).optional()?;
    let before = now_ms.saturating_sub(KEPT_MS);
    db.prepare_cached(LINES)?.execute(named_params! {":before": before, ":beyond": beyond})?;
    db.prepare_cached(COUNTS)?.execute(named_params! {":before": before})?;
    Ok(())
}

/// A body of the kind it should be of; `None` for no body or another one.
fn read<T: serde::de::DeserializeOwned>(body: Option<&[u8]>) -> Option<T> {
    settings::read(body?).ok()
}

fn live_body(db: &Connection, kind: &str, key: &str) -> Result<Option<Vec<u8>>> {
    const BODY: &str = "
        SELECT body FROM section JOIN row ON row.slot = section.live_slot
         WHERE section.name = :section AND row.kind = :kind AND row.key = :key";
    let Some(section) = Section::of_kind(kind) else { return Ok(None) };
    let mut statement = db.prepare_cached(BODY)?;
    let body = statement
        .query_row(named_params! {":section": section.name(), ":kind": kind, ":key": key}, |row| row.get(0));
    Ok(body.optional()?)
}

#[derive(Deserialize)]
struct Edited {
    name: Option<String>,
    price: Option<UnitPrice>,
    percent: Option<Percent>,
    footer: Option<Vec<String>>,
}

/// What an edit is about: a price, or what stands at the end of a receipt.
fn text_of(body: Option<&[u8]>) -> String {
    let Some(edited) = read::<Edited>(body) else { return String::new() };
    let price = edited.price.map(|price| price.to_string());
    let percent = || edited.percent.map(|percent| percent.to_string());
    price.or_else(percent).or_else(|| edited.footer.map(|lines| lines.join(" / "))).unwrap_or_default()
}

fn edited_name(body: &[u8]) -> Option<String> {
    read::<Edited>(Some(body))?.name
}

/// Writes down which of these edits are not there any more.
pub(crate) fn record_dropped(db: &Connection, before: &[LocalEdit], at_ms: i64) -> Result<()> {
    const IS_THERE: &str = "SELECT count(*) > 0 FROM local_edit WHERE kind = :kind AND key = :key";
    let mut statement = db.prepare_cached(IS_THERE)?;
    for edit in before {
        let is_there: bool =
            statement.query_row(named_params! {":kind": edit.kind, ":key": edit.key}, |row| row.get(0))?;
        let section = Section::of_kind(&edit.kind).filter(|_| !is_there);
        let Some(section) = section else { continue };
        if let Some(mut recorder) = Recorder::of(db, section.name(), at_ms)? {
            recorder.edit(edit)?;
            recorder.finish()?;
        }
    }
    Ok(())
}

/// Notes down that a snapshot has replaced a slot with something in it.
pub(crate) fn compare_later(db: &Connection, slot: i64, section: &str, at_ms: i64) -> Result<()> {
    const LATER: &str = "
        INSERT OR REPLACE INTO comparison (slot, section, at_ms)
        SELECT :slot, :section, :at_ms WHERE EXISTS (SELECT 1 FROM kind_digest WHERE slot = :slot AND count > 0)";
    if Section::of_name(section).is_some_and(|section| section.spec().flow == Flow::Down) {
        db.prepare_cached(LATER)?
            .execute(named_params! {":slot": slot, ":section": section, ":at_ms": at_ms})?;
    }
    Ok(())
}

/// A comparison under way.
struct Comparison {
    old: i64,
    new: Option<i64>,
    section: String,
    at_ms: i64,
    kind: String,
    key: Option<String>,
}

type Body = (String, Vec<u8>);

/// Compares a chunk of a slot that was replaced; `true` if there is nothing to compare any more.
pub(crate) fn compare_some(writer: &mut InUse, slot: i64) -> Result<bool> {
    let tx = writer.begin()?;
    let Some(mut at) = comparison(&tx, slot)? else { return Ok(true) };
    let next = match at.new.filter(|new| *new != slot) {
        Some(new) => next_kind(&tx, &at, new)?.map(|kind| (new, kind)),
        None => None,
    };
    let Some((new, kind)) = next else {
        tx.prepare_cached("DELETE FROM comparison WHERE slot = :slot")?.execute([slot])?;
        tx.commit()?;
        return Ok(true);
    };
    let after = at.key.take().filter(|_| kind == at.kind).unwrap_or_default();
    let (before, now) = (rows_after(&tx, at.old, &kind, &after)?, rows_after(&tx, new, &kind, &after)?);
    // Up to where both pages reach; a page that is not full reaches to the end.
    let last = |page: &[Body]| page.last().filter(|_| page.len() == ROWS_A_CHUNK).map(|(key, _)| key.clone());
    let border = match (last(&before), last(&now)) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    if let Some(mut recorder) = Recorder::of(&tx, &at.section, at.at_ms)? {
        record_differences(&mut recorder, &kind, &before, &now, border.as_deref())?;
        recorder.finish()?;
    }
    let reached = named_params! {":slot": slot, ":kind": kind, ":key": border};
    tx.prepare_cached("UPDATE comparison SET kind = :kind, key = :key WHERE slot = :slot")?
        .execute(reached)?;
    tx.commit()?;
    Ok(false)
}

fn comparison(db: &Connection, slot: i64) -> Result<Option<Comparison>> {
    const COMPARISON: &str = "
        SELECT section, at_ms, kind, key, live_slot FROM comparison JOIN section ON name = section
         WHERE slot = :slot";
    let found = db.prepare_cached(COMPARISON)?.query_row([slot], |row| {
        Ok(Comparison {
            old: slot,
            section: row.get(0)?,
            at_ms: row.get(1)?,
            kind: row.get(2)?,
            key: row.get(3)?,
            new: row.get(4)?,
        })
    });
    Ok(found.optional()?)
}

/// The kind under way, or the next one whose digests differ.
fn next_kind(db: &Connection, at: &Comparison, new: i64) -> Result<Option<String>> {
    const NEXT: &str = "
        SELECT kind FROM (
            SELECT kind, slot, count, sum FROM kind_digest WHERE slot IN (:old, :new) AND count > 0)
         WHERE kind > :kind OR (kind = :kind AND :is_under_way)
         GROUP BY kind HAVING count(*) = 1 OR min(sum) <> max(sum) OR min(count) <> max(count)
         ORDER BY kind LIMIT 1";
    let mut statement = db.prepare_cached(NEXT)?;
    let after = named_params! {
        ":old": at.old, ":new": new, ":kind": at.kind, ":is_under_way": at.key.is_some(),
    };
    Ok(statement.query_row(after, |row| row.get(0)).optional()?)
}

fn rows_after(db: &Connection, slot: i64, kind: &str, after: &str) -> Result<Vec<Body>> {
    const ROWS: &str = "
        SELECT key, body FROM row WHERE slot = ?1 AND kind = ?2 AND key > ?3 ORDER BY key LIMIT ?4";
    let mut statement = db.prepare_cached(ROWS)?;
    let rows = statement
        .query_map(params![slot, kind, after, ROWS_A_CHUNK], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Two pages in key order, side by side, up to a border.
fn record_differences(
    recorder: &mut Recorder,
    kind: &str,
    before: &[Body],
    now: &[Body],
    border: Option<&str>,
) -> Result<()> {
    let within = |page: &&Body| border.is_none_or(|border| page.0.as_str() <= border);
    let mut before = before.iter().take_while(within).peekable();
    let mut now = now.iter().take_while(within).peekable();
    loop {
        let key = match (before.peek().copied(), now.peek().copied()) {
            (None, None) => return Ok(()),
            (Some((key, _)), None) | (None, Some((key, _))) => key,
            (Some((old, _)), Some((new, _))) => old.min(new),
        };
        let old = before.next_if(|(own, _)| own == key).map(|(_, body)| body.as_slice());
        let new = now.next_if(|(own, _)| own == key).map(|(_, body)| body.as_slice());
        if old != new {
            recorder.row(kind, key, old, new)?;
        }
    }
}

impl Centre {
    /// What the syncs of the last 30 days changed, in numbers, the newest first.
    ///
    /// # Errors
    /// As any read.
    pub fn change_sets(&self) -> Result<Vec<ChangeSet>> {
        const COUNTS: &str = "
            SELECT at_ms, section, what, count FROM change_count ORDER BY at_ms DESC, section DESC, what DESC";
        let reader = self.reader()?;
        let mut statement = reader.db()?.prepare_cached(COUNTS)?;
        change_sets(&mut statement.query([])?)
    }

    /// The same of what became live last, and of what did so at most so long before.
    ///
    /// # Errors
    /// As any read.
    pub fn newest_changes(&self, within_ms: i64) -> Result<Vec<ChangeSet>> {
        const COUNTS: &str = "
            SELECT at_ms, section, what, count FROM change_count
             WHERE at_ms > (SELECT max(at_ms) FROM change_count) - :within_ms
             ORDER BY at_ms DESC, section DESC, what DESC";
        let reader = self.reader()?;
        let mut statement = reader.db()?.prepare_cached(COUNTS)?;
        change_sets(&mut statement.query(named_params! {":within_ms": within_ms})?)
    }

    /// Lines of the last 30 days, the newest sync first, at most `limit` after a place; of those whose
    /// name has a word that begins with each of `words`, or whose key begins like them.
    ///
    /// # Errors
    /// As any read.
    pub fn change_lines(
        &self,
        words: &str,
        after: Option<&ChangePlace>,
        limit: usize,
    ) -> Result<Vec<ChangeLine>> {
        const LINES: &str = "
            SELECT at_ms, section, what, kind, key, name, before, after, from_ms FROM change_line
             WHERE (at_ms, section, what, kind, key) < (:at_ms, :section, :what, :kind, :key)
             ORDER BY at_ms DESC, section DESC, what DESC, kind DESC, key DESC";
        let folded = fold(words).to_ascii_lowercase();
        let wanted: Vec<&str> = words_of(&folded).collect();
        let reader = self.reader()?;
        let mut statement = reader.db()?.prepare_cached(LINES)?;
        let (at_ms, section, what, kind, key) = match after {
            Some(at) => (at.at_ms, at.section.as_str(), at.what as i64, at.kind.as_str(), at.key.as_str()),
            None => (i64::MAX, "", 0, "", ""),
        };
        let mut rows = statement.query(named_params! {
            ":at_ms": at_ms, ":section": section, ":what": what, ":kind": kind, ":key": key,
        })?;
        let mut lines = Vec::new();
        while lines.len() < limit
            && let Some(row) = rows.next()?
        {
            let Some(what) = What::of(row.get(2)?) else { continue };
            let line = change_line(row, what)?;
            if is_wanted(&line, &wanted) {
                lines.push(line);
            }
        }
        Ok(lines)
    }
}

fn change_sets(rows: &mut rusqlite::Rows) -> Result<Vec<ChangeSet>> {
    let mut sets: Vec<ChangeSet> = Vec::new();
    while let Some(row) = rows.next()? {
        let at_ms = row.get(0)?;
        if sets.last().is_none_or(|last| last.at_ms != at_ms) {
            sets.push(ChangeSet { at_ms, counts: Vec::new() });
        }
        // What only a newer version counts is not shown by this one.
        if let (Some(set), Some(what)) = (sets.last_mut(), What::of(row.get(2)?)) {
            set.counts.push((row.get(1)?, what, row.get(3)?));
        }
    }
    Ok(sets)
}

fn change_line(row: &rusqlite::Row, what: What) -> Result<ChangeLine, StoreError> {
    let place =
        ChangePlace { at_ms: row.get(0)?, section: row.get(1)?, what, kind: row.get(3)?, key: row.get(4)? };
    Ok(ChangeLine { place, name: row.get(5)?, before: row.get(6)?, after: row.get(7)?, from_ms: row.get(8)? })
}

fn is_wanted(line: &ChangeLine, wanted: &[&str]) -> bool {
    let name = fold(&line.name).to_ascii_lowercase();
    let key = line.place.key.to_ascii_lowercase();
    wanted
        .iter()
        .all(|wanted| key.starts_with(wanted) || words_of(&name).any(|word| word.starts_with(wanted)))
}

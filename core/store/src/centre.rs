//! What came down, and how it is read.
//!
//! Rows are `(kind, key, body)` with the body as published. A [`View`] is one instant: while it
//! exists nothing becomes live, so no section in it is newer than one it needs. Which slot of a
//! section is live stands in memory, under the same lock that a swap takes for its small transaction.

use std::{
    cell::Cell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use rusqlite::{Connection, OptionalExtension, Transaction, named_params};
use serde::de::DeserializeOwned;
use tillkit_protocol::{Section, settings};

use crate::{
    Gate, Result, StoreError,
    file::{Db, FileKind, InUse},
    load::indexed,
    precedence::Precedence,
};

static KIND: FileKind = FileKind {
    application_id: 0x544b_4331, // "TKC1"
    migrations: &[
        include_str!("../migrations/centre/0001_centre.sql"),
        include_str!("../migrations/centre/0002_customer_word.sql"),
        include_str!("../migrations/centre/0003_change.sql"),
        include_str!("../migrations/centre/0004_merge.sql"),
    ],
    // NORMAL: a power cut may lose the last loads, never the file; one sync brings them again.
    pragmas: "
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL;
        PRAGMA mmap_size = 268435456;",
    // A load that is interrupted leaves a long WAL, and `suspend` has no time to write it back.
    writes_back_on_close: false,
};

/// Only the loader writes much: its cache holds the index pages a load touches again and again. It
/// writes back when it says so, not inside the commit of a swap, where views would wait for the disk;
/// pages it maps would only count twice.
const WRITER_PRAGMAS: &str = "
    PRAGMA cache_size = -24000;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 8388608;
    PRAGMA mmap_size = 0;";

/// `centre.db`.
pub struct Centre {
    path: PathBuf,
    pub(crate) writer: Db,
    readers: [Db; 2],
    live: RwLock<Live>,
    is_new: bool,
    pub(crate) precedence: Arc<Precedence>,
}

/// Which slot of each section is live.
#[derive(Debug, Clone, Default)]
pub(crate) struct Live {
    pub sections: BTreeMap<String, LiveSection>,
    pub edits: u64,
}

impl Live {
    fn synced(&self) -> impl Iterator<Item = (&String, &LiveSection)> {
        self.sections.iter().filter(|(_, section)| section.slot.is_some())
    }

    fn all(&self) -> BTreeMap<String, LiveSection> {
        self.synced().map(|(name, section)| (name.clone(), section.clone())).collect()
    }
}

/// What is live of a section.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LiveSection {
    pub(crate) id: i64,
    pub(crate) slot: Option<i64>,
    /// The life of the back office it came from; empty before the first sync.
    pub epoch: String,
    /// The section's own generation; 0 before the first sync.
    pub generation: u64,
    /// Since when, till clock, Unix milliseconds.
    pub applied_ms: Option<i64>,
}

/// A row as the till sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its key.
    pub key: String,
    /// Its body: as published, or as edited here.
    pub body: Vec<u8>,
    /// Whether the body is a local edit, which the next sync of the section drops.
    pub is_edited: bool,
}

impl Found {
    /// The body, read as its kind's type.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        settings::read(&self.body).map_err(|error| StoreError::Unreadable {
            what: "a setting",
            why: format!("{}: {error}", self.key),
        })
    }
}

/// A local edit of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalEdit {
    /// The object inside its section.
    pub kind: String,
    /// The row.
    pub key: String,
    /// What stands instead of what came down.
    pub body: Vec<u8>,
    /// Who did it.
    pub user: String,
    /// When, till clock, Unix milliseconds.
    pub edited_ms: i64,
}

/// One row of the sync journal; times are till clock, Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRun {
    /// When it began.
    pub started_ms: i64,
    /// When it ended.
    pub ended_ms: i64,
    /// What asked for it.
    pub trigger: String,
    /// `all`, or a section's name.
    pub scope: String,
    /// Rows that came down.
    pub received_rows: u64,
    /// Bytes that came down, as stored.
    pub received_bytes: u64,
    /// Documents the centre acknowledged.
    pub sent_documents: u64,
    /// `done`, `nothing_new`, `waiting`, `cancelled` or an error's code.
    pub result: String,
    /// The error's words.
    pub detail: String,
}

impl Centre {
    pub(crate) fn open(path: &Path, gate: Arc<Gate>, precedence: Arc<Precedence>) -> Result<Centre> {
        let mut is_new = !path.exists();
        let open = || {
            let mut writer = KIND.open(path)?;
            writer.execute_batch(WRITER_PRAGMAS)?;
            match index_codes(&mut writer) {
                Err(error) if error.is_of_the_file() => return Err(error),
                // On a full disk the till opens all the same, and the next time it tries again.
                _ => {}
            }
            let live = read_live(&writer)?;
            Ok::<_, StoreError>((writer, live))
        };
        let (writer, live) = match open() {
            Err(error) if error.is_of_the_file() => {
                put_aside(path)?;
                is_new = true;
                open()?
            }
            opened => opened?,
        };
        let live = RwLock::new(live);
        let reader = || KIND.connect(path).map(|reader| Db::new(&KIND, path, gate.clone(), reader));
        let readers = [reader()?, reader()?];
        Ok(Centre {
            path: path.into(),
            writer: Db::new(&KIND, path, gate.clone(), writer),
            readers,
            live,
            is_new,
            precedence,
        })
    }

    /// Whether the file was made when it was opened: because this is a new till, or because the one
    /// before was damaged and has been put aside.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    pub(crate) fn interrupt(&self) {
        self.readers.iter().for_each(Db::interrupt);
        self.writer.interrupt();
    }

    pub(crate) fn release(&self) {
        self.readers.iter().for_each(Db::release);
        self.writer.release();
    }

    pub(crate) fn reopen(&self) -> Result<()> {
        match self.reopen_all() {
            Err(error) if error.is_of_the_file() => {
                self.release();
                self.start_anew()?;
                self.reopen_all()
            }
            reopened => reopened,
        }
    }

    fn reopen_all(&self) -> Result<()> {
        self.writer.reopen_with(WRITER_PRAGMAS)?;
        self.readers.iter().try_for_each(Db::reopen)
    }

    fn start_anew(&self) -> Result<()> {
        let mut live = self.live_mut();
        put_aside(&self.path)?;
        drop(KIND.open(&self.path)?);
        *live = Live::default();
        Ok(())
    }

    /// Whether SQLite can read every page of the file: what opening does not look at. It reads all of it;
    /// if it is damaged, [`Centre::rebuild`] is the way on.
    ///
    /// # Errors
    /// [`StoreError::Suspended`], and whatever is not the file's own fault.
    pub fn is_sound(&self) -> Result<bool> {
        let writer = self.writer.get()?;
        let said = writer.db()?.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        match said.map_err(StoreError::from) {
            Ok(said) => Ok(said == "ok"),
            Err(error) if error.is_of_the_file() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Puts a file that turned out to be damaged aside and starts with an empty one. The next sync fills it.
    ///
    /// # Errors
    /// [`StoreError::Folder`] if the file cannot be moved.
    pub fn rebuild(&self) -> Result<()> {
        // Writers take their connection before this lock, so it must not be the other way round here.
        self.release();
        self.start_anew()?;
        self.reopen_all()
    }

    /// One instant of everything that is live.
    ///
    /// Keep it short: a swap waits for it. While a thread holds one it asks this file for nothing else:
    /// that would wait for a swap that waits for the view. Debug builds refuse it.
    ///
    /// # Errors
    /// [`StoreError::Suspended`].
    pub fn view(&self) -> Result<View<'_>> {
        let live = self.live_now();
        Ok(View { live, db: self.reader()?, _only: Only::begin() })
    }

    pub(crate) fn reader(&self) -> Result<InUse<'_>> {
        Only::check();
        let [first, second] = &self.readers;
        match first.try_get()? {
            Some(db) => Ok(db),
            None => second.get(),
        }
    }

    fn live_now(&self) -> RwLockReadGuard<'_, Live> {
        Only::check();
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn live_mut(&self) -> RwLockWriteGuard<'_, Live> {
        Only::check();
        self.live.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is live of a section; default before its first sync.
    pub fn live(&self, section: &str) -> LiveSection {
        self.live_now().sections.get(section).cloned().unwrap_or_default()
    }

    /// Every section that has been live, with what is live of it.
    pub fn all_live(&self) -> BTreeMap<String, LiveSection> {
        self.live_now().all()
    }

    /// Edits a row until the next sync of its section. The caller has checked right and kind.
    ///
    /// # Errors
    /// As any write.
    pub fn edit(&self, edit: &LocalEdit) -> Result<()> {
        const EDIT: &str = "
            INSERT INTO local_edit (kind, key, body, user, edited_ms) VALUES (:kind, :key, :body, :user, :edited_ms)
            ON CONFLICT DO UPDATE SET body = excluded.body, user = excluded.user, edited_ms = excluded.edited_ms";
        let writer = self.writer.get()?;
        let mut live = self.live_mut();
        writer.db()?.prepare_cached(EDIT)?.execute(named_params! {
            ":kind": edit.kind, ":key": edit.key, ":body": edit.body,
            ":user": edit.user, ":edited_ms": edit.edited_ms,
        })?;
        live.edits = count_edits(writer.db()?)?;
        Ok(())
    }

    /// Every local edit.
    ///
    /// # Errors
    /// As any read.
    pub fn edits(&self) -> Result<Vec<LocalEdit>> {
        read_edits(self.reader()?.db()?)
    }

    /// Writes a row of the sync journal, and forgets all but the newest 200. A retry in vain takes the place
    /// of the one before: a night without a network leaves the journal of the day readable.
    ///
    /// # Errors
    /// As any write.
    pub fn log_run(&self, run: &SyncRun) -> Result<()> {
        const LOG: &str = "
            INSERT INTO sync_run (started_ms, ended_ms, trigger, scope, received_rows, received_bytes,
                                  sent_documents, result, detail)
            VALUES (:started_ms, :ended_ms, :trigger, :scope, :received_rows, :received_bytes,
                    :sent_documents, :result, :detail)";
        const FORGET: &str = "DELETE FROM sync_run WHERE id <= :last - 200";
        const RETRIED: &str = "
            DELETE FROM sync_run
             WHERE id = (SELECT max(id) FROM sync_run) AND trigger = 'reconnect' AND scope = :scope
               AND result = :result AND received_bytes = 0 AND sent_documents = 0";
        let mut writer = self.writer.get()?;
        let tx = writer.begin()?;
        if run.trigger == "reconnect" && run.received_bytes == 0 && run.sent_documents == 0 {
            let same = named_params! {":scope": run.scope, ":result": run.result};
            tx.prepare_cached(RETRIED)?.execute(same)?;
        }
        tx.prepare_cached(LOG)?.execute(named_params! {
            ":started_ms": run.started_ms, ":ended_ms": run.ended_ms, ":trigger": run.trigger,
            ":scope": run.scope, ":received_rows": run.received_rows, ":received_bytes": run.received_bytes,
            ":sent_documents": run.sent_documents, ":result": run.result, ":detail": run.detail,
        })?;
        let last = tx.last_insert_rowid();
        tx.prepare_cached(FORGET)?.execute(named_params! {":last": last})?;
        tx.commit()?;
        write_back(writer.db()?)
    }

    /// The newest runs, newest first.
    ///
    /// # Errors
    /// As any read.
    pub fn runs(&self, limit: usize) -> Result<Vec<SyncRun>> {
        const RUNS: &str = "
            SELECT started_ms, ended_ms, trigger, scope, received_rows, received_bytes, sent_documents, result, detail
              FROM sync_run ORDER BY id DESC LIMIT :limit";
        let reader = self.reader()?;
        let mut statement = reader.db()?.prepare_cached(RUNS)?;
        let runs = statement.query_map(named_params! {":limit": limit}, |row| {
            Ok(SyncRun {
                started_ms: row.get(0)?,
                ended_ms: row.get(1)?,
                trigger: row.get(2)?,
                scope: row.get(3)?,
                received_rows: row.get(4)?,
                received_bytes: row.get(5)?,
                sent_documents: row.get(6)?,
                result: row.get(7)?,
                detail: row.get(8)?,
            })
        })?;
        Ok(runs.collect::<rusqlite::Result<_>>()?)
    }

    /// A single fact, such as the newest verified manifest.
    ///
    /// # Errors
    /// As any read.
    pub fn fact(&self, name: &str) -> Result<Option<Vec<u8>>> {
        const FACT: &str = "SELECT value FROM fact WHERE name = :name";
        let reader = self.reader()?;
        let mut statement = reader.db()?.prepare_cached(FACT)?;
        Ok(statement.query_row(named_params! {":name": name}, |row| row.get(0)).optional()?)
    }

    /// Stores a single fact.
    ///
    /// # Errors
    /// As any write.
    pub fn set_fact(&self, name: &str, value: &[u8]) -> Result<()> {
        const SET: &str = "
            INSERT INTO fact (name, value) VALUES (:name, :value) ON CONFLICT DO UPDATE SET value = excluded.value";
        let writer = self.writer.get()?;
        writer.db()?.prepare_cached(SET)?.execute(named_params! {":name": name, ":value": value})?;
        Ok(())
    }
}

/// One instant of everything that is live. A std lock: nothing awaits while it is held.
pub struct View<'a> {
    live: RwLockReadGuard<'a, Live>,
    db: InUse<'a>,
    _only: Only,
}

/// A thread that looks at one instant, and at nothing else meanwhile.
struct Only;

thread_local! {
    static LOOKS: Cell<bool> = const { Cell::new(false) };
}

impl Only {
    fn begin() -> Only {
        LOOKS.set(true);
        Only
    }

    fn check() {
        debug_assert!(
            !LOOKS.get(),
            "a thread that holds a view asks centre.db for more: it may wait for ever"
        );
    }
}

impl Drop for Only {
    fn drop(&mut self) {
        LOOKS.set(false);
    }
}

impl View<'_> {
    /// The generation of each section that is live.
    pub fn generations(&self) -> BTreeMap<String, u64> {
        self.live.synced().map(|(name, section)| (name.clone(), section.generation)).collect()
    }

    /// Every section that has been live, with what is live of it.
    pub fn all_live(&self) -> BTreeMap<String, LiveSection> {
        self.live.all()
    }

    /// A row, as edited here or else as published.
    ///
    /// # Errors
    /// As any read.
    pub fn find(&self, kind: &str, key: &str) -> Result<Option<Found>> {
        const ROW: &str = "SELECT body FROM row WHERE slot = :slot AND kind = :kind AND key = :key";
        if let Some(edited) = self.edited(kind, key)? {
            return Ok(Some(edited));
        }
        let Some(slot) = self.slot_of_kind(kind)? else { return Ok(None) };
        let mut statement = self.db.db()?.prepare_cached(ROW)?;
        let found = statement.query_row(named_params! {":slot": slot, ":kind": kind, ":key": key}, |row| {
            Ok(Found { key: key.into(), body: row.get(0)?, is_edited: false })
        });
        Ok(found.optional()?)
    }

    /// A row's body, read as its kind's type.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`], or as any read.
    pub fn read<T: DeserializeOwned>(&self, kind: &str, key: &str) -> Result<Option<T>> {
        self.find(kind, key)?.map(|found| found.read()).transpose()
    }

    /// Rows of a kind in key order, at most `limit`, after a key.
    ///
    /// # Errors
    /// As any read.
    pub fn list(&self, kind: &str, after: Option<&str>, limit: usize) -> Result<Vec<Found>> {
        const LIST: &str = "
            SELECT key, body FROM row WHERE slot = :slot AND kind = :kind AND key > :after ORDER BY key LIMIT :limit";
        let Some(slot) = self.slot_of_kind(kind)? else { return Ok(Vec::new()) };
        let mut statement = self.db.db()?.prepare_cached(LIST)?;
        let rows = statement.query_map(
            named_params! {":slot": slot, ":kind": kind, ":after": after.unwrap_or(""), ":limit": limit},
            |row| Ok(Found { key: row.get(0)?, body: row.get(1)?, is_edited: false }),
        )?;
        let mut listed: Vec<Found> = rows.collect::<rusqlite::Result<_>>()?;
        if self.live.edits > 0 {
            for found in &mut listed {
                if let Some(edited) = self.edited(kind, &found.key)? {
                    *found = edited;
                }
            }
        }
        Ok(listed)
    }

    /// The items that have one of these codes, as it is written or in its canonical spelling, in key order. Retired ones only if no active one
    /// has it, and then the one of the least key: a code passes on from a retired item to its successor.
    ///
    /// # Errors
    /// As any read.
    pub fn items_by_code<Code: AsRef<str>>(&self, codes: &[Code]) -> Result<Vec<Found>> {
        const BY_CODE: [&str; 2] = [
            "SELECT kind, key, body FROM item_code_0 JOIN row ON id = row_id WHERE code = :code",
            "SELECT kind, key, body FROM item_code_1 JOIN row ON id = row_id WHERE code = :code",
        ];
        let Some(slot) = self.items_slot() else { return Ok(Vec::new()) };
        let mut statement = self.db.db()?.prepare_cached(BY_CODE[slot])?;
        let mut found: Vec<Found> = Vec::new();
        for code in codes {
            let mut rows = statement.query(named_params! {":code": code.as_ref()})?;
            while let Some(row) = rows.next()? {
                let is_item = row.get_ref(0)?.as_bytes().is_ok_and(|kind| kind == b"item");
                let carries = Found { key: row.get(1)?, body: row.get(2)?, is_edited: false };
                if is_item {
                    found.push(self.edited("item", &carries.key)?.unwrap_or(carries));
                } else {
                    found.extend(self.find("item", &carries.read::<settings::ItemCode>()?.item)?);
                }
            }
        }
        if found.len() > 1 {
            found.sort_by(|one, other| (!is_active(one), &one.key).cmp(&(!is_active(other), &other.key)));
            found.dedup_by(|one, other| one.key == other.key);
            let active = found.iter().take_while(|item| is_active(item)).count();
            found.truncate(active.max(1));
        }
        Ok(found)
    }

    /// Items whose name has a word that begins with each of these, in any order; accents and case
    /// do not matter. At most `limit`, in no particular order.
    ///
    /// # Errors
    /// As any read.
    pub fn search_items(&self, words: &str, limit: usize) -> Result<Vec<Found>> {
        let folded = fold(words).to_ascii_lowercase();
        let wanted: Vec<&str> = words_of(&folded).collect();
        let Some(slot) = self.items_slot().filter(|_| !wanted.is_empty()) else { return Ok(Vec::new()) };
        let mut hits = match self.search_by_beginnings(slot, &wanted, limit)? {
            Some(hits) => hits,
            None => self.search(slot, &wanted, |rows| {
                let mut hits = Vec::new();
                while hits.len() < limit
                    && let Some(row) = rows.next()?
                {
                    hits.push(found(row)?);
                }
                Ok(hits)
            })?,
        };
        for hit in &mut hits {
            if let Some(edited) = self.edited("item", &hit.key)? {
                *hit = edited;
            }
        }
        Ok(hits)
    }

    /// Searches with the first letters of each word, which stand in an index of their own, and looks at
    /// the names that come: a longer beginning would first gather every row that has it, 5 ms a word at
    /// 200,000 items. `None` if it took too many names, and then the longer beginning is a rare one.
    fn search_by_beginnings(&self, slot: usize, wanted: &[&str], limit: usize) -> Result<Option<Vec<Found>>> {
        const NAMES_LOOKED_AT: usize = 400;
        let beginnings: Vec<&str> =
            wanted.iter().map(|word| word.get(..PREFIX_LETTERS).unwrap_or(word)).collect();
        if beginnings == wanted {
            return Ok(None);
        }
        self.search(slot, &beginnings, |rows| {
            let mut hits = Vec::new();
            for _ in 0..NAMES_LOOKED_AT {
                let Some(row) = rows.next()? else { return Ok(Some(hits)) };
                let item = found(row)?;
                if has_words(&item, wanted)? {
                    hits.push(item);
                }
                if hits.len() >= limit {
                    return Ok(Some(hits));
                }
            }
            Ok(None)
        })
    }

    fn search<T>(
        &self,
        slot: usize,
        prefixes: &[&str],
        take: impl FnOnce(&mut rusqlite::Rows) -> Result<T>,
    ) -> Result<T> {
        const SEARCH: [&str; 2] = [
            "SELECT key, body FROM item_word_0 JOIN row ON id = item_word_0.rowid WHERE item_word_0 MATCH :words",
            "SELECT key, body FROM item_word_1 JOIN row ON id = item_word_1.rowid WHERE item_word_1 MATCH :words",
        ];
        let query: Vec<String> = prefixes.iter().map(|word| format!("\"{word}\"*")).collect();
        let _schema = self.one_schema()?;
        let mut statement = self.db.db()?.prepare_cached(SEARCH[slot])?;
        take(&mut statement.query(named_params! {":words": query.join(" ")})?)
    }

    /// Until it is dropped, a load that drops or makes an index changes nothing for this connection. After
    /// such a change SQLite connects to a table of words anew, and fails if it meets another one meanwhile.
    fn one_schema(&self) -> Result<Transaction<'_>> {
        let instant = self.db.db()?.unchecked_transaction()?;
        // Only what is read begins it.
        instant.pragma_query_value(None, "schema_version", |_| Ok(()))?;
        Ok(instant)
    }

    /// Customers whose name, phone or VAT number has a word that begins with each of these, in any
    /// order; accents and case do not matter. At most `limit`, after the customer of the key `after`.
    ///
    /// # Errors
    /// As any read.
    pub fn search_customers(&self, words: &str, after: Option<&str>, limit: usize) -> Result<Vec<Found>> {
        const SEARCH: [&str; 2] = [
            "SELECT key, body FROM customer_word_0 JOIN row ON id = customer_word_0.rowid
              WHERE customer_word_0 MATCH :words AND customer_word_0.rowid > :after
              ORDER BY customer_word_0.rowid LIMIT :limit",
            "SELECT key, body FROM customer_word_1 JOIN row ON id = customer_word_1.rowid
              WHERE customer_word_1 MATCH :words AND customer_word_1.rowid > :after
              ORDER BY customer_word_1.rowid LIMIT :limit",
        ];
        const PLACE: &str = "SELECT id FROM row WHERE slot = :slot AND kind = 'customer' AND key = :key";
        let folded = fold(words).to_ascii_lowercase();
        let query: Vec<String> = words_of(&folded).map(|word| format!("\"{word}\"*")).collect();
        let Some(slot) = self.slot_of_kind("customer")?.filter(|_| !query.is_empty()) else {
            return Ok(Vec::new());
        };
        let mut place = self.db.db()?.prepare_cached(PLACE)?;
        let place = |key| place.query_row(named_params! {":slot": slot, ":key": key}, |row| row.get(0));
        let after: i64 = after.map(place).transpose().optional()?.flatten().unwrap_or(0);
        let _schema = self.one_schema()?;
        let mut statement = self.db.db()?.prepare_cached(SEARCH[usize::from(slot & 1 == 1)])?;
        let hits = statement
            .query_map(named_params! {":words": query.join(" "), ":after": after, ":limit": limit}, found)?;
        Ok(hits.collect::<rusqlite::Result<_>>()?)
    }

    /// The price rows of an item, the one that began last first.
    ///
    /// # Errors
    /// As any read.
    pub fn prices_of(&self, item: &str) -> Result<Vec<Found>> {
        const PRICES: [&str; 2] = [
            "SELECT key, body FROM item_price_0 JOIN row ON id = row_id WHERE item = :item ORDER BY from_ms DESC, key DESC",
            "SELECT key, body FROM item_price_1 JOIN row ON id = row_id WHERE item = :item ORDER BY from_ms DESC, key DESC",
        ];
        let Some(slot) = self.items_slot() else { return Ok(Vec::new()) };
        let mut statement = self.db.db()?.prepare_cached(PRICES[slot])?;
        let rows = statement.query_map(named_params! {":item": item}, |row| {
            Ok(Found { key: row.get(0)?, body: row.get(1)?, is_edited: false })
        })?;
        let mut prices: Vec<Found> = rows.collect::<rusqlite::Result<_>>()?;
        for price in &mut prices {
            if let Some(edited) = self.edited("price", &price.key)? {
                *price = edited;
            }
        }
        Ok(prices)
    }

    /// How many rows of a kind are live.
    ///
    /// # Errors
    /// As any read.
    pub fn count(&self, kind: &str) -> Result<u64> {
        const COUNT: &str = "SELECT count FROM kind_digest WHERE slot = :slot AND kind = :kind";
        let Some(slot) = self.slot_of_kind(kind)? else { return Ok(0) };
        let mut statement = self.db.db()?.prepare_cached(COUNT)?;
        let count = statement.query_row(named_params! {":slot": slot, ":kind": kind}, |row| row.get(0));
        Ok(count.optional()?.unwrap_or(0))
    }

    /// The kinds that are live of a section, with how many rows each has; also kinds that only a newer
    /// version understands.
    ///
    /// # Errors
    /// As any read.
    pub fn kinds(&self, section: &str) -> Result<BTreeMap<String, u64>> {
        const KINDS: &str = "SELECT kind, count FROM kind_digest WHERE slot = :slot AND count > 0";
        let live = self.live.sections.get(section);
        let Some(slot) = live.and_then(|section| section.slot) else { return Ok(BTreeMap::new()) };
        let mut statement = self.db.db()?.prepare_cached(KINDS)?;
        let kinds =
            statement.query_map(named_params! {":slot": slot}, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(kinds.collect::<rusqlite::Result<_>>()?)
    }

    fn edited(&self, kind: &str, key: &str) -> Result<Option<Found>> {
        const EDITED: &str = "SELECT body FROM local_edit WHERE kind = :kind AND key = :key";
        if self.live.edits == 0 {
            return Ok(None);
        }
        let mut statement = self.db.db()?.prepare_cached(EDITED)?;
        let found = statement.query_row(named_params! {":kind": kind, ":key": key}, |row| {
            Ok(Found { key: key.into(), body: row.get(0)?, is_edited: true })
        });
        Ok(found.optional()?)
    }

    fn slot_of_kind(&self, kind: &str) -> Result<Option<i64>> {
        match Section::of_kind(kind) {
            Some(section) => Ok(self.live.sections.get(section.name()).and_then(|section| section.slot)),
            None => self.slot_of_unknown(kind),
        }
    }

    /// Where rows are live of a kind that only a newer version understands.
    fn slot_of_unknown(&self, kind: &str) -> Result<Option<i64>> {
        const SLOT: &str = "
            SELECT slot FROM kind_digest JOIN section ON live_slot = slot WHERE kind = :kind AND count > 0
             ORDER BY slot LIMIT 1";
        let mut statement = self.db.db()?.prepare_cached(SLOT)?;
        Ok(statement.query_row(named_params! {":kind": kind}, |row| row.get(0)).optional()?)
    }

    /// 0 or 1: which set of look-up tables is live.
    fn items_slot(&self) -> Option<usize> {
        let slot = self.live.sections.get(Section::Items.name())?.slot?;
        Some(if slot & 1 == 0 { 0 } else { 1 })
    }
}

fn is_active(item: &Found) -> bool {
    item.read::<settings::Item>().is_ok_and(|item| item.active)
}

/// The words that a customer is found by: those of the name, and phone and VAT number written in one.
pub(crate) fn customer_words(customer: &CustomerNames) -> String {
    let mut words = fold(&customer.name).into_owned();
    for number in [&customer.phone, &customer.vat_id] {
        let groups: Vec<String> = words_of(&fold(number)).map(Into::into).collect();
        // `+48 601 234` is found as 48601234, 601234 and 234: few type a number as it was written down.
        for first in 0..groups.len().min(8) {
            let rest = groups[first..].concat();
            let digits = rest.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
            words.extend([" ", &rest]);
            if digits != rest {
                words.extend([" ", digits]);
            }
        }
        if let [only] = &groups[..]
            && let Some((_, national)) = only.len().checked_sub(9).and_then(|at| only.split_at_checked(at))
        {
            words.extend([" ", national]);
        }
    }
    words
}

/// What of a customer is searched.
#[derive(serde::Deserialize)]
pub(crate) struct CustomerNames<'a> {
    #[serde(borrow, default)]
    name: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    phone: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    vat_id: std::borrow::Cow<'a, str>,
}

/// Whether a customer, own or the centre's, has a word that begins with each of these; all have none.
///
/// # Errors
/// [`StoreError::Unreadable`] if the body is no customer's.
pub fn is_customer_of(body: &[u8], words: &str) -> Result<bool> {
    let names: CustomerNames = settings::read(body)
        .map_err(|error| StoreError::Unreadable { what: "a customer", why: error.to_string() })?;
    let (own, wanted) = (customer_words(&names).to_ascii_lowercase(), fold(words).to_ascii_lowercase());
    Ok(words_of(&wanted).all(|wanted| words_of(&own).any(|word| word.starts_with(wanted))))
}

/// A name as it is indexed and searched: letters of any script as plain ASCII, so that `maslo` finds `masło`.
pub(crate) fn fold(text: &str) -> std::borrow::Cow<'_, str> {
    if text.is_ascii() { text.into() } else { deunicode::deunicode(text).into() }
}

/// Beginnings of words up to this long have an index of their own: `prefix` of `item_word_*`.
const PREFIX_LETTERS: usize = 3;

/// The words of a folded text, as the index parts them.
pub(crate) fn words_of(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether each of these begins a word of the item's published name.
fn has_words(item: &Found, wanted: &[&str]) -> Result<bool> {
    #[derive(serde::Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        name: std::borrow::Cow<'a, str>,
    }
    let named: Named = settings::read(&item.body)
        .map_err(|error| StoreError::Unreadable { what: "a name", why: format!("{}: {error}", item.key) })?;
    let name = fold(&named.name).to_ascii_lowercase();
    Ok(wanted.iter().all(|wanted| words_of(&name).any(|word| word.starts_with(wanted))))
}

fn found(row: &rusqlite::Row) -> rusqlite::Result<Found> {
    Ok(Found { key: row.get(0)?, body: row.get(1)?, is_edited: false })
}

/// Looks codes up by their canonical spelling as well, in a file that an earlier version has filled. Another
/// name of the fact makes every file do so again, when a new version reads more spellings.
fn index_codes(db: &mut Connection) -> Result<()> {
    const IS_DONE: &str = "SELECT count(*) > 0 FROM fact WHERE name = 'canonical_codes'";
    const DONE: &str = "INSERT INTO fact (name, value) VALUES ('canonical_codes', x'')";
    const LOOK_UPS: [(&str, &str); 2] = [
        ("SELECT code, row_id FROM item_code_0", "INSERT INTO item_code_0 (code, row_id) VALUES (?1, ?2)"),
        ("SELECT code, row_id FROM item_code_1", "INSERT INTO item_code_1 (code, row_id) VALUES (?1, ?2)"),
    ];
    if db.query_row(IS_DONE, [], |row| row.get(0))? {
        return Ok(());
    }
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for (read, insert) in LOOK_UPS {
        let mut others: Vec<(String, i64)> = Vec::new();
        let mut codes = tx.prepare(read)?;
        let mut rows = codes.query([])?;
        while let Some(row) = rows.next()? {
            let (code, id): (String, i64) = (row.get(0)?, row.get(1)?);
            others.extend(indexed(&code).skip(1).map(|other| (other.into_owned(), id)));
        }
        let mut insert = tx.prepare(insert)?;
        for other in others {
            insert.execute(other)?;
        }
    }
    tx.execute(DONE, [])?;
    Ok(tx.commit()?)
}

pub(crate) fn read_live(db: &Connection) -> Result<Live> {
    const LIVE: &str = "SELECT name, id, live_slot, epoch, generation, applied_ms FROM section";
    let mut statement = db.prepare_cached(LIVE)?;
    let rows = statement.query_map([], |row| {
        let section = LiveSection {
            id: row.get(1)?,
            slot: row.get(2)?,
            epoch: row.get(3)?,
            generation: row.get(4)?,
            applied_ms: row.get(5)?,
        };
        Ok((row.get(0)?, section))
    })?;
    Ok(Live { sections: rows.collect::<rusqlite::Result<_>>()?, edits: count_edits(db)? })
}

pub(crate) fn read_edits(db: &Connection) -> Result<Vec<LocalEdit>> {
    const EDITS: &str = "SELECT kind, key, body, user, edited_ms FROM local_edit ORDER BY kind, key";
    let mut statement = db.prepare_cached(EDITS)?;
    let edits = statement.query_map([], |row| {
        Ok(LocalEdit {
            kind: row.get(0)?,
            key: row.get(1)?,
            body: row.get(2)?,
            user: row.get(3)?,
            edited_ms: row.get(4)?,
        })
    })?;
    Ok(edits.collect::<rusqlite::Result<_>>()?)
}

fn count_edits(db: &Connection) -> Result<u64> {
    Ok(db.prepare_cached("SELECT count(*) FROM local_edit")?.query_row([], |row| row.get(0))?)
}

/// Writes what the WAL holds back into the file, as far as readers allow.
pub(crate) fn write_back(db: &Connection) -> Result<()> {
    Ok(db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
}

/// Moves a file that cannot be used out of the way; its WAL belongs to it.
fn put_aside(path: &Path) -> Result<()> {
    let with = |suffix: &str| PathBuf::from(format!("{}{suffix}", path.display()));
    let failed = |source| StoreError::Folder { folder: path.into(), source };
    for suffix in ["", "-wal", "-shm"] {
        if with(suffix).exists() {
            std::fs::rename(with(suffix), with(&format!(".damaged{suffix}"))).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_an_earlier_version_indexed_as_written_are_looked_up_by_their_canonical_spelling() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = KIND.open(&folder.path().join("centre.db")).unwrap();
        db.execute_batch(
            "INSERT INTO item_code_0 VALUES ('590-1234-12346-4', 1), ('5901234123471', 2), ('ART-1', 3);
             INSERT INTO item_code_1 VALUES (']C10105901234123457', 4);",
        )
        .unwrap();

        index_codes(&mut db).unwrap();
        index_codes(&mut db).unwrap();

        let codes = "SELECT code, row_id FROM item_code_0 UNION ALL SELECT code, row_id FROM item_code_1 ORDER BY row_id";
        let mut codes = db.prepare(codes).unwrap();
        let codes = codes.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let codes: Vec<(String, i64)> = codes.collect::<rusqlite::Result<_>>().unwrap();
        let expected = [
            ("590-1234-12346-4", 1),
            ("05901234123464", 1),
            ("5901234123471", 2),
            ("ART-1", 3),
            ("]C10105901234123457", 4),
            ("05901234123457", 4),
        ];
        assert_eq!(codes, expected.map(|(code, id)| (code.to_string(), id)));
    }
}

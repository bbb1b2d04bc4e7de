//! How a section is replaced: all or nothing, without a reader noticing until it is done.
//!
//! ```text
//!              begin_load                load_blob …              finish_load           make_live
//!  idle slot ─────────────▶ being filled ───────────▶ filled ─────────────────▶ verified ─────────▶ live
//!                 ▲              │ same target: resumes          │ does not add up                   │
//!                 └──────────────┴───────────────────────────────┘        the slot before is idle ◀──┘
//! ```
//!
//! A snapshot fills the idle slot blob by blob, each its own transaction, so that an interruption
//! costs one blob, and is written back on the way, so that the WAL has a bound. A step changes the live slot in one transaction whose
//! digests are checked before it commits. [`Centre::make_live`] does both in one small transaction
//! over all sections that must go together.
//!
//! Parsing and inserting are two calls, [`prepare`] and [`Centre::load_blob`], so that two threads
//! can do them side by side.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use rusqlite::{Connection, OptionalExtension, named_params, params};
use serde::Deserialize;
use tillkit_domain::codes;
use tillkit_protocol::{
    Hash, KindDigest, Section,
    limits::BLOB_EXPANDED_BYTES,
    manifest::SectionManifest,
    rows::{self, BadBlob, Row},
    settings,
};

use crate::{
    Centre, Result, StoreError,
    centre::{CustomerNames, Live, customer_words, fold, read_edits, read_live, write_back},
    changes::{self, Recorder},
    precedence::Precedence,
};

/// What a load leads to.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The section's name; need not be known to this version.
    pub section: &'a str,
    /// The life of the back office.
    pub epoch: &'a str,
    /// What the manifest says of it.
    pub manifest: &'a SectionManifest,
}

/// How much goes into a slot between two write-backs: enough that hot pages are written once and hardly one
/// sale in a hundred meets one, little enough that the one does not wait long for the disk.
const WRITE_BACK_BYTES: usize = 96 << 20;

/// About half a millisecond of work: how long a sale competes with a load before it goes first.
const ROWS_BETWEEN_LOOKS: usize = 64;

/// A load under way.
#[derive(Debug)]
pub struct Load {
    slot: i64,
    /// Expanded bytes put in since the last write-back.
    unwritten: usize,
    /// Blobs that are in the slot already, from an earlier try.
    pub loaded: BTreeSet<Hash>,
}

/// How a section becomes live.
#[derive(Debug)]
pub enum Change<'a> {
    /// Its verified idle slot takes over.
    Snapshot(Target<'a>),
    /// These rows change the live slot; the newest change of each row, by kind and key.
    Steps(Target<'a>, &'a Steps),
    /// What is live is what the manifest says, but for its generation or epoch.
    Same(Target<'a>),
    /// Nothing of this section is live any more.
    Gone(&'a str),
}

/// The rows of a chain of steps, the newest change of each.
#[derive(Debug, Default)]
pub struct Steps {
    rows: BTreeMap<(String, String), Option<Vec<u8>>>,
}

impl Steps {
    /// Adds the next step's expanded blob over the ones before.
    ///
    /// # Errors
    /// [`BadBlob::NotARow`].
    pub fn add(&mut self, expanded: &[u8]) -> Result<(), BadBlob> {
        for row in rows::read_rows(expanded) {
            let Row { kind, key, body } = row?;
            self.rows.insert((kind.into_owned(), key.into_owned()), body.map(<[u8]>::to_vec));
        }
        Ok(())
    }

    /// How many rows change.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether these rows may stand in a section, with bodies that this version can read.
    ///
    /// # Errors
    /// [`BadBlob::BadRow`], the first one.
    pub fn check(&self, section: &str) -> Result<(), BadBlob> {
        self.rows.iter().try_for_each(|((kind, key), body)| {
            belongs(section, kind)
                .and_then(|()| body.as_deref().map_or(Ok(()), |body| settings::check(kind, body)))
                .map_err(|why| bad_row(kind, key, why))
        })
    }
}

/// A blob, checked, expanded and read: ready to be inserted.
pub struct Prepared {
    sha256: Hash,
    stored_bytes: u64,
    expanded: Vec<u8>,
    /// Keys, folded names and codes, one after the other: one allocation instead of four a row.
    text: String,
    rows: Vec<PreparedRow>,
    /// What look-up tables take, by the index of its row.
    looks: Vec<(u32, Look)>,
    codes: Vec<Range<u32>>,
    kinds: Vec<(String, KindDigest)>,
}

struct PreparedRow {
    kind: u16,
    key: Range<u32>,
    body: Range<u32>,
}

/// What the look-up tables take from a row.
enum Look {
    Item { name: Range<u32>, codes: Range<u32> },
    Code { codes: Range<u32> },
    Customer { words: Range<u32> },
    Price { item: Range<u32>, from_ms: i64 },
}

impl Prepared {
    /// How many rows.
    pub fn rows(&self) -> u64 {
        self.rows.len() as u64
    }

    /// How many bytes of memory it takes, about.
    pub fn weight(&self) -> usize {
        let rows = self.rows.len() * size_of::<PreparedRow>() + self.looks.len() * size_of::<(u32, Look)>();
        self.expanded.len() + self.text.len() + rows
    }

    /// How many bytes it had as stored.
    pub fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    /// Whether these rows may stand in a section: in order, no row twice, with bodies that this version
    /// can read. A digest says nothing of that, and what it does not say would be found while selling.
    ///
    /// # Errors
    /// [`BadBlob::BadRow`], the first one.
    pub fn check(&self, section: &str) -> Result<(), BadBlob> {
        for (kind, _) in &self.kinds {
            belongs(section, kind).map_err(|why| bad_row(kind, "", why))?;
        }
        let mut before: Option<(&str, &str)> = None;
        for row in &self.rows {
            let kind = self.kinds.get(row.kind as usize).map_or("", |(kind, _)| kind.as_str());
            let place = (kind, self.text(&row.key));
            if before.is_some_and(|before| before >= place) {
                return Err(bad_row(kind, place.1, "it stands out of order, or twice".into()));
            }
            settings::check(kind, self.body(row)).map_err(|why| bad_row(kind, place.1, why))?;
            before = Some(place);
        }
        Ok(())
    }

    fn text(&self, range: &Range<u32>) -> &str {
        self.text.get(range.start as usize..range.end as usize).unwrap_or("")
    }

    fn body(&self, row: &PreparedRow) -> &[u8] {
        self.expanded.get(row.body.start as usize..row.body.end as usize).unwrap_or(b"")
    }

    fn codes<'a>(&'a self, range: &Range<u32>) -> impl Iterator<Item = &'a str> {
        let codes = self.codes.get(range.start as usize..range.end as usize).unwrap_or(&[]);
        codes.iter().map(|code| self.text(code))
    }

    fn push_codes(&mut self, codes: &[Cow<str>]) -> Result<Range<u32>, String> {
        let first = self.codes.len() as u32;
        for code in codes.iter().flat_map(|code| indexed(code)) {
            let code = self.push_text(&code)?;
            self.codes.push(code);
        }
        Ok(first..self.codes.len() as u32)
    }

    /// Folded, a name may be many times as long, and a phone has to hold all of them.
    fn push_text(&mut self, text: &str) -> Result<Range<u32>, String> {
        if self.text.len() + text.len() > BLOB_EXPANDED_BYTES {
            return Err("the names of this blob are too long to be searched".into());
        }
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Ok(start..self.text.len() as u32)
    }
}

/// The texts by which a code is looked up: as it stands in the row, and the canonical spelling where that is
/// another. Zeros in front of a GTIN are looked for anyway.
pub(crate) fn indexed(code: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let canonical = codes::canonical(code);
    let is_found = canonical.strip_suffix(code).is_some_and(|zeros| zeros.bytes().all(|byte| byte == b'0'));
    let other = (!is_found && !canonical.is_empty()).then_some(Cow::Owned(canonical));
    std::iter::once(Cow::Borrowed(code)).chain(other)
}

/// A kind of another section would change what that section's look-ups find.
fn belongs(section: &str, kind: &str) -> Result<(), String> {
    match Section::of_kind(kind) {
        Some(own) if own.name() != section => Err(format!("it belongs to {own}, not to {section}")),
        _ => Ok(()),
    }
}

fn bad_row(kind: &str, key: &str, why: String) -> BadBlob {
    BadBlob::BadRow { kind: kind.into(), key: key.into(), why }
}

/// Checks a stored blob against its name, expands it, reads and digests its rows.
///
/// # Errors
/// [`BadBlob`]; a snapshot with a deletion in it is [`BadBlob::NotARow`].
pub fn prepare(stored: &[u8], named: &Hash) -> Result<Prepared, BadBlob> {
    let expanded = rows::open_blob(stored, named)?;
    let mut prepared = Prepared {
        sha256: *named,
        stored_bytes: stored.len() as u64,
        text: String::with_capacity(expanded.len() / 2),
        expanded: Vec::new(),
        rows: Vec::with_capacity(expanded.len() / 200),
        looks: Vec::new(),
        codes: Vec::new(),
        kinds: Vec::new(),
    };
    let start = expanded.as_ptr() as usize;
    for (index, row) in rows::read_rows(&expanded).enumerate() {
        let row = row?;
        let line = index + 1;
        let body =
            row.body.ok_or_else(|| BadBlob::NotARow { line, why: "a snapshot deletes nothing".into() })?;
        let offset = (body.as_ptr() as usize - start) as u32;
        prepared.push(&row, body, offset).map_err(|why| bad_row(&row.kind, &row.key, why))?;
    }
    prepared.expanded = expanded;
    Ok(prepared)
}

impl Prepared {
    fn push(&mut self, row: &Row, body: &[u8], offset: u32) -> Result<(), String> {
        let last = self.kinds.last().is_some_and(|(kind, _)| *kind == row.kind);
        if !last {
            self.kinds.push((row.kind.clone().into_owned(), KindDigest::default()));
        }
        let kind = u16::try_from(self.kinds.len() - 1).map_err(|_| "the rows are not sorted by kind")?;
        if let Some((kind, digest)) = self.kinds.last_mut() {
            digest.add(kind, &row.key, body);
        }
        let key = self.push_text(&row.key)?;
        let look = match looks(&row.kind, body)? {
            Looks::Nothing => None,
            Looks::Item(item) => {
                let name = self.push_text(&fold(&item.name))?;
                Some(Look::Item { name, codes: self.push_codes(&item.codes)? })
            }
            Looks::Code(code) => Some(Look::Code { codes: self.push_codes(&[code.code])? }),
            Looks::Customer(customer) => {
                Some(Look::Customer { words: self.push_text(&customer_words(&customer))? })
            }
            Looks::Price(price) => {
                Some(Look::Price { item: self.push_text(&price.item)?, from_ms: price.from_ms })
            }
        };
        self.looks.extend(look.map(|look| (self.rows.len() as u32, look)));
        self.rows.push(PreparedRow { kind, key, body: offset..offset + body.len() as u32 });
        Ok(())
    }
}

#[derive(Deserialize)]
struct ItemLooks<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    codes: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct CodeLooks<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
}

#[derive(Deserialize)]
struct PriceLooks<'a> {
    #[serde(borrow)]
    item: Cow<'a, str>,
    #[serde(default)]
    from_ms: i64,
}

enum Looks<'a> {
    Nothing,
    Item(ItemLooks<'a>),
    Code(CodeLooks<'a>),
    Customer(CustomerNames<'a>),
    Price(PriceLooks<'a>),
}

impl Looks<'_> {
    fn name(&self) -> Option<&str> {
        match self {
            Looks::Item(item) => Some(&item.name),
            _ => None,
        }
    }

    fn customer(&self) -> Option<String> {
        match self {
            Looks::Customer(customer) => Some(customer_words(customer)),
            _ => None,
        }
    }

    fn codes(&self) -> Vec<Cow<'_, str>> {
        match self {
            Looks::Item(item) => item.codes.iter().flat_map(|code| indexed(code)).collect(),
            Looks::Code(code) => indexed(&code.code).collect(),
            _ => Vec::new(),
        }
    }

    fn price(&self) -> Option<(&str, i64)> {
        match self {
            Looks::Price(price) => Some((&price.item, price.from_ms)),
            _ => None,
        }
    }
}

fn looks_of<'a>(kind: &str, key: &str, body: Option<&'a [u8]>) -> Result<Looks<'a>> {
    let Some(body) = body else { return Ok(Looks::Nothing) };
    looks(kind, body)
        .map_err(|why| StoreError::Unreadable { what: "a row", why: format!("{kind} {key}: {why}") })
}

/// Reads what the look-up tables want of a body; a row of another kind wants nothing.
fn looks<'a>(kind: &str, body: &'a [u8]) -> Result<Looks<'a>, String> {
    let looks = match kind {
        "item" => settings::read(body).map(Looks::Item),
        "item_code" => settings::read(body).map(Looks::Code),
        // A customer that cannot be read is not found by words; the others are.
        "customer" => Ok(settings::read(body).map_or(Looks::Nothing, Looks::Customer)),
        "price" => settings::read(body).map(Looks::Price),
        _ => Ok(Looks::Nothing),
    };
    looks.map_err(|error| error.to_string())
}

impl Centre {
    /// Gets a section's idle slot ready for `target`: as an earlier try left it, or empty.
    ///
    /// # Errors
    /// As any write.
    pub fn begin_load(&self, target: &Target) -> Result<Load> {
        const RESUMES: &str = "
            SELECT verified FROM load WHERE slot = :slot AND epoch = :epoch AND generation = :generation";
        const BEGIN: &str = "INSERT INTO load (slot, epoch, generation) VALUES (:slot, :epoch, :generation)";
        let slot = self.idle_slot(target.section)?;
        let mut writer = self.writer.get()?;
        let is_same =
            named_params! {":slot": slot, ":epoch": target.epoch, ":generation": target.manifest.generation};
        let resumes = writer.db()?.query_row(RESUMES, is_same, |row| row.get::<_, bool>(0)).optional()?;
        #[cfg(tillkit_defects)]
        let resumes = match tillkit_protocol::defects::is("a slot gone on with unseen") {
            true => {
                let any = "SELECT verified FROM load WHERE slot = ?1";
                writer.db()?.query_row(any, [slot], |row| row.get::<_, bool>(0)).optional()?
            }
            false => resumes,
        };
        let mut loaded = loaded_blobs(writer.db()?, slot)?;
        // A blob that the manifest does not list is of another one, which was no better than this.
        let is_of_another =
            loaded.iter().any(|name| target.manifest.snapshot.iter().all(|blob| blob.sha256 != *name));
        #[cfg(tillkit_defects)]
        let is_of_another = is_of_another && !tillkit_protocol::defects::is("a slot gone on with unseen");
        if resumes.is_none() || is_of_another {
            loaded.clear();
            drop(writer);
            while !self.empty_some(slot)? {}
            writer = self.writer.get()?;
            let tx = writer.begin()?;
            if target.section == Section::Items.name() {
                tx.execute_batch(LOOK_UPS[parity(slot)].drop_indexes)?;
            }
            tx.execute(BEGIN, is_same)?;
            tx.commit()?;
        }
        Ok(Load { slot, unwritten: 0, loaded })
    }

    /// Puts a blob into a slot being filled, in one transaction. A blob that is there already is left alone.
    ///
    /// # Errors
    /// [`StoreError::Blob`] for a row that is in the slot already: the slot is thrown away;
    /// [`StoreError::DiskFull`], [`StoreError::Suspended`], or as any write.
    pub fn load_blob(&self, load: &mut Load, blob: &Prepared) -> Result<()> {
        const LOADED: &str = "INSERT INTO loaded_blob (slot, sha256) VALUES (:slot, :sha256)";
        if load.loaded.contains(&blob.sha256) {
            return Ok(());
        }
        let mut writer = self.writer.get()?;
        let tx = writer.begin()?;
        if let Err(error) = insert_rows(&tx, load.slot, blob, &self.precedence) {
            drop(tx);
            if matches!(error, StoreError::Blob(_)) {
                forget_load(writer.db()?, load.slot)?;
            }
            return Err(error);
        }
        for (kind, added) in &blob.kinds {
            let mut digest = read_digest(&tx, load.slot, kind)?;
            digest.merge(*added);
            write_digest(&tx, load.slot, kind, digest)?;
        }
        tx.prepare_cached(LOADED)?
            .execute(named_params! {":slot": load.slot, ":sha256": blob.sha256.as_bytes()})?;
        tx.commit()?;
        load.loaded.insert(blob.sha256);
        load.unwritten += blob.expanded.len();
        if load.unwritten >= WRITE_BACK_BYTES {
            load.unwritten = 0;
            self.precedence.give_way();
            write_back(writer.db()?)?;
        }
        Ok(())
    }

    /// Checks a filled slot against the manifest and builds its indexes. After it the section can go live.
    ///
    /// # Errors
    /// [`StoreError::Mismatch`]: then the slot is thrown away, and nothing of the section has changed.
    pub fn finish_load(&self, load: &Load, target: &Target) -> Result<()> {
        let mut writer = self.writer.get()?;
        let tx = writer.begin()?;
        if let Err(mismatch) = check_digests(&tx, load.slot, target) {
            forget_load(&tx, load.slot)?;
            tx.commit()?;
            return Err(mismatch);
        }
        if target.section == Section::Items.name() {
            tx.execute_batch(LOOK_UPS[parity(load.slot)].create_indexes)?;
        }
        tx.execute("UPDATE load SET verified = 1 WHERE slot = :slot", named_params! {":slot": load.slot})?;
        tx.commit()?;
        write_back(writer.db()?)
    }

    /// Makes all these changes live at once, or none; drops the local edits of `drop_edits_of`.
    ///
    /// # Errors
    /// [`StoreError::Mismatch`] if steps do not lead to the manifest's digests; [`StoreError::NotLoaded`].
    pub fn make_live(&self, changes: &[Change], drop_edits_of: &[Section], at_ms: i64) -> Result<()> {
        const DROP_EDITS: &str = "DELETE FROM local_edit WHERE kind = :kind";
        let mut writer = self.writer.get()?;
        let before = read_live(writer.db()?)?;
        let tx = writer.begin()?;
        let edits = if before.edits > 0 { read_edits(&tx)? } else { Vec::new() };
        for change in changes {
            match change {
                Change::Snapshot(target) => swap(&tx, &before, target, at_ms)?,
                Change::Steps(target, steps) => apply_steps(&tx, &before, target, steps, at_ms)?,
                Change::Same(target) => keep(&tx, &before, target, at_ms)?,
                Change::Gone(section) => vacate(&tx, section)?,
            }
        }
        for kind in drop_edits_of.iter().flat_map(|section| section.spec().local_edits) {
            tx.prepare_cached(DROP_EDITS)?.execute(named_params! {":kind": kind})?;
        }
        drop_orphans(&tx)?;
        changes::record_dropped(&tx, &edits, at_ms)?;
        let after = read_live(&tx)?;
        // From here to the end of the commit nobody reads: a view never sees half of it.
        let mut live = self.live_mut();
        tx.commit()?;
        *live = after;
        Ok(())
    }

    /// Compares slots that are neither live nor being filled with what replaced them, and empties them; then
    /// merges what steps have added to the words. A chunk a call; `true` when there is nothing left.
    ///
    /// # Errors
    /// As any write.
    pub fn tidy(&self) -> Result<bool> {
        const IDLE: &str = "
            SELECT any.slot FROM (SELECT 2 * id AS slot FROM section UNION ALL SELECT 2 * id + 1 FROM section) AS any
             WHERE any.slot NOT IN (SELECT live_slot FROM section WHERE live_slot IS NOT NULL)
               AND any.slot NOT IN (SELECT slot FROM load)
               AND EXISTS (SELECT 1 FROM row WHERE row.slot = any.slot)";
        let idle = {
            let writer = self.writer.get()?;
            let mut statement = writer.db()?.prepare_cached(IDLE)?;
            statement.query_row([], |row| row.get(0)).optional()?
        };
        match idle {
            Some(slot) => self.empty_some(slot).map(|_| false),
            None if self.merge_some()? => Ok(false),
            None => self.checkpoint().map(|()| true),
        }
    }

    /// Merges a chunk of the words of what is live; `false` if there was nothing to merge.
    fn merge_some(&self) -> Result<bool> {
        for section in [Section::Items, Section::Customers] {
            let Some(slot) = self.live(section.name()).slot else { continue };
            let look_ups = &LOOK_UPS[parity(slot)];
            let merge =
                if section == Section::Items { look_ups.merge_words } else { look_ups.merge_customers };
            let writer = self.writer.get()?;
            self.precedence.give_way();
            let db = writer.db()?;
            let before = db.total_changes();
            db.prepare_cached(merge)?.execute([])?;
            // The manual of FTS5, "The 'merge' command": a difference of less than two says that it did nothing.
            if db.total_changes() - before >= 2 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes what the WAL holds back into the file, as far as readers allow, in one go.
    ///
    /// # Errors
    /// As any write.
    pub fn checkpoint(&self) -> Result<()> {
        write_back(self.writer.get()?.db()?)
    }

    /// The slot of a section that is not live; registers a section it has not met.
    fn idle_slot(&self, section: &str) -> Result<i64> {
        const REGISTER: &str = "
            INSERT INTO section (name, id) VALUES (:name, (SELECT coalesce(max(id), 0) + 1 FROM section))
            ON CONFLICT (name) DO UPDATE SET name = name RETURNING id, live_slot";
        let writer = self.writer.get()?;
        let (id, live) = writer.db()?.query_row(REGISTER, named_params! {":name": section}, |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?))
        })?;
        Ok(if live == Some(2 * id) { 2 * id + 1 } else { 2 * id })
    }

    /// Deletes a chunk of a slot, once it has been compared with what replaced it; `true` when nothing is left.
    fn empty_some(&self, slot: i64) -> Result<bool> {
        const CHUNK: &str = "DELETE FROM row WHERE id IN (SELECT id FROM row WHERE slot = :slot LIMIT 20000)";
        const NAME: &str = "SELECT name FROM section WHERE id = :slot / 2";
        let mut writer = self.writer.get()?;
        self.precedence.give_way();
        if !changes::compare_some(&mut writer, slot)? {
            return Ok(false);
        }
        let tx = writer.begin()?;
        // First what points to rows, then the rows: a crash in between leaves rows nobody finds.
        let of_slot = named_params! {":slot": slot};
        let name: Option<String> = tx.query_row(NAME, of_slot, |row| row.get(0)).optional()?;
        match name.as_deref().and_then(Section::of_name) {
            Some(Section::Items) => tx.execute_batch(LOOK_UPS[parity(slot)].empty)?,
            Some(Section::Customers) => tx.execute_batch(LOOK_UPS[parity(slot)].empty_customers)?,
            _ => {}
        }
        for table in [
            "DELETE FROM load WHERE slot = :slot",
            "DELETE FROM loaded_blob WHERE slot = :slot",
            "DELETE FROM kind_digest WHERE slot = :slot",
        ] {
            tx.prepare_cached(table)?.execute(of_slot)?;
        }
        let deleted = tx.prepare_cached(CHUNK)?.execute(of_slot)?;
        tx.commit()?;
        Ok(deleted == 0)
    }
}

/// The look-up tables of one slot: the items' and the customers'.
struct LookUps {
    drop_indexes: &'static str,
    create_indexes: &'static str,
    empty: &'static str,
    insert_code: &'static str,
    delete_code: &'static str,
    insert_price: &'static str,
    delete_price: &'static str,
    insert_words: &'static str,
    delete_words: &'static str,
    merge_words: &'static str,
    empty_customers: &'static str,
    insert_customer: &'static str,
    delete_customer: &'static str,
    merge_customers: &'static str,
}

macro_rules! look_ups {
    ($slot:literal) => {
        LookUps {
            drop_indexes: concat!(
                "DROP INDEX IF EXISTS item_code_",
                $slot,
                "_by_code;",
                "DROP INDEX IF EXISTS item_price_",
                $slot,
                "_by_item;",
            ),
            create_indexes: concat!(
                "CREATE INDEX IF NOT EXISTS item_code_",
                $slot,
                "_by_code ON item_code_",
                $slot,
                " (code, row_id);",
                "CREATE INDEX IF NOT EXISTS item_price_",
                $slot,
                "_by_item ON item_price_",
                $slot,
                " (item, from_ms, row_id);",
            ),
            empty: concat!(
                "DELETE FROM item_code_",
                $slot,
                ";",
                "DELETE FROM item_price_",
                $slot,
                ";",
                "INSERT INTO item_word_",
                $slot,
                " (item_word_",
                $slot,
                ") VALUES ('delete-all');",
            ),
            insert_code: concat!("INSERT INTO item_code_", $slot, " (code, row_id) VALUES (?1, ?2)"),
            delete_code: concat!("DELETE FROM item_code_", $slot, " WHERE code = ?1 AND row_id = ?2"),
            insert_price: concat!(
                "INSERT INTO item_price_",
                $slot,
                " (item, from_ms, row_id) VALUES (?1, ?2, ?3)"
            ),
            delete_price: concat!(
                "DELETE FROM item_price_",
                $slot,
                " WHERE item = ?1 AND from_ms = ?2 AND row_id = ?3"
            ),
            insert_words: concat!("INSERT INTO item_word_", $slot, " (rowid, name) VALUES (?1, ?2)"),
            delete_words: concat!(
                "INSERT INTO item_word_",
                $slot,
                " (item_word_",
                $slot,
                ", rowid, name) VALUES ('delete', ?1, ?2)"
            ),
            // 128 pages of about 4 KB: some milliseconds.
            merge_words: concat!(
                "INSERT INTO item_word_",
                $slot,
                " (item_word_",
                $slot,
                ", rank) VALUES ('merge', 128)"
            ),
            empty_customers: concat!(
                "INSERT INTO customer_word_",
                $slot,
                " (customer_word_",
                $slot,
                ") VALUES ('delete-all')",
            ),
            insert_customer: concat!("INSERT INTO customer_word_", $slot, " (rowid, words) VALUES (?1, ?2)"),
            delete_customer: concat!(
                "INSERT INTO customer_word_",
                $slot,
                " (customer_word_",
                $slot,
                ", rowid, words) VALUES ('delete', ?1, ?2)"
            ),
            merge_customers: concat!(
                "INSERT INTO customer_word_",
                $slot,
                " (customer_word_",
                $slot,
                ", rank) VALUES ('merge', 128)"
            ),
        }
    };
}

static LOOK_UPS: [LookUps; 2] = [look_ups!("0"), look_ups!("1")];

fn parity(slot: i64) -> usize {
    if slot & 1 == 0 { 0 } else { 1 }
}

const INSERT_ROW: &str = "INSERT INTO row (slot, kind, key, body) VALUES (?1, ?2, ?3, ?4)";

fn insert_rows(tx: &Connection, slot: i64, blob: &Prepared, precedence: &Precedence) -> Result<()> {
    let look_ups = &LOOK_UPS[parity(slot)];
    let mut insert_row = tx.prepare_cached(INSERT_ROW)?;
    let mut insert_code = tx.prepare_cached(look_ups.insert_code)?;
    let mut insert_price = tx.prepare_cached(look_ups.insert_price)?;
    let mut insert_words = tx.prepare_cached(look_ups.insert_words)?;
    let mut insert_customer = tx.prepare_cached(look_ups.insert_customer)?;
    let mut looks = blob.looks.iter().peekable();
    for (index, row) in blob.rows.iter().enumerate() {
        if index.is_multiple_of(ROWS_BETWEEN_LOOKS) {
            precedence.give_way();
        }
        let kind = blob.kinds.get(row.kind as usize).map_or("", |(kind, _)| kind);
        let inserted = insert_row.execute(params![slot, kind, blob.text(&row.key), blob.body(row)]);
        inserted.map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::ConstraintViolation) => {
                bad_row(kind, blob.text(&row.key), "the snapshot has it twice".into()).into()
            }
            _ => StoreError::from(error),
        })?;
        let id = tx.last_insert_rowid();
        match looks.next_if(|(of, _)| *of as usize == index).map(|(_, look)| look) {
            None => {}
            Some(Look::Item { name, codes }) => {
                insert_words.execute(params![id, blob.text(name)])?;
                for code in blob.codes(codes) {
                    insert_code.execute(params![code, id])?;
                }
            }
            Some(Look::Customer { words }) => {
                insert_customer.execute(params![id, blob.text(words)])?;
            }
            Some(Look::Code { codes }) => {
                for code in blob.codes(codes) {
                    insert_code.execute(params![code, id])?;
                }
            }
            Some(Look::Price { item, from_ms }) => {
                insert_price.execute(params![blob.text(item), from_ms, id])?;
            }
        }
    }
    Ok(())
}

fn loaded_blobs(db: &Connection, slot: i64) -> Result<BTreeSet<Hash>> {
    let mut statement = db.prepare_cached("SELECT sha256 FROM loaded_blob WHERE slot = :slot")?;
    let loaded =
        statement.query_map(named_params! {":slot": slot}, |row| row.get(0).map(Hash::from_bytes))?;
    Ok(loaded.collect::<rusqlite::Result<_>>()?)
}

/// The next try begins with an empty slot.
fn forget_load(db: &Connection, slot: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM load WHERE slot = :slot")?.execute(named_params! {":slot": slot})?;
    Ok(())
}

fn swap(tx: &Connection, before: &Live, target: &Target, at_ms: i64) -> Result<()> {
    const VERIFIED: &str = "
        DELETE FROM load WHERE slot = :slot AND epoch = :epoch AND generation = :generation AND verified = 1";
    let section = before.sections.get(target.section).cloned().unwrap_or_default();
    let idle = if section.slot == Some(2 * section.id) { 2 * section.id + 1 } else { 2 * section.id };
    let generation = target.manifest.generation;
    let loaded = tx
        .prepare_cached(VERIFIED)?
        .execute(named_params! {":slot": idle, ":epoch": target.epoch, ":generation": generation})?;
    if loaded != 1 {
        return Err(StoreError::NotLoaded { section: target.section.into(), generation });
    }
    tx.prepare_cached("DELETE FROM loaded_blob WHERE slot = :slot")?
        .execute(named_params! {":slot": idle})?;
    if let Some(replaced) = section.slot {
        changes::compare_later(tx, replaced, target.section, at_ms)?;
    }
    set_live(tx, target, idle, at_ms)
}

/// Both slots become idle; what they hold is emptied by [`Centre::tidy`].
fn vacate(tx: &Connection, section: &str) -> Result<()> {
    for sql in [
        "DELETE FROM load WHERE slot / 2 = (SELECT id FROM section WHERE name = :section)",
        "DELETE FROM comparison WHERE section = :section",
        "UPDATE section SET live_slot = NULL, epoch = '', generation = 0, applied_ms = NULL WHERE name = :section",
    ] {
        tx.prepare_cached(sql)?.execute(named_params! {":section": section})?;
    }
    Ok(())
}

/// An edit of a row that is not live any more stands over nothing.
fn drop_orphans(tx: &Connection) -> Result<()> {
    const ORPHANS: &str = "
        DELETE FROM local_edit WHERE NOT EXISTS (
            SELECT 1 FROM section JOIN row ON row.slot = section.live_slot
             WHERE row.kind = local_edit.kind AND row.key = local_edit.key)";
    tx.prepare_cached(ORPHANS)?.execute([])?;
    Ok(())
}

fn set_live(tx: &Connection, target: &Target, slot: i64, at_ms: i64) -> Result<()> {
    const SET_LIVE: &str = "
        UPDATE section SET live_slot = :slot, epoch = :epoch, generation = :generation, applied_ms = :at_ms
         WHERE name = :name";
    tx.prepare_cached(SET_LIVE)?.execute(named_params! {
        ":slot": slot, ":epoch": target.epoch, ":generation": target.manifest.generation,
        ":at_ms": at_ms, ":name": target.section,
    })?;
    Ok(())
}

fn live_slot(before: &Live, target: &Target) -> Result<i64> {
    let slot = before.sections.get(target.section).and_then(|section| section.slot);
    slot.ok_or_else(|| StoreError::NotLoaded {
        section: target.section.into(),
        generation: target.manifest.generation,
    })
}

fn keep(tx: &Connection, before: &Live, target: &Target, at_ms: i64) -> Result<()> {
    let slot = live_slot(before, target)?;
    check_digests(tx, slot, target)?;
    set_live(tx, target, slot, at_ms)
}

fn apply_steps(tx: &Connection, before: &Live, target: &Target, steps: &Steps, at_ms: i64) -> Result<()> {
    let slot = live_slot(before, target)?;
    let mut changer = Changer::new(tx, slot, Recorder::of(tx, target.section, at_ms)?)?;
    for ((kind, key), body) in &steps.rows {
        changer.change(kind, key, body.as_deref())?;
    }
    for (kind, digest) in &changer.digests {
        write_digest(tx, slot, kind, *digest)?;
    }
    check_digests(tx, slot, target)?;
    if let Some(recorder) = changer.recorder {
        recorder.finish()?;
    }
    set_live(tx, target, slot, at_ms)
}

/// Changes rows of a live slot, with their look-ups and digests. What stays the same is not written.
struct Changer<'a> {
    tx: &'a Connection,
    slot: i64,
    look_ups: &'static LookUps,
    digests: BTreeMap<String, KindDigest>,
    recorder: Option<Recorder<'a>>,
    find: rusqlite::CachedStatement<'a>,
}

impl<'a> Changer<'a> {
    fn new(tx: &'a Connection, slot: i64, recorder: Option<Recorder<'a>>) -> Result<Changer<'a>> {
        const FIND: &str = "SELECT id, body FROM row WHERE slot = ?1 AND kind = ?2 AND key = ?3";
        let (look_ups, digests) = (&LOOK_UPS[parity(slot)], BTreeMap::new());
        Ok(Changer { tx, slot, look_ups, digests, recorder, find: tx.prepare_cached(FIND)? })
    }

    fn change(&mut self, kind: &str, key: &str, new: Option<&[u8]>) -> Result<()> {
        let found = self.find.query_row(params![self.slot, kind, key], |row| Ok((row.get(0)?, row.get(1)?)));
        let old: Option<(i64, Vec<u8>)> = found.optional()?;
        if old.as_ref().map(|(_, body)| body.as_slice()) == new {
            return Ok(());
        }
        self.digest(kind, key, old.as_ref().map(|(_, body)| body.as_slice()), new)?;
        let id = match (&old, new) {
            (Some((id, _)), Some(new)) => {
                self.tx
                    .prepare_cached("UPDATE row SET body = ?2 WHERE id = ?1")?
                    .execute(params![id, new])?;
                *id
            }
            (Some((id, _)), None) => {
                self.tx.prepare_cached("DELETE FROM row WHERE id = ?1")?.execute(params![id])?;
                *id
            }
            (None, Some(new)) => {
                self.tx.prepare_cached(INSERT_ROW)?.execute(params![self.slot, kind, key, new])?;
                self.tx.last_insert_rowid()
            }
            (None, None) => return Ok(()),
        };
        let old = old.as_ref().map(|(_, body)| body.as_slice());
        self.look_up(id, &looks_of(kind, key, old)?, &looks_of(kind, key, new)?)?;
        match &mut self.recorder {
            Some(recorder) => recorder.row(kind, key, old, new),
            None => Ok(()),
        }
    }

    fn digest(&mut self, kind: &str, key: &str, old: Option<&[u8]>, new: Option<&[u8]>) -> Result<()> {
        if !self.digests.contains_key(kind) {
            self.digests.insert(kind.into(), read_digest(self.tx, self.slot, kind)?);
        }
        let Some(digest) = self.digests.get_mut(kind) else { return Ok(()) };
        if let Some(old) = old {
            digest.remove(kind, key, old);
        }
        if let Some(new) = new {
            digest.add(kind, key, new);
        }
        Ok(())
    }

    fn look_up(&self, id: i64, before: &Looks, after: &Looks) -> Result<()> {
        let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<()> {
            self.tx.prepare_cached(sql)?.execute(values)?;
            Ok(())
        };
        let (name_before, name_after) = (before.name(), after.name());
        if name_before != name_after {
            if let Some(name) = name_before {
                run(self.look_ups.delete_words, &[&id, &fold(name)])?;
            }
            if let Some(name) = name_after {
                run(self.look_ups.insert_words, &[&id, &fold(name)])?;
            }
        }
        let (customer_before, customer_after) = (before.customer(), after.customer());
        if customer_before != customer_after {
            if let Some(words) = customer_before {
                run(self.look_ups.delete_customer, &[&id, &words])?;
            }
            if let Some(words) = customer_after {
                run(self.look_ups.insert_customer, &[&id, &words])?;
            }
        }
        let (codes_before, codes_after) = (before.codes(), after.codes());
        for gone in codes_before.iter().filter(|code| !codes_after.contains(code)) {
            run(self.look_ups.delete_code, &[gone, &id])?;
        }
        for new in codes_after.iter().filter(|code| !codes_before.contains(code)) {
            run(self.look_ups.insert_code, &[new, &id])?;
        }
        let (price_before, price_after) = (before.price(), after.price());
        if price_before != price_after {
            if let Some((item, from_ms)) = price_before {
                run(self.look_ups.delete_price, &[&item, &from_ms, &id])?;
            }
            if let Some((item, from_ms)) = price_after {
                run(self.look_ups.insert_price, &[&item, &from_ms, &id])?;
            }
        }
        Ok(())
    }
}

fn read_digest(tx: &Connection, slot: i64, kind: &str) -> Result<KindDigest> {
    const READ: &str = "SELECT count, sum FROM kind_digest WHERE slot = :slot AND kind = :kind";
    let mut statement = tx.prepare_cached(READ)?;
    let digest = statement.query_row(named_params! {":slot": slot, ":kind": kind}, |row| {
        Ok(KindDigest { count: row.get(0)?, sum: u128::from_be_bytes(row.get(1)?) })
    });
    Ok(digest.optional()?.unwrap_or_default())
}

fn write_digest(tx: &Connection, slot: i64, kind: &str, digest: KindDigest) -> Result<()> {
    const WRITE: &str = "
        INSERT INTO kind_digest (slot, kind, count, sum) VALUES (:slot, :kind, :count, :sum)
        ON CONFLICT DO UPDATE SET count = excluded.count, sum = excluded.sum";
    tx.prepare_cached(WRITE)?.execute(named_params! {
        ":slot": slot, ":kind": kind, ":count": digest.count, ":sum": digest.sum.to_be_bytes(),
    })?;
    Ok(())
}

/// Holds a slot's digests against the manifest's, both ways: no kind may be missing, none too many.
fn check_digests(tx: &Connection, slot: i64, target: &Target) -> Result<()> {
    const KINDS: &str = "SELECT kind FROM kind_digest WHERE slot = :slot AND count > 0";
    let mut statement = tx.prepare_cached(KINDS)?;
    let here = statement.query_map(named_params! {":slot": slot}, |row| row.get(0))?;
    let here: BTreeSet<String> = here.collect::<rusqlite::Result<_>>()?;
    for kind in here.iter().chain(target.manifest.kinds.keys()) {
        let expected = target.manifest.kinds.get(kind).copied().unwrap_or_default();
        let found = read_digest(tx, slot, kind)?;
        if found != expected {
            return Err(StoreError::Mismatch {
                section: target.section.into(),
                kind: kind.clone(),
                expected_rows: expected.count,
                found_rows: found.count,
            });
        }
    }
    Ok(())
}

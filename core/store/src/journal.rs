//! What this till has recorded, and what of it the centre has.
//!
//! The journal is the outbox: *unsent* is a query over documents, never a counter of its own, so it
//! cannot disagree with them. A number, a link of the chain and a document are one transaction that
//! is durable (`synchronous=FULL`) before [`Journal::write`] returns.
//!
//! Invariants, each held by a test of the same name:
//! - `seq_and_numbers_have_no_gap`, also when a write is given up half-way.
//! - `a_document_never_changes`: the schema itself refuses.
//! - `the_counter_is_a_query`: it equals the documents without an acknowledgement at every instant.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params};
use serde::Serialize;
use tillkit_domain::Quantity;
use tillkit_protocol::{
    DocumentLine, Hash, Kind, Record, Section,
    bodies::{self, Reference, UnsentFacts},
    keys::{PrivateKey, PublicKey, Signature},
    wire::{Finding, Ranges, to_ranges},
};

use crate::{
    Gate, Result, StoreError,
    file::{Db, FileKind, InUse},
};

static KIND: FileKind = FileKind {
    application_id: 0x544b_4a31, // "TKJ1"
    migrations: &[include_str!("../migrations/journal/0001_journal.sql")],
    pragmas: "
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA fullfsync = ON;            -- Apple: fsync alone does not reach the flash
        PRAGMA checkpoint_fullfsync = ON;
        PRAGMA recursive_triggers = ON;   -- REPLACE deletes, and the trigger must see it",
    writes_back_on_close: true,
};

/// `journal.db`.
pub struct Journal {
    pub(crate) writer: Db,
    reader: Db,
}

/// One enrolment of this phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Who the till belongs to.
    pub tenant: String,
    /// The numbered place of sale.
    pub till: String,
    /// The till's n-th.
    pub enrolment: u32,
    /// No other enrolment has it.
    pub series: String,
    /// Where the back office answers.
    pub server_url: String,
    /// Signs manifests.
    pub tenant_key: PublicKey,
    /// The private key, sealed by the phone's key store.
    pub sealed_key: Vec<u8>,
    /// What the unsealed key must belong to.
    pub public_key: PublicKey,
    /// Till clock, Unix milliseconds.
    pub enrolled_ms: i64,
}

/// A document about to be recorded: everything but what only the journal knows (seq, link, number).
#[derive(Debug, Clone)]
pub struct NewDocument<Body> {
    /// What it is.
    pub kind: Kind,
    /// See [`bodies`].
    pub body: Body,
    /// `2010-12-01`.
    pub business_day: String,
    /// The centre in force.
    pub centre: String,
    /// ISO 4217, of `total_minor`.
    pub currency: String,
    /// The generation of each live section.
    pub generations: BTreeMap<String, u64>,
    /// A clock nobody can set, milliseconds.
    pub monotonic_ms: i64,
    /// Whether the till stood offline.
    pub offline: bool,
    /// Till clock, Unix milliseconds.
    pub recorded_ms: i64,
    /// Server clock minus till clock, where known.
    pub server_offset_ms: Option<i64>,
    /// What it adds to turnover or drawer.
    pub total_minor: i64,
    /// Who is signed in.
    pub user: String,
    /// The numerator and its pattern, `None` takes no number.
    pub numerator: Option<Numerator>,
    /// What it does to stock.
    pub stock: Vec<StockMove>,
    /// What it takes back of earlier documents.
    pub reversals: Vec<Reversal>,
}

impl<Body> NewDocument<Body> {
    /// The same with another body.
    pub fn with_body<Other>(self, body: Other) -> NewDocument<Other> {
        NewDocument {
            kind: self.kind,
            body,
            business_day: self.business_day,
            centre: self.centre,
            currency: self.currency,
            generations: self.generations,
            monotonic_ms: self.monotonic_ms,
            offline: self.offline,
            recorded_ms: self.recorded_ms,
            server_offset_ms: self.server_offset_ms,
            total_minor: self.total_minor,
            user: self.user,
            numerator: self.numerator,
            stock: self.stock,
            reversals: self.reversals,
        }
    }
}

/// Which counter gives the number, and how it looks.
#[derive(Debug, Clone)]
pub struct Numerator {
    /// The counter: a kind of document, or `*`.
    pub name: String,
    /// How the number looks.
    pub pattern: tillkit_domain::Numerator,
}

/// What a document does to the stock of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockMove {
    /// Key of the item.
    pub item: String,
    /// Key of the warehouse.
    pub warehouse: String,
    /// Negative leaves the shop.
    pub quantity: Quantity,
}

/// What a document takes back of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// The earlier document's till.
    pub till: String,
    /// Its enrolment.
    pub enrolment: u32,
    /// Its seq.
    pub seq: u64,
    /// Of which line how much; the whole document if absent.
    pub line: Option<(u32, Quantity)>,
}

/// What has been taken back of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reversed {
    /// Whether it was voided whole.
    pub is_void: bool,
    /// How much of each line, by index; not negative.
    pub lines: BTreeMap<u32, Quantity>,
}

/// A document as the journal holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The numbered place of sale.
    pub till: String,
    /// The till's n-th enrolment.
    pub enrolment: u32,
    /// 1, 2, …
    pub seq: u64,
    /// What it is.
    pub kind: String,
    /// As printed; empty for events.
    pub number: String,
    /// Till clock, Unix milliseconds.
    pub recorded_ms: i64,
    /// ISO 4217.
    pub currency: String,
    /// What it adds to turnover or drawer.
    pub total_minor: i64,
    /// How far it has come.
    pub delivery: Delivery,
    /// The line and its signature.
    pub record: Record,
}

impl Recorded {
    /// Its name for ever.
    pub fn reference(&self) -> Reference {
        Reference {
            enrolment: self.enrolment,
            hash: self.record.hash,
            number: self.number.clone(),
            seq: self.seq,
            till: self.till.clone(),
        }
    }

    /// The whole line, with the body as `Body`.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn document<Body: for<'de> serde::Deserialize<'de>>(&self) -> Result<DocumentLine<Body>> {
        self.record.document().map_err(|error| unreadable("a document", error))
    }
}

/// How far a document has come; times are till clock, Unix milliseconds.
///
/// ```text
///  local ── acknowledged ──▶ uploaded ── booked ──▶ processed ── its Z booked ──▶ settled
///    ▲                          │
///    └── the centre lost it ────┘
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Only here.
    Local,
    /// Durable at the centre, and that is durable here.
    Uploaded {
        /// Since when.
        at_ms: i64,
    },
    /// Booked at the centre.
    Processed {
        /// Since when.
        at_ms: i64,
    },
    /// Booked, and so is the Z that lists it: it may be pruned once it is old.
    Settled {
        /// Since when.
        at_ms: i64,
    },
}

/// What has not been acknowledged, at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unsent {
    /// By section; sections with nothing unsent are absent.
    pub sections: BTreeMap<String, UnsentSection>,
}

/// What has not been acknowledged in one section.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnsentSection {
    /// How many.
    pub documents: u64,
    /// Σ of their totals, by currency, minor units.
    pub amounts_minor: BTreeMap<String, i64>,
    /// When the oldest was recorded, till clock, Unix milliseconds.
    pub oldest_ms: i64,
}

impl Unsent {
    /// The badge: accounting documents; events have a row of their own.
    pub fn documents(&self) -> u64 {
        self.accounting().map(|section| section.documents).sum()
    }

    /// Everything, events too: whether there is something to send.
    pub fn all(&self) -> u64 {
        self.sections.values().map(|section| section.documents).sum()
    }

    /// When the oldest accounting document was recorded.
    pub fn oldest_ms(&self) -> Option<i64> {
        self.accounting().map(|section| section.oldest_ms).min()
    }

    /// As a closure states it.
    pub fn facts(&self) -> UnsentFacts {
        UnsentFacts { documents: self.documents(), oldest_ms: self.oldest_ms() }
    }

    fn accounting(&self) -> impl Iterator<Item = &UnsentSection> {
        let events = Section::Events.name();
        self.sections.iter().filter(move |(name, _)| *name != events).map(|(_, section)| section)
    }
}

/// Where an enrolment's chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The newest seq; 0 before the first document.
    pub seq: u64,
    /// Its hash; [`Hash::NONE`] before the first.
    pub hash: Hash,
}

/// A chain that does not verify, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the chain of {till}/{enrolment} does not verify at seq {seq}: {why}")]
pub struct BrokenChain {
    /// The till.
    pub till: String,
    /// Its enrolment.
    pub enrolment: u32,
    /// The first document that does not fit.
    pub seq: u64,
    /// What does not fit.
    pub why: &'static str,
}

/// A sale set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its id.
    pub id: String,
    /// What the cashier calls it.
    pub label: String,
    /// Who set it aside.
    pub user: String,
    /// When, till clock, Unix milliseconds.
    pub held_ms: i64,
    /// Version of `body`.
    pub v: u32,
    /// The sale, as its owner wrote it.
    pub body: Vec<u8>,
}

/// Wrong PINs of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lockout {
    /// In a row.
    pub failed: u32,
    /// No try before this, till clock, Unix milliseconds.
    pub until_ms: i64,
}

impl Journal {
    pub(crate) fn open(path: &Path, gate: Arc<Gate>) -> Result<Journal> {
        let writer = KIND.open(path)?;
        let reader = KIND.connect(path)?;
        Ok(Journal {
            writer: Db::new(&KIND, path, gate.clone(), writer),
            reader: Db::new(&KIND, path, gate, reader),
        })
    }

    pub(crate) fn interrupt_reads(&self) {
        self.reader.interrupt();
    }

    pub(crate) fn release(&self) {
        self.reader.release();
        self.writer.release();
    }

    pub(crate) fn reopen(&self) -> Result<()> {
        self.writer.reopen()?;
        self.reader.reopen()
    }

    /// Runs `work` in one transaction. When this returns Ok, what it recorded survives a power cut;
    /// when it returns an error, or `work` does, nothing of it has happened.
    ///
    /// # Errors
    /// `work`'s own, [`StoreError::DiskFull`], [`StoreError::Suspended`].
    pub fn write<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&JournalWrite) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writer = self.writer.get()?;
        let tx = JournalWrite { tx: writer.begin()? };
        let done = work(&tx)?;
        tx.tx.commit().map_err(StoreError::from)?;
        Ok(done)
    }

    fn read(&self) -> Result<InUse<'_>> {
        self.reader.get()
    }

    /// The enrolment that records now: the newest.
    ///
    /// # Errors
    /// [`StoreError::NotEnrolled`].
    pub fn enrolment(&self) -> Result<Enrolment> {
        self.enrolments()?.pop().ok_or(StoreError::NotEnrolled)
    }

    /// Every enrolment this phone has had, oldest first.
    ///
    /// # Errors
    /// As any read.
    pub fn enrolments(&self) -> Result<Vec<Enrolment>> {
        const ENROLMENTS: &str = "
            SELECT tenant, till, enrolment, series, server_url, tenant_key, sealed_key, public_key, enrolled_ms
              FROM enrolment ORDER BY rowid";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(ENROLMENTS)?;
        Ok(statement.query_map([], enrolment)?.collect::<rusqlite::Result<_>>()?)
    }

    /// What has not been acknowledged, now.
    ///
    /// # Errors
    /// As any read.
    pub fn unsent(&self) -> Result<Unsent> {
        unsent(self.read()?.db()?)
    }

    /// The oldest unsent documents, at most `limit`, and at most `bytes` long together (but at least
    /// one), of these sections (all, if none is named), after the one given.
    ///
    /// # Errors
    /// As any read.
    pub fn unsent_batch(
        &self,
        sections: &[Section],
        after: Option<&Recorded>,
        limit: usize,
        bytes: usize,
    ) -> Result<Vec<Recorded>> {
        const UNSENT_BATCH: &str = "
            SELECT * FROM document
             WHERE uploaded_ms IS NULL AND (till, enrolment, seq) > (:till, :enrolment, :seq)
             ORDER BY till, enrolment, seq";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(UNSENT_BATCH)?;
        let (till, enrolment, seq) =
            after.map_or(("", 0, 0), |last| (last.till.as_str(), last.enrolment, last.seq));
        let mut rows =
            statement.query(named_params! {":till": till, ":enrolment": enrolment, ":seq": seq})?;
        let mut batch = Vec::new();
        let mut size = 0;
        while let Some(row) = rows.next()? {
            let section = row.get_ref("section")?.as_str().map_err(|error| unreadable("a section", error))?;
            if !sections.is_empty() && !sections.iter().any(|wanted| wanted.name() == section) {
                continue;
            }
            let document = recorded(row)?;
            size += document.record.line.len() + Signature::TEXT_LEN + 2;
            if batch.len() == limit || (!batch.is_empty() && size > bytes) {
                break;
            }
            batch.push(document);
        }
        Ok(batch)
    }

    /// Where the chain of an enrolment stands.
    ///
    /// # Errors
    /// As any read.
    pub fn head(&self, till: &str, enrolment: u32) -> Result<Head> {
        head(self.read()?.db()?, till, enrolment)
    }

    /// How far the centre has booked an enrolment: every document up to here is processed.
    ///
    /// # Errors
    /// As any read.
    pub fn processed_through(&self, till: &str, enrolment: u32) -> Result<u64> {
        const PROCESSED: &str = "
            SELECT coalesce(
                (SELECT min(seq) - 1 FROM document INDEXED BY document_unprocessed
                  WHERE till = :till AND enrolment = :enrolment AND processed_ms IS NULL),
                (SELECT max(seq) FROM document WHERE till = :till AND enrolment = :enrolment), 0)";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(PROCESSED)?;
        Ok(statement.query_row(named_params! {":till": till, ":enrolment": enrolment}, |row| row.get(0))?)
    }

    /// How far an enrolment is acknowledged without a gap.
    ///
    /// # Errors
    /// As any read.
    pub fn uploaded_through(&self, till: &str, enrolment: u32) -> Result<u64> {
        const UPLOADED: &str = "
            SELECT coalesce(
                (SELECT min(seq) - 1 FROM document INDEXED BY document_unsent
                  WHERE till = :till AND enrolment = :enrolment AND uploaded_ms IS NULL),
                (SELECT max(seq) FROM document WHERE till = :till AND enrolment = :enrolment), 0)";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(UPLOADED)?;
        Ok(statement.query_row(named_params! {":till": till, ":enrolment": enrolment}, |row| row.get(0))?)
    }

    /// One document.
    ///
    /// # Errors
    /// As any read.
    pub fn document(&self, till: &str, enrolment: u32, seq: u64) -> Result<Option<Recorded>> {
        document(self.read()?.db()?, till, enrolment, seq)
    }

    /// The newest documents first, at most `limit`; `before` is the last one of the page before.
    /// No kinds means all.
    ///
    /// # Errors
    /// As any read.
    pub fn history(&self, kinds: &[Kind], before: Option<&Recorded>, limit: usize) -> Result<Vec<Recorded>> {
        const HISTORY: &str = "
            SELECT * FROM document
             WHERE (recorded_ms, till, enrolment, seq) < (:recorded_ms, :till, :enrolment, :seq)
             ORDER BY recorded_ms DESC, till DESC, enrolment DESC, seq DESC";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(HISTORY)?;
        let (recorded_ms, till, enrolment, seq) = before.map_or((i64::MAX, "", 0, 0), |last| {
            (last.recorded_ms, last.till.as_str(), last.enrolment, last.seq)
        });
        let rows = statement.query_map(
            named_params! {":recorded_ms": recorded_ms, ":till": till, ":enrolment": enrolment, ":seq": seq},
            recorded,
        )?;
        let wanted = rows.filter(|row| {
            row.as_ref()
                .map_or(true, |row| kinds.is_empty() || kinds.iter().any(|kind| kind.name() == row.kind))
        });
        Ok(wanted.take(limit).collect::<rusqlite::Result<_>>()?)
    }

    /// Calls `each` with every document of an enrolment from `from_seq` on, in order.
    ///
    /// # Errors
    /// `each`'s own, or as any read.
    pub fn each_document<E: From<StoreError>>(
        &self,
        till: &str,
        enrolment: u32,
        from_seq: u64,
        each: impl FnMut(Recorded) -> Result<(), E>,
    ) -> Result<(), E> {
        let read = self.read()?;
        each_document(read.db()?, till, enrolment, from_seq, each)
    }

    /// Verifies hashes, links and signatures from the first document kept to the head.
    ///
    /// # Errors
    /// As any read; the inner result says whether the chain holds.
    pub fn verify_chain(
        &self,
        till: &str,
        enrolment: u32,
        key: &PublicKey,
    ) -> Result<Result<Head, BrokenChain>> {
        let mut head: Option<Head> = None;
        let broken = |seq, why| Err(Stop::Broken(BrokenChain { till: till.into(), enrolment, seq, why }));
        let walked = self.each_document(till, enrolment, 0, |document| {
            let (seq, record) = (document.seq, &document.record);
            if record.hash != Hash::of(&record.line) {
                return broken(seq, "the line is not the one that was hashed");
            }
            if !record.is_signed_by(key) {
                return broken(seq, "the signature is not the enrolment's");
            }
            let Ok(line) = record.unread() else { return broken(seq, "the line is not a document") };
            if (line.till.as_str(), line.enrolment, line.seq) != (till, enrolment, seq) {
                return broken(seq, "the line names another document");
            }
            let copies = (
                document.kind,
                document.number,
                document.recorded_ms,
                document.currency,
                document.total_minor,
            );
            if copies != (line.kind, line.number, line.recorded_ms, line.currency, line.total_minor) {
                return broken(seq, "a column is not the line's");
            }
            let follows = match head {
                Some(before) => line.prev == before.hash && seq == before.seq + 1,
                None => seq != 1 || line.prev == Hash::NONE,
            };
            if !follows {
                return broken(seq, "it does not follow the one before");
            }
            head = Some(Head { seq, hash: record.hash });
            Ok(())
        });
        match walked {
            Ok(()) => Ok(Ok(head.unwrap_or(Head { seq: 0, hash: Hash::NONE }))),
            Err(Stop::Broken(broken)) => Ok(Err(broken)),
            Err(Stop::Store(error)) => Err(error),
        }
    }

    /// What own documents did to the stock of an item, outside the documents `counted` already contains.
    ///
    /// # Errors
    /// As any read.
    pub fn own_moves(&self, item: &str, warehouse: &str, counted: &[Ranges]) -> Result<Quantity> {
        const MOVES: &str = "
            SELECT till, enrolment, seq, quantity_micro FROM stock_move
             WHERE item = :item AND warehouse = :warehouse";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(MOVES)?;
        let mut rows = statement.query(named_params! {":item": item, ":warehouse": warehouse})?;
        let mut micro: i64 = 0;
        while let Some(row) = rows.next()? {
            let (till, enrolment, seq): (String, u32, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let is_counted = counted.iter().any(|ranges| {
                ranges.till == till
                    && ranges.enrolment == enrolment
                    && ranges.ranges.iter().any(|(from, to)| (*from..=*to).contains(&seq))
            });
            if !is_counted {
                micro = micro.saturating_add(row.get(3)?);
            }
        }
        Quantity::from_micro(micro).map_err(|error| unreadable("a stock move", error))
    }

    /// Sales set aside, oldest first.
    ///
    /// # Errors
    /// As any read.
    pub fn held(&self) -> Result<Vec<Held>> {
        const HELD: &str = "SELECT id, label, user, held_ms, v, body FROM held_sale ORDER BY held_ms, id";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(HELD)?;
        Ok(statement.query_map([], held)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Wrong PINs of a user.
    ///
    /// # Errors
    /// As any read.
    pub fn lockout(&self, user: &str) -> Result<Lockout> {
        const LOCKOUT: &str = "SELECT failed, until_ms FROM lockout WHERE user = :user";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(LOCKOUT)?;
        let found = statement.query_row(named_params! {":user": user}, |row| {
            Ok(Lockout { failed: row.get(0)?, until_ms: row.get(1)? })
        });
        Ok(found.optional()?.unwrap_or_default())
    }

    /// Objections of the back office to documents of this phone.
    ///
    /// # Errors
    /// As any read.
    pub fn findings(&self) -> Result<Vec<Finding>> {
        const FINDINGS: &str = "SELECT till, enrolment, seq, code, detail FROM finding ORDER BY received_ms, till, enrolment, seq";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(FINDINGS)?;
        let findings = statement.query_map([], |row| {
            Ok(Finding {
                till: row.get(0)?,
                enrolment: row.get(1)?,
                seq: row.get(2)?,
                code: row.get(3)?,
                detail: row.get(4)?,
            })
        })?;
        Ok(findings.collect::<rusqlite::Result<_>>()?)
    }

    /// A setting of the till itself.
    ///
    /// # Errors
    /// As any read.
    pub fn setting(&self, name: &str) -> Result<Option<Vec<u8>>> {
        const SETTING: &str = "SELECT value FROM setting WHERE name = :name";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(SETTING)?;
        Ok(statement.query_row(named_params! {":name": name}, |row| row.get(0)).optional()?)
    }
}

/// A transaction of the journal. Given up unless [`Journal::write`] commits it.
pub struct JournalWrite<'a> {
    tx: Transaction<'a>,
}

impl JournalWrite<'_> {
    /// Records a document: gives it the next seq, the link and the number, signs it, stores it with
    /// its stock moves.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`] for a body without a canonical line; [`StoreError::DiskFull`].
    pub fn record<Body: Serialize>(
        &self,
        enrolment: &Enrolment,
        key: &PrivateKey,
        new: NewDocument<Body>,
    ) -> Result<Recorded> {
        let before = head(&self.tx, &enrolment.till, enrolment.enrolment)?;
        let number = match &new.numerator {
            Some(numerator) => {
                let next = self.next_number(enrolment, &numerator.name)?;
                numerator.pattern.render(&enrolment.series, next)
            }
            None => String::new(),
        };
        let line = DocumentLine {
            body: new.body,
            business_day: new.business_day,
            centre: new.centre,
            currency: new.currency,
            enrolment: enrolment.enrolment,
            generations: new.generations,
            kind: new.kind.name().into(),
            monotonic_ms: new.monotonic_ms,
            number,
            offline: new.offline,
            prev: before.hash,
            recorded_ms: new.recorded_ms,
            seq: before.seq + 1,
            series: enrolment.series.clone(),
            server_offset_ms: new.server_offset_ms,
            till: enrolment.till.clone(),
            total_minor: new.total_minor,
            user: new.user,
            v: bodies::VERSION,
        };
        let record = Record::sign(&line, key)?;
        self.insert(new.kind, &line, &record)?;
        for stock_move in &new.stock {
            self.insert_move(stock_move, &line)?;
        }
        for reversal in &new.reversals {
            self.insert_reversal(reversal, &line)?;
        }
        Ok(Recorded {
            till: line.till,
            enrolment: line.enrolment,
            seq: line.seq,
            kind: line.kind,
            number: line.number,
            recorded_ms: line.recorded_ms,
            currency: line.currency,
            total_minor: line.total_minor,
            delivery: Delivery::Local,
            record,
        })
    }

    fn insert<Body>(&self, kind: Kind, line: &DocumentLine<Body>, record: &Record) -> Result<()> {
        const INSERT: &str = "
            INSERT INTO document (till, enrolment, seq, line, hash, signature, section, kind, number,
                                  recorded_ms, business_day, currency, total_minor)
            VALUES (:till, :enrolment, :seq, :line, :hash, :signature, :section, :kind, :number,
                    :recorded_ms, :business_day, :currency, :total_minor)";
        self.tx.prepare_cached(INSERT)?.execute(named_params! {
            ":till": line.till,
            ":enrolment": line.enrolment,
            ":seq": line.seq,
            ":line": record.line,
            ":hash": record.hash.as_bytes(),
            ":signature": record.signature.to_bytes(),
            ":section": kind.section().name(),
            ":kind": line.kind,
            ":number": line.number,
            ":recorded_ms": line.recorded_ms,
            ":business_day": line.business_day,
            ":currency": line.currency,
            ":total_minor": line.total_minor,
        })?;
        Ok(())
    }

    fn insert_move<Body>(&self, stock_move: &StockMove, line: &DocumentLine<Body>) -> Result<()> {
        const INSERT_MOVE: &str = "
            INSERT INTO stock_move (item, warehouse, quantity_micro, till, enrolment, seq)
            VALUES (:item, :warehouse, :quantity_micro, :till, :enrolment, :seq)";
        self.tx.prepare_cached(INSERT_MOVE)?.execute(named_params! {
            ":item": stock_move.item,
            ":warehouse": stock_move.warehouse,
            ":quantity_micro": stock_move.quantity.micro(),
            ":till": line.till,
            ":enrolment": line.enrolment,
            ":seq": line.seq,
        })?;
        Ok(())
    }

    fn insert_reversal<Body>(&self, reversal: &Reversal, by: &DocumentLine<Body>) -> Result<()> {
        const INSERT_REVERSAL: &str = "
            INSERT INTO reversal (till, enrolment, seq, line, quantity_micro, by_enrolment, by_seq)
            VALUES (:till, :enrolment, :seq, :line, :quantity_micro, :by_enrolment, :by_seq)";
        let (line, quantity_micro) =
            reversal.line.map_or((-1, 0), |(line, quantity)| (i64::from(line), quantity.micro()));
        self.tx.prepare_cached(INSERT_REVERSAL)?.execute(named_params! {
            ":till": reversal.till,
            ":enrolment": reversal.enrolment,
            ":seq": reversal.seq,
            ":line": line,
            ":quantity_micro": quantity_micro,
            ":by_enrolment": by.enrolment,
            ":by_seq": by.seq,
        })?;
        Ok(())
    }

    /// What has been taken back of a document.
    ///
    /// # Errors
    /// As any read.
    pub fn reversed(&self, till: &str, enrolment: u32, seq: u64) -> Result<Reversed> {
        const REVERSED: &str = "
            SELECT line, sum(quantity_micro) FROM reversal
             WHERE till = :till AND enrolment = :enrolment AND seq = :seq GROUP BY line";
        let mut statement = self.tx.prepare_cached(REVERSED)?;
        let mut rows =
            statement.query(named_params! {":till": till, ":enrolment": enrolment, ":seq": seq})?;
        let mut reversed = Reversed::default();
        while let Some(row) = rows.next()? {
            let (line, micro): (i64, i64) = (row.get(0)?, row.get(1)?);
            match u32::try_from(line) {
                Ok(line) => {
                    let quantity =
                        Quantity::from_micro(micro).map_err(|error| unreadable("a reversal", error))?;
                    reversed.lines.insert(line, quantity);
                }
                Err(_) => reversed.is_void = true,
            }
        }
        Ok(reversed)
    }

    /// One document, inside this transaction.
    ///
    /// # Errors
    /// As any read.
    pub fn document(&self, till: &str, enrolment: u32, seq: u64) -> Result<Option<Recorded>> {
        document(&self.tx, till, enrolment, seq)
    }

    fn next_number(&self, enrolment: &Enrolment, numerator: &str) -> Result<u64> {
        const NEXT_NUMBER: &str = "
            INSERT INTO series (till, enrolment, numerator, last) VALUES (:till, :enrolment, :numerator, 1)
            ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last";
        let mut statement = self.tx.prepare_cached(NEXT_NUMBER)?;
        Ok(statement.query_row(
            named_params! {":till": enrolment.till, ":enrolment": enrolment.enrolment, ":numerator": numerator},
            |row| row.get(0),
        )?)
    }

    /// Where the chain of an enrolment stands inside this transaction.
    ///
    /// # Errors
    /// As any read.
    pub fn head(&self, till: &str, enrolment: u32) -> Result<Head> {
        head(&self.tx, till, enrolment)
    }

    /// What is unsent inside this transaction.
    ///
    /// # Errors
    /// As any read.
    pub fn unsent(&self) -> Result<Unsent> {
        unsent(&self.tx)
    }

    /// The newest document of a kind in an enrolment.
    ///
    /// # Errors
    /// As any read.
    pub fn newest(&self, enrolment: &Enrolment, kind: Kind) -> Result<Option<Recorded>> {
        const NEWEST: &str = "
            SELECT * FROM document WHERE till = :till AND enrolment = :enrolment AND kind = :kind
             ORDER BY seq DESC LIMIT 1";
        let mut statement = self.tx.prepare_cached(NEWEST)?;
        let found = statement.query_row(
            named_params! {":till": enrolment.till, ":enrolment": enrolment.enrolment, ":kind": kind.name()},
            recorded,
        );
        Ok(found.optional()?)
    }

    /// Calls `each` with every document of an enrolment from `from_seq` on, in order.
    ///
    /// # Errors
    /// `each`'s own, or as any read.
    pub fn each_document<E: From<StoreError>>(
        &self,
        enrolment: &Enrolment,
        from_seq: u64,
        each: impl FnMut(Recorded) -> Result<(), E>,
    ) -> Result<(), E> {
        each_document(&self.tx, &enrolment.till, enrolment.enrolment, from_seq, each)
    }

    /// Adds an enrolment; from now on it records.
    ///
    /// # Errors
    /// As any write.
    pub fn add_enrolment(&self, new: &Enrolment) -> Result<()> {
        const ADD: &str = "
            INSERT INTO enrolment (tenant, till, enrolment, series, server_url, tenant_key, sealed_key, public_key, enrolled_ms)
            VALUES (:tenant, :till, :enrolment, :series, :server_url, :tenant_key, :sealed_key, :public_key, :enrolled_ms)";
        self.tx.prepare_cached(ADD)?.execute(named_params! {
            ":tenant": new.tenant,
            ":till": new.till,
            ":enrolment": new.enrolment,
            ":series": new.series,
            ":server_url": new.server_url,
            ":tenant_key": new.tenant_key.as_bytes(),
            ":sealed_key": new.sealed_key,
            ":public_key": new.public_key.as_bytes(),
            ":enrolled_ms": new.enrolled_ms,
        })?;
        Ok(())
    }

    /// Stores the centre's acknowledgement of these documents.
    ///
    /// # Errors
    /// As any write.
    pub fn acknowledge(&self, acknowledged: &[Ranges], at_ms: i64) -> Result<()> {
        const ACKNOWLEDGE: &str = "
            UPDATE document SET uploaded_ms = :at_ms
             WHERE till = :till AND enrolment = :enrolment AND seq BETWEEN :from AND :to AND uploaded_ms IS NULL";
        let mut statement = self.tx.prepare_cached(ACKNOWLEDGE)?;
        for ranges in acknowledged {
            for (from, to) in &ranges.ranges {
                statement.execute(named_params! {
                    ":at_ms": at_ms, ":till": ranges.till, ":enrolment": ranges.enrolment, ":from": from, ":to": to,
                })?;
            }
        }
        Ok(())
    }

    /// The centre holds an enrolment only up to `through`: what it acknowledged beyond is unsent again.
    /// Returns how many.
    ///
    /// # Errors
    /// As any write.
    pub fn unacknowledge(&self, till: &str, enrolment: u32, through: u64) -> Result<usize> {
        const UNACKNOWLEDGE: &str = "
            UPDATE document SET uploaded_ms = NULL, processed_ms = NULL, settled_ms = NULL
             WHERE till = :till AND enrolment = :enrolment AND seq > :through AND uploaded_ms IS NOT NULL";
        let mut statement = self.tx.prepare_cached(UNACKNOWLEDGE)?;
        Ok(statement.execute(named_params! {":till": till, ":enrolment": enrolment, ":through": through})?)
    }

    /// The centre has booked everything up to `through`. A booked Z settles what it lists.
    ///
    /// # Errors
    /// As any write.
    pub fn processed(&self, till: &str, enrolment: u32, through: u64, at_ms: i64) -> Result<()> {
        const PROCESSED: &str = "
            UPDATE document SET processed_ms = :at_ms, uploaded_ms = coalesce(uploaded_ms, :at_ms)
             WHERE till = :till AND enrolment = :enrolment AND seq <= :through AND processed_ms IS NULL
            RETURNING kind, seq";
        const SETTLED: &str = "
            UPDATE document SET settled_ms = :at_ms
             WHERE till = :till AND enrolment = :enrolment AND seq <= :seq
               AND settled_ms IS NULL AND processed_ms IS NOT NULL";
        let mut statement = self.tx.prepare_cached(PROCESSED)?;
        let at = named_params! {":at_ms": at_ms, ":till": till, ":enrolment": enrolment, ":through": through};
        let booked = statement.query_map(at, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let booked: Vec<(String, u64)> = booked.collect::<rusqlite::Result<_>>()?;
        // A Z lists everything since the Z before it, so the newest one settles all up to itself.
        let newest_z =
            booked.iter().filter(|(kind, _)| kind == Kind::Closure.name()).map(|(_, seq)| *seq).max();
        if let Some(seq) = newest_z {
            let mut statement = self.tx.prepare_cached(SETTLED)?;
            statement.execute(
                named_params! {":at_ms": at_ms, ":till": till, ":enrolment": enrolment, ":seq": seq},
            )?;
        }
        Ok(())
    }

    /// Deletes settled documents recorded before `before_ms`, with their moves and reversals, from the beginning
    /// of each chain only and never its head: what is kept stays one unbroken chain. Returns how many.
    ///
    /// # Errors
    /// As any write.
    pub fn prune(&self, before_ms: i64) -> Result<usize> {
        const FIRST_KEPT: &str = "
            SELECT coalesce(
                (SELECT min(seq) FROM document
                  WHERE till = :till AND enrolment = :enrolment
                    AND (settled_ms IS NULL OR recorded_ms >= :before_ms)),
                (SELECT max(seq) FROM document WHERE till = :till AND enrolment = :enrolment), 0)";
        const PRUNE: &str =
            "DELETE FROM document WHERE till = :till AND enrolment = :enrolment AND seq < :first_kept";
        const PRUNE_MOVES: &str =
            "DELETE FROM stock_move WHERE till = :till AND enrolment = :enrolment AND seq < :first_kept";
        const PRUNE_REVERSALS: &str =
            "DELETE FROM reversal WHERE till = :till AND enrolment = :enrolment AND seq < :first_kept";
        let mut chains = self.tx.prepare_cached("SELECT till, enrolment FROM enrolment")?;
        let chains = chains.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let chains: Vec<(String, u32)> = chains.collect::<rusqlite::Result<_>>()?;
        let mut pruned = 0;
        for (till, enrolment) in chains {
            let first_kept: u64 = self.tx.prepare_cached(FIRST_KEPT)?.query_row(
                named_params! {":till": till, ":enrolment": enrolment, ":before_ms": before_ms},
                |row| row.get(0),
            )?;
            let of_chain = named_params! {":till": till, ":enrolment": enrolment, ":first_kept": first_kept};
            let gone = self.tx.prepare_cached(PRUNE)?.execute(of_chain)?;
            if gone > 0 {
                self.tx.prepare_cached(PRUNE_MOVES)?.execute(of_chain)?;
                self.tx.prepare_cached(PRUNE_REVERSALS)?.execute(of_chain)?;
            }
            pruned += gone;
        }
        Ok(pruned)
    }

    /// Keeps what the back office objects to.
    ///
    /// # Errors
    /// As any write.
    pub fn add_findings(&self, findings: &[Finding], at_ms: i64) -> Result<()> {
        const ADD: &str = "
            INSERT INTO finding (till, enrolment, seq, code, detail, received_ms)
            VALUES (:till, :enrolment, :seq, :code, :detail, :at_ms) ON CONFLICT DO NOTHING";
        let mut statement = self.tx.prepare_cached(ADD)?;
        for finding in findings {
            statement.execute(named_params! {
                ":till": finding.till, ":enrolment": finding.enrolment, ":seq": finding.seq,
                ":code": finding.code, ":detail": finding.detail, ":at_ms": at_ms,
            })?;
        }
        Ok(())
    }

    /// Sets a sale aside.
    ///
    /// # Errors
    /// As any write.
    pub fn hold(&self, sale: &Held) -> Result<()> {
        const HOLD: &str = "
            INSERT INTO held_sale (id, label, user, held_ms, v, body) VALUES (:id, :label, :user, :held_ms, :v, :body)";
        self.tx.prepare_cached(HOLD)?.execute(named_params! {
            ":id": sale.id, ":label": sale.label, ":user": sale.user,
            ":held_ms": sale.held_ms, ":v": sale.v, ":body": sale.body,
        })?;
        Ok(())
    }

    /// Takes a held sale back; it is set aside no more. `None` if there is none of that id.
    ///
    /// # Errors
    /// As any write.
    pub fn recall(&self, id: &str) -> Result<Option<Held>> {
        const RECALL: &str =
            "DELETE FROM held_sale WHERE id = :id RETURNING id, label, user, held_ms, v, body";
        Ok(self.tx.prepare_cached(RECALL)?.query_row(named_params! {":id": id}, held).optional()?)
    }

    /// Stores how many PINs were wrong; default clears it.
    ///
    /// # Errors
    /// As any write.
    pub fn set_lockout(&self, user: &str, lockout: Lockout) -> Result<()> {
        const SET: &str = "
            INSERT INTO lockout (user, failed, until_ms) VALUES (:user, :failed, :until_ms)
            ON CONFLICT DO UPDATE SET failed = excluded.failed, until_ms = excluded.until_ms";
        self.tx.prepare_cached(SET)?.execute(
            named_params! {":user": user, ":failed": lockout.failed, ":until_ms": lockout.until_ms},
        )?;
        Ok(())
    }

    /// Stores a setting of the till itself.
    ///
    /// # Errors
    /// As any write.
    pub fn set_setting(&self, name: &str, value: &[u8]) -> Result<()> {
        const SET: &str = "
            INSERT INTO setting (name, value) VALUES (:name, :value)
            ON CONFLICT DO UPDATE SET value = excluded.value";
        self.tx.prepare_cached(SET)?.execute(named_params! {":name": name, ":value": value})?;
        Ok(())
    }
}

/// The seqs of these documents, by enrolment, as an acknowledgement names them.
pub fn ranges_of<'a>(documents: impl IntoIterator<Item = &'a Recorded>) -> Vec<Ranges> {
    let mut seqs: BTreeMap<(&str, u32), Vec<u64>> = BTreeMap::new();
    for document in documents {
        seqs.entry((&document.till, document.enrolment)).or_default().push(document.seq);
    }
    let ranges = seqs.into_iter().map(|((till, enrolment), seqs)| Ranges {
        enrolment,
        ranges: to_ranges(seqs),
        till: till.into(),
    });
    ranges.collect()
}

fn unsent(db: &Connection) -> Result<Unsent> {
    const UNSENT: &str = "
        SELECT section, currency, count(*), sum(total_minor), min(recorded_ms) FROM document
         WHERE uploaded_ms IS NULL GROUP BY section, currency";
    let mut statement = db.prepare_cached(UNSENT)?;
    let mut rows = statement.query([])?;
    let mut unsent = Unsent::default();
    while let Some(row) = rows.next()? {
        let (documents, oldest_ms): (u64, i64) = (row.get(2)?, row.get(4)?);
        let section =
            unsent.sections.entry(row.get(0)?).or_insert(UnsentSection { oldest_ms, ..Default::default() });
        section.documents += documents;
        section.oldest_ms = section.oldest_ms.min(oldest_ms);
        section.amounts_minor.insert(row.get(1)?, row.get(3)?);
    }
    Ok(unsent)
}

fn head(db: &Connection, till: &str, enrolment: u32) -> Result<Head> {
    const HEAD: &str = "
        SELECT seq, hash FROM document WHERE till = :till AND enrolment = :enrolment
         ORDER BY seq DESC LIMIT 1";
    let mut statement = db.prepare_cached(HEAD)?;
    let newest = statement.query_row(named_params! {":till": till, ":enrolment": enrolment}, |row| {
        Ok(Head { seq: row.get(0)?, hash: Hash::from_bytes(row.get(1)?) })
    });
    Ok(newest.optional()?.unwrap_or(Head { seq: 0, hash: Hash::NONE }))
}

fn document(db: &Connection, till: &str, enrolment: u32, seq: u64) -> Result<Option<Recorded>> {
    const DOCUMENT: &str =
        "SELECT * FROM document WHERE till = :till AND enrolment = :enrolment AND seq = :seq";
    let mut statement = db.prepare_cached(DOCUMENT)?;
    let key = named_params! {":till": till, ":enrolment": enrolment, ":seq": seq};
    Ok(statement.query_row(key, recorded).optional()?)
}

fn each_document<E: From<StoreError>>(
    db: &Connection,
    till: &str,
    enrolment: u32,
    from_seq: u64,
    mut each: impl FnMut(Recorded) -> Result<(), E>,
) -> Result<(), E> {
    const EACH: &str = "
        SELECT * FROM document WHERE till = :till AND enrolment = :enrolment AND seq >= :from_seq ORDER BY seq";
    let mut statement = db.prepare_cached(EACH).map_err(StoreError::from)?;
    let from = named_params! {":till": till, ":enrolment": enrolment, ":from_seq": from_seq};
    let mut rows = statement.query(from).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        each(recorded(row).map_err(StoreError::from)?)?;
    }
    Ok(())
}

fn recorded(row: &Row) -> rusqlite::Result<Recorded> {
    let at = |column| row.get::<_, Option<i64>>(column);
    let delivery = match (at("uploaded_ms")?, at("processed_ms")?, at("settled_ms")?) {
        (_, _, Some(at_ms)) => Delivery::Settled { at_ms },
        (_, Some(at_ms), _) => Delivery::Processed { at_ms },
        (Some(at_ms), _, _) => Delivery::Uploaded { at_ms },
        _ => Delivery::Local,
    };
    let signature: [u8; 64] = row.get("signature")?;
    let hash = Hash::from_bytes(row.get("hash")?);
    Ok(Recorded {
        till: row.get("till")?,
        enrolment: row.get("enrolment")?,
        seq: row.get("seq")?,
        kind: row.get("kind")?,
        number: row.get("number")?,
        recorded_ms: row.get("recorded_ms")?,
        currency: row.get("currency")?,
        total_minor: row.get("total_minor")?,
        delivery,
        // The hash as stored: whether it is the line's is what `verify_chain` asks.
        record: Record { signature: Signature::from_bytes(&signature), line: row.get("line")?, hash },
    })
}

fn enrolment(row: &Row) -> rusqlite::Result<Enrolment> {
    Ok(Enrolment {
        tenant: row.get("tenant")?,
        till: row.get("till")?,
        enrolment: row.get("enrolment")?,
        series: row.get("series")?,
        server_url: row.get("server_url")?,
        tenant_key: public_key(row, "tenant_key")?,
        sealed_key: row.get("sealed_key")?,
        public_key: public_key(row, "public_key")?,
        enrolled_ms: row.get("enrolled_ms")?,
    })
}

fn public_key(row: &Row, column: &str) -> rusqlite::Result<PublicKey> {
    let bytes: [u8; 32] = row.get(column)?;
    PublicKey::from_bytes(&bytes).ok_or_else(|| {
        let why = format!("{column} is not a public key");
        rusqlite::Error::FromSqlConversionFailure(32, rusqlite::types::Type::Blob, why.into())
    })
}

fn held(row: &Row) -> rusqlite::Result<Held> {
    Ok(Held {
        id: row.get("id")?,
        label: row.get("label")?,
        user: row.get("user")?,
        held_ms: row.get("held_ms")?,
        v: row.get("v")?,
        body: row.get("body")?,
    })
}

enum Stop {
    Broken(BrokenChain),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Store(error)
    }
}

fn unreadable(what: &'static str, why: impl ToString) -> StoreError {
    StoreError::Unreadable { what, why: why.to_string() }
}

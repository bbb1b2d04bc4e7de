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

mod reads;
mod writes;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
};

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde_json::value::RawValue;
use tillkit_domain::{Quantity, TenderKind};
use tillkit_protocol::{
    DocumentLine, Hash, Kind, Record, Section,
    bodies::{Reference, UnsentFacts},
    keys::{PublicKey, Signature},
    wire::{Ranges, to_ranges},
};
pub use writes::JournalWrite;

use crate::{
    Gate, Result, StoreError,
    file::{Db, FileKind, lock},
    precedence::Precedence,
};

static KIND: FileKind = FileKind {
    application_id: 0x544b_4a31, // "TKJ1"
    migrations: &[
        include_str!("../../migrations/journal/0001_journal.sql"),
        include_str!("../../migrations/journal/0002_part.sql"),
        include_str!("../../migrations/journal/0003_indexes.sql"),
        include_str!("../../migrations/journal/0004_refunds.sql"),
    ],
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
    /// What the reader counted last, and at which `data_version`: SQLite says itself when it no longer holds.
    counted: Mutex<Option<(i64, Unsent)>>,
    precedence: Arc<Precedence>,
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
    /// What of it.
    pub taken: Taken,
}

/// What is taken back. Everything is negative where a return is voided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// All of it: it is voided.
    Whole,
    /// A part of a line.
    Line {
        /// Its index, from 0.
        line: u32,
        /// How much.
        quantity: Quantity,
        /// Its share of the line's price and VAT, minor units; unknown in documents of older versions.
        share_minor: Option<(i64, i64)>,
    },
    /// Money that a tender had paid; cash is one tender, without a key.
    Money {
        /// What the tender is.
        kind: TenderKind,
        /// Its key; empty for cash.
        tender: String,
        /// Minor units of the sale's currency, before cash rounding.
        minor: i64,
    },
}

/// What has been taken back of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reversed {
    /// Whether it was voided whole.
    pub is_void: bool,
    /// What of each line, by index; nothing is negative.
    pub lines: BTreeMap<u32, Back>,
    /// What tenders have given back, minor units of its currency: by kind and key, cash without a key.
    pub money: BTreeMap<(TenderKind, String), i64>,
}

/// What of a line has come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Back {
    /// How much.
    pub quantity: Quantity,
    /// So much of it in documents of older versions, whose share is not known.
    pub without_share: Quantity,
    /// The share of the line's price of what came back otherwise, minor units.
    pub gross_minor: i64,
    /// The same of its VAT.
    pub vat_minor: i64,
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
    /// The business day it belongs to.
    pub business_day: String,
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

    /// The line with its body left as text.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn unread(&self) -> Result<DocumentLine<Box<RawValue>>> {
        self.record.unread().map_err(|error| unreadable("a document", error))
    }

    /// The body alone. Of a line the library has the code once this way, not once for each kind of body.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn body<Body: for<'de> serde::Deserialize<'de>>(&self) -> Result<Body> {
        let body = self.unread()?.body;
        serde_json::from_slice(body.get().as_bytes()).map_err(|error| unreadable("a document", error))
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

/// How far a document has come, without the time: [`Delivery`] by its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Only here.
    Local = 0,
    /// Durable at the centre.
    Uploaded = 1,
    /// Booked there.
    Processed = 2,
    /// Booked, and so is the Z that lists it.
    Settled = 3,
}

/// When each step of a document's way was learnt; till clock, Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Way {
    /// Durable at the centre.
    pub uploaded_ms: Option<i64>,
    /// Booked there.
    pub processed_ms: Option<i64>,
    /// Its Z booked, too.
    pub settled_ms: Option<i64>,
}

/// Which documents of the history are wanted; the default wants all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Of these kinds; of all, if there are none.
    pub kinds: &'a [Kind],
    /// Of this business day, `2010-12-01`.
    pub day: Option<&'a str>,
    /// That have come so far, and no further.
    pub mark: Option<Mark>,
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
    /// Whether nobody set it aside: it was open when the app ended, and a slip or a voucher is on it.
    pub is_open: bool,
    /// Version of `body`.
    pub v: u32,
    /// The sale, as its owner wrote it.
    pub body: Vec<u8>,
}

/// Personal data beside a document's line, which holds their SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Whose data they are: key of a customer made here.
    pub subject: String,
    /// Of `bytes`.
    pub sha256: Hash,
    /// A canonical line.
    pub bytes: Vec<u8>,
    /// Whether the centre holds it.
    pub is_sent: bool,
}

/// Wrong PINs of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lockout {
    /// In a row.
    pub failed: u32,
    /// No try before this, till clock, Unix milliseconds.
    pub until_ms: i64,
    /// When the pause began, by the clock that nobody sets.
    pub monotonic_ms: Option<i64>,
}

impl Journal {
    pub(crate) fn open(path: &Path, gate: Arc<Gate>, precedence: Arc<Precedence>) -> Result<Journal> {
        let writer = KIND.open(path)?;
        #[cfg(tillkit_defects)]
        if tillkit_protocol::defects::is("a number used again after a restart") {
            writer.execute_batch("UPDATE series SET last = last - 1")?;
        }
        let reader = KIND.connect(path)?;
        Ok(Journal {
            writer: Db::new(&KIND, path, gate.clone(), writer),
            reader: Db::new(&KIND, path, gate, reader),
            counted: Mutex::new(None),
            precedence,
        })
    }

    pub(crate) fn interrupt_reads(&self) {
        self.reader.interrupt();
    }

    pub(crate) fn release(&self) {
        // The next connection counts its versions from the beginning.
        *lock(&self.counted) = None;
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
        let _first = self.precedence.take();
        let mut writer = self.writer.get()?;
        let tx = JournalWrite::begin(&mut writer)?;
        let done = work(&tx)?;
        tx.commit()?;
        Ok(done)
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
        SELECT section, currency, count(*), sum(total_minor),
               (SELECT min(recorded_ms) FROM document
                 WHERE uploaded_ms IS NULL AND section = one.section AND currency = one.currency)
          FROM document AS one WHERE uploaded_ms IS NULL GROUP BY section, currency";
    let mut statement = db.prepare_cached(UNSENT)?;
    #[cfg(tillkit_defects)]
    if tillkit_protocol::defects::is("a counter without earlier enrolments") {
        let newest = "uploaded_ms IS NULL AND enrolment = (SELECT max(enrolment) FROM enrolment)";
        statement = db.prepare_cached(&UNSENT.replace("uploaded_ms IS NULL", newest))?;
    }
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

fn reversed(db: &Connection, till: &str, enrolment: u32, seq: u64) -> Result<Reversed> {
    const REVERSED: &str = "
        SELECT line, sum(quantity_micro), sum(iif(gross_minor IS NULL, quantity_micro, 0)),
               coalesce(sum(gross_minor), 0), coalesce(sum(vat_minor), 0) FROM reversal
         WHERE till = :till AND enrolment = :enrolment AND seq = :seq
         GROUP BY line HAVING line = -1 OR sum(quantity_micro) <> 0";
    const MONEY: &str = "
        SELECT kind, tender, sum(minor) FROM refund
         WHERE till = :till AND enrolment = :enrolment AND seq = :seq GROUP BY kind, tender";
    let quantity = |micro| Quantity::from_micro(micro).map_err(|error| unreadable("a reversal", error));
    let of = named_params! {":till": till, ":enrolment": enrolment, ":seq": seq};
    let mut reversed = Reversed::default();
    let mut statement = db.prepare_cached(REVERSED)?;
    let mut rows = statement.query(of)?;
    while let Some(row) = rows.next()? {
        let Ok(line) = u32::try_from(row.get::<_, i64>(0)?) else {
            reversed.is_void = true;
            continue;
        };
        let back = Back {
            quantity: quantity(row.get(1)?)?,
            without_share: quantity(row.get(2)?)?,
            gross_minor: row.get(3)?,
            vat_minor: row.get(4)?,
        };
        reversed.lines.insert(line, back);
    }
    let mut statement = db.prepare_cached(MONEY)?;
    let mut rows = statement.query(of)?;
    while let Some(row) = rows.next()? {
        reversed.money.insert((tender_kind(&row.get::<_, String>(0)?)?, row.get(1)?), row.get(2)?);
    }
    Ok(reversed)
}

fn tender_kind(name: &str) -> Result<TenderKind> {
    TenderKind::of_name(name).ok_or_else(|| unreadable("a kind of tender", name))
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
        business_day: row.get("business_day")?,
        currency: row.get("currency")?,
        total_minor: row.get("total_minor")?,
        delivery,
        // The hash as stored: whether it is the line's is what `verify_chain` asks.
        record: Record { signature: Signature::from_bytes(&signature), line: row.get("line")?, hash },
    })
}

fn part(row: &Row) -> rusqlite::Result<Part> {
    Ok(Part {
        subject: row.get("subject")?,
        sha256: Hash::from_bytes(row.get("sha256")?),
        bytes: row.get("bytes")?,
        is_sent: row.get("is_sent")?,
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
        is_open: row.get("is_open")?,
        v: row.get("v")?,
        body: row.get("body")?,
    })
}

fn unreadable(what: &'static str, why: impl ToString) -> StoreError {
    StoreError::Unreadable { what, why: why.to_string() }
}

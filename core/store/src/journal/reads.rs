//! What the journal says: one connection of its own, so that no reader waits for a write.

use rusqlite::{OptionalExtension, named_params};
use tillkit_domain::Quantity;
use tillkit_protocol::{
    Hash, Kind, Section,
    keys::{PublicKey, Signature},
    wire::{Finding, Ranges},
};

use super::{
    BrokenChain, Enrolment, Filter, Head, Held, Journal, Lockout, Mark, Part, Recorded, Reversed, Unsent,
    Way, document, each_document, enrolment, head, held, part, recorded, reversed, unreadable, unsent,
};
use crate::{
    Result, StoreError,
    file::{InUse, lock},
};

impl Journal {
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

    /// What has not been acknowledged, now. Counted again only if the file has changed since.
    ///
    /// # Errors
    /// As any read.
    pub fn unsent(&self) -> Result<Unsent> {
        let read = self.read()?;
        // One instant: the version is that of what is counted.
        let instant = read.db()?.unchecked_transaction()?;
        let version = instant.pragma_query_value(None, "data_version", |row| row.get(0))?;
        let mut counted = lock(&self.counted);
        match counted.as_ref() {
            Some((of, unsent)) if *of == version => Ok(unsent.clone()),
            _ => Ok(counted.insert((version, unsent(&instant)?)).1.clone()),
        }
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
            SELECT * FROM document INDEXED BY document_unprocessed
             WHERE processed_ms IS NULL AND uploaded_ms IS NULL
               AND (till, enrolment, seq) > (:till, :enrolment, :seq)
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

    /// The oldest documents that are not settled, sent or not, at most `limit`, after the one given.
    ///
    /// # Errors
    /// As any read.
    pub fn unsettled_batch(&self, after: Option<&Recorded>, limit: usize) -> Result<Vec<Recorded>> {
        const UNSETTLED_BATCH: &str = "
            SELECT * FROM document
             WHERE settled_ms IS NULL AND (till, enrolment, seq) > (:till, :enrolment, :seq)
             ORDER BY till, enrolment, seq LIMIT :limit";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(UNSETTLED_BATCH)?;
        let (till, enrolment, seq) =
            after.map_or(("", 0, 0), |last| (last.till.as_str(), last.enrolment, last.seq));
        let documents = statement.query_map(
            named_params! {":till": till, ":enrolment": enrolment, ":seq": seq, ":limit": limit},
            recorded,
        )?;
        Ok(documents.collect::<rusqlite::Result<_>>()?)
    }

    /// Parts that the centre does not hold, the oldest enrolment's first, at most `limit`.
    ///
    /// # Errors
    /// As any read.
    pub fn unsent_parts(&self, limit: usize) -> Result<Vec<Part>> {
        const UNSENT_PARTS: &str = "
            SELECT subject, sha256, bytes, 0 AS is_sent FROM part WHERE sent_ms IS NULL
             ORDER BY till, enrolment, seq LIMIT :limit";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(UNSENT_PARTS)?;
        let parts = statement.query_map(named_params! {":limit": limit}, part)?;
        Ok(parts.collect::<rusqlite::Result<_>>()?)
    }

    /// The part that a document's line names, while it is kept.
    ///
    /// # Errors
    /// As any read.
    pub fn part_of(&self, document: &Recorded) -> Result<Option<Part>> {
        const PART_OF: &str = "
            SELECT subject, sha256, bytes, sent_ms IS NOT NULL AS is_sent FROM part
             WHERE till = :till AND enrolment = :enrolment AND seq = :seq";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(PART_OF)?;
        let of = named_params! {
            ":till": document.till, ":enrolment": document.enrolment, ":seq": document.seq,
        };
        Ok(statement.query_row(of, part).optional()?)
    }

    /// The parts of one subject, or of all, by subject.
    ///
    /// # Errors
    /// As any read.
    pub fn parts(&self, subject: Option<&str>) -> Result<Vec<Part>> {
        const PARTS: &str = "
            SELECT subject, sha256, bytes, sent_ms IS NOT NULL AS is_sent FROM part
             WHERE :subject IS NULL OR subject = :subject ORDER BY subject";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(PARTS)?;
        let parts = statement.query_map(named_params! {":subject": subject}, part)?;
        Ok(parts.collect::<rusqlite::Result<_>>()?)
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
                (SELECT min(seq) - 1 FROM document INDEXED BY document_unprocessed
                  WHERE till = :till AND enrolment = :enrolment
                    AND processed_ms IS NULL AND uploaded_ms IS NULL),
                (SELECT max(seq) FROM document WHERE till = :till AND enrolment = :enrolment), 0)";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(UPLOADED)?;
        Ok(statement.query_row(named_params! {":till": till, ":enrolment": enrolment}, |row| row.get(0))?)
    }

    /// Whether there may be something to prune: the oldest document was recorded and settled before `before_ms`.
    ///
    /// # Errors
    /// As any read.
    pub fn has_settled_before(&self, before_ms: i64) -> Result<bool> {
        const OLDEST: &str = "
            SELECT settled_ms IS NOT NULL AND max(recorded_ms, settled_ms) < :before_ms FROM document
             ORDER BY recorded_ms LIMIT 1";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(OLDEST)?;
        Ok(statement
            .query_row(named_params! {":before_ms": before_ms}, |row| row.get(0))
            .optional()?
            .unwrap_or(false))
    }

    /// One document.
    ///
    /// # Errors
    /// As any read.
    pub fn document(&self, till: &str, enrolment: u32, seq: u64) -> Result<Option<Recorded>> {
        document(self.read()?.db()?, till, enrolment, seq)
    }

    /// What has been taken back of a document.
    ///
    /// # Errors
    /// As any read.
    pub fn reversed(&self, till: &str, enrolment: u32, seq: u64) -> Result<Reversed> {
        reversed(self.read()?.db()?, till, enrolment, seq)
    }

    /// How many documents that a closure totals have been recorded since the last one of an enrolment.
    ///
    /// # Errors
    /// As any read.
    pub fn unclosed(&self, enrolment: &Enrolment) -> Result<u64> {
        const UNCLOSED: &str = "
            SELECT count(*) FROM document
             WHERE till = :till AND enrolment = :enrolment
               AND kind IN ('sale', 'return', 'void', 'cash_movement')
               AND seq > coalesce((SELECT max(seq) FROM document
                                    WHERE till = :till AND enrolment = :enrolment AND kind = 'closure'), 0)";
        let reader = self.read()?;
        let mut statement = reader.db()?.prepare_cached(UNCLOSED)?;
        let of = named_params! {":till": enrolment.till, ":enrolment": enrolment.enrolment};
        Ok(statement.query_row(of, |row| row.get(0))?)
    }

    /// The newest documents first, at most `limit`; `before` is the last one of the page before.
    /// No kinds means all.
    ///
    /// # Errors
    /// As any read.
    pub fn history(&self, kinds: &[Kind], before: Option<&Recorded>, limit: usize) -> Result<Vec<Recorded>> {
        self.filtered(&Filter { kinds, ..Filter::default() }, before, limit)
    }

    /// The same of those that a filter wants.
    ///
    /// # Errors
    /// As any read.
    pub fn filtered(
        &self,
        filter: &Filter,
        before: Option<&Recorded>,
        limit: usize,
    ) -> Result<Vec<Recorded>> {
        const BY_TIME: &str = "
            SELECT document.* FROM document JOIN (
                SELECT till, enrolment, seq FROM document
                 WHERE (recorded_ms, till, enrolment, seq) < (:recorded_ms, :till, :enrolment, :seq)
                   AND (:kinds = '' OR instr(:kinds, ' ' || kind || ' ') > 0)
                   AND (:day IS NULL OR business_day = :day)
                   AND (:mark IS NULL OR :mark
                        = (uploaded_ms IS NOT NULL) + (processed_ms IS NOT NULL) + (settled_ms IS NOT NULL))
                 ORDER BY recorded_ms DESC, till DESC, enrolment DESC, seq DESC LIMIT :limit
            ) AS wanted USING (till, enrolment, seq)
             ORDER BY recorded_ms DESC, till DESC, enrolment DESC, seq DESC";
        // What is not sent or booked is little, and may be old: its own index knows it.
        const LOCAL: &str = "
            SELECT document.* FROM document JOIN (
                SELECT till, enrolment, seq FROM document INDEXED BY document_unsent
                 WHERE uploaded_ms IS NULL AND :mark = 0
                   AND (recorded_ms, till, enrolment, seq) < (:recorded_ms, :till, :enrolment, :seq)
                   AND (:kinds = '' OR instr(:kinds, ' ' || kind || ' ') > 0)
                   AND (:day IS NULL OR business_day = :day)
                 ORDER BY recorded_ms DESC, till DESC, enrolment DESC, seq DESC LIMIT :limit
            ) AS wanted USING (till, enrolment, seq)
             ORDER BY recorded_ms DESC, till DESC, enrolment DESC, seq DESC";
        const UPLOADED: &str = "
            SELECT document.* FROM document JOIN (
                SELECT till, enrolment, seq FROM document INDEXED BY document_unprocessed
                 WHERE processed_ms IS NULL AND uploaded_ms IS NOT NULL AND :mark = 1
                   AND (recorded_ms, till, enrolment, seq) < (:recorded_ms, :till, :enrolment, :seq)
                   AND (:kinds = '' OR instr(:kinds, ' ' || kind || ' ') > 0)
                   AND (:day IS NULL OR business_day = :day)
                 ORDER BY recorded_ms DESC, till DESC, enrolment DESC, seq DESC LIMIT :limit
            ) AS wanted USING (till, enrolment, seq)
             ORDER BY recorded_ms DESC, till DESC, enrolment DESC, seq DESC";
        let statement = match filter.mark {
            Some(Mark::Local) => LOCAL,
            Some(Mark::Uploaded) => UPLOADED,
            _ => BY_TIME,
        };
        let kinds: String = filter.kinds.iter().flat_map(|kind| [" ", kind.name(), " "]).collect();
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(statement)?;
        let (recorded_ms, till, enrolment, seq) = before.map_or((i64::MAX, "", 0, 0), |last| {
            (last.recorded_ms, last.till.as_str(), last.enrolment, last.seq)
        });
        let rows = statement.query_map(
            named_params! {
                ":recorded_ms": recorded_ms, ":till": till, ":enrolment": enrolment, ":seq": seq,
                ":kinds": kinds, ":day": filter.day, ":mark": filter.mark.map(|mark| mark as i64),
                ":limit": limit,
            },
            recorded,
        )?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The business days that documents belong to, the latest first, at most `limit`.
    ///
    /// # Errors
    /// As any read.
    pub fn business_days(&self, limit: usize) -> Result<Vec<String>> {
        // The index that the history reads holds the day: no document is touched.
        const DAYS: &str = "
            SELECT DISTINCT business_day FROM document INDEXED BY document_by_time
             ORDER BY business_day DESC LIMIT :limit";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(DAYS)?;
        let days = statement.query_map(named_params! {":limit": limit}, |row| row.get(0))?;
        Ok(days.collect::<rusqlite::Result<_>>()?)
    }

    /// When each step of a document's way was learnt.
    ///
    /// # Errors
    /// As any read.
    pub fn way(&self, till: &str, enrolment: u32, seq: u64) -> Result<Way> {
        const WAY: &str = "
            SELECT uploaded_ms, processed_ms, settled_ms FROM document
             WHERE till = :till AND enrolment = :enrolment AND seq = :seq";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(WAY)?;
        let key = named_params! {":till": till, ":enrolment": enrolment, ":seq": seq};
        let way = statement.query_row(key, |row| {
            Ok(Way { uploaded_ms: row.get(0)?, processed_ms: row.get(1)?, settled_ms: row.get(2)? })
        });
        Ok(way.optional()?.unwrap_or_default())
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
            #[cfg(tillkit_defects)]
            let is_counted = is_counted && !tillkit_protocol::defects::is("counted stock taken off again");
            if !is_counted {
                micro = micro.saturating_add(row.get(3)?);
            }
        }
        // Beyond what a quantity can say it is as much as one can.
        let most = Quantity::MOST_MICRO;
        Quantity::from_micro(micro.clamp(-most, most)).map_err(|error| unreadable("a stock move", error))
    }

    /// Sales set aside, oldest first.
    ///
    /// # Errors
    /// As any read.
    pub fn held(&self) -> Result<Vec<Held>> {
        const HELD: &str =
            "SELECT id, label, user, held_ms, is_open, v, body FROM held_sale ORDER BY held_ms, id";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(HELD)?;
        Ok(statement.query_map([], held)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Wrong PINs of a user.
    ///
    /// # Errors
    /// As any read.
    pub fn lockout(&self, user: &str) -> Result<Lockout> {
        const LOCKOUT: &str = "SELECT failed, until_ms, monotonic_ms FROM lockout WHERE user = :user";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(LOCKOUT)?;
        let found = statement.query_row(named_params! {":user": user}, |row| {
            Ok(Lockout { failed: row.get(0)?, until_ms: row.get(1)?, monotonic_ms: row.get(2)? })
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

    /// Objections of the back office to one document.
    ///
    /// # Errors
    /// As any read.
    pub fn findings_of(&self, till: &str, enrolment: u32, seq: u64) -> Result<Vec<Finding>> {
        const FINDINGS: &str = "
            SELECT code, detail FROM finding WHERE till = :till AND enrolment = :enrolment AND seq = :seq
             ORDER BY code";
        let read = self.read()?;
        let mut statement = read.db()?.prepare_cached(FINDINGS)?;
        let key = named_params! {":till": till, ":enrolment": enrolment, ":seq": seq};
        let findings = statement.query_map(key, |row| {
            Ok(Finding { till: till.into(), enrolment, seq, code: row.get(0)?, detail: row.get(1)? })
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

enum Stop {
    Broken(BrokenChain),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Store(error)
    }
}

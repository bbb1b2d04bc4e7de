//! What changes the journal: always inside [`Journal::write`](super::Journal::write), all of it or nothing.

use rusqlite::{OptionalExtension, Row, Transaction, named_params, params};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tillkit_domain::Quantity;
use tillkit_protocol::{
    DocumentLine, Hash, Kind, Record, bodies,
    canonical::Unwritable,
    keys::PrivateKey,
    limits,
    wire::{Finding, Ranges},
};

use super::{
    Delivery, Enrolment, Head, Held, Lockout, NewDocument, Recorded, Reversal, Reversed, StockMove, Taken,
    Unsent, document, each_document, head, held, recorded, reversed, tender_kind, unreadable, unsent,
};
use crate::{Result, StoreError, file::InUse};

/// A transaction of the journal. Given up unless [`Journal::write`] commits it.
pub struct JournalWrite<'a> {
    tx: Transaction<'a>,
}

impl<'a> JournalWrite<'a> {
    pub(super) fn begin(writer: &'a mut InUse) -> Result<JournalWrite<'a>> {
        Ok(JournalWrite { tx: writer.begin()? })
    }

    pub(super) fn commit(self) -> Result<()> {
        Ok(self.tx.commit()?)
    }
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
        // All that does not depend on what a body is made of stands in the library once.
        let body = to_raw_value(&new.body).map_err(Unwritable::from)?;
        self.record_body(enrolment, key, new.with_body(body))
    }

    fn record_body(
        &self,
        enrolment: &Enrolment,
        key: &PrivateKey,
        new: NewDocument<Box<RawValue>>,
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
        if record.line.len() > limits::DOCUMENT_BYTES {
            return Err(StoreError::TooLong { bytes: record.line.len() });
        }
        let document = Recorded {
            till: line.till,
            enrolment: line.enrolment,
            seq: line.seq,
            kind: line.kind,
            number: line.number,
            recorded_ms: line.recorded_ms,
            business_day: line.business_day,
            currency: line.currency,
            total_minor: line.total_minor,
            delivery: Delivery::Local,
            record,
        };
        self.insert(new.kind, &document)?;
        for stock_move in &new.stock {
            self.insert_move(stock_move, &document)?;
        }
        for reversal in &new.reversals {
            self.insert_reversal(reversal, &document)?;
        }
        Ok(document)
    }

    fn insert(&self, kind: Kind, new: &Recorded) -> Result<()> {
        const INSERT: &str = "
            INSERT INTO document (till, enrolment, seq, line, hash, signature, section, kind, number,
                                  recorded_ms, business_day, currency, total_minor)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
        // By position, as this one statement stands between a cashier and the receipt.
        self.tx.prepare_cached(INSERT)?.execute(params![
            new.till,
            new.enrolment,
            new.seq,
            new.record.line,
            new.record.hash.as_bytes(),
            new.record.signature.to_bytes(),
            kind.section().name(),
            new.kind,
            new.number,
            new.recorded_ms,
            new.business_day,
            new.currency,
            new.total_minor,
        ])?;
        Ok(())
    }

    fn insert_move(&self, stock_move: &StockMove, by: &Recorded) -> Result<()> {
        const INSERT_MOVE: &str = "
            INSERT INTO stock_move (item, warehouse, quantity_micro, till, enrolment, seq)
            VALUES (:item, :warehouse, :quantity_micro, :till, :enrolment, :seq)";
        self.tx.prepare_cached(INSERT_MOVE)?.execute(named_params! {
            ":item": stock_move.item,
            ":warehouse": stock_move.warehouse,
            ":quantity_micro": stock_move.quantity.micro(),
            ":till": by.till,
            ":enrolment": by.enrolment,
            ":seq": by.seq,
        })?;
        Ok(())
    }

    fn insert_reversal(&self, reversal: &Reversal, by: &Recorded) -> Result<()> {
        const INSERT_REVERSAL: &str = "
            INSERT INTO reversal (till, enrolment, seq, line, quantity_micro, gross_minor, vat_minor,
                                  by_till, by_enrolment, by_seq)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        const INSERT_REFUND: &str = "
            INSERT INTO refund (till, enrolment, seq, kind, tender, minor, by_till, by_enrolment, by_seq)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let Reversal { till, enrolment, seq, taken } = reversal;
        let (line, quantity_micro, share_minor) = match taken {
            Taken::Whole => (-1, 0, None),
            Taken::Line { line, quantity, share_minor } => (i64::from(*line), quantity.micro(), *share_minor),
            Taken::Money { kind, tender, minor } => {
                self.tx.prepare_cached(INSERT_REFUND)?.execute(params![
                    till,
                    enrolment,
                    seq,
                    kind.name(),
                    tender,
                    minor,
                    by.till,
                    by.enrolment,
                    by.seq
                ])?;
                return Ok(());
            }
        };
        let (gross_minor, vat_minor) = share_minor.unzip();
        self.tx.prepare_cached(INSERT_REVERSAL)?.execute(params![
            till,
            enrolment,
            seq,
            line,
            quantity_micro,
            gross_minor,
            vat_minor,
            by.till,
            by.enrolment,
            by.seq
        ])?;
        Ok(())
    }

    /// What a return took back, in the order it did; nothing of a document of an older version.
    ///
    /// # Errors
    /// As any read.
    pub fn reversals_by(&self, document: &Recorded) -> Result<Vec<Reversal>> {
        const LINES: &str = "
            SELECT till, enrolment, seq, line, quantity_micro, gross_minor, vat_minor FROM reversal
             WHERE by_till = ?1 AND by_enrolment = ?2 AND by_seq = ?3 AND line >= 0 ORDER BY rowid";
        const MONEY: &str = "
            SELECT till, enrolment, seq, kind, tender, minor FROM refund
             WHERE by_till = ?1 AND by_enrolment = ?2 AND by_seq = ?3 ORDER BY rowid";
        let by = params![document.till, document.enrolment, document.seq];
        let reversal = |row: &Row, taken| -> Result<Reversal> {
            Ok(Reversal { till: row.get(0)?, enrolment: row.get(1)?, seq: row.get(2)?, taken })
        };
        let mut reversals = Vec::new();
        let mut statement = self.tx.prepare_cached(LINES)?;
        let mut rows = statement.query(by)?;
        while let Some(row) = rows.next()? {
            let quantity = Quantity::from_micro(row.get(4)?);
            let quantity = quantity.map_err(|error| unreadable("a reversal", error))?;
            let share_minor = row.get::<_, Option<i64>>(5)?.zip(row.get(6)?);
            reversals.push(reversal(row, Taken::Line { line: row.get(3)?, quantity, share_minor })?);
        }
        let mut statement = self.tx.prepare_cached(MONEY)?;
        let mut rows = statement.query(by)?;
        while let Some(row) = rows.next()? {
            let kind = tender_kind(&row.get::<_, String>(3)?)?;
            reversals.push(reversal(row, Taken::Money { kind, tender: row.get(4)?, minor: row.get(5)? })?);
        }
        Ok(reversals)
    }

    /// Keeps the part that a document's line names beside it; in the transaction of the document.
    ///
    /// # Errors
    /// As any write.
    pub fn add_part(&self, of: &Recorded, subject: &str, bytes: &[u8]) -> Result<()> {
        const ADD: &str = "
            INSERT INTO part (till, enrolment, seq, subject, sha256, bytes, made_ms)
            VALUES (:till, :enrolment, :seq, :subject, :sha256, :bytes, :made_ms)";
        self.tx.prepare_cached(ADD)?.execute(named_params! {
            ":till": of.till, ":enrolment": of.enrolment, ":seq": of.seq, ":subject": subject,
            ":sha256": Hash::of(bytes).as_bytes(), ":bytes": bytes, ":made_ms": of.recorded_ms,
        })?;
        Ok(())
    }

    /// The centre holds the part of this name.
    ///
    /// # Errors
    /// As any write.
    pub fn part_sent(&self, sha256: &Hash, at_ms: i64) -> Result<()> {
        const SENT: &str = "UPDATE part SET sent_ms = :at_ms WHERE sha256 = :sha256 AND sent_ms IS NULL";
        self.tx
            .prepare_cached(SENT)?
            .execute(named_params! {":at_ms": at_ms, ":sha256": sha256.as_bytes()})?;
        Ok(())
    }

    /// The centre may hold no part any more.
    ///
    /// # Errors
    /// As any write.
    pub fn send_parts_again(&self) -> Result<()> {
        self.tx.prepare_cached("UPDATE part SET sent_ms = NULL WHERE sent_ms IS NOT NULL")?.execute([])?;
        Ok(())
    }

    /// The hashes of these documents in the order of their seq; fewer, where this phone has not all.
    ///
    /// # Errors
    /// As any read.
    pub fn hashes(&self, till: &str, enrolment: u32, from: u64, to: u64) -> Result<Vec<Hash>> {
        const HASHES: &str = "
            SELECT hash FROM document
             WHERE till = :till AND enrolment = :enrolment AND seq BETWEEN :from AND :to ORDER BY seq";
        let bound = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
        let mut statement = self.tx.prepare_cached(HASHES)?;
        let hashes = statement.query_map(
            named_params! {
                ":till": till, ":enrolment": enrolment, ":from": bound(from), ":to": bound(to),
            },
            |row| row.get(0).map(Hash::from_bytes),
        )?;
        Ok(hashes.collect::<rusqlite::Result<_>>()?)
    }

    /// What has been taken back of a document, inside this transaction.
    ///
    /// # Errors
    /// As any read.
    pub fn reversed(&self, till: &str, enrolment: u32, seq: u64) -> Result<Reversed> {
        reversed(&self.tx, till, enrolment, seq)
    }

    /// One document, inside this transaction.
    ///
    /// # Errors
    /// As any read.
    pub fn document(&self, till: &str, enrolment: u32, seq: u64) -> Result<Option<Recorded>> {
        document(&self.tx, till, enrolment, seq)
    }

    fn next_number(&self, enrolment: &Enrolment, numerator: &str) -> Result<u64> {
        const LAST: &str = "SELECT last FROM series WHERE till = ?1 AND enrolment = ?2 AND numerator = ?3";
        // Asked for first and then set: RETURNING would build a table of its answer each time.
        const SET: &str = "
            INSERT INTO series (till, enrolment, numerator, last) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET last = excluded.last";
        let last = self
            .tx
            .prepare_cached(LAST)?
            .query_row(params![enrolment.till, enrolment.enrolment, numerator], |row| row.get(0));
        let next = last.optional()?.unwrap_or(0_u64) + 1;
        self.tx.prepare_cached(SET)?.execute(params![
            enrolment.till,
            enrolment.enrolment,
            numerator,
            next
        ])?;
        Ok(next)
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

    /// The centre holds an enrolment only up to `through`: what it acknowledged beyond is unsent again,
    /// and so are the parts beside it. Returns how many documents.
    ///
    /// # Errors
    /// As any write.
    pub fn unacknowledge(&self, till: &str, enrolment: u32, through: u64) -> Result<usize> {
        const UNACKNOWLEDGE: &str = "
            UPDATE document SET uploaded_ms = NULL, processed_ms = NULL, settled_ms = NULL
             WHERE till = :till AND enrolment = :enrolment AND seq > :through AND uploaded_ms IS NOT NULL";
        const PARTS: &str = "
            UPDATE part SET sent_ms = NULL WHERE till = :till AND enrolment = :enrolment AND seq > :through";
        let beyond = named_params! {":till": till, ":enrolment": enrolment, ":through": through};
        self.tx.prepare_cached(PARTS)?.execute(beyond)?;
        Ok(self.tx.prepare_cached(UNACKNOWLEDGE)?.execute(beyond)?)
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

    /// Deletes documents recorded and settled before `before_ms`, with their moves, reversals and parts, from the beginning
    /// of each chain only, and never its head or its newest Z: what is kept stays one unbroken chain, and
    /// the next Z goes on from the last. Returns how many.
    ///
    /// # Errors
    /// As any write.
    pub fn prune(&self, before_ms: i64) -> Result<usize> {
        const FIRST_KEPT: &str = "
            SELECT min(
                coalesce(
                    (SELECT min(seq) FROM document
                      WHERE till = :till AND enrolment = :enrolment
                        AND (settled_ms IS NULL OR max(recorded_ms, settled_ms) >= :before_ms)),
                    (SELECT max(seq) FROM document WHERE till = :till AND enrolment = :enrolment), 0),
                coalesce(
                    (SELECT max(seq) FROM document
                      WHERE till = :till AND enrolment = :enrolment AND kind = 'closure'), 0))";
        const PRUNE: &str =
            "DELETE FROM document WHERE till = :till AND enrolment = :enrolment AND seq < :first_kept";
        const PRUNE_MOVES: &str =
            "DELETE FROM stock_move WHERE till = :till AND enrolment = :enrolment AND seq < :first_kept";
        const PRUNE_REVERSALS: &str =
            "DELETE FROM reversal WHERE till = :till AND enrolment = :enrolment AND seq < :first_kept";
        const PRUNE_REFUNDS: &str =
            "DELETE FROM refund WHERE till = :till AND enrolment = :enrolment AND seq < :first_kept";
        const PRUNE_PARTS: &str =
            "DELETE FROM part WHERE till = :till AND enrolment = :enrolment AND seq < :first_kept";
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
                self.tx.prepare_cached(PRUNE_REFUNDS)?.execute(of_chain)?;
                self.tx.prepare_cached(PRUNE_PARTS)?.execute(of_chain)?;
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
        /// More than a person reads; what came first is most likely the cause.
        const MOST: usize = 1_000;
        if findings.is_empty() {
            return Ok(());
        }
        let mut room =
            MOST.saturating_sub(self.tx.query_row("SELECT count(*) FROM finding", [], |row| row.get(0))?);
        let mut statement = self.tx.prepare_cached(ADD)?;
        for finding in findings {
            // About no document that there can be.
            let Ok(seq) = i64::try_from(finding.seq) else { continue };
            if room == 0 {
                return Ok(());
            }
            room -= statement.execute(named_params! {
                ":till": finding.till, ":enrolment": finding.enrolment, ":seq": seq,
                ":code": finding.code, ":detail": finding.detail, ":at_ms": at_ms,
            })?;
        }
        Ok(())
    }

    /// Sets a sale aside, or keeps one while it is open.
    ///
    /// # Errors
    /// As any write.
    pub fn hold(&self, sale: &Held) -> Result<()> {
        const HOLD: &str = "
            INSERT INTO held_sale (id, label, user, held_ms, is_open, v, body)
            VALUES (:id, :label, :user, :held_ms, :is_open, :v, :body)";
        self.tx.prepare_cached(HOLD)?.execute(named_params! {
            ":id": sale.id, ":label": sale.label, ":user": sale.user,
            ":held_ms": sale.held_ms, ":is_open": sale.is_open, ":v": sale.v, ":body": sale.body,
        })?;
        Ok(())
    }

    /// Takes a held sale back; it is set aside no more. `None` if there is none of that id.
    ///
    /// # Errors
    /// As any write.
    pub fn recall(&self, id: &str) -> Result<Option<Held>> {
        const RECALL: &str =
            "DELETE FROM held_sale WHERE id = :id RETURNING id, label, user, held_ms, is_open, v, body";
        Ok(self.tx.prepare_cached(RECALL)?.query_row(named_params! {":id": id}, held).optional()?)
    }

    /// Stores how many PINs were wrong; default clears it.
    ///
    /// # Errors
    /// As any write.
    pub fn set_lockout(&self, user: &str, lockout: Lockout) -> Result<()> {
        const SET: &str = "
            INSERT INTO lockout (user, failed, until_ms, monotonic_ms)
            VALUES (:user, :failed, :until_ms, :monotonic_ms)
            ON CONFLICT DO UPDATE SET failed = excluded.failed, until_ms = excluded.until_ms,
                                      monotonic_ms = excluded.monotonic_ms";
        self.tx.prepare_cached(SET)?.execute(named_params! {
            ":user": user, ":failed": lockout.failed, ":until_ms": lockout.until_ms,
            ":monotonic_ms": lockout.monotonic_ms,
        })?;
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

//! Does what the tills recorded equal the file? A second opinion that shares no code with the first.
//!
//! It reads two things only: the sales file, and the documents that the back office exports, one
//! `<signature> <line>` a line. From each it computes the same figures its own way, by
//! `docs/demo-mapping.md`, and it names whatever differs. Of the documents it also checks what must
//! hold whatever was sold: no gap in seqs and numbers, an unbroken chain of hashes, money that adds up
//! in each document, and each closure equal to the documents it lists.
//!
//! Both sides pass through a temporary SQLite file, so memory does not grow with them.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};
use rusqlite::{Connection, named_params};
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// Differences that are named one by one; the rest is counted.
const NAMED: usize = 40;
/// Rows of an invoice that one document holds at most.
const LINES: i64 = 1_200;

/// What the check came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Different InvoiceNo of the sales file.
    pub invoices: u64,
    /// What the sales file says.
    pub file: Figures,
    /// What the documents say.
    pub documents: Figures,
    /// Documents at the centre, each (till, enrolment, seq) once.
    pub documents_at_centre: u64,
    /// Rows of the file that stand in no document.
    pub lost: u64,
    /// Lines of documents that stand in no row, and documents that came twice.
    pub doubled: u64,
    /// Seqs and numbers that are missing.
    pub number_gaps: u64,
    /// Whether each document names the hash of the one before, and closures those they list.
    pub chains_verified: bool,
    /// Closures.
    pub closures: u64,
    /// All that differs, in words.
    pub differences: Vec<String>,
}

/// The figures that must be the same on both sides; amounts in pence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Rows, or lines of documents.
    pub rows: u64,
    /// Σ quantity × price, each row rounded half away from zero.
    pub gross_minor: i64,
    /// The same by day.
    pub gross_minor_by_day: BTreeMap<String, i64>,
    /// The same by the class of the invoice: cash, card, customer_credit, cash_eur.
    pub gross_minor_by_tender: BTreeMap<String, i64>,
    /// VAT by percent, computed for each rate of each receipt.
    pub vat_minor_by_rate: BTreeMap<String, i64>,
}

impl Figures {
    /// Nothing yet, of everything that is always shown.
    fn none() -> Figures {
        let zeros = |names: &[&str]| names.iter().map(|name| (name.to_string(), 0)).collect();
        Figures {
            gross_minor_by_tender: zeros(&["cash", "card", "customer_credit", "cash_eur"]),
            vat_minor_by_rate: zeros(&["17.5", "0"]),
            ..Figures::default()
        }
    }
}

/// Compares `sales` with the documents in `export`, by way of `copy`, a file that does not exist yet.
///
/// # Errors
/// If either cannot be read; whatever merely differs is in the [`Verdict`].
pub fn check(sales: &Path, export: impl BufRead, copy: &Path) -> Result<Verdict> {
    let mut check = Check {
        db: Connection::open(copy)?,
        verdict: Verdict { chains_verified: true, documents: Figures::none(), ..Verdict::default() },
        unnamed: 0,
    };
    check.db.execute_batch(SCHEMA)?;
    check.db.execute_batch("BEGIN")?;
    check.read_sales(sales)?;
    check.sum_sales()?;
    check.read_documents(export)?;
    check.compare_figures();
    check.compare_rows()?;
    check.walk_chains()?;
    check.count_numbers()?;
    check.walk_closures()?;
    if check.unnamed > 0 {
        check.verdict.differences.push(format!("… and {} more", check.unnamed));
    }
    Ok(check.verdict)
}

const SCHEMA: &str = "
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE sold (                  -- a row of the file
        place    INTEGER PRIMARY KEY,    -- its place in the file
        invoice  TEXT    NOT NULL,
        day      TEXT    NOT NULL,
        side     INTEGER NOT NULL,       -- 0 goods go, 1 goods come back, 2 goods are gone without money
        percent  TEXT    NOT NULL,
        customer INTEGER NOT NULL,       -- whether there is one
        minor    INTEGER NOT NULL
    );
    CREATE TABLE balance (               -- rows of the file less lines of documents
        code     TEXT    NOT NULL,
        quantity TEXT    NOT NULL,
        price    TEXT    NOT NULL,
        n        INTEGER NOT NULL,
        PRIMARY KEY (code, quantity, price)
    ) WITHOUT ROWID;
    CREATE TABLE document (
        till      TEXT    NOT NULL,
        enrolment INTEGER NOT NULL,
        seq       INTEGER NOT NULL,
        hash      BLOB    NOT NULL,
        prev      TEXT    NOT NULL,
        kind      TEXT    NOT NULL,
        series    TEXT    NOT NULL,
        number    TEXT    NOT NULL,
        shape     TEXT    NOT NULL,      -- the number without its counter
        counter   INTEGER,
        closure   TEXT,                  -- body of a closure
        PRIMARY KEY (till, enrolment, seq)
    ) WITHOUT ROWID;
    CREATE TABLE fact (                  -- what a document adds to the totals of its closure
        till      TEXT    NOT NULL,
        enrolment INTEGER NOT NULL,
        seq       INTEGER NOT NULL,
        what      TEXT    NOT NULL,
        value     INTEGER NOT NULL
    );
    CREATE INDEX fact_by_document ON fact (till, enrolment, seq, what, value);
    CREATE TABLE listed (                -- documents that a closure lists
        till      TEXT    NOT NULL,
        enrolment INTEGER NOT NULL,
        seq       INTEGER NOT NULL,
        times     INTEGER NOT NULL,
        PRIMARY KEY (till, enrolment, seq)
    ) WITHOUT ROWID;";

struct Check {
    db: Connection,
    verdict: Verdict,
    unnamed: u64,
}

impl Check {
    fn differs(&mut self, what: String) {
        if self.verdict.differences.len() < NAMED {
            self.verdict.differences.push(what);
        } else {
            self.unnamed += 1;
        }
    }

    fn must_equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, file: &T, documents: &T) {
        if file != documents {
            self.differs(format!("{what}: the one says {file:?}, the other {documents:?}"));
        }
    }

    // ---- the file ----

    fn read_sales(&mut self, sales: &Path) -> Result<()> {
        const SOLD: &str =
            "INSERT INTO sold VALUES (:place, :invoice, :day, :side, :percent, :customer, :minor)";
        let mut reader = csv::Reader::from_reader(open(sales)?);
        let columns = columns(reader.headers()?)?;
        let mut figures = Figures::none();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record)? {
            let [invoice, code, quantity, at, price, customer, country] =
                columns.map(|place| record.get(place).unwrap_or_default());
            let (quantity, price) = (quantity.trim().parse::<Decimal>()?, price.trim().parse::<Decimal>()?);
            let minor = minor(quantity * price)?;
            let day = day(at.trim())?;
            figures.rows += 1;
            figures.gross_minor += minor;
            *figures.gross_minor_by_day.entry(day.clone()).or_default() += minor;
            self.db.prepare_cached(SOLD)?.execute(named_params! {
                ":place": figures.rows,
                ":invoice": invoice,
                ":day": day,
                ":side": side(invoice, quantity, price),
                ":percent": if country == "United Kingdom" { "17.5" } else { "0" },
                ":customer": !customer.trim().is_empty(),
                ":minor": minor,
            })?;
            self.weigh(code, quantity, price, 1)?;
        }
        self.verdict.file = figures;
        Ok(())
    }

    /// What must be summed by invoice, whose rows may stand anywhere in the file.
    fn sum_sales(&mut self) -> Result<()> {
        const INVOICES: &str = "SELECT count(DISTINCT invoice) FROM sold";
        const TENDERS: &str = "SELECT invoice, max(customer), sum(minor) FROM sold GROUP BY invoice, day";
        const VAT: &str = "
            SELECT percent, sum(minor) FROM (
                SELECT invoice, day, side, percent, minor,
                       (row_number() OVER (PARTITION BY invoice, day, side ORDER BY place) - 1) / :lines AS part
                  FROM sold)
             GROUP BY invoice, day, side, part, percent";
        self.verdict.invoices = self.db.query_row(INVOICES, [], |row| row.get(0))?;
        let figures = &mut self.verdict.file;
        let mut statement = self.db.prepare(TENDERS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let tender = tender(&row.get::<_, String>(0)?, row.get(1)?);
            *figures.gross_minor_by_tender.entry(tender.into()).or_default() += row.get::<_, i64>(2)?;
        }
        let mut statement = self.db.prepare(VAT)?;
        let mut rows = statement.query(named_params! {":lines": LINES})?;
        while let Some(row) = rows.next()? {
            let percent: String = row.get(0)?;
            let vat = included_vat(row.get(1)?, percent.parse()?)?;
            *figures.vat_minor_by_rate.entry(percent).or_default() += vat;
        }
        Ok(())
    }

    /// Puts a row on the one side of the balance, or a document's line on the other.
    fn weigh(&self, code: &str, quantity: Decimal, price: Decimal, n: i64) -> Result<()> {
        const WEIGH: &str = "
            INSERT INTO balance VALUES (:code, :quantity, :price, :n)
            ON CONFLICT DO UPDATE SET n = n + excluded.n";
        self.db.prepare_cached(WEIGH)?.execute(named_params! {
            ":code": code, ":quantity": text(quantity), ":price": text(price), ":n": n,
        })?;
        Ok(())
    }

    // ---- the documents ----

    fn read_documents(&mut self, export: impl BufRead) -> Result<()> {
        for (at, line) in export.lines().enumerate() {
            let line = line.with_context(|| format!("line {} of the export", at + 1))?;
            let Some((_, line)) = line.split_once(' ').filter(|(signature, _)| !signature.starts_with('{'))
            else {
                continue;
            };
            let document: Document =
                serde_json::from_str(line).with_context(|| format!("line {} of the export", at + 1))?;
            self.take(&document, &Sha256::digest(line.as_bytes()))?;
        }
        Ok(())
    }

    fn take(&mut self, document: &Document, hash: &[u8]) -> Result<()> {
        const DOCUMENT: &str = "
            INSERT INTO document
            VALUES (:till, :enrolment, :seq, :hash, :prev, :kind, :series, :number, :shape, :counter, :closure)
            ON CONFLICT DO NOTHING";
        let (shape, counter) = counter(&document.number, &document.series);
        let is_closure = document.kind == "closure";
        let added = self.db.prepare_cached(DOCUMENT)?.execute(named_params! {
            ":till": document.till, ":enrolment": document.enrolment, ":seq": document.seq,
            ":hash": hash, ":prev": document.prev, ":kind": document.kind,
            ":series": document.series, ":number": document.number, ":shape": shape, ":counter": counter,
            ":closure": is_closure.then(|| document.body.get()),
        })?;
        if added == 0 {
            self.verdict.doubled += 1;
            self.differs(format!("{} came twice", document.name()));
            return Ok(());
        }
        self.verdict.documents_at_centre += 1;
        match document.kind.as_str() {
            "sale" | "return" | "void" => self.take_money(document),
            "goods_receipt" | "write_off" => self.take_stock(document),
            "cash_movement" => self.take_movement(document),
            _ => Ok(()),
        }
    }

    fn take_money(&mut self, document: &Document) -> Result<()> {
        let body: Money = serde_json::from_str(document.body.get())?;
        for line in &body.lines {
            self.weigh(&line.item, line.quantity, line.unit_price, -1)?;
            let exact = minor(line.quantity * line.unit_price)? - line.discount_minor;
            let what = format!("{}: {} × {} and its line", document.name(), line.quantity, line.unit_price);
            self.must_equal(&what, &exact, &line.gross_minor);
            self.add_fact(document, "discount", line.discount_minor)?;
        }
        self.add_up(document, &body)?;
        let figures = &mut self.verdict.documents;
        figures.rows += body.lines.len() as u64;
        figures.gross_minor += document.total_minor;
        *figures.gross_minor_by_day.entry(document.business_day.clone()).or_default() += document.total_minor;
        for vat in &body.vat {
            // The file knows nothing of sales that goods come back from: there VAT is that of the document.
            let minor = match body.has_origin() {
                true => included_vat(vat.gross_minor, vat.percent)?,
                false => vat.vat_minor,
            };
            *figures.vat_minor_by_rate.entry(text(vat.percent)).or_default() += minor;
        }
        self.take_tenders(document, &body)?;
        self.add_fact(document, &document.kind, 1)?;
        self.add_fact(document, "gross", document.total_minor)?;
        self.add_fact(document, "rounding", body.rounding_minor)?;
        for vat in &body.vat {
            let rate = text(vat.percent);
            self.add_fact(document, &format!("vat {rate} gross"), vat.gross_minor)?;
            self.add_fact(document, &format!("vat {rate} vat"), vat.vat_minor)?;
            self.add_fact(document, &format!("vat {rate} net"), vat.net_minor)?;
        }
        Ok(())
    }

    /// Lines = VAT breakdown = tenders − change ± rounding.
    fn add_up(&mut self, document: &Document, body: &Money) -> Result<()> {
        let lines: i64 = body.lines.iter().map(|line| line.gross_minor).sum();
        let vat: i64 = body.vat.iter().map(|vat| vat.gross_minor).sum();
        let paid: i64 = body.tenders.iter().map(|tender| tender.home_minor).sum();
        let name = document.name();
        self.must_equal(&format!("{name}: total and lines"), &document.total_minor, &lines);
        self.must_equal(&format!("{name}: total and VAT breakdown"), &document.total_minor, &vat);
        self.must_equal(
            &format!("{name}: total and what was paid"),
            &document.total_minor,
            &(paid - body.change_minor - body.rounding_minor),
        );
        for vat in &body.vat {
            let expected = body.vat_of(vat)?;
            self.must_equal(&format!("{name}: VAT of {}", vat.gross_minor), &expected, &vat.vat_minor);
            self.must_equal(
                &format!("{name}: net and VAT of {}", vat.gross_minor),
                &vat.gross_minor,
                &(vat.net_minor + vat.vat_minor),
            );
        }
        Ok(())
    }

    /// Money counts where the invoice of the document belongs, and was really paid that way.
    fn take_tenders(&mut self, document: &Document, body: &Money) -> Result<()> {
        let invoice = body.invoice().unwrap_or_default();
        let class = tender(invoice, body.customer.is_some());
        let paid: i64 = body.tenders.iter().map(|tender| tender.home_minor).sum::<i64>() - body.change_minor;
        *self.verdict.documents.gross_minor_by_tender.entry(class.into()).or_default() += paid;
        let expected = if document.kind == "return" && class == "cash_eur" { "cash" } else { class };
        for tender in &body.tenders {
            let value = tender.amount_minor.into();
            let value = tender
                .rate
                .as_deref()
                .map_or(Ok(value), |rate| anyhow::Ok(rate.parse::<Decimal>()? * value))?;
            self.must_equal(
                &format!("{}: value of what was paid", document.name()),
                &rounded(value)?,
                &tender.home_minor,
            );
            self.must_equal(
                &format!("{}: tender of invoice {invoice:?}", document.name()),
                &expected,
                &tender.tender.as_str(),
            );
            self.add_fact(
                document,
                &format!("tender {} {}", tender.tender, tender.currency),
                tender.amount_minor,
            )?;
        }
        self.add_fact(document, &format!("tender cash {}", document.currency), -body.change_minor)
    }

    fn take_stock(&mut self, document: &Document) -> Result<()> {
        let body: Stock = serde_json::from_str(document.body.get())?;
        let sign = if document.kind == "write_off" { -Decimal::ONE } else { Decimal::ONE };
        self.verdict.documents.rows += body.lines.len() as u64;
        // A day of which nothing but stock is known has turned over nothing: it counts as a day all the same.
        self.verdict.documents.gross_minor_by_day.entry(document.business_day.clone()).or_default();
        for line in &body.lines {
            self.weigh(&line.item, sign * line.quantity, Decimal::ZERO, -1)?;
        }
        Ok(())
    }

    fn take_movement(&mut self, document: &Document) -> Result<()> {
        let body: Movement = serde_json::from_str(document.body.get())?;
        self.must_equal(
            &format!("{}: total and amount", document.name()),
            &document.total_minor,
            &body.amount_minor,
        );
        self.add_fact(document, &format!("tender {} {}", body.tender, body.currency), body.amount_minor)?;
        self.add_fact(document, &format!("movement {} {}", body.movement, body.currency), body.amount_minor)
    }

    fn add_fact(&self, document: &Document, what: &str, value: i64) -> Result<()> {
        const FACT: &str = "INSERT INTO fact VALUES (:till, :enrolment, :seq, :what, :value)";
        if value != 0 {
            self.db.prepare_cached(FACT)?.execute(named_params! {
                ":till": document.till, ":enrolment": document.enrolment, ":seq": document.seq,
                ":what": what, ":value": value,
            })?;
        }
        Ok(())
    }

    // ---- the comparison ----

    fn compare_figures(&mut self) {
        let (file, documents) = (self.verdict.file.clone(), self.verdict.documents.clone());
        self.must_equal("rows of the file and lines of the documents", &file.rows, &documents.rows);
        self.must_equal("gross of the file and of the documents", &file.gross_minor, &documents.gross_minor);
        self.must_equal("gross by day", &file.gross_minor_by_day, &documents.gross_minor_by_day);
        self.must_equal("gross by tender", &file.gross_minor_by_tender, &documents.gross_minor_by_tender);
        self.must_equal("VAT by rate", &file.vat_minor_by_rate, &documents.vat_minor_by_rate);
    }

    /// Every row stands in the documents as often as in the file, with nothing altered.
    fn compare_rows(&mut self) -> Result<()> {
        const UNEVEN: &str =
            "SELECT code, quantity, price, n FROM balance WHERE n <> 0 ORDER BY code, quantity, price";
        let uneven: Vec<(String, String, String, i64)> = {
            let mut statement = self.db.prepare(UNEVEN)?;
            let rows =
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            rows.collect::<rusqlite::Result<_>>()?
        };
        for (code, quantity, price, n) in uneven {
            let times = n.unsigned_abs();
            if n > 0 {
                self.verdict.lost += times;
                self.differs(format!(
                    "{code}: {quantity} × {price} is {times} times too few in the documents"
                ));
            } else {
                self.verdict.doubled += times;
                self.differs(format!(
                    "{code}: {quantity} × {price} is {times} times too often in the documents"
                ));
            }
        }
        Ok(())
    }

    /// Seqs run 1, 2, … and each document names the hash of the one before.
    fn walk_chains(&mut self) -> Result<()> {
        const CHAINS: &str =
            "SELECT till, enrolment, seq, prev, hash FROM document ORDER BY till, enrolment, seq";
        let nothing_before = "0".repeat(64);
        let mut found = Vec::new();
        let mut gaps = 0;
        {
            let mut statement = self.db.prepare(CHAINS)?;
            let mut rows = statement.query([])?;
            let mut last = (String::new(), 0u32, 0u64, String::new());
            while let Some(row) = rows.next()? {
                let (till, enrolment, seq): (String, u32, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                if (&last.0, last.1) != (&till, enrolment) {
                    last = (till.clone(), enrolment, 0, nothing_before.clone());
                }
                let missing = seq - last.2 - 1;
                gaps += missing;
                let prev: String = row.get(3)?;
                if missing > 0 {
                    found.push(format!(
                        "{till}/{enrolment}: {missing} documents before seq {seq} are missing"
                    ));
                }
                if missing > 0 || prev != last.3 {
                    found.push(format!(
                        "{till}/{enrolment}/{seq}: it does not name the hash of the document before it"
                    ));
                }
                last = (till, enrolment, seq, hex(&row.get::<_, Vec<u8>>(4)?));
            }
        }
        self.verdict.number_gaps += gaps;
        self.verdict.chains_verified &= found.is_empty();
        found.into_iter().for_each(|what| self.differs(what));
        Ok(())
    }

    /// Printed numbers of each counter of each series run 1, 2, … and come once.
    fn count_numbers(&mut self) -> Result<()> {
        const NUMBERS: &str = "
            SELECT till, enrolment, shape, count(DISTINCT counter), count(*), max(counter), min(counter) FROM document
             WHERE number <> '' GROUP BY till, enrolment, shape ORDER BY till, enrolment, shape";
        type Counted = (String, u32, String, u64, u64, u64, u64);
        let counted: Vec<Counted> = {
            let mut statement = self.db.prepare(NUMBERS)?;
            let rows = statement.query_map([], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                ))
            })?;
            rows.collect::<rusqlite::Result<_>>()?
        };
        for (till, enrolment, shape, different, all, last, first) in counted {
            let missing = last - different;
            if missing > 0 || first != 1 {
                self.verdict.number_gaps += missing;
                self.differs(format!(
                    "{till}/{enrolment}: {missing} numbers {shape} up to {last} are missing"
                ));
            }
            if all > different {
                self.verdict.doubled += all - different;
                self.differs(format!(
                    "{till}/{enrolment}: {} numbers {shape} were given twice",
                    all - different
                ));
            }
        }
        Ok(())
    }

    // ---- closures ----

    /// Each closure is the sum of the documents it lists, and lists every document that no other does.
    fn walk_closures(&mut self) -> Result<()> {
        const UNLISTED: &str = "
            SELECT d.till, d.enrolment, d.seq, d.kind, coalesce(l.times, 0) FROM document d
              LEFT JOIN listed l USING (till, enrolment, seq)
             WHERE d.kind <> 'closure' AND coalesce(l.times, 0) <> 1 AND (d.kind <> 'event' OR l.times > 1)
             ORDER BY d.till, d.enrolment, d.seq";
        let mut after = (String::new(), 0u32, 0u64);
        while let Some((till, enrolment, seq, body)) = self.closure_after(&after)? {
            self.verdict.closures += 1;
            let closure: Closure = serde_json::from_str(&body)?;
            self.walk_closure(&format!("closure {till}/{enrolment}/{seq}"), &closure)?;
            after = (till, enrolment, seq);
        }
        let wrong: Vec<String> = {
            let mut statement = self.db.prepare(UNLISTED)?;
            let rows = statement.query_map([], |row| {
                let (till, enrolment, seq): (String, u32, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                let (kind, times): (String, u64) = (row.get(3)?, row.get(4)?);
                Ok(format!("{till}/{enrolment}/{seq}: this {kind} is in {times} closures"))
            })?;
            rows.collect::<rusqlite::Result<_>>()?
        };
        wrong.into_iter().for_each(|what| self.differs(what));
        Ok(())
    }

    fn walk_closure(&mut self, name: &str, closure: &Closure) -> Result<()> {
        const LISTED: &str = "
            INSERT INTO listed SELECT till, enrolment, seq, 1 FROM document
             WHERE till = :till AND enrolment = :enrolment AND seq BETWEEN :from AND :to
            ON CONFLICT DO UPDATE SET times = times + 1";
        const HASHES: &str = "
            SELECT hash FROM document
             WHERE till = :till AND enrolment = :enrolment AND seq BETWEEN :from AND :to ORDER BY seq";
        const FACTS: &str = "
            SELECT what, sum(value) FROM fact
             WHERE till = :till AND enrolment = :enrolment AND seq BETWEEN :from AND :to GROUP BY what";
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        let mut hashes = Sha256::new();
        for ranges in &closure.documents {
            for (from, to) in &ranges.ranges {
                let range = named_params! {":till": ranges.till, ":enrolment": ranges.enrolment, ":from": from, ":to": to};
                self.db.prepare_cached(LISTED)?.execute(range)?;
                let mut statement = self.db.prepare_cached(HASHES)?;
                let mut rows = statement.query(range)?;
                while let Some(row) = rows.next()? {
                    hashes.update(row.get::<_, Vec<u8>>(0)?);
                }
                let mut statement = self.db.prepare_cached(FACTS)?;
                let mut rows = statement.query(range)?;
                while let Some(row) = rows.next()? {
                    *sums.entry(row.get(0)?).or_default() += row.get::<_, i64>(1)?;
                }
            }
        }
        sums.retain(|_, value| *value != 0);
        if hex(&hashes.finalize()) != closure.documents_hash {
            self.verdict.chains_verified = false;
            self.differs(format!("{name}: the hash over its documents is another"));
        }
        self.must_equal(&format!("{name} and its documents"), &closure.totals.sums(), &sums);
        Ok(())
    }

    fn closure_after(
        &self,
        (till, enrolment, seq): &(String, u32, u64),
    ) -> Result<Option<(String, u32, u64, String)>> {
        const NEXT: &str = "
            SELECT till, enrolment, seq, closure FROM document
             WHERE closure IS NOT NULL AND (till, enrolment, seq) > (:till, :enrolment, :seq)
             ORDER BY till, enrolment, seq LIMIT 1";
        let after = named_params! {":till": till, ":enrolment": enrolment, ":seq": seq};
        let mut statement = self.db.prepare_cached(NEXT)?;
        let mut rows = statement.query(after)?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
    }
}

// ---- documents as they are exported: only the members that are checked ----

#[derive(Deserialize)]
struct Document<'a> {
    till: String,
    enrolment: u32,
    seq: u64,
    prev: String,
    kind: String,
    series: String,
    number: String,
    business_day: String,
    currency: String,
    total_minor: i64,
    #[serde(borrow)]
    body: &'a RawValue,
}

impl Document<'_> {
    fn name(&self) -> String {
        format!("{} {}/{}/{}", self.kind, self.till, self.enrolment, self.seq)
    }
}

#[derive(Deserialize)]
struct Money {
    lines: Vec<Line>,
    tenders: Vec<Tender>,
    vat: Vec<Vat>,
    customer: Option<String>,
    #[serde(default)]
    change_minor: i64,
    #[serde(default)]
    rounding_minor: i64,
}

impl Money {
    /// Whether goods come back from a sale: with the VAT they were sold with.
    fn has_origin(&self) -> bool {
        self.lines.iter().any(|line| line.vat_minor.is_some())
    }

    /// The VAT of a rate: what comes back with lines of sales, and one VAT over all other lines.
    fn vat_of(&self, vat: &Vat) -> Result<i64> {
        let of_rate = || self.lines.iter().filter(|line| line.vat.percent == vat.percent);
        let back: i64 = of_rate().filter_map(|line| line.vat_minor).sum();
        let others = of_rate().filter(|line| line.vat_minor.is_none()).map(|line| line.gross_minor).sum();
        Ok(back + included_vat(others, vat.percent)?)
    }

    /// The invoice: what a tender refers to, or the beginning of the reason of what comes back.
    fn invoice(&self) -> Option<&str> {
        let paid = self.tenders.iter().find_map(|tender| tender.reference.as_deref());
        let returned =
            || self.lines.iter().find_map(|line| Some(line.reason.as_deref()?.rsplit_once(": ")?.0));
        paid.or_else(returned)?.strip_prefix("invoice ")
    }
}

#[derive(Deserialize)]
struct Line {
    item: String,
    #[serde(deserialize_with = "decimal")]
    quantity: Decimal,
    #[serde(deserialize_with = "decimal")]
    unit_price: Decimal,
    gross_minor: i64,
    #[serde(default)]
    discount_minor: i64,
    reason: Option<String>,
    vat: Rate,
    vat_minor: Option<i64>,
}

#[derive(Deserialize)]
struct Rate {
    #[serde(deserialize_with = "decimal")]
    percent: Decimal,
}

#[derive(Deserialize)]
struct Tender {
    tender: String,
    currency: String,
    amount_minor: i64,
    home_minor: i64,
    rate: Option<String>,
    reference: Option<String>,
}

#[derive(Deserialize)]
struct Vat {
    #[serde(deserialize_with = "decimal")]
    percent: Decimal,
    gross_minor: i64,
    net_minor: i64,
    vat_minor: i64,
}

#[derive(Deserialize)]
struct Stock {
    lines: Vec<StockLine>,
}

#[derive(Deserialize)]
struct StockLine {
    item: String,
    #[serde(deserialize_with = "decimal")]
    quantity: Decimal,
}

#[derive(Deserialize)]
struct Movement {
    amount_minor: i64,
    currency: String,
    movement: String,
    tender: String,
}

#[derive(Deserialize)]
struct Closure {
    documents_hash: String,
    documents: Vec<Ranges>,
    totals: Totals,
}

#[derive(Deserialize)]
struct Ranges {
    till: String,
    enrolment: u32,
    ranges: Vec<(u64, u64)>,
}

#[derive(Deserialize)]
struct Totals {
    sales: i64,
    returns: i64,
    voids: i64,
    gross_minor: i64,
    discount_minor: i64,
    rounding_minor: i64,
    vat: Vec<Vat>,
    tenders: Vec<TenderTotal>,
    movements: Vec<MovementTotal>,
}

#[derive(Deserialize)]
struct TenderTotal {
    tender: String,
    currency: String,
    expected_minor: i64,
}

#[derive(Deserialize)]
struct MovementTotal {
    movement: String,
    currency: String,
    amount_minor: i64,
}

impl Totals {
    /// Named as the facts of documents are; zeros are left out.
    fn sums(&self) -> BTreeMap<String, i64> {
        let mut sums = BTreeMap::from([
            ("sale".to_string(), self.sales),
            ("return".to_string(), self.returns),
            ("void".to_string(), self.voids),
            ("gross".to_string(), self.gross_minor),
            ("discount".to_string(), self.discount_minor),
            ("rounding".to_string(), self.rounding_minor),
        ]);
        for vat in &self.vat {
            let rate = text(vat.percent);
            sums.insert(format!("vat {rate} gross"), vat.gross_minor);
            sums.insert(format!("vat {rate} vat"), vat.vat_minor);
            sums.insert(format!("vat {rate} net"), vat.net_minor);
        }
        for total in &self.tenders {
            sums.insert(format!("tender {} {}", total.tender, total.currency), total.expected_minor);
        }
        for total in &self.movements {
            sums.insert(format!("movement {} {}", total.movement, total.currency), total.amount_minor);
        }
        sums.retain(|_, value| *value != 0);
        sums
    }
}

// ---- the rules of docs/demo-mapping.md, as this side reads them ----

/// 0: goods go; 1: goods come back; 2: goods are gone, without money and without a cancellation.
fn side(invoice: &str, quantity: Decimal, price: Decimal) -> u8 {
    let is_cancellation = invoice.starts_with('C');
    match quantity.is_sign_negative() && !quantity.is_zero() {
        false => 0,
        true if price.is_zero() && !is_cancellation => 2,
        true => 1,
    }
}

/// By the last digit of the invoice.
fn tender(invoice: &str, has_customer: bool) -> &'static str {
    let last = invoice.chars().rfind(char::is_ascii_digit).and_then(|digit| digit.to_digit(10));
    match last.unwrap_or(0) {
        5..=7 => "card",
        8 if has_customer => "customer_credit",
        9 => "cash_eur",
        _ => "cash",
    }
}

/// Pounds in pence, half a penny away from zero.
fn minor(pounds: Decimal) -> Result<i64> {
    rounded(pounds.checked_mul(Decimal::ONE_HUNDRED).context("an amount is too large")?)
}

fn rounded(pence: Decimal) -> Result<i64> {
    pence
        .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
        .to_i64()
        .context("an amount is too large")
}

/// The VAT inside a gross amount, half a penny away from zero.
fn included_vat(gross_minor: i64, percent: Decimal) -> Result<i64> {
    rounded(Decimal::from(gross_minor) * percent / (Decimal::ONE_HUNDRED + percent))
}

/// `2010-12-01` of any of the forms a time may have.
fn day(at: &str) -> Result<String> {
    let day = at.split(['T', ' ']).next().unwrap_or_default();
    let Some((month, rest)) = day.split_once('/') else { return Ok(day.to_string()) };
    let (day, year) = rest.split_once('/').with_context(|| format!("{at:?} is no time"))?;
    Ok(format!("{year}-{month:0>2}-{day:0>2}"))
}

/// The number without its counter, and the counter: the digits right after the series.
fn counter(number: &str, series: &str) -> (String, Option<u64>) {
    let after = number.find(series).map_or(0, |at| at + series.len());
    let start =
        number[after..].find(|letter: char| letter.is_ascii_digit()).map_or(number.len(), |at| after + at);
    let end =
        number[start..].find(|letter: char| !letter.is_ascii_digit()).map_or(number.len(), |at| start + at);
    (format!("{}#{}", &number[..start], &number[end..]), number[start..end].parse().ok())
}

fn decimal<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

fn text(decimal: Decimal) -> String {
    decimal.normalize().to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn open(file: &Path) -> Result<Box<dyn Read>> {
    let mut bytes = BufReader::new(File::open(file).with_context(|| file.display().to_string())?);
    let is_gzip = bytes.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if is_gzip { Box::new(flate2::bufread::MultiGzDecoder::new(bytes)) } else { Box::new(bytes) })
}

/// Where the columns stand that are needed, whatever else there is.
fn columns(header: &csv::StringRecord) -> Result<[usize; 7]> {
    const COLUMNS: [&str; 7] =
        ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"];
    let mut places = [0; 7];
    for (column, place) in COLUMNS.into_iter().zip(&mut places) {
        let clean = |name: &str| name.trim_start_matches('\u{feff}').trim().eq_ignore_ascii_case(column);
        let Some(at) = header.iter().position(clean) else { bail!("the column {column} is missing") };
        *place = at;
    }
    ensure!(!header.is_empty(), "there is no header");
    Ok(places)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SALES: &str = "\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536368,A,x,2,2010-12-01T08:26,2.55,17850,United Kingdom
536368,A,x,2,2010-12-01T08:26,2.55,17850,France
C536369,A,x,-1,2010-12-02T09:00,2.55,17850,United Kingdom
536414,B,,56,2010-12-02T10:00,0,,United Kingdom
536589,B,,-10,2010-12-02T11:00,0,,United Kingdom
";

    fn money(lines: Value, tenders: Value, vat: Value) -> Value {
        json!({"customer": "17850", "lines": lines, "tenders": tenders, "vat": vat, "vat_mode": "included"})
    }

    /// What a till would have recorded for [`SALES`].
    fn documents() -> Vec<Value> {
        let line = |quantity: &str, percent: &str, gross_minor: i64, reason: Option<&str>| json!({"item": "A", "quantity": quantity, "unit_price": "2.55", "gross_minor": gross_minor, "reason": reason, "vat": {"percent": percent}});
        let sale = money(
            json!([line("2", "17.5", 510, None), line("2", "0", 510, None)]),
            json!([{"tender": "customer_credit", "currency": "GBP", "amount_minor": 1020, "home_minor": 1020,
                    "reference": "invoice 536368"}]),
            json!([{"percent": "17.5", "gross_minor": 510, "net_minor": 434, "vat_minor": 76},
                   {"percent": "0", "gross_minor": 510, "net_minor": 510, "vat_minor": 0}]),
        );
        let back = money(
            json!([line("-1", "17.5", -255, Some("invoice C536369: brought back"))]),
            json!([{"tender": "cash", "currency": "GBP", "amount_minor": -255, "home_minor": -255}]),
            json!([{"percent": "17.5", "gross_minor": -255, "net_minor": -217, "vat_minor": -38}]),
        );
        let float =
            json!({"amount_minor": 10000, "currency": "GBP", "movement": "float_in", "tender": "cash"});
        let goods = |quantity: &str| json!({"lines": [{"item": "B", "quantity": quantity}]});
        vec![
            document("event", "", "2010-12-01", 0, json!({})),
            document("cash_movement", "T1A-M1", "2010-12-01", 10_000, float),
            document("sale", "T1A-1", "2010-12-01", 1_020, sale),
            document("return", "T1A-2", "2010-12-02", -255, back),
            document("goods_receipt", "T1A-G1", "2010-12-02", 0, goods("56")),
            document("write_off", "T1A-W1", "2010-12-02", 0, goods("10")),
            document(
                "closure",
                "T1A-Z1",
                "2010-12-02",
                0,
                json!({
                    "documents": [{"till": "T1", "enrolment": 1, "ranges": [[1, 6]]}],
                    "totals": {
                        "sales": 1, "returns": 1, "voids": 0, "gross_minor": 765, "discount_minor": 0, "rounding_minor": 0,
                        "vat": [{"percent": "17.5", "gross_minor": 255, "net_minor": 217, "vat_minor": 38},
                                {"percent": "0", "gross_minor": 510, "net_minor": 510, "vat_minor": 0}],
                        "tenders": [{"tender": "cash", "currency": "GBP", "expected_minor": 9745},
                                    {"tender": "customer_credit", "currency": "GBP", "expected_minor": 1020}],
                        "movements": [{"movement": "float_in", "currency": "GBP", "amount_minor": 10000}],
                    },
                }),
            ),
        ]
    }

    fn document(kind: &str, number: &str, day: &str, total_minor: i64, body: Value) -> Value {
        json!({"kind": kind, "number": number, "business_day": day, "total_minor": total_minor, "body": body,
               "till": "T1", "enrolment": 1, "series": "T1A", "currency": "GBP"})
    }

    /// Signs nothing, but gives seqs and links, and closures the hash of what they list.
    fn chained(documents: Vec<Value>) -> Vec<String> {
        let (mut prev, mut hashes, mut lines) = ("0".repeat(64), Sha256::new(), Vec::new());
        for (at, mut document) in documents.into_iter().enumerate() {
            document["seq"] = json!(at + 1);
            document["prev"] = json!(prev);
            if document["kind"] == "closure" {
                document["body"]["documents_hash"] = json!(hex(&hashes.clone().finalize()));
            }
            let line = document.to_string();
            let hash = Sha256::digest(line.as_bytes());
            hashes.update(hash);
            prev = hex(&hash);
            lines.push(format!("c2lnbmF0dXJl {line}\n"));
        }
        lines
    }

    fn check_lines(lines: &[String]) -> Verdict {
        let folder = tempfile::tempdir().unwrap();
        let sales = folder.path().join("sales.csv");
        std::fs::write(&sales, SALES).unwrap();
        check(&sales, lines.concat().as_bytes(), &folder.path().join("copy")).unwrap()
    }

    fn check_altered(alter: impl FnOnce(&mut Vec<Value>)) -> Verdict {
        let mut documents = documents();
        alter(&mut documents);
        check_lines(&chained(documents))
    }

    #[test]
    fn what_equals_the_file_is_found_equal() {
        let verdict = check_altered(|_| ());

        assert_eq!(verdict.differences, [""; 0]);
        assert_eq!(verdict.file, verdict.documents);
        assert!(verdict.chains_verified);
        assert_eq!((verdict.lost, verdict.doubled, verdict.number_gaps, verdict.closures), (0, 0, 0, 1));
        let file = verdict.file;
        assert_eq!(
            (file.rows, verdict.invoices, file.gross_minor, verdict.documents_at_centre),
            (5, 4, 765, 7)
        );
        let sums = |pairs: &[(&str, i64)]| {
            pairs.iter().map(|(name, minor)| (name.to_string(), *minor)).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(file.gross_minor_by_day, sums(&[("2010-12-01", 1_020), ("2010-12-02", -255)]));
        assert_eq!(
            file.gross_minor_by_tender,
            sums(&[("cash", 0), ("card", 0), ("customer_credit", 1_020), ("cash_eur", -255)])
        );
        assert_eq!(file.vat_minor_by_rate, sums(&[("17.5", 38), ("0", 0)]));
    }

    #[test]
    fn whatever_differs_is_named() {
        type Alter = fn(&mut Vec<Value>);
        let cases: [(Alter, &str); 19] = [
            (|d| drop(d.remove(3)), "A: -1 × 2.55 is 1 times too few"),
            (|d| d.insert(3, d[2].clone()), "A: 2 × 2.55 is 2 times too often"),
            (|d| d[2]["body"]["lines"][1]["item"] = json!("a"), "a: 2 × 2.55 is 1 times too often"),
            (|d| d[2]["body"]["lines"][0]["quantity"] = json!("3"), "3 × 2.55 and its line"),
            (|d| d[5]["body"]["lines"][0]["quantity"] = json!("11"), "B: -11 × 0 is 1 times too often"),
            (|d| d[2]["total_minor"] = json!(1_021), "total and lines"),
            (|d| d[2]["total_minor"] = json!(1_021), "gross of the file"),
            (|d| d[2]["business_day"] = json!("2010-12-02"), "gross by day"),
            (|d| d[2]["body"]["vat"][0]["gross_minor"] = json!(511), "total and VAT breakdown"),
            (|d| d[2]["body"]["vat"][0]["vat_minor"] = json!(77), "VAT by rate"),
            (|d| d[2]["body"]["vat"][0]["net_minor"] = json!(433), "net and VAT of 510"),
            (|d| d[2]["body"]["tenders"][0]["home_minor"] = json!(1_019), "total and what was paid"),
            (|d| d[2]["body"]["tenders"][0]["tender"] = json!("card"), "tender of invoice \"536368\""),
            (|d| d[2]["body"]["tenders"][0]["reference"] = json!("invoice 536365"), "gross by tender"),
            (|d| d[2]["body"]["tenders"][0]["rate"] = json!("0.8377"), "value of what was paid"),
            (|d| d[2]["number"] = json!("T1A-3"), "1 numbers T1A-# up to 3 are missing"),
            (|d| d[3]["number"] = json!("T1A-1"), "1 numbers T1A-# were given twice"),
            (|d| d[6]["body"]["totals"]["returns"] = json!(2), "closure T1/1/7 and its documents"),
            (
                |d| d[6]["body"]["documents"][0]["ranges"] = json!([[1, 3], [5, 6]]),
                "T1/1/4: this return is in 0 closures",
            ),
        ];
        for (alter, named) in cases {
            let verdict = check_altered(alter);
            assert!(
                verdict.differences.iter().any(|what| what.contains(named)),
                "{named}: {:#?}",
                verdict.differences
            );
        }
    }

    #[test]
    fn a_document_altered_after_it_was_made_breaks_the_chain() {
        let mut lines = chained(documents());
        lines[1] = lines[1].replace("float_in", "float_in ");
        let verdict = check_lines(&lines);
        assert!(!verdict.chains_verified);
        assert!(
            verdict.differences[0].contains("T1/1/3: it does not name the hash"),
            "{:#?}",
            verdict.differences
        );
    }

    #[test]
    fn a_missing_document_is_a_gap_and_a_doubled_one_is_counted_once() {
        let mut lines = chained(documents());
        let last = lines.remove(4);
        let missing = check_lines(&lines);
        assert_eq!((missing.number_gaps, missing.chains_verified, missing.lost), (1, false, 1));

        lines.push(last.clone());
        assert_eq!(check_lines(&lines).differences, [""; 0], "the order of the export does not matter");

        lines.push(last);
        let doubled = check_lines(&lines);
        assert_eq!((doubled.doubled, doubled.lost, doubled.documents_at_centre), (1, 0, 7));
        assert!(doubled.differences[0].contains("goods_receipt T1/1/5 came twice"));
    }

    #[test]
    fn the_checker_shares_no_code_with_what_it_checks() {
        let code = include_str!("checker.rs").split("#[cfg(test)]").next().unwrap();
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for shared in ["tillkit", "super::", "crate::"] {
            assert!(!code.iter().any(|line| line.contains(shared)), "{shared}");
        }
    }

    #[test]
    fn days_of_all_three_forms_are_the_same_day() {
        for text in ["2010-12-01T08:26", "2010-12-01 08:26:00", "12/1/2010 8:26"] {
            assert_eq!(day(text).unwrap(), "2010-12-01");
        }
    }
}

//! The sales file and the rates file: read once, checked whole, before anything is started.
//!
//! Rows wait in a temporary SQLite file, so that memory stays the same whatever the size of the
//! sales file. They come out as [`Slip`]s: the rows of one invoice on one calendar day, in the order
//! the invoices were begun. Rows of an invoice need not stand together in the file.
//!
//! A file that cannot be used is refused as a whole, with the line and the column that refuse.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use csv::ByteRecord;
use flate2::bufread::MultiGzDecoder;
use jiff::civil::{Date, DateTime, Time};
use rusqlite::{Connection, OptionalExtension, Statement, named_params};
use rust_decimal::Decimal;

/// What a key of the till may have, in bytes.
const TEXT_BYTES: usize = 128;
/// Decimals of a quantity.
const QUANTITY_DECIMALS: u32 = 6;
/// Decimals of a price.
const PRICE_DECIMALS: u32 = 4;
/// Digits before the point, of quantities and prices alike: what no shop reaches.
const WHOLE_DIGITS: usize = 9;
/// The most a row may come to, in pounds.
const ROW_LIMIT: i64 = 1_000_000_000;
/// Characters of a name that are kept.
const NAME_CHARS: usize = 80;

/// Why a file cannot be used. Nothing has been started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be opened.
    #[error("{}: it cannot be opened", file.display())]
    Unopened { file: PathBuf, source: std::io::Error },
    /// It ends too early, or the disk fails, after this line.
    #[error("{}, line {line}: the file cannot be read on: {why}", file.display())]
    Unreadable { file: PathBuf, line: u64, why: String },
    /// A column is not there.
    #[error("{}, line 1: the column {column} is missing; the columns are {found}", file.display())]
    MissingColumn { file: PathBuf, column: &'static str, found: String },
    /// A column is there twice, so that nobody knows which one is meant.
    #[error("{}, line 1: the column {column} stands there twice", file.display())]
    DoubleColumn { file: PathBuf, column: &'static str },
    /// A row cannot be used.
    #[error("{}, line {line}: {fault}", file.display())]
    Row { file: PathBuf, line: u64, fault: Fault },
    /// A header and nothing else, or nothing at all.
    #[error("{}: there are no rows in it", file.display())]
    Empty { file: PathBuf },
    /// Rates of the wrong currencies.
    #[error("{}: there is no rate of {currency} in it", file.display())]
    NoRates { file: PathBuf, currency: &'static str },
    /// The temporary copy cannot be written or read.
    #[error("the temporary copy of the sales file fails")]
    Copy(#[from] rusqlite::Error),
    /// What was written into the temporary copy does not come out of it.
    #[error("the temporary copy of the sales file is damaged")]
    Damaged,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    #[error("it has {found} columns, the header has {expected}")]
    Columns { found: u64, expected: u64 },
    #[error("{column} is not UTF-8")]
    NotUtf8 { column: &'static str },
    #[error("{column} is empty")]
    Blank { column: &'static str },
    #[error("{column} has {bytes} bytes, {TEXT_BYTES} are allowed")]
    TooLong { column: &'static str, bytes: usize },
    #[error("{column} is {text:?}, which is no decimal number with a point")]
    NotANumber { column: &'static str, text: String },
    #[error("{column} is {text}, which has more than {decimals} decimals")]
    TooFine { column: &'static str, text: String, decimals: u32 },
    #[error("{column} is {text}, which is more than a till can hold")]
    TooLarge { column: &'static str, text: String },
    #[error("{column} is {text:?}, which is no time like 2010-12-01T08:26")]
    NotATime { column: &'static str, text: String },
    #[error("{column} is {text:?}, which is no day like 2010-12-01")]
    NotADay { column: &'static str, text: String },
}

/// One row of the sales file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it begins in the file, from 1.
    pub line: u64,
    /// InvoiceNo.
    pub invoice: String,
    /// StockCode: case-sensitive text.
    pub code: String,
    /// Description as it is printed: one line, not too long, perhaps empty.
    pub name: String,
    /// Quantity.
    pub quantity: Decimal,
    /// InvoiceDate.
    pub at: DateTime,
    /// UnitPrice.
    pub price: Decimal,
    /// CustomerID, where there is one.
    pub customer: Option<String>,
    /// Country.
    pub country: String,
}

/// The rows of one invoice on one calendar day, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// InvoiceNo.
    pub invoice: String,
    /// The calendar day.
    pub day: Date,
    /// When the first of its rows was made.
    pub at: DateTime,
    /// At least one.
    pub rows: Vec<Row>,
}

/// An item as the centre will sell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// StockCode.
    pub code: String,
    /// Its most frequent description; the code where it has none.
    pub name: String,
    /// Its most frequent price; the first of them in the file where several are.
    pub price: Decimal,
}

/// What is in a sales file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Lines without the header.
    pub rows: u64,
    /// Different InvoiceNo.
    pub invoices: u64,
    /// Invoice and day.
    pub slips: u64,
    /// Different StockCode.
    pub items: u64,
    /// Different CustomerID.
    pub customers: u64,
    /// Days with rows.
    pub days: u64,
    /// Decimals that quantities have at most.
    pub quantity_decimals: u32,
    /// The first of them.
    pub first_day: Date,
    /// The last of them.
    pub last_day: Date,
}

/// A sales file that has been read and found good.
pub struct SalesFile {
    db: Connection,
    facts: Facts,
}

impl SalesFile {
    /// Reads `file`, plain or gzip, into `copy`, a file that does not exist yet; `progress` hears now
    /// and then how many rows have been read.
    ///
    /// # Errors
    /// [`FileError`], naming file and line.
    pub fn read(file: &Path, copy: &Path, progress: impl Fn(u64)) -> Result<SalesFile, FileError> {
        let db = Connection::open(copy)?;
        db.execute_batch(SCHEMA)?;
        fill(&db, file, progress)?;
        db.execute_batch(ORDER)?;
        let facts = facts(&db)?.ok_or_else(|| FileError::Empty { file: file.into() })?;
        Ok(SalesFile { db, facts })
    }

    /// What is in it.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The `nth` slip, from 1, in the order of time; `None` after the last.
    ///
    /// # Errors
    /// [`FileError::Copy`].
    pub fn slip(&self, nth: u64) -> Result<Option<Slip>, FileError> {
        const SLIP: &str = "SELECT invoice, day, at FROM slip WHERE nth = :nth";
        const ROWS: &str = "SELECT * FROM row WHERE invoice = :invoice AND day = :day ORDER BY line";
        let mut slip = self.db.prepare_cached(SLIP)?;
        let found = slip.query_row(named_params! {":nth": nth}, |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        });
        let Some((invoice, day, at)) = found.optional()? else { return Ok(None) };
        let mut rows = Vec::new();
        let mut statement = self.db.prepare_cached(ROWS)?;
        let mut found = statement.query(named_params! {":invoice": invoice, ":day": day})?;
        while let Some(row) = found.next()? {
            rows.push(stored_row(row)?);
        }
        Ok(Some(Slip { invoice, day: stored(&day)?, at: stored(&at)?, rows }))
    }

    /// The next items by code, at most `limit`, after the one given.
    ///
    /// # Errors
    /// [`FileError::Copy`].
    pub fn items_after(&self, after: &str, limit: usize) -> Result<Vec<Item>, FileError> {
        const CODES: &str = "SELECT DISTINCT code FROM row WHERE code > :after ORDER BY code LIMIT :limit";
        let mut statement = self.db.prepare_cached(CODES)?;
        let codes =
            statement.query_map(named_params! {":after": after, ":limit": limit}, |row| row.get(0))?;
        codes.collect::<rusqlite::Result<Vec<String>>>()?.into_iter().map(|code| self.item(code)).collect()
    }

    fn item(&self, code: String) -> Result<Item, FileError> {
        // The most frequent first, then the first in the file.
        const PRICE: &str = "
            SELECT price FROM row WHERE code = :code GROUP BY price ORDER BY count(*) DESC, min(line) LIMIT 1";
        const NAME: &str = "
            SELECT name FROM row WHERE code = :code AND name <> ''
             GROUP BY name ORDER BY count(*) DESC, min(line) LIMIT 1";
        let of_code = named_params! {":code": code};
        let price: String = self.db.prepare_cached(PRICE)?.query_row(of_code, |row| row.get(0))?;
        let name: Option<String> =
            self.db.prepare_cached(NAME)?.query_row(of_code, |row| row.get(0)).optional()?;
        let printable = printable(&code);
        Ok(Item { name: name.unwrap_or(printable), price: stored(&price)?, code })
    }

    /// The next CustomerID, sorted, at most `limit`, after the one given.
    ///
    /// # Errors
    /// [`FileError::Copy`].
    pub fn customers_after(&self, after: &str, limit: usize) -> Result<Vec<String>, FileError> {
        const CUSTOMERS: &str = "
            SELECT DISTINCT customer FROM row WHERE customer > :after ORDER BY customer LIMIT :limit";
        let mut statement = self.db.prepare_cached(CUSTOMERS)?;
        let customers =
            statement.query_map(named_params! {":after": after, ":limit": limit}, |row| row.get(0))?;
        Ok(customers.collect::<rusqlite::Result<_>>()?)
    }
}

const SCHEMA: &str = "
    PRAGMA journal_mode = OFF;         -- a copy that a crash may take: the file itself is still there
    PRAGMA synchronous = OFF;
    CREATE TABLE row (
        line     INTEGER NOT NULL PRIMARY KEY,
        invoice  TEXT    NOT NULL,
        day      TEXT    NOT NULL,
        at       TEXT    NOT NULL,
        code     TEXT    NOT NULL,
        name     TEXT    NOT NULL,
        quantity TEXT    NOT NULL,     -- decimal text without needless zeros
        price    TEXT    NOT NULL,     -- the same
        customer TEXT,
        country  TEXT    NOT NULL
    ) STRICT;";

const ORDER: &str = "
    CREATE INDEX row_by_slip ON row (invoice, day, line);
    CREATE INDEX row_by_code ON row (code, price);
    CREATE INDEX row_by_customer ON row (customer);
    CREATE TABLE slip (
        nth     INTEGER NOT NULL PRIMARY KEY,
        invoice TEXT    NOT NULL,
        day     TEXT    NOT NULL,
        at      TEXT    NOT NULL
    ) STRICT;
    INSERT INTO slip (invoice, day, at)
    SELECT invoice, day, min(at) FROM row GROUP BY invoice, day ORDER BY min(at), min(line);";

fn facts(db: &Connection) -> Result<Option<Facts>, FileError> {
    const FACTS: &str = "
        SELECT (SELECT count(*) FROM row) AS rows,
               (SELECT count(DISTINCT invoice) FROM slip) AS invoices,
               (SELECT count(*) FROM slip) AS slips,
               (SELECT count(DISTINCT code) FROM row) AS items,
               (SELECT count(DISTINCT customer) FROM row) AS customers,
               (SELECT count(DISTINCT day) FROM slip) AS days,
               (SELECT min(day) FROM slip) AS first_day,
               (SELECT max(day) FROM slip) AS last_day,
               (SELECT max(length(quantity) - instr(quantity, '.')) FROM row WHERE instr(quantity, '.') > 0) AS decimals";
    let mut statement = db.prepare(FACTS)?;
    let mut found = statement.query([])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let days: (Option<String>, Option<String>) = (row.get("first_day")?, row.get("last_day")?);
    let (Some(first), Some(last)) = days else { return Ok(None) };
    Ok(Some(Facts {
        rows: row.get("rows")?,
        invoices: row.get("invoices")?,
        slips: row.get("slips")?,
        items: row.get("items")?,
        customers: row.get("customers")?,
        days: row.get("days")?,
        quantity_decimals: row.get::<_, Option<u32>>("decimals")?.unwrap_or(0),
        first_day: stored(&first)?,
        last_day: stored(&last)?,
    }))
}

fn stored<T: std::str::FromStr>(text: &str) -> Result<T, FileError> {
    text.parse().map_err(|_| FileError::Damaged)
}

fn stored_row(row: &rusqlite::Row) -> Result<Row, FileError> {
    Ok(Row {
        line: row.get("line")?,
        invoice: row.get("invoice")?,
        code: row.get("code")?,
        name: row.get("name")?,
        quantity: stored(&row.get::<_, String>("quantity")?)?,
        at: stored(&row.get::<_, String>("at")?)?,
        price: stored(&row.get::<_, String>("price")?)?,
        customer: row.get("customer")?,
        country: row.get("country")?,
    })
}

fn fill(db: &Connection, file: &Path, progress: impl Fn(u64)) -> Result<(), FileError> {
    const COLUMNS: [&str; 8] = [
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    ];
    const INSERT: &str = "
        INSERT INTO row (line, invoice, day, at, code, name, quantity, price, customer, country)
        VALUES (:line, :invoice, :day, :at, :code, :name, :quantity, :price, :customer, :country)";
    let mut table = Table::open(file, COLUMNS)?;
    let mut insert = db.prepare(INSERT)?;
    db.execute_batch("BEGIN")?;
    let mut rows = 0u64;
    while let Some(line) = table.next()? {
        let row =
            sales_row(&table, line).map_err(|fault| FileError::Row { file: file.into(), line, fault })?;
        write_row(&mut insert, &row)?;
        rows += 1;
        if rows.is_multiple_of(10_000) {
            progress(rows);
        }
    }
    drop(insert);
    db.execute_batch("COMMIT")?;
    progress(rows);
    Ok(())
}

fn write_row(insert: &mut Statement, row: &Row) -> Result<(), FileError> {
    insert.execute(named_params! {
        ":line": row.line,
        ":invoice": row.invoice,
        ":day": row.at.date().to_string(),
        ":at": row.at.to_string(),
        ":code": row.code,
        ":name": row.name,
        ":quantity": row.quantity.to_string(),
        ":price": row.price.to_string(),
        ":customer": row.customer,
        ":country": row.country,
    })?;
    Ok(())
}

fn sales_row(table: &Table<8>, line: u64) -> Result<Row, Fault> {
    let [invoice, code, name, quantity, at, price, customer, country] = table.cells()?;
    let row = Row {
        line,
        invoice: key(invoice)?,
        code: key(code)?,
        name: printable(name.text),
        quantity: decimal(quantity, QUANTITY_DECIMALS)?,
        at: time(at)?,
        price: decimal(price, PRICE_DECIMALS)?,
        customer: Some(customer).filter(|cell| !cell.text.trim().is_empty()).map(key).transpose()?,
        country: country.text.into(),
    };
    let too_large = || Fault::TooLarge {
        column: "Quantity × UnitPrice",
        text: format!("{} × {}", row.quantity, row.price),
    };
    let amount = row.quantity.checked_mul(row.price).ok_or_else(too_large)?;
    if amount.abs() > Decimal::from(ROW_LIMIT) { Err(too_large()) } else { Ok(row) }
}

/// Text that names something: as it stands in the file, but not nothing.
fn key(cell: Cell) -> Result<String, Fault> {
    let Cell { column, text } = cell;
    if text.trim().is_empty() {
        return Err(Fault::Blank { column });
    }
    if text.len() > TEXT_BYTES {
        return Err(Fault::TooLong { column, bytes: text.len() });
    }
    Ok(text.into())
}

/// One line, single spaces, not longer than a receipt is wide a few times.
fn printable(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(NAME_CHARS).collect()
}

fn decimal(cell: Cell, decimals: u32) -> Result<Decimal, Fault> {
    let (column, text) = (cell.column, cell.text.trim());
    let not_a_number = || Fault::NotANumber { column, text: text.into() };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(not_a_number());
    }
    if fraction.trim_end_matches('0').len() > decimals as usize {
        return Err(Fault::TooFine { column, text: text.into(), decimals });
    }
    if whole.trim_start_matches('0').len() > WHOLE_DIGITS {
        return Err(Fault::TooLarge { column, text: text.into() });
    }
    // Zeros behind what counts are as many as somebody likes; the parser's space is not endless.
    let fraction = fraction.get(..decimals as usize).unwrap_or(fraction);
    let sign = if text.starts_with('-') { "-" } else { "" };
    let number: Decimal =
        format!("{sign}{}.{fraction}", last_digits(whole)).parse().map_err(|_| not_a_number())?;
    Ok(number.normalize())
}

fn last_digits(whole: &str) -> &str {
    let digits = whole.trim_start_matches('0');
    if digits.is_empty() { "0" } else { digits }
}

/// ISO 8601 with T or a blank, with or without seconds; or month/day/year as the dataset first had it.
fn time(cell: Cell) -> Result<DateTime, Fault> {
    let (column, text) = (cell.column, cell.text.trim());
    let not_a_time = || Fault::NotATime { column, text: text.into() };
    let (day, time) = text.split_once(['T', ' ']).ok_or_else(not_a_time)?;
    let numbers = |text: &str, mark: char| -> Option<Vec<i16>> {
        let number = |part: &str| {
            let is_digits =
                !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
            is_digits.then(|| part.parse::<i16>().ok()).flatten()
        };
        text.split(mark).map(number).collect()
    };
    let date = match (numbers(day, '-'), numbers(day, '/')) {
        (Some(parts), _) if parts.len() == 3 => civil_day(parts[0], parts[1], parts[2]),
        (_, Some(parts)) if parts.len() == 3 => civil_day(parts[2], parts[0], parts[1]),
        _ => None,
    };
    let clock = match numbers(time, ':').as_deref() {
        Some([hour, minute]) => clock(*hour, *minute, 0),
        Some([hour, minute, second]) => clock(*hour, *minute, *second),
        _ => None,
    };
    Ok(DateTime::from_parts(date.ok_or_else(not_a_time)?, clock.ok_or_else(not_a_time)?))
}

/// Years a till's clock can show.
fn civil_day(year: i16, month: i16, day: i16) -> Option<Date> {
    let is_believable = (1971..=2999).contains(&year);
    is_believable.then(|| Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()).flatten()
}

fn clock(hour: i16, minute: i16, second: i16) -> Option<Time> {
    Time::new(hour.try_into().ok()?, minute.try_into().ok()?, second.try_into().ok()?, 0).ok()
}

/// What one euro is worth in pounds, by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates(BTreeMap<Date, Decimal>);

impl Rates {
    /// Reads reference rates, `date,currency,units_per_eur`, plain or gzip; other currencies than the
    /// pound are passed over.
    ///
    /// # Errors
    /// [`FileError`], naming file and line.
    pub fn read(file: &Path) -> Result<Rates, FileError> {
        const HOME: &str = "GBP";
        let mut table = Table::open(file, ["date", "currency", "units_per_eur"])?;
        let mut rates = BTreeMap::new();
        let mut rows = 0u64;
        while let Some(line) = table.next()? {
            let rate = rate_row(&table).map_err(|fault| FileError::Row { file: file.into(), line, fault })?;
            rows += 1;
            if rate.1 == HOME {
                rates.insert(rate.0, rate.2);
            }
        }
        match (rates.is_empty(), rows) {
            (true, 0) => Err(FileError::Empty { file: file.into() }),
            (true, _) => Err(FileError::NoRates { file: file.into(), currency: HOME }),
            _ => Ok(Rates(rates)),
        }
    }

    /// Pounds per euro on a day: its own rate, else the last before, else the first after.
    pub fn on(&self, day: Date) -> Decimal {
        let before = self.0.range(..=day).next_back();
        before.or_else(|| self.0.first_key_value()).map_or(Decimal::ONE, |(_, rate)| *rate)
    }

    /// Every day with a rate of its own.
    pub fn days(&self) -> impl Iterator<Item = (Date, Decimal)> {
        self.0.iter().map(|(day, rate)| (*day, *rate))
    }
}

fn rate_row(table: &Table<3>) -> Result<(Date, String, Decimal), Fault> {
    const RATE_DECIMALS: u32 = 8;
    let [date, currency, units] = table.cells()?;
    let numbers: Vec<&str> = date.text.trim().split('-').collect();
    let day = match numbers[..] {
        [year, month, day] => {
            let number = |text: &str| text.parse::<i16>().ok();
            number(year)
                .zip(number(month))
                .zip(number(day))
                .and_then(|((year, month), day)| civil_day(year, month, day))
        }
        _ => None,
    };
    let day = day.ok_or_else(|| Fault::NotADay { column: date.column, text: date.text.into() })?;
    let rate = decimal(units, RATE_DECIMALS)?;
    if rate <= Decimal::ZERO {
        return Err(Fault::NotANumber { column: units.column, text: units.text.into() });
    }
    Ok((day, currency.text.trim().to_string(), rate))
}

/// A CSV file of which `N` columns matter, found by the header.
struct Table<const N: usize> {
    file: PathBuf,
    reader: csv::Reader<Box<dyn Read>>,
    columns: [(&'static str, usize); N],
    record: ByteRecord,
    line: u64,
}

/// A cell with the name of its column.
#[derive(Clone, Copy)]
struct Cell<'a> {
    column: &'static str,
    text: &'a str,
}

impl<const N: usize> Table<N> {
    fn open(file: &Path, columns: [&'static str; N]) -> Result<Table<N>, FileError> {
        let mut reader = csv::ReaderBuilder::new().from_reader(plain(file)?);
        let unreadable =
            |error: csv::Error| FileError::Unreadable { file: file.into(), line: 1, why: error.to_string() };
        let header = reader.byte_headers().map_err(unreadable)?.clone();
        if header.iter().all(<[u8]>::is_empty) {
            return Err(FileError::Empty { file: file.into() });
        }
        let names: Vec<String> =
            header.iter().map(|name| String::from_utf8_lossy(name).trim().to_string()).collect();
        let mut places = columns.map(|column| (column, 0));
        for (column, place) in &mut places {
            let mut found = names.iter().enumerate().filter(|(_, name)| name.eq_ignore_ascii_case(column));
            *place = match (found.next(), found.next()) {
                (Some((place, _)), None) => place,
                (Some(_), Some(_)) => return Err(FileError::DoubleColumn { file: file.into(), column }),
                (None, _) => {
                    return Err(FileError::MissingColumn {
                        file: file.into(),
                        column,
                        found: names.join(", "),
                    });
                }
            };
        }
        Ok(Table { file: file.into(), reader, columns: places, record: ByteRecord::new(), line: 1 })
    }

    /// The line of the next row, `None` after the last.
    fn next(&mut self) -> Result<Option<u64>, FileError> {
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => return Ok(None),
            Ok(true) => {}
            Err(error) => return Err(self.refused(&error)),
        }
        if let Some(position) = self.record.position() {
            self.line = position.line();
        }
        Ok(Some(self.line))
    }

    fn refused(&self, error: &csv::Error) -> FileError {
        let file = self.file.clone();
        match error.kind() {
            csv::ErrorKind::UnequalLengths { pos, expected_len, len } => FileError::Row {
                file,
                line: pos.as_ref().map_or(self.line, csv::Position::line),
                fault: Fault::Columns { found: *len, expected: *expected_len },
            },
            _ => FileError::Unreadable { file, line: self.line, why: error.to_string() },
        }
    }

    fn cells(&self) -> Result<[Cell<'_>; N], Fault> {
        let mut cells = self.columns.map(|(column, _)| Cell { column, text: "" });
        for (cell, (column, place)) in cells.iter_mut().zip(self.columns) {
            let bytes = self.record.get(place).unwrap_or_default();
            cell.text = std::str::from_utf8(bytes).map_err(|_| Fault::NotUtf8 { column })?;
        }
        Ok(cells)
    }
}

/// The text of a file, whether it is gzip or not, without a byte order mark.
fn plain(file: &Path) -> Result<Box<dyn Read>, FileError> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    let unopened = |source| FileError::Unopened { file: file.into(), source };
    let mut bytes = BufReader::with_capacity(1 << 16, File::open(file).map_err(unopened)?);
    if !bytes.fill_buf().map_err(unopened)?.starts_with(&GZIP) {
        return Ok(Box::new(without_mark(bytes).map_err(unopened)?));
    }
    let text = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(bytes));
    let first =
        |why: std::io::Error| FileError::Unreadable { file: file.into(), line: 1, why: why.to_string() };
    Ok(Box::new(without_mark(text).map_err(first)?))
}

fn without_mark(mut text: impl BufRead) -> std::io::Result<impl Read> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if text.fill_buf()?.starts_with(MARK) {
        text.consume(MARK.len());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const HEADER: &str =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

    fn read_bytes(bytes: &[u8]) -> Result<SalesFile, FileError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sales.csv");
        std::fs::write(&file, bytes).unwrap();
        SalesFile::read(&file, &folder.path().join("copy"), |_| ())
    }

    fn read(rows: &str) -> Result<SalesFile, FileError> {
        read_bytes(format!("{HEADER}{rows}").as_bytes())
    }

    fn refusal(rows: &str) -> String {
        match read(rows) {
            Ok(_) => panic!("{rows} was taken"),
            Err(error) => error.to_string().rsplit_once("sales.csv").unwrap().1.to_string(),
        }
    }

    fn slips(file: &SalesFile) -> Vec<Slip> {
        (1..).map_while(|nth| file.slip(nth).unwrap()).collect()
    }

    fn rates(text: &str) -> Result<Rates, FileError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rates.csv");
        std::fs::write(&file, text).unwrap();
        Rates::read(&file)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn a_row_is_read_as_it_stands() {
        let file =
            read("536365,85123A,\"HEART, \"\"T\"\"\n LIGHT\",6,2010-12-01T08:26,2.55,17850,United Kingdom\n")
                .unwrap();

        let row = slips(&file).remove(0).rows.remove(0);

        let expected = Row {
            line: 2,
            invoice: "536365".into(),
            code: "85123A".into(),
            name: "HEART, \"T\" LIGHT".into(),
            quantity: "6".parse().unwrap(),
            at: "2010-12-01T08:26".parse().unwrap(),
            price: "2.55".parse().unwrap(),
            customer: Some("17850".into()),
            country: "United Kingdom".into(),
        };
        assert_eq!(row, expected);
    }

    #[test]
    fn columns_are_found_by_name_and_others_are_passed_over() {
        let text = "\u{feff}Country,CustomerID,Weather,UnitPrice,InvoiceDate,Quantity,Description,StockCode,InvoiceNo\r\n\
                    France,,sun,0.0010,12/1/2010 8:05,-1.500000,CHEESE,post,X9\r\n";
        let file = read_bytes(text.as_bytes()).unwrap();

        let row = slips(&file).remove(0).rows.remove(0);

        assert_eq!((row.invoice.as_str(), row.code.as_str(), row.country.as_str()), ("X9", "post", "France"));
        assert_eq!((row.quantity.to_string(), row.price.to_string()), ("-1.5".into(), "0.001".into()));
        assert_eq!((row.at.to_string(), row.customer), ("2010-12-01T08:05:00".into(), None));
        assert_eq!((file.facts().quantity_decimals, file.customers_after("", 9).unwrap()), (1, Vec::new()));
    }

    #[test]
    fn all_three_forms_of_a_time_are_one_time() {
        for text in [
            "2010-12-01T08:26",
            "2010-12-01T08:26:00",
            "2010-12-01 08:26:00",
            "12/1/2010 8:26",
            " 2010-12-01 8:26 ",
        ] {
            let file = read(&format!("1,A,,1,{text},1,,\n")).unwrap();
            assert_eq!(slips(&file)[0].at.to_string(), "2010-12-01T08:26:00", "{text}");
        }
    }

    #[test]
    fn rows_of_an_invoice_need_not_stand_together_and_time_orders_invoices() {
        let file = read(
            "4,E,,1,2010-12-01T09:00,1,,\n\
             2,A,,1,2010-12-01T09:00,1,,\n\
             1,B,,1,2010-12-01T08:59,1,,\n\
             3,C,,1,2010-12-01T09:00,1,,\n\
             2,D,,1,2010-12-01T08:30,1,,\n",
        )
        .unwrap();

        let order: Vec<(String, Vec<String>)> = slips(&file)
            .into_iter()
            .map(|slip| (slip.invoice, slip.rows.into_iter().map(|row| row.code).collect()))
            .collect();

        let codes = |codes: &[&str]| codes.iter().map(|code| code.to_string()).collect::<Vec<_>>();
        let expected = [("2", &["A", "D"][..]), ("1", &["B"]), ("4", &["E"]), ("3", &["C"])];
        assert_eq!(order, expected.map(|(invoice, rows)| (invoice.to_string(), codes(rows))));
    }

    #[test]
    fn an_invoice_over_midnight_is_a_slip_a_day() {
        let file =
            read("7,A,,1,2010-12-01T23:59,1,,\n8,A,,1,2010-12-02T00:00,1,,\n7,B,,1,2010-12-02T00:01,1,,\n")
                .unwrap();

        let days: Vec<String> =
            slips(&file).iter().map(|slip| format!("{} {}", slip.invoice, slip.day)).collect();

        assert_eq!(days, ["7 2010-12-01", "8 2010-12-02", "7 2010-12-02"]);
        let facts = file.facts();
        assert_eq!((facts.rows, facts.invoices, facts.slips, facts.days), (3, 2, 3, 2));
    }

    #[test]
    fn an_item_has_its_most_frequent_price_and_name() {
        let file = read(
            "1,A,FIRST,1,2010-12-01T09:00,2.50,,\n\
             1,A,SECOND,1,2010-12-01T09:00,3,,\n\
             1,A,SECOND,1,2010-12-01T09:00,3.00,,\n\
             1,a,  ,1,2010-12-01T09:00,9,,\n\
             1,a,,1,2010-12-01T09:00,8,,\n\
             1,b,,1,2010-12-01T09:00,-5,,\n",
        )
        .unwrap();

        let items: Vec<String> = [file.items_after("", 2).unwrap(), file.items_after("a", 2).unwrap()]
            .concat()
            .iter()
            .map(|item| format!("{} {} {}", item.code, item.name, item.price))
            .collect();

        assert_eq!(items, ["A SECOND 3", "a a 9", "b b -5"]);
    }

    #[test]
    fn every_row_of_a_wrong_file_is_refused_by_line_and_column() {
        let good = "1,A,x,1,2010-12-01T09:00,1,,\n";
        let cases = [
            (
                "1,A,x,six,2010-12-01T09:00,1,,\n",
                ", line 3: Quantity is \"six\", which is no decimal number with a point",
            ),
            (
                "1,A,x,1e3,2010-12-01T09:00,1,,\n",
                ", line 3: Quantity is \"1e3\", which is no decimal number with a point",
            ),
            (
                "1,A,x,,2010-12-01T09:00,1,,\n",
                ", line 3: Quantity is \"\", which is no decimal number with a point",
            ),
            (
                "1,A,x,\"1,5\",2010-12-01T09:00,1,,\n",
                ", line 3: Quantity is \"1,5\", which is no decimal number with a point",
            ),
            (
                "1,A,x,1.1234567,2010-12-01T09:00,1,,\n",
                ", line 3: Quantity is 1.1234567, which has more than 6 decimals",
            ),
            (
                "1,A,x,1,2010-12-01T09:00,1.23456,,\n",
                ", line 3: UnitPrice is 1.23456, which has more than 4 decimals",
            ),
            (
                "1,A,x,1,2010-12-01T09:00,NaN,,\n",
                ", line 3: UnitPrice is \"NaN\", which is no decimal number with a point",
            ),
            (
                "1,A,x,12345678901,2010-12-01T09:00,1,,\n",
                ", line 3: Quantity is 12345678901, which is more than a till can hold",
            ),
            (
                "1,A,x,999999999,2010-12-01T09:00,999999,,\n",
                ", line 3: Quantity × UnitPrice is 999999999 × 999999, which is more than a till can hold",
            ),
            (
                "1,A,x,1,2010-02-30T09:00,1,,\n",
                ", line 3: InvoiceDate is \"2010-02-30T09:00\", which is no time like 2010-12-01T08:26",
            ),
            (
                "1,A,x,1,2010-12-01,1,,\n",
                ", line 3: InvoiceDate is \"2010-12-01\", which is no time like 2010-12-01T08:26",
            ),
            (
                "1,A,x,1,13/12/2010 9:00,1,,\n",
                ", line 3: InvoiceDate is \"13/12/2010 9:00\", which is no time like 2010-12-01T08:26",
            ),
            (
                "1,A,x,1,2010-12-01T24:00,1,,\n",
                ", line 3: InvoiceDate is \"2010-12-01T24:00\", which is no time like 2010-12-01T08:26",
            ),
            ("1, ,x,1,2010-12-01T09:00,1,,\n", ", line 3: StockCode is empty"),
            (",A,x,1,2010-12-01T09:00,1,,\n", ", line 3: InvoiceNo is empty"),
            ("1,A,x,1,2010-12-01T09:00,1\n", ", line 3: it has 6 columns, the header has 8"),
        ];
        for (bad, refused) in cases {
            assert_eq!(refusal(&format!("{good}{bad}{good}")), refused);
        }
        let long = "Ä".repeat(65);
        let refused = refusal(&format!("{good}1,{long},x,1,2010-12-01T09:00,1,,\n"));
        assert_eq!(refused, ", line 3: StockCode has 130 bytes, 128 are allowed");
    }

    #[test]
    fn a_line_is_counted_where_a_description_holds_a_line_feed() {
        assert_eq!(
            refusal("1,A,\"one\ntwo\nthree\",1,2010-12-01T09:00,1,,\n1,A,,x,2010-12-01T09:00,1,,\n")
                .split(':')
                .next(),
            Some(", line 5")
        );
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused_by_line_and_column() {
        let mut bytes = HEADER.as_bytes().to_vec();
        bytes.extend(b"1,A,caf\xe9,1,2010-12-01T09:00,1,,\n");
        let Err(refused) = read_bytes(&bytes) else { panic!("it was taken") };
        assert!(refused.to_string().ends_with(", line 2: Description is not UTF-8"), "{refused}");
    }

    #[test]
    fn a_file_without_a_column_or_without_rows_is_refused() {
        let missing = read_bytes(b"InvoiceNo,StockCode\n1,A\n").err().unwrap();
        assert!(
            missing.to_string().ends_with(
                ", line 1: the column Description is missing; the columns are InvoiceNo, StockCode"
            )
        );
        let double = read_bytes(format!("Country,{HEADER}").as_bytes()).err().unwrap();
        assert!(matches!(double, FileError::DoubleColumn { column: "Country", .. }), "{double}");
        for empty in ["", "\n", HEADER, &format!("{HEADER}\n\n")] {
            let refused = read_bytes(empty.as_bytes()).err().unwrap();
            assert!(matches!(refused, FileError::Empty { .. }), "{empty:?}: {refused}");
        }
        let nowhere = SalesFile::read("no/such/file".as_ref(), "no/copy".as_ref(), |_| ()).err().unwrap();
        assert!(matches!(nowhere, FileError::Copy(_) | FileError::Unopened { .. }), "{nowhere}");
    }

    #[test]
    fn a_gzip_file_reads_the_same_and_a_cut_one_is_refused() {
        let rows: String =
            (0..5_000).map(|n| format!("{n},A{n},x{n},1,2010-12-01T09:00,{n}.{},,\n", n % 97)).collect();
        let whole = gzip(format!("{HEADER}{rows}").as_bytes());
        assert_eq!(read_bytes(&whole).unwrap().facts().rows, 5_000);

        for kept in [whole.len() - 1, whole.len() / 2, 20] {
            let refused = read_bytes(&whole[..kept]).err().unwrap();
            assert!(matches!(refused, FileError::Unreadable { .. }), "{kept}: {refused}");
        }
    }

    #[test]
    fn one_row_is_a_file() {
        let file = read("A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,11062.06,,United Kingdom").unwrap();
        assert_eq!((file.facts().rows, file.facts().first_day), (1, Date::constant(2011, 8, 12)));
    }

    #[test]
    fn a_day_without_a_rate_has_the_last_before_or_the_first_after() {
        let rates = rates(
            "date,currency,units_per_eur\n2010-12-03,GBP,0.85\n2010-12-01,GBP,0.8377\n2010-12-01,USD,1.3\n",
        )
        .unwrap();
        let on = |day| rates.on(Date::constant(2010, 12, day)).to_string();
        assert_eq!([on(1), on(2), on(3), on(9)], ["0.8377", "0.8377", "0.85", "0.85"]);
        assert_eq!(rates.on(Date::constant(2009, 1, 1)).to_string(), "0.8377");
    }

    #[test]
    fn wrong_rates_are_refused_by_line() {
        let cases = [
            ("2010-12-01,GBP,0\n", "line 2: units_per_eur is \"0\", which is no decimal number with a point"),
            ("2010-13-01,GBP,1\n", "line 2: date is \"2010-13-01\", which is no day like 2010-12-01"),
            ("2010-12-01,USD,1.3\n", ": there is no rate of GBP in it"),
            ("", ": there are no rows in it"),
        ];
        for (rows, refused) in cases {
            let error = rates(&format!("date,currency,units_per_eur\n{rows}")).unwrap_err().to_string();
            assert!(error.ends_with(refused), "{error}");
        }
        assert!(matches!(
            rates("date,currency\n"),
            Err(FileError::MissingColumn { column: "units_per_eur", .. })
        ));
    }
}

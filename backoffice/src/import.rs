//! CSV into a draft: a header line, one row a record, nothing applied unless all of it is good.
//!
//! The column `id` is the row's key; the others are members of the kind's body. A member without a column
//! stays as it is drafted, an empty cell takes its member away. Lists are parted by `|`, the lines of a
//! receipt by line feeds too; truths are `true` and `false` in any case (or `1` and `0`), prices, quantities
//! and rates are decimal text with a point. A record of empty cells is no row.
//!
//! ```text
//!   file ──▶ cells checked ──▶ rows sorted by key ──▶ merged with what is drafted, checked ──▶ draft
//! ```
//!
//! Nothing is guessed: what a spreadsheet may have spoilt, what is there twice, and what only a machine can
//! tell apart, is refused by its line.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::BuildHasher,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tillkit_domain::text::{self, is_invisible, is_no_text, with_line_feeds};
use tillkit_protocol::{canonical, problem::ProblemType};
use unicode_normalization::UnicodeNormalization;

use crate::{
    Backoffice,
    codes::{self, Carried},
    drafts::{self, Drafted, Named},
    error::{Error, Result},
    ingest::aside,
    spool::Spool,
    store::{
        TenantId,
        config::{self, Draft, DraftRow},
    },
    validate,
};

/// The largest file taken.
pub const FILE_BYTES: usize = 256 << 20;
/// Rows that are merged at once.
const ROWS_AT_ONCE: usize = 2_000;

/// How a cell becomes a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Text,
    /// Text of lines.
    Lines,
    /// The key of a row.
    Key,
    /// What a scanner reads.
    Code,
    Integer,
    Truth,
    List,
    /// A list of keys.
    Keys,
    /// A list of codes.
    Codes,
    /// A list of lines of a receipt, which may be empty.
    Layout,
    /// A list of whole numbers.
    Wholes,
}
use Cell::{Code, Codes, Integer, Key, Keys, Layout, Lines, List, Text, Truth, Wholes};

/// The members of each kind that can be imported. `user` is not among them: a PIN never stands in a file.
const KINDS: &[(&str, &[(&str, Cell)])] = &[
    ("unit", &[("name", Text), ("code", Text), ("decimals", Integer)]),
    ("warehouse", &[("name", Text)]),
    ("vat_rate", &[("name", Text), ("percent", Text), ("category", Text)]),
    (
        "tender",
        &[
            ("name", Text),
            ("kind", Text),
            ("currency", Text),
            ("gives_change", Truth),
            ("opens_drawer", Truth),
        ],
    ),
    (
        "currency",
        &[
            ("name", Text),
            ("cash_step_minor", Integer),
            ("cash_rounding", Text),
            ("exact_cash", Truth),
            ("round_up_to_step", Truth),
            ("faces_minor", Wholes),
        ],
    ),
    (
        "item",
        &[
            ("name", Text),
            ("codes", Codes),
            ("group", Key),
            ("unit", Key),
            ("vat", Key),
            ("price", Text),
            ("active", Truth),
            ("stocked", Truth),
            ("deposit", Truth),
        ],
    ),
    ("price", &[("item", Key), ("price", Text), ("from_ms", Integer), ("until_ms", Integer)]),
    ("item_code", &[("item", Key), ("code", Code)]),
    ("promotion_item", &[("promotion", Key), ("item", Key), ("group", Key)]),
    ("group", &[("name", Text)]),
    ("exchange_rate", &[("currency", Text), ("rate", Text), ("from_day", Text), ("source", Text)]),
    (
        "customer",
        &[
            ("name", Text),
            ("credit", Truth),
            ("address", Lines),
            ("email", Text),
            ("phone", Text),
            ("vat_id", Text),
            ("merged_into", Key),
        ],
    ),
    ("stock_level", &[("warehouse", Key), ("item", Key), ("quantity", Text)]),
    ("audit_plan", &[("name", Text), ("warehouse", Key), ("items", Keys)]),
    ("role", &[("name", Text), ("rights", List)]),
    ("numerator", &[("pattern", Text)]),
    ("receipt_layout", &[("header", Layout), ("footer", Layout), ("offline_note", Text)]),
    (
        "policy",
        &[
            ("apply", Text),
            ("send", Text),
            ("keep_days", Integer),
            ("schedule_minutes", Integer),
            ("attachments_mb", Integer),
        ],
    ),
];

/// Drafts the rows of a CSV file; those of a live section are written at once. `may_share_codes`: whoever
/// asks knows that a code of the file stands on two items.
///
/// # Errors
/// A refusal naming the line; then nothing has been drafted.
pub async fn csv(
    office: &Backoffice,
    tenant: TenantId,
    centre: &str,
    kind: &str,
    file: Bytes,
    may_share_codes: bool,
) -> Result<Drafted> {
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    let (kind, members) =
        known.ok_or_else(|| Error::not_found(format!("rows of kind {kind} cannot be imported")))?;
    drafts::must_exist(office, tenant, centre).await?;
    let mut spool = Spool::in_folder(&office.spool)?;
    let (spool, ids) =
        aside(move || read(kind, members, &file, &mut spool).map(|ids| (spool, ids))).await??;
    let _editing = office.editing(tenant, centre).await;
    let merging = Merging {
        office,
        draft: Draft { tenant, centre, edition: 0 },
        kind,
        ids,
        carriers: (!may_share_codes).then(HashMap::new),
        new: HashMap::new(),
        named: Named::default(),
        wrong: None,
    };
    let rows = merging.merge(spool).await?;
    drafts::put_checked(office, tenant, centre, rows).await
}

/// What a record changes of its row.
#[derive(Serialize, Deserialize)]
struct Patch {
    /// Of the file.
    line: u64,
    set: Map<String, Value>,
    /// Members of empty cells.
    unset: Vec<String>,
}

/// Hashes of keys: a million of them fit a small memory.
struct Ids {
    by: RandomState,
    seen: HashSet<u64>,
    /// By how they look, see [`look`].
    by_look: HashMap<u64, u64>,
    /// How keys look that another key of the file looks like, each with the later line.
    twins: Vec<(u64, u64)>,
}

impl Ids {
    fn has(&self, text: &str) -> bool {
        self.seen.contains(&self.by.hash_one(text))
    }

    fn look(&self, text: &str) -> u64 {
        self.by.hash_one(look(text))
    }

    /// `false` if it is there already.
    fn add(&mut self, line: u64, id: &str) -> bool {
        let (hash, look) = (self.by.hash_one(id), self.look(id));
        let first = *self.by_look.entry(look).or_insert(hash);
        if first != hash {
            self.twins.push((look, line));
        }
        self.seen.insert(hash)
    }
}

/// A key or a code as people tell it from others: without case and invisible letters, and with each accent
/// stored in one way.
fn look(text: &str) -> String {
    text.nfc().filter(|letter| !is_invisible(*letter)).flat_map(char::to_lowercase).collect()
}

/// Checks every cell of a file and spools its records by key; returns the keys.
fn read(kind: &str, members: &'static [(&'static str, Cell)], file: &[u8], spool: &mut Spool) -> Result<Ids> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let header = reader.headers().map_err(|error| wrong(1, error.to_string()))?.clone();
    let columns = columns(kind, members, &header)?;
    let id_column = columns.iter().position(|(name, _)| *name == "id");
    let id_column = id_column.ok_or_else(|| wrong(1, "the column id is missing".into()))?;
    if let Some(Misplaced { line, column, why }) = misplaced_quote(file) {
        let member = columns.get(column).map_or(String::new(), |(member, _)| format!("{member}: "));
        return Err(wrong(line, format!("{member}{why}")));
    }
    let mut ids =
        Ids { by: RandomState::new(), seen: HashSet::new(), by_look: HashMap::new(), twins: Vec::new() };
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            wrong(line, error.to_string())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        // Spreadsheets write empty rows and columns around what they hold.
        if record.iter().all(str::is_empty) {
            continue;
        }
        let (cells, wanted) = (record.len(), columns.len());
        if cells < wanted || record.iter().skip(wanted).any(|cell| !cell.is_empty()) {
            return Err(wrong(line, format!("it has {cells} cells, the header has {wanted}")));
        }
        let mut patch = Patch { line, set: Map::new(), unset: Vec::new() };
        for ((member, cell_kind), cell) in columns.iter().zip(&record) {
            let in_column = |why| wrong(line, format!("{member}: {why}"));
            let value = value(*cell_kind, cell).map_err(in_column)?;
            if *member == "id" {
                check_id(kind, cell).map_err(in_column)?;
            } else if cell.is_empty() {
                patch.unset.push((*member).to_string());
            } else {
                patch.set.insert((*member).to_string(), value);
            }
        }
        let id = record.get(id_column).unwrap_or_default();
        if id.is_empty() {
            return Err(wrong(line, format!("{kind}/: its key has 0 bytes")));
        }
        if !ids.add(line, id) {
            return Err(wrong(line, format!("id: {id} is there twice")));
        }
        let body = canonical::to_line(&patch).map_err(|error| wrong(line, error.to_string()))?;
        spool.add(DraftRow { kind: kind.into(), id: id.into(), body: Some(body) })?;
    }
    Ok(ids)
}

/// The columns of a header; empty ones at its end are none.
fn columns(
    kind: &str,
    members: &'static [(&'static str, Cell)],
    header: &csv::StringRecord,
) -> Result<Vec<(&'static str, Cell)>> {
    let last = header.iter().enumerate().filter(|(_, name)| !name.is_empty()).last();
    let count = last.map_or(0, |(index, _)| index + 1);
    let mut columns = Vec::with_capacity(count);
    for (index, name) in header.iter().take(count).enumerate() {
        if header.iter().take(index).any(|before| before == name) {
            return Err(wrong(1, format!("the column {name:?} is there twice")));
        }
        let member = members.iter().find(|(member, _)| *member == name);
        columns.push(match member {
            _ if name == "id" => ("id", Key),
            Some(member) => *member,
            None => return Err(wrong(1, format!("{kind} has no member {name:?}"))),
        });
    }
    Ok(columns)
}

/// A quotation mark that is no part of CSV as RFC 4180 has it.
struct Misplaced {
    line: u64,
    column: usize,
    why: &'static str,
}

/// The first such mark. A reader of CSV would guess what is meant, and a price of `"1"2.50` becomes 12.50.
fn misplaced_quote(file: &[u8]) -> Option<Misplaced> {
    enum At {
        Beginning,
        Plain,
        Quoted,
        /// Behind a mark inside quotation marks: the end of the cell, or the first of two.
        Behind,
    }
    let (mut at, mut line, mut column, mut opened) = (At::Beginning, 1, 0, (1, 0));
    for byte in file {
        at = match (at, byte) {
            (At::Beginning, b'"') => {
                opened = (line, column);
                At::Quoted
            }
            (At::Behind, b'"') => At::Quoted,
            (At::Quoted, b'"') => At::Behind,
            (At::Plain, b'"') => {
                let why = "a quotation mark stands inside the cell; put the whole cell into quotation marks, \
                           and write those inside it twice";
                return Some(Misplaced { line, column, why });
            }
            (At::Quoted, _) => At::Quoted,
            (_, b',') => {
                column += 1;
                At::Beginning
            }
            (_, b'\r' | b'\n') => {
                column = 0;
                At::Beginning
            }
            (At::Behind, _) => {
                return Some(Misplaced {
                    line,
                    column,
                    why: "text follows the quotation mark that ends the cell",
                });
            }
            (At::Beginning | At::Plain, _) => At::Plain,
        };
        line += u64::from(*byte == b'\n');
    }
    let (line, column) = opened;
    matches!(at, At::Quoted).then_some(Misplaced { line, column, why: "a quotation mark is never closed" })
}

fn wrong(line: u64, why: String) -> Error {
    Error::malformed(in_line(line, &why))
}

fn in_line(line: u64, why: &str) -> String {
    format!("line {line}: {why}")
}

/// Refuses what no person has meant to write, wherever it stands.
fn check_cell(cell: &str) -> Result<(), String> {
    if let Some(letter) = cell.chars().find(|letter| is_no_text(*letter)) {
        return Err(format!("it holds the character U+{:04X}, which is no text", u32::from(letter)));
    }
    if is_padded(cell) {
        return Err(format!("{:?} begins or ends with a blank", shortened(cell)));
    }
    if is_spreadsheet_error(cell) {
        return Err(format!("{:?} is an error of the spreadsheet", shortened(cell)));
    }
    Ok(())
}

/// Blanks, and letters of no width.
fn is_padded(text: &str) -> bool {
    let is_blank =
        |letter: char| letter.is_whitespace() || matches!(letter, '\u{200b}'..='\u{200d}' | '\u{2060}');
    text.starts_with(is_blank) || text.ends_with(is_blank)
}

/// `#REF!` and its like; a cell too narrow for its number is saved as `####`.
fn is_spreadsheet_error(cell: &str) -> bool {
    const ERRORS: [&str; 12] = [
        "#REF!",
        "#N/A",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#ERROR!",
    ];
    ERRORS.iter().any(|error| cell.eq_ignore_ascii_case(error))
        || cell.starts_with("Err:")
        || (cell.len() > 2 && cell.bytes().all(|byte| byte == b'#'))
}

/// Whether it is a number as a spreadsheet writes long ones: `5.90123E+12`, `5.90123E12`, `5901234123457.0`.
fn is_spoilt_number(text: &str) -> bool {
    let is_number = |text: &str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        digits > 0
            && digits + 1 >= text.len()
            && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b','))
    };
    if let Some((mantissa, exponent)) = text.split_once(['e', 'E']) {
        let signed = exponent.strip_prefix(['+', '-']);
        let is_exponent = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // `12E3` may be somebody's article.
        let is_sure = signed.is_some() || mantissa.contains(['.', ',']);
        return is_number(mantissa) && is_sure && is_exponent(signed.unwrap_or(exponent));
    }
    let whole = text.trim_end_matches('0').strip_suffix(['.', ',']);
    whole.is_some_and(|whole| whole.len() >= 8 && whole.bytes().all(|byte| byte.is_ascii_digit()))
}

fn shortened(cell: &str) -> String {
    text::fitted(cell, 40).into_owned()
}

/// The value of a cell; `null` if it is empty.
fn value(kind: Cell, cell: &str) -> Result<Value, String> {
    if cell.is_empty() {
        return Ok(Value::Null);
    }
    if !matches!(kind, Lines | Layout) {
        check_cell(cell)?;
    }
    let elements = |of: Cell| cell.split('|').map(|cell| element(of, cell)).collect();
    match kind {
        Text => {
            check_number(cell)?;
            Ok(cell.into())
        }
        Lines => {
            let text = with_line_feeds(cell);
            text.split('\n').try_for_each(check_cell)?;
            check_number(cell)?;
            Ok(text.into())
        }
        Key => {
            check_letters(cell)?;
            check_number(cell)?;
            Ok(cell.into())
        }
        Code => {
            check_code(cell)?;
            Ok(cell.into())
        }
        Integer => cell
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| format!("{:?} is not a whole number", shortened(cell))),
        Truth => match cell.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true.into()),
            "false" | "0" => Ok(false.into()),
            _ => Err(format!("{:?} is neither true nor false", shortened(cell))),
        },
        List => elements(Text),
        Keys => elements(Key),
        Codes => elements(Code),
        Wholes => elements(Integer),
        Layout => {
            let line = |line: &str| check_cell(line).map(|()| Value::from(line));
            with_line_feeds(cell).split(['|', '\n']).map(line).collect()
        }
    }
}

fn element(kind: Cell, element: &str) -> Result<Value, String> {
    if element.is_empty() {
        return Err("an element of the list is empty".into());
    }
    value(kind, element)
}

/// Refuses letters that make two keys or codes look like one, or that no scanner sends.
fn check_letters(text: &str) -> Result<(), String> {
    let bad = text.chars().find_map(|letter| {
        let code = u32::from(letter);
        match letter {
            _ if is_invisible(letter) => Some(format!("it holds the invisible character U+{code:04X}")),
            '\u{ff01}'..='\u{ff5e}' => {
                let plain = char::from_u32(code - 0xfee0).unwrap_or(letter);
                Some(format!("it holds the full-width {letter} (U+{code:04X}) in the place of {plain}"))
            }
            _ => None,
        }
    });
    bad.map_or(Ok(()), Err)
}

/// Refuses what a spreadsheet makes of the number of an article.
fn check_id(kind: &str, id: &str) -> Result<(), String> {
    // Keys of other kinds are no numbers that a spreadsheet could take for a day.
    if kind == "item" { check_day(id) } else { Ok(()) }
}

fn check_code(code: &str) -> Result<(), String> {
    check_letters(code)?;
    check_number(code)?;
    if let Some(letter) = code.chars().find(|letter| letter.is_numeric() && !letter.is_ascii()) {
        return Err(format!(
            "it holds {letter} (U+{:04X}), which is no digit from 0 to 9",
            u32::from(letter)
        ));
    }
    check_day(code)?;
    let separator = code.chars().find(|letter| matches!(letter, ',' | ';'));
    let is_several = code.split([',', ';']).filter(|code| !code.trim().is_empty()).count() > 1;
    match separator {
        // GS1 Digital Link URIs may hold such letters.
        Some(separator) if is_several && !code.contains("://") => {
            let code = shortened(code);
            Err(format!("{code:?} holds several codes parted by {separator:?}; codes are parted by |"))
        }
        _ => Ok(()),
    }
}

fn check_day(text: &str) -> Result<(), String> {
    if is_spoilt_day(text) {
        let text = shortened(text);
        return Err(format!(
            "{text:?} is a day that a spreadsheet has made of a code; format the column as text"
        ));
    }
    Ok(())
}

/// Whether it is a day as spreadsheets write one in the place of `1-2` or `2/1`: `02-Jan`, `Jan-02`,
/// `2. Mrz`, `02/01/2026`, `2026-01-02`. A month in capital letters is nobody's default.
fn is_spoilt_day(text: &str) -> bool {
    const MONTHS: &[&str] = &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "jän",
        "mär", "mrz", "mai", "okt", "dez", "janv", "févr", "mars", "avr", "juin", "juil", "août", "déc",
        "sty", "lut", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru", "ene", "abr", "ago",
        "dic", "mag", "giu", "lug", "ott", "mrt", "mei", "fev", "märz",
    ];
    if text.len() > 20 {
        return false;
    }
    let number = |part: &str| match part.len() {
        1..=4 if part.bytes().all(|byte| byte.is_ascii_digit()) => part.parse::<u32>().ok(),
        _ => None,
    };
    let is_month_name = |part: &str| {
        let lower = part.to_lowercase();
        part.to_uppercase() != part && MONTHS.contains(&lower.as_str())
    };
    let is_day = |part: &str| part.len() <= 2 && number(part).is_some_and(|day| (1..=31).contains(&day));
    let is_long_year =
        |part: &str| part.len() == 4 && number(part).is_some_and(|year| (1900..2100).contains(&year));
    let is_year = |part: &str| is_long_year(part) || (part.len() == 2 && number(part).is_some());
    let parts: Vec<&str> = text.split(['-', '/', '.', ' ']).filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [first, second] => {
            (is_day(first) && is_month_name(second)) || (is_month_name(first) && is_year(second))
        }
        [first, second, third] => {
            (is_day(first) && is_month_name(second) && is_year(third))
                || (is_day(first) && is_day(second) && is_long_year(third))
                || (is_long_year(first) && is_day(second) && is_day(third))
        }
        _ => false,
    }
}

fn check_number(text: &str) -> Result<(), String> {
    if is_spoilt_number(text) {
        let text = shortened(text);
        return Err(format!("{text:?} is a number that a spreadsheet has spoilt; format the column as text"));
    }
    Ok(())
}

/// The items that have a code, in the part of the file read so far.
#[derive(Clone, Copy)]
struct Carrier {
    item: u64,
    code: u64,
    line: u64,
    /// Whether the file says something else than the draft.
    is_new: bool,
}

/// Records on their way from a sorted spool into another, as whole rows.
struct Merging<'a> {
    office: &'a Backoffice,
    draft: Draft<'a>,
    kind: &'static str,
    ids: Ids,
    /// By how a code looks; `None` where codes may be shared.
    carriers: Option<HashMap<u64, Carrier>>,
    /// Keys that nobody has drafted yet, by how they look, with their lines.
    new: HashMap<u64, (u64, u64)>,
    named: Named,
    /// The first line that is wrong, and why.
    wrong: Option<(u64, ProblemType, String)>,
}

/// A record as the whole row that it makes.
struct Merged {
    line: u64,
    /// Whether no row of its key is drafted.
    is_new: bool,
    row: Result<DraftRow, String>,
    before: Option<Carried>,
    after: Option<Carried>,
}

impl Merging<'_> {
    async fn merge(mut self, spool: Spool) -> Result<Spool> {
        let mut rows = Spool::in_folder(&self.office.spool)?;
        let mut patches = aside(move || spool.read()).await??;
        loop {
            let (page, rest) =
                aside(move || patches.next_rows(ROWS_AT_ONCE).map(|page| (page, patches))).await??;
            patches = rest;
            if page.is_empty() {
                break;
            }
            let ids: Vec<String> = page.iter().map(|row| row.id.clone()).collect();
            let before = config::bodies(&self.office.store, self.draft, self.kind, &ids).await?;
            let centre = self.draft.centre.to_string();
            let merged =
                aside(move || page.iter().map(|row| merged(&centre, row, &before)).collect()).await?;
            let merged: Vec<Merged> = merged;
            self.check_codes(&merged).await?;
            for Merged { line, is_new, row, .. } in merged {
                match row {
                    Ok(row) => {
                        if is_new {
                            let id = self.ids.by.hash_one(&row.id);
                            self.new.insert(self.ids.look(&row.id), (id, line));
                        }
                        self.named.note(line, &row);
                        rows.add(row)?;
                    }
                    Err(why) => self.refuse(line, ProblemType::Malformed, why),
                }
            }
        }
        self.check_looks().await?;
        if self.wrong.is_none() {
            let is_sent = |kind: &str, id: &str| (kind == self.kind && self.ids.has(id)).then_some(true);
            self.named.check(self.office, self.draft, is_sent).await?;
        }
        match self.wrong {
            Some((line, kind, why)) => Err(Error::refused(kind, in_line(line, &why))),
            None => Ok(rows),
        }
    }

    /// The spool is sorted by key; people read their file from the top.
    fn refuse(&mut self, line: u64, kind: ProblemType, why: String) {
        if self.wrong.as_ref().is_none_or(|(first, ..)| line < *first) {
            self.wrong = Some((line, kind, why));
        }
    }

    /// Refuses a new key that looks like another one of the file or of the centre. Two that the centre has
    /// already may both be changed.
    async fn check_looks(&mut self) -> Result<()> {
        const WHY: &str = "they differ only by upper and lower case or by how an accent is stored";
        let twins = self.ids.twins.iter().filter(|(look, _)| self.new.contains_key(look));
        let lines: Vec<u64> = twins.map(|(_, line)| *line).collect();
        for line in lines {
            self.refuse(line, ProblemType::Malformed, format!("id: another line has it as well: {WHY}"));
        }
        let mut after = String::new();
        while !self.new.is_empty() {
            let page =
                config::rows_after(&self.office.store, self.draft, self.kind, &after, ROWS_AT_ONCE as u32);
            let page = page.await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            for row in page {
                let new = self.new.get(&self.ids.look(&row.id)).copied();
                if let Some((_, line)) = new.filter(|(id, _)| *id != self.ids.by.hash_one(&row.id)) {
                    let why = format!("id: the centre has {} already: {WHY}", row.id);
                    self.refuse(line, ProblemType::Malformed, why);
                }
            }
        }
        Ok(())
    }

    /// Refuses a code that another active item carries, by the file or by the draft, where the file brings
    /// that about. Within the file, codes that only differ by case are one.
    async fn check_codes(&mut self, merged: &[Merged]) -> Result<()> {
        let Some(mut carriers) = self.carriers.take() else { return Ok(()) };
        let mut asked: Vec<(&str, &str, u64)> = Vec::new();
        for Merged { line, before, after, .. } in merged {
            let Some(after) = after.as_ref().filter(|after| after.is_active) else { continue };
            let item = self.ids.by.hash_one(&after.item);
            for code in &after.codes {
                let had = |before: &Carried| {
                    before.is_active && before.item == after.item && before.codes.contains(code)
                };
                let is_new = !before.as_ref().is_some_and(had);
                let carrier = Carrier { item, code: self.ids.by.hash_one(code), line: *line, is_new };
                let other = *carriers.entry(self.ids.look(code)).or_insert(carrier);
                let (first, last) = (other.line.min(*line), other.line.max(*line));
                if other.item != item && (other.is_new || carrier.is_new) {
                    let code = codes::printed(code);
                    let how = if other.code == carrier.code { "" } else { " in upper or lower case" };
                    let why = format!("the code {code} is on line {first} as well{how}, on another item");
                    self.refuse(last, ProblemType::SharedCodes, why);
                }
                if carrier.is_new {
                    asked.push((code, &after.item, *line));
                }
            }
        }
        self.carriers = Some(carriers);
        let asked_codes: Vec<&str> = asked.iter().map(|(code, ..)| *code).collect();
        // What the file says of a row replaces what is drafted of it.
        let is_other = |kind: &str, id: &str| kind != self.kind || !self.ids.has(id);
        let holders = codes::holders(&self.office.store, self.draft, &asked_codes, is_other).await?;
        for (code, item, line) in asked {
            let others = holders.get(code).into_iter().flatten().find(|holder| *holder != item);
            if let Some(other) = others {
                let why = format!("the code {} is on item {other} as well", codes::printed(code));
                self.refuse(line, ProblemType::SharedCodes, why);
            }
        }
        Ok(())
    }
}

/// The row that a record makes of what is drafted.
fn merged(centre: &str, patch: &DraftRow, bodies: &HashMap<String, Vec<u8>>) -> Merged {
    let DraftRow { kind, id, body } = patch;
    let old = bodies.get(id);
    let before = old.and_then(|body| codes::carried(kind, id, body));
    let patch = body.as_deref().and_then(|body| serde_json::from_slice::<Patch>(body).ok());
    let Some(Patch { line, set, unset }) = patch else {
        let row = Err("it could not be read back".into());
        return Merged { line: 0, is_new: false, row, before, after: None };
    };
    let members: Map<String, Value> =
        old.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    let mut members = members;
    members.retain(|member, _| !unset.contains(member));
    members.extend(set);
    let body = canonical::to_line(&Value::Object(members)).map_err(|error| error.to_string());
    let row = body.and_then(|body| validate::row(centre, kind, id, Some(&body)));
    let after = row.as_ref().ok().and_then(|row| codes::carried(kind, id, row.body.as_deref()?));
    Merged { line, is_new: old.is_none(), row, before, after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_a_spreadsheet_has_written_is_told_from_a_code() {
        for spoilt in [
            "5.90123E+12",
            "5,90123E+12",
            "5.90123E12",
            "5,9e12",
            "1E+05",
            "6e-07",
            "5901234123457.0",
            "5901234123457,00",
        ] {
            assert!(is_spoilt_number(spoilt), "{spoilt}");
        }
        for good in ["5901234123457", "E12", "12E3", "1E", "1.0", "A.1E+2", "85123A", "+E+1", "E+1", "10", ""]
        {
            assert!(!is_spoilt_number(good), "{good}");
        }
    }

    #[test]
    fn a_day_that_a_spreadsheet_has_made_is_told_from_a_code() {
        for spoilt in [
            "02-Jan",
            "2-jan",
            "Jan-02",
            "1. Mrz",
            "02-Jan-26",
            "3/sept/2026",
            "02/01/2026",
            "1.2.2026",
            "2026-01-02",
            "12 paź",
        ] {
            assert!(is_spoilt_day(spoilt), "{spoilt}");
        }
        for good in [
            "02-JAN",
            "1-2",
            "32-Jan",
            "Jan",
            "Jan-1",
            "JAN-02",
            "1-2-3",
            "5-901-2026",
            "2026-13-50",
            "tea-1",
        ] {
            assert!(!is_spoilt_day(good), "{good}");
        }
    }

    #[test]
    fn keys_that_people_cannot_tell_apart_look_alike() {
        for (one, other) in [("tea", "TEA"), ("\u{10d}aj", "C\u{30c}aj"), ("tea", "te\u{200b}a")] {
            assert_eq!(look(one), look(other));
        }
        for (one, other) in [("m2", "m\u{b2}"), ("caj", "\u{10d}aj"), ("a-1", "a1")] {
            assert_ne!(look(one), look(other));
        }
    }

    #[test]
    fn a_quotation_mark_stands_around_a_cell_or_twice_inside_one() {
        let place = |file: &str| misplaced_quote(file.as_bytes()).map(|found| (found.line, found.column));
        for good in ["a,\"b\",c\r\n\"d\n\"\"e\",,\"\"", "", "\"a,\"\"\"", "a\r\"b\"\r"] {
            assert_eq!(place(good), None, "{good}");
        }
        for (bad, at) in [
            ("a,b\nc,d\"e", (2, 1)),
            ("\"A\"B,c", (1, 0)),
            ("a,\"1\"2.50", (1, 1)),
            ("a\n\"x\ny\" z", (3, 0)),
            ("a\n,\"x\ny", (2, 1)),
        ] {
            assert_eq!(place(bad), Some(at), "{bad}");
        }
    }

    #[test]
    fn a_cell_that_nobody_has_meant_to_write_is_refused() {
        for bad in
            ["#REF!", "#n/a", "#DIV/0!", "####", "Err:502", " a", "a\u{a0}", "\u{200b}a", "a\tb", "a\nb"]
        {
            assert!(check_cell(bad).is_err(), "{bad:?}");
        }
        for good in ["", "a b", "#1", "##", "N/A", "Nr. #7", "Error: none"] {
            assert_eq!(check_cell(good), Ok(()), "{good:?}");
        }
    }
}

//! CSV into a draft: a header line, one row a record, nothing applied unless all of it is good.
//!
//! The column `id` is the row's key; the others are members of the kind's body. A member without a column
//! stays as it is drafted, an empty cell takes its member away. Lists are parted by `|`, truths are `true`
//! and `false` (or `1` and `0`), prices, quantities and rates are decimal text with a point.
//!
//! ```text
//!   file ──▶ cells checked ──▶ rows sorted by key ──▶ merged with what is drafted, checked ──▶ draft
//! ```
//!
//! Nothing is guessed: what a spreadsheet may have spoilt, and what is there twice, is refused by its line.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::BuildHasher,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tillkit_domain::text::{self, is_no_text};
use tillkit_protocol::{canonical, problem::ProblemType};

use crate::{
    Backoffice,
    codes::{self, Carried},
    drafts::{self, Drafted},
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
    Integer,
    Truth,
    List,
    /// A list of whole numbers.
    Wholes,
}
use Cell::{Integer, List, Text, Truth, Wholes};

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
            ("codes", List),
            ("group", Text),
            ("unit", Text),
            ("vat", Text),
            ("price", Text),
            ("active", Truth),
            ("stocked", Truth),
            ("deposit", Truth),
        ],
    ),
    ("price", &[("item", Text), ("price", Text), ("from_ms", Integer), ("until_ms", Integer)]),
    ("item_code", &[("item", Text), ("code", Text)]),
    ("promotion_item", &[("promotion", Text), ("item", Text), ("group", Text)]),
    ("group", &[("name", Text)]),
    ("exchange_rate", &[("currency", Text), ("rate", Text), ("from_day", Text), ("source", Text)]),
    (
        "customer",
        &[
            ("name", Text),
            ("credit", Truth),
            ("address", Text),
            ("email", Text),
            ("phone", Text),
            ("vat_id", Text),
            ("merged_into", Text),
        ],
    ),
    ("stock_level", &[("warehouse", Text), ("item", Text), ("quantity", Text)]),
    ("audit_plan", &[("name", Text), ("warehouse", Text), ("items", List)]),
    ("role", &[("name", Text), ("rights", List)]),
    ("numerator", &[("pattern", Text)]),
    ("receipt_layout", &[("header", List), ("footer", List), ("offline_note", Text)]),
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
struct Hashes {
    by: RandomState,
    seen: HashSet<u64>,
}

impl Hashes {
    fn has(&self, text: &str) -> bool {
        self.seen.contains(&self.by.hash_one(text))
    }
}

/// Checks every cell of a file and spools its records by key; returns the keys.
fn read(
    kind: &str,
    members: &'static [(&'static str, Cell)],
    file: &[u8],
    spool: &mut Spool,
) -> Result<Hashes> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let header = reader.headers().map_err(|error| wrong(1, error.to_string()))?.clone();
    let mut columns = Vec::with_capacity(header.len());
    for (index, name) in header.iter().enumerate() {
        if header.iter().take(index).any(|before| before == name) {
            return Err(wrong(1, format!("the column {name:?} is there twice")));
        }
        let member = members.iter().find(|(member, _)| *member == name);
        columns.push(match member {
            _ if name == "id" => ("id", Text),
            Some(member) => *member,
            None => return Err(wrong(1, format!("{kind} has no member {name:?}"))),
        });
    }
    let id_column = columns.iter().position(|(name, _)| *name == "id");
    let id_column = id_column.ok_or_else(|| wrong(1, "the column id is missing".into()))?;
    let mut hashes = Hashes { by: RandomState::new(), seen: HashSet::new() };
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            wrong(line, error.to_string())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let (cells, wanted) = (record.len(), columns.len());
        if cells != wanted {
            return Err(wrong(line, format!("it has {cells} cells, the header has {wanted}")));
        }
        let mut patch = Patch { line, set: Map::new(), unset: Vec::new() };
        for ((member, kind), cell) in columns.iter().zip(&record) {
            let in_column = |why| wrong(line, format!("{member}: {why}"));
            check_cell(cell).map_err(in_column)?;
            if *member == "id" {
                check_number(cell).map_err(in_column)?;
                continue;
            }
            if cell.is_empty() {
                patch.unset.push((*member).to_string());
            } else {
                patch.set.insert((*member).to_string(), value(*kind, cell).map_err(in_column)?);
            }
        }
        let id = record.get(id_column).unwrap_or_default();
        if id.is_empty() {
            return Err(wrong(line, format!("{kind}/: its key has 0 bytes")));
        }
        if !hashes.seen.insert(hashes.by.hash_one(id)) {
            return Err(wrong(line, format!("id: {id} is there twice")));
        }
        let body = canonical::to_line(&patch).map_err(|error| wrong(line, error.to_string()))?;
        spool.add(DraftRow { kind: kind.into(), id: id.into(), body: Some(body) })?;
    }
    Ok(hashes)
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

/// Whether it is a number as a spreadsheet writes long ones: `5.90123E+12`, `5901234123457.0`.
fn is_spoilt_number(text: &str) -> bool {
    let is_number = |text: &str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        digits > 0
            && digits + 1 >= text.len()
            && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b','))
    };
    if let Some((mantissa, exponent)) = text.split_once(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']);
        let is_exponent = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        return is_number(mantissa) && exponent.is_some_and(is_exponent);
    }
    let whole = text.trim_end_matches('0').strip_suffix(['.', ',']);
    whole.is_some_and(|whole| whole.len() >= 8 && whole.bytes().all(|byte| byte.is_ascii_digit()))
}

fn shortened(cell: &str) -> String {
    text::fitted(cell, 40).into_owned()
}

fn value(kind: Cell, cell: &str) -> Result<Value, String> {
    match kind {
        Text => {
            check_number(cell)?;
            Ok(cell.into())
        }
        Integer => cell
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| format!("{:?} is not a whole number", shortened(cell))),
        Truth => match cell {
            "true" | "1" => Ok(true.into()),
            "false" | "0" => Ok(false.into()),
            _ => Err(format!("{:?} is neither true nor false", shortened(cell))),
        },
        List => cell.split('|').map(element).collect(),
        Wholes => cell.split('|').map(|element| value(Integer, element)).collect(),
    }
}

fn element(element: &str) -> Result<Value, String> {
    if element.is_empty() {
        return Err("an element of the list is empty".into());
    }
    check_cell(element)?;
    check_number(element)?;
    Ok(element.into())
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
    line: u64,
    /// Whether the file says something else than the draft.
    is_new: bool,
}

/// Records on their way from a sorted spool into another, as whole rows.
struct Merging<'a> {
    office: &'a Backoffice,
    draft: Draft<'a>,
    kind: &'static str,
    ids: Hashes,
    /// By code; `None` where codes may be shared.
    carriers: Option<HashMap<u64, Carrier>>,
    /// The first line that is wrong, and why.
    wrong: Option<(u64, ProblemType, String)>,
}

/// A record as the whole row that it makes.
struct Merged {
    line: u64,
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
            for Merged { line, row, .. } in merged {
                match row {
                    Ok(row) => rows.add(row)?,
                    Err(why) => self.refuse(line, ProblemType::Malformed, why),
                }
            }
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

    /// Refuses a code that another active item carries, by the file or by the draft, where the file brings
    /// that about.
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
                let carrier = Carrier { item, line: *line, is_new: !before.as_ref().is_some_and(had) };
                let other = carriers.entry(self.ids.by.hash_one(code)).or_insert(carrier);
                let (first, last) = (other.line.min(*line), other.line.max(*line));
                if other.item != item && (other.is_new || carrier.is_new) {
                    let code = codes::printed(code);
                    let why = format!("the code {code} is on line {first} as well, on another item");
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
        return Merged { line: 0, row: Err("it could not be read back".into()), before, after: None };
    };
    let members: Map<String, Value> =
        old.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    let mut members = members;
    members.retain(|member, _| !unset.contains(member));
    members.extend(set);
    let body = canonical::to_line(&Value::Object(members)).map_err(|error| error.to_string());
    let row = body.and_then(|body| validate::row(centre, kind, id, Some(&body)));
    let after = row.as_ref().ok().and_then(|row| codes::carried(kind, id, row.body.as_deref()?));
    Merged { line, row, before, after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_a_spreadsheet_has_written_is_told_from_a_code() {
        for spoilt in ["5.90123E+12", "5,90123E+12", "1E+05", "6e-07", "5901234123457.0", "5901234123457,00"]
        {
            assert!(is_spoilt_number(spoilt), "{spoilt}");
        }
        for good in ["5901234123457", "E12", "12E3", "1E", "1.0", "A.1E+2", "85123A", "+E+1", "E+1", "10", ""]
        {
            assert!(!is_spoilt_number(good), "{good}");
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

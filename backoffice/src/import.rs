//! CSV into a draft: a header line, one row a record, nothing applied unless all of it is good.
//!
//! The column `id` is the row's key; the others are members of the kind's body. An empty cell is a
//! member that is not there. Lists are parted by `|`, truths are `true` and `false` (or `1` and `0`),
//! prices, quantities and rates are decimal text with a point.

use bytes::Bytes;
use serde_json::{Map, Value};
use tillkit_protocol::canonical;

use crate::{
    Backoffice,
    drafts::{self, Drafted},
    error::{Error, Result},
    spool::Spool,
    store::TenantId,
    validate,
};

/// The largest file taken.
pub const FILE_BYTES: usize = 256 << 20;

/// How a cell becomes a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Text,
    Integer,
    Truth,
    List,
}
use Cell::{Integer, List, Text, Truth};

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
    ("currency", &[("name", Text), ("cash_step_minor", Integer)]),
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

/// Drafts the rows of a CSV file; those of a live section are written at once.
///
/// # Errors
/// A refusal naming the line; then nothing has been drafted.
pub async fn csv(
    office: &Backoffice,
    tenant: TenantId,
    centre: &str,
    kind: &str,
    file: Bytes,
) -> Result<Drafted> {
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    let (name, members) =
        known.ok_or_else(|| Error::not_found(format!("rows of kind {kind} cannot be imported")))?;
    let centre_id = centre.to_owned();
    drafts::put_checked(office, tenant, centre, move |spool| read(&centre_id, name, members, &file, spool))
        .await
}

fn read(centre: &str, kind: &str, members: &[(&str, Cell)], file: &[u8], spool: &mut Spool) -> Result<()> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut reader = csv::ReaderBuilder::new().from_reader(file);
    let header = reader.headers().map_err(|error| wrong(1, error.to_string()))?.clone();
    let mut columns = Vec::with_capacity(header.len());
    let mut id_column = None;
    for (index, name) in header.iter().enumerate() {
        if name == "id" {
            id_column = Some(index);
            columns.push(None);
            continue;
        }
        let member = members.iter().find(|(member, _)| *member == name);
        columns.push(Some(member.ok_or_else(|| wrong(1, format!("{kind} has no member {name:?}")))?));
    }
    let id_column = id_column.ok_or_else(|| wrong(1, "the column id is missing".into()))?;
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            wrong(line, error.to_string())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let id = record.get(id_column).unwrap_or_default();
        let mut body = Map::new();
        for (column, cell) in columns.iter().zip(&record) {
            if let Some((member, kind)) = column
                && !cell.is_empty()
            {
                let value = value(*kind, cell).map_err(|why| wrong(line, format!("{member}: {why}")))?;
                body.insert((*member).to_string(), value);
            }
        }
        let body =
            canonical::to_line(&Value::Object(body)).map_err(|error| wrong(line, error.to_string()))?;
        spool.add(validate::row(centre, kind, id, Some(&body)).map_err(|why| wrong(line, why))?)?;
    }
    Ok(())
}

fn wrong(line: u64, why: String) -> Error {
    Error::malformed(format!("line {line}: {why}"))
}

fn value(kind: Cell, cell: &str) -> Result<Value, String> {
    match kind {
        Text => Ok(cell.into()),
        Integer => {
            cell.parse::<i64>().map(Value::from).map_err(|_| format!("{cell:?} is not a whole number"))
        }
        Truth => match cell {
            "true" | "1" => Ok(true.into()),
            "false" | "0" => Ok(false.into()),
            _ => Err(format!("{cell:?} is neither true nor false")),
        },
        List => Ok(cell.split('|').map(Value::from).collect()),
    }
}

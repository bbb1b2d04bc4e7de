//! Rows into a centre's draft: all checked before the first is written.
//!
//! A million rows come as a stream, are checked as they come and wait in a file (`spool.rs`); only
//! when the last one is known to be good are they written, a few thousand a transaction, so that
//! uploads of documents are never kept waiting for long. What a crash interrupts is a draft half
//! written: nothing of it is published, and sending the same again completes it. Rows of live sections
//! are written the same way, but no draft holds them: they come down by themselves (`live.rs`).

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::value::RawValue;
use tillkit_domain::text;
use tillkit_protocol::{canonical, limits, settings};

use crate::{
    Backoffice,
    error::{Error, Result},
    ingest::aside,
    live,
    news::Topic,
    spool::Spool,
    store::{
        TenantId,
        config::{self, DraftRow},
    },
    tokens::mac,
    validate,
};

/// Rows a transaction writes: few enough that an upload hardly waits.
const ROWS_AT_ONCE: usize = 4_000;

/// What a request to draft came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drafted {
    /// Rows that were sent.
    pub rows: u64,
    /// Rows that differ from what was drafted before.
    pub changed: u64,
}

/// Makes a centre or changes its `centre` row; its pepper is made once and stays.
///
/// # Errors
/// A refusal if the id is not plain or the body is not a `centre`'s, naming the member.
pub async fn put_centre(office: &Backoffice, tenant: TenantId, id: &str, body: &[u8]) -> Result<Drafted> {
    crate::enrol::check_id(id)?;
    validate::row(id, "centre", id, Some(body)).map_err(Error::malformed)?;
    let row: settings::Centre = settings::read(body).map_err(|error| Error::malformed(error.to_string()))?;
    text::check("member name: it", &row.name, text::NAME_CHARS)
        .map_err(|error| Error::malformed(error.to_string()))?;
    let pepper = office.random.bytes()?;
    config::put_centre(&office.store, tenant, id, &row.name, &pepper).await?;
    put_row(office, tenant, id, "centre", id, body).await
}

/// A cashier to be drafted; the PIN itself is kept nowhere.
#[derive(Debug, Clone)]
pub struct NewUser<'a> {
    /// The row's key.
    pub id: &'a str,
    /// As shown.
    pub name: &'a str,
    /// Key of the `role`.
    pub role: &'a str,
    /// What is typed to sign in.
    pub pin: &'a str,
    /// Whether signing in is allowed.
    pub active: bool,
}

/// Drafts a user: the PIN becomes argon2id(HMAC-SHA-256(pepper, PIN)).
///
/// # Errors
/// A refusal if there is no such centre or the PIN is not 4 to 12 digits.
pub async fn put_user(
    office: &Backoffice,
    tenant: TenantId,
    centre: &str,
    user: &NewUser<'_>,
) -> Result<Drafted> {
    let is_pin = (4..=12).contains(&user.pin.len()) && user.pin.bytes().all(|byte| byte.is_ascii_digit());
    if !is_pin {
        return Err(Error::malformed("a PIN has 4 to 12 digits"));
    }
    let row = config::centre(&office.store, tenant, centre).await?;
    let pepper = row.ok_or_else(|| Error::not_found(format!("there is no centre {centre}")))?.pepper;
    let keyed = mac(&pepper, b"", user.pin.as_bytes())?;
    let pin = office.hashing.hash(keyed.into(), office.random.bytes()?).await?;
    let body = settings::User { name: user.name.into(), role: user.role.into(), pin, active: user.active };
    put_row(office, tenant, centre, "user", user.id, &canonical::to_line(&body)?).await
}

/// Drafts one row.
///
/// # Errors
/// A refusal naming row and member.
pub async fn put_row(
    office: &Backoffice,
    tenant: TenantId,
    centre: &str,
    kind: &str,
    id: &str,
    body: &[u8],
) -> Result<Drafted> {
    let row = validate::row(centre, kind, id, Some(body)).map_err(Error::malformed)?;
    let _editing = office.editing(tenant, centre).await;
    let rows = [row];
    let changed = write(office, tenant, centre, &rows).await?;
    Ok(Drafted { rows: 1, changed })
}

/// Drafts one member of a row that is there; the others stay as they are, known here or not.
///
/// # Errors
/// A refusal if there is no such row, or naming what is wrong with the member.
pub(crate) async fn put_member(
    office: &Backoffice,
    tenant: TenantId,
    centre: &str,
    (kind, id): (&str, &str),
    (member, value): (&str, serde_json::Value),
) -> Result<Drafted> {
    let _editing = office.editing(tenant, centre).await;
    let body = config::drafted(&office.store, tenant, centre, kind, id).await?;
    let body = body.ok_or_else(|| Error::not_found(format!("there is no {kind}/{id}")))?;
    let mut members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&body).map_err(|_| Error::Unreadable("a drafted row"))?;
    members.insert(member.into(), value);
    let body = canonical::to_line(&members)?;
    let rows = [validate::row(centre, kind, id, Some(&body)).map_err(Error::malformed)?];
    let changed = write(office, tenant, centre, &rows).await?;
    Ok(Drafted { rows: 1, changed })
}

/// Drafts rows as they come: `{"k":…,"id":…,"d":{…}}` a line, `{"k":…,"id":…,"x":1}` takes one away.
///
/// # Errors
/// A refusal naming line, row and member; then nothing has been drafted.
pub async fn put_lines(
    office: &Backoffice,
    tenant: TenantId,
    centre: &str,
    body: impl Stream<Item = Result<Bytes>> + Send,
) -> Result<Drafted> {
    must_exist(office, tenant, centre).await?;
    let mut spool = Spool::in_folder(&office.spool)?;
    let mut body = std::pin::pin!(body);
    let (mut waiting, mut line) = (Vec::new(), 0);
    let name: Arc<str> = centre.into();
    loop {
        let chunk = body.next().await.transpose()?;
        let is_last = chunk.is_none();
        waiting.extend_from_slice(&chunk.unwrap_or_default());
        if !is_last && waiting.len() < 1 << 20 {
            continue;
        }
        let whole = if is_last {
            waiting.len()
        } else {
            waiting.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
        };
        if whole == 0 && waiting.len() > limits::ROW_BYTES + (1 << 20) {
            return Err(Error::malformed(format!("line {} is longer than any row", line + 1)));
        }
        let rest = waiting.split_off(whole);
        let lines = std::mem::replace(&mut waiting, rest);
        let name = name.clone();
        (spool, line) = aside(move || take_lines(&name, &lines, line, spool)).await??;
        if is_last {
            return drafted(office, tenant, centre, spool).await;
        }
    }
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    k: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    id: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    d: Option<&'a RawValue>,
    #[serde(default)]
    x: u8,
}

fn take_lines(centre: &str, lines: &[u8], mut number: u64, mut spool: Spool) -> Result<(Spool, u64)> {
    for line in lines.split(|byte| *byte == b'\n') {
        number += 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let wrong = |why: String| Error::malformed(format!("line {number}: {why}"));
        let Line { k, id, d, x } = serde_json::from_slice(line).map_err(|error| wrong(error.to_string()))?;
        if d.is_some() == (x == 1) {
            return Err(wrong(format!("{k}/{id}: it has neither d nor x, or both")));
        }
        let body = d.map(|raw| raw.get().as_bytes());
        spool.add(validate::row(centre, &k, &id, body).map_err(wrong)?)?;
    }
    // The split of lines that end in a line feed has an empty one after it.
    let counted = if lines.ends_with(b"\n") || lines.is_empty() { number - 1 } else { number };
    Ok((spool, counted))
}

/// Refuses a centre that is not there.
pub(crate) async fn must_exist(office: &Backoffice, tenant: TenantId, centre: &str) -> Result<()> {
    let row = config::centre(&office.store, tenant, centre).await?;
    row.map(drop).ok_or_else(|| Error::not_found(format!("there is no centre {centre}")))
}

async fn drafted(office: &Backoffice, tenant: TenantId, centre: &str, spool: Spool) -> Result<Drafted> {
    let _editing = office.editing(tenant, centre).await;
    put_checked(office, tenant, centre, spool).await
}

/// Drafts rows that have all been checked, while nobody else edits the centre: see [`Backoffice::editing`].
pub(crate) async fn put_checked(
    office: &Backoffice,
    tenant: TenantId,
    centre: &str,
    spool: Spool,
) -> Result<Drafted> {
    let mut drafted = Drafted { rows: spool.rows(), changed: 0 };
    let mut spooled = aside(move || spool.read()).await??;
    loop {
        let (rows, rest) =
            aside(move || spooled.next_rows(ROWS_AT_ONCE).map(|rows| (rows, spooled))).await??;
        spooled = rest;
        if rows.is_empty() {
            return Ok(drafted);
        }
        drafted.changed += write(office, tenant, centre, &rows).await?;
    }
}

/// Writes checked rows: those of live sections at once, the others into the draft.
async fn write(office: &Backoffice, tenant: TenantId, centre: &str, rows: &[DraftRow]) -> Result<u64> {
    let (live_rows, rows): (Vec<_>, Vec<_>) = rows.iter().cloned().partition(|row| live::is_live(&row.kind));
    let mut changed = 0;
    if !live_rows.is_empty() {
        changed += live::put_rows(office, tenant, centre, &live_rows).await?;
    }
    if !rows.is_empty() {
        let rows = &rows[..];
        changed += office
            .store
            .write(|tx| Box::pin(async move { config::draft(tx, tenant, centre, rows).await }))
            .await?;
        office.news.tell(tenant, &[Topic::Draft]);
    }
    Ok(changed)
}

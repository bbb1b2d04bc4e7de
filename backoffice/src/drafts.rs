//! Rows into a centre's draft: all checked before the first is written.
//!
//! A million rows come as a stream, are checked as they come and wait in a file (`spool.rs`); only
//! when the last one is known to be good are they written, a few thousand a transaction, so that
//! uploads of documents are never kept waiting for long. What a crash interrupts is a draft half
//! written: nothing of it is published, and sending the same again completes it. Rows of live sections
//! are written the same way, but no draft holds them: they come down by themselves (`live.rs`).

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::RandomState},
    hash::BuildHasher,
    num::NonZeroU64,
    sync::Arc,
};

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
        config::{self, Draft, DraftRow},
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

/// Drafts rows as they come: `{"k":…,"id":…,"d":{…}}` a line, `{"k":…,"id":…,"x":1}` takes one away. A row
/// may be there twice if both lines say the same, or one of them takes it away: the last line holds.
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
    let mut taken = Taken::new(Spool::in_folder(&office.spool)?);
    let mut body = std::pin::pin!(body);
    let mut waiting = Vec::new();
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
            return Err(Error::malformed(format!("line {} is longer than any row", taken.lines + 1)));
        }
        let rest = waiting.split_off(whole);
        let lines = std::mem::replace(&mut waiting, rest);
        let name = name.clone();
        taken = aside(move || taken.take(&name, &lines).map(|()| taken)).await??;
        if is_last {
            return drafted(office, tenant, centre, taken).await;
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

/// What has come of a request.
struct Taken {
    spool: Spool,
    lines: u64,
    by: RandomState,
    /// Hashes of rows' places, with those of their bodies, if they have one: a million of them fit a small
    /// memory.
    bodies: HashMap<u64, Option<NonZeroU64>>,
    named: Named,
}

impl Taken {
    fn new(spool: Spool) -> Taken {
        Taken { spool, lines: 0, by: RandomState::new(), bodies: HashMap::new(), named: Named::default() }
    }

    fn take(&mut self, centre: &str, lines: &[u8]) -> Result<()> {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            self.lines += 1;
            let number = self.lines;
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let wrong = |why: String| Error::malformed(format!("line {number}: {why}"));
            let Line { k, id, d, x } =
                serde_json::from_slice(line).map_err(|error| wrong(error.to_string()))?;
            if d.is_some() == (x == 1) {
                return Err(wrong(format!("{k}/{id}: it has neither d nor x, or both")));
            }
            let body = d.map(|raw| raw.get().as_bytes());
            let row = validate::row(centre, &k, &id, body).map_err(wrong)?;
            let hash = row.body.as_ref().and_then(|body| NonZeroU64::new(self.by.hash_one(body) | 1));
            let before = self.bodies.insert(self.by.hash_one((&row.kind, &row.id)), hash);
            // A log of changes writes a row and takes it away later.
            if before.flatten().zip(hash).is_some_and(|(before, now)| before != now) {
                return Err(wrong(format!("{k}/{id}: an earlier line says something else of it")));
            }
            self.named.note(number, &row);
            self.spool.add(row)?;
        }
        Ok(())
    }

    /// Whether it takes a row away or not; `None` if it says nothing of it.
    fn is_sent(&self, kind: &str, id: &str) -> Option<bool> {
        self.bodies.get(&self.by.hash_one((kind, id))).map(Option::is_some)
    }
}

/// What rows of live sections name. No publication could refuse them, so they are refused before they are
/// written.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Warehouses, with the first line and row that names each.
    warehouses: BTreeMap<String, (u64, String)>,
    has_warehouses: bool,
    /// Customers with the customer that each has become part of, and the line that says so.
    merged: BTreeMap<String, (u64, String)>,
}

impl Named {
    /// Notes what a checked row names.
    pub(crate) fn note(&mut self, line: u64, row: &DraftRow) {
        #[derive(Deserialize)]
        struct Warehouse {
            warehouse: String,
        }
        // Of several lines the last one holds.
        if row.kind == "customer" {
            self.merged.remove(&row.id);
        }
        let Some(body) = &row.body else { return };
        match row.kind.as_str() {
            "warehouse" => self.has_warehouses = true,
            "stock_level" | "audit_plan" => {
                let Ok(Warehouse { warehouse }) = settings::read(body) else { return };
                let place = || (line, format!("{}/{}", row.kind, row.id));
                self.warehouses.entry(warehouse).or_insert_with(place);
            }
            "customer" => {
                let Some(into) = merged_into(body) else { return };
                self.merged.insert(row.id.clone(), (line, into));
            }
            _ => {}
        }
    }

    /// Refuses a warehouse that is not there, and a customer that has become part of nobody or of itself.
    /// `is_sent` says of a row whether the request writes it or takes it away; `None` if it does neither.
    pub(crate) async fn check(
        &self,
        office: &Backoffice,
        draft: Draft<'_>,
        is_sent: impl Fn(&str, &str) -> Option<bool>,
    ) -> Result<()> {
        for (name, (line, row)) in &self.warehouses {
            if is_sent("warehouse", name) != Some(true) && !self.is_known(office, draft, name).await? {
                let why = format!("line {line}: {row}: there is no warehouse {name}");
                return Err(Error::malformed(why));
            }
        }
        for (id, (line, into)) in &self.merged {
            if let Some(why) = self.wrong_merge(office, draft, (id, into), &is_sent).await? {
                let why = format!("line {line}: customer/{id}: member merged_into: {why}");
                return Err(Error::malformed(why));
            }
        }
        Ok(())
    }

    /// Whether a centre has the warehouse, or this one has no list of its warehouses.
    async fn is_known(&self, office: &Backoffice, draft: Draft<'_>, warehouse: &str) -> Result<bool> {
        let store = &office.store;
        let listed = config::rows_after(store, draft, "warehouse", "", 1).await?;
        if listed.is_empty() && !self.has_warehouses {
            return Ok(true);
        }
        for info in config::centres(store, draft.tenant).await? {
            let of = Draft { centre: &info.centre, ..draft };
            let row = config::drafted(store, of.tenant, of.centre, "centre", of.centre).await?;
            let row: Option<settings::Centre> = row.and_then(|body| settings::read(&body).ok());
            let own = row.and_then(|row| row.warehouse);
            if own.as_deref() == Some(warehouse) || config::has_row(store, of, "warehouse", warehouse).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn wrong_merge(
        &self,
        office: &Backoffice,
        draft: Draft<'_>,
        (id, into): (&str, &str),
        is_sent: &impl Fn(&str, &str) -> Option<bool>,
    ) -> Result<Option<String>> {
        /// What a till follows at most.
        const MERGES: usize = 16;
        let (mut at, mut passed) = (into.to_string(), BTreeSet::from([id.to_string()]));
        loop {
            if !passed.insert(at.clone()) {
                return Ok(Some(match at == into {
                    true => "a customer cannot become part of itself".into(),
                    false => format!("by way of {into} it becomes part of itself"),
                }));
            }
            if passed.len() > MERGES {
                return Ok(Some(format!("more than {MERGES} customers have become part of one another")));
            }
            let body = match is_sent("customer", &at) {
                Some(true) => None,
                Some(false) => return Ok(Some(format!("there is no customer {at}"))),
                None => {
                    let (tenant, centre) = (draft.tenant, draft.centre);
                    let body = config::drafted(&office.store, tenant, centre, "customer", &at).await?;
                    let Some(body) = body else { return Ok(Some(format!("there is no customer {at}"))) };
                    Some(body)
                }
            };
            let next = match body {
                Some(body) => merged_into(&body),
                None => self.merged.get(&at).map(|(_, next)| next.clone()),
            };
            match next {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
    }
}

fn merged_into(body: &[u8]) -> Option<String> {
    settings::read::<settings::Customer>(body).ok()?.merged_into
}

/// Refuses a centre that is not there.
pub(crate) async fn must_exist(office: &Backoffice, tenant: TenantId, centre: &str) -> Result<()> {
    let row = config::centre(&office.store, tenant, centre).await?;
    row.map(drop).ok_or_else(|| Error::not_found(format!("there is no centre {centre}")))
}

async fn drafted(office: &Backoffice, tenant: TenantId, centre: &str, taken: Taken) -> Result<Drafted> {
    let _editing = office.editing(tenant, centre).await;
    let draft = Draft { tenant, centre, edition: 0 };
    taken.named.check(office, draft, |kind, id| taken.is_sent(kind, id)).await?;
    put_checked(office, tenant, centre, taken.spool).await
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

//! Centres, their rows as drafted and as published, and their manifests.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use sqlx::{AssertSqlSafe, Row};
use tillkit_domain::text;
use tillkit_protocol::{Hash, wire::CentreInfo};

use super::{Bind, Store, TenantId, Tx, array, hash, insert_all, items, signed, unsigned};
use crate::{
    error::{Error, Result},
    parts,
};

/// A centre as it stands.
#[derive(Debug, Clone)]
pub(crate) struct CentreRow {
    pub(crate) pepper: [u8; 32],
    pub(crate) edition: i64,
    pub(crate) drafts: i64,
    pub(crate) generation: u64,
    /// Live publications so far.
    pub(crate) live: u64,
    pub(crate) live_writes: i64,
}

impl CentreRow {
    /// The edition of rows written for the next live publication.
    pub(crate) fn live_edition(&self) -> i64 {
        -1 - signed(self.live)
    }
}

/// Makes a centre, or names it anew; the pepper of an existing one stays.
pub(crate) async fn put_centre(
    store: &Store,
    tenant: TenantId,
    centre: &str,
    name: &str,
    pepper: &[u8; 32],
) -> Result<()> {
    const PUT: &str = "
        INSERT INTO centre (tenant, centre, name, pepper, edition, drafts, generation)
        VALUES ($1, $2, $3, $4, 1, 0, 0)
        ON CONFLICT (tenant, centre) DO UPDATE SET name = excluded.name";
    store
        .write(|tx| {
            Box::pin(async move {
                let put = sqlx::query(PUT).bind(tenant).bind(centre).bind(name).bind(&pepper[..]);
                put.execute(&mut **tx).await?;
                Ok(())
            })
        })
        .await
}

/// A centre, if there is one of that id.
pub(crate) async fn centre(store: &Store, tenant: TenantId, centre: &str) -> Result<Option<CentreRow>> {
    const GET: &str = "
        SELECT pepper, edition, drafts, generation, live, live_writes FROM centre
         WHERE tenant = $1 AND centre = $2";
    let query = sqlx::query(GET).bind(tenant).bind(centre);
    let Some(row) = query.fetch_optional(&mut *store.read().await?).await? else { return Ok(None) };
    Ok(Some(CentreRow {
        pepper: array(&row, 0)?,
        edition: row.try_get(1)?,
        drafts: row.try_get(2)?,
        generation: unsigned(&row, 3)?,
        live: unsigned(&row, 4)?,
        live_writes: row.try_get(5)?,
    }))
}

/// Whether there is a centre of that id.
pub(crate) async fn exists(tx: &mut Tx<'_>, tenant: TenantId, centre: &str) -> Result<bool> {
    const EXISTS: &str = "SELECT 1 FROM centre WHERE tenant = $1 AND centre = $2";
    let query = sqlx::query(EXISTS).bind(tenant).bind(centre);
    Ok(query.fetch_optional(&mut **tx).await?.is_some())
}

/// The published centres of a tenant.
pub(crate) async fn published(store: &Store, tenant: TenantId) -> Result<Vec<CentreInfo>> {
    const ALL: &str = "
        SELECT centre, generation, name FROM centre WHERE tenant = $1 AND generation > 0 ORDER BY centre";
    let rows = sqlx::query(ALL).bind(tenant).fetch_all(&mut *store.read().await?).await?;
    rows.iter().map(info).collect()
}

/// Every centre of a tenant, published or not; the generation is 0 before the first.
pub(crate) async fn centres(store: &Store, tenant: TenantId) -> Result<Vec<CentreInfo>> {
    const ALL: &str = "SELECT centre, generation, name FROM centre WHERE tenant = $1 ORDER BY centre";
    let rows = sqlx::query(ALL).bind(tenant).fetch_all(&mut *store.read().await?).await?;
    rows.iter().map(info).collect()
}

fn info(row: &sqlx::any::AnyRow) -> Result<CentreInfo> {
    Ok(CentreInfo { centre: row.try_get(0)?, generation: unsigned(row, 1)?, name: row.try_get(2)? })
}

/// A row to be drafted; no body takes it away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DraftRow {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) body: Option<Vec<u8>>,
}

/// Drafts rows, no key twice among them; returns how many differ from what was drafted before.
pub(crate) async fn draft(tx: &mut Tx<'_>, tenant: TenantId, centre: &str, rows: &[DraftRow]) -> Result<u64> {
    const COUNT: &str = "
        UPDATE centre SET drafts = drafts + 1 WHERE tenant = $1 AND centre = $2 RETURNING edition";
    let counted = sqlx::query(COUNT).bind(tenant).bind(centre).fetch_optional(&mut **tx).await?;
    let edition = counted.ok_or_else(|| no_centre(centre))?.try_get(0)?;
    put_rows(tx, tenant, centre, edition, rows).await
}

/// Writes live rows, no key twice among them; returns how many differ from what was there.
pub(crate) async fn write_live(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    centre: &str,
    rows: &[DraftRow],
) -> Result<u64> {
    const COUNT: &str = "
        UPDATE centre SET live_writes = live_writes + 1 WHERE tenant = $1 AND centre = $2
        RETURNING -1 - live";
    if rows.is_empty() {
        return Ok(0);
    }
    let counted = sqlx::query(COUNT).bind(tenant).bind(centre).fetch_optional(&mut **tx).await?;
    let edition = counted.ok_or_else(|| no_centre(centre))?.try_get(0)?;
    put_rows(tx, tenant, centre, edition, rows).await
}

fn no_centre(centre: &str) -> Error {
    Error::not_found(format!("there is no centre {centre}"))
}

async fn put_rows(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    centre: &str,
    edition: i64,
    rows: &[DraftRow],
) -> Result<u64> {
    const PUT: &str = "INSERT INTO config_row (tenant, centre, kind, id, body, edition, words)";
    const KEEP: &str = "
        ON CONFLICT (tenant, centre, kind, id) DO UPDATE
           SET published = CASE WHEN config_row.edition = excluded.edition
                                THEN config_row.published ELSE config_row.body END,
               body = excluded.body, edition = excluded.edition, words = excluded.words
         WHERE config_row.body IS DISTINCT FROM excluded.body";
    let words: Vec<_> =
        rows.iter().map(|row| items::words(&row.kind, &row.id, row.body.as_deref())).collect();
    let binds: Vec<_> = rows
        .iter()
        .zip(&words)
        .map(|(DraftRow { kind, id, body }, words)| {
            [
                Bind::Int(tenant),
                Bind::Text(centre),
                Bind::Text(kind),
                Bind::Bytes(id.as_bytes()),
                Bind::Maybe(body.as_deref()),
                Bind::Int(edition),
                Bind::MaybeText(words.as_deref()),
            ]
        })
        .collect();
    items::see_codes(tx, tenant, centre, rows).await?;
    insert_all(tx, PUT, KEEP, &binds).await
}

/// Which draft of which centre a reader means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draft<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) centre: &'a str,
    pub(crate) edition: i64,
}

/// How many rows of each kind have been drafted since the last publication.
pub(crate) async fn dirty_kinds(store: &Store, draft: Draft<'_>) -> Result<Vec<(String, u64)>> {
    const DIRTY: &str = "
        SELECT kind, COUNT(*) FROM config_row
         WHERE tenant = $1 AND centre = $2 AND edition = $3 GROUP BY kind ORDER BY kind";
    let query = sqlx::query(DIRTY).bind(draft.tenant).bind(draft.centre).bind(draft.edition);
    let rows = query.fetch_all(&mut *store.read().await?).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, unsigned(row, 1)?))).collect()
}

/// How many rows of each kind differ from the published ones.
pub(crate) async fn changed_kinds(store: &Store, draft: Draft<'_>) -> Result<Vec<(String, u64)>> {
    const CHANGED: &str = "
        SELECT kind, COUNT(*) FROM config_row
         WHERE tenant = $1 AND centre = $2 AND edition = $3 AND body IS DISTINCT FROM published
         GROUP BY kind ORDER BY kind";
    let query = sqlx::query(CHANGED).bind(draft.tenant).bind(draft.centre).bind(draft.edition);
    let rows = query.fetch_all(&mut *store.read().await?).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, unsigned(row, 1)?))).collect()
}

/// A row that has been drafted since the last publication.
#[derive(Debug, Clone)]
pub(crate) struct DirtyRow {
    pub(crate) id: String,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) published: Option<Vec<u8>>,
}

/// The drafted rows of a kind that differ from the published ones, by key, at most `limit`.
pub(crate) async fn dirty_rows(
    store: &Store,
    draft: Draft<'_>,
    kind: &str,
    limit: u64,
) -> Result<Vec<DirtyRow>> {
    const DIRTY: &str = "
        SELECT id, body, published FROM config_row
         WHERE tenant = $1 AND centre = $2 AND edition = $3 AND kind = $4
           AND body IS DISTINCT FROM published
         ORDER BY id LIMIT $5";
    let query = sqlx::query(DIRTY).bind(draft.tenant).bind(draft.centre).bind(draft.edition);
    let rows = query.bind(kind).bind(signed(limit)).fetch_all(&mut *store.read().await?).await?;
    let dirty = |row: &sqlx::any::AnyRow| -> Result<DirtyRow> {
        Ok(DirtyRow { id: key(row, 0)?, body: row.try_get(1)?, published: row.try_get(2)? })
    };
    rows.iter().map(dirty).collect()
}

/// The body of a row as it is drafted; as it was published where nobody has drafted it since.
pub(crate) async fn drafted(
    store: &Store,
    tenant: TenantId,
    centre: &str,
    kind: &str,
    id: &str,
) -> Result<Option<Vec<u8>>> {
    const BODY: &str =
        "SELECT body FROM config_row WHERE tenant = $1 AND centre = $2 AND kind = $3 AND id = $4";
    let query = sqlx::query(BODY).bind(tenant).bind(centre).bind(kind).bind(id.as_bytes());
    let Some(row) = query.fetch_optional(&mut *store.read().await?).await? else { return Ok(None) };
    Ok(row.try_get(0)?)
}

/// The bodies of the rows of a kind that have these keys, as they are drafted, by key.
pub(crate) async fn bodies(
    store: &Store,
    draft: Draft<'_>,
    kind: &str,
    ids: &[String],
) -> Result<HashMap<String, Vec<u8>>> {
    const BODIES: &str = "
        SELECT id, body FROM config_row
         WHERE tenant = $1 AND centre = $2 AND kind = $3 AND body IS NOT NULL AND id IN (";
    let connection = &mut *store.read().await?;
    let mut bodies = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(items::LISTED) {
        let text = format!("{BODIES}{})", items::places(4));
        let mut query = sqlx::query(AssertSqlSafe(text)).bind(draft.tenant).bind(draft.centre).bind(kind);
        for id in items::filled(chunk) {
            query = query.bind(id.as_bytes());
        }
        for row in query.fetch_all(&mut *connection).await? {
            bodies.insert(key(&row, 0)?, row.try_get(1)?);
        }
    }
    Ok(bodies)
}

/// A row as it is to be published.
#[derive(Debug, Clone)]
pub(crate) struct LiveRow {
    pub(crate) id: String,
    pub(crate) body: Vec<u8>,
}

/// The rows of a kind after a key, in order of their keys' bytes, at most `limit`.
pub(crate) async fn rows_after(
    store: &Store,
    draft: Draft<'_>,
    kind: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<LiveRow>> {
    const ROWS: &str = "
        SELECT id, body FROM config_row
         WHERE tenant = $1 AND centre = $2 AND kind = $3 AND id > $4 AND body IS NOT NULL
         ORDER BY id LIMIT $5";
    let query = sqlx::query(ROWS).bind(draft.tenant).bind(draft.centre).bind(kind).bind(after.as_bytes());
    let rows = query.bind(i64::from(limit)).fetch_all(&mut *store.read().await?).await?;
    rows.iter().map(|row| Ok(LiveRow { id: key(row, 0)?, body: row.try_get(1)? })).collect()
}

/// Whether a row of that key is drafted or published.
pub(crate) async fn has_row(store: &Store, draft: Draft<'_>, kind: &str, id: &str) -> Result<bool> {
    const HAS: &str = "
        SELECT 1 FROM config_row
         WHERE tenant = $1 AND centre = $2 AND kind = $3 AND id = $4 AND body IS NOT NULL";
    let query = sqlx::query(HAS).bind(draft.tenant).bind(draft.centre).bind(kind).bind(id.as_bytes());
    Ok(query.fetch_optional(&mut *store.read().await?).await?.is_some())
}

pub(super) fn key(row: &sqlx::any::AnyRow, column: usize) -> Result<String> {
    String::from_utf8(row.try_get(column)?).map_err(|_| Error::Unreadable("a key"))
}

/// A signed manifest as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) id: Hash,
    pub(crate) signed: Vec<u8>,
}

/// The newest manifest of a centre.
pub(crate) async fn manifest(store: &Store, tenant: TenantId, centre: &str) -> Result<Option<Signed>> {
    const NEWEST: &str = "
        SELECT g.id, g.signed FROM centre c
          JOIN generation g ON g.tenant = c.tenant AND g.centre = c.centre AND g.generation = c.generation
         WHERE c.tenant = $1 AND c.centre = $2";
    let query = sqlx::query(NEWEST).bind(tenant).bind(centre);
    let Some(row) = query.fetch_optional(&mut *store.read().await?).await? else { return Ok(None) };
    Ok(Some(Signed { id: hash(&row, 0)?, signed: row.try_get(1)? }))
}

/// A publication, as it is written down.
pub(crate) struct Publication<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) centre: &'a str,
    /// The centre as the publication has seen it.
    pub(crate) seen: &'a CentreRow,
    /// The same as before for a live publication.
    pub(crate) generation: u64,
    pub(crate) live: u64,
    pub(crate) published_ms: i64,
    pub(crate) manifest: &'a Signed,
    /// Blobs that tills may fetch from here on.
    pub(crate) listed: &'a BTreeSet<Hash>,
    /// Blobs that the manifest no longer lists, as of a time.
    pub(crate) dropped: (&'a BTreeSet<Hash>, i64),
    /// What rows are called from this generation on.
    pub(crate) names: &'a [NameThen],
}

/// What a row is called from a generation on.
#[derive(Debug, Clone)]
pub(crate) struct NameThen {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) generation: u64,
    pub(crate) name: String,
}

/// What a row was called at a generation: its name then; `None` if it had none.
pub(crate) async fn name_then(
    store: &Store,
    (tenant, centre): (TenantId, &str),
    kind: &str,
    id: &str,
    generation: u64,
) -> Result<Option<String>> {
    const NAMES: &str = "
        SELECT generation, name FROM name_then
         WHERE tenant = $1 AND centre = $2 AND kind = $3 AND id = $4 ORDER BY generation DESC";
    const PUBLISHED: &str = "
        SELECT CASE WHEN r.edition = c.edition THEN r.published ELSE r.body END FROM config_row r
          JOIN centre c ON c.tenant = r.tenant AND c.centre = r.centre
         WHERE r.tenant = $1 AND r.centre = $2 AND r.kind = $3 AND r.id = $4";
    let connection = &mut *store.read().await?;
    let names = sqlx::query(NAMES).bind(tenant).bind(centre).bind(kind).bind(id.as_bytes());
    let names = names.fetch_all(&mut *connection).await?;
    for row in &names {
        if unsigned(row, 0)? <= generation {
            return Ok(Some(row.try_get(1)?).filter(|name: &String| !name.is_empty()));
        }
    }
    if !names.is_empty() {
        return Ok(None);
    }
    // It has not been published anew since names are kept, so it is still called what it was then.
    let published = sqlx::query(PUBLISHED).bind(tenant).bind(centre).bind(kind).bind(id.as_bytes());
    let Some(row) = published.fetch_optional(&mut *connection).await? else { return Ok(None) };
    let body: Option<Vec<u8>> = row.try_get(0)?;
    Ok(body.and_then(|body| name_of(&body)))
}

/// The member `name` of a row's body.
pub(crate) fn name_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    serde_json::from_slice::<Named>(body).ok().map(|named| named.name)
}

/// Writes a publication down: from here on it is what tills fetch. `false`, and nothing has happened, if
/// rows have been written since it was computed.
pub(crate) async fn publish(store: &Store, publication: &Publication<'_>) -> Result<bool> {
    const TURN: &str = "
        UPDATE centre SET edition = edition + 1, generation = $1, live = $2
         WHERE tenant = $3 AND centre = $4 AND generation = $5 AND live = $6 AND live_writes = $7
           AND edition = $8 AND drafts = $9";
    const TURN_LIVE: &str = "
        UPDATE centre SET generation = $1, live = $2
         WHERE tenant = $3 AND centre = $4 AND generation = $5 AND live = $6 AND live_writes = $7";
    const KEEP: &str = "
        INSERT INTO generation (tenant, centre, generation, published_ms, id, signed)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (tenant, centre, generation) DO UPDATE SET id = excluded.id, signed = excluded.signed";
    const LIST: &str = "INSERT INTO centre_blob (tenant, centre, sha256)";
    const ONCE: &str = "ON CONFLICT (tenant, centre, sha256) DO UPDATE SET dropped_ms = NULL";
    const DROP: &str = "
        UPDATE centre_blob SET dropped_ms = $1 WHERE tenant = $2 AND centre = $3 AND sha256 = $4";
    const SWEEP: &str = "
        DELETE FROM config_row WHERE tenant = $1 AND centre = $2 AND edition = $3 AND body IS NULL";
    // What has been erased is not kept as what was published before either.
    const FORGET: &str = "
        UPDATE config_row SET published = NULL
         WHERE tenant = $1 AND centre = $2 AND edition = $3 AND kind = 'customer' AND body = $4";
    const NAME: &str = "INSERT INTO name_then (tenant, centre, kind, id, generation, name)";
    const STAYS: &str = "ON CONFLICT (tenant, centre, kind, id, generation) DO NOTHING";
    let Publication { tenant, centre, seen, generation, live, published_ms, .. } = *publication;
    let is_live = generation == seen.generation;
    store
        .write(|tx| {
            Box::pin(async move {
                let turn = sqlx::query(if is_live { TURN_LIVE } else { TURN });
                let turn = turn.bind(signed(generation)).bind(signed(live)).bind(tenant).bind(centre);
                let turn = turn.bind(signed(seen.generation)).bind(signed(seen.live)).bind(seen.live_writes);
                let turn = if is_live { turn } else { turn.bind(seen.edition).bind(seen.drafts) };
                if turn.execute(&mut **tx).await?.rows_affected() != 1 {
                    return Ok(false);
                }
                let Signed { id, signed: bytes } = publication.manifest;
                let keep =
                    sqlx::query(KEEP).bind(tenant).bind(centre).bind(signed(generation)).bind(published_ms);
                keep.bind(&id.as_bytes()[..]).bind(bytes.as_slice()).execute(&mut **tx).await?;
                let listed = publication.listed.iter();
                let listed: Vec<_> = listed
                    .map(|sha256| [Bind::Int(tenant), Bind::Text(centre), Bind::Bytes(sha256.as_bytes())])
                    .collect();
                insert_all(tx, LIST, ONCE, &listed).await?;
                let fitted = |name: &NameThen| text::fitted(&name.name, text::NAME_CHARS).into_owned();
                let texts: Vec<_> = publication.names.iter().map(fitted).collect();
                let names: Vec<_> = publication
                    .names
                    .iter()
                    .zip(&texts)
                    .map(|(name, text)| {
                        [
                            Bind::Int(tenant),
                            Bind::Text(centre),
                            Bind::Text(name.kind),
                            Bind::Bytes(name.id.as_bytes()),
                            Bind::Int(signed(name.generation)),
                            Bind::Text(text),
                        ]
                    })
                    .collect();
                insert_all(tx, NAME, STAYS, &names).await?;
                let (dropped, dropped_ms) = publication.dropped;
                for sha256 in dropped {
                    let drop = sqlx::query(DROP).bind(dropped_ms).bind(tenant).bind(centre);
                    drop.bind(&sha256.as_bytes()[..]).execute(&mut **tx).await?;
                }
                let drafted = (!is_live).then_some(seen.edition);
                let lived = (live != seen.live).then(|| seen.live_edition());
                if let Some(edition) = lived {
                    let forget = sqlx::query(FORGET).bind(tenant).bind(centre).bind(edition);
                    forget.bind(parts::ERASED).execute(&mut **tx).await?;
                }
                for edition in drafted.into_iter().chain(lived) {
                    let sweep = sqlx::query(SWEEP).bind(tenant).bind(centre).bind(edition);
                    sweep.execute(&mut **tx).await?;
                }
                Ok(true)
            })
        })
        .await
}

/// Replaces the newest manifest of a centre by one of a higher generation with the same content.
pub(crate) async fn renew_manifest(
    store: &Store,
    tenant: TenantId,
    centre: &str,
    (generation, published_ms): (u64, i64),
    manifest: &Signed,
) -> Result<()> {
    const TURN: &str = "UPDATE centre SET generation = $1 WHERE tenant = $2 AND centre = $3";
    const KEEP: &str = "
        INSERT INTO generation (tenant, centre, generation, published_ms, id, signed)
        VALUES ($1, $2, $3, $4, $5, $6)";
    store
        .write(|tx| {
            Box::pin(async move {
                let turn = sqlx::query(TURN).bind(signed(generation)).bind(tenant).bind(centre);
                turn.execute(&mut **tx).await?;
                let keep =
                    sqlx::query(KEEP).bind(tenant).bind(centre).bind(signed(generation)).bind(published_ms);
                let Signed { id, signed: bytes } = manifest;
                keep.bind(&id.as_bytes()[..]).bind(bytes.as_slice()).execute(&mut **tx).await?;
                Ok(())
            })
        })
        .await
}

/// Whether a manifest of the centre lists the blob.
pub(crate) async fn lists_blob(store: &Store, tenant: TenantId, centre: &str, sha256: &Hash) -> Result<bool> {
    const LISTS: &str = "SELECT 1 FROM centre_blob WHERE tenant = $1 AND centre = $2 AND sha256 = $3";
    let query = sqlx::query(LISTS).bind(tenant).bind(centre).bind(&sha256.as_bytes()[..]);
    Ok(query.fetch_optional(&mut *store.read().await?).await?.is_some())
}

//! What live rows are made of: which warehouses a centre lists, what the levels are, what they contain;
//! and the blobs that live publications leave behind.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Row};
use tillkit_protocol::{Hash, wire::Ranges};

use super::{Store, TenantId, Tx, config::key, hash, small, unsigned};
use crate::error::{Error, Result};

/// The centres of a tenant, each with the warehouses whose levels are among its rows.
pub(crate) async fn listings(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<(String, BTreeSet<String>)>> {
    const ALL: &str = "SELECT centre, warehouses FROM centre WHERE tenant = $1 ORDER BY centre";
    let rows = sqlx::query(ALL).bind(tenant).fetch_all(&mut **tx).await?;
    let listing = |row: &sqlx::any::AnyRow| -> Result<(String, BTreeSet<String>)> {
        let warehouses = serde_json::from_str(row.try_get(1)?);
        Ok((row.try_get(0)?, warehouses.map_err(|_| Error::Unreadable("a list of warehouses"))?))
    };
    rows.iter().map(listing).collect()
}

/// From now on the levels of these warehouses are among a centre's rows.
pub(crate) async fn put_listing(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    centre: &str,
    warehouses: &BTreeSet<String>,
) -> Result<()> {
    const PUT: &str = "UPDATE centre SET warehouses = $1 WHERE tenant = $2 AND centre = $3";
    let warehouses = serde_json::Value::from_iter(warehouses.iter().map(String::as_str)).to_string();
    sqlx::query(PUT).bind(warehouses).bind(tenant).bind(centre).execute(&mut **tx).await?;
    Ok(())
}

/// The keys of a centre's rows of a kind.
pub(crate) async fn keys(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    centre: &str,
    kind: &str,
) -> Result<BTreeSet<String>> {
    const KEYS: &str = "
        SELECT id FROM config_row
         WHERE tenant = $1 AND centre = $2 AND kind = $3 AND body IS NOT NULL";
    let rows = sqlx::query(KEYS).bind(tenant).bind(centre).bind(kind).fetch_all(&mut **tx).await?;
    rows.iter().map(|row| key(row, 0)).collect()
}

/// A row's body as it stands.
pub(crate) async fn body(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    centre: &str,
    kind: &str,
    id: &str,
) -> Result<Option<Vec<u8>>> {
    const BODY: &str =
        "SELECT body FROM config_row WHERE tenant = $1 AND centre = $2 AND kind = $3 AND id = $4";
    let query = sqlx::query(BODY).bind(tenant).bind(centre).bind(kind).bind(id.as_bytes());
    let Some(row) = query.fetch_optional(&mut **tx).await? else { return Ok(None) };
    Ok(row.try_get(0)?)
}

/// Every level of a warehouse: item and millionths.
pub(crate) async fn levels(tx: &mut Tx<'_>, tenant: TenantId, warehouse: &str) -> Result<Vec<(String, i64)>> {
    const ALL: &str = "SELECT item, micro FROM stock_level WHERE tenant = $1 AND warehouse = $2";
    let rows = sqlx::query(ALL).bind(tenant).bind(warehouse).fetch_all(&mut **tx).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// The levels of some items of a warehouse.
pub(crate) async fn levels_of(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    warehouse: &str,
    items: &[&str],
) -> Result<Vec<(String, i64)>> {
    const SOME: &str =
        "SELECT item, micro FROM stock_level WHERE tenant = $1 AND warehouse = $2 AND item IN ";
    /// Two different texts, so that each stays prepared.
    const MANY: usize = 50;
    let mut levels = Vec::with_capacity(items.len());
    let mut rest = items;
    while !rest.is_empty() {
        let (some, after) = rest.split_at(if rest.len() >= MANY { MANY } else { 1 });
        let places: Vec<_> = (3..some.len() + 3).map(|place| format!("${place}")).collect();
        let text = format!("{SOME}({})", places.join(","));
        let mut query = sqlx::query(AssertSqlSafe(text)).bind(tenant).bind(warehouse);
        for item in some {
            query = query.bind(*item);
        }
        for row in query.fetch_all(&mut **tx).await? {
            levels.push((row.try_get(0)?, row.try_get(1)?));
        }
        rest = after;
    }
    Ok(levels)
}

/// Sets a level, as somebody has written it down; without a value there is none any more.
pub(crate) async fn set_level(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    (warehouse, item): (&str, &str),
    micro: Option<i64>,
) -> Result<()> {
    const SET: &str = "
        INSERT INTO stock_level (tenant, warehouse, item, micro) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, warehouse, item) DO UPDATE SET micro = excluded.micro";
    const GONE: &str = "DELETE FROM stock_level WHERE tenant = $1 AND warehouse = $2 AND item = $3";
    let statement = if micro.is_some() { SET } else { GONE };
    let mut query = sqlx::query(statement).bind(tenant).bind(warehouse).bind(item);
    if let Some(micro) = micro {
        query = query.bind(micro);
    }
    query.execute(&mut **tx).await?;
    Ok(())
}

/// Which documents of every enrolment are booked.
pub(crate) async fn booked(tx: &mut Tx<'_>, tenant: TenantId) -> Result<Vec<Ranges>> {
    const CHAINS: &str = "
        SELECT till, enrolment, booked FROM chain WHERE tenant = $1 ORDER BY till, enrolment";
    const BEYOND: &str = "
        SELECT till, enrolment, first_seq, last_seq FROM booked_range
         WHERE tenant = $1 ORDER BY till, enrolment, first_seq";
    let mut all: Vec<Ranges> = Vec::new();
    for row in sqlx::query(CHAINS).bind(tenant).fetch_all(&mut **tx).await? {
        let booked = unsigned(&row, 2)?;
        let ranges = if booked == 0 { Vec::new() } else { vec![(1, booked)] };
        all.push(Ranges { enrolment: small(&row, 1)?, ranges, till: row.try_get(0)? });
    }
    for row in sqlx::query(BEYOND).bind(tenant).fetch_all(&mut **tx).await? {
        let (till, enrolment): (&str, u32) = (row.try_get(0)?, small(&row, 1)?);
        let of = all.iter_mut().find(|of| of.till == till && of.enrolment == enrolment);
        if let Some(of) = of {
            of.ranges.push((unsigned(&row, 2)?, unsigned(&row, 3)?));
        }
    }
    all.retain(|of| !of.ranges.is_empty());
    Ok(all)
}

/// A blob that a centre has dropped.
pub(crate) struct Dropped {
    pub(crate) tenant: TenantId,
    pub(crate) centre: String,
    pub(crate) sha256: Hash,
}

/// Blobs that have been dropped since before a time.
pub(crate) async fn dropped(store: &Store, before_ms: i64) -> Result<Vec<Dropped>> {
    const OLD: &str = "
        SELECT tenant, centre, sha256 FROM centre_blob WHERE dropped_ms < $1 ORDER BY tenant LIMIT 10000";
    let rows = sqlx::query(OLD).bind(before_ms).fetch_all(&mut *store.read().await?).await?;
    let dropped = |row: &sqlx::any::AnyRow| -> Result<Dropped> {
        Ok(Dropped { tenant: row.try_get(0)?, centre: row.try_get(1)?, sha256: hash(row, 2)? })
    };
    rows.iter().map(dropped).collect()
}

/// Takes a dropped blob off its centre's list; whether no other centre of the tenant lists it.
pub(crate) async fn forget_blob(store: &Store, dropped: &Dropped) -> Result<bool> {
    const FORGET: &str = "
        DELETE FROM centre_blob
         WHERE tenant = $1 AND centre = $2 AND sha256 = $3 AND dropped_ms IS NOT NULL";
    const LEFT: &str = "SELECT COUNT(*) FROM centre_blob WHERE tenant = $1 AND sha256 = $2";
    let Dropped { tenant, centre, sha256 } = dropped;
    store
        .write(|tx| {
            Box::pin(async move {
                let forget = sqlx::query(FORGET).bind(*tenant).bind(centre.as_str());
                forget.bind(&sha256.as_bytes()[..]).execute(&mut **tx).await?;
                let left = sqlx::query(LEFT).bind(*tenant).bind(&sha256.as_bytes()[..]);
                Ok(unsigned(&left.fetch_one(&mut **tx).await?, 0)? == 0)
            })
        })
        .await
}

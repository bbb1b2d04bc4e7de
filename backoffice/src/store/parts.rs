//! What stands beside documents' lines.

use sqlx::{AnyConnection, Row};
use tillkit_protocol::Hash;

use super::{Store, TenantId, Tx};
use crate::error::Result;

/// A part as it is kept: its bytes, or `None` for one that has been erased.
pub(crate) type Part = Option<Vec<u8>>;

/// Keeps a part. One that is here, or has been erased, stays as it is.
pub(crate) async fn put(
    store: &Store,
    tenant: TenantId,
    sha256: &Hash,
    bytes: &[u8],
    now_ms: i64,
) -> Result<()> {
    const PUT: &str = "
        INSERT INTO part (tenant, sha256, bytes, received_ms) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, sha256) DO NOTHING";
    store
        .write(|tx| {
            Box::pin(async move {
                let put = sqlx::query(PUT).bind(tenant).bind(&sha256.as_bytes()[..]).bind(bytes);
                put.bind(now_ms).execute(&mut **tx).await?;
                Ok(())
            })
        })
        .await
}

/// A part, if it is here or has been erased.
pub(crate) async fn get(
    connection: &mut AnyConnection,
    tenant: TenantId,
    sha256: &Hash,
) -> Result<Option<Part>> {
    const GET: &str = "SELECT bytes FROM part WHERE tenant = $1 AND sha256 = $2";
    let query = sqlx::query(GET).bind(tenant).bind(&sha256.as_bytes()[..]);
    let row = query.fetch_optional(connection).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Erases a part for good, here or not; returns the customers it describes, with their centres.
pub(crate) async fn erase(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    sha256: &Hash,
    now_ms: i64,
) -> Result<Vec<(String, String)>> {
    const ERASE: &str = "
        INSERT INTO part (tenant, sha256, received_ms, erased_ms) VALUES ($1, $2, $3, $3)
        ON CONFLICT (tenant, sha256) DO UPDATE
           SET bytes = NULL, erased_ms = COALESCE(part.erased_ms, excluded.erased_ms)";
    const OF: &str = "SELECT centre, customer FROM customer_part WHERE tenant = $1 AND sha256 = $2";
    let sha256 = &sha256.as_bytes()[..];
    sqlx::query(ERASE).bind(tenant).bind(sha256).bind(now_ms).execute(&mut **tx).await?;
    let rows = sqlx::query(OF).bind(tenant).bind(sha256).fetch_all(&mut **tx).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Remembers which customer a part describes, so that erasing it reaches the row.
pub(crate) async fn describes(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    sha256: &Hash,
    (centre, customer): (&str, &str),
) -> Result<()> {
    const PUT: &str = "
        INSERT INTO customer_part (tenant, sha256, centre, customer) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant, sha256, centre, customer) DO NOTHING";
    let put = sqlx::query(PUT).bind(tenant).bind(&sha256.as_bytes()[..]).bind(centre).bind(customer);
    put.execute(&mut **tx).await?;
    Ok(())
}

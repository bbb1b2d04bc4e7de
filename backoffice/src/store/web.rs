//! Who may sign in to the web administration, and who is signed in.

use sqlx::Row;
use tillkit_protocol::Hash;

use super::{Store, TenantId};
use crate::error::Result;

/// The PHC string of an account's password.
pub(crate) async fn password(store: &Store, tenant: TenantId, name: &str) -> Result<Option<String>> {
    const GET: &str = "SELECT password FROM web_account WHERE tenant = $1 AND name = $2";
    let row = sqlx::query(GET).bind(tenant).bind(name).fetch_optional(&mut *store.read().await?).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Whether a tenant has an account.
pub(crate) async fn has_account(store: &Store, tenant: TenantId) -> Result<bool> {
    const HAS: &str = "SELECT 1 FROM web_account WHERE tenant = $1 LIMIT 1";
    Ok(sqlx::query(HAS).bind(tenant).fetch_optional(&mut *store.read().await?).await?.is_some())
}

/// Makes an account, or gives it another password and signs it out everywhere.
pub(crate) async fn put_account(store: &Store, tenant: TenantId, name: &str, password: &str) -> Result<()> {
    const PUT: &str = "
        INSERT INTO web_account (tenant, name, password) VALUES ($1, $2, $3)
        ON CONFLICT (tenant, name) DO UPDATE SET password = excluded.password";
    const OUT: &str = "DELETE FROM web_session WHERE tenant = $1 AND name = $2";
    store
        .write(|tx| {
            Box::pin(async move {
                sqlx::query(PUT).bind(tenant).bind(name).bind(password).execute(&mut **tx).await?;
                sqlx::query(OUT).bind(tenant).bind(name).execute(&mut **tx).await?;
                Ok(())
            })
        })
        .await
}

/// Whoever is signed in.
#[derive(Debug, Clone)]
pub(crate) struct SessionRow {
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    pub(crate) expires_ms: i64,
}

/// Keeps a session, and forgets those that have expired.
pub(crate) async fn put_session(
    store: &Store,
    token: &Hash,
    session: &SessionRow,
    now_ms: i64,
) -> Result<()> {
    const OLD: &str = "DELETE FROM web_session WHERE expires_ms <= $1";
    const PUT: &str = "
        INSERT INTO web_session (token_hash, tenant, name, expires_ms) VALUES ($1, $2, $3, $4)";
    store
        .write(|tx| {
            Box::pin(async move {
                sqlx::query(OLD).bind(now_ms).execute(&mut **tx).await?;
                let put = sqlx::query(PUT).bind(&token.as_bytes()[..]).bind(session.tenant);
                put.bind(session.name.as_str()).bind(session.expires_ms).execute(&mut **tx).await?;
                Ok(())
            })
        })
        .await
}

/// The session of a token, unless it has expired.
pub(crate) async fn session(store: &Store, token: &Hash, now_ms: i64) -> Result<Option<SessionRow>> {
    const GET: &str = "
        SELECT tenant, name, expires_ms FROM web_session WHERE token_hash = $1 AND expires_ms > $2";
    let query = sqlx::query(GET).bind(&token.as_bytes()[..]).bind(now_ms);
    let Some(row) = query.fetch_optional(&mut *store.read().await?).await? else { return Ok(None) };
    Ok(Some(SessionRow { tenant: row.try_get(0)?, name: row.try_get(1)?, expires_ms: row.try_get(2)? }))
}

/// Signs out.
pub(crate) async fn end_session(store: &Store, token: &Hash) -> Result<()> {
    const END: &str = "DELETE FROM web_session WHERE token_hash = $1";
    store
        .write(|tx| {
            Box::pin(async move {
                sqlx::query(END).bind(&token.as_bytes()[..]).execute(&mut **tx).await?;
                Ok(())
            })
        })
        .await
}

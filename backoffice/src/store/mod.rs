//! The database: one SQL text for SQLite and PostgreSQL.
//!
//! [`Store::write`] is the only way to write. On SQLite there is one writing connection, so that
//! writers queue in order instead of failing; commits are durable (`synchronous=FULL`) before they
//! return. On PostgreSQL transactions are SERIALIZABLE and run again when two of them cross, which
//! is why what they do must be repeatable. Statements stand beside the one function that runs them.

pub(crate) mod books;
mod bulk;
pub(crate) mod config;
pub(crate) mod documents;
pub(crate) mod items;
pub(crate) mod live;
pub(crate) mod parts;
pub(crate) mod tills;
pub(crate) mod web;

use std::{marker::PhantomData, time::Duration};

use futures_util::future::BoxFuture;
use sqlx::{
    AnyConnection, AnyPool, Row, Transaction,
    any::{AnyPoolOptions, AnyRow},
    pool::PoolConnection,
};
use tillkit_protocol::{Hash, keys::PrivateKey};

use crate::{
    clock::Randomness,
    error::{Error, Result},
};

pub(crate) use bulk::{Bind, insert_all};

/// A tenant's short number; first in every key.
pub type TenantId = i64;

/// Both pools of connections.
#[derive(Debug, Clone)]
pub struct Store {
    reading: AnyPool,
    writing: AnyPool,
    begin: &'static str,
}

/// A writing transaction; what it borrows lives as long as `'a`. Dropped, it is rolled back.
pub(crate) struct Tx<'a> {
    transaction: Transaction<'static, sqlx::Any>,
    environment: PhantomData<fn(&'a ())>,
}

impl std::ops::Deref for Tx<'_> {
    type Target = AnyConnection;
    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl std::ops::DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

/// How often two transactions may cross before it is somebody's fault.
const ATTEMPTS: u32 = 12;

impl Store {
    /// Opens `sqlite:FILE` (made where missing) or `postgres://…` and brings it to this version.
    pub(crate) async fn open(url: &str) -> Result<Store> {
        sqlx::any::install_default_drivers();
        let store = if let Some(file) = url.strip_prefix("sqlite:") {
            let file = file.strip_prefix("//").unwrap_or(file);
            // A file may carry options of its own, such as the VFS of a power-loss test.
            let more = if file.contains('?') { '&' } else { '?' };
            let url = format!("sqlite://{file}{more}mode=rwc");
            let writing = sqlite(1, "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000")
                .connect(&url)
                .await?;
            let reading = sqlite(4, "PRAGMA query_only = 1").connect_lazy(&url)?;
            Store { reading, writing, begin: "BEGIN IMMEDIATE" }
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = AnyPoolOptions::new().max_connections(16).connect(url).await?;
            Store { reading: pool.clone(), writing: pool, begin: "BEGIN ISOLATION LEVEL SERIALIZABLE" }
        } else {
            return Err(Error::Setup(format!("{url} is neither sqlite:FILE nor postgres://…")));
        };
        let mut migrator = sqlx::migrate!("./migrations");
        // Its lock is one CockroachDB does not have.
        migrator.set_locking(false);
        migrator.run(&store.writing).await?;
        Ok(store)
    }

    /// A connection that only reads.
    pub(crate) async fn read(&self) -> Result<PoolConnection<sqlx::Any>> {
        Ok(self.reading.acquire().await?)
    }

    /// Runs `work` in one transaction that is durable when this returns, again if it crossed another.
    pub(crate) async fn write<'a, T>(
        &self,
        work: impl for<'c> Fn(&'c mut Tx<'a>) -> BoxFuture<'c, Result<T>> + Send + Sync,
    ) -> Result<T> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.attempt(&work).await {
                Err(error) if error.is_crossed() && attempt < ATTEMPTS => {
                    tracing::debug!(attempt, %error, "a transaction crossed another and runs again");
                    tokio::time::sleep(Duration::from_millis(1 << attempt.min(6))).await;
                }
                done => return done,
            }
        }
    }

    async fn attempt<'a, T>(
        &self,
        work: &(impl for<'c> Fn(&'c mut Tx<'a>) -> BoxFuture<'c, Result<T>> + Send + Sync),
    ) -> Result<T> {
        let transaction = self.writing.begin_with(self.begin).await?;
        let mut tx = Tx { transaction, environment: PhantomData };
        let done = work(&mut tx).await;
        match done {
            Ok(value) => tx.transaction.commit().await.map(|()| value).map_err(Error::from),
            Err(error) => {
                tx.transaction.rollback().await?;
                Err(error)
            }
        }
    }

    /// Closes every connection; SQLite folds its log into the file.
    pub(crate) async fn close(&self) {
        self.reading.close().await;
        self.writing.close().await;
    }
}

fn sqlite(connections: u32, own: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for pragmas in [SQLITE, own] {
                    sqlx::raw_sql(pragmas).execute(&mut *connection).await?;
                }
                Ok(())
            })
        })
}

/// A commit is on the disk when it returns; readers never wait for the writer.
const SQLITE: &str = "
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = 1;
    PRAGMA busy_timeout = 10000; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456";

/// What makes this database itself and no other.
#[derive(Clone)]
pub(crate) struct ServerRow {
    pub(crate) secret: [u8; 32],
    pub(crate) epoch: String,
}

/// The server's row, made on first sight.
pub(crate) async fn server(store: &Store, random: &Randomness) -> Result<ServerRow> {
    const MAKE: &str = "
        INSERT INTO server (server, secret, epoch) VALUES (1, $1, $2) ON CONFLICT (server) DO NOTHING";
    const GET: &str = "SELECT secret, epoch FROM server WHERE server = 1";
    let secret: [u8; 32] = random.bytes()?;
    let epoch = Hash::of(&random.bytes::<32>()?).to_string()[..16].to_string();
    let (secret, epoch) = (&secret, &epoch);
    let row = store
        .write(|tx| {
            Box::pin(async move {
                sqlx::query(MAKE).bind(&secret[..]).bind(epoch.as_str()).execute(&mut **tx).await?;
                Ok(sqlx::query(GET).fetch_one(&mut **tx).await?)
            })
        })
        .await?;
    Ok(ServerRow { secret: array(&row, 0)?, epoch: row.try_get(1)? })
}

/// Starts another epoch: what a back office restored from a backup must do.
pub(crate) async fn set_epoch(store: &Store, epoch: &str) -> Result<()> {
    const SET: &str = "UPDATE server SET epoch = $1 WHERE server = 1";
    // Phones may have been enrolled since the backup; no other one gets their numbers.
    const SKIP: &str = "
        UPDATE till SET skipped = 25 + COALESCE(
            (SELECT MAX(e.enrolment) FROM enrolment e WHERE e.tenant = till.tenant AND e.till = till.till), 0)";
    store
        .write(|tx| {
            Box::pin(async move {
                sqlx::query(SET).bind(epoch).execute(&mut **tx).await?;
                sqlx::query(SKIP).execute(&mut **tx).await?;
                Ok(())
            })
        })
        .await
}

/// A tenant and the key that signs its manifests.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    pub(crate) name: String,
    pub(crate) key: PrivateKey,
}

/// The tenant of that name, made where missing.
pub(crate) async fn make_tenant(store: &Store, random: &Randomness, name: &str) -> Result<Tenant> {
    const MAKE: &str = "
        INSERT INTO tenant (tenant, name, seed)
        SELECT COALESCE(MAX(tenant), 0) + 1, $1, $2 FROM tenant
         WHERE true ON CONFLICT (name) DO NOTHING";
    let seed: [u8; 32] = random.bytes()?;
    let seed = &seed;
    store
        .write(|tx| {
            Box::pin(async move {
                sqlx::query(MAKE).bind(name).bind(&seed[..]).execute(&mut **tx).await?;
                Ok(())
            })
        })
        .await?;
    let tenants = tenants(store).await?;
    tenants.into_iter().find(|tenant| tenant.name == name).ok_or(Error::Unreadable("the tenant just made"))
}

/// Every tenant.
pub(crate) async fn tenants(store: &Store) -> Result<Vec<Tenant>> {
    const ALL: &str = "SELECT tenant, name, seed FROM tenant ORDER BY tenant";
    let rows = sqlx::query(ALL).fetch_all(&mut *store.read().await?).await?;
    let tenant = |row: &AnyRow| -> Result<Tenant> {
        let key = PrivateKey::from_seed(&array(row, 2)?);
        Ok(Tenant { id: row.try_get(0)?, name: row.try_get(1)?, key })
    };
    rows.iter().map(tenant).collect()
}

/// A column of exactly `N` bytes.
pub(crate) fn array<const N: usize>(row: &AnyRow, column: usize) -> Result<[u8; N]> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|_| Error::Unreadable("a column of fixed length"))
}

/// A column that holds a SHA-256.
pub(crate) fn hash(row: &AnyRow, column: usize) -> Result<Hash> {
    array(row, column).map(Hash::from_bytes)
}

/// A column that is never negative.
pub(crate) fn unsigned(row: &AnyRow, column: usize) -> Result<u64> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|_| Error::Unreadable("a negative count"))
}

/// An enrolment's number.
pub(crate) fn small(row: &AnyRow, column: usize) -> Result<u32> {
    let value: i64 = row.try_get(column)?;
    u32::try_from(value).map_err(|_| Error::Unreadable("an enrolment's number"))
}

/// A seq or a count as the database keeps it; a seq beyond is no canonical integer and never gets here.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

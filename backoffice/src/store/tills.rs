//! Tills, their pairing codes and enrolments.

use sqlx::Row;
use tillkit_protocol::{Hash, keys::PublicKey};

use super::{Store, TenantId, Tx, array, hash, signed, small, unsigned};
use crate::error::{Error, Result};

/// Makes a till, or names it anew.
pub(crate) async fn put_till(store: &Store, tenant: TenantId, till: &str, name: &str) -> Result<()> {
    const PUT: &str = "
        INSERT INTO till (tenant, till, name) VALUES ($1, $2, $3)
        ON CONFLICT (tenant, till) DO UPDATE SET name = excluded.name";
    store
        .write(|tx| {
            Box::pin(async move {
                sqlx::query(PUT).bind(tenant).bind(till).bind(name).execute(&mut **tx).await?;
                Ok(())
            })
        })
        .await
}

/// Keeps a pairing code for an existing till; `false` if there is no such till.
pub(crate) async fn put_pairing(
    store: &Store,
    tenant: TenantId,
    till: &str,
    code: &str,
    expires_ms: i64,
) -> Result<bool> {
    const PUT: &str = "
        INSERT INTO pairing (code, tenant, till, expires_ms)
        SELECT $1, tenant, till, $2 FROM till WHERE tenant = $3 AND till = $4";
    store
        .write(|tx| {
            Box::pin(async move {
                let put = sqlx::query(PUT).bind(code).bind(expires_ms).bind(tenant).bind(till);
                Ok(put.execute(&mut **tx).await?.rows_affected() == 1)
            })
        })
        .await
}

/// A pairing code as it stands.
pub(crate) struct Pairing {
    pub(crate) tenant: TenantId,
    pub(crate) till: String,
    pub(crate) expires_ms: i64,
    pub(crate) used_by: Option<(Vec<u8>, u32)>,
}

/// What is known of a code.
pub(crate) async fn pairing(tx: &mut Tx<'_>, code: &str) -> Result<Option<Pairing>> {
    const GET: &str = "
        SELECT tenant, till, expires_ms, public_key, enrolment FROM pairing WHERE code = $1";
    let Some(row) = sqlx::query(GET).bind(code).fetch_optional(&mut **tx).await? else { return Ok(None) };
    let key: Option<Vec<u8>> = row.try_get(3)?;
    let used_by = key.map(|key| small(&row, 4).map(|enrolment| (key, enrolment))).transpose()?;
    Ok(Some(Pairing { tenant: row.try_get(0)?, till: row.try_get(1)?, expires_ms: row.try_get(2)?, used_by }))
}

/// Whether there is, or was, such an enrolment.
pub(crate) async fn has_enrolment(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    till: &str,
    enrolment: u32,
) -> Result<bool> {
    const GET: &str = "SELECT 1 FROM enrolment WHERE tenant = $1 AND till = $2 AND enrolment = $3";
    let get = sqlx::query(GET).bind(tenant).bind(till).bind(i64::from(enrolment));
    Ok(get.fetch_optional(&mut **tx).await?.is_some())
}

/// The next enrolment of a till: numbers are never used again, nor those that a life before a backup was
/// put back may have given.
pub(crate) async fn next_enrolment(tx: &mut Tx<'_>, tenant: TenantId, till: &str) -> Result<u32> {
    const NEXT: &str = "
        SELECT CAST(CASE WHEN e.newest > t.skipped THEN e.newest ELSE t.skipped END + 1 AS BIGINT)
          FROM till t,
               (SELECT COALESCE(MAX(enrolment), 0) AS newest FROM enrolment WHERE tenant = $1 AND till = $2) e
         WHERE t.tenant = $1 AND t.till = $2";
    small(&sqlx::query(NEXT).bind(tenant).bind(till).fetch_one(&mut **tx).await?, 0)
}

/// A new enrolment, as it is made.
pub(crate) struct NewEnrolment<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) till: &'a str,
    pub(crate) enrolment: u32,
    pub(crate) key: &'a PublicKey,
    pub(crate) series: String,
    pub(crate) device: &'a str,
    pub(crate) made_ms: i64,
    pub(crate) revoked_ms: Option<i64>,
}

/// Makes the enrolment with its empty chain.
pub(crate) async fn make_enrolment(tx: &mut Tx<'_>, new: &NewEnrolment<'_>) -> Result<()> {
    const MAKE: &str = "
        INSERT INTO enrolment (tenant, till, enrolment, public_key, series, device, made_ms, revoked_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    const CHAIN: &str = "
        INSERT INTO chain (tenant, till, enrolment, through, head, top, stored, booked, bookings)
        VALUES ($1, $2, $3, 0, $4, 0, 0, 0, 0)";
    let (key, enrolment) = (&new.key.as_bytes()[..], i64::from(new.enrolment));
    let make = sqlx::query(MAKE).bind(new.tenant).bind(new.till).bind(enrolment).bind(key);
    let make = make.bind(&new.series).bind(new.device).bind(new.made_ms).bind(new.revoked_ms);
    make.execute(&mut **tx).await?;
    let chain = sqlx::query(CHAIN).bind(new.tenant).bind(new.till).bind(enrolment);
    chain.bind(&Hash::NONE.as_bytes()[..]).execute(&mut **tx).await?;
    Ok(())
}

/// Uses a code up: the device of this key has become this enrolment.
pub(crate) async fn use_code(tx: &mut Tx<'_>, code: &str, key: &PublicKey, enrolment: u32) -> Result<()> {
    const USE: &str = "UPDATE pairing SET public_key = $1, enrolment = $2 WHERE code = $3";
    let used = sqlx::query(USE).bind(&key.as_bytes()[..]).bind(i64::from(enrolment)).bind(code);
    used.execute(&mut **tx).await?;
    Ok(())
}

/// The key and the series of an enrolment.
pub(crate) async fn key_and_series(
    store: &Store,
    tenant: TenantId,
    till: &str,
    enrolment: u32,
) -> Result<Option<(PublicKey, String)>> {
    const GET: &str = "
        SELECT public_key, series FROM enrolment WHERE tenant = $1 AND till = $2 AND enrolment = $3";
    let get = sqlx::query(GET).bind(tenant).bind(till).bind(i64::from(enrolment));
    let Some(row) = get.fetch_optional(&mut *store.read().await?).await? else { return Ok(None) };
    let key = PublicKey::from_bytes(&array(&row, 0)?).ok_or(Error::Unreadable("a public key"))?;
    Ok(Some((key, row.try_get(1)?)))
}

/// Where an enrolment stands: all that a contact needs, in one read.
pub(crate) struct Standing {
    pub(crate) is_revoked: bool,
    pub(crate) centre: Option<String>,
    pub(crate) through: u64,
    pub(crate) head: Hash,
    pub(crate) top: u64,
    pub(crate) booked: u64,
    pub(crate) manifest: Option<Hash>,
}

/// Where an enrolment stands.
pub(crate) async fn standing(
    store: &Store,
    tenant: TenantId,
    till: &str,
    enrolment: u32,
) -> Result<Option<Standing>> {
    const GET: &str = "
        SELECT e.revoked_ms, e.centre, c.through, c.head, c.top, c.booked, g.id
          FROM enrolment e
          JOIN chain c ON c.tenant = e.tenant AND c.till = e.till AND c.enrolment = e.enrolment
          LEFT JOIN centre b ON b.tenant = e.tenant AND b.centre = e.centre
          LEFT JOIN generation g ON g.tenant = b.tenant AND g.centre = b.centre AND g.generation = b.generation
         WHERE e.tenant = $1 AND e.till = $2 AND e.enrolment = $3";
    let get = sqlx::query(GET).bind(tenant).bind(till).bind(i64::from(enrolment));
    let Some(row) = get.fetch_optional(&mut *store.read().await?).await? else { return Ok(None) };
    let manifest: Option<Vec<u8>> = row.try_get(6)?;
    Ok(Some(Standing {
        is_revoked: row.try_get::<Option<i64>, _>(0)?.is_some(),
        centre: row.try_get(1)?,
        through: unsigned(&row, 2)?,
        head: hash(&row, 3)?,
        top: unsigned(&row, 4)?,
        booked: unsigned(&row, 5)?,
        manifest: manifest.and_then(|id| Some(Hash::from_bytes(id.try_into().ok()?))),
    }))
}

/// Subscribes an enrolment to a published centre and returns its pepper; `None` if there is none.
pub(crate) async fn subscribe(
    store: &Store,
    tenant: TenantId,
    till: &str,
    enrolment: u32,
    centre: &str,
) -> Result<Option<[u8; 32]>> {
    const PEPPER: &str = "
        SELECT pepper FROM centre WHERE tenant = $1 AND centre = $2 AND generation > 0";
    const SUBSCRIBE: &str = "
        UPDATE enrolment SET centre = $1 WHERE tenant = $2 AND till = $3 AND enrolment = $4";
    store
        .write(|tx| {
            Box::pin(async move {
                let pepper = sqlx::query(PEPPER).bind(tenant).bind(centre).fetch_optional(&mut **tx).await?;
                let Some(row) = pepper else { return Ok(None) };
                let subscribe = sqlx::query(SUBSCRIBE).bind(centre).bind(tenant).bind(till);
                subscribe.bind(i64::from(enrolment)).execute(&mut **tx).await?;
                Ok(Some(array(&row, 0)?))
            })
        })
        .await
}

/// From now on the enrolment can only upload; `false` if there is none.
pub(crate) async fn revoke(
    store: &Store,
    tenant: TenantId,
    till: &str,
    enrolment: u32,
    now_ms: i64,
) -> Result<bool> {
    const REVOKE: &str = "
        UPDATE enrolment SET revoked_ms = COALESCE(revoked_ms, $1)
         WHERE tenant = $2 AND till = $3 AND enrolment = $4";
    store
        .write(|tx| {
            Box::pin(async move {
                let revoke = sqlx::query(REVOKE).bind(now_ms).bind(tenant).bind(till);
                Ok(revoke.bind(i64::from(enrolment)).execute(&mut **tx).await?.rows_affected() == 1)
            })
        })
        .await
}

/// What a till said of itself when it last made contact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LastContact {
    pub(crate) at_ms: i64,
    pub(crate) app: String,
    pub(crate) epoch: String,
    pub(crate) generation: u64,
    /// The seq of its newest document.
    pub(crate) through: u64,
    pub(crate) unsent: u64,
    pub(crate) oldest_ms: Option<i64>,
}

/// Names an enrolment: tenant, till, n-th.
pub(crate) type EnrolmentId = (TenantId, String, u32);

/// Writes the contacts of a while down together.
pub(crate) async fn put_contacts(store: &Store, contacts: &[(EnrolmentId, LastContact)]) -> Result<()> {
    const PUT: &str = "
        UPDATE enrolment
           SET last_contact_ms = $1, app = $2, epoch = $3, generation = $4, unsent = $5, oldest_ms = $6,
               claimed = $7
         WHERE tenant = $8 AND till = $9 AND enrolment = $10";
    store
        .write(|tx| {
            Box::pin(async move {
                for ((tenant, till, enrolment), last) in contacts {
                    let put =
                        sqlx::query(PUT).bind(last.at_ms).bind(last.app.as_str()).bind(last.epoch.as_str());
                    let put =
                        put.bind(signed(last.generation)).bind(signed(last.unsent)).bind(last.oldest_ms);
                    let put = put.bind(signed(last.through));
                    let put = put.bind(*tenant).bind(till.as_str()).bind(i64::from(*enrolment));
                    put.execute(&mut **tx).await?;
                }
                Ok(())
            })
        })
        .await
}

/// A till with one of its enrolments, as the back office lists them.
pub(crate) struct Listed {
    pub(crate) till: String,
    pub(crate) name: String,
    pub(crate) enrolment: Option<ListedEnrolment>,
}

/// An enrolment in the list.
pub(crate) struct ListedEnrolment {
    pub(crate) enrolment: u32,
    pub(crate) series: String,
    pub(crate) device: String,
    pub(crate) is_revoked: bool,
    pub(crate) centre: Option<String>,
    pub(crate) contact: LastContact,
    pub(crate) through: u64,
    pub(crate) top: u64,
    pub(crate) booked: u64,
}

/// Every till with every enrolment.
pub(crate) async fn list(store: &Store, tenant: TenantId) -> Result<Vec<Listed>> {
    const ALL: &str = "
        SELECT t.till, t.name, e.enrolment, e.series, e.device, e.revoked_ms, e.centre, e.last_contact_ms,
               e.app, e.epoch, e.generation, e.unsent, e.oldest_ms, c.through, c.top, c.booked,
               e.claimed
          FROM till t
          LEFT JOIN enrolment e ON e.tenant = t.tenant AND e.till = t.till
          LEFT JOIN chain c ON c.tenant = e.tenant AND c.till = e.till AND c.enrolment = e.enrolment
         WHERE t.tenant = $1 ORDER BY t.till, e.enrolment";
    let rows = sqlx::query(ALL).bind(tenant).fetch_all(&mut *store.read().await?).await?;
    let listed = |row: &sqlx::any::AnyRow| -> Result<Listed> {
        let till = Listed { till: row.try_get(0)?, name: row.try_get(1)?, enrolment: None };
        if row.try_get::<Option<i64>, _>(2)?.is_none() {
            return Ok(till);
        }
        let contact = LastContact {
            at_ms: row.try_get::<Option<i64>, _>(7)?.unwrap_or(0),
            app: row.try_get(8)?,
            epoch: row.try_get(9)?,
            generation: unsigned(row, 10)?,
            through: unsigned(row, 16)?,
            unsent: unsigned(row, 11)?,
            oldest_ms: row.try_get(12)?,
        };
        let enrolment = ListedEnrolment {
            enrolment: small(row, 2)?,
            series: row.try_get(3)?,
            device: row.try_get(4)?,
            is_revoked: row.try_get::<Option<i64>, _>(5)?.is_some(),
            centre: row.try_get(6)?,
            contact,
            through: unsigned(row, 13)?,
            top: unsigned(row, 14)?,
            booked: unsigned(row, 15)?,
        };
        Ok(Listed { enrolment: Some(enrolment), ..till })
    };
    rows.iter().map(listed).collect()
}

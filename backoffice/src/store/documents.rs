//! Documents, their chains and the findings about them.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Row};
use tillkit_domain::text;
use tillkit_protocol::{Hash, Record, keys::Signature, wire::Finding};

use super::{
    Bind, Store, TenantId, Tx, array, hash, insert_all, signed, small, tills::EnrolmentId, unsigned,
};
use crate::{
    chain::{Chain, Held, Link},
    error::{Error, Result},
};

/// A document to be filed: as the first of its seq (`fork` 0) or beside it.
pub(crate) struct Filed<'a> {
    pub(crate) of: &'a EnrolmentId,
    pub(crate) seq: u64,
    pub(crate) fork: u64,
    pub(crate) record: &'a Record,
}

/// Files documents, many a statement: the first of each seq is to be booked.
pub(crate) async fn insert(tx: &mut Tx<'_>, filed: &[Filed<'_>], received_ms: i64) -> Result<()> {
    const INSERT: &str = "
        INSERT INTO document (tenant, till, enrolment, seq, fork, hash, signature, line, received_ms)";
    const UNBOOKED: &str = "INSERT INTO unbooked (tenant, till, enrolment, seq)";
    let signatures: Vec<[u8; 64]> = filed.iter().map(|filed| filed.record.signature.to_bytes()).collect();
    let rows: Vec<_> = filed
        .iter()
        .zip(&signatures)
        .map(|(Filed { of: (tenant, till, enrolment), seq, fork, record }, signature)| {
            [
                Bind::Int(*tenant),
                Bind::Text(till),
                Bind::Int(i64::from(*enrolment)),
                Bind::Int(signed(*seq)),
                Bind::Int(signed(*fork)),
                Bind::Bytes(record.hash.as_bytes()),
                Bind::Bytes(signature),
                Bind::Bytes(&record.line),
                Bind::Int(received_ms),
            ]
        })
        .collect();
    insert_all(tx, INSERT, "", &rows).await?;
    let first = filed.iter().filter(|filed| filed.fork == 0);
    let rows: Vec<_> = first
        .map(|Filed { of: (tenant, till, enrolment), seq, .. }| {
            let enrolment = Bind::Int(i64::from(*enrolment));
            [Bind::Int(*tenant), Bind::Text(till), enrolment, Bind::Int(signed(*seq))]
        })
        .collect();
    insert_all(tx, UNBOOKED, "", &rows).await?;
    Ok(())
}

/// The hashes held of seqs `from..=to` of an enrolment.
pub(crate) async fn held(
    tx: &mut Tx<'_>,
    of: &EnrolmentId,
    (from, to): (u64, u64),
    held: &mut Held,
) -> Result<()> {
    const HELD: &str = "
        SELECT seq, hash FROM document
         WHERE tenant = $1 AND till = $2 AND enrolment = $3 AND seq BETWEEN $4 AND $5
         ORDER BY seq, fork";
    let query = sqlx::query(HELD).bind(of.0).bind(of.1.as_str()).bind(i64::from(of.2));
    for row in query.bind(signed(from)).bind(signed(to)).fetch_all(&mut **tx).await? {
        held.entry(unsigned(&row, 0)?).or_default().push(hash(&row, 1)?);
    }
    Ok(())
}

/// The links of the first documents from `from` on, at most 500 of them.
pub(crate) async fn links_from(tx: &mut Tx<'_>, of: &EnrolmentId, from: u64) -> Result<BTreeMap<u64, Link>> {
    const LINKS: &str = "
        SELECT seq, hash, line, signature FROM document
         WHERE tenant = $1 AND till = $2 AND enrolment = $3 AND seq >= $4 AND fork = 0
         ORDER BY seq LIMIT 500";
    let query = sqlx::query(LINKS).bind(of.0).bind(of.1.as_str()).bind(i64::from(of.2));
    let rows = query.bind(signed(from)).fetch_all(&mut **tx).await?;
    let link = |row: &sqlx::any::AnyRow| -> Result<(u64, Link)> {
        let record = Record::stored(row.try_get(2)?, Signature::from_bytes(&array(row, 3)?));
        let filing = record.filing().map_err(|_| Error::Unreadable("a stored document"))?;
        Ok((unsigned(row, 0)?, Link { hash: hash(row, 1)?, prev: filing.prev }))
    };
    rows.iter().map(link).collect()
}

/// How far an enrolment's documents are here, with its open gap.
pub(crate) async fn chain(tx: &mut Tx<'_>, of: &EnrolmentId) -> Result<Chain> {
    const CHAIN: &str = "
        SELECT c.through, c.head, c.top, c.stored,
               (SELECT MIN(f.seq) FROM finding f
                 WHERE f.tenant = c.tenant AND f.till = c.till AND f.enrolment = c.enrolment
                   AND f.code = 'gap' AND f.closed_ms IS NULL)
          FROM chain c WHERE c.tenant = $1 AND c.till = $2 AND c.enrolment = $3";
    let query = sqlx::query(CHAIN).bind(of.0).bind(of.1.as_str()).bind(i64::from(of.2));
    let row = query.fetch_one(&mut **tx).await?;
    let open_gap: Option<i64> = row.try_get(4)?;
    Ok(Chain {
        through: unsigned(&row, 0)?,
        head: hash(&row, 1)?,
        top: unsigned(&row, 2)?,
        stored: unsigned(&row, 3)?,
        open_gap: open_gap.and_then(|seq| u64::try_from(seq).ok()),
    })
}

/// Writes chains whose `stored` has been counted up by one.
///
/// # Errors
/// [`Error::Overtaken`] if one has been written by somebody else since it was read.
pub(crate) async fn put_chains(tx: &mut Tx<'_>, chains: &[(&EnrolmentId, &Chain)]) -> Result<()> {
    const PUT: &str = "
        INSERT INTO chain (tenant, till, enrolment, through, head, top, stored, booked, bookings)";
    const ON_CONFLICT: &str = "
        ON CONFLICT (tenant, till, enrolment) DO UPDATE
           SET through = excluded.through, head = excluded.head, top = excluded.top, stored = excluded.stored
         WHERE chain.stored = excluded.stored - 1";
    let rows: Vec<_> = chains
        .iter()
        .map(|((tenant, till, enrolment), chain)| {
            [
                Bind::Int(*tenant),
                Bind::Text(till),
                Bind::Int(i64::from(*enrolment)),
                Bind::Int(signed(chain.through)),
                Bind::Bytes(chain.head.as_bytes()),
                Bind::Int(signed(chain.top)),
                Bind::Int(signed(chain.stored)),
                Bind::Int(0),
                Bind::Int(0),
            ]
        })
        .collect();
    let written = insert_all(tx, PUT, ON_CONFLICT, &rows).await?;
    if written == chains.len() as u64 { Ok(()) } else { Err(Error::Overtaken) }
}

/// Characters of a finding's detail.
const DETAIL_CHARS: usize = 2_000;

/// Raises findings; one that has been raised before stays as it was.
pub(crate) async fn raise(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    findings: &[Finding],
    now_ms: i64,
) -> Result<()> {
    const RAISE: &str = "INSERT INTO finding (tenant, till, enrolment, seq, code, detail, raised_ms)";
    const KEEP: &str = "ON CONFLICT (tenant, till, enrolment, seq, code) DO NOTHING";
    // A detail tells what a document says, which may be no text.
    let fitted: Vec<_> = findings.iter().map(|finding| text::fitted(&finding.detail, DETAIL_CHARS)).collect();
    let rows: Vec<_> = findings
        .iter()
        .zip(&fitted)
        .map(|(finding, detail)| {
            [
                Bind::Int(tenant),
                Bind::Text(&finding.till),
                Bind::Int(i64::from(finding.enrolment)),
                Bind::Int(signed(finding.seq)),
                Bind::Text(&finding.code),
                Bind::Text(detail),
                Bind::Int(now_ms),
            ]
        })
        .collect();
    insert_all(tx, RAISE, KEEP, &rows).await?;
    Ok(())
}

/// The gaps up to `through` have been filled.
pub(crate) async fn close_gaps(tx: &mut Tx<'_>, of: &EnrolmentId, through: u64, now_ms: i64) -> Result<()> {
    const CLOSE: &str = "
        UPDATE finding SET closed_ms = $1
         WHERE tenant = $2 AND till = $3 AND enrolment = $4 AND code = 'gap' AND seq <= $5 AND closed_ms IS NULL";
    let query = sqlx::query(CLOSE).bind(now_ms).bind(of.0).bind(of.1.as_str()).bind(i64::from(of.2));
    query.bind(signed(through)).execute(&mut **tx).await?;
    Ok(())
}

/// What had been lost and is booked again is no longer objected to.
pub(crate) async fn close_lost(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64> {
    const CLOSE: &str = "
        UPDATE finding SET closed_ms = $1
         WHERE code = 'lost' AND closed_ms IS NULL AND seq <= (SELECT c.booked FROM chain c
               WHERE c.tenant = finding.tenant AND c.till = finding.till AND c.enrolment = finding.enrolment)";
    Ok(sqlx::query(CLOSE).bind(now_ms).execute(&mut **tx).await?.rows_affected())
}

/// Open findings about an enrolment's documents after `after`; at most 100.
pub(crate) async fn findings_after(store: &Store, of: &EnrolmentId, after: u64) -> Result<Vec<Finding>> {
    const OPEN: &str = "
        SELECT seq, code, detail FROM finding
         WHERE tenant = $1 AND till = $2 AND enrolment = $3 AND seq > $4 AND closed_ms IS NULL
         ORDER BY seq, code LIMIT 100";
    let query = sqlx::query(OPEN).bind(of.0).bind(of.1.as_str()).bind(i64::from(of.2)).bind(signed(after));
    let rows = query.fetch_all(&mut *store.read().await?).await?;
    let finding = |row: &sqlx::any::AnyRow| -> Result<Finding> {
        Ok(Finding {
            code: row.try_get(1)?,
            detail: row.try_get(2)?,
            enrolment: of.2,
            seq: unsigned(row, 0)?,
            till: of.1.clone(),
        })
    };
    rows.iter().map(finding).collect()
}

/// The hash held of one seq, the first stored.
pub(crate) async fn hash_at(store: &Store, of: &EnrolmentId, seq: u64) -> Result<Option<Hash>> {
    const HASH: &str = "
        SELECT hash FROM document
         WHERE tenant = $1 AND till = $2 AND enrolment = $3 AND seq = $4 AND fork = 0";
    let query = sqlx::query(HASH).bind(of.0).bind(of.1.as_str()).bind(i64::from(of.2)).bind(signed(seq));
    let row = query.fetch_optional(&mut *store.read().await?).await?;
    row.map(|row| hash(&row, 0)).transpose()
}

/// A finding with its times, as the back office lists them.
pub(crate) struct ListedFinding {
    pub(crate) finding: Finding,
    pub(crate) raised_ms: i64,
    pub(crate) closed_ms: Option<i64>,
}

/// Every finding of a tenant, at most `limit`, newest first.
pub(crate) async fn findings(store: &Store, tenant: TenantId, limit: u32) -> Result<Vec<ListedFinding>> {
    const ALL: &str = "
        SELECT till, enrolment, seq, code, detail, raised_ms, closed_ms FROM finding
         WHERE tenant = $1 ORDER BY raised_ms DESC, till, enrolment, seq, code LIMIT $2";
    let query = sqlx::query(ALL).bind(tenant).bind(i64::from(limit));
    let rows = query.fetch_all(&mut *store.read().await?).await?;
    let listed = |row: &sqlx::any::AnyRow| -> Result<ListedFinding> {
        let finding = Finding {
            code: row.try_get(3)?,
            detail: row.try_get(4)?,
            enrolment: small(row, 1)?,
            seq: unsigned(row, 2)?,
            till: row.try_get(0)?,
        };
        Ok(ListedFinding { finding, raised_ms: row.try_get(5)?, closed_ms: row.try_get(6)? })
    };
    rows.iter().map(listed).collect()
}

/// A place in the order of all documents of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) till: String,
    pub(crate) enrolment: u32,
    pub(crate) seq: u64,
    pub(crate) fork: u64,
}

/// Which documents an export is to hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) till: Option<String>,
    pub(crate) enrolment: Option<u32>,
}

/// The next documents after a place, at most 500, in the order (till, enrolment, seq, fork).
pub(crate) async fn page(
    store: &Store,
    tenant: TenantId,
    wanted: &Wanted,
    after: &Place,
) -> Result<Vec<(Place, Record)>> {
    // Row values are compared member by member on both databases, and the key's index serves them.
    const PAGE: &str = "
        SELECT till, enrolment, seq, fork, signature, line FROM document
         WHERE tenant = $1 AND (till, enrolment, seq, fork) > ($2, $3, $4, $5)";
    const ORDER: &str = " ORDER BY till, enrolment, seq, fork LIMIT 500";
    let (one_till, one_enrolment) = (wanted.till.as_deref(), wanted.enrolment.map(i64::from));
    let mut text = PAGE.to_string();
    let mut place = 5;
    for (is_wanted, column) in [(one_till.is_some(), "till"), (one_enrolment.is_some(), "enrolment")] {
        if is_wanted {
            place += 1;
            text.push_str(&format!(" AND {column} = ${place}"));
        }
    }
    text.push_str(ORDER);
    let mut query = sqlx::query(AssertSqlSafe(text)).bind(tenant).bind(after.till.as_str());
    query = query.bind(i64::from(after.enrolment)).bind(signed(after.seq)).bind(signed(after.fork));
    if let Some(till) = one_till {
        query = query.bind(till);
    }
    if let Some(enrolment) = one_enrolment {
        query = query.bind(enrolment);
    }
    let rows = query.fetch_all(&mut *store.read().await?).await?;
    let document = |row: &sqlx::any::AnyRow| -> Result<(Place, Record)> {
        let place = Place {
            till: row.try_get(0)?,
            enrolment: small(row, 1)?,
            seq: unsigned(row, 2)?,
            fork: unsigned(row, 3)?,
        };
        Ok((place, Record::stored(row.try_get(5)?, Signature::from_bytes(&array(row, 4)?))))
    };
    rows.iter().map(document).collect()
}

/// A document with when it came and whether it has been booked.
pub(crate) struct Received {
    pub(crate) place: Place,
    pub(crate) record: Record,
    pub(crate) received_ms: i64,
    pub(crate) is_booked: bool,
}

/// The columns that [`received`] reads, of a document `d`.
macro_rules! received_columns {
    () => {
        "
        SELECT d.till, d.enrolment, d.seq, d.fork, d.signature, d.line, d.received_ms,
               CASE WHEN d.fork = 0 AND NOT EXISTS (
                    SELECT 1 FROM unbooked u WHERE u.tenant = d.tenant AND u.till = d.till
                       AND u.enrolment = d.enrolment AND u.seq = d.seq)
                AND NOT EXISTS (
                    SELECT 1 FROM set_aside a WHERE a.tenant = d.tenant AND a.till = d.till
                       AND a.enrolment = d.enrolment AND a.seq = d.seq) THEN 1 ELSE 0 END
          "
    };
}

/// The newest documents of a tenant before a place in the order they came, at most `limit`.
pub(crate) async fn newest(
    store: &Store,
    tenant: TenantId,
    before: &(i64, Place),
    limit: u64,
) -> Result<Vec<Received>> {
    const NEWEST: &str = concat!(
        received_columns!(),
        "FROM (SELECT tenant, till, enrolment, seq, fork, signature, line, received_ms FROM document
                 WHERE tenant = $1 AND received_ms <= $2
                   AND (received_ms, till, enrolment, seq, fork) < ($2, $3, $4, $5, $6)
                 ORDER BY received_ms DESC, till DESC, enrolment DESC, seq DESC, fork DESC LIMIT $7) d
         ORDER BY d.received_ms DESC, d.till DESC, d.enrolment DESC, d.seq DESC, d.fork DESC"
    );
    let (received_ms, Place { till, enrolment, seq, fork }) = before;
    let query = sqlx::query(NEWEST).bind(tenant).bind(*received_ms).bind(till.as_str());
    let query = query.bind(i64::from(*enrolment)).bind(signed(*seq)).bind(signed(*fork));
    let rows = query.bind(signed(limit)).fetch_all(&mut *store.read().await?).await?;
    rows.iter().map(received).collect()
}

/// One document of a tenant.
pub(crate) async fn one(store: &Store, tenant: TenantId, place: &Place) -> Result<Option<Received>> {
    const ONE: &str = concat!(
        received_columns!(),
        "FROM document d
         WHERE d.tenant = $1 AND d.till = $2 AND d.enrolment = $3 AND d.seq = $4 AND d.fork = $5"
    );
    let query = sqlx::query(ONE).bind(tenant).bind(place.till.as_str()).bind(i64::from(place.enrolment));
    let query = query.bind(signed(place.seq)).bind(signed(place.fork));
    let row = query.fetch_optional(&mut *store.read().await?).await?;
    row.map(|row| received(&row)).transpose()
}

fn received(row: &sqlx::any::AnyRow) -> Result<Received> {
    Ok(Received {
        place: Place {
            till: row.try_get(0)?,
            enrolment: small(row, 1)?,
            seq: unsigned(row, 2)?,
            fork: unsigned(row, 3)?,
        },
        record: Record::stored(row.try_get(5)?, Signature::from_bytes(&array(row, 4)?)),
        received_ms: row.try_get(6)?,
        is_booked: row.try_get::<i64, _>(7)? == 1,
    })
}

/// How many findings of each enrolment are open.
pub(crate) async fn open_findings(store: &Store, tenant: TenantId) -> Result<BTreeMap<(String, u32), u64>> {
    const OPEN: &str = "
        SELECT till, enrolment, COUNT(*) FROM finding
         WHERE tenant = $1 AND closed_ms IS NULL GROUP BY till, enrolment";
    let rows = sqlx::query(OPEN).bind(tenant).fetch_all(&mut *store.read().await?).await?;
    rows.iter().map(|row| Ok(((row.try_get(0)?, small(row, 1)?), unsigned(row, 2)?))).collect()
}

/// Whether a document of this seq is here.
pub(crate) async fn has(tx: &mut Tx<'_>, of: &EnrolmentId, seq: u64) -> Result<bool> {
    let mut found = Held::new();
    held(tx, of, (seq, seq), &mut found).await?;
    Ok(!found.is_empty())
}

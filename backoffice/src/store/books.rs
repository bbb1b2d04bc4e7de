//! Bookings: what processing reads, and the sums it keeps.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Row};
use tillkit_domain::Quantity;
use tillkit_protocol::{Record, keys::Signature, wire::to_ranges};

use super::{
    Bind, Store, TenantId, Tx, array,
    bulk::insert_returning,
    config::key,
    insert_all,
    items::{LISTED, filled, places},
    signed, small,
    tills::EnrolmentId,
    unsigned,
};
use crate::{
    error::{Error, Result},
    ranges,
};

/// How far an enrolment's documents are booked.
#[derive(Debug, Clone)]
pub(crate) struct Booked {
    pub(crate) booked: u64,
    pub(crate) bookings: i64,
    /// Booked beyond a gap.
    pub(crate) ranges: Vec<(u64, u64)>,
}

/// How far an enrolment's documents are booked.
pub(crate) async fn booked(store: &Store, of: &EnrolmentId) -> Result<Booked> {
    const CHAIN: &str = "
        SELECT booked, bookings FROM chain WHERE tenant = $1 AND till = $2 AND enrolment = $3";
    const RANGES: &str = "
        SELECT first_seq, last_seq FROM booked_range
         WHERE tenant = $1 AND till = $2 AND enrolment = $3 ORDER BY first_seq";
    let connection = &mut *store.read().await?;
    let chain = sqlx::query(CHAIN).bind(of.0).bind(of.1.as_str()).bind(i64::from(of.2));
    let row = chain.fetch_one(&mut *connection).await?;
    let ranges = sqlx::query(RANGES).bind(of.0).bind(of.1.as_str()).bind(i64::from(of.2));
    let ranges = ranges.fetch_all(&mut *connection).await?;
    Ok(Booked {
        booked: unsigned(&row, 0)?,
        bookings: row.try_get(1)?,
        ranges: ranges.iter().map(|row| Ok((unsigned(row, 0)?, unsigned(row, 1)?))).collect::<Result<_>>()?,
    })
}

/// Enrolments that hold documents not booked yet.
pub(crate) async fn unbooked(store: &Store) -> Result<Vec<EnrolmentId>> {
    const UNBOOKED: &str = "SELECT DISTINCT tenant, till, enrolment FROM unbooked";
    let rows = sqlx::query(UNBOOKED).fetch_all(&mut *store.read().await?).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, small(row, 2)?))).collect()
}

/// A document that has been stored.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) seq: u64,
    pub(crate) record: Record,
    pub(crate) received_ms: i64,
}

/// Some documents, and whether more may follow them.
pub(crate) struct Page {
    pub(crate) documents: Vec<Stored>,
    pub(crate) is_more: bool,
}

/// Bytes of documents that are read at once; one is, whatever it has.
const PAGE_BYTES: u64 = 4 << 20;

/// The first documents of seqs `from..=to`, at most `limit`, and no more than memory is kept for.
pub(crate) async fn documents(
    store: &Store,
    of: &EnrolmentId,
    (from, to): (u64, u64),
    limit: usize,
) -> Result<Page> {
    const SIZES: &str = "
        SELECT seq, CAST(LENGTH(line) AS BIGINT) FROM document
         WHERE tenant = $1 AND till = $2 AND enrolment = $3 AND seq BETWEEN $4 AND $5 AND fork = 0
         ORDER BY seq LIMIT $6";
    const DOCUMENTS: &str = "
        SELECT seq, signature, line, received_ms FROM document
         WHERE tenant = $1 AND till = $2 AND enrolment = $3 AND seq BETWEEN $4 AND $5 AND fork = 0
         ORDER BY seq";
    let span = (signed(from), signed(to));
    page(store, of, (SIZES, span, limit), PAGE_BYTES, DOCUMENTS).await
}

/// The first documents of an enrolment after seq `after` that are not booked: at most `most`, of `bytes`.
pub(crate) async fn unbooked_of(
    store: &Store,
    of: &EnrolmentId,
    after: u64,
    (most, bytes): (usize, u64),
) -> Result<Page> {
    const SIZES: &str = "
        SELECT u.seq, CAST(LENGTH(d.line) AS BIGINT) FROM unbooked u
          JOIN document d ON d.tenant = u.tenant AND d.till = u.till AND d.enrolment = u.enrolment
           AND d.seq = u.seq AND d.fork = 0
         WHERE u.tenant = $1 AND u.till = $2 AND u.enrolment = $3 AND u.seq BETWEEN $4 AND $5
         ORDER BY u.seq LIMIT $6";
    const DOCUMENTS: &str = "
        SELECT u.seq, d.signature, d.line, d.received_ms FROM unbooked u
          JOIN document d ON d.tenant = u.tenant AND d.till = u.till AND d.enrolment = u.enrolment
           AND d.seq = u.seq AND d.fork = 0
         WHERE u.tenant = $1 AND u.till = $2 AND u.enrolment = $3 AND u.seq BETWEEN $4 AND $5
         ORDER BY u.seq";
    let span = (signed(after.saturating_add(1)), i64::MAX);
    page(store, of, (SIZES, span, most), bytes, DOCUMENTS).await
}

/// Reads how long documents are, and then as many of them as `bytes` have room for.
async fn page(
    store: &Store,
    of: &EnrolmentId,
    (sizes, (from, to), limit): (&'static str, (i64, i64), usize),
    bytes: u64,
    documents: &'static str,
) -> Result<Page> {
    let connection = &mut *store.read().await?;
    let enrolment = i64::from(of.2);
    let query = sqlx::query(sizes).bind(of.0).bind(of.1.as_str()).bind(enrolment).bind(from).bind(to);
    let rows = query.bind(signed(limit as u64)).fetch_all(&mut *connection).await?;
    let (mut sum, mut last) = (0u64, None);
    for row in &rows {
        sum = sum.saturating_add(unsigned(row, 1)?);
        if last.is_some() && sum > bytes {
            break;
        }
        last = Some(unsigned(row, 0)?);
    }
    let Some(last) = last else { return Ok(Page { documents: Vec::new(), is_more: false }) };
    let is_more = rows.len() >= limit || sum > bytes;
    let query = sqlx::query(documents).bind(of.0).bind(of.1.as_str()).bind(enrolment);
    let rows = query.bind(from).bind(signed(last)).fetch_all(&mut *connection).await?;
    let document = |row: &sqlx::any::AnyRow| -> Result<Stored> {
        let signature = Signature::from_bytes(&array(row, 1)?);
        let record = Record::stored(row.try_get(2)?, signature);
        Ok(Stored { seq: unsigned(row, 0)?, record, received_ms: row.try_get(3)? })
    };
    Ok(Page { documents: rows.iter().map(document).collect::<Result<_>>()?, is_more })
}

/// Writes down that an enrolment's documents `seqs` are booked, and how far it is booked then: up to a seq, and the
/// ranges beyond it.
///
/// # Errors
/// [`Error::Overtaken`] if somebody else has booked since it was read.
pub(crate) async fn put_booked(
    tx: &mut Tx<'_>,
    of: &EnrolmentId,
    before: &Booked,
    (booked, ranges): (u64, &[(u64, u64)]),
    seqs: &[u64],
) -> Result<()> {
    const PUT: &str = "
        UPDATE chain SET booked = $1, bookings = bookings + 1
         WHERE tenant = $2 AND till = $3 AND enrolment = $4 AND bookings = $5";
    const DONE: &str = "
        DELETE FROM unbooked WHERE tenant = $1 AND till = $2 AND enrolment = $3 AND seq BETWEEN $4 AND $5";
    const CLEAR: &str = "
        DELETE FROM booked_range WHERE tenant = $1 AND till = $2 AND enrolment = $3 AND first_seq = $4";
    const RANGE: &str = "INSERT INTO booked_range (tenant, till, enrolment, first_seq, last_seq)";
    const LONGER: &str = "
        ON CONFLICT (tenant, till, enrolment, first_seq) DO UPDATE SET last_seq = excluded.last_seq";
    let (till, enrolment) = (of.1.as_str(), i64::from(of.2));
    let put = sqlx::query(PUT).bind(signed(booked)).bind(of.0).bind(till).bind(enrolment);
    if put.bind(before.bookings).execute(&mut **tx).await?.rows_affected() != 1 {
        return Err(Error::Overtaken);
    }
    for (first, last) in to_ranges(seqs.iter().copied()) {
        let done = sqlx::query(DONE).bind(of.0).bind(till).bind(enrolment);
        done.bind(signed(first)).bind(signed(last)).execute(&mut **tx).await?;
    }
    let (gone, put) = ranges::changes(&before.ranges, ranges);
    for first in gone {
        let clear = sqlx::query(CLEAR).bind(of.0).bind(till).bind(enrolment);
        clear.bind(signed(first)).execute(&mut **tx).await?;
    }
    let rows: Vec<_> = put
        .iter()
        .map(|(first, last)| {
            let (first, last) = (Bind::Int(signed(*first)), Bind::Int(signed(*last)));
            [Bind::Int(of.0), Bind::Text(till), Bind::Int(enrolment), first, last]
        })
        .collect();
    insert_all(tx, RANGE, LONGER, &rows).await?;
    Ok(())
}

/// Notes documents that are booked in no sum, each with the code of the finding that says why.
pub(crate) async fn put_set_aside(
    tx: &mut Tx<'_>,
    set_aside: &[(EnrolmentId, u64, &'static str)],
    now_ms: i64,
) -> Result<()> {
    const PUT: &str = "INSERT INTO set_aside (tenant, till, enrolment, seq, code, set_ms)";
    const AGAIN: &str = "
        ON CONFLICT (tenant, till, enrolment, seq) DO UPDATE SET code = excluded.code, set_ms = excluded.set_ms";
    let rows: Vec<_> = set_aside
        .iter()
        .map(|((tenant, till, enrolment), seq, code)| {
            let (enrolment, seq) = (Bind::Int(i64::from(*enrolment)), Bind::Int(signed(*seq)));
            [Bind::Int(*tenant), Bind::Text(till), enrolment, seq, Bind::Text(code), Bind::Int(now_ms)]
        })
        .collect();
    insert_all(tx, PUT, AGAIN, &rows).await?;
    Ok(())
}

/// Makes documents of a tenant that were set aside ones that are not booked yet, without the findings about that;
/// returns how many of which enrolment.
pub(crate) async fn take_up_again(store: &Store, tenant: TenantId) -> Result<BTreeMap<EnrolmentId, u64>> {
    const COUNT: &str =
        "SELECT till, enrolment, COUNT(*) FROM set_aside WHERE tenant = $1 GROUP BY till, enrolment";
    const UNBOOKED: &str = "
        INSERT INTO unbooked SELECT tenant, till, enrolment, seq FROM set_aside WHERE tenant = $1";
    const FINDINGS: &str = "
        DELETE FROM finding WHERE tenant = $1 AND EXISTS (
            SELECT 1 FROM set_aside s WHERE s.tenant = finding.tenant AND s.till = finding.till
               AND s.enrolment = finding.enrolment AND s.seq = finding.seq AND s.code = finding.code)";
    const NONE: &str = "DELETE FROM set_aside WHERE tenant = $1";
    store
        .write(|tx| {
            Box::pin(async move {
                let rows = sqlx::query(COUNT).bind(tenant).fetch_all(&mut **tx).await?;
                for statement in [UNBOOKED, FINDINGS, NONE] {
                    sqlx::query(statement).bind(tenant).execute(&mut **tx).await?;
                }
                let counted = |row: &sqlx::any::AnyRow| -> Result<(EnrolmentId, u64)> {
                    Ok(((tenant, row.try_get(0)?, small(row, 1)?), unsigned(row, 2)?))
                };
                rows.iter().map(counted).collect()
            })
        })
        .await
}

/// Names a sum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TotalKey {
    pub(crate) tenant: TenantId,
    pub(crate) centre: String,
    pub(crate) till: String,
    pub(crate) business_day: String,
    pub(crate) cashier: String,
    pub(crate) currency: String,
    pub(crate) measure: &'static str,
    pub(crate) code: String,
}

/// Amounts to add to a sum, each within ±(2^53−1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Added {
    pub(crate) value: i64,
    /// The part of it that came late.
    pub(crate) late: i64,
}

/// Adds to sums; `false` if one of them would no longer be within ±(2^53−1), and has stayed as it was.
pub(crate) async fn add_totals<'a>(
    tx: &mut Tx<'_>,
    totals: impl IntoIterator<Item = (&'a TotalKey, &'a Added)>,
) -> Result<bool> {
    const ADD: &str = "
        INSERT INTO total (tenant, centre, till, business_day, cashier, currency, measure, code, value, late)";
    const SUM: &str = "
        ON CONFLICT (tenant, centre, till, business_day, cashier, currency, measure, code)
        DO UPDATE SET value = total.value + excluded.value, late = total.late + excluded.late
         WHERE total.value + excluded.value BETWEEN -9007199254740991 AND 9007199254740991
           AND total.late + excluded.late BETWEEN -9007199254740991 AND 9007199254740991";
    let rows: Vec<_> = totals
        .into_iter()
        .map(|(key, added)| {
            [
                Bind::Int(key.tenant),
                Bind::Text(&key.centre),
                Bind::Text(&key.till),
                Bind::Text(&key.business_day),
                Bind::Text(&key.cashier),
                Bind::Text(&key.currency),
                Bind::Text(key.measure),
                Bind::Text(&key.code),
                Bind::Int(added.value),
                Bind::Int(added.late),
            ]
        })
        .collect();
    Ok(insert_all(tx, ADD, SUM, &rows).await? == rows.len() as u64)
}

/// Names a customer's account: tenant, customer, currency.
pub(crate) type AccountKey = (TenantId, String, String);

/// Adds to balances; `false` if one of them would no longer be within ±(2^53−1), and has stayed as it was.
pub(crate) async fn add_to_accounts<'a>(
    tx: &mut Tx<'_>,
    accounts: impl IntoIterator<Item = (&'a AccountKey, &'a i64)>,
) -> Result<bool> {
    const ADD: &str = "INSERT INTO account (tenant, customer, currency, balance_minor)";
    const SUM: &str = "
        ON CONFLICT (tenant, customer, currency)
        DO UPDATE SET balance_minor = account.balance_minor + excluded.balance_minor
         WHERE account.balance_minor + excluded.balance_minor BETWEEN -9007199254740991 AND 9007199254740991";
    let rows: Vec<_> = accounts
        .into_iter()
        .map(|((tenant, customer, currency), minor)| {
            [Bind::Int(*tenant), Bind::Text(customer), Bind::Text(currency), Bind::Int(*minor)]
        })
        .collect();
    Ok(insert_all(tx, ADD, SUM, &rows).await? == rows.len() as u64)
}

/// A customer's balance in a currency.
pub(crate) struct Balance {
    pub(crate) customer: String,
    pub(crate) currency: String,
    pub(crate) minor: i64,
}

/// The balances of a tenant's customers.
pub(crate) async fn balances(store: &Store, tenant: TenantId) -> Result<Vec<Balance>> {
    const ALL: &str = "
        SELECT customer, currency, balance_minor FROM account WHERE tenant = $1 ORDER BY customer, currency";
    let rows = sqlx::query(ALL).bind(tenant).fetch_all(&mut *store.read().await?).await?;
    let balance = |row: &sqlx::any::AnyRow| -> Result<Balance> {
        Ok(Balance { customer: row.try_get(0)?, currency: row.try_get(1)?, minor: row.try_get(2)? })
    };
    rows.iter().map(balance).collect()
}

/// Names a stock level: tenant, warehouse, item.
pub(crate) type LevelKey = (TenantId, String, String);

/// The most that a level may hold either way, in millionths: what a quantity can say.
pub(crate) const MOST_MICRO: i64 = Quantity::MOST_MICRO;

/// Adds to stock levels, or sets those that were counted; `false` if one of them would be beyond
/// [`MOST_MICRO`], and has stayed as it was.
pub(crate) async fn put_levels<'a>(
    tx: &mut Tx<'_>,
    levels: impl IntoIterator<Item = (&'a LevelKey, &'a (i64, bool))>,
) -> Result<bool> {
    const PUT: &str = "INSERT INTO stock_level (tenant, warehouse, item, micro)";
    const ADD: &str = "
        ON CONFLICT (tenant, warehouse, item) DO UPDATE SET micro = stock_level.micro + excluded.micro
         WHERE stock_level.micro + excluded.micro BETWEEN -9000000000000000 AND 9000000000000000";
    const SET: &str = "ON CONFLICT (tenant, warehouse, item) DO UPDATE SET micro = excluded.micro";
    let (mut added, mut set) = (Vec::new(), Vec::new());
    for ((tenant, warehouse, item), (micro, is_counted)) in levels {
        let row = [Bind::Int(*tenant), Bind::Text(warehouse), Bind::Text(item), Bind::Int(*micro)];
        if *is_counted { set.push(row) } else { added.push(row) }
    }
    insert_all(tx, PUT, SET, &set).await?;
    Ok(insert_all(tx, PUT, ADD, &added).await? == added.len() as u64)
}

/// A line of a sale.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LinePlace {
    pub(crate) sale: EnrolmentId,
    pub(crate) seq: u64,
    /// Index, from 0.
    pub(crate) line: u32,
}

/// How much of a line has come back, and how much money for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CameBack {
    pub(crate) micro: i64,
    pub(crate) gross_minor: i64,
}

/// Counts what came back of lines of sales, each of another line, and whether its sale is here; returns how much
/// it is now, in all. A line whose sum would be too large is not among them, and nothing of it was counted.
pub(crate) async fn add_returned(
    tx: &mut Tx<'_>,
    returned: &[(&LinePlace, CameBack, bool)],
) -> Result<BTreeMap<LinePlace, CameBack>> {
    const ADD: &str =
        "INSERT INTO returned (tenant, till, enrolment, seq, line, micro, gross_minor, is_checked)";
    const SUM: &str = "
        ON CONFLICT (tenant, till, enrolment, seq, line)
        DO UPDATE SET micro = returned.micro + excluded.micro,
                      gross_minor = returned.gross_minor + excluded.gross_minor,
                      is_checked = excluded.is_checked
         WHERE returned.micro + excluded.micro BETWEEN -9000000000000000 AND 9000000000000000
           AND returned.gross_minor + excluded.gross_minor BETWEEN -9007199254740991 AND 9007199254740991
        RETURNING till, enrolment, seq, line, micro, gross_minor, tenant";
    let rows: Vec<_> = returned
        .iter()
        .map(|(LinePlace { sale, seq, line }, back, is_checked)| {
            [
                Bind::Int(sale.0),
                Bind::Text(&sale.1),
                Bind::Int(i64::from(sale.2)),
                Bind::Int(signed(*seq)),
                Bind::Int(i64::from(*line)),
                Bind::Int(back.micro),
                Bind::Int(back.gross_minor),
                Bind::Int(i64::from(*is_checked)),
            ]
        })
        .collect();
    let all = insert_returning(tx, ADD, SUM, &rows).await?;
    let back = |row: &sqlx::any::AnyRow| -> Result<(LinePlace, CameBack)> {
        let sale = (row.try_get(6)?, row.try_get(0)?, small(row, 1)?);
        let place = LinePlace { sale, seq: unsigned(row, 2)?, line: small(row, 3)? };
        Ok((place, CameBack { micro: row.try_get(4)?, gross_minor: row.try_get(5)? }))
    };
    all.iter().map(back).collect()
}

/// What had come back of an enrolment's sales, of seqs `from..=to`, before they were here: it is held against
/// them now, once.
pub(crate) async fn take_unchecked(
    tx: &mut Tx<'_>,
    of: &EnrolmentId,
    (from, to): (u64, u64),
) -> Result<Vec<(LinePlace, CameBack)>> {
    const TAKE: &str = "
        UPDATE returned SET is_checked = 1
         WHERE tenant = $1 AND till = $2 AND enrolment = $3 AND seq BETWEEN $4 AND $5 AND is_checked = 0
        RETURNING seq, line, micro, gross_minor";
    let query = sqlx::query(TAKE).bind(of.0).bind(of.1.as_str()).bind(i64::from(of.2));
    let rows = query.bind(signed(from)).bind(signed(to)).fetch_all(&mut **tx).await?;
    let back = |row: &sqlx::any::AnyRow| -> Result<(LinePlace, CameBack)> {
        let place = LinePlace { sale: of.clone(), seq: unsigned(row, 0)?, line: small(row, 1)? };
        Ok((place, CameBack { micro: row.try_get(2)?, gross_minor: row.try_get(3)? }))
    };
    rows.iter().map(back).collect()
}

/// The ranges of numbers used of a counter.
pub(crate) async fn number_ranges(tx: &mut Tx<'_>, of: &EnrolmentId, shape: &str) -> Result<Vec<(u64, u64)>> {
    const RANGES: &str = "
        SELECT first_no, last_no FROM number_range
         WHERE tenant = $1 AND till = $2 AND enrolment = $3 AND shape = $4 ORDER BY first_no";
    let query = sqlx::query(RANGES).bind(of.0).bind(of.1.as_str()).bind(i64::from(of.2)).bind(shape);
    let rows = query.fetch_all(&mut **tx).await?;
    rows.iter().map(|row| Ok((unsigned(row, 0)?, unsigned(row, 1)?))).collect()
}

/// Replaces the ranges of a counter.
pub(crate) async fn put_number_ranges(
    tx: &mut Tx<'_>,
    of: &EnrolmentId,
    shape: &str,
    before: &[(u64, u64)],
    after: &[(u64, u64)],
) -> Result<()> {
    const GONE: &str = "
        DELETE FROM number_range
         WHERE tenant = $1 AND till = $2 AND enrolment = $3 AND shape = $4 AND first_no = $5";
    const PUT: &str = "INSERT INTO number_range (tenant, till, enrolment, shape, first_no, last_no)";
    const MOVE: &str = "
        ON CONFLICT (tenant, till, enrolment, shape, first_no) DO UPDATE SET last_no = excluded.last_no";
    let (till, enrolment) = (of.1.as_str(), i64::from(of.2));
    let (gone, put) = ranges::changes(before, after);
    for first in gone {
        let gone = sqlx::query(GONE).bind(of.0).bind(till).bind(enrolment).bind(shape);
        gone.bind(signed(first)).execute(&mut **tx).await?;
    }
    let rows: Vec<_> = put
        .iter()
        .map(|(first, last)| {
            let (first, last) = (Bind::Int(signed(*first)), Bind::Int(signed(*last)));
            [Bind::Int(of.0), Bind::Text(till), Bind::Int(enrolment), Bind::Text(shape), first, last]
        })
        .collect();
    insert_all(tx, PUT, MOVE, &rows).await?;
    Ok(())
}

/// A sum as it is listed.
pub(crate) struct ListedTotal {
    pub(crate) centre: String,
    pub(crate) till: String,
    pub(crate) business_day: String,
    pub(crate) cashier: String,
    pub(crate) currency: String,
    pub(crate) measure: String,
    pub(crate) code: String,
    pub(crate) value: i64,
    /// The part of it that came late.
    pub(crate) late: i64,
}

/// Every sum of a tenant.
pub(crate) async fn totals(store: &Store, tenant: TenantId) -> Result<Vec<ListedTotal>> {
    const ALL: &str = "
        SELECT centre, till, business_day, cashier, currency, measure, code, value, late FROM total
         WHERE tenant = $1 ORDER BY centre, till, business_day, cashier, currency, measure, code";
    let rows = sqlx::query(ALL).bind(tenant).fetch_all(&mut *store.read().await?).await?;
    let total = |row: &sqlx::any::AnyRow| -> Result<ListedTotal> {
        Ok(ListedTotal {
            centre: row.try_get(0)?,
            till: row.try_get(1)?,
            business_day: row.try_get(2)?,
            cashier: row.try_get(3)?,
            currency: row.try_get(4)?,
            measure: row.try_get(5)?,
            code: row.try_get(6)?,
            value: row.try_get(7)?,
            late: row.try_get(8)?,
        })
    };
    rows.iter().map(total).collect()
}

/// The newest business day that has sums, not after `latest`: a till whose clock is years ahead must
/// not hide today.
pub(crate) async fn newest_day(store: &Store, tenant: TenantId, latest: &str) -> Result<Option<String>> {
    const DAY: &str = "SELECT MAX(business_day) FROM total WHERE tenant = $1 AND business_day <= $2";
    let query = sqlx::query(DAY).bind(tenant).bind(latest);
    Ok(query.fetch_one(&mut *store.read().await?).await?.try_get(0)?)
}

/// A sum of a business day over centres, tills and cashiers.
pub(crate) struct DaySum {
    pub(crate) currency: String,
    pub(crate) measure: String,
    pub(crate) code: String,
    pub(crate) value: i64,
    /// The part of it that came late.
    pub(crate) late: i64,
}

/// The sums of a business day over centres, tills and cashiers.
pub(crate) async fn day_sums(store: &Store, tenant: TenantId, business_day: &str) -> Result<Vec<DaySum>> {
    const SUMS: &str = "
        SELECT currency, measure, code, CAST(SUM(value) AS BIGINT), CAST(SUM(late) AS BIGINT) FROM total
         WHERE tenant = $1 AND business_day = $2
         GROUP BY currency, measure, code ORDER BY currency, measure, code";
    let query = sqlx::query(SUMS).bind(tenant).bind(business_day);
    let rows = query.fetch_all(&mut *store.read().await?).await?;
    let sum = |row: &sqlx::any::AnyRow| -> Result<DaySum> {
        Ok(DaySum {
            currency: row.try_get(0)?,
            measure: row.try_get(1)?,
            code: row.try_get(2)?,
            value: row.try_get(3)?,
            late: row.try_get(4)?,
        })
    };
    rows.iter().map(sum).collect()
}

/// Every stock level of a tenant: warehouse, item, millionths.
pub(crate) async fn levels(store: &Store, tenant: TenantId) -> Result<Vec<(String, String, i64)>> {
    const ALL: &str = "
        SELECT warehouse, item, micro FROM stock_level WHERE tenant = $1 ORDER BY warehouse, item";
    let rows = sqlx::query(ALL).bind(tenant).fetch_all(&mut *store.read().await?).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect()
}

/// Those of some items that a centre has, or had.
pub(crate) async fn known_items(
    store: &Store,
    tenant: TenantId,
    centre: &str,
    items: &[&str],
) -> Result<Vec<String>> {
    const KNOWN: &str = "
        SELECT id FROM config_row WHERE tenant = $1 AND centre = $2 AND kind = 'item' AND id IN (";
    let connection = &mut *store.read().await?;
    let mut known = Vec::new();
    for some in items.chunks(LISTED) {
        let text = format!("{KNOWN}{})", places(3));
        let mut query = sqlx::query(AssertSqlSafe(text)).bind(tenant).bind(centre);
        for item in filled(some) {
            query = query.bind(item.as_bytes());
        }
        for row in query.fetch_all(&mut *connection).await? {
            known.push(key(&row, 0)?);
        }
    }
    Ok(known)
}

/// The body of a row as it was last published, or drafted where it never was.
pub(crate) async fn body_of(
    store: &Store,
    tenant: TenantId,
    centre: &str,
    kind: &str,
    id: &str,
) -> Result<Option<Vec<u8>>> {
    const BODY: &str = "
        SELECT r.published, r.body, r.edition, c.edition FROM config_row r
          JOIN centre c ON c.tenant = r.tenant AND c.centre = r.centre
         WHERE r.tenant = $1 AND r.centre = $2 AND r.kind = $3 AND r.id = $4";
    let query = sqlx::query(BODY).bind(tenant).bind(centre).bind(kind).bind(id.as_bytes());
    let Some(row) = query.fetch_optional(&mut *store.read().await?).await? else { return Ok(None) };
    let (published, body): (Option<Vec<u8>>, Option<Vec<u8>>) = (row.try_get(0)?, row.try_get(1)?);
    let is_dirty = row.try_get::<i64, _>(2)? == row.try_get::<i64, _>(3)?;
    Ok(if is_dirty { published.or(body) } else { body })
}

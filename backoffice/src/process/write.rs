//! One transaction for what has been prepared: sums, levels, findings, live rows, and how far each till is booked.

use std::collections::{BTreeMap, BTreeSet};

use tillkit_domain::text::{self, NAME_CHARS, NOTE_CHARS};
use tillkit_protocol::{
    bodies::{CustomerMade, CustomerPart},
    canonical, settings,
    wire::Finding,
};

use super::prepare::{Made, Prepared, Returned, Sheet, finding, total_key};
use crate::{
    Backoffice,
    book::{Change, Sold, SoldLine},
    error::{Error, Result},
    live,
    news::Topic,
    parts::ERASED,
    ranges,
    store::{
        TenantId, Tx,
        books::{self, CameBack, LinePlace},
        config::{self, DraftRow},
        documents, live as store_live, parts,
        tills::EnrolmentId,
    },
    validate,
};

/// Books what has been prepared, in one transaction.
///
/// # Errors
/// The database's: then nothing of it has been booked.
pub(super) async fn book(office: &Backoffice, batches: &[Prepared]) -> Result<()> {
    let batches: Vec<&Prepared> = batches.iter().filter(|batch| !batch.entries.is_empty()).collect();
    if batches.is_empty() {
        return Ok(());
    }
    let mut sheet = Sheet::default();
    batches.iter().for_each(|batch| sheet.absorb(&batch.sheet));
    let now_ms = office.clock.now_ms();
    let (batches, sheet) = (&batches[..], &sheet);
    let tenants: BTreeSet<TenantId> = batches.iter().map(|batch| batch.of.0).collect();
    let mut writing = Vec::with_capacity(tenants.len());
    for tenant in &tenants {
        writing.push(office.writing_live(*tenant).await);
    }
    let one_by_one = sheet.is_one_by_one;
    let written = office
        .store
        .write(|tx| Box::pin(async move { write(tx, batches, sheet, one_by_one, now_ms).await }))
        .await;
    let written = match written {
        Err(Error::SumTooLarge) => {
            office
                .store
                .write(|tx| Box::pin(async move { write(tx, batches, sheet, true, now_ms).await }))
                .await?
        }
        written => written?,
    };
    drop(writing);
    office.live.written(written.centres);
    for tenant in tenants {
        office.news.tell(tenant, &[Topic::Documents]);
    }
    for tenant in written.objected {
        office.news.tell(tenant, &[Topic::Findings]);
    }
    Ok(())
}

/// What a transaction of bookings came to.
#[derive(Default)]
struct Written {
    /// About whose documents findings were raised.
    objected: BTreeSet<TenantId>,
    /// Which centres' live rows differ.
    centres: BTreeSet<(TenantId, String)>,
}

/// Writes bookings down, and the live rows that follow from them.
async fn write(
    tx: &mut Tx<'_>,
    batches: &[&Prepared],
    sheet: &Sheet,
    one_by_one: bool,
    now_ms: i64,
) -> Result<Written> {
    let mut written = Written::default();
    for batch in batches {
        let seqs: Vec<u64> = batch.entries.iter().map(|entry| entry.seq).collect();
        books::put_booked(tx, &batch.of, &batch.before, (batch.booked, &batch.ranges), &seqs).await?;
    }
    if documents::close_lost(tx, now_ms).await? > 0 {
        written.objected.extend(batches.iter().map(|batch| batch.of.0));
    }
    books::put_set_aside(tx, &sheet.set_aside, now_ms).await?;
    let mut findings = sheet.findings.clone();
    if one_by_one {
        for (tenant, finding) in add_one_by_one(tx, batches, sheet).await? {
            findings.entry(tenant).or_default().push(finding);
        }
    } else {
        let fits = books::add_totals(tx, &sheet.totals).await?
            && books::add_to_accounts(tx, &sheet.accounts).await?
            && books::put_levels(tx, &sheet.levels).await?;
        if !fits {
            return Err(Error::SumTooLarge);
        }
    }
    written.centres.extend(live::write_moved(tx, &sheet.moved).await?);
    let mut rows: BTreeMap<&(TenantId, String), Vec<DraftRow>> = BTreeMap::new();
    for (centre, row) in &sheet.rows {
        rows.entry(centre).or_default().push(row.clone());
    }
    for (centre, rows) in rows {
        // A till may name a centre that has never been here: then nobody is there to see the row.
        if config::exists(tx, centre.0, &centre.1).await? {
            config::write_live(tx, centre.0, &centre.1, &rows).await?;
            written.centres.insert(centre.clone());
        }
    }
    for Made { centre, made, by } in &sheet.customers {
        match write_customer(tx, by.0.0, centre, made).await? {
            Ok(is_new) => written.centres.extend(is_new.then(|| (by.0.0, centre.clone()))),
            Err(why) => {
                let detail = format!("no other till sees it: {why}");
                findings.entry(by.0.0).or_default().push(finding(&by.0, by.1, "not-shown", detail));
            }
        }
    }
    for (of, seq, objection) in hold_returned(tx, batches, sheet).await? {
        findings.entry(of.0).or_default().push(finding(&of, seq, objection.0, objection.1));
    }
    for ((of, shape), numbers) in &sheet.numbers {
        let before = books::number_ranges(tx, of, shape).await?;
        let mut after = before.clone();
        let is_whole = batches.iter().any(|batch| batch.of == *of && batch.ranges.is_empty());
        for (number, seq) in numbers {
            let highest = after.last().map(|(_, last)| *last);
            if !ranges::include(&mut after, *number) {
                let detail = format!("number {number} of {shape} has been used before");
                findings.entry(of.0).or_default().push(finding(of, *seq, "number-again", detail));
            } else if let Some(highest) = highest.filter(|highest| is_whole && *number > highest + 1) {
                let detail = format!("after {highest} of {shape} comes {number}");
                findings.entry(of.0).or_default().push(finding(of, *seq, "number-gap", detail));
            }
        }
        books::put_number_ranges(tx, of, shape, &before, &after).await?;
    }
    for (tenant, findings) in &findings {
        documents::raise(tx, *tenant, findings, now_ms).await?;
    }
    written.objected.extend(findings.into_keys());
    Ok(written)
}

/// Adds each document by itself; returns the findings about those that are too large for a sum, which stays as
/// it was.
async fn add_one_by_one(
    tx: &mut Tx<'_>,
    batches: &[&Prepared],
    sheet: &Sheet,
) -> Result<Vec<(TenantId, Finding)>> {
    let mut left_out = Vec::new();
    let mut leave_out = |of: &EnrolmentId, seq, what: String| {
        let detail = format!("{what} would be too large with it, so it is left out of that sum");
        left_out.push((of.0, finding(of, seq, "sum-too-large", detail)));
    };
    for batch in batches {
        for entry in &batch.entries {
            let (of, booking) = (&batch.of, &entry.booking);
            for (total, value) in &booking.adds {
                let (key, added) = (total_key(of, booking, total), entry.added(*value));
                if !books::add_totals(tx, [(&key, &added)]).await? {
                    leave_out(of, entry.seq, format!("{} {} of its day", total.measure, total.code));
                }
            }
            for ((customer, currency), minor) in &booking.accounts {
                let key = (of.0, customer.clone(), currency.clone());
                if !books::add_to_accounts(tx, [(&key, minor)]).await? {
                    leave_out(of, entry.seq, format!("the account of {customer}"));
                }
            }
        }
    }
    for (of, seq, key, change) in &sheet.moves {
        let level = match change {
            Change::By(micro) => (*micro, false),
            Change::To(micro) => (*micro, true),
        };
        if !books::put_levels(tx, [(key, &level)]).await? {
            leave_out(of, *seq, format!("the level of {} in {}", key.2, key.1));
        }
    }
    Ok(left_out)
}

/// Counts what came back, and holds it against the sales that are here; returns what to object to.
async fn hold_returned(
    tx: &mut Tx<'_>,
    batches: &[&Prepared],
    sheet: &Sheet,
) -> Result<Vec<(EnrolmentId, u64, (&'static str, String))>> {
    let mut objections = Vec::new();
    for batch in batches {
        let sales = batch.entries.iter().filter_map(|entry| Some((entry.seq, entry.booking.sold.as_ref()?)));
        let sales: BTreeMap<u64, &Sold> = sales.collect();
        let ends = sales.keys().next().zip(sales.keys().next_back());
        let Some((from, to)) = ends else { continue };
        for (place, all) in books::take_unchecked(tx, &batch.of, (*from, *to)).await? {
            let sold =
                sales.get(&place.seq).and_then(|sold| sold.lines.get(usize::try_from(place.line).ok()?));
            let over = sold.and_then(|sold| self::over(&place, sold, all));
            objections.extend(over.map(|over| (batch.of.clone(), place.seq, over)));
        }
    }
    for Came { returned, all } in came_back(tx, &sheet.returned).await? {
        let Returned { place, back, sold, by } = returned;
        let Some(all) = all else {
            let detail = "what came back of a line would be too large with it, so it is left out of that sum";
            objections.push((by.0.clone(), by.1, ("sum-too-large", detail.to_string())));
            continue;
        };
        // What a void gives back is no reason to object.
        let sold = sold.as_ref().filter(|_| back.micro > 0 || back.gross_minor > 0);
        let over = sold.and_then(|sold| self::over(place, sold, all));
        objections.extend(over.map(|over| (by.0.clone(), by.1, over)));
    }
    Ok(objections)
}

/// A line that came back, with all that has come back of it by now; `None` if that would be too large.
struct Came<'a> {
    returned: &'a Returned,
    all: Option<CameBack>,
}

/// Counts what came back, many lines a statement, in the order of the documents.
async fn came_back<'a>(tx: &mut Tx<'_>, returned: &'a [Returned]) -> Result<Vec<Came<'a>>> {
    let mut came = Vec::with_capacity(returned.len());
    let mut rest = returned;
    while !rest.is_empty() {
        // No statement changes a row twice.
        let mut places = BTreeSet::new();
        let apart = rest.iter().take_while(|returned| places.insert(&returned.place)).count();
        let (some, after) = rest.split_at(apart);
        let wanted: Vec<_> =
            some.iter().map(|returned| (&returned.place, returned.back, returned.sold.is_some())).collect();
        let all = books::add_returned(tx, &wanted).await?;
        came.extend(some.iter().map(|returned| Came { returned, all: all.get(&returned.place).copied() }));
        rest = after;
    }
    Ok(came)
}

/// What to object to where more came back of a line than was sold, or more money than was paid.
fn over(place: &LinePlace, sold: &SoldLine, all: CameBack) -> Option<(&'static str, String)> {
    let LinePlace { sale, seq, line } = place;
    let name = format!("of line {line} of {}/{}/{seq}", sale.1, sale.2);
    let SoldLine { micro, gross_minor, .. } = sold;
    if all.micro > *micro {
        let back = all.micro;
        return Some(("over-return", format!("{name} {back} millionths came back, {micro} were sold")));
    }
    let back = all.gross_minor;
    (back > *gross_minor)
        .then(|| ("over-refund", format!("{name} {back} went back, {gross_minor} were paid")))
}

/// Writes the row of a customer that a till has made, unless the centre has one already; whether it has
/// been written, or why it cannot be.
async fn write_customer(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    centre: &str,
    made: &CustomerMade,
) -> Result<Result<bool, String>> {
    let part = parts::get(tx, tenant, &made.part).await?;
    let row = match customer_row(centre, made, part.flatten().as_deref()) {
        Ok(row) => row,
        Err(why) => return Ok(Err(why)),
    };
    if !config::exists(tx, tenant, centre).await? {
        return Ok(Ok(false));
    }
    parts::describes(tx, tenant, &made.part, (centre, &made.customer)).await?;
    // What the back office says of a customer replaces what a till says.
    if store_live::body(tx, tenant, centre, "customer", &made.customer).await?.is_some() {
        return Ok(Ok(false));
    }
    config::write_live(tx, tenant, centre, &[row]).await?;
    Ok(Ok(true))
}

/// A customer written down on a till, as a row; one whose part has been erased is one of those.
fn customer_row(centre: &str, made: &CustomerMade, part: Option<&[u8]>) -> Result<DraftRow, String> {
    let body = match part {
        Some(part) => {
            let CustomerPart { address, email, name, phone, vat_id } =
                serde_json::from_slice(part).map_err(|error| format!("its part: {error}"))?;
            let (credit, merged_into) = (false, None);
            // An older till took texts that no row may hold.
            let fitted = |text: String, most| text::fitted(text.trim(), most).into_owned();
            let (name, phone) = (fitted(name, NAME_CHARS), fitted(phone, NAME_CHARS));
            let (email, vat_id) = (fitted(email, NAME_CHARS), fitted(vat_id, NAME_CHARS));
            let name = if text::is_blank(&name) { made.customer.clone() } else { name };
            let lines = text::with_line_feeds(address.trim());
            let lines: Vec<_> = lines.split('\n').map(|line| text::fitted(line, NOTE_CHARS)).collect();
            let mut address = lines.join("\n");
            if address.chars().count() > NOTE_CHARS {
                address = address.chars().take(NOTE_CHARS - 1).chain(['…']).collect();
            }
            let customer = settings::Customer { name, credit, address, email, phone, vat_id, merged_into };
            canonical::to_line(&customer).map_err(|error| error.to_string())?
        }
        None => ERASED.to_vec(),
    };
    validate::row(centre, "customer", &made.customer, Some(&body))
}

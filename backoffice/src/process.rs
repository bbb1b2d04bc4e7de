//! Books what has been stored: each document exactly once, in the order of its chain.
//!
//! ```text
//!   stored ──▶ booked            next in the chain
//!   stored ──▶ waits ──▶ booked  beyond a gap, once the gap has stood for a while
//!   stored ──▶ waits ──▶ booked  a customer made, once its part is here; to what follows it is a gap
//! ```
//!
//! How far an enrolment is booked is written in the transaction that adds its sums, and only if
//! nobody else has booked since it was read: a crash between two documents, or two processes at
//! once, book nothing twice. Booking waits for pauses between uploads, but never for long.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tillkit_domain::text::{self, NAME_CHARS, NOTE_CHARS};
use tillkit_protocol::{
    Hash, Record,
    bodies::{CustomerMade, CustomerPart, Order},
    canonical, settings,
    wire::Finding,
};
use tokio::sync::watch;

use crate::{
    Backoffice,
    book::{self, Booking, Change, ClosureSaid, Period, Sold, SoldLine},
    error::{Error, Result},
    ingest::aside,
    live::{self, Moved},
    news::Topic,
    parts::ERASED,
    store::{
        TenantId, Tx,
        books::{self, AccountKey, Added, Booked, CameBack, LevelKey, LinePlace, Stored, TotalKey},
        config::{self, DraftRow},
        documents, live as store_live, parts,
        tills::EnrolmentId,
    },
    validate,
};

/// Documents a transaction books at most: an upload waits no longer than that takes.
const DOCUMENTS: usize = 500;
/// How long a gap must stand before what lies beyond it is booked.
const GAP_STANDS: Duration = Duration::from_secs(2);
/// A pause between uploads that is long enough to book in…
const PAUSE_MS: i64 = 4;
/// …and how long to wait for one.
const PATIENCE: Duration = Duration::from_millis(400);

/// Which enrolments have something to book.
#[derive(Debug)]
pub(crate) struct Wake {
    pending: Mutex<Pending>,
    /// Enrolments pending or being booked; not those that wait behind a gap.
    open: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Pending {
    ready: BTreeSet<EnrolmentId>,
    working: usize,
    /// Since when something has been waiting behind a gap.
    behind_gap: HashMap<EnrolmentId, Instant>,
    /// Enrolments that hold a document whose part is not here.
    for_part: HashMap<(TenantId, Hash), BTreeSet<EnrolmentId>>,
}

impl Default for Wake {
    fn default() -> Wake {
        Wake { pending: Mutex::default(), open: watch::channel(0).0 }
    }
}

impl Wake {
    /// Documents of these enrolments have been stored.
    pub(crate) fn documents_of(&self, enrolments: impl Iterator<Item = EnrolmentId>) {
        self.change(|pending| pending.ready.extend(enrolments));
    }

    fn change<T>(&self, change: impl FnOnce(&mut Pending) -> T) -> T {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut pending);
        self.open.send_replace(pending.ready.len() + pending.working);
        changed
    }

    fn take(&self) -> BTreeSet<EnrolmentId> {
        self.change(|pending| {
            let taken = std::mem::take(&mut pending.ready);
            pending.working = taken.len();
            taken
        })
    }

    fn done(&self, again: Vec<EnrolmentId>) {
        self.change(|pending| {
            pending.working = 0;
            pending.ready.extend(again);
        });
    }

    /// Whether what lies beyond an enrolment's gap may be booked now; else it will be in a while.
    fn may_pass_gap(&self, of: &EnrolmentId) -> bool {
        self.change(|pending| {
            let since = *pending.behind_gap.entry(of.clone()).or_insert_with(Instant::now);
            since.elapsed() >= GAP_STANDS
        })
    }

    fn has_no_gap(&self, of: &EnrolmentId) {
        self.change(|pending| pending.behind_gap.remove(of));
    }

    fn awaits_part(&self, of: &EnrolmentId, part: &Hash) {
        self.change(|pending| pending.for_part.entry((of.0, *part)).or_default().insert(of.clone()));
    }

    fn has_part(&self, of: &EnrolmentId, part: &Hash) {
        self.change(|pending| pending.for_part.remove(&(of.0, *part)));
    }

    /// A part has come, or never will.
    pub(crate) fn part_is_here(&self, tenant: TenantId, part: &Hash) {
        self.change(|pending| {
            let waiting = pending.for_part.remove(&(tenant, *part)).unwrap_or_default();
            pending.ready.extend(waiting);
        });
    }

    fn gaps_that_stand(&self) {
        self.change(|pending| {
            let stand = pending.behind_gap.iter().filter(|(_, since)| since.elapsed() >= GAP_STANDS);
            let stand: Vec<_> = stand.map(|(of, _)| of.clone()).collect();
            pending.ready.extend(stand);
        });
    }

    /// Waits until nothing is left to book but what waits behind a gap.
    pub(crate) async fn is_idle(&self) {
        // An error means that the back office has been dropped: then nothing is being booked either.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

/// Has everything booked that was stored before this process began.
pub(crate) async fn wake_all(office: &Backoffice) -> Result<()> {
    let unbooked = books::unbooked(&office.store).await?;
    office.wake.documents_of(unbooked.into_iter());
    Ok(())
}

/// Books, for ever.
pub(crate) async fn process_for_ever(office: &Backoffice) {
    let mut open = office.wake.open.subscribe();
    let mut items = Items::default();
    loop {
        let (is_over, is_idle) = match tokio::time::timeout(GAP_STANDS, open.wait_for(|open| *open > 0)).await
        {
            Ok(woken) => (woken.is_err(), false),
            Err(_) => (false, true),
        };
        if is_over {
            return;
        }
        office.wake.gaps_that_stand();
        if is_idle {
            continue;
        }
        let taken = office.wake.take();
        match round(office, &mut items, &taken).await {
            Ok(again) => office.wake.done(again),
            Err(error) => {
                tracing::error!(%error, "documents could not be booked; again in a second");
                tokio::time::sleep(Duration::from_secs(1)).await;
                office.wake.done(taken.into_iter().collect());
            }
        }
    }
}

/// Items that a centre is known to have or to have had: they are retired, never deleted.
#[derive(Default)]
struct Items(HashSet<(TenantId, String, String)>);

impl Items {
    async fn has(&mut self, office: &Backoffice, tenant: TenantId, centre: &str, item: &str) -> Result<bool> {
        let name = (tenant, centre.to_owned(), item.to_owned());
        if self.0.contains(&name) {
            return Ok(true);
        }
        let is_known = books::knows(&office.store, tenant, centre, "item", item).await?;
        if is_known {
            if self.0.len() >= 100_000 {
                self.0.clear();
            }
            self.0.insert(name);
        }
        Ok(is_known)
    }
}

/// Some documents of one enrolment, about to be booked.
struct Batch {
    of: EnrolmentId,
    before: Booked,
    documents: Vec<Stored>,
    is_more: bool,
}

/// Books what these enrolments have, at most [`DOCUMENTS`] a transaction; returns those with more.
async fn round(
    office: &Backoffice,
    items: &mut Items,
    enrolments: &BTreeSet<EnrolmentId>,
) -> Result<Vec<EnrolmentId>> {
    let (mut again, mut batches, mut count) = (Vec::new(), Vec::new(), 0);
    for of in enrolments {
        let Some(batch) = next_of(office, of, DOCUMENTS - count).await? else { continue };
        count += batch.documents.len();
        if batch.is_more {
            again.push(of.clone());
        }
        batches.push(batch);
        if count >= DOCUMENTS {
            wait_for_pause(office).await;
            book_all(office, items, std::mem::take(&mut batches)).await?;
            count = 0;
        }
    }
    if !batches.is_empty() {
        wait_for_pause(office).await;
        book_all(office, items, batches).await?;
    }
    Ok(again)
}

async fn wait_for_pause(office: &Backoffice) {
    let begin = Instant::now();
    while office.intake.idle_ms() < PAUSE_MS && begin.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The next documents of an enrolment that are not booked.
async fn next_of(office: &Backoffice, of: &EnrolmentId, limit: usize) -> Result<Option<Batch>> {
    let before = books::booked(&office.store, of).await?;
    let limit = limit.max(1);
    let begins = [before.booked + 1].into_iter().chain(before.ranges.iter().map(|(_, last)| last + 1));
    let ends = before.ranges.iter().map(|(first, _)| first - 1).chain([before.top]);
    let mut documents = Vec::new();
    // Whether something lies beyond a gap, and whether that must wait still.
    let (mut is_gap, mut is_stopped) = (false, false);
    let mut may_pass = || {
        is_gap = true;
        is_stopped = !office.wake.may_pass_gap(of);
        !is_stopped
    };
    'free: for (from, to) in begins.zip(ends).filter(|(from, to)| from <= to) {
        let mut expected = from;
        loop {
            let wanted = limit - documents.len();
            let page = books::documents(&office.store, of, (expected, to), wanted).await?;
            let is_last = page.len() < wanted;
            for document in page {
                let seq = document.seq;
                if seq != expected && !may_pass() {
                    break 'free;
                }
                expected = seq + 1;
                if !lacks_part(office, of, &document.record).await? {
                    documents.push(document);
                } else if seq == before.top || !may_pass() {
                    break 'free;
                }
            }
            if documents.len() >= limit {
                break 'free;
            }
            if is_last {
                break;
            }
        }
        if expected <= to && !may_pass() {
            break;
        }
    }
    if !is_stopped && (!is_gap || documents.is_empty()) {
        office.wake.has_no_gap(of);
    }
    let is_more = documents.len() >= limit;
    Ok((!documents.is_empty()).then_some(Batch { of: of.clone(), before, documents, is_more }))
}

/// Whether a document cannot be booked yet, as what stands beside it has not come.
async fn lacks_part(office: &Backoffice, of: &EnrolmentId, record: &Record) -> Result<bool> {
    let Some(made) = book::customer_made(record) else { return Ok(false) };
    // Asked for first, so that one which comes just now is not missed.
    office.wake.awaits_part(of, &made.part);
    let is_here = parts::get(&mut *office.store.read().await?, of.0, &made.part).await?.is_some();
    if is_here {
        office.wake.has_part(of, &made.part);
    }
    Ok(!is_here)
}

/// A batch with what its documents mean.
struct Decided {
    of: EnrolmentId,
    before: Booked,
    booked: u64,
    ranges: Vec<(u64, u64)>,
    bookings: Vec<Entry>,
}

/// What one document means.
struct Entry {
    seq: u64,
    booking: Booking,
    /// Whether it came after the end of the day that follows its own.
    is_late: bool,
}

/// What a transaction of bookings writes.
#[derive(Default)]
struct Sheet {
    totals: BTreeMap<TotalKey, Added>,
    accounts: BTreeMap<AccountKey, i64>,
    levels: BTreeMap<LevelKey, (i64, bool)>,
    /// What the levels come from, in order.
    moves: Vec<(EnrolmentId, u64, LevelKey, Change)>,
    /// Whether these documents together are too large for some sum, so that each is added by itself.
    is_one_by_one: bool,
    findings: BTreeMap<TenantId, Vec<Finding>>,
    returned: Vec<Returned>,
    numbers: BTreeMap<(EnrolmentId, String), Vec<(u64, u64)>>,
    /// What each enrolment moved, in which warehouses.
    moved: Moved,
    /// Rows of centres: orders taken.
    rows: Vec<((TenantId, String), DraftRow)>,
    customers: Vec<Made>,
}

/// A customer written down on a till, at a centre, by a document.
struct Made {
    centre: String,
    made: CustomerMade,
    by: (EnrolmentId, u64),
}

/// A line that came back: of which sale, what of it, what had been sold, and what to object to.
struct Returned {
    place: LinePlace,
    back: CameBack,
    sold: Option<SoldLine>,
    by: (EnrolmentId, u64),
}

async fn book_all(office: &Backoffice, items: &mut Items, batches: Vec<Batch>) -> Result<()> {
    let decided = aside(move || batches.into_iter().map(decide).collect::<Vec<_>>()).await?;
    let mut sheet = Sheet::default();
    let mut asked = Asked { office, items, warehouses: HashMap::new(), sales: HashMap::new() };
    for batch in &decided {
        for entry in &batch.bookings {
            sheet.enter(&mut asked, batch, entry).await?;
        }
    }
    let now_ms = office.clock.now_ms();
    let (decided, sheet) = (&decided[..], &sheet);
    let tenants: BTreeSet<TenantId> = decided.iter().map(|batch| batch.of.0).collect();
    let mut writing = Vec::with_capacity(tenants.len());
    for tenant in &tenants {
        writing.push(office.writing_live(*tenant).await);
    }
    let one_by_one = sheet.is_one_by_one;
    let written = office
        .store
        .write(|tx| Box::pin(async move { write(tx, decided, sheet, one_by_one, now_ms).await }))
        .await;
    let written = match written {
        Err(Error::SumTooLarge) => {
            office
                .store
                .write(|tx| Box::pin(async move { write(tx, decided, sheet, true, now_ms).await }))
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

fn decide(batch: Batch) -> Decided {
    let Batch { of, before, documents, .. } = batch;
    let mut ranges = before.ranges.clone();
    let mut bookings = Vec::with_capacity(documents.len());
    for Stored { seq, record, received_ms } in &documents {
        include(&mut ranges, *seq);
        let booking = book::book(record);
        let is_late = is_late(&booking.business_day, *received_ms);
        bookings.push(Entry { seq: *seq, booking, is_late });
    }
    let mut booked = before.booked;
    while let Some((first, last)) = ranges.first().copied().filter(|(first, _)| *first == booked + 1) {
        debug_assert!(first <= last);
        booked = last;
        ranges.remove(0);
    }
    Decided { of, before, booked, ranges, bookings }
}

/// Whether a document came after the end of the day that follows its business day, in UTC: by then the day's
/// sums have been read. A day that is none has no end.
fn is_late(business_day: &str, received_ms: i64) -> bool {
    const DAYS: i64 = 2;
    const DAY_MS: i64 = 24 * 60 * 60_000;
    let Ok(day) = business_day.parse::<jiff::civil::Date>() else { return false };
    let begins = jiff::civil::date(1970, 1, 1);
    let days = begins.duration_until(day).as_hours() / 24;
    received_ms >= (days + DAYS) * DAY_MS
}

/// Takes a number into ascending ranges; `false` if it was there already.
fn include(ranges: &mut Vec<(u64, u64)>, number: u64) -> bool {
    let at = ranges.partition_point(|(_, last)| *last < number);
    if ranges.get(at).is_some_and(|(first, _)| *first <= number) {
        return false;
    }
    let joins_before = at > 0 && ranges[at - 1].1 + 1 == number;
    let joins_after = ranges.get(at).is_some_and(|(first, _)| *first == number + 1);
    match (joins_before, joins_after) {
        (true, true) => {
            ranges[at - 1].1 = ranges[at].1;
            ranges.remove(at);
        }
        (true, false) => ranges[at - 1].1 = number,
        (false, true) => ranges[at].0 = number,
        (false, false) => ranges.insert(at, (number, number)),
    }
    true
}

/// A cache of database look-ups for one transaction of bookings.
struct Asked<'a> {
    office: &'a Backoffice,
    items: &'a mut Items,
    /// Which warehouse each centre's sales draw from.
    warehouses: HashMap<(TenantId, String), String>,
    /// Sales that something came back of, if they are here.
    sales: HashMap<(EnrolmentId, u64), Option<Sold>>,
}

fn total_key(of: &EnrolmentId, booking: &Booking, total: &book::Total) -> TotalKey {
    TotalKey {
        tenant: of.0,
        centre: booking.centre.clone(),
        till: of.1.clone(),
        business_day: booking.business_day.clone(),
        cashier: booking.cashier.clone(),
        currency: total.currency.clone(),
        measure: total.measure,
        code: total.code.clone(),
    }
}

impl Entry {
    fn added(&self, value: i64) -> Added {
        Added { value, late: if self.is_late { value } else { 0 } }
    }
}

impl Sheet {
    async fn enter(&mut self, asked: &mut Asked<'_>, batch: &Decided, entry: &Entry) -> Result<()> {
        let (of, seq, booking) = (&batch.of, entry.seq, &entry.booking);
        let (tenant, office) = (of.0, asked.office);
        for (code, detail) in &booking.objections {
            self.object(of, seq, code, detail.clone());
        }
        self.add_sums(of, entry);
        for moved in &booking.stock {
            let warehouse = match &moved.warehouse {
                Some(warehouse) => warehouse.clone(),
                None => asked.warehouse(tenant, &booking.centre).await?,
            };
            let items = self.moved.items.entry((tenant, warehouse.clone())).or_default();
            items.insert(moved.item.clone());
            let by = self.moved.by.entry(of.clone()).or_default();
            by.warehouses.insert(warehouse.clone());
            if by.booked.is_empty() {
                by.booked.extend((batch.booked > 0).then_some((1, batch.booked)));
                by.booked.extend(&batch.ranges);
            }
            self.add_move(of, seq, (tenant, warehouse, moved.item.clone()), moved.change);
        }
        for item in &booking.items {
            if !asked.items.has(office, tenant, &booking.centre, item).await? {
                self.object(of, seq, "unknown-item", format!("centre {} has no item {item}", booking.centre));
            }
        }
        for back in &booking.returned {
            self.add_back(asked, (of, seq), back).await?;
        }
        if let Some((number, order)) = &booking.order {
            match order_row(of, seq, &booking.centre, number, order) {
                Ok(row) => self.rows.push(((tenant, booking.centre.clone()), row)),
                Err(why) => self.object(of, seq, "not-shown", format!("no other till sees it: {why}")),
            }
        }
        if let Some(made) = &booking.customer {
            let (centre, made) = (booking.centre.clone(), made.clone());
            self.customers.push(Made { centre, made, by: (of.clone(), seq) });
        }
        if let Some((shape, number)) = &booking.number {
            self.numbers.entry((of.clone(), shape.clone())).or_default().push((*number, seq));
        }
        if let Some(said) = &booking.closure
            && let Some((code, detail)) = closure_objection(office, batch, seq, said).await?
        {
            self.object(of, seq, code, detail);
        }
        Ok(())
    }

    fn add_sums(&mut self, of: &EnrolmentId, entry: &Entry) {
        let booking = &entry.booking;
        for (total, value) in &booking.adds {
            let added = entry.added(*value);
            let sum = self.totals.entry(total_key(of, booking, total)).or_default();
            let fits = |sum: i64, added: i64| book::within(i128::from(sum) + i128::from(added));
            match fits(sum.value, added.value).zip(fits(sum.late, added.late)) {
                Some((value, late)) => *sum = Added { value, late },
                None => self.is_one_by_one = true,
            }
        }
        for ((customer, currency), minor) in &booking.accounts {
            let key = (of.0, customer.clone(), currency.clone());
            let sum = self.accounts.entry(key).or_default();
            match book::within(i128::from(*sum) + i128::from(*minor)) {
                Some(fits) => *sum = fits,
                None => self.is_one_by_one = true,
            }
        }
    }

    fn add_move(&mut self, of: &EnrolmentId, seq: u64, key: LevelKey, change: Change) {
        let level = self.levels.entry(key.clone()).or_default();
        *level = match change {
            Change::By(micro) => {
                let sum = level.0.saturating_add(micro);
                self.is_one_by_one |= sum.unsigned_abs() > books::MOST_MICRO.unsigned_abs();
                (sum, level.1)
            }
            Change::To(micro) => (micro, true),
        };
        self.moves.push((of.clone(), seq, key, change));
    }

    /// Holds what came back against its sale, if that is here.
    async fn add_back(
        &mut self,
        asked: &mut Asked<'_>,
        (of, seq): (&EnrolmentId, u64),
        back: &book::Back,
    ) -> Result<()> {
        let origin = &back.origin;
        let sale: EnrolmentId = (of.0, origin.till.clone(), origin.enrolment);
        let place = LinePlace { sale: sale.clone(), seq: origin.seq, line: origin.line };
        let (micro, mut gross_minor) = (back.line.micro, back.line.gross_minor);
        let name = format!("line {} of {}/{}/{}", origin.line, sale.1, sale.2, origin.seq);
        let sold = match asked.sale(&sale, origin.seq).await? {
            None => None,
            Some(sold) => {
                let line = usize::try_from(origin.line).ok().and_then(|line| sold.lines.get(line)).cloned();
                let differs = match &line {
                    None => vec!["is not there".to_string()],
                    Some(line) => differences(sold, line, back),
                };
                // What is voided was held against the sale when it was booked.
                if !differs.is_empty() && micro > 0 {
                    self.object(of, seq, "return-differs", format!("{name} {}", differs.join(", ")));
                }
                if back.currency != sold.currency {
                    gross_minor = 0;
                }
                Some(line.unwrap_or_else(|| SoldLine { micro: 0, gross_minor: 0, ..back.line.clone() }))
            }
        };
        let back = CameBack { micro, gross_minor };
        self.returned.push(Returned { place, back, sold, by: (of.clone(), seq) });
        Ok(())
    }

    fn object(&mut self, of: &EnrolmentId, seq: u64, code: &str, detail: String) {
        let finding = Finding { code: code.into(), detail, enrolment: of.2, seq, till: of.1.clone() };
        self.findings.entry(of.0).or_default().push(finding);
    }
}

/// In what a line that came back is another than the one that was sold.
fn differences(sold: &Sold, line: &SoldLine, back: &book::Back) -> Vec<String> {
    let pairs = [
        ("item", &line.item, &back.line.item),
        ("currency", &sold.currency, &back.currency),
        ("VAT", &line.vat, &back.line.vat),
    ];
    let differs = pairs.into_iter().filter(|(_, sold, back)| sold != back);
    differs.map(|(what, sold, back)| format!("has {what} {sold}, {back} came back")).collect()
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

impl Asked<'_> {
    async fn warehouse(&mut self, tenant: TenantId, centre: &str) -> Result<String> {
        let name = (tenant, centre.to_owned());
        if let Some(warehouse) = self.warehouses.get(&name) {
            return Ok(warehouse.clone());
        }
        let body = books::body_of(&self.office.store, tenant, centre, "centre", centre).await?;
        let row = body.and_then(|body| settings::read::<settings::Centre>(&body).ok());
        let warehouse = row.and_then(|row| row.warehouse).unwrap_or_default();
        self.warehouses.insert(name, warehouse.clone());
        Ok(warehouse)
    }

    /// A sale, if it is here.
    async fn sale(&mut self, of: &EnrolmentId, seq: u64) -> Result<Option<&Sold>> {
        let place = (of.clone(), seq);
        if !self.sales.contains_key(&place) {
            let found = books::documents(&self.office.store, of, (seq, seq), 1).await?;
            let sold = found.first().and_then(|document| Sold::of(&document.record));
            self.sales.insert(place.clone(), sold);
        }
        Ok(self.sales.get(&place).and_then(Option::as_ref))
    }
}

/// Holds a closure against the documents it lists.
async fn closure_objection(
    office: &Backoffice,
    batch: &Decided,
    seq: u64,
    said: &ClosureSaid,
) -> Result<Option<(&'static str, String)>> {
    let mut period = Period::default();
    for ranges in &said.closure.documents {
        let of: EnrolmentId = (batch.of.0, ranges.till.clone(), ranges.enrolment);
        for (from, to) in &ranges.ranges {
            if *to >= seq && of == batch.of {
                return Ok(Some(("closure-differs", format!("it lists {to}, which is not before it"))));
            }
            let mut next = *from;
            while next <= *to {
                let page = books::documents(&office.store, &of, (next, *to), DOCUMENTS).await?;
                let is_next = |(document, expected): &(&Stored, u64)| document.seq == *expected;
                let here = page.iter().zip(next..).take_while(is_next).count();
                if here == 0 || here < page.len() {
                    let missing = next + here as u64;
                    return Ok(Some((
                        "closure-incomplete",
                        format!("it lists {missing}, which is not here"),
                    )));
                }
                next += here as u64;
                period = aside(move || {
                    page.iter().for_each(|document| period.take(&document.record));
                    period
                })
                .await?;
            }
        }
    }
    let objections = period.objections(said);
    Ok((!objections.is_empty()).then(|| ("closure-differs", objections.join("; "))))
}

/// An order taken on a till, as every till of its centre sees it.
fn order_row(
    of: &EnrolmentId,
    seq: u64,
    centre: &str,
    number: &str,
    order: &Order,
) -> Result<DraftRow, String> {
    let (_, till, enrolment) = of;
    let mut body = serde_json::to_value(order).map_err(|error| error.to_string())?;
    if let Some(members) = body.as_object_mut() {
        members.insert("number".into(), number.into());
        members.insert("state".into(), "open".into());
    }
    let body = canonical::to_line(&body).map_err(|error| error.to_string())?;
    validate::row(centre, "sales_order", &format!("{till}/{enrolment}/{seq}"), Some(&body))
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
            let address = fitted(address, NOTE_CHARS);
            let customer = settings::Customer { name, credit, address, email, phone, vat_id, merged_into };
            canonical::to_line(&customer).map_err(|error| error.to_string())?
        }
        None => ERASED.to_vec(),
    };
    validate::row(centre, "customer", &made.customer, Some(&body))
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
    decided: &[Decided],
    sheet: &Sheet,
    one_by_one: bool,
    now_ms: i64,
) -> Result<Written> {
    let mut written = Written::default();
    for batch in decided {
        books::put_booked(tx, &batch.of, &batch.before, batch.booked, &batch.ranges).await?;
    }
    if documents::close_lost(tx, now_ms).await? > 0 {
        written.objected.extend(decided.iter().map(|batch| batch.of.0));
    }
    let mut findings = sheet.findings.clone();
    if one_by_one {
        for (tenant, finding) in add_one_by_one(tx, decided, sheet).await? {
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
    for (of, seq, objection) in hold_returned(tx, decided, sheet).await? {
        findings.entry(of.0).or_default().push(finding(&of, seq, objection.0, objection.1));
    }
    for ((of, shape), numbers) in &sheet.numbers {
        let before = books::number_ranges(tx, of, shape).await?;
        let mut ranges = before.clone();
        let is_whole = decided.iter().any(|batch| batch.of == *of && batch.ranges.is_empty());
        for (number, seq) in numbers {
            let highest = ranges.last().map(|(_, last)| *last);
            if !include(&mut ranges, *number) {
                let detail = format!("number {number} of {shape} has been used before");
                findings.entry(of.0).or_default().push(finding(of, *seq, "number-again", detail));
            } else if let Some(highest) = highest.filter(|highest| is_whole && *number > highest + 1) {
                let detail = format!("after {highest} of {shape} comes {number}");
                findings.entry(of.0).or_default().push(finding(of, *seq, "number-gap", detail));
            }
        }
        books::put_number_ranges(tx, of, shape, &before, &ranges).await?;
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
    decided: &[Decided],
    sheet: &Sheet,
) -> Result<Vec<(TenantId, Finding)>> {
    let mut left_out = Vec::new();
    let mut leave_out = |of: &EnrolmentId, seq, what: String| {
        let detail = format!("{what} would be too large with it, so it is left out of that sum");
        left_out.push((of.0, finding(of, seq, "sum-too-large", detail)));
    };
    for batch in decided {
        for entry in &batch.bookings {
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
    decided: &[Decided],
    sheet: &Sheet,
) -> Result<Vec<(EnrolmentId, u64, (&'static str, String))>> {
    let mut objections = Vec::new();
    for batch in decided {
        let sales = batch.bookings.iter().filter_map(|entry| Some((entry.seq, entry.booking.sold.as_ref()?)));
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
    for Returned { place, back, sold, by } in &sheet.returned {
        let Some(all) = books::add_returned(tx, place, *back, sold.is_some()).await? else {
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

fn finding(of: &EnrolmentId, seq: u64, code: &str, detail: String) -> Finding {
    Finding { code: code.into(), detail, enrolment: of.2, seq, till: of.1.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_late_once_the_day_after_its_own_has_ended() {
        let day = 24 * 60 * 60_000;
        for (business_day, received_ms, expected) in [
            ("1970-01-01", 0, false),
            ("1970-01-01", 2 * day - 1, false),
            ("1970-01-01", 2 * day, true),
            ("1969-12-31", day - 1, false),
            ("1969-12-31", day, true),
            ("2010-12-01", 1_291_192_020_000, false),
            ("2010-12-01", 1_291_192_020_000 + 2 * day, true),
            ("no day", i64::MAX, false),
            ("9999-12-31", i64::MAX, true),
        ] {
            assert_eq!(is_late(business_day, received_ms), expected, "{business_day} {received_ms}");
        }
    }

    #[test]
    fn ranges_take_each_number_once_and_join() {
        let mut ranges = Vec::new();
        for number in [5, 1, 3, 2, 9, 8, 4] {
            assert!(include(&mut ranges, number), "{number}");
        }
        assert_eq!(ranges, [(1, 5), (8, 9)]);
        assert!(!include(&mut ranges, 3));
        assert!(!include(&mut ranges, 9));
    }
}

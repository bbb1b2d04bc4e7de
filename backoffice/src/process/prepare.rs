//! What the next documents of an enrolment mean, with all that must be looked up for that. Writes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use tillkit_protocol::{
    Record,
    bodies::{CustomerMade, Order},
    canonical, settings,
    wire::Finding,
};

use super::DOCUMENTS;
use crate::{
    Backoffice,
    book::{self, Booking, Change, ClosureSaid, Period, Sold, SoldLine},
    error::Result,
    ingest::aside,
    live::Moved,
    ranges,
    store::{
        TenantId,
        books::{self, AccountKey, Added, Booked, CameBack, LevelKey, LinePlace, Stored, TotalKey},
        config::DraftRow,
        parts,
        tills::EnrolmentId,
    },
    validate,
};

/// Bytes of documents that are prepared together, or of the sales that they name; one is taken whatever it has.
pub(super) const BYTES: u64 = 1 << 20;
/// Bytes of the sales that a document's lines come back from: what comes back of more is not held against them.
const SALES_BYTES: u64 = 32 << 20;
/// Documents of a closure that it is held against.
const MOST_CLOSED: u64 = 200_000;

/// Some documents of one enrolment, about to be booked.
#[derive(Clone)]
pub(super) struct Taken {
    pub(super) documents: Vec<Stored>,
    pub(super) before: Booked,
    is_more: bool,
}

/// An enrolment's next documents, and what a transaction must write to book them.
pub(super) struct Prepared {
    pub(super) of: EnrolmentId,
    pub(super) before: Booked,
    /// Every document up to here is booked then…
    pub(super) booked: u64,
    /// …and beyond a gap these.
    pub(super) ranges: Vec<(u64, u64)>,
    pub(super) entries: Vec<Entry>,
    pub(super) sheet: Sheet,
    /// Whether the enrolment has more to book.
    pub(super) is_more: bool,
}

/// What one document means.
pub(super) struct Entry {
    pub(super) seq: u64,
    pub(super) booking: Booking,
    /// Whether it came after the end of the day that follows its own.
    is_late: bool,
}

/// What a transaction of bookings writes.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) totals: BTreeMap<TotalKey, Added>,
    pub(super) accounts: BTreeMap<AccountKey, i64>,
    pub(super) levels: BTreeMap<LevelKey, (i64, bool)>,
    /// What the levels come from, in order.
    pub(super) moves: Vec<(EnrolmentId, u64, LevelKey, Change)>,
    /// Whether these documents together are too large for some sum, so that each is added by itself.
    pub(super) is_one_by_one: bool,
    pub(super) findings: BTreeMap<TenantId, Vec<Finding>>,
    pub(super) returned: Vec<Returned>,
    pub(super) numbers: BTreeMap<(EnrolmentId, String), Vec<(u64, u64)>>,
    /// What each enrolment moved, in which warehouses.
    pub(super) moved: Moved,
    /// Rows of centres: orders taken.
    pub(super) rows: Vec<((TenantId, String), DraftRow)>,
    pub(super) customers: Vec<Made>,
    /// Documents that cannot be booked, each with the code of the finding that says why.
    pub(super) set_aside: Vec<(EnrolmentId, u64, &'static str)>,
}

/// A customer written down on a till, at a centre, by a document.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) centre: String,
    pub(super) made: CustomerMade,
    pub(super) by: (EnrolmentId, u64),
}

/// A line that came back: of which sale, what of it, what had been sold, and what to object to.
#[derive(Clone)]
pub(super) struct Returned {
    pub(super) place: LinePlace,
    pub(super) back: CameBack,
    pub(super) sold: Option<SoldLine>,
    pub(super) by: (EnrolmentId, u64),
}

/// Takes and prepares an enrolment's next documents, at most `most`.
pub(super) async fn prepare(office: &Backoffice, of: &EnrolmentId, most: usize) -> Result<Prepared> {
    let taken = take(office, of, most).await?;
    decide(office, of, taken).await
}

/// The next documents of an enrolment that are not booked, and may be now.
pub(super) async fn take(office: &Backoffice, of: &EnrolmentId, most: usize) -> Result<Taken> {
    let before = books::booked(&office.store, of).await?;
    let mut highest = before.ranges.last().map_or(before.booked, |(_, last)| *last);
    let (mut documents, mut bytes, mut after) = (Vec::new(), 0, 0);
    // Whether something lies beyond a gap, and whether that must wait still.
    let (mut is_gap, mut is_stopped) = (false, false);
    let mut is_more = true;
    'full: while is_more && !is_stopped {
        let page = books::unbooked_of(&office.store, of, after, (most, BYTES)).await?;
        is_more = page.is_more;
        for document in page.documents {
            let seq = document.seq;
            after = seq;
            if seq > highest + 1 {
                is_gap = true;
                is_stopped = !office.wake.may_pass_gap(of);
                if is_stopped {
                    break;
                }
            }
            // What waits for its part is a gap to what follows it.
            if lacks_part(office, of, &document.record).await? {
                continue;
            }
            bytes += document.record.line.len() as u64;
            highest = highest.max(seq);
            documents.push(document);
            if documents.len() >= most || bytes >= BYTES {
                is_more = true;
                break 'full;
            }
        }
    }
    if !is_stopped && (!is_gap || documents.is_empty()) {
        office.wake.has_no_gap(of);
    }
    let is_more = is_more && !documents.is_empty() && !is_stopped;
    Ok(Taken { documents, before, is_more })
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

/// What documents mean, with all that is looked up for them.
pub(super) async fn decide(office: &Backoffice, of: &EnrolmentId, taken: Taken) -> Result<Prepared> {
    let Taken { documents, before, is_more } = taken;
    let seqs = documents.iter().map(|document| document.seq);
    let (booked, ranges) = booked_then(&before, seqs);
    let entries = aside(move || documents.iter().map(Entry::of).collect::<Vec<_>>()).await?;
    let mut sheet = Sheet::default();
    let (warehouses, unknown) = (HashMap::new(), HashMap::new());
    let mut asked = Asked { office, of, warehouses, unknown, sales: Sales::default() };
    asked.look_up_items(&entries).await?;
    for entry in &entries {
        sheet.enter(&mut asked, entry, (booked, &ranges)).await?;
    }
    Ok(Prepared { of: of.clone(), before, booked, ranges, entries, sheet, is_more })
}

/// How far an enrolment is booked once these documents are.
fn booked_then(before: &Booked, seqs: impl Iterator<Item = u64>) -> (u64, Vec<(u64, u64)>) {
    let (mut booked, mut ranges) = (before.booked, before.ranges.clone());
    for seq in seqs.filter(|seq| *seq > before.booked) {
        ranges::include(&mut ranges, seq);
    }
    if let Some((_, last)) = ranges.first().copied().filter(|(first, _)| *first == booked + 1) {
        booked = last;
        ranges.remove(0);
    }
    (booked, ranges)
}

impl Prepared {
    /// How much a transaction has to do for it, in documents or what is as much work.
    pub(super) fn size(&self) -> usize {
        const ROWS: usize = 16;
        let Sheet { totals, levels, returned, .. } = &self.sheet;
        self.entries.len().max((totals.len() + levels.len() + returned.len()) / ROWS)
    }

    /// A document that cannot be booked, with the finding that says why.
    pub(super) fn set_aside(of: &EnrolmentId, before: Booked, seq: u64, why: String) -> Prepared {
        let (booked, ranges) = booked_then(&before, std::iter::once(seq));
        let booking = Booking::set_aside(book::SET_ASIDE, why);
        let mut sheet = Sheet::default();
        sheet.leave_out(of, seq, &booking);
        let entries = vec![Entry { seq, booking, is_late: false }];
        Prepared { of: of.clone(), before, booked, ranges, entries, sheet, is_more: true }
    }
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

/// A cache of database look-ups for one enrolment's documents.
struct Asked<'a> {
    office: &'a Backoffice,
    of: &'a EnrolmentId,
    /// Which warehouse each centre's sales draw from.
    warehouses: HashMap<String, String>,
    /// By centre, the items that these documents name and it does not have.
    unknown: HashMap<String, HashSet<String>>,
    sales: Sales,
}

/// Sales that something came back of, if they are here.
#[derive(Default)]
struct Sales {
    found: HashMap<(EnrolmentId, u64), Option<Sold>>,
    bytes: u64,
}

impl Asked<'_> {
    async fn warehouse(&mut self, centre: &str) -> Result<String> {
        if let Some(warehouse) = self.warehouses.get(centre) {
            return Ok(warehouse.clone());
        }
        let body = books::body_of(&self.office.store, self.of.0, centre, "centre", centre).await?;
        let row = body.and_then(|body| settings::read::<settings::Centre>(&body).ok());
        let warehouse = row.and_then(|row| row.warehouse).unwrap_or_default();
        self.warehouses.insert(centre.to_owned(), warehouse.clone());
        Ok(warehouse)
    }

    /// A sale, if it is here; `Err` inside if too much has been read for this document already.
    async fn sale(&mut self, of: &EnrolmentId, seq: u64) -> Result<Result<Option<&Sold>, TooMuch>> {
        let place = (of.clone(), seq);
        if !self.sales.found.contains_key(&place) {
            if self.sales.bytes >= SALES_BYTES {
                return Ok(Err(TooMuch));
            }
            let found = books::documents(&self.office.store, of, (seq, seq), 1).await?.documents;
            self.sales.bytes += found.first().map_or(0, |document| document.record.line.len() as u64);
            let read = move || found.first().and_then(|document| Sold::of(&document.record));
            self.sales.found.insert(place.clone(), aside(read).await?);
        }
        Ok(Ok(self.sales.found.get(&place).and_then(Option::as_ref)))
    }

    /// Looks up the items that these documents name, many at a time; those that their centre does not have are
    /// unknown.
    async fn look_up_items(&mut self, entries: &[Entry]) -> Result<()> {
        let (store, items) = (&self.office.store, &self.office.wake.items);
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for booking in entries.iter().map(|entry| &entry.booking) {
            let named = booking.items.iter().map(String::as_str);
            wanted.entry(&booking.centre).or_default().extend(named);
        }
        for (centre, mut named) in wanted {
            items.leave_unseen(self.of.0, centre, &mut named);
            let asked: Vec<&str> = named.iter().copied().collect();
            let found = books::known_items(store, self.of.0, centre, &asked).await?;
            for item in &found {
                named.remove(item.as_str());
            }
            items.seen(self.of.0, centre, found);
            self.unknown.insert(centre.into(), named.into_iter().map(Into::into).collect());
        }
        Ok(())
    }

    /// Items that a document names and its centre does not have.
    fn unknown_items<'b>(&self, booking: &'b Booking) -> BTreeSet<&'b str> {
        let unknown = self.unknown.get(&booking.centre);
        let is_unknown = |item: &&String| unknown.is_some_and(|unknown| unknown.contains(*item));
        booking.items.iter().filter(is_unknown).map(String::as_str).collect()
    }
}

/// A document asks for more than may be read for one.
struct TooMuch;

impl Entry {
    fn of(document: &Stored) -> Entry {
        let booking = book::book(&document.record);
        let is_late = is_late(&booking.business_day, document.received_ms);
        Entry { seq: document.seq, booking, is_late }
    }

    pub(super) fn added(&self, value: i64) -> Added {
        Added { value, late: if self.is_late { value } else { 0 } }
    }
}

pub(super) fn total_key(of: &EnrolmentId, booking: &Booking, total: &book::Total) -> TotalKey {
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

pub(super) fn finding(of: &EnrolmentId, seq: u64, code: &str, detail: String) -> Finding {
    Finding { code: code.into(), detail, enrolment: of.2, seq, till: of.1.clone() }
}

impl Sheet {
    async fn enter(
        &mut self,
        asked: &mut Asked<'_>,
        entry: &Entry,
        (booked, ranges): (u64, &[(u64, u64)]),
    ) -> Result<()> {
        let (of, seq, booking) = (asked.of, entry.seq, &entry.booking);
        let (tenant, office) = (of.0, asked.office);
        if booking.set_aside.is_some() {
            self.leave_out(of, seq, booking);
            return Ok(());
        }
        for (code, detail) in &booking.objections {
            self.object(of, seq, code, detail.clone());
        }
        self.add_sums(of, entry);
        for moved in &booking.stock {
            let warehouse = match &moved.warehouse {
                Some(warehouse) => warehouse.clone(),
                None => asked.warehouse(&booking.centre).await?,
            };
            let items = self.moved.items.entry((tenant, warehouse.clone())).or_default();
            items.insert(moved.item.clone());
            let by = self.moved.by.entry(of.clone()).or_default();
            by.warehouses.insert(warehouse.clone());
            if by.booked.is_empty() {
                by.booked.extend((booked > 0).then_some((1, booked)));
                by.booked.extend(ranges);
            }
            self.add_move(of, seq, (tenant, warehouse, moved.item.clone()), moved.change);
        }
        let mut unknown = asked.unknown_items(booking).into_iter();
        if let Some(item) = unknown.next() {
            let more = match unknown.count() {
                0 => String::new(),
                more => format!(", nor {more} others"),
            };
            self.object(
                of,
                seq,
                "unknown-item",
                format!("centre {} has no item {item}{more}", booking.centre),
            );
        }
        asked.sales.bytes = 0;
        for back in &booking.returned {
            self.add_back(asked, seq, back).await?;
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
            && let Some((code, detail)) = closure_objection(office, of, seq, said).await?
        {
            self.object(of, seq, code, detail);
        }
        Ok(())
    }

    fn add_sums(&mut self, of: &EnrolmentId, entry: &Entry) {
        let booking = &entry.booking;
        for (total, value) in &booking.adds {
            self.add_total(total_key(of, booking, total), entry.added(*value));
        }
        for ((customer, currency), minor) in &booking.accounts {
            self.add_to_account((of.0, customer.clone(), currency.clone()), *minor);
        }
    }

    fn add_total(&mut self, key: TotalKey, added: Added) {
        let sum = self.totals.entry(key).or_default();
        let fits = |sum: i64, added: i64| book::within(i128::from(sum) + i128::from(added));
        match fits(sum.value, added.value).zip(fits(sum.late, added.late)) {
            Some((value, late)) => *sum = Added { value, late },
            None => self.is_one_by_one = true,
        }
    }

    fn add_to_account(&mut self, key: AccountKey, minor: i64) {
        let sum = self.accounts.entry(key).or_default();
        match book::within(i128::from(*sum) + i128::from(minor)) {
            Some(fits) => *sum = fits,
            None => self.is_one_by_one = true,
        }
    }

    fn add_move(&mut self, of: &EnrolmentId, seq: u64, key: LevelKey, change: Change) {
        self.add_level(key.clone(), change);
        self.moves.push((of.clone(), seq, key, change));
    }

    fn add_level(&mut self, key: LevelKey, change: Change) {
        let level = self.levels.entry(key).or_default();
        *level = match change {
            Change::By(micro) => {
                let sum = level.0.saturating_add(micro);
                self.is_one_by_one |= sum.unsigned_abs() > books::MOST_MICRO.unsigned_abs();
                (sum, level.1)
            }
            Change::To(micro) => (micro, true),
        };
    }

    /// Holds what came back against its sale, if that is here.
    async fn add_back(&mut self, asked: &mut Asked<'_>, seq: u64, back: &book::Back) -> Result<()> {
        let of = asked.of;
        let origin = &back.origin;
        let sale: EnrolmentId = (of.0, origin.till.clone(), origin.enrolment);
        let place = LinePlace { sale: sale.clone(), seq: origin.seq, line: origin.line };
        let (micro, mut gross_minor) = (back.line.micro, back.line.gross_minor);
        let name = format!("line {} of {}/{}/{}", origin.line, sale.1, sale.2, origin.seq);
        let sold = match asked.sale(&sale, origin.seq).await? {
            Err(TooMuch) => {
                let detail =
                    format!("{name} and what follows it is not held against its sale: it names too many");
                self.object(of, seq, "return-unchecked", detail);
                None
            }
            Ok(None) => None,
            Ok(Some(sold)) => {
                let line = usize::try_from(origin.line).ok().and_then(|line| sold.lines.get(line)).cloned();
                let differs = match &line {
                    None => vec!["is not there".to_string()],
                    Some(line) => differences(sold, line, back),
                };
                // A void gives back what was held against the sale when it was booked.
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
        self.findings.entry(of.0).or_default().push(finding(of, seq, code, detail));
    }

    fn leave_out(&mut self, of: &EnrolmentId, seq: u64, booking: &Booking) {
        let Some((code, why)) = &booking.set_aside else { return };
        self.object(of, seq, code, why.clone());
        self.set_aside.push((of.clone(), seq, code));
    }

    /// Takes up what another enrolment's documents mean.
    pub(super) fn absorb(&mut self, other: &Sheet) {
        self.is_one_by_one |= other.is_one_by_one;
        other.totals.iter().for_each(|(key, added)| self.add_total(key.clone(), *added));
        other.accounts.iter().for_each(|(key, minor)| self.add_to_account(key.clone(), *minor));
        for (key, (micro, is_counted)) in &other.levels {
            self.add_level(key.clone(), if *is_counted { Change::To(*micro) } else { Change::By(*micro) });
        }
        for (tenant, findings) in &other.findings {
            self.findings.entry(*tenant).or_default().extend(findings.iter().cloned());
        }
        for (warehouse, items) in &other.moved.items {
            self.moved.items.entry(warehouse.clone()).or_default().extend(items.iter().cloned());
        }
        self.moved.by.extend(other.moved.by.iter().map(|(of, by)| (of.clone(), by.clone())));
        self.numbers
            .extend(other.numbers.iter().map(|(counter, numbers)| (counter.clone(), numbers.clone())));
        self.moves.extend(other.moves.iter().cloned());
        self.returned.extend(other.returned.iter().cloned());
        self.rows.extend(other.rows.iter().cloned());
        self.customers.extend(other.customers.iter().cloned());
        self.set_aside.extend(other.set_aside.iter().cloned());
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

/// Holds a closure against the documents it lists.
async fn closure_objection(
    office: &Backoffice,
    of: &EnrolmentId,
    seq: u64,
    said: &ClosureSaid,
) -> Result<Option<(&'static str, String)>> {
    let differs = |detail: String| Ok(Some(("closure-differs", detail)));
    let mut listed: BTreeMap<(&str, u32), Vec<(u64, u64)>> = BTreeMap::new();
    for ranges in &said.closure.documents {
        listed.entry((&ranges.till, ranges.enrolment)).or_default().extend(&ranges.ranges);
    }
    let mut count = 0u64;
    for ((till, enrolment), ranges) in &mut listed {
        let Some(normalised) = ranges::normalised(ranges) else {
            return differs(format!("it lists a document of {till}/{enrolment} twice"));
        };
        let sizes = normalised.iter().map(|(from, to)| to - from);
        count = sizes.fold(count, |count, size| count.saturating_add(size).saturating_add(1));
        *ranges = normalised;
    }
    if count > MOST_CLOSED {
        let detail =
            format!("it lists {count} documents; one that lists more than {MOST_CLOSED} is not checked");
        return Ok(Some(("closure-unchecked", detail)));
    }
    let mut period = Period::default();
    // In the order it lists them: their hashes are hashed in that order.
    for ranges in &said.closure.documents {
        let listed_of: EnrolmentId = (of.0, ranges.till.clone(), ranges.enrolment);
        for (from, to) in &ranges.ranges {
            if *to >= seq && listed_of == *of {
                return differs(format!("it lists {to}, which is not before it"));
            }
            let mut next = *from;
            while next <= *to {
                let page = books::documents(&office.store, &listed_of, (next, *to), DOCUMENTS).await?;
                let documents = page.documents;
                let is_next = |(document, expected): &(&Stored, u64)| document.seq == *expected;
                let here = documents.iter().zip(next..).take_while(is_next).count();
                if here == 0 || here < documents.len() {
                    let missing = next + here as u64;
                    return Ok(Some((
                        "closure-incomplete",
                        format!("it lists {missing}, which is not here"),
                    )));
                }
                next += here as u64;
                period = aside(move || {
                    documents.iter().for_each(|document| period.take(&document.record));
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
    fn what_is_booked_beyond_a_gap_is_swallowed_when_the_gap_closes() {
        let before = Booked { booked: 2, bookings: 1, ranges: vec![(4, 5)] };
        assert_eq!(booked_then(&before, [7].into_iter()), (2, vec![(4, 5), (7, 7)]));
        assert_eq!(booked_then(&before, [3, 6].into_iter()), (6, vec![]));
        assert_eq!(booked_then(&before, [1].into_iter()), (2, vec![(4, 5)]), "tried again");
    }
}

//! What must hold, at every moment somebody looks and at the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tillkit::{Delivery, Kind, Quantity, Section, Session, Stage, Till};
use tillkit_domain as domain;
use tillkit_protocol::{
    Hash, Record, bodies, settings,
    wire::{Ranges, to_ranges},
};
use tokio::task::JoinHandle;

use super::{
    centre::{Centre, Of, warehouse_of},
    line::Line,
    phone::{Ledger, Promised},
    trace::Trace,
};

/// No till of a world ever has so many.
pub const MOST_DOCUMENTS: usize = 100_000;

/// What has been found right already, so that it is not read again.
#[derive(Default)]
pub struct Seen {
    sections: BTreeMap<String, (String, u64)>,
    /// The hash that a document names as the one before it, by its own: a line never changes.
    links: BTreeMap<Hash, Option<Hash>>,
}

impl Seen {
    /// Every section is looked at again.
    pub fn forget(&mut self) {
        self.sections.clear();
    }
}

/// Somebody who looks at a till and knows the truth.
pub struct Eyes<'a> {
    /// Where violations go.
    pub trace: &'a Trace,
    /// The till's name.
    pub who: &'a str,
    /// What is looked at.
    pub till: &'a Till,
    /// The truth.
    pub centre: &'a Centre,
}

impl Eyes<'_> {
    /// Says that something must hold.
    pub fn must(&mut self, holds: bool, invariant: &str, what: impl FnOnce() -> String) {
        if !holds {
            self.trace.violated(invariant, self.who, what());
        }
    }

    /// I8 and I9: each section is one that was published, whole; none is newer than what it needs.
    pub fn live(&mut self, seen: &mut Seen) {
        let live = self.till.live();
        for (name, section) in &live {
            let key = (section.epoch.clone(), section.generation);
            if seen.sections.get(name) == Some(&key) {
                continue;
            }
            self.section(name, &key);
            seen.sections.insert(name.clone(), key);
        }
        for (name, section) in &live {
            let Some(published) = self.published(name, &section.epoch, section.generation) else { continue };
            for (need, least) in &published.needs {
                let Some(needed) = live.get(need) else {
                    self.trace.violated("I9", self.who, format_args!("{name} is live without {need}"));
                    continue;
                };
                let is_of_now = needed.epoch != section.epoch || needed.generation >= *least;
                let have = needed.generation;
                self.trace.must(
                    is_of_now,
                    "I9",
                    self.who,
                    format_args!("{name} needs {need} {least}, not {have}"),
                );
            }
        }
    }

    fn published(&self, name: &str, life: &str, generation: u64) -> Option<&super::centre::Published> {
        let (centre, epoch) = life.split_once('@')?;
        self.centre.archive.get(&(centre.into(), epoch.into(), name.into(), generation))
    }

    fn section(&self, name: &str, (life, generation): &(String, u64)) {
        let violated = |what: String| self.trace.violated("I8", self.who, what);
        let Some(published) = self.published(name, life, *generation) else {
            return violated(format!("{name} {life} {generation} was never published"));
        };
        let kinds = Section::of_name(name).map_or(&[][..], |section| section.spec().kinds);
        let mut here = 0;
        for kind in kinds {
            let found = match self.till.objects(kind, None, 10_000) {
                Ok(found) => found,
                Err(error) => return violated(format!("{kind} cannot be read: {error}")),
            };
            for row in found {
                here += 1;
                let truth = published.rows.get(&(kind.to_string(), row.key.clone()));
                if truth.is_none() || (!row.is_edited && truth != Some(&row.body)) {
                    violated(format!("{kind}/{} is not that of {name} {generation}", row.key));
                }
            }
        }
        if here != published.rows.len() {
            violated(format!("{name} {generation} has {here} rows of {}", published.rows.len()));
        }
    }

    /// I9: price and VAT of a line just added are those of what is live.
    pub fn line(&mut self, line: &domain::Line) {
        let live = self.till.live();
        let Some(items) = live.get(Section::Items.name()) else { return };
        let generation = items.generation;
        self.must(line.generation == generation, "I9", || {
            format!("a line names {}, not {generation}", line.generation)
        });
        let Some(domain::PriceStep::List(price)) = line.trace.first() else { return };
        let row = |section: Section, kind: &str, key: &str| {
            let live = live.get(section.name())?;
            let published = self.published(section.name(), &live.epoch, live.generation)?;
            let body = published.rows.get(&(kind.to_string(), key.to_string()))?;
            serde_json::from_slice::<serde_json::Value>(body).ok()
        };
        let item = row(Section::Items, "item", &line.item);
        let listed = item.as_ref().and_then(|item| item["price"].as_str()?.parse().ok());
        let rate = row(Section::Directories, "vat_rate", &line.vat.id);
        let percent = rate.as_ref().and_then(|rate| rate["percent"].as_str()?.parse().ok());
        let vat = item.as_ref().and_then(|item| item["vat"].as_str());
        let is_right =
            listed == Some(*price) && percent == Some(line.vat.percent) && vat == Some(&line.vat.id);
        self.must(is_right, "I9", || format!("a line of {} has another price or VAT", line.item));
    }

    /// I5, I6, I7: the chain, the counter, and what is said to be at the centre.
    pub fn delivery(&mut self, seen: &mut Seen) {
        let (history, unsent) = match (self.till.history(&[], None, MOST_DOCUMENTS), self.till.unsent()) {
            (Ok(history), Ok(unsent)) => (history, unsent),
            (Err(error), _) | (_, Err(error)) => return self.must(false, "I6", || error.to_string()),
        };
        let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
        let mut chains: BTreeMap<Of, BTreeMap<u64, &tillkit::Recorded>> = BTreeMap::new();
        for document in &history {
            let of = (document.till.clone(), document.enrolment);
            let hash = document.record.hash;
            if document.delivery == Delivery::Local {
                let section = Kind::of_name(&document.kind).map_or("", |kind| kind.section().name());
                *counted.entry(section).or_default() += 1;
            } else if !self.centre.holds(&of, document.seq, &hash) && !self.centre.lost.contains(&hash) {
                let (seq, kind) = (document.seq, &document.kind);
                self.trace.violated("I7", self.who, format_args!("{kind} {seq} is said to be at the centre"));
            }
            chains.entry(of).or_default().insert(document.seq, document);
        }
        let parts: BTreeMap<&str, u64> =
            unsent.sections.iter().map(|(name, section)| (name.as_str(), section.documents)).collect();
        self.must(parts == counted, "I6", || format!("the counter says {parts:?}, there are {counted:?}"));
        let badge: u64 =
            counted.iter().filter(|(name, _)| **name != Section::Events.name()).map(|(_, n)| n).sum();
        self.must(unsent.documents() == badge, "I6", || {
            format!("the badge says {}, not {badge}", unsent.documents())
        });
        for ((till, enrolment), chain) in chains {
            let mut before: Option<(u64, Hash)> = None;
            for (seq, document) in chain {
                let link = seen.links.entry(document.record.hash);
                let link = *link.or_insert_with(|| document.record.filing().ok().map(|filing| filing.prev));
                let follows =
                    before.is_none_or(|(seq_before, hash)| seq == seq_before + 1 && link == Some(hash));
                self.must(follows, "I5", || {
                    format!("{till}/{enrolment}/{seq} does not follow the one before")
                });
                before = Some((seq, document.record.hash));
            }
        }
    }

    /// What is shown of an item is the level that came down, and what own documents have moved since.
    pub fn stock(&mut self, session: &Session, n: u64) {
        let item = format!("i{n:02}");
        let Some(shown) = shown(session, n) else { return };
        let live = self.till.live();
        let Some(live) = live.get(Section::Stock.name()) else { return };
        let Some(published) = self.published(Section::Stock.name(), &live.epoch, live.generation) else {
            return;
        };
        let row = |kind: &str, key: String| published.rows.get(&(kind.to_string(), key));
        let warehouse = warehouse_of(live.epoch.split_once('@').map_or("", |(centre, _)| centre));
        let level = row("stock_level", settings::StockLevel::key(warehouse, &item));
        let Some(level) = level.and_then(|body| serde_json::from_slice::<settings::StockLevel>(body).ok())
        else {
            return self.trace.violated(
                "stock",
                self.who,
                format_args!("{item} shows {shown} without a level"),
            );
        };
        let mut expected = level.quantity;
        for document in self.till.history(&[], None, MOST_DOCUMENTS).unwrap_or_default() {
            let counted = row("stock_counted", settings::counted_key(&document.till, document.enrolment));
            let counted = counted.and_then(|body| serde_json::from_slice::<Ranges>(body).ok());
            let is_counted = counted.is_some_and(|counted| {
                counted.ranges.iter().any(|(from, to)| (*from..=*to).contains(&document.seq))
            });
            let Some(kind) = Kind::of_name(&document.kind).filter(|_| !is_counted) else { continue };
            let Ok(line) = document.record.unread() else { continue };
            for (at, gained, quantity) in moved(kind, &line.centre, line.body.get().as_bytes()) {
                if at == warehouse && gained == item {
                    expected = expected.plus(quantity).unwrap_or_default();
                }
            }
        }
        let what = || format!("{item} shows {shown}, and should {expected}");
        self.must(shown == expected.to_string(), "stock", what);
    }

    /// I1 and I10: what was promised is here as it was, or settled and pruned.
    pub fn promised(&mut self, promised: &[Promised]) {
        for Promised { of, seq, hash, .. } in promised {
            match self.till.document(&of.0, of.1, *seq) {
                Ok(Some(found)) if found.record.hash == *hash => {}
                // Booked, settled and forgotten here, if perhaps not yet booked again by a centre restored.
                Ok(None) if self.centre.holds(of, *seq, hash) || self.centre.lost.contains(hash) => {}
                _ => self.trace.violated("I1", self.who, format_args!("{}/{seq} is not as it was", of.1)),
            }
        }
    }
}

/// What the selling screen shows of the stock of an item.
pub fn shown(session: &Session, n: u64) -> Option<String> {
    let hits = session.sell_screen(&format!("{}", 1000 + n)).ok()?.hits;
    let hit = hits.into_iter().find(|hit| hit.item == format!("i{n:02}"))?;
    Some(hit.stock?.quantity)
}

/// What warehouses gain by a document: warehouse, item, quantity.
fn moved(kind: Kind, centre: &str, body: &[u8]) -> Vec<(String, String, Quantity)> {
    match kind {
        Kind::Sale | Kind::Return | Kind::Void => {
            let sale: bodies::Sale = serde_json::from_slice(body).unwrap_or_default();
            let lines = sale.lines.into_iter().filter(|line| line.stock);
            lines.map(|line| (warehouse_of(centre).into(), line.item, line.quantity.negated())).collect()
        }
        Kind::GoodsReceipt | Kind::GoodsReturn | Kind::Transfer | Kind::WriteOff => {
            let Ok(stock) = serde_json::from_slice::<bodies::Stock>(body) else { return Vec::new() };
            let gain =
                |quantity: Quantity| if kind == Kind::GoodsReceipt { quantity } else { quantity.negated() };
            let (from, to) = (&stock.warehouse, &stock.to_warehouse);
            let moved = stock.lines.iter().flat_map(|line| {
                let arrives = to.iter().map(|to| (to.clone(), line.item.clone(), line.quantity));
                arrives.chain([(from.clone(), line.item.clone(), gain(line.quantity))])
            });
            moved.collect()
        }
        _ => Vec::new(),
    }
}

/// I24: watches a till's progress for as long as it lives.
pub fn observe(till: &Till, who: &str, line: &Arc<Line>, trace: &Arc<Trace>) -> JoinHandle<()> {
    let status = till.status().ok();
    let (who, line, trace) = (who.to_string(), line.clone(), trace.clone());
    tokio::spawn(async move {
        let Some(mut status) = status else { return };
        let (mut run, mut percent) = (u64::MAX, 0);
        while status.changed().await.is_ok() {
            let now = status.borrow_and_update().clone();
            if now.runs_ended != run {
                (run, percent) = (now.runs_ended, 0);
                if let Some(report) = &now.last_run {
                    let (scope, trigger) = (report.scope.name(), report.trigger.name());
                    trace.note(&who, format_args!("{scope} by {trigger}: {}", report.result()));
                    let reds = report.red.values().chain(&report.receive_error).chain(&report.send_error);
                    for red in reds {
                        // With a centre that only tells the truth nothing of this may be said.
                        let is_lie = ["mismatch", "blob-bad", "manifest-disbelieved", "store", "folder"];
                        let is_expected = !is_lie.contains(&red.code.as_str());
                        trace.must(is_expected, "I12", &who, format_args!("{}: {}", red.code, red.sentence));
                    }
                }
            }
            if let Some(progress) = &now.run {
                let goes_on = progress.percent >= percent && progress.percent < 100;
                trace.must(goes_on, "I24", &who, format_args!("{percent} then {}", progress.percent));
                percent = progress.percent;
                if progress.stage == Stage::Applying {
                    line.applies();
                }
            }
        }
    })
}

/// What holds of everything together once the world has come to rest: I3, I4, I13, I14, I18.
pub fn at_rest(trace: &Trace, centre: &Centre, ledgers: &[(String, &Ledger)]) {
    let held = centre.hashes();
    let mut promised: BTreeSet<Hash> = BTreeSet::new();
    let mut interrupted = 0;
    for (who, ledger) in ledgers {
        interrupted += ledger.interrupted;
        // The phone was set back to before it, and then the centre was: nobody can have it any more.
        let is_gone = |hash: &Hash| {
            centre.lost.contains(hash) && ledger.elsewhere.iter().any(|promised| promised.hash == *hash)
        };
        for Promised { of, seq, hash, kind, .. } in ledger.promised.iter().chain(&ledger.elsewhere) {
            trace.must(promised.insert(*hash), "I3", who, format_args!("{kind:?} {}/{seq} twice", of.1));
            trace.must(
                held.contains(hash) || is_gone(hash),
                "I3",
                who,
                format_args!("{kind:?} {}/{seq} is not there", of.1),
            );
        }
    }
    let mut unpromised = 0;
    let mut series: BTreeMap<String, Of> = BTreeMap::new();
    for (of, chain) in &centre.kept.documents {
        // Where a copy went on beside its original, there are two chains and no saying which is which.
        if centre.copied.contains(of) {
            continue;
        }
        let records: Vec<&Record> = chain.values().map(AsRef::as_ref).collect();
        trace.must(
            centre.through(of).0 == records.len() as u64,
            "I4",
            &of.0,
            format_args!("a gap in {}", of.1),
        );
        unpromised += one_chain(trace, of, &records, &promised, &mut series);
        for record in records {
            let bookings = centre.kept.bookings.get(&record.hash).copied();
            trace.must(bookings == Some(1), "I3", &of.0, format_args!("booked {bookings:?} times"));
        }
    }
    trace.must(
        unpromised <= interrupted,
        "I3",
        "centre",
        format_args!("{unpromised} documents nobody was told of, {interrupted} closings interrupted"),
    );
}

/// Judges one chain; returns how many accounting documents of it nobody was told of.
fn one_chain(
    trace: &Trace,
    of: &Of,
    records: &[&Record],
    promised: &BTreeSet<Hash>,
    series: &mut BTreeMap<String, Of>,
) -> u64 {
    let mut unpromised = 0;
    let mut numbers: BTreeMap<bool, u64> = BTreeMap::new();
    let mut since_z: Vec<&Record> = Vec::new();
    let mut z = 0;
    for record in records {
        let Ok(line) = record.unread() else {
            trace.violated("I5", &of.0, "a line cannot be read");
            continue;
        };
        let seq = line.seq;
        let violated = |invariant: &str, what: &str| {
            trace.violated(invariant, &of.0, format_args!("{} {}/{seq}: {what}", line.kind, of.1));
        };
        if series.entry(line.series.clone()).or_insert_with(|| of.clone()) != of {
            violated("I18", "another enrolment has its series");
        }
        let kind = Kind::of_name(&line.kind);
        let is_told = !matches!(kind, None | Some(Kind::Event | Kind::CustomerMade));
        unpromised += u64::from(is_told && !promised.contains(&record.hash));
        if !line.number.is_empty() {
            let digits = line.number.trim_start_matches(|c: char| !c.is_ascii_digit());
            let digits = digits.rsplit(['-', '/']).next().unwrap_or_default();
            let last = numbers.entry(kind == Some(Kind::Closure)).or_default();
            if digits.parse() != Ok(*last + 1) {
                violated("I4", &format!("its number is {} after {last}", line.number));
            }
            *last += 1;
        }
        let body = line.body.get().as_bytes();
        match kind {
            Some(Kind::Sale | Kind::Return | Kind::Void) => {
                match serde_json::from_slice::<bodies::Sale>(body) {
                    Ok(sale) if adds_up(&sale, line.total_minor) => {}
                    _ => violated("I13", "it does not add up"),
                }
            }
            Some(Kind::Closure) => {
                z += 1;
                let closes = serde_json::from_slice::<bodies::Closure>(body)
                    .map_err(|error| error.to_string())
                    .and_then(|closure| closes(&closure, &line.currency, z, &since_z));
                if let Err(why) = closes {
                    violated("I14", &why);
                }
                since_z.clear();
                continue;
            }
            _ => {}
        }
        since_z.push(record);
    }
    unpromised
}

/// Lines = VAT = tenders − change ± rounding.
fn adds_up(sale: &bodies::Sale, total_minor: i64) -> bool {
    let lines: i64 = sale.lines.iter().map(|line| line.gross_minor).sum();
    let gross: i64 = sale.vat.iter().map(|vat| vat.gross_minor).sum();
    let net: i64 = sale.vat.iter().map(|vat| vat.net_minor).sum();
    let is_split = sale.vat.iter().all(|vat| vat.net_minor + vat.vat_minor == vat.gross_minor);
    let of_lines = if sale.vat_mode == domain::VatMode::Included { gross } else { net };
    let paid: i64 = sale.tenders.iter().map(|tender| tender.home_minor).sum();
    let priced = sale.lines.iter().all(|line| {
        let taken = line.trace.iter().filter_map(|step| step.amount_minor).sum::<i64>();
        taken == line.discount_minor
    });
    lines == of_lines
        && gross == total_minor
        && is_split
        && priced
        && paid - sale.change_minor == total_minor + sale.rounding_minor
}

/// The totals of a Z are those of the documents since the one before it, added up here once more. Turnover is
/// that of its own currency; of the others the accountant asks.
fn closes(closure: &bodies::Closure, home: &str, z: u64, records: &[&Record]) -> Result<(), String> {
    let (mut hashes, mut seqs) = (Vec::new(), Vec::new());
    let (mut gross_minor, mut rounding_minor) = (0, 0);
    let mut counts: BTreeMap<Kind, u64> = BTreeMap::new();
    let mut tenders: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut add = |tender: &str, currency: &str, minor: i64| {
        *tenders.entry((tender.into(), currency.into())).or_default() += minor;
    };
    for record in records {
        hashes.extend_from_slice(record.hash.as_bytes());
        let line = record.unread().map_err(|error| error.to_string())?;
        seqs.push(line.seq);
        let body = line.body.get().as_bytes();
        let Some(kind) = Kind::of_name(&line.kind) else { continue };
        *counts.entry(kind).or_default() += 1;
        match kind {
            Kind::Sale | Kind::Return | Kind::Void => {
                let sale: bodies::Sale = serde_json::from_slice(body).map_err(|error| error.to_string())?;
                if line.currency == home {
                    gross_minor += line.total_minor;
                    rounding_minor += sale.rounding_minor;
                }
                for tender in &sale.tenders {
                    add(&tender.tender, tender.currency.code(), tender.amount_minor);
                }
                if let Some(change_tender) = &sale.change_tender {
                    add(change_tender, &line.currency, -sale.change_minor);
                }
            }
            Kind::CashMovement => {
                let cash: bodies::CashMovement =
                    serde_json::from_slice(body).map_err(|error| error.to_string())?;
                add(&cash.tender, cash.currency.code(), cash.amount_minor);
            }
            _ => {}
        }
    }
    let says = &closure.totals;
    // What was counted of a tender without turnover stands there, too.
    tenders.retain(|_, minor| *minor != 0);
    let expected =
        says.tenders.iter().filter(|tender| tender.expected_minor != 0).map(|tender| {
            ((tender.tender.clone(), tender.currency.code().to_string()), tender.expected_minor)
        });
    let count = |kind: Kind| counts.get(&kind).copied().unwrap_or(0);
    let lists: Vec<(u64, u64)> = closure.documents.iter().flat_map(|listed| listed.ranges.clone()).collect();
    let equal = [
        (closure.z == z, "its number"),
        (closure.documents_hash == Hash::of(&hashes), "the hash of its documents"),
        (lists == to_ranges(seqs), "its documents"),
        (says.gross_minor == gross_minor, "turnover"),
        (says.rounding_minor == rounding_minor, "rounding"),
        (says.sales == count(Kind::Sale), "sales"),
        (says.returns == count(Kind::Return), "returns"),
        (says.voids == count(Kind::Void), "voids"),
        (expected.collect::<BTreeMap<_, _>>() == tenders, "tenders"),
    ];
    match equal.iter().find(|(is_equal, _)| !is_equal) {
        Some((_, what)) => Err(format!("{what} is not that of its documents")),
        None => Ok(()),
    }
}

//! The accountant in a world: judges what people were given, what tills recorded and what the centre says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tillkit::Till;
use tillkit_protocol::bodies;

use super::{centre::Centre, checks::MOST_DOCUMENTS, phone::Ledger, trace::Trace};
use crate::accountant::{Accountant, Stockroom};

/// Differences of one world that are told.
const TOLD: usize = 10;

/// What was judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Judged {
    /// Documents.
    pub documents: u64,
    /// Figures that were compared.
    pub figures: u64,
    /// Figures that differed.
    pub differences: u64,
}

/// Judges every document of every till, once the world has come to rest.
pub fn at_rest(trace: &Trace, centre: &Centre, ledgers: &[(String, &Ledger)]) -> Judged {
    let mut accountant = Accountant::default();
    rows(centre, |kind, key, body| accountant.row(kind, key, body));
    // A copy went on beside its original: what came back first, and of what, nobody can say.
    for (till, last) in &centre.copied {
        (1..=*last).for_each(|enrolment| accountant.go_without(till, enrolment));
    }
    for ((of, seq), counted) in ledgers.iter().flat_map(|(_, ledger)| &ledger.counted) {
        accountant.counted(&of.0, of.1, *seq, counted.clone());
    }
    let printed: BTreeMap<_, _> = ledgers.iter().flat_map(|(_, ledger)| &ledger.printed).collect();
    for (_, chain) in centre.kept.documents.iter().filter(|(of, _)| !centre.copied.contains(of)) {
        for record in chain.values() {
            accountant.document(&record.line);
            if let Some(text) = printed.get(&record.hash) {
                accountant.receipt(&record.line, text);
            }
        }
    }
    accountant.compare_levels_of(&stockroom(centre), &levels(centre));
    let differences = accountant.differences();
    for difference in differences.iter().take(TOLD) {
        trace.violated("accountant", "centre", difference);
    }
    Judged {
        documents: accountant.documents(),
        figures: accountant.compared(),
        differences: differences.len() as u64,
    }
}

/// Holds what a real back office says of its books to what its documents come to.
pub fn books(centre: &Centre, totals: &[Value], accounts: &[Value]) -> Vec<String> {
    let mut accountant = Accountant::default();
    for record in centre.kept.documents.values().flat_map(BTreeMap::values) {
        accountant.document(&record.line);
    }
    accountant.compare_totals(totals);
    accountant.compare_accounts(accounts);
    let of_books = accountant.differences().iter().filter(|difference| difference.document.is_none());
    of_books.map(ToString::to_string).collect()
}

/// Judges an X as it is read.
pub fn interim(trace: &Trace, who: &str, till: &Till, closure: &bodies::Closure) {
    let Ok(mut history) = till.history(&[], None, MOST_DOCUMENTS) else { return };
    let Some(of) = closure.documents.first().map(|listed| (listed.till.clone(), listed.enrolment)) else {
        return;
    };
    history.retain(|document| (&document.till, document.enrolment) == (&of.0, of.1));
    history.sort_by_key(|document| document.seq);
    let last_z = history.iter().rposition(|document| document.kind == "closure").unwrap_or(0);
    let mut accountant = Accountant::default();
    history[last_z..].iter().for_each(|document| accountant.document(&document.record.line));
    let body = serde_json::to_value(closure).expect("plain values");
    accountant.interim(&of.0, of.1, &currency(till), &body);
    // Of the documents themselves not all is known here; they are judged at the end.
    let of_x = |document: &crate::accountant::Place| document.kind == "X";
    for difference in accountant.differences() {
        if difference.document.as_ref().is_some_and(of_x) {
            trace.violated("accountant", who, difference);
        }
    }
}

/// The currency of a till's centre; empty before its settings are here.
pub fn currency(till: &Till) -> String {
    let found = till.objects("centre", None, 1).ok().and_then(|found| found.into_iter().next());
    let body = found.and_then(|found| found.read::<Value>().ok()).unwrap_or_default();
    body["currency"].as_str().unwrap_or_default().into()
}

/// Every row of every version that was ever published, each body once; what is published now comes last.
fn rows(centre: &Centre, mut each: impl FnMut(&str, &str, &[u8])) {
    let mut seen = BTreeSet::new();
    for published in centre.archive.values() {
        for ((kind, key), body) in published.rows.iter() {
            if seen.insert((kind, key, body)) {
                each(kind, key, body);
            }
        }
    }
}

/// Levels in the order in which the centre has booked.
fn stockroom(centre: &Centre) -> Stockroom {
    let mut stockroom = Stockroom::default();
    rows(centre, |kind, key, body| {
        if kind == "centre" {
            stockroom.centre(key, body);
        }
    });
    centre.kept.booked_in_order.iter().for_each(|record| stockroom.document(&record.line));
    stockroom
}

fn levels(centre: &Centre) -> Vec<Value> {
    let level = |((warehouse, item), quantity): (&(String, String), &tillkit::Quantity)| json!({"warehouse": warehouse, "item": item, "micro": quantity.micro()});
    centre.levels().iter().map(level).collect()
}

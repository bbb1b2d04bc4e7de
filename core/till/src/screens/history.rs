//! The history: every document of this phone, with its sync mark, and what was printed of it.

use tillkit_domain::Quantity;
use tillkit_protocol::{bodies, document::Kind};
use tillkit_store::{
    StoreError,
    journal::{Delivery, Filter, Mark, Recorded, Reversed},
};

use super::{Amount, amount};
use crate::{Till, TillError};

/// A page of the history, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryScreen {
    /// The documents.
    pub rows: Vec<HistoryRow>,
    /// Where the next page begins; absent at the end.
    pub next: Option<DocumentPlace>,
}

/// Which documents are shown; the default shows all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryFilter {
    /// `sale`, `closure`, …; all, if none is named.
    pub kinds: Vec<String>,
    /// A business day, `2010-12-01`.
    pub day: Option<String>,
    /// That have come so far, and no further.
    pub mark: Option<DeliveryMark>,
}

/// The name of a document for ever, without its hash: where a page begins, which one to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentPlace {
    /// The till.
    pub till: String,
    /// Its n-th enrolment.
    pub enrolment: u32,
    /// 1, 2, …
    pub seq: u64,
}

/// A document in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// Its name for ever.
    pub place: DocumentPlace,
    /// `sale`; its title is under `kind.sale`.
    pub kind: String,
    /// As printed; empty for events.
    pub number: String,
    /// Till clock, Unix milliseconds.
    pub recorded_ms: i64,
    /// The business day it belongs to, `2010-12-01`.
    pub business_day: String,
    /// What it adds to turnover or drawer.
    pub total: Amount,
    /// How far it has come.
    pub mark: DeliveryMark,
    /// Whether it was voided on this phone.
    pub is_void: bool,
    /// What the back office objects to; it has accepted the document all the same.
    pub findings: Vec<FindingView>,
}

/// An objection of the back office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingView {
    /// Stable; shells have sentences by it.
    pub code: String,
    /// The facts, English.
    pub sentence: String,
}

/// How far a document has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryMark {
    /// Only on this phone.
    Local,
    /// Durable at the back office.
    Uploaded,
    /// Booked there.
    Processed,
    /// Booked, with the closure that lists it.
    Settled,
}

/// A document, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentView {
    /// As in the history.
    pub row: HistoryRow,
    /// When this phone learnt that it is durable at the back office, by the clock there, Unix milliseconds.
    pub uploaded_ms: Option<i64>,
    /// The same, that it is booked there.
    pub processed_ms: Option<i64>,
    /// The same, that the closure which lists it is.
    pub settled_ms: Option<i64>,
    /// Of a sale: what was sold.
    pub lines: Vec<SoldLine>,
    /// As printed, or the facts in lines where nothing is printed.
    pub text: String,
}

/// A line of a sale, for who brings goods back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldLine {
    /// Key of the item.
    pub item: String,
    /// As printed.
    pub name: String,
    /// A decimal number.
    pub quantity: String,
    /// How much of it may still come back; nothing of a voided sale.
    pub left: String,
    /// What was paid for it.
    pub gross: Amount,
}

impl Till {
    /// A page of at most `limit` documents that the filter wants, newest first, after the place where the
    /// page before ended.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn history_screen(
        &self,
        filter: &HistoryFilter,
        after: Option<&DocumentPlace>,
        limit: usize,
    ) -> Result<HistoryScreen, TillError> {
        let kinds: Vec<Kind> = filter.kinds.iter().filter_map(|kind| Kind::of_name(kind)).collect();
        if kinds.is_empty() && !filter.kinds.is_empty() {
            return Ok(HistoryScreen { rows: Vec::new(), next: None }); // of kinds this version does not know
        }
        let after = match after {
            Some(place) => self.document(&place.till, place.enrolment, place.seq)?,
            None => None,
        };
        let wanted = Filter { kinds: &kinds, day: filter.day.as_deref(), mark: filter.mark.map(Mark::from) };
        let found = self.0.store.journal.filtered(&wanted, after.as_ref(), limit)?;
        let next = found.last().filter(|_| found.len() == limit).map(place);
        let row = |document: &Recorded| {
            let reversed = self.0.store.journal.reversed(&document.till, document.enrolment, document.seq)?;
            self.0.history_row(document, &reversed)
        };
        let rows = found.iter().map(row).collect::<Result<_, _>>()?;
        Ok(HistoryScreen { rows, next })
    }

    /// The business days of this phone's documents, the latest first, at most `limit`: what the filter's
    /// day is chosen from.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn history_days(&self, limit: usize) -> Result<Vec<String>, TillError> {
        Ok(self.0.store.journal.business_days(limit)?)
    }

    /// What a printer gets: the receipt just made as it was made, anything else as a copy.
    ///
    /// # Errors
    /// [`TillError::Unknown`] if this phone has none of that name.
    pub fn print_text(&self, place: &DocumentPlace) -> Result<String, TillError> {
        let found = self.0.found(place)?;
        self.0.printed(&found, !self.0.is_unprinted(place))
    }

    /// What a printer got is on paper: from now on it is printed as a copy.
    pub fn mark_printed(&self, place: &DocumentPlace) {
        self.0.now_printed(place);
    }

    /// A document of this phone, as a copy of it is printed.
    ///
    /// # Errors
    /// [`TillError::Unknown`] if this phone has none of that name.
    pub fn document_view(&self, place: &DocumentPlace) -> Result<DocumentView, TillError> {
        let found = self.0.found(place)?;
        let journal = &self.0.store.journal;
        let way = journal.way(&place.till, place.enrolment, place.seq)?;
        let reversed = journal.reversed(&place.till, place.enrolment, place.seq)?;
        Ok(DocumentView {
            row: self.0.history_row(&found, &reversed)?,
            uploaded_ms: way.uploaded_ms,
            processed_ms: way.processed_ms,
            settled_ms: way.settled_ms,
            lines: sold(&found, &reversed)?,
            text: self.0.printed(&found, true)?,
        })
    }
}

impl From<DeliveryMark> for Mark {
    fn from(mark: DeliveryMark) -> Mark {
        match mark {
            DeliveryMark::Local => Mark::Local,
            DeliveryMark::Uploaded => Mark::Uploaded,
            DeliveryMark::Processed => Mark::Processed,
            DeliveryMark::Settled => Mark::Settled,
        }
    }
}

fn sold(document: &Recorded, reversed: &Reversed) -> Result<Vec<SoldLine>, TillError> {
    if document.kind != Kind::Sale.name() {
        return Ok(Vec::new());
    }
    let lines = document.body::<bodies::Sale>()?.lines;
    let line = |(index, line): (u32, bodies::Line)| {
        let left = match reversed.lines.get(&index) {
            _ if reversed.is_void => Quantity::default(),
            Some(back) => line.quantity.plus(back.quantity.negated())?,
            None => line.quantity,
        };
        Ok(SoldLine {
            item: line.item,
            name: line.name,
            quantity: line.quantity.to_string(),
            left: left.to_string(),
            gross: amount(line.gross_minor, &document.currency),
        })
    };
    (0..).zip(lines).map(line).collect()
}

fn place(document: &Recorded) -> DocumentPlace {
    DocumentPlace { till: document.till.clone(), enrolment: document.enrolment, seq: document.seq }
}

impl crate::till::Core {
    /// The document at a place.
    pub(crate) fn found(&self, place: &DocumentPlace) -> Result<Recorded, TillError> {
        let found = self.store.journal.document(&place.till, place.enrolment, place.seq)?;
        found.ok_or_else(|| TillError::Unknown {
            what: "document",
            key: format!("{}/{}/{}", place.till, place.enrolment, place.seq),
        })
    }

    fn history_row(&self, document: &Recorded, reversed: &Reversed) -> Result<HistoryRow, TillError> {
        let findings = self.store.journal.findings_of(&document.till, document.enrolment, document.seq)?;
        let finding = |finding: tillkit_protocol::wire::Finding| FindingView {
            code: finding.code,
            sentence: finding.detail,
        };
        Ok(HistoryRow {
            place: place(document),
            kind: document.kind.clone(),
            number: document.number.clone(),
            recorded_ms: document.recorded_ms,
            business_day: document.business_day.clone(),
            total: amount(document.total_minor, &document.currency),
            mark: match document.delivery {
                Delivery::Local => DeliveryMark::Local,
                Delivery::Uploaded { .. } => DeliveryMark::Uploaded,
                Delivery::Processed { .. } => DeliveryMark::Processed,
                Delivery::Settled { .. } => DeliveryMark::Settled,
            },
            is_void: reversed.is_void,
            findings: findings.into_iter().map(finding).collect(),
        })
    }

    fn printed(&self, document: &Recorded, is_copy: bool) -> Result<String, TillError> {
        let sale = |title: &str, sale: bodies::Sale| -> Result<String, TillError> {
            let line = document.unread()?;
            let currency = tillkit_domain::Currency::parse(&document.currency).ok_or_else(|| {
                StoreError::Unreadable { what: "a document's currency", why: document.currency.clone() }
            })?;
            let settled = sale.settled(currency, document.total_minor);
            let paper = match sale.paper {
                Some(paper) => paper,
                // An older version did not write it: what is known best is today's.
                None => self.paper(&self.store.centre.view()?, document.recorded_ms, line.offline)?,
            };
            let title = if is_copy { format!("{title}, copy") } else { title.to_string() };
            self.receipt_text(&title, document, &settled, &line.user, &paper)
        };
        match Kind::of_name(&document.kind) {
            Some(Kind::Sale) => sale("Receipt", document.body::<bodies::Sale>()?),
            Some(Kind::Return) => sale("Return", document.body::<bodies::Return>()?.sale),
            Some(Kind::Void) => sale("Void", document.body::<bodies::Void>()?.sale),
            Some(Kind::CustomerMade) => {
                let mut text = facts(document)?;
                // Until it is pruned, or erased.
                if let Some(part) = self.store.journal.part_of(document)?
                    && let Ok(part) = serde_json::from_slice(&part.bytes)
                {
                    write_facts(&mut text, "", &part);
                }
                Ok(text)
            }
            _ => facts(document),
        }
    }
}

/// Every fact of a body in lines, in the order of the document: what a closure or a movement says.
fn facts(document: &Recorded) -> Result<String, TillError> {
    let body = document.body::<serde_json::Value>()?;
    let mut text = String::new();
    write_facts(&mut text, "", &body);
    Ok(text)
}

fn write_facts(text: &mut String, name: &str, value: &serde_json::Value) {
    use std::fmt::Write;

    use serde_json::Value;
    let inner = |part: &str| if name.is_empty() { part.to_string() } else { format!("{name}.{part}") };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(part, value)| write_facts(text, &inner(part), value));
        }
        Value::Array(values) => {
            values
                .iter()
                .enumerate()
                .for_each(|(n, value)| write_facts(text, &inner(&(n + 1).to_string()), value));
        }
        // Writing to a string does not fail.
        Value::String(value) => drop(writeln!(text, "{name}: {value}")),
        value => drop(writeln!(text, "{name}: {value}")),
    }
}

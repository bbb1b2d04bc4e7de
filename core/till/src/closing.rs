//! The end of a period: X shows, Z records. Neither waits for the server.

use std::{collections::BTreeMap, time::Duration};

use tillkit_domain::{self as domain, CashMovementKind, Currency, Fact, Money, Right, Settled, Totals};
use tillkit_protocol::{
    Hash,
    bodies::{self, ClosureTotals},
    document::Kind,
    wire::Ranges,
};
use tillkit_store::{
    StoreError,
    journal::{Enrolment, JournalWrite, Recorded, Unsent},
};
use tillkit_sync::{RunHandle, Scope, Trigger};

use crate::{Session, TillError, selling::CANCELLED};

/// What a person counted of a tender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Key of the tender.
    pub tender: String,
    /// In the tender's currency.
    pub amount: Money,
}

/// A period and its totals.
#[derive(Debug, Clone, PartialEq)]
pub struct Closed {
    /// What it lists and comes to.
    pub closure: bodies::Closure,
    /// The document; `None` for an X, which is none.
    pub recorded: Option<Recorded>,
}

impl Session {
    /// The totals since the last Z, as they stand; changes nothing.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::Store`].
    pub fn interim(&self) -> Result<Closed, TillError> {
        self.check(Right::Closure)?;
        let device = self.core.device()?;
        let closure = self.core.store.journal.write(|journal| period(journal, &device.enrolment, &[]))?;
        Ok(Closed { closure, recorded: None })
    }

    /// Closes the period: lists every document since the last Z, totals them, and states what is
    /// unsent. When this returns, it is durable.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::SaleOpen`], [`TillError::Store`].
    pub fn close(&self, counted: &[Counted]) -> Result<Closed, TillError> {
        self.check(Right::Closure)?;
        if self.sale().is_some() {
            return Err(TillError::SaleOpen);
        }
        let device = self.core.device()?;
        let draft = self.draft(Kind::Closure, ())?;
        let mut closure = None;
        let recorded = self.write(|journal, record| {
            let body = period(journal, &device.enrolment, counted)?;
            closure = Some(body.clone());
            record(journal, draft.with_body(body))
        })?;
        Ok(Closed { closure: closure.ok_or(TillError::NoSale)?, recorded: Some(recorded) })
    }
}

/// How long closing the day waits for the back office, at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// A day that was closed.
#[derive(Debug, Clone, PartialEq)]
pub struct DayClosed {
    /// The Z.
    pub closed: Closed,
    /// What the back office does not have yet, the Z itself among it unless it was sent at once.
    pub left: Unsent,
}

impl Session {
    /// Opens the day: records the float of each drawer, then syncs. What is published is applied as
    /// the centre's policy says; offline the day is open all the same. The run goes on beside selling.
    ///
    /// # Errors
    /// As [`Session::move_cash`], of the first float that is refused; those before it are recorded.
    pub fn open_day(&self, floats: &[Counted]) -> Result<RunHandle, TillError> {
        for float in floats {
            self.move_cash(CashMovementKind::FloatIn, &float.tender, float.amount, "")?;
        }
        let event = self.event("day_opened", "")?;
        self.write(|journal, record| record(journal, event))?;
        Ok(self.core.device()?.engine.ask(Scope::All, Trigger::Opening, true))
    }

    /// Closes the day: sends what there is, for ten seconds at most, then closes with what is left
    /// stated inside, then sends the closure. It closes whether or not the back office answers.
    ///
    /// # Errors
    /// As [`Session::close`].
    pub async fn close_day(&self, counted: &[Counted]) -> Result<DayClosed, TillError> {
        self.check(Right::Closure)?;
        if self.sale().is_some() {
            return Err(TillError::SaleOpen);
        }
        self.send_for_closing().await?;
        let closed = self.close(counted)?;
        self.send_for_closing().await?;
        Ok(DayClosed { closed, left: self.core.store.journal.unsent()? })
    }

    async fn send_for_closing(&self) -> Result<(), TillError> {
        let run = self.core.device()?.engine.ask(Scope::All, Trigger::Closing, true);
        // What does not get through in this time is in the closure, and goes later.
        drop(tokio::time::timeout(PATIENCE, run.wait()).await);
        Ok(())
    }
}

/// What has been recorded since the last Z of an enrolment.
fn period(
    journal: &JournalWrite,
    enrolment: &Enrolment,
    counted: &[Counted],
) -> Result<bodies::Closure, TillError> {
    let last = journal.newest(enrolment, Kind::Closure)?;
    let (from, z, perpetual_minor) = match &last {
        Some(last) => {
            let body = last.document::<bodies::Closure>()?.body;
            (last.seq + 1, body.z + 1, body.totals.perpetual_minor)
        }
        None => (1, 1, 0),
    };
    let mut book = Book::default();
    journal.each_document(enrolment, from, |document| book.add(&document))?;
    let perpetual_minor = domain::money::add(perpetual_minor, book.totals.gross_minor)?;
    let counted: BTreeMap<(String, Currency), i64> = counted
        .iter()
        .map(|count| ((count.tender.clone(), count.amount.currency), count.amount.minor))
        .collect();
    let through = journal.head(&enrolment.till, enrolment.enrolment)?.seq;
    let ranges = if through >= from { vec![(from, through)] } else { Vec::new() };
    Ok(bodies::Closure {
        documents_hash: Hash::of(&book.hashes),
        documents: vec![Ranges { enrolment: enrolment.enrolment, ranges, till: enrolment.till.clone() }],
        receipts: book.receipts,
        totals: ClosureTotals::new(&book.totals, &counted, perpetual_minor),
        unsent: journal.unsent()?.facts(),
        z,
    })
}

#[derive(Default)]
struct Book {
    totals: Totals,
    hashes: Vec<u8>,
    receipts: Option<(String, String)>,
}

impl Book {
    fn add(&mut self, document: &Recorded) -> Result<(), TillError> {
        self.hashes.extend_from_slice(document.record.hash.as_bytes());
        let settled = |sale: &bodies::Sale| -> Result<Settled, TillError> {
            Ok(sale.settled(currency(document)?, document.total_minor))
        };
        match Kind::of_name(&document.kind) {
            Some(Kind::Sale) => {
                self.note_number(&document.number);
                self.totals.add(Fact::Sale(&settled(&document.document::<bodies::Sale>()?.body)?))?;
            }
            Some(Kind::Return) => {
                self.note_number(&document.number);
                self.totals
                    .add(Fact::Return(&settled(&document.document::<bodies::Return>()?.body.sale)?))?;
            }
            Some(Kind::Void) => {
                self.note_number(&document.number);
                self.totals.add(Fact::Void(&settled(&document.document::<bodies::Void>()?.body.sale)?))?;
            }
            Some(Kind::CashMovement) => {
                let body = document.document::<bodies::CashMovement>()?.body;
                let amount = Money::new(body.amount_minor, body.currency);
                self.totals.add(Fact::Cash { tender: &body.tender, kind: body.movement, amount })?;
            }
            Some(Kind::Event) if document.document::<bodies::Event>()?.body.what == CANCELLED => {
                self.totals.add(Fact::Cancelled)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn note_number(&mut self, number: &str) {
        match &mut self.receipts {
            Some((_, last)) => *last = number.into(),
            None => self.receipts = Some((number.into(), number.into())),
        }
    }
}

fn currency(document: &Recorded) -> Result<Currency, StoreError> {
    Currency::parse(&document.currency).ok_or_else(|| StoreError::Unreadable {
        what: "a document's currency",
        why: document.currency.clone(),
    })
}

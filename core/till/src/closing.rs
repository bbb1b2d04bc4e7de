//! The end of a period: X shows, Z records. Neither waits for the server.

use std::{collections::BTreeMap, time::Duration};

use tillkit_domain::{
    self as domain, CashMovementKind, Count, Currency, Fact, Money, Right, Settled, TenderKind, Totals,
};
use tillkit_protocol::{
    Hash,
    bodies::{self, ClosureTotals, CountedTenders},
    document::Kind,
    settings,
    wire::Ranges,
};
use tillkit_store::{
    StoreError,
    journal::{Enrolment, JournalWrite, Recorded, Unsent},
};
use tillkit_sync::{RunHandle, Scope, Trigger};

use crate::{
    Session, TillError,
    selling::CANCELLED,
    session::{Settings, drawer_currency},
};

/// What a person counted of a tender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Key of the tender.
    pub tender: String,
    /// In the tender's currency.
    pub amount: Money,
}

/// The same, with the coins and notes that the amount is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedByPieces {
    /// What they come to.
    pub counted: Counted,
    /// How many of each there are; empty if the amount was counted as one.
    pub pieces: Vec<domain::Pieces>,
}

impl From<&Counted> for CountedByPieces {
    fn from(counted: &Counted) -> CountedByPieces {
        CountedByPieces { counted: counted.clone(), pieces: Vec::new() }
    }
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
        let (home, nothing) = (self.home_currency()?, CountedBy::new());
        let closure =
            self.core.store.journal.write(|journal| period(journal, &device.enrolment, home, &nothing))?;
        Ok(Closed { closure, recorded: None })
    }

    /// Closes the period: lists every document since the last Z, totals them, and states what is
    /// unsent. When this returns, it is durable.
    ///
    /// Everything that was counted stands in it: counts of one tender are added, and a tender without
    /// turnover is listed with what was counted.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::SaleOpen`], [`TillError::Unknown`] tender, [`TillError::Money`]
    /// for a count in a currency that the tender never had, [`TillError::BadInput`] below nothing,
    /// [`TillError::Store`].
    pub fn close(&self, counted: &[Counted]) -> Result<Closed, TillError> {
        self.close_by_pieces(&by_pieces(counted))
    }

    /// The same of drawers that were counted coin by coin and note by note: the Z keeps how many there were.
    ///
    /// # Errors
    /// As [`Session::close`], and [`TillError::BadInput`] for pieces that come to another amount.
    pub fn close_by_pieces(&self, counted: &[CountedByPieces]) -> Result<Closed, TillError> {
        self.check(Right::Closure)?;
        if self.sale().is_some() {
            return Err(TillError::SaleOpen);
        }
        let device = self.core.device()?;
        let counted = self.counted(counted)?;
        let home = self.home_currency()?;
        let draft = self.draft(Kind::Closure, ())?;
        let mut closure = None;
        let recorded = self.write(|journal, record| {
            let body = period(journal, &device.enrolment, home, &counted)?;
            closure = Some(body.clone());
            record(journal, draft.with_body(body))
        })?;
        Ok(Closed { closure: closure.ok_or(TillError::NoSale)?, recorded: Some(recorded) })
    }

    /// What was counted, by tender and currency.
    fn counted(&self, counted: &[CountedByPieces]) -> Result<CountedBy, TillError> {
        let view = self.core.store.centre.view()?;
        let centre = view.centre()?;
        let mut sums = CountedBy::new();
        for CountedByPieces { counted: Counted { tender, amount }, pieces } in counted {
            let setting: Option<settings::Tender> = view.read("tender", tender)?;
            let drawer = |setting: settings::Tender| {
                (setting.kind, drawer_currency(&setting, &centre, amount.currency))
            };
            let known = setting.map(drawer);
            let count = sums.entry((tender.clone(), amount.currency)).or_insert((known, Count::default()));
            let added = count.1.add(*amount, pieces);
            added.map_err(|error| TillError::bad_input("a count", error.to_string()))?;
        }
        Ok(sums)
    }
}

fn by_pieces(counted: &[Counted]) -> Vec<CountedByPieces> {
    counted.iter().map(CountedByPieces::from).collect()
}

/// What was counted of each tender in each currency, and what the centre says that the tender is.
type CountedBy = BTreeMap<(String, Currency), (Option<(TenderKind, Currency)>, Count)>;

/// What was counted, as a closure takes it. The tenders of the period are known, whatever the centre says now.
fn with_kinds(counted: &CountedBy, totals: &Totals) -> Result<CountedTenders, TillError> {
    let mut kinds = CountedTenders::new();
    for (key, (known, count)) in counted {
        let kind = match (totals.tenders.get(key), known) {
            (Some((kind, _)), _) => *kind,
            (None, Some((kind, currency))) => {
                currency.check_is(key.1)?;
                *kind
            }
            (None, None) => return Err(TillError::Unknown { what: "tender", key: key.0.clone() }),
        };
        kinds.insert(key.clone(), (kind, count.clone()));
    }
    Ok(kinds)
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
    /// [`TillError::NoRight`] (`sell`); as [`Session::move_cash`], of the first float that is refused; those before it are recorded.
    pub fn open_day(&self, floats: &[Counted]) -> Result<RunHandle, TillError> {
        self.check(Right::Sell)?;
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
        self.close_day_by_pieces(&by_pieces(counted)).await
    }

    /// The same of drawers that were counted coin by coin and note by note.
    ///
    /// # Errors
    /// As [`Session::close_by_pieces`].
    pub async fn close_day_by_pieces(&self, counted: &[CountedByPieces]) -> Result<DayClosed, TillError> {
        self.check(Right::Closure)?;
        if self.sale().is_some() {
            return Err(TillError::SaleOpen);
        }
        self.send_for_closing().await?;
        let closed = self.close_by_pieces(counted)?;
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
    home: Currency,
    counted: &CountedBy,
) -> Result<bodies::Closure, TillError> {
    let last = journal.newest(enrolment, Kind::Closure)?;
    let (from, z, mut perpetual) = match &last {
        Some(last) => {
            let body = last.body::<bodies::Closure>()?;
            (last.seq + 1, body.z + 1, body.totals.perpetual(currency(last)?))
        }
        None => (1, 1, BTreeMap::new()),
    };
    let mut book = Book::default();
    journal.each_document(enrolment, from, |document| book.add(&document))?;
    for (currency, sums) in &book.totals.sold {
        let sum = perpetual.entry(*currency).or_default();
        *sum = domain::money::add(*sum, sums.gross_minor)?;
    }
    let counted = with_kinds(counted, &book.totals)?;
    let through = journal.head(&enrolment.till, enrolment.enrolment)?.seq;
    let ranges = if through >= from { vec![(from, through)] } else { Vec::new() };
    Ok(bodies::Closure {
        documents_hash: Hash::of(&book.hashes),
        documents: vec![Ranges { enrolment: enrolment.enrolment, ranges, till: enrolment.till.clone() }],
        receipts: book.receipts,
        totals: ClosureTotals::new(home, &book.totals, &counted, &perpetual),
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
                self.totals.add(Fact::Sale(&settled(&document.body::<bodies::Sale>()?)?))?;
            }
            Some(Kind::Return) => {
                self.note_number(&document.number);
                self.totals.add(Fact::Return(&settled(&document.body::<bodies::Return>()?.sale)?))?;
            }
            Some(Kind::Void) => {
                self.note_number(&document.number);
                self.totals.add(Fact::Void(&settled(&document.body::<bodies::Void>()?.sale)?))?;
            }
            Some(Kind::CashMovement) => {
                let body = document.body::<bodies::CashMovement>()?;
                let amount = Money::new(body.amount_minor, body.currency);
                self.totals.add(Fact::Cash { tender: &body.tender, kind: body.movement, amount })?;
            }
            Some(Kind::Event) if document.body::<bodies::Event>()?.what == CANCELLED => {
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

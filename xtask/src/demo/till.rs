//! One till of the demonstration: the real façade, told what to do by deeds.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use anyhow::{Context, Result, ensure};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use tillkit::{
    AddLine, CashMovementKind, Counted, Currency, FileKeyStore, Goods, HttpTransport, Kind, Money, NewReturn,
    NewStock, Quantity, Recorded, ReturnLine, ReturnPurpose, Scope, Services, Session, StockKind, Till,
    Transport, Trigger, UnitPrice,
};

use super::{
    clock::ShopClock,
    ledger::Ledger,
    mapping::{Class, Deed, DeedLine, Payment, Vat},
    office::Office,
    shop::{CASHIER, CENTRE},
    wire::{Mishaps, Wire},
};

/// What lies in the drawer in the morning, pence.
const FLOAT: i64 = 10_000;
/// What is dropped into the safe is a multiple of this, pence or cents.
const DROP: i64 = 1_000;

/// A till, and who is at it.
pub struct DemoTill {
    /// Its name.
    pub name: String,
    /// The façade.
    pub till: Till,
    /// What happens on its line.
    pub mishaps: Arc<Mishaps>,
    session: Option<Session>,
}

/// What closing a day came to.
pub struct DayEnd {
    /// Whether cash was dropped into the safe.
    pub has_dropped: bool,
}

impl DemoTill {
    /// Opens a new till in `folder`, enrols it by pairing code, subscribes it and syncs everything.
    ///
    /// # Errors
    /// The till's or the back office's.
    pub async fn enrol(
        name: &str,
        folder: &Path,
        office: &Office,
        clock: &Arc<ShopClock>,
    ) -> Result<DemoTill> {
        std::fs::create_dir_all(folder)?;
        let mishaps = Arc::new(Mishaps::default());
        let till = Till::open(folder, services(folder, clock, &mishaps), tokio::runtime::Handle::current())?;
        let code = office.pairing_code(name, &format!("Till {name}")).await?;
        till.enrol(&office.url(), &code, &format!("{name} of the demonstration")).await?;
        let centres = till.centres().await?;
        ensure!(
            centres.iter().any(|centre| centre.centre == CENTRE),
            "the centre is not in the list: {centres:?}"
        );
        till.choose_centre(CENTRE).await?;
        let report = till
            .sync(Scope::All, Trigger::CentreChosen)?
            .wait()
            .await
            .context("the first sync was given up")?;
        ensure!(
            report.is_complete() && till.can_sell(),
            "the first sync of {name} is not complete: {report:?}"
        );
        Ok(DemoTill { name: name.into(), till, mishaps, session: None })
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// If nobody is.
    pub fn session(&self) -> Result<&Session> {
        self.session.as_ref().with_context(|| format!("nobody is signed in at {}", self.name))
    }

    /// Signs in and puts the float into the drawer.
    ///
    /// # Errors
    /// The till's.
    pub fn open_day(&mut self) -> Result<()> {
        let session = self.till.sign_in(CASHIER.0, CASHIER.1)?;
        session.move_cash(CashMovementKind::FloatIn, "cash", Money::new(FLOAT, Currency::GBP), "float")?;
        self.session = Some(session);
        // Nobody waits for it: selling begins whether the centre answers or not.
        self.till.sync(Scope::All, Trigger::Opening)?;
        Ok(())
    }

    /// Drops cash into the safe, counts what is left, closes, and signs out.
    ///
    /// # Errors
    /// The till's.
    pub fn close_day(&mut self) -> Result<DayEnd> {
        let session = self.session()?;
        let mut has_dropped = false;
        for tender in session.interim()?.closure.totals.tenders {
            let keeps = if tender.currency == Currency::GBP { FLOAT } else { 0 };
            let dropped = (tender.expected_minor - keeps) / DROP * DROP;
            if tender.kind == tillkit::TenderKind::Cash && dropped > 0 {
                let dropped = Money::new(dropped, tender.currency);
                session.move_cash(CashMovementKind::SafeDrop, &tender.tender, dropped, "evening")?;
                has_dropped = true;
            }
        }
        let drawer = session.interim()?.closure.totals.tenders.into_iter();
        let counted: Vec<Counted> = drawer
            // Of a file with more money back than taken the drawer would hold less than nothing.
            .filter(|tender| tender.kind == tillkit::TenderKind::Cash && tender.expected_minor >= 0)
            .map(|tender| Counted {
                amount: Money::new(tender.expected_minor, tender.currency),
                tender: tender.tender,
            })
            .collect();
        session.close(&counted)?;
        self.session = None;
        self.till.sync(Scope::All, Trigger::Closing)?;
        Ok(DayEnd { has_dropped })
    }

    /// Does a deed; how many of its lines name the sale they come from.
    ///
    /// # Errors
    /// The till's.
    pub fn perform(&self, deed: &Deed, ledger: &Ledger) -> Result<u64> {
        let done = match deed.class {
            Class::Sale => self.sell(deed, ledger).map(|()| 0),
            Class::Return => self.credit(deed, ledger, ReturnPurpose::Goods),
            Class::CreditNote => self.credit(deed, ledger, ReturnPurpose::CreditNote),
            Class::WriteOff => self.move_goods(deed, StockKind::WriteOff).map(|_| 0),
            Class::GoodsReceipt => self.move_goods(deed, StockKind::GoodsReceipt).map(|_| 0),
        };
        done.with_context(|| format!("invoice {} at {}", deed.invoice, self.name))
    }

    fn sell(&self, deed: &Deed, ledger: &Ledger) -> Result<()> {
        let session = self.session()?;
        for line in &deed.lines {
            session.add(added(deed, line, ledger)?)?;
        }
        session.set_customer(deed.customer.as_deref())?;
        let reference = format!("invoice {}", deed.invoice);
        if let Some((tender, amount)) = payment(session, deed)? {
            session.pay(tender, amount, Some(&reference))?;
        }
        let receipt = session.complete()?;
        must_come_to(deed, receipt.settled.total_minor)?;
        match &deed.customer {
            Some(customer) => ledger.sold(customer, paid_by(deed), &receipt.reference, &deed.lines),
            None => Ok(()),
        }
    }

    fn credit(&self, deed: &Deed, ledger: &Ledger, purpose: ReturnPurpose) -> Result<u64> {
        let mut lines = Vec::with_capacity(deed.lines.len());
        let mut with_origin = 0;
        for line in &deed.lines {
            let comes_back = purpose == ReturnPurpose::Goods && deed.is_cancellation();
            let origin = match &deed.customer {
                Some(customer) if comes_back => ledger.take_back(customer, paid_by(deed), line)?,
                _ => None,
            };
            with_origin += u64::from(origin.is_some());
            let why = match (&origin, purpose) {
                (Some(_), _) => "brought back",
                (None, ReturnPurpose::CreditNote) => "credited, nothing comes back",
                (None, ReturnPurpose::Goods) if !deed.is_cancellation() => "negative quantity on an invoice",
                (None, ReturnPurpose::Goods) => "brought back, no earlier sale covers it",
            };
            let reason = Some(format!("invoice {}: {why}", deed.invoice));
            // What comes back from its sale has that sale's price and VAT.
            let what = match &origin {
                Some(_) => AddLine::item(&line.code, Quantity::new(line.quantity)?),
                None => added(deed, line, ledger)?,
            };
            lines.push(ReturnLine { what, origin, reason });
        }
        let refund = tender_key(deed.tender()).into();
        let credit = NewReturn { purpose, customer: deed.customer.clone(), lines, refund };
        let receipt = self.session()?.return_goods(credit)?;
        must_come_to(deed, receipt.settled.total_minor)?;
        Ok(with_origin)
    }

    fn move_goods(&self, deed: &Deed, kind: StockKind) -> Result<Recorded> {
        let mut lines = Vec::with_capacity(deed.lines.len());
        for line in &deed.lines {
            lines.push(Goods::item(&line.code, Quantity::new(line.quantity.abs())?));
        }
        let reason = match kind {
            StockKind::WriteOff => "negative quantity without a price",
            _ => "goods without a price",
        };
        let reference = Some(format!("invoice {}", deed.invoice));
        let new = NewStock { reason: reason.into(), reference, ..NewStock::new(kind, lines) };
        Ok(self.session()?.move_goods(new)?)
    }

    /// What this till would ask for an item, seen by a cashier who begins a sale and gives it up.
    ///
    /// # Errors
    /// The till's.
    pub fn asked_price(&self, item: &str) -> Result<Decimal> {
        let session = self.session()?;
        session.add(AddLine::item(item, Quantity::from(1)))?;
        let cart = session.cart()?.context("no sale is open")?;
        session.cancel_sale()?;
        Ok(cart.lines.first().context("no line was added")?.unit_price.to_decimal())
    }

    /// Sends what is unsent; whether nothing is left.
    ///
    /// # Errors
    /// The till's.
    pub async fn drain(&self) -> Result<bool> {
        self.till.sync(Scope::All, Trigger::Reconnect)?.wait().await;
        Ok(self.till.unsent()?.all() == 0)
    }

    /// Which kinds of documents this till has recorded, and how many of each; how many while offline.
    ///
    /// # Errors
    /// The till's.
    pub fn recorded(&self, kinds: &mut BTreeMap<String, u64>) -> Result<u64> {
        const PAGE: usize = 500;
        let mut offline = 0;
        let mut before: Option<Recorded> = None;
        loop {
            let page = self.till.history(&Kind::ALL, before.as_ref(), PAGE)?;
            for recorded in &page {
                *kinds.entry(recorded.kind.clone()).or_default() += 1;
                offline += u64::from(recorded.record.unread()?.offline);
            }
            match page.into_iter().next_back() {
                Some(last) => before = Some(last),
                None => return Ok(offline),
            }
        }
    }
}

fn services(folder: &Path, clock: &Arc<ShopClock>, mishaps: &Arc<Mishaps>) -> Services {
    let (clock, mishaps) = (clock.clone(), mishaps.clone());
    Services {
        rim: clock.clone(),
        keys: Arc::new(FileKeyStore::new(&folder.join("till.key"))),
        connect: Arc::new(move |url| {
            let wire =
                Wire { http: HttpTransport::new(url)?, mishaps: mishaps.clone(), clock: clock.clone() };
            Ok(Arc::new(wire) as Arc<dyn Transport>)
        }),
        app: concat!("tillkit demo ", env!("CARGO_PKG_VERSION")).into(),
        aside: tillkit::Aside::Threads,
    }
}

/// A row as a line: any price but the list's is an override with its trace.
fn added(deed: &Deed, line: &DeedLine, ledger: &Ledger) -> Result<AddLine> {
    let mut added = AddLine::item(&line.code, Quantity::new(line.quantity)?);
    if ledger.listed(&line.code)?.price != line.price {
        added = added.at(UnitPrice::new(line.price)?, &format!("price on invoice {}", deed.invoice));
    }
    Ok(if line.vat == Vat::Zero { added.with_vat("Z") } else { added })
}

/// The tender and how much of it is handed over; nothing where nothing is due.
fn payment(session: &Session, deed: &Deed) -> Result<Option<(&'static str, Money)>> {
    let due = session.cart()?.context("no sale is open")?.total;
    if due.minor <= 0 {
        return Ok(None);
    }
    let amount = match deed.tender() {
        Payment::CashEur => {
            // Whole euros, so that there is change; it is given in pounds.
            let rate = session.rate_of(Currency::EUR)?.to_decimal();
            let euros = (due.to_decimal() / rate).ceil().to_i64().context("too many euros")?;
            Money::new(euros * 100, Currency::EUR)
        }
        Payment::Cash => {
            // To the next full pound, for the same reason.
            Money::new((due.minor + 99) / 100 * 100, Currency::GBP)
        }
        Payment::Card | Payment::CustomerCredit => due,
    };
    Ok(Some((tender_key(deed.tender()), amount)))
}

fn must_come_to(deed: &Deed, total_minor: i64) -> Result<()> {
    let rows = deed.total();
    ensure!(
        Decimal::new(total_minor, 2) == rows,
        "the till says {total_minor} pence, its rows come to {rows} pounds"
    );
    Ok(())
}

/// What a sale was paid by, as its refund sees it: cash is one, whatever it was paid in.
fn paid_by(deed: &Deed) -> &'static str {
    match deed.tender() {
        Payment::CashEur => tender_key(Payment::Cash),
        payment => tender_key(payment),
    }
}

fn tender_key(payment: Payment) -> &'static str {
    match payment {
        Payment::Cash => "cash",
        Payment::Card => "card",
        Payment::CustomerCredit => "customer_credit",
        Payment::CashEur => "cash_eur",
    }
}

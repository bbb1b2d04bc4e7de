//! Selling, holding, returning, voiding.

use tillkit_domain::{
    self as domain, Discount, Line, LineOrigin, Money, Quantity, Refund, Returnable, Right, Sale, Settled,
    Tender, TenderKind, UnitPrice,
};
use tillkit_protocol::{
    bodies::{self, Reference, ReturnPurpose},
    document::Kind,
    settings,
};
use tillkit_store::{
    StoreError,
    centre::{Found, View},
    journal::{Held, JournalWrite, NewDocument, Recorded, Reversal, StockMove},
};

use crate::{
    Session, TillError,
    lookup::{items_of_code, written},
    pricing::{Moment, price_now, promotions_now},
    screens::DocumentPlace,
    session::{Settings, first},
};

/// What is to be sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddLine {
    item: Wanted,
    quantity: Quantity,
    price: Option<PriceOverride>,
    vat: Option<String>,
}

/// How an item is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Code(String),
    Item(String),
}

impl Wanted {
    pub(crate) fn find(&self, view: &View) -> Result<Found, TillError> {
        match self {
            Wanted::Code(code) => {
                let mut found = items_of_code(view, code)?;
                if found.len() > 1 {
                    return Err(several(code, &found)?);
                }
                found.pop().ok_or_else(|| TillError::Unknown { what: "item with code", key: written(code) })
            }
            Wanted::Item(key) => {
                view.find("item", key)?.ok_or_else(|| TillError::Unknown { what: "item", key: key.clone() })
            }
        }
    }
}

/// Which of them is a person's choice.
fn several(code: &str, found: &[Found]) -> Result<TillError, TillError> {
    let item = |found: &Found| Ok((found.key.clone(), found.read::<settings::Item>()?.name));
    let items = found.iter().map(item).collect::<Result<_, TillError>>()?;
    Ok(TillError::SeveralItems { code: written(code), items })
}

/// Another price than the list's, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceOverride {
    /// Per unit.
    pub price: UnitPrice,
    /// Why; printed on the receipt.
    pub reason: String,
}

impl AddLine {
    /// Of the item with this code, typed or scanned.
    pub fn code(code: &str, quantity: Quantity) -> AddLine {
        AddLine { item: Wanted::Code(code.into()), quantity, price: None, vat: None }
    }

    /// Of the item with this key.
    pub fn item(key: &str, quantity: Quantity) -> AddLine {
        AddLine { item: Wanted::Item(key.into()), quantity, price: None, vat: None }
    }

    /// At another price; needs its right.
    pub fn at(mut self, price: UnitPrice, reason: &str) -> AddLine {
        self.price = Some(PriceOverride { price, reason: reason.into() });
        self
    }

    /// With another VAT rate than the item's, for an export; needs the right to override prices.
    pub fn with_vat(mut self, rate: &str) -> AddLine {
        self.vat = Some(rate.into());
        self
    }
}

/// What comes back, or is credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReturn {
    /// Whether goods come back.
    pub purpose: ReturnPurpose,
    /// Key of the customer.
    pub customer: Option<String>,
    /// What comes back.
    pub lines: Vec<ReturnLine>,
    /// Key of the tender that the money goes back by.
    pub refund: String,
}

/// A line that comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnLine {
    /// What; its quantity is negative where goods come back.
    pub what: AddLine,
    /// The line of the sale it comes from, if it was sold on this phone and is known.
    pub origin: Option<LineOrigin>,
    /// Why, if its sale is not named.
    pub reason: Option<String>,
}

/// The open sale, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    /// Its lines.
    pub lines: Vec<Line>,
    /// What they come to.
    pub total: Money,
    /// What is still to be paid, in cash.
    pub rest: Money,
    /// What would go back if it were completed now; nothing while it is not covered.
    pub change: Money,
    /// What has been paid.
    pub tenders: Vec<Tender>,
    /// Key of the customer.
    pub customer: Option<String>,
}

/// A recorded sale, return or void: durable before it is handed out.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The document's name for ever.
    pub reference: Reference,
    /// What was settled.
    pub settled: Settled,
    /// As printed, 42 characters wide.
    pub text: String,
}

impl Session {
    /// Adds a line to the open sale, beginning one if there is none; returns its index.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::Unknown`], [`TillError::NotForSale`], [`TillError::Sale`].
    pub fn add(&self, new: AddLine) -> Result<usize, TillError> {
        self.check(Right::Sell)?;
        self.check_override(&new)?;
        // The sale before the view, as everywhere: whoever completes it has it, and looks at the centre.
        let mut open = self.sale();
        let view = self.core.store.centre.view()?;
        let line = line(&view, &new, self.core.moment())?;
        if let Some(sale) = open.as_mut() {
            return Ok(sale.add_line(line)?);
        }
        let mut sale = Sale::new(view.terms()?);
        drop(view);
        let index = sale.add_line(line)?;
        *open = Some(sale);
        self.set_receipt_open(true)?;
        Ok(index)
    }

    /// Changes how much of a line is sold.
    ///
    /// # Errors
    /// [`TillError::NoSale`], [`TillError::Sale`].
    pub fn set_quantity(&self, line: usize, quantity: Quantity) -> Result<(), TillError> {
        self.with_sale(|sale| Ok(sale.set_quantity(line, quantity)?))
    }

    /// Takes a line off the open sale.
    ///
    /// # Errors
    /// [`TillError::NoSale`], [`TillError::Sale`].
    pub fn remove_line(&self, line: usize) -> Result<(), TillError> {
        self.with_sale(|sale| Ok(sale.remove_line(line)?))
    }

    /// Sets or clears a line's discount.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::NoSale`], [`TillError::Sale`].
    pub fn discount_line(&self, line: usize, discount: Option<Discount>) -> Result<(), TillError> {
        self.check(Right::Discount)?;
        self.with_sale(|sale| Ok(sale.discount_line(line, discount)?))
    }

    /// Sets or clears the receipt's discount.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::NoSale`], [`TillError::Sale`].
    pub fn discount_receipt(&self, discount: Option<Discount>) -> Result<(), TillError> {
        self.check(Right::Discount)?;
        self.with_sale(|sale| Ok(sale.discount_receipt(discount)?))
    }

    /// Names the customer of the open sale, or nobody; one that has become part of another is that other.
    ///
    /// # Errors
    /// [`TillError::NoSale`], [`TillError::Unknown`].
    pub fn set_customer(&self, customer: Option<&str>) -> Result<(), TillError> {
        let known = customer.map(|key| self.core.known_customer(key)).transpose()?;
        self.with_sale(|sale| {
            sale.set_customer(known.map(|customer| customer.key));
            Ok(())
        })
    }

    /// Takes a payment in the tender's own currency; a foreign one at the day's rate, frozen.
    ///
    /// # Errors
    /// [`TillError::NoSale`], [`TillError::Unknown`] tender, [`TillError::NoRate`], [`TillError::Sale`].
    pub fn pay(&self, tender: &str, amount: Money, reference: Option<&str>) -> Result<(), TillError> {
        let view = self.core.store.centre.view()?;
        let setting = view.tender(tender)?;
        setting.currency.check_is(amount.currency)?;
        let rate = match amount.currency == view.terms()?.currency {
            true => None,
            false => Some(view.rate(amount.currency, &self.today())?),
        };
        drop(view);
        self.with_sale(|sale| {
            sale.pay(domain::NewTender {
                tender: tender.into(),
                kind: setting.kind,
                gives_change: setting.gives_change,
                amount,
                rate,
                reference: reference.map(Into::into),
            })?;
            Ok(())
        })
    }

    /// Pays what is left by one tender of the home currency. Nothing left is nothing to pay.
    ///
    /// # Errors
    /// As [`Session::pay`].
    pub fn pay_rest(&self, tender: &str) -> Result<(), TillError> {
        let kind = self.core.store.centre.view()?.tender(tender)?.kind;
        let mut rest = None;
        self.with_sale(|sale| {
            rest = Some(sale.rest(kind)?);
            Ok(())
        })?;
        match rest {
            Some(rest) if rest.minor > 0 => self.pay(tender, rest, None),
            _ => Ok(()),
        }
    }

    /// What a foreign tender is worth today, home currency per unit.
    ///
    /// # Errors
    /// [`TillError::NoRate`].
    pub fn rate_of(&self, currency: domain::Currency) -> Result<domain::Rate, TillError> {
        self.core.store.centre.view()?.rate(currency, &self.today())
    }

    /// Takes a payment back.
    ///
    /// # Errors
    /// [`TillError::NoSale`], [`TillError::Sale`].
    pub fn remove_tender(&self, tender: usize) -> Result<(), TillError> {
        self.with_sale(|sale| Ok(sale.remove_tender(tender)?))
    }

    /// The open sale as it stands; `None` if there is none.
    ///
    /// # Errors
    /// [`TillError::Sale`] if amounts do not fit.
    pub fn cart(&self) -> Result<Option<Cart>, TillError> {
        let open = self.sale();
        let Some(sale) = open.as_ref() else { return Ok(None) };
        let total = sale.total()?;
        // A sale that cannot be settled yet is not paid, and has no change.
        let change_minor = sale.settle().map_or(0, |settled| settled.change_minor);
        Ok(Some(Cart {
            lines: sale.lines()?,
            total,
            change: Money::new(change_minor, total.currency),
            rest: sale.rest(TenderKind::Cash)?,
            tenders: sale.tenders().to_vec(),
            customer: sale.customer().map(Into::into),
        }))
    }

    /// Completes the open sale. When this returns, it is durable: now it may be printed.
    ///
    /// # Errors
    /// [`TillError::Sale`] (`Underpaid`, …) or [`TillError::Store`] (`DiskFull`): the sale is still open.
    pub fn complete(&self) -> Result<Receipt, TillError> {
        self.check(Right::Sell)?;
        let mut open = self.sale();
        let settled = open.as_ref().ok_or(TillError::NoSale)?.settle()?;
        let mut document = self.draft(Kind::Sale, bodies::Sale::from(&settled))?;
        self.add_money(&mut document, &settled)?;
        let offline = document.offline;
        let recorded = self.write(|journal, record| record(journal, document))?;
        *open = None;
        self.set_receipt_open(false)?;
        self.receipt("Receipt", recorded, settled, offline)
    }

    /// Gives the open sale up before it is completed. It leaves an event, no document of money.
    ///
    /// # Errors
    /// [`TillError::NoSale`], [`TillError::Store`]: the sale is still open.
    pub fn cancel_sale(&self) -> Result<(), TillError> {
        let mut open = self.sale();
        let total = open.as_ref().ok_or(TillError::NoSale)?.total()?;
        let event = self.event(CANCELLED, &total.to_string())?;
        self.write(|journal, record| record(journal, event))?;
        *open = None;
        self.set_receipt_open(false)
    }

    /// Sets the open sale aside; it keeps the prices it was given. Returns its id.
    ///
    /// # Errors
    /// [`TillError::NoSale`], [`TillError::Store`]: the sale is still open.
    pub fn hold(&self, label: &str) -> Result<String, TillError> {
        let mut open = self.sale();
        let sale = open.as_ref().ok_or(TillError::NoSale)?;
        let body = serde_json::to_vec(sale).map_err(|error| unreadable(&error))?;
        let mut id = [0; 8];
        self.core.services.rim.random(&mut id);
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let held_ms = self.core.services.rim.now_ms();
        let held = Held {
            id: id.clone(),
            label: label.into(),
            user: self.user().into(),
            held_ms,
            v: HELD_VERSION,
            body,
        };
        self.core.store.journal.write(|journal| journal.hold(&held))?;
        *open = None;
        self.set_receipt_open(false)?;
        Ok(id)
    }

    /// Sales set aside, oldest first.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn held(&self) -> Result<Vec<Held>, TillError> {
        Ok(self.core.store.journal.held()?)
    }

    /// Takes a held sale back, with the prices it was given.
    ///
    /// # Errors
    /// [`TillError::SaleOpen`], [`TillError::Unknown`], [`TillError::Store`]: it is still held.
    pub fn recall(&self, id: &str) -> Result<(), TillError> {
        let mut open = self.sale();
        if open.is_some() {
            return Err(TillError::SaleOpen);
        }
        let sale: Sale = self.core.store.journal.write(|journal| {
            let held = journal
                .recall(id)?
                .ok_or_else(|| TillError::Unknown { what: "held sale", key: id.into() })?;
            // Read inside the transaction: what cannot be read stays held.
            serde_json::from_slice(&held.body).map_err(|error| TillError::from(unreadable(&error)))
        })?;
        *open = Some(sale);
        self.set_receipt_open(true)
    }

    /// Takes goods back, or credits money. When this returns, it is durable.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::Unknown`] sale, [`TillError::Sale`] (`ReturnsTooMuch`, …).
    pub fn return_goods(&self, new: NewReturn) -> Result<Receipt, TillError> {
        self.check(Right::Return)?;
        if new.lines.iter().any(|line| line.origin.is_none()) {
            self.check(Right::ReturnWithoutSale)?;
        }
        let view = self.core.store.centre.view()?;
        let tender = view.tender(&new.refund)?;
        let terms = view.terms()?;
        tender.currency.check_is(terms.currency)?;
        let mut lines = Vec::with_capacity(new.lines.len());
        for back in &new.lines {
            self.check_override(&back.what)?;
            lines.push(line(&view, &back.what, self.core.moment())?);
        }
        drop(view);
        let empty = bodies::Return { purpose: new.purpose, sale: bodies::Sale::default() };
        let mut document = self.draft(Kind::Return, empty)?;
        let offline = document.offline;
        let mut settled = None;
        let recorded = self.write(|journal, record| {
            // What is left of a sale is read in the transaction that takes from it.
            let done = settle_return(journal, &new, lines, terms, tender.kind)?;
            document.body.sale = bodies::Sale::from(&done);
            document.reversals = reversals(&done);
            self.add_money(&mut document, &done)?;
            settled = Some(done);
            record(journal, document)
        })?;
        self.receipt("Return", recorded, settled.ok_or(TillError::NoSale)?, offline)
    }

    /// Reverses a completed sale or return whole, by a new document. When this returns, it is durable.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::Unknown`], [`TillError::NotReversible`].
    pub fn void(&self, of: &Reference, reason: &str) -> Result<Receipt, TillError> {
        self.check(Right::Void)?;
        if reason.trim().is_empty() {
            return Err(domain::SaleError::ReasonMissing { what: "a void" }.into());
        }
        let blank = bodies::Void { of: of.clone(), reason: reason.into(), sale: bodies::Sale::default() };
        let mut document = self.draft(Kind::Void, blank)?;
        let offline = document.offline;
        let mut settled = None;
        let recorded = self.write(|journal, record| {
            let done = voided(journal, of)?;
            document.body.sale = bodies::Sale::from(&done);
            // What a voided return had brought back may come back again.
            document.reversals = reversals(&done);
            let whole = Reversal { till: of.till.clone(), enrolment: of.enrolment, seq: of.seq, line: None };
            document.reversals.push(whole);
            self.add_money(&mut document, &done)?;
            settled = Some(done);
            record(journal, document)
        })?;
        self.receipt("Void", recorded, settled.ok_or(TillError::NoSale)?, offline)
    }

    /// The same, of a document in the history.
    ///
    /// # Errors
    /// As [`Session::void`].
    pub fn void_at(&self, place: &DocumentPlace, reason: &str) -> Result<Receipt, TillError> {
        let found = self.core.store.journal.document(&place.till, place.enrolment, place.seq)?;
        let found = found.ok_or_else(|| TillError::Unknown {
            what: "document",
            key: format!("{}/{}/{}", place.till, place.enrolment, place.seq),
        })?;
        self.void(&found.reference(), reason)
    }

    /// What prices and totals are in.
    ///
    /// # Errors
    /// [`TillError::Unknown`] before the first sync.
    pub fn home_currency(&self) -> Result<domain::Currency, TillError> {
        Ok(self.core.store.centre.view()?.terms()?.currency)
    }

    fn with_sale(&self, change: impl FnOnce(&mut Sale) -> Result<(), TillError>) -> Result<(), TillError> {
        change(self.sale().as_mut().ok_or(TillError::NoSale)?)
    }

    fn check_override(&self, new: &AddLine) -> Result<(), TillError> {
        if new.price.is_some() || new.vat.is_some() { self.check(Right::PriceOverride) } else { Ok(()) }
    }

    fn today(&self) -> String {
        self.core.local(self.core.services.rim.now_ms()).date().to_string()
    }

    fn set_receipt_open(&self, is_open: bool) -> Result<(), TillError> {
        self.core.device()?.engine.set_receipt_open(is_open);
        Ok(())
    }

    fn add_money<Body>(&self, document: &mut NewDocument<Body>, settled: &Settled) -> Result<(), TillError> {
        let warehouse = self.core.store.centre.view()?.warehouse()?;
        document.currency = settled.currency.code().into();
        document.total_minor = settled.total_minor;
        let gains = settled.stock_gains()?.into_iter();
        document.stock = gains
            .map(|(item, quantity)| StockMove { item, warehouse: warehouse.clone(), quantity })
            .collect();
        Ok(())
    }

    fn receipt(
        &self,
        title: &str,
        recorded: Recorded,
        settled: Settled,
        offline: bool,
    ) -> Result<Receipt, TillError> {
        let text = self.core.receipt_text(title, &recorded, &settled, self.user(), offline)?;
        self.keep_receipt(&text);
        Ok(Receipt { reference: recorded.reference(), settled, text })
    }
}

impl crate::till::Core {
    /// A sale, a return or a void as it is printed.
    pub(crate) fn receipt_text(
        &self,
        title: &str,
        recorded: &Recorded,
        settled: &Settled,
        user: &str,
        offline: bool,
    ) -> Result<String, TillError> {
        let view = self.store.centre.view()?;
        let layout: settings::ReceiptLayout = match first(&view, "receipt_layout") {
            Ok(layout) => layout,
            Err(TillError::Unknown { .. }) => settings::ReceiptLayout::default(),
            Err(error) => return Err(error),
        };
        let mut tender_names = std::collections::BTreeMap::new();
        for tender in settled.tenders.iter().map(|tender| &tender.tender) {
            let setting: Option<settings::Tender> = view.read("tender", tender)?;
            tender_names.extend(setting.map(|setting| (tender.clone(), setting.name)));
        }
        let time = self.local(recorded.recorded_ms).strftime("%Y-%m-%d %H:%M").to_string();
        Ok(domain::receipt::render(
            settled,
            &domain::receipt::Layout {
                width: 42,
                header: &layout.header,
                footer: &layout.footer,
                title,
                number: &recorded.number,
                time: &time,
                issued_by: &format!("{} {user}", recorded.till),
                tender_names: &tender_names,
                offline_note: layout.offline_note.as_deref().filter(|_| offline),
            },
        ))
    }
}

/// The version of a held sale's body.
const HELD_VERSION: u32 = 1;
/// The event that a sale given up leaves.
pub(crate) const CANCELLED: &str = "sale_cancelled";

fn unreadable(error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable { what: "a held sale", why: error.to_string() }
}

/// A line with the price, promotions and VAT that are in force.
pub(crate) fn line(view: &View, new: &AddLine, at: Moment) -> Result<domain::NewLine, TillError> {
    let found = new.item.find(view)?;
    let code = match &new.item {
        Wanted::Code(code) => Some(written(code)),
        Wanted::Item(_) => None,
    };
    let item: settings::Item = found.read()?;
    if !item.active {
        return Err(TillError::NotForSale { name: item.name });
    }
    let (list_price, is_edited) = price_now(view, &found, &item, at)?;
    let promotions = promotions_now(view, &found.key, &item, at)?;
    let unit: Option<settings::Unit> = view.read("unit", &item.unit)?;
    let generations = view.generations();
    Ok(domain::NewLine {
        vat: view.vat_rate(new.vat.as_ref().unwrap_or(&item.vat))?,
        item: found.key,
        code,
        name: item.name,
        unit: unit.map_or(item.unit, |unit| unit.name),
        quantity: new.quantity,
        list_price,
        is_edited,
        price_override: new.price.clone().map(|change| (change.price, change.reason)),
        generation: generations.get("items").copied().unwrap_or(0),
        moves_stock: item.stocked,
        promotions,
    })
}

fn settle_return(
    journal: &JournalWrite,
    new: &NewReturn,
    lines: Vec<domain::NewLine>,
    terms: domain::Terms,
    kind: TenderKind,
) -> Result<Settled, TillError> {
    let mut back = Vec::with_capacity(lines.len());
    let mut taken: std::collections::BTreeMap<&LineOrigin, Quantity> = std::collections::BTreeMap::new();
    for (mut line, asked) in lines.into_iter().zip(&new.lines) {
        let origin = match &asked.origin {
            Some(origin) => {
                let (sold, mut left) = returnable(journal, origin)?;
                if line.item != sold.item {
                    let (what, key) = ("such item in that line of the sale", line.item);
                    return Err(TillError::Unknown { what, key });
                }
                line.name = sold.name;
                if line.price_override.is_none() {
                    // What was paid goes back, whatever it costs today.
                    (line.list_price, line.is_edited) = (sold.unit_price, false);
                    if asked.what.vat.is_none() {
                        line.vat = sold.vat;
                    }
                }
                // Two lines of this return may take from the same line of the sale.
                let before = taken.entry(origin).or_default();
                left.returned = left.returned.plus(*before)?;
                *before = before.plus(line.quantity.negated())?;
                Some((origin.clone(), left))
            }
            None => None,
        };
        back.push(domain::ReturnLine { line, origin, reason: asked.reason.clone() });
    }
    let mut settling = domain::NewReturn {
        terms,
        has_goods: new.purpose == ReturnPurpose::Goods,
        customer: new.customer.clone(),
        lines: back,
        refunds: Vec::new(),
    };
    let amount_minor = settling.due_minor(kind)?;
    settling.refunds.push(Refund { tender: new.refund.clone(), kind, amount_minor });
    Ok(settling.settle()?)
}

/// A line of a sale made on this phone, and what is left of it.
fn returnable(journal: &JournalWrite, origin: &LineOrigin) -> Result<(Line, Returnable), TillError> {
    let unknown = || TillError::Unknown {
        what: "line of a sale",
        key: format!("{}/{}/{} line {}", origin.till, origin.enrolment, origin.seq, origin.line),
    };
    let sale = journal.document(&origin.till, origin.enrolment, origin.seq)?.ok_or_else(unknown)?;
    if sale.kind != Kind::Sale.name() {
        return Err(TillError::NotReversible { number: sale.number, why: "it is no sale" });
    }
    let reversed = journal.reversed(&origin.till, origin.enrolment, origin.seq)?;
    if reversed.is_void {
        return Err(TillError::NotReversible { number: sale.number, why: "it has been voided" });
    }
    let body = sale.document::<bodies::Sale>()?.body;
    let currency = domain::Currency::parse(&sale.currency).ok_or_else(unknown)?;
    let lines = body.settled(currency, sale.total_minor).lines;
    let line = lines.into_iter().nth(origin.line as usize).ok_or_else(unknown)?;
    let returned = reversed.lines.get(&origin.line).copied().unwrap_or_default();
    let left = Returnable { sold: line.quantity, returned, gross_minor: line.gross_minor };
    Ok((line, left))
}

fn reversals(settled: &Settled) -> Vec<Reversal> {
    let with_origin = settled.lines.iter().filter_map(|line| Some((line, line.origin.as_ref()?)));
    let reversal = |(line, origin): (&Line, &LineOrigin)| Reversal {
        till: origin.till.clone(),
        enrolment: origin.enrolment,
        seq: origin.seq,
        line: Some((origin.line, line.quantity.negated())),
    };
    with_origin.map(reversal).collect()
}

fn voided(journal: &JournalWrite, of: &Reference) -> Result<Settled, TillError> {
    let found = journal.document(&of.till, of.enrolment, of.seq)?;
    let found = found.filter(|found| found.record.hash == of.hash);
    let found = found.ok_or_else(|| TillError::Unknown { what: "document", key: of.number.clone() })?;
    let refuse = |why| TillError::NotReversible { number: found.number.clone(), why };
    let reversed = journal.reversed(&of.till, of.enrolment, of.seq)?;
    if reversed.is_void {
        return Err(refuse("it has been voided already"));
    }
    if !reversed.lines.is_empty() {
        return Err(refuse("goods of it have come back"));
    }
    let sale = match Kind::of_name(&found.kind) {
        Some(Kind::Sale) => found.document::<bodies::Sale>()?.body,
        Some(Kind::Return) => found.document::<bodies::Return>()?.body.sale,
        _ => return Err(refuse("only sales and returns are voided")),
    };
    let currency =
        domain::Currency::parse(&found.currency).ok_or_else(|| refuse("its currency is unknown"))?;
    Ok(sale.settled(currency, found.total_minor).reversed())
}

//! Selling, holding, returning, voiding.

use std::collections::BTreeMap;

use tillkit_domain::{
    self as domain, Discount, Line, Money, Quantity, Right, Sale, SaleError, Settled, TaxPoint, Tender,
    TenderKind, UnitPrice, text,
};
use tillkit_protocol::{
    bodies::{self, Paper, Reference},
    document::Kind,
    settings,
};
use tillkit_store::{
    centre::{Found, View},
    journal::{Held, NewDocument, Recorded, StockMove},
};

use crate::{
    Session, TillError,
    lookup::{items_of_code, written},
    pricing::{Moment, price_now, promotions_now},
    screens::DocumentPlace,
    session::{Kept, Open, Settings, day_time, first},
};

/// What is to be sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddLine {
    pub(crate) item: Wanted,
    pub(crate) quantity: Quantity,
    pub(crate) price: Option<PriceOverride>,
    pub(crate) vat: Option<String>,
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

/// What the settings of today changed of a sale that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recalled {
    /// Lines whose VAT rate is another at their tax point; in the order of the sale. What a line costs
    /// stays: with VAT in the price what is paid, without it the price before VAT.
    pub rates: Vec<RateChanged>,
    /// The end of the currency it was in: its prices were divided by this rate.
    pub changeover: Option<domain::Changeover>,
}

/// A line that has another VAT rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateChanged {
    /// As printed.
    pub name: String,
    /// The rate it had.
    pub before: domain::VatRate,
    /// The rate it has.
    pub now: domain::VatRate,
}

impl Session {
    /// Adds a line to the open sale, beginning one if there is none; returns its index.
    ///
    /// # Errors
    /// [`TillError::NoRight`], also for a negative quantity of what is no deposit (`return` and
    /// `return_without_sale`); [`TillError::Unknown`], [`TillError::NotForSale`], [`TillError::Sale`].
    pub fn add(&self, new: AddLine) -> Result<usize, TillError> {
        self.check(Right::Sell)?;
        self.check_override(&new)?;
        // The sale before the view, as everywhere: whoever completes it has it, and looks at the centre.
        let mut open = self.sale();
        let view = self.core.store.centre.view()?;
        let line = line(&view, &new, self.core.moment())?;
        let terms = view.terms()?;
        drop(view);
        self.check_goods_back(line.quantity, line.is_deposit)?;
        if let Some(open) = open.as_mut() {
            check_terms(&open.sale, &terms)?;
            return self.change(open, false, |sale| Ok(sale.add_line(line)?));
        }
        let mut sale = Sale::new(terms);
        let index = sale.add_line(line)?;
        *open = Some(Open { sale, kept: None });
        self.set_receipt_open(true)?;
        Ok(index)
    }

    /// Changes how much of a line is sold.
    ///
    /// # Errors
    /// [`TillError::NoSale`], [`TillError::NoRight`] as [`Session::add`], [`TillError::Sale`].
    pub fn set_quantity(&self, line: usize, quantity: Quantity) -> Result<(), TillError> {
        self.with_sale(|sale| {
            self.check_goods_back(quantity, sale.is_deposit(line))?;
            Ok(sale.set_quantity(line, quantity)?)
        })
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
    /// [`TillError::NoSale`], [`TillError::Unknown`]; [`TillError::NoCredit`] for a customer without an
    /// account, if something has been put on it.
    pub fn set_customer(&self, customer: Option<&str>) -> Result<(), TillError> {
        let known = customer.map(|key| self.core.known_customer(key)).transpose()?;
        self.with_sale(|sale| {
            let is_on_account = has_credit(sale.tenders());
            if let Some(customer) = known.as_ref().filter(|customer| is_on_account && !customer.credit) {
                return Err(TillError::NoCredit { name: customer.name.clone() });
            }
            sale.set_customer(known.map(|customer| customer.key));
            Ok(())
        })
    }

    /// Takes a payment in the tender's own currency; a foreign one at the day's rate, frozen. One that is no cash,
    /// or has a reference (a slip, a voucher), is durable when this returns: if the app is killed, the sale is
    /// found among those set aside.
    ///
    /// # Errors
    /// [`TillError::NoSale`], [`TillError::Unknown`] tender, [`TillError::NoRate`],
    /// [`TillError::NoCredit`], [`TillError::Sale`], [`TillError::Store`]: the sale is as it was.
    pub fn pay(&self, tender: &str, amount: Money, reference: Option<&str>) -> Result<(), TillError> {
        self.check(Right::Sell)?;
        let view = self.core.store.centre.view()?;
        let setting = view.tender(tender)?;
        setting.currency.check_is(amount.currency)?;
        let home = view.centre()?.currency;
        let rate = match amount.currency == home {
            true => None,
            false => Some(view.rate(amount.currency, &self.core.today(&view)?)?),
        };
        drop(view);
        if setting.kind == TenderKind::CustomerCredit {
            self.check_credit()?;
        }
        let mut open = self.sale();
        let open = open.as_mut().ok_or(TillError::NoSale)?;
        // A charged card is nowhere else before the sale is recorded.
        let must_survive = reference.is_some() || setting.kind != TenderKind::Cash;
        self.change(open, must_survive, |sale| {
            sale.pay(domain::NewTender {
                tender: tender.into(),
                name: text::fitted(&setting.name, text::NAME_CHARS).into_owned(),
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
        self.check(Right::Sell)?;
        let kind = self.core.store.centre.view()?.tender(tender)?.kind;
        let rest = self.sale().as_ref().ok_or(TillError::NoSale)?.sale.rest(kind)?;
        if rest.minor > 0 { self.pay(tender, rest, None) } else { Ok(()) }
    }

    /// What a foreign tender is worth today, home currency per unit.
    ///
    /// # Errors
    /// [`TillError::NoRate`].
    pub fn rate_of(&self, currency: domain::Currency) -> Result<domain::Rate, TillError> {
        let view = self.core.store.centre.view()?;
        view.rate(currency, &self.core.today(&view)?)
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
        let Some(Open { sale, .. }) = open.as_ref() else { return Ok(None) };
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
    /// [`TillError::Sale`] (`Underpaid`, …), [`TillError::NoCredit`] or [`TillError::Store`] (`DiskFull`):
    /// the sale is still open.
    pub fn complete(&self) -> Result<Receipt, TillError> {
        self.check(Right::Sell)?;
        let mut open = self.sale();
        let sale = open.as_ref().ok_or(TillError::NoSale)?;
        let settled = sale.sale.settle()?;
        if has_credit(&settled.tenders) {
            self.check_credit_of(settled.customer.as_deref())?;
        }
        let kept = sale.kept.as_ref().map(|kept| kept.id.clone());
        let mut document = self.draft(Kind::Sale, bodies::Sale::from(&settled))?;
        let paper = self.add_money(&mut document, &settled)?;
        document.body.paper = Some(paper.clone());
        let recorded = self.write(|journal, record| {
            kept.map(|id| journal.recall(&id)).transpose()?;
            record(journal, document)
        })?;
        *open = None;
        self.set_receipt_open(false)?;
        self.receipt("Receipt", recorded, settled, &paper)
    }

    /// Gives the open sale up before it is completed. It leaves an event, no document of money.
    ///
    /// # Errors
    /// [`TillError::NoSale`], [`TillError::Store`]: the sale is still open.
    pub fn cancel_sale(&self) -> Result<(), TillError> {
        self.check(Right::Sell)?;
        let mut open = self.sale();
        let sale = open.as_ref().ok_or(TillError::NoSale)?;
        let total = sale.sale.total().map_or_else(|_| String::new(), |total| total.to_string());
        let event = self.event(CANCELLED, &total)?;
        self.write(|journal, record| {
            sale.kept.as_ref().map(|kept| journal.recall(&kept.id)).transpose()?;
            record(journal, event)
        })?;
        *open = None;
        self.set_receipt_open(false)
    }

    /// Sets the open sale aside; it keeps the prices it was given. Returns its id.
    ///
    /// # Errors
    /// [`TillError::NoSale`], [`TillError::Text`], [`TillError::Store`]: the sale is still open.
    pub fn hold(&self, label: &str) -> Result<String, TillError> {
        self.check(Right::Sell)?;
        text::check("the name of a held sale", label, text::NAME_CHARS)?;
        let mut open = self.sale();
        let sale = open.as_ref().ok_or(TillError::NoSale)?;
        let kept = Kept { id: self.new_held_id(), label: label.into() };
        let held = self.held_sale(&sale.sale, &kept, false)?;
        self.core.store.journal.write(|journal| {
            sale.kept.as_ref().map(|kept| journal.recall(&kept.id)).transpose()?;
            journal.hold(&held)
        })?;
        *open = None;
        self.set_receipt_open(false)?;
        Ok(kept.id)
    }

    /// Sales set aside, and those that were open when the app ended with a slip or a voucher on them;
    /// oldest first.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn held(&self) -> Result<Vec<Held>, TillError> {
        let own = self.sale().as_ref().and_then(|open| open.kept.clone());
        let mut held = self.core.store.journal.held()?;
        held.retain(|held| own.as_ref().is_none_or(|own| own.id != held.id));
        Ok(held)
    }

    /// Takes a held sale back, with the prices it was given, and says what the settings of today changed:
    /// with the tax point at completion its lines have today's VAT rates, and a sale in a currency that
    /// has ended is in the one that followed.
    ///
    /// # Errors
    /// [`TillError::SaleOpen`], [`TillError::Unknown`], [`TillError::Store`];
    /// [`TillError::Sale`] (`NoChangeover`) while the centre publishes no rate: it is still held.
    pub fn recall(&self, id: &str) -> Result<Recalled, TillError> {
        self.check(Right::Sell)?;
        let mut open = self.sale();
        if open.is_some() {
            return Err(TillError::SaleOpen);
        }
        let unknown = || TillError::Unknown { what: "held sale", key: id.into() };
        let held = self.core.store.journal.held()?;
        let held = held.into_iter().find(|held| held.id == id).ok_or_else(unknown)?;
        let (sale, recalled) = self.as_of_today(read_held(&held)?)?;
        let kept = Kept { id: id.into(), label: held.label };
        let again = self.held_sale(&sale, &kept, true)?;
        self.core.store.journal.write(|journal| {
            journal.recall(id)?.ok_or_else(unknown)?;
            // Until it is completed it survives a kill of the app, as it did before.
            Ok::<_, TillError>(journal.hold(&again)?)
        })?;
        *open = Some(Open { sale, kept: Some(kept) });
        self.set_receipt_open(true)?;
        Ok(recalled)
    }

    /// Gives a sale that was set aside up, also one that today's settings cannot take up again. It leaves an event.
    ///
    /// # Errors
    /// [`TillError::Unknown`], [`TillError::Store`]: it is still set aside.
    pub fn discard_held(&self, id: &str) -> Result<(), TillError> {
        self.check(Right::Sell)?;
        let unknown = || TillError::Unknown { what: "held sale", key: id.into() };
        let held = self.held()?.into_iter().find(|held| held.id == id).ok_or_else(unknown)?;
        let total = read_held(&held).and_then(|sale| Ok(sale.total()?.to_string()));
        let event = self.event(CANCELLED, &total.unwrap_or_default())?;
        self.write(|journal, record| {
            journal.recall(id)?.ok_or_else(unknown)?;
            record(journal, event)
        })?;
        Ok(())
    }

    /// A sale that was set aside under the settings of another day.
    fn as_of_today(&self, mut sale: Sale) -> Result<(Sale, Recalled), TillError> {
        let view = self.core.store.centre.view()?;
        let (centre, terms) = (view.centre()?, view.terms()?);
        let (from, to) = (sale.terms().currency, terms.currency);
        let mut recalled = Recalled::default();
        if from != to {
            let changeover = centre.changeover.filter(|changeover| changeover.from == from);
            let changeover: domain::Changeover =
                changeover.ok_or(SaleError::NoChangeover { from, to })?.into();
            sale = sale.changed_over(changeover, terms.clone())?;
            recalled.changeover = Some(changeover);
        }
        sale.take_coins(terms.cash_rounding, terms.change_tender);
        let mut refused = None;
        let changed = sale.take_rates(|line| {
            rate_of_today(&view, line).unwrap_or_else(|error| {
                refused = Some(error);
                None
            })
        });
        if let Some(error) = refused {
            return Err(error);
        }
        recalled.rates =
            changed.into_iter().map(|(name, before, now)| RateChanged { name, before, now }).collect();
        Ok((sale, recalled))
    }

    /// What prices and totals are in.
    ///
    /// # Errors
    /// [`TillError::Unknown`] before the first sync.
    pub fn home_currency(&self) -> Result<domain::Currency, TillError> {
        Ok(self.core.store.centre.view()?.terms()?.currency)
    }

    fn with_sale(&self, change: impl FnOnce(&mut Sale) -> Result<(), TillError>) -> Result<(), TillError> {
        self.check(Right::Sell)?;
        self.change(self.sale().as_mut().ok_or(TillError::NoSale)?, false, change)
    }

    /// Changes the open sale, or leaves it as it was. One that is kept, or must be from now on, is durable
    /// when this returns.
    fn change<T>(
        &self,
        open: &mut Open,
        must_keep: bool,
        change: impl FnOnce(&mut Sale) -> Result<T, TillError>,
    ) -> Result<T, TillError> {
        let kept = match &open.kept {
            Some(kept) => kept.clone(),
            None if must_keep => Kept { id: self.new_held_id(), label: String::new() },
            None => return change(&mut open.sale),
        };
        let mut sale = open.sale.clone();
        let done = change(&mut sale)?;
        let held = self.held_sale(&sale, &kept, true)?;
        self.core.store.journal.write(|journal| {
            journal.recall(&kept.id)?;
            journal.hold(&held)
        })?;
        *open = Open { sale, kept: Some(kept) };
        Ok(done)
    }

    fn held_sale(&self, sale: &Sale, kept: &Kept, is_open: bool) -> Result<Held, TillError> {
        let body = serde_json::to_vec(sale).map_err(|error| unreadable(&error))?;
        let Kept { id, label } = kept.clone();
        let held_ms = self.core.services.rim.now_ms();
        Ok(Held { id, label, user: self.user().into(), held_ms, is_open, v: HELD_VERSION, body })
    }

    /// Whoever leaves with a sale open finds it among those set aside, as after a kill.
    pub(crate) fn put_by(&self) {
        let Some(open) = self.sale().take() else { return };
        if open.kept.is_none() && !open.sale.is_empty() {
            let kept = Kept { id: self.new_held_id(), label: String::new() };
            let held = self.held_sale(&open.sale, &kept, true);
            // On a full disk it is lost, as it would be with the app.
            drop(held.and_then(|held| Ok(self.core.store.journal.write(|journal| journal.hold(&held))?)));
        }
        drop(self.set_receipt_open(false));
    }

    fn new_held_id(&self) -> String {
        let mut id = [0; 8];
        self.core.services.rim.random(&mut id);
        id.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn check_override(&self, new: &AddLine) -> Result<(), TillError> {
        if new.price.is_some() || new.vat.is_some() {
            self.check(Right::PriceOverride)?;
        }
        // A line below nothing takes off the others, as a discount does.
        match &new.price {
            Some(change) if change.price.is_negative() => self.check(Right::Discount),
            _ => Ok(()),
        }
    }

    /// Goods that come back within a sale come back without their sale; deposits are made for it.
    fn check_goods_back(&self, quantity: Quantity, is_deposit: bool) -> Result<(), TillError> {
        if quantity.is_negative() && !is_deposit {
            self.check(Right::Return)?;
            self.check(Right::ReturnWithoutSale)?;
        }
        Ok(())
    }

    fn check_credit(&self) -> Result<(), TillError> {
        let customer = self.sale().as_ref().and_then(|open| open.sale.customer().map(ToString::to_string));
        self.check_credit_of(customer.as_deref())
    }

    pub(crate) fn check_credit_of(&self, customer: Option<&str>) -> Result<(), TillError> {
        let customer = self.core.known_customer(customer.ok_or(SaleError::CustomerMissing)?)?;
        if customer.credit { Ok(()) } else { Err(TillError::NoCredit { name: customer.name }) }
    }

    fn set_receipt_open(&self, is_open: bool) -> Result<(), TillError> {
        self.core.device()?.engine.set_receipt_open(is_open);
        Ok(())
    }

    /// What a document of money has beside its body; returns what is printed around its lines.
    pub(crate) fn add_money<Body>(
        &self,
        document: &mut NewDocument<Body>,
        settled: &Settled,
    ) -> Result<Paper, TillError> {
        let view = self.core.store.centre.view()?;
        let warehouse = view.warehouse()?;
        document.currency = settled.currency.code().into();
        document.total_minor = settled.total_minor;
        let gains = settled.stock_gains()?.into_iter();
        document.stock = gains
            .map(|(item, quantity)| StockMove { item, warehouse: warehouse.clone(), quantity })
            .collect();
        self.core.paper(&view, document.recorded_ms, document.offline)
    }

    pub(crate) fn receipt(
        &self,
        title: &str,
        recorded: Recorded,
        settled: Settled,
        paper: &Paper,
    ) -> Result<Receipt, TillError> {
        let text = self.core.receipt_text(title, &recorded, &settled, self.user(), paper)?;
        self.keep_receipt(&text);
        self.core.not_printed(DocumentPlace {
            till: recorded.till.clone(),
            enrolment: recorded.enrolment,
            seq: recorded.seq,
        });
        Ok(Receipt { reference: recorded.reference(), settled, text })
    }
}

impl crate::till::Core {
    /// The business day of now.
    pub(crate) fn today(&self, view: &View) -> Result<String, TillError> {
        Ok(self.business_day(&view.centre()?, self.services.rim.now_ms()))
    }

    /// What is printed around the lines of a document that is made now.
    pub(crate) fn paper(&self, view: &View, at_ms: i64, offline: bool) -> Result<Paper, TillError> {
        let layout: settings::ReceiptLayout = match first(view, "receipt_layout") {
            Ok(layout) => layout,
            Err(TillError::Unknown { .. }) => settings::ReceiptLayout::default(),
            Err(error) => return Err(error),
        };
        let fitted = |line: &String| text::fitted(line, text::NOTE_CHARS).into_owned();
        let lines = |lines: &[String]| lines.iter().take(text::LAYOUT_LINES).map(fitted).collect();
        let offset_min = self.services.rim.utc_offset_ms(at_ms) / 60_000;
        Ok(Paper {
            footer: lines(&layout.footer),
            header: lines(&layout.header),
            offline_note: layout.offline_note.as_ref().filter(|_| offline).map(fitted),
            utc_offset_min: i32::try_from(offset_min).unwrap_or(0),
        })
    }

    /// A sale, a return or a void as it is printed. What its document says is printed; a tender whose name
    /// an older version did not write is called as it is today.
    pub(crate) fn receipt_text(
        &self,
        title: &str,
        recorded: &Recorded,
        settled: &Settled,
        user: &str,
        paper: &Paper,
    ) -> Result<String, TillError> {
        let mut tender_names = BTreeMap::new();
        for tender in &settled.tenders {
            let name = match tender.name.is_empty() {
                true => self.store.centre.view()?.read("tender", &tender.tender)?.map(
                    |setting: settings::Tender| text::fitted(&setting.name, text::NAME_CHARS).into_owned(),
                ),
                false => Some(tender.name.clone()),
            };
            tender_names.extend(name.map(|name| (tender.tender.clone(), name)));
        }
        let time = paper_time(recorded, paper).strftime("%Y-%m-%d %H:%M").to_string();
        let layout = domain::receipt::Layout {
            width: domain::receipt::WIDTH,
            header: &paper.header,
            footer: &paper.footer,
            title,
            number: &recorded.number,
            time: &time,
            issued_by: &format!("{} {user}", recorded.till),
            tender_names: &tender_names,
            offline_note: paper.offline_note.as_deref(),
        };
        let (label, of, reason) = match Kind::of_name(&recorded.kind) {
            Some(Kind::Return) => ("Returned from", self.sales_of(settled), None),
            Some(Kind::Void) => {
                let bodies::Void { of, reason, .. } = recorded.body()?;
                let place = DocumentPlace { till: of.till, enrolment: of.enrolment, seq: of.seq };
                ("Voided", vec![self.named(&place, Some(of.number))], Some(reason))
            }
            _ => return Ok(domain::receipt::render(settled, &layout)),
        };
        let reversal = domain::receipt::Reversal { label, of: &of, reason: reason.as_deref() };
        Ok(domain::receipt::render_reversal(settled, &layout, &reversal))
    }

    /// The sales that a return takes back, in the order of its lines.
    fn sales_of(&self, settled: &Settled) -> Vec<String> {
        let mut sales: Vec<DocumentPlace> = Vec::new();
        for origin in settled.lines.iter().filter_map(|line| line.origin.clone()) {
            let place = DocumentPlace { till: origin.till, enrolment: origin.enrolment, seq: origin.seq };
            if !sales.contains(&place) {
                sales.push(place);
            }
        }
        sales.iter().map(|place| self.named(place, None)).collect()
    }

    /// Number and date of a document as they stand on its own paper. If this phone does not have it, only
    /// the number, or else its name for ever.
    fn named(&self, place: &DocumentPlace, number: Option<String>) -> String {
        let DocumentPlace { till, enrolment, seq } = place;
        // The document that names it is durable: a journal that cannot be read now must not look like a refusal.
        let Some(found) = self.store.journal.document(till, *enrolment, *seq).ok().flatten() else {
            return number.unwrap_or_else(|| format!("{till}/{enrolment}/{seq}"));
        };
        let paper = found.body::<Printed>().ok().and_then(|printed| printed.paper);
        let at = paper.map_or_else(|| self.local(found.recorded_ms), |paper| paper_time(&found, &paper));
        format!("{} of {}", found.number, at.date())
    }
}

/// The part of a body that says what stands around the lines.
#[derive(serde::Deserialize)]
struct Printed {
    #[serde(default)]
    paper: Option<Paper>,
}

/// Local time of a document, as its paper says it.
fn paper_time(recorded: &Recorded, paper: &Paper) -> jiff::civil::DateTime {
    let offset_ms = i64::from(paper.utc_offset_min) * 60_000;
    day_time(recorded.recorded_ms.saturating_add(offset_ms))
}

/// The version of a held sale's body.
const HELD_VERSION: u32 = 1;
/// The event that a sale given up leaves.
pub(crate) const CANCELLED: &str = "sale_cancelled";

fn unreadable(error: &serde_json::Error) -> tillkit_store::StoreError {
    tillkit_store::StoreError::Unreadable { what: "a held sale", why: error.to_string() }
}

fn read_held(held: &Held) -> Result<Sale, TillError> {
    Ok(serde_json::from_slice(&held.body).map_err(|error| unreadable(&error))?)
}

fn has_credit(tenders: &[Tender]) -> bool {
    tenders.iter().any(|tender| tender.kind == TenderKind::CustomerCredit)
}

/// A sale takes no line with the prices of other terms.
fn check_terms(sale: &Sale, now: &domain::Terms) -> Result<(), TillError> {
    let of = |terms: &domain::Terms| format!("{} {}", terms.currency, terms.vat_mode);
    let (sale, now) = (of(sale.terms()), of(now));
    if sale == now { Ok(()) } else { Err(SaleError::OtherTerms { sale, now }.into()) }
}

/// The VAT rate that a line has now; `None` if the centre no longer says.
fn rate_of_today(view: &View, line: &domain::NewLine) -> Result<Option<domain::VatRate>, TillError> {
    let item: Option<settings::Item> = if line.is_vat_chosen { None } else { view.read("item", &line.item)? };
    let key = item.map_or_else(|| line.vat.id.clone(), |item| item.vat);
    match view.vat_rate(&key) {
        Ok(rate) => Ok(Some(rate)),
        Err(TillError::Unknown { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A unit, as lines carry it.
pub(crate) struct UnitOf {
    /// As printed.
    pub(crate) name: String,
    /// Decimals a quantity may have.
    pub(crate) decimals: Option<u32>,
}

impl UnitOf {
    pub(crate) fn check(&self, item: &str, quantity: Quantity) -> Result<(), SaleError> {
        domain::sale::check_decimals(item, quantity, &self.name, self.decimals)
    }
}

pub(crate) fn unit_of(view: &View, item: &settings::Item) -> Result<UnitOf, TillError> {
    let unit: Option<settings::Unit> = view.read("unit", &item.unit)?;
    let decimals = unit.as_ref().and_then(|unit| unit.decimals);
    let name = unit.map_or_else(|| item.unit.clone(), |unit| unit.name);
    Ok(UnitOf { name: text::fitted(&name, text::NAME_CHARS).into_owned(), decimals })
}

/// A line that is sold, with the price, promotions and VAT that are in force.
pub(crate) fn line(view: &View, new: &AddLine, at: Moment) -> Result<domain::NewLine, TillError> {
    let found = new.item.find(view)?;
    let item: settings::Item = found.read()?;
    if !item.active {
        return Err(TillError::NotForSale { name: item.name });
    }
    line_of(view, new, found, item, at)
}

/// The same of goods that come back: they need not be sold any more.
pub(crate) fn line_of_any(view: &View, new: &AddLine, at: Moment) -> Result<domain::NewLine, TillError> {
    let found = new.item.find(view)?;
    let item = found.read()?;
    line_of(view, new, found, item, at)
}

fn line_of(
    view: &View,
    new: &AddLine,
    found: Found,
    item: settings::Item,
    at: Moment,
) -> Result<domain::NewLine, TillError> {
    let code = match &new.item {
        Wanted::Code(code) => Some(written(code)),
        Wanted::Item(_) => None,
    };
    let (list_price, is_edited) = price_now(view, &found, &item, at)?;
    let mut promotions = promotions_now(view, &found.key, &item, at)?;
    for promotion in &mut promotions {
        promotion.name = text::fitted(&promotion.name, text::NAME_CHARS).into_owned();
    }
    let unit = unit_of(view, &item)?;
    let generations = view.generations();
    let is_by_supply = view.centre()?.tax_point == TaxPoint::Supply;
    Ok(domain::NewLine {
        vat: view.vat_rate(new.vat.as_ref().unwrap_or(&item.vat))?,
        is_vat_chosen: new.vat.is_some(),
        item: found.key,
        code,
        name: text::fitted(&item.name, text::NAME_CHARS).into_owned(),
        unit: unit.name,
        quantity: new.quantity,
        list_price,
        is_edited,
        price_override: new.price.clone().map(|change| (change.price, change.reason)),
        generation: generations.get("items").copied().unwrap_or(0),
        moves_stock: item.stocked,
        is_deposit: item.deposit,
        unit_decimals: unit.decimals,
        supplied_ms: is_by_supply.then_some(at.ms),
        promotions,
    })
}

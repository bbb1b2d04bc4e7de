//! Documents about goods without a receipt: orders, goods receipts and returns, transfers, counts.
//!
//! A shell names goods by code or key and says how much; names and units come from the centre's rows.

use std::collections::BTreeMap;

use tillkit_domain::{Quantity, Right, SaleError, StockKind, text};
use tillkit_protocol::{bodies, canonical, document::Kind, limits, settings};
use tillkit_store::{
    StoreError,
    centre::View,
    journal::{Recorded, StockMove},
};

use crate::{
    AddLine, Session, TillError,
    pricing::Moment,
    selling::{Wanted, line, unit_of},
    session::Settings,
};

/// Goods, and how much of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    what: Wanted,
    quantity: Quantity,
}

impl Goods {
    /// Of the item with this code, typed or scanned.
    pub fn code(code: &str, quantity: Quantity) -> Goods {
        Goods { what: Wanted::Code(code.into()), quantity }
    }

    /// Of the item with this key.
    pub fn item(key: &str, quantity: Quantity) -> Goods {
        Goods { what: Wanted::Item(key.into()), quantity }
    }
}

/// What a customer wants delivered later.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewOrder {
    /// Key of the customer.
    pub customer: Option<String>,
    /// What is wanted; each quantity positive.
    pub lines: Vec<Goods>,
    /// For people.
    pub note: String,
    /// By when, `2010-12-24` and in no other form.
    pub wanted_day: Option<String>,
}

/// Goods that move, or are counted, without money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStock {
    /// What happens to them.
    pub kind: StockKind,
    /// Which; no quantity negative, as the kind says which way they go.
    pub lines: Vec<Goods>,
    /// Why; a write-off needs it.
    pub reason: String,
    /// Number of the paper that goes with it.
    pub reference: Option<String>,
    /// Key of the warehouse; without one the plan's, or else the centre's.
    pub warehouse: Option<String>,
    /// Where to: of a transfer, and of nothing else.
    pub to_warehouse: Option<String>,
    /// Key of the audit plan that a count follows.
    pub plan: Option<String>,
}

impl NewStock {
    /// These goods at the centre's warehouse, without reason or reference.
    pub fn new(kind: StockKind, lines: Vec<Goods>) -> NewStock {
        let reason = String::new();
        NewStock { kind, lines, reason, reference: None, warehouse: None, to_warehouse: None, plan: None }
    }
}

impl Session {
    /// Takes an order at today's prices. It moves neither money nor stock.
    ///
    /// # Errors
    /// [`TillError::NoRight`] (`sell`), [`TillError::Unknown`] item or customer,
    /// [`TillError::NotForSale`], [`TillError::Sale`] without lines, [`TillError::BadInput`].
    pub fn take_order(&self, new: NewOrder) -> Result<Recorded, TillError> {
        self.check(Right::Sell)?;
        let customer = match &new.customer {
            Some(key) => Some(self.core.known_customer(key)?.key),
            None => None,
        };
        new.wanted_day.as_deref().map_or(Ok(()), check_day)?;
        check_count(&new.lines)?;
        text::check("a note", &new.note, text::NOTE_CHARS)?;
        let view = self.core.store.centre.view()?;
        let at = self.core.moment();
        let lines = new.lines.iter().map(|goods| order_line(&view, goods, at));
        let lines = lines.collect::<Result<_, _>>()?;
        drop(view);
        let body = bodies::Order { customer, lines, note: new.note, wanted_day: new.wanted_day };
        // At the centre it becomes a row that every till sees, with a number and a state.
        let bytes = canonical::to_line(&body).map_err(StoreError::from)?.len();
        if bytes > ORDER_BYTES {
            let why = format!("it would have {bytes} bytes, {ORDER_BYTES} are allowed: take two orders");
            return Err(TillError::bad_input("an order", why));
        }
        let document = self.draft(Kind::Order, body)?;
        self.write(|journal, record| record(journal, document))
    }

    /// Counts goods: all of a warehouse, or those of an audit plan, where the plan names the warehouse.
    /// An item that was found at two places may stand in two lines; they are added.
    ///
    /// # Errors
    /// As [`Session::move_goods`].
    pub fn count(&self, plan: Option<&str>, lines: Vec<Goods>) -> Result<Recorded, TillError> {
        self.move_goods(NewStock { plan: plan.map(Into::into), ..NewStock::new(StockKind::Count, lines) })
    }

    /// Records goods that move or are counted without money.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::Unknown`] item, warehouse or plan, [`TillError::NotInPlan`],
    /// [`TillError::Sale`] for a missing reason, no lines, a negative quantity; [`TillError::BadInput`]
    /// for a transfer that leads nowhere.
    pub fn move_goods(&self, new: NewStock) -> Result<Recorded, TillError> {
        self.check(Right::Stock)?;
        check_count(&new.lines)?;
        text::check("a reason", &new.reason, text::NOTE_CHARS)?;
        text::check("a reference", new.reference.as_deref().unwrap_or_default(), text::REFERENCE_CHARS)?;
        let view = self.core.store.centre.view()?;
        let plan = plan_of(&view, &new)?;
        let warehouse = match (&new.warehouse, &plan) {
            (_, Some(plan)) => known_warehouse(&view, &plan.warehouse)?,
            (Some(key), None) => known_warehouse(&view, key)?,
            (None, None) => view.warehouse()?,
        };
        let to_warehouse = match (&new.to_warehouse, new.kind == StockKind::Transfer) {
            (Some(to), true) if *to != warehouse => Some(known_warehouse(&view, to)?),
            (None, false) => None,
            (to, _) => {
                let why = format!("from {warehouse} to {}", to.as_deref().unwrap_or("nowhere"));
                return Err(TillError::bad_input("the destination of goods", why));
            }
        };
        let mut lines = Vec::with_capacity(new.lines.len());
        for goods in &new.lines {
            lines.push(stock_line(&view, goods)?);
        }
        drop(view);
        new.kind.check(&new.reason, lines.iter().map(|line| (line.name.as_str(), line.quantity)))?;
        if let Some(plan) = &plan {
            check_plan(plan, &lines)?;
        }
        if new.kind == StockKind::Count {
            lines = added(lines)?;
        }
        let (reason, reference, plan) = (new.reason, new.reference, new.plan);
        let body = bodies::Stock { lines, plan, reason, reference, to_warehouse, warehouse };
        self.record_stock(new.kind, body)
    }

    fn record_stock(&self, kind: StockKind, body: bodies::Stock) -> Result<Recorded, TillError> {
        let gains = body.lines.iter().map(|line| StockMove {
            item: line.item.clone(),
            warehouse: body.warehouse.clone(),
            quantity: kind.gain(line.quantity),
        });
        let arrivals = body.lines.iter().filter_map(|line| {
            let warehouse = body.to_warehouse.clone()?;
            Some(StockMove { item: line.item.clone(), warehouse, quantity: line.quantity })
        });
        let stock = gains.chain(arrivals).filter(|gain| !gain.quantity.is_zero()).collect();
        let kind = match kind {
            StockKind::GoodsReceipt => Kind::GoodsReceipt,
            StockKind::GoodsReturn => Kind::GoodsReturn,
            StockKind::Transfer => Kind::Transfer,
            StockKind::Count => Kind::Count,
            StockKind::WriteOff => Kind::WriteOff,
        };
        let mut document = self.draft(kind, body)?;
        document.stock = stock;
        self.write(|journal, record| record(journal, document))
    }
}

/// Bytes of an order, less than a row may have.
const ORDER_BYTES: usize = limits::ROW_BYTES - 1_024;

/// Bytes of `2010-12-24`.
const DAY_BYTES: usize = 10;

/// Refuses what is no day written as `2010-12-24`: the parser takes more forms than documents have.
fn check_day(day: &str) -> Result<(), TillError> {
    let date = day.parse::<jiff::civil::Date>();
    let is_day = day.len() == DAY_BYTES && date.is_ok_and(|date| date.to_string() == day);
    if is_day {
        return Ok(());
    }
    let why = format!("{} is no day like 2010-12-24", text::fitted(day, text::REFERENCE_CHARS));
    Err(TillError::bad_input("the day an order is wanted", why))
}

/// As many lines as a receipt: with its names a document stays below its limit.
fn check_count(lines: &[Goods]) -> Result<(), SaleError> {
    match lines.len() {
        0 => Err(SaleError::Empty),
        lines if lines > tillkit_domain::sale::MAX_LINES => Err(SaleError::TooManyLines),
        _ => Ok(()),
    }
}

fn order_line(view: &View, goods: &Goods, at: Moment) -> Result<bodies::OrderLine, TillError> {
    let (key, item) = read_item(view, goods)?;
    if goods.quantity.is_zero() || goods.quantity.is_negative() {
        let why = format!("{} of {}", goods.quantity, item.name);
        return Err(TillError::bad_input("a quantity to order", why));
    }
    let priced = line(view, &AddLine::item(&key, goods.quantity), at)?;
    priced.check()?;
    Ok(bodies::OrderLine {
        item: key,
        name: priced.name,
        quantity: goods.quantity,
        unit: item.unit,
        unit_price: priced.list_price,
    })
}

fn stock_line(view: &View, goods: &Goods) -> Result<bodies::StockLine, TillError> {
    let (key, item) = read_item(view, goods)?;
    let unit = unit_of(view, &item)?;
    unit.check(&item.name, goods.quantity)?;
    let name = text::fitted(&item.name, text::NAME_CHARS).into_owned();
    Ok(bodies::StockLine { item: key, name, quantity: goods.quantity, unit: item.unit })
}

fn read_item(view: &View, goods: &Goods) -> Result<(String, settings::Item), TillError> {
    let found = goods.what.find(view)?;
    let item = found.read()?;
    Ok((found.key, item))
}

fn plan_of(view: &View, new: &NewStock) -> Result<Option<settings::AuditPlan>, TillError> {
    let Some(key) = &new.plan else { return Ok(None) };
    if new.kind != StockKind::Count {
        return Err(TillError::bad_input("an audit plan", "only a count follows one".into()));
    }
    let plan: Option<settings::AuditPlan> = view.read("audit_plan", key)?;
    let plan = plan.ok_or_else(|| TillError::Unknown { what: "audit plan", key: key.clone() })?;
    match &new.warehouse {
        Some(warehouse) if *warehouse != plan.warehouse => {
            let why = format!("{} is counted in {}, not in {warehouse}", plan.name, plan.warehouse);
            Err(TillError::bad_input("the warehouse", why))
        }
        _ => Ok(Some(plan)),
    }
}

fn check_plan(plan: &settings::AuditPlan, lines: &[bodies::StockLine]) -> Result<(), TillError> {
    let outside = lines.iter().find(|line| !plan.items.is_empty() && !plan.items.contains(&line.item));
    match outside {
        Some(line) => Err(TillError::NotInPlan { name: line.name.clone(), plan: plan.name.clone() }),
        None => Ok(()),
    }
}

/// One line an item, in the order they were first counted.
fn added(lines: Vec<bodies::StockLine>) -> Result<Vec<bodies::StockLine>, TillError> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut sums: Vec<bodies::StockLine> = Vec::with_capacity(lines.len());
    for line in lines {
        match places.get(&line.item).and_then(|place| sums.get_mut(*place)) {
            Some(sum) => sum.quantity = sum.quantity.plus(line.quantity)?,
            None => {
                places.insert(line.item.clone(), sums.len());
                sums.push(line);
            }
        }
    }
    Ok(sums)
}

fn known_warehouse(view: &View, key: &str) -> Result<String, TillError> {
    match view.find("warehouse", key)? {
        Some(found) => Ok(found.key),
        None => Err(TillError::Unknown { what: "warehouse", key: key.into() }),
    }
}

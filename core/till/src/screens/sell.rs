//! The selling screen: search, cart, tenders, the receipt just made.

use tillkit_domain::{Line, PriceStep, SaleError, TenderKind};
use tillkit_protocol::{Section, settings, wire::Ranges};
use tillkit_store::centre::{Found, View};

use super::{Amount, UnsentView, amount};
use crate::{
    Right, Session, TillError,
    lookup::items_of_code,
    pricing::price_now,
    selling::Wanted,
    session::{Settings, each},
};

/// Everything the selling screen shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SellScreen {
    /// Who is signed in.
    pub user: String,
    /// Names of the rights of the signed-in user's role.
    pub rights: Vec<String>,
    /// What was searched for.
    pub query: String,
    /// What was found, the best first.
    pub hits: Vec<SearchHit>,
    /// The open sale.
    pub cart: Option<CartView>,
    /// Ways to pay.
    pub tenders: Vec<TenderChoice>,
    /// Sales set aside.
    pub held: u64,
    /// Those of them that nobody set aside: open when the app ended, with a slip or a voucher on them.
    pub interrupted: u64,
    /// The badge of the quick sync button.
    pub unsent: UnsentView,
    /// Text of the receipt made last in this session.
    pub receipt: Option<String>,
}

/// An item that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// Key of the item.
    pub item: String,
    /// As printed.
    pub name: String,
    /// The first of its codes.
    pub code: Option<String>,
    /// Per unit, a decimal number in `currency`.
    pub price: String,
    /// ISO 4217.
    pub currency: String,
    /// Name of the unit.
    pub unit: String,
    /// How much there is, as far as this till knows.
    pub stock: Option<StockView>,
    /// Whether it was edited on this till, and will be replaced by the next sync.
    pub will_be_replaced: bool,
}

/// Last known stock: the centre's level less what this till has sold since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockView {
    /// A decimal number.
    pub quantity: String,
    /// When the centre's level was last found right, till clock, Unix milliseconds.
    pub as_of_ms: Option<i64>,
}

/// The open sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartView {
    /// Its lines.
    pub lines: Vec<CartLine>,
    /// What they come to.
    pub total: Amount,
    /// What is still to be paid, in cash.
    pub rest: Amount,
    /// What would go back if it were completed now.
    pub change: Amount,
    /// What has been paid.
    pub tenders: Vec<CartTender>,
    /// The tenders that can still pay something, in the order of the ways to pay. Cash may have nothing left
    /// to pay where a card has: what is left may round to nothing.
    pub can_pay: Vec<TenderRest>,
    /// Whether no payment is missing. Completing it may still be refused, for another reason.
    pub can_complete: bool,
    /// Key of the customer.
    pub customer: Option<String>,
}

/// A tender that can still pay something of the open sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenderRest {
    /// Its key.
    pub tender: String,
    /// What is left to pay by it, in the home currency.
    pub rest: Amount,
}

/// A line of the cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartLine {
    /// Key of the item.
    pub item: String,
    /// As printed.
    pub name: String,
    /// A decimal number.
    pub quantity: String,
    /// Name of the unit.
    pub unit: String,
    /// Per unit, a decimal number.
    pub unit_price: String,
    /// What was taken off.
    pub discount: Amount,
    /// Less discounts.
    pub gross: Amount,
    /// Whether the price was edited on this till.
    pub is_edited: bool,
}

/// A payment of the open sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartTender {
    /// Key of the tender.
    pub tender: String,
    /// In its own currency.
    pub amount: Amount,
    /// In the home currency.
    pub home: Amount,
}

/// A way to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenderChoice {
    /// Its key.
    pub tender: String,
    /// As shown.
    pub name: String,
    /// What it is.
    pub kind: TenderKind,
    /// ISO 4217.
    pub currency: String,
    /// How many decimals amounts of it have.
    pub decimals: u32,
    /// What its coins and notes are worth, minor units, as the centre lists them; none of what is no cash.
    pub faces_minor: Vec<i64>,
}

/// More hits than this are a reason to type another letter.
const MOST_HITS: usize = 30;

impl Session {
    /// The selling screen, now, with what is found for `query`; nothing is found for no words.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn sell_screen(&self, query: &str) -> Result<SellScreen, TillError> {
        let view = self.core.store.centre.view()?;
        let hits = match query.trim() {
            "" => Vec::new(),
            words => self.hits(&view, words)?,
        };
        let mut tenders = Vec::new();
        each(&view, "tender", |found| {
            tenders.push(tender(&view, found)?);
            Ok(())
        })?;
        drop(view);
        let held = self.held()?;
        Ok(SellScreen {
            user: self.user().into(),
            rights: Right::ALL
                .iter()
                .filter(|right| self.may(**right))
                .map(|right| right.name().into())
                .collect(),
            query: query.into(),
            hits,
            cart: self.cart_view(&tenders)?,
            tenders,
            held: held.len() as u64,
            interrupted: held.iter().filter(|held| held.is_open).count() as u64,
            unsent: UnsentView::of(&self.core.store.journal.unsent()?),
            receipt: self.last_receipt(),
        })
    }

    /// The one item that has a code, typed or scanned.
    ///
    /// # Errors
    /// [`TillError::Unknown`], [`TillError::SeveralItems`], [`TillError::Store`].
    pub fn find_code(&self, code: &str) -> Result<SearchHit, TillError> {
        let view = self.core.store.centre.view()?;
        let found = Wanted::Code(code.into()).find(&view)?;
        hit(&view, &Stock::of(self, &view)?, &found)
    }

    /// Items that have the code come first, then names.
    fn hits(&self, view: &View, words: &str) -> Result<Vec<SearchHit>, TillError> {
        let mut found = items_of_code(view, words)?;
        let by_code = found.len();
        for hit in view.search_items(words, MOST_HITS)? {
            if found.iter().take(by_code).all(|by_code| by_code.key != hit.key) {
                found.push(hit);
            }
        }
        let stock = Stock::of(self, view)?;
        found.iter().map(|found| hit(view, &stock, found)).collect()
    }

    fn cart_view(&self, ways: &[TenderChoice]) -> Result<Option<CartView>, TillError> {
        let Some(cart) = self.cart()? else { return Ok(None) };
        let Some(sale) = self.sale().as_ref().map(|open| open.sale.clone()) else { return Ok(None) };
        let mut can_pay = Vec::with_capacity(ways.len());
        for way in ways {
            let rest = sale.rest(way.kind)?;
            if rest.minor > 0 {
                can_pay.push(TenderRest { tender: way.tender.clone(), rest: rest.into() });
            }
        }
        let is_missing = matches!(sale.settle(), Err(SaleError::Underpaid { .. } | SaleError::Empty));
        let currency = cart.total.currency.code();
        Ok(Some(CartView {
            lines: cart.lines.iter().map(|line| cart_line(line, currency)).collect(),
            total: cart.total.into(),
            rest: cart.rest.into(),
            change: cart.change.into(),
            tenders: cart
                .tenders
                .iter()
                .map(|paid| CartTender {
                    tender: paid.tender.clone(),
                    amount: paid.amount.into(),
                    home: amount(paid.home_minor, currency),
                })
                .collect(),
            can_pay,
            can_complete: !is_missing,
            customer: cart.customer,
        }))
    }
}

/// What stock is reckoned from: the warehouse, and which own documents its levels already contain.
struct Stock<'a> {
    session: &'a Session,
    warehouse: String,
    counted: Vec<Ranges>,
    as_of_ms: Option<i64>,
}

impl Stock<'_> {
    fn of<'a>(session: &'a Session, view: &View) -> Result<Stock<'a>, TillError> {
        let core = &session.core;
        let mut counted = Vec::new();
        for own in core.store.journal.enrolments()? {
            counted.extend(view.read("stock_counted", &settings::counted_key(&own.till, own.enrolment))?);
        }
        let as_of_ms = core.device()?.engine.status().borrow().checked_ms.get(&Section::Stock).copied();
        Ok(Stock { session, warehouse: view.warehouse()?, counted, as_of_ms })
    }

    fn known(&self, view: &View, item: &str) -> Result<Option<StockView>, TillError> {
        let key = settings::StockLevel::key(&self.warehouse, item);
        let Some(level) = view.read::<settings::StockLevel>("stock_level", &key)? else { return Ok(None) };
        let own = self.session.core.store.journal.own_moves(item, &self.warehouse, &self.counted)?;
        // A level that no quantity can say is not shown.
        let quantity = level.quantity.plus(own).ok();
        Ok(quantity.map(|quantity| StockView { quantity: quantity.to_string(), as_of_ms: self.as_of_ms }))
    }
}

fn hit(view: &View, stock: &Stock, found: &Found) -> Result<SearchHit, TillError> {
    let item: settings::Item = found.read()?;
    let (price, is_edited) = price_now(view, found, &item, stock.session.core.moment())?;
    let unit: Option<settings::Unit> = view.read("unit", &item.unit)?;
    Ok(SearchHit {
        stock: if item.stocked { stock.known(view, &found.key)? } else { None },
        item: found.key.clone(),
        name: item.name,
        code: item.codes.into_iter().next(),
        price: price.to_string(),
        currency: view.terms()?.currency.code().into(),
        unit: unit.map_or(item.unit, |unit| unit.name),
        will_be_replaced: is_edited,
    })
}

fn cart_line(line: &Line, currency: &str) -> CartLine {
    CartLine {
        item: line.item.clone(),
        name: line.name.clone(),
        quantity: line.quantity.to_string(),
        unit: line.unit.clone(),
        unit_price: line.unit_price.to_string(),
        discount: amount(line.discount_minor, currency),
        gross: amount(line.gross_minor, currency),
        is_edited: line.trace.iter().any(|step| matches!(step, PriceStep::LocalEdit(_))),
    }
}

fn tender(view: &View, found: &Found) -> Result<TenderChoice, TillError> {
    let tender: settings::Tender = found.read()?;
    let currency = match tender.kind {
        TenderKind::Cash => view.read::<settings::CurrencySetting>("currency", tender.currency.code())?,
        _ => None,
    };
    Ok(TenderChoice {
        tender: found.key.clone(),
        name: tender.name,
        kind: tender.kind,
        currency: tender.currency.code().into(),
        decimals: tender.currency.exponent(),
        faces_minor: currency.map_or_else(Vec::new, |currency| currency.faces_minor),
    })
}

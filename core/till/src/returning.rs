//! Goods brought back, money credited, documents voided.
//!
//! What comes back from a sale is taken from that sale's document: item, name, unit, price, VAT, currency,
//! whatever the centre says today. Only what is not in it is asked for: how the money goes back.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use serde::Serialize;
use tillkit_domain::{
    self as domain, LineOrigin, Money, Paid, Part, Quantity, Refund, Returnable, Right, SaleError, Settled,
    TenderKind, text,
};
use tillkit_protocol::{
    bodies::{self, Reference, ReturnPurpose},
    document::Kind,
    settings,
};
use tillkit_store::{
    centre::View,
    journal::{Back, JournalWrite, NewDocument, Recorded, Reversal, Reversed, Taken},
};

use crate::{
    AddLine, Receipt, Session, TillError,
    lookup::written,
    screens::DocumentPlace,
    selling::{Wanted, line_of_any},
    session::Settings,
};

/// What comes back, or is credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReturn {
    /// Whether goods come back.
    pub purpose: ReturnPurpose,
    /// Key of the customer; without one the sale's.
    pub customer: Option<String>,
    /// What comes back.
    pub lines: Vec<ReturnLine>,
    /// How the money goes back.
    pub refund: RefundBy,
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

/// The tenders that money goes back by: each so much, and one of them what the others leave.
///
/// ```
/// # use tillkit::{Currency, Money, RefundBy};
/// let all_in_cash = RefundBy::from("cash");
/// let part_on_the_card = RefundBy::from("cash").and("card", Money::new(6_00, Currency::GBP));
/// assert_ne!(all_in_cash, part_on_the_card);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundBy {
    parts: Vec<(String, Money)>,
    rest: String,
}

impl RefundBy {
    /// And so much of it by another tender, in that tender's currency.
    pub fn and(mut self, tender: &str, amount: Money) -> RefundBy {
        self.parts.push((tender.into(), amount));
        self
    }
}

impl<T: Into<String>> From<T> for RefundBy {
    fn from(tender: T) -> RefundBy {
        RefundBy { parts: Vec::new(), rest: tender.into() }
    }
}

/// A document: till, enrolment, seq.
type SaleKey = (String, u32, u64);
/// The sales that goods come back from.
type Origins = BTreeMap<SaleKey, Origin>;
/// What each tender of each sale has left.
type PaidBySale = Vec<(SaleKey, Vec<Paid>)>;

/// A sale that goods come back from.
struct Origin {
    document: Recorded,
    settled: Settled,
}

/// Everything of a return but what only the journal's transaction knows: what has come back before.
struct Prepared {
    returning: domain::NewReturn,
    origins: Origins,
    /// Tenders of these sales that the centre has no more.
    gone: BTreeSet<String>,
}

impl Session {
    /// Takes goods back, or credits money. When this returns, it is durable.
    ///
    /// # Errors
    /// [`TillError::NoRight`] (`return`; `return_without_sale` where a line names no sale; `cash_refund`
    /// where cash gives back what another tender paid), [`TillError::Unknown`] sale,
    /// [`TillError::Sale`] (`ReturnsTooMuch`, `NotPaidBy`, `NoChangeover`, …).
    pub fn return_goods(&self, new: NewReturn) -> Result<Receipt, TillError> {
        self.check(Right::Return)?;
        if new.lines.iter().any(|line| line.origin.is_none()) {
            self.check(Right::ReturnWithoutSale)?;
        }
        for back in &new.lines {
            self.check_override(&back.what)?;
        }
        let mut prepared = self.prepare(&new)?;
        let empty = bodies::Return { purpose: new.purpose, sale: bodies::Sale::default() };
        let document = self.draft(Kind::Return, empty)?;
        self.reverse(
            "Return",
            document,
            |body| &mut body.sale,
            |journal| {
                // What is left of a sale is read in the transaction that takes from it.
                let by_sale = left_of_sales(journal, &mut prepared)?;
                let returning = &prepared.returning;
                let settled = returning.settle()?;
                if returning.cash_takes_over_minor()? > 0 && !self.may(Right::CashRefund) {
                    return Err(TillError::NoRight { user: self.user().into(), right: Right::CashRefund });
                }
                Ok((settled, reversals(returning, by_sale)?))
            },
        )
    }

    /// Reverses a completed sale or return whole, by a new document. When this returns, it is durable.
    ///
    /// # Errors
    /// [`TillError::NoRight`], [`TillError::Unknown`], [`TillError::NotReversible`], [`TillError::Text`].
    pub fn void(&self, of: &Reference, reason: &str) -> Result<Receipt, TillError> {
        self.check(Right::Void)?;
        if text::is_blank(reason) {
            return Err(SaleError::ReasonMissing { what: "a void" }.into());
        }
        text::check("a reason", reason, text::NOTE_CHARS)?;
        let blank = bodies::Void { of: of.clone(), reason: reason.into(), sale: bodies::Sale::default() };
        let document = self.draft(Kind::Void, blank)?;
        self.reverse(
            "Void",
            document,
            |body| &mut body.sale,
            |journal| {
                let (of, settled) = voided(journal, of)?;
                // What a voided return had brought back may come back again.
                let mut reversals = given_back(journal, &of, &settled)?;
                reversals.push(reversal((&of.till, of.enrolment, of.seq), Taken::Whole));
                Ok((settled, reversals))
            },
        )
    }

    /// The same, of a document in the history.
    ///
    /// # Errors
    /// As [`Session::void`].
    pub fn void_at(&self, place: &DocumentPlace, reason: &str) -> Result<Receipt, TillError> {
        self.void(&self.core.found(place)?.reference(), reason)
    }

    /// Records a document that reverses another one, wholly or in part. `settle` reads what is left of the
    /// other one and says what this one books, in the same transaction.
    fn reverse<Body: Serialize>(
        &self,
        title: &str,
        mut document: NewDocument<Body>,
        sale_of: fn(&mut Body) -> &mut bodies::Sale,
        settle: impl FnOnce(&JournalWrite) -> Result<(Settled, Vec<Reversal>), TillError>,
    ) -> Result<Receipt, TillError> {
        let mut done = None;
        let recorded = self.write(|journal, record| {
            let (settled, reversals) = settle(journal)?;
            let paper = self.add_money(&mut document, &settled)?;
            let sale = sale_of(&mut document.body);
            *sale = bodies::Sale { paper: Some(paper.clone()), ..bodies::Sale::from(&settled) };
            document.reversals = reversals;
            done = Some((settled, paper));
            record(journal, document)
        })?;
        let (settled, paper) = done.ok_or(TillError::NoSale)?;
        self.receipt(title, recorded, settled, &paper)
    }

    fn prepare(&self, new: &NewReturn) -> Result<Prepared, TillError> {
        let mut origins = Origins::new();
        for origin in new.lines.iter().filter_map(|line| line.origin.as_ref()) {
            let key = (origin.till.clone(), origin.enrolment, origin.seq);
            if let Entry::Vacant(place) = origins.entry(key) {
                place.insert(self.origin(origin)?);
            }
        }
        let customer = self.customer_of(new, &origins)?;
        let view = self.core.store.centre.view()?;
        let (centre, today) = (view.centre()?, view.terms()?);
        let terms = terms_of(&origins, today, new.lines.iter().any(|line| line.origin.is_none()))?;
        let at = self.core.moment();
        let mut lines = Vec::with_capacity(new.lines.len());
        for back in &new.lines {
            let line = match &back.origin {
                Some(origin) => line_back(&view, &back.what, origin, &origins)?,
                None => line_of_any(&view, &back.what, at)?,
            };
            // What is left of it is filled in by the transaction.
            let origin = back.origin.clone().map(|origin| (origin, Returnable::default()));
            let taken_off = back.origin.as_ref().and_then(|origin| sold_line(&origins, origin));
            let taken_off = taken_off.map(|sold| sold.trace.clone()).unwrap_or_default();
            lines.push(domain::ReturnLine { line, origin, taken_off, reason: back.reason.clone() });
        }
        let changeover = centre.changeover.map(domain::Changeover::from);
        let changeover = changeover.filter(|changeover| changeover.from == terms.currency);
        let mut refunds = Vec::with_capacity(new.refund.parts.len() + 1);
        for (tender, amount) in &new.refund.parts {
            let setting = view.tender(tender)?;
            setting.currency.check_is(amount.currency)?;
            let rate = rate_back(&setting, tender, (terms.currency, centre.currency), changeover, &origins)?;
            refunds.push(refund(&view, tender, setting, rate, Some(amount.minor))?);
        }
        let rest = &new.refund.rest;
        let setting = view.tender(rest)?;
        let rate = rate_back(&setting, rest, (terms.currency, centre.currency), changeover, &origins)?;
        refunds.push(refund(&view, rest, setting, rate, None)?);
        // Coins that were taken exactly go back exactly.
        if !origins.is_empty() && origins.values().all(|origin| origin.settled.rounding_minor == 0) {
            for refund in &mut refunds {
                refund.cash_rounding = refund.cash_rounding.filter(|rounding| !rounding.takes_exact);
            }
        }
        let is_crossed = refunds.iter().any(|refund| refund.currency == centre.currency)
            && centre.currency != terms.currency;
        let returning = domain::NewReturn {
            terms,
            changeover: changeover.filter(|_| is_crossed),
            has_goods: new.purpose == ReturnPurpose::Goods,
            customer,
            lines,
            paid: Vec::new(),
            refunds,
        };
        let paid = origins.values().flat_map(|origin| &origin.settled.tenders);
        let mut gone = BTreeSet::new();
        for tender in paid.map(|tender| &tender.tender) {
            if view.find("tender", tender)?.is_none() {
                gone.insert(tender.clone());
            }
        }
        Ok(Prepared { returning, origins, gone })
    }

    fn origin(&self, origin: &LineOrigin) -> Result<Origin, TillError> {
        let unknown = || TillError::Unknown {
            what: "line of a sale",
            key: format!("{}/{}/{} line {}", origin.till, origin.enrolment, origin.seq, origin.line),
        };
        let document = self.core.store.journal.document(&origin.till, origin.enrolment, origin.seq)?;
        let document = document.ok_or_else(unknown)?;
        if document.kind != Kind::Sale.name() {
            return Err(TillError::NotReversible { number: document.number, why: "it is no sale" });
        }
        let body = document.body::<bodies::Sale>()?;
        let currency = domain::Currency::parse(&document.currency).ok_or_else(unknown)?;
        let settled = body.settled(currency, document.total_minor);
        Ok(Origin { document, settled })
    }

    /// The customer of a return: the one named, or the sale's. What is taken off an account is taken off the
    /// account that the sale was put on.
    fn customer_of(&self, new: &NewReturn, origins: &Origins) -> Result<Option<String>, TillError> {
        let mut of_sales = BTreeSet::new();
        for key in origins.values().filter_map(|origin| origin.settled.customer.as_ref()) {
            of_sales.insert(match self.core.known_customer(key) {
                Ok(customer) => customer.key,
                // A customer that has been deleted since still has the account.
                Err(TillError::Unknown { .. }) => key.clone(),
                Err(error) => return Err(error),
            });
        }
        let named = match &new.customer {
            Some(key) => Some(self.core.known_customer(key)?.key),
            None => None,
        };
        let view = self.core.store.centre.view()?;
        let tenders = new.refund.parts.iter().map(|(tender, _)| tender).chain([&new.refund.rest]);
        let mut is_on_account = false;
        for tender in tenders {
            is_on_account |= view.tender(tender)?.kind == TenderKind::CustomerCredit;
        }
        drop(view);
        let mut of_sales = of_sales.into_iter();
        let (first, more) = (of_sales.next(), of_sales.next());
        let is_other = named.is_some() && first.is_some() && named != first;
        if is_on_account && (more.is_some() || is_other) {
            let why = "what a sale put on an account is taken off the same account".to_string();
            return Err(TillError::bad_input("the customer", why));
        }
        let customer = named.or(first.filter(|_| more.is_none()));
        // What a sale put on an account is taken off it; anything else needs an account.
        let was_on_account = |origin: &Origin| {
            origin.settled.tenders.iter().any(|tender| tender.kind == TenderKind::CustomerCredit)
        };
        if is_on_account && !origins.values().any(was_on_account) {
            self.check_credit_of(customer.as_deref())?;
        }
        Ok(customer)
    }
}

/// The terms of a return: those of its sales, which must be the same; without a sale today's.
fn terms_of(origins: &Origins, today: domain::Terms, has_others: bool) -> Result<domain::Terms, TillError> {
    let mut terms: Option<(domain::Currency, domain::VatMode)> =
        has_others.then_some((today.currency, today.vat_mode));
    for Origin { settled, .. } in origins.values() {
        let own = (settled.currency, settled.vat_mode);
        let (currency, mode) = *terms.get_or_insert(own);
        if (currency, mode) != own {
            let (left, right) = (format!("{currency} {mode}"), format!("{} {}", own.0, own.1));
            return Err(SaleError::MixedOrigins { left, right }.into());
        }
    }
    let tax_point = origins.values().next().map_or(today.tax_point, |origin| origin.settled.tax_point);
    let (currency, vat_mode) = terms.unwrap_or((today.currency, today.vat_mode));
    Ok(domain::Terms { currency, vat_mode, tax_point, ..today })
}

/// The line of a sale that goods come back from.
fn sold_line<'a>(origins: &'a Origins, origin: &LineOrigin) -> Option<&'a domain::Line> {
    let sale = origins.get(&(origin.till.clone(), origin.enrolment, origin.seq))?;
    sale.settled.lines.get(origin.line as usize)
}

/// A line as it comes back from its sale: everything as it was sold, but how much and at which price.
fn line_back(
    view: &View,
    what: &AddLine,
    origin: &LineOrigin,
    origins: &Origins,
) -> Result<domain::NewLine, TillError> {
    let sold = sold_line(origins, origin).ok_or_else(|| TillError::Unknown {
        what: "line of a sale",
        key: format!("{}/{}/{} line {}", origin.till, origin.enrolment, origin.seq, origin.line),
    })?;
    let (is_it, code) = match &what.item {
        Wanted::Item(key) => (*key == sold.item, sold.code.clone()),
        Wanted::Code(code) => {
            let is_sold = sold.code.as_ref().is_some_and(|sold| domain::codes::same(sold, code));
            let is_it = is_sold || what.item.find(view).is_ok_and(|found| found.key == sold.item);
            (is_it, Some(written(code)))
        }
    };
    if !is_it {
        let key = match &what.item {
            Wanted::Item(key) | Wanted::Code(key) => key.clone(),
        };
        return Err(TillError::Unknown { what: "such item in that line of the sale", key });
    }
    if what.vat.is_some() {
        let why = "goods come back with the rate they were sold with".to_string();
        return Err(TillError::bad_input("the VAT rate", why));
    }
    Ok(domain::NewLine {
        item: sold.item.clone(),
        code: code.map(|code| text::fitted(&code, text::NAME_CHARS).into_owned()),
        name: text::fitted(&sold.name, text::NAME_CHARS).into_owned(),
        unit: text::fitted(&sold.unit, text::NAME_CHARS).into_owned(),
        quantity: what.quantity,
        list_price: sold.unit_price,
        is_edited: false,
        price_override: what.price.clone().map(|change| (change.price, change.reason)),
        vat: sold.vat.clone(),
        is_vat_chosen: true,
        generation: sold.generation,
        moves_stock: sold.moves_stock,
        is_deposit: sold.is_deposit,
        // It was sold in such parts.
        unit_decimals: None,
        supplied_ms: sold.supplied_ms,
        promotions: Vec::new(),
    })
}

/// The return's currency per unit of a tender's: none in the same; the fixed rate where the currency has
/// ended; else the rate that the sale was paid at by it.
fn rate_back(
    setting: &settings::Tender,
    tender: &str,
    (from, today): (domain::Currency, domain::Currency),
    changeover: Option<domain::Changeover>,
    origins: &Origins,
) -> Result<Option<domain::Rate>, TillError> {
    let to = setting.currency;
    if from == to {
        return Ok(None);
    }
    let paid = origins.values().flat_map(|origin| &origin.settled.tenders);
    let mut paid = paid.filter(|paid| paid.tender == tender && paid.amount.currency == to);
    let frozen = paid.find_map(|paid| paid.rate);
    let fixed = changeover.filter(|_| to == today).map(|changeover| changeover.rate);
    match fixed.or(frozen) {
        Some(rate) => Ok(Some(rate)),
        None if from == today => Err(domain::MoneyError::Currencies { left: to, right: from }.into()),
        None => Err(SaleError::NoChangeover { from, to }.into()),
    }
}

fn refund(
    view: &View,
    tender: &str,
    setting: settings::Tender,
    rate: Option<domain::Rate>,
    amount_minor: Option<i64>,
) -> Result<Refund, TillError> {
    Ok(Refund {
        tender: tender.into(),
        name: text::fitted(&setting.name, text::NAME_CHARS).into_owned(),
        kind: setting.kind,
        currency: setting.currency,
        rate,
        cash_rounding: view.cash_rounding(setting.currency)?,
        amount_minor,
    })
}

/// Fills in what is left of each line, and returns what each tender of each sale has left.
fn left_of_sales(journal: &JournalWrite, prepared: &mut Prepared) -> Result<PaidBySale, TillError> {
    let mut reversed: BTreeMap<SaleKey, Reversed> = BTreeMap::new();
    let mut by_sale = Vec::with_capacity(prepared.origins.len());
    for (key, origin) in &prepared.origins {
        let back = journal.reversed(&key.0, key.1, key.2)?;
        if back.is_void {
            let number = origin.document.number.clone();
            return Err(TillError::NotReversible { number, why: "it has been voided" });
        }
        let mut paid = origin.settled.paid()?;
        paid.iter_mut().for_each(|paid| paid.is_gone = prepared.gone.contains(&paid.tender));
        for ((kind, tender), minor) in &back.money {
            let same = paid.iter_mut().find(|paid| paid.kind == *kind && paid.tender == *tender);
            if let Some(paid) = same {
                paid.left_minor = domain::money::add(paid.left_minor, -minor)?;
                paid.back_minor = domain::money::add(paid.back_minor, *minor)?;
            }
        }
        by_sale.push((key.clone(), paid));
        reversed.insert(key.clone(), back);
    }
    // Two lines of this return may take from the same line of the sale.
    let mut taken: BTreeMap<LineOrigin, Part> = BTreeMap::new();
    for line in &mut prepared.returning.lines {
        let Some((origin, left)) = &mut line.origin else { continue };
        let key = (origin.till.clone(), origin.enrolment, origin.seq);
        let (Some(sale), Some(reversed)) = (prepared.origins.get(&key), reversed.get(&key)) else { continue };
        let index = origin.line as usize;
        let Some(mut returnable) = sale.settled.returnable(index)? else { continue };
        let back = reversed.lines.get(&origin.line).copied().unwrap_or_default();
        returnable.back = part_back(&returnable, back)?;
        let before = taken.entry(origin.clone()).or_default();
        returnable.back = sum_of(returnable.back, *before)?;
        *left = returnable;
        if let Ok(part) = returnable.part(line.line.quantity.negated()) {
            *before = sum_of(*before, part)?;
        }
    }
    prepared.returning.paid = by_sale.iter().flat_map(|(_, paid)| paid.clone()).collect();
    Ok(by_sale)
}

fn sum_of(left: Part, right: Part) -> Result<Part, TillError> {
    Ok(Part {
        quantity: left.quantity.plus(right.quantity)?,
        gross_minor: domain::money::add(left.gross_minor, right.gross_minor)?,
        vat_minor: domain::money::add(left.vat_minor, right.vat_minor)?,
    })
}

/// What has come back of a line: its shares, and where an older version did not write them, the share that
/// follows from the quantity.
fn part_back(sold: &Returnable, back: Back) -> Result<Part, TillError> {
    let Back { quantity, without_share, gross_minor, vat_minor } = back;
    let mut part = Part { quantity, gross_minor, vat_minor };
    if !without_share.is_zero() && !sold.sold.is_zero() {
        let old = Returnable { back: Part::default(), ..*sold }.part(without_share)?;
        part.gross_minor = domain::money::add(part.gross_minor, old.gross_minor)?;
        part.vat_minor = domain::money::add(part.vat_minor, old.vat_minor)?;
    }
    Ok(part)
}

/// What a return takes of its sales: shares of lines, and money of tenders, from one sale after the other.
fn reversals(returning: &domain::NewReturn, mut by_sale: PaidBySale) -> Result<Vec<Reversal>, TillError> {
    let mut reversals = Vec::new();
    for line in &returning.lines {
        let Some((origin, left)) = &line.origin else { continue };
        let part = left.part(line.line.quantity.negated())?;
        let (quantity, share_minor) = (part.quantity, Some((part.gross_minor, part.vat_minor)));
        let taken = Taken::Line { line: origin.line, quantity, share_minor };
        reversals.push(reversal((&origin.till, origin.enrolment, origin.seq), taken));
    }
    for (refund, mut minor) in returning.refunds.iter().zip(returning.refunded_minor()?) {
        let last = by_sale.len().saturating_sub(1);
        for (index, (sale, paid)) in by_sale.iter_mut().enumerate() {
            let mut own: Vec<_> =
                paid.iter_mut().filter(|paid| paid.comes_back_by(&refund.tender, refund.kind)).collect();
            own.sort_by_key(|paid| paid.tender != refund.tender);
            for paid in own {
                let part_minor = minor.min(paid.left_minor.max(0));
                take(&mut reversals, sale, (paid.kind, &paid.tender), part_minor);
                (paid.left_minor, minor) = (paid.left_minor.saturating_sub(part_minor), minor - part_minor);
            }
            // What no sale has left, cash takes over: it stands with the last one.
            if index == last {
                let tender = if refund.kind == TenderKind::Cash { "" } else { refund.tender.as_str() };
                take(&mut reversals, sale, (refund.kind, tender), minor);
            }
        }
    }
    Ok(reversals)
}

/// Notes that so much of what a tender paid for a sale went back.
fn take(reversals: &mut Vec<Reversal>, sale: &SaleKey, (kind, tender): (TenderKind, &str), minor: i64) {
    if minor != 0 {
        let taken = Taken::Money { kind, tender: tender.into(), minor };
        reversals.push(reversal((&sale.0, sale.1, sale.2), taken));
    }
}

fn reversal((till, enrolment, seq): (&str, u32, u64), taken: Taken) -> Reversal {
    Reversal { till: till.into(), enrolment, seq, taken }
}

/// The other way round what a voided return had taken back.
fn given_back(journal: &JournalWrite, of: &Recorded, voided: &Settled) -> Result<Vec<Reversal>, TillError> {
    let mut reversals = journal.reversals_by(of)?;
    for Reversal { taken, .. } in &mut reversals {
        match taken {
            Taken::Line { quantity, share_minor, .. } => {
                *quantity = quantity.negated();
                *share_minor = share_minor.map(|(gross_minor, vat_minor)| (-gross_minor, -vat_minor));
            }
            Taken::Money { minor, .. } => *minor = -*minor,
            Taken::Whole => {}
        }
    }
    if !reversals.is_empty() {
        return Ok(reversals);
    }
    // A return of an older version: only its document says what it took.
    let with_origin = voided.lines.iter().filter_map(|line| Some((line.quantity, line.origin.as_ref()?)));
    let reversal = |(quantity, origin): (Quantity, &LineOrigin)| {
        let taken = Taken::Line { line: origin.line, quantity: quantity.negated(), share_minor: None };
        reversal((&origin.till, origin.enrolment, origin.seq), taken)
    };
    Ok(with_origin.map(reversal).collect())
}

/// What a void books: the document, and everything of it the other way.
fn voided(journal: &JournalWrite, of: &Reference) -> Result<(Recorded, Settled), TillError> {
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
        Some(Kind::Sale) => found.body::<bodies::Sale>()?,
        Some(Kind::Return) => found.body::<bodies::Return>()?.sale,
        _ => return Err(refuse("only sales and returns are voided")),
    };
    let currency =
        domain::Currency::parse(&found.currency).ok_or_else(|| refuse("its currency is unknown"))?;
    let settled = sale.settled(currency, found.total_minor).reversed();
    Ok((found, settled))
}

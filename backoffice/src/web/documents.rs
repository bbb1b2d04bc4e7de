//! Documents as they arrive, what the day comes to, and one document whole.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::value::RawValue;
use tillkit_protocol::{DocumentLine, Kind, Record, bodies, wire::Finding};

use super::{
    Person, Shown,
    names::{Names, NamesThen},
    show::amount,
    show::count,
    show::iso,
    shown,
};
use crate::{
    Backoffice,
    error::{Error, Result},
    store::{
        books::{self, DaySum},
        config,
        documents::{self, Place, Received},
        tills,
    },
};

/// Documents a page shows.
const PAGE: usize = 40;
/// Documents read at once, and how often: log-ins are documents too, but not of interest here.
const READ: (u64, usize) = (80, 5);
const DAY_MS: i64 = 24 * 60 * 60_000;

/// The day's sums and the newest documents.
#[derive(Template)]
#[template(path = "documents.html")]
pub(super) struct Documents {
    day: Option<Day>,
    accounts: Vec<Account>,
    /// Accounts that are not listed.
    more_accounts: usize,
    rows: Vec<Row>,
    /// The place that this page begins before; empty for the newest.
    before: String,
    older: Option<String>,
}

struct Day {
    business_day: String,
    currencies: Vec<DayOf>,
}

/// A day's sums in one currency.
#[derive(Default)]
struct DayOf {
    currency: String,
    gross: String,
    /// The turnover without what came late, and that, where something did.
    late: Option<(String, String)>,
    sales: String,
    returns: String,
    vat: String,
    tenders: Vec<(String, String)>,
}

/// What a customer owes.
struct Account {
    customer: String,
    balance: String,
    currency: String,
}

/// Customers' accounts that are listed.
const ACCOUNTS: usize = 20;

/// The accounts that are not settled, the largest first, and how many more there are.
async fn accounts(office: &Backoffice, person: &Person) -> Result<(Vec<Account>, usize)> {
    let mut balances = books::balances(&office.store, person.tenant).await?;
    balances.retain(|balance| balance.minor != 0);
    balances.sort_by_key(|balance| std::cmp::Reverse(balance.minor.unsigned_abs()));
    let more = balances.len().saturating_sub(ACCOUNTS);
    let centres = config::centres(&office.store, person.tenant).await?;
    let mut names = Names::of(office, person.tenant);
    let mut accounts = Vec::new();
    for balance in balances.into_iter().take(ACCOUNTS) {
        // A customer may be a row of any centre; the key where no centre has one.
        let mut customer = balance.customer.clone();
        for centre in &centres {
            customer = names.name(&centre.centre, "customer", &balance.customer).await?;
            if customer != balance.customer {
                break;
            }
        }
        let currency = balance.currency;
        accounts.push(Account { customer, balance: amount(balance.minor, &currency), currency });
    }
    Ok((accounts, more))
}

struct Row {
    /// Tells rows apart in the page.
    id: String,
    address: String,
    recorded: String,
    arrived: Option<String>,
    till: String,
    number: String,
    kind: &'static str,
    is_money_back: bool,
    customer: Option<String>,
    cashier: String,
    total: Option<String>,
    currency: String,
    is_offline: bool,
    is_booked: bool,
}

/// Where a document is shown.
pub(super) fn address(place: &Place) -> String {
    let Place { till, enrolment, seq, fork } = place;
    format!("/web/documents/{till}/{enrolment}/{seq}/{fork}")
}

impl Documents {
    pub(super) async fn of(office: &Backoffice, person: &Person, before: &str) -> Result<Documents> {
        let mut at = parse_place(before).unwrap_or((i64::MAX, Place::default()));
        let is_newest = at.0 == i64::MAX;
        let mut names = Names::of(office, person.tenant);
        let (mut rows, mut older) = (Vec::new(), None);
        'reading: for _ in 0..READ.1 {
            let read = documents::newest(&office.store, person.tenant, &at, READ.0).await?;
            let is_last = (read.len() as u64) < READ.0;
            for received in read {
                at = (received.received_ms, received.place.clone());
                if let Some(row) = Row::of(&mut names, received).await? {
                    rows.push(row);
                }
                if rows.len() == PAGE {
                    older = Some(write_place(&at));
                    break 'reading;
                }
            }
            older = (!is_last).then(|| write_place(&at));
            if is_last {
                break;
            }
        }
        let before = if is_newest { String::new() } else { before.to_string() };
        let (accounts, more_accounts) = accounts(office, person).await?;
        Ok(Documents { day: day(office, person).await?, accounts, more_accounts, rows, before, older })
    }

    /// How many sales the day has, for the tab.
    pub(super) fn sales_of_the_day(day: &[DaySum]) -> u64 {
        let sales = day.iter().filter(|sum| sum.measure == "count" && sum.code == "sale");
        sales.map(|sum| u64::try_from(sum.value).unwrap_or(0)).sum()
    }
}

/// `<received>.<till>.<enrolment>.<seq>.<fork>`; an id of a till has no dot.
fn write_place((received_ms, place): &(i64, Place)) -> String {
    let Place { till, enrolment, seq, fork } = place;
    format!("{received_ms}.{till}.{enrolment}.{seq}.{fork}")
}

fn parse_place(text: &str) -> Option<(i64, Place)> {
    let [received_ms, till, enrolment, seq, fork] = text.split('.').collect::<Vec<_>>().try_into().ok()?;
    let (enrolment, seq, fork) = (enrolment.parse().ok()?, seq.parse().ok()?, fork.parse().ok()?);
    Some((received_ms.parse().ok()?, Place { till: till.into(), enrolment, seq, fork }))
}

/// The newest business day's sums. Only a till knows where its day begins and in which zone, so a day
/// is "the newest" here and the browser says whether that is today.
pub(super) async fn newest_day(
    office: &Backoffice,
    person: &Person,
) -> Result<Option<(String, Vec<DaySum>)>> {
    let tomorrow = iso(office.clock.now_ms() + DAY_MS);
    let latest = tomorrow.get(..10).unwrap_or(&tomorrow);
    let Some(day) = books::newest_day(&office.store, person.tenant, latest).await? else { return Ok(None) };
    let sums = books::day_sums(&office.store, person.tenant, &day).await?;
    Ok(Some((day, sums)))
}

async fn day(office: &Backoffice, person: &Person) -> Result<Option<Day>> {
    let Some((business_day, sums)) = newest_day(office, person).await? else { return Ok(None) };
    let mut by_currency: BTreeMap<&str, Vec<&DaySum>> = BTreeMap::new();
    for sum in &sums {
        by_currency.entry(&sum.currency).or_default().push(sum);
    }
    let currencies = by_currency
        .into_iter()
        .filter(|(_, sums)| sums.iter().any(|sum| sum.measure == "gross"))
        .map(|(currency, sums)| DayOf::of(currency, &sums))
        .collect();
    Ok(Some(Day { business_day, currencies }))
}

impl DayOf {
    fn of(currency: &str, sums: &[&DaySum]) -> DayOf {
        let sum = |measure: &str, wanted: &[&str]| -> i64 {
            let of = sums.iter().filter(|sum| sum.measure == measure);
            of.filter(|sum| wanted.is_empty() || wanted.contains(&sum.code.as_str()))
                .map(|sum| sum.value)
                .sum()
        };
        let is_late = sums.iter().any(|sum| sum.late != 0);
        let late: i64 = sums.iter().filter(|sum| sum.measure == "gross").map(|sum| sum.late).sum();
        let number = |kinds: &[&str]| count(u64::try_from(sum("count", kinds)).unwrap_or(0));
        let mut tenders: BTreeMap<&str, i64> = BTreeMap::new();
        for paid in sums.iter().filter(|sum| sum.measure == "tender") {
            let (kind, key) = paid.code.split_once('/').unwrap_or((&paid.code, ""));
            *tenders.entry(kind).or_default() += paid.value - sum("change", &[key]);
        }
        DayOf {
            currency: currency.into(),
            gross: amount(sum("gross", &[]), currency),
            late: is_late.then(|| (amount(sum("gross", &[]) - late, currency), amount(late, currency))),
            sales: number(&["sale"]),
            returns: number(&["return", "void"]),
            vat: amount(sum("vat_tax", &[]), currency),
            tenders: tenders
                .into_iter()
                .map(|(kind, paid)| (tender_name(kind).to_string(), amount(paid, currency)))
                .collect(),
        }
    }
}

fn tender_name(kind: &str) -> &str {
    match kind {
        "cash" => "Cash",
        "card" => "Card",
        "customer_credit" => "On account",
        "voucher" => "Voucher",
        _ => "Other",
    }
}

fn kind_name(kind: &str) -> &'static str {
    match Kind::of_name(kind) {
        Some(Kind::Sale) => "Sale",
        Some(Kind::Return) => "Return",
        Some(Kind::Void) => "Void",
        Some(Kind::Closure) => "Closure",
        Some(Kind::CashMovement) => "Cash movement",
        Some(Kind::GoodsReceipt) => "Goods received",
        Some(Kind::GoodsReturn) => "Goods returned",
        Some(Kind::Transfer) => "Transfer",
        Some(Kind::Count) => "Stock count",
        Some(Kind::WriteOff) => "Write-off",
        Some(Kind::Order) => "Order",
        Some(Kind::CustomerMade) => "New customer",
        Some(Kind::Event) => "Event",
        _ => "Document",
    }
}

fn has_money(kind: &str) -> bool {
    !matches!(
        Kind::of_name(kind),
        Some(
            Kind::Closure
                | Kind::GoodsReceipt
                | Kind::GoodsReturn
                | Kind::Transfer
                | Kind::Count
                | Kind::WriteOff
                | Kind::Order
                | Kind::CustomerMade
                | Kind::Event
        )
    )
}

/// The one member of a sale's body that the list shows.
#[derive(Deserialize)]
struct Buyer {
    #[serde(default)]
    customer: Option<String>,
}

impl Row {
    /// `None` for what is no news to a shop: log-ins and the like.
    async fn of(names: &mut Names<'_>, received: Received) -> Result<Option<Row>> {
        let Received { place, record, received_ms, is_booked } = received;
        let Ok(document) = record.unread() else {
            return Ok(Some(Row::unread(&place, received_ms, is_booked)));
        };
        if document.kind == Kind::Event.name() {
            return Ok(None);
        }
        let buyer = serde_json::from_str::<Buyer>(document.body.get()).ok();
        let customer = match buyer.and_then(|buyer| buyer.customer) {
            Some(customer) => Some(names.name(&document.centre, "customer", &customer).await?),
            None => None,
        };
        let is_late = received_ms.abs_diff(document.recorded_ms) > 60_000;
        Ok(Some(Row {
            id: row_id(&place),
            address: address(&place),
            recorded: iso(document.recorded_ms),
            arrived: is_late.then(|| iso(received_ms)),
            kind: kind_name(&document.kind),
            is_money_back: document.total_minor < 0,
            customer,
            cashier: names.name(&document.centre, "user", &document.user).await?,
            total: has_money(&document.kind).then(|| amount(document.total_minor, &document.currency)),
            till: document.till,
            number: document.number,
            currency: document.currency,
            is_offline: document.offline,
            is_booked,
        }))
    }

    /// One that this version cannot read is listed all the same.
    fn unread(place: &Place, received_ms: i64, is_booked: bool) -> Row {
        Row {
            id: row_id(place),
            address: address(place),
            recorded: iso(received_ms),
            arrived: None,
            till: place.till.clone(),
            number: format!("{}/{}", place.enrolment, place.seq),
            kind: "Document",
            is_money_back: false,
            customer: None,
            cashier: String::new(),
            total: None,
            currency: String::new(),
            is_offline: false,
            is_booked,
        }
    }
}

fn row_id(place: &Place) -> String {
    format!("document-{}-{}-{}-{}", place.till, place.enrolment, place.seq, place.fork)
}

/// Which documents.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    before: String,
}

/// `GET /web/documents?before=`.
pub(super) async fn list(
    State(office): State<Arc<Backoffice>>,
    person: Person,
    Query(wanted): Query<Wanted>,
) -> Shown {
    shown(&Documents::of(&office, &person, &wanted.before).await?)
}

/// Names that a document itself carries. Where it carries none, those are shown that were published when it
/// was made: a document reads the same for ever, whatever is renamed later.
#[derive(Default, Deserialize)]
struct Carried {
    #[serde(default)]
    paper: Paper,
    #[serde(default)]
    tenders: Vec<Named>,
}

#[derive(Default, Deserialize)]
struct Paper {
    #[serde(default)]
    cashier: Option<String>,
}

#[derive(Default, Deserialize)]
struct Named {
    #[serde(default)]
    name: Option<String>,
}

impl Carried {
    fn read(body: &str) -> Carried {
        serde_json::from_str(body).unwrap_or_default()
    }

    /// The name of the tender of a payment, as it was printed.
    fn tender(&self, index: usize) -> Option<String> {
        self.tenders.get(index).and_then(|tender| tender.name.clone())
    }
}

/// One document, as it says itself: nothing of it comes from today's settings.
#[derive(Template)]
#[template(path = "document.html")]
struct Whole {
    title: String,
    facts: Vec<(&'static str, String)>,
    recorded: String,
    arrived: String,
    is_booked: bool,
    is_signed: bool,
    currency: String,
    sale: Option<Money>,
    body: Option<String>,
    findings: Vec<Finding>,
    hash: String,
    prev: String,
    signature: String,
}

/// What a sale, a return or a void says of money.
struct Money {
    lines: Vec<Line>,
    discount: bool,
    vat: Vec<[String; 4]>,
    tenders: Vec<(String, String)>,
    total: String,
}

struct Line {
    name: String,
    code: Option<String>,
    quantity: String,
    unit: String,
    price: String,
    discount: String,
    gross: String,
}

/// `GET /web/documents/{till}/{enrolment}/{seq}/{fork}`.
pub(super) async fn one(
    State(office): State<Arc<Backoffice>>,
    Path((till, enrolment, seq, fork)): Path<(String, u32, u64, u64)>,
    person: Person,
) -> Shown {
    let place = Place { till, enrolment, seq, fork };
    let received = documents::one(&office.store, person.tenant, &place).await?;
    let received = received.ok_or_else(|| Error::not_found("this document is not here"))?;
    shown(&Whole::of(&office, &person, received).await?)
}

impl Whole {
    async fn of(office: &Backoffice, person: &Person, received: Received) -> Result<Whole> {
        let Received { place, record, received_ms, is_booked } = received;
        let of = (person.tenant, place.till.clone(), place.enrolment);
        let key = tills::key_and_series(&office.store, of.0, &of.1, of.2).await?;
        let findings = documents::findings_after(&office.store, &of, place.seq.saturating_sub(1)).await?;
        let mut whole = Whole {
            title: format!("Document {}", place.seq),
            facts: Vec::new(),
            recorded: iso(received_ms),
            arrived: iso(received_ms),
            is_booked,
            is_signed: key.is_some_and(|(key, _)| record.is_signed_by(&key)),
            currency: String::new(),
            sale: None,
            body: None,
            findings: findings.into_iter().filter(|finding| finding.seq == place.seq).collect(),
            hash: record.hash.to_string(),
            prev: String::new(),
            signature: hex(&record.signature.to_bytes()),
        };
        match record.unread() {
            Ok(document) => whole.read(&NamesThen::of(office, person.tenant, &document), document).await?,
            Err(_) => whole.body = Some(in_lines(&record)),
        }
        Ok(whole)
    }

    async fn read(&mut self, names: &NamesThen<'_>, document: DocumentLine<Box<RawValue>>) -> Result<()> {
        let (centre, body) = (document.centre.as_str(), document.body.get());
        self.title = format!("{} {}", kind_name(&document.kind), document.number);
        self.recorded = iso(document.recorded_ms);
        self.prev = document.prev.to_string();
        let sale = match Kind::of_name(&document.kind) {
            Some(Kind::Sale) => serde_json::from_str(body).ok(),
            Some(Kind::Return) => serde_json::from_str(body).ok().map(|back: bodies::Return| back.sale),
            Some(Kind::Void) => serde_json::from_str(body).ok().map(|void: bodies::Void| {
                self.facts.push(("Voids", void.of.number));
                self.facts.push(("Why", void.reason));
                void.sale
            }),
            _ => None,
        };
        if let Some(customer) = sale.as_ref().and_then(|sale: &bodies::Sale| sale.customer.clone()) {
            self.facts.push(("Customer", customer));
        }
        let carried = Carried::read(body);
        let cashier = match carried.paper.cashier.clone() {
            Some(cashier) => cashier,
            None => names.name("user", &document.user).await?,
        };
        self.facts.push(("Cashier", cashier));
        let (till, enrolment, seq) = (&document.till, document.enrolment, document.seq);
        self.facts.push(("Till", format!("{till}, enrolment {enrolment}, document {seq}")));
        self.facts.push(("Centre", names.name("centre", centre).await?));
        self.facts.push(("Business day", document.business_day.clone()));
        if document.offline {
            self.facts.push(("Made", "offline".into()));
        }
        match sale {
            Some(sale) => {
                self.sale = Some(Money::of(names, &carried, &document, &sale).await?);
            }
            None => self.body = Some(pretty(body)),
        }
        self.currency = document.currency;
        Ok(())
    }
}

impl Money {
    async fn of(
        names: &NamesThen<'_>,
        carried: &Carried,
        document: &DocumentLine<Box<RawValue>>,
        sale: &bodies::Sale,
    ) -> Result<Money> {
        let home = document.currency.as_str();
        let currency = tillkit_domain::Currency::parse(home);
        let mut lines = Vec::with_capacity(sale.lines.len());
        for line in &sale.lines {
            lines.push(Line {
                name: line.name.clone(),
                code: line.code.clone(),
                quantity: line.quantity.to_string(),
                unit: names.name("unit", &line.unit).await?,
                price: super::show::price(line.unit_price, currency),
                discount: if line.discount_minor == 0 {
                    String::new()
                } else {
                    amount(-line.discount_minor, home)
                },
                gross: amount(line.gross_minor, home),
            });
        }
        let vat = sale.vat.iter().map(|vat| {
            let of_vat = |minor| amount(minor, home);
            [
                format!("{} %", vat.rate.percent),
                of_vat(vat.net_minor),
                of_vat(vat.vat_minor),
                of_vat(vat.gross_minor),
            ]
        });
        let mut tenders = Vec::new();
        for (index, tender) in sale.tenders.iter().enumerate() {
            let name = match carried.tender(index) {
                Some(name) => name,
                None => names.name("tender", &tender.tender).await?,
            };
            let code = tender.currency.code();
            let paid = if code == home {
                amount(tender.home_minor, home)
            } else {
                format!("{} {code} = {}", amount(tender.amount_minor, code), amount(tender.home_minor, home))
            };
            tenders.push((name, paid));
        }
        for (name, minor) in [("Change", -sale.change_minor), ("Rounding", sale.rounding_minor)] {
            if minor != 0 {
                tenders.push((name.into(), amount(minor, home)));
            }
        }
        Ok(Money {
            discount: sale.lines.iter().any(|line| line.discount_minor != 0),
            lines,
            vat: vat.collect(),
            tenders,
            total: amount(document.total_minor, home),
        })
    }
}

fn pretty(json: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(json);
    value.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| json.to_string())
}

fn in_lines(record: &Record) -> String {
    pretty(&String::from_utf8_lossy(&record.line))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_is_read_as_it_was_written() {
        let place = (7, Place { till: "T-1_a".into(), enrolment: 2, seq: 3, fork: 1 });
        assert_eq!(parse_place(&write_place(&place)), Some(place));
        for nonsense in ["", "1.T", "x.T.1.1.1", "1.T.1.1.-1", "1.T.1.1.1.1"] {
            assert_eq!(parse_place(nonsense), None, "{nonsense}");
        }
    }
}

//! The books: totals in every dimension, stock levels, balances of accounts; and what a back office says of
//! them.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::Value;

use super::{
    Fault, Judge,
    documents::{Document, Line, Money, Movement, Rate, Stock},
};

/// Names a figure of the books.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dimensions {
    /// The business day.
    pub day: String,
    /// The centre.
    pub centre: String,
    /// The till.
    pub till: String,
    /// Who was signed in.
    pub cashier: String,
    /// Of the amount.
    pub currency: String,
    /// What is counted.
    pub measure: &'static str,
    /// What of it.
    pub code: Code,
}

/// What a measure is taken of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// Of all.
    All,
    /// A word: a kind of document or movement, the key of a tender.
    Word(String),
    /// A rate of VAT.
    Vat(Rate),
    /// What took something off: its step and, of a promotion, its key.
    Source(String, Option<String>),
}

/// Everything that documents come to.
#[derive(Debug, Default)]
pub struct Books {
    /// Sums.
    pub totals: BTreeMap<Dimensions, i64>,
    /// How much there is of everything.
    pub stock: Stockroom,
    /// What customers owe: (customer, currency).
    pub accounts: BTreeMap<(String, String), i64>,
}

impl Books {
    fn add(&mut self, document: &Document, currency: &str, measure: &'static str, code: Code, value: i64) {
        let name = Dimensions {
            day: document.business_day.clone(),
            centre: document.centre.clone(),
            till: document.till.clone(),
            cashier: document.user.clone(),
            currency: currency.into(),
            measure,
            code,
        };
        *self.totals.entry(name).or_default() += value;
    }

    /// Every document, whatever it is.
    pub fn add_document(&mut self, document: &Document) {
        self.add(document, &document.currency, "count", Code::Word(document.kind.clone()), 1);
    }

    /// A sale, a return or a void.
    pub fn add_money(&mut self, document: &Document, money: &Money) {
        let home = document.currency.as_str();
        self.add(document, home, "gross", Code::All, document.total_minor);
        for tender in &money.tenders {
            let code = Code::Word(format!("{}/{}", tender.kind, tender.tender));
            if tender.currency != home {
                self.add(document, &tender.currency, "tender_foreign", code.clone(), tender.amount_minor);
            }
            self.add(document, home, "tender", code, tender.home_minor);
            if let Some(customer) = money.customer.as_ref().filter(|_| tender.kind == "customer_credit") {
                let account = (customer.clone(), home.to_string());
                *self.accounts.entry(account).or_default() += tender.home_minor;
            }
        }
        for vat in &money.vat {
            let code = || Code::Vat(vat.rate.clone());
            self.add(document, home, "vat_net", code(), vat.net_minor);
            self.add(document, home, "vat_tax", code(), vat.vat_minor);
            self.add(document, home, "vat_gross", code(), vat.gross_minor);
        }
        let given_from = Code::Word(money.change_tender.clone().unwrap_or_default());
        self.add(document, home, "change", given_from, money.change_minor);
        self.add(document, home, "rounding", Code::All, money.rounding_minor);
        for line in &money.lines {
            self.add_discounts(document, line);
        }
    }

    fn add_discounts(&mut self, document: &Document, line: &Line) {
        for step in &line.trace {
            if let Some(minor) = step.amount_minor {
                let source = Code::Source(step.step.clone(), step.promotion.clone());
                self.add(document, &document.currency, "discount", source, minor);
            }
        }
    }

    /// Cash in or out.
    pub fn add_movement(&mut self, document: &Document, movement: &Movement) {
        let code = Code::Word(movement.movement.clone());
        self.add(document, &movement.currency, "cash", code, movement.amount_minor);
    }

    // --------------------------------------------------------------------- what others say

    /// Holds rows of `/admin/v1/totals` against these: grouped by the dimensions that the rows name.
    pub fn compare_totals(&self, judge: &mut Judge, rows: &[Value]) {
        let has = |member: &str| rows.iter().any(|row| row.get(member).is_some());
        let cashier = ["cashier", "user"].into_iter().find(|member| has(member));
        let members = ["business_day", "centre", "till"].into_iter().filter(|member| has(member));
        let members: Vec<&str> = members.chain(cashier).collect();
        let codes = |measure: &str| -> Vec<&str> {
            let of =
                rows.iter().filter(|row| row["measure"].as_str().is_some_and(|it| it.starts_with(measure)));
            of.filter_map(|row| row["code"].as_str()).filter(|code| !code.is_empty()).collect()
        };
        let form = Form { has_category: codes("vat").iter().any(|code| code.contains('/')) };
        // Before November 2026 a void doubled the discounts: of books that do not say where a discount came
        // from nothing is asked.
        let has_source = !codes("discount").is_empty();
        let is_asked = |measure: &str| measure != "discount" || has_source;
        let mut expected: BTreeMap<Vec<String>, i64> = BTreeMap::new();
        for (name, value) in self.totals.iter().filter(|(name, _)| is_asked(name.measure)) {
            let of = |member: &&str| match *member {
                "business_day" => name.day.clone(),
                "centre" => name.centre.clone(),
                "till" => name.till.clone(),
                _ => name.cashier.clone(),
            };
            let rest = [name.currency.clone(), name.measure.into(), form.code(&name.code)];
            *expected.entry(members.iter().map(of).chain(rest).collect()).or_default() += value;
        }
        let mut stands: BTreeMap<Vec<String>, i64> = BTreeMap::new();
        for row in rows.iter().filter(|row| row["measure"].as_str().is_some_and(is_asked)) {
            let text = |member: &&str| row[*member].as_str().unwrap_or_default().to_string();
            let named = members.iter().chain(&["currency", "measure", "code"]).map(text).collect();
            *stands.entry(named).or_default() += row["value"].as_i64().unwrap_or(0);
        }
        compare(judge, &expected, &stands, |named| Fault::BookTotal(named.join(" ")));
    }

    /// Holds rows of `/admin/v1/accounts` against these.
    pub fn compare_accounts(&self, judge: &mut Judge, rows: &[Value]) {
        let stands = rows.iter().map(|row| {
            let text = |member: &str| row[member].as_str().unwrap_or_default().to_string();
            ((text("customer"), text("currency")), row["balance_minor"].as_i64().unwrap_or(0))
        });
        compare(judge, &self.accounts, &stands.collect(), |(customer, currency): &(String, String)| {
            Fault::Account(format!("{customer} {currency}"))
        });
    }
}

/// How much of an item is in a warehouse. A count depends on what was booked before it: documents come in the
/// order in which they are booked.
#[derive(Debug, Default)]
pub struct Stockroom {
    /// (warehouse, item).
    pub levels: BTreeMap<(String, String), Decimal>,
    warehouses: BTreeMap<String, String>,
}

impl Stockroom {
    /// Takes in the row that names a centre and the warehouse it sells from.
    pub fn centre(&mut self, centre: &str, body: &[u8]) {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let warehouse = body["warehouse"].as_str().unwrap_or_default();
        self.warehouses.insert(centre.into(), warehouse.into());
    }

    /// Moves what a document moves; one that cannot be read moves nothing.
    pub fn document(&mut self, record: &[u8]) {
        if let Ok(document) = serde_json::from_slice::<Document>(super::line_of(record)) {
            self.book(&document);
        }
    }

    pub(super) fn book(&mut self, document: &Document) {
        let body = document.body.get();
        match document.kind.as_str() {
            "sale" | "return" | "void" => {
                let warehouse = self.warehouses.get(&document.centre).cloned().unwrap_or_default();
                let money = serde_json::from_str::<Money>(body).map(|money| money.lines);
                for line in money.into_iter().flatten().filter(|line| line.stock) {
                    self.gain(&warehouse, &line.item, -line.quantity);
                }
            }
            kind @ ("goods_receipt" | "goods_return" | "transfer" | "count" | "write_off") => {
                if let Ok(stock) = serde_json::from_str::<Stock>(body) {
                    self.move_goods(kind, &stock);
                }
            }
            _ => {}
        }
    }

    fn move_goods(&mut self, kind: &str, stock: &Stock) {
        for line in &stock.lines {
            match kind {
                "goods_receipt" => self.gain(&stock.warehouse, &line.item, line.quantity),
                "count" => {
                    self.levels.insert((stock.warehouse.clone(), line.item.clone()), line.quantity);
                }
                _ => self.gain(&stock.warehouse, &line.item, -line.quantity),
            }
            if let Some(to) = stock.to_warehouse.as_ref().filter(|_| kind == "transfer") {
                self.gain(to, &line.item, line.quantity);
            }
        }
    }

    fn gain(&mut self, warehouse: &str, item: &str, quantity: Decimal) {
        *self.levels.entry((warehouse.into(), item.into())).or_default() += quantity;
    }

    /// Holds rows of `/admin/v1/stock` against these.
    pub(super) fn compare(&self, judge: &mut Judge, rows: &[Value]) {
        let micro = |level: &Decimal| (level * Decimal::from(1_000_000)).to_i64().unwrap_or(i64::MAX);
        let expected = self.levels.iter().map(|(name, level)| (name.clone(), micro(level))).collect();
        let stands = rows.iter().map(|row| {
            let text = |member: &str| row[member].as_str().unwrap_or_default().to_string();
            ((text("warehouse"), text("item")), row["micro"].as_i64().unwrap_or(0))
        });
        compare(judge, &expected, &stands.collect(), |(warehouse, item): &(String, String)| {
            Fault::Level(format!("{item} in {warehouse}"))
        });
    }
}

/// What codes of a back office say.
struct Form {
    has_category: bool,
}

impl Form {
    fn code(&self, code: &Code) -> String {
        match code {
            Code::All => String::new(),
            Code::Word(word) => word.clone(),
            Code::Vat(rate) if self.has_category => format!("{}/{}", rate.percent, rate.category),
            Code::Vat(rate) => rate.percent.to_string(),
            Code::Source(step, promotion) => match step.as_str() {
                "promotion" => format!("promotion/{}", promotion.as_deref().unwrap_or_default()),
                "discount" => "line".into(),
                "receipt_discount" => "receipt".into(),
                _ => "other".into(),
            },
        }
    }
}

/// A figure that is nothing may be named or not.
fn compare<Name: Ord + Clone>(
    judge: &mut Judge,
    expected: &BTreeMap<Name, i64>,
    stands: &BTreeMap<Name, i64>,
    fault: impl Fn(&Name) -> Fault,
) {
    let names: BTreeSet<&Name> = expected.keys().chain(stands.keys()).collect();
    for name in names {
        let of = |sums: &BTreeMap<Name, i64>| sums.get(name).copied().unwrap_or(0);
        judge.equal(fault(name), of(expected), of(stands));
    }
}

//! What the till holds of any kind, known to this version or not: a list, and a row with all its facts.
//!
//! Bodies are read generically, so that a kind which only a newer centre knows is readable, too. What
//! is known adds to it: names instead of keys, currencies of prices, times as times.

use serde_json::{Map, Value};
use tillkit_protocol::Section;
use tillkit_store::centre::{Found, View};

use super::Amount;
use crate::{Till, TillError, lookup::items_of_code};

/// A page of what this till holds of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectsScreen {
    /// `vat_rate`; its title is under `kind.vat_rate`.
    pub kind: String,
    /// Whether this version has a use for it.
    pub is_used: bool,
    /// How many rows there are in all.
    pub total: u64,
    /// Whether words can be searched for.
    pub can_search: bool,
    /// What was searched for.
    pub query: String,
    /// This page, by key; what was found, in no order.
    pub rows: Vec<ObjectRow>,
    /// Where the next page begins; absent at the end.
    pub next: Option<String>,
}

/// A row of a kind in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRow {
    /// Its key.
    pub key: String,
    /// What it is called, or its key.
    pub name: String,
    /// Two or three facts that tell it from others.
    pub facts: Vec<Fact>,
    /// Whether it was edited on this till, and will be replaced by the next sync.
    pub will_be_replaced: bool,
}

/// A row of a kind, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectView {
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// What it is called, or its key.
    pub name: String,
    /// All its facts, in the order of their names.
    pub facts: Vec<Fact>,
    /// Whether it was edited on this till, and will be replaced by the next sync.
    pub will_be_replaced: bool,
}

/// A member of a row's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// `price`, or `address.city`; where a shell has no word for it, this is it.
    pub name: String,
    /// What it says.
    pub value: FactValue,
}

/// What a fact says, ready to be written in any country's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    /// As it is.
    Text {
        /// For people: a name where the row has a key.
        text: String,
    },
    /// A decimal number.
    Number {
        /// With a point.
        number: String,
    },
    /// A price per unit: as many decimals as it has.
    Price {
        /// A decimal number.
        price: String,
        /// ISO 4217; empty if it is not known.
        currency: String,
    },
    /// An amount of money.
    Money {
        /// The amount.
        amount: Amount,
    },
    /// Percent.
    Percent {
        /// A decimal number.
        percent: String,
    },
    /// An instant.
    Time {
        /// Unix milliseconds.
        at_ms: i64,
    },
    /// Yes or no.
    Flag {
        /// Which.
        is_set: bool,
    },
}

/// More rows than this are not walked through for words; items have an index.
const MOST_WALKED: u64 = 20_000;
/// More hits than this are a reason to type another letter.
const MOST_HITS: usize = 100;

impl Till {
    /// A page of what this till holds of a kind, by key, at most `limit` after `after`; of any kind of any
    /// section. With words in `query`: all that is called like them, up to a hundred.
    ///
    /// # Errors
    /// [`TillError::Store`].
    pub fn objects_screen(
        &self,
        kind: &str,
        query: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ObjectsScreen, TillError> {
        let view = self.0.store.centre.view()?;
        let reader = Reader::of(&view)?;
        let total = view.count(kind)?;
        let can_search = kind == "item" || total <= MOST_WALKED;
        let words = query.trim();
        let (found, next) = if words.is_empty() || !can_search {
            let found = view.list(kind, after, limit)?;
            let next = found.last().filter(|_| found.len() == limit).map(|last| last.key.clone());
            (found, next)
        } else if kind == "item" {
            (reader.items(words)?, None)
        } else {
            (reader.walk(kind, words)?, None)
        };
        let rows = found.iter().map(|found| reader.row(kind, found)).collect::<Result<_, _>>()?;
        let is_used = Section::of_kind(kind).is_some();
        Ok(ObjectsScreen { kind: kind.into(), is_used, total, can_search, query: query.into(), rows, next })
    }

    /// A row of a kind with all its facts.
    ///
    /// # Errors
    /// [`TillError::Unknown`] if this till holds none of that key.
    pub fn object_view(&self, kind: &str, key: &str) -> Result<ObjectView, TillError> {
        let view = self.0.store.centre.view()?;
        let found = view.find(kind, key)?;
        let found = found.ok_or_else(|| TillError::Unknown { what: "row", key: format!("{kind} {key}") })?;
        let reader = Reader::of(&view)?;
        let body = members(&found);
        Ok(ObjectView {
            kind: kind.into(),
            key: key.into(),
            name: reader.name(kind, key, &body)?,
            facts: reader.facts(kind, &body)?,
            will_be_replaced: found.is_edited,
        })
    }
}

/// What a row of any kind is called, if it says so.
pub fn title(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    Some(body.get("name")?.as_str()?.into())
}

/// Members that hold the key of a row of another kind.
const REFERENCES: &[(&str, &str)] = &[
    ("item", "item"),
    ("items", "item"),
    ("unit", "unit"),
    ("vat", "vat_rate"),
    ("group", "group"),
    ("warehouse", "warehouse"),
    ("to_warehouse", "warehouse"),
    ("role", "role"),
    ("tender", "tender"),
    ("customer", "customer"),
    ("merged_into", "customer"),
    ("price_type", "price_type"),
    ("vehicle", "vehicle"),
    ("user", "user"),
    ("plan", "audit_plan"),
];

/// What a row without a name is called by, the best first.
const TITLES: &[&str] = &[
    "name", "title", "label", "subject", "number", "item", "customer", "user", "currency", "code", "pattern",
];

/// What a list shows of a kind; of others, its first members.
fn highlights(kind: &str) -> &'static [&'static str] {
    match kind {
        "item" => &["price", "vat", "codes"],
        "price" => &["price", "from_ms", "until_ms"],
        "item_code" => &["code"],
        "vat_rate" => &["percent", "category"],
        "tender" => &["kind", "currency"],
        "exchange_rate" => &["rate", "from_day", "source"],
        "customer" => &["phone", "email", "credit"],
        "stock_level" => &["quantity", "warehouse"],
        "stock_counted" => &["till", "enrolment", "ranges"],
        "user" => &["role", "active"],
        "audit_plan" => &["warehouse", "items"],
        "image" => &["media_type", "bytes"],
        "unit" => &["code", "decimals"],
        "currency" => &["cash_step_minor", "faces_minor"],
        "centre" => &["currency", "vat_mode"],
        "receipt_layout" => &["header", "footer"],
        "policy" => &["apply", "send", "schedule_minutes"],
        _ => &[],
    }
}

/// How many members a list shows of a kind it knows nothing about.
const FIRST_MEMBERS: usize = 3;
/// A list inside a row is shown up to here.
const MOST_VALUES: usize = 20;

fn members(found: &Found) -> Map<String, Value> {
    match serde_json::from_slice(&found.body) {
        Ok(Value::Object(members)) => members,
        // A row that is no object is shown all the same.
        Ok(other) => Map::from_iter([("value".to_string(), other)]),
        Err(_) => Map::new(),
    }
}

/// Reads bodies with what else is live at one instant.
struct Reader<'a, 'view> {
    view: &'a View<'view>,
    currency: String,
}

impl<'a, 'view> Reader<'a, 'view> {
    fn of(view: &'a View<'view>) -> Result<Reader<'a, 'view>, TillError> {
        let centre = view.list("centre", None, 1)?;
        let currency = centre.first().map(members).and_then(|centre| text(centre.get("currency")?));
        Ok(Reader { view, currency: currency.unwrap_or_default() })
    }

    fn row(&self, kind: &str, found: &Found) -> Result<ObjectRow, TillError> {
        let body = members(found);
        Ok(ObjectRow {
            name: self.name(kind, &found.key, &body)?,
            key: found.key.clone(),
            facts: self.highlights(kind, &body)?,
            will_be_replaced: found.is_edited,
        })
    }

    fn items(&self, words: &str) -> Result<Vec<Found>, TillError> {
        let by_code = items_of_code(self.view, words)?;
        let by_name = self.view.search_items(words, MOST_HITS)?.into_iter();
        let others = by_name.filter(|found| by_code.iter().all(|by_code| by_code.key != found.key));
        let others: Vec<Found> = others.collect();
        Ok(by_code.into_iter().chain(others).take(MOST_HITS).collect())
    }

    /// Rows whose name or key has these words, in key order.
    fn walk(&self, kind: &str, words: &str) -> Result<Vec<Found>, TillError> {
        const PAGE: usize = 500;
        let wanted: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let (mut hits, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = self.view.list(kind, after.as_deref(), PAGE)?;
            let is_last = page.len() < PAGE;
            after = page.last().map(|last| last.key.clone());
            for found in page {
                let name = self.name(kind, &found.key, &members(&found))?.to_lowercase();
                let key = found.key.to_lowercase();
                if wanted.iter().all(|word| name.contains(word.as_str()) || key.contains(word.as_str())) {
                    hits.push(found);
                }
            }
            if is_last || hits.len() >= MOST_HITS {
                hits.truncate(MOST_HITS);
                return Ok(hits);
            }
        }
    }

    fn name(&self, kind: &str, key: &str, body: &Map<String, Value>) -> Result<String, TillError> {
        for title in TITLES {
            if let Some(name) = body.get(*title).and_then(text).filter(|name| !name.is_empty()) {
                let other = reference(title).filter(|other| *other != kind);
                return match other {
                    Some(other) => self.named(other, &name),
                    None => Ok(name),
                };
            }
        }
        Ok(key.into())
    }

    /// What a row of another kind is called, or its key.
    fn named(&self, kind: &str, key: &str) -> Result<String, TillError> {
        let found = self.view.find(kind, key)?;
        Ok(found.and_then(|found| title(&found.body)).unwrap_or_else(|| key.into()))
    }

    fn highlights(&self, kind: &str, body: &Map<String, Value>) -> Result<Vec<Fact>, TillError> {
        let chosen = highlights(kind);
        let mut facts = Vec::new();
        for name in chosen {
            if let Some(value) = body.get(*name) {
                self.add(&mut facts, kind, body, name, value)?;
            }
        }
        if chosen.is_empty() {
            let is_title = |fact: &Fact| TITLES.contains(&fact.name.as_str());
            facts = self.facts(kind, body)?.into_iter().filter(|fact| !is_title(fact)).collect();
            facts.truncate(FIRST_MEMBERS);
        }
        Ok(facts)
    }

    fn facts(&self, kind: &str, body: &Map<String, Value>) -> Result<Vec<Fact>, TillError> {
        let mut facts = Vec::new();
        for (name, value) in body {
            self.add(&mut facts, kind, body, name, value)?;
        }
        Ok(facts)
    }

    /// Members flattened; lists of plain values in one line.
    fn add(
        &self,
        facts: &mut Vec<Fact>,
        kind: &str,
        body: &Map<String, Value>,
        name: &str,
        value: &Value,
    ) -> Result<(), TillError> {
        match value {
            Value::Null => {}
            // What a PIN is checked with is nobody's to read.
            _ if kind == "user" && name == "pin" => {}
            Value::Object(members) => {
                for (part, value) in members {
                    self.add(facts, kind, members, &format!("{name}.{part}"), value)?;
                }
            }
            Value::Array(values) if values.is_empty() => {}
            Value::Array(values) if values.iter().any(Value::is_object) => {
                for (n, value) in values.iter().enumerate().take(MOST_VALUES) {
                    self.add(facts, kind, body, &format!("{name}.{}", n + 1), value)?;
                }
            }
            Value::Array(values) => {
                let mut texts = Vec::new();
                for value in values.iter().take(MOST_VALUES) {
                    let text = text(value).unwrap_or_else(|| value.to_string());
                    texts.push(match reference(name) {
                        Some(other) => self.named(other, &text)?,
                        None => text,
                    });
                }
                if values.len() > MOST_VALUES {
                    texts.push("…".into());
                }
                let text = texts.join(", ");
                facts.push(Fact { name: name.into(), value: FactValue::Text { text } });
            }
            value => facts.push(Fact { name: name.into(), value: self.value(kind, body, name, value)? }),
        }
        Ok(())
    }

    fn value(
        &self,
        kind: &str,
        body: &Map<String, Value>,
        name: &str,
        value: &Value,
    ) -> Result<FactValue, TillError> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let own_currency = body.get("currency").and_then(text);
        let currency = || own_currency.clone().unwrap_or_else(|| self.currency.clone());
        Ok(match value {
            Value::Bool(is_set) => FactValue::Flag { is_set: *is_set },
            Value::Number(number) => match number.as_i64() {
                Some(at_ms) if last.ends_with("_ms") => FactValue::Time { at_ms },
                Some(minor) if last.ends_with("_minor") => {
                    // The rows of `currency` are keyed by it, and need not say it again.
                    let currency = if kind == "currency" { String::new() } else { currency() };
                    FactValue::Money { amount: super::amount(minor, &currency) }
                }
                _ => FactValue::Number { number: number.to_string() },
            },
            Value::String(text) if is_decimal(text) && is_price(last) => {
                FactValue::Price { price: text.clone(), currency: currency() }
            }
            Value::String(text) if is_decimal(text) && last.contains("percent") => {
                FactValue::Percent { percent: text.clone() }
            }
            Value::String(text) if is_decimal(text) && matches!(last, "quantity" | "rate" | "factor") => {
                FactValue::Number { number: text.clone() }
            }
            Value::String(text) => FactValue::Text {
                text: match reference(last).filter(|other| *other != kind) {
                    Some(other) => self.named(other, text)?,
                    None => text.clone(),
                },
            },
            other => FactValue::Text { text: other.to_string() },
        })
    }
}

fn reference(member: &str) -> Option<&'static str> {
    REFERENCES.iter().find(|(name, _)| *name == member).map(|(_, kind)| *kind)
}

fn is_price(member: &str) -> bool {
    member == "price" || member.ends_with("_price")
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|letter: char| letter.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

//! What was ever published: documents are held to some version of it.
//!
//! A document does not say which version of a row it was made by: a held sale keeps the terms of the day it
//! was begun, and a restored back office counts its generations anew. So a figure is right if one of the
//! versions explains it; of a kind of which no row was given nothing is asked.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::{
    documents::{Rate, Step, read_decimal},
    exact::{Fraction, Way},
};

/// Every version of every row there was, by kind and key.
#[derive(Debug, Clone, Default)]
pub struct Published {
    rows: BTreeMap<String, BTreeMap<String, Vec<Value>>>,
}

/// How cash of a currency is rounded.
#[derive(Debug, Clone, Copy, Default)]
pub struct CashRule {
    /// The smallest coin.
    pub step_minor: i64,
    /// Which way what lies between goes.
    pub way: Way,
    /// Exact coins are taken as they are.
    pub takes_exact: bool,
    /// What would round to nothing is one step.
    pub at_least_a_step: bool,
}

impl CashRule {
    /// What must be added to an amount so that coins can pay it.
    pub fn of(&self, due_minor: i64) -> i64 {
        if self.step_minor <= 1 {
            return 0;
        }
        let mut steps = Fraction::new(due_minor.into(), self.step_minor.into()).to_whole(self.way);
        if steps == 0 && self.at_least_a_step {
            steps = due_minor.signum();
        }
        steps * self.step_minor - due_minor
    }
}

impl Published {
    /// Takes a row in.
    pub fn add(&mut self, kind: &str, key: &str, body: Value) {
        let versions = self.rows.entry(kind.into()).or_default().entry(key.into()).or_default();
        if versions.last() != Some(&body) {
            versions.push(body);
        }
    }

    fn versions(&self, kind: &str, key: &str) -> &[Value] {
        self.rows.get(kind).and_then(|rows| rows.get(key)).map_or(&[], Vec::as_slice)
    }

    fn knows(&self, kind: &str) -> bool {
        self.rows.contains_key(kind)
    }

    /// How cash of a currency is or was rounded.
    pub fn cash_rules(&self, currency: &str) -> Vec<CashRule> {
        let rule = |body: &Value| CashRule {
            step_minor: body["cash_step_minor"].as_i64().unwrap_or(1),
            way: match body["cash_rounding"].as_str() {
                Some("half_even") => Way::HalfEven,
                Some("up") => Way::Up,
                Some("down") => Way::Down,
                _ => Way::HalfAwayFromZero,
            },
            takes_exact: body["exact_cash"] == true,
            at_least_a_step: body["round_up_to_step"] == true,
        };
        let rules: Vec<CashRule> = self.versions("currency", currency).iter().map(rule).collect();
        if rules.is_empty() { vec![CashRule::default()] } else { rules }
    }

    /// Whether an item ever had this price.
    pub fn has_price(&self, item: &str, price: Decimal) -> bool {
        let is_price = |body: &Value| decimal(&body["price"]) == Some(price);
        let prices = self.rows.get("price").into_iter().flat_map(BTreeMap::values).flatten();
        !self.knows("item")
            || self.versions("item", item).iter().any(is_price)
            || prices.filter(|body| body["item"] == item).any(is_price)
    }

    /// Whether a rate was ever this.
    pub fn has_vat(&self, rate: &Rate) -> bool {
        let is_rate = |body: &Value| {
            decimal(&body["percent"]) == Some(rate.percent) && body["category"] == rate.category.as_str()
        };
        !self.knows("vat_rate") || self.versions("vat_rate", &rate.rate).iter().any(is_rate)
    }

    /// Whether a tender was ever of this kind and currency.
    pub fn has_tender(&self, tender: &str, kind: &str, currency: &str) -> bool {
        let is_tender = |body: &Value| body["kind"] == kind && body["currency"] == currency;
        !self.knows("tender") || self.versions("tender", tender).iter().any(is_tender)
    }

    /// Whether a currency was ever worth this.
    pub fn has_rate(&self, currency: &str, rate: Decimal) -> bool {
        let mut rates = self.rows.get("exchange_rate").into_iter().flat_map(BTreeMap::values).flatten();
        !self.knows("exchange_rate")
            || rates.any(|body| body["currency"] == currency && decimal(&body["rate"]) == Some(rate))
    }

    /// Whether a promotion that takes off a line by itself takes this off what `left_minor` is left of it.
    /// Its amounts may be of a currency that has ended since, so many of which are one of the new.
    /// Of one over several lines only its bounds are known here.
    pub fn explains(
        &self,
        step: &Step,
        quantity: Decimal,
        left_minor: i64,
        decimals: u32,
        old_for_one: Option<Decimal>,
    ) -> bool {
        let minor = step.amount_minor.unwrap_or(0);
        if !(0..=left_minor.max(0)).contains(&minor) {
            return false;
        }
        let at = |price: Decimal| Fraction::product(quantity, price, decimals).rounded();
        // A price that was turned over has as many decimals as its line needs, six at most.
        let now = |price: Decimal| {
            let changed = old_for_one.into_iter().flat_map(move |rate| {
                let with =
                    move |scale| Decimal::new(Fraction::price_by_rate(price, rate, scale).rounded(), scale);
                (decimals..=6).map(with)
            });
            std::iter::once(price).chain(changed)
        };
        let gives = |body: &Value| {
            let gives = &body["gives"];
            if let Some(percent) = decimal(&gives["percent_off"]) {
                return minor == Fraction::percent(left_minor, percent).rounded();
            }
            if let Some(amount) = decimal(&gives["amount_off"]) {
                return now(amount).any(|amount| minor == at(amount).min(left_minor));
            }
            match decimal(&gives["fixed_price"]) {
                Some(price) => now(price).any(|price| minor == (left_minor - at(price)).max(0)),
                None => true,
            }
        };
        let key = step.promotion.as_deref().unwrap_or_default();
        !self.knows("promotion") || self.versions("promotion", key).iter().any(gives)
    }
}

fn decimal(value: &Value) -> Option<Decimal> {
    read_decimal(value.as_str()?)
}

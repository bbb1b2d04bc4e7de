//! A sale, a return or a void by itself: lines, VAT, tenders, change and cash rounding.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{
    Fault, Judge,
    documents::{Document, Line, Money, Rate, Tender, Vat},
    exact::{Fraction, exponent, largest_remainders},
    published::{CashRule, Published},
};

/// Judges what a sale or a return says by itself; `decimals` are those of its currency.
pub fn judge(judge: &mut Judge, document: &Document, money: &Money, decimals: u32, published: &Published) {
    let is_sale = document.kind == "sale";
    for (at, line) in money.lines.iter().enumerate() {
        let old_for_one = money.changeover.as_ref().map(|changeover| changeover.rate);
        judge_line(judge, at, line, (is_sale, decimals, old_for_one), published);
        // A price of a currency that has ended is published in that currency only.
        let listed = line.trace.first().filter(|step| step.step == "list" && money.changeover.is_none());
        if let Some(price) = listed.and_then(|step| step.price).filter(|_| is_sale || line.origin.is_none()) {
            let is_published = published.has_price(&line.item, price);
            judge.holds(is_published, Fault::Unpublished(format!("price of line {at}")), price);
        }
        let is_published = published.has_vat(&line.vat);
        judge.holds(is_published, Fault::Unpublished(format!("VAT of line {at}")), &line.vat.rate);
    }
    if is_sale {
        judge_shares(judge, &money.lines);
    }
    let total_minor = judge_vat(judge, money);
    judge.equal(Fault::Total, total_minor, document.total_minor);
    for (at, tender) in money.tenders.iter().enumerate() {
        judge_tender(judge, at, tender, (document, money, decimals), published);
    }
    let paid: i64 = money.tenders.iter().map(|tender| tender.home_minor).sum();
    judge.equal(Fault::Balance, document.total_minor + money.rounding_minor, paid - money.change_minor);
    if is_sale {
        judge_change(judge, document, money, published);
    } else {
        judge.equal(Fault::Change, 0, money.change_minor);
    }
    let allowed = match is_sale {
        true => rounding_of_sale(document, money, published),
        false => rounding_of_return(document, money, decimals, published),
    };
    judge.one_of(Fault::Rounding, &allowed, money.rounding_minor);
    let on_account = money.tenders.iter().any(|tender| tender.kind == "customer_credit");
    judge.holds(!on_account || money.customer.is_some(), Fault::CustomerMissing, "nobody's account");
}

fn judge_line(
    judge: &mut Judge,
    at: usize,
    line: &Line,
    (is_sale, decimals, old_for_one): (bool, u32, Option<Decimal>),
    published: &Published,
) {
    let price = line.trace.iter().filter_map(|step| step.price).next_back();
    judge.equal(Fault::Price(at), price.map(|price| price.to_string()), Some(line.unit_price.to_string()));
    let first = line.trace.first().map_or("", |step| step.step.as_str());
    judge.holds(matches!(first, "list" | "local_edit"), Fault::Trace(at), first);
    let base_minor = Fraction::product(line.quantity, line.unit_price, decimals).rounded();
    let mut left_minor = base_minor;
    for step in &line.trace {
        let Some(minor) = step.amount_minor else { continue };
        if is_sale {
            let is_explained = match step.step.as_str() {
                "promotion" => published.explains(step, line.quantity, left_minor, decimals, old_for_one),
                _ => (0..=left_minor.max(0)).contains(&minor),
            };
            judge.holds(is_explained, Fault::Step(at, step.step.clone()), minor);
        }
        left_minor -= minor;
    }
    judge.equal(Fault::Discount(at), base_minor - left_minor, line.discount_minor);
    judge.equal(Fault::Gross(at), left_minor, line.gross_minor);
}

/// The discount of a receipt is shared by what its lines come to.
fn judge_shares(judge: &mut Judge, lines: &[Line]) {
    let share_of = |line: &Line| -> i64 {
        let steps = line.trace.iter().filter(|step| step.step == "receipt_discount");
        steps.filter_map(|step| step.amount_minor).sum()
    };
    let shares: Vec<i64> = lines.iter().map(share_of).collect();
    let total: i64 = shares.iter().sum();
    // Nothing is taken off a deposit.
    let weight =
        |(line, share): (&Line, &i64)| if line.deposit { 0 } else { (line.gross_minor + share).max(0) };
    let weights: Vec<i64> = lines.iter().zip(&shares).map(weight).collect();
    let all: i64 = weights.iter().sum();
    if total == 0 || all == 0 {
        return;
    }
    let exact: Vec<Fraction> = weights
        .iter()
        .map(|weight| Fraction::new(i128::from(total) * i128::from(*weight), all.into()))
        .collect();
    for (at, (expected, share)) in largest_remainders(total, &exact).into_iter().zip(shares).enumerate() {
        judge.equal(Fault::Share(at), expected, share);
    }
}

/// VAT is computed once a rate; of lines that come back it is the part of their sale's. Returns the total.
fn judge_vat(judge: &mut Judge, money: &Money) -> i64 {
    let mut computed: BTreeMap<&Rate, i64> = BTreeMap::new();
    let mut parts: BTreeMap<&Rate, (i64, i64)> = BTreeMap::new();
    for line in &money.lines {
        let sum = computed.entry(&line.vat).or_default();
        match line.vat_minor {
            Some(vat_minor) => {
                let part = parts.entry(&line.vat).or_default();
                *part = (part.0 + line.gross_minor, part.1 + vat_minor);
            }
            None => *sum += line.gross_minor,
        }
    }
    let mut stated: BTreeMap<&Rate, &Vat> = BTreeMap::new();
    for vat in &money.vat {
        judge.holds(stated.insert(&vat.rate, vat).is_none(), Fault::Vat(name(&vat.rate), "entries"), 2);
    }
    let mut total_minor = 0;
    for (rate, amount_minor) in computed {
        let (part_minor, part_vat) = parts.get(rate).copied().unwrap_or_default();
        let vat_minor = Fraction::vat(amount_minor, rate.percent, money.is_included()).rounded() + part_vat;
        let amount_minor = amount_minor + part_minor;
        let (net_minor, gross_minor) = match money.is_included() {
            true => (amount_minor - vat_minor, amount_minor),
            false => (amount_minor, amount_minor + vat_minor),
        };
        total_minor += gross_minor;
        let stands = stated.remove(rate);
        judge.equal(Fault::Vat(name(rate), "tax"), Some(vat_minor), stands.map(|vat| vat.vat_minor));
        judge.equal(Fault::Vat(name(rate), "net"), Some(net_minor), stands.map(|vat| vat.net_minor));
        judge.equal(Fault::Vat(name(rate), "gross"), Some(gross_minor), stands.map(|vat| vat.gross_minor));
    }
    for rate in stated.keys() {
        judge.holds(false, Fault::Vat(name(rate), "entries"), "no line has it");
    }
    total_minor
}

/// A rate as differences name it.
pub fn name(rate: &Rate) -> String {
    format!("{} {} {}", rate.rate, rate.percent, rate.category)
}

fn judge_tender(
    judge: &mut Judge,
    at: usize,
    tender: &Tender,
    (document, money, decimals): (&Document, &Money, u32),
    published: &Published,
) {
    let is_sale = document.kind == "sale";
    let is_signed = if is_sale { tender.amount_minor > 0 } else { tender.amount_minor <= 0 };
    judge.holds(is_signed, Fault::Sign(at), tender.amount_minor);
    let is_published = published.has_tender(&tender.tender, &tender.kind, &tender.currency);
    judge.holds(is_published, Fault::Unpublished(format!("tender {at}")), &tender.tender);
    if tender.currency == document.currency {
        judge.holds(tender.rate.is_none(), Fault::TenderRate(at), "a rate of its own currency");
        return judge.equal(Fault::TenderValue(at), tender.amount_minor, tender.home_minor);
    }
    let (Some(rate), Some(own)) = (tender.rate, exponent(&tender.currency)) else {
        return judge.holds(false, Fault::TenderRate(at), &tender.currency);
    };
    if money.changeover.is_none() {
        judge.holds(published.has_rate(&tender.currency, rate), Fault::TenderRate(at), rate);
    }
    let value = Fraction::times_rate(tender.amount_minor, own, rate, decimals).rounded();
    let mut allowed = vec![value];
    match &money.changeover {
        // What was paid before the currency ended is worth what the law says.
        Some(changeover) if is_sale && changeover.from == tender.currency => {
            allowed = vec![Fraction::by_rate(tender.amount_minor, own, changeover.rate, decimals).rounded()];
        }
        // What was foreign before is turned over twice.
        Some(_) if is_sale => allowed.extend([value - 1, value + 1]),
        _ if !is_sale && !coins_of(tender, decimals, published).is_empty() => allowed.push(tender.home_minor),
        _ => {}
    }
    judge.one_of(Fault::TenderValue(at), &allowed, tender.home_minor);
}

/// What rounding to coins adds to a foreign refund, in the document's currency: one of these. None of them
/// if the amount does not follow from any share of what is due.
fn coins_of(tender: &Tender, decimals: u32, published: &Published) -> Vec<i64> {
    let (Some(rate), Some(own)) = (tender.rate, exponent(&tender.currency)) else { return Vec::new() };
    let value = |minor| Fraction::times_rate(minor, own, rate, decimals).rounded();
    let rules = match tender.kind.as_str() {
        "cash" => published.cash_rules(&tender.currency),
        _ => vec![CashRule::default()],
    };
    let mut coins = Vec::new();
    for rule in rules {
        for added in -rule.step_minor..=rule.step_minor {
            let (amount, home) = (-tender.amount_minor, -tender.home_minor);
            let exact = Fraction::by_rate(home - value(added), decimals, rate, own).rounded();
            let is_alone = rule.of(exact) == added && exact + added == amount;
            // Parts are rounded together: one of them may be a cent and a coin off what it would be alone.
            let is_coins = tender.kind != "cash" || rule.takes_exact || amount % rule.step_minor.max(1) == 0;
            if is_alone || ((exact + added - amount).abs() <= 1 && is_coins) {
                coins.push(value(added));
            }
        }
    }
    // Or a person named the amount, and it is worth what it is worth.
    if value(tender.amount_minor) == tender.home_minor {
        coins.push(0);
    }
    coins
}

fn is_home_cash(document: &Document, tender: &Tender) -> bool {
    tender.kind == "cash" && tender.currency == document.currency
}

fn judge_change(judge: &mut Judge, document: &Document, money: &Money, published: &Published) {
    let changeable = money.tenders.iter().filter(|tender| tender.gives_change);
    let changeable: i64 = changeable.map(|tender| tender.home_minor).sum();
    let paid_out = (-document.total_minor - money.rounding_minor).max(0);
    judge.holds((0..=changeable + paid_out).contains(&money.change_minor), Fault::Change, money.change_minor);
    if document.total_minor < 0 {
        let goods = money.lines.iter().find(|line| line.quantity.is_sign_negative() && !line.deposit);
        judge.holds(goods.is_none(), Fault::PaidOut, document.total_minor);
    }
    let Some(given_from) = &money.change_tender else {
        return judge.equal(Fault::Change, 0, money.change_minor);
    };
    judge.holds(money.change_minor != 0, Fault::ChangeTender, given_from);
    match money.tenders.iter().find(|tender| is_home_cash(document, tender)) {
        Some(cash) => judge.equal(Fault::ChangeTender, &cash.tender, given_from),
        None => {
            let is_cash = published.has_tender(given_from, "cash", &document.currency);
            let is_other = money.tenders.iter().any(|tender| tender.tender == *given_from);
            judge.holds(is_cash && !is_other, Fault::ChangeTender, given_from);
        }
    }
}

/// Only what is left for cash is rounded.
fn rounding_of_sale(document: &Document, money: &Money, published: &Published) -> Vec<i64> {
    let home = |is_cash: bool| -> i64 {
        let of = |tender: &&Tender| is_home_cash(document, tender) == is_cash;
        money.tenders.iter().filter(of).map(|tender| tender.home_minor).sum()
    };
    let (cash, rest) = (home(true), document.total_minor - home(false));
    let gives_change = money.tenders.iter().any(|tender| tender.gives_change && tender.home_minor > 0);
    let is_cash = cash > 0 || (rest < 0 && (gives_change || document.total_minor < 0));
    let by = |rule: CashRule| {
        let rounding = rule.of(rest);
        if rule.takes_exact && cash == rest {
            0
        } else if is_cash || (rest > 0 && rounding == -rest) {
            rounding
        } else {
            0
        }
    };
    published.cash_rules(&document.currency).into_iter().map(by).collect()
}

/// What goes back in cash is rounded: of the document's currency in it, of another one by what that is worth.
fn rounding_of_return(document: &Document, money: &Money, decimals: u32, published: &Published) -> Vec<i64> {
    let (mut others, mut cash) = (0, 0);
    let mut foreign = vec![0];
    for tender in &money.tenders {
        if is_home_cash(document, tender) {
            cash -= tender.home_minor;
            continue;
        }
        others -= tender.home_minor;
        if tender.rate.is_some() {
            let coins = coins_of(tender, decimals, published);
            foreign = foreign.iter().flat_map(|sum| coins.iter().map(move |added| sum + added)).collect();
        }
    }
    let is_part = money.lines.iter().any(|line| line.origin.is_some());
    let mut allowed = Vec::new();
    for added in foreign {
        // What is left for cash of the document's currency, before its coins.
        let due = -document.total_minor - (others - added);
        for rule in published.cash_rules(&document.currency) {
            let home = if rule.takes_exact && cash == due { 0 } else { rule.of(due) };
            // Parts of a sale are rounded together: one of them may be a coin off what it would be alone.
            let is_coins = cash % rule.step_minor.max(1) == 0 && (cash - due).abs() <= rule.step_minor;
            if cash == due + home || (is_part && is_coins) {
                allowed.push(-(added + cash - due));
            }
        }
    }
    allowed
}

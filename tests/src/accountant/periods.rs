//! Drawers and closures: what an enrolment has recorded since its last Z.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::{
    Fault, Judge,
    documents::{Closure, Document, Money, Movement, Rate, Sums, Vat},
    money::name,
};

/// What a person counted: minor units by tender and currency.
pub type Count = BTreeMap<(String, String), i64>;

/// The figures of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many of each kind: `sale`, `return`, `void`, and `cancelled`.
    pub counts: BTreeMap<&'static str, u64>,
    /// What documents come to, by their currency.
    pub sums: BTreeMap<String, CurrencySums>,
    /// What each drawer should hold, by tender and currency.
    pub drawers: BTreeMap<(String, String), i64>,
    /// Cash movements, by kind and currency: how many, and what they sum to.
    pub movements: BTreeMap<(String, String), (u64, i64)>,
    /// Turnover of this and every period before, by currency.
    pub perpetual: BTreeMap<String, i64>,
}

/// What the documents of a currency come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CurrencySums {
    /// Turnover.
    pub gross_minor: i64,
    /// Discounts.
    pub discount_minor: i64,
    /// Cash rounding.
    pub rounding_minor: i64,
    /// By rate: net, VAT, gross.
    pub vat: BTreeMap<Rate, (i64, i64, i64)>,
}

/// An enrolment, from its last Z on.
#[derive(Debug, Default)]
pub struct Period {
    figures: Figures,
    hashes: Vec<u8>,
    seqs: Vec<u64>,
    numbers: Option<(String, String)>,
    /// Whether every document of it says what documents of today say.
    is_of_today: bool,
    /// 1, 2, …; `None` if the enrolment was met in its middle.
    z: Option<u64>,
}

impl Period {
    /// The first of an enrolment, if this is its first document; else nothing is known of what was before.
    pub fn first(seq: u64) -> Period {
        Period { is_of_today: true, z: (seq == 1).then_some(1), ..Period::default() }
    }

    /// The figures so far: an X.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// A sale, a return or a void.
    pub fn add_money(&mut self, document: &Document, money: &Money) {
        self.is_of_today &= money.paper.is_some();
        let kind = match document.kind.as_str() {
            "sale" => "sale",
            "return" => "return",
            _ => "void",
        };
        *self.figures.counts.entry(kind).or_default() += 1;
        let number = document.number.clone();
        self.numbers = Some((self.numbers.take().map_or(number.clone(), |(first, _)| first), number));
        let sums = self.figures.sums.entry(document.currency.clone()).or_default();
        sums.gross_minor += document.total_minor;
        sums.rounding_minor += money.rounding_minor;
        sums.discount_minor += money.lines.iter().map(|line| line.discount_minor).sum::<i64>();
        for vat in &money.vat {
            let sum = sums.vat.entry(vat.rate.clone()).or_default();
            *sum = (sum.0 + vat.net_minor, sum.1 + vat.vat_minor, sum.2 + vat.gross_minor);
        }
        *self.figures.perpetual.entry(document.currency.clone()).or_default() += document.total_minor;
        for tender in &money.tenders {
            self.put(&tender.tender, &tender.currency, tender.amount_minor);
        }
        if let Some(given_from) = &money.change_tender {
            self.put(given_from, &document.currency, -money.change_minor);
        }
    }

    /// Cash in or out.
    pub fn add_movement(&mut self, movement: &Movement) {
        let moved = (movement.movement.clone(), movement.currency.clone());
        let (count, sum) = self.figures.movements.entry(moved).or_default();
        (*count, *sum) = (*count + 1, *sum + movement.amount_minor);
        self.put(&movement.tender, &movement.currency, movement.amount_minor);
    }

    /// A sale that was given up.
    pub fn add_cancelled(&mut self) {
        *self.figures.counts.entry("cancelled").or_default() += 1;
    }

    /// Every document, whatever it is.
    pub fn list(&mut self, seq: u64, hash: &[u8]) {
        self.seqs.push(seq);
        self.hashes.extend_from_slice(hash);
    }

    fn put(&mut self, tender: &str, currency: &str, minor: i64) {
        *self.figures.drawers.entry((tender.into(), currency.into())).or_default() += minor;
    }

    /// Judges a Z or an X, whose own currency this is.
    pub fn judge(&self, judge: &mut Judge, closure: &Closure, home: &str, counted: Option<&Count>) {
        let (totals, figures) = (&closure.totals, &self.figures);
        let count = |kind| figures.counts.get(kind).copied().unwrap_or(0);
        for (what, kind, stands) in [
            ("sales", "sale", totals.sales),
            ("returns", "return", totals.returns),
            ("voids", "void", totals.voids),
            ("sales given up", "cancelled", totals.cancelled),
        ] {
            judge.equal(Fault::Closure(what.into()), count(kind), stands);
        }
        if let Some(z) = self.z {
            judge.equal(Fault::Closure("number".into()), z, closure.z);
        }
        self.judge_list(judge, closure);
        self.judge_sums(judge, closure, home);
        let mut moved = figures.movements.clone();
        for stands in &totals.movements {
            let what = Fault::Closure(format!("{} {}", stands.movement, stands.currency));
            let expected = moved.remove(&(stands.movement.clone(), stands.currency.clone()));
            judge.equal(what, expected.unwrap_or_default(), (stands.count, stands.amount_minor));
        }
        for ((movement, currency), sum) in moved {
            judge.equal(Fault::Closure(format!("{movement} {currency}")), sum, (0, 0));
        }
        self.judge_drawers(judge, closure, counted);
    }

    fn judge_list(&self, judge: &mut Judge, closure: &Closure) {
        let hash: String = Sha256::digest(&self.hashes).iter().map(|byte| format!("{byte:02x}")).collect();
        judge.equal(Fault::Closure("hash of its documents".into()), &hash, &closure.documents_hash);
        let listed = closure.documents.iter().flat_map(|of| &of.ranges).flat_map(|(from, to)| *from..=*to);
        let is_all = listed.eq(self.seqs.iter().copied());
        judge.holds(is_all, Fault::Closure("documents".into()), format!("{:?}", closure.documents));
        let shown = |numbers: &Option<(String, String)>| {
            numbers.as_ref().map_or(String::new(), |(first, last)| format!("{first} to {last}"))
        };
        judge.equal(Fault::Closure("numbers".into()), shown(&self.numbers), shown(&closure.receipts));
    }

    fn judge_sums(&self, judge: &mut Judge, closure: &Closure, home: &str) {
        let totals = &closure.totals;
        let is_mixed = self.figures.sums.keys().any(|currency| currency != home);
        if is_mixed && !self.is_of_today && totals.other_currencies.is_empty() {
            // Before November 2026 all currencies stood in one sum.
            let all: i64 = self.figures.sums.values().map(|sums| sums.gross_minor).sum();
            return judge.equal(Fault::Closure("turnover".into()), all, totals.own.gross_minor);
        }
        let mut others: BTreeMap<&str, &Sums> =
            totals.other_currencies.iter().map(|other| (other.currency.as_str(), &other.sums)).collect();
        judge.equal(Fault::Closure("currencies".into()), totals.other_currencies.len(), others.len());
        judge.holds(others.insert(home, &totals.own).is_none(), Fault::Closure("currencies".into()), home);
        let nothing = CurrencySums::default();
        let currencies: BTreeSet<&str> =
            self.figures.perpetual.keys().map(String::as_str).chain(others.keys().copied()).collect();
        for currency in currencies {
            let expected = self.figures.sums.get(currency).unwrap_or(&nothing);
            let fault = |what: &str| Fault::Closure(format!("{what} {currency}"));
            let Some(stands) = others.get(currency) else {
                judge.holds(false, fault("sums"), "it is not named");
                continue;
            };
            judge.equal(fault("turnover"), expected.gross_minor, stands.gross_minor);
            judge.equal(fault("discounts"), expected.discount_minor, stands.discount_minor);
            judge.equal(fault("rounding"), expected.rounding_minor, stands.rounding_minor);
            if self.z.is_some() {
                let perpetual = self.figures.perpetual.get(currency).copied().unwrap_or(0);
                judge.equal(fault("perpetual sum"), perpetual, stands.perpetual_minor);
            }
            judge_vat(judge, currency, &expected.vat, &stands.vat);
        }
    }

    fn judge_drawers(&self, judge: &mut Judge, closure: &Closure, counted: Option<&Count>) {
        let mut drawers = self.figures.drawers.clone();
        let mut counted = counted.cloned();
        for stands in &closure.totals.tenders {
            let key = (stands.tender.clone(), stands.currency.clone());
            let fault = |what: &str| Fault::Drawer(format!("{} {} {what}", stands.tender, stands.currency));
            let expected = drawers.remove(&key).unwrap_or(0);
            judge.equal(fault("should hold"), expected, stands.expected_minor);
            let difference = stands.counted_minor.map(|counted| counted - expected);
            judge.equal(fault("difference"), difference, stands.difference_minor);
            let pieces: i64 = stands.pieces.iter().map(|piece| piece.count * piece.face_minor).sum();
            judge.at_most(fault("coins and notes"), stands.counted_minor.unwrap_or(0), pieces);
            if let Some(counted) = &mut counted {
                judge.equal(fault("counted"), counted.remove(&key), stands.counted_minor);
            }
        }
        for ((tender, currency), expected) in drawers {
            let fault = Fault::Drawer(format!("{tender} {currency} should hold"));
            judge.equal(fault, Some(expected), None);
        }
        for ((tender, currency), minor) in counted.into_iter().flatten() {
            judge.equal(Fault::Drawer(format!("{tender} {currency} counted")), Some(minor), None);
        }
    }

    /// What comes after a Z.
    pub fn after(&self, closure: &Closure, home: &str) -> Period {
        let mut figures = Figures::default();
        figures.perpetual = match self.z {
            Some(_) => self.figures.perpetual.clone(),
            // Of an enrolment met in its middle its first Z is believed.
            None => {
                let others = closure.totals.other_currencies.iter();
                let others = others.map(|other| (other.currency.clone(), other.sums.perpetual_minor));
                others.chain([(home.to_string(), closure.totals.own.perpetual_minor)]).collect()
            }
        };
        Period { figures, z: Some(closure.z + 1), is_of_today: true, ..Period::default() }
    }
}

fn judge_vat(judge: &mut Judge, currency: &str, expected: &BTreeMap<Rate, (i64, i64, i64)>, stands: &[Vat]) {
    let mut left = expected.clone();
    for vat in stands {
        let fault = |what| Fault::Vat(format!("{} {currency}", name(&vat.rate)), what);
        let (net, tax, gross) = left.remove(&vat.rate).unwrap_or_default();
        judge.equal(fault("net"), net, vat.net_minor);
        judge.equal(fault("tax"), tax, vat.vat_minor);
        judge.equal(fault("gross"), gross, vat.gross_minor);
    }
    for rate in left.keys() {
        judge.holds(false, Fault::Vat(format!("{} {currency}", name(rate)), "entries"), "it is not named");
    }
}

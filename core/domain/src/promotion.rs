//! Promotions: what is taken off by rule. One engine, for the till and the back office alike.
//!
//! A line carries the rules that covered it when it was added; what they take off depends on the
//! whole cart, and [`taken_off`] is a pure function of it. How it chooses:
//!
//! - A line has one promotion that does not combine, or all of those that do, whichever is more.
//! - Promotions of a line by itself (percent, amount, fixed price) are weighed line by line.
//! - Promotions over several lines (n for m, second at, amount once) come after those, the one that
//!   saves the customer most first, if it saves more than what its lines have already. The lines it
//!   counts are its own: they take no other that does not combine.
//! - What saves the same is decided by the higher priority, then by the smaller key.
//!
//! So nobody pays more than with any one promotion that does not combine alone. It is no search over
//! all ways to share a cart among promotions: two smaller ones over several lines may now and then
//! come to more than the larger one that was chosen.
//!
//! What a promotion takes off a line by itself is rounded there; what it takes off several lines is
//! rounded once and shared by largest remainder. No line goes below zero.

use std::{cmp::Reverse, fmt, str::FromStr};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    money::{Currency, MoneyError, add, split_minor, sum},
    numbers::{Percent, Quantity, UnitPrice},
    rounding::Rounding,
};

/// A rule, as a line carries it. Two lines are counted together if theirs are the same in every member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// Its key.
    pub key: String,
    /// As printed.
    pub name: String,
    /// What it gives.
    pub gives: Gives,
    /// The higher one comes first where two take off the same.
    #[serde(default)]
    pub priority: i32,
    /// Whether it is given on top of others that combine.
    #[serde(default)]
    pub combines: bool,
    /// Of its goods at least so much must be in the cart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_quantity: Option<Quantity>,
    /// Its goods must come to at least this before promotions, minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_minor: Option<i64>,
}

impl Promotion {
    /// That gives this on every line that carries it, on top of nothing else.
    pub fn new(key: &str, name: &str, gives: Gives) -> Promotion {
        Promotion {
            key: key.into(),
            name: name.into(),
            gives,
            priority: 0,
            combines: false,
            minimum_quantity: None,
            minimum_minor: None,
        }
    }
}

/// What a promotion gives. Quantities are counted in whole units of each line: 2.5 kg are two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gives {
    /// Hundredths off each line.
    PercentOff(Percent),
    /// So much off each unit, and parts of a unit in proportion.
    AmountOff(UnitPrice),
    /// Each unit at this price, where it is less than the line's own.
    FixedPrice(UnitPrice),
    /// Off all its goods together, once a receipt, minor units.
    #[serde(rename = "amount_off_once_minor")]
    AmountOffOnce(i64),
    /// `n` units for the price of `m`: dearest first, of every `n` the cheapest are free.
    NForM {
        /// So many are taken.
        n: u32,
        /// So many are paid.
        m: u32,
    },
    /// Dearest first, every second unit at this percentage of its price.
    SecondAt(Percent),
}

impl Gives {
    /// Whether it can be given: nothing negative, `n` for less than `n`.
    pub fn is_possible(&self) -> bool {
        match self {
            Gives::PercentOff(percent) => !percent.is_zero(),
            Gives::AmountOff(amount) => !amount.is_negative() && !amount.is_zero(),
            Gives::FixedPrice(price) => !price.is_negative(),
            Gives::AmountOffOnce(minor) => *minor > 0,
            Gives::NForM { n, m } => m < n && *n <= 1_000,
            Gives::SecondAt(_) => true,
        }
    }
}

/// A time of day to the minute: `00:00` to `24:00`.
///
/// ```
/// # use tillkit_domain::promotion::DayTime;
/// let four: DayTime = "16:00".parse()?;
/// assert_eq!((four.minutes(), four.to_string()), (960, "16:00".into()));
/// assert!("7:5".parse::<DayTime>().is_err());
/// # Ok::<(), tillkit_domain::MoneyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayTime(u16);

impl DayTime {
    /// Minutes since midnight.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl FromStr for DayTime {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<DayTime, MoneyError> {
        let two = |digits: &str| {
            let is_plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|_| is_plain)
        };
        let read = text.split_once(':').and_then(|(hour, minute)| Some((two(hour)?, two(minute)?)));
        match read {
            Some((hour, minute)) if minute < 60 && hour * 60 + minute <= 24 * 60 => {
                Ok(DayTime(hour * 60 + minute))
            }
            _ => Err(MoneyError::NotANumber { text: text.into(), what: "time of day like 16:00" }),
        }
    }
}

impl fmt::Display for DayTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for DayTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DayTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A line of a cart, as the engine sees it.
#[derive(Debug, Clone, Copy)]
pub struct Goods<'a> {
    /// Key of the item.
    pub item: &'a str,
    /// How much; what is not positive has no promotion.
    pub quantity: Quantity,
    /// What it comes to before promotions, minor units.
    pub value_minor: i64,
    /// The rules that it carries.
    pub promotions: &'a [Promotion],
}

/// What a promotion takes off a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOff {
    /// Its key.
    pub promotion: String,
    /// As printed.
    pub name: String,
    /// Minor units; positive on a sale.
    pub minor: i64,
}

/// What promotions take off each line of a cart, in the order of its lines; see the module.
///
/// The sum does not depend on the order of the lines, if equal items carry equal rules.
///
/// # Errors
/// [`MoneyError::TooLarge`].
pub fn taken_off(cart: &[Goods<'_>], currency: Currency) -> Result<Vec<Vec<TakenOff>>, MoneyError> {
    let rules = rules_of(cart)?;
    let mut lines = Vec::with_capacity(cart.len());
    for (index, goods) in cart.iter().enumerate() {
        lines.push(Line::weighed(goods, rules.iter().filter(|rule| rule.lines.contains(&index)), currency)?);
    }
    let mut open: Vec<&Rule<'_>> = rules.iter().filter(|rule| !rule.is_by_line()).collect();
    while let Some((rule, offer)) = best_offer(&open, cart, &lines)? {
        open.retain(|other| other.rank != rule.rank);
        for (index, minor) in offer.parts {
            if let Some(line) = lines.get_mut(index) {
                line.take(rule, minor);
            }
        }
    }
    let name = |part: &Part| {
        let rule = rules.get(part.rank)?.promotion;
        Some(TakenOff { promotion: rule.key.clone(), name: rule.name.clone(), minor: part.minor })
    };
    let parts = |line: Line| line.parts().iter().filter(|part| part.minor != 0).filter_map(name).collect();
    Ok(lines.into_iter().map(parts).collect())
}

/// A rule that some lines carry, and its place: by priority, then key.
struct Rule<'a> {
    promotion: &'a Promotion,
    rank: usize,
    lines: std::collections::BTreeSet<usize>,
}

impl Rule<'_> {
    fn is_by_line(&self) -> bool {
        matches!(self.promotion.gives, Gives::PercentOff(_) | Gives::AmountOff(_) | Gives::FixedPrice(_))
    }
}

/// The rules whose minimum the cart reaches, the first one first.
fn rules_of<'a>(cart: &[Goods<'a>]) -> Result<Vec<Rule<'a>>, MoneyError> {
    let mut rules: Vec<Rule<'a>> = Vec::new();
    for (index, goods) in cart.iter().enumerate() {
        if goods.quantity.is_negative() || goods.quantity.is_zero() || goods.value_minor <= 0 {
            continue;
        }
        for promotion in goods.promotions.iter().filter(|promotion| promotion.gives.is_possible()) {
            match rules.iter_mut().find(|rule| rule.promotion == promotion) {
                Some(rule) => drop(rule.lines.insert(index)),
                None => rules.push(Rule { promotion, rank: 0, lines: [index].into() }),
            }
        }
    }
    let mut reached = Vec::with_capacity(rules.len());
    for rule in rules {
        let goods = || rule.lines.iter().filter_map(|index| cart.get(*index));
        let value_minor = sum(goods().map(|goods| goods.value_minor))?;
        let quantity: Decimal = goods().map(|goods| goods.quantity.to_decimal()).sum();
        let Promotion { minimum_quantity, minimum_minor, .. } = rule.promotion;
        let is_enough = minimum_quantity.is_none_or(|least| quantity >= least.to_decimal());
        if is_enough && minimum_minor.is_none_or(|least| value_minor >= least) {
            reached.push(rule);
        }
    }
    reached.sort_by_key(|rule| (Reverse(rule.promotion.priority), rule.promotion.key.clone()));
    for (rank, rule) in reached.iter_mut().enumerate() {
        rule.rank = rank;
    }
    Ok(reached)
}

/// What a rule takes off a line.
#[derive(Debug, Clone, Copy)]
struct Part {
    rank: usize,
    minor: i64,
}

/// A line while promotions are chosen for it.
struct Line {
    value_minor: i64,
    /// All that combine, each on what those before it left.
    stack: Vec<Part>,
    /// The best of those that do not.
    alone: Option<Part>,
    is_taken: Taken,
}

/// Whether a promotion over several lines counts this one.
#[derive(PartialEq)]
enum Taken {
    No,
    /// One that combines: more of these may come.
    Stacked,
    /// One that does not: `alone` is it.
    Alone,
}

impl Line {
    /// With what rules give for the line by itself.
    fn weighed<'a>(
        goods: &Goods<'_>,
        rules: impl Iterator<Item = &'a Rule<'a>>,
        currency: Currency,
    ) -> Result<Line, MoneyError> {
        let value_minor = goods.value_minor;
        let mut line = Line { value_minor, stack: Vec::new(), alone: None, is_taken: Taken::No };
        for rule in rules.filter(|rule| rule.is_by_line()) {
            let gives = rule.promotion.gives;
            if rule.promotion.combines {
                let minor = off_line(gives, goods.quantity, value_minor - line.stacked(), currency)?;
                line.stack.push(Part { rank: rule.rank, minor });
            } else {
                let minor = off_line(gives, goods.quantity, value_minor, currency)?;
                if minor > line.alone.map_or(0, |part| part.minor) {
                    line.alone = Some(Part { rank: rule.rank, minor });
                }
            }
        }
        Ok(line)
    }

    fn stacked(&self) -> i64 {
        self.stack.iter().map(|part| part.minor).sum()
    }

    /// Whether it stands alone what this line has now.
    fn is_alone(&self) -> bool {
        let Some(alone) = self.alone else { return false };
        let first = self.stack.iter().find(|part| part.minor != 0).map_or(usize::MAX, |part| part.rank);
        match self.is_taken {
            Taken::Alone => true,
            Taken::Stacked => false,
            Taken::No => (alone.minor, Reverse(alone.rank)) > (self.stacked(), Reverse(first)),
        }
    }

    fn parts(&self) -> &[Part] {
        if self.is_alone() { self.alone.as_slice() } else { &self.stack }
    }

    fn taken_off(&self) -> i64 {
        self.parts().iter().map(|part| part.minor).sum()
    }

    fn take(&mut self, rule: &Rule<'_>, minor: i64) {
        let part = Part { rank: rule.rank, minor };
        if rule.promotion.combines {
            self.stack.push(part);
            self.is_taken = Taken::Stacked;
        } else {
            self.alone = Some(part);
            self.is_taken = Taken::Alone;
        }
    }

    /// Whether a rule over several lines may count it; if it is to spare what others give already.
    fn is_free(&self, rule: &Rule<'_>, is_sparing: bool) -> bool {
        match (&self.is_taken, rule.promotion.combines) {
            (Taken::Alone, _) | (Taken::Stacked, false) => false,
            (Taken::Stacked, true) => true,
            (Taken::No, true) => !is_sparing || !self.is_alone(),
            (Taken::No, false) => !is_sparing || self.taken_off() == 0,
        }
    }
}

/// Off one line by itself; never more than its value.
fn off_line(
    gives: Gives,
    quantity: Quantity,
    value_minor: i64,
    currency: Currency,
) -> Result<i64, MoneyError> {
    let at = |price: UnitPrice| {
        let exact = quantity.to_decimal().checked_mul(price.to_decimal()).ok_or(MoneyError::TooLarge)?;
        Rounding::HalfAwayFromZero.to_minor(exact, currency)
    };
    Ok(match gives {
        Gives::PercentOff(percent) => {
            let exact = Decimal::from(value_minor) * percent.to_decimal() / Decimal::ONE_HUNDRED;
            Rounding::HalfAwayFromZero.to_whole(exact)?
        }
        Gives::AmountOff(amount) => at(amount)?.min(value_minor),
        Gives::FixedPrice(price) => (value_minor - at(price)?).max(0),
        Gives::AmountOffOnce(_) | Gives::NForM { .. } | Gives::SecondAt(_) => 0,
    })
}

/// What a rule would take off each line that it counts, and how much more that is than they have.
struct Offer {
    gain_minor: i64,
    parts: Vec<(usize, i64)>,
}

fn best_offer<'a>(
    open: &[&'a Rule<'a>],
    cart: &[Goods<'_>],
    lines: &[Line],
) -> Result<Option<(&'a Rule<'a>, Offer)>, MoneyError> {
    let mut best: Option<(&Rule<'_>, Offer)> = None;
    for rule in open {
        // Over what no other reduces; or over all its goods, which then lose what they have.
        for is_sparing in [true, false] {
            let offer = offer(rule, cart, lines, is_sparing)?;
            if offer.gain_minor > best.as_ref().map_or(0, |(_, best)| best.gain_minor) {
                best = Some((rule, offer));
            }
        }
    }
    Ok(best)
}

fn offer(rule: &Rule<'_>, cart: &[Goods<'_>], lines: &[Line], is_sparing: bool) -> Result<Offer, MoneyError> {
    let kept = |line: &Line| if rule.promotion.combines { line.stacked() } else { 0 };
    let mut pool = Vec::with_capacity(rule.lines.len());
    for index in &rule.lines {
        let (Some(goods), Some(line)) = (cart.get(*index), lines.get(*index)) else { continue };
        let value_minor = line.value_minor - kept(line);
        if line.is_free(rule, is_sparing) && value_minor > 0 {
            pool.push(Pooled { index: *index, item: goods.item, quantity: goods.quantity, value_minor });
        }
    }
    // By what they are, not by when they were added.
    pool.sort_by(|one, other| {
        let dearer = other.unit_value().cmp(&one.unit_value());
        dearer.then_with(|| (one.item, one.quantity).cmp(&(other.item, other.quantity)))
    });
    let parts = match rule.promotion.gives {
        Gives::AmountOffOnce(minor) => once(&pool, minor)?,
        Gives::NForM { n, m } => {
            sets(&pool, u64::from(n), u64::from(n.saturating_sub(m)), Decimal::ONE_HUNDRED)?
        }
        Gives::SecondAt(percent) => sets(&pool, 2, 1, Decimal::ONE_HUNDRED - percent.to_decimal())?,
        Gives::PercentOff(_) | Gives::AmountOff(_) | Gives::FixedPrice(_) => Vec::new(),
    };
    let mut gain_minor = 0;
    for (index, minor) in &parts {
        let Some(line) = lines.get(*index) else { continue };
        gain_minor = add(gain_minor, kept(line) + minor - line.taken_off())?;
    }
    Ok(Offer { gain_minor, parts })
}

/// A line that is counted with others.
struct Pooled<'a> {
    index: usize,
    item: &'a str,
    quantity: Quantity,
    value_minor: i64,
}

impl Pooled<'_> {
    /// The quantity is never zero.
    fn unit_value(&self) -> Decimal {
        Decimal::from(self.value_minor).checked_div(self.quantity.to_decimal()).unwrap_or_default()
    }
}

fn once(pool: &[Pooled<'_>], minor: i64) -> Result<Vec<(usize, i64)>, MoneyError> {
    let weights: Vec<u64> = pool.iter().map(|line| line.value_minor.unsigned_abs()).collect();
    let all_minor = sum(pool.iter().map(|line| line.value_minor))?;
    if all_minor == 0 {
        return Ok(Vec::new());
    }
    let shares = split_minor(minor.min(all_minor), &weights)?;
    Ok(pool.iter().map(|line| line.index).zip(shares).collect())
}

/// Of every `n` units, dearest first, the last `reduced` lose `percent`. Names each line that stands
/// in a complete set, also where it loses nothing.
fn sets(
    pool: &[Pooled<'_>],
    n: u64,
    reduced: u64,
    percent: Decimal,
) -> Result<Vec<(usize, i64)>, MoneyError> {
    let units = |line: &Pooled<'_>| line.quantity.to_decimal().trunc().to_u64().unwrap_or(0);
    let in_sets = pool.iter().map(units).sum::<u64>() / n * n;
    // How many of the first `count` units are reduced.
    let reduced_of = |count: u64| count / n * reduced + (count % n).saturating_sub(n - reduced);
    let (mut counted, mut exact) = (0, Vec::new());
    for line in pool {
        let (from, to) = (counted, (counted + units(line)).min(in_sets));
        if to <= from {
            continue;
        }
        counted = to;
        let count = Decimal::from(reduced_of(to) - reduced_of(from));
        let off = Decimal::from(line.value_minor).checked_mul(count).and_then(|off| off.checked_mul(percent));
        let of = line.quantity.to_decimal() * Decimal::ONE_HUNDRED;
        exact.push((line.index, off.and_then(|off| off.checked_div(of)).ok_or(MoneyError::TooLarge)?));
    }
    round_together(&exact)
}

/// Rounds the sum once; minor units that do not divide go one each to the largest remainders.
fn round_together(exact: &[(usize, Decimal)]) -> Result<Vec<(usize, i64)>, MoneyError> {
    let all: Decimal = exact.iter().map(|(_, part)| *part).sum();
    let mut parts = Vec::with_capacity(exact.len());
    for (index, part) in exact {
        parts.push((*index, part.floor().to_i64().ok_or(MoneyError::TooLarge)?));
    }
    let missing = Rounding::HalfAwayFromZero.to_whole(all)? - sum(parts.iter().map(|(_, minor)| *minor))?;
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| Reverse(exact.get(*at).map(|(_, part)| part.fract())));
    for at in order.into_iter().take(usize::try_from(missing).unwrap_or(0)) {
        if let Some((_, minor)) = parts.get_mut(at) {
            *minor += 1;
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn percent(key: &str, percent: &str) -> Promotion {
        Promotion::new(key, key, Gives::PercentOff(percent.parse().unwrap()))
    }

    fn n_for_m(key: &str, n: u32, m: u32) -> Promotion {
        Promotion::new(key, key, Gives::NForM { n, m })
    }

    fn goods<'a>(item: &'a str, quantity: &str, value_minor: i64, promotions: &'a [Promotion]) -> Goods<'a> {
        Goods { item, quantity: quantity.parse().unwrap(), value_minor, promotions }
    }

    /// What each line loses, by promotion.
    fn off(cart: &[Goods<'_>]) -> Vec<Vec<(String, i64)>> {
        let lines = taken_off(cart, Currency::GBP).unwrap().into_iter();
        lines.map(|parts| parts.into_iter().map(|part| (part.promotion, part.minor)).collect()).collect()
    }

    fn one(key: &str, minor: i64) -> Vec<(String, i64)> {
        vec![(key.into(), minor)]
    }

    #[test]
    fn a_line_has_the_better_of_two_that_do_not_combine() {
        let rules = [percent("five", "5"), percent("ten", "10")];
        assert_eq!(off(&[goods("tea", "2", 5_10, &rules)]), [one("ten", 51)]);
    }

    #[test]
    fn what_combines_comes_off_what_is_left_if_that_is_more() {
        let stacked = |key, off| Promotion { combines: true, ..percent(key, off) };
        let rules = [stacked("a", "10"), stacked("b", "10"), percent("alone", "15")];
        let parts = off(&[goods("tea", "1", 10_00, &rules)]);
        assert_eq!(parts, [vec![("a".to_string(), 1_00), ("b".to_string(), 90)]]);
    }

    #[test]
    fn three_for_two_makes_the_cheapest_of_each_three_free_across_lines() {
        let rules = [n_for_m("3for2", 3, 2)];
        let cart = [goods("tea", "2", 6_00, &rules), goods("pen", "2", 2_00, &rules)];
        // Dearest first: 3.00, 3.00, 1.00 are a set; the last pen stands alone.
        assert_eq!(off(&cart), [vec![], one("3for2", 1_00)]);
    }

    #[test]
    fn the_second_at_half_price_is_the_cheaper_of_two() {
        let rules = [Promotion::new("half", "half", Gives::SecondAt("50".parse().unwrap()))];
        let cart = [goods("tea", "1", 3_00, &rules), goods("mug", "1", 5_00, &rules)];
        assert_eq!(off(&cart), [one("half", 1_50), vec![]]);
    }

    #[test]
    fn an_amount_off_once_is_shared_and_never_more_than_the_goods() {
        let rules = [Promotion::new("fiver", "fiver", Gives::AmountOffOnce(5_00))];
        let cart = [goods("tea", "1", 1_00, &rules), goods("mug", "1", 2_00, &rules)];
        assert_eq!(off(&cart), [one("fiver", 1_00), one("fiver", 2_00)]);
    }

    #[test]
    fn a_minimum_that_is_not_reached_gives_nothing() {
        let rules = [Promotion { minimum_minor: Some(10_00), ..percent("ten", "10") }];
        assert_eq!(off(&[goods("tea", "1", 9_99, &rules)]), [vec![]]);
        assert_eq!(off(&[goods("tea", "1", 10_00, &rules)]), [one("ten", 1_00)]);
    }

    #[test]
    fn a_fixed_price_only_ever_lowers() {
        let rules = [Promotion::new("at2", "at2", Gives::FixedPrice("2".parse().unwrap()))];
        assert_eq!(off(&[goods("tea", "3", 7_50, &rules)]), [one("at2", 1_50)]);
        assert_eq!(off(&[goods("pen", "3", 3_00, &rules)]), [vec![]]);
    }

    #[test]
    fn a_promotion_over_lines_takes_a_line_from_a_smaller_one_of_its_own() {
        let rules = [percent("five", "5"), n_for_m("2for1", 2, 1)];
        assert_eq!(off(&[goods("tea", "2", 10_00, &rules)]), [one("2for1", 5_00)]);
    }

    fn rule() -> impl Strategy<Value = Promotion> {
        let gives = prop_oneof![
            (1u32..100).prop_map(|percent| Gives::PercentOff(percent.to_string().parse().unwrap())),
            (1u32..500).prop_map(|minor| {
                Gives::AmountOff(Decimal::new(minor.into(), 2).to_string().parse().unwrap())
            }),
            (0u32..500).prop_map(|minor| {
                Gives::FixedPrice(Decimal::new(minor.into(), 2).to_string().parse().unwrap())
            }),
            (1i64..2_000).prop_map(Gives::AmountOffOnce),
            (2u32..5, 0u32..2).prop_map(|(n, m)| Gives::NForM { n, m }),
            (0u32..100).prop_map(|percent| Gives::SecondAt(percent.to_string().parse().unwrap())),
        ];
        (gives, 0i32..3, any::<bool>()).prop_map(|(gives, priority, combines)| Promotion {
            priority,
            combines,
            ..Promotion::new("", "rule", gives)
        })
    }

    proptest! {
        #[test]
        fn no_line_goes_below_zero_and_the_order_of_lines_does_not_matter(
            rules in prop::collection::vec(rule(), 0..5),
            lines in prop::collection::vec((0usize..4, 1u32..6, any::<u8>()), 1..8),
            turn in any::<prop::sample::Index>(),
        ) {
            let rules: Vec<Promotion> = rules
                .into_iter()
                .enumerate()
                .map(|(index, rule)| Promotion { key: format!("r{index}"), ..rule })
                .collect();
            // What an item costs and which rules cover it is the item's, not the line's.
            let covered: Vec<Vec<Promotion>> = (0..4)
                .map(|item| {
                    let is_covered = |index: &usize| !(index + item).is_multiple_of(3);
                    (0..rules.len()).filter(is_covered).map(|index| rules[index].clone()).collect()
                })
                .collect();
            let prices = [99i64, 2_55, 4_00, 12_49];
            let names = ["a", "b", "c", "d"];
            let mut cart: Vec<Goods<'_>> = lines
                .iter()
                .map(|(item, quantity, _)| Goods {
                    item: names[*item],
                    quantity: (*quantity).into(),
                    value_minor: prices[*item] * i64::from(*quantity),
                    promotions: &covered[*item],
                })
                .collect();
            let first = taken_off(&cart, Currency::GBP).unwrap();
            for (goods, parts) in cart.iter().zip(&first) {
                let off: i64 = parts.iter().map(|part| part.minor).sum();
                prop_assert!((0..=goods.value_minor).contains(&off), "{off} of {}", goods.value_minor);
            }
            let all = |lines: &[Vec<TakenOff>]| lines.iter().flatten().map(|part| part.minor).sum::<i64>();
            let turn = turn.index(cart.len());
            cart.rotate_left(turn);
            prop_assert_eq!(all(&first), all(&taken_off(&cart, Currency::GBP).unwrap()));
        }
    }
}

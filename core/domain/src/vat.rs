//! VAT: computed per rate over the whole receipt, so that the breakdown sums to the total by construction.

use std::fmt;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::{
    money::{Currency, MoneyError, add},
    numbers::Percent,
    rounding::Rounding,
};

/// Why a rate is what it is: EN 16931, code list UNTDID 5305. All zero rates are not equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum VatCategory {
    /// Standard and reduced rates.
    S,
    /// Zero rated.
    Z,
    /// Exempt.
    E,
    /// Reverse charge.
    AE,
    /// Intra-community supply.
    K,
    /// Export outside the EU.
    G,
    /// Outside the scope of VAT.
    O,
    /// Canary Islands (IGIC).
    L,
    /// Ceuta and Melilla (IPSI).
    M,
}

/// A rate, as it stands on a line: frozen when the line was added.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VatRate {
    /// Key of the `vat_rate`.
    pub id: String,
    /// Percent.
    pub percent: Percent,
    /// Category.
    pub category: VatCategory,
}

/// Whether prices include VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VatMode {
    /// They do: what the customer sees is what is paid.
    #[default]
    Included,
    /// VAT comes on top.
    Excluded,
}

impl fmt::Display for VatMode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            VatMode::Included => "with VAT in the prices",
            VatMode::Excluded => "without VAT in the prices",
        })
    }
}

/// When VAT becomes chargeable, and so which rate a line has (VAT Directive 2006/112/EC, Art. 63 and 93).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxPoint {
    /// When the sale is completed: a sale that was held takes the rate of the day it is recalled.
    #[default]
    Completion,
    /// When the goods are handed over: a tab keeps the rate of each round.
    Supply,
}

/// One rate's part of a receipt, minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatLine {
    /// The rate.
    pub rate: VatRate,
    /// Without VAT.
    pub net_minor: i64,
    /// The VAT.
    pub vat_minor: i64,
    /// Net plus VAT.
    pub gross_minor: i64,
}

/// Sums amounts by rate and takes the VAT of each sum once, rounded half away from zero.
///
/// `amounts` are line totals: with VAT when the mode is [`VatMode::Included`], without it otherwise.
///
/// # Errors
/// [`MoneyError::TooLarge`].
///
/// ```
/// # use tillkit_domain::{vat::breakdown, Currency, VatCategory, VatMode, VatRate};
/// let rate = VatRate { id: "std".into(), percent: "17.5".parse()?, category: VatCategory::S };
/// let lines = breakdown([(&rate, 15_30), (&rate, 20_34)], VatMode::Included, Currency::GBP)?;
/// assert_eq!((lines[0].gross_minor, lines[0].vat_minor), (35_64, 5_31));
/// # Ok::<(), tillkit_domain::MoneyError>(())
/// ```
pub fn breakdown<'a>(
    amounts: impl IntoIterator<Item = (&'a VatRate, i64)>,
    mode: VatMode,
    currency: Currency,
) -> Result<Vec<VatLine>, MoneyError> {
    let mut sums: Vec<(&VatRate, i64)> = Vec::new();
    for (rate, amount) in amounts {
        #[cfg(tillkit_defects)]
        if crate::defects::is("VAT per line instead of per rate") {
            sums.push((rate, amount));
            continue;
        }
        match sums.iter_mut().find(|(known, _)| *known == rate) {
            Some((_, sum)) => *sum = add(*sum, amount)?,
            None => sums.push((rate, amount)),
        }
    }
    let lines = sums.into_iter().map(|(rate, amount)| vat_line(rate, amount, mode, currency));
    #[cfg(tillkit_defects)]
    if crate::defects::is("VAT per line instead of per rate") {
        return together(lines.collect::<Result<_, _>>()?);
    }
    lines.collect()
}

#[cfg(tillkit_defects)]
fn together(lines: Vec<VatLine>) -> Result<Vec<VatLine>, MoneyError> {
    let mut rates: Vec<VatLine> = Vec::new();
    for line in lines {
        match rates.iter_mut().find(|known| known.rate == line.rate) {
            Some(known) => {
                known.net_minor = add(known.net_minor, line.net_minor)?;
                known.vat_minor = add(known.vat_minor, line.vat_minor)?;
                known.gross_minor = add(known.gross_minor, line.gross_minor)?;
            }
            None => rates.push(line),
        }
    }
    Ok(rates)
}

/// Shares the VAT of a receipt among its lines: each line's part of its rate's VAT, minor units.
///
/// Each part is rounded down, and what is missing goes one unit each to the largest remainders, earlier
/// lines first on a tie (Hamilton 1792). So the parts of a rate sum to the VAT that the receipt states.
///
/// `amounts` are line totals as [`breakdown`] takes them; `vat` is what it returned.
///
/// # Errors
/// [`MoneyError::TooLarge`].
///
/// ```
/// # use tillkit_domain::{vat::{breakdown, shares}, Currency, VatCategory, VatMode, VatRate};
/// let rate = VatRate { id: "std".into(), percent: "20".parse()?, category: VatCategory::S };
/// let amounts = [(&rate, 1), (&rate, 1), (&rate, 1)];
/// let vat = breakdown(amounts, VatMode::Included, Currency::GBP)?;
/// assert_eq!(shares(&amounts, &vat, VatMode::Included)?, [1, 0, 0]);
/// # Ok::<(), tillkit_domain::MoneyError>(())
/// ```
pub fn shares(amounts: &[(&VatRate, i64)], vat: &[VatLine], mode: VatMode) -> Result<Vec<i64>, MoneyError> {
    let mut parts = vec![0; amounts.len()];
    for stated in vat {
        let base = base_of(&stated.rate, mode);
        let mut remainders: Vec<(Decimal, usize)> = Vec::new();
        let mut missing = stated.vat_minor;
        for (index, (_, amount_minor)) in
            amounts.iter().enumerate().filter(|(_, (rate, _))| **rate == stated.rate)
        {
            let product = Decimal::from(*amount_minor) * stated.rate.percent.to_decimal();
            let whole = (product / base).floor();
            let part = whole.to_i64().ok_or(MoneyError::TooLarge)?;
            missing = add(missing, -part)?;
            if let Some(place) = parts.get_mut(index) {
                *place = part;
            }
            // A quotient is cut after 28 digits, and a third of more is then less than a third of less.
            remainders.push((product - whole * base, index));
        }
        remainders.sort_by_key(|(remainder, index)| (std::cmp::Reverse(*remainder), *index));
        for (_, index) in remainders.into_iter().take(usize::try_from(missing).unwrap_or(0)) {
            if let Some(place) = parts.get_mut(index) {
                *place += 1;
            }
        }
    }
    Ok(parts)
}

/// What amounts of a rate are divided by: a hundred, or with the VAT in them a hundred and the percentage.
fn base_of(rate: &VatRate, mode: VatMode) -> Decimal {
    match mode {
        VatMode::Included => Decimal::ONE_HUNDRED + rate.percent.to_decimal(),
        VatMode::Excluded => Decimal::ONE_HUNDRED,
    }
}

fn vat_line(
    rate: &VatRate,
    amount_minor: i64,
    mode: VatMode,
    currency: Currency,
) -> Result<VatLine, MoneyError> {
    let amount = Decimal::new(amount_minor, currency.exponent());
    let exact = amount * rate.percent.to_decimal() / base_of(rate, mode);
    let vat_minor = Rounding::HalfAwayFromZero.to_minor(exact, currency)?;
    let (net_minor, gross_minor) = match mode {
        VatMode::Included => (add(amount_minor, -vat_minor)?, amount_minor),
        VatMode::Excluded => (amount_minor, add(amount_minor, vat_minor)?),
    };
    Ok(VatLine { rate: rate.clone(), net_minor, vat_minor, gross_minor })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(percent: &str) -> VatRate {
        VatRate { id: percent.into(), percent: percent.parse().unwrap(), category: VatCategory::S }
    }

    #[test]
    fn a_receipt_is_rounded_once_a_rate_not_once_a_line() {
        let rate = rate("20");
        let lines =
            breakdown([(&rate, 1), (&rate, 1), (&rate, 1)], VatMode::Included, Currency::GBP).unwrap();
        assert_eq!((lines.len(), lines[0].vat_minor), (1, 1));
    }

    #[test]
    fn of_equal_remainders_the_earlier_line_has_the_larger_share() {
        let rate = rate("20");
        let amounts = [99_22, 83_72, 15_80, 50_23, 100_46].map(|amount| (&rate, amount));
        let vat = breakdown(amounts, VatMode::Included, Currency::GBP).unwrap();
        assert_eq!(shares(&amounts, &vat, VatMode::Included).unwrap(), [16_54, 13_96, 2_63, 8_37, 16_74]);
    }

    #[test]
    fn excluded_vat_comes_on_top() {
        let lines = breakdown([(&rate("21"), 100_00)], VatMode::Excluded, Currency::EUR).unwrap();
        assert_eq!((lines[0].net_minor, lines[0].vat_minor, lines[0].gross_minor), (100_00, 21_00, 121_00));
    }

    proptest! {
        #[test]
        fn net_and_vat_are_the_gross_and_a_return_mirrors_its_sale(
            amounts in prop::collection::vec((0usize..3, -1_000_000i64..1_000_000), 0..30),
            is_included in any::<bool>(),
        ) {
            let rates = [rate("0"), rate("17.5"), rate("5")];
            let mode = if is_included { VatMode::Included } else { VatMode::Excluded };
            let lines = |sign: i64| {
                let amounts = amounts.iter().map(|(index, amount)| (&rates[*index], amount * sign));
                breakdown(amounts, mode, Currency::GBP).unwrap()
            };
            for (line, mirrored) in lines(1).iter().zip(lines(-1)) {
                prop_assert_eq!(line.net_minor + line.vat_minor, line.gross_minor);
                prop_assert_eq!(line.vat_minor, -mirrored.vat_minor);
            }
            let of_lines: Vec<(&VatRate, i64)> =
                amounts.iter().map(|(index, amount)| (&rates[*index], *amount)).collect();
            let parts = shares(&of_lines, &lines(1), mode).unwrap();
            for vat in lines(1) {
                let of_rate = of_lines.iter().zip(&parts).filter(|((rate, _), _)| **rate == vat.rate);
                prop_assert_eq!(of_rate.map(|(_, part)| part).sum::<i64>(), vat.vat_minor);
            }
            if is_included {
                let total: i64 = amounts.iter().map(|(_, amount)| amount).sum();
                prop_assert_eq!(lines(1).iter().map(|line| line.gross_minor).sum::<i64>(), total);
            }
        }
    }
}

//! VAT: computed per rate over the whole receipt, so that the breakdown sums to the total by construction.

use rust_decimal::Decimal;
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
        match sums.iter_mut().find(|(known, _)| *known == rate) {
            Some((_, sum)) => *sum = add(*sum, amount)?,
            None => sums.push((rate, amount)),
        }
    }
    sums.into_iter().map(|(rate, amount)| vat_line(rate, amount, mode, currency)).collect()
}

fn vat_line(
    rate: &VatRate,
    amount_minor: i64,
    mode: VatMode,
    currency: Currency,
) -> Result<VatLine, MoneyError> {
    let (percent, hundred) = (rate.percent.to_decimal(), Decimal::ONE_HUNDRED);
    let base = match mode {
        VatMode::Included => hundred + percent,
        VatMode::Excluded => hundred,
    };
    let amount = Decimal::new(amount_minor, currency.exponent());
    let vat_minor = Rounding::HalfAwayFromZero.to_minor(amount * percent / base, currency)?;
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
            if is_included {
                let total: i64 = amounts.iter().map(|(_, amount)| amount).sum();
                prop_assert_eq!(lines(1).iter().map(|line| line.gross_minor).sum::<i64>(), total);
            }
        }
    }
}

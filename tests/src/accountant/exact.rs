//! Exact arithmetic: fractions of whole numbers, rounded once, at the end.

use rust_decimal::Decimal;

/// Decimals of a currency's minor unit (ISO 4217); `None` of a currency this accountant does not know.
pub fn exponent(currency: &str) -> Option<u32> {
    Some(match currency {
        "JPY" | "KRW" | "ISK" | "VND" | "CLP" | "PYG" | "UGX" | "XAF" | "XOF" => 0,
        "KWD" | "BHD" | "OMR" | "JOD" | "TND" => 3,
        "GBP" | "EUR" | "CZK" | "CHF" | "SEK" | "NOK" | "DKK" | "PLN" | "HUF" | "RON" | "BGN" | "USD"
        | "CAD" | "AUD" | "NZD" | "TRY" | "UAH" | "RSD" | "MKD" | "ALL" | "BAM" | "MDL" | "INR" | "CNY" => 2,
        _ => return None,
    })
}

/// Which way a fraction goes to a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// To the nearest, halves away from zero.
    #[default]
    HalfAwayFromZero,
    /// To the nearest, halves to the even neighbour.
    HalfEven,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
}

/// A fraction of minor units; what is below the line is positive.
#[derive(Debug, Clone, Copy)]
pub struct Fraction {
    top: i128,
    bottom: i128,
}

impl Fraction {
    /// `top / bottom`.
    ///
    /// # Panics
    /// If `bottom` is zero.
    pub fn new(top: i128, bottom: i128) -> Fraction {
        assert!(bottom != 0, "nothing is divided by zero");
        Fraction { top: top * bottom.signum(), bottom: bottom.abs() }
    }

    /// quantity × price in minor units of a currency with so many decimals.
    pub fn product(quantity: Decimal, price: Decimal, decimals: u32) -> Fraction {
        Fraction::new(
            quantity.mantissa() * price.mantissa() * ten(decimals),
            ten(quantity.scale() + price.scale()),
        )
    }

    /// `minor` × `part` / `whole`.
    pub fn share(minor: i64, part: Decimal, whole: Decimal) -> Fraction {
        let part_top = part.mantissa() * ten(whole.scale());
        let whole_top = whole.mantissa() * ten(part.scale());
        Fraction::new(i128::from(minor) * part_top, whole_top)
    }

    /// Hundredths of an amount.
    pub fn percent(minor: i64, percent: Decimal) -> Fraction {
        Fraction::new(i128::from(minor) * percent.mantissa(), 100 * ten(percent.scale()))
    }

    /// The VAT of an amount: in it, or on top of it.
    pub fn vat(minor: i64, percent: Decimal, is_included: bool) -> Fraction {
        let hundred = 100 * ten(percent.scale());
        let bottom = if is_included { hundred + percent.mantissa() } else { hundred };
        Fraction::new(i128::from(minor) * percent.mantissa(), bottom)
    }

    /// An amount of a currency with `from` decimals × a rate, in minor units of one with `to` decimals.
    pub fn times_rate(minor: i64, from: u32, rate: Decimal, to: u32) -> Fraction {
        Fraction::new(i128::from(minor) * rate.mantissa() * ten(to), ten(from + rate.scale()))
    }

    /// The same divided by the rate.
    pub fn by_rate(minor: i64, from: u32, rate: Decimal, to: u32) -> Fraction {
        Fraction::new(i128::from(minor) * ten(to + rate.scale()), ten(from) * rate.mantissa())
    }

    /// A price divided by the rate, in minor units of a currency with so many decimals.
    pub fn price_by_rate(price: Decimal, rate: Decimal, decimals: u32) -> Fraction {
        Fraction::new(price.mantissa() * ten(decimals + rate.scale()), ten(price.scale()) * rate.mantissa())
    }

    /// The whole number below it.
    pub fn floor(self) -> i64 {
        minor(self.top.div_euclid(self.bottom))
    }

    /// To the nearest whole number, halves away from zero.
    pub fn rounded(self) -> i64 {
        self.to_whole(Way::HalfAwayFromZero)
    }

    /// To a whole number.
    pub fn to_whole(self, way: Way) -> i64 {
        let (whole, left) = (self.top.abs() / self.bottom, self.top.abs() % self.bottom);
        let is_up = match way {
            Way::HalfAwayFromZero => 2 * left >= self.bottom,
            Way::HalfEven => 2 * left > self.bottom || (2 * left == self.bottom && whole % 2 == 1),
            Way::Up => left > 0,
            Way::Down => false,
        };
        minor(self.top.signum() * (whole + i128::from(is_up)))
    }
}

/// Parts of `total` as near to these fractions, all of one denominator, as whole numbers can be: each is
/// rounded down, what is missing goes one each to the largest remainders, earlier ones first on a tie.
pub fn largest_remainders(total: i64, fractions: &[Fraction]) -> Vec<i64> {
    let mut parts: Vec<i64> = fractions.iter().map(|fraction| fraction.floor()).collect();
    let missing = usize::try_from(total - parts.iter().sum::<i64>()).unwrap_or(0);
    let mut places: Vec<usize> = (0..parts.len()).collect();
    let left = |place: &usize| fractions[*place].top.rem_euclid(fractions[*place].bottom);
    places.sort_by_key(|place| (-left(place), *place));
    for place in places.into_iter().take(missing) {
        parts[place] += 1;
    }
    parts
}

fn ten(power: u32) -> i128 {
    10i128.pow(power)
}

fn minor(whole: i128) -> i64 {
    i64::try_from(whole).expect("an amount of a shop")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    #[test]
    fn a_half_goes_away_from_zero_unless_another_way_is_named() {
        let half = |top| Fraction::new(top, 10);
        assert_eq!((half(25).rounded(), half(-25).rounded(), half(24).rounded()), (3, -3, 2));
        assert_eq!((half(25).to_whole(Way::HalfEven), half(35).to_whole(Way::HalfEven)), (2, 4));
        assert_eq!((half(-21).to_whole(Way::Up), half(-29).to_whole(Way::Down)), (-3, -2));
        assert_eq!((half(-1).floor(), half(19).floor()), (-1, 1));
    }

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        assert_eq!(Fraction::product(decimal("1.5"), decimal("2.55"), 2).rounded(), 383);
        assert_eq!(Fraction::product(decimal("1.5"), decimal("99"), 0).rounded(), 149);
        assert_eq!(Fraction::product(decimal("-3"), decimal("0.0015"), 3).rounded(), -5);
        assert_eq!((exponent("JPY"), exponent("KWD"), exponent("XYZ")), (Some(0), Some(3), None));
        assert_eq!(Fraction::times_rate(100, 2, decimal("0.8446"), 0).rounded(), 1);
        assert_eq!(Fraction::by_rate(10_00, 2, decimal("1.95583"), 2).rounded(), 5_11);
        assert_eq!(Fraction::price_by_rate(decimal("10.0"), decimal("1.95583"), 2).rounded(), 5_11);
    }

    #[test]
    fn vat_is_in_the_price_or_on_top() {
        assert_eq!(Fraction::vat(3_564, decimal("17.5"), true).rounded(), 5_31);
        assert_eq!(Fraction::vat(100_00, decimal("21"), false).rounded(), 21_00);
    }

    #[test]
    fn what_does_not_divide_goes_to_the_largest_remainders() {
        let thirds = [Fraction::new(100, 3), Fraction::new(100, 3), Fraction::new(100, 3)];
        assert_eq!(largest_remainders(100, &thirds), [34, 33, 33]);
        let mixed = [Fraction::new(-1, 6), Fraction::new(5, 6), Fraction::new(2, 6)];
        assert_eq!(largest_remainders(1, &mixed), [0, 1, 0]);
    }
}

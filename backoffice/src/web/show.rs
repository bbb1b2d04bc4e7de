//! How numbers, amounts and times look. The browser puts times into its own zone (`page.js`).

use tillkit_domain::{Currency, Money, UnitPrice};

/// Between groups of three digits: a narrow space that does not break.
const GROUP: char = '\u{202f}';

/// A time, as `<time datetime>` wants it.
pub(super) fn iso(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |time| time.to_string())
}

/// An amount without its currency.
pub(super) fn amount(minor: i64, currency: &str) -> String {
    match Currency::parse(currency) {
        Some(currency) => grouped(&Money::new(minor, currency).to_decimal().to_string()),
        None => grouped(&minor.to_string()),
    }
}

/// A price with at least the currency's decimals: `1.5` pounds are `1.50`.
pub(super) fn price(price: UnitPrice, currency: Option<Currency>) -> String {
    let mut decimal = price.to_decimal();
    let decimals = currency.map_or(0, Currency::exponent);
    if decimal.scale() < decimals {
        decimal.rescale(decimals);
    }
    decimal.to_string()
}

/// A count.
pub(super) fn count(count: u64) -> String {
    grouped(&count.to_string())
}

/// `1 row`, `2 rows`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

fn grouped(number: &str) -> String {
    let (whole, decimals) = number.split_at(number.find('.').unwrap_or(number.len()));
    let digits = whole.trim_start_matches('-');
    let mut text = whole[..whole.len() - digits.len()].to_string();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(GROUP);
        }
        text.push(digit);
    }
    text + decimals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_their_currencys_decimals_and_groups() {
        let cases = [
            (0, "GBP", "0.00"),
            (-5, "GBP", "-0.05"),
            (123_456_789, "EUR", "1\u{202f}234\u{202f}567.89"),
            (-100_000, "JPY", "-100\u{202f}000"),
            (1_500, "XXX?", "1\u{202f}500"),
        ];
        for (minor, currency, expected) in cases {
            assert_eq!(amount(minor, currency), expected, "{minor} {currency}");
        }
        assert_eq!(price("1.5".parse().unwrap(), Some(Currency::GBP)), "1.50");
        assert_eq!(price("0.1234".parse().unwrap(), Some(Currency::GBP)), "0.1234");
        assert_eq!(iso(1_291_192_020_000), "2010-12-01T08:27:00Z");
        assert_eq!(counted(1_000, "row", "rows"), "1\u{202f}000 rows");
    }
}

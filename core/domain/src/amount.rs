//! The one reader of numbers that a person types: amounts, prices, quantities.
//!
//! What leaves the till is plain decimal text ([`Money::parse`]); what comes from a keyboard is written in
//! the person's own way. A reader that guesses turns `1,250` into 1.25, so this one refuses what has two
//! readings and names both.
//!
//! - The locale's decimal sign is decimal, with at most the decimals there may be.
//! - The other one of `.` and `,` groups or is decimal. If both readings are possible it is refused with
//!   both, if one is possible it is that one.
//! - A space groups in every locale (ISO 80000-1, 7.3.1), an apostrophe where the locale has it.
//! - Groups have three digits; in India the last one has three and those before it two.
//! - Only the digits 0 to 9, and a minus in front.

use rust_decimal::Decimal;

use crate::{
    money::{Currency, Money, MoneyError},
    numbers::{Quantity, UnitPrice},
    text::fitted,
};

/// Why typed text is no number. Nothing was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmountError {
    /// It is empty, or something else than digits and signs stands in it.
    #[error("{text:?} is no number")]
    NotANumber {
        /// What was typed.
        text: String,
    },
    /// Its groups do not have three digits each, or different signs group it.
    #[error("{text:?} is not in groups of three digits")]
    WrongGroups {
        /// What was typed.
        text: String,
    },
    /// More decimals than there may be.
    #[error("{text:?} has more than {most} decimals")]
    TooManyDecimals {
        /// What was typed.
        text: String,
        /// How many there may be.
        most: u32,
    },
    /// Two people would read two numbers.
    #[error("{text} can be {} or {}: type {} or {}", grouped.shown, decimal.shown, grouped.typed, decimal.typed)]
    TwoReadings {
        /// What was typed.
        text: String,
        /// If its sign groups.
        grouped: Reading,
        /// If its sign is decimal.
        decimal: Reading,
    },
    /// It is a number beyond the limits.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// One of two readings, with the locale's decimal sign and without groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// With the currency's decimals: `1250.00`.
    pub shown: String,
    /// What has this reading alone: `1250`.
    pub typed: String,
}

/// Decimals of a quantity or a unit price, at most.
const MOST_DECIMALS: u32 = 6;
/// More of what was typed is not repeated in an error.
const SHOWN_CHARS: usize = 40;

impl Money {
    /// Reads an amount as a person of this locale (`en`, `cs-CZ`, `de_CH`) types it. An unknown locale is
    /// read like `en`.
    ///
    /// # Errors
    /// [`AmountError`]; [`AmountError::TwoReadings`] where the reader would have to guess.
    ///
    /// ```
    /// # use tillkit_domain::{AmountError, Currency, Money};
    /// assert_eq!(Money::read("1,250.00", "en", Currency::GBP)?.minor, 1250_00);
    /// assert_eq!(Money::read("1.250,00", "de", Currency::EUR)?.minor, 1250_00);
    /// let refused = Money::read("1,250", "en", Currency::GBP).unwrap_err();
    /// assert_eq!(refused.to_string(), "1,250 can be 1250.00 or 1.25: type 1250 or 1.25");
    /// # Ok::<(), AmountError>(())
    /// ```
    pub fn read(text: &str, locale: &str, currency: Currency) -> Result<Money, AmountError> {
        let scales = Scales { most: currency.exponent(), shown: currency.exponent() };
        Ok(Money::parse(&plain(text, locale, scales)?, currency)?)
    }
}

impl Quantity {
    /// Reads a quantity as a person of this locale types it.
    ///
    /// # Errors
    /// As [`Money::read`].
    ///
    /// ```
    /// # use tillkit_domain::Quantity;
    /// assert_eq!(Quantity::read("0,75", "cs")?.to_string(), "0.75");
    /// assert!(Quantity::read("1.250", "cs").is_err() && Quantity::read("1,250", "cs").is_ok());
    /// # Ok::<(), tillkit_domain::AmountError>(())
    /// ```
    pub fn read(text: &str, locale: &str) -> Result<Quantity, AmountError> {
        Ok(plain(text, locale, Scales { most: MOST_DECIMALS, shown: 0 })?.parse()?)
    }
}

impl UnitPrice {
    /// Reads the price of one unit as a person of this locale types it; it may have more decimals than
    /// the currency.
    ///
    /// # Errors
    /// As [`Money::read`].
    ///
    /// ```
    /// # use tillkit_domain::UnitPrice;
    /// assert_eq!(UnitPrice::read("0.0125", "en")?.to_string(), "0.0125");
    /// # Ok::<(), tillkit_domain::AmountError>(())
    /// ```
    pub fn read(text: &str, locale: &str) -> Result<UnitPrice, AmountError> {
        Ok(plain(text, locale, Scales { most: MOST_DECIMALS, shown: 0 })?.parse()?)
    }
}

/// How many decimals there may be, and how many a reading is shown with.
#[derive(Clone, Copy)]
struct Scales {
    most: u32,
    shown: u32,
}

/// Typed text as plain decimal text.
fn plain(text: &str, locale: &str, scales: Scales) -> Result<String, AmountError> {
    let signs = Signs::of(locale);
    let said = || fitted(text.trim(), SHOWN_CHARS).into_owned();
    let is_mark = |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}');
    let trimmed = text.trim_matches(|letter: char| letter.is_whitespace() || is_mark(letter));
    let unsigned = trimmed.strip_prefix(['-', '\u{2212}']).map(|rest| rest.trim_start_matches(is_mark));
    let (minus, number) = unsigned.map_or(("", trimmed), |rest| ("-", rest));
    let is_known = |letter: char| letter.is_ascii_digit() || letter == signs.decimal || signs.groups(letter);
    if number.is_empty() || !number.chars().all(is_known) {
        return Err(AmountError::NotANumber { text: said() });
    }
    let (whole, decimals) = match number.split_once(signs.decimal) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => match number.split_once(signs.other) {
            Some((whole, rest)) if rest.bytes().all(|byte| byte.is_ascii_digit()) => {
                if signs.is_group_of_three(whole, rest) {
                    let decimal = format!("{whole}.{rest}");
                    if !fits(&decimal, scales.most) {
                        return Ok(format!("{minus}{whole}{rest}"));
                    }
                    return Err(AmountError::TwoReadings {
                        text: said(),
                        grouped: signs.reading(&format!("{minus}{whole}{rest}"), scales.shown)?,
                        decimal: signs.reading(&format!("{minus}{decimal}"), scales.shown)?,
                    });
                }
                (whole, Some(rest))
            }
            _ => (number, None),
        },
    };
    let whole = signs.joined(whole).ok_or_else(|| AmountError::WrongGroups { text: said() })?;
    let Some(decimals) = decimals else { return Ok(format!("{minus}{whole}")) };
    if decimals.is_empty() || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AmountError::NotANumber { text: said() });
    }
    if decimals.len() > scales.most as usize {
        return Err(AmountError::TooManyDecimals { text: said(), most: scales.most });
    }
    Ok(format!("{minus}{whole}.{decimals}"))
}

/// Whether plain decimal text is a number of at most so many decimals; of none, a decimal sign is no part.
fn fits(plain: &str, most: u32) -> bool {
    most > 0 && Decimal::from_str_exact(plain).is_ok_and(|decimal| decimal.normalize().scale() <= most)
}

/// The signs of a locale, after the Unicode CLDR.
#[derive(Debug, PartialEq)]
struct Signs {
    decimal: char,
    /// The one of `.` and `,` that is not `decimal`.
    other: char,
    has_apostrophe: bool,
    has_pairs: bool,
}

// Locales and languages, after the Unicode CLDR; a test compares them with all of a crate that is too
// large for the phone. Those that write Arabic digits are read by the signs that they have with 0 to 9.
const COMMA: &str = "\
    af agq ar-DZ ar-LY ar-MA ar-TN ast az bas be bg br bs ca cs da de dsb dua dyo el en-AT en-BE en-DE \
    en-DK en-FI en-NL en-SE en-SI en-ZA eo es et eu ewo ff fi fo fr fur fy gl hr hsb hu hy ia id is it \
    jgo jv ka kab kea kk kkj kl km ksf ksh ku ky lb ln lo lt lu lv mgh mk ms-BN mua nb nl nmg nn nnh no \
    os pl pt qu-BO rn ro ru rw sah se seh sg shi sk sl smn sq sr sv sw-CD tg tk tr tt tzm uk uz vi wae \
    wo yav zgh";
const POINT: &str = "\
    de-CH de-LI es-419 es-BR es-BZ es-CU es-DO es-GT es-HN es-MX es-NI es-PA es-PE es-PR es-SV es-US \
    it-CH uz-Arab";
const APOSTROPHE: &str = "de-CH de-LI en-CH gsw it-CH rm wae";
const PAIRS: &str = "as bn brx ccp dz en-IN gu hi ks ml mr ne or pa ta te";

impl Signs {
    fn of(locale: &str) -> Signs {
        let tag = locale.split(['@', '.']).next().unwrap_or_default().trim().replace('_', "-");
        let is_in = |list: &str, tag: &str| list.split(' ').any(|one| one.eq_ignore_ascii_case(tag));
        // From the longest to the language alone.
        let cuts = tag.match_indices('-').map(|(at, _)| at).chain([tag.len()]).collect::<Vec<_>>();
        let tags: Vec<&str> = cuts.into_iter().rev().filter_map(|cut| tag.get(..cut)).collect();
        let is_of = |list: &str| tags.iter().any(|tag| is_in(list, tag));
        let by_comma = tags.iter().find(|tag| is_in(COMMA, tag) || is_in(POINT, tag));
        let (decimal, other) = match by_comma {
            Some(tag) if is_in(COMMA, tag) => (',', '.'),
            _ => ('.', ','),
        };
        Signs { decimal, other, has_apostrophe: is_of(APOSTROPHE), has_pairs: is_of(PAIRS) }
    }

    /// Whether a sign may stand between groups, apart from the decimal one.
    fn groups(&self, letter: char) -> bool {
        letter == self.other || is_space(letter) || (self.has_apostrophe && is_apostrophe(letter))
    }

    /// Whether one sign between these may be one that groups.
    fn is_group_of_three(&self, whole: &str, rest: &str) -> bool {
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        (1..=3).contains(&whole.len())
            && rest.len() == 3
            && are_digits(whole)
            && are_digits(rest)
            && !whole.starts_with('0')
    }

    /// Digits without the signs between their groups; `None` if the groups are wrong.
    fn joined(&self, whole: &str) -> Option<String> {
        let kind = |letter: char| match letter {
            letter if is_space(letter) => ' ',
            letter if is_apostrophe(letter) => '\'',
            letter => letter,
        };
        let signs: Vec<char> = whole.chars().filter(|letter| !letter.is_ascii_digit()).map(kind).collect();
        let groups: Vec<&str> = whole.split(|letter: char| !letter.is_ascii_digit()).collect();
        let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return None };
        if signs.is_empty() {
            return Some(whole.into());
        }
        let between = groups.get(1..groups.len().saturating_sub(1)).unwrap_or_default();
        let is_in_groups = |digits: usize| {
            (1..=digits).contains(&first.len())
                && last.len() == 3
                && between.iter().all(|group| group.len() == digits)
        };
        let is_right = is_in_groups(3) || (self.has_pairs && is_in_groups(2));
        let is_one_sign = signs.windows(2).all(|two| two.first() == two.last());
        (is_right && is_one_sign && !first.starts_with('0')).then(|| groups.concat())
    }

    fn reading(&self, plain: &str, decimals: u32) -> Result<Reading, MoneyError> {
        let mut decimal = Decimal::from_str_exact(plain).map_err(|_| MoneyError::TooLarge)?.normalize();
        let typed = decimal.to_string();
        if decimal.scale() < decimals {
            decimal.rescale(decimals);
        }
        let local = |text: String| if self.decimal == '.' { text } else { text.replace('.', ",") };
        Ok(Reading { shown: local(decimal.to_string()), typed: local(typed) })
    }
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\u{a0}' | '\u{202f}')
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '\u{2019}')
}

#[cfg(test)]
mod tests {
    use num_format::{Grouping, Locale};
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn read(text: &str, locale: &str, code: &str) -> Result<i64, AmountError> {
        Money::read(text, locale, currency(code)).map(|money| money.minor)
    }

    #[test]
    fn an_amount_is_read_as_its_locale_writes_it() {
        for (text, locale, code, minor) in [
            ("2.50", "en", "GBP", 2_50),
            (" 7 ", "en", "GBP", 7_00),
            ("\u{a0}7\t", "en", "GBP", 7_00),
            (".5", "en", "GBP", 50),
            ("-3.10", "en", "EUR", -3_10),
            ("\u{2212}3,10", "sv", "SEK", -3_10),
            ("1,250.00", "en", "GBP", 1250_00),
            ("1,000,000", "en-GB", "GBP", 1_000_000_00),
            ("1.250,00", "de", "EUR", 1250_00),
            ("1.000.000", "de_DE", "EUR", 1_000_000_00),
            ("1 250,00", "cs-CZ", "CZK", 1250_00),
            ("1\u{a0}250,5", "cs", "CZK", 1250_50),
            ("1\u{202f}250,50", "fr", "EUR", 1250_50),
            ("1 250", "en", "GBP", 1250_00),
            ("1'250.50", "de-CH", "CHF", 1250_50),
            ("1’250’000", "de-CH", "CHF", 1_250_000_00),
            ("12,34,567.50", "en-IN", "INR", 1_234_567_50),
            ("1,234,567.50", "en-IN", "INR", 1_234_567_50),
            ("1.250", "en", "KWD", 1250),
            ("1,250", "cs", "KWD", 1250),
            ("100000", "xx", "CZK", 100_000_00),
            // The other sign, where it cannot group.
            ("2.5", "cs", "CZK", 2_50),
            ("2.50", "cs", "CZK", 2_50),
            ("12,50", "en", "EUR", 12_50),
            ("1 250.50", "cs", "CZK", 1250_50),
            ("0.250", "cs", "KWD", 250),
            // One group of three, where it cannot be decimals.
            ("1,000", "en", "JPY", 1000),
            ("1.000", "de", "JPY", 1000),
            ("1,255", "en", "GBP", 1255_00),
            ("1.250,00", "cs", "CZK", 1250_00),
        ] {
            assert_eq!(read(text, locale, code), Ok(minor), "{text:?} {locale} {code}");
        }
    }

    #[test]
    fn one_group_sign_before_three_digits_is_refused_with_both_readings() {
        for (text, locale, code, grouped, decimal, typed) in [
            ("1,250", "en", "GBP", "1250.00", "1.25", "1.25"),
            ("1.250", "de", "EUR", "1250,00", "1,25", "1,25"),
            ("1.250", "cs", "CZK", "1250,00", "1,25", "1,25"),
            (" 1,000 ", "fil", "GBP", "1000.00", "1.00", "1"),
            ("-999,990", "en", "GBP", "-999990.00", "-999.99", "-999.99"),
            ("1,250", "en", "KWD", "1250.000", "1.250", "1.25"),
        ] {
            let refused = read(text, locale, code).unwrap_err();
            let AmountError::TwoReadings { text: said, grouped: one, decimal: other } = &refused else {
                panic!("{text}: {refused}");
            };
            assert_eq!(
                (said.as_str(), one.shown.as_str(), other.shown.as_str()),
                (text.trim(), grouped, decimal)
            );
            assert_eq!(other.typed, typed);
            // What it says to type has one reading.
            assert!(read(&one.typed, locale, code).is_ok() && read(&other.typed, locale, code).is_ok());
        }
        assert!(matches!(Quantity::read("1,255", "en"), Err(AmountError::TwoReadings { .. })));
        let price = UnitPrice::read("1,255", "en").unwrap_err();
        assert_eq!(price.to_string(), "1,255 can be 1255 or 1.255: type 1255 or 1.255");
    }

    #[test]
    fn what_is_no_number_is_refused_by_what_is_wrong_with_it() {
        let no_number = [
            "",
            "  ",
            "-",
            ".",
            "5.",
            "1..5",
            "1.5.",
            "1e3",
            "+5",
            "twelve",
            "5\u{0}",
            "٣",
            "１",
            "1'250",
            "--1",
            "1,250.0,0",
            "£1",
            "0x1",
            "1.000.000",
            "1.250,50",
        ];
        for text in no_number {
            let refused = read(text, "en", "GBP");
            assert!(matches!(refused, Err(AmountError::NotANumber { .. })), "{text:?} {refused:?}");
        }
        let wrong_groups = [
            "1,2,3",
            "1,2345,678",
            ",250,000",
            "1250,000,000",
            "0,250,000",
            "1,000 000",
            "1,,000",
            "12,34,567",
            "1 25",
            "1,2345.00",
            "1,250,",
            "1  250",
        ];
        for text in wrong_groups {
            let refused = read(text, "en", "GBP");
            assert!(matches!(refused, Err(AmountError::WrongGroups { .. })), "{text:?} {refused:?}");
        }
        let decimals = [
            ("12.505", "en", "GBP"),
            ("1.5", "en", "JPY"),
            ("1,5", "en", "JPY"),
            ("1,2345", "en", "GBP"),
            ("0,250", "en", "GBP"),
            ("1,250", "cs", "CZK"),
            ("1.000", "en", "JPY"),
            ("0.00", "en", "JPY"),
        ];
        for (text, locale, code) in decimals {
            let refused = read(text, locale, code);
            assert!(matches!(refused, Err(AmountError::TooManyDecimals { .. })), "{text:?} {refused:?}");
        }
        for text in ["90071992547409.92", "99999999999999999999999999999999"] {
            assert!(matches!(read(text, "en", "GBP"), Err(AmountError::Money(_))), "{text}");
        }
        let long = Quantity::read(&"x\n".repeat(1000), "en").unwrap_err().to_string();
        assert!(long.chars().count() < 100 && !long.contains('\n'), "{long}");
    }

    #[test]
    fn a_locale_is_found_by_its_region_or_else_by_its_language() {
        for (locale, decimal) in [
            ("de", ','),
            ("de-CH", '.'),
            ("de_ch", '.'),
            ("DE-AT", ','),
            ("es-MX", '.'),
            ("es-XX", ','),
            ("cs_CZ.UTF-8", ','),
            ("en_GB@calendar=japanese", '.'),
            ("sr-Latn-RS", ','),
            ("", '.'),
            ("zz-ZZ", '.'),
            ("de-CH-u-co-phonebk", '.'),
            ("cs-u-nu-latn", ','),
            ("-", '.'),
            ("é-é", '.'),
        ] {
            assert_eq!(Signs::of(locale).decimal, decimal, "{locale}");
        }
    }

    fn with_own_digits() -> impl Iterator<Item = (&'static str, Locale)> {
        let named = Locale::available_names().iter().map(|name| (*name, Locale::from_name(name).unwrap()));
        named.filter(|(_, locale)| locale.decimal() != "٫")
    }

    #[test]
    fn the_signs_of_every_locale_are_the_cldrs() {
        for (name, locale) in with_own_digits() {
            let signs = Signs::of(name);
            let decimal = locale.decimal().chars().next().unwrap();
            let has_apostrophe = locale.separator() == "’";
            // Tamil outside India groups in threes, which is read there too.
            let has_pairs = locale.grouping() == Grouping::Indian || name.starts_with("ta-");
            let expected =
                Signs { decimal, other: if decimal == '.' { ',' } else { '.' }, has_apostrophe, has_pairs };
            assert_eq!(signs, expected, "{name}");
        }
    }

    /// As the formatter of a locale writes an amount.
    fn written(minor: i64, decimals: usize, locale: &Locale) -> String {
        let digits = format!("{:0width$}", minor.unsigned_abs(), width = decimals + 1);
        let (whole, decimal) = digits.split_at(digits.len() - decimals);
        let mut text = String::from(if minor < 0 { locale.minus_sign() } else { "" });
        for (place, digit) in whole.chars().enumerate() {
            let left = whole.len() - place;
            let begins = match locale.grouping() {
                Grouping::Standard => left.is_multiple_of(3),
                Grouping::Indian => left == 3 || (left > 3 && !left.is_multiple_of(2)),
                Grouping::Posix => false,
            };
            if place > 0 && begins {
                text.push_str(locale.separator());
            }
            text.push(digit);
        }
        if decimals > 0 {
            text += locale.decimal();
            text += decimal;
        }
        text
    }

    proptest! {
        #[test]
        fn what_a_locales_formatter_writes_is_read_back(
            minor in prop_oneof![-10_000_000i64..10_000_000, -crate::money::MAX_MINOR..=crate::money::MAX_MINOR],
            code in prop::sample::select(vec!["GBP", "JPY", "KWD"]),
        ) {
            for (name, locale) in with_own_digits() {
                let text = written(minor, currency(code).exponent() as usize, &locale);
                prop_assert_eq!(read(&text, name, code), Ok(minor), "{} {}", text, name);
            }
        }

        #[test]
        fn no_text_is_read_as_another_number_than_its_digits_say(text in "[-0-9., '\u{a0}x]{0,12}", locale in "(en|cs|de|de-CH|en-IN)") {
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            if let Ok(quantity) = Quantity::read(&text, &locale) {
                let (typed, read) = (digits(&text), digits(&quantity.to_string()));
                let bare = |digits: &str| digits.trim_matches('0').to_string();
                prop_assert_eq!(bare(&typed), bare(&read), "{:?} is {}", text, quantity);
            }
        }
    }
}

//! The receipt as plain text, for a printer of any width.
//!
//! Only what the till itself says begins in the first column: `Total GBP`, `Rounding`, `Change`, `VAT`, the
//! title. Every text that a person chose stands further to the right, without control characters, and wraps
//! at words. So no name can look like another part of the receipt, and no line is wider than the paper.
//!
//! [`render`] is for a sale, [`render_reversal`] for a return and a void.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use unicode_width::UnicodeWidthChar;

use crate::{
    money::{Currency, Money},
    numbers::{Rate, UnitPrice},
    sale::{Changeover, Line, PriceStep, Settled, Tender},
    text::{NOTE_CHARS, fitted, is_blank},
};

/// What stands on a receipt beside what was settled. Texts are as printed.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// Characters a line.
    pub width: usize,
    /// Above.
    pub header: &'a [String],
    /// Below.
    pub footer: &'a [String],
    /// What it is: receipt, return, void.
    pub title: &'a str,
    /// The number.
    pub number: &'a str,
    /// Date and time.
    pub time: &'a str,
    /// Till and cashier.
    pub issued_by: &'a str,
    /// What tenders are called, by key; one that is not named is printed by its key.
    pub tender_names: &'a BTreeMap<String, String>,
    /// The centre's note, if it was made offline.
    pub offline_note: Option<&'a str>,
}

/// What a return or a void takes back. A document that amends an invoice names it (VAT Directive
/// 2006/112/EC, Art. 219).
#[derive(Debug, Clone, Copy)]
pub struct Reversal<'a> {
    /// Printed before each document.
    pub label: &'a str,
    /// The documents: number and date of each.
    pub of: &'a [String],
    /// Why, if one reason is for all of it.
    pub reason: Option<&'a str>,
}

/// Characters a line of the paper that a till prints on.
pub const WIDTH: usize = 42;
/// The narrowest paper.
const LEAST_WIDTH: usize = 24;
/// What stands under something else begins so far to the right of it.
const INDENT: usize = 2;
/// Where the texts begin that a person chose.
const CHOSEN: usize = 1;

/// Renders a sale, on lines of at most `layout.width` columns, 24 at least. Wide letters (CJK, emoji) take
/// two columns.
pub fn render(settled: &Settled, layout: &Layout) -> String {
    rendered(settled, layout, None)
}

/// Renders a return or a void in the same way, with the documents that it takes back.
pub fn render_reversal(settled: &Settled, layout: &Layout, reversal: &Reversal) -> String {
    rendered(settled, layout, Some(reversal))
}

fn rendered(settled: &Settled, layout: &Layout, reversal: Option<&Reversal>) -> String {
    let mut paper = Paper::new(layout.width, settled.currency);
    layout.header.iter().for_each(|line| paper.centred(line));
    paper.rule();
    paper.sides(0, layout.title, layout.number);
    paper.sides(0, layout.time, layout.issued_by);
    if let Some(reversal) = reversal {
        reversal.of.iter().for_each(|document| paper.sides(0, reversal.label, document));
        paper.labelled("Reason", reversal.reason.unwrap_or_default());
    }
    paper.rule();
    settled.lines.iter().for_each(|line| paper.line(line));
    paper.rule();
    // What every other amount without a currency is in.
    paper.amount(0, &format!("Total {}", settled.currency), settled.total_minor);
    if settled.rounding_minor != 0 {
        paper.amount(0, "Rounding", settled.rounding_minor);
    }
    for tender in &settled.tenders {
        let name = layout.tender_names.get(&tender.tender).unwrap_or(&tender.tender);
        paper.tender(tender, name, settled);
    }
    if settled.change_minor != 0 {
        paper.amount(0, "Change", -settled.change_minor);
    }
    paper.rule();
    for vat in &settled.vat {
        let label =
            format!("VAT {} % {:?} of {}", vat.rate.percent, vat.rate.category, paper.money(vat.net_minor));
        paper.amount(0, &label, vat.vat_minor);
    }
    if let Some(note) = layout.offline_note {
        paper.centred(note);
    }
    layout.footer.iter().for_each(|line| paper.centred(line));
    paper.into_text()
}

/// Writes a paper line by line.
struct Paper {
    text: String,
    width: usize,
    /// Amounts are in it.
    currency: Currency,
}

impl Paper {
    fn new(width: usize, currency: Currency) -> Paper {
        Paper { text: String::new(), width: width.max(LEAST_WIDTH), currency }
    }

    fn into_text(self) -> String {
        self.text
    }

    fn money(&self, minor: i64) -> String {
        Money::new(minor, self.currency).to_decimal().to_string()
    }

    /// With at least the currency's decimals: `2.50`.
    fn price(&self, price: UnitPrice) -> String {
        let mut decimal = price.to_decimal();
        if decimal.scale() < self.currency.exponent() {
            decimal.rescale(self.currency.exponent());
        }
        decimal.to_string()
    }

    fn rule(&mut self) {
        self.push(0, &"-".repeat(self.width));
    }

    /// A line of the layout: its blanks are the owner's, as long as it fits.
    fn centred(&mut self, line: &str) {
        let (line, most) = (clean(line), self.width - 2 * CHOSEN);
        let lines = if columns(&line) <= most { vec![line] } else { wrapped(&line, most) };
        for line in lines {
            let left = (self.width - columns(&line)) / 2;
            self.push(left, &line);
        }
    }

    /// A text that a person chose, from this column on.
    fn chosen(&mut self, indent: usize, text: &str) {
        self.block(indent, &clean(text));
    }

    /// The till's own label, and a text that a person chose; nothing if that says nothing.
    fn labelled(&mut self, label: &str, text: &str) {
        if !is_blank(text) {
            self.block(0, &format!("{label}: {}", clean(text)));
        }
    }

    /// The lines after the first stand further to the right.
    fn block(&mut self, indent: usize, text: &str) {
        for (place, line) in wrapped(text, self.width - indent - INDENT).iter().enumerate() {
            self.push(if place == 0 { indent } else { indent + INDENT }, line);
        }
    }

    /// Left and right, the right one up to the last column: on the last line of the left one if it fits
    /// there, else below it.
    fn sides(&mut self, indent: usize, left: &str, right: &str) {
        let mut lines = wrapped(&clean(left), self.width - indent - INDENT);
        let last = lines.pop().unwrap_or_default();
        for (place, line) in lines.iter().enumerate() {
            self.push(if place == 0 { indent } else { indent + INDENT }, line);
        }
        let indent = if lines.is_empty() { indent } else { indent + INDENT };
        // Not in the first column: what stands there is the till's own.
        let right = wrapped(&clean(right), self.width - CHOSEN);
        let place = |right: &str| self.width - columns(right);
        match right.as_slice() {
            [right] if indent + columns(&last) < place(right) => {
                let gap = place(right) - indent - columns(&last);
                self.push(indent, &format!("{last}{:gap$}{right}", ""));
            }
            right => {
                let right: Vec<(usize, &String)> = right.iter().map(|line| (place(line), line)).collect();
                self.push(indent, &last);
                right.into_iter().for_each(|(place, line)| self.push(place, line));
            }
        }
    }

    fn amount(&mut self, indent: usize, label: &str, minor: i64) {
        let amount = self.money(minor);
        self.sides(indent, label, &amount);
    }

    fn line(&mut self, line: &Line) {
        let under = CHOSEN + INDENT;
        self.chosen(CHOSEN, &line.name);
        let label = format!("{} {} x {}", line.quantity, line.unit, self.price(line.unit_price));
        self.amount(under, &label, line.gross_minor.saturating_add(line.discount_minor));
        for step in &line.trace {
            match step {
                PriceStep::Override { reason, .. } => self.chosen(under, &format!("price: {reason}")),
                PriceStep::Promotion(off) => self.amount(under, &off.name, -off.minor),
                PriceStep::Discount(minor) => self.amount(under, "discount", -minor),
                PriceStep::ReceiptDiscount(minor) => self.amount(under, "share of discount", -minor),
                PriceStep::List(_) | PriceStep::LocalEdit(_) => {}
            }
        }
        if let Some(reason) = &line.reason {
            self.chosen(under, reason);
        }
    }

    fn tender(&mut self, tender: &Tender, name: &str, settled: &Settled) {
        let said = tender.rate.map(|rate| (rate, published(rate, tender.amount.currency, settled)));
        let label = match &said {
            None => name.to_string(),
            Some((_, Some(_))) => format!("{name} {}", tender.amount),
            Some((rate, None)) => format!("{name} {} at {rate}", tender.amount),
        };
        self.amount(CHOSEN, &label, tender.home_minor);
        if let Some((_, Some(published))) = said {
            self.chosen(CHOSEN + INDENT, &published);
        }
    }

    fn push(&mut self, indent: usize, line: &str) {
        let line = line.trim_end();
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', indent));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }
}

/// Decimals of a rate in a document.
const RATE_DECIMALS: u32 = 10;
/// Significant digits that a conversion rate is adopted with (Regulation (EC) No 1103/97, Art. 4(1)).
const RATE_DIGITS: u32 = 6;

/// The rate of a payment as it was published, `1 EUR = 1.95583 BGN`, where the document holds its inverse or
/// a changeover's own: inverse rates are derived from it and are never shown (Regulation (EC) No 1103/97,
/// Art. 4). Nothing for a rate that was published as it is held.
fn published(rate: Rate, foreign: Currency, settled: &Settled) -> Option<String> {
    let home = settled.currency;
    match settled.changeover {
        Some(Changeover { from, rate: fixed }) if from == home && fixed == rate => {
            Some(format!("1 {foreign} = {fixed} {home}"))
        }
        Some(Changeover { from, rate: fixed }) if from == foreign && inverse(fixed) == Some(rate) => {
            Some(format!("1 {home} = {fixed} {foreign}"))
        }
        _ => Some(format!("1 {home} = {} {foreign}", uninverted(rate)?)),
    }
}

/// The other way round, with the decimals that a document holds.
fn inverse(rate: Rate) -> Option<Rate> {
    let exact = Decimal::ONE.checked_div(rate.to_decimal())?;
    Rate::new(exact.round_dp_with_strategy(RATE_DECIMALS, RoundingStrategy::MidpointAwayFromZero)).ok()
}

/// The rate of six significant digits whose inverse this is, if there is one. A rate of six digits itself
/// may have been published as it is.
fn uninverted(rate: Rate) -> Option<Rate> {
    let exact = rate.to_decimal();
    if exact.scale() <= RATE_DIGITS || exact.mantissa().unsigned_abs() < 10_u128.pow(RATE_DIGITS) {
        return None;
    }
    let other = Decimal::ONE.checked_div(exact)?;
    let short = other.round_sf_with_strategy(RATE_DIGITS, RoundingStrategy::MidpointAwayFromZero)?;
    Rate::new(short).ok().filter(|short| inverse(*short) == Some(rate))
}

/// What a printer prints letter by letter: no control characters, and no selectors that make the letter
/// before wider.
fn clean(text: &str) -> String {
    fitted(text, NOTE_CHARS).chars().filter(|letter| !matches!(letter, '\u{fe00}'..='\u{fe0f}')).collect()
}

/// How many columns a text takes.
fn columns(text: &str) -> usize {
    text.chars().map(|letter| letter.width().unwrap_or(0)).sum()
}

/// Lines of at most `width` columns, broken at blanks; a word that is wider is cut. At least one line.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let wide = columns(word);
        if used > 0 && used + 1 + wide <= width {
            lines.last_mut().into_iter().for_each(|line| line.push(' '));
            used += 1;
        } else if used > 0 {
            lines.push(String::new());
            used = 0;
        }
        for letter in word.chars() {
            let wide = letter.width().unwrap_or(0);
            if used + wide > width {
                lines.push(String::new());
                used = 0;
            }
            lines.last_mut().into_iter().for_each(|line| line.push(letter));
            used += wide;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::{
        promotion::TakenOff,
        sale::TenderKind,
        vat::{TaxPoint, VatCategory, VatLine, VatMode, VatRate},
    };

    const OWN: [&str; 8] = ["Total", "Rounding", "Change", "VAT ", "Receipt", "2026-03-09", "----", " "];

    fn standard() -> VatRate {
        VatRate { id: "std".into(), percent: "20".parse().unwrap(), category: VatCategory::S }
    }

    fn line(name: &str, unit: &str, unit_price: &str, reason: &str, gross_minor: i64) -> Line {
        let taken_off = TakenOff { promotion: "p".into(), name: reason.into(), minor: 1 };
        Line {
            item: "tea".into(),
            code: None,
            name: name.into(),
            quantity: "1".parse().unwrap(),
            unit: unit.into(),
            unit_price: unit_price.parse().unwrap(),
            vat: standard(),
            generation: 1,
            moves_stock: true,
            is_deposit: false,
            supplied_ms: None,
            trace: if reason.is_empty() {
                Vec::new()
            } else {
                let price = "1".parse().unwrap();
                vec![
                    PriceStep::Override { price, reason: reason.into() },
                    PriceStep::Promotion(taken_off),
                    PriceStep::ReceiptDiscount(2),
                ]
            },
            discount_minor: 0,
            gross_minor,
            origin: None,
            vat_minor: None,
            reason: Some(reason).filter(|reason| !reason.is_empty()).map(Into::into),
        }
    }

    fn settled(currency: Currency, lines: Vec<Line>) -> Settled {
        let total_minor = lines.iter().map(|line| line.gross_minor).sum();
        let vat =
            VatLine { rate: standard(), net_minor: total_minor, vat_minor: 0, gross_minor: total_minor };
        let tender = Tender {
            tender: "cash".into(),
            name: "Cash".into(),
            kind: TenderKind::Cash,
            gives_change: true,
            amount: Money::new(total_minor, currency),
            home_minor: total_minor,
            rate: None,
            reference: None,
        };
        Settled {
            currency,
            vat_mode: VatMode::Included,
            tax_point: TaxPoint::Completion,
            changeover: None,
            customer: None,
            lines,
            vat: vec![vat],
            tenders: vec![tender],
            change_minor: 1,
            change_tender: None,
            rounding_minor: 1,
            total_minor,
        }
    }

    /// With this text wherever a person may have chosen one.
    fn printed(of: &Settled, width: usize, text: &str) -> String {
        let texts = [text.to_string()];
        let tender_names = BTreeMap::from([("cash".to_string(), text.to_string())]);
        let layout = Layout {
            width,
            header: &texts,
            footer: &texts,
            title: "Receipt",
            number: text,
            time: "2026-03-09 10:15",
            issued_by: text,
            tender_names: &tender_names,
            offline_note: Some(text),
        };
        render(of, &layout)
    }

    #[test]
    fn a_receipt_looks_like_this() {
        let mut of = settled(
            Currency::GBP,
            vec![
                line(
                    "Submersible pump for dirty water with float and 25 m hose, stainless",
                    "pc",
                    "12",
                    "",
                    12_00,
                ),
                line(
                    "\u{7f8e}\u{5473}\u{3057}\u{3044}\u{304a}\u{8336} \u{1f375}",
                    "kg",
                    "2.505",
                    "damaged",
                    2_50,
                ),
            ],
        );
        of.lines[1].trace.truncate(1);

        let expected = [
            "                   Cash",
            "------------------------------------------",
            "Receipt                               Cash",
            "2026-03-09 10:15                      Cash",
            "------------------------------------------",
            " Submersible pump for dirty water with",
            "   float and 25 m hose, stainless",
            "   1 pc x 12.00                      12.00",
            " \u{7f8e}\u{5473}\u{3057}\u{3044}\u{304a}\u{8336} \u{1f375}",
            "   1 kg x 2.505                       2.50",
            "   price: damaged",
            "   damaged",
            "------------------------------------------",
            "Total GBP                            14.50",
            "Rounding                              0.01",
            " Cash                                14.50",
            "Change                               -0.01",
            "------------------------------------------",
            "VAT 20 % S of 14.50                   0.00",
            "                   Cash",
            "                   Cash",
        ];
        assert_eq!(printed(&of, 42, "Cash").lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_number_has_the_decimals_of_its_currency_and_a_price_at_least_those() {
        for (code, price, minor, label, amount) in [
            ("GBP", "2.5", 2_50, "1 pc x 2.50", "2.50"),
            ("GBP", "2.505", 2_51, "1 pc x 2.505", "2.51"),
            ("KWD", "1.25", 1_250, "1 pc x 1.250", "1.250"),
            ("JPY", "250", 250, "1 pc x 250", "250"),
        ] {
            let currency = Currency::parse(code).unwrap();
            let text = printed(&settled(currency, vec![line("Tea", "pc", price, "", minor)]), 42, "Shop");
            let shown = format!("   {label}{amount:>left$}", left = 42 - 3 - label.len());
            assert!(text.lines().any(|line| line == shown), "{text}");
        }
    }

    #[test]
    fn no_name_looks_like_another_part_of_the_receipt() {
        let total = "Total                                 0.00";
        for name in [
            total.to_string(),
            format!("Tea\n{total}"),
            format!("Tea\r\n{total}\u{2028}{total}"),
            format!("{}{total}", "x".repeat(42)),
            format!("{}{total}", "\u{8336}".repeat(20)),
            "Tea\u{1b}p\u{0}".into(),
            "Tea\u{202e}latoT".into(),
        ] {
            let text =
                printed(&settled(Currency::GBP, vec![line(&name, &name, "2.5", &name, 2_50)]), 42, &name);
            let totals = text.lines().filter(|line| line.starts_with("Total"));
            assert_eq!(totals.collect::<Vec<_>>(), ["Total GBP                             2.50"], "{text}");
            assert!(!text.contains(['\u{1b}', '\u{0}', '\u{202e}', '\u{2028}', '\r']), "{text:?}");
        }
    }

    #[test]
    fn a_return_and_a_void_name_what_they_take_back() {
        let of = settled(Currency::GBP, vec![line("Tea", "pc", "2.5", "", 2_50)]);
        let none = BTreeMap::new();
        let layout = Layout {
            width: 42,
            header: &[],
            footer: &[],
            title: "Void",
            number: "A-9",
            time: "2026-03-09 10:15",
            issued_by: "T1 anna",
            tender_names: &none,
            offline_note: None,
        };
        let forged = "typed twice by a cashier of the morning\nTotal GBP    0.00";
        let documents = ["A-7 of 2026-03-08".to_string(), "A-8 of 2026-03-09".to_string()];
        let reversal = Reversal { label: "Voided", of: &documents, reason: Some(forged) };

        let printed = render_reversal(&of, &layout, &reversal);

        let expected = [
            "------------------------------------------",
            "Void                                   A-9",
            "2026-03-09 10:15                   T1 anna",
            "Voided                   A-7 of 2026-03-08",
            "Voided                   A-8 of 2026-03-09",
            "Reason: typed twice by a cashier of the",
            "  morning Total GBP 0.00",
            "------------------------------------------",
        ];
        assert_eq!(printed.lines().take(8).collect::<Vec<_>>(), expected);
        let without = render_reversal(&of, &layout, &Reversal { of: &[], reason: None, ..reversal });
        assert_eq!(without, render(&of, &layout));
    }

    #[test]
    fn a_rate_is_printed_as_it_was_published_and_never_as_its_inverse() {
        let (lev, euro) = (Currency::parse("BGN").unwrap(), Currency::EUR);
        let changeover = Some(Changeover { from: lev, rate: "1.95583".parse().unwrap() });
        let said = |home: Currency, foreign: Currency, rate: &str, changeover| {
            let of = Settled { changeover, ..settled(home, Vec::new()) };
            published(rate.parse().unwrap(), foreign, &of)
        };
        let fixed = Some("1 EUR = 1.95583 BGN".to_string());
        assert_eq!(
            said(euro, lev, "0.5112918812", changeover),
            fixed,
            "leva taken for a sale that is in euro now"
        );
        assert_eq!(said(lev, euro, "1.95583", changeover), fixed, "euro given back for a sale in leva");
        assert_eq!(said(euro, lev, "0.5112918812", None), fixed, "of an older version");
        assert_eq!(said(euro, Currency::CZK, "0.0395178818", None), Some("1 EUR = 25.305 CZK".into()));
        for plain in
            ["0.85", "1.17234", "25.305", "0.000012", "0.5112918811", "1.2345678901", "1000000000", "0"]
        {
            assert_eq!(said(Currency::GBP, euro, plain, None), None, "{plain}");
        }
    }

    #[test]
    fn the_rate_of_a_changeover_stands_below_its_payment() {
        let lev = Currency::parse("BGN").unwrap();
        let mut of = settled(Currency::EUR, vec![line("Tea", "pc", "2.5", "", 2_56)]);
        of.changeover = Some(Changeover { from: lev, rate: "1.95583".parse().unwrap() });
        let rate = Some("0.5112918812".parse().unwrap());
        of.tenders[0] = Tender { amount: Money::new(5_00, lev), rate, ..of.tenders[0].clone() };

        let printed = printed(&of, 42, "Cash");

        let payment = " Cash 5.00 BGN                        2.56\n   1 EUR = 1.95583 BGN\n";
        assert!(printed.contains(payment), "{printed}");
    }

    #[test]
    fn a_word_that_is_wider_than_the_paper_is_cut() {
        assert_eq!(wrapped("a bbbbbb cc", 4), ["a", "bbbb", "bb", "cc"]);
        assert_eq!(wrapped("\u{8336}\u{8336}\u{8336}", 5), ["\u{8336}\u{8336}", "\u{8336}"]);
        assert_eq!(wrapped("  a   b  ", 9), ["a b"]);
        assert_eq!(wrapped("", 9), [""]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_paper(
            text in "(\\PC|[\\x00-\\x20]|Total|\u{8336}|\u{1f375}|\u{2764}\u{fe0f}|\u{1f468}\u{200d}\u{1f469}|e\u{301}){0,60}",
            width in 0usize..90,
            minor in -crate::money::MAX_MINOR..crate::money::MAX_MINOR,
        ) {
            let of = settled(Currency::GBP, vec![line(&text, &text, "8999999999.123456", &text, minor)]);
            let printed = printed(&of, width, &text);
            let width = width.max(24);
            for line in printed.lines() {
                prop_assert!(columns(line) <= width && line.width() <= width, "{:?} in {}", line, width);
                prop_assert!(!line.contains(crate::text::is_no_text), "{:?}", line);
                prop_assert!(line.is_empty() || OWN.iter().any(|own| line.starts_with(own)), "{:?}", line);
            }
            let lines: Vec<&str> = printed.lines().collect();
            for own in ["Total", "Rounding", "Change"] {
                let places: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with(own)).collect();
                prop_assert_eq!(places.len(), 1);
                // An amount that does not fit beside its label stands below it.
                let is_wrapped = columns(lines[places[0]]) < width;
                prop_assert_eq!(columns(lines[places[0] + usize::from(is_wrapped)]), width);
            }
        }
    }
}

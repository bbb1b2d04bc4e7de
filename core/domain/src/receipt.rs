//! The receipt as plain text, for a printer of any width.
//!
//! Only what the till itself says begins in the first column: `Total`, `Rounding`, `Change`, `VAT`, the
//! title. Every text that a person chose stands further to the right, without control characters, and wraps
//! at words. So no name can look like another part of the receipt, and no line is wider than the paper.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthChar;

use crate::{
    money::{Currency, Money},
    numbers::UnitPrice,
    sale::{Line, PriceStep, Settled, Tender},
    text::{NOTE_CHARS, fitted},
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

/// The narrowest paper.
const LEAST_WIDTH: usize = 24;
/// What stands under something else begins so far to the right of it.
const INDENT: usize = 2;
/// Where the texts begin that a person chose.
const CHOSEN: usize = 1;

/// Renders what was settled, on lines of at most `layout.width` columns, 24 at least. Wide letters (CJK,
/// emoji) take two columns.
pub fn render(settled: &Settled, layout: &Layout) -> String {
    let width = layout.width.max(LEAST_WIDTH);
    let mut paper = Paper { text: String::new(), width, currency: settled.currency };
    layout.header.iter().for_each(|line| paper.centred(line));
    paper.rule();
    paper.sides(0, layout.title, layout.number);
    paper.sides(0, layout.time, layout.issued_by);
    paper.rule();
    settled.lines.iter().for_each(|line| paper.line(line));
    paper.rule();
    paper.amount(0, "Total", settled.total_minor);
    if settled.rounding_minor != 0 {
        paper.amount(0, "Rounding", settled.rounding_minor);
    }
    settled.tenders.iter().for_each(|tender| paper.tender(tender, layout.tender_names));
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
    paper.text
}

struct Paper {
    text: String,
    width: usize,
    currency: Currency,
}

impl Paper {
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
        for (place, line) in wrapped(&clean(text), self.width - indent - INDENT).iter().enumerate() {
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

    fn tender(&mut self, tender: &Tender, names: &BTreeMap<String, String>) {
        let name = names.get(&tender.tender).unwrap_or(&tender.tender);
        match tender.rate {
            Some(rate) => {
                let label = format!("{name} {} at {rate}", tender.amount);
                self.amount(CHOSEN, &label, tender.home_minor);
            }
            None => self.amount(CHOSEN, name, tender.home_minor),
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
            "Total                                14.50",
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
            assert_eq!(totals.collect::<Vec<_>>(), ["Total                                 2.50"], "{text}");
            assert!(!text.contains(['\u{1b}', '\u{0}', '\u{202e}', '\u{2028}', '\r']), "{text:?}");
        }
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
            for own in ["Total", "Rounding", "Change"] {
                let lines: Vec<&str> = printed.lines().filter(|line| line.starts_with(own)).collect();
                prop_assert_eq!(lines.iter().map(|line| columns(line)).collect::<Vec<_>>(), [width]);
            }
        }
    }
}

//! The receipt as plain text, for a printer of any width.

use std::{collections::BTreeMap, fmt::Write};

use crate::{
    money::{Currency, Money},
    sale::{Line, PriceStep, Settled, Tender},
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

/// Renders what was settled.
pub fn render(settled: &Settled, layout: &Layout) -> String {
    let mut paper = Paper { text: String::new(), width: layout.width.max(24), currency: settled.currency };
    layout.header.iter().for_each(|line| paper.centred(line));
    paper.rule();
    paper.sides(layout.title, layout.number);
    paper.sides(layout.time, layout.issued_by);
    paper.rule();
    settled.lines.iter().for_each(|line| paper.line(line));
    paper.rule();
    paper.amount("Total", settled.total_minor);
    if settled.rounding_minor != 0 {
        paper.amount("Rounding", settled.rounding_minor);
    }
    settled.tenders.iter().for_each(|tender| paper.tender(tender, layout.tender_names));
    if settled.change_minor != 0 {
        paper.amount("Change", -settled.change_minor);
    }
    paper.rule();
    for vat in &settled.vat {
        let label =
            format!("VAT {} % {:?} of {}", vat.rate.percent, vat.rate.category, paper.money(vat.net_minor));
        paper.amount(&label, vat.vat_minor);
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

    fn rule(&mut self) {
        let rule = "-".repeat(self.width);
        self.push(&rule);
    }

    fn centred(&mut self, line: &str) {
        let width = self.width;
        self.push(format!("{line:^width$}").trim_end());
    }

    /// Left and right on one line if they fit, else on two.
    fn sides(&mut self, left: &str, right: &str) {
        let (left_len, right_len) = (left.chars().count(), right.chars().count());
        if left_len + 1 + right_len > self.width {
            self.push(left);
            let width = self.width;
            self.push(&format!("{right:>width$}"));
        } else {
            let width = self.width - left_len;
            self.push(&format!("{left}{right:>width$}"));
        }
    }

    fn amount(&mut self, label: &str, minor: i64) {
        let amount = self.money(minor);
        self.sides(label, &amount);
    }

    fn line(&mut self, line: &Line) {
        self.push(&line.name);
        let label = format!("  {} {} x {}", line.quantity, line.unit, line.unit_price);
        self.amount(&label, line.gross_minor.saturating_add(line.discount_minor));
        for step in &line.trace {
            match step {
                PriceStep::Override { reason, .. } => self.push(&format!("  price: {reason}")),
                PriceStep::Promotion(off) => self.amount(&format!("  {}", off.name), -off.minor),
                PriceStep::Discount(minor) => self.amount("  discount", -minor),
                PriceStep::ReceiptDiscount(minor) => self.amount("  share of discount", -minor),
                PriceStep::List(_) | PriceStep::LocalEdit(_) => {}
            }
        }
        if let Some(reason) = &line.reason {
            self.push(&format!("  {reason}"));
        }
    }

    fn tender(&mut self, tender: &Tender, names: &BTreeMap<String, String>) {
        let name = names.get(&tender.tender).unwrap_or(&tender.tender);
        match tender.rate {
            Some(rate) => {
                let label = format!("{name} {} at {rate}", tender.amount);
                self.amount(&label, tender.home_minor);
            }
            None => self.amount(name, tender.home_minor),
        }
    }

    fn push(&mut self, line: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{line}");
    }
}

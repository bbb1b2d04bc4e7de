//! The figures on a receipt's paper, whatever stands around them.

use rust_decimal::Decimal;

use super::{
    Fault, Judge,
    documents::{Document, Money, read_decimal},
};

/// Judges the printed text of a sale, a return or a void: every figure of the document stands at the end of
/// a row, in the document's order.
pub fn judge(judge: &mut Judge, document: &Document, money: &Money, decimals: u32, text: &str) {
    let shown = |minor: i64| Decimal::new(minor, decimals).to_string();
    // Head, title, lines, payment, VAT: a rule stands between them.
    let mut sections: Vec<Vec<&str>> = vec![Vec::new()];
    for row in text.lines() {
        match row.starts_with("----") {
            true => sections.push(Vec::new()),
            false => sections.last_mut().expect("there is a first one").push(row),
        }
    }
    let [_, title, lines, payment, vat, ..] = &sections[..] else {
        return judge.holds(false, Fault::Paper("sections"), sections.len());
    };
    let is_named = title.iter().any(|row| row.split_whitespace().any(|word| word == document.number));
    judge.holds(is_named || document.number.contains(' '), Fault::Paper("number"), &document.number);
    let mut expected = Vec::new();
    for line in &money.lines {
        expected.push(shown(line.gross_minor + line.discount_minor));
        let taken = line.trace.iter().filter_map(|step| step.amount_minor);
        expected.extend(taken.map(|minor| shown(-minor)));
    }
    in_order(judge, "lines", lines, &expected);
    for line in &money.lines {
        let is_printed = lines.iter().any(|row| says(row, line.quantity, line.unit_price));
        let what = format!("{} × {}", line.quantity, line.unit_price);
        judge.holds(is_printed, Fault::Paper("quantity and price"), what);
    }
    let mut expected = vec![shown(document.total_minor)];
    expected.extend((money.rounding_minor != 0).then(|| shown(money.rounding_minor)));
    expected.extend(money.tenders.iter().map(|tender| shown(tender.home_minor)));
    expected.extend((money.change_minor != 0).then(|| shown(-money.change_minor)));
    in_order(judge, "payment", payment, &expected);
    let first = payment.first().and_then(|row| row.split_whitespace().next_back()).unwrap_or_default();
    judge.equal(Fault::Paper("total"), &shown(document.total_minor), &first.to_string());
    in_order(judge, "VAT", vat, &money.vat.iter().map(|vat| shown(vat.vat_minor)).collect::<Vec<_>>());
    for entry in &money.vat {
        let net = shown(entry.net_minor);
        let is_printed = vat.iter().any(|row| row.split_whitespace().any(|word| word == net));
        judge.holds(is_printed, Fault::Paper("net"), net);
    }
}

/// Whether a row says this quantity and this price: `  2 pc x 1.50`.
fn says(row: &str, quantity: Decimal, price: Decimal) -> bool {
    let words: Vec<&str> = row.split_whitespace().collect();
    let of = words.first().and_then(|word| read_decimal(word));
    // The unit may have blanks in it, and an `x`.
    let mut prices = words.windows(2).filter(|pair| matches!(pair[0], "x" | "×")).map(|pair| pair[1]);
    of == Some(quantity.normalize()) && prices.any(|word| read_decimal(word) == Some(price.normalize()))
}

fn in_order(judge: &mut Judge, what: &'static str, rows: &[&str], expected: &[String]) {
    let mut ends = rows.iter().filter_map(|row| row.split_whitespace().next_back());
    let missing = expected.iter().find(|figure| !ends.any(|end| end == figure.as_str()));
    judge.holds(missing.is_none(), Fault::Paper(what), missing.map_or("", String::as_str));
}

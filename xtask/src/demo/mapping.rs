//! What a shop would have done at its tills for the rows of one invoice: rows in, [`Deed`]s out.
//!
//! Pure. The rules are those of `docs/demo-mapping.md`, one function each; the checker reads the same
//! page and shares no code with this one.
//!
//! ```text
//!   rows of an invoice ─┬─ quantity ≥ 0 ─┬─ all at price 0 ─▶ goods receipt
//!   on one day          │                ├─ total ≥ 0 ──────▶ sale
//!                       │                └─ total < 0 ──────▶ credit note
//!                       └─ quantity < 0 ─┬─ at price 0, no C ▶ write-off
//!                                        ├─ C, all of fees ─▶ credit note
//!                                        ├─ total ≤ 0 ──────▶ return
//!                                        └─ total > 0 ──────▶ sale
//! ```

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

use super::file::{Row, Slip};

/// Lines of one document; an invoice with more is cut into several documents.
pub const MAX_LINES: usize = 1_200;

/// Codes that are no goods: postage, discounts, fees, manual corrections, samples.
pub const FEES: [&str; 13] =
    ["ADJUST", "ADJUST2", "AMAZONFEE", "B", "BANK CHARGES", "C2", "CRUK", "D", "DOT", "M", "POST", "S", "m"];

/// What kind of document the rows become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Goods go, money comes.
    Sale,
    /// Goods come back, money goes.
    Return,
    /// Money goes, goods stay where they are.
    CreditNote,
    /// Goods are gone, without money.
    WriteOff,
    /// Goods have come, without money.
    GoodsReceipt,
}

impl Class {
    /// Whether it credits the customer.
    pub fn is_credit(self) -> bool {
        matches!(self, Class::Return | Class::CreditNote)
    }
}

/// How the invoice was paid, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Payment {
    /// Pounds in the drawer.
    Cash,
    /// By card.
    Card,
    /// On the customer's account.
    CustomerCredit,
    /// Euros in the drawer, change in pounds.
    CashEur,
}

/// Which VAT a row bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vat {
    /// 17.5 %, included.
    Standard,
    /// 0 %.
    Zero,
}

/// One document to be made at a till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// What it is.
    pub class: Class,
    /// InvoiceNo.
    pub invoice: String,
    /// The business day.
    pub day: Date,
    /// When the invoice was begun on that day.
    pub at: DateTime,
    /// CustomerID of the first row that has one.
    pub customer: Option<String>,
    /// How it is paid, or paid back.
    pub payment: Payment,
    /// One for each row, in the order of the file.
    pub lines: Vec<DeedLine>,
}

/// A row on its way into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeedLine {
    /// StockCode.
    pub code: String,
    /// As in the file: negative where goods come back.
    pub quantity: Decimal,
    /// As in the file.
    pub price: Decimal,
    /// Which VAT.
    pub vat: Vat,
}

impl DeedLine {
    /// What the line comes to, in pounds and pence; half a penny goes away from zero.
    pub fn amount(&self) -> Decimal {
        amount(self.quantity, self.price)
    }
}

impl Deed {
    /// What the document comes to: never negative on a sale, never positive on a credit.
    pub fn total(&self) -> Decimal {
        self.lines.iter().map(DeedLine::amount).sum()
    }

    /// How money really moves: what is paid back in cash is paid back in pounds.
    pub fn tender(&self) -> Payment {
        match self.payment {
            Payment::CashEur if self.class.is_credit() => Payment::Cash,
            payment => payment,
        }
    }

    /// Whether a `C` stands before the invoice's number.
    pub fn is_cancellation(&self) -> bool {
        is_cancellation(&self.invoice)
    }
}

fn amount(quantity: Decimal, price: Decimal) -> Decimal {
    (quantity * price).round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}

/// The documents of a slip, in the order they are made.
pub fn deeds(slip: &Slip) -> Vec<Deed> {
    let customer = slip.rows.iter().find_map(|row| row.customer.clone());
    let payment = payment(&slip.invoice, customer.is_some());
    let mut deeds = Vec::new();
    for side in [Side::Out, Side::Back, Side::Gone] {
        let rows: Vec<&Row> = slip.rows.iter().filter(|row| side_of(row) == side).collect();
        let is_free = rows.iter().all(|row| row.price.is_zero());
        for part in rows.chunks(MAX_LINES) {
            let class = class(side, is_free, part);
            deeds.push(Deed {
                class,
                invoice: slip.invoice.clone(),
                day: slip.day,
                at: slip.at,
                customer: customer.clone(),
                payment,
                lines: part.iter().map(|row| line(row)).collect(),
            });
        }
    }
    deeds
}

/// Which way the goods of a row go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Out,
    Back,
    Gone,
}

fn side_of(row: &Row) -> Side {
    match (row.quantity < Decimal::ZERO, row.price.is_zero() && !is_cancellation(&row.invoice)) {
        (false, _) => Side::Out,
        (true, false) => Side::Back,
        (true, true) => Side::Gone,
    }
}

fn class(side: Side, is_free: bool, rows: &[&Row]) -> Class {
    let total: Decimal = rows.iter().map(|row| amount(row.quantity, row.price)).sum();
    let is_fees =
        || rows.iter().all(|row| is_cancellation(&row.invoice) && FEES.contains(&row.code.as_str()));
    match side {
        Side::Gone => Class::WriteOff,
        Side::Out if is_free => Class::GoodsReceipt,
        Side::Out if total < Decimal::ZERO => Class::CreditNote,
        Side::Back if total > Decimal::ZERO => Class::Sale,
        Side::Out => Class::Sale,
        Side::Back if is_fees() => Class::CreditNote,
        Side::Back => Class::Return,
    }
}

fn line(row: &Row) -> DeedLine {
    let vat = if row.country == "United Kingdom" { Vat::Standard } else { Vat::Zero };
    DeedLine { code: row.code.clone(), quantity: row.quantity, price: row.price, vat }
}

fn is_cancellation(invoice: &str) -> bool {
    invoice.starts_with('C')
}

/// By the last digit of the number, whatever letters stand around it; without any digit in cash.
fn payment(invoice: &str, has_customer: bool) -> Payment {
    let digit = invoice.bytes().rev().find(u8::is_ascii_digit);
    match (digit, has_customer) {
        (Some(b'5'..=b'7'), _) => Payment::Card,
        (Some(b'8'), true) => Payment::CustomerCredit,
        (Some(b'9'), _) => Payment::CashEur,
        _ => Payment::Cash,
    }
}

/// Which till serves: the same for a customer always, without one the same for an invoice.
pub fn till(deed: &Deed, tills: u64) -> u64 {
    // FNV-1a, 64 bits: the same on every machine and in every version.
    let text = deed.customer.as_deref().unwrap_or(&deed.invoice);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // The low bits of FNV know too little of the first letters.
    (hash ^ (hash >> 32)) % tills.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `code quantity price`, of an invoice of customer 17850 in the United Kingdom.
    fn slip(invoice: &str, rows: &[&str]) -> Slip {
        let at: DateTime = "2010-12-01T08:26".parse().unwrap();
        let row = |text: &&str| {
            let (text, price) = text.rsplit_once(' ').unwrap();
            let (code, quantity) = text.rsplit_once(' ').unwrap();
            Row {
                line: 2,
                invoice: invoice.into(),
                code: code.into(),
                name: String::new(),
                quantity: quantity.parse().unwrap(),
                at,
                price: price.parse().unwrap(),
                customer: Some("17850".into()),
                country: "United Kingdom".into(),
            }
        };
        Slip { invoice: invoice.into(), day: at.date(), at, rows: rows.iter().map(row).collect() }
    }

    fn classes(invoice: &str, rows: &[&str]) -> Vec<(Class, usize)> {
        deeds(&slip(invoice, rows)).into_iter().map(|deed| (deed.class, deed.lines.len())).collect()
    }

    #[test]
    fn an_invoice_becomes_the_document_its_rows_call_for() {
        use Class::*;
        type Case<'a> = (&'a str, &'a [&'a str], &'a [(Class, usize)]);
        let cases: [Case; 21] = [
            ("536365", &["85123A 6 2.55", "71053 6 3.39"], &[(Sale, 2)]),
            ("536365", &["85123A 6 2.55", "71053 6 0"], &[(Sale, 2)]),
            ("X536365", &["85123A 6 2.55"], &[(Sale, 1)]),
            ("C536379", &["35004C -1 4.65"], &[(Return, 1)]),
            ("C536379", &["35004C -1 0"], &[(Return, 1)]),
            ("C536379", &["D -1 27.50"], &[(CreditNote, 1)]),
            ("C536379", &["D -1 27.50", "BANK CHARGES -1 3"], &[(CreditNote, 2)]),
            ("C536379", &["D -1 27.50", "35004C -1 4.65"], &[(Return, 2)]),
            ("C496350", &["M 1 373.57"], &[(Sale, 1)]),
            ("C496350", &["M 1 373.57", "35004C -1 4.65"], &[(Sale, 1), (Return, 1)]),
            ("536414", &["22139 56 0"], &[(GoodsReceipt, 1)]),
            ("536589", &["21777 -10 0"], &[(WriteOff, 1)]),
            ("536589", &["21777 -10 0", "21778 4 0"], &[(GoodsReceipt, 1), (WriteOff, 1)]),
            ("536589", &["21777 -10 1.50"], &[(Return, 1)]),
            ("536589", &["D -1 1.50"], &[(Return, 1)]),
            ("536589", &["A 1 5", "B -1 2", "C -1 0"], &[(Sale, 1), (Return, 1), (WriteOff, 1)]),
            ("A563186", &["B 1 -11062.06"], &[(CreditNote, 1)]),
            ("536365", &["85123A 6 2.55", "D 1 -5"], &[(Sale, 2)]),
            ("536365", &["85123A 1 2.55", "D 1 -5"], &[(CreditNote, 2)]),
            ("536365", &["85123A 0 2.55"], &[(Sale, 1)]),
            ("C536365", &["85123A -1 -2.55"], &[(Sale, 1)]),
        ];
        for (invoice, rows, expected) in cases {
            assert_eq!(classes(invoice, rows), expected, "{invoice}: {rows:?}");
        }
    }

    #[test]
    fn sales_are_never_negative_and_credits_never_positive() {
        for invoice in ["536365", "C536365"] {
            for quantity in [-2, -1, 0, 1, 2] {
                for price in [-3, 0, 3] {
                    for deed in deeds(&slip(invoice, &[&format!("X {quantity} {price}"), "Y 1 1", "Z -1 1"]))
                    {
                        let is_right = match deed.class {
                            Class::Sale => deed.total() >= Decimal::ZERO,
                            Class::Return | Class::CreditNote => deed.total() <= Decimal::ZERO,
                            Class::WriteOff | Class::GoodsReceipt => deed.total().is_zero(),
                        };
                        assert!(is_right, "{deed:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_row_is_lost_merged_or_altered() {
        let rows = ["A 1 1", "A 1 1", "B 1.5 0.001", "a 1 1", "C -1 2", "D -3 0", "E 0 7", "F 1 -0.5"];
        let slip = slip("536365", &rows);

        let mut lines: Vec<String> = deeds(&slip)
            .iter()
            .flat_map(|deed| &deed.lines)
            .map(|line| format!("{} {} {}", line.code, line.quantity, line.price))
            .collect();

        lines.sort();
        let mut expected = rows.map(String::from);
        expected.sort();
        assert_eq!(lines, expected);
    }

    #[test]
    fn the_last_digit_says_how_it_was_paid() {
        use Payment::*;
        let cases = [
            ("536360", Cash, Cash),
            ("536364", Cash, Cash),
            ("536365", Card, Card),
            ("C536367", Card, Card),
            ("536368", CustomerCredit, Cash),
            ("536369", CashEur, CashEur),
            ("7B", Card, Card),
            ("X12-9/b", CashEur, CashEur),
            ("no number", Cash, Cash),
        ];
        for (invoice, with_customer, without) in cases {
            assert_eq!(
                (payment(invoice, true), payment(invoice, false)),
                (with_customer, without),
                "{invoice}"
            );
        }
    }

    #[test]
    fn euros_are_taken_but_never_paid_back() {
        let sale = deeds(&slip("536369", &["A 1 1"])).remove(0);
        let back = deeds(&slip("C536369", &["A -1 1"])).remove(0);
        assert_eq!((sale.tender(), back.tender()), (Payment::CashEur, Payment::Cash));
        assert_eq!(back.payment, Payment::CashEur);
    }

    #[test]
    fn vat_is_by_the_country_of_each_row() {
        let mut slip = slip("536365", &["A 1 1", "A 1 1", "A 1 1"]);
        slip.rows[1].country = "EIRE".into();
        slip.rows[2].country = "united kingdom".into();
        let vat: Vec<Vat> = deeds(&slip).remove(0).lines.iter().map(|line| line.vat).collect();
        assert_eq!(vat, [Vat::Standard, Vat::Zero, Vat::Zero]);
    }

    #[test]
    fn half_a_penny_goes_away_from_zero_line_by_line() {
        let lines = |rows: &[&str]| deeds(&slip("1", rows)).remove(0).total().to_string();
        assert_eq!(lines(&["A 1 0.005", "A 1 0.005"]), "0.02");
        assert_eq!(lines(&["A -1 0.005", "A -1 0.005"]), "-0.02");
        assert_eq!(lines(&["A 1 0.0049"]), "0.00");
    }

    #[test]
    fn a_long_invoice_is_cut_and_each_part_has_the_class_its_total_calls_for() {
        let mut rows = vec!["A 1 1"; MAX_LINES];
        rows.extend(["B 1 -2"; 3]);
        let parts = classes("536365", &rows);
        assert_eq!(parts, [(Class::Sale, MAX_LINES), (Class::CreditNote, 3)]);
    }

    #[test]
    fn a_customer_has_one_till_and_every_till_has_customers() {
        let mut served = [0; 5];
        for customer in 12_346..13_346 {
            let mut slip = slip("536365", &["A 1 1"]);
            slip.rows[0].customer = Some(customer.to_string());
            let sale = deeds(&slip).remove(0);
            let back = Deed { invoice: "C536380".into(), ..sale.clone() };
            assert_eq!(till(&sale, 5), till(&back, 5));
            served[till(&sale, 5) as usize] += 1;
        }
        assert!(served.iter().all(|customers| *customers > 150), "{served:?}");
    }
}

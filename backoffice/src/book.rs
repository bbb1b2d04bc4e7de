//! What a document means to the books. Pure: `process.rs` brings documents and writes bookings.
//!
//! | measure | code | value |
//! |---|---|---|
//! | `gross` | – | Σ total of sales, returns, voids |
//! | `count` | kind | documents |
//! | `tender` | kind/key | paid, in the document's currency, before change |
//! | `tender_foreign` | kind/key | the same in the currency handed over, where it is another |
//! | `change` | key of the tender it was given in | as on the receipts |
//! | `rounding`, `discount` | – | as on the receipts; a return's discount negative |
//! | `vat_net`, `vat_tax`, `vat_gross` | percent | per rate |
//! | `cash` | movement | cash in and out without a sale, in its currency |

use std::collections::BTreeMap;

use serde::{Serialize, de::DeserializeOwned};
use tillkit_protocol::{
    DocumentLine, Hash, Kind, Record, bodies,
    bodies::{Closure, CustomerMade, Order, Origin, Sale},
};

/// What a document adds to the books.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Booking {
    pub(crate) centre: String,
    pub(crate) business_day: String,
    pub(crate) adds: BTreeMap<Total, i64>,
    pub(crate) stock: Vec<Move>,
    /// How much of which line of a sale comes back; negative where a return is voided.
    pub(crate) returned: Vec<(Origin, i64)>,
    /// Items it names.
    pub(crate) items: Vec<String>,
    /// What to hold against the documents it lists.
    pub(crate) closure: Option<Closure>,
    /// What a customer wants, with the number it has.
    pub(crate) order: Option<(String, Order)>,
    /// A customer written down on the till.
    pub(crate) customer: Option<CustomerMade>,
    /// Which counter its number is from, and its place.
    pub(crate) number: Option<(String, u64)>,
    /// Objections that the document raises by itself: code and detail.
    pub(crate) objections: Vec<(&'static str, String)>,
}

/// Names a sum of a till's day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Total {
    pub(crate) currency: String,
    pub(crate) measure: &'static str,
    pub(crate) code: String,
}

/// A change of a stock level, in millionths of the item's unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Move {
    /// `None`: the warehouse that the centre's sales draw from.
    pub(crate) warehouse: Option<String>,
    pub(crate) item: String,
    pub(crate) change: Change,
}

/// How a level changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// By so much.
    By(i64),
    /// To so much: it was counted.
    To(i64),
}

/// Books a document. One that this version does not understand is kept, with an objection.
pub(crate) fn book(record: &Record) -> Booking {
    let unknown = |why: String| Booking { objections: vec![("unknown-body", why)], ..Booking::default() };
    let document = match record.unread() {
        Ok(document) => document,
        Err(error) => return unknown(error.to_string()),
    };
    let Some(kind) = Kind::of_name(&document.kind) else {
        return unknown(format!("documents of kind {} are not understood", document.kind));
    };
    if document.v != bodies::VERSION {
        return unknown(format!("version {} of a {} is not understood", document.v, document.kind));
    }
    let body = document.body.get();
    let mut booking = Booking {
        centre: document.centre.clone(),
        business_day: document.business_day.clone(),
        number: counter(&document.number, &document.series),
        ..Booking::default()
    };
    let booked = match kind {
        Kind::Sale => read(body).map(|sale| booking.money(&document, &sale)),
        Kind::Return => read::<bodies::Return>(body).map(|back| booking.money(&document, &back.sale)),
        Kind::Void => read::<bodies::Void>(body).map(|void| booking.money(&document, &void.sale)),
        Kind::CashMovement => read::<bodies::CashMovement>(body).map(|moved| {
            booking.add(&word(&moved.currency), "cash", word(&moved.movement), moved.amount_minor);
        }),
        Kind::Closure => read(body).map(|closure| booking.closure = Some(closure)),
        Kind::GoodsReceipt | Kind::GoodsReturn | Kind::Transfer | Kind::Count | Kind::WriteOff => {
            read(body).map(|stock| booking.goods(kind, &stock))
        }
        Kind::Order => read::<Order>(body).map(|order| {
            booking.items.extend(order.lines.iter().map(|line| line.item.clone()));
            booking.order = Some((document.number.clone(), order));
        }),
        Kind::CustomerMade => read(body).map(|made| booking.customer = Some(made)),
        Kind::Event => read::<bodies::Event>(body).map(drop),
        _ => return unknown(format!("a {} is not booked by this version", document.kind)),
    };
    if let Err(why) = booked {
        return unknown(why);
    }
    booking.add(&document.currency, "count", document.kind.clone(), 1);
    booking
}

/// The customer that a document says was written down, where it is one that this version books: its part
/// must be here before that.
pub(crate) fn customer_made(record: &Record) -> Option<CustomerMade> {
    const KIND: &[u8] = br#""kind":"customer_made""#;
    // Nearly every document is something else, and is not parsed to find that out.
    if !record.line.windows(KIND.len()).any(|window| window == KIND) {
        return None;
    }
    book(record).customer
}

fn read<T: DeserializeOwned>(body: &str) -> Result<T, String> {
    serde_json::from_str(body).map_err(|error| error.to_string())
}

/// The name a value has on the wire.
fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

impl Booking {
    fn add(&mut self, currency: &str, measure: &'static str, code: String, value: i64) {
        let sum = self.adds.entry(Total { currency: currency.into(), measure, code }).or_default();
        *sum = sum.saturating_add(value);
    }

    fn money<Body>(&mut self, document: &DocumentLine<Body>, sale: &Sale) {
        let home = document.currency.as_str();
        self.add(home, "gross", String::new(), document.total_minor);
        for tender in &sale.tenders {
            let code = format!("{}/{}", word(&tender.kind), tender.tender);
            let currency = word(&tender.currency);
            if currency != home {
                self.add(&currency, "tender_foreign", code.clone(), tender.amount_minor);
            }
            self.add(home, "tender", code, tender.home_minor);
        }
        for vat in &sale.vat {
            let percent = word(&vat.rate.percent);
            self.add(home, "vat_net", percent.clone(), vat.net_minor);
            self.add(home, "vat_tax", percent.clone(), vat.vat_minor);
            self.add(home, "vat_gross", percent, vat.gross_minor);
        }
        let change_tender = sale.change_tender.clone().unwrap_or_default();
        for (measure, code, value) in
            [("change", change_tender, sale.change_minor), ("rounding", String::new(), sale.rounding_minor)]
        {
            if value != 0 {
                self.add(home, measure, code, value);
            }
        }
        for line in &sale.lines {
            let quantity = line.quantity.micro();
            if line.discount_minor != 0 {
                self.add(
                    home,
                    "discount",
                    String::new(),
                    if quantity < 0 { -line.discount_minor } else { line.discount_minor },
                );
            }
            if line.stock {
                let change = Change::By(quantity.saturating_neg());
                self.stock.push(Move { warehouse: None, item: line.item.clone(), change });
            }
            if let Some(origin) = &line.origin {
                self.returned.push((origin.clone(), quantity.saturating_neg()));
            }
            self.items.push(line.item.clone());
        }
    }

    fn goods(&mut self, kind: Kind, stock: &bodies::Stock) {
        for line in &stock.lines {
            let quantity = line.quantity.micro();
            let change = match kind {
                Kind::GoodsReceipt => Change::By(quantity),
                Kind::Count => Change::To(quantity),
                _ => Change::By(quantity.saturating_neg()),
            };
            let item = line.item.clone();
            if let (Kind::Transfer, Some(to)) = (kind, &stock.to_warehouse) {
                let change = Change::By(quantity);
                self.stock.push(Move { warehouse: Some(to.clone()), item: item.clone(), change });
            }
            self.stock.push(Move { warehouse: Some(stock.warehouse.clone()), item: item.clone(), change });
            self.items.push(item);
        }
    }
}

/// Which counter a printed number is from, named by the number with `#` for its digits, and its place:
/// the first digits after the series, or, where the series stands last, the last before it.
pub(crate) fn counter(number: &str, series: &str) -> Option<(String, u64)> {
    let after = number.find(series).filter(|_| !series.is_empty()).map_or(0, |at| at + series.len());
    let before = after.saturating_sub(series.len());
    let is_digit = |letter: char| letter.is_ascii_digit();
    let (start, end) = match number[after..].find(is_digit) {
        Some(at) => {
            let start = after + at;
            let length = number[start..].find(|letter| !is_digit(letter)).unwrap_or(number.len() - start);
            (start, start + length)
        }
        None => {
            let end = number[..before].rfind(is_digit)? + 1;
            (number[..end].rfind(|letter| !is_digit(letter)).map_or(0, |at| at + 1), end)
        }
    };
    // A letter before may be longer than a byte; `start` stands right behind it or at its last byte.
    let start = (start..end).find(|at| number.is_char_boundary(*at))?;
    let place = number[start..end].parse().ok()?;
    Some((format!("{}#{}", &number[..start], &number[end..]), place))
}

/// What a closure is held against: a document it lists.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) hash: Hash,
    pub(crate) kind: String,
    pub(crate) total_minor: i64,
}

/// Where a closure's totals differ from the documents it lists, all of which are given, in order.
pub(crate) fn closure_objections(closure: &Closure, listed: &[Listed]) -> Vec<String> {
    let mut objections = Vec::new();
    let hashes: Vec<u8> = listed.iter().flat_map(|document| *document.hash.as_bytes()).collect();
    if Hash::of(&hashes) != closure.documents_hash {
        objections.push("the documents it lists are others than are here".to_string());
    }
    let of = |kind: Kind| listed.iter().filter(move |document| document.kind == kind.name());
    let money = [Kind::Sale, Kind::Return, Kind::Void];
    let gross: i64 = money.into_iter().flat_map(of).map(|document| document.total_minor).sum();
    let totals = &closure.totals;
    if gross != totals.gross_minor {
        objections.push(format!("it says {} in all, its documents come to {gross}", totals.gross_minor));
    }
    let counts = [(Kind::Sale, totals.sales), (Kind::Return, totals.returns), (Kind::Void, totals.voids)];
    for (kind, said) in counts {
        let counted = of(kind).count() as u64;
        if counted != said {
            objections.push(format!("it says {said} of kind {}, it lists {counted}", kind.name()));
        }
    }
    objections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_names_its_counter_and_its_place() {
        let cases = [
            ("T3A-000017", "T3A", Some(("T3A-#", 17))),
            ("INV/T3A/17", "T3A", Some(("INV/T3A/#", 17))),
            ("17/T3A", "T3A", Some(("#/T3A", 17))),
            ("2010/17/T3A", "T3A", Some(("2010/#/T3A", 17))),
            ("ž17", "", Some(("ž#", 17))),
            ("ž17/T3A", "T3A", Some(("ž#/T3A", 17))),
            ("", "T3A", None),
            ("T3A", "T3A", None),
            ("99999999999999999999999", "", None),
        ];
        for (number, series, expected) in cases {
            assert_eq!(
                counter(number, series),
                expected.map(|(shape, place)| (shape.into(), place)),
                "{number}"
            );
        }
    }
}

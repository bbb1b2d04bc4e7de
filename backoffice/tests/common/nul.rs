//! Documents whose texts no table can hold, and bodies of documents that several tests need.

use reqwest::Method;
use serde_json::{Value, json};
use tillkit_protocol::{Hash, Record, problem::ProblemType};

use super::{Office, PASSWORD, Till, item, line, refused, row, sale_body};

pub fn back(till: &str, seq: u64, quantity: i64, minor: i64) -> Value {
    let mut back = line("tea", &(-quantity).to_string(), -minor);
    back["origin"] = json!({"enrolment": 1, "line": 0, "seq": seq, "till": till});
    let mut body = sale_body(-quantity);
    body["lines"] = json!([back]);
    body["purpose"] = json!("goods");
    body
}

pub fn z(documents: &[Record], totals: Value) -> Value {
    let hashes: Vec<u8> = documents.iter().flat_map(|record| *record.hash.as_bytes()).collect();
    json!({
        "documents": [{"enrolment": 1, "ranges": [[1, documents.len()]], "till": "T1"}],
        "documents_hash": Hash::of(&hashes), "totals": totals, "unsent": {"documents": 0}, "z": 1,
    })
}

/// Documents whose texts no table can hold.
pub fn documents_with_nul(till: &mut Till) -> Vec<Record> {
    let mut records = Vec::new();
    let mut texts = sale_body(1);
    texts["lines"][0]["item"] = json!("te\u{0}a");
    texts["lines"][0]["unit"] = json!("p\u{0}c");
    texts["lines"][0]["vat"]["rate"] = json!("s\u{0}td");
    texts["tenders"][0]["tender"] = json!("ca\u{0}sh");
    texts["tenders"][0]["kind"] = json!("customer_credit");
    texts["customer"] = json!("an\u{0}na");
    texts["change_minor"] = json!(1);
    texts["change_tender"] = json!("ca\u{0}sh");
    let mut document = till.line("sale", 150, texts);
    document.business_day = "2010\u{0}12-01".into();
    document.user = "u\u{0}1".into();
    document.number = "T1A\u{0}-000001".into();
    records.push(till.sign(&document));
    let mut elsewhere = till.line("sale", 150, sale_body(1));
    elsewhere.centre = "ma\u{0}in".into();
    elsewhere.currency = "G\u{0}P".into();
    records.push(till.sign(&elsewhere));
    let mut origin = back("T1", 1, 1, 150);
    origin["lines"][0]["origin"]["till"] = json!("T\u{0}1");
    records.push(till.record("return", -150, origin));
    let goods = json!({"lines": [{"item": "te\u{0}a", "name": "\u{0}", "quantity": "1", "unit": "pc"}], "warehouse": "st\u{0}ore", "to_warehouse": "sh\u{0}op"});
    records.push(till.record("transfer", 0, goods));
    let order = json!({"lines": [{"item": "te\u{0}a", "name": "\u{0}", "quantity": "1", "unit": "pc", "unit_price": "1"}], "note": "\u{0}"});
    records.push(till.record("order", 0, order));
    let mut listed = z(&records, two_currencies_of_nothing());
    listed["documents"][0]["till"] = json!("T\u{0}1");
    records.push(till.record("closure", 0, listed));
    records.push(till.record("event", 0, json!({"detail": "\u{0}", "what": "no\u{0}te"})));
    records.push(till.record("holo\u{0}gram", 0, json!({"x": "\u{0}"})));
    let mut long = sale_body(1);
    long["lines"][0]["item"] = json!("x".repeat(100_000));
    long["tenders"][0]["tender"] = json!("y".repeat(100_000));
    records.push(till.record("sale", 150, long));
    records
}

fn two_currencies_of_nothing() -> Value {
    json!({
        "cancelled": 0, "discount_minor": 0, "gross_minor": 0, "movements": [], "perpetual_minor": 0,
        "returns": 0, "rounding_minor": 0, "sales": 0, "tenders": [], "vat": [], "voids": 0,
    })
}

/// Uploads them, and says whether all were stored as they are and booked, and the pages still answer.
pub async fn takes_nul(office: &Office) {
    let mut till = office.subscribed("T1").await;
    let records = documents_with_nul(&mut till);
    let answer = office.upload(&till, &records).await;
    assert_eq!(answer.refused, []);
    office.running.settled().await;
    assert_eq!(office.contact(&till, &till.contact()).await.processed, records.len() as u64);
    assert_eq!(office.export("").await, records.iter().map(Record::to_bytes).collect::<Vec<_>>());
    let totals = office.admin_lines("/totals").await;
    assert!(totals.iter().any(|total| total["business_day"] == "2010 12-01" && total["cashier"] == "u 1"));
    assert!(totals.iter().all(|total| total["code"].as_str().unwrap().chars().count() <= 200));
    assert_eq!(office.admin_lines("/accounts").await[0]["customer"], "an na");
    let cookie = office.sign_in("owner", PASSWORD).await;
    office.page(&cookie, "/web/documents").await;
    office.page(&cookie, "/web/findings").await;
    for seq in 1..=records.len() {
        office.page(&cookie, &format!("/web/documents/T1/1/{seq}/0")).await;
    }
    let mut stranger = till.line("sale", 150, sale_body(1));
    stranger.till = "T\u{0}9".into();
    let stranger = Record::sign(&stranger, &till.key).unwrap();
    let good = till.sale(1);
    let answer = office.upload(&till, &[stranger, good]).await;
    assert_eq!((answer.refused[0].index, answer.stored[0].ranges.len()), (0, 1));

    for (method, path) in [
        (Method::GET, "/centres/ma%00in/diff"),
        (Method::POST, "/centres/ma%00in/publish"),
        (Method::POST, "/centres/ma%00in/import/item"),
        (Method::POST, "/tills/T%001/pairing"),
        (Method::GET, "/documents?till=T%001"),
        (Method::PUT, "/accounts/ow%00ner"),
    ] {
        let problem = office.admin_refused(method, path, "{}").await;
        assert!(problem.is(ProblemType::Malformed), "{path}: {problem}");
        assert!(problem.detail.unwrap().contains("U+0000"));
    }
    for (method, path, body) in [
        (Method::PUT, "/tills/T2", json!({"name": "T\u{0}2"})),
        (
            Method::POST,
            "/centres/main/users",
            json!({"id": "u\u{0}", "name": "A", "role": "cashier", "pin": "1234"}),
        ),
        (Method::PUT, "/centres/main", json!({"name": "\u{0}", "currency": "GBP", "vat_mode": "included"})),
    ] {
        let problem = office.admin_refused(method, path, body.to_string()).await;
        assert!(problem.is(ProblemType::Malformed), "{path}: {problem}");
    }
    let lines = [row("item", "te\u{0}a", item("1.00"))].concat();
    let problem = office.admin_refused(Method::POST, "/centres/main/rows", lines).await;
    assert!(problem.detail.unwrap().starts_with("line 1: item/te"));
    let body = json!({"centre": "ma\u{0}in"}).to_string();
    let answer = office.ask(&till, Method::PUT, "/v1/subscription").body(body).send().await.unwrap();
    refused(answer, ProblemType::Malformed).await;
    let answer = office.post_form(&cookie, "/web/tills", "till=T3&name=a%00b").await;
    assert_eq!(answer.status(), 400);
}

//! The books: sums in every dimension that a document has, accounts of customers, what came back held against
//! what was sold, closures held against their documents, and books that stay closed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::{
    CENTRE, NOW_MS, Office, PASSWORD, Till, line,
    nul::{back, takes_nul, z},
    row, sale_body,
};
use reqwest::Method;
use serde_json::{Value, json};
use tillkit_protocol::{Hash, Record};

const DAY_MS: i64 = 24 * 60 * 60_000;
const MOST: i64 = (1 << 53) - 1;

async fn selling() -> (Office, Till) {
    let office = Office::open().await;
    office.publish_centre().await;
    let till = office.subscribed("T1").await;
    (office, till)
}

async fn book(office: &Office, till: &Till, records: &[Record]) {
    office.upload(till, records).await;
    office.running.settled().await;
}

async fn codes(office: &Office) -> Vec<(String, u64)> {
    office.findings().await
}

fn found(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|(code, seq)| ((*code).to_string(), *seq)).collect()
}

/// Every amount and quantity the other way, as a void has them.
fn reversed(body: &Value) -> Value {
    match body {
        Value::Object(members) => {
            let turned = |(member, value): (&String, &Value)| {
                let value = match (member.as_str(), value) {
                    (name, Value::Number(number)) if name.ends_with("_minor") => {
                        json!(-number.as_i64().unwrap())
                    }
                    ("quantity", Value::String(text)) => match text.strip_prefix('-') {
                        Some(positive) => json!(positive),
                        None => json!(format!("-{text}")),
                    },
                    (_, value) => reversed(value),
                };
                (member.clone(), value)
            };
            Value::Object(members.iter().map(turned).collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(reversed).collect()),
        other => other.clone(),
    }
}

fn void(of: &Record, number: &str, seq: u64, body: &Value) -> Value {
    let mut void = reversed(body);
    void["of"] = json!({"enrolment": 1, "hash": of.hash, "number": number, "seq": seq, "till": "T1"});
    void["reason"] = json!("typo");
    void
}

/// Teas at 1.50 of which a promotion, a line discount and a receipt discount take off 0.50.
fn discounted() -> Value {
    let mut body = sale_body(3);
    let mut tea = line("tea", "3", 400);
    tea["discount_minor"] = json!(50);
    tea["trace"] = json!([
        {"price": "1.50", "step": "list"},
        {"amount_minor": 20, "promotion": "happy", "reason": "Happy hour", "step": "promotion"},
        {"amount_minor": 10, "step": "discount"},
        {"amount_minor": 15, "step": "receipt_discount"},
        {"amount_minor": 5, "step": "loyalty"},
    ]);
    body["lines"] = json!([tea]);
    body["tenders"][0]["amount_minor"] = json!(400);
    body["tenders"][0]["home_minor"] = json!(400);
    body["vat"] = json!([{"category": "S", "gross_minor": 400, "net_minor": 340, "percent": "17.5", "rate": "std", "vat_minor": 60}]);
    body
}

#[tokio::test]
async fn discounts_have_their_source_and_those_of_what_was_reversed_cancel_out() {
    let (office, mut till) = selling().await;
    let body = discounted();
    let sale = till.record("sale", 400, body.clone());
    book(&office, &till, std::slice::from_ref(&sale)).await;
    for (code, minor) in [("promotion/happy", 20), ("line", 10), ("receipt", 15), ("other", 5)] {
        assert_eq!(office.total("discount", code).await, minor, "{code}");
    }
    let mut back = reversed(&body);
    back["purpose"] = json!("goods");
    back["lines"][0]["origin"] = json!({"enrolment": 1, "line": 0, "seq": 1, "till": "T1"});
    let returned = till.record("return", -400, back.clone());
    let voided = till.record("void", 400, void(&returned, "T1A-000002", 2, &back));
    let again = till.record("void", -400, void(&sale, "T1A-000001", 1, &body));
    book(&office, &till, &[returned, voided, again]).await;
    let totals = office.admin_lines("/totals").await;
    for total in totals.iter().filter(|total| total["measure"] != "count") {
        assert_eq!(total["value"], 0, "{total}");
    }
    assert_eq!(codes(&office).await, []);
}

#[tokio::test]
async fn sums_are_kept_by_cashier_and_by_rate_and_category() {
    let (office, mut till) = selling().await;
    let mut records = vec![till.sale(1)];
    for (user, percent, category) in [("bob", "0", "Z"), ("bob", "0", "E"), ("u1", "17.5", "S")] {
        let mut body = sale_body(2);
        body["vat"] = json!([{"category": category, "gross_minor": 300, "net_minor": 300, "percent": percent, "rate": "r", "vat_minor": 0}]);
        let mut document = till.line("sale", 300, body);
        document.user = user.into();
        records.push(till.sign(&document));
    }
    book(&office, &till, &records).await;
    let totals = office.admin_lines("/totals").await;
    let value = |cashier: &str, measure: &str, code: &str| {
        let wanted = |total: &&Value| {
            total["cashier"] == cashier && total["measure"] == measure && total["code"] == code
        };
        totals.iter().filter(wanted).map(|total| total["value"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((value("u1", "gross", ""), value("bob", "gross", "")), (vec![450], vec![600]));
    assert_eq!((value("bob", "vat_gross", "0/Z"), value("bob", "vat_gross", "0/E")), (vec![300], vec![300]));
    assert_eq!(value("u1", "vat_net", "17.5/S"), [128 + 300]);
    assert_eq!(value("bob", "tender", "cash/cash"), [600]);
}

#[tokio::test]
async fn an_account_has_what_was_sold_on_it_less_what_came_back() {
    let (office, mut till) = selling().await;
    let on_account = |customer: &str, teas: i64| {
        let mut body = sale_body(teas);
        body["customer"] = json!(customer);
        body["tenders"][0]["kind"] = json!("customer_credit");
        body["tenders"][0]["tender"] = json!("account");
        body
    };
    let mut split = on_account("anna", 2);
    split["tenders"][0]["amount_minor"] = json!(100);
    split["tenders"][0]["home_minor"] = json!(100);
    let cash = sale_body(2)["tenders"][0].clone();
    split["tenders"].as_array_mut().unwrap().push(cash);
    split["tenders"][1]["home_minor"] = json!(200);
    let mut back = on_account("anna", -1);
    back["purpose"] = json!("goods");
    let first = till.record("sale", 450, on_account("anna", 3));
    let second = till.record("sale", 150, on_account("bob", 1));
    let records = [
        first,
        second.clone(),
        till.record("sale", 300, split),
        till.record("return", -150, back),
        till.record("void", -150, void(&second, "T1A-000002", 2, &on_account("bob", 1))),
    ];
    book(&office, &till, &records).await;
    let accounts = office.admin_lines("/accounts").await;
    assert_eq!(
        accounts,
        [
            json!({"balance_minor": 400, "currency": "GBP", "customer": "anna"}),
            json!({"balance_minor": 0, "currency": "GBP", "customer": "bob"}),
        ]
    );
    let cookie = office.sign_in("owner", PASSWORD).await;
    let page = office.page(&cookie, "/web/documents").await;
    assert!(page.contains("<td>anna</td><td class=\"number\">4.00 <small>GBP</small>"), "{page}");
    assert!(!page.contains("<td>bob</td>"), "a settled account is not listed");
}

#[tokio::test]
async fn more_money_back_than_was_paid_is_found_across_tills_and_a_voided_return_gives_back() {
    let (office, mut till) = selling().await;
    let mut other = office.subscribed("T2").await;
    let sale = till.sale(3);
    book(&office, &till, &[sale]).await;
    let body = back("T1", 1, 1, 400);
    let dear = till.record("return", -400, body.clone());
    book(&office, &till, std::slice::from_ref(&dear)).await;
    assert_eq!(codes(&office).await, [], "4.00 of 4.50");
    let too_much = other.record("return", -100, back("T1", 1, 1, 100));
    book(&office, &other, &[too_much]).await;
    assert_eq!(codes(&office).await, found(&[("over-refund", 1)]));
    let detail = office.admin_lines("/findings").await[0]["detail"].as_str().unwrap().to_string();
    assert_eq!(detail, "of line 0 of T1/1/1 500 went back, 450 were paid");
    let voided = till.record("void", 400, void(&dear, "T1A-000002", 2, &body));
    let rest = till.record("return", -350, back("T1", 1, 2, 350));
    book(&office, &till, &[voided, rest]).await;
    assert_eq!(codes(&office).await, found(&[("over-refund", 1)]), "1.00 and 3.50 of 4.50");
}

#[tokio::test]
async fn what_came_back_before_its_sale_arrived_is_held_against_it_then() {
    let (office, mut till) = selling().await;
    let mut other = office.subscribed("T2").await;
    let sales = [till.sale(1), till.sale(1), till.sale(1)];
    let early = [
        other.record("return", -150, back("T1", 1, 1, 150)),
        other.record("return", -300, back("T1", 2, 2, 300)),
        other.record("return", -160, back("T1", 3, 1, 160)),
    ];
    book(&office, &other, &early).await;
    assert_eq!(codes(&office).await, []);
    book(&office, &till, &sales).await;
    assert_eq!(codes(&office).await, found(&[("over-refund", 3), ("over-return", 2)]));
}

#[tokio::test]
async fn a_return_of_another_item_currency_or_rate_than_was_sold_is_found() {
    let (office, mut till) = selling().await;
    let mut records = vec![till.sale(9)];
    records.push(till.record("return", -150, back("T1", 1, 1, 150)));
    let mut milk = back("T1", 1, 1, 150);
    milk["lines"][0]["item"] = json!("milk");
    records.push(till.record("return", -150, milk));
    let mut rate = back("T1", 1, 1, 150);
    rate["lines"][0]["vat"]["percent"] = json!("5");
    records.push(till.record("return", -150, rate));
    let mut category = back("T1", 1, 1, 150);
    category["lines"][0]["vat"]["category"] = json!("E");
    records.push(till.record("return", -150, category));
    let mut euro = till.line("return", -150, back("T1", 1, 1, 150));
    euro.currency = "EUR".into();
    records.push(till.sign(&euro));
    let mut nothing = back("T1", 1, 1, 150);
    nothing["lines"][0]["origin"]["line"] = json!(7);
    records.push(till.record("return", -150, nothing));
    book(&office, &till, &records).await;
    let differs = |seq| ("return-differs", seq);
    let mut expected =
        found(&[differs(3), differs(4), differs(5), differs(6), differs(7), ("over-return", 7)]);
    expected.sort();
    assert_eq!(codes(&office).await, expected);
}

/// Two sales in pounds, one in yen, a float and the closure's totals.
fn two_currencies(till: &mut Till) -> (Vec<Record>, Value) {
    let float = json!({"amount_minor": 5_000, "currency": "GBP", "movement": "float_in", "tender": "cash"});
    let mut documents = vec![till.record("cash_movement", 0, float), till.sale(1)];
    let mut change = sale_body(2);
    change["tenders"][0]["amount_minor"] = json!(500);
    change["tenders"][0]["home_minor"] = json!(500);
    change["change_minor"] = json!(200);
    change["change_tender"] = json!("cash");
    documents.push(till.record("sale", 300, change));
    let mut yen = sale_body(4);
    yen["tenders"][0]["currency"] = json!("JPY");
    let mut yen = till.line("sale", 600, yen);
    yen.currency = "JPY".into();
    documents.push(till.sign(&yen));
    let vat = |gross: i64, vat: i64| json!([{"category": "S", "gross_minor": gross, "net_minor": gross - vat, "percent": "17.5", "rate": "std", "vat_minor": vat}]);
    let totals = json!({
        "cancelled": 0, "discount_minor": 0, "gross_minor": 450, "perpetual_minor": 450,
        "movements": [{"amount_minor": 5_000, "count": 1, "currency": "GBP", "movement": "float_in"}],
        "other_currencies": [{"currency": "JPY", "discount_minor": 0, "gross_minor": 600, "perpetual_minor": 600, "rounding_minor": 0, "vat": vat(600, 89)}],
        "returns": 0, "rounding_minor": 0, "sales": 3,
        "tenders": [
            {"currency": "GBP", "expected_minor": 5_450, "kind": "cash", "tender": "cash"},
            {"currency": "JPY", "expected_minor": 600, "kind": "cash", "tender": "cash"},
        ],
        "vat": vat(450, 22 + 44), "voids": 0,
    });
    (documents, totals)
}

#[tokio::test]
async fn a_closure_is_held_against_its_documents_in_each_currency_tender_and_rate() {
    let (office, mut till) = selling().await;
    let (documents, totals) = two_currencies(&mut till);
    let mut records = documents.clone();
    records.push(till.record("closure", 0, z(&documents, totals.clone())));
    book(&office, &till, &records).await;
    assert_eq!(codes(&office).await, []);
    let changes: [(&str, Value, &str); 10] = [
        ("/gross_minor", json!(1_050), "it says 1050 GBP in all, its documents come to 450"),
        ("/other_currencies", json!([]), "it says 0 JPY in all, its documents come to 600"),
        ("/other_currencies/0/gross_minor", json!(601), "it says 601 JPY in all"),
        ("/tenders/0/expected_minor", json!(5_451), "it says 5451 GBP by cash, its documents come to 5450"),
        ("/tenders/1/currency", json!("GBP"), "it says 6050 GBP by cash"),
        ("/vat/0/vat_minor", json!(67), "it says 67 GBP of VAT at std 17.5/S, its documents come to 66"),
        ("/vat/0/category", json!("E"), "it says 0 GBP net at std 17.5/S"),
        ("/discount_minor", json!(1), "it says 1 GBP of discounts"),
        ("/rounding_minor", json!(-1), "it says -1 GBP of rounding"),
        ("/movements/0/count", json!(2), "it says 2 movements float_in in GBP, its documents come to 1"),
    ];
    for (place, wrong, expected) in changes {
        let mut totals = totals.clone();
        *totals.pointer_mut(place).unwrap() = wrong;
        let closure = till.record("closure", 0, z(&documents, totals));
        book(&office, &till, &[closure]).await;
        let findings = office.admin_lines("/findings").await;
        let finding = findings.iter().find(|finding| finding["seq"] == till.seq).unwrap();
        assert_eq!(finding["code"], "closure-differs");
        let detail = finding["detail"].as_str().unwrap();
        assert!(detail.contains(expected), "{place}: {detail}");
    }
}

#[tokio::test]
async fn a_sum_that_would_be_too_large_leaves_its_document_out_and_the_others_in() {
    let (office, mut till) = selling().await;
    let huge = |till: &mut Till, total: i64| {
        let mut body = sale_body(1);
        body["lines"][0]["stock"] = json!(false);
        till.record("sale", total, body)
    };
    let records = [huge(&mut till, MOST), till.sale(1), huge(&mut till, -MOST), huge(&mut till, 7)];
    for record in &records {
        book(&office, &till, std::slice::from_ref(record)).await;
    }
    assert_eq!(office.total("gross", "").await, 7);
    assert_eq!(office.total("count", "sale").await, 4);
    assert_eq!(codes(&office).await, found(&[("sum-too-large", 2)]));
    assert_eq!(office.contact(&till, &till.contact()).await.processed, 4, "nothing is tried for ever");

    // In one document, and in a level of stock.
    let mut lines = sale_body(1);
    lines["lines"][0]["discount_minor"] = json!(MOST);
    let twice = lines["lines"][0].clone();
    lines["lines"].as_array_mut().unwrap().push(twice);
    let goods = |quantity: &str| json!({"lines": [{"item": "milk", "name": "Milk", "quantity": quantity, "unit": "l"}], "warehouse": "store"});
    let records = [
        till.record("sale", 150, lines),
        till.record("goods_receipt", 0, goods("9000000000")),
        till.record("goods_receipt", 0, goods("1")),
        till.record("goods_return", 0, goods("2")),
    ];
    book(&office, &till, &records).await;
    assert_eq!(
        codes(&office).await,
        found(&[("sum-too-large", 2), ("sum-too-large", 5), ("sum-too-large", 7)])
    );
    let stock = office.admin_lines("/stock").await;
    let milk = stock.iter().find(|level| level["item"] == "milk").unwrap();
    assert_eq!(milk["micro"], 8_999_999_998_000_000i64);
    assert_eq!(office.contact(&till, &till.contact()).await.processed, 8);
}

#[tokio::test]
async fn documents_with_texts_that_no_table_holds_are_stored_as_they_are_and_booked() {
    let office = Office::open().await;
    office.publish_centre().await;
    takes_nul(&office).await;
}

/// Reads closed books: a receipt and a Z by API and page, and the day's sums.
async fn read_books(office: &Office) -> BTreeMap<&'static str, String> {
    let cookie = office.sign_in("owner", PASSWORD).await;
    let mut read = BTreeMap::new();
    let text = |path: &'static str| async move {
        office.admin(Method::GET, path).send().await.unwrap().text().await.unwrap()
    };
    for path in ["/totals", "/accounts", "/stock", "/findings", "/documents"] {
        read.insert(path, text(path).await);
    }
    for path in [
        "/web/documents/T1/1/1/0",
        "/web/documents/T1/1/2/0",
        "/web/documents/T1/1/3/0",
        "/web/documents/T1/1/4/0",
    ] {
        read.insert(path, office.page(&cookie, path).await);
    }
    read
}

#[tokio::test]
async fn closed_books_read_the_same_after_every_kind_of_later_change() {
    let (office, mut till) = selling().await;
    let settings = |name: &str| {
        vec![
            row("tender", "cash", json!({"name": format!("{name} cash"), "kind": "cash", "currency": "GBP"})),
            row(
                "user",
                "u1",
                json!({"name": format!("{name} Ann"), "role": "cashier", "pin": "$argon2id$x"}),
            ),
            row("receipt_layout", "*", json!({"header": [name]})),
            row(
                "promotion",
                "happy",
                json!({"name": name, "gives": {"percent_off": "20"}, "covers_all": true}),
            ),
            row("customer", "anna", json!({"name": format!("{name} Anna")})),
        ]
    };
    office.rows(CENTRE, &settings("Old")).await;
    office.publish(CENTRE).await;
    let mut body = discounted();
    body["customer"] = json!("anna");
    body["tenders"][0]["name"] = json!("Notes and coins");
    body["paper"] = json!({"cashier": "Ann Old", "header": ["Old"], "footer": [], "utc_offset_min": 0});
    let mut plain = till.line("sale", 400, body);
    let sale = till.sign(&plain);
    (plain.seq, plain.prev, plain.number) = (2, sale.hash, "T1A-000002".into());
    (plain.total_minor, plain.body) = (150, sale_body(1));
    // Made under the second generation: that one's names are shown.
    plain.generations = BTreeMap::from([("items".into(), 2)]);
    let documents = vec![sale, till.sign(&plain), {
        let mut voided = reversed(&sale_body(1));
        voided["of"] =
            json!({"enrolment": 1, "hash": Hash::NONE, "number": "T1A-000002", "seq": 2, "till": "T1"});
        voided["reason"] = json!("typo");
        till.record("void", -150, voided)
    }];
    let totals = json!({
        "cancelled": 0, "discount_minor": 50, "gross_minor": 400, "movements": [], "perpetual_minor": 400,
        "returns": 0, "rounding_minor": 0, "sales": 2, "voids": 1,
        "tenders": [{"currency": "GBP", "expected_minor": 400, "kind": "cash", "tender": "cash"}],
        "vat": [{"category": "S", "gross_minor": 400, "net_minor": 340, "percent": "17.5", "rate": "std", "vat_minor": 60}],
    });
    let mut records = documents.clone();
    records.push(till.record("closure", 0, z(&documents, totals)));
    book(&office, &till, &records).await;
    let before = read_books(&office).await;
    assert!(
        before["/web/documents/T1/1/1/0"].contains("Notes and coins"),
        "a document's own names are shown"
    );
    assert!(before["/web/documents/T1/1/1/0"].contains("Ann Old"));
    assert!(
        before["/web/documents/T1/1/2/0"].contains("Old Ann")
            && before["/web/documents/T1/1/2/0"].contains("Main street")
    );
    assert_eq!(before["/findings"], "");

    office.pass(365 * DAY_MS);
    let centre =
        json!({"name": "New street", "currency": "EUR", "vat_mode": "excluded", "warehouse": "cellar"});
    office.admin_ok(Method::PUT, "/centres/main", centre.to_string()).await;
    let later = [
        settings("New"),
        vec![
            row("unit", "pc", json!({"name": "each", "decimals": 3})),
            row("vat_rate", "std", json!({"name": "20 %", "percent": "20", "category": "S"})),
            row("role", "cashier", json!({"name": "Sales assistant", "rights": []})),
            row("numerator", "*", json!({"pattern": "N{number}/{series}"})),
            row("item", "milk", json!({"name": "Oat milk", "unit": "pc", "vat": "std", "price": "9.99"})),
            common::gone("item", "tea"),
        ],
    ];
    office.rows(CENTRE, &later.concat()).await;
    office.publish(CENTRE).await;
    let gone =
        [common::gone("tender", "cash"), common::gone("user", "u1"), common::gone("promotion", "happy")];
    office.rows(CENTRE, &gone).await;
    office.publish(CENTRE).await;
    office.running.settled().await;
    let office = office.restart().await;
    let after = read_books(&office).await;
    for (path, text) in &before {
        assert_eq!(&after[path], text, "{path}");
    }
}

#[tokio::test]
async fn figures_of_documents_that_came_late_are_shown_beside_those_from_before() {
    let (office, mut till) = selling().await;
    let mut other = office.subscribed("T2").await;
    let sale = till.sale(2);
    book(&office, &till, &[sale]).await;
    let gross = |totals: Vec<Value>, member: &str| -> i64 {
        let gross = totals.iter().filter(|total| total["measure"] == "gross");
        gross.map(|total| total[member].as_i64().unwrap()).sum()
    };
    assert_eq!(gross(office.admin_lines("/totals").await, "late"), 0);
    office.pass(3 * DAY_MS);
    other.token = office.token(&other).await;
    let late = other.sale(1);
    book(&office, &other, &[late]).await;
    let totals = office.admin_lines("/totals").await;
    assert_eq!((gross(totals.clone(), "value"), gross(totals, "late")), (450, 150));
    let cookie = office.sign_in("owner", PASSWORD).await;
    let page = office.page(&cookie, "/web/documents").await;
    assert!(page.contains("<dt>Before late documents</dt><dd>3.00</dd>"), "{page}");
    assert!(page.contains("<dt>Came late</dt><dd>1.50</dd>"), "{page}");
    assert!(office.now_ms() > NOW_MS);
}

//! What an item costs: prices that begin and end by themselves, and promotions, without any network.

use std::sync::{Arc, atomic::Ordering};

use serde_json::{Value, json};
use tillkit::{AddLine, LineOrigin, NewReturn, ReturnLine, ReturnPurpose, Scope, Session, Till, Trigger};
use tillkit_tests::world::{Line, MORNING_MS, Shop};

fn line() -> Arc<Line> {
    Line::default().into()
}

const HOUR_MS: i64 = 3_600_000;

/// A till that has these rows and no network.
async fn offline(shop: &Shop, rows: &[(&str, &str, Value)]) -> Till {
    shop.rows(rows).await.unwrap();
    shop.publish().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    till
}

fn cart(session: &Session, items: &[(&str, u32)]) -> i64 {
    for (item, quantity) in items {
        session.add(AddLine::item(item, (*quantity).into())).unwrap();
    }
    session.cart().unwrap().unwrap().total.minor
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_published_for_monday_is_sold_by_on_monday_though_the_till_is_offline() {
    let shop = Shop::stocked().await.unwrap();
    let from_ms = MORNING_MS + 24 * HOUR_MS;
    let monday = json!({"item": "tea", "price": "1.99", "from_ms": from_ms, "until_ms": from_ms + HOUR_MS});
    let till = offline(&shop, &[("price", "monday", monday)]).await;
    let anna = till.sign_in("anna", "1234").unwrap();
    let price = || anna.sell_screen("earl").unwrap().hits[0].price.clone();

    assert_eq!((cart(&anna, &[("tea", 1)]), price().as_str()), (2_55, "2.55"));
    anna.cancel_sale().unwrap();
    shop.hands.set(from_ms);
    assert_eq!((cart(&anna, &[("tea", 1)]), price().as_str()), (1_99, "1.99"));
    shop.hands.pass(HOUR_MS);
    assert_eq!(cart(&anna, &[("tea", 1)]), 1_99 + 2_55, "the line that is there keeps its price");
    anna.cancel_sale().unwrap();

    anna.edit_price("tea", "9.00".parse().unwrap()).unwrap();
    shop.hands.set(from_ms);
    assert_eq!(cart(&anna, &[("tea", 1)]), 9_00, "an edit of this till comes before any list");
}

#[tokio::test(flavor = "multi_thread")]
async fn happy_hour_begins_and_ends_by_the_tills_clock_and_is_printed() {
    let shop = Shop::stocked().await.unwrap();
    // The first of December 2010 was a Wednesday.
    let happy = json!({"name": "Happy hour", "gives": {"percent_off": "20"}, "covers_all": true,
        "weekdays": [3], "from_time": "16:00", "until_time": "18:00"});
    let till = offline(&shop, &[("promotion", "happy", happy)]).await;
    let anna = till.sign_in("anna", "1234").unwrap();
    assert_eq!(cart(&anna, &[("book", 1)]), 12_00, "at eight in the morning");
    anna.cancel_sale().unwrap();

    shop.hands.set(MORNING_MS + 8 * HOUR_MS);
    assert_eq!(cart(&anna, &[("book", 1)]), 9_60);
    anna.pay_rest("cash").unwrap();
    let receipt = anna.complete().unwrap();
    assert!(receipt.text.contains("Happy hour") && receipt.text.contains("-2.40"), "{}", receipt.text);

    shop.hands.pass(24 * HOUR_MS);
    assert_eq!(cart(&anna, &[("book", 1)]), 12_00, "on Thursday");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_for_two_of_a_group_is_booked_as_sold_and_what_was_paid_comes_back() {
    let shop = Shop::stocked().await.unwrap();
    let drink = |name: &str, price: &str| json!({"name": name, "group": "drinks", "unit": "pc", "vat": "std", "price": price});
    let till = offline(
        &shop,
        &[
            ("group", "drinks", json!({"name": "Drinks"})),
            ("item", "cola", drink("Cola", "3.00")),
            ("item", "water", drink("Water", "1.00")),
            ("promotion", "3for2", json!({"name": "3 for 2", "gives": {"n_for_m": {"n": 3, "m": 2}}})),
            ("promotion_item", "3for2/group/drinks", json!({"promotion": "3for2", "group": "drinks"})),
        ],
    )
    .await;
    let anna = till.sign_in("anna", "1234").unwrap();

    assert_eq!(cart(&anna, &[("cola", 2), ("water", 1), ("tea", 1)]), 6_00 + 2_55, "the water is free");
    anna.pay_rest("cash").unwrap();
    let sale = anna.complete().unwrap();
    assert_eq!(sale.settled.lines[1].gross_minor, 0);

    let origin = |line| LineOrigin { till: "T1".into(), enrolment: 1, seq: sale.reference.seq, line };
    let back = |item: &str, quantity: &str, line| ReturnLine {
        what: AddLine::item(item, quantity.parse().unwrap()),
        origin: Some(origin(line)),
        reason: None,
    };
    let returned = anna
        .return_goods(NewReturn {
            purpose: ReturnPurpose::Goods,
            customer: None,
            lines: vec![back("cola", "-1", 0), back("water", "-1", 1)],
            refund: "cash".into(),
        })
        .unwrap();
    assert_eq!(returned.settled.total_minor, -3_00, "nothing was paid for the water");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_cannot_be_are_refused_before_they_are_published() {
    let shop = Shop::stocked().await.unwrap();
    for (kind, key, row, why) in [
        ("promotion", "p", json!({"name": "P", "gives": {"n_for_m": {"n": 2, "m": 2}}}), "gives nothing"),
        ("promotion", "p", json!({"name": "P", "gives": {"percent_off": "10"}, "weekdays": [8]}), "weekdays"),
        ("promotion_item", "x", json!({"promotion": "p", "item": "tea"}), "p/item/tea"),
        ("promotion_item", "x", json!({"promotion": "p"}), "an item or a group"),
    ] {
        let refused = shop.rows(&[(kind, key, row)]).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_16_promotions_are_given_offline_and_the_centre_books_the_same_amounts() {
    let shop = Shop::stocked().await.unwrap();
    let half = json!({"name": "Second at half", "gives": {"second_at": "50"}});
    let till = offline(
        &shop,
        &[
            ("promotion", "half", half),
            ("promotion_item", "half/item/tea", json!({"promotion": "half", "item": "tea"})),
        ],
    )
    .await;
    drop(till);
    let till = shop.till("T1", &line()).unwrap();
    let bob = till.sign_in("bob", "4321").unwrap();
    let total_minor = cart(&bob, &[("tea", 2)]);
    bob.pay_rest("cash").unwrap();
    bob.complete().unwrap();
    assert_eq!(total_minor, 5_10 - 1_28, "2.55 and half of it, rounded once");

    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    shop.settled().await;

    let totals = shop.list("totals").await.unwrap();
    let gross = totals.iter().filter(|total| total["measure"] == "gross");
    assert_eq!(gross.map(|total| total["value"].as_i64().unwrap()).sum::<i64>(), total_minor);
    let documents = shop.documents().await.unwrap();
    assert!(documents.iter().any(|line| line.contains(r#""promotion":"half""#)), "the trace says why");
}

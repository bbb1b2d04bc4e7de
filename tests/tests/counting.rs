//! Clocks, coins and counts.

use serde_json::{Value, json};
use tillkit::{AddLine, CashMovementKind, Counted, CountedByPieces, Pieces, Rim, TillError};
use tillkit_tests::world::Shop;

use super::yesterday::{item, line, money, sell, sync};

const HOUR_MS: i64 = 3_600_000;
const YEAR_MS: i64 = 365 * 24 * HOUR_MS;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pins_on_a_clock_that_was_ahead_lock_out_for_the_pause_and_no_longer() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let now_ms = shop.hands.now_ms();
    shop.hands.set(now_ms + 5 * YEAR_MS);
    for _ in 0..6 {
        drop(till.sign_in("anna", "9999"));
    }
    shop.hands.set(now_ms + 60_000);
    sync(&till).await;
    assert!(
        matches!(till.sign_in("anna", "1234"), Err(TillError::LockedOut { .. })),
        "the pause is not over"
    );
    shop.hands.pass(HOUR_MS);
    assert!(till.sign_in("anna", "1234").is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_began_on_a_clock_ahead_ends_after_a_restart_too() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let now_ms = shop.hands.now_ms();
    shop.hands.set(now_ms + 5 * YEAR_MS);
    for _ in 0..5 {
        drop(till.sign_in("anna", "9999"));
    }
    drop(till);
    // The phone was started again: its other clock begins anew.
    shop.hands.start_again(now_ms);
    let till = shop.till("T1", &line()).unwrap();
    assert!(matches!(till.sign_in("anna", "1234"), Err(TillError::LockedOut { wait_s }) if wait_s <= 61));
    shop.hands.pass(61_000);
    assert!(till.sign_in("anna", "1234").is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn setting_the_clock_forward_ends_no_pause() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    for _ in 0..5 {
        drop(till.sign_in("anna", "9999"));
    }
    shop.hands.set_only_wall(shop.hands.now_ms() + YEAR_MS);
    assert!(matches!(till.sign_in("anna", "1234"), Err(TillError::LockedOut { .. })));
    shop.hands.set_only_wall(shop.hands.now_ms() - 2 * YEAR_MS);
    shop.hands.pass(61_000);
    assert!(till.sign_in("anna", "1234").is_ok());
}

/// A shop in crowns, whose currency row is this.
async fn crowns(currency: Value) -> Shop {
    let shop = Shop::stocked().await.unwrap();
    let row = json!({"name": "Shop", "currency": "CZK", "vat_mode": "included", "warehouse": "main"});
    shop.admin("PUT", "centres/main", row.to_string()).await.unwrap();
    let tender = |name: &str, kind: &str| json!({"name": name, "kind": kind, "currency": "CZK", "gives_change": kind == "cash"});
    shop.rows(&[
        ("currency", "CZK", currency),
        ("tender", "cash", tender("Cash", "cash")),
        ("tender", "card", tender("Card", "card")),
        ("item", "bag", item("Plastic bag", "BAG", "0.40")),
        ("item", "box", item("Box", "BOX", "100.30")),
        ("item", "jar", item("Jar", "JAR", "10.60")),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    shop
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rounds_to_nothing_is_paid_whoever_says_so() {
    let shop = crowns(json!({"name": "Koruna", "cash_step_minor": 100})).await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let bag = sell(&session, "bag", 1, "cash");
    session.add(AddLine::item("bag", 1.into())).unwrap();
    let without_a_word = session.complete().unwrap();
    let by_card = sell(&session, "bag", 1, "card");
    session.add(AddLine::item("box", 1.into())).unwrap();
    session.pay("card", money(100_00, "CZK"), None).unwrap();
    let rest = session.complete().unwrap();
    let rounding = [bag, without_a_word, by_card, rest].map(|receipt| receipt.settled.rounding_minor);
    assert_eq!(rounding, [-40, -40, 0, -30]);
    session.add(AddLine::item("jar", 1.into())).unwrap();
    session.pay("card", money(10_00, "CZK"), None).unwrap();
    assert!(session.complete().is_err(), "sixty hellers round to a crown");
}

#[tokio::test(flavor = "multi_thread")]
async fn coins_round_as_the_currency_says() {
    let step = json!({"name": "Koruna", "cash_step_minor": 100});
    let with = |member: &str, value: Value| {
        let mut row = step.clone();
        row[member] = value;
        row
    };
    let rounding = |shop: Shop, item: &'static str, paid: Option<i64>| async move {
        let till = shop.ready_till("T1", &line()).await.unwrap();
        let session = till.sign_in("anna", "1234").unwrap();
        session.add(AddLine::item(item, 1.into())).unwrap();
        match paid {
            Some(minor) => session.pay("cash", money(minor, "CZK"), None).unwrap(),
            None => session.pay_rest("cash").unwrap(),
        }
        session.complete().map(|receipt| receipt.settled.rounding_minor).ok()
    };
    assert_eq!(rounding(crowns(with("cash_rounding", "up".into())).await, "box", None).await, Some(70));
    assert_eq!(rounding(crowns(with("cash_rounding", "down".into())).await, "jar", None).await, Some(-60));
    assert_eq!(rounding(crowns(with("round_up_to_step", true.into())).await, "bag", None).await, Some(60));
    assert_eq!(rounding(crowns(with("exact_cash", true.into())).await, "jar", Some(10_60)).await, Some(0));
    assert_eq!(rounding(crowns(step).await, "jar", Some(10_60)).await, None, "eleven crowns are due");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_was_counted_stands_in_the_z() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.move_cash(CashMovementKind::FloatIn, "cash", money(5_00, "GBP"), "").unwrap();
    sell(&session, "book", 1, "cash");
    let counted =
        |tender: &str, minor, currency| Counted { tender: tender.into(), amount: money(minor, currency) };

    let unknown = session.close(&[counted("shells", 1, "GBP")]).unwrap_err();
    assert!(matches!(unknown, TillError::Unknown { .. }), "{unknown}");
    let other = session.close(&[counted("cash", 1, "EUR")]).unwrap_err();
    assert!(matches!(other, TillError::Money(_)), "{other}");
    let below = session.close(&[counted("cash", -1, "GBP")]).unwrap_err();
    assert!(matches!(below, TillError::BadInput { .. }), "{below}");
    let counts = [
        counted("cash", 7_00, "GBP"),
        counted("euros", 5_00, "EUR"),
        counted("cash", 10_00, "GBP"),
        counted("card", 0, "GBP"),
    ];
    let totals = session.close(&counts).unwrap().closure.totals;
    let said = |tender: &str| {
        let total = totals.tenders.iter().find(|total| total.tender == tender).unwrap();
        (total.counted_minor, total.expected_minor, total.difference_minor)
    };
    assert_eq!(said("cash"), (Some(17_00), 17_00, Some(0)));
    assert_eq!(said("euros"), (Some(5_00), 0, Some(5_00)));
    assert_eq!(said("card"), (Some(0), 0, Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drawer_is_counted_coin_by_coin() {
    let shop = Shop::stocked().await.unwrap();
    let pound = json!({"name": "Pound", "faces_minor": [5, 20, 50, 1_00, 5_00, 10_00]});
    shop.rows(&[("currency", "GBP", pound)]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    sell(&session, "book", 1, "cash");
    let tenders = session.sell_screen("").unwrap().tenders;
    let faces = |tender: &str| tenders.iter().find(|of| of.tender == tender).unwrap().faces_minor.clone();
    assert_eq!(faces("cash"), [5, 20, 50, 1_00, 5_00, 10_00]);
    assert!(faces("card").is_empty() && faces("euros").is_empty(), "no coins of it are listed");
    let pieces = |pieces: &[(u32, i64)]| -> Vec<Pieces> {
        pieces.iter().map(|(count, face_minor)| Pieces { count: *count, face_minor: *face_minor }).collect()
    };
    let counted = |minor, of: &[(u32, i64)]| CountedByPieces {
        counted: Counted { tender: "cash".into(), amount: money(minor, "GBP") },
        pieces: pieces(of),
    };

    let wrong = [
        (counted(5_50, &[(1, 5_00), (3, 20)]), "the coins and notes come to 5.60 GBP, not 5.50 GBP"),
        (counted(1, &[(1, 0)]), "no coin or note is worth 0.00 GBP"),
        (counted(1, &[(1, -1)]), "no coin or note is worth -0.01 GBP"),
        (counted(1, &[(u32::MAX, i64::MAX)]), "beyond 9007199254740991"),
        (counted(101, &(1..=101).map(|face| (1, face)).collect::<Vec<_>>()), ""),
    ];
    for (count, why) in wrong {
        let refused = session.close_by_pieces(&[count]).unwrap_err();
        assert!(
            matches!(refused, TillError::BadInput { .. }) && refused.to_string().contains(why),
            "{refused}"
        );
    }
    assert_eq!(session.interim().unwrap().closure.z, 1, "nothing was closed");

    // Twice the same drawer, once without its coins: what is known of them stands there.
    let counts =
        [counted(10_40, &[(1, 10_00), (2, 20), (0, 50)]), counted(1_00, &[(5, 20)]), counted(60, &[])];
    let closed = session.close_by_pieces(&counts).unwrap();

    let totals = &closed.closure.totals.tenders;
    let cash = totals.iter().find(|total| total.tender == "cash").unwrap();
    assert_eq!((cash.counted_minor, &cash.pieces), (Some(12_00), &pieces(&[(7, 20), (1, 10_00)])));
    let recorded = closed.recorded.unwrap();
    let written = std::str::from_utf8(&recorded.record.line).unwrap();
    assert!(
        written.contains(r#""pieces":[{"count":7,"face_minor":20},{"count":1,"face_minor":1000}]"#),
        "{written}"
    );
}

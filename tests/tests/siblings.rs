//! Siblings of the reported cases, found by somebody who had not written the code: what a document says after the
//! centre has changed, sums that no document can say, rights and settings that were asked too early.

use std::sync::Arc;

use serde_json::{Value, json};
use tillkit::{
    AddLine, CashMovementKind, Counted, Currency, Discount, Goods, LineOrigin, Money, NewReturn, NewStock,
    Quantity, Receipt, RefundBy, Report, ReturnLine, ReturnPurpose, Scope, Session, StockKind, Till, Trigger,
};
use tillkit_tests::world::{Line, MORNING_MS, Shop};

const MAX_MINOR: i64 = (1 << 53) - 1;
/// The most that a payment may be.
const MOST_MINOR: i64 = 1_000_000_000_000;
const HOUR_MS: i64 = 3_600_000;

fn line() -> Arc<Line> {
    Line::default().into()
}

fn money(minor: i64, currency: &str) -> Money {
    Money::new(minor, Currency::parse(currency).unwrap())
}

fn qty(text: &str) -> Quantity {
    text.parse().unwrap()
}

async fn sync(till: &Till) -> Report {
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap()
}

fn item(name: &str, code: &str, price: &str) -> Value {
    json!({"name": name, "codes": [code], "unit": "pc", "vat": "std", "price": price})
}

fn tender(name: &str, kind: &str, currency: &str) -> Value {
    json!({"name": name, "kind": kind, "currency": currency, "gives_change": kind == "cash"})
}

fn back(item: &str, quantity: &str, of: &Receipt, line: u32, refund: impl Into<RefundBy>) -> NewReturn {
    let what = AddLine::item(item, qty(quantity));
    let of = &of.reference;
    let origin = LineOrigin { till: of.till.clone(), enrolment: of.enrolment, seq: of.seq, line };
    let lines = vec![ReturnLine { what, origin: Some(origin), reason: None }];
    NewReturn { purpose: ReturnPurpose::Goods, customer: None, lines, refund: refund.into() }
}

fn sell(session: &Session, item: &str, quantity: u32, tender: &str) -> Receipt {
    session.add(AddLine::item(item, quantity.into())).unwrap();
    session.pay_rest(tender).unwrap();
    session.complete().unwrap()
}

async fn centre(shop: &Shop, currency: &str, vat_mode: &str) {
    let row = json!({"name": "Shop", "currency": currency, "vat_mode": vat_mode, "warehouse": "main"});
    shop.admin("PUT", "centres/main", row.to_string()).await.unwrap();
}

async fn changed(shop: &Shop, till: &Till, rows: &[(&str, &str, Value)]) {
    shop.rows(rows).await.unwrap();
    shop.publish().await.unwrap();
    assert!(sync(till).await.is_complete());
}

async fn open() -> (Shop, Till, Session) {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    (shop, till, session)
}

async fn somebody(shop: &Shop, name: &str, rights: &[&str]) {
    shop.rows(&[("role", name, json!({"name": name, "rights": rights}))]).await.unwrap();
    let user = json!({"id": name, "name": name, "role": name, "pin": "1111"});
    shop.admin("POST", "centres/main/users", user.to_string()).await.unwrap();
}

async fn leva(price: &str) -> (Shop, Till, Session) {
    let shop = Shop::stocked().await.unwrap();
    centre(&shop, "BGN", "included").await;
    shop.rows(&[
        ("tender", "cash", tender("Cash", "cash", "BGN")),
        ("tender", "card", tender("Card", "card", "BGN")),
        ("item", "mug", item("Mug", "MUG", price)),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    (shop, till, session)
}

async fn to_euro(shop: &Shop, till: &Till) {
    let row = json!({"name": "Shop", "currency": "EUR", "vat_mode": "included", "warehouse": "main",
        "changeover": {"from": "BGN", "rate": "1.95583"}});
    shop.admin("PUT", "centres/main", row.to_string()).await.unwrap();
    changed(
        shop,
        till,
        &[
            ("tender", "cash", tender("Cash", "cash", "EUR")),
            ("tender", "card", tender("Card", "card", "EUR")),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_unit_that_was_sold_comes_back_though_the_unit_has_no_decimals_now() {
    let (shop, till, session) = open().await;
    session.add(AddLine::item("mug", qty("0.5"))).unwrap();
    session.pay_rest("cash").unwrap();
    let sale = session.complete().unwrap();
    drop(session);
    changed(&shop, &till, &[("unit", "pc", json!({"name": "pc", "code": "C62", "decimals": 0}))]).await;
    let session = till.sign_in("anna", "1234").unwrap();
    let returned = session.return_goods(back("mug", "-0.5", &sale, 0, "cash"));
    assert!(returned.is_ok(), "{}", returned.unwrap_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_sale_of_grams_crosses_a_changeover_without_rounding_the_price_of_a_gram() {
    let (shop, till, session) = leva("0.0125").await;
    session.add(AddLine::item("mug", 1000.into())).unwrap();
    assert_eq!(session.cart().unwrap().unwrap().total, money(12_50, "BGN"));
    let held = session.hold("").unwrap();
    drop(session);
    to_euro(&shop, &till).await;
    let session = till.sign_in("anna", "1234").unwrap();
    session.recall(&held).unwrap();
    // 12.50 / 1.95583
    assert_eq!(session.cart().unwrap().unwrap().total, money(6_39, "EUR"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_sale_of_many_pieces_crosses_a_changeover_at_the_amount() {
    // 1.00 BGN is 0.51129 EUR: a thousand of them are 511.29 EUR.
    let (shop, till, session) = leva("1.00").await;
    session.add(AddLine::item("mug", 1000.into())).unwrap();
    session.pay("card", money(1000_00, "BGN"), Some("slip")).unwrap();
    let held = session.hold("").unwrap();
    drop(session);
    to_euro(&shop, &till).await;
    let session = till.sign_in("anna", "1234").unwrap();
    session.recall(&held).unwrap();
    let cart = session.cart().unwrap().unwrap();
    // It was paid whole: nothing more is due, nothing was overpaid.
    let done = session.complete();
    assert!(
        done.is_ok(),
        "paid whole in leva: total {} rest {}: {}",
        cart.total,
        cart.rest,
        done.unwrap_err()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_on_account_comes_back_though_the_tender_was_replaced() {
    let (shop, till, session) = open().await;
    session.add(AddLine::item("book", 1.into())).unwrap();
    session.set_customer(Some("c1")).unwrap();
    session.pay_rest("credit").unwrap();
    let sale = session.complete().unwrap();
    drop(session);
    changed(
        &shop,
        &till,
        &[
            ("tender", "credit", Value::Null),
            ("tender", "account", tender("Account", "customer_credit", "GBP")),
        ],
    )
    .await;
    let session = till.sign_in("anna", "1234").unwrap();
    let tried: Vec<_> = ["account", "cash", "card", "credit"]
        .into_iter()
        .map(|by| session.return_goods(back("book", "-1", &sale, 0, by)).map(drop).map_err(|e| e.to_string()))
        .collect();
    assert!(tried.iter().any(Result::is_ok), "by no tender at all: {tried:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_by_card_comes_back_by_the_card_tender_that_replaced_it() {
    let shop = Shop::stocked().await.unwrap();
    somebody(&shop, "returns", &["sell", "return"]).await;
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let sale = sell(&session, "book", 1, "card");
    drop(session);
    changed(
        &shop,
        &till,
        &[("tender", "card", Value::Null), ("tender", "terminal2", tender("Card", "card", "GBP"))],
    )
    .await;
    let session = till.sign_in("returns", "1111").unwrap();
    let returned = session.return_goods(back("book", "-1", &sale, 0, "terminal2"));
    assert!(returned.is_ok(), "{}", returned.unwrap_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kind_of_a_tender_was_corrected_since() {
    let (shop, till, session) = open().await;
    changed(&shop, &till, &[("tender", "voucher", tender("Voucher", "other", "GBP"))]).await;
    let sale = sell(&session, "book", 1, "voucher");
    drop(session);
    changed(&shop, &till, &[("tender", "voucher", tender("Voucher", "voucher", "GBP"))]).await;
    let session = till.sign_in("anna", "1234").unwrap();
    let returned = session.return_goods(back("book", "-1", &sale, 0, "voucher"));
    assert!(returned.is_ok(), "{}", returned.unwrap_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn returned_promotions_are_taken_out_of_their_promotion_in_the_books() {
    let (shop, till, session) = open().await;
    let ten = json!({"name": "Ten", "gives": {"percent_off": "10"}, "covers_all": true});
    changed(&shop, &till, &[("promotion", "ten", ten)]).await;
    let sale = sell(&session, "book", 1, "cash");
    session.return_goods(back("book", "-1", &sale, 0, "cash")).unwrap();
    sync(&till).await;
    shop.settled().await;
    let totals = shop.list("totals").await.unwrap();
    let mut by = std::collections::BTreeMap::<String, i64>::new();
    for total in totals.iter().filter(|total| total["measure"] == "discount") {
        *by.entry(total["code"].as_str().unwrap().into()).or_default() += total["value"].as_i64().unwrap();
    }
    by.retain(|_, sum| *sum != 0);
    assert!(by.is_empty(), "{by:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exact_coins_come_back_as_they_were_taken() {
    let shop = Shop::stocked().await.unwrap();
    centre(&shop, "CZK", "included").await;
    shop.rows(&[
        ("currency", "CZK", json!({"name": "Koruna", "cash_step_minor": 100, "exact_cash": true})),
        ("tender", "cash", tender("Cash", "cash", "CZK")),
        ("item", "jar", item("Jar", "JAR", "10.60")),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("jar", 1.into())).unwrap();
    session.pay("cash", money(10_60, "CZK"), None).unwrap();
    let sale = session.complete().unwrap();
    let returned = session.return_goods(back("jar", "-1", &sale, 0, "cash")).unwrap().settled;
    assert_eq!(returned.tenders[0].amount, money(-10_60, "CZK"));
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_in_cash_are_together_no_more_than_was_paid() {
    let (shop, till, session) = open().await;
    changed(
        &shop,
        &till,
        &[
            ("currency", "GBP", json!({"name": "Pound", "cash_step_minor": 5})),
            ("item", "mug", item("Mug", "MUG", "0.03")),
        ],
    )
    .await;
    let sale = sell(&session, "mug", 10, "cash");
    let mut paid_back = 0;
    for _ in 0..10 {
        let part = session.return_goods(back("mug", "-1", &sale, 0, "cash")).unwrap();
        paid_back += part.settled.tenders.iter().map(|paid| -paid.home_minor).sum::<i64>();
    }
    let paid: i64 = sale.settled.tenders.iter().map(|paid| paid.home_minor).sum();
    assert!(paid_back <= paid, "{paid_back} of {paid}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_parts_of_a_sale_in_leva_are_in_euros_no_more_than_was_paid() {
    let (shop, till, session) = leva("0.01").await;
    let sale = sell(&session, "mug", 10, "card");
    drop(session);
    to_euro(&shop, &till).await;
    let session = till.sign_in("anna", "1234").unwrap();
    let mut euro_minor = 0;
    for _ in 0..10 {
        let part = session.return_goods(back("mug", "-1", &sale, 0, "card")).unwrap();
        euro_minor -= part.settled.tenders.iter().map(|paid| paid.amount.minor).sum::<i64>();
    }
    assert_eq!(euro_minor, 5, "0.10 BGN are 0.05 EUR");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_in_leva_paid_half_by_card_comes_back_half_by_card() {
    let (shop, till, session) = leva("10.00").await;
    somebody(&shop, "returns", &["sell", "return"]).await;
    session.add(AddLine::item("mug", 1.into())).unwrap();
    session.pay("card", money(5_00, "BGN"), Some("slip")).unwrap();
    session.pay_rest("cash").unwrap();
    let sale = session.complete().unwrap();
    drop(session);
    to_euro(&shop, &till).await;
    let session = till.sign_in("returns", "1111").unwrap();
    let mut tried = Vec::new();
    for (rest, other) in [("cash", "card"), ("card", "cash")] {
        for euro_minor in [2_55, 2_56] {
            let by = RefundBy::from(rest).and(other, money(euro_minor, "EUR"));
            let done =
                session.return_goods(back("mug", "-1", &sale, 0, by)).map(drop).map_err(|e| e.to_string());
            tried.push((other, euro_minor, done));
        }
    }
    assert!(tried.iter().any(|(.., done)| done.is_ok()), "{tried:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn leva_leave_the_drawer_for_the_bank_after_the_changeover() {
    let (shop, till, session) = leva("10.00").await;
    sell(&session, "mug", 3, "cash");
    drop(session);
    to_euro(&shop, &till).await;
    let session = till.sign_in("anna", "1234").unwrap();
    let moved = session.move_cash(CashMovementKind::BankDrop, "cash", money(30_00, "BGN"), "to the bank");
    assert!(moved.is_ok(), "{}", moved.unwrap_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minimum_and_an_amount_off_cross_a_changeover() {
    // One stotinka off each of a thousand is 10.00 BGN, 5.11 EUR.
    let (shop, till, session) = leva("1.00").await;
    let off = json!({"name": "Off", "gives": {"amount_off": "0.01"}, "covers_all": true});
    shop.rows(&[("promotion", "off", off)]).await.unwrap();
    shop.publish().await.unwrap();
    sync(&till).await;
    session.add(AddLine::item("mug", 1000.into())).unwrap();
    assert_eq!(session.cart().unwrap().unwrap().total, money(990_00, "BGN"));
    let held = session.hold("").unwrap();
    drop(session);
    to_euro(&shop, &till).await;
    let session = till.sign_in("anna", "1234").unwrap();
    session.recall(&held).unwrap();
    assert_eq!(session.cart().unwrap().unwrap().total, money(506_18, "EUR"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_of_yesterdays_currency_in_a_day_without_turnover_in_it() {
    // The drawer still holds leva after the last Z in leva.
    let (shop, till, session) = leva("10.00").await;
    sell(&session, "mug", 1, "cash");
    session.close(&[Counted { tender: "cash".into(), amount: money(10_00, "BGN") }]).unwrap();
    drop(session);
    to_euro(&shop, &till).await;
    let session = till.sign_in("anna", "1234").unwrap();
    let closed = session.close(&[Counted { tender: "cash".into(), amount: money(10_00, "BGN") }]).map(drop);
    assert!(closed.is_ok(), "{}", closed.unwrap_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_movements_that_cannot_be_summed_do_not_keep_the_day_open_for_ever() {
    let (_shop, _till, session) = open().await;
    let first = session.move_cash(CashMovementKind::PayIn, "cash", money(MAX_MINOR, "GBP"), "");
    let second = session.move_cash(CashMovementKind::PayIn, "cash", money(MAX_MINOR, "GBP"), "");
    let closed = session.close(&[]).map(drop);
    assert!(closed.is_ok(), "{first:?}\n{second:?}\n{}", closed.unwrap_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_is_too_large_is_refused_where_it_becomes_so_or_can_be_given_up() {
    let (shop, till, session) = open().await;
    changed(&shop, &till, &[("item", "mug", item("Mug", "MUG", "9000000"))]).await;
    session.add(AddLine::item("mug", qty("1000"))).unwrap();
    let second = session.add(AddLine::item("mug", qty("1000")));
    let (cart, screen, cancelled) =
        (session.cart(), session.sell_screen("").map(drop), session.cancel_sale());
    assert!(
        cart.is_ok() && screen.is_ok() && cancelled.is_ok(),
        "{second:?} {cart:?} {screen:?} {cancelled:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quantity_that_makes_a_sale_too_large_is_refused() {
    let (shop, till, session) = open().await;
    changed(&shop, &till, &[("item", "mug", item("Mug", "MUG", "9000000"))]).await;
    session.add(AddLine::item("mug", qty("1000"))).unwrap();
    session.add(AddLine::item("mug", qty("1"))).unwrap();
    let _ = session.set_quantity(1, qty("1000"));
    let (cart, cancelled) = (session.cart().map(drop), session.cancel_sale());
    assert!(cart.is_ok() && cancelled.is_ok(), "{cart:?} {cancelled:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn vat_on_top_makes_a_sale_too_large() {
    let shop = Shop::stocked().await.unwrap();
    centre(&shop, "GBP", "excluded").await;
    shop.rows(&[("item", "mug", item("Mug", "MUG", "9000000"))]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let added = session.add(AddLine::item("mug", qty("9500000")));
    let (cart, cancelled) =
        (session.cart().map(drop), if added.is_ok() { session.cancel_sale() } else { Ok(()) });
    assert!(cart.is_ok() && cancelled.is_ok(), "{added:?} {cart:?} {cancelled:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_sales_that_cannot_be_summed_can_be_closed() {
    let (shop, till, session) = open().await;
    changed(&shop, &till, &[("item", "mug", item("Mug", "MUG", "9000000"))]).await;
    let mut first = Vec::new();
    for _ in 0..2 {
        session.add(AddLine::item("mug", qty("1000"))).unwrap();
        session.pay_rest("card").unwrap();
        first.push(session.complete());
    }
    let closed = session.close(&[]).map(drop);
    assert!(closed.is_ok(), "{}", closed.unwrap_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn perpetual_sums_that_cannot_be_summed() {
    let (shop, till, session) = open().await;
    changed(&shop, &till, &[("item", "mug", item("Mug", "MUG", "9000000"))]).await;
    for day in 0..2 {
        session.add(AddLine::item("mug", qty("1000"))).unwrap();
        session.pay_rest("card").unwrap();
        session.complete().unwrap();
        let closed = session.close(&[]).map(drop);
        assert!(closed.is_ok(), "day {day}: {}", closed.unwrap_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_that_cannot_be_summed_are_refused() {
    let (_shop, _till, session) = open().await;
    session.add(AddLine::item("mug", 1.into())).unwrap();
    session.pay("cash", money(MOST_MINOR, "GBP"), None).unwrap();
    let second = session.pay("cash", money(MOST_MINOR, "GBP"), None);
    let (cart, screen) = (session.cart().map(drop), session.sell_screen("").map(drop));
    assert!(cart.is_ok() && screen.is_ok(), "{second:?} {cart:?} {screen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_beyond_what_an_amount_may_be_is_refused() {
    let (_shop, _till, session) = open().await;
    session.add(AddLine::item("mug", 1.into())).unwrap();
    let paid = session.pay("cash", money(i64::MAX, "GBP"), None);
    let cart = session.cart().map(drop);
    assert!(paid.is_err() && cart.is_ok(), "{paid:?} {cart:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_has_as_many_payments_as_a_sale() {
    let (_shop, _till, session) = open().await;
    for (quantity, parts) in [(9, 101), (99, 20_000)] {
        let sale = sell(&session, "book", quantity, "cash");
        let one = |by: RefundBy, _| by.and("cash", money(1, "GBP"));
        let by = (0..parts).fold(RefundBy::from("cash"), one);
        let returned = session.return_goods(back("book", &format!("-{quantity}"), &sale, 0, by));
        assert!(returned.is_err(), "{parts} parts: {:?}", returned.map(|done| done.settled.tenders.len()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_promotion_after_a_thousand_others_is_given() {
    let shop = Shop::stocked().await.unwrap();
    let old = json!({"name": "Over", "gives": {"percent_off": "1"}, "until_ms": 1_000, "covers_all": true});
    let keys: Vec<String> = (0..1_000).map(|number| format!("p{number:04}")).collect();
    let mut rows: Vec<(&str, &str, Value)> =
        keys.iter().map(|key| ("promotion", key.as_str(), old.clone())).collect();
    rows.push((
        "promotion",
        "today",
        json!({"name": "T", "gives": {"percent_off": "50"}, "covers_all": true}),
    ));
    shop.rows(&rows).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("book", 1.into())).unwrap();
    assert_eq!(session.cart().unwrap().unwrap().total, money(6_00, "GBP"));
}

#[tokio::test(flavor = "multi_thread")]
async fn change_is_given_though_there_are_more_than_a_hundred_tenders() {
    let shop = Shop::stocked().await.unwrap();
    let keys: Vec<String> = (0..100).map(|number| format!("card{number:03}")).collect();
    let mut rows: Vec<(&str, &str, Value)> =
        keys.iter().map(|key| ("tender", key.as_str(), tender("V", "voucher", "GBP"))).collect();
    let mut bottle = item("Bottle", "PFAND", "0.25");
    bottle["deposit"] = true.into();
    rows.push(("item", "bottle", bottle));
    shop.rows(&rows).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let bob = till.sign_in("bob", "4321").unwrap();
    bob.add(AddLine::item("bottle", qty("-4"))).unwrap();
    let paid_out = bob.complete();
    assert!(paid_out.is_ok(), "{}", paid_out.unwrap_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_name_has_a_bound_at_the_verb_that_takes_it() {
    let shop = Shop::stocked().await.unwrap();
    for (number, bad) in ["x".repeat(5_000), "a\u{0}b".into(), "a\u{202e}b".into()].into_iter().enumerate() {
        let name = format!("T{number}");
        let till = shop.till(&name, &line()).unwrap();
        let code = shop.pairing_code(&name).await.unwrap();
        let enrolled = till.enrol(shop.url(), &code, &bad).await.map(drop);
        assert!(enrolled.is_err(), "{}", tillkit_domain::text::fitted(&bad, 20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn search_works_whatever_the_stock_is() {
    let (shop, till, session) = open().await;
    changed(
        &shop,
        &till,
        &[("stock_level", "main/tea", json!({"warehouse": "main", "item": "tea", "quantity": "10"}))],
    )
    .await;
    for _ in 0..2 {
        let goods = vec![Goods::item("tea", qty("9000000000"))];
        session.move_goods(NewStock::new(StockKind::GoodsReceipt, goods)).unwrap();
    }
    let found = session.sell_screen("tea").map(|screen| screen.hits.len());
    assert!(found.is_ok(), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_booked_is_refused_before_it_is_paid() {
    let (shop, till, session) = open().await;
    changed(&shop, &till, &[("item", "mug", item("Mug", "MUG", "0.000001"))]).await;
    session.add(AddLine::item("mug", qty("9000000000"))).unwrap();
    let second = session.add(AddLine::item("mug", qty("9000000000"))).map(drop);
    session.pay_rest("cash").unwrap();
    let done = session.complete().map(drop);
    assert!(second.is_err() || done.is_ok(), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_to_pay_is_offered_however_many_there_are() {
    let shop = Shop::stocked().await.unwrap();
    let keys: Vec<String> = (0..50).map(|number| format!("a{number:03}")).collect();
    let rows: Vec<(&str, &str, Value)> =
        keys.iter().map(|key| ("tender", key.as_str(), tender("V", "voucher", "GBP"))).collect();
    shop.rows(&rows).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let offered = session.sell_screen("").unwrap().tenders;
    assert!(
        offered.iter().any(|way| way.tender == "cash"),
        "{} are offered, cash is none of them",
        offered.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_deactivated_while_signed_in_sells_no_more() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("bob", "4321").unwrap();
    sell(&session, "book", 1, "cash");
    let user = json!({"id": "bob", "name": "bob", "role": "cashier", "pin": "4321", "active": false});
    shop.admin("POST", "centres/main/users", user.to_string()).await.unwrap();
    shop.publish().await.unwrap();
    assert!(sync(&till).await.is_complete());
    assert!(till.sign_in("bob", "4321").is_err(), "he is deactivated");
    let sold = session.add(AddLine::item("book", 1.into())).map(drop);
    assert!(sold.is_err(), "he sells on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_was_taken_away_is_gone_after_the_sync() {
    let shop = Shop::stocked().await.unwrap();
    somebody(&shop, "voids", &["sell", "void"]).await;
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("voids", "1111").unwrap();
    let sale = sell(&session, "book", 1, "cash");
    changed(&shop, &till, &[("role", "voids", json!({"name": "voids", "rights": ["sell"]}))]).await;
    assert!(session.void(&sale.reference, "r").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_sale_of_who_signed_out_does_not_keep_changes_out_for_ever() {
    let (shop, till, session) = open().await;
    session.add(AddLine::item("book", 1.into())).unwrap();
    drop(session);
    shop.rows(&[("item", "book", item("Book", "BOOK", "13.00"))]).await.unwrap();
    shop.publish().await.unwrap();
    let report = tokio::time::timeout(std::time::Duration::from_secs(5), sync(&till)).await;
    let session = till.sign_in("anna", "1234").unwrap();
    assert!(session.cart().unwrap().is_none(), "no receipt is open");
    assert!(report.is_ok(), "the sync waits for a receipt that nobody can finish");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_on_everything_takes_nothing_off_a_deposit() {
    let (shop, till, session) = open().await;
    let mut bottle = item("Bottle", "PFAND", "0.25");
    bottle["deposit"] = true.into();
    let half = json!({"name": "Half", "gives": {"percent_off": "50"}, "covers_all": true});
    changed(&shop, &till, &[("item", "bottle", bottle), ("promotion", "half", half)]).await;
    let bought = sell(&session, "bottle", 10, "cash").settled.total_minor;
    drop(session);
    let bob = till.sign_in("bob", "4321").unwrap();
    bob.add(AddLine::item("bottle", qty("-10"))).unwrap();
    let back = bob.complete().unwrap().settled.total_minor;
    assert_eq!(bought, -back, "bought for one, brought back for the other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discount_of_the_receipt_takes_nothing_off_a_deposit() {
    let (shop, till, session) = open().await;
    let mut bottle = item("Bottle", "PFAND", "0.25");
    bottle["deposit"] = true.into();
    changed(&shop, &till, &[("item", "bottle", bottle)]).await;
    session.add(AddLine::item("book", 1.into())).unwrap();
    session.add(AddLine::item("bottle", 10.into())).unwrap();
    session.discount_receipt(Some(Discount::Percent("50".parse().unwrap()))).unwrap();
    let lines = session.cart().unwrap().unwrap().lines;
    assert_eq!((lines[0].gross_minor, lines[1].gross_minor), (6_00, 2_50));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_float_is_put_on_a_customers_account() {
    let (shop, till, session) = open().await;
    let moved: Vec<_> = ["credit", "card"]
        .into_iter()
        .filter(|tender| session.move_cash(CashMovementKind::FloatIn, tender, money(1_00, "GBP"), "").is_ok())
        .collect();
    sell(&session, "book", 1, "card");
    let closed = session.close(&[]).unwrap();
    sync(&till).await;
    shop.settled().await;
    let kinds: Vec<_> =
        closed.closure.totals.tenders.iter().map(|t| format!("{} {:?}", t.tender, t.kind)).collect();
    assert!(moved.is_empty(), "{moved:?} {kinds:?} {:?}", shop.list("findings").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_of_friday_night_is_given_in_the_small_hours_of_saturday() {
    let shop = Shop::stocked().await.unwrap();
    // 1 December 2010 was a Wednesday.
    let row = json!({"name": "Shop", "currency": "GBP", "vat_mode": "included", "warehouse": "main", "day_begins": "04:00"});
    shop.admin("PUT", "centres/main", row.to_string()).await.unwrap();
    let night = json!({"name": "Night", "gives": {"percent_off": "50"}, "covers_all": true,
        "weekdays": [3], "from_time": "22:00", "until_time": "02:00"});
    shop.rows(&[("promotion", "night", night)]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let mut totals = Vec::new();
    // Wednesday 01:00 (Tuesday's night), Wednesday 23:00, Thursday 01:00 (Wednesday's night).
    for at_ms in [MORNING_MS - 7 * HOUR_MS, MORNING_MS + 15 * HOUR_MS, MORNING_MS + 17 * HOUR_MS] {
        shop.hands.set(at_ms);
        totals.push(sell(&session, "book", 1, "cash").settled.total_minor);
    }
    assert_eq!(totals, [12_00, 6_00, 6_00]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_below_nothing_needs_the_right_to_discount() {
    let shop = Shop::stocked().await.unwrap();
    somebody(&shop, "prices", &["sell", "price_override"]).await;
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("prices", "1111").unwrap();
    session.add(AddLine::item("book", 1.into())).unwrap();
    let added = session.add(AddLine::item("mug", 1.into()).at("-11".parse().unwrap(), "why not"));
    session.pay_rest("cash").unwrap();
    let done = session.complete().map(|receipt| receipt.settled.total_minor);
    assert!(added.is_err(), "a book of 12.00 for {done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_refund_goes_to_the_account_of_who_has_none() {
    let (shop, till, session) = open().await;
    changed(&shop, &till, &[("customer", "c2", json!({"name": "Somebody", "credit": false}))]).await;
    let what = AddLine::item("book", qty("-1"));
    let lines = vec![ReturnLine { what, origin: None, reason: Some("broken".into()) }];
    let refund = RefundBy::from("credit");
    let new = NewReturn { purpose: ReturnPurpose::Goods, customer: Some("c2".into()), lines, refund };
    assert!(session.return_goods(new).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn change_is_made_of_coins_that_there_are() {
    let shop = Shop::stocked().await.unwrap();
    centre(&shop, "CZK", "included").await;
    shop.rows(&[
        ("currency", "CZK", json!({"name": "Koruna", "cash_step_minor": 100})),
        ("tender", "cash", tender("Cash", "cash", "CZK")),
        ("item", "jar", item("Jar", "JAR", "10.60")),
    ])
    .await
    .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("jar", 1.into())).unwrap();
    let paid = session.pay("cash", money(11_50, "CZK"), None);
    let done = session.complete().map(|receipt| receipt.settled.change_minor);
    assert!(
        paid.is_err() || done.as_ref().is_ok_and(|change| change % 100 == 0) || done.is_err(),
        "change of {done:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_z_says_of_each_tender_what_it_is() {
    let (_shop, _till, session) = open().await;
    session.move_cash(CashMovementKind::TenderTransfer, "card", money(1_00, "GBP"), "moved").unwrap();
    sell(&session, "book", 1, "card");
    let closed = session.close(&[]).unwrap();
    let kinds: Vec<_> =
        closed.closure.totals.tenders.iter().map(|t| format!("{} {:?}", t.tender, t.kind)).collect();
    assert_eq!(kinds, ["card Card"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_charged_without_a_slip_number_is_not_forgotten_when_the_app_is_killed() {
    let (shop, till, session) = open().await;
    session.add(AddLine::item("book", 1.into())).unwrap();
    session.pay_rest("card").unwrap();
    drop(session);
    drop(till);
    let till = shop.till("T1", &line()).unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    assert_eq!(session.held().unwrap().len(), 1, "12.00 were charged, and nothing is known of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_is_something_that_can_be_read() {
    let (_shop, _till, session) = open().await;
    let mut taken = Vec::new();
    for reason in
        ["\u{200b}", "\u{ad}", "\u{3164}", "\u{2060}", "\u{e0041}", "\u{200e}", "\u{fe0f}", "\u{2800}"]
    {
        let sale = sell(&session, "book", 1, "cash");
        if session.void(&sale.reference, reason).is_ok() {
            taken.push(reason.escape_unicode().to_string());
        }
    }
    assert!(taken.is_empty(), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_has_a_name_that_can_be_read() {
    let shop = Shop::stocked().await.unwrap();
    for name in ["", "  ", "\u{200b}"] {
        assert!(shop.admin("PUT", "tills/T6", json!({"name": name}).to_string()).await.is_err(), "{name:?}");
    }
}

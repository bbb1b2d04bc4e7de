//! Money back: never more than was paid, nor by a tender that did not pay it.

use serde_json::{Value, json};
use tillkit::{AddLine, NewReturn, Quantity, RefundBy, Right, TillError};
use tillkit_domain::SaleError;
use tillkit_tests::world::Shop;

use super::yesterday::{back, item, line, money, sell, sync};

/// A role with these rights, and somebody who has it.
pub async fn somebody(shop: &Shop, name: &str, rights: &[&str]) {
    shop.rows(&[("role", name, json!({"name": name, "rights": rights}))]).await.unwrap();
    let user = json!({"id": name, "name": name, "role": name, "pin": "1111"});
    shop.admin("POST", "centres/main/users", user.to_string()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_comes_back_for_a_line_than_was_paid_for_it() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let sale = sell(&session, "mug", 2, "cash");
    let at = |price: &str, quantity: &str| {
        let mut new = back("mug", quantity, &sale, 0, "cash");
        new.lines[0].what =
            AddLine::item("mug", quantity.parse().unwrap()).at(price.parse().unwrap(), "typo");
        session.return_goods(new)
    };
    for (price, quantity) in [("100", "-1"), ("4.26", "-1"), ("4.26", "-2"), ("-1", "-1")] {
        let refused = at(price, quantity).unwrap_err();
        assert!(matches!(refused, TillError::Sale(SaleError::RefundsTooMuch { .. })), "{price}: {refused}");
    }
    assert_eq!(at("1.00", "-1").unwrap().settled.total_minor, -1_00, "a scratched one comes back for less");
    let rest = session.return_goods(back("mug", "-1", &sale, 0, "cash")).unwrap();
    assert_eq!(rest.settled.total_minor, -4_25, "and the other one for what was paid for it");
    let document = till.history(&[], None, 99).unwrap().len();
    assert!(at("0", "-1").is_err() && till.history(&[], None, 99).unwrap().len() == document);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_named_twice_in_one_return_is_paid_back_once() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    let sale = sell(&session, "mug", 2, "cash");
    let mut twice = back("mug", "-2", &sale, 0, "cash");
    twice.lines.extend(back("mug", "-1", &sale, 0, "cash").lines);
    let refused = session.return_goods(twice).unwrap_err();
    assert!(matches!(refused, TillError::Sale(SaleError::ReturnsTooMuch { .. })), "{refused}");
    let mut halves = back("mug", "-1", &sale, 0, "cash");
    halves.lines.extend(back("mug", "-1", &sale, 0, "cash").lines);
    assert_eq!(session.return_goods(halves).unwrap().settled.total_minor, -8_50);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tender_gives_back_at_most_what_it_paid() {
    let shop = Shop::stocked().await.unwrap();
    somebody(&shop, "returns", &["sell", "return"]).await;
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("returns", "1111").unwrap();
    session.add(AddLine::item("book", 1.into())).unwrap();
    session.pay("card", money(7_00, "GBP"), Some("slip 1")).unwrap();
    session.pay_rest("cash").unwrap();
    let sale = session.complete().unwrap();
    let by = |refund: RefundBy| session.return_goods(back("book", "-1", &sale, 0, refund));

    let refused = by("card".into()).unwrap_err();
    assert!(matches!(refused, TillError::Sale(SaleError::NotPaidBy { .. })), "{refused}");
    let refused = by(RefundBy::from("cash").and("card", money(7_01, "GBP"))).unwrap_err();
    assert!(matches!(refused, TillError::Sale(SaleError::NotPaidBy { .. })), "{refused}");
    for cash in [RefundBy::from("cash"), RefundBy::from("cash").and("card", money(6_99, "GBP"))] {
        let refused = by(cash).unwrap_err();
        assert!(matches!(refused, TillError::NoRight { right: Right::CashRefund, .. }), "{refused}");
    }
    let returned = by(RefundBy::from("cash").and("card", money(7_00, "GBP"))).unwrap().settled;
    let tenders: Vec<_> =
        returned.tenders.iter().map(|paid| (paid.tender.as_str(), paid.home_minor)).collect();
    assert_eq!(tenders, [("card", -7_00), ("cash", -5_00)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_card_gave_back_it_does_not_give_again_until_that_is_voided() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("mug", 2.into())).unwrap();
    session.pay("card", money(4_25, "GBP"), Some("slip 1")).unwrap();
    session.pay_rest("cash").unwrap();
    let sale = session.complete().unwrap();
    let by_card = || session.return_goods(back("mug", "-1", &sale, 0, "card"));

    let first = by_card().unwrap();
    let refused = by_card().unwrap_err();
    assert!(matches!(refused, TillError::Sale(SaleError::NotPaidBy { .. })), "{refused}");
    session.void(&first.reference, "mistake").unwrap();
    by_card().unwrap();
    let rest = session.return_goods(back("mug", "-1", &sale, 0, "cash")).unwrap();
    assert_eq!(rest.settled.total_minor, -4_25);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_on_account_is_reduced_and_never_paid_out() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("book", 2.into())).unwrap();
    session.set_customer(Some("c1")).unwrap();
    session.pay("credit", money(20_00, "GBP"), None).unwrap();
    session.pay_rest("cash").unwrap();
    let sale = session.complete().unwrap();
    let by = |refund: RefundBy| session.return_goods(back("book", "-1", &sale, 0, refund));

    for refund in ["cash", "card"] {
        let refused = by(refund.into()).unwrap_err();
        let is_right =
            matches!(refused, TillError::Sale(SaleError::OnAccount { .. } | SaleError::NotPaidBy { .. }));
        assert!(is_right, "{refund}: {refused}");
    }
    let other = NewReturn { customer: Some("c1".into()), ..back("book", "-1", &sale, 0, "credit") };
    let returned = session.return_goods(other).unwrap().settled;
    assert_eq!((returned.tenders[0].home_minor, returned.customer.as_deref()), (-12_00, Some("c1")));
    let rest = by(RefundBy::from("cash").and("credit", money(8_00, "GBP"))).unwrap().settled;
    assert_eq!(rest.customer.as_deref(), Some("c1"), "the account is the sale's, without naming it");
    sync(&till).await;
    shop.settled().await;
    assert_eq!(shop.list("findings").await.unwrap(), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_reduced_at_the_customer_it_was_put_on() {
    let shop = Shop::stocked().await.unwrap();
    shop.rows(&[("customer", "c2", json!({"name": "Somebody", "credit": true}))]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("book", 1.into())).unwrap();
    session.set_customer(Some("c1")).unwrap();
    session.pay_rest("credit").unwrap();
    let sale = session.complete().unwrap();
    let other = NewReturn { customer: Some("c2".into()), ..back("book", "-1", &sale, 0, "credit") };
    let refused = session.return_goods(other).unwrap_err();
    assert_eq!(refused.code(), "bad-input", "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_cash_goes_back_at_the_rate_it_was_taken_at() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("book", 1.into())).unwrap();
    session.pay("euros", money(20_00, "EUR"), None).unwrap();
    let sale = session.complete().unwrap();
    drop(session);
    let today = json!({"currency": "EUR", "rate": "0.5", "from_day": "2010-12-01"});
    shop.rows(&[("exchange_rate", "EUR/2010-12-01", today)]).await.unwrap();
    shop.publish().await.unwrap();
    sync(&till).await;

    let session = till.sign_in("anna", "1234").unwrap();
    let returned = session.return_goods(back("book", "-1", &sale, 0, "euros")).unwrap().settled;
    let paid = &returned.tenders[0];
    assert_eq!((paid.amount, paid.home_minor), (money(-14_21, "EUR"), -12_00));
    assert_eq!(paid.rate.map(|rate| rate.to_string()).as_deref(), Some("0.8446"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_only_sell_takes_no_goods_back_by_a_negative_quantity() {
    let shop = Shop::stocked().await.unwrap();
    somebody(&shop, "with_sale", &["sell", "return"]).await;
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    for (user, pin) in [("bob", "4321"), ("with_sale", "1111")] {
        let session = till.sign_in(user, pin).unwrap();
        session.add(AddLine::item("book", 1.into())).unwrap();
        let two: Quantity = "-2".parse().unwrap();
        for refused in [
            session.add(AddLine::item("mug", two)).map(drop),
            session.add(AddLine::code("MUG", two)).map(drop),
            session.set_quantity(0, two),
        ] {
            assert!(matches!(refused, Err(TillError::NoRight { .. })), "{user}: {refused:?}");
        }
        assert_eq!(session.cart().unwrap().unwrap().total, money(12_00, "GBP"));
    }
    let anna = till.sign_in("anna", "1234").unwrap();
    anna.add(AddLine::item("book", 1.into())).unwrap();
    anna.add(AddLine::item("mug", "-1".parse().unwrap())).unwrap();
    anna.pay_rest("cash").unwrap();
    assert_eq!(anna.complete().unwrap().settled.total_minor, 12_00 - 4_25);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_returned_bottles_pays_out() {
    let shop = Shop::stocked().await.unwrap();
    let mut bottle = item("Bottle", "PFAND", "0.25");
    bottle["deposit"] = true.into();
    shop.rows(&[("item", "bottle", bottle)]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let bob = till.sign_in("bob", "4321").unwrap();
    bob.add(AddLine::item("bottle", 1.into())).unwrap();
    bob.set_quantity(0, "-6".parse().unwrap()).unwrap();
    assert_eq!(bob.cart().unwrap().unwrap().change, money(1_50, "GBP"));
    bob.pay_rest("cash").unwrap();
    let paid_out = bob.complete().unwrap().settled;
    assert_eq!((paid_out.total_minor, paid_out.change_minor, paid_out.tenders.len()), (-1_50, 1_50, 0));
    bob.add(AddLine::item("book", 1.into())).unwrap();
    bob.add(AddLine::item("bottle", "-2".parse().unwrap())).unwrap();
    bob.pay_rest("card").unwrap();
    assert_eq!(bob.complete().unwrap().settled.total_minor, 11_50);
    drop(bob);
    let anna = till.sign_in("anna", "1234").unwrap();
    let totals = anna.close(&[]).unwrap().closure.totals;
    let cash = totals.tenders.iter().find(|total| total.tender == "cash").unwrap();
    assert_eq!((cash.expected_minor, totals.gross_minor), (-1_50, 10_00));
    sync(&till).await;
    shop.settled().await;
    assert_eq!(shop.list("findings").await.unwrap(), Vec::<Value>::new());
}

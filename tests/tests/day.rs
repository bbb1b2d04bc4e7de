//! A day at the till: who asks for a sync, what it may, and what the day's ends do.

use std::sync::{Arc, atomic::Ordering};

use serde_json::json;
use tillkit::{
    AddLine, Counted, Currency, Kind, Mode, Money, Scope, Section, Status, Till, Trigger, screens::RowState,
};
use tillkit_tests::world::{Line, Shop};

use crate::shop;

fn line() -> Arc<Line> {
    Line::default().into()
}

fn tea(price: &str) -> serde_json::Value {
    json!({"name": "Earl Grey Tea", "codes": ["5901234123457"], "unit": "pc", "vat": "std", "price": price})
}

fn price_of_tea(till: &Till) -> String {
    let bob = till.sign_in("bob", "4321").unwrap();
    bob.add(AddLine::item("tea", 1.into())).unwrap();
    let price = bob.cart().unwrap().unwrap().lines[0].unit_price.to_string();
    bob.cancel_sale().unwrap();
    price
}

/// Waits until the status is as wanted; whoever waits in vain is ended by the runner.
async fn status(till: &Till, is_wanted: impl FnMut(&Status) -> bool) -> Status {
    till.status().unwrap().wait_for(is_wanted).await.unwrap().clone()
}

async fn policy(shop: &Shop, policy: serde_json::Value) {
    shop.rows(&[("policy", "main", policy)]).await.unwrap();
    shop.publish().await.unwrap();
}

fn events(till: &Till) -> Vec<String> {
    let events = till.history(&[Kind::Event], None, 100).unwrap();
    let what =
        |event: &tillkit::Recorded| event.document::<serde_json::Value>().unwrap().body["what"].to_string();
    events.iter().rev().map(what).map(|what| what.trim_matches('"').to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poke_brings_news_and_a_confirmation_applies_it() {
    let shop = shop().await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    till.stay_in_touch();
    // The first contact of a till that has begun to listen.
    status(&till, |status| status.runs_ended == 2).await;

    shop.rows(&[("item", "tea", tea("2.75"))]).await.unwrap();
    shop.publish().await.unwrap();
    let told = status(&till, |status| status.notice.is_some()).await;

    assert_eq!(told.notice.unwrap().sections, [Section::Items]);
    assert_eq!(price_of_tea(&till), "2.55", "the policy is to confirm");
    till.sync(Scope::All, Trigger::Confirmed).unwrap().wait().await.unwrap();
    assert_eq!(price_of_tea(&till), "2.75");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_notices_that_the_back_office_went_and_that_it_came_back() {
    let mut shop = shop().await;
    policy(&shop, json!({"send": "automatic", "apply": "automatic"})).await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    till.stay_in_touch();
    status(&till, |status| status.runs_ended == 2).await;

    shop.stop().await.unwrap();
    status(&till, |status| matches!(status.mode, Mode::Offline { .. })).await;
    let bob = till.sign_in("bob", "4321").unwrap();
    bob.add(AddLine::code("MUG", 1.into())).unwrap();
    bob.pay_rest("cash").unwrap();
    let receipt = bob.complete().unwrap();
    assert!(receipt.text.contains("Made offline"), "{}", receipt.text);

    shop.start().await.unwrap();
    status(&till, |status| status.mode == Mode::Online).await;
    let mut changes = till.status().unwrap();
    while till.unsent().unwrap().all() > 0 {
        changes.changed().await.unwrap();
    }
    assert_eq!(shop.documents().await.unwrap().len(), 2, "the log-in and the sale, by themselves");
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_applies_by_policy_and_offline_the_day_opens_anyway() {
    let mut shop = shop().await;
    policy(&shop, json!({"send": "by_hand", "apply": "opening"})).await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let float = || [Counted { tender: "cash".into(), amount: Money::new(50_00, Currency::GBP) }];
    shop.rows(&[("item", "tea", tea("2.75"))]).await.unwrap();
    shop.publish().await.unwrap();
    till.sync(Scope::All, Trigger::Schedule).unwrap().wait().await.unwrap();
    assert_eq!(price_of_tea(&till), "2.55", "overnight nothing is applied");
    let screen = till.sync_screen().unwrap();
    assert_eq!(screen.news, None, "and nobody is asked to confirm");
    assert!(screen.rows.iter().any(|row| (row.section.as_str(), row.state) == ("items", RowState::Behind)));

    let anna = till.sign_in("anna", "1234").unwrap();
    let report = anna.open_day(&float()).unwrap().wait().await.unwrap();

    assert_eq!((report.applied, report.sent_documents > 0), (vec![Section::Items], true));
    assert_eq!(price_of_tea(&till), "2.75");

    shop.stop().await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();
    let report = anna.open_day(&float()).unwrap().wait().await.unwrap();
    assert_eq!(report.result(), "no-route");
    anna.add(AddLine::code("MUG", 1.into())).unwrap();
    anna.pay_rest("cash").unwrap();
    anna.complete().unwrap();
    let day = anna.close_day(&[]).await.unwrap();
    assert_eq!(day.closed.closure.unsent.documents, 2, "the float and the sale are stated inside");
    assert_eq!(day.left.documents(), 3, "and the closure is left too");

    shop.start().await.unwrap();
    let day = anna.close_day(&[]).await.unwrap();
    assert_eq!((day.closed.closure.unsent.documents, day.left.documents()), (0, 0), "closing sends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_changed_overnight_is_sold_at_from_when_the_policy_says() {
    // policy → overnight, its banner, after opening
    let rows = [
        ("automatic", "2.75", false, "2.75"),
        ("opening", "2.55", false, "2.75"),
        ("confirm", "2.55", true, "2.55"),
    ];
    for (apply, overnight, is_asked, opened) in rows {
        let shop = shop().await;
        policy(&shop, json!({"send": "by_hand", "apply": apply})).await;
        let till = shop.ready_till("T1", &line()).await.unwrap();
        shop.rows(&[("item", "tea", tea("2.75"))]).await.unwrap();
        shop.publish().await.unwrap();

        till.sync(Scope::All, Trigger::Schedule).unwrap().wait().await.unwrap();
        assert_eq!(price_of_tea(&till), overnight, "{apply}");
        assert_eq!(till.sync_screen().unwrap().news.is_some(), is_asked, "{apply}");

        till.sign_in("anna", "1234").unwrap().open_day(&[]).unwrap().wait().await.unwrap();
        assert_eq!(price_of_tea(&till), opened, "{apply}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_data_exchange_receiving_is_refused_and_documents_are_stored() {
    let shop = shop().await;
    shop.rows(&[("role", "cashier", json!({"name": "Cashier", "rights": ["sell", "-data_exchange"]}))])
        .await
        .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    shop.rows(&[("item", "tea", tea("2.75"))]).await.unwrap();
    shop.publish().await.unwrap();
    let bob = till.sign_in("bob", "4321").unwrap();

    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(report.result(), "no-right");
    assert!(report.receive_error.unwrap().sentence.contains("data_exchange"));
    assert_eq!((report.sent_documents, till.unsent().unwrap().all()), (1, 0));
    let row = till.sync(Scope::One(Section::Items), Trigger::Row).unwrap().wait().await.unwrap();
    assert_eq!((row.result(), row.sent_documents), ("no-right", 0));
    drop(bob);
    let nobody = till.sync(Scope::One(Section::Items), Trigger::Row).unwrap().wait().await.unwrap();
    assert_eq!(nobody.result(), "no-right", "signing out grants nothing");
    assert_eq!(price_of_tea(&till), "2.55");

    let anna = till.sign_in("anna", "1234").unwrap();
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    drop(anna);
    assert_eq!(price_of_tea(&till), "2.75");
    assert!(events(&till).contains(&"sync_by_hand".to_string()), "{:?}", events(&till));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_major_stops_receiving_never_storing_documents() {
    let shop = shop().await;
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    shop.rows(&[("item", "tea", tea("2.75"))]).await.unwrap();
    shop.publish().await.unwrap();
    let items = till.objects("item", None, 99).unwrap();
    for (round, ahead) in [(1, &line.is_next_major), (2, &line.is_centre_next_major)] {
        ahead.store(true, Ordering::SeqCst);
        let bob = till.sign_in("bob", "4321").unwrap();
        bob.add(AddLine::code("MUG", 1.into())).unwrap();
        bob.pay_rest("cash").unwrap();
        bob.complete().unwrap();
        drop(bob);

        let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

        assert_eq!(report.receive_error.unwrap().code, "version", "round {round}");
        assert_eq!((report.sent_documents, till.unsent().unwrap().all()), (2, 0), "round {round}");
        assert_eq!(shop.documents().await.unwrap().len(), 2 * round);
        assert_eq!(till.objects("item", None, 99).unwrap(), items, "nothing came down");
        ahead.store(false, Ordering::SeqCst);
    }
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(price_of_tea(&till), "2.75");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_the_phone_ends_in_its_time_and_goes_on_the_next() {
    let shop = shop().await;
    policy(&shop, json!({"send": "automatic"})).await;
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    drop(till.sign_in("bob", "4321").unwrap());
    let report = till.run_for(std::time::Duration::from_secs(20)).await.unwrap().unwrap();
    assert_eq!((report.result(), till.unsent().unwrap().all()), ("no-route", 1));

    line.is_down.store(false, Ordering::SeqCst);
    let report = till.run_for(std::time::Duration::from_secs(20)).await.unwrap().unwrap();

    assert!(report.is_complete(), "{report:?}");
    assert_eq!(till.unsent().unwrap().all(), 0);
}

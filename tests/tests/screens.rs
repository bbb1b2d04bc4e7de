//! What screens show, of a real till against a real centre.

use std::sync::{Arc, Mutex, atomic::Ordering, mpsc};

use serde_json::json;
use tillkit::{
    AddLine, PairingQr, Scope, Standing, Till, TillError, Trigger,
    screens::{DeliveryMark, LineState, RedButton, RowState, SyncScreen},
};
use tillkit_tests::world::{Line, Shop};

fn line() -> Arc<Line> {
    Line::default().into()
}

fn row<'a>(screen: &'a SyncScreen, section: &str) -> &'a tillkit::screens::SyncRow {
    screen.rows.iter().find(|row| row.section == section).unwrap()
}

fn sell_tea(till: &Till, quantity: u32) {
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::item("tea", quantity.into())).unwrap();
    session.pay_rest("cash").unwrap();
    session.complete().unwrap();
}

async fn qr(shop: &Shop, till: &str) -> PairingQr {
    shop.admin("PUT", &format!("tills/{till}"), json!({"name": till}).to_string()).await.unwrap();
    let answer = shop.admin("POST", &format!("tills/{till}/pairing"), String::new()).await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    PairingQr::parse(&answer["qr"].to_string()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_sync_only_settings_and_sync_are_open() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.till("T1", &line()).unwrap();
    let new = till.sync_screen().unwrap();
    till.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "T1").await.unwrap();
    till.choose_centre("main").await.unwrap();
    let enrolled = till.sync_screen().unwrap();
    assert!(matches!(till.sign_in("anna", "1234"), Err(TillError::NotSynced { .. })));

    till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();
    let synced = till.sync_screen().unwrap();

    assert!(matches!(new.button, RedButton::Off { trouble } if trouble.code == "not-enrolled"));
    assert_eq!((enrolled.can_sell, enrolled.missing.len(), enrolled.button), (false, 5, RedButton::Ready));
    assert!(synced.can_sell && synced.missing.is_empty());
    assert_eq!((synced.line, synced.centre.as_deref()), (LineState::Online, Some("High Street")));
    assert!(synced.rows.iter().all(|row| row.state == RowState::UpToDate), "{:?}", synced.rows);
    assert_eq!(synced.full_sync_ms, Some(tillkit_tests::world::MORNING_MS));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_gets_the_current_screen_first_and_progress_that_never_goes_back() {
    let shop = Shop::stocked().await.unwrap();
    let rows: Vec<_> = (0..3_000)
        .map(|n| {
            json!({"k": "customer", "id": format!("c{n}"), "d": {"name": format!("Customer {n}")}})
                .to_string()
                + "\n"
        })
        .collect();
    shop.admin("POST", "centres/main/rows", rows.concat()).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.till("T1", &line()).unwrap();
    let (shown, screens) = mpsc::channel();
    let shown = Mutex::new(shown);
    let subscription = till.observe(move |screen| drop(shown.lock().unwrap().send(screen)));
    assert_eq!(screens.recv().unwrap(), till.sync_screen().unwrap());

    till.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "T1").await.unwrap();
    till.choose_centre("main").await.unwrap();
    till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();

    let mut percents = Vec::new();
    let last = loop {
        let screen = screens.recv().unwrap();
        percents.extend(screen.run.as_ref().map(|run| run.percent));
        if screen.last_run.is_some() && screen.run.is_none() {
            break screen;
        }
    };
    assert!(percents.is_sorted() && percents.iter().all(|percent| *percent < 100), "{percents:?}");
    assert!(last.last_run.unwrap().is_complete);
    drop(subscription);
    sell_tea(&till, 1);
    assert!(screens.recv().is_err(), "whoever is gone is told nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_badge_and_its_rows_add_up_and_the_line_says_why_it_is_down() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    sell_tea(&till, 2);
    sell_tea(&till, 1);
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

    let screen = till.sync_screen().unwrap();

    assert_eq!((screen.unsent.documents, screen.unsent.amounts[0].minor), (2, 3 * 2_55));
    assert_eq!((row(&screen, "sales").count, row(&screen, "sales").state), (2, RowState::Unsent));
    assert!(row(&screen, "events").count > 0, "log-ins have a row, and are not in the badge");
    let LineState::Offline { trouble, .. } = &screen.line else { panic!("{:?}", screen.line) };
    assert_eq!((trouble.code.as_str(), trouble.data_is_safe), ("no-route", true));
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_on_the_selling_screen_is_the_centres_less_what_was_sold_here_since() {
    let shop = Shop::stocked().await.unwrap();
    shop.rows(&[("stock_level", "main/tea", json!({"item": "tea", "warehouse": "main", "quantity": "10"}))])
        .await
        .unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    sell_tea(&till, 3);
    let session = till.sign_in("anna", "1234").unwrap();
    session.edit_price("tea", "2.99".parse().unwrap()).unwrap();

    let screen = session.sell_screen("earl").unwrap();
    let by_code = session.sell_screen("MUG").unwrap();

    let hit = &screen.hits[0];
    assert_eq!((hit.name.as_str(), hit.price.as_str()), ("Earl Grey Tea", "2.99"));
    assert_eq!(hit.stock.as_ref().unwrap().quantity, "7");
    assert!(hit.will_be_replaced, "an edited price says so");
    assert_eq!((by_code.hits[0].item.as_str(), by_code.hits[0].stock.clone()), ("mug", None));
    assert_eq!(till.settings_screen().unwrap().edits[0].name, "Earl Grey Tea");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_marks_how_far_each_document_has_come() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    sell_tea(&till, 1);
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    shop.settled().await;
    till.sync(Scope::All, Trigger::Reconnect).unwrap().wait().await.unwrap();
    sell_tea(&till, 2);

    let first = till.history_screen(&[tillkit::Kind::Sale], None, 1).unwrap();
    let second = till.history_screen(&[tillkit::Kind::Sale], first.next.as_ref(), 1).unwrap();
    let printed = till.document_view(&second.rows[0].place).unwrap().text;

    assert_eq!((first.rows[0].mark, first.rows[0].total.minor), (DeliveryMark::Local, 5_10));
    assert_eq!(second.rows[0].mark, DeliveryMark::Processed);
    assert!(printed.contains("Earl Grey Tea") && printed.contains(&second.rows[0].number), "{printed}");
    assert!(printed.contains("Cash"), "tenders are printed by name: {printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_qr_makes_this_phone_a_till_of_that_back_office_and_of_no_other() {
    let (shop, other) = (Shop::stocked().await.unwrap(), Shop::stocked().await.unwrap());
    let till = shop.till("T1", &line()).unwrap();
    let mut forged = qr(&shop, "T1").await;
    forged.key = qr(&other, "T1").await.key;

    let refused = till.enrol_by_qr(&forged, "T1").await.unwrap_err();
    assert_eq!((refused.code(), till.standing()), ("wrong-office", Standing::New));

    till.enrol_by_qr(&qr(&shop, "T1").await, "T1").await.unwrap();
    assert_eq!(till.standing(), Standing::Enrolled);
}

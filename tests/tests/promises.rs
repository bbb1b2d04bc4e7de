//! What a shop is promised of a sync, from the first tap to six weeks without a network.

use std::sync::{Arc, Mutex, atomic::Ordering};

use serde_json::json;
use tillkit::{
    AddLine, ExportOf, Scope, Section, Session, Till, Trigger,
    screens::{ObjectMark, RowState},
};
use tillkit_protocol::Hash;
use tillkit_tests::{
    proxy::{Asks, Proxy},
    world::Line,
};

use crate::shop;

fn line() -> Arc<Line> {
    Line::default().into()
}

fn item(name: &str, code: &str, vat: &str, price: &str) -> serde_json::Value {
    json!({"name": name, "codes": [code], "unit": "pc", "vat": vat, "price": price})
}

fn tea(price: &str) -> serde_json::Value {
    item("Earl Grey Tea", "5901234123457", "std", price)
}

async fn sync(till: &Till, scope: Scope, trigger: Trigger) -> tillkit::Report {
    till.sync(scope, trigger).unwrap().wait().await.unwrap()
}

/// Sells one of an item; returns what was printed.
fn sell(session: &Session, item: &str) -> String {
    session.add(AddLine::item(item, 1.into())).unwrap();
    session.pay_rest("cash").unwrap();
    session.complete().unwrap().text
}

/// What the list of items shows as the price of tea.
fn listed(session: &Session) -> String {
    let hits = session.sell_screen("earl").unwrap().hits;
    hits.into_iter().find(|hit| hit.item == "tea").unwrap().price
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_carts_lines_keep_their_prices_while_the_list_shows_the_new() {
    let shop = shop().await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();
    anna.add(AddLine::item("tea", 2.into())).unwrap();
    shop.rows(&[("item", "tea", tea("3.00"))]).await.unwrap();
    shop.publish().await.unwrap();

    let run = till.sync(Scope::All, Trigger::RedButton).unwrap();
    let mut status = till.status().unwrap();
    let waits = |status: &tillkit::Status| {
        status.run.as_ref().is_some_and(|run| run.stage == tillkit::Stage::WaitingForReceipt)
    };
    status.wait_for(waits).await.unwrap();
    // Set aside for somebody who only asks for a price, and taken back.
    let held = anna.hold("the lady in front").unwrap();
    assert!(run.wait().await.unwrap().applied.contains(&Section::Items));
    assert_eq!(listed(&anna), "3");
    anna.recall(&held).unwrap();

    let cart = anna.cart().unwrap().unwrap();
    assert_eq!((cart.lines[0].unit_price.to_string().as_str(), cart.total.minor), ("2.55", 5_10));
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_sales_at_an_edited_price_and_then_the_centres_price_and_footer() {
    let shop = shop().await;
    // As it is where nobody has changed it: each sale is sent when it is made.
    shop.rows(&[("policy", "main", json!({}))]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();
    anna.edit_price("tea", "1.99".parse().unwrap()).unwrap();
    anna.edit_receipt_footer("main", &["See you soon".into()]).unwrap();
    for _ in 0..20 {
        let printed = sell(&anna, "tea");
        assert!(printed.contains("1.99") && printed.contains("See you soon"), "{printed}");
    }
    let mut sent = till.status().unwrap();
    while till.unsent().unwrap().documents() > 0 {
        sent.changed().await.unwrap();
    }
    assert_eq!(till.edits().unwrap().len(), 2, "sales and what they send replace nothing");

    sync(&till, Scope::One(Section::Items), Trigger::Row).await;
    let printed = sell(&anna, "tea");
    assert!(printed.contains("2.55") && printed.contains("See you soon"), "{printed}");

    sync(&till, Scope::All, Trigger::RedButton).await;
    let printed = sell(&anna, "tea");
    assert!(printed.contains("2.55") && printed.contains("Thank you"), "{printed}");
    assert!(till.edits().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_rate_and_its_items_come_with_the_items_alone_and_are_taxed_right() {
    let shop = shop().await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let vat = json!({"name": "Reduced", "percent": "5", "category": "S"});
    shop.rows(&[("vat_rate", "low", vat), ("item", "coal", item("Coal", "COAL", "low", "21.00"))])
        .await
        .unwrap();
    shop.publish().await.unwrap();

    let report = sync(&till, Scope::One(Section::Items), Trigger::Row).await;

    assert_eq!(report.applied, [Section::Directories, Section::Items]);
    let anna = till.sign_in("anna", "1234").unwrap();
    anna.add(AddLine::code("COAL", 1.into())).unwrap();
    anna.pay_rest("cash").unwrap();
    let sale = anna.complete().unwrap().settled;
    assert_eq!((sale.vat[0].rate.percent.to_string(), sale.vat[0].vat_minor), ("5".into(), 1_00));
}

#[tokio::test]
async fn cancelled_before_it_starts_a_sync_asks_nothing_of_anybody() {
    let shop = shop().await;
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    let before = line.requests.load(Ordering::SeqCst);

    // On this runtime nothing runs between the two calls.
    let run = till.sync(Scope::All, Trigger::RedButton).unwrap();
    run.cancel();
    let report = run.wait().await.unwrap();

    assert_eq!(report.result(), "cancelled");
    assert_eq!(line.requests.load(Ordering::SeqCst) - before, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_the_screen_does_not_end_the_sync() {
    let shop = shop().await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    shop.rows(&[("item", "tea", tea("3.00"))]).await.unwrap();
    shop.publish().await.unwrap();
    let before = till.status().unwrap().borrow().runs_ended;
    let screen = till.observe(|_| {});
    let run = till.sync(Scope::All, Trigger::RedButton).unwrap();
    drop((screen, run));

    till.status().unwrap().wait_for(|status| status.runs_ended > before).await.unwrap();

    assert_eq!(listed(&till.sign_in("anna", "1234").unwrap()), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_damaged_numerators_one_object_is_red_all_else_is_here_and_a_tap_repairs_it() {
    let shop = shop().await;
    let till = shop.till("T1", &line()).unwrap();
    till.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "phone").await.unwrap();
    till.choose_centre("main").await.unwrap();
    let damaged = shop.damage_blobs(|rows| rows.contains("{series}")).unwrap();

    sync(&till, Scope::All, Trigger::CentreChosen).await;

    let screen = till.sync_screen().unwrap();
    // A phone shows the tiles Settings and Sync until it can sell.
    assert!(!screen.can_sell);
    assert_eq!(
        screen.missing.iter().map(|missing| missing.section.as_str()).collect::<Vec<_>>(),
        ["numerators"]
    );
    let red: Vec<&str> = screen
        .rows
        .iter()
        .filter(|row| row.state == RowState::Failed)
        .map(|row| row.section.as_str())
        .collect();
    assert_eq!(red, ["numerators"]);
    let objects = screen.rows.iter().flat_map(|row| &row.objects);
    let red: Vec<&str> =
        objects.filter(|object| object.mark == ObjectMark::Red).map(|object| object.kind.as_str()).collect();
    assert_eq!(red, ["numerator"], "one red object");
    assert!(till.live().contains_key("items") && till.live().contains_key("users"));

    shop.repair_blobs(&damaged).unwrap();
    let report = sync(&till, Scope::One(Section::Numerators), Trigger::Row).await;
    assert!(report.is_complete(), "{report:?}");
    assert!(till.sync_screen().unwrap().can_sell);
    sell(&till.sign_in("bob", "4321").unwrap(), "tea");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_sync_receives_then_sends_then_fetches_pictures_and_the_next_contact_tells_what_is_booked() {
    let shop = shop().await; // its policy is to send by hand
    let proxy = Proxy::to(shop.url()).await.unwrap();
    let line = line();
    let till = shop.ready_till_at(&proxy.url, "T1", &line).await.unwrap();
    let picture = "RIFF\x10\0\0\0WEBPVP8 a tin of tea";
    shop.admin("PUT", "centres/main/images/tin?item=tea", picture).await.unwrap();
    shop.rows(&[("item", "tea", tea("3.00"))]).await.unwrap();
    shop.publish().await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();
    sell(&anna, "mug");
    line.paths.lock().unwrap().clear();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = heard.clone();
    proxy.set_weather(move |asks| {
        log.lock().unwrap().push(asks);
        None
    });

    let report = sync(&till, Scope::All, Trigger::RedButton).await;

    assert!(report.is_complete(), "{report:?}");
    let paths = line.paths.lock().unwrap().clone();
    let place = |wanted: &str| paths.iter().position(|path| path.starts_with(wanted)).unwrap();
    let image = place(&format!("/v1/blobs/{}", Hash::of(picture.as_bytes())));
    let documents = place("/v1/documents");
    let first_blob = place("/v1/blobs/");
    assert!(first_blob < documents && documents < image, "{paths:?}");
    assert_eq!(image, paths.len() - 1, "pictures come last: {paths:?}");
    assert_eq!(
        heard.lock().unwrap()[..],
        [Asks::Contact, Asks::Manifest, Asks::Blob, Asks::Documents, Asks::Blob, Asks::Blob],
        "as it arrives at the server: items, then documents, then the picture's row and the picture"
    );
    shop.settled().await;
    sync(&till, Scope::All, Trigger::Schedule).await;
    let sale = till.history(&[tillkit::Kind::Sale], None, 1).unwrap().remove(0);
    assert!(matches!(sale.delivery, tillkit::Delivery::Processed { .. }), "{:?}", sale.delivery);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_go_even_when_the_items_fail() {
    let shop = shop().await;
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();
    sell(&anna, "mug");
    shop.rows(&[("item", "tea", item("Darjeeling", "5901234123457", "std", "3.00"))]).await.unwrap();
    shop.publish().await.unwrap();
    shop.damage_blobs(|rows| rows.contains("Darjeeling")).unwrap();

    let report = sync(&till, Scope::All, Trigger::RedButton).await;

    assert!(report.red.contains_key(&Section::Items), "{report:?}");
    assert_eq!(till.unsent().unwrap().all(), 0);
    assert!(shop.documents().await.unwrap().iter().any(|line| line.contains("\"kind\":\"sale\"")));
    assert_eq!(listed(&anna), "2.55", "and what was here still sells");
}

#[tokio::test(flavor = "multi_thread")]
async fn six_weeks_without_a_network_go_by_file_and_are_booked_once() {
    let shop = shop().await;
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    let anna = till.sign_in("anna", "1234").unwrap();
    for _ in 0..42 {
        shop.hands.pass(86_400_000);
        sell(&anna, "tea");
        anna.close(&[]).unwrap();
    }
    assert_eq!(till.unsent().unwrap().documents(), 84);

    let export = anna.export(ExportOf::Unsent).unwrap();
    let first = shop.admin("POST", "documents/import", export.bytes.clone()).await.unwrap();
    let second = shop.admin("POST", "documents/import", export.bytes.clone()).await.unwrap();
    let read = till.import_receipt(second.as_bytes()).unwrap();

    assert!(
        export.is_whole && export.documents == 86,
        "with the log-in and the export: {}",
        export.documents
    );
    assert_eq!((read.acknowledged, read.refused.len(), till.unsent().unwrap().all()), (86, 0, 0));
    assert_eq!(till.import_receipt(first.as_bytes()).unwrap().acknowledged, 0, "again is harmless");
    shop.settled().await;
    assert_eq!(shop.documents().await.unwrap().len(), 86, "each once");
    assert_eq!(shop.list("findings").await.unwrap(), Vec::<serde_json::Value>::new());

    // The line is back after six weeks; the token is long dead.
    line.is_down.store(false, Ordering::SeqCst);
    sell(&anna, "mug");
    let report = sync(&till, Scope::All, Trigger::RedButton).await;
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(shop.documents().await.unwrap().len(), 87 + 1, "the sale, and that somebody tapped");
}

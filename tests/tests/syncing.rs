//! Two lanes, against a real centre and a line that misbehaves.

use std::sync::{Arc, atomic::Ordering};

use serde_json::json;
use tillkit::{
    AddLine, Blockers, CashMovementKind, Cause, Currency, Mode, Money, Scope, Section, Till, TillError,
    Trigger,
    screens::{Advice, RowState},
};
use tillkit_tests::{
    proxy::Proxy,
    world::{Line, Shop},
};

fn pounds(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

fn line() -> Arc<Line> {
    Line::default().into()
}

fn tea(price: &str) -> serde_json::Value {
    json!({"name": "Earl Grey Tea", "codes": ["5901234123457"], "unit": "pc", "vat": "std", "price": price})
}

/// Sells so many mugs, one receipt each.
fn sell(till: &Till, receipts: usize) {
    let session = till.sign_in("bob", "4321").unwrap();
    for _ in 0..receipts {
        session.add(AddLine::code("MUG", 1.into())).unwrap();
        session.pay_rest("cash").unwrap();
        session.complete().unwrap();
    }
}

/// What a book comes to, promotions and all.
fn price_paid(till: &Till) -> i64 {
    let session = till.sign_in("bob", "4321").unwrap();
    session.add(AddLine::code("BOOK", 1.into())).unwrap();
    session.pay_rest("cash").unwrap();
    session.complete().unwrap().settled.total_minor
}

fn price_of_tea(till: &Till) -> String {
    let session = till.sign_in("bob", "4321").unwrap();
    session.add(AddLine::item("tea", 1.into())).unwrap();
    let price = session.cart().unwrap().unwrap().lines[0].unit_price.to_string();
    session.cancel_sale().unwrap();
    price
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_books_nothing_twice() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    sell(&till, 7);
    line.loses_answers.store(true, Ordering::SeqCst);
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert!(!report.is_complete());
    assert_eq!(till.unsent().unwrap().documents(), 7, "no acknowledgement, no credit");
    assert_eq!(shop.documents().await.unwrap().len(), 8, "and yet the centre has them, with the log-in");

    line.loses_answers.store(false, Ordering::SeqCst);
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

    assert!(report.is_complete(), "{report:?}");
    assert_eq!(till.unsent().unwrap().all(), 0);
    assert_eq!(shop.documents().await.unwrap().len(), 8);
    shop.settled().await;
    let count: i64 = shop
        .list("totals")
        .await
        .unwrap()
        .iter()
        .filter(|total| total["measure"] == "gross")
        .map(|total| total["value"].as_i64().unwrap())
        .sum();
    assert_eq!(count, 7 * 4_25);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_sells_on_while_the_back_office_is_off() {
    let mut shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    shop.stop().await.unwrap();
    sell(&till, 3);
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(report.result(), "no-route");
    let mode = till.status().unwrap().borrow().mode;
    assert!(matches!(mode, Mode::Offline { cause: Cause::NoRoute, .. }), "{mode:?}");

    shop.start().await.unwrap();
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

    assert!(report.is_complete(), "{report:?}");
    assert_eq!((report.sent_documents, till.unsent().unwrap().all()), (4, 0));
    assert_eq!(till.status().unwrap().borrow().mode, Mode::Online);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_announced_confirmed_and_then_sold_by() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    shop.rows(&[("item", "tea", tea("2.75"))]).await.unwrap();
    let generation = shop.publish().await.unwrap();

    let scheduled = till.sync(Scope::All, Trigger::Schedule).unwrap().wait().await.unwrap();
    let notice = scheduled.notice.clone().unwrap();
    assert_eq!((notice.generation, notice.sections), (generation, vec![Section::Items]));
    assert_eq!((scheduled.result(), price_of_tea(&till)), ("waiting", "2.55".into()));

    let confirmed = till.sync(Scope::All, Trigger::Confirmed).unwrap().wait().await.unwrap();
    assert_eq!(confirmed.applied, [Section::Items]);
    assert!(confirmed.received_bytes < 400, "a step, not the snapshot: {} bytes", confirmed.received_bytes);
    assert_eq!(price_of_tea(&till), "2.75");
    assert!(till.status().unwrap().borrow().notice.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_edit_lives_until_its_row_is_tapped() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();
    anna.edit_price("tea", "1.99".parse().unwrap()).unwrap();
    anna.edit_receipt_footer("main", &["Bye".into()]).unwrap();
    let edited = till.edits().unwrap();
    assert_eq!(edited.len(), 2);
    assert_eq!(price_of_tea(&till), "1.99");
    till.sync(Scope::All, Trigger::Schedule).unwrap().wait().await.unwrap();
    assert_eq!(till.edits().unwrap(), edited, "a scheduled contact replaces nothing");

    till.sync(Scope::One(Section::Items), Trigger::Row).unwrap().wait().await.unwrap();
    assert_eq!(price_of_tea(&till), "2.55");
    assert_eq!(till.edits().unwrap().len(), 1, "the footer is of another section");
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert!(till.edits().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn choosing_another_centre_replaces_everything() {
    let shop = Shop::stocked().await.unwrap();
    shop.stock("north", "North Road").await.unwrap();
    shop.rows_of("north", &[("item", "tea", tea("9.99"))]).await.unwrap();
    shop.publish_of("north").await.unwrap();
    shop.rows(&[("item", "tea", tea("2.75"))]).await.unwrap();
    assert_eq!(shop.publish().await.unwrap(), 2, "both centres are at the same generation");
    let till = shop.ready_till("T1", &line()).await.unwrap();
    assert_eq!(price_of_tea(&till), "2.75");
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    let names: Vec<String> = till.centres().await.unwrap().into_iter().map(|centre| centre.centre).collect();
    assert_eq!(names, ["main", "north"]);

    till.sign_in("anna", "1234").unwrap().change_centre("north").await.unwrap();
    let report = till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();

    assert!(report.is_complete() && report.applied.contains(&Section::Items), "{report:?}");
    assert_eq!((price_of_tea(&till), till.centre().unwrap()), ("9.99".into(), Some("north".into())));
    assert!(till.verify_chains().unwrap().is_ok(), "the chain goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn between_two_centres_nobody_sells_by_the_settings_of_the_one_left() {
    let shop = Shop::stocked().await.unwrap();
    shop.stock("north", "North Road").await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    anna.change_centre("north").await.unwrap();

    let refused = anna.add(AddLine::code("MUG", 1.into())).unwrap_err();
    assert!(matches!(refused, TillError::OtherCentre { ref centre } if centre == "main"), "{refused}");
    let refused = till.sign_in("anna", "1234").err().unwrap();
    assert!(matches!(refused, TillError::NotSynced { .. }), "{refused}");
    let screen = till.sync_screen().unwrap();
    assert_eq!((till.can_sell(), screen.can_sell, screen.missing.len()), (false, false, 5));
    assert!(screen.rows.iter().all(|row| !row.is_down || (row.count, row.success_ms) == (0, None)));

    till.choose_centre("main").await.unwrap();
    assert!(till.can_sell(), "back before anything of the other has come: it is all still here");
    anna.change_centre("north").await.unwrap();
    let report = till.sync(Scope::All, Trigger::Schedule).unwrap().wait().await.unwrap();
    assert!(report.applied.contains(&Section::Users), "nothing is left to be confirmed: {report:?}");
    assert!(till.can_sell());
    let refused = anna.move_cash(CashMovementKind::PayIn, "cash", pounds(1_00), "").unwrap_err();
    assert!(matches!(refused, TillError::OtherCentre { .. }), "it is another centre's anna: {refused}");
    assert!(till.choose_centre("main").await.is_err(), "now it needs the right again");
    sell(&till, 1);
    assert!(till.verify_chains().unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_next_centre_does_not_publish_at_all_goes() {
    let shop = Shop::stocked().await.unwrap();
    shop.stock("north", "North Road").await.unwrap();
    let half = json!({"name": "Half price", "gives": {"percent_off": "50"}, "covers_all": true});
    shop.rows(&[("promotion", "half", half)]).await.unwrap();
    shop.publish().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    assert_eq!(till.objects("promotion", None, 9).unwrap().len(), 1);
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

    let anna = till.sign_in("anna", "1234").unwrap();
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    anna.change_centre("north").await.unwrap();
    drop(anna);
    let report = till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();

    assert!(report.is_complete() && report.applied.contains(&Section::Promotions), "{report:?}");
    assert!(till.objects("promotion", None, 9).unwrap().is_empty());
    let again = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(again.result(), "nothing_new");
}

#[tokio::test(flavor = "multi_thread")]
async fn promotions_of_the_centre_left_are_not_given_while_those_of_the_next_cannot_come() {
    let shop = Shop::stocked().await.unwrap();
    shop.stock("north", "North Road").await.unwrap();
    let half = |name: &str| json!({"name": name, "gives": {"percent_off": "50"}, "covers_all": true});
    shop.rows(&[("promotion", "half", half("Half price"))]).await.unwrap();
    shop.publish().await.unwrap();
    shop.rows_of("north", &[("promotion", "half", half("Half price in the North"))]).await.unwrap();
    shop.publish_of("north").await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    assert_eq!(price_paid(&till), 6_00);
    let anna = till.sign_in("anna", "1234").unwrap();
    anna.close_day(&[]).await.unwrap();
    let damaged = shop.damage_blobs(|rows| rows.contains("in the North")).unwrap();

    anna.change_centre("north").await.unwrap();
    drop(anna);
    let report = till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();

    assert!(till.can_sell() && !report.is_complete(), "{report:?}");
    assert_eq!(price_paid(&till), 12_00);
    assert!(till.objects("promotion", None, 9).unwrap().is_empty());

    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    shop.repair_blobs(&damaged).unwrap();
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(price_paid(&till), 6_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_waits_no_longer_than_what_it_waits_for() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let half = json!({"name": "Half price", "gives": {"percent_off": "50"}, "covers_all": true});
    let scone = json!({"name": "Scone", "unit": "pc", "price": "1.10", "vat": "std"});
    shop.rows(&[("promotion", "half", half), ("item", "scone", scone)]).await.unwrap();
    shop.publish().await.unwrap();
    let damaged = shop.damage_blobs(|rows| rows.contains("Scone")).unwrap();
    let row = || {
        let screen = till.sync_screen().unwrap();
        let row = screen.rows.into_iter().find(|row| row.section == "promotions").unwrap();
        (row.state, row.waits_for, row.trouble.map(|trouble| trouble.code))
    };
    let tap = async |scope| till.sync(scope, Trigger::Row).unwrap().wait().await.unwrap();

    tap(Scope::All).await;
    assert_eq!(row(), (RowState::Blocked, Some("items".into()), Some("waits-for".into())));
    shop.repair_blobs(&damaged).unwrap();
    tap(Scope::One(Section::Items)).await;
    assert_eq!(row(), (RowState::Behind, None, None), "it is published and not here, and a tap brings it");
    tap(Scope::One(Section::Promotions)).await;
    assert_eq!(row(), (RowState::UpToDate, None, None));
}

#[tokio::test]
async fn whoever_waits_behind_a_run_that_is_cancelled_is_told() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    // On this runtime nothing runs between the calls.
    let own = till.sync(Scope::All, Trigger::Reconnect).unwrap();
    let tapped = till.sync(Scope::All, Trigger::RedButton).unwrap();
    till.cancel_sync().unwrap();

    let (own, tapped) = (own.wait().await.unwrap(), tapped.wait().await.unwrap());

    assert_eq!((own.result(), tapped.result()), ("cancelled", "cancelled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn choosing_the_same_centre_again_is_never_in_the_way() {
    let shop = Shop::stocked().await.unwrap();
    shop.stock("north", "North Road").await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();
    anna.add(AddLine::code("MUG", 1.into())).unwrap();

    assert!(till.preview_centre("north").await.unwrap().blockers.is_receipt_open);
    assert_eq!(till.preview_centre("main").await.unwrap().blockers, Blockers::default());
    anna.change_centre("main").await.unwrap();

    anna.pay_rest("cash").unwrap();
    anna.complete().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_receiving_stands_on_the_screen_until_it_goes_through() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.till("T1", &line()).unwrap();
    till.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "T1").await.unwrap();
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    let trouble = till.sync_screen().unwrap().receive_trouble.unwrap();
    assert_eq!(trouble.advice, Advice::ChooseCentre, "{trouble:?}");
    till.sync(Scope::One(Section::Sales), Trigger::Row).unwrap().wait().await.unwrap();
    assert!(till.sync_screen().unwrap().receive_trouble.is_some(), "sending proves nothing about it");

    till.choose_centre("main").await.unwrap();
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(till.sync_screen().unwrap().receive_trouble, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_with_unsent_sales_of_one_business_is_no_till_of_another() {
    let (ours, theirs) = (Shop::stocked().await.unwrap(), Shop::stocked().await.unwrap());
    let line = line();
    let till = ours.ready_till("T1", &line).await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    sell(&till, 1);
    let code = theirs.pairing_code("T1").await.unwrap();
    let refused = anna.enrol_again(theirs.url(), &code, "phone").await.unwrap_err();
    let day = Blockers { unclosed: 1, ..Blockers::default() };
    assert!(matches!(refused, TillError::NotYet(open) if open == day), "no later Z would list it: {refused}");
    assert_eq!(refused.to_string(), "first: the day to close (1 document)");
    anna.close(&[]).unwrap();
    line.is_down.store(false, Ordering::SeqCst);

    let refused = anna.enrol_again(theirs.url(), &code, "phone").await.unwrap_err();

    assert!(matches!(refused, TillError::OtherBusiness { unsent: 2, .. }), "{refused}");
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(till.unsent().unwrap().all(), 0, "it is still a till of the first");
    anna.enrol_again(theirs.url(), &code, "phone").await.unwrap();

    assert_eq!((till.centre().unwrap(), till.can_sell()), (None, false), "theirs has a centre main too");
    till.choose_centre("main").await.unwrap();
    till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();
    let refused = anna.add(AddLine::code("MUG", 1.into())).unwrap_err();
    assert!(matches!(refused, TillError::OtherCentre { .. }), "she is not their anna: {refused}");
    sell(&till, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tapped_row_brings_what_it_needs_and_leaves_the_rest() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let vat = json!({"name": "New", "percent": "20", "category": "S"});
    let pen = json!({"name": "Pen", "codes": ["PEN"], "unit": "pc", "vat": "new", "price": "1.20"});
    let customer = json!({"name": "Mr Smith"});
    shop.rows(&[("vat_rate", "new", vat), ("item", "pen", pen), ("customer", "c2", customer)]).await.unwrap();
    shop.publish().await.unwrap();

    let report = till.sync(Scope::One(Section::Items), Trigger::Row).unwrap().wait().await.unwrap();

    assert_eq!(report.applied, [Section::Directories, Section::Items]);
    let session = till.sign_in("bob", "4321").unwrap();
    session.add(AddLine::code("PEN", 1.into())).unwrap();
    session.pay_rest("cash").unwrap();
    let sale = session.complete().unwrap().settled;
    assert_eq!((sale.vat[0].rate.percent.to_string(), sale.vat[0].vat_minor), ("20".into(), 20));
    session.add(AddLine::code("PEN", 1.into())).unwrap();
    assert!(session.set_customer(Some("c2")).is_err(), "customers have not been tapped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_contact_is_one_small_request() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    till.sync(Scope::All, Trigger::Schedule).unwrap().wait().await.unwrap();
    let (requests, runs) = (line.requests.load(Ordering::SeqCst), till.runs(100).unwrap().len());

    let report = till.sync(Scope::All, Trigger::Schedule).unwrap().wait().await.unwrap();

    assert_eq!(report.result(), "nothing_new");
    assert_eq!(line.requests.load(Ordering::SeqCst) - requests, 1);
    assert_eq!(till.runs(100).unwrap().len() - runs, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_contact_costs_less_than_a_kilobyte_with_all_headers() {
    let shop = Shop::stocked().await.unwrap();
    let proxy = Proxy::to(shop.url()).await.unwrap();
    let till = shop.ready_till_at(&proxy.url, "T1", &line()).await.unwrap();
    till.sync(Scope::All, Trigger::Schedule).unwrap().wait().await.unwrap();
    let before = proxy.bytes();

    let report = till.sync(Scope::All, Trigger::Schedule).unwrap().wait().await.unwrap();

    assert_eq!(report.result(), "nothing_new");
    let bytes = proxy.bytes() - before;
    println!("{bytes} bytes both ways");
    assert!((1..1_000).contains(&bytes), "{bytes} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_first_sync_goes_on_where_it_stopped() {
    let shop = Shop::stocked().await.unwrap();
    let rows: Vec<String> = (0..30_000)
        .map(|key| {
            let name = format!("Thing {key} of {}", key * 7919 % 30_011);
            let body = json!({"name": name, "codes": [format!("C{key}")], "unit": "pc", "vat": "std", "price": "1.00"});
            json!({"k": "item", "id": format!("i{key:06}"), "d": body}).to_string() + "\n"
        })
        .collect();
    shop.admin("POST", "centres/main/rows", rows.concat()).await.unwrap();
    shop.publish().await.unwrap();
    let line = line();
    let till = shop.till("T1", &line).unwrap();
    till.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "phone").await.unwrap();
    till.choose_centre("main").await.unwrap();
    line.cuts_blobs_after.store(20_000, Ordering::SeqCst);
    let mut cuts = 0;
    let report = loop {
        let report = till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();
        if report.is_complete() {
            break report;
        }
        assert!(report.red.contains_key(&Section::Items), "{report:?}");
        cuts += 1;
        assert!(cuts < 200, "it does not get on: {report:?}");
    };
    assert!(cuts > 5, "{cuts} cuts");
    let whole = till.preview_centre("main").await.unwrap().bytes;
    // Runs that the till's own timer began between ours count, too.
    let fetched: u64 = till.runs(200).unwrap().iter().map(|run| run.received_bytes).sum();
    assert_eq!(fetched, whole, "nothing is fetched twice");
    assert!(report.applied.contains(&Section::Items));
    assert!(till.sign_in("bob", "4321").unwrap().add(AddLine::code("C29999", 1.into())).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_ends_a_sync_and_the_next_one_goes_on() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.till("T1", &line).unwrap();
    till.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "phone").await.unwrap();
    till.choose_centre("main").await.unwrap();
    let run = till.sync(Scope::All, Trigger::CentreChosen).unwrap();
    run.cancel();
    let report = run.wait().await.unwrap();
    assert_eq!(report.result(), "cancelled");
    let report = till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();
    assert!(report.is_complete() && till.can_sell());
}

// One thread: between two taps no run goes on, however slow the machine is.
#[tokio::test]
async fn two_taps_are_one_run() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let runs = till.runs(100).unwrap().len();
    let (one, two) = (
        till.sync(Scope::All, Trigger::RedButton).unwrap(),
        till.sync(Scope::All, Trigger::RedButton).unwrap(),
    );
    assert_eq!(one.wait().await, two.wait().await);
    assert_eq!(till.runs(100).unwrap().len() - runs, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_object_is_red_and_holds_up_only_what_needs_it() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.till("T1", &line).unwrap();
    till.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "phone").await.unwrap();
    till.choose_centre("main").await.unwrap();
    let damaged = shop.damage_blobs(|rows| rows.contains("vat_rate")).unwrap();

    let report = till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();

    assert_eq!(report.red[&Section::Directories].code, "blob-bad");
    assert_eq!(report.red[&Section::Items].code, "waits-for");
    assert!(report.applied.contains(&Section::Users) && report.applied.contains(&Section::Numerators));
    assert!(!till.can_sell());
    shop.repair_blobs(&damaged).unwrap();
    let report = till.sync(Scope::One(Section::Items), Trigger::Row).unwrap().wait().await.unwrap();
    assert!(report.is_complete() && till.live().contains_key("items"), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_back_office_gets_its_lost_documents_again() {
    let mut shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    sell(&till, 2);
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    let backup = shop.backup().await.unwrap();
    sell(&till, 3);
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(till.unsent().unwrap().all(), 0);
    shop.restore(&backup).await.unwrap();
    assert_eq!(shop.documents().await.unwrap().len(), 3);

    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

    assert!(report.is_complete(), "{report:?}");
    assert_eq!((report.sent_documents, shop.documents().await.unwrap().len()), (4, 7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_office_restored_from_before_a_change_of_centre_is_told_the_choice_again() {
    let mut shop = Shop::stocked().await.unwrap();
    shop.stock("north", "North Road").await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let backup = shop.backup().await.unwrap();
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    till.sign_in("anna", "1234").unwrap().change_centre("north").await.unwrap();
    till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();
    shop.restore(&backup).await.unwrap();
    shop.rows_of("north", &[("item", "tea", tea("9.99"))]).await.unwrap();
    shop.publish_of("north").await.unwrap();

    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

    assert!(report.is_complete(), "{report:?}");
    assert_eq!((price_of_tea(&till), till.centre().unwrap()), ("9.99".into(), Some("north".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_office_restored_from_before_an_enrolment_gets_its_documents_once_the_phone_enrols_again() {
    let mut shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let backup = shop.backup().await.unwrap();
    let enrol_again = async |shop: &Shop| {
        let session = till.sign_in("anna", "1234").unwrap();
        session.close(&[]).unwrap();
        let code = shop.pairing_code("T1").await.unwrap();
        let enrolled = session.enrol_again(shop.url(), &code, "phone").await.unwrap();
        session.change_centre("main").await.unwrap();
        let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
        assert!(report.is_complete(), "{report:?}");
        enrolled.enrolment
    };
    assert_eq!(enrol_again(&shop).await, 2);
    sell(&till, 2);
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    let sold = shop.documents().await.unwrap();
    shop.restore(&backup).await.unwrap();
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(report.receive_error.unwrap().code, "unauthorised");
    let other = shop.till("other", &line()).unwrap();
    let code = shop.pairing_code("T1").await.unwrap();
    let stranger = other.enrol(shop.url(), &code, "another phone").await.unwrap();
    assert_eq!(stranger.enrolment, 27, "after the 1 that is known, and 25 that may have been forgotten");

    assert_eq!(enrol_again(&shop).await, 28);

    assert_eq!(till.unsent().unwrap().all(), 0);
    let held = shop.documents().await.unwrap();
    assert!(sold.iter().all(|document| held.contains(document)), "{sold:?} {held:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn suspend_lets_go_and_resume_goes_on() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    assert_eq!(till.suspend(std::time::Duration::from_secs(5)), tillkit::Released::Released);
    let refused = till.sign_in("bob", "4321").err().unwrap();
    assert_eq!(refused.code(), "suspended");
    till.resume().unwrap();
    sell(&till, 1);
    assert_eq!(till.unsent().unwrap().documents(), 1);
}

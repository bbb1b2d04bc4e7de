//! A line with something wrong on it, and a centre that lies.

use std::{
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use tillkit::{
    AddLine, CashMovementKind, Cause, Currency, Hint, Mode, Money, Report, Scope, Section, Session, Status,
    Till, Trigger,
};
use tillkit_tests::{
    cuts::{self, Direction, Figures, Pass, Random, Way},
    hostile::{self, Lies},
    proxy::{Asks, Fault, Proxy},
    world::{Line, Shop},
};

/// What CI cuts; `cargo xtask prove` cuts at every byte.
const PASS: Pass = Pass { stride: 7, blob_cuts: 100, upload_cuts: 40, seed: 42 };

fn holds(figures: &Figures) {
    println!("{figures}");
    assert!(figures.is_clean(), "{figures:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_cut_anywhere_goes_on() {
    holds(&cuts::every_byte_down("step", Way::Step, &PASS).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_cut_anywhere_goes_on() {
    holds(&cuts::every_byte_down("blob", Way::Blob, &PASS).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_cut_anywhere_is_booked_once() {
    holds(&cuts::every_byte_up(Direction::Request, &PASS).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_answer_is_cut_anywhere_is_booked_once() {
    holds(&cuts::every_byte_up(Direction::Answer, &PASS).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_blob_cut_again_and_again_arrives_once() {
    holds(&cuts::large_blob(&PASS).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_cut_again_and_again_is_stored_whole_or_not_at_all() {
    holds(&cuts::large_upload(&PASS).await.unwrap());
}

fn line() -> Arc<Line> {
    Line::default().into()
}

async fn run(till: &Till, scope: Scope, trigger: Trigger) -> Report {
    till.sync(scope, trigger).unwrap().wait().await.unwrap()
}

fn pay_in(session: &Session) {
    let amount = Money::new(1_00, Currency::parse("GBP").unwrap());
    session.move_cash(CashMovementKind::PayIn, "cash", amount, "change").unwrap();
}

async fn publish_role(shop: &Shop, name: &str) {
    // A member that no version knows: only its length matters.
    shop.rows(&[("role", "new", json!({"filler": name, "name": "New", "rights": []}))]).await.unwrap();
    shop.publish().await.unwrap();
}

/// Waits until the status is as wanted; whoever waits in vain is ended by the runner.
async fn status(till: &Till, is_wanted: impl FnMut(&Status) -> bool) -> Status {
    till.status().unwrap().wait_for(is_wanted).await.unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_arrives_twice_counts_once() {
    let shop = Shop::stocked().await.unwrap();
    let proxy = Proxy::to(shop.url()).await.unwrap();
    // A proof of who asks is good once: its second answer is a refusal, and the next try brings another.
    let mut tokens = 0;
    let mut is_later = move || std::mem::replace(&mut tokens, 1) > 0;
    proxy.set_weather(move |asks| (asks != Asks::Token || !is_later()).then_some(Fault::Twice));
    let till = shop.till("T1", &line()).unwrap();
    till.enrol(&proxy.url, &shop.pairing_code("T1").await.unwrap(), "phone").await.unwrap();
    assert_eq!(till.choose_centre("main").await.unwrap_err().code(), "unauthorised");
    till.choose_centre("main").await.unwrap();
    assert!(run(&till, Scope::All, Trigger::CentreChosen).await.is_complete());
    let session = till.sign_in("anna", "1234").unwrap();
    pay_in(&session);
    pay_in(&session);

    let report = run(&till, Scope::All, Trigger::RedButton).await;

    assert!(report.is_complete(), "{report:?}");
    let (sent, there) = (till.history(&[], None, 100).unwrap().len(), shop.documents().await.unwrap().len());
    assert_eq!((till.unsent().unwrap().all(), there), (0, sent));
    assert_eq!(cuts::rows_here(&shop, "T1").unwrap(), cuts::rows_there(&shop).unwrap());
    shop.settled().await;
    let totals = shop.list("totals").await.unwrap();
    let cash = totals.iter().filter(|total| total["measure"] == "cash");
    assert_eq!(cash.map(|total| total["value"].as_i64().unwrap()).sum::<i64>(), 2_00);
}

/// What stands where the back office should be, and what the till calls it.
fn strangers() -> [(Fault, &'static str); 4] {
    [
        (Fault::portal(), "captive-portal"),
        (Fault::redirect(), "captive-portal"),
        (Fault::sign_in_required(), "captive-portal"),
        (Fault::tls(), "no-route"),
    ]
}

/// A stranger answers once, then the back office does; `attempt` says with which code it ended.
async fn told_apart(
    proxy: &Proxy,
    asks: Asks,
    good: &str,
    prepare: impl AsyncFn(),
    attempt: impl AsyncFn() -> String,
) {
    for (stranger, code) in strangers() {
        prepare().await;
        proxy.once(asks, stranger);
        assert_eq!(attempt().await, code, "{asks:?}");
        assert_eq!(attempt().await, good, "{asks:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hotels_page_in_place_of_any_answer_is_told_apart() {
    let shop = Shop::stocked().await.unwrap();
    let proxy = Proxy::to(shop.url()).await.unwrap();
    let phone = shop.till("T1", &line()).unwrap();
    let at_enrolment = async || {
        let test = phone.test_connection(Some(&proxy.url)).await.unwrap();
        match test.steps.last() {
            Some((_, Hint::Bad { code, .. })) => code.clone(),
            _ => String::new(),
        }
    };
    told_apart(&proxy, Asks::Hello, "", async || (), at_enrolment).await;
    for (number, (stranger, expected)) in strangers().into_iter().enumerate() {
        let name = format!("P{number}");
        let phone = shop.till(&name, &line()).unwrap();
        let code = shop.pairing_code(&name).await.unwrap();
        proxy.once(Asks::Enrol, stranger.clone());
        assert_eq!(phone.enrol(&proxy.url, &code, "phone").await.unwrap_err().code(), expected);
        phone.enrol(&proxy.url, &code, "phone").await.unwrap();
        proxy.once(Asks::Token, stranger);
        assert_eq!(phone.centres().await.unwrap_err().code(), expected);
        assert_eq!(phone.centres().await.unwrap().len(), 1);
    }

    let code_of = |refused: Result<(), tillkit::TillError>| {
        refused.err().map_or_else(String::new, |error| error.code().to_string())
    };
    let code = shop.pairing_code("T1").await.unwrap();
    phone.enrol(&proxy.url, &code, "phone").await.unwrap();
    told_apart(&proxy, Asks::Centres, "", async || (), async || code_of(phone.centres().await.map(drop)))
        .await;
    told_apart(
        &proxy,
        Asks::Subscription,
        "",
        async || (),
        async || code_of(phone.choose_centre("main").await),
    )
    .await;
    assert!(run(&phone, Scope::All, Trigger::CentreChosen).await.is_complete());

    let session = phone.sign_in("anna", "1234").unwrap();
    run(&phone, Scope::All, Trigger::RedButton).await;
    let number = AtomicU64::new(0);
    let publish = async || publish_role(&shop, &number.fetch_add(1, Ordering::SeqCst).to_string()).await;
    let tap = async |section| run(&phone, Scope::One(section), Trigger::Row).await.result().to_string();
    for asks in [Asks::Contact, Asks::Manifest, Asks::Blob] {
        told_apart(&proxy, asks, "done", &publish, async || tap(Section::Users).await).await;
    }
    // The second try may find that the till's own timer was quicker.
    let send = async || tap(Section::Cash).await.replace("nothing_new", "done");
    told_apart(&proxy, Asks::Documents, "done", async || pay_in(&session), send).await;
    assert_eq!(phone.unsent().unwrap().documents(), 0);

    proxy.once(Asks::Events, Fault::portal());
    phone.stay_in_touch();
    let is_portal = |mode| matches!(mode, Mode::Offline { cause: Cause::CaptivePortal, .. });
    status(&phone, |status| is_portal(status.mode)).await;
    status(&phone, |status| status.mode == Mode::Online).await;
    assert_eq!(cuts::rows_here(&shop, "T1").unwrap(), cuts::rows_there(&shop).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_slow_line_progress_moves_a_sale_is_made_and_cancel_keeps_what_is_here() {
    let shop = Shop::stocked().await.unwrap();
    let proxy = Proxy::to(shop.url()).await.unwrap();
    let till = shop.ready_till_at(&proxy.url, "T1", &line()).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    run(&till, Scope::All, Trigger::RedButton).await;
    publish_role(&shop, &Random(7).text(12_000)).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    tokio::spawn(cuts::watch_progress(till.status().unwrap(), seen.clone()));
    proxy.forget_counts();
    proxy.set_bytes_per_s(2_000);
    let percent = |status: &Status| status.run.as_ref().map_or(0, |run| run.percent);

    let slow = till.sync(Scope::One(Section::Users), Trigger::Row).unwrap();
    status(&till, |status| percent(status) >= 5).await;
    session.add(AddLine::code("MUG", 1.into())).unwrap();
    session.pay_rest("cash").unwrap();
    session.complete().unwrap();
    let beside = till.status().unwrap().borrow().clone();
    assert!((5..25).contains(&percent(&beside)), "the sale waited for the line: {beside:?}");
    status(&till, |status| percent(status) >= 25).await;
    slow.cancel();
    let cancelled = slow.wait().await.unwrap();
    let resumed = run(&till, Scope::One(Section::Users), Trigger::Row).await;

    assert_eq!((cancelled.result(), resumed.result()), ("cancelled", "done"));
    let manifest = cuts::manifest_there(&shop).unwrap();
    let size = manifest.sections["users"].steps.last().unwrap().bytes;
    assert!(cancelled.received_bytes * 2 >= size && resumed.received_bytes > 0, "{cancelled:?} {resumed:?}");
    assert_eq!(cancelled.received_bytes + resumed.received_bytes, size, "nothing is fetched twice");
    assert_eq!(cuts::rows_here(&shop, "T1").unwrap(), cuts::rows_there(&shop).unwrap());
    assert!(seen.lock().unwrap().is_empty(), "{seen:?}");
}

#[tokio::test]
async fn who_accepts_and_says_nothing_is_noticed_within_ten_seconds() {
    let shop = Shop::stocked().await.unwrap();
    let proxy = Proxy::to(shop.url()).await.unwrap();
    let till = shop.ready_till_at(&proxy.url, "T1", &line()).await.unwrap();
    proxy.set_weather(|_| Some(Fault::Late(Duration::from_secs(3_600))));
    // Of this clock, which jumps to the next timer when nobody has anything to do.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();

    let silent = till.sync(Scope::All, Trigger::RedButton).unwrap();
    status(&till, |status| matches!(status.mode, Mode::Offline { cause: Cause::NoRoute, .. })).await;
    let noticed = begun.elapsed();

    assert!(noticed <= Duration::from_secs(10), "{noticed:?}");
    assert_eq!(silent.wait().await.unwrap().result(), "no-route");
}

/// This very binary, at the test below that is none.
fn new_till() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["faults::lied_to", "--exact", "--ignored", "--nocapture"]);
    command
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the till that the hostile centre lies to"]
async fn lied_to() {
    hostile::be_lied_to().await.unwrap();
}

/// Tells all lies about one thing.
async fn told(lies: Lies) {
    let figures = hostile::tell_all(lies, new_till).await.unwrap();
    println!("{figures}");
    assert!(figures.is_clean(), "{:#?}", figures.violations);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_section_that_does_not_add_up_turns_red_and_stays_as_it_was() {
    told(Lies::Sums).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_is_another_endless_or_a_bomb_turns_its_section_red() {
    told(Lies::Blobs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_wrong_types_depth_or_section_turns_its_section_red() {
    told(Lies::Rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_is_older_another_centres_or_endless_changes_nothing() {
    told(Lies::Manifests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_that_lies_holds_up_no_document() {
    told(Lies::Contacts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_centre_only_says_to_have_stored_stays_in_the_badge() {
    told(Lies::Acknowledgements).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_none_stops_both_lanes_and_loses_nothing() {
    told(Lies::Tokens).await;
}

//! What users of other tills have suffered, by its number in the list of pains: none of it happens here.

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use tillkit::{
    AddLine, Blockers, Counted, Currency, Delivery, ExportOf, Kind, Mode, Money, Receipt, Report, Scope,
    Section, Till, TillError, Trigger,
};
use tillkit_tests::world::{Line, Shop};

fn line() -> Arc<Line> {
    Line::default().into()
}

fn pounds(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

fn tea(price: &str) -> Value {
    json!({"name": "Earl Grey Tea", "codes": ["5901234123457"], "unit": "pc", "vat": "std", "price": price})
}

fn sell(till: &Till) -> Receipt {
    let bob = till.sign_in("bob", "4321").unwrap();
    bob.add(AddLine::code("MUG", 1.into())).unwrap();
    bob.pay_rest("cash").unwrap();
    bob.complete().unwrap()
}

async fn sync(till: &Till) -> Report {
    till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap()
}

fn sales(till: &Till) -> Vec<String> {
    till.history(&[Kind::Sale], None, 100).unwrap().into_iter().map(|sale| sale.number).collect()
}

/// Documents of a kind that the centre holds.
async fn held_at_centre(shop: &Shop, kind: &str) -> usize {
    let kind = format!("\"kind\":\"{kind}\"");
    shop.documents().await.unwrap().iter().filter(|line| line.contains(&kind)).count()
}

async fn findings(shop: &Shop) -> Vec<String> {
    shop.settled().await;
    let findings = shop.list("findings").await.unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_string()).collect()
}

async fn gross_minor(shop: &Shop) -> i64 {
    shop.settled().await;
    let totals = shop.list("totals").await.unwrap();
    let gross = totals.iter().filter(|total| total["measure"] == "gross");
    gross.map(|total| total["value"].as_i64().unwrap()).sum()
}

/// The files of a phone, and its key, as a power cut would leave them: copied while they are in use.
fn copy_phone(shop: &Shop, from: &str, to: &str) {
    std::fs::create_dir(shop.phone(to)).unwrap();
    for entry in std::fs::read_dir(shop.phone(from)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !path.to_string_lossy().ends_with("-shm") {
            std::fs::copy(&path, shop.phone(to).join(path.file_name().unwrap())).unwrap();
        }
    }
    let key = |name: &str| shop.folder.path().join(format!("{name}.key"));
    std::fs::copy(key(from), key(to)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_01_a_printed_sale_is_there_after_a_power_cut_and_its_number_is_not_given_again() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let printed = sell(&till).reference.number;
    copy_phone(&shop, "T1", "after the cut");

    let till = shop.till("after the cut", &line()).unwrap();

    assert_eq!(sales(&till), std::slice::from_ref(&printed));
    assert_ne!(sell(&till).reference.number, printed);
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_02_an_emptied_phone_has_its_sent_sales_at_the_centre_and_a_new_series() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    let first = sell(&till).reference.number;
    sync(&till).await;
    drop(till);
    std::fs::remove_dir_all(shop.phone("T1")).unwrap();
    std::fs::remove_file(shop.folder.path().join("T1.key")).unwrap();

    let till = shop.ready_till("T1", &line).await.unwrap();
    let second = sell(&till).reference;
    sync(&till).await;

    assert_eq!(held_at_centre(&shop, "sale").await, 2);
    assert_eq!(second.enrolment, 2);
    assert_ne!(second.number, first);
    assert_eq!(findings(&shop).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_03_two_phones_with_one_counter_lose_no_sale_and_are_found_out() {
    let shop = Shop::stocked().await.unwrap();
    let one = shop.ready_till("T1", &line()).await.unwrap();
    copy_phone(&shop, "T1", "twin");
    let twin = shop.till("twin", &line()).unwrap();
    let (of_one, of_twin) = (sell(&one).reference, sell(&twin).reference);
    assert_eq!(of_one.number, of_twin.number);

    sync(&one).await;
    sync(&twin).await;

    // Which of the two is booked is a person's to say; neither is gone.
    let detail = format!("another document of this seq, {}, stands beside it", of_twin.hash);
    let at_centre = shop.list("findings").await.unwrap();
    assert!(
        at_centre.iter().any(|finding| finding["code"] == "fork" && finding["detail"] == detail.as_str())
    );
    assert!(twin.findings().unwrap().iter().any(|finding| finding.detail == detail), "the phone is told");
    assert_eq!((sales(&one).len(), sales(&twin).len(), gross_minor(&shop).await), (1, 1, 4_25));
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_04_phones_of_one_shop_never_share_a_number_offline() {
    let shop = Shop::stocked().await.unwrap();
    let mut numbers = Vec::new();
    for name in ["T1", "T2", "T3"] {
        let line = line();
        let till = shop.ready_till(name, &line).await.unwrap();
        line.is_down.store(true, Ordering::SeqCst);
        for _ in 0..5 {
            numbers.push(sell(&till).reference.number);
        }
    }
    let all = numbers.len();
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_05_what_went_up_before_the_line_broke_is_not_booked_again_on_reconnect() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    sell(&till);
    line.loses_answers.store(true, Ordering::SeqCst);
    sync(&till).await;
    assert_eq!((held_at_centre(&shop, "sale").await, till.unsent().unwrap().documents()), (1, 1));
    line.loses_answers.store(false, Ordering::SeqCst);

    sync(&till).await;

    assert_eq!((held_at_centre(&shop, "sale").await, till.unsent().unwrap().documents()), (1, 0));
    assert_eq!(gross_minor(&shop).await, 4_25);
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_06_a_document_the_centre_objects_to_holds_up_none_after_it() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    shop.rows(&[("item", "mug", Value::Null)]).await.unwrap();
    shop.publish().await.unwrap();
    sell(&till);
    let anna = till.sign_in("anna", "1234").unwrap();
    anna.add(AddLine::item("tea", 1.into())).unwrap();
    anna.pay_rest("cash").unwrap();
    anna.complete().unwrap();

    sync(&till).await;

    assert_eq!(findings(&shop).await, ["unknown-item"]);
    assert_eq!((held_at_centre(&shop, "sale").await, till.unsent().unwrap().all()), (2, 0));
    assert_eq!(gross_minor(&shop).await, 4_25 + 2_55);
    sync(&till).await;
    let sales = till.history(&[Kind::Sale], None, 9).unwrap();
    assert!(sales.iter().all(|sale| matches!(sale.delivery, Delivery::Processed { .. })), "{sales:?}");
    assert_eq!(till.findings().unwrap().len(), 1, "the till is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_07_a_day_closed_before_its_sales_were_sent_still_counts_them() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        sell(&till);
    }
    let closed = till.sign_in("anna", "1234").unwrap().close(&[]).unwrap().closure;
    assert_eq!((closed.totals.sales, closed.totals.gross_minor, closed.unsent.documents), (3, 3 * 4_25, 3));

    line.is_down.store(false, Ordering::SeqCst);
    sync(&till).await;

    assert_eq!((held_at_centre(&shop, "sale").await, held_at_centre(&shop, "closure").await), (3, 1));
    assert_eq!(findings(&shop).await, Vec::<String>::new(), "the closure's list is the centre's");
    assert_eq!(gross_minor(&shop).await, closed.totals.gross_minor);
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_08_a_held_sale_is_never_sent_and_nothing_that_comes_down_changes_it() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();
    anna.add(AddLine::item("tea", 2.into())).unwrap();
    anna.pay("cash", pounds(2_00), None).unwrap();
    let before = anna.cart().unwrap().unwrap();
    let held = anna.hold("table 4").unwrap();
    shop.rows(&[("item", "tea", tea("9.00"))]).await.unwrap();
    shop.publish().await.unwrap();
    sync(&till).await;
    assert_eq!(held_at_centre(&shop, "sale").await, 0);

    anna.recall(&held).unwrap();

    assert_eq!(anna.cart().unwrap().unwrap(), before, "its prices and what was paid");
    anna.pay_rest("cash").unwrap();
    assert_eq!(anna.complete().unwrap().settled.total_minor, 5_10);
    sync(&till).await;
    assert_eq!(gross_minor(&shop).await, 5_10);
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_09_a_sync_broken_in_the_middle_leaves_a_counter_that_is_right() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    for _ in 0..4 {
        sell(&till);
    }
    line.loses_answers.store(true, Ordering::SeqCst);
    assert!(!sync(&till).await.is_complete());
    drop(till);

    let till = shop.till("T1", &line).unwrap();
    let screen = till.sync_screen().unwrap();
    assert_eq!((screen.unsent.documents, screen.unsent.amounts[0].minor), (4, 4 * 4_25));
    line.loses_answers.store(false, Ordering::SeqCst);
    sync(&till).await;
    assert_eq!((till.unsent().unwrap().all(), held_at_centre(&shop, "sale").await), (0, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_10_a_float_counted_offline_is_a_document_that_outlives_the_app() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    let anna = till.sign_in("anna", "1234").unwrap();
    anna.open_day(&[Counted { tender: "cash".into(), amount: pounds(50_00) }]).unwrap().wait().await.unwrap();
    drop((anna, till));

    let till = shop.till("T1", &line).unwrap();
    assert_eq!(till.unsent().unwrap().documents(), 1);
    line.is_down.store(false, Ordering::SeqCst);
    sync(&till).await;
    assert_eq!(held_at_centre(&shop, "cash_movement").await, 1);
    let closed = till.sign_in("anna", "1234").unwrap().close(&[]).unwrap().closure;
    assert_eq!(closed.totals.tenders[0].expected_minor, 50_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_11_a_closing_that_was_refused_or_done_leaves_every_document_reversible() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let (first, second) = (sell(&till).reference, sell(&till).reference);
    let anna = till.sign_in("anna", "1234").unwrap();
    anna.add(AddLine::item("tea", 1.into())).unwrap();
    assert!(matches!(anna.close(&[]), Err(TillError::SaleOpen)));
    anna.cancel_sale().unwrap();
    anna.void(&first, "the closing failed").unwrap();
    let closed = anna.close(&[]).unwrap();

    anna.void(&second, "found out in the evening").unwrap();

    let again = anna.close(&[]).unwrap();
    assert_eq!((closed.closure.totals.gross_minor, again.closure.totals.gross_minor), (4_25, -4_25));
    assert_eq!(again.closure.totals.perpetual_minor, 0, "what was closed stays as it was closed");
    sync(&till).await;
    assert_eq!(findings(&shop).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_12_a_closing_counts_change_and_takes_a_difference() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let anna = till.sign_in("anna", "1234").unwrap();
    let counted = |minor| Counted { tender: "cash".into(), amount: pounds(minor) };
    anna.open_day(&[counted(50_00)]).unwrap().wait().await.unwrap();
    anna.add(AddLine::item("tea", 1.into())).unwrap();
    anna.pay("cash", pounds(10_00), None).unwrap();
    assert_eq!(anna.complete().unwrap().settled.change_minor, 7_45);

    let closed = anna.close(&[counted(52_00)]).unwrap().closure;

    let cash = &closed.totals.tenders[0];
    let sums = (cash.expected_minor, cash.counted_minor, cash.difference_minor);
    assert_eq!(sums, (52_55, Some(52_00), Some(-55)));
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_18_signing_out_or_leaving_takes_nothing_unsent_along() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    shop.stock("north", "North Road").await.unwrap();
    line.is_down.store(true, Ordering::SeqCst);
    sell(&till);
    assert_eq!(till.unsent().unwrap().documents(), 1, "whoever sold it has signed out");
    line.is_down.store(false, Ordering::SeqCst);

    let anna = till.sign_in("anna", "1234").unwrap();
    let refused = anna.change_centre("north").await.unwrap_err();
    let left = Blockers { unsent: 1, unclosed: 1, ..Blockers::default() };
    assert!(matches!(refused, TillError::NotYet(blockers) if blockers == left), "{refused}");
    anna.close(&[]).unwrap();
    let file = anna.export(ExportOf::Unsent).unwrap();
    let receipt = shop.admin("POST", "documents/import", file.bytes).await.unwrap();
    till.import_receipt(receipt.as_bytes()).unwrap();

    anna.change_centre("north").await.unwrap();
    assert_eq!(held_at_centre(&shop, "sale").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_19_a_clock_that_jumps_changes_no_order_and_poisons_no_chain() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    let now_ms = tillkit_tests::world::MORNING_MS;
    for ms in [now_ms, now_ms + 400 * 86_400_000, now_ms - 4_000 * 86_400_000, now_ms] {
        shop.hands.set(ms);
        sell(&till);
    }
    let report = sync(&till).await;

    assert!(report.is_complete(), "{report:?}");
    assert!(till.verify_chains().unwrap().is_ok());
    assert_eq!((till.unsent().unwrap().all(), held_at_centre(&shop, "sale").await), (0, 4));
    let mut seqs: Vec<_> = till.history(&[Kind::Sale], None, 9).unwrap();
    seqs.sort_by_key(|sale| sale.seq);
    let mut numbers: Vec<String> = seqs.into_iter().map(|sale| sale.number).collect();
    let given = numbers.clone();
    numbers.sort();
    assert_eq!(numbers, given, "numbers follow the order of selling, not the clock");
    let closed = till.sign_in("anna", "1234").unwrap().close(&[]).unwrap().closure;
    assert_eq!(closed.totals.sales, 4, "and so does the day");
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_20_files_that_version_1_wrote_open_with_every_sale_in_them() {
    let shop = Shop::stocked().await.unwrap();
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/store/tests/fixtures");
    std::fs::create_dir(shop.phone("old")).unwrap();
    for file in ["journal", "centre"] {
        let to = shop.phone("old").join(format!("{file}.db"));
        std::fs::copy(frozen.join(format!("{file}_v1.db")), to).unwrap();
    }

    let till = shop.till("old", &line()).unwrap();

    assert_eq!(till.history(&[], None, 9).unwrap().len(), 5);
    assert!(till.verify_chains().unwrap().is_ok());
    // Its key is on another phone; what is unsent leaves by file all the same.
    assert_eq!(till.export(ExportOf::Unsent).unwrap().documents, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_21_a_suspended_till_holds_no_lock_on_its_files() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    shop.rows(&[("item", "tea", tea("2.75"))]).await.unwrap();
    shop.publish().await.unwrap();
    // In the middle of whatever it is doing.
    let run = till.sync(Scope::All, Trigger::RedButton).unwrap();

    assert_eq!(till.suspend(Duration::from_secs(5)), tillkit::Released::Released);

    for file in ["journal.db", "centre.db"] {
        let other = rusqlite::Connection::open(shop.phone("T1").join(file)).unwrap();
        other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;").unwrap();
    }
    till.resume().unwrap();
    drop(run.wait().await);
    sell(&till);
    assert!(sync(&till).await.is_complete());
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_22_what_failed_to_go_up_goes_by_itself_without_a_new_document() {
    let shop = Shop::stocked().await.unwrap();
    shop.rows(&[("policy", "main", json!({"send": "automatic"}))]).await.unwrap();
    shop.publish().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    line.loses_answers.store(true, Ordering::SeqCst);
    let mut status = till.status().unwrap();
    sell(&till);
    status.wait_for(|status| status.next_try_ms.is_some()).await.unwrap();
    assert!(till.unsent().unwrap().documents() > 0);

    line.loses_answers.store(false, Ordering::SeqCst);
    while till.unsent().unwrap().all() > 0 {
        status.changed().await.unwrap();
    }

    assert_eq!(held_at_centre(&shop, "sale").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_23_a_sync_that_crashed_at_any_place_goes_on_and_nothing_need_be_deleted() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let mut till = shop.till("T1", &line).unwrap();
    till.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "phone").await.unwrap();
    till.choose_centre("main").await.unwrap();
    for bytes in (100..1_000).step_by(100) {
        line.cuts_blobs_after.store(bytes, Ordering::SeqCst);
        till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();
        drop(till);
        till = shop.till("T1", &line).unwrap();
    }
    line.cuts_blobs_after.store(0, Ordering::SeqCst);

    assert!(sync(&till).await.is_complete());
    sell(&till);
    assert!(sync(&till).await.is_complete());
    assert_eq!(till.unsent().unwrap().all(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_24_a_bad_step_costs_one_snapshot_and_not_one_at_each_contact() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    shop.rows(&[("item", "tea", tea("2.75"))]).await.unwrap();
    shop.publish().await.unwrap();
    // The step holds the tea and not the mug; the snapshot holds both.
    shop.damage_blobs(|rows| rows.contains("2.75") && !rows.contains("Blue Mug")).unwrap();

    let first = sync(&till).await;
    let second = sync(&till).await;

    assert!(first.is_complete(), "the snapshot repairs it: {first:?}");
    assert!(first.applied.contains(&Section::Items));
    assert_eq!((second.received_bytes, second.result()), (0, "nothing_new"));
    assert_eq!(till.status().unwrap().borrow().mode, Mode::Online);
    let session = till.sign_in("bob", "4321").unwrap();
    session.add(AddLine::item("tea", 1.into())).unwrap();
    assert_eq!(session.cart().unwrap().unwrap().total.minor, 2_75);
}

//! Everything that can be wrong: each a typed error with its cause, and nothing lost.

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
};

use serde_json::json;
use tillkit::{
    AddLine, Hint, Kind, Report, Scope, Section, Standing, Step, Till, TillError, Trigger, screens::Advice,
};
use tillkit_tests::{
    cuts,
    world::{Line, MORNING_MS, Shop, services},
};

fn line() -> Arc<Line> {
    Line::default().into()
}

async fn refused_code(till: &Till, url: &str, code: &str) -> String {
    let refused = till.enrol(url, code, "phone").await.unwrap_err();
    assert!(refused.data_is_safe());
    assert!(!refused.to_string().is_empty());
    refused.code().to_string()
}

fn sell_one(till: &Till) {
    let session = till.sign_in("bob", "4321").unwrap();
    session.add(AddLine::code("MUG", 1.into())).unwrap();
    session.pay_rest("cash").unwrap();
    session.complete().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_addresses_and_codes_are_told_apart() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.till("T1", &line).unwrap();
    assert_eq!(refused_code(&till, "http://127.0.0.1:9", "AAAABBBB").await, "no-route");
    assert_eq!(refused_code(&till, "ftp://office", "AAAABBBB").await, "no-route");
    assert_eq!(refused_code(&till, "not an address", "AAAABBBB").await, "no-route");
    assert_eq!(refused_code(&till, shop.url(), "AAAABBBB").await, "code-unknown");
    let used = shop.pairing_code("T1").await.unwrap();
    till.enrol(shop.url(), &used.to_lowercase(), "phone").await.unwrap();
    let other = shop.till("other", &line).unwrap();
    assert_eq!(refused_code(&other, shop.url(), &used).await, "code-used");
    let late = shop.pairing_code("T2").await.unwrap();
    shop.hands.pass(16 * 60_000);
    assert_eq!(refused_code(&other, shop.url(), &late).await, "code-expired");
    assert_eq!(other.standing(), Standing::New);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_whose_answer_was_lost_is_the_same_when_asked_again() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.till("T1", &line).unwrap();
    let code = shop.pairing_code("T1").await.unwrap();
    line.loses_answers.store(true, Ordering::SeqCst);
    assert_eq!(refused_code(&till, shop.url(), &code).await, "no-route");
    assert_eq!(till.standing(), Standing::New);
    line.loses_answers.store(false, Ordering::SeqCst);
    drop(till);

    let till = shop.till("T1", &line).unwrap();
    let enrolled = till.enrol(shop.url(), &code, "phone").await.unwrap();

    assert_eq!((enrolled.enrolment, till.standing()), (1, Standing::Enrolled));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hotels_page_is_no_back_office() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    sell_one(&till);
    line.is_portal.store(true, Ordering::SeqCst);
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(report.result(), "captive-portal");
    assert_eq!(till.unsent().unwrap().documents(), 1);
    let test = till.test_connection(None).await.unwrap();
    assert!(
        matches!(test.steps.last(), Some((Step::Office, Hint::Bad { code, .. })) if code == "captive-portal"),
        "{test:?}"
    );
    line.is_portal.store(false, Ordering::SeqCst);
    let test = till.test_connection(None).await.unwrap();
    assert!(test.is_good() && test.steps.len() == 8, "{test:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_till_can_only_upload() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.ready_till("T1", &line()).await.unwrap();
    sell_one(&till);
    shop.admin("POST", "tills/T1/enrolments/1/revoke", String::new()).await.unwrap();
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!((till.unsent().unwrap().all(), report.sent_documents), (0, 2));
    assert_eq!(report.receive_error.unwrap().code, "revoked");
    let refused = till.centres().await.unwrap_err();
    assert_eq!(refused.code(), "revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_major_stops_receiving_but_never_documents() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    sell_one(&till);
    line.is_next_major.store(true, Ordering::SeqCst);
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(report.receive_error.unwrap().code, "version");
    assert_eq!((till.unsent().unwrap().all(), report.sent_documents), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_blob_ends_at_its_stated_length() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.till("T1", &line).unwrap();
    till.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "phone").await.unwrap();
    till.choose_centre("main").await.unwrap();
    line.is_endless.store(true, Ordering::SeqCst);
    let report = till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();
    assert_eq!(report.red[&Section::Users].code, "blob-bad");
    assert!(report.received_bytes < 1_000_000 && !till.can_sell());
    line.is_endless.store(false, Ordering::SeqCst);
    let report = till.sync(Scope::All, Trigger::CentreChosen).unwrap().wait().await.unwrap();
    assert!(report.is_complete(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_ten_years_off_still_sells_and_syncs() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    drop(till);
    let wrong = tillkit_tests::world::Hands::at(MORNING_MS - 10 * 365 * 86_400_000);
    let key = shop.folder.path().join("T1.key");
    let till = Till::open(&shop.phone("T1"), services(wrong, &key, &line), tokio::runtime::Handle::current())
        .unwrap();
    sell_one(&till);
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert!(report.is_complete(), "{report:?}");
    let test = till.test_connection(None).await.unwrap();
    assert!(matches!(test.steps[5], (Step::Clock, Hint::Mind(_))), "{test:?}");
    sell_one(&till);
    let sale = till.history(&[Kind::Sale], None, 1).unwrap().remove(0);
    let offset_ms = sale.document::<serde_json::Value>().unwrap().server_offset_ms.unwrap();
    assert_eq!(offset_ms / 86_400_000, 10 * 365);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_till_is_recognised_and_keeps_everything() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    sell_one(&till);
    till.suspend(std::time::Duration::from_secs(5));
    std::fs::create_dir(shop.phone("copy")).unwrap();
    for file in ["journal.db", "centre.db"] {
        std::fs::copy(shop.phone("T1").join(file), shop.phone("copy").join(file)).unwrap();
    }

    let copy = shop.till("copy", &line).unwrap();

    assert_eq!(copy.standing(), Standing::Copied);
    assert_eq!(copy.history(&[Kind::Sale], None, 9).unwrap().len(), 1);
    let refused = copy.sync(Scope::All, Trigger::RedButton).err().unwrap();
    assert!(matches!(refused, TillError::Copied { .. }), "{refused}");
    let enrolled =
        copy.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "new phone").await.unwrap();
    assert_eq!(enrolled.enrolment, 2);
    assert_eq!(copy.standing(), Standing::Enrolled);
    assert_eq!(copy.history(&[Kind::Sale], None, 9).unwrap().len(), 1, "what the copy held is kept");
    copy.choose_centre("main").await.unwrap();
    copy.sign_in("anna", "1234").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_till_that_enrols_again_goes_on_with_its_centre_whatever_is_held_or_unsent() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    let session = till.sign_in("anna", "1234").unwrap();
    session.add(AddLine::code("MUG", 1.into())).unwrap();
    session.hold("later").unwrap();

    let code = shop.pairing_code("T1").await.unwrap();
    session.enrol_again(shop.url(), &code, "the same phone").await.unwrap();

    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(report.receive_error.unwrap().code, "no-subscription");
    session.change_centre("main").await.unwrap();
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(session.held().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_with_its_key_is_told_that_the_centre_knows_others_however_far_it_went_by_itself() {
    for sold_by_copy in 0..3 {
        let shop = Shop::stocked().await.unwrap();
        let line = line();
        let till = shop.ready_till("T1", &line).await.unwrap();
        sell_one(&till);
        till.suspend(std::time::Duration::from_secs(5));
        let backup = std::fs::read(shop.phone("T1").join("journal.db")).unwrap();
        till.resume().unwrap();
        sell_one(&till);
        till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
        till.suspend(std::time::Duration::from_secs(5));
        drop(till);
        std::fs::write(shop.phone("T1").join("journal.db"), backup).unwrap();

        line.is_down.store(true, Ordering::SeqCst);
        let restored = shop.till("T1", &line).unwrap();
        (0..sold_by_copy).for_each(|_| sell_one(&restored));
        line.is_down.store(false, Ordering::SeqCst);
        let report = restored.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();

        let error = report.receive_error.map(|error| error.code);
        assert_eq!(error.as_deref(), Some("superseded"), "{sold_by_copy} sold by the copy");
        let trouble = restored.sync_screen().unwrap().receive_trouble.unwrap();
        assert_eq!((trouble.code.as_str(), trouble.advice), ("superseded", Advice::PairAgain));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_and_foreign_files_are_refused_untouched() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    till.suspend(std::time::Duration::from_secs(5));
    let path = shop.phone("T1").join("journal.db");
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 999).unwrap();
    newer.pragma_update(None, "journal_mode", "delete").unwrap();
    drop(newer);
    let before = std::fs::read(&path).unwrap();
    assert_eq!(shop.till("T1", &line).err().unwrap().downcast::<TillError>().unwrap().code(), "newer-file");
    assert_eq!(std::fs::read(&path).unwrap(), before);

    std::fs::create_dir(shop.phone("foreign")).unwrap();
    let path = shop.phone("foreign").join("journal.db");
    std::fs::write(
        &path,
        "Dear diary, this is no database at all, though it is long enough to be one.".repeat(20),
    )
    .unwrap();
    let before = std::fs::read(&path).unwrap();
    assert_eq!(
        shop.till("foreign", &line).err().unwrap().downcast::<TillError>().unwrap().code(),
        "foreign-file"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_open_before_the_first_sync() {
    let shop = Shop::stocked().await.unwrap();
    let till = shop.till("T1", &line()).unwrap();
    assert_eq!(till.sync(Scope::All, Trigger::RedButton).err().unwrap().code(), "not-enrolled");
    till.enrol(shop.url(), &shop.pairing_code("T1").await.unwrap(), "phone").await.unwrap();
    let report = till.sync(Scope::All, Trigger::RedButton).unwrap().wait().await.unwrap();
    assert_eq!(report.receive_error.unwrap().code, "nothing-published");
    let refused = till.sign_in("anna", "1234").err().unwrap();
    assert!(matches!(&refused, TillError::NotSynced { missing } if missing.contains("items")), "{refused}");
    let test = till.test_connection(None).await.unwrap();
    assert!(matches!(test.steps.last(), Some((Step::Centre, Hint::Bad { .. }))), "{test:?}");
}

/// Something has written over the page where a table begins.
fn write_over(file: &Path, table: &str) {
    const PAGE_BYTES: usize = 4096;
    let db = rusqlite::Connection::open(file).unwrap();
    // What is in the WAL would heal the page.
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let root = "SELECT coalesce((SELECT rootpage FROM sqlite_schema WHERE name = ?), 1)";
    let page: usize = db.query_row(root, [table], |row| row.get(0)).unwrap();
    drop(db);
    let mut bytes = std::fs::read(file).unwrap();
    bytes[(page - 1) * PAGE_BYTES..page * PAGE_BYTES].fill(0xa5);
    std::fs::write(file, bytes).unwrap();
}

async fn run(till: &Till, trigger: Trigger) -> Report {
    till.sync(Scope::All, trigger).unwrap().wait().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_centre_file_damaged_at_its_head_or_deep_inside_is_fetched_again_and_no_document_is_touched() {
    for damaged in ["sqlite_schema", "section", "row", "row_by_key"] {
        for trigger in [Trigger::RedButton, Trigger::Opening] {
            let shop = Shop::stocked().await.unwrap();
            let line = line();
            let till = shop.ready_till("T1", &line).await.unwrap();
            sell_one(&till);
            let documents = till.history(&[], None, 100).unwrap();
            drop(till);
            write_over(&shop.phone("T1").join("centre.db"), damaged);

            let till = shop.till("T1", &line).unwrap();

            assert_eq!(till.history(&[], None, 100).unwrap(), documents, "{damaged}");
            let report = run(&till, trigger).await;
            assert!(
                report.is_complete() && report.applied.contains(&Section::Items),
                "{damaged}: {report:?}"
            );
            assert_eq!(cuts::rows_here(&shop, "T1").unwrap(), cuts::rows_there(&shop).unwrap(), "{damaged}");
            sell_one(&till);
            assert_eq!(till.history(&[], None, 100).unwrap().len(), documents.len() + 2, "{damaged}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_meets_a_damaged_centre_file_says_so_and_the_next_one_brings_everything() {
    let shop = Shop::stocked().await.unwrap();
    let line = line();
    let till = shop.ready_till("T1", &line).await.unwrap();
    drop(till);
    write_over(&shop.phone("T1").join("centre.db"), "row");
    let till = shop.till("T1", &line).unwrap();
    let nobody = till.sign_in("bob", "4321").err().unwrap();
    shop.rows(&[("role", "new", json!({"name": "New", "rights": []}))]).await.unwrap();
    shop.publish().await.unwrap();

    let met = run(&till, Trigger::Confirmed).await;
    let brought = run(&till, Trigger::Confirmed).await;

    assert_eq!((nobody.code(), met.receive_error.unwrap().code.as_str()), ("damaged-file", "damaged-file"));
    assert!(brought.is_complete(), "{brought:?}");
    assert_eq!(cuts::rows_here(&shop, "T1").unwrap(), cuts::rows_there(&shop).unwrap());
    sell_one(&till);
}

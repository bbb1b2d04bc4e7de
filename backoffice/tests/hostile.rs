//! One till, client or file that does its worst: it hurts nobody but itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Office, nul::back, nul::z, sale_body};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection, SqliteConnection};
use tillkit_protocol::Record;

/// The database of a back office, changed behind its back.
async fn behind(office: &Office, statement: &'static str) {
    let file = office.folder.path().join("office.db");
    let mut database = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut database).await.unwrap();
}

async fn two_tills() -> (Office, common::Till, common::Till) {
    let office = Office::open().await;
    office.publish_centre().await;
    let (hostile, honest) = (office.subscribed("T1").await, office.subscribed("T2").await);
    (office, hostile, honest)
}

#[tokio::test]
async fn a_document_that_cannot_be_booked_is_set_aside_and_booked_by_a_command() {
    let (office, mut hostile, mut honest) = two_tills().await;
    behind(
        &office,
        "CREATE TRIGGER poison BEFORE INSERT ON total WHEN NEW.code = 'cash/poison'
         BEGIN SELECT RAISE(ABORT, 'poison'); END",
    )
    .await;
    let mut poison = sale_body(1);
    poison["tenders"][0]["tender"] = json!("poison");
    let records =
        [hostile.sale(1), hostile.record("sale", 150, poison.clone()), hostile.record("sale", 150, poison)];
    office.upload(&hostile, &records).await;
    let sales = honest.sales(3);
    office.upload(&honest, &sales).await;
    office.running.settled().await;

    assert_eq!(office.findings().await, [("set-aside".to_string(), 2), ("set-aside".to_string(), 3)]);
    let details = office.admin_lines("/findings").await;
    assert!(details.iter().all(|finding| finding["detail"].as_str().unwrap().contains("poison")));
    assert_eq!(office.total("gross", "").await, 4 * 150);
    assert_eq!(office.contact(&hostile, &hostile.contact()).await.processed, 3, "its chain goes on");
    assert_eq!(office.export("?till=T1").await, records.map(|record| record.to_bytes()));

    let again = office.admin_ok(Method::POST, "/documents/retry", "").await;
    assert_eq!(again["documents"], 2);
    office.running.settled().await;
    assert_eq!(office.findings().await.len(), 2, "it still cannot be booked");
    behind(&office, "DROP TRIGGER poison").await;
    office.admin_ok(Method::POST, "/documents/retry", "").await;
    office.running.settled().await;
    assert_eq!(office.findings().await, []);
    assert_eq!(office.total("gross", "").await, 6 * 150);
    assert_eq!(office.admin_ok(Method::POST, "/documents/retry", "").await["documents"], 0);
}

#[tokio::test]
async fn a_closure_that_lists_its_documents_sixty_thousand_times_is_told_so() {
    let (office, mut hostile, mut honest) = two_tills().await;
    let sales = hostile.sales(500);
    let mut closure = z(
        &sales,
        json!({
            "cancelled": 0, "discount_minor": 0, "gross_minor": 0, "movements": [], "perpetual_minor": 0,
            "returns": 0, "rounding_minor": 0, "sales": 0, "tenders": [], "vat": [], "voids": 0,
        }),
    );
    let of = |ranges: Vec<[u64; 2]>| json!([{"enrolment": 1, "ranges": ranges, "till": "T1"}]);
    let mut closures = Vec::new();
    for ranges in [vec![[1, 500]; 60_000], vec![[1, 1 << 52]], vec![[500, 1]]] {
        closure["documents"] = of(ranges);
        closures.push(hostile.record("closure", 0, closure.clone()));
    }
    office.upload(&hostile, &sales).await;
    office.upload(&hostile, &closures).await;
    let sales = honest.sales(3);
    office.upload(&honest, &sales).await;
    office.running.settled().await;

    let expected = [("closure-differs", 501), ("closure-differs", 503), ("closure-unchecked", 502)];
    assert_eq!(office.findings().await, expected.map(|(code, seq)| (code.to_string(), seq)));
    assert_eq!(office.total("count", "sale").await, 503);
}

#[tokio::test]
async fn a_return_of_three_thousand_lines_is_held_against_its_sale() {
    let (office, mut hostile, _) = two_tills().await;
    let mut body = sale_body(3_000);
    let one = common::line("tea", "1", 150);
    body["lines"] = json!(vec![one; 3_000]);
    let mut returned = back("T1", 1, 1, 150);
    let one = returned["lines"][0].clone();
    let lines = (0..3_000).map(|line| {
        let mut one = one.clone();
        one["origin"]["line"] = json!(line);
        one
    });
    returned["lines"] = json!(lines.collect::<Vec<_>>());
    let records: Vec<Record> = vec![
        hostile.record("sale", 450_000, body),
        hostile.record("return", -450_000, returned.clone()),
        hostile.record("return", -450_000, returned),
    ];
    for record in &records {
        office.upload(&hostile, std::slice::from_ref(record)).await;
    }
    office.running.settled().await;
    assert_eq!(office.findings().await, [("over-return".to_string(), 3)]);
}

#[tokio::test]
async fn documents_with_thousands_of_gaps_are_all_booked() {
    let (office, mut till, _) = two_tills().await;
    let every_other = |records: Vec<Record>| records.into_iter().step_by(2).collect::<Vec<_>>();
    let records = till.sales(4_000);
    for some in every_other(records.clone()).chunks(500) {
        office.upload(&till, some).await;
    }
    for some in records[..2_000].chunks(500) {
        office.upload(&till, some).await;
    }
    while office.total("count", "sale").await < 3_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(office.contact(&till, &till.contact()).await.processed, 2_001);
    for some in records[2_000..].chunks(500) {
        office.upload(&till, some).await;
    }
    assert_eq!(office.total("count", "sale").await, 4_000);
    assert_eq!(office.contact(&till, &till.contact()).await.processed, 4_000);
}

//! Live sections: what documents leave behind comes down by itself, and never half.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{collections::BTreeMap, time::Duration};

use common::{CENTRE, Office, Till, gone, item, problem, read, refused, row};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tillkit_protocol::{
    Hash, Manifest, Record, canonical,
    limits::PART_BYTES,
    problem::ProblemType,
    rows::{open_blob, read_rows},
    wire::Empty,
};

fn level(item: &str, quantity: &str) -> String {
    let id = format!("store/{item}");
    row("stock_level", &id, json!({"item": item, "quantity": quantity, "warehouse": "store"}))
}

/// A centre with ten teas in stock, and a till of it.
async fn with_tea() -> (Office, Till) {
    let office = Office::open().await;
    office.publish_centre().await;
    let till = office.subscribed("T1").await;
    office.rows(CENTRE, &[level("tea", "10")]).await;
    office.running.settled().await;
    (office, till)
}

async fn sell(office: &Office, till: &mut Till, teas: usize) {
    let sales = till.sales(teas);
    office.upload(till, &sales).await;
}

fn goods(kind: &str, till: &mut Till, quantity: &str) -> Record {
    let line = json!({"item": "tea", "name": "Tea", "quantity": quantity, "unit": "pc"});
    till.record(kind, 0, json!({"lines": [line], "reason": "van", "warehouse": "store"}))
}

/// What the levels of a manifest say of tea, and how many documents of each enrolment they contain.
fn stock(rows: &BTreeMap<String, Value>) -> (f64, BTreeMap<String, u64>) {
    let level = rows.get("stock_level/store/tea").map_or(0.0, |row| {
        let quantity = row["quantity"].as_str().unwrap();
        quantity.parse().unwrap()
    });
    let counted = rows.iter().filter_map(|(name, row)| {
        let of = name.strip_prefix("stock_counted/")?;
        let ranges = row["ranges"].as_array().unwrap().iter();
        let sum = ranges.map(|range| range[1].as_u64().unwrap() - range[0].as_u64().unwrap() + 1).sum();
        Some((of.to_string(), sum))
    });
    (level, counted.collect())
}

fn of(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    counts.iter().map(|(of, count)| (of.to_string(), *count)).collect()
}

fn without(manifest: &Manifest, section: &str) -> Manifest {
    let mut rest = Manifest { live: 0, ..manifest.clone() };
    rest.sections.remove(section);
    rest
}

#[tokio::test]
async fn levels_come_down_without_a_publication_and_say_what_they_contain() {
    let (office, mut till) = with_tea().await;
    let before = office.manifest(&till).await;

    sell(&office, &mut till, 3).await;
    office.running.settled().await;

    let rows = office.snapshot(&till, "stock").await;
    assert_eq!(stock(&rows), (7.0, of(&[("T1/1", 3)])));
    let after = office.manifest(&till).await;
    assert_eq!((before.generation, after.generation, after.live), (1, 1, before.live + 1));
    let generations = (before.sections["stock"].generation, after.sections["stock"].generation);
    assert_eq!(generations, (1, 2), "the section has a version of its own");
    assert_eq!(without(&after, "stock"), without(&before, "stock"), "nothing else has changed");
}

#[tokio::test]
async fn goods_that_come_and_go_back_reach_the_other_till() {
    let (office, mut till) = with_tea().await;
    let other = office.subscribed("T2").await;

    let records = [goods("goods_receipt", &mut till, "5"), goods("goods_return", &mut till, "2")];
    office.upload(&till, &records).await;
    office.running.settled().await;

    assert_eq!(stock(&office.snapshot(&other, "stock").await), (13.0, of(&[("T1/1", 2)])));
}

#[tokio::test]
async fn a_step_leads_from_one_live_state_to_the_next() {
    let (office, mut till) = with_tea().await;
    let many: Vec<_> = (0..400).map(|nth| level(&format!("item{nth}"), "1")).collect();
    office.rows(CENTRE, &many).await;
    office.running.settled().await;

    sell(&office, &mut till, 1).await;
    office.running.settled().await;

    let manifest = office.manifest(&till).await;
    let section = &manifest.sections["stock"];
    let step = section.steps.last().unwrap();
    assert_eq!((step.from + 1, step.to, step.rows), (section.generation, section.generation, 2));
    let stored = office.get(&till, &format!("/v1/blobs/{}", step.sha256)).await.bytes().await.unwrap();
    let expanded = open_blob(&stored, &step.sha256).unwrap();
    let rows: Vec<_> = read_rows(&expanded).map(|row| row.unwrap().key.to_string()).collect();
    assert_eq!(rows, ["T1/1", "store/tea"]);
}

#[tokio::test]
async fn nothing_is_live_before_the_first_publication_which_holds_it() {
    let office = Office::open().await;
    office.draft_centre(CENTRE).await;
    office.rows(CENTRE, &[level("tea", "4"), row("customer", "c1", json!({"name": "Mrs Jones"}))]).await;
    office.running.settled().await;
    assert_eq!(office.admin_lines("/stock").await.len(), 1);

    let published = office.publish(CENTRE).await;

    assert_eq!(published["generation"], 1);
    let till = office.subscribed("T1").await;
    assert_eq!(stock(&office.snapshot(&till, "stock").await).0, 4.0);
    assert!(office.snapshot(&till, "customers").await.contains_key("customer/c1"));
}

#[tokio::test]
async fn a_publication_keeps_the_live_sections_and_their_generations() {
    let (office, mut till) = with_tea().await;
    sell(&office, &mut till, 2).await;
    office.running.settled().await;
    let before = office.manifest(&till).await;

    office.rows(CENTRE, &[row("item", "tea", item("2.00"))]).await;
    office.publish(CENTRE).await;

    let after = office.manifest(&till).await;
    assert_eq!((after.generation, after.live), (2, before.live));
    assert_eq!(after.sections["stock"], before.sections["stock"]);
    assert_eq!(after.sections["items"].generation, 2);
}

#[tokio::test]
async fn rows_of_live_sections_are_no_draft_and_need_no_publication() {
    let (office, till) = with_tea().await;

    let written = office.rows(CENTRE, &[row("customer", "c1", json!({"name": "Mrs Jones"}))]).await;
    office.running.settled().await;

    assert_eq!(written["changed"], 1);
    let diff = office.admin_ok(Method::GET, "/centres/main/diff", "").await;
    assert_eq!(diff["changes"], json!([]));
    assert_eq!(office.snapshot(&till, "customers").await["customer/c1"]["name"], "Mrs Jones");
    let csv = "id,name,phone\nc2,Mr Brown,123\n";
    office.admin_ok(Method::POST, "/centres/main/import/customer", csv).await;
    office.rows(CENTRE, &[gone("customer", "c1")]).await;
    office.running.settled().await;
    let customers = office.snapshot(&till, "customers").await;
    assert_eq!(customers.keys().collect::<Vec<_>>(), ["customer/c2"]);
    assert_eq!(office.publish(CENTRE).await["published"], false);
}

#[tokio::test]
async fn a_level_that_is_written_down_is_what_later_documents_move() {
    let (office, mut till) = with_tea().await;
    sell(&office, &mut till, 3).await;
    office.running.settled().await;

    office.rows(CENTRE, &[level("tea", "50")]).await;
    sell(&office, &mut till, 1).await;
    office.running.settled().await;

    assert_eq!(stock(&office.snapshot(&till, "stock").await), (49.0, of(&[("T1/1", 4)])));
    let counted = row("stock_counted", "T1/1", json!({"enrolment": 1, "ranges": [], "till": "T1"}));
    let path = format!("/centres/{CENTRE}/rows");
    let refused = office.admin_refused(Method::POST, &path, counted).await;
    assert!(refused.to_string().contains("only the back office"), "{refused}");
}

#[tokio::test]
async fn a_busy_till_makes_few_manifests_and_the_last_document_gets_out() {
    let (office, mut till) = with_tea().await;
    let before = office.manifest(&till).await.live;

    for _ in 0..40 {
        sell(&office, &mut till, 1).await;
    }
    office.running.settled().await;

    assert_eq!(stock(&office.snapshot(&till, "stock").await), (-30.0, of(&[("T1/1", 40)])));
    let made = office.manifest(&till).await.live - before;
    assert!((1..20).contains(&made), "{made} manifests for 40 documents");
}

#[tokio::test]
async fn a_level_and_the_documents_it_contains_are_never_parted() {
    let (office, mut till) = with_tea().await;
    let mut other = office.subscribed("T2").await;
    let sending = async {
        for nth in 0..30 {
            sell(&office, &mut till, 1 + nth % 3).await;
            sell(&office, &mut other, 2).await;
            // So that what is there goes out in between.
            office.running.settled().await;
        }
    };
    let watcher = office.subscribed("T3").await;
    let watching = async {
        let mut seen = 0;
        loop {
            let (level, counted) = stock(&office.snapshot(&watcher, "stock").await);
            let counted: u64 = counted.values().sum();
            assert_eq!(level, 10.0 - counted as f64);
            seen = seen.max(counted);
            if seen == 120 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::join!(sending, watching);
}

#[tokio::test]
async fn what_a_crash_left_unpublished_is_published_by_the_next_process() {
    let (mut office, mut till) = with_tea().await;
    for _ in 0..5 {
        sell(&office, &mut till, 2).await;
        office = office.crash().await;
    }
    office.running.settled().await;
    assert_eq!(stock(&office.snapshot(&till, "stock").await), (0.0, of(&[("T1/1", 10)])));
}

#[tokio::test]
async fn an_order_comes_down_as_an_open_row() {
    let (office, mut till) = with_tea().await;
    let line = json!({"item": "tea", "name": "Tea", "quantity": "2", "unit": "pc", "unit_price": "1.5"});
    let body = json!({"customer": "c1", "lines": [line], "note": "gift", "wanted_day": "2010-12-24"});
    let order = till.record("order", 0, body.clone());
    office.upload(&till, &[order]).await;
    office.running.settled().await;

    let row = &office.snapshot(&till, "orders").await["sales_order/T1/1/1"];
    let mut expected = body;
    expected["number"] = format!("{}-000001", till.enrolled.series).into();
    expected["state"] = "open".into();
    assert_eq!(row, &expected);
    assert_eq!(office.total("count", "order").await, 1);
    assert_eq!(office.findings().await, []);
}

/// A customer's part, and the document that names it.
fn customer(till: &mut Till, id: &str, name: &str) -> (Vec<u8>, Record) {
    let part = canonical::to_line(&json!({"name": name, "phone": "123"})).unwrap();
    let made = till.record("customer_made", 0, json!({"customer": id, "part": Hash::of(&part)}));
    (part, made)
}

async fn put_part(office: &Office, till: &Till, part: &[u8]) -> reqwest::Response {
    let path = format!("/v1/parts/{}", Hash::of(part));
    office.ask(till, Method::POST, &path).body(part.to_vec()).send().await.unwrap()
}

async fn processed(office: &Office, till: &Till) -> u64 {
    office.contact(till, &till.contact()).await.processed
}

#[tokio::test]
async fn a_customer_made_on_a_till_comes_down_once_its_part_is_here() {
    let (office, mut till) = with_tea().await;
    let (part, made) = customer(&mut till, "new-1", "Miss Marple");
    office.upload(&till, &[made]).await;
    office.running.settled().await;
    assert_eq!(processed(&office, &till).await, 0, "it waits for its part");

    read::<Empty>(put_part(&office, &till, &part).await).await;
    read::<Empty>(put_part(&office, &till, &part).await).await;
    office.running.settled().await;

    assert_eq!(processed(&office, &till).await, 1);
    let customers = office.snapshot(&till, "customers").await;
    assert_eq!(customers["customer/new-1"], json!({"credit": false, "name": "Miss Marple", "phone": "123"}));
}

#[tokio::test]
async fn a_part_that_came_first_keeps_nobody_waiting() {
    let (office, mut till) = with_tea().await;
    let (part, made) = customer(&mut till, "new-1", "Miss Marple");
    put_part(&office, &till, &part).await;
    office.upload(&till, &[made]).await;
    office.running.settled().await;
    assert_eq!(processed(&office, &till).await, 1);
    assert!(office.snapshot(&till, "customers").await.contains_key("customer/new-1"));
}

#[tokio::test]
async fn what_the_back_office_says_of_a_customer_stands() {
    let (office, mut till) = with_tea().await;
    office.rows(CENTRE, &[row("customer", "new-1", json!({"name": "Ms Marple", "credit": true}))]).await;
    let (part, made) = customer(&mut till, "new-1", "Miss Marple");
    put_part(&office, &till, &part).await;
    office.upload(&till, &[made]).await;
    office.running.settled().await;
    assert_eq!(office.snapshot(&till, "customers").await["customer/new-1"]["name"], "Ms Marple");
}

#[tokio::test]
async fn documents_behind_a_missing_part_pass_it_as_they_pass_a_gap() {
    let (office, mut till) = with_tea().await;
    let (part, made) = customer(&mut till, "new-1", "Miss Marple");
    office.upload(&till, &[made]).await;
    sell(&office, &mut till, 2).await;
    for _ in 0..100 {
        if office.total("count", "sale").await == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(office.total("count", "sale").await, 2);
    assert_eq!(processed(&office, &till).await, 0);
    assert_eq!(stock(&office.snapshot(&till, "stock").await), (8.0, of(&[("T1/1", 2)])));

    // Another process does not know who has been waiting, and finds it.
    let office = office.restart().await;
    put_part(&office, &till, &part).await;
    office.running.settled().await;

    assert_eq!(processed(&office, &till).await, 3);
    assert_eq!(office.total("count", "sale").await, 2);
    assert!(office.snapshot(&till, "customers").await.contains_key("customer/new-1"));
}

#[tokio::test]
async fn a_part_must_be_what_its_name_says_and_not_too_long() {
    let (office, till) = with_tea().await;
    let path = format!("/v1/parts/{}", Hash::of(b"another"));
    let wrong = office.ask(&till, Method::POST, &path).body("{}").send().await.unwrap();
    refused(wrong, ProblemType::Malformed).await;
    let wrong = office.ask(&till, Method::POST, "/v1/parts/x").body("{}").send().await.unwrap();
    refused(wrong, ProblemType::Malformed).await;
    read::<Empty>(put_part(&office, &till, &vec![b'1'; PART_BYTES]).await).await;
    refused(put_part(&office, &till, &vec![b'1'; PART_BYTES + 1]).await, ProblemType::TooLarge).await;
    let nobody = office.request(Method::POST, &path).body("another").send().await.unwrap();
    refused(nobody, ProblemType::Unauthorised).await;
}

#[tokio::test]
async fn an_erased_customer_is_blank_everywhere_and_the_chain_stands() {
    let (office, mut till) = with_tea().await;
    let others: Vec<_> = (0..200)
        .map(|nth| row("customer", &format!("c{nth}"), json!({"name": format!("Customer {nth}")})))
        .collect();
    office.rows(CENTRE, &others).await;
    office.running.settled().await;
    let (part, made) = customer(&mut till, "new-1", "Miss Marple");
    put_part(&office, &till, &part).await;
    office.upload(&till, &[made]).await;
    office.running.settled().await;
    let export = office.export("").await;
    assert!(!office.manifest(&till).await.sections["customers"].steps.is_empty());

    let path = format!("/parts/{}", Hash::of(&part));
    let erased = office.admin_ok(Method::DELETE, &path, "").await;
    office.running.settled().await;

    assert_eq!(erased, json!({"customers": 1, "was_here": true}));
    let customers = office.snapshot(&till, "customers").await;
    assert_eq!(customers["customer/new-1"], json!({"name": "(erased)"}));
    assert_eq!(office.export("").await, export);
    let section = &office.manifest(&till).await.sections["customers"];
    assert_eq!(section.steps, [], "no step leads over the name");
    // Whoever still has it cannot bring it back.
    read::<Empty>(put_part(&office, &till, &part).await).await;
    office.running.settled().await;
    assert_eq!(office.snapshot(&till, "customers").await["customer/new-1"]["name"], "(erased)");
    let office = office.restart().await;
    let again = office.admin_ok(Method::DELETE, &path, "").await;
    assert_eq!(again["was_here"], false);
}

#[tokio::test]
async fn a_part_is_its_tenants_and_a_revoked_till_may_bring_it() {
    let (office, mut till) = with_tea().await;
    let other = office.running.add_tenant("other").await.unwrap();
    let (part, made) = customer(&mut till, "new-1", "Miss Marple");
    office.upload(&till, &[made]).await;
    let path = format!("/admin/v1/parts/{}", Hash::of(&part));
    let erased = office.request(Method::DELETE, &path).bearer_auth(&other).send().await.unwrap();
    assert_eq!(read::<Value>(erased).await, json!({"customers": 0, "was_here": false}));
    office.admin_ok(Method::POST, "/tills/T1/enrolments/1/revoke", "").await;

    read::<Empty>(put_part(&office, &till, &part).await).await;
    office.running.settled().await;

    let watcher = office.subscribed("T2").await;
    assert_eq!(office.snapshot(&watcher, "customers").await["customer/new-1"]["name"], "Miss Marple");
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n a picture of a tin";

#[tokio::test]
async fn a_picture_is_kept_under_its_hash_and_served_once_it_is_published() {
    let (office, till) = with_tea().await;

    let put = office.admin_ok(Method::PUT, "/centres/main/images/tin?item=tea", PNG).await;

    let sha256 = Hash::of(PNG).to_string();
    assert_eq!((&put["image"]["sha256"], &put["changed"]), (&sha256.clone().into(), &1.into()));
    let blob = format!("/v1/blobs/{sha256}");
    assert_eq!(office.get(&till, &blob).await.status(), StatusCode::NOT_FOUND, "nobody has published it");
    office.publish(CENTRE).await;
    assert_eq!(office.get(&till, &blob).await.bytes().await.unwrap(), PNG);
    let row = &office.snapshot(&till, "attachments").await["image/tin"];
    let expected =
        json!({"bytes": PNG.len(), "item": "tea", "media_type": "image/png", "sha256": sha256.as_str()});
    assert_eq!(row, &expected);
    // The same picture again is nothing new.
    office.admin_ok(Method::PUT, "/centres/main/images/tin?item=tea", PNG).await;
    assert_eq!(office.publish(CENTRE).await["published"], false);
}

#[tokio::test]
async fn what_is_no_picture_or_is_not_here_is_refused() {
    let (office, _) = with_tea().await;
    let path = "/centres/main/images/tin";
    assert!(office.admin_refused(Method::PUT, path, "<svg/>").await.is(ProblemType::Malformed));
    let mut large = PNG.to_vec();
    large.resize((4 << 20) + 1, 0);
    assert!(office.admin_refused(Method::PUT, path, large).await.is(ProblemType::TooLarge));
    let missing = json!({"bytes": 5, "media_type": "image/png", "sha256": Hash::of(b"never seen")});
    office.rows(CENTRE, &[row("image", "tin", missing)]).await;
    let answer = office.admin(Method::POST, "/centres/main/publish").send().await.unwrap();
    let refused = problem(answer).await;
    assert!(refused.to_string().contains("its picture is not here"), "{refused}");
}

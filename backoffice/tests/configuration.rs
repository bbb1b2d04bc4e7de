//! From draft to what a till holds: every row, byte for byte, and nothing it must not see.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use common::{CENTRE, Office, Till, gone, item, refused, row};
use futures_util::StreamExt;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::json;
use tillkit_protocol::{
    Hash, KindDigest, Manifest,
    limits::{KEY_BYTES, ROW_BYTES},
    manifest::SectionManifest,
    problem::ProblemType,
    rows::{open_blob, read_rows},
    wire::Centres,
};

async fn stored(office: &Office, till: &Till, sha256: &Hash) -> Vec<u8> {
    let answer = office.get(till, &format!("/v1/blobs/{sha256}")).await;
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap().to_vec()
}

type Rows = BTreeMap<(String, String), Vec<u8>>;

async fn take_snapshot(office: &Office, till: &Till, section: &SectionManifest) -> Rows {
    let (mut rows, mut last) = (Rows::new(), None);
    for blob in &section.snapshot {
        let expanded = open_blob(&stored(office, till, &blob.sha256).await, &blob.sha256).unwrap();
        for row in read_rows(&expanded) {
            let row = row.unwrap();
            let name = (row.kind.to_string(), row.key.to_string());
            assert!(last.as_ref() < Some(&name), "{name:?} is out of order");
            last = Some(name.clone());
            rows.insert(name, row.body.unwrap().to_vec());
        }
    }
    rows
}

async fn take_steps(office: &Office, till: &Till, section: &SectionManifest, from: u64, rows: &mut Rows) {
    for step in section.steps_from(from).expect("steps lead here") {
        let expanded = open_blob(&stored(office, till, &step.sha256).await, &step.sha256).unwrap();
        let mut count = 0;
        for row in read_rows(&expanded) {
            let row = row.unwrap();
            let name = (row.kind.to_string(), row.key.to_string());
            match row.body {
                Some(body) => rows.insert(name, body.to_vec()),
                None => rows.remove(&name),
            };
            count += 1;
        }
        assert_eq!(count, step.rows);
    }
}

fn must_add_up(section: &SectionManifest, rows: &Rows) {
    let mut kinds: BTreeMap<String, KindDigest> = BTreeMap::new();
    for ((kind, key), body) in rows {
        kinds.entry(kind.clone()).or_default().add(kind, key, body);
    }
    assert_eq!(section.kinds, kinds);
}

fn things(numbers: impl Iterator<Item = u32>, price: &str) -> Vec<String> {
    let thing = |number| {
        let mut body = item(price);
        body["name"] = json!(format!("Thing {number} {}", Hash::of(&u32::to_be_bytes(number))));
        row("item", &format!("i{number:06}"), body)
    };
    numbers.map(thing).collect()
}

#[tokio::test]
async fn what_is_published_arrives_byte_for_byte() {
    let office = Office::open().await;
    let published = office.publish_centre().await;
    assert_eq!((published["generation"].as_u64(), published["published"].as_bool()), (Some(1), Some(true)));
    assert_eq!(published["rows"]["items"], 2);

    let till = office.subscribed("T1").await;
    let rows = office.snapshot(&till, "items").await;
    assert_eq!(rows["item/tea"], item("1.50"));
    assert_eq!(rows.len(), 2);
    let centre = office.snapshot(&till, "centre").await;
    assert_eq!(centre["centre/main"]["warehouse"], "store");
    let manifest = office.manifest(&till).await;
    assert_eq!(
        manifest.sections.keys().collect::<Vec<_>>(),
        ["centre", "directories", "items", "numerators", "users"]
    );
    assert_eq!(manifest.epoch.len(), 16);
}

#[tokio::test]
async fn nothing_changed_is_no_new_generation() {
    let office = Office::open().await;
    office.publish_centre().await;
    let again = office.publish(CENTRE).await;
    assert_eq!((again["generation"].as_u64(), again["published"].as_bool()), (Some(1), Some(false)));
    office.rows(CENTRE, &[row("item", "tea", item("2.00"))]).await;
    office.rows(CENTRE, &[row("item", "tea", item("1.50"))]).await;
    office.rows(CENTRE, &[gone("item", "never")]).await;
    assert_eq!(office.admin_ok(Method::GET, "/centres/main/diff", "").await["changes"], json!([]));
    let reverted = office.publish(CENTRE).await;
    assert_eq!((reverted["generation"].as_u64(), reverted["published"].as_bool()), (Some(1), Some(false)));
}

#[tokio::test]
async fn steps_and_snapshots_lead_to_the_same_rows() {
    let office = Office::open().await;
    office.publish_centre().await;
    office.rows(CENTRE, &things(0..30_000, "1.00")).await;
    office.publish(CENTRE).await;
    let till = office.subscribed("T1").await;
    let first = office.manifest(&till).await;
    let held = take_snapshot(&office, &till, &first.sections["items"]).await;
    must_add_up(&first.sections["items"], &held);
    assert_eq!(held.len(), 30_002);

    // Changed, added between and at both ends, removed.
    office.rows(CENTRE, &things(100..150, "2.00")).await;
    office.publish(CENTRE).await;
    let mut mixed = things(29_990..30_020, "3.00");
    mixed.push(row("item", "a-first", item("0.10")));
    mixed.push(row("item", "i000100-b", item("0.20")));
    mixed.push(gone("item", "i000200"));
    mixed.push(gone("item", "i029999"));
    mixed.push(gone("item", "tea"));
    mixed.push(row("group", "g", json!({"name": "Group"})));
    office.rows(CENTRE, &mixed).await;
    let published = office.publish(CENTRE).await;
    assert_eq!(published["changed"], json!({"items": 35}));

    let last = office.manifest(&till).await;
    let section = &last.sections["items"];
    assert_eq!((last.generation, section.generation), (4, 4));
    assert_eq!(last.sections["directories"].generation, 1);
    let mut by_steps = held.clone();
    take_steps(&office, &till, section, 2, &mut by_steps).await;
    let by_snapshot = take_snapshot(&office, &till, section).await;
    must_add_up(section, &by_snapshot);
    assert!(by_steps == by_snapshot, "steps and snapshot differ");
    assert_eq!(by_snapshot.len(), 30_002 + 20 + 2 + 1 - 3);
}

#[tokio::test]
async fn an_incremental_snapshot_is_the_one_a_first_publication_would_make() {
    let office = Office::open().await;
    office.draft_centre(CENTRE).await;
    office.rows(CENTRE, &things((0..90_000).filter(|number| number % 1_000 != 7), "1.00")).await;
    office.publish(CENTRE).await;
    let till = office.subscribed("T1").await;
    let first = office.manifest(&till).await;
    assert!(first.sections["items"].snapshot.len() > 3, "{} blobs", first.sections["items"].snapshot.len());

    let changes =
        [things(45_000..45_001, "9.00"), vec![gone("item", "i089999"), row("item", "zz", item("1.00"))]]
            .concat();
    office.rows(CENTRE, &changes).await;
    let published = office.publish(CENTRE).await;

    let other = "other";
    office.draft_centre(other).await;
    office.rows(other, &things((0..90_000).filter(|number| number % 1_000 != 7), "1.00")).await;
    office.rows(other, &changes).await;
    office.publish(other).await;
    let second = office.manifest(&till).await;
    let answer = office.get(&till, "/v1/manifest?centre=other").await.bytes().await.unwrap();
    let fresh = Manifest::verify(&answer, &till.enrolled.tenant_key, other).unwrap();
    assert_eq!(second.sections["items"].snapshot, fresh.sections["items"].snapshot);
    assert_eq!(second.sections["items"].kinds, fresh.sections["items"].kinds);
    let before: BTreeSet<_> = first.sections["items"].snapshot.iter().map(|blob| blob.sha256).collect();
    let new = second.sections["items"].snapshot.iter().filter(|blob| !before.contains(&blob.sha256)).count();
    assert_eq!(new, 2, "one around the changed row, one at the end");
    assert!(published["new_bytes"].as_u64() < published["snapshot_bytes"].as_u64());
}

#[tokio::test]
async fn steps_are_dropped_when_the_snapshot_is_shorter() {
    let office = Office::open().await;
    office.publish_centre().await;
    let till = office.subscribed("T1").await;
    for price in 1..=80 {
        office.rows(CENTRE, &[row("item", "tea", item(&format!("{price}.00")))]).await;
        office.publish(CENTRE).await;
    }
    let section = office.manifest(&till).await.sections["items"].clone();
    let bytes: u64 = section.steps.iter().map(|step| step.bytes).sum();
    assert!(bytes <= section.snapshot_bytes() && section.steps.len() <= 64, "{} steps", section.steps.len());
    assert_eq!(section.steps_from(1), None);
    must_add_up(&section, &take_snapshot(&office, &till, &section).await);
}

#[tokio::test]
async fn sixty_four_steps_are_listed_and_lead_from_the_oldest() {
    let office = Office::open().await;
    office.publish_centre().await;
    office.rows(CENTRE, &things(0..5_000, "1.00")).await;
    office.publish(CENTRE).await;
    let till = office.subscribed("T1").await;
    let mut held = Rows::new();
    for change in 0..70 {
        office.rows(CENTRE, &things(change..change + 1, "5.00")).await;
        office.publish(CENTRE).await;
        if change == 5 {
            held = take_snapshot(&office, &till, &office.manifest(&till).await.sections["items"]).await;
        }
    }
    let section = office.manifest(&till).await.sections["items"].clone();
    assert_eq!((section.steps.len(), section.steps[0].from), (64, 8));
    take_steps(&office, &till, &section, 8, &mut held).await;
    must_add_up(&section, &held);
    assert_eq!(section.steps_from(7), None);
}

#[tokio::test]
async fn a_diff_names_what_would_change() {
    let office = Office::open().await;
    office.publish_centre().await;
    office
        .rows(
            CENTRE,
            &[row("item", "tea", item("2.00")), row("item", "new", item("1.00")), gone("item", "milk")],
        )
        .await;
    let diff = office.admin_ok(Method::GET, "/centres/main/diff", "").await;
    let expected = json!([
        {"id": "milk", "kind": "item", "what": "removed"},
        {"id": "new", "kind": "item", "what": "added"},
        {"id": "tea", "kind": "item", "what": "changed"},
    ]);
    assert_eq!(diff["changes"], expected);
    let till = office.subscribed("T1").await;
    assert_eq!(
        office.snapshot(&till, "items").await["item/tea"]["price"],
        "1.50",
        "a draft is not published"
    );
}

#[tokio::test]
async fn a_manifest_is_fetched_once_and_its_id_is_what_a_contact_says() {
    let office = Office::open().await;
    office.publish_centre().await;
    let till = office.subscribed("T1").await;
    let answer = office.get(&till, "/v1/manifest").await;
    let tag = answer.headers()["etag"].to_str().unwrap().to_string();
    let id = Manifest::id(&answer.bytes().await.unwrap());
    assert_eq!(tag, format!("\"{id}\""));
    assert_eq!(office.contact(&till, &till.contact()).await.manifest, Some(id));

    let known =
        office.ask(&till, Method::GET, "/v1/manifest").header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((known.status().as_u16(), known.bytes().await.unwrap().len()), (304, 0));
    office.rows(CENTRE, &[row("item", "tea", item("2.00"))]).await;
    office.publish(CENTRE).await;
    let newer =
        office.ask(&till, Method::GET, "/v1/manifest").header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(newer.status(), 200);
}

#[tokio::test]
async fn a_blob_is_for_tills_of_its_centre_and_for_previews() {
    let office = Office::open().await;
    office.publish_centre().await;
    office.draft_centre("north").await;
    office.rows("north", &[row("item", "fish", item("4.00"))]).await;
    office.publish("north").await;
    office.draft_centre("draft").await;
    let till = office.subscribed("T1").await;
    let centres: Centres = common::read(office.get(&till, "/v1/centres").await).await;
    assert_eq!(
        centres.centres.iter().map(|centre| centre.centre.as_str()).collect::<Vec<_>>(),
        ["main", "north"]
    );

    let preview = office.get(&till, "/v1/manifest?centre=north").await.bytes().await.unwrap();
    let preview = Manifest::verify(&preview, &till.enrolled.tenant_key, "north").unwrap();
    let blob = preview.sections["items"].snapshot[0].sha256;
    refused(office.get(&till, &format!("/v1/blobs/{blob}")).await, ProblemType::NotFound).await;
    assert_eq!(office.get(&till, &format!("/v1/blobs/{blob}?centre=north")).await.status(), 200);
    for path in ["/v1/manifest?centre=draft", "/v1/manifest?centre=nowhere"] {
        refused(office.get(&till, path).await, ProblemType::NotFound).await;
    }
    for name in [Hash::of(b"x").to_string(), "x".into(), "..%2F..%2Foffice.db".into()] {
        refused(office.get(&till, &format!("/v1/blobs/{name}")).await, ProblemType::NotFound).await;
    }
    let body = json!({"centre": "draft"}).to_string();
    let draft = office.ask(&till, Method::PUT, "/v1/subscription").body(body).send().await.unwrap();
    refused(draft, ProblemType::NotFound).await;
    office.subscribe(&till, "north").await;
    assert_eq!(office.get(&till, &format!("/v1/blobs/{blob}")).await.status(), 200);
}

#[tokio::test]
async fn a_blob_can_be_resumed_anywhere() {
    let office = Office::open().await;
    office.publish_centre().await;
    office.rows(CENTRE, &things(0..9_000, "1.00")).await;
    office.publish(CENTRE).await;
    let till = office.subscribed("T1").await;
    let blob = office.manifest(&till).await.sections["items"].snapshot[0].clone();
    let whole = stored(&office, &till, &blob.sha256).await;
    assert!(whole.len() > 300_000, "{}: longer than one piece", whole.len());
    for from in [0, 1, whole.len() / 2, whole.len() - 1] {
        let path = format!("/v1/blobs/{}", blob.sha256);
        let answer = office
            .ask(&till, Method::GET, &path)
            .header("range", format!("bytes={from}-"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 206);
        let expected = format!("bytes {from}-{}/{}", whole.len() - 1, whole.len());
        assert_eq!(answer.headers()["content-range"], expected);
        assert_eq!(answer.bytes().await.unwrap(), whole[from..]);
    }
    let path = format!("/v1/blobs/{}", blob.sha256);
    let beyond = office
        .ask(&till, Method::GET, &path)
        .header("range", format!("bytes={}-", whole.len()))
        .send()
        .await
        .unwrap();
    assert_eq!(beyond.status(), 416);
}

#[tokio::test]
async fn a_publication_pokes_the_tills_of_its_centre_alone() {
    let office = Office::open().await;
    office.publish_centre().await;
    office.draft_centre("north").await;
    office.publish("north").await;
    let (here, there) = (office.subscribed("T1").await, office.till("T2").await);
    office.subscribe(&there, "north").await;
    let mut events = Vec::new();
    for till in [&here, &there] {
        let answer = office.get(till, "/v1/events").await;
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let mut stream = answer.bytes_stream();
        assert_eq!(stream.next().await.unwrap().unwrap(), ": open\n\n");
        events.push(stream);
    }
    office.rows(CENTRE, &[row("item", "tea", item("2.00"))]).await;
    office.publish(CENTRE).await;
    let poke =
        tokio::time::timeout(Duration::from_secs(5), events[0].next()).await.unwrap().unwrap().unwrap();
    assert_eq!(poke, "event: poke\ndata:\n\n");
    assert!(tokio::time::timeout(Duration::from_millis(300), events[1].next()).await.is_err());
    let stopping = office.running.stop();
    tokio::time::timeout(Duration::from_secs(4), stopping)
        .await
        .expect("open streams do not keep it")
        .unwrap();
}

#[tokio::test]
async fn rows_are_all_checked_before_the_first_is_drafted() {
    let office = Office::open().await;
    office.publish_centre().await;
    let long = "k".repeat(KEY_BYTES + 1);
    let cases = [
        (row("item", "x", json!({"name": "X"})), "line 2: item/x: missing field `unit`"),
        (
            row("item", "x", json!({"name": "X", "unit": "pc", "vat": "std", "price": 5})),
            "line 2: item/x: member price",
        ),
        (row("item", &long, item("1.00")), "its key has 129 bytes"),
        (row("item", "", item("1.00")), "its key has 0 bytes"),
        (row("hologram", "x", json!({})), "no section that comes down has this kind"),
        (row("sale", "x", json!({})), "no section that comes down has this kind"),
        (row("numerator", "sale", json!({"pattern": "{number}"})), "member pattern"),
        (
            row("centre", "north", json!({"name": "N", "currency": "GBP", "vat_mode": "included"})),
            "the key of this row must be main",
        ),
        (row("user", "u", json!({"name": "U", "role": "cashier", "pin": "1234"})), "member pin"),
        (row("warehouse", "x", json!({"size": 1.5})), "a fraction"),
        (row("warehouse", "x", json!([1])), "no object"),
        ("{\"k\":\"item\",\"id\":\"x\"}\n".into(), "neither d nor x"),
        ("{\"k\":\"item\"\n".into(), "line 2: "),
        (row("item", "good", item("2.00")), "line 2: item/good: an earlier line says something else of it"),
        (
            row("item", "x", item("1.00")).replace("\"name\"", "\"price\":\"2.00\",\"name\""),
            "line 2: item/x: the member \"price\" is there twice",
        ),
        (row("vat_rate", "z", json!({"name": "Z", "percent": "20", "category": "Z"})), "BR-Z-05"),
        (row("currency", "czk", json!({"name": "koruna"})), "line 2: currency/czk: its key is no ISO 4217"),
        (row("group", "g", json!({"name": " "})), "member name: there is nothing to read in it"),
    ];
    for (bad, expected) in cases {
        let good = row("item", "good", item("1.00"));
        let body = [good, bad].concat();
        let problem = office.admin_refused(Method::POST, "/centres/main/rows", body).await;
        let detail = problem.detail.clone().unwrap_or_default();
        assert!(problem.is(ProblemType::Malformed) && detail.contains(expected), "{detail}");
    }
    assert_eq!(office.admin_ok(Method::GET, "/centres/main/diff", "").await["changes"], json!([]));
    let nowhere =
        office.admin_refused(Method::POST, "/centres/nowhere/rows", row("item", "x", item("1"))).await;
    assert!(nowhere.is(ProblemType::NotFound));
}

#[tokio::test]
async fn a_row_may_have_its_limit_and_not_one_byte_more() {
    let office = Office::open().await;
    office.publish_centre().await;
    let empty = "{\"d\":{\"a\":\"\"},\"id\":\"w\",\"k\":\"warehouse\"}".len();
    let sized = |bytes: usize| row("warehouse", "w", json!({"a": "x".repeat(bytes - empty)}));
    office.rows(CENTRE, &[row("warehouse", "store", json!({"name": "Store"}))]).await;
    for bytes in [ROW_BYTES - 1, ROW_BYTES] {
        assert_eq!(office.rows(CENTRE, &[sized(bytes)]).await["changed"], 1);
    }
    let problem = office.admin_refused(Method::POST, "/centres/main/rows", sized(ROW_BYTES + 1)).await;
    assert!(problem.detail.unwrap().contains("65537 bytes, 65536 are allowed"));
    office.publish(CENTRE).await;
    let till = office.subscribed("T1").await;
    assert_eq!(
        office.snapshot(&till, "directories").await["warehouse/w"]["a"].as_str().unwrap().len(),
        ROW_BYTES - empty
    );
}

#[tokio::test]
async fn what_a_row_names_must_be_there() {
    let office = Office::open().await;
    office.publish_centre().await;
    let mut lost = item("1.00");
    lost["unit"] = json!("dozen");
    let cases = [
        (row("item", "x", lost), gone("item", "x"), "item/x: it names unit/dozen, which is not there"),
        (
            row("price", "p", json!({"item": "no", "price": "1.00"})),
            gone("price", "p"),
            "price/p: it names item/no",
        ),
        (
            gone("vat_rate", "std"),
            row("vat_rate", "std", json!({"name": "17.5 %", "percent": "17.5", "category": "S"})),
            "vat_rate/std: item/milk still names it",
        ),
    ];
    for (bad, undo, expected) in cases {
        office.rows(CENTRE, &[bad]).await;
        let problem = office.admin_refused(Method::POST, "/centres/main/publish", "").await;
        assert!(problem.detail.as_deref().unwrap_or_default().contains(expected), "{problem}");
        office.rows(CENTRE, &[undo]).await;
    }
    assert_eq!(office.publish(CENTRE).await["published"], false);
}

#[tokio::test]
async fn rows_that_contradict_each_other_are_not_published() {
    let office = Office::open().await;
    office.publish_centre().await;
    let rate = |currency: &str, day: &str| json!({"currency": currency, "rate": "0.8", "from_day": day});
    let price = |from_ms: u32| json!({"item": "tea", "price": "1", "from_ms": from_ms});
    let pattern = |pattern: &str| json!({"pattern": pattern});
    let centre = |warehouse: &str| json!({"name": "M", "currency": "GBP", "vat_mode": "included", "warehouse": warehouse});
    let good = [
        row("exchange_rate", "a", rate("EUR", "2010-12-02")),
        row("exchange_rate", "b", rate("EUR", "2010-12-03")),
        row("exchange_rate", "c", rate("USD", "2010-12-02")),
        row("price", "p1", price(1_000)),
        row("price", "p2", price(2_000)),
        row("warehouse", "store", json!({"name": "Store"})),
        row("numerator", "sale", pattern("R{series}-{number}")),
    ];
    office.rows(CENTRE, &good).await;
    office.publish(CENTRE).await;
    let cases = [
        (
            row("exchange_rate", "d", rate("EUR", "2010-12-02")),
            gone("exchange_rate", "d"),
            "exchange_rate/d: exchange_rate/a is a rate of EUR from 2010-12-02 on as well",
        ),
        (
            row("exchange_rate", "d", rate("GBP", "2010-12-04")),
            gone("exchange_rate", "d"),
            "exchange_rate/d: GBP is the centre's own currency and has no rate",
        ),
        (
            row("price", "p0", price(2_000)),
            gone("price", "p0"),
            "price/p2: price/p0 is a price of tea from the same moment on as well",
        ),
        (
            row("numerator", "return", pattern("R{series}-{number}")),
            gone("numerator", "return"),
            "numerator/sale: numerator/return has the same pattern",
        ),
        (
            row("centre", "main", centre("nowhere")),
            row("centre", "main", centre("store")),
            "centre/main: it names warehouse/nowhere, which is not there",
        ),
    ];
    for (bad, undo, expected) in cases {
        office.rows(CENTRE, &[bad]).await;
        let problem = office.admin_refused(Method::POST, "/centres/main/publish", "").await;
        assert!(problem.detail.as_deref().unwrap_or_default().contains(expected), "{problem}");
        office.rows(CENTRE, &[undo]).await;
    }
    office.publish(CENTRE).await;
}

#[tokio::test]
async fn a_country_that_changes_over_keeps_the_rates_of_before() {
    let office = Office::open().await;
    office.publish_centre().await;
    let rate = |rate: &str| json!({"currency": "EUR", "rate": rate, "from_day": "2010-12-01"});
    office.rows(CENTRE, &[row("exchange_rate", "a", rate("0.8"))]).await;
    office.publish(CENTRE).await;
    let mut centre = json!({"name": "M", "currency": "EUR", "vat_mode": "included", "warehouse": "store"});
    office.rows(CENTRE, &[row("centre", CENTRE, centre.clone())]).await;
    office.publish(CENTRE).await;
    centre["changeover"] = json!({"from": "GBP", "rate": "0.8"});
    office.rows(CENTRE, &[row("centre", CENTRE, centre), row("exchange_rate", "a", rate("0.81"))]).await;
    office.publish(CENTRE).await;
}

#[tokio::test]
async fn names_of_users_and_centres_are_there_to_be_read_and_a_home_currency_is_money() {
    let office = Office::open().await;
    office.publish_centre().await;
    for (method, path, body) in [
        (
            Method::POST,
            "/centres/main/users",
            json!({"id": "u5", "name": "", "role": "cashier", "pin": "1234"}),
        ),
        (
            Method::POST,
            "/centres/main/users",
            json!({"id": "u5", "name": "\u{200b}", "role": "cashier", "pin": "1234"}),
        ),
        (Method::PUT, "/centres/main", json!({"name": "  ", "currency": "GBP", "vat_mode": "included"})),
        (Method::PUT, "/centres/main", json!({"name": "S", "currency": "XXX", "vat_mode": "included"})),
        (Method::PUT, "/centres/main", json!({"name": "S", "currency": "XTS", "vat_mode": "included"})),
        (Method::PUT, "/centres/main", json!({"name": "S", "currency": "XAU", "vat_mode": "included"})),
    ] {
        let problem = office.admin_refused(method, path, body.to_string()).await;
        assert!(problem.is(ProblemType::Malformed), "{body}: {problem}");
    }
}

#[tokio::test]
async fn csv_is_typed_by_its_kind() {
    let office = Office::open().await;
    office.publish_centre().await;
    let file = "\u{feff}id,name,unit,vat,price,codes,active\r\n\
                b1,\"Bread, \"\"brown\"\"\",pc,std,0.95,590|B-1,true\r\n\
                b2,Roll,pc,std,0.2500,,0\r\n";
    let imported = office.admin_ok(Method::POST, "/centres/main/import/item", file).await;
    assert_eq!(imported, json!({"changed": 2, "rows": 2}));
    office.admin_ok(Method::POST, "/centres/main/import/role", "id,name,rights\nboss,Boss,a|b\n").await;
    office.admin_ok(Method::POST, "/centres/main/import/unit", "id,name,decimals\nkg,Kilogram,3\n").await;
    office.publish(CENTRE).await;
    let till = office.subscribed("T1").await;
    let items = office.snapshot(&till, "items").await;
    let expected = json!({"active": true, "codes": ["590", "B-1"], "name": "Bread, \"brown\"", "price": "0.95", "unit": "pc", "vat": "std"});
    assert_eq!(items["item/b1"], expected);
    assert_eq!(items["item/b2"]["active"], false);
    assert_eq!(office.snapshot(&till, "directories").await["unit/kg"]["decimals"], 3);
    assert_eq!(office.snapshot(&till, "users").await["role/boss"]["rights"], json!(["a", "b"]));
}

#[tokio::test]
async fn a_bad_csv_names_its_line_and_changes_nothing() {
    let office = Office::open().await;
    office.publish_centre().await;
    let head = "id,name,unit,vat,price,active\n";
    let good = "g,Good,pc,std,1.00,true\n";
    let cases = [
        (
            format!("{head}{good}x,X,pc,std,1.00,maybe\n"),
            "line 3: active: \"maybe\" is neither true nor false",
        ),
        (format!("{head}{good}x,X,pc,std,cheap,true\n"), "line 3: item/x: member price"),
        (format!("{head}{good}x,X,pc,std,1.00\n"), "line 3: "),
        (format!("{head}{good},X,pc,std,1.00,true\n"), "line 3: item/: its key has 0 bytes"),
        (format!("{head}{good}\"x\ny\",X,pc,std,1.00,true\n"), "line 3: id: it holds the character U+000A"),
        (format!("{head}{good}x,X,pc,,1.00,true\n"), "line 3: item/x: missing field `vat`"),
        ("id,name,colour\nx,X,red\n".into(), "line 1: item has no member \"colour\""),
        ("name,unit\nX,pc\n".into(), "line 1: the column id is missing"),
    ];
    for (file, expected) in cases {
        let problem = office.admin_refused(Method::POST, "/centres/main/import/item", file).await;
        let detail = problem.detail.unwrap_or_default();
        assert!(detail.starts_with(expected), "{detail}");
    }
    assert_eq!(office.admin_ok(Method::GET, "/centres/main/diff", "").await["changes"], json!([]));
    let users = office.admin_refused(Method::POST, "/centres/main/import/user", "id,pin\n").await;
    assert!(users.is(ProblemType::NotFound), "a PIN never stands in a file");
}

#[tokio::test]
async fn a_pin_is_checked_by_what_the_till_gets() {
    use argon2::{Argon2, PasswordVerifier, password_hash::phc::PasswordHash};
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
    let office = Office::open().await;
    office.publish_centre().await;
    let user = json!({"id": "u1", "name": "Ann", "role": "cashier", "pin": "4711"}).to_string();
    office.admin_ok(Method::POST, "/centres/main/users", user).await;
    for pin in ["123", "12a4", ""] {
        let user = json!({"id": "u2", "name": "Bob", "role": "cashier", "pin": pin}).to_string();
        assert!(
            office.admin_refused(Method::POST, "/centres/main/users", user).await.is(ProblemType::Malformed)
        );
    }
    office.publish(CENTRE).await;
    let till = office.till("T1").await;
    let pepper = STANDARD_NO_PAD.decode(office.subscribe(&till, CENTRE).await.pin_pepper).unwrap();
    assert_eq!(pepper.len(), 32);
    let body = office.snapshot(&till, "users").await["user/u1"].clone();
    assert_eq!((body["name"].as_str(), body["role"].as_str()), (Some("Ann"), Some("cashier")));
    let phc = body["pin"].as_str().unwrap();
    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
    let verifies = |pin: &str| {
        let mut keyed = Hmac::<sha2::Sha256>::new_from_slice(&pepper).unwrap();
        keyed.update(pin.as_bytes());
        Argon2::default()
            .verify_password(&keyed.finalize().into_bytes(), &PasswordHash::new(phc).unwrap())
            .is_ok()
    };
    assert!(verifies("4711") && !verifies("4712"));
}

#[tokio::test]
async fn a_restored_back_office_begins_a_new_epoch() {
    let office = Office::open().await;
    office.publish_centre().await;
    let till = office.subscribed("T1").await;
    let before = office.manifest(&till).await;
    let Office { running, client, folder, now_ms } = office;
    running.stop().await.unwrap();
    let mut config = common::config(folder.path(), &now_ms);
    config.is_restored = true;
    let running = tillkit_backoffice::start(config).await.unwrap();
    let office = Office { running, client, folder, now_ms };
    let after = office.manifest(&till).await;
    assert_ne!(before.epoch, after.epoch);
    assert_eq!((after.generation, &after.sections), (before.generation + 1, &before.sections));
    let office = office.restart().await;
    assert_eq!(office.manifest(&till).await, after);
    office.rows(CENTRE, &[row("item", "tea", item("2.00"))]).await;
    assert_eq!(office.publish(CENTRE).await["generation"].as_u64(), Some(after.generation + 1));
}

#[tokio::test]
async fn drafting_while_publishing_loses_nothing() {
    let office = Office::open().await;
    office.publish_centre().await;
    office.rows(CENTRE, &things(0..20_000, "1.00")).await;
    let draft = async {
        for number in 0..20 {
            office.rows(CENTRE, &things(number..number + 1, "7.00")).await;
        }
    };
    let publish = async {
        for _ in 0..5 {
            office.publish(CENTRE).await;
        }
    };
    tokio::join!(draft, publish);
    office.publish(CENTRE).await;
    let till = office.subscribed("T1").await;
    let rows = office.snapshot(&till, "items").await;
    let sevens = rows.values().filter(|body| body["price"] == "7.00").count();
    assert_eq!((rows.len(), sevens), (20_002, 20));
    assert_eq!(office.admin_ok(Method::GET, "/centres/main/diff", "").await["changes"], json!([]));
}

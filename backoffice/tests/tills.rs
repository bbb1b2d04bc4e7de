//! Who a till is: pairing codes, enrolments, tokens, what a revoked one may, what tenants see.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{CENTRE, Office, Till, new_key, nonce, problem, read, refused};
use reqwest::Method;
use serde_json::json;
use tillkit_protocol::{
    Hash, Problem, VERSION_HEADER,
    problem::ProblemType,
    wire::{Empty, Enrol, Enrolled, Hello, Remembered, Token, Uploaded},
};

const MINUTE_MS: i64 = 60_000;

#[tokio::test]
async fn hello_names_the_clock_and_every_limit() {
    let office = Office::open().await;
    let hello: Hello = read(office.request(Method::GET, "/v1/hello").send().await.unwrap()).await;
    assert_eq!((hello.majors, hello.now_ms), (vec![1], office.now_ms()));
    assert_eq!(hello.limits["batch_records"], 500);
}

#[tokio::test]
async fn a_code_enrols_one_device_and_answers_it_alike_again() {
    let office = Office::open().await;
    let code = office.code("T3").await;
    let (key, other) = (new_key(), new_key());

    let first: Enrolled = read(office.post("/v1/enrol", &Enrol::new(&code, "phone", &key)).await).await;
    let typed = format!("{}-{}", &code[..4], code[4..].to_lowercase());
    let again: Enrolled = read(office.post("/v1/enrol", &Enrol::new(&typed, "phone", &key)).await).await;
    refused(office.post("/v1/enrol", &Enrol::new(&code, "phone", &other)).await, ProblemType::CodeUsed).await;

    assert_eq!(first, again);
    assert_eq!((first.till.as_str(), first.enrolment, first.series.as_str()), ("T3", 1, "T3A"));
    let next = office.till("T3").await.enrolled;
    assert_eq!((next.enrolment, next.series.as_str()), (2, "T3B"));
}

#[tokio::test]
async fn a_code_ends_after_fifteen_minutes_and_a_wrong_one_never_was() {
    let office = Office::open().await;
    let code = office.code("T3").await;
    office.pass(15 * MINUTE_MS - 1);
    let key = new_key();
    let enrolled: Enrolled = read(office.post("/v1/enrol", &Enrol::new(&code, "phone", &key)).await).await;
    assert_eq!(enrolled.till, "T3");

    let late = office.code("T3").await;
    office.pass(15 * MINUTE_MS);
    refused(office.post("/v1/enrol", &Enrol::new(&late, "phone", &key)).await, ProblemType::CodeExpired)
        .await;
    refused(office.post("/v1/enrol", &Enrol::new("00000000", "phone", &key)).await, ProblemType::CodeUnknown)
        .await;
    let missing = office.admin_refused(Method::POST, "/tills/T9/pairing", "").await;
    assert!(missing.is(ProblemType::NotFound));
}

#[tokio::test]
async fn an_enrolment_without_its_private_key_is_refused() {
    let office = Office::open().await;
    let code = office.code("T3").await;
    let mut request = Enrol::new(&code, "phone", &new_key());
    request.public_key = new_key().public();
    refused(office.post("/v1/enrol", &request).await, ProblemType::BadProof).await;
}

#[tokio::test]
async fn the_eleventh_failed_attempt_of_an_hour_is_not_even_read() {
    let office = Office::with(|config| config.enrol_attempts_per_hour = 10).await;
    let code = office.code("T3").await;
    let wrong = Enrol::new("00000000", "phone", &new_key());
    for _ in 0..10 {
        refused(office.post("/v1/enrol", &wrong).await, ProblemType::CodeUnknown).await;
    }
    let right = Enrol::new(&code, "phone", &new_key());
    refused(office.post("/v1/enrol", &right).await, ProblemType::TooMany).await;

    office.pass(60 * MINUTE_MS);
    let fresh = Enrol::new(&office.code("T3").await, "phone", &new_key());
    let enrolled: Enrolled = read(office.post("/v1/enrol", &fresh).await).await;
    assert_eq!(enrolled.till, "T3");
}

#[tokio::test]
async fn two_devices_racing_for_one_code_make_one_enrolment() {
    let office = Office::open().await;
    let code = office.code("T3").await;
    let requests: Vec<_> = (0..8).map(|_| Enrol::new(&code, "phone", &new_key())).collect();
    let answers = requests.iter().map(|request| office.post("/v1/enrol", request));
    let statuses: Vec<_> =
        futures_util::future::join_all(answers).await.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
}

#[tokio::test]
async fn a_token_needs_the_right_key_clock_and_a_new_nonce() {
    let office = Office::open().await;
    let till = office.till("T1").await;
    let margin = 5 * MINUTE_MS;
    office.pass(margin);
    let now_ms = office.now_ms();

    for at_ms in [now_ms - margin, now_ms + margin] {
        let _: Token = read(office.ask_token(&till, at_ms, &nonce()).await).await;
    }
    for at_ms in [now_ms - margin - 1, now_ms + margin + 1, 0, i64::MAX, i64::MIN] {
        let refused = refused(office.ask_token(&till, at_ms, &nonce()).await, ProblemType::Clock).await;
        assert_eq!(refused.now_ms, Some(now_ms));
    }
    let once = nonce();
    let _: Token = read(office.ask_token(&till, now_ms, &once).await).await;
    refused(office.ask_token(&till, now_ms, &once).await, ProblemType::Unauthorised).await;
    refused(office.ask_token(&till, now_ms + 1, &once).await, ProblemType::Unauthorised).await;

    let forger = Till::new(new_key(), till.enrolled.clone());
    refused(office.ask_token(&forger, now_ms, &nonce()).await, ProblemType::Unauthorised).await;
    let mut stranger = Till::new(new_key(), till.enrolled.clone());
    stranger.enrolled.enrolment = 9;
    refused(office.ask_token(&stranger, now_ms, &nonce()).await, ProblemType::Unauthorised).await;
    stranger.enrolled.tenant = "nobody".into();
    refused(office.ask_token(&stranger, now_ms, &nonce()).await, ProblemType::Unauthorised).await;
}

#[tokio::test]
async fn what_a_phone_was_is_taken_up_if_it_was_here_and_no_number_is_given_to_it_twice() {
    let office = Office::open().await;
    let here = office.till("T1").await.enrolled;
    for (tenant_key, number, is_taken_up) in [(new_key().public(), 3, false), (here.tenant_key, 7, true)] {
        let (key, old_key) = (new_key(), new_key());
        let public_key = old_key.public();
        let remembered = vec![Remembered { enrolment: number, public_key, tenant_key, till: "T1".into() }];
        let request = Enrol { remembered, ..Enrol::new(&office.code("T1").await, "phone", &key) };

        let enrolled: Enrolled = read(office.post("/v1/enrol", &request).await).await;

        assert_eq!(enrolled.enrolment, number + 1);
        let old = Till::new(old_key, Enrolled { enrolment: number, ..enrolled });
        let token = office.ask_token(&old, office.now_ms(), &nonce()).await;
        assert_eq!(token.status() == 200, is_taken_up, "{}", token.status());
    }
}

#[tokio::test]
async fn a_proof_is_good_once_also_when_the_back_office_begins_anew_in_between() {
    let office = Office::open().await;
    let till = office.till("T1").await;
    let (proved_ms, once) = (office.now_ms(), nonce());
    let _: Token = read(office.ask_token(&till, proved_ms, &once).await).await;
    office.pass(1_000);

    let office = office.restart().await;

    let refused = refused(office.ask_token(&till, proved_ms, &once).await, ProblemType::Clock).await;
    assert_eq!(refused.now_ms, Some(office.now_ms()), "a till with a slow clock tries again with this one");
    let _: Token = read(office.ask_token(&till, office.now_ms(), &nonce()).await).await;
}

#[tokio::test]
async fn a_token_ends_after_fifteen_minutes() {
    let office = Office::open().await;
    office.publish_centre().await;
    let till = office.subscribed("T1").await;
    office.pass(15 * MINUTE_MS - 1);
    assert_eq!(office.get(&till, "/v1/centres").await.status(), 200);
    office.pass(1);
    refused(office.get(&till, "/v1/centres").await, ProblemType::Unauthorised).await;
    refused(office.request(Method::GET, "/v1/centres").send().await.unwrap(), ProblemType::Unauthorised)
        .await;
}

#[tokio::test]
async fn a_revoked_till_can_only_upload() {
    let office = Office::open().await;
    office.publish_centre().await;
    let mut till = office.subscribed("T1").await;
    office.admin_ok(Method::POST, "/tills/T1/enrolments/1/revoke", "").await;
    till.token = office.token(&till).await;

    for path in ["/v1/centres", "/v1/manifest", "/v1/events", "/v1/blobs/00"] {
        refused(office.get(&till, path).await, ProblemType::Revoked).await;
    }
    let body = json!({"centre": CENTRE}).to_string();
    let subscribing = office.ask(&till, Method::PUT, "/v1/subscription").body(body).send().await.unwrap();
    refused(subscribing, ProblemType::Revoked).await;

    let sales = till.sales(2);
    assert_eq!(office.upload(&till, &sales).await.stored[0].ranges, [(1, 2)]);
    let contacted = office.contact(&till, &till.contact()).await;
    assert_eq!((contacted.through, contacted.manifest), (2, None));
}

#[tokio::test]
async fn another_major_stops_configuration_and_never_documents_and_their_parts() {
    let office = Office::open().await;
    office.publish_centre().await;
    let mut till = office.subscribed("T1").await;
    let speaking = |method, path: &str, version: Option<&str>| {
        let request =
            office.client.request(method, format!("{}{path}", office.running.url())).bearer_auth(&till.token);
        match version {
            Some(version) => request.header(VERSION_HEADER, version),
            None => request,
        }
    };
    for version in [Some("2.0"), Some("0.9"), Some("x"), None] {
        for path in ["/v1/centres", "/v1/manifest", "/v1/events"] {
            refused(speaking(Method::GET, path, version).send().await.unwrap(), ProblemType::Version).await;
        }
        refused(speaking(Method::POST, "/v1/contact", version).send().await.unwrap(), ProblemType::Version)
            .await;
        assert_eq!(speaking(Method::GET, "/v1/hello", version).send().await.unwrap().status(), 200);
    }
    assert_eq!(speaking(Method::GET, "/v1/centres", Some("1.7")).send().await.unwrap().status(), 200);

    for (nth, version) in [(1, "2.0"), (2, "0.9")] {
        let stored = tillkit_protocol::rows::compress(&common::lines(&till.sales(1))).unwrap();
        let asking = |path: &str| {
            let url = format!("{}{path}", office.running.url());
            office.client.post(url).bearer_auth(&till.token).header(VERSION_HEADER, version)
        };
        let request = asking("/v1/documents").header("content-type", tillkit_protocol::NDJSON_ZSTD);
        let uploaded: Uploaded = read(request.body(stored).send().await.unwrap()).await;
        assert_eq!(uploaded.stored[0].ranges, [(nth, nth)]);
        let part = Hash::of(version.as_bytes());
        read::<Empty>(asking(&format!("/v1/parts/{part}")).body(version).send().await.unwrap()).await;
    }
}

#[tokio::test]
async fn nonsense_gets_a_problem_and_the_server_lives_on() {
    let office = Office::open().await;
    let till = office.till("T1").await;
    for (method, path) in [
        (Method::POST, "/"),
        (Method::GET, "/v1/nothing"),
        (Method::DELETE, "/v1/hello"),
        (Method::GET, "/admin/v1/x"),
    ] {
        refused(office.request(method, path).send().await.unwrap(), ProblemType::NotFound).await;
    }
    for path in ["/v1/enrol", "/v1/token"] {
        for body in ["", "{", "[]", "{\"code\":1}", "\u{feff}{}"] {
            let answer = office.request(Method::POST, path).body(body).send().await.unwrap();
            refused(answer, ProblemType::Malformed).await;
        }
        let huge = vec![b'['; 1 << 20];
        let answer = office.request(Method::POST, path).body(huge).send().await.unwrap();
        refused(answer, ProblemType::TooLarge).await;
    }
    for path in ["/v1/manifest", "/v1/blobs/00", "/v1/events"] {
        refused(office.get(&till, path).await, ProblemType::NoSubscription).await;
    }
    refused(office.request(Method::GET, "/admin/v1/tills").send().await.unwrap(), ProblemType::Unauthorised)
        .await;
    for token in ["wrong", "", &till.token] {
        let answer = office.request(Method::GET, "/admin/v1/tills").bearer_auth(token).send().await.unwrap();
        refused(answer, ProblemType::Unauthorised).await;
    }
    assert_eq!(office.request(Method::GET, "/v1/hello").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn tenants_see_nothing_of_each_other() {
    let office = Office::open().await;
    office.publish_centre().await;
    let mut mine = office.subscribed("T1").await;
    let blob = office.manifest(&mine).await.sections["items"].snapshot[0].sha256;

    let theirs = office.running.add_tenant("other").await.unwrap();
    let as_theirs = |method: Method, path: &str, body: String| {
        office.request(method, &format!("/admin/v1{path}")).bearer_auth(&theirs).body(body).send()
    };
    as_theirs(Method::PUT, "/tills/T1", json!({"name": "T1"}).to_string()).await.unwrap();
    let pairing: serde_json::Value =
        read(as_theirs(Method::POST, "/tills/T1/pairing", String::new()).await.unwrap()).await;
    let key = new_key();
    let request = Enrol::new(pairing["code"].as_str().unwrap(), "phone", &key);
    let enrolled: Enrolled = read(office.post("/v1/enrol", &request).await).await;
    assert_eq!((enrolled.tenant.as_str(), enrolled.enrolment), ("other", 1));
    assert_ne!(enrolled.tenant_key, mine.enrolled.tenant_key);
    let mut other = Till::new(key, enrolled);
    other.token = office.token(&other).await;

    refused(office.get(&other, &format!("/v1/blobs/{blob}?centre={CENTRE}")).await, ProblemType::NotFound)
        .await;
    refused(office.get(&other, &format!("/v1/manifest?centre={CENTRE}")).await, ProblemType::NotFound).await;
    let sale = mine.sale(1);
    let carried = office.upload(&other, std::slice::from_ref(&sale)).await;
    assert_eq!((carried.refused.len(), carried.stored.len()), (1, 0), "a line of another tenant's till");
    assert_eq!(office.upload(&mine, &[sale]).await.stored.len(), 1);
    let seen = as_theirs(Method::GET, "/documents", String::new()).await.unwrap().text().await.unwrap();
    assert_eq!(seen, "");
    let refusal: Problem =
        problem(as_theirs(Method::POST, &format!("/centres/{CENTRE}/publish"), String::new()).await.unwrap())
            .await;
    assert!(refusal.is(ProblemType::NotFound));
}

#[tokio::test]
async fn a_restart_keeps_tills_tokens_and_administrators() {
    let office = Office::open().await;
    office.publish_centre().await;
    let till = office.subscribed("T1").await;
    let mut contact = till.contact();
    contact.unsent = 7;
    office.contact(&till, &contact).await;
    let before = office.manifest(&till).await;
    let admin = office.running.admin_token.clone();

    let office = office.restart().await;

    assert_eq!(office.running.admin_token, admin);
    assert_eq!(office.manifest(&till).await, before);
    let tills = office.admin_ok(Method::GET, "/tills", "").await;
    let shown = &tills["tills"][0]["enrolments"][0];
    assert_eq!(
        (shown["unsent"].as_u64(), shown["last_contact_ms"].as_i64()),
        (Some(7), Some(office.now_ms()))
    );
    assert_eq!(shown["series"], "T1A");
    assert_eq!(office.till("T1").await.enrolled.enrolment, 2);
}

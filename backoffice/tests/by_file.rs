//! Documents by file: an export taken in by the administrator, by the command and by the page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Office, PASSWORD, Till, lines, new_key};
use reqwest::{Method, Response};
use serde_json::json;
use tillkit_protocol::{
    Hash, Record, canonical,
    export::{ExportHeader, ExportReceipt, write_export},
    problem::ProblemType,
};

async fn selling() -> (Office, Till) {
    let office = Office::open().await;
    office.publish_centre().await;
    let till = office.subscribed("T1").await;
    (office, till)
}

fn header(till: &Till, documents: usize) -> ExportHeader {
    ExportHeader {
        documents: documents as u64,
        exported_ms: common::NOW_MS,
        till: till.enrolled.till.clone(),
        tillkit: "export".into(),
        tenant: till.enrolled.tenant.clone(),
        v: 1,
    }
}

fn file(till: &Till, records: &[Record], parts: &[&[u8]]) -> Vec<u8> {
    write_export(&header(till, records.len()), records, parts.iter().copied()).unwrap()
}

async fn import(office: &Office, till: &Till, file: Vec<u8>) -> ExportReceipt {
    let answer = office.admin(Method::POST, "/documents/import").body(file).send().await.unwrap();
    let (status, bytes) = (answer.status(), answer.bytes().await.unwrap());
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
    ExportReceipt::verify(&bytes, &till.enrolled.tenant_key).unwrap()
}

fn hash_of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Hash {
    let hashes: Vec<u8> = records.into_iter().flat_map(|record| *record.hash.as_bytes()).collect();
    Hash::of(&hashes)
}

#[tokio::test]
async fn a_file_is_taken_in_once_however_often_it_comes_and_the_receipt_names_what_is_held() {
    let (office, mut till) = selling().await;
    let sales = till.sales(1_203);
    office.upload(&till, &sales[..100]).await;
    // The first and one in the middle never got into the file.
    let exported = [&sales[1..700], &sales[701..]].concat();
    let file = file(&till, &exported, &[]);

    let first = import(&office, &till, file.clone()).await;
    let second = import(&office, &till, file).await;

    assert_eq!(first, second, "the clock stands still");
    assert_eq!((first.tenant.as_str(), first.imported_ms), ("shop", common::NOW_MS));
    let held = &first.held[0];
    assert_eq!((held.seqs.till.as_str(), held.seqs.enrolment), ("T1", 1));
    assert_eq!(held.seqs.ranges, [(2, 700), (702, 1_203)]);
    assert_eq!(held.hash, hash_of(&exported));
    assert_eq!((first.heads[0].through, first.heads[0].head), (700, sales[699].hash));
    assert_eq!(office.export("").await.len(), 1_202);
    office.upload(&till, &sales[700..701]).await;
    assert_eq!(office.total("count", "sale").await, 1_203);
    assert_eq!(office.findings().await, []);
}

#[tokio::test]
async fn parts_come_with_their_documents_and_documents_of_another_till_with_them() {
    let (office, mut till) = selling().await;
    let mut other = office.subscribed("T2").await;
    let part = canonical::to_line(&json!({"name": "Miss Marple"})).unwrap();
    let made = till.record("customer_made", 0, json!({"customer": "new-1", "part": Hash::of(&part)}));
    let records = [vec![made], other.sales(2), till.sales(1)].concat();

    let receipt = import(&office, &till, file(&till, &records, &[&part])).await;
    office.running.settled().await;

    let held: Vec<_> =
        receipt.held.iter().map(|held| (held.seqs.till.as_str(), held.seqs.ranges[0])).collect();
    assert_eq!(held, [("T1", (1, 2)), ("T2", (1, 2))]);
    assert_eq!(receipt.held[0].hash, hash_of([&records[0], &records[3]]));
    assert!(office.snapshot(&till, "customers").await.contains_key("customer/new-1"));
    assert_eq!(office.contact(&till, &till.contact()).await.processed, 2);
}

#[tokio::test]
async fn a_line_that_is_forged_is_refused_by_itself() {
    let (office, mut till) = selling().await;
    let mut records = till.sales(3);
    let mut forger = Till::new(new_key(), till.enrolled.clone());
    records.insert(1, forger.sale(1));

    let receipt = import(&office, &till, file(&till, &records, &[])).await;

    assert_eq!(receipt.refused.iter().map(|refused| refused.index).collect::<Vec<_>>(), [1]);
    assert_eq!((receipt.held[0].seqs.ranges.as_slice(), receipt.held.len()), (&[(1, 3)][..], 1));
    assert_eq!(receipt.held[0].hash, hash_of([&records[0], &records[2], &records[3]]));
}

#[tokio::test]
async fn a_file_that_is_cut_foreign_or_none_stores_nothing_and_says_why() {
    let (office, mut till) = selling().await;
    let sales = till.sales(3);
    let whole = file(&till, &sales, &[]);
    let short = write_export(&header(&till, 4), &sales, []).unwrap();
    let mut foreign = Till::new(new_key(), till.enrolled.clone());
    foreign.enrolled.tenant = "grocer".into();
    let of_another = file(&foreign, &sales, &[]);
    foreign.enrolled.tenant = till.enrolled.tenant.clone();
    let foreign_sales = foreign.sales(2);
    let by_another = file(&foreign, &foreign_sales, &[b"{}"]);
    for (what, file, why) in [
        ("cut in the middle", whole[..whole.len() - 9].to_vec(), ""),
        ("too few", short, "it was cut"),
        ("of another shop", of_another, "the file is of grocer"),
        ("of another back office", by_another, "no document of this shop's tills"),
        ("an upload", tillkit_protocol::rows::compress(&lines(&sales)).unwrap(), "not a TillKit export"),
        ("no file", b"hello".to_vec(), ""),
    ] {
        let refused = office.admin_refused(Method::POST, "/documents/import", file).await;
        assert!(refused.is(ProblemType::Malformed), "{what}: {refused}");
        assert!(refused.to_string().contains(why), "{what}: {refused}");
    }
    assert_eq!(office.export("").await.len(), 0);
    import(&office, &till, whole).await;
    assert_eq!(office.export("").await.len(), 3);
}

#[tokio::test]
async fn the_command_brings_a_file_and_keeps_the_receipt() {
    let (office, mut till) = selling().await;
    let folder = tempfile::tempdir().unwrap();
    let (path, receipt) = (folder.path().join("T1.tillkit"), folder.path().join("T1.receipt"));
    let sales = till.sales(3);
    std::fs::write(&path, file(&till, &sales, &[])).unwrap();
    let (url, token) = (office.running.url(), office.running.admin_token.clone());
    let run = |token: String| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_tillkit-backoffice"));
        command.args(["import", "--url", &url, "--token", &token, "--receipt"]).arg(&receipt).arg(&path);
        // What a server would be told is none of the command's business.
        command.env("TILLKIT_DATABASE", "sqlite:/nowhere/office.db").output()
    };

    let done = run(token).await.unwrap();

    let said = String::from_utf8_lossy(&done.stdout).to_string();
    assert!(done.status.success(), "{said} {}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(said, "held T1/1 1–3\n");
    let receipt = std::fs::read(&receipt).unwrap();
    let receipt = ExportReceipt::verify(&receipt, &till.enrolled.tenant_key).unwrap();
    assert_eq!(receipt.held[0].seqs.ranges, [(1, 3)]);
    assert_eq!(office.total("count", "sale").await, 3);
    let wrong = run("wrong".into()).await.unwrap();
    assert!(!wrong.status.success());
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("nothing was done"));
}

async fn post_file(office: &Office, cookie: &str, file: Vec<u8>) -> Response {
    let request = office.request(Method::POST, "/web/tills/import").header("origin", office.running.url());
    request.header("cookie", cookie).body(file).send().await.unwrap()
}

#[tokio::test]
async fn the_page_takes_a_file_shows_what_became_of_it_and_offers_the_receipt() {
    let (office, mut till) = selling().await;
    let cookie = office.sign_in("owner", PASSWORD).await;
    assert!(office.page(&cookie, "/").await.contains("hx-post=\"/web/tills/import\""));
    let sales = till.sales(5);
    office.upload(&till, &sales[..2]).await;
    let mut forger = Till::new(new_key(), till.enrolled.clone());
    let whole = file(&till, &[sales.clone(), vec![forger.sale(1)]].concat(), &[]);

    let answer = post_file(&office, &cookie, whole).await;

    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    for words in [
        "<dd class=\"stored\">3</dd>",
        "<dd class=\"known\">2</dd>",
        "<dd class=\"refused\">1</dd>",
        "line 5",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let at = text.find(";base64,").unwrap() + ";base64,".len();
    let base64 = &text[at..at + text[at..].find('"').unwrap()];
    let receipt = base64_bytes(base64);
    let receipt = ExportReceipt::verify(&receipt, &till.enrolled.tenant_key).unwrap();
    assert_eq!(receipt.held[0].seqs.ranges, [(1, 5)]);

    let refused = post_file(&office, &cookie, b"hello".to_vec()).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.unwrap().contains("role=\"alert\""));
    assert_eq!(post_file(&office, "", file(&till, &sales, &[])).await.status(), 401);
}

fn base64_bytes(text: &str) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    // Askama writes + and = as entities, which a browser reads back.
    let text = text.replace("&#43;", "+").replace("&#61;", "=").replace("&#x2b;", "+").replace("&#x3d;", "=");
    STANDARD.decode(text).unwrap()
}

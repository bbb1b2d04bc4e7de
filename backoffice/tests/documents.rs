//! Documents: each stored once, none refused for what it says, all booked exactly once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{CENTRE, NOW_MS, Office, Till, line, lines, new_key, refused, sale_body};
use reqwest::Method;
use serde_json::json;
use tillkit_protocol::{
    Hash, Record,
    limits::{BATCH_BYTES, BATCH_RECORDS, DOCUMENT_TAKEN_BYTES},
    problem::ProblemType,
    rows::compress,
};

async fn selling() -> (Office, Till) {
    let office = Office::open().await;
    office.publish_centre().await;
    let till = office.subscribed("T1").await;
    (office, till)
}

fn codes(findings: &[(String, u64)]) -> Vec<(&str, u64)> {
    findings.iter().map(|(code, seq)| (code.as_str(), *seq)).collect()
}

#[tokio::test]
async fn what_is_sent_again_is_known_and_counts_once() {
    let (office, mut till) = selling().await;
    let sales = till.sales(10);

    let first = office.upload(&till, &sales[..6]).await;
    let overlapping = office.upload(&till, &sales[3..]).await;
    let again = office.upload(&till, &sales).await;
    let twice_in_one = office.upload(&till, &[&sales[..2], &sales[..2]].concat()).await;

    assert_eq!(first.stored[0].ranges, [(1, 6)]);
    assert_eq!(
        (overlapping.known[0].ranges.as_slice(), overlapping.stored[0].ranges.as_slice()),
        (&[(4, 6)][..], &[(7, 10)][..])
    );
    assert_eq!((again.known[0].ranges.as_slice(), again.stored.len()), (&[(1, 10)][..], 0));
    assert_eq!(twice_in_one.known[0].ranges, [(1, 2)]);
    assert_eq!((again.heads[0].through, again.heads[0].head), (10, till.head));
    assert_eq!(office.total("gross", "").await, 1_500);
    assert_eq!(office.total("count", "sale").await, 10);
    assert_eq!(office.total("tender", "cash/cash").await, 1_500);
    assert_eq!(office.total("vat_tax", "17.5/S").await, 220);
    assert_eq!(office.findings().await, []);
}

#[tokio::test]
async fn concurrent_and_doubled_uploads_store_and_book_each_document_once() {
    let (office, mut till) = selling().await;
    let sales = till.sales(400);
    let mut uploads = Vec::new();
    for size in [7, 40, 100, 400, 1] {
        uploads.extend(sales.chunks(size).map(<[Record]>::to_vec));
    }
    uploads.reverse();
    let sending = uploads.iter().map(|records| office.upload(&till, records));
    let mut stored = 0;
    for answer in futures_util::future::join_all(sending).await {
        stored += answer
            .stored
            .iter()
            .flat_map(|ranges| &ranges.ranges)
            .map(|(from, to)| to - from + 1)
            .sum::<u64>();
        assert_eq!(answer.refused, []);
    }
    assert_eq!(stored, 400);
    assert_eq!(office.total("count", "sale").await, 400);
    assert_eq!(office.total("gross", "").await, 150 * 400);
    assert_eq!(office.contact(&till, &till.contact()).await.through, 400);
    assert_eq!(office.findings().await, []);
}

#[tokio::test]
async fn the_export_holds_every_record_as_it_was_signed() {
    let (office, mut till) = selling().await;
    let mut other = office.subscribed("T2").await;
    let (mine, theirs) = (till.sales(1_203), other.sales(3));
    for batch in mine.chunks(500) {
        office.upload(&till, batch).await;
    }
    office.upload(&till, &theirs).await;

    let bytes = |records: &[Record]| records.iter().map(Record::to_bytes).collect::<Vec<_>>();
    assert_eq!(office.export("?till=T1&enrolment=1").await, bytes(&mine));
    assert_eq!(office.export("?till=T2").await, bytes(&theirs));
    assert_eq!(office.export("").await, [bytes(&mine), bytes(&theirs)].concat());
    assert_eq!(office.export("?till=T3").await, Vec::<Vec<u8>>::new());
}

#[tokio::test]
async fn any_till_may_carry_the_lines_of_another() {
    let (office, mut till) = selling().await;
    let carrier = office.subscribed("T2").await;
    let sales = till.sales(3);
    let answer = office.upload(&carrier, &sales).await;
    assert_eq!((answer.stored[0].till.as_str(), answer.heads[0].through), ("T1", 3));
}

#[tokio::test]
async fn only_what_is_no_document_or_forged_is_refused_and_by_its_index() {
    let (office, mut till) = selling().await;
    let sales = till.sales(40);
    let mut strange = Till::new(new_key(), till.enrolled.clone());
    strange.enrolled.enrolment = 5;
    let unknown = strange.sale(1);
    let mut forger = Till::new(new_key(), till.enrolled.clone());
    let forged = forger.sale(1);
    let mut nought = till.line("sale", 0, sale_body(0));
    nought.seq = 0;
    let nought = Record::sign(&nought, &till.key).unwrap();
    let mut body = lines(&sales[..20]);
    body.extend_from_slice(&lines(&[unknown, forged, nought]));
    body.extend_from_slice(b"nonsense\n\n{\"a\":1}\n");
    body.extend_from_slice(&lines(&sales[20..]));

    let answer = common::read::<tillkit_protocol::wire::Uploaded>(office.send(&till, &body).await).await;

    assert_eq!(
        answer.refused.iter().map(|refused| refused.index).collect::<Vec<_>>(),
        [20, 21, 22, 23, 24, 25]
    );
    assert!(answer.refused[1].why.contains("signature"), "{}", answer.refused[1].why);
    assert_eq!(answer.stored[0].ranges, [(1, 40)]);
    let small = common::read::<tillkit_protocol::wire::Uploaded>(
        office.send(&till, &lines(&[forger.sale(1), sales[0].clone()])).await,
    )
    .await;
    assert_eq!((small.refused.len(), small.known.len()), (1, 1), "small uploads are verified too");
}

#[tokio::test]
async fn a_fork_stands_beside_the_first_with_a_finding() {
    let (office, mut till) = selling().await;
    let first = till.sale(1);
    let mut copy = Till::new(tillkit_protocol::keys::PrivateKey::from_seed(&[9; 32]), till.enrolled.clone());
    std::mem::swap(&mut copy.key, &mut till.key);
    let fork = copy.sale(2);
    office.upload(&till, std::slice::from_ref(&first)).await;

    let answer = office.upload(&till, std::slice::from_ref(&fork)).await;
    let again = office.upload(&till, &[fork.clone(), first.clone()]).await;

    assert_eq!(
        (answer.stored[0].ranges.as_slice(), answer.findings[0].code.as_str()),
        (&[(1, 1)][..], "fork")
    );
    assert_eq!(answer.heads[0].head, first.hash, "the first stays the chain's");
    assert_eq!((again.known[0].ranges.as_slice(), again.findings.len()), (&[(1, 1)][..], 0));
    assert_eq!(office.export("").await, [first.to_bytes(), fork.to_bytes()]);
    assert_eq!(office.total("gross", "").await, 150, "only the first is booked");
    assert_eq!(codes(&office.findings().await), [("fork", 1)]);
}

#[tokio::test]
async fn a_gap_is_found_and_closed_when_it_is_filled() {
    let (office, mut till) = selling().await;
    let sales = till.sales(10);

    let beyond = office.upload(&till, &[&sales[..3], &sales[5..]].concat()).await;
    assert_eq!(
        (beyond.heads[0].through, beyond.findings[0].code.as_str(), beyond.findings[0].seq),
        (3, "gap", 4)
    );
    let contacted = office.contact(&till, &till.contact()).await;
    assert_eq!((contacted.through, contacted.head), (3, sales[2].hash));
    assert_eq!(codes(&office.findings().await), [("gap", 4)]);
    let moved = office.upload(&till, &sales[3..4]).await;
    assert_eq!((moved.heads[0].through, moved.findings[0].seq), (4, 5));
    assert_eq!(codes(&office.findings().await), [("gap", 5)]);

    let whole = office.upload(&till, &sales[4..5]).await;
    assert_eq!((whole.heads[0].through, whole.heads[0].head), (10, till.head));
    assert_eq!(office.findings().await, []);
    assert_eq!(office.total("gross", "").await, 1_500);
    assert_eq!(office.contact(&till, &till.contact()).await.processed, 10);
}

#[tokio::test]
async fn what_lies_beyond_a_gap_is_booked_after_a_while_and_never_twice() {
    let (office, mut till) = selling().await;
    let sales = till.sales(10);
    office.upload(&till, &[&sales[..2], &sales[4..6], &sales[8..]].concat()).await;
    for _ in 0..100 {
        if office.total("gross", "").await == 6 * 150 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(office.total("gross", "").await, 6 * 150);
    assert_eq!(office.contact(&till, &till.contact()).await.processed, 2);

    let office = office.restart().await;
    office.upload(&till, &sales).await;
    assert_eq!(office.total("gross", "").await, 1_500);
    assert_eq!(office.contact(&till, &till.contact()).await.processed, 10);
    assert_eq!(office.findings().await, []);
}

#[tokio::test]
async fn a_broken_link_stops_the_chain_and_nothing_else() {
    let (office, mut till) = selling().await;
    let first = till.sale(1);
    till.head = Hash::of(b"another");
    let rest = till.sales(2);

    let answer = office.upload(&till, &[vec![first.clone()], rest].concat()).await;

    assert_eq!(answer.stored[0].ranges, [(1, 3)]);
    assert_eq!((answer.heads[0].through, answer.heads[0].head), (1, first.hash));
    assert_eq!(codes(&office.findings().await), [("broken-link", 2)]);
    assert_eq!(office.total("gross", "").await, 450, "money is money");
}

#[tokio::test]
async fn wrong_clocks_and_unknown_bodies_are_kept_with_findings() {
    let (office, mut till) = selling().await;
    let mut ahead = till.line("sale", 150, sale_body(1));
    ahead.recorded_ms = NOW_MS + 10 * 60_000 + 1;
    let ahead = till.sign(&ahead);
    let mut hologram = till.line("hologram", 0, json!({"x": 1}));
    hologram.number = String::new();
    let hologram = till.sign(&hologram);
    let mut newer = till.line("sale", 1_000, json!({"lines": "other"}));
    newer.v = 2;
    let newer = till.sign(&newer);
    let shapeless = till.record("sale", 1_000, json!({"lines": "other"}));
    let records = [ahead, hologram, newer, shapeless];

    let answer = office.upload(&till, &records).await;

    assert_eq!(answer.stored[0].ranges, [(1, 4)]);
    assert_eq!(office.total("gross", "").await, 150);
    let found = office.findings().await;
    assert_eq!(codes(&found), [("clock", 1), ("unknown-body", 2), ("unknown-body", 3), ("unknown-body", 4)]);
    assert_eq!(office.export("").await, records.iter().map(Record::to_bytes).collect::<Vec<_>>());
    assert_eq!(office.contact(&till, &till.contact()).await.processed, 4, "nothing waits for them");
}

#[tokio::test]
async fn a_till_that_claims_less_or_another_head_is_objected_to_once() {
    let (office, mut till) = selling().await;
    let sales = till.sales(5);
    office.upload(&till, &sales).await;
    office.running.settled().await;
    let honest = till.contact();
    assert_eq!(office.contact(&till, &honest).await.findings, []);

    let mut behind = honest.clone();
    (behind.through, behind.head, behind.processed) = (3, sales[2].hash, 5);
    let first = office.contact(&till, &behind).await;
    let second = office.contact(&till, &behind).await;
    assert_eq!((first.findings[0].code.as_str(), first.findings[0].seq, first.through), ("behind", 3, 5));
    assert_eq!(first.findings, second.findings);

    let mut copied = honest.clone();
    copied.head = Hash::of(b"another");
    let third = office.contact(&till, &copied).await;
    assert_eq!((third.findings[0].code.as_str(), third.findings[0].seq), ("behind", 3));
    assert!(third.findings.iter().any(|finding| finding.code == "chain-mismatch" && finding.seq == 5));
    assert_eq!(codes(&office.findings().await), [("behind", 3), ("chain-mismatch", 5)]);
    let mut known = honest;
    known.processed = 5;
    assert_eq!(office.contact(&till, &known).await.findings, []);
}

#[tokio::test]
async fn what_a_back_office_has_lost_is_said_once_and_no_longer_when_it_is_back() {
    let (office, mut till) = selling().await;
    let sales = till.sales(15);
    office.upload(&till, &sales[..4]).await;
    office.running.settled().await;
    let mut contact = till.contact();
    contact.processed = 12;

    let first = office.contact(&till, &contact).await;
    let again = office.contact(&till, &contact).await;

    assert_eq!((first.processed, first.findings[0].code.as_str(), first.findings[0].seq), (4, "lost", 12));
    assert_eq!(first.findings, again.findings);
    assert_eq!(codes(&office.findings().await), [("lost", 12)]);
    let cookie = office.sign_in("owner", common::PASSWORD).await;
    let page = office.page(&cookie, "/web/tills").await;
    assert!(page.contains("confirmed 1–4 of 15"), "{page}");

    // The till has taken the lower number to heart, and sends again what it must.
    contact.processed = 4;
    assert_eq!(office.contact(&till, &contact).await.findings, first.findings);
    office.upload(&till, &sales[4..11]).await;
    office.running.settled().await;
    assert_eq!(codes(&office.findings().await), [("lost", 12)]);
    office.upload(&till, &sales[11..]).await;
    office.running.settled().await;
    assert_eq!(office.findings().await, []);
    let office = office.restart().await;
    assert!(office.page(&cookie, "/web/tills").await.contains("all processed"));
}

#[tokio::test]
async fn documents_and_bookings_survive_restarts_and_crashes() {
    let (mut office, mut till) = selling().await;
    let mut sent = 0;
    for round in 0..12usize {
        let sales = till.sales(120);
        office.upload(&till, &sales).await;
        sent += 120;
        tokio::time::sleep(std::time::Duration::from_millis(round as u64 % 5)).await;
        // Dropped in the middle of booking: every transaction is whole or has not been.
        office = office.crash().await;
        office.upload(&till, &sales).await;
    }
    assert_eq!(office.total("count", "sale").await, sent);
    assert_eq!(office.total("gross", "").await, 150 * sent);
    let office = office.restart().await;
    assert_eq!(office.total("count", "sale").await, sent);
    let contacted = office.contact(&till, &till.contact()).await;
    assert_eq!(
        (contacted.through, contacted.processed, contacted.head),
        (sent as u64, sent as u64, till.head)
    );
    assert_eq!(office.findings().await, []);
}

#[tokio::test]
async fn a_batch_may_have_five_hundred_records_and_not_one_more() {
    let (office, mut till) = selling().await;
    let sales = till.sales(BATCH_RECORDS + 1);
    for count in [BATCH_RECORDS - 1, BATCH_RECORDS] {
        assert_eq!(office.send(&till, &lines(&sales[..count])).await.status(), 200);
    }
    let answer = office.send(&till, &lines(&sales)).await;
    let text = answer.text().await.unwrap();
    let problem: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (problem["type"].as_str(), problem["limits"]["batch_records"].as_u64()),
        (Some("too-large"), Some(500))
    );
    assert_eq!(office.send(&till, b"").await.status(), 200);
}

#[tokio::test]
async fn a_batch_may_expand_to_four_mebibytes_and_not_one_byte_more() {
    let (office, mut till) = selling().await;
    let first = lines(&till.sales(1));
    for (bytes, status) in [(BATCH_BYTES - 1, 200), (BATCH_BYTES, 200), (BATCH_BYTES + 1, 413)] {
        let mut body = first.clone();
        body.resize(bytes, b'x');
        let answer = office.send(&till, &body).await;
        assert_eq!(answer.status().as_u16(), status, "{bytes}");
    }
    let bomb = compress(&vec![b'\n'; 1 << 28]).unwrap();
    assert!(bomb.len() < 100_000);
    refused(office.send_stored(&till, bomb).await, ProblemType::TooLarge).await;
    refused(office.send_stored(&till, vec![7; 17 << 20]).await, ProblemType::TooLarge).await;
    refused(office.send_stored(&till, b"no zstd".to_vec()).await, ProblemType::Malformed).await;
    let plain = office.ask(&till, Method::POST, "/v1/documents").body("x").send().await.unwrap();
    refused(plain, ProblemType::Malformed).await;
}

#[tokio::test]
async fn a_document_alone_may_have_sixteen_mebibytes_and_not_one_byte_more() {
    let (office, mut till) = selling().await;
    let mut note = |bytes: usize| {
        let mut document = till.line("event", 0, json!({"detail": "", "what": "note"}));
        let empty = tillkit_protocol::canonical::to_line(&document).unwrap().len();
        document.body["detail"] = json!("x".repeat(bytes - empty));
        till.sign(&document)
    };
    let most = DOCUMENT_TAKEN_BYTES;
    let records = [note(most - 1), note(most), note(most + 1)];
    assert_eq!(records[2].line.len(), most + 1);
    for (record, taken) in records.into_iter().zip([true, true, false]) {
        let answer = office.upload(&till, &[record]).await;
        assert_eq!((answer.stored.is_empty(), answer.refused.is_empty()), (!taken, taken));
    }
}

#[tokio::test]
async fn stock_follows_sales_returns_receipts_transfers_and_counts() {
    let (office, mut till) = selling().await;
    let goods = |warehouse: &str, to: Option<&str>, quantity: &str| {
        let mut body = json!({
            "lines": [{"item": "tea", "name": "Tea", "quantity": quantity, "unit": "pc"}],
            "warehouse": warehouse,
        });
        if let Some(to) = to {
            body["to_warehouse"] = json!(to);
        }
        body
    };
    let records = [
        till.record("goods_receipt", 0, goods("store", None, "10")),
        till.sale(3),
        till.record("transfer", 0, goods("store", Some("shop"), "2.5")),
        till.record("write_off", 0, goods("shop", None, "0.5")),
        till.record("count", 0, goods("cellar", None, "7")),
        till.record("goods_return", 0, goods("cellar", None, "1")),
    ];
    office.upload(&till, &records).await;
    office.running.settled().await;

    let stock = office.admin_lines("/stock").await;
    let level = |warehouse: &str| {
        stock.iter().find(|level| level["warehouse"] == warehouse).unwrap()["micro"].as_i64().unwrap()
    };
    assert_eq!((level("store"), level("shop"), level("cellar")), (4_500_000, 2_000_000, 6_000_000));
    assert_eq!(office.findings().await, []);
}

fn back(origin_seq: u64, quantity: i64) -> serde_json::Value {
    let mut back = line("tea", &(-quantity).to_string(), -150 * quantity);
    back["origin"] = json!({"enrolment": 1, "line": 0, "seq": origin_seq, "till": "T1"});
    let mut body = sale_body(-quantity);
    body["lines"] = json!([back]);
    body["purpose"] = json!("goods");
    body
}

#[tokio::test]
async fn more_brought_back_than_was_sold_is_found() {
    let (office, mut till) = selling().await;
    let records =
        [till.sale(3), till.record("return", -300, back(1, 2)), till.record("return", -150, back(1, 1))];
    office.upload(&till, &records).await;
    office.running.settled().await;
    assert_eq!(office.findings().await, []);
    let too_much = till.record("return", -150, back(1, 1));
    office.upload(&till, &[too_much]).await;
    office.running.settled().await;
    assert_eq!(codes(&office.findings().await), [("over-return", 4)]);
    assert_eq!(office.total("gross", "").await, -150);
}

#[tokio::test]
async fn unknown_items_and_numbers_out_of_line_are_found() {
    let (office, mut till) = selling().await;
    let mut body = sale_body(1);
    body["lines"][0]["item"] = json!("nothing");
    let unknown = till.record("sale", 150, body);
    let mut again = till.line("sale", 150, sale_body(1));
    again.number = "T1A-000001".into();
    let again = till.sign(&again);
    let mut skipping = till.line("sale", 150, sale_body(1));
    skipping.number = "T1A-000009".into();
    let skipping = till.sign(&skipping);
    office.upload(&till, &[unknown, again, skipping]).await;
    office.running.settled().await;
    let found = office.findings().await;
    assert_eq!(codes(&found), [("number-again", 2), ("number-gap", 3), ("unknown-item", 1)]);
}

fn closure(documents: &[Record], gross: i64, sales: u64) -> serde_json::Value {
    let teas = i64::try_from(documents.len()).unwrap() - 1;
    let vat = json!([{"category": "S", "gross_minor": 150 * teas, "net_minor": 128 * teas, "percent": "17.5", "rate": "std", "vat_minor": 22 * teas}]);
    let movements = json!([{"amount_minor": 5_000, "count": 1, "currency": "GBP", "movement": "float_in"}]);
    let tenders =
        json!([{"currency": "GBP", "expected_minor": 5_000 + 150 * teas, "kind": "cash", "tender": "cash"}]);
    let hashes: Vec<u8> = documents.iter().flat_map(|record| *record.hash.as_bytes()).collect();
    json!({
        "documents": [{"enrolment": 1, "ranges": [[1, documents.len()]], "till": "T1"}],
        "documents_hash": Hash::of(&hashes),
        "totals": {
            "cancelled": 0, "discount_minor": 0, "gross_minor": gross, "movements": movements, "perpetual_minor": gross,
            "returns": 0, "rounding_minor": 0, "sales": sales, "tenders": tenders, "vat": vat, "voids": 0,
        },
        "unsent": {"documents": 0},
        "z": 1,
    })
}

#[tokio::test]
async fn a_closure_is_held_against_the_documents_it_lists() {
    let (office, mut till) = selling().await;
    let float = till.record(
        "cash_movement",
        0,
        json!({"amount_minor": 5_000, "currency": "GBP", "movement": "float_in", "tender": "cash"}),
    );
    let mut documents = vec![float];
    documents.extend(till.sales(3));
    let right = till.record("closure", 0, closure(&documents, 450, 3));
    let wrong = till.record("closure", 0, closure(&documents, 451, 2));
    office.upload(&till, &documents).await;
    office.upload(&till, &[right, wrong]).await;
    office.running.settled().await;

    assert_eq!(office.total("cash", "float_in").await, 5_000);
    assert_eq!(codes(&office.findings().await), [("closure-differs", 6)]);
    let contacted = office.contact(&till, &till.contact()).await;
    assert_eq!((contacted.processed, contacted.findings.len()), (6, 1), "the till hears of it");
    let _ = CENTRE;
}

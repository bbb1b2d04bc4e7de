//! How fast documents go in and a centre comes out, client and server on the same machine.
//! `cargo run --release -p tillkit-backoffice --example load [-- ROWS]`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::{sync::Arc, time::Instant};

use common::{CENTRE, Office, Till, client, item, lines, row, sale_body};
use reqwest::Method;
use serde_json::json;
use tillkit_protocol::{NDJSON_ZSTD, VERSION, VERSION_HEADER, rows::compress};

const WORDS: &str = "mleko chleb ser masło jogurt szynka kawa herbata woda sok piwo wino baton ciastko makaron ryż cukier mąka olej ocet pomidor ogórek ziemniak cebula jabłko banan gruszka śliwka proszek płyn szampon mydło pasta krem papier ręcznik zeszyt długopis żarówka bateria kabel śruba wkręt kołek farba lakier pędzel";

struct Random(u64);
impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 11) % n
    }
}

fn generated(count: usize) -> Vec<String> {
    let words: Vec<_> = WORDS.split(' ').collect();
    let mut random = Random(42);
    (0..count)
        .map(|n| {
            let (a, b) = (random.next() ^ random.next() << 32, random.next() ^ random.next() << 29);
            let id = format!(
                "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                a >> 32,
                a >> 16 & 0xffff,
                a & 0xffff,
                b >> 48,
                b & 0xffff_ffff_ffff
            );
            let name: Vec<_> =
                (0..6 + random.below(5)).map(|_| words[random.below(words.len() as u64) as usize]).collect();
            let price = 49 + random.below(99_950);
            let mut body = item(&format!("{}.{:02}", price / 100, price % 100));
            body["name"] = json!(format!("{} {} g", name.join(" "), 1 + random.below(2_000)));
            body["codes"] = json!([format!("ART-{n:07}"), format!("590{n:09}{}", random.below(10))]);
            body["active"] = json!(random.below(100) < 97);
            row("item", &id, body)
        })
        .collect()
}

async fn publishing(office: &Office, count: usize) {
    let mut rows = generated(count);
    let begin = Instant::now();
    office.rows(CENTRE, &rows).await;
    println!("{count} rows drafted in {:?}", begin.elapsed());
    let begin = Instant::now();
    let published = office.publish(CENTRE).await;
    println!("published in {:?}: {published}", begin.elapsed());
    for row in rows.iter_mut().take(1_000) {
        *row = row.replace(" g\"", " g PROMO\"");
    }
    let begin = Instant::now();
    office.rows(CENTRE, &rows[..1_000.min(count)]).await;
    println!("1000 rows changed in {:?}", begin.elapsed());
    let begin = Instant::now();
    let published = office.publish(CENTRE).await;
    println!("published in {:?}: {published}", begin.elapsed());
    let one = row("item", "tea", item("1.60"));
    office.rows(CENTRE, &[one]).await;
    let begin = Instant::now();
    let published = office.publish(CENTRE).await;
    println!("one row published in {:?}: {published}", begin.elapsed());
}

fn kilobyte(till: &mut Till) -> tillkit_protocol::Record {
    let mut body = sale_body(1);
    body["lines"][0]["reason"] = json!("x".repeat(60));
    till.record("sale", 150, body)
}

async fn batches(office: &Office, documents: usize) {
    let mut till = office.subscribed("T1").await;
    let records: Vec<_> = (0..documents).map(|_| kilobyte(&mut till)).collect();
    println!("a document has {} bytes", records[0].line.len());
    let bodies: Vec<_> = records.chunks(500).map(|batch| compress(&lines(batch)).unwrap()).collect();
    let (url, token) = (format!("{}/v1/documents", office.running.url()), till.token.clone());
    let queue = Arc::new(std::sync::Mutex::new(bodies.into_iter()));
    let begin = Instant::now();
    let senders: Vec<_> = (0..2)
        .map(|_| {
            let (queue, url, token, client) = (queue.clone(), url.clone(), token.clone(), client());
            tokio::spawn(async move {
                loop {
                    let body = queue.lock().unwrap().next();
                    let Some(body) = body else { return };
                    send(&client, &url, &token, body).await;
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let took = begin.elapsed();
    println!(
        "batches of 500, two in flight: {:.0} documents/s ({took:?})",
        documents as f64 / took.as_secs_f64()
    );
    office.running.settled().await;
    println!("booked after {:?}", begin.elapsed());
}

async fn send(client: &reqwest::Client, url: &str, token: &str, body: Vec<u8>) {
    let request = client.post(url).header(VERSION_HEADER, VERSION).header("content-type", NDJSON_ZSTD);
    let answer = request.bearer_auth(token).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap();
}

async fn singles(office: &Office, tills: usize, each: usize) {
    let mut jobs = Vec::new();
    for n in 0..tills {
        let mut till = office.subscribed(&format!("S{n}")).await;
        let bodies: Vec<_> = (0..each).map(|_| compress(&lines(&[kilobyte(&mut till)])).unwrap()).collect();
        jobs.push((till.token.clone(), bodies));
    }
    let url = format!("{}/v1/documents", office.running.url());
    let client = client();
    let begin = Instant::now();
    let senders: Vec<_> = jobs
        .into_iter()
        .map(|(token, bodies)| {
            let (url, client) = (url.clone(), client.clone());
            tokio::spawn(async move {
                for body in bodies {
                    send(&client, &url, &token, body).await;
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let took = begin.elapsed();
    println!(
        "{tills} tills one each: {:.0} documents/s ({took:?})",
        (tills * each) as f64 / took.as_secs_f64()
    );
    office.running.settled().await;
    println!("booked after {:?}", begin.elapsed());
}

#[tokio::main]
async fn main() {
    let rows = std::env::args().nth(1).map_or(100_000, |rows| rows.parse().unwrap());
    let office = Office::open().await;
    office.publish_centre().await;
    for _ in 0..2 {
        // A till's number is its enrolment's, so each round begins a chain of its own.
        batches(&office, 30_000).await;
        singles(&office, 50, 300).await;
    }
    if rows > 0 {
        publishing(&office, rows).await;
    }
    let contacts = 2_000;
    let till = office.subscribed("C1").await;
    let begin = Instant::now();
    for _ in 0..contacts {
        office.contact(&till, &till.contact()).await;
    }
    println!("a contact takes {:?}", begin.elapsed() / contacts);
    let answer =
        office.ask(&till, Method::POST, "/v1/contact").body(serde_json::to_vec(&till.contact()).unwrap());
    let answer = answer.send().await.unwrap();
    println!("its answer: {:?}", answer.headers());
    println!("{}", answer.text().await.unwrap());
}

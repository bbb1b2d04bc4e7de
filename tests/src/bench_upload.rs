//! How fast a centre takes documents in: every signature verified, durable before it answers.
//!
//! Client and server share the machine. Documents of about 1 kB are signed beforehand; what is timed
//! is compressing, sending, verifying, storing and answering.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tillkit::{HttpTransport, Rim};
use tillkit_protocol::{
    DocumentLine, Hash, Record,
    keys::PrivateKey,
    wire::{Enrol, Enrolled},
};
use tillkit_sync::{Client, Identity};

use crate::world::Shop;

/// An enrolled key and what it has recorded so far.
pub struct Sender {
    /// Speaks for it.
    pub client: Client,
    /// The newest document it has made.
    pub seq: u64,
    key: PrivateKey,
    enrolled: Enrolled,
    prev: Hash,
}

impl Sender {
    /// A new key, enrolled by this code.
    ///
    /// # Errors
    /// What the back office says.
    pub async fn enrol(url: &str, code: &str, rim: Arc<dyn Rim>) -> Result<Sender> {
        let mut seed = [0; 32];
        rim.random(&mut seed);
        let key = PrivateKey::from_seed(&seed);
        let client = |identity| -> Result<Client> {
            Ok(Client::new(Arc::new(HttpTransport::new(url)?), rim.clone(), identity))
        };
        let request = Enrol::new(code, "bench", &key);
        let enrolled = client(None)?.enrol(&request).await?;
        let identity = Identity {
            tenant: enrolled.tenant.clone(),
            till: enrolled.till.clone(),
            enrolment: enrolled.enrolment,
            key: PrivateKey::from_seed(&seed),
        };
        Ok(Sender { client: client(Some(identity))?, key, enrolled, seq: 0, prev: Hash::NONE })
    }

    async fn of(shop: &Shop, till: &str) -> Result<Sender> {
        Sender::enrol(shop.url(), &shop.pairing_code(till).await?, shop.hands.clone()).await
    }

    /// The next so many documents, as they travel.
    ///
    /// # Errors
    /// None that a document of this shape has.
    pub fn records(&mut self, count: usize) -> Result<Vec<u8>> {
        let mut records = Vec::new();
        for _ in 0..count {
            self.seq += 1;
            let record = Record::sign(&self.document(), &self.key)?;
            self.prev = record.hash;
            records.extend_from_slice(&record.to_bytes());
            records.push(b'\n');
        }
        Ok(records)
    }

    fn document(&self) -> DocumentLine {
        let line = |n: u64| {
            json!({
                "code": "5901234123457", "generation": 3, "gross_minor": 255 * n as i64, "item": format!("item-{}", self.seq % 977 + n),
                "name": "Earl Grey Tea, loose leaf, 125 g", "quantity": n.to_string(), "stock": true,
                "trace": [{"price": "2.55", "step": "list"}], "unit": "pc", "unit_price": "2.55",
                "vat": {"category": "S", "percent": "17.5", "rate": "std"},
            })
        };
        let total = 255 + 510;
        let vat_minor = 114;
        DocumentLine {
            body: json!({
                "lines": [line(1), line(2)],
                "tenders": [{"amount_minor": total, "currency": "GBP", "gives_change": true, "home_minor": total, "kind": "cash", "tender": "cash"}],
                "vat": [{"category": "S", "gross_minor": total, "net_minor": total - vat_minor, "percent": "17.5", "rate": "std", "vat_minor": vat_minor}],
                "vat_mode": "included",
            }) as Value,
            business_day: "2010-12-01".into(),
            centre: "main".into(),
            currency: "GBP".into(),
            enrolment: self.enrolled.enrolment,
            generations: BTreeMap::from([("items".into(), 3)]),
            kind: "sale".into(),
            monotonic_ms: self.seq as i64,
            number: format!("{}-{:06}", self.enrolled.series, self.seq),
            offline: false,
            prev: self.prev,
            recorded_ms: crate::world::MORNING_MS,
            seq: self.seq,
            series: self.enrolled.series.clone(),
            server_offset_ms: Some(0),
            till: self.enrolled.till.clone(),
            total_minor: total,
            user: "anna".into(),
            v: 1,
        }
    }
}

/// Documents a second in batches of 500 from one till, `in_flight` at a time.
///
/// # Errors
/// What the shop says, or if a document is not stored.
pub async fn batches(shop: &Shop, till: &str, batches: usize, in_flight: usize) -> Result<f64> {
    const BATCH: usize = 500;
    let mut sender = Sender::of(shop, till).await?;
    let prepared: Vec<Vec<u8>> = (0..batches).map(|_| sender.records(BATCH)).collect::<Result<_>>()?;
    let first = sender.records(1)?;
    sender.client.upload(&first).await?; // connection and token are not what is timed
    let client = Arc::new(sender.client);
    let waiting = Arc::new(std::sync::Mutex::new(prepared));
    let begun = Instant::now();
    let lanes: Vec<_> = (0..in_flight)
        .map(|_| {
            let (client, waiting) = (client.clone(), waiting.clone());
            tokio::spawn(async move {
                loop {
                    let next = waiting.lock().ok().and_then(|mut waiting| {
                        if waiting.is_empty() { None } else { Some(waiting.remove(0)) }
                    });
                    let Some(records) = next else { return Ok(()) };
                    let answer = client.upload(&records).await?;
                    let stored: u64 = answer
                        .stored
                        .iter()
                        .flat_map(|ranges| &ranges.ranges)
                        .map(|(from, to)| to - from + 1)
                        .sum();
                    ensure!(stored == BATCH as u64, "{stored} stored: {:?}", answer.refused);
                }
            })
        })
        .collect();
    for lane in lanes {
        lane.await??;
    }
    Ok((batches * BATCH) as f64 / begun.elapsed().as_secs_f64())
}

/// Documents a second from so many tills that send one each, again and again.
///
/// # Errors
/// As [`batches`].
pub async fn singles(shop: &Shop, prefix: &str, tills: usize, each: usize) -> Result<f64> {
    let mut ready = Vec::new();
    for till in 0..tills {
        let mut sender = Sender::of(shop, &format!("{prefix}{till}")).await?;
        let first = sender.records(1)?;
        sender.client.upload(&first).await?;
        let prepared: Vec<Vec<u8>> = (0..each).map(|_| sender.records(1)).collect::<Result<_>>()?;
        ready.push((sender.client, prepared));
    }
    let begun = Instant::now();
    let lanes = ready.into_iter().map(|(client, prepared)| {
        tokio::spawn(async move {
            for records in prepared {
                let answer = client.upload(&records).await?;
                answer.stored.first().context("a document was not stored")?;
            }
            Ok::<(), anyhow::Error>(())
        })
    });
    let lanes: Vec<_> = lanes.collect();
    for lane in lanes {
        lane.await??;
    }
    Ok((tills * each) as f64 / begun.elapsed().as_secs_f64())
}

//! A first sync over the network: a real till, and reqwest into rusqlite, from the same back office.
//!
//! Each runs in a process of its own; the back office is the parent's.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use tillkit::{Rim, Scope, Services, SystemRim, Till, Trigger};
use tillkit_protocol::{
    Hash, Manifest, VERSION, VERSION_HEADER,
    keys::PrivateKey,
    rows,
    wire::{Enrol, Enrolled, Subscribe, Token, TokenRequest},
};

use crate::{
    bench_store::{self, Catalogue, LoadSample, peak_kib},
    world::Shop,
};

/// A back office that has published a catalogue.
///
/// # Errors
/// What it says.
pub async fn publish(catalogue: &Catalogue) -> Result<Shop> {
    let shop = Shop::stocked().await?;
    shop.hands.set(SystemRim::default().now_ms());
    for unit in ["szt", "kg", "l", "opak", "m"] {
        shop.rows(&[("unit", unit, json!({"name": unit}))]).await?;
    }
    for (rate, percent) in [("23", "23"), ("8", "8"), ("5", "5"), ("0", "0"), ("zw", "0")] {
        let category = match rate {
            "zw" => "E",
            "0" => "Z",
            _ => "S",
        };
        shop.rows(&[("vat_rate", rate, json!({"name": rate, "percent": percent, "category": category}))])
            .await?;
    }
    for blob in catalogue.blobs() {
        let lines = String::from_utf8(rows::expand(&blob?, usize::MAX >> 1)?)?;
        shop.admin("POST", "centres/main/rows", lines).await?;
    }
    shop.publish().await?;
    Ok(shop)
}

/// A first sync by the till itself, from contact to live.
///
/// # Errors
/// What the till says.
pub async fn full(folder: &Path, url: &str, code: &str, items: usize) -> Result<LoadSample> {
    let services = Services::of_this_machine(&folder.join("key"));
    let till = Till::open(&folder.join("till"), services, tokio::runtime::Handle::current())?;
    till.enrol(url, code, "bench").await?;
    till.choose_centre("main").await?;
    let before = peak_kib();
    let begun = Instant::now();
    let report = till.sync(Scope::All, Trigger::CentreChosen)?.wait().await.context("the engine stopped")?;
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(report.is_complete() && report.received_rows >= items as u64, "{report:?}");
    let wal_bytes = std::fs::metadata(folder.join("till/centre.db-wal"))?.len();
    Ok(LoadSample { seconds, peak_above_kib: peak_kib() - before, wal_bytes })
}

/// The same rows by reqwest and rusqlite: a thread that fetches, one that parses, one that inserts.
///
/// # Errors
/// What the back office or SQLite says.
pub async fn raw(folder: &Path, url: &str, code: &str) -> Result<LoadSample> {
    let raw = Raw::enrol(url, code).await?;
    let db = bench_store::raw_centre(folder)?;
    let before = peak_kib();
    let begun = Instant::now();
    let manifest = raw.manifest().await?;
    let names: Vec<Hash> = manifest.sections["items"].snapshot.iter().map(|blob| blob.sha256).collect();
    let (fetched, blobs) = std::sync::mpsc::sync_channel(2);
    let fetching = tokio::spawn(async move {
        for name in names {
            let blob = raw.get(&format!("/v1/blobs/{name}")).await;
            // Waiting for room blocks this worker thread, which has nothing else to do.
            if tokio::task::block_in_place(|| fetched.send(blob)).is_err() {
                return;
            }
        }
    });
    tokio::task::block_in_place(|| bench_store::load_raw_from(&db, blobs.into_iter(), true))?;
    fetching.await?;
    let seconds = begun.elapsed().as_secs_f64();
    let wal_bytes = std::fs::metadata(folder.join("raw.db-wal"))?.len();
    Ok(LoadSample { seconds, peak_above_kib: peak_kib() - before, wal_bytes })
}

struct Raw {
    http: reqwest::Client,
    url: String,
    token: String,
    enrolled: Enrolled,
}

impl Raw {
    async fn enrol(url: &str, code: &str) -> Result<Raw> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let rim: Arc<dyn Rim> = Arc::new(SystemRim::default());
        let mut seed = [0; 32];
        rim.random(&mut seed);
        let key = PrivateKey::from_seed(&seed);
        let mut raw = Raw {
            http: reqwest::Client::new(),
            url: url.into(),
            token: String::new(),
            enrolled: serde_json::from_slice(&post(url, "/v1/enrol", &Enrol::new(code, "raw", &key)).await?)?,
        };
        let Enrolled { tenant, till, enrolment, .. } = &raw.enrolled;
        let request = TokenRequest::new(tenant, till, *enrolment, rim.now_ms(), "raw", &key);
        raw.token = serde_json::from_slice::<Token>(&post(url, "/v1/token", &request).await?)?.token;
        let subscribe = raw
            .http
            .put(format!("{url}/v1/subscription"))
            .body(serde_json::to_vec(&Subscribe { centre: "main".into() })?);
        let answer = subscribe
            .header(VERSION_HEADER, VERSION)
            .header("authorization", format!("Bearer {}", raw.token))
            .send()
            .await?;
        ensure!(answer.status().is_success(), "{}", answer.text().await?);
        Ok(raw)
    }

    async fn get(&self, path: &str) -> Result<Vec<u8>> {
        let request = self.http.get(format!("{}{path}", self.url)).header(VERSION_HEADER, VERSION);
        let answer = request.header("authorization", format!("Bearer {}", self.token)).send().await?;
        if !answer.status().is_success() {
            bail!("{path}: {}", answer.text().await?);
        }
        Ok(answer.bytes().await?.to_vec())
    }

    async fn manifest(&self) -> Result<Manifest> {
        Ok(Manifest::verify(&self.get("/v1/manifest").await?, &self.enrolled.tenant_key, "main")?)
    }
}

async fn post(url: &str, path: &str, body: &impl serde::Serialize) -> Result<Vec<u8>> {
    let request = reqwest::Client::new().post(format!("{url}{path}")).header(VERSION_HEADER, VERSION);
    let answer = request.body(serde_json::to_vec(body)?).send().await?;
    if !answer.status().is_success() {
        bail!("{path}: {}", answer.text().await?);
    }
    Ok(answer.bytes().await?.to_vec())
}

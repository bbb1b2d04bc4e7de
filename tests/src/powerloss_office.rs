//! The back office's own file under power cuts: what it acknowledged must still be there, once.

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use tillkit::Rim;
use tillkit_backoffice::{Clock, Config, Running};
use tillkit_protocol::{Hash, Record};

use crate::{
    bench_store::Rng,
    bench_upload::Sender,
    powerloss::{Promises, Recording, Verdict, Workload},
    world::{Hands, MORNING_MS, ask_admin},
};

/// Uploads of one to six documents, some of them twice.
pub struct Uploads;

impl Workload for Uploads {
    fn name(&self) -> &'static str {
        "the centre's uploads"
    }

    fn run(&self, folder: &Path, recording: &Recording, seed: u64) -> Result<()> {
        tokio::runtime::Runtime::new()?.block_on(async {
            let blobs = tempfile::tempdir()?;
            let office = start(folder, blobs.path()).await?;
            let mut rng = Rng(seed);
            let mut sender = enrol(&office).await?;
            for _ in 0..12 + rng.below(8) {
                let records = sender.records(1 + rng.below(6))?;
                sender.client.upload(&records).await?;
                recording.promise("stored", sender.seq);
                if rng.below(4) == 0 {
                    sender.client.upload(&records).await?;
                }
            }
            // Dropped, not stopped: the end of a record is no tidy end.
            drop(office);
            Ok(())
        })
    }

    fn check(&self, folder: &Path, promised: &Promises) -> Result<Verdict> {
        let runtime = tokio::runtime::Runtime::new()?;
        // A file that can be read is judged within milliseconds; one that cannot may keep the pool busy.
        let judged = runtime
            .block_on(async { tokio::time::timeout(Duration::from_secs(4), judge(folder, promised)).await });
        runtime.shutdown_background();
        judged.context("the file cannot be read or booked")?
    }
}

async fn judge(folder: &Path, promised: &Promises) -> Result<Verdict> {
    let blobs = tempfile::tempdir()?;
    let office = start(folder, blobs.path()).await?;
    let promised = promised.get("stored").copied().unwrap_or(0);
    let documents = ask_admin(&office, "GET", "documents", "").await?;
    let mut verdict = Verdict::default();
    let (mut seqs, mut prev) = (BTreeSet::new(), Hash::NONE);
    for line in documents.lines() {
        let record = Record::parse(line.as_bytes())?;
        let filing = record.filing()?;
        verdict.doubled |= !seqs.insert(filing.seq);
        verdict.torn |= filing.prev != prev;
        prev = record.hash;
    }
    verdict.lost = (1..=promised).any(|seq| !seqs.contains(&seq));
    office.settled().await;
    let booked = counted(&ask_admin(&office, "GET", "totals", "").await?)?;
    ensure!(booked == seqs.len() as i64, "{booked} of {} documents are booked", seqs.len());
    Ok(verdict)
}

/// How many sales have been booked.
fn counted(totals: &str) -> Result<i64> {
    let mut sum = 0;
    for line in totals.lines() {
        let total: serde_json::Value = serde_json::from_str(line)?;
        if total["measure"] == "count" && total["code"] == "sale" {
            sum += total["value"].as_i64().context("a count")?;
        }
    }
    Ok(sum)
}

async fn start(folder: &Path, blobs: &Path) -> Result<Running> {
    let mut config = Config::new(format!("sqlite:{}", folder.join("office.db").display()), blobs);
    config.clock = Clock::new(|| MORNING_MS);
    config.enrol_attempts_per_hour = 1_000;
    Ok(tillkit_backoffice::start(config).await?)
}

async fn enrol(office: &Running) -> Result<Sender> {
    ask_admin(office, "PUT", "tills/T1", r#"{"name":"T1"}"#).await?;
    let pairing = ask_admin(office, "POST", "tills/T1/pairing", "").await?;
    let pairing: serde_json::Value = serde_json::from_str(&pairing)?;
    let hands: Arc<dyn Rim> = Hands::at(MORNING_MS);
    Sender::enrol(&office.url(), pairing["code"].as_str().context("a code")?, hands).await
}

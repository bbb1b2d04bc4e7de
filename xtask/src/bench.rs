//! `cargo xtask bench`: TillKit beside plain rusqlite and reqwest, as ratios of one run.
//!
//! Raw passes use the same tables, indexes, PRAGMAs, threads and sorted rows, and stand in the same
//! round as what they are compared with: raw, full, raw, full … Each measurement that fills memory
//! or files is a process of its own. Medians over the rounds are printed, never asserted.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};
use serde::{Serialize, de::DeserializeOwned};
use tillkit::{Rim, SystemRim};
use tillkit_tests::{
    bench_screens,
    bench_store::{self, Catalogue, Commits, LoadSample, Pair, percentile},
    bench_sync, bench_upload,
    world::Shop,
};

/// Prints ratios to a raw pass of the same run; builds in release first
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Interleaved rounds
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only the rows whose name holds this
    #[arg(long, default_value = "")]
    only: String,
}

/// One measurement, in a process of its own.
#[derive(Debug, clap::Args)]
pub struct Part {
    name: String,
    folder: PathBuf,
    items: usize,
    #[arg(default_value = "")]
    url: String,
    #[arg(default_value = "")]
    code: String,
}

/// Runs all measurements.
///
/// # Errors
/// What a measurement says; a slow one is no error.
pub fn run(args: &Args) -> Result<ExitCode> {
    if cfg!(debug_assertions) {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["run", "--quiet", "--release", "--bin", "xtask", "--", "bench"]);
        let status = cargo.args(["--rounds", &args.rounds.to_string(), "--only", &args.only]).status()?;
        return Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "{} rounds, medians; load average at the start {}",
        args.rounds,
        load.split(' ').next().unwrap_or("?")
    );
    println!("{:<58}{:>12}{:>12}{:>9}  bar", "", "raw", "TillKit", "ratio");
    let bench = Bench { rounds: args.rounds.max(1), only: &args.only, folder: tempfile::tempdir()? };
    bench.first_syncs()?;
    bench.deltas()?;
    bench.commits()?;
    bench.look_ups()?;
    bench.screens()?;
    bench.uploads()?;
    Ok(ExitCode::SUCCESS)
}

struct Bench<'a> {
    rounds: usize,
    only: &'a str,
    folder: tempfile::TempDir,
}

impl Bench<'_> {
    fn wants(&self, name: &str) -> bool {
        name.contains(self.only)
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs one part in a process of its own, in a fresh folder.
    fn part<T: DeserializeOwned>(&self, name: &str, items: usize, more: &[&str]) -> Result<T> {
        let fresh = tempfile::tempdir_in(self.folder())?;
        let mut child = Command::new(std::env::current_exe()?);
        child.args(["bench-part", name]).arg(self.folder()).arg(items.to_string()).args(more);
        let output = bench_store::frees_as_phones_do(&mut child).current_dir(fresh.path()).output()?;
        if !output.status.success() {
            bail!("{name}: {}", String::from_utf8_lossy(&output.stderr));
        }
        serde_json::from_slice(&output.stdout).with_context(|| format!("what {name} printed"))
    }

    /// Over the network, each till in a process of its own, the back office in this one.
    fn first_syncs(&self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        for (items, memory_mib) in [(100_000, 64), (1_000_000, 96)] {
            let name = format!("first sync of {items} items");
            if !self.wants(&name) {
                continue;
            }
            let catalogue = Catalogue::make(self.folder(), items)?;
            let shop = runtime.block_on(bench_sync::publish(&catalogue))?;
            let (mut raw, mut full, mut plain) = (Vec::new(), Vec::new(), Vec::new());
            for round in 0..self.rounds {
                for (part, samples) in [("sync-raw", &mut raw), ("sync-full", &mut full)] {
                    // Publishing may have taken longer than a till's clock may differ.
                    shop.hands.set(SystemRim::default().now_ms());
                    let code = runtime.block_on(shop.pairing_code(&format!("{part}-{round}")))?;
                    samples.push(self.part::<LoadSample>(part, items, &[shop.url(), &code])?);
                }
                if items == 100_000 {
                    plain.push(self.part::<LoadSample>("load-raw-without-words", items, &[])?.seconds);
                }
            }
            let seconds = |samples: &[LoadSample]| median(samples.iter().map(|sample| sample.seconds));
            ratio(&format!("{name}, s"), seconds(&raw), seconds(&full), "<= 1.2");
            let peak = |samples: &[LoadSample]| {
                median(samples.iter().map(|sample| sample.peak_above_kib as f64 / 1024.0))
            };
            ratio(
                &format!("{name}, peak MiB above start"),
                peak(&raw),
                peak(&full),
                &format!("TillKit <= {memory_mib}"),
            );
            if !plain.is_empty() {
                let rows = items as f64 / median(plain.iter().copied());
                let verdict = if rows >= 110_000.0 { "valid" } else { "VOID" };
                println!(
                    "{:<58}{rows:>12.0}  (>= 110,000 or the run is void: {verdict})",
                    "raw without words, rows/s"
                );
            }
            let bytes = runtime.block_on(shop.admin("POST", "centres/main/publish", String::new()))?;
            let bytes: serde_json::Value = serde_json::from_str(&bytes)?;
            let megabytes = bytes["snapshot_bytes"].as_f64().unwrap_or(0.0) * 100_000.0 / items as f64 / 1e6;
            println!(
                "{:<58}{:>12}{megabytes:>12.2}{:>9}  <= 6.1",
                "bytes down per 100,000 items, MB", "", ""
            );
        }
        Ok(())
    }

    fn deltas(&self) -> Result<()> {
        if !self.wants("delta of 1,000") {
            return Ok(());
        }
        let mut medians = Vec::new();
        for items in [10_000, 1_000_000] {
            let samples: Vec<(f64, f64)> = self.part("deltas", items, &[])?;
            let (full, raw) =
                (median(samples.iter().map(|pair| pair.0)), median(samples.iter().map(|pair| pair.1)));
            ratio(&format!("delta of 1,000 over {items}, ms"), raw * 1e3, full * 1e3, "<= 1");
            medians.push((raw, full));
        }
        if let [small, large] = medians[..] {
            let name = "delta over 1,000,000 to over 10,000";
            ratio(name, large.0 / small.0, large.1 / small.1, "TillKit <= 2");
        }
        Ok(())
    }

    fn commits(&self) -> Result<()> {
        if self.wants("sale commit") {
            let commits = Commits::new(&self.folder().join("commits"))?;
            for moves in [0, 3] {
                let (mut raw, mut full) = (Vec::new(), Vec::new());
                for _ in 0..self.rounds * 400 {
                    raw.push(commits.raw(moves)?);
                    full.push(commits.full(moves)?);
                }
                let us = |samples: &[u64], part| percentile(samples, part) as f64 / 1e3;
                let bar = if moves == 0 { "<= 1.25" } else { "" };
                ratio(
                    &format!("sale commit with {moves} stock moves, p50 us"),
                    us(&raw, 0.5),
                    us(&full, 0.5),
                    bar,
                );
                ratio(
                    &format!("sale commit with {moves} stock moves, p99 us"),
                    us(&raw, 0.99),
                    us(&full, 0.99),
                    "",
                );
            }
        }
        if self.wants("sale commit beside") {
            let items = 1_000_000;
            Catalogue::make(self.folder(), items)?;
            let (mut raw, mut full) = (Vec::new(), Vec::new());
            for _ in 0..self.rounds {
                raw.push(self.part::<Vec<u64>>("beside-raw", items, &[])?);
                full.push(self.part::<Vec<u64>>("beside-full", items, &[])?);
            }
            // Raw writes back once, at its end: what a cashier then waits shows in the longest only.
            for (what, part, bar) in [("p99", 0.99, "<= 2.5"), ("the longest", 1.0, "")] {
                let us = |rounds: &[Vec<u64>]| {
                    median(rounds.iter().map(|samples| percentile(samples, part) as f64 / 1e3))
                };
                let name = format!("sale commit beside a load of 1,000,000, {what}, us");
                ratio(&name, us(&raw), us(&full), bar);
            }
        }
        Ok(())
    }

    fn look_ups(&self) -> Result<()> {
        if !self.wants("look-up, search, open at 200,000") {
            return Ok(());
        }
        let folder = self.folder().join("look-ups");
        let pair = Pair::load(&folder, Catalogue::make(self.folder(), 200_000)?)?;
        let (mut raw, mut full) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            let (round_full, round_raw) = pair.look_ups(20_000)?;
            full.push(percentile(&round_full, 0.5) as f64 / 1e3);
            raw.push(percentile(&round_raw, 0.5) as f64 / 1e3);
        }
        ratio("look-up by code at 200,000, p50 us", median(raw), median(full), "<= 1.3");
        for (shape, samples) in pair.searches(200 * self.rounds)? {
            let bar = if shape.ends_with("1 letters") { "<= 30" } else { "<= 10" };
            let p99 = percentile(&samples, 0.99);
            println!(
                "{:<58}{:>12}{p99:>12.2}{:>9}  {bar}",
                format!("search at 200,000, {shape}, p99 ms"),
                "",
                ""
            );
        }
        drop(pair);
        let mut opened = Vec::new();
        for _ in 0..self.rounds {
            opened.push(bench_store::open(&folder.join("full"), true)?);
        }
        println!(
            "{:<58}{:>12}{:>12.2}{:>9}  <= 20",
            "opening 200,000 items, cold, ms",
            "",
            median(opened),
            ""
        );
        Ok(())
    }

    fn screens(&self) -> Result<()> {
        if !self.wants("sync screen, FFI call") {
            return Ok(());
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let catalogue = Catalogue::make(self.folder(), 200_000)?;
        // A day's work, and the worst: weeks offline.
        for (unsent, bar) in [(100, 1), (10_000, 5)] {
            let folder = self.folder().join(format!("screens-{unsent}"));
            let till = bench_screens::till_with(&folder, &catalogue, unsent, &runtime)?;
            let screens = bench_screens::sync_screens(&till, &folder, 200 * self.rounds)?;
            let (after, again): (Vec<f64>, Vec<f64>) = screens.into_iter().unzip();
            for (what, samples) in [("after a change", after), ("again", again)] {
                let name = format!("sync screen at 200,000 items, {unsent} unsent, {what}, ms");
                println!("{name:<58}{:>12}{:>12.2}{:>9}  <= {bar}", "", median(samples), "");
            }
        }
        let (mut empty, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            let round = bench_screens::crossings(200_000)?;
            empty.push(round.0);
            ours.push(round.1);
        }
        ratio("FFI call with nothing to do beside an empty one, ns", median(empty), median(ours), "<= 3");
        Ok(())
    }

    fn uploads(&self) -> Result<()> {
        if !self.wants("upload") {
            return Ok(());
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let (mut batches, mut singles) = (Vec::new(), Vec::new());
            for round in 0..self.rounds {
                let shop = Shop::stocked().await?;
                batches.push(bench_upload::batches(&shop, &format!("B{round}"), 40, 2).await?);
                singles.push(bench_upload::singles(&shop, &format!("S{round}x"), 50, 100).await?);
            }
            let (batches, singles) = (median(batches), median(singles));
            println!(
                "{:<58}{:>12}{batches:>12.0}{:>9}  >= 10,000",
                "upload in batches of 500, two in flight, documents/s", "", ""
            );
            println!(
                "{:<58}{:>12}{singles:>12.0}{:>9}  >= 3,000",
                "upload from 50 tills, one document each, documents/s", "", ""
            );
            Ok(())
        })
    }
}

/// Runs one measurement and prints its samples as JSON.
///
/// # Errors
/// What it says.
pub fn part(part: &Part) -> Result<ExitCode> {
    let catalogue = Catalogue::make(&part.folder, part.items)?;
    let here = std::env::current_dir()?;
    match part.name.as_str() {
        "sync-full" => print(&over_the_network(bench_sync::full(&here, &part.url, &part.code, part.items))?),
        "sync-raw" => print(&over_the_network(bench_sync::raw(&here, &part.url, &part.code))?),
        "load-raw-without-words" => print(&bench_store::load_raw(&here, &catalogue, false)?),
        "beside-full" => print(&bench_store::commits_beside_full_load(&here, &catalogue)?),
        "beside-raw" => print(&bench_store::commits_beside_raw_load(&here, &catalogue)?),
        "deltas" => {
            let mut pair = Pair::load(&here, catalogue)?;
            print(&(0..7).map(|_| pair.delta()).collect::<Result<Vec<_>>>()?)
        }
        name => bail!("there is no part {name}"),
    }
}

fn over_the_network(sample: impl Future<Output = Result<LoadSample>>) -> Result<LoadSample> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(sample)
}

fn print<T: Serialize>(samples: &T) -> Result<ExitCode> {
    println!("{}", serde_json::to_string(samples)?);
    Ok(ExitCode::SUCCESS)
}

fn ratio(name: &str, raw: f64, full: f64, bar: &str) {
    println!("{name:<58}{raw:>12.2}{full:>12.2}{:>9.2}  {bar}", full / raw);
}

fn median(samples: impl IntoIterator<Item = f64>) -> f64 {
    percentile(&samples.into_iter().collect::<Vec<_>>(), 0.5)
}

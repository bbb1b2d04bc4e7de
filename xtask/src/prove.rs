//! `cargo xtask prove`: cuts the power and kills processes until the figures mean something.

use std::{
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context, Result};
use tillkit_tests::{
    kill::{self, Phase},
    powerloss::{self, Disk, Report, Workload},
    powerloss_office::Uploads,
};

/// Cuts the power 20,000 times and kills 200 processes; prints the table of docs/reliability.md
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Power cuts in all
    #[arg(long, default_value_t = 20_000)]
    cuts: u64,
    /// Kills inside each of commit, upload, apply and closure
    #[arg(long, default_value_t = 50)]
    kills: u32,
    /// What to begin with
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

/// Runs both harnesses and their controls; success only if nothing was lost and the controls failed.
///
/// # Errors
/// What a harness itself says.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut holds = power_cuts(args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let begun = Instant::now();
        let killed = kill::run(&Phase::REAL, args.kills, args.seed, victim).await?;
        println!("\n{killed} ({} s)", begun.elapsed().as_secs());
        killed.violations.iter().for_each(|violation| println!("  {violation}"));
        let control = kill::run(&[Phase::SkippedCommit], 3, args.seed, victim).await?;
        println!("control that skips the commit: {} violations", control.violations.len());
        holds &= killed.violations.is_empty() && !control.violations.is_empty();
        Ok::<(), anyhow::Error>(())
    })?;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The process that is killed: hidden, started by [`run`].
///
/// # Errors
/// What the till says.
pub fn be_the_victim() -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(kill::be_the_victim())?;
    Ok(ExitCode::SUCCESS)
}

fn victim() -> Command {
    // Looked up each time: a program that cannot name itself fails to start, and that is reported.
    let mut command = Command::new(std::env::current_exe().unwrap_or_default());
    command.arg("victim");
    command
}

fn power_cuts(args: &Args) -> Result<bool> {
    println!("| workload | cuts | lost | torn | doubled | corrupt | s |\n|---|---|---|---|---|---|---|");
    let mut workloads = powerloss::till_workloads();
    workloads.push(Box::new(Uploads));
    let each = args.cuts.div_ceil(workloads.len() as u64);
    let mut total = Report::default();
    for workload in &workloads {
        let begun = Instant::now();
        let report = powerloss::run(workload.as_ref(), each, args.seed)?;
        row(workload.name(), &report, begun);
        total.add(report);
    }
    println!(
        "| all | {} | {} | {} | {} | {} | |",
        total.cuts, total.lost, total.torn, total.doubled, total.corrupt
    );
    total.examples.iter().for_each(|example| println!("  {example}"));
    let sale = workloads.first().context("no workload")?;
    let mut controls_fail = true;
    for (workload, cuts) in [(sale.as_ref(), 400), (&Uploads as &dyn Workload, 8)] {
        let begun = Instant::now();
        let control = powerloss::run_on(workload, cuts, args.seed, Disk::Lying)?;
        row(&format!("control, syncs ignored: {}", workload.name()), &control, begun);
        controls_fail &= !control.is_clean();
    }
    Ok(total.is_clean() && controls_fail)
}

fn row(name: &str, report: &Report, begun: Instant) {
    let Report { cuts, lost, torn, doubled, corrupt, .. } = report;
    println!("| {name} | {cuts} | {lost} | {torn} | {doubled} | {corrupt} | {} |", begun.elapsed().as_secs());
}

//! `cargo xtask prove`: lives simulated worlds, cuts power and lines, kills processes and lies until the
//! figures mean something.

use std::{
    fmt::Display,
    os::unix::fs::PermissionsExt,
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use anyhow::{Context, Result};
use tillkit_tests::{
    cuts,
    hostile::{self, Lies},
    kill::{self, Phase},
    powerloss::{self, Disk, Workload},
    powerloss_office::Uploads,
    receipts, sim,
};
use tokio::runtime::Runtime;

use crate::bindings::root;

/// Lives 10,000 simulated worlds, makes 100,000 random receipts, cuts the power 20,000 times, kills 200 processes, cuts lines at every byte and lies; prints the table of docs/reliability.md
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this one
    #[arg(long)]
    only: Option<Harness>,
    /// Simulated worlds
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// Random receipts
    #[arg(long, default_value_t = 100_000)]
    receipts: u64,
    /// Power cuts in all
    #[arg(long, default_value_t = 20_000)]
    cuts: u64,
    /// Kills inside each of commit, upload, apply and closure
    #[arg(long, default_value_t = 50)]
    kills: u32,
    /// Cut the line at every so many bytes of a small step, blob or upload
    #[arg(long, default_value_t = 1)]
    stride: usize,
    /// What to begin with
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Harness {
    /// Simulated fortnights of a shop
    Worlds,
    /// Defects planted in the core, which the worlds must find
    Defects,
    /// Random receipts of random shops, computed a second time
    Receipts,
    /// Faults of arithmetic planted in the core, which the accountant must find
    Arithmetic,
    /// Power cuts below the database
    Power,
    /// Processes ended at any instant
    Kills,
    /// Lines cut at every byte
    Lines,
    /// A centre that lies
    Lies,
}

impl Harness {
    fn run(self, args: &Args, table: &mut Table) -> Result<()> {
        match self {
            Harness::Worlds => worlds(args, table),
            Harness::Defects => planted("every_planted_defect_is_found", table),
            Harness::Receipts => {
                random_receipts(args, table);
                Ok(())
            }
            Harness::Arithmetic => planted("every_planted_fault_of_arithmetic_is_found", table),
            Harness::Power => power_cuts(args, table),
            Harness::Kills => Runtime::new()?.block_on(kills(args, table)),
            Harness::Lines => Runtime::new()?.block_on(lines(args, table)),
            Harness::Lies => Runtime::new()?.block_on(lies(table)),
        }
    }
}

/// Runs the harnesses and their controls; success only if everything held and the controls failed.
///
/// # Errors
/// What a harness itself says.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut table = Table::begin();
    for harness in <Harness as clap::ValueEnum>::value_variants() {
        if args.only.is_none_or(|only| only == *harness) {
            harness.run(args, &mut table)?;
        }
    }
    Ok(if table.end() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the figures are printed in, row by row: the harnesses take long.
struct Table {
    begun: Instant,
    violations: Vec<String>,
    controls_hold: usize,
}

impl Table {
    fn begin() -> Table {
        println!("| what | how many | did not hold | s |\n|---|---|---|---|");
        Table { begun: Instant::now(), violations: Vec::new(), controls_hold: 0 }
    }

    /// What was done since the row before, and what of it did not hold: how often, and examples.
    fn row(&mut self, what: &str, how_many: &dyn Display, broken: usize, examples: &[String]) {
        self.print(what, how_many, broken);
        if broken > 0 {
            let count = std::iter::once(format!("{what}: {broken}"));
            self.violations.extend(count.chain(examples.iter().cloned()));
        }
    }

    /// The same with something broken on purpose: a harness that sees nothing proves nothing.
    fn control(&mut self, what: &str, how_many: &dyn Display, broken: usize) {
        self.print(&format!("control: {what}"), how_many, broken);
        self.controls_hold += usize::from(broken == 0);
    }

    fn print(&mut self, what: &str, how_many: &dyn Display, broken: usize) {
        let seconds = self.begun.elapsed().as_secs();
        println!("| {what} | {how_many} | {broken} | {seconds} |");
        self.begun = Instant::now();
    }

    /// Whether everything held, and no control did.
    fn end(self) -> bool {
        self.violations.iter().for_each(|violation| println!("{violation}"));
        self.violations.is_empty() && self.controls_hold == 0
    }
}

fn worlds(args: &Args, table: &mut Table) -> Result<()> {
    let row = |table: &mut Table, what, lived: &sim::Worlds| {
        let examples: Vec<String> = lived.failed.iter().map(ToString::to_string).collect();
        table.row(what, lived, examples.len(), &examples);
    };
    let lived = sim::many(1..1 + args.seeds, sim::run);
    row(table, "a simulated fortnight of a shop", &lived);
    for (fault, times) in &lived.fired {
        table.row(&format!("in it: {fault}"), &format!("{times} times"), 0, &[]);
    }
    let beside = sim::many(1..1 + args.seeds.div_ceil(100), sim::run_beside_the_real_one);
    row(table, "a real back office beside the model", &beside);
    Ok(())
}

fn random_receipts(args: &Args, table: &mut Table) {
    let judged = receipts::many(args.seed, args.receipts);
    let examples = judged.differences.get(..20).unwrap_or(&judged.differences);
    table.row(
        "a receipt of a random shop, by an accountant that is not us",
        &judged,
        judged.differences.len(),
        examples,
    );
}

/// The control of the worlds, and that of the accountant. The workspace is built once more with defects that
/// can be planted, in the same target folder: a wrapper of rustc gives its crates names of their own.
fn planted(test: &str, table: &mut Table) -> Result<()> {
    let folder = root().join("target/defects");
    std::fs::create_dir_all(&folder)?;
    let wrapper = folder.join("rustc");
    std::fs::write(&wrapper, "#!/bin/sh\nexec \"$@\" --cfg tillkit_defects\n")?;
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755))?;
    let hunt = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--quiet", "--test", "scenarios", test, "--", "--nocapture"])
        .env("RUSTC_WORKSPACE_WRAPPER", &wrapper)
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()?;
    let told = String::from_utf8_lossy(&hunt.stdout);
    let planted = told.lines().filter_map(|line| line.strip_prefix("planted: ")?.split_once(": "));
    let mut count = 0;
    for (defect, found) in planted {
        count += 1;
        table.control(
            &format!("planted in the core: {defect}"),
            &found,
            usize::from(!found.starts_with("not")),
        );
    }
    anyhow::ensure!(count > 0, "the planted defects were not looked for:\n{told}");
    Ok(())
}

fn power_cuts(args: &Args, table: &mut Table) -> Result<()> {
    let mut workloads = powerloss::till_workloads();
    workloads.push(Box::new(Uploads));
    let each = args.cuts.div_ceil(workloads.len() as u64);
    for workload in &workloads {
        let report = powerloss::run(workload.as_ref(), each, args.seed)?;
        let what = format!("power cut: {}", workload.name());
        table.row(&what, &format!("{} cuts", report.cuts), report.broken(), &report.examples);
    }
    let sale = workloads.first().context("no workload")?;
    for (workload, cuts) in [(sale.as_ref(), 400), (&Uploads as &dyn Workload, 8)] {
        let control = powerloss::run_on(workload, cuts, args.seed, Disk::Lying)?;
        let what = format!("a disk that ignores syncs, {}", workload.name());
        table.control(&what, &format!("{} cuts", control.cuts), control.broken());
    }
    Ok(())
}

async fn kills(args: &Args, table: &mut Table) -> Result<()> {
    let killed = kill::run(&Phase::REAL, args.kills, args.seed, || hidden("victim")).await?;
    table.row("a till killed", &killed, killed.violations.len(), &killed.violations);
    let control = kill::run(&[Phase::SkippedCommit], 3, args.seed, || hidden("victim")).await?;
    table.control("a till that skips the commit", &control, control.violations.len());
    Ok(())
}

async fn lines(args: &Args, table: &mut Table) -> Result<()> {
    let pass = cuts::Pass { stride: args.stride, blob_cuts: 500, upload_cuts: 500, seed: args.seed };
    let row = |figures: &cuts::Figures| {
        let what = format!("line cut: {}", figures.name);
        table.row(&what, figures, figures.violations.len(), &figures.violations);
    };
    cuts::all(&pass, row).await
}

async fn lies(table: &mut Table) -> Result<()> {
    for lies in Lies::ALL {
        let figures = hostile::tell_all(lies, || hidden("lied-to")).await?;
        let what = format!("a centre that lies: {}", format!("{lies:?}").to_lowercase());
        table.row(&what, &figures, figures.violations.len(), &figures.violations);
    }
    Ok(())
}

/// A process of this program's own, at one of the hidden tasks below.
fn hidden(task: &str) -> Command {
    // Looked up each time: a program that cannot name itself fails to start, and that is reported.
    let mut command = Command::new(std::env::current_exe().unwrap_or_default());
    command.arg(task);
    command
}

/// The process that is killed: hidden, started by [`run`].
///
/// # Errors
/// What the till says.
pub fn be_the_victim() -> Result<ExitCode> {
    Runtime::new()?.block_on(kill::be_the_victim())?;
    Ok(ExitCode::SUCCESS)
}

/// The till that the hostile centre lies to: hidden, started by [`run`].
///
/// # Errors
/// What the till says.
pub fn be_lied_to() -> Result<ExitCode> {
    Runtime::new()?.block_on(hostile::be_lied_to())?;
    Ok(ExitCode::SUCCESS)
}

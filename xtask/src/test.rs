//! `cargo xtask test`: everything, with a count at the end that can be believed.
//!
//! Formatting, lints, the dependency policy, every test of the workspace, and the main job itself.
//! Outside CI a missing tool is printed as skipped with its reason; in CI it fails.

use std::{
    io::{BufRead, BufReader},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context, Result};

/// Runs everything: format, lints, dependency policy, tests, the demo
#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Default)]
struct Count {
    passed: u64,
    failed: u64,
    skipped: Vec<String>,
}

/// Runs every check and prints the count; success only if nothing failed.
///
/// # Errors
/// If cargo cannot be started.
pub fn run(_args: &Args) -> Result<ExitCode> {
    let mut count = Count::default();
    check(&mut count, "format", cargo(&["fmt", "--all", "--check"]))?;
    check(
        &mut count,
        "lints",
        cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    )?;
    if cargo(&["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
        check(&mut count, "dependencies", cargo(&["deny", "check", "bans", "licenses", "sources"]))?;
    } else {
        skip(&mut count, "dependencies: cargo-deny is not installed");
    }
    tests(&mut count)?;
    let itself = std::env::current_exe().context("this program has no path")?;
    for tills in ["1", "5"] {
        let mut demo = Command::new(&itself);
        demo.args(["demo", "--json", "--tills", tills]);
        check(&mut count, &format!("demo with {tills} tills"), demo)?;
    }
    for reason in &count.skipped {
        println!("SKIPPED {reason}");
    }
    println!("{} passed, {} failed, {} skipped", count.passed, count.failed, count.skipped.len());
    Ok(if count.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments);
    cargo
}

fn skip(count: &mut Count, reason: &str) {
    if std::env::var_os("CI").is_some() {
        eprintln!("in CI nothing is skipped: {reason}");
        count.failed += 1;
    } else {
        count.skipped.push(reason.into());
    }
}

fn check(count: &mut Count, name: &str, mut command: Command) -> Result<()> {
    println!("== {name}");
    let status = command.status().with_context(|| format!("{name} does not start"))?;
    if status.success() {
        count.passed += 1;
    } else {
        println!("FAILED {name}");
        count.failed += 1;
    }
    Ok(())
}

/// All tests, their output as it comes, counted by the runner's own closing lines.
fn tests(count: &mut Count) -> Result<()> {
    println!("== tests");
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]).stdout(Stdio::piped()).spawn()?;
    let output = tests.stdout.take().context("no output")?;
    let mut counted = 0;
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        if let Some(result) = line.strip_prefix("test result: ") {
            let number = |word: &str| {
                let mut before = result.split(word).next().unwrap_or("").split_whitespace();
                before.next_back().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0)
            };
            counted += number(" passed") + number(" failed");
            count.passed += number(" passed");
            count.failed += number(" failed");
        }
    }
    let ended_well = tests.wait()?.success();
    if !ended_well && count.failed == 0 || counted == 0 {
        println!("FAILED tests: they did not build, or none ran");
        count.failed += 1;
    }
    Ok(())
}

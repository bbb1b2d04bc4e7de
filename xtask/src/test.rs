//! `cargo xtask test`: everything, with a count at the end that can be believed.
//!
//! Formatting, lints, the dependency policy, every test in Rust, Kotlin and Swift, and the main job
//! itself. Outside CI a missing tool is printed as skipped with its reason; in CI it fails.

use std::{
    io::{BufRead, BufReader},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context, Result};

use crate::{
    bindings::{self, root},
    phone,
};

/// Runs everything: format, lints, dependency policy, tests in three languages, the demo
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only what is built by cargo
    #[arg(long)]
    rust_only: bool,
}

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
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut count = Count::default();
    check(&mut count, "format", cargo(&["fmt", "--all", "--check"]))?;
    check(&mut count, "lints", cargo(&["clippy", "--quiet", "--all-targets", "--", "-D", "warnings"]))?;
    if cargo(&["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
        check(&mut count, "dependencies", cargo(&["deny", "check", "bans", "licenses", "sources"]))?;
    } else {
        skip(&mut count, "dependencies: cargo-deny is not installed".into());
    }
    rust_tests(&mut count)?;
    if args.rust_only {
        count.skipped.push("Kotlin and Swift: --rust-only".into());
    } else {
        println!("== bindings");
        bindings::write()?;
        kotlin_tests(&mut count)?;
        swift_tests(&mut count)?;
    }
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

fn skip(count: &mut Count, reason: String) {
    if std::env::var_os("CI").is_some() {
        eprintln!("in CI nothing is skipped: {reason}");
        count.failed += 1;
    } else {
        count.skipped.push(reason);
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

/// What a line of a runner says of passed and failed tests, if it is a closing line.
type Closing = fn(&str) -> Option<(u64, u64)>;

/// Runs tests, their output as it comes, counted by the runner's own closing lines.
fn tests(count: &mut Count, name: &str, mut command: Command, closing: Closing) -> Result<()> {
    println!("== {name}");
    let mut tests = command.stdout(Stdio::piped()).spawn().with_context(|| format!("{name} do not start"))?;
    let output = tests.stdout.take().context("no output")?;
    let (mut passed, mut failed) = (0, 0);
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        if let Some((more_passed, more_failed)) = closing(&line) {
            passed += more_passed;
            failed += more_failed;
        }
    }
    let ended_well = tests.wait()?.success();
    if (!ended_well && failed == 0) || passed + failed == 0 {
        println!("FAILED {name}: they did not build, or none ran");
        failed += 1;
    }
    count.passed += passed;
    count.failed += failed;
    Ok(())
}

fn rust_tests(count: &mut Count) -> Result<()> {
    let skipped = tempfile::NamedTempFile::new()?;
    let mut command = cargo(&["test", "--no-fail-fast"]);
    command.env("TILLKIT_SKIPPED", skipped.path());
    tests(count, "tests in Rust", command, |line| {
        let result = line.strip_prefix("test result: ")?;
        Some((number_before(result, " passed"), number_before(result, " failed")))
    })?;
    for reason in std::fs::read_to_string(skipped.path())?.lines() {
        count.passed = count.passed.saturating_sub(1);
        skip(count, reason.into());
    }
    Ok(())
}

/// Tests and lints of the Android project, by Maven.
fn kotlin_tests(count: &mut Count) -> Result<()> {
    if !starts("mvn", "--version") || !starts("java", "-version") {
        skip(count, "Kotlin: a JDK and Maven are not installed".into());
        return Ok(());
    }
    let mut lint = phone::maven();
    lint.args(["-q", "-N", "-P", "lint", "verify"]);
    check(count, "style of Kotlin", lint)?;
    let mut maven = phone::maven();
    maven.arg("verify");
    tests(count, "tests in Kotlin", maven, |line| {
        // Each module closes with a line of all its tests; those of a class say how long they took.
        let is_closing = line.contains("Tests run: ") && !line.contains("Time elapsed");
        let number = |word: &str| line.split(word).nth(1).map_or(0, leading_number);
        let failed = number("Failures: ") + number("Errors: ");
        let ran = number("Tests run: ").saturating_sub(failed + number("Skipped: "));
        is_closing.then_some((ran, failed))
    })
}

/// Tests and lints of the Swift package, in Debian's Swift.
fn swift_tests(count: &mut Count) -> Result<()> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if !is_root || !starts("debootstrap", "--version") {
        skip(count, "Swift: its chroot needs root and debootstrap".into());
        return Ok(());
    }
    let mut swift = Command::new(root().join(".ci/swift.sh"));
    swift.current_dir(root()).arg("test");
    tests(count, "tests in Swift", swift, |line| {
        // ✔ Test run with 31 tests in 6 suites passed after 4.2 seconds.
        let result = line.split("Test run with ").nth(1)?;
        let ran = leading_number(result);
        if result.contains(" failed") {
            let issues = number_before(result, " issue").clamp(1, ran.max(1));
            return Some((ran.saturating_sub(issues), issues));
        }
        Some((ran, 0))
    })
}

fn starts(program: &str, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn number_before(text: &str, word: &str) -> u64 {
    let before = text.split(word).next().unwrap_or("");
    before.split_whitespace().next_back().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn leading_number(text: &str) -> u64 {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

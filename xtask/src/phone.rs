//! `cargo xtask phone`: the phone's real screens on this desktop, against the real core.
//! `cargo xtask screenshots`: each screen in its main states, drawn anew.

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::{
    bindings::{self, root, run_well},
    shop,
};

/// Opens the phone's screens in a window, or taps through a script without one
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The back office; without it, a small shop is started
    #[arg(long)]
    url: Option<String>,
    /// A pairing code of that back office
    #[arg(long, requires = "url")]
    code: Option<String>,
    /// Where the till's files are kept; without it, they are gone afterwards
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Language: en or cs
    #[arg(long, default_value = "en")]
    lang: String,
    /// Dark colours
    #[arg(long)]
    dark: bool,
    /// Size of letters, as the phone's settings have it
    #[arg(long, default_value = "1.0")]
    font_scale: String,
    /// No window: draws PNGs where the script says so
    #[arg(long, requires = "script")]
    headless: bool,
    /// Lines of: tap "text", long "text", type "text", wait "text", shot name
    #[arg(long)]
    script: Option<PathBuf>,
    /// Where the PNGs go
    #[arg(long, default_value = "target/phone")]
    out: PathBuf,
}

/// Draws every screen in its main states into docs/screenshots
#[derive(Debug, clap::Args)]
pub struct Screenshots {}

/// Builds the screens and shows them.
///
/// # Errors
/// If something does not build, or the back office does not start.
pub fn run(args: &Args) -> Result<ExitCode> {
    bindings::write()?;
    run_well(maven().args(["-q", "-pl", "phone", "-am", "-DskipTests", "compile"]))?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let scratch = tempfile::tempdir()?;
        let (office, url, code) = match &args.url {
            Some(url) => (None, url.clone(), args.code.clone()),
            None => {
                let (office, pairing) = shop::open(scratch.path(), ([127, 0, 0, 1], 0).into()).await?;
                let password = office.owner_password.clone().unwrap_or_default();
                println!("The shop's web page: {}, owner, password {password}", office.url());
                println!("Cashiers: anna, PIN 1234; bob, PIN 4321");
                let url = office.url();
                (Some(office), url, pairing["code"].as_str().map(Into::into))
            }
        };
        let folder = args.folder.clone().unwrap_or_else(|| scratch.path().join("till"));
        let mut java = tokio::process::Command::from(java()?);
        java.arg("tillkit.phone.MainKt").arg("--folder").arg(folder).args(["--url", &url]);
        java.args(["--lang", &args.lang, "--font-scale", &args.font_scale]);
        if let Some(code) = &code {
            java.args(["--code", code]);
        }
        if args.dark {
            java.arg("--dark");
        }
        if args.headless {
            java.arg("--headless");
        }
        if let Some(script) = &args.script {
            java.arg("--script").arg(script).arg("--out").arg(&args.out);
        }
        let status = java.status().await?;
        if let Some(office) = office {
            office.stop().await?;
        }
        Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// Draws the pictures that the tests compare with.
///
/// # Errors
/// If something does not build.
pub fn screenshots(_args: &Screenshots) -> Result<ExitCode> {
    bindings::write()?;
    let write = ["-pl", "ui", "-am", "-Dscreenshots.write=true", "-Dtest=ScreenshotTest"];
    run_well(maven().args(write).args(["-Dsurefire.failIfNoSpecifiedTests=false", "test"]))?;
    Ok(ExitCode::SUCCESS)
}

/// Maven on the Android project.
pub fn maven() -> Command {
    let mut maven = Command::new("mvn");
    maven.args(["-B", "--no-transfer-progress", "-f"]).arg(root().join("android/pom.xml"));
    maven
}

/// Java with the screens on its class path, and the library beside it.
fn java() -> Result<Command> {
    let phone = root().join("android/phone/target");
    let libraries =
        std::fs::read_to_string(phone.join("classpath.txt")).context("the screens are not built")?;
    let mut java = Command::new("java");
    let class_path = format!("{}:{}", phone.join("classes").display(), libraries.trim());
    let library = bindings::target().canonicalize()?.join("debug");
    java.arg(format!("-Djna.library.path={}", library.display())).arg("-cp").arg(class_path);
    Ok(java)
}

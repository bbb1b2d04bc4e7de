//! `cargo xtask size`: how large the library is that ships inside an app.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::bindings::{root, run_well, target};

/// Builds the library as it ships (profile phone, stripped) and prints its size
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Builds and prints.
///
/// # Errors
/// If it does not build.
pub fn run(_args: &Args) -> Result<ExitCode> {
    /// What an x86-64 library may take, bytes.
    const LIMIT: u64 = 8 << 20;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let library = ["--profile", "phone", "--config", ".cargo/phone.toml", "--package", "tillkit-ffi"];
    run_well(cargo.current_dir(root()).arg("build").args(library))?;
    let name = format!("{}tillkit_ffi{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let bytes = std::fs::metadata(target().join("phone").join(&name))?.len();
    println!("{name}: {:.2} MiB of {} allowed", bytes as f64 / (1 << 20) as f64, LIMIT >> 20);
    Ok(if bytes <= LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

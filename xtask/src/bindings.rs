//! `cargo xtask bindings`: builds the library and writes its Kotlin and Swift sides.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Result, ensure};

/// Builds the library, and writes Kotlin to target/bindings/kotlin and Swift to ios/Generated
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Builds and writes.
///
/// # Errors
/// If cargo or a generator fails.
pub fn run(_args: &Args) -> Result<ExitCode> {
    write()?;
    Ok(ExitCode::SUCCESS)
}

/// The root of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Builds the library with the features the tests are built with, so that nothing is built twice, and
/// the generators apart from it; then writes both languages.
///
/// # Errors
/// If cargo or a generator fails.
pub fn write() -> Result<()> {
    for what in [&["--lib"][..], &["--package", "tillkit-ffi-generator"]] {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        run_well(cargo.current_dir(root()).args(["build", "--quiet"]).args(what))?;
    }
    let built = target().canonicalize()?.join("debug");
    let library =
        built.join(format!("{}tillkit_ffi{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX));
    let (kotlin, swift) = (target().canonicalize()?.join("bindings/kotlin"), root().join("ios/Generated"));
    for folder in [&kotlin, &swift] {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
    }
    // The generators read bindings/uniffi.toml through cargo, from inside the checkout.
    let crate_folder = root().join("bindings");
    let mut generate = Command::new(built.join("tillkit-ffi-kotlin"));
    generate.current_dir(&crate_folder).args([
        "generate",
        "--language",
        "kotlin",
        "--no-format",
        "--out-dir",
    ]);
    run_well(generate.arg(&kotlin).arg(&library))?;
    let swift = swift.canonicalize()?;
    let mut generate = Command::new(built.join("tillkit-ffi-swift"));
    generate.current_dir(&crate_folder).args(["--swift-sources", "--headers"]);
    run_well(generate.arg(&library).arg(&swift))?;
    let module_map = "module tillkit_ffiFFI {\n    header \"tillkit_ffiFFI.h\"\n    link \"tillkit_ffi\"\n    export *\n}\n";
    std::fs::write(swift.join("module.modulemap"), module_map)?;
    Ok(())
}

/// Runs a command that must succeed.
///
/// # Errors
/// If it does not start or does not succeed.
pub fn run_well(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

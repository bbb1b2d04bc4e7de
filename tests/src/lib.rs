//! End-to-end scenarios, crash harnesses and benchmarks over the real crates.

// A harness may panic: that is how a test says no.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod accountant;
pub mod apart;
pub mod bench_screens;
pub mod bench_store;
pub mod bench_sync;
pub mod bench_upload;
pub mod cuts;
pub mod hostile;
pub mod kill;
pub mod powerloss;
pub mod powerloss_office;
pub mod proxy;
pub mod receipts;
pub mod sim;
pub mod world;

// For the benchmark of what crossing into the core costs.
uniffi::setup_scaffolding!();

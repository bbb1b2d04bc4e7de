//! The till for Kotlin and Swift. It wraps the façade and decides nothing.
//!
//! - [`till`]: the device; [`session`]: a signed-in cashier; [`making`]: what a cashier makes besides
//!   sales; [`screens`]: what screens show.
//! - [`services`]: what the phone provides, as foreign traits.
//! - [`error`]: refusals, split by what a shell must do.
//! - [`values`]: money, rounding, VAT and documents, the same in every language.
//!
//! Ownership: every object is reference-counted on both sides; closing (Kotlin) or releasing (Swift)
//! it frees the Rust side. Threads: every call may be made from any thread. Calls that are not async
//! wait for the disk, never for the network: make them off the main thread. Async calls do their work
//! on the core's own threads; cancelling them (coroutine or task) drops the work at its next border.

#[cfg(target_os = "android")]
mod android;
pub mod error;
pub mod making;
mod runtime;
pub mod screens;
pub mod services;
pub mod session;
pub mod till;
pub mod values;

uniffi::setup_scaffolding!();

//! A till and a centre, end to end, over real sockets and real files.

// Helpers of tests say no by panicking, as the tests do.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arrows;
mod bad_input;
mod crashes;
mod day;
mod faults;
mod live;
mod making;
mod pains;
mod pricing;
mod promises;
mod screens;
mod selling;
mod simulation;
mod syncing;
mod vectors;

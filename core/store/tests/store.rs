//! The two files of a till, held to their promises from outside.

// A test may panic: that is how it says no.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::type_complexity)]

#[path = "store/centre.rs"]
mod centre;
#[path = "store/changes.rs"]
mod changes;
#[path = "store/common.rs"]
mod common;
#[path = "store/files.rs"]
mod files;
#[path = "store/journal.rs"]
mod journal;
#[path = "store/statements.rs"]
mod statements;
#[path = "store/suspend.rs"]
mod suspend;

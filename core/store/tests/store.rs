//! The two files of a till, held to their promises from outside.

#[path = "store/centre.rs"]
mod centre;
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

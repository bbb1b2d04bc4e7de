//! A till and a centre, end to end, over real sockets and real files.

// Helpers of tests say no by panicking, as the tests do.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arrows;
mod bad_input;
mod counting;
mod crashes;
mod day;
mod faults;
mod killed;
mod limits;
mod live;
mod making;
mod money_back;
mod obeyed;
mod pains;
mod pricing;
mod promises;
mod receipts;
mod rights;
mod screens;
mod selling;
mod siblings;
mod simulation;
mod syncing;
mod typed;
mod vectors;
mod written;
mod yesterday;

/// This very binary, at the test below that is none.
fn new_office() -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["back_office", "--exact", "--ignored", "--nocapture"]);
    command
}

/// A small shop whose back office is a process of its own.
async fn shop() -> tillkit_tests::world::Shop {
    tillkit_tests::world::Shop::stocked_apart(new_office).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that is a back office"]
async fn back_office() {
    tillkit_tests::apart::be_the_office().await.unwrap();
}

//! What survives: real processes killed, simulated disks cut off.

use std::process::Command;

use tillkit_tests::{
    kill::{self, Phase},
    powerloss::{self, Disk},
    powerloss_office::Uploads,
};

/// This very binary, at the test below that is none.
fn new_victim() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["crashes::victim", "--exact", "--ignored", "--nocapture"]);
    command
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that the kill harness starts and kills"]
async fn victim() {
    kill::be_the_victim().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_till_keeps_every_promise() {
    let report = kill::run(&Phase::REAL, 50, 42, new_victim).await.unwrap();
    println!("{report}");
    assert!(report.violations.is_empty(), "{:#?}", report.violations);
    assert!(report.inside.values().all(|inside| *inside >= 30) && report.kills >= 200, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kill_harness_sees_a_commit_that_is_skipped() {
    let report = kill::run(&[Phase::SkippedCommit], 3, 42, new_victim).await.unwrap();
    assert!(report.violations.iter().any(|violation| violation.contains("was promised")), "{report}");
}

#[test]
fn a_centre_that_loses_power_keeps_what_it_acknowledged() {
    let report = powerloss::run(&Uploads, 300, 42).unwrap();
    println!("{report:?}");
    assert!(report.is_clean() && report.cuts == 300, "{report:#?}");
}

#[test]
fn the_harness_sees_a_centre_whose_disk_lies() {
    let report = powerloss::run_on(&Uploads, 8, 42, Disk::Lying).unwrap();
    assert!(!report.is_clean(), "{report:#?}");
}

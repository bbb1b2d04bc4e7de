//! Random receipts of random shops, judged by an accountant that shares no code with the domain; see
//! `tillkit_tests::receipts`.

use proptest::prelude::*;
use tillkit_tests::receipts;

/// Receipts of a case, on average.
const EACH: u32 = 20;

/// 2,000 receipts, or as many as are asked for.
fn cases() -> u32 {
    let asked = std::env::var("TILLKIT_RECEIPTS").ok().and_then(|count| count.parse::<u32>().ok());
    asked.unwrap_or(2_000).div_ceil(EACH)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    // A shop does the same whatever its number of receipts is: the first that differs is found by halving.
    #[test]
    fn the_accountant_agrees_with_every_receipt_of_every_shop(seed in any::<u64>(), many in 1..2 * u64::from(EACH)) {
        let judged = receipts::judge(seed, many);
        prop_assert!(judged.differences.is_empty(), "{:#?}", judged.differences);
        prop_assert!(judged.figures > 5 * many, "{judged}");
    }
}

/// Only with `--cfg tillkit_defects`, as `cargo xtask prove` builds it.
#[cfg(tillkit_defects)]
#[test]
fn every_planted_fault_of_arithmetic_is_found() {
    let mut found = 0;
    for defect in tillkit_domain::defects::ALL {
        match receipts::hunt(defect, 500) {
            Some((receipts, difference)) => {
                found += 1;
                println!("planted: {defect}: within {receipts} receipts, {difference}");
            }
            None => println!("planted: {defect}: not found in 500 receipts"),
        }
    }
    assert_eq!(found, tillkit_domain::defects::ALL.len());
}

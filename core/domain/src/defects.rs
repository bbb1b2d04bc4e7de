//! Ten faults of arithmetic that can be planted, to show that an accountant that is not us finds each.
//!
//! Only with `--cfg tillkit_defects` is there any of this; `cargo xtask prove` builds it so. What is
//! planted is so for one thread.

use std::cell::Cell;

/// The names of all of them.
pub const ALL: [&str; 10] = [
    "a half rounded the other way",
    "VAT per line instead of per rate",
    "a refund capped by the wrong tender",
    "a discount's share lost",
    "change from the wrong tender",
    "the perpetual sum forgotten",
    "a void that does not give stock back",
    "cash rounding on card",
    "the last part of a return rounded alone",
    "a counted tender dropped",
];

thread_local! {
    static PLANTED: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Plants this one in everything the thread does, or none.
pub fn plant(name: Option<&'static str>) {
    PLANTED.set(name);
}

/// Whether this one is planted.
pub fn is(name: &str) -> bool {
    PLANTED.get() == Some(name)
}

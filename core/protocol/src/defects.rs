//! Ten faults that can be planted in the core, to show that the simulator finds each.
//!
//! Only with `--cfg tillkit_defects` is there any of this; `cargo xtask prove` builds it so. What is
//! planted is so for one thread: a simulated world has no other.

use std::cell::Cell;

/// The names of all of them.
pub const ALL: [&str; 10] = [
    "acknowledged before it is sent",
    "a number used again after a restart",
    "a slot gone on with unseen",
    "sections made live one by one",
    "a retry timer forgotten",
    "a body lost when the token is renewed",
    "counted stock taken off again",
    "a poke dropped during a run",
    "a new epoch sends nothing again",
    "a counter without earlier enrolments",
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

//! A till and a centre, end to end, over real sockets and real files.

#![allow(missing_docs)]

mod arrows;
mod bad_input;
mod crashes;
mod selling;
mod syncing;

//! Two targets, each a function of bytes that panics when a property does not hold:
//! [`certificate`], the parser that runs before authentication, and [`datagrams`], a whole endpoint.
//!
//! No sockets, no real time, and no libFuzzer: the programs in `fuzz_targets` add that, the test `short` does without.

#![forbid(unsafe_code)]

mod certificate;
mod datagrams;
mod input;
mod network;
mod random;

pub use certificate::{SOUND, Selector, certificate};
pub use datagrams::{MAX_CONNECTIONS, Operation, Report, datagrams, run};
pub use random::Random;

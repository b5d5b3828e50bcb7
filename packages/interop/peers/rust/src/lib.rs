//! rust-libp2p as a peer of the interop suites. `peers/README.md` has the contract of the programs in `bin/`.

pub mod gossip;
pub mod host;
pub mod link;
pub mod load;
pub mod pattern;
pub mod perf;
pub mod pings;
pub mod program;
pub mod redis;
pub mod streams;
pub mod transport;

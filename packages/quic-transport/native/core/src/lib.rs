//! libp2p QUIC endpoints, connections and streams over quinn-proto, whose events leave in batches.
//!
//! No napi types, no JavaScript, no handles: the `binding` crate gives those. Each endpoint has one thread, its driver, that
//! receives, keeps time and sends. What happens there is pushed to the endpoint's [`EventQueue`], which wakes its reader
//! once and is emptied by [`EventQueue::drain`]. Commands (`write`, `finish`, `close`, ...) are synchronous, copy what they
//! take, and wait for nothing but the lock of their connection; [`Endpoint::flush`] sends what a turn of them has left.
#![forbid(unsafe_code)]

mod admission;
mod config;
mod connection;
mod deadlines;
mod driver;
mod endpoint;
mod error;
mod events;
mod key_log;
mod outbox;
mod qlog;
mod receive_window;
mod secrets;
mod shared;
mod socket;
mod statistics;
mod stream;
mod tokens;

pub use config::{Config, ConfigError, CongestionControl};
pub use connection::{Connection, OpenStream};
pub use endpoint::Endpoint;
pub use error::{CloseKind, CloseReason};
pub use events::{Batch, Event, EventQueue, MAX_REASON_BYTES, RECORDS_PER_STREAM, StreamSignal};
pub use key_log::KeyLogFile;
pub use qlog::QlogDirectory;
pub use secrets::{EndpointSecret, SECRET_BYTES};
pub use shared::EndpointStats;
pub use statistics::{ConnectionStatistics, Traffic};
pub use stream::{Closed, Stream};

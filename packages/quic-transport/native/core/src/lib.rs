//! libp2p QUIC endpoints, connections and streams over quinn, whose events leave in batches.
//!
//! No napi types, no JavaScript, no handles: the `binding` crate gives those. What happens on the runtime's threads is
//! pushed to one [`EventQueue`] per endpoint, which wakes its reader once and is emptied by [`EventQueue::drain`].
//! Commands (`write`, `finish`, `close`, ...) are synchronous, copy what they take and never wait.
#![forbid(unsafe_code)]

mod accept;
mod admission;
mod config;
mod connection;
mod endpoint;
mod error;
mod events;
mod key_log;
mod runtime;
mod secrets;
mod statistics;
mod stream;

pub use config::{Config, ConfigError, CongestionControl};
pub use connection::{Connection, OpenStream};
pub use endpoint::{Endpoint, EndpointStats};
pub use error::{CloseKind, CloseReason};
pub use events::{Batch, Event, EventQueue, MAX_REASON_BYTES, RECORDS_PER_STREAM, StreamSignal};
pub use key_log::KeyLogFile;
pub use runtime::Runtime;
pub use secrets::{EndpointSecret, SECRET_BYTES};
pub use statistics::{ConnectionStatistics, Traffic};
pub use stream::{Closed, Stream};

use std::task::{Context, Poll};

/// Polls a future once and drops it. For quinn's cancel-safe futures, which hold no state between polls.
fn poll_once<F: Future>(future: F, context: &mut Context<'_>) -> Poll<F::Output> {
    std::pin::pin!(future).poll(context)
}

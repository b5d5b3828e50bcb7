//! The libp2p TLS 1.3 handshake: makes the certificate of a node, verifies that of a peer, and
//! builds the `rustls` configurations of both sides.
//!
//! No sockets, no runtime, and no host key: the owner of the host key signs [`TlsKey::to_be_signed`]
//! wherever that key lives. No muxer negotiation, no resumption, no 0-RTT, no server name.
//!
//! The spec is libp2p `tls/tls.md`; "spec" without a name means it.
//!
//! Read [`certificate`] first: everything that a peer can send before it is known arrives there.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod certificate;
mod config;
mod der;
mod error;
mod host_key;
mod identity;
mod peer_id;
mod signature;

pub use certificate::{RemoteIdentity, remote_identity, verify_certificate};
pub use config::{ALPN, Refusal};
pub use error::{CertificateError, TlsError};
pub use identity::{Identity, TlsKey};
pub use peer_id::PeerId;

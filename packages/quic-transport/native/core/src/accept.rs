//! Inbound handshakes: each decided at once and run in a task of its own, so that a stalled one delays nobody.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use quicmesh_tls::RemoteIdentity;
use quinn::{Connecting, Incoming};
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;

use crate::admission::Decision;
use crate::connection::Connection;
use crate::endpoint::Shared;
use crate::error::{CloseKind, CloseReason};
use crate::events::Event;

/// Takes inbound handshakes until the endpoint closes.
pub(crate) async fn accept(endpoint: Arc<Shared>, quinn: quinn::Endpoint) {
    while let Some(incoming) = quinn.accept().await {
        let remote = incoming.remote_address().ip();
        let is_proven = incoming.remote_address_validated();
        match endpoint.admit(remote, is_proven) {
            Decision::Accept => {
                let place = PendingHandshake {
                    endpoint: endpoint.clone(),
                    remote,
                    is_proven,
                };
                endpoint.spawn(async move { place.run(incoming).await });
            }
            Decision::Retry => {
                endpoint.stats.handshakes_retried.fetch_add(1, Ordering::Relaxed);
                // Fails only for an address that is proven.
                let _ = incoming.retry();
            }
            Decision::Refuse => {
                endpoint.stats.handshakes_refused.fetch_add(1, Ordering::Relaxed);
                incoming.refuse();
            }
        }
    }
}

/// Awaits a handshake and the identity that it proved. Dropping the future abandons the handshake.
pub(crate) async fn handshake(
    connecting: Connecting,
    limit: std::time::Duration,
) -> Result<(quinn::Connection, RemoteIdentity), CloseReason> {
    let quinn = timeout(limit, connecting)
        .await
        .map_err(|_| CloseReason::new(CloseKind::TimedOut, 0, "the handshake took too long"))??;
    // TLS has verified it already; a missing or malformed identity would be quinn's or our own fault.
    let identity = quinn
        .peer_identity()
        .and_then(|identity| identity.downcast::<Vec<CertificateDer<'static>>>().ok())
        .ok_or_else(|| CloseReason::new(CloseKind::TlsRefusedLocally, 0, "no certificate"))?;
    let remote = quicmesh_tls::remote_identity(&identity)
        .map_err(|error| CloseReason::new(CloseKind::TlsRefusedLocally, 0, error.to_string()))?;
    Ok((quinn, remote))
}

/// A place of [`crate::admission::Admission`], given back when dropped.
struct PendingHandshake {
    endpoint: Arc<Shared>,
    remote: IpAddr,
    is_proven: bool,
}

impl PendingHandshake {
    async fn run(self, incoming: Incoming) {
        let result = match incoming.accept() {
            Ok(connecting) => handshake(connecting, self.endpoint.config.handshake_timeout).await,
            Err(error) => Err(error.into()),
        };
        match result {
            Ok((quinn, remote)) => {
                let connection = Connection::new(&self.endpoint, quinn, remote, false);
                self.endpoint.events.push(Event::Incoming(connection));
            }
            Err(_) => {
                self.endpoint.stats.handshakes_failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for PendingHandshake {
    fn drop(&mut self) {
        self.endpoint.admission.lock().release(self.remote, self.is_proven);
    }
}

//! Inbound handshakes: each decided at once and run in a task of its own, so that a stalled one delays nobody.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use quicmesh_tls::RemoteIdentity;
use quinn::{Connecting, Incoming};
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;

use crate::connection::Connection;
use crate::endpoint::Shared;
use crate::error::{CloseKind, CloseReason};
use crate::events::Event;

/// Takes inbound handshakes until the endpoint closes.
pub(crate) async fn accept(endpoint: Arc<Shared>, quinn: quinn::Endpoint) {
    while let Some(incoming) = quinn.accept().await {
        if !endpoint.admits() {
            endpoint.stats.handshakes_refused.fetch_add(1, Ordering::Relaxed);
            incoming.refuse();
            continue;
        }
        if endpoint.demands_retry() && incoming.may_retry() {
            // It was may_retry, so it can't fail.
            let _ = incoming.retry();
            endpoint.stats.handshakes_retried.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        let pending = PendingHandshake::new(&endpoint);
        endpoint.spawn(async move { pending.run(incoming).await });
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

/// A place among [`crate::Config::max_pending_handshakes`], given back when dropped.
struct PendingHandshake(Arc<Shared>);

impl PendingHandshake {
    fn new(endpoint: &Arc<Shared>) -> Self {
        endpoint.pending_handshakes.fetch_add(1, Ordering::AcqRel);
        Self(endpoint.clone())
    }

    async fn run(self, incoming: Incoming) {
        let result = match incoming.accept() {
            Ok(connecting) => handshake(connecting, self.0.config.handshake_timeout).await,
            Err(error) => Err(error.into()),
        };
        match result {
            Ok((quinn, remote)) => {
                let connection = Connection::new(&self.0, quinn, remote, false);
                self.0.events.push(Event::Incoming(connection));
            }
            Err(_) => {
                self.0.stats.handshakes_failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for PendingHandshake {
    fn drop(&mut self) {
        self.0.pending_handshakes.fetch_sub(1, Ordering::AcqRel);
    }
}

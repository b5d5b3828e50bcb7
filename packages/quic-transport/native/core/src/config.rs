//! What an endpoint is made from. Defaults live with the user-facing options in TypeScript: every field is required.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quicmesh_tls::{Identity, PeerId, Refusal, TlsError};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, IdleTimeout, MtuDiscoveryConfig, ServerConfig, TransportConfig, VarInt};

/// An endpoint's configuration. Sizes in bytes.
#[derive(Clone)]
pub struct Config {
    pub identity: Identity,
    pub address: SocketAddr,
    /// Accept inbound connections from the start.
    pub is_listening: bool,
    /// For an IPv6 address: leave IPv4 to others.
    pub is_ipv6_only: bool,
    pub max_idle_timeout: Duration,
    /// Zero: no keep-alive.
    pub keep_alive_interval: Duration,
    pub handshake_timeout: Duration,
    pub max_concurrent_bidi_streams: u32,
    pub stream_receive_window: u32,
    pub connection_receive_window: u32,
    pub send_window: u32,
    /// What a stream's reader may be given before it says that some was consumed.
    pub stream_credit: usize,
    /// The same for all streams of a connection together.
    pub connection_credit: usize,
    /// What a stream takes from its writer beyond what quinn takes at once.
    pub stream_write_buffer: usize,
    pub initial_mtu: u16,
    pub max_mtu: u16,
    pub socket_send_buffer: usize,
    pub socket_receive_buffer: usize,
    /// Inbound handshakes under way; more are refused.
    pub max_pending_handshakes: usize,
    /// Connections of the endpoint; more inbound ones are refused.
    pub max_connections: usize,
    /// Inbound connections announced and not yet taken by [`crate::Connection::accept_streams`]; more are refused.
    pub max_pending_upgrades: usize,
}

/// A configuration that can't work.
#[derive(Debug)]
pub enum ConfigError {
    /// A value is out of its range; the text names it.
    OutOfRange(&'static str),
    Tls(TlsError),
    /// The socket can't be had: the address is taken, not ours, or needs privileges.
    Socket(std::io::Error),
}

impl From<TlsError> for ConfigError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<std::io::Error> for ConfigError {
    fn from(error: std::io::Error) -> Self {
        Self::Socket(error)
    }
}

/// Bytes buffered for one handshake that waits to be accepted: a few Initial packets, since we accept at once.
const INCOMING_BUFFER_BYTES: u64 = 64 * 1024;

/// The smallest maximum datagram size of QUIC (RFC 9000 section 14).
const MIN_MTU: u16 = 1200;

impl Config {
    pub(crate) fn transport(&self) -> Result<Arc<TransportConfig>, ConfigError> {
        if self.initial_mtu < MIN_MTU || self.max_mtu < self.initial_mtu {
            return Err(ConfigError::OutOfRange("1200 <= initial_mtu <= max_mtu"));
        }
        let idle =
            IdleTimeout::try_from(self.max_idle_timeout).map_err(|_| ConfigError::OutOfRange("max_idle_timeout"))?;
        let mut discovery = MtuDiscoveryConfig::default();
        discovery.upper_bound(self.max_mtu);

        let mut transport = TransportConfig::default();
        transport
            .max_concurrent_bidi_streams(self.max_concurrent_bidi_streams.into())
            .max_concurrent_uni_streams(VarInt::from_u32(0))
            .datagram_receive_buffer_size(None)
            .max_idle_timeout(Some(idle))
            .keep_alive_interval((!self.keep_alive_interval.is_zero()).then_some(self.keep_alive_interval))
            .stream_receive_window(self.stream_receive_window.into())
            .receive_window(self.connection_receive_window.into())
            .send_window(self.send_window.into())
            .allow_spin(false)
            .initial_mtu(self.initial_mtu)
            .mtu_discovery_config(Some(discovery));
        Ok(Arc::new(transport))
    }

    pub(crate) fn server(&self, transport: Arc<TransportConfig>) -> Result<ServerConfig, ConfigError> {
        let crypto = QuicServerConfig::try_from(self.identity.server_config(None)?)
            .map_err(|_| ConfigError::OutOfRange("TLS 1.3 initial cipher suite"))?;
        let mut server = ServerConfig::with_crypto(Arc::new(crypto));
        server
            .transport_config(transport)
            .max_incoming(self.max_pending_handshakes)
            .incoming_buffer_size(INCOMING_BUFFER_BYTES)
            .incoming_buffer_size_total(INCOMING_BUFFER_BYTES.saturating_mul(self.max_pending_handshakes as u64));
        Ok(server)
    }

    pub(crate) fn client(
        &self,
        transport: Arc<TransportConfig>,
        expected: Option<PeerId>,
    ) -> Result<(ClientConfig, Refusal), ConfigError> {
        let (crypto, refusal) = self.identity.dial_config(expected, None)?;
        let crypto =
            QuicClientConfig::try_from(crypto).map_err(|_| ConfigError::OutOfRange("TLS 1.3 initial cipher suite"))?;
        let mut client = ClientConfig::new(Arc::new(crypto));
        client.transport_config(transport);
        Ok((client, refusal))
    }
}

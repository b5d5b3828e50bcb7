//! What an endpoint is made from. Defaults live with the user-facing options in TypeScript: every field is required.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quicmesh_tls::{Identity, PeerId, Refusal, TlsError};
use quinn_proto::congestion::{BbrConfig, ControllerFactory, CubicConfig, NewRenoConfig};
use quinn_proto::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn_proto::{
    AckFrequencyConfig, ClientConfig, EndpointConfig, IdleTimeout, MtuDiscoveryConfig, QlogStream, ServerConfig,
    TokenStore, TransportConfig, VarInt,
};
use rustls::KeyLog;

use crate::admission::AdmissionLimits;
use crate::tokens::validation_tokens;
use crate::{EndpointSecret, KeyLogFile, QlogDirectory};

/// An endpoint's configuration. Sizes in bytes.
#[derive(Clone)]
pub struct Config {
    pub identity: Identity,
    pub secret: EndpointSecret,
    /// Where TLS secrets go, if the user wants them anywhere.
    pub key_log: Option<Arc<KeyLogFile>>,
    /// Where each connection leaves a qlog file, if the user wants them anywhere.
    pub qlog: Option<QlogDirectory>,
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
    /// The most that a connection's window grows to.
    pub connection_receive_window: u32,
    /// The windows of all connections together: beyond it none grows, and no inbound connection is taken.
    pub receive_budget: u64,
    pub send_window: u32,
    /// What a stream's reader may be given before it says that some was consumed.
    pub stream_credit: usize,
    /// The same for all streams of a connection together.
    pub connection_credit: usize,
    /// What a stream takes from its writer beyond what quinn takes at once.
    pub stream_write_buffer: usize,
    pub congestion_control: CongestionControl,
    /// What may be on the way before the first acknowledgement (RFC 9002 section 7.2).
    pub initial_congestion_window: u64,
    /// Hand several datagrams to the operating system at once, where it can cut them (GSO).
    pub uses_segmentation_offload: bool,
    pub initial_mtu: u16,
    pub max_mtu: u16,
    pub socket_send_buffer: usize,
    pub socket_receive_buffer: usize,
    /// Inbound handshakes under way; more are refused.
    pub max_pending_handshakes: usize,
    /// Of these, by one proven address (IPv4) or network (IPv6 /64).
    pub max_pending_handshakes_per_ip: usize,
    /// Inbound handshakes within a second, from which on addresses must be proven.
    pub retry_handshake_rate: usize,
    /// Connections of the endpoint; more inbound ones are refused.
    pub max_connections: usize,
    /// Inbound connections announced and not yet taken by [`crate::Connection::accept_streams`]; more are refused.
    pub max_pending_upgrades: usize,
    /// Ask by [`crate::Event::Gate`] before each inbound handshake, once its address is proven.
    pub gates_handshakes: bool,
    /// Follow a dialler to another IP address. To another port of the same address it is followed anyway.
    pub allows_ip_migration: bool,
}

/// How fast to send (RFC 9002 section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CongestionControl {
    /// RFC 9438.
    Cubic,
    /// The first version of BBR.
    Bbr,
    /// RFC 6582, as RFC 9002 has it.
    NewReno,
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

/// Bytes buffered for one handshake that waits to be accepted: a few Initial packets.
const INCOMING_BUFFER_BYTES: u64 = 64 * 1024;

/// The smallest maximum datagram size of QUIC (RFC 9000 section 14).
const MIN_MTU: u16 = 1200;

/// What we are ready to receive at least: peers may send that much whatever we send.
const DEFAULT_UDP_PAYLOAD_BYTES: u16 = 1472;

/// Packets that a peer may get from us without acknowledging at once (draft-ietf-quic-ack-frequency section 4): every fourth is
/// acknowledged, and none later than after its `max_ack_delay` (25 ms), where RFC 9000 section 13.2.2 has every second. More would
/// starve the small congestion window of a lossy path (docs/decisions/0015-fewer-acknowledgements.md).
const UNACKNOWLEDGED_PACKETS: u32 = 3;

/// QUIC version 1 (RFC 9000), the only one.
const VERSIONS: [u32; 1] = [1];

impl Config {
    pub(crate) fn transport(
        &self,
        receive_window: u32,
        qlog: Option<QlogStream>,
    ) -> Result<Arc<TransportConfig>, ConfigError> {
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
            .receive_window(receive_window.into())
            .send_window(self.send_window.into())
            .allow_spin(false)
            .congestion_controller_factory(self.congestion_control.factory(self.initial_congestion_window))
            .enable_segmentation_offload(self.uses_segmentation_offload)
            .initial_mtu(self.initial_mtu)
            .mtu_discovery_config(Some(discovery))
            .ack_frequency_config(Some(ack_frequency()))
            .qlog_stream(qlog);
        Ok(Arc::new(transport))
    }

    pub(crate) fn server(&self, transport: Arc<TransportConfig>) -> Result<ServerConfig, ConfigError> {
        let crypto = QuicServerConfig::try_from(self.identity.server_config(self.key_log())?)
            .map_err(|_| ConfigError::OutOfRange("TLS 1.3 initial cipher suite"))?;
        let mut server = ServerConfig::with_crypto(Arc::new(crypto));
        server
            .transport_config(transport)
            .validation_token_config(validation_tokens())
            // One more than there are places: the one to be refused.
            .max_incoming(self.max_pending_handshakes.saturating_add(1))
            .incoming_buffer_size(INCOMING_BUFFER_BYTES)
            .incoming_buffer_size_total(INCOMING_BUFFER_BYTES.saturating_mul(self.max_pending_handshakes as u64));
        self.secret.protect_tokens(&mut server);
        Ok(server)
    }

    pub(crate) fn endpoint(&self) -> Result<EndpointConfig, ConfigError> {
        let mut endpoint = self.secret.endpoint_config();
        endpoint
            .supported_versions(VERSIONS.to_vec())
            .max_udp_payload_size(self.max_mtu.max(DEFAULT_UDP_PAYLOAD_BYTES))
            .map_err(|_| ConfigError::OutOfRange("max_mtu"))?;
        Ok(endpoint)
    }

    pub(crate) fn admission_limits(&self) -> AdmissionLimits {
        AdmissionLimits {
            max_pending: self.max_pending_handshakes,
            max_pending_per_ip: self.max_pending_handshakes_per_ip,
            retry_rate: self.retry_handshake_rate,
        }
    }

    pub(crate) fn client(
        &self,
        transport: Arc<TransportConfig>,
        expected: Option<PeerId>,
        tokens: Arc<dyn TokenStore>,
    ) -> Result<(ClientConfig, Refusal), ConfigError> {
        let (crypto, refusal) = self.identity.dial_config(expected, self.key_log())?;
        let crypto =
            QuicClientConfig::try_from(crypto).map_err(|_| ConfigError::OutOfRange("TLS 1.3 initial cipher suite"))?;
        let mut client = ClientConfig::new(Arc::new(crypto));
        client.transport_config(transport).token_store(tokens);
        Ok((client, refusal))
    }

    fn key_log(&self) -> Option<Arc<dyn KeyLog>> {
        self.key_log.clone().map(|file| file as Arc<dyn KeyLog>)
    }
}

/// Peers that know the extension, as all of quinn's do, acknowledge less often.
fn ack_frequency() -> AckFrequencyConfig {
    let mut frequency = AckFrequencyConfig::default();
    frequency
        .ack_eliciting_threshold(VarInt::from_u32(UNACKNOWLEDGED_PACKETS))
        // at once, as without the extension (RFC 9000 section 13.2.1): a loss shall not wait
        .reordering_threshold(VarInt::from_u32(1));
    frequency
}

impl CongestionControl {
    fn factory(self, initial_window: u64) -> Arc<dyn ControllerFactory + Send + Sync> {
        match self {
            Self::Cubic => {
                let mut cubic = CubicConfig::default();
                cubic.initial_window(initial_window);
                Arc::new(cubic)
            }
            Self::Bbr => {
                let mut bbr = BbrConfig::default();
                bbr.initial_window(initial_window);
                Arc::new(bbr)
            }
            Self::NewReno => {
                let mut new_reno = NewRenoConfig::default();
                new_reno.initial_window(initial_window);
                Arc::new(new_reno)
            }
        }
    }
}

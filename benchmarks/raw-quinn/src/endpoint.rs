//! quinn configured as our binding configures it. The values are the defaults of the transport's `options.ts`.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use quicmesh_tls::{Identity, TlsKey};
use quinn::congestion::CubicConfig;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{
    AckFrequencyConfig, ClientConfig, Connection, Endpoint, EndpointConfig, IdleTimeout, MtuDiscoveryConfig,
    ServerConfig, TokioRuntime, TransportConfig,
};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use socket2::{Domain, Protocol, Socket, Type};

const MIB: u32 = 1024 * 1024;
const MAX_IDLE_TIMEOUT: Duration = Duration::from_secs(30);
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(5);
const MAX_INBOUND_STREAMS: u32 = 256;
const STREAM_RECEIVE_WINDOW_BYTES: u32 = 2 * MIB;
const CONNECTION_RECEIVE_WINDOW_BYTES: u32 = 4 * MIB;
const SEND_WINDOW_BYTES: u64 = 2 * MIB as u64;
const INITIAL_CONGESTION_WINDOW_BYTES: u64 = 38_400;
const INITIAL_MTU: u16 = 1_200;
const MAX_MTU: u16 = 1_452;
const SOCKET_BUFFER_BYTES: usize = 4 * MIB as usize;

/// As in `config.rs` of the transport's native core, where it is no option.
const UNACKNOWLEDGED_PACKETS: u32 = 3;

/// What quinn wants to be called; never sent, since server names are off.
const SERVER_NAME: &str = "libp2p.invalid";

/// A PublicKey (libp2p peer-ids): Type Ed25519, Data of 32 bytes.
const ED25519_PREFIX: [u8; 4] = [0x08, 0x01, 0x12, 0x20];

/// An endpoint on loopback, with an identity of its own, that dials and accepts.
pub fn bind() -> Result<Endpoint> {
    let identity = identity()?;
    let transport = transport()?;
    let mut server = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(
        identity.server_config(None).map_err(|error| anyhow!("{error}"))?,
    )?));
    server.transport_config(transport.clone());
    let mut client = ClientConfig::new(Arc::new(QuicClientConfig::try_from(
        identity.client_config(None, None).map_err(|error| anyhow!("{error}"))?,
    )?));
    client.transport_config(transport);
    let mut endpoint = Endpoint::new(
        EndpointConfig::default(),
        Some(server),
        socket()?,
        Arc::new(TokioRuntime),
    )?;
    endpoint.set_default_client_config(client);
    Ok(endpoint)
}

/// A dial with the whole handshake: both sides prove their peer ids.
pub async fn dial(endpoint: &Endpoint, server: SocketAddr) -> Result<Connection> {
    Ok(endpoint.connect(server, SERVER_NAME)?.await?)
}

fn transport() -> Result<Arc<TransportConfig>> {
    let mut discovery = MtuDiscoveryConfig::default();
    discovery.upper_bound(MAX_MTU);
    let mut congestion = CubicConfig::default();
    congestion.initial_window(INITIAL_CONGESTION_WINDOW_BYTES);
    let mut acknowledgements = AckFrequencyConfig::default();
    acknowledgements
        .ack_eliciting_threshold(UNACKNOWLEDGED_PACKETS.into())
        .reordering_threshold(1u32.into());
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(MAX_INBOUND_STREAMS.into())
        .max_concurrent_uni_streams(0u32.into())
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Some(IdleTimeout::try_from(MAX_IDLE_TIMEOUT)?))
        .keep_alive_interval(Some(KEEP_ALIVE_INTERVAL))
        .stream_receive_window(STREAM_RECEIVE_WINDOW_BYTES.into())
        .receive_window(CONNECTION_RECEIVE_WINDOW_BYTES.into())
        .send_window(SEND_WINDOW_BYTES)
        .allow_spin(false)
        .congestion_controller_factory(Arc::new(congestion))
        .enable_segmentation_offload(true)
        .initial_mtu(INITIAL_MTU)
        .mtu_discovery_config(Some(discovery))
        .ack_frequency_config(Some(acknowledgements));
    Ok(Arc::new(transport))
}

fn socket() -> Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    // the system may grant less
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER_BYTES);
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES);
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    Ok(socket.into())
}

fn identity() -> Result<Identity> {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| anyhow!("no randomness"))?;
    let host = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(|_| anyhow!("not a key"))?;
    let key = TlsKey::generate().map_err(|error| anyhow!("{error}"))?;
    let signature = host.sign(&key.to_be_signed());
    let public_key = [&ED25519_PREFIX, host.public_key().as_ref()].concat();
    key.certify(&public_key, signature.as_ref())
        .map_err(|error| anyhow!("{error}"))
}

//! Endpoints of quinn-proto and their connections, without sockets: datagrams go in by hand and come out in a queue.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use quicmesh_tls::{Identity, TlsKey};
use quinn_proto::{
    ClientConfig, Connection, ConnectionHandle, DatagramEvent, Dir, Endpoint, EndpointConfig, Event, IdleTimeout,
    Incoming, MtuDiscoveryConfig, ServerConfig, StreamEvent, Transmit, TransportConfig, VarInt,
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
};
use ring::signature::{Ed25519KeyPair, KeyPair};

/// Handshakes under way; more are refused, and a quarter of them is given without a Retry, as the core does.
pub(crate) const MAX_HANDSHAKES: usize = 16;
/// Datagrams that one connection may want to send at one time, far above any window of these tests.
const MAX_BURST: usize = 2_000;
const IDLE: Duration = Duration::from_secs(30);
const KEEP_ALIVE: Duration = Duration::from_secs(5);

pub(crate) struct Host {
    pub(crate) endpoint: Endpoint,
    pub(crate) connections: BTreeMap<usize, (ConnectionHandle, Connection)>,
    /// Connections that were accepted, ever.
    pub(crate) accepted: usize,
    /// What was sent and not fetched, oldest first.
    pub(crate) outbox: VecDeque<(SocketAddr, Vec<u8>)>,
}

impl Host {
    pub(crate) fn server(identity: &Identity) -> (Self, Arc<ServerConfig>) {
        let crypto = identity.server_config(None).expect("a TLS configuration");
        let crypto = QuicServerConfig::try_from(crypto).expect("an initial cipher suite");
        let mut config = ServerConfig::with_crypto(Arc::new(crypto));
        config
            .transport_config(transport())
            .max_incoming(MAX_HANDSHAKES)
            .incoming_buffer_size(64 * 1024)
            .incoming_buffer_size_total(64 * 1024 * MAX_HANDSHAKES as u64);
        let config = Arc::new(config);
        (Self::new(Some(config.clone())), config)
    }

    pub(crate) fn client(identity: &Identity, now: Instant, server: SocketAddr) -> Self {
        let crypto = identity.client_config(None, None).expect("a TLS configuration");
        let crypto = QuicClientConfig::try_from(crypto).expect("an initial cipher suite");
        let mut config = ClientConfig::new(Arc::new(crypto));
        config.transport_config(transport());
        let mut host = Self::new(None);
        let dialled = host.endpoint.connect(now, config, server, "libp2p.invalid");
        let (handle, connection) = dialled.expect("an address");
        host.connections.insert(handle.0, (handle, connection));
        host.drive(now);
        host
    }

    fn new(config: Option<Arc<ServerConfig>>) -> Self {
        Self {
            endpoint: Endpoint::new(Arc::new(EndpointConfig::default()), config, true, Some([3; 32])),
            connections: BTreeMap::new(),
            accepted: 0,
            outbox: VecDeque::new(),
        }
    }

    /// Takes one datagram and does all that follows from it at once. Returns the address of the connection that it was
    /// for, which may not be where it came from.
    pub(crate) fn receive(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> Option<SocketAddr> {
        let mut owner = None;
        let mut out = Vec::new();
        match self
            .endpoint
            .handle(now, from, None, None, BytesMut::from(datagram), &mut out)
        {
            Some(DatagramEvent::Response(transmit)) => self.send(&transmit, &out),
            Some(DatagramEvent::ConnectionEvent(handle, event)) => {
                if let Some((_, connection)) = self.connections.get_mut(&handle.0) {
                    connection.handle_event(event);
                    owner = Some(connection.remote_address());
                }
            }
            Some(DatagramEvent::NewConnection(incoming)) => self.decide(now, incoming),
            None => {}
        }
        self.drive(now);
        owner
    }

    pub(crate) fn handshakes(&self) -> usize {
        self.connections
            .values()
            .filter(|(_, connection)| connection.is_handshaking())
            .count()
    }

    pub(crate) fn next_timeout(&mut self) -> Option<Instant> {
        self.connections
            .values_mut()
            .filter_map(|(_, connection)| connection.poll_timeout())
            .min()
    }

    pub(crate) fn expire(&mut self, now: Instant) {
        for (_, connection) in self.connections.values_mut() {
            if connection.poll_timeout().is_some_and(|at| at <= now) {
                connection.handle_timeout(now);
            }
        }
        self.drive(now);
    }

    /// As the core's `accept`.
    fn decide(&mut self, now: Instant, incoming: Incoming) {
        let handshakes = self.handshakes();
        let mut out = Vec::new();
        if handshakes >= MAX_HANDSHAKES {
            let transmit = self.endpoint.refuse(incoming, &mut out);
            self.send(&transmit, &out);
        } else if handshakes >= MAX_HANDSHAKES / 4 && incoming.may_retry() {
            let transmit = self.endpoint.retry(incoming, &mut out).expect("it may be retried");
            self.send(&transmit, &out);
        } else {
            match self.endpoint.accept(incoming, now, &mut out, None) {
                Ok((handle, connection)) => {
                    self.accepted += 1;
                    self.connections.insert(handle.0, (handle, connection));
                }
                Err(error) => {
                    if let Some(transmit) = error.response {
                        self.send(&transmit, &out);
                    }
                }
            }
        }
    }

    /// Lets every connection say all that it has to say.
    pub(crate) fn drive(&mut self, now: Instant) {
        let mut outbox = Vec::new();
        for (handle, connection) in self.connections.values_mut() {
            loop {
                serve(connection);
                let mut is_idle = true;
                while let Some(event) = connection.poll_endpoint_events() {
                    is_idle = false;
                    if let Some(event) = self.endpoint.handle_event(*handle, event) {
                        connection.handle_event(event);
                    }
                }
                let mut out = Vec::new();
                while let Some(transmit) = connection.poll_transmit(now, 1, &mut out) {
                    is_idle = false;
                    outbox.push((transmit.destination, out[..transmit.size].to_vec()));
                    assert!(outbox.len() < MAX_BURST, "a connection sends without end");
                    out.clear();
                }
                if is_idle {
                    break;
                }
            }
        }
        self.outbox.extend(outbox);
        self.connections.retain(|_, (_, connection)| !connection.is_drained());
    }

    fn send(&mut self, transmit: &Transmit, out: &[u8]) {
        self.outbox
            .push_back((transmit.destination, out[..transmit.size].to_vec()));
    }
}

/// The application: reads all streams and forgets what it read.
fn serve(connection: &mut Connection) {
    let mut readable = Vec::new();
    while let Some(event) = connection.poll() {
        match event {
            Event::Stream(StreamEvent::Opened { dir }) => readable.extend(accepted(connection, dir)),
            Event::Stream(StreamEvent::Readable { id }) => readable.push(id),
            _ => {}
        }
    }
    for id in readable {
        let mut stream = connection.recv_stream(id);
        if let Ok(mut chunks) = stream.read(true) {
            while let Ok(Some(_)) = chunks.next(usize::MAX) {}
            let _ = chunks.finalize();
        }
    }
}

fn accepted(connection: &mut Connection, dir: Dir) -> Vec<quinn_proto::StreamId> {
    std::iter::from_fn(|| connection.streams().accept(dir)).collect()
}

/// An identity whose host key is these bytes, repeated.
pub(crate) fn identity(seed: u8) -> Identity {
    let host = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed of 32 bytes");
    let key = TlsKey::generate().expect("randomness");
    let signature = host.sign(&key.to_be_signed());
    let public_key = [&[0x08, 1, 0x12, 32][..], host.public_key().as_ref()].concat();
    key.certify(&public_key, signature.as_ref()).expect("a sound host key")
}

/// Equal to the defaults of the package.
fn transport() -> Arc<TransportConfig> {
    let mut discovery = MtuDiscoveryConfig::default();
    discovery.upper_bound(1_452);
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(256u32.into())
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Some(IdleTimeout::try_from(IDLE).expect("a short time")))
        .keep_alive_interval(Some(KEEP_ALIVE))
        .allow_spin(false)
        .mtu_discovery_config(Some(discovery));
    Arc::new(transport)
}

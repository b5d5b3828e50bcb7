//! Two endpoints on loopback and a reader that drains both, as the binding does, into a list of what happened.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use bytes::Bytes;
use quicmesh_quic_core::{
    Batch, CloseReason, Config, CongestionControl, Connection, Endpoint, EndpointSecret, Event, EventQueue, OpenStream,
    SECRET_BYTES, Stream, StreamSignal,
};
use quicmesh_tls::{Identity, PeerId, TlsKey};
use ring::signature::{Ed25519KeyPair, KeyPair};

/// Longest wait for anything: reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a turn of this reader's loop takes: what its commands leave goes out at the end of it.
const TURN: Duration = Duration::from_millis(1);

/// What a drain told, with objects instead of handles.
pub enum Told {
    Dialed(Arc<Connection>),
    DialFailed(CloseReason),
    Gate(u32, SocketAddr),
    Incoming(Arc<Connection>),
    Opened(Option<Arc<Stream>>),
    StreamIncoming(Arc<Stream>),
    Data(u64, Vec<u8>),
    Signal(StreamSignal),
    Flushed,
    Closed(CloseReason),
    EndpointClosed,
}

pub struct Node {
    pub endpoint: Arc<Endpoint>,
    pub peer_id: PeerId,
    told: VecDeque<Told>,
    wakes: Receiver<()>,
    is_more_waiting: bool,
}

pub fn config(identity: Identity) -> Config {
    Config {
        identity,
        secret: EndpointSecret::new([7; SECRET_BYTES]),
        key_log: None,
        qlog: None,
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        is_listening: true,
        is_ipv6_only: true,
        max_idle_timeout: Duration::from_secs(30),
        keep_alive_interval: Duration::from_secs(5),
        handshake_timeout: Duration::from_secs(5),
        max_concurrent_bidi_streams: 4,
        stream_receive_window: 1 << 20,
        connection_receive_window: 4 << 20,
        receive_budget: 2 << 30,
        send_window: 1 << 20,
        stream_credit: 64 << 10,
        connection_credit: 256 << 10,
        stream_write_buffer: 64 << 10,
        congestion_control: CongestionControl::Cubic,
        initial_congestion_window: 38_400,
        uses_segmentation_offload: true,
        initial_mtu: 1200,
        max_mtu: 1452,
        socket_send_buffer: 1 << 20,
        socket_receive_buffer: 1 << 20,
        max_pending_handshakes: 16,
        max_pending_handshakes_per_ip: 16,
        retry_handshake_rate: 1_000,
        max_connections: 16,
        max_pending_upgrades: 16,
        gates_handshakes: false,
        allows_ip_migration: false,
    }
}

pub fn identity() -> Identity {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let host = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    // PublicKey { Type: Ed25519, Data: 32 bytes }
    let public_key = [&[0x08, 0x01, 0x12, 0x20], host.public_key().as_ref()].concat();
    let key = TlsKey::generate().unwrap();
    let signature = host.sign(&key.to_be_signed());
    key.certify(&public_key, signature.as_ref()).unwrap()
}

impl Node {
    pub fn start(adjust: impl FnOnce(&mut Config)) -> Self {
        let identity = identity();
        let peer_id = identity.peer_id().clone();
        let mut config = config(identity);
        adjust(&mut config);
        let (waker, wakes): (Sender<()>, _) = channel();
        let events = EventQueue::new(move || {
            let _ = waker.send(());
        });
        let endpoint = Arc::new(Endpoint::new(config, events).unwrap());
        let weak = Arc::downgrade(&endpoint);
        std::thread::spawn(move || {
            while let Some(endpoint) = weak.upgrade() {
                endpoint.flush();
                std::thread::sleep(TURN);
            }
        });
        Self {
            endpoint,
            peer_id,
            told: VecDeque::new(),
            wakes,
            is_more_waiting: false,
        }
    }

    /// The next thing told, in the order of the drains.
    pub fn next(&mut self) -> Told {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(told) = self.told.pop_front() {
                return told;
            }
            self.drain_within(deadline.saturating_duration_since(Instant::now()))
                .expect("nothing happened in time");
        }
    }

    /// Everything that is told until nothing came for `quiet`.
    pub fn settle(&mut self, quiet: Duration) -> Vec<Told> {
        while self.drain_within(quiet).is_some() {}
        self.told.drain(..).collect()
    }

    fn drain_within(&mut self, limit: Duration) -> Option<()> {
        if !std::mem::take(&mut self.is_more_waiting) {
            self.wakes.recv_timeout(limit).ok()?;
        }
        let mut list = List {
            told: &mut self.told,
            room: 16 << 10,
        };
        self.is_more_waiting = self.endpoint.events().drain(&mut list);
        Some(())
    }

    pub fn dial(&mut self, to: &Node) -> Arc<Connection> {
        let timeout = Duration::from_secs(5);
        self.endpoint
            .dial(1, to.endpoint.address(), Some(to.peer_id.clone()), timeout);
        match self.next() {
            Told::Dialed(connection) => connection,
            Told::DialFailed(reason) => panic!("dial failed: {reason:?}"),
            _ => panic!("something else than the dial happened"),
        }
    }

    pub fn incoming(&mut self) -> Arc<Connection> {
        match self.next() {
            Told::Incoming(connection) => connection,
            _ => panic!("something else than a connection came"),
        }
    }

    pub fn incoming_stream(&mut self) -> Arc<Stream> {
        match self.next() {
            Told::StreamIncoming(stream) => stream,
            _ => panic!("something else than a stream came"),
        }
    }

    pub fn closed(&mut self) -> CloseReason {
        loop {
            if let Told::Closed(reason) = self.next() {
                return reason;
            }
        }
    }

    pub fn signal(&mut self) -> StreamSignal {
        loop {
            if let Told::Signal(signal) = self.next() {
                return signal;
            }
        }
    }
}

/// A client connected to a server that accepts streams.
pub fn connect(client: &mut Node, server: &mut Node) -> (Arc<Connection>, Arc<Connection>) {
    let outbound = client.dial(server);
    let inbound = server.incoming();
    outbound.accept_streams();
    inbound.accept_streams();
    (outbound, inbound)
}

pub fn open(connection: &Arc<Connection>) -> Arc<Stream> {
    match connection.open_stream(7) {
        OpenStream::Ready(stream) => stream,
        OpenStream::Pending => panic!("at the stream limit"),
        OpenStream::Gone => panic!("the connection is gone"),
    }
}

struct List<'a> {
    told: &'a mut VecDeque<Told>,
    room: usize,
}

impl Batch for List<'_> {
    fn is_full(&self) -> bool {
        self.room < 1024
    }

    fn room(&self) -> usize {
        self.room
    }

    fn event(&mut self, event: Event) {
        self.told.push_back(match event {
            Event::Dialed { connection, .. } => Told::Dialed(connection),
            Event::DialFailed { reason, .. } => Told::DialFailed(reason),
            Event::Gate { gate, remote } => Told::Gate(gate, remote),
            Event::Incoming(connection) => Told::Incoming(connection),
            Event::StreamOpened { stream, .. } => Told::Opened(stream),
            Event::StreamIncoming { stream, .. } => Told::StreamIncoming(stream),
            Event::Flushed { .. } => Told::Flushed,
            Event::ConnectionClosed { reason, .. } => Told::Closed(reason),
            Event::EndpointClosed => Told::EndpointClosed,
            Event::Stream(_) => panic!("a stream is told by signals"),
        });
    }

    fn data(&mut self, stream: &Stream, chunks: &[Bytes]) {
        let bytes = chunks.concat();
        self.room = self.room.checked_sub(bytes.len()).expect("more data than room");
        self.told.push_back(Told::Data(stream.id(), bytes));
    }

    fn signal(&mut self, _stream: &Stream, signal: StreamSignal) {
        self.told.push_back(Told::Signal(signal));
    }
}

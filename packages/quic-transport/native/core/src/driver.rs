//! The thread of an endpoint: receives, keeps time, sends, and decides on strangers.
//!
//! It owns quinn-proto's endpoint and holds no lock while it sleeps, so that a command on another thread can send at once.

mod strangers;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use quicmesh_tls::PeerId;
use quinn_proto::{
    ConnectError, ConnectionHandle, DatagramEvent, Endpoint as Quinn, ServerConfig, Transmit, TransportConfig, VarInt,
};

use self::strangers::Gated;
use crate::connection::{Connection, MAX_SEGMENTS, Phase, Transmitted};
use crate::deadlines::Deadlines;
use crate::events::Event;
use crate::shared::{Command, Shared};
use crate::socket::{ReceiveBuffer, Received};
use crate::tokens::KeptTokens;
use crate::{CloseKind, CloseReason, ConfigError};

const SOCKET: Token = Token(0);
pub(crate) const WAKER: Token = Token(1);

/// Never sent, since SNI is off (libp2p tls/tls.md "Future Extensibility"), but quinn-proto wants a valid name.
const SERVER_NAME: &str = "libp2p.invalid";

/// Calls of the system to receive, each of many datagrams, before what came is worked on.
const RECEIVES_PER_TURN: usize = 4;

/// Calls of the system to send for one connection before the others have their turn.
const TRANSMITS_PER_TURN: usize = 16;

/// When a closing endpoint says CONNECTION_CLOSE again to peers that were amid a transfer: the queue that a datagram is
/// lost in is full then.
const FAREWELLS: [Duration; 3] = [
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(20),
];

pub(crate) struct Driver {
    shared: Arc<Shared>,
    quinn: Quinn,
    poll: Poll,
    transport: Arc<TransportConfig>,
    server: Arc<ServerConfig>,
    tokens: KeptTokens,
    /// By the number of quinn-proto's handle.
    connections: HashMap<usize, Arc<Connection>>,
    dials: HashMap<u32, Arc<Connection>>,
    gated: BTreeMap<u32, Gated>,
    last_gate: u32,
    deadlines: Deadlines,
    /// To be looked at in this turn.
    touched: Vec<Arc<Connection>>,
    /// Have more to send than one turn allows.
    unfinished: Vec<Arc<Connection>>,
    /// Wait for room in the system's buffer.
    blocked: Vec<Arc<Connection>>,
    /// There may be datagrams that no event will tell of.
    is_readable: bool,
    received: Vec<Received>,
    receive_buffer: ReceiveBuffer,
    send_buffer: Vec<u8>,
}

impl Driver {
    pub fn new(shared: Arc<Shared>, poll: Poll) -> Result<Self, ConfigError> {
        let config = &shared.config;
        let max_window = config.connection_receive_window;
        let transport = config.transport(max_window, None)?;
        let server = Arc::new(config.server(transport.clone())?);
        let may_fragment = shared.with_socket(|socket| socket.may_fragment()).unwrap_or(true);
        let quinn = Quinn::new(Arc::new(config.endpoint()?), Some(server.clone()), !may_fragment, None);
        shared.change_socket(|socket| match socket {
            Some(socket) => poll.registry().register(socket.io(), SOCKET, Interest::READABLE),
            None => Ok(()),
        })?;
        Ok(Self {
            shared,
            quinn,
            poll,
            transport,
            server,
            tokens: KeptTokens::default(),
            connections: HashMap::new(),
            dials: HashMap::new(),
            gated: BTreeMap::new(),
            last_gate: 0,
            deadlines: Deadlines::default(),
            touched: Vec::new(),
            unfinished: Vec::new(),
            blocked: Vec::new(),
            is_readable: true,
            received: Vec::new(),
            receive_buffer: ReceiveBuffer::new(),
            send_buffer: Vec::new(),
        })
    }

    /// Runs until the endpoint is closed.
    pub fn run(mut self) {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.run_turns()));
        let code = match outcome {
            Ok(Ok(code)) => code,
            // The system is out of resources, or this code is wrong: the endpoint is lost, and everybody is told.
            Ok(Err(_)) | Err(_) => VarInt::from_u32(0),
        };
        let _ = catch_unwind(AssertUnwindSafe(|| self.close_all(code)));
        self.shared.end();
        self.shared.events.push(Event::EndpointClosed);
        self.shared.events.notify();
    }

    fn run_turns(&mut self) -> io::Result<VarInt> {
        let mut events = Events::with_capacity(8);
        loop {
            self.sleep(&mut events)?;
            let now = Instant::now();
            if let Some(code) = self.take_inbox(now) {
                return Ok(code);
            }
            self.receive(now);
            self.expire(now);
            self.serve();
            self.transmit(now)?;
        }
    }

    /// Waits until there is something to do.
    fn sleep(&mut self, events: &mut Events) -> io::Result<()> {
        let has_work = self.is_readable || !self.unfinished.is_empty() || !self.shared.fall_asleep();
        let timeout = if has_work {
            Some(Duration::ZERO)
        } else {
            self.next_deadline()
                .map(|deadline| deadline.saturating_duration_since(Instant::now()))
        };
        let result = self.poll.poll(events, timeout);
        self.shared.awake();
        match result {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in events.iter().filter(|event| event.token() == SOCKET) {
            self.is_readable |= event.is_readable();
            if event.is_writable() && !self.blocked.is_empty() {
                self.touched.append(&mut self.blocked);
                self.listen_for(Interest::READABLE)?;
            }
        }
        Ok(())
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.next().into_iter().chain(self.next_gate()).min()
    }

    /// The code with which the endpoint shall close, if it shall.
    fn take_inbox(&mut self, now: Instant) -> Option<VarInt> {
        let inbox = self.shared.take_inbox();
        for connection in inbox.connections {
            connection.clear_dirty();
            self.touched.push(connection);
        }
        for command in inbox.commands {
            match command {
                Command::Dial {
                    request,
                    address,
                    expected,
                    timeout,
                } => {
                    if let Err(reason) = self.dial(now, request, address, expected, timeout) {
                        self.shared.events.push(Event::DialFailed { request, reason });
                    }
                }
                Command::CancelDial(request) => {
                    if let Some(connection) = self.dials.remove(&request) {
                        connection.cancel_dial();
                        self.touched.push(connection);
                    }
                }
                Command::Decide { gate, is_allowed } => self.decide_gated(now, gate, is_allowed),
                Command::Close(code) => return Some(code),
            }
        }
        None
    }

    fn dial(
        &mut self,
        now: Instant,
        request: u32,
        address: SocketAddr,
        expected: Option<PeerId>,
        timeout: Duration,
    ) -> Result<(), CloseReason> {
        let config = &self.shared.config;
        let (window, transport) = self.transport_of_one(true, now);
        let (client, refusal) = config
            .client(transport, expected, self.tokens.of(address))
            .map_err(|error| CloseReason::new(CloseKind::CannotDial, 0, format!("{error:?}")))?;
        let (handle, quinn) = self.quinn.connect(now, client, address, SERVER_NAME)?;
        let phase = Phase::Dialing {
            request,
            deadline: now + timeout,
            refusal,
        };
        let connection = self.add(Connection::new(&self.shared, handle, quinn, phase, window));
        self.dials.insert(request, connection);
        Ok(())
    }

    fn add(&mut self, connection: Arc<Connection>) -> Arc<Connection> {
        self.connections.insert(connection.handle().0, connection.clone());
        self.touched.push(connection.clone());
        connection
    }

    /// The receive window of a new connection and its transport configuration: the common one, unless it is recorded or
    /// its window is smaller.
    fn transport_of_one(&self, is_client: bool, now: Instant) -> (u32, Arc<TransportConfig>) {
        let Shared { config, budget, .. } = &*self.shared;
        let max = config.connection_receive_window;
        let window = budget.initial(max);
        let qlog = config
            .qlog
            .as_ref()
            .and_then(|directory| directory.stream(is_client, now));
        let own = (qlog.is_some() || window < max)
            .then(|| config.transport(window, qlog).ok())
            .flatten();
        (window, own.unwrap_or_else(|| self.transport.clone()))
    }

    fn receive(&mut self, now: Instant) {
        for _ in 0..RECEIVES_PER_TURN {
            if !self.is_readable {
                return;
            }
            let mut received = std::mem::take(&mut self.received);
            let buffer = &mut self.receive_buffer;
            self.is_readable = self
                .shared
                .with_socket(|socket| socket.receive(buffer, &mut received))
                .unwrap_or(false);
            for mut group in received.drain(..) {
                while let Some(datagram) = group.next() {
                    self.on_datagram(now, &group, datagram);
                }
            }
            self.received = received;
        }
    }

    fn on_datagram(&mut self, now: Instant, group: &Received, datagram: bytes::BytesMut) {
        let remote = group.meta.addr;
        let event = self.quinn.handle(
            now,
            remote,
            group.meta.dst_ip,
            group.ecn(),
            datagram,
            &mut self.send_buffer,
        );
        match event {
            Some(DatagramEvent::ConnectionEvent(handle, event)) => {
                let Some(connection) = self.connections.get(&handle.0) else {
                    return;
                };
                if !self.shared.config.allows_ip_migration && connection.remote_address().ip() != remote.ip() {
                    self.shared.counters.migrations_refused.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                connection.on_datagram(event);
                self.touch(handle);
            }
            Some(DatagramEvent::NewConnection(incoming)) => self.on_stranger(now, incoming),
            Some(DatagramEvent::Response(transmit)) => self.respond(&transmit),
            None => {}
        }
        self.send_buffer.clear();
    }

    /// Once per turn for the usual run of datagrams of one connection.
    fn touch(&mut self, handle: ConnectionHandle) {
        if self.touched.last().is_some_and(|last| last.handle() == handle) {
            return;
        }
        if let Some(connection) = self.connections.get(&handle.0) {
            self.touched.push(connection.clone());
        }
    }

    /// What quinn-proto has put into the send buffer for a stranger. Lost if there is no room: the stranger asks again.
    fn respond(&mut self, transmit: &Transmit) {
        if let Some(contents) = self.send_buffer.get(..transmit.size) {
            self.shared.send(transmit, contents);
        }
        self.send_buffer.clear();
    }

    fn expire(&mut self, now: Instant) {
        while let Some((at, number)) = self.deadlines.take_due(now) {
            if let Some(connection) = self.connections.get(&number)
                && connection.on_time(at, now)
            {
                self.touched.push(connection.clone());
            }
        }
        self.expire_gated(now);
    }

    /// Everybody's news first, so that the reader is woken once, and before the time that sending takes.
    fn serve(&mut self) {
        self.touched.append(&mut self.unfinished);
        self.touched.sort_unstable_by_key(|connection| connection.handle().0);
        self.touched.dedup_by(|one, other| Arc::ptr_eq(one, other));
        for connection in &self.touched {
            let handle = connection.handle();
            let served = connection.serve(|event| self.quinn.handle_event(handle, event));
            if let Some(request) = served.ended_dial {
                self.dials.remove(&request);
            }
            if served.is_drained {
                self.connections.remove(&handle.0);
            }
        }
        self.shared.events.notify();
    }

    fn transmit(&mut self, now: Instant) -> io::Result<()> {
        let mut is_blocked = !self.blocked.is_empty();
        for connection in std::mem::take(&mut self.touched) {
            match connection.transmit(now, TRANSMITS_PER_TURN, MAX_SEGMENTS, &mut self.send_buffer) {
                Transmitted::All => {}
                Transmitted::Some => self.unfinished.push(connection.clone()),
                Transmitted::Blocked if self.blocked.iter().any(|other| Arc::ptr_eq(other, &connection)) => {}
                Transmitted::Blocked => self.blocked.push(connection.clone()),
            }
            if let Some(deadline) = connection.rearm() {
                self.deadlines.add(deadline, connection.handle().0);
            }
        }
        is_blocked = !is_blocked && !self.blocked.is_empty();
        if is_blocked {
            self.listen_for(Interest::READABLE | Interest::WRITABLE)?;
        }
        Ok(())
    }

    fn listen_for(&self, interest: Interest) -> io::Result<()> {
        self.shared.change_socket(|socket| match socket {
            Some(socket) => self.poll.registry().reregister(socket.io(), SOCKET, interest),
            None => Ok(()),
        })
    }

    /// Tells every peer and every reader.
    fn close_all(&mut self, code: VarInt) {
        self.refuse_gated();
        let mut farewells = Vec::new();
        for connection in self.connections.values() {
            let is_busy = connection.is_busy();
            connection.close_with_endpoint(code);
            let farewell = connection.farewell(Instant::now(), &mut self.send_buffer);
            farewells.extend(farewell.filter(|_| is_busy));
        }
        self.shared.events.notify();
        for pause in FAREWELLS.into_iter().take_while(|_| !farewells.is_empty()) {
            std::thread::sleep(pause);
            for (transmit, contents) in &farewells {
                self.shared.send(transmit, contents);
            }
        }
        self.connections.clear();
        self.dials.clear();
    }
}

impl From<ConnectError> for CloseReason {
    fn from(error: ConnectError) -> Self {
        let kind = match error {
            ConnectError::CidsExhausted => CloseKind::ResourceLimit,
            _ => CloseKind::CannotDial,
        };
        Self::new(kind, 0, error.to_string())
    }
}

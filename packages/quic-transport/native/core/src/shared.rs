//! What an endpoint, its driver, its connections and their streams have in common.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};
use quicmesh_tls::PeerId;
use quinn_proto::{Transmit, VarInt};

use crate::admission::{Admission, Decision};
use crate::receive_window::ReceiveBudget;
use crate::socket::{Sent, Socket};
use crate::{Config, Connection, EventQueue, Traffic};

pub(crate) struct Shared {
    pub config: Config,
    pub events: Arc<EventQueue>,
    pub counters: Counters,
    pub admission: Mutex<Admission>,
    pub budget: Arc<ReceiveBudget>,
    pub is_listening: AtomicBool,
    pub connections: AtomicUsize,
    pub pending_upgrades: AtomicUsize,
    /// Openings and flushes that wait, by the number of the request.
    pub requests: Mutex<HashMap<u32, Arc<Connection>>>,
    /// Connections that commands have left something to send to since the last [`crate::Endpoint::flush`].
    pub dirty: Mutex<Vec<Arc<Connection>>>,
    /// `None` once the endpoint is closed.
    socket: RwLock<Option<Socket>>,
    inbox: Mutex<Inbox>,
    /// The driver waits for datagrams or for time to pass: it must be woken to look at its inbox.
    is_asleep: AtomicBool,
    waker: mio::Waker,
    /// The driver looks at its inbox no more.
    is_ended: AtomicBool,
}

/// What the driver is asked to do.
#[derive(Default)]
pub(crate) struct Inbox {
    pub commands: Vec<Command>,
    /// To be looked at.
    pub connections: Vec<Arc<Connection>>,
}

pub(crate) enum Command {
    Dial {
        request: u32,
        address: SocketAddr,
        expected: Option<PeerId>,
        timeout: Duration,
    },
    CancelDial(u32),
    Decide {
        gate: u32,
        is_allowed: bool,
    },
    Close(VarInt),
}

/// What an endpoint has counted since it was made, and what it holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointStats {
    pub connections: usize,
    pub pending_handshakes: usize,
    pub pending_upgrades: usize,
    pub handshakes_failed: u64,
    pub handshakes_refused: u64,
    /// Asked to prove their address first.
    pub handshakes_retried: u64,
    /// Refused by whom [`crate::Event::Gate`] asked.
    pub handshakes_gated: u64,
    /// Datagrams of known connections from another IP address, where that is not allowed.
    pub migrations_refused: u64,
    /// What the operating system granted, in bytes.
    pub socket_send_buffer: usize,
    pub socket_receive_buffer: usize,
    /// Receive windows of all connections, in bytes.
    pub receive_windows: u64,
    /// Of connections that have ended.
    pub ended_traffic: Traffic,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub handshakes_failed: AtomicU64,
    pub handshakes_refused: AtomicU64,
    pub handshakes_retried: AtomicU64,
    pub handshakes_gated: AtomicU64,
    pub migrations_refused: AtomicU64,
    pub ended_traffic: Mutex<Traffic>,
}

impl Shared {
    pub fn new(config: Config, events: Arc<EventQueue>, socket: Socket, waker: mio::Waker) -> Self {
        Self {
            admission: Mutex::new(Admission::new(config.admission_limits(), Instant::now())),
            budget: ReceiveBudget::new(config.receive_budget),
            is_listening: AtomicBool::new(config.is_listening),
            config,
            events,
            counters: Counters::default(),
            connections: AtomicUsize::new(0),
            pending_upgrades: AtomicUsize::new(0),
            requests: Mutex::default(),
            dirty: Mutex::default(),
            socket: RwLock::new(Some(socket)),
            inbox: Mutex::default(),
            is_asleep: AtomicBool::new(false),
            waker,
            is_ended: AtomicBool::new(false),
        }
    }

    pub fn stats(&self) -> EndpointStats {
        let counters = &self.counters;
        let (socket_send_buffer, socket_receive_buffer) = self.with_socket(|socket| socket.buffers).unwrap_or_default();
        EndpointStats {
            connections: self.connections.load(Ordering::Relaxed),
            pending_handshakes: self.admission.lock().pending(),
            pending_upgrades: self.pending_upgrades.load(Ordering::Relaxed),
            handshakes_failed: counters.handshakes_failed.load(Ordering::Relaxed),
            handshakes_refused: counters.handshakes_refused.load(Ordering::Relaxed),
            handshakes_retried: counters.handshakes_retried.load(Ordering::Relaxed),
            handshakes_gated: counters.handshakes_gated.load(Ordering::Relaxed),
            migrations_refused: counters.migrations_refused.load(Ordering::Relaxed),
            socket_send_buffer,
            socket_receive_buffer,
            receive_windows: self.budget.taken(),
            ended_traffic: *counters.ended_traffic.lock(),
        }
    }

    /// Whether another inbound handshake may begin. Once accepted, its place in `admission` must be released.
    pub fn admit(&self, remote: IpAddr, is_proven: bool) -> Decision {
        let has_room = self.is_listening.load(Ordering::Acquire)
            && self.pending_upgrades.load(Ordering::Acquire) < self.config.max_pending_upgrades
            && self.has_room_for_connection()
            && self.budget.has_room(self.config.connection_receive_window);
        if has_room {
            self.admission.lock().decide(Instant::now(), remote, is_proven)
        } else {
            Decision::Refuse
        }
    }

    pub fn has_room_for_connection(&self) -> bool {
        self.connections.load(Ordering::Acquire) < self.config.max_connections
    }

    /// `None`: the endpoint is closed.
    pub fn with_socket<R>(&self, run: impl FnOnce(&Socket) -> R) -> Option<R> {
        self.socket.read().as_ref().map(run)
    }

    pub fn send(&self, transmit: &Transmit, contents: &[u8]) -> Sent {
        self.with_socket(|socket| socket.send(transmit, contents))
            .unwrap_or(Sent::Done)
    }

    /// Registers the socket for other events, or closes it.
    pub fn change_socket<R>(&self, change: impl FnOnce(&mut Option<Socket>) -> R) -> R {
        change(&mut self.socket.write())
    }

    /// To an endpoint that is closed: nothing.
    pub fn command(&self, command: Command) {
        let mut inbox = self.inbox.lock();
        if !self.is_ended.load(Ordering::Acquire) {
            inbox.commands.push(command);
        }
        drop(inbox);
        self.wake_driver();
    }

    /// Asks the driver to look at connections.
    pub fn hand_over(&self, connections: impl IntoIterator<Item = Arc<Connection>>) {
        let mut inbox = self.inbox.lock();
        if !self.is_ended.load(Ordering::Acquire) {
            inbox.connections.extend(connections);
        }
        drop(inbox);
        self.wake_driver();
    }

    /// The driver's last deed: closes the socket and forgets what would hold connections, which hold this.
    pub fn end(&self) {
        self.change_socket(|socket| drop(socket.take()));
        let mut inbox = self.inbox.lock();
        self.is_ended.store(true, Ordering::Release);
        let forgotten = std::mem::take(&mut *inbox);
        drop(inbox);
        drop(forgotten);
        self.requests.lock().clear();
        self.dirty.lock().clear();
    }

    pub fn take_inbox(&self) -> Inbox {
        std::mem::take(&mut *self.inbox.lock())
    }

    /// Whether the driver does nothing now.
    pub fn is_driver_asleep(&self) -> bool {
        self.is_asleep.load(Ordering::Acquire)
    }

    /// Says that the driver will not look at its inbox unless woken. False: there is something in it.
    pub fn fall_asleep(&self) -> bool {
        self.is_asleep.store(true, Ordering::SeqCst);
        let inbox = self.inbox.lock();
        let is_empty = inbox.commands.is_empty() && inbox.connections.is_empty();
        drop(inbox);
        if !is_empty {
            self.awake();
        }
        is_empty
    }

    pub fn awake(&self) {
        self.is_asleep.store(false, Ordering::SeqCst);
    }

    fn wake_driver(&self) {
        if self.is_asleep.swap(false, Ordering::SeqCst) {
            // Fails only where the system is out of resources: the driver wakes by its next deadline.
            let _ = self.waker.wake();
        }
    }
}

/// A place of [`Admission`], given back when dropped.
pub(crate) struct Place {
    pub endpoint: Arc<Shared>,
    pub remote: IpAddr,
    pub is_proven: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.endpoint.admission.lock().release(self.remote, self.is_proven);
    }
}

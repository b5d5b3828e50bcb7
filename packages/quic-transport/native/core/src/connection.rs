//! A connection: opens and accepts streams, shares its read credit among them, ends once.
//!
//! Two threads meet here under one lock. Commands come from the reader's thread, datagrams and time from the driver's. Either
//! may send what quinn-proto has ready.

mod commands;
mod driving;
mod state;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use quicmesh_tls::{Refusal, RemoteIdentity};
use quinn_proto::{Connection as Quinn, ConnectionHandle, StreamId, Transmit, VarInt};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::ConnectionStatistics;
use crate::events::{Event, EventQueue};
use crate::receive_window::ReceiveWindow;
use crate::shared::{Place, Shared};
use crate::stream::{Stream, StreamState};

/// Datagrams that the system is given in one buffer, to cut: as many of 1,452 bytes as it takes.
pub(crate) const MAX_SEGMENTS: usize = 44;

pub struct Connection {
    endpoint: Arc<Shared>,
    handle: ConnectionHandle,
    token: AtomicU32,
    /// In the endpoint's list of those with something to send.
    is_dirty: AtomicBool,
    remote: OnceLock<RemoteIdentity>,
    state: Mutex<State>,
}

struct State {
    quinn: Quinn,
    phase: Phase,
    streams: FxHashMap<StreamId, StreamState>,
    /// An inbound connection that nobody has taken up yet.
    is_pending: bool,
    /// The peer's streams are told.
    is_accepting: bool,
    /// What all streams' readers together may still be given.
    credit: usize,
    /// Streams that wait for the connection's credit.
    starved: FxHashSet<StreamId>,
    /// Streams with something to hand to quinn-proto.
    unsent: Vec<StreamId>,
    /// Streams that were blocked and for which there may be room, in the order of their turns.
    turns: VecDeque<StreamId>,
    /// Requests that wait for the peer to allow a stream, in order.
    openings: Vec<u32>,
    /// Requests that wait for everything finished to be acknowledged.
    flushes: Vec<u32>,
    /// Streams that were finished and whose bytes are not all acknowledged.
    unacknowledged: usize,
    /// What the peer is told at the handshake. It counts once the handshake is done: before that a peer can send nothing.
    initial_window: u32,
    /// `Some` as long as the connection is established.
    window: Option<ReceiveWindow>,
    /// When the driver looks here again at the latest: never later than it has to.
    armed: Option<Instant>,
    /// What the system's buffer had no room for.
    blocked: Option<(Transmit, Vec<u8>)>,
    /// The request of a dial that is over, until the driver has been told.
    ended_dial: Option<u32>,
}

/// Where the connection stands.
pub(crate) enum Phase {
    Dialing {
        request: u32,
        deadline: Instant,
        refusal: Refusal,
    },
    /// The place is given back when the handshake is over.
    Accepting {
        _place: Place,
        deadline: Instant,
    },
    /// Announced: its end will be told.
    Established,
    Ended,
}

/// What [`Connection::open_stream`] found.
pub enum OpenStream {
    Ready(Arc<Stream>),
    /// The peer's stream limit is reached: [`Event::StreamOpened`] follows.
    Pending,
    Gone,
}

/// Why [`Connection::transmit`] stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transmitted {
    /// There is nothing to send now.
    All,
    /// There may be more.
    Some,
    /// The system's buffer is full.
    Blocked,
}

/// For the driver, from [`Connection::serve`].
pub(crate) struct Served {
    /// quinn-proto knows the connection no more.
    pub is_drained: bool,
    /// The request of a dial that is over.
    pub ended_dial: Option<u32>,
}

impl Connection {
    pub(crate) fn new(
        endpoint: &Arc<Shared>,
        handle: ConnectionHandle,
        quinn: Quinn,
        phase: Phase,
        initial_window: u32,
    ) -> Arc<Self> {
        let config = &endpoint.config;
        Arc::new(Self {
            endpoint: endpoint.clone(),
            handle,
            token: AtomicU32::new(0),
            is_dirty: AtomicBool::new(false),
            remote: OnceLock::new(),
            state: Mutex::new(State {
                quinn,
                phase,
                streams: FxHashMap::default(),
                is_pending: false,
                is_accepting: false,
                credit: config.connection_credit,
                starved: FxHashSet::default(),
                unsent: Vec::new(),
                turns: VecDeque::new(),
                openings: Vec::new(),
                flushes: Vec::new(),
                unacknowledged: 0,
                initial_window,
                window: None,
                armed: None,
                blocked: None,
                ended_dial: None,
            }),
        })
    }

    /// Who the peer has proven to be: always there once the connection was announced.
    pub fn remote(&self) -> Option<&RemoteIdentity> {
        self.remote.get()
    }

    /// The peer's address, which may change.
    pub fn remote_address(&self) -> SocketAddr {
        self.state.lock().quinn.remote_address()
    }

    /// The local address that the peer writes to, where the operating system tells.
    pub fn local_ip(&self) -> Option<IpAddr> {
        self.state.lock().quinn.local_ip()
    }

    /// `None` once the connection ended: its endpoint has what it counted.
    pub fn statistics(&self) -> Option<ConnectionStatistics> {
        let state = self.state.lock();
        (!state.is_ended()).then(|| state.quinn.stats().into())
    }

    /// A number of the owner's, 0 until it is set.
    pub fn token(&self) -> u32 {
        self.token.load(Ordering::Relaxed)
    }

    pub fn set_token(&self, token: u32) {
        self.token.store(token, Ordering::Relaxed);
    }

    /// Starts telling of streams that the peer opens. An inbound connection counts as pending until then.
    pub fn accept_streams(self: &Arc<Self>) {
        let mut state = self.state.lock();
        if matches!(state.phase, Phase::Established) {
            self.leave_pending(&mut state);
            state.is_accepting = true;
            self.take_streams(&mut state);
        }
        drop(state);
        self.events().notify();
    }

    /// Opens a stream, at once where the peer's limit allows.
    pub fn open_stream(self: &Arc<Self>, request: u32) -> OpenStream {
        let mut state = self.state.lock();
        if state.is_ended() {
            return OpenStream::Gone;
        }
        if let Some(stream) = self.try_open(&mut state) {
            return OpenStream::Ready(stream);
        }
        state.openings.push(request);
        self.endpoint.requests.lock().insert(request, self.clone());
        OpenStream::Pending
    }

    /// [`Event::Flushed`] follows when every byte of every finished stream is acknowledged, or the connection is gone.
    pub fn flush(self: &Arc<Self>, request: u32) {
        let mut state = self.state.lock();
        if state.unacknowledged == 0 || state.is_ended() {
            self.events().push(Event::Flushed { request });
        } else {
            state.flushes.push(request);
            self.endpoint.requests.lock().insert(request, self.clone());
        }
        drop(state);
        self.events().notify();
    }

    /// Sends CONNECTION_CLOSE now. What was not acknowledged is lost.
    pub fn close(self: &Arc<Self>, code: VarInt, reason: &str) {
        if self.close_quietly(code, reason) {
            self.endpoint.hand_over([self.clone()]);
            self.events().notify();
        }
    }

    pub(crate) fn cancel(&self, request: u32) {
        let mut state = self.state.lock();
        state.openings.retain(|&other| other != request);
        state.flushes.retain(|&other| other != request);
    }

    pub(crate) fn events(&self) -> &EventQueue {
        &self.endpoint.events
    }

    pub(crate) fn handle(&self) -> ConnectionHandle {
        self.handle
    }

    /// The reader has been told of the end.
    pub(crate) fn on_end_told(&self) {
        self.endpoint.connections.fetch_sub(1, Ordering::AcqRel);
        self.leave_pending(&mut self.state.lock());
    }

    fn leave_pending(&self, state: &mut State) {
        if std::mem::take(&mut state.is_pending) {
            self.endpoint.pending_upgrades.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

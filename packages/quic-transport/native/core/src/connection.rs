//! A connection: opens and accepts streams, shares its read credit among them, ends once.
//!
//! Two threads meet here under one lock. Commands come from the reader's thread, datagrams and time from the driver's. Either
//! may send what quinn-proto has ready.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::Mutex;
use quicmesh_tls::{Refusal, RemoteIdentity};
use quinn_proto::{
    Connection as Quinn, ConnectionEvent, ConnectionHandle, Dir, EndpointEvent, Event as QuinnEvent, StreamEvent,
    StreamId, Transmit, VarInt,
};
use rustc_hash::{FxHashMap, FxHashSet};
use rustls::pki_types::CertificateDer;

use crate::events::{Batch, Event, EventQueue, StreamSignal};
use crate::receive_window::ReceiveWindow;
use crate::shared::{Place, Shared};
use crate::socket::Sent;
use crate::stream::{Stream, StreamState};
use crate::{CloseKind, CloseReason, Closed, ConnectionStatistics};

/// go-libp2p's connection error code for a limit that is reached.
const RESOURCE_LIMIT: u32 = 0x1001;

/// Datagrams that the system is given in one buffer, to cut: as many of 1,452 bytes as it takes.
pub(crate) const MAX_SEGMENTS: usize = 44;

/// The probe time-out (RFC 9002 section 6.2.1) is at most so many round trips, as their variation is at most a half of one
/// at first, and the longest delay of acknowledgements (25 ms) with some slack. Idle time-outs take three of it.
const PROBE_ROUND_TRIPS: u32 = 3;
const PROBE_DELAY: Duration = Duration::from_millis(50);

/// Timers that may come before the probe's.
const MAX_FORCED_TIMERS: usize = 8;

/// Datagrams that are sent before CONNECTION_CLOSE: the end of a handshake and what came with it.
const MAX_LAST_DATAGRAMS: usize = 4;

/// What a stream may hand to quinn-proto before it is another's turn, when several have more than is taken.
const FAIR_BYTES: usize = 16 * 1024;

/// What one such buffer may hold: an IP packet's length without the headers (udp(7), UDP_SEGMENT).
const MAX_SEGMENTED_BYTES: usize = 65_507;

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

/// What streams ask for, on the reader's thread.
impl Connection {
    pub(crate) fn write(self: &Arc<Self>, id: StreamId, data: &[u8]) -> Result<usize, Closed> {
        let mut state = self.state.lock();
        let State {
            quinn, streams, unsent, ..
        } = &mut *state;
        let stream = streams.get_mut(&id).ok_or(Closed)?;
        let written = stream.outbox.write(quinn.send_stream(id), data)?;
        let has_news = stream.outbox.has_news();
        if has_news {
            stream.handle.enqueue();
        }
        note_unsent(stream, unsent);
        drop(state);
        self.mark_dirty();
        if has_news {
            self.events().notify();
        }
        Ok(written)
    }

    pub(crate) fn finish_stream(self: &Arc<Self>, id: StreamId) {
        let mut state = self.state.lock();
        let State {
            streams,
            unsent,
            unacknowledged,
            ..
        } = &mut *state;
        let Some(stream) = streams.get_mut(&id) else { return };
        if stream.outbox.finish() {
            *unacknowledged += 1;
            note_unsent(stream, unsent);
            drop(state);
            self.mark_dirty();
        }
    }

    pub(crate) fn reset_stream(self: &Arc<Self>, id: StreamId, code: VarInt) {
        let mut state = self.state.lock();
        if self.reset(&mut state, id, code) {
            drop(state);
            self.mark_dirty();
            self.events().notify();
        }
    }

    pub(crate) fn stop_stream(self: &Arc<Self>, id: StreamId, code: VarInt) {
        let mut state = self.state.lock();
        let Some(stream) = state.streams.get_mut(&id) else {
            return;
        };
        let freed = stream.inbox.stop();
        state.return_credit(freed);
        // An error means that it has ended already.
        let _ = state.quinn.recv_stream(id).stop(code);
        state.enqueue_if_done(id);
        drop(state);
        self.mark_dirty();
        self.events().notify();
    }

    pub(crate) fn on_consumed(&self, id: StreamId, bytes: usize) {
        let mut state = self.state.lock();
        let Some(stream) = state.streams.get_mut(&id) else {
            return;
        };
        let freed = stream.inbox.consumed(bytes);
        if stream.inbox.is_readable() {
            stream.handle.enqueue();
        }
        state.return_credit(freed);
        state.enqueue_if_done(id);
        drop(state);
        self.events().notify();
    }

    /// Tells what a stream has to tell; false: the batch has no room for all of it.
    pub(crate) fn report(self: &Arc<Self>, handle: &Stream, batch: &mut impl Batch) -> bool {
        let id = handle.stream_id();
        let mut state = self.state.lock();
        let is_lost = state.is_ended();
        let State {
            quinn,
            streams,
            credit,
            starved,
            window,
            ..
        } = &mut *state;
        let Some(stream) = streams.get_mut(&id) else {
            return true;
        };

        let read = stream.inbox.read(id, quinn, *credit, batch.room(), is_lost);
        *credit = credit.saturating_sub(read.bytes);
        if *credit == 0 && stream.inbox.is_readable() && stream.inbox.has_credit() {
            starved.insert(id);
        }
        let mut should_transmit = read.should_transmit;
        if let Some(size) = window
            .as_mut()
            .filter(|_| read.bytes > 0)
            .and_then(|window| window.on_read(read.bytes, quinn.rtt(), Instant::now()))
        {
            quinn.set_receive_window(size.into());
            should_transmit = true;
        }
        if read.bytes > 0 {
            batch.data(handle, &read.chunks);
        }
        if stream.inbox.is_readable() && batch.room() == 0 {
            drop(state);
            self.mark_dirty_if(should_transmit);
            return false;
        }
        if let Some(end) = stream.inbox.take_end() {
            batch.signal(handle, end);
        }
        if stream.outbox.take_writable() {
            batch.signal(handle, StreamSignal::Writable);
        }
        if let Some(code) = stream.outbox.take_stopped() {
            // RFC 9000 section 3.5: STOP_SENDING is answered by RESET_STREAM with its code.
            should_transmit |= self.reset(&mut state, id, code);
            batch.signal(handle, StreamSignal::Stopped(code.into_inner()));
        }
        if state.streams.get(&id).is_some_and(|stream| stream.is_done(is_lost)) {
            state.streams.remove(&id);
            batch.signal(handle, StreamSignal::Closed);
        }
        drop(state);
        self.mark_dirty_if(should_transmit);
        true
    }

    fn mark_dirty_if(self: &Arc<Self>, is_dirty: bool) {
        if is_dirty {
            self.mark_dirty();
        }
    }

    fn mark_dirty(self: &Arc<Self>) {
        if !self.is_dirty.swap(true, Ordering::AcqRel) {
            self.endpoint.dirty.lock().push(self.clone());
        }
    }

    /// Gives the write side up. False: it was over already.
    fn reset(&self, state: &mut State, id: StreamId, code: VarInt) -> bool {
        let State { quinn, streams, .. } = state;
        let Some(stream) = streams.get_mut(&id) else {
            return false;
        };
        let was_finishing = stream.outbox.is_finishing();
        if !stream.outbox.reset(quinn.send_stream(id), code) {
            return false;
        }
        if was_finishing {
            self.on_acknowledged(state);
        }
        state.enqueue_if_done(id);
        true
    }

    /// A stream that was finished does not count any more.
    fn on_acknowledged(&self, state: &mut State) {
        state.unacknowledged -= 1;
        if state.unacknowledged == 0 {
            self.answer_flushes(state);
        }
    }

    fn answer_flushes(&self, state: &mut State) {
        for request in state.flushes.drain(..) {
            self.endpoint.requests.lock().remove(&request);
            self.events().push(Event::Flushed { request });
        }
    }

    fn try_open(self: &Arc<Self>, state: &mut State) -> Option<Arc<Stream>> {
        let id = state.quinn.streams().open(Dir::Bi)?;
        Some(self.adopt(state, id))
    }

    fn adopt(self: &Arc<Self>, state: &mut State, id: StreamId) -> Arc<Stream> {
        let config = &self.endpoint.config;
        let handle = Stream::new(self, &self.endpoint.events, id);
        let stream = StreamState::new(handle.clone(), config.stream_credit, config.stream_write_buffer);
        state.streams.insert(id, stream);
        handle
    }

    /// Tells the streams that the peer has opened. Their number is bounded: quinn-proto allows another one only when both
    /// sides of one have ended, and the reader was told.
    fn take_streams(self: &Arc<Self>, state: &mut State) {
        while let Some(id) = state.quinn.streams().accept(Dir::Bi) {
            let stream = self.adopt(state, id);
            let State { quinn, streams, .. } = &mut *state;
            if let Some(taken) = streams.get_mut(&id) {
                taken.inbox.on_readable();
                // Its event may have come when nobody knew the stream.
                if let Ok(Some(code)) = quinn.send_stream(id).stopped() {
                    taken.outbox.stop(code);
                }
            }
            self.events().push(Event::StreamIncoming {
                connection: self.clone(),
                stream: stream.clone(),
            });
            stream.enqueue();
        }
    }

    /// False: it had ended.
    fn close_quietly(self: &Arc<Self>, code: VarInt, reason: &str) -> bool {
        let mut state = self.state.lock();
        if state.is_ended() {
            return false;
        }
        let reason = Bytes::copy_from_slice(reason.as_bytes());
        let now = Instant::now();
        // What the peer must have to know of the connection: quinn-proto sends nothing but CONNECTION_CLOSE once it is closed.
        let mut buffer = Vec::new();
        for _ in 0..MAX_LAST_DATAGRAMS {
            buffer.clear();
            let Some(transmit) = state.quinn.poll_transmit(now, 1, &mut buffer) else {
                break;
            };
            self.endpoint
                .send(&transmit, buffer.get(..transmit.size).unwrap_or_default());
        }
        if !state.streams.is_empty() {
            force_probe(&mut state.quinn, now);
        }
        state.quinn.close(now, code, reason);
        self.end(
            &mut state,
            CloseReason::new(CloseKind::ClosedLocally, 0, "closed locally"),
        );
        true
    }
}

/// What the driver asks for.
impl Connection {
    pub(crate) fn on_datagram(&self, event: ConnectionEvent) {
        self.state.lock().quinn.handle_event(event);
    }

    /// Takes in what quinn-proto has made of datagrams and of time, and hands its words to the endpoint.
    pub(crate) fn serve(
        self: &Arc<Self>,
        mut ask_endpoint: impl FnMut(EndpointEvent) -> Option<ConnectionEvent>,
    ) -> Served {
        let mut state = self.state.lock();
        let mut is_drained = false;
        loop {
            while let Some(event) = state.quinn.poll() {
                self.on_event(&mut state, event);
            }
            state.take_turns();
            let Some(event) = state.quinn.poll_endpoint_events() else {
                break;
            };
            is_drained |= event.is_drained();
            if let Some(answer) = ask_endpoint(event) {
                state.quinn.handle_event(answer);
            }
        }
        Served {
            is_drained,
            ended_dial: state.ended_dial.take(),
        }
    }

    /// It is `at`, for which this connection was in [`crate::deadlines::Deadlines`]. False: it has looked at itself for
    /// another, earlier one since.
    pub(crate) fn on_time(self: &Arc<Self>, at: Instant, now: Instant) -> bool {
        let mut state = self.state.lock();
        if state.armed != Some(at) {
            return false;
        }
        state.armed = None;
        if state.handshake_deadline().is_some_and(|deadline| deadline <= now) {
            state.quinn.close(now, VarInt::from_u32(0), Bytes::new());
            self.end(
                &mut state,
                CloseReason::new(CloseKind::TimedOut, 0, "the handshake took too long"),
            );
        }
        if state.quinn.poll_timeout().is_some_and(|deadline| deadline <= now) {
            state.quinn.handle_timeout(now);
        }
        true
    }

    /// When the driver shall look here again, if that is sooner than it would anyway.
    pub(crate) fn rearm(&self) -> Option<Instant> {
        let mut state = self.state.lock();
        let deadline = state.deadline()?;
        if state.armed.is_some_and(|armed| armed <= deadline) {
            return None;
        }
        state.armed = Some(deadline);
        Some(deadline)
    }

    /// Whether the driver would look here too late.
    pub(crate) fn is_late(&self) -> bool {
        let mut state = self.state.lock();
        let deadline = state.deadline();
        deadline.is_some_and(|deadline| state.armed.is_none_or(|armed| armed > deadline))
    }

    pub(crate) fn clear_dirty(&self) {
        self.is_dirty.store(false, Ordering::Release);
    }

    /// Sends what is ready, in at most `most` calls of the system of up to `segments` datagrams each.
    pub(crate) fn transmit(
        self: &Arc<Self>,
        now: Instant,
        most: usize,
        segments: usize,
        buffer: &mut Vec<u8>,
    ) -> Transmitted {
        let segments = self
            .endpoint
            .with_socket(|socket| socket.max_segments().min(segments))
            .unwrap_or(1);
        for _ in 0..most {
            let mut state = self.state.lock();
            if let Some((transmit, contents)) = state.blocked.take() {
                drop(state);
                if !self.send(transmit, &contents) {
                    return Transmitted::Blocked;
                }
                continue;
            }
            let has_news = state.hand_over_writes();
            buffer.clear();
            let fitting = MAX_SEGMENTED_BYTES / usize::from(state.quinn.current_mtu());
            let segments = segments.min(fitting).max(1);
            let transmit = state.quinn.poll_transmit(now, segments, buffer);
            drop(state);
            if has_news {
                self.events().notify();
            }
            let Some(transmit) = transmit else {
                return Transmitted::All;
            };
            let Some(contents) = buffer.get(..transmit.size) else {
                return Transmitted::All;
            };
            if !self.send(transmit, contents) {
                return Transmitted::Blocked;
            }
        }
        Transmitted::Some
    }

    /// The endpoint closes.
    pub(crate) fn close_with_endpoint(self: &Arc<Self>, code: VarInt) {
        self.close_quietly(code, "");
    }

    /// Whether streams are open.
    pub(crate) fn is_busy(&self) -> bool {
        !self.state.lock().streams.is_empty()
    }

    /// Sends the one datagram that a closed connection has to send, and returns it.
    pub(crate) fn farewell(&self, now: Instant, buffer: &mut Vec<u8>) -> Option<(Transmit, Vec<u8>)> {
        buffer.clear();
        let transmit = self.state.lock().quinn.poll_transmit(now, 1, buffer)?;
        let contents = buffer.get(..transmit.size)?.to_vec();
        self.endpoint.send(&transmit, &contents);
        Some((transmit, contents))
    }

    /// Nobody waits for this dial any more.
    pub(crate) fn cancel_dial(self: &Arc<Self>) {
        let mut state = self.state.lock();
        if let Phase::Dialing { .. } = state.phase {
            state.quinn.close(Instant::now(), VarInt::from_u32(0), Bytes::new());
            state.end();
        }
    }

    /// False: the system's buffer is full, and the datagram is kept.
    fn send(self: &Arc<Self>, transmit: Transmit, contents: &[u8]) -> bool {
        match self.endpoint.send(&transmit, contents) {
            Sent::Done => true,
            Sent::Blocked => {
                // If another thread's is kept already, this one is lost, as any may be.
                self.state
                    .lock()
                    .blocked
                    .get_or_insert_with(|| (transmit, contents.to_vec()));
                false
            }
            Sent::Unreachable(error) => {
                let mut state = self.state.lock();
                if let Phase::Dialing { .. } = state.phase {
                    state.quinn.close(Instant::now(), VarInt::from_u32(0), Bytes::new());
                    self.end(
                        &mut state,
                        CloseReason::new(CloseKind::CannotDial, 0, error.to_string()),
                    );
                    drop(state);
                    self.events().notify();
                }
                true
            }
        }
    }

    fn on_event(self: &Arc<Self>, state: &mut State, event: QuinnEvent) {
        match event {
            QuinnEvent::Connected => self.on_connected(state),
            QuinnEvent::ConnectionLost { reason } => self.end(state, reason.into()),
            QuinnEvent::Stream(event) => self.on_stream_event(state, event),
            // No 0-RTT, no datagrams.
            QuinnEvent::HandshakeDataReady | QuinnEvent::DatagramReceived | QuinnEvent::DatagramsUnblocked => {}
        }
    }

    fn on_stream_event(self: &Arc<Self>, state: &mut State, event: StreamEvent) {
        match event {
            StreamEvent::Opened { .. } => {
                if state.is_accepting {
                    self.take_streams(state);
                }
            }
            StreamEvent::Available { .. } => self.answer_openings(state),
            StreamEvent::Readable { id } => state.on_readable(id),
            StreamEvent::Writable { id } => state.turns.push_back(id),
            StreamEvent::Stopped { id, error_code } => {
                if let Some(stream) = state.streams.get_mut(&id) {
                    stream.outbox.stop(error_code);
                    stream.handle.enqueue();
                }
            }
            StreamEvent::Finished { id } => {
                if let Some(stream) = state.streams.get_mut(&id)
                    && stream.outbox.is_finishing()
                {
                    stream.outbox.end();
                    self.on_acknowledged(state);
                    state.enqueue_if_done(id);
                }
            }
        }
    }

    fn on_connected(self: &Arc<Self>, state: &mut State) {
        let identity = match remote_identity(&state.quinn) {
            Ok(identity) => identity,
            Err(reason) => {
                state.quinn.close(Instant::now(), VarInt::from_u32(0), Bytes::new());
                return self.end(state, reason);
            }
        };
        let is_inbound = matches!(state.phase, Phase::Accepting { .. });
        if is_inbound && !self.endpoint.has_room_for_connection() {
            self.endpoint
                .counters
                .handshakes_refused
                .fetch_add(1, Ordering::Relaxed);
            state
                .quinn
                .close(Instant::now(), VarInt::from_u32(RESOURCE_LIMIT), Bytes::new());
            return state.end();
        }
        let _ = self.remote.set(identity);
        let connection = self.clone();
        let event = match std::mem::replace(&mut state.phase, Phase::Established) {
            Phase::Dialing { request, .. } => {
                state.ended_dial = Some(request);
                Event::Dialed { request, connection }
            }
            Phase::Accepting { .. } => {
                self.endpoint.pending_upgrades.fetch_add(1, Ordering::AcqRel);
                state.is_pending = true;
                Event::Incoming(connection)
            }
            // It was given up a moment ago.
            Phase::Established | Phase::Ended => return state.end(),
        };
        let Shared { config, budget, .. } = &*self.endpoint;
        let max = config.connection_receive_window;
        state.window = Some(ReceiveWindow::new(budget, state.initial_window, max, Instant::now()));
        self.endpoint.connections.fetch_add(1, Ordering::AcqRel);
        self.events().push(event);
    }

    fn answer_openings(self: &Arc<Self>, state: &mut State) {
        while let Some(&request) = state.openings.first() {
            let Some(stream) = self.try_open(state) else { return };
            state.openings.remove(0);
            self.endpoint.requests.lock().remove(&request);
            self.events().push(Event::StreamOpened {
                request,
                stream: Some(stream),
            });
        }
    }

    /// The one place where a connection, or the attempt to make one, ends: tells whoever waits, streams before the connection.
    fn end(self: &Arc<Self>, state: &mut State, reason: CloseReason) {
        match std::mem::replace(&mut state.phase, Phase::Ended) {
            Phase::Ended => return,
            Phase::Dialing { request, refusal, .. } => {
                state.ended_dial = Some(request);
                let reason = reason.explained_by(&refusal);
                self.events().push(Event::DialFailed { request, reason });
            }
            Phase::Accepting { .. } => {
                self.endpoint.counters.handshakes_failed.fetch_add(1, Ordering::Relaxed);
            }
            Phase::Established => self.tell_end(state, reason),
        }
        state.end();
    }

    fn tell_end(self: &Arc<Self>, state: &mut State, reason: CloseReason) {
        let traffic = ConnectionStatistics::from(state.quinn.stats()).traffic;
        self.endpoint.counters.ended_traffic.lock().add(&traffic);
        self.answer_flushes(state);
        for request in std::mem::take(&mut state.openings) {
            self.endpoint.requests.lock().remove(&request);
            self.events().push(Event::StreamOpened { request, stream: None });
        }
        if state.is_accepting {
            self.take_streams(state);
        }
        for stream in state.streams.values_mut() {
            stream.inbox.on_lost();
            stream.outbox.end();
            stream.handle.enqueue();
        }
        self.events().push(Event::ConnectionClosed {
            connection: self.clone(),
            reason,
        });
    }
}

impl State {
    fn is_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// Without telling anybody.
    fn end(&mut self) {
        self.phase = Phase::Ended;
        self.window = None;
    }

    fn handshake_deadline(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Dialing { deadline, .. } | Phase::Accepting { deadline, .. } => Some(*deadline),
            Phase::Established | Phase::Ended => None,
        }
    }

    fn deadline(&mut self) -> Option<Instant> {
        let handshake = self.handshake_deadline();
        self.quinn.poll_timeout().into_iter().chain(handshake).min()
    }

    fn on_readable(&mut self, id: StreamId) {
        let State {
            quinn, streams, credit, ..
        } = self;
        let Some(stream) = streams.get_mut(&id) else { return };
        stream.inbox.on_readable();
        if *credit == 0 || !stream.inbox.has_credit() {
            stream.inbox.look_for_reset(id, quinn);
        }
        if stream.inbox.has_news() || (*credit > 0 && stream.inbox.has_credit()) {
            stream.handle.enqueue();
        } else if *credit == 0 && stream.inbox.has_credit() {
            self.starved.insert(id);
        }
    }

    /// Lets streams that were blocked hand over what they have, a little at a time, until each has no more or is blocked
    /// again: quinn-proto would let the one go on that was blocked last.
    fn take_turns(&mut self) {
        while let Some(id) = self.turns.pop_front() {
            if self.hand_over(id, FAIR_BYTES) {
                self.turns.push_back(id);
            }
        }
    }

    /// Hands what a stream has to quinn-proto, at most so many bytes. True: it was the limit that ended it.
    fn hand_over(&mut self, id: StreamId, most: usize) -> bool {
        let State { quinn, streams, .. } = self;
        let Some(stream) = streams.get_mut(&id).filter(|stream| !stream.outbox.is_done()) else {
            return false;
        };
        let has_more = stream.outbox.flush(&mut quinn.send_stream(id), most);
        if stream.outbox.has_news() {
            stream.handle.enqueue();
        }
        has_more
    }

    /// Hands what was written to quinn-proto. True: somebody may have news.
    fn hand_over_writes(&mut self) -> bool {
        let has_any = !self.unsent.is_empty();
        while let Some(id) = self.unsent.pop() {
            self.hand_over(id, usize::MAX);
            if let Some(stream) = self.streams.get_mut(&id) {
                stream.is_unsent = false;
            }
        }
        has_any
    }

    fn return_credit(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.credit += bytes;
        for id in self.starved.drain() {
            if let Some(stream) = self.streams.get(&id) {
                stream.handle.enqueue();
            }
        }
    }

    fn enqueue_if_done(&self, id: StreamId) {
        if let Some(stream) = self.streams.get(&id)
            && stream.is_done(self.is_ended())
        {
            stream.handle.enqueue();
        }
    }
}

fn note_unsent(stream: &mut StreamState, unsent: &mut Vec<StreamId>) {
    if !std::mem::replace(&mut stream.is_unsent, true) {
        unsent.push(stream.handle.stream_id());
    }
}

/// quinn-proto holds CONNECTION_CLOSE back with the data that waits for the congestion window or for its pace, and forgets it
/// then, unless it owes a probe (RFC 9002 section 6.2.4). So the probe time-out is let pass before its time.
fn force_probe(quinn: &mut Quinn, now: Instant) {
    let horizon = now + quinn.rtt() * PROBE_ROUND_TRIPS + PROBE_DELAY;
    for _ in 0..MAX_FORCED_TIMERS {
        match quinn.poll_timeout() {
            Some(at) if at <= horizon => quinn.handle_timeout(at),
            _ => break,
        }
    }
}

fn remote_identity(quinn: &Quinn) -> Result<RemoteIdentity, CloseReason> {
    let refused = |text: String| CloseReason::new(CloseKind::TlsRefusedLocally, 0, text);
    // TLS has verified it already; a missing or malformed identity would be quinn-proto's or our own fault.
    let certificates = quinn
        .crypto_session()
        .peer_identity()
        .and_then(|identity| identity.downcast::<Vec<CertificateDer<'static>>>().ok())
        .ok_or_else(|| refused("no certificate".to_owned()))?;
    quicmesh_tls::remote_identity(&certificates).map_err(|error| refused(error.to_string()))
}

//! What the driver asks of a connection, and what it makes of quinn-proto's events.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;
use quicmesh_tls::RemoteIdentity;
use quinn_proto::{
    Connection as Quinn, ConnectionEvent, EndpointEvent, Event as QuinnEvent, StreamEvent, Transmit, VarInt,
};
use rustls::pki_types::CertificateDer;

use super::{Connection, Phase, Served, State, Transmitted};
use crate::events::Event;
use crate::receive_window::ReceiveWindow;
use crate::shared::Shared;
use crate::socket::Sent;
use crate::{CloseKind, CloseReason, ConnectionStatistics};

/// go-libp2p's connection error code for a limit that is reached.
const RESOURCE_LIMIT: u32 = 0x1001;

/// What one such buffer may hold: an IP packet's length without the headers (udp(7), UDP_SEGMENT).
const MAX_SEGMENTED_BYTES: usize = 65_507;

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
    pub(super) fn send(self: &Arc<Self>, transmit: Transmit, contents: &[u8]) -> bool {
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

    pub(super) fn on_event(self: &Arc<Self>, state: &mut State, event: QuinnEvent) {
        match event {
            QuinnEvent::Connected => self.on_connected(state),
            QuinnEvent::ConnectionLost { reason } => self.end(state, reason.into()),
            QuinnEvent::Stream(event) => self.on_stream_event(state, event),
            // No 0-RTT, no datagrams.
            QuinnEvent::HandshakeDataReady | QuinnEvent::DatagramReceived | QuinnEvent::DatagramsUnblocked => {}
        }
    }

    pub(super) fn on_stream_event(self: &Arc<Self>, state: &mut State, event: StreamEvent) {
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

    pub(super) fn on_connected(self: &Arc<Self>, state: &mut State) {
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

    pub(super) fn answer_openings(self: &Arc<Self>, state: &mut State) {
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
    pub(super) fn end(self: &Arc<Self>, state: &mut State, reason: CloseReason) {
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

    pub(super) fn tell_end(self: &Arc<Self>, state: &mut State, reason: CloseReason) {
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

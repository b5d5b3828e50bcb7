//! What streams and their owner ask of a connection, on the reader's thread.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use quinn_proto::{Connection as Quinn, Dir, StreamId, VarInt};

use super::{Connection, State};
use crate::events::{Batch, Event, StreamSignal};
use crate::stream::{Stream, StreamState};
use crate::{CloseKind, CloseReason, Closed};

/// The probe time-out (RFC 9002 section 6.2.1) is at most so many round trips, as their variation is at most a half of one
/// at first, and the longest delay of acknowledgements (25 ms) with some slack. Idle time-outs take three of it.
const PROBE_ROUND_TRIPS: u32 = 3;
const PROBE_DELAY: Duration = Duration::from_millis(50);

/// Timers that may come before the probe's.
const MAX_FORCED_TIMERS: usize = 8;

/// Datagrams that are sent before CONNECTION_CLOSE: the end of a handshake and what came with it.
const MAX_LAST_DATAGRAMS: usize = 4;

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

    pub(super) fn mark_dirty_if(self: &Arc<Self>, is_dirty: bool) {
        if is_dirty {
            self.mark_dirty();
        }
    }

    pub(super) fn mark_dirty(self: &Arc<Self>) {
        if !self.is_dirty.swap(true, Ordering::AcqRel) {
            self.endpoint.dirty.lock().push(self.clone());
        }
    }

    /// Gives the write side up. False: it was over already.
    pub(super) fn reset(&self, state: &mut State, id: StreamId, code: VarInt) -> bool {
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
    pub(super) fn on_acknowledged(&self, state: &mut State) {
        state.unacknowledged -= 1;
        if state.unacknowledged == 0 {
            self.answer_flushes(state);
        }
    }

    pub(super) fn answer_flushes(&self, state: &mut State) {
        for request in state.flushes.drain(..) {
            self.endpoint.requests.lock().remove(&request);
            self.events().push(Event::Flushed { request });
        }
    }

    pub(super) fn try_open(self: &Arc<Self>, state: &mut State) -> Option<Arc<Stream>> {
        let id = state.quinn.streams().open(Dir::Bi)?;
        Some(self.adopt(state, id))
    }

    pub(super) fn adopt(self: &Arc<Self>, state: &mut State, id: StreamId) -> Arc<Stream> {
        let config = &self.endpoint.config;
        let handle = Stream::new(self, &self.endpoint.events, id);
        let stream = StreamState::new(handle.clone(), config.stream_credit, config.stream_write_buffer);
        state.streams.insert(id, stream);
        handle
    }

    /// Tells the streams that the peer has opened. Their number is bounded: quinn-proto allows another one only when both
    /// sides of one have ended, and the reader was told.
    pub(super) fn take_streams(self: &Arc<Self>, state: &mut State) {
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
    pub(super) fn close_quietly(self: &Arc<Self>, code: VarInt, reason: &str) -> bool {
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

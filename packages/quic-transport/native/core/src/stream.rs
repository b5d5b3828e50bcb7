//! A bidirectional stream: synchronous copying writes in, data on credit and signals out.
//!
//! [`Stream`] is what its user holds; its state lives with its connection, under the connection's lock. Received data stays
//! in quinn-proto until the reader drains it, so that what is not read stops the peer.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use quinn_proto::{Connection as Quinn, ReadError, StreamId, VarInt};

use crate::connection::Connection;
use crate::events::{Batch, Event, EventQueue, StreamSignal};
use crate::outbox::Outbox;

/// The write side takes nothing any more: it was finished, reset, stopped by the peer, or its connection is gone.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed;

pub struct Stream {
    id: StreamId,
    /// Which has the stream's state, and with it this handle.
    connection: Weak<Connection>,
    events: Arc<EventQueue>,
    token: AtomicU32,
    /// An [`Event::Stream`] is on its way.
    is_queued: AtomicBool,
}

/// What a connection knows of one of its streams.
pub(crate) struct StreamState {
    pub handle: Arc<Stream>,
    pub outbox: Outbox,
    pub inbox: Inbox,
    /// In the connection's list of those with something to hand to quinn-proto.
    pub is_unsent: bool,
}

/// The read side.
pub(crate) struct Inbox {
    /// What the reader may still be given.
    credit: usize,
    /// Given, and not yet returned as credit.
    unconsumed: usize,
    /// quinn-proto may have something.
    is_readable: bool,
    /// How it ended, until that is told.
    end: Option<StreamSignal>,
    /// Nothing more is to be read.
    is_done: bool,
}

/// What a look into quinn-proto brought.
pub(crate) struct Read {
    pub chunks: Vec<Bytes>,
    pub bytes: usize,
    /// Flow control has news for the peer.
    pub should_transmit: bool,
}

impl Stream {
    pub(crate) fn new(connection: &Arc<Connection>, events: &Arc<EventQueue>, id: StreamId) -> Arc<Self> {
        Arc::new(Self {
            id,
            connection: Arc::downgrade(connection),
            events: events.clone(),
            token: AtomicU32::new(0),
            is_queued: AtomicBool::new(false),
        })
    }

    /// The QUIC stream id (RFC 9000 section 2.1).
    pub fn id(&self) -> u64 {
        VarInt::from(self.id).into_inner()
    }

    /// A number of the owner's, 0 until it is set.
    pub fn token(&self) -> u32 {
        self.token.load(Ordering::Relaxed)
    }

    pub fn set_token(&self, token: u32) {
        self.token.store(token, Ordering::Relaxed);
    }

    /// Copies what fits and returns how much that was. Less than all: one [`StreamSignal::Writable`] follows. It leaves
    /// with the next [`crate::Endpoint::flush`].
    pub fn write(&self, data: &[u8]) -> Result<usize, Closed> {
        self.connection.upgrade().ok_or(Closed)?.write(self.id, data)
    }

    /// Sends FIN after all that was accepted.
    pub fn finish(&self) {
        if let Some(connection) = self.connection.upgrade() {
            connection.finish_stream(self.id);
        }
    }

    /// Sends RESET_STREAM; what was accepted and not sent is dropped.
    pub fn reset(&self, code: VarInt) {
        if let Some(connection) = self.connection.upgrade() {
            connection.reset_stream(self.id, code);
        }
    }

    /// Sends STOP_SENDING; nothing received is told after this.
    pub fn stop(&self, code: VarInt) {
        if let Some(connection) = self.connection.upgrade() {
            connection.stop_stream(self.id, code);
        }
    }

    /// Says that `bytes` of the data that was told are consumed: as many more may come.
    pub fn consumed(&self, bytes: usize) {
        if let Some(connection) = self.connection.upgrade() {
            connection.on_consumed(self.id, bytes);
        }
    }

    /// Tells what happened since the last time; false: the batch has no room for all of it.
    pub(crate) fn report(self: &Arc<Self>, batch: &mut impl Batch) -> bool {
        // Before anything is read: what comes now is told now or queues the stream again.
        self.is_queued.swap(false, Ordering::AcqRel);
        let is_all = self
            .connection
            .upgrade()
            .is_none_or(|connection| connection.report(self, batch));
        if !is_all {
            self.is_queued.store(true, Ordering::Release);
        }
        is_all
    }

    pub(crate) fn stream_id(&self) -> StreamId {
        self.id
    }

    pub(crate) fn enqueue(self: &Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::AcqRel) {
            self.events.push(Event::Stream(self.clone()));
        }
    }
}

impl StreamState {
    pub fn new(handle: Arc<Stream>, credit: usize, write_buffer: usize) -> Self {
        Self {
            handle,
            outbox: Outbox::new(write_buffer),
            inbox: Inbox {
                credit,
                unconsumed: 0,
                is_readable: false,
                end: None,
                is_done: false,
            },
            is_unsent: false,
        }
    }

    /// Both directions are done and nothing of the connection's credit is held. `is_lost`: the credit does not matter.
    pub fn is_done(&self, is_lost: bool) -> bool {
        self.outbox.is_done() && self.inbox.is_done && (self.inbox.unconsumed == 0 || is_lost)
    }
}

impl Inbox {
    pub fn is_readable(&self) -> bool {
        self.is_readable && !self.is_done
    }

    pub fn has_credit(&self) -> bool {
        self.credit > 0
    }

    /// quinn-proto has something.
    pub fn on_readable(&mut self) {
        self.is_readable = true;
    }

    /// Looks for a reset, which discards all that was not read and must not wait for a reader.
    pub fn look_for_reset(&mut self, id: StreamId, quinn: &mut Quinn) {
        if let Ok(Some(code)) = quinn.recv_stream(id).received_reset() {
            self.end(StreamSignal::Reset(code.into_inner()));
        }
    }

    /// Takes as much as credit, the connection's `limit` and `room` allow. With `is_lost` only `room` counts: no more can come.
    pub fn read(&mut self, id: StreamId, quinn: &mut Quinn, limit: usize, room: usize, is_lost: bool) -> Read {
        let mut read = Read {
            chunks: Vec::new(),
            bytes: 0,
            should_transmit: false,
        };
        let most = if is_lost {
            room
        } else {
            self.credit.min(limit).min(room)
        };
        if !self.is_readable() || most == 0 {
            // Another stream may have taken the credit that there was when this one became readable.
            if self.is_readable() && !is_lost {
                self.look_for_reset(id, quinn);
            }
            return read;
        }
        let mut recv = quinn.recv_stream(id);
        let Ok(mut chunks) = recv.read(true) else {
            self.is_done = true;
            return read;
        };
        let mut end = None;
        while read.bytes < most {
            match chunks.next(most - read.bytes) {
                Ok(Some(chunk)) => {
                    read.bytes += chunk.bytes.len();
                    read.chunks.push(chunk.bytes);
                }
                Ok(None) => {
                    end = Some(StreamSignal::Finished);
                    break;
                }
                Err(ReadError::Reset(code)) => {
                    end = Some(StreamSignal::Reset(code.into_inner()));
                    break;
                }
                Err(ReadError::Blocked) => {
                    self.is_readable = false;
                    // The connection's own end tells the reader.
                    self.is_done = is_lost;
                    break;
                }
            }
        }
        read.should_transmit = chunks.finalize().should_transmit();
        self.credit = self.credit.saturating_sub(read.bytes);
        self.unconsumed += read.bytes;
        if let Some(end) = end {
            self.end(end);
        }
        read
    }

    fn end(&mut self, end: StreamSignal) {
        self.end = Some(end);
        self.is_done = true;
    }

    pub fn take_end(&mut self) -> Option<StreamSignal> {
        self.end.take()
    }

    pub fn has_news(&self) -> bool {
        self.end.is_some()
    }

    /// How much of `bytes` was indeed given and is now credit again.
    pub fn consumed(&mut self, bytes: usize) -> usize {
        let bytes = bytes.min(self.unconsumed);
        self.unconsumed -= bytes;
        self.credit += bytes;
        bytes
    }

    /// Nothing is to be read or told any more. How much credit that gives back.
    pub fn stop(&mut self) -> usize {
        self.is_done = true;
        self.end = None;
        std::mem::take(&mut self.unconsumed)
    }

    /// The connection ended: what quinn-proto still has is all there is.
    pub fn on_lost(&mut self) {
        self.is_readable = !self.is_done;
    }
}

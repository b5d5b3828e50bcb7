//! What happened, on its way from the driver's thread to the one reader of an endpoint.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::{CloseReason, Connection, Stream};

/// Longest reason text handed over with the end of a connection; a peer chooses it.
pub const MAX_REASON_BYTES: usize = 1024;

/// Most records that one [`Event::Stream`] becomes: data, end, stopped, writable, closed.
pub const RECORDS_PER_STREAM: usize = 5;

pub enum Event {
    /// A dial succeeded.
    Dialed { request: u32, connection: Arc<Connection> },
    /// A dial failed.
    DialFailed { request: u32, reason: CloseReason },
    /// A handshake may begin if [`crate::Endpoint::decide`] says so.
    Gate { gate: u32, remote: SocketAddr },
    /// An inbound handshake is done.
    Incoming(Arc<Connection>),
    /// The answer to [`Connection::open_stream`]; `None`: the connection is gone.
    StreamOpened { request: u32, stream: Option<Arc<Stream>> },
    /// The peer opened a stream.
    StreamIncoming {
        connection: Arc<Connection>,
        stream: Arc<Stream>,
    },
    /// A stream has something to tell: [`EventQueue::drain`] turns it into signals.
    Stream(Arc<Stream>),
    /// Every byte of every finished stream is acknowledged, or the connection is gone.
    Flushed { request: u32 },
    /// The connection ended; all that its streams received was told before.
    ConnectionClosed {
        connection: Arc<Connection>,
        reason: CloseReason,
    },
    /// The endpoint's socket is closed.
    EndpointClosed,
}

/// What a stream tells. Data comes before the end, `Closed` comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamSignal {
    /// The peer sent FIN.
    Finished,
    /// The peer sent RESET_STREAM.
    Reset(u64),
    /// The peer sent STOP_SENDING.
    Stopped(u64),
    /// A write that was not taken whole may be repeated.
    Writable,
    /// Both directions are done.
    Closed,
}

/// Where a drain puts what it takes from the queue.
pub trait Batch {
    /// Whether fewer than [`RECORDS_PER_STREAM`] more records, or less than [`MAX_REASON_BYTES`], fit.
    fn is_full(&self) -> bool;
    /// Bytes of stream data that still fit.
    fn room(&self) -> usize;
    /// Any event but [`Event::Stream`].
    fn event(&mut self, event: Event);
    /// Received data, in order; within `room()`.
    fn data(&mut self, stream: &Stream, chunks: &[Bytes]);
    fn signal(&mut self, stream: &Stream, signal: StreamSignal);
}

/// The events of one endpoint. Any thread pushes; the reader is woken once and drains.
pub struct EventQueue {
    /// `None` once nobody reads any more.
    events: Mutex<Option<VecDeque<Event>>>,
    /// The reader has been woken, or has said that it comes back by itself.
    is_awake: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl EventQueue {
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            events: Mutex::new(Some(VecDeque::new())),
            is_awake: AtomicBool::new(false),
            wake: Box::new(wake),
        })
    }

    /// Somebody must call [`Self::notify`] soon.
    pub(crate) fn push(&self, event: Event) {
        let mut events = self.events.lock();
        let Some(queue) = &mut *events else {
            // Before the event: it may be the last to hold somebody who tells of its own end.
            drop(events);
            return;
        };
        queue.push_back(event);
    }

    /// Wakes the reader if there is something for it. Apart from `push`, so that it is woken once for many events, and
    /// finds no lock taken by whoever pushed them.
    pub(crate) fn notify(&self) {
        if self.is_awake.load(Ordering::Acquire) || self.with_queue(|queue| queue.is_empty()).unwrap_or(true) {
            return;
        }
        if !self.is_awake.swap(true, Ordering::AcqRel) {
            (self.wake)();
        }
    }

    /// Nobody will drain any more: forgets what waits and what comes, and with it what these hold.
    pub fn shut(&self) {
        let forgotten = self.events.lock().take();
        drop(forgotten);
    }

    /// Moves events into the batch until it is full. True: more wait, and the reader must come back by itself, because
    /// it will not be woken for them.
    pub fn drain(&self, batch: &mut impl Batch) -> bool {
        self.is_awake.swap(false, Ordering::AcqRel);
        while !batch.is_full() {
            let Some(event) = self.with_queue(VecDeque::pop_front).flatten() else {
                return false;
            };
            match event {
                Event::Stream(stream) => {
                    if !stream.report(batch) {
                        self.with_queue(|queue| queue.push_front(Event::Stream(stream)));
                        break;
                    }
                }
                Event::ConnectionClosed { connection, reason } => {
                    connection.on_end_told();
                    batch.event(Event::ConnectionClosed { connection, reason });
                }
                event => batch.event(event),
            }
        }
        let has_more = self.with_queue(|queue| !queue.is_empty()).unwrap_or(false);
        if has_more {
            self.is_awake.store(true, Ordering::Release);
        }
        has_more
    }

    fn with_queue<R>(&self, run: impl FnOnce(&mut VecDeque<Event>) -> R) -> Option<R> {
        self.events.lock().as_mut().map(run)
    }
}

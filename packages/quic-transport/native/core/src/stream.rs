//! A bidirectional stream: synchronous copying writes in, data on credit and signals out.
//!
//! Two threads meet here. The reader's thread calls the public methods; the stream's [`Driver`], a task of the runtime,
//! moves what quinn has into the inbox while there is credit, and what the outbox holds into quinn.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use atomic_waker::AtomicWaker;
use bytes::Bytes;
use parking_lot::Mutex;
use quinn::{ReadError, RecvStream, SendStream, StoppedError, VarInt};
use tokio::sync::OwnedSemaphorePermit;

use crate::connection::Connection;
use crate::events::{Batch, Event, StreamSignal};
use crate::poll_once;

/// Segments taken from quinn under one lock.
const READ_SEGMENTS: usize = 32;

/// What one segment holds at most, about: a datagram's payload. Credit is overdrawn by less than one read's segments.
const SEGMENT_BYTES: usize = 1452;

/// The write side takes nothing any more: it was finished, reset, stopped by the peer, or its connection is gone.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed;

pub struct Stream {
    id: u64,
    token: AtomicU32,
    connection: Arc<Connection>,
    driver: Arc<DriverWaker>,
    is_queued: AtomicBool,
    outbox: Mutex<Outbox>,
    inbox: Mutex<Inbox>,
    /// A stream of the peer's holds one until its end is told, so that streams do not heap up before a busy reader.
    permit: Mutex<Option<OwnedSemaphorePermit>>,
}

struct Outbox {
    /// `None` once nothing more will be written, finished or reset.
    quinn: Option<SendStream>,
    staged: VecDeque<Bytes>,
    staged_bytes: usize,
    limit_bytes: usize,
    is_finishing: bool,
    /// A write was not taken whole: its writer waits for `Writable`.
    is_writer_waiting: bool,
    is_done: bool,
    writable: bool,
    stopped: Option<u64>,
}

#[derive(Default)]
struct Inbox {
    chunks: VecDeque<Bytes>,
    /// May go below zero by one read.
    credit: isize,
    /// Read from quinn and not yet returned as credit.
    unconsumed: usize,
    stop: Option<VarInt>,
    end: Option<StreamSignal>,
    is_done: bool,
    is_closed: bool,
}

impl Stream {
    /// Takes over a stream of quinn's. The returned driver must be spawned.
    pub(crate) fn new(
        connection: &Arc<Connection>,
        send: SendStream,
        recv: RecvStream,
        permit: Option<OwnedSemaphorePermit>,
    ) -> (Arc<Self>, Driver) {
        let limits = connection.limits();
        let stopped = Box::pin(send.stopped());
        let stream = Arc::new(Self {
            id: VarInt::from(send.id()).into_inner(),
            token: AtomicU32::new(0),
            connection: connection.clone(),
            driver: Arc::default(),
            is_queued: AtomicBool::new(false),
            outbox: Mutex::new(Outbox {
                quinn: Some(send),
                staged: VecDeque::new(),
                staged_bytes: 0,
                limit_bytes: limits.write_buffer,
                is_finishing: false,
                is_writer_waiting: false,
                is_done: false,
                writable: false,
                stopped: None,
            }),
            inbox: Mutex::new(Inbox {
                credit: limits.stream_credit.cast_signed(),
                ..Inbox::default()
            }),
            permit: Mutex::new(permit),
        });
        let driver = Driver {
            stream: stream.clone(),
            recv: Some(Receiver {
                quinn: recv,
                is_watched: false,
            }),
            stopped: Some(stopped),
        };
        (stream, driver)
    }

    /// The QUIC stream id (RFC 9000 section 2.1).
    pub fn id(&self) -> u64 {
        self.id
    }

    /// A number of the owner's, 0 until it is set.
    pub fn token(&self) -> u32 {
        self.token.load(Ordering::Relaxed)
    }

    pub fn set_token(&self, token: u32) {
        self.token.store(token, Ordering::Relaxed);
    }

    /// Copies what fits and returns how much that was. Less than all: one [`StreamSignal::Writable`] follows.
    pub fn write(&self, data: &[u8]) -> Result<usize, Closed> {
        let mut outbox = self.outbox.lock();
        let (accepted, has_work) = outbox.write(data)?;
        drop(outbox);
        if has_work {
            self.driver.0.wake();
        }
        Ok(accepted)
    }

    /// Sends FIN after all that was accepted.
    pub fn finish(&self) {
        let mut outbox = self.outbox.lock();
        if outbox.is_done || outbox.is_finishing {
            return;
        }
        outbox.is_finishing = true;
        self.connection.on_finishing();
        outbox.flush(&mut Context::from_waker(Waker::noop()));
        drop(outbox);
        self.driver.0.wake();
    }

    /// Sends RESET_STREAM; what was accepted and not sent is dropped.
    pub fn reset(&self, code: VarInt) {
        self.outbox.lock().abandon(Some(code));
        self.driver.0.wake();
    }

    /// Sends STOP_SENDING; nothing received is told after this.
    pub fn stop(&self, code: VarInt) {
        let mut inbox = self.inbox.lock();
        if inbox.is_done && inbox.unconsumed == 0 {
            return;
        }
        inbox.stop.get_or_insert(code);
        inbox.chunks.clear();
        inbox.end = None;
        self.connection.return_credit(std::mem::take(&mut inbox.unconsumed));
        drop(inbox);
        self.driver.0.wake();
    }

    /// Says that `bytes` of the data that was told are consumed: as many more may come.
    pub fn consumed(&self, bytes: usize) {
        let mut inbox = self.inbox.lock();
        let bytes = bytes.min(inbox.unconsumed);
        inbox.unconsumed -= bytes;
        inbox.credit = inbox.credit.saturating_add_unsigned(bytes);
        drop(inbox);
        self.connection.return_credit(bytes);
        self.driver.0.wake();
    }

    pub(crate) fn wake_driver(&self) {
        self.driver.0.wake();
    }

    /// Tells what happened since the last time; false: the batch has no room for all of it.
    pub(crate) fn report(&self, batch: &mut impl Batch) -> bool {
        // Before anything is read: what comes now is told now or queues the stream again.
        self.is_queued.swap(false, Ordering::AcqRel);

        let mut inbox = self.inbox.lock();
        let chunks = inbox.take_chunks(batch.room());
        let is_rest_left = !inbox.chunks.is_empty();
        let end = if is_rest_left { None } else { inbox.end.take() };
        // Set last by the driver: once it is set, all that comes before it is here.
        let is_closed = !is_rest_left && std::mem::take(&mut inbox.is_closed);
        drop(inbox);

        if !chunks.is_empty() {
            batch.data(self, &chunks);
        }
        if let Some(end) = end {
            batch.signal(self, end);
        }
        if is_rest_left {
            self.is_queued.store(true, Ordering::Release);
            return false;
        }

        let mut outbox = self.outbox.lock();
        let stopped = outbox.stopped.take();
        let is_writable = std::mem::take(&mut outbox.writable);
        drop(outbox);
        if let Some(code) = stopped {
            batch.signal(self, StreamSignal::Stopped(code));
        }
        if is_writable {
            batch.signal(self, StreamSignal::Writable);
        }

        if is_closed {
            self.permit.lock().take();
            batch.signal(self, StreamSignal::Closed);
        }
        true
    }

    fn enqueue(self: &Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::AcqRel) {
            self.connection.events().push(Event::Stream(self.clone()));
        }
    }
}

impl Outbox {
    /// Bytes accepted, and whether the driver has something to do.
    fn write(&mut self, data: &[u8]) -> Result<(usize, bool), Closed> {
        if self.is_finishing || self.is_done {
            return Err(Closed);
        }
        let mut rest = data;
        while !rest.is_empty() {
            let room = self.limit_bytes.saturating_sub(self.staged_bytes).min(rest.len());
            let Some((taken, left)) = rest.split_at_checked(room).filter(|_| room > 0) else {
                break;
            };
            self.staged.push_back(Bytes::copy_from_slice(taken));
            self.staged_bytes += room;
            rest = left;
            // Straight into quinn while it takes everything: no thread has to be woken for a small write.
            if self.staged.len() == 1 {
                self.flush(&mut Context::from_waker(Waker::noop()));
            }
        }
        if self.is_done {
            return Err(Closed);
        }
        self.is_writer_waiting |= !rest.is_empty();
        Ok((data.len() - rest.len(), !self.staged.is_empty() || self.writable))
    }

    /// Moves what is staged into quinn as far as windows allow, then the FIN.
    fn flush(&mut self, context: &mut Context<'_>) {
        let Some(quinn) = &mut self.quinn else { return };
        while !self.staged.is_empty() {
            match poll_once(quinn.write_chunks(self.staged.make_contiguous()), context) {
                Poll::Ready(Ok(written)) => {
                    self.staged.drain(..written.chunks);
                    self.staged_bytes -= written.bytes;
                }
                // The driver learns why from `stopped()`.
                Poll::Ready(Err(_)) => return,
                Poll::Pending => break,
            }
        }
        if self.is_finishing && self.staged.is_empty() {
            // An error means that the stream was finished already or is stopped.
            let _ = quinn.finish();
        }
        if self.is_writer_waiting && self.staged_bytes <= self.limit_bytes / 2 {
            self.is_writer_waiting = false;
            self.writable = true;
        }
    }

    /// Gives the write side up. An explicit reset, because quinn finishes a stream that is dropped.
    fn abandon(&mut self, reset: Option<VarInt>) {
        if let (Some(mut quinn), Some(code)) = (self.quinn.take(), reset) {
            let _ = quinn.reset(code);
        }
        self.staged.clear();
        self.staged_bytes = 0;
        self.is_done = true;
    }
}

impl Inbox {
    fn take_chunks(&mut self, room: usize) -> Vec<Bytes> {
        let mut taken = Vec::with_capacity(self.chunks.len());
        let mut left = room;
        while let Some(mut chunk) = self.chunks.pop_front() {
            if chunk.len() > left {
                if left > 0 {
                    taken.push(chunk.split_to(left));
                }
                self.chunks.push_front(chunk);
                break;
            }
            left -= chunk.len();
            taken.push(chunk);
        }
        taken
    }
}

/// The driver's waker, apart from its task and its stream: quinn may keep it longer than these live.
#[derive(Default)]
struct DriverWaker(AtomicWaker);

impl Wake for DriverWaker {
    fn wake(self: Arc<Self>) {
        self.0.wake();
    }
}

struct Receiver {
    quinn: RecvStream,
    /// Counted among [`Connection::watches_reset`].
    is_watched: bool,
}

impl Receiver {
    /// The code of a reset that has arrived; the driver is woken by one that is still to come.
    fn reset_code(&mut self, stream: &Stream) -> Option<VarInt> {
        self.is_watched = self.is_watched || stream.connection.watches_reset();
        if !self.is_watched {
            return None;
        }
        // quinn keeps this waker until the next packet for the stream, or the connection's end if there is none.
        let waker = Waker::from(stream.driver.clone());
        match poll_once(self.quinn.received_reset(), &mut Context::from_waker(&waker)) {
            Poll::Ready(Ok(code)) => code,
            Poll::Ready(Err(_)) | Poll::Pending => None,
        }
    }
}

type StoppedFuture = Pin<Box<dyn Future<Output = Result<Option<VarInt>, StoppedError>> + Send>>;

/// The task of one stream. Ends when both directions are done and all data is consumed.
pub(crate) struct Driver {
    stream: Arc<Stream>,
    recv: Option<Receiver>,
    /// `Some` while the write side is not done.
    stopped: Option<StoppedFuture>,
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.stream.driver.0.register(context.waker());
        let has_sent = self.drive_outbox(context);
        let has_received = self.drive_inbox(context);

        let mut inbox = self.stream.inbox.lock();
        inbox.is_done = self.recv.is_none();
        let is_consumed = inbox.unconsumed == 0 || self.stream.connection.is_lost();
        let is_done = self.stopped.is_none() && inbox.is_done && is_consumed;
        inbox.is_closed |= is_done;
        drop(inbox);

        if is_done || has_sent || has_received {
            self.stream.enqueue();
        }
        if is_done {
            // After it is queued: the connection's end is queued as soon as no stream is left.
            self.stream.driver.0.take();
            self.stream.connection.on_stream_closed(self.stream.id);
        }
        if is_done { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Driver {
    /// True: there is something to tell.
    fn drive_outbox(&mut self, context: &mut Context<'_>) -> bool {
        let Some(stopped) = &mut self.stopped else {
            return false;
        };
        let mut outbox = self.stream.outbox.lock();
        if !outbox.is_done {
            match stopped.as_mut().poll(context) {
                Poll::Ready(Ok(Some(code))) => {
                    // RFC 9000 section 3.5: STOP_SENDING is answered by RESET_STREAM with its code.
                    outbox.abandon(Some(code));
                    outbox.stopped = Some(code.into_inner());
                }
                Poll::Ready(Ok(None) | Err(_)) => outbox.abandon(None),
                Poll::Pending => outbox.flush(context),
            }
        }
        if outbox.is_done {
            self.stopped = None;
            if outbox.is_finishing {
                self.stream.connection.on_finished();
            }
        }
        outbox.writable || outbox.stopped.is_some()
    }

    /// True: there is something to tell.
    fn drive_inbox(&mut self, context: &mut Context<'_>) -> bool {
        let mut has_news = false;
        while let Some(recv) = &mut self.recv {
            let mut inbox = self.stream.inbox.lock();
            if let Some(code) = inbox.stop {
                let _ = recv.quinn.stop(code);
                self.recv = None;
                break;
            }
            let credit = self.stream.connection.credit_for(&self.stream, inbox.credit);
            let Some(segments) = segments_for(credit) else {
                // Nothing may be read now, but a reset discards it all and must not wait for a reader.
                if let Some(code) = recv.reset_code(&self.stream) {
                    inbox.end = Some(StreamSignal::Reset(code.into_inner()));
                    self.recv = None;
                    has_news = true;
                }
                break;
            };
            let mut buffers: [Bytes; READ_SEGMENTS] = Default::default();
            let Some(buffers) = buffers.get_mut(..segments) else {
                break;
            };
            match poll_once(recv.quinn.read_chunks(buffers), context) {
                Poll::Pending => break,
                Poll::Ready(Ok(Some(count))) => {
                    let mut bytes = 0;
                    for chunk in buffers.iter_mut().take(count).map(std::mem::take) {
                        bytes += chunk.len();
                        inbox.chunks.push_back(chunk);
                    }
                    inbox.unconsumed += bytes;
                    inbox.credit = inbox.credit.saturating_sub_unsigned(bytes);
                    self.stream.connection.take_credit(bytes);
                }
                Poll::Ready(Ok(None)) => {
                    inbox.end = Some(StreamSignal::Finished);
                    self.recv = None;
                }
                Poll::Ready(Err(ReadError::Reset(code))) => {
                    inbox.end = Some(StreamSignal::Reset(code.into_inner()));
                    self.recv = None;
                }
                // The connection's own end tells the reader.
                Poll::Ready(Err(_)) => self.recv = None,
            }
            has_news = true;
        }
        has_news
    }
}

/// How many segments a read may fetch on this credit; `None`: not even one.
fn segments_for(credit: isize) -> Option<usize> {
    let bytes = usize::try_from(credit).ok().filter(|&bytes| bytes > 0)?;
    Some((bytes / SEGMENT_BYTES).clamp(1, READ_SEGMENTS))
}

//! A connection whose handshake is done: opens and accepts streams, shares its read credit among them, ends once.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;
use quicmesh_tls::RemoteIdentity;
use quinn::{ConnectionError, VarInt};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::endpoint::Shared;
use crate::events::{Event, EventQueue};
use crate::stream::Stream;
use crate::{CloseReason, ConnectionStatistics, poll_once};

/// Streams of one connection, over its life, that are watched for a reset while they lack credit. quinn may keep about 100
/// bytes for each until the connection ends. Beyond, a reset of a stream that nobody reads is noticed when it is read.
const MAX_RESET_WATCHES: usize = 65_536;

/// Bounds of each stream of a connection, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct StreamLimits {
    pub stream_credit: usize,
    pub write_buffer: usize,
}

pub struct Connection {
    endpoint: Arc<Shared>,
    /// `None` once the connection ended: quinn's handle holds the endpoint's socket.
    quinn: Mutex<Option<quinn::Connection>>,
    remote: RemoteIdentity,
    remote_address: SocketAddr,
    token: AtomicU32,
    is_accepting: AtomicBool,
    is_lost: AtomicBool,
    credit: AtomicIsize,
    /// Streams that wait for the connection's credit.
    starved: Mutex<HashSet<u64>>,
    streams: Mutex<HashMap<u64, Arc<Stream>>>,
    /// Tasks and calls that may still bring a stream.
    openings: AtomicUsize,
    /// No streams, or no openings, are left.
    on_no_streams: Notify,
    /// Streams that were finished and whose bytes are not all acknowledged.
    unacknowledged: AtomicUsize,
    on_acknowledged: Notify,
    reset_watches: AtomicUsize,
}

/// What [`Connection::open_stream`] found.
pub enum OpenStream {
    Ready(Arc<Stream>),
    /// The peer's stream limit is reached: [`Event::StreamOpened`] follows.
    Pending,
    Gone,
}

impl Connection {
    /// Takes over a connection of quinn's and watches for its end.
    pub(crate) fn new(
        endpoint: &Arc<Shared>,
        quinn: quinn::Connection,
        remote: RemoteIdentity,
        is_outbound: bool,
    ) -> Arc<Self> {
        let connection = Arc::new(Self {
            endpoint: endpoint.clone(),
            remote,
            remote_address: quinn.remote_address(),
            token: AtomicU32::new(0),
            is_accepting: AtomicBool::new(is_outbound),
            is_lost: AtomicBool::new(false),
            credit: AtomicIsize::new(endpoint.config.connection_credit.cast_signed()),
            starved: Mutex::default(),
            streams: Mutex::default(),
            openings: AtomicUsize::new(0),
            on_no_streams: Notify::new(),
            unacknowledged: AtomicUsize::new(0),
            on_acknowledged: Notify::new(),
            reset_watches: AtomicUsize::new(0),
            quinn: Mutex::new(Some(quinn.clone())),
        });
        endpoint.on_connection_opened(is_outbound);
        endpoint.spawn(connection.clone().watch(quinn));
        connection
    }

    pub fn remote(&self) -> &RemoteIdentity {
        &self.remote
    }

    /// The peer's address when the handshake was done.
    pub fn remote_address(&self) -> SocketAddr {
        self.remote_address
    }

    /// The local address that the peer writes to, where the operating system tells.
    pub fn local_ip(&self) -> Option<IpAddr> {
        self.quinn.lock().as_ref().and_then(quinn::Connection::local_ip)
    }

    /// `None` once the connection ended: its endpoint has what it counted.
    pub fn statistics(&self) -> Option<ConnectionStatistics> {
        self.quinn.lock().as_ref().map(|quinn| quinn.stats().into())
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
        let guard = self.quinn.lock();
        let Some(quinn) = guard.clone() else { return };
        // Under the lock that the end takes as well: `watch` waits for whoever opens streams.
        let opening = Opening::new(self);
        drop(guard);
        if !self.is_accepting.swap(true, Ordering::AcqRel) {
            self.endpoint.on_upgraded();
        }
        let permits = Arc::new(Semaphore::new(
            self.endpoint.config.max_concurrent_bidi_streams as usize,
        ));
        self.endpoint.spawn(async move {
            let connection = &opening.0;
            while let Ok(permit) = permits.clone().acquire_owned().await {
                let Ok((send, recv)) = quinn.accept_bi().await else {
                    break;
                };
                let (stream, driver) = connection.adopt(send, recv, Some(permit));
                connection.events().push(Event::StreamIncoming {
                    connection: connection.clone(),
                    stream,
                });
                connection.endpoint.spawn(driver);
            }
        });
    }

    /// Opens a stream, at once where the peer's limit allows.
    pub fn open_stream(self: &Arc<Self>, request: u32) -> OpenStream {
        let guard = self.quinn.lock();
        let Some(quinn) = guard.clone() else {
            return OpenStream::Gone;
        };
        let opening = Opening::new(self);
        drop(guard);
        match poll_once(quinn.open_bi(), &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok((send, recv))) => {
                let (stream, driver) = self.adopt(send, recv, None);
                self.endpoint.spawn(driver);
                return OpenStream::Ready(stream);
            }
            Poll::Ready(Err(_)) => return OpenStream::Gone,
            Poll::Pending => {}
        }
        self.endpoint.spawn_request(request, async move {
            let connection = &opening.0;
            let opened = quinn
                .open_bi()
                .await
                .ok()
                .map(|(send, recv)| connection.adopt(send, recv, None));
            let (stream, driver) = opened.unzip();
            connection.events().push(Event::StreamOpened { request, stream });
            if let Some(driver) = driver {
                connection.endpoint.spawn(driver);
            }
        });
        OpenStream::Pending
    }

    /// [`Event::Flushed`] follows when every byte of every finished stream is acknowledged, or the connection is gone.
    pub fn flush(self: &Arc<Self>, request: u32) {
        let connection = self.clone();
        self.endpoint.spawn_request(request, async move {
            loop {
                let notified = connection.on_acknowledged.notified();
                if connection.unacknowledged.load(Ordering::Acquire) == 0 || connection.is_lost() {
                    break;
                }
                notified.await;
            }
            connection.events().push(Event::Flushed { request });
        });
    }

    /// Sends CONNECTION_CLOSE now. What was not acknowledged is lost.
    pub fn close(&self, code: VarInt, reason: &str) {
        if let Some(quinn) = &*self.quinn.lock() {
            quinn.close(code, reason.as_bytes());
        }
    }

    pub(crate) fn limits(&self) -> StreamLimits {
        StreamLimits {
            stream_credit: self.endpoint.config.stream_credit,
            write_buffer: self.endpoint.config.stream_write_buffer,
        }
    }

    pub(crate) fn events(&self) -> &EventQueue {
        &self.endpoint.events
    }

    /// The connection ended: what quinn still has is read without credit, it can't grow any more.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    /// What a stream with this much credit of its own may read now. Nothing: it is woken when the connection's credit
    /// is back.
    pub(crate) fn credit_for(&self, stream: &Stream, stream_credit: isize) -> isize {
        if self.is_lost() {
            return isize::MAX;
        }
        let credit = self.credit.load(Ordering::Acquire);
        if stream_credit <= 0 || credit > 0 {
            return stream_credit.min(credit);
        }
        self.starved.lock().insert(stream.id());
        // Again: what was returned before the stream was among the starved woke nobody.
        stream_credit.min(self.credit.load(Ordering::Acquire))
    }

    pub(crate) fn take_credit(&self, bytes: usize) {
        self.credit.fetch_sub(bytes.cast_signed(), Ordering::AcqRel);
    }

    pub(crate) fn return_credit(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let before = self.credit.fetch_add(bytes.cast_signed(), Ordering::AcqRel);
        if before <= 0 && before.saturating_add_unsigned(bytes) > 0 {
            let starved = std::mem::take(&mut *self.starved.lock());
            let streams = self.streams.lock();
            for stream in starved.iter().filter_map(|id| streams.get(id)) {
                stream.wake_driver();
            }
        }
    }

    /// Whether one more stream may be watched for a reset: counts it.
    pub(crate) fn watches_reset(&self) -> bool {
        self.reset_watches.fetch_add(1, Ordering::Relaxed) < MAX_RESET_WATCHES
    }

    pub(crate) fn on_finishing(&self) {
        self.unacknowledged.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn on_finished(&self) {
        if self.unacknowledged.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.on_acknowledged.notify_waiters();
        }
    }

    pub(crate) fn on_stream_closed(&self, id: u64) {
        let mut streams = self.streams.lock();
        streams.remove(&id);
        if streams.is_empty() {
            self.on_no_streams.notify_waiters();
        }
    }

    fn adopt(
        self: &Arc<Self>,
        send: quinn::SendStream,
        recv: quinn::RecvStream,
        permit: Option<OwnedSemaphorePermit>,
    ) -> (Arc<Stream>, crate::stream::Driver) {
        let (stream, driver) = Stream::new(self, send, recv, permit);
        self.streams.lock().insert(stream.id(), stream.clone());
        (stream, driver)
    }

    /// Waits for the end, lets every stream tell what it received, then tells the end.
    async fn watch(self: Arc<Self>, quinn: quinn::Connection) {
        let error = quinn.closed().await;
        self.endpoint
            .on_connection_ended(&ConnectionStatistics::from(quinn.stats()).traffic);
        drop(quinn);
        self.is_lost.store(true, Ordering::Release);
        self.quinn.lock().take();
        self.on_acknowledged.notify_waiters();
        for stream in self.streams.lock().values() {
            stream.wake_driver();
        }
        loop {
            let notified = self.on_no_streams.notified();
            if self.streams.lock().is_empty() && self.openings.load(Ordering::Acquire) == 0 {
                break;
            }
            notified.await;
        }
        let is_pending = !self.is_accepting.swap(true, Ordering::AcqRel);
        self.endpoint.on_connection_closed(is_pending);
        self.tell_end(error);
    }

    fn tell_end(self: &Arc<Self>, error: ConnectionError) {
        self.events().push(Event::ConnectionClosed {
            connection: self.clone(),
            reason: CloseReason::from(error),
        });
    }
}

/// Somebody who may still bring a stream of a connection: its end is told after the last of them.
struct Opening(Arc<Connection>);

impl Opening {
    fn new(connection: &Arc<Connection>) -> Self {
        connection.openings.fetch_add(1, Ordering::AcqRel);
        Self(connection.clone())
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if self.0.openings.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.on_no_streams.notify_waiters();
        }
    }
}

//! A UDP socket that both dials and listens, so that dials leave from the port that others know.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use quicmesh_tls::PeerId;
use quinn_proto::VarInt;

use crate::connection::Transmitted;
use crate::driver::{Driver, WAKER};
use crate::shared::{Command, EndpointStats, Shared};
use crate::socket::Socket;
use crate::{Config, ConfigError, EventQueue};

/// Connections that [`Endpoint::flush`] sends for by itself when the driver sleeps. For more, waking it costs less.
const INLINE_CONNECTIONS: usize = 1;

/// Calls of the system that this may take: one sends, the next finds nothing left. More is the driver's work.
const INLINE_TRANSMITS: usize = 2;

/// Datagrams in one such call: a reader's turn shall not be spent on encrypting.
const INLINE_SEGMENTS: usize = 8;

/// How long an ending thread waits for its endpoints to have told their peers.
const EXIT_TIMEOUT: Duration = Duration::from_millis(200);
const EXIT_POLL: Duration = Duration::from_millis(1);

pub struct Endpoint {
    shared: Arc<Shared>,
    address: SocketAddr,
    driver: Mutex<Option<JoinHandle<()>>>,
    is_closing: AtomicBool,
    /// For what is sent by the reader's thread.
    send_buffer: Mutex<Vec<u8>>,
}

impl Endpoint {
    /// Binds the socket and starts.
    pub fn new(config: Config, events: Arc<EventQueue>) -> Result<Self, ConfigError> {
        let socket = Socket::bind(&config)?;
        let address = socket.address();
        let poll = mio::Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), WAKER)?;
        let shared = Arc::new(Shared::new(config, events, socket, waker));
        let driver = Driver::new(shared.clone(), poll)?;
        let driver = std::thread::Builder::new()
            .name("quicmesh-quic".to_owned())
            .spawn(move || driver.run())?;
        Ok(Self {
            shared,
            address,
            driver: Mutex::new(Some(driver)),
            is_closing: AtomicBool::new(false),
            send_buffer: Mutex::default(),
        })
    }

    /// The socket's address, with the port that the operating system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn events(&self) -> &EventQueue {
        &self.shared.events
    }

    pub fn stats(&self) -> EndpointStats {
        self.shared.stats()
    }

    /// Accepts, or from now on refuses, inbound connections.
    pub fn listen(&self, is_listening: bool) {
        self.shared.is_listening.store(is_listening, Ordering::Release);
    }

    /// [`crate::Event::Dialed`] or [`crate::Event::DialFailed`] follows, unless the request is cancelled.
    pub fn dial(&self, request: u32, address: SocketAddr, expected: Option<PeerId>, timeout: Duration) {
        self.shared.command(Command::Dial {
            request,
            address,
            expected,
            timeout,
        });
    }

    /// Ends a dial, an opening of a stream or a flush. Its event may be waiting already.
    pub fn cancel(&self, request: u32) {
        let connection = self.shared.requests.lock().remove(&request);
        match connection {
            Some(connection) => connection.cancel(request),
            None => self.shared.command(Command::CancelDial(request)),
        }
    }

    /// Answers [`crate::Event::Gate`]. One that waited longer than a handshake may take is refused already.
    pub fn decide(&self, gate: u32, is_allowed: bool) {
        self.shared.command(Command::Decide { gate, is_allowed });
    }

    /// Lets what commands have left since the last time go out. To be called once after a turn of them: they cost one
    /// wake-up of the driver together, or none if one connection's datagrams can be sent from here.
    pub fn flush(&self) {
        let mut dirty = std::mem::take(&mut *self.shared.dirty.lock());
        if dirty.len() <= INLINE_CONNECTIONS && self.shared.is_driver_asleep() {
            let now = Instant::now();
            let mut buffer = self.send_buffer.lock();
            dirty.retain(|connection| {
                connection.clear_dirty();
                connection.transmit(now, INLINE_TRANSMITS, INLINE_SEGMENTS, &mut buffer) != Transmitted::All
                    || connection.is_late()
            });
        }
        if !dirty.is_empty() {
            self.shared.hand_over(dirty);
        }
    }

    /// Closes every connection with the code, frees the port, then tells [`crate::Event::EndpointClosed`].
    pub fn close(&self, code: VarInt) {
        if !self.is_closing.swap(true, Ordering::AcqRel) {
            self.listen(false);
            self.shared.command(Command::Close(code));
        }
    }

    /// Closes endpoints when their process or thread ends: waits until their peers should have been told, and forgets all events.
    pub fn close_at_exit(endpoints: impl IntoIterator<Item = Arc<Self>>, code: VarInt) {
        let endpoints: Vec<_> = endpoints.into_iter().collect();
        for endpoint in &endpoints {
            endpoint.close(code);
            endpoint.shared.events.shut();
        }
        let deadline = Instant::now() + EXIT_TIMEOUT;
        for endpoint in endpoints {
            if let Some(driver) = endpoint.driver.lock().take() {
                while !driver.is_finished() && Instant::now() < deadline {
                    std::thread::sleep(EXIT_POLL);
                }
            }
        }
    }
}

impl Drop for Endpoint {
    /// Nobody is left to drain, or to flush: forgets what would hold connections that hold the endpoint's state.
    fn drop(&mut self) {
        self.close(VarInt::from_u32(0));
        self.shared.events.shut();
        self.shared.dirty.lock().clear();
    }
}

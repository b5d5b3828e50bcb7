//! A UDP socket that both dials and listens, so that dials leave from the port that others know.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use quicmesh_tls::{PeerId, Refusal};
use quinn::{AsyncUdpSocket, Runtime as _, TokioRuntime, TransportConfig, VarInt};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use crate::accept::{accept, handshake};
use crate::admission::{Admission, Decision};
use crate::connection::Connection;
use crate::error::{CloseKind, CloseReason};
use crate::events::{Event, EventQueue};
use crate::{Config, ConfigError, Runtime, Traffic};

/// Never sent, since SNI is off (libp2p tls/tls.md "Future Extensibility"), but quinn wants a valid name.
const SERVER_NAME: &str = "libp2p.invalid";

/// How long a closing endpoint lets its connections send CONNECTION_CLOSE.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(100);

/// How long it then waits for its tasks to let go of the socket, and how often it looks.
const RELEASE_TIMEOUT: Duration = Duration::from_millis(200);
const RELEASE_POLL: Duration = Duration::from_millis(1);

/// How long an ending thread waits for its connections' CONNECTION_CLOSE to be on its way.
const EXIT_DELAY: Duration = Duration::from_millis(10);

pub struct Endpoint {
    shared: Arc<Shared>,
    quinn: quinn::Endpoint,
    transport: Arc<TransportConfig>,
    socket: std::sync::Weak<dyn AsyncUdpSocket>,
    address: SocketAddr,
    /// Granted for sending and for receiving.
    socket_buffers: (usize, usize),
    is_closing: AtomicBool,
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
    /// What the operating system granted, in bytes.
    pub socket_send_buffer: usize,
    pub socket_receive_buffer: usize,
    /// Of connections that have ended.
    pub ended_traffic: Traffic,
}

/// What an endpoint, its connections and their streams have in common.
pub(crate) struct Shared {
    pub config: Config,
    pub events: Arc<EventQueue>,
    pub stats: Counters,
    pub admission: Mutex<Admission>,
    runtime: Arc<Runtime>,
    is_listening: AtomicBool,
    connections: AtomicUsize,
    pending_upgrades: AtomicUsize,
    requests: Mutex<HashMap<u32, AbortHandle>>,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub handshakes_failed: AtomicU64,
    pub handshakes_refused: AtomicU64,
    pub handshakes_retried: AtomicU64,
    pub ended_traffic: Mutex<Traffic>,
}

impl Endpoint {
    /// Binds the socket and starts.
    pub fn new(config: Config, events: Arc<EventQueue>, runtime: Arc<Runtime>) -> Result<Self, ConfigError> {
        let transport = config.transport()?;
        let server = config.server(transport.clone())?;
        let socket = bind(&config)?;
        let socket_buffers = granted_buffers(&socket);

        let guard = runtime.enter();
        let socket = TokioRuntime.wrap_udp_socket(socket)?;
        let address = socket.local_addr()?;
        let weak = Arc::downgrade(&socket);
        let runtime_of_quinn = Arc::new(TokioRuntime);
        let quinn =
            quinn::Endpoint::new_with_abstract_socket(config.endpoint()?, Some(server), socket, runtime_of_quinn)?;
        drop(guard);

        let shared = Arc::new(Shared {
            is_listening: AtomicBool::new(config.is_listening),
            admission: Mutex::new(Admission::new(config.admission_limits(), Instant::now())),
            config,
            events,
            stats: Counters::default(),
            runtime,
            connections: AtomicUsize::new(0),
            pending_upgrades: AtomicUsize::new(0),
            requests: Mutex::default(),
        });
        shared.spawn(accept(shared.clone(), quinn.clone()));
        Ok(Self {
            shared,
            quinn,
            transport,
            socket: weak,
            address,
            socket_buffers,
            is_closing: AtomicBool::new(false),
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
        let shared = &self.shared;
        EndpointStats {
            connections: shared.connections.load(Ordering::Relaxed),
            pending_handshakes: shared.admission.lock().pending(),
            pending_upgrades: shared.pending_upgrades.load(Ordering::Relaxed),
            handshakes_failed: shared.stats.handshakes_failed.load(Ordering::Relaxed),
            handshakes_refused: shared.stats.handshakes_refused.load(Ordering::Relaxed),
            handshakes_retried: shared.stats.handshakes_retried.load(Ordering::Relaxed),
            socket_send_buffer: self.socket_buffers.0,
            socket_receive_buffer: self.socket_buffers.1,
            ended_traffic: *shared.stats.ended_traffic.lock(),
        }
    }

    /// Accepts, or from now on refuses, inbound connections.
    pub fn listen(&self, is_listening: bool) {
        self.shared.is_listening.store(is_listening, Ordering::Release);
    }

    /// [`Event::Dialed`] or [`Event::DialFailed`] follows, unless the request is cancelled.
    pub fn dial(&self, request: u32, address: SocketAddr, expected: Option<PeerId>, handshake_timeout: Duration) {
        let shared = self.shared.clone();
        let connecting = self.connect(address, expected);
        self.shared.spawn_request(request, async move {
            let result = match connecting {
                Ok((connecting, refusal)) => handshake(connecting, handshake_timeout)
                    .await
                    .map_err(|reason| reason.explained_by(&refusal)),
                Err(reason) => Err(reason),
            };
            shared.events.push(match result {
                Ok((quinn, remote)) => Event::Dialed {
                    request,
                    connection: Connection::new(&shared, quinn, remote, true),
                },
                Err(reason) => Event::DialFailed { request, reason },
            });
        });
    }

    /// Ends a dial, an opening of a stream or a flush. Its event may be waiting already.
    pub fn cancel(&self, request: u32) {
        if let Some(task) = self.shared.requests.lock().remove(&request) {
            task.abort();
        }
    }

    /// Closes every connection with the code, frees the port, then tells [`Event::EndpointClosed`].
    pub fn close(&self, code: VarInt) {
        if self.is_closing.swap(true, Ordering::AcqRel) {
            return;
        }
        self.listen(false);
        for (_, task) in self.shared.requests.lock().drain() {
            task.abort();
        }
        self.quinn.close(code, b"");
        let quinn = self.quinn.clone();
        let socket = self.socket.clone();
        let shared = self.shared.clone();
        self.shared.spawn(async move {
            let _ = timeout(CLOSE_TIMEOUT, quinn.wait_idle()).await;
            // quinn keeps its socket while a connection drains (RFC 9000 section 10.2), up to three probe time-outs:
            // give it another one. The one before the last is kept as well, hence twice.
            for _ in 0..2 {
                if let Ok(other) = std::net::UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0)) {
                    let _ = quinn.rebind(other);
                }
            }
            drop(quinn);
            let _ = timeout(RELEASE_TIMEOUT, async {
                while socket.strong_count() > 0 {
                    sleep(RELEASE_POLL).await;
                }
            })
            .await;
            shared.events.push(Event::EndpointClosed);
        });
    }

    /// Closes endpoints when their process or thread ends: waits until that should be sent, and forgets all events.
    pub fn close_at_exit(endpoints: impl IntoIterator<Item = Arc<Self>>, code: VarInt) {
        let endpoints: Vec<_> = endpoints.into_iter().collect();
        for endpoint in &endpoints {
            endpoint.close(code);
        }
        if !endpoints.is_empty() {
            std::thread::sleep(EXIT_DELAY);
        }
        for endpoint in endpoints {
            endpoint.shared.events.shut();
        }
    }

    fn connect(
        &self,
        address: SocketAddr,
        expected: Option<PeerId>,
    ) -> Result<(quinn::Connecting, Refusal), CloseReason> {
        let (config, refusal) = self
            .shared
            .config
            .client(self.transport.clone(), expected)
            .map_err(|error| CloseReason::new(CloseKind::CannotDial, 0, format!("{error:?}")))?;
        let _guard = self.shared.runtime.enter();
        Ok((self.quinn.connect_with(config, address, SERVER_NAME)?, refusal))
    }
}

impl Shared {
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(future);
    }

    /// Spawns the answer to a request, which [`Endpoint::cancel`] can abort.
    pub(crate) fn spawn_request(self: &Arc<Self>, request: u32, future: impl Future<Output = ()> + Send + 'static) {
        let shared = self.clone();
        // Held until the handle is in the table, so that a task that ends at once finds it there.
        let mut requests = self.requests.lock();
        let task = self.runtime.spawn(async move {
            future.await;
            shared.requests.lock().remove(&request);
        });
        if let Some(task) = task {
            requests.insert(request, task);
        }
    }

    /// Whether another inbound handshake may begin. Once accepted, its place in `admission` must be released.
    pub(crate) fn admit(&self, remote: IpAddr, is_proven: bool) -> Decision {
        let has_room = self.is_listening.load(Ordering::Acquire)
            && self.pending_upgrades.load(Ordering::Acquire) < self.config.max_pending_upgrades
            && self.connections.load(Ordering::Acquire) < self.config.max_connections;
        if has_room {
            self.admission.lock().decide(Instant::now(), remote, is_proven)
        } else {
            Decision::Refuse
        }
    }

    pub(crate) fn on_connection_opened(&self, is_outbound: bool) {
        self.connections.fetch_add(1, Ordering::AcqRel);
        if !is_outbound {
            self.pending_upgrades.fetch_add(1, Ordering::AcqRel);
        }
    }

    pub(crate) fn on_upgraded(&self) {
        self.pending_upgrades.fetch_sub(1, Ordering::AcqRel);
    }

    pub(crate) fn on_connection_ended(&self, traffic: &Traffic) {
        self.stats.ended_traffic.lock().add(traffic);
    }

    pub(crate) fn on_connection_closed(&self, is_pending: bool) {
        self.connections.fetch_sub(1, Ordering::AcqRel);
        if is_pending {
            self.on_upgraded();
        }
    }
}

fn bind(config: &Config) -> Result<std::net::UdpSocket, ConfigError> {
    let domain = Domain::for_address(config.address);
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(config.is_ipv6_only)?;
    }
    // The operating system may grant less than is asked for.
    let _ = socket.set_send_buffer_size(config.socket_send_buffer);
    let _ = socket.set_recv_buffer_size(config.socket_receive_buffer);
    socket.bind(&config.address.into())?;
    Ok(socket.into())
}

fn granted_buffers(socket: &std::net::UdpSocket) -> (usize, usize) {
    let socket = SockRef::from(socket);
    (
        socket.send_buffer_size().unwrap_or_default(),
        socket.recv_buffer_size().unwrap_or_default(),
    )
}

//! A path with a long way and losses: hands datagrams from one client to one server and back, each after a delay, and
//! drops some. No limit of bandwidth, no reordering. Chance comes from a seed, and is the same for the n-th datagram of a
//! direction whatever happens in the other.

use std::collections::VecDeque;
use std::fs::read_to_string;
use std::io::{ErrorKind, Result};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::{set_socket_recv_buffer_size, set_socket_recv_buffer_size_force};
use serde::{Deserialize, Serialize};

/// Datagrams on the way, both directions together: eight times what the largest of our windows lets one stream send.
const MAX_QUEUED: usize = 16_384;

/// Asked of the operating system for what arrives while the relay waits for a processor. Without the privilege it gives
/// less, and what has no room is counted.
const SOCKET_BUFFER_BYTES: usize = 8 * 1024 * 1024;

/// The largest UDP payload.
const MAX_DATAGRAM_BYTES: usize = 65_507;

const PERCENT: f64 = 100.0;

/// What the path does from now on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Impairment {
    /// Of datagrams, in each direction.
    loss_percent: f64,
    seed: u64,
}

/// Datagrams since the last impairment.
#[derive(Serialize, Default, Clone, Copy)]
pub struct Tally {
    relayed: u64,
    /// By chance.
    lost: u64,
    /// For want of room, here or, on Linux, in the sockets: what is measured then is the relay.
    overflowed: u64,
}

pub struct Relay {
    address: SocketAddr,
    /// Of both sockets.
    ports: [u16; 2],
    /// By the sockets, until the last impairment.
    dropped: u64,
    fate: Arc<Mutex<Fate>>,
}

impl Relay {
    /// A path to `server`, lossless at first, that lasts as long as the process.
    pub fn open(server: SocketAddr, delay: Duration) -> Result<Self> {
        let (to_client, to_server) = (socket()?, socket()?);
        to_server.connect(server)?;
        let address = to_client.local_addr()?;
        let ports = [address.port(), to_server.local_addr()?.port()];
        let fate = Arc::new(Mutex::new(Fate::new(0.0, 0)));
        let mut path = Path {
            sockets: [to_client, to_server],
            client: None,
            delay,
            fate: fate.clone(),
            queue: VecDeque::new(),
        };
        thread::Builder::new().name("relay".into()).spawn(move || {
            if let Err(error) = path.run() {
                eprintln!("the relay failed: {error}");
            }
        })?;
        Ok(Self {
            address,
            ports,
            dropped: 0,
            fate,
        })
    }

    /// Where the client finds the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells what has happened since the last time.
    pub fn impair(&mut self, Impairment { loss_percent, seed }: Impairment) -> Tally {
        let mut tally = std::mem::replace(&mut *lock(&self.fate), Fate::new(loss_percent / PERCENT, seed)).tally;
        let dropped: u64 = self.ports.into_iter().map(dropped_by).sum();
        tally.overflowed += dropped.saturating_sub(std::mem::replace(&mut self.dropped, dropped));
        tally
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Client,
    Server,
}

struct Datagram {
    due: Instant,
    to: Side,
    payload: Vec<u8>,
}

struct Path {
    /// By the side that they face.
    sockets: [UdpSocket; 2],
    /// Whoever has sent last.
    client: Option<SocketAddr>,
    delay: Duration,
    fate: Arc<Mutex<Fate>>,
    /// The delay is the same for all: first in, first out.
    queue: VecDeque<Datagram>,
}

impl Path {
    fn run(&mut self) -> Result<()> {
        let mut buffer = vec![0; MAX_DATAGRAM_BYTES];
        loop {
            self.wait()?;
            self.receive(Side::Client, &mut buffer)?;
            self.receive(Side::Server, &mut buffer)?;
            self.send_due();
        }
    }

    /// For a datagram to arrive or to be due.
    fn wait(&self) -> Result<()> {
        let timeout = self
            .queue
            .front()
            .map(|datagram| datagram.due.saturating_duration_since(Instant::now()))
            .and_then(|duration| Timespec::try_from(duration).ok());
        let mut sockets = self.sockets.each_ref().map(|socket| PollFd::new(socket, PollFlags::IN));
        match poll(&mut sockets, timeout.as_ref()) {
            Err(error) if error != Errno::INTR => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn receive(&mut self, from: Side, buffer: &mut [u8]) -> Result<()> {
        loop {
            let (length, sender) = match self.socket(from).recv_from(buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                // the other end's port was closed, which it knows best itself
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(error),
            };
            if from == Side::Client {
                self.client = Some(sender);
            }
            let is_kept = lock(&self.fate).decide(from, self.queue.len() < MAX_QUEUED);
            if is_kept && let Some(payload) = buffer.get(..length) {
                self.queue.push_back(Datagram {
                    due: Instant::now() + self.delay,
                    to: from.other(),
                    payload: payload.to_vec(),
                });
            }
        }
    }

    /// An error here is one more datagram that does not arrive.
    fn send_due(&mut self) {
        let now = Instant::now();
        while self.queue.front().is_some_and(|datagram| datagram.due <= now)
            && let Some(Datagram { to, payload, .. }) = self.queue.pop_front()
        {
            let _ = match (to, self.client) {
                (Side::Client, Some(client)) => self.socket(to).send_to(&payload, client),
                _ => self.socket(to).send(&payload),
            };
        }
    }

    fn socket(&self, facing: Side) -> &UdpSocket {
        let [client, server] = &self.sockets;
        match facing {
            Side::Client => client,
            Side::Server => server,
        }
    }
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// Which datagrams arrive.
struct Fate {
    /// From 0 to 1.
    loss: f64,
    from_client: SplitMix,
    from_server: SplitMix,
    tally: Tally,
}

impl Fate {
    fn new(loss: f64, seed: u64) -> Self {
        Self {
            loss,
            from_client: SplitMix(seed << 1),
            from_server: SplitMix(seed << 1 | 1),
            tally: Tally::default(),
        }
    }

    fn decide(&mut self, from: Side, has_room: bool) -> bool {
        let chance = match from {
            Side::Client => &mut self.from_client,
            Side::Server => &mut self.from_server,
        };
        let is_lost = chance.next() < self.loss;
        let Tally {
            relayed,
            lost,
            overflowed,
        } = &mut self.tally;
        *match (is_lost, has_room) {
            (true, _) => lost,
            (false, false) => overflowed,
            (false, true) => relayed,
        } += 1;
        !is_lost && has_room
    }
}

/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
struct SplitMix(u64);

impl SplitMix {
    /// From 0 to below 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn socket() -> Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_nonblocking(true)?;
    set_socket_recv_buffer_size_force(&socket, SOCKET_BUFFER_BYTES)
        .or_else(|_| set_socket_recv_buffer_size(&socket, SOCKET_BUFFER_BYTES))?;
    Ok(socket)
}

/// Datagrams that the socket of a port had no room for: the column `drops` of `/proc/net/udp`, 0 where there is no such file.
fn dropped_by(port: u16) -> u64 {
    let local = format!("{:08X}:{port:04X}", u32::from_ne_bytes(Ipv4Addr::LOCALHOST.octets()));
    read_to_string("/proc/net/udp")
        .unwrap_or_default()
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|columns| columns.get(1) == Some(&local.as_str()))
        .and_then(|columns| columns.last()?.parse().ok())
        .unwrap_or_default()
}

fn lock(fate: &Mutex<Fate>) -> MutexGuard<'_, Fate> {
    fate.lock().unwrap_or_else(PoisonError::into_inner)
}

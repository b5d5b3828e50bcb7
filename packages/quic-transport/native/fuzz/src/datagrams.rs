//! The datagram entry: a listening endpoint among strangers, honest clients, and whoever stands between them.
//!
//! An input is a program of [`Operation`]s. Random bytes alone never get past the protection of an Initial packet, so
//! one operation seals arbitrary frames as any stranger could, and others damage what honest clients say.

use std::{
    collections::{BTreeMap, VecDeque},
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use quicmesh_tls::Identity;
use quinn_proto::{ConnectionId, Dir, ServerConfig, VarInt};

use crate::{
    input::Input,
    network::{Host, MAX_HANDSHAKES, identity},
};

/// Operations of one input, and with them the datagrams: each takes a fraction of a millisecond.
const MAX_OPERATIONS: usize = 96;
/// Addresses that strangers send from.
const STRANGERS: u8 = 8;
/// Honest clients.
const CLIENTS: u8 = 4;
/// Most connections that one input can have open.
pub const MAX_CONNECTIONS: usize = MAX_OPERATIONS * 2;
/// What a server may send to an address before it has proven itself (RFC 9000 section 8.1).
const AMPLIFICATION: usize = 3;
/// Time-outs until nothing may be left, in number.
const MAX_TIMEOUTS: usize = 5_000;
/// What quinn may send beyond that for each connection: it starts a datagram while any allowance is left.
const STARTED_BYTES: usize = MIN_INITIAL_BYTES;
/// What quinn sends beyond that to an address that an authenticated peer seems to have moved to: one PATH_CHALLENGE of
/// 1,200 bytes, for the same reason, and probes of the MTU until the path's validation fails: it does not count those.
const MOVED_BYTES: usize = 1_200 + 8 * 1_452;
const MAX_DATAGRAM_BYTES: usize = 1_472;
const MIN_INITIAL_BYTES: usize = 1_200;
const QUIC_V1: u32 = 1;

/// The first byte of each step of an input, modulo eight.
#[derive(Clone, Copy)]
pub enum Operation {
    /// Address, length in two bytes, the datagram.
    Raw = 0,
    /// Address, connection id, packet number, length in two bytes, frames: sealed as an Initial packet.
    Initial = 1,
    /// Client: begins its handshake.
    Dial = 2,
    /// Client, treatment: its next datagram goes to the server.
    ToServer = 3,
    /// Client, treatment: the server's next datagram goes to it.
    ToClient = 4,
    /// Milliseconds in two bytes: time passes.
    Wait = 5,
    /// Client: everything under way between it and the server arrives.
    Exchange = 6,
    /// Client, what it does, length in two bytes, bytes to write.
    Use = 7,
}

/// What an input led to, so that a seed can be seen to lead somewhere.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub datagrams_in: usize,
    pub datagrams_out: usize,
    /// Most connections at one time.
    pub connections: usize,
    /// Clients whose handshake was completed.
    pub connected: usize,
}

struct Fixture {
    server: Identity,
    client: Identity,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| Fixture {
    server: identity(1),
    client: identity(2),
});

/// Runs the program that the input describes, then lets all time-outs pass.
///
/// # Panics
///
/// When an unproven address is sent more than three times what it sent (but for the three excesses of quinn that are
/// named here), when handshakes exceed their bound, when anything is left of the connections after the time-outs, or when
/// quinn-proto itself panics.
pub fn datagrams(data: &[u8]) {
    run(data);
}

/// As [`datagrams`], and tells what happened.
pub fn run(data: &[u8]) -> Report {
    let mut scene = Scene::new();
    let mut input = Input::new(data);
    for _ in 0..MAX_OPERATIONS {
        if input.is_empty() {
            break;
        }
        scene.step(&mut input);
        scene.check();
    }
    scene.end();
    scene.report
}

#[derive(Default)]
struct Account {
    received: usize,
    /// From other addresses, for connections of this one: quinn counts it as if it came from here.
    received_elsewhere: usize,
    sent: usize,
    is_proven: bool,
    /// Connections begun from here.
    begun: usize,
    /// Datagrams of honest clients that came from here although it is not theirs.
    moves: usize,
}

struct Scene {
    now: Instant,
    server: Host,
    config: Arc<ServerConfig>,
    clients: BTreeMap<u8, Host>,
    /// On the way to each address.
    mail: BTreeMap<SocketAddr, VecDeque<Vec<u8>>>,
    accounts: BTreeMap<SocketAddr, Account>,
    report: Report,
}

impl Scene {
    fn new() -> Self {
        let (server, config) = Host::server(&FIXTURE.server);
        Self {
            now: Instant::now(),
            server,
            config,
            clients: BTreeMap::new(),
            mail: BTreeMap::new(),
            accounts: BTreeMap::new(),
            report: Report::default(),
        }
    }

    fn step(&mut self, input: &mut Input<'_>) {
        match input.byte() % 8 {
            0 => {
                let from = stranger(input.byte());
                let datagram = input.chunk();
                self.reach_server(from, datagram);
            }
            1 => {
                let from = stranger(input.byte());
                let (id, number) = (input.byte(), input.byte());
                let datagram = self.initial(id, number, input.chunk());
                self.reach_server(from, &datagram);
            }
            2 => self.dial(input.byte() % CLIENTS),
            3 => self.client_speaks(input.byte() % CLIENTS, input),
            4 => self.client_hears(input.byte() % CLIENTS, input),
            5 => self.wait(Duration::from_millis(input.short() as u64)),
            6 => self.exchange(input.byte() % CLIENTS),
            _ => self.client_acts(input.byte() % CLIENTS, input),
        }
    }

    fn reach_server(&mut self, from: SocketAddr, datagram: &[u8]) {
        let datagram = &datagram[..datagram.len().min(MAX_DATAGRAM_BYTES)];
        self.report.datagrams_in += 1;
        self.accounts.entry(from).or_default().received += datagram.len();
        let accepted = self.server.accepted;
        let owner = self.server.receive(self.now, from, datagram);
        self.accounts.entry(from).or_default().begun += self.server.accepted - accepted;
        if let Some(owner) = owner.filter(|owner| *owner != from) {
            self.accounts.entry(owner).or_default().received_elsewhere += datagram.len();
        }
        self.post();
    }

    /// Takes what the server has sent.
    fn post(&mut self) {
        for (to, datagram) in self.server.outbox.drain(..) {
            self.report.datagrams_out += 1;
            self.accounts.entry(to).or_default().sent += datagram.len();
            self.mail.entry(to).or_default().push_back(datagram);
        }
    }

    fn check(&mut self) {
        for (address, account) in &self.accounts {
            let beyond = account.begun * STARTED_BYTES + account.moves * MOVED_BYTES;
            let allowed = (account.received + account.received_elsewhere) * AMPLIFICATION + beyond;
            let is_bounded = account.is_proven || account.sent <= allowed;
            assert!(is_bounded, "{address}: {} bytes for {}", account.sent, account.received);
        }
        let open = self.server.endpoint.open_connections();
        assert!(self.server.handshakes() <= MAX_HANDSHAKES);
        assert!(open <= MAX_CONNECTIONS);
        assert_eq!(
            open,
            self.server.connections.len(),
            "the endpoint forgot a connection, or did not"
        );
        assert_eq!(self.server.endpoint.incoming_buffer_bytes(), 0);
        self.report.connections = self.report.connections.max(open);
    }

    fn dial(&mut self, client: u8) {
        let now = self.now;
        self.clients
            .entry(client)
            .or_insert_with(|| Host::client(&FIXTURE.client, now, server_address()));
    }

    fn client_speaks(&mut self, client: u8, input: &mut Input<'_>) {
        let treatment = input.byte();
        let next = self.clients.get_mut(&client).and_then(|host| host.outbox.pop_front());
        let Some((_, datagram)) = next else { return };
        let from = if treatment % 8 == 7 {
            stranger(input.byte())
        } else {
            client_address(client)
        };
        for datagram in treat(datagram, treatment, input) {
            if from != client_address(client) {
                self.accounts.entry(from).or_default().moves += 1;
            }
            self.reach_server(from, &datagram);
        }
    }

    fn client_hears(&mut self, client: u8, input: &mut Input<'_>) {
        let treatment = input.byte();
        let next = self.mail.get_mut(&client_address(client)).and_then(VecDeque::pop_front);
        let Some(datagram) = next else { return };
        for datagram in treat(datagram, treatment, input) {
            self.reach_client(client, &datagram);
        }
    }

    fn reach_client(&mut self, client: u8, datagram: &[u8]) {
        if let Some(host) = self.clients.get_mut(&client) {
            // From now on it can prove its address.
            self.accounts.entry(client_address(client)).or_default().is_proven = true;
            host.receive(self.now, server_address(), datagram);
            if host
                .connections
                .values()
                .any(|(_, connection)| !connection.is_handshaking() && !connection.is_closed())
            {
                self.report.connected |= 1 << client;
            }
        }
    }

    fn exchange(&mut self, client: u8) {
        for _ in 0..16 {
            let said: Vec<_> = self
                .clients
                .get_mut(&client)
                .map_or_else(Vec::new, |host| host.outbox.drain(..).collect());
            let heard = self.mail.remove(&client_address(client)).unwrap_or_default();
            if said.is_empty() && heard.is_empty() {
                break;
            }
            for (_, datagram) in said {
                self.reach_server(client_address(client), &datagram);
            }
            for datagram in heard {
                self.reach_client(client, &datagram);
            }
        }
    }

    fn client_acts(&mut self, client: u8, input: &mut Input<'_>) {
        let action = input.byte();
        let bytes = input.chunk();
        let Some(host) = self.clients.get_mut(&client) else {
            return;
        };
        let Some((_, connection)) = host.connections.values_mut().next() else {
            return;
        };
        if action % 8 == 7 {
            connection.close(self.now, VarInt::from_u32(u32::from(action)), bytes.to_vec().into());
        } else if let Some(id) = connection.streams().open(Dir::Bi) {
            let _ = connection.send_stream(id).write(bytes);
            let code = VarInt::from_u32(u32::from(action));
            match action % 4 {
                0 => {}
                1 => drop(connection.send_stream(id).finish()),
                2 => drop(connection.send_stream(id).reset(code)),
                _ => drop(connection.recv_stream(id).stop(code)),
            }
        }
        host.drive(self.now);
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        for _ in 0..64 {
            let next = self
                .clients
                .values_mut()
                .chain([&mut self.server])
                .filter_map(Host::next_timeout)
                .min();
            match next.filter(|at| *at <= until) {
                Some(at) => self.expire(at),
                None => break,
            }
        }
        self.expire(until);
    }

    fn expire(&mut self, at: Instant) {
        self.now = self.now.max(at);
        self.clients.values_mut().for_each(|client| client.expire(self.now));
        self.server.expire(self.now);
        self.post();
    }

    /// Nobody says anything any more: all must go.
    fn end(&mut self) {
        self.clients.clear();
        for _ in 0..MAX_TIMEOUTS {
            let Some(at) = self.server.next_timeout() else { break };
            self.expire(at);
            self.check();
        }
        assert_eq!(
            self.server.endpoint.open_connections(),
            0,
            "connections outlive their time-outs"
        );
        self.report.connected = self.report.connected.count_ones() as usize;
    }

    /// An Initial packet with these frames, as a client would seal it (RFC 9001 section 5.2).
    fn initial(&self, id: u8, number: u8, frames: &[u8]) -> Vec<u8> {
        const TAG_BYTES: usize = 16;
        const NUMBER_BYTES: usize = 4;
        let id_bytes = [id; 8];
        let Ok(keys) = self.config.crypto.initial_keys(QUIC_V1, &ConnectionId::new(&id_bytes)) else {
            return Vec::new();
        };
        let mut packet = vec![0xc3];
        packet.extend(QUIC_V1.to_be_bytes());
        packet.push(8);
        packet.extend(id_bytes);
        // Our own id, and no token.
        packet.extend([4, id, id, id, id, 0]);
        let header_bytes = packet.len() + 2 + NUMBER_BYTES;
        let payload_bytes = frames.len().clamp(
            MIN_INITIAL_BYTES - header_bytes - TAG_BYTES,
            MAX_DATAGRAM_BYTES - header_bytes - TAG_BYTES,
        );
        let length = NUMBER_BYTES + payload_bytes + TAG_BYTES;
        packet.extend((0x4000 | length as u16).to_be_bytes());
        packet.extend(u32::from(number).to_be_bytes());
        packet.extend(frames.iter().take(payload_bytes));
        packet.resize(header_bytes + payload_bytes + TAG_BYTES, 0);
        // A server's keys: what it takes for remote is the client's.
        keys.packet.remote.encrypt(u64::from(number), &mut packet, header_bytes);
        keys.header.remote.encrypt(header_bytes - NUMBER_BYTES, &mut packet);
        packet
    }
}

/// What becomes of a datagram on its way.
fn treat(mut datagram: Vec<u8>, treatment: u8, input: &mut Input<'_>) -> Vec<Vec<u8>> {
    match treatment % 8 {
        1 => Vec::new(),
        2 => vec![datagram.clone(), datagram],
        3 => {
            let at = input.short() % datagram.len().max(1);
            datagram[at] ^= input.byte();
            vec![datagram]
        }
        4 => {
            datagram.truncate(input.short());
            vec![datagram]
        }
        5 => {
            datagram.extend(input.chunk());
            vec![datagram]
        }
        _ => vec![datagram],
    }
}

fn server_address() -> SocketAddr {
    (Ipv4Addr::new(10, 0, 0, 1), 4001).into()
}

fn client_address(client: u8) -> SocketAddr {
    (Ipv4Addr::new(10, 0, 1, client), 4001).into()
}

fn stranger(number: u8) -> SocketAddr {
    (Ipv4Addr::new(10, 0, 2, number % STRANGERS), 4001).into()
}

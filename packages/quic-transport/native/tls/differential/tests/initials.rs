//! A hello that takes two datagrams (rust-libp2p offers X25519MLKEM768), on its way through QUIC to our configuration.
//!
//! Two endpoints of quinn-proto without sockets: each test carries the datagrams, and time is what it says.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use bytes::BytesMut;
use libp2p_identity::Keypair;
use libp2p_tls::make_client_config;
use quicmesh_tls::remote_identity;
use quicmesh_tls_differential::our_identity;
use quinn_proto::{
    ClientConfig, Connection, ConnectionHandle, DatagramEvent, Endpoint, EndpointConfig, ServerConfig,
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
};
use rustls::pki_types::CertificateDer;

/// Time-outs and exchanges until a handshake must be done, in number.
const MAX_ROUNDS: usize = 20;

/// One endpoint with at most one connection.
struct Host {
    endpoint: Endpoint,
    connection: Option<(ConnectionHandle, Connection)>,
    outbox: VecDeque<Vec<u8>>,
    /// Whether strangers must prove their address first.
    retries: bool,
}

/// Both ends, and the present.
struct Pair {
    client: Host,
    server: Host,
    now: Instant,
    dialer: Keypair,
}

impl Pair {
    /// Them, who have said their hello, and us, who have not heard it.
    fn new(retries: bool) -> Self {
        let (dialer, now) = (Keypair::generate_ed25519(), Instant::now());
        let listener = our_identity(&Keypair::generate_ed25519());
        let crypto = QuicServerConfig::try_from(listener.server_config(None).unwrap()).unwrap();
        let server = Host::new(Some(ServerConfig::with_crypto(Arc::new(crypto))), retries);

        let mut client = Host::new(None, false);
        let crypto = QuicClientConfig::try_from(make_client_config(&dialer, None).unwrap()).unwrap();
        let config = ClientConfig::new(Arc::new(crypto));
        client.connection = Some(
            client
                .endpoint
                .connect(now, config, address(1), "libp2p.invalid")
                .unwrap(),
        );
        client.drive(now);
        Self {
            client,
            server,
            now,
            dialer,
        }
    }

    /// Carries everything both ways until nobody has anything to say.
    fn exchange(&mut self) {
        while !self.client.outbox.is_empty() || !self.server.outbox.is_empty() {
            for datagram in std::mem::take(&mut self.client.outbox) {
                self.server.receive(self.now, address(0), &datagram);
            }
            for datagram in std::mem::take(&mut self.server.outbox) {
                self.client.receive(self.now, address(1), &datagram);
            }
        }
    }

    /// The handshake goes through, and the server knows whom it has before it.
    fn connects(&mut self) {
        for _ in 0..MAX_ROUNDS {
            self.exchange();
            if self.client.is_connected() && self.server.is_connected() {
                break;
            }
            let next = [&mut self.client, &mut self.server]
                .into_iter()
                .filter_map(Host::next_timeout)
                .min();
            self.now = next.expect("nothing is awaited, and nobody is connected");
            self.client.expire(self.now);
            self.server.expire(self.now);
        }
        assert!(self.client.is_connected() && self.server.is_connected());
        let found = remote_identity(&self.server.peer_chain()).unwrap();
        assert_eq!(found.peer_id.as_bytes(), self.dialer.public().to_peer_id().to_bytes());
    }
}

impl Host {
    fn new(config: Option<ServerConfig>, retries: bool) -> Self {
        let endpoint = Endpoint::new(
            Arc::new(EndpointConfig::default()),
            config.map(Arc::new),
            true,
            Some([5; 32]),
        );
        Self {
            endpoint,
            connection: None,
            outbox: VecDeque::new(),
            retries,
        }
    }

    fn receive(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        let mut out = Vec::new();
        let event = self
            .endpoint
            .handle(now, from, None, None, BytesMut::from(datagram), &mut out);
        match event {
            Some(DatagramEvent::NewConnection(incoming)) if self.retries && incoming.may_retry() => {
                let retry = self.endpoint.retry(incoming, &mut out).expect("it may be retried");
                self.outbox.push_back(out[..retry.size].to_vec());
            }
            Some(DatagramEvent::NewConnection(incoming)) => {
                let accepted = self.endpoint.accept(incoming, now, &mut out, None);
                self.connection = Some(accepted.expect("a sound Initial"));
            }
            Some(DatagramEvent::ConnectionEvent(_, event)) => self.connection().handle_event(event),
            Some(DatagramEvent::Response(transmit)) => self.outbox.push_back(out[..transmit.size].to_vec()),
            None => {}
        }
        self.drive(now);
    }

    fn expire(&mut self, now: Instant) {
        if self.next_timeout().is_some_and(|at| at <= now) {
            self.connection().handle_timeout(now);
        }
        self.drive(now);
    }

    /// Lets the connection say all that it has to say.
    fn drive(&mut self, now: Instant) {
        let Some((handle, connection)) = &mut self.connection else {
            return;
        };
        while connection.poll().is_some() {}
        while let Some(event) = connection.poll_endpoint_events() {
            if let Some(event) = self.endpoint.handle_event(*handle, event) {
                connection.handle_event(event);
            }
        }
        let mut out = Vec::new();
        while let Some(transmit) = connection.poll_transmit(now, 1, &mut out) {
            self.outbox.push_back(out[..transmit.size].to_vec());
            out.clear();
        }
    }

    fn connection(&mut self) -> &mut Connection {
        &mut self.connection.as_mut().expect("a connection").1
    }

    fn next_timeout(&mut self) -> Option<Instant> {
        self.connection
            .as_mut()
            .and_then(|(_, connection)| connection.poll_timeout())
    }

    fn is_connected(&self) -> bool {
        let connection = self.connection.as_ref().map(|(_, connection)| connection);
        connection.is_some_and(|connection| !connection.is_handshaking() && !connection.is_closed())
    }

    fn peer_chain(&mut self) -> Vec<CertificateDer<'static>> {
        let identity = self
            .connection()
            .crypto_session()
            .peer_identity()
            .expect("a certificate");
        *identity.downcast().expect("certificates")
    }
}

fn address(host: u8) -> SocketAddr {
    (Ipv4Addr::new(10, 0, 0, host), 4001).into()
}

/// Form, fixed bit and type of a long header are in the clear (RFC 9000 section 17.2.2).
fn is_initial(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|byte| byte & 0xf0 == 0xc0)
}

#[test]
fn a_hello_of_two_initials_is_answered_once_both_are_there() {
    let mut pair = Pair::new(false);
    let flight = std::mem::take(&mut pair.client.outbox);
    assert_eq!(flight.len(), 2);
    assert!(
        flight
            .iter()
            .all(|datagram| is_initial(datagram) && datagram.len() >= 1_200)
    );

    pair.server.receive(pair.now, address(0), &flight[0]);
    assert!(pair.server.connection().crypto_session().handshake_data().is_none());
    pair.server.receive(pair.now, address(0), &flight[1]);
    assert!(pair.server.connection().crypto_session().handshake_data().is_some());
    pair.connects();
}

#[test]
fn the_halves_of_a_hello_may_come_in_the_wrong_order() {
    let mut pair = Pair::new(false);
    pair.client.outbox.swap(0, 1);
    pair.connects();
}

#[test]
fn each_half_of_a_hello_may_be_lost() {
    for lost in [0, 1] {
        let mut pair = Pair::new(false);
        pair.client.outbox.remove(lost);
        let begun = pair.now;
        pair.connects();
        assert!(pair.now > begun, "nothing was lost");
    }
}

#[test]
fn each_half_of_a_hello_may_come_twice() {
    let mut pair = Pair::new(false);
    let flight: VecDeque<_> = pair.client.outbox.iter().chain(&pair.client.outbox).cloned().collect();
    pair.client.outbox = flight;
    pair.connects();
}

#[test]
fn a_hello_of_two_initials_goes_through_a_retry() {
    let mut pair = Pair::new(true);
    pair.connects();
}

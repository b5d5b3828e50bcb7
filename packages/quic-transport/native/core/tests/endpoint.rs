//! The core against itself, through its public API, on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod pair;

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use pair::{Node, Told, connect, identity, open};
use quicmesh_quic_core::{CloseKind, Closed, ConfigError, Endpoint, EventQueue, OpenStream, StreamSignal};
use quinn_proto::VarInt;

const QUIET: Duration = Duration::from_millis(300);

fn pair() -> (Node, Node) {
    (Node::start(|_| {}), Node::start(|_| {}))
}

/// Bytes whose order and loss show.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index.wrapping_mul(31) >> 3) as u8).collect()
}

#[test]
fn bytes_arrive_whole_and_in_order_with_small_credit_and_write_buffer() {
    let (mut client, mut server) = pair();
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let sent = pattern(3 << 20);
    let stream = open(&outbound);
    let writer = std::thread::spawn({
        let sent = sent.clone();
        move || {
            let mut rest = &sent[..];
            while !rest.is_empty() {
                let accepted = stream.write(rest).expect("the stream is open");
                rest = &rest[accepted..];
                if !rest.is_empty() {
                    while client.signal() != StreamSignal::Writable {}
                }
            }
            stream.finish();
            client
        }
    });
    let incoming = server.incoming_stream();
    let mut received = Vec::new();
    loop {
        match server.next() {
            Told::Data(_, bytes) => {
                incoming.consumed(bytes.len());
                received.extend(bytes);
            }
            Told::Signal(signal) => {
                assert_eq!(signal, StreamSignal::Finished);
                break;
            }
            _ => panic!("only data and its end were sent"),
        }
    }
    assert!(received == sent, "{} of {} bytes", received.len(), sent.len());
    writer.join().unwrap();
}

#[test]
fn a_reader_that_returns_no_credit_gets_no_more_than_its_credit() {
    let (mut client, mut server) = pair();
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let stream = open(&outbound);
    while stream.write(&[7; 64 << 10]).unwrap() > 0 {}
    let incoming = server.incoming_stream();
    let told: usize = server.settle(QUIET).iter().map(data_bytes).sum();
    let credit = 64 << 10;
    assert!(
        (credit..credit + 64 * 1024).contains(&told),
        "{told} bytes on a credit of {credit}"
    );

    incoming.consumed(told);
    let more: usize = server.settle(QUIET).iter().map(data_bytes).sum();
    assert!(more > 0, "nothing came for the credit that was returned");
}

#[test]
fn the_streams_of_a_connection_share_its_credit() {
    let mut client = Node::start(|_| {});
    let mut server = Node::start(|config| {
        config.connection_credit = 100 << 10;
    });
    let (outbound, _inbound) = connect(&mut client, &mut server);
    for _ in 0..4 {
        let stream = open(&outbound);
        while stream.write(&[7; 64 << 10]).unwrap() > 0 {}
    }
    let told = server.settle(QUIET);
    let bytes: usize = told.iter().map(data_bytes).sum();
    assert!(bytes < 4 * (64 << 10), "{bytes} bytes on a credit of {}", 100 << 10);

    // A stream that was left without any gets some when another's is returned.
    let mut streams = Vec::new();
    for event in told {
        match event {
            Told::StreamIncoming(stream) => streams.push((stream, 0)),
            Told::Data(id, bytes) => {
                let entry = streams.iter_mut().find(|(stream, _)| stream.id() == id).unwrap();
                entry.1 += bytes.len();
            }
            _ => {}
        }
    }
    for (stream, bytes) in &streams {
        stream.consumed(*bytes);
    }
    let more: usize = server.settle(QUIET).iter().map(data_bytes).sum();
    assert!(more > 0, "no stream went on");
}

#[test]
fn a_write_that_is_not_taken_whole_is_followed_by_one_writable() {
    let (mut client, mut server) = pair();
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let stream = open(&outbound);
    while stream.write(&[7; 64 << 10]).unwrap() == 64 << 10 {}
    let incoming = server.incoming_stream();
    let mut is_consuming = true;
    while is_consuming {
        let told = server.settle(QUIET);
        is_consuming = !told.is_empty();
        told.iter().map(data_bytes).for_each(|bytes| incoming.consumed(bytes));
    }
    let writable = client
        .settle(QUIET)
        .into_iter()
        .filter(|told| matches!(told, Told::Signal(StreamSignal::Writable)));
    assert_eq!(writable.count(), 1);
}

#[test]
fn a_half_closed_stream_still_receives() {
    let (mut client, mut server) = pair();
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let stream = open(&outbound);
    stream.write(b"ping").unwrap();
    stream.finish();
    assert_eq!(stream.write(b"more"), Err(Closed));

    let incoming = server.incoming_stream();
    assert!(matches!(server.next(), Told::Data(_, bytes) if bytes == b"ping"));
    assert_eq!(server.signal(), StreamSignal::Finished);
    incoming.consumed(4);
    incoming.write(b"pong").unwrap();
    incoming.finish();
    assert!(matches!(client.next(), Told::Data(_, bytes) if bytes == b"pong"));
    assert_eq!(client.signal(), StreamSignal::Finished);
    stream.consumed(4);
    assert_eq!(client.signal(), StreamSignal::Closed);
    assert_eq!(server.signal(), StreamSignal::Closed);
}

#[test]
fn a_reset_is_told_with_its_code_even_when_the_writer_is_blocked() {
    let (mut client, mut server) = pair();
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let stream = open(&outbound);
    while stream.write(&[7; 64 << 10]).unwrap() > 0 {}
    let incoming = server.incoming_stream();
    stream.reset(VarInt::from_u32(0x1234));
    assert_eq!(stream.write(b"more"), Err(Closed));
    loop {
        match server.next() {
            Told::Data(_, bytes) => incoming.consumed(bytes.len()),
            Told::Signal(signal) => {
                assert_eq!(signal, StreamSignal::Reset(0x1234));
                break;
            }
            _ => panic!("only data and a reset were sent"),
        }
    }
}

#[test]
fn a_reset_is_told_without_credit_when_nobody_reads() {
    let (mut client, mut server) = pair();
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let stream = open(&outbound);
    while stream.write(&[7; 64 << 10]).unwrap() > 0 {}
    let _incoming = server.incoming_stream();
    server.settle(QUIET);
    stream.reset(VarInt::from_u32(0x1234));
    assert_eq!(server.signal(), StreamSignal::Reset(0x1234));
}

#[test]
fn a_stop_is_told_with_its_code_and_ends_the_write_side_only() {
    let (mut client, mut server) = pair();
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let stream = open(&outbound);
    stream.write(b"unwanted").unwrap();
    let incoming = server.incoming_stream();
    incoming.stop(VarInt::from_u32(0x99));
    assert_eq!(client.signal(), StreamSignal::Stopped(0x99));
    assert_eq!(stream.write(b"more"), Err(Closed));

    incoming.write(b"still here").unwrap();
    assert!(matches!(client.next(), Told::Data(_, bytes) if bytes == b"still here"));
}

#[test]
fn what_was_received_is_told_before_the_connection_ends() {
    let (mut client, mut server) = pair();
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let sent = pattern(600 << 10);
    let stream = open(&outbound);
    let mut rest = &sent[..];
    while !rest.is_empty() {
        let accepted = stream.write(rest).unwrap();
        rest = &rest[accepted..];
    }
    stream.finish();
    outbound.flush(3);
    while !matches!(client.next(), Told::Flushed) {}
    outbound.close(VarInt::from_u32(0), "");

    // The server's reader wakes only now and returns no credit.
    let mut received = Vec::new();
    let mut is_finished = false;
    let reason = loop {
        match server.next() {
            Told::Data(_, bytes) => received.extend(bytes),
            Told::Signal(StreamSignal::Finished) => is_finished = true,
            Told::Closed(reason) => break reason,
            _ => {}
        }
    };
    assert!(received == sent, "{} of {} bytes", received.len(), sent.len());
    assert!(is_finished);
    assert_eq!((reason.kind, reason.code), (CloseKind::ClosedByPeer, 0));
}

#[test]
fn an_application_close_is_told_with_its_code_and_reason() {
    let (mut client, mut server) = pair();
    let (outbound, inbound) = connect(&mut client, &mut server);
    inbound.close(VarInt::from_u32(0x1007), "gated");
    let reason = client.closed();
    assert_eq!(
        (reason.kind, reason.code, reason.reason.as_str()),
        (CloseKind::ClosedByPeer, 0x1007, "gated")
    );
    assert_eq!(server.closed().kind, CloseKind::ClosedLocally);
    assert!(matches!(outbound.open_stream(8), OpenStream::Gone));
}

#[test]
fn opening_a_stream_at_the_limit_waits_for_one_to_be_freed() {
    let (mut client, mut server) = pair();
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let streams: Vec<_> = (0..4).map(|_| open(&outbound)).collect();
    assert!(matches!(outbound.open_stream(9), OpenStream::Pending));
    let first = &streams[0];
    first.write(b"x").unwrap();
    first.finish();
    let incoming = server.incoming_stream();
    assert_eq!(server.signal(), StreamSignal::Finished);
    incoming.consumed(1);
    incoming.finish();
    loop {
        match client.next() {
            Told::Opened(stream) => break assert!(stream.is_some()),
            Told::Signal(..) => {}
            _ => panic!("only the first stream ends"),
        }
    }
}

#[test]
fn a_cancelled_opening_frees_its_place() {
    let (mut client, mut server) = pair();
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let streams: Vec<_> = (0..4).map(|_| open(&outbound)).collect();
    assert!(matches!(outbound.open_stream(9), OpenStream::Pending));
    client.endpoint.cancel(9);
    streams[0].reset(VarInt::from_u32(0));
    streams[0].stop(VarInt::from_u32(0));
    let incoming = server.incoming_stream();
    incoming.reset(VarInt::from_u32(0));
    assert!(client.settle(QUIET).iter().all(|told| !matches!(told, Told::Opened(_))));
    assert!(matches!(outbound.open_stream(10), OpenStream::Ready(_)));
}

#[test]
fn a_dial_to_another_peer_than_expected_fails_in_tls() {
    let (mut client, mut server) = pair();
    let somebody_else = identity().peer_id().clone();
    client.endpoint.dial(
        1,
        server.endpoint.address(),
        Some(somebody_else),
        Duration::from_secs(5),
    );
    assert!(matches!(client.next(), Told::DialFailed(reason) if reason.kind == CloseKind::UnexpectedPeer));
    assert!(
        server
            .settle(QUIET)
            .iter()
            .all(|told| !matches!(told, Told::Incoming(_)))
    );
}

#[test]
fn a_dial_without_an_expected_peer_learns_who_it_is() {
    let (mut client, mut server) = pair();
    client
        .endpoint
        .dial(1, server.endpoint.address(), None, Duration::from_secs(5));
    assert!(
        matches!(client.next(), Told::Dialed(connection) if connection.remote().unwrap().peer_id == server.peer_id)
    );
    assert_eq!(server.incoming().remote().unwrap().peer_id, client.peer_id);
}

#[test]
fn a_dial_to_a_silent_socket_times_out_and_a_cancelled_one_tells_nothing() {
    let mut client = Node::start(|_| {});
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let start = Instant::now();
    client.endpoint.dial(1, address, None, Duration::from_millis(200));
    client.endpoint.dial(2, address, None, Duration::from_millis(200));
    client.endpoint.cancel(2);
    assert!(matches!(client.next(), Told::DialFailed(reason) if reason.kind == CloseKind::TimedOut));
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert!(client.settle(QUIET).is_empty());
}

#[test]
fn an_endpoint_that_does_not_listen_refuses() {
    let mut client = Node::start(|_| {});
    let mut server = Node::start(|config| config.is_listening = false);
    client
        .endpoint
        .dial(1, server.endpoint.address(), None, Duration::from_secs(5));
    assert!(matches!(client.next(), Told::DialFailed(reason) if reason.kind == CloseKind::TransportErrorByPeer));
    assert_eq!(server.endpoint.stats().handshakes_refused, 1);
    assert!(server.settle(QUIET).is_empty());
}

#[test]
fn connections_that_nobody_takes_up_are_bounded() {
    let mut client = Node::start(|_| {});
    let mut server = Node::start(|config| config.max_pending_upgrades = 1);
    let first = client.dial(&server);
    let inbound = server.incoming();
    client
        .endpoint
        .dial(2, server.endpoint.address(), None, Duration::from_secs(5));
    assert!(matches!(client.next(), Told::DialFailed(_)));
    inbound.accept_streams();
    client.dial(&server);
    drop(first);
}

#[test]
fn garbage_is_survived() {
    let (mut client, mut server) = pair();
    let attacker = UdpSocket::bind("127.0.0.1:0").unwrap();
    for seed in 0..200_usize {
        let mut datagram = pattern(1200 + seed);
        datagram[0] = 0xc0 | (seed as u8 & 0x0f);
        datagram[1..5].copy_from_slice(&[0, 0, 0, 1]);
        attacker.send_to(&datagram, server.endpoint.address()).unwrap();
    }
    client.dial(&server);
    server.incoming();
}

#[test]
fn more_stalled_handshakes_than_there_are_places_delay_nobody() {
    let (mut client, mut server) = pair();
    // Initials of dials that go nowhere, sent on to the server from addresses that never answer.
    let trap = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut dialer = Node::start(|_| {});
    for request in 0..40 {
        dialer
            .endpoint
            .dial(request, trap.local_addr().unwrap(), None, Duration::from_secs(1));
        let mut initial = [0; 2048];
        let (length, _) = trap.recv_from(&mut initial).unwrap();
        let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
        stranger.send_to(&initial[..length], server.endpoint.address()).unwrap();
    }
    let start = Instant::now();
    client.dial(&server);
    assert!(start.elapsed() < Duration::from_secs(2));
    server.incoming();
    let stats = server.endpoint.stats();
    assert!(
        stats.handshakes_retried > 0 && stats.pending_handshakes < 16,
        "{stats:?}"
    );
    dialer.settle(QUIET);
}

#[test]
fn streams_that_a_reader_has_not_been_told_the_end_of_are_bounded() {
    let (mut client, server) = pair();
    let outbound = client.dial(&server);
    let mut server = server;
    server.incoming().accept_streams();
    let mut opened = 0;
    let deadline = Instant::now() + Duration::from_secs(1);
    while Instant::now() < deadline {
        if let OpenStream::Ready(stream) = outbound.open_stream(opened) {
            opened += 1;
            stream.finish();
            stream.stop(VarInt::from_u32(0));
        }
    }
    let told = server.settle(QUIET);
    // The reader drains only now, and each drain lets as many in as it told the end of.
    let incoming = told
        .iter()
        .take_while(|told| !matches!(told, Told::Signal(StreamSignal::Closed)))
        .filter(|told| matches!(told, Told::StreamIncoming(_)))
        .count();
    assert!(incoming <= 4, "{incoming} streams at once where 4 are allowed");
}

#[test]
fn streams_that_arrived_are_told_before_the_connection_ends() {
    let (mut client, mut server) = pair();
    for _ in 0..50 {
        let (outbound, _inbound) = connect(&mut client, &mut server);
        for _ in 0..3 {
            let stream = open(&outbound);
            stream.write(b"last words").unwrap();
            stream.finish();
        }
        outbound.flush(3);
        while !matches!(client.next(), Told::Flushed) {}
        outbound.close(VarInt::from_u32(0), "");
        let mut finished = 0;
        loop {
            match server.next() {
                Told::Signal(StreamSignal::Finished) => finished += 1,
                Told::Closed(_) => break,
                _ => {}
            }
        }
        assert_eq!(finished, 3);
        client.closed();
    }
}

#[test]
fn a_closed_endpoint_frees_its_port_and_tells_its_peers() {
    let (mut client, mut server) = pair();
    let (_outbound, _inbound) = connect(&mut client, &mut server);
    let address = server.endpoint.address();
    server.endpoint.close(VarInt::from_u32(0x1006));
    while !matches!(server.next(), Told::EndpointClosed) {}
    UdpSocket::bind(address).expect("the port is free");
    let reason = client.closed();
    assert_eq!((reason.kind, reason.code), (CloseKind::ClosedByPeer, 0x1006));
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut config = pair::config(identity());
    config.address = taken.local_addr().unwrap();
    let result = Endpoint::new(config, EventQueue::new(|| {}));
    assert!(matches!(result.err(), Some(ConfigError::Socket(error)) if error.kind() == std::io::ErrorKind::AddrInUse));
}

fn data_bytes(told: &Told) -> usize {
    match told {
        Told::Data(_, bytes) => bytes.len(),
        _ => 0,
    }
}

#[test]
fn a_handshake_waits_for_the_gate_with_its_address_proven() {
    let mut client = Node::start(|_| {});
    let mut server = Node::start(|config| config.gates_handshakes = true);
    client
        .endpoint
        .dial(1, server.endpoint.address(), None, Duration::from_secs(5));
    let Told::Gate(gate, remote) = server.next() else {
        panic!("the gate is asked first")
    };
    assert_eq!(remote, client.endpoint.address());
    assert_eq!(server.endpoint.stats().handshakes_retried, 1);
    server.endpoint.decide(gate, true);
    assert!(matches!(client.next(), Told::Dialed(_)));
    server.incoming();
}

#[test]
fn a_handshake_that_the_gate_refuses_is_told_at_once() {
    let mut client = Node::start(|_| {});
    let mut server = Node::start(|config| config.gates_handshakes = true);
    client
        .endpoint
        .dial(1, server.endpoint.address(), None, Duration::from_secs(5));
    let Told::Gate(gate, _) = server.next() else {
        panic!("the gate is asked first")
    };
    server.endpoint.decide(gate, false);
    assert!(matches!(client.next(), Told::DialFailed(reason) if reason.kind == CloseKind::TransportErrorByPeer));
    assert_eq!(server.endpoint.stats().handshakes_gated, 1);
    assert_eq!(server.endpoint.stats().pending_handshakes, 0);
    // an answer that comes twice changes nothing
    server.endpoint.decide(gate, true);
    assert!(server.settle(QUIET).is_empty());
}

#[test]
fn a_gate_that_does_not_answer_refuses_when_the_handshake_has_taken_too_long() {
    let mut client = Node::start(|_| {});
    let mut server = Node::start(|config| {
        config.gates_handshakes = true;
        config.handshake_timeout = Duration::from_millis(200);
    });
    client
        .endpoint
        .dial(1, server.endpoint.address(), None, Duration::from_secs(5));
    assert!(matches!(client.next(), Told::DialFailed(reason) if reason.kind == CloseKind::TransportErrorByPeer));
    assert_eq!(server.endpoint.stats().pending_handshakes, 0);
    assert!(matches!(server.next(), Told::Gate(..)));
}

#[test]
fn a_peer_that_was_here_before_needs_no_retry() {
    let mut client = Node::start(|_| {});
    let mut server = Node::start(|config| config.retry_handshake_rate = 0);
    for retried in [1, 1, 1] {
        let outbound = client.dial(&server);
        server.incoming();
        // the token comes after the handshake
        client.settle(QUIET);
        assert_eq!(server.endpoint.stats().handshakes_retried, retried);
        outbound.close(VarInt::from_u32(0), "");
        server.closed();
        client.closed();
    }
}

#[test]
fn what_connections_may_hold_together_is_bounded() {
    let mut client = Node::start(|_| {});
    let mut server = Node::start(|config| config.receive_budget = 600 << 10);
    let first = client.dial(&server);
    server.incoming();
    client.dial(&server);
    server.incoming();
    client
        .endpoint
        .dial(3, server.endpoint.address(), None, Duration::from_secs(5));
    assert!(matches!(client.next(), Told::DialFailed(reason) if reason.kind == CloseKind::TransportErrorByPeer));
    assert_eq!(server.endpoint.stats().receive_windows, 512 << 10);
    first.close(VarInt::from_u32(0), "");
    while !matches!(server.next(), Told::Closed(_)) {}
    client.closed();
    client.dial(&server);
}

#[test]
fn a_window_grows_for_a_reader_that_keeps_up() {
    let mut client = Node::start(|_| {});
    // On loopback no window is used up within a few round trips, so the reader gets all time there is.
    let mut server = Node::start(|config| config.receive_budget = 64 << 20);
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let before = server.endpoint.stats().receive_windows;
    let stream = open(&outbound);
    let writer = std::thread::spawn(move || {
        let mut left = 32 << 20;
        while left > 0 {
            let accepted = stream.write(&vec![7; left.min(64 << 10)]).expect("the stream is open");
            left -= accepted;
            if accepted == 0 {
                while client.signal() != StreamSignal::Writable {}
            }
        }
        client
    });
    let incoming = server.incoming_stream();
    let mut received = 0;
    while received < 32 << 20 {
        if let Told::Data(_, bytes) = server.next() {
            received += bytes.len();
            incoming.consumed(bytes.len());
        }
    }
    assert!(server.endpoint.stats().receive_windows >= before);
    let client = writer.join().unwrap();
    assert!(client.endpoint.stats().receive_windows <= 64 << 20);
}

#[test]
fn versions_but_the_first_are_answered_by_negotiation() {
    let server = Node::start(|_| {});
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut initial = pattern(1_200);
    // draft-29
    initial[..7].copy_from_slice(&[0xc0, 0xff, 0, 0, 0x1d, 8, 1]);
    initial[14] = 0;
    stranger.send_to(&initial, server.endpoint.address()).unwrap();
    let mut answer = [0; 1_500];
    let (length, _) = stranger.recv_from(&mut answer).unwrap();
    assert_eq!(answer[1..5], [0, 0, 0, 0]);
    assert!(answer[..length].ends_with(&[0, 0, 0, 1]), "{:x?}", &answer[..length]);
}

#[test]
fn a_close_amid_a_transfer_is_told_although_the_congestion_window_is_full() {
    let (mut client, mut server) = pair();
    for _ in 0..20 {
        let (outbound, _inbound) = connect(&mut client, &mut server);
        let stream = open(&outbound);
        while stream.write(&[7; 64 << 10]).unwrap() > 0 {}
        server.incoming_stream();
        // What fits the windows has left, and the rest waits.
        outbound.close(VarInt::from_u32(0x1006), "");
        let reason = server.closed();
        assert_eq!((reason.kind, reason.code), (CloseKind::ClosedByPeer, 0x1006));
        client.closed();
    }
}

#[test]
fn a_stop_that_comes_before_streams_are_taken_is_told() {
    let (mut client, mut server) = pair();
    let outbound = client.dial(&server);
    let inbound = server.incoming();
    let stream = open(&outbound);
    stream.write(b"x").unwrap();
    stream.stop(VarInt::from_u32(9));
    std::thread::sleep(QUIET);
    inbound.accept_streams();
    let _incoming = server.incoming_stream();
    assert_eq!(server.signal(), StreamSignal::Stopped(9));
}

#[test]
fn a_reset_is_told_although_another_stream_holds_all_credit() {
    let mut client = Node::start(|_| {});
    let mut server = Node::start(|config| config.connection_credit = 64 << 10);
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let streams: Vec<_> = (0..4).map(|_| open(&outbound)).collect();
    for stream in &streams {
        while stream.write(&[7; 64 << 10]).unwrap() > 0 {}
    }
    server.settle(QUIET);
    for stream in &streams {
        stream.reset(VarInt::from_u32(0x1234));
    }
    for _ in &streams {
        while server.signal() != StreamSignal::Reset(0x1234) {}
    }
}

#[test]
fn every_fourth_datagram_is_acknowledged_or_what_is_25_ms_old() {
    let (mut client, mut server) = pair();
    let (outbound, _inbound) = connect(&mut client, &mut server);
    let stream = open(&outbound);
    let before = outbound.statistics().unwrap().traffic;
    let start = Instant::now();
    for _ in 0..200 {
        stream.write(&[7; 1_000]).unwrap();
        client.endpoint.flush();
        std::thread::sleep(Duration::from_millis(1));
    }
    let delays = u64::try_from(start.elapsed().as_millis() / 25).unwrap();
    server.settle(QUIET);
    let after = outbound.statistics().unwrap().traffic;
    let sent = after.sent_datagrams - before.sent_datagrams;
    let received = after.received_datagrams - before.received_datagrams;
    assert!(sent >= 150, "{sent} sent");
    assert!(
        (sent / 6..=sent / 4 + delays + 5).contains(&received),
        "{received} for {sent} and {delays} delays"
    );
}

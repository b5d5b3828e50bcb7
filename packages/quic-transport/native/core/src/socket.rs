//! A UDP socket that any thread sends on and the driver receives from, many datagrams a call where the system can.

use std::io::{self, ErrorKind, IoSliceMut};
use std::net::SocketAddr;

use bytes::BytesMut;
use quinn_proto::{EcnCodepoint, Transmit};
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSocketState};
use socket2::{Domain, Protocol, Socket as Socket2, Type};

use crate::Config;

/// What one receive buffer holds: the largest UDP payload, or as many datagrams as the system has merged (GRO).
const RECEIVE_BYTES: usize = 64 * 1024;

pub(crate) struct Socket {
    io: mio::net::UdpSocket,
    state: UdpSocketState,
    address: SocketAddr,
    /// Granted for sending and for receiving, in bytes.
    pub buffers: (usize, usize),
}

/// What became of a datagram.
#[derive(Debug)]
pub(crate) enum Sent {
    /// It left, or was dropped as any datagram may be.
    Done,
    /// The system's buffer is full.
    Blocked,
    /// The system has no way to send to that address.
    Unreachable(io::Error),
}

/// Where datagrams are received to. Its pages cost memory only once they are used.
pub(crate) struct ReceiveBuffer {
    bytes: Vec<u8>,
    metas: [RecvMeta; BATCH_SIZE],
}

/// Datagrams that came together from one address.
pub(crate) struct Received {
    pub meta: RecvMeta,
    pub datagrams: BytesMut,
}

impl Socket {
    pub fn bind(config: &Config) -> io::Result<Self> {
        let domain = Domain::for_address(config.address);
        let socket = Socket2::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        if domain == Domain::IPV6 {
            socket.set_only_v6(config.is_ipv6_only)?;
        }
        // The operating system may grant less than is asked for.
        let _ = socket.set_send_buffer_size(config.socket_send_buffer);
        let _ = socket.set_recv_buffer_size(config.socket_receive_buffer);
        socket.bind(&config.address.into())?;
        let state = UdpSocketState::new((&socket).into())?;
        let buffers = (
            socket.send_buffer_size().unwrap_or_default(),
            socket.recv_buffer_size().unwrap_or_default(),
        );
        let io = mio::net::UdpSocket::from_std(socket.into());
        let address = io.local_addr()?;
        Ok(Self {
            io,
            state,
            address,
            buffers,
        })
    }

    pub fn io(&mut self) -> &mut mio::net::UdpSocket {
        &mut self.io
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Datagrams that the system cuts out of one buffer (GSO).
    pub fn max_segments(&self) -> usize {
        self.state.max_gso_segments()
    }

    /// Whether the system may cut datagrams on their way: then there is no telling what a path carries.
    pub fn may_fragment(&self) -> bool {
        self.state.may_fragment()
    }

    pub fn send(&self, transmit: &Transmit, contents: &[u8]) -> Sent {
        let transmit = quinn_udp::Transmit {
            destination: transmit.destination,
            ecn: transmit.ecn.map(udp_ecn),
            contents,
            segment_size: transmit.segment_size,
            src_ip: transmit.src_ip,
        };
        match self.io.try_io(|| self.state.try_send((&self.io).into(), &transmit)) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Sent::Blocked,
            Err(error) if is_unreachable(&error) => Sent::Unreachable(error),
            // Larger than the interface takes, as MTU discovery expects, or refused by an earlier one's receiver.
            Ok(()) | Err(_) => Sent::Done,
        }
    }

    /// Takes what has arrived, to `received`. False: there was no more, and an event will tell of what comes.
    pub fn receive(&self, buffer: &mut ReceiveBuffer, received: &mut Vec<Received>) -> bool {
        let ReceiveBuffer { bytes, metas } = buffer;
        let mut slices: Vec<_> = bytes.chunks_exact_mut(RECEIVE_BYTES).map(IoSliceMut::new).collect();
        let count = match self
            .io
            .try_io(|| self.state.recv((&self.io).into(), &mut slices, metas))
        {
            Ok(count) => count,
            // ICMP tells of an earlier datagram of ours by such an error: the next call gives what has arrived.
            Err(error) => {
                return matches!(
                    error.kind(),
                    ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::Interrupted
                );
            }
        };
        for (meta, slice) in metas.iter().zip(&slices).take(count) {
            if let Some(datagrams) = slice.get(..meta.len) {
                received.push(Received {
                    meta: *meta,
                    datagrams: datagrams.into(),
                });
            }
        }
        // Where the system gives many at once, it would have given more.
        count == BATCH_SIZE
    }
}

impl ReceiveBuffer {
    pub fn new() -> Self {
        Self {
            bytes: vec![0; RECEIVE_BYTES * BATCH_SIZE],
            metas: [RecvMeta::default(); BATCH_SIZE],
        }
    }
}

impl Received {
    /// The next of the datagrams.
    pub fn next(&mut self) -> Option<BytesMut> {
        let length = self.meta.stride.min(self.datagrams.len());
        (length > 0).then(|| self.datagrams.split_to(length))
    }

    pub fn ecn(&self) -> Option<EcnCodepoint> {
        self.meta.ecn.map(proto_ecn)
    }
}

fn is_unreachable(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NetworkUnreachable
            | ErrorKind::HostUnreachable
            | ErrorKind::AddrNotAvailable
            | ErrorKind::PermissionDenied
    )
}

fn udp_ecn(ecn: EcnCodepoint) -> quinn_udp::EcnCodepoint {
    match ecn {
        EcnCodepoint::Ect0 => quinn_udp::EcnCodepoint::Ect0,
        EcnCodepoint::Ect1 => quinn_udp::EcnCodepoint::Ect1,
        EcnCodepoint::Ce => quinn_udp::EcnCodepoint::Ce,
    }
}

fn proto_ecn(ecn: quinn_udp::EcnCodepoint) -> EcnCodepoint {
    match ecn {
        quinn_udp::EcnCodepoint::Ect0 => EcnCodepoint::Ect0,
        quinn_udp::EcnCodepoint::Ect1 => EcnCodepoint::Ect1,
        quinn_udp::EcnCodepoint::Ce => EcnCodepoint::Ce,
    }
}

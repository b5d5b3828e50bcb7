//! How connections are made: QUIC, or TCP with its layers.

use std::{net::SocketAddr, str::FromStr, time::Duration};

use anyhow::{Error, Result, anyhow, bail};
use libp2p::{
    Multiaddr, PeerId, Transport,
    core::{
        muxing::StreamMuxerBox,
        transport::{Boxed, OrTransport},
        upgrade::Version,
    },
    futures::future::Either,
    identity::Keypair,
    multiaddr::Protocol,
    noise, quic, swarm, tcp, tls, yamux,
};

/// Of a QUIC connection without a packet; its keep-alive is sent every 5 s. The contract asks for more than 60 s on both sides.
const QUIC_IDLE_MS: u32 = 90_000;

/// rust-libp2p closes connections that no stream and no handler wants: nothing here lives as long as this.
const UNUSED_CONNECTION: Duration = Duration::from_secs(3_600);

/// The row `streams` opens 100 in one direction, and the protocols of libp2p itself come on top.
const MAX_NEGOTIATING_INBOUND_STREAMS: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Quic,
    Tcp(Security),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Noise,
    Tls,
}

impl Link {
    /// One of each transport.
    pub const ALL: [Link; 2] = [Link::Quic, Link::Tcp(Security::Noise)];

    /// Where to listen or to dial, without a peer id.
    pub fn address(self, at: SocketAddr) -> Multiaddr {
        let ip = Multiaddr::from(at.ip());

        match self {
            Link::Quic => ip.with(Protocol::Udp(at.port())).with(Protocol::QuicV1),
            Link::Tcp(_) => ip.with(Protocol::Tcp(at.port())),
        }
    }
}

/// `quic-v1` or `tcp`, which is with noise, as the suites have it.
impl FromStr for Link {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "quic-v1" => Ok(Link::Quic),
            "tcp" => Ok(Link::Tcp(Security::Noise)),
            _ => bail!("transport {name} is not supported, only quic-v1 and tcp"),
        }
    }
}

type Muxed = Boxed<(PeerId, StreamMuxerBox)>;

pub fn transport(keypair: &Keypair, link: Link) -> Result<Muxed> {
    wake_chance()?;

    match link {
        Link::Quic => Ok(quic_transport(keypair)),
        Link::Tcp(security) => tcp_transport(keypair, security),
    }
}

/// QUIC and TCP beside each other.
pub fn any_transport(keypair: &Keypair) -> Result<Muxed> {
    wake_chance()?;
    let tcp = tcp_transport(keypair, Security::Noise)?;

    Ok(OrTransport::new(quic_transport(keypair), tcp)
        .map(|either, _| match either {
            Either::Left(connection) | Either::Right(connection) => connection,
        })
        .boxed())
}

pub fn swarm_config() -> swarm::Config {
    swarm::Config::with_tokio_executor()
        .with_idle_connection_timeout(UNUSED_CONNECTION)
        .with_max_negotiating_inbound_streams(MAX_NEGOTIATING_INBOUND_STREAMS)
}

/// The first random bytes of a process cost aws-lc some 40 ms, in which it gathers jitter of the processor. That is no part of a handshake,
/// and would be in the figures of the first.
fn wake_chance() -> Result<()> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    provider
        .secure_random
        .fill(&mut [0; 32])
        .map_err(|_| anyhow!("aws-lc has no random bytes"))
}

fn quic_transport(keypair: &Keypair) -> Muxed {
    let mut config = quic::Config::new(keypair);
    config.max_idle_timeout = QUIC_IDLE_MS;

    quic::tokio::Transport::new(config)
        .map(|(peer, connection), _| (peer, StreamMuxerBox::new(connection)))
        .boxed()
}

fn tcp_transport(keypair: &Keypair, security: Security) -> Result<Muxed> {
    let upgrade = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true)).upgrade(Version::V1Lazy);
    let muxer = yamux::Config::default();

    Ok(match security {
        Security::Noise => upgrade
            .authenticate(noise::Config::new(keypair)?)
            .multiplex(muxer)
            .boxed(),
        Security::Tls => upgrade
            .authenticate(tls::Config::new(keypair)?)
            .multiplex(muxer)
            .boxed(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() -> Result<()> {
        let quic = Link::Quic.address("127.0.0.1:4001".parse()?);
        let tcp = "tcp".parse::<Link>()?.address("[::1]:0".parse()?);

        assert_eq!(quic.to_string(), "/ip4/127.0.0.1/udp/4001/quic-v1");
        assert_eq!(tcp.to_string(), "/ip6/::1/tcp/0");
        Ok(())
    }

    #[test]
    fn other_transports_are_refused() {
        assert!("ws".parse::<Link>().is_err());
    }
}

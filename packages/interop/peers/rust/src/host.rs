//! A libp2p node that runs by itself: it dials, listens, pings, identifies, and has raw streams.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use libp2p::{
    Multiaddr, PeerId, Stream, StreamProtocol, Swarm,
    core::muxing::StreamMuxerBox,
    core::transport::Boxed,
    futures::StreamExt,
    identify,
    identity::Keypair,
    multiaddr::Protocol,
    ping,
    swarm::{ConnectionId, NetworkBehaviour, SwarmEvent, dial_opts::DialOpts},
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    link::swarm_config,
    pings,
    streams::{self, Incoming, Opener},
};

/// An answer may take this long.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Results of pings that nobody has looked at; more are dropped.
const MAX_WAITING_PINGS: usize = 64;

const MAX_WAITING_COMMANDS: usize = 16;

#[derive(NetworkBehaviour)]
struct Behaviour {
    ping: pings::Behaviour,
    identify: identify::Behaviour,
    streams: streams::Behaviour,
}

pub struct HostOptions<'a> {
    /// From the answer to a ping until the next ping. The first is sent when a connection stands.
    pub ping_interval: Duration,
    /// Protocols of streams that may come in.
    pub accepts: &'a [StreamProtocol],
}

pub struct Host {
    pub peer: PeerId,
    opener: Opener,
    commands: mpsc::Sender<Command>,
    pings: mpsc::Receiver<Result<Duration>>,
    connections: Arc<AtomicU32>,
}

enum Command {
    Dial(DialOpts, oneshot::Sender<Result<PeerId>>),
    Listen(Multiaddr, oneshot::Sender<Result<Multiaddr>>),
}

impl Host {
    /// Begins to run; `incoming` are the streams that others open.
    pub fn start(
        keypair: &Keypair,
        transport: Boxed<(PeerId, StreamMuxerBox)>,
        options: &HostOptions,
    ) -> (Self, mpsc::Receiver<Incoming>) {
        let (streams, opener, incoming) = streams::Behaviour::new(options.accepts);
        let ping = ping::Config::new()
            .with_interval(options.ping_interval)
            .with_timeout(PING_TIMEOUT);
        let behaviour = Behaviour {
            ping: pings::Behaviour::new(ping),
            identify: identify::Behaviour::new(identify::Config::new("/quicmesh/interop".into(), keypair.public())),
            streams,
        };

        let peer = keypair.public().to_peer_id();
        let (commands, commanded) = mpsc::channel(MAX_WAITING_COMMANDS);
        let (pinged, pings) = mpsc::channel(MAX_WAITING_PINGS);
        let connections = Arc::new(AtomicU32::new(0));

        let driver = Driver {
            swarm: Swarm::new(transport, behaviour, peer, swarm_config()),
            dials: HashMap::new(),
            listens: Vec::new(),
            pings: pinged,
            connections: Arc::clone(&connections),
        };
        tokio::spawn(driver.run(commanded));

        (
            Self {
                peer,
                opener,
                commands,
                pings,
                connections,
            },
            incoming,
        )
    }

    /// Listens, and returns an address of this host that is not loopback, unless `address` is; with its `/p2p`.
    pub async fn listen(&self, address: Multiaddr) -> Result<Multiaddr> {
        let (reply, listening) = oneshot::channel();
        self.command(Command::Listen(address, reply)).await?;
        Ok(listening.await??.with(Protocol::P2p(self.peer)))
    }

    /// Returns who answered. If the address ends in `/p2p`, it is that one, or an error.
    pub async fn dial(&self, address: Multiaddr) -> Result<PeerId> {
        let (reply, dialed) = oneshot::channel();
        let options = match address.iter().last() {
            Some(Protocol::P2p(_)) => DialOpts::from(address),
            _ => DialOpts::unknown_peer_id().address(address).build(),
        };

        self.command(Command::Dial(options, reply)).await?;
        dialed.await?
    }

    pub async fn open(&self, peer: PeerId, protocol: StreamProtocol) -> Result<Stream> {
        self.opener.open(peer, protocol).await
    }

    /// The round trip of the next ping.
    pub async fn ping(&mut self) -> Result<Duration> {
        self.pings.recv().await.context("the host is gone")?
    }

    /// How many connections there have been, to whomever.
    pub fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    async fn command(&self, command: Command) -> Result<()> {
        self.commands
            .send(command)
            .await
            .map_err(|_| anyhow!("the host is gone"))
    }
}

struct Driver {
    swarm: Swarm<Behaviour>,
    dials: HashMap<ConnectionId, oneshot::Sender<Result<PeerId>>>,
    listens: Vec<Listen>,
    pings: mpsc::Sender<Result<Duration>>,
    connections: Arc<AtomicU32>,
}

struct Listen {
    may_be_loopback: bool,
    reply: oneshot::Sender<Result<Multiaddr>>,
}

impl Driver {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                command = commands.recv() => match command {
                    Some(command) => self.on_command(command),
                    None => return,
                },
            }
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Dial(options, reply) => {
                let id = options.connection_id();

                match self.swarm.dial(options) {
                    Ok(()) => drop(self.dials.insert(id, reply)),
                    Err(error) => drop(reply.send(Err(error.into()))),
                }
            }
            Command::Listen(address, reply) => match self.swarm.listen_on(address.clone()) {
                Ok(_) => self.listens.push(Listen {
                    may_be_loopback: is_loopback(&address),
                    reply,
                }),
                Err(error) => drop(reply.send(Err(error.into()))),
            },
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::NewListenAddr { address, .. } => {
                eprintln!("listens on {address}");
                let fits = |listen: &mut Listen| listen.may_be_loopback || !is_loopback(&address);

                for listen in self.listens.extract_if(.., fits) {
                    let _ = listen.reply.send(Ok(address.clone()));
                }
            }
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            } => {
                eprintln!("connected to {peer_id} at {}", endpoint.get_remote_address());
                self.connections.fetch_add(1, Ordering::Relaxed);
                self.on_dialed(connection_id, Ok(peer_id));
            }
            SwarmEvent::ConnectionClosed { peer_id, cause, .. } => {
                eprintln!("the connection to {peer_id} ended: {cause:?}");
            }
            SwarmEvent::OutgoingConnectionError {
                connection_id, error, ..
            } => {
                eprintln!("could not dial: {error}");
                self.on_dialed(connection_id, Err(error.into()));
            }
            SwarmEvent::IncomingConnectionError { error, .. } => eprintln!("could not accept a connection: {error}"),
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event { result, .. })) => {
                eprintln!("ping: {result:?}");
                let _ = self.pings.try_send(result.map_err(Into::into));
            }
            _ => {}
        }
    }

    fn on_dialed(&mut self, id: ConnectionId, result: Result<PeerId>) {
        if let Some(reply) = self.dials.remove(&id) {
            let _ = reply.send(result);
        }
    }
}

fn is_loopback(address: &Multiaddr) -> bool {
    address.iter().any(|part| match part {
        Protocol::Ip4(ip) => IpAddr::from(ip).is_loopback(),
        Protocol::Ip6(ip) => IpAddr::from(ip).is_loopback(),
        _ => false,
    })
}

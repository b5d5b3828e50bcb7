//! A node that is subscribed to the topic, and runs by itself.

use std::{collections::HashMap, net::Ipv4Addr, time::Duration};

use anyhow::{Result, anyhow, bail};
use libp2p::{
    Multiaddr, Swarm,
    futures::StreamExt,
    gossipsub::{self, ConfigBuilder, IdentTopic, MessageAuthenticity, MessageId, ValidationMode},
    identify,
    identity::Keypair,
    multiaddr::Protocol,
    swarm::{ConnectionId, NetworkBehaviour, SwarmEvent, dial_opts::DialOpts},
};
use tokio::sync::{mpsc, oneshot};

use super::{deliveries::Deliveries, init::StartInit, payload::Layout, process::machine_ms};
use crate::link::{Link, swarm_config, transport};

/// Of one node; whoever has more to say waits.
const MAX_WAITING_COMMANDS: usize = 1_024;

#[derive(NetworkBehaviour)]
struct Behaviour {
    gossip: gossipsub::Behaviour,
    identify: identify::Behaviour,
}

/// It ends when this is dropped.
pub struct Node {
    /// With its id.
    pub address: Multiaddr,
    commands: mpsc::Sender<Command>,
}

enum Command {
    Dial(Multiaddr, oneshot::Sender<Result<()>>),
    Publish(Vec<u8>),
    MeshPeers(oneshot::Sender<usize>),
}

impl Node {
    /// Listens on loopback.
    pub async fn start(init: &StartInit, layout: Layout, deliveries: Deliveries) -> Result<Self> {
        let keypair = Keypair::generate_ed25519();
        let link: Link = init.transport.parse()?;
        let topic = IdentTopic::new(&init.topic);
        let mut gossip = gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, config(init, layout)?)
            .map_err(|error| anyhow!(error))?;
        gossip.subscribe(&topic)?;

        let identify = identify::Config::new("/quicmesh/interop".into(), keypair.public());
        let behaviour = Behaviour {
            gossip,
            identify: identify::Behaviour::new(identify),
        };
        let mut swarm = Swarm::new(
            transport(&keypair, link)?,
            behaviour,
            keypair.public().to_peer_id(),
            swarm_config(),
        );
        swarm.listen_on(link.address((Ipv4Addr::LOCALHOST, 0).into()))?;
        let address = listening(&mut swarm).await?;
        let (commands, commanded) = mpsc::channel(MAX_WAITING_COMMANDS);
        let driver = Driver {
            swarm,
            topic,
            layout,
            deliveries,
            dials: HashMap::new(),
        };
        tokio::spawn(driver.run(commanded));

        Ok(Self { address, commands })
    }

    /// Ends when the connection stands.
    pub async fn dial(&self, address: Multiaddr) -> Result<()> {
        let (reply, dialed) = oneshot::channel();
        self.command(Command::Dial(address, reply)).await?;
        dialed.await?
    }

    /// What fails here is missed in the count of deliveries.
    pub async fn publish(&self, data: Vec<u8>) -> Result<()> {
        self.command(Command::Publish(data)).await
    }

    pub async fn mesh_peers(&self) -> Result<usize> {
        let (reply, counted) = oneshot::channel();
        self.command(Command::MeshPeers(reply)).await?;
        Ok(counted.await?)
    }

    async fn command(&self, command: Command) -> Result<()> {
        self.commands
            .send(command)
            .await
            .map_err(|_| anyhow!("the node is gone"))
    }
}

fn config(init: &StartInit, layout: Layout) -> Result<gossipsub::Config> {
    ConfigBuilder::default()
        .mesh_n(init.mesh.d)
        .mesh_n_low(init.mesh.dlo)
        .mesh_n_high(init.mesh.dhi)
        .gossip_lazy(init.mesh.dlazy)
        .heartbeat_interval(Duration::from_millis(init.heartbeat_ms))
        .flood_publish(init.flood_publish)
        .validation_mode(ValidationMode::Anonymous)
        .message_id_fn(move |message| MessageId::from(layout.id(&message.data)))
        .build()
        .map_err(|error| anyhow!("{error}"))
}

async fn listening(swarm: &mut Swarm<Behaviour>) -> Result<Multiaddr> {
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::NewListenAddr { address, .. } => return Ok(address.with(Protocol::P2p(*swarm.local_peer_id()))),
            SwarmEvent::ListenerClosed { reason, .. } => bail!("it can't listen: {reason:?}"),
            _ => {}
        }
    }
}

struct Driver {
    swarm: Swarm<Behaviour>,
    topic: IdentTopic,
    layout: Layout,
    deliveries: Deliveries,
    dials: HashMap<ConnectionId, oneshot::Sender<Result<()>>>,
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
            Command::Dial(address, reply) => self.dial(address, reply),
            Command::Publish(data) => {
                let topic = self.topic.hash();

                if let Err(error) = self.gossip().publish(topic, data) {
                    eprintln!("a message was not published: {error}");
                }
            }
            Command::MeshPeers(reply) => {
                let topic = self.topic.hash();
                let _ = reply.send(self.gossip().mesh_peers(&topic).count());
            }
        }
    }

    fn dial(&mut self, address: Multiaddr, reply: oneshot::Sender<Result<()>>) {
        let options = DialOpts::from(address);
        let id = options.connection_id();

        match self.swarm.dial(options) {
            Ok(()) => drop(self.dials.insert(id, reply)),
            Err(error) => drop(reply.send(Err(error.into()))),
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(gossipsub::Event::Message { message, .. })) => {
                let now_ms = machine_ms();

                if let Some(age_ms) = self.layout.age_ms(&message.data, now_ms) {
                    self.deliveries.add(age_ms, now_ms);
                }
            }
            SwarmEvent::ConnectionEstablished { connection_id, .. } => self.on_dialed(connection_id, Ok(())),
            SwarmEvent::OutgoingConnectionError {
                connection_id, error, ..
            } => self.on_dialed(connection_id, Err(error.into())),
            SwarmEvent::ConnectionClosed { peer_id, cause, .. } => {
                eprintln!("the connection to {peer_id} ended: {cause:?}");
            }
            _ => {}
        }
    }

    fn on_dialed(&mut self, id: ConnectionId, result: Result<()>) {
        if let Some(reply) = self.dials.remove(&id) {
            let _ = reply.send(result);
        }
    }

    fn gossip(&mut self) -> &mut gossipsub::Behaviour {
        &mut self.swarm.behaviour_mut().gossip
    }
}

//! The running node: its connections, its topics, and the time that validation takes.

use std::{
    collections::HashMap,
    pin::Pin,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use libp2p::{
    Multiaddr, PeerId, Swarm,
    futures::{StreamExt, stream::FuturesUnordered},
    gossipsub::{
        self, ConfigBuilder, IdentTopic, MessageAcceptance, MessageId, PublishError, TopicHash, ValidationMode,
    },
    identify,
    identity::Keypair,
    multiaddr::Protocol,
    swarm::{
        DialError, NetworkBehaviour, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use tokio::time::{interval, sleep, sleep_until};

use super::{arrivals, capped::Cap, params::GossipSubParams};
use crate::link::{Link, swarm_config, transport};

/// The suite's.
const MAX_FRAME_BYTES: usize = 10 * 1024 * 1024;

/// Nodes start at different times: who does not answer yet is dialed again, for half a minute.
const DIAL_INTERVAL: Duration = Duration::from_millis(500);
const MAX_DIALS: u32 = 60;

/// Messages that wait for their validation; more are accepted at once.
const MAX_VALIDATING: usize = 1_024;

#[derive(NetworkBehaviour)]
struct Behaviour {
    arrivals: arrivals::Behaviour,
    identify: identify::Behaviour,
}

pub struct Node {
    swarm: Swarm<Behaviour>,
    dials: HashMap<PeerId, Dial>,
    delays: HashMap<TopicHash, Duration>,
    validating: FuturesUnordered<Pin<Box<dyn Future<Output = Validated> + Send>>>,
}

struct Dial {
    address: Multiaddr,
    attempts: u32,
}

struct Validated {
    id: MessageId,
    from: PeerId,
}

impl Node {
    pub fn start(
        keypair: &Keypair,
        link: Link,
        listen: Multiaddr,
        params: GossipSubParams,
        cap: Option<Cap>,
    ) -> Result<Self> {
        let mut config = ConfigBuilder::default();
        let ignored = params.apply(&mut config);

        if !ignored.is_empty() {
            eprintln!("rust-libp2p does not have {}", ignored.join(", "));
        }

        config
            .validation_mode(ValidationMode::Anonymous)
            .validate_messages()
            .max_transmit_size(MAX_FRAME_BYTES)
            // as go-libp2p-pubsub, whose parameters the script has: it has none for this
            .flood_publish(false);

        let behaviour = Behaviour {
            arrivals: arrivals::Behaviour::new(&mut config, cap)?,
            identify: identify::Behaviour::new(identify::Config::new("/quicmesh/interop".into(), keypair.public())),
        };
        let mut swarm = Swarm::new(
            transport(keypair, link)?,
            behaviour,
            keypair.public().to_peer_id(),
            swarm_config(),
        );
        swarm.listen_on(listen)?;

        Ok(Self {
            swarm,
            dials: HashMap::new(),
            delays: HashMap::new(),
            validating: FuturesUnordered::new(),
        })
    }

    /// Connects while the node runs.
    pub fn connect(&mut self, peer: PeerId, address: Multiaddr) {
        self.dials.insert(peer, Dial { address, attempts: 0 });
    }

    pub fn subscribe(&mut self, topic: &str) -> Result<()> {
        self.gossip().subscribe(&IdentTopic::new(topic))?;
        Ok(())
    }

    pub fn set_validation_delay(&mut self, topic: &str, delay: Duration) {
        self.delays.insert(IdentTopic::new(topic).hash(), delay);
    }

    pub fn publish(&mut self, topic: &str, message_id: u64, size_bytes: usize) -> Result<()> {
        let data =
            arrivals::message(message_id, size_bytes).with_context(|| format!("{size_bytes} bytes are too few"))?;

        match self.gossip().publish(IdentTopic::new(topic), data) {
            Ok(_) => eprintln!("published {message_id}"),
            // go-libp2p-pubsub takes it as published
            Err(PublishError::NoPeersSubscribedToTopic) => eprintln!("published {message_id}, but to nobody"),
            Err(error) => bail!("publishing {message_id}: {error}"),
        }

        Ok(())
    }

    /// Handles what comes until then.
    pub async fn run_until(&mut self, deadline: Instant) -> Result<()> {
        let mut end = std::pin::pin!(sleep_until(deadline.into()));
        let mut dials = interval(DIAL_INTERVAL);

        loop {
            tokio::select! {
                () = &mut end => return Ok(()),
                _ = dials.tick(), if !self.dials.is_empty() => self.dial()?,
                Some(validated) = self.validating.next() => self.accept(&validated),
                event = self.swarm.select_next_some() => self.on_event(event),
            }
        }
    }

    fn gossip(&mut self) -> &mut gossipsub::Behaviour {
        &mut self.swarm.behaviour_mut().arrivals.gossip
    }

    /// All whom there is no connection to yet.
    fn dial(&mut self) -> Result<()> {
        for (peer, dial) in &mut self.dials {
            let options = DialOpts::peer_id(*peer)
                .addresses(vec![dial.address.clone()])
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .build();

            match self.swarm.dial(options) {
                Ok(()) => dial.attempts += 1,
                Err(DialError::DialPeerConditionFalse(_)) => {}
                Err(error) => return Err(anyhow!(error)),
            }

            if dial.attempts > MAX_DIALS {
                bail!("could not connect to {} at {}", peer, dial.address);
            }
        }

        let swarm = &self.swarm;
        self.dials.retain(|peer, _| !swarm.is_connected(peer));
        Ok(())
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Arrivals(gossipsub::Event::Message {
                propagation_source: from,
                message_id: id,
                message,
            })) => self.validate(&message.topic, Validated { id, from }),
            SwarmEvent::Behaviour(BehaviourEvent::Arrivals(event)) => eprintln!("{event:?}"),
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. })) => {
                let versions: Vec<_> = info
                    .protocols
                    .iter()
                    .filter_map(|protocol| protocol.as_ref().strip_prefix("/meshsub/"))
                    .collect();
                eprintln!("{peer_id} speaks gossipsub {}", versions.join(" "));
            }
            SwarmEvent::NewListenAddr { address, .. } => eprintln!("listens on {address}"),
            SwarmEvent::ConnectionEstablished { peer_id, endpoint, .. } => {
                eprintln!("connected to {peer_id} at {}", endpoint.get_remote_address());
                self.dials.remove(&peer_id);
            }
            SwarmEvent::ConnectionClosed { peer_id, cause, .. } => {
                eprintln!("the connection to {peer_id} ended: {cause:?}")
            }
            SwarmEvent::OutgoingConnectionError { error, .. } => eprintln!("could not dial: {error}"),
            SwarmEvent::IncomingConnectionError { error, .. } => eprintln!("could not accept a connection: {error}"),
            SwarmEvent::ListenerClosed { reason, .. } => eprintln!("listens no more: {reason:?}"),
            _ => {}
        }
    }

    fn validate(&mut self, topic: &TopicHash, validated: Validated) {
        match self.delays.get(topic) {
            Some(&delay) if self.validating.len() < MAX_VALIDATING => self.validating.push(Box::pin(async move {
                sleep(delay).await;
                validated
            })),
            _ => self.accept(&validated),
        }
    }

    fn accept(&mut self, Validated { id, from }: &Validated) {
        self.gossip()
            .report_message_validation_result(id, from, MessageAcceptance::Accept);
    }
}

/// Of another node, by its number.
pub fn address_of(link: Link, at: std::net::SocketAddr, peer: PeerId) -> Multiaddr {
    link.address(at).with(Protocol::P2p(peer))
}

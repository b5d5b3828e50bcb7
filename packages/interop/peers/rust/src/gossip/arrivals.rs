//! Logs each message that arrives. rust-libp2p tells nobody of duplicates, but it works out the id of each message that comes, one after
//! the other and while it handles what a connection has brought: so the function of the id knows of each, and this behaviour of the sender.

use std::{
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use anyhow::{Result, anyhow};
use libp2p::{
    Multiaddr, PeerId,
    core::{Endpoint, transport::PortUse},
    gossipsub::{self, ConfigBuilder, Message, MessageAuthenticity, MessageId},
    swarm::{
        ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent,
        ToSwarm,
    },
};

use super::{
    capped::{Cap, Capped},
    log,
};

/// A message begins with its number, big-endian, which is its id.
const ID_BYTES: usize = 8;

type GossipHandler = THandler<gossipsub::Behaviour>;

pub struct Behaviour {
    pub gossip: gossipsub::Behaviour,
    sender: Sender,
    cap: Option<Cap>,
}

/// Whose messages are being handled: nobody's while this node publishes.
#[derive(Clone, Default)]
struct Sender(Arc<Mutex<Option<PeerId>>>);

impl Sender {
    fn set(&self, peer: Option<PeerId>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = peer;
    }

    fn get(&self) -> Option<PeerId> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Behaviour {
    pub fn new(config: &mut ConfigBuilder, cap: Option<Cap>) -> Result<Self> {
        let sender = Sender::default();
        let known = sender.clone();

        config.message_id_fn(move |message| {
            if let (Some(from), Some(id)) = (known.get(), number(&message.data)) {
                log_arrival(id, message, from);
            }

            // a message that is too short is its own id
            MessageId::from(message.data.get(..ID_BYTES).unwrap_or(&message.data))
        });
        let gossip = gossipsub::Behaviour::new(
            MessageAuthenticity::Anonymous,
            config.build().map_err(|error| anyhow!("{error}"))?,
        )
        .map_err(|error| anyhow!(error))?;

        Ok(Self { gossip, sender, cap })
    }
}

pub fn number(data: &[u8]) -> Option<u64> {
    data.first_chunk::<ID_BYTES>().map(|bytes| u64::from_be_bytes(*bytes))
}

/// The bytes of a message with this number, otherwise zeros.
pub fn message(number: u64, size_bytes: usize) -> Option<Vec<u8>> {
    let mut data = vec![0; size_bytes];
    *data.first_chunk_mut::<ID_BYTES>()? = number.to_be_bytes();
    Some(data)
}

fn log_arrival(id: u64, message: &Message, from: PeerId) {
    if let Err(error) = log::arrival(id, message.topic.as_str(), from) {
        eprintln!("an arrival was not logged: {error:#}");
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Capped<GossipHandler>;
    type ToSwarm = gossipsub::Event;

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let handler = self
            .gossip
            .handle_established_inbound_connection(id, peer, local, remote)?;
        Ok(Capped::new(handler, self.cap))
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port_use: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let handler = self
            .gossip
            .handle_established_outbound_connection(id, peer, address, role, port_use)?;
        Ok(Capped::new(handler, self.cap))
    }

    fn on_swarm_event(&mut self, event: FromSwarm) {
        self.gossip.on_swarm_event(event);
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, id: ConnectionId, event: THandlerOutEvent<Self>) {
        self.sender.set(Some(peer));
        self.gossip.on_connection_handler_event(peer, id, event);
        self.sender.set(None);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.gossip.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_carry_their_number() {
        assert_eq!(message(258, 10), Some(vec![0, 0, 0, 0, 0, 0, 1, 2, 0, 0]));
        assert_eq!(message(258, 10).as_deref().and_then(number), Some(258));
    }

    #[test]
    fn too_short_for_a_number() {
        assert_eq!(message(1, 7), None);
        assert_eq!(number(&[0; 7]), None);
    }
}

//! Raw streams by protocol name. `libp2p-stream` has them too, but drops streams that come while another waits to be taken, and opens one
//! after the other: no use for 100 streams at once.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};

use anyhow::{Result, anyhow};
use libp2p::{
    Multiaddr, PeerId, Stream, StreamProtocol,
    core::{
        Endpoint, UpgradeInfo,
        transport::PortUse,
        upgrade::{InboundUpgrade, ReadyUpgrade},
    },
    swarm::{
        ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
        NotifyHandler, StreamUpgradeError, SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
        handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound},
    },
};
use tokio::sync::{mpsc, oneshot};

/// Streams of all connections that nobody has taken yet; more are dropped, which their opener sees as an end.
const MAX_WAITING_STREAMS: usize = 1_024;

/// Requests to open a stream that the swarm has not seen yet; more wait.
const MAX_WAITING_REQUESTS: usize = 16;

/// A stream that the other side has opened.
pub type Incoming = (StreamProtocol, Stream);

#[derive(Debug)]
pub struct OpenStream {
    protocol: StreamProtocol,
    reply: Reply,
}

type Reply = oneshot::Sender<Result<Stream>>;

/// To open streams from outside of the swarm.
#[derive(Clone)]
pub struct Opener {
    requests: mpsc::Sender<(PeerId, OpenStream)>,
}

impl Opener {
    /// Over the connection that there is; no stream ever causes a dial.
    pub async fn open(&self, peer: PeerId, protocol: StreamProtocol) -> Result<Stream> {
        let (reply, opened) = oneshot::channel();

        self.requests
            .send((peer, OpenStream { protocol, reply }))
            .await
            .map_err(|_| anyhow!("the host is gone"))?;
        opened.await.map_err(|_| anyhow!("there is no connection to {peer}"))?
    }
}

pub struct Behaviour {
    accepted: Accepted,
    incoming: mpsc::Sender<Incoming>,
    requests: mpsc::Receiver<(PeerId, OpenStream)>,
}

impl Behaviour {
    /// Accepts streams of these protocols.
    pub fn new(protocols: &[StreamProtocol]) -> (Self, Opener, mpsc::Receiver<Incoming>) {
        let (incoming, taken) = mpsc::channel(MAX_WAITING_STREAMS);
        let (requested, requests) = mpsc::channel(MAX_WAITING_REQUESTS);
        let behaviour = Self {
            accepted: Accepted(protocols.to_vec()),
            incoming,
            requests,
        };

        (behaviour, Opener { requests: requested }, taken)
    }

    fn handler(&self) -> Handler {
        Handler {
            accepted: self.accepted.clone(),
            incoming: self.incoming.clone(),
            requested: VecDeque::new(),
        }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(self.handler())
    }

    fn on_swarm_event(&mut self, _: FromSwarm) {}

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        match self.requests.poll_recv(cx) {
            Poll::Ready(Some((peer_id, event))) => Poll::Ready(ToSwarm::NotifyHandler {
                peer_id,
                handler: NotifyHandler::Any,
                event,
            }),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

pub struct Handler {
    accepted: Accepted,
    incoming: mpsc::Sender<Incoming>,
    requested: VecDeque<OpenStream>,
}

impl ConnectionHandler for Handler {
    type FromBehaviour = OpenStream;
    type ToBehaviour = Infallible;
    type InboundProtocol = Accepted;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Reply;

    fn listen_protocol(&self) -> SubstreamProtocol<Accepted> {
        SubstreamProtocol::new(self.accepted.clone(), ())
    }

    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn on_behaviour_event(&mut self, request: OpenStream) {
        self.requested.push_back(request);
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Reply, Self::ToBehaviour>> {
        match self.requested.pop_front() {
            Some(OpenStream { protocol, reply }) => Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
                protocol: SubstreamProtocol::new(ReadyUpgrade::new(protocol), reply),
            }),
            None => Poll::Pending,
        }
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<Self::InboundProtocol, Self::OutboundProtocol, (), Reply>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, .. }) => {
                if let Err(error) = self.incoming.try_send(protocol) {
                    eprintln!("a stream was dropped: {error}");
                }
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info }) => {
                // whoever asked may have given up
                let _ = info.send(Ok(protocol));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) => {
                let _ = info.send(Err(match error {
                    StreamUpgradeError::Timeout => anyhow!("opening the stream timed out"),
                    StreamUpgradeError::NegotiationFailed => anyhow!("the other side does not have this protocol"),
                    StreamUpgradeError::Io(error) => anyhow!(error),
                }));
            }
            _ => {}
        }
    }
}

/// The protocols of streams that may come in.
#[derive(Clone)]
pub struct Accepted(Vec<StreamProtocol>);

impl UpgradeInfo for Accepted {
    type Info = StreamProtocol;
    type InfoIter = std::vec::IntoIter<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.clone().into_iter()
    }
}

impl InboundUpgrade<Stream> for Accepted {
    type Output = Incoming;
    type Error = Infallible;
    type Future = Ready<Result<Incoming, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, protocol: StreamProtocol) -> Self::Future {
        ready(Ok((protocol, stream)))
    }
}

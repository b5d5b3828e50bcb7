//! A limit to the version of gossipsub that is spoken. rust-libp2p can be limited to 1.0 or 1.1, by names of protocols of its own, but not
//! to 1.2: here, what a handler would offer above the limit is left out of what it offers.

use std::{
    str::FromStr,
    task::{Context, Poll},
};

use anyhow::{Error, Result, bail};
use libp2p::{
    Stream,
    core::{UpgradeInfo, upgrade},
    swarm::{
        ConnectionHandler, ConnectionHandlerEvent, SubstreamProtocol,
        handler::{
            ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound, InboundUpgradeSend,
            ListenUpgradeError, OutboundUpgradeSend, UpgradeInfoSend,
        },
    },
};

/// The highest version that is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    V1_0,
    V1_1,
    V1_2,
}

impl FromStr for Cap {
    type Err = Error;

    fn from_str(version: &str) -> Result<Self> {
        Ok(match version {
            "1.0" => Cap::V1_0,
            "1.1" => Cap::V1_1,
            "1.2" => Cap::V1_2,
            _ => bail!("protocol version {version} is not known, only 1.0, 1.1 and 1.2"),
        })
    }
}

impl Cap {
    fn allows(self, protocol: &str) -> bool {
        match protocol {
            "/meshsub/1.0.0" => true,
            "/meshsub/1.1.0" => self != Cap::V1_0,
            "/meshsub/1.2.0" => self == Cap::V1_2,
            _ => false,
        }
    }
}

/// A handler, or its upgrade, that offers no more than `cap`; everything without one.
pub struct Capped<T> {
    inner: T,
    cap: Option<Cap>,
}

impl<T> Capped<T> {
    pub fn new(inner: T, cap: Option<Cap>) -> Self {
        Self { inner, cap }
    }
}

impl<U: UpgradeInfoSend> UpgradeInfo for Capped<U> {
    type Info = U::Info;
    type InfoIter = Vec<U::Info>;

    fn protocol_info(&self) -> Self::InfoIter {
        let is_allowed = |info: &U::Info| self.cap.is_none_or(|cap| cap.allows(info.as_ref()));
        self.inner.protocol_info().filter(is_allowed).collect()
    }
}

impl<U: InboundUpgradeSend> upgrade::InboundUpgrade<Stream> for Capped<U> {
    type Output = U::Output;
    type Error = U::Error;
    type Future = U::Future;

    fn upgrade_inbound(self, stream: Stream, info: U::Info) -> U::Future {
        self.inner.upgrade_inbound(stream, info)
    }
}

impl<U: OutboundUpgradeSend> upgrade::OutboundUpgrade<Stream> for Capped<U> {
    type Output = U::Output;
    type Error = U::Error;
    type Future = U::Future;

    fn upgrade_outbound(self, stream: Stream, info: U::Info) -> U::Future {
        self.inner.upgrade_outbound(stream, info)
    }
}

impl<H: ConnectionHandler> ConnectionHandler for Capped<H> {
    type FromBehaviour = H::FromBehaviour;
    type ToBehaviour = H::ToBehaviour;
    type InboundProtocol = Capped<H::InboundProtocol>;
    type OutboundProtocol = Capped<H::OutboundProtocol>;
    type InboundOpenInfo = H::InboundOpenInfo;
    type OutboundOpenInfo = H::OutboundOpenInfo;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol, Self::InboundOpenInfo> {
        self.inner
            .listen_protocol()
            .map_upgrade(|upgrade| Capped::new(upgrade, self.cap))
    }

    fn connection_keep_alive(&self) -> bool {
        self.inner.connection_keep_alive()
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, Self::OutboundOpenInfo, Self::ToBehaviour>> {
        let cap = self.cap;
        self.inner
            .poll(cx)
            .map(|event| event.map_protocol(|upgrade| Capped::new(upgrade, cap)))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Option<Self::ToBehaviour>> {
        self.inner.poll_close(cx)
    }

    fn on_behaviour_event(&mut self, event: Self::FromBehaviour) {
        self.inner.on_behaviour_event(event);
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<
            Self::InboundProtocol,
            Self::OutboundProtocol,
            Self::InboundOpenInfo,
            Self::OutboundOpenInfo,
        >,
    ) {
        // the same but for the type of the upgrade
        self.inner.on_connection_event(match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, info }) => {
                ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, info })
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info }) => {
                ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, info })
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) => {
                ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error })
            }
            ConnectionEvent::ListenUpgradeError(ListenUpgradeError { info, error }) => {
                ConnectionEvent::ListenUpgradeError(ListenUpgradeError { info, error })
            }
            ConnectionEvent::AddressChange(change) => ConnectionEvent::AddressChange(change),
            ConnectionEvent::LocalProtocolsChange(change) => ConnectionEvent::LocalProtocolsChange(change),
            ConnectionEvent::RemoteProtocolsChange(change) => ConnectionEvent::RemoteProtocolsChange(change),
            _ => return,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Offer;

    impl UpgradeInfo for Offer {
        type Info = &'static str;
        type InfoIter = [&'static str; 4];

        fn protocol_info(&self) -> Self::InfoIter {
            ["/meshsub/1.3.0", "/meshsub/1.2.0", "/meshsub/1.1.0", "/meshsub/1.0.0"]
        }
    }

    fn offered(cap: Option<Cap>) -> Vec<&'static str> {
        UpgradeInfo::protocol_info(&Capped::new(Offer, cap))
    }

    #[test]
    fn what_is_above_the_limit_is_not_offered() -> Result<()> {
        assert_eq!(offered(Some("1.0".parse()?)), ["/meshsub/1.0.0"]);
        assert_eq!(offered(Some("1.1".parse()?)), ["/meshsub/1.1.0", "/meshsub/1.0.0"]);
        assert_eq!(
            offered(Some("1.2".parse()?)),
            ["/meshsub/1.2.0", "/meshsub/1.1.0", "/meshsub/1.0.0"]
        );
        assert!("1.3".parse::<Cap>().is_err());
        Ok(())
    }

    #[test]
    fn without_a_limit_everything_is() {
        assert_eq!(offered(None), UpgradeInfo::protocol_info(&Offer));
    }
}

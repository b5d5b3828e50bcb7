//! What nodes are asked for. Whatever is refused here the program of `peers/go` refuses as well.

use std::{fmt::Display, ops::RangeInclusive};

use anyhow::{Context, Result, ensure};
use libp2p::{Multiaddr, multiaddr::Protocol};
use serde::Deserialize;

use super::payload::{Layout, STAMP_BYTES};

const MAX_NODES: usize = 256;

/// With what else is in an RPC it has to be below 65,536, which is what rust-libp2p sends by default.
const MAX_MESSAGE_BYTES: usize = 60_000;

const MAX_ID_BYTES: usize = 64;

/// Two of a mesh are to be dialed by the node, by default of both libraries. go-libp2p-pubsub wants `Dlo` and the half of
/// `D` to be above that.
const MIN_D: usize = 6;
const MIN_DLO: usize = 3;

/// Of everything in `mesh`.
const MAX_D: usize = 256;

/// Of a heartbeat, and between bursts.
const MAX_INTERVAL_MS: u64 = 60_000;

const MAX_RATE: u64 = 10_000;
const MAX_SECONDS: u64 = 600;

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartInit {
    /// `quic-v1` or `tcp`.
    pub transport: String,
    pub count: usize,
    pub topic: String,
    pub message_bytes: usize,
    pub id_bytes: usize,
    pub mesh: Mesh,
    pub heartbeat_ms: u64,
    pub flood_publish: bool,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Mesh {
    pub d: usize,
    pub dlo: usize,
    pub dhi: usize,
    pub dlazy: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectInit {
    /// Of all nodes of all processes, in the same order everywhere.
    pub addresses: Vec<Multiaddr>,
    /// Where those of this process begin.
    pub own_from: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublishInit {
    /// Messages a second of each node.
    pub rate: u64,
    pub seconds: u64,
    pub burst_ms: u64,
}

/// The argument of a verb that has none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl StartInit {
    pub fn check(&self) -> Result<()> {
        within("count", self.count, 1..=MAX_NODES)?;
        within("idBytes", self.id_bytes, 1..=MAX_ID_BYTES)?;
        within(
            "messageBytes",
            self.message_bytes,
            self.id_bytes + STAMP_BYTES..=MAX_MESSAGE_BYTES,
        )?;
        within("heartbeatMs", self.heartbeat_ms, 1..=MAX_INTERVAL_MS)?;
        self.mesh.check()
    }

    pub fn layout(&self) -> Layout {
        Layout::new(self.id_bytes, self.message_bytes)
    }
}

impl Mesh {
    fn check(&self) -> Result<()> {
        within("D", self.d, MIN_D..=MAX_D)?;
        within("Dlo", self.dlo, MIN_DLO..=self.d)?;
        within("Dhi", self.dhi, self.d..=MAX_D)?;
        within("Dlazy", self.dlazy, 0..=MAX_D)
    }
}

impl ConnectInit {
    /// `own` is how many nodes this process has.
    pub fn check(&self, own: usize) -> Result<()> {
        let count = self.addresses.len();
        let last = count
            .checked_sub(own)
            .with_context(|| format!("{count} addresses are fewer than the nodes of this process, {own}"))?;
        within("ownFrom", self.own_from, 0..=last)?;

        for address in &self.addresses {
            ensure!(
                matches!(address.iter().last(), Some(Protocol::P2p(_))),
                "{address} does not end in an id"
            );
        }

        Ok(())
    }
}

impl PublishInit {
    pub fn check(&self) -> Result<()> {
        within("rate", self.rate, 1..=MAX_RATE)?;
        within("seconds", self.seconds, 1..=MAX_SECONDS)?;
        within("burstMs", self.burst_ms, 1..=MAX_INTERVAL_MS)
    }
}

fn within<T: PartialOrd + Display>(name: &str, value: T, range: RangeInclusive<T>) -> Result<()> {
    ensure!(
        range.contains(&value),
        "{name} is {value}, not {} to {}",
        range.start(),
        range.end()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: StartInit = StartInit {
        transport: String::new(),
        count: 2,
        topic: String::new(),
        message_bytes: 28,
        id_bytes: 20,
        mesh: Mesh {
            d: 8,
            dlo: 6,
            dhi: 12,
            dlazy: 6,
        },
        heartbeat_ms: 1_000,
        flood_publish: true,
    };

    #[test]
    fn a_message_has_room_for_its_id_and_its_time() {
        assert!(START.check().is_ok());

        for (id_bytes, message_bytes) in [
            (20, 27),
            (0, 28),
            (MAX_ID_BYTES + 1, 250),
            (usize::MAX, 250),
            (20, 60_001),
        ] {
            let init = StartInit {
                id_bytes,
                message_bytes,
                ..START
            };
            assert!(init.check().is_err(), "{id_bytes} of {message_bytes}");
        }
    }

    #[test]
    fn a_mesh_is_what_both_libraries_take() {
        for [d, dlo, dhi] in [[5, 3, 12], [6, 2, 12], [8, 9, 12], [8, 6, 7], [8, 6, MAX_D + 1]] {
            let mesh = Mesh { d, dlo, dhi, dlazy: 0 };
            assert!(mesh.check().is_err(), "{d} {dlo} {dhi}");
        }
    }

    #[test]
    fn own_addresses_are_among_all() -> Result<()> {
        let id = libp2p::PeerId::random();
        let whole: Multiaddr = format!("/ip4/127.0.0.1/tcp/1/p2p/{id}").parse()?;
        let init = |own_from, address: &Multiaddr| ConnectInit {
            addresses: vec![address.clone(); 3],
            own_from,
        };

        assert!(init(1, &whole).check(2).is_ok());
        assert!(init(2, &whole).check(2).is_err());
        assert!(init(usize::MAX, &whole).check(2).is_err());
        assert!(init(0, &whole).check(4).is_err());
        assert!(init(0, &"/ip4/127.0.0.1/tcp/1".parse()?).check(2).is_err());
        Ok(())
    }
}

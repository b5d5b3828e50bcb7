//! The nodes of this process, and what can be asked of them.

use anyhow::{Context, Result, ensure};
use libp2p::Multiaddr;
use serde::Serialize;

use super::{
    deliveries::Deliveries,
    init::{ConnectInit, PublishInit, StartInit},
    node::Node,
    pace::Pace,
    payload::Layout,
    process::{cpu_seconds, machine_ms, rss_bytes},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    started_ms: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    cpu_seconds: f64,
    delivered: u64,
    /// 0 when there was none.
    last_delivery_ms: f64,
    /// Of the node with the fewest.
    mesh_peers: usize,
    rss_bytes: u64,
}

#[derive(Default)]
pub struct Nodes {
    running: Vec<Node>,
    layout: Option<Layout>,
    deliveries: Deliveries,
    published: usize,
}

impl Nodes {
    /// Returns their addresses.
    pub async fn start(&mut self, init: StartInit) -> Result<Vec<Multiaddr>> {
        ensure!(self.running.is_empty(), "nodes run already");
        init.check()?;
        let layout = init.layout();

        for _ in 0..init.count {
            self.running
                .push(Node::start(&init, layout, self.deliveries.clone()).await?);
        }

        self.layout = Some(layout);
        Ok(self.running.iter().map(|node| node.address.clone()).collect())
    }

    /// Each node dials all that come after it.
    pub async fn connect(&self, init: ConnectInit) -> Result<()> {
        init.check(self.running.len())?;

        for (i, node) in self.running.iter().enumerate() {
            for address in init.addresses.iter().skip(init.own_from + i + 1) {
                node.dial(address.clone()).await.with_context(|| address.to_string())?;
            }
        }

        Ok(())
    }

    /// Ends when all nodes have published everything. They take turns.
    pub async fn publish(&mut self, init: PublishInit) -> Result<Published> {
        init.check()?;
        let layout = self.layout.context("start comes first")?;
        let rate = init.rate * u64::try_from(self.running.len())?;
        let started_ms = machine_ms();
        let mut pace = Pace::new(rate, rate * init.seconds, init.burst_ms);

        while let Some(due) = pace.next().await {
            for _ in 0..due {
                let node = self
                    .running
                    .get(self.published % self.running.len())
                    .context("no node")?;
                self.published += 1;
                node.publish(layout.payload(machine_ms())).await?;
            }
        }

        Ok(Published { started_ms })
    }

    pub async fn snapshot(&self) -> Result<Snapshot> {
        let mut mesh_peers = usize::MAX;

        for node in &self.running {
            mesh_peers = mesh_peers.min(node.mesh_peers().await?);
        }

        let (delivered, last_delivery_ms) = self.deliveries.total();

        Ok(Snapshot {
            cpu_seconds: cpu_seconds(),
            delivered,
            last_delivery_ms,
            mesh_peers: if self.running.is_empty() { 0 } else { mesh_peers },
            rss_bytes: rss_bytes()?,
        })
    }

    /// Of the deliveries since the last time, in milliseconds.
    pub fn latencies(&self) -> Vec<f64> {
        self.deliveries.take_ages_ms()
    }
}

//! Carries out a script, one instruction after the other.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    capped::Cap,
    identity, log,
    names::Names,
    node::{Node, address_of},
    params::GossipSubParams,
    script::Instruction,
};
use crate::link::Link;

pub struct Session {
    start: Instant,
    names: Names,
    link: Link,
    cap: Option<Cap>,
    /// From `initGossipSub` on.
    node: Option<Node>,
}

impl Session {
    pub fn new(start: Instant, names: Names, link: Link, cap: Option<Cap>) -> Self {
        Self {
            start,
            names,
            link,
            cap,
            node: None,
        }
    }

    pub async fn run(mut self, script: Vec<Instruction>) -> Result<()> {
        log::peer_id(identity::peer_id(self.names.id)?, self.names.id)?;

        for instruction in script {
            let context = format!("{instruction:?}");
            self.execute(instruction).await.context(context)?;
        }

        Ok(())
    }

    async fn execute(&mut self, instruction: Instruction) -> Result<()> {
        match instruction {
            Instruction::InitGossipSub { gossip_sub_params } => self.init(*gossip_sub_params),
            Instruction::Connect { connect_to } => self.connect(&connect_to).await,
            Instruction::IfNodeIdEquals { node_id, instruction } => {
                if node_id == self.names.id {
                    Box::pin(self.execute(*instruction)).await?;
                }

                Ok(())
            }
            Instruction::WaitUntil { elapsed_seconds } => {
                let deadline = self.start + Duration::try_from_secs_f64(elapsed_seconds)?;
                self.node()?.run_until(deadline).await
            }
            Instruction::Publish {
                message_id,
                message_size_bytes,
                topic_id,
            } => self.node()?.publish(&topic_id, message_id, message_size_bytes),
            Instruction::SubscribeToTopic { topic_id, partial } => {
                ensure!(partial != Some(true), "partial messages are not supported");
                self.node()?.subscribe(&topic_id)
            }
            Instruction::SetTopicValidationDelay {
                topic_id,
                delay_seconds,
            } => {
                let delay = Duration::try_from_secs_f64(delay_seconds)?;
                self.node()?.set_validation_delay(&topic_id, delay);
                Ok(())
            }
            Instruction::AddPartialMessage {} | Instruction::PublishPartial {} => {
                bail!("partial messages are not supported")
            }
        }
    }

    fn init(&mut self, params: GossipSubParams) -> Result<()> {
        ensure!(self.node.is_none(), "the node runs already");
        let keypair = identity::keypair(self.names.id)?;
        let listen = self.link.address((Ipv4Addr::UNSPECIFIED, self.names.port).into());

        self.node = Some(Node::start(&keypair, self.link, listen, params, self.cap)?);
        Ok(())
    }

    async fn connect(&mut self, others: &[u32]) -> Result<()> {
        for &other in others {
            let peer = identity::peer_id(other)?;
            let address = address_of(self.link, self.names.resolve(other).await?, peer);
            self.node()?.connect(peer, address);
        }

        Ok(())
    }

    fn node(&mut self) -> Result<&mut Node> {
        self.node.as_mut().context("initGossipSub comes first")
    }
}

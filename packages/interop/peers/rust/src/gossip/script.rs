//! What a node does, as `params.json` has it.

use serde::Deserialize;

use super::params::GossipSubParams;

#[derive(Debug, Deserialize)]
pub struct Params {
    pub script: Vec<Instruction>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Instruction {
    InitGossipSub {
        gossip_sub_params: Box<GossipSubParams>,
    },
    Connect {
        connect_to: Vec<u32>,
    },
    #[serde(rename = "ifNodeIDEquals")]
    IfNodeIdEquals {
        #[serde(rename = "nodeID")]
        node_id: u32,
        instruction: Box<Instruction>,
    },
    /// Since the start of the node; messages are handled meanwhile.
    WaitUntil {
        elapsed_seconds: f64,
    },
    Publish {
        #[serde(rename = "messageID")]
        message_id: u64,
        message_size_bytes: usize,
        #[serde(rename = "topicID")]
        topic_id: String,
    },
    SubscribeToTopic {
        #[serde(rename = "topicID")]
        topic_id: String,
        #[serde(default)]
        partial: Option<bool>,
    },
    SetTopicValidationDelay {
        #[serde(rename = "topicID")]
        topic_id: String,
        delay_seconds: f64,
    },
    /// Of partial messages, which this node does not do: an error only for the node that is to run it.
    AddPartialMessage {},
    PublishPartial {},
}

#[cfg(test)]
mod tests {
    use anyhow::{Result, bail};

    use super::*;

    fn parse(json: &str) -> Result<Instruction> {
        Ok(serde_json::from_str(json)?)
    }

    #[test]
    fn instructions_of_both_scenarios() -> Result<()> {
        let params: Params = serde_json::from_str(
            r#"{"script":[
                {"type":"ifNodeIDEquals","nodeID":3,"instruction":{"type":"initGossipSub","gossipSubParams":{"HeartbeatInitialDelay":100100000}}},
                {"type":"connect","connectTo":[1,2]},
                {"type":"setTopicValidationDelay","topicID":"a-subnet","delaySeconds":0.005},
                {"type":"subscribeToTopic","topicID":"a-subnet","partial":false},
                {"type":"subscribeToTopic","topicID":"topic-a"},
                {"type":"waitUntil","elapsedSeconds":120},
                {"type":"publish","messageID":15,"messageSizeBytes":98304,"topicID":"a-subnet"},
                {"type":"publishPartial","topicID":"a","groupID":7,"publishToNodeIDs":null}
            ]}"#,
        )?;

        assert_eq!(params.script.len(), 8);
        Ok(())
    }

    #[test]
    fn fields_are_read() -> Result<()> {
        let Instruction::Publish {
            message_id,
            message_size_bytes,
            topic_id,
        } = parse(r#"{"type":"publish","messageID":15,"messageSizeBytes":98304,"topicID":"a-subnet"}"#)?
        else {
            bail!("another instruction");
        };

        assert_eq!((message_id, message_size_bytes, &*topic_id), (15, 98_304, "a-subnet"));
        Ok(())
    }

    #[test]
    fn unknown_instructions_are_refused() {
        assert!(parse(r#"{"type":"dance"}"#).is_err());
        assert!(parse(r#"{"type":"connect"}"#).is_err());
    }
}

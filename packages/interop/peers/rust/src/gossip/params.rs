//! The parameters of gossipsub: go-libp2p-pubsub's names, durations in nanoseconds.

use std::time::Duration;

use libp2p::gossipsub::ConfigBuilder;
use serde::Deserialize;

/// What is not there has rust-libp2p's default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct GossipSubParams {
    d: Option<usize>,
    dlo: Option<usize>,
    dhi: Option<usize>,
    dscore: Option<usize>,
    dout: Option<usize>,
    history_length: Option<usize>,
    history_gossip: Option<usize>,
    dlazy: Option<usize>,
    gossip_factor: Option<f64>,
    gossip_retransmission: Option<u32>,
    heartbeat_initial_delay: Option<f64>,
    heartbeat_interval: Option<f64>,
    slow_heartbeat_warning: Option<f64>,
    #[serde(rename = "FanoutTTL")]
    fanout_ttl: Option<f64>,
    prune_peers: Option<usize>,
    prune_backoff: Option<f64>,
    unsubscribe_backoff: Option<f64>,
    connectors: Option<usize>,
    max_pending_connections: Option<usize>,
    connection_timeout: Option<f64>,
    direct_connect_ticks: Option<u64>,
    direct_connect_initial_delay: Option<f64>,
    opportunistic_graft_ticks: Option<u64>,
    opportunistic_graft_peers: Option<usize>,
    graft_flood_threshold: Option<f64>,
    #[serde(rename = "MaxIHaveLength")]
    max_ihave_length: Option<usize>,
    #[serde(rename = "MaxIHaveMessages")]
    max_ihave_messages: Option<usize>,
    #[serde(rename = "MaxIDontWantLength")]
    max_idontwant_length: Option<usize>,
    #[serde(rename = "MaxIDontWantMessages")]
    max_idontwant_messages: Option<usize>,
    #[serde(rename = "IWantFollowupTime")]
    iwant_followup_time: Option<f64>,
    #[serde(rename = "IDontWantMessageThreshold")]
    idontwant_message_threshold: Option<usize>,
    #[serde(rename = "IDontWantMessageTTL")]
    idontwant_message_ttl: Option<u64>,
}

impl GossipSubParams {
    /// Returns the names of those that are given and that rust-libp2p does not have.
    pub fn apply(self, config: &mut ConfigBuilder) -> Vec<&'static str> {
        // exhaustive, so that none is forgotten
        let Self {
            d,
            dlo,
            dhi,
            dscore,
            dout,
            history_length,
            history_gossip,
            dlazy,
            gossip_factor,
            gossip_retransmission,
            heartbeat_initial_delay,
            heartbeat_interval,
            slow_heartbeat_warning,
            fanout_ttl,
            prune_peers,
            prune_backoff,
            unsubscribe_backoff,
            connectors,
            max_pending_connections,
            connection_timeout,
            direct_connect_ticks,
            direct_connect_initial_delay,
            opportunistic_graft_ticks,
            opportunistic_graft_peers,
            graft_flood_threshold,
            max_ihave_length,
            max_ihave_messages,
            max_idontwant_length,
            max_idontwant_messages,
            iwant_followup_time,
            idontwant_message_threshold,
            idontwant_message_ttl,
        } = self;

        set(config, d, ConfigBuilder::mesh_n);
        set(config, dlo, ConfigBuilder::mesh_n_low);
        set(config, dhi, ConfigBuilder::mesh_n_high);
        set(config, dscore, ConfigBuilder::retain_scores);
        set(config, dout, ConfigBuilder::mesh_outbound_min);
        set(config, history_length, ConfigBuilder::history_length);
        set(config, history_gossip, ConfigBuilder::history_gossip);
        set(config, dlazy, ConfigBuilder::gossip_lazy);
        set(config, gossip_factor, ConfigBuilder::gossip_factor);
        set(config, gossip_retransmission, ConfigBuilder::gossip_retransimission);
        set(
            config,
            heartbeat_initial_delay.map(nanoseconds),
            ConfigBuilder::heartbeat_initial_delay,
        );
        set(
            config,
            heartbeat_interval.map(nanoseconds),
            ConfigBuilder::heartbeat_interval,
        );
        set(config, fanout_ttl.map(nanoseconds), ConfigBuilder::fanout_ttl);
        set(config, prune_peers, ConfigBuilder::prune_peers);
        set(config, prune_backoff.map(nanoseconds), ConfigBuilder::prune_backoff);
        set(
            config,
            unsubscribe_backoff.map(nanoseconds),
            ConfigBuilder::unsubscribe_backoff,
        );
        set(config, direct_connect_ticks, ConfigBuilder::check_explicit_peers_ticks);
        set(
            config,
            opportunistic_graft_ticks,
            ConfigBuilder::opportunistic_graft_ticks,
        );
        set(
            config,
            opportunistic_graft_peers,
            ConfigBuilder::opportunistic_graft_peers,
        );
        set(
            config,
            graft_flood_threshold.map(nanoseconds),
            ConfigBuilder::graft_flood_threshold,
        );
        set(config, max_ihave_length, ConfigBuilder::max_control_messages_sent);
        set(config, max_ihave_messages, ConfigBuilder::max_ihave_messages_heartbeat);
        set(
            config,
            iwant_followup_time.map(nanoseconds),
            ConfigBuilder::iwant_followup_time,
        );
        set(
            config,
            idontwant_message_threshold,
            ConfigBuilder::idontwant_message_size_threshold,
        );

        [
            ("SlowHeartbeatWarning", slow_heartbeat_warning.is_some()),
            ("Connectors", connectors.is_some()),
            ("MaxPendingConnections", max_pending_connections.is_some()),
            ("ConnectionTimeout", connection_timeout.is_some()),
            ("DirectConnectInitialDelay", direct_connect_initial_delay.is_some()),
            ("MaxIDontWantLength", max_idontwant_length.is_some()),
            ("MaxIDontWantMessages", max_idontwant_messages.is_some()),
            ("IDontWantMessageTTL", idontwant_message_ttl.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_given)| is_given.then_some(name))
        .collect()
    }
}

fn set<T>(
    config: &mut ConfigBuilder,
    value: Option<T>,
    setter: impl FnOnce(&mut ConfigBuilder, T) -> &mut ConfigBuilder,
) {
    if let Some(value) = value {
        setter(config, value);
    }
}

fn nanoseconds(value: f64) -> Duration {
    Duration::from_nanos(value as u64)
}

#[cfg(test)]
mod tests {
    use anyhow::{Result, anyhow};
    use libp2p::gossipsub::Config;

    use super::*;

    fn configure(json: &str) -> Result<(Config, Vec<&'static str>)> {
        let mut config = ConfigBuilder::default();
        let ignored = serde_json::from_str::<GossipSubParams>(json)?.apply(&mut config);
        Ok((config.build().map_err(|error| anyhow!("{error}"))?, ignored))
    }

    #[test]
    fn names_and_units_are_gos() -> Result<()> {
        let (config, ignored) = configure(
            r#"{"D":8,"Dlo":6,"Dhi":12,"Dscore":3,"Dout":1,"HistoryLength":6,"HistoryGossip":2,"Dlazy":0,"GossipFactor":0,
                "HeartbeatInitialDelay":100500000,"HeartbeatInterval":700000000,"FanoutTTL":60000000000,"PruneBackoff":2e9,
                "MaxIHaveLength":100,"MaxIHaveMessages":7,"IWantFollowupTime":4000000000,"IDontWantMessageThreshold":2048}"#,
        )?;

        assert_eq!((config.mesh_n(), config.mesh_n_low(), config.mesh_n_high()), (8, 6, 12));
        assert_eq!((config.retain_scores(), config.mesh_outbound_min()), (3, 1));
        assert_eq!((config.history_length(), config.history_gossip()), (6, 2));
        assert_eq!((config.gossip_lazy(), config.gossip_factor()), (0, 0.0));
        assert_eq!(config.heartbeat_initial_delay(), Duration::from_micros(100_500));
        assert_eq!(config.heartbeat_interval(), Duration::from_millis(700));
        assert_eq!(
            (config.fanout_ttl().as_secs(), config.prune_backoff().as_secs()),
            (60, 2)
        );
        assert_eq!(
            (
                config.max_control_messages_sent(),
                config.max_ihave_messages_heartbeat()
            ),
            (100, 7)
        );
        assert_eq!(config.iwant_followup_time(), Duration::from_secs(4));
        assert_eq!(config.idontwant_message_size_threshold(), 2_048);
        assert!(ignored.is_empty());
        Ok(())
    }

    #[test]
    fn nothing_given_is_the_default() -> Result<()> {
        let (config, ignored) = configure(r#"{"D":null,"SlowHeartbeatWarning":null}"#)?;

        assert_eq!(config.mesh_n(), Config::default().mesh_n());
        assert!(ignored.is_empty());
        Ok(())
    }

    #[test]
    fn what_rust_does_not_have_is_named() -> Result<()> {
        let (_, ignored) = configure(r#"{"Connectors":8,"IDontWantMessageTTL":3}"#)?;

        assert_eq!(ignored, ["Connectors", "IDontWantMessageTTL"]);
        Ok(())
    }

    #[test]
    fn a_name_that_go_does_not_have_is_refused() {
        assert!(configure(r#"{"Dmax":3}"#).is_err());
    }
}

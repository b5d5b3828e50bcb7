//! The network that is wanted; README.md has the meaning of each field.

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;

use serde::Deserialize;

const HOSTS_MAX: usize = 256;
const NAME_LENGTH_MAX: usize = 32;
const LATENCY_MAX_MS: f64 = 10_000.0;
const QUEUE_MAX_MS: f64 = 60_000.0;
const MTU_MIN_BYTES: usize = 576;
const MTU_MAX_BYTES: usize = 9_000;
const PACKETS_MAX: u32 = 1 << 20;

/// Hosts see each other as neighbours in it: no other route is needed.
pub const NETWORK: u8 = 10;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    pub prefix: String,
    pub hosts: Vec<Host>,
    #[serde(default)]
    pub regions: HashMap<String, HashMap<String, f64>>,
    #[serde(default)]
    pub paths: Vec<PathException>,
    #[serde(default)]
    pub latency_ms: f64,
    #[serde(default)]
    pub loss: f64,
    #[serde(default)]
    pub seed: u64,
    #[serde(default = "default_queue_ms")]
    pub queue_ms: f64,
    pub queue_bytes: Option<u64>,
    #[serde(default = "default_mtu_bytes")]
    pub mtu_bytes: usize,
    #[serde(default = "default_packets_max")]
    pub packets_max: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Host {
    pub name: String,
    pub address: Ipv4Addr,
    pub region: Option<String>,
    pub upload_mbit: Option<f64>,
    pub download_mbit: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PathException {
    pub from: String,
    pub to: String,
    pub latency_ms: Option<f64>,
    pub loss: Option<f64>,
}

fn default_queue_ms() -> f64 {
    200.0
}

fn default_mtu_bytes() -> usize {
    1_500
}

fn default_packets_max() -> u32 {
    65_536
}

impl Config {
    /// The error is a sentence for people.
    pub fn parse(json: &str) -> Result<Self, String> {
        let config: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        config.check()?;
        Ok(config)
    }

    pub fn namespace_of(&self, host: &Host) -> String {
        format!("{}{}", self.prefix, host.name)
    }

    fn check(&self) -> Result<(), String> {
        check_name("prefix", &self.prefix)?;
        check_range("the number of hosts", self.hosts.len(), 1, HOSTS_MAX)?;
        check_range("latencyMs", self.latency_ms, 0.0, LATENCY_MAX_MS)?;
        check_range("loss", self.loss, 0.0, 1.0)?;
        check_range("queueMs", self.queue_ms, 0.0, QUEUE_MAX_MS)?;
        check_range("mtuBytes", self.mtu_bytes, MTU_MIN_BYTES, MTU_MAX_BYTES)?;
        check_range("packetsMax", self.packets_max, 1, PACKETS_MAX)?;
        self.check_hosts()?;
        self.check_regions()?;
        self.check_paths()
    }

    fn check_hosts(&self) -> Result<(), String> {
        let mut names = HashSet::new();
        let mut addresses = HashSet::new();

        for host in &self.hosts {
            check_name("the name of a host", &host.name)?;

            if !names.insert(&host.name) {
                return Err(format!("two hosts are named {}", host.name));
            }

            if host.address.octets()[0] != NETWORK || !addresses.insert(host.address) {
                return Err(format!(
                    "{}: {} is not in 10.0.0.0/8 or another host has it",
                    host.name, host.address
                ));
            }

            for (field, mbit) in [("uploadMbit", host.upload_mbit), ("downloadMbit", host.download_mbit)] {
                check_range(&format!("{field} of {}", host.name), mbit.unwrap_or(1.0), 0.001, 1e6)?;
            }
        }

        Ok(())
    }

    fn check_regions(&self) -> Result<(), String> {
        for (from, latencies) in &self.regions {
            for (to, latency) in latencies {
                check_range(
                    &format!("the latency from {from} to {to}"),
                    *latency,
                    0.0,
                    LATENCY_MAX_MS,
                )?;
            }
        }

        let used: HashSet<&String> = self.hosts.iter().filter_map(|host| host.region.as_ref()).collect();

        for from in &used {
            for to in &used {
                if self
                    .regions
                    .get(*from)
                    .and_then(|latencies| latencies.get(*to))
                    .is_none()
                {
                    return Err(format!("regions has no latency from {from} to {to}"));
                }
            }
        }

        Ok(())
    }

    fn check_paths(&self) -> Result<(), String> {
        let names: HashSet<&str> = self.hosts.iter().map(|host| host.name.as_str()).collect();

        for PathException {
            from,
            to,
            latency_ms,
            loss,
        } in &self.paths
        {
            if !names.contains(from.as_str()) || !names.contains(to.as_str()) {
                return Err(format!(
                    "there is no host {from} or no host {to}, of which paths speaks"
                ));
            }

            check_range("latencyMs of a path", latency_ms.unwrap_or(0.0), 0.0, LATENCY_MAX_MS)?;
            check_range("loss of a path", loss.unwrap_or(0.0), 0.0, 1.0)?;
        }

        Ok(())
    }
}

/// Names become names of files.
fn check_name(what: &str, name: &str) -> Result<(), String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let begins_well = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());

    if begins_well && name.len() <= NAME_LENGTH_MAX && name.bytes().all(is_allowed) {
        Ok(())
    } else {
        Err(format!(
            "{what}, {name:?}, is not 1 to {NAME_LENGTH_MAX} characters of a-z A-Z 0-9 . _ - that begin with a letter or digit"
        ))
    }
}

fn check_range<T: PartialOrd + std::fmt::Display>(what: &str, value: T, min: T, max: T) -> Result<(), String> {
    if value >= min && value <= max {
        Ok(())
    } else {
        Err(format!("{what} is {value}, not {min} to {max}"))
    }
}

//! Who this node is, and where the others are.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use tokio::net::lookup_host;

const PORT: u16 = 9_000;

/// Of Linux, in the namespace of this process.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

pub struct Names {
    pub id: u32,
    /// Of this node.
    pub port: u16,
    hosts: Option<HashMap<String, IpAddr>>,
    ports: HashMap<String, u16>,
}

impl Names {
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let id = match variable("NODE_ID") {
            Some(id) => id.parse().with_context(|| format!("NODE_ID is {id}"))?,
            None => id_of(std::fs::read_to_string(HOST_NAME).context("the host name")?.trim())?,
        };
        let ports: HashMap<String, u16> = object("NODE_PORTS", &variable)?.unwrap_or_default();
        let port = variable("NODE_PORT")
            .map(|port| port.parse().with_context(|| format!("NODE_PORT is {port}")))
            .transpose()?;

        Ok(Self {
            id,
            port: port.or_else(|| ports.get(&name(id)).copied()).unwrap_or(PORT),
            hosts: object("NODE_HOSTS", &variable)?,
            ports,
        })
    }

    /// Where another node is.
    pub async fn resolve(&self, id: u32) -> Result<SocketAddr> {
        let name = name(id);
        let port = self.ports.get(&name).copied().unwrap_or(PORT);

        match &self.hosts {
            Some(hosts) => {
                let ip = hosts
                    .get(&name)
                    .with_context(|| format!("{name} is not in NODE_HOSTS"))?;
                Ok(SocketAddr::new(*ip, port))
            }
            None => lookup_host((name.as_str(), port))
                .await
                .with_context(|| name.clone())?
                .find(SocketAddr::is_ipv4)
                .with_context(|| format!("{name} has no IPv4 address")),
        }
    }
}

fn name(id: u32) -> String {
    format!("node{id}")
}

fn id_of(host: &str) -> Result<u32> {
    let digits = host
        .strip_prefix("node")
        .with_context(|| format!("the host is called {host}, not node<N>, and NODE_ID is not set"))?;
    digits.parse().with_context(|| format!("the host is called {host}"))
}

fn object<T: DeserializeOwned>(
    name: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<HashMap<String, T>>> {
    variable(name)
        .map(|json| serde_json::from_str(&json).with_context(|| name.to_owned()))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(variables: &[(&str, &str)]) -> Result<Names> {
        Names::from_environment(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_number_is_in_the_host_name() -> Result<()> {
        assert_eq!(id_of("node31")?, 31);
        assert!(id_of("host31").is_err());
        assert!(id_of("node").is_err());
        Ok(())
    }

    #[tokio::test]
    async fn everything_from_the_environment() -> Result<()> {
        let names = names(&[
            ("NODE_ID", "1"),
            (
                "NODE_HOSTS",
                r#"{"node0":"127.0.0.1","node1":"127.0.0.1","node2":"10.0.0.2"}"#,
            ),
            ("NODE_PORTS", r#"{"node0":9100,"node1":9101}"#),
        ])?;

        assert_eq!((names.id, names.port), (1, 9_101));
        assert_eq!(names.resolve(0).await?.to_string(), "127.0.0.1:9100");
        assert_eq!(names.resolve(2).await?.to_string(), "10.0.0.2:9000");
        assert!(names.resolve(3).await.is_err());
        Ok(())
    }

    #[test]
    fn the_own_port() -> Result<()> {
        assert_eq!(names(&[("NODE_ID", "1")])?.port, PORT);
        assert_eq!(names(&[("NODE_ID", "1"), ("NODE_PORT", "9999")])?.port, 9_999);
        assert!(names(&[("NODE_ID", "1"), ("NODE_PORT", "many")]).is_err());
        Ok(())
    }
}

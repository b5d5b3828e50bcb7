//! What the two suites call things: test-plans, and unified-testing if `TEST_KEY` is set.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::link::{Link, Security};

const TIMEOUT: Duration = Duration::from_secs(180);

const UNSPECIFIED: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    TestPlans,
    Unified,
}

#[derive(Debug)]
pub struct Settings {
    pub dialect: Dialect,
    pub link: Link,
    pub is_dialer: bool,
    /// To listen on.
    pub ip: IpAddr,
    /// `host:port`.
    pub redis: String,
    /// Through which the listener's address goes.
    pub list: String,
    pub timeout: Duration,
    /// What to do instead of pinging.
    pub row: Option<String>,
}

impl Settings {
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        // composed environments leave variables that are set to nothing
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let key = variable("TEST_KEY");
        let dialect = if key.is_some() {
            Dialect::Unified
        } else {
            Dialect::TestPlans
        };
        let named = |test_plans: &str, unified: &str| match dialect {
            Dialect::TestPlans => variable(test_plans),
            Dialect::Unified => variable(unified),
        };
        let required = |test_plans: &str, unified: &str| {
            named(test_plans, unified)
                .with_context(|| format!("neither {test_plans} nor TEST_KEY with {unified} is set"))
        };

        Ok(Self {
            dialect,
            link: link(
                &required("transport", "TRANSPORT")?,
                named("security", "SECURE_CHANNEL").as_deref(),
                named("muxer", "MUXER").as_deref(),
            )?,
            is_dialer: required("is_dialer", "IS_DIALER")?
                .parse()
                .context("is_dialer is true or false")?,
            ip: named("ip", "LISTENER_IP")
                .map_or(Ok(UNSPECIFIED), |ip| ip.parse().context("the IP address to listen on"))?,
            redis: named("redis_addr", "REDIS_ADDR").unwrap_or_else(|| default_redis(dialect).into()),
            list: key.map_or_else(|| "listenerAddr".into(), |key| format!("{key}_listener_multiaddr")),
            timeout: ["test_timeout_seconds", "test_timeout_secs"]
                .iter()
                .find_map(|name| variable(name))
                .map_or(Ok(TIMEOUT), |seconds| seconds_of(&seconds))?,
            row: variable("ROW"),
        })
    }
}

fn seconds_of(text: &str) -> Result<Duration> {
    let seconds: f64 = text.parse().context("the time-out is in seconds")?;
    Ok(Duration::try_from_secs_f64(seconds)?)
}

fn default_redis(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::TestPlans => "redis:6379",
        Dialect::Unified => "transport-redis:6379",
    }
}

/// QUIC has its own security and muxer: what is said of them is ignored then, as the suites' own programs do.
fn link(transport: &str, security: Option<&str>, muxer: Option<&str>) -> Result<Link> {
    let link = transport.parse()?;

    if link == Link::Quic {
        return Ok(link);
    }

    if let Some(muxer) = muxer.filter(|&muxer| muxer != "yamux") {
        bail!("muxer {muxer} is not supported, only yamux");
    }

    Ok(Link::Tcp(match security {
        None | Some("noise") => Security::Noise,
        Some("tls") => Security::Tls,
        Some(other) => bail!("security {other} is not supported, only noise and tls"),
    }))
}

impl Dialect {
    /// What the dialer of a ping prints.
    pub fn report(self, handshake_plus_one: Duration, round_trip: Duration) -> String {
        let [handshake_plus_one, round_trip] =
            [handshake_plus_one, round_trip].map(|time| time.as_secs_f64() * 1_000.0);

        match self {
            // the three l's are the suite's
            Dialect::TestPlans => {
                format!(r#"{{"handshakePlusOneRTTMillis":{handshake_plus_one:?},"pingRTTMilllis":{round_trip:?}}}"#)
            }
            Dialect::Unified => format!(
                "latency:\n  handshake_plus_one_rtt: {handshake_plus_one:?}\n  ping_rtt: {round_trip:?}\n  unit: ms"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings> {
        Settings::from_environment(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn test_plans() -> Result<()> {
        let settings = settings(&[
            ("transport", "quic-v1"),
            ("is_dialer", "true"),
            ("redis_addr", "redis:7"),
            ("test_timeout_seconds", "20"),
        ])?;

        assert_eq!(settings.dialect, Dialect::TestPlans);
        assert_eq!(settings.link, Link::Quic);
        assert_eq!(
            (settings.is_dialer, settings.ip, &*settings.redis),
            (true, UNSPECIFIED, "redis:7")
        );
        assert_eq!((&*settings.list, settings.timeout.as_secs()), ("listenerAddr", 20));
        Ok(())
    }

    #[test]
    fn unified() -> Result<()> {
        let settings = settings(&[
            ("TEST_KEY", "0a1b2c3d"),
            ("TRANSPORT", "tcp"),
            ("SECURE_CHANNEL", "tls"),
            ("MUXER", "yamux"),
            ("IS_DIALER", "false"),
            ("LISTENER_IP", "127.0.0.1"),
        ])?;

        assert_eq!(settings.dialect, Dialect::Unified);
        assert_eq!(settings.link, Link::Tcp(Security::Tls));
        assert_eq!((settings.is_dialer, settings.ip), (false, Ipv4Addr::LOCALHOST.into()));
        assert_eq!(
            (&*settings.redis, &*settings.list),
            ("transport-redis:6379", "0a1b2c3d_listener_multiaddr")
        );
        assert_eq!(settings.timeout, TIMEOUT);
        Ok(())
    }

    #[test]
    fn what_is_not_supported_is_said() {
        for (name, value) in [
            ("transport", "ws"),
            ("muxer", "mplex"),
            ("security", "plaintext"),
            ("is_dialer", "maybe"),
        ] {
            let variables = [(name, value), ("transport", "tcp"), ("is_dialer", "true")];

            assert!(settings(&variables).is_err(), "{name} {value}");
        }
    }

    #[test]
    fn reports() {
        let times = [Duration::from_micros(2_500), Duration::from_millis(1)];

        assert_eq!(
            Dialect::TestPlans.report(times[0], times[1]),
            r#"{"handshakePlusOneRTTMillis":2.5,"pingRTTMilllis":1.0}"#
        );
        assert_eq!(
            Dialect::Unified.report(times[0], times[1]),
            "latency:\n  handshake_plus_one_rtt: 2.5\n  ping_rtt: 1.0\n  unit: ms"
        );
    }
}

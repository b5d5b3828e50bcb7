//! The program `transport`: one listener and one dialer meet over Redis.

mod dialect;
mod ending;
mod rows;
mod services;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use libp2p::{Multiaddr, identity::Keypair};
use tokio::time::timeout;

use crate::{
    host::{Host, HostOptions},
    link,
    redis::Redis,
};
use dialect::Settings;
use rows::Row;

/// So that the second ping of the row `ping` comes at once, but not on the heels of the first.
const PING_INTERVAL: Duration = Duration::from_millis(50);

/// Of who must be silent.
const NO_PINGS: Duration = Duration::from_secs(3_600);

/// In the environment's words.
pub async fn run() -> Result<()> {
    let settings = Settings::from_environment(|name| std::env::var(name).ok())?;
    let limit = settings.timeout;

    timeout(limit, act(settings))
        .await
        .with_context(|| format!("not done after {limit:?}"))?
}

async fn act(settings: Settings) -> Result<()> {
    let keypair = Keypair::generate_ed25519();
    let transport = link::transport(&keypair, settings.link)?;

    if settings.is_dialer {
        let row = settings.row.as_deref().map(str::parse).transpose()?;
        let options = HostOptions {
            ping_interval: ping_interval(row),
            accepts: &[],
        };
        let (host, _incoming) = Host::start(&keypair, transport, &options);

        println!("{}", dial(host, &settings, row).await?);
        Ok(())
    } else {
        let options = HostOptions {
            ping_interval: NO_PINGS,
            accepts: &services::PROTOCOLS,
        };
        let (host, incoming) = Host::start(&keypair, transport, &options);

        listen(&host, &settings).await?;
        services::serve(incoming, settings.link).await;
        bail!("the host is gone")
    }
}

fn ping_interval(row: Option<Row>) -> Duration {
    match row {
        None => PING_INTERVAL,
        Some(Row::KeepAlive) => rows::SILENCE,
        Some(_) => NO_PINGS,
    }
}

async fn listen(host: &Host, settings: &Settings) -> Result<()> {
    let address = host.listen(settings.link.address((settings.ip, 0).into())).await?;

    Redis::connect(&settings.redis)
        .await
        .push(&settings.list, &address.to_string())
        .await
}

/// Returns the report.
async fn dial(mut host: Host, settings: &Settings, row: Option<Row>) -> Result<String> {
    let address: Multiaddr = Redis::connect(&settings.redis)
        .await
        .pop(&settings.list)
        .await?
        .parse()?;

    match row {
        Some(row) => Ok(rows::run(row, &mut host, address, settings.link).await),
        None => {
            let start = Instant::now();
            host.dial(address).await?;
            host.ping().await?;
            let handshake_plus_one = start.elapsed();
            let round_trip = host.ping().await?;

            Ok(settings.dialect.report(handshake_plus_one, round_trip))
        }
    }
}

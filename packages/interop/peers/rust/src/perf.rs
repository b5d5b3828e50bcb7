//! The program `perf`: `/perf/1.0.0` as libp2p's specs have it.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use libp2p::{
    Multiaddr, Stream, StreamProtocol,
    futures::{AsyncReadExt, AsyncWriteExt},
    identity::Keypair,
};
use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval_at};

use crate::{
    host::{Host, HostOptions},
    link::{self, Link},
    program::Arguments,
};

const PERF: StreamProtocol = StreamProtocol::new("/perf/1.0.0");

const ARGUMENTS: [&str; 5] = [
    "--run-server",
    "--server-address=",
    "--transport=",
    "--upload-bytes=",
    "--download-bytes=",
];

const BUFFER_BYTES: usize = 64 * 1024;

const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Pings are no part of what is measured.
const NO_PINGS: Duration = Duration::from_secs(3_600);

pub async fn run() -> Result<()> {
    let arguments = Arguments::of_process(&ARGUMENTS)?;
    let address: SocketAddr = arguments
        .required("--server-address")?
        .parse()
        .context("--server-address is ip:port")?;
    let link = arguments.value("--transport").map(str::parse::<Link>).transpose()?;

    if arguments.has("--run-server") {
        return serve(address, link).await;
    }

    let bytes = |name| {
        arguments
            .required(name)?
            .parse::<u64>()
            .with_context(|| format!("{name} is a number"))
    };
    let amounts = Amounts {
        upload: bytes("--upload-bytes")?,
        download: bytes("--download-bytes")?,
    };

    measure(address, link.context("--transport is missing")?, amounts).await
}

/// Over both transports, unless one is asked for.
async fn serve(address: SocketAddr, link: Option<Link>) -> Result<()> {
    let keypair = Keypair::generate_ed25519();
    let transport = match link {
        Some(link) => link::transport(&keypair, link)?,
        None => link::any_transport(&keypair)?,
    };
    let (host, mut incoming) = Host::start(
        &keypair,
        transport,
        &HostOptions {
            ping_interval: NO_PINGS,
            accepts: &[PERF],
        },
    );

    for link in link.map_or_else(|| Link::ALL.to_vec(), |link| vec![link]) {
        host.listen(link.address(address)).await?;
    }

    while let Some((_, stream)) = incoming.recv().await {
        tokio::spawn(async move {
            if let Err(error) = serve_one(stream).await {
                eprintln!("{error:#}");
            }
        });
    }

    bail!("the host is gone")
}

async fn serve_one(mut stream: Stream) -> Result<()> {
    let mut wanted = [0; 8];
    stream.read_exact(&mut wanted).await?;
    let wanted = u64::from_be_bytes(wanted);
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut received: u64 = 0;

    loop {
        match stream.read(&mut buffer).await? {
            0 => break,
            n => received += n as u64,
        }
    }

    eprintln!("{received} bytes came, {wanted} are to go");
    write(&mut stream, wanted, |_| {}).await?;
    Ok(stream.close().await?)
}

#[derive(Clone, Copy)]
struct Amounts {
    upload: u64,
    download: u64,
}

#[derive(Default)]
struct Progress {
    uploaded: AtomicU64,
    downloaded: AtomicU64,
}

async fn measure(address: SocketAddr, link: Link, amounts: Amounts) -> Result<()> {
    let keypair = Keypair::generate_ed25519();
    let transport = link::transport(&keypair, link)?;
    let (host, _incoming) = Host::start(
        &keypair,
        transport,
        &HostOptions {
            ping_interval: NO_PINGS,
            accepts: &[],
        },
    );

    let start = Instant::now();
    let progress = Progress::default();

    tokio::select! {
        exchanged = exchange(&host, link.address(address), amounts, &progress) => exchanged?,
        never = report_progress(&progress) => return never,
    }

    print(&Report {
        kind: "final",
        time_seconds: start.elapsed().as_secs_f64(),
        upload_bytes: progress.uploaded.load(Ordering::Relaxed),
        download_bytes: progress.downloaded.load(Ordering::Relaxed),
    })
}

async fn exchange(host: &Host, address: Multiaddr, amounts: Amounts, progress: &Progress) -> Result<()> {
    let peer = host.dial(address).await?;
    let mut stream = host.open(peer, PERF).await?;
    stream.write_all(&amounts.download.to_be_bytes()).await?;
    write(&mut stream, amounts.upload, |n| add(&progress.uploaded, n)).await?;
    stream.close().await?;

    let mut buffer = vec![0; BUFFER_BYTES];

    loop {
        match stream.read(&mut buffer).await? {
            0 => break,
            n => add(&progress.downloaded, n as u64),
        }
    }

    let downloaded = progress.downloaded.load(Ordering::Relaxed);
    ensure!(
        downloaded == amounts.download,
        "{downloaded} bytes came instead of {}",
        amounts.download
    );
    Ok(())
}

async fn write(stream: &mut Stream, bytes: u64, on_progress: impl Fn(u64)) -> Result<()> {
    let buffer = vec![0; BUFFER_BYTES];
    let mut left = bytes;

    while left > 0 {
        let part = left.min(BUFFER_BYTES as u64);
        let n = stream.write(buffer.get(..part as usize).unwrap_or_default()).await? as u64;
        left -= n;
        on_progress(n);
    }

    Ok(())
}

/// A line each second, of what came and went in it.
async fn report_progress(progress: &Progress) -> Result<()> {
    let mut seconds = interval_at(tokio::time::Instant::now() + REPORT_INTERVAL, REPORT_INTERVAL);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = (Instant::now(), 0, 0);

    loop {
        seconds.tick().await;
        let now = (
            Instant::now(),
            progress.uploaded.load(Ordering::Relaxed),
            progress.downloaded.load(Ordering::Relaxed),
        );

        print(&Report {
            kind: "intermediary",
            time_seconds: (now.0 - last.0).as_secs_f64(),
            upload_bytes: now.1 - last.1,
            download_bytes: now.2 - last.2,
        })?;
        last = now;
    }
}

fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(rename = "type")]
    kind: &'static str,
    time_seconds: f64,
    upload_bytes: u64,
    download_bytes: u64,
}

fn print(report: &Report) -> Result<()> {
    println!("{}", serde_json::to_string(report)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports() -> Result<()> {
        let report = Report {
            kind: "final",
            time_seconds: 1.5,
            upload_bytes: 2,
            download_bytes: 3,
        };
        let expected = r#"{"type":"final","timeSeconds":1.5,"uploadBytes":2,"downloadBytes":3}"#;

        assert_eq!(serde_json::to_string(&report)?, expected);
        Ok(())
    }
}

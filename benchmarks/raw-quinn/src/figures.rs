//! The figures, in quinn's own terms. Names and values are those of the TypeScript figures.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use quinn::{Connection, Endpoint, RecvStream, SendStream};
use serde::Deserialize;
use tokio::task::JoinSet;

use crate::cost::rss_bytes;
use crate::endpoint::dial;
use crate::transfer::{ECHO, SEND_BYTES, receive_to_end, request};

const ECHO_BYTES: usize = 32;
const MESSAGE_BYTES: usize = 200;
const MESSAGE: [u8; MESSAGE_BYTES] = [0; MESSAGE_BYTES];
/// As the TypeScript figure: memory is of what stays, not of what dials need at once.
const IDLE_DIALS_AT_ONCE: usize = 16;

/// As the TypeScript figure: 64 of the most streams are on each.
const STREAM_CONNECTIONS: usize = 32;

const SETTLE: Duration = Duration::from_millis(500);
const SWEEP_SETTLE: Duration = Duration::from_millis(250);

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub struct Workload {
    bytes: u64,
    path_bytes: u64,
    echoes: u64,
    streams: u64,
    concurrent_streams: u64,
    dials: u64,
    bursts: u64,
    messages: u64,
    fanout_messages: u64,
    shared_streams: u64,
    swept_bytes: u64,
    swept_messages: u64,
    message_bytes: usize,
    shared_connections: usize,
    idle_connections: usize,
    warm_connections: usize,
    idle_streams: usize,
}

#[derive(Default)]
pub struct Outcome {
    pub received_bytes: u64,
    pub values: BTreeMap<&'static str, f64>,
    /// Each of what was measured many times.
    pub samples: BTreeMap<&'static str, Vec<f64>>,
    /// To be closed when the clock has stopped.
    pub connections: Vec<Connection>,
    /// To stay open until then.
    pub streams: Vec<Streams>,
}

pub type Streams = (SendStream, RecvStream);

/// What the clock sees.
pub type Run = Pin<Box<dyn Future<Output = Result<Outcome>> + Send>>;

/// Dials and opens what the clock must not see.
pub async fn prepare(
    figure: &str,
    endpoint: Endpoint,
    servers: Vec<SocketAddr>,
    work: Workload,
) -> Result<(Vec<Connection>, Run)> {
    let first = *servers.first().context("no server")?;
    let connect = || dial(&endpoint, first);
    match figure {
        "upload" | "rtt" | "loss" => {
            let connection = connect().await?;
            let bytes = if figure == "upload" {
                work.bytes
            } else {
                work.path_bytes
            };
            Ok((
                vec![connection.clone()],
                Box::pin(transfer(connection, bytes, 0, SEND_BYTES)),
            ))
        }
        "download" => {
            let connection = connect().await?;
            Ok((
                vec![connection.clone()],
                Box::pin(transfer(connection, 0, work.bytes, SEND_BYTES)),
            ))
        }
        "messages" => {
            let connection = connect().await?;
            let bytes = work.messages * MESSAGE_BYTES as u64;
            Ok((
                vec![connection.clone()],
                Box::pin(transfer(connection, bytes, 0, MESSAGE_BYTES)),
            ))
        }
        "message-sizes" => {
            let connection = connect().await?;
            Ok((vec![connection.clone()], Box::pin(message_sizes(connection, work))))
        }
        "echo" => {
            let connection = connect().await?;
            let mut streams = open_echo(&connection).await?;
            round_trip(&mut streams).await?;
            Ok((vec![connection], Box::pin(echo(streams, work.echoes))))
        }
        "streams" => {
            let connection = connect().await?;
            Ok((vec![connection.clone()], Box::pin(streams(connection, work))))
        }
        "fairness" | "parallel-streams" => {
            let connection = connect().await?;
            let streams = open_all(&connection, work.shared_streams).await?;
            let share = work.bytes / work.shared_streams;
            Ok((vec![connection], Box::pin(fairness(streams, share))))
        }
        "fanout" => {
            let connections = dial_all(&endpoint, &servers).await?;
            Ok((connections.clone(), Box::pin(fanout(connections, work.fanout_messages))))
        }
        "parallel-connections" => {
            let connections = dial_in_turns(&endpoint, &vec![first; work.shared_connections]).await?;
            let share = work.swept_bytes / work.shared_connections as u64;
            Ok((connections.clone(), Box::pin(parallel_uploads(connections, share))))
        }
        "dials" => Ok((vec![], Box::pin(dials(endpoint, first, work.dials)))),
        "burst" => Ok((vec![], Box::pin(burst(endpoint, servers, work.bursts)))),
        "idle" => {
            let warm = servers.get(..work.warm_connections).context("too few servers")?;
            let cold = servers
                .get(work.warm_connections..)
                .context("too few servers")?
                .to_vec();
            let connections = dial_in_turns(&endpoint, warm).await?;
            tokio::time::sleep(SETTLE).await;
            Ok((connections, Box::pin(idle(endpoint, cold, SETTLE))))
        }
        "connection-memory" => {
            let connections = dial_in_turns(&endpoint, &vec![first; work.warm_connections]).await?;
            tokio::time::sleep(SWEEP_SETTLE).await;
            Ok((
                connections,
                Box::pin(idle(endpoint, vec![first; work.idle_connections], SWEEP_SETTLE)),
            ))
        }
        "stream-memory" => {
            let connections = dial_in_turns(&endpoint, &[first; STREAM_CONNECTIONS]).await?;
            for connection in &connections {
                echo_once(connection).await?;
            }
            tokio::time::sleep(SWEEP_SETTLE).await;
            Ok((
                connections.clone(),
                Box::pin(idle_streams(connections, work.idle_streams)),
            ))
        }
        _ => bail!("unknown figure {figure}"),
    }
}

async fn transfer(connection: Connection, up: u64, down: u64, size: usize) -> Result<Outcome> {
    let received_bytes = request(connection.open_bi().await?, up, down, size, |_| ()).await?;
    Ok(Outcome {
        received_bytes,
        ..Outcome::default()
    })
}

async fn message_sizes(connection: Connection, work: Workload) -> Result<Outcome> {
    let bytes = work.swept_messages * work.message_bytes as u64;
    let outcome = transfer(connection, bytes, 0, work.message_bytes).await?;
    Ok(Outcome {
        values: [("messages", work.swept_messages as f64)].into(),
        ..outcome
    })
}

/// A stream on each, all at once.
async fn parallel_uploads(connections: Vec<Connection>, bytes: u64) -> Result<Outcome> {
    let mut tasks = JoinSet::new();
    for connection in connections {
        tasks.spawn(transfer(connection, bytes, 0, SEND_BYTES));
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(Outcome::default())
}

async fn open_all(connection: &Connection, count: u64) -> Result<Vec<Streams>> {
    let mut streams = Vec::new();
    for _ in 0..count {
        streams.push(connection.open_bi().await?);
    }
    Ok(streams)
}

async fn open_echo(connection: &Connection) -> Result<Streams> {
    let (mut send, receive) = connection.open_bi().await?;
    send.write_all(&ECHO.to_be_bytes()).await?;
    Ok((send, receive))
}

async fn round_trip((send, receive): &mut Streams) -> Result<()> {
    let mut message = [0; ECHO_BYTES];
    send.write_all(&message).await?;
    receive.read_exact(&mut message).await?;
    Ok(())
}

async fn echo_once(connection: &Connection) -> Result<()> {
    let mut streams = open_echo(connection).await?;
    round_trip(&mut streams).await?;
    streams.0.finish()?;
    receive_to_end(&mut streams.1, |_| ()).await
}

async fn echo(mut streams: Streams, echoes: u64) -> Result<Outcome> {
    let mut trips = Vec::new();
    for _ in 0..echoes {
        let started = Instant::now();
        round_trip(&mut streams).await?;
        trips.push(started.elapsed().as_secs_f64() * 1e6);
    }
    trips.sort_by(f64::total_cmp);
    let values = [
        ("roundTrips", trips.len() as f64),
        ("p50Us", percentile(&trips, 50).context("no echoes")?),
        ("p99Us", percentile(&trips, 99).context("no echoes")?),
    ];
    Ok(Outcome {
        received_bytes: echoes * ECHO_BYTES as u64,
        values: values.into(),
        samples: [("round trip, us", trips)].into(),
        ..Outcome::default()
    })
}

/// By nearest rank, of sorted values.
fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    sorted
        .get((percent * sorted.len()).div_ceil(100).checked_sub(1)?)
        .copied()
}

async fn streams(connection: Connection, work: Workload) -> Result<Outcome> {
    let left = Arc::new(AtomicU64::new(work.streams));
    let mut tasks = JoinSet::new();
    for _ in 0..work.concurrent_streams {
        let (connection, left) = (connection.clone(), left.clone());
        tasks.spawn(async move {
            while left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                .is_ok()
            {
                echo_once(&connection).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(Outcome {
        received_bytes: work.streams * ECHO_BYTES as u64,
        ..Outcome::default()
    })
}

/// What each stream has received when the first of them ends.
async fn fairness(streams: Vec<Streams>, bytes: u64) -> Result<Outcome> {
    let shares: Arc<Vec<AtomicU64>> = Arc::new(streams.iter().map(|_| AtomicU64::new(0)).collect());
    let at_first_end = Arc::new(Mutex::new(None));
    let mut tasks = JoinSet::new();
    for (index, streams) in streams.into_iter().enumerate() {
        let (shares, at_first_end) = (shares.clone(), at_first_end.clone());
        tasks.spawn(async move {
            let add = |piece: usize| {
                if let Some(share) = shares.get(index) {
                    share.fetch_add(piece as u64, Ordering::Relaxed);
                }
            };
            let received = request(streams, 0, bytes, SEND_BYTES, add).await?;
            if let Ok(mut first) = at_first_end.lock() {
                first.get_or_insert_with(|| shares.iter().map(|s| s.load(Ordering::Relaxed)).collect::<Vec<_>>());
            }
            anyhow::Ok(received)
        });
    }
    let mut received_bytes = 0;
    while let Some(task) = tasks.join_next().await {
        received_bytes += task??;
    }
    let shares = at_first_end
        .lock()
        .ok()
        .and_then(|mut first| first.take())
        .context("no stream ended")?;
    let mean = shares.iter().sum::<u64>() as f64 / shares.len() as f64;
    let slowest = shares.iter().min().copied().unwrap_or_default() as f64;
    Ok(Outcome {
        received_bytes,
        values: [("slowestOverMean", slowest / mean)].into(),
        ..Outcome::default()
    })
}

/// A message to each connection in turn.
async fn fanout(connections: Vec<Connection>, messages: u64) -> Result<Outcome> {
    let mut streams = Vec::new();
    for connection in &connections {
        let (mut send, receive) = connection.open_bi().await?;
        send.write_all(&0u64.to_be_bytes()).await?;
        streams.push((send, receive));
    }
    for _ in 0..messages {
        for (send, _) in &mut streams {
            send.write_all(&MESSAGE).await?;
        }
    }
    for (send, _) in &mut streams {
        send.finish()?;
    }
    for (_, receive) in &mut streams {
        receive_to_end(receive, |_| ()).await?;
    }
    Ok(Outcome::default())
}

async fn dials(endpoint: Endpoint, server: SocketAddr, count: u64) -> Result<Outcome> {
    for _ in 0..count {
        dial(&endpoint, server).await?.close(0u32.into(), b"");
    }
    Ok(Outcome {
        values: [("dials", count as f64)].into(),
        ..Outcome::default()
    })
}

/// All at once, and again; what lies between is not timed.
async fn burst(endpoint: Endpoint, servers: Vec<SocketAddr>, bursts: u64) -> Result<Outcome> {
    let mut seconds = 0.0;
    for _ in 0..bursts {
        let started = Instant::now();
        let connections = dial_all(&endpoint, &servers).await?;
        seconds += started.elapsed().as_secs_f64();
        for connection in connections {
            connection.close(0u32.into(), b"");
        }
    }
    let dials = bursts * servers.len() as u64;
    let values = [("dials", dials as f64), ("burstSeconds", seconds)];
    Ok(Outcome {
        values: values.into(),
        ..Outcome::default()
    })
}

async fn idle(endpoint: Endpoint, servers: Vec<SocketAddr>, settle: Duration) -> Result<Outcome> {
    let before = rss_bytes()?;
    let connections = dial_in_turns(&endpoint, &servers).await?;
    tokio::time::sleep(settle).await;
    let grown = rss_bytes()? as f64 - before as f64;
    let values = [("connections", connections.len() as f64), ("clientRssBytes", grown)];
    Ok(Outcome {
        values: values.into(),
        connections,
        ..Outcome::default()
    })
}

/// Each has carried an echo.
async fn idle_streams(connections: Vec<Connection>, count: usize) -> Result<Outcome> {
    let before = rss_bytes()?;
    let mut streams = Vec::new();
    for connection in connections.iter().cycle().take(count) {
        let mut opened = open_echo(connection).await?;
        round_trip(&mut opened).await?;
        streams.push(opened);
    }
    tokio::time::sleep(SWEEP_SETTLE).await;
    let grown = rss_bytes()? as f64 - before as f64;
    Ok(Outcome {
        received_bytes: (count * ECHO_BYTES) as u64,
        values: [("streams", count as f64), ("clientRssBytes", grown)].into(),
        streams,
        ..Outcome::default()
    })
}

async fn dial_in_turns(endpoint: &Endpoint, servers: &[SocketAddr]) -> Result<Vec<Connection>> {
    let mut connections = Vec::new();
    for some in servers.chunks(IDLE_DIALS_AT_ONCE) {
        connections.extend(dial_all(endpoint, some).await?);
    }
    Ok(connections)
}

async fn dial_all(endpoint: &Endpoint, servers: &[SocketAddr]) -> Result<Vec<Connection>> {
    let mut tasks = JoinSet::new();
    for &server in servers {
        let endpoint = endpoint.clone();
        tasks.spawn(async move { dial(&endpoint, server).await });
    }
    let mut connections = Vec::new();
    while let Some(task) = tasks.join_next().await {
        connections.push(task??);
    }
    Ok(connections)
}

//! One end of the raw quinn contestant, or the path between two ends of any contestant that uses UDP: answers the
//! benchmark's requests, one JSON object a line, on standard input and output. Which of these it is shows in what it is
//! asked for. Ends when its input ends.

mod cost;
mod endpoint;
mod figures;
mod relay;
mod server;
mod transfer;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use quinn::{Connection, Endpoint};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, stdin, stdout};

use crate::figures::{Run, Streams, Workload, prepare};
use crate::relay::Relay;
use crate::server::Server;

#[derive(Deserialize)]
struct Request {
    id: u64,
    verb: String,
    #[serde(default)]
    argument: Value,
}

#[derive(Deserialize)]
struct Task {
    figure: String,
    servers: Vec<SocketAddr>,
    workload: Workload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Way {
    server: SocketAddr,
    delay_ms: u64,
}

#[derive(Default)]
struct Process {
    endpoint: Option<Endpoint>,
    server: Server,
    relay: Option<Relay>,
    prepared: Option<Run>,
    connections: Vec<Connection>,
    /// Nobody reads them; they would end if they were dropped.
    streams: Vec<Streams>,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<()> {
    let mut requests = BufReader::new(stdin()).lines();
    let mut process = Process::default();
    while let Some(line) = requests.next_line().await? {
        let Request { id, verb, argument } = serde_json::from_str(&line)?;
        let response = match process.answer(&verb, argument).await {
            Ok(result) => json!({ "id": id, "result": result }),
            Err(error) => json!({ "id": id, "error": format!("{error:#}") }),
        };
        let mut output = stdout();
        output.write_all(format!("{response}\n").as_bytes()).await?;
        output.flush().await?;
    }
    Ok(())
}

impl Process {
    async fn answer(&mut self, verb: &str, argument: Value) -> Result<Value> {
        match verb {
            "start" => {
                self.endpoint = Some(endpoint::bind()?);
                Ok(Value::Null)
            }
            "listen" => self.listen(argument.as_u64().context("how many addresses?")?),
            "snapshot" => Ok(json!({
                "cpuSeconds": cost::cpu_seconds(),
                "rssBytes": cost::rss_bytes()?,
                "receivedBytes": self.server.received_bytes(),
            })),
            "prepare" => {
                let Task {
                    figure,
                    servers,
                    workload,
                } = serde_json::from_value(argument)?;
                let endpoint = self.endpoint.clone().context("not started")?;
                let (connections, run) = prepare(&figure, endpoint, servers, workload).await?;
                self.connections = connections;
                self.prepared = Some(run);
                Ok(Value::Null)
            }
            "measure" => self.measure().await,
            "finish" => {
                self.streams.clear();
                for connection in self.connections.drain(..) {
                    connection.close(0u32.into(), b"");
                }
                Ok(Value::Null)
            }
            "relay" => {
                let Way { server, delay_ms } = serde_json::from_value(argument)?;
                let relay = self.relay.insert(Relay::open(server, Duration::from_millis(delay_ms))?);
                Ok(json!(relay.address().to_string()))
            }
            "impair" => {
                let relay = self.relay.as_mut().context("no relay")?;
                Ok(json!(relay.impair(serde_json::from_value(argument)?)))
            }
            _ => bail!("unknown verb {verb}"),
        }
    }

    /// The same address for all: a connection to each is a connection of its own here.
    fn listen(&mut self, count: u64) -> Result<Value> {
        let endpoint = self.endpoint.as_ref().context("not started")?;
        self.server.serve(endpoint);
        Ok(json!(vec![endpoint.local_addr()?.to_string(); usize::try_from(count)?]))
    }

    async fn measure(&mut self) -> Result<Value> {
        let run = self.prepared.take().context("not prepared")?;
        let cpu_before = cost::cpu_seconds();
        let started = Instant::now();
        // on a worker, as the tasks of a server are
        let outcome = tokio::spawn(run).await??;
        let wall_seconds = started.elapsed().as_secs_f64();
        let cpu_seconds = cost::cpu_seconds() - cpu_before;
        self.connections.extend(outcome.connections);
        self.streams.extend(outcome.streams);
        Ok(json!({
            "receivedBytes": outcome.received_bytes,
            "values": outcome.values,
            "samples": (!outcome.samples.is_empty()).then_some(outcome.samples),
            "wallSeconds": wall_seconds,
            "cpuSeconds": cpu_seconds,
        }))
    }
}

//! The dialer's side of the rows.

use std::{str::FromStr, time::Duration};

use anyhow::{Context, Error, Result, bail, ensure};
use libp2p::{
    Multiaddr, PeerId,
    futures::{AsyncReadExt, AsyncWriteExt, future::join_all},
    identity::Keypair,
    multiaddr::Protocol,
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::time::{sleep, timeout};

use super::{
    ending::Ending,
    services::{
        BEFORE_RESET, ECHO, HALF_CLOSE, HALF_CLOSE_BYTES, OBSERVED, RESET, RESET_BYTES, SINK, STOP_WRITING, TRANSFER,
        TRANSFER_BYTES,
    },
};
use crate::{
    host::Host,
    link::Link,
    pattern::{Checker, Chunks},
};

/// Of the row `keep-alive`.
pub const SILENCE: Duration = Duration::from_secs(35);

const STREAMS: usize = 100;
const ECHO_BYTES: u64 = 4_096;

/// For the other side to stop us from writing.
const STOP: Duration = Duration::from_secs(10);

/// Of an answer of the other side that is kept whole.
const MAX_ANSWER_BYTES: u64 = 4_096;

const BUFFER_BYTES: usize = 64 * 1024;

const NO_RESET: &str =
    "libp2p-quic has no way to reset a stream: it keeps quinn's SendStream to itself, and dropping that ends writing";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    Streams,
    Transfer,
    HalfClose,
    Reset,
    ResetByListener,
    StopWriting,
    NoPeerId,
    WrongPeerId,
    KeepAlive,
}

const NAMES: [(&str, Row); 9] = [
    ("streams", Row::Streams),
    ("transfer", Row::Transfer),
    ("half-close", Row::HalfClose),
    ("reset", Row::Reset),
    ("reset-by-listener", Row::ResetByListener),
    ("stop-writing", Row::StopWriting),
    ("no-peer-id", Row::NoPeerId),
    ("wrong-peer-id", Row::WrongPeerId),
    ("keep-alive", Row::KeepAlive),
];

impl Row {
    fn name(self) -> &'static str {
        NAMES.iter().find(|(_, row)| *row == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for Row {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        NAMES
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, row)| *row)
            .with_context(|| format!("row {name} is not known"))
    }
}

/// What is reported beside `row` and `ok`. Fields may stand beside an error.
#[derive(Default)]
struct Findings {
    fields: Map<String, Value>,
    error: Option<Error>,
}

impl Findings {
    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    /// The row has failed unless `is_so`.
    fn expect(mut self, is_so: bool, otherwise: &str) -> Self {
        if !is_so {
            self.error.get_or_insert_with(|| Error::msg(otherwise.to_owned()));
        }

        self
    }
}

/// Returns the report, one line of JSON.
pub async fn run(row: Row, host: &mut Host, address: Multiaddr, link: Link) -> String {
    let mut report = Map::from_iter([("row".to_owned(), row.name().into())]);

    if row == Row::Reset && link == Link::Quic {
        report.insert("unsupported".into(), NO_RESET.into());
    } else {
        let Findings { fields, error } = find(row, host, address, link).await.unwrap_or_else(|error| Findings {
            error: Some(error),
            ..Findings::default()
        });

        report.insert("ok".into(), error.is_none().into());
        report.extend(error.map(|error| ("error".to_owned(), format!("{error:#}").into())));
        report.extend(fields);
    }

    Value::Object(report).to_string()
}

async fn find(row: Row, host: &mut Host, address: Multiaddr, link: Link) -> Result<Findings> {
    match row {
        Row::NoPeerId => return no_peer_id(host, address).await,
        Row::WrongPeerId => return wrong_peer_id(host, address).await,
        _ => {}
    }

    let peer = host.dial(address).await?;

    match row {
        Row::Streams => streams(host, peer).await,
        Row::Transfer => transfer(host, peer).await,
        Row::HalfClose => half_close(host, peer).await,
        Row::Reset => reset(host, peer).await,
        Row::ResetByListener => reset_by_listener(host, peer, link).await,
        Row::StopWriting => stop_writing(host, peer, link).await,
        Row::KeepAlive => keep_alive(host).await,
        Row::NoPeerId | Row::WrongPeerId => bail!("dials by itself"),
    }
}

async fn streams(host: &Host, peer: PeerId) -> Result<Findings> {
    let echoes = join_all((0..STREAMS).map(|_| echo(host, peer))).await;

    for error in echoes.iter().filter_map(|echo| echo.as_ref().err()) {
        eprintln!("a stream failed: {error:#}");
    }

    let right = echoes.iter().filter(|echo| matches!(echo, Ok(true))).count();
    Ok(Findings::default()
        .with("streams", right)
        .expect(right == STREAMS, "not all streams had all bytes right"))
}

/// Whether all bytes were right.
async fn echo(host: &Host, peer: PeerId) -> Result<bool> {
    let mut stream = host.open(peer, ECHO).await?;

    for chunk in Chunks::up_to(ECHO_BYTES) {
        stream.write_all(&chunk).await?;
    }

    stream.close().await?;

    let mut answer = Checker::default();
    read_all(&mut stream, |chunk| answer.read(chunk)).await?;
    Ok(answer.is_pattern_of(ECHO_BYTES))
}

async fn transfer(host: &Host, peer: PeerId) -> Result<Findings> {
    let mut stream = host.open(peer, TRANSFER).await?;
    let mut hash = Sha256::new();

    for chunk in Chunks::up_to(TRANSFER_BYTES) {
        hash.update(&chunk);
        stream.write_all(&chunk).await?;
    }

    stream.close().await?;

    let mut theirs = [0; 32];
    stream.read_exact(&mut theirs).await?;
    let is_upload_ok = theirs == *hash.finalize();

    let mut download = Checker::default();
    read_all(&mut stream, |chunk| download.read(chunk)).await?;
    let is_download_ok = download.is_pattern_of(TRANSFER_BYTES);

    Ok(Findings::default()
        .with("uploadOk", is_upload_ok)
        .with("downloadOk", is_download_ok)
        .with("downloadBytes", download.bytes)
        .expect(is_upload_ok, "the listener read other bytes than were written")
        .expect(is_download_ok, "the listener's bytes are not the pattern"))
}

async fn half_close(host: &Host, peer: PeerId) -> Result<Findings> {
    let mut stream = host.open(peer, HALF_CLOSE).await?;
    stream.write_all(b"request").await?;
    stream.close().await?;

    let mut answer = Checker::default();
    read_all(&mut stream, |chunk| answer.read(chunk)).await?;

    Ok(Findings::default()
        .with("bytes", answer.bytes)
        .expect(answer.is_pattern_of(HALF_CLOSE_BYTES), "the answer is not the pattern"))
}

/// Over yamux, where dropping a stream resets it.
async fn reset(host: &Host, peer: PeerId) -> Result<Findings> {
    let mut stream = host.open(peer, SINK).await?;

    for chunk in Chunks::up_to(RESET_BYTES) {
        stream.write_all(&chunk).await?;
    }

    stream.flush().await?;
    sleep(BEFORE_RESET).await;
    drop(stream);

    let mut stream = host.open(peer, OBSERVED).await?;
    stream.close().await?;
    let mut line = String::new();
    stream.take(MAX_ANSWER_BYTES).read_to_string(&mut line).await?;
    let observed: Value = serde_json::from_str(&line).with_context(|| format!("observed {line:?}"))?;

    Ok(Findings::default()
        .with("sentCode", Value::Null)
        .with("observed", observed))
}

async fn reset_by_listener(host: &Host, peer: PeerId, link: Link) -> Result<Findings> {
    let mut stream = host.open(peer, RESET).await?;
    stream.write_all(&[1]).await?;
    stream.flush().await?;
    let Ending { bytes, ended, code } = Ending::of(&mut stream, link).await?;

    Ok(Findings::default()
        .with("bytes", bytes)
        .with("ended", json!(ended))
        .with("code", code))
}

/// yamux has nothing like STOP_SENDING: over it, only the answer is certain.
async fn stop_writing(host: &Host, peer: PeerId, link: Link) -> Result<Findings> {
    let (mut reader, mut writer) = host.open(peer, STOP_WRITING).await?.split();

    let write = timeout(STOP, async {
        for chunk in Chunks::up_to(u64::MAX) {
            if let Err(error) = writer.write_all(&chunk).await {
                eprintln!("writing ended: {error}");
                return;
            }
        }
    });
    let read = async {
        let mut answer = String::new();
        (&mut reader)
            .take(MAX_ANSWER_BYTES)
            .read_to_string(&mut answer)
            .await
            .map(|_| answer)
    };

    let (written, answer) = tokio::join!(write, timeout(STOP, read));
    let (is_ended, answer) = (written.is_ok(), answer.context("the answer did not come")??);

    Ok(Findings::default()
        .with("answer", answer.clone())
        .with("writeEnded", is_ended)
        .expect(answer == "enough", "the answer is another")
        .expect(is_ended || link != Link::Quic, "the listener did not stop the writing"))
}

async fn no_peer_id(host: &mut Host, mut address: Multiaddr) -> Result<Findings> {
    let expected = address.pop();
    let peer = host.dial(address).await?;
    host.ping().await?;

    Ok(Findings::default()
        .with("remotePeer", peer.to_string())
        .expect(expected == Some(Protocol::P2p(peer)), "another peer answered"))
}

async fn wrong_peer_id(host: &mut Host, address: Multiaddr) -> Result<Findings> {
    let mut wrong = address.clone();
    ensure!(
        matches!(wrong.pop(), Some(Protocol::P2p(_))),
        "{address} has no peer id"
    );
    let stranger = Keypair::generate_ed25519().public().to_peer_id();

    let refused = match host.dial(wrong.with(Protocol::P2p(stranger))).await {
        Ok(_) => bail!("dialed {stranger}, and somebody else was let pass for it"),
        Err(refused) => format!("{refused:#}"),
    };

    host.dial(address).await?;
    host.ping().await?;
    Ok(Findings::default().with("refused", refused))
}

/// The host pings when the connection stands, and again after the silence.
async fn keep_alive(host: &mut Host) -> Result<Findings> {
    host.ping().await?;
    timeout(SILENCE * 2, host.ping()).await.context("no second ping")??;
    let connections = host.connections();

    Ok(Findings::default()
        .with("connections", connections)
        .expect(connections == 1, "the connection was lost"))
}

async fn read_all(stream: &mut libp2p::Stream, mut each: impl FnMut(&[u8])) -> Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];

    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            n => each(buffer.get(..n).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_its_name() -> Result<()> {
        for (name, row) in NAMES {
            assert_eq!(name.parse::<Row>()?.name(), name);
            assert_eq!(name.parse::<Row>()?, row);
        }

        assert!("ping".parse::<Row>().is_err());
        Ok(())
    }

    #[test]
    fn the_first_failure_is_reported() {
        let findings = Findings::default()
            .with("a", 1)
            .expect(true, "no")
            .expect(false, "this")
            .expect(false, "not this");

        assert_eq!(findings.error.map(|error| error.to_string()).as_deref(), Some("this"));
        assert_eq!(findings.fields.get("a"), Some(&json!(1)));
    }
}

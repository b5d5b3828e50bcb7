//! The listener's side of the rows.

use std::time::Duration;

use anyhow::{Context, Result};
use libp2p::{
    Stream, StreamProtocol,
    futures::{AsyncReadExt, AsyncWriteExt},
};
use sha2::{Digest, Sha256};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

use super::ending::Ending;
use crate::{link::Link, pattern::Chunks, streams::Incoming};

pub const ECHO: StreamProtocol = StreamProtocol::new("/interop/echo/1");
pub const TRANSFER: StreamProtocol = StreamProtocol::new("/interop/transfer/1");
pub const HALF_CLOSE: StreamProtocol = StreamProtocol::new("/interop/half-close/1");
pub const SINK: StreamProtocol = StreamProtocol::new("/interop/sink/1");
pub const RESET: StreamProtocol = StreamProtocol::new("/interop/reset/1");
pub const STOP_WRITING: StreamProtocol = StreamProtocol::new("/interop/stop-writing/1");
pub const OBSERVED: StreamProtocol = StreamProtocol::new("/interop/observed/1");

pub const PROTOCOLS: [StreamProtocol; 7] = [ECHO, TRANSFER, HALF_CLOSE, SINK, RESET, STOP_WRITING, OBSERVED];

pub const TRANSFER_BYTES: u64 = 10 * 1024 * 1024;
pub const HALF_CLOSE_BYTES: u64 = 65_536;
pub const RESET_BYTES: u64 = 1_024;
pub const STOP_AFTER_BYTES: usize = 1_024;

/// Before a stream is reset: so that what was written is there first.
pub const BEFORE_RESET: Duration = Duration::from_millis(200);
const BEFORE_ANSWER: Duration = Duration::from_millis(300);

/// Who asks how a stream ended may be faster than its end.
const OBSERVATION: Duration = Duration::from_secs(10);

const BUFFER_BYTES: usize = 64 * 1024;

/// Serves streams for as long as the host runs.
pub async fn serve(mut incoming: mpsc::Receiver<Incoming>, link: Link) {
    let sink = watch::Sender::new(Sink::Unused);

    while let Some((protocol, stream)) = incoming.recv().await {
        if protocol == SINK {
            sink.send_replace(Sink::Open);
        }

        let sink = sink.clone();
        tokio::spawn(async move {
            if let Err(error) = serve_one(&protocol, stream, &sink, link).await {
                eprintln!("{protocol}: {error:#}");
            }
        });
    }
}

/// The last stream of `/interop/sink/1`.
#[derive(Clone)]
enum Sink {
    Unused,
    Open,
    Ended(Ending),
}

async fn serve_one(
    protocol: &StreamProtocol,
    mut stream: Stream,
    sink: &watch::Sender<Sink>,
    link: Link,
) -> Result<()> {
    match protocol {
        p if *p == ECHO => echo(&mut stream).await,
        p if *p == TRANSFER => transfer(&mut stream).await,
        p if *p == HALF_CLOSE => half_close(&mut stream).await,
        p if *p == SINK => {
            sink.send_replace(Sink::Ended(Ending::of(&mut stream, link).await?));
            Ok(())
        }
        p if *p == RESET => reset(stream).await,
        p if *p == STOP_WRITING => stop_writing(stream).await,
        _ => observed(&mut stream, sink.subscribe()).await,
    }
}

async fn echo(stream: &mut Stream) -> Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];

    loop {
        let n = stream.read(&mut buffer).await?;

        if n == 0 {
            return Ok(stream.close().await?);
        }

        stream.write_all(buffer.get(..n).unwrap_or_default()).await?;
        stream.flush().await?;
    }
}

async fn transfer(stream: &mut Stream) -> Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut hash = Sha256::new();

    loop {
        let n = stream.read(&mut buffer).await?;

        if n == 0 {
            break;
        }

        hash.update(buffer.get(..n).unwrap_or_default());
    }

    stream.write_all(&hash.finalize()).await?;
    write_pattern(stream, TRANSFER_BYTES).await
}

async fn half_close(stream: &mut Stream) -> Result<()> {
    let mut request = Vec::new();
    stream.take(BUFFER_BYTES as u64).read_to_end(&mut request).await?;
    sleep(BEFORE_ANSWER).await;

    write_pattern(stream, HALF_CLOSE_BYTES).await
}

/// A stream of rust-libp2p cannot be reset but by dropping it. Over yamux that is a reset, without a code as yamux has none. Over QUIC it
/// is the end of writing, because quinn's `SendStream` finishes when it is dropped and libp2p-quic keeps it to itself, and STOP_SENDING(0).
async fn reset(mut stream: Stream) -> Result<()> {
    stream.read_exact(&mut [0]).await?;

    for chunk in Chunks::up_to(RESET_BYTES) {
        stream.write_all(&chunk).await?;
    }

    stream.flush().await?;
    sleep(BEFORE_RESET).await;
    drop(stream);
    Ok(())
}

/// Dropping the stream is STOP_SENDING(0) over QUIC; rust-yamux answers with a reset to what still comes.
async fn stop_writing(mut stream: Stream) -> Result<()> {
    stream.read_exact(&mut [0; STOP_AFTER_BYTES]).await?;
    stream.write_all(b"enough").await?;
    stream.close().await?;
    drop(stream);
    Ok(())
}

async fn observed(stream: &mut Stream, mut sink: watch::Receiver<Sink>) -> Result<()> {
    // dropping a stream whose end was not read tells the other side to stop writing
    stream.take(1).read_to_end(&mut Vec::new()).await?;

    let is_ended = |sink: &Sink| matches!(sink, Sink::Ended(_));
    let ended = timeout(OBSERVATION, sink.wait_for(is_ended))
        .await
        .context("no stream of the sink has ended")??
        .clone();

    if let Sink::Ended(ending) = ended {
        stream
            .write_all(format!("{}\n", serde_json::to_string(&ending)?).as_bytes())
            .await?;
    }

    Ok(stream.close().await?)
}

async fn write_pattern(stream: &mut Stream, bytes: u64) -> Result<()> {
    for chunk in Chunks::up_to(bytes) {
        stream.write_all(&chunk).await?;
    }

    Ok(stream.close().await?)
}

//! As much of Redis as the suites need: one list, to which the listener pushes and from which the dialer pops.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::sleep,
};

/// Between attempts: the server may come up after this program.
const RETRY: Duration = Duration::from_millis(100);

/// A multiaddr is far below.
const MAX_STRING_BYTES: usize = 64 * 1024;

pub struct Redis {
    stream: BufReader<TcpStream>,
}

impl Redis {
    /// Tries for as long as the future is kept: bound it from outside.
    pub async fn connect(address: &str) -> Self {
        loop {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    return Self {
                        stream: BufReader::new(stream),
                    };
                }
                Err(error) => eprintln!("redis at {address}: {error}"),
            }

            sleep(RETRY).await;
        }
    }

    pub async fn push(&mut self, list: &str, value: &str) -> Result<()> {
        self.send(&["RPUSH", list, value]).await?;
        let reply = self.line().await?;

        if !reply.starts_with(':') {
            bail!("redis answered RPUSH with {reply}");
        }

        Ok(())
    }

    /// Waits until there is one.
    pub async fn pop(&mut self, list: &str) -> Result<String> {
        self.send(&["BLPOP", list, "0"]).await?;
        let reply = self.line().await?;

        if reply != "*2" {
            bail!("redis answered BLPOP with {reply}");
        }

        self.string().await.context("the name of the list")?;
        self.string().await.context("the value")
    }

    async fn send(&mut self, words: &[&str]) -> Result<()> {
        let command = words.iter().fold(format!("*{}\r\n", words.len()), |command, word| {
            format!("{command}${}\r\n{word}\r\n", word.len())
        });

        Ok(self.stream.write_all(command.as_bytes()).await?)
    }

    async fn string(&mut self) -> Result<String> {
        let header = self.line().await?;
        let length: usize = header
            .strip_prefix('$')
            .with_context(|| format!("redis sent {header}"))?
            .parse()?;

        if length > MAX_STRING_BYTES {
            bail!("redis sent a string of {length} bytes");
        }

        let mut bytes = vec![0; length + 2];
        self.stream.read_exact(&mut bytes).await?;
        bytes.truncate(length);
        Ok(String::from_utf8(bytes)?)
    }

    async fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        let mut bounded = (&mut self.stream).take(MAX_STRING_BYTES as u64);
        bounded.read_line(&mut line).await?;

        Ok(line
            .strip_suffix("\r\n")
            .context("redis closed the connection")?
            .to_owned())
    }
}

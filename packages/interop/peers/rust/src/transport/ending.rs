//! How reading from a stream ended: what rust-libp2p lets one see of it.

use std::io;

use anyhow::{Result, bail};
use libp2p::{
    Stream,
    futures::{AsyncReadExt, AsyncWriteExt},
};
use serde::Serialize;

use crate::link::Link;

const BUFFER_BYTES: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ending {
    pub bytes: u64,
    pub ended: Ended,
    pub code: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    Reset,
    Eof,
}

impl Ending {
    /// Reads a stream, of which this side has not ended its writing, until the other has ended or reset it.
    ///
    /// An error that is neither, such as the end of the connection, is an error.
    pub async fn of(stream: &mut Stream, link: Link) -> Result<Self> {
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut bytes = 0;

        loop {
            match stream.read(&mut buffer).await {
                Ok(0) => {
                    let ended = if is_reset_behind_end(stream, link).await {
                        Ended::Reset
                    } else {
                        Ended::Eof
                    };
                    return Ok(Self {
                        bytes,
                        ended,
                        code: None,
                    });
                }
                Ok(n) => bytes += n as u64,
                Err(error) => match reset_code(&error) {
                    Some(code) => {
                        return Ok(Self {
                            bytes,
                            ended: Ended::Reset,
                            code: Some(code),
                        });
                    }
                    None => bail!(error),
                },
            }
        }
    }
}

/// Reading from a stream of rust-yamux that was reset ends as if the other side had ended its writing; but nothing can be written to it then.
async fn is_reset_behind_end(stream: &mut Stream, link: Link) -> bool {
    match link {
        Link::Quic => false,
        Link::Tcp(_) => stream.write(&[]).await.is_err(),
    }
}

/// libp2p-quic hands on the errors of quinn.
fn reset_code(error: &io::Error) -> Option<u64> {
    match error.get_ref()?.downcast_ref()? {
        quinn::ReadError::Reset(code) => Some(code.into_inner()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_reset_is_found_in_the_error() {
        assert_eq!(reset_code(&quinn::ReadError::Reset(42u32.into()).into()), Some(42));
        assert_eq!(reset_code(&quinn::ReadError::ClosedStream.into()), None);
        assert_eq!(reset_code(&io::ErrorKind::ConnectionReset.into()), None);
    }

    #[test]
    fn what_is_written_of_it() -> Result<()> {
        let ending = Ending {
            bytes: 1_024,
            ended: Ended::Reset,
            code: None,
        };

        assert_eq!(
            serde_json::to_string(&ending)?,
            r#"{"bytes":1024,"ended":"reset","code":null}"#
        );
        Ok(())
    }
}

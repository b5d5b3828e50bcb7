//! What client and server do alike: both ends of the protocols.
//!
//! A stream begins with a header of 8 bytes: [`ECHO`], or how many bytes the client wants back after its upload.

use anyhow::{Result, bail};
use quinn::{RecvStream, SendStream, VarInt};

pub const HEADER_BYTES: usize = 8;
pub const ECHO: u64 = u64::MAX;

/// Bytes given to one write of a transfer, as in the TypeScript contestants.
pub const SEND_BYTES: usize = 64 * 1024;

/// The largest write of any figure.
const MAX_SEND_BYTES: usize = 1024 * 1024;

static ZEROS: [u8; MAX_SEND_BYTES] = [0; MAX_SEND_BYTES];

/// Zeros in writes of `size` bytes, then FIN.
pub async fn send_zeros(send: &mut SendStream, bytes: u64, size: usize) -> Result<()> {
    let mut left = bytes;
    while left > 0 {
        let length = size.min(usize::try_from(left)?);
        let Some(piece) = ZEROS.get(..length) else {
            bail!("{size} is more than {MAX_SEND_BYTES} bytes")
        };
        send.write_all(piece).await?;
        left -= length as u64;
    }
    send.finish()?;
    Ok(())
}

/// Drains to FIN, telling the size of every piece.
pub async fn receive_to_end(receive: &mut RecvStream, mut on_piece: impl FnMut(usize)) -> Result<()> {
    while let Some(chunk) = receive.read_chunk(usize::MAX, true).await? {
        on_piece(chunk.bytes.len());
    }
    Ok(())
}

/// The client's side of a transfer. Gives the bytes that came back.
pub async fn request(
    (mut send, mut receive): (SendStream, RecvStream),
    upload_bytes: u64,
    download_bytes: u64,
    size: usize,
    mut on_piece: impl FnMut(usize),
) -> Result<u64> {
    let mut received = 0;
    let sending = async {
        send.write_all(&download_bytes.to_be_bytes()).await?;
        send_zeros(&mut send, upload_bytes, size).await
    };
    let receiving = receive_to_end(&mut receive, |bytes| {
        received += bytes as u64;
        on_piece(bytes);
    });
    tokio::try_join!(sending, receiving)?;
    Ok(received)
}

/// Serves one stream of either kind.
pub async fn serve(mut send: SendStream, mut receive: RecvStream, mut on_payload: impl FnMut(usize)) -> Result<()> {
    let mut header = [0; HEADER_BYTES];
    receive.read_exact(&mut header).await?;
    let wanted = u64::from_be_bytes(header);
    if wanted == ECHO {
        while let Some(chunk) = receive.read_chunk(usize::MAX, true).await? {
            on_payload(chunk.bytes.len());
            send.write_chunk(chunk.bytes).await?;
        }
        send.finish()?;
    } else if wanted > VarInt::MAX.into_inner() {
        bail!("{wanted} bytes are more than a stream has");
    } else {
        receive_to_end(&mut receive, on_payload).await?;
        send_zeros(&mut send, wanted, SEND_BYTES).await?;
    }
    Ok(())
}

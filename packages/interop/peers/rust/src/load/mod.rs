//! The program `gossip-load`: several nodes that publish at a rate and time what arrives, as lines of JSON on standard
//! input ask for it.

mod channel;
mod deliveries;
mod node;
mod nodes;
mod pace;
mod payload;
mod process;

use anyhow::Result;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, stdin, stdout};

use nodes::Nodes;

/// Ends with standard input.
pub async fn run() -> Result<()> {
    let mut requests = BufReader::new(stdin()).lines();
    let mut responses = stdout();
    let mut nodes = Nodes::default();

    while let Some(line) = requests.next_line().await? {
        let response = channel::answer(&line, &mut nodes).await?;
        responses.write_all(response.as_bytes()).await?;
        responses.flush().await?;
    }

    Ok(())
}

//! The program `gossip-load`: several nodes that publish at a rate and time what arrives, as lines of JSON on standard
//! input ask for it.

mod channel;
mod deliveries;
mod init;
mod node;
mod nodes;
mod pace;
mod payload;
mod process;

use std::{
    io::{self, BufRead, stdin},
    thread,
};

use anyhow::Result;
use tokio::{
    io::{AsyncWriteExt, stdout},
    sync::mpsc,
};

use nodes::Nodes;

/// Ends with standard input.
pub async fn run() -> Result<()> {
    let mut requests = request_lines();
    let mut responses = stdout();
    let mut nodes = Nodes::default();

    while let Some(line) = requests.recv().await {
        let response = channel::answer(&line?, &mut nodes).await?;
        responses.write_all(response.as_bytes()).await?;
        responses.flush().await?;
    }

    Ok(())
}

/// Those of standard input. Their thread is none of tokio's: it may be reading when the program is to end, and tokio waits
/// for its own.
fn request_lines() -> mpsc::Receiver<io::Result<String>> {
    let (sender, lines) = mpsc::channel(1);

    thread::spawn(move || {
        for line in stdin().lock().lines() {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });

    lines
}

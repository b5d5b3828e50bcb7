//! The server's end: serves every stream of every connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quinn::{Connection, Endpoint};

use crate::transfer::serve;

#[derive(Default)]
pub struct Server {
    received: Arc<AtomicU64>,
    is_serving: bool,
}

impl Server {
    /// Payload since the start, without headers.
    pub fn received_bytes(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub fn serve(&mut self, endpoint: &Endpoint) {
        if !std::mem::replace(&mut self.is_serving, true) {
            tokio::spawn(accept(endpoint.clone(), self.received.clone()));
        }
    }
}

async fn accept(endpoint: Endpoint, received: Arc<AtomicU64>) {
    while let Some(incoming) = endpoint.accept().await {
        let received = received.clone();
        tokio::spawn(async move {
            if let Ok(connection) = incoming.await {
                serve_connection(connection, received).await;
            }
        });
    }
}

/// A failed stream shows in the client and in the count of bytes.
async fn serve_connection(connection: Connection, received: Arc<AtomicU64>) {
    while let Ok((send, receive)) = connection.accept_bi().await {
        let received = received.clone();
        tokio::spawn(async move {
            let count = |bytes: usize| {
                received.fetch_add(bytes as u64, Ordering::Relaxed);
            };
            if let Err(error) = serve(send, receive, count).await {
                eprintln!("a stream failed: {error:#}");
            }
        });
    }
}

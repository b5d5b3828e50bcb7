use std::process::ExitCode;

use quicmesh_interop_rust::{gossip, program};

#[tokio::main]
async fn main() -> ExitCode {
    program::run(gossip::run()).await
}

use std::process::ExitCode;

use quicmesh_interop_rust::{program, transport};

#[tokio::main]
async fn main() -> ExitCode {
    program::run(transport::run()).await
}

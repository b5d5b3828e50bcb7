use std::process::ExitCode;

use quicmesh_interop_rust::{load, program};

#[tokio::main]
async fn main() -> ExitCode {
    program::run(load::run()).await
}

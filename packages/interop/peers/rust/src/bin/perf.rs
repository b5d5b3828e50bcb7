use std::process::ExitCode;

use quicmesh_interop_rust::{perf, program};

#[tokio::main]
async fn main() -> ExitCode {
    program::run(perf::run()).await
}

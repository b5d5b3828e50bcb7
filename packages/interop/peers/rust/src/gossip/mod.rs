//! The program `gossipsub`: a node of libp2p's gossipsub-interop.

mod arrivals;
mod capped;
mod identity;
mod log;
mod names;
mod node;
mod params;
mod script;
mod session;

use std::time::Instant;

use anyhow::{Context, Result};

use crate::{link::Link, program::Arguments};
use names::Names;
use script::Params;
use session::Session;

const ARGUMENTS: [&str; 3] = ["--params=", "--transport=", "--protocol-version="];

/// Ends with the script.
pub async fn run() -> Result<()> {
    let start = Instant::now();
    let arguments = Arguments::of_process(&ARGUMENTS)?;
    let path = arguments.required("--params")?;
    let params: Params = serde_json::from_slice(&std::fs::read(path).with_context(|| path.to_owned())?)
        .with_context(|| path.to_owned())?;
    let link: Link = arguments.value("--transport").unwrap_or("tcp").parse()?;
    let version = arguments.value("--protocol-version").map(str::parse).transpose()?;
    let names = Names::from_environment(|name| std::env::var(name).ok())?;

    Session::new(start, names, link, version).run(params.script).await
}

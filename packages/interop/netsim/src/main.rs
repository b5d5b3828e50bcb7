use std::env;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use netsim::config::Config;
use netsim::star::Star;
use serde_json::json;

const USAGE: &str = "usage: netsim --config <file>";
const FAILED: u8 = 1;
const WRONG_CONFIGURATION: u8 = 2;

fn main() -> ExitCode {
    let config = match configuration() {
        Ok(config) => config,
        Err(error) => return end(&error, WRONG_CONFIGURATION),
    };

    match run(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            end(&format!("{error}: namespaces and TUN devices need root"), FAILED)
        }
        Err(error) => end(&error.to_string(), FAILED),
    }
}

fn configuration() -> Result<Config, String> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [option, file] = arguments.as_slice() else {
        return Err(USAGE.into());
    };

    if option != "--config" {
        return Err(USAGE.into());
    }

    let json = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    Config::parse(&json).map_err(|error| format!("{file}: {error}"))
}

fn run(config: &Config) -> io::Result<()> {
    let mut star = Star::new(config)?;
    let hosts: Vec<_> = config
        .hosts
        .iter()
        .map(|host| json!({ "name": host.name, "namespace": config.namespace_of(host), "address": host.address }))
        .collect();

    writeln!(io::stdout(), "{}", json!({ "ready": true, "hosts": hosts }))?;
    star.run()?;
    star.statistics().print();
    Ok(())
}

fn end(error: &str, code: u8) -> ExitCode {
    eprintln!("netsim: {error}");
    code.into()
}

//! What the programs share: how they end, and their arguments.

use std::{collections::HashMap, future::Future, process::ExitCode};

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};

/// Runs `work` until it ends or until SIGTERM, which is success. The last line of standard error says why it failed.
pub async fn run(work: impl Future<Output = Result<()>>) -> ExitCode {
    match until_terminated(work).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn until_terminated(work: impl Future<Output = Result<()>>) -> Result<()> {
    // before the work begins: a signal that nobody waits for yet ends the process at once
    let mut terminated = signal(SignalKind::terminate())?;

    tokio::select! {
        ended = work => ended,
        _ = terminated.recv() => Ok(()),
    }
}

/// `--name value` pairs and `--flag`s, each at most once.
pub struct Arguments {
    values: HashMap<String, Option<String>>,
}

impl Arguments {
    /// Of this process. An argument that is not in `known` is an error; those that end in `=` take a value.
    pub fn of_process(known: &[&str]) -> Result<Self> {
        Self::parse(std::env::args().skip(1), known)
    }

    fn parse(arguments: impl Iterator<Item = String>, known: &[&str]) -> Result<Self> {
        let mut arguments = arguments;
        let mut values = HashMap::new();

        while let Some(name) = arguments.next() {
            let value = if known.iter().any(|k| k.strip_suffix('=') == Some(&name)) {
                Some(arguments.next().with_context(|| format!("{name} lacks its value"))?)
            } else if known.contains(&name.as_str()) {
                None
            } else {
                bail!("{name} is not known; known are {}", known.join(" "));
            };

            if values.insert(name.clone(), value).is_some() {
                bail!("{name} is given twice");
            }
        }

        Ok(Self { values })
    }

    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_deref()
    }

    pub fn required(&self, name: &str) -> Result<&str> {
        self.value(name).with_context(|| format!("{name} is missing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Arguments> {
        Arguments::parse(
            arguments.iter().map(ToString::to_string),
            &["--run-server", "--transport="],
        )
    }

    #[test]
    fn flags_and_values() -> Result<()> {
        let arguments = parse(&["--transport", "tcp", "--run-server"])?;

        assert!(arguments.has("--run-server"));
        assert_eq!(arguments.value("--transport"), Some("tcp"));
        assert_eq!(parse(&[])?.value("--transport"), None);
        Ok(())
    }

    #[test]
    fn what_is_not_known_or_not_whole_is_refused() {
        for wrong in [&["--port"][..], &["--transport"], &["--run-server", "--run-server"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}

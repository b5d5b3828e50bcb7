//! What the caller says on standard input.

use std::io;

use nix::unistd;

/// No command is longer.
const LINE_MAX_BYTES: usize = 256;

#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Statistics,
    /// The caller is gone, or wants this process to be.
    End,
}

/// A line that is not complete yet.
#[derive(Default)]
pub struct Commands {
    line: Vec<u8>,
}

impl Commands {
    /// Reads once, which does not block if there is something to read.
    ///
    /// Fails when there is a line that is no command.
    pub fn read(&mut self) -> io::Result<Vec<Command>> {
        // not through the buffer of the standard library: epoll does not see what is in there
        let mut bytes = [0; LINE_MAX_BYTES];
        let count = unistd::read(io::stdin(), &mut bytes)?;

        if count == 0 {
            return Ok(vec![Command::End]);
        }

        self.take(bytes.get(..count).unwrap_or_default())
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<Vec<Command>> {
        let mut commands = Vec::new();

        for &byte in bytes {
            if byte != b'\n' {
                self.line.push(byte);
            } else if self.line == b"statistics" {
                self.line.clear();
                commands.push(Command::Statistics);
            } else {
                return Err(unknown(&self.line));
            }
        }

        if self.line.len() > LINE_MAX_BYTES {
            Err(unknown(&self.line))
        } else {
            Ok(commands)
        }
    }
}

fn unknown(line: &[u8]) -> io::Error {
    io::Error::other(format!("there is no command {:?}", String::from_utf8_lossy(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_may_come_in_pieces_and_several_at_once() -> io::Result<()> {
        let mut commands = Commands::default();

        assert_eq!(commands.take(b"stat")?, []);
        assert_eq!(
            commands.take(b"istics\nstatistics\nstat")?,
            [Command::Statistics, Command::Statistics]
        );
        Ok(())
    }

    #[test]
    fn what_is_no_command_is_an_error() {
        assert!(Commands::default().take(b"stop\n").is_err());
        assert!(Commands::default().take(&[b'x'; LINE_MAX_BYTES + 1]).is_err());
    }
}

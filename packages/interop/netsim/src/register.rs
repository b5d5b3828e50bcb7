//! Which namespaces are whose: a file per run, locked as long as the run lives. The kernel takes the lock from the dead.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::namespace;

const FOLDER: &str = "/run/quicmesh-netsim";

/// The namespaces of this run: they are removed when it is dropped.
pub struct Registration {
    names: Vec<String>,
    path: PathBuf,
    /// Held to the end.
    _lock: Flock<File>,
}

impl Registration {
    /// Removes what dead runs have left and makes it known that these namespaces are of this run.
    ///
    /// Fails if a living run has the prefix or a namespace of that name is there already.
    pub fn new(prefix: &str, names: Vec<String>) -> io::Result<Self> {
        fs::create_dir_all(FOLDER)?;
        remove_dead_runs()?;

        let path = Path::new(FOLDER).join(prefix);
        let mut lock = lock_new(&path)?
            .ok_or_else(|| io::Error::other(format!("another netsim runs with the prefix {prefix}")))?;

        if let Some(name) = names.iter().find(|name| namespace::exists(name)) {
            fs::remove_file(&path)?;
            return Err(io::Error::other(format!(
                "there is a namespace {name} that no netsim has made"
            )));
        }

        lock.write_all(names.join("\n").as_bytes())?;
        Ok(Self {
            names,
            path,
            _lock: lock,
        })
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        namespace::remove(&self.names);
        // while it is locked: afterwards it could be somebody else's
        let _ = fs::remove_file(&self.path);
    }
}

fn remove_dead_runs() -> io::Result<()> {
    for entry in fs::read_dir(FOLDER)?.flatten() {
        let path = entry.path();

        let Some(mut lock) = lock(OpenOptions::new().read(true).write(true).open(&path), &path)? else {
            continue;
        };
        let mut names = String::new();
        lock.read_to_string(&mut names)?;
        namespace::remove(&names.lines().map(str::to_owned).collect::<Vec<_>>());
        fs::remove_file(&path)?;
    }

    Ok(())
}

fn lock_new(path: &Path) -> io::Result<Option<Flock<File>>> {
    lock(
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path),
        path,
    )
}

/// None if somebody else has the lock, or the file was removed before it was locked.
fn lock(file: io::Result<File>, path: &Path) -> io::Result<Option<Flock<File>>> {
    let file = match file {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };

    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock)
            if fs::metadata(path).is_ok_and(|there| lock.metadata().is_ok_and(|held| held.ino() == there.ino())) =>
        {
            Ok(Some(lock))
        }
        Ok(_) | Err((_, Errno::EAGAIN)) => Ok(None),
        Err((_, error)) => Err(error.into()),
    }
}

//! Network namespaces with a name, where `ip netns` has them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const FOLDER: &str = "/run/netns";
const OF_THIS_THREAD: &str = "/proc/thread-self/ns/net";

pub fn exists(name: &str) -> bool {
    path_of(name).exists()
}

/// Makes a namespace and does something in it. After an error the name may be taken: [`remove`] it.
pub fn create<T: Send>(name: &str, inside: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    prepare_folder()?;
    let path = path_of(name);
    File::create_new(&path)?;

    in_thread(|| {
        unshare(CloneFlags::CLONE_NEWNET)?;
        mount(
            Some(OF_THIS_THREAD),
            &path,
            None::<&str>,
            MsFlags::MS_BIND,
            None::<&str>,
        )?;
        inside()
    })
}

/// Does something in a namespace that is there.
pub fn enter<T: Send>(name: &str, inside: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    let namespace = File::open(path_of(name))?;

    in_thread(|| {
        setns(&namespace, CloneFlags::CLONE_NEWNET)?;
        inside()
    })
}

/// Kills what runs in the namespaces and takes their names away. It says what could not be removed, and goes on.
pub fn remove(names: &[String]) {
    kill_inside(names);

    for name in names {
        let path = path_of(name);

        match umount2(&path, MntFlags::MNT_DETACH) {
            // there is only the file, or not even that, when the making of it was cut short
            Ok(()) | Err(Errno::EINVAL | Errno::ENOENT) => {}
            Err(error) => eprintln!("netsim: cannot unmount {}: {error}", path.display()),
        }

        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                eprintln!("netsim: cannot remove {}: {error}", path.display())
            }
            _ => {}
        }
    }
}

/// A thread of its own: it alone changes its namespace, and ends in it.
fn in_thread<T: Send>(inside: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    thread::scope(|scope| scope.spawn(inside).join()).unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
}

/// As `ip netns` does: namespaces that are mounted here are seen in, and can be removed from, all mount namespaces.
fn prepare_folder() -> io::Result<()> {
    fs::create_dir_all(FOLDER)?;
    let share = || {
        mount(
            None::<&str>,
            FOLDER,
            None::<&str>,
            MsFlags::MS_SHARED | MsFlags::MS_REC,
            None::<&str>,
        )
    };

    if share() == Err(Errno::EINVAL) {
        mount(
            Some(FOLDER),
            FOLDER,
            None::<&str>,
            MsFlags::MS_BIND | MsFlags::MS_REC,
            None::<&str>,
        )?;
        share()?;
    }

    Ok(())
}

fn kill_inside(names: &[String]) {
    let ours: HashSet<_> = names.iter().filter_map(|name| identity(&path_of(name))).collect();
    let Ok(processes) = fs::read_dir("/proc") else { return };

    for process in processes.flatten() {
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };

        if identity(&process.path().join("ns/net")).is_some_and(|namespace| ours.contains(&namespace)) {
            // it may just have ended
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

/// Of the namespace behind a file; a file that is none has an identity too, which no process has.
fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

fn path_of(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}

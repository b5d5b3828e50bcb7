//! A qlog file per connection (draft-ietf-quic-qlog-main-schema), for tools such as qvis.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use quinn_proto::{QlogConfig, QlogStream};

/// Largest file; what comes after it is not recorded.
const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;

/// Where the connections of an endpoint leave their files.
#[derive(Debug, Clone)]
pub struct QlogDirectory {
    path: PathBuf,
    made: Arc<AtomicU64>,
}

impl QlogDirectory {
    /// Makes the directory if it is not there.
    pub fn open(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        Ok(Self {
            path: path.to_owned(),
            made: Arc::new(AtomicU64::new(0)),
        })
    }

    /// A file for one connection. None if it can't be made: that ends no connection.
    pub(crate) fn stream(&self, is_client: bool, now: Instant) -> Option<QlogStream> {
        let role = if is_client { "client" } else { "server" };
        let time = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_millis();
        let count = self.made.fetch_add(1, Ordering::Relaxed);
        let name = format!("{time}-{}-{count}-{role}.sqlog", std::process::id());
        let file = File::create_new(self.path.join(name)).ok()?;
        let mut config = QlogConfig::default();
        config
            .title(Some(format!("quicmesh {role}")))
            .start_time(now)
            .writer(Box::new(Bounded {
                file: BufWriter::new(file),
                left: MAX_FILE_BYTES,
                record: Vec::new(),
            }));
        config.into_stream()
    }
}

/// Writes whole records until the file is full.
struct Bounded {
    file: BufWriter<File>,
    left: usize,
    /// Of a record that has not ended.
    record: Vec<u8>,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.record.extend_from_slice(bytes);
        if self.record.ends_with(b"\n") {
            if self.record.len() <= self.left {
                self.left -= self.record.len();
                self.file.write_all(&self.record)?;
            } else {
                self.left = 0;
            }
            self.record.clear();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

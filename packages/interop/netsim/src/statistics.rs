//! What became of the packets; README.md has the meaning of each field.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::link::{NANOS_PER_MS, Nanos};

/// Deliveries that are later than that are counted.
const LATE: Nanos = 1_000_000;

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostStatistics {
    pub sent: u64,
    pub sent_bytes: u64,
    pub received: u64,
    pub received_bytes: u64,
    pub upload_dropped: u64,
    pub download_dropped: u64,
    pub lost: u64,
    pub unroutable: u64,
    pub buffer_dropped: u64,
    pub device_dropped: u64,
    pub upload_queue_max_ms: f64,
    pub download_queue_max_ms: f64,
}

/// How much later than meant packets were delivered.
#[derive(Debug, Clone, Default)]
pub struct Lateness {
    count: u64,
    sum: Nanos,
    max: Nanos,
    late: u64,
}

impl Lateness {
    pub fn add(&mut self, lateness: Nanos) {
        self.count += 1;
        self.sum += lateness;
        self.max = self.max.max(lateness);
        self.late += u64::from(lateness > LATE);
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    pub seconds: f64,
    pub lateness: LatenessReport,
    pub hosts: BTreeMap<String, HostStatistics>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LatenessReport {
    pub mean_ms: f64,
    pub max_ms: f64,
    pub over_one_ms: f64,
}

impl Statistics {
    /// One line on standard output; that nobody reads it is no error.
    pub fn print(&self) {
        let _ = writeln!(io::stdout(), "{}", serde_json::json!({ "statistics": self }));
    }
}

impl From<&Lateness> for LatenessReport {
    fn from(&Lateness { count, sum, max, late }: &Lateness) -> Self {
        let count = count.max(1) as f64;

        Self {
            mean_ms: sum as f64 / NANOS_PER_MS / count,
            max_ms: max as f64 / NANOS_PER_MS,
            over_one_ms: late as f64 / count,
        }
    }
}

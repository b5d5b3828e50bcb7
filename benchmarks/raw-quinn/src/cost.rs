//! What this process has used.

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};

const NANOSECONDS: f64 = 1e9;
const KIB: u64 = 1024;

/// User and system time of all threads.
pub fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / NANOSECONDS
}

/// Resident memory. Linux alone has the file that this reads.
pub fn rss_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib * KIB)
}

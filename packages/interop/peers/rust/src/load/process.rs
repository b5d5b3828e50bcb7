//! The clock of the machine, and what this process has used.

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};

const MS_PER_SECOND: f64 = 1e3;
const MS_PER_NS: f64 = 1e-6;
const BYTES_PER_KIB: u64 = 1024;

/// The same in all processes of a machine, and nobody sets it.
pub fn machine_ms() -> f64 {
    clock_ms(ClockId::Monotonic)
}

/// User and system time of all threads since the start of the process.
pub fn cpu_seconds() -> f64 {
    clock_ms(ClockId::ProcessCPUTime) / MS_PER_SECOND
}

fn clock_ms(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 * MS_PER_SECOND + time.tv_nsec as f64 * MS_PER_NS
}

/// Resident memory. Linux alone has the file that this reads.
pub fn rss_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib * BYTES_PER_KIB)
}

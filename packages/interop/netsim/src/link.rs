//! One direction of a host's access to the network.

/// Nanoseconds since the start of the network.
pub type Nanos = u64;

pub const NANOS_PER_MS: f64 = 1e6;

/// A line with a rate and a queue before it. It sends one packet after the other without any burst; the queue is a sum, as all
/// that matters of a packet is when it will have left.
pub struct Link {
    /// Zero: there is no limit, and no queue either.
    nanos_per_byte: f64,
    /// When all that was accepted has left.
    free_at: Nanos,
    wait_max: Nanos,
    /// The longest wait so far.
    pub wait_peak: Nanos,
}

impl Link {
    /// `mbit`: 10^6 bit/s, none is unlimited. `queue_bytes` bounds the queue beside `queue_max`, where the smaller one counts.
    pub fn new(mbit: Option<f64>, queue_max: Nanos, queue_bytes: Option<u64>) -> Self {
        let nanos_per_byte = mbit.map_or(0.0, |mbit| 8_000.0 / mbit);
        let wait_max = queue_bytes.map_or(queue_max, |bytes| {
            queue_max.min((bytes as f64 * nanos_per_byte) as Nanos)
        });

        Self {
            nanos_per_byte,
            free_at: 0,
            wait_max,
            wait_peak: 0,
        }
    }

    /// When a packet that comes now has left in whole; none when it finds the queue full. An idle line takes any packet.
    pub fn pass(&mut self, now: Nanos, bytes: usize) -> Option<Nanos> {
        if self.nanos_per_byte == 0.0 {
            return Some(now);
        }

        let begins_at = self.free_at.max(now);
        let wait = begins_at - now;

        if wait > self.wait_max {
            return None;
        }

        self.wait_peak = self.wait_peak.max(wait);
        self.free_at = begins_at + (bytes as f64 * self.nanos_per_byte).round() as Nanos;
        Some(self.free_at)
    }
}

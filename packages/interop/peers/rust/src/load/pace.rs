//! Messages that come in bursts.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

pub struct Pace {
    start: Instant,
    per_second: u64,
    total: u64,
    burst_ms: u64,
    bursts: u64,
    done: u64,
}

impl Pace {
    pub fn new(per_second: u64, total: u64, burst_ms: u64) -> Self {
        Self {
            start: Instant::now(),
            per_second,
            total,
            burst_ms,
            bursts: 0,
            done: 0,
        }
    }

    /// Waits for the next burst and tells how many messages are due, until all were. A late burst makes up for what was missed.
    pub async fn next(&mut self) -> Option<u64> {
        if self.done == self.total {
            return None;
        }

        self.bursts += 1;
        sleep_until(self.start + Duration::from_millis(self.bursts * self.burst_ms)).await;
        let due = self.due() - self.done;
        self.done += due;
        Some(due)
    }

    /// How many messages there have been with this burst.
    fn due(&self) -> u64 {
        self.total.min(self.bursts * self.burst_ms * self.per_second / 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_are_due_in_the_end() {
        let mut pace = Pace::new(1_000, 50, 20);
        let mut dues = Vec::new();

        while let Some(due) = pace.next().await {
            dues.push(due);
        }

        assert_eq!(dues, [20, 20, 10]);
        assert!(pace.start.elapsed() >= Duration::from_millis(60));
    }

    #[tokio::test]
    async fn bursts_without_a_message() {
        let mut pace = Pace::new(30, 2, 20);

        assert_eq!(pace.next().await, Some(0));
        assert_eq!(pace.next().await, Some(1));
        assert_eq!(pace.next().await, Some(0));
        assert_eq!(pace.next().await, Some(1));
        assert_eq!(pace.next().await, None);
    }
}

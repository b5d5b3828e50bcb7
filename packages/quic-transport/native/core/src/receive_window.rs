//! How much a peer may send before it is read, within what the endpoint may hold in all: a part of what is left at first,
//! more for a connection that uses it. No clock: times are arguments.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a connection begins with at least, in bytes, if it may have that much: enough for a burst of gossip.
const MIN_INITIAL: u32 = 256 * 1024;

/// What a connection begins with is one in so many of the bytes that are left: a few connections get all that they may
/// have, and a thousand still get the minimum.
const INITIAL_SHARE: u64 = 256;

/// A window whose half is read within this many round trips limits its peer.
const BUSY_ROUND_TRIPS: u32 = 4;

/// The receive windows of all connections of an endpoint together.
pub(crate) struct ReceiveBudget {
    limit: u64,
    taken: AtomicU64,
}

/// The receive window of one connection; its share of the budget is given back when dropped.
pub(crate) struct ReceiveWindow {
    budget: Arc<ReceiveBudget>,
    size: u32,
    max: u32,
    since: Instant,
    read: u64,
}

impl ReceiveBudget {
    pub fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self {
            limit,
            taken: AtomicU64::new(0),
        })
    }

    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Whether one more connection, whose window may grow to `max`, gets the least that it needs.
    pub fn has_room(&self, max: u32) -> bool {
        self.taken() + u64::from(MIN_INITIAL.min(max)) <= self.limit
    }

    /// What one more connection begins with.
    pub fn initial(&self, max: u32) -> u32 {
        let share = self.limit.saturating_sub(self.taken()) / INITIAL_SHARE;
        u32::try_from(share).unwrap_or(u32::MAX).max(MIN_INITIAL).min(max)
    }

    fn take(&self, bytes: u32) -> bool {
        let bytes = u64::from(bytes);
        self.taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |taken| {
                Some(taken + bytes).filter(|&sum| sum <= self.limit)
            })
            .is_ok()
    }
}

impl ReceiveWindow {
    /// A window of `initial` bytes, which count even when they are beyond the budget: a connection needs them.
    pub fn new(budget: &Arc<ReceiveBudget>, initial: u32, max: u32, now: Instant) -> Self {
        budget.taken.fetch_add(initial.into(), Ordering::AcqRel);
        Self {
            budget: budget.clone(),
            size: initial,
            max,
            since: now,
            read: 0,
        }
    }

    /// The new size of the window, if it is to grow because of these bytes.
    pub fn on_read(&mut self, bytes: usize, round_trip: Duration, now: Instant) -> Option<u32> {
        self.read += bytes as u64;
        if self.size == self.max || self.read < u64::from(self.size / 2) {
            return None;
        }
        let is_busy = now.saturating_duration_since(self.since) < round_trip * BUSY_ROUND_TRIPS;
        self.since = now;
        self.read = 0;
        let size = self.size.saturating_mul(2).min(self.max);
        if !is_busy || !self.budget.take(size - self.size) {
            return None;
        }
        self.size = size;
        Some(size)
    }
}

impl Drop for ReceiveWindow {
    fn drop(&mut self) {
        self.budget.taken.fetch_sub(self.size.into(), Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_connections_fit_and_the_first_begin_with_the_most() {
        let now = Instant::now();
        let max = 4 << 20;
        let budget = ReceiveBudget::new(1 << 30);
        let mut windows = Vec::new();
        while budget.has_room(max) {
            let initial = budget.initial(max);
            windows.push(ReceiveWindow::new(&budget, initial, max, now));
        }
        assert_eq!(windows.first().map(|window| window.size), Some(max));
        assert_eq!(windows.last().map(|window| window.size), Some(MIN_INITIAL));
        assert!((900..1_100).contains(&windows.len()), "{}", windows.len());
        assert!(budget.taken() <= 1 << 30);
    }

    const ROUND_TRIP: Duration = Duration::from_millis(50);

    #[test]
    fn a_window_that_is_used_up_doubles_to_its_limit() {
        let now = Instant::now();
        let budget = ReceiveBudget::new(1_000_000);
        let mut window = ReceiveWindow::new(&budget, 1_000, 3_000, now);
        assert_eq!(window.on_read(499, ROUND_TRIP, now), None);
        assert_eq!(window.on_read(1, ROUND_TRIP, now), Some(2_000));
        assert_eq!(window.on_read(1_000, ROUND_TRIP, now), Some(3_000));
        assert_eq!(window.on_read(10_000, ROUND_TRIP, now), None);
        assert_eq!(budget.taken(), 3_000);
        drop(window);
        assert_eq!(budget.taken(), 0);
    }

    #[test]
    fn a_window_that_is_read_slowly_stays() {
        let mut now = Instant::now();
        let budget = ReceiveBudget::new(1_000_000);
        let mut window = ReceiveWindow::new(&budget, 1_000, 4_000, now);
        for _ in 0..10 {
            now += ROUND_TRIP * BUSY_ROUND_TRIPS;
            assert_eq!(window.on_read(600, ROUND_TRIP, now), None);
        }
    }

    #[test]
    fn nothing_grows_beyond_what_the_endpoint_may_hold() {
        let now = Instant::now();
        let budget = ReceiveBudget::new(3_500);
        let mut first = ReceiveWindow::new(&budget, 1_000, 8_000, now);
        let mut second = ReceiveWindow::new(&budget, 1_000, 8_000, now);
        assert_eq!(first.on_read(1_000, ROUND_TRIP, now), Some(2_000));
        assert_eq!(second.on_read(1_000, ROUND_TRIP, now), None);
        assert!(!budget.has_room(1_000));
        drop(first);
        assert!(budget.has_room(1_000));
        assert_eq!(second.on_read(1_000, ROUND_TRIP, now), Some(2_000));
    }
}

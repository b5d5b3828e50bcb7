//! What happens when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::link::Nanos;

/// A heap that keeps the order of what is due at the same time.
pub struct Schedule<T: Ord> {
    heap: BinaryHeap<Reverse<(Nanos, u64, T)>>,
    count: u64,
}

impl<T: Ord> Schedule<T> {
    /// It never grows beyond its capacity if no more than that is in it at once.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            heap: BinaryHeap::with_capacity(capacity),
            count: 0,
        }
    }

    pub fn push(&mut self, at: Nanos, what: T) {
        self.count += 1;
        self.heap.push(Reverse((at, self.count, what)));
    }

    pub fn next_at(&self) -> Option<Nanos> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// The first of what is due, with the time at which it was meant to happen.
    pub fn pop_due(&mut self, now: Nanos) -> Option<(Nanos, T)> {
        if self.next_at()? > now {
            return None;
        }

        self.heap.pop().map(|Reverse((at, _, what))| (at, what))
    }
}

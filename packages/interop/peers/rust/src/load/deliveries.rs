//! What the nodes of this process have got.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Of all nodes together.
#[derive(Clone, Default)]
pub struct Deliveries(Arc<Mutex<Counted>>);

#[derive(Default)]
struct Counted {
    count: u64,
    last_ms: f64,
    ages_ms: Vec<f64>,
}

impl Deliveries {
    /// Counts one that has just come.
    pub fn add(&self, age_ms: f64, now_ms: f64) {
        let mut counted = self.counted();
        counted.count += 1;
        counted.last_ms = counted.last_ms.max(now_ms);
        counted.ages_ms.push(age_ms);
    }

    /// How many there were, and when the last came by the machine's clock.
    pub fn total(&self) -> (u64, f64) {
        let counted = self.counted();
        (counted.count, counted.last_ms)
    }

    /// Of those since they were last taken.
    pub fn take_ages_ms(&self) -> Vec<f64> {
        std::mem::take(&mut self.counted().ages_ms)
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

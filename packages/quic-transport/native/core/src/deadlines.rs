//! When connections want to be looked at again. No clock: times are arguments.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// Due times of connections by their number. An entry is not removed when its connection's deadline moves on: whoever is
/// due looks whether it really is, and comes back if not. So a deadline that moves with every packet costs nothing.
#[derive(Default)]
pub(crate) struct Deadlines(BinaryHeap<Reverse<(Instant, usize)>>);

impl Deadlines {
    pub fn add(&mut self, at: Instant, connection: usize) {
        self.0.push(Reverse((at, connection)));
    }

    pub fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes out one connection that is due, with the time for which it was added.
    pub fn take_due(&mut self, now: Instant) -> Option<(Instant, usize)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse(due)| due)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn connections_come_out_when_they_are_due_the_earliest_first() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut deadlines = Deadlines::default();
        for (millis, connection) in [(20, 1), (10, 2), (30, 3)] {
            deadlines.add(at(millis), connection);
        }
        assert_eq!(deadlines.next(), Some(at(10)));
        assert_eq!(deadlines.take_due(at(9)), None);
        assert_eq!(deadlines.take_due(at(20)), Some((at(10), 2)));
        assert_eq!(deadlines.take_due(at(20)), Some((at(20), 1)));
        assert_eq!(deadlines.take_due(at(20)), None);
        assert_eq!(deadlines.next(), Some(at(30)));
    }
}

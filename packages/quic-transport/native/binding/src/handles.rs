//! Integers for objects: an index and a generation, so that a stale handle finds nothing.

use std::collections::VecDeque;

/// Objects of one kind that live at once in one thread.
const MAX_HANDLES: usize = 1 << INDEX_BITS;
const INDEX_BITS: u32 = 20;
/// With the index 31 bits: a small integer in V8.
const MAX_GENERATION: u32 = (1 << 11) - 1;

pub struct Handles<T> {
    slots: Vec<Slot<T>>,
    /// Freed slots, the longest free first, so that a generation comes back late.
    free: VecDeque<u32>,
}

struct Slot<T> {
    generation: u32,
    object: Option<T>,
}

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: VecDeque::new(),
        }
    }
}

impl<T> Handles<T> {
    /// `None`: [`MAX_HANDLES`] are taken. A handle is never 0.
    pub fn insert(&mut self, object: T) -> Option<u32> {
        if let Some(index) = self.free.pop_front() {
            let slot = self.slots.get_mut(index as usize)?;
            slot.generation = slot.generation % MAX_GENERATION + 1;
            slot.object = Some(object);
            return Some(slot.generation << INDEX_BITS | index);
        }
        if self.slots.len() == MAX_HANDLES {
            return None;
        }
        let index = u32::try_from(self.slots.len()).ok()?;
        self.slots.push(Slot {
            generation: 1,
            object: Some(object),
        });
        Some(1 << INDEX_BITS | index)
    }

    pub fn get(&self, handle: u32) -> Option<&T> {
        let slot = self.slots.get(index(handle))?;
        slot.object.as_ref().filter(|_| slot.generation == handle >> INDEX_BITS)
    }

    pub fn remove(&mut self, handle: u32) -> Option<T> {
        let slot = self.slots.get_mut(index(handle))?;
        if slot.generation != handle >> INDEX_BITS {
            return None;
        }
        let object = slot.object.take()?;
        self.free.push_back(handle & (MAX_HANDLES as u32 - 1));
        Some(object)
    }

    pub fn drain(&mut self) -> impl Iterator<Item = T> {
        self.free.clear();
        std::mem::take(&mut self.slots)
            .into_iter()
            .filter_map(|slot| slot.object)
    }
}

fn index(handle: u32) -> usize {
    handle as usize & (MAX_HANDLES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_handle_finds_nothing() {
        let mut handles = Handles::default();
        let first = handles.insert("first");
        let first = first.unwrap_or_default();
        assert_eq!(handles.remove(first), Some("first"));
        let second = handles.insert("second").unwrap_or_default();
        assert_ne!(first, second);
        assert_eq!(handles.get(first), None);
        assert_eq!(handles.remove(first), None);
        assert_eq!(handles.get(second), Some(&"second"));
    }

    #[test]
    fn a_handle_is_a_positive_31_bit_integer() {
        let mut handles = Handles::default();
        for _ in 0..2 * MAX_GENERATION {
            let handle = handles.insert(()).unwrap_or_default();
            assert!(handle > 0 && handle < 1 << 31);
            assert!(handles.remove(handle).is_some());
        }
    }
}

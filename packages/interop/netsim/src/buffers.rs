//! The bytes of the packets that are in the network.

/// A buffer that is in use; whoever holds it gives it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BufferId(u32);

/// Buffers of equal size in one allocation, which the kernel backs as they are first used. The last one that came back is the first to go.
pub struct Buffers {
    bytes: Vec<u8>,
    size: usize,
    free: Vec<BufferId>,
}

impl Buffers {
    pub fn new(count: u32, size: usize) -> Self {
        Self {
            bytes: vec![0; count as usize * size],
            size,
            free: (0..count).rev().map(BufferId).collect(),
        }
    }

    pub fn take(&mut self) -> Option<BufferId> {
        self.free.pop()
    }

    pub fn give_back(&mut self, id: BufferId) {
        self.free.push(id);
    }

    pub fn bytes(&self, id: BufferId) -> &[u8] {
        let start = id.0 as usize * self.size;
        self.bytes.get(start..start + self.size).unwrap_or_default()
    }

    pub fn bytes_mut(&mut self, id: BufferId) -> &mut [u8] {
        let start = id.0 as usize * self.size;
        self.bytes.get_mut(start..start + self.size).unwrap_or_default()
    }
}

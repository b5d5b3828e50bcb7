//! Numbers that are the same in every run (splitmix64).

pub struct Random(pub u64);

impl Random {
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.draw() % bound.max(1) as u64) as usize
    }

    /// A few changes to a seed: flips, cuts, insertions, repetitions.
    pub fn mutate(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(6) {
            let (at, other) = (self.below(bytes.len() + 1), self.below(bytes.len() + 1));
            match self.below(6) {
                0 | 1 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                2 if at < bytes.len() => bytes[at] = self.draw() as u8,
                3 => bytes.insert(at, self.draw() as u8),
                4 => drop(bytes.drain(at.min(other)..at.max(other).min(at.min(other) + 40))),
                _ => {
                    let from = at.min(other);
                    let copy = bytes[from..at.max(other).min(from + 64)].to_vec();
                    let to = self.below(bytes.len() + 1);
                    drop(bytes.splice(to..to, copy));
                }
            }
        }
        bytes
    }
}

//! The bytes of the rows: their value is known from their position alone.

/// How many bytes are made at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Byte `i` of the pattern.
pub fn byte(i: u64) -> u8 {
    (i.wrapping_mul(31).wrapping_add((i >> 8).wrapping_mul(17)) & 0xff) as u8
}

/// The pattern, a chunk at a time, to write it.
pub struct Chunks {
    position: u64,
    end: u64,
}

impl Chunks {
    pub fn up_to(end: u64) -> Self {
        Self { position: 0, end }
    }
}

impl Iterator for Chunks {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let end = self.end.min(self.position + CHUNK_BYTES as u64);
        let chunk: Vec<u8> = (self.position..end).map(byte).collect();
        self.position = end;

        (!chunk.is_empty()).then_some(chunk)
    }
}

/// Compares what is read with the pattern.
#[derive(Default)]
pub struct Checker {
    pub bytes: u64,
    is_wrong: bool,
}

impl Checker {
    pub fn read(&mut self, chunk: &[u8]) {
        self.is_wrong |= chunk.iter().zip(self.bytes..).any(|(&read, i)| read != byte(i));
        self.bytes += chunk.len() as u64;
    }

    /// Whether it was the pattern and nothing but `expected` bytes of it.
    pub fn is_pattern_of(&self, expected: u64) -> bool {
        !self.is_wrong && self.bytes == expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_at_known_positions() {
        assert_eq!([0, 1, 8, 256, 257, 65_536].map(byte), [0, 31, 248, 17, 48, 0]);
    }

    #[test]
    fn what_is_written_is_what_is_expected() {
        let mut checker = Checker::default();
        Chunks::up_to(200_000).for_each(|chunk| checker.read(&chunk));

        assert!(checker.is_pattern_of(200_000));
        assert!(!checker.is_pattern_of(199_999));
    }

    #[test]
    fn one_wrong_byte_is_seen() {
        let mut checker = Checker::default();
        checker.read(&[0, 31, 63]);

        assert!(!checker.is_pattern_of(3));
    }
}

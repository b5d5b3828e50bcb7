//! What a payload begins with: its id, and then the time at which it was published. The rest is random.

use rand::RngExt;

/// A float64, big-endian: milliseconds of the machine's clock.
pub const STAMP_BYTES: usize = 8;

#[derive(Clone, Copy)]
pub struct Layout {
    id_bytes: usize,
    message_bytes: usize,
}

impl Layout {
    /// The bytes of a message are at least so many that the time has room behind the id.
    pub fn new(id_bytes: usize, message_bytes: usize) -> Self {
        Self {
            id_bytes,
            message_bytes,
        }
    }

    pub fn payload(self, now_ms: f64) -> Vec<u8> {
        let mut data = vec![0; self.message_bytes];
        rand::rng().fill(&mut data[..]);

        if let Some(stamp) = data.get_mut(self.id_bytes..self.id_bytes + STAMP_BYTES) {
            stamp.copy_from_slice(&now_ms.to_be_bytes());
        }

        data
    }

    /// Of a message that is too short it is all of it.
    pub fn id(self, data: &[u8]) -> &[u8] {
        data.get(..self.id_bytes).unwrap_or(data)
    }

    /// `None` for a message that has no time in it.
    pub fn age_ms(self, data: &[u8], now_ms: f64) -> Option<f64> {
        let stamp = data.get(self.id_bytes..)?.first_chunk::<STAMP_BYTES>()?;
        Some(now_ms - f64::from_be_bytes(*stamp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_id_do_not_share_bytes() {
        let layout = Layout::new(20, 250);
        let [first, second] = [layout.payload(1_000.5), layout.payload(1_000.5)];

        assert_eq!(first.len(), 250);
        assert_eq!(layout.age_ms(&first, 1_002.0), Some(1.5));
        assert_eq!(layout.id(&first).len(), 20);
        assert_ne!(layout.id(&first), layout.id(&second));
    }

    #[test]
    fn short_messages() {
        let layout = Layout::new(20, 28);

        assert_eq!(layout.age_ms(&[0; 27], 1.0), None);
        assert_eq!(layout.id(b"bead"), b"bead");
    }
}

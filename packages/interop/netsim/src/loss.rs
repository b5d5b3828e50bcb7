//! Which packets a path loses.

/// Of numbers drawn, in bits: all that a double holds exactly.
const DRAW_BITS: u32 = 53;

/// A sequence of decisions of its own for each direction of each pair of hosts, so that what is lost on one does not depend on when
/// others send.
pub struct Loss {
    state: u64,
    /// A number below it loses the packet.
    threshold: u64,
}

impl Loss {
    /// `share`: 0 to 1.
    pub fn new(share: f64, seed: u64, from: usize, to: usize) -> Self {
        let pair = ((from as u64) << 32) | to as u64;

        Self {
            state: mix(seed ^ mix(pair.wrapping_add(1))),
            threshold: (share * (1_u64 << DRAW_BITS) as f64) as u64,
        }
    }

    pub fn is_lost(&mut self) -> bool {
        if self.threshold == 0 {
            return false;
        }

        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state) >> (64 - DRAW_BITS) < self.threshold
    }
}

/// The output function of splitmix64.
fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

//! Everybody's key follows from their number.

use anyhow::Result;
use libp2p::{PeerId, identity::Keypair};

/// The seed of the key is the number, little-endian, and zeros.
pub fn keypair(id: u32) -> Result<Keypair> {
    let mut seed = [0; 32];
    seed.iter_mut()
        .zip(id.to_le_bytes())
        .for_each(|(byte, value)| *byte = value);

    Ok(Keypair::ed25519_from_bytes(seed)?)
}

pub fn peer_id(id: u32) -> Result<PeerId> {
    Ok(keypair(id)?.public().to_peer_id())
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// Of the suite, over the first 10,000 nodes.
    const EXPECTED: &str = "11395ea896d00ca25f7f648ebb336488ee092096a5498d90d76b92eaec27867a";

    #[test]
    fn peer_ids_are_the_suites() -> Result<()> {
        let mut hash = Sha256::new();

        for id in 0..10_000 {
            hash.update(format!(">{id}:{}\n", peer_id(id)?));
        }

        let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, EXPECTED);
        Ok(())
    }
}

//! The name of a peer.

use std::fmt;

use ring::digest;

/// Multihash code of the identity function.
const IDENTITY: u8 = 0x00;
/// Multihash code of SHA2-256.
const SHA2_256: u8 = 0x12;
/// Encoded keys up to this length are their own peer id (libp2p `peer-ids/peer-ids.md`).
const MAX_INLINE_KEY_BYTES: usize = 42;

/// A peer id as the bytes of its multihash: `identity` for encoded keys of at most 42 bytes,
/// `sha2-256` for longer ones (libp2p `peer-ids/peer-ids.md`). `Debug` prints them in hex.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(Vec<u8>);

impl PeerId {
    /// The id of the protobuf-encoded libp2p `PublicKey`, whose form is not checked here.
    pub fn from_public_key(encoded: &[u8]) -> Self {
        match u8::try_from(encoded.len()) {
            Ok(length) if encoded.len() <= MAX_INLINE_KEY_BYTES => Self([&[IDENTITY, length], encoded].concat()),
            _ => {
                let hash = digest::digest(&digest::SHA256, encoded);
                Self([&[SHA2_256, 32], hash.as_ref()].concat())
            }
        }
    }

    /// Reads the bytes of a multihash; `None` unless they are a whole `identity` one of 1 to 42
    /// bytes or a whole `sha2-256` one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[code, length], hash) = bytes.split_first_chunk::<2>()?;
        let is_known = match code {
            IDENTITY => (1..=MAX_INLINE_KEY_BYTES).contains(&hash.len()),
            SHA2_256 => hash.len() == digest::SHA256_OUTPUT_LEN,
            _ => false,
        };
        (is_known && usize::from(length) == hash.len()).then(|| Self(bytes.to_vec()))
    }

    /// The bytes of the multihash.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// As libp2p writes it: base58btc, without a multibase prefix.
impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(&self.0).into_string())
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

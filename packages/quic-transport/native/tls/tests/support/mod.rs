//! Hosts, keys and certificates of strangers, right and wrong. Written without the crate's own DER.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

pub mod certificate;
pub mod handshake;
pub mod host;

use quicmesh_tls::{Identity, TlsKey};

use host::Host;

/// 2025-06-15T12:00:00Z: the present of the tests that bring their own time.
pub const NOW_SECONDS: u64 = 1_749_988_800;

/// An own identity for this host, made as users make it.
pub fn identity(host: &Host) -> Identity {
    let key = TlsKey::generate().unwrap();
    let signature = host.sign(&key.to_be_signed());
    key.certify(&host.public_key(), &signature).unwrap()
}

/// One DER element.
pub fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let length = value.len();
    let mut out = match length {
        0..=0x7f => vec![tag, length as u8],
        0x80..=0xff => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    out.extend(value);
    out
}

/// A small generator of numbers that are the same in every run (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

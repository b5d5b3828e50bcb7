//! The certificate parser: arbitrary bytes, and sound certificates whose DER is rearranged. Signatures are not repaired.

use std::time::Duration;

use quicmesh_tls::{PeerId, RemoteIdentity, verify_certificate};
use rustls::pki_types::UnixTime;

use crate::input::Input;

/// 2065-01-24T05:20:00Z, when the sound certificates are valid.
const NOW_SECONDS: u64 = 3_000_000_000;
/// Changes to one certificate.
const MAX_CHANGES: usize = 8;
/// The spec's vectors, of which the last is refused, and one that `TlsKey::certify` made: once, so that a finding is the
/// same in the next run.
pub const SOUND: [&[u8]; 5] = [
    include_bytes!("../../tls/tests/fixtures/vector-1.der"),
    include_bytes!("../../tls/tests/fixtures/vector-2.der"),
    include_bytes!("../../tls/tests/fixtures/vector-3.der"),
    include_bytes!("../../tls/tests/fixtures/vector-4.der"),
    include_bytes!("own.der"),
];

/// What the first byte of an input says about the rest.
pub enum Selector {
    /// The rest is the certificate.
    Raw = 0,
    /// The rest are changes to one of [`SOUND`].
    Changed = 1,
}

/// Judges the certificate that the input describes.
///
/// # Panics
///
/// When somebody is authenticated whom the bytes do not name, when a changed certificate authenticates anybody but the
/// original's host, or when the parser itself panics.
pub fn certificate(data: &[u8]) {
    let mut input = Input::new(data);
    if input.byte() % 2 == Selector::Raw as u8 {
        let der = input.rest();
        if let Some(remote) = verify(der) {
            assert_is_named(&remote, der);
        }
        return;
    }
    let original = SOUND[usize::from(input.byte()) % SOUND.len()];
    let changed = change(original, &mut input);
    if let Some(remote) = verify(&changed) {
        assert_is_named(&remote, &changed);
        assert_eq!(verify(original), Some(remote), "a change made another peer of it");
        assert_eq!(changed, original, "a changed certificate was accepted");
    }
}

fn verify(der: &[u8]) -> Option<RemoteIdentity> {
    verify_certificate(der, UnixTime::since_unix_epoch(Duration::from_secs(NOW_SECONDS))).ok()
}

fn assert_is_named(remote: &RemoteIdentity, der: &[u8]) {
    assert_eq!(remote.peer_id, PeerId::from_public_key(&remote.public_key));
    assert!(
        der.windows(remote.public_key.len())
            .any(|window| window == remote.public_key)
    );
    assert_eq!(verify(&[der, &[0]].concat()), None, "a trailing byte was accepted");
}

/// Applies the changes that the input describes to elements of the DER, without mending what contains them.
fn change(original: &[u8], input: &mut Input<'_>) -> Vec<u8> {
    let mut der = original.to_vec();
    for _ in 0..MAX_CHANGES {
        if input.is_empty() {
            break;
        }
        let elements = elements(&der);
        if elements.is_empty() {
            break;
        }
        let kind = input.byte();
        let element = &elements[input.short() % elements.len()];
        let (start, body, end) = (element.start, element.body, element.end);
        match kind % 8 {
            0 => der[start] = input.byte(),
            1 => der[start + 1] = input.byte(),
            2 => drop(der.drain(start..end)),
            3 => {
                let copy = der[start..end].to_vec();
                drop(der.splice(end..end, copy));
            }
            4 => {
                let other = &elements[input.short() % elements.len()];
                let copy = der[other.start..other.end].to_vec();
                drop(der.splice(start..end, copy));
            }
            5 => drop(der.splice(body..end, input.chunk().iter().copied())),
            6 => der.truncate(start + input.short() % (end - start)),
            _ if body < end => der[body + input.short() % (end - body)] ^= input.byte(),
            _ => {}
        }
    }
    der
}

struct Element {
    start: usize,
    body: usize,
    end: usize,
}

/// Everything in the bytes that looks like DER, containers before what they contain.
fn elements(der: &[u8]) -> Vec<Element> {
    fn walk(der: &[u8], mut start: usize, limit: usize, found: &mut Vec<Element>) {
        while let (Some(&tag), Some(&first)) = (der.get(start), der.get(start + 1)) {
            let bytes = if first < 0x80 { 0 } else { usize::from(first & 0x7f) };
            let Some(length) = der.get(start + 2..start + 2 + bytes).filter(|_| bytes <= 2) else {
                return;
            };
            let length = match bytes {
                0 => usize::from(first),
                _ => length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
            };
            let body = start + 2 + bytes;
            let end = body + length;
            if end > limit || found.len() > 200 {
                return;
            }
            found.push(Element { start, body, end });
            if tag & 0x20 != 0 || tag == 0x04 {
                walk(der, body, end, found);
            }
            start = end;
        }
    }
    let mut found = Vec::new();
    walk(der, 0, der.len(), &mut found);
    found
}

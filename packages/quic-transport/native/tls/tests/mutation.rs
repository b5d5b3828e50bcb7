//! Certificates damaged at random, from a seed: `QUICMESH_SEED`, or 1.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::time::Duration;

use quicmesh_tls::{RemoteIdentity, verify_certificate};
use rustls::pki_types::UnixTime;

use support::{
    NOW_SECONDS, Random,
    certificate::{Draft, UNKNOWN, extension},
    host::Host,
};

/// Says its seed, which is shown when the test fails.
fn random() -> Random {
    let seed = std::env::var("QUICMESH_SEED").map_or(1, |seed| seed.parse().unwrap());
    println!("QUICMESH_SEED={seed}");
    Random(seed)
}

fn verify(der: &[u8]) -> Option<RemoteIdentity> {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW_SECONDS));
    verify_certificate(der, now).ok()
}

/// Two hosts whose keys are verified fast even without optimisation.
fn hosts() -> [Host; 2] {
    [Host::ed25519(1), Host::ecdsa()]
}

#[test]
fn no_byte_of_a_certificate_can_be_changed() {
    let mut random = random();
    for host in hosts() {
        let sound = Draft::of(&host).build();
        assert!(verify(&sound).is_some());
        for index in 0..sound.len() {
            for flip in [1 << random.below(8), 1 + random.below(255)] {
                let mut der = sound.clone();
                der[index] ^= flip as u8;
                assert_eq!(verify(&der), None, "byte {index} ^ {flip:#x}");
            }
        }
    }
}

#[test]
fn no_certificate_can_be_cut() {
    let sound = Draft::of(&Host::ed25519(1)).build();
    for length in 0..sound.len() {
        assert_eq!(verify(&sound[..length]), None, "{length} bytes");
    }
}

/// Whoever has the certificate key can sign what it likes with it, but names no other host.
#[test]
fn changes_that_are_signed_again_authenticate_nobody_else() {
    let mut random = random();
    let mut accepted = 0;
    for host in hosts() {
        let mut draft = Draft::of(&host);
        draft.extensions.push(extension(UNKNOWN, &[], &[0; 24]));
        let sound = draft.tbs();
        for index in 0..sound.len() {
            let mut tbs = sound.clone();
            tbs[index] ^= 1 + random.below(255) as u8;
            if let Some(remote) = verify(&draft.sign(&tbs)) {
                assert_eq!(remote.public_key, host.public_key(), "byte {index}");
                accepted += 1;
            }
        }
    }
    // The serial number, the dates and the unknown extension may change.
    assert!(accepted > 24, "{accepted} accepted");
}

#[test]
fn bytes_that_move_around_authenticate_nobody_else() {
    let mut random = random();
    let host = Host::ed25519(1);
    let draft = Draft::of(&host);
    let sound = draft.tbs();
    for _ in 0..2_000 {
        let mut tbs = sound.clone();
        for _ in 0..=random.below(3) {
            let (index, other) = (random.below(tbs.len()), random.below(sound.len()));
            match random.below(4) {
                0 => drop(tbs.remove(index)),
                1 => tbs.insert(index, random.next() as u8),
                2 => tbs[index] = sound[other],
                _ => {
                    let end = sound.len().min(other + random.below(40));
                    drop(tbs.splice(index..index, sound[other..end].iter().copied()));
                }
            }
        }
        if let Some(remote) = verify(&draft.sign(&tbs)) {
            assert_eq!(remote.public_key, host.public_key());
        }
    }
}

#[test]
fn noise_authenticates_nobody() {
    let mut random = random();
    for _ in 0..20_000 {
        let length = random.below(300);
        let mut der: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        // Often enough the outer length is right.
        if length > 4 && random.below(2) == 0 {
            der[..4].copy_from_slice(&[0x30, 0x82, ((length - 4) >> 8) as u8, (length - 4) as u8]);
        }
        assert_eq!(verify(&der), None);
    }
}

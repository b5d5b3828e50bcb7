//! The test vectors of the spec, by their numbers (libp2p `tls/tls.md`, "Test vectors").

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::time::Duration;

use quicmesh_tls::{CertificateError, PeerId, verify_certificate};
use rustls::pki_types::UnixTime;

use support::{NOW_SECONDS, host::base58};

fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(NOW_SECONDS))
}

fn proves(der: &[u8], peer_id: &str) {
    let remote = verify_certificate(der, now()).unwrap();
    assert_eq!(remote.peer_id.as_bytes(), base58(peer_id));
    assert_eq!(remote.peer_id, PeerId::from_public_key(&remote.public_key));
}

#[test]
fn vector_1_authenticates_an_ed25519_peer_id() {
    let der = include_bytes!("fixtures/vector-1.der");
    proves(der, "12D3KooWM6CgA9iBFZmcYAHA6A2qvbAxqfkmrYiRQuz3XEsk4Ksv");
}

#[test]
fn vector_2_authenticates_an_ecdsa_peer_id() {
    let der = include_bytes!("fixtures/vector-2.der");
    proves(der, "QmfXbAwNjJLXfesgztEHe8HwgVDCMMpZ9Eax1HYq6hn9uE");
}

#[test]
fn vector_3_authenticates_a_secp256k1_peer_id() {
    let der = include_bytes!("fixtures/vector-3.der");
    proves(der, "16Uiu2HAkutTMoTzDw1tCvSRtu6YoixJwS46S1ZFxW8hSx9fWHiPs");
}

#[test]
fn vector_4_is_refused_because_another_key_signed() {
    let der = include_bytes!("fixtures/vector-4.der");
    assert_eq!(
        verify_certificate(der, now()),
        Err(CertificateError::HostSignatureInvalid)
    );
}

//! `quicmesh-tls` and `libp2p-tls` behind one face: a verdict on a certificate, and hosts that both know.

#![forbid(unsafe_code)]

use libp2p_identity::Keypair;
use quicmesh_tls::{CertificateError, Identity, TlsKey, verify_certificate};
use rustls::pki_types::{CertificateDer, UnixTime};

const RSA_2048: &[u8] = include_bytes!("../../tests/fixtures/host-rsa-2048.pk8");

/// A host key of each type that both verify.
pub fn hosts() -> Vec<(&'static str, Keypair)> {
    vec![
        ("Ed25519", Keypair::generate_ed25519()),
        ("secp256k1", Keypair::generate_secp256k1()),
        ("ECDSA", Keypair::generate_ecdsa()),
        (
            "RSA",
            Keypair::rsa_from_pkcs8(&mut RSA_2048.to_vec()).expect("a sound key"),
        ),
    ]
}

/// Our identity for a host key of theirs.
pub fn our_identity(host: &Keypair) -> Identity {
    let key = TlsKey::generate().expect("randomness");
    let signature = host.sign(&key.to_be_signed()).expect("a sound key");
    key.certify(&host.public().encode_protobuf(), &signature)
        .expect("a sound signature")
}

/// Their certificate for it.
pub fn their_certificate(host: &Keypair) -> Vec<u8> {
    libp2p_tls::certificate::generate(host).expect("randomness").0.to_vec()
}

/// Whom we see in a certificate: the bytes of the peer id.
pub fn our_verdict(der: &[u8]) -> Result<Vec<u8>, CertificateError> {
    verify_certificate(der, UnixTime::now()).map(|remote| remote.peer_id.as_bytes().to_vec())
}

/// Whom they see.
pub fn their_verdict(der: &[u8]) -> Result<Vec<u8>, String> {
    libp2p_tls::certificate::parse(&CertificateDer::from(der.to_vec()))
        .map(|certificate| certificate.peer_id().to_bytes())
        .map_err(|error| error.to_string())
}

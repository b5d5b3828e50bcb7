//! Certificates of which every part can be made wrong.

use ring::{
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
        RSA_PKCS1_SHA256,
    },
};
use rustls::{
    crypto::ring::sign::any_supported_type,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::SigningKey,
};
use std::sync::Arc;

use super::{
    der,
    host::{self, Host},
};

pub const PREFIX: &[u8] = b"libp2p-tls-handshake:";
pub const LIBP2P: &[u8] = b"\x06\x0a\x2b\x06\x01\x04\x01\x83\xa2\x5a\x01\x01";
/// 1.3.6.1.4.1.53594.99, which nobody knows.
pub const UNKNOWN: &[u8] = b"\x06\x09\x2b\x06\x01\x04\x01\x83\xa2\x5a\x63";
pub const CRITICAL: &[u8] = b"\x01\x01\xff";
pub const NOT_CRITICAL: &[u8] = b"\x01\x01\x00";

const CERTIFICATE_P256: &[u8] = include_bytes!("../fixtures/certificate-p256.pk8");
const ECDSA_SHA256: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
const ECDSA_SHA384: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03";
const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
const RSA_SHA256: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";
const P384: &[u8] = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";

/// A key that signs certificates and transcripts.
pub struct CertificateKey {
    pub algorithm: &'static [u8],
    pub spki: Vec<u8>,
    pkcs8: Vec<u8>,
}

impl CertificateKey {
    /// The fixed key that the signatures among the fixtures are about.
    pub fn fixed() -> Self {
        Self::p256_of(CERTIFICATE_P256)
    }

    pub fn p256() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        Self::p256_of(pkcs8.as_ref())
    }

    pub fn p384() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P384_SHA384_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        let point = der(0x03, &[&[0], key.public_key().as_ref()]);
        Self {
            algorithm: ECDSA_SHA384,
            spki: der(0x30, &[P384, &point]),
            pkcs8: pkcs8.as_ref().to_vec(),
        }
    }

    pub fn ed25519() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let point = der(0x03, &[&[0], key.public_key().as_ref()]);
        Self {
            algorithm: ED25519,
            spki: der(0x30, &[ED25519, &point]),
            pkcs8: pkcs8.as_ref().to_vec(),
        }
    }

    pub fn rsa() -> Self {
        let key = rsa::KeyPair::from_pkcs8(host::RSA_2048).unwrap();
        Self {
            algorithm: RSA_SHA256,
            spki: host::rsa_spki(key.public_key().as_ref()),
            pkcs8: host::RSA_2048.to_vec(),
        }
    }

    fn p256_of(pkcs8: &[u8]) -> Self {
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8, &SystemRandom::new()).unwrap();
        Self {
            algorithm: ECDSA_SHA256,
            spki: host::p256_spki(key.public_key().as_ref()),
            pkcs8: pkcs8.to_vec(),
        }
    }

    pub fn to_be_signed(&self) -> Vec<u8> {
        [PREFIX, &self.spki].concat()
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let ecdsa = |algorithm| {
            let key = EcdsaKeyPair::from_pkcs8(algorithm, &self.pkcs8, &random).unwrap();
            key.sign(&random, message).unwrap().as_ref().to_vec()
        };
        match self.algorithm {
            ECDSA_SHA256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING),
            ECDSA_SHA384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING),
            ED25519 => {
                let key = Ed25519KeyPair::from_pkcs8(&self.pkcs8).unwrap();
                key.sign(message).as_ref().to_vec()
            }
            _ => {
                let key = rsa::KeyPair::from_pkcs8(&self.pkcs8).unwrap();
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// The same key for `rustls`.
    pub fn signing_key(&self) -> Arc<dyn SigningKey> {
        let pkcs8 = PrivatePkcs8KeyDer::from(self.pkcs8.clone());
        any_supported_type(&PrivateKeyDer::from(pkcs8)).unwrap()
    }
}

/// A certificate in parts. [`Draft::of`] is sound; change a part and [`build`](Draft::build) it.
pub struct Draft {
    pub key: CertificateKey,
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub inner_algorithm: Vec<u8>,
    pub not_before: Vec<u8>,
    pub not_after: Vec<u8>,
    pub unique_ids: Vec<u8>,
    pub extensions: Vec<Vec<u8>>,
    pub after_extensions: Vec<u8>,
}

impl Draft {
    pub fn of(host: &Host) -> Self {
        Self::with_key(host, CertificateKey::fixed())
    }

    pub fn with_key(host: &Host, key: CertificateKey) -> Self {
        let signature = host.sign(&key.to_be_signed());
        let extension = extension(LIBP2P, &[], &signed_key(&host.public_key(), &signature));
        Self {
            version: der(0xa0, &[&[2, 1, 2]]),
            serial: vec![0x11, 0x22, 0x33],
            inner_algorithm: key.algorithm.to_vec(),
            not_before: utc("250101000000Z"),
            not_after: general("21250101000000Z"),
            unique_ids: Vec::new(),
            extensions: vec![extension],
            after_extensions: Vec::new(),
            key,
        }
    }

    /// With a host key and a signature that this crate cannot make, over the fixed key.
    pub fn with_signed_key(public_key: &[u8], signature: &[u8]) -> Self {
        let mut draft = Self::of(&Host::ed25519(1));
        draft.extensions = vec![extension(LIBP2P, &[], &signed_key(public_key, signature))];
        draft
    }

    pub fn tbs(&self) -> Vec<u8> {
        let name = der(0x30, &[]);
        let extensions: Vec<&[u8]> = self.extensions.iter().map(Vec::as_slice).collect();
        let extensions = match extensions.as_slice() {
            [] => Vec::new(),
            list => der(0xa3, &[&der(0x30, list)]),
        };
        let parts: &[&[u8]] = &[
            &self.version,
            &der(0x02, &[&self.serial]),
            &self.inner_algorithm,
            &name,
            &der(0x30, &[&self.not_before, &self.not_after]),
            &name,
            &self.key.spki,
            &self.unique_ids,
            &extensions,
            &self.after_extensions,
        ];
        der(0x30, parts)
    }

    pub fn build(&self) -> Vec<u8> {
        self.sign(&self.tbs())
    }

    /// Signs any bytes as if they were a certificate.
    pub fn sign(&self, tbs: &[u8]) -> Vec<u8> {
        let signature = der(0x03, &[&[0], &self.key.sign(tbs)]);
        der(0x30, &[tbs, self.key.algorithm, &signature])
    }
}

pub fn signed_key(public_key: &[u8], signature: &[u8]) -> Vec<u8> {
    der(0x30, &[&der(0x04, &[public_key]), &der(0x04, &[signature])])
}

pub fn extension(id: &[u8], critical: &[u8], value: &[u8]) -> Vec<u8> {
    der(0x30, &[id, critical, &der(0x04, &[value])])
}

pub fn utc(text: &str) -> Vec<u8> {
    der(0x17, &[text.as_bytes()])
}

pub fn general(text: &str) -> Vec<u8> {
    der(0x18, &[text.as_bytes()])
}

//! Host keys, their libp2p encoding, and their signatures.

use k256::ecdsa::{Signature, SigningKey, signature::Signer};
use ring::{
    rand::SystemRandom,
    rsa,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256},
};

use super::der;

pub const RSA_2048: &[u8] = include_bytes!("../fixtures/host-rsa-2048.pk8");

const P256_ALGORITHM: &[u8] = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const RSA_ALGORITHM: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

pub enum Host {
    Ed25519(Ed25519KeyPair),
    Secp256k1(SigningKey),
    Ecdsa(EcdsaKeyPair),
    Rsa(Box<rsa::KeyPair>),
}

impl Host {
    pub fn ed25519(seed: u8) -> Self {
        Self::Ed25519(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    pub fn secp256k1(seed: u8) -> Self {
        Self::Secp256k1(SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    pub fn ecdsa() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self::Ecdsa(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap())
    }

    pub fn rsa_2048() -> Self {
        Self::Rsa(Box::new(rsa::KeyPair::from_pkcs8(RSA_2048).unwrap()))
    }

    pub fn of_each_type() -> Vec<(&'static str, Self)> {
        vec![
            ("Ed25519", Self::ed25519(1)),
            ("secp256k1", Self::secp256k1(1)),
            ("ECDSA", Self::ecdsa()),
            ("RSA", Self::rsa_2048()),
        ]
    }

    /// The protobuf.
    pub fn public_key(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => encode(0, &rsa_spki(key.public_key().as_ref())),
            Self::Ed25519(key) => encode(1, key.public_key().as_ref()),
            Self::Secp256k1(key) => encode(2, key.verifying_key().to_sec1_point(true).as_bytes()),
            Self::Ecdsa(key) => encode(3, &p256_spki(key.public_key().as_ref())),
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Self::Secp256k1(key) => {
                let signature: Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::Ecdsa(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

/// `PublicKey { Type, Data }`.
pub fn encode(key_type: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x08, key_type, 0x12];
    let mut length = data.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(data);
    out
}

pub fn p256_spki(point: &[u8]) -> Vec<u8> {
    der(0x30, &[P256_ALGORITHM, &der(0x03, &[&[0], point])])
}

pub fn rsa_spki(pkcs1: &[u8]) -> Vec<u8> {
    der(0x30, &[RSA_ALGORITHM, &der(0x03, &[&[0], pkcs1])])
}

/// An RSA key with the exponent 65537 and a modulus of so many bits that nobody can sign with.
pub fn rsa_spki_of_bits(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] = 0xff >> (modulus.len() * 8 - bits);
    if modulus[0] >= 0x80 {
        modulus.insert(0, 0);
    }
    let modulus = der(0x02, &[&modulus]);
    rsa_spki(&der(0x30, &[&modulus, &der(0x02, &[&[1, 0, 1]])]))
}

/// The multihash that a peer id in base58btc stands for.
pub fn base58(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes: Vec<u8> = Vec::new();
    for letter in text.bytes() {
        let mut carry = ALPHABET.iter().position(|known| *known == letter).unwrap();
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.insert(0, carry as u8);
            carry >>= 8;
        }
    }
    let zeros = text.bytes().take_while(|letter| *letter == b'1').count();
    [vec![0; zeros], bytes].concat()
}

//! The public host key of a peer (libp2p `peer-ids/peer-ids.md`), and what it signs.

use k256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use rustls::pki_types::alg_id;

use crate::{
    CertificateError,
    der::{NotDer, Reader},
    signature::{self, SignatureError},
};

/// Smallest RSA modulus in bits: below it peers refuse keys as too weak.
const MIN_RSA_BITS: usize = 2_048;
/// Largest RSA modulus in bits: bounds the cost of one verification.
const MAX_RSA_BITS: usize = 8_192;

/// The tag of the field `Type`, a varint.
const TYPE_TAG: u8 = 0x08;
/// The tag of the field `Data`, bytes.
const DATA_TAG: u8 = 0x12;

/// A parsed `PublicKey`.
pub(crate) enum HostKey<'a> {
    Ed25519(&'a [u8; 32]),
    Secp256k1(VerifyingKey),
    Ecdsa { curve: &'a [u8], point: &'a [u8] },
    Rsa(&'a [u8]),
}

impl<'a> HostKey<'a> {
    /// Parses the protobuf.
    ///
    /// Only the deterministic encoding is taken: `Type` then `Data`, minimal varints, nothing
    /// else, nothing twice. The peer id is a hash of the encoding, so a second encoding of the
    /// same key would be a second name for the same peer.
    ///
    /// # Errors
    ///
    /// `UnsupportedKeyType`, `HostKeyInvalid`.
    pub(crate) fn parse(encoded: &'a [u8]) -> Result<Self, CertificateError> {
        let (key_type, data) = fields(encoded).ok_or(CertificateError::HostKeyInvalid)?;
        match key_type {
            0 => rsa(data),
            1 => match data.try_into() {
                Ok(key) => Ok(Self::Ed25519(key)),
                Err(_) => Err(CertificateError::HostKeyInvalid),
            },
            // Compressed only, although SEC1 knows longer forms.
            2 if data.len() == 33 => VerifyingKey::from_sec1_bytes(data)
                .map(Self::Secp256k1)
                .map_err(|_| CertificateError::HostKeyInvalid),
            2 => Err(CertificateError::HostKeyInvalid),
            3 => ecdsa(data),
            _ => Err(CertificateError::UnsupportedKeyType),
        }
    }

    /// Verifies a signature of this key. A point that is not on its curve shows here, not in `parse`.
    ///
    /// # Errors
    ///
    /// `HostSignatureInvalid`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CertificateError> {
        let verified = match self {
            Self::Ed25519(key) => signature::verify(&alg_id::ED25519, &alg_id::ED25519, *key, message, signature),
            // Signatures with a high S are left to the signer: nothing here depends on which of the two is sent.
            Self::Secp256k1(key) => Signature::from_der(signature)
                .and_then(|signature| key.verify(message, &signature.normalize_s()))
                .map_err(|_| SignatureError::Invalid),
            Self::Ecdsa { curve, point } => signature::verify(curve, &alg_id::ECDSA_SHA256, point, message, signature),
            Self::Rsa(key) => {
                let algorithm = alg_id::RSA_PKCS1_SHA256;
                signature::verify(&alg_id::RSA_ENCRYPTION, &algorithm, key, message, signature)
            }
        };
        verified.map_err(|_| CertificateError::HostSignatureInvalid)
    }
}

/// `Type` and `Data`.
fn fields(encoded: &[u8]) -> Option<(u8, &[u8])> {
    match encoded {
        [TYPE_TAG, key_type @ 0..=0x7f, DATA_TAG, length @ 0..=0x7f, data @ ..] => {
            (usize::from(*length) == data.len()).then_some((*key_type, data))
        }
        // Two bytes of length carry 16 KiB: more than a certificate may have.
        [
            TYPE_TAG,
            key_type @ 0..=0x7f,
            DATA_TAG,
            low @ 0x80..=0xff,
            high @ 1..=0x7f,
            data @ ..,
        ] => {
            let length = usize::from(low & 0x7f) | usize::from(*high) << 7;
            (length == data.len()).then_some((*key_type, data))
        }
        _ => None,
    }
}

fn ecdsa(spki: &[u8]) -> Result<HostKey<'_>, CertificateError> {
    let (curve, point) = subject_public_key(spki).map_err(|_| CertificateError::HostKeyInvalid)?;
    if curve != alg_id::ECDSA_P256.as_ref() && curve != alg_id::ECDSA_P384.as_ref() {
        return Err(CertificateError::UnsupportedKeyType);
    }
    Ok(HostKey::Ecdsa { curve, point })
}

fn rsa(spki: &[u8]) -> Result<HostKey<'_>, CertificateError> {
    let (key, bits) = rsa_bits(spki).map_err(|_| CertificateError::HostKeyInvalid)?;
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        return Err(CertificateError::HostKeyInvalid);
    }
    Ok(HostKey::Rsa(key))
}

/// The `RSAPublicKey` (RFC 8017 appendix A.1.1) and the length of its modulus.
fn rsa_bits(spki: &[u8]) -> Result<(&[u8], usize), NotDer> {
    let (algorithm, key) = subject_public_key(spki)?;
    if algorithm != alg_id::RSA_ENCRYPTION.as_ref() {
        return Err(NotDer);
    }
    let mut outer = Reader::new(key);
    let mut sequence = outer.sequence()?;
    let modulus = sequence.positive_integer()?;
    sequence.positive_integer()?;
    sequence.end()?;
    outer.end()?;
    let unused_bits = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    Ok((key, modulus.len() * 8 - unused_bits))
}

/// The contents of the algorithm and of the bit string of a `SubjectPublicKeyInfo`, alone.
fn subject_public_key(spki: &[u8]) -> Result<(&[u8], &[u8]), NotDer> {
    let mut outer = Reader::new(spki);
    let fields = spki_fields(outer.sequence()?)?;
    outer.end()?;
    Ok(fields)
}

/// The contents of the algorithm and of the bit string of a `SubjectPublicKeyInfo`.
pub(crate) fn spki_fields(mut sequence: Reader<'_>) -> Result<(&[u8], &[u8]), NotDer> {
    let algorithm = sequence.value(crate::der::SEQUENCE)?;
    let key = sequence.bit_string()?;
    sequence.end()?;
    Ok((algorithm, key))
}

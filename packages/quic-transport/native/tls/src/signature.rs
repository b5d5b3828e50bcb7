//! Signature verification by the algorithm identifiers of X.509, with what ring offers.

use rustls::crypto::{WebPkiSupportedAlgorithms, ring::default_provider};

/// Why [`verify`] refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureError {
    /// No verifier for this pair of algorithms.
    Unsupported,
    /// The signature or the key is wrong.
    Invalid,
}

/// ECDSA on P-256 and P-384, Ed25519, and RSA of 2,048 to 8,192 bits.
pub(crate) fn algorithms() -> WebPkiSupportedAlgorithms {
    default_provider().signature_verification_algorithms
}

/// Verifies `signature` over `message`.
///
/// Both algorithms are the contents of an `AlgorithmIdentifier`, `key` those of the
/// `subjectPublicKey` bit string.
pub(crate) fn verify(
    key_algorithm: &[u8],
    signature_algorithm: &[u8],
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    algorithms()
        .all
        .iter()
        .find(|algorithm| {
            algorithm.public_key_alg_id().as_ref() == key_algorithm
                && algorithm.signature_alg_id().as_ref() == signature_algorithm
        })
        .ok_or(SignatureError::Unsupported)?
        .verify_signature(key, message, signature)
        .map_err(|_| SignatureError::Invalid)
}

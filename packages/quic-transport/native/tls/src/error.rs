//! What can go wrong, as closed sets.

use std::{error::Error, fmt, sync::Arc};

use rustls::OtherError;

use crate::PeerId;

/// Why a certificate of a peer was refused: one variant per phase, in the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateError {
    /// The peer sent no certificate.
    Missing,
    /// The peer sent a chain of more than one certificate.
    MoreThanOne,
    /// Longer than [`MAX_CERTIFICATE_BYTES`](crate::certificate::MAX_CERTIFICATE_BYTES).
    TooLarge,
    /// Not the DER of one X.509 v3 certificate: trailing bytes and unique identifiers included.
    Malformed,
    /// More than [`MAX_EXTENSIONS`](crate::certificate::MAX_EXTENSIONS).
    TooManyExtensions,
    /// `notBefore` lies in the future.
    NotYetValid,
    /// `notAfter` lies in the past.
    Expired,
    /// An extension appears twice (RFC 5280 section 4.2).
    DuplicateExtension,
    /// A critical extension other than that of libp2p.
    UnknownCriticalExtension,
    /// No libp2p Public Key Extension.
    ExtensionMissing,
    /// The libp2p Public Key Extension is not the DER of one `SignedKey`.
    ExtensionMalformed,
    /// A host key of a type or on a curve that this crate does not verify.
    UnsupportedKeyType,
    /// A host key that is not in its canonical encoding, or an RSA one outside of 2,048 to 8,192 bits.
    HostKeyInvalid,
    /// The host key did not sign the key of the certificate.
    HostSignatureInvalid,
    /// The certificate is signed with an algorithm that this crate does not verify.
    UnsupportedSignatureAlgorithm,
    /// The self-signature does not verify.
    SelfSignatureInvalid,
    /// A sound certificate of another peer than the one that was dialled.
    UnexpectedPeer {
        /// The peer that was dialled.
        expected: PeerId,
        /// The peer that the certificate proves.
        actual: PeerId,
    },
}

impl CertificateError {
    /// Finds the refusal inside of what `rustls` returned; `None` when the handshake failed for
    /// another reason.
    ///
    /// [`UnexpectedPeer`](Self::UnexpectedPeer) always comes back whole. quinn passes on only
    /// the alert and a text, so below quinn ask [`Refusal`](crate::Refusal) instead.
    pub fn from_rustls(error: &rustls::Error) -> Option<Self> {
        let rustls::Error::InvalidCertificate(error) = error else {
            return None;
        };
        match error {
            rustls::CertificateError::BadEncoding => Some(Self::Malformed),
            rustls::CertificateError::NotValidYet => Some(Self::NotYetValid),
            rustls::CertificateError::Expired => Some(Self::Expired),
            rustls::CertificateError::UnhandledCriticalExtension => Some(Self::UnknownCriticalExtension),
            rustls::CertificateError::Other(OtherError(other)) => {
                other.downcast_ref::<Told>().map(|told| told.0.clone())
            }
            _ => None,
        }
    }
}

/// Chooses the alert that the peer sees: bad_certificate, certificate_expired, and certificate_unknown
/// for what `rustls` has no word for (RFC 8446 section 6.2). A bad signature is among these, because
/// the word of `rustls` for it also means a bad signature over the transcript.
impl From<CertificateError> for rustls::Error {
    fn from(error: CertificateError) -> Self {
        Self::InvalidCertificate(match error {
            CertificateError::Malformed => rustls::CertificateError::BadEncoding,
            CertificateError::NotYetValid => rustls::CertificateError::NotValidYet,
            CertificateError::Expired => rustls::CertificateError::Expired,
            CertificateError::UnknownCriticalExtension => rustls::CertificateError::UnhandledCriticalExtension,
            other => rustls::CertificateError::Other(OtherError(Arc::new(Told(other)))),
        })
    }
}

/// A refusal on its way through `rustls`. quinn sends its `Debug` text to the peer as the reason of the
/// close, and whom we wanted to reach is not the business of whoever answered.
#[derive(Clone)]
struct Told(CertificateError);

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            CertificateError::UnexpectedPeer { .. } => f.write_str("unexpected peer"),
            other => fmt::Display::fmt(other, f),
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Error for Told {}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no certificate",
            Self::MoreThanOne => "more than one certificate",
            Self::TooLarge => "certificate too large",
            Self::Malformed => "malformed certificate",
            Self::TooManyExtensions => "too many certificate extensions",
            Self::NotYetValid => "certificate not yet valid",
            Self::Expired => "certificate expired",
            Self::DuplicateExtension => "duplicate certificate extension",
            Self::UnknownCriticalExtension => "unknown critical certificate extension",
            Self::ExtensionMissing => "no libp2p public key extension",
            Self::ExtensionMalformed => "malformed libp2p public key extension",
            Self::UnsupportedKeyType => "unsupported host key type",
            Self::HostKeyInvalid => "invalid host key",
            Self::HostSignatureInvalid => "invalid signature of the host key",
            Self::UnsupportedSignatureAlgorithm => "unsupported certificate signature algorithm",
            Self::SelfSignatureInvalid => "invalid self-signature",
            Self::UnexpectedPeer { expected, actual } => {
                return write!(f, "expected peer {expected}, found {actual}");
            }
        })
    }
}

impl Error for CertificateError {}

/// Why an own identity or configuration could not be made.
#[derive(Clone, Debug, PartialEq)]
pub enum TlsError {
    /// The system gave no randomness, or the crypto provider refused its own key.
    KeyGeneration,
    /// The host key or its signature would be refused by every peer.
    HostKey(CertificateError),
    /// The key of the certificate failed to sign it.
    Signing(rustls::Error),
    /// `rustls` refused the configuration.
    Config(rustls::Error),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyGeneration => f.write_str("could not generate a certificate key"),
            Self::HostKey(error) => write!(f, "host key: {error}"),
            Self::Signing(error) => write!(f, "could not sign the certificate: {error}"),
            Self::Config(error) => write!(f, "TLS configuration: {error}"),
        }
    }
}

impl Error for TlsError {}

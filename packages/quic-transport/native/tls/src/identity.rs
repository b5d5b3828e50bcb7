//! Who we are in a handshake.

use std::{fmt, sync::Arc};

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use rustls::{
    SignatureScheme,
    crypto::{CryptoProvider, ring::sign::any_ecdsa_type},
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime},
    sign::{CertifiedKey, SigningKey, SingleCertAndKey},
};

use crate::{PeerId, TlsError, certificate, config, host_key::HostKey};

/// An ephemeral P-256 key for the certificate, unrelated to the host key (spec "Peer
/// Authentication"). It lives in memory only.
pub struct TlsKey {
    key: Arc<dyn SigningKey>,
    spki: Vec<u8>,
}

impl TlsKey {
    /// Draws a key.
    ///
    /// # Errors
    ///
    /// [`TlsError::KeyGeneration`] when the system gives no randomness.
    pub fn generate() -> Result<Self, TlsError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
            .map_err(|_| TlsError::KeyGeneration)?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pkcs8.as_ref()));
        let key = any_ecdsa_type(&der).map_err(|_| TlsError::KeyGeneration)?;
        let spki = key.public_key().ok_or(TlsError::KeyGeneration)?.to_vec();
        Ok(Self { key, spki })
    }

    /// The bytes that the host key must sign: `libp2p-tls-handshake:` and the
    /// `SubjectPublicKeyInfo` of this key as DER.
    pub fn to_be_signed(&self) -> Vec<u8> {
        certificate::to_be_signed(&self.spki)
    }

    /// Makes the certificate: valid from an hour ago for 100 years, with a random serial number.
    ///
    /// `host_public_key` is the protobuf-encoded libp2p `PublicKey`; `signature` is made by the host
    /// key over [`to_be_signed`](Self::to_be_signed), as libp2p signs with that type of key. It is
    /// checked here, so that a wrong key fails at once and not in the first handshake.
    ///
    /// # Errors
    ///
    /// [`TlsError::HostKey`] with `UnsupportedKeyType`, `HostKeyInvalid` or `HostSignatureInvalid`;
    /// [`TlsError::KeyGeneration`] or [`TlsError::Signing`] when the system gives no randomness.
    pub fn certify(self, host_public_key: &[u8], signature: &[u8]) -> Result<Identity, TlsError> {
        HostKey::parse(host_public_key)
            .and_then(|key| key.verify(&self.to_be_signed(), signature))
            .map_err(TlsError::HostKey)?;

        let provider = Arc::new(config::provider());
        let mut serial = [0; 16];
        let random = provider.secure_random;
        random.fill(&mut serial).map_err(|_| TlsError::KeyGeneration)?;
        let signer = self
            .key
            .choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256])
            .ok_or(TlsError::KeyGeneration)?;
        let certificate = certificate::issue(
            &self.spki,
            serial,
            UnixTime::now(),
            (host_public_key, signature),
            |message| signer.sign(message).map_err(TlsError::Signing),
        )?;
        let key = Arc::new(CertifiedKey::new(vec![certificate.clone()], self.key));
        Ok(Identity {
            peer_id: PeerId::from_public_key(host_public_key),
            certificate,
            resolver: Arc::new(SingleCertAndKey::from(key)),
            provider,
        })
    }
}

impl fmt::Debug for TlsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsKey").finish_non_exhaustive()
    }
}

/// A certificate chain of one and its key. Cheap to clone; the configurations are made from it by
/// [`client_config`](Self::client_config), [`dial_config`](Self::dial_config) and
/// [`server_config`](Self::server_config).
#[derive(Clone)]
pub struct Identity {
    peer_id: PeerId,
    certificate: CertificateDer<'static>,
    pub(crate) resolver: Arc<SingleCertAndKey>,
    pub(crate) provider: Arc<CryptoProvider>,
}

impl Identity {
    /// Our own peer id.
    pub fn peer_id(&self) -> &PeerId {
        &self.peer_id
    }

    /// Our own certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("peer_id", &self.peer_id)
            .finish_non_exhaustive()
    }
}

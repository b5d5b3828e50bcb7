//! The `rustls` configurations of both sides: TLS 1.3 alone, ALPN `libp2p` alone, mutual
//! authentication, no server name, no resumption, no 0-RTT.

use std::sync::{Arc, OnceLock};

use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, Error, KeyLog, NoKeyLog, ServerConfig, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{
        CryptoProvider,
        ring::{cipher_suite, default_provider, kx_group},
        verify_tls13_signature_with_raw_key,
    },
    pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime},
    server::{
        NoServerSessionStorage,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    version::TLS13,
};

use crate::{CertificateError, Identity, PeerId, RemoteIdentity, TlsError, certificate, signature, verify_certificate};

/// The only application protocol offered and accepted (spec "ALPN").
///
/// The configurations are for QUIC: there `rustls` refuses a peer that names no protocol (RFC 9001
/// section 8.1), over TCP it would let that peer pass.
pub const ALPN: &[u8] = b"libp2p";

/// Why the certificate of the peer was refused in the one handshake of its configuration.
///
/// quinn reports a failed handshake as an alert and a text; this keeps the error itself.
#[derive(Clone, Debug, Default)]
pub struct Refusal(Arc<OnceLock<CertificateError>>);

impl Refusal {
    /// `None` as long as no certificate was refused: look after the handshake has failed.
    pub fn error(&self) -> Option<&CertificateError> {
        self.0.get()
    }
}

impl Identity {
    /// The client side, for any number of handshakes.
    ///
    /// `expected` is the peer that the certificate must prove; with `None` any peer will do, and the
    /// caller asks [`remote_identity`](crate::remote_identity) who it is. `key_log` receives the secrets of every
    /// connection: pass `None` unless the user asked for it.
    ///
    /// # Errors
    ///
    /// [`TlsError::Config`] if `rustls` refuses the configuration, which would be a bug.
    pub fn client_config(
        &self,
        expected: Option<PeerId>,
        key_log: Option<Arc<dyn KeyLog>>,
    ) -> Result<Arc<ClientConfig>, TlsError> {
        self.dial_config(expected, key_log).map(|(config, _)| config)
    }

    /// As [`client_config`](Self::client_config), for one handshake, with the place where the reason of a refused
    /// certificate is left.
    ///
    /// # Errors
    ///
    /// Those of [`client_config`](Self::client_config).
    pub fn dial_config(
        &self,
        expected: Option<PeerId>,
        key_log: Option<Arc<dyn KeyLog>>,
    ) -> Result<(Arc<ClientConfig>, Refusal), TlsError> {
        let refusal = Refusal::default();
        let verifier = PeerVerifier {
            expected,
            refusal: refusal.clone(),
        };
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13])
            .map_err(TlsError::Config)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(self.resolver.clone());
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.enable_sni = false;
        config.resumption = Resumption::disabled();
        config.enable_early_data = false;
        config.key_log = key_log.unwrap_or_else(|| Arc::new(NoKeyLog));
        Ok((Arc::new(config), refusal))
    }

    /// The server side, for any number of handshakes. `key_log` as in
    /// [`client_config`](Self::client_config).
    ///
    /// # Errors
    ///
    /// [`TlsError::Config`] if `rustls` refuses the configuration, which would be a bug.
    pub fn server_config(&self, key_log: Option<Arc<dyn KeyLog>>) -> Result<Arc<ServerConfig>, TlsError> {
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13])
            .map_err(TlsError::Config)?
            .with_client_cert_verifier(Arc::new(PeerVerifier::default()))
            .with_cert_resolver(self.resolver.clone());
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        config.key_log = key_log.unwrap_or_else(|| Arc::new(NoKeyLog));
        Ok(Arc::new(config))
    }
}

/// ring, whatever the process has installed as its default. AES-128 first: the cheapest where the
/// processor has AES instructions. X25519 first: it keeps the hello within one Initial.
pub(crate) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            cipher_suite::TLS13_AES_128_GCM_SHA256,
            cipher_suite::TLS13_AES_256_GCM_SHA384,
            cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        ],
        kx_groups: vec![kx_group::X25519, kx_group::SECP256R1, kx_group::SECP384R1],
        ..default_provider()
    }
}

/// Judges the chain of the other side, whichever side that is.
#[derive(Debug, Default)]
struct PeerVerifier {
    expected: Option<PeerId>,
    refusal: Refusal,
}

impl PeerVerifier {
    fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        self.judge(certificate, rest, now).map_err(|error| {
            // Full only when the configuration is used again: the first refusal stands.
            let _ = self.refusal.0.set(error.clone());
            error.into()
        })
    }

    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), CertificateError> {
        if !rest.is_empty() {
            return Err(CertificateError::MoreThanOne);
        }
        let RemoteIdentity { peer_id, .. } = verify_certificate(certificate, now)?;
        match &self.expected {
            Some(expected) if *expected != peer_id => Err(CertificateError::UnexpectedPeer {
                expected: expected.clone(),
                actual: peer_id,
            }),
            _ => Ok(()),
        }
    }
}

/// The signature over the transcript (RFC 8446 section 4.4.3). The raw key is used because `webpki`
/// would read the certificate itself and refuse it when the libp2p extension is critical.
fn verify_transcript(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let spki = certificate::subject_public_key_info(certificate)?;
    let spki = SubjectPublicKeyInfoDer::from(spki);
    verify_tls13_signature_with_raw_key(message, &spki, signature, &signature::algorithms())
}

/// Never reached: no configuration speaks TLS 1.2.
fn refuse_tls12() -> Result<HandshakeSignatureValid, Error> {
    Err(Error::General("TLS 1.2 is not spoken here".into()))
}

impl ServerCertVerifier for PeerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verify(end_entity, intermediates, now)
            .map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        refuse_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_transcript(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        signature::algorithms().supported_schemes()
    }
}

impl ClientCertVerifier for PeerVerifier {
    /// Certificates are self-signed: there is no authority to hint at.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.verify(end_entity, intermediates, now)
            .map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        refuse_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_transcript(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        signature::algorithms().supported_schemes()
    }
}

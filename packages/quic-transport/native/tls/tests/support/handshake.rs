//! Handshakes in memory, as QUIC carries them.

use std::sync::Arc;

use quicmesh_tls::ALPN;
use rustls::{
    AlertDescription, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    SupportedProtocolVersion,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::ring::default_provider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    quic::{ClientConnection, ServerConnection, Version},
    server::danger::{ClientCertVerified, ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
    version::TLS13,
};

use super::certificate::CertificateKey;

/// Both ends after a handshake that went through.
#[derive(Debug)]
pub struct Pair {
    pub client: ClientConnection,
    pub server: ServerConnection,
    /// What the server sent after its handshake was complete.
    pub after_handshake: Vec<u8>,
}

/// The end that refused, and why.
#[derive(Debug)]
pub struct Failure {
    pub is_client: bool,
    pub error: Error,
    pub alert: Option<AlertDescription>,
}

pub fn server_name() -> ServerName<'static> {
    ServerName::try_from("libp2p").unwrap()
}

pub fn shake(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Result<Pair, Failure> {
    shake_through(client, server, |flight| flight)
}

/// The same with somebody in between who changes what the server sends.
pub fn shake_through(
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    change: impl Fn(Vec<u8>) -> Vec<u8>,
) -> Result<Pair, Failure> {
    let mut client = ClientConnection::new(client, Version::V1, server_name(), b"client".to_vec()).unwrap();
    let mut server = ServerConnection::new(server, Version::V1, b"server".to_vec()).unwrap();
    let mut after_handshake = Vec::new();
    loop {
        let mut is_idle = true;
        let mut flight = Vec::new();
        while client.write_hs(&mut flight).is_some() || !flight.is_empty() {
            is_idle = false;
            server.read_hs(&flight).map_err(|error| Failure {
                is_client: false,
                error,
                alert: server.alert(),
            })?;
            flight.clear();
        }
        while server.write_hs(&mut flight).is_some() || !flight.is_empty() {
            is_idle = false;
            if !server.is_handshaking() {
                after_handshake.extend(&flight);
            }
            client.read_hs(&change(flight.clone())).map_err(|error| Failure {
                is_client: true,
                error,
                alert: client.alert(),
            })?;
            flight.clear();
        }
        if is_idle {
            break;
        }
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok(Pair {
        client,
        server,
        after_handshake,
    })
}

/// Somebody who does as it likes: any chain, any protocol, any version, and no questions asked.
pub struct Stranger {
    pub chain: Vec<Vec<u8>>,
    pub key: CertificateKey,
    pub alpn: Vec<Vec<u8>>,
    pub versions: Vec<&'static SupportedProtocolVersion>,
}

impl Stranger {
    pub fn with(chain: &[&[u8]], key: CertificateKey) -> Self {
        Self {
            chain: chain.iter().map(|der| der.to_vec()).collect(),
            key,
            alpn: vec![ALPN.to_vec()],
            versions: vec![&TLS13],
        }
    }

    pub fn client(&self) -> Arc<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&self.versions)
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Gullible));
        let mut config = match self.chain.as_slice() {
            [] => builder.with_no_client_auth(),
            _ => builder.with_client_cert_resolver(self.resolver()),
        };
        config.alpn_protocols = self.alpn.clone();
        Arc::new(config)
    }

    pub fn server(&self) -> Arc<ServerConfig> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&self.versions)
            .unwrap()
            .with_client_cert_verifier(Arc::new(Gullible))
            .with_cert_resolver(self.resolver());
        config.alpn_protocols = self.alpn.clone();
        Arc::new(config)
    }

    fn resolver(&self) -> Arc<SingleCertAndKey> {
        let chain = self.chain.iter().cloned().map(CertificateDer::from).collect();
        let key = CertifiedKey::new(chain, self.key.signing_key());
        Arc::new(SingleCertAndKey::from(key))
    }
}

/// Believes everything.
#[derive(Debug)]
struct Gullible;

impl ServerCertVerifier for Gullible {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = default_provider().signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Gullible {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = default_provider().signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

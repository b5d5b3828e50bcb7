//! Handshakes: who gets through, and what the other side is told.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::{
    io::Read,
    sync::{Arc, Mutex},
};

use quicmesh_tls::{CertificateError, Identity, PeerId, TlsError, TlsKey, remote_identity, verify_certificate};
use rustls::{
    AlertDescription, CipherSuite, ClientConnection, Connection, Error, HandshakeKind, KeyLog, NamedGroup,
    ProtocolVersion, ServerConnection,
    pki_types::{CertificateDer, UnixTime},
    server::ParsedCertificate,
    version::TLS12,
};

use support::{
    certificate::{CRITICAL, CertificateKey, Draft, LIBP2P, extension, signed_key, utc},
    handshake::{Failure, Pair, Stranger, server_name, shake, shake_through},
    host::{Host, encode},
    identity,
};

fn peer_id(host: &Host) -> PeerId {
    PeerId::from_public_key(&host.public_key())
}

fn shake_own(client: &Identity, expected: Option<PeerId>, server: &Identity) -> Pair {
    let config = client.client_config(expected, None).unwrap();
    shake(config, server.server_config(None).unwrap()).unwrap()
}

/// How our server takes a client with this chain, and our client a server with it.
fn both_refuse(chain: &[&[u8]], key: fn() -> CertificateKey) -> [Failure; 2] {
    let ours = identity(&Host::ed25519(9));
    let stranger = Stranger::with(chain, key());
    let (client, refusal) = ours.dial_config(None, None).unwrap();
    let by_server = shake(stranger.client(), ours.server_config(None).unwrap()).unwrap_err();
    let by_client = shake(client, stranger.server()).unwrap_err();
    assert!(!by_server.is_client && by_client.is_client);
    if let Some(found) = CertificateError::from_rustls(&by_client.error) {
        assert_eq!(refusal.error(), Some(&found));
    }
    [by_server, by_client]
}

fn both_refuse_because(chain: &[&[u8]], expected: CertificateError, alert: AlertDescription) {
    for failure in both_refuse(chain, CertificateKey::fixed) {
        let found = CertificateError::from_rustls(&failure.error);
        assert_eq!(found.as_ref(), Some(&expected));
        assert_eq!(failure.alert, Some(alert));
    }
}

#[test]
fn own_certificates_with_each_type_of_host_key_authenticate_both_sides() {
    for (name, host) in Host::of_each_type() {
        let dialer = Host::ed25519(2);
        let pair = shake_own(&identity(&dialer), Some(peer_id(&host)), &identity(&host));
        let server = remote_identity(pair.client.peer_certificates().unwrap()).unwrap();
        assert_eq!(server.public_key, host.public_key(), "{name}");
        assert_eq!(server.peer_id, peer_id(&host), "{name}");
        let client = remote_identity(pair.server.peer_certificates().unwrap()).unwrap();
        assert_eq!(client.public_key, dialer.public_key(), "{name}");

        let pair = shake_own(&identity(&host), None, &identity(&dialer));
        let client = remote_identity(pair.server.peer_certificates().unwrap()).unwrap();
        assert_eq!(client.public_key, host.public_key(), "{name}");
    }
}

#[test]
fn own_certificates_are_valid_from_an_hour_ago_for_a_century() {
    let identity = identity(&Host::ed25519(1));
    assert_eq!(identity.peer_id(), &peer_id(&Host::ed25519(1)));
    let at = |offset: i64| {
        let seconds = UnixTime::now().as_secs().checked_add_signed(offset).unwrap();
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        verify_certificate(identity.certificate(), time)
    };
    let (hour, year) = (3_600, 31_557_600);
    assert!(at(0).is_ok());
    assert!(at(-hour + 60).is_ok());
    assert_eq!(at(-hour - 60), Err(CertificateError::NotYetValid));
    assert!(at(100 * year - hour).is_ok());
    assert_eq!(at(100 * year + hour), Err(CertificateError::Expired));
}

#[test]
fn own_certificates_are_different_each_time_and_read_by_others() {
    let host = Host::ed25519(1);
    let (one, two) = (identity(&host), identity(&host));
    assert_ne!(one.certificate(), two.certificate());
    assert!(ParsedCertificate::try_from(one.certificate()).is_ok());
}

#[test]
fn a_host_key_that_did_not_sign_fails_at_once() {
    let certify = |public_key: &[u8], sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        let key = TlsKey::generate().unwrap();
        let signature = sign(&key.to_be_signed());
        key.certify(public_key, &signature).unwrap_err()
    };
    for (name, host) in Host::of_each_type() {
        let refused = certify(&host.public_key(), &|_| host.sign(b"another message"));
        let expected = TlsError::HostKey(CertificateError::HostSignatureInvalid);
        assert_eq!(refused, expected, "{name}");
    }
    let unknown = certify(&[0x08, 9, 0x12, 1, 0], &|_| vec![]);
    assert_eq!(unknown, TlsError::HostKey(CertificateError::UnsupportedKeyType));
    let nonsense = certify(b"nonsense", &|_| vec![]);
    assert_eq!(nonsense, TlsError::HostKey(CertificateError::HostKeyInvalid));
}

#[test]
fn tls_1_3_with_aes_128_x25519_and_libp2p_is_negotiated() {
    let pair = shake_own(&identity(&Host::ed25519(1)), None, &identity(&Host::ed25519(2)));
    assert_eq!(pair.client.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    let suite = pair.client.negotiated_cipher_suite().unwrap().suite();
    assert_eq!(suite, CipherSuite::TLS13_AES_128_GCM_SHA256);
    let group = pair.client.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, NamedGroup::X25519);
    assert_eq!(pair.client.alpn_protocol(), Some(&b"libp2p"[..]));
    assert_eq!(pair.server.alpn_protocol(), Some(&b"libp2p"[..]));
}

#[test]
fn no_server_name_is_sent() {
    let pair = shake_own(&identity(&Host::ed25519(1)), None, &identity(&Host::ed25519(2)));
    assert_eq!(pair.server.server_name(), None);
}

#[test]
fn a_server_name_is_ignored() {
    let ours = identity(&Host::ed25519(9));
    let der = Draft::of(&Host::ed25519(1)).build();
    let stranger = Stranger::with(&[&der], CertificateKey::fixed());
    let pair = shake(stranger.client(), ours.server_config(None).unwrap()).unwrap();
    assert_eq!(pair.server.server_name(), Some("libp2p"));
}

#[test]
fn nothing_is_resumed_and_no_early_data_is_taken() {
    let (dialer, listener) = (identity(&Host::ed25519(1)), identity(&Host::ed25519(2)));
    let client = dialer.client_config(None, None).unwrap();
    let server = listener.server_config(None).unwrap();
    for _ in 0..2 {
        let pair = shake(client.clone(), server.clone()).unwrap();
        assert_eq!(pair.client.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(pair.server.handshake_kind(), Some(HandshakeKind::Full));
        assert!(pair.after_handshake.is_empty(), "a ticket was sent");
        assert!(!pair.client.is_early_data_accepted());
    }

    // A client that would resume gets nothing to do it with.
    let der = Draft::of(&Host::ed25519(1)).build();
    let client = Stranger::with(&[&der], CertificateKey::fixed()).client();
    for _ in 0..2 {
        let pair = shake(client.clone(), server.clone()).unwrap();
        assert_eq!(pair.server.handshake_kind(), Some(HandshakeKind::Full));
        assert!(pair.after_handshake.is_empty(), "a ticket was sent");
    }
}

#[test]
fn a_server_that_sends_tickets_is_not_resumed() {
    let der = Draft::of(&Host::ed25519(1)).build();
    let server = Stranger::with(&[&der], CertificateKey::fixed()).server();
    let client = identity(&Host::ed25519(9)).client_config(None, None).unwrap();
    for _ in 0..2 {
        let pair = shake(client.clone(), server.clone()).unwrap();
        assert_eq!(pair.client.handshake_kind(), Some(HandshakeKind::Full));
        assert!(!pair.after_handshake.is_empty(), "no ticket was sent");
    }
}

#[test]
fn secrets_are_logged_only_when_asked_for() {
    #[derive(Debug, Default)]
    struct Labels(Mutex<Vec<String>>);
    impl KeyLog for Labels {
        fn log(&self, label: &str, _client_random: &[u8], _secret: &[u8]) {
            self.0.lock().unwrap().push(label.into());
        }
    }
    let (dialer, listener) = (identity(&Host::ed25519(1)), identity(&Host::ed25519(2)));
    let (client_log, server_log) = (Arc::new(Labels::default()), Arc::new(Labels::default()));
    let client = dialer.client_config(None, Some(client_log.clone())).unwrap();
    let server = listener.server_config(Some(server_log.clone())).unwrap();
    shake(client, server).unwrap();
    for log in [client_log, server_log] {
        let labels = log.0.lock().unwrap();
        assert!(labels.iter().any(|label| label == "CLIENT_TRAFFIC_SECRET_0"));
    }
}

#[test]
fn an_unexpected_peer_is_refused_and_recognised() {
    let (dialled, found) = (peer_id(&Host::ed25519(3)), Host::ed25519(2));
    let dialer = identity(&Host::ed25519(1));
    let (client, refusal) = dialer.dial_config(Some(dialled.clone()), None).unwrap();
    assert_eq!(refusal.error(), None);
    let server = identity(&found).server_config(None).unwrap();
    let failure = shake(client, server).unwrap_err();
    let expected = CertificateError::UnexpectedPeer {
        expected: dialled,
        actual: peer_id(&found),
    };
    assert!(failure.is_client);
    assert_eq!(CertificateError::from_rustls(&failure.error), Some(expected.clone()));
    assert_eq!(refusal.error(), Some(&expected));
    assert_eq!(failure.alert, Some(AlertDescription::CertificateUnknown));
    // QUIC sends this text to the peer, which is not to learn whom we wanted to reach.
    let text = failure.error.to_string();
    assert!(text.contains("unexpected peer"), "{text}");
    assert!(!text.contains(&format!("{:?}", peer_id(&Host::ed25519(3)))), "{text}");
}

#[test]
fn two_certificates_are_refused() {
    let der = Draft::of(&Host::ed25519(1)).build();
    let alert = AlertDescription::CertificateUnknown;
    both_refuse_because(&[&der, &der], CertificateError::MoreThanOne, alert);
}

#[test]
fn an_expired_certificate_is_refused() {
    let mut draft = Draft::of(&Host::ed25519(1));
    draft.not_after = utc("250102000000Z");
    let alert = AlertDescription::CertificateExpired;
    both_refuse_because(&[&draft.build()], CertificateError::Expired, alert);
}

#[test]
fn a_certificate_that_is_not_yet_valid_is_refused() {
    let mut draft = Draft::of(&Host::ed25519(1));
    draft.not_before = support::certificate::general("21200101000000Z");
    let alert = AlertDescription::CertificateExpired;
    both_refuse_because(&[&draft.build()], CertificateError::NotYetValid, alert);
}

#[test]
fn a_missing_extension_is_refused() {
    let mut draft = Draft::of(&Host::ed25519(1));
    draft.extensions.clear();
    let alert = AlertDescription::CertificateUnknown;
    both_refuse_because(&[&draft.build()], CertificateError::ExtensionMissing, alert);
}

#[test]
fn a_malformed_extension_is_refused() {
    let mut draft = Draft::of(&Host::ed25519(1));
    draft.extensions = vec![extension(LIBP2P, &[], b"nonsense")];
    let alert = AlertDescription::CertificateUnknown;
    both_refuse_because(&[&draft.build()], CertificateError::ExtensionMalformed, alert);
}

#[test]
fn an_rsa_host_key_below_2048_bits_is_refused() {
    let public_key = encode(0, include_bytes!("fixtures/host-rsa-1024.spki"));
    let draft = Draft::with_signed_key(&public_key, include_bytes!("fixtures/host-rsa-1024.sig"));
    let alert = AlertDescription::CertificateUnknown;
    both_refuse_because(&[&draft.build()], CertificateError::HostKeyInvalid, alert);
}

#[test]
fn an_unknown_critical_extension_is_refused() {
    let mut draft = Draft::of(&Host::ed25519(1));
    let unknown = extension(support::certificate::UNKNOWN, CRITICAL, b"");
    draft.extensions.push(unknown);
    let alert = AlertDescription::BadCertificate;
    both_refuse_because(&[&draft.build()], CertificateError::UnknownCriticalExtension, alert);
}

#[test]
fn a_certificate_with_a_trailing_byte_is_refused() {
    let der = [&Draft::of(&Host::ed25519(1)).build()[..], &[0]].concat();
    let alert = AlertDescription::BadCertificate;
    both_refuse_because(&[&der], CertificateError::Malformed, alert);
}

#[test]
fn a_tampered_self_signature_is_refused() {
    let mut der = Draft::of(&Host::ed25519(1)).build();
    *der.last_mut().unwrap() ^= 1;
    let alert = AlertDescription::CertificateUnknown;
    both_refuse_because(&[&der], CertificateError::SelfSignatureInvalid, alert);
}

#[test]
fn a_certificate_whose_key_the_peer_does_not_have_is_refused() {
    let der = Draft::of(&Host::ed25519(1)).build();
    for failure in both_refuse(&[&der], CertificateKey::p256) {
        assert_eq!(failure.alert, Some(AlertDescription::DecryptError));
    }
}

#[test]
fn a_certificate_with_a_critical_libp2p_extension_is_accepted_by_both_sides() {
    let ours = identity(&Host::ed25519(9));
    let host = Host::ed25519(1);
    let mut draft = Draft::of(&host);
    let value = signed_key(&host.public_key(), &host.sign(&draft.key.to_be_signed()));
    draft.extensions = vec![extension(LIBP2P, CRITICAL, &value)];
    let stranger = Stranger::with(&[&draft.build()], CertificateKey::fixed());
    let client = ours.client_config(Some(peer_id(&host)), None).unwrap();
    assert!(shake(client, stranger.server()).is_ok());
    assert!(shake(stranger.client(), ours.server_config(None).unwrap()).is_ok());
}

#[test]
fn transcripts_signed_by_p384_ed25519_and_rsa_are_accepted_by_both_sides() {
    let ours = identity(&Host::ed25519(9));
    let host = Host::ed25519(1);
    for key in [CertificateKey::p384(), CertificateKey::ed25519(), CertificateKey::rsa()] {
        let draft = Draft::with_key(&host, key);
        let der = draft.build();
        let stranger = Stranger::with(&[&der], draft.key);
        let client = ours.client_config(Some(peer_id(&host)), None).unwrap();
        assert!(shake(client, stranger.server()).is_ok());
        assert!(shake(stranger.client(), ours.server_config(None).unwrap()).is_ok());
    }
}

#[test]
fn a_client_without_a_certificate_is_refused() {
    let ours = identity(&Host::ed25519(9));
    let stranger = Stranger::with(&[], CertificateKey::fixed());
    let failure = shake(stranger.client(), ours.server_config(None).unwrap()).unwrap_err();
    assert!(!failure.is_client);
    assert_eq!(failure.error, Error::NoCertificatesPresented);
    assert_eq!(failure.alert, Some(AlertDescription::CertificateRequired));
}

#[test]
fn a_peer_without_the_protocol_libp2p_is_refused_by_both_sides() {
    let ours = identity(&Host::ed25519(9));
    let der = Draft::of(&Host::ed25519(1)).build();
    for alpn in [vec![], vec![b"h3".to_vec()], vec![b"libp2".to_vec()]] {
        let mut stranger = Stranger::with(&[&der], CertificateKey::fixed());
        stranger.alpn = alpn.clone();
        let failure = shake(stranger.client(), ours.server_config(None).unwrap()).unwrap_err();
        assert!(!failure.is_client);
        let alert = Some(AlertDescription::NoApplicationProtocol);
        assert_eq!(failure.alert, alert);
        // The other way round the stranger sees first that there is nothing in common.
        let client = ours.client_config(None, None).unwrap();
        let failure = shake(client, stranger.server()).unwrap_err();
        assert_eq!(failure.alert, alert);
    }
}

#[test]
fn a_server_that_goes_on_without_a_protocol_is_refused() {
    let (dialer, listener) = (identity(&Host::ed25519(1)), identity(&Host::ed25519(2)));
    let client = dialer.client_config(None, None).unwrap();
    let server = listener.server_config(None).unwrap();
    let failure = shake_through(client, server, without_alpn).unwrap_err();
    assert!(failure.is_client);
    assert_eq!(failure.error, Error::NoApplicationProtocol);
    let alert = Some(AlertDescription::NoApplicationProtocol);
    assert_eq!(failure.alert, alert);
}

/// Empties the encrypted extensions, of which ALPN is one, in a flight of a server.
fn without_alpn(flight: Vec<u8>) -> Vec<u8> {
    const ENCRYPTED_EXTENSIONS: u8 = 8;
    match flight.first() {
        Some(&ENCRYPTED_EXTENSIONS) => {
            let length = usize::from(flight[2]) << 8 | usize::from(flight[3]);
            [&[ENCRYPTED_EXTENSIONS, 0, 0, 2, 0, 0], &flight[4 + length..]].concat()
        }
        _ => flight,
    }
}

#[test]
fn libp2p_is_found_among_other_protocols() {
    let ours = identity(&Host::ed25519(9));
    let der = Draft::of(&Host::ed25519(1)).build();
    let mut stranger = Stranger::with(&[&der], CertificateKey::fixed());
    stranger.alpn = vec![b"h3".to_vec(), b"libp2p".to_vec()];
    let pair = shake(stranger.client(), ours.server_config(None).unwrap()).unwrap();
    assert_eq!(pair.server.alpn_protocol(), Some(&b"libp2p"[..]));
}

/// Lets two ends over TCP talk until one of them refuses.
fn talk(client: &mut Connection, server: &mut Connection) -> Result<(), (bool, Error)> {
    fn carry(from: &mut Connection, to: &mut Connection) -> Result<(), Error> {
        let mut bytes = Vec::new();
        while from.wants_write() {
            from.write_tls(&mut bytes).unwrap();
        }
        let mut rest: &[u8] = &bytes;
        while !rest.is_empty() {
            to.read_tls(&mut rest as &mut dyn Read).unwrap();
            to.process_new_packets()?;
        }
        Ok(())
    }
    for _ in 0..8 {
        carry(client, server).map_err(|error| (false, error))?;
        carry(server, client).map_err(|error| (true, error))?;
    }
    Ok(())
}

#[test]
fn a_tls_1_2_client_is_refused() {
    let ours = identity(&Host::ed25519(9));
    let der = Draft::of(&Host::ed25519(1)).build();
    let mut stranger = Stranger::with(&[&der], CertificateKey::fixed());
    stranger.versions = vec![&TLS12];
    let client = ClientConnection::new(stranger.client(), server_name()).unwrap();
    let server = ServerConnection::new(ours.server_config(None).unwrap()).unwrap();
    let (is_client, error) = talk(&mut client.into(), &mut server.into()).unwrap_err();
    assert!(!is_client);
    assert!(matches!(error, Error::PeerIncompatible(_)), "{error}");
}

#[test]
fn a_tls_1_2_server_is_refused() {
    let ours = identity(&Host::ed25519(9));
    let der = Draft::of(&Host::ed25519(1)).build();
    let mut stranger = Stranger::with(&[&der], CertificateKey::fixed());
    stranger.versions = vec![&TLS12];
    let client = ClientConnection::new(ours.client_config(None, None).unwrap(), server_name());
    let server = ServerConnection::new(stranger.server()).unwrap();
    let (_, error) = talk(&mut client.unwrap().into(), &mut server.into()).unwrap_err();
    assert!(matches!(error, Error::PeerIncompatible(_)), "{error}");
}

#[test]
fn the_chain_of_a_peer_is_what_remote_identity_takes() {
    let pair = shake_own(&identity(&Host::ed25519(1)), None, &identity(&Host::ed25519(2)));
    let chain: Vec<CertificateDer<'static>> = pair.client.peer_certificates().unwrap().to_vec();
    assert_eq!(chain.len(), 1);
    assert_eq!(remote_identity(&chain).unwrap().peer_id, peer_id(&Host::ed25519(2)));
}

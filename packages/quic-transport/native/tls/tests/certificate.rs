//! Certificates of strangers: what is accepted, and what is refused for which reason.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::time::Duration;

use quicmesh_tls::{
    CertificateError, PeerId, RemoteIdentity,
    certificate::{MAX_CERTIFICATE_BYTES, MAX_EXTENSIONS},
    remote_identity, verify_certificate,
};
use rustls::pki_types::{CertificateDer, UnixTime};

use support::{
    NOW_SECONDS,
    certificate::{
        CRITICAL, CertificateKey, Draft, LIBP2P, NOT_CRITICAL, UNKNOWN, extension, general, signed_key, utc,
    },
    der,
    host::{Host, encode, p256_spki, rsa_spki_of_bits},
};

type Verified = Result<RemoteIdentity, CertificateError>;

fn verify_at(certificate: &[u8], seconds: u64) -> Verified {
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    verify_certificate(certificate, now)
}

fn verify(certificate: &[u8]) -> Verified {
    verify_at(certificate, NOW_SECONDS)
}

fn draft() -> Draft {
    Draft::of(&Host::ed25519(1))
}

/// What becomes of a sound certificate after one change.
fn changed(change: impl FnOnce(&mut Draft)) -> Verified {
    let mut draft = draft();
    change(&mut draft);
    verify(&draft.build())
}

/// What becomes of a certificate with this extension value.
fn with_extension_value(value: &[u8]) -> Verified {
    changed(|draft| draft.extensions = vec![extension(LIBP2P, &[], value)])
}

/// What becomes of a certificate with this host key, and a signature of 64 zeros.
fn with_host_key(public_key: &[u8]) -> Verified {
    verify(&Draft::with_signed_key(public_key, &[0; 64]).build())
}

#[test]
fn every_type_of_host_key_is_authenticated() {
    for (name, host) in Host::of_each_type() {
        let remote = verify(&Draft::of(&host).build()).unwrap();
        assert_eq!(remote.public_key, host.public_key(), "{name}");
        assert_eq!(remote.peer_id, PeerId::from_public_key(&host.public_key()), "{name}");
    }
}

#[test]
fn a_host_key_on_p384_is_authenticated() {
    let public_key = encode(3, include_bytes!("fixtures/host-p384.spki"));
    let signature = include_bytes!("fixtures/host-p384.sig");
    let remote = verify(&Draft::with_signed_key(&public_key, signature).build()).unwrap();
    assert_eq!(remote.public_key, public_key);
}

#[test]
fn a_secp256k1_signature_with_a_high_s_is_accepted() {
    let Host::Secp256k1(key) = Host::secp256k1(1) else {
        unreachable!()
    };
    let host = Host::Secp256k1(key);
    let low = host.sign(&CertificateKey::fixed().to_be_signed());
    let (r, s) = k256::ecdsa::Signature::from_der(&low).unwrap().split_scalars();
    let high = k256::ecdsa::Signature::from_scalars(r, -s).unwrap();
    assert_ne!(low, high.to_der().as_bytes());
    let draft = Draft::with_signed_key(&host.public_key(), high.to_der().as_bytes());
    assert_eq!(verify(&draft.build()).unwrap().public_key, host.public_key());
}

#[test]
fn certificate_keys_on_p256_p384_ed25519_and_rsa_are_accepted() {
    let host = Host::ed25519(1);
    for key in [
        CertificateKey::p256(),
        CertificateKey::p384(),
        CertificateKey::ed25519(),
        CertificateKey::rsa(),
    ] {
        let remote = verify(&Draft::with_key(&host, key).build()).unwrap();
        assert_eq!(remote.public_key, host.public_key());
    }
}

#[test]
fn a_chain_is_exactly_one_certificate() {
    let sound = CertificateDer::from(draft().build());
    assert!(remote_identity(std::slice::from_ref(&sound)).is_ok());
    assert_eq!(remote_identity(&[]), Err(CertificateError::Missing));
    assert_eq!(
        remote_identity(&[sound.clone(), sound]),
        Err(CertificateError::MoreThanOne)
    );
}

#[test]
fn dates_are_inclusive_at_both_ends() {
    let der = draft().build();
    let (not_before, not_after) = (1_735_689_600, 4_891_363_200);
    assert_eq!(verify_at(&der, not_before - 1), Err(CertificateError::NotYetValid));
    assert!(verify_at(&der, not_before).is_ok());
    assert!(verify_at(&der, not_after).is_ok());
    assert_eq!(verify_at(&der, not_after + 1), Err(CertificateError::Expired));
    assert_eq!(verify_at(&der, u64::MAX), Err(CertificateError::Expired));
}

#[test]
fn an_expired_certificate_is_refused() {
    let expired = changed(|draft| draft.not_after = utc("250615115959Z"));
    assert_eq!(expired, Err(CertificateError::Expired));
}

#[test]
fn a_certificate_that_is_not_yet_valid_is_refused() {
    let early = changed(|draft| draft.not_before = utc("250615120001Z"));
    assert_eq!(early, Err(CertificateError::NotYetValid));
}

#[test]
fn dates_that_are_none_are_refused() {
    for date in [
        utc("250101000000+0100"),
        utc("2501010000Z"),
        general("20251301000000Z"),
        der(0x16, &[b"250101000000Z"]),
    ] {
        let refused = changed(|draft| draft.not_before = date);
        assert_eq!(refused, Err(CertificateError::Malformed));
    }
}

#[test]
fn a_missing_extension_is_refused() {
    let none = changed(|draft| draft.extensions.clear());
    assert_eq!(none, Err(CertificateError::ExtensionMissing));
    let other = changed(|draft| draft.extensions = vec![extension(UNKNOWN, &[], b"x")]);
    assert_eq!(other, Err(CertificateError::ExtensionMissing));
}

#[test]
fn the_libp2p_extension_may_be_critical() {
    for critical in [CRITICAL, NOT_CRITICAL] {
        let accepted = changed(|draft| {
            let host = Host::ed25519(1);
            let value = signed_key(&host.public_key(), &host.sign(&draft.key.to_be_signed()));
            draft.extensions = vec![extension(LIBP2P, critical, &value)];
        });
        assert!(accepted.is_ok());
    }
}

#[test]
fn an_unknown_extension_is_ignored() {
    for critical in [&[], NOT_CRITICAL] {
        let unknown = extension(UNKNOWN, critical, b"anything");
        let before = changed(|draft| draft.extensions.insert(0, unknown.clone()));
        assert!(before.is_ok());
        let after = changed(|draft| draft.extensions.push(unknown));
        assert!(after.is_ok());
    }
}

#[test]
fn an_unknown_critical_extension_is_refused() {
    let unknown = extension(UNKNOWN, CRITICAL, b"anything");
    let before = changed(|draft| draft.extensions.insert(0, unknown.clone()));
    assert_eq!(before, Err(CertificateError::UnknownCriticalExtension));
    let after = changed(|draft| draft.extensions.push(unknown));
    assert_eq!(after, Err(CertificateError::UnknownCriticalExtension));
}

#[test]
fn an_extension_that_appears_twice_is_refused() {
    let libp2p = changed(|draft| draft.extensions.push(draft.extensions[0].clone()));
    assert_eq!(libp2p, Err(CertificateError::DuplicateExtension));
    let other = changed(|draft| {
        draft.extensions.insert(0, extension(UNKNOWN, &[], b"1"));
        draft.extensions.push(extension(UNKNOWN, &[], b"2"));
    });
    assert_eq!(other, Err(CertificateError::DuplicateExtension));
}

#[test]
fn more_extensions_than_the_bound_are_refused() {
    let with = |count: usize| {
        changed(|draft| {
            for number in 1..count as u8 {
                let id = [&UNKNOWN[..UNKNOWN.len() - 1], &[number]].concat();
                draft.extensions.push(extension(&id, &[], b""));
            }
        })
    };
    assert!(with(MAX_EXTENSIONS).is_ok());
    let refused = Err(CertificateError::TooManyExtensions);
    assert_eq!(with(MAX_EXTENSIONS + 1), refused);
    assert_eq!(with(MAX_EXTENSIONS + 40), refused);
}

#[test]
fn a_certificate_longer_than_the_bound_is_refused() {
    let filled = |bytes: usize| {
        let mut draft = draft();
        draft.extensions.push(extension(UNKNOWN, &[], &vec![0; bytes]));
        draft.build()
    };
    let mut fill = MAX_CERTIFICATE_BYTES - filled(1_000).len() + 1_000 - 8;
    while filled(fill).len() > MAX_CERTIFICATE_BYTES {
        fill -= 1;
    }
    assert!(verify(&filled(fill)).is_ok());
    assert_eq!(verify(&filled(fill + 16)), Err(CertificateError::TooLarge));
}

#[test]
fn a_malformed_extension_is_refused() {
    let host = Host::ed25519(1);
    let (key, signature) = (host.public_key(), host.sign(b""));
    let sound = signed_key(&key, &signature);
    let (key, signature) = (der(0x04, &[&key]), der(0x04, &[&signature]));
    let refused = Err(CertificateError::ExtensionMalformed);
    for value in [
        Vec::new(),
        b"nonsense".to_vec(),
        sound[..sound.len() - 1].to_vec(),
        [&sound[..], &[0]].concat(),
        der(0x30, &[]),
        der(0x30, &[&key]),
        der(0x30, &[&key, &signature, &signature]),
        der(0x30, &[&key, &der(0x03, &[&[0], b"bits"])]),
        der(0x31, &[&key, &signature]),
    ] {
        assert_eq!(with_extension_value(&value), refused, "{value:02x?}");
    }
}

#[test]
fn bytes_after_the_certificate_are_refused() {
    let sound = draft().build();
    for trailing in [&[0][..], &[0x05, 0x00], &sound] {
        let refused = verify(&[&sound[..], trailing].concat());
        assert_eq!(refused, Err(CertificateError::Malformed));
    }
}

#[test]
fn bytes_inside_of_the_signed_part_that_do_not_belong_there_are_refused() {
    let after_extensions = changed(|draft| draft.after_extensions = vec![0x05, 0x00]);
    assert_eq!(after_extensions, Err(CertificateError::Malformed));
    let in_validity = changed(|draft| draft.not_after.extend([0x05, 0x00]));
    assert_eq!(in_validity, Err(CertificateError::Malformed));
    let in_extension = changed(|draft| {
        let value = der(0x04, &[b"x"]);
        draft.extensions.push(der(0x30, &[UNKNOWN, &value, &value]));
    });
    assert_eq!(in_extension, Err(CertificateError::Malformed));
}

#[test]
fn unique_identifiers_are_refused() {
    for tag in [0x81, 0x82, 0xa1, 0xa2] {
        let refused = changed(|draft| draft.unique_ids = der(tag, &[&[0, 1]]));
        assert_eq!(refused, Err(CertificateError::Malformed));
    }
}

#[test]
fn versions_before_3_are_refused() {
    for version in [Vec::new(), der(0xa0, &[&[2, 1, 0]]), der(0xa0, &[&[2, 1, 1]])] {
        let refused = changed(|draft| draft.version = version);
        assert_eq!(refused, Err(CertificateError::Malformed));
    }
}

#[test]
fn the_signature_algorithm_must_be_the_same_inside_and_outside() {
    let refused = changed(|draft| {
        draft.inner_algorithm = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03".to_vec();
    });
    assert_eq!(refused, Err(CertificateError::Malformed));
}

#[test]
fn an_unusual_serial_number_is_ignored() {
    for serial in [&[0][..], &[0xff, 0xff], &[0, 0, 1], &[0x7f; 40]] {
        assert!(changed(|draft| draft.serial = serial.to_vec()).is_ok());
    }
}

#[test]
fn a_signature_algorithm_that_nobody_verifies_is_refused() {
    // ecdsa-with-SHA1
    let sha1: &[u8] = b"\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01";
    let mut draft = draft();
    draft.inner_algorithm = sha1.to_vec();
    draft.key.algorithm = sha1;
    let tbs = draft.tbs();
    let signature = der(0x03, &[&[0], &CertificateKey::fixed().sign(&tbs)]);
    let certificate = der(0x30, &[&tbs, sha1, &signature]);
    let refused = Err(CertificateError::UnsupportedSignatureAlgorithm);
    assert_eq!(verify(&certificate), refused);
}

#[test]
fn a_tampered_self_signature_is_refused() {
    let mut certificate = draft().build();
    *certificate.last_mut().unwrap() ^= 1;
    let refused = Err(CertificateError::SelfSignatureInvalid);
    assert_eq!(verify(&certificate), refused);

    let draft = draft();
    let tbs = draft.tbs();
    let foreign = der(0x03, &[&[0], &CertificateKey::p256().sign(&tbs)]);
    let certificate = der(0x30, &[&tbs, draft.key.algorithm, &foreign]);
    assert_eq!(verify(&certificate), refused);
}

#[test]
fn a_host_signature_over_another_certificate_key_is_refused() {
    for (name, host) in Host::of_each_type() {
        let refused = changed(|draft| {
            let signature = host.sign(&CertificateKey::p256().to_be_signed());
            let value = signed_key(&host.public_key(), &signature);
            draft.extensions = vec![extension(LIBP2P, &[], &value)];
        });
        let expected = Err(CertificateError::HostSignatureInvalid);
        assert_eq!(refused, expected, "{name}");
    }
}

#[test]
fn a_host_signature_without_the_prefix_is_refused() {
    let host = Host::ed25519(1);
    let signature = host.sign(&CertificateKey::fixed().spki);
    let draft = Draft::with_signed_key(&host.public_key(), &signature);
    let refused = Err(CertificateError::HostSignatureInvalid);
    assert_eq!(verify(&draft.build()), refused);
}

#[test]
fn a_host_signature_of_another_host_is_refused() {
    let signature = Host::ed25519(2).sign(&CertificateKey::fixed().to_be_signed());
    let draft = Draft::with_signed_key(&Host::ed25519(1).public_key(), &signature);
    let refused = Err(CertificateError::HostSignatureInvalid);
    assert_eq!(verify(&draft.build()), refused);
}

#[test]
fn an_rsa_host_key_below_2048_bits_is_refused() {
    let public_key = encode(0, include_bytes!("fixtures/host-rsa-1024.spki"));
    let signature = include_bytes!("fixtures/host-rsa-1024.sig");
    let refused = verify(&Draft::with_signed_key(&public_key, signature).build());
    assert_eq!(refused, Err(CertificateError::HostKeyInvalid));
}

#[test]
fn an_rsa_host_key_has_2048_to_8192_bits() {
    for (bits, expected) in [
        (2_047, CertificateError::HostKeyInvalid),
        (2_048, CertificateError::HostSignatureInvalid),
        (8_192, CertificateError::HostSignatureInvalid),
        (8_193, CertificateError::HostKeyInvalid),
        (16_384, CertificateError::HostKeyInvalid),
    ] {
        let refused = with_host_key(&encode(0, &rsa_spki_of_bits(bits)));
        assert_eq!(refused, Err(expected), "{bits} bits");
    }
}

#[test]
fn a_host_key_of_unknown_type_or_curve_is_refused() {
    let refused = Err(CertificateError::UnsupportedKeyType);
    assert_eq!(with_host_key(&encode(4, &[1; 32])), refused);
    assert_eq!(with_host_key(&encode(0x7f, &[1; 32])), refused);
    let p521 = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23";
    let p521 = der(0x30, &[p521, &der(0x03, &[&[0, 4], &[1; 132]])]);
    assert_eq!(with_host_key(&encode(3, &p521)), refused);
}

#[test]
fn a_host_key_that_is_none_of_its_type_is_refused() {
    let Host::Secp256k1(secp256k1) = Host::secp256k1(1) else {
        unreachable!()
    };
    let uncompressed = secp256k1.verifying_key().to_sec1_point(false);
    let sound_rsa = rsa_spki_of_bits(2_048);
    let sound_p256 = p256_spki(&[4; 65]);
    for public_key in [
        encode(1, &[1; 31]),
        encode(1, &[1; 33]),
        encode(1, &[]),
        encode(2, uncompressed.as_bytes()),
        encode(2, &[2; 32]),
        // No point of the curve has this x.
        encode(2, &[&[2][..], &[0xff; 32]].concat()),
        encode(3, &sound_rsa[..sound_rsa.len() - 1]),
        encode(3, &[&sound_p256[..], &[0]].concat()),
        encode(0, &sound_p256),
        encode(0, &[&sound_rsa[..], &[0]].concat()),
        encode(0, b""),
    ] {
        let refused = with_host_key(&public_key);
        // An elliptic curve key with the algorithm of RSA is no curve that is known.
        let is_refused = matches!(
            refused,
            Err(CertificateError::HostKeyInvalid | CertificateError::UnsupportedKeyType)
        );
        assert!(is_refused, "{public_key:02x?}: {refused:?}");
    }
}

#[test]
fn a_point_that_is_not_on_its_curve_is_refused() {
    let public_key = encode(3, &p256_spki(&[&[4][..], &[1; 64]].concat()));
    let refused = Err(CertificateError::HostSignatureInvalid);
    assert_eq!(with_host_key(&public_key), refused);
}

#[test]
fn a_host_key_has_one_encoding() {
    let key = [7; 32];
    let data = [&[0x12, 32][..], &key].concat();
    for (name, public_key) in [
        ("nothing", vec![]),
        ("no Data", vec![0x08, 1]),
        ("no Type", data.clone()),
        ("fields swapped", [&data[..], &[0x08, 1]].concat()),
        ("Type twice", [&[0x08, 1, 0x08, 1][..], &data].concat()),
        ("Data twice", [&[0x08, 1][..], &data, &data].concat()),
        ("unknown field", [&[0x08, 1][..], &data, &[0x18, 0]].concat()),
        ("trailing byte", [&[0x08, 1][..], &data, &[0]].concat()),
        ("Data cut", [&[0x08, 1][..], &data[..20]].concat()),
        ("long Type", [&[0x08, 0x81, 0][..], &data].concat()),
        ("long length", [&[0x08, 1, 0x12, 0xa0, 0][..], &key].concat()),
        ("endless length", [&[0x08, 1, 0x12][..], &[0xff; 10]].concat()),
    ] {
        let refused = with_host_key(&public_key);
        assert_eq!(refused, Err(CertificateError::HostKeyInvalid), "{name}");
    }
}

#[test]
fn peer_ids_are_identity_up_to_42_bytes_and_sha256_beyond() {
    let inline = PeerId::from_public_key(&[9; 42]);
    assert_eq!(inline.as_bytes(), [&[0x00, 42][..], &[9; 42]].concat());
    let hashed = PeerId::from_public_key(&[9; 43]);
    assert_eq!(hashed.as_bytes()[..2], [0x12, 32]);
    assert_eq!(hashed.as_bytes().len(), 34);
    for peer_id in [inline, hashed] {
        assert_eq!(PeerId::from_bytes(peer_id.as_bytes()), Some(peer_id));
    }
}

#[test]
fn bytes_that_are_no_peer_id_are_refused() {
    let long_identity = [&[0x00, 43][..], &[9; 43]].concat();
    let cut = [&[0x12, 32][..], &[9; 31]].concat();
    let trailing = [&[0x12, 32][..], &[9; 33]].concat();
    let sha1 = [&[0x11, 20][..], &[9; 20]].concat();
    let short = [&[0x12, 20][..], &[9; 20]].concat();
    for bytes in [&[][..], &[0], &[0, 0], &long_identity, &cut, &trailing, &sha1, &short] {
        assert_eq!(PeerId::from_bytes(bytes), None, "{bytes:02x?}");
    }
}

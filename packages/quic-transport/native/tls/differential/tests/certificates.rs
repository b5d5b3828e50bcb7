//! Certificates of each side before the other, whole and damaged.

#[path = "../../tests/support/mod.rs"]
mod support;

use quicmesh_tls::CertificateError;
use quicmesh_tls_differential::{hosts, our_identity, our_verdict, their_certificate, their_verdict};

use support::{
    Random,
    certificate::{CRITICAL, CertificateKey, Draft, LIBP2P, UNKNOWN, extension, general, signed_key, utc},
    der,
    host::Host,
};

const VECTORS: [&[u8]; 4] = [
    include_bytes!("../../tests/fixtures/vector-1.der"),
    include_bytes!("../../tests/fixtures/vector-2.der"),
    include_bytes!("../../tests/fixtures/vector-3.der"),
    include_bytes!("../../tests/fixtures/vector-4.der"),
];

/// Both accept it, and see the same peer.
fn both_accept(name: &str, der: &[u8]) {
    let ours = our_verdict(der).unwrap_or_else(|error| panic!("{name}: we refuse: {error}"));
    let theirs = their_verdict(der).unwrap_or_else(|error| panic!("{name}: they refuse: {error}"));
    assert_eq!(ours, theirs, "{name}");
}

fn both_refuse(name: &str, der: &[u8]) {
    assert!(our_verdict(der).is_err(), "{name}: we accept");
    assert!(their_verdict(der).is_err(), "{name}: they accept");
}

/// A rule of ours that they do not have.
fn only_we_refuse(name: &str, der: &[u8], reason: CertificateError) {
    assert_eq!(our_verdict(der), Err(reason), "{name}");
    assert!(
        their_verdict(der).is_ok(),
        "{name}: they refuse as well: no difference to list"
    );
}

fn changed(change: impl FnOnce(&mut Draft)) -> Vec<u8> {
    let mut draft = Draft::of(&Host::ed25519(1));
    change(&mut draft);
    draft.build()
}

#[test]
fn our_certificates_are_accepted_with_the_same_peer_id() {
    for (name, host) in hosts() {
        let der = our_identity(&host).certificate().to_vec();
        both_accept(name, &der);
        assert_eq!(our_verdict(&der), Ok(host.public().to_peer_id().to_bytes()), "{name}");
    }
}

#[test]
fn their_certificates_are_accepted_with_the_same_peer_id() {
    for (name, host) in hosts() {
        let der = their_certificate(&host);
        both_accept(name, &der);
        assert_eq!(our_verdict(&der), Ok(host.public().to_peer_id().to_bytes()), "{name}");
    }
}

#[test]
fn the_vectors_of_the_spec_have_the_same_verdict() {
    let [first, second, third, last] = VECTORS;
    for (name, der) in [("1", first), ("2", second), ("3", third)] {
        both_accept(name, der);
    }
    both_refuse("4", last);
}

#[test]
fn certificate_keys_that_both_verify() {
    let host = Host::ed25519(1);
    for (name, key) in [
        ("P-256", CertificateKey::p256()),
        ("P-384", CertificateKey::p384()),
        ("Ed25519", CertificateKey::ed25519()),
        ("RSA", CertificateKey::rsa()),
    ] {
        both_accept(name, &Draft::with_key(&host, key).build());
    }
}

#[test]
fn what_the_spec_forbids_is_refused_by_both() {
    both_refuse("expired", &changed(|draft| draft.not_after = utc("250102000000Z")));
    both_refuse(
        "not yet valid",
        &changed(|draft| draft.not_before = general("21200101000000Z")),
    );
    both_refuse("no extension", &changed(|draft| draft.extensions.clear()));
    let unknown = extension(UNKNOWN, CRITICAL, b"");
    both_refuse(
        "unknown critical extension",
        &changed(|draft| draft.extensions.push(unknown)),
    );
    let malformed = extension(LIBP2P, &[], b"nonsense");
    both_refuse(
        "malformed extension",
        &changed(|draft| draft.extensions = vec![malformed]),
    );
    let twice = changed(|draft| draft.extensions.push(draft.extensions[0].clone()));
    both_refuse("the extension twice", &twice);
    let elsewhere = changed(|draft| {
        let host = Host::ed25519(1);
        let value = signed_key(&host.public_key(), &host.sign(&CertificateKey::p256().to_be_signed()));
        draft.extensions = vec![extension(LIBP2P, &[], &value)];
    });
    both_refuse("a host signature over another key", &elsewhere);
}

#[test]
fn we_are_stricter_by_named_rules() {
    let sound = changed(|_| {});
    both_accept("the sound one", &sound);
    let trailing = [&sound[..], &[0]].concat();
    only_we_refuse("trailing bytes", &trailing, CertificateError::Malformed);
    let ids = changed(|draft| draft.unique_ids = der(0x81, &[&[0, 1]]));
    only_we_refuse("unique identifiers", &ids, CertificateError::Malformed);
    let twice = changed(|draft| {
        draft.extensions.push(extension(UNKNOWN, &[], b"1"));
        draft.extensions.push(extension(UNKNOWN, &[], b"2"));
    });
    only_we_refuse(
        "an unknown extension twice",
        &twice,
        CertificateError::DuplicateExtension,
    );
    let filler = changed(|draft| draft.extensions.push(extension(UNKNOWN, &[], &[0; 9_000])));
    only_we_refuse(
        "9,000 bytes of an unknown extension",
        &filler,
        CertificateError::TooLarge,
    );
    let version = changed(|draft| draft.version = der(0xa0, &[&[2, 1, 1]]));
    only_we_refuse("version 2", &version, CertificateError::Malformed);
}

/// Damage of which the self-signature knows nothing is repaired by signing again, so that the parsers meet it.
#[test]
fn damaged_certificates_have_the_same_verdict_or_we_are_stricter() {
    let seed = std::env::var("QUICMESH_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut random = Random(seed);
    let (mut same, mut stricter) = (0, 0);
    for round in 0..6_000 {
        let draft = Draft::of(&Host::ed25519(1));
        let damaged = match round % 3 {
            0 => damage(&draft.build(), &mut random),
            _ => draft.sign(&damage(&draft.tbs(), &mut random)),
        };
        match (our_verdict(&damaged), their_verdict(&damaged)) {
            (Ok(ours), Ok(theirs)) if ours == theirs => same += 1,
            (Err(_), Err(_)) => same += 1,
            (Err(error), Ok(_)) if is_a_rule_of_ours(&error) => stricter += 1,
            (ours, theirs) => panic!("QUICMESH_SEED={seed}, round {round}: {ours:?}, {theirs:?}: {damaged:02x?}"),
        }
    }
    assert!(
        same > 5_000,
        "QUICMESH_SEED={seed}: {same} the same, {stricter} stricter"
    );
}

/// DER that is not minimal, has bytes too many, or carries what X.509 v3 has no place for; names twice.
fn is_a_rule_of_ours(error: &CertificateError) -> bool {
    matches!(
        error,
        CertificateError::Malformed
            | CertificateError::DuplicateExtension
            | CertificateError::HostKeyInvalid
            | CertificateError::ExtensionMalformed
            | CertificateError::UnsupportedSignatureAlgorithm
    )
}

/// One to three bit flips, cuts, changed lengths, or copied pieces.
fn damage(sound: &[u8], random: &mut Random) -> Vec<u8> {
    let mut der = sound.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(der.len());
        match random.below(5) {
            0 => der[at] ^= 1 << random.below(8),
            1 => der.truncate(at.max(1)),
            2 => der[at] = [0x80, 0x81, 0x82, 0x83, 0x84, 0xff, 0x00][random.below(7)],
            3 => der.insert(at, random.next() as u8),
            _ => {
                let end = der.len().min(at + random.below(24));
                let copy = der[at..end].to_vec();
                der.splice(at..at, copy);
            }
        }
    }
    der
}

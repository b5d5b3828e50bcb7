//! The short run: every seed of the corpus, then changes to them from a seed (`QUICMESH_SEED`, or 1), without libFuzzer.

use std::{fs, path::Path};

use quicmesh_fuzz::{Random, SOUND, certificate, datagrams, run};
use quicmesh_tls::verify_certificate;
use rustls::pki_types::UnixTime;

/// A few seconds of each on one slow processor.
const CERTIFICATES: usize = 100_000;
const PROGRAMS: usize = 20_000;

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut seeds: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read(path).unwrap(),
            )
        })
        .collect();
    seeds.sort();
    assert!(seeds.len() > 10, "the corpus of {target} is gone");
    seeds
}

/// Calls the target with changed seeds; says which one it was when it panics.
fn change_seeds(target: &str, count: usize, call: fn(&[u8])) {
    let start = std::env::var("QUICMESH_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut random = Random(start);
    let seeds = corpus(target);
    for index in 0..count {
        let (_, seed) = &seeds[random.below(seeds.len())];
        let input = random.mutate(seed);
        if std::panic::catch_unwind(|| call(&input)).is_err() {
            panic!("{target}, QUICMESH_SEED={start}, input {index}: {input:02x?}");
        }
    }
}

#[test]
fn the_sound_certificates_are_those_that_must_be_judged_so() {
    let accepted = SOUND.map(|der| verify_certificate(der, UnixTime::now()).is_ok());
    // The last vector of the spec has the signature of another key.
    assert_eq!(accepted, [true, true, true, false, true]);
}

#[test]
fn the_seeds_of_certificates_hold() {
    corpus("certificate").iter().for_each(|(_, seed)| certificate(seed));
}

#[test]
fn changed_certificates_authenticate_nobody_else() {
    change_seeds("certificate", CERTIFICATES, certificate);
}

#[test]
fn the_seeds_of_datagrams_hold() {
    corpus("datagrams").iter().for_each(|(_, seed)| datagrams(seed));
}

#[test]
fn changed_datagrams_leave_the_endpoint_sound() {
    change_seeds("datagrams", PROGRAMS, datagrams);
}

#[test]
fn the_seeds_lead_through_handshakes() {
    let seeds = corpus("datagrams");
    let report = |name: &str| run(&seeds.iter().find(|(found, _)| found == name).unwrap().1);
    assert_eq!(report("handshake").connected, 1);
    assert_eq!(report("four-clients").connected, 4);
    assert_eq!(report("lost-hello").connected, 1);
    assert_eq!(report("doubled").connected, 1);
}

#[test]
fn sealed_initials_are_opened() {
    let seeds = corpus("datagrams");
    let report = |name: &str| run(&seeds.iter().find(|(found, _)| found == name).unwrap().1);
    // A stranger's hello that is not whole is acknowledged, hence was read.
    assert_eq!(report("initial-hello").connections, 1);
    assert!(report("initial-hello").datagrams_out > 0);
    // One that is nonsense costs no connection.
    assert_eq!(report("initial-whole-hello").connections, 0);
    // A quarter of the places is given freely, then a Retry comes.
    assert!(report("initial-flood").connections >= 4);
    assert_eq!(report("unknown-version").datagrams_out, 1);
}

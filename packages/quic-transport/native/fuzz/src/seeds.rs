//! Writes the seed corpus anew: `cargo run --bin seeds` in this folder.
//!
//! Certificates: the spec's vectors and one of ours, raw and behind each kind of change. Datagrams: programs of a few
//! operations, among them whole handshakes, and Initial packets with a hello.

use std::{fs, io, path::Path};

use quicmesh_fuzz::{Operation, SOUND, Selector};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    write(&corpus.join("certificate"), certificates())?;
    write(&corpus.join("datagrams"), programs())
}

fn write(folder: &Path, seeds: Vec<(String, Vec<u8>)>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    seeds
        .into_iter()
        .try_for_each(|(name, bytes)| fs::write(folder.join(name), bytes))
}

fn certificates() -> Vec<(String, Vec<u8>)> {
    let raw = SOUND.iter().enumerate();
    let raw = raw.map(|(number, der)| (format!("raw-{number}"), [&[Selector::Raw as u8][..], der].concat()));
    // The kind of change, the element, and what the change takes.
    let changed = (0..8).map(|kind| {
        let changes = [
            Selector::Changed as u8,
            0,
            kind,
            0,
            5,
            0,
            9,
            1,
            2,
            3,
            kind,
            0,
            20,
            0,
            4,
            1,
        ];
        (format!("changed-{kind}"), changes.to_vec())
    });
    raw.chain(changed).collect()
}

fn programs() -> Vec<(String, Vec<u8>)> {
    const DIAL: u8 = Operation::Dial as u8;
    const EXCHANGE: u8 = Operation::Exchange as u8;
    const SPEAK: u8 = Operation::ToServer as u8;
    const HEAR: u8 = Operation::ToClient as u8;
    const WAIT: u8 = Operation::Wait as u8;
    const USE: u8 = Operation::Use as u8;
    let program = |name: &str, steps: &[&[u8]]| (name.to_owned(), steps.concat());
    let handshake: &[u8] = &[DIAL, 0, EXCHANGE, 0];
    let write = |action: u8| [USE, 0, action, 0, 5, b'h', b'e', b'l', b'l', b'o'];
    let unknown_version = [&[0xc0, 0x0a, 0x0a, 0x0a, 0x0a, 8][..], &[7; 1_194]].concat();
    let short_header = [&[0x40][..], &[9; 60]].concat();
    let mut programs = vec![
        program("handshake", &[handshake]),
        program(
            "streams",
            &[
                handshake,
                &write(1),
                &write(2),
                &write(3),
                &[EXCHANGE, 0],
                &write(7),
                &[EXCHANGE, 0],
            ],
        ),
        program(
            "four-clients",
            &[&[
                DIAL, 0, DIAL, 1, DIAL, 2, DIAL, 3, EXCHANGE, 0, EXCHANGE, 1, EXCHANGE, 2, EXCHANGE, 3,
            ]],
        ),
        program("lost-hello", &[&[DIAL, 0, SPEAK, 0, 1, WAIT, 8, 0, EXCHANGE, 0]]),
        program(
            "doubled",
            &[&[DIAL, 0, SPEAK, 0, 2, HEAR, 0, 2, HEAR, 0, 2, SPEAK, 0, 2, EXCHANGE, 0]],
        ),
        program(
            "corrupt",
            &[&[DIAL, 0, SPEAK, 0, 3, 0, 40, 1, HEAR, 0, 3, 0, 99, 4, EXCHANGE, 0]],
        ),
        program(
            "moved",
            &[handshake, &write(1), &[SPEAK, 0, 7, 3, EXCHANGE, 0, WAIT, 4, 0]],
        ),
        program(
            "moved-before-proof",
            &[
                &[DIAL, 0, SPEAK, 0, 0],
                &[WAIT, 4, 0, SPEAK, 0, 7, 3, WAIT, 8, 0, SPEAK, 0, 7, 3],
                &[WAIT, 0xff, 0xff],
            ],
        ),
        program("silence", &[&[DIAL, 0, SPEAK, 0, 0, WAIT, 0xff, 0xff]]),
        program("unknown-version", &[&raw(0, &unknown_version)]),
        program("short-header", &[&raw(1, &short_header), &raw(1, &short_header)]),
    ];
    for (name, frames) in frames() {
        programs.push((format!("initial-{name}"), sealed(1, &frames)));
    }
    let flood: Vec<u8> = (0..24).flat_map(|id| sealed(id, &hello())).collect();
    programs.push(("initial-flood".into(), flood));
    programs
}

/// Frames of RFC 9000 section 19, sound and not, as the payload of an Initial packet.
fn frames() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("hello", hello()),
        ("whole-hello", whole_hello()),
        ("ping", vec![1]),
        ("ack", vec![2, 0x40, 0x7f, 0, 0, 0]),
        ("close", vec![0x1c, 0x0a, 0, 0]),
        ("crypto-far", vec![6, 0x80, 0xff, 0xff, 0xff, 4, 1, 2, 3, 4]),
        ("crypto-parts", vec![6, 2, 2, 0, 0, 6, 0, 2, 1, 0, 6, 1, 2, 9, 9]),
        ("stream", vec![8, 0, 1, 2, 3]),
        ("unknown", vec![0x3f]),
    ]
}

/// The first bytes of a TLS ClientHello in a CRYPTO frame: enough to be read, not enough to be answered.
fn hello() -> Vec<u8> {
    let mut hello = vec![6, 0, 0x40, 0x60, 1, 0, 2, 0, 3, 3];
    hello.resize(10 + 32, 5);
    hello.extend([0, 0, 2, 0x13, 0x01, 1, 0, 0, 0x31, 0, 0x2b, 0, 3, 2, 3, 4]);
    hello.resize(4 + 0x60, 0);
    hello
}

/// The same, but its length says that it is whole: nonsense to TLS.
fn whole_hello() -> Vec<u8> {
    let mut hello = hello();
    hello[5..8].copy_from_slice(&[0, 0, 0x5c]);
    hello
}

fn raw(address: u8, datagram: &[u8]) -> Vec<u8> {
    [
        &[Operation::Raw as u8, address][..],
        &(datagram.len() as u16).to_be_bytes(),
        datagram,
    ]
    .concat()
}

fn sealed(id: u8, frames: &[u8]) -> Vec<u8> {
    let length = (frames.len() as u16).to_be_bytes();
    [&[Operation::Initial as u8, id, id, id][..], &length, frames].concat()
}

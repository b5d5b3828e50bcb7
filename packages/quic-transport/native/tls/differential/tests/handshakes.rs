//! Handshakes between the two implementations, as QUIC carries them.

#[path = "../../tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use libp2p_identity::{Keypair, PeerId};
use libp2p_tls::{make_client_config, make_server_config};
use quicmesh_tls::remote_identity;
use quicmesh_tls_differential::{hosts, our_identity};
use rustls::{
    NamedGroup, ProtocolVersion,
    quic::{ClientConnection, Version},
};

use support::handshake::{Failure, server_name, shake};

fn peer_id(host: &Keypair) -> quicmesh_tls::PeerId {
    quicmesh_tls::PeerId::from_public_key(&host.public().encode_protobuf())
}

fn they_dial(dialer: &Keypair, expected: Option<PeerId>, listener: &Keypair) -> Result<(), Box<Failure>> {
    let client = Arc::new(make_client_config(dialer, expected).unwrap());
    let pair = shake(client, our_identity(listener).server_config(None).unwrap()).map_err(Box::new)?;
    let found = remote_identity(pair.server.peer_certificates().unwrap()).unwrap();
    assert_eq!(found.peer_id, peer_id(dialer));
    assert_eq!(pair.server.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    assert_eq!(pair.server.alpn_protocol(), Some(&b"libp2p"[..]));
    Ok(())
}

fn we_dial(dialer: &Keypair, expected: quicmesh_tls::PeerId, listener: &Keypair) -> Result<(), Box<Failure>> {
    let client = our_identity(dialer).client_config(Some(expected), None).unwrap();
    let pair = shake(client, Arc::new(make_server_config(listener).unwrap())).map_err(Box::new)?;
    let found = remote_identity(pair.client.peer_certificates().unwrap()).unwrap();
    assert_eq!(found.peer_id, peer_id(listener));
    assert_eq!(pair.client.alpn_protocol(), Some(&b"libp2p"[..]));
    Ok(())
}

#[test]
fn they_dial_us_with_each_type_of_host_key() {
    for (name, host) in hosts() {
        for (other_name, other) in hosts() {
            let done = they_dial(&host, Some(other.public().to_peer_id()), &other);
            assert!(done.is_ok(), "{name} to {other_name}: {done:?}");
        }
    }
}

#[test]
fn we_dial_them_with_each_type_of_host_key() {
    for (name, host) in hosts() {
        for (other_name, other) in hosts() {
            let done = we_dial(&host, peer_id(&other), &other);
            assert!(done.is_ok(), "{name} to {other_name}: {done:?}");
        }
    }
}

#[test]
fn a_wrong_peer_id_is_refused_by_whoever_dials() {
    let (one, two, three) = (
        Keypair::generate_ed25519(),
        Keypair::generate_ed25519(),
        Keypair::generate_ed25519(),
    );
    assert!(
        they_dial(&one, Some(three.public().to_peer_id()), &two)
            .unwrap_err()
            .is_client
    );
    assert!(we_dial(&one, peer_id(&three), &two).unwrap_err().is_client);
}

#[test]
fn their_hello_puts_x25519mlkem768_first_does_not_fit_one_initial_and_we_agree_on_x25519() {
    let (one, two) = (Keypair::generate_ed25519(), Keypair::generate_ed25519());
    let client = Arc::new(make_client_config(&one, None).unwrap());
    assert_eq!(client.crypto_provider().kx_groups[0].name(), NamedGroup::X25519MLKEM768);
    let mut hello = Vec::new();
    let mut first = ClientConnection::new(client.clone(), Version::V1, server_name(), b"client".to_vec()).unwrap();
    first.write_hs(&mut hello);
    assert!(hello.len() > 1_200, "{} bytes", hello.len());

    let pair = shake(client, our_identity(&two).server_config(None).unwrap()).unwrap();
    let group = pair.server.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, NamedGroup::X25519);
}

//! What becomes of packets, without a clock and without devices.

#![allow(clippy::indexing_slicing)]

use std::net::Ipv4Addr;

use netsim::buffers::{BufferId, Buffers};
use netsim::config::Config;
use netsim::link::Nanos;
use netsim::network::{Network, Outcome, Packet};
use netsim::statistics::HostStatistics;
use serde_json::{Value, json};

const MS: Nanos = 1_000_000;
const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const C: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 3);

/// More packets than any test sends.
const BUFFERS: u32 = 20_000;

struct Lab {
    network: Network,
    buffers: Buffers,
}

impl Lab {
    /// Hosts a, b and c; the fields are added to that.
    fn new(fields: Value) -> Result<Self, String> {
        Ok(Self {
            network: Network::new(&config(fields)?),
            buffers: Buffers::new(BUFFERS, 1),
        })
    }

    fn send(&mut self, now: Nanos, from: usize, to: Ipv4Addr, bytes: usize) -> Option<BufferId> {
        let buffer = self.buffers.take()?;
        self.network
            .send(now, from, Some(to), Packet { buffer, bytes })
            .then_some(buffer)
    }

    fn counted<T>(&self, host: usize, field: impl Fn(&HostStatistics) -> T) -> Option<T> {
        self.network.statistics().get(host).map(field)
    }

    /// All that is delivered until then: at which host, which packet, when.
    fn run(&mut self, until: Nanos) -> Vec<(usize, BufferId, Nanos)> {
        let mut delivered = Vec::new();

        while let Some(outcome) = self.network.poll(until) {
            if let Outcome::Delivered { to, packet, at } = outcome {
                delivered.push((to, packet.buffer, at));
            }
        }

        delivered
    }
}

fn config(fields: Value) -> Result<Config, String> {
    let mut whole = json!({
        "prefix": "test-",
        "hosts": [{ "name": "a", "address": A }, { "name": "b", "address": B }, { "name": "c", "address": C }]
    });

    if let (Some(whole), Value::Object(fields)) = (whole.as_object_mut(), fields) {
        whole.extend(fields);
    }

    Config::parse(&whole.to_string())
}

#[test]
fn a_packet_takes_the_latency_of_its_path_and_nothing_else() -> Result<(), String> {
    let mut lab = Lab::new(json!({ "latencyMs": 25, "paths": [{ "from": "b", "to": "a", "latencyMs": 7.5 }] }))?;
    let there = lab.send(3 * MS, 0, B, 1_500).ok_or("dropped")?;
    let back = lab.send(4 * MS, 1, A, 1_500).ok_or("dropped")?;

    assert_eq!(lab.network.next_at(), Some(11 * MS + MS / 2));
    assert_eq!(lab.run(11 * MS), []);
    assert_eq!(lab.run(28 * MS), [(0, back, 11 * MS + MS / 2), (1, there, 28 * MS)]);
    assert_eq!(lab.network.next_at(), None);
    Ok(())
}

#[test]
fn hosts_of_regions_have_the_latency_between_them_in_that_direction() -> Result<(), String> {
    let mut lab = Lab::new(json!({
        "hosts": [
            { "name": "a", "address": A, "region": "north" },
            { "name": "b", "address": B, "region": "north" },
            { "name": "c", "address": C, "region": "south" }
        ],
        "regions": { "north": { "north": 2, "south": 195 }, "south": { "north": 190, "south": 7 } },
        "latencyMs": 1
    }))?;

    lab.send(0, 0, B, 100);
    lab.send(0, 0, C, 100);
    lab.send(0, 2, A, 100);

    let times: Vec<_> = lab.run(1_000 * MS).into_iter().map(|(to, _, at)| (to, at)).collect();

    assert_eq!(times, [(1, 2 * MS), (0, 190 * MS), (2, 195 * MS)]);
    Ok(())
}

#[test]
fn an_uplink_and_a_downlink_take_the_time_of_all_bytes_before() -> Result<(), String> {
    // 8 Mbit/s: 1 ms for 1,000 bytes; 4 Mbit/s: 2 ms
    let mut lab = Lab::new(json!({
        "hosts": [{ "name": "a", "address": A, "uploadMbit": 8 }, { "name": "b", "address": B, "downloadMbit": 4 }],
        "latencyMs": 10
    }))?;

    for _ in 0..3 {
        lab.send(0, 0, B, 1_000);
    }

    let times: Vec<_> = lab.run(1_000 * MS).into_iter().map(|(.., at)| at).collect();

    assert_eq!(times, [13 * MS, 15 * MS, 17 * MS]);
    Ok(())
}

#[test]
fn two_senders_share_the_downlink_in_the_order_of_arrival() -> Result<(), String> {
    let mut lab = Lab::new(json!({
        "hosts": [
            { "name": "a", "address": A }, { "name": "b", "address": B }, { "name": "c", "address": C, "downloadMbit": 8 }
        ],
        "paths": [{ "from": "a", "to": "c", "latencyMs": 5 }, { "from": "b", "to": "c", "latencyMs": 4.5 }]
    }))?;
    let slow = lab.send(0, 0, C, 1_000).ok_or("dropped")?;
    let fast = lab.send(0, 1, C, 1_000).ok_or("dropped")?;

    assert_eq!(
        lab.run(100 * MS),
        [(2, fast, 5 * MS + MS / 2), (2, slow, 6 * MS + MS / 2)]
    );
    Ok(())
}

#[test]
fn what_would_wait_longer_than_the_bound_is_dropped() -> Result<(), String> {
    for (fields, waiting) in [
        (json!({ "queueMs": 20 }), 20),
        (json!({ "queueBytes": 5_000 }), 5),
        (json!({ "queueMs": 20, "queueBytes": 30_000 }), 20),
        (json!({ "queueMs": 0 }), 0),
    ] {
        let mut fields = fields;
        fields["hosts"] = json!([{ "name": "a", "address": A, "uploadMbit": 8 }, { "name": "b", "address": B }]);
        let mut lab = Lab::new(fields)?;
        let accepted = (0..100).filter_map(|_| lab.send(0, 0, B, 1_000)).count();

        // one is on the line
        assert_eq!(accepted, waiting + 1);
        assert_eq!(lab.run(1_000 * MS).len(), waiting + 1);
        assert_eq!(lab.counted(0, |a| a.upload_dropped), Some(99 - waiting as u64));
    }

    Ok(())
}

#[test]
fn a_downlink_drops_what_its_queue_does_not_hold_and_gives_the_buffers_back() -> Result<(), String> {
    let mut lab = Lab::new(json!({
        "hosts": [{ "name": "a", "address": A }, { "name": "b", "address": B, "downloadMbit": 8 }], "queueMs": 10
    }))?;

    for _ in 0..100 {
        lab.send(0, 0, B, 1_000);
    }

    let mut dropped = 0;
    let mut delivered = 0;

    while let Some(outcome) = lab.network.poll(1_000 * MS) {
        match outcome {
            Outcome::Delivered { packet, .. } => {
                delivered += 1;
                lab.buffers.give_back(packet.buffer);
            }
            Outcome::Dropped { packet } => {
                dropped += 1;
                lab.buffers.give_back(packet.buffer);
            }
        }
    }

    assert_eq!((delivered, dropped), (11, 89));
    assert_eq!(
        lab.counted(1, |b| (b.download_dropped, b.download_queue_max_ms)),
        Some((89, 10.0))
    );
    assert_eq!(std::iter::from_fn(|| lab.buffers.take()).count(), BUFFERS as usize);
    Ok(())
}

#[test]
fn the_order_of_a_pair_is_kept_whatever_the_sizes() -> Result<(), String> {
    let mut lab = Lab::new(json!({
        "hosts": [
            { "name": "a", "address": A, "uploadMbit": 50 },
            { "name": "b", "address": B, "uploadMbit": 1_024 },
            { "name": "c", "address": C, "downloadMbit": 50 }
        ],
        "paths": [{ "from": "a", "to": "c", "latencyMs": 0.1 }, { "from": "b", "to": "c", "latencyMs": 30.3 }],
        "queueMs": 10_000
    }))?;
    let mut sent = [Vec::new(), Vec::new()];

    for index in 0..5_000_usize {
        for (from, sent) in sent.iter_mut().enumerate() {
            let now = index as Nanos / 7 * 90_000;
            sent.push(lab.send(now, from, C, 40 + index * 131 % 1_400).ok_or("dropped")?);
        }
    }

    let delivered: Vec<_> = lab.run(100_000 * MS).into_iter().map(|(_, buffer, _)| buffer).collect();

    for sent in sent {
        let of_pair: Vec<_> = delivered
            .iter()
            .copied()
            .filter(|buffer| sent.contains(buffer))
            .collect();
        assert!(of_pair == sent);
    }

    Ok(())
}

#[test]
fn a_line_carries_its_rate_over_time() -> Result<(), String> {
    let mut lab = Lab::new(json!({
        "hosts": [{ "name": "a", "address": A, "uploadMbit": 1_024 }, { "name": "b", "address": B }], "queueMs": 10_000
    }))?;

    for _ in 0..10_000 {
        lab.send(0, 0, B, 1_500);
    }

    let last = lab
        .run(100_000 * MS)
        .last()
        .map(|(.., at)| *at)
        .ok_or("nothing was delivered")?;

    // 15 MB at 128 MB/s
    assert!(last.abs_diff(117_187_500) < 10_000, "{last} ns");
    Ok(())
}

#[test]
fn loss_is_that_of_the_seed_and_of_the_path_alone() -> Result<(), String> {
    let survivors = |seed: u64, with_others: bool| -> Result<Vec<usize>, String> {
        let mut lab = Lab::new(json!({
            "seed": seed, "loss": 0.1, "paths": [{ "from": "b", "to": "a", "loss": 1 }, { "from": "c", "to": "a", "loss": 0 }]
        }))?;
        let mut survivors = Vec::new();

        for index in 0..2_000 {
            if with_others {
                assert_eq!(lab.send(0, 1, A, 100), None);
                assert_ne!(lab.send(0, 2, A, 100), None);
            }

            if lab.send(0, 0, B, 100).is_some() {
                survivors.push(index);
            }
        }

        assert_eq!(
            lab.counted(0, |a| (a.sent, a.lost)),
            Some((2_000, 2_000 - survivors.len() as u64))
        );
        Ok(survivors)
    };
    let first = survivors(1, false)?;

    assert!((1_740..1_860).contains(&first.len()), "{} of 2,000", first.len());
    assert!(first == survivors(1, true)?);
    assert!(first != survivors(2, false)?);
    Ok(())
}

#[test]
fn what_is_for_nobody_is_counted_and_dropped() -> Result<(), String> {
    let mut lab = Lab::new(json!({}))?;

    assert_eq!(lab.send(0, 0, Ipv4Addr::new(10, 9, 9, 9), 100), None);
    let buffer = lab.buffers.take().ok_or("no buffer")?;
    assert!(!lab.network.send(0, 0, None, Packet { buffer, bytes: 100 }));
    assert_eq!(lab.counted(0, |a| (a.sent, a.unroutable)), Some((2, 2)));
    assert_eq!(lab.network.next_at(), None);
    Ok(())
}

//! Which configurations there are.

#![allow(clippy::expect_used, clippy::indexing_slicing)]

use netsim::config::Config;
use serde_json::{Value, json};

fn parse(change: impl FnOnce(&mut Value)) -> Result<Config, String> {
    let mut config = json!({
        "prefix": "test-",
        "hosts": [
            { "name": "a", "address": "10.0.0.1", "region": "north", "uploadMbit": 50, "downloadMbit": 1_024 },
            { "name": "b", "address": "10.0.0.2", "region": "south" }
        ],
        "regions": { "north": { "north": 2, "south": 7 }, "south": { "north": 7, "south": 2 } }
    });
    change(&mut config);
    Config::parse(&config.to_string())
}

#[test]
fn what_is_left_out_has_a_default() -> Result<(), String> {
    let config = parse(|_| {})?;

    assert_eq!(
        (config.mtu_bytes, config.queue_ms, config.packets_max),
        (1_500, 200.0, 65_536)
    );
    assert_eq!((config.latency_ms, config.loss, config.seed), (0.0, 0.0, 0));
    Ok(())
}

#[test]
fn what_makes_no_sense_is_refused_with_what_is_wrong() {
    type Change = fn(&mut Value);
    let wrong: [(Change, &str); 16] = [
        (|config| config["prefix"] = json!("../"), "prefix"),
        (|config| config["prefix"] = json!(""), "prefix"),
        (|config| config["hosts"] = json!([]), "number of hosts"),
        (|config| config["hosts"][1]["name"] = json!("a"), "two hosts"),
        (
            |config| config["hosts"][1]["name"] = json!("x".repeat(33)),
            "name of a host",
        ),
        (
            |config| config["hosts"][1]["address"] = json!("10.0.0.1"),
            "another host has it",
        ),
        (
            |config| config["hosts"][1]["address"] = json!("192.168.0.1"),
            "10.0.0.0/8",
        ),
        (|config| config["hosts"][1]["region"] = json!("east"), "no latency"),
        (|config| config["hosts"][1]["uploadMbit"] = json!(0), "uploadMbit of b"),
        (
            |config| config["regions"]["north"]["south"] = json!(-1),
            "from north to south",
        ),
        (
            |config| config["paths"] = json!([{ "from": "a", "to": "c" }]),
            "no host c",
        ),
        (
            |config| config["paths"] = json!([{ "from": "a", "to": "b", "loss": 2 }]),
            "loss of a path",
        ),
        (|config| config["loss"] = json!(1.1), "loss"),
        (|config| config["mtuBytes"] = json!(100), "mtuBytes"),
        (|config| config["packetsMax"] = json!(0), "packetsMax"),
        (|config| config["latency"] = json!(5), "unknown field"),
    ];

    for (change, what) in wrong {
        let error = parse(change).expect_err(what);
        assert!(error.contains(what), "{error}: {what}");
    }
}

//! The log on standard output, which the suite reads: one JSON object a line.

use anyhow::Result;
use libp2p::PeerId;
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

#[derive(Serialize)]
struct Line<Fields> {
    time: String,
    level: &'static str,
    msg: &'static str,
    #[serde(flatten)]
    fields: Fields,
}

#[derive(Serialize)]
struct Own {
    id: String,
    node_id: u32,
}

#[derive(Serialize)]
struct Arrival<'a> {
    id: String,
    topic: &'a str,
    from: String,
}

/// Once, at the start.
pub fn peer_id(peer: PeerId, node_id: u32) -> Result<()> {
    println!(
        "{}",
        line(
            "PeerID",
            Own {
                id: peer.to_string(),
                node_id
            }
        )?
    );
    Ok(())
}

/// Each time a message comes, also when it is here already. `from` has sent it, but need not have published it.
pub fn arrival(id: u64, topic: &str, from: PeerId) -> Result<()> {
    println!(
        "{}",
        line(
            "Received Message",
            Arrival {
                id: id.to_string(),
                topic,
                from: from.to_string()
            }
        )?
    );
    Ok(())
}

fn line(msg: &'static str, fields: impl Serialize) -> Result<String> {
    let time = OffsetDateTime::now_utc().format(&Rfc3339)?;
    Ok(serde_json::to_string(&Line {
        time,
        level: "INFO",
        msg,
        fields,
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrival() -> Result<()> {
        let from = PeerId::random();
        let line = line(
            "Received Message",
            Arrival {
                id: "31".into(),
                topic: "foobar",
                from: from.to_string(),
            },
        )?;
        let (time, rest) = line.split_at("{\"time\":\"2026-01-02T03:04:05".len());

        assert!(time.starts_with("{\"time\":\"20"), "{line}");
        assert!(
            rest.ends_with(&format!(
                "Z\",\"level\":\"INFO\",\"msg\":\"Received Message\",\"id\":\"31\",\"topic\":\"foobar\",\"from\":\"{from}\"}}"
            )),
            "{line}"
        );
        Ok(())
    }

    #[test]
    fn the_own_id() -> Result<()> {
        let line = line(
            "PeerID",
            Own {
                id: "12D3".into(),
                node_id: 7,
            },
        )?;

        assert!(line.ends_with(r#""msg":"PeerID","id":"12D3","node_id":7}"#), "{line}");
        Ok(())
    }
}

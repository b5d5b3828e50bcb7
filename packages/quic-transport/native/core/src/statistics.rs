//! What a connection has counted, and what an endpoint keeps of connections that have ended.

use std::time::Duration;

use quinn_proto::ConnectionStats;

/// Counters of one connection since its handshake began, or of all connections of an endpoint together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    pub sent_bytes: u64,
    pub received_bytes: u64,
    pub sent_datagrams: u64,
    pub received_datagrams: u64,
    pub lost_packets: u64,
    pub lost_bytes: u64,
    pub congestion_events: u64,
    pub black_holes: u64,
}

/// The state of one connection's path, and its counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionStatistics {
    /// The smoothed estimate (RFC 9002 section 5).
    pub rtt: Duration,
    pub min_rtt: Duration,
    pub congestion_window: u64,
    /// The largest UDP payload that the path is known to carry.
    pub mtu: u16,
    pub traffic: Traffic,
}

impl Traffic {
    pub(crate) fn add(&mut self, other: &Self) {
        let Self {
            sent_bytes,
            received_bytes,
            sent_datagrams,
            received_datagrams,
            lost_packets,
            lost_bytes,
            congestion_events,
            black_holes,
        } = other;
        self.sent_bytes += sent_bytes;
        self.received_bytes += received_bytes;
        self.sent_datagrams += sent_datagrams;
        self.received_datagrams += received_datagrams;
        self.lost_packets += lost_packets;
        self.lost_bytes += lost_bytes;
        self.congestion_events += congestion_events;
        self.black_holes += black_holes;
    }
}

impl From<ConnectionStats> for ConnectionStatistics {
    fn from(stats: ConnectionStats) -> Self {
        let ConnectionStats {
            udp_tx, udp_rx, path, ..
        } = stats;
        Self {
            rtt: path.rtt,
            min_rtt: path.min_rtt,
            congestion_window: path.cwnd,
            mtu: path.current_mtu,
            traffic: Traffic {
                sent_bytes: udp_tx.bytes,
                received_bytes: udp_rx.bytes,
                sent_datagrams: udp_tx.datagrams,
                received_datagrams: udp_rx.datagrams,
                lost_packets: path.lost_packets,
                lost_bytes: path.lost_bytes,
                congestion_events: path.congestion_events,
                black_holes: path.black_holes_detected,
            },
        }
    }
}

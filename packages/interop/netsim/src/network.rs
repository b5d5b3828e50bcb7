//! What becomes of packets: uplink of the sender, loss and latency of the path, downlink of the receiver.
//!
//! No clock, no bytes, no system calls: times are arguments, and buffers are names.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use crate::buffers::BufferId;
use crate::config::Config;
use crate::link::{Link, NANOS_PER_MS, Nanos};
use crate::loss::Loss;
use crate::schedule::Schedule;
use crate::statistics::HostStatistics;

/// The place of a host in the configuration.
pub type HostIndex = usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Packet {
    pub buffer: BufferId,
    pub bytes: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has arrived at the host; it was meant to at that time.
    Delivered { to: HostIndex, packet: Packet, at: Nanos },
    /// The queue of the downlink was full.
    Dropped { packet: Packet },
}

pub struct Network {
    hosts: Vec<Access>,
    by_address: HashMap<Ipv4Addr, HostIndex>,
    /// From each host to each host.
    paths: Vec<Path>,
    schedule: Schedule<Event>,
}

struct Access {
    upload: Link,
    download: Link,
    statistics: HostStatistics,
}

struct Path {
    latency: Nanos,
    loss: Loss,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// It is at the far end of the path, before the downlink.
    Crossed { to: HostIndex, packet: Packet },
    /// It has left the downlink.
    Received { to: HostIndex, packet: Packet },
}

impl Network {
    /// The configuration is one that was checked.
    pub fn new(config: &Config) -> Self {
        let queue_max = nanos(config.queue_ms);
        let link = |mbit| Link::new(mbit, queue_max, config.queue_bytes);

        Self {
            hosts: config
                .hosts
                .iter()
                .map(|host| Access {
                    upload: link(host.upload_mbit),
                    download: link(host.download_mbit),
                    statistics: HostStatistics::default(),
                })
                .collect(),
            by_address: config
                .hosts
                .iter()
                .enumerate()
                .map(|(index, host)| (host.address, index))
                .collect(),
            paths: paths_of(config),
            schedule: Schedule::with_capacity(config.packets_max as usize),
        }
    }

    /// A host has sent a packet. False: it is gone, and its buffer free.
    ///
    /// `now` must not be earlier than in any call before.
    pub fn send(&mut self, now: Nanos, from: HostIndex, destination: Option<Ipv4Addr>, packet: Packet) -> bool {
        let to = destination.and_then(|address| self.by_address.get(&address)).copied();
        let path = to.and_then(|to| self.paths.get_mut(from * self.hosts.len() + to));
        let Some(Access { upload, statistics, .. }) = self.hosts.get_mut(from) else {
            return false;
        };

        statistics.sent += 1;
        statistics.sent_bytes += packet.bytes as u64;

        let (Some(to), Some(path)) = (to, path) else {
            statistics.unroutable += 1;
            return false;
        };

        // drawn even if the queue is full: the n-th packet of a pair has the same fate in each run
        let is_lost = path.loss.is_lost();

        let Some(left_at) = upload.pass(now, packet.bytes) else {
            statistics.upload_dropped += 1;
            return false;
        };

        if is_lost {
            statistics.lost += 1;
            return false;
        }

        self.schedule
            .push(left_at + path.latency, Event::Crossed { to, packet });
        true
    }

    /// When there is something to do next.
    pub fn next_at(&self) -> Option<Nanos> {
        self.schedule.next_at()
    }

    /// The next packet whose time has come; its buffer is the caller's again.
    pub fn poll(&mut self, now: Nanos) -> Option<Outcome> {
        while let Some((at, event)) = self.schedule.pop_due(now) {
            let (Event::Crossed { to, packet } | Event::Received { to, packet }) = event;
            let Some(Access {
                download, statistics, ..
            }) = self.hosts.get_mut(to)
            else {
                continue;
            };

            if let Event::Crossed { .. } = event {
                let Some(received_at) = download.pass(at, packet.bytes) else {
                    statistics.download_dropped += 1;
                    return Some(Outcome::Dropped { packet });
                };

                if received_at > at {
                    self.schedule.push(received_at, Event::Received { to, packet });
                    continue;
                }
            }

            return Some(Outcome::Delivered { to, packet, at });
        }

        None
    }

    /// For what only the caller can count.
    pub fn statistics_mut(&mut self, host: HostIndex) -> Option<&mut HostStatistics> {
        self.hosts.get_mut(host).map(|host| &mut host.statistics)
    }

    /// In the order of the configuration.
    pub fn statistics(&self) -> Vec<HostStatistics> {
        self.hosts
            .iter()
            .map(
                |Access {
                     upload,
                     download,
                     statistics,
                 }| HostStatistics {
                    upload_queue_max_ms: upload.wait_peak as f64 / NANOS_PER_MS,
                    download_queue_max_ms: download.wait_peak as f64 / NANOS_PER_MS,
                    ..statistics.clone()
                },
            )
            .collect()
    }
}

fn paths_of(config: &Config) -> Vec<Path> {
    let exceptions: HashMap<_, _> = config
        .paths
        .iter()
        .map(|path| ((path.from.as_str(), path.to.as_str()), path))
        .collect();
    let mut paths = Vec::with_capacity(config.hosts.len().pow(2));

    for (from_index, from) in config.hosts.iter().enumerate() {
        for (to_index, to) in config.hosts.iter().enumerate() {
            let exception = exceptions.get(&(from.name.as_str(), to.name.as_str()));
            let of_regions = from.region.as_ref().zip(to.region.as_ref());
            let of_regions = of_regions.and_then(|(from, to)| config.regions.get(from)?.get(to).copied());
            let latency_ms = exception
                .and_then(|exception| exception.latency_ms)
                .or(of_regions)
                .unwrap_or(config.latency_ms);
            let loss = exception.and_then(|exception| exception.loss).unwrap_or(config.loss);

            paths.push(Path {
                latency: nanos(latency_ms),
                loss: Loss::new(loss, config.seed, from_index, to_index),
            });
        }
    }

    paths
}

fn nanos(ms: f64) -> Nanos {
    (ms * NANOS_PER_MS) as Nanos
}

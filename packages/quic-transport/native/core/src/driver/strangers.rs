//! Handshakes of strangers: let in, asked for their address again, decided on by the user, or refused.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use quinn_proto::Incoming;

use super::Driver;
use crate::admission::Decision;
use crate::connection::{Connection, Phase};
use crate::events::Event;
use crate::shared::Place;

/// A handshake that the user decides on.
pub(super) struct Gated {
    incoming: Incoming,
    place: Place,
    deadline: Instant,
}

impl Driver {
    pub(super) fn on_stranger(&mut self, now: Instant, incoming: Incoming) {
        let remote = incoming.remote_address();
        let is_proven = incoming.remote_address_validated();
        match self.shared.admit(remote.ip(), is_proven) {
            Decision::Accept => {
                let place = Place {
                    endpoint: self.shared.clone(),
                    remote: remote.ip(),
                    is_proven,
                };
                match (self.shared.config.gates_handshakes, is_proven) {
                    (false, _) => self.accept(now, incoming, place),
                    (true, true) => self.ask(now, incoming, place),
                    (true, false) => self.retry(incoming),
                }
            }
            Decision::Retry => self.retry(incoming),
            Decision::Refuse => {
                self.shared.counters.handshakes_refused.fetch_add(1, Ordering::Relaxed);
                self.refuse(incoming);
            }
        }
    }

    fn accept(&mut self, now: Instant, incoming: Incoming, place: Place) {
        let deadline = now + self.shared.config.handshake_timeout;
        let (window, transport) = self.transport_of_one(false, now);
        let server = if Arc::ptr_eq(&transport, &self.transport) {
            self.server.clone()
        } else {
            let mut server = (*self.server).clone();
            server.transport_config(transport);
            Arc::new(server)
        };
        match self.quinn.accept(incoming, now, &mut self.send_buffer, Some(server)) {
            Ok((handle, quinn)) => {
                let phase = Phase::Accepting {
                    _place: place,
                    deadline,
                };
                self.add(Connection::new(&self.shared, handle, quinn, phase, window));
            }
            Err(error) => {
                self.shared.counters.handshakes_failed.fetch_add(1, Ordering::Relaxed);
                if let Some(transmit) = error.response {
                    self.respond(&transmit);
                }
            }
        }
        self.send_buffer.clear();
    }

    fn retry(&mut self, incoming: Incoming) {
        self.shared.counters.handshakes_retried.fetch_add(1, Ordering::Relaxed);
        match self.quinn.retry(incoming, &mut self.send_buffer) {
            Ok(transmit) => self.respond(&transmit),
            // The address is proven already.
            Err(error) => self.refuse(error.into_incoming()),
        }
    }

    fn refuse(&mut self, incoming: Incoming) {
        let transmit = self.quinn.refuse(incoming, &mut self.send_buffer);
        self.respond(&transmit);
    }

    /// Lets the user decide. The handshake has its place meanwhile, so their number is bounded.
    fn ask(&mut self, now: Instant, incoming: Incoming, place: Place) {
        self.last_gate = self.last_gate.wrapping_add(1);
        let gate = self.last_gate;
        let remote = incoming.remote_address();
        let deadline = now + self.shared.config.handshake_timeout;
        self.gated.insert(
            gate,
            Gated {
                incoming,
                place,
                deadline,
            },
        );
        self.shared.events.push(Event::Gate { gate, remote });
    }

    pub(super) fn decide_gated(&mut self, now: Instant, gate: u32, is_allowed: bool) {
        let Some(gated) = self.gated.remove(&gate) else {
            return;
        };
        if is_allowed {
            self.accept(now, gated.incoming, gated.place);
        } else {
            drop(gated.place);
            self.shared.counters.handshakes_gated.fetch_add(1, Ordering::Relaxed);
            self.refuse(gated.incoming);
        }
    }

    /// When the first that the user has not decided on is over.
    pub(super) fn next_gate(&self) -> Option<Instant> {
        self.gated.first_key_value().map(|(_, gated)| gated.deadline)
    }

    pub(super) fn expire_gated(&mut self, now: Instant) {
        let overdue = |gated: &Gated| gated.deadline <= now;
        while let Some(entry) = self.gated.first_entry().filter(|entry| overdue(entry.get())) {
            let gated = entry.remove();
            drop(gated.place);
            self.shared.counters.handshakes_failed.fetch_add(1, Ordering::Relaxed);
            self.refuse(gated.incoming);
        }
    }

    pub(super) fn refuse_gated(&mut self) {
        for (_, gated) in std::mem::take(&mut self.gated) {
            self.refuse(gated.incoming);
        }
    }
}

//! Who may begin an inbound handshake. No sockets and no clock: the time is an argument.
//!
//! A stranger costs memory and a signature before it has proven anything, not even its address. So places are bounded in
//! all and by address, and when they become scarce or strangers come fast, an address must be proven first by a Retry
//! (RFC 9000 section 8.1.2). What forged addresses hold never counts against the one that they name.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// The part of the places, one in so many, that is given without a proof of address.
const RETRY_FROM: usize = 4;

/// What [`AdmissionLimits::retry_rate`] is counted over.
const RATE_WINDOW: Duration = Duration::from_secs(1);

/// Leading bits of an IPv6 address that one subscriber has (RFC 6177).
const IPV6_PREFIX_BITS: u32 = 64;

#[derive(Debug, Clone, Copy)]
pub(crate) struct AdmissionLimits {
    /// Handshakes under way.
    pub max_pending: usize,
    /// Of these, by one address that is proven: an IPv4 address, or a /64 of IPv6.
    pub max_pending_per_ip: usize,
    /// Handshakes that begin within a second, from which on addresses must be proven.
    pub retry_rate: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// A place was taken: [`Admission::release`] gives it back.
    Accept,
    Retry,
    Refuse,
}

/// The places for inbound handshakes of one endpoint.
pub(crate) struct Admission {
    limits: AdmissionLimits,
    pending: usize,
    /// An entry per address that holds a place: no more than there are places.
    by_address: HashMap<IpAddr, Held>,
    window_start: Instant,
    begun_in_window: usize,
}

#[derive(Default)]
struct Held {
    proven: usize,
    unproven: usize,
}

impl Admission {
    pub fn new(limits: AdmissionLimits, now: Instant) -> Self {
        Self {
            limits,
            pending: 0,
            by_address: HashMap::new(),
            window_start: now,
            begun_in_window: 0,
        }
    }

    pub fn pending(&self) -> usize {
        self.pending
    }

    pub fn decide(&mut self, now: Instant, remote: IpAddr, is_proven: bool) -> Decision {
        self.count(now);
        let address = subscriber(remote);
        let limits = self.limits;
        if self.pending >= limits.max_pending {
            return Decision::Refuse;
        }
        let held = self.by_address.get(&address);
        if is_proven {
            if held.is_some_and(|held| held.proven >= limits.max_pending_per_ip) {
                return Decision::Refuse;
            }
        } else if self.pending >= limits.max_pending / RETRY_FROM
            || self.begun_in_window > limits.retry_rate
            || held.is_some_and(|held| held.proven + held.unproven >= limits.max_pending_per_ip)
        {
            return Decision::Retry;
        }
        self.pending += 1;
        *self.by_address.entry(address).or_default().of(is_proven) += 1;
        Decision::Accept
    }

    /// Gives back the place of a handshake that was accepted with these arguments.
    pub fn release(&mut self, remote: IpAddr, is_proven: bool) {
        let address = subscriber(remote);
        let Some(held) = self.by_address.get_mut(&address) else {
            return;
        };
        *held.of(is_proven) -= 1;
        if held.proven + held.unproven == 0 {
            self.by_address.remove(&address);
        }
        self.pending -= 1;
    }

    fn count(&mut self, now: Instant) {
        if now.saturating_duration_since(self.window_start) >= RATE_WINDOW {
            self.window_start = now;
            self.begun_in_window = 0;
        }
        self.begun_in_window += 1;
    }
}

impl Held {
    fn of(&mut self, is_proven: bool) -> &mut usize {
        if is_proven {
            &mut self.proven
        } else {
            &mut self.unproven
        }
    }
}

/// What stands for all addresses that one subscriber can choose from.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mask = u128::MAX << (Ipv6Addr::BITS - IPV6_PREFIX_BITS);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: AdmissionLimits = AdmissionLimits {
        max_pending: 16,
        max_pending_per_ip: 3,
        retry_rate: 100,
    };

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn accept_all(admission: &mut Admission, now: Instant, count: u8, is_proven: bool) {
        for last in 0..count {
            assert_eq!(admission.decide(now, ip(last), is_proven), Decision::Accept, "{last}");
        }
    }

    #[test]
    fn a_quarter_of_the_places_is_free_then_an_address_must_be_proven() {
        let now = Instant::now();
        let mut admission = Admission::new(LIMITS, now);
        accept_all(&mut admission, now, 4, false);
        assert_eq!(admission.decide(now, ip(100), false), Decision::Retry);
        assert_eq!(admission.decide(now, ip(100), true), Decision::Accept);
    }

    #[test]
    fn when_all_places_are_taken_everybody_is_refused_until_one_is_given_back() {
        let now = Instant::now();
        let mut admission = Admission::new(LIMITS, now);
        accept_all(&mut admission, now, 16, true);
        assert_eq!(admission.decide(now, ip(100), true), Decision::Refuse);
        assert_eq!(admission.decide(now, ip(100), false), Decision::Refuse);
        admission.release(ip(3), true);
        assert_eq!(admission.decide(now, ip(100), true), Decision::Accept);
    }

    #[test]
    fn one_address_gets_its_share_only() {
        let now = Instant::now();
        let mut admission = Admission::new(LIMITS, now);
        for _ in 0..3 {
            assert_eq!(admission.decide(now, ip(1), true), Decision::Accept);
        }
        assert_eq!(admission.decide(now, ip(1), true), Decision::Refuse);
        assert_eq!(admission.decide(now, ip(2), true), Decision::Accept);
        admission.release(ip(1), true);
        assert_eq!(admission.decide(now, ip(1), true), Decision::Accept);
    }

    #[test]
    fn whoever_forges_an_address_takes_nothing_from_its_owner() {
        let now = Instant::now();
        let mut admission = Admission::new(LIMITS, now);
        for _ in 0..3 {
            assert_eq!(admission.decide(now, ip(1), false), Decision::Accept);
        }
        assert_eq!(admission.decide(now, ip(1), false), Decision::Retry);
        for _ in 0..3 {
            assert_eq!(admission.decide(now, ip(1), true), Decision::Accept);
        }
    }

    #[test]
    fn an_ipv6_subscriber_is_a_64_and_a_mapped_address_is_ipv4() {
        let now = Instant::now();
        let mut admission = Admission::new(LIMITS, now);
        for last in 0..3 {
            let address = IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
            assert_eq!(admission.decide(now, address, true), Decision::Accept);
        }
        let same = IpAddr::from([0x2001, 0xdb8, 0, 1, 9, 9, 9, 9]);
        let other = IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 0]);
        assert_eq!(admission.decide(now, same, true), Decision::Refuse);
        assert_eq!(admission.decide(now, other, true), Decision::Accept);
        let IpAddr::V4(plain) = ip(1) else { return };
        assert_eq!(subscriber(plain.to_ipv6_mapped().into()), ip(1));
    }

    #[test]
    fn strangers_that_come_fast_must_prove_their_address_until_the_second_is_over() {
        let start = Instant::now();
        let mut admission = Admission::new(LIMITS, start);
        for count in 0..100_u8 {
            assert_eq!(admission.decide(start, ip(count), false), Decision::Accept);
            admission.release(ip(count), false);
        }
        assert_eq!(admission.decide(start, ip(1), false), Decision::Retry);
        assert_eq!(admission.decide(start, ip(1), true), Decision::Accept);
        assert_eq!(admission.decide(start + RATE_WINDOW, ip(2), false), Decision::Accept);
    }

    #[test]
    fn nothing_is_left_of_places_that_were_given_back() {
        let now = Instant::now();
        let mut admission = Admission::new(LIMITS, now);
        accept_all(&mut admission, now, 16, true);
        for last in 0..16 {
            admission.release(ip(last), true);
        }
        assert_eq!(admission.pending(), 0);
        assert!(admission.by_address.is_empty());
        // a place that nobody holds
        admission.release(ip(1), true);
        assert_eq!(admission.pending(), 0);
    }
}

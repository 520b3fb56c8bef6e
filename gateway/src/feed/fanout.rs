//! The lines to single addresses, for networks without multicast: a list that is configured, and leases.
//!
//! The same packets as everywhere, from the feed's cold thread. Nobody is always first: each packet begins with
//! another address. Nothing waits: what the kernel does not take at once is dropped and counted. A lease is given
//! only to who has proved that he gets what is sent to his address (a token, sent there, comes back), and ends
//! by itself.

use super::udp::Datagrams;
use sbe_schemas::market_data as md;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;

const NS_PER_S: u64 = 1_000_000_000;
/// Longest lease, seconds.
const SECONDS_MAX: u16 = 60;
/// A token is good for so long at least, and for twice as long at most.
const TOKEN_NS: u64 = 64 * NS_PER_S;

/// See the file's map.
pub struct Fanout {
    fixed: Vec<SocketAddr>,
    /// With their ends.
    leased: Vec<(SocketAddr, u64)>,
    leases_max: usize,
    /// Who is first this time.
    first: usize,
    key: RandomState,
}

impl Fanout {
    /// To these addresses, and at most so many others.
    pub fn new(fixed: Vec<SocketAddr>, leases_max: usize) -> Self {
        let leased = Vec::with_capacity(leases_max);
        Self { fixed, leased, leases_max, first: 0, key: RandomState::new() }
    }

    /// How many there are.
    pub fn subscribers(&self) -> usize {
        self.fixed.len() + self.leased.len()
    }

    /// Sends a packet to all of them.
    pub fn send(&mut self, packet: &[u8], datagrams: &mut impl Datagrams) {
        let all = self.subscribers();
        self.first = (self.first + 1) % all.max(1);
        for n in (self.first..all).chain(0..self.first) {
            let leased = |n: usize| self.leased.get(n).map(|(address, _)| address);
            let address = self.fixed.get(n).or_else(|| leased(n - self.fixed.len()));
            if let Some(address) = address {
                datagrams.send(packet, *address);
            }
        }
    }

    /// Ends leases that have not been renewed.
    pub fn expire(&mut self, now: u64) {
        self.leased.retain(|(_, until)| *until > now);
    }

    /// Answers a request of `peer`; `next` is the next message that will be told.
    pub fn lease(
        &mut self,
        request: &md::LeaseRequest,
        peer: SocketAddr,
        next: u64,
        now: u64,
    ) -> md::Lease {
        let token = self.token(peer, now / TOKEN_NS);
        let before = self.token(peer, (now / TOKEN_NS).wrapping_sub(1));
        let is_his = [token, before].contains(&request.token.get());
        let mut seconds = request.seconds.get().min(SECONDS_MAX);
        let until = now + u64::from(seconds) * NS_PER_S;
        let has_room = self.leased.len() < self.leases_max;
        match self.leased.iter_mut().find(|(address, _)| *address == peer) {
            _ if !is_his => seconds = 0,
            Some(lease) => lease.1 = until,
            None if has_room => self.leased.push((peer, until)),
            None => seconds = 0,
        }
        self.expire(now);
        md::Lease {
            request_id: request.request_id,
            seconds: seconds.into(),
            token: token.into(),
            next: next.into(),
        }
    }

    /// What nobody else can know who does not get this address's packets.
    fn token(&self, peer: SocketAddr, period: u64) -> u64 {
        self.key.hash_one((peer, period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbe_schemas::header::Message;

    #[derive(Default)]
    struct Sent(Vec<u16>);

    impl Datagrams for Sent {
        fn receive(&mut self, _: &mut [u8]) -> Option<(usize, SocketAddr)> {
            None
        }

        fn send(&mut self, _: &[u8], to: SocketAddr) {
            self.0.push(to.port());
        }
    }

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], port))
    }

    fn ask(fanout: &mut Fanout, port: u16, token: u64, seconds: u16, now: u64) -> (u16, u64) {
        let request = md::LeaseRequest {
            token: token.into(),
            seconds: seconds.into(),
            ..md::LeaseRequest::ZERO
        };
        let lease = fanout.lease(&request, address(port), 9, now);
        (lease.seconds.get(), lease.token.get())
    }

    #[test]
    fn everybody_gets_every_packet_and_nobody_is_always_first() {
        let mut fanout = Fanout::new(vec![address(1), address(2)], 4);
        let (none, token) = ask(&mut fanout, 3, 0, 30, 0);
        assert_eq!((none, fanout.subscribers()), (0, 2), "without a token there is no lease");
        assert_eq!(ask(&mut fanout, 3, token, 30, 0).0, 30);
        let mut firsts = Vec::new();
        for _ in 0..30 {
            let mut sent = Sent::default();
            fanout.send(&[1], &mut sent);
            firsts.push(sent.0[0]);
            sent.0.sort_unstable();
            assert_eq!(sent.0, [1, 2, 3]);
        }
        assert!((1..=3).all(|port| firsts.iter().filter(|first| **first == port).count() == 10));
    }

    #[test]
    fn leases_end_are_bounded_and_belong_to_an_address() {
        let mut fanout = Fanout::new(Vec::new(), 2);
        let tokens = [5, 6, 7].map(|port| ask(&mut fanout, port, 0, 0, 0).1);
        assert_eq!(ask(&mut fanout, 5, tokens[1], 30, 0).0, 0, "another's token");
        assert_eq!(ask(&mut fanout, 5, tokens[0], 9999, 0).0, SECONDS_MAX);
        assert_eq!(ask(&mut fanout, 6, tokens[1], 20, 0).0, 20);
        assert_eq!(ask(&mut fanout, 7, tokens[2], 20, 0).0, 0, "no place");
        assert_eq!(ask(&mut fanout, 6, tokens[1], 0, NS_PER_S).0, 0, "he ends it");
        assert_eq!(fanout.subscribers(), 1);
        assert_eq!(ask(&mut fanout, 7, tokens[2], 20, 100 * NS_PER_S).0, 20, "one period old");
        assert_eq!(fanout.subscribers(), 1, "the first has ended");
        assert_eq!(ask(&mut fanout, 6, tokens[1], 20, 200 * NS_PER_S).0, 0, "too old a token");
    }
}

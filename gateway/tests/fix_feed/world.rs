//! Market data over FIX on one thread: a real engine, the real packers, the real sessions, a network in memory
//! and a clock that moves when it is told to.

use crate::client::Peer;
use crate::exchange::{NOON_NS, Venue};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use gateway::auth::{Checker, Secret, auth_way};
use gateway::connection::ConnectionLimits;
use gateway::feed::tap::{TapIn, tap};
use gateway::fix_feed::{FixFeed, Packets, Settings, transport_limits};
use gateway::io::StreamTransport;
use gateway::io::sim::SimNet;
use gateway::publisher::Lines;
use sbe_schemas::header::fill_text;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

pub const VENUE: &str = "VENUE";
pub const MS: u64 = 1_000_000;
const CONNECTIONS_MAX: u16 = 8;
/// Between two cycles of snapshots, and two heartbeats of the feed.
const CYCLE_MS: u64 = 20;

pub struct World {
    pub net: SimNet,
    pub feed: FixFeed,
    pub venue: Venue,
    incremental: TapIn,
    snapshots: TapIn,
    checker: Checker,
    pub now: u64,
    /// Packets of the next commit are lost.
    pub drops: bool,
    /// There are no snapshots.
    pub without_snapshots: bool,
}

pub fn settings() -> Settings {
    Settings {
        venue: VENUE.into(),
        limits: ConnectionLimits {
            logon_ns: 10_000 * MS,
            message_bytes_max: 8192,
            sending_time_tolerance_ns: 120_000 * MS,
            timestamp_tolerance_ns: 10_000_000_000,
            rate_soft: 20,
            rate_hard: 100,
        },
        heartbeat_s: (1, 3600),
        slow_ns: 5_000 * MS,
        per_address_max: u16::MAX,
        subscriptions_max: 4,
        instruments_max: 16,
        orders_max: 1 << 14,
        currencies: HashMap::from([(b"SYM1".to_vec(), "USD".to_owned())]),
    }
}

/// Of clients A to Z, whose CompIDs are their letters.
fn secrets() -> HashMap<[u8; 24], Secret> {
    static HASH: OnceLock<String> = OnceLock::new();
    let password_hash = HASH.get_or_init(|| {
        let cheap = Params::new(8, 1, 1, None).unwrap();
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
        argon.hash_password(b"secret").unwrap().to_string()
    });
    let secret = Secret::Password { username: None, password_hash: password_hash.clone() };
    (b'A'..=b'Z').map(|letter| (fill_text(&[letter]).unwrap(), secret.clone())).collect()
}

impl World {
    pub fn new(instruments: usize, seed: u64, settings: Settings) -> Self {
        let net = SimNet::new(seed);
        let mut transport = net.transport(transport_limits(CONNECTIONS_MAX)).unwrap();
        transport.listen("127.0.0.1:9003".parse().unwrap()).unwrap();
        let (auth, checker) = auth_way(secrets());
        let (incremental, hear) = tap(64);
        let (snapshots, hear_snapshots) = tap(512);
        let packets = Packets { incremental: hear, snapshots: hear_snapshots };
        let feed = FixFeed::new(settings, Box::new(transport), CONNECTIONS_MAX, auth, packets);
        let mut venue = Venue::new(instruments, seed);
        venue.commit();
        let now = NOON_NS;
        let (drops, without_snapshots) = (false, false);
        Self { net, feed, venue, incremental, snapshots, checker, now, drops, without_snapshots }
    }

    pub fn connect(&self, comp_id: char) -> Peer {
        Peer::new(self.net.connect(0).unwrap(), comp_id)
    }

    /// What the venue has been asked for, and its packets on their way.
    pub fn commit(&mut self) {
        for packet in self.venue.commit() {
            if !self.drops {
                self.incremental.send(&packet);
            }
        }
        self.drops = false;
    }

    /// Time passes; whoever is in `peers` reads what comes.
    pub fn pass(&mut self, ms: u64, peers: &mut [&mut Peer]) {
        for _ in 0..ms {
            self.now += MS;
            self.venue.now += MS;
            self.net.advance(Duration::from_millis(1));
            if (self.now / MS).is_multiple_of(CYCLE_MS) {
                // The venue's timers: auctions tell their price again.
                for packet in self.venue.commit_nothing() {
                    self.incremental.send(&packet);
                }
                let heartbeat = self.venue.heartbeat();
                self.incremental.send(&heartbeat);
                if !self.without_snapshots {
                    for packet in self.venue.snapshot() {
                        self.snapshots.send(&packet);
                    }
                }
            }
            while self.checker.turn() {}
            for _ in 0..4 {
                self.turn(peers);
            }
        }
    }

    /// One turn of the thread.
    pub fn turn(&mut self, peers: &mut [&mut Peer]) {
        self.feed.turn(self.now);
        for peer in peers {
            peer.read(&self.net);
        }
    }
}

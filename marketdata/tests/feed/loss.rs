//! Random orders, a bad network, subscribers that join when they like: in the end every book is
//! the engine's, and on the way no live book is ever wrong.

use crate::network::{Faults, Network};
use crate::venue::{CHANNEL, EPOCH, MS, Venue, pack};
use marketdata::packer::Packer;
use marketdata::packet::Packet;
use marketdata::{FeedEvent, Line, RestingOrder, State, Statistics, Subscriber, SubscriberLimits};
use sbe_schemas::types::EventKind;

const BATCHES: u64 = 600;
/// Milliseconds between two snapshot cycles.
const CYCLE: u64 = 25;
const INSTRUMENTS: usize = 3;

struct Listener {
    subscriber: Subscriber,
    network: Network,
    joins_at: u64,
    next_sequence: Option<u64>,
}

impl Listener {
    fn new(faults: Faults, joins_at: u64, seed: u64) -> Self {
        let limits = SubscriberLimits { late_ns: 20 * MS, ..SubscriberLimits::default() };
        let subscriber = Subscriber::new(limits);
        Self { subscriber, network: Network::new(faults, seed), joins_at, next_sequence: None }
    }

    /// Delivers what has arrived; messages must come in order, with holes only where told.
    fn turn(&mut self, venue: &Venue) {
        let mut next = self.next_sequence;
        let mut in_order = |event: FeedEvent<'_>| match event {
            FeedEvent::Message { sequence, .. } => {
                assert!(next.is_none_or(|next| next == sequence));
                next = Some(sequence + 1);
            }
            FeedEvent::Gap { from, to } => {
                assert!(next.is_none_or(|next| next == from) && from < to);
                next = Some(to);
            }
            _ => {}
        };
        while let Some((time, line, packet)) = self.network.receive(venue.now) {
            self.subscriber.on_packet(line, &packet, time, &mut in_order);
        }
        self.subscriber.on_tick(venue.now, &mut in_order);
        self.next_sequence = next;
        for (number, instrument) in self.subscriber.instruments() {
            let rpt_seq = venue.engine.book(number as usize - 1).map(|book| book.rpt_seq);
            let book = instrument.book();
            if instrument.state() == State::Live && Some(book.rpt_seq()) == rpt_seq {
                let orders: Vec<RestingOrder> = book.walk().copied().collect();
                assert_eq!(orders, venue.resting(number), "a live book is never wrong");
            }
        }
    }
}

/// Trades, then is quiet for a while; every listener ends with the engine's books.
fn check(seed: u64, faults: Faults, joins_at: &[u64]) -> Vec<Statistics> {
    let mut venue = Venue::new(INSTRUMENTS, seed);
    let mut listeners: Vec<Listener> = joins_at
        .iter()
        .zip(1..)
        .map(|(at, n)| Listener::new(faults, *at, seed * 1_000 + n))
        .collect();
    for turn in 0..BATCHES + 60 * CYCLE {
        let mut incremental = Vec::new();
        if turn < BATCHES {
            for _ in 0..venue.dice.below(12) {
                venue.random();
            }
            incremental = venue.commit();
        }
        if turn == BATCHES / 2 {
            venue.restart();
            incremental.extend(venue.commit());
        }
        if turn % 10 == 0 {
            incremental.push(venue.heartbeat());
        }
        let snapshot = if turn % CYCLE == 0 { venue.snapshot() } else { Vec::new() };
        for listener in listeners.iter_mut().filter(|listener| listener.joins_at <= turn) {
            for packet in &incremental {
                listener.network.send(Line::A, packet, venue.now);
                listener.network.send(Line::B, packet, venue.now);
            }
            for packet in &snapshot {
                // The understudy lags: what it says is some milliseconds old.
                listener.network.send(Line::Snapshot, packet, venue.now + 3 * MS);
            }
            listener.turn(&venue);
        }
        venue.now += MS;
    }
    for listener in &listeners {
        venue.assert_followed_by(&listener.subscriber);
        let statistics = listener.subscriber.statistics();
        let traded_for_long = listener.joins_at < BATCHES / 2;
        assert!(statistics.checksums_verified > 0 || !traded_for_long, "{seed}: {statistics:?}");
        assert_eq!(statistics.checksums_failed, 0, "seed {seed}: {statistics:?}");
        assert_eq!(statistics.refused, 0, "seed {seed}: {statistics:?}");
        assert_eq!(statistics.resets, 0, "seed {seed}: {statistics:?}");
        assert!(statistics.snapshots_verified > 0, "seed {seed}: {statistics:?}");
    }
    listeners.iter().map(|listener| *listener.subscriber.statistics()).collect()
}

#[test]
fn without_loss_who_listens_from_the_start_needs_no_snapshot() {
    let told = check(1, Faults::NONE, &[0])[0];
    assert_eq!((told.gaps, told.snapshots_adopted, told.held), (0, 0, 0), "{told:?}");
    assert_eq!(told.recoveries, INSTRUMENTS as u64, "live once each: {told:?}");
    assert_eq!(told.duplicates, told.packets_b - told.heartbeats / 2, "all of line B: {told:?}");
}

#[test]
fn without_loss_who_joins_late_needs_one_snapshot_of_each_book() {
    let told = check(2, Faults::NONE, &[BATCHES / 3])[0];
    assert_eq!((told.gaps, told.snapshots_adopted), (0, INSTRUMENTS as u64), "{told:?}");
}

#[test]
fn what_one_line_loses_the_other_brings() {
    let faults = Faults { lose: 30, repeat: 30, delay: 200, delay_long: 0 };
    let told = check(3, faults, &[0])[0];
    assert!(told.held > 20, "{told:?}");
    assert!(told.gaps < 5, "both lines rarely lose the same: {told:?}");
}

#[test]
fn whatever_the_network_does_every_book_comes_back() {
    let faults = Faults { lose: 150, repeat: 50, delay: 200, delay_long: 20 };
    let mut sum = Statistics::default();
    for seed in 0..12 {
        for told in check(seed, faults, &[0, 7, BATCHES / 3, BATCHES]) {
            sum.gaps += told.gaps;
            sum.snapshots_adopted += told.snapshots_adopted;
            sum.snapshots_cut += told.snapshots_cut;
            sum.held += told.held;
        }
    }
    // What this test is about has happened, and often.
    assert!(sum.gaps > 300 && sum.held > 1_000, "{sum:?}");
    assert!(sum.snapshots_adopted > 300 && sum.snapshots_cut > 30, "{sum:?}");
}

#[test]
fn packets_are_a_function_of_the_log_and_sequences_have_no_holes() {
    let mut venue = Venue::new(INSTRUMENTS, 9);
    let mut sent = Vec::new();
    for _ in 0..100 {
        for _ in 0..20 {
            venue.random();
        }
        sent.extend(venue.commit());
        venue.now += MS;
    }
    let again = pack(&mut Packer::new(CHANNEL, EPOCH), &venue.events);
    assert_eq!(sent, again);
    let mut next = 1;
    for bytes in &sent {
        let packet = Packet::parse(bytes).expect("our own");
        assert_eq!(packet.header.sequence.get(), next);
        assert!(bytes.len() <= marketdata::packet::PACKET_BYTES_MAX);
        next += u64::from(packet.header.message_count.get());
    }
    assert_eq!(next, venue.engine.feed_seq());
    let told = venue.events.iter().filter(|event| event.kind() == Some(EventKind::Market));
    assert_eq!(told.count() as u64 + 1, next);
}

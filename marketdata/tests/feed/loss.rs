//! Random orders, a bad network, subscribers that join when they like: in the end every book is
//! the engine's, and on the way no live book is ever wrong.

use crate::network::{Archive, Faults, Network, Servers};
use crate::venue::{CHANNEL, EPOCH, MS, Venue, pack};
use engine::fake_log::Dice;
use marketdata::packer::Packer;
use marketdata::packet::Packet;
use marketdata::{
    AskLimits, FeedEvent, Line, RestingOrder, State, Statistics, Subscriber, SubscriberLimits, Way,
};
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
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
    servers: Servers,
    dice: Dice,
}

impl Listener {
    fn new(faults: Faults, servers: Servers, joins_at: u64, seed: u64) -> Self {
        let ask = servers.ask;
        let limits = SubscriberLimits { late_ns: 20 * MS, ask, ..SubscriberLimits::default() };
        let (subscriber, network) = (Subscriber::new(limits), Network::new(faults, seed));
        let dice = Dice(seed + 77);
        Self { subscriber, network, joins_at, next_sequence: None, servers, dice }
    }

    /// Asks for what it is told to ask for; answers come after a while.
    fn ask(&mut self, archive: &Archive, now: u64) {
        let Some(ask) = self.subscriber.take_ask() else { return };
        if self.servers.is_dead {
            return;
        }
        match ask.way {
            Way::Udp => {
                for packet in archive.answer(ask, 16) {
                    let late = 2 * MS + self.dice.below(3 * MS);
                    if !self.dice.hits(self.servers.lose_asks) {
                        self.network.send_surely(Line::Udp, &packet, now + late);
                    }
                }
            }
            Way::Tcp => {
                for (n, packet) in archive.answer(ask, usize::MAX).iter().enumerate() {
                    let at = now + 5 * MS + n as u64 * MS / 20;
                    self.network.send_surely(Line::Tcp, packet, at);
                }
            }
        }
    }

    /// Delivers what has arrived; messages must come in order, with holes only where told.
    fn turn(&mut self, venue: &Venue, archive: &Archive) {
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
        self.ask(archive, venue.now);
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
    check_with(seed, faults, Servers::NOBODY, joins_at)
}

/// The same, with somebody to ask for what was lost.
fn check_with(seed: u64, faults: Faults, servers: Servers, joins_at: &[u64]) -> Vec<Statistics> {
    let mut archive = Archive::default();
    let mut venue = Venue::new(INSTRUMENTS, seed);
    let mut listeners: Vec<Listener> = joins_at
        .iter()
        .zip(1..)
        .map(|(at, n)| Listener::new(faults, servers, *at, seed * 1_000 + n))
        .collect();
    for turn in 0..BATCHES + 120 * CYCLE {
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
        incremental.iter().for_each(|packet| archive.put(packet));
        let snapshot = if turn % CYCLE == 0 { venue.snapshot() } else { Vec::new() };
        for listener in listeners.iter_mut().filter(|listener| listener.joins_at <= turn) {
            for packet in &incremental {
                for line in [Line::A, Line::B] {
                    if turn == 0 && servers.ask != AskLimits::NOBODY {
                        // Who may ask hears the first packet: what is before it he does not miss.
                        listener.network.send_surely(line, packet, venue.now);
                    } else if !servers.is_dead(line, turn) {
                        listener.network.send(line, packet, venue.now);
                    }
                }
            }
            for packet in &snapshot {
                // The understudy lags: what it says is some milliseconds old.
                if !servers.is_dead(Line::Snapshot, turn) {
                    listener.network.send(Line::Snapshot, packet, venue.now + 3 * MS);
                }
            }
            listener.turn(&venue, &archive);
        }
        venue.now += MS;
    }
    for listener in &listeners {
        venue.assert_followed_by(&listener.subscriber);
        let statistics = listener.subscriber.statistics();
        // Who asks in vain is behind for a second, and has books by snapshots that are ahead of messages.
        let traded_for_long = listener.joins_at < BATCHES / 2 && !servers.is_dead;
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

/// Loss on both lines that no line fills: `gaps` without anybody to ask.
const BAD: Faults = Faults { lose: 150, repeat: 50, delay: 200, delay_long: 20 };

#[test]
fn what_both_lines_lose_is_asked_for_and_nothing_is_lost() {
    let mut sum = Statistics::default();
    for seed in 0..12 {
        for told in check_with(seed, BAD, Servers { lose_asks: 200, ..Servers::BOTH }, &[0]) {
            assert_eq!((told.gaps, told.messages_lost), (0, 0), "seed {seed}: {told:?}");
            sum.asked += told.asked;
            sum.messages_replayed += told.messages_replayed;
        }
    }
    assert!(sum.asked > 150 && sum.messages_replayed > 500, "{sum:?}");
}

#[test]
fn by_tcp_alone_and_by_udp_alone_it_is_asked_for_too() {
    let tcp = AskLimits { udp: false, ..AskLimits::BOTH };
    let udp = AskLimits { tcp: false, ..AskLimits::BOTH };
    for ask in [tcp, udp] {
        for told in check_with(21, BAD, Servers { ask, ..Servers::BOTH }, &[0, 9]) {
            assert!(told.asked > 5 && told.gaps == 0, "{told:?}");
        }
    }
}

#[test]
fn where_nobody_answers_snapshots_bring_the_books_back() {
    let servers = Servers { is_dead: true, ..Servers::BOTH };
    for seed in 0..4 {
        for told in check_with(seed, BAD, servers, &[0, BATCHES / 3]) {
            assert!(told.gaps > 0 && told.snapshots_adopted > 0, "seed {seed}: {told:?}");
        }
    }
}

#[test]
fn a_dead_line_is_not_missed() {
    let servers = Servers { dead: Some((0, BATCHES)), dead_a_only: true, ..Servers::NOBODY };
    let told = check_with(31, Faults::NONE, servers, &[0])[0];
    assert_eq!(
        (told.gaps, told.snapshots_adopted, told.packets_a <= 12 * CYCLE),
        (0, 0, true),
        "{told:?}"
    );
}

#[test]
fn when_both_lines_were_dead_the_hole_is_replayed_or_a_snapshot_comes() {
    for seed in 0..4 {
        let dead = Some((100, 400));
        let asks = Servers { dead, ..Servers::BOTH };
        for told in check_with(seed, Faults::NONE, asks, &[0, 50]) {
            assert!(told.gaps == 0 && told.messages_replayed > 300, "seed {seed}: {told:?}");
        }
        for told in check_with(seed, Faults::NONE, Servers { dead, ..Servers::NOBODY }, &[0, 50]) {
            assert!(told.gaps == 1 && told.snapshots_adopted > 0, "seed {seed}: {told:?}");
        }
    }
}

#[test]
fn who_joins_late_has_books_by_a_snapshot_and_asks_for_what_is_lost_then() {
    let mut asked = 0;
    for seed in 0..6 {
        for told in check_with(seed, BAD, Servers::BOTH, &[7, BATCHES / 3, BATCHES]) {
            assert_eq!(told.gaps, 0, "seed {seed}: {told:?}");
            assert!(told.snapshots_adopted >= 1, "seed {seed}: {told:?}");
            asked += told.asked;
        }
    }
    assert!(asked > 60, "{asked}");
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
    let messages = sent.iter().flat_map(|bytes| Packet::parse(bytes).expect("our own").messages());
    let sums = messages.filter(|message| md::TradeSummary::decode(message).is_ok()).count();
    assert!(sums > 200, "{sums}");
    assert_eq!((told.count() + sums) as u64 + 1, next);
}

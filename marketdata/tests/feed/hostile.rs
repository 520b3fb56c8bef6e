//! Any bytes at all: no panic, and what was right stays within its bounds.

use crate::venue::{MS, Venue};
use marketdata::packet::{HEADER_BYTES, Packet};
use marketdata::{AskLimits, Line, Subscriber, SubscriberLimits};
use proptest::prelude::*;
use std::sync::OnceLock;

const LIMITS: SubscriberLimits = SubscriberLimits {
    instruments_max: 8,
    orders_max: 64,
    waiting_max: 32,
    held_bytes_max: 8_000,
    late_ns: 5,
    ask: AskLimits { late_ns: 3, udp_answer_ns: 4, tcp_answer_ns: 9, ..AskLimits::BOTH },
};

/// Packets of a short life of a venue, with the line each belongs on.
fn recorded() -> &'static [(Line, Vec<u8>)] {
    static RECORDED: OnceLock<Vec<(Line, Vec<u8>)>> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let mut venue = Venue::new(2, 11);
        let mut sent = Vec::new();
        for turn in 0..60 {
            venue.random();
            venue.random();
            sent.extend(venue.commit().into_iter().map(|packet| (Line::A, packet)));
            if turn % 10 == 9 {
                sent.push((Line::B, venue.heartbeat()));
                sent.extend(venue.snapshot().into_iter().map(|packet| (Line::Snapshot, packet)));
            }
            venue.now += MS;
        }
        sent
    })
}

fn line() -> impl Strategy<Value = Line> {
    prop_oneof![
        Just(Line::A),
        Just(Line::B),
        Just(Line::Snapshot),
        Just(Line::Udp),
        Just(Line::Tcp)
    ]
}

fn assert_bounded(subscriber: &Subscriber) {
    assert!(subscriber.instruments().count() <= LIMITS.instruments_max);
    let orders: usize = subscriber.instruments().map(|(_, i)| i.book().orders()).sum();
    assert!(orders <= LIMITS.orders_max);
    for (_, instrument) in subscriber.instruments() {
        let book = instrument.book();
        let sum = book.walk().fold(0_u64, |sum, order| sum.wrapping_add(order.sum()));
        assert_eq!(sum, book.checksum());
        assert!(book.walk().all(|order| order.qty.get() > 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_do_no_harm(
        packets in prop::collection::vec((line(), prop::collection::vec(any::<u8>(), 0..200)), 0..40),
    ) {
        let mut subscriber = Subscriber::new(LIMITS);
        for (now, (line, packet)) in packets.iter().enumerate() {
            subscriber.on_packet(*line, packet, now as u64, &mut |_| {});
        }
        assert_bounded(&subscriber);
    }

    /// Real packets, each of which may be cut, changed in a few bytes, or left out.
    #[test]
    fn broken_packets_do_no_harm(
        breaks in prop::collection::vec(
            (0..200_usize, any::<prop::sample::Index>(), any::<u8>(), 0..8_u8),
            0..60,
        ),
    ) {
        let mut packets = recorded().to_vec();
        for (at, place, value, what) in breaks {
            let at = at % packets.len();
            let packet = &mut packets[at].1;
            if packet.is_empty() {
                continue;
            }
            let place = place.index(packet.len());
            match what {
                0 => packet.truncate(place),
                1 => packet.clear(),
                // Often a header: sequences, counts and epochs are worth most to an attacker.
                2..4 => packet[place.min(HEADER_BYTES - 1)] = value,
                _ => packet[place] = value,
            }
        }
        let mut subscriber = Subscriber::new(LIMITS);
        for (now, (line, packet)) in packets.iter().enumerate() {
            subscriber.on_packet(*line, packet, now as u64, &mut |_| {});
            assert_bounded(&subscriber);
        }
    }

    /// The extremes of every number in the header.
    #[test]
    fn extreme_headers_do_no_harm(
        picks in prop::collection::vec(
            (line(), any::<prop::sample::Index>(), prop::sample::select(&[0, 1, u64::MAX - 1, u64::MAX][..]),
             prop::sample::select(&[0, u64::MAX][..])),
            1..30,
        ),
    ) {
        let mut subscriber = Subscriber::new(LIMITS);
        for (now, (line, pick, sequence, time)) in picks.iter().enumerate() {
            let (_, packet) = &recorded()[pick.index(recorded().len())];
            let mut packet = packet.clone();
            packet[16..24].copy_from_slice(&sequence.to_le_bytes());
            packet[24..32].copy_from_slice(&time.to_le_bytes());
            subscriber.on_packet(*line, &packet, now as u64 * 3, &mut |_| {});
        }
        assert_bounded(&subscriber);
    }
}

#[test]
fn a_packet_cut_anywhere_is_no_packet() {
    let longest = recorded().iter().max_by_key(|(_, packet)| packet.len());
    let (_, packet) = longest.expect("there are some");
    assert!(Packet::parse(packet).is_ok());
    for end in 0..packet.len() {
        assert!(Packet::parse(&packet[..end]).is_err(), "cut at {end}");
    }
}

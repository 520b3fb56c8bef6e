//! Where events end: who looks at a book there, and only there, sees it as a command has left it.

use crate::venue::{CHANNEL, EPOCH, MS, Venue, resting};
use engine::Engine;
use marketdata::gatherer::ends_event;
use marketdata::packet::{Packet, PacketBuffer};
use marketdata::{FeedEvent, Line, RestingOrder, Subscriber, SubscriberLimits};
use sbe_schemas::types::PacketFlags;
use std::collections::BTreeMap;

const INSTRUMENTS: usize = 3;

type Books = Vec<Vec<RestingOrder>>;

fn books_of(engine: &Engine) -> Books {
    (1..=engine.instruments().len() as u32).map(|number| resting(engine, number)).collect()
}

/// Every message of these packets as a packet of its own.
fn singly(packets: &[Vec<u8>]) -> Vec<(u64, Vec<u8>)> {
    let mut single = PacketBuffer::new(CHANNEL, EPOCH, PacketFlags::EMPTY);
    let mut all = Vec::new();
    for packet in packets {
        let packet = Packet::parse(packet).expect("our own");
        let (first, time) = (packet.header.sequence.get(), packet.header.time.get());
        for (sequence, message) in (first..).zip(packet.messages()) {
            single.push(message, sequence, time);
            all.push((sequence, single.finish().to_vec()));
            single.clear();
        }
    }
    all
}

#[test]
fn books_are_as_each_command_has_left_them_where_an_event_ends_and_nowhere_else() {
    let (mut amid, mut ends) = (0, 0);
    for seed in 0..4 {
        let mut venue = Venue::new(INSTRUMENTS, seed);
        let mut subscriber = Subscriber::new(SubscriberLimits::default());
        for _ in 0..60 {
            // The last message of each event, and the books then. What time causes belongs to the first command.
            let mut left: BTreeMap<u64, Books> = BTreeMap::new();
            let mut before = venue.engine.feed_seq();
            let packets = venue.commit_seeing(|engine| {
                if engine.feed_seq() > before {
                    left.insert(engine.feed_seq() - 1, books_of(engine));
                }
                before = engine.feed_seq();
            });
            for (sequence, packet) in singly(&packets) {
                let mut told = None;
                subscriber.on_packet(Line::A, &packet, venue.now, &mut |event| {
                    if let FeedEvent::EndOfEvent { sequence } = event {
                        assert!(told.replace(sequence).is_none());
                    }
                });
                let is_end = left.contains_key(&sequence);
                assert_eq!(told, is_end.then_some(sequence), "seed {seed}");
                assert_eq!(subscriber.is_between_events(), is_end, "seed {seed}: {sequence}");
                (amid, ends) = (amid + u32::from(!is_end), ends + u32::from(is_end));
                let Some(books) = left.get(&sequence) else { continue };
                for (number, instrument) in subscriber.instruments() {
                    let orders: Vec<RestingOrder> = instrument.book().walk().copied().collect();
                    assert_eq!(orders, books[number as usize - 1], "seed {seed}: {sequence}");
                }
            }
            venue.now += MS;
            (0..40).for_each(|_| venue.random());
        }
    }
    assert!(amid > 1000 && ends > 2000, "{amid} {ends}");
}

#[test]
fn an_event_longer_than_a_packet_ends_in_its_last() {
    let mut venue = Venue::new(1, 1);
    (0..100).for_each(|_| venue.order(1, sbe_schemas::types::Side::Sell, 1_000, 1));
    venue.commit();
    venue.order(1, sbe_schemas::types::Side::Buy, 1_000, 100);
    let packets = venue.commit();
    assert!(packets.len() > 3, "one event in {} packets", packets.len());
    let ends: Vec<usize> = packets
        .iter()
        .map(|packet| {
            let packet = Packet::parse(packet).expect("our own");
            packet.messages().filter(|message| ends_event(message)).count()
        })
        .collect();
    assert_eq!(ends[..ends.len() - 1].iter().sum::<usize>(), 0);
    let last = Packet::parse(&packets[packets.len() - 1]).expect("our own");
    assert!(ends[ends.len() - 1] == 1 && last.messages().last().is_some_and(ends_event));
}

#[test]
fn what_is_lost_of_an_event_is_waited_for_by_nobody() {
    let mut venue = Venue::new(1, 1);
    let mut subscriber = Subscriber::new(SubscriberLimits::default());
    let mut hear = |subscriber: &mut Subscriber, packet: &[u8], now: u64| {
        subscriber.on_packet(Line::A, packet, now, &mut |_| {});
    };
    venue.commit().iter().for_each(|packet| hear(&mut subscriber, packet, 0));
    (0..100).for_each(|_| venue.order(1, sbe_schemas::types::Side::Sell, 1_000, 1));
    venue.commit().iter().for_each(|packet| hear(&mut subscriber, packet, 0));
    venue.order(1, sbe_schemas::types::Side::Buy, 1_000, 100);
    let packets = venue.commit();
    hear(&mut subscriber, &packets[0], 0);
    assert!(!subscriber.is_between_events(), "the rest of it comes");
    let heartbeat = venue.heartbeat();
    hear(&mut subscriber, &heartbeat, 0);
    subscriber.on_tick(1000 * MS, &mut |_| {});
    assert!(subscriber.is_between_events(), "the rest of it is lost");
    for packet in venue.snapshot() {
        subscriber.on_packet(Line::Snapshot, &packet, 1000 * MS, &mut |_| {});
    }
    venue.assert_followed_by(&subscriber);
}

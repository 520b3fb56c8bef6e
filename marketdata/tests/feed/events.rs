//! Where events end: who looks at a book there, and only there, sees it as a command has left it. And the sums of
//! trades, which are there before the trades.

use crate::venue::{CHANNEL, EPOCH, LOT, MS, Venue, resting};
use engine::{Engine, SUMMARY_MESSAGES_MAX};
use marketdata::gatherer::ends_event;
use marketdata::packet::{Packet, PacketBuffer};
use marketdata::{FeedEvent, Line, RestingOrder, Subscriber, SubscriberLimits};
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{PacketFlags, Phase, Side};
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
    (0..100).for_each(|_| venue.order(1, Side::Sell, 1_000, 1));
    venue.commit();
    venue.order(1, Side::Buy, 1_000, 100);
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
    let hear = |subscriber: &mut Subscriber, packet: &[u8], now: u64| {
        subscriber.on_packet(Line::A, packet, now, &mut |_| {});
    };
    venue.commit().iter().for_each(|packet| hear(&mut subscriber, packet, 0));
    (0..100).for_each(|_| venue.order(1, Side::Sell, 1_000, 1));
    venue.commit().iter().for_each(|packet| hear(&mut subscriber, packet, 0));
    venue.order(1, Side::Buy, 1_000, 100);
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

/// A summary, and what is still to come of it.
struct Promised {
    summary: md::TradeSummary,
    trades: u16,
    qty: i64,
    number: u64,
}

impl Promised {
    fn keep(&mut self, seq: u64, trade_id: u64, price: i64, qty: i64, aggressor: u8) {
        let s = &self.summary;
        assert_eq!((s.seq.get(), s.price.get(), s.aggressor.0), (seq, price, aggressor));
        assert_eq!(s.trade_id.get() + u64::from(s.trades.get() - self.trades), trade_id);
        self.trades -= 1;
        self.qty -= qty;
        assert!(self.qty >= 0 && (self.qty == 0) == (self.trades == 0));
    }
}

/// Every trade outside of an uncross is one of a sum's that was told before it, of the same command and price; none
/// comes twice for one price of one command but for its length.
fn check_sums(messages: &[Vec<u8>]) -> (usize, usize) {
    let mut open: Option<Promised> = None;
    let (mut sums, mut longest, mut phase) = (0, 0, BTreeMap::new());
    for (message, number) in messages.iter().zip(1..) {
        if let Ok((m, ..)) = md::TradeSummary::decode(message) {
            if let Some(before) = &open {
                let same = (before.summary.seq, before.summary.price) == (m.seq, m.price);
                assert!(
                    !same || number - before.number >= SUMMARY_MESSAGES_MAX,
                    "one sum is enough"
                );
            }
            assert!(
                open.as_ref().is_none_or(|open| open.trades == 0),
                "all that was promised came"
            );
            assert!(!ends_event(message) && m.trades.get() > 0);
            (sums, longest) = (sums + 1, longest.max(m.trades.get()));
            let (trades, qty) = (m.trades.get(), m.qty.get());
            open = Some(Promised { summary: *m, trades, qty, number });
        } else if let Ok((m, ..)) = md::OrderExecute::decode(message) {
            if phase.get(&m.instrument) == Some(&Phase::Continuous) {
                let open = open.as_mut().expect("a sum before");
                let (seq, id, aggressor) = (m.seq.get(), m.trade_id.get(), 3 - m.side.0);
                open.keep(seq, id, m.price.get(), m.qty.get(), aggressor);
                assert_eq!(open.summary.instrument, m.instrument);
            }
        } else if let Ok((m, ..)) = md::Trade::decode(message)
            && m.aggressor != 0
        {
            let open = open.as_mut().expect("a sum before");
            let (seq, id) = (m.seq.get(), m.trade_id.get());
            open.keep(seq, id, m.price.get(), m.qty.get(), m.aggressor);
        } else if let Ok((m, ..)) = md::TradingStatus::decode(message) {
            phase.insert(m.instrument, m.phase.known().expect("a phase"));
        } else if let Ok((m, ..)) = md::InstrumentDefinition::decode(message) {
            phase.insert(m.instrument, m.phase.known().expect("a phase"));
        }
    }
    assert!(open.is_none_or(|open| open.trades == 0));
    (sums, longest.into())
}

fn messages(packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let parsed = packets.iter().map(|packet| Packet::parse(packet).expect("our own"));
    parsed.flat_map(|packet| packet.messages().map(<[u8]>::to_vec)).collect()
}

#[test]
fn what_an_order_trades_at_a_price_is_summed_up_before_its_trades() {
    let (mut sums, mut longest) = (0, 0);
    for seed in 0..6 {
        let mut venue = Venue::new(INSTRUMENTS, seed);
        let mut packets = Vec::new();
        for _ in 0..150 {
            packets.extend(venue.commit());
            venue.now += MS;
            (0..40).for_each(|_| venue.random());
        }
        let (count, most) = check_sums(&messages(&packets));
        (sums, longest) = (sums + count, longest.max(most));
    }
    assert!(sums > 2000 && longest > 5, "{sums} {longest}");
}

#[test]
fn a_long_row_of_trades_has_a_sum_for_each_64_messages() {
    let mut venue = Venue::new(1, 1);
    (0..150).for_each(|_| venue.order(1, Side::Sell, 1_000, 2));
    let mut packets = venue.commit();
    venue.order(1, Side::Buy, 1_001, 300);
    packets.extend(venue.commit());
    let messages = messages(&packets);
    check_sums(&messages);
    let sums = messages.iter().filter_map(|m| md::TradeSummary::decode(m).ok().map(|(m, ..)| *m));
    let sums: Vec<(u16, i64)> = sums.map(|m| (m.trades.get(), m.qty.get() / LOT)).collect();
    // A checksum takes a place among them now and then.
    assert_eq!(sums, [(62, 124), (62, 124), (26, 52)]);
}

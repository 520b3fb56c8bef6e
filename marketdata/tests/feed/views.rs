//! Best prices, depth and statistics against what the engine's book and a plain list of trades say.

use crate::venue::{LOT, MS, NOON_NS, TICK, Venue};
use marketdata::views::Views;
use marketdata::{Line, SubscriberLimits};
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{Level, Side, View};
use std::collections::BTreeMap;

/// Levels of the engine's book, best first: price, quantity, orders.
fn levels(venue: &Venue, instrument: u32, side: Side) -> Vec<(i64, i64, u32)> {
    let mut levels: Vec<(i64, i64, u32)> = Vec::new();
    for order in venue.resting(instrument).iter().filter(|order| order.side == side) {
        match levels.last_mut().filter(|level| level.0 == order.price.get()) {
            Some(level) => *level = (level.0, level.1 + order.qty.get(), level.2 + 1),
            None => levels.push((order.price.get(), order.qty.get(), 1)),
        }
    }
    levels
}

fn seen(level: Level) -> Option<(i64, i64, u32)> {
    level.price.get().map(|price| (price, level.qty.get(), level.orders.get()))
}

/// Open, high, low, last, volume, turnover and count of the trades in these packets, each counted once.
fn day_of(packets: &[Vec<u8>], instrument: u32) -> (Vec<i64>, i64, i128, usize) {
    let mut trades = BTreeMap::new();
    for packet in packets {
        for message in marketdata::packet::Packet::parse(packet).expect("our own").messages() {
            if let Ok((m, ..)) = md::OrderExecute::decode(message)
                && m.instrument.get() == instrument
            {
                trades.insert(m.trade_id.get(), (m.price.get(), m.qty.get()));
            } else if let Ok((m, ..)) = md::Trade::decode(message)
                && m.instrument.get() == instrument
            {
                trades.insert(m.trade_id.get(), (m.price.get(), m.qty.get()));
            }
        }
    }
    let prices: Vec<i64> = trades.values().map(|(price, _)| *price).collect();
    let summary = match &prices[..] {
        [] => Vec::new(),
        [first, .., last] | [first @ last] => vec![
            *first,
            *prices.iter().max().expect("one"),
            *prices.iter().min().expect("one"),
            *last,
        ],
    };
    let volume = trades.values().map(|(_, qty)| qty).sum();
    let turnover = trades.values().map(|(p, q)| i128::from(*p) * i128::from(*q)).sum();
    (summary, volume, turnover, trades.len())
}

#[test]
fn views_are_what_the_engine_has_after_every_batch() {
    for seed in 0..6 {
        let mut venue = Venue::new(3, seed);
        let mut views = Views::new(SubscriberLimits::default(), 0);
        let mut packets = Vec::new();
        let (mut deep, mut traded) = (0, 0);
        for away in 1..15 {
            venue.order(1, Side::Buy, 990 - away, 5);
            venue.order(1, Side::Sell, 1015 + away, 5);
        }
        for turn in 0..400 {
            for _ in 0..venue.dice.below(12) {
                venue.random();
            }
            for packet in venue.commit() {
                views.on_packet(Line::Tcp, &packet, turn);
                packets.push(packet);
            }
            venue.now += MS;
            for instrument in 1..=3 {
                let depth = views.depth(instrument, 7).expect("it is live");
                let [bids, asks] = [Side::Buy, Side::Sell].map(|s| levels(&venue, instrument, s));
                let d = &depth;
                let ten = [d.bid1, d.bid2, d.bid3, d.bid4, d.bid5, d.bid6, d.bid7, d.bid8, d.bid9];
                let told: Vec<_> = ten.into_iter().chain([d.bid10]).map_while(seen).collect();
                assert_eq!(told, bids[..bids.len().min(10)], "seed {seed}, turn {turn}");
                let ten = [d.ask1, d.ask2, d.ask3, d.ask4, d.ask5, d.ask6, d.ask7, d.ask8, d.ask9];
                let told: Vec<_> = ten.into_iter().chain([d.ask10]).map_while(seen).collect();
                assert_eq!(told, asks[..asks.len().min(10)], "seed {seed}, turn {turn}");
                deep += usize::from(bids.len() > 10);
                let top = views.top(instrument, 7).expect("it is live");
                assert_eq!(seen(top.bid), bids.first().copied());
                assert_eq!(seen(top.ask), asks.first().copied());
                assert_eq!((top.from.get(), top.to.get()), (7, venue.engine.feed_seq() - 1));
                assert_eq!(
                    top.phase,
                    venue.engine.instruments()[instrument as usize - 1].phase.into()
                );
            }
            if turn % 40 != 0 {
                continue;
            }
            for instrument in 1..=3 {
                let (prices, volume, turnover, trades) = day_of(&packets, instrument);
                let Some(told) = views.statistics(instrument, 7) else {
                    assert_eq!(trades, 0);
                    continue;
                };
                let [open, high, low, last] =
                    [told.open, told.high, told.low, told.last].map(|price| price.get());
                assert_eq!([open, high, low, last].map(Option::unwrap), prices[..]);
                assert_eq!((told.volume.get(), told.trades.get()), (volume, trades as u64));
                assert_eq!(told.turnover_low.get(), turnover as u64);
                assert_eq!(told.turnover_high.get(), (turnover >> 64) as u64);
                assert!(told.day_end.get() > NOON_NS && told.open_interest.get().is_none());
                let vwap = told.vwap.get().unwrap();
                assert!(
                    (i128::from(vwap) * i128::from(volume) - turnover).abs() * 2 <= volume.into()
                );
                traded += trades;
            }
        }
        assert!(deep > 10 && traded > 100, "seed {seed}: {deep} deep books, {traded} trades");
    }
}

#[test]
fn news_are_told_to_who_has_not_seen_them() {
    use sbe_schemas::types::View;
    let mut venue = Venue::new(2, 5);
    let mut views = Views::new(SubscriberLimits::default(), 0);
    let commit = |venue: &mut Venue, views: &mut Views| {
        venue.commit().iter().for_each(|packet| views.on_packet(Line::Tcp, packet, 0));
        views.next()
    };
    let begun = commit(&mut venue, &mut views);
    assert!(views.has_news(View::Top, 1, 0) && !views.has_news(View::Top, 1, begun));
    assert!(!views.has_news(View::Statistics, 1, 0));
    venue.order(1, Side::Buy, 500, 5);
    let rests = commit(&mut venue, &mut views);
    assert!(views.has_news(View::Depth, 1, begun) && !views.has_news(View::Depth, 2, begun));
    venue.order(1, Side::Sell, 500, 2);
    commit(&mut venue, &mut views);
    for view in [View::Top, View::Depth, View::Statistics] {
        assert!(views.has_news(view, 1, rests));
    }
    assert_eq!((views.instrument_from(0), views.instrument_from(2)), (Some(1), Some(2)));
    assert_eq!(views.instrument_from(3), None);
}

#[test]
fn half_an_event_is_no_news() {
    let mut venue = Venue::new(1, 1);
    let mut views = Views::new(SubscriberLimits::default(), 0);
    (0..100).for_each(|_| venue.order(1, Side::Sell, 1_000, 1));
    venue.commit().iter().for_each(|packet| views.on_packet(Line::Tcp, packet, 0));
    let (seen, before) = (views.next(), views.top(1, 0).expect("live"));
    assert_eq!(seen_of(&before), (None, 100));
    venue.order(1, Side::Buy, 1_000, 101);
    let packets = venue.commit();
    let (last, others) = packets.split_last().expect("an event");
    assert!(!others.is_empty());
    for packet in others {
        views.on_packet(Line::Tcp, packet, 0);
        for view in [View::Top, View::Depth, View::Statistics] {
            assert!(!views.has_news(view, 1, seen), "the rest of it comes");
        }
        assert!(views.top(1, seen).is_none() && views.depth(1, seen).is_none());
        assert!(views.statistics(1, seen).is_none());
    }
    views.on_packet(Line::Tcp, last, 0);
    assert!(views.has_news(View::Top, 1, seen) && views.has_news(View::Statistics, 1, seen));
    let after = views.top(1, seen).expect("live");
    assert_eq!(seen_of(&after), (Some((1_000 * TICK, LOT, 1)), 0), "what is left of it rests");
    assert_eq!((after.from.get(), after.to.get()), (seen, views.next() - 1));
}

/// The best bid, and how many orders are at the best ask.
fn seen_of(top: &md::TopOfBook) -> (Option<(i64, i64, u32)>, u32) {
    (seen(top.bid), top.ask.orders.get())
}

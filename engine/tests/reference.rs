//! The engine against a book that is clear and slow: the same streams, the same words.
//!
//! [`Reference`] knows orders only: two instruments, two clients, names and their window. It tells
//! what happened in the words of `common/words.rs`; whatever the engine tells differently is a bug
//! of one of them. What holds for every event is watched on the way (`common/watch.rs`).
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::commands::{cancel, conn, head, logon, order, replace};
use common::words::words;
use common::{Rig, limits, session};
use engine::Limits;
use proptest::prelude::*;
use sbe_schemas::types::{Decimal8, Decimal8Null, OrdType, Side, TimeInForce};
use std::collections::{BTreeMap, VecDeque};

/// Finished names that a client keeps; few, so that names are forgotten and used again.
const KEPT: usize = 6;
const TICK: i64 = 1_000_000;
const LOT: i64 = 100_000_000;

/// What a client asks for. Prices are ticks around 100.00, quantities lots.
#[derive(Clone, Copy, Debug)]
enum Ask {
    New { side: Side, lots: i64, price: Option<i64>, tif: TimeInForce },
    Cancel { target: usize },
    Replace { target: usize, lots: i64, price: i64 },
}

/// One message: who, on which instrument, and under which name (`None`: a fresh one).
#[derive(Clone, Copy, Debug)]
struct Line {
    client: usize,
    instrument: usize,
    name: Option<usize>,
    ask: Ask,
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let tif = prop_oneof![
        6 => Just(TimeInForce::Day),
        2 => Just(TimeInForce::GoodTillCancel),
        2 => Just(TimeInForce::ImmediateOrCancel),
        1 => Just(TimeInForce::FillOrKill),
    ];
    let price = 9_996i64..10_005;
    let maybe_price = prop_oneof![9 => price.clone().prop_map(Some), 1 => Just(None)];
    let new = (side, 1i64..20, maybe_price, tif).prop_map(|(side, lots, price, tif)| Ask::New {
        side,
        lots,
        price,
        tif,
    });
    let cancel = (0usize..12).prop_map(|target| Ask::Cancel { target });
    let replace = (0usize..8, 0i64..25, price).prop_map(|(target, lots, price)| Ask::Replace {
        target,
        lots,
        price,
    });
    let ask = prop_oneof![6 => new, 2 => cancel, 3 => replace];
    let name = prop_oneof![9 => Just(None), 1 => (0usize..16).prop_map(Some)];
    let line = (0usize..2, 0usize..2, name, ask).prop_map(|(client, instrument, name, ask)| Line {
        client,
        instrument,
        name,
        ask,
    });
    prop::collection::vec(line, 1..250)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_says_what_a_clear_and_slow_book_says(lines in lines()) {
        let mut play = Play::new();
        for line in lines {
            play.play(line);
        }
        play.rig.check_replay();
    }
}

/// Engine and reference side by side.
struct Play {
    rig: Rig,
    reference: Reference,
    /// All names a client has tried, the newest last.
    names: [Vec<String>; 2],
    numbers: [u64; 2],
}

impl Play {
    fn new() -> Self {
        let limits = Limits { finished_kept: KEPT as u32, ..limits() };
        let mut rig = Rig::new(limits, &[session(1, false, 0), session(2, false, 0)]);
        for client in [1, 2] {
            rig.send(&logon(head(client, conn(client as u16, 1), 1), 30));
        }
        let reference = Reference::default();
        Self { rig, reference, names: [Vec::new(), Vec::new()], numbers: [2, 2] }
    }

    fn play(&mut self, line: Line) {
        let Line { client, instrument, .. } = line;
        let number = self.numbers[client];
        let head = head(client as u32 + 1, conn(client as u16 + 1, 1), number);
        let known = &self.names[client];
        let newest = |back: usize| known.len().checked_sub(back + 1).map(|at| known[at].clone());
        let name = line.name.and_then(newest).unwrap_or(format!("n{number}"));

        let (events, told) = match line.ask {
            Ask::New { side, lots, price, tif } => {
                let mut new = order(head, &name, side, "1", "1");
                new.instrument = (instrument as u32 + 1).into();
                new.order_qty = Decimal8::new(lots * lot(instrument));
                let ticks = price.map(|ticks| ticks * tick(instrument));
                new.price = Decimal8Null::new(ticks);
                let kind = if price.is_none() { OrdType::Market } else { OrdType::Limit };
                (new.ord_type, new.time_in_force) = (kind.into(), tif.into());
                let told = self.reference.new_order(line, &name, side, lots, price, tif);
                (self.rig.send(&new), told)
            }
            Ask::Cancel { target } => {
                let Some(orig) = newest(target) else { return };
                let (side, at, _) = self.reference.terms(client, &orig);
                let mut message = cancel(head, &name, &orig, side);
                message.instrument = (at as u32 + 1).into();
                let told = self.reference.cancel(client, &name, &orig);
                (self.rig.send(&message), told)
            }
            Ask::Replace { target, lots, price } => {
                let Some(orig) = newest(target) else { return };
                let (side, at, tif) = self.reference.terms(client, &orig);
                let mut message = replace(head, &name, &orig, side, "1", "1");
                message.instrument = (at as u32 + 1).into();
                message.order_qty = Decimal8::new(lots * lot(at));
                message.price = Decimal8Null::new(Some(price * tick(at)));
                message.time_in_force = tif.into();
                let told = self.reference.replace(client, &name, &orig, lots, price);
                (self.rig.send(&message), told)
            }
        };
        self.numbers[client] += 1;
        self.names[client].push(name);
        let words: Vec<_> = words(&events).into_iter().map(|(words, _)| words).collect();
        assert_eq!(words, told, "{line:?}");
        for at in 0..2 {
            let resting = self.rig.engine.resting(at);
            let resting = resting.map(|(o, shown)| (o.side, i64::from(o.ticks), shown));
            assert_eq!(resting.collect::<Vec<_>>(), self.reference.book(at));
        }
    }
}

/// ACME counts hundredths and whole lots, BTC halves and thousandths.
fn tick(instrument: usize) -> i64 {
    [TICK, 50 * TICK][instrument]
}

fn lot(instrument: usize) -> i64 {
    [LOT, LOT / 1000][instrument]
}

struct Order {
    client: usize,
    name: String,
    instrument: usize,
    side: Side,
    tif: TimeInForce,
    price: Option<i64>,
    lots: i64,
    filled: i64,
}

/// How a name that is used up was used.
#[derive(Clone, Copy, PartialEq)]
enum Used {
    /// By an order that ended.
    Order,
    /// Replaced, or of a cancel request.
    Else,
}

/// Orders by number; queues by side and price; names by client.
#[derive(Default)]
struct Reference {
    next: usize,
    orders: BTreeMap<usize, Order>,
    queues: [[BTreeMap<i64, VecDeque<usize>>; 2]; 2],
    finished: [VecDeque<(String, Used)>; 2],
    told: Vec<String>,
}

impl Reference {
    fn new_order(
        &mut self,
        line: Line,
        name: &str,
        side: Side,
        lots: i64,
        price: Option<i64>,
        tif: TimeInForce,
    ) -> Vec<String> {
        let Line { client, instrument, .. } = line;
        if self.is_used(client, name) {
            return vec![format!("rejected {name} DuplicateOrder")];
        }
        let name = name.to_string();
        self.told.push(format!("ok {name}"));
        self.next += 1;
        let (filled, id) = (0, self.next);
        self.orders.insert(id, Order { client, name, instrument, side, tif, price, lots, filled });
        if tif == TimeInForce::FillOrKill && self.available(id) < lots {
            self.end(id, "fok");
        } else {
            self.match_and_rest(id);
        }
        std::mem::take(&mut self.told)
    }

    fn cancel(&mut self, client: usize, name: &str, orig: &str) -> Vec<String> {
        match self.target(client, name, orig) {
            Err(reason) => vec![format!("refused {name} {reason}")],
            Ok(id) => {
                self.use_up(client, name, Used::Else);
                self.unrest(id);
                self.end(id, &format!("by {name}"));
                std::mem::take(&mut self.told)
            }
        }
    }

    fn replace(
        &mut self,
        client: usize,
        name: &str,
        orig: &str,
        lots: i64,
        price: i64,
    ) -> Vec<String> {
        let id = match self.target(client, name, orig) {
            Err(reason) => return vec![format!("refused {name} {reason}")],
            Ok(id) => id,
        };
        let order = self.orders.get_mut(&id).unwrap();
        if lots <= order.filled {
            return vec![format!("refused {name} IncorrectQuantity")];
        }
        let keeps = order.price == Some(price) && lots <= order.lots;
        let at = order.instrument;
        if !keeps {
            self.unrest(id);
        }
        let order = self.orders.get_mut(&id).unwrap();
        (order.lots, order.price, order.name) = (lots, Some(price), name.to_string());
        let (qty, price) = (decimal(lots * lot(at)), decimal(price * tick(at)));
        self.told.push(format!("replaced {orig} as {name} {qty} @ {price}"));
        self.use_up(client, orig, Used::Else);
        if !keeps {
            self.match_and_rest(id);
        }
        std::mem::take(&mut self.told)
    }

    /// What a cancel or replace must repeat; anything, if there is no such order.
    fn terms(&self, client: usize, orig: &str) -> (Side, usize, TimeInForce) {
        let mine = |o: &&Order| o.client == client && o.name == orig;
        let found = self.orders.values().find(mine);
        found.map_or((Side::Buy, 0, TimeInForce::Day), |o| (o.side, o.instrument, o.tif))
    }

    fn is_used(&self, client: usize, name: &str) -> bool {
        self.orders.values().any(|o| o.client == client && o.name == name)
            || self.finished[client].iter().any(|(used, _)| used == name)
    }

    fn target(&self, client: usize, name: &str, orig: &str) -> Result<usize, &'static str> {
        if self.is_used(client, name) {
            return Err("DuplicateClOrdId");
        }
        let mine = |(_, o): &(&usize, &Order)| o.client == client && o.name == orig;
        if let Some((id, _)) = self.orders.iter().find(mine) {
            return Ok(*id);
        }
        let finished = self.finished[client].iter().any(|n| *n == (orig.to_string(), Used::Order));
        Err(if finished { "TooLateToCancel" } else { "UnknownOrder" })
    }

    /// Best price first, of those that an order would trade with.
    fn willing(&self, id: usize) -> Vec<usize> {
        let order = &self.orders[&id];
        let (book, limit) = (&self.queues[order.instrument], order.price);
        let good = |price: i64| match order.side {
            Side::Buy => limit.is_none_or(|limit| price <= limit),
            Side::Sell => limit.is_none_or(|limit| price >= limit),
        };
        let levels: Vec<_> = match order.side {
            Side::Buy => book[1].iter().collect(),
            Side::Sell => book[0].iter().rev().collect(),
        };
        let levels = levels.into_iter().filter(|(price, _)| good(**price));
        levels.flat_map(|(_, queue)| queue.iter().copied()).collect()
    }

    fn available(&self, id: usize) -> i64 {
        self.willing(id)
            .iter()
            .map(|maker| self.orders[maker].lots - self.orders[maker].filled)
            .sum()
    }

    fn match_and_rest(&mut self, id: usize) {
        for maker in self.willing(id) {
            let (taker_open, maker_open) = (self.open(id), self.open(maker));
            let lots = taker_open.min(maker_open);
            if lots == 0 {
                break;
            }
            let (at, price) = (self.orders[&id].instrument, self.orders[&maker].price.unwrap());
            let (qty, price) = (decimal(lots * lot(at)), decimal(price * tick(at)));
            let (taker_name, maker_name) = (&self.orders[&id].name, &self.orders[&maker].name);
            self.told.push(format!("trade {taker_name}x{maker_name} {qty} @ {price}"));
            for order in [id, maker] {
                self.orders.get_mut(&order).unwrap().filled += lots;
            }
            if self.open(maker) == 0 {
                self.unrest(maker);
                self.finish(maker);
            }
        }
        if self.open(id) == 0 {
            return self.finish(id);
        }
        let order = &self.orders[&id];
        let may_rest = matches!(order.tif, TimeInForce::Day | TimeInForce::GoodTillCancel);
        match order.price.filter(|_| may_rest) {
            Some(price) => {
                let side = usize::from(order.side == Side::Sell);
                self.queues[order.instrument][side].entry(price).or_default().push_back(id);
            }
            None => self.end(id, "ioc"),
        }
    }

    fn open(&self, id: usize) -> i64 {
        self.orders[&id].lots - self.orders[&id].filled
    }

    fn unrest(&mut self, id: usize) {
        let order = &self.orders[&id];
        let side = usize::from(order.side == Side::Sell);
        let levels = &mut self.queues[order.instrument][side];
        let price = order.price.unwrap();
        levels.get_mut(&price).unwrap().retain(|other| *other != id);
        if levels[&price].is_empty() {
            levels.remove(&price);
        }
    }

    fn end(&mut self, id: usize, why: &str) {
        self.told.push(format!("cancelled {} {why}", self.orders[&id].name));
        self.finish(id);
    }

    fn finish(&mut self, id: usize) {
        let order = self.orders.remove(&id).unwrap();
        self.use_up(order.client, &order.name, Used::Order);
    }

    fn use_up(&mut self, client: usize, name: &str, used: Used) {
        self.finished[client].push_back((name.to_string(), used));
        if self.finished[client].len() > KEPT {
            self.finished[client].pop_front();
        }
    }

    /// Buyers, then sellers, best first.
    fn book(&self, at: usize) -> Vec<(Side, i64, i64)> {
        let [bids, asks] = &self.queues[at];
        let one = |side, (price, queue): (&i64, &VecDeque<usize>)| -> Vec<_> {
            queue.iter().map(|id| (side, *price, self.open(*id))).collect()
        };
        let bids = bids.iter().rev().flat_map(|level| one(Side::Buy, level));
        bids.chain(asks.iter().flat_map(|level| one(Side::Sell, level))).collect()
    }
}

fn decimal(mantissa: i64) -> String {
    common::words::decimal(Decimal8::new(mantissa))
}

//! `portcullis-perf flow`: draws a flow. The same arguments give the same bytes on any machine:
//! every draw is integer arithmetic on splitmix64.
//!
//! Nominal mix: 50 % adds, 35 % cancels, 5 % replaces, 10 % marketable (half IOC limits up to two
//! ticks through the best price, half market). Adds and cancels yield to each other, by up to 10
//! points, to hold the number of live orders. Half of the adds lie within a few ticks of their own
//! best price, half at a geometric distance from a fair price that walks at random; half of the
//! cancels hit one of the last 1024 orders entered, half any live order. Symbols follow Zipf's law.

use super::reference::{Books, opposite};
use super::{Flow, Header, Kind, Op, SYMBOLS_MAX, Tape};
use clap::Args;
use sbe_schemas::types::Side;
use std::path::PathBuf;

const FAIR_START: i32 = 32_768;
/// How far the fair price goes from where it started, ticks.
const FAIR_REACH: i32 = 4_000;
const MAX_PRICE: u32 = 65_535;
/// Longest distance of an add from what it is measured from, ticks.
const DISTANCE_MAX: u32 = 20_000;
/// Orders that count as entered just now.
const RECENT: usize = 1024;
/// Fewest live orders that a symbol aims at.
const LIVE_MIN: u64 = 20;
/// Not among the live orders.
const NOWHERE: u32 = u32::MAX;

const HELP: &str = "\
The flows that are spoken of elsewhere
  portcullis-perf flow s10k.flow --seed 1 --live 10000 --ops 2000000 --depth 20
  portcullis-perf flow s1m.flow --seed 2 --live 1000000 --ops 2000000 --depth 200
  portcullis-perf flow m100.flow --seed 3 --live 100000 --ops 2000000 --depth 20 --symbols 100

An operation takes 24 bytes. The checksums printed are those that `match` finds.";

/// The defaults draw a busy book of ten thousand orders (52 MB).
#[derive(Args, Clone, Debug)]
#[command(after_long_help = HELP)]
pub(crate) struct FlowArgs {
    /// The file to write; one that is there is replaced.
    pub(crate) file: PathBuf,
    /// Another seed, another flow.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Live orders to hold, over all symbols; a symbol has 20 at least.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(0..=50_000_000))]
    pub(crate) live: u32,
    /// Operations of the measured segment.
    #[arg(long, value_name = "N", default_value_t = 2_000_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000_000))]
    pub(crate) ops: u32,
    /// Mean distance in ticks, from the fair price, of the adds that lie away from the best price.
    #[arg(long, value_name = "TICKS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    pub(crate) depth: u32,
    /// Symbols, each with a book. The second is half as busy as the first, the third a third.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=SYMBOLS_MAX as i64))]
    pub(crate) symbols: u32,
}

/// Draws the flow and writes it; returns what to print.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn run(args: &FlowArgs) -> anyhow::Result<String> {
    let drawn = draw(args);
    drawn.flow.write(&args.file)?;
    let Header { prefill, measured, sweep, symbols, .. } = drawn.flow.header;
    Ok(format!(
        "{}: {symbols} symbol(s), {prefill} operations that fill the books, {measured} to measure, \
         {sweep} to sweep\n{} trades, tape {:016x}, book {:016x}",
        args.file.display(),
        drawn.tape.trades,
        drawn.tape.hash,
        drawn.book.hash,
    ))
}

/// A flow, and the checksums of whoever replays it rightly.
pub(crate) struct Drawn {
    pub(crate) flow: Flow,
    /// After the measured segment.
    pub(crate) tape: Tape,
    /// After the sweep.
    pub(crate) book: Tape,
}

/// Draws a flow.
pub(crate) fn draw(args: &FlowArgs) -> Drawn {
    let mut venue = Venue::new(args);
    let mut ops = Vec::new();
    while venue.missing > 0 {
        ops.push(venue.draw(true));
    }
    let prefill = ops.len() as u64;
    for _ in 0..args.ops {
        ops.push(venue.draw(false));
    }
    let tape = venue.tape;
    let sweep = venue.sweep();
    ops.extend_from_slice(&sweep);
    let header = Header {
        seed: args.seed,
        prefill,
        measured: u64::from(args.ops),
        sweep: sweep.len() as u64,
        max_id: venue.next_id() - 1,
        symbols: args.symbols,
        max_price: MAX_PRICE,
        live_target: args.live,
    };
    Drawn { flow: Flow { header, ops }, tape, book: venue.tape }
}

struct Rng(u64);

impl Rng {
    /// splitmix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 to n - 1.
    fn below(&mut self, n: u32) -> u32 {
        (((self.next() >> 32) * u64::from(n)) >> 32) as u32
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    fn qty(&mut self) -> u32 {
        1 + self.below(100)
    }

    /// About geometric: the chance falls by half every `mean × ln 2` ticks.
    fn distance(&mut self, mean: u32) -> i32 {
        let half = (mean * 7 / 10).max(1);
        let run = self.next().trailing_zeros();
        (run * half + self.below(half)).min(DISTANCE_MAX) as i32
    }
}

/// What the generator knows of one symbol.
struct Symbol {
    fair: i32,
    /// Live orders it aims at.
    target: u32,
    /// Live orders, in no order that means anything.
    ids: Vec<u32>,
    /// The last [`RECENT`] orders that came to rest, a ring.
    recent: Vec<u32>,
    recent_next: usize,
}

impl Symbol {
    fn missing(&self) -> u64 {
        u64::from(self.target).saturating_sub(self.ids.len() as u64)
    }

    fn remember(&mut self, id: u32) {
        if self.recent.len() < RECENT {
            self.recent.push(id);
        } else {
            self.recent[self.recent_next] = id;
            self.recent_next = (self.recent_next + 1) % RECENT;
        }
    }
}

/// Everything that a draw depends on.
struct Venue {
    rng: Rng,
    depth: u32,
    /// Zipf's weights summed up: symbol `n` is drawn below `weights[n]`.
    weights: Vec<u64>,
    symbols: Vec<Symbol>,
    books: Books,
    /// By id: where it stands among its symbol's live `ids`.
    places: Vec<u32>,
    /// Live orders that the prefill still owes.
    missing: u64,
    tape: Tape,
    filled: Vec<u32>,
}

impl Venue {
    fn new(args: &FlowArgs) -> Self {
        let weight = |rank: u32| 1_000_000 / u64::from(rank);
        let total: u64 = (1..=args.symbols).map(weight).sum();
        let symbols: Vec<_> = (1..=args.symbols)
            .map(|rank| Symbol {
                fair: FAIR_START,
                target: (u64::from(args.live) * weight(rank) / total).max(LIVE_MIN) as u32,
                ids: Vec::new(),
                recent: Vec::new(),
                recent_next: 0,
            })
            .collect();
        let mut sum = 0;
        let weights = (1..=args.symbols).map(|rank| {
            sum += weight(rank);
            sum
        });
        Self {
            rng: Rng(args.seed),
            depth: args.depth,
            weights: weights.collect(),
            missing: symbols.iter().map(Symbol::missing).sum(),
            symbols,
            books: Books::new(args.symbols, args.ops as usize),
            places: vec![NOWHERE],
            tape: Tape::default(),
            filled: Vec::new(),
        }
    }

    fn next_id(&self) -> u32 {
        self.places.len() as u32
    }

    /// Draws one operation and plays it. The prefill has adds only.
    fn draw(&mut self, prefill: bool) -> Op {
        let at = self.draw_symbol(prefill);
        let symbol = &mut self.symbols[at];
        // About every 64 operations of the symbol.
        if self.rng.one_in(64) {
            let step = if self.rng.one_in(2) { 1 } else { -1 };
            let (low, high) = (FAIR_START - FAIR_REACH, FAIR_START + FAIR_REACH);
            symbol.fair = (symbol.fair + step).clamp(low, high);
        }
        let (live, target) = (symbol.ids.len() as i64, i64::from(symbol.target));
        let nothing_lives = symbol.ids.is_empty();
        // In 1/10 000: what adds take from cancels, or cancels from adds.
        let yields = ((live - target) * 2000 / target).clamp(-1000, 1000);
        let dice = i64::from(self.rng.below(10_000));
        let account = self.rng.below(1000);
        let side = if self.rng.below(2) == 0 { Side::Buy } else { Side::Sell };
        let kind = Kind::Add;
        let op = Op { id: 0, id2: 0, price: 0, qty: 0, account, symbol: at as u16, kind, side };
        let op = if prefill || dice < 5000 - yields || nothing_lives {
            self.draw_add(op)
        } else if dice < 9000 {
            self.draw_change(op, dice >= 8500)
        } else {
            self.draw_marketable(op)
        };
        self.play(&op);
        op
    }

    fn draw_symbol(&mut self, prefill: bool) -> usize {
        let total = self.weights.last().expect("a symbol at least");
        let pick = self.rng.next() % total;
        let at = self.weights.partition_point(|sum| *sum <= pick);
        if prefill && self.symbols[at].missing() == 0 {
            let first = self.symbols.iter().position(|symbol| symbol.missing() > 0);
            return first.expect("prefill ends when none is missing");
        }
        at
    }

    fn draw_add(&mut self, op: Op) -> Op {
        let id = self.next_id();
        let price = self.draw_price(op.symbol, op.side);
        Op { kind: Kind::Add, id, price, qty: self.rng.qty(), ..op }
    }

    fn draw_change(&mut self, op: Op, replace: bool) -> Op {
        let (id, side) = self.draw_victim(op.symbol);
        if !replace {
            return Op { kind: Kind::Cancel, id, side, ..op };
        }
        let price = self.draw_price(op.symbol, side);
        let (id2, qty) = (self.next_id(), self.rng.qty());
        Op { kind: Kind::Replace, id, id2, price, qty, side, ..op }
    }

    fn draw_marketable(&mut self, op: Op) -> Op {
        let (id, qty) = (self.next_id(), self.rng.qty());
        if self.rng.one_in(2) {
            let through = self.rng.below(3);
            if let Some(best) = self.books.best(op.symbol, opposite(op.side)) {
                let price = match op.side {
                    Side::Buy => best + through,
                    Side::Sell => best.saturating_sub(through).max(1),
                };
                return Op { kind: Kind::Ioc, id, price, qty, ..op };
            }
        }
        Op { kind: Kind::Market, id, qty, ..op }
    }

    /// Where an add lies: near its own best price (at times one tick better, in an open spread), or
    /// away from the fair price.
    fn draw_price(&mut self, symbol: u16, side: Side) -> u32 {
        let bid = self.books.best(symbol, Side::Buy).map(|price| price as i32);
        let ask = self.books.best(symbol, Side::Sell).map(|price| price as i32);
        let fair = self.symbols[usize::from(symbol)].fair;
        let near = self.rng.one_in(2);
        let distance = self.rng.distance(if near { 2 } else { self.depth });
        let price = match (near, bid, ask) {
            (true, Some(bid), Some(ask)) => {
                let improves = ask - bid > 1 && self.rng.one_in(8);
                let step = if improves { 1 } else { -distance };
                if side == Side::Buy { bid + step } else { ask - step }
            }
            _ if side == Side::Buy => fair - 1 - distance,
            _ => fair + 1 + distance,
        };
        // Of the prices that would cross, one in sixteen may; the others stop at the touch.
        let price = match (side, bid, ask) {
            (Side::Buy, _, Some(ask)) if price >= ask && !self.rng.one_in(16) => ask - 1,
            (Side::Sell, Some(bid), _) if price <= bid && !self.rng.one_in(16) => bid + 1,
            _ => price,
        };
        price.clamp(1, MAX_PRICE as i32 - 1) as u32
    }

    /// A live order to cancel or replace, and its side.
    fn draw_victim(&mut self, symbol: u16) -> (u32, Side) {
        let s = &self.symbols[usize::from(symbol)];
        let mut recent = None;
        if self.rng.one_in(2) {
            recent = (0..8)
                .map(|_| s.recent[self.rng.below(s.recent.len() as u32) as usize])
                .find(|id| self.places[*id as usize] != NOWHERE);
        }
        let any = |rng: &mut Rng| s.ids[rng.below(s.ids.len() as u32) as usize];
        let id = recent.unwrap_or_else(|| any(&mut self.rng));
        (id, self.books.live(id).expect("drawn among the live").side)
    }

    /// Plays an operation and keeps the lists of live orders in step.
    fn play(&mut self, op: &Op) {
        if op.new_id().is_some() {
            self.places.push(NOWHERE);
        }
        self.filled.clear();
        let Self { books, filled, tape, .. } = self;
        books.apply(op, &mut |trade| {
            tape.add(trade);
            filled.push(trade.maker);
        });
        filled.retain(|id| books.live(*id).is_none());
        filled.extend(op.old_id());
        let symbol = &mut self.symbols[usize::from(op.symbol)];
        let missing = symbol.missing();
        for id in &self.filled {
            let at = self.places[*id as usize] as usize;
            symbol.ids.swap_remove(at);
            if let Some(moved) = symbol.ids.get(at) {
                self.places[*moved as usize] = at as u32;
            }
            self.places[*id as usize] = NOWHERE;
        }
        if let Some(id) = op.new_id()
            && self.books.live(id).is_some()
        {
            self.places[id as usize] = symbol.ids.len() as u32;
            symbol.ids.push(id);
            symbol.remember(id);
        }
        self.missing = self.missing + symbol.missing() - missing;
    }

    /// Market orders that consume every resting order.
    fn sweep(&mut self) -> Vec<Op> {
        let mut ops = Vec::new();
        for symbol in 0..self.symbols.len() {
            for resting in [Side::Buy, Side::Sell] {
                let symbol = symbol as u16;
                let qty = self.books.open(symbol, resting) as u32;
                if qty == 0 {
                    continue;
                }
                let (id, side, kind) = (self.next_id(), opposite(resting), Kind::Market);
                let op = Op { id, id2: 0, price: 0, qty, account: 0, symbol, kind, side };
                self.play(&op);
                ops.push(op);
            }
        }
        ops
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use engine::hash::mix_bytes;

    /// Seed, live, ops, depth, symbols.
    pub(crate) fn small(numbers: (u64, u32, u32, u32, u32)) -> Drawn {
        let (seed, live, ops, depth, symbols) = numbers;
        draw(&FlowArgs { file: PathBuf::new(), seed, live, ops, depth, symbols })
    }

    #[test]
    fn the_same_arguments_give_the_same_bytes_for_ever() {
        for (numbers, bytes, hash) in [
            ((1, 100, 5_000, 20, 1), 122512, 0x74F9_C4BB_5071_0E92),
            ((5, 7, 3_000, 3_000, 3), 73648, 0x756A_8EC2_21D1_38BE),
            ((u64::MAX, 50, 0, 0, 2), 1432, 0x2271_E4EE_AAAE_C8C7),
        ] {
            let mut file = Vec::new();
            small(numbers).flow.write_to(&mut file).unwrap();
            assert_eq!((file.len(), mix_bytes(0, &file)), (bytes, hash), "{numbers:?}");
        }
    }

    #[test]
    fn the_sweep_leaves_nothing_on_the_books() {
        let Drawn { flow, tape, book } = small((2, 200, 4_000, 10, 4));
        let mut books = Books::new(4, 0);
        let mut seen = Tape::default();
        for (at, op) in flow.ops.iter().enumerate() {
            assert!(at != flow.sweep().start || seen == tape);
            books.apply(op, &mut |trade| seen.add(trade));
        }
        assert_eq!(seen, book);
        assert_eq!((books.size().orders, books.size().prices), (0, 0));
    }

    #[test]
    fn the_live_orders_stay_near_what_was_asked_for() {
        let flow = small((3, 1_000, 50_000, 20, 1)).flow;
        let mut books = Books::new(1, 0);
        for op in &flow.ops[..flow.sweep().start] {
            books.apply(op, &mut |_| {});
        }
        let live = books.size().orders;
        assert!((800..1_300).contains(&live), "{live}");
    }
}

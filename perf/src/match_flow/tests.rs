//! Small flows through both layers, against a matcher that is too simple to be wrong.

use super::*;
use crate::flow::Header;
use crate::flow::generate::tests::small;
use crate::flow::reference::opposite;
use sbe_schemas::types::Side;
use std::collections::{BTreeMap, VecDeque};

/// Price to (id, open quantity) by age.
type Prices = BTreeMap<u32, VecDeque<(u32, u32)>>;

/// The sides of all books, by symbol and side; a cancel looks at all of one.
#[derive(Default)]
struct Naive {
    sides: BTreeMap<(u16, u8), Prices>,
    tape: Tape,
}

impl Naive {
    fn side(&mut self, op: &Op, side: Side) -> &mut Prices {
        self.sides.entry((op.symbol, side.code())).or_default()
    }

    fn play(&mut self, ops: &[Op]) {
        for op in ops {
            if let Some(old) = op.old_id() {
                let mut found = false;
                for queue in self.side(op, op.side).values_mut() {
                    let before = queue.len();
                    queue.retain(|(id, _)| *id != old);
                    found |= queue.len() < before;
                }
                if !found {
                    continue;
                }
            }
            let Some(id) = op.new_id() else { continue };
            let left = self.cross(op, id);
            if left > 0 && matches!(op.kind, Kind::Add | Kind::Replace) {
                self.side(op, op.side).entry(op.price).or_default().push_back((id, left));
            }
        }
    }

    fn cross(&mut self, op: &Op, taker: u32) -> u32 {
        let mut left = op.qty;
        while left > 0 {
            let side = self.side(op, opposite(op.side));
            side.retain(|_, queue| !queue.is_empty());
            let best = match op.side {
                Side::Buy => side.iter_mut().next(),
                Side::Sell => side.iter_mut().next_back(),
            };
            let Some((price, queue)) = best else { break };
            let price = *price;
            let through = match op.side {
                Side::Buy => op.limit().is_some_and(|limit| price > limit),
                Side::Sell => op.limit().is_some_and(|limit| price < limit),
            };
            if through {
                break;
            }
            let (maker, open) = queue[0];
            let qty = left.min(open);
            left -= qty;
            queue[0].1 -= qty;
            if qty == open {
                queue.pop_front();
            }
            self.tape.add(Trade { maker, taker, price, qty });
        }
        left
    }
}

fn naive(flow: &Flow, ops_max: u64) -> Checksums {
    let segments = Segments::of(flow, ops_max);
    let mut naive = Naive::default();
    naive.play(&flow.ops[segments.prefill]);
    naive.play(&flow.ops[segments.measured]);
    let tape = naive.tape;
    naive.play(&flow.ops[segments.sweep]);
    Checksums { tape, book: naive.tape }
}

fn args(layer: LayerName, ops: u64) -> MatchArgs {
    MatchArgs { flow: PathBuf::from("x.flow"), layer, reps: 2, ops, latency: true, json: true }
}

/// Both layers agree with the naive matcher; returns its checksums.
fn check_both(flow: &Flow, ops: u64) -> Checksums {
    let wanted = naive(flow, ops);
    let engine = measure::<EngineLayer>(&args(LayerName::Engine, ops), flow).unwrap();
    let book = measure::<BookLayer>(&args(LayerName::Book, ops), flow).unwrap();
    for report in [&engine, &book] {
        assert_eq!(report.checksums, wanted, "{:?}", report.layer);
        assert_eq!(report.run_ns.len(), 2);
        assert_eq!(report.ops, flow.header.measured.min(ops));
        assert_eq!(report.cut, flow.header.measured > ops);
    }
    assert_eq!(book.each.unwrap().count, book.ops);
    assert!(engine.each.unwrap().count >= engine.ops);
    wanted
}

#[test]
fn both_layers_trade_what_the_naive_matcher_trades() {
    // Thin and deep books, wide prices, many symbols; more events than the ring holds in the sweep.
    for numbers in [
        (1, 30, 4_000, 5, 1),
        (2, 30, 4_000, 500, 1),
        (3, 2_000, 3_000, 20, 1),
        (4, 100, 3_000, 3, 5),
        (5, 0, 3_000, 0, 3),
    ] {
        let drawn = small(numbers);
        let seen = check_both(&drawn.flow, u64::MAX);
        assert_eq!((seen.tape, seen.book), (drawn.tape, drawn.book), "{numbers:?}");
        assert!(seen.tape.trades > 300, "{numbers:?}: too little happened");
    }
}

#[test]
fn a_segment_that_is_cut_is_swept_all_the_same() {
    let flow = small((6, 100, 3_000, 5, 2)).flow;
    let whole = check_both(&flow, u64::MAX);
    let cut = check_both(&flow, 1_000);
    assert!(cut.tape.trades < whole.tape.trades && cut.book != whole.book);
}

#[test]
fn what_is_cut_off_is_not_played_at_all() {
    // More orders than a layer has to spare beyond the two that the cut leaves open.
    let adds = |id: u32| format!("add {id} buy 1 @ {}\n", 1 + id % 50);
    let flow = flow_of(&(1..=3_000).map(adds).collect::<String>());
    check_both(&flow, 2);
}

#[test]
fn both_ways_to_replace_are_played() {
    let flow = small((7, 50, 4_000, 2, 1)).flow;
    let plan = plan(&flow, &Segments::of(&flow, u64::MAX));
    let replaces = flow.ops.iter().filter(|op| op.kind == Kind::Replace).count();
    assert_eq!(plan.replaced.len(), replaces);
    let pairs = plan.replaced.iter().filter(|r| **r == Replaced::ByCancelAndNew).count();
    assert!(pairs > 5 && pairs < replaces / 2, "{pairs} of {replaces}");
    check_both(&flow, u64::MAX);
}

/// A flow of one symbol from words: `add 1 buy 10 @ 100`, `cancel 1 buy`, `replace 1 2 buy 5 @ 101`,
/// `market 3 sell 7`.
fn flow_of(script: &str) -> Flow {
    let mut ops = Vec::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<_> = line.split_whitespace().collect();
        let sell = words.contains(&"sell");
        let numbers: Vec<u32> = words.iter().filter_map(|word| word.parse().ok()).collect();
        let side = if sell { Side::Sell } else { Side::Buy };
        let n = |at: usize| numbers[at];
        let (kind, id, id2, qty, price) = match words[0] {
            "add" => (Kind::Add, n(0), 0, n(1), n(2)),
            "cancel" => (Kind::Cancel, n(0), 0, 0, 0),
            "replace" => (Kind::Replace, n(0), n(1), n(2), n(3)),
            "ioc" => (Kind::Ioc, n(0), 0, n(1), n(2)),
            "market" => (Kind::Market, n(0), 0, n(1), 0),
            other => panic!("{other}"),
        };
        ops.push(Op { id, id2, price, qty, account: id % 3, symbol: 0, kind, side });
    }
    let max_id = ops.iter().filter_map(Op::new_id).max().unwrap();
    let header = Header {
        seed: 0,
        prefill: 0,
        measured: ops.len() as u64,
        sweep: 0,
        max_id,
        symbols: 1,
        max_price: 65_535,
        live_target: 0,
    };
    Flow { header, ops }
}

#[test]
fn orders_that_are_gone_are_not_cancelled_twice() {
    let flow = flow_of(
        "add 1 buy 10 @ 100
         cancel 1 buy
         cancel 1 buy
         replace 1 2 buy 10 @ 100
         cancel 2 buy
         add 3 buy 5 @ 100
         market 4 sell 3
         ioc 5 sell 4 @ 100
         cancel 3 buy
         market 6 sell 1",
    );
    assert_eq!(check_both(&flow, u64::MAX).tape.trades, 2);
}

#[test]
fn a_replaced_order_has_the_quantity_of_the_new_one_whatever_the_old_one_traded() {
    let flow = flow_of(
        "add 1 buy 10 @ 100
         market 2 sell 4
         replace 1 3 buy 10 @ 101
         add 4 buy 10 @ 101
         market 5 sell 3
         replace 3 6 buy 2 @ 101
         market 7 sell 20",
    );
    // 4; 3; then 10 of order 4, which has become the older one, and 2.
    assert_eq!(check_both(&flow, u64::MAX).tape.trades, 4);
}

/// The reference, but for one trade that it forgets to tell.
struct Forgetful(Books);

impl Layer for Forgetful {
    type Script = u32;

    fn script(flow: &Flow, _: Plan) -> anyhow::Result<u32> {
        Ok(flow.header.symbols)
    }

    fn new(symbols: &u32) -> anyhow::Result<Self> {
        Ok(Self(Books::new(*symbols, 0)))
    }

    fn replay<W: Watch>(
        &mut self,
        flow: &Flow,
        _: &u32,
        ops: Range<usize>,
        watch: &mut W,
        tape: &mut Tape,
    ) -> anyhow::Result<()> {
        watch.start();
        let mut told = 0;
        for op in &flow.ops[ops] {
            self.0.apply(op, &mut |trade| {
                told += 1;
                if told != 10 {
                    tape.add(trade);
                }
            });
        }
        watch.stop();
        Ok(())
    }
}

#[test]
fn a_matcher_that_is_wrong_is_not_measured() {
    let flow = small((8, 50, 2_000, 5, 1)).flow;
    let told = measure::<Forgetful>(&args(LayerName::Book, u64::MAX), &flow).err().unwrap();
    assert!(told.to_string().contains("repetition 1: wrong trades"), "{told}");
}

#[test]
fn a_flow_without_a_measured_operation_is_refused() {
    let flow = small((9, 50, 0, 5, 1)).flow;
    let told = measure::<BookLayer>(&args(LayerName::Book, u64::MAX), &flow).err().unwrap();
    assert!(told.to_string().contains("nothing to measure"), "{told}");
}

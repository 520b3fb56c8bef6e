//! Books of a flow by price and time, and nothing else: what the generator draws against, and what
//! every measured matcher must agree with.
//!
//! Orders are nodes in one table by id, a price is a queue through that table, a side is a map of
//! prices: a cancel costs the same wherever the order stands. Fast enough to draw with; not built to
//! be measured.

use super::{Kind, Op, Trade};
use sbe_schemas::types::Side;
use std::collections::BTreeMap;

/// No order: ids begin at 1.
const NONE: u32 = 0;

/// One order of the flow.
#[derive(Clone, Copy)]
struct Node {
    order: Resting,
    older: u32,
    younger: u32,
}

impl Node {
    /// Not entered yet, or not resting any more.
    const GONE: Self =
        Self { order: Resting { side: Side::Buy, price: 0, open: 0 }, older: NONE, younger: NONE };
}

/// A resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resting {
    pub(crate) side: Side,
    /// Ticks.
    pub(crate) price: u32,
    /// Lots that have not traded.
    pub(crate) open: u32,
}

/// The orders at one price, by age.
struct Queue {
    oldest: u32,
    youngest: u32,
}

type Prices = BTreeMap<u32, Queue>;

/// The books of all symbols.
pub(crate) struct Books {
    /// By symbol: buyers, sellers.
    symbols: Vec<[Prices; 2]>,
    /// By id.
    nodes: Vec<Node>,
    live: usize,
    prices: usize,
}

/// How large the books are, or were at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Open orders.
    pub(crate) orders: usize,
    /// Prices with orders, over all sides.
    pub(crate) prices: usize,
}

fn row(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

/// The other side.
pub(crate) fn opposite(side: Side) -> Side {
    match side {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    }
}

impl Books {
    /// Empty books, with memory for ids up to `ids`; more may come.
    pub(crate) fn new(symbols: u32, ids: usize) -> Self {
        let symbols = (0..symbols).map(|_| [Prices::new(), Prices::new()]).collect();
        let mut nodes = Vec::with_capacity(ids + 1);
        nodes.push(Node::GONE);
        Self { symbols, nodes, live: 0, prices: 0 }
    }

    /// The best price of a side, in ticks.
    pub(crate) fn best(&self, symbol: u16, side: Side) -> Option<u32> {
        let prices = &self.symbols[usize::from(symbol)][row(side)];
        let best = match side {
            Side::Buy => prices.last_key_value(),
            Side::Sell => prices.first_key_value(),
        };
        best.map(|(price, _)| *price)
    }

    /// An order as it rests; `None`: it does not.
    pub(crate) fn live(&self, id: u32) -> Option<Resting> {
        let order = self.nodes.get(id as usize)?.order;
        (order.open > 0).then_some(order)
    }

    /// Size now.
    pub(crate) fn size(&self) -> Size {
        Size { orders: self.live, prices: self.prices }
    }

    /// Open quantity of a whole side.
    pub(crate) fn open(&self, symbol: u16, side: Side) -> u64 {
        let mut open = 0;
        for queue in self.symbols[usize::from(symbol)][row(side)].values() {
            let mut id = queue.oldest;
            while id != NONE {
                let node = &self.nodes[id as usize];
                open += u64::from(node.order.open);
                id = node.younger;
            }
        }
        open
    }

    /// Plays one operation of a checked flow.
    pub(crate) fn apply(&mut self, op: &Op, on_trade: &mut impl FnMut(Trade)) {
        let used = op.new_id().unwrap_or(NONE) as usize + 1;
        if self.nodes.len() < used {
            self.nodes.resize(used, Node::GONE);
        }
        if let Some(id) = op.old_id()
            && !self.cancel(op, id)
        {
            return;
        }
        let Some(id) = op.new_id() else { return };
        let left = self.cross(op, id, on_trade);
        if left > 0 && matches!(op.kind, Kind::Add | Kind::Replace) {
            self.rest(op, id, left);
        }
    }

    /// Trades as far as the limit goes; returns what is left.
    fn cross(&mut self, op: &Op, taker: u32, on_trade: &mut impl FnMut(Trade)) -> u32 {
        let prices = &mut self.symbols[usize::from(op.symbol)][row(opposite(op.side))];
        let mut left = op.qty;
        while left > 0 {
            let best = match op.side {
                Side::Buy => prices.first_entry(),
                Side::Sell => prices.last_entry(),
            };
            let Some(mut best) = best else { break };
            let price = *best.key();
            let willing = op.limit().is_none_or(|limit| match op.side {
                Side::Buy => price <= limit,
                Side::Sell => price >= limit,
            });
            if !willing {
                break;
            }
            let maker = best.get().oldest;
            let node = &mut self.nodes[maker as usize];
            let qty = left.min(node.order.open);
            (node.order.open, left) = (node.order.open - qty, left - qty);
            if node.order.open == 0 {
                let next = node.younger;
                self.live -= 1;
                if next == NONE {
                    best.remove();
                    self.prices -= 1;
                } else {
                    best.get_mut().oldest = next;
                    self.nodes[next as usize].older = NONE;
                }
            }
            on_trade(Trade { maker, taker, price, qty });
        }
        left
    }

    fn rest(&mut self, op: &Op, id: u32, open: u32) {
        let prices = &mut self.symbols[usize::from(op.symbol)][row(op.side)];
        let queue = prices.entry(op.price).or_insert_with(|| {
            self.prices += 1;
            Queue { oldest: id, youngest: NONE }
        });
        let older = std::mem::replace(&mut queue.youngest, id);
        let order = Resting { side: op.side, price: op.price, open };
        self.nodes[id as usize] = Node { order, older, younger: NONE };
        if older != NONE {
            self.nodes[older as usize].younger = id;
        }
        self.live += 1;
    }

    /// `false`: it was not live.
    fn cancel(&mut self, op: &Op, id: u32) -> bool {
        let Node { order, older, younger } = self.nodes[id as usize];
        if order.open == 0 {
            return false;
        }
        let prices = &mut self.symbols[usize::from(op.symbol)][row(op.side)];
        if (older, younger) == (NONE, NONE) {
            prices.remove(&order.price);
            self.prices -= 1;
        } else {
            let queue = prices.get_mut(&order.price).expect("a live order stands in a queue");
            match older {
                NONE => queue.oldest = younger,
                older => self.nodes[older as usize].younger = younger,
            }
            match younger {
                NONE => queue.youngest = older,
                younger => self.nodes[younger as usize].older = older,
            }
        }
        self.nodes[id as usize].order.open = 0;
        self.live -= 1;
        true
    }
}

//! The layer `book`: `engine::book` and the slab of orders under it, without session, name or report.
//!
//! A first pass, not timed, finds the id that the book gives each order (ids depend on nothing but
//! the operations). The measured passes then replay small operations in which a cancel or replace
//! carries that id, as a client that names OrderID (37) would send it. [`BookUnderTest`] is the only
//! part that knows how the engine's book is called.

use super::watch::Watch;
use super::{CHUNK_OPS, Layer, Plan, SPARE};
use crate::flow::{Flow, Kind, Op, Tape, Trade};
use engine::book::{Books, Kind as Resting, Left, Met};
use engine::orders::{OrderId, Slot};
use sbe_schemas::types::{SelfTrade, SelfTradeScope, Side};
use std::ops::Range;

/// Operations between two steps of looking ahead.
const AHEAD: usize = 4;
/// With fewer live orders all of it stays in the caches.
const LIVE_MIN: usize = 30_000;

/// One operation, ready for the book.
#[derive(Clone, Copy)]
struct BookOp {
    kind: Kind,
    side: Side,
    symbol: u16,
    /// Ticks.
    price: u32,
    /// Lots.
    qty: u32,
    /// Flow id of the order that arrives.
    taker: u32,
    /// The order that a cancel or replace is about.
    order: OrderId,
}

/// The operations as the book gets them.
pub(super) struct Script {
    ops: Vec<BookOp>,
    sizes: Sizes,
    /// What the first pass took. Kept, or the first repetition would find this memory in the process
    /// and seem to need none.
    _first_pass: (BookUnderTest, Vec<OrderId>),
}

/// How large the books must be.
#[derive(Clone, Copy)]
struct Sizes {
    symbols: u32,
    orders_max: usize,
    pages_max: usize,
    ticks_max: u32,
}

/// A book for each symbol, and the trades of the chunk that is being played.
pub(super) struct BookLayer {
    books: BookUnderTest,
    trades: Vec<Trade>,
}

impl Layer for BookLayer {
    type Script = Script;

    fn script(flow: &Flow, plan: Plan) -> anyhow::Result<Script> {
        let sizes = Sizes {
            symbols: flow.header.symbols,
            orders_max: plan.most.orders + SPARE,
            pages_max: plan.most.prices + SPARE,
            ticks_max: flow.header.max_price,
        };
        let mut books = BookUnderTest::new(sizes);
        let mut ids = vec![OrderId(0); flow.header.max_id as usize + 1];
        let mut ops = Vec::with_capacity(flow.ops.len());
        let mut trades = Vec::new();
        for (at, op) in flow.ops.iter().enumerate() {
            let prepared = prepare(op, &ids);
            ops.push(prepared);
            if !plan.segments.hold(at) {
                continue;
            }
            trades.clear();
            let entered = books.apply(&prepared, &mut trades);
            if let (Some(id), Some(order)) = (op.new_id(), entered) {
                ids[id as usize] = order;
            }
        }
        Ok(Script { ops, sizes, _first_pass: (books, ids) })
    }

    fn new(script: &Script) -> anyhow::Result<Self> {
        Ok(Self {
            books: BookUnderTest::new(script.sizes),
            trades: Vec::with_capacity(4 * CHUNK_OPS),
        })
    }

    fn replay<W: Watch>(
        &mut self,
        _: &Flow,
        script: &Script,
        ops: Range<usize>,
        watch: &mut W,
        tape: &mut Tape,
    ) -> anyhow::Result<()> {
        for chunk in script.ops[ops].chunks(CHUNK_OPS) {
            self.trades.clear();
            replay_book(&mut self.books, chunk, &mut self.trades, watch);
            self.trades.iter().for_each(|trade| tape.add(*trade));
        }
        Ok(())
    }
}

fn prepare(op: &Op, ids: &[OrderId]) -> BookOp {
    BookOp {
        kind: op.kind,
        side: op.side,
        symbol: op.symbol,
        price: op.price,
        qty: op.qty,
        taker: op.new_id().unwrap_or(0),
        order: op.old_id().map_or(OrderId(0), |id| ids[id as usize]),
    }
}

/// What is measured.
fn replay_book<W: Watch>(
    books: &mut BookUnderTest,
    ops: &[BookOp],
    trades: &mut Vec<Trade>,
    watch: &mut W,
) {
    watch.start();
    let looks_ahead = books.books.live() >= LIVE_MIN;
    for (at, op) in ops.iter().enumerate() {
        watch.start_one();
        if looks_ahead {
            books.look_ahead(ops, at);
        }
        books.apply(op, trades);
        watch.stop_one();
        watch.end_one();
    }
    watch.stop();
}

/// The engine's books, called as the engine itself calls them. Every order is its own owner, by the
/// flow's id: with self-trades allowed nobody asks who that is.
struct BookUnderTest {
    books: Books,
}

impl BookUnderTest {
    fn new(sizes: Sizes) -> Self {
        let mut books = Books::new(sizes.orders_max, sizes.pages_max, sizes.symbols as usize);
        (0..sizes.symbols).for_each(|_| books.add_book(sizes.ticks_max, None));
        Self { books }
    }

    /// Fetches what the operations after `at` will touch, in three steps.
    fn look_ahead(&self, ops: &[BookOp], at: usize) {
        let slot = |op: &BookOp| Slot(op.order.0 as u32);
        let level =
            |op: &BookOp| self.books.level_if_there(u32::from(op.symbol), op.side, op.price);
        if let Some(op) = ops.get(at + 3 * AHEAD) {
            self.books.prefetch(slot(op));
            level(op).inspect(|level| self.books.prefetch_level(*level));
        }
        if let Some(op) = ops.get(at + 2 * AHEAD) {
            self.books.prefetch_neighbours(slot(op));
            level(op).inspect(|level| self.books.prefetch_youngest(*level));
        }
    }

    /// Plays one operation; returns the id of the order that it entered.
    fn apply(&mut self, op: &BookOp, trades: &mut Vec<Trade>) -> Option<OrderId> {
        match op.kind {
            Kind::Add | Kind::Ioc | Kind::Market => self.enter(op, trades),
            Kind::Cancel => {
                self.cancel(op);
                None
            }
            Kind::Replace => self.cancel(op).then(|| self.enter(op, trades)).flatten(),
        }
    }

    /// `false`: the order is not there any more.
    fn cancel(&mut self, op: &BookOp) -> bool {
        let Some(slot) = self.books.find(op.order) else { return false };
        self.books.unrest(slot);
        self.books.give_back(slot);
        true
    }

    #[inline]
    fn enter(&mut self, op: &BookOp, trades: &mut Vec<Trade>) -> Option<OrderId> {
        let at = u32::from(op.symbol);
        let ticks = match (op.kind, op.side) {
            (Kind::Market, Side::Buy) => self.books.book(at).ticks_max(),
            (Kind::Market, Side::Sell) => 1,
            _ => op.price,
        };
        let lots = i64::from(op.qty);
        let (allow, scope) = (SelfTrade::Allow, SelfTradeScope::Account);
        let mut taker = self.books.taker(at, op.side, ticks, lots, 0, allow, scope);
        while taker.lots > 0
            && let Met::Trade(meeting) = self.books.meet(&mut taker)
        {
            taker.lots -= meeting.lots;
            let maker = self.books.owner(meeting.maker);
            let (price, qty) = (meeting.ticks, meeting.lots as u32);
            trades.push(Trade { maker, taker: op.taker, price, qty });
            if self.books.fill(meeting.maker, meeting.lots) == Left::Nothing {
                self.books.give_back(meeting.maker);
            }
        }
        if taker.lots == 0 || !matches!(op.kind, Kind::Add | Kind::Replace) {
            return None;
        }
        let slot = self.books.take(op.taker);
        self.books.rest(slot, at, Resting::Shown, op.side, ticks, taker.lots, None);
        Some(self.books.id(slot))
    }
}

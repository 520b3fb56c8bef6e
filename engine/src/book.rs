//! Resting orders of one instrument: two ladders of price levels, each level a queue by age.
//!
//! A [`Ladder`] is the level numbers of one side in order of price, best last, so that the busy end
//! is the cheap one. Levels come from one pool, orders from one slab; nothing allocates after start.
//! What happens here is told to the feed by `trading.rs`, which also keeps the checksum.

use crate::hash::mix;
use crate::orders::{Order, Orders, Slot};
use sbe_schemas::types::Side;

/// One price: its queue and how much is open there.
#[derive(Clone, Copy, Debug)]
pub struct PriceLevel {
    /// Price in ticks.
    pub ticks: i64,
    /// Open lots of all orders here.
    pub open_lots: i64,
    /// First to trade.
    pub oldest: Slot,
    /// Last to trade.
    pub youngest: Slot,
}

/// The pool of levels of a partition.
pub struct Levels {
    levels: Vec<PriceLevel>,
    free: Vec<u32>,
    levels_max: usize,
}

impl Levels {
    /// Room for `levels_max` prices over all books and sides.
    pub fn new(levels_max: usize) -> Self {
        Self {
            levels: Vec::with_capacity(levels_max),
            free: Vec::with_capacity(levels_max),
            levels_max,
        }
    }

    /// Another bound from now on; what is in use stays.
    pub fn resize(&mut self, levels_max: usize) {
        self.levels_max = levels_max;
        self.levels.reserve_exact(levels_max.saturating_sub(self.levels.len()));
        self.free.reserve_exact(levels_max.saturating_sub(self.free.len()));
    }

    fn has_room(&self) -> bool {
        self.levels.len() - self.free.len() < self.levels_max
    }

    fn take(&mut self, ticks: i64) -> u32 {
        let level = PriceLevel { ticks, open_lots: 0, oldest: Slot::NONE, youngest: Slot::NONE };
        if let Some(at) = self.free.pop() {
            self.levels[at as usize] = level;
            return at;
        }
        self.levels.push(level);
        self.levels.len() as u32 - 1
    }
}

/// One side: its levels, best last.
pub struct Ladder {
    side: Side,
    by_price: Vec<u32>,
    prices_max: usize,
}

impl Ladder {
    fn new(side: Side, prices_max: usize) -> Self {
        Self { side, by_price: Vec::with_capacity(prices_max), prices_max }
    }

    /// `a` is better than `b`: higher for buyers, lower for sellers.
    fn better(&self, a: i64, b: i64) -> bool {
        match self.side {
            Side::Buy => a > b,
            Side::Sell => a < b,
        }
    }

    /// Where `ticks` is (`Ok`) or belongs (`Err`).
    fn find(&self, levels: &Levels, ticks: i64) -> Result<usize, usize> {
        self.by_price.binary_search_by(|at| {
            let here = levels.levels[*at as usize].ticks;
            match self.side {
                Side::Buy => here.cmp(&ticks),
                Side::Sell => ticks.cmp(&here),
            }
        })
    }
}

/// The book of one instrument.
pub struct Book {
    bids: Ladder,
    asks: Ladder,
    /// Book messages told to the feed so far.
    pub rpt_seq: u64,
    /// Orders that rest.
    pub orders: u32,
    /// Wrapping sum over the resting orders (`hash::order_sum`).
    pub checksum: u64,
}

impl Book {
    /// Empty, with room for `prices_max` prices a side.
    pub fn new(prices_max: usize) -> Self {
        Self {
            bids: Ladder::new(Side::Buy, prices_max),
            asks: Ladder::new(Side::Sell, prices_max),
            rpt_seq: 0,
            orders: 0,
            checksum: 0,
        }
    }

    /// Another bound from now on; what rests stays.
    pub fn resize(&mut self, prices_max: usize) {
        for ladder in [&mut self.bids, &mut self.asks] {
            ladder.prices_max = prices_max;
            ladder.by_price.reserve_exact(prices_max.saturating_sub(ladder.by_price.len()));
        }
    }

    fn ladder(&self, side: Side) -> &Ladder {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn ladder_mut(&mut self, side: Side) -> &mut Ladder {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// An order at this price can rest: its level is there, or there is room for one.
    pub fn has_room(&self, levels: &Levels, side: Side, ticks: i64) -> bool {
        let ladder = self.ladder(side);
        ladder.find(levels, ticks).is_ok()
            || (levels.has_room() && ladder.by_price.len() < ladder.prices_max)
    }

    /// The next maker for an order of `side` with this limit (`None`: any price).
    pub fn best_against(&self, levels: &Levels, side: Side, limit: Option<i64>) -> Option<Slot> {
        let ladder = self.ladder(opposite(side));
        let level = &levels.levels[*ladder.by_price.last()? as usize];
        let willing = limit.is_none_or(|limit| !ladder.better(limit, level.ticks));
        if willing { level.oldest.some() } else { None }
    }

    /// At least `lots` are open against an order of `side` with this limit. Walks levels, not orders.
    pub fn can_fill(&self, levels: &Levels, side: Side, limit: Option<i64>, lots: i64) -> bool {
        let ladder = self.ladder(opposite(side));
        let mut open: i64 = 0;
        for at in ladder.by_price.iter().rev() {
            let level = &levels.levels[*at as usize];
            if limit.is_some_and(|limit| ladder.better(limit, level.ticks)) {
                return false;
            }
            open = open.saturating_add(level.open_lots);
            if open >= lots {
                return true;
            }
        }
        false
    }

    /// Rests an order at the back of its price. Needs [`Self::has_room`].
    pub fn add(&mut self, levels: &mut Levels, orders: &mut Orders, slot: Slot) {
        let Order { side, ticks, .. } = *orders.get(slot);
        let ladder = self.ladder_mut(side);
        let at = match ladder.find(levels, ticks) {
            Ok(place) => ladder.by_price[place],
            Err(place) => {
                let at = levels.take(ticks);
                ladder.by_price.insert(place, at);
                at
            }
        };
        let level = &mut levels.levels[at as usize];
        let youngest = level.youngest;
        level.youngest = slot;
        match youngest.some() {
            Some(older) => orders.get_mut(older).younger = slot,
            None => level.oldest = slot,
        }
        let order = orders.get_mut(slot);
        (order.level, order.older, order.younger) = (at, youngest, Slot::NONE);
        level.open_lots += order.open_lots();
        self.orders += 1;
    }

    /// Takes a resting order off, whatever is left of it.
    pub fn remove(&mut self, levels: &mut Levels, orders: &mut Orders, slot: Slot) {
        let Order { side, ticks, level: at, older, younger, .. } = *orders.get(slot);
        let open = orders.get(slot).open_lots();
        let level = &mut levels.levels[at as usize];
        level.open_lots -= open;
        match older.some() {
            Some(older) => orders.get_mut(older).younger = younger,
            None => level.oldest = younger,
        }
        match younger.some() {
            Some(younger) => orders.get_mut(younger).older = older,
            None => level.youngest = older,
        }
        if level.oldest == Slot::NONE {
            let ladder = self.ladder_mut(side);
            let place = ladder.find(levels, ticks).expect("a level in use is on its ladder");
            ladder.by_price.remove(place);
            levels.free.push(at);
        }
        orders.get_mut(slot).level = u32::MAX;
        self.orders -= 1;
    }

    /// Lowers what is open at the level of a resting order, which keeps its place.
    pub fn reduce(&mut self, levels: &mut Levels, order: &Order, lots: i64) {
        levels.levels[order.level as usize].open_lots -= lots;
    }

    /// The resting orders in priority order: buyers then sellers, best price first, oldest first.
    pub fn walk<'a>(
        &'a self,
        levels: &'a Levels,
        orders: &'a Orders,
    ) -> impl Iterator<Item = &'a Order> + 'a {
        let sides = self.bids.by_price.iter().rev().chain(self.asks.by_price.iter().rev());
        sides.flat_map(move |at| {
            let mut next = levels.levels[*at as usize].oldest;
            std::iter::from_fn(move || {
                let order = orders.get(next.some()?);
                next = order.younger;
                Some(order)
            })
        })
    }

    /// Both ladders and the counters into a state hash.
    pub fn hash(&self, levels: &Levels, orders: &Orders, hash: u64) -> u64 {
        let hash = mix(mix(mix(hash, self.rpt_seq), u64::from(self.orders)), self.checksum);
        self.walk(levels, orders).fold(hash, |hash, order| mix(hash, order.id.0))
    }
}

/// The other side.
pub const fn opposite(side: Side) -> Side {
    match side {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    }
}

//! All books of a partition: resting orders in queues at their prices.
//!
//! An order's hot half is a node of 32 bytes in one slab; its cold half (`orders.rs`) has the same
//! slot and is not touched here. A book is ten ladders (`ladder.rs`): shown, hidden, all-or-none,
//! stop and waiting orders of either side. Nothing here walks a queue. Next: `book/meet.rs` for whom an
//! arriving order meets, `book/walk.rs` for reading.

mod meet;
mod save;
mod walk;

use crate::ladder::{Ladder, Pages};
use crate::orders::{OrderId, Slot};
use sbe_schemas::types::Side;

pub use meet::{Left, Meeting, Met, ShareRules, Taker};

/// Where an order is, of ten ladders a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// On the public book.
    Shown,
    /// Never told.
    Hidden,
    /// All or none.
    Whole,
    /// Until its StopPx is reached.
    Stop,
    /// Until the closing auction begins.
    Waiting,
}

const KINDS: [Kind; 5] = [Kind::Shown, Kind::Hidden, Kind::Whole, Kind::Stop, Kind::Waiting];
const LADDERS: usize = 2 * KINDS.len();
const LIVE: u32 = 1;
/// It has more than it shows.
const RESERVE: u32 = 2;
const NOWHERE: u32 = 0;

/// The hot half of an order.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Older order at the same price; next free slot.
    older: Slot,
    /// Younger order at the same price.
    younger: Slot,
    /// Its price (`ladder.rs`), 0 while it rests nowhere.
    level: u32,
    /// Index of its owner.
    owner: u32,
    /// Open lots, without the reserve.
    lots: i64,
    /// Rises each time the slot is used.
    generation: u32,
    flags: u32,
}

const _: () = assert!(size_of::<Node>() == 32);

/// What an iceberg does not show.
#[derive(Clone, Copy, Debug, Default)]
struct Reserve {
    lots: i64,
    /// DisplayQty.
    display_lots: i64,
}

/// Who is behind an owner, for self-trade prevention.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// Index of the account.
    pub account: u32,
    /// User.
    pub user: u32,
    /// Firm.
    pub firm: u32,
}

/// The book of one instrument, without its ladders.
#[derive(Clone, Copy, Debug)]
pub struct Book {
    /// Best rank of each ladder; 0: nobody.
    best: [u32; LADDERS],
    /// Highest price in ticks plus 1: a price is mirrored at it where lower is better.
    top: u32,
    /// Trades happen from here, in ticks …
    low: u32,
    /// … to here.
    high: u32,
    shares: Option<ShareRules>,
    /// Book messages told to the feed so far.
    pub rpt_seq: u64,
    /// Wrapping sum over the shown orders (`hash::order_sum`).
    pub checksum: u64,
    /// Shown orders.
    pub orders: u32,
}

/// The books, and the slab of hot halves.
pub struct Books {
    nodes: Vec<Node>,
    reserves: Vec<Reserve>,
    free: Slot,
    live: usize,
    orders_max: usize,
    pages: Pages,
    ladders: Vec<Ladder>,
    books: Vec<Book>,
    owners: Vec<Identity>,
}

impl Books {
    /// Room for so many orders, pages of 64 prices and instruments, taken now.
    pub fn new(orders_max: usize, pages_max: usize, instruments_max: usize) -> Self {
        assert!(orders_max < u32::MAX as usize);
        Self {
            nodes: Vec::with_capacity(orders_max),
            reserves: Vec::with_capacity(orders_max),
            free: Slot::NONE,
            live: 0,
            orders_max,
            pages: Pages::new(pages_max),
            ladders: Vec::with_capacity(instruments_max * LADDERS),
            books: Vec::with_capacity(instruments_max),
            owners: Vec::new(),
        }
    }

    /// Room for so many owners, taken now.
    pub fn reserve_owners(&mut self, owners_max: usize) {
        self.owners.reserve_exact(owners_max.saturating_sub(self.owners.len()));
    }

    /// Other bounds from now on; what is there stays.
    pub fn resize(&mut self, orders_max: usize, pages_max: usize) {
        assert!(orders_max < u32::MAX as usize);
        self.orders_max = orders_max;
        let more = orders_max.saturating_sub(self.nodes.len());
        self.nodes.reserve_exact(more);
        self.reserves.reserve_exact(more);
        self.pages.resize(pages_max);
    }

    /// Another instrument, with prices from 1 to `ticks_max`.
    pub fn add_book(&mut self, ticks_max: u32, shares: Option<ShareRules>) {
        for kind in KINDS {
            let ranks = if kind == Kind::Waiting { 1 } else { ticks_max };
            self.ladders.extend([Ladder::new(ranks), Ladder::new(ranks)]);
        }
        self.books.push(Book {
            best: [0; LADDERS],
            top: ticks_max + 1,
            low: 1,
            high: ticks_max,
            shares,
            rpt_seq: 0,
            checksum: 0,
            orders: 0,
        });
    }

    /// Another owner; owners count from 0.
    pub fn add_owner(&mut self, identity: Identity) {
        self.owners.push(identity);
    }

    /// Who an owner is, after a change of its session.
    pub fn set_owner(&mut self, owner: u32, identity: Identity) {
        self.owners[owner as usize] = identity;
    }

    /// A book.
    #[inline]
    pub fn book(&self, at: u32) -> &Book {
        &self.books[at as usize]
    }

    /// A book.
    #[inline]
    pub fn book_mut(&mut self, at: u32) -> &mut Book {
        &mut self.books[at as usize]
    }

    // --- the slab ---------------------------------------------------------------------------

    /// Another order fits.
    #[inline]
    pub fn has_room(&self) -> bool {
        self.live < self.orders_max
    }

    /// Orders that live.
    pub fn live(&self) -> usize {
        self.live
    }

    /// Slots ever used: the bound of a walk over all.
    pub fn used_slots(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// Takes a slot for an order of `owner` that rests nowhere yet. Needs room.
    #[inline]
    pub fn take(&mut self, owner: u32) -> Slot {
        assert!(self.has_room());
        self.live += 1;
        let node = |generation| Node {
            older: Slot::NONE,
            younger: Slot::NONE,
            level: NOWHERE,
            owner,
            lots: 0,
            generation,
            flags: LIVE,
        };
        if let Some(slot) = self.free.some() {
            let place = &mut self.nodes[slot.0 as usize];
            self.free = place.older;
            *place = node(place.generation + 1);
            return slot;
        }
        self.nodes.push(node(1));
        self.reserves.push(Reserve::default());
        Slot(self.nodes.len() as u32 - 1)
    }

    /// Gives the slot of an order back that rests nowhere.
    #[inline]
    pub fn give_back(&mut self, slot: Slot) {
        let node = &mut self.nodes[slot.0 as usize];
        assert!(node.flags & LIVE != 0 && node.level == NOWHERE);
        (node.flags, node.older) = (0, self.free);
        if node.generation == u32::MAX {
            return; // Used up: no OrderID comes twice. It counts as live for ever.
        }
        self.free = slot;
        self.live -= 1;
    }

    /// OrderID (37) of the order in a slot.
    #[inline]
    pub fn id(&self, slot: Slot) -> OrderId {
        let generation = self.nodes[slot.0 as usize].generation;
        OrderId((u64::from(generation) << 32) | u64::from(slot.0))
    }

    /// The slot of an id that still lives.
    #[inline]
    pub fn find(&self, id: OrderId) -> Option<Slot> {
        let node = self.nodes.get(id.0 as u32 as usize)?;
        let lives = node.flags & LIVE != 0 && node.generation == (id.0 >> 32) as u32;
        lives.then_some(Slot(id.0 as u32))
    }

    /// A slot holds an order.
    pub fn lives(&self, slot: Slot) -> bool {
        self.nodes.get(slot.0 as usize).is_some_and(|node| node.flags & LIVE != 0)
    }

    // --- resting ----------------------------------------------------------------------------

    /// An order at this price can rest: its page is there, or there is room for one.
    #[inline]
    pub fn has_price_room(&self, at: u32, kind: Kind, side: Side, ticks: u32) -> bool {
        let rank = self.rank(at, kind, side, ticks);
        self.ladders[ladder_id(at, kind, side) as usize].has_room(&self.pages, rank)
    }

    /// Rests an order with `lots` open at the back of its price, showing `display_lots` at a time
    /// (`None`: all). Needs [`Self::has_price_room`].
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "a place and what stands there")]
    pub fn rest(
        &mut self,
        slot: Slot,
        at: u32,
        kind: Kind,
        side: Side,
        ticks: u32,
        lots: i64,
        display_lots: Option<i64>,
    ) {
        let shown = display_lots.map_or(lots, |display| display.min(lots));
        let node = &mut self.nodes[slot.0 as usize];
        node.lots = shown;
        if let Some(display_lots) = display_lots {
            self.reserves[slot.0 as usize] = Reserve { lots: lots - shown, display_lots };
            node.flags = LIVE | if lots > shown { RESERVE } else { 0 };
        } else {
            node.flags = LIVE;
        }
        let rank = self.rank(at, kind, side, ticks);
        let id = ladder_id(at, kind, side);
        let level = self.ladders[id as usize].level(&mut self.pages, id, rank);
        self.pages.level_mut(level).lots += lots;
        if self.append(slot, level) {
            self.ladders[id as usize].occupy(&mut self.pages, level);
            let best = &mut self.books[at as usize].best[place(kind, side)];
            *best = (*best).max(rank);
        }
    }

    /// Puts a slot at the back of a level; `true`: it is the first there.
    #[inline]
    fn append(&mut self, slot: Slot, level: u32) -> bool {
        let queue = self.pages.level_mut(level);
        let youngest = std::mem::replace(&mut queue.youngest, slot);
        let first = youngest == Slot::NONE;
        if first {
            queue.oldest = slot;
        } else {
            self.nodes[youngest.0 as usize].younger = slot;
        }
        let node = &mut self.nodes[slot.0 as usize];
        (node.older, node.younger, node.level) = (youngest, Slot::NONE, level);
        first
    }

    /// Takes a slot out of the queue of its level; `true`: it was the last there.
    #[inline]
    fn unlink(&mut self, slot: Slot) -> bool {
        let Node { older, younger, level, .. } = self.nodes[slot.0 as usize];
        match older.some() {
            Some(older) => self.nodes[older.0 as usize].younger = younger,
            None => self.pages.level_mut(level).oldest = younger,
        }
        match younger.some() {
            Some(younger) => self.nodes[younger.0 as usize].older = older,
            None => self.pages.level_mut(level).youngest = older,
        }
        older == Slot::NONE && younger == Slot::NONE
    }

    /// Takes a resting order off its book; returns what it had open, reserve included.
    #[inline]
    pub fn unrest(&mut self, slot: Slot) -> i64 {
        let Node { level, .. } = self.nodes[slot.0 as usize];
        let open = self.open_lots(slot);
        self.pages.level_mut(level).lots -= open;
        self.leave(slot, level);
        open
    }

    #[inline]
    fn leave(&mut self, slot: Slot, level: u32) {
        if self.unlink(slot) {
            let id = self.pages.ladder_of(level);
            let rank = self.pages.rank_of(level);
            let ladder = &mut self.ladders[id as usize];
            ladder.vacate(&mut self.pages, level);
            let best = &mut self.books[id as usize / LADDERS].best[id as usize % LADDERS];
            if *best == rank {
                *best = ladder.next_below(&self.pages, rank);
            }
        }
        self.nodes[slot.0 as usize].level = NOWHERE;
    }

    /// Lowers the open quantity of a resting order that keeps its place, the reserve first. Something
    /// must be left. Returns what it showed before and shows now.
    pub fn reduce(&mut self, slot: Slot, lots: i64) -> (i64, i64) {
        let node = &mut self.nodes[slot.0 as usize];
        let before = node.lots;
        let from_reserve = match node.flags & RESERVE {
            0 => 0,
            _ => self.reserves[slot.0 as usize].lots.min(lots),
        };
        if from_reserve > 0 {
            let reserve = &mut self.reserves[slot.0 as usize];
            reserve.lots -= from_reserve;
            if reserve.lots == 0 {
                node.flags &= !RESERVE;
            }
        }
        node.lots -= lots - from_reserve;
        assert!(node.lots > 0);
        let (level, shown) = (node.level, node.lots);
        self.pages.level_mut(level).lots -= lots;
        (before, shown)
    }

    /// An order rests somewhere.
    #[inline]
    pub fn rests(&self, slot: Slot) -> bool {
        self.nodes[slot.0 as usize].level != NOWHERE
    }

    /// How and at which rank an order rests.
    pub fn resting_as(&self, slot: Slot) -> Option<Kind> {
        let level = self.nodes[slot.0 as usize].level;
        (level != NOWHERE).then(|| KINDS[self.pages.ladder_of(level) as usize % LADDERS / 2])
    }

    /// Index of the owner of an order that lives.
    #[inline]
    pub fn owner(&self, slot: Slot) -> u32 {
        self.nodes[slot.0 as usize].owner
    }

    /// What a resting order shows (a hidden one: has open).
    #[inline]
    pub fn shown_lots(&self, slot: Slot) -> i64 {
        self.nodes[slot.0 as usize].lots
    }

    /// What a resting order has open, reserve included.
    #[inline]
    pub fn open_lots(&self, slot: Slot) -> i64 {
        let node = &self.nodes[slot.0 as usize];
        if node.flags & RESERVE == 0 {
            return node.lots;
        }
        node.lots + self.reserves[slot.0 as usize].lots
    }

    // --- prices -----------------------------------------------------------------------------

    /// The rank of a price on a ladder: buyers want high prices to be best, sellers low ones; of
    /// stops the nearest to be reached is best, which is the other way round.
    #[inline]
    fn rank(&self, at: u32, kind: Kind, side: Side, ticks: u32) -> u32 {
        match (kind, side) {
            (Kind::Waiting, _) => 1,
            (Kind::Stop, Side::Sell) => ticks,
            (Kind::Stop, Side::Buy) => self.books[at as usize].top - ticks,
            (_, Side::Buy) => ticks,
            (_, Side::Sell) => self.books[at as usize].top - ticks,
        }
    }

    /// The best price of a kind and side in ticks; `None`: nobody.
    pub fn best(&self, at: u32, kind: Kind, side: Side) -> Option<u32> {
        let book = &self.books[at as usize];
        let rank = book.best[place(kind, side)];
        (rank != 0).then(|| book.ticks(kind, side, rank))
    }

    /// Stops wait for a trade.
    #[inline]
    pub fn has_stops(&self, at: u32) -> bool {
        let best = &self.books[at as usize].best;
        best[place(Kind::Stop, Side::Buy)] | best[place(Kind::Stop, Side::Sell)] != 0
    }

    /// The best price of shown and hidden orders of a side; `None`: nobody.
    pub fn best_of(&self, at: u32, side: Side) -> Option<u32> {
        let book = &self.books[at as usize];
        let rank = book.best[place(Kind::Shown, side)].max(book.best[place(Kind::Hidden, side)]);
        (rank != 0).then(|| book.ticks(Kind::Shown, side, rank))
    }

    /// The oldest order at the best price of a kind and side.
    pub fn first(&self, at: u32, kind: Kind, side: Side) -> Option<Slot> {
        let rank = self.books[at as usize].best[place(kind, side)];
        if rank == 0 {
            return None;
        }
        let ladder = &self.ladders[ladder_id(at, kind, side) as usize];
        self.pages.level(ladder.level_at(rank)).oldest.some()
    }

    /// The best shown or hidden order of a side, and its price: whom an uncross takes next.
    pub fn first_of(&self, at: u32, side: Side) -> Option<(Slot, Kind, u32)> {
        let book = &self.books[at as usize];
        let (shown, hidden) =
            (book.best[place(Kind::Shown, side)], book.best[place(Kind::Hidden, side)]);
        let kind = if hidden > shown { Kind::Hidden } else { Kind::Shown };
        let slot = self.first(at, kind, side)?;
        Some((slot, kind, book.ticks(kind, side, shown.max(hidden))))
    }

    /// Trades happen in these bounds only.
    pub fn set_band(&mut self, at: u32, low: u32, high: u32) {
        let book = &mut self.books[at as usize];
        (book.low, book.high) = (low, high);
    }

    /// Other rules of sharing from now on.
    pub fn set_shares(&mut self, at: u32, shares: Option<ShareRules>) {
        self.books[at as usize].shares = shares;
    }
}

impl Book {
    #[inline]
    fn ticks(&self, kind: Kind, side: Side, rank: u32) -> u32 {
        if (kind == Kind::Stop) == (side == Side::Buy) { self.top - rank } else { rank }
    }

    /// Trades happen from the first to the second, in ticks.
    pub const fn band(&self) -> (u32, u32) {
        (self.low, self.high)
    }

    /// Highest price in ticks.
    pub const fn ticks_max(&self) -> u32 {
        self.top - 1
    }
}

/// The other side.
#[inline]
pub const fn opposite(side: Side) -> Side {
    match side {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    }
}

#[inline]
const fn place(kind: Kind, side: Side) -> usize {
    kind as usize * 2 + side as usize - Side::Buy as usize
}

#[inline]
const fn ladder_id(at: u32, kind: Kind, side: Side) -> u32 {
    at * LADDERS as u32 + place(kind, side) as u32
}

//! A subscriber's book of one instrument: every resting order in its place, and the running checksum.
//!
//! A place is (price, priority), best first; priority is the `rptSeq` of the message that gave the
//! order its place. A message that cannot be true of this book is refused and changes nothing. A
//! crossed book is none of these: outside continuous trading books stand crossed until the uncross.
//! Whether a message *follows* is for the caller to see first ([`Book::rpt_seq`]): `instrument.rs`.

use engine::hash::order_sum;
use sbe_schemas::header::{self, Message};
use sbe_schemas::market_data as md;
use sbe_schemas::types::{Decimal8, Side, SideCode};
use std::collections::BTreeMap;
use std::ops::Bound;

/// A message about the book of one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookMessage {
    /// A new order, at the back of the queue at its price.
    Add(md::OrderAdd),
    /// Less is open, the place stays.
    Reduce(md::OrderReduce),
    /// It is gone without a trade.
    Delete(md::OrderDelete),
    /// It traded.
    Execute(md::OrderExecute),
    /// All orders are gone.
    Clear(md::BookClear),
    /// What the book adds up to. Changes nothing and has no `rptSeq` of its own.
    Checksum(md::BookChecksum),
}

impl BookMessage {
    /// Reads SBE header and body. `None`: another message, or not readable as what it says it is.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        fn read<M: Message>(bytes: &[u8], of: fn(M) -> BookMessage) -> Option<BookMessage> {
            M::decode(bytes).ok().map(|(message, _, _)| of(*message))
        }
        match header::header(bytes).ok()?.template_id.get() {
            md::OrderAdd::TEMPLATE_ID => read(bytes, Self::Add),
            md::OrderReduce::TEMPLATE_ID => read(bytes, Self::Reduce),
            md::OrderDelete::TEMPLATE_ID => read(bytes, Self::Delete),
            md::OrderExecute::TEMPLATE_ID => read(bytes, Self::Execute),
            md::BookClear::TEMPLATE_ID => read(bytes, Self::Clear),
            md::BookChecksum::TEMPLATE_ID => read(bytes, Self::Checksum),
            _ => None,
        }
    }

    /// The instrument it is about.
    pub fn instrument(&self) -> u32 {
        match self {
            Self::Add(m) => m.instrument.get(),
            Self::Reduce(m) => m.instrument.get(),
            Self::Delete(m) => m.instrument.get(),
            Self::Execute(m) => m.instrument.get(),
            Self::Clear(m) => m.instrument.get(),
            Self::Checksum(m) => m.instrument.get(),
        }
    }

    /// Its `rptSeq`; of a checksum, that of the last change it includes.
    pub fn rpt_seq(&self) -> u64 {
        match self {
            Self::Add(m) => m.rpt_seq.get(),
            Self::Reduce(m) => m.rpt_seq.get(),
            Self::Delete(m) => m.rpt_seq.get(),
            Self::Execute(m) => m.rpt_seq.get(),
            Self::Clear(m) => m.rpt_seq.get(),
            Self::Checksum(m) => m.rpt_seq.get(),
        }
    }

    /// The `rptSeq` that a book must have for this message to be the next. A change that says 0
    /// (they count from 1) is next for no book.
    pub fn follows(&self) -> u64 {
        match self {
            Self::Checksum(m) => m.rpt_seq.get(),
            change => change.rpt_seq().wrapping_sub(1),
        }
    }
}

/// Why a message cannot be true of the book. The book is as before; it must be recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookError {
    /// Another message comes next.
    RptSeq {
        /// What the book has.
        at: u64,
        /// What the message says.
        seen: u64,
    },
    /// Neither buy nor sell, or not the side of that order.
    Side,
    /// No such order rests.
    UnknownOrder,
    /// Such an order rests already.
    KnownOrder,
    /// Not positive, more than is open, or what is left is not what was open less what traded.
    Qty,
    /// It traded at a price worse than its own.
    Price,
    /// The book does not add up to the checksum of the message.
    Checksum,
    /// No room for another order: the subscriber's own limit.
    Full,
}

/// One resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestingOrder {
    /// OrderID (37), as in reports to its owner.
    pub order_id: u64,
    /// Side (54).
    pub side: Side,
    /// Limit.
    pub price: Decimal8,
    /// What is open.
    pub qty: Decimal8,
    /// `rptSeq` of the message that gave it its place.
    pub priority: u64,
}

impl RestingOrder {
    /// What it adds to the checksum of its book.
    pub fn sum(&self) -> u64 {
        let (price, qty) = (self.price.get(), self.qty.get());
        order_sum(self.order_id, self.side.code(), price, qty, self.priority)
    }

    fn place(&self) -> Place {
        Place { rank: rank(self.side, self.price), priority: self.priority }
    }
}

/// Lower is better, whatever the side.
fn rank(side: Side, price: Decimal8) -> i64 {
    match side {
        // `!` turns the order of all i64 round without overflow: the highest bid comes first.
        Side::Buy => !price.get(),
        Side::Sell => price.get(),
    }
}

/// All orders of one side at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Price.
    pub price: Decimal8,
    /// Open there, a mantissa of 10^-8 (a sum may be larger than any one order's).
    pub qty: i128,
    /// How many orders.
    pub orders: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    rank: i64,
    priority: u64,
}

/// The book of one instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    bids: BTreeMap<Place, RestingOrder>,
    asks: BTreeMap<Place, RestingOrder>,
    by_id: BTreeMap<u64, (Side, Place)>,
    rpt_seq: u64,
    checksum: u64,
}

impl Book {
    /// Without orders, as it is after the message `rpt_seq` (0: before the first).
    pub fn empty_at(rpt_seq: u64) -> Self {
        Self { rpt_seq, ..Self::default() }
    }

    /// The last message it includes.
    pub fn rpt_seq(&self) -> u64 {
        self.rpt_seq
    }

    /// Wrapping sum over all orders (docs/wire/feed.md).
    pub fn checksum(&self) -> u64 {
        self.checksum
    }

    /// How many orders rest.
    pub fn orders(&self) -> usize {
        self.by_id.len()
    }

    /// The orders of one side in priority order: best price first, then the queue.
    pub fn side(&self, side: Side) -> impl Iterator<Item = &RestingOrder> {
        self.orders_of(side).values()
    }

    /// All orders, buyers first, each side in priority order.
    pub fn walk(&self) -> impl Iterator<Item = &RestingOrder> {
        self.side(Side::Buy).chain(self.side(Side::Sell))
    }

    /// The ladder of one side, best price first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> {
        let mut orders = self.side(side).peekable();
        std::iter::from_fn(move || {
            let first = orders.next()?;
            let mut level = Level { price: first.price, qty: first.qty.get().into(), orders: 1 };
            while let Some(order) = orders.next_if(|order| order.price == level.price) {
                level.qty += i128::from(order.qty.get());
                level.orders += 1;
            }
            Some(level)
        })
    }

    /// The orders of one side behind the place of (`price`, `priority`), in priority order.
    pub fn side_after(
        &self,
        side: Side,
        price: Decimal8,
        priority: u64,
    ) -> impl Iterator<Item = &RestingOrder> {
        let after = Place { rank: rank(side, price), priority };
        let behind = (Bound::Excluded(after), Bound::Unbounded);
        self.orders_of(side).range(behind).map(|(_, order)| order)
    }

    /// Applies the message that comes next, or compares the checksum. `room`: how many more orders
    /// the caller has memory for.
    ///
    /// # Errors
    /// See [`BookError`].
    pub fn apply(&mut self, message: &BookMessage, room: usize) -> Result<(), BookError> {
        self.change(message, room).map(|_| ())
    }

    /// As [`Self::apply`]; gives the order that the message is about as it was before, if there was one.
    ///
    /// # Errors
    /// See [`BookError`].
    pub fn change(
        &mut self,
        message: &BookMessage,
        room: usize,
    ) -> Result<Option<RestingOrder>, BookError> {
        if message.follows() != self.rpt_seq {
            return Err(BookError::RptSeq { at: self.rpt_seq, seen: message.rpt_seq() });
        }
        let before = match message {
            BookMessage::Add(m) => self.add(m, room).map(|()| None),
            BookMessage::Reduce(m) => self.reduce(m).map(Some),
            BookMessage::Delete(m) => {
                let order = self.known(m.order_id.get(), m.side)?;
                self.take_away(&order);
                Ok(Some(order))
            }
            BookMessage::Execute(m) => self.execute(m).map(Some),
            BookMessage::Clear(_) => {
                *self = Self::default();
                Ok(None)
            }
            BookMessage::Checksum(m) => {
                let same = m.checksum.get() == self.checksum
                    && usize::try_from(m.orders.get()) == Ok(self.orders());
                if same { Ok(None) } else { Err(BookError::Checksum) }
            }
        }?;
        self.rpt_seq = message.rpt_seq();
        Ok(before)
    }

    /// Puts an order of a snapshot in its place; `rptSeq` stays.
    ///
    /// # Errors
    /// `Side`, `Qty`, `KnownOrder`; `RptSeq`: its priority lies after this book's `rptSeq`, or
    /// another order has it.
    pub fn put(&mut self, m: &md::SnapshotOrder) -> Result<(), BookError> {
        let order = RestingOrder {
            order_id: m.order_id.get(),
            side: m.side.known().ok_or(BookError::Side)?,
            price: m.price,
            qty: m.qty,
            priority: m.priority.get(),
        };
        let taken = self.orders_of(order.side).contains_key(&order.place());
        if order.priority > self.rpt_seq || taken {
            return Err(BookError::RptSeq { at: self.rpt_seq, seen: order.priority });
        }
        self.check_new(&order)?;
        self.insert(order);
        Ok(())
    }

    fn add(&mut self, m: &md::OrderAdd, room: usize) -> Result<(), BookError> {
        let order = RestingOrder {
            order_id: m.order_id.get(),
            side: m.side.known().ok_or(BookError::Side)?,
            price: m.price,
            qty: m.qty,
            priority: m.rpt_seq.get(),
        };
        self.check_new(&order)?;
        if room == 0 {
            return Err(BookError::Full);
        }
        self.insert(order);
        Ok(())
    }

    fn reduce(&mut self, m: &md::OrderReduce) -> Result<RestingOrder, BookError> {
        let order = self.known(m.order_id.get(), m.side)?;
        if m.qty.get() <= 0 || m.qty.get() >= order.qty.get() {
            return Err(BookError::Qty);
        }
        self.set_qty(&order, m.qty);
        Ok(order)
    }

    fn execute(&mut self, m: &md::OrderExecute) -> Result<RestingOrder, BookError> {
        let order = self.known(m.order_id.get(), m.side)?;
        // Any order may trade (pro-rata, auctions, all-or-none) and an uncross may give it a better price.
        let is_worse = match order.side {
            Side::Buy => m.price.get() > order.price.get(),
            Side::Sell => m.price.get() < order.price.get(),
        };
        if is_worse {
            return Err(BookError::Price);
        }
        let (open, traded, leaves) = (order.qty.get(), m.qty.get(), m.leaves_qty.get());
        if traded <= 0 || traded > open || open - traded != leaves {
            return Err(BookError::Qty);
        }
        if leaves == 0 {
            self.take_away(&order)
        } else {
            self.set_qty(&order, m.leaves_qty)
        }
        Ok(order)
    }

    fn orders_of(&self, side: Side) -> &BTreeMap<Place, RestingOrder> {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn orders_of_mut(&mut self, side: Side) -> &mut BTreeMap<Place, RestingOrder> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn check_new(&self, order: &RestingOrder) -> Result<(), BookError> {
        if order.qty.get() <= 0 {
            return Err(BookError::Qty);
        }
        if self.by_id.contains_key(&order.order_id) {
            return Err(BookError::KnownOrder);
        }
        Ok(())
    }

    fn known(&self, order_id: u64, told: SideCode) -> Result<RestingOrder, BookError> {
        let (side, place) = self.by_id.get(&order_id).ok_or(BookError::UnknownOrder)?;
        if told.known() != Some(*side) {
            return Err(BookError::Side);
        }
        self.orders_of(*side).get(place).copied().ok_or(BookError::UnknownOrder)
    }

    fn insert(&mut self, order: RestingOrder) {
        self.checksum = self.checksum.wrapping_add(order.sum());
        self.by_id.insert(order.order_id, (order.side, order.place()));
        self.orders_of_mut(order.side).insert(order.place(), order);
    }

    fn take_away(&mut self, order: &RestingOrder) {
        self.checksum = self.checksum.wrapping_sub(order.sum());
        self.by_id.remove(&order.order_id);
        self.orders_of_mut(order.side).remove(&order.place());
    }

    fn set_qty(&mut self, before: &RestingOrder, qty: Decimal8) {
        let after = RestingOrder { qty, ..*before };
        self.checksum = self.checksum.wrapping_sub(before.sum()).wrapping_add(after.sum());
        self.orders_of_mut(before.side).insert(after.place(), after);
    }
}

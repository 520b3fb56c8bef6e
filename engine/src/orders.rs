//! All orders that live: a slab with generations, and each session's own list.
//!
//! OrderID (37) is slot + generation, so a client that gives it needs no table. A slot knows three
//! rows: its queue at a price (`book.rs`), its session's orders, and the free list.

use crate::hash::{mix, mix_bytes};
use crate::ids::Id;
use sbe_schemas::types::{OrdStatus, OrdType, Side, TimeInForce};

/// A slot of the slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(pub u32);

impl Slot {
    /// No slot: end of a row.
    pub const NONE: Self = Self(u32::MAX);

    /// `None` at the end of a row.
    pub fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }
}

/// OrderID (37): generation above, slot below; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderId(pub u64);

/// An order that lives: open on a book, or just being matched.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Its id, generation included.
    pub id: OrderId,
    /// Index of its session.
    pub session: u32,
    /// Index of its instrument.
    pub instrument: u32,
    /// Side (54).
    pub side: Side,
    /// OrdType (40).
    pub ord_type: OrdType,
    /// TimeInForce (59).
    pub time_in_force: TimeInForce,
    /// Limit in ticks; 0 for a market order.
    pub ticks: i64,
    /// OrderQty (38) in lots.
    pub lots: i64,
    /// CumQty (14) in lots.
    pub filled_lots: i64,
    /// Sum of price mantissa × lots over its trades: AvgPx (6) comes from it.
    pub notional: i128,
    /// `rptSeq` that gave it its place; 0 while it has none.
    pub priority: u64,
    /// Its newest ClOrdID.
    pub cl_ord_id: Id,
    /// Account (1).
    pub account: [u8; 16],
    /// User of the session that sent it.
    pub user: u32,
    /// Its level, while on a book (`book.rs`).
    pub level: u32,
    /// Older order at the same price.
    pub older: Slot,
    /// Younger order at the same price.
    pub younger: Slot,
    own_before: Slot,
    own_after: Slot,
}

impl Order {
    /// LeavesQty (151) in lots.
    pub const fn open_lots(&self) -> i64 {
        self.lots - self.filled_lots
    }

    /// OrdStatus (39) of an order that lives.
    pub const fn status(&self) -> OrdStatus {
        if self.filled_lots == 0 {
            OrdStatus::New
        } else if self.filled_lots < self.lots {
            OrdStatus::PartiallyFilled
        } else {
            OrdStatus::Filled
        }
    }
}

/// The orders of one session, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct OwnOrders {
    first: Slot,
    last: Slot,
}

impl Default for OwnOrders {
    fn default() -> Self {
        Self { first: Slot::NONE, last: Slot::NONE }
    }
}

impl OwnOrders {
    /// The oldest.
    pub fn first(&self) -> Option<Slot> {
        self.first.some()
    }
}

#[derive(Clone)]
struct Place {
    generation: u32,
    /// `None`: free, and `next_free` counts.
    order: Option<Order>,
    next_free: Slot,
}

/// The slab.
pub struct Orders {
    places: Vec<Place>,
    free: Slot,
    orders_max: usize,
    live: usize,
}

impl Orders {
    /// Room for `orders_max`, taken now.
    pub fn new(orders_max: usize) -> Self {
        assert!(orders_max < u32::MAX as usize);
        Self { places: Vec::with_capacity(orders_max), free: Slot::NONE, orders_max, live: 0 }
    }

    /// Another bound from now on; what lives stays.
    pub fn resize(&mut self, orders_max: usize) {
        assert!(orders_max < u32::MAX as usize);
        self.orders_max = orders_max;
        self.places.reserve_exact(orders_max.saturating_sub(self.places.len()));
    }

    /// Another order fits.
    pub fn has_room(&self) -> bool {
        self.live < self.orders_max
    }

    /// Orders that live.
    pub fn live(&self) -> usize {
        self.live
    }

    /// Slots ever used: the bound of a walk over all.
    pub fn used_slots(&self) -> u32 {
        self.places.len() as u32
    }

    /// Takes a slot for `order`, gives it its id and appends it to its session's own. Needs room.
    pub fn insert(&mut self, mut order: Order, own: &mut OwnOrders) -> Slot {
        assert!(self.has_room());
        let slot = match self.free.some() {
            Some(slot) => {
                self.free = self.places[slot.0 as usize].next_free;
                slot
            }
            None => {
                self.places.push(Place { generation: 0, order: None, next_free: Slot::NONE });
                Slot(self.places.len() as u32 - 1)
            }
        };
        let place = &mut self.places[slot.0 as usize];
        place.generation += 1;
        order.id = OrderId((u64::from(place.generation) << 32) | u64::from(slot.0));
        (order.own_before, order.own_after) = (own.last, Slot::NONE);
        place.order = Some(order);
        self.live += 1;
        match own.last.some() {
            Some(last) => self.get_mut(last).own_after = slot,
            None => own.first = slot,
        }
        own.last = slot;
        slot
    }

    /// Frees the slot and takes it off its session's list.
    pub fn remove(&mut self, slot: Slot, own: &mut OwnOrders) -> Order {
        let place = &mut self.places[slot.0 as usize];
        let order = place.order.take().expect("a slot in a row lives");
        place.next_free = self.free;
        self.free = slot;
        self.live -= 1;
        match order.own_before.some() {
            Some(before) => self.get_mut(before).own_after = order.own_after,
            None => own.first = order.own_after,
        }
        match order.own_after.some() {
            Some(after) => self.get_mut(after).own_before = order.own_before,
            None => own.last = order.own_before,
        }
        order
    }

    /// The order in a slot that is known to live.
    pub fn get(&self, slot: Slot) -> &Order {
        self.places[slot.0 as usize].order.as_ref().expect("a slot in a row lives")
    }

    /// The order in a slot that is known to live.
    pub fn get_mut(&mut self, slot: Slot) -> &mut Order {
        self.places[slot.0 as usize].order.as_mut().expect("a slot in a row lives")
    }

    /// What is in a slot, for walks.
    pub fn at(&self, slot: Slot) -> Option<&Order> {
        self.places.get(slot.0 as usize)?.order.as_ref()
    }

    /// The slot of an id that still lives.
    pub fn find(&self, id: OrderId) -> Option<Slot> {
        let slot = Slot(id.0 as u32);
        (self.at(slot)?.id == id).then_some(slot)
    }

    /// Everything, free list and generations included, into a state hash.
    pub fn hash(&self, mut hash: u64) -> u64 {
        for place in &self.places {
            hash = mix(hash, u64::from(place.generation));
            let Some(o) = &place.order else { continue };
            let words = [
                o.id.0,
                u64::from(o.session) << 32 | u64::from(o.instrument),
                o.side as u64 | (o.ord_type as u64) << 8 | (o.time_in_force as u64) << 16,
                o.ticks as u64,
                o.lots as u64,
                o.filled_lots as u64,
                o.notional as u64,
                (o.notional >> 64) as u64,
                o.priority,
                u64::from(o.cl_ord_id.0) << 32 | u64::from(o.user),
                u64::from(o.older.0) << 32 | u64::from(o.younger.0),
                u64::from(o.own_before.0) << 32 | u64::from(o.own_after.0),
            ];
            hash = words.iter().fold(hash, |hash, word| mix(hash, *word));
            hash = mix_bytes(hash, &o.account);
        }
        let mut free = self.free;
        while let Some(slot) = free.some() {
            hash = mix(hash, u64::from(slot.0));
            free = self.places[slot.0 as usize].next_free;
        }
        hash
    }
}

/// An order before the slab has given it its id and rows.
#[expect(clippy::too_many_arguments, reason = "one place where an order begins")]
pub fn new_order(
    session: u32,
    instrument: u32,
    side: Side,
    ord_type: OrdType,
    time_in_force: TimeInForce,
    ticks: i64,
    lots: i64,
    account: [u8; 16],
    user: u32,
    cl_ord_id: Id,
) -> Order {
    Order {
        id: OrderId(0),
        session,
        instrument,
        side,
        ord_type,
        time_in_force,
        ticks,
        lots,
        filled_lots: 0,
        notional: 0,
        priority: 0,
        cl_ord_id,
        account,
        user,
        level: u32::MAX,
        older: Slot::NONE,
        younger: Slot::NONE,
        own_before: Slot::NONE,
        own_after: Slot::NONE,
    }
}

//! The cold half of every order that lives, and who they belong to.
//!
//! An order has one slot: its hot half is in `book.rs`, which also gives out slots and OrderIDs, its
//! cold half is here. An **owner** is a session together with an account; it has a list of its open
//! orders, oldest first, so that a mass cancel of a session, user, account or firm costs as much as it
//! cancels. Next: `ids.rs` for ClOrdIDs, `expiry.rs` for ExpireTime.

use crate::book::Books;
use crate::hash::{mix, mix_bytes};
use crate::ids::{Id, Ids};
use crate::snapshot::wire::*;
use crate::snapshot::{Counts, Reader, SnapshotError, Writer};
use prefetch_index::prefetch_index;
use sbe_schemas::types::{
    Conditions, OrdStatus, OrdType, OrdTypeCode, PartyRoles, SelfTrade, SelfTradeCode, Side,
    SideCode, TimeInForce, TimeInForceCode,
};

/// A slot of the slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(pub u32);

impl Slot {
    /// No slot: end of a row.
    pub const NONE: Self = Self(u32::MAX);

    /// `None` at the end of a row.
    #[inline]
    pub fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }
}

/// OrderID (37): generation above, slot below; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderId(pub u64);

/// Not in the row of expiries.
pub const NO_EXPIRY: u32 = u32::MAX;

/// The cold half of an order that lives.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Order {
    /// Its id, generation included.
    pub id: OrderId,
    /// OrderQty (38) in lots.
    pub lots: i64,
    /// CumQty (14) in lots.
    pub filled_lots: i64,
    /// Sum of ticks × lots over its trades: AvgPx (6) comes from it.
    pub notional: i128,
    /// `rptSeq` that gave it its place on the public book; 0 while it has none.
    pub priority: u64,
    /// ExpireTime (126); 0: none.
    pub expire_time: u64,
    /// Its limit price, whatever its type.
    pub ticks: u32,
    /// StopPx (99); 0: none.
    pub stop_ticks: u32,
    /// DisplayQty; 0: it is no iceberg.
    pub display_lots: i64,
    /// Its newest ClOrdID.
    pub cl_ord_id: Id,
    /// Index of its owner.
    pub owner: u32,
    /// Index of its instrument.
    pub instrument: u32,
    /// Place in the row of expiries (`expiry.rs`).
    pub expiry: u32,
    pub(crate) own_before: Slot,
    pub(crate) own_after: Slot,
    /// Fees of the account when it was accepted.
    pub maker_ppm: i32,
    /// Fees of the account when it was accepted.
    pub taker_ppm: i32,
    /// Side (54).
    pub side: Side,
    /// OrdType (40).
    pub ord_type: OrdType,
    /// TimeInForce (59).
    pub time_in_force: TimeInForce,
    /// ExecInst (18) and the like.
    pub conditions: Conditions,
    /// What happens when it meets one of its own; never `SessionDefault`.
    pub self_trade: SelfTrade,
    /// Its stop has been reached.
    pub triggered: bool,
    /// OrderCapacity (528), an ASCII letter; 0: not said.
    pub capacity: u8,
    /// Parties (453) that it named.
    pub parties: PartyRoles,
    /// It is a bid or an offer of its session's quotes (`quotes.rs`).
    pub is_quote: bool,
}

const _: () = assert!(size_of::<Order>() == 128);

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

    /// Counts a trade.
    pub(crate) fn fill(&mut self, ticks: u32, lots: i64) {
        self.filled_lots += lots;
        self.notional += i128::from(ticks) * i128::from(lots);
    }

    /// Waits for its StopPx.
    pub const fn is_waiting_stop(&self) -> bool {
        self.stop_ticks != 0 && !self.triggered
    }

    /// Takes any price there is within its protection, and never rests in continuous trading.
    pub const fn is_market(&self) -> bool {
        matches!(self.ord_type, OrdType::Market | OrdType::Stop)
    }

    /// What it shows at a time; `None`: all of it.
    pub fn display(&self) -> Option<i64> {
        (self.display_lots != 0).then_some(self.display_lots)
    }
}

/// The cold halves.
pub struct Orders {
    orders: Vec<Order>,
}

impl Orders {
    /// Room for `orders_max`, taken now.
    pub fn new(orders_max: usize) -> Self {
        Self { orders: Vec::with_capacity(orders_max) }
    }

    /// Another bound from now on; what lives stays.
    pub fn resize(&mut self, orders_max: usize) {
        self.orders.reserve_exact(orders_max.saturating_sub(self.orders.len()));
    }

    /// Puts an order in its slot and at the end of its owner's list.
    #[inline]
    pub fn insert(&mut self, slot: Slot, mut order: Order, own: &mut OwnOrders) {
        (order.own_before, order.own_after) = (own.last, Slot::NONE);
        match own.last.some() {
            Some(last) => self.orders[last.0 as usize].own_after = slot,
            None => own.first = slot,
        }
        own.last = slot;
        own.count += 1;
        if slot.0 as usize == self.orders.len() {
            self.orders.push(order);
        } else {
            self.orders[slot.0 as usize] = order;
        }
    }

    /// Takes it off its owner's list.
    #[inline]
    pub fn remove(&mut self, slot: Slot, own: &mut OwnOrders) {
        let Order { own_before, own_after, .. } = self.orders[slot.0 as usize];
        match own_before.some() {
            Some(before) => self.orders[before.0 as usize].own_after = own_after,
            None => own.first = own_after,
        }
        match own_after.some() {
            Some(after) => self.orders[after.0 as usize].own_before = own_before,
            None => own.last = own_before,
        }
        own.count -= 1;
    }

    /// The order in a slot that lives.
    #[inline]
    pub fn get(&self, slot: Slot) -> &Order {
        &self.orders[slot.0 as usize]
    }

    /// The order in a slot that lives.
    #[inline]
    pub fn get_mut(&mut self, slot: Slot) -> &mut Order {
        &mut self.orders[slot.0 as usize]
    }

    /// Fetches an order that will be asked for.
    #[inline]
    pub fn prefetch(&self, slot: Slot) {
        prefetch_index(&self.orders, slot.0 as usize);
    }

    /// Fetches its neighbours in its owner's list, once it has been fetched itself.
    #[inline]
    pub fn prefetch_own(&self, slot: Slot) {
        let Some(order) = self.orders.get(slot.0 as usize) else { return };
        prefetch_index(&self.orders, order.own_before.0 as usize);
        prefetch_index(&self.orders, order.own_after.0 as usize);
    }

    /// The next younger order of the same owner.
    pub fn own_after(&self, slot: Slot) -> Option<Slot> {
        self.orders[slot.0 as usize].own_after.some()
    }

    /// One order into a state hash.
    pub fn hash_one(&self, slot: Slot, hash: u64) -> u64 {
        let o = self.get(slot);
        let flags = (o.side as u64)
            | (o.ord_type as u64) << 8
            | (o.time_in_force as u64) << 16
            | (o.self_trade as u64) << 24
            | u64::from(o.conditions.0) << 32
            | u64::from(o.triggered) << 40
            | u64::from(o.is_quote) << 41
            | u64::from(o.capacity) << 48
            | u64::from(o.parties.0) << 56;
        let words = [
            o.id.0,
            o.lots as u64,
            o.filled_lots as u64,
            o.notional as u64,
            (o.notional >> 64) as u64,
            o.priority,
            o.expire_time,
            u64::from(o.ticks) << 32 | u64::from(o.stop_ticks),
            o.display_lots as u64,
            u64::from(o.cl_ord_id.0) << 32 | u64::from(o.owner),
            u64::from(o.instrument) << 32 | u64::from(o.expiry),
            u64::from(o.own_before.0) << 32 | u64::from(o.own_after.0),
            (o.maker_ppm as u32 as u64) << 32 | o.taker_ppm as u32 as u64,
            flags,
        ];
        words.iter().fold(hash, |hash, word| mix(hash, *word))
    }
}

/// The open orders of one owner, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct OwnOrders {
    first: Slot,
    last: Slot,
    count: u32,
}

impl Default for OwnOrders {
    fn default() -> Self {
        Self { first: Slot::NONE, last: Slot::NONE, count: 0 }
    }
}

impl OwnOrders {
    /// The oldest.
    pub fn first(&self) -> Option<Slot> {
        self.first.some()
    }
}

/// A session and one of the accounts it trades for.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// Index of the session.
    pub session: u32,
    /// Index of the account.
    pub account: u32,
    /// Account (1) as the client is told it.
    pub name: [u8; 16],
    /// Its open orders.
    pub orders: OwnOrders,
}

/// All owners, in the order in which they first appeared; they stay.
pub struct Owners {
    owners: Vec<Owner>,
    /// Owner + 1, or 0; a power of two, at most half full.
    table: Vec<u32>,
    owners_max: usize,
}

impl Owners {
    /// Room for so many, taken now.
    pub fn new(owners_max: usize) -> Self {
        let table = vec![0; (owners_max.max(4) * 2).next_power_of_two()];
        Self { owners: Vec::with_capacity(owners_max), table, owners_max }
    }

    /// Another bound from now on; who is there stays.
    pub fn resize(&mut self, owners_max: usize) {
        self.owners_max = owners_max;
        self.owners.reserve_exact(owners_max.saturating_sub(self.owners.len()));
        let slots = (owners_max.max(4) * 2).next_power_of_two();
        if slots > self.table.len() {
            self.table = vec![0; slots];
            for at in 0..self.owners.len() as u32 {
                let Owner { session, account, .. } = self.owners[at as usize];
                let place = self.place(session, account);
                self.table[place] = at + 1;
            }
        }
    }

    /// Where a pair is, or would be.
    fn place(&self, session: u32, account: u32) -> usize {
        let mask = self.table.len() - 1;
        let mut at = mix(u64::from(session) << 32 | u64::from(account), 0) as usize & mask;
        while let Some(owner) = self.table[at].checked_sub(1) {
            let Owner { session: s, account: a, .. } = self.owners[owner as usize];
            if (s, a) == (session, account) {
                break;
            }
            at = (at + 1) & mask;
        }
        at
    }

    /// The owner of a session and account, if it has appeared.
    #[inline]
    pub fn find(&self, session: u32, account: u32) -> Option<u32> {
        self.table[self.place(session, account)].checked_sub(1)
    }

    /// Another owner fits.
    pub fn has_room(&self) -> bool {
        self.owners.len() < self.owners_max
    }

    /// A new owner. `None`: no room.
    pub fn insert(&mut self, session: u32, account: u32, name: [u8; 16]) -> Option<u32> {
        if !self.has_room() {
            return None;
        }
        let place = self.place(session, account);
        self.owners.push(Owner { session, account, name, orders: OwnOrders::default() });
        self.table[place] = self.owners.len() as u32;
        Some(self.owners.len() as u32 - 1)
    }

    /// An owner.
    #[inline]
    pub fn get(&self, at: u32) -> &Owner {
        &self.owners[at as usize]
    }

    /// An owner.
    #[inline]
    pub fn get_mut(&mut self, at: u32) -> &mut Owner {
        &mut self.owners[at as usize]
    }

    /// All of them.
    pub fn all(&self) -> &[Owner] {
        &self.owners
    }

    /// All of them into a state hash.
    pub fn hash(&self, hash: u64) -> u64 {
        self.owners.iter().fold(hash, |hash, o| {
            let hash = mix(hash, u64::from(o.session) << 32 | u64::from(o.account));
            let hash = mix_bytes(hash, &o.name);
            let hash = mix(hash, u64::from(o.orders.first.0) << 32 | u64::from(o.orders.last.0));
            mix(hash, u64::from(o.orders.count))
        })
    }
}

/// An order before it has its slot and rows.
impl Order {
    /// With nothing in it.
    pub const BLANK: Self = Self {
        id: OrderId(0),
        lots: 0,
        filled_lots: 0,
        notional: 0,
        priority: 0,
        expire_time: 0,
        ticks: 0,
        stop_ticks: 0,
        display_lots: 0,
        cl_ord_id: Id::NONE,
        owner: 0,
        instrument: 0,
        expiry: NO_EXPIRY,
        own_before: Slot::NONE,
        own_after: Slot::NONE,
        maker_ppm: 0,
        taker_ppm: 0,
        side: Side::Buy,
        ord_type: OrdType::Limit,
        time_in_force: TimeInForce::Day,
        conditions: Conditions::EMPTY,
        self_trade: SelfTrade::Allow,
        triggered: false,
        capacity: 0,
        parties: PartyRoles::EMPTY,
        is_quote: false,
    };
}

/// The cold half of an order, in a snapshot: what its slot does not say.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct OrderRecord {
    lots: I64,
    filled_lots: I64,
    notional: I128,
    priority: U64,
    expire_time: U64,
    ticks: U32,
    stop_ticks: U32,
    display_lots: I64,
    cl_ord_id: U32,
    instrument: U32,
    /// The next older order of its owner; `u32::MAX`: it is the oldest.
    own_before: U32,
    maker_ppm: U32,
    taker_ppm: U32,
    side: SideCode,
    ord_type: OrdTypeCode,
    time_in_force: TimeInForceCode,
    conditions: u8,
    self_trade: SelfTradeCode,
    triggered: u8,
    capacity: u8,
    parties: u8,
    is_quote: u8,
}

impl Orders {
    /// The orders that live, by slot; then the youngest of each owner. Written like this because whose
    /// orders are whose is all over memory: nothing but a neighbour's place is read here.
    pub(crate) fn save(&self, books: &Books, owners: &Owners, w: &mut Writer<'_>) {
        let Self { orders } = self;
        let live = (0..books.used_slots()).map(Slot).filter(|slot| books.lives(*slot));
        live.for_each(|slot| w.record(&OrderRecord::of(&orders[slot.0 as usize])));
        for Owner { session: _, account: _, name: _, orders: own } in owners.all() {
            let OwnOrders { first: _, last, count: _ } = *own;
            w.u32(last.0);
        }
    }

    /// Into a slab of no orders, once the slots are there, the owners and the names.
    pub(crate) fn load(
        &mut self,
        r: &mut Reader<'_>,
        counts: &Counts,
        books: &Books,
        owners: &mut Owners,
        ids: &Ids,
    ) -> Result<(), SnapshotError> {
        let slots = books.used_slots();
        let live = (0..slots).filter(|slot| books.lives(Slot(*slot))).count();
        r.check(live == ids.open(), "an order without a name")?;
        let mut records = r.records::<OrderRecord>(live)?.iter();
        for slot in (0..slots).map(Slot) {
            let record = if books.lives(slot) { records.next() } else { None };
            let Some(record) = record else {
                self.orders.push(Order::BLANK);
                continue;
            };
            let order = record.load(r, counts, books, slot)?;
            r.check(ids.is_open(order.cl_ord_id, order.id), "an order without a name")?;
            self.orders.push(order);
        }
        self.load_own(r, books, owners)
    }

    /// Every owner's list from the places of the next older. An order that has none is the first, and
    /// there is one of them; nobody is before two others. So there is one list, and one end of it.
    fn load_own(
        &mut self,
        r: &mut Reader<'_>,
        books: &Books,
        owners: &mut Owners,
    ) -> Result<(), SnapshotError> {
        for slot in (0..books.used_slots()).map(Slot).filter(|slot| books.lives(*slot)) {
            let Order { owner, own_before, .. } = *self.get(slot);
            let own = &mut owners.get_mut(owner).orders;
            own.count += 1;
            let after_it = match own_before.some() {
                None => &mut own.first,
                Some(before) => {
                    let of_owner = books.lives(before) && self.get(before).owner == owner;
                    r.check(of_owner, "an order that is not its owner's")?;
                    &mut self.get_mut(before).own_after
                }
            };
            r.check(after_it.some().is_none(), "two orders in one place")?;
            *after_it = slot;
        }
        for owner in 0..owners.all().len() as u32 {
            let (own, last) = (&mut owners.get_mut(owner).orders, Slot(r.u32()?));
            let fine = match last.some() {
                None => own.count == 0,
                Some(last) => {
                    let is_last = |order: &Order| (order.owner, order.own_after);
                    books.lives(last) && is_last(self.get(last)) == (owner, Slot::NONE)
                }
            };
            r.check(fine && own.first.some().is_some() == (own.count > 0), "no youngest order")?;
            own.last = last;
        }
        Ok(())
    }
}

impl OrderRecord {
    fn of(order: &Order) -> Self {
        let Order {
            id: _,
            lots,
            filled_lots,
            notional,
            priority,
            expire_time,
            ticks,
            stop_ticks,
            display_lots,
            cl_ord_id,
            owner: _,
            instrument,
            expiry: _,
            own_before,
            own_after: _,
            maker_ppm,
            taker_ppm,
            side,
            ord_type,
            time_in_force,
            conditions,
            self_trade,
            triggered,
            capacity,
            parties,
            is_quote,
        } = *order;
        Self {
            lots: lots.into(),
            filled_lots: filled_lots.into(),
            notional: notional.into(),
            priority: priority.into(),
            expire_time: expire_time.into(),
            ticks: ticks.into(),
            stop_ticks: stop_ticks.into(),
            display_lots: display_lots.into(),
            cl_ord_id: cl_ord_id.0.into(),
            instrument: instrument.into(),
            own_before: own_before.0.into(),
            maker_ppm: (maker_ppm as u32).into(),
            taker_ppm: (taker_ppm as u32).into(),
            side: side.into(),
            ord_type: ord_type.into(),
            time_in_force: time_in_force.into(),
            conditions: conditions.0,
            self_trade: self_trade.into(),
            triggered: u8::from(triggered),
            capacity,
            parties: parties.0,
            is_quote: u8::from(is_quote),
        }
    }

    fn load(
        &self,
        r: &Reader<'_>,
        counts: &Counts,
        books: &Books,
        slot: Slot,
    ) -> Result<Order, SnapshotError> {
        let order = Order {
            id: books.id(slot),
            lots: self.lots.get(),
            filled_lots: self.filled_lots.get(),
            notional: self.notional.get(),
            priority: self.priority.get(),
            expire_time: self.expire_time.get(),
            ticks: self.ticks.get(),
            stop_ticks: self.stop_ticks.get(),
            display_lots: self.display_lots.get(),
            cl_ord_id: Id(self.cl_ord_id.get()),
            owner: books.owner(slot),
            instrument: r.index(self.instrument.get(), counts.instruments.get() as usize)?,
            expiry: NO_EXPIRY,
            own_before: Slot(self.own_before.get()),
            own_after: Slot::NONE,
            maker_ppm: self.maker_ppm.get() as i32,
            taker_ppm: self.taker_ppm.get() as i32,
            side: r.known(self.side.known())?,
            ord_type: r.known(self.ord_type.known())?,
            time_in_force: r.known(self.time_in_force.known())?,
            conditions: Conditions(self.conditions),
            self_trade: r.known(self.self_trade.known())?,
            triggered: r.known(crate::snapshot::flag(self.triggered))?,
            capacity: self.capacity,
            parties: PartyRoles(self.parties),
            is_quote: r.known(crate::snapshot::flag(self.is_quote))?,
        };
        let open = order.lots.checked_sub(order.filled_lots);
        r.check(open.is_some_and(|open| open >= 0), "quantities that cannot be")?;
        r.check(order.self_trade != SelfTrade::SessionDefault, "a mode that is none")?;
        Ok(order)
    }
}

impl Owners {
    /// Who they are; whose orders are whose is written with the orders.
    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        let Self { owners, table: _, owners_max: _ } = self;
        w.count(owners.len());
        for Owner { session, account, name, orders: _ } in owners {
            w.u32(*session);
            w.u32(*account);
            w.bytes(name);
        }
    }

    /// Where nobody is yet, with room for what `counts` says.
    pub(crate) fn load(
        &mut self,
        r: &mut Reader<'_>,
        counts: &Counts,
    ) -> Result<(), SnapshotError> {
        for at in 0..r.same_count(counts.owners)? as u32 {
            let session = r.u32()?;
            let session = r.index(session, counts.sessions.get() as usize)?;
            let account = r.u32()?;
            let account = r.index(account, counts.accounts.get() as usize)?;
            r.check(self.find(session, account).is_none(), "an owner twice")?;
            let place = self.place(session, account);
            let (name, orders) = (r.text()?, OwnOrders::default());
            self.owners.push(Owner { session, account, name, orders });
            self.table[place] = at + 1;
        }
        Ok(())
    }
}

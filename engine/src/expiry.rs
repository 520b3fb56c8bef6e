//! When orders expire: a binary heap of (ExpireTime, slot), earliest first.
//!
//! An order knows its place in the heap, so that a cancelled one leaves it at once: the heap never
//! holds more than there are open orders, and its memory is taken at start.

use crate::hash::mix;
use crate::orders::{NO_EXPIRY, Orders, Slot};
use crate::snapshot::{Reader, SnapshotError, Writer};

/// The row of expiries.
pub struct Expiry {
    heap: Vec<(u64, Slot)>,
}

impl Expiry {
    /// Room for `orders_max`, taken now.
    pub fn new(orders_max: usize) -> Self {
        Self { heap: Vec::with_capacity(orders_max) }
    }

    /// Another bound from now on.
    pub fn resize(&mut self, orders_max: usize) {
        self.heap.reserve_exact(orders_max.saturating_sub(self.heap.len()));
    }

    /// The earliest ExpireTime and whose it is.
    pub fn first(&self) -> Option<(u64, Slot)> {
        self.heap.first().copied()
    }

    /// Puts an order with an ExpireTime in the row.
    pub fn insert(&mut self, orders: &mut Orders, slot: Slot) {
        self.heap.push((orders.get(slot).expire_time, slot));
        self.rise(orders, self.heap.len() - 1);
    }

    /// Takes an order out, if it is in.
    pub fn remove(&mut self, orders: &mut Orders, slot: Slot) {
        let at = std::mem::replace(&mut orders.get_mut(slot).expiry, NO_EXPIRY);
        if at == NO_EXPIRY {
            return;
        }
        let last = self.heap.pop().expect("it is in the heap");
        let at = at as usize;
        if at < self.heap.len() {
            self.heap[at] = last;
            self.sink(orders, at);
            self.rise(orders, at);
        }
    }

    fn key(&self, at: usize) -> (u64, u32) {
        let (time, slot) = self.heap[at];
        (time, slot.0)
    }

    fn rise(&mut self, orders: &mut Orders, mut at: usize) {
        while at > 0 && self.key(at) < self.key((at - 1) / 2) {
            self.heap.swap(at, (at - 1) / 2);
            self.note(orders, at);
            at = (at - 1) / 2;
        }
        self.note(orders, at);
    }

    fn sink(&mut self, orders: &mut Orders, mut at: usize) {
        loop {
            let children = (2 * at + 1..2 * at + 3).filter(|child| *child < self.heap.len());
            let Some(first) = children.min_by_key(|child| self.key(*child)) else { break };
            if self.key(at) <= self.key(first) {
                break;
            }
            self.heap.swap(at, first);
            self.note(orders, at);
            at = first;
        }
        self.note(orders, at);
    }

    fn note(&self, orders: &mut Orders, at: usize) {
        orders.get_mut(self.heap[at].1).expiry = at as u32;
    }

    /// The row into a state hash.
    pub fn hash(&self, hash: u64) -> u64 {
        self.heap.iter().fold(hash, |hash, (time, slot)| mix(mix(hash, *time), u64::from(slot.0)))
    }
}

impl Expiry {
    /// Slots, as they lie in the heap. When they expire, the orders know.
    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        let Self { heap } = self;
        w.count(heap.len());
        heap.iter().for_each(|(_, slot)| w.u32(slot.0));
    }

    /// Into an empty heap, once the orders are there; `lives`: a slot holds one.
    pub(crate) fn load(
        &mut self,
        r: &mut Reader<'_>,
        orders: &mut Orders,
        lives: impl Fn(Slot) -> bool,
    ) -> Result<(), SnapshotError> {
        for (at, slot) in r.list()?.iter().enumerate() {
            let slot = Slot(slot.get());
            let fine = lives(slot) && orders.get(slot).expiry == NO_EXPIRY;
            r.check(fine, "an expiry of no order")?;
            self.heap.push((orders.get(slot).expire_time, slot));
            self.note(orders, at);
            let in_order = at == 0 || self.key((at - 1) / 2) <= self.key(at);
            r.check(in_order, "expiries out of order")?;
        }
        Ok(())
    }
}

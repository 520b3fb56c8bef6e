//! §2: the queues of an instrument, and what the feed is told of them.

use super::Oracle;
use super::order::{Class, Order, Place};
use super::told::Told;
use sbe_schemas::types::Side;
use std::cmp::Reverse;

impl Oracle {
    /// The resting orders of a side, first to trade first: price, then class, then age. (All-or-none
    /// orders stand last at their price; whether they trade is [`Oracle::next_maker`]'s.)
    pub(crate) fn queue(&self, at: usize, side: Side) -> Vec<u32> {
        let rests = |o: &&Order| o.instrument == at && o.side == side && o.place == Place::Book;
        let mut queue: Vec<&Order> = self.orders.values().filter(rests).collect();
        queue.sort_by_key(|o| {
            let from_best = if side == Side::Buy { Reverse(o.limit) } else { Reverse(-o.limit) };
            (from_best, o.class(), o.age)
        });
        queue.into_iter().map(Order::slot).collect()
    }

    /// The same without all-or-none orders.
    pub(crate) fn trading_queue(&self, at: usize, side: Side) -> Vec<u32> {
        let mut queue = self.queue(at, side);
        queue.retain(|slot| self.order(*slot).class() != Class::AllOrNone);
        queue
    }

    /// Best price of a side: shown and hidden orders, not all-or-none (§1).
    pub(crate) fn best(&self, at: usize, side: Side) -> Option<i64> {
        self.trading_queue(at, side).first().map(|slot| self.order(*slot).limit)
    }

    /// To the back of its price.
    pub(crate) fn rest(&mut self, slot: u32) {
        let age = self.next_age();
        let order = self.order_mut(slot);
        (order.place, order.age, order.part) = (Place::Book, age, order.next_part());
        self.tell_added(slot);
    }

    /// Out of its queue, whichever that is.
    pub(crate) fn unrest(&mut self, slot: u32) {
        let order = self.order(slot);
        let is_told = self.cleared.contains(&order.instrument);
        if order.is_public() && !is_told {
            let (instrument, side) = (order.instrument as u32 + 1, order.side);
            self.tell(Told::OrderDelete { instrument, side, order_id: self.order(slot).id });
        }
        self.order_mut(slot).place = Place::Arriving;
    }

    fn tell_added(&mut self, slot: u32) {
        let order = self.order(slot);
        if !order.is_public() {
            return;
        }
        let i = &self.instruments[order.instrument];
        self.tell(Told::OrderAdd {
            instrument: order.instrument as u32 + 1,
            side: order.side,
            order_id: order.id,
            price: order.limit * i.tick,
            qty: order.part * i.lot,
        });
    }

    /// Less open quantity at the same place, where it showed `before`.
    pub(crate) fn tell_reduced(&mut self, slot: u32, before: i64) {
        let order = self.order(slot);
        if !order.is_public() || order.part == before {
            return;
        }
        self.tell(Told::OrderReduce {
            instrument: order.instrument as u32 + 1,
            side: order.side,
            order_id: order.id,
            qty: order.part * self.instruments[order.instrument].lot,
        });
    }

    /// A resting order has traded `lots`, told by the caller: the next part of an iceberg goes to
    /// the back, an order without anything left is out of the book.
    pub(crate) fn refresh(&mut self, slot: u32) {
        if self.orders.get(&slot).is_some_and(|o| o.part == 0 && o.open() > 0) {
            self.rest(slot);
        }
    }
}

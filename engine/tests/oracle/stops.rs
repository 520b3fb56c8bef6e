//! §3: stops wait for a trade at their StopPx.

use super::Oracle;
use super::order::{Order, Place};
use sbe_schemas::types::{Phase, RestateCause, Side};

impl Oracle {
    /// A new or replaced stop: to the back of its StopPx. In continuous trading one that the last
    /// trade says so is triggered at once.
    pub(crate) fn wait_for_trigger(&mut self, slot: u32) {
        let age = self.next_age();
        let order = self.order_mut(slot);
        (order.place, order.age) = (Place::Trigger, age);
        let order = self.order(slot);
        let i = &self.instruments[order.instrument];
        if i.phase == Phase::Continuous && i.last_trade.is_some_and(|t| reached(order, t, t)) {
            self.trigger(slot);
        }
    }

    /// Looks at the triggers until none is left, one at a time: buyers first, lowest StopPx first;
    /// then sellers, highest StopPx first; at one StopPx by age.
    pub(crate) fn look_at_stops(&mut self, at: usize) {
        while self.instruments[at].phase == Phase::Continuous {
            let Some((high, low)) = self.instruments[at].unseen else { return };
            let waits = |o: &&Order| o.instrument == at && o.place == Place::Trigger;
            let due = self.orders.values().filter(waits).filter(|o| reached(o, high, low));
            let first = due.min_by_key(|o| {
                let stop = o.stop.expect("a stop has a StopPx");
                match o.side {
                    Side::Buy => (0, stop, o.age),
                    Side::Sell => (1, -stop, o.age),
                }
            });
            match first.map(Order::slot) {
                Some(slot) => self.trigger(slot),
                None => self.instruments[at].unseen = None,
            }
        }
    }

    fn trigger(&mut self, slot: u32) {
        let order = self.order_mut(slot);
        (order.place, order.triggered) = (Place::Arriving, true);
        self.tell_restated(slot, RestateCause::Triggered);
        self.arrive(slot);
    }

    /// When trading turns continuous the last trade is looked at once. What a cascade had not
    /// looked at when an auction ended it is not forgotten.
    pub(crate) fn look_at_last_trade(&mut self, at: usize) {
        if let Some(last) = self.instruments[at].last_trade {
            self.see_trade(at, last);
        }
        self.look_at_stops(at);
    }

    /// A trade at `price` counts for the next look.
    pub(crate) fn see_trade(&mut self, at: usize, price: i64) {
        let i = &mut self.instruments[at];
        let (high, low) = i.unseen.unwrap_or((price, price));
        i.unseen = Some((high.max(price), low.min(price)));
    }
}

/// A trade between `low` and `high` triggers it.
fn reached(order: &Order, high: i64, low: i64) -> bool {
    let stop = order.stop.expect("a stop has a StopPx");
    match order.side {
        Side::Buy => stop <= high,
        Side::Sell => stop >= low,
    }
}

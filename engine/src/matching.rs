//! Matching: one order against the resting orders of the other side. Price first, then age; a trade
//! prints at the price of the resting order.
//!
//! An order that may match for long is remembered in `tasks.matching` and goes on one maker at a
//! time (`engine.rs`, `step`). Every change of a book is told to the feed in the same breath: it
//! carries the next `rptSeq` and moves the book's checksum. Called by `trading.rs`.

use crate::engine::Engine;
use crate::event::Sink;
use crate::hash::order_sum;
use crate::ids::{ClOrdId, Meaning};
use crate::instrument::{Instrument, average};
use crate::orders::{Order, Slot};
use crate::trading::outcome_of;
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    CancelCause, Decimal8, Decimal8Null, EventFlags, OrdStatus, OrdType, TimeInForce,
};

/// A checksum of the whole book is published every so many book messages of an instrument.
const CHECKSUM_EVERY: u64 = 64;

impl Engine {
    pub(crate) fn start_matching<S: Sink>(&mut self, slot: Slot, sink: &mut S) {
        let order = *self.orders.get(slot);
        let book = &self.books[order.instrument as usize];
        let kills = order.time_in_force == TimeInForce::FillOrKill
            && !book.can_fill(&self.levels, order.side, price_limit(&order), order.open_lots());
        if kills {
            self.end_order(slot, OrdStatus::Canceled, CancelCause::FillOrKill, None, sink);
        } else {
            self.tasks.matching = Some(slot);
        }
    }

    /// One maker, or the end: all filled, rests, or the rest is cancelled.
    pub(crate) fn match_one<S: Sink>(&mut self, slot: Slot, sink: &mut S) {
        let taker = *self.orders.get(slot);
        let at = taker.instrument as usize;
        if taker.open_lots() == 0 {
            self.tasks.matching = None;
            return self.forget(slot, OrdStatus::Filled);
        }
        let limit = price_limit(&taker);
        if let Some(maker) = self.books[at].best_against(&self.levels, taker.side, limit) {
            return self.trade(maker, slot, sink);
        }
        self.tasks.matching = None;
        if taker.ord_type == OrdType::Limit && may_rest(taker.time_in_force) {
            self.rest(slot, sink);
        } else {
            let cause = CancelCause::ImmediateOrCancel;
            self.end_order(slot, OrdStatus::Canceled, cause, None, sink);
        }
    }

    fn trade<S: Sink>(&mut self, maker_slot: Slot, taker_slot: Slot, sink: &mut S) {
        let before = *self.orders.get(maker_slot);
        let at = before.instrument;
        let i = self.instruments[at as usize];
        let lots = before.open_lots().min(self.orders.get(taker_slot).open_lots());
        let price = i.price(before.ticks);
        self.trade_id += 1;

        let book = &mut self.books[at as usize];
        book.reduce(&mut self.levels, &before, lots);
        for slot in [maker_slot, taker_slot] {
            let order = self.orders.get_mut(slot);
            order.filled_lots += lots;
            order.notional += i128::from(price) * i128::from(lots);
        }
        let maker = *self.orders.get(maker_slot);
        book.checksum = book.checksum.wrapping_sub(sum_of(&i, &before));
        if maker.open_lots() == 0 {
            book.remove(&mut self.levels, &mut self.orders, maker_slot);
        } else {
            book.checksum = book.checksum.wrapping_add(sum_of(&i, &maker));
        }
        let (rpt_seq, trade_id) = (self.next_rpt_seq(at), self.trade_id);
        let told = md::OrderExecute {
            instrument: (at + 1).into(),
            side: maker.side.into(),
            rpt_seq,
            seq: self.seq.into(),
            order_id: maker.id.0.into(),
            trade_id: trade_id.into(),
            price: Decimal8::new(price),
            qty: Decimal8::new(i.qty(lots)),
            leaves_qty: Decimal8::new(i.qty(maker.open_lots())),
        };
        self.tell_book(at, &told, sink);
        self.report_trade(&maker, &i, price, lots, false, sink);
        let taker = *self.orders.get(taker_slot);
        self.report_trade(&taker, &i, price, lots, true, sink);
        if maker.open_lots() == 0 {
            self.forget(maker_slot, OrdStatus::Filled);
        }
    }

    fn report_trade<S: Sink>(
        &mut self,
        order: &Order,
        i: &Instrument,
        price: i64,
        lots: i64,
        aggressor: bool,
        sink: &mut S,
    ) {
        let report = oe::ExecutionReportTrade {
            order_id: order.id.0.into(),
            exec_id: self.exec_id.into(),
            trade_id: self.trade_id.into(),
            cl_ord_id: *self.ids.name(order.cl_ord_id),
            account: order.account,
            instrument: (order.instrument + 1).into(),
            user: order.user.into(),
            price: limit(i, order),
            order_qty: Decimal8::new(i.qty(order.lots)),
            last_px: Decimal8::new(price),
            last_qty: Decimal8::new(i.qty(lots)),
            cum_qty: Decimal8::new(i.qty(order.filled_lots)),
            leaves_qty: Decimal8::new(i.qty(order.open_lots())),
            avg_px: Decimal8::new(average(order.notional, order.filled_lots)),
            side: order.side.into(),
            ord_type: order.ord_type.into(),
            time_in_force: order.time_in_force.into(),
            ord_status: order.status().into(),
            aggressor: u8::from(aggressor),
            auction: 0,
            fee: Decimal8::new(0),
        };
        self.exec_id += 1;
        self.report(order.session, &report, EventFlags::EMPTY, sink);
    }

    fn rest<S: Sink>(&mut self, slot: Slot, sink: &mut S) {
        let at = self.orders.get(slot).instrument;
        let rpt_seq = self.next_rpt_seq(at);
        let order = self.orders.get_mut(slot);
        order.priority = rpt_seq.get();
        let order = *order;
        let i = self.instruments[at as usize];
        let book = &mut self.books[at as usize];
        book.add(&mut self.levels, &mut self.orders, slot);
        book.checksum = book.checksum.wrapping_add(sum_of(&i, &order));
        let told = md::OrderAdd {
            instrument: (at + 1).into(),
            side: order.side.into(),
            rpt_seq,
            seq: self.seq.into(),
            order_id: order.id.0.into(),
            price: Decimal8::new(i.price(order.ticks)),
            qty: Decimal8::new(i.qty(order.open_lots())),
        };
        self.tell_book(at, &told, sink);
    }

    /// Takes a resting order off its book and tells the feed.
    pub(crate) fn unrest<S: Sink>(&mut self, slot: Slot, sink: &mut S) {
        let order = *self.orders.get(slot);
        let at = order.instrument;
        let book = &mut self.books[at as usize];
        book.checksum = book.checksum.wrapping_sub(sum_of(&self.instruments[at as usize], &order));
        book.remove(&mut self.levels, &mut self.orders, slot);
        let told = md::OrderDelete {
            instrument: (at + 1).into(),
            side: order.side.into(),
            rpt_seq: self.next_rpt_seq(at),
            seq: self.seq.into(),
            order_id: order.id.0.into(),
        };
        self.tell_book(at, &told, sink);
    }

    /// Ends an open order without a trade: off the book, report, outcome. `request`: the name of
    /// the cancel request that asked for it.
    pub(crate) fn end_order<S: Sink>(
        &mut self,
        slot: Slot,
        status: OrdStatus,
        cause: CancelCause,
        request: Option<&ClOrdId>,
        sink: &mut S,
    ) {
        if self.orders.get(slot).level != u32::MAX {
            self.unrest(slot, sink);
        }
        let order = *self.orders.get(slot);
        let i = self.instruments[order.instrument as usize];
        let name = *self.ids.name(order.cl_ord_id);
        let report = oe::ExecutionReportCanceled {
            order_id: order.id.0.into(),
            exec_id: self.exec_id.into(),
            cl_ord_id: *request.unwrap_or(&name),
            orig_cl_ord_id: request.map_or([0; 36], |_| name),
            account: order.account,
            instrument: (order.instrument + 1).into(),
            user: order.user.into(),
            price: limit(&i, &order),
            order_qty: Decimal8::new(i.qty(order.lots)),
            cum_qty: Decimal8::new(i.qty(order.filled_lots)),
            avg_px: Decimal8::new(average(order.notional, order.filled_lots)),
            side: order.side.into(),
            ord_type: order.ord_type.into(),
            time_in_force: order.time_in_force.into(),
            ord_status: status.into(),
            cause: cause.into(),
        };
        self.exec_id += 1;
        self.report(order.session, &report, EventFlags::EMPTY, sink);
        self.forget(slot, status);
    }

    /// Out of the slab; its name keeps the outcome.
    fn forget(&mut self, slot: Slot, status: OrdStatus) {
        let owner = self.orders.get(slot).session as usize;
        let order = self.orders.remove(slot, &mut self.sessions[owner].orders);
        let outcome = outcome_of(&order, status);
        let row = &mut self.sessions[owner].finished;
        self.ids.finish(order.cl_ord_id, Meaning::Finished(outcome), row);
    }

    pub(crate) fn reduce<S: Sink>(&mut self, before: &Order, after: &Order, sink: &mut S) {
        let at = before.instrument;
        let i = self.instruments[at as usize];
        let book = &mut self.books[at as usize];
        book.reduce(&mut self.levels, before, before.lots - after.lots);
        if before.lots == after.lots {
            return; // Nothing that the public can see.
        }
        book.checksum =
            book.checksum.wrapping_sub(sum_of(&i, before)).wrapping_add(sum_of(&i, after));
        let told = md::OrderReduce {
            instrument: (at + 1).into(),
            side: after.side.into(),
            rpt_seq: self.next_rpt_seq(at),
            seq: self.seq.into(),
            order_id: after.id.0.into(),
            qty: Decimal8::new(i.qty(after.open_lots())),
        };
        self.tell_book(at, &told, sink);
    }

    fn next_rpt_seq(&mut self, at: u32) -> zerocopy::little_endian::U64 {
        let book = &mut self.books[at as usize];
        book.rpt_seq += 1;
        book.rpt_seq.into()
    }

    /// One change of a book, and every so often the sum over all of it.
    fn tell_book<M: Message, S: Sink>(&mut self, at: u32, message: &M, sink: &mut S) {
        self.market(at, message, sink);
        let book = &self.books[at as usize];
        if book.rpt_seq.is_multiple_of(CHECKSUM_EVERY) {
            let sum = md::BookChecksum {
                instrument: (at + 1).into(),
                orders: book.orders.into(),
                rpt_seq: book.rpt_seq.into(),
                checksum: book.checksum.into(),
            };
            self.market(at, &sum, sink);
        }
    }
}

pub(crate) fn may_rest(time_in_force: TimeInForce) -> bool {
    matches!(time_in_force, TimeInForce::Day | TimeInForce::GoodTillCancel)
}

/// The worst price an order takes; `None`: any.
fn price_limit(order: &Order) -> Option<i64> {
    (order.ord_type == OrdType::Limit).then_some(order.ticks)
}

pub(crate) fn limit(i: &Instrument, order: &Order) -> Decimal8Null {
    Decimal8Null::new(price_limit(order).map(|ticks| i.price(ticks)))
}

/// What a resting order adds to the checksum of its book.
pub(crate) fn sum_of(i: &Instrument, order: &Order) -> u64 {
    let (price, qty) = (i.price(order.ticks), i.qty(order.open_lots()));
    order_sum(order.id.0, order.side.code(), price, qty, order.priority)
}

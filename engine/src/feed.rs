//! What the public is told: one message for every change of a book that can be seen.
//!
//! Each carries the next `rptSeq` of its instrument and moves the checksum of its book; every so many
//! the checksum itself is told (docs/wire/feed.md). Where an event ends, and what trades add up to, `marketdata/src/gatherer.rs`
//! says, which sees what comes next. Called by `matching.rs`, `auction.rs`, `phase.rs`.

use crate::engine::Engine;
use crate::event::Sink;
use crate::hash::order_sum;
use crate::instrument::{Indicative, Instrument};
use crate::orders::{Order, Slot};
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{Decimal8, Decimal8Null, FeedFlags, PhaseReason, Side};
use zerocopy::little_endian::U64;

/// A checksum of the whole book is published every so many book messages of an instrument.
const CHECKSUM_EVERY: u64 = 64;

impl Engine {
    /// An order has come to the back of its price, showing `shown` lots.
    pub(crate) fn tell_add<S: Sink>(&mut self, slot: Slot, shown: i64, sink: &mut S) {
        let at = self.orders.get(slot).instrument;
        let rpt_seq = self.next_rpt_seq(at);
        let order = self.orders.get_mut(slot);
        order.priority = rpt_seq.get();
        let i = &self.instruments[at as usize];
        let book = self.books.book_mut(at);
        book.checksum = book.checksum.wrapping_add(sum_of(i, order, shown));
        book.orders += 1;
        let told = md::OrderAdd {
            instrument: (at + 1).into(),
            flags: FeedFlags::EMPTY,
            side: order.side.into(),
            rpt_seq,
            seq: self.seq.into(),
            order_id: order.id.0.into(),
            price: Decimal8::new(i.price(order.ticks)),
            qty: Decimal8::new(i.qty(shown)),
        };
        self.tell_book(at, &told, sink);
    }

    /// A shown order has left, `shown` lots with it.
    pub(crate) fn tell_delete<S: Sink>(&mut self, slot: Slot, shown: i64, sink: &mut S) {
        let order = self.orders.get(slot);
        let (at, side, id) = (order.instrument, order.side, order.id);
        let sum = sum_of(&self.instruments[at as usize], order, shown);
        let book = self.books.book_mut(at);
        if book.orders == 0 {
            return; // The whole book has been told to go.
        }
        book.checksum = book.checksum.wrapping_sub(sum);
        book.orders -= 1;
        let told = md::OrderDelete {
            instrument: (at + 1).into(),
            flags: FeedFlags::EMPTY,
            side: side.into(),
            rpt_seq: self.next_rpt_seq(at),
            seq: self.seq.into(),
            order_id: id.0.into(),
        };
        self.tell_book(at, &told, sink);
    }

    /// All orders of a book are about to leave, one after the other and without a trade: told once.
    pub(crate) fn tell_clear<S: Sink>(&mut self, at: u32, sink: &mut S) {
        let book = self.books.book_mut(at);
        if book.orders == 0 {
            return;
        }
        (book.checksum, book.orders) = (0, 0);
        let told = md::BookClear {
            instrument: (at + 1).into(),
            flags: FeedFlags::EMPTY,
            rpt_seq: self.next_rpt_seq(at),
            seq: self.seq.into(),
        };
        self.tell_book(at, &told, sink);
    }

    /// A shown order keeps its place and shows less.
    pub(crate) fn tell_reduce<S: Sink>(
        &mut self,
        slot: Slot,
        (before, shown): (i64, i64),
        sink: &mut S,
    ) {
        let order = self.orders.get(slot);
        let (at, side, id) = (order.instrument, order.side, order.id);
        let i = &self.instruments[at as usize];
        let (old, new) = (sum_of(i, order, before), sum_of(i, order, shown));
        let qty = Decimal8::new(i.qty(shown));
        let book = self.books.book_mut(at);
        book.checksum = book.checksum.wrapping_sub(old).wrapping_add(new);
        let told = md::OrderReduce {
            instrument: (at + 1).into(),
            flags: FeedFlags::EMPTY,
            side: side.into(),
            rpt_seq: self.next_rpt_seq(at),
            seq: self.seq.into(),
            order_id: id.0.into(),
            qty,
        };
        self.tell_book(at, &told, sink);
    }

    /// A shown order has traded `lots` and still shows `left`; with 0 it is gone, or about to come
    /// back with its next part.
    pub(crate) fn tell_execute<S: Sink>(
        &mut self,
        slot: Slot,
        ticks: u32,
        (lots, left): (i64, i64),
        flags: FeedFlags,
        sink: &mut S,
    ) {
        let order = self.orders.get(slot);
        let (at, side, id) = (order.instrument, order.side, order.id);
        let i = &self.instruments[at as usize];
        let old = sum_of(i, order, left + lots);
        let new = if left == 0 { 0 } else { sum_of(i, order, left) };
        let (price, qty, leaves) = (i.price(ticks), i.qty(lots), i.qty(left));
        let book = self.books.book_mut(at);
        book.checksum = book.checksum.wrapping_sub(old).wrapping_add(new);
        book.orders -= u32::from(left == 0);
        let told = md::OrderExecute {
            instrument: (at + 1).into(),
            flags,
            side: side.into(),
            rpt_seq: self.next_rpt_seq(at),
            seq: self.seq.into(),
            order_id: id.0.into(),
            trade_id: self.trade_id.into(),
            price: Decimal8::new(price),
            qty: Decimal8::new(qty),
            leaves_qty: Decimal8::new(leaves),
        };
        self.tell_book(at, &told, sink);
    }

    /// Orders that nobody saw have traded. `aggressor`: `None` in an auction.
    pub(crate) fn tell_trade<S: Sink>(
        &mut self,
        at: u32,
        ticks: u32,
        lots: i64,
        (aggressor, flags): (Option<Side>, FeedFlags),
        sink: &mut S,
    ) {
        let i = &self.instruments[at as usize];
        let told = md::Trade {
            instrument: (at + 1).into(),
            flags,
            aggressor: aggressor.map_or(0, Side::code),
            seq: self.seq.into(),
            trade_id: self.trade_id.into(),
            price: Decimal8::new(i.price(ticks)),
            qty: Decimal8::new(i.qty(lots)),
        };
        self.market(at, &told, sink);
    }

    pub(crate) fn tell_phase<S: Sink>(&mut self, at: u32, reason: PhaseReason, sink: &mut S) {
        let told = md::TradingStatus {
            instrument: (at + 1).into(),
            flags: FeedFlags::EMPTY,
            phase: self.instruments[at as usize].phase.into(),
            reason: reason.into(),
            seq: self.seq.into(),
        };
        self.market(at, &told, sink);
    }

    /// The bands may have moved: matching keeps to them, and the public learns of it.
    pub(crate) fn move_bands<S: Sink>(&mut self, at: u32, sink: &mut S) {
        let i = &mut self.instruments[at as usize];
        let ((low, high), bands) = (i.band(), i.band_prices());
        self.books.set_band(at, low, high);
        if std::mem::replace(&mut i.bands_told, bands) != bands {
            let told = md::PriceBands {
                instrument: (at + 1).into(),
                flags: FeedFlags::EMPTY,
                seq: self.seq.into(),
                bands,
            };
            self.market(at, &told, sink);
        }
    }

    pub(crate) fn tell_indicative<S: Sink>(&mut self, at: u32, told: Indicative, sink: &mut S) {
        let i = &self.instruments[at as usize];
        let message = md::AuctionIndicative {
            instrument: (at + 1).into(),
            flags: FeedFlags::EMPTY,
            imbalance_side: match told.surplus_lots.signum() {
                1 => Side::Buy.code(),
                -1 => Side::Sell.code(),
                _ => 0,
            },
            seq: self.seq.into(),
            price: some_price(i, told.ticks),
            qty: Decimal8::new(i.total_qty(told.lots)),
            imbalance_qty: Decimal8::new(i.total_qty(told.surplus_lots.abs())),
        };
        self.market(at, &message, sink);
    }

    pub(crate) fn tell_result<S: Sink>(&mut self, at: u32, ticks: u32, lots: i64, sink: &mut S) {
        let i = &self.instruments[at as usize];
        let told = md::AuctionResult {
            instrument: (at + 1).into(),
            flags: FeedFlags::EMPTY,
            seq: self.seq.into(),
            price: some_price(i, ticks),
            qty: Decimal8::new(i.total_qty(lots)),
        };
        self.market(at, &told, sink);
    }

    fn next_rpt_seq(&mut self, at: u32) -> U64 {
        let book = self.books.book_mut(at);
        book.rpt_seq += 1;
        book.rpt_seq.into()
    }

    /// One change of a book, and every so often the sum over all of it.
    fn tell_book<M: Message, S: Sink>(&mut self, at: u32, message: &M, sink: &mut S) {
        self.market(at, message, sink);
        let book = self.books.book(at);
        if book.rpt_seq.is_multiple_of(CHECKSUM_EVERY) {
            let sum = md::BookChecksum {
                instrument: (at + 1).into(),
                flags: FeedFlags::EMPTY,
                orders: book.orders.into(),
                rpt_seq: book.rpt_seq.into(),
                checksum: book.checksum.into(),
            };
            self.market(at, &sum, sink);
        }
    }
}

fn some_price(i: &Instrument, ticks: u32) -> Decimal8Null {
    Decimal8Null::new((ticks != 0).then(|| i.price(ticks)))
}

/// What a shown order adds to the checksum of its book.
fn sum_of(i: &Instrument, order: &Order, shown: i64) -> u64 {
    let (price, qty) = (i.price(order.ticks), i.qty(shown));
    order_sum(order.id.0, order.side.code(), price, qty, order.priority)
}

//! An order at work: it arrives, trades with what it meets, and rests or ends.
//!
//! `book.rs` says whom it meets next; what follows from that (quantities, risk, reports, the feed) is
//! done here, one maker at a time, as long as there is room for what is told: else the order is remembered in
//! `tasks.working` and goes on in `engine.rs`, `step`. Stops that a trade has reached have their turn when it is done.
//! The rules are docs/rulebook.md §1.2, §2, §3, §5 and §6. Called by `trading.rs` and `phase.rs`.

use crate::book::{Kind, Left, Meeting, Met, Taker};
use crate::claim::Role;
use crate::engine::Engine;
use crate::event::{SINK_FREE_MIN, Sink};
use crate::ids::{ClOrdId, End};
use crate::instrument::NOT_TRADED;
use crate::orders::{Order, Slot};
use crate::report::{Filled, outcome_of};
use sbe_schemas::types::{
    BandAction, CancelCause, Conditions, FeedFlags, OrdStatus, Phase, PhaseReason, RestateCause,
    SelfTrade, Side, TimeInForce,
};
use std::ops::ControlFlow;

/// Messages of the feed from a [`md::TradeSummary`](sbe_schemas::market_data::TradeSummary) on, itself included, among
/// which its trades are; more trades at the price have another one. Bounds what must be held back to know the sum.
pub const SUMMARY_MESSAGES_MAX: u64 = 64;

/// The order that is being matched.
#[derive(Clone, Copy)]
pub(crate) struct Working {
    slot: Slot,
    taker: Taker,
    summary: Summary,
}

/// The number that is kept free for what sums up the trades at a price; `marketdata/src/gatherer.rs` knows the sum.
#[derive(Clone, Copy, Default)]
struct Summary {
    /// 0: no trade yet.
    ticks: u32,
    number: u64,
}

impl Engine {
    /// A new order, or one that a replace has taken out of its place. `min_lots`: at least this at
    /// once, 0: no matter.
    pub(crate) fn arrive<S: Sink>(&mut self, slot: Slot, min_lots: i64, sink: &mut S) {
        let order = *self.orders.get(slot);
        let phase = self.instruments[order.instrument as usize].phase;
        if order.is_waiting_stop() {
            if phase == Phase::Continuous && self.is_reached(&order) {
                return self.trigger(slot, sink);
            }
            return self.put(slot, Kind::Stop, order.stop_ticks);
        }
        let at_the_close = order.time_in_force == TimeInForce::AtTheClose;
        if at_the_close && phase != Phase::ClosingAuction {
            return self.put(slot, Kind::Waiting, order.ticks);
        }
        if phase != Phase::Continuous {
            return self.enter_book(slot, sink);
        }
        self.work(slot, min_lots, sink);
    }

    /// Continuous trading: what an order that may trade does (docs/rulebook.md §1.2, from 2).
    fn work<S: Sink>(&mut self, slot: Slot, min_lots: i64, sink: &mut S) {
        let order = *self.orders.get(slot);
        if is_post_only(order.conditions) {
            return self.enter_book(slot, sink); // That it does not trade has been checked.
        }
        let taker = self.taker(&order);
        let whole = order.conditions.has(Conditions::ALL_OR_NONE);
        let all = whole || order.time_in_force == TimeInForce::FillOrKill;
        let needed = if all { order.open_lots() } else { min_lots };
        if needed > 0 && !self.is_enough(&order, &taker, needed) {
            let ends = order.time_in_force == TimeInForce::FillOrKill
                || order.time_in_force == TimeInForce::ImmediateOrCancel;
            let cause = match (all, ends) {
                (true, false) => return self.enter_book(slot, sink),
                (true, true) => CancelCause::FillOrKill,
                (false, _) => CancelCause::MinQty,
            };
            return self.end_order(slot, OrdStatus::Canceled, cause, None, sink);
        }
        self.work_on(Working { slot, taker, summary: Summary::default() }, sink);
    }

    fn taker(&self, order: &Order) -> Taker {
        let scope = self.sessions[self.owners.get(order.owner).session as usize].self_trade_scope;
        self.books.taker(
            order.instrument,
            order.side,
            order.ticks,
            order.open_lots(),
            order.owner,
            order.self_trade,
            scope,
        )
    }

    /// Whether `needed` lots are there at once, the own ones aside.
    fn is_enough(&self, order: &Order, taker: &Taker, needed: i64) -> bool {
        let Order { instrument: at, side, ticks, .. } = *order;
        if taker.self_trade == SelfTrade::Allow {
            return self.books.reachable(at, side, ticks, needed) >= needed;
        }
        let (mut own_lots, mut meets_own) = (0, false);
        for owner in self.owners.all() {
            let mut next = owner.orders.first().filter(|first| self.books.is_own(taker, *first));
            while let Some(slot) = next {
                next = self.orders.own_after(slot);
                if let Some(lots) = self.reachable_lots(order, slot) {
                    meets_own = true;
                    own_lots += lots;
                }
            }
        }
        if meets_own && taker.self_trade != SelfTrade::CancelOldest {
            return false;
        }
        self.books.reachable(at, side, ticks, i64::MAX) - own_lots >= needed
    }

    /// What counts of a resting order of the other side for `order`: its open lots, 0 of an
    /// all-or-none; `None`: it is out of reach.
    fn reachable_lots(&self, order: &Order, resting: Slot) -> Option<i64> {
        let other = self.orders.get(resting);
        let within = match order.side {
            Side::Buy => other.ticks <= order.ticks,
            Side::Sell => other.ticks >= order.ticks,
        };
        let (low, high) = self.books.book(order.instrument).band();
        let here = other.instrument == order.instrument
            && other.side != order.side
            && (low..=high).contains(&other.ticks);
        match self.books.resting_as(resting) {
            Some(Kind::Shown | Kind::Hidden) if within && here => {
                Some(self.books.open_lots(resting))
            }
            Some(Kind::Whole) if within && here => Some(0),
            _ => None,
        }
    }

    /// Maker after maker, to its end or until the sink is nearly full.
    pub(crate) fn work_on<S: Sink>(&mut self, mut working: Working, sink: &mut S) {
        let Working { slot, taker, summary } = &mut working;
        let slot = *slot;
        loop {
            if taker.lots == 0 {
                return self.done_working(slot, sink);
            }
            if sink.free() < SINK_FREE_MIN {
                self.tasks_mut().working = Some(working);
                return;
            }
            match self.books.meet(taker) {
                Met::Trade(meeting) => {
                    taker.lots -= meeting.lots;
                    let flags = self.summed_up(summary, meeting.ticks);
                    self.trade(slot, meeting, flags, sink);
                }
                Met::Nobody => return self.done_working(slot, sink),
                Met::Own(maker) => {
                    if self.prevent_self_trade(slot, maker, taker, sink).is_break() {
                        return;
                    }
                }
                Met::Band => return self.leave_band(slot, sink),
            }
        }
    }

    /// It has done all it does: filled, rests, or what is left is cancelled.
    fn done_working<S: Sink>(&mut self, slot: Slot, sink: &mut S) {
        let order = self.orders.get(slot);
        let at = order.instrument;
        if order.open_lots() == 0 {
            self.forget(slot, OrdStatus::Filled);
        } else if may_rest(order) {
            self.enter_book(slot, sink);
        } else {
            let cause = CancelCause::ImmediateOrCancel;
            self.end_order(slot, OrdStatus::Canceled, cause, None, sink);
        }
        self.after_trades(at, sink);
    }

    /// The bands follow the last trade, and stops may have been reached.
    fn after_trades<S: Sink>(&mut self, at: u32, sink: &mut S) {
        let i = &mut self.instruments[at as usize];
        if i.traded == NOT_TRADED {
            return;
        }
        let (has_stops, bands_move) = (self.books.has_stops(at), i.bands.dynamic_bps != 0);
        if !has_stops {
            i.traded = NOT_TRADED;
        } else {
            self.tasks_mut().stops = Some(at);
        }
        if bands_move {
            self.move_bands(at, sink);
        }
    }

    /// Which summary the next trade belongs to: the one before, if the price is the same and it is near enough.
    #[inline]
    fn summed_up(&mut self, summary: &mut Summary, ticks: u32) -> FeedFlags {
        let messages = self.feed_seq() - summary.number;
        if summary.ticks == ticks && messages < SUMMARY_MESSAGES_MAX {
            return FeedFlags::EMPTY;
        }
        *summary = Summary { ticks, number: self.take_feed_seq() };
        FeedFlags::FIRST_OF_SUMMARY
    }

    fn trade<S: Sink>(
        &mut self,
        taker_slot: Slot,
        meeting: Meeting,
        flags: FeedFlags,
        sink: &mut S,
    ) {
        let Meeting { maker: maker_slot, ticks, lots, kind } = meeting;
        self.trade_id += 1;
        self.look_along(maker_slot);
        let taker = self.orders.get(taker_slot);
        let (at, taker_side) = (taker.instrument, taker.side);
        let taker_claim = self.claim_of(taker);
        let maker_claim = self.claim_of(self.orders.get(maker_slot));
        let left = self.books.fill(maker_slot, lots);
        self.orders.get_mut(maker_slot).fill(ticks, lots);
        self.orders.get_mut(taker_slot).fill(ticks, lots);
        self.instruments[at as usize].note_trade(ticks);

        let price = i64::from(ticks);
        let (maker_fee, taker_fee) = match taker_side {
            Side::Buy => {
                let roles = (Role::Taker, Role::Maker);
                let (b, s) = self.risk.trade(&taker_claim, &maker_claim, price, lots, roles);
                (s, b)
            }
            Side::Sell => {
                let roles = (Role::Maker, Role::Taker);
                self.risk.trade(&maker_claim, &taker_claim, price, lots, roles)
            }
        };
        self.tell_traded(maker_slot, kind, ticks, lots, left, (Some(taker_side), flags), sink);
        let side = |fee, aggressor| Filled { ticks, lots, fee, aggressor, auction: false };
        self.report_trade(maker_slot, &side(maker_fee, false), sink);
        self.report_trade(taker_slot, &side(taker_fee, true), sink);
        self.after_fill(maker_slot, left, sink);
    }

    /// Fetches what the next trades at this price will touch: nobody can say when they come, but surely
    /// with whom.
    fn look_along(&self, maker: Slot) {
        let Some((next, after)) = self.books.next_in_line(maker) else { return };
        self.ids.prefetch_name(self.orders.get(next).cl_ord_id);
        self.orders.prefetch_own(next);
        if let Some(after) = after {
            self.orders.prefetch(after);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a trade as the public sees it")]
    fn tell_traded<S: Sink>(
        &mut self,
        maker: Slot,
        kind: Kind,
        ticks: u32,
        lots: i64,
        left: Left,
        (aggressor, flags): (Option<Side>, FeedFlags),
        sink: &mut S,
    ) {
        match (kind, left) {
            (Kind::Shown, Left::Some(left)) => {
                self.tell_execute(maker, ticks, (lots, left), flags, sink);
            }
            (Kind::Shown, _) => self.tell_execute(maker, ticks, (lots, 0), flags, sink),
            _ => {
                let at = self.orders.get(maker).instrument;
                self.tell_trade(at, ticks, lots, (aggressor, flags), sink);
            }
        }
    }

    /// The next part of an iceberg, or the end of a filled order.
    pub(crate) fn after_fill<S: Sink>(&mut self, maker: Slot, left: Left, sink: &mut S) {
        match left {
            Left::Some(_) => {}
            Left::Refreshed(shown) => self.tell_add(maker, shown, sink),
            Left::Nothing => self.forget(maker, OrdStatus::Filled),
        }
    }

    /// Two orders of one and the same meet (docs/rulebook.md §6). `Break`: the one that arrives has ended.
    fn prevent_self_trade<S: Sink>(
        &mut self,
        slot: Slot,
        maker: Slot,
        taker: &mut Taker,
        sink: &mut S,
    ) -> ControlFlow<()> {
        let (mode, cause) = (taker.self_trade, CancelCause::SelfTrade);
        if matches!(mode, SelfTrade::CancelOldest | SelfTrade::CancelBoth) {
            self.end_order(maker, OrdStatus::Canceled, cause, None, sink);
        }
        if matches!(mode, SelfTrade::CancelNewest | SelfTrade::CancelBoth) {
            self.end_working(slot, cause, sink);
            return ControlFlow::Break(());
        }
        if mode == SelfTrade::Decrement {
            let (a, b) = (self.orders.get(slot).open_lots(), self.orders.get(maker).open_lots());
            let lots = a.min(b);
            self.decrement(maker, lots, sink);
            if a == lots {
                self.end_working(slot, cause, sink);
                return ControlFlow::Break(());
            }
            self.decrement(slot, lots, sink);
            taker.lots -= lots;
        }
        ControlFlow::Continue(())
    }

    /// Lowers OrderQty; with nothing left the order is cancelled.
    fn decrement<S: Sink>(&mut self, slot: Slot, lots: i64, sink: &mut S) {
        if self.orders.get(slot).open_lots() == lots {
            let cause = CancelCause::SelfTrade;
            return self.end_order(slot, OrdStatus::Canceled, cause, None, sink);
        }
        let before = self.claim_of(self.orders.get(slot));
        self.orders.get_mut(slot).lots -= lots;
        let after = self.claim_of(self.orders.get(slot));
        self.risk.change(&before, &after);
        if self.books.rests(slot) {
            let kind = self.books.resting_as(slot);
            let (before, shown) = self.books.reduce(slot, lots);
            if kind == Some(Kind::Shown) && before != shown {
                self.tell_reduce(slot, (before, shown), sink);
            }
        }
        self.report_restated(slot, RestateCause::SelfTradeDecrement, sink);
    }

    /// Ends the order that is being matched.
    fn end_working<S: Sink>(&mut self, slot: Slot, cause: CancelCause, sink: &mut S) {
        let at = self.orders.get(slot).instrument;
        self.end_order(slot, OrdStatus::Canceled, cause, None, sink);
        self.after_trades(at, sink);
    }

    /// The next trade would leave the band (docs/rulebook.md §5).
    fn leave_band<S: Sink>(&mut self, slot: Slot, sink: &mut S) {
        let order = *self.orders.get(slot);
        let at = order.instrument;
        if self.instruments[at as usize].bands.action == BandAction::Reject {
            return self.end_working(slot, CancelCause::PriceBand, sink);
        }
        self.begin_call(at, Phase::VolatilityAuction, PhaseReason::PriceBand, sink);
        if may_rest(&order) {
            self.enter_book(slot, sink);
        } else {
            let cause = CancelCause::PriceBand;
            self.end_order(slot, OrdStatus::Canceled, cause, None, sink);
        }
    }

    // --- stops ------------------------------------------------------------------------------

    /// The last trade has reached its StopPx.
    fn is_reached(&self, order: &Order) -> bool {
        let last = self.instruments[order.instrument as usize].last;
        last != 0
            && match order.side {
                Side::Buy => last >= order.stop_ticks,
                Side::Sell => last <= order.stop_ticks,
            }
    }

    /// Triggers the next stop that trades have reached, or looks no more.
    pub(crate) fn trigger_next<S: Sink>(&mut self, at: u32, sink: &mut S) {
        if self.instruments[at as usize].phase != Phase::Continuous {
            self.tasks_mut().stops = None; // What trades have said waits for the end of the auction.
            return;
        }
        let (low, high) = self.instruments[at as usize].traded;
        for side in [Side::Buy, Side::Sell] {
            let reached = self.books.best(at, Kind::Stop, side).is_some_and(|ticks| match side {
                Side::Buy => ticks <= high,
                Side::Sell => ticks >= low,
            });
            if reached && let Some(slot) = self.books.first(at, Kind::Stop, side) {
                self.books.unrest(slot);
                return self.trigger(slot, sink);
            }
        }
        self.tasks_mut().stops = None;
        self.instruments[at as usize].traded = NOT_TRADED;
    }

    fn trigger<S: Sink>(&mut self, slot: Slot, sink: &mut S) {
        self.orders.get_mut(slot).triggered = true;
        self.report_restated(slot, RestateCause::Triggered, sink);
        self.work(slot, 0, sink);
    }

    // --- resting and ending -----------------------------------------------------------------

    /// To the back of its price, and to the feed if it is shown. A price that has no page and gets
    /// none, which was free when the order was checked, ends it.
    pub(crate) fn enter_book<S: Sink>(&mut self, slot: Slot, sink: &mut S) {
        let order = self.orders.get(slot);
        let (ticks, kind) = (order.ticks, kind_of(order.conditions));
        if !self.books.has_price_room(order.instrument, kind, order.side, ticks) {
            let cause = CancelCause::CapacityReached;
            return self.end_order(slot, OrdStatus::Canceled, cause, None, sink);
        }
        self.put(slot, kind, ticks);
        if kind == Kind::Shown {
            let shown = self.books.shown_lots(slot);
            self.tell_add(slot, shown, sink);
        }
    }

    fn put(&mut self, slot: Slot, kind: Kind, ticks: u32) {
        let order = self.orders.get(slot);
        let display = if kind == Kind::Shown { order.display() } else { None };
        let (at, side, open) = (order.instrument, order.side, order.open_lots());
        self.books.rest(slot, at, kind, side, ticks, open, display);
    }

    /// Takes an order off wherever it rests, and off the feed.
    pub(crate) fn take_off<S: Sink>(&mut self, slot: Slot, sink: &mut S) {
        let Some(kind) = self.books.resting_as(slot) else { return };
        let shown = self.books.shown_lots(slot);
        self.books.unrest(slot);
        if kind == Kind::Shown {
            self.tell_delete(slot, shown, sink);
        }
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
        self.take_off(slot, sink);
        self.report_canceled(slot, status, cause, request, sink);
        self.forget(slot, status);
    }

    /// Out of the slab; its name keeps the outcome.
    pub(crate) fn forget(&mut self, slot: Slot, status: OrdStatus) {
        if self.orders.get(slot).expire_time != 0 {
            self.expiry.remove(&mut self.orders, slot);
            self.find_next_due();
        }
        self.risk.release(&self.claim_of(self.orders.get(slot)));
        let order = self.orders.get(slot);
        let owner = self.owners.get_mut(order.owner);
        let row = &mut self.sessions[owner.session as usize].finished;
        let outcome = outcome_of(&self.instruments[order.instrument as usize], order, status);
        self.ids.finish(order.cl_ord_id, End::Order(outcome), row);
        self.orders.remove(slot, &mut owner.orders);
        self.books.give_back(slot);
    }
}

pub(crate) fn is_post_only(conditions: Conditions) -> bool {
    conditions.has(Conditions::POST_ONLY) || conditions.has(Conditions::POST_ONLY_SLIDE)
}

/// Where an order of these conditions rests.
pub(crate) fn kind_of(conditions: Conditions) -> Kind {
    if conditions.has(Conditions::ALL_OR_NONE) {
        Kind::Whole
    } else if conditions.has(Conditions::HIDDEN) {
        Kind::Hidden
    } else {
        Kind::Shown
    }
}

/// What is left of it stays in continuous trading.
pub(crate) fn may_rest(order: &Order) -> bool {
    let ends =
        matches!(order.time_in_force, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill);
    !order.is_market() && !ends
}

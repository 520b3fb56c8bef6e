//! §1.2 from 3: an order arrives in continuous trading, trades, and rests or ends. With the trade and
//! pro-rata of §2, the bands of §5 and the self-trade prevention of §6.

use super::Oracle;
use super::order::{Class, Order, opposite};
use super::risk::Role;
use super::told::Told;
use super::venue::ceil;
use sbe_schemas::types::{
    Allocation, BandAction, CancelCause, Conditions, OrdStatus, Phase, PhaseReason, RestateCause,
    SelfTrade, SelfTradeScope, Side, TimeInForce,
};

impl Oracle {
    /// New, replaced or triggered: all that an order does in continuous trading, but for stops.
    pub(crate) fn arrive(&mut self, slot: u32) {
        let at = self.order(slot).instrument;
        self.trade_and_rest(slot);
        self.tell_bands(at);
    }

    fn trade_and_rest(&mut self, slot: u32) {
        let at = self.order(slot).instrument;
        let i = &self.instruments[at];
        // §5: the dynamic band is around the last trade before this order.
        let anchor = i.last_trade.or(i.reference);
        // §1.2.2: all-or-none orders may be within its limit; it never trades on arrival.
        let order = self.order(slot);
        if order.has(Conditions::POST_ONLY) || order.has(Conditions::POST_ONLY_SLIDE) {
            return self.rest(slot);
        }
        if !self.asks_for_enough(slot, anchor) {
            return;
        }
        // The price whose pro-rata shares have been given.
        let mut shared = None;
        // It is over as soon as it does not live any more.
        while self.orders.contains_key(&slot) {
            if self.order(slot).open() == 0 {
                return self.forget(slot, OrdStatus::Filled);
            }
            let Some(maker) = self.next_maker(slot) else {
                return self.rest_or_cancel(slot, CancelCause::ImmediateOrCancel);
            };
            let (price, class) = (self.order(maker).limit, self.order(maker).class());
            if !self.instruments[at].takes_trade(price, anchor) {
                return self.leave_band(slot);
            }
            let pro_rata = self.instruments[at].allocation == Allocation::ProRata;
            if pro_rata && class == Class::Shown && shared != Some(price) {
                shared = self.share_out(slot, price).then_some(price);
            } else {
                self.meet(slot, maker, i64::MAX);
            }
        }
    }

    /// §1.2.3: MinQty, FOK, all-or-none. `false`: it ended or rests.
    fn asks_for_enough(&mut self, slot: u32, anchor: Option<i64>) -> bool {
        if let Some(min) = self.order_mut(slot).min.take()
            && !self.is_enough(slot, min, anchor)
        {
            self.end(slot, CancelCause::MinQty);
            return false;
        }
        let order = self.order(slot);
        let kills = order.time_in_force == TimeInForce::FillOrKill;
        let whole = order.has(Conditions::ALL_OR_NONE);
        if !(kills || whole) || self.is_enough(slot, order.open(), anchor) {
            return true;
        }
        if kills || order.time_in_force == TimeInForce::ImmediateOrCancel {
            self.end(slot, CancelCause::FillOrKill);
        } else {
            self.rest(slot);
        }
        false
    }

    fn is_enough(&self, slot: u32, lots: i64, anchor: Option<i64>) -> bool {
        let order = self.order(slot);
        let i = &self.instruments[order.instrument];
        let mode = self.self_trade_mode(order);
        let mut open = 0;
        let (at, other) = (order.instrument, opposite(order.side));
        let spoils = |maker: &Order| {
            let within = order.takes(maker.limit) && i.takes_trade(maker.limit, anchor);
            within && maker.class() == Class::AllOrNone && self.is_own(order, maker)
        };
        let strict = !matches!(mode, SelfTrade::Allow | SelfTrade::CancelOldest);
        if strict && self.queue(at, other).iter().any(|slot| spoils(self.order(*slot))) {
            return false;
        }
        for maker in self.trading_queue(at, other) {
            let maker = self.order(maker);
            if !order.takes(maker.limit) || !i.takes_trade(maker.limit, anchor) {
                continue;
            }
            match mode {
                SelfTrade::Allow => open += maker.open(),
                _ if !self.is_own(order, maker) => open += maker.open(),
                SelfTrade::CancelOldest => {}
                _ => return false,
            }
        }
        open >= lots
    }

    /// §2: the resting order that an arriving one meets next, within its limit.
    pub(crate) fn next_maker(&self, slot: u32) -> Option<u32> {
        let order = self.order(slot);
        let (at, side) = (order.instrument, opposite(order.side));
        let best = self.trading_queue(at, side).first().copied();
        let is_whole = |o: &u32| self.order(*o).class() == Class::AllOrNone;
        let whole = self.queue(at, side).into_iter().find(is_whole);
        let better = |price: i64| match (best.map(|slot| self.order(slot).limit), side) {
            (None, _) => true,
            (Some(best), Side::Buy) => price > best,
            (Some(best), Side::Sell) => price < best,
        };
        let fits = |o: &Order| better(o.limit) && order.takes(o.limit) && o.open() <= order.open();
        let whole = whole.filter(|slot| fits(self.order(*slot)));
        whole.or(best.filter(|slot| order.takes(self.order(*slot).limit)))
    }

    /// §1.2.5.
    fn rest_or_cancel(&mut self, slot: u32, cause: CancelCause) {
        if self.order(slot).may_rest() { self.rest(slot) } else { self.end(slot, cause) }
    }

    /// §5: the next trade would be outside a band. Asked before §6: of one's own orders too.
    fn leave_band(&mut self, slot: u32) {
        let at = self.order(slot).instrument;
        match self.instruments[at].band_action {
            BandAction::Reject => self.end(slot, CancelCause::PriceBand),
            BandAction::Auction => {
                self.set_phase(at, Phase::VolatilityAuction, PhaseReason::PriceBand);
                self.rest_or_cancel(slot, CancelCause::PriceBand);
            }
        }
    }

    /// §2, pro-rata: the shares of the shown orders of one price, once; the rest goes by age. Q is what
    /// the arriving order has open, L what the shown orders of the price have, reserves included. An
    /// oldest order that is its own is dealt with before (§6): `false`.
    fn share_out(&mut self, slot: u32, price: i64) -> bool {
        let at = self.order(slot).instrument;
        let side = opposite(self.order(slot).side);
        let (top_percent, minimum) =
            (self.instruments[at].top_percent, self.instruments[at].minimum_lots);
        let mut stood = self.trading_queue(at, side);
        stood.retain(|o| self.order(*o).limit == price && self.order(*o).class() == Class::Shown);
        let ages: Vec<u64> = stood.iter().map(|o| self.order(*o).age).collect();
        let (q, l) = (self.order(slot).open(), self.open_at(&stood));
        if q >= l {
            return true;
        }
        let mode = self.self_trade_mode(self.order(slot));
        if mode != SelfTrade::Allow && self.is_own(self.order(slot), self.order(stood[0])) {
            self.prevent(slot, stood[0], mode);
            return false;
        }
        let top = ceil(q.min(l) * top_percent, 100);
        if top > 0 {
            self.meet(slot, stood[0], top);
        }
        let Some(order) = self.orders.get(&slot) else { return true };
        let (q, l) = (order.open(), self.open_at(&stood));
        for (maker, age) in stood.into_iter().zip(ages) {
            // Gone, or the part that stood there has traded and the next one has come after.
            let Some(part) = self.orders.get(&maker).filter(|o| o.age == age).map(|o| o.part)
            else {
                continue;
            };
            let share = (i128::from(part) * i128::from(q) / i128::from(l)) as i64;
            if share > 0 && share >= minimum && self.orders.get(&slot).is_some_and(|o| o.open() > 0)
            {
                self.meet(slot, maker, share);
            }
        }
        true
    }

    fn open_at(&self, slots: &[u32]) -> i64 {
        slots.iter().filter_map(|slot| self.orders.get(slot)).map(Order::open).sum()
    }

    /// The arriving order meets a resting one: self-trade prevention, or a trade of at most `lots`.
    fn meet(&mut self, slot: u32, maker: u32, lots: i64) {
        let mode = self.self_trade_mode(self.order(slot));
        if mode != SelfTrade::Allow && self.is_own(self.order(slot), self.order(maker)) {
            return self.prevent(slot, maker, mode);
        }
        let lots = lots.min(self.order(maker).part).min(self.order(slot).open());
        let price = self.order(maker).limit;
        let at = self.order(maker).instrument;
        let aggressor = self.order(slot).side.code();
        let trade_id = self.next_trade_id();
        self.fill(maker, price, lots);
        self.fill(slot, price, lots);
        if self.order(maker).is_public() {
            self.tell_executed(maker, trade_id, price, lots);
        } else {
            self.tell_public_trade(at, aggressor, trade_id, price, lots);
        }
        self.settle(maker, price, lots, trade_id, Role::Maker);
        self.settle(slot, price, lots, trade_id, Role::Taker);
        self.instruments[at].last_trade = Some(price);
        self.see_trade(at, price);
        if self.order(maker).open() == 0 {
            self.forget(maker, OrdStatus::Filled);
        }
        self.refresh(maker);
    }

    /// Traded quantity of one side of a trade.
    pub(crate) fn fill(&mut self, slot: u32, price: i64, lots: i64) {
        let tick = self.instruments[self.order(slot).instrument].tick;
        let order = self.order_mut(slot);
        order.filled += lots;
        order.part -= lots;
        order.paid += i128::from(price * tick) * i128::from(lots);
    }

    pub(crate) fn tell_executed(&mut self, slot: u32, trade_id: u64, price: i64, lots: i64) {
        let order = self.order(slot);
        let i = &self.instruments[order.instrument];
        self.tell(Told::OrderExecute {
            instrument: order.instrument as u32 + 1,
            side: order.side,
            order_id: order.id,
            trade_id,
            price: price * i.tick,
            qty: lots * i.lot,
            leaves_qty: order.part * i.lot,
        });
    }

    pub(crate) fn tell_public_trade(
        &mut self,
        at: usize,
        aggressor: u8,
        trade_id: u64,
        price: i64,
        lots: i64,
    ) {
        let i = &self.instruments[at];
        let (price, qty) = (price * i.tick, lots * i.lot);
        let instrument = at as u32 + 1;
        self.tell(Told::PublicTrade { instrument, aggressor, trade_id, price, qty });
    }

    /// §6: the order's own mode, or its session's.
    fn self_trade_mode(&self, order: &Order) -> SelfTrade {
        self.mode(order.session, order.self_trade)
    }

    /// What a session means by a mode.
    pub(crate) fn mode(&self, session: usize, mode: SelfTrade) -> SelfTrade {
        match (mode, self.sessions[session].self_trade) {
            (SelfTrade::SessionDefault, SelfTrade::SessionDefault) => SelfTrade::Allow,
            (SelfTrade::SessionDefault, default) => default,
            (own, _) => own,
        }
    }

    /// §6: the same account, user or firm, as the arriving order's session says.
    fn is_own(&self, arriving: &Order, resting: &Order) -> bool {
        match self.sessions[arriving.session].scope {
            SelfTradeScope::Account => arriving.account == resting.account,
            SelfTradeScope::User => arriving.user == resting.user,
            SelfTradeScope::Firm => arriving.firm == resting.firm,
        }
    }

    fn prevent(&mut self, slot: u32, maker: u32, mode: SelfTrade) {
        let cause = CancelCause::SelfTrade;
        if matches!(mode, SelfTrade::CancelOldest | SelfTrade::CancelBoth) {
            self.end(maker, cause);
        }
        if matches!(mode, SelfTrade::CancelNewest | SelfTrade::CancelBoth) {
            self.end(slot, cause);
        }
        if mode == SelfTrade::Decrement {
            let lots = self.order(slot).open().min(self.order(maker).open());
            self.decrement(maker, lots);
            self.decrement(slot, lots);
        }
    }

    /// Less OrderQty; with nothing left the order is cancelled as it was.
    fn decrement(&mut self, slot: u32, lots: i64) {
        if self.order(slot).open() == lots {
            return self.end(slot, CancelCause::SelfTrade);
        }
        let before = self.order(slot).part;
        let order = self.order_mut(slot);
        order.lots -= lots;
        order.refit();
        self.tell_reduced(slot, before);
        self.tell_restated(slot, RestateCause::SelfTradeDecrement);
    }
}

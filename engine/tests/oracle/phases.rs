//! §4: phases, what begins and ends with them, and indicative prices.

use super::Oracle;
use super::order::{Place, is_auction, is_call};
use super::told::Told;
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    AdminResult, CancelCause, OrdType, Phase, PhaseReason, Side, TimeInForce,
};

/// What an auction would do now; no price: nothing would trade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Indicative {
    pub(crate) price: Option<i64>,
    pub(crate) lots: i64,
    /// Buyers' quantity less sellers' at that price.
    pub(crate) surplus: i64,
}

impl Oracle {
    pub(crate) fn on_phase_set(&mut self, c: &j::PhaseSet) {
        let number = c.instrument.get();
        let all = 0..self.instruments.len();
        let chosen = match (number, self.instrument_at(number)) {
            (0, _) => all,
            (_, Some(at)) => at..at + 1,
            (_, None) => return self.answer(AdminResult::UnknownInstrument, 0),
        };
        let Some(phase) = c.phase.known() else {
            return self.answer(AdminResult::OutOfRange, 0);
        };
        chosen.for_each(|at| self.set_phase(at, phase, PhaseReason::Operator));
        self.answer(AdminResult::Done, 0);
    }

    /// Another phase, and all that follows; asking for the phase that is changes nothing.
    pub(crate) fn set_phase(&mut self, at: usize, phase: Phase, reason: PhaseReason) {
        let old = self.instruments[at].phase;
        if old == phase {
            return;
        }
        let i = &mut self.instruments[at];
        (i.volatility_ends, i.indicative_due) = (None, None);
        if phase == Phase::Continuous || (phase == Phase::Closed && is_auction(old)) {
            self.uncross(at);
        }
        if matches!(phase, Phase::Continuous | Phase::Closed) {
            self.end_auction_orders(at, old, phase);
        }
        self.instruments[at].phase = phase;
        self.tell(Told::TradingStatus { instrument: at as u32 + 1, phase, reason });
        self.tell_bands(at);
        if phase == Phase::Continuous {
            self.look_at_last_trade(at);
        }
        if is_call(phase) {
            self.begin_call(at);
        }
    }

    /// Orders that wait for the close enter; auctions tell an indicative price at once.
    fn begin_call(&mut self, at: usize) {
        let (phase, now) = (self.instruments[at].phase, self.now);
        if phase == Phase::ClosingAuction {
            self.enter_close(at, Side::Buy);
            self.enter_close(at, Side::Sell);
        }
        let i = &mut self.instruments[at];
        if phase == Phase::VolatilityAuction {
            i.volatility_ends = Some(now + i.volatility_ns);
        }
        if is_auction(phase) && i.indicative_ns > 0 {
            i.indicative_due = Some(now + i.indicative_ns);
            let indicative = self.indicative(at);
            self.tell_indicative(at, indicative);
        }
    }

    fn enter_close(&mut self, at: usize, side: Side) {
        let waits =
            |o: &&super::Order| o.instrument == at && o.side == side && o.place == Place::Close;
        let mut waiting: Vec<_> =
            self.orders.values().filter(waits).map(|o| (o.age, o.slot())).collect();
        waiting.sort_unstable();
        waiting.into_iter().for_each(|(_, slot)| self.rest(slot));
    }

    /// By the low half of their OrderID: market orders in the book; at the open; at the close when
    /// the closing auction ends or the new phase is Closed.
    fn end_auction_orders(&mut self, at: usize, old: Phase, new: Phase) {
        let close_is_over = old == Phase::ClosingAuction || new == Phase::Closed;
        let slots: Vec<u32> = self.orders.keys().copied().collect();
        for slot in slots {
            let o = self.order(slot);
            let market = o.ord_type == OrdType::Market && o.place == Place::Book;
            let open = o.time_in_force == TimeInForce::AtTheOpening;
            let close = o.time_in_force == TimeInForce::AtTheClose && close_is_over;
            if o.instrument == at && (market || open || close) {
                self.end(slot, CancelCause::AuctionOver);
            }
        }
    }

    /// Every `indicativeMs`, when it has changed.
    pub(crate) fn fire_indicative(&mut self, at: usize) {
        let i = &mut self.instruments[at];
        i.indicative_due = Some(self.now + i.indicative_ns);
        let indicative = self.indicative(at);
        if indicative != self.instruments[at].indicative_told {
            self.tell_indicative(at, indicative);
        }
    }

    fn tell_indicative(&mut self, at: usize, indicative: Indicative) {
        let i = &mut self.instruments[at];
        i.indicative_told = indicative;
        let (tick, lot) = (i.tick, i.lot);
        self.tell(Told::AuctionIndicative {
            instrument: at as u32 + 1,
            price: indicative.price.map(|price| price * tick),
            qty: indicative.lots * lot,
            imbalance_side: match indicative.surplus.signum() {
                1 => Side::Buy.code(),
                -1 => Side::Sell.code(),
                _ => 0,
            },
            imbalance_qty: indicative.surplus.abs() * lot,
        });
    }
}

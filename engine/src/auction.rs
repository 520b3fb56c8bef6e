//! The uncross: one price at which most trades, and the trades at it.
//!
//! [`Engine::equilibrium`] walks the prices where the book is crossed, lowest first, and keeps the best
//! by the rules of docs/rulebook.md §4; the trades come one a step. Called by `phase.rs`.

use crate::book::{Books, Kind, Left};
use crate::claim::Role;
use crate::engine::Engine;
use crate::event::Sink;
use crate::instrument::Indicative;
use crate::orders::Slot;
use crate::report::Filled;
use sbe_schemas::types::{FeedFlags, Side};

/// An uncross under way.
#[derive(Clone, Copy)]
pub(crate) struct Uncross {
    pub(crate) at: u32,
    pub(crate) ticks: u32,
    pub(crate) lots: i64,
}

/// Neighbouring prices at which the same would trade.
#[derive(Clone, Copy)]
struct Stretch {
    low: u32,
    high: u32,
    demand: i64,
    supply: i64,
}

/// The best prices so far.
struct Best {
    lots: i64,
    surplus: i64,
    low: u32,
    high: u32,
    all_demand: bool,
    all_supply: bool,
}

impl Engine {
    /// What an uncross would do now.
    pub(crate) fn equilibrium(&self, at: u32) -> Indicative {
        let mut best = Best::NOTHING;
        each_stretch(&self.books, at, |stretch| best.take(stretch));
        if best.lots == 0 {
            return Indicative::default();
        }
        if (best.all_demand || best.all_supply)
            && let Some((low, high)) = self.named_prices(at)
        {
            let mut named = Best::NOTHING;
            each_stretch(&self.books, at, |stretch| {
                let within =
                    Stretch { low: stretch.low.max(low), high: stretch.high.min(high), ..*stretch };
                if within.low <= within.high {
                    named.take(&within);
                }
            });
            if named.lots == best.lots {
                best = named;
            }
        }
        let i = &self.instruments[at as usize];
        let ticks = if best.all_demand {
            best.high
        } else if best.all_supply {
            best.low
        } else {
            match (i.reference, i.last) {
                (0, 0) => best.low + (best.high - best.low) / 2,
                (0, last) => last.clamp(best.low, best.high),
                (reference, _) => reference.clamp(best.low, best.high),
            }
        };
        let mut surplus_lots = 0;
        each_stretch(&self.books, at, |stretch| {
            if (stretch.low..=stretch.high).contains(&ticks) {
                surplus_lots = stretch.demand - stretch.supply;
            }
        });
        Indicative { ticks, lots: best.lots, surplus_lots }
    }

    /// From the lowest to the highest price that somebody has named: not at the extreme of its side, nor beyond.
    /// `None`: nobody has named one, or market orders are no part of what would trade.
    fn named_prices(&self, at: u32) -> Option<(u32, u32)> {
        let i = &self.instruments[at as usize];
        let named = |side: Side| {
            let (best, _) = self.books.next_price(at, side, Some(i.extreme(side)))?;
            Some((best, self.books.worst_price(at, side)?))
        };
        let sides = [Side::Buy, Side::Sell];
        let best = |side| self.books.next_price(at, side, None).map(|(ticks, _)| ticks);
        if sides.into_iter().all(|side| best(side) == named(side).map(|(best, _)| best)) {
            return None;
        }
        let all = sides.into_iter().filter_map(named).flat_map(|(best, worst)| [best, worst]);
        Some((all.clone().min()?, all.max()?))
    }

    /// The best buyer trades with the best seller.
    pub(crate) fn uncross_one<S: Sink>(&mut self, uncross: Uncross, sink: &mut S) {
        let Uncross { at, ticks, lots } = uncross;
        let (buyers, sellers) =
            (self.books.first_of(at, Side::Buy), self.books.first_of(at, Side::Sell));
        let (Some((buy, buy_kind, _)), Some((sell, sell_kind, _))) = (buyers, sellers) else {
            unreachable!("the volume of an uncross is there on both sides");
        };
        let traded = lots.min(self.books.shown_lots(buy)).min(self.books.shown_lots(sell));
        let rest = lots - traded;
        self.tasks_mut().uncross = (rest > 0).then_some(Uncross { lots: rest, ..uncross });

        self.trade_id += 1;
        let (b, s) = (self.claim_of(self.orders.get(buy)), self.claim_of(self.orders.get(sell)));
        let roles = (Role::Maker, Role::Maker);
        let fees = self.risk.trade(&b, &s, i64::from(ticks), traded, roles);
        let left = (self.books.fill(buy, traded), self.books.fill(sell, traded));
        self.orders.get_mut(buy).fill(ticks, traded);
        self.orders.get_mut(sell).fill(ticks, traded);
        self.instruments[at as usize].last = ticks; // Stops look at it when trading turns continuous.

        if buy_kind != Kind::Shown && sell_kind != Kind::Shown {
            self.tell_trade(at, ticks, traded, (None, FeedFlags::EMPTY), sink);
        }
        for (slot, kind, left) in [(buy, buy_kind, left.0), (sell, sell_kind, left.1)] {
            if kind == Kind::Shown {
                let lots = (traded, shown_after(left));
                self.tell_execute(slot, ticks, lots, FeedFlags::EMPTY, sink);
            }
        }
        let side = |fee| Filled { ticks, lots: traded, fee, aggressor: false, auction: true };
        self.report_trade(buy, &side(fees.0), sink);
        self.report_trade(sell, &side(fees.1), sink);
        let both: [(Slot, Left); 2] = [(buy, left.0), (sell, left.1)];
        both.into_iter().for_each(|(slot, left)| self.after_fill(slot, left, sink));
    }
}

fn shown_after(left: Left) -> i64 {
    match left {
        Left::Some(left) => left,
        Left::Refreshed(_) | Left::Nothing => 0,
    }
}

/// All prices at which something would trade, lowest first, in stretches between which demand or
/// supply changes.
fn each_stretch(books: &Books, at: u32, mut see: impl FnMut(&Stretch)) {
    let (Some((lowest, _)), Some((highest, _))) =
        (books.next_price(at, Side::Sell, None), books.next_price(at, Side::Buy, None))
    else {
        return;
    };
    let (mut demand, mut supply) = (0, 0);
    // The buyers that would still buy at the lowest price; `bid` ends as the lowest of them.
    let mut bid = None;
    let mut next = books.next_price(at, Side::Buy, None);
    while let Some((ticks, lots)) = next.filter(|(ticks, _)| *ticks >= lowest) {
        demand += lots;
        bid = Some((ticks, lots));
        next = books.next_price(at, Side::Buy, Some(ticks));
    }
    let mut ask = books.next_price(at, Side::Sell, None);
    let mut low = lowest;
    while low <= highest {
        if let Some((ticks, lots)) = ask.filter(|(ticks, _)| *ticks == low) {
            supply += lots;
            ask = books.next_price(at, Side::Sell, Some(ticks));
        }
        // Demand falls behind a buyer's price, supply rises at a seller's.
        let falls = bid.map_or(highest, |(ticks, _)| ticks);
        let rises = ask.map_or(highest, |(ticks, _)| ticks - 1);
        let high = falls.min(rises).min(highest);
        see(&Stretch { low, high, demand, supply });
        if let Some((ticks, lots)) = bid.filter(|(ticks, _)| *ticks == high) {
            demand -= lots;
            bid = books.previous_price(at, Side::Buy, ticks);
        }
        low = high + 1;
    }
}

impl Best {
    const NOTHING: Self =
        Self { lots: 0, surplus: i64::MAX, low: 0, high: 0, all_demand: false, all_supply: false };

    fn take(&mut self, s: &Stretch) {
        let (lots, surplus) = (s.demand.min(s.supply), s.demand - s.supply);
        if lots == 0 || (lots, -surplus.abs()) < (self.lots, -self.surplus) {
            return;
        }
        let (all_demand, all_supply) = (surplus > 0, surplus < 0);
        if (lots, surplus.abs()) == (self.lots, self.surplus) {
            self.high = s.high;
            self.all_demand &= all_demand;
            self.all_supply &= all_supply;
        } else {
            let (low, high, surplus) = (s.low, s.high, surplus.abs());
            *self = Self { lots, surplus, low, high, all_demand, all_supply };
        }
    }
}

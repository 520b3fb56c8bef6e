//! Definitions, and an instrument with its rules of price (§1, §5). Prices are ticks, quantities lots.

use super::phases::Indicative;
use super::told::Told;
use super::{Oracle, Session};
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    AdminResult, Allocation, BandAction, Boolean, CancelOnDisconnect, Phase, SelfTrade,
    SelfTradeScope, Side,
};
use std::collections::VecDeque;

/// Ten thousand basis points are the whole.
const WHOLE_BPS: i64 = 10_000;
/// Nanoseconds of a millisecond.
pub(crate) const MS: u64 = 1_000_000;

/// Rules of an instrument, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Instrument {
    symbol: [u8; 16],
    pub(crate) tick: i64,
    pub(crate) lot: i64,
    pub(crate) quantity_max: i64,
    pub(crate) price_max: i64,
    pub(crate) notional_max: i64,
    /// Base and quote asset; only instruments with both have balances and fees.
    pub(crate) assets: Option<(usize, usize)>,
    pub(crate) static_bps: i64,
    pub(crate) dynamic_bps: i64,
    pub(crate) collar_bps: i64,
    pub(crate) protection_bps: i64,
    pub(crate) volatility_ns: u64,
    pub(crate) indicative_ns: u64,
    pub(crate) top_percent: i64,
    pub(crate) minimum_lots: i64,
    pub(crate) allocation: Allocation,
    pub(crate) band_action: BandAction,
    pub(crate) replace_loses_place: bool,
    pub(crate) phase: Phase,
    pub(crate) reference: Option<i64>,
    pub(crate) last_trade: Option<i64>,
    /// Highest and lowest trade that stops have not been looked at for (§3).
    pub(crate) unseen: Option<(i64, i64)>,
    pub(crate) volatility_ends: Option<u64>,
    pub(crate) indicative_due: Option<u64>,
    pub(crate) indicative_told: Indicative,
    pub(crate) bands_told: Bands,
}

/// Lowest and highest price of a trade, and of the static band, on the wire.
pub(crate) type Bands = (Option<(i64, i64)>, Option<(i64, i64)>);

impl Instrument {
    /// Ticks of a wire price; `None`: not a positive multiple.
    pub(crate) fn ticks(&self, price: i64) -> Option<i64> {
        (price > 0 && price % self.tick == 0).then_some(price / self.tick)
    }

    /// Lots of a wire quantity; `None`: not a positive multiple.
    pub(crate) fn lots(&self, qty: i64) -> Option<i64> {
        (qty > 0 && qty % self.lot == 0).then_some(qty / self.lot)
    }

    /// Notional on the wire, times 10^8: mantissa of price times mantissa of quantity.
    pub(crate) fn notional(&self, ticks: i64, lots: i64) -> i128 {
        i128::from(ticks * self.tick) * i128::from(lots * self.lot)
    }

    /// The ± of §1: how far an order of `side` may go from `price`.
    pub(crate) fn reach(&self, side: Side, price: i64, bps: i64) -> i64 {
        match side {
            Side::Buy => (price * (WHOLE_BPS + bps) / WHOLE_BPS).min(self.price_max),
            Side::Sell => ceil(price * (WHOLE_BPS - bps), WHOLE_BPS).max(1),
        }
    }

    /// §5: around the reference price, both ends allowed. `None`: no static band.
    pub(crate) fn static_band(&self) -> Option<(i64, i64)> {
        band(self.reference?, self.static_bps)
    }

    /// §5: a trade at `price` is inside both bands; `anchor` is the last trade before the arriving
    /// order, or the reference price.
    pub(crate) fn takes_trade(&self, price: i64, anchor: Option<i64>) -> bool {
        let dynamic = anchor.and_then(|anchor| band(anchor, self.dynamic_bps));
        let inside = |band: Option<(i64, i64)>| band.is_none_or(|(l, h)| l <= price && price <= h);
        inside(self.static_band()) && inside(dynamic)
    }

    /// §5: as the public is told of them; an end beyond all prices is the last price.
    pub(crate) fn bands(&self) -> Bands {
        let moving = self.last_trade.or(self.reference);
        let moving = moving.and_then(|price| band(price, self.dynamic_bps));
        let fixed = self.static_band();
        let inner = match (fixed, moving) {
            (Some(a), Some(b)) => Some((a.0.max(b.0), a.1.min(b.1))),
            (a, b) => a.or(b),
        };
        let prices = |(low, high): (i64, i64)| {
            (low.max(1) * self.tick, high.min(self.price_max) * self.tick)
        };
        (inner.map(prices), fixed.map(prices))
    }

    /// §1: the far end of the static band, else of all prices.
    pub(crate) fn extreme(&self, side: Side) -> i64 {
        match (side, self.static_band()) {
            (Side::Buy, Some((_, high))) => high.min(self.price_max),
            (Side::Sell, Some((low, _))) => low.max(1),
            (Side::Buy, None) => self.price_max,
            (Side::Sell, None) => 1,
        }
    }

    /// `price` ± protection, or the extreme where there is no protection or no price.
    pub(crate) fn protected(&self, side: Side, price: Option<i64>) -> i64 {
        match price {
            Some(price) if self.protection_bps > 0 => self.reach(side, price, self.protection_bps),
            _ => self.extreme(side),
        }
    }
}

/// Rounded inwards; `None`: 0 basis points mean no band.
fn band(around: i64, bps: i64) -> Option<(i64, i64)> {
    let low = ceil(around * (WHOLE_BPS - bps), WHOLE_BPS);
    (bps > 0).then_some((low, around * (WHOLE_BPS + bps) / WHOLE_BPS))
}

/// `a / b`, rounded up; `b` above 0.
pub(crate) fn ceil(a: i64, b: i64) -> i64 {
    -(-a).div_euclid(b)
}

impl Oracle {
    pub(crate) fn define_venue(&mut self, d: &j::VenueDefine) {
        self.day_end_ns = d.day_end_ns.get();
        self.day_ends = Some(self.next_at(self.day_end_ns));
    }

    /// A new instrument, or other rules for a known one: its tick, lot, highest price, assets, phase
    /// and reference price stay.
    pub(crate) fn define_instrument(&mut self, d: &j::InstrumentDefine) {
        let (tick, lot) = (d.tick_size.get(), d.lot_size.get());
        let known = self.instruments.iter().position(|i| i.symbol == d.symbol);
        let at = known.unwrap_or_else(|| {
            let assets = self.assets_of(d);
            self.instruments.push(new_instrument(d, tick, lot, assets));
            self.instruments.len() - 1
        });
        let i = &mut self.instruments[at];
        i.quantity_max = d.quantity_max.get();
        i.notional_max = d.notional_max.get();
        i.static_bps = i64::from(d.static_band_bps.get());
        i.dynamic_bps = i64::from(d.dynamic_band_bps.get());
        i.collar_bps = i64::from(d.collar_bps.get());
        i.protection_bps = i64::from(d.protection_bps.get());
        i.volatility_ns = u64::from(d.volatility_auction_ms.get()) * MS;
        i.indicative_ns = u64::from(d.indicative_ms.get()) * MS;
        i.top_percent = i64::from(d.top_order_percent.get());
        i.minimum_lots = i64::from(d.minimum_lots.get());
        i.allocation = d.allocation.known().expect("a known allocation");
        i.band_action = d.band_action.known().expect("a known action");
        i.replace_loses_place = d.replace_loses_place.known() == Some(Boolean::True);
        if known.is_none() {
            i.bands_told = i.bands();
        }
        self.tell_bands(at);
    }

    /// Only news.
    pub(crate) fn tell_bands(&mut self, at: usize) {
        let i = &mut self.instruments[at];
        let now = i.bands();
        if std::mem::replace(&mut i.bands_told, now) != now {
            let (trades, fixed) = now;
            self.tell(Told::PriceBands { instrument: at as u32 + 1, trades, fixed });
        }
    }

    /// Both assets, or none.
    fn assets_of(&mut self, d: &j::InstrumentDefine) -> Option<(usize, usize)> {
        let named = d.base != [0; 8] && d.quote != [0; 8];
        named.then(|| (self.asset_or_new(d.base), self.asset_or_new(d.quote)))
    }

    fn asset_or_new(&mut self, name: [u8; 8]) -> usize {
        self.assets.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.assets.push(name);
            self.assets.len() - 1
        })
    }

    pub(crate) fn define_session(&mut self, d: &j::SessionDefine) {
        let known = self.sessions.iter().position(|s| s.comp_id == d.comp_id);
        let at = known.unwrap_or_else(|| {
            self.sessions.push(new_session(d.comp_id));
            self.sessions.len() - 1
        });
        let s = &mut self.sessions[at];
        s.account = d.account;
        s.user = d.user.get();
        // A firm of its own has a number that nobody can name.
        s.firm = if d.firm.get() == 0 { u32::MAX - at as u32 } else { d.firm.get() };
        s.grace_ns = u64::from(d.grace_ms.get()) * MS;
        s.cancels = d.cancel_on_disconnect.known() == Some(CancelOnDisconnect::Session);
        s.self_trade = d.self_trade.known().expect("a known mode");
        s.scope = d.self_trade_scope.known().expect("a known scope");
        let (firm, name) = (s.firm, s.account);
        if let Some(account) = self.accounts.iter().position(|a| (a.firm, a.name) == (firm, name))
            && !self.pairs.contains(&(at, account))
        {
            self.pairs.push((at, account));
        }
    }

    /// Number minus 1 of a known instrument.
    pub(crate) fn instrument_at(&self, number: u32) -> Option<usize> {
        let at = number.checked_sub(1)? as usize;
        (at < self.instruments.len()).then_some(at)
    }

    /// What bands and auctions refer to, from now on.
    pub(crate) fn on_reference_price_set(&mut self, c: &j::ReferencePriceSet) {
        let Some(at) = self.instrument_at(c.instrument.get()) else {
            return self.answer(AdminResult::UnknownInstrument, 0);
        };
        let i = &mut self.instruments[at];
        match i.ticks(c.price.get()) {
            Some(ticks) if ticks <= i.price_max => {
                i.reference = Some(ticks);
                self.tell_bands(at);
                self.answer(AdminResult::Done, 0);
            }
            _ => self.answer(AdminResult::OutOfRange, 0),
        }
    }
}

fn new_instrument(
    d: &j::InstrumentDefine,
    tick: i64,
    lot: i64,
    assets: Option<(usize, usize)>,
) -> Instrument {
    Instrument {
        symbol: d.symbol,
        tick,
        lot,
        quantity_max: 0,
        price_max: d.price_max.get() / tick,
        notional_max: 0,
        assets,
        static_bps: 0,
        dynamic_bps: 0,
        collar_bps: 0,
        protection_bps: 0,
        volatility_ns: 0,
        indicative_ns: 0,
        top_percent: 0,
        minimum_lots: 0,
        allocation: Allocation::PriceTime,
        band_action: BandAction::Reject,
        replace_loses_place: false,
        phase: d.phase.known().expect("a known phase"),
        reference: Some(d.reference_price.get() / tick).filter(|ticks| *ticks > 0),
        last_trade: None,
        unseen: None,
        volatility_ends: None,
        indicative_due: None,
        indicative_told: Indicative::default(),
        bands_told: (None, None),
    }
}

fn new_session(comp_id: [u8; 24]) -> Session {
    Session {
        comp_id,
        account: [0; 16],
        user: 0,
        firm: 0,
        grace_ns: 0,
        cancels: false,
        cancels_this_time: false,
        silence_ns: 0,
        heard: None,
        bound: false,
        grace_ends: None,
        self_trade: SelfTrade::Allow,
        scope: SelfTradeScope::Account,
        finished: VecDeque::new(),
    }
}

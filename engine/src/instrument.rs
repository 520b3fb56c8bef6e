//! One instrument: its rules of price and quantity. Wire decimals become ticks and lots here,
//! exactly or not at all.

use crate::hash::{mix, mix_bytes};
use crate::snapshot::{Reader, SnapshotError, Writer};
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    BandAction, BandActionCode, BandPrices, Boolean, Decimal8Null, Phase, PhaseCode, Side,
};

/// Highest price of an instrument that does not say.
const TICKS_MAX_DEFAULT: u32 = 1 << 24;
/// No instrument has more prices.
pub const TICKS_MAX: u32 = 1 << 30;

/// Rules of an instrument, and where its trading stands. Prices are in ticks; decimals are mantissas
/// of 10^-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Symbol (55), NUL padded.
    pub symbol: [u8; 16],
    /// Smallest step of a price, above 0.
    pub tick_size: i64,
    /// Smallest step of a quantity, above 0.
    pub lot_size: i64,
    /// Largest OrderQty.
    pub quantity_max: i64,
    /// Highest price in ticks.
    pub ticks_max: u32,
    /// Bands, collar and protection.
    pub bands: Bands,
    /// How long a volatility auction lasts.
    pub volatility_ns: u64,
    /// Between two indicative prices; 0: none are told.
    pub indicative_ns: u64,
    /// Every replace goes to the back.
    pub replace_loses_place: bool,
    /// What it is doing now.
    pub phase: Phase,
    /// Price of the last trade; 0: none yet.
    pub last: u32,
    /// What static bands and auctions refer to; 0: none yet.
    pub reference: u32,
    /// Lowest and highest trade since stops were last looked at; `u32::MAX` and 0: none.
    pub traded: (u32, u32),
    /// When its volatility auction ends; `u64::MAX`: it has none.
    pub volatility_ends: u64,
    /// When an indicative price is due; `u64::MAX`: never.
    pub indicative_due: u64,
    /// The indicative price told last.
    pub indicative: Indicative,
    /// The bands told last: those that hold, but while something is being done.
    pub bands_told: BandPrices,
}

/// How far prices may go, in 1/10000; 0: any distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bands {
    /// Around the reference price.
    pub static_bps: u32,
    /// Around the last trade.
    pub dynamic_bps: u32,
    /// Of a limit through the best opposite price.
    pub collar_bps: u32,
    /// Of a market order from the best opposite price.
    pub protection_bps: u32,
    /// What happens to a trade outside.
    pub action: BandAction,
}

/// What an uncross would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indicative {
    /// At this price in ticks; 0: nothing would trade.
    pub ticks: u32,
    /// So much.
    pub lots: i64,
    /// Buyers' quantity at that price less sellers'.
    pub surplus_lots: i64,
}

const NO_BANDS: BandPrices = BandPrices {
    low: Decimal8Null::NULL,
    high: Decimal8Null::NULL,
    static_low: Decimal8Null::NULL,
    static_high: Decimal8Null::NULL,
};

/// No trade since stops were last looked at.
pub const NOT_TRADED: (u32, u32) = (u32::MAX, 0);

impl Instrument {
    /// As defined, in its first phase.
    pub fn new(d: &j::InstrumentDefine) -> Self {
        let ticks = |price: i64| {
            let ticks = (price / d.tick_size.get().max(1)).min(i64::from(u32::MAX));
            u32::try_from(ticks).unwrap_or(0)
        };
        let mut instrument = Self {
            symbol: d.symbol,
            tick_size: d.tick_size.get(),
            lot_size: d.lot_size.get(),
            quantity_max: 0,
            ticks_max: match ticks(d.price_max.get()) {
                0 => TICKS_MAX_DEFAULT.min(ticks(i64::MAX)),
                ticks => ticks.min(TICKS_MAX),
            },
            bands: Bands::of(d),
            volatility_ns: 0,
            indicative_ns: 0,
            replace_loses_place: false,
            phase: d.phase.known().unwrap_or(Phase::Closed),
            last: 0,
            reference: ticks(d.reference_price.get()),
            traded: NOT_TRADED,
            volatility_ends: u64::MAX,
            indicative_due: u64::MAX,
            indicative: Indicative::default(),
            bands_told: NO_BANDS,
        };
        instrument.reference = instrument.reference.min(instrument.ticks_max);
        instrument.define(d);
        instrument.bands_told = instrument.band_prices();
        instrument
    }

    /// Takes changed rules. What orders are counted in, and where trading stands, stays.
    pub fn define(&mut self, d: &j::InstrumentDefine) {
        self.quantity_max = d.quantity_max.get();
        self.bands = Bands::of(d);
        self.volatility_ns = u64::from(d.volatility_auction_ms.get()) * 1_000_000;
        self.indicative_ns = u64::from(d.indicative_ms.get()) * 1_000_000;
        self.replace_loses_place = d.replace_loses_place.known() == Some(Boolean::True);
    }

    /// Ticks of a price; `None`: not positive, or between two ticks.
    pub const fn ticks(&self, price: i64) -> Option<i64> {
        if price > 0 && price % self.tick_size == 0 { Some(price / self.tick_size) } else { None }
    }

    /// Lots of a quantity; `None`: not positive, or between two lots.
    pub const fn lots(&self, qty: i64) -> Option<i64> {
        if qty > 0 && qty % self.lot_size == 0 { Some(qty / self.lot_size) } else { None }
    }

    /// So far through `ticks` as an order of `side` may go (docs/rulebook.md §1, "±").
    pub fn through(&self, side: Side, ticks: u32, bps: u32) -> u32 {
        let max = self.ticks_max;
        let (ticks, bps) = (u64::from(ticks), u64::from(bps));
        match side {
            Side::Buy => (ticks * (10_000 + bps) / 10_000).min(u64::from(max)) as u32,
            Side::Sell => (ticks * 10_000u64.saturating_sub(bps)).div_ceil(10_000).max(1) as u32,
        }
    }

    /// The static band; `None`: there is none.
    pub fn static_band(&self) -> Option<(u32, u32)> {
        let bps = self.bands.static_bps;
        (bps != 0 && self.reference != 0).then(|| self.around(self.reference, bps))
    }

    /// Where trades may happen now.
    pub fn band(&self) -> (u32, u32) {
        let (mut low, mut high) = self.static_band().unwrap_or((1, self.ticks_max));
        let centre = if self.last == 0 { self.reference } else { self.last };
        if self.bands.dynamic_bps != 0 && centre != 0 {
            let (l, h) = self.around(centre, self.bands.dynamic_bps);
            (low, high) = (low.max(l), high.min(h));
        }
        (low, high)
    }

    /// The bands as the public is told of them.
    pub fn band_prices(&self) -> BandPrices {
        let fixed = self.static_band();
        let moves = self.bands.dynamic_bps != 0 && (self.last != 0 || self.reference != 0);
        let now = (fixed.is_some() || moves).then(|| self.band());
        let price = |ticks: Option<u32>| Decimal8Null::new(ticks.map(|ticks| self.price(ticks)));
        BandPrices {
            low: price(now.map(|(low, _)| low)),
            high: price(now.map(|(_, high)| high)),
            static_low: price(fixed.map(|(low, _)| low)),
            static_high: price(fixed.map(|(_, high)| high)),
        }
    }

    fn around(&self, ticks: u32, bps: u32) -> (u32, u32) {
        (self.through(Side::Sell, ticks, bps), self.through(Side::Buy, ticks, bps))
    }

    /// The furthest price of a side: of market orders without protection.
    pub fn extreme(&self, side: Side) -> u32 {
        let (low, high) = self.static_band().unwrap_or((1, self.ticks_max));
        match side {
            Side::Buy => high,
            Side::Sell => low,
        }
    }

    /// The limit of a market order that starts from this price.
    pub fn protected(&self, side: Side, from: Option<u32>) -> u32 {
        match from {
            Some(ticks) if self.bands.protection_bps != 0 => {
                self.through(side, ticks, self.bands.protection_bps)
            }
            _ => self.extreme(side),
        }
    }

    /// Rules and where trading stands, into a state hash.
    pub fn hash(&self, hash: u64) -> u64 {
        let hash = mix_bytes(hash, &self.symbol);
        let b = self.bands;
        let words = [
            self.tick_size as u64,
            self.lot_size as u64,
            self.quantity_max as u64,
            u64::from(self.ticks_max) << 32 | u64::from(b.static_bps),
            u64::from(b.dynamic_bps) << 32 | u64::from(b.collar_bps),
            u64::from(b.protection_bps) << 32 | (b.action as u64) << 8 | self.phase as u64,
            self.volatility_ns ^ u64::from(self.replace_loses_place) << 63,
            self.indicative_ns,
            u64::from(self.last) << 32 | u64::from(self.reference),
            u64::from(self.traded.0) << 32 | u64::from(self.traded.1),
            self.volatility_ends,
            self.indicative_due,
            u64::from(self.indicative.ticks),
            self.indicative.lots as u64,
            self.indicative.surplus_lots as u64,
        ];
        words.iter().fold(hash, |hash, word| mix(hash, *word))
    }

    /// A trade at this price: the last one, and one that stops look at.
    #[inline]
    pub fn note_trade(&mut self, ticks: u32) {
        self.last = ticks;
        self.traded = (self.traded.0.min(ticks), self.traded.1.max(ticks));
    }

    /// The wire price of so many ticks. Cannot overflow: ticks came from a wire price.
    #[inline]
    pub const fn price(&self, ticks: u32) -> i64 {
        ticks as i64 * self.tick_size
    }

    /// The wire quantity of the lots of many orders, or the greatest there is: lots of a full book fit
    /// 64 bits, their mantissa may not.
    pub const fn total_qty(&self, lots: i64) -> i64 {
        lots.saturating_mul(self.lot_size)
    }

    /// The wire quantity of so many lots of an order.
    pub const fn qty(&self, lots: i64) -> i64 {
        lots * self.lot_size
    }
}

impl Bands {
    fn of(d: &j::InstrumentDefine) -> Self {
        Self {
            static_bps: d.static_band_bps.get(),
            dynamic_bps: d.dynamic_band_bps.get(),
            collar_bps: d.collar_bps.get(),
            protection_bps: d.protection_bps.get(),
            action: d.band_action.known().unwrap_or(BandAction::Reject),
        }
    }
}

/// Orders are taken and matched only in an uncross.
pub const fn is_call(phase: Phase) -> bool {
    matches!(
        phase,
        Phase::PreOpen | Phase::OpeningAuction | Phase::VolatilityAuction | Phase::ClosingAuction
    )
}

/// A call phase that tells indicative prices and ends with an uncross.
pub const fn is_auction(phase: Phase) -> bool {
    is_call(phase) && !matches!(phase, Phase::PreOpen)
}

/// `notional / qty`, half to even: AvgPx (6), the only rounding in the exchange.
pub fn average(notional: i128, qty: i64) -> i64 {
    if qty == 0 {
        return 0;
    }
    if let (Ok(notional), true) = (i64::try_from(notional), notional >= 0) {
        // Nearly always: a division of 64 bits costs a tenth of one of 128.
        let (whole, rest) = (notional / qty, notional % qty);
        let up = rest > qty - rest || (rest == qty - rest && whole % 2 != 0);
        return whole + up as i64;
    }
    let qty = qty as i128;
    let (whole, rest) = (notional / qty, notional % qty);
    let up = rest * 2 > qty || (rest * 2 == qty && whole % 2 != 0);
    (whole + up as i128) as i64
}

impl Instrument {
    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        let Self {
            symbol,
            tick_size,
            lot_size,
            quantity_max,
            ticks_max,
            bands: Bands { static_bps, dynamic_bps, collar_bps, protection_bps, action },
            volatility_ns,
            indicative_ns,
            replace_loses_place,
            phase,
            last,
            reference,
            traded: (traded_low, traded_high),
            volatility_ends,
            indicative_due,
            indicative: Indicative { ticks, lots, surplus_lots },
            bands_told, // They follow from the rest.
        } = *self;
        assert_eq!(bands_told, self.band_prices(), "bands are told as soon as they move");
        w.bytes(&symbol);
        [tick_size, lot_size, quantity_max].into_iter().for_each(|value| w.i64(value));
        let bands = [static_bps, dynamic_bps, collar_bps, protection_bps];
        [ticks_max].into_iter().chain(bands).for_each(|value| w.u32(value));
        [action.code(), phase.code()].into_iter().for_each(|code| w.u8(code));
        w.flag(replace_loses_place);
        let times = [volatility_ns, indicative_ns, volatility_ends, indicative_due];
        times.into_iter().for_each(|time| w.u64(time));
        let prices = [last, reference, traded_low, traded_high, ticks];
        prices.into_iter().for_each(|ticks| w.u32(ticks));
        [lots, surplus_lots].into_iter().for_each(|lots| w.i64(lots));
    }

    pub(crate) fn load(r: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let symbol = r.text()?;
        let (tick_size, lot_size, quantity_max) = (r.i64()?, r.i64()?, r.i64()?);
        let ticks_max = r.u32()?;
        r.check(tick_size > 0 && lot_size > 0, "a tick or lot of nothing")?;
        r.check((1..=TICKS_MAX).contains(&ticks_max), "more prices than there can be")?;
        r.check(tick_size.checked_mul(ticks_max.into()).is_some(), "prices out of range")?;
        let (static_bps, dynamic_bps, collar_bps, protection_bps) =
            (r.u32()?, r.u32()?, r.u32()?, r.u32()?);
        let action = BandActionCode(r.u8()?).known();
        let action = r.known(action)?;
        let phase = PhaseCode(r.u8()?).known();
        let phase = r.known(phase)?;
        let mut instrument = Self {
            symbol,
            tick_size,
            lot_size,
            quantity_max,
            ticks_max,
            bands: Bands { static_bps, dynamic_bps, collar_bps, protection_bps, action },
            phase,
            replace_loses_place: r.flag()?,
            volatility_ns: r.u64()?,
            indicative_ns: r.u64()?,
            volatility_ends: r.u64()?,
            indicative_due: r.u64()?,
            last: r.u32()?,
            reference: r.u32()?,
            traded: (r.u32()?, r.u32()?),
            indicative: Indicative { ticks: r.u32()?, lots: r.i64()?, surplus_lots: r.i64()? },
            bands_told: NO_BANDS,
        };
        let prices = [instrument.last, instrument.reference, instrument.indicative.ticks];
        r.check(prices.iter().all(|ticks| *ticks <= ticks_max), "a price out of range")?;
        instrument.bands_told = instrument.band_prices();
        Ok(instrument)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbe_schemas::header::Message;

    #[test]
    fn averages_round_half_to_even() {
        assert_eq!(average(0, 0), 0);
        assert_eq!(average(5, 2), 2);
        assert_eq!(average(7, 2), 4);
        assert_eq!(average(10, 3), 3);
        assert_eq!(average(11, 3), 4);
    }

    #[test]
    fn a_price_between_ticks_is_none() {
        let i = Instrument {
            tick_size: 5,
            lot_size: 10,
            ..Instrument::new(&j::InstrumentDefine::ZERO)
        };
        assert_eq!(
            (i.ticks(15), i.ticks(16), i.ticks(0), i.ticks(-5)),
            (Some(3), None, None, None)
        );
        assert_eq!((i.lots(10), i.lots(11)), (Some(1), None));
    }
}

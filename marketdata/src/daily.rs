//! What has traded in a day: open, high, low, last, volume, turnover. Exact: turnover is a sum of products in
//! 128 bits, and the average price is rounded only when it is told.

use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{Decimal8, Decimal8Null};

const NS_PER_DAY: u64 = 86_400_000_000_000;

/// A trade, as a message of the feed tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traded {
    /// Which instrument.
    pub instrument: u32,
    /// Rises from trade to trade. Two shown orders of an uncross tell one trade twice.
    pub trade_id: u64,
    /// Price.
    pub price: Decimal8,
    /// Quantity.
    pub qty: Decimal8,
}

impl Traded {
    /// `None`: the message tells of no trade.
    pub fn in_message(bytes: &[u8]) -> Option<Self> {
        if let Ok((m, ..)) = md::OrderExecute::decode(bytes) {
            let (instrument, trade_id) = (m.instrument.get(), m.trade_id.get());
            return Some(Self { instrument, trade_id, price: m.price, qty: m.qty });
        }
        let (m, ..) = md::Trade::decode(bytes).ok()?;
        let (instrument, trade_id) = (m.instrument.get(), m.trade_id.get());
        Some(Self { instrument, trade_id, price: m.price, qty: m.qty })
    }
}

/// One instrument's day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Daily {
    /// When the day ends, nanoseconds UTC; 0: no trade yet, ever.
    pub day_end: u64,
    /// Of the first trade, the highest, the lowest and the last; counts only with a trade.
    pub open: i64,
    /// See `open`.
    pub high: i64,
    /// See `open`.
    pub low: i64,
    /// See `open`.
    pub last: i64,
    /// Quantity of the last.
    pub last_qty: i64,
    /// Sum of quantities, 10^-8.
    pub volume: i128,
    /// Sum of price × quantity, 10^-16.
    pub turnover: i128,
    /// How many.
    pub trades: u64,
    trade_id: u64,
}

impl Daily {
    /// Takes a trade at `time`; days end `day_end_ns` after midnight UTC. `false`: it had it already.
    pub fn take(&mut self, traded: &Traded, time: u64, day_end_ns: u64) -> bool {
        if traded.trade_id <= self.trade_id {
            return false;
        }
        if time >= self.day_end {
            let begun = time.saturating_sub(day_end_ns) / NS_PER_DAY;
            let day_end = (begun + 1).saturating_mul(NS_PER_DAY).saturating_add(day_end_ns);
            *self = Self { day_end, ..Self::default() };
        }
        let (price, qty) = (traded.price.get(), traded.qty.get());
        if self.trades == 0 {
            (self.open, self.high, self.low) = (price, price, price);
        }
        (self.high, self.low) = (self.high.max(price), self.low.min(price));
        (self.last, self.last_qty) = (price, qty);
        self.volume = self.volume.saturating_add(qty.into());
        self.turnover = self.turnover.saturating_add(i128::from(price) * i128::from(qty));
        self.trades += 1;
        self.trade_id = traded.trade_id;
        true
    }

    /// Takes a bust: a trade of this day is no part of volume, turnover and number any more; its price stays where it
    /// was the first, the last, the highest or the lowest. `false`: it was of another day.
    pub fn take_back(&mut self, bust: &md::TradeBust) -> bool {
        let time = bust.trade_time.get();
        let of_today = time < self.day_end && time + NS_PER_DAY >= self.day_end;
        if !of_today || self.trades == 0 {
            return false;
        }
        let (price, qty) = (i128::from(bust.price.get()), i128::from(bust.qty.get()));
        self.volume -= qty;
        self.turnover -= price * qty;
        self.trades -= 1;
        true
    }

    /// A price, if there was a trade.
    pub fn some(&self, price: i64) -> Decimal8Null {
        Decimal8Null::new((self.trades > 0).then_some(price))
    }

    /// Average price, each unit counting the same, rounded half up; `None` without a trade.
    pub fn vwap(&self) -> Option<i64> {
        let twice = self.turnover.checked_mul(2)?.checked_add(self.volume)?;
        i64::try_from(twice.checked_div_euclid(self.volume.checked_mul(2)?)?).ok()
    }

    /// As it is told.
    pub fn message(&self, instrument: u32, (from, to): (u64, u64)) -> md::Statistics {
        md::Statistics {
            instrument: instrument.into(),
            from: from.into(),
            to: to.into(),
            day_end: self.day_end.into(),
            open: self.some(self.open),
            high: self.some(self.high),
            low: self.some(self.low),
            last: self.some(self.last),
            vwap: Decimal8Null::new(self.vwap()),
            volume: Decimal8::new(i64::try_from(self.volume).unwrap_or(i64::MAX)),
            turnover_high: ((self.turnover >> 64) as u64).into(),
            turnover_low: (self.turnover as u64).into(),
            trades: self.trades.into(),
            open_interest: Decimal8Null::NULL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000_000_000;

    fn traded(trade_id: u64, price: i64, qty: i64) -> Traded {
        Traded { instrument: 1, trade_id, price: Decimal8::new(price), qty: Decimal8::new(qty) }
    }

    #[test]
    fn a_day_is_exact_and_ends_when_it_ends() {
        let mut daily = Daily::default();
        assert_eq!((daily.vwap(), daily.some(1).get()), (None, None));
        let day = 20_000 * NS_PER_DAY;
        // 21:00 is the end of the day: 20:00 is of today, 22:00 of tomorrow.
        for (id, price, qty) in [(3, 500, 2), (4, 300, 1), (5, 900, 4)] {
            assert!(daily.take(&traded(id, price, qty), day + 20 * HOUR, 21 * HOUR));
            assert!(!daily.take(&traded(id, price, qty), day + 20 * HOUR, 21 * HOUR));
        }
        assert_eq!(daily.day_end, day + 21 * HOUR);
        assert_eq!((daily.open, daily.high, daily.low, daily.last), (500, 900, 300, 900));
        assert_eq!((daily.volume, daily.turnover, daily.trades), (7, 4900, 3));
        assert_eq!(daily.vwap(), Some(700));
        assert!(daily.take(&traded(6, 301, 2), day + 20 * HOUR, 21 * HOUR));
        assert_eq!(daily.vwap(), Some(611), "5502 / 9 is 611.33");
        let bust = md::TradeBust {
            trade_id: 5.into(),
            price: Decimal8::new(900),
            qty: Decimal8::new(4),
            trade_time: (day + 20 * HOUR).into(),
            ..md::TradeBust::ZERO
        };
        assert!(daily.take_back(&bust));
        assert_eq!((daily.volume, daily.turnover, daily.trades, daily.high), (5, 1902, 3, 900));
        let of_yesterday = md::TradeBust { trade_time: (day - 4 * HOUR).into(), ..bust };
        assert!(!daily.take_back(&of_yesterday));
        assert!(daily.take(&traded(9, 7, 1), day + 22 * HOUR, 21 * HOUR));
        assert_eq!((daily.open, daily.trades, daily.volume), (7, 1, 1));
        assert_eq!(daily.day_end, day + NS_PER_DAY + 21 * HOUR);
    }

    #[test]
    fn the_turnover_does_not_overflow_where_64_bits_would() {
        let mut daily = Daily::default();
        for id in 1..=1000 {
            daily.take(&traded(id, 50_000_000_000_000, 100_000_000_000), 0, 0);
        }
        let told = daily.message(1, (1, 2));
        let high = u128::from(told.turnover_high.get());
        let turnover = high << 64 | u128::from(told.turnover_low.get());
        assert_eq!(turnover, 5_000_000_000_000_000_000_000_000_000);
        assert_eq!(daily.vwap(), Some(50_000_000_000_000));
    }
}

//! One instrument: its rules of price and quantity. Wire decimals become ticks and lots here,
//! exactly or not at all.

/// Rules of an instrument; all decimals are mantissas of 10^-8.
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
}

impl Instrument {
    /// Ticks of a price; `None`: not positive, or between two ticks.
    pub const fn ticks(&self, price: i64) -> Option<i64> {
        if price > 0 && price % self.tick_size == 0 { Some(price / self.tick_size) } else { None }
    }

    /// Lots of a quantity; `None`: not positive, or between two lots.
    pub const fn lots(&self, qty: i64) -> Option<i64> {
        if qty > 0 && qty % self.lot_size == 0 { Some(qty / self.lot_size) } else { None }
    }

    /// The wire price of so many ticks. Cannot overflow: ticks came from a wire price.
    pub const fn price(&self, ticks: i64) -> i64 {
        ticks * self.tick_size
    }

    /// The wire quantity of so many lots.
    pub const fn qty(&self, lots: i64) -> i64 {
        lots * self.lot_size
    }
}

/// `notional / qty`, half to even: AvgPx (6), the only rounding in the exchange.
pub const fn average(notional: i128, qty: i64) -> i64 {
    if qty == 0 {
        return 0;
    }
    let qty = qty as i128;
    let (whole, rest) = (notional / qty, notional % qty);
    let up = rest * 2 > qty || (rest * 2 == qty && whole % 2 != 0);
    (whole + up as i128) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let i = Instrument { symbol: [0; 16], tick_size: 5, lot_size: 10, quantity_max: 100 };
        assert_eq!(
            (i.ticks(15), i.ticks(16), i.ticks(0), i.ticks(-5)),
            (Some(3), None, None, None)
        );
        assert_eq!((i.lots(10), i.lots(11)), (Some(1), None));
    }
}

//! What a client asks for: rounds of two requests each.
//!
//! ```text
//! order-cancel   an order that rests ─► its cancel            sides alternate, one instrument
//! limit-cancel   the same, side and instrument at random      the workload of AWS's trading-latency-benchmark
//! trade          a sell order that rests ─► a buy order that trades with one such, at once and whole
//! ```
//! Orders of the first two never trade: buyers are far below sellers. In the third every buy order follows
//! a sell order of its own session, so that however many sessions share the book there is always one to
//! trade with, and when all have finished their rounds the book is empty again.

/// Requests of a round.
pub(crate) const STEPS: usize = 2;
/// One unit of price or quantity: decimals are counted in 10⁻⁸.
pub(crate) const ONE: i64 = 100_000_000;
/// Buyers pay at most 115 and sellers want at least 200: nothing trades, whoever waits longest.
pub(crate) const BID: i64 = 100 * ONE;
pub(crate) const OFFER: i64 = 200 * ONE;
/// Where orders of `trade` meet.
const MEETING: i64 = 150 * ONE;
/// Orders lie on so many price levels.
const LEVELS: u64 = 16;

/// A kind of round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mix {
    /// An order that rests, then its cancel; buy and sell in turn.
    OrderCancel,
    /// The same with side and instrument at random, as AWS's trading-latency-benchmark does.
    LimitCancel,
    /// An order that rests, then one that trades: an execution for each.
    Trade,
}

/// One request in the words of the trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Act {
    /// A cancel of the round's order; else an order.
    pub(crate) cancels: bool,
    pub(crate) is_buyer: bool,
    /// In 10⁻⁸.
    pub(crate) price: i64,
    /// Which of the session's instruments.
    pub(crate) instrument: usize,
}

impl Mix {
    /// What the `step`th request of `round` is, for a session that uses so many `instruments`.
    pub(crate) fn act(self, round: u64, step: usize, instruments: usize) -> Act {
        let level = (round / 2 % LEVELS) as i64 * ONE;
        let (is_buyer, instrument) = match self {
            Self::OrderCancel => (round.is_multiple_of(2), 0),
            Self::Trade => (step == 1, 0),
            Self::LimitCancel => {
                let drawn = scattered(round);
                (drawn & 1 == 0, (drawn >> 1) as usize % instruments.max(1))
            }
        };
        let price = match self {
            Self::Trade => MEETING,
            _ if is_buyer => BID + level,
            _ => OFFER + level,
        };
        Act { cancels: step == 1 && self != Self::Trade, is_buyer, price, instrument }
    }

    /// As on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OrderCancel => "order-cancel",
            Self::LimitCancel => "limit-cancel",
            Self::Trade => "trade",
        }
    }
}

/// A number that looks drawn and is the same in every run. Source: SplitMix64, Steele, Lea, Flood 2014.
fn scattered(n: u64) -> u64 {
    let n = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cancelled_never_trades_and_both_requests_of_a_round_are_of_one_order() {
        for mix in [Mix::OrderCancel, Mix::LimitCancel] {
            for round in 0..10_000 {
                let (order, cancel) = (mix.act(round, 0, 3), mix.act(round, 1, 3));
                assert!(!order.cancels && cancel.cancels);
                assert_eq!(Act { cancels: true, ..order }, cancel);
                let away = if order.is_buyer { BID..OFFER } else { OFFER..i64::MAX };
                assert!(away.contains(&order.price) && order.instrument < 3);
            }
        }
    }

    #[test]
    fn trades_meet_and_the_seller_is_first() {
        for round in 0..100 {
            let [sell, buy] = [0, 1].map(|step| Mix::Trade.act(round, step, 1));
            assert!(!sell.is_buyer && buy.is_buyer && !sell.cancels && !buy.cancels);
            assert_eq!(sell.price, buy.price);
        }
    }

    #[test]
    fn drawn_sides_and_instruments_are_even() {
        let acts: Vec<Act> = (0..30_000).map(|n| Mix::LimitCancel.act(n, 0, 3)).collect();
        let buys = acts.iter().filter(|act| act.is_buyer).count();
        assert!(buys.abs_diff(15_000) < 500, "{buys}");
        let first = acts.iter().filter(|act| act.instrument == 0).count();
        assert!(first.abs_diff(10_000) < 500, "{first}");
    }
}

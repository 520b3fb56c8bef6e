//! The words of risk: what an order claims, why it may not, an instrument's terms, a position.
//!
//! Notionals are price mantissa × quantity mantissa (10^-16) in an `i128`, never rounded. What is done
//! with them: `risk.rs`; what is paid: `money.rs`.

use crate::accounts::DECIMAL_ONE;
use crate::hash::{mix, mix_bytes, mix_i128};
use crate::money::{Pair, SETTLED_NOTIONAL_MAX};
use crate::snapshot::{Reader, SnapshotError, Writer};
use sbe_schemas::types::{CxlRejReason, OrdRejReason, Side};

/// Most lots that an account or firm may be long or short once its orders of one side have traded.
/// Keeps every sum of lots in an `i64`: a net of no less than −MAX + open buyers of at most 2 × MAX.
pub const LOTS_MAX: i128 = (i64::MAX / 2) as i128;

/// What an open order claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Index of its account.
    pub account: u32,
    /// Index of its instrument.
    pub instrument: u32,
    /// Side (54).
    pub side: Side,
    /// Limit price.
    pub ticks: i64,
    /// What is open.
    pub lots: i64,
    /// Its fee where it rests or trades in an uncross.
    pub maker_ppm: i32,
    /// Its fee where it arrives.
    pub taker_ppm: i32,
}

impl Claim {
    /// The same order with so many lots open.
    pub const fn with_lots(&self, lots: i64) -> Self {
        Self { lots, ..*self }
    }

    /// Its fee in millionths.
    pub const fn ppm(&self, role: Role) -> i32 {
        match role {
            Role::Maker => self.maker_ppm,
            Role::Taker => self.taker_ppm,
        }
    }
}

/// Which of its rates an order pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It rested, or it trades in an uncross.
    Maker,
    /// It arrived.
    Taker,
}

/// What a risk limit says no to, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RiskReject {
    /// The order alone is too large.
    NotionalTooLarge,
    /// The account has as many orders as it may.
    AccountOpenOrders,
    /// The firm has.
    FirmOpenOrders,
    /// Too much notional open in the account.
    AccountOpenNotional,
    /// In the firm.
    FirmOpenNotional,
    /// Too long or short if all orders of this side of the account trade.
    AccountPosition,
    /// Of the firm.
    FirmPosition,
    /// Less is available than it needs.
    InsufficientBalance,
}

impl RiskReject {
    /// As told of a new order.
    pub const fn of_new(self) -> OrdRejReason {
        match self {
            Self::NotionalTooLarge => OrdRejReason::NotionalTooLarge,
            Self::AccountOpenOrders => OrdRejReason::AccountOpenOrders,
            Self::FirmOpenOrders => OrdRejReason::FirmOpenOrders,
            Self::AccountOpenNotional => OrdRejReason::AccountOpenNotional,
            Self::FirmOpenNotional => OrdRejReason::FirmOpenNotional,
            Self::AccountPosition => OrdRejReason::AccountPosition,
            Self::FirmPosition => OrdRejReason::FirmPosition,
            Self::InsufficientBalance => OrdRejReason::InsufficientBalance,
        }
    }

    /// As told of a replace.
    pub const fn of_replace(self) -> CxlRejReason {
        match self {
            Self::NotionalTooLarge => CxlRejReason::NotionalTooLarge,
            Self::AccountOpenOrders | Self::FirmOpenOrders => panic!("a replace opens no order"),
            Self::AccountOpenNotional => CxlRejReason::AccountOpenNotional,
            Self::FirmOpenNotional => CxlRejReason::FirmOpenNotional,
            Self::AccountPosition => CxlRejReason::AccountPosition,
            Self::FirmPosition => CxlRejReason::FirmPosition,
            Self::InsufficientBalance => CxlRejReason::InsufficientBalance,
        }
    }
}

/// What money has to know of an instrument; numbers are mantissas of 10^-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstrumentMoney {
    /// Smallest step of a price; never changes.
    pub tick_size: i64,
    /// Smallest step of a quantity; never changes.
    pub lot_size: i64,
    /// Largest price × quantity of an order; 0: no limit.
    pub notional_max: i64,
    /// What is bought and sold, NUL padded; empty: no balances.
    pub base: [u8; 8],
    /// What it is paid with.
    pub quote: [u8; 8],
}

/// The rules of an instrument, as they are reckoned with.
pub struct Terms {
    /// As defined.
    pub rules: InstrumentMoney,
    /// Largest notional of an order, 10^-16; with a pair at most [`SETTLED_NOTIONAL_MAX`].
    pub notional_max: i128,
    /// How trades are settled; `None`: they are not.
    pub pair: Option<Pair>,
}

impl Terms {
    /// Of an instrument that is settled by `pair`.
    pub fn new(rules: &InstrumentMoney, pair: Option<Pair>) -> Self {
        let notional_max = match rules.notional_max {
            0 => i128::MAX,
            max => i128::from(max) * DECIMAL_ONE,
        };
        let ceiling = if pair.is_some() { SETTLED_NOTIONAL_MAX } else { i128::MAX };
        Self { rules: *rules, notional_max: notional_max.min(ceiling), pair }
    }

    /// Price × quantity, 10^-16. Cannot overflow: price and quantity came from wire decimals.
    pub fn notional(&self, ticks: i64, lots: i64) -> i128 {
        i128::from(ticks * self.rules.tick_size) * i128::from(lots * self.rules.lot_size)
    }

    /// Everything into a state hash; the pair follows from the rules.
    pub fn hash(&self, hash: u64) -> u64 {
        let rules = &self.rules;
        let hash = mix(mix(hash, rules.tick_size as u64), rules.lot_size as u64);
        mix_bytes(mix_bytes(mix_i128(hash, self.notional_max), &rules.base), &rules.quote)
    }
}

/// A trade that is taken back.
pub struct Busted {
    /// Index of the instrument.
    pub instrument: u32,
    /// Account of the buyer.
    pub buyer: u32,
    /// Account of the seller.
    pub seller: u32,
    /// Its price.
    pub ticks: i64,
    /// Its quantity.
    pub lots: i64,
    /// What buyer and seller have paid.
    pub fees: (i64, i64),
}

/// Lots of an account or firm in one instrument. The side is an index and a sign, never a branch:
/// which side comes next is anybody's guess.
#[derive(Clone, Copy, Debug, Default)]
pub struct Position {
    /// Bought less sold.
    pub net: i64,
    /// Open lots of buyers, of sellers.
    open: [i64; 2],
}

impl Position {
    /// Open lots of a side.
    pub const fn open(&self, side: Side) -> i64 {
        self.open[side as usize - 1]
    }

    /// How far its side would go with `new` lots open in place of `old`; below 0: the other way.
    pub fn reach(&self, side: Side, old: i64, new: i64) -> i128 {
        i128::from(self.net * sign(side)) + i128::from(self.open(side) - old) + i128::from(new)
    }

    /// So many lots of a side are open besides, so many have traded.
    pub const fn step(&mut self, side: Side, open: i64, traded: i64) {
        self.open[side as usize - 1] += open;
        self.net += traded * sign(side);
    }

    /// Everything into a state hash.
    pub fn hash(&self, hash: u64) -> u64 {
        mix(mix(mix(hash, self.net as u64), self.open[0] as u64), self.open[1] as u64)
    }
}

const fn sign(side: Side) -> i64 {
    3 - 2 * side as i64
}

// Side (54): 1 buy, 2 sell; index and sign are made of it.
const _: () = assert!(Side::Buy as u8 == 1 && Side::Sell as u8 == 2);

impl InstrumentMoney {
    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        let Self { tick_size, lot_size, notional_max, base, quote } = self;
        [tick_size, lot_size, notional_max].into_iter().for_each(|value| w.i64(*value));
        w.bytes(base);
        w.bytes(quote);
    }

    pub(crate) fn load(r: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let (tick_size, lot_size, notional_max) = (r.i64()?, r.i64()?, r.i64()?);
        r.check(tick_size > 0 && lot_size > 0, "a tick or lot of nothing")?;
        r.check(notional_max >= 0, "a limit below 0")?;
        Ok(Self { tick_size, lot_size, notional_max, base: r.text()?, quote: r.text()? })
    }
}

impl Position {
    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        let Self { net, open: [buyers, sellers] } = *self;
        [net, buyers, sellers].into_iter().for_each(|lots| w.i64(lots));
    }

    pub(crate) fn load(r: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(Self { net: r.i64()?, open: [r.i64()?, r.i64()?] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_same_name_in_both_messages() {
        use RiskReject as R;
        for reject in [
            R::NotionalTooLarge,
            R::AccountOpenNotional,
            R::FirmOpenNotional,
            R::AccountPosition,
            R::FirmPosition,
            R::InsufficientBalance,
        ] {
            assert_eq!(format!("{:?}", reject.of_new()), format!("{reject:?}"));
            assert_eq!(format!("{:?}", reject.of_replace()), format!("{reject:?}"));
        }
        assert_eq!(R::AccountOpenOrders.of_new(), OrdRejReason::AccountOpenOrders);
        assert_eq!(R::FirmOpenOrders.of_new(), OrdRejReason::FirmOpenOrders);
    }
}

//! The tables of what the file wishes of the exchange, as TOML has them. What they mean and whether they
//! are right: `wish.rs`.

use super::permissions::{Condition, OrderType, TimeInForce};
use sbe_schemas::types;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `[[instrument]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// Symbol (55).
    pub symbol: String,
    /// Smallest price step, a decimal.
    pub tick: String,
    /// Smallest quantity step, a decimal.
    pub lot: String,
    /// Largest OrderQty (38), a decimal.
    pub quantity_max: String,
    /// Highest price, a decimal; absent: 2^24 ticks.
    pub price_max: Option<String>,
    /// Largest price × quantity of an order, a decimal; absent: any.
    pub notional_max: Option<String>,
    /// Asset that is traded; with `quote`.
    pub base: Option<String>,
    /// Asset that it is paid with.
    pub quote: Option<String>,
    /// What bands and auctions refer to at first, a decimal.
    pub reference_price: Option<String>,
    /// Band around the reference price, in 1/10000; 0: none.
    #[serde(default)]
    pub static_band_bps: u32,
    /// Band around the last trade; 0: none.
    #[serde(default)]
    pub dynamic_band_bps: u32,
    /// How far a limit may be through the other side; 0: any distance.
    #[serde(default)]
    pub collar_bps: u32,
    /// How far a market order goes from the best opposite price; 0: any distance.
    #[serde(default)]
    pub protection_bps: u32,
    /// How long a volatility auction lasts.
    #[serde(default)]
    pub volatility_auction_ms: u32,
    /// Between two indicative prices of an auction; 0: none are told.
    #[serde(default)]
    pub indicative_ms: u32,
    /// How a price shares out what trades there.
    #[serde(default)]
    pub allocation: Allocation,
    /// Pro-rata: what the oldest order gets first, 0 to 100.
    #[serde(default)]
    pub top_order_percent: u16,
    /// Pro-rata: smaller shares are nothing.
    #[serde(default)]
    pub minimum_lots: u32,
    /// What happens when a trade would leave a band.
    #[serde(default)]
    pub band_action: BandAction,
    /// Every replace goes to the back of its price.
    #[serde(default)]
    pub replace_loses_place: bool,
    /// Phase when it is first defined.
    #[serde(default)]
    pub phase: Phase,
    /// Names under which permissions may list it together with others.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// How a price shares out what trades there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allocation {
    /// The oldest first.
    #[default]
    PriceTime,
    /// Each by its size.
    ProRata,
}

/// What happens when a trade would leave a price band.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BandAction {
    /// The order is refused or cancelled.
    #[default]
    Reject,
    /// A volatility auction begins.
    Auction,
}

/// Phase of an instrument (docs/rulebook.md §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of the rulebook")]
pub enum Phase {
    Closed,
    PreOpen,
    OpeningAuction,
    #[default]
    Continuous,
    VolatilityAuction,
    ClosingAuction,
    Halted,
}

impl Phase {
    /// As the engine calls it.
    pub const fn known(self) -> types::Phase {
        match self {
            Self::Closed => types::Phase::Closed,
            Self::PreOpen => types::Phase::PreOpen,
            Self::OpeningAuction => types::Phase::OpeningAuction,
            Self::Continuous => types::Phase::Continuous,
            Self::VolatilityAuction => types::Phase::VolatilityAuction,
            Self::ClosingAuction => types::Phase::ClosingAuction,
            Self::Halted => types::Phase::Halted,
        }
    }
}

/// `[[session]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// SenderCompID (49) of the client.
    pub comp_id: String,
    /// Username (553) that must be given; without it the CompID or nothing.
    pub username: Option<String>,
    /// What it speaks.
    #[serde(default)]
    pub protocol: SessionProtocol,
    /// FIX: Argon2 hash of the password (554): `portcullis hash-password` makes one.
    pub password_hash: Option<String>,
    /// SBE: where the key of its signatures stands: `env:NAME`, `file:PATH`, or, for play, `text:KEY`.
    pub hmac_key: Option<String>,
    /// SBE: its Ed25519 public key instead, 64 hexadecimal digits.
    pub ed25519_key: Option<String>,
    /// Account (1) of orders that name none.
    pub account: Option<String>,
    /// User number beside the session.
    #[serde(default)]
    pub user: u32,
    /// Number of its firm; 0: a firm of its own.
    #[serde(default)]
    pub firm: u32,
    /// What happens when an order meets one of its own, unless it says.
    #[serde(default)]
    pub self_trade: SelfTrade,
    /// Who is one and the same for that.
    #[serde(default)]
    pub self_trade_scope: SelfTradeScope,
    /// It enters nothing, and is told what its firm's other sessions are told of their orders.
    #[serde(default)]
    pub drop_copy: bool,
    /// Cancel all open orders when the connection is lost.
    #[serde(default)]
    pub cancel_on_disconnect: bool,
    /// How long after that.
    #[serde(default)]
    pub grace_ms: u32,
    /// Not after a Logout of the client's.
    #[serde(default)]
    pub keep_on_logout: bool,
    /// Name of its `[[hours]]`, or `always`; absent: as `[venue]` says.
    pub hours: Option<String>,
    /// Symbols that may be traded; absent, with `instrument_groups`: all.
    pub instruments: Option<Vec<String>>,
    /// Groups of instruments that may be traded, besides.
    pub instrument_groups: Option<Vec<String>>,
    /// Types that may be entered; absent: all.
    pub order_types: Option<Vec<OrderType>>,
    /// Times in force that may be entered; absent: all.
    pub times_in_force: Option<Vec<TimeInForce>>,
    /// Conditions that may be entered; absent: all.
    pub conditions: Option<Vec<Condition>>,
}

/// What a session speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionProtocol {
    /// FIX 4.4.
    #[default]
    Fix,
    /// SBE with a FIXP session.
    Sbe,
}

/// What happens when an order meets one of its own (docs/rulebook.md §6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of the rulebook")]
pub enum SelfTrade {
    #[default]
    Allow,
    CancelNewest,
    CancelOldest,
    CancelBoth,
    Decrement,
}

/// Who is one and the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of the rulebook")]
pub enum SelfTradeScope {
    #[default]
    Account,
    User,
    Firm,
}

/// `[[firm]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Firm {
    /// Its number, which sessions and accounts name.
    pub number: u32,
    /// Open orders of all its accounts; 0: any number.
    #[serde(default)]
    pub open_orders_max: u32,
    /// Price × open quantity over all of them, a decimal.
    pub open_notional_max: Option<String>,
    /// Quantity long or short in one instrument, open orders included, a decimal.
    pub position_max: Option<String>,
    /// Symbols that may be traded; absent, with `instrument_groups`: all.
    pub instruments: Option<Vec<String>>,
    /// Groups of instruments that may be traded, besides.
    pub instrument_groups: Option<Vec<String>>,
    /// Types that may be entered; absent: all.
    pub order_types: Option<Vec<OrderType>>,
    /// Times in force that may be entered; absent: all.
    pub times_in_force: Option<Vec<TimeInForce>>,
    /// Conditions that may be entered; absent: all.
    pub conditions: Option<Vec<Condition>>,
}

/// `[[account]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Account (1).
    pub name: String,
    /// Number of its firm.
    pub firm: u32,
    /// As of a firm.
    #[serde(default)]
    pub open_orders_max: u32,
    /// As of a firm.
    pub open_notional_max: Option<String>,
    /// As of a firm.
    pub position_max: Option<String>,
    /// Orders need balances of what they spend.
    #[serde(default)]
    pub funded: bool,
    /// What it begins with when it is new: decimals by asset.
    #[serde(default)]
    pub deposit: BTreeMap<String, String>,
}

/// `[[fee_tier]]`: the first is everybody's, the others need volume.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeTier {
    /// Notional traded in 30 days, a decimal; of the first tier absent.
    pub volume_min: Option<String>,
    /// Of the resting order, millionths of the notional; negative: a rebate.
    pub maker_ppm: i32,
    /// Of the arriving order.
    pub taker_ppm: i32,
}

/// `[[schedule]]`: a line of the timetable.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleLine {
    /// Every day at `HH:MM` UTC.
    pub time: String,
    /// What begins then.
    pub phase: Phase,
    /// Symbol; absent: all instruments.
    pub instrument: Option<String>,
}

//! The words of an order, and of times and names: what stands behind name and quantity.

use crate::common::NS_PER_S;
use crate::common::words::mantissa;
use sbe_schemas::header::fill_text;
use sbe_schemas::types::{
    Boolean, Conditions, Decimal8Null, OrdType, Phase, SelfTrade, Side, TimeInForce,
};

/// What an order or a replace says of itself.
pub(crate) struct Terms<'a> {
    pub(crate) symbol: &'a str,
    pub(crate) ord_type: OrdType,
    pub(crate) time_in_force: TimeInForce,
    pub(crate) price: Decimal8Null,
    pub(crate) stop_px: Decimal8Null,
    pub(crate) display_qty: Decimal8Null,
    pub(crate) min_qty: Decimal8Null,
    /// From now on, in nanoseconds; it may lie behind.
    pub(crate) expires_ns: Option<i64>,
    pub(crate) conditions: Conditions,
    pub(crate) self_trade: SelfTrade,
    pub(crate) account: [u8; 16],
    /// Firm and user among the parties; 0: not said.
    pub(crate) parties: (u32, u32),
    pub(crate) unsupported: Boolean,
}

impl<'a> Terms<'a> {
    /// Without a word for its type, an order with `stop=` is a stop, or a stop-limit if it has a price.
    pub(crate) fn of(words: &[&'a str]) -> Self {
        let mut terms = Self {
            symbol: "ACME",
            ord_type: OrdType::Limit,
            time_in_force: TimeInForce::Day,
            price: Decimal8Null::NULL,
            stop_px: Decimal8Null::NULL,
            display_qty: Decimal8Null::NULL,
            min_qty: Decimal8Null::NULL,
            expires_ns: None,
            conditions: Conditions::EMPTY,
            self_trade: SelfTrade::SessionDefault,
            account: [0; 16],
            parties: (0, 0),
            unsupported: Boolean::False,
        };
        let mut ord_type = None;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "@" => terms.price = some(words.next().unwrap()),
                "of" => terms.symbol = words.next().unwrap(),
                "unsupported" => terms.unsupported = Boolean::True,
                word => match (type_of(word), time_in_force_of(word), condition_of(word)) {
                    (Some(known), ..) => ord_type = Some(known),
                    (_, Some(known), _) => terms.time_in_force = known,
                    (.., Some(known)) => terms.conditions = terms.conditions.with(known),
                    _ => terms.set(word),
                },
            }
        }
        terms.ord_type = ord_type.unwrap_or(match (terms.stop_px.get(), terms.price.get()) {
            (None, _) => OrdType::Limit,
            (Some(_), None) => OrdType::Stop,
            (Some(_), Some(_)) => OrdType::StopLimit,
        });
        terms
    }

    fn set(&mut self, word: &str) {
        let (key, value) = word.split_once('=').unwrap_or_else(|| panic!("{word}"));
        match key {
            "stop" => self.stop_px = some(value),
            "show" => self.display_qty = some(value),
            "min" => self.min_qty = some(value),
            "expires" => self.expires_ns = Some(signed_ns(value)),
            "gtd" => {
                self.time_in_force = TimeInForce::GoodTillDate;
                self.expires_ns = Some(signed_ns(value));
            }
            "self" => self.self_trade = self_trade_of(value),
            "firm" => self.parties.0 = value.parse().unwrap(),
            "user" => self.parties.1 = value.parse().unwrap(),
            "account" => self.account = fill_text(value.as_bytes()).unwrap(),
            _ => panic!("{word}"),
        }
    }
}

fn some(value: &str) -> Decimal8Null {
    Decimal8Null::new(Some(mantissa(value)))
}

fn type_of(word: &str) -> Option<OrdType> {
    Some(match word {
        "limit" => OrdType::Limit,
        "market" => OrdType::Market,
        "mtl" => OrdType::MarketToLimit,
        "stop" => OrdType::Stop,
        "stop-limit" => OrdType::StopLimit,
        _ => return None,
    })
}

fn time_in_force_of(word: &str) -> Option<TimeInForce> {
    Some(match word {
        "day" => TimeInForce::Day,
        "gtc" => TimeInForce::GoodTillCancel,
        "gtd" => TimeInForce::GoodTillDate,
        "ioc" => TimeInForce::ImmediateOrCancel,
        "fok" => TimeInForce::FillOrKill,
        "open" => TimeInForce::AtTheOpening,
        "close" => TimeInForce::AtTheClose,
        _ => return None,
    })
}

fn condition_of(word: &str) -> Option<Conditions> {
    Some(match word {
        "post" => Conditions::POST_ONLY,
        "slide" => Conditions::POST_ONLY_SLIDE,
        "aon" => Conditions::ALL_OR_NONE,
        "hidden" => Conditions::HIDDEN,
        _ => return None,
    })
}

pub(crate) fn self_trade_of(word: &str) -> SelfTrade {
    match word {
        "allow" => SelfTrade::Allow,
        "newest" => SelfTrade::CancelNewest,
        "oldest" => SelfTrade::CancelOldest,
        "both" => SelfTrade::CancelBoth,
        "decrement" => SelfTrade::Decrement,
        other => panic!("{other}"),
    }
}

pub(crate) fn phase_of(word: &str) -> Phase {
    let known =
        Phase::ALL.into_iter().find(|phase| crate::common::words::phase_word(*phase) == word);
    known.unwrap_or_else(|| panic!("{word}"))
}

pub(crate) fn side_word(side: Side) -> &'static str {
    if side == Side::Buy { "buy" } else { "sell" }
}

/// `10s`, `500ms`, `8h`
pub(crate) fn ns(text: &str) -> u64 {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or_else(|| panic!("{text}"));
    let (count, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => NS_PER_S / 1000,
        "s" => NS_PER_S,
        "m" => 60 * NS_PER_S,
        "h" => 3600 * NS_PER_S,
        other => panic!("{other}"),
    };
    count.parse::<u64>().unwrap() * unit
}

fn signed_ns(text: &str) -> i64 {
    match text.strip_prefix('-') {
        Some(text) => -(ns(text) as i64),
        None => ns(text) as i64,
    }
}

/// `17:30`, as nanoseconds after midnight.
pub(crate) fn time_of_day_ns(text: &str) -> u64 {
    let (hours, minutes) = text.split_once(':').unwrap();
    ns(&format!("{hours}h")) + ns(&format!("{minutes}m"))
}

//! The oracle itself, rule by rule: small scripts that read as the rulebook.
//!
//! A script is lines of `name side lots terms -> what must be said`. The name begins with the number of
//! its session; the terms are read by [`Stage::parse`], what is said is in the words of [`Stage::words`]:
//!
//! ```text
//! 1a sell 10 px=100 show=3 -> ok 1a @ 100, +3 @ 100       New with its limit price; OrderAdd of 3 lots
//! 3b buy 3 px=100 -> ok 3b @ 100, 1a 3 @ 100, 3b 3 @ 100, +3 @ 100       both reports of a trade
//! ```
//! `-` is an OrderDelete, `=2` an OrderReduce to 2 lots, `public` a trade that no shown order took part in.
//! The tests are in `scripts/rules.rs`.

use super::command::Command;
use super::random::Random;
use super::setup::{
    MORNING, PRICE_MAX, STEPS, boolean, head, plain_instrument, plain_session, setup,
};
use super::told::Told;
use super::{Oracle, commands::text};
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    Allocation, BandAction, Conditions, Decimal8, Decimal8Null, MassActionScope, MassActionType,
    OrdType, Phase, SelfTrade, SelfTradeScope, Side, TimeInForce,
};

/// The venue of `setup.rs`, with instruments and sessions as plain as they can be.
struct Stage {
    oracle: Oracle,
    now: u64,
    tick: i64,
    lot: i64,
}

impl Stage {
    /// Instrument 1 as `change` makes it; sessions of two firms.
    fn new(change: impl Fn(&mut j::InstrumentDefine)) -> Self {
        let mut oracle = Oracle::new(64);
        for mut command in setup(&mut Random(1)) {
            match &mut command {
                Command::Instrument(d) => {
                    let at = usize::from(d.symbol[3] - b'0');
                    *d = plain_instrument(at);
                    if at == 0 {
                        change(d);
                    }
                }
                Command::Session(d) => *d = plain_session(usize::from(d.comp_id[6] - b'1')),
                _ => {}
            }
            oracle.apply(MORNING, &command);
        }
        Self { oracle, now: MORNING, tick: STEPS[0].0, lot: STEPS[0].1 }
    }

    fn plain() -> Self {
        Self::new(|_| {})
    }

    fn phase(&mut self, phase: Phase) -> Vec<String> {
        let (instrument, phase) = (1.into(), phase.into());
        self.apply(&Command::PhaseSet(j::PhaseSet { instrument, phase, ..j::PhaseSet::ZERO }))
    }

    fn apply(&mut self, command: &Command) -> Vec<String> {
        let told = self.oracle.apply(self.now, command);
        self.oracle.check(&self.oracle.state());
        told.iter().filter_map(|told| self.words(told)).collect()
    }

    /// `1a buy 10 @ 100 ioc`: what is said.
    fn order(&mut self, line: &str) -> Vec<String> {
        let command = Command::NewOrder(self.parse(line));
        self.apply(&command)
    }

    /// `1b replaces 1a`, with the terms of an order line.
    fn replace(&mut self, orig: &str, line: &str) -> Vec<String> {
        let new = self.parse(line);
        self.apply(&Command::ReplaceOrder(j::ReplaceOrder {
            head: new.head,
            cl_ord_id: new.cl_ord_id,
            orig_cl_ord_id: text(orig),
            order_id: 0.into(),
            instrument: new.instrument,
            side: new.side,
            ord_type: new.ord_type,
            time_in_force: new.time_in_force,
            unsupported: new.unsupported,
            price: new.price,
            order_qty: new.order_qty,
            stop_px: new.stop_px,
            display_qty: new.display_qty,
        }))
    }

    fn parse(&self, line: &str) -> j::NewOrder {
        let words: Vec<&str> = line.split_whitespace().collect();
        let session = words[0].as_bytes()[0] - b'1';
        let qty = |lots: &str| lots.parse::<i64>().unwrap() * self.lot;
        let price = |ticks: &str| ticks.parse::<i64>().unwrap() * self.tick;
        let mut c = j::NewOrder {
            head: head(usize::from(session), 1, 0),
            cl_ord_id: text(words[0]),
            instrument: 1.into(),
            side: if words[1] == "buy" { Side::Buy } else { Side::Sell }.into(),
            ord_type: OrdType::Limit.into(),
            time_in_force: TimeInForce::Day.into(),
            order_qty: Decimal8::new(qty(words[2])),
            price: Decimal8Null::NULL,
            stop_px: Decimal8Null::NULL,
            display_qty: Decimal8Null::NULL,
            min_qty: Decimal8Null::NULL,
            ..j::NewOrder::ZERO
        };
        for term in &words[3..] {
            let (key, value) = term.split_once('=').unwrap_or((term, ""));
            match key {
                "px" => c.price = Decimal8Null::new(Some(price(value))),
                "stop" => c.stop_px = Decimal8Null::new(Some(price(value))),
                "show" => c.display_qty = Decimal8Null::new(Some(qty(value))),
                "min" => c.min_qty = Decimal8Null::new(Some(qty(value))),
                "market" => c.ord_type = OrdType::Market.into(),
                "tolimit" => c.ord_type = OrdType::MarketToLimit.into(),
                "ioc" => c.time_in_force = TimeInForce::ImmediateOrCancel.into(),
                "fok" => c.time_in_force = TimeInForce::FillOrKill.into(),
                "open" => c.time_in_force = TimeInForce::AtTheOpening.into(),
                "close" => c.time_in_force = TimeInForce::AtTheClose.into(),
                "post" => c.conditions = c.conditions.with(Conditions::POST_ONLY),
                "slide" => c.conditions = c.conditions.with(Conditions::POST_ONLY_SLIDE),
                "whole" => c.conditions = c.conditions.with(Conditions::ALL_OR_NONE),
                "hidden" => c.conditions = c.conditions.with(Conditions::HIDDEN),
                "oldest" => c.self_trade = SelfTrade::CancelOldest.into(),
                "newest" => c.self_trade = SelfTrade::CancelNewest.into(),
                "both" => c.self_trade = SelfTrade::CancelBoth.into(),
                "decrement" => c.self_trade = SelfTrade::Decrement.into(),
                _ => panic!("{line}: {term}"),
            }
        }
        if c.stop_px.get().is_some() {
            let limit = c.price.get().is_some();
            c.ord_type = if limit { OrdType::StopLimit } else { OrdType::Stop }.into();
        }
        c
    }

    /// A report in words; of the public messages only what no report says.
    fn words(&self, told: &Told) -> Option<String> {
        let ticks = |price: i64| price / self.tick;
        let lots = |qty: i64| qty / self.lot;
        Some(match told {
            Told::New { report: r, .. } => match r.price {
                Some(price) => format!("ok {:?} @ {}", r.cl_ord_id, ticks(price)),
                None => format!("ok {:?}", r.cl_ord_id),
            },
            Told::Trade { report: r, last_px, last_qty, .. } => {
                format!("{:?} {} @ {}", r.cl_ord_id, lots(*last_qty), ticks(*last_px))
            }
            Told::Replaced { report: r, .. } => format!("replaced {:?}", r.cl_ord_id),
            Told::Canceled { report: r, cause, .. } => format!("{cause:?} {:?}", r.cl_ord_id),
            Told::Restated { report: r, cause, .. } => format!("{cause:?} {:?}", r.cl_ord_id),
            Told::Rejected { reason, .. } => format!("{reason:?}"),
            Told::CancelReject { reason, .. } => format!("refused {reason:?}"),
            Told::OrderAdd { qty, price, .. } => format!("+{} @ {}", lots(*qty), ticks(*price)),
            Told::OrderReduce { qty, .. } => format!("={}", lots(*qty)),
            Told::OrderDelete { .. } => "-".into(),
            Told::BookClear { .. } => "cleared".into(),
            Told::PublicTrade { .. } => "public".into(),
            Told::TradingStatus { phase, .. } => format!("{phase:?}"),
            Told::AuctionResult { price: Some(price), qty, .. } => {
                format!("uncross {} @ {}", lots(*qty), ticks(*price))
            }
            Told::AuctionResult { .. } => "uncross nothing".into(),
            Told::AuctionIndicative { .. } => "indicative".into(),
            Told::OrderExecute { .. }
            | Told::PriceBands { .. }
            | Told::AdminAnswer { .. }
            | Told::QuoteAck { .. }
            | Told::Bust { .. }
            | Told::PublicBust { .. }
            | Told::MassActionReport { .. } => return None,
        })
    }
}

/// Orders one after the other, and what each makes be said.
fn play(stage: &mut Stage, lines: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (order, expected) = line.split_once("->").unwrap_or_else(|| panic!("{line}"));
        let said = stage.order(order.trim());
        assert_eq!(said.join(", "), expected.trim(), "{line}");
    }
}

mod rules;

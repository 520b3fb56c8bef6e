//! Lines of the operator, and mass actions, which clients have too.
//!
//! ```text
//! instrument ACME pro-rata top=40 min=2 static=500 dynamic=200 action=auction collar=100
//!     protection=100 base=BTC quote=USD volatility=60s indicative=5s notional=1000 loses-place
//! instrument NEW tick=0.5 lot=1 qty=1000 max=200 reference=100 phase=preopen …      a new one
//! operator: phase ACME closing | reference ACME 100
//! operator: schedule 0 at 17:30 closed [of ACME] | schedule 0 out
//! operator: firm 7 orders=3 notional=1000 position=10
//! operator: account 7/MAIN orders=3 notional=1000 position=10 funded
//! operator: fees tier=1 volume=1000 maker=-10 taker=20
//! operator: permit session=1 | firm=7 [instruments=ACME,BTC | instruments=] [not=market,ioc,aon,iceberg]
//! operator: deposit 100 USD to 7/MAIN | withdraw 100 USD from 7/MAIN
//! operator: cancel | block | kill | unblock session=1 | user=9 | account=7/MAIN | firm=7 | everyone
//!     [of ACME] [buys | sells]
//! ```

use super::Play;
use super::terms::{ns, phase_of, time_of_day_ns};
use crate::common::words::mantissa;
use engine::Event;
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    Allocation, BandAction, Boolean, CommandHead, Decimal8, MassActionScope, MassActionType,
    OrderTerms, Phase, Side,
};

impl Play {
    /// Behind `instrument`: other rules for one that is known, or a new one.
    pub(crate) fn instrument(&mut self, words: &[&str]) -> Vec<Event> {
        let at = self.instrument_of(words[0]) as usize;
        let mut define = match at.checked_sub(1) {
            Some(at) => self.instruments[at],
            None => j::InstrumentDefine {
                symbol: fill_text(words[0].as_bytes()).unwrap(),
                tick_size: decimal("0.01"),
                lot_size: decimal("1"),
                quantity_max: decimal("1000000"),
                phase: Phase::Continuous.into(),
                ..j::InstrumentDefine::ZERO
            },
        };
        for word in &words[1..] {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            match key {
                "tick" => define.tick_size = decimal(value),
                "lot" => define.lot_size = decimal(value),
                "max" => define.price_max = decimal(value),
                "reference" => define.reference_price = decimal(value),
                "phase" => define.phase = phase_of(value).into(),
                _ => set_rule(&mut define, key, value),
            }
            let fixed = ["tick", "lot", "max", "reference", "phase"].contains(&key);
            assert!(at == 0 || !fixed, "{key} counts where the instrument is new");
        }
        match at.checked_sub(1) {
            Some(at) => self.instruments[at] = define,
            None => self.instruments.push(define),
        }
        self.rig.send(&define)
    }

    /// Behind `operator: `.
    pub(crate) fn operate(&mut self, line: &str) -> Vec<Event> {
        let words: Vec<_> = line.split_whitespace().collect();
        match words[0] {
            "phase" => self.rig.send(&j::PhaseSet {
                head: CommandHead::ZERO,
                instrument: self.filter(words[1]).into(),
                phase: phase_of(words[2]).into(),
            }),
            "reference" => self.rig.send(&j::ReferencePriceSet {
                head: CommandHead::ZERO,
                instrument: self.filter(words[1]).into(),
                price: decimal(words[2]),
            }),
            "schedule" => self.schedule(&words[1..]),
            "firm" => self.limit_firm(&words[1..]),
            "account" => self.limit_account(&words[1..]),
            "fees" => self.rig.send(&fees(&words[1..])),
            "permit" => self.permit(&words[1..]),
            "deposit" | "withdraw" => self.transfer(&words),
            "bust" => self.rig.send(&j::TradeBust {
                head: CommandHead::ZERO,
                trade_id: words[1].parse::<u64>().unwrap().into(),
            }),
            "cancel" | "block" | "kill" | "unblock" => {
                let mut action = self.mass_action(&words);
                if action.scope == MassActionScope::Account.into() && action.firm.get() == 0 {
                    action.firm = self.firm_of(&action.account).into();
                }
                self.rig.send(&action)
            }
            other => panic!("{other}"),
        }
    }

    /// Number of an instrument; `*`: all, `?`: of none there is.
    fn filter(&self, symbol: &str) -> u32 {
        match symbol {
            "*" => 0,
            "?" => 99,
            known => self.instrument_of(known),
        }
    }

    fn schedule(&mut self, words: &[&str]) -> Vec<Event> {
        let mut line =
            j::ScheduleDefine { line: number(words[0]).into(), ..j::ScheduleDefine::ZERO };
        if words[1] == "at" {
            line.time_ns = time_of_day_ns(words[2]).into();
            line.phase = phase_of(words[3]).into();
            line.active = Boolean::True.into();
            line.instrument = words.get(5).map_or(0, |symbol| self.filter(symbol)).into();
        } else {
            assert_eq!(words[1], "out");
        }
        self.rig.send(&line)
    }

    fn limit_firm(&mut self, words: &[&str]) -> Vec<Event> {
        let mut define = j::FirmDefine { firm: number(words[0]).into(), ..j::FirmDefine::ZERO };
        for word in &words[1..] {
            match word.split_once('=').unwrap_or((word, "")) {
                ("orders", max) => define.open_orders_max = number(max).into(),
                ("notional", max) => define.open_notional_max = decimal(max),
                ("position", max) => define.position_max = decimal(max),
                _ => panic!("{word}"),
            }
        }
        self.rig.send(&define)
    }

    /// What is not said is permitted.
    fn permit(&mut self, words: &[&str]) -> Vec<Event> {
        let mut define =
            j::PermissionsDefine { all_instruments: Boolean::True.into(), ..Message::ZERO };
        for word in words {
            match word.split_once('=').unwrap() {
                ("session", at) => {
                    let session = self.rig.engine.sessions().get(number(at) as usize - 1);
                    define.comp_id = session.map_or([b'?'; 24], |session| session.comp_id);
                }
                ("firm", firm) => define.firm = number(firm).into(),
                ("instruments", list) => {
                    define.all_instruments = Boolean::False.into();
                    let listed = list.split(',').filter(|symbol| !symbol.is_empty());
                    let bits = listed.map(|symbol| 1u64 << (self.instrument_of(symbol) - 1));
                    define.instruments.word0 = bits.fold(0, |all, bit| all | bit).into();
                }
                ("not", list) => {
                    let bits = list.split(',').map(|term| term_of(term).0.get());
                    define.forbidden = OrderTerms(bits.fold(0, |all, bit| all | bit).into());
                }
                _ => panic!("{word}"),
            }
        }
        self.rig.send(&define)
    }

    fn limit_account(&mut self, words: &[&str]) -> Vec<Event> {
        let (firm, account) = self.account(words[0]);
        let mut define = j::AccountDefine { account, firm: firm.into(), ..j::AccountDefine::ZERO };
        for word in &words[1..] {
            match word.split_once('=').unwrap_or((word, "")) {
                ("orders", max) => define.open_orders_max = number(max).into(),
                ("notional", max) => define.open_notional_max = decimal(max),
                ("position", max) => define.position_max = decimal(max),
                ("funded", _) => define.funded = Boolean::True.into(),
                _ => panic!("{word}"),
            }
        }
        self.rig.send(&define)
    }

    /// `deposit 100 USD to 7/MAIN`
    fn transfer(&mut self, words: &[&str]) -> Vec<Event> {
        let sign = if words[0] == "deposit" { 1 } else { -1 };
        let (firm, account) = self.account(words[4]);
        self.rig.send(&j::Transfer {
            head: CommandHead::ZERO,
            account,
            firm: firm.into(),
            asset: fill_text(words[2].as_bytes()).unwrap(),
            amount: Decimal8::new(sign * mantissa(words[1])),
            ..j::Transfer::ZERO
        })
    }

    /// `7/MAIN`; `MAIN`: of the firm whose client has it.
    pub(crate) fn account(&self, text: &str) -> (u32, [u8; 16]) {
        let (firm, name) = text.split_once('/').unwrap_or(("", text));
        let name = fill_text(name.as_bytes()).unwrap();
        let firm = if firm.is_empty() { self.firm_of(&name) } else { number(firm) };
        (firm, name)
    }

    fn firm_of(&self, account: &[u8; 16]) -> u32 {
        let mut sessions = self.rig.engine.sessions().iter();
        sessions.find(|session| session.account == *account).expect("some client's account").firm
    }

    /// `cancel firm=7 of BTC buys`, of nobody yet.
    pub(crate) fn mass_action(&self, words: &[&str]) -> j::MassAction {
        let mut action = j::MassAction {
            action: match words[0] {
                "cancel" => MassActionType::Cancel,
                "block" => MassActionType::Block,
                "kill" => MassActionType::Kill,
                "unblock" => MassActionType::Unblock,
                other => panic!("{other}"),
            }
            .into(),
            ..j::MassAction::ZERO
        };
        let mut words = words[1..].iter();
        while let Some(word) = words.next() {
            let (key, value) = word.split_once('=').unwrap_or((word, "0"));
            let mut scope = |scope: MassActionScope, target: u32| {
                (action.scope, action.target) = (scope.into(), target.into());
            };
            match key {
                "session" => scope(MassActionScope::Session, number(value)),
                "user" => scope(MassActionScope::User, number(value)),
                "firm" => scope(MassActionScope::Firm, number(value)),
                "everyone" => scope(MassActionScope::Everyone, 0),
                "account" => {
                    scope(MassActionScope::Account, 0);
                    let (firm, name) = value.split_once('/').unwrap_or(("0", value));
                    action.firm = number(firm).into();
                    action.account = fill_text(name.as_bytes()).unwrap();
                }
                "of" => action.instrument = self.filter(words.next().unwrap()).into(),
                "buys" => action.side = Side::Buy.code(),
                "sells" => action.side = Side::Sell.code(),
                _ => panic!("{word}"),
            }
        }
        action
    }
}

fn set_rule(define: &mut j::InstrumentDefine, key: &str, value: &str) {
    let ms = || ((ns(value) / 1_000_000) as u32).into();
    let asset = || fill_text(value.as_bytes()).unwrap();
    match key {
        "qty" => define.quantity_max = decimal(value),
        "notional" => define.notional_max = decimal(value),
        "base" => define.base = asset(),
        "quote" => define.quote = asset(),
        "static" => define.static_band_bps = number(value).into(),
        "dynamic" => define.dynamic_band_bps = number(value).into(),
        "collar" => define.collar_bps = number(value).into(),
        "protection" => define.protection_bps = number(value).into(),
        "volatility" => define.volatility_auction_ms = ms(),
        "indicative" => define.indicative_ms = ms(),
        "top" => define.top_order_percent = (number(value) as u16).into(),
        "min" => define.minimum_lots = number(value).into(),
        "pro-rata" => define.allocation = Allocation::ProRata.into(),
        "loses-place" => define.replace_loses_place = Boolean::True.into(),
        "action" => {
            let auction = value == "auction";
            assert!(auction || value == "reject", "{value}");
            let action = if auction { BandAction::Auction } else { BandAction::Reject };
            define.band_action = action.into();
        }
        _ => panic!("{key}"),
    }
}

fn term_of(word: &str) -> OrderTerms {
    match word {
        "market" => OrderTerms::MARKET,
        "limit" => OrderTerms::LIMIT,
        "stop" => OrderTerms::STOP,
        "stop-limit" => OrderTerms::STOP_LIMIT,
        "mtl" => OrderTerms::MARKET_TO_LIMIT,
        "day" => OrderTerms::DAY,
        "gtc" => OrderTerms::GOOD_TILL_CANCEL,
        "open" => OrderTerms::AT_THE_OPENING,
        "ioc" => OrderTerms::IMMEDIATE_OR_CANCEL,
        "fok" => OrderTerms::FILL_OR_KILL,
        "gtd" => OrderTerms::GOOD_TILL_DATE,
        "close" => OrderTerms::AT_THE_CLOSE,
        "post" => OrderTerms::POST_ONLY,
        "slide" => OrderTerms::POST_ONLY_SLIDE,
        "aon" => OrderTerms::ALL_OR_NONE,
        "hidden" => OrderTerms::HIDDEN,
        "iceberg" => OrderTerms::ICEBERG,
        "min" => OrderTerms::MIN_QTY,
        other => panic!("{other}"),
    }
}

fn fees(words: &[&str]) -> j::FeesDefine {
    let mut define = j::FeesDefine::ZERO;
    for word in words {
        match word.split_once('=').unwrap() {
            ("tier", tier) => define.tier = number(tier).into(),
            ("volume", volume) => define.volume_min = decimal(volume),
            ("maker", ppm) => define.maker_ppm = ppm.parse::<i32>().unwrap().into(),
            ("taker", ppm) => define.taker_ppm = ppm.parse::<i32>().unwrap().into(),
            _ => panic!("{word}"),
        }
    }
    define
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

fn decimal(text: &str) -> Decimal8 {
    Decimal8::new(mantissa(text))
}

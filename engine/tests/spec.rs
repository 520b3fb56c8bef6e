//! The rulebook of orders: one script per rule in `spec/`, played against an engine.
//!
//! ```text
//! venue orders=2 cod grace=10s            a new venue; without it, the usual one
//! buy A 10 @ 100 ioc of BTC  -> ok A      client 1; day unless said; ACME unless said
//! s2: sell B 5 market        -> ok B, trade BxA 5 @ 100
//! cancel A as C | replace A as A2 5 @ 100 | status A      `#A`: by OrderID (37)
//! resend buy A 10 @ 100      -> again A …                 PossResend (97=Y)
//! ~ 10s                                   time passes; it shows with the next command
//! tick | disconnect | logon [cod]
//! book                       -> buy 5 @ 100 A, …          best first, oldest first
//! ```
//! Each command must cause exactly what stands behind its arrow: words of `common/words.rs`.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::commands::{cancel, conn, disconnected, head, logon, name, order, replace};
use common::words::{decimal, mantissa, string, words};
use common::{INSTRUMENTS, NS_PER_S, Rig, limits, session};
use engine::Event;
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Boolean, CommandFlags, CommandHead, Decimal8, Decimal8Null, OrdType, Side, TimeInForce,
};
use std::collections::BTreeMap;

macro_rules! rules {
    ($($rule:ident)*) => { $(
        #[test]
        fn $rule() {
            check(include_str!(concat!("spec/", stringify!($rule), ".txt")));
        }
    )* };
}

rules! {
    price_first_then_age
    an_order_that_may_not_rest_ends_at_once
    a_replace_keeps_its_place_only_when_it_asks_for_less
    a_replace_that_crosses_trades
    a_replace_is_refused_with_its_reason
    a_cancel_is_refused_with_its_reason
    a_new_order_is_rejected_with_its_reason
    a_full_venue_says_so_and_still_cancels
    a_cl_ord_id_is_used_once_until_it_is_forgotten
    a_possible_resend_is_answered_and_never_executed_again
    a_status_request_tells_the_state
    day_orders_expire_at_the_end_of_the_day
    the_average_price_is_rounded_half_to_even
    orders_are_cancelled_after_a_disconnect_only_if_asked_for
}

fn check(script: &str) {
    let mut play = Play::new("");
    for (at, line) in script.lines().enumerate() {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        if let Some(options) = line.strip_prefix("venue") {
            play.rig.check_replay();
            play = Play::new(options);
            continue;
        }
        let (action, wanted) = line.split_once("->").unwrap_or((line, ""));
        let wanted: Vec<_> =
            wanted.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        let mut told = play.act(action.trim());
        told.retain(|word| !word.starts_with("close ")); // Connections are `session.rs`'s concern.
        assert_eq!(told, wanted, "line {}: {line}", at + 1);
    }
    play.rig.check_replay();
}

/// A venue and its clients, all logged on.
struct Play {
    rig: Rig,
    clients: Vec<Client>,
    /// Side, instrument and OrderID behind the names of each client.
    orders: BTreeMap<(usize, String), (Side, u32, u64)>,
    names: BTreeMap<u64, String>,
}

#[derive(Clone, Copy)]
struct Client {
    connection: u32,
    number: u64,
}

impl Play {
    fn new(options: &str) -> Self {
        let (mut limits, mut cod, mut grace, mut sessions) = (limits(), false, "0s", 2);
        for option in options.split_whitespace() {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            match key {
                "orders" => limits.orders_max = value.parse().unwrap(),
                "pages" => limits.pages_max = value.parse().unwrap(),
                "kept" => limits.finished_kept = value.parse().unwrap(),
                "sessions" => sessions = value.parse().unwrap(),
                "grace" => grace = value,
                "cod" => cod = true,
                _ => panic!("venue {option}"),
            }
        }
        limits.sessions_max = sessions;
        let grace_ms = (ns(grace) / 1_000_000) as u32;
        let defined: Vec<_> = (1..=sessions as u32).map(|s| session(s, cod, grace_ms)).collect();
        let clients = vec![Client { connection: 0, number: 1 }; sessions];
        let (orders, names) = (BTreeMap::new(), BTreeMap::new());
        let mut play = Self { rig: Rig::new(limits, &defined), clients, orders, names };
        for client in 0..sessions {
            assert_eq!(play.log_on(client, false), ["logon hb=30"]);
        }
        play
    }

    /// Does what a line says; tells what it caused.
    fn act(&mut self, action: &str) -> Vec<String> {
        let (client, action) = match action.split_once(": ") {
            Some((client, action)) => (client.strip_prefix('s').unwrap().parse().unwrap(), action),
            None => (1usize, action),
        };
        let client = client - 1;
        let (flags, action) = match action.strip_prefix("resend ") {
            Some(action) => (CommandFlags::POSS_RESEND, action),
            None => (CommandFlags::EMPTY, action),
        };
        let action: Vec<_> = action.split_whitespace().collect();
        let rest = &action[1..];
        let events = match action[0] {
            "~" => {
                self.rig.now += ns(rest[0]);
                return Vec::new();
            }
            "book" => return self.book(rest),
            "logon" => return self.log_on(client, rest == ["cod"]),
            "tick" => self.rig.send(&j::Tick::ZERO),
            "disconnect" => {
                let head = self.head(client, flags);
                self.rig.send(&disconnected(head))
            }
            "buy" => self.new_order(client, flags, Side::Buy, rest),
            "sell" => self.new_order(client, flags, Side::Sell, rest),
            "cancel" => self.cancel(client, flags, rest),
            "replace" => self.replace(client, flags, rest),
            "status" => self.status(client, flags, rest),
            other => panic!("{other}"),
        };
        self.remember(&events);
        words(&events).into_iter().map(|(words, _)| words).collect()
    }

    fn head(&self, client: usize, flags: CommandFlags) -> CommandHead {
        let Client { connection, number } = self.clients[client];
        CommandHead { flags, ..head(client as u32 + 1, conn(client as u16, connection), number) }
    }

    /// The head of a message that counts.
    fn next_head(&mut self, client: usize, flags: CommandFlags) -> CommandHead {
        let head = self.head(client, flags);
        self.clients[client].number += 1;
        head
    }

    fn log_on(&mut self, client: usize, cod: bool) -> Vec<String> {
        self.clients[client].connection += 1;
        let mut logon = logon(self.next_head(client, CommandFlags::EMPTY), 30);
        logon.cancel_on_disconnect = if cod { Boolean::True } else { Boolean::False }.into();
        words(&self.rig.send(&logon)).into_iter().map(|(words, _)| words).collect()
    }

    /// `A 10 @ 100 ioc of BTC`, `A 10 market fok`
    fn new_order(
        &mut self,
        client: usize,
        flags: CommandFlags,
        side: Side,
        rest: &[&str],
    ) -> Vec<Event> {
        let terms = Terms::of(&rest[2..]);
        let mut new = order(self.next_head(client, flags), rest[0], side, rest[1], "1");
        new.instrument = terms.instrument.into();
        new.symbol = fill_text(terms.symbol.as_bytes()).unwrap();
        new.ord_type = terms.ord_type.into();
        new.time_in_force = terms.time_in_force.into();
        new.unsupported = terms.unsupported.into();
        new.price = terms.price;
        self.rig.send(&new)
    }

    /// The order that a name of this client, or `#name` of any client, means.
    fn target(&self, client: usize, text: &str) -> (Side, u32, u64, String) {
        let known = match text.strip_prefix('#') {
            None => self.orders.get(&(client, text.to_string())).map(|o| (o.0, o.1, 0)),
            Some(text) => {
                let anybody = self.orders.iter().find(|((_, name), _)| name == text);
                anybody.map(|(_, order)| *order)
            }
        };
        let (side, instrument, id) = known.unwrap_or((Side::Buy, 1, 0));
        (side, instrument, id, if id == 0 { text.into() } else { "?".into() })
    }

    /// `A as C`, `#A as C`, `A as C of BTC`, `A as C side sell`
    fn cancel(&mut self, client: usize, flags: CommandFlags, rest: &[&str]) -> Vec<Event> {
        let (mut side, mut instrument, order_id, orig) = self.target(client, rest[0]);
        assert_eq!(rest[1], "as");
        match rest.get(3..) {
            Some(["of", symbol]) => instrument = instrument_of(symbol),
            Some(["side", "sell"]) => side = Side::Sell,
            other => assert!(other.is_some_and(<[_]>::is_empty), "{rest:?}"),
        }
        let mut message = cancel(self.next_head(client, flags), rest[2], &orig, side);
        (message.instrument, message.order_id) = (instrument.into(), order_id.into());
        self.rig.send(&message)
    }

    /// `A as A2 5 @ 100`
    fn replace(&mut self, client: usize, flags: CommandFlags, rest: &[&str]) -> Vec<Event> {
        let (side, instrument, order_id, orig) = self.target(client, rest[0]);
        assert_eq!(rest[1], "as");
        let terms = Terms::of(&rest[4..]);
        let head = self.next_head(client, flags);
        let mut message = replace(head, rest[2], &orig, side, rest[3], "1");
        (message.instrument, message.order_id) = (instrument.into(), order_id.into());
        message.ord_type = terms.ord_type.into();
        message.time_in_force = terms.time_in_force.into();
        message.unsupported = terms.unsupported.into();
        message.price = terms.price;
        self.rig.send(&message)
    }

    fn status(&mut self, client: usize, flags: CommandFlags, rest: &[&str]) -> Vec<Event> {
        let (side, instrument, order_id, cl_ord_id) = self.target(client, rest[0]);
        let request = j::OrderStatusRequest {
            head: self.next_head(client, flags),
            cl_ord_id: name(&cl_ord_id),
            order_id: order_id.into(),
            instrument: instrument.into(),
            side: side.into(),
            ..j::OrderStatusRequest::ZERO
        };
        self.rig.send(&request)
    }

    fn remember(&mut self, events: &[Event]) {
        for event in events {
            let (name, side, instrument, id) =
                if let Some(r) = event.get::<oe::ExecutionReportNew>() {
                    (r.cl_ord_id, r.side, r.instrument, r.order_id.get())
                } else if let Some(r) = event.get::<oe::ExecutionReportReplaced>() {
                    (r.cl_ord_id, r.side, r.instrument, r.order_id.get())
                } else {
                    continue;
                };
            let (client, name) = (event.head.session.get() as usize - 1, string(&name));
            self.names.insert(id, name.clone());
            self.orders.insert((client, name), (side.known().unwrap(), instrument.get(), id));
        }
    }

    fn book(&self, rest: &[&str]) -> Vec<String> {
        let at = match rest {
            ["of", symbol] => instrument_of(symbol) as usize - 1,
            _ => 0,
        };
        let i = &self.rig.engine.instruments()[at];
        let line = |(order, shown): (&engine::orders::Order, i64)| {
            let side = if order.side == Side::Buy { "buy" } else { "sell" };
            let qty = decimal(Decimal8::new(i.qty(shown)));
            let price = decimal(Decimal8::new(i.price(order.ticks)));
            format!("{side} {qty} @ {price} {}", self.names[&order.id.0])
        };
        self.rig.engine.resting(at).map(line).collect()
    }
}

/// What stands behind name and quantity.
struct Terms<'a> {
    symbol: &'a str,
    instrument: u32,
    ord_type: OrdType,
    price: Decimal8Null,
    time_in_force: TimeInForce,
    unsupported: Boolean,
}

impl<'a> Terms<'a> {
    fn of(words: &[&'a str]) -> Self {
        let mut terms = Self {
            symbol: "ACME",
            instrument: 1,
            ord_type: OrdType::Limit,
            price: Decimal8Null::NULL,
            time_in_force: TimeInForce::Day,
            unsupported: Boolean::False,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "@" => terms.price = Decimal8Null::new(Some(mantissa(words.next().unwrap()))),
                "market" => terms.ord_type = OrdType::Market,
                "day" => terms.time_in_force = TimeInForce::Day,
                "gtc" => terms.time_in_force = TimeInForce::GoodTillCancel,
                "ioc" => terms.time_in_force = TimeInForce::ImmediateOrCancel,
                "fok" => terms.time_in_force = TimeInForce::FillOrKill,
                "unsupported" => terms.unsupported = Boolean::True,
                "of" => {
                    terms.symbol = words.next().unwrap();
                    terms.instrument = instrument_of(terms.symbol);
                }
                "limit" => {}
                other => panic!("{other}"),
            }
        }
        terms
    }
}

/// 0: unknown.
fn instrument_of(symbol: &str) -> u32 {
    INSTRUMENTS.iter().position(|i| i.0 == symbol).map_or(0, |at| at as u32 + 1)
}

/// `10s`, `8h`
fn ns(text: &str) -> u64 {
    let (count, unit) = text.split_at(text.len() - 1);
    let unit = match unit {
        "s" => NS_PER_S,
        "h" => 3600 * NS_PER_S,
        other => panic!("{other}"),
    };
    count.parse::<u64>().unwrap() * unit
}

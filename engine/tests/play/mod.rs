//! A venue that scripts play with: what a line says is done, and told in words.
//!
//! Lines of clients are here. Next: `setup.rs` (`venue`, `client`), `terms.rs` (the words of an order),
//! `operator.rs` (`instrument`, `operator: …`), `common/words.rs` (what is told).

mod operator;
mod setup;
mod terms;

pub(crate) use setup::Setup;

use crate::common::commands::{
    cancel, conn, disconnected, head, logon, mass_quote, name, order, replace,
};
use crate::common::words::{auction_words, book_words, decimal, mantissa, string, words};
use crate::common::{Rig, instruments};
use engine::Event;
use engine::book::Kind;
use engine::orders::Order;
use sbe_schemas::header::{Message, fill_text, text};
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{Boolean, CommandFlags, CommandHead, Decimal8, Decimal8Null, Side};
use std::collections::{BTreeMap, BTreeSet};
use terms::{Terms, ns, side_word};

/// A venue and its clients, all logged on.
pub(crate) struct Play {
    pub(crate) rig: Rig,
    /// Reasons and causes told so far: `OrdRejReason Halted`.
    pub(crate) reasons: BTreeSet<String>,
    instruments: Vec<j::InstrumentDefine>,
    clients: Vec<Client>,
    /// Side, instrument and OrderID behind the names of each client.
    orders: BTreeMap<(usize, String), (Side, u32, u64)>,
    names: BTreeMap<u64, String>,
    feed: bool,
}

#[derive(Clone, Copy)]
struct Client {
    connection: u32,
    number: u64,
}

impl Play {
    pub(crate) fn new(setup: &Setup) -> Self {
        let clients = vec![Client { connection: 0, number: 1 }; setup.clients.len()];
        let (orders, names) = (BTreeMap::new(), BTreeMap::new());
        let rig = Rig::new(setup.limits, &setup.clients);
        let (feed, reasons) = (setup.feed, BTreeSet::new());
        let instruments = instruments();
        let mut play = Self { rig, reasons, instruments, clients, orders, names, feed };
        for client in 0..setup.clients.len() {
            let events = play.log_on(client, &[]);
            assert_eq!(play.told(&events), ["logon hb=30"]);
        }
        play
    }

    /// Does what a line says; tells what it caused.
    pub(crate) fn act(&mut self, line: &str) -> Vec<String> {
        let events = match line.split_once(": ") {
            Some(("operator", line)) => self.operate(line),
            Some((client, line)) => {
                let client: usize = client.strip_prefix('s').unwrap().parse().unwrap();
                self.client_acts(client - 1, line)
            }
            None => {
                let words: Vec<_> = line.split_whitespace().collect();
                match words[0] {
                    "~" => {
                        self.rig.now += ns(words[1]);
                        Vec::new()
                    }
                    "days" => {
                        let days = words[1].parse().unwrap();
                        (0..days).flat_map(|_| self.next_day()).collect()
                    }
                    "book" => return self.book(&words[1..]),
                    "balance" => return vec![self.balance(words[1], words[2])],
                    "instrument" => self.instrument(&words[1..]),
                    "tick" => self.rig.send(&j::Tick::ZERO),
                    _ => self.client_acts(0, line),
                }
            }
        };
        assert!(self.rig.engine.risk().sums_to_zero(), "money came from nowhere");
        self.told(&events)
    }

    fn next_day(&mut self) -> Vec<Event> {
        self.rig.now += ns("24h");
        self.rig.send(&j::Tick::ZERO)
    }

    fn client_acts(&mut self, client: usize, line: &str) -> Vec<Event> {
        let (flags, line) = match line.strip_prefix("resend ") {
            Some(line) => (CommandFlags::POSS_RESEND, line),
            None => (CommandFlags::EMPTY, line),
        };
        let words: Vec<_> = line.split_whitespace().collect();
        let rest = &words[1..];
        match words[0] {
            "logon" => self.log_on(client, rest),
            "logout" => {
                let head = self.next_head(client, flags);
                self.rig.send(&j::Logout { head })
            }
            "heartbeat" => {
                let head = self.next_head(client, flags);
                self.rig.send(&j::Heartbeat { head })
            }
            "disconnect" => {
                let head = self.head(client, flags);
                self.rig.send(&disconnected(head))
            }
            "buy" => self.new_order(client, flags, Side::Buy, rest),
            "sell" => self.new_order(client, flags, Side::Sell, rest),
            "cancel" => self.cancel(client, flags, rest),
            "replace" => self.replace(client, flags, rest),
            "status" => self.status(client, flags, rest),
            "quote" => self.quote(client, rest),
            "unquote" => {
                let instrument = rest.get(1).map_or(0, |symbol| self.instrument_of(symbol)).into();
                let quote_id = rest[0].parse::<u64>().unwrap().into();
                let head = self.next_head(client, flags);
                self.rig.send(&j::QuoteCancel { head, quote_id, instrument })
            }
            "mass" => {
                let action = self.mass_action(&rest[1..]);
                let head = self.next_head(client, flags);
                self.rig.send(&j::MassAction { head, cl_ord_id: name(rest[0]), ..action })
            }
            other => panic!("{other}"),
        }
    }

    /// What the events say, in their order; connections are `session.rs`'s concern.
    fn told(&mut self, events: &[Event]) -> Vec<String> {
        let mut reports = words(events).into_iter().peekable();
        let mut told = Vec::new();
        for event in events {
            self.remember(event);
            let feed = self.feed && event.get::<oe::ExecutionReportNew>().is_none();
            let name = |id: u64| self.names[&id].clone();
            let book = if feed { book_words(event, name) } else { None };
            let public = auction_words(event).or(book);
            told.extend(public.map(|said| said + &self.of_symbol(event.head.session.get())));
            told.extend(reports.next_if(|(_, at)| std::ptr::eq(*at, event)).map(|(said, _)| said));
        }
        told.retain(|said| !said.starts_with("close "));
        told
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

    /// `cod keep dead=5s`
    fn log_on(&mut self, client: usize, words: &[&str]) -> Vec<Event> {
        self.clients[client].connection += 1;
        let mut logon = logon(self.next_head(client, CommandFlags::EMPTY), 30);
        let flag = |word| if words.contains(&word) { Boolean::True } else { Boolean::False };
        logon.cancel_on_disconnect = flag("cod").into();
        logon.keep_on_logout = flag("keep").into();
        let silence = words.iter().find_map(|word| word.strip_prefix("dead="));
        logon.dead_man_ms = silence.map_or(0, |time| (ns(time) / 1_000_000) as u32).into();
        self.rig.send(&logon)
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
        let instrument = self.instrument_of(terms.symbol);
        let mut new = order(self.next_head(client, flags), rest[0], side, rest[1], "1");
        new.instrument = instrument.into();
        new.symbol = fill_text(terms.symbol.as_bytes()).unwrap();
        new.ord_type = terms.ord_type.into();
        new.time_in_force = terms.time_in_force.into();
        new.unsupported = terms.unsupported.into();
        (new.price, new.stop_px) = (terms.price, terms.stop_px);
        (new.display_qty, new.min_qty) = (terms.display_qty, terms.min_qty);
        new.expire_time = match terms.expires_ns {
            None => 0,
            Some(ns) => self.rig.now.checked_add_signed(ns).unwrap(),
        }
        .into();
        new.conditions = terms.conditions;
        new.self_trade = terms.self_trade.into();
        new.account = terms.account;
        (new.party_firm, new.party_user) = (terms.parties.0.into(), terms.parties.1.into());
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
            Some(["of", symbol]) => instrument = self.instrument_of(symbol),
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
        (message.price, message.stop_px) = (terms.price, terms.stop_px);
        message.display_qty = terms.display_qty;
        self.rig.send(&message)
    }

    /// `7 10@99/8@101 1@9/-:BTC post`
    fn quote(&mut self, client: usize, rest: &[&str]) -> Vec<Event> {
        let (entries, terms) = rest[1..].split_at(
            rest[1..].iter().position(|word| !word.contains('/')).unwrap_or(rest.len() - 1),
        );
        let terms = Terms::of(&[&["@", "1"], terms].concat());
        let entries: Vec<_> = entries.iter().map(|entry| self.quote_entry(entry)).collect();
        let block = j::MassQuote {
            head: self.next_head(client, CommandFlags::EMPTY),
            quote_id: rest[0].parse::<u64>().unwrap().into(),
            account: terms.account,
            self_trade: terms.self_trade.into(),
            conditions: terms.conditions,
        };
        self.rig.send_slot(&mass_quote(&block, &entries))
    }

    fn quote_entry(&self, text: &str) -> j::MassQuoteQuotes {
        let (sides, symbol) = text.split_once(':').unwrap_or((text, "ACME"));
        let (bid, offer) = sides.split_once('/').unwrap();
        let side = |text: &str| match text.split_once('@') {
            None => (Decimal8Null::NULL, Decimal8::new(0)),
            Some((qty, price)) => {
                (Decimal8Null::new(Some(mantissa(price))), Decimal8::new(mantissa(qty)))
            }
        };
        let ((bid_price, bid_qty), (offer_price, offer_qty)) = (side(bid), side(offer));
        let instrument = self.instrument_of(symbol).into();
        j::MassQuoteQuotes { instrument, bid_price, bid_qty, offer_price, offer_qty }
    }

    fn status(&mut self, client: usize, flags: CommandFlags, rest: &[&str]) -> Vec<Event> {
        if let ["all", more @ .., "as", request] = rest {
            let instrument = more.first().map_or(0, |number| number.parse::<u32>().unwrap());
            let head = self.next_head(client, flags);
            let mass_status_req_id = name(request);
            let instrument = instrument.into();
            return self.rig.send(&j::OrderMassStatusRequest {
                head,
                mass_status_req_id,
                instrument,
            });
        }
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

    fn remember(&mut self, event: &Event) {
        self.remember_reason(event);
        if let Some(r) = event.get::<oe::QuoteAck>() {
            let client = event.head.session.get() as usize - 1;
            let sides = [(r.bid_order_id, Side::Buy, 'B'), (r.offer_order_id, Side::Sell, 'S')];
            for (id, side, letter) in sides.into_iter().filter(|(id, ..)| id.get() != 0) {
                let name = format!("{}/{}{letter}", r.quote_id, r.instrument);
                self.names.insert(id.get(), name.clone());
                self.orders.insert((client, name), (side, r.instrument.get(), id.get()));
            }
        }
        let (name, side, instrument, id) = if let Some(r) = event.get::<oe::ExecutionReportNew>() {
            (r.cl_ord_id, r.side, r.instrument, r.order_id.get())
        } else if let Some(r) = event.get::<oe::ExecutionReportReplaced>() {
            (r.cl_ord_id, r.side, r.instrument, r.order_id.get())
        } else {
            return;
        };
        let (client, name) = (event.head.session.get() as usize - 1, string(&name));
        self.names.insert(id, name.clone());
        self.orders.insert((client, name), (side.known().unwrap(), instrument.get(), id));
    }

    fn remember_reason(&mut self, event: &Event) {
        let reason = if let Some(r) = event.get::<oe::ExecutionReportRejected>() {
            format!("OrdRejReason {:?}", r.reason.known().unwrap())
        } else if let Some(r) = event.get::<oe::CancelReject>() {
            format!("CxlRejReason {:?}", r.reason.known().unwrap())
        } else if let Some(r) = event.get::<oe::ExecutionReportExpired>() {
            format!("CancelCause {:?}", r.cause.known().unwrap())
        } else if let Some(r) = event.get::<oe::ExecutionReportCanceled>() {
            format!("CancelCause {:?}", r.cause.known().unwrap())
        } else if let Some(r) = event.get::<oe::MassActionReport>() {
            format!("MassRejReason {:?}", r.reason.known().unwrap())
        } else if let Some(r) = event.get::<j::AdminAnswer>() {
            format!("AdminResult {:?}", r.result.known().unwrap())
        } else {
            return;
        };
        self.reasons.insert(reason);
    }

    /// `book`, `book of BTC`: what is shown, best first, oldest first. `book all`: everything that is
    /// open, with what it shows and why it waits.
    fn book(&self, rest: &[&str]) -> Vec<String> {
        let (all, rest) = match rest {
            ["all", rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let at = match rest {
            ["of", symbol] => self.instrument_of(symbol) as usize - 1,
            _ => 0,
        };
        let kinds = [Kind::Shown, Kind::Hidden, Kind::Whole, Kind::Stop, Kind::Waiting];
        let kinds = kinds.into_iter().filter(|kind| all || *kind == Kind::Shown);
        let engine = &self.rig.engine;
        let places = kinds.flat_map(|kind| [(kind, Side::Buy), (kind, Side::Sell)]);
        let line = |(kind, side)| {
            engine.books().walk(at as u32, kind, side).map(move |slot| {
                let shown = engine.books().shown_lots(slot);
                self.order_line(at, engine.order(slot), kind, shown, all)
            })
        };
        places.flat_map(line).collect()
    }

    fn order_line(&self, at: usize, order: &Order, kind: Kind, shown: i64, all: bool) -> String {
        let i = &self.rig.engine.instruments()[at];
        let (qty, open) = (|lots| decimal(Decimal8::new(i.qty(lots))), order.open_lots());
        let price = |ticks| decimal(Decimal8::new(i.price(ticks)));
        let of = if all && shown != open { format!(" of {}", qty(open)) } else { String::new() };
        let why = match kind {
            Kind::Shown => String::new(),
            Kind::Hidden => " hidden".into(),
            Kind::Whole => " aon".into(),
            Kind::Stop => format!(" stop {}", price(order.stop_ticks)),
            Kind::Waiting => " waiting".into(),
        };
        let (side, name) = (side_word(order.side), &self.names[&order.id.0]);
        format!("{side} {}{of} @ {} {name}{why}", qty(shown), price(order.ticks))
    }

    /// `balance 7/MAIN USD -> 90 of 100`: available, all.
    fn balance(&self, account: &str, asset: &str) -> String {
        let (firm, name) = self.account(account);
        let risk = self.rig.engine.risk();
        let account = risk.find_account(firm, &name).expect("an account");
        let balance =
            risk.balance(account, &fill_text(asset.as_bytes()).unwrap()).expect("an asset");
        let text = |value: i128| decimal(Decimal8::new(value.try_into().unwrap()));
        format!("{} of {}", text(balance.available()), text(balance.total))
    }

    fn of_symbol(&self, number: u32) -> String {
        match number {
            1 => String::new(),
            _ => format!(" of {}", string(&self.instruments[number as usize - 1].symbol)),
        }
    }

    /// 0: unknown.
    fn instrument_of(&self, symbol: &str) -> u32 {
        let known = self.instruments.iter().position(|i| text(&i.symbol) == symbol.as_bytes());
        known.map_or(0, |at| at as u32 + 1)
    }
}

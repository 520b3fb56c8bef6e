//! A binary client as one would write it, on the client library: requests at random, and again under their
//! old numbers when a connection ended before the answer, a new version of its session now and then.
//!
//! What comes is looked at twice: here as it is on the wire, and by the library, which hands reports out.

use crate::client::{Client, comp_id, cut, key};
use crate::history::{Got, Told};
use crate::words;
use engine::fake_log::Dice;
use gateway::io::sim::{SimClient, SimNet};
use gateway::sbe::frame::{Frame, Width, next};
use sbe_client::{Heard, Key, MassQuote, Memory, Request, Session, Wants};
use sbe_schemas::header::Message;
use sbe_schemas::header::{fill_text, header, text};
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    CancelOnDisconnectType, Conditions, Decimal8, Decimal8Null, EstablishRejectReason, EventFlags,
    MassActionScope, MassActionType, NegotiateRejectReason, OrdType, RequestHead, Side,
    TerminateReason, TimeInForce,
};
use std::collections::{BTreeMap, BTreeSet};

const UNIT: i64 = 100_000_000;
const ACME: u32 = 1;

/// A request that was sent.
#[derive(Clone, Copy)]
enum Asked {
    New(oe::NewOrder),
    Short(oe::NewOrderShort),
    Replace(oe::CancelReplace),
    Cancel(oe::Cancel),
    MassAction(oe::MassAction),
    Status(oe::OrderStatusRequest),
    MassStatus(oe::MassStatusRequest),
    Instruments(oe::InstrumentListRequest),
    Quotes(Quotes),
    EndQuotes(oe::QuoteCancel),
}

/// Bids and offers of two instruments.
#[derive(Clone, Copy)]
struct Quotes {
    block: oe::MassQuote,
    entries: [oe::MassQuoteQuotes; 2],
}

impl Request for Quotes {
    fn append(&self, head: RequestHead, width: sbe_client::Width, out: &mut Vec<u8>) {
        MassQuote { block: self.block, quotes: &self.entries }.append(head, width, out);
    }
}

enum Link {
    Off { retry_at: u64 },
    On(SimClient),
}

pub struct BinaryClient {
    number: usize,
    listener: u8,
    width: Width,
    link: Link,
    session: Session,
    received: Vec<u8>,
    /// By number: what nobody has answered.
    unanswered: BTreeMap<u64, Asked>,
    /// The highest request that was answered in this version.
    answered: u64,
    /// Names of requests that the venue has said it will not apply.
    not_applied: BTreeSet<String>,
    /// It may have a new version without our knowing it.
    renews: bool,
    /// FinishedSending is out.
    finished: bool,
    /// The rest of a Retransmission: the next number, and how many.
    again: (u64, u32),
    names: u64,
    resting: Vec<[u8; 36]>,
    dice: Dice,
    life: usize,
    told: Told,
}

impl Client for BinaryClient {
    fn begin_life(&mut self, life: usize) {
        self.life = life;
    }

    fn told(&self) -> &Told {
        &self.told
    }

    fn is_on(&self) -> bool {
        matches!(self.link, Link::On(_)) && self.session.is_established() && !self.finished
    }

    fn expects(&self, next_out: u64) -> bool {
        self.session.memory().next_report == next_out && self.unanswered.is_empty()
    }

    fn describe(&self) -> String {
        let (on, waits) = (self.is_on(), self.unanswered.keys());
        format!("{} on: {on}, {:?}, unanswered {waits:?}", self.number, self.session.memory())
    }

    fn lost(&mut self) {
        self.link = Link::Off { retry_at: 0 };
        self.received.clear();
        self.again = (0, 0);
    }

    fn hear(&mut self, now: u64, net: &SimNet) {
        if let Link::On(link) = self.link {
            self.received.extend(net.client_recv(link));
            self.read(now, net);
        }
    }

    fn cut(&mut self, net: &SimNet, dice: &mut Dice) {
        if let Link::On(link) = self.link {
            cut(link, net, dice);
            self.lost();
        }
    }

    fn turn(&mut self, now: u64, net: &SimNet, dice: &mut Dice, trading: bool) {
        match self.link {
            Link::Off { retry_at } => {
                if now >= retry_at
                    && let Some(link) = net.connect(self.listener)
                {
                    self.lost();
                    self.link = Link::On(link);
                    self.open(now, net, trading);
                }
            }
            Link::On(link) => {
                // Sometimes it does not read for a while.
                if !trading || dice.hits(700) {
                    self.hear(now, net);
                }
                if net.client_ended(link).is_some() {
                    self.hear(now, net);
                    self.lost();
                    self.link = Link::Off { retry_at: now + 5_000_000 };
                    return;
                }
                if self.is_on() {
                    if trading && self.dice.hits(300) {
                        self.trade(now, net);
                    }
                    let mut out = Vec::new();
                    self.session.on_time(now, &mut out);
                    self.transmit(net, &out);
                }
            }
        }
    }
}

impl BinaryClient {
    pub fn new(number: usize, listener: u8, width: Width, seed: u64) -> Self {
        Self {
            number,
            listener,
            width,
            link: Link::Off { retry_at: 0 },
            session: session(number, width),
            received: Vec::new(),
            unanswered: BTreeMap::new(),
            answered: 0,
            not_applied: BTreeSet::new(),
            renews: false,
            finished: false,
            again: (0, 0),
            names: 0,
            resting: Vec::new(),
            dice: Dice(seed ^ (number as u64 + 1) << 40),
            life: 0,
            told: Told::default(),
        }
    }

    fn open(&mut self, now: u64, net: &SimNet, trading: bool) {
        let mut out = Vec::new();
        if self.finished || trading && self.dice.hits(30) {
            self.renews = true;
            self.session.negotiate(now, &mut out);
        } else {
            self.session.open(now, &mut out);
        }
        self.transmit(net, &out);
    }

    fn transmit(&mut self, net: &SimNet, bytes: &[u8]) {
        if let Link::On(link) = self.link
            && net.client_send(link, bytes) < bytes.len()
        {
            // The wire is full: a real client would wait; this one gives up and comes again.
            net.client_reset(link);
            self.lost();
        }
    }

    fn read(&mut self, now: u64, net: &SimNet) {
        let mut out = Vec::new();
        loop {
            let version = self.session.memory().version_id;
            let told = self.session.on_bytes(now, &self.received, &mut out);
            let (used, heard) = told.expect("the venue sends nothing else");
            let frame: Vec<u8> = self.received.drain(..used).collect();
            if used > 0 {
                self.look_at(&frame);
            }
            if self.session.memory().version_id != version {
                self.begin_version();
            }
            match heard {
                Some(heard) => self.on_heard(now, heard, &mut out),
                None if used == 0 => break,
                None => {}
            }
        }
        self.transmit(net, &out);
    }

    /// A frame as it is on the wire.
    fn look_at(&mut self, frame: &[u8]) {
        let Frame::Message { message, len } = next(frame, self.width, 65_535) else {
            panic!("no frame: {frame:02x?}")
        };
        assert_eq!(len, frame.len());
        let (next_again, left) = self.again;
        let Some((head, mut text)) = words::of_report(message) else {
            assert_eq!(left, 0, "something else between the reports of a Retransmission");
            if let Ok((announced, ..)) = oe::Retransmission::decode(message) {
                self.again = (announced.next_seq_no.get(), announced.count.get());
            }
            assert!(
                header(message).is_ok_and(|header| oe::name(header.template_id.get()).is_some())
            );
            return;
        };
        let number = head.msg_seq_num.get();
        if left > 0 {
            assert_eq!(number, next_again, "of a Retransmission");
            self.again = (next_again + 1, left - 1);
            text.push_str("43=Y|");
        }
        let version = self.session.memory().version_id;
        self.told.got.push(Got { life: self.life, version, number, text });
    }

    fn begin_version(&mut self) {
        (self.renews, self.finished, self.answered) = (false, false, 0);
        self.unanswered.clear();
        self.not_applied.clear();
    }

    fn on_heard(&mut self, now: u64, heard: Heard, out: &mut Vec<u8>) {
        match heard {
            Heard::Report(report) => {
                let version = self.session.memory().version_id;
                let number = report.head.msg_seq_num.get();
                self.told.known.push((version, number));
                let got = self.told.got.iter().rev().find(|got| got.key() == (version, number));
                let got = got.expect("it has been on the wire").clone();
                self.on_answer(&got, report.head.flags.has(EventFlags::POSS_RESEND));
            }
            Heard::Established { last_taken } => self.ask_again(now, last_taken, out),
            Heard::NegotiateRejected(reason, _) => {
                // Time has passed while it was on its way.
                let late = reason == NegotiateRejectReason::Timestamp;
                assert!(late || reason == NegotiateRejectReason::AlreadyEstablished, "{reason:?}");
            }
            Heard::EstablishRejected(
                EstablishRejectReason::AlreadyEstablished | EstablishRejectReason::Timestamp,
            ) => {}
            Heard::EstablishRejected(reason) => {
                let (renews, finished) = (self.renews, self.finished);
                match reason {
                    EstablishRejectReason::Unnegotiated => assert!(renews, "I1 a version is lost"),
                    EstablishRejectReason::Finished => assert!(finished, "nobody has said so"),
                    _ => panic!("{reason:?}"),
                }
                self.session = session(self.number, self.width);
                self.begin_version();
            }
            Heard::RetransmitRejected(reason) => panic!("{reason:?}"),
            Heard::FinishedReceiving => {
                assert!(self.finished);
                self.session.terminate(now, out);
            }
            Heard::Terminated(reason) => {
                let known = [TerminateReason::KeepaliveLapsed, TerminateReason::Finished];
                assert!(known.contains(&reason), "{reason:?}");
            }
        }
    }

    /// A request that was not taken is sent again under its number, or, rarely, not: then the venue
    /// must say so. Of what was taken some are repeated all the same.
    fn ask_again(&mut self, now: u64, last_taken: u64, out: &mut Vec<u8>) {
        let answered = self.answered;
        assert!(last_taken >= answered, "I1 {answered} was answered, {last_taken} is the last");
        assert!(last_taken < self.session.memory().next_request, "nobody has sent {last_taken}");
        let last = self.unanswered.last_key_value().map_or(0, |(number, _)| *number);
        for (number, asked) in self.unanswered.clone() {
            let chance = if number == last && number > last_taken {
                1000
            } else if number > last_taken {
                700
            } else {
                200
            };
            if self.dice.hits(chance) {
                self.put(now, Some(number), asked, out);
            }
        }
    }

    fn on_answer(&mut self, got: &Got, is_resent_state: bool) {
        let number = |tag| got.field(tag).and_then(|text| text.parse::<u64>().ok());
        let (kind, name) = (got.field("150"), got.field("11").filter(|name| !name.is_empty()));
        if matches!(kind, Some("0" | "5"))
            && let Some(name) = name
        {
            assert!(!self.not_applied.contains(name), "told not to be applied: {}", got.text);
        }
        let of_status = kind == Some("I") && !is_resent_state
            || got.field("35") == Some(oe::StatusUnknownOrder::NAME);
        let list = got.field("584");
        let gap = number("7").zip(number("16"));
        let answers = |(number, asked): (&u64, &Asked)| {
            if let Some((from, to)) = gap {
                return (from..=to).contains(number);
            }
            if let Some(refused) = got.field("45") {
                return refused == number.to_string();
            }
            let named = name.is_some() && name == asked.name().as_deref();
            match asked {
                Asked::Status(_) => of_status && named && list.is_none(),
                Asked::MassStatus(_) => {
                    list == asked.name().as_deref() && got.field("912") == Some("Y")
                }
                Asked::Instruments(m) => {
                    got.field("320").is_some_and(|it| it == m.request_id.to_string())
                }
                Asked::Quotes(Quotes { block, .. }) => {
                    got.field("117").is_some_and(|it| it == block.quote_id.to_string())
                }
                Asked::EndQuotes(m) => {
                    got.field("117").is_some_and(|it| it == m.quote_id.to_string())
                }
                _ => named && !of_status,
            }
        };
        let mut all: Vec<u64> =
            self.unanswered.iter().filter(|one| answers(*one)).map(|(number, _)| *number).collect();
        if of_status {
            all.truncate(1); // The same may have been asked twice.
        }
        for number in all {
            let asked = self.unanswered.remove(&number).expect("it was found");
            if gap.is_some() {
                self.not_applied.extend(asked.new_name());
            } else {
                self.answered = self.answered.max(number);
            }
        }
    }

    fn send(&mut self, now: u64, net: &SimNet, asked: Asked) {
        let mut out = Vec::new();
        self.put(now, None, asked, &mut out);
        self.transmit(net, &out);
    }

    /// Under its old number, or a new one.
    fn put(&mut self, now: u64, number: Option<u64>, asked: Asked, out: &mut Vec<u8>) {
        macro_rules! put {
            ($($kind:ident)*) => {
                match (asked, number) {
                    $((Asked::$kind(m), Some(number)) => {
                        self.session.repeat(now, number, m, out);
                        number
                    })*
                    $((Asked::$kind(m), None) => self.session.send(now, m, out),)*
                }
            };
        }
        let number = put!(New Short Replace Cancel MassAction Status MassStatus Instruments Quotes EndQuotes);
        self.unanswered.insert(number, asked);
    }

    fn trade(&mut self, now: u64, net: &SimNet) {
        let asked = match self.dice.below(20) {
            0..=7 => self.new_order(),
            8..=10 => self.short(),
            11 | 12 if !self.resting.is_empty() => self.cancel(),
            13 | 14 if !self.resting.is_empty() => self.replace(),
            15 if !self.resting.is_empty() => {
                let at = self.dice.below(self.resting.len() as u64) as usize;
                Asked::Status(oe::OrderStatusRequest {
                    cl_ord_id: self.resting[at],
                    instrument: ACME.into(),
                    side: Side::Buy.into(),
                    ..oe::OrderStatusRequest::ZERO
                })
            }
            16 => Asked::MassStatus(oe::MassStatusRequest {
                mass_status_req_id: self.new_name(),
                ..oe::MassStatusRequest::ZERO
            }),
            17 if self.dice.hits(300) => Asked::Instruments(oe::InstrumentListRequest {
                request_id: {
                    self.names += 1;
                    self.names
                }
                .into(),
                ..oe::InstrumentListRequest::ZERO
            }),
            18 if self.dice.hits(300) => self.mass_action(),
            18 => self.quotes(),
            19 if self.dice.hits(100) => return self.leave(now, net),
            // Something that is refused, with a number: no such side, no such instrument, no quantity.
            _ => {
                let Asked::New(order) = self.new_order() else { unreachable!("it is one") };
                Asked::New(match self.dice.below(3) {
                    0 => oe::NewOrder { side: oe::NewOrder::ZERO.side, ..order },
                    1 => oe::NewOrder { instrument: 99.into(), ..order },
                    _ => oe::NewOrder { order_qty: Decimal8::new(0), ..order },
                })
            }
        };
        self.send(now, net, asked);
    }

    /// Says that it goes, for now or for this version.
    fn leave(&mut self, now: u64, net: &SimNet) {
        let mut out = Vec::new();
        if self.dice.hits(500) {
            self.session.terminate(now, &mut out);
        } else {
            self.finished = true;
            self.session.finish(now, &mut out);
        }
        self.transmit(net, &out);
    }

    fn new_name(&mut self) -> [u8; 36] {
        self.names += 1;
        fill_text(format!("{}-{}", self.number, self.names).as_bytes()).expect("short")
    }

    fn side(&mut self) -> Side {
        if self.dice.hits(500) { Side::Buy } else { Side::Sell }
    }

    fn price(&mut self) -> Decimal8Null {
        Decimal8Null::new(Some(10 * UNIT + self.dice.below(10) as i64 * UNIT / 100))
    }

    fn quantity(&mut self) -> Decimal8 {
        Decimal8::new((1 + self.dice.below(20)) as i64 * UNIT)
    }

    fn new_order(&mut self) -> Asked {
        let tifs = [
            TimeInForce::Day,
            TimeInForce::GoodTillCancel,
            TimeInForce::ImmediateOrCancel,
            TimeInForce::FillOrKill,
        ];
        let instrument = if self.dice.hits(800) { ACME } else { 2 };
        let mut order = oe::NewOrder {
            cl_ord_id: self.new_name(),
            instrument: instrument.into(),
            side: self.side().into(),
            ord_type: OrdType::Limit.into(),
            time_in_force: tifs[self.dice.below(4) as usize].into(),
            price: self.price(),
            order_qty: self.quantity(),
            stop_px: Decimal8Null::new(None),
            display_qty: Decimal8Null::new(None),
            min_qty: Decimal8Null::new(None),
            ..oe::NewOrder::ZERO
        };
        match self.dice.below(10) {
            0 => order.display_qty = Decimal8Null::new(Some(UNIT)),
            1 => order.display_qty = Decimal8Null::new(Some(0)),
            2 => order.conditions = Conditions::POST_ONLY,
            3 => order.conditions = Conditions::ALL_OR_NONE,
            4 => (order.ord_type, order.stop_px) = (OrdType::StopLimit.into(), order.price),
            _ => {}
        }
        if instrument == ACME {
            self.resting.push(order.cl_ord_id);
        }
        Asked::New(order)
    }

    fn short(&mut self) -> Asked {
        self.names += 1;
        // Unlike any name of the others.
        let name = (self.number as u64 + 1) * 1_000_000_000 + self.names;
        let tif = [TimeInForce::Day, TimeInForce::ImmediateOrCancel][self.dice.below(2) as usize];
        self.resting.push(fill_text(name.to_string().as_bytes()).expect("short"));
        Asked::Short(oe::NewOrderShort {
            cl_ord_id: name.into(),
            price: self.price(),
            order_qty: self.quantity(),
            instrument: ACME.into(),
            side: self.side().into(),
            time_in_force: tif.into(),
            ..oe::NewOrderShort::ZERO
        })
    }

    fn cancel(&mut self) -> Asked {
        let at = self.dice.below(self.resting.len() as u64) as usize;
        let orig_cl_ord_id = self.resting.swap_remove(at);
        Asked::Cancel(oe::Cancel {
            cl_ord_id: self.new_name(),
            orig_cl_ord_id,
            instrument: ACME.into(),
            side: self.side().into(),
            ..oe::Cancel::ZERO
        })
    }

    fn replace(&mut self) -> Asked {
        let at = self.dice.below(self.resting.len() as u64) as usize;
        let cl_ord_id = self.new_name();
        let orig_cl_ord_id = std::mem::replace(&mut self.resting[at], cl_ord_id);
        Asked::Replace(oe::CancelReplace {
            cl_ord_id,
            orig_cl_ord_id,
            instrument: ACME.into(),
            side: self.side().into(),
            ord_type: OrdType::Limit.into(),
            time_in_force: TimeInForce::GoodTillCancel.into(),
            price: self.price(),
            order_qty: self.quantity(),
            stop_px: Decimal8Null::new(None),
            display_qty: Decimal8Null::new(None),
            ..oe::CancelReplace::ZERO
        })
    }

    fn quotes(&mut self) -> Asked {
        self.names += 1;
        let quote_id = self.names.into();
        if self.dice.hits(150) {
            return Asked::EndQuotes(oe::QuoteCancel { quote_id, ..oe::QuoteCancel::ZERO });
        }
        let mut entry = |instrument: u32| {
            let bid = 10 * UNIT + self.dice.below(6) as i64 * UNIT / 100;
            let offer = bid + self.dice.below(4) as i64 * UNIT / 100;
            oe::MassQuoteQuotes {
                instrument: instrument.into(),
                bid_price: Decimal8Null::new((!self.dice.hits(150)).then_some(bid)),
                bid_qty: self.quantity(),
                offer_price: Decimal8Null::new((!self.dice.hits(150)).then_some(offer)),
                offer_qty: self.quantity(),
            }
        };
        let entries = [entry(ACME), entry(2)];
        Asked::Quotes(Quotes { block: oe::MassQuote { quote_id, ..oe::MassQuote::ZERO }, entries })
    }

    fn mass_action(&mut self) -> Asked {
        let actions = [MassActionType::Cancel, MassActionType::Kill, MassActionType::Unblock];
        Asked::MassAction(oe::MassAction {
            cl_ord_id: self.new_name(),
            action: actions[self.dice.below(3) as usize].into(),
            scope: MassActionScope::Session.into(),
            ..oe::MassAction::ZERO
        })
    }
}

impl Asked {
    fn name(&self) -> Option<String> {
        let name = match self {
            Self::New(m) => m.cl_ord_id,
            Self::Short(m) => return Some(m.cl_ord_id.to_string()),
            Self::Replace(m) => m.cl_ord_id,
            Self::Cancel(m) => m.cl_ord_id,
            Self::MassAction(m) => m.cl_ord_id,
            Self::Status(m) => m.cl_ord_id,
            Self::MassStatus(m) => m.mass_status_req_id,
            Self::Instruments(_) | Self::Quotes(_) | Self::EndQuotes(_) => return None,
        };
        Some(String::from_utf8_lossy(text(&name)).into_owned())
    }

    /// The ClOrdID that it would give to an order.
    fn new_name(&self) -> Option<String> {
        matches!(self, Self::New(_) | Self::Short(_) | Self::Replace(_)).then(|| self.name())?
    }
}

fn session(number: usize, width: Width) -> Session {
    let wants = Wants {
        cancel_on_disconnect: match width {
            Width::Narrow => CancelOnDisconnectType::Never,
            Width::Wide => CancelOnDisconnectType::Both,
        },
        cancel_window_ms: 3,
        ..Wants::default()
    };
    let width = match width {
        Width::Narrow => sbe_client::Width::Narrow,
        Width::Wide => sbe_client::Width::Wide,
    };
    Session::new(&comp_id(number), Key::Hmac(key(number)), width, wants, Memory::default())
}

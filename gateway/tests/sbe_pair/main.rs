//! The client library and a venue, in memory: whatever is cut when, the client sees each report exactly once and
//! in order, and each of its requests is executed exactly once.
//!
//! `venue.rs` is the real connection and engine with a wire that moves as many bytes as it is told to. A play is
//! a list of [`Op`]s that proptest draws and, if it fails, makes shorter.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

mod venue;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sbe_client::{Heard, Key, Memory, Session, Wants, Width};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Decimal8, Decimal8Null, EstablishRejectReason, NegotiateRejectReason, OrdType,
    RetransmitRejectReason, Side, TerminateReason, TimeInForce,
};
use std::collections::BTreeMap;
use std::panic::catch_unwind;
use venue::{CLIENT, Venue, frame};

const NOW_NS: u64 = 1_767_346_200_000_000_000;
const MS: u64 = 1_000_000;

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Op {
    Order {
        buys: bool,
    },
    Cancel,
    Up(usize),
    Down(usize),
    Pump,
    OtherTrades {
        buys: bool,
    },
    CutUp,
    CutDown,
    /// A new connection; perhaps for a new version.
    Connect {
        renews: bool,
    },
    Notice,
    Pass(u64),
    Terminate,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => any::<bool>().prop_map(|buys| Op::Order { buys }),
        2 => Just(Op::Cancel),
        8 => (1..400_usize).prop_map(Op::Up),
        8 => (1..900_usize).prop_map(Op::Down),
        6 => Just(Op::Pump),
        4 => any::<bool>().prop_map(|buys| Op::OtherTrades { buys }),
        1 => Just(Op::CutUp),
        1 => Just(Op::CutDown),
        2 => prop::bool::weighted(0.1).prop_map(|renews| Op::Connect { renews }),
        2 => Just(Op::Notice),
        2 => (1..4_000_u64).prop_map(Op::Pass),
        1 => Just(Op::Terminate),
    ]
}

#[derive(Clone, Copy)]
enum Asked {
    New(oe::NewOrder),
    Cancel(oe::Cancel),
}

struct Pair {
    venue: Venue,
    session: Session,
    received: Vec<u8>,
    /// Requests of this version, by number.
    asked: BTreeMap<u64, Asked>,
    orders: u64,
    /// Reports of this version, in the order in which they were handed out.
    heard: Vec<sbe_client::Report>,
    ended: bool,
    fault: Option<Fault>,
    played: Played,
}

/// What is planted, and must be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The client repeats requests under new numbers.
    NewNumbers,
    /// The client does not repeat requests.
    NoRepeats,
    /// The client begins a connection as if it had nothing yet.
    Forgets,
    /// A byte is lost on its way, and nobody knows.
    LostReport,
}

/// How much of what was played.
#[derive(Clone, Copy, Debug, Default)]
struct Played {
    reports: usize,
    retransmissions: usize,
    repeated: usize,
    versions: usize,
    refused: usize,
}

impl std::ops::AddAssign for Played {
    fn add_assign(&mut self, other: Self) {
        self.reports += other.reports;
        self.retransmissions += other.retransmissions;
        self.repeated += other.repeated;
        self.versions += other.versions;
        self.refused += other.refused;
    }
}

impl Pair {
    fn new(fault: Option<Fault>) -> Self {
        let mut pair = Self {
            venue: Venue::new(NOW_NS),
            session: session(Memory::default()),
            received: Vec::new(),
            asked: BTreeMap::new(),
            orders: 0,
            heard: Vec::new(),
            ended: true,
            fault,
            played: Played::default(),
        };
        pair.connect(false);
        pair
    }

    fn play(&mut self, op: Op) {
        match op {
            Op::Order { buys } if self.session.is_established() => self.order(buys),
            Op::Cancel if self.session.is_established() && self.orders > 0 => self.cancel(),
            Op::Order { .. } | Op::Cancel => {}
            Op::Up(bytes) => self.venue.hear(bytes),
            Op::Down(bytes) => self.hear(bytes),
            Op::Pump => self.venue.pump(),
            Op::OtherTrades { buys } => {
                self.venue.other_trades(if buys { Side::Buy } else { Side::Sell });
            }
            Op::CutUp => self.venue.up.cut(),
            Op::CutDown => self.venue.down.cut(),
            Op::Connect { renews } => self.connect(renews),
            Op::Notice => self.venue.notice(),
            Op::Pass(ms) => {
                self.venue.pass(ms * MS);
                let mut out = Vec::new();
                self.session.on_time(self.venue.now, &mut out);
                self.venue.up.send(&out);
            }
            Op::Terminate if self.session.is_established() => {
                let mut out = Vec::new();
                self.session.terminate(self.venue.now, &mut out);
                self.venue.up.send(&out);
            }
            Op::Terminate => {}
        }
    }

    fn connect(&mut self, renews: bool) {
        self.venue.pass(MS); // Timestamps must rise.
        self.venue.connect();
        self.received.clear();
        if self.fault == Some(Fault::Forgets) {
            self.session = session(Memory { next_report: 1, ..self.session.memory() });
        }
        self.ended = false;
        let mut out = Vec::new();
        if renews {
            self.session.negotiate(self.venue.now, &mut out);
        } else {
            self.session.open(self.venue.now, &mut out);
        }
        self.venue.up.send(&out);
    }

    fn order(&mut self, buys: bool) {
        self.orders += 1;
        let order = oe::NewOrder {
            cl_ord_id: name(self.orders),
            instrument: 1.into(),
            side: if buys { Side::Buy } else { Side::Sell }.into(),
            ord_type: OrdType::Limit.into(),
            time_in_force: TimeInForce::Day.into(),
            price: Decimal8Null::new(Some(10 * 100_000_000)),
            order_qty: Decimal8::new(500_000_000),
            stop_px: Decimal8Null::NULL,
            display_qty: Decimal8Null::NULL,
            min_qty: Decimal8Null::NULL,
            ..oe::NewOrder::ZERO
        };
        self.send(None, Asked::New(order));
    }

    fn cancel(&mut self) {
        let orig_cl_ord_id = name(self.orders);
        self.orders += 1;
        let cancel = oe::Cancel {
            cl_ord_id: name(self.orders),
            orig_cl_ord_id,
            instrument: 1.into(),
            side: Side::Buy.into(),
            ..oe::Cancel::ZERO
        };
        self.send(None, Asked::Cancel(cancel));
    }

    fn send(&mut self, number: Option<u64>, asked: Asked) {
        let (now, mut out) = (self.venue.now, Vec::new());
        let sent = match (number, asked) {
            (None, Asked::New(m)) => self.session.send(now, m, &mut out),
            (None, Asked::Cancel(m)) => self.session.send(now, m, &mut out),
            (Some(number), Asked::New(m)) => {
                self.session.repeat(now, number, m, &mut out);
                number
            }
            (Some(number), Asked::Cancel(m)) => {
                self.session.repeat(now, number, m, &mut out);
                number
            }
        };
        self.asked.insert(sent, asked);
        self.venue.up.send(&out);
    }

    fn hear(&mut self, bytes: usize) {
        if self.fault == Some(Fault::LostReport) {
            self.lose_a_report();
        }
        let bytes = bytes.min(self.venue.down.bytes.len());
        self.received.extend(self.venue.down.bytes.drain(..bytes));
        loop {
            let (mut out, version) = (Vec::new(), self.session.memory().version_id);
            let told = self.session.on_bytes(self.venue.now, &self.received, &mut out);
            let (used, heard) = told.expect("the venue sends nothing else");
            let template = self.received.get(6).filter(|_| used > 0).map(|byte| u16::from(*byte));
            self.played.retransmissions +=
                usize::from(template == Some(oe::Retransmission::TEMPLATE_ID));
            self.received.drain(..used);
            self.venue.up.send(&out);
            if self.session.memory().version_id != version {
                self.begin_version();
            }
            match heard {
                Some(heard) => self.on_heard(heard),
                None if used == 0 => return,
                None => {}
            }
        }
    }

    fn lose_a_report(&mut self) {
        let down = &mut self.venue.down.bytes;
        let is_report = down.get(6).is_some_and(|template| *template >= 40);
        if self.received.is_empty() && is_report {
            let length = usize::from(down[0]) | usize::from(down[1]) << 8;
            down.drain(..length.min(down.len()));
        }
    }

    fn begin_version(&mut self) {
        self.played.versions += 1;
        self.asked.clear();
        self.heard.clear();
    }

    fn on_heard(&mut self, heard: Heard) {
        match heard {
            Heard::Report(report) => {
                let number = self.heard.len() as u64 + 1;
                assert_eq!(report.head.msg_seq_num.get(), number, "once, and in order");
                self.heard.push(report);
                self.played.reports += 1;
            }
            Heard::Established { last_taken } => {
                for (number, asked) in self.asked.clone().range(last_taken + 1..) {
                    self.played.repeated += 1;
                    match self.fault {
                        Some(Fault::NoRepeats) => {}
                        Some(Fault::NewNumbers) => self.send(None, *asked),
                        _ => self.send(Some(*number), *asked),
                    }
                }
            }
            Heard::NegotiateRejected(reason, _) => {
                assert_eq!(reason, NegotiateRejectReason::AlreadyEstablished);
                self.ended = true;
            }
            Heard::EstablishRejected(EstablishRejectReason::Unnegotiated) => {
                // The answer to our Negotiate was lost.
                self.session = session(Memory::default());
                self.ended = true;
            }
            Heard::EstablishRejected(reason) => {
                assert_eq!(reason, EstablishRejectReason::AlreadyEstablished);
                (self.ended, self.played.refused) = (true, self.played.refused + 1);
            }
            Heard::Terminated(reason) => {
                let known = [TerminateReason::Finished, TerminateReason::KeepaliveLapsed];
                assert!(known.contains(&reason), "{reason:?}");
                self.ended = true;
            }
            Heard::RetransmitRejected(_) | Heard::FinishedReceiving => panic!("{heard:?}"),
        }
    }

    /// Connections that are not cut any more: the client comes to know everything.
    fn settle(&mut self) {
        for _ in 0..10 {
            self.venue.notice();
            self.connect(false);
            for _ in 0..100 {
                self.venue.notice();
                self.venue.hear(usize::MAX);
                self.venue.pump();
                self.hear(usize::MAX);
            }
            if self.session.is_established() && !self.ended {
                return;
            }
        }
        panic!("it never settles: {:?} of {:?}", self.session.memory(), self.venue.next_report());
    }

    fn judge(&self) {
        let (generation, next) = self.venue.next_report();
        let outbox = self.venue.outbox.range((generation, 1)..(generation, next));
        let outbox: Vec<_> = outbox.map(|(_, event)| event).collect();
        assert_eq!(outbox.len(), self.heard.len());
        for (event, report) in outbox.iter().zip(&self.heard) {
            let wire = frame(event);
            assert_eq!(wire[6..8], report.template_id().to_le_bytes());
            assert_eq!(event.head.seq, report.head.seq);
            assert_eq!(event.head.time, report.head.time);
        }
        for asked in self.asked.values() {
            self.is_answered_once(asked);
        }
    }

    /// What was never executed was never sent; what was sent is executed once.
    fn is_answered_once(&self, asked: &Asked) {
        let of = |report: &&sbe_client::Report| match asked {
            Asked::New(m) => {
                report.get::<oe::ExecutionReportNew>().is_some_and(|r| r.cl_ord_id == m.cl_ord_id)
            }
            Asked::Cancel(m) => {
                report.get::<oe::CancelReject>().is_some_and(|r| r.cl_ord_id == m.cl_ord_id)
                    || report
                        .get::<oe::ExecutionReportCanceled>()
                        .is_some_and(|r| r.cl_ord_id == m.cl_ord_id)
            }
        };
        let answers = self.heard.iter().filter(of).count();
        assert_eq!(answers, 1, "of a request in {} reports", self.heard.len());
    }
}

fn name(number: u64) -> [u8; 36] {
    fill_text(format!("n{number}").as_bytes()).expect("short")
}

fn session(memory: Memory) -> Session {
    let key = Key::Hmac(b"whatever".to_vec());
    Session::new(CLIENT, key, Width::Narrow, Wants::default(), memory)
}

fn play(ops: &[Op], fault: Option<Fault>) -> Played {
    let mut pair = Pair::new(fault);
    // Negotiate and Establish, so that more is played than beginnings.
    [Op::Up(1000), Op::Down(1000)].repeat(2).iter().for_each(|op| pair.play(*op));
    ops.iter().for_each(|op| pair.play(*op));
    pair.settle();
    pair.judge();
    pair.played
}

fn plays() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), 1..150)
}

/// The same ones every time.
fn some_plays(count: usize) -> Vec<Vec<Op>> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| plays().new_tree(&mut runner).expect("a play").current()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn each_report_is_seen_once_and_in_order(ops in plays()) {
        play(&ops, None);
    }
}

#[test]
fn enough_is_played() {
    let mut all = Played::default();
    some_plays(1000).iter().for_each(|ops| all += play(ops, None));
    let Played { reports, retransmissions, repeated, versions, refused } = all;
    let least = [reports, retransmissions, repeated, versions, refused].into_iter().min();
    assert!(least > Some(300), "{all:?}");
}

#[test]
fn planted_faults_are_found() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let plays = some_plays(300);
    let finds = |fault| plays.iter().any(|ops| catch_unwind(|| play(ops, Some(fault))).is_err());
    let all = [Fault::NewNumbers, Fault::NoRepeats, Fault::Forgets, Fault::LostReport];
    let missed: Vec<_> = all.into_iter().filter(|fault| !finds(*fault)).collect();
    std::panic::set_hook(usual);
    assert!(missed.is_empty(), "not found: {missed:?}");
}

/// More is missing than one request may ask for: one request after the other.
#[test]
fn a_request_that_was_refused_is_made_again() {
    let mut session = session(Memory { version_id: 1, ..Memory::default() });
    let mut out = Vec::new();
    session.open(NOW_NS, &mut out);
    let mut asked = |bytes: Vec<u8>| {
        let mut out = Vec::new();
        let (used, _) = session.on_bytes(NOW_NS, &bytes, &mut out).expect("the venue's");
        assert_eq!(used, bytes.len());
        let message = out.get(4..)?;
        let (asked, ..) = oe::RetransmitRequest::decode(message).expect("nothing else is said");
        Some((asked.from_seq_no.get(), asked.count.get()))
    };
    let ack = oe::EstablishAck { next_seq_no: 2001.into(), ..oe::EstablishAck::ZERO };
    let sequence = oe::Sequence { next_seq_no: 2001.into(), ..oe::Sequence::ZERO };
    assert_eq!(asked(venue::session(&ack)), Some((1, 1000)));
    // Between the pieces of the first: it is still coming.
    assert_eq!(asked(venue::session(&sequence)), None);
    for number in 1..=1000 {
        let mut event = engine::Event::of(&oe::NotApplied::ZERO);
        event.head.number.set(number);
        assert_eq!(asked(frame(&event)), None);
    }
    assert_eq!(asked(venue::session(&sequence)), Some((1001, 1000)));
    let reason = RetransmitRejectReason::InProgress.into();
    let reject = oe::RetransmitReject { reason, ..oe::RetransmitReject::ZERO };
    assert_eq!(asked(venue::session(&reject)), None);
    assert_eq!(asked(venue::session(&sequence)), Some((1001, 1000)));
}

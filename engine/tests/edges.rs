//! Edges of the engine: full sinks, extreme numbers, definitions that change while something is under
//! way, memory that runs out.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod common;

use common::commands::{conn, head, logon, name, order, slot_of};
use common::words::mantissa;
use common::{MORNING, NS_PER_S, Narrow, limits, session, venue};
use engine::fake_log::{FakeLog, Faults};
use engine::{CommandBuffer, Inputs, Partition, Wish};
use engine::{Engine, Event, Limits, Sink, Step};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::market_data as md;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::*;
use std::time::Duration;

struct Play {
    engine: Engine,
    now: u64,
    numbers: [u64; 8],
}

impl Play {
    fn new(limits: Limits, instrument: j::InstrumentDefine, sessions: &[j::SessionDefine]) -> Self {
        let mut play = Self { engine: Engine::new(limits), now: MORNING, numbers: [1; 8] };
        play.send(&j::TermStarted { term: 1.into(), ..j::TermStarted::ZERO });
        play.send(&venue());
        play.send(&instrument);
        for s in sessions {
            play.send(s);
        }
        for n in 1..=sessions.len() as u32 {
            let head = play.head(n);
            play.send(&logon(head, 30));
        }
        play
    }
    fn head(&mut self, session: u32) -> CommandHead {
        let number = self.numbers[session as usize];
        self.numbers[session as usize] += 1;
        head(session, conn(session as u16, 1), number)
    }
    fn send<M: Message>(&mut self, message: &M) -> Vec<Event> {
        let mut events = Vec::new();
        self.send_to(message, &mut events);
        events
    }
    fn send_to<M: Message, S: Sink>(&mut self, message: &M, sink: &mut S) {
        let slot = slot_of(message);
        let seq = self.engine.seq() + 1;
        self.engine.begin_batch(seq, self.now);
        while self.engine.step(sink) == Step::More {}
        let _ = self.engine.apply(seq, &slot, sink);
        while self.engine.step(sink) == Step::More {}
        self.engine.end_batch(1, sink);
    }
    fn order(&mut self, s: u32, id: &str, side: Side, qty: &str, price: &str) -> j::NewOrder {
        let head = self.head(s);
        order(head, id, side, qty, price)
    }
}

fn acme(phase: Phase) -> j::InstrumentDefine {
    j::InstrumentDefine { phase: phase.into(), ..common::instruments()[0] }
}

fn two() -> [j::SessionDefine; 2] {
    [session(1, false, 0), session(2, false, 0)]
}

fn new_orders(events: &[Event]) -> usize {
    events.iter().filter(|e| e.get::<oe::ExecutionReportNew>().is_some()).count()
}

/// What time causes is emitted without asking for room.
#[test]
fn expiry_waits_for_room_in_the_sink() {
    let mut play = Play::new(limits(), acme(Phase::Continuous), &two());
    for n in 0..100 {
        let mut o = play.order(1, &format!("G{n}"), Side::Buy, "1", "10");
        o.time_in_force = TimeInForce::GoodTillDate.into();
        o.expire_time = (MORNING + NS_PER_S).into();
        play.send(&o);
    }
    let mut sink = Narrow::new();
    let seq = play.engine.seq() + 1;
    play.engine.begin_batch(seq, MORNING + 2 * NS_PER_S);
    for _ in 0..100 {
        // Nobody reads the sink, and the partition turns on.
        assert_eq!(play.engine.step(&mut sink), Step::More);
    }
}

/// Indicative prices are turned off while an auction runs.
#[test]
#[expect(clippy::disallowed_methods, reason = "a step that never ends must not hang the test")]
fn indicative_prices_can_be_turned_off_in_an_auction() {
    let (done, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let told =
            j::InstrumentDefine { indicative_ms: 1000.into(), ..acme(Phase::OpeningAuction) };
        let mut play = Play::new(limits(), told, &two());
        play.send(&acme(Phase::OpeningAuction)); // 0: none are told.
        play.now += 2 * NS_PER_S;
        play.send(&j::Tick::ZERO);
        done.send(()).unwrap();
    });
    wait.recv_timeout(Duration::from_secs(10)).expect("the step ends");
}

/// Sessions without a user number are one user: one member ends another's orders.
#[test]
fn a_user_action_ends_no_other_firms_orders() {
    let nobody = |n| j::SessionDefine { user: 0.into(), ..session(n, false, 0) };
    let mut play = Play::new(limits(), acme(Phase::Continuous), &[nobody(1), nobody(2)]);
    let o = play.order(2, "VICTIM", Side::Buy, "1", "10");
    play.send(&o);
    let head = play.head(1);
    play.send(&j::MassAction {
        head,
        cl_ord_id: name("KILL"),
        action: MassActionType::Kill.into(),
        scope: MassActionScope::User.into(),
        ..j::MassAction::ZERO
    });
    let sessions = play.engine.sessions();
    assert_ne!(sessions[0].firm, sessions[1].firm);
    assert_eq!((play.engine.open_orders(), sessions[1].blocked()), (1, None));
}

/// A reference price above the highest price (no priceMax: 2^24 ticks).
#[test]
fn a_reference_price_above_the_highest_price_is_harmless() {
    let define = j::InstrumentDefine {
        tick_size: Decimal8::new(100_000), // 0.001
        price_max: Decimal8::new(0),
        reference_price: Decimal8::new(mantissa("60000")),
        static_band_bps: 1000.into(),
        ..acme(Phase::PreOpen)
    };
    let mut play = Play::new(limits(), define, &two());
    let mut o = play.order(1, "M", Side::Sell, "1", "1");
    (o.ord_type, o.price) = (OrdType::Market.into(), Decimal8Null::NULL);
    play.send(&o);
}

/// The imbalance of an auction in lots fits 64 bits, as a quantity it does not.
#[test]
fn an_imbalance_of_many_large_orders_is_told_as_far_as_numbers_go() {
    let large = "1000000000"; // 10^9 shares: 10^17 of 10^-8; 262144 such orders are countable in lots
    let define = j::InstrumentDefine {
        quantity_max: Decimal8::new(mantissa(large)),
        indicative_ms: 1000.into(),
        ..acme(Phase::OpeningAuction)
    };
    let mut play = Play::new(limits(), define, &two());
    for n in 0..100 {
        let o = play.order(1, &format!("B{n}"), Side::Buy, large, "10");
        play.send(&o);
    }
    let o = play.order(2, "S", Side::Sell, "1", "10");
    play.send(&o);
    play.now += 2 * NS_PER_S;
    let events = play.send(&j::Tick::ZERO);
    let told = events.iter().find_map(|e| e.get::<md::AuctionIndicative>()).expect("told");
    assert!(told.imbalance_qty.get() > 0, "{}", told.imbalance_qty.get());
}

/// Orders for the close take a page that nobody has checked.
#[test]
fn an_order_for_the_close_that_finds_no_page_is_refused() {
    let mut play = Play::new(Limits { pages_max: 1, ..limits() }, acme(Phase::Continuous), &two());
    let o = play.order(1, "P1", Side::Buy, "1", "0.10");
    assert_eq!(new_orders(&play.send(&o)), 1);
    let o = play.order(1, "P2", Side::Buy, "1", "50");
    assert_eq!(new_orders(&play.send(&o)), 0, "no page is left");
    let mut o = play.order(1, "C", Side::Sell, "1", "1");
    (o.ord_type, o.price) = (OrdType::Market.into(), Decimal8Null::NULL);
    o.time_in_force = TimeInForce::AtTheClose.into();
    assert_eq!(new_orders(&play.send(&o)), 0, "a second page was taken of one");
}

/// 2^24 ticks of a coarse tick.
#[test]
fn the_highest_price_can_be_told() {
    let define = j::InstrumentDefine {
        tick_size: Decimal8::new(mantissa("10000")),
        price_max: Decimal8::new(0),
        ..acme(Phase::PreOpen)
    };
    let mut play = Play::new(limits(), define, &two());
    let mut o = play.order(1, "M", Side::Buy, "1", "1");
    (o.ord_type, o.price) = (OrdType::Market.into(), Decimal8Null::NULL);
    play.send(&o);
    let i = &play.engine.instruments()[0];
    assert!(i64::from(i.ticks_max).checked_mul(i.tick_size).is_some());
}

/// A block stays with a user, not with a session.
#[test]
fn a_session_that_changes_its_user_has_the_blocks_of_the_new_one() {
    let mut play = Play::new(limits(), acme(Phase::Continuous), &two());
    play.send(&j::MassAction {
        target: 101.into(),
        action: MassActionType::Block.into(),
        scope: MassActionScope::User.into(),
        ..j::MassAction::ZERO
    });
    play.send(&j::SessionDefine { user: 101.into(), ..session(2, false, 0) });
    play.send(&j::SessionDefine { user: 999.into(), ..session(1, false, 0) });
    let sessions = play.engine.sessions();
    assert!(sessions[1].blocked().is_some(), "user 101 is blocked wherever it trades");
    assert!(sessions[0].blocked().is_none(), "user 999 is not");
}

/// Nobody asks for anything.
struct Nobody;

impl Inputs for Nobody {
    fn take(&mut self, _: &mut CommandBuffer) -> usize {
        0
    }
}

/// Turns until nothing is left to do.
fn start(limits: Limits, disk: Vec<u8>, wish: Wish, turns: usize) -> Partition<FakeLog> {
    let log = FakeLog::new(disk, Faults::default(), 1);
    let mut partition = Partition::new(limits, log, wish);
    for _ in 0..turns {
        partition.turn(MORNING, &mut Nobody, &mut Vec::<Event>::new());
    }
    partition
}

/// Accounts of the table and of sessions together.
#[test]
fn more_accounts_than_fit_are_refused() {
    let account = |n: u8| j::AccountDefine { account: [n; 16], firm: 1.into(), ..Message::ZERO };
    let wish = Wish {
        firms: vec![j::FirmDefine { firm: 1.into(), ..Message::ZERO }],
        accounts: vec![account(b'a'), account(b'b')],
        ..common::wish(&two())
    };
    let limits = Limits { accounts_max: 3, ..limits() };
    let partition = start(limits, Vec::new(), wish, 20);
    let without = partition.engine().sessions().iter().filter(|s| s.own.is_none()).count();
    assert!(partition.refused().is_some() || without == 0, "{without} sessions cannot trade");
}

/// A start that ends between two batches of the wish.
#[test]
fn a_deposit_is_made_though_the_first_start_was_cut() {
    let (usd, coin) = ([b'U'; 8], [b'C'; 8]);
    let names: Vec<[u8; 16]> =
        (0..600).map(|n| fill_text(format!("A{n}").as_bytes()).unwrap()).collect();
    let account = |name: &[u8; 16]| j::AccountDefine {
        account: *name,
        firm: 1.into(),
        funded: Boolean::True.into(),
        ..Message::ZERO
    };
    let deposit = |name: &[u8; 16]| j::Transfer {
        account: *name,
        firm: 1.into(),
        asset: usd,
        amount: Decimal8::new(5),
        initial: Boolean::True.into(),
        ..Message::ZERO
    };
    let wish = Wish {
        instruments: vec![j::InstrumentDefine {
            base: coin,
            quote: usd,
            ..acme(Phase::Continuous)
        }],
        firms: vec![j::FirmDefine { firm: 1.into(), ..Message::ZERO }],
        accounts: names.iter().map(account).collect(),
        deposits: names.iter().map(deposit).collect(),
        ..common::wish(&[])
    };
    let limits = Limits { accounts_max: 1000, ..limits() };
    let mut turns = 1;
    let disk = loop {
        let partition = start(limits, Vec::new(), wish.clone(), turns);
        if partition.engine().risk().accounts().count() > 0 {
            break partition.into_log().disk().to_vec();
        }
        turns += 1;
    };
    let partition = start(limits, disk, wish, 50);
    let risk = partition.engine().risk();
    let poor = (0..600).filter(|at| risk.balance(*at, &usd).unwrap().total != 5).count();
    assert_eq!(poor, 0, "accounts without their deposit, for ever");
}

//! The engine against the oracle: the same random commands, the same words, the same state.
//!
//! `AGREE_COMMANDS` says how many commands in all, `AGREE_SEED` with which seed to begin; a failure
//! prints its seed, the last commands and the first difference.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "how many commands is the caller's choice")]

mod oracle;

use engine::book::Kind;
use engine::orders::Slot;
use engine::{Engine, Event, Limits, NoSink, SINK_FREE_MIN, Sink, Step};
use oracle::commands::Generator;
use oracle::setup::MORNING;
use oracle::state::{Book, Money, Resting, State};
use oracle::told::Text;
use oracle::{Command, Oracle, Told};
use sbe_schemas::types::{
    AdminResult, CancelCause, CxlRejReason, MassRejReason, OrdRejReason, OrdType, Phase,
    PhaseReason, RestateCause, Side,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};

/// Commands of one seed: few, so that the oracle's books stay small.
const COMMANDS_PER_SEED: u64 = 2000;
/// Finished names that a session keeps: few, so that names are forgotten and used again.
const KEPT: u32 = 64;
/// So many commands must have met everything there is to meet.
const COVERAGE_FROM: u64 = 200_000;
/// Commands that a failure shows.
const SHOWN: usize = 10;

#[test]
fn random_commands_agree_with_the_oracle() {
    let commands = number("AGREE_COMMANDS", 1_000_000);
    play(commands, number("AGREE_SEED", 1), true);
}

#[test]
fn the_oracle_keeps_its_own_promises() {
    play(number("AGREE_COMMANDS", 200_000).min(200_000), number("AGREE_SEED", 1), false);
}

/// Where the engine stops for want of room, and whose seed its tables have, changes nothing.
#[test]
fn a_narrow_sink_and_a_replay_say_and_know_the_same() {
    for seed in 1..40 {
        let limits = Limits { finished_kept: KEPT, orders_max: 10_000, ..Limits::default() };
        let other = Limits { hash_seed: !seed, ..limits };
        let (mut wide, mut narrow) = (Engine::new(limits), Engine::new(other));
        let (mut generator, definitions) = Generator::new(seed);
        let mut oracle = Oracle::new(KEPT as usize);
        let mut play = |time: u64, command: &Command| {
            oracle.apply(time, command);
            apply(&mut wide, time, command);
            apply_narrow(&mut narrow, time, command);
            let hashes = (wide.event_hash(), wide.state_hash());
            assert_eq!((narrow.event_hash(), narrow.state_hash()), hashes, "seed {seed}");
            assert!(wide.risk().sums_to_zero(), "seed {seed}");
            oracle.clone()
        };
        let mut now = Oracle::new(KEPT as usize);
        for command in definitions {
            now = play(MORNING, &command);
        }
        for _ in 0..300 {
            let (time, command) = generator.next(&now);
            now = play(time, &command);
        }
    }
}

thread_local! {
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// WHY: only the global allocator sees every allocation, and its trait is unsafe.
// SAFETY: every call goes to `System` unchanged; counting touches a thread-local `Cell` that needs
// no allocation and no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.set(ASKED.get() + 1);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Once the venue is defined the engine takes no memory, whatever is asked of it.
#[test]
fn no_command_of_any_kind_takes_memory() {
    for seed in 1..40 {
        let limits = Limits { finished_kept: KEPT, orders_max: 10_000, ..Limits::default() };
        let mut engine = Engine::new(limits);
        let (mut generator, definitions) = Generator::new(seed);
        let mut oracle = Oracle::new(KEPT as usize);
        for command in definitions {
            oracle.apply(MORNING, &command);
            apply(&mut engine, MORNING, &command);
        }
        for _ in 0..COMMANDS_PER_SEED {
            let (time, command) = generator.next(&oracle);
            oracle.apply(time, &command);
            let slot = command.slot();
            let before = ASKED.get();
            let seq = engine.seq() + 1;
            engine.begin_batch(seq, time);
            assert_eq!(engine.step(&mut NoSink::default()), Step::Done);
            assert_eq!(engine.apply(seq, &slot, &mut NoSink::default()), Step::Done);
            engine.end_batch(1, &mut NoSink::default());
            assert_eq!(ASKED.get(), before, "seed {seed}: {command:?} took memory");
        }
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

/// Seed after seed; with the engine beside the oracle, or the oracle alone.
fn play(commands: u64, first_seed: u64, with_engine: bool) {
    let mut met = BTreeMap::new();
    for seed in first_seed..first_seed + commands.div_ceil(COMMANDS_PER_SEED) {
        let mut play = Play::new(seed, with_engine);
        for _ in 0..COMMANDS_PER_SEED {
            play.go_on(&mut met);
        }
    }
    if commands >= COVERAGE_FROM {
        let missing: Vec<String> = wanted().into_iter().filter(|w| !met.contains_key(w)).collect();
        assert!(missing.is_empty(), "never met: {missing:?}\nmet: {met:#?}");
    }
}

/// One seed.
struct Play {
    seed: u64,
    count: u64,
    oracle: Oracle,
    engine: Option<Engine>,
    generator: Generator,
    last: VecDeque<(u64, Command)>,
}

impl Play {
    fn new(seed: u64, with_engine: bool) -> Self {
        let limits = Limits { finished_kept: KEPT, orders_max: 10_000, ..Limits::default() };
        let (generator, definitions) = Generator::new(seed);
        let mut oracle = Oracle::new(KEPT as usize);
        let mut engine = with_engine.then(|| Engine::new(limits));
        for command in definitions {
            oracle.apply(MORNING, &command);
            if let Some(engine) = &mut engine {
                apply(engine, MORNING, &command);
            }
        }
        Self { seed, count: 0, oracle, engine, generator, last: VecDeque::new() }
    }

    /// One command, for both.
    fn go_on(&mut self, met: &mut BTreeMap<String, u64>) {
        let (time, command) = self.generator.next(&self.oracle);
        self.count += 1;
        self.last.push_back((time, command));
        if self.last.len() > SHOWN {
            self.last.pop_front();
        }
        let expected = self.oracle.apply(time, &command);
        expected.iter().for_each(|told| *met.entry(told.mark()).or_default() += 1);
        let state = self.oracle.state();
        self.oracle.check(&state);
        let Some(engine) = &mut self.engine else { return };
        let told = apply(engine, time, &command);
        let now = engine_state(engine);
        self.compare_told(answers_last(expected), answers_last(told));
        self.compare_states(&state, &now);
    }

    fn compare_told(&self, expected: Vec<Told>, told: Vec<Told>) {
        if expected == told {
            return;
        }
        let at = expected.iter().zip(&told).position(|(e, t)| e != t);
        let at = at.unwrap_or(expected.len().min(told.len()));
        let context = &told[at.saturating_sub(3)..at];
        let (expected, told) = (expected.get(at), told.get(at));
        self.fail(&format!(
            "message {at}, after {context:#?}\noracle: {expected:#?}\nengine: {told:#?}"
        ));
    }

    fn compare_states(&self, expected: &State, state: &State) {
        if expected == state {
            return;
        }
        for (at, (e, s)) in expected.books.iter().zip(&state.books).enumerate() {
            if e != s {
                self.fail(&format!("instrument {}\noracle: {e:#?}\nengine: {s:#?}", at + 1));
            }
        }
        for (e, s) in expected.accounts.iter().zip(&state.accounts) {
            if e != s {
                self.fail(&format!("oracle: {e:#?}\nengine: {s:#?}"));
            }
        }
        self.fail(&format!("oracle: {:?}\nengine: {:?}", expected.orders, state.orders));
    }

    fn fail(&self, what: &str) -> ! {
        let (seed, count) = (self.seed, self.count);
        let last: Vec<String> = self.last.iter().map(|(time, c)| format!("{time} {c:?}")).collect();
        panic!("AGREE_SEED={seed}, command {count}; the last are\n{}\n{what}", last.join("\n"))
    }
}

/// One batch of one command.
fn apply(engine: &mut Engine, time: u64, command: &Command) -> Vec<Told> {
    let mut events: Vec<Event> = Vec::new();
    let seq = engine.seq() + 1;
    engine.begin_batch(seq, time);
    assert_eq!(engine.step(&mut events), Step::Done);
    assert_eq!(engine.apply(seq, &command.slot(), &mut events), Step::Done);
    engine.end_batch(1, &mut events);
    events.iter().filter_map(Told::of).collect()
}

/// The smallest sink there is: emptied whenever the engine stops.
struct Narrow(usize, Box<NoSink>);

impl Narrow {
    fn new() -> Self {
        Self(0, Box::default())
    }
}

impl Sink for Narrow {
    fn free(&mut self) -> usize {
        SINK_FREE_MIN - self.0
    }

    fn slot(&mut self) -> &mut Event {
        assert!(self.free() > 0, "written without room");
        self.1.slot()
    }

    fn publish(&mut self) {
        self.0 += 1;
    }
}

fn apply_narrow(engine: &mut Engine, time: u64, command: &Command) {
    let seq = engine.seq() + 1;
    engine.begin_batch(seq, time);
    while engine.step(&mut Narrow::new()) == Step::More {}
    let mut step = engine.apply(seq, &command.slot(), &mut Narrow::new());
    while step == Step::More {
        step = engine.step(&mut Narrow::new());
    }
    engine.end_batch(1, &mut Narrow::new());
}

/// The rulebook does not say when, between the reports, the operator gets his answer.
fn answers_last(mut told: Vec<Told>) -> Vec<Told> {
    told.sort_by_key(|told| matches!(told, Told::AdminAnswer { .. }));
    told
}

/// The engine's side of the comparison: what [`Oracle::state`] is for the oracle.
fn engine_state(engine: &Engine) -> State {
    let live = (0..engine.books().used_slots()).map(Slot);
    let orders = live.filter(|slot| engine.books().lives(*slot)).map(|slot| engine.order(slot));
    State {
        books: (0..engine.instruments().len()).map(|at| book_state(engine, at)).collect(),
        orders: orders.map(|o| (o.id.0, o.open_lots())).collect(),
        accounts: (0..engine.risk().accounts().count()).map(|at| money(engine, at)).collect(),
    }
}

fn book_state(engine: &Engine, at: usize) -> Book {
    let i = &engine.instruments()[at];
    let books = engine.books();
    let resting = |slot: Slot| {
        let order = engine.order(slot);
        assert_eq!(books.open_lots(slot), order.open_lots());
        Resting {
            order_id: order.id.0,
            limit: order.ticks.into(),
            part: books.shown_lots(slot),
            open: order.open_lots(),
        }
    };
    let side = |side: Side| {
        let kinds = [Kind::Shown, Kind::Hidden, Kind::Whole];
        kinds.map(|kind| books.walk(at as u32, kind, side).map(resting).collect())
    };
    let some = |ticks: u32| (ticks != 0).then_some(i64::from(ticks));
    Book {
        phase: Some(i.phase),
        reference: some(i.reference),
        last_trade: some(i.last),
        resting: [side(Side::Buy), side(Side::Sell)],
    }
}

fn money(engine: &Engine, at: u32) -> Money {
    let risk = engine.risk();
    let account = risk.accounts().get(at);
    let balance = |asset: u32| {
        let balance = risk.money().balance(at, asset);
        (balance.total, balance.reserved)
    };
    let positions = 0..engine.instruments().len() as u32;
    Money {
        firm: risk.accounts().firms()[account.firm as usize].number,
        account: Some(Text(account.name)),
        balances: (0..risk.money().assets_len()).map(balance).collect(),
        positions: positions.map(|instrument| risk.position(at, instrument)).collect(),
    }
}

/// Everything that a long run must have met.
fn wanted() -> Vec<String> {
    use OrdRejReason as R;
    let plain = "Trade|Trade auction|Replaced|OrderAdd|OrderReduce|OrderDelete|OrderExecute|\
        PublicTrade|PublicTrade auction|Bust|PublicBust|BookClear|PriceBands|PriceBands dynamic|AuctionIndicative|AuctionIndicative none|AuctionResult|\
        AuctionResult none";
    let ack = |what: &str| format!("QuoteAck {what}");
    let mut all: Vec<String> = plain.split('|').map(String::from).collect();
    all.extend(OrdType::ALL.map(|t| format!("New {t:?}")));
    all.extend(CancelCause::ALL.map(|cause| format!("Canceled {cause:?}")));
    all.extend(RestateCause::ALL.map(|cause| format!("Restated {cause:?}")));
    all.extend(OrdRejReason::ALL.map(|reason| format!("Rejected {reason:?}")));
    all.extend(CxlRejReason::ALL.map(|reason| format!("CancelReject {reason:?}")));
    all.extend(MassRejReason::ALL.map(|reason| format!("MassActionReport {reason:?}")));
    all.extend(["[true, true]", "[true, false]", "[false, true]", "[false, false]"].map(ack));
    let refused = [R::DuplicateOrder, R::UnknownSymbol, R::UnknownAccount, R::ConditionsConflict];
    all.extend(refused.map(|reason| ack(&format!("{reason:?}"))));
    let refused = [R::Halted, R::NotInAuction, R::PostOnlyWouldTrade, R::InsufficientBalance];
    all.extend(refused.map(|reason| ack(&format!("{reason:?}"))));
    all.extend(Phase::ALL.map(|phase| format!("{phase:?} {:?}", PhaseReason::Operator)));
    all.extend(Phase::ALL.map(|phase| format!("{phase:?} {:?}", PhaseReason::Schedule)));
    all.extend(AdminResult::ALL.map(|result| format!("AdminAnswer {result:?}")));
    all.push("VolatilityAuction PriceBand".into());
    all.push("Continuous AuctionEnd".into());
    // Sizes are a matter of `bounded.rs`; no definition here is in the way of living state.
    let not_here = ["CapacityReached", "InUse"];
    all.retain(|mark| !not_here.iter().any(|word| mark.ends_with(word)));
    all
}

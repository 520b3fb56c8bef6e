//! The log is the truth: whatever a process did, replaying its log does the same.
//!
//! Random clients, good and bad, trade through a partition over a log that is slow, refuses, loses
//! its lead and dies. After every turn the committed log is replayed by another process; what each
//! life tells the world is compared with a plain fold of the log. Every other world reads through a
//! sink of 64 slots, so that batches are applied piece by piece. A failure names its seed:
//! `SEED=7 cargo test -p engine --test replay` plays that one only.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::commands::{
    cancel, conn, disconnected, due, head, logon, mass_quote, name, order, replace, slot_of,
};
use common::{MORNING, NS_PER_S, Narrow, Queue, instruments, limits, session, wish};
use engine::fake_log::{Dice, FakeLog, Faults};
use engine::log::{BATCH_ENCODED_MAX, BatchRef, Tail};
use engine::{AppendError, CommandBuffer, Engine, Event, Limits, Log, LogEvent, Partition, Step};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::market_data as md;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Boolean, CommandFlags, CommandHead, Decimal8, Decimal8Null, DueWhat, EventKind, Protocol, Side,
    Verdict,
};
use std::collections::BTreeSet;
use zerocopy::IntoBytes;

/// The last of them are binary.
const SESSIONS: u32 = 5;
const BINARY_FROM: u32 = 4;

#[test]
fn a_crash_after_any_command_loses_nothing_and_changes_nothing() {
    let mut kinds = BTreeSet::new();
    for seed in seeds(60) {
        let mut play = Play::new(seed, Faults::default());
        for _ in 0..250 {
            play.step();
            while !play.partition.is_idle() || !play.queue.0.is_empty() {
                play.turn();
            }
            play.replay_here();
        }
        assert!(play.partition.engine().seq() > 200, "seed {seed}: nothing happened");
        play.check_told();
        kinds.extend(play.told.iter().map(Event::template));
    }
    // The clients are wild enough: everything that an engine can say was said.
    // What only other order types and the operator cause is `agree.rs`'s concern.
    let elsewhere = [
        j::LeadLost::TEMPLATE_ID,
        j::AdminAnswer::TEMPLATE_ID,
        oe::ExecutionReportRestated::TEMPLATE_ID,
        oe::MassActionReport::TEMPLATE_ID,
        oe::ExecutionReportTradeBust::TEMPLATE_ID,
    ];
    let of_clients = [
        oe::Negotiate::TEMPLATE_ID,
        oe::Establish::TEMPLATE_ID,
        oe::RetransmitRequest::TEMPLATE_ID,
        oe::FinishedSending::TEMPLATE_ID,
    ];
    let asked = |id| of_clients.contains(&id) || (20..40).contains(&id);
    for id in (0..100).filter(|id| !elsewhere.contains(id)) {
        let order_entry =
            asked(id) || oe::name(id).is_none() || kinds.contains(&(oe::SCHEMA_ID, id));
        let ours = id < j::LogonAccepted::TEMPLATE_ID || j::name(id).is_none();
        let session = ours || kinds.contains(&(j::SCHEMA_ID, id));
        assert!(order_entry && session, "{:?} {:?} never came", oe::name(id), j::name(id));
    }
}

#[test]
fn a_life_tells_what_was_committed_in_it_and_nothing_else() {
    let (mut leads_lost, mut commands_lost) = (0, 0);
    for seed in seeds(60) {
        let faults = Faults { delay_turns_max: 5, refuse: 100, depose: 15 };
        let mut play = Play::new(seed, faults);
        for turn in 0..600 {
            play.step();
            if !play.partition.is_idle() {
                continue; // In the middle of a batch there is nothing to compare with.
            }
            if turn % 50 == 0 {
                play.replay_here();
            }
            if play.chaos.dice.hits(8) {
                play.crash();
            }
        }
        play.settle();
        play.replay_here();
        play.check_told();
        leads_lost += play.leads_lost;
        commands_lost += play.sent - play.committed();
    }
    assert!(leads_lost > 20 && commands_lost > 20, "{leads_lost} {commands_lost}: too calm a sea");
}

#[test]
fn what_another_leader_committed_is_applied_but_not_told_again() {
    let mut partition = Partition::new(small(1), TwoLeaders::default(), wish(&[]));
    let (mut queue, mut told): (Queue, Vec<Event>) = Default::default();
    for _ in 0..10 {
        partition.turn(MORNING, &mut queue, &mut told);
    }
    let engine = partition.engine();
    assert_eq!((engine.term(), engine.book(3).is_some()), (3, true), "all of it is applied");
    let terms = told.iter().filter_map(|event| event.get::<j::Opened>().map(|o| o.term.get()));
    assert_eq!(terms.collect::<Vec<_>>(), [1, 3]);
    let lost = told.iter().filter_map(|event| event.get::<j::LeadLost>().map(|o| o.term.get()));
    assert_eq!(lost.collect::<Vec<_>>(), [1]);
    let defined = told.iter().filter_map(|event| event.get::<md::InstrumentDefinition>());
    let defined: Vec<_> = defined.map(|d| d.instrument.get()).collect();
    // Once when this one defined them, and all again at the start of its next term.
    assert_eq!(defined, [1, 2, 3, 1, 2, 3, 4]);
}

/// A log that this process leads in the terms 1 and 3. In term 2 somebody else does, and commits.
#[derive(Default)]
struct TwoLeaders {
    said: usize,
    tail: Option<Tail>,
    disk: Vec<u8>,
    told_at: usize,
    told_bytes: usize,
}

impl TwoLeaders {
    fn commit(&mut self, commands: &CommandBuffer, term: u64, time: u64) {
        let tail = self.tail.get_or_insert(Tail::genesis(1));
        let mut out = vec![0; BATCH_ENCODED_MAX];
        let bytes = tail.encode(commands, term, time, 0, &mut out);
        self.disk.extend_from_slice(&out[..bytes]);
    }

    fn other(&mut self) {
        let mut commands = CommandBuffer::new();
        assert!(commands.push(&j::TermStarted { term: 2.into(), ..j::TermStarted::ZERO }));
        let symbol = fill_text(b"OTHER").unwrap();
        assert!(commands.push(&j::InstrumentDefine { symbol, ..instruments()[0] }));
        self.commit(&commands, 2, MORNING);
    }
}

impl Log for TwoLeaders {
    fn append(&mut self, commands: &CommandBuffer, time: u64) -> Result<(), AppendError> {
        let term = if self.said < 5 { 1 } else { 3 };
        self.commit(commands, term, time);
        Ok(())
    }

    fn poll(&mut self) -> LogEvent<'_> {
        if self.told_at < self.disk.len() {
            let batch = BatchRef::parse(&self.disk[self.told_at..]).unwrap();
            self.told_bytes = batch.encoded_bytes();
            return LogEvent::Committed(batch);
        }
        self.said += 1;
        match self.said {
            1 => LogEvent::Restore(&[]),
            2 => LogEvent::Leading { term: 1 },
            // The batch of term 1 is appended after this, and comes next.
            3 => LogEvent::Nothing,
            4 => {
                self.other();
                LogEvent::Following
            }
            5 => LogEvent::Leading { term: 3 },
            _ => LogEvent::Nothing,
        }
    }

    fn release(&mut self) {
        self.told_at += self.told_bytes;
    }

    fn snapshot_taken(&mut self, _: u64) {}

    fn turn(&mut self, _: u64) -> usize {
        0
    }
}

fn seeds(count: u64) -> std::ops::Range<u64> {
    match option_env!("SEED").map(|seed| seed.parse::<u64>().unwrap()) {
        Some(seed) => seed..seed + 1,
        None => 1..count + 1,
    }
}

/// One data directory, the process that runs on it now, and the world that talks to it.
struct Play {
    seed: u64,
    faults: Faults,
    partition: Partition<FakeLog>,
    queue: Queue,
    chaos: Chaos,
    now: u64,
    /// The first term of this life, and what it has told.
    first_term: u64,
    told: Vec<Event>,
    sent: u64,
    leads_lost: u64,
}

impl Play {
    fn new(seed: u64, faults: Faults) -> Self {
        let partition = process(Vec::new(), faults, seed);
        let chaos = Chaos { dice: Dice(seed), names: 0, next: [1; SESSIONS as usize] };
        let (queue, now, told) = (Queue::default(), MORNING, Vec::new());
        let (first_term, sent, leads_lost) = (1, 0, 0);
        let mut play =
            Self { seed, faults, partition, queue, chaos, now, first_term, told, sent, leads_lost };
        (0..50).for_each(|_| play.turn());
        play
    }

    /// A command, some time, some turns.
    fn step(&mut self) {
        let slot = self.chaos.command(self.partition.engine());
        self.queue.0.push_back(slot);
        self.sent += 1;
        let dice = &mut self.chaos.dice;
        self.now += dice.below(2 * NS_PER_S);
        if dice.hits(10) {
            self.now += dice.below(10) * 3600 * NS_PER_S;
        }
        for _ in 0..2 + dice.below(3) {
            self.turn();
        }
    }

    fn turn(&mut self) {
        let before = self.told.len();
        if self.seed.is_multiple_of(2) {
            let mut sink = Narrow::new();
            self.partition.turn(self.now, &mut self.queue, &mut sink);
            self.told.append(&mut sink.events);
        } else {
            self.partition.turn(self.now, &mut self.queue, &mut self.told);
        }
        let fresh = &self.told[before..];
        self.leads_lost += fresh.iter().filter(|e| e.get::<j::LeadLost>().is_some()).count() as u64;
    }

    fn settle(&mut self) {
        self.partition.log_mut().calm();
        (0..1000).for_each(|_| self.turn());
        assert!(self.partition.is_idle() && self.queue.0.is_empty());
    }

    /// What this process has applied, as another would find it.
    fn applied(&self) -> Vec<u8> {
        let (disk, seq) = (self.partition.log().disk(), self.partition.engine().seq());
        let bytes = batches(disk).filter(|batch| batch.end_seq() <= seq + 1);
        disk[..bytes.map(|batch| batch.encoded_bytes()).sum::<usize>()].to_vec()
    }

    /// Another process over the same log, before anything of its own is committed: the same state.
    fn replay_here(&self) {
        let mut other = process(self.applied(), Faults::default(), !self.seed);
        let mut told: Vec<Event> = Vec::new();
        other.turn(self.now, &mut Queue::default(), &mut told);
        let (mine, replayed) = (self.partition.engine(), other.engine());
        let seed = self.seed;
        assert_eq!(replayed.seq(), mine.seq(), "seed {seed}");
        assert_eq!(replayed.event_hash(), mine.event_hash(), "seed {seed}");
        assert_eq!(replayed.state_hash(), mine.state_hash(), "seed {seed}");
        assert!(told.is_empty(), "seed {seed}: told what another life has told");
    }

    /// This life told exactly the events of the batches since its own first term.
    fn check_told(&self) {
        let mut engine = Engine::new(small(0));
        let mut wanted: Vec<Event> = Vec::new();
        let mut term = 0;
        for batch in batches(&self.applied()) {
            if batch.header.term.get() != term {
                term = batch.header.term.get();
                let first = batch.commands().next().unwrap();
                assert_eq!(template(first), j::TermStarted::TEMPLATE_ID, "seed {}", self.seed);
            }
            let mut events: Vec<Event> = Vec::new();
            fold(&mut engine, &batch, &mut events);
            if batch.header.term.get() >= self.first_term {
                wanted.append(&mut events);
            }
        }
        let told = self.told.iter().filter(|event| event.get::<j::LeadLost>().is_none());
        let told: Vec<_> = told.map(IntoBytes::as_bytes).collect();
        let wanted: Vec<_> = wanted.iter().map(IntoBytes::as_bytes).collect();
        assert!(told == wanted, "seed {}: {} told, {} wanted", self.seed, told.len(), wanted.len());
        assert_eq!(engine.event_hash(), self.partition.engine().event_hash());
    }

    /// The process dies; what was on its way may have reached the disk or not.
    fn crash(&mut self) {
        self.check_told();
        let seed = self.chaos.dice.roll();
        let next = process(Vec::new(), self.faults, seed);
        let disk = std::mem::replace(&mut self.partition, next).into_log().crash();
        let last = batches(&disk).last().map_or(0, |batch| batch.header.term.get());
        self.first_term = last + 1;
        self.partition = process(disk, self.faults, seed);
        self.told.clear();
        self.queue.0.clear();
        // The next host's clock is behind; time in the log is not.
        self.now -= self.chaos.dice.below(10 * NS_PER_S);
    }

    /// Commands of clients that are in the log.
    fn committed(&self) -> u64 {
        let ours = [
            j::TermStarted::TEMPLATE_ID,
            j::VenueDefine::TEMPLATE_ID,
            j::InstrumentDefine::TEMPLATE_ID,
            j::SessionDefine::TEMPLATE_ID,
            j::TermReady::TEMPLATE_ID,
            j::Tick::TEMPLATE_ID,
        ];
        let commands = batches(self.partition.log().disk()).flat_map(|batch| batch.commands());
        commands.filter(|command| !ours.contains(&template(command))).count() as u64
    }
}

/// Little room, so that it runs out now and then.
fn small(hash_seed: u64) -> Limits {
    Limits { orders_max: 60, finished_kept: 8, hash_seed, ..limits() }
}

fn process(disk: Vec<u8>, faults: Faults, seed: u64) -> Partition<FakeLog> {
    let mut sessions = vec![session(1, false, 0), session(2, true, 0), session(3, true, 4000)];
    for number in BINARY_FROM..=SESSIONS {
        let binary =
            j::SessionDefine { protocol: Protocol::Sbe.into(), ..session(number, false, 0) };
        sessions.push(binary);
    }
    Partition::new(small(seed), FakeLog::new(disk, faults, seed), wish(&sessions))
}

fn template(command: &[u8]) -> u16 {
    sbe_schemas::header::header(command).unwrap().template_id.get()
}

fn batches(mut disk: &[u8]) -> impl Iterator<Item = BatchRef<'_>> {
    std::iter::from_fn(move || {
        let batch = BatchRef::parse(disk).ok()?;
        disk = &disk[batch.encoded_bytes()..];
        Some(batch)
    })
}

fn fold(engine: &mut Engine, batch: &BatchRef<'_>, events: &mut Vec<Event>) {
    engine.begin_batch(batch.header.first_seq.get(), batch.header.time.get());
    assert_eq!(engine.step(events), Step::Done);
    for (seq, command) in (batch.header.first_seq.get()..).zip(batch.commands()) {
        assert_eq!(engine.apply(seq, command, events), Step::Done);
    }
    engine.end_batch(batch.header.count.get(), events);
    assert!(
        events
            .iter()
            .all(|event| event.kind() != Some(EventKind::Report) || event.head.number.get() > 0)
    );
}

/// Clients that do everything, mostly the right thing.
struct Chaos {
    dice: Dice,
    names: u64,
    /// What each client thinks its next number is.
    next: [u64; SESSIONS as usize],
}

impl Chaos {
    fn command(&mut self, engine: &Engine) -> Vec<u8> {
        let at = self.dice.below(u64::from(SESSIONS)) as usize;
        let Some(session) = engine.sessions().get(at) else { return slot_of(&j::Tick::ZERO) };
        let (bound, expected) = (session.bound.map(|bound| bound.conn), session.next_in);
        let stranger = conn(self.dice.below(3) as u16, 1 + self.dice.below(2) as u32);
        let who = bound.filter(|_| !self.dice.hits(30)).unwrap_or(stranger);
        if bound.is_none() || expected > self.next[at] || self.dice.hits(50) {
            self.next[at] = expected;
        }
        let mut head = head(at as u32 + 1, who, self.next[at]);
        if self.dice.hits(40) {
            head.msg_seq_num.set((self.next[at] + self.dice.below(6)).saturating_sub(2));
        } else {
            self.next[at] += 1;
        }
        if self.dice.hits(60) {
            head.flags = head.flags.with(CommandFlags::POSS_DUP);
        }
        if self.dice.hits(100) {
            head.flags = head.flags.with(CommandFlags::POSS_RESEND);
        }
        if session.protocol == Protocol::Sbe {
            return self.binary(head, bound == Some(who), session.version_id, engine.now());
        }
        // Nobody is there, or somebody else is.
        let chance = if bound.is_none() { 700 } else { 100 };
        if bound != Some(who) && self.dice.hits(chance) {
            return self.logon(head, expected);
        }
        self.message(head, expected)
    }

    fn logon(&mut self, mut head: CommandHead, expected: u64) -> Vec<u8> {
        let mut logon = logon(head, 4 + self.dice.below(30) as u32);
        if self.dice.hits(200) {
            head.msg_seq_num = 1.into();
            logon.reset_seq_num = Boolean::True.into();
        } else if !self.dice.hits(200) {
            head.msg_seq_num = expected.into();
        }
        self.next[head.session.get() as usize - 1] = head.msg_seq_num.get() + 1;
        logon.head = head;
        logon.cancel_on_disconnect.0 = self.dice.below(2) as u8;
        slot_of(&logon)
    }

    /// What only binary clients say; about orders they say what all say.
    fn binary(&mut self, head: CommandHead, bound: bool, version: u64, now: u64) -> Vec<u8> {
        let number = head.msg_seq_num;
        let dice = &mut self.dice;
        let timestamp = (now + dice.below(1000)).into();
        match dice.below(100) {
            n if n < 2 || (!bound && n < 30) => {
                let version_id = (version + dice.below(3)).into();
                slot_of(&j::Negotiate { head, version_id, timestamp })
            }
            n if n < 3 || (!bound && n < 80) => {
                let version_id = (version + u64::from(dice.hits(100))).into();
                let mut establish =
                    j::Establish { head, version_id, timestamp, ..j::Establish::ZERO };
                establish.next_seq_no = number.get().saturating_sub(dice.below(3)).into();
                establish.keepalive_ms = (dice.below(40) as u32 * 1000).into();
                establish.cancel_window_ms = (dice.below(3) as u32 * 500).into();
                establish.cancel_on_disconnect.0 = dice.below(4) as u8;
                slot_of(&establish)
            }
            3..6 => {
                let next_seq_no = (number.get() + dice.below(4)).into();
                slot_of(&j::SequenceHeard { head, next_seq_no })
            }
            6..12 => {
                let mut again =
                    j::RetransmitRequest { head, timestamp, ..j::RetransmitRequest::ZERO };
                (again.from_seq_no, again.count) =
                    (dice.below(9).into(), (dice.below(9) as u32).into());
                again.in_progress.0 = u8::from(dice.hits(200));
                slot_of(&again)
            }
            12 => slot_of(&j::FinishedSending { head, last_seq_no: number }),
            13..15 => {
                let instrument = (dice.below(4) as u32).into();
                slot_of(&j::InstrumentListRequest { head, request_id: 7.into(), instrument })
            }
            15..17 => {
                let all = [DueWhat::Heartbeat, DueWhat::Silence];
                slot_of(&due(head, all[dice.below(2) as usize]))
            }
            17 => slot_of(&disconnected(head)),
            18..24 => quotes(dice, head),
            24 => {
                let instrument = (dice.below(4) as u32).into();
                slot_of(&j::QuoteCancel { head, quote_id: number, instrument })
            }
            _ => self.message(head, number.get()),
        }
    }

    fn message(&mut self, head: CommandHead, expected: u64) -> Vec<u8> {
        let dice = &mut self.dice;
        match dice.below(100) {
            0..3 => self.logon(head, expected),
            3..5 => slot_of(&disconnected(head)),
            5..9 => {
                let all = [DueWhat::Heartbeat, DueWhat::Silence];
                slot_of(&due(head, all[dice.below(2) as usize]))
            }
            9..11 => slot_of(&j::Heartbeat { head }),
            11..13 => slot_of(&j::TestRequest { head, test_req_id: [b'T'; 64] }),
            13..16 => {
                let (begin_seq_no, end_seq_no) = (dice.below(9).into(), dice.below(9).into());
                slot_of(&j::ResendRequest { head, begin_seq_no, end_seq_no })
            }
            16..20 => {
                let new_seq_no = (expected + dice.below(5)).into();
                let mut reset = j::SequenceReset { head, new_seq_no, ..j::SequenceReset::ZERO };
                reset.gap_fill.0 = u8::from(dice.hits(800));
                slot_of(&reset)
            }
            20 => slot_of(&j::Logout { head }),
            21..25 => {
                let verdict = Verdict::ALL[1 + dice.below(4) as usize];
                let head = CommandHead { verdict: verdict.into(), reason: 5, ..head };
                slot_of(&j::Refused { head, ..j::Refused::ZERO })
            }
            25 if dice.hits(200) => slot_of(&j::LogoutAll::ZERO),
            25..27 => slot_of(&j::PeerReject { head, ref_seq_num: 1.into() }),
            27 => {
                let instrument = dice.below(4) as u32;
                let mass_status_req_id = name("all");
                let instrument = instrument.into();
                slot_of(&j::OrderMassStatusRequest { head, mass_status_req_id, instrument })
            }
            28..30 => {
                let cl_ord_id = self.known_name();
                let mut status = j::OrderStatusRequest { head, ..j::OrderStatusRequest::ZERO };
                status.cl_ord_id = name(&cl_ord_id);
                slot_of(&status)
            }
            30..70 => {
                let (id, side, qty, price) =
                    (self.new_name(), self.side(), self.qty(), self.price());
                let mut new = order(head, &id, side, &qty, &price);
                new.time_in_force.0 = [0, 0, 0, 1, 1, 3, 4, 9][self.dice.below(8) as usize];
                new.instrument = (self.dice.below(3) as u32 % 2 + 1).into();
                slot_of(&new)
            }
            70..82 => {
                let (orig, id, side) = (self.known_name(), self.new_name(), self.side());
                slot_of(&cancel(head, &id, &orig, side))
            }
            _ => {
                let (orig, id, side) = (self.known_name(), self.new_name(), self.side());
                let (qty, price) = (self.qty(), self.price());
                slot_of(&replace(head, &id, &orig, side, &qty, &price))
            }
        }
    }

    fn new_name(&mut self) -> String {
        if self.dice.hits(50) {
            return self.known_name();
        }
        self.names += 1;
        format!("n{}", self.names)
    }

    fn known_name(&mut self) -> String {
        format!("n{}", self.names.saturating_sub(self.dice.below(12)))
    }

    fn side(&mut self) -> Side {
        Side::ALL[self.dice.below(2) as usize]
    }

    fn qty(&mut self) -> String {
        self.dice.below(10).to_string()
    }

    fn price(&mut self) -> String {
        (98 + self.dice.below(5)).to_string()
    }
}

/// One to four entries near the market.
fn quotes(dice: &mut Dice, head: CommandHead) -> Vec<u8> {
    let mut side = |near: u64| {
        let price = (near + dice.below(4)) as i64 * 100_000_000;
        let price = Decimal8Null::new((!dice.hits(200)).then_some(price));
        (price, Decimal8::new(dice.below(6) as i64 * 100_000_000))
    };
    let mut entry = |instrument: u32| {
        let ((bid_price, bid_qty), (offer_price, offer_qty)) = (side(96), side(98));
        let instrument = instrument.into();
        j::MassQuoteQuotes { instrument, bid_price, bid_qty, offer_price, offer_qty }
    };
    let entries = [entry(1), entry(2), entry(3), entry(1)];
    let block = j::MassQuote { head, quote_id: head.msg_seq_num, ..j::MassQuote::ZERO };
    let count = 1 + dice.below(4) as usize;
    mass_quote(&block, &entries[..count])
}

//! Session hours in a partition: whoever leads tells the log the windows ahead of time, and a replay asks nobody.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

mod common;

use common::{MORNING, NS_PER_S, limits, wish};
use engine::fake_log::{FakeLog, Faults};
use engine::hours::{Calendar, Window};
use engine::{CommandBuffer, Event, Inputs, Partition, Wish};
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{EstablishRejectReason, LogoutReason, Protocol, TerminateReason};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A window from the 10th to the 50th second of every minute; numbers begin anew with each hour.
#[derive(Debug, Default)]
struct EveryMinute {
    asked: AtomicUsize,
}

const MINUTE: u64 = 60 * NS_PER_S;

impl Calendar for EveryMinute {
    fn rows(&self) -> u32 {
        1
    }

    fn window_after(&self, _: u32, time: u64) -> Option<Window> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let of = |minute: u64| Window {
            opens: minute * MINUTE + 10 * NS_PER_S,
            closes: minute * MINUTE + 50 * NS_PER_S,
            numbers_from: minute / 60 * 60 * MINUTE + 10 * NS_PER_S,
        };
        let window = of(time / MINUTE);
        Some(if window.closes > time { window } else { of(time / MINUTE + 1) })
    }
}

/// Logs client 1 on whenever it is told to.
#[derive(Default)]
struct Client {
    logs_on: bool,
    next: u64,
}

impl Inputs for Client {
    fn take(&mut self, batch: &mut CommandBuffer) -> usize {
        if !std::mem::take(&mut self.logs_on) {
            return 0;
        }
        let head = common::commands::head(1, common::commands::conn(1, 1), self.next);
        usize::from(batch.push(&common::commands::logon(head, 30)))
    }
}

fn partition(disk: Vec<u8>, calendar: &Arc<EveryMinute>) -> Partition<FakeLog> {
    let mut session = common::session(1, false, 0);
    session.hours = 1.into();
    let calendar: Arc<dyn Calendar> = Arc::clone(calendar) as _;
    let wish = Wish { calendar: Some(calendar), ..wish(&[session]) };
    Partition::new(limits(), FakeLog::new(disk, Faults::default(), 1), wish)
}

fn logouts(events: &[Event], reason: LogoutReason) -> usize {
    let out = events.iter().filter_map(|event| event.get::<j::LogoutSent>());
    out.filter(|out| out.reason.known() == Some(reason)).count()
}

#[test]
fn windows_follow_each_other_for_hours_and_a_replay_asks_nobody() {
    let calendar = Arc::new(EveryMinute::default());
    let mut partition = partition(Vec::new(), &calendar);
    let (mut client, mut events) = (Client { logs_on: false, next: 1 }, Vec::<Event>::new());
    let mut generations = Vec::new();
    // Two hours and a half, a turn a second; a client that logs on in each minute, and again too late.
    for second in 0..9000u64 {
        client.logs_on = second % 60 == 20 || second % 60 == 55;
        client.next = partition.engine().sessions().first().map_or(1, |s| s.next_in);
        partition.turn(MORNING + second * NS_PER_S, &mut client, &mut events);
        partition.turn(MORNING + second * NS_PER_S, &mut client, &mut events);
        let generation = partition.engine().sessions().first().map(|s| s.generation);
        if generations.last() != Some(&generation) {
            generations.push(generation);
        }
        let bound = partition.engine().sessions().first().is_some_and(|s| s.bound.is_some());
        assert_eq!(bound, (20..50).contains(&(second % 60)), "second {second}");
    }
    assert_eq!(generations.into_iter().flatten().collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(logouts(&events, LogoutReason::HoursOver), 150);
    assert_eq!(logouts(&events, LogoutReason::OutsideHours), 150);
    let asked = calendar.asked.load(Ordering::Relaxed);
    assert!(asked < 400, "it is not asked in every turn: {asked}");

    let (state, seq) = (partition.engine().state_hash(), partition.engine().seq());
    let mut again = engine::Engine::new(limits());
    let mut log = FakeLog::new(partition.into_log().crash(), Faults::default(), 1);
    replay(&mut log, &mut again);
    assert_eq!((again.state_hash(), again.seq()), (state, seq));
    assert_eq!(calendar.asked.load(Ordering::Relaxed), asked);
}

/// Applies what a log has, as somebody who follows.
fn replay(log: &mut FakeLog, engine: &mut engine::Engine) {
    use engine::{Log, LogEvent, NoSink};
    loop {
        match log.poll() {
            LogEvent::Committed(batch) => {
                let header = batch.header;
                engine.begin_batch(header.first_seq.get(), header.time.get());
                let mut sink = NoSink::default();
                while engine.step(&mut sink) == engine::Step::More {}
                let commands = engine::Commands::new(batch.bytes);
                for (seq, command) in (header.first_seq.get()..).zip(commands) {
                    while engine.apply(seq, command, &mut sink) == engine::Step::More {}
                }
                engine.end_batch(header.count.get(), &mut sink);
                log.release();
            }
            LogEvent::Leading { .. } => return,
            _ => {
                log.turn(MORNING);
            }
        }
    }
}

/// A process that comes back in the middle of a window, or between two, is open or closed as the clock says.
#[test]
fn a_start_finds_the_hours_as_they_are() {
    let calendar = Arc::new(EveryMinute::default());
    let mut disk = Vec::new();
    for (second, open) in [(5, false), (15, true), (55, false), (130 + 60 * 60, true)] {
        let mut partition = partition(disk, &calendar);
        let now = MORNING + second * NS_PER_S;
        let mut client = Client { logs_on: false, next: 1 };
        for _ in 0..20 {
            partition.turn(now, &mut client, &mut Vec::<Event>::new());
        }
        let hours = partition.engine().hours()[0];
        assert_eq!((hours.now.is_some(), hours.next.is_some()), (open, true), "second {second}");
        // Numbers begin anew though the window began while nobody led.
        let generation = partition.engine().sessions()[0].generation;
        assert_eq!(generation, 1 + u32::from(second > 10) + u32::from(second > 3600));
        disk = partition.into_log().crash();
    }
}

/// A binary client that establishes its session in the 20th second of every minute, and negotiates where that is
/// refused because its version is over.
#[derive(Default)]
struct Binary {
    commands: Vec<Vec<u8>>,
    version: u64,
}

impl Binary {
    fn negotiates(&mut self, now: u64) {
        self.version += 1;
        let head = common::commands::head(1, common::commands::conn(1, 1), 0);
        let (version_id, timestamp) = (self.version.into(), now.into());
        let negotiate = j::Negotiate { head, version_id, timestamp };
        self.commands.push(common::commands::slot_of(&negotiate));
    }

    fn establishes(&mut self, now: u64) {
        let head = common::commands::head(1, common::commands::conn(1, 1), 0);
        let (version_id, timestamp) = (self.version.into(), now.into());
        self.commands.push(common::commands::slot_of(&j::Establish {
            head,
            version_id,
            timestamp,
            next_seq_no: 1.into(),
            keepalive_ms: 30_000.into(),
            ..j::Establish::ZERO
        }));
    }
}

impl Inputs for Binary {
    fn take(&mut self, batch: &mut CommandBuffer) -> usize {
        let taken = self.commands.drain(..).filter(|slot| batch.push_slot(slot));
        taken.count()
    }
}

fn refusals(events: &[Event], reason: EstablishRejectReason) -> usize {
    let refused = events.iter().filter_map(|event| event.get::<oe::EstablishReject>());
    refused.filter(|refused| refused.reason.known() == Some(reason)).count()
}

#[test]
fn hours_end_a_binary_session_and_a_reset_ends_its_version() {
    let calendar = Arc::new(EveryMinute::default());
    let mut session = common::session(1, false, 0);
    (session.hours, session.protocol) = (1.into(), Protocol::Sbe.into());
    let wish = Wish { calendar: Some(calendar as _), ..wish(&[session]) };
    let mut partition = Partition::new(limits(), FakeLog::new(vec![], Faults::default(), 1), wish);
    let (mut client, mut events) = (Binary::default(), Vec::<Event>::new());
    for second in 0..4000u64 {
        let now = MORNING + second * NS_PER_S;
        if second == 15 {
            client.negotiates(now);
        }
        if second % 60 == 20 || second % 60 == 55 {
            client.establishes(now);
        }
        let refused = refusals(&events, EstablishRejectReason::Finished);
        partition.turn(now, &mut client, &mut events);
        partition.turn(now, &mut client, &mut events);
        if refusals(&events, EstablishRejectReason::Finished) > refused {
            client.negotiates(now + 1);
            client.establishes(now + 2);
            partition.turn(now + 2, &mut client, &mut events);
            partition.turn(now + 2, &mut client, &mut events);
        }
        let bound = partition.engine().sessions().first().is_some_and(|s| s.bound.is_some());
        assert_eq!(bound, (20..50).contains(&(second % 60)), "second {second}");
    }
    let terminated = events.iter().filter_map(|event| event.get::<oe::Terminate>());
    let over = TerminateReason::OutsideHours;
    assert_eq!(terminated.filter(|t| t.reason.known() == Some(over)).count(), 66);
    assert_eq!(
        refusals(&events, EstablishRejectReason::OutsideHours),
        66,
        "too late, every minute"
    );
    // The 10th second of the next hour ended version 1.
    assert_eq!((client.version, partition.engine().sessions()[0].generation), (2, 2));
}

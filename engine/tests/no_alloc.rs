//! No allocation per message: once warm, a partition's turn takes no memory, whatever the command.
//!
//! The allocator of this test counts what its thread asks for. The log here is the smallest that
//! works: one buffer, committed at once.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::commands::{cancel, conn, disconnected, due, head, logon, order, replace, slot_of};
use common::{MORNING, NS_PER_S, limits, session, wish};
use engine::log::{BATCH_ENCODED_MAX, Tail};
use engine::{
    AppendError, BatchRef, CommandBuffer, Event, Inputs, Log, LogEvent, NoSink, Partition, Sink,
};
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::types::{Boolean, CommandHead, DueWhat, EventKind, Side, Verdict};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

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

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        ASKED.set(ASKED.get() + 1);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.realloc(at, layout, bytes) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn a_warm_partition_takes_no_memory() {
    let clients = [session(1, true, 0), session(2, true, 0)];
    let mut partition = Partition::new(limits(), OneBuffer::new(), wish(&clients));
    let mut sink = Counted::default();
    let mut play = |rounds: std::ops::Range<u64>| {
        let mut slots = Slots { slots: script(rounds), next: 0 };
        let before = ASKED.get();
        for turn in 0.. {
            let now = MORNING + turn * NS_PER_S / 20;
            let done = partition.turn(now, &mut slots, &mut sink);
            if done == 0 && slots.next == slots.slots.len() {
                break;
            }
        }
        (ASKED.get() - before, sink.reports, sink.markets)
    };
    // The first batches fill the buffers that start empty (the wish at the start of the term).
    let (_, reports, markets) = play(0..10);
    let (asked, reports_after, markets_after) = play(10..200);
    assert!(
        reports_after - reports > 5000 && markets_after - markets > 2000,
        "too little happened"
    );
    assert_eq!(asked, 0);
}

#[test]
fn the_allocator_does_count() {
    let before = ASKED.get();
    drop(std::hint::black_box(vec![1]));
    assert_eq!(ASKED.get() - before, 1);
}

/// Rounds of everything that a client can do.
fn script(rounds: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    let mut slots = Vec::new();
    for round in rounds {
        let me = |number| head(1, conn(1, round as u32 + 1), number);
        let other = |number| head(2, conn(2, round as u32 + 1), number);
        for first in [me(1), other(1)] {
            let mut logon = logon(first, 30);
            logon.reset_seq_num = Boolean::True.into();
            slots.push(slot_of(&logon));
        }
        let mut number = 2..;
        let mut next = || me(number.next().unwrap());
        let name = |n| format!("r{round}n{n}");
        for n in 0..8u64 {
            let price = (100 - n).to_string();
            slots.push(slot_of(&order(next(), &name(n), Side::Buy, "10", &price)));
        }
        let hit = slot_of(&order(other(2), &name(20), Side::Sell, "25", "90"));
        slots.push(hit);
        slots.push(slot_of(&replace(next(), &name(21), &name(3), Side::Buy, "5", "97")));
        slots.push(slot_of(&replace(next(), &name(22), &name(4), Side::Buy, "15", "99")));
        slots.push(slot_of(&cancel(next(), &name(23), &name(5), Side::Buy)));
        slots.push(slot_of(&cancel(next(), &name(24), &name(5), Side::Buy)));
        let mut ioc = order(next(), &name(25), Side::Sell, "100", "99");
        ioc.time_in_force.0 = 3;
        slots.push(slot_of(&ioc));
        slots.push(slot_of(&order(next(), &name(26), Side::Buy, "0", "99")));
        slots.push(slot_of(&j::TestRequest { head: next(), test_req_id: [b'T'; 64] }));
        slots.push(slot_of(&j::Heartbeat { head: next() }));
        let ask = |head: CommandHead| j::ResendRequest {
            head,
            begin_seq_no: 1.into(),
            ..j::ResendRequest::ZERO
        };
        slots.push(slot_of(&ask(next())));
        let verdict = Verdict::SessionReject.into();
        let refused = j::Refused { head: CommandHead { verdict, ..next() }, ..j::Refused::ZERO };
        slots.push(slot_of(&refused));
        let status = j::OrderStatusRequest { head: next(), ..j::OrderStatusRequest::ZERO };
        slots.push(slot_of(&status));
        // A gap, messages that wait, and its end.
        let missing = next();
        for n in 30..40 {
            slots.push(slot_of(&order(next(), &name(n), Side::Buy, "1", "80")));
        }
        slots.push(slot_of(&j::Heartbeat { head: missing }));
        slots.push(slot_of(&due(me(0), DueWhat::Silence)));
        slots.push(slot_of(&due(me(0), DueWhat::Heartbeat)));
        slots.push(slot_of(&disconnected(me(0))));
        slots.push(slot_of(&j::Logout { head: other(3) }));
        slots.push(slot_of(&j::Tick::ZERO));
    }
    slots
}

/// Commands made beforehand, a few for each turn.
struct Slots {
    slots: Vec<Vec<u8>>,
    next: usize,
}

impl Inputs for Slots {
    fn take(&mut self, batch: &mut CommandBuffer) -> usize {
        let few = self.slots[self.next..].iter().take(7);
        let taken = few.take_while(|slot| batch.push_slot(slot)).count();
        self.next += taken;
        taken
    }
}

#[derive(Default)]
struct Counted {
    reports: u64,
    markets: u64,
    last: NoSink,
}

impl Sink for Counted {
    fn free(&mut self) -> usize {
        1000
    }

    fn slot(&mut self) -> &mut Event {
        self.last.slot()
    }

    fn publish(&mut self) {
        let kind = self.last.slot().kind();
        self.reports += u64::from(kind == Some(EventKind::Report));
        self.markets += u64::from(kind == Some(EventKind::Market));
    }
}

/// A log of one batch: appended, committed, forgotten.
struct OneBuffer {
    bytes: Vec<u8>,
    full: bool,
    tail: Tail,
    started: u32,
}

impl OneBuffer {
    fn new() -> Self {
        Self { bytes: vec![0; BATCH_ENCODED_MAX], full: false, tail: Tail::genesis(1), started: 0 }
    }
}

impl Log for OneBuffer {
    fn append(&mut self, commands: &CommandBuffer, time: u64) -> Result<(), AppendError> {
        if self.full {
            return Err(AppendError::Full);
        }
        let durable = self.tail.next_seq - 1;
        self.tail.encode(commands, 1, time, durable, &mut self.bytes);
        self.full = true;
        Ok(())
    }

    fn poll(&mut self) -> LogEvent<'_> {
        if self.full {
            return LogEvent::Committed(BatchRef::trusted(&self.bytes).unwrap());
        }
        self.started += 1;
        match self.started {
            1 => LogEvent::Restore(&[]),
            2 => LogEvent::Leading { term: 1 },
            _ => LogEvent::Nothing,
        }
    }

    fn release(&mut self) {
        self.full = false;
    }

    fn snapshot_taken(&mut self, _: u64) {}

    fn turn(&mut self, _: u64) -> usize {
        0
    }
}

//! One command, a hundred thousand consequences, and a sink of exactly 64 slots.
//!
//! Cancel on disconnect, the end of the day and a sweep through a deep book are done piece by piece:
//! whoever reads the sink is never waited for inside a call, nothing is kept in memory meanwhile,
//! nothing else is begun, and nobody can tell from the events that the sink was small.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::commands::{conn, disconnected, head, logon, order, slot_of};
use common::watch::follows_a_summary;
use common::words::string;
use common::{DAY_END_NS, MORNING, NS_PER_S, Narrow, Queue, session, wish};
use engine::fake_log::{FakeLog, Faults};
use engine::{Event, Limits, Partition, SINK_FREE_MIN};
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{CancelCause, EventKind, Side};

const ORDERS: u64 = 100_000;
const MAKERS: u64 = 50_000;
const EVENING: u64 = MORNING - 9 * 3600 * NS_PER_S + DAY_END_NS;

#[test]
fn a_client_that_loses_its_connection_has_all_its_orders_cancelled_in_order() {
    let mut play = Play::new();
    play.fill(ORDERS, Side::Buy);
    assert_eq!(play.partition.engine().open_orders() as u64, ORDERS);
    // The next command is in the same batch: it must wait until all are gone.
    play.send(slot_of(&disconnected(head(1, conn(1, 1), 0))));
    play.send(slot_of(&order(head(2, conn(2, 1), 2), "next", Side::Sell, "1", "1")));
    play.reader.expect_ends(ORDERS, CancelCause::Disconnect);
    play.run(MORNING);
    play.reader.all_came();
    play.same_as_unbounded();
}

#[test]
fn a_day_ends_for_all_orders_in_order() {
    let mut play = Play::new();
    play.fill(ORDERS, Side::Buy);
    play.send(slot_of(&order(head(2, conn(2, 1), 2), "next", Side::Sell, "1", "1")));
    play.reader.expect_ends(ORDERS, CancelCause::DayEnd);
    play.run(EVENING);
    play.reader.all_came();
    play.same_as_unbounded();
}

#[test]
fn one_order_sweeps_a_deep_book_in_order() {
    let mut play = Play::new();
    play.fill(MAKERS, Side::Sell);
    let qty = (MAKERS + 5).to_string();
    play.send(slot_of(&order(head(2, conn(2, 1), 2), "sweep", Side::Buy, &qty, "900")));
    play.send(slot_of(&order(head(2, conn(2, 1), 3), "next", Side::Buy, "1", "1")));
    play.reader.expect_trades(MAKERS);
    play.run(MORNING);
    play.reader.all_came();
    assert_eq!(play.partition.engine().open_orders(), 2);
    play.same_as_unbounded();
}

/// Reads every event once, keeps none, and knows what must come next.
#[derive(Default)]
struct Reader {
    feed_seq: u64,
    numbers: [u64; 3],
    cause: Option<CancelCause>,
    ended: u64,
    traded: u64,
    wanted: u64,
    next: bool,
}

impl Reader {
    fn expect_ends(&mut self, orders: u64, cause: CancelCause) {
        (self.cause, self.wanted) = (Some(cause), orders);
    }

    fn expect_trades(&mut self, trades: u64) {
        self.wanted = trades;
    }

    fn read(&mut self, event: &Event) {
        let number = event.head.number.get();
        match event.kind().unwrap() {
            EventKind::Control => {}
            EventKind::Market => {
                self.feed_seq += 1 + u64::from(follows_a_summary(event));
                assert_eq!(number, self.feed_seq, "the feed has no gap");
            }
            EventKind::Report => {
                let last = &mut self.numbers[event.head.session.get() as usize];
                *last += 1;
                assert_eq!(number, *last, "reports have no gap");
            }
        }
        let expired = event.get::<oe::ExecutionReportExpired>().map(|r| (*r).into());
        let ended: Option<oe::ExecutionReportCanceled> =
            expired.or(event.get::<oe::ExecutionReportCanceled>().copied());
        if let Some(r) = ended {
            assert_eq!(r.cause.known(), self.cause);
            assert_eq!(string(&r.cl_ord_id), format!("o{}", self.ended), "oldest first");
            self.ended += 1;
        } else if let Some(r) = event.get::<oe::ExecutionReportTrade>() {
            let name = if r.aggressor == 1 { "sweep".into() } else { format!("o{}", self.traded) };
            assert_eq!(string(&r.cl_ord_id), name, "best first, then oldest");
            self.traded += u64::from(r.aggressor);
        } else if let Some(r) = event.get::<oe::ExecutionReportNew>()
            && string(&r.cl_ord_id) == "next"
        {
            assert_eq!(self.ended + self.traded, self.wanted, "the next command waits");
            self.next = true;
        }
    }

    fn all_came(&self) {
        assert_eq!(self.ended + self.traded, self.wanted);
        assert!(self.next, "the next command came");
    }
}

struct Play {
    partition: Partition<FakeLog>,
    queue: Queue,
    sink: Narrow,
    reader: Reader,
}

impl Play {
    /// Two clients are logged on; the orders of the first go with its connection.
    fn new() -> Self {
        let partition = process(Vec::new(), Faults::default());
        let sink = Narrow::new();
        let mut play = Self { partition, queue: Queue::default(), sink, reader: Reader::default() };
        for client in [1, 2] {
            play.send(slot_of(&logon(head(client, conn(client as u16, 1), 1), 30)));
        }
        play.run(MORNING);
        play
    }

    fn send(&mut self, slot: Vec<u8>) {
        self.queue.0.push_back(slot);
    }

    /// So many orders `o0`, `o1`, … of the first client for one lot each, over 500 prices.
    fn fill(&mut self, orders: u64, side: Side) {
        for n in 0..orders {
            let price = (100 + n * 500 / orders).to_string();
            let message = order(head(1, conn(1, 1), n + 2), &format!("o{n}"), side, "1", &price);
            self.send(slot_of(&message));
        }
        self.run(MORNING);
    }

    /// Turns until nothing is left to do; between two turns the sink is emptied.
    fn run(&mut self, now: u64) {
        let mut idle = 0;
        for turn in 0.. {
            assert!(turn < 1_000_000, "no end: a deadlock");
            let done = self.partition.turn(now, &mut self.queue, &mut self.sink);
            for event in self.sink.events.drain(..) {
                self.reader.read(&event);
            }
            idle = if done == 0 && self.partition.is_idle() { idle + 1 } else { 0 };
            if idle == 3 {
                break;
            }
        }
        assert!(self.queue.0.is_empty());
    }

    /// The same log through a sink without end: the same state, the same events.
    fn same_as_unbounded(&self) {
        let nothing_of_its_own = Faults { refuse: 1000, ..Faults::default() };
        let mut other = process(self.partition.log().disk().to_vec(), nothing_of_its_own);
        other.turn(EVENING, &mut Queue::default(), &mut Vec::new());
        let (mine, other) = (self.partition.engine(), other.engine());
        assert_eq!(other.seq(), mine.seq());
        assert_eq!(other.event_hash(), mine.event_hash());
        assert_eq!(other.state_hash(), mine.state_hash());
        assert_eq!(self.sink.events.capacity(), SINK_FREE_MIN, "it did not grow");
    }
}

fn process(disk: Vec<u8>, faults: Faults) -> Partition<FakeLog> {
    let limits = Limits { orders_max: 110_000, ..Limits::default() };
    let sessions: [j::SessionDefine; 2] = [session(1, true, 0), session(2, false, 0)];
    Partition::new(limits, FakeLog::new(disk, faults, 1), wish(&sessions))
}

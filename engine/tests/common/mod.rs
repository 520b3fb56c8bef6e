//! What the engine's tests share: a venue to play with, commands, and the watch over every event.
//!
//! [`Rig`] is an engine that gets one command per batch. Whatever a test is about, it also checks
//! what must hold for every event ([`Watch`]): numbers of sessions and feed without a gap, reports
//! only to the owner of an order, quantities that add up, a feed from which the same book follows.
//! Next: `words.rs` (events as words of a script), `commands.rs` (messages of a client).
#![allow(dead_code, reason = "each test file takes the part it needs")]

pub(crate) mod commands;
pub(crate) mod watch;
pub(crate) mod words;

use commands::slot_of;
use engine::{
    CommandBuffer, Commands, Engine, Event, Inputs, Limits, SINK_FREE_MIN, Sink, Step, Wish,
};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{CancelOnDisconnect, Decimal8, Phase, Protocol};
use std::collections::VecDeque;
use watch::Watch;

pub(crate) const NS_PER_S: u64 = 1_000_000_000;
/// 2026-01-05, 09:00 UTC; the day ends at 17:00.
pub(crate) const MORNING: u64 = (20_458 * 24 + 9) * 3600 * NS_PER_S;
pub(crate) const DAY_END_NS: u64 = 17 * 3600 * NS_PER_S;

/// Symbol, tick, lot and largest quantity of the instruments 1, 2, …
pub(crate) const INSTRUMENTS: [(&str, &str, &str, &str); 3] = [
    ("ACME", "0.01", "1", "1000000"),
    ("BTC", "0.5", "0.001", "100"),
    ("FINE", "0.00000001", "1", "1000"),
];

/// Small enough that a script can reach every limit it asks for.
pub(crate) fn limits() -> Limits {
    Limits {
        sessions_max: 8,
        instruments_max: 4,
        orders_max: 1000,
        pages_max: 1000,
        accounts_max: 32,
        assets_max: 8,
        finished_kept: 64,
        parked_max: 100,
        hash_seed: 7,
    }
}

pub(crate) fn venue() -> j::VenueDefine {
    j::VenueDefine {
        day_end_ns: DAY_END_NS.into(),
        heartbeat_min_s: 5.into(),
        heartbeat_max_s: 3600.into(),
        dead_man_min_ms: 100.into(),
        dead_man_max_ms: 60_000.into(),
        ..j::VenueDefine::ZERO
    }
}

pub(crate) fn instruments() -> Vec<j::InstrumentDefine> {
    let define = |&(symbol, tick, lot, max): &(&str, &str, &str, &str)| j::InstrumentDefine {
        symbol: fill_text(symbol.as_bytes()).unwrap(),
        tick_size: Decimal8::new(words::mantissa(tick)),
        lot_size: Decimal8::new(words::mantissa(lot)),
        quantity_max: Decimal8::new(words::mantissa(max)),
        price_max: Decimal8::new(500_000 * words::mantissa(tick)),
        phase: Phase::Continuous.into(),
        ..j::InstrumentDefine::ZERO
    };
    INSTRUMENTS.iter().map(define).collect()
}

/// Session 1, 2, …; `cancels`: its orders go `grace_ms` after a disconnect.
pub(crate) fn session(number: u32, cancels: bool, grace_ms: u32) -> j::SessionDefine {
    let policy = if cancels { CancelOnDisconnect::Session } else { CancelOnDisconnect::No };
    j::SessionDefine {
        comp_id: fill_text(format!("CLIENT{number}").as_bytes()).unwrap(),
        account: fill_text(format!("ACCOUNT{number}").as_bytes()).unwrap(),
        user: (100 + number).into(),
        grace_ms: grace_ms.into(),
        protocol: Protocol::Fix44.into(),
        cancel_on_disconnect: policy.into(),
        ..j::SessionDefine::ZERO
    }
}

pub(crate) fn wish(sessions: &[j::SessionDefine]) -> Wish {
    Wish {
        venue: venue(),
        instruments: instruments(),
        sessions: sessions.to_vec(),
        ..Wish::default()
    }
}

/// A ring of commands that holds any number of them.
#[derive(Default)]
pub(crate) struct Queue(pub(crate) VecDeque<Vec<u8>>);

impl Inputs for Queue {
    fn take(&mut self, batch: &mut CommandBuffer) -> usize {
        let mut taken = 0;
        while taken < 64
            && let Some(slot) = self.0.front()
            && batch.push_slot(slot)
        {
            self.0.pop_front();
            taken += 1;
        }
        taken
    }
}

/// The smallest sink there is: 64 slots, emptied by whoever reads it between turns.
pub(crate) struct Narrow {
    pub(crate) events: Vec<Event>,
}

const _: () = assert!(SINK_FREE_MIN == 64);

impl Narrow {
    pub(crate) fn new() -> Self {
        Self { events: Vec::with_capacity(SINK_FREE_MIN) }
    }
}

impl Sink for Narrow {
    fn free(&mut self) -> usize {
        SINK_FREE_MIN - self.events.len()
    }

    fn slot(&mut self) -> &mut Event {
        assert!(self.free() > 0, "written without room");
        self.events.slot()
    }

    fn publish(&mut self) {}
}

/// An engine that gets one command per batch, and everything it was given.
pub(crate) struct Rig {
    pub(crate) engine: Engine,
    pub(crate) now: u64,
    limits: Limits,
    log: Vec<(u64, Vec<u8>)>,
    watch: Watch,
}

impl Rig {
    /// The venue above with these sessions; nobody is logged on.
    pub(crate) fn new(limits: Limits, sessions: &[j::SessionDefine]) -> Self {
        let watch = Watch::default();
        let mut rig =
            Self { engine: Engine::new(limits), now: MORNING, limits, log: Vec::new(), watch };
        rig.send(&j::TermStarted { term: 1.into(), ..j::TermStarted::ZERO });
        rig.send(&venue());
        for instrument in instruments() {
            rig.send(&instrument);
        }
        for session in sessions {
            rig.send(session);
        }
        rig
    }

    /// One batch of one command, and everything it caused.
    pub(crate) fn send<M: Message>(&mut self, message: &M) -> Vec<Event> {
        self.send_slot(&slot_of(message))
    }

    pub(crate) fn send_slot(&mut self, slot: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        self.log.push((self.now, slot.to_vec()));
        apply(&mut self.engine, self.now, slot, &mut events);
        self.watch.see(&events);
        self.watch.check(&self.engine);
        events
    }

    /// The log makes the same state and the same events again, whatever the seed of the hash table.
    pub(crate) fn check_replay(&self) {
        let mut again = Engine::new(Limits { hash_seed: !self.limits.hash_seed, ..self.limits });
        for (time, slot) in &self.log {
            apply(&mut again, *time, slot, &mut Vec::new());
        }
        assert_eq!(again.event_hash(), self.engine.event_hash());
        assert_eq!(again.state_hash(), self.engine.state_hash());
    }
}

/// One batch, one command.
fn apply(engine: &mut Engine, time: u64, slot: &[u8], events: &mut Vec<Event>) {
    assert_eq!(Commands::new(slot).count(), 1, "one command");
    let seq = engine.seq() + 1;
    engine.begin_batch(seq, time);
    assert_eq!(engine.step(events), Step::Done);
    assert_eq!(engine.apply(seq, slot, events), Step::Done);
    engine.end_batch(1, events);
}

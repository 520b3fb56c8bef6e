//! Threads: spawned, pinned, spun, stopped. What they do is elsewhere; a thread is a struct with
//! `turn(now) -> work done`, and here is who calls it and what happens when there is nothing to do.
//!
//! Waiting: a hot thread that found no work yields a few times, then sleeps on its doorbell. Waking a
//! halted virtual CPU costs more than all of an order's way through the venue, so with spare cores
//! (three or more) the threads spin a little first, and a thread that brings its batches to the device
//! itself stays awake meanwhile.

use crate::gateway::Gateway;
use crate::health::{Health, StallWatch};
use crate::io::clock::SteadyClock;
use crate::io::event_ring::EventWriter;
use crate::io::{Sleeper, StreamTransport};
use crate::journal::Journal;
use crate::publisher::{Lines, Publisher};
use crate::rings::CommandReceivers;
use engine::{Event, Log, Partition};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Longest sleep of a hot thread: bounds how late a timer can be.
const SLEEP_MAX: Duration = Duration::from_millis(10);
/// Sleep of a hot thread that waits for room elsewhere.
const BLOCKED_SLEEP: Duration = Duration::from_micros(200);
/// A thread whose batch is on its way to the device stays awake this long after its last work: a device is done within
/// some 100 µs, and then waking the processor would take half as long again.
const AWAKE_FOR_DEVICE_NS: u64 = 500_000;
/// Clients have so long to answer the Logout of a venue that stops.
const STOP_GRACE_NS: u64 = 2_000_000_000;

/// How a hot thread waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Turns without work that only spin.
    pub spins: u32,
    /// Turns without work that yield the core.
    pub yields: u32,
}

impl Waiting {
    /// By the cores that this process may use.
    pub fn for_cores(cores: usize) -> Self {
        match cores {
            0..=2 => Self { spins: 0, yields: 60 },
            _ => Self { spins: 2000, yields: 20 },
        }
    }

    /// As printed at start.
    pub fn describe(self) -> String {
        format!("spin {}, yield {}, then block", self.spins, self.yields)
    }
}

/// Flags between the threads of one process.
#[derive(Debug, Default)]
pub struct Flags {
    /// SIGTERM or SIGINT: stop in good order.
    pub stop: Arc<AtomicBool>,
    /// The gateway is done: the engine may stop once nothing waits.
    pub engine_stop: AtomicBool,
}

/// Spins, yields or says it is time to sleep.
#[derive(Debug)]
pub struct Idle {
    waiting: Waiting,
    turns: u32,
    worked_ns: u64,
}

impl Idle {
    /// Of a thread that waits like this.
    pub fn new(waiting: Waiting) -> Self {
        Self { waiting, turns: 0, worked_ns: 0 }
    }

    /// A turn at this time had work: whoever has just worked may soon have more.
    pub fn worked(&mut self, now_ns: u64) {
        (self.turns, self.worked_ns) = (0, now_ns);
    }

    /// After a turn without work: spins or yields once; `true`: it has done so often enough. `is_writing`: what it
    /// waits for is a device, whose end the kernel tells on this core: it yields, as one that spins would be in the way.
    pub fn should_sleep(&mut self, now_ns: u64, is_writing: bool) -> bool {
        if is_writing && now_ns - self.worked_ns < AWAKE_FOR_DEVICE_NS {
            std::thread::yield_now(); // The kernel may need this core to tell that the device is done.
            return false;
        }
        self.turns += 1;
        if self.turns <= self.waiting.spins {
            std::hint::spin_loop();
            return false;
        }
        if self.turns <= self.waiting.spins + self.waiting.yields {
            std::thread::yield_now();
            return false;
        }
        self.turns = 0;
        true
    }
}

/// What decides, wherever it runs.
pub struct EnginePart {
    /// The partition.
    pub partition: Partition<Journal>,
    /// Rings that lead to it.
    pub rings: CommandReceivers,
    /// Events out of it.
    pub events: EventWriter<Event>,
    /// Event hashes for the understudy.
    pub checkpoints: rtrb::Producer<(u64, u64)>,
    /// What the log may forget.
    pub released: Released,
    /// Whether it gets on.
    pub stall: StallWatch,
    /// Who is told.
    pub health: Arc<Health>,
}

/// What snapshots have made superfluous, as the understudy says.
pub struct Released {
    said: Arc<AtomicU64>,
    done: u64,
}

impl Released {
    /// Nothing yet.
    pub fn new(said: Arc<AtomicU64>) -> Self {
        Self { said, done: 0 }
    }

    /// The last sequence that can go, when it is another than before.
    fn take(&mut self) -> Option<u64> {
        let said = self.said.load(Ordering::Acquire);
        (said > self.done).then(|| {
            self.done = said;
            said
        })
    }
}

impl EnginePart {
    /// One turn; the journal's failures and refused wishes end the process in `venue.rs`.
    pub fn turn(&mut self, now: u64) -> usize {
        let done = self.partition.turn(now, &mut self.rings, &mut self.events);
        let waits = !self.partition.is_idle() || self.partition.log().is_busy();
        self.stall.look(now, self.partition.engine().seq(), waits, &self.health);
        if let Some(seq) = self.released.take() {
            self.partition.log_mut().snapshot_taken(seq);
        }
        if let Some(checkpoint) = self.partition.take_checkpoint() {
            // The understudy is a whole ring of checkpoints behind: it skips this comparison only
            // if it never comes back, and then nothing derived is written either.
            self.checkpoints.push(checkpoint).unwrap_or_else(|_| {
                panic!(
                    "the understudy is {} checkpoints behind",
                    self.checkpoints.buffer().capacity()
                )
            });
        }
        done
    }
}

/// What talks to the network.
pub struct EdgePart<L> {
    /// Order entry.
    pub gateway: Gateway,
    /// The feed.
    pub publisher: Publisher<L>,
}

impl<L: Lines> EdgePart<L> {
    fn turn(&mut self, now: u64) -> usize {
        self.gateway.turn(now) + self.publisher.turn(now)
    }
}

/// Everything hot on this thread, until told to stop.
pub fn run_fused<L: Lines>(
    mut edge: EdgePart<L>,
    mut engine: EnginePart,
    waiting: Waiting,
    flags: &Flags,
) -> EnginePart {
    let mut idle = Idle::new(waiting);
    let mut clock = SteadyClock::default();
    let mut stopping = false;
    // Otherwise another thread writes, perhaps on this core, and must not wait for this one.
    let writes_here = edge.gateway.transport_mut().writes_files();
    loop {
        let now = clock.now_ns();
        let mut done = edge.turn(now);
        done += carry_writes(&mut engine, edge.gateway.transport_mut());
        done += engine.turn(now);
        done += carry_writes(&mut engine, edge.gateway.transport_mut());
        if stopping && edge.gateway.has_stopped(now) && engine.is_done() {
            // Reports of the last commands are on their way out.
            edge.turn(now);
            edge.publisher.end(now);
            return engine;
        }
        if flags.stop.load(Ordering::Relaxed) && !stopping {
            stopping = true;
            edge.gateway.begin_stop(now, STOP_GRACE_NS);
        }
        if done > 0 {
            idle.worked(now);
        } else if idle.should_sleep(now, writes_here && engine.partition.log().is_writing()) {
            let blocked = edge.gateway.is_blocked();
            let sleep = if blocked { BLOCKED_SLEEP } else { SLEEP_MAX };
            edge.gateway.transport_mut().wait(sleep);
        }
    }
}

/// Between the journal and a transport that writes files: what has ended, and what comes next. Another
/// transport leaves the journal to its own thread. Returns how much was done.
pub fn carry_writes(engine: &mut EnginePart, transport: &mut dyn StreamTransport) -> usize {
    if !transport.writes_files() {
        return 0;
    }
    let (journal, mut done) = (engine.partition.log_mut(), 0);
    if let Some(written) = transport.take_written() {
        journal.on_written(written);
        done += 1;
    }
    if let Some(write) = journal.next_write() {
        transport.submit_write(write);
        done += 1;
    }
    done
}

/// The network side on this thread, the engine on its own, until told to stop.
pub fn run_split<L: Lines>(
    mut edge: EdgePart<L>,
    engine: JoinHandle<()>,
    waiting: Waiting,
    flags: &Flags,
) {
    let mut idle = Idle::new(waiting);
    let mut clock = SteadyClock::default();
    let mut stopping = false;
    loop {
        let now = clock.now_ns();
        let done = edge.turn(now);
        if stopping && edge.gateway.has_stopped(now) {
            flags.engine_stop.store(true, Ordering::Release);
            if engine.is_finished() && !edge.gateway.has_events() {
                edge.turn(now);
                edge.publisher.end(now);
                return;
            }
        }
        if flags.stop.load(Ordering::Relaxed) && !stopping {
            stopping = true;
            edge.gateway.begin_stop(now, STOP_GRACE_NS);
        }
        if done > 0 {
            idle.worked(now);
        } else if idle.should_sleep(now, false) {
            let blocked = edge.gateway.is_blocked();
            let sleep = if blocked { BLOCKED_SLEEP } else { SLEEP_MAX };
            edge.gateway.transport_mut().wait(sleep);
        }
    }
}

/// The engine's own thread in split placement.
pub fn run_engine(
    mut engine: EnginePart,
    sleeper: &Sleeper,
    gateway: &crate::io::Doorbell,
    waiting: Waiting,
    flags: &Flags,
) -> EnginePart {
    let mut idle = Idle::new(waiting);
    let mut clock = SteadyClock::default();
    loop {
        let now = clock.now_ns();
        if engine.turn(now) > 0 {
            idle.worked(now);
            gateway.ring();
            continue;
        }
        if flags.engine_stop.load(Ordering::Acquire) && engine.is_done() {
            return engine;
        }
        if idle.should_sleep(now, false) && sleeper.announce() {
            if engine.rings.has_commands() {
                sleeper.cancel();
            } else {
                sleeper.wait(SLEEP_MAX);
            }
        }
    }
}

impl EnginePart {
    /// Nothing waits and nothing is being applied.
    pub fn is_done(&self) -> bool {
        self.partition.is_idle() && !self.rings.has_commands() && !self.partition.log().is_busy()
    }
}

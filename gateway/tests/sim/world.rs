//! The venue of the simulator: every real part but the kernel, in turns, on one thread, through as many
//! lives as its seed says. Under it lies a [`Store`]: `fake.rs` or `real.rs`.

use crate::abuser::{self, ABUSERS, Abuser};
use crate::checks;
use crate::client::{self, CLIENTS, Client, LISTENERS};
use crate::history::{Batch, End, History, ReadWitness, Start, Witness};
use crate::stop::caught;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use engine::fake_log::Dice;
use engine::{Engine, Event, Limits, Log, Partition, Wish};
use gateway::auth::{Checker, Secret, auth_way};
use gateway::connection::{ConnectionLimits, Speaks};
use gateway::door::transport_limits;
use gateway::gateway::{Gateway, Settings};
use gateway::health::{Health, StallWatch};
use gateway::history::{HistoryReader, Limit, Stored};
use gateway::io::event_ring::{EventWriter, event_ring};
use gateway::io::sim::SimNet;
use gateway::io::sim_disk::SimDisk;
use gateway::io::{StreamTransport, TransportLimits};
use gateway::outbox::Outboxes;
use gateway::publisher::{Lines, Publisher};
use gateway::rings::CommandReceivers;
use gateway::understudy::{Keeping, Source, Understudy, outbox_way};
use marketdata::packer::Packer;
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{Decimal8, Phase, Protocol};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use zerocopy::FromZeros;

const START_NS: u64 = 1_700_000_000_000_000_000;
const CONNECTIONS_MAX: u16 = 16;
/// A log that says nothing for so long has stalled: clients are not read.
const STALL_NS: u64 = 10_000_000;

/// What happens in a run; chances are in 1000 and per step.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Steps with trading; afterwards everybody gets the time to catch up.
    pub steps: u64,
    /// A connection is cut.
    pub cut: u64,
    /// Time jumps by seconds.
    pub jump: u64,
    /// The process is killed.
    pub crash: u64,
    /// The process is killed once, right after this sequence was applied.
    pub crash_after: Option<u64>,
    /// Slots of the event ring.
    pub event_slots: usize,
    /// Clients that mean harm come too.
    pub abuse: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            steps: 1000,
            cut: 0,
            jump: 0,
            crash: 0,
            crash_after: None,
            event_slots: 1024,
            abuse: false,
        }
    }
}

/// Where a process keeps what must outlive it.
pub trait Store {
    type Log: Log;
    type Source: Source;

    /// A process starts over what is there. `history` is for the judgement of what it finds.
    fn begin(&mut self, history: &History) -> Result<Begun<Self::Log, Self::Source>, String>;

    /// What a cold thread and a ring do for the log in one step.
    fn carry(&mut self, log: &mut Self::Log) -> Result<(), String>;

    /// The understudy may see what is committed.
    fn show(&mut self, log: &Self::Log);

    /// Something is on its way to the device.
    fn is_busy(&self, log: &Self::Log) -> bool;

    /// The process is gone; `None`: it never had a log.
    fn end(&mut self, log: Option<Self::Log>);

    /// What the last words of a process mean.
    fn judge(&mut self, said: &str) -> Verdict;

    /// What `Engine::save` said in the snapshot of this sequence, if it is there.
    fn snapshot(&self, seq: u64) -> Option<Vec<u8>>;

    /// Where everything is.
    fn disk(&self) -> SimDisk;

    /// Something on it rotted or was lost: what is derived may have begun anew.
    fn has_damage(&self) -> bool;

    /// Nothing goes wrong any more.
    fn calm(&mut self, log: Option<&mut Self::Log>);
}

/// A process that stops, or does not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It had to: a fault was planned. The next life begins.
    Planned,
    /// It had to, and nothing good can come any more: what is on the disk was damaged.
    Damaged,
    /// A bug.
    Wrong,
}

/// What a process begins with.
pub struct Begun<L, S> {
    pub log: L,
    pub source: S,
    pub understudied: Engine,
    pub outboxes: Outboxes<SimDisk>,
    pub keeping: Keeping<SimDisk>,
    pub start: Start,
}

pub fn limits() -> Limits {
    Limits {
        sessions_max: 8,
        instruments_max: 4,
        orders_max: 512,
        pages_max: 256,
        accounts_max: 32,
        assets_max: 4,
        finished_kept: 64,
        parked_max: 128,
        hash_seed: 5,
    }
}

/// Who takes part, as a configuration would have it.
#[derive(Clone)]
pub struct Cast {
    pub wish: Wish,
    pub secrets: HashMap<[u8; 24], Secret>,
    /// CompID of the venue.
    pub venue: String,
}

/// Of the random clients, and of those who mean harm, if there are any.
fn random_cast(abusers: usize) -> Cast {
    let instruments = ["ACME", "BTC-USD"].map(|symbol| j::InstrumentDefine {
        symbol: fill_text(symbol.as_bytes()).unwrap(),
        tick_size: Decimal8::new(1_000_000),
        lot_size: Decimal8::new(100_000_000),
        quantity_max: Decimal8::new(100_000_000_000_000),
        phase: Phase::Continuous.into(),
        ..j::InstrumentDefine::ZERO
    });
    let session = |comp_id: String, protocol: Protocol| j::SessionDefine {
        comp_id: fill_text(comp_id.as_bytes()).unwrap(),
        protocol: protocol.into(),
        ..j::SessionDefine::ZERO
    };
    let healthy = (0..CLIENTS).map(|n| session(client::comp_id(n), protocol(n)));
    let others = (0..abusers).map(|n| session(abuser::comp_id(n), Protocol::Fix44));
    let venue = j::VenueDefine {
        heartbeat_min_s: 1.into(),
        heartbeat_max_s: 60.into(),
        ..j::VenueDefine::ZERO
    };
    let wish = Wish {
        venue,
        instruments: instruments.to_vec(),
        sessions: healthy.chain(others).collect(),
        ..Wish::default()
    };
    Cast { wish, secrets: secrets(), venue: "VENUE".into() }
}

/// Every packet that left.
#[derive(Default)]
pub struct Wire(Vec<Vec<u8>>);

impl Lines for Wire {
    fn send(&mut self, packet: &[u8]) {
        self.0.push(packet.to_vec());
    }
}

/// One life of the process.
struct Life<S: Store> {
    net: SimNet,
    gateway: Gateway,
    partition: Partition<Witness<S::Log>>,
    rings: CommandReceivers,
    events: EventWriter<Event>,
    publisher: Publisher<Wire>,
    understudy: Understudy<ReadWitness<S::Source>, SimDisk>,
    /// By the understudy.
    read: Rc<RefCell<Vec<Batch>>>,
    checker: Checker,
    checkpoints: rtrb::Producer<(u64, u64)>,
    released: Arc<AtomicU64>,
    stall: StallWatch,
    health: Arc<Health>,
}

/// How a run ended when all is well.
pub struct Ended<S> {
    /// The last sequence.
    pub seq: u64,
    /// What a healthy client has waited longest for.
    pub slowest_answer_ns: u64,
    /// Messages and pieces of garbage of those who mean harm.
    pub harm: u64,
    /// Damage was found and the venue stays down: what the start said.
    pub damaged: Option<String>,
    pub history: History,
    pub store: S,
}

pub struct World<S: Store> {
    plan: Plan,
    dice: Dice,
    now: u64,
    store: S,
    life: Option<Life<S>>,
    cast: Cast,
    clients: Vec<Box<dyn Client>>,
    abusers: Vec<Abuser>,
    history: History,
    damaged: Option<String>,
}

impl<S: Store> World<S> {
    pub fn new(seed: u64, plan: Plan, store: S) -> Self {
        Self {
            plan,
            dice: Dice(seed),
            now: START_NS,
            store,
            life: None,
            cast: random_cast(if plan.abuse { ABUSERS } else { 0 }),
            clients: client::all(seed),
            abusers: if plan.abuse { abuser::all(seed) } else { Vec::new() },
            history: History::default(),
            damaged: None,
        }
    }

    /// Plays the plan, lets everybody catch up and checks everything.
    pub fn run(mut self) -> Result<Ended<S>, String> {
        let played = caught(|| self.play());
        self.life = None;
        self.history.clients = self.clients.iter().map(|client| client.told().clone()).collect();
        played.and_then(|()| caught(|| checks::all(&self.history)))?;
        let seq = self.history.committed_seq();
        let slowest = self.clients.iter().map(|client| client.slowest_answer_ns()).max();
        Ok(Ended {
            seq,
            slowest_answer_ns: slowest.unwrap_or(0),
            harm: self.abusers.iter().map(Abuser::sent).sum(),
            damaged: self.damaged,
            history: self.history,
            store: self.store,
        })
    }

    fn play(&mut self) -> Result<(), String> {
        let mut crash_after = self.plan.crash_after;
        for _ in 0..self.plan.steps {
            self.step(true)?;
            self.misfortune();
            if self.damaged.is_some() {
                return Ok(());
            }
            if crash_after.is_some_and(|seq| self.seq() >= seq) {
                crash_after = None;
                self.end_life();
            }
        }
        self.settle()
    }

    fn seq(&self) -> u64 {
        self.life.as_ref().map_or(0, |life| life.partition.engine().seq())
    }

    fn misfortune(&mut self) {
        let (dice, plan) = (&mut self.dice, &self.plan);
        if dice.hits(plan.cut)
            && let Some(life) = &self.life
        {
            let who = dice.below(CLIENTS as u64) as usize;
            self.clients[who].cut(&life.net, dice);
        }
        if dice.hits(plan.jump) {
            self.now += 1_000_000_000 * (1 + dice.below(40));
        }
        if dice.hits(plan.crash) {
            self.end_life();
        }
    }

    /// A millisecond: of a life, or the beginning of one.
    fn step(&mut self, trading: bool) -> Result<(), String> {
        self.now += 1_000_000;
        let done = match &self.life {
            Some(_) => caught(|| self.live(trading)),
            None => caught(|| self.begin_life()),
        };
        let Err(said) = done else { return Ok(()) };
        match self.store.judge(&said) {
            Verdict::Planned => {}
            Verdict::Damaged => self.damaged = Some(said),
            Verdict::Wrong => return Err(said),
        }
        self.end_life();
        Ok(())
    }

    /// The process starts over what is on the disk.
    fn begin_life(&mut self) -> Result<(), String> {
        let begun = self.store.begin(&self.history)?;
        self.history.starts.push(begun.start);
        self.keep_snapshot(begun.start.from);
        let number = self.history.starts.len();
        let (seed, slots) = (self.dice.roll(), self.plan.event_slots);
        self.life = Some(Life::new(begun, number, seed, slots, &self.cast));
        self.clients.iter_mut().for_each(|client| client.begin_life(number));
        Ok(())
    }

    /// The process is gone, by its own hand or by `kill -9`. What it has sent arrives.
    fn end_life(&mut self) {
        let Some(mut life) = self.life.take() else { return self.store.end(None) };
        self.take_what_left(&mut life);
        for client in &mut self.clients {
            client.hear(self.now, &life.net);
            client.lost();
        }
        self.abusers.iter_mut().for_each(|abuser| abuser.leave(None));
        self.store.end(Some(life.partition.into_log().log));
    }

    fn live(&mut self, trading: bool) -> Result<(), String> {
        let mut life = self.life.take().expect("a process runs");
        // Whatever happens it is there again, to be buried.
        let lived = caught(|| self.turn(&mut life, trading));
        self.take_what_left(&mut life);
        self.life = Some(life);
        lived
    }

    fn turn(&mut self, life: &mut Life<S>, trading: bool) -> Result<(), String> {
        let now = self.now;
        life.net.advance(Duration::from_millis(1));
        for client in &mut self.clients {
            client.turn(now, &life.net, &mut self.dice, trading);
        }
        for abuser in &mut self.abusers {
            match trading {
                true => abuser.turn(now, &life.net),
                false => abuser.leave(Some(&life.net)),
            }
        }
        life.gateway.turn(now);
        while life.checker.turn() {}
        self.store.carry(&mut life.partition.log_mut().log)?;
        life.decide(now);
        let waits = !life.partition.is_idle() || self.store.is_busy(&life.partition.log().log);
        life.stall.look(now, life.partition.engine().seq(), waits, &life.health);
        self.store.carry(&mut life.partition.log_mut().log)?;
        life.publisher.turn(now);
        // The understudy lags: it does not see everything at once.
        if self.dice.hits(500) {
            self.store.show(&life.partition.log().log);
            life.understudy.turn().map_err(|stop| stop.to_string())?;
            self.keep_snapshot(life.understudy.engine().seq());
        }
        Ok(())
    }

    /// If there is one of this sequence, and it is new.
    fn keep_snapshot(&mut self, seq: u64) {
        if self.history.snapshots.iter().all(|(known, _)| *known != seq)
            && let Some(bytes) = self.store.snapshot(seq)
        {
            self.history.snapshots.push((seq, bytes));
        }
    }

    fn take_what_left(&mut self, life: &mut Life<S>) {
        self.history.batches.append(&mut life.partition.log_mut().handed);
        self.history.read.append(&mut life.read.borrow_mut());
        for packet in life.publisher.lines().0.drain(..) {
            self.history.on_packet(&packet);
        }
    }

    /// No new orders and no more faults; until every client is logged on and has what there is.
    fn settle(&mut self) -> Result<(), String> {
        self.store.calm(self.life.as_mut().map(|life| &mut life.partition.log_mut().log));
        let mut quiet = 0;
        for _ in 0..60_000 {
            self.step(false)?;
            if self.damaged.is_some() {
                return Ok(());
            }
            quiet = if self.is_settled() { quiet + 1 } else { 0 };
            if quiet == 30 {
                self.history.end = Some(self.look_at_the_end());
                self.history.kept_feed = self.read_kept_feed()?;
                return Ok(());
            }
        }
        let clients: Vec<_> = self.clients.iter().map(|client| client.describe()).collect();
        Err(format!("the venue never settles: {clients:#?}"))
    }

    fn is_settled(&self) -> bool {
        let Some(life) = &self.life else { return false };
        let engine = life.partition.engine();
        let knows_all = |(n, client): (usize, &dyn Client)| {
            client.is_on() && engine.sessions().get(n).is_some_and(|s| client.expects(s.next_out))
        };
        self.clients.iter().map(Box::as_ref).enumerate().all(knows_all)
            && life.partition.is_idle()
            && !self.store.is_busy(&life.partition.log().log)
            && life.understudy.engine().seq() == engine.seq()
    }

    fn read_kept_feed(&self) -> Result<Vec<(u64, Vec<u8>)>, String> {
        let mut reader = HistoryReader::open(self.store.disk(), Path::new("data"));
        let first = reader.first_seq().map_err(|error| error.to_string())?.unwrap_or(1);
        if first != 1 && !self.store.has_damage() {
            return Err(format!("the feed's history begins with message {first}"));
        }
        let (mut kept, all) = (Vec::new(), Limit { messages: u64::MAX, bytes: usize::MAX });
        let take = |stored: Stored<'_>| kept.push((stored.seq, stored.message.to_vec()));
        reader.read(first, all, take).map_err(|error| error.to_string())?;
        Ok(kept)
    }

    fn look_at_the_end(&self) -> End {
        let life = self.life.as_ref().expect("it is settled");
        let engine = life.partition.engine();
        End {
            seq: engine.seq(),
            event_hash: engine.event_hash(),
            state_hash: engine.state_hash(),
            understudy_hash: life.understudy.engine().state_hash(),
        }
    }
}

/// For who plays other clients than the random ones: `tests/fix_rules`.
#[allow(dead_code, reason = "two test programs share this file")]
impl<S: Store> World<S> {
    /// Without clients: somebody else connects, and says when time goes on.
    pub fn of_cast(seed: u64, cast: Cast, store: S) -> Self {
        Self { cast, clients: Vec::new(), ..Self::new(seed, Plan::default(), store) }
    }

    pub fn now(&self) -> u64 {
        self.now
    }

    /// Of the process; `None`: there is none.
    pub fn net(&self) -> Option<&SimNet> {
        self.life.as_ref().map(|life| &life.net)
    }

    /// Processes so far.
    pub fn lives(&self) -> usize {
        self.history.starts.len()
    }

    /// A millisecond, in which nothing may go wrong.
    pub fn step_on(&mut self) {
        self.step(true).unwrap_or_else(|error| panic!("{error}"));
    }

    /// The process is killed.
    pub fn crash(&mut self) {
        self.end_life();
    }

    /// Time passes, and nobody does anything.
    pub fn pass(&mut self, ns: u64) {
        self.now += ns;
    }
}

impl<S: Store> Life<S> {
    fn new(
        begun: Begun<S::Log, S::Source>,
        number: usize,
        seed: u64,
        event_slots: usize,
        cast: &Cast,
    ) -> Self {
        let net = SimNet::new(seed);
        let sizes = TransportLimits {
            receive_bytes: 8192,
            send_bytes: 20_480, // A piece of a Retransmission is written in one go.
            ..TransportLimits::default()
        };
        let mut transport = net.transport(transport_limits(CONNECTIONS_MAX, sizes)).unwrap();
        for port in (9001..).take(LISTENERS.len()) {
            transport.listen(([127, 0, 0, 1], port).into()).unwrap();
        }
        let (outbox_client, outbox_server) = outbox_way(usize::from(CONNECTIONS_MAX));
        let (checkpoints, hot) = rtrb::RingBuffer::new(64);
        let (auth_client, checker) = auth_way(cast.secrets.clone());
        let (events, mut readers) = event_ring(event_slots, 2, Event::new_zeroed());
        let (feed_reader, gateway_reader) = (readers.pop().unwrap(), readers.pop().unwrap());
        let mut rings = CommandReceivers::default();
        let mut gateway = Gateway::new(
            settings(&cast.venue),
            Box::new(transport),
            CONNECTIONS_MAX,
            rings.add(),
            gateway_reader,
            outbox_client,
            auth_client,
        );
        let health = Arc::new(Health::default());
        gateway.heeds(Arc::clone(&health));
        let Begun { log, source, understudied, outboxes, keeping, .. } = begun;
        let released = Arc::clone(&keeping.released);
        let read = Rc::default();
        let source = ReadWitness { source, life: number, given: Rc::clone(&read) };
        Self {
            net,
            gateway,
            partition: Partition::new(limits(), Witness::new(log, number), cast.wish.clone()),
            rings,
            events,
            publisher: Publisher::new(
                feed_reader,
                Packer::new(1, 1),
                Wire::default(),
                1_000_000_000,
            ),
            understudy: Understudy::new(
                understudied,
                source,
                outboxes,
                keeping,
                outbox_server,
                hot,
            ),
            read,
            checker,
            checkpoints,
            released,
            stall: StallWatch::new(STALL_NS),
            health,
        }
    }

    /// What `run.rs` does with the engine's part in one turn.
    fn decide(&mut self, now: u64) {
        self.partition.turn(now, &mut self.rings, &mut self.events);
        assert!(self.partition.refused().is_none());
        let released = self.released.swap(0, Ordering::Relaxed);
        if released > 0 {
            self.partition.log_mut().snapshot_taken(released);
        }
        if let Some(checkpoint) = self.partition.take_checkpoint() {
            self.checkpoints.push(checkpoint).unwrap();
        }
    }
}

fn settings(venue: &str) -> Settings {
    Settings {
        venue: venue.into(),
        number: 1,
        limits: ConnectionLimits {
            logon_ns: 10_000_000_000,
            message_bytes_max: 4096,
            sending_time_tolerance_ns: 120_000_000_000,
            timestamp_tolerance_ns: 10_000_000_000,
            rate_soft: 1_000_000,
            rate_hard: 1_000_000,
        },
        slow_ns: 60_000_000_000,
        per_address_max: u16::MAX,
        listeners: LISTENERS.map(|width| width.map_or(Speaks::Fix, Speaks::Sbe)).to_vec(),
    }
}

fn secrets() -> HashMap<[u8; 24], Secret> {
    static HASH: OnceLock<String> = OnceLock::new();
    let password_hash = HASH.get_or_init(|| {
        let cheap = Params::new(8, 1, 1, None).unwrap();
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
        argon.hash_password(b"secret").unwrap().to_string()
    });
    let of = |n| {
        let by_password = Secret::Password { username: None, password_hash: password_hash.clone() };
        let secret = client::width(n).map_or(by_password, |_| Secret::Hmac(client::key(n)));
        (fill_text::<24>(client::comp_id(n).as_bytes()).unwrap(), secret)
    };
    let by_password = Secret::Password { username: None, password_hash: password_hash.clone() };
    let abuser = |n| {
        let comp_id = abuser::comp_id(n);
        (fill_text::<24>(comp_id.as_bytes()).unwrap(), by_password.clone())
    };
    (0..CLIENTS).map(of).chain((0..ABUSERS).map(abuser)).collect()
}

fn protocol(client: usize) -> Protocol {
    if client::width(client).is_some() { Protocol::Sbe } else { Protocol::Fix44 }
}

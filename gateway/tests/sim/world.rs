//! The venue of the simulator: every real part but the kernel, in turns, on one thread.

use crate::checks;
use crate::client::Client;
use engine::fake_log::{Dice, FakeLog, Faults};
use engine::log::{BatchRef, Tail};
use engine::{Engine, Event, Limits, Partition, Wish};
use gateway::auth::{Checker, Secret, auth_way};
use gateway::fix::connection::ConnectionLimits;
use gateway::gateway::{Gateway, Settings};
use gateway::io::RealDisk;
use gateway::io::event_ring::{EventWriter, event_ring};
use gateway::io::sim::SimNet;
use gateway::io::{StreamTransport, TransportLimits};
use gateway::outbox::Outboxes;
use gateway::publisher::{Lines, Publisher};
use gateway::rings::CommandReceivers;
use gateway::snapshots::Snapshots;
use gateway::understudy::{Keeping, Source, Understudy, outbox_way};
use marketdata::packer::Packer;
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{Decimal8, Phase, Protocol};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use zerocopy::FromZeros;

pub const CLIENTS: usize = 3;
const START_NS: u64 = 1_700_000_000_000_000_000;
const CONNECTIONS_MAX: u16 = 16;

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
    /// What the log does.
    pub faults: Faults,
    /// Slots of the event ring.
    pub event_slots: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            steps: 1000,
            cut: 0,
            jump: 0,
            crash: 0,
            crash_after: None,
            faults: Faults::default(),
            event_slots: 1024,
        }
    }
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

fn wish() -> Wish {
    let instruments = ["ACME", "BTC-USD"].map(|symbol| j::InstrumentDefine {
        symbol: fill_text(symbol.as_bytes()).unwrap(),
        tick_size: Decimal8::new(1_000_000),
        lot_size: Decimal8::new(100_000_000),
        quantity_max: Decimal8::new(100_000_000_000_000),
        phase: Phase::Continuous.into(),
        ..j::InstrumentDefine::ZERO
    });
    let sessions = (0..CLIENTS).map(|n| j::SessionDefine {
        comp_id: fill_text(Client::comp_id(n).as_bytes()).unwrap(),
        protocol: Protocol::Fix44.into(),
        ..j::SessionDefine::ZERO
    });
    let venue = j::VenueDefine {
        heartbeat_min_s: 1.into(),
        heartbeat_max_s: 60.into(),
        ..j::VenueDefine::ZERO
    };
    Wish {
        venue,
        instruments: instruments.to_vec(),
        sessions: sessions.collect(),
        ..Wish::default()
    }
}

/// The committed log as the understudy sees it.
struct SharedDisk {
    bytes: Rc<RefCell<Vec<u8>>>,
    at: usize,
    current: Vec<u8>,
    tail: Tail,
}

impl Source for SharedDisk {
    fn next_batch(&mut self) -> std::io::Result<Option<BatchRef<'_>>> {
        let bytes = self.bytes.borrow();
        let Ok(batch) = BatchRef::parse(bytes.get(self.at..).unwrap_or(&[])) else {
            return Ok(None);
        };
        let length = batch.encoded_bytes();
        self.current.clear();
        self.current.extend_from_slice(&bytes[self.at..self.at + length]);
        self.at += length;
        drop(bytes);
        let batch = BatchRef::trusted(&self.current);
        batch.iter().for_each(|batch| self.tail.advance(batch));
        Ok(batch)
    }

    fn tail(&self) -> Tail {
        self.tail
    }
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
struct Life {
    net: SimNet,
    gateway: Gateway,
    partition: Partition<FakeLog>,
    rings: CommandReceivers,
    events: EventWriter<Event>,
    publisher: Publisher<Wire>,
    understudy: Understudy<SharedDisk>,
    disk: Rc<RefCell<Vec<u8>>>,
    checker: Checker,
    checkpoints: rtrb::Producer<(u64, u64)>,
}

pub struct World {
    seed: u64,
    plan: Plan,
    dice: Dice,
    now: u64,
    life: Option<Life>,
    lives: u64,
    pub clients: Vec<Client>,
    feed: checks::Feed,
    directory: PathBuf,
    password_hash: String,
}

static WORLDS: AtomicU64 = AtomicU64::new(0);

impl World {
    pub fn new(seed: u64, plan: Plan) -> Self {
        use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
        let cheap = Params::new(8, 1, 1, None).unwrap();
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("sim-{}-{number}", std::process::id()));
        let mut world = Self {
            seed,
            plan,
            dice: Dice(seed),
            now: START_NS,
            life: None,
            lives: 0,
            clients: (0..CLIENTS).map(|n| Client::new(n, seed)).collect(),
            feed: checks::Feed::default(),
            directory,
            password_hash: argon.hash_password(b"secret").unwrap().to_string(),
        };
        world.begin_life(Vec::new());
        world
    }

    /// The process starts over what is on the disk.
    fn begin_life(&mut self, disk: Vec<u8>) {
        self.lives += 1;
        let seed = self.seed.wrapping_mul(1000) + self.lives;
        let net = SimNet::new(seed);
        let transport_limits = TransportLimits {
            connections_max: CONNECTIONS_MAX,
            receive_bytes: 8192,
            send_bytes: 4096,
            ..TransportLimits::default()
        };
        let mut transport = net.transport(transport_limits).unwrap();
        transport.listen("127.0.0.1:9001".parse().unwrap()).unwrap();
        let shared = Rc::new(RefCell::new(disk.clone()));
        let source = SharedDisk {
            bytes: Rc::clone(&shared),
            at: 0,
            current: Vec::new(),
            tail: Tail::genesis(1),
        };
        let (outbox_client, outbox_server) = outbox_way(usize::from(CONNECTIONS_MAX));
        let (checkpoints, hot) = rtrb::RingBuffer::new(64);
        let secret = Secret { username: None, password_hash: self.password_hash.clone() };
        let secrets: HashMap<_, _> = (0..CLIENTS)
            .map(|n| (fill_text::<24>(Client::comp_id(n).as_bytes()).unwrap(), secret.clone()))
            .collect();
        let (auth_client, checker) = auth_way(secrets);
        let (events, mut readers) = event_ring(self.plan.event_slots, 2, Event::new_zeroed());
        let (feed_reader, gateway_reader) = (readers.pop().unwrap(), readers.pop().unwrap());
        let mut rings = CommandReceivers::default();
        let commands = rings.add();
        let settings = Settings {
            venue: "VENUE".into(),
            number: 1,
            limits: ConnectionLimits {
                logon_ns: 10_000_000_000,
                message_bytes_max: 4096,
                sending_time_tolerance_ns: 120_000_000_000,
                rate_soft: 1_000_000,
                rate_hard: 1_000_000,
            },
            slow_ns: 60_000_000_000,
        };
        let limits = limits();
        let log = FakeLog::new(disk, self.plan.faults, seed);
        let outboxes = Outboxes::new(&self.directory);
        let snapshots = Snapshots::on(RealDisk, &self.directory);
        let keeping = Keeping { snapshots, every_commands: 0, released: Arc::default() };
        let life = Life {
            net,
            gateway: Gateway::new(
                settings,
                Box::new(transport),
                CONNECTIONS_MAX,
                commands,
                gateway_reader,
                outbox_client,
                auth_client,
            ),
            partition: Partition::new(limits, log, wish()),
            rings,
            events,
            publisher: Publisher::new(
                feed_reader,
                Packer::new(1, 1),
                Wire::default(),
                1_000_000_000,
            ),
            understudy: Understudy::new(
                Engine::new(limits),
                source,
                outboxes,
                keeping,
                outbox_server,
                hot,
            ),
            disk: shared,
            checker,
            checkpoints,
        };
        for client in &mut self.clients {
            client.lost();
        }
        self.life = Some(life);
    }

    /// kill -9: what was not committed is gone, or not, as the log's dice say.
    fn crash(&mut self) {
        let life = self.life.take().unwrap();
        let disk = life.partition.into_log().crash();
        self.begin_life(disk);
    }

    fn step(&mut self, trading: bool) {
        self.now += 1_000_000;
        let life = self.life.as_mut().unwrap();
        life.net.advance(Duration::from_millis(1));
        for client in &mut self.clients {
            client.turn(self.now, &life.net, &mut self.dice, trading);
        }
        life.gateway.turn(self.now);
        while life.checker.turn() {}
        life.partition.turn(self.now, &mut life.rings, &mut life.events);
        assert!(life.partition.refused().is_none());
        if let Some(checkpoint) = life.partition.take_checkpoint() {
            life.checkpoints.push(checkpoint).unwrap();
        }
        life.publisher.turn(self.now);
        for packet in life.publisher.lines().0.drain(..) {
            self.feed.on_packet(&packet);
        }
        // The understudy lags: it does not see everything at once.
        if self.dice.hits(500) {
            let committed = life.partition.log().disk();
            let mut shared = life.disk.borrow_mut();
            let known = shared.len();
            shared.extend_from_slice(&committed[known..]);
            drop(shared);
            life.understudy.turn().unwrap();
        }
    }

    fn misfortune(&mut self) {
        if self.dice.hits(self.plan.cut) {
            let who = self.dice.below(CLIENTS as u64) as usize;
            let net = self.life.as_ref().unwrap().net.clone();
            self.clients[who].cut(&net, &mut self.dice);
        }
        if self.dice.hits(self.plan.jump) {
            self.now += 1_000_000_000 * (1 + self.dice.below(40));
        }
        if self.dice.hits(self.plan.crash) {
            self.crash();
        }
    }

    fn seq(&self) -> u64 {
        self.life.as_ref().unwrap().partition.engine().seq()
    }

    /// Plays the plan, lets everybody catch up and checks everything. Returns the last sequence.
    pub fn run(mut self) -> u64 {
        let mut crash_after = self.plan.crash_after;
        for _ in 0..self.plan.steps {
            self.step(true);
            self.misfortune();
            if crash_after.is_some_and(|seq| self.seq() >= seq) {
                crash_after = None;
                self.crash();
            }
        }
        self.settle();
        let life = self.life.as_ref().unwrap();
        let disk = life.partition.log().disk();
        let story = checks::Story::of(disk);
        story.check_replay(life.partition.engine());
        story.check_fills();
        self.feed.check(&story);
        for (n, client) in self.clients.iter().enumerate() {
            story.check_client(n, client);
        }
        let seq = self.seq();
        let _ = std::fs::remove_dir_all(&self.directory);
        seq
    }

    /// The same, told in one number.
    pub fn run_to_hash(mut self) -> u64 {
        for _ in 0..self.plan.steps {
            self.step(true);
            self.misfortune();
        }
        let hash = self.life.as_ref().unwrap().partition.engine().state_hash();
        let _ = std::fs::remove_dir_all(&self.directory);
        hash
    }

    /// What is committed, or in a ring, is applied.
    fn apply_the_rest(&mut self) {
        let life = self.life.as_mut().unwrap();
        for _ in 0..100 {
            life.partition.turn(self.now, &mut life.rings, &mut life.events);
            life.publisher.turn(self.now);
            life.gateway.turn(self.now);
        }
        for packet in life.publisher.lines().0.drain(..) {
            self.feed.on_packet(&packet);
        }
    }

    /// No new orders; until every client is logged on and has what there is.
    fn settle(&mut self) {
        self.life.as_mut().unwrap().partition.log_mut().calm();
        let mut quiet = 0;
        for _ in 0..60_000 {
            self.step(false);
            let life = self.life.as_ref().unwrap();
            let sessions = life.partition.engine().sessions();
            let knows_all = |(n, client): (usize, &Client)| {
                client.is_on() && sessions.get(n).is_some_and(|s| client.expects(s.next_out))
            };
            let settled =
                self.clients.iter().enumerate().all(knows_all) && life.partition.is_idle();
            quiet = if settled { quiet + 1 } else { 0 };
            if quiet == 100 {
                return self.apply_the_rest();
            }
        }
        let clients: Vec<_> = self.clients.iter().map(Client::describe).collect();
        panic!("the venue never settles: {clients:#?}");
    }
}

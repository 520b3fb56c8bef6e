//! After warm-up the order path allocates nothing: bytes in, journal, matching, reports and packets
//! out, all turns of the venue on one thread, counted. Over both real back ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

#[path = "wire/peer.rs"]
#[allow(dead_code)]
mod peer;

use engine::{Event, Partition};
use gateway::auth::auth_way;
use gateway::config::Config;
use gateway::gateway::{Gateway, Settings};
use gateway::io::burst::SocketSender;
use gateway::io::datagram::{DatagramRoute, DatagramTransport};
use gateway::io::event_ring::event_ring;
use gateway::io::{RealDisk, TransportKind, clock, open};
use gateway::journal::{self, Durability, Journal};
use gateway::publisher::{Lines, Publisher};
use gateway::rings::CommandReceivers;
use gateway::understudy::outbox_way;
use marketdata::packer::Packer;
use peer::Peer;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use zerocopy::FromZeros;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: hands everything to the system's allocator; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: as the trait asks.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }
    // SAFETY: as the trait asks.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// By real sockets, to groups that nobody has joined.
struct Nowhere(SocketSender);

impl Nowhere {
    fn open() -> Self {
        let groups = ["239.255.98.1:9101", "239.255.98.2:9102"];
        let route = DatagramRoute {
            groups: groups.map(|group| group.parse().unwrap()).to_vec(),
            interface: Ipv4Addr::LOCALHOST,
            ttl: 0,
            packet_bytes_max: 1472,
        };
        Self(SocketSender::open(&route).unwrap())
    }
}

impl Lines for Nowhere {
    fn send(&mut self, packet: &[u8]) {
        self.0.send(packet);
    }

    fn flush(&mut self) {
        self.0.flush();
    }
}

/// Runs a fused venue on its own thread; returns where it listens, and a switch for counting.
fn venue(kind: TransportKind, directory: PathBuf) -> (String, Arc<AtomicBool>, Arc<AtomicU64>) {
    let counted = Arc::new(AtomicU64::new(0));
    let counting = Arc::new(AtomicBool::new(false));
    let (give, take) = std::sync::mpsc::sync_channel(1);
    let (switch, result) = (Arc::clone(&counting), Arc::clone(&counted));
    std::thread::spawn(move || {
        let config = Config::demo();
        let limits = config.engine_limits(1);
        let settings = journal::Settings::new(1, Durability::Process);
        let mut journal = Journal::open(RealDisk, &directory, settings, None).unwrap();
        journal.keep_on_thread();
        let (mut transport, _) = open(kind, config.transport_limits()).unwrap();
        let address = transport.listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let (auth, checker) = auth_way(config.secrets().expect("keys in the file"));
        let bell = transport.doorbell();
        std::thread::spawn(move || checker.run(&bell));
        let (outbox, _server) = outbox_way(64);
        let (mut events, mut readers) = event_ring(16_384, 2, Event::new_zeroed());
        let (feed, own) = (readers.pop().unwrap(), readers.pop().unwrap());
        let mut rings = CommandReceivers::default();
        let commands = rings.add();
        let settings = Settings {
            listeners: config.listeners().into_iter().map(|(_, _, speaks)| speaks).collect(),
            venue: "PORTCULLIS".into(),
            number: 1,
            limits: config.connection_limits(),
            slow_ns: 30_000_000_000,
            per_address_max: u16::MAX,
        };
        let mut gateway = Gateway::new(settings, transport, 64, commands, own, outbox, auth);
        let mut publisher = Publisher::new(feed, Packer::new(1, 1), Nowhere::open(), 1_000_000_000);
        let mut partition = Partition::new(limits, journal, config.wish().unwrap());
        give.send(address.to_string()).unwrap();
        loop {
            let before = ALLOCATIONS.with(Cell::get);
            let now = clock::utc_now_ns();
            gateway.turn(now);
            partition.turn(now, &mut rings, &mut events);
            publisher.turn(now);
            if switch.load(Ordering::Relaxed) {
                result.fetch_add(ALLOCATIONS.with(Cell::get) - before, Ordering::Relaxed);
            }
            std::thread::yield_now();
        }
    });
    (take.recv().unwrap(), counting, counted)
}

/// Orders, trades, a cancel, a replace, a reject and session messages.
fn trade(a: &mut Peer, b: &mut Peer, round: u32) {
    let name = |what: &str| format!("{what}{round}");
    a.order(&name("a"), "1", "10", "10.5");
    a.expect("35=8 150=0");
    b.order(&name("b"), "2", "4", "10.5");
    b.expect("35=8 150=0");
    b.expect("35=8 150=F");
    a.expect("35=8 150=F");
    let (orig, new) = (name("a"), name("r"));
    a.send("G", &format!("11={new}|41={orig}|55=ACME|54=1|60=NOW|38=8|40=2|44=10.5|"));
    a.expect("35=8 150=5");
    a.send("F", &format!("11={}|41={new}|55=ACME|54=1|60=NOW|", name("c")));
    a.expect("35=8 150=4");
    a.send("D", "11=x|55=NOPE|54=1|60=NOW|38=1|40=2|44=1|");
    a.expect("35=8 150=8");
    a.send("1", "112=q|");
    a.expect("35=0 112=q");
    a.send("D", "55=ACME|");
    a.expect("35=3");
}

fn nothing_is_allocated(kind: TransportKind, name: &str) {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("no-alloc-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    let (address, counting, counted) = venue(kind, directory.clone());
    let (mut a, mut b) = (Peer::connect(&address, "CLIENT1"), Peer::connect(&address, "CLIENT2"));
    // Logons may allocate, and do: this shows that the counter counts.
    counting.store(true, Ordering::Relaxed);
    a.log_on();
    b.log_on();
    assert!(counted.load(Ordering::Relaxed) > 0);
    counting.store(false, Ordering::Relaxed);
    (0..300).for_each(|round| trade(&mut a, &mut b, round));
    counted.store(0, Ordering::Relaxed);
    counting.store(true, Ordering::Relaxed);
    (300..1300).for_each(|round| trade(&mut a, &mut b, round));
    counting.store(false, Ordering::Relaxed);
    let counted = counted.load(Ordering::Relaxed);
    assert_eq!(counted, 0, "{name}: allocations in 9000 messages after warm-up");
    let _ = std::fs::remove_dir_all(&directory);
}

#[test]
fn the_order_path_allocates_nothing_after_warm_up() {
    nothing_is_allocated(TransportKind::Mio, "mio");
    if gateway::io::uring::probe().is_ok() {
        nothing_is_allocated(TransportKind::Uring, "uring");
    } else {
        eprintln!("NOT RUN over io_uring: this host does not allow it");
    }
}

//! Polls a transport, keeps a ledger of what it told, and checks the rules that always hold: an
//! `Accepted` comes first and once, nothing comes after `Closed`, nothing of an id we have closed,
//! and the list of events never grows.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use gateway::io::{Close, CloseReason, ConnId, NetEvent, StreamTransport, TransportLimits};

use crate::rigs::{Rig, Seen};

/// Nothing in these cases takes this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Byte `at` of stream `stream`: any loss, repetition or swap shows.
fn pattern(stream: u64, at: usize) -> u8 {
    let mixed = (at as u64 ^ stream << 40).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 56) as u8
}

pub(crate) fn patterned(stream: u64, range: std::ops::Range<usize>) -> Vec<u8> {
    range.map(|at| pattern(stream, at)).collect()
}

/// What the transport has told of one connection.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) readable: usize,
    pub(crate) writable: usize,
    pub(crate) closed: Option<CloseReason>,
}

pub(crate) struct Bench<R: Rig> {
    pub(crate) rig: R,
    pub(crate) told: HashMap<ConnId, Told>,
    accepted: VecDeque<ConnId>,
    ended: HashSet<ConnId>,
    events: Vec<NetEvent>,
    events_max: usize,
}

impl<R: Rig> Bench<R> {
    pub(crate) fn new(open: impl FnOnce(TransportLimits) -> R, limits: TransportLimits) -> Self {
        Self::with_events(open, limits, 64)
    }

    pub(crate) fn with_events(
        open: impl FnOnce(TransportLimits) -> R,
        limits: TransportLimits,
        events: usize,
    ) -> Self {
        let events = Vec::with_capacity(events);
        Self {
            rig: open(limits),
            told: HashMap::new(),
            accepted: VecDeque::new(),
            ended: HashSet::new(),
            events_max: events.capacity(),
            events,
        }
    }

    pub(crate) fn transport(&mut self) -> &mut dyn StreamTransport {
        self.rig.transport()
    }

    /// One turn of a server that does nothing: polls, enters the ledger, and sleeps if nothing
    /// happened, as a server would.
    pub(crate) fn turn(&mut self) {
        let mut events = std::mem::take(&mut self.events);
        self.transport().flush();
        let count = self.transport().poll(&mut events);
        assert_eq!((count, events.capacity()), (events.len(), self.events_max));
        for &event in &events {
            self.enter(event);
        }
        if events.is_empty() {
            self.transport().wait(Duration::from_millis(1));
        }
        self.events = events;
    }

    fn enter(&mut self, event: NetEvent) {
        let conn = match event {
            NetEvent::Accepted { conn, listener, .. } => {
                assert_eq!(listener, 0);
                assert!(self.told.insert(conn, Told::default()).is_none(), "{conn:?} twice");
                self.accepted.push_back(conn);
                conn
            }
            NetEvent::Readable { conn }
            | NetEvent::Writable { conn }
            | NetEvent::Closed { conn, .. } => conn,
        };
        assert!(!self.ended.contains(&conn), "{event:?} after we closed it");
        let told = self.told.get_mut(&conn).expect("an event of a connection never accepted");
        assert_eq!(told.closed, None, "{event:?} after Closed");
        match event {
            NetEvent::Accepted { .. } => {}
            NetEvent::Readable { .. } => told.readable += 1,
            NetEvent::Writable { .. } => told.writable += 1,
            NetEvent::Closed { why, .. } => told.closed = Some(why),
        }
    }

    /// Turns until `done`, which may move things along itself.
    pub(crate) fn until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let started = Instant::now();
        while !done(self) {
            assert!(started.elapsed() < PATIENCE, "waited in vain for: {what}");
            self.turn();
        }
    }

    /// Enough turns for anything that is going to happen to have happened.
    pub(crate) fn settle(&mut self) {
        let started = Instant::now();
        let mut turns = 0;
        while turns < 30 || (R::REAL && started.elapsed() < Duration::from_millis(30)) {
            self.turn();
            turns += 1;
        }
    }

    /// A client and the connection it became.
    pub(crate) fn connect(&mut self) -> (R::Client, ConnId) {
        let client = self.rig.connect().expect("nobody listens");
        (client, self.accept())
    }

    /// The next connection.
    pub(crate) fn accept(&mut self) -> ConnId {
        self.until("Accepted", |bench| !bench.accepted.is_empty());
        self.accepted.pop_front().unwrap()
    }

    pub(crate) fn accepted(&mut self) -> Option<ConnId> {
        self.accepted.pop_front()
    }

    pub(crate) fn close(&mut self, conn: ConnId, how: Close) {
        self.transport().close(conn, how);
        self.ended.insert(conn);
    }

    /// Sends all of `bytes` from the client.
    pub(crate) fn client_sends(&mut self, client: &mut R::Client, bytes: &[u8]) {
        let mut sent = 0;
        self.until("the client to send", |bench| {
            sent += bench.rig.send(client, &bytes[sent..]);
            sent == bytes.len()
        });
    }

    /// Reads at the client until the connection ends.
    pub(crate) fn client_drains(&mut self, client: &mut R::Client) -> (Vec<u8>, Seen) {
        let mut got = Vec::new();
        let mut seen = Seen::Open;
        self.until("the end at the client", |bench| {
            seen = bench.rig.recv(client, &mut got);
            seen != Seen::Open
        });
        (got, seen)
    }

    /// Queues as much of `bytes` as there is room for, in pieces: how many.
    pub(crate) fn server_sends(&mut self, conn: ConnId, bytes: &[u8]) -> usize {
        let mut sent = 0;
        for piece in bytes.chunks(1000) {
            let Some(room) = self.transport().reserve(conn, piece.len()) else { break };
            room.copy_from_slice(piece);
            self.transport().commit(conn, piece.len());
            sent += piece.len();
        }
        sent
    }

    /// Takes all that waits.
    pub(crate) fn server_takes(&mut self, conn: ConnId) -> Vec<u8> {
        let bytes = self.transport().received(conn).to_vec();
        self.transport().consume(conn, bytes.len());
        bytes
    }

    /// Sends back what waits, as far as there is room.
    pub(crate) fn echo(&mut self, conn: ConnId) {
        let bytes = self.transport().received(conn).to_vec();
        let sent = self.server_sends(conn, &bytes);
        self.transport().consume(conn, sent);
    }

    /// The connection works: bytes go there and come back.
    pub(crate) fn assert_echoes(&mut self, client: &mut R::Client, conn: ConnId, bytes: &[u8]) {
        let (mut sent, mut got) = (0, Vec::new());
        self.until("the echo", |bench| {
            sent += bench.rig.send(client, &bytes[sent..]);
            bench.echo(conn);
            let seen = bench.rig.recv(client, &mut got);
            assert!(seen == Seen::Open, "{seen:?} after {} of {}", got.len(), bytes.len());
            got.len() >= bytes.len()
        });
        assert!(got == bytes, "the echo is not what was sent");
    }
}

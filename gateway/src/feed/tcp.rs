//! Replay over TCP: any range of the kept messages, and the live feed behind it without a hole; or views of
//! instruments, as often as one likes (`tcp/viewing.rs`).
//!
//! ```text
//! connect ──► Idle ──ReplayRequest──► Running ──all sent: ReplayEnd──► Idle
//!              │ silent for idle_ns      │ takes too little: SlowConsumer, then cut off
//!              ▼ closed                  ▼ closed
//! ```
//! A connection stands at a sequence and takes what follows, at the speed it reads and no faster than its
//! rate. What waits for it is bounded by the transport's buffer. One request at a time: while it is being
//! answered nothing is read from the peer.

mod viewing;

pub use viewing::CHANNEL_VIEWS;

use super::control::{
    ControlPacket, FRAMED_BYTES_MAX, Framed, OPEN, Request, is_epoch, next_framed, push_framed,
    request_in,
};
use super::rate::Bucket;
use super::supply::Supply;
use crate::history::{HistoryError, HistoryReader};
use crate::io::{BoxedTransport, Close, ConnId, Disk, NetEvent};
use marketdata::views::Views;
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::ReplayRefusal;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use viewing::Viewing;

/// Bytes of packets that one connection gets before the next has its turn.
const PIECE_BYTES: usize = 32 << 10;
/// Behind a piece there is always room for what must be said last.
const LAST_WORDS_BYTES: usize = 256;
/// What a piece needs of the transport's buffer.
const PIECE_ROOM: usize = PIECE_BYTES + LAST_WORDS_BYTES;

const _: () = assert!(PIECE_ROOM <= SEND_BYTES);

/// Bytes that may wait for one connection, in each of two buffers.
pub const SEND_BYTES: usize = 128 << 10;

/// Bounds.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Of the feed.
    pub channel: u16,
    /// Of the feed.
    pub epoch: u32,
    /// Connections of one address at once.
    pub per_address_max: usize,
    /// Bytes a second for one connection.
    pub bytes_per_s: u64,
    /// A peer that in so long does not take what waited for it is cut off; at half of it, it is told.
    pub slow_ns: u64,
    /// A connection that asks for nothing in so long is closed.
    pub idle_ns: u64,
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests answered with messages.
    pub requests: u64,
    /// Requests refused.
    pub refused: u64,
    /// Connections cut off because they did not take what was sent.
    pub slow: u64,
}

enum State<D: Disk> {
    /// It may ask.
    Idle { since: u64 },
    /// It is being sent messages.
    Running(Box<Running<D>>),
    /// It is told how instruments look.
    Viewing(Box<Viewing>),
}

struct Running<D: Disk> {
    request_id: u32,
    next: u64,
    to: u64,
    reader: HistoryReader<D>,
    bucket: Bucket,
    /// The newest heartbeat that was passed on.
    heartbeat: u64,
}

/// What a peer must have taken, and since when it has had the time to.
#[derive(Clone, Copy)]
struct Due {
    bytes: u64,
    since: u64,
    is_told: bool,
}

struct Peer<D: Disk> {
    conn: ConnId,
    address: IpAddr,
    state: State<D>,
    /// Bytes given to the transport.
    committed: u64,
    due: Due,
    /// Something could not be sent: its stream has ended.
    is_over: bool,
}

/// See the file's map.
pub struct TcpReplay<D: Disk> {
    settings: Settings,
    transport: BoxedTransport,
    disk: D,
    data: PathBuf,
    /// By slot of the transport.
    peers: Vec<Option<Peer<D>>>,
    events: Vec<NetEvent>,
    control: ControlPacket,
    piece: Vec<u8>,
    /// Who is first this time.
    first: usize,
    counts: Counts,
}

impl<D: Disk> TcpReplay<D> {
    /// Over a transport that listens, with buffers of at least [`SEND_BYTES`] and places for
    /// `connections_max`; the history is under `data` of `disk`.
    pub fn new(
        settings: Settings,
        transport: BoxedTransport,
        connections_max: u16,
        disk: D,
        data: PathBuf,
    ) -> Self {
        Self {
            settings,
            transport,
            disk,
            data,
            peers: std::iter::repeat_with(|| None).take(connections_max.into()).collect(),
            events: Vec::with_capacity(256),
            control: ControlPacket::new(settings.epoch),
            piece: Vec::with_capacity(PIECE_ROOM),
            first: 0,
            counts: Counts::default(),
        }
    }

    /// One turn at `now` (any clock that does not step back); `utc` is what packets say. Returns how much
    /// was done.
    pub fn turn(&mut self, supply: &mut Supply, views: &mut Views, now: u64, utc: u64) -> usize {
        let mut done = self.transport.poll(&mut self.events);
        for at in 0..self.events.len() {
            self.on_event(self.events[at], now);
        }
        let places = self.peers.len();
        self.first = (self.first + 1) % places.max(1);
        for n in 0..places {
            let slot = (self.first + n) % places;
            let Some(mut peer) = self.peers.get_mut(slot).and_then(Option::take) else { continue };
            done += self.listen(&mut peer, supply, now, utc);
            done += self.feed(&mut peer, supply, now, utc);
            done += self.show(&mut peer, supply, views, now, utc);
            if self.keeps(&mut peer, now, utc) {
                self.peers[slot] = Some(peer);
            }
        }
        self.transport.flush();
        done
    }

    /// The transport, to wait on.
    pub fn transport(&mut self) -> &mut BoxedTransport {
        &mut self.transport
    }

    /// Counts since the start.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn on_event(&mut self, event: NetEvent, now: u64) {
        match event {
            NetEvent::Accepted { conn, peer, .. } => self.accept(conn, peer, now),
            NetEvent::Closed { conn, .. } => {
                let slot = self.peers.get_mut(usize::from(conn.slot));
                if let Some(slot) = slot.filter(|s| s.as_ref().is_some_and(|p| p.conn == conn)) {
                    *slot = None;
                }
                self.transport.close(conn, Close::Now);
            }
            // Every turn looks at every connection.
            NetEvent::Readable { .. } | NetEvent::Writable { .. } => {}
        }
    }

    fn accept(&mut self, conn: ConnId, peer: SocketAddr, now: u64) {
        let address = peer.ip();
        let same = self.peers.iter().flatten().filter(|peer| peer.address == address).count();
        match self.peers.get_mut(usize::from(conn.slot)) {
            Some(place) if same < self.settings.per_address_max => {
                let due = Due { bytes: 0, since: now, is_told: false };
                let state = State::Idle { since: now };
                *place = Some(Peer { conn, address, state, committed: 0, due, is_over: false });
            }
            _ => self.transport.close(conn, Close::Now),
        }
    }

    /// Takes a request, if one has come and none is being answered.
    fn listen(&mut self, peer: &mut Peer<D>, supply: &Supply, now: u64, utc: u64) -> usize {
        let State::Idle { .. } = peer.state else { return 0 };
        if !supply.is_whole {
            return 0; // It waits: what is the oldest message, or not kept, is not known yet.
        }
        let request = match next_framed(self.transport.received(peer.conn)) {
            Framed::Short => return 0,
            Framed::Wrong => None,
            Framed::Packet(packet, taken) => {
                // Leases are for who can be sent datagrams.
                let request =
                    request_in(packet).filter(|request| !matches!(request, Request::Lease(_)));
                self.transport.consume(peer.conn, taken);
                request
            }
        };
        let told = (supply.window.next(), request);
        let (Some(next), Some(request)) = told else {
            let reason = match request {
                None => ReplayRefusal::Unreadable,
                Some(_) => ReplayRefusal::Busy,
            };
            let request_id = match request {
                Some(Request::Replay(request)) => request.request_id.get(),
                Some(Request::View(request)) => request.request_id.get(),
                Some(Request::Lease(_)) | None => 0,
            };
            self.refuse(peer, (request_id, reason), (0, 0), utc);
            self.transport.close(peer.conn, Close::Flushed);
            peer.state = State::Idle { since: 0 };
            return 1;
        };
        match request {
            Request::Replay(request) => self.begin(peer, &request, next, now, utc),
            Request::View(request) => self.begin_viewing(peer, &request, next, now, utc),
            Request::Lease(_) => {}
        }
        1
    }

    fn begin(
        &mut self,
        peer: &mut Peer<D>,
        request: &md::ReplayRequest,
        next: u64,
        now: u64,
        utc: u64,
    ) {
        let request_id = request.request_id.get();
        let mut reader = HistoryReader::open(self.disk.clone(), &self.data);
        let first = reader.first_seq().ok().flatten().unwrap_or(next);
        let from = match request.from.get() {
            0 => first,
            OPEN => next,
            from => from,
        };
        let to = request.to.get();
        let refusal = if request.channel.get() != self.settings.channel {
            Some(ReplayRefusal::Channel)
        } else if !is_epoch(request.epoch.get(), self.settings.epoch) {
            Some(ReplayRefusal::Epoch)
        } else if from > next || to < from {
            Some(ReplayRefusal::Range)
        } else if from < first {
            Some(ReplayRefusal::NotKept)
        } else {
            None
        };
        if let Some(reason) = refusal {
            peer.state = State::Idle { since: now };
            return self.refuse(peer, (request_id, reason), (first, next), utc);
        }
        self.counts.requests += 1;
        let rate = self.settings.bytes_per_s;
        peer.state = State::Running(Box::new(Running {
            request_id,
            next: from,
            to,
            reader,
            bucket: Bucket::full(rate, rate.max(2 * PIECE_BYTES as u64), now),
            heartbeat: 0,
        }));
        let begin =
            md::ReplayBegin { request_id: request_id.into(), from: from.into(), to: to.into() };
        self.say(peer, &begin, utc);
    }

    fn refuse(
        &mut self,
        peer: &mut Peer<D>,
        (request_id, reason): (u32, ReplayRefusal),
        (first, next): (u64, u64),
        utc: u64,
    ) {
        self.counts.refused += 1;
        let reject = md::ReplayReject {
            request_id: request_id.into(),
            reason: reason.into(),
            first: first.into(),
            next: next.into(),
        };
        self.say(peer, &reject, utc);
    }

    /// One piece of what it has asked for, if it has room and may have it.
    fn feed(&mut self, peer: &mut Peer<D>, supply: &mut Supply, now: u64, utc: u64) -> usize {
        let State::Running(run) = &mut peer.state else { return 0 };
        if self.transport.reserve(peer.conn, PIECE_ROOM).is_none() {
            return 0;
        }
        let allowed = run.bucket.take(PIECE_BYTES as u64, now);
        self.piece.clear();
        let piece = &mut self.piece;
        let push = |packet: &[u8]| push_framed(packet, piece);
        let given = supply.give(&mut run.reader, (run.next, run.to), allowed as usize, push);
        run.bucket.give_back(allowed.saturating_sub(self.piece.len() as u64));
        match given {
            Ok(next) => run.next = next,
            Err(error) => return self.break_off(peer, &error, utc),
        }
        let (heartbeat, number) = supply.window.heartbeat();
        if Some(run.next) == supply.window.next() && run.heartbeat != number {
            // It has everything: it hears what the lines hear.
            if run.heartbeat != 0 {
                push_framed(heartbeat, &mut self.piece);
            }
            run.heartbeat = number;
        }
        let is_all = run.next > run.to;
        let end = md::ReplayEnd { request_id: run.request_id.into(), next: run.next.into() };
        let sent = self.piece.len();
        self.commit(peer);
        if is_all {
            self.say(peer, &end, utc);
            peer.state = State::Idle { since: now };
        }
        sent
    }

    /// What it wants cannot be had: damaged, or gone since it asked.
    fn break_off(&mut self, peer: &mut Peer<D>, error: &HistoryError, utc: u64) -> usize {
        let State::Running(run) = &peer.state else { return 0 };
        tracing::warn!("feed replay to {}: message {}: {error}", peer.address, run.next);
        let (id, next) = (run.request_id, run.next);
        self.refuse(peer, (id, ReplayRefusal::NotKept), (0, next), utc);
        self.transport.close(peer.conn, Close::Flushed);
        peer.state = State::Idle { since: 0 };
        1
    }

    /// Whether the connection goes on.
    fn keeps(&mut self, peer: &mut Peer<D>, now: u64, utc: u64) -> bool {
        let taken = peer.committed - self.transport.queued_bytes(peer.conn) as u64;
        if taken >= peer.due.bytes {
            peer.due = Due { bytes: peer.committed, since: now, is_told: false };
        }
        let waited = now.saturating_sub(peer.due.since);
        if taken < peer.due.bytes {
            let next = match &peer.state {
                State::Running(run) => run.next,
                State::Idle { .. } | State::Viewing(_) => 0,
            };
            let left_ms = self.settings.slow_ns.saturating_sub(waited) / 1_000_000;
            let notice = md::SlowConsumer { next: next.into(), left_ms: (left_ms as u32).into() };
            if !peer.due.is_told && waited >= self.settings.slow_ns / 2 {
                peer.due.is_told = true;
                self.say(peer, &notice, utc);
            }
            if waited >= self.settings.slow_ns {
                self.counts.slow += 1;
                self.transport.close(peer.conn, Close::Now);
                return false;
            }
        }
        match peer.state {
            _ if peer.is_over => false,
            State::Idle { since: 0 } => false,
            State::Idle { since } if now.saturating_sub(since) >= self.settings.idle_ns => {
                self.transport.close(peer.conn, Close::Flushed);
                false
            }
            _ => true,
        }
    }

    /// A message of our own; there is room for it behind every piece.
    fn say<M: Message>(&mut self, peer: &mut Peer<D>, message: &M, utc: u64) {
        self.piece.clear();
        push_framed(self.control.of(message, utc), &mut self.piece);
        self.commit(peer);
    }

    fn commit(&mut self, peer: &mut Peer<D>) {
        let bytes = self.piece.len();
        if bytes == 0 {
            return;
        }
        match self.transport.reserve(peer.conn, bytes).and_then(|room| room.get_mut(..bytes)) {
            Some(room) => {
                room.copy_from_slice(&self.piece);
                self.transport.commit(peer.conn, bytes);
                peer.committed += bytes as u64;
            }
            // A hole in a stream would be a lie; the end of it is none.
            None => {
                self.transport.close(peer.conn, Close::Now);
                peer.is_over = true;
            }
        }
    }
}

/// Bytes of a connection's inbound buffer: a request is far shorter.
pub const RECEIVE_BYTES: usize = 4096;

const _: () = assert!(FRAMED_BYTES_MAX < RECEIVE_BYTES);

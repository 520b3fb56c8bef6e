//! Market data over FIX 4.4: the feed's packets in, sessions of their own out.
//!
//! ```text
//! publisher ─feed/tap.rs─► books.rs ─streams.rs─► tell.rs ─► TCP
//! TCP ─► fix/frame.rs, fields.rs ─► session.rs ─► requests.rs
//! ```
//! It is a subscriber of the feed like any other, in this process and on a cold thread of its own: what it
//! does changes nothing in the exchange, nothing waits for it, and nothing of it is in the log. A client has no
//! queue here: what it is told next is worked out when its connection has room (`streams.rs`).
//! docs/wire/fix-market-data.md is the page for clients.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, clippy::string_slice)
)]

pub mod books;
mod clients;
pub mod requests;
pub mod session;
pub mod start;
pub mod streams;
pub mod tell;

use crate::auth::AuthClient;
use crate::connection::ConnectionLimits;
use crate::door::{self, Door};
use crate::feed::tap::TapOut;
use crate::fix::fields::Scanner;
use crate::fix::frame::{Frame, next};
use crate::fix::inbound::msg_type_of;
use crate::io::{Close, CloseReason, ConnId, NetEvent, StreamTransport, TransportLimits};
use books::Books;
use clients::Client;
use marketdata::Line;
use requests::Request;
use session::{Heard, Rules, Session};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tell::{ENTRY_BYTES_MAX, Entry, FRAME_BYTES_MAX, REPLY_BYTES_MAX, Replies};

/// Packets taken in one turn.
const TURN_PACKETS_MAX: usize = 256;
/// Messages read of one connection before others have their turn.
const TURN_MESSAGES_MAX: usize = 16;
/// Deadlines and heartbeats are looked at this often.
const TICK_NS: u64 = 20_000_000;
/// The tap stays open so long after the last client: who comes back finds the books as they are.
const LINGER_NS: u64 = 60_000_000_000;
/// Packets are looked for this often while there are clients, and …
const SLEEP: Duration = Duration::from_millis(1);
/// … connections this often while there are none.
const SLEEP_ALONE: Duration = Duration::from_millis(100);

/// What the configuration says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Our CompID.
    pub venue: String,
    /// Bounds of a connection; `rate_soft` is of requests.
    pub limits: ConnectionLimits,
    /// HeartBtInt (108) from … to, seconds.
    pub heartbeat_s: (u32, u32),
    /// A client that has to be told something and takes nothing for so long is disconnected.
    pub slow_ns: u64,
    /// Connections that one address may have at once.
    pub per_address_max: u16,
    /// Streams and watches that one connection may have.
    pub subscriptions_max: usize,
    /// Instruments that the venue can have.
    pub instruments_max: usize,
    /// Orders that all its books can have.
    pub orders_max: usize,
    /// Currency (15) by symbol.
    pub currencies: HashMap<Vec<u8>, String>,
}

/// Sizes of the transport that this needs: the largest message fits an empty buffer.
pub fn transport_limits(connections_max: u16) -> TransportLimits {
    let limits = TransportLimits {
        receive_bytes: 32 << 10,
        send_bytes: FRAME_BYTES_MAX + streams::MESSAGE_ENTRIES_MAX * ENTRY_BYTES_MAX,
        linger: Duration::from_secs(1),
        ..TransportLimits::default()
    };
    door::transport_limits(connections_max, limits)
}

/// Both lines of the feed inside of the process.
pub struct Packets {
    /// The incremental channel.
    pub incremental: TapOut,
    /// The snapshot channel, open only while some book needs it.
    pub snapshots: TapOut,
}

/// Where it stands with the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feed {
    Closed,
    /// Somebody listens, or has until this time.
    Open {
        until: u64,
    },
}

/// See the file's map.
pub struct FixFeed {
    settings: Settings,
    transport: Box<dyn StreamTransport + Send>,
    auth: AuthClient,
    packets: Packets,
    books: Books,
    feed: Feed,
    clients: Vec<Option<Client>>,
    door: Door,
    /// Somebody has connected in this turn.
    has_come: bool,
    net_events: Vec<NetEvent>,
    scanner: Scanner,
    replies: Replies,
    entries: Vec<Entry>,
    next_tick: u64,
    stopping: bool,
}

impl FixFeed {
    /// Over a transport that listens.
    pub fn new(
        settings: Settings,
        transport: Box<dyn StreamTransport + Send>,
        connections_max: u16,
        auth: AuthClient,
        packets: Packets,
    ) -> Self {
        let books = Books::new(settings.instruments_max, settings.orders_max);
        Self {
            settings,
            transport,
            auth,
            packets,
            books,
            feed: Feed::Closed,
            clients: (0..Door::places(connections_max)).map(|_| None).collect(),
            door: Door::new(connections_max),
            has_come: false,
            net_events: Vec::with_capacity(256),
            scanner: Scanner::new(),
            replies: Replies::default(),
            entries: Vec::with_capacity(streams::MESSAGE_ENTRIES_MAX),
            next_tick: 0,
            stopping: false,
        }
    }

    /// Serves until `stop` is set and everybody has been told; `clock` says the time, UTC.
    pub fn run(mut self, stop: &AtomicBool, grace_ns: u64, mut clock: impl FnMut() -> u64) {
        loop {
            let now = clock();
            let done = self.turn(now);
            if stop.load(Ordering::Relaxed) && !self.stopping {
                self.begin_stop(now, grace_ns);
            }
            if self.has_stopped() {
                self.transport.flush();
                return;
            }
            if done == 0 {
                let alone = self.feed == Feed::Closed && !self.stopping;
                self.transport.wait(if alone { SLEEP_ALONE } else { SLEEP });
            }
        }
    }

    /// One turn at time `now`; returns how much was done.
    pub fn turn(&mut self, now: u64) -> usize {
        let mut done = self.take_packets(now);
        done += self.take_net_events(now);
        self.take_answers();
        let is_tick = now >= self.next_tick;
        if is_tick {
            self.next_tick = now + TICK_NS;
            self.mind_the_feed(now);
        }
        for slot in 0..self.clients.len() {
            done += self.serve(now, slot, is_tick);
        }
        self.make_room();
        self.transport.flush();
        done
    }

    /// How many connections had to go before they had logged on.
    pub fn turned_out(&self) -> Arc<AtomicU64> {
        self.door.turned_out()
    }

    /// The books, as they are.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// News and a Logout to everybody, `grace_ns` for the answer; nobody new.
    pub fn begin_stop(&mut self, now: u64, grace_ns: u64) {
        self.stopping = true;
        self.transport.stop_listening();
        let rules = rules(&self.settings);
        for client in self.clients.iter_mut().flatten() {
            self.replies.clear();
            client.session.say_goodbye(now, grace_ns, &rules, &mut self.replies);
            // Without room they are as good as gone: they have read nothing for a long time.
            clients::send(&mut *self.transport, client.id, self.replies.bytes());
        }
    }

    /// Everybody has left, or was left.
    pub fn has_stopped(&self) -> bool {
        self.stopping && self.clients.iter().all(Option::is_none)
    }

    fn take_packets(&mut self, now: u64) -> usize {
        let Self { packets, books, .. } = self;
        let mut done = 0;
        while done < TURN_PACKETS_MAX
            && let Some(packet) = packets.incremental.next_packet()
        {
            books.on_packet(Line::A, packet, now);
            done += 1;
        }
        // Behind the incremental channel: a snapshot reaches further than what was taken of that.
        for _ in 0..TURN_PACKETS_MAX {
            let Some(packet) = packets.snapshots.next_packet() else { break };
            books.on_packet(Line::Snapshot, packet, now);
            done += 1;
        }
        done
    }

    /// Opens and closes the taps: packets cost the venue something only while somebody listens.
    fn mind_the_feed(&mut self, now: u64) {
        let wanted = self.clients.iter().any(Option::is_some) && !self.stopping;
        match self.feed {
            Feed::Closed if wanted => {
                let Settings { instruments_max, orders_max, .. } = self.settings;
                self.books = Books::new(instruments_max, orders_max);
                self.packets.incremental.set_open(true);
                self.feed = Feed::Open { until: now + LINGER_NS };
            }
            Feed::Open { .. } if wanted => self.feed = Feed::Open { until: now + LINGER_NS },
            Feed::Open { until } if now >= until => {
                self.packets.incremental.set_open(false);
                self.feed = Feed::Closed;
            }
            Feed::Open { .. } | Feed::Closed => {}
        }
        let snapshots = self.feed != Feed::Closed && self.books.needs_snapshots();
        self.packets.snapshots.set_open(snapshots);
    }

    fn take_net_events(&mut self, now: u64) -> usize {
        let done = self.transport.poll(&mut self.net_events);
        for at in 0..self.net_events.len() {
            let Some(event) = self.net_events.get(at).copied() else { break };
            match event {
                NetEvent::Accepted { conn, peer, .. } => self.on_accepted(now, conn, peer.ip()),
                NetEvent::Readable { conn } => {
                    self.with(conn, |client| {
                        client.readable = true;
                        client.session.on_bytes(now); // Be they a whole message or not.
                    });
                }
                NetEvent::Writable { conn } => {
                    self.with(conn, Client::has_room);
                }
                NetEvent::Closed { conn, why: CloseReason::Eof } => {
                    self.with(conn, |client| (client.readable, client.gone) = (true, true));
                }
                // What it said last asks for answers that nobody hears.
                NetEvent::Closed { conn, .. } => self.end(conn, Close::Now),
            }
        }
        done
    }

    fn with<T>(&mut self, conn: ConnId, act: impl FnOnce(&mut Client) -> T) -> Option<T> {
        let place = self.clients.get_mut(usize::from(conn.slot))?;
        place.as_mut().filter(|client| client.id == conn).map(act)
    }

    fn on_accepted(&mut self, now: u64, conn: ConnId, address: IpAddr) {
        let others = self.clients.iter().flatten().filter(|c| c.address == address).count();
        let full = others >= usize::from(self.settings.per_address_max);
        match self.clients.get_mut(usize::from(conn.slot)) {
            Some(place) if !full && !self.stopping => {
                let session = Session::new(now, &self.settings.limits);
                *place = Some(Client::new(conn, address, session));
                self.has_come = true;
            }
            _ => self.transport.close(conn, Close::Now),
        }
        self.next_tick = 0; // The tap opens with the first client.
    }

    /// As in order entry: where newcomers are too many strangers go, or they themselves.
    fn make_room(&mut self) {
        if !std::mem::take(&mut self.has_come) {
            return;
        }
        let others = self.logged_on();
        self.door.look(self.clients.iter().flatten().filter_map(Client::as_stranger), others);
        while let Some(conn) = self.door.turn_out() {
            self.end(conn, Close::Now);
        }
    }

    fn logged_on(&self) -> usize {
        self.clients.iter().flatten().filter(|client| client.as_stranger().is_none()).count()
    }

    fn take_answers(&mut self) {
        while let Some(answer) = self.auth.answer() {
            if answer.is_right && self.door.is_full(self.logged_on()) {
                self.end(answer.conn, Close::Now);
            } else if answer.is_right {
                self.with(answer.conn, |client| client.may_enter = true);
            } else {
                // Without a word, as in order entry.
                self.end(answer.conn, Close::Flushed);
            }
        }
    }

    fn end(&mut self, conn: ConnId, how: Close) {
        self.transport.close(conn, how);
        if let Some(place) = self.clients.get_mut(usize::from(conn.slot)) {
            place.take_if(|client| client.id == conn);
        }
    }

    /// One client: lets it in, reads it, tells it what is due, and minds its time.
    fn serve(&mut self, now: u64, slot: usize, is_tick: bool) -> usize {
        let Some(client) = self.clients.get_mut(slot).and_then(Option::as_mut) else { return 0 };
        let id = client.id;
        let rules = rules(&self.settings);
        let mut heard = Heard::Nothing;
        let mut done = 0;
        if client.may_enter && self.books.is_complete() {
            client.may_enter = false;
            self.replies.clear();
            heard = client.session.enter(now, &rules, &mut self.replies);
            clients::send(&mut *self.transport, id, self.replies.bytes());
            client.readable = true;
        }
        if heard == Heard::Nothing && client.readable {
            (heard, done) = self.read(now, slot);
        }
        let Some(client) = self.clients.get_mut(slot).and_then(Option::as_mut) else { return done };
        let rules = self::rules(&self.settings);
        if heard == Heard::Nothing && client.session.is_live() {
            let told = clients::Telling {
                now,
                rules: &rules,
                books: &self.books,
                currencies: &self.settings.currencies,
                transport: &mut *self.transport,
                entries: &mut self.entries,
            };
            done += client.tell(told);
        }
        if client.is_slow(now, self.settings.slow_ns) {
            heard = Heard::Drop;
        }
        if heard == Heard::Nothing && is_tick {
            self.replies.clear();
            if self.transport.reserve(id, REPLY_BYTES_MAX).is_none() {
                client.is_blocked(now);
            } else {
                heard = client.session.on_tick(now, &rules, &mut self.replies);
                clients::send(&mut *self.transport, id, self.replies.bytes());
            }
        }
        match heard {
            Heard::Close => self.end(id, Close::Flushed),
            Heard::Drop => self.end(id, Close::Now),
            _ => {}
        }
        done
    }

    /// Reads a few messages, each only if there is room for its answer.
    fn read(&mut self, now: u64, slot: usize) -> (Heard, usize) {
        let Some(client) = self.clients.get_mut(slot).and_then(Option::as_mut) else {
            return (Heard::Nothing, 0);
        };
        let id = client.id;
        let limits = self.settings.limits;
        let rules = rules(&self.settings);
        for done in 0..TURN_MESSAGES_MAX {
            if client.session.is_checking() {
                return (Heard::Nothing, done);
            }
            if self.transport.reserve(id, REPLY_BYTES_MAX).is_none() {
                client.is_blocked(now);
                return (Heard::Nothing, done);
            }
            let bytes = self.transport.received(id);
            self.replies.clear();
            let (used, heard) = match next(bytes, limits.message_bytes_max) {
                Frame::Incomplete { .. } => {
                    client.readable = false;
                    let over = if client.gone { Heard::Drop } else { Heard::Nothing };
                    return (over, done);
                }
                Frame::Lost { .. } => return (Heard::Drop, done),
                Frame::Garbled { skip, .. } => {
                    client.garbage_bytes += skip;
                    let too_much = client.garbage_bytes > limits.message_bytes_max;
                    let end = client.session.is_stranger() || too_much;
                    (skip, if end { Heard::Drop } else { Heard::Nothing })
                }
                Frame::OtherVersion { len } => {
                    (len, client.session.on_other_version(now, &rules, &mut self.replies))
                }
                Frame::Message { body, len } => {
                    client.garbage_bytes = 0;
                    let fields = self.scanner.scan(body);
                    let kind = msg_type_of(body);
                    let out = &mut self.replies;
                    let mut heard = client.session.on_message(now, &fields, kind, &rules, out);
                    match heard {
                        Heard::Application => {
                            let request = Request {
                                now,
                                fields: &fields,
                                kind,
                                books: &self.books,
                                subscriptions_max: self.settings.subscriptions_max,
                                rules: &rules,
                            };
                            heard = requests::take(
                                &request,
                                &mut client.desk,
                                &mut client.session,
                                out,
                            );
                            client.has_news();
                        }
                        Heard::Resend => {
                            client.desk.restart();
                            client.has_news();
                            heard = Heard::Nothing;
                        }
                        Heard::Check => {
                            let credentials = client.session.take_credentials();
                            let asked = credentials.is_some_and(|c| self.auth.ask(id, c));
                            heard = if asked { Heard::Nothing } else { Heard::Drop };
                        }
                        _ => {}
                    }
                    (len, heard)
                }
            };
            client.session.on_bytes(now);
            self.transport.consume(id, used);
            clients::send(&mut *self.transport, id, self.replies.bytes());
            if heard != Heard::Nothing {
                return (heard, done + 1);
            }
        }
        (Heard::Nothing, TURN_MESSAGES_MAX)
    }
}

fn rules(settings: &Settings) -> Rules<'_> {
    Rules {
        venue: settings.venue.as_bytes(),
        limits: &settings.limits,
        heartbeat_s: settings.heartbeat_s,
    }
}

/// What ends [`FixFeed::run`] from another thread.
pub type Stop = Arc<AtomicBool>;

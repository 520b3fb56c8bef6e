//! The gateway's turn: network to commands, events to network.
//!
//! A gateway holds no truth. It frames and checks bytes (`connection.rs`), offers commands to the partition's
//! ring, and writes what events say. A ring that is full, or a client above its rate, is simply not
//! read: its bytes stay in the transport's buffer and TCP pushes back. What only must not be lost,
//! the end of a connection or a silence, is a bit that is offered again every turn.
//! Next: `gateway/outward.rs` for events to clients, `connection.rs` for bytes in, `flow.rs` for
//! what a client still has to get.

mod outward;

use crate::auth::AuthClient;
use crate::command_slot::Slot;
use crate::connection::{
    Connection, ConnectionLimits, Outcome, Refusal, Ring, Shared, Speaks, Tick,
};
use crate::directory::Directory;
use crate::door::{Door, Stranger};
use crate::fix::fields::Scanner;
use crate::flow::Flow;
use crate::health::Health;
use crate::io::event_ring::EventReader;
use crate::io::{Close, ConnId, NetEvent, StreamTransport};
use crate::operator::Answer;
use crate::rings::CommandSender;
use crate::sbe;
use crate::understudy::OutboxClient;
use engine::Event;
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::types::{CommandHead, DisconnectReason, DueWhat, Verdict};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use zerocopy::little_endian::U64;

/// Messages read of one connection before others have their turn.
const CONNECTION_MESSAGES_MAX: usize = 64;
/// Events written in one turn.
const TURN_EVENTS_MAX: usize = 1024;
/// Deadlines and heartbeats are looked at this often.
const TICK_NS: u64 = 20_000_000;
/// A turn that comes later than this was held up: nobody was silent but us.
const STALL_NS: u64 = 1_000_000_000;
const NS_PER_S: u64 = 1_000_000_000;

/// What a gateway is told by the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Our CompID.
    pub venue: String,
    /// Number of this gateway, in every command.
    pub number: u16,
    /// Bounds of a connection.
    pub limits: ConnectionLimits,
    /// A client that stays behind longer than this is disconnected.
    pub slow_ns: u64,
    /// Connections that one address may have at once.
    pub per_address_max: u16,
    /// What each listener of the transport speaks.
    pub listeners: Vec<Speaks>,
}

/// One connection and what it still has to get.
struct Client {
    id: ConnId,
    address: IpAddr,
    connection: Connection,
    flow: Flow,
    /// It is in the queue of those with bytes to read.
    queued: bool,
    /// The peer is gone; once its last bytes are read this is why.
    gone: Option<DisconnectReason>,
    /// The log must learn of its end.
    disconnected: Option<DisconnectReason>,
    /// It has; reports of what came before are on their way.
    leaving: bool,
    /// The log must learn what time has caused.
    due: Option<DueWhat>,
    /// The secret was right, the ring was full.
    entering: bool,
    /// Close it once all has been sent.
    closing: bool,
    /// SBE: what is said once it has everything else, and which request is being answered.
    held: Option<Event>,
    /// Since when that has found no room, though the client has everything else.
    held_since: Option<u64>,
    retransmit: U64,
}

impl Client {
    fn as_stranger(&self) -> Option<Stranger> {
        let (deadline, is_checked) = self.connection.as_stranger().filter(|_| !self.entering)?;
        Some(Stranger { conn: self.id, address: self.address, is_checked, deadline })
    }
}

/// Where the gateway stands with stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopping {
    No,
    /// The log has not taken `LogoutAll` yet.
    Asking,
    /// Clients have until then to answer.
    Until(u64),
}

/// See the file's map.
pub struct Gateway {
    settings: Settings,
    transport: Box<dyn StreamTransport>,
    net_events: Vec<NetEvent>,
    /// One for each place of the transport.
    clients: Vec<Option<Client>>,
    door: Door,
    /// Somebody has connected in this turn.
    has_come: bool,
    /// Flows of free places, so that accepting allocates nothing.
    spare_flows: Vec<Flow>,
    queue: VecDeque<ConnId>,
    ring: CommandSender,
    events: EventReader<Event>,
    outbox: OutboxClient,
    auth: AuthClient,
    directory: Directory,
    scanner: Scanner,
    slot: Slot,
    tickets: u64,
    next_tick: u64,
    last_turn: u64,
    stopping: Stopping,
    /// Sessions and instruments are known: clients may come.
    open: bool,
    /// Logons that were let in after their connection had ended: the log must learn of that.
    orphans: Vec<CommandHead>,
    /// Somebody has something that must not be lost.
    obliged: bool,
    /// What the last turn could not do for want of room; tried again.
    blocked: bool,
    health: Arc<Health>,
    /// Answers on their way to the operator.
    operator: Option<rtrb::Producer<Answer>>,
}

impl Gateway {
    /// Over a transport that listens, with the places that [`crate::door::transport_limits`] gives it.
    pub fn new(
        settings: Settings,
        transport: Box<dyn StreamTransport>,
        connections_max: u16,
        ring: CommandSender,
        events: EventReader<Event>,
        outbox: OutboxClient,
        auth: AuthClient,
    ) -> Self {
        let places = Door::places(connections_max);
        Self {
            settings,
            transport,
            net_events: Vec::with_capacity(256),
            clients: (0..places).map(|_| None).collect(),
            door: Door::new(connections_max),
            has_come: false,
            spare_flows: (0..places).map(|_| Flow::default()).collect(),
            queue: VecDeque::with_capacity(places * 2),
            ring,
            events,
            outbox,
            auth,
            directory: Directory::default(),
            scanner: Scanner::new(),
            slot: Slot::EMPTY,
            tickets: 0,
            next_tick: 0,
            last_turn: 0,
            stopping: Stopping::No,
            open: false,
            orphans: Vec::with_capacity(places),
            obliged: false,
            blocked: false,
            health: Arc::default(),
            operator: None,
        }
    }

    /// Acts upon how the host is doing from now on.
    pub fn heeds(&mut self, health: Arc<Health>) {
        self.health = health;
    }

    /// Answers to the operator go there from now on.
    pub fn answers(&mut self, operator: rtrb::Producer<Answer>) {
        self.operator = Some(operator);
    }

    /// How many connections had to go before they had logged on.
    pub fn turned_out(&self) -> Arc<AtomicU64> {
        self.door.turned_out()
    }

    /// One turn at time `now`; returns how much was done.
    pub fn turn(&mut self, now: u64) -> usize {
        self.blocked = false;
        if now.saturating_sub(self.last_turn) > STALL_NS {
            for client in self.clients.iter_mut().flatten() {
                client.connection.on_stall(now);
            }
        }
        self.last_turn = now;
        // All waiting bytes are read before silence is judged.
        let mut done = self.take_net_events(now);
        done += self.take_answers();
        // What must not be lost goes into the ring before what can wait in a socket.
        done += self.offer_obligations();
        done += self.read_queued(now);
        self.make_room();
        done += self.write_events(now);
        done += self.write_pieces(now);
        if now >= self.next_tick {
            self.next_tick = now + TICK_NS;
            self.tick(now);
        }
        self.ring.ring_bell();
        self.transport.flush();
        done
    }

    /// The transport, to wait on or to ask for counters.
    pub fn transport_mut(&mut self) -> &mut dyn StreamTransport {
        &mut *self.transport
    }

    /// Something waits for room elsewhere: do not sleep long.
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Events wait to be written.
    pub fn has_events(&mut self) -> bool {
        self.events.peek().is_some()
    }

    /// Stops in good order: no new connections, a Logout to everybody, `grace_ns` for answers.
    pub fn begin_stop(&mut self, now: u64, grace_ns: u64) {
        if self.stopping == Stopping::No {
            self.transport.stop_listening();
            self.stopping = Stopping::Asking;
            self.try_ask_all_to_leave(now + grace_ns);
        }
    }

    /// Everybody has left, or the time for it is over.
    pub fn has_stopped(&mut self, now: u64) -> bool {
        if self.stopping == Stopping::Asking {
            self.try_ask_all_to_leave(now + NS_PER_S);
        }
        let Stopping::Until(end) = self.stopping else { return false };
        if now >= end {
            self.drop_all(); // They had their time; what they still send is not read.
        }
        self.clients.iter().all(Option::is_none)
    }

    fn try_ask_all_to_leave(&mut self, until: u64) {
        if self.ring.offer(Slot::of(&j::LogoutAll::ZERO).bytes()) {
            self.stopping = Stopping::Until(until);
        }
    }

    fn take_net_events(&mut self, now: u64) -> usize {
        let done = self.transport.poll(&mut self.net_events);
        for at in 0..self.net_events.len() {
            let Some(event) = self.net_events.get(at).copied() else { break };
            match event {
                NetEvent::Accepted { conn, peer, listener } => {
                    self.on_accepted(now, conn, peer.ip(), listener);
                }
                NetEvent::Readable { conn } => self.enqueue(conn),
                NetEvent::Writable { conn } => self.pump(now, conn),
                NetEvent::Closed { conn, why } => {
                    if let Some(client) = self.client(conn) {
                        client.gone = Some(match why {
                            crate::io::CloseReason::Eof => DisconnectReason::PeerClosed,
                            _ => DisconnectReason::TransportError,
                        });
                    }
                    self.enqueue(conn);
                }
            }
        }
        done
    }

    fn on_accepted(&mut self, now: u64, conn: ConnId, address: IpAddr, listener: u8) {
        let from_there = |client: &&Client| client.address == address;
        let others = self.clients.iter().flatten().filter(from_there).count();
        if others >= usize::from(self.settings.per_address_max) {
            self.transport.close(conn, Close::Now);
            return;
        }
        let mut head = CommandHead::ZERO;
        head.verdict = Verdict::Fine.into();
        head.gateway.set(self.settings.number);
        head.slot.set(conn.slot);
        head.conn_generation.set(log_generation(conn));
        let speaks = self.settings.listeners.get(usize::from(listener)).copied();
        let place = self.clients.get_mut(usize::from(conn.slot));
        let (Some(place), Some(speaks)) = (place, speaks) else {
            self.transport.close(conn, Close::Now);
            return;
        };
        self.has_come = true;
        let flow = self.spare_flows.pop().unwrap_or_default();
        *place = Some(Client {
            id: conn,
            address,
            connection: Connection::new(now, speaks, head, &self.settings.limits),
            flow,
            queued: false,
            gone: None,
            disconnected: None,
            leaving: false,
            due: None,
            entering: false,
            closing: false,
            held: None,
            held_since: None,
            retransmit: 0.into(),
        });
    }

    /// Where newcomers are too many strangers go, or they themselves.
    fn make_room(&mut self) {
        if !std::mem::take(&mut self.has_come) {
            return;
        }
        let others = self.logged_on();
        self.door.look(self.clients.iter().flatten().filter_map(Client::as_stranger), others);
        while let Some(conn) = self.door.turn_out() {
            self.remove(conn, Close::Now);
        }
    }

    /// Those who have logged on, or have a Logon on its way into the log.
    fn logged_on(&self) -> usize {
        self.clients.iter().flatten().filter(|client| client.as_stranger().is_none()).count()
    }

    fn client(&mut self, conn: ConnId) -> Option<&mut Client> {
        let place = self.clients.get_mut(usize::from(conn.slot))?;
        place.as_mut().filter(|client| client.id == conn)
    }

    fn enqueue(&mut self, conn: ConnId) {
        if let Some(client) = self.client(conn)
            && !client.queued
        {
            client.queued = true;
            self.queue.push_back(conn);
        }
    }

    /// Reads those with bytes, each a little, in rotation. Who finds the ring full is the first of
    /// the next turn, so that nobody who floods is ever served twice before somebody else.
    fn read_queued(&mut self, now: u64) -> usize {
        if self.health.is_stalled() {
            self.blocked |= !self.queue.is_empty();
            return 0;
        }
        let mut done = 0;
        for _ in 0..self.queue.len() {
            let Some(conn) = self.queue.pop_front() else { break };
            if let Some(client) = self.client(conn) {
                client.queued = false;
            }
            let (used, ring_is_full) = self.read(now, conn);
            done += used;
            if ring_is_full {
                break;
            }
        }
        done
    }

    /// Returns the bytes used, and whether the ring refused a message.
    fn read(&mut self, now: u64, conn: ConnId) -> (usize, bool) {
        let place = self.clients.get_mut(usize::from(conn.slot)).and_then(Option::as_mut);
        let Some(client) = place.filter(|client| client.id == conn) else { return (0, false) };
        let mut shared = Shared {
            scanner: &mut self.scanner,
            slot: &mut self.slot,
            directory: &self.directory,
            venue: self.settings.venue.as_bytes(),
            limits: &self.settings.limits,
            open: self.open,
            refuses_orders: self.health.disk_is_low(),
            resending: client.flow.again.is_some(),
        };
        let bytes = self.transport.received(conn);
        let (used, outcome) = client.connection.on_bytes(
            now,
            bytes,
            CONNECTION_MESSAGES_MAX,
            &mut shared,
            &mut self.ring,
        );
        let credentials = client.connection.take_credentials();
        let gone = client.gone;
        self.transport.consume(conn, used);
        match outcome {
            Outcome::RingFull => {
                self.blocked = true;
                if let Some(client) = self.client(conn) {
                    client.queued = true;
                    self.queue.push_front(conn);
                }
                return (used, true);
            }
            Outcome::Waits => {
                self.blocked |= used == 0;
                self.enqueue(conn);
            }
            Outcome::Close(reason) => self.hang_up(conn, reason),
            Outcome::Refuse(refusal) => self.refuse(conn, &refusal),
            Outcome::Check => {
                let asked = credentials.is_some_and(|c| self.auth.ask(conn, c));
                if !asked {
                    self.remove(conn, Close::Now); // Too many logons at once.
                }
            }
            Outcome::Hungry => {
                // EOF is reported only after all bytes before it have been submitted.
                let waits_for_answer =
                    self.client(conn).is_some_and(|c| c.connection.waits_for_answer());
                if let Some(reason) = gone
                    && !waits_for_answer
                {
                    self.hang_up(conn, reason);
                }
            }
        }
        (used, false)
    }

    /// Says why, and ends a connection that the log has never heard of.
    fn refuse(&mut self, conn: ConnId, refusal: &Refusal) {
        let Some(Speaks::Sbe(width)) = self.client(conn).map(|c| c.connection.speaks()) else {
            return self.remove(conn, Close::Flushed);
        };
        if let Some(room) = self.transport.reserve(conn, sbe::outbound::FRAME_BYTES_MAX) {
            let written = match refusal {
                Refusal::Negotiate(reject) => sbe::outbound::session(reject, width, room),
                Refusal::Establish(reject) => sbe::outbound::session(reject, width, room),
            };
            self.transport.commit(conn, written.unwrap_or(0));
        }
        self.remove(conn, Close::Flushed);
    }

    /// Ends a connection from this side: the log learns of it if it may know it.
    fn hang_up(&mut self, conn: ConnId, reason: DisconnectReason) {
        let Some(client) = self.client(conn) else { return };
        if client.disconnected.is_some() || client.leaving {
            return; // The log will learn of it; until then the place is taken.
        }
        if client.connection.is_known_to_log() {
            client.connection.close();
            client.disconnected.get_or_insert(reason);
            self.obliged = true;
        } else {
            self.remove(conn, Close::Now);
        }
    }

    fn remove(&mut self, conn: ConnId, how: Close) {
        self.transport.close(conn, how);
        let Some(place) = self.clients.get_mut(usize::from(conn.slot)) else { return };
        if let Some(mut client) = place.take_if(|client| client.id == conn) {
            client.flow.reset();
            self.spare_flows.push(client.flow);
        }
    }

    fn take_answers(&mut self) -> usize {
        let mut done = 0;
        while let Some(answer) = self.auth.answer() {
            done += 1;
            let known = self.client(answer.conn).is_some_and(|c| c.connection.session() != 0);
            if answer.is_right && known && self.door.is_full(self.logged_on()) {
                self.remove(answer.conn, Close::Now);
            } else if answer.is_right && known {
                if let Some(client) = self.client(answer.conn) {
                    client.entering = true;
                    self.obliged = true;
                }
            } else {
                // FIX: without a word, as FIX 4.4 vol. 2 advises. A Logout would take a number, and
                // engines that count it would be ahead of the session for good.
                match self.client(answer.conn).and_then(|c| c.connection.refusal()) {
                    Some(refusal) => self.refuse(answer.conn, &refusal),
                    None => self.remove(answer.conn, Close::Flushed),
                }
            }
        }
        done
    }

    /// Deadlines, heartbeats, silences, and clients that stay behind.
    fn tick(&mut self, now: u64) {
        for slot in 0..self.clients.len() {
            let Some(client) = self.clients.get_mut(slot).and_then(Option::as_mut) else {
                continue;
            };
            let id = client.id;
            match client.connection.on_tick(now) {
                Tick::Nothing => {}
                Tick::Due(what) => {
                    client.due = Some(what);
                    self.obliged = true;
                }
                Tick::Close => {
                    self.remove(id, Close::Now);
                    continue;
                }
            }
            let slow_ns = self.settings.slow_ns;
            let Some(client) = self.client(id) else { continue };
            let Some(since) = client.flow.behind_since.or(client.held_since) else { continue };
            let waits_for_us = client.flow.ticket.is_some();
            if now.saturating_sub(since) > slow_ns && !waits_for_us {
                if client.closing {
                    self.remove(id, Close::Now);
                } else {
                    self.hang_up(id, DisconnectReason::SlowReader);
                }
            } else {
                self.pump(now, id);
            }
        }
    }

    /// Offers what must not be lost; what finds no room is offered again next turn.
    fn offer_obligations(&mut self) -> usize {
        if !std::mem::take(&mut self.obliged) {
            return 0;
        }
        let mut done = 0;
        let ring = &mut self.ring;
        self.orphans.retain(|head| {
            let reason = DisconnectReason::Closed.into();
            !ring.offer(Slot::of(&j::Disconnected { head: *head, reason }).bytes())
        });
        self.obliged = !self.orphans.is_empty();
        for slot in 0..self.clients.len() {
            let Some(client) = self.clients.get_mut(slot).and_then(Option::as_mut) else {
                continue;
            };
            let id = client.id;
            if client.entering {
                client.entering = !client.connection.enter(&mut self.ring);
                done += usize::from(!client.entering);
            }
            if let Some(what) = client.due {
                let due = j::Due { head: client.connection.head(), what: what.into() };
                if self.ring.offer(Slot::of(&due).bytes()) {
                    client.due = None;
                    done += 1;
                }
            }
            let still = client.entering || client.due.is_some();
            if let Some(reason) = client.disconnected {
                let head = client.connection.head();
                let told = j::Disconnected { head, reason: reason.into() };
                if self.ring.offer(Slot::of(&told).bytes()) {
                    (client.disconnected, client.leaving) = (None, true);
                    if reason != DisconnectReason::PeerClosed {
                        self.remove(id, Close::Now);
                    }
                    done += 1;
                    continue;
                }
            }
            if still || client_has_ended(&self.clients, slot) {
                (self.obliged, self.blocked) = (true, true);
            }
        }
        done
    }

    /// This process does not lead any more: nobody is told anything.
    fn drop_all(&mut self) {
        for slot in 0..self.clients.len() {
            if let Some(client) = self.clients.get(slot).and_then(Option::as_ref) {
                let id = client.id;
                self.remove(id, Close::Now);
            }
        }
    }
}

/// Its end is still to be told.
fn client_has_ended(clients: &[Option<Client>], slot: usize) -> bool {
    clients.get(slot).and_then(Option::as_ref).is_some_and(|client| client.disconnected.is_some())
}

/// The log's generation of a connection: never 0, which means nobody.
fn log_generation(conn: ConnId) -> u32 {
    conn.generation.wrapping_add(1).max(1)
}

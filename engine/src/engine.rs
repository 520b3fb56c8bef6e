//! One partition's state and the three doors to it: time, a command, the rest of a command.
//!
//! [`Engine::begin_batch`] moves time, [`Engine::apply`] starts a command, [`Engine::step`] does what
//! is left of anything: matching, cancels, expiry, parked messages, timers. Each unit of `step` emits
//! a handful of events and begins only with [`SINK_FREE_MIN`] free slots, so an engine never waits
//! inside a call and where it stops changes no event. Next: `session.rs`, `trading.rs`.

use crate::book::{Book, Levels};
use crate::event::{Conn, Event, SINK_FREE_MIN, Sink};
use crate::hash::{mix, mix_bytes};
use crate::ids::Ids;
use crate::instrument::Instrument;
use crate::orders::{Order, Orders, Slot};
use crate::parking::Parking;
use crate::session::{Inbound, Session};
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{
    CancelCause, Decimal8, EventFlags, EventKind, OrdStatus, Phase, TimeInForce,
};
use zerocopy::IntoBytes;

const NS_PER_DAY: u64 = 24 * 3600 * 1_000_000_000;
/// Order slots looked at in one unit of expiry.
const EXPIRY_WALK_MAX: u32 = 256;
/// Definitions announced in one unit.
const ANNOUNCE_MAX: usize = 32;

/// Sizes of a partition, and the seed of its hash table. Memory is taken for them at start; what decides
/// rejects is what the log says (`VenueDefine`).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Client sessions.
    pub sessions_max: usize,
    /// Instruments.
    pub instruments_max: usize,
    /// Open orders of all sessions together.
    pub orders_max: usize,
    /// Pages of 64 neighbouring prices in use over all books.
    pub pages_max: usize,
    /// Accounts of all firms.
    pub accounts_max: usize,
    /// Assets that accounts have balances of.
    pub assets_max: usize,
    /// Finished ClOrdIDs that a session keeps.
    pub finished_kept: u32,
    /// Messages that wait for a gap to close, over all sessions.
    pub parked_max: usize,
    /// Key of the ClOrdID table; no state depends on it.
    pub hash_seed: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions_max: 64,
            instruments_max: 64,
            orders_max: 262_144,
            pages_max: 16_384,
            accounts_max: 256,
            assets_max: 32,
            finished_kept: 4096,
            parked_max: 1024,
            hash_seed: 0,
        }
    }
}

/// Whether there is more to do for what has been begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// All of it has happened.
    Done,
    /// The sink is nearly full: call `step` again when it has room.
    More,
}

/// What holds for the whole partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Venue {
    pub(crate) day_end_ns: u64,
    pub(crate) heartbeat_min_s: u32,
    pub(crate) heartbeat_max_s: u32,
}

/// What is left of what was begun.
#[derive(Default)]
pub(crate) struct Tasks {
    /// The order that is being matched.
    pub(crate) matching: Option<Slot>,
    /// The session whose open orders are being cancelled.
    cancelling: Option<u32>,
    /// Order slots below this have been looked at for expiry.
    expiring: Option<u32>,
    /// Definitions told so far: sessions, then instruments.
    announcing: Option<usize>,
    /// Sessions asked to leave so far.
    leaving: Option<u32>,
    /// The session whose parked messages may have their turn.
    pub(crate) drain: Option<u32>,
}

/// The state of one partition: a fold of its log.
pub struct Engine {
    limits: Limits,
    pub(crate) venue: Venue,
    pub(crate) sessions: Vec<Session>,
    pub(crate) parking: Parking,
    pub(crate) instruments: Vec<Instrument>,
    pub(crate) books: Vec<Book>,
    pub(crate) levels: Levels,
    pub(crate) orders: Orders,
    pub(crate) ids: Ids,
    pub(crate) tasks: Tasks,
    /// Time of the batch that is being applied.
    pub(crate) now: u64,
    /// Sequence of the command that is being applied.
    pub(crate) seq: u64,
    /// When the gateway had that command.
    pub(crate) received: u64,
    pub(crate) exec_id: u64,
    pub(crate) trade_id: u64,
    feed_seq: u64,
    feed_told: bool,
    term: u64,
    day_ends: u64,
    next_due: u64,
    event_hash: u64,
}

impl Engine {
    /// Before the first command.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            venue: Venue { day_end_ns: 0, heartbeat_min_s: 1, heartbeat_max_s: 3600 },
            sessions: Vec::with_capacity(limits.sessions_max),
            parking: Parking::new(limits.parked_max),
            instruments: Vec::with_capacity(limits.instruments_max),
            books: Vec::with_capacity(limits.instruments_max),
            levels: Levels::new(limits.pages_max),
            orders: Orders::new(limits.orders_max),
            ids: Ids::new(names_max(&limits), limits.finished_kept, limits.hash_seed),
            tasks: Tasks::default(),
            now: 0,
            seq: 0,
            received: 0,
            exec_id: 1,
            trade_id: 0,
            feed_seq: 1,
            feed_told: false,
            term: 0,
            day_ends: u64::MAX,
            next_due: u64::MAX,
            event_hash: 0,
        }
    }

    /// Moves time to the stamp of a batch. What is due by then fires in `step`, before any command
    /// and under the batch's first sequence: call `step` until it is `Done`.
    pub fn begin_batch(&mut self, first_seq: u64, time: u64) {
        assert!(time >= self.now, "batch time never runs backwards");
        assert!(self.tasks.is_empty(), "the batch before is not finished");
        (self.seq, self.now) = (first_seq, time);
    }

    /// Begins one command; `step` until `Done` before the next. Unknown templates are ignored:
    /// `rulesVersion` of the batch says whether they may be.
    pub fn apply<S: Sink>(&mut self, seq: u64, command: &[u8], sink: &mut S) -> Step {
        assert!(self.tasks.is_empty(), "the command before is not finished");
        assert!(sink.free() >= SINK_FREE_MIN);
        self.seq = seq;
        if let Some(m) = Inbound::of(command) {
            self.received = m.head.received.get();
            match m.template {
                j::TermStarted::TEMPLATE_ID => self.on_term(m.get()),
                j::VenueDefine::TEMPLATE_ID => self.on_venue(m.get()),
                j::InstrumentDefine::TEMPLATE_ID => self.on_instrument(m.get(), sink),
                j::SessionDefine::TEMPLATE_ID => self.on_session(m.get(), sink),
                j::LogoutAll::TEMPLATE_ID => {
                    self.tasks.leaving = (!self.sessions.is_empty()).then_some(0);
                }
                j::TermReady::TEMPLATE_ID => self.on_ready(sink),
                j::Tick::TEMPLATE_ID => {}
                _ => self.on_session_command(m, sink),
            }
        }
        self.step(sink)
    }

    /// Goes on with what has been begun, until it is done or the sink is nearly full.
    pub fn step<S: Sink>(&mut self, sink: &mut S) -> Step {
        loop {
            if self.tasks.is_empty() && !self.fire_due() {
                return Step::Done;
            }
            if sink.free() < SINK_FREE_MIN {
                return Step::More;
            }
            if let Some(slot) = self.tasks.matching {
                self.match_one(slot, sink);
            } else if let Some(at) = self.tasks.cancelling {
                self.cancel_one(at, sink);
            } else if let Some(slot) = self.tasks.expiring {
                self.expire_some(slot, sink);
            } else if let Some(told) = self.tasks.announcing {
                self.announce_some(told, sink);
            } else if let Some(at) = self.tasks.leaving {
                self.ask_to_leave(at, sink);
                let next = at + 1;
                self.tasks.leaving = ((next as usize) < self.sessions.len()).then_some(next);
            } else if let Some(at) = self.tasks.drain
                && !self.drain_one(at, sink)
            {
                self.tasks.drain = None;
            }
        }
    }

    /// Closes the batch: packets of the feed close here. Takes one slot at most.
    pub fn end_batch<S: Sink>(&mut self, commands: u32, sink: &mut S) {
        assert!(self.tasks.is_empty(), "the batch is not finished");
        if std::mem::take(&mut self.feed_told) {
            let mut event = Event::of(&j::BatchEnd { commands: commands.into() });
            event.head.kind = EventKind::Control.into();
            self.emit(event, sink);
        }
    }

    /// When the next thing is due that only time causes; `u64::MAX`: nothing.
    pub fn next_due(&self) -> u64 {
        self.next_due
    }

    /// Time of the last batch.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Number of the next message of the incremental feed.
    pub fn feed_seq(&self) -> u64 {
        self.feed_seq
    }

    /// Last sequence applied.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The term that started last.
    pub fn term(&self) -> u64 {
        self.term
    }

    /// Sizes given at start.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Running hash over every event since genesis.
    pub fn event_hash(&self) -> u64 {
        self.event_hash
    }

    /// Hash over the whole state: equal for equal logs, whoever replays them.
    pub fn state_hash(&self) -> u64 {
        let words = [
            self.now,
            self.seq,
            self.exec_id,
            self.trade_id,
            self.feed_seq,
            self.term,
            self.day_ends,
            self.next_due,
            self.event_hash,
            self.venue.day_end_ns,
            u64::from(self.venue.heartbeat_min_s) << 32 | u64::from(self.venue.heartbeat_max_s),
            (self.limits.orders_max as u64) << 32 | self.limits.pages_max as u64,
            (self.limits.accounts_max as u64) << 32 | self.limits.sessions_max as u64,
        ];
        let hash = words.iter().fold(0, |hash, word| mix(hash, *word));
        let hash = self.ids.hash(self.orders.hash(self.hash_sessions(hash)));
        let hash = self.instruments.iter().fold(hash, |hash, i| {
            let hash = mix_bytes(hash, &i.symbol);
            mix(mix(mix(hash, i.tick_size as u64), i.lot_size as u64), i.quantity_max as u64)
        });
        self.books.iter().fold(hash, |hash, book| book.hash(&self.levels, &self.orders, hash))
    }

    /// The sessions, in order of their number minus 1.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// The instruments, in order of their number minus 1.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// The book of an instrument (number minus 1).
    pub fn book(&self, at: usize) -> Option<&Book> {
        self.books.get(at)
    }

    /// The resting orders of an instrument (number minus 1) in priority order.
    pub fn resting(&self, at: usize) -> impl Iterator<Item = &Order> {
        self.books.get(at).into_iter().flat_map(|book| book.walk(&self.levels, &self.orders))
    }

    /// Orders that are open, over all books.
    pub fn open_orders(&self) -> usize {
        self.orders.live()
    }

    fn on_term(&mut self, started: &j::TermStarted) {
        self.term = started.term.get();
        for at in 0..self.sessions.len() as u32 {
            self.unbind(at);
        }
        self.tasks.announcing = Some(0);
    }

    fn on_ready<S: Sink>(&mut self, sink: &mut S) {
        let mut event = Event::of(&j::Opened { term: self.term.into() });
        event.head.kind = EventKind::Control.into();
        self.emit(event, sink);
    }

    fn on_venue(&mut self, define: &j::VenueDefine) {
        self.venue = Venue {
            day_end_ns: define.day_end_ns.get() % NS_PER_DAY,
            heartbeat_min_s: define.heartbeat_min_s.get(),
            heartbeat_max_s: define.heartbeat_max_s.get(),
        };
        self.day_ends = next_day_end(self.now, self.venue.day_end_ns);
        self.find_next_due();
        self.resize(define);
    }

    /// Sizes decide who is rejected: they are the log's, whatever memory was taken at start. A wish
    /// beyond that takes more, here, before anybody trades.
    fn resize(&mut self, define: &j::VenueDefine) {
        let set = |size: &mut usize, wished: u32| {
            if wished != 0 {
                *size = wished as usize;
            }
        };
        let limits = &mut self.limits;
        set(&mut limits.sessions_max, define.sessions_max.get());
        set(&mut limits.instruments_max, define.instruments_max.get());
        set(&mut limits.orders_max, define.orders_max.get());
        set(&mut limits.pages_max, define.pages_max.get());
        set(&mut limits.accounts_max, define.accounts_max.get());
        set(&mut limits.assets_max, define.assets_max.get());
        self.orders.resize(limits.orders_max);
        self.levels.resize(limits.pages_max);
        self.books.iter_mut().for_each(|book| book.resize(limits.pages_max));
        self.ids.resize(names_max(limits));
    }

    fn on_instrument<S: Sink>(&mut self, define: &j::InstrumentDefine, sink: &mut S) {
        let known = self.instruments.iter().any(|i| i.symbol == define.symbol);
        let (tick, lot) = (define.tick_size.get(), define.lot_size.get());
        let room = self.instruments.len() < self.limits.instruments_max;
        if known || !room || tick <= 0 || lot <= 0 {
            return; // `Wish::difference` never asks for it.
        }
        self.instruments.push(Instrument {
            symbol: define.symbol,
            tick_size: tick,
            lot_size: lot,
            quantity_max: define.quantity_max.get(),
        });
        self.books.push(Book::new(self.limits.pages_max));
        self.announce_instrument(self.instruments.len() - 1, sink);
    }

    fn on_session<S: Sink>(&mut self, define: &j::SessionDefine, sink: &mut S) {
        if let Some(known) = self.sessions.iter_mut().find(|s| s.comp_id == define.comp_id) {
            return known.define(define);
        }
        if self.sessions.len() < self.limits.sessions_max {
            self.sessions.push(Session::new(define));
            self.announce_session(self.sessions.len() - 1, sink);
        }
    }

    /// Tells gateways and the public what is defined: sessions first, then instruments.
    fn announce_some<S: Sink>(&mut self, told: usize, sink: &mut S) {
        let sessions = self.sessions.len();
        let all = sessions + self.instruments.len();
        let end = all.min(told + ANNOUNCE_MAX);
        for at in told..end {
            match at.checked_sub(sessions) {
                None => self.announce_session(at, sink),
                Some(instrument) => self.announce_instrument(instrument, sink),
            }
        }
        self.tasks.announcing = (end < all).then_some(end);
    }

    fn announce_session<S: Sink>(&mut self, at: usize, sink: &mut S) {
        let session = &self.sessions[at];
        let defined = j::SessionDefined {
            session: (at as u32 + 1).into(),
            comp_id: session.comp_id,
            protocol: session.protocol.into(),
        };
        let nobody = Conn { gateway: 0, slot: 0, generation: 0 };
        self.control(at as u32, nobody, &defined, sink);
    }

    fn announce_instrument<S: Sink>(&mut self, at: usize, sink: &mut S) {
        let i = &self.instruments[at];
        let definition = md::InstrumentDefinition {
            instrument: (at as u32 + 1).into(),
            phase: Phase::Continuous.into(),
            symbol: i.symbol,
            tick_size: Decimal8::new(i.tick_size),
            lot_size: Decimal8::new(i.lot_size),
            quantity_max: Decimal8::new(i.quantity_max),
        };
        self.market(at as u32, &definition, sink);
    }

    /// Begins the next thing that is due by now, in (time, id) order. `false`: nothing is.
    fn fire_due(&mut self) -> bool {
        if self.next_due > self.now {
            return false;
        }
        let due = self.next_due;
        if self.day_ends == due {
            self.day_ends = next_day_end(self.now, self.venue.day_end_ns);
            self.tasks.expiring = Some(0);
        } else {
            let over = self.sessions.iter().position(|s| s.grace_ends == Some(due));
            let at = over.expect("next_due is somebody's");
            self.sessions[at].grace_ends = None;
            self.tasks.cancelling = Some(at as u32);
        }
        self.find_next_due();
        true
    }

    /// Timers are few and change with logons only: the next one is found by looking at all.
    pub(crate) fn find_next_due(&mut self) {
        let graces = self.sessions.iter().filter_map(|s| s.grace_ends);
        self.next_due = graces.fold(self.day_ends, u64::min);
    }

    fn cancel_one<S: Sink>(&mut self, at: u32, sink: &mut S) {
        match self.sessions[at as usize].orders.first() {
            None => self.tasks.cancelling = None,
            Some(slot) => {
                let cause = CancelCause::Disconnect;
                self.end_order(slot, OrdStatus::Canceled, cause, None, sink);
            }
        }
    }

    /// Ends DAY orders, a few slots at a time.
    fn expire_some<S: Sink>(&mut self, from: u32, sink: &mut S) {
        let end = self.orders.used_slots().min(from + EXPIRY_WALK_MAX);
        for slot in (from..end).map(Slot) {
            let day = self.orders.at(slot).is_some_and(|o| o.time_in_force == TimeInForce::Day);
            if day {
                let cause = CancelCause::DayEnd;
                self.end_order(slot, OrdStatus::Expired, cause, None, sink);
                self.tasks.expiring = Some(slot.0 + 1);
                return;
            }
        }
        self.tasks.expiring = (end < self.orders.used_slots()).then_some(end);
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of a head")]
    pub(crate) fn emit_report<M: Message, S: Sink>(
        &mut self,
        session: u32,
        conn: Option<Conn>,
        number: u64,
        generation: u32,
        message: &M,
        flags: EventFlags,
        sink: &mut S,
    ) {
        let mut event = Event::of(message);
        event.head.kind = EventKind::Report.into();
        event.head.flags = flags;
        event.head.session.set(session + 1);
        event.head.number.set(number);
        event.head.generation.set(generation);
        if let Some(conn) = conn {
            address(&mut event, conn);
        }
        self.emit(event, sink);
    }

    /// An event for the gateway of a connection.
    pub(crate) fn control<M: Message, S: Sink>(
        &mut self,
        session: u32,
        conn: Conn,
        message: &M,
        sink: &mut S,
    ) {
        let mut event = Event::of(message);
        event.head.kind = EventKind::Control.into();
        event.head.session.set(session + 1);
        event.head.generation.set(self.sessions[session as usize].generation);
        address(&mut event, conn);
        self.emit(event, sink);
    }

    /// One message of the feed.
    pub(crate) fn market<M: Message, S: Sink>(&mut self, at: u32, message: &M, sink: &mut S) {
        let mut event = Event::of(message);
        event.head.kind = EventKind::Market.into();
        event.head.session.set(at + 1);
        event.head.number.set(self.feed_seq);
        self.feed_seq += 1;
        self.feed_told = true;
        self.emit(event, sink);
    }

    fn emit<S: Sink>(&mut self, mut event: Event, sink: &mut S) {
        event.head.seq.set(self.seq);
        event.head.time.set(self.now);
        let length = usize::from(event.head.length.get());
        self.event_hash = mix_bytes(self.event_hash, &event.as_bytes()[..length]);
        sink.push(&event);
    }
}

impl Tasks {
    fn is_empty(&self) -> bool {
        self.matching.is_none()
            && self.cancelling.is_none()
            && self.expiring.is_none()
            && self.announcing.is_none()
            && self.leaving.is_none()
            && self.drain.is_none()
    }
}

fn address(event: &mut Event, conn: Conn) {
    event.head.gateway.set(conn.gateway);
    event.head.slot.set(conn.slot);
    event.head.conn_generation.set(conn.generation);
}

/// Every open order has a name, and every session its finished ones.
fn names_max(limits: &Limits) -> usize {
    limits.orders_max + limits.sessions_max * limits.finished_kept as usize
}

/// The first end of a day after `now`.
fn next_day_end(now: u64, day_end_ns: u64) -> u64 {
    let today = now - now % NS_PER_DAY + day_end_ns;
    if today > now { today } else { today + NS_PER_DAY }
}

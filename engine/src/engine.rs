//! One partition's state and the three doors to it: time, a command, the rest of a command.
//!
//! [`Engine::begin_batch`] moves time, [`Engine::apply`] starts a command, [`Engine::step`] does what
//! is left of anything: matching, cancels, expiry, parked messages, timers. Each unit of `step` emits
//! a handful of events and begins only with [`SINK_FREE_MIN`] free slots, so an engine never waits
//! inside a call and where it stops changes no event. Next: `session.rs`, `trading.rs`.

use crate::auction::Uncross;
use crate::book::{Book, Books, Identity, Kind};
use crate::define::{names_max, owners_max};
use crate::event::{Addressed, CONTROL, Conn, Event, SINK_FREE_MIN, Sink};
use crate::expiry::Expiry;
use crate::fixp::Listing;
use crate::hash::{mix, mix_event};
use crate::hours::{HOURS_MAX, Hours, Walk};
use crate::ids::Ids;
use crate::instrument::Instrument;
use crate::log::RULES_VERSION;
use crate::mass::Mass;
use crate::matching::Working;
use crate::orders::{Order, Orders, Owners, Slot};
use crate::parking::Parking;
use crate::permissions::Permissions;
use crate::phase::{Change, Changes, LINES_MAX, Line};
use crate::quotes::{Quotes, Quoting};
use crate::risk::Risk;
use crate::session::{Ending, Inbound, Session};
use crate::snapshot::{
    Counts, Header, Parts, Reader, SNAPSHOT_MAGIC, SNAPSHOT_VERSION, Section, Sizes, SnapshotError,
    Writer,
};
use crate::trades::{TRADES_KEPT, Trades};
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::types::{EventHead, EventKind, Side};
use zerocopy::IntoBytes;

pub(crate) const NS_PER_DAY: u64 = 24 * 3600 * 1_000_000_000;
/// Order slots looked at in one unit of expiry.
pub(crate) const EXPIRY_WALK_MAX: u32 = 256;

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
    pub(crate) dead_man_min_ms: u32,
    pub(crate) dead_man_max_ms: u32,
}

/// What is left of what was begun, what goes first first.
#[derive(Default)]
pub(crate) struct Tasks {
    /// The order that is being matched.
    pub(crate) working: Option<Working>,
    /// The offer of a quote, behind its bid.
    pub(crate) arriving: Option<Slot>,
    /// The instrument whose stops are looked at.
    pub(crate) stops: Option<u32>,
    /// Trades of an uncross.
    pub(crate) uncross: Option<Uncross>,
    /// The phase change of one instrument.
    pub(crate) change: Option<Change>,
    /// Phase changes of more.
    pub(crate) changes: Option<Changes>,
    /// Quotes of a session.
    pub(crate) quoting: Option<Quoting>,
    /// A mass action, or the state of many orders.
    pub(crate) mass: Option<Mass>,
    /// Order slots below this have been looked at for the end of the day.
    pub(crate) ending_day: Option<u32>,
    /// Sessions that are asked to leave, or whose hours have ended or begun.
    pub(crate) walk: Option<Walk>,
    /// Definitions told so far: sessions, then instruments.
    pub(crate) announcing: Option<usize>,
    /// A list of instruments for a client.
    pub(crate) listing: Option<Listing>,
    /// The session whose parked messages may have their turn.
    pub(crate) drain: Option<u32>,
}

/// The state of one partition: a fold of its log.
pub struct Engine {
    pub(crate) limits: Limits,
    pub(crate) venue: Venue,
    pub(crate) sessions: Vec<Session>,
    pub(crate) parking: Parking,
    pub(crate) permissions: Permissions,
    pub(crate) instruments: Vec<Instrument>,
    pub(crate) books: Books,
    pub(crate) orders: Orders,
    pub(crate) owners: Owners,
    pub(crate) expiry: Expiry,
    pub(crate) risk: Risk,
    pub(crate) timetable: [Option<Line>; LINES_MAX],
    pub(crate) hours: [Hours; HOURS_MAX],
    pub(crate) ids: Ids,
    pub(crate) quotes: Quotes,
    pub(crate) trades: Trades,
    tasks: Tasks,
    /// There may be some.
    has_tasks: bool,
    /// Time of the batch that is being applied.
    pub(crate) now: u64,
    /// Sequence of the command that is being applied.
    pub(crate) seq: u64,
    /// When the gateway had that command; 0: time caused what happens.
    pub(crate) received: u64,
    /// Where the operator's command has come from that is being applied.
    pub(crate) asked_by: Conn,
    pub(crate) exec_id: u64,
    pub(crate) trade_id: u64,
    feed_seq: u64,
    feed_told: bool,
    pub(crate) term: u64,
    pub(crate) day_ends: u64,
    /// Days that the end of day under way is for.
    pub(crate) days_over: u64,
    /// The earliest of the instruments' and the sessions' own timers.
    pub(crate) instruments_due: u64,
    pub(crate) sessions_due: u64,
    pub(crate) hours_due: u64,
    pub(crate) next_due: u64,
    event_hash: u64,
    /// Something has been begun and is not done.
    busy: bool,
}

impl Engine {
    /// Before the first command.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            venue: Venue {
                day_end_ns: 0,
                heartbeat_min_s: 1,
                heartbeat_max_s: 3600,
                dead_man_min_ms: 0,
                dead_man_max_ms: 0,
            },
            sessions: Vec::with_capacity(limits.sessions_max),
            parking: Parking::new(limits.parked_max),
            permissions: Permissions::new(&limits),
            instruments: Vec::with_capacity(limits.instruments_max),
            books: Books::new(limits.orders_max, limits.pages_max, limits.instruments_max),
            orders: Orders::new(limits.orders_max),
            owners: Owners::new(owners_max(&limits)),
            expiry: Expiry::new(limits.orders_max),
            risk: Risk::new(&limits),
            timetable: [None; LINES_MAX],
            hours: [Hours::default(); HOURS_MAX],
            ids: Ids::new(
                names_max(&limits),
                limits.sessions_max,
                limits.finished_kept,
                limits.hash_seed,
            ),
            quotes: Quotes::new(&limits),
            trades: Trades::new(TRADES_KEPT),
            tasks: Tasks::default(),
            has_tasks: false,
            now: 0,
            seq: 0,
            received: 0,
            asked_by: Conn { gateway: 0, slot: 0, generation: 0 },
            exec_id: 1,
            trade_id: 0,
            feed_seq: 1,
            feed_told: false,
            term: 0,
            day_ends: u64::MAX,
            days_over: 0,
            instruments_due: u64::MAX,
            sessions_due: u64::MAX,
            hours_due: u64::MAX,
            next_due: u64::MAX,
            event_hash: 0,
            busy: false,
        }
    }

    /// Moves time to the stamp of a batch. What is due by then fires in `step`, before any command
    /// and under the batch's first sequence: call `step` until it is `Done`.
    pub fn begin_batch(&mut self, first_seq: u64, time: u64) {
        assert!(time >= self.now, "batch time never runs backwards");
        assert!(!self.busy, "the batch before is not finished");
        self.busy = self.next_due <= time;
        (self.seq, self.now, self.received) = (first_seq, time, 0);
    }

    /// Begins one command; `step` until `Done` before the next. Unknown templates are ignored:
    /// `rulesVersion` of the batch says whether they may be.
    pub fn apply<S: Sink>(&mut self, seq: u64, command: &[u8], sink: &mut S) -> Step {
        assert!(!self.busy, "the command before is not finished");
        self.busy = true;
        assert!(sink.free() >= SINK_FREE_MIN);
        self.seq = seq;
        if let Some(m) = Inbound::of(command) {
            self.received = m.head.received.get();
            match m.template {
                j::TermStarted::TEMPLATE_ID => self.on_term(m.get()),
                j::VenueDefine::TEMPLATE_ID => self.on_venue(m.get()),
                j::InstrumentDefine::TEMPLATE_ID => self.on_instrument(m.get(), sink),
                j::SessionDefine::TEMPLATE_ID => self.on_session(m.get(), sink),
                j::LogoutAll::TEMPLATE_ID => self.tasks_mut().walk = Some(Walk::LEAVING),
                j::TermReady::TEMPLATE_ID => self.on_ready(sink),
                j::Tick::TEMPLATE_ID => {}
                _ if m.head.session.get() == 0 => self.on_operator_command(m, sink),
                _ => self.on_session_command(m, sink),
            }
        }
        self.step(sink)
    }

    /// Goes on with what has been begun, until it is done or the sink is nearly full.
    #[inline]
    pub fn step<S: Sink>(&mut self, sink: &mut S) -> Step {
        if self.has_tasks || self.next_due <= self.now {
            return self.go_on(sink);
        }
        self.busy = false;
        Step::Done
    }

    #[inline(never)]
    fn go_on<S: Sink>(&mut self, sink: &mut S) -> Step {
        loop {
            self.has_tasks = !self.tasks.is_empty();
            if !self.has_tasks && self.next_due > self.now {
                self.busy = false;
                return Step::Done;
            }
            if sink.free() < SINK_FREE_MIN {
                return Step::More;
            }
            if !self.has_tasks {
                self.fire_due(sink);
                continue;
            }
            if let Some(working) = self.tasks.working.take() {
                self.work_on(working, sink);
            } else if let Some(slot) = self.tasks.arriving.take() {
                self.arrive(slot, 0, sink);
            } else if let Some(at) = self.tasks.stops {
                self.trigger_next(at, sink);
            } else if let Some(uncross) = self.tasks.uncross {
                self.uncross_one(uncross, sink);
            } else if let Some(change) = self.tasks.change {
                self.change_one(change, sink);
            } else if let Some(changes) = self.tasks.changes {
                self.next_change(changes);
            } else if let Some(quoting) = self.tasks.quoting {
                self.quote_some(quoting, sink);
            } else if let Some(mass) = self.tasks.mass {
                self.mass_one(mass, sink);
            } else if let Some(slot) = self.tasks.ending_day {
                self.end_day_some(slot, sink);
            } else if let Some(walk) = self.tasks.walk {
                self.walk_sessions(walk, sink);
            } else if let Some(told) = self.tasks.announcing {
                self.announce_some(told, sink);
            } else if let Some(listing) = self.tasks.listing {
                self.list_one(listing, sink);
            } else if let Some(at) = self.tasks.drain
                && !self.drain_one(at, sink)
            {
                self.tasks_mut().drain = None;
            }
        }
    }

    /// What is left of what has been begun, to be changed.
    #[inline]
    pub(crate) fn tasks_mut(&mut self) -> &mut Tasks {
        self.has_tasks = true;
        &mut self.tasks
    }

    /// Closes the batch: packets of the feed close here. Takes one slot at most.
    pub fn end_batch<S: Sink>(&mut self, commands: u32, sink: &mut S) {
        assert!(!self.busy, "the batch is not finished");
        if std::mem::take(&mut self.feed_told) {
            let end = j::BatchEnd { commands: commands.into() };
            self.emit(CONTROL, &end, sink);
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

    /// A number that a message gets which is not known yet.
    pub(crate) fn take_feed_seq(&mut self) -> u64 {
        self.feed_seq += 1;
        self.feed_seq - 1
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
            u64::from(self.venue.dead_man_min_ms) << 32 | u64::from(self.venue.dead_man_max_ms),
            (self.limits.orders_max as u64) << 32 | self.limits.pages_max as u64,
            (self.limits.accounts_max as u64) << 32 | self.limits.sessions_max as u64,
        ];
        let hash = words.iter().fold(0, |hash, word| mix(hash, *word));
        let hash = self.ids.hash(self.hash_sessions(self.hash_hours(hash)));
        let hash = self.instruments.iter().fold(hash, |hash, i| i.hash(hash));
        let hash = self.timetable.iter().flatten().fold(hash, |hash, line| line.hash(hash));
        let hash = self.risk.hash(self.expiry.hash(self.owners.hash(self.books.hash(hash))));
        let live = (0..self.books.used_slots()).map(Slot).filter(|slot| self.books.lives(*slot));
        live.fold(hash, |hash, slot| self.orders.hash_one(slot, hash))
    }

    /// The sessions, in order of their number minus 1.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// The instruments, in order of their number minus 1.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// All books.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// The book of an instrument (number minus 1).
    pub fn book(&self, at: usize) -> Option<&Book> {
        (at < self.instruments.len()).then(|| self.books.book(at as u32))
    }

    /// The cold half of an order that lives.
    pub fn order(&self, slot: Slot) -> &Order {
        self.orders.get(slot)
    }

    /// Who may not enter everything.
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// Accounts, limits and balances.
    pub fn risk(&self) -> &Risk {
        &self.risk
    }

    /// The public orders of an instrument (number minus 1) in priority order, with what they show.
    pub fn resting(&self, at: usize) -> impl Iterator<Item = (&Order, i64)> {
        let known = at < self.instruments.len();
        let sides = [Side::Buy, Side::Sell].into_iter().filter(move |_| known);
        let slots = sides.flat_map(move |side| self.books.walk(at as u32, Kind::Shown, side));
        slots.map(|slot| (self.orders.get(slot), self.books.shown_lots(slot)))
    }

    /// Orders that are open, over all books.
    pub fn open_orders(&self) -> usize {
        self.books.live()
    }

    fn on_term(&mut self, started: &j::TermStarted) {
        self.term = started.term.get();
        for at in 0..self.sessions.len() as u32 {
            self.unbind(at, Ending::Disconnected);
        }
        self.tasks_mut().announcing = Some(0);
    }

    fn on_ready<S: Sink>(&mut self, sink: &mut S) {
        let opened = j::Opened { term: self.term.into() };
        self.emit(CONTROL, &opened, sink);
    }

    /// An event for the gateway of a connection.
    pub(crate) fn control<M: Message, S: Sink>(
        &mut self,
        session: u32,
        conn: Conn,
        message: &M,
        sink: &mut S,
    ) {
        let head = EventHead {
            session: (session + 1).into(),
            generation: self.sessions[session as usize].generation.into(),
            ..CONTROL
        };
        self.emit(head.addressed(Some(conn)), message, sink);
    }

    /// One message of the feed.
    #[inline(always)]
    pub(crate) fn market<M: Message, S: Sink>(&mut self, at: u32, message: &M, sink: &mut S) {
        let head = EventHead {
            kind: EventKind::Market.into(),
            session: (at + 1).into(),
            number: self.feed_seq.into(),
            ..EventHead::ZERO
        };
        self.feed_seq += 1;
        self.feed_told = true;
        self.emit(head, message, sink);
    }

    /// Every event leaves here: written where its readers will find it, and into the running hash.
    #[inline(always)]
    pub(crate) fn emit<M: Message, S: Sink>(&mut self, head: EventHead, message: &M, sink: &mut S) {
        let event = sink.slot();
        let (seq, time, received) = (self.seq.into(), self.now.into(), self.received.into());
        event.write(EventHead { seq, time, received, ..head }, message);
        // Bytes beyond the length are zero.
        let (blocks, _) = event.as_bytes().as_chunks::<32>();
        self.event_hash = mix_event(self.event_hash, &blocks[..Event::length::<M>().div_ceil(32)]);
        sink.publish();
    }
}

impl Tasks {
    fn is_empty(&self) -> bool {
        self.working.is_none()
            && self.arriving.is_none()
            && self.stops.is_none()
            && self.uncross.is_none()
            && self.change.is_none()
            && self.changes.is_none()
            && self.quoting.is_none()
            && self.mass.is_none()
            && self.ending_day.is_none()
            && self.walk.is_none()
            && self.announcing.is_none()
            && self.listing.is_none()
            && self.drain.is_none()
    }
}

/// The state as bytes (docs/wire/snapshot.md).
impl Engine {
    /// Hands out a snapshot, piece by piece: a function of the state alone, whoever has it in memory
    /// of whatever size. To be called between two batches.
    ///
    /// # Panics
    /// If a batch is not finished.
    pub fn save(&self, out: &mut impl FnMut(&[u8])) {
        let Self {
            limits: _,
            venue: _,
            sessions,
            parking: _,
            permissions: _,
            instruments,
            books,
            orders,
            owners,
            expiry,
            risk,
            timetable: _,
            hours: _,
            ids,
            quotes: _,
            trades,
            tasks,
            has_tasks: _,
            now: _,
            seq: _,
            received: _,
            asked_by: _,
            exec_id: _,
            trade_id: _,
            feed_seq: _,
            feed_told,
            term: _,
            day_ends: _,
            days_over,
            instruments_due: _,
            sessions_due: _,
            hours_due: _,
            next_due: _,
            event_hash: _,
            busy,
        } = self;
        assert!(tasks.is_empty() && !busy && !feed_told, "the batch is not finished");
        assert_eq!(*days_over, 0, "no end of a day is under way");
        let mut w = Writer::new(self.header(), out);
        w.section(Section::Venue, |w| self.save_venue(w));
        w.section(Section::Instruments, |w| {
            w.count(instruments.len());
            instruments.iter().for_each(|instrument| instrument.save(w));
        });
        risk.save(&mut w);
        w.section(Section::Sessions, |w| self.save_sessions(w));
        w.section(Section::Owners, |w| owners.save(w));
        w.section(Section::Slots, |w| books.save_slots(w));
        w.section(Section::Queues, |w| books.save_queues(w));
        w.section(Section::Names, |w| ids.save(sessions.iter().map(|s| &s.finished), w));
        w.section(Section::Orders, |w| orders.save(books, owners, w));
        w.section(Section::Expiries, |w| expiry.save(w));
        w.section(Section::Trades, |w| trades.save(w));
        w.finish();
    }

    /// The engine that [`Engine::save`] was called on. Memory is taken for `limits`, as at every start;
    /// what is refused follows from the sizes of the snapshot, which are the log's. Limits that are
    /// smaller than those are an error: [`Header::limits`] and [`Limits::covering`] make them fit.
    ///
    /// # Errors
    /// See [`SnapshotError`]. No bytes make it panic, or take more memory than `limits` and they need.
    pub fn restore(limits: Limits, bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut parts = Parts::of(bytes)?;
        let header = parts.header;
        header.fits(&limits)?;
        let sizes = header.limits(limits.hash_seed);
        let (finished_kept, parked_max) = (sizes.finished_kept, sizes.parked_max);
        let mut engine = Self::new(Limits { finished_kept, parked_max, ..limits });
        engine.limits = sizes;
        engine.resize(&j::VenueDefine::ZERO);
        engine.load(&mut parts)?;
        let (saved, restored) = (header.state_hash.get(), engine.state_hash());
        if saved != restored {
            return Err(SnapshotError::StateHash { saved, restored });
        }
        Ok(engine)
    }

    fn header(&self) -> Header {
        let count = |count: usize| (count as u32).into();
        let size = |size: usize| (size as u64).into();
        let limits = &self.limits;
        Header {
            magic: SNAPSHOT_MAGIC.into(),
            version: SNAPSHOT_VERSION.into(),
            rules_version: RULES_VERSION.into(),
            crc: 0.into(),
            reserved: 0.into(),
            seq: self.seq.into(),
            time: self.now.into(),
            term: self.term.into(),
            event_hash: self.event_hash.into(),
            state_hash: self.state_hash().into(),
            counts: Counts {
                sessions: count(self.sessions.len()),
                instruments: count(self.instruments.len()),
                firms: count(self.risk.accounts().firms().len()),
                accounts: self.risk.accounts().count().into(),
                assets: self.risk.money().assets_len().into(),
                owners: count(self.owners.all().len()),
                slots: self.books.used_slots().into(),
                orders: count(self.books.live()),
                pages: count(self.books.used_pages()),
                names: count(self.ids.live()),
            },
            sizes: Sizes {
                sessions_max: size(limits.sessions_max),
                instruments_max: size(limits.instruments_max),
                orders_max: size(limits.orders_max),
                pages_max: size(limits.pages_max),
                accounts_max: size(limits.accounts_max),
                assets_max: size(limits.assets_max),
                finished_kept: size(limits.finished_kept as usize),
                parked_max: size(limits.parked_max),
            },
        }
    }

    fn save_venue(&self, w: &mut Writer<'_>) {
        let Venue {
            day_end_ns,
            heartbeat_min_s,
            heartbeat_max_s,
            dead_man_min_ms,
            dead_man_max_ms,
        } = self.venue;
        w.u64(day_end_ns);
        let bounds = [heartbeat_min_s, heartbeat_max_s, dead_man_min_ms, dead_man_max_ms];
        bounds.into_iter().for_each(|bound| w.u32(bound));
        let numbers = [self.received, self.exec_id, self.trade_id, self.feed_seq, self.day_ends];
        numbers.into_iter().for_each(|number| w.u64(number));
        for line in &self.timetable {
            w.flag(line.is_some());
            if let Some(line) = line {
                line.save(w);
            }
        }
        self.save_hours(w);
    }

    /// Section after section, into an engine before its first command.
    fn load(&mut self, parts: &mut Parts<'_>) -> Result<(), SnapshotError> {
        let header = parts.header;
        let counts = &header.counts;
        (self.seq, self.now) = (header.seq.get(), header.time.get());
        (self.term, self.event_hash) = (header.term.get(), header.event_hash.get());
        parts.section(Section::Venue, |r| self.load_venue(r, counts))?;
        parts.section(Section::Instruments, |r| {
            for _ in 0..r.same_count(counts.instruments)? {
                self.instruments.push(Instrument::load(r)?);
            }
            Ok(())
        })?;
        self.risk.load(parts, counts)?;
        parts.section(Section::Sessions, |r| self.load_sessions(r, counts))?;
        parts.section(Section::Owners, |r| self.owners.load(r, counts))?;
        for owner in self.owners.all() {
            let user = self.sessions[owner.session as usize].user;
            let firm = self.risk.accounts().get(owner.account).firm;
            self.books.add_owner(Identity { account: owner.account, user, firm });
        }
        let books = &mut self.books;
        parts.section(Section::Slots, |r| books.load_slots(r, counts))?;
        parts.section(Section::Queues, |r| books.load_queues(r, &self.instruments, counts))?;
        let rows = self.sessions.iter_mut().map(|session| &mut session.finished);
        parts.section(Section::Names, |r| self.ids.load(r, counts, rows))?;
        parts.section(Section::Orders, |r| {
            self.orders.load(r, counts, books, &mut self.owners, &self.ids)
        })?;
        let lives = |slot| books.lives(slot);
        parts.section(Section::Expiries, |r| self.expiry.load(r, &mut self.orders, lives))?;
        self.find_quotes();
        let (trades, instruments, last) = (&mut self.trades, &self.instruments, self.trade_id);
        parts.section(Section::Trades, |r| {
            trades.load(r, counts, last)?;
            let fits = trades.agree(|at, price, qty| {
                let i = &instruments[at as usize];
                i.ticks(price).is_some() && i.lots(qty).is_some()
            });
            r.check(fits, "a trade at no price")
        })?;
        self.find_sessions_due();
        self.find_instruments_due();
        Ok(())
    }

    fn load_venue(&mut self, r: &mut Reader<'_>, counts: &Counts) -> Result<(), SnapshotError> {
        self.venue = Venue {
            day_end_ns: r.u64()?,
            heartbeat_min_s: r.u32()?,
            heartbeat_max_s: r.u32()?,
            dead_man_min_ms: r.u32()?,
            dead_man_max_ms: r.u32()?,
        };
        (self.received, self.exec_id) = (r.u64()?, r.u64()?);
        (self.trade_id, self.feed_seq) = (r.u64()?, r.u64()?);
        self.day_ends = r.u64()?;
        for line in &mut self.timetable {
            let instruments = counts.instruments.get() as usize;
            *line = if r.flag()? { Some(Line::load(r, instruments)?) } else { None };
        }
        self.load_hours(r)
    }
}

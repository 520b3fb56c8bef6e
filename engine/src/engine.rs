//! One partition's state and the three doors to it: time, a command, the rest of a command.
//!
//! [`Engine::begin_batch`] moves time, [`Engine::apply`] starts a command, [`Engine::step`] does what
//! is left of anything: matching, cancels, expiry, parked messages, timers. Each unit of `step` emits
//! a handful of events and begins only with [`SINK_FREE_MIN`] free slots, so an engine never waits
//! inside a call and where it stops changes no event. Next: `session.rs`, `trading.rs`.

use crate::auction::Uncross;
use crate::book::{Book, Books, Identity, Kind, ShareRules};
use crate::claim::InstrumentMoney;
use crate::event::{Conn, Event, SINK_FREE_MIN, Sink};
use crate::expiry::Expiry;
use crate::hash::{mix, mix_event};
use crate::ids::Ids;
use crate::instrument::Instrument;
use crate::mass::MassCancel;
use crate::matching::Working;
use crate::orders::{Order, Orders, Owners, Slot};
use crate::parking::Parking;
use crate::phase::{Change, Changes, LINES_MAX, Line};
use crate::risk::Risk;
use crate::session::{Inbound, Session};
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{
    AdminResult, Allocation, CancelCause, Decimal8, EventFlags, EventKind, OrdStatus, Phase,
    PhaseReason, Side, TimeInForce,
};
use zerocopy::IntoBytes;

const NS_PER_DAY: u64 = 24 * 3600 * 1_000_000_000;
/// Order slots looked at in one unit of expiry.
pub(crate) const EXPIRY_WALK_MAX: u32 = 256;
/// After so many ends of a day an account has no volume left.
const FEE_DAYS: u64 = 31;
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

/// What is left of what was begun, what goes first first.
#[derive(Default)]
pub(crate) struct Tasks {
    /// The order that is being matched.
    pub(crate) working: Option<Working>,
    /// The instrument whose stops are looked at.
    pub(crate) stops: Option<u32>,
    /// Trades of an uncross.
    pub(crate) uncross: Option<Uncross>,
    /// The phase change of one instrument.
    pub(crate) change: Option<Change>,
    /// Phase changes of more.
    pub(crate) changes: Option<Changes>,
    /// A mass cancel.
    pub(crate) mass: Option<MassCancel>,
    /// Order slots below this have been looked at for the end of the day.
    ending_day: Option<u32>,
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
    pub(crate) books: Books,
    pub(crate) orders: Orders,
    pub(crate) owners: Owners,
    pub(crate) expiry: Expiry,
    pub(crate) risk: Risk,
    pub(crate) timetable: [Option<Line>; LINES_MAX],
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
    /// Days that the end of day under way is for.
    days_over: u64,
    /// The earliest of the instruments' and the sessions' own timers.
    instruments_due: u64,
    sessions_due: u64,
    next_due: u64,
    event_hash: u64,
    /// Something has been begun and is not done.
    busy: bool,
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
            books: Books::new(limits.orders_max, limits.pages_max, limits.instruments_max),
            orders: Orders::new(limits.orders_max),
            owners: Owners::new(owners_max(&limits)),
            expiry: Expiry::new(limits.orders_max),
            risk: Risk::new(&limits),
            timetable: [None; LINES_MAX],
            ids: Ids::new(
                names_max(&limits),
                limits.sessions_max,
                limits.finished_kept,
                limits.hash_seed,
            ),
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
            days_over: 0,
            instruments_due: u64::MAX,
            sessions_due: u64::MAX,
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
        (self.seq, self.now) = (first_seq, time);
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
                j::LogoutAll::TEMPLATE_ID => {
                    self.tasks.leaving = (!self.sessions.is_empty()).then_some(0);
                }
                j::TermReady::TEMPLATE_ID => self.on_ready(sink),
                j::Tick::TEMPLATE_ID => {}
                _ if m.head.session.get() == 0 => self.on_operator_command(m, sink),
                _ => self.on_session_command(m, sink),
            }
        }
        self.step(sink)
    }

    /// Goes on with what has been begun, until it is done or the sink is nearly full.
    pub fn step<S: Sink>(&mut self, sink: &mut S) -> Step {
        loop {
            if self.tasks.is_empty() && !self.fire_due(sink) {
                self.busy = false;
                return Step::Done;
            }
            if sink.free() < SINK_FREE_MIN {
                return Step::More;
            }
            if self.tasks.working.is_some() {
                self.work_on(sink);
            } else if let Some(at) = self.tasks.stops {
                self.trigger_next(at, sink);
            } else if let Some(uncross) = self.tasks.uncross {
                self.uncross_one(uncross, sink);
            } else if let Some(change) = self.tasks.change {
                self.change_one(change, sink);
            } else if let Some(changes) = self.tasks.changes {
                self.next_change(changes);
            } else if let Some(mass) = self.tasks.mass {
                self.mass_one(mass, sink);
            } else if let Some(slot) = self.tasks.ending_day {
                self.end_day_some(slot, sink);
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
        assert!(!self.busy, "the batch is not finished");
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
        let hash = self.ids.hash(self.hash_sessions(hash));
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
        self.day_ends = next_time_of_day(self.now, self.venue.day_end_ns);
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
        self.books.resize(limits.orders_max, limits.pages_max);
        self.orders.resize(limits.orders_max);
        self.expiry.resize(limits.orders_max);
        self.owners.resize(owners_max(limits));
        self.risk.resize(limits);
        self.ids.resize(names_max(limits), limits.sessions_max);
    }

    /// A new instrument, or other rules for a known one.
    fn on_instrument<S: Sink>(&mut self, define: &j::InstrumentDefine, sink: &mut S) {
        let known = self.instruments.iter().position(|i| i.symbol == define.symbol);
        let (tick, lot) = (define.tick_size.get(), define.lot_size.get());
        let room = self.instruments.len() < self.limits.instruments_max;
        let at = known.unwrap_or(self.instruments.len()) as u32;
        if tick <= 0 || lot <= 0 || (known.is_none() && !room) {
            return; // `Wish::difference` never asks for it.
        }
        let money = InstrumentMoney {
            tick_size: tick,
            lot_size: lot,
            notional_max: define.notional_max.get(),
            base: define.base,
            quote: define.quote,
        };
        if self.risk.define_instrument(at, &money) != AdminResult::Done {
            return; // Nor for this.
        }
        let allocation = define.allocation.known().unwrap_or(Allocation::PriceTime);
        let (top, least) = (define.top_order_percent.get(), define.minimum_lots.get());
        let shares = ShareRules::of(allocation, top, least);
        let mut tell = true;
        if let Some(i) = known.map(|at| &mut self.instruments[at]) {
            tell = i.quantity_max != define.quantity_max.get();
            i.define(define);
            self.books.set_shares(at, shares);
        } else {
            let instrument = Instrument::new(define);
            self.books.add_book(instrument.ticks_max, shares);
            self.instruments.push(instrument);
            self.start_timers(at);
        }
        let (low, high) = self.instruments[at as usize].band();
        self.books.set_band(at, low, high);
        if tell {
            self.announce_instrument(at as usize, sink);
        }
    }

    fn on_session<S: Sink>(&mut self, define: &j::SessionDefine, sink: &mut S) {
        let known = self.sessions.iter().position(|s| s.comp_id == define.comp_id);
        if known.is_none() && self.sessions.len() >= self.limits.sessions_max {
            return;
        }
        let at = known.unwrap_or(self.sessions.len());
        if known.is_none() {
            self.sessions.push(Session::new(at as u32, define));
        } else {
            self.sessions[at].define(at as u32, define);
        }
        let Session { firm, user, .. } = self.sessions[at];
        if known.is_none()
            && let Some(other) = self.sessions[..at].iter().find(|s| s.user == user)
        {
            self.sessions[at].user_blocks = other.user_blocks;
        }
        let account = self.risk.ensure_account(firm, &define.account);
        self.sessions[at].own = account.and_then(|account| self.owner(at as u32, account));
        for (owner, o) in self.owners.all().iter().enumerate() {
            if o.session as usize == at {
                let firm = self.risk.accounts().get(o.account).firm;
                let identity = Identity { account: o.account, user, firm };
                self.books.set_owner(owner as u32, identity);
            }
        }
        if known.is_none() {
            self.announce_session(at, sink);
        }
    }

    /// A command of the venue's operator: session 0.
    fn on_operator_command<S: Sink>(&mut self, m: Inbound<'_>, sink: &mut S) {
        let result = match m.template {
            j::MassAction::TEMPLATE_ID => return self.on_operator_mass_action(m.get(), sink),
            j::PhaseSet::TEMPLATE_ID => return self.on_phase_set(m.get(), sink),
            j::ReferencePriceSet::TEMPLATE_ID => return self.on_reference_price(m.get(), sink),
            j::ScheduleDefine::TEMPLATE_ID => return self.on_schedule(m.get(), sink),
            j::FirmDefine::TEMPLATE_ID => self.risk.define_firm(m.get()),
            j::AccountDefine::TEMPLATE_ID => self.risk.define_account(m.get()),
            j::FeesDefine::TEMPLATE_ID => self.risk.define_fees(m.get()),
            j::Transfer::TEMPLATE_ID => self.risk.transfer(m.get()),
            _ => return,
        };
        self.answer(result, 0, sink);
    }

    /// To the operator: what became of a command.
    pub(crate) fn answer<S: Sink>(&mut self, result: AdminResult, affected: u32, sink: &mut S) {
        let answer = j::AdminAnswer { result: result.into(), affected: affected.into() };
        let mut event = Event::of(&answer);
        event.head.kind = EventKind::Control.into();
        self.emit(event, sink);
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
            phase: i.phase.into(),
            symbol: i.symbol,
            tick_size: Decimal8::new(i.tick_size),
            lot_size: Decimal8::new(i.lot_size),
            quantity_max: Decimal8::new(i.quantity_max),
        };
        self.market(at as u32, &definition, sink);
    }

    /// Begins the next thing that is due by now, in the order of docs/rulebook.md §8. `false`: nothing
    /// is.
    fn fire_due<S: Sink>(&mut self, sink: &mut S) -> bool {
        let due = self.next_due;
        if due > self.now {
            return false;
        }
        if self.day_ends == due {
            // A venue that slept for days has missed as many ends.
            self.days_over = ((self.now - due) / NS_PER_DAY + 1).min(FEE_DAYS);
            self.day_ends = next_time_of_day(self.now, self.venue.day_end_ns);
            self.tasks.ending_day = Some(0);
        } else if let Some(line) = self.timetable.iter_mut().flatten().find(|l| l.due == due) {
            line.due = next_time_of_day(self.now, line.time_ns);
            let Line { instrument, phase, .. } = *line;
            self.ask_phase(instrument, phase, PhaseReason::Schedule);
        } else if let Some(at) = self.instrument_due(|i| i.volatility_ends == due) {
            self.instruments[at as usize].volatility_ends = u64::MAX;
            self.find_instruments_due();
            self.ask_phase(Some(at), Phase::Continuous, PhaseReason::AuctionEnd);
        } else if let Some((_, slot)) = self.expiry.first().filter(|(time, _)| *time == due) {
            let cause = CancelCause::ExpireTime;
            self.end_order(slot, OrdStatus::Expired, cause, None, sink);
        } else if let Some(at) = self.instrument_due(|i| i.indicative_due == due) {
            self.indicative_due(at, sink);
        } else {
            let over = self.sessions.iter().position(|s| s.grace_ends == Some(due));
            let at = over.expect("next_due is somebody's");
            self.sessions[at].grace_ends = None;
            self.find_sessions_due();
            self.cancel_on_disconnect(at as u32);
        }
        self.find_next_due();
        true
    }

    fn instrument_due(&self, is_due: impl Fn(&Instrument) -> bool) -> Option<u32> {
        self.instruments.iter().position(is_due).map(|at| at as u32)
    }

    /// After a session's grace has begun or ended. Few and rare: all are looked at.
    pub(crate) fn find_sessions_due(&mut self) {
        let graces = self.sessions.iter().filter_map(|s| s.grace_ends);
        self.sessions_due = graces.fold(u64::MAX, u64::min);
        self.find_next_due();
    }

    /// After an instrument's timers have changed.
    pub(crate) fn find_instruments_due(&mut self) {
        let timers = self.instruments.iter().map(|i| i.volatility_ends.min(i.indicative_due));
        self.instruments_due = timers.fold(u64::MAX, u64::min);
        self.find_next_due();
    }

    /// The earliest of all timers.
    pub(crate) fn find_next_due(&mut self) {
        let lines = self.timetable.iter().flatten().map(|line| line.due);
        let expiry = self.expiry.first().map_or(u64::MAX, |(time, _)| time);
        let own = self.day_ends.min(expiry).min(self.sessions_due).min(self.instruments_due);
        self.next_due = lines.fold(own, u64::min);
    }

    /// Ends DAY orders, a few slots at a time; then accounts may move to another tier.
    fn end_day_some<S: Sink>(&mut self, from: u32, sink: &mut S) {
        let end = self.books.used_slots().min(from + EXPIRY_WALK_MAX);
        for slot in (from..end).map(Slot).filter(|slot| self.books.lives(*slot)) {
            if self.orders.get(slot).time_in_force == TimeInForce::Day {
                let cause = CancelCause::DayEnd;
                self.end_order(slot, OrdStatus::Expired, cause, None, sink);
                self.tasks.ending_day = Some(slot.0 + 1);
                return;
            }
        }
        self.tasks.ending_day = (end < self.books.used_slots()).then_some(end);
        if self.tasks.ending_day.is_none() {
            (0..std::mem::take(&mut self.days_over)).for_each(|_| self.risk.end_day());
        }
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
        // Bytes beyond the length are zero.
        let blocks = usize::from(event.head.length.get()).div_ceil(32);
        let (all, _) = event.as_bytes().as_chunks::<32>();
        self.event_hash = mix_event(self.event_hash, &all[..blocks]);
        sink.push(&event);
    }
}

impl Tasks {
    fn is_empty(&self) -> bool {
        self.working.is_none()
            && self.stops.is_none()
            && self.uncross.is_none()
            && self.change.is_none()
            && self.changes.is_none()
            && self.mass.is_none()
            && self.ending_day.is_none()
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

/// A session may trade for more than one account.
fn owners_max(limits: &Limits) -> usize {
    4 * (limits.sessions_max + limits.accounts_max)
}

/// The first time after `now` at which so many nanoseconds of a day have passed.
pub(crate) fn next_time_of_day(now: u64, time_ns: u64) -> u64 {
    let today = now - now % NS_PER_DAY + time_ns % NS_PER_DAY;
    if today > now { today } else { today + NS_PER_DAY }
}

//! One partition's turn: decide, take, remember. It reads straight down.
//!
//! What is committed reaches the engine; what waits in the rings becomes one batch; the log gets it.
//! Until this process leads, events go nowhere: they were told by the one that led then. Next:
//! `log.rs` for what committed means, `engine.rs` for what applying does.

use crate::command::{CommandBuffer, Commands, slot_bytes, write_slot};
use crate::engine::{Engine, Limits, Step};
use crate::event::{CONTROL, SINK_FREE_MIN, Sink};
use crate::hours::{Calendar, Window};
use crate::instrument::{Instrument, TICKS_MAX};
use crate::log::{AppendError, BatchRef, Log, LogEvent};
use crate::lookahead::LOOK_AHEAD;
use crate::permissions::{Holder, is_free};
use crate::retold::Retold;
use crate::session::firm_of;
use crate::snapshot::Header;
use sbe_schemas::header::Message;
use sbe_schemas::header::text;
use sbe_schemas::journal as j;
use sbe_schemas::types::Boolean;
use std::sync::Arc;

/// The hashes of hot engine and understudy are compared every so many batches.
pub const CHECKPOINT_BATCHES: u64 = 4096;

/// For fewer command bytes than this, a handful, looking ahead is not worth its while.
const AHEAD_BYTES_MIN: usize = 1024;

/// The rings that lead here.
pub trait Inputs {
    /// Moves waiting commands into `batch` while they fit: at most 64 of each ring, in rotation,
    /// admin first. Returns how many.
    fn take(&mut self, batch: &mut CommandBuffer) -> usize;
}

/// The exchange as its operator wishes it. On every start the difference to the state is appended
/// as commands; replay reads the log only.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What holds for all.
    pub venue: j::VenueDefine,
    /// Instruments, by symbol.
    pub instruments: Vec<j::InstrumentDefine>,
    /// Sessions, by CompID.
    pub sessions: Vec<j::SessionDefine>,
    /// Firms, by number.
    pub firms: Vec<j::FirmDefine>,
    /// Accounts, by firm and name.
    pub accounts: Vec<j::AccountDefine>,
    /// What sessions and firms may enter, page by page; where nothing is said, what the log has.
    pub permissions: Vec<j::PermissionsDefine>,
    /// Tiers of the fees, by number.
    pub fees: Vec<j::FeesDefine>,
    /// Lines of the timetable, by number.
    pub schedule: Vec<j::ScheduleDefine>,
    /// Who knows when session hours begin and end; nobody: all sessions are always open.
    pub calendar: Option<Arc<dyn Calendar>>,
    /// What an account begins with, `initial`: each counts once.
    pub deposits: Vec<j::Transfer>,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            venue: j::VenueDefine::ZERO,
            instruments: Vec::new(),
            sessions: Vec::new(),
            firms: Vec::new(),
            accounts: Vec::new(),
            permissions: Vec::new(),
            fees: Vec::new(),
            schedule: Vec::new(),
            calendar: None,
            deposits: Vec::new(),
        }
    }
}

/// A wish that the living state cannot take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WishError {
    /// Tick, lot, highest price or assets of a known instrument differ: open orders and finished
    /// ones are counted in them.
    InstrumentChanged {
        /// Symbol.
        symbol: String,
    },
    /// So many lots that the open quantity of a full book could not be counted.
    QuantityTooLarge {
        /// Symbol.
        symbol: String,
    },
    /// A trade of one lot could not be paid exactly: tick × lot is no multiple of 10^-8.
    NotPayable {
        /// Symbol.
        symbol: String,
    },
    /// Tick or lot is not above 0, or there are more prices than an instrument can have.
    PricesOutOfRange {
        /// Symbol.
        symbol: String,
    },
    /// More accounts than the partition has room for, those of sessions included.
    TooManyAccounts {
        /// What fits.
        max: usize,
    },
    /// More instruments than the partition has room for.
    TooManyInstruments {
        /// What fits.
        max: usize,
    },
    /// More sessions than the partition has room for.
    TooManySessions {
        /// What fits.
        max: usize,
    },
    /// More sessions and firms that may not enter everything than the partition has room for.
    TooManyPermissions {
        /// What fits.
        max: usize,
    },
}

impl Wish {
    /// The commands, slot after slot, that make `engine` what is wished.
    ///
    /// # Errors
    /// See [`WishError`]; nothing has changed then.
    pub fn difference(&self, engine: &Engine) -> Result<Vec<u8>, WishError> {
        let mut slots = Vec::new();
        append_slot(&self.venue, &mut slots);
        let orders_max = match self.venue.orders_max.get() {
            0 => engine.limits().orders_max,
            wished => wished as usize,
        };
        let mut instruments = engine.instruments().len();
        for wished in &self.instruments {
            let name = || String::from_utf8_lossy(text(&wished.symbol)).into_owned();
            if !countable(wished, orders_max) {
                return Err(WishError::QuantityTooLarge { symbol: name() });
            }
            if !has_prices(wished) {
                return Err(WishError::PricesOutOfRange { symbol: name() });
            }
            if wished.base != [0; 8] && !is_payable(wished) {
                return Err(WishError::NotPayable { symbol: name() });
            }
            match engine.instruments().iter().position(|i| i.symbol == wished.symbol) {
                Some(known) if same_instrument(engine, known, wished) => {}
                Some(_) => return Err(WishError::InstrumentChanged { symbol: name() }),
                None => instruments += 1,
            }
            append_slot(wished, &mut slots);
        }
        self.firms.iter().for_each(|firm| append_slot(firm, &mut slots));
        let accounts_before = engine.risk().accounts().count() as usize;
        let mut accounts = accounts_before;
        let is_new =
            |account: &[u8; 16], firm: u32| engine.risk().find_account(firm, account).is_none();
        for wished in &self.accounts {
            accounts += usize::from(is_new(&wished.account, wished.firm.get()));
            append_slot(wished, &mut slots);
        }
        let mut own: Vec<([u8; 16], u32)> = Vec::new();
        let mut sessions = engine.sessions().len();
        for wished in &self.sessions {
            let known = engine.sessions().iter().position(|s| s.comp_id == wished.comp_id);
            let firm = firm_of(known.unwrap_or(sessions) as u32, wished);
            sessions += usize::from(known.is_none());
            let account = (wished.account, firm);
            let named = self.accounts.iter().any(|a| (a.account, a.firm.get()) == account);
            if is_new(&wished.account, firm) && !named && !own.contains(&account) {
                own.push(account);
            }
            append_slot(wished, &mut slots);
        }
        let mut restricted = engine.permissions().used();
        for wished in &self.permissions {
            let known = holder_of(engine, wished).is_some_and(|h| engine.permissions().has(h));
            if is_free(wished) && !known {
                continue; // The most are so, and have been.
            }
            restricted += usize::from(wished.page.get() == 0 && !known);
            append_slot(wished, &mut slots);
        }
        self.fees.iter().for_each(|tier| append_slot(tier, &mut slots));
        // Not by whether the account is new: a crash may have come between the two.
        let endowed =
            |d: &&j::Transfer| engine.risk().is_endowed(d.firm.get(), &d.account, &d.asset);
        for deposit in self.deposits.iter().filter(|d| !endowed(d)) {
            append_slot(deposit, &mut slots);
        }
        self.schedule.iter().for_each(|line| append_slot(line, &mut slots));
        // The wish for the whole venue is applied first, sizes included.
        let wished = |size: u32, now: usize| if size == 0 { now } else { size as usize };
        let instruments_max =
            wished(self.venue.instruments_max.get(), engine.limits().instruments_max);
        let sessions_max = wished(self.venue.sessions_max.get(), engine.limits().sessions_max);
        let accounts_max = wished(self.venue.accounts_max.get(), engine.limits().accounts_max);
        if accounts + own.len() > accounts_max {
            return Err(WishError::TooManyAccounts { max: accounts_max });
        }
        if instruments > instruments_max {
            return Err(WishError::TooManyInstruments { max: instruments_max });
        }
        if sessions > sessions_max {
            return Err(WishError::TooManySessions { max: sessions_max });
        }
        if restricted > 2 * sessions_max {
            return Err(WishError::TooManyPermissions { max: 2 * sessions_max });
        }
        Ok(slots)
    }
}

/// Every order of a full book at its largest still adds up in 64 bits.
fn countable(wished: &j::InstrumentDefine, orders_max: usize) -> bool {
    let lots = wished.quantity_max.get() / wished.lot_size.get().max(1);
    i64::try_from(orders_max).is_ok_and(|orders| lots.checked_mul(orders).is_some())
}

fn has_prices(wished: &j::InstrumentDefine) -> bool {
    let (tick, lot) = (wished.tick_size.get(), wished.lot_size.get());
    tick > 0
        && lot > 0
        && wished.price_max.get() / tick <= i64::from(TICKS_MAX)
        && wished.reference_price.get() / tick <= i64::from(Instrument::new(wished).ticks_max)
}

/// Whom a definition is about, if the engine knows it.
fn holder_of(engine: &Engine, d: &j::PermissionsDefine) -> Option<Holder> {
    if d.comp_id[0] == 0 {
        return Some(Holder::Firm(d.firm.get()));
    }
    let at = engine.sessions().iter().position(|s| s.comp_id == d.comp_id)?;
    Some(Holder::Session(at as u32))
}

fn is_payable(wished: &j::InstrumentDefine) -> bool {
    let lot_price = i128::from(wished.tick_size.get()) * i128::from(wished.lot_size.get());
    lot_price % 100_000_000 == 0
}

fn same_instrument(engine: &Engine, at: usize, wished: &j::InstrumentDefine) -> bool {
    let (known, money) = (&engine.instruments()[at], engine.risk().instrument(at as u32));
    known.tick_size == wished.tick_size.get()
        && known.lot_size == wished.lot_size.get()
        && known.ticks_max == Instrument::new(wished).ticks_max
        && (money.base, money.quote) == (wished.base, wished.quote)
}

fn window_slot(row: u32, window: &Window, anew: Boolean) -> j::SessionWindow {
    j::SessionWindow {
        hours: row.into(),
        opens: window.opens.into(),
        closes: window.closes.into(),
        numbers_from: window.numbers_from.into(),
        anew: anew.into(),
        ..j::SessionWindow::ZERO
    }
}

fn append_slot<M: Message>(message: &M, slots: &mut Vec<u8>) {
    let start = slots.len();
    slots.resize(start + slot_bytes::<M>(), 0);
    write_slot(message, &mut slots[start..]);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Reading what an earlier life, or another leader, has left.
    Following,
    Leading {
        term: u64,
    },
}

/// One partition: an engine, its log, and the batch between them.
pub struct Partition<L> {
    engine: Engine,
    log: L,
    wish: Wish,
    refused: Option<WishError>,
    role: Role,
    /// The term that was lost, until the gateways have been told.
    lost_term: Option<u64>,
    /// Events leave: the `TermStarted` of this process has been applied.
    live: bool,
    /// Commands of the current committed batch that have been begun.
    begun: u32,
    /// Bytes of them.
    begun_bytes: usize,
    in_batch: bool,
    /// The next batch.
    pending: CommandBuffer,
    /// Slots that go before anything of a ring: the start of the term and the wish.
    first: Vec<u8>,
    /// The term that this process has just begun to lead.
    to_lead: Option<u64>,
    tick_under_way: bool,
    /// Windows of session hours are on their way into the log.
    windows_under_way: bool,
    last_time: u64,
    batches: u64,
    checkpoint: Option<(u64, u64)>,
    /// The newest public events from before this process led.
    retold: Retold,
}

impl<L: Log> Partition<L> {
    /// Over a log that has not been polled yet.
    pub fn new(limits: Limits, log: L, wish: Wish) -> Self {
        Self {
            engine: Engine::new(limits),
            log,
            wish,
            refused: None,
            role: Role::Following,
            lost_term: None,
            live: false,
            begun: 0,
            begun_bytes: 0,
            in_batch: false,
            pending: CommandBuffer::new(),
            first: Vec::new(),
            to_lead: None,
            tick_under_way: false,
            windows_under_way: false,
            last_time: 0,
            batches: 0,
            checkpoint: None,
            retold: Retold::default(),
        }
    }

    /// One turn at time `now`; returns how much was done.
    pub fn turn<S: Sink>(&mut self, now: u64, inputs: &mut impl Inputs, sink: &mut S) -> usize {
        // 1. Decide: only what is committed reaches the engine.
        let mut done = self.apply_committed(sink);
        // 2. Take, 3. remember.
        if let Role::Leading { .. } = self.role {
            if let Some(term) = self.to_lead.take() {
                self.lead(term, now);
            }
            done += self.take(now, inputs);
            done += self.append(now);
        }
        // 4. Let the log work.
        done + self.log.turn(now)
    }

    /// The wish that could not be taken: say so and stop.
    pub fn refused(&self) -> Option<&WishError> {
        self.refused.as_ref()
    }

    /// This process leads and its `TermStarted` has been applied.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// The state.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The newest public events from before this process led: a feed begins with them.
    pub fn retold(&self) -> &Retold {
        &self.retold
    }

    /// The log.
    pub fn log(&self) -> &L {
        &self.log
    }

    /// The log, for who must ask it things only its kind knows.
    pub fn log_mut(&mut self) -> &mut L {
        &mut self.log
    }

    /// Gives the log back; the engine is gone, as after a crash.
    pub fn into_log(self) -> L {
        self.log
    }

    /// Batches applied and the event hash then, every [`CHECKPOINT_BATCHES`]; each is given once.
    pub fn take_checkpoint(&mut self) -> Option<(u64, u64)> {
        self.checkpoint.take()
    }

    /// Nothing waits: no batch to append, none being applied.
    pub fn is_idle(&self) -> bool {
        self.pending.is_empty() && !self.in_batch && self.first.is_empty()
    }

    fn apply_committed<S: Sink>(&mut self, sink: &mut S) -> usize {
        let mut done = 0;
        loop {
            if !self.tell_lost_lead(sink) {
                return done;
            }
            match self.log.poll() {
                LogEvent::Nothing => return done,
                LogEvent::Restore(snapshot) => {
                    self.engine = restored(*self.engine.limits(), snapshot);
                    self.last_time = self.last_time.max(self.engine.now());
                }
                LogEvent::Following => self.follow(),
                LogEvent::Leading { term } => {
                    self.role = Role::Leading { term };
                    self.to_lead = Some(term);
                }
                LogEvent::Committed(batch) => {
                    let mut progress = Progress {
                        engine: &mut self.engine,
                        live: &mut self.live,
                        role: self.role,
                        begun: &mut self.begun,
                        begun_bytes: &mut self.begun_bytes,
                        in_batch: &mut self.in_batch,
                    };
                    if progress.apply(&batch, sink, &mut self.retold) == Step::More {
                        return done + 1;
                    }
                    (self.tick_under_way, self.windows_under_way) = (false, false);
                    self.last_time = self.last_time.max(batch.header.time.get());
                    self.log.release();
                    self.batches += 1;
                    if self.batches.is_multiple_of(CHECKPOINT_BATCHES) {
                        // Back to who takes it, or a long replay would show the last one only.
                        self.checkpoint = Some((self.batches, self.engine.event_hash()));
                        return done + 1;
                    }
                }
            }
            done += 1;
        }
    }

    /// Somebody else leads. What is in the rings is dropped with the batch: nobody was promised
    /// anything for it.
    fn follow(&mut self) {
        if let Role::Leading { term } = self.role {
            self.lost_term = Some(term);
        }
        (self.role, self.live) = (Role::Following, false);
        self.pending.clear();
        self.first.clear();
        (self.tick_under_way, self.windows_under_way) = (false, false);
        self.to_lead = None;
    }

    /// Gateways learn of it in the order of events, so that it never overtakes or outlives what
    /// happened before. It is no event of the log. `false`: no room, call again.
    fn tell_lost_lead<S: Sink>(&mut self, sink: &mut S) -> bool {
        let Some(term) = self.lost_term else { return true };
        if sink.free() == 0 {
            return false;
        }
        sink.slot().write(CONTROL, &j::LeadLost { term: term.into() });
        sink.publish();
        self.lost_term = None;
        true
    }

    /// First of the term: unbind everybody; then what the operator wishes; then clients may come.
    fn lead(&mut self, term: u64, now: u64) {
        self.first.clear();
        append_slot(&j::TermStarted { term: term.into(), ..j::TermStarted::ZERO }, &mut self.first);
        match self.wish.difference(&self.engine) {
            Ok(slots) => {
                self.first.extend_from_slice(&slots);
                self.add_windows(now.max(self.last_time));
                append_slot(&j::TermReady::ZERO, &mut self.first);
            }
            Err(error) => self.refused = Some(error),
        }
    }

    /// The window of each row of hours that `time` is in or before, and the one behind it.
    fn add_windows(&mut self, time: u64) {
        let Some(calendar) = &self.wish.calendar else { return };
        for row in 1..=calendar.rows() {
            let Some(first) = calendar.window_after(row, time) else { continue };
            append_slot(&window_slot(row, &first, Boolean::True), &mut self.first);
            if let Some(next) =
                calendar.window_after(row, first.closes).filter(|_| first.opens <= time)
            {
                append_slot(&window_slot(row, &next, Boolean::False), &mut self.first);
            }
        }
    }

    /// Behind every window that has begun the next one is told.
    fn push_windows(&mut self) {
        let Some(calendar) = &self.wish.calendar else { return };
        if self.windows_under_way {
            return;
        }
        for (row, hours) in (1..=calendar.rows()).zip(self.engine.hours()) {
            if hours.next.is_some() {
                continue;
            }
            let after = hours.now.map_or(self.last_time, |window| window.closes);
            if let Some(next) = calendar.window_after(row, after) {
                let slot = window_slot(row, &next, Boolean::False);
                self.windows_under_way |= self.pending.push(&slot);
            }
        }
    }

    fn take(&mut self, now: u64, inputs: &mut impl Inputs) -> usize {
        if !self.pending.is_empty() {
            return 0; // The log was full: this batch first.
        }
        let mut fit = 0;
        for slot in crate::command::Commands::new(&self.first) {
            if !self.pending.push_slot(slot) {
                break;
            }
            fit += slot.len();
        }
        self.first.drain(..fit);
        if self.live && self.first.is_empty() {
            self.push_windows();
        }
        let taken = if self.first.is_empty() { inputs.take(&mut self.pending) } else { 0 };
        if self.pending.is_empty() && self.engine.next_due() <= now && !self.tick_under_way {
            self.tick_under_way = self.pending.push(&j::Tick::ZERO);
        }
        taken
    }

    fn append(&mut self, now: u64) -> usize {
        if self.pending.is_empty() {
            return 0;
        }
        let time = now.max(self.last_time);
        match self.log.append(&self.pending, time) {
            Ok(()) => {
                self.last_time = time;
                self.pending.clear();
                1
            }
            Err(AppendError::Full) => 0,
            Err(AppendError::NotLeader) => {
                // `Following` comes behind what is still committed, and that is told before.
                self.pending.clear();
                0
            }
        }
    }
}

/// An engine at genesis (no bytes), or at a snapshot that the log has verified.
fn restored(limits: Limits, snapshot: &[u8]) -> Engine {
    if snapshot.is_empty() {
        return Engine::new(limits);
    }
    let sizes = Header::read(snapshot).map(|header| header.limits(limits.hash_seed));
    let engine = sizes.and_then(|sizes| Engine::restore(limits.covering(&sizes), snapshot));
    engine.unwrap_or_else(|error| panic!("a verified snapshot cannot be restored: {error}"))
}

/// The parts of a partition that a batch of its own log moves.
struct Progress<'a> {
    engine: &'a mut Engine,
    live: &'a mut bool,
    role: Role,
    begun: &'a mut u32,
    begun_bytes: &'a mut usize,
    in_batch: &'a mut bool,
}

impl Progress<'_> {
    /// Applies what is left of `batch`; `More`: the sink is full, call again with the same batch.
    fn apply<S: Sink>(&mut self, batch: &BatchRef<'_>, sink: &mut S, retold: &mut Retold) -> Step {
        if let Role::Leading { term } = self.role {
            // The batch in which this term starts is the first whose events leave.
            *self.live |= batch.header.term.get() == term;
        }
        if *self.live { self.apply_to(batch, sink) } else { self.apply_to(batch, retold) }
    }

    fn apply_to<S: Sink>(&mut self, batch: &BatchRef<'_>, sink: &mut S) -> Step {
        if !*self.in_batch {
            *self.in_batch = true;
            self.engine.begin_batch(batch.header.first_seq.get(), batch.header.time.get());
        }
        let mut rest = batch.bytes.get(*self.begun_bytes..).unwrap_or(&[]);
        loop {
            if self.engine.step(sink) == Step::More || sink.free() < SINK_FREE_MIN {
                return Step::More;
            }
            let mut commands = Commands::new(rest);
            if (*self.begun as usize).is_multiple_of(LOOK_AHEAD) && rest.len() > AHEAD_BYTES_MIN {
                self.engine.look_ahead(&mut commands.clone());
            }
            let Some(command) = commands.next() else { break };
            rest = rest.get(command.len()..).unwrap_or(&[]);
            let seq = batch.header.first_seq.get() + u64::from(*self.begun);
            *self.begun += 1;
            *self.begun_bytes += command.len();
            let _ = self.engine.apply(seq, command, sink); // The loop steps on.
        }
        assert_eq!(*self.begun, batch.header.count.get(), "a batch has as many as it says");
        self.engine.end_batch(*self.begun, sink);
        (*self.begun, *self.begun_bytes, *self.in_batch) = (0, 0, false);
        Step::Done
    }
}

//! Phases of an instrument: what changes them, and what a change does.
//!
//! A change is remembered in `tasks.change` and goes on stage by stage, because an uncross and the
//! orders that end with it can be many. The timetable, the operator, a price band and the end of a
//! volatility auction ask for changes. The rules are docs/rulebook.md §4.

use crate::auction::Uncross;
use crate::book::Kind;
use crate::engine::{EXPIRY_WALK_MAX, Engine};
use crate::event::Sink;
use crate::hash::mix;
use crate::instrument::is_auction;
use crate::orders::{Order, Slot};
use crate::snapshot::{Reader, SnapshotError, Writer};
use crate::timers::next_time_of_day;
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    AdminResult, Boolean, CancelCause, OrdStatus, Phase, PhaseCode, PhaseReason, Side, TimeInForce,
};

/// Lines of the timetable.
pub const LINES_MAX: usize = 16;

/// A line of the timetable: every day at this time, this phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Index of the instrument; `None`: all.
    pub instrument: Option<u32>,
    /// Nanoseconds after midnight UTC.
    pub time_ns: u64,
    /// What begins then.
    pub phase: Phase,
    /// When it is due next.
    pub due: u64,
}

impl Line {
    /// The line into a state hash.
    pub fn hash(&self, hash: u64) -> u64 {
        let what = u64::from(self.instrument.map_or(0, |at| at + 1)) << 8 | self.phase as u64;
        mix(mix(mix(hash, what), self.time_ns), self.due)
    }
}

/// One instrument's change under way.
#[derive(Clone, Copy)]
pub(crate) struct Change {
    at: u32,
    to: Phase,
    reason: PhaseReason,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Uncross,
    Result(u32, i64),
    /// Slots below have been looked at for orders that end.
    Endings(u32),
    Tell,
    /// Orders that waited for the closing auction come in.
    Entering,
}

/// Changes of one or all instruments that have been asked for.
#[derive(Clone, Copy)]
pub(crate) struct Changes {
    next: u32,
    end: u32,
    to: Phase,
    reason: PhaseReason,
}

impl Engine {
    /// Another phase for an instrument (`None`: for all), from the next step on.
    pub(crate) fn ask_phase(&mut self, instrument: Option<u32>, to: Phase, reason: PhaseReason) {
        let (next, end) = match instrument {
            Some(at) => (at, at + 1),
            None => (0, self.instruments.len() as u32),
        };
        self.tasks_mut().changes = Some(Changes { next, end, to, reason });
    }

    /// Begins the change of the next instrument.
    pub(crate) fn next_change(&mut self, changes: Changes) {
        let Changes { next: at, end, to, reason } = changes;
        if at == end {
            self.tasks_mut().changes = None;
            return;
        }
        self.tasks_mut().changes = Some(Changes { next: at + 1, ..changes });
        let from = self.instruments[at as usize].phase;
        if from == to {
            return;
        }
        let stage = match to {
            Phase::Continuous => Stage::Uncross,
            Phase::Closed if is_auction(from) => Stage::Uncross,
            Phase::Closed => Stage::Endings(0),
            _ => Stage::Tell,
        };
        self.tasks_mut().change = Some(Change { at, to, reason, stage });
    }

    /// One stage of a change, or one order of it.
    pub(crate) fn change_one<S: Sink>(&mut self, change: Change, sink: &mut S) {
        let at = change.at;
        let go_on = |stage| Some(Change { stage, ..change });
        self.tasks_mut().change = match change.stage {
            Stage::Uncross => {
                let found = self.equilibrium(at);
                if found.lots > 0 {
                    let (ticks, lots) = (found.ticks, found.lots);
                    self.tasks_mut().uncross = Some(Uncross { at, ticks, lots });
                }
                go_on(Stage::Result(found.ticks, found.lots))
            }
            Stage::Result(ticks, lots) => {
                if lots > 0 {
                    self.instruments[at as usize].reference = ticks;
                }
                self.tell_result(at, ticks, lots, sink);
                go_on(Stage::Endings(0))
            }
            Stage::Endings(from) => match self.end_some(&change, from, sink) {
                Some(from) => go_on(Stage::Endings(from)),
                None => go_on(Stage::Tell),
            },
            Stage::Tell => {
                self.begin(at, change.to, change.reason, sink);
                let closing = change.to == Phase::ClosingAuction;
                if closing { go_on(Stage::Entering) } else { None }
            }
            Stage::Entering => match self.enter_waiting(at, sink) {
                true => go_on(Stage::Entering),
                false => {
                    self.tell_first_indicative(at, sink);
                    None
                }
            },
        };
    }

    /// Ends what does not outlive the phase, a few slots at a time. Returns where to go on.
    fn end_some<S: Sink>(&mut self, change: &Change, from: u32, sink: &mut S) -> Option<u32> {
        let closed = change.to == Phase::Closed
            || self.instruments[change.at as usize].phase == Phase::ClosingAuction;
        let end = self.books.used_slots().min(from + EXPIRY_WALK_MAX);
        for slot in (from..end).map(Slot).filter(|slot| self.books.lives(*slot)) {
            let order = self.orders.get(slot);
            if order.instrument == change.at && self.ends_with_auction(slot, order, closed) {
                let cause = CancelCause::AuctionOver;
                self.end_order(slot, OrdStatus::Canceled, cause, None, sink);
                return Some(slot.0 + 1);
            }
        }
        (end < self.books.used_slots()).then_some(end)
    }

    fn ends_with_auction(&self, slot: Slot, order: &Order, closed: bool) -> bool {
        match order.time_in_force {
            TimeInForce::AtTheOpening => true,
            TimeInForce::AtTheClose if closed => true,
            _ => {
                let kind = self.books.resting_as(slot);
                order.is_market() && matches!(kind, Some(Kind::Shown | Kind::Hidden))
            }
        }
    }

    /// The phase begins: the public is told.
    fn begin<S: Sink>(&mut self, at: u32, to: Phase, reason: PhaseReason, sink: &mut S) {
        if is_auction(to) {
            return self.begin_call(at, to, reason, sink);
        }
        let i = &mut self.instruments[at as usize];
        i.phase = to;
        (i.volatility_ends, i.indicative_due) = (u64::MAX, u64::MAX);
        if to == Phase::Continuous && i.last != 0 {
            i.note_trade(i.last);
        }
        self.tell_phase(at, reason, sink);
        self.move_bands(at, sink);
        if to == Phase::Continuous {
            self.tasks_mut().stops = Some(at);
        }
        self.find_instruments_due();
    }

    /// An auction begins.
    pub(crate) fn begin_call<S: Sink>(
        &mut self,
        at: u32,
        to: Phase,
        reason: PhaseReason,
        sink: &mut S,
    ) {
        self.instruments[at as usize].phase = to;
        self.start_timers(at);
        self.tell_phase(at, reason, sink);
        self.move_bands(at, sink);
        if to != Phase::ClosingAuction {
            self.tell_first_indicative(at, sink);
        }
        self.find_instruments_due();
    }

    /// What the phase of an instrument makes due later.
    pub(crate) fn start_timers(&mut self, at: u32) {
        let now = self.now;
        let i = &mut self.instruments[at as usize];
        i.volatility_ends = match i.phase {
            Phase::VolatilityAuction => now + i.volatility_ns,
            _ => u64::MAX,
        };
        let tells = is_auction(i.phase) && i.indicative_ns != 0;
        i.indicative_due = if tells { now + i.indicative_ns } else { u64::MAX };
        self.find_instruments_due();
    }

    /// The next order that waited for the closing auction. `false`: there is none.
    fn enter_waiting<S: Sink>(&mut self, at: u32, sink: &mut S) -> bool {
        let first = |side| self.books.first(at, Kind::Waiting, side);
        let Some(slot) = first(Side::Buy).or_else(|| first(Side::Sell)) else { return false };
        self.books.unrest(slot);
        self.enter_book(slot, sink);
        true
    }

    fn tell_first_indicative<S: Sink>(&mut self, at: u32, sink: &mut S) {
        if self.instruments[at as usize].indicative_ns != 0 {
            let found = self.equilibrium(at);
            self.instruments[at as usize].indicative = found;
            self.tell_indicative(at, found, sink);
        }
    }

    /// An indicative price is due: told if it has changed.
    pub(crate) fn indicative_due<S: Sink>(&mut self, at: u32, sink: &mut S) {
        let found = self.equilibrium(at);
        let now = self.now;
        let i = &mut self.instruments[at as usize];
        // Turned off since the auction began: the last one.
        i.indicative_due = if i.indicative_ns == 0 { u64::MAX } else { now + i.indicative_ns };
        if std::mem::replace(&mut i.indicative, found) != found {
            self.tell_indicative(at, found, sink);
        }
        self.find_instruments_due();
    }

    /// Operator: another phase now.
    pub(crate) fn on_phase_set<S: Sink>(&mut self, m: &j::PhaseSet, sink: &mut S) {
        let instrument = m.instrument.get().checked_sub(1);
        let known = instrument.is_none_or(|at| (at as usize) < self.instruments.len());
        match m.phase.known() {
            Some(phase) if known => {
                self.answer(AdminResult::Done, 0, sink);
                self.ask_phase(instrument, phase, PhaseReason::Operator);
            }
            Some(_) => self.answer(AdminResult::UnknownInstrument, 0, sink),
            None => self.answer(AdminResult::OutOfRange, 0, sink),
        }
    }

    /// Operator: what bands and auctions refer to.
    pub(crate) fn on_reference_price<S: Sink>(&mut self, m: &j::ReferencePriceSet, sink: &mut S) {
        let at = m.instrument.get().wrapping_sub(1);
        let Some(i) = self.instruments.get_mut(at as usize) else {
            return self.answer(AdminResult::UnknownInstrument, 0, sink);
        };
        let ticks = i.ticks(m.price.get()).and_then(|ticks| u32::try_from(ticks).ok());
        let Some(ticks) = ticks.filter(|ticks| *ticks <= i.ticks_max) else {
            return self.answer(AdminResult::OutOfRange, 0, sink);
        };
        i.reference = ticks;
        self.move_bands(at, sink);
        self.answer(AdminResult::Done, 0, sink);
    }

    /// A line of the timetable.
    pub(crate) fn on_schedule<S: Sink>(&mut self, d: &j::ScheduleDefine, sink: &mut S) {
        let instrument = d.instrument.get().checked_sub(1);
        let known = instrument.is_none_or(|at| (at as usize) < self.instruments.len());
        let result = match (self.timetable.get_mut(d.line.get() as usize), d.phase.known()) {
            (Some(_), Some(_)) if !known => AdminResult::UnknownInstrument,
            (Some(line), Some(phase)) => {
                let time_ns = d.time_ns.get();
                let due = next_time_of_day(self.now, time_ns);
                let active = d.active.known() == Some(Boolean::True);
                *line = active.then_some(Line { instrument, time_ns, phase, due });
                AdminResult::Done
            }
            _ => AdminResult::OutOfRange,
        };
        self.find_next_due();
        self.answer(result, 0, sink);
    }
}

impl Line {
    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        let Self { instrument, time_ns, phase, due } = *self;
        w.option(instrument.map(u64::from));
        w.u64(time_ns);
        w.u8(phase.code());
        w.u64(due);
    }

    pub(crate) fn load(r: &mut Reader<'_>, instruments: usize) -> Result<Self, SnapshotError> {
        let instrument = match r.option()? {
            Some(at) => Some(r.index(u32::try_from(at).unwrap_or(u32::MAX), instruments)?),
            None => None,
        };
        let time_ns = r.u64()?;
        let phase = PhaseCode(r.u8()?).known();
        Ok(Self { instrument, time_ns, phase: r.known(phase)?, due: r.u64()? })
    }
}

//! What only time causes: the end of the day, the timetable, auctions that end, expiries, graces, dead-man timers, session hours.
//!
//! Each kind knows its earliest; the earliest of all is `next_due`, which moves when anything does. A batch
//! first moves time, then fires what is due, one thing after the other, in the order of docs/rulebook.md §8.

use crate::engine::{EXPIRY_WALK_MAX, Engine, NS_PER_DAY};
use crate::event::Sink;
use crate::instrument::Instrument;
use crate::orders::Slot;
use crate::phase::Line;
use sbe_schemas::types::{CancelCause, OrdStatus, Phase, PhaseReason, TimeInForce};

/// After so many ends of a day an account has no volume left.
const FEE_DAYS: u64 = 31;

impl Engine {
    /// Begins the next thing that is due by now, in the order of docs/rulebook.md §8. Something is.
    pub(crate) fn fire_due<S: Sink>(&mut self, sink: &mut S) {
        let due = self.next_due;
        if self.day_ends == due {
            // A venue that slept for days has missed as many ends.
            self.days_over = ((self.now - due) / NS_PER_DAY + 1).min(FEE_DAYS);
            self.day_ends = next_time_of_day(self.now, self.venue.day_end_ns);
            self.tasks_mut().ending_day = Some(0);
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
        } else if self.sessions_due == due {
            self.fire_session(due);
        } else {
            self.fire_hours(due);
        }
        self.find_next_due();
    }

    /// Graces first, then dead-man timers.
    fn fire_session(&mut self, due: u64) {
        if let Some(at) = self.sessions.iter().position(|s| s.grace_ends == Some(due)) {
            self.sessions[at].grace_ends = None;
            self.find_sessions_due();
            return self.cancel_on_disconnect(at as u32);
        }
        let silent = self.sessions.iter().position(|s| s.dead_man.due == Some(due));
        self.fire_dead_man(silent.expect("sessions_due is somebody's") as u32, due);
    }

    fn instrument_due(&self, is_due: impl Fn(&Instrument) -> bool) -> Option<u32> {
        self.instruments.iter().position(is_due).map(|at| at as u32)
    }

    /// After a session's grace or dead-man timer has begun or ended. Few and rare: all are looked at.
    pub(crate) fn find_sessions_due(&mut self) {
        let timers = self.sessions.iter().flat_map(|s| [s.grace_ends, s.dead_man.due]);
        self.sessions_due = timers.flatten().fold(u64::MAX, u64::min);
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
        let own = own.min(self.hours_due);
        self.next_due = lines.fold(own, u64::min);
    }

    /// Ends DAY orders, a few slots at a time; then accounts may move to another tier.
    pub(crate) fn end_day_some<S: Sink>(&mut self, from: u32, sink: &mut S) {
        let end = self.books.used_slots().min(from + EXPIRY_WALK_MAX);
        for slot in (from..end).map(Slot).filter(|slot| self.books.lives(*slot)) {
            if self.orders.get(slot).time_in_force == TimeInForce::Day {
                let cause = CancelCause::DayEnd;
                self.end_order(slot, OrdStatus::Expired, cause, None, sink);
                self.tasks_mut().ending_day = Some(slot.0 + 1);
                return;
            }
        }
        let rest = (end < self.books.used_slots()).then_some(end);
        self.tasks_mut().ending_day = rest;
        if rest.is_none() {
            (0..std::mem::take(&mut self.days_over)).for_each(|_| self.risk.end_day());
        }
    }
}

/// The first time after `now` at which so many nanoseconds of a day have passed.
pub(crate) fn next_time_of_day(now: u64, time_ns: u64) -> u64 {
    let today = now - now % NS_PER_DAY + time_ns % NS_PER_DAY;
    if today > now { today } else { today + NS_PER_DAY }
}

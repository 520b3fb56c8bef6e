//! §8: what only time causes, and the connections whose end it waits for.

use super::Oracle;
use super::mass::Whom;
use sbe_schemas::journal as j;
use sbe_schemas::types::{AdminResult, Boolean, CancelCause, Phase, PhaseReason, TimeInForce};

const NS_PER_DAY: u64 = 24 * 3600 * 1_000_000_000;
/// Lines of the timetable.
const LINES: u32 = 16;

/// One line of the timetable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// Index; `None`: every instrument.
    instrument: Option<usize>,
    time_ns: u64,
    phase: Phase,
    /// When it is due next.
    due: u64,
}

/// What is due, in the order of §8 for one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    DayEnd,
    Line(u32),
    VolatilityEnd(usize),
    Expire(u32),
    Indicative(usize),
    Grace(usize),
    Silence(usize),
}

impl Oracle {
    /// The next time after now that a clock in UTC shows `time_ns` after midnight.
    pub(crate) fn next_at(&self, time_ns: u64) -> u64 {
        let today = self.now - self.now % NS_PER_DAY + time_ns;
        if today > self.now { today } else { today + NS_PER_DAY }
    }

    /// Everything that is due by now, in order of its instant.
    pub(crate) fn fire_due(&mut self) {
        while let Some((_, due)) = self.all_due().into_iter().min() {
            match due {
                Due::DayEnd => self.end_day(),
                Due::Line(line) => self.fire_line(line),
                Due::VolatilityEnd(at) => {
                    self.set_phase(at, Phase::Continuous, PhaseReason::AuctionEnd);
                }
                Due::Expire(slot) => self.end(slot, CancelCause::ExpireTime),
                Due::Indicative(at) => self.fire_indicative(at),
                Due::Grace(at) => {
                    self.sessions[at].grace_ends = None;
                    self.cancel_all(Whom::Session(at), None, None, CancelCause::Disconnect);
                }
                Due::Silence(at) => {
                    self.sessions[at].heard = None;
                    self.cancel_all(Whom::Session(at), None, None, CancelCause::DeadMan);
                }
            }
        }
    }

    fn all_due(&self) -> Vec<(u64, Due)> {
        let mut all = Vec::new();
        all.extend(self.day_ends.map(|at| (at, Due::DayEnd)));
        all.extend(self.lines.iter().map(|(number, line)| (line.due, Due::Line(*number))));
        for (at, i) in self.instruments.iter().enumerate() {
            all.extend(i.volatility_ends.map(|due| (due, Due::VolatilityEnd(at))));
            all.extend(i.indicative_due.map(|due| (due, Due::Indicative(at))));
        }
        for (slot, order) in &self.orders {
            if order.time_in_force == TimeInForce::GoodTillDate {
                all.push((order.expires, Due::Expire(*slot)));
            }
        }
        for (at, s) in self.sessions.iter().enumerate() {
            all.extend(s.grace_ends.map(|due| (due, Due::Grace(at))));
            if let Some(heard) = s.heard.filter(|_| s.silence_ns > 0) {
                all.push((heard + s.silence_ns, Due::Silence(at)));
            }
        }
        all.retain(|(at, _)| *at <= self.now);
        all
    }

    /// DAY orders by the low half of their OrderID, then the tiers.
    fn end_day(&mut self) {
        self.day_ends = Some(self.next_at(self.day_end_ns));
        let day = self.orders.iter().filter(|(_, o)| o.time_in_force == TimeInForce::Day);
        let slots: Vec<u32> = day.map(|(slot, _)| *slot).collect();
        slots.into_iter().for_each(|slot| self.end(slot, CancelCause::DayEnd));
        self.end_volumes();
    }

    fn fire_line(&mut self, number: u32) {
        let line = self.lines[&number];
        let due = self.next_at(line.time_ns);
        self.lines.insert(number, Line { due, ..line });
        for at in 0..self.instruments.len() {
            if line.instrument.is_none_or(|only| only == at) {
                self.set_phase(at, line.phase, PhaseReason::Schedule);
            }
        }
    }

    pub(crate) fn define_line(&mut self, d: &j::ScheduleDefine) {
        let (number, instrument) = (d.line.get(), d.instrument.get());
        let Some(phase) =
            d.phase.known().filter(|_| number < LINES && d.time_ns.get() < NS_PER_DAY)
        else {
            return self.answer(AdminResult::OutOfRange, 0);
        };
        let at = self.instrument_at(instrument);
        if instrument != 0 && at.is_none() {
            return self.answer(AdminResult::UnknownInstrument, 0);
        }
        let time_ns = d.time_ns.get();
        let line = Line { instrument: at, time_ns, phase, due: self.next_at(time_ns) };
        if d.active.known() == Some(Boolean::True) {
            self.lines.insert(number, line);
        } else {
            self.lines.remove(&number);
        }
        self.answer(AdminResult::Done, 0);
    }

    pub(crate) fn on_logon(&mut self, c: &j::Logon) {
        let s = &mut self.sessions[c.head.session.get() as usize - 1];
        s.bound = true;
        s.grace_ends = None;
        s.silence_ns = u64::from(c.dead_man_ms.get()) * super::venue::MS;
        s.cancels_this_time = c.cancel_on_disconnect.known() == Some(Boolean::True);
    }

    pub(crate) fn on_disconnected(&mut self, c: &j::Disconnected) {
        self.unbind(c.head.session.get() as usize - 1);
    }

    /// The connection is gone; cancels on disconnect follow after the grace.
    pub(crate) fn unbind(&mut self, at: usize) {
        let s = &mut self.sessions[at];
        if std::mem::take(&mut s.bound) && (s.cancels || s.cancels_this_time) {
            s.grace_ends = Some(self.now + s.grace_ns);
        }
    }
}

//! Session hours: when sessions may be logged on, and when their numbers begin anew.
//!
//! Hours are sixteen rows; a session names one or none. Time zones and calendars are not known here: whoever
//! leads asks a [`Calendar`] and puts *windows* into the log ahead of time (`partition.rs`), so a replay needs no
//! time-zone database. The end of a window logs its sessions out; between windows a Logon is refused; a window
//! whose numbers are of another time than the one before begins a new generation. docs/wire/fix.md has the rules
//! in words. Fired by `timers.rs`.

use crate::engine::{EXPIRY_WALK_MAX, Engine};
use crate::event::Sink;
use crate::hash::mix;
use crate::snapshot::{Reader, SnapshotError, Writer};
use sbe_schemas::journal as j;
use sbe_schemas::types::{AdminResult, Boolean, LogoutReason};

/// Rows of hours.
pub const HOURS_MAX: usize = 16;

/// A stretch of time in which sessions may be logged on, in nanoseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its first instant.
    pub opens: u64,
    /// The first instant behind it.
    pub closes: u64,
    /// When the numbers that it goes on with began; 0: they never begin anew.
    pub numbers_from: u64,
}

/// Who knows time zones. Asked by whoever leads, never by a replay.
pub trait Calendar: std::fmt::Debug + Send + Sync {
    /// Rows that have windows: 1 to this.
    fn rows(&self) -> u32;

    /// The first window of a row that closes after `time`. `None`: there is none.
    fn window_after(&self, row: u32, time: u64) -> Option<Window>;
}

/// One row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hours {
    /// The window that it is in.
    pub now: Option<Window>,
    /// The window that comes then, if it has been told.
    pub next: Option<Window>,
    /// When numbers began anew last; 0: no window has been seen.
    numbers_from: u64,
}

impl Hours {
    /// When it changes next.
    fn due(&self) -> u64 {
        let opens = self.next.map_or(u64::MAX, |next| next.opens);
        self.now.map_or(opens, |now| now.closes)
    }
}

/// What sessions are in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// All of them: the venue stops.
    AskToLeave,
    LogOut,
    Renumber,
}

/// Sessions, of a row of hours or all, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Walk {
    row: u32,
    what: What,
    next: u32,
}

impl Walk {
    /// The venue stops.
    pub(crate) const LEAVING: Self = Self { row: 0, what: What::AskToLeave, next: 0 };
}

impl Engine {
    /// A window, of whoever leads.
    pub(crate) fn on_window(&mut self, d: &j::SessionWindow) -> AdminResult {
        let row = d.hours.get();
        let (opens, closes) = (d.opens.get(), d.closes.get());
        let window = Window { opens, closes, numbers_from: d.numbers_from.get() };
        let Some(at) = row.checked_sub(1).filter(|at| (*at as usize) < HOURS_MAX) else {
            return AdminResult::OutOfRange;
        };
        let now = self.now;
        let hours = &mut self.hours[at as usize];
        let was_open = hours.now.is_some();
        if d.anew.known() == Some(Boolean::True) {
            (hours.now, hours.next) = (None, None);
        }
        let from = hours.now.map_or(0, |window| window.closes);
        if opens >= closes || opens < from {
            return AdminResult::OutOfRange;
        }
        if closes > now && opens > now {
            hours.next = Some(window);
        } else if closes > now {
            // Hours that nobody has seen before, and that have begun: the numbers are those of today.
            if hours.numbers_from == 0 {
                hours.numbers_from = window.numbers_from;
            }
            self.open(at, window);
        }
        if was_open && self.hours[at as usize].now.is_none() {
            self.tasks_mut().walk = Some(Walk { row, what: What::LogOut, next: 0 });
        }
        self.find_hours_due();
        AdminResult::Done
    }

    /// A window begins.
    fn open(&mut self, at: u32, window: Window) {
        let hours = &mut self.hours[at as usize];
        hours.now = Some(window);
        if window.numbers_from > hours.numbers_from {
            hours.numbers_from = window.numbers_from;
            self.tasks_mut().walk = Some(Walk { row: at + 1, what: What::Renumber, next: 0 });
        }
    }

    /// Numbers begin anew: at once over FIX; a version of a binary session is over, and the next begins anew.
    fn begin_anew(&mut self, at: u32) {
        if self.is_binary(at) {
            self.sessions[at as usize].finished_sending = true;
        } else {
            self.new_generation(at);
        }
    }

    /// The next thing of any row is due.
    pub(crate) fn fire_hours(&mut self, due: u64) {
        let at = self.hours.iter().position(|hours| hours.due() == due);
        let at = at.expect("next_due is somebody's");
        let hours = &mut self.hours[at];
        if hours.now.take().is_some() {
            self.tasks_mut().walk = Some(Walk { row: at as u32 + 1, what: What::LogOut, next: 0 });
        } else if let Some(window) = hours.next.take() {
            self.open(at as u32, window);
        }
        self.find_hours_due();
    }

    fn find_hours_due(&mut self) {
        self.hours_due = self.hours.iter().map(Hours::due).fold(u64::MAX, u64::min);
        self.find_next_due();
    }

    /// One session that is meant, or many that are not.
    pub(crate) fn walk_sessions<S: Sink>(&mut self, mut walk: Walk, sink: &mut S) {
        for _ in 0..EXPIRY_WALK_MAX {
            let Some(session) = self.sessions.get(walk.next as usize) else {
                self.tasks_mut().walk = None;
                return;
            };
            let (at, row) = (walk.next, session.hours);
            walk.next += 1;
            let is_bound = session.bound.is_some();
            match walk.what {
                What::AskToLeave => self.ask_to_leave(at, sink),
                _ if row != walk.row => continue,
                _ if is_bound => self.log_out(at, LogoutReason::HoursOver, 0, 0, sink),
                _ => {}
            }
            if walk.what == What::Renumber {
                self.begin_anew(at);
            }
            if is_bound {
                break;
            }
        }
        self.tasks_mut().walk = Some(walk);
    }

    /// A session of this row may log on now. 0: always.
    pub(crate) fn is_open(&self, row: u32) -> bool {
        let at = row.checked_sub(1).and_then(|at| self.hours.get(at as usize));
        row == 0 || at.is_some_and(|hours| hours.now.is_some())
    }

    /// Where the rows stand.
    pub fn hours(&self) -> &[Hours; HOURS_MAX] {
        &self.hours
    }

    pub(crate) fn hash_hours(&self, hash: u64) -> u64 {
        let windows = |h: &Hours| [h.now, h.next].map(|w| w.map_or([0; 3], Window::words));
        self.hours.iter().fold(hash, |hash, hours| {
            let words = windows(hours).into_iter().flatten().chain([hours.numbers_from]);
            words.fold(hash, mix)
        })
    }

    pub(crate) fn save_hours(&self, w: &mut Writer<'_>) {
        for Hours { now, next, numbers_from } in &self.hours {
            for window in [now, next] {
                w.flag(window.is_some());
                window.map_or([0; 3], Window::words).into_iter().for_each(|word| w.u64(word));
            }
            w.u64(*numbers_from);
        }
    }

    pub(crate) fn load_hours(&mut self, r: &mut Reader<'_>) -> Result<(), SnapshotError> {
        for hours in &mut self.hours {
            let [now, next] = [Window::load(r)?, Window::load(r)?];
            *hours = Hours { now, next, numbers_from: r.u64()? };
        }
        self.find_hours_due();
        Ok(())
    }
}

impl Window {
    const fn words(self) -> [u64; 3] {
        [self.opens, self.closes, self.numbers_from]
    }

    /// Behind its flag.
    fn load(r: &mut Reader<'_>) -> Result<Option<Self>, SnapshotError> {
        let is_there = r.flag()?;
        let window = Self { opens: r.u64()?, closes: r.u64()?, numbers_from: r.u64()? };
        r.check(is_there == (window.closes > window.opens), "a window that is none")?;
        r.check(is_there || window.words() == [0; 3], "a window that is none")?;
        Ok(is_there.then_some(window))
    }
}

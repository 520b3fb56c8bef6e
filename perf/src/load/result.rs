//! What a load has come to, for people and for programs. Times are nanoseconds, printed in microseconds.

use super::LoadArgs;
use super::play::{Outcome, Pace};
use crate::latency::Protocol;
use crate::mix::Mix;
use crate::report::{head, micros};
use serde_json::{Value, json};

/// Resident memory of the venue, KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// Of a venue that has room for one session only, with that.
    pub(crate) small_kib: Option<u64>,
    /// With one session.
    pub(crate) one_kib: u64,
    /// With all of them, before anything was asked.
    pub(crate) all_kib: u64,
    /// After the load.
    pub(crate) after_kib: u64,
    /// How many they are.
    pub(crate) sessions: u64,
}

impl Memory {
    /// What the logon of one more session takes, bytes. `None`: there is only one.
    fn logon_bytes(&self) -> Option<u64> {
        self.each(self.one_kib)
    }

    /// What one more session takes that does nothing, with what is taken for it at start, bytes.
    fn session_bytes(&self) -> Option<u64> {
        self.each(self.small_kib?)
    }

    fn each(&self, without_kib: u64) -> Option<u64> {
        let more = self.sessions.checked_sub(1).filter(|more| *more > 0)?;
        Some(self.all_kib.saturating_sub(without_kib) * 1024 / more)
    }
}

/// One run at one pace.
pub(crate) struct Step {
    pub(crate) pace: Pace,
    pub(crate) outcome: Outcome,
    /// Processor time of the venue for each request; `None`: not our machine.
    pub(crate) cpu_ns_per_request: Option<u64>,
}

/// Of `portcullis-perf load`.
pub(crate) struct LoadReport<'a> {
    pub(crate) args: &'a LoadArgs,
    /// All runs; one, but for a search.
    pub(crate) steps: Vec<Step>,
    /// Of a search: which was the highest rate that held.
    pub(crate) found: Option<usize>,
    pub(crate) memory: Option<Memory>,
    pub(crate) pushed_back: u64,
    /// What the started venue said of itself.
    pub(crate) venue: Vec<String>,
}

impl LoadReport<'_> {
    /// The run to tell of: the one that a search has found, or its last.
    pub(crate) fn told(&self) -> &Step {
        let found = self.found.and_then(|n| self.steps.get(n));
        found.or(self.steps.last()).expect("a load has a run")
    }

    fn protocol(&self) -> &'static str {
        if self.args.protocol == Protocol::Fix { "FIX" } else { "SBE" }
    }

    fn names(&self) -> [&'static str; 2] {
        if self.args.mix == Mix::Trade { ["order", "trade"] } else { ["order", "cancel"] }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let step = self.told();
        let outcome = &step.outcome;
        let mut lines = self.venue.clone();
        if self.args.find_max {
            lines.extend(self.search());
        }
        let idle = match self.args.idle {
            0 => String::new(),
            idle => format!(" and {idle} idle"),
        };
        lines.push(format!(
            "{} over TCP, {} sessions{idle}, {}, {}",
            self.protocol(),
            self.args.sessions,
            self.args.mix.name(),
            described(step.pace),
        ));
        lines.push(head());
        for (name, times) in self.names().into_iter().zip(&outcome.latency) {
            lines.push(times.row(name));
        }
        lines.push(outcome.service.row("service"));
        lines.push(outcome.late.row("client late"));
        lines.push(format!(
            "{} requests/s answered · {} lost · {} held back · {} pushed back",
            outcome.rate(),
            outcome.lost,
            outcome.held_back,
            self.pushed_back,
        ));
        if let Some(ns) = step.cpu_ns_per_request {
            lines.push(format!("venue: {} us of processor time a request", micros(ns)));
        }
        if let Some(memory) = self.memory {
            let each = memory.logon_bytes().map(|bytes| format!(", {bytes} bytes a logon"));
            let room = memory.session_bytes();
            let room = room.map(|bytes| format!(", {bytes} bytes a session with its room"));
            lines.push(format!(
                "venue: {} MiB with one session, {} MiB with {}{}{}, {} MiB after the load",
                memory.one_kib >> 10,
                memory.all_kib >> 10,
                memory.sessions,
                each.unwrap_or_default(),
                room.unwrap_or_default(),
                memory.after_kib >> 10,
            ));
        }
        lines.join("\n")
    }

    fn search(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{:>12} {:>12} {:>12} {:>8}",
            "requests/s", "answered/s", "p99 us", "lost"
        )];
        for (n, step) in self.steps.iter().enumerate() {
            let Pace::Open(rate) = step.pace else { continue };
            lines.push(format!(
                "{rate:>12} {:>12} {:>12} {:>8}{}",
                step.outcome.rate(),
                micros(step.outcome.all().at_ns(0.99)),
                step.outcome.lost,
                if self.found == Some(n) { "  <- the highest that holds" } else { "" },
            ));
        }
        if self.found.is_none() {
            lines.push(format!("no rate holds a p99 of {} us", self.args.p99_us));
        }
        lines
    }

    /// For programs. Of the venue's figures those that cannot be known are null.
    pub(crate) fn json(&self) -> Value {
        let step = self.told();
        let outcome = &step.outcome;
        let [first, second] = self.names();
        let [of_first, of_second] = &outcome.latency;
        let rate = |pace| if let Pace::Open(rate) = pace { Some(rate) } else { None };
        let depth = if let Pace::Closed(depth) = step.pace { Some(depth) } else { None };
        let tried = |step: &Step| {
            json!({
                "rate": rate(step.pace),
                "answered_per_s": step.outcome.rate(),
                "p99_ns": step.outcome.all().at_ns(0.99),
                "lost": step.outcome.lost,
            })
        };
        json!({
            "command": "load",
            "protocol": self.protocol(),
            "mix": self.args.mix.name(),
            "sessions": self.args.sessions,
            "idle": self.args.idle,
            "rate": rate(step.pace),
            "depth": depth,
            "spin": self.args.spin,
            "venue": self.venue,
            "host": crate::host::json(),
            "due": rate(step.pace).map(|_| outcome.due),
            "answered": outcome.answered,
            "answered_per_s": outcome.rate(),
            "lost": outcome.lost,
            "held_back": outcome.held_back,
            "pushed_back": self.pushed_back,
            "latency": outcome.all().json(),
            first: of_first.json(),
            second: of_second.json(),
            "service": outcome.service.json(),
            "client_late": outcome.late.json(),
            "venue_cpu_ns_per_request": step.cpu_ns_per_request,
            "memory": self.memory.map(|memory| json!({
                "one_session_kib": memory.one_kib,
                "all_sessions_kib": memory.all_kib,
                "after_kib": memory.after_kib,
                "logon_bytes": memory.logon_bytes(),
                "session_bytes": memory.session_bytes(),
            })),
            "search": self.args.find_max.then(|| json!({
                "p99_us": self.args.p99_us,
                "highest_rate": self.found.and_then(|n| rate(self.steps.get(n)?.pace)),
                "tried": self.steps.iter().map(tried).collect::<Vec<_>>(),
            })),
        })
    }
}

fn described(pace: Pace) -> String {
    match pace {
        Pace::Open(rate) => format!("{rate} requests/s due (open loop)"),
        Pace::Closed(depth) => format!("{depth} at a time each (closed loop)"),
    }
}

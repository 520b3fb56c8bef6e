//! Where an order's time goes, as the stamps in the venue's reports say.
//!
//! ```text
//! sent ── to the gateway ──► received ── to the engine ──► engine time ── commit, match, back ──► heard
//! ```
//! `received` is the clock of the gateway's turn that had the bytes, `engine time` that of the batch which the order
//! went into: what comes behind it is the log, matching, the report and TCP. FIX has these times in milliseconds
//! only, so there are stages over SBE alone, and only where client and venue read the same clock.

use crate::report::Distribution;
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A time so far before the one that must have been earlier says that the clocks are not the same, nanoseconds.
/// Less is a turn that began before the bytes came which it read.
const CLOCKS_APART_NS: u64 = 1_000_000;

/// Times of the venue, nanoseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamps {
    /// The gateway had the bytes.
    pub(crate) received: u64,
    /// The batch that they went into.
    pub(crate) engine: u64,
}

/// One distribution for each stage.
#[derive(Debug)]
pub(crate) struct Stages {
    /// A moment on both clocks.
    begun: (Instant, u64),
    times: [Distribution; 3],
    clocks_differ: bool,
}

/// In order: as JSON has them, and as people read them.
pub(crate) const NAMES: [(&str, &str); 3] = [
    ("to_the_gateway", "to gateway"),
    ("to_the_engine", "to engine"),
    ("commit_match_and_back", "commit, back"),
];

impl Stages {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        let utc = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let begun = (Instant::now(), u64::try_from(utc.as_nanos()).unwrap_or(u64::MAX));
        Self { begun, times: [(); 3].map(|()| Distribution::new()), clocks_differ: false }
    }

    fn utc_ns(&self, at: Instant) -> u64 {
        self.begun.1 + at.saturating_duration_since(self.begun.0).as_nanos() as u64
    }

    /// One order.
    pub(crate) fn record(&mut self, sent: Instant, came: Instant, stamps: Stamps) {
        let moments = [self.utc_ns(sent), stamps.received, stamps.engine, self.utc_ns(came)];
        for (pair, times) in moments.windows(2).zip(&mut self.times) {
            let &[from, to] = pair else { return };
            self.clocks_differ |= from.saturating_sub(to) > CLOCKS_APART_NS;
            times.record(Duration::from_nanos(to.saturating_sub(from)));
        }
    }

    /// Whether there is something to tell.
    fn is_known(&self) -> bool {
        self.times[0].count() > 0 && !self.clocks_differ
    }

    /// For people.
    pub(crate) fn rows(&self) -> Vec<String> {
        if self.clocks_differ {
            return vec!["stages: not told, client and venue have different clocks".into()];
        }
        let known = self.is_known();
        let rows = NAMES.iter().zip(&self.times).filter(|_| known);
        rows.map(|((_, name), times)| times.row(&format!("- {name}"))).collect()
    }

    /// For programs; null when they are not known.
    pub(crate) fn json(&self) -> Value {
        if !self.is_known() {
            return Value::Null;
        }
        let mut told = json!({});
        for ((name, _), times) in NAMES.iter().zip(&self.times) {
            told[name] = times.json();
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(received: i64, engine: i64) -> Stages {
        let mut stages = Stages::new();
        let sent = stages.begun.0 + Duration::from_micros(100);
        let at = |us: i64| stages.begun.1.saturating_add_signed(us * 1_000);
        let stamps = Stamps { received: at(received), engine: at(engine) };
        stages.record(sent, sent + Duration::from_micros(50), stamps);
        stages
    }

    #[test]
    fn the_stages_of_an_order_are_its_whole_time() {
        let told = recorded(110, 130).json();
        for (name, us) in
            [("to_the_gateway", 10), ("to_the_engine", 20), ("commit_match_and_back", 20)]
        {
            let ns = told[name]["p50_ns"].as_u64().unwrap();
            assert!(ns.abs_diff(us * 1_000) < 50, "{name}: {ns}");
        }
    }

    #[test]
    fn a_turn_that_began_a_little_before_is_no_other_clock_and_a_second_is() {
        assert!(recorded(90, 90).is_known());
        let other = recorded(-1_000_000, -1_000_000);
        assert!(other.json().is_null() && other.rows()[0].contains("different clocks"));
        assert!(Stages::new().rows().is_empty() && Stages::new().json().is_null());
    }
}

//! The dead-man timer: a client that says nothing for as long as it has said itself loses its open orders.
//!
//! Asked for with a Logon, it goes on until the next Logon, whatever becomes of the connection. A message costs
//! nothing: the timer that is set is never later than the true one, and when it is due what was heard last says
//! whether it is set again. docs/rulebook.md §8. Fired by `timers.rs`.

use crate::engine::Engine;
use crate::mass::Whose;
use crate::session::Session;
use sbe_schemas::types::CancelCause;

const NS_PER_MS: u64 = 1_000_000;

/// The timer of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeadMan {
    /// So long may it be silent; 0: for ever.
    pub silence_ns: u64,
    /// When to look; never later than the end of that silence.
    pub due: Option<u64>,
}

impl DeadMan {
    /// For a state hash.
    pub(crate) fn words(self) -> [u64; 2] {
        [self.silence_ns, self.due.unwrap_or(0)]
    }
}

impl Session {
    /// As a Logon or an Establish asks; it was heard now.
    pub(crate) fn arm(&mut self, dead_man_ms: u32, now: u64) {
        let silence_ns = u64::from(dead_man_ms) * NS_PER_MS;
        let due = (silence_ns != 0).then_some(now + silence_ns);
        self.dead_man = DeadMan { silence_ns, due };
    }
}

impl Engine {
    /// The venue takes such a timer.
    pub(crate) fn takes_dead_man(&self, asked: u32) -> bool {
        asked == 0 || (self.venue.dead_man_min_ms..=self.venue.dead_man_max_ms).contains(&asked)
    }

    /// The timer of the session at `at` is due: it was heard since, or its orders are cancelled.
    pub(crate) fn fire_dead_man(&mut self, at: u32, due: u64) {
        let now = self.now;
        let s = &mut self.sessions[at as usize];
        let silence_ns = s.dead_man.silence_ns;
        let ends = s.last_in + silence_ns;
        if ends > due {
            s.dead_man.due = Some(ends);
            return self.find_sessions_due();
        }
        // Who is still there may enter orders again with its next message.
        s.dead_man.due = s.bound.map(|_| now + silence_ns);
        self.find_sessions_due();
        self.cancel_all_of(Whose::Session(at), CancelCause::DeadMan);
    }
}

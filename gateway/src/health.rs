//! How the host is doing: said by who can see it, acted upon by the gateway.
//!
//! The disk is nearly full: new orders and replaces are refused, everything else goes on, cancels first
//! of all. Nothing is committed any more: the gateway stops reading, so that clients are pushed back by
//! TCP and nobody is answered late what he should have been refused at once.

use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by the threads of one partition.
#[derive(Debug, Default)]
pub struct Health {
    disk_is_low: AtomicBool,
    is_stalled: AtomicBool,
}

impl Health {
    /// Less is free than `disk_reserve_mib`.
    pub fn disk_is_low(&self) -> bool {
        self.disk_is_low.load(Ordering::Relaxed)
    }

    /// Nothing was committed for `stall_ms`, and something waits.
    pub fn is_stalled(&self) -> bool {
        self.is_stalled.load(Ordering::Relaxed)
    }

    /// What has been free of the disk just now. A little more than the reserve must be free before orders
    /// are taken again, or they would come and go.
    pub fn disk_has(&self, free_bytes: u64, reserve_bytes: u64) {
        let enough = if self.disk_is_low() { reserve_bytes / 8 * 9 } else { reserve_bytes };
        self.disk_is_low.store(free_bytes < enough, Ordering::Relaxed);
    }

    fn set_stalled(&self, stalled: bool) {
        if self.is_stalled() != stalled {
            self.is_stalled.store(stalled, Ordering::Relaxed);
        }
    }
}

/// Sees that a log does not get on.
#[derive(Debug)]
pub struct StallWatch {
    stall_ns: u64,
    committed_seq: u64,
    /// Since when something waits and nothing was committed.
    since: Option<u64>,
}

impl StallWatch {
    /// A log that says nothing for so long while something waits has stalled.
    pub fn new(stall_ns: u64) -> Self {
        Self { stall_ns, committed_seq: 0, since: None }
    }

    /// Once a turn.
    pub fn look(&mut self, now: u64, committed_seq: u64, waits: bool, health: &Health) {
        if !waits || committed_seq != self.committed_seq {
            self.committed_seq = committed_seq;
            self.since = None;
        }
        let waited_ns = if waits { now.saturating_sub(*self.since.get_or_insert(now)) } else { 0 };
        health.set_stalled(waited_ns >= self.stall_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_come_back_only_with_room_to_spare() {
        let health = Health::default();
        let seen = [900, 799, 850, 899, 900, 850].map(|free| {
            health.disk_has(free, 800);
            health.disk_is_low()
        });
        assert_eq!(seen, [false, true, true, true, false, false]);
    }

    #[test]
    fn a_stall_is_something_that_waits_while_nothing_is_committed() {
        let (health, mut watch) = (Health::default(), StallWatch::new(100));
        // Time, committed, something waits.
        let turns = [(0, 1, false), (500, 1, true), (599, 1, true), (600, 1, true), (601, 2, true)];
        let seen = turns.map(|(now, seq, waits)| {
            watch.look(now, seq, waits, &health);
            health.is_stalled()
        });
        assert_eq!(seen, [false, false, false, true, false]);
    }
}

//! Care: what the operator is told of a running venue, on standard error.
//!
//! A cold thread looks a few times a second at what is free of the disk, and at what other threads only count; it
//! says so when something changes, and of what is counted at most every ten seconds.

use crate::config::Config;
use crate::health::Health;
use crate::io::{Disk, RealDisk};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The disk is looked after this often.
const CARE_EVERY: Duration = Duration::from_millis(250);
/// What is only counted is told at most so often.
const COUNTED_EVERY: Duration = Duration::from_secs(10);

/// Looks after the host from a cold thread, and says so when something changes.
pub struct Care {
    health: Arc<Health>,
    data: PathBuf,
    reserve_bytes: u64,
    next: Instant,
    /// What was said last: the disk is low, the log has stalled.
    said: (bool, bool),
    /// Packets of lines and snapshots that could not be sent.
    unsent: Counted,
    /// Connections that had to go before they had logged on.
    turned_out: Counted,
}

/// What is counted elsewhere, and said now and then.
pub struct Counted {
    counts: Vec<Arc<AtomicU64>>,
    said: u64,
    /// When it may be said again.
    next: Instant,
}

impl Counted {
    /// Sums of these.
    pub fn new(counts: Vec<Arc<AtomicU64>>) -> Self {
        Self { counts, said: 0, next: Instant::now() }
    }

    /// This one, too.
    pub fn add(&mut self, count: Arc<AtomicU64>) {
        self.counts.push(count);
    }

    /// How many there were since the start, and since the last time, when that is to be said.
    fn more(&mut self) -> Option<(u64, u64)> {
        let count: u64 = self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum();
        let now = Instant::now();
        (count > self.said && now >= self.next).then(|| {
            self.next = now + COUNTED_EVERY;
            (count, count - std::mem::replace(&mut self.said, count))
        })
    }
}

impl Care {
    /// Of the disk under `host.data`; says to `health` what the gateway acts upon.
    pub fn new(config: &Config, health: Arc<Health>, unsent: Counted, turned_out: Counted) -> Self {
        let (data, reserve_bytes) = (config.host.data.clone(), config.host.disk_reserve_mib << 20);
        let (next, said) = (Instant::now(), (false, false));
        Self { health, data, reserve_bytes, next, said, unsent, turned_out }
    }

    /// As often as the thread likes.
    pub fn look(&mut self) {
        if Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + CARE_EVERY;
        match RealDisk.free_bytes(&self.data) {
            Ok(free) => self.health.disk_has(free, self.reserve_bytes),
            Err(error) => {
                tracing::warn!("{}: cannot see what is free: {error}", self.data.display())
            }
        }
        let now = (self.health.disk_is_low(), self.health.is_stalled());
        let data = self.data.display();
        match (self.said.0, now.0) {
            (false, true) => tracing::error!(
                "{data}: less than host.disk_reserve_mib is free: orders are refused, cancels are taken. Make room"
            ),
            (true, false) => tracing::info!("{data}: there is room again: orders are taken"),
            _ => {}
        }
        match (self.said.1, now.1) {
            (false, true) => tracing::error!(
                "{data}: nothing has been committed for host.stall_ms: clients are not read. Look after the disk"
            ),
            (true, false) => tracing::info!("{data}: the journal gets on again: clients are read"),
            _ => {}
        }
        self.said = now;
        if let Some((all, now)) = self.unsent.more() {
            tracing::warn!(
                "{all} packets of the feed could not be sent since the start, {now} of them now: the network \
                 takes none, or no more. Subscribers ask for them"
            );
        }
        if let Some((all, now)) = self.turned_out.more() {
            tracing::warn!(
                "{all} connections that had not logged on were closed since the start because there were too many, \
                 {now} of them now. Look who they are; set connections_per_address_max, or raise connections_max"
            );
        }
    }
}

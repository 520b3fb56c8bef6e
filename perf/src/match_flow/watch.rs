//! Stopwatches: one for the whole measured segment, one for each operation of it.
//!
//! A layer calls all of it; what a watch does not want compiles to nothing.

use std::hint::black_box;
use std::time::Instant;

/// Reads of the clock when its own cost is measured.
const TIMER_READS: usize = 10_001;

/// What a layer tells of its work.
pub(super) trait Watch {
    /// Measured work begins.
    fn start(&mut self);
    /// It pauses: what follows is the harness's own.
    fn stop(&mut self);
    /// An operation begins, or goes on after a pause.
    fn start_one(&mut self);
    /// It pauses.
    fn stop_one(&mut self);
    /// It is done.
    fn end_one(&mut self);
}

/// The time of everything, nanoseconds. Two reads of the clock a chunk.
#[derive(Default)]
pub(super) struct Total {
    ns: u64,
    started: Option<Instant>,
}

impl Total {
    pub(super) fn ns(&self) -> u64 {
        self.ns
    }
}

impl Watch for Total {
    fn start(&mut self) {
        self.started = Some(Instant::now());
    }
    fn stop(&mut self) {
        let started = self.started.take().expect("a watch that runs");
        self.ns += started.elapsed().as_nanos() as u64;
    }
    fn start_one(&mut self) {}
    fn stop_one(&mut self) {}
    fn end_one(&mut self) {}
}

/// The time of each operation. Two reads of the clock an operation, of which about one is in its
/// time.
pub(super) struct Each {
    times_ns: Vec<u32>,
    started: Option<Instant>,
    /// Of the operation that has begun.
    ns: u64,
}

/// Percentiles of operations, nanoseconds, and what the timer itself takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) count: u64,
    pub(super) p50: u32,
    pub(super) p99: u32,
    pub(super) p99_9: u32,
    pub(super) max: u32,
    /// Median of an empty pair of reads: that much is in every figure.
    pub(super) timer: u32,
}

impl Each {
    pub(super) fn new(ops: usize) -> Self {
        Self { times_ns: Vec::with_capacity(ops), started: None, ns: 0 }
    }

    /// What it has seen.
    pub(super) fn figures(mut self) -> Figures {
        let mut timer = Self::new(TIMER_READS);
        for _ in 0..TIMER_READS {
            timer.start_one();
            black_box(&mut timer).stop_one();
            timer.end_one();
        }
        timer.times_ns.sort_unstable();
        self.times_ns.sort_unstable();
        let times = &self.times_ns;
        Figures {
            count: times.len() as u64,
            p50: quantile(times, 500),
            p99: quantile(times, 990),
            p99_9: quantile(times, 999),
            max: quantile(times, 1000),
            timer: quantile(&timer.times_ns, 500),
        }
    }
}

impl Watch for Each {
    fn start(&mut self) {}
    fn stop(&mut self) {}
    fn start_one(&mut self) {
        self.started = Some(Instant::now());
    }
    fn stop_one(&mut self) {
        let started = self.started.take().expect("a watch that runs");
        self.ns += started.elapsed().as_nanos() as u64;
    }
    fn end_one(&mut self) {
        let ns = std::mem::take(&mut self.ns);
        self.times_ns.push(u32::try_from(ns).unwrap_or(u32::MAX));
    }
}

/// The smallest time that so many thousandths of all do not exceed; 0 where there is none.
fn quantile(sorted: &[u32], thousandths: usize) -> u32 {
    let rank = (sorted.len() * thousandths).div_ceil(1000);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_time_that_was_seen() {
        let times: Vec<u32> = (1..=1000).collect();
        assert_eq!([500, 990, 999, 1000].map(|q| quantile(&times, q)), [500, 990, 999, 1000]);
        assert_eq!([500, 999, 1000].map(|q| quantile(&[7, 9, 11], q)), [9, 11, 11]);
        assert_eq!(quantile(&[], 500), 0);
    }

    #[test]
    fn a_paused_operation_is_one_operation_without_its_pause() {
        let mut each = Each::new(2);
        for _ in 0..2 {
            each.start_one();
            each.stop_one();
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
        each.end_one();
        let figures = each.figures();
        assert_eq!(figures.count, 1);
        assert!(figures.max < 20_000_000, "{figures:?}");
    }
}

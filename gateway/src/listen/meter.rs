//! `listen --stats`: what came in the last second, and how long it was under way.

use marketdata::Statistics;

/// Delays of a second that are kept; of more, every second, fourth, … one.
const DELAYS_MAX: usize = 1 << 16;

/// What one second had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Second {
    /// Packets of lines A and B, of the snapshot channel, and answers.
    pub(super) packets: [u64; 4],
    /// Messages of the incremental channel.
    pub(super) messages: u64,
    /// Holes, and messages in them.
    pub(super) lost: [u64; 2],
    /// Times messages were asked for.
    pub(super) asked: u64,
    /// From the time of a batch to here, microseconds: median, 99 of 100, largest. Of what came first and live.
    pub(super) delay_us: [u64; 3],
}

/// See the file's map.
#[derive(Default)]
pub(super) struct Meter {
    before: Statistics,
    delays: Vec<u64>,
    /// One in so many is kept.
    stride: u64,
    seen: u64,
}

impl Meter {
    /// A message came at `utc` that was told at `time`; clocks of two hosts may disagree, then it is 0.
    pub(super) fn message(&mut self, time: u64, utc: u64) {
        self.stride = self.stride.max(1);
        self.seen += 1;
        if !self.seen.is_multiple_of(self.stride) {
            return;
        }
        if self.delays.len() == DELAYS_MAX {
            let mut keep = false;
            self.delays.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride *= 2;
        }
        self.delays.push(utc.saturating_sub(time) / 1000);
    }

    /// A second is over.
    pub(super) fn second(&mut self, now: &Statistics) -> Second {
        let before = std::mem::replace(&mut self.before, *now);
        self.delays.sort_unstable();
        let at = |part: usize| {
            let last = self.delays.len().saturating_sub(1);
            self.delays.get(last * part / 100).copied().unwrap_or(0)
        };
        let delay_us = [at(50), at(99), at(100)];
        self.delays.clear();
        (self.stride, self.seen) = (1, 0);
        Second {
            packets: [
                now.packets_a - before.packets_a,
                now.packets_b - before.packets_b,
                now.packets_snapshot - before.packets_snapshot,
                now.packets_replay - before.packets_replay,
            ],
            messages: now.messages - before.messages,
            lost: [now.gaps - before.gaps, now.messages_lost.saturating_sub(before.messages_lost)],
            asked: now.asked - before.asked,
            delay_us,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_its_own_counts_and_delays() {
        let mut meter = Meter::default();
        for us in 1..=100 {
            meter.message(1_000, 1_000 + us * 1000);
        }
        let mut counts = Statistics { messages: 100, packets_b: 7, ..Statistics::default() };
        let second = meter.second(&counts);
        assert_eq!((second.messages, second.packets[1]), (100, 7));
        assert_eq!(second.delay_us, [50, 99, 100]);
        counts.messages += 1;
        meter.message(5_000, 4_000);
        let second = meter.second(&counts);
        assert_eq!((second.messages, second.packets[1], second.delay_us), (1, 0, [0, 0, 0]));
        for us in 0..1_000_000 {
            meter.message(0, us * 1000);
        }
        let [median, ..] = meter.second(&counts).delay_us;
        assert!((490_000..510_000).contains(&median), "{median}");
    }
}

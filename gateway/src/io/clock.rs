//! The two clocks. Only threads' outermost loops read them; everything below is given the time.

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Nanoseconds since 1970-01-01 UTC: one CLOCK_REALTIME read, no system call. Can step.
pub fn utc_now_ns() -> u64 {
    as_ns(clock_gettime(ClockId::Realtime))
}

/// Nanoseconds since some moment before the start; never steps back. For intervals and deadlines.
pub fn monotonic_ns() -> u64 {
    as_ns(clock_gettime(ClockId::Monotonic))
}

/// UTC that never runs backwards. When the host's clock is set back, this one goes on a little slower
/// until the host has caught up: heartbeats and deadlines keep coming.
#[derive(Debug)]
pub struct SteadyClock {
    utc_ns: u64,
    monotonic_ns: u64,
}

impl Default for SteadyClock {
    fn default() -> Self {
        Self { utc_ns: utc_now_ns(), monotonic_ns: monotonic_ns() }
    }
}

impl SteadyClock {
    /// Nanoseconds since 1970-01-01 UTC, two clock reads.
    pub fn now_ns(&mut self) -> u64 {
        self.at(utc_now_ns(), monotonic_ns())
    }

    fn at(&mut self, utc_ns: u64, monotonic_ns: u64) -> u64 {
        let passed = monotonic_ns.saturating_sub(self.monotonic_ns);
        self.monotonic_ns = monotonic_ns;
        self.utc_ns = utc_ns.max(self.utc_ns + passed - passed / 8);
        self.utc_ns
    }
}

/// A clock set before 1970 reads as 0; u64 holds nanoseconds until the year 2554.
fn as_ns(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_utc_clock_agrees_with_the_standard_library() {
        let before = std::time::SystemTime::now();
        let ours = std::time::UNIX_EPOCH + std::time::Duration::from_nanos(utc_now_ns());
        let after = std::time::SystemTime::now();
        assert!(before <= ours && ours <= after);
    }

    #[test]
    fn a_clock_that_is_set_back_goes_on_slower_until_it_is_right_again() {
        let mut clock = SteadyClock { utc_ns: 1_000_000, monotonic_ns: 0 };
        assert_eq!(clock.at(1_000_800, 800), 1_000_800);
        assert_eq!(clock.at(400_800, 1_600), 1_000_800 + 700, "set back by 600 000");
        let mut told = 0;
        for step in 1..=6_000 {
            let now = clock.at(400_800 + step * 1_000, 1_600 + step * 1_000);
            assert!(now > told, "it never stands");
            told = now;
        }
        assert_eq!(told, 400_800 + 6_000_000, "and is right in the end");
    }

    #[test]
    fn the_monotonic_clock_moves_forward() {
        let first = monotonic_ns();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(monotonic_ns() >= first + 2_000_000);
    }
}

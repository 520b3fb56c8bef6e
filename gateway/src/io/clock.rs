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
    fn the_monotonic_clock_moves_forward() {
        let first = monotonic_ns();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(monotonic_ns() >= first + 2_000_000);
    }
}

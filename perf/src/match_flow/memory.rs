//! Memory of this process, as Linux counts it; elsewhere nothing is known.

use std::fs;

/// Forgets the peak so far and returns what is resident now, KiB.
pub(super) fn start() -> Option<u64> {
    // Without this permission the peak is that of the whole run: larger, never smaller.
    _ = fs::write("/proc/self/clear_refs", "5");
    status("VmRSS:")
}

/// Most that was resident since [`start`], KiB.
pub(super) fn peak_kib() -> Option<u64> {
    status("VmHWM:")
}

fn status(key: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(key))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

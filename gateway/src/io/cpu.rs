//! The cores this process may use, and pinning a thread to one of them.
//!
//! What the affinity mask allows counts, not what the machine has; isolated cores are read from
//! `/sys`, because a library's list of cores hides them. Placement itself is decided elsewhere.

use std::fmt;
use std::io;

use rustix::thread::{CpuSet, sched_getaffinity};

/// Why a thread is not where it was told to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinError {
    /// The kernel refused: no such core, or a cpuset forbids it.
    Refused {
        /// The core asked for.
        core: usize,
    },
    /// The kernel said yes, but the mask read back is another one.
    Mismatch {
        /// The core asked for.
        core: usize,
        /// How many cores the thread may run on.
        cores_allowed: usize,
    },
}

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { core } => {
                write!(f, "core {core} does not exist or this process may not use it")
            }
            Self::Mismatch { core, cores_allowed } => write!(
                f,
                "asked for core {core}, but the thread may run on {cores_allowed} core(s), not on it alone"
            ),
        }
    }
}

impl std::error::Error for PinError {}

/// The cores the calling thread may run on, ascending.
///
/// # Errors
/// What the kernel said.
pub fn allowed_cores() -> io::Result<Vec<usize>> {
    let mask = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU).filter(|&core| mask.is_set(core)).collect())
}

/// The cores the scheduler leaves alone (`isolcpus`), ascending; empty where there are none.
///
/// # Errors
/// `/sys` cannot be read, or says something that is no core list.
pub fn isolated_cores() -> io::Result<Vec<usize>> {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/isolated")?;
    parse_core_list(&text).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, format!("not a list of cores: {text:?}"))
    })
}

/// Pins the calling thread to `core` and reads the mask back.
///
/// # Errors
/// See [`PinError`]; the thread may then run anywhere it could before.
pub fn pin(core: usize) -> Result<(), PinError> {
    // The set behind the call is an array of MAX_CPU bits.
    if core >= CpuSet::MAX_CPU
        || !core_affinity::set_for_current(core_affinity::CoreId { id: core })
    {
        return Err(PinError::Refused { core });
    }
    match allowed_cores() {
        Ok(cores) if cores == [core] => Ok(()),
        Ok(cores) => Err(PinError::Mismatch { core, cores_allowed: cores.len() }),
        Err(_) => Err(PinError::Refused { core }),
    }
}

/// `"2-3,7\n"` is 2, 3 and 7. `None`: not such a list. Source: Linux, Documentation/admin-guide/cputopology.rst.
pub fn parse_core_list(text: &str) -> Option<Vec<usize>> {
    let mut cores = Vec::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if first > last || last >= CpuSet::MAX_CPU {
            return None;
        }
        cores.extend(first..=last);
    }
    Some(cores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_list_is_read_as_the_kernel_writes_it() {
        assert_eq!(parse_core_list("\n"), Some(vec![]));
        assert_eq!(parse_core_list("0\n"), Some(vec![0]));
        assert_eq!(parse_core_list("2-4,7,9-9\n"), Some(vec![2, 3, 4, 7, 9]));
        assert_eq!(parse_core_list("4-2\n"), None);
        assert_eq!(parse_core_list("1-99999999999\n"), None);
        assert_eq!(parse_core_list("all\n"), None);
    }

    #[test]
    fn a_pinned_thread_runs_on_its_core_alone_and_its_siblings_stay_free() {
        let before = allowed_cores().unwrap();
        let last = *before.last().unwrap();
        std::thread::spawn(move || {
            pin(last).unwrap();
            assert_eq!(allowed_cores().unwrap(), [last]);
        })
        .join()
        .unwrap();
        assert_eq!(allowed_cores().unwrap(), before);
    }

    #[test]
    fn a_core_that_does_not_exist_is_refused() {
        assert_eq!(pin(CpuSet::MAX_CPU - 1), Err(PinError::Refused { core: CpuSet::MAX_CPU - 1 }));
        assert_eq!(pin(usize::MAX), Err(PinError::Refused { core: usize::MAX }));
        assert!(isolated_cores().is_ok());
    }
}

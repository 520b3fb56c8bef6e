//! Making a ring, finding out whether this host allows one, and ending all it has in flight.

use std::fmt;
use std::io;
use std::time::Duration;

use io_uring::squeue::Entry;
use io_uring::types::{SubmitArgs, Timespec};
use io_uring::{IoUring, Probe, cqueue, opcode};

use super::super::clock;
use super::provided::{Counts, Provided};

/// Why io_uring cannot serve us here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeError {
    /// The kernel is too old, or a container's filter or a sysctl forbids it: use sockets.
    Unsupported {
        /// What was tried.
        step: &'static str,
        /// ENOSYS, EPERM or EINVAL.
        errno: i32,
    },
    /// Something is wrong with this host that sockets would run into as well.
    Failed {
        /// What was tried.
        step: &'static str,
        /// The error; 0 if the kernel gave none.
        errno: i32,
    },
}

impl ProbeError {
    fn new(step: &'static str, error: &io::Error) -> Self {
        match error.raw_os_error().unwrap_or(0) {
            errno @ (libc::ENOSYS | libc::EPERM | libc::EINVAL) => {
                Self::Unsupported { step, errno }
            }
            errno => Self::Failed { step, errno },
        }
    }
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unsupported { step, errno } | Self::Failed { step, errno }) = *self;
        let error = io::Error::from_raw_os_error(errno);
        let hint = match (self, errno) {
            (Self::Failed { .. }, _) => "",
            (_, libc::ENOSYS) => "; a seccomp filter (containers) or a kernel without io_uring",
            (_, libc::EPERM) => "; a seccomp filter or kernel.io_uring_disabled",
            (_, _) => "; Linux 6.6 or newer is needed",
        };
        write!(f, "io_uring: {step}: {error}{hint}")
    }
}

impl std::error::Error for ProbeError {}

impl From<ProbeError> for io::Error {
    fn from(error: ProbeError) -> Self {
        Self::other(error)
    }
}

/// Tries what the transport needs on a small ring of its own.
///
/// # Errors
/// What is missing; see [`ProbeError`].
pub fn probe() -> Result<(), ProbeError> {
    let failed = |step| move |error: io::Error| ProbeError::new(step, &error);
    let mut ring = build(8, 32).map_err(failed("setting up a ring"))?;
    // Multishot operations cannot be asked for; the flags of the ring imply a kernel with them.
    let mut known = Probe::new();
    ring.submitter().register_probe(&mut known).map_err(failed("asking for operations"))?;
    let needed = [
        opcode::Accept::CODE,
        opcode::RecvMulti::CODE,
        opcode::Send::CODE,
        opcode::AsyncCancel::CODE,
        opcode::Read::CODE,
        opcode::Write::CODE,
    ];
    if !needed.iter().all(|&code| known.is_supported(code)) {
        return Err(ProbeError::Unsupported { step: "needed operations", errno: libc::EINVAL });
    }
    let provided = Provided::new(&ring, Counts { buffers: 8, offered: 8 })
        .map_err(failed("registering buffers"))?;
    ring.submitter().register_enable_rings().map_err(failed("enabling the ring"))?;
    // WHY: pushing is unsafe because entries can point to memory.
    // SAFETY: a no-op points to none.
    let pushed = unsafe { ring.submission().push(&opcode::Nop::new().build()) };
    assert!(pushed.is_ok(), "a new ring has no room");
    ring.submit_and_wait(1).map_err(failed("entering the ring"))?;
    drop(ring);
    drop(provided);
    Ok(())
}

/// The ring of a transport, disabled until the thread that will use it enables it.
///
/// The completion queue holds what one enter can bring at worst: every offered buffer filled, and per
/// connection a send, the ends of its receive and of two cancels, and an accept; and a file's write.
pub(super) fn ring(connections: u32, buffers: u32) -> io::Result<IoUring> {
    let submissions = (connections * 2).next_power_of_two().clamp(64, 4096);
    let completions = (buffers + connections * 5 + 64).next_power_of_two();
    build(submissions, completions.max(submissions * 4))
}

fn build(submissions: u32, completions: u32) -> io::Result<IoUring> {
    IoUring::builder()
        .setup_r_disabled()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_taskrun_flag()
        .setup_submit_all()
        .setup_no_sqarray()
        .setup_cqsize(completions)
        .build(submissions)
}

/// Submits `cancel`, which must cancel everything, and reaps until nothing is in flight. False:
/// something still is (deadline, or called on a thread that is not the ring's).
pub(super) fn cancel_all(
    ring: &mut IoUring,
    cancel: Entry,
    mut in_flight: usize,
    deadline_ns: u64,
) -> bool {
    let mut pushed = false;
    loop {
        if !pushed {
            // WHY: pushing is unsafe because entries can point to memory.
            // SAFETY: a cancel points to none.
            pushed = unsafe { ring.submission().push(&cancel) }.is_ok();
            in_flight += usize::from(pushed);
        }
        let pause = Timespec::from(Duration::from_millis(10));
        let entered = ring.submitter().submit_with_args(1, &SubmitArgs::new().timespec(&pause));
        for completion in ring.completion() {
            in_flight -= usize::from(!cqueue::more(completion.flags()));
        }
        if pushed && in_flight == 0 {
            return true;
        }
        match entered.map_err(|error| error.raw_os_error()) {
            Ok(_) | Err(Some(libc::ETIME | libc::EINTR | libc::EBUSY | libc::EAGAIN)) => {}
            Err(_) => return false,
        }
        if clock::monotonic_ns() > deadline_ns {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_forbidden_or_unknown_means_unsupported() {
        for errno in [libc::ENOSYS, libc::EPERM, libc::EINVAL] {
            let error = ProbeError::new("a step", &io::Error::from_raw_os_error(errno));
            assert_eq!(error, ProbeError::Unsupported { step: "a step", errno });
        }
        for errno in [libc::ENOMEM, libc::EMFILE, libc::ENFILE] {
            let error = ProbeError::new("a step", &io::Error::from_raw_os_error(errno));
            assert_eq!(error, ProbeError::Failed { step: "a step", errno });
            assert!(!error.to_string().contains("seccomp"));
        }
    }
}

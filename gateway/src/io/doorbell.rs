//! Wakes a thread that sleeps, and costs no system call while it is awake.
//!
//! One word tells how things stand, and both sides change it by a single atomic exchange:
//!
//! ```text
//!   AWAKE --announce--> ASLEEP --ring--> RUNG   (this ring, and only this, writes the eventfd)
//!   AWAKE --ring------> RUNG --announce--> AWAKE  (refused: look at your queues again first)
//! ```
//! A ring is therefore never lost, wherever between "queues are empty" and "asleep" it falls.
//! The transports' `wait` sleeps on the same word, so one doorbell wakes for sockets and rings.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec};

const AWAKE: u32 = 0;
const ASLEEP: u32 = 1;
const RUNG: u32 = 2;

/// Alone on its cache lines (two: processors fetch them in pairs), as producers write it.
#[repr(align(128))]
struct State(AtomicU32);

struct Shared {
    state: State,
    wake: Wake,
}

/// What the sleeper sleeps on.
enum Wake {
    Eventfd(OwnedFd),
    /// Also an eventfd, but one that only its `mio::Poll` can wait for.
    Poll(mio::Waker),
}

/// The side of whoever has made work for the sleeper. One per producer.
#[derive(Clone)]
pub struct Doorbell(Arc<Shared>);

/// The side of the one thread that sleeps.
pub struct Sleeper(Arc<Shared>);

impl Doorbell {
    /// Call after the work is visible. One atomic exchange; a system call only if it sleeps.
    pub fn ring(&self) {
        // The exchange is a full barrier on what matters: either the sleeper's `announce` comes
        // later and is refused (and then sees the work), or it came earlier and we see it here.
        if self.0.state.0.swap(RUNG, Ordering::AcqRel) == ASLEEP {
            let woken = match &self.0.wake {
                Wake::Eventfd(fd) => rustix::io::write(fd, &1u64.to_ne_bytes()).is_ok(),
                Wake::Poll(waker) => waker.wake().is_ok(),
            };
            // Our own descriptor, and its count is nowhere near 2^64 - 2.
            assert!(woken, "an eventfd refused a write");
        }
    }
}

impl Sleeper {
    /// A sleeper, awake.
    ///
    /// # Errors
    /// Out of descriptors.
    pub fn new() -> io::Result<Self> {
        // Blocking on purpose: io_uring completes a read of a non-blocking eventfd with EAGAIN
        // instead of waiting. We read it only when poll says there is something.
        let eventfd = rustix::event::eventfd(0, EventfdFlags::CLOEXEC)?;
        Ok(Self::on(Wake::Eventfd(eventfd)))
    }

    /// A sleeper that sleeps in the poll of `waker`; `wait` is not for it.
    pub(super) fn in_poll(waker: mio::Waker) -> Self {
        Self::on(Wake::Poll(waker))
    }

    fn on(wake: Wake) -> Self {
        Self(Arc::new(Shared { state: State(AtomicU32::new(AWAKE)), wake }))
    }

    /// A bell that wakes this sleeper.
    pub fn doorbell(&self) -> Doorbell {
        Doorbell(Arc::clone(&self.0))
    }

    /// "I am about to sleep." `false`: it rang since the last sleep; look for work again instead.
    pub fn announce(&self) -> bool {
        let state = &self.0.state.0;
        if state.compare_exchange(AWAKE, ASLEEP, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            return true;
        }
        state.swap(AWAKE, Ordering::AcqRel);
        false
    }

    /// Takes the announcement back, or ends a sleep: awake again.
    pub fn cancel(&self) {
        // Only ASLEEP is taken back. RUNG stays: that ring has not been looked at yet, and the
        // refused announcement it causes costs one turn.
        let _ = self.0.state.0.compare_exchange(ASLEEP, AWAKE, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Sleeps until the bell rings or `timeout`, whichever is first, and is awake afterwards.
    /// Call only when `announce` said `true`. Answers whether it rang.
    pub fn wait(&self, timeout: Duration) -> bool {
        let timeout = Timespec::try_from(timeout).ok();
        let fd = self.fd();
        let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
        // An interrupted sleep is a short sleep.
        let woken = matches!(rustix::event::poll(&mut fds, timeout.as_ref()), Ok(1..));
        if woken {
            let _ = rustix::io::read(fd, &mut [0u8; 8]);
        }
        self.cancel();
        woken
    }

    /// The eventfd, for a transport that waits for it among its sockets.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match &self.0.wake {
            Wake::Eventfd(fd) => fd.as_fd(),
            Wake::Poll(_) => panic!("this sleeper sleeps in its poll"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    #[test]
    fn a_ring_while_awake_writes_nothing_and_forbids_the_next_sleep() {
        let sleeper = Sleeper::new().unwrap();
        sleeper.doorbell().ring();
        let mut fds = [PollFd::from_borrowed_fd(sleeper.fd(), PollFlags::IN)];
        assert_eq!(rustix::event::poll(&mut fds, Some(&Timespec::default())).unwrap(), 0);
        assert!(!sleeper.announce());
        assert!(sleeper.announce());
    }

    #[test]
    fn a_sleep_nobody_ends_takes_its_timeout() {
        let sleeper = Sleeper::new().unwrap();
        let started = std::time::Instant::now();
        assert!(sleeper.announce());
        assert!(!sleeper.wait(Duration::from_millis(20)));
        assert!(started.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn no_ring_is_lost_between_two_threads() {
        const ROUNDS: u64 = 50_000;
        let sleeper = Sleeper::new().unwrap();
        let bell = sleeper.doorbell();
        let work = Arc::new(AtomicU64::new(0));
        let done = Arc::new(AtomicU64::new(0));
        let (their_work, their_done) = (Arc::clone(&work), Arc::clone(&done));
        let producer = std::thread::spawn(move || {
            for round in 1..=ROUNDS {
                their_work.store(round, Ordering::Release);
                bell.ring();
                while their_done.load(Ordering::Acquire) < round {
                    std::thread::yield_now();
                }
            }
        });
        let mut seen = 0;
        while seen < ROUNDS {
            let now = work.load(Ordering::Acquire);
            if now > seen {
                seen = now;
                done.store(seen, Ordering::Release);
            } else if sleeper.announce() {
                assert!(sleeper.wait(Duration::from_secs(10)), "slept through round {}", seen + 1);
            }
        }
        producer.join().unwrap();
    }
}

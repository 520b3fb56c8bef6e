//! Receive buffers that the kernel picks from: a ring of them, shared by all connections.
//!
//! Normally a buffer comes back within the turn it was filled in, after its bytes were copied to
//! the connection's own buffer. When that one is full, buffers wait in the connection's
//! [`Backlog`], a linked list through two arrays here, so nothing is lost and nothing allocated;
//! `uring.rs` stops the receive at the same time. A spare takes the place of a buffer that waits,
//! so those who do not read take nothing from those who do.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::IoUring;
use io_uring::types::BufRingEntry;

/// One receive takes at most this much, so it is also the unit of fairness between connections.
pub(super) const BUFFER_BYTES: usize = 2048;
/// Buffers offered to the kernel, per connection. More would only spread over more cache.
const OFFERED_EACH: u32 = 2;
/// Buffers in all, per connection: no connection was seen to get more in one enter than this and
/// its own buffer of the default size hold. Several times less would do but for that worst case.
const BUFFERS_EACH: u32 = 32;
/// The only group of the ring.
pub(super) const GROUP: u16 = 0;

/// No buffer: the end of a list.
const NONE: u16 = u16::MAX;

/// Filled buffers of one connection that its own buffer had no room for, oldest first.
#[derive(Clone, Copy)]
pub(super) struct Backlog {
    first: u16,
    last: u16,
}

impl Default for Backlog {
    fn default() -> Self {
        Self { first: NONE, last: NONE }
    }
}

impl Backlog {
    pub(super) fn is_empty(self) -> bool {
        self.first == NONE
    }
}

/// How many buffers there are; both are powers of two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    /// In all.
    pub(super) buffers: u16,
    /// With the kernel, while enough are left. One enter hands out at most these.
    pub(super) offered: u16,
}

impl Counts {
    /// For a transport of so many connections. The kernel takes no ring above 32768.
    pub(super) fn for_connections(connections: u16) -> Self {
        let each = |count: u32| (u32::from(connections) * count).next_power_of_two();
        let buffers = each(BUFFERS_EACH).clamp(256, 1 << 15) as u16;
        Self { buffers, offered: each(OFFERED_EACH).clamp(256, u32::from(buffers)) as u16 }
    }
}

/// The ring and the memory of its buffers.
pub(super) struct Provided {
    ring: Mapping,
    data: Mapping,
    tail: u16,
    /// Per buffer: bytes filled, and the next in its backlog.
    filled: Box<[u16]>,
    next: Box<[u16]>,
    /// Buffers neither with the kernel nor in a backlog.
    spare: Vec<u16>,
    /// With the kernel or just filled by it.
    offered: u16,
    offered_max: u16,
}

impl Provided {
    /// Allocates the buffers and registers them with `ring`. Before `self` is dropped no receive
    /// may be in flight, and the group must be unregistered or the ring dropped.
    pub(super) fn new(ring: &IoUring, counts: Counts) -> io::Result<Self> {
        let Counts { buffers, offered } = counts;
        let count = usize::from(buffers);
        let mut provided = Self {
            ring: Mapping::new(count * size_of::<BufRingEntry>())?,
            data: Mapping::new(count * BUFFER_BYTES)?,
            tail: 0,
            filled: vec![0; count].into(),
            next: vec![NONE; count].into(),
            spare: (0..buffers).rev().collect(),
            offered: 0,
            offered_max: offered,
        };
        let address = provided.ring.start.as_ptr() as u64;
        // WHY: the kernel offers no safe way to share memory.
        // SAFETY: `address` is a page-aligned mapping of exactly `count` entries, which outlives
        // its use by the ring (the caller's duty), and only `give_back` writes to it from here on.
        unsafe { ring.submitter().register_buf_ring_with_flags(address, buffers, GROUP, 0)? };
        provided.offer_spares();
        Ok(provided)
    }

    /// What the kernel has written: the first `bytes` of `buffer`.
    pub(super) fn bytes(&self, buffer: u16, bytes: usize) -> &[u8] {
        assert!(usize::from(buffer) < self.filled.len() && bytes <= BUFFER_BYTES);
        // WHY: the kernel wrote here; a slice over the whole mapping would alias what it still
        // writes to other buffers.
        // SAFETY: in range by the assert, initialised (fresh mappings are zeroed), and not written
        // by the kernel until `give_back`, which needs `&mut self`.
        unsafe {
            let start = self.data.start.as_ptr().add(usize::from(buffer) * BUFFER_BYTES);
            std::slice::from_raw_parts(start, bytes)
        }
    }

    /// Lets the kernel fill `buffer` again.
    pub(super) fn give_back(&mut self, buffer: u16) {
        let mask = self.filled.len() - 1;
        assert!(usize::from(buffer) <= mask);
        let entries: *mut BufRingEntry = self.ring.start.as_ptr().cast();
        // WHY: the ring is shared memory with a layout of the kernel's making.
        // SAFETY: the index is masked into the mapping. The kernel reads an entry only up to the
        // tail it has seen, and this one lies beyond until the Release store below publishes it;
        // the tail overlays a reserved field of entry 0 that the setters do not touch.
        unsafe {
            let entry = &mut *entries.add(usize::from(self.tail) & mask);
            let start = self.data.start.as_ptr().add(usize::from(buffer) * BUFFER_BYTES);
            entry.set_addr(start as u64);
            entry.set_len(BUFFER_BYTES as u32);
            entry.set_bid(buffer);
            self.tail = self.tail.wrapping_add(1);
            let tail: *const AtomicU16 = BufRingEntry::tail(entries).cast();
            (*tail).store(self.tail, Ordering::Release);
        }
    }

    /// Offers the kernel what it may have.
    fn offer_spares(&mut self) {
        while self.offered < self.offered_max {
            let Some(buffer) = self.spare.pop() else { break };
            self.offered += 1;
            self.give_back(buffer);
        }
    }

    /// Keeps a filled buffer for later, behind those already in `backlog`.
    pub(super) fn keep(&mut self, backlog: &mut Backlog, buffer: u16, bytes: usize) {
        self.filled[usize::from(buffer)] = bytes as u16;
        self.next[usize::from(buffer)] = NONE;
        if backlog.is_empty() {
            backlog.first = buffer;
        } else {
            self.next[usize::from(backlog.last)] = buffer;
        }
        backlog.last = buffer;
        self.offered -= 1;
        self.offer_spares();
    }

    /// The oldest bytes kept in `backlog`.
    pub(super) fn oldest(&self, backlog: Backlog) -> Option<&[u8]> {
        let bytes = *self.filled.get(usize::from(backlog.first))?;
        Some(self.bytes(backlog.first, usize::from(bytes)))
    }

    /// Drops the oldest buffer of `backlog` and gives it back.
    pub(super) fn forget_oldest(&mut self, backlog: &mut Backlog) {
        let buffer = backlog.first;
        if let Some(&next) = self.next.get(usize::from(buffer)) {
            backlog.first = next;
            self.spare.push(buffer);
            self.offer_spares();
        }
    }

    /// Whether the kernel has any buffer left, once all completions are worked off. To receive
    /// without one would only fail again.
    pub(super) fn any_left(&self) -> bool {
        self.offered > 0
    }
}

/// Zeroed pages of our own.
struct Mapping {
    start: NonNull<u8>,
    bytes: usize,
}

// WHY: the raw pointer hides that this is plain owned memory.
// SAFETY: nothing but this value (and the kernel) knows the pages; there is no thread affinity.
unsafe impl Send for Mapping {}

impl Mapping {
    fn new(bytes: usize) -> io::Result<Self> {
        let (access, kind) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // WHY: the kernel wants a ring to start on a page; the allocator promises none.
        // SAFETY: an anonymous mapping at an address of the kernel's choice touches no memory
        // that exists.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, kind, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, bytes })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // WHY: pages from mmap go back by munmap.
        // SAFETY: exactly what `new` mapped; all slices into it borrow `Provided` and are gone.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backlog_gives_its_buffers_back_oldest_first() {
        let Ok(ring) = IoUring::new(8) else {
            eprintln!("SKIPPED: io_uring is not available here");
            return;
        };
        let mut provided = Provided::new(&ring, Counts { buffers: 4, offered: 2 }).unwrap();
        let (mut one, mut other) = (Backlog::default(), Backlog::default());
        provided.keep(&mut one, 2, 10);
        provided.keep(&mut other, 1, 11);
        provided.keep(&mut one, 0, 12);
        assert!(provided.any_left());
        provided.keep(&mut one, 3, 13);
        assert!(!provided.any_left());
        for bytes in [10, 12, 13] {
            assert_eq!(provided.oldest(one).unwrap().len(), bytes);
            provided.forget_oldest(&mut one);
        }
        assert!(one.is_empty() && provided.oldest(one).is_none());
        assert_eq!(provided.oldest(other).unwrap().len(), 11);
        // One is still kept, one is spare, and the kernel has as many as it may.
        assert_eq!((provided.spare.len(), provided.offered), (1, 2));
        drop(ring);
    }
}

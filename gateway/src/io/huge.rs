//! Large memory on huge pages: what the binaries use as global allocator.
//!
//! An engine's tables are tens of megabytes and are read at random. On pages of 4 KiB nearly every read
//! then also misses the TLB, and on a virtual machine that costs more than the read. Allocations of
//! 4 MiB and more are mapped for themselves, on 2 MiB boundaries, with a hint to the kernel; all others
//! are the system allocator's. Without huge pages nothing but speed is lost.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a huge page.
const HUGE_BYTES: usize = 2 << 20;
/// Smaller allocations are left to the system.
const LARGE_BYTES: usize = 4 << 20;

/// From this size on the system's allocator maps memory for itself, and nothing of it is resident before it is
/// used: else it clears what it has cut from its heap, half of the buffers of a connection that may never come.
const MAPPED_BYTES: usize = 64 << 10;

/// Has the system's allocator leave buffers alone that were never used. Once, at the start of the process.
pub fn map_buffers() {
    // WHY: a threshold that is not set rises with the first larger buffer that is given back.
    // SAFETY: sets a number of the allocator, before there is a second thread.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_BYTES as libc::c_int)
    };
}

/// The allocator: `#[global_allocator] static MEMORY: HugePages = HugePages;`
pub struct HugePages;

/// Mapped for itself.
const fn is_large(layout: Layout) -> bool {
    layout.size() >= LARGE_BYTES && layout.align() <= HUGE_BYTES
}

/// A mapping of whole huge pages, all zero; null: no memory.
fn map(bytes: usize) -> *mut u8 {
    let Some(length) = bytes.checked_next_multiple_of(HUGE_BYTES) else { return null_mut() };
    let Some(wide) = length.checked_add(HUGE_BYTES) else { return null_mut() };
    let (access, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // WHY: only a mapping of its own can be aligned and given the hint.
    // SAFETY: a new anonymous mapping; nothing else is touched. What is given back at both ends lies
    // within it and outside of what is returned.
    unsafe {
        let start = libc::mmap(null_mut(), wide, access, kind, -1, 0);
        if start == libc::MAP_FAILED {
            return null_mut();
        }
        let before = start.align_offset(HUGE_BYTES);
        let aligned = start.byte_add(before);
        if before > 0 {
            libc::munmap(start, before);
        }
        if before < HUGE_BYTES {
            libc::munmap(aligned.byte_add(length), HUGE_BYTES - before);
        }
        libc::madvise(aligned, length, libc::MADV_HUGEPAGE); // A hint: refused, nothing is lost.
        aligned.cast()
    }
}

// WHY: the trait is how Rust programs choose their allocator.
// SAFETY: large layouts are mapped and unmapped whole, by the same rule in both directions; all others
// are passed on unchanged. What is large before or after `realloc` is allocated, copied and freed.
unsafe impl GlobalAlloc for HugePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_large(layout) {
            return map(layout.size());
        }
        // WHY/SAFETY: the caller's promises, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_large(layout) {
            return map(layout.size()); // New mappings are zero.
        }
        // WHY/SAFETY: the caller's promises, passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if is_large(layout) {
            let length = layout.size().next_multiple_of(HUGE_BYTES);
            // WHY: it was mapped for itself.
            // SAFETY: `memory` came from `map` with this size, so the mapping is exactly this long.
            unsafe { libc::munmap(memory.cast(), length) };
            return;
        }
        // WHY/SAFETY: the caller's promises, passed on.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // WHY: small memory that stays small may grow where it is.
        // SAFETY: the caller promises that `size`, rounded up to the alignment, fits an `isize`; the
        // regions are distinct, and no more is copied than both have.
        unsafe {
            let other = Layout::from_size_align_unchecked(size, layout.align());
            if !is_large(layout) && !is_large(other) {
                return System.realloc(memory, layout, size);
            }
            let moved = self.alloc(other);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(memory, size.min(layout.size()));
                self.dealloc(memory, layout);
            }
            moved
        }
    }
}

/// The same allocator for programs that say how often they allocate.
pub struct Counted;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

impl Counted {
    /// Allocations of this process so far, if this is its allocator.
    pub fn allocations() -> u64 {
        ALLOCATIONS.load(Ordering::Relaxed)
    }
}

// WHY: only the allocator sees every allocation.
// SAFETY: every call is passed on unchanged to an allocator that keeps the contract.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // WHY/SAFETY: the caller's promises, passed on.
        unsafe { HugePages.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // WHY/SAFETY: the caller's promises, passed on.
        unsafe { HugePages.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // WHY/SAFETY: the caller's promises, passed on.
        unsafe { HugePages.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // WHY/SAFETY: the caller's promises, passed on.
        unsafe { HugePages.realloc(memory, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_grows_and_shrinks_keeps_what_it_held() {
        let small = Layout::from_size_align(4096, 8).unwrap();
        // SAFETY: every size is the one before `realloc` gave; written and read within it.
        unsafe {
            let mut memory = HugePages.alloc(small);
            memory.write(7);
            let mut size = small.size();
            for next in [8192, LARGE_BYTES, 2 * LARGE_BYTES, 100] {
                let layout = Layout::from_size_align(size, 8).unwrap();
                memory = HugePages.realloc(memory, layout, next);
                assert_eq!(memory.read(), 7);
                size = next;
            }
            HugePages.dealloc(memory, Layout::from_size_align(size, 8).unwrap());
        }
    }

    #[test]
    fn large_memory_is_aligned_zero_and_goes_back_whole() {
        let layout = Layout::from_size_align(LARGE_BYTES + 4096, 64).unwrap();
        for _ in 0..100 {
            // SAFETY: allocated and freed with one layout; written within it.
            unsafe {
                let memory = HugePages.alloc_zeroed(layout);
                assert_eq!(memory.align_offset(HUGE_BYTES), 0);
                let (first, last) = (memory, memory.add(layout.size() - 1));
                assert_eq!((*first, *last), (0, 0));
                (*first, *last) = (1, 1);
                HugePages.dealloc(memory, layout);
            }
        }
    }
}

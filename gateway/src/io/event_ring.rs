//! One writer, many readers, every reader sees every event: a ring of `Copy` values in place.
//!
//! Each reader has its own cursor and takes its own time; the writer may not pass the slowest, so
//! it asks `free` before it makes events. An event is made in its slot, and not copied to be read: `peek` borrows the slot and
//! `release` gives it up. Both ends may be on one thread or on different ones. Readers are made
//! with the ring; one that is dropped no longer holds the writer up.
//!
//! ```text
//!            released by all        published         being written
//!   ... | free                | a b c d e f g h         | i | free ...
//!                               ^slowest  ^faster         ^tail
//! ```
//! Checked by loom: `RUSTFLAGS="--cfg loom" cargo test -p gateway --release --lib event_ring`.

#[cfg(loom)]
use loom::{
    cell::UnsafeCell,
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering},
};
#[cfg(not(loom))]
use std::{
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering},
};

/// The standard cell, in the shape loom's has.
#[cfg(not(loom))]
struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T> UnsafeCell<T> {
    fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.0.get())
    }

    fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }
}

/// The cursor of a reader that is gone: beyond every position there will ever be.
const GONE: u64 = u64::MAX;

/// A position only one side writes, alone on its cache lines (two: they are fetched in pairs).
#[repr(align(128))]
struct Cursor(AtomicU64);

impl Cursor {
    fn new() -> Self {
        Self(AtomicU64::new(0))
    }
}

struct Shared<T> {
    slots: Box<[UnsafeCell<T>]>,
    /// Events published since the start. The slot of event `n` is `n % slots`.
    tail: Cursor,
    /// Per reader: events released since the start.
    readers: Box<[Cursor]>,
}

// WHY: the cells are shared between the writer's thread and the readers'.
// SAFETY: a slot is written only while no reader may look at it (it is at or beyond `tail`, and
// every reader has released what was there), and read only between `tail`'s Release store and the
// reader's own Release of it. `T: Sync` because several readers look at one slot at once.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}
// WHY, SAFETY: as above; moving the whole ring moves the values in it.
unsafe impl<T: Send + Sync> Send for Shared<T> {}

impl<T> Shared<T> {
    fn slot(&self, position: u64) -> &UnsafeCell<T> {
        // A power of two of slots, so the mask is in range.
        &self.slots[position as usize & (self.slots.len() - 1)]
    }
}

/// The end that makes events.
pub struct EventWriter<T> {
    ring: Arc<Shared<T>>,
    /// Events published.
    written: u64,
    /// Where the slowest reader was when last looked at; it can only be further by now.
    slowest: u64,
}

/// One of the ends that see all events.
pub struct EventReader<T> {
    ring: Arc<Shared<T>>,
    number: usize,
    released: u64,
    /// `tail` when last looked at.
    published: u64,
}

/// A ring of `capacity` slots (a power of two) that begin as `empty`, its writer and `readers` readers
/// (at least one).
///
/// # Panics
/// Another capacity, or no reader: the ring would never free a slot.
pub fn event_ring<T: Copy + Send + Sync>(
    capacity: usize,
    readers: usize,
    empty: T,
) -> (EventWriter<T>, Vec<EventReader<T>>) {
    assert!(capacity.is_power_of_two(), "the capacity of a ring is a power of two");
    assert!(readers > 0, "a ring needs a reader");
    let ring = Arc::new(Shared {
        slots: (0..capacity).map(|_| UnsafeCell::new(empty)).collect(),
        tail: Cursor::new(),
        readers: (0..readers).map(|_| Cursor::new()).collect(),
    });
    let reader =
        |number| EventReader { ring: Arc::clone(&ring), number, released: 0, published: 0 };
    let readers = (0..readers).map(reader).collect();
    (EventWriter { ring, written: 0, slowest: 0 }, readers)
}

impl<T: Copy> EventWriter<T> {
    /// Slots that may be written now; looks at every reader, so ask once for many.
    pub fn free(&mut self) -> usize {
        let cursors = self.ring.readers.iter();
        // Acquire: what a reader did with a slot is over before we write there.
        let slowest = cursors.map(|cursor| cursor.0.load(Ordering::Acquire)).min();
        self.slowest = slowest.unwrap_or(GONE).min(self.written);
        self.capacity() - (self.written - self.slowest) as usize
    }

    /// The next slot, to be written in place; readers see it after `publish`. Until then it is the same.
    ///
    /// # Panics
    /// The ring is full: the caller did not ask `free`.
    #[inline]
    pub fn slot(&mut self) -> &mut T {
        let full = self.written - self.slowest == self.capacity() as u64;
        assert!(!full || self.free() > 0, "wrote to a full event ring");
        self.ring.slot(self.written).with_mut(|slot| {
            // WHY: an event is made where it is read, not copied there.
            // SAFETY: every reader has released what was here (`slowest`, seen by Acquire), and none
            // looks here before `publish`, which cannot be called while this borrow lives. We are the
            // only writer.
            unsafe { &mut *slot }
        })
    }

    /// Shows the readers what was written to the slot.
    #[inline]
    pub fn publish(&mut self) {
        assert!(
            self.written - self.slowest < self.capacity() as u64,
            "published what was not written"
        );
        self.written += 1;
        self.ring.tail.0.store(self.written, Ordering::Release);
    }

    /// Writes one event and publishes it.
    ///
    /// # Panics
    /// The ring is full: the caller did not ask `free`.
    pub fn push(&mut self, event: &T) {
        *self.slot() = *event;
        self.publish();
    }

    /// Slots in all.
    pub fn capacity(&self) -> usize {
        self.ring.slots.len()
    }
}

impl<T: Copy> EventReader<T> {
    /// The oldest event not released, if any is published.
    pub fn peek(&mut self) -> Option<&T> {
        if self.released == self.published {
            self.published = self.ring.tail.0.load(Ordering::Acquire);
            if self.released == self.published {
                return None;
            }
        }
        Some(self.ring.slot(self.released).with(|slot| {
            // WHY: the slot is read in place, while other readers may do the same.
            // SAFETY: written before the Release of `tail` that our Acquire has seen, and not
            // written again before our `release`, which cannot be called while this borrow lives.
            unsafe { &*slot }
        }))
    }

    /// Gives up the event that `peek` shows.
    ///
    /// # Panics
    /// There is none.
    pub fn release(&mut self) {
        assert!(self.released < self.published, "released an event that was never seen");
        self.released += 1;
        self.ring.readers[self.number].0.store(self.released, Ordering::Release);
    }

    /// Events published and not released.
    pub fn len(&self) -> usize {
        (self.ring.tail.0.load(Ordering::Acquire) - self.released) as usize
    }

    /// Whether there is nothing to `peek`.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Drop for EventReader<T> {
    fn drop(&mut self) {
        self.ring.readers[self.number].0.store(GONE, Ordering::Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn on_one_thread_the_slowest_reader_holds_the_writer_up() {
        let (mut writer, mut readers) = event_ring::<u64>(4, 2, 0);
        assert_eq!(writer.free(), 4);
        *writer.slot() = 0;
        assert!(readers[0].is_empty() && readers[0].peek().is_none(), "seen before published");
        writer.publish();
        for event in 1..4 {
            writer.push(&event);
        }
        assert_eq!((writer.free(), readers[1].len()), (0, 4));
        for expected in 0..4 {
            assert_eq!(readers[0].peek(), Some(&expected));
            readers[0].release();
        }
        assert_eq!(writer.free(), 0);
        assert_eq!(readers[1].peek(), Some(&0));
        readers[1].release();
        assert_eq!(writer.free(), 1);
    }

    #[test]
    fn a_reader_that_is_gone_holds_nobody_up() {
        let (mut writer, mut readers) = event_ring::<u64>(2, 2, 0);
        readers.pop();
        for event in 0..100 {
            assert!(writer.free() > 0);
            writer.push(&event);
            assert_eq!(readers[0].peek(), Some(&event));
            readers[0].release();
        }
        readers.pop();
        writer.push(&1);
        assert_eq!(writer.free(), 2);
    }

    #[test]
    #[should_panic(expected = "full event ring")]
    fn pushing_to_a_full_ring_is_a_bug() {
        let (mut writer, _readers) = event_ring::<u64>(2, 1, 0);
        (0..3).for_each(|event| writer.push(&event));
    }

    #[test]
    fn two_readers_on_their_own_threads_see_every_event_whole_and_in_order() {
        const EVENTS: u64 = 300_000;
        let (mut writer, readers) = event_ring::<[u64; 8]>(64, 2, [0; 8]);
        let threads: Vec<_> = readers
            .into_iter()
            .map(|mut reader| {
                std::thread::spawn(move || {
                    let mut next = 0;
                    while next < EVENTS {
                        match reader.peek() {
                            Some(event) => {
                                assert_eq!(*event, [next; 8]);
                                reader.release();
                                next += 1;
                            }
                            None => std::thread::yield_now(),
                        }
                    }
                })
            })
            .collect();
        let mut next = 0;
        while next < EVENTS {
            let room = (writer.free() as u64).min(EVENTS - next).min(7);
            (next..next + room).for_each(|event| writer.push(&[event; 8]));
            next += room;
            if room == 0 {
                std::thread::yield_now();
            }
        }
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;

    /// Releases up to `looks` events, which must be whole and follow on `next`; the next one.
    fn read(reader: &mut EventReader<[u64; 2]>, mut next: u64, looks: usize) -> u64 {
        for _ in 0..looks {
            if let Some(event) = reader.peek() {
                assert_eq!(*event, [next; 2]);
                reader.release();
                next += 1;
            }
        }
        next
    }

    /// A writer that tries `tries` times to push, and one reader thread per entry of `looks`, in
    /// every interleaving. Nobody waits for anybody: loom could not get to the end of a spin.
    /// Afterwards the readers must find all the rest; a reader of `drops` is gone by then.
    fn explore(capacity: usize, tries: usize, looks: &'static [usize], drops: &'static [usize]) {
        loom::model(move || {
            let (mut writer, readers) = event_ring::<[u64; 2]>(capacity, looks.len(), [0; 2]);
            let start = |(mut reader, &looks): (EventReader<[u64; 2]>, &'static usize)| {
                loom::thread::spawn(move || {
                    let next = read(&mut reader, 0, looks);
                    (!drops.contains(&reader.number)).then_some((reader, next))
                })
            };
            let threads: Vec<_> = readers.into_iter().zip(looks).map(start).collect();
            let mut written = 0;
            for _ in 0..tries {
                if writer.free() > 0 {
                    writer.push(&[written; 2]);
                    written += 1;
                }
            }
            assert!(written >= tries.min(capacity) as u64, "a free ring refused an event");
            for thread in threads {
                if let Some((mut reader, next)) = thread.join().unwrap() {
                    assert_eq!(reader.len() as u64, written - next);
                    assert_eq!(read(&mut reader, next, tries), written);
                    assert!(reader.is_empty());
                }
            }
            assert_eq!(writer.free(), capacity);
        });
    }

    #[test]
    fn a_reader_sees_every_event_whole_while_the_ring_goes_round() {
        explore(2, 4, &[3], &[]);
    }

    #[test]
    fn two_readers_see_the_same_events_at_their_own_pace() {
        explore(1, 2, &[2, 1], &[]);
    }

    #[test]
    fn a_reader_that_leaves_frees_its_slots_and_spoils_none() {
        explore(1, 2, &[1, 1], &[1]);
    }
}

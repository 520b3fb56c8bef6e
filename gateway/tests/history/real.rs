//! On the disk of this host: the same bytes as on the simulated one, and no allocation for a message.

use crate::common::*;
use gateway::history::{History, HistoryReader, Limit, Settings};
use gateway::io::RealDisk;
use gateway::io::sim_disk::SimDisk;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::{Path, PathBuf};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: hands everything to the system's allocator; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: as the trait asks.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }
    // SAFETY: as the trait asks.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("history-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

#[test]
fn a_message_costs_no_allocation() {
    let data = directory("allocations");
    let mut history = History::open(RealDisk, &data, Settings::new(7, 1)).unwrap();
    history.begin_at(1).unwrap();
    let mut put = |up_to| {
        while history.next_seq() <= up_to {
            history.put(told(&market(1, history.next_seq())));
            if history.next_seq().is_multiple_of(100) {
                history.flush().unwrap();
            }
        }
    };
    assert!(allocations(|| put(99)) > 0, "the counter counts: a file is made");
    assert_eq!(allocations(|| put(100_000)), 0);
    let mut reader = HistoryReader::open(RealDisk, &data);
    let limit = Limit { messages: 1000, bytes: 1 << 20 };
    let (mut next, mut bytes) = (1, 0);
    next += reader.read(next, limit, |stored| bytes += stored.message.len()).unwrap();
    let read = || {
        while next < 99_001 {
            next += reader.read(next, limit, |stored| bytes += stored.message.len()).unwrap();
        }
    };
    // Its index grows now and then as it learns.
    assert!(allocations(read) < 10);
    assert!(next > 99_000 && bytes > 0);
    std::fs::remove_dir_all(&data).unwrap();
}

#[test]
fn this_hosts_disk_has_the_same_bytes_in_every_life() {
    let (data, seed) = (directory("lives"), 2);
    let sim = SimDisk::new(seed);
    let mut ideal = begun(&sim, settings(seed), 1).unwrap();
    (1..=3000).for_each(|seq| ideal.put(told(&market(seed, seq))));
    ideal.sync().unwrap();
    for (begin, up_to) in [(1, 2000), (1500, 2500), (1, 700), (701, 3000)] {
        let mut history = History::open(RealDisk, &data, settings(seed)).unwrap();
        history.begin_at(begin).unwrap();
        (begin..=up_to).for_each(|seq| history.put(told(&market(seed, seq))));
        history.sync().unwrap();
    }
    let mut names = 0;
    for entry in std::fs::read_dir(data.join("feed")).unwrap() {
        let path = entry.unwrap().path();
        let same = Path::new("data/feed").join(path.file_name().unwrap());
        assert!(sim.contents(&same) == Some(std::fs::read(&path).unwrap()), "{}", path.display());
        names += 1;
    }
    assert!(names > 4);
    let mut history = History::open(RealDisk, &data, settings(seed)).unwrap();
    history.begin_at(3001).unwrap();
    assert!(history.forget_before(3001).unwrap() > 2);
    assert!(history.first_seq() > 1);
    std::fs::remove_dir_all(&data).unwrap();
}

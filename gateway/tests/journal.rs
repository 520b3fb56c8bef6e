//! The journal on a real disk: what was committed comes back, torn tails are cut, rot is refused.
//! `journal/crash.rs`: the same on a disk that fails in every way, over thousands of seeds.
//! `journal/refusals.rs`: every reason not to start, and its words.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

#[path = "journal/crash.rs"]
mod crash;
#[path = "journal/refusals.rs"]
mod refusals;
#[path = "journal/world.rs"]
mod world;

use engine::{AppendError, CommandBuffer, Log, LogEvent};
use gateway::io::RealDisk;
use gateway::journal::{Durability, Journal, OpenError, SEGMENT_BYTES, Settings};
use sbe_schemas::header::Message;
use sbe_schemas::journal::Tick;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("journal-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    path
}

/// A keeper that its journal has left may still be at its last segment.
fn remove(path: &Path) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while let Err(error) = fs::remove_dir_all(path) {
        assert!(Instant::now() < deadline, "{}: {error}", path.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn try_open(path: &Path, durability: Durability) -> Result<Journal, OpenError> {
    let mut journal = Journal::open(RealDisk, path, Settings::new(1, durability), None)?;
    journal.keep_on_thread();
    journal.write_on_thread();
    Ok(journal)
}

fn open(path: &Path, durability: Durability) -> Journal {
    try_open(path, durability).unwrap()
}

/// Polls up to `Leading`; returns the sequence after the last batch replayed.
fn lead(journal: &mut Journal) -> (u64, u64) {
    let mut next = 1;
    loop {
        match journal.poll() {
            LogEvent::Restore(snapshot) => assert!(snapshot.is_empty()),
            LogEvent::Committed(batch) => {
                assert_eq!(batch.header.first_seq.get(), next);
                next = batch.end_seq();
                journal.release();
            }
            LogEvent::Leading { term } => return (next, term),
            LogEvent::Following | LogEvent::Nothing => panic!("a local journal leads at once"),
        }
    }
}

fn append(journal: &mut Journal, commands: u32, time: u64) {
    let mut buffer = CommandBuffer::new();
    (0..commands).for_each(|_| assert!(buffer.push(&Tick::ZERO)));
    let deadline = Instant::now() + Duration::from_secs(10);
    while journal.append(&buffer, time) == Err(AppendError::Full) {
        journal.turn(0);
        while let LogEvent::Committed(_) = journal.poll() {
            journal.release();
        }
        assert!(Instant::now() < deadline, "the journal takes nothing");
        std::thread::yield_now();
    }
}

fn drain(journal: &mut Journal) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while journal.is_busy() {
        journal.turn(0);
        while let LogEvent::Committed(_) = journal.poll() {
            journal.release();
        }
        assert!(Instant::now() < deadline, "the journal never commits");
    }
}

fn first_segment(path: &Path) -> PathBuf {
    path.join("journal/000000000000.log")
}

fn flip(path: &Path, at: u64) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
}

#[test]
fn what_was_committed_comes_back_and_the_term_rises() {
    for durability in [Durability::Disk, Durability::Process, Durability::None] {
        let path = directory(durability.name());
        for life in 1..=3 {
            let mut journal = open(&path, durability);
            assert_eq!(lead(&mut journal), ((life - 1) * 30 + 1, life));
            (0..10).for_each(|n| append(&mut journal, 3, life * 100 + n));
            drain(&mut journal);
            let mut reader = journal.reader(None);
            let mut read = 1;
            while let Some(batch) = reader.next_batch().unwrap() {
                assert_eq!(batch.header.first_seq.get(), read);
                read = batch.end_seq();
            }
            assert_eq!(read, life * 30 + 1, "a reader follows to the last committed");
        }
        remove(&path);
    }
}

#[test]
fn a_log_longer_than_a_segment_goes_on_in_the_next() {
    let path = directory("segments");
    let batches = SEGMENT_BYTES / (64 << 10) + 50;
    {
        let mut journal = open(&path, Durability::None);
        lead(&mut journal);
        (0..batches).for_each(|n| append(&mut journal, 1000, n));
        drain(&mut journal);
    }
    // A segment was made by a life that died before it wrote there, and then somebody cut it short.
    fs::write(path.join("journal/000000000002.log"), vec![7; 100]).unwrap();
    let mut journal = open(&path, Durability::None);
    assert_eq!(lead(&mut journal).0, batches * 1000 + 1);
    (0..batches).for_each(|n| append(&mut journal, 1000, 1_000_000 + n));
    drain(&mut journal);
    let mut reader = journal.reader(None);
    let mut read = 1;
    while let Some(batch) = reader.next_batch().unwrap() {
        read = batch.end_seq();
    }
    assert_eq!(read, batches * 2000 + 1);
    drop(journal);
    assert_eq!(lead(&mut open(&path, Durability::None)).0, batches * 2000 + 1);
    remove(&path);
}

#[test]
fn a_torn_last_batch_is_cut_and_said() {
    let path = directory("torn");
    {
        let mut journal = open(&path, Durability::Process);
        lead(&mut journal);
        (0..3).for_each(|n| append(&mut journal, 3, n));
    }
    flip(&first_segment(&path), 2 * 4096 + 70);
    let mut journal = open(&path, Durability::Process);
    assert_eq!(journal.recovered().commands, 6);
    assert!(journal.recovered().torn_bytes > 0);
    assert_eq!(lead(&mut journal).0, 7);
    append(&mut journal, 1, 10);
    drop(journal);
    assert_eq!(lead(&mut open(&path, Durability::Process)).0, 8);
    remove(&path);
}

#[test]
fn rot_in_what_was_acknowledged_is_refused_and_changes_nothing() {
    let path = directory("rot");
    {
        let mut journal = open(&path, Durability::Process);
        lead(&mut journal);
        (0..3).for_each(|n| append(&mut journal, 3, n));
    }
    flip(&first_segment(&path), 4096 + 70);
    let before = fs::read(first_segment(&path)).unwrap();
    let Err(OpenError::Rot { seq, .. }) = try_open(&path, Durability::Process) else {
        panic!("rot was not seen");
    };
    assert_eq!(seq, 4);
    assert!(before == fs::read(first_segment(&path)).unwrap());
    remove(&path);
}

#[test]
fn a_newer_version_is_refused_with_words() {
    let path = directory("version");
    {
        let mut journal = open(&path, Durability::Process);
        lead(&mut journal);
        append(&mut journal, 3, 1);
    }
    flip(&first_segment(&path), 4); // 2 becomes 18.
    let error = try_open(&path, Durability::Process).err().expect("refused");
    assert!(error.to_string().contains("newer than version"), "{error}");
    remove(&path);
}

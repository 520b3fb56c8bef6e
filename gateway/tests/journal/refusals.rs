//! Every reason not to start, or to stop, with its words: they say which file and what to do, and a
//! refused log is left as it was.

use super::world::{SMALL_SEGMENT, data, tail_after};
use engine::log::{BATCH_VERSION, Tail};
use engine::{AppendError, CommandBuffer, Log, LogEvent};
use gateway::io::sim_disk::{Fault, SimDisk};
use gateway::io::{Access, Disk, DiskFile};
use gateway::journal::{Begin, Durability, Journal, Keeper, OpenError, Settings};
use sbe_schemas::header::Message;
use sbe_schemas::journal::Tick;
use std::path::PathBuf;

fn settings(partition: u32) -> Settings {
    Settings { partition, durability: Durability::Disk, segment_bytes: SMALL_SEGMENT }
}

fn segment(number: u64) -> PathBuf {
    data().join("journal").join(format!("{number:012}.log"))
}

fn open(disk: &SimDisk, begin: Option<Tail>) -> Result<Journal<SimDisk>, OpenError> {
    let begin = begin.map(|tail| Begin { tail, snapshot: b"snapshot".to_vec() });
    Journal::open(disk.clone(), &data(), settings(1), begin)
}

/// A journal that leads, with its keeper.
fn lead(disk: &SimDisk, begin: Option<Tail>) -> (Journal<SimDisk>, Keeper<SimDisk>) {
    let mut journal = open(disk, begin).unwrap();
    let keeper = journal.keeper();
    loop {
        match journal.poll() {
            LogEvent::Leading { .. } => return (journal, keeper),
            LogEvent::Committed(_) => journal.release(),
            _ => {}
        }
    }
}

/// Appends a batch of 4 blocks and carries it to the device; the tail behind it. `None`: no segment.
fn append(journal: &mut Journal<SimDisk>) -> Option<Tail> {
    let mut commands = CommandBuffer::new();
    (0..200).for_each(|_| assert!(commands.push(&Tick::ZERO)));
    match journal.append(&commands, 1) {
        Err(AppendError::Full) => return None,
        taken => taken.unwrap(),
    }
    let write = journal.next_write().unwrap();
    journal.on_written(write.run());
    let LogEvent::Committed(batch) = journal.poll() else { panic!("it is on the device") };
    let tail = tail_after(&batch);
    journal.release();
    Some(tail)
}

/// A log of 23 batches in five segments, five batches each; and the tail behind each batch.
fn log() -> (SimDisk, Vec<Tail>) {
    let disk = SimDisk::new(1);
    let (mut journal, mut keeper) = lead(&disk, None);
    let mut tails = Vec::new();
    while tails.len() < 23 {
        keeper.turn().unwrap();
        tails.extend(append(&mut journal));
    }
    disk.crash();
    (disk, tails)
}

/// What it says; and it has changed nothing.
fn refused(disk: &SimDisk, begin: Option<Tail>) -> (OpenError, String) {
    let all = |disk: &SimDisk| -> Vec<_> { (0..9).map(|n| disk.contents(&segment(n))).collect() };
    let before = all(disk);
    let error = open(disk, begin).err().expect("refused");
    assert!(before == all(disk), "a refused log was changed");
    let words = error.to_string();
    assert!(words.contains("data/journal/"), "it says which file: {words}");
    (error, words)
}

fn remove(disk: &SimDisk, number: u64) {
    disk.remove(&segment(number)).unwrap();
}

#[test]
fn the_log_itself_opens_from_the_beginning_and_from_every_snapshot() {
    let (disk, tails) = log();
    assert_eq!(open(&disk, None).unwrap().recovered().commands, 23 * 200);
    for (n, tail) in tails.iter().enumerate() {
        let recovered = open(&disk, Some(*tail)).unwrap().recovered();
        assert_eq!((recovered.commands, recovered.replayed), (4600, 4600 - 200 * (n as u64 + 1)));
    }
}

#[test]
fn what_is_below_the_snapshot_is_not_read() {
    let (disk, tails) = log();
    disk.flip(&segment(0), 5000, 1);
    disk.flip(&segment(1), 5000, 1);
    remove(&disk, 0);
    assert_eq!(open(&disk, Some(tails[12])).unwrap().recovered().replayed, 2000);
    assert_eq!(open(&disk, Some(tails[7])).unwrap().recovered().replayed, 3000);
    let (error, _) = refused(&disk, Some(tails[4]));
    assert!(matches!(error, OpenError::Rot { path, .. } if path == segment(1)), "now it is");
    let (error, _) = refused(&disk, Some(tails[3]));
    assert!(matches!(error, OpenError::BeginsLater { .. }));
}

#[test]
fn a_missing_segment() {
    let (disk, tails) = log();
    remove(&disk, 2);
    for begin in [None, Some(tails[3]), Some(tails[11])] {
        let (error, words) = refused(&disk, begin);
        assert!(matches!(error, OpenError::Missing { path } if path == segment(2)), "{words}");
        assert!(words.contains("is missing") && words.contains("Restore it from a copy"));
    }
    assert!(open(&disk, Some(tails[16])).is_ok(), "a snapshot beyond it does without");
}

#[test]
fn no_journal_behind_a_snapshot() {
    let (disk, tails) = log();
    (0..9).filter(|n| disk.contents(&segment(*n)).is_some()).for_each(|n| remove(&disk, n));
    let (error, _) = refused(&disk, Some(tails[11]));
    assert!(matches!(error, OpenError::Missing { path } if path == segment(2)));
}

#[test]
fn a_log_that_begins_after_the_snapshot_or_without_one() {
    let (disk, tails) = log();
    (0..3).for_each(|number| remove(&disk, number));
    for (begin, needed, first) in [(None, 0, 1), (Some(tails[6]), 1, 1401)] {
        let (error, words) = refused(&disk, begin);
        assert!(
            matches!(&error, OpenError::BeginsLater { path, needed: n, seq }
                if (path, n, *seq) == (&segment(3), &segment(needed), first)),
            "{words}"
        );
        assert!(words.contains("begins here") && words.contains("snapshot that reaches further"));
    }
}

#[test]
fn the_log_of_another_partition() {
    let (disk, _) = log();
    let error = Journal::open(disk, &data(), settings(7), None).err().expect("refused");
    let words = error.to_string();
    assert!(matches!(error, OpenError::Partition { seen: 1, expected: 7, .. }), "{words}");
    assert!(words.contains("log of partition 1") && words.contains("000000000000.log"), "{words}");
}

#[test]
fn a_disk_that_takes_no_writes() {
    let (disk, _) = log();
    disk.set_read_only(true);
    let (error, words) = refused(&disk, None);
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{words}");
    assert!(words.contains("cannot be written") && words.contains("for writing"), "{words}");
}

#[test]
fn an_older_and_a_newer_version() {
    for (version, word) in [(BATCH_VERSION - 1, "older"), (BATCH_VERSION + 1, "newer")] {
        let (disk, _) = log();
        let file = disk.open(&segment(1), Access::Write).unwrap();
        file.write_durable_at(&version.to_le_bytes(), 4).unwrap();
        let (error, words) = refused(&disk, None);
        assert!(matches!(error, OpenError::Version { seen, .. } if seen == version), "{words}");
        assert!(words.contains(word) && words.contains("Start the program that wrote it"));
    }
}

#[test]
fn rot_in_what_was_acknowledged() {
    let (disk, tails) = log();
    disk.flip(&segment(2), 3 * 4096 + 99, 3);
    for (begin, also) in [(None, false), (Some(tails[9]), true), (Some(tails[8]), false)] {
        let (error, words) = refused(&disk, begin);
        assert!(
            matches!(&error, OpenError::Rot { path, at: 0, seq: 2001, after_snapshot }
                if (path, *after_snapshot) == (&segment(2), also)),
            "{words}"
        );
        assert!(words.contains("acknowledged and is damaged") && words.contains("from a copy"));
    }
}

#[test]
fn a_snapshot_of_another_log() {
    let (disk, tails) = log();
    let (error, words) = refused(&disk, Some(Tail { chain: tails[7].chain ^ 1, ..tails[7] }));
    assert!(matches!(error, OpenError::Rot { after_snapshot: true, .. }), "{words}");
    assert!(words.contains("the snapshot is of another log"), "{words}");
}

#[test]
#[should_panic(expected = "Stopping: nothing more can be promised")]
fn a_write_that_fails_stops_the_process() {
    let disk = SimDisk::new(1);
    let (mut journal, mut keeper) = lead(&disk, None);
    keeper.turn().unwrap();
    append(&mut journal).unwrap();
    disk.plan(Fault::Sync, 0);
    append(&mut journal);
}

#[test]
fn a_full_disk_stops_the_process_and_loses_nothing() {
    let disk = SimDisk::new(1);
    let (mut journal, mut keeper) = lead(&disk, None);
    disk.set_space(2 * SMALL_SEGMENT);
    let mut last = None;
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        loop {
            let _ = keeper.turn();
            last = append(&mut journal).or(last);
        }
    }));
    let said = stopped.expect_err("there is no room for ever");
    let said = said.downcast_ref::<String>().unwrap();
    assert!(said.contains("no room for another segment") && said.contains("Make room"), "{said}");
    let last: Tail = last.expect("two segments were written");
    disk.crash();
    disk.set_space(u64::MAX);
    assert_eq!(open(&disk, None).unwrap().recovered().commands, last.next_seq - 1);
    let (mut journal, mut keeper) = lead(&disk, None);
    while append(&mut journal).is_none() {
        keeper.turn().unwrap();
    }
}

#[test]
fn with_snapshots_a_log_takes_no_more_disk_than_it_needs() {
    let disk = SimDisk::new(1);
    let (mut journal, mut keeper) = lead(&disk, None);
    let mut batches = 0;
    while batches < 500 {
        keeper.turn().unwrap();
        let Some(tail) = append(&mut journal) else { continue };
        batches += 1;
        if batches % 20 == 0 {
            journal.snapshot_taken(tail.next_seq - 1);
        }
    }
    let files = disk.list(&data().join("journal"), "").unwrap();
    assert!(files.len() <= 12, "{files:?}");
    let begins_at_zero = files.contains(&segment(0));
    assert!(!begins_at_zero && files.contains(&segment(99)), "{files:?}");
}

#[test]
fn leftovers_of_an_earlier_log_in_the_same_directory_prove_nothing() {
    // A log that was long; then its files are taken away but for those that were ready, as by a
    // hand that removes what looks written.
    let (disk, _) = log();
    (0..5).for_each(|number| remove(&disk, number));
    let old = disk.list(&data().join("journal"), ".log").unwrap();
    assert!(!old.is_empty(), "segments that were ready");
    let (error, _) = refused(&disk, None);
    assert!(matches!(error, OpenError::BeginsLater { .. }), "it may not begin in the middle");
}

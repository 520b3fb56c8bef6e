//! The feed's history on a disk that keeps no promise: what was synced is there, what is made again is
//! the same, what is damaged is named.
//!
//! `history/crash.rs` pulls the plug at every operation, `history/real.rs` counts allocations on this
//! host's disk; here is all else. Every property is held against
//! a plain vector of messages, and every checker against a fault that it must find.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test")]

#[path = "history/common.rs"]
mod common;
#[path = "history/crash.rs"]
mod crash;
#[path = "history/real.rs"]
mod real;

use common::*;
use gateway::history::{History, HistoryError, HistoryReader, Limit, Settings};
use gateway::io::sim_disk::{Fault, SimDisk};
use gateway::io::{Access, Disk, DiskFile};
use std::io;
use std::path::{Path, PathBuf};

/// A history of messages 1 to `total`, and its disk.
fn written(seed: u64, total: u64) -> (SimDisk, History<SimDisk>) {
    let disk = SimDisk::new(seed);
    let mut history = begun(&disk, settings(seed), 1).unwrap();
    put(&mut history, seed, total);
    history.sync().unwrap();
    (disk, history)
}

fn put(history: &mut History<SimDisk>, seed: u64, up_to: u64) {
    (history.next_seq()..=up_to).for_each(|seq| history.put(told(&market(seed, seq))));
}

fn files(disk: &SimDisk, ending: &str) -> Vec<PathBuf> {
    disk.list(Path::new("data/feed"), ending).unwrap()
}

/// First sequence of a file.
fn first(path: &Path) -> u64 {
    path.file_stem().unwrap().to_str().unwrap().parse().unwrap()
}

/// Messages and bytes of each file, oldest first; of the newest the messages are not known.
fn sizes(disk: &SimDisk) -> Vec<(u64, u64)> {
    let paths = files(disk, ".hist");
    let end = |at: usize| paths.get(at + 1).map_or(u64::MAX, |path| first(path));
    let size = |(at, path): (usize, &PathBuf)| {
        (end(at) - first(path), disk.contents(path).unwrap().len() as u64)
    };
    paths.iter().enumerate().map(size).collect()
}

/// All that can be read from `from` on, in pieces of random size.
fn read_all(disk: &SimDisk, from: u64, seed: u64) -> Result<Vec<Message>, HistoryError> {
    let mut reader = HistoryReader::open(disk.clone(), Path::new(DATA));
    let mut random = Random(seed);
    let mut messages = Vec::new();
    loop {
        let next = from + messages.len() as u64;
        let count = reader.read(next, limit(&mut random), |stored| messages.push(owned(stored)))?;
        assert_eq!(next + count, from + messages.len() as u64);
        if count == 0 {
            return Ok(messages);
        }
    }
}

fn limit(random: &mut Random) -> Limit {
    Limit {
        messages: 1 + random.below(300),
        bytes: Limit::BYTES_MIN + random.below(20_000) as usize,
    }
}

#[test]
fn any_range_in_pieces_is_what_a_plain_vector_says() {
    for seed in 0..20 {
        let mut random = Random(seed);
        let disk = SimDisk::new(seed);
        let mut history = begun(&disk, settings(seed), 1).unwrap();
        let mut beside = HistoryReader::open(disk.clone(), Path::new(DATA));
        let naive: Vec<Message> = (1..=3000).map(|seq| message(seed, seq)).collect();
        let mut flushed = 1;
        while history.next_seq() <= 3000 {
            let up_to = (history.next_seq() + random.below(80)).min(3000);
            put(&mut history, seed, up_to);
            if random.below(3) == 0 {
                history.flush().unwrap();
                flushed = history.next_seq();
            }
            let from = 1 + random.below(history.next_seq() + 20);
            let bounds = limit(&mut random);
            let mut seen = Vec::new();
            let count = match random.below(2) {
                0 => {
                    let count = beside.read(from, bounds, |stored| seen.push(owned(stored)));
                    let end = from + count.as_ref().unwrap();
                    assert!(end >= flushed.min(from + 1), "seed {seed}: a flushed message is seen");
                    count
                }
                _ => {
                    flushed = history.next_seq();
                    let count = history.read(from, bounds, |stored| seen.push(owned(stored)));
                    let there = history.next_seq().saturating_sub(from);
                    assert_eq!(*count.as_ref().unwrap() > 0, there > 0, "seed {seed}");
                    count
                }
            };
            let end = from + count.unwrap();
            if end == from {
                continue;
            }
            assert!(seen == naive[from as usize - 1..end as usize - 1], "seed {seed}");
            assert!(seen.len() as u64 <= bounds.messages, "seed {seed}");
            let bytes: usize = seen.iter().map(|message| message.2.len()).sum();
            assert!(bytes <= bounds.bytes, "seed {seed}");
            // It stopped because of a bound, or at the end.
            let more = naive.get(end as usize - 1).filter(|_| end < flushed);
            let fits = |next: &Message| bytes + next.2.len() <= bounds.bytes;
            assert!(seen.len() as u64 == bounds.messages || !more.is_some_and(fits), "seed {seed}");
        }
        history.flush().unwrap();
        assert!(read_all(&disk, 1, seed).unwrap() == naive);
        let sizes = sizes(&disk);
        assert!(sizes.len() > 2, "seed {seed}: more files than one");
        let (most, bytes_most) = (settings(seed).file_messages, settings(seed).file_bytes);
        let longest = 16 + Limit::BYTES_MIN as u64;
        for (messages, bytes) in &sizes[..sizes.len() - 1] {
            assert!(*messages <= most && *bytes <= bytes_most, "seed {seed}: {messages} {bytes}");
            assert!(*messages == most || bytes + longest > bytes_most, "seed {seed}: not full");
        }
    }
}

#[test]
fn the_bytes_are_those_of_the_page() {
    let (disk, _) = written(4, 300);
    let path = PathBuf::from("data/feed/00000000000000000001.hist");
    let bytes = disk.contents(&path).unwrap();
    let number = |at: usize, size: usize| {
        bytes[at..at + size].iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let header = [(0, 4), (4, 2), (6, 2), (8, 4), (12, 4), (16, 8)].map(|(at, n)| number(at, n));
    assert_eq!(header, [0x4847_5250, 1, 64, 7, 1, 1]);
    let zeroed = [&bytes[..24], &[0; 40]].concat();
    assert_eq!(number(24, 4), u64::from(crc32c::crc32c(&zeroed)));
    assert_eq!(bytes[28..64], [0; 36]);
    let (mut at, mut offsets) = (64, Vec::new());
    for seq in 1..=300 {
        if (seq - 1) % 256 == 0 {
            offsets.extend((at as u64).to_le_bytes());
        }
        let (_, time, body) = message(4, seq);
        assert_eq!((number(at, 2), number(at + 2, 2)), (body.len() as u64, 0));
        assert_eq!(number(at + 8, 8), time);
        assert_eq!(bytes[at + 16..at + 16 + body.len()], body);
        let end = (at + 16 + body.len()).next_multiple_of(8);
        assert!(bytes[at + 16 + body.len()..end].iter().all(|byte| *byte == 0));
        let covered = [&seq.to_le_bytes(), &bytes[at..at + 4], &bytes[at + 8..end]].concat();
        assert_eq!(number(at + 4, 4), u64::from(crc32c::crc32c(&covered)));
        at = end;
    }
    assert_eq!(at, bytes.len());
    assert_eq!(disk.contents(&path.with_extension("idx")).unwrap(), offsets);
}

#[test]
fn files_that_have_changed_places_are_not_believed() {
    let (disk, _) = written(1, 3000);
    let paths = files(&disk, ".hist");
    let aside = PathBuf::from("data/feed/aside");
    disk.rename(&paths[0], &aside).unwrap();
    disk.rename(&paths[1], &paths[0]).unwrap();
    disk.rename(&aside, &paths[1]).unwrap();
    let Err(HistoryError::Damaged { path, byte: 0, .. }) = read_all(&disk, 1, 1) else {
        panic!("not seen");
    };
    assert_eq!(path, paths[0]);
}

#[test]
fn a_record_in_the_place_of_another_is_not_believed() {
    let (disk, history) = written(2, 3000);
    drop(history);
    let path = &files(&disk, ".hist")[1];
    let bytes = disk.contents(path).unwrap();
    let records: Vec<_> = (64..bytes.len() as u64)
        .map(|at| place(path, &bytes, at))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let length = |at: usize| &bytes[at..at + 2];
    let twin_of = |(from, from_seq): &(u64, u64)| {
        let same = |(at, seq): &&(u64, u64)| {
            seq > from_seq && length(*at as usize) == length(*from as usize)
        };
        records.iter().find(same).map(|to| (*from, *to))
    };
    let twins = records.iter().skip(3).find_map(twin_of);
    let (from, (to, seq)) = twins.expect("two messages of one length");
    let size = (16
        + usize::from(u16::from_le_bytes([bytes[from as usize], bytes[from as usize + 1]])))
    .next_multiple_of(8);
    let file = disk.open(path, Access::Write).unwrap();
    file.write_at(&bytes[from as usize..from as usize + size], to).unwrap();
    let mut reader = HistoryReader::open(disk.clone(), Path::new(DATA));
    let limit = Limit { messages: 10_000, bytes: 1 << 20 };
    let count = reader.read(first(path), limit, |_| ()).unwrap();
    assert_eq!(first(path) + count, seq);
    let error = reader.read(seq, limit, |_| panic!("another message")).unwrap_err();
    assert!(
        matches!(error, HistoryError::Damaged { byte, seq: at, .. } if (byte, at) == (to, seq))
    );
}

#[test]
fn what_was_read_before_a_change_is_not_remembered() {
    let (_, mut history) = written(1, 3000);
    let limit = Limit { messages: 10, bytes: 1 << 20 };
    let read = |history: &mut History<SimDisk>, from| {
        let mut seen = Vec::new();
        history.read(from, limit, |stored| seen.push(owned(stored))).map(|_| seen)
    };
    assert_eq!(read(&mut history, 995).unwrap().len(), 10);
    history.begin_at(1000).unwrap();
    put(&mut history, 2, 3000);
    let expected: Vec<_> =
        (995..1005).map(|seq| message(1 + u64::from(seq >= 1000), seq)).collect();
    assert!(read(&mut history, 995).unwrap() == expected);
    assert_eq!(read(&mut history, 1).unwrap().len(), 10);
    history.forget_before(3001).unwrap();
    assert!(matches!(read(&mut history, 1), Err(HistoryError::Missing { from: 1, .. })));
}

#[test]
fn a_file_that_goes_on_into_the_next_is_not_believed() {
    let (disk, history) = written(1, 3000);
    drop(history);
    let paths = files(&disk, ".hist");
    let next = disk.contents(&paths[1]).unwrap();
    let (end, _) = (64..).map(|at| place(&paths[1], &next, at)).find(|(at, _)| *at > 64).unwrap();
    let file = disk.open(&paths[0], Access::Write).unwrap();
    let bytes = file.bytes().unwrap();
    file.write_at(&next[64..end as usize], bytes).unwrap();
    let error = begun(&disk, settings(1), 3001).err().expect("refused");
    let HistoryError::Damaged { path, byte, seq } = error else { panic!("{error}") };
    assert_eq!((path, byte, seq), (paths[0].clone(), bytes, first(&paths[1])));
}

#[test]
fn a_flipped_bit_is_found_and_named_wherever_it_is() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let (disk, history) = written(seed, 3000);
        drop(history);
        let paths = files(&disk, ".hist");
        let path = &paths[random.below(paths.len() as u64) as usize];
        let bytes = disk.contents(path).unwrap();
        let at = random.below(bytes.len() as u64);
        let (record, seq) = place(path, &bytes, at);
        disk.flip(path, at, random.below(8) as u8);
        let mut messages = Vec::new();
        let mut reader = HistoryReader::open(disk.clone(), Path::new(DATA));
        let error = loop {
            let next = 1 + messages.len() as u64;
            match reader.read(next, limit(&mut random), |stored| messages.push(owned(stored))) {
                Ok(0) => panic!("seed {seed}: byte {at} of {} not seen", path.display()),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        let before: Vec<Message> = (1..seq).map(|seq| message(seed, seq)).collect();
        assert!(messages == before, "seed {seed}: all before it is good");
        let HistoryError::Damaged { path: named, byte, seq: first } = &error else {
            panic!("seed {seed}: {error}");
        };
        assert_eq!((named, *byte, *first), (path, record, seq), "seed {seed}");
        // A start finds it where it reads whole files, and in every header.
        if path == paths.last().unwrap() || record == 0 {
            let mut again = History::open(disk, Path::new(DATA), settings(seed)).unwrap();
            let found = again.begin_at(3001).unwrap_err();
            assert_eq!(found.to_string(), error.to_string(), "seed {seed}");
        }
    }
}

/// Where the record (or header) begins that byte `at` is of, and which message it is.
fn place(path: &Path, bytes: &[u8], at: u64) -> (u64, u64) {
    let (mut seq, mut record) = (first(path), 64);
    if at < record {
        return (0, seq);
    }
    loop {
        let length = u16::from_le_bytes([bytes[record as usize], bytes[record as usize + 1]]);
        let end = record + (16 + u64::from(length)).next_multiple_of(8);
        if at < end {
            return (record, seq);
        }
        (record, seq) = (end, seq + 1);
    }
}

#[test]
fn a_write_that_went_to_another_place_is_found() {
    let mut found = 0;
    for seed in 0..50 {
        let disk = SimDisk::new(seed);
        let mut history = begun(&disk, settings(seed), 1).unwrap();
        let mut random = Random(seed);
        disk.plan(Fault::Misdirect, disk.operations() + random.below(100));
        while history.next_seq() <= 3000 {
            let up_to = history.next_seq() + random.below(60);
            put(&mut history, seed, up_to);
            history.flush().unwrap();
        }
        let last = history.next_seq() - 1;
        let whole: Vec<Message> = (1..=last).map(|seq| message(seed, seq)).collect();
        disk.forget_plans();
        match read_all(&disk, 1, seed) {
            // The hit was an index: it is not believed.
            Ok(messages) => assert!(messages == whole, "seed {seed}: wrong messages"),
            Err(HistoryError::Damaged { .. } | HistoryError::Missing { .. }) => found += 1,
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
    assert!(found > 10, "{found}");
}

#[test]
fn an_index_that_is_lost_or_wrong_is_made_anew() {
    for seed in 0..40 {
        let mut random = Random(seed);
        let (disk, history) = written(seed, 3000);
        drop(history);
        let paths = files(&disk, ".idx");
        let whole: Vec<_> = paths.iter().map(|path| disk.contents(path).unwrap()).collect();
        for path in &paths {
            let index = disk.open(path, Access::Write).unwrap();
            index.sync().unwrap();
            let at = random.below(index.bytes().unwrap());
            match random.below(4) {
                0 => disk.remove(path).unwrap(),
                1 => index.write_at(&[random.below(256) as u8; 8], at & !7).unwrap(),
                2 => disk.flip(path, at, random.below(8) as u8),
                _ => {
                    let place = (64 + random.below(3000) * 8).to_le_bytes();
                    index.write_at(&place, at & !7).unwrap();
                }
            }
        }
        for _ in 0..20 {
            let from = 1 + random.below(3000);
            let mut reader = HistoryReader::open(disk.clone(), Path::new(DATA));
            let mut seen = Vec::new();
            reader.read(from, limit(&mut random), |stored| seen.push(owned(stored))).unwrap();
            assert!(seen[0] == message(seed, from), "seed {seed}: message {from}");
        }
        for path in &paths {
            let _ = disk.remove(path);
        }
        drop(begun(&disk, settings(seed), 3001).unwrap());
        for (path, whole) in paths.iter().zip(&whole) {
            assert!(disk.contents(path).as_ref() == Some(whole), "seed {seed}: {}", path.display());
        }
    }
}

#[test]
fn what_is_cut_is_gone_even_if_something_else_follows() {
    for seed in 0..60 {
        let (disk, history) = written(seed, 2000 + seed);
        drop(history);
        let next = 1 + Random(seed).below(2000 + seed);
        let mut history = begun(&disk, settings(seed), next).unwrap();
        let kept = |end: u64| (1..end).map(|seq| message(seed, seq)).collect::<Vec<_>>();
        assert!(read_all(&disk, 1, seed).unwrap() == kept(next), "seed {seed}");
        for path in files(&disk, ".idx") {
            let index = disk.contents(&path).unwrap();
            let entries = index.chunks(8).filter(|entry| **entry != [0; 8]).count() as u64;
            let end = files(&disk, ".hist").into_iter().map(|path| first(&path));
            let end = end.filter(|end| *end > first(&path)).min().unwrap_or(next);
            assert_eq!(entries, (end - first(&path)).div_ceil(256), "seed {seed}: its index, too");
        }
        let other = seed + 1000;
        put(&mut history, other, next + 400);
        history.flush().unwrap();
        let made = (next..=next + 400).map(|seq| message(other, seq));
        let expected: Vec<Message> = kept(next).into_iter().chain(made).collect();
        assert!(read_all(&disk, 1, seed).unwrap() == expected, "seed {seed}");
        // With both lives' bytes on the device, too.
        history.sync().unwrap();
        disk.crash();
        let history = begun(&disk, settings(seed), next + 401).unwrap();
        assert_eq!(history.next_seq(), next + 401);
        assert!(read_all(&disk, 1, seed).unwrap() == expected, "seed {seed}");
    }
}

#[test]
fn a_history_that_cannot_go_on_says_why_and_changes_nothing() {
    let (disk, history) = written(3, 3000);
    drop(history);
    let before: Vec<_> = files(&disk, "").iter().map(|path| disk.contents(path)).collect();
    let refused = |settings: Settings, next: u64| {
        let mut history = History::open(disk.clone(), Path::new(DATA), settings).unwrap();
        history.begin_at(next).unwrap_err()
    };
    let ours = settings(3);
    let HistoryError::Missing { from: 3001, to: 3100 } = refused(ours, 3101) else { panic!() };
    let foreign = refused(Settings { partition: 8, ..ours }, 2000);
    assert!(matches!(foreign, HistoryError::Foreign { partition: 7, epoch: 1, .. }), "{foreign}");
    let foreign = refused(Settings { epoch: 2, ..ours }, 2000);
    assert!(foreign.to_string().contains("partition 7, epoch 1"), "{foreign}");
    let after: Vec<_> = files(&disk, "").iter().map(|path| disk.contents(path)).collect();
    assert!(before == after);

    let paths = files(&disk, ".hist");
    disk.remove(&paths[1]).unwrap();
    for error in [refused(ours, 3001), read_all(&disk, 1, 3).unwrap_err()] {
        let HistoryError::Missing { from, to } = error else { panic!("{error}") };
        assert_eq!((from, to), (first(&paths[1]), first(&paths[2]) - 1));
    }
    let mut history = History::open(disk.clone(), Path::new(DATA), ours).unwrap();
    history.begin_empty_at(3001).unwrap();
    put(&mut history, 3, 3100);
    assert_eq!((history.first_seq(), history.next_seq()), (3001, 3101));
    let read = history.read(3000, Limit { messages: 1, bytes: 4096 }, |_| panic!("nothing there"));
    assert!(matches!(read, Err(HistoryError::Missing { from: 3000, to: 3000 })));
    assert_eq!(read_all(&disk, 3001, 3).unwrap().len(), 100);
}

#[test]
fn retention_takes_whole_files_and_leaves_where_a_start_goes_on() {
    for seed in 0..30 {
        let mut random = Random(seed);
        let (disk, mut history) = written(seed, 3000);
        let count = files(&disk, ".hist").len();
        let begins: Vec<u64> = files(&disk, ".hist").iter().map(|path| first(path)).collect();
        let needed = match random.below(2) {
            0 => begins[random.below(begins.len() as u64) as usize],
            _ => 1 + random.below(3001),
        };
        let went = match random.below(2) {
            0 => history.forget_before(needed).unwrap(),
            _ => history.forget_old(needed).unwrap(),
        };
        let left = files(&disk, ".hist");
        assert_eq!((left.len(), files(&disk, ".idx").len()), (count - went, count - went));
        let oldest = history.first_seq();
        assert!(oldest < needed.max(2), "seed {seed}: {oldest} of {needed}");
        assert_eq!(first(&left[0]), oldest);
        let kept: Vec<Message> = (oldest..=3000).map(|seq| message(seed, seq)).collect();
        assert!(read_all(&disk, oldest, seed).unwrap() == kept, "seed {seed}");
        drop(history);
        disk.crash();
        let history = begun(&disk, settings(seed), needed).unwrap();
        assert_eq!((history.first_seq(), history.next_seq()), (oldest.min(needed), needed));
    }
    let (disk, mut history) = written(5, 3000);
    let bytes = |disk: &SimDisk| -> u64 {
        files(disk, ".hist").iter().map(|path| disk.contents(path).unwrap().len() as u64).sum()
    };
    let kept = settings(5).kept_bytes;
    assert!(bytes(&disk) > kept + settings(5).file_bytes, "there is something to forget");
    history.forget_old(3001).unwrap();
    assert!((kept..=kept + settings(5).file_bytes).contains(&bytes(&disk)));
    history.forget_before(u64::MAX).unwrap();
    assert_eq!(files(&disk, ".hist").len(), 1, "the newest always stays");
}

#[test]
fn a_failed_write_or_sync_is_final() {
    for fault in [Fault::Write, Fault::Sync] {
        for seed in 0..40 {
            let disk = SimDisk::new(seed);
            let mut history = begun(&disk, settings(seed), 1).unwrap();
            put(&mut history, seed, 100 + seed * 40);
            disk.plan(fault, disk.operations());
            let error = history.sync().unwrap_err().to_string();
            let before: Vec<_> = files(&disk, "").iter().map(|path| disk.contents(path)).collect();
            put(&mut history, seed, 6000);
            assert_eq!(history.flush().unwrap_err().to_string(), error, "it stays failed");
            assert!(history.sync().is_err() && history.forget_before(50).is_err());
            let after: Vec<_> = files(&disk, "").iter().map(|path| disk.contents(path)).collect();
            assert!(before == after, "nothing is written any more");
        }
    }
    let disk = SimDisk::new(1);
    let mut history = begun(&disk, settings(1), 1).unwrap();
    disk.set_space(20_000);
    put(&mut history, 1, 3000);
    assert_eq!(history.flush().unwrap_err().kind(), io::ErrorKind::StorageFull);
}

#[test]
#[should_panic(expected = "no gaps")]
fn a_message_out_of_turn_is_a_bug() {
    let mut history = begun(&SimDisk::new(1), settings(1), 1).unwrap();
    history.put(told(&market(1, 2)));
}

//! The plug is pulled at every operation of the disk, or the process killed, and then again while the
//! history begins anew.

use crate::common::*;
use gateway::history::{History, HistoryError, Limit};
use gateway::io::Disk;
use gateway::io::sim_disk::{Fault, Lie, SimDisk};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

const TOTAL: u64 = 1500;
/// Seed 23 loses the name of a full file, if that is not synced before the next begins.
const SEEDS: u64 = 40;

/// What a process that has died had said was done.
struct Said {
    /// Everything below is synced.
    synced: u64,
    /// Everything below was put.
    put: u64,
}

/// Puts messages up to `TOTAL`, flushed and synced now and then, and forgets nothing.
fn play(
    history: &mut History<SimDisk>,
    seed: u64,
    random: &mut Random,
    said: &mut Said,
) -> io::Result<()> {
    while history.next_seq() <= TOTAL {
        let up_to = (history.next_seq() + random.below(60)).min(TOTAL);
        (history.next_seq()..=up_to).for_each(|seq| history.put(told(&market(seed, seq))));
        said.put = said.put.max(history.next_seq());
        match random.below(6) {
            0 => {
                history.sync()?;
                said.synced = said.synced.max(history.next_seq());
            }
            1..4 => history.flush()?,
            _ => {}
        }
    }
    history.sync()?;
    said.synced = TOTAL + 1;
    Ok(())
}

fn contents(disk: &SimDisk) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = disk.list(Path::new("data/feed"), "").unwrap();
    paths.into_iter().map(|path| (path.clone(), disk.contents(&path).unwrap())).collect()
}

/// The files that a life without trouble leaves, and how many operations it took.
fn undisturbed(seed: u64) -> (BTreeMap<PathBuf, Vec<u8>>, u64) {
    let disk = SimDisk::new(seed);
    let mut history = begun(&disk, settings(seed), 1).unwrap();
    let mut said = Said { synced: 1, put: 1 };
    play(&mut history, seed, &mut Random(seed), &mut said).unwrap();
    let operations = disk.operations();
    (contents(&disk), operations)
}

/// Begins again, at a message that may be anywhere from the last sync on, dying on the way as `random`
/// says. The error is what a checker says.
fn begin_again(
    disk: &SimDisk,
    seed: u64,
    random: &mut Random,
    said: &Said,
) -> Result<History<SimDisk>, String> {
    let mut next = said.synced + random.below(said.put - said.synced + 1);
    for deaths in 0.. {
        if deaths < 3 && random.below(2) == 0 {
            disk.plan(Fault::Crash, disk.operations() + random.below(40));
        }
        let begun = begun(disk, settings(seed), next);
        disk.forget_plans();
        match begun {
            Ok(history) => return Ok(history),
            Err(_) if disk.is_dead() => disk.crash(),
            Err(HistoryError::Missing { from: seq, .. } | HistoryError::Damaged { seq, .. })
                if next > said.synced && seq >= said.synced =>
            {
                next = said.synced
            }
            Err(error) => {
                return Err(format!("synced below {}, begin at {next}: {error}", said.synced));
            }
        }
    }
    unreachable!()
}

/// One life that ends at operation `crash_at`, and one that goes on.
fn story(
    seed: u64,
    crash_at: u64,
    lie: Option<Lie>,
    whole: &BTreeMap<PathBuf, Vec<u8>>,
) -> Result<(), String> {
    let disk = SimDisk::new(seed ^ crash_at << 32);
    if let Some(lie) = lie {
        disk.lie(lie);
    }
    disk.plan(Fault::Crash, crash_at);
    let mut said = Said { synced: 1, put: 1 };
    if let Ok(mut history) = begun(&disk, settings(seed), 1) {
        let _ = play(&mut history, seed, &mut Random(seed), &mut said);
    }
    let mut random = Random(seed ^ crash_at);
    if random.below(4) == 0 {
        disk.kill()
    } else {
        disk.crash()
    }
    disk.forget_plans();

    let mut history = begin_again(&disk, seed, &mut random, &said)?;
    let next = history.next_seq();
    let mut seen = Vec::new();
    let limit = Limit { messages: u64::MAX, bytes: usize::MAX };
    let read = history.read(1, limit, |stored| seen.push(owned(stored)));
    read.map_err(|error| format!("from {next} on: {error}"))?;
    let expected: Vec<Message> = (1..next).map(|seq| message(seed, seq)).collect();
    if seen != expected {
        return Err(format!("from {next} on: what is below is not what it was"));
    }
    // What the start said is there stays, whatever the kernel had.
    disk.crash();
    let mut history = begun(&disk, settings(seed), next)
        .map_err(|error| format!("begun at {next} before: {error}"))?;
    play(&mut history, seed, &mut random, &mut said).map_err(|error| error.to_string())?;
    drop(history);
    if contents(&disk) == *whole { Ok(()) } else { Err("made again, and not the same".into()) }
}

/// What the checkers say of the plug pulled at every operation, with every seed.
fn stories(lie: Option<Lie>) -> Vec<String> {
    let one = |seed| {
        let (whole, operations) = undisturbed(seed);
        let bad = move |crash_at| {
            let said = story(seed, crash_at, lie, &whole).err()?;
            Some(format!("seed {seed}, crash at {crash_at}: {said}"))
        };
        (0..=operations).filter_map(bad)
    };
    (0..SEEDS).flat_map(one).collect()
}

#[test]
fn what_was_synced_survives_and_the_rest_is_made_again_the_same() {
    let bad = stories(None);
    assert!(bad.is_empty(), "{} stories, the first: {}", bad.len(), bad[0]);
}

#[test]
fn a_disk_that_lies_about_syncs_is_found_out() {
    for lie in [Lie::Sync, Lie::SyncDir] {
        let bad = stories(Some(lie));
        let says = |what: &str| bad.iter().any(|said| said.contains(what));
        assert!(says("synced below"), "{lie:?}: {} stories", bad.len());
    }
}

#[test]
fn an_older_snapshot_may_be_tried_and_then_the_newer_again() {
    let (mut refused, mut taken) = (0, 0);
    for n in 0..SEEDS * 100 {
        let (seed, mut random) = (n % SEEDS, Random(n));
        let disk = SimDisk::new(n);
        let mut history = begun(&disk, settings(seed), 1).unwrap();
        (1..=TOTAL).for_each(|seq| history.put(told(&market(seed, seq))));
        history.sync().unwrap();
        drop(history);
        let older = 1 + random.below(TOTAL);
        disk.plan(Fault::Crash, disk.operations() + random.below(40));
        let _ = begun(&disk, settings(seed), older);
        disk.crash();
        disk.forget_plans();
        // Cut whole, cut in part or not cut: it is either all there or refused.
        let newer = older + random.below(TOTAL + 2 - older);
        let began = begun(&disk, settings(seed), newer);
        match &began {
            Ok(_) => taken += 1,
            Err(HistoryError::Missing { .. } | HistoryError::Damaged { .. }) => refused += 1,
            Err(error) => panic!("{n}: {error}"),
        }
        let mut history = began.unwrap_or_else(|_| begun(&disk, settings(seed), older).unwrap());
        let (next, mut seen) = (history.next_seq(), Vec::new());
        let limit = Limit { messages: u64::MAX, bytes: usize::MAX };
        let read = history.read(1, limit, |stored| seen.push(owned(stored)));
        assert!(read.is_ok(), "{n}: {} at {next}", read.unwrap_err());
        let kept: Vec<Message> = (1..next).map(|seq| message(seed, seq)).collect();
        assert!(seen == kept, "{n}");
    }
    assert!(refused > 100 && taken > 100, "{refused} {taken}");
}

/// Forgets what is not needed to begin at `needed` and dies at operation `crash_at` of that; messages below
/// `synced` were synced before. What a checker says of a start at `needed`.
fn forgetting(
    seed: u64,
    crash_at: u64,
    synced: u64,
    needed: u64,
    lie: Option<Lie>,
) -> Result<(), String> {
    let disk = SimDisk::new(seed ^ crash_at << 32);
    let mut history = begun(&disk, settings(seed), 1).unwrap();
    (1..synced).for_each(|seq| history.put(told(&market(seed, seq))));
    history.sync().unwrap();
    (synced..=TOTAL).for_each(|seq| history.put(told(&market(seed, seq))));
    history.flush().unwrap();
    lie.into_iter().for_each(|lie| disk.lie(lie));
    disk.plan(Fault::Crash, disk.operations() + crash_at);
    let forgot = history.forget_before(needed);
    assert!(disk.is_dead() || forgot.is_ok());
    disk.forget_plans();
    let oldest = PathBuf::from(format!("data/feed/{:020}.hist", 1));
    let is_gone = disk.contents(&oldest).is_none();
    disk.crash();
    if synced < needed && !is_gone {
        return Ok(()); // Nothing was promised yet.
    }
    let mut history = begun(&disk, settings(seed), needed)
        .map_err(|error| format!("seed {seed}, crash at {crash_at}: {error}"))?;
    let first = history.first_seq();
    let mut seen = Vec::new();
    let limit = Limit { messages: u64::MAX, bytes: usize::MAX };
    history.read(first, limit, |stored| seen.push(owned(stored))).unwrap();
    let kept: Vec<_> = (first..needed).map(|seq| message(seed, seq)).collect();
    assert!(seen == kept, "seed {seed}, crash at {crash_at}");
    Ok(())
}

#[test]
fn the_power_may_go_while_old_files_are_forgotten() {
    let all = |synced, needed, lie| {
        let one = move |n: u64| forgetting(n % SEEDS, n / SEEDS, synced, needed, lie).err();
        (0..SEEDS * 40).filter_map(one).collect::<Vec<String>>()
    };
    for (synced, needed) in [(1201, 1201), (1201, 900), (700, TOTAL + 1), (1, TOTAL + 1)] {
        let bad = all(synced, needed, None);
        assert!(bad.is_empty(), "{} of {synced} {needed}, the first: {}", bad.len(), bad[0]);
    }
    assert!(!all(700, TOTAL + 1, Some(Lie::Sync)).is_empty());
    assert!(!all(1201, 1201, Some(Lie::SyncDir)).is_empty());
}

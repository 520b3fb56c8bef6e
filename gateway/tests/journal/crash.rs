//! Thousands of lives: whatever dies whenever, what was told as committed is there, in order, byte for
//! byte, and nothing else is.

use super::world::{Appended, Death, Plan, Told, World, check_replay, data, die};
use engine::fake_log::Dice;
use gateway::io::sim_disk::{Fault, Lie, SimDisk};
use gateway::io::{Access, Disk, DiskFile};
use gateway::journal::{Durability, Journal, OpenError};
use std::path::PathBuf;

/// Seeds to play, and how many: JOURNAL_SEED and JOURNAL_SEEDS play others.
fn seeds(count: u64) -> std::ops::Range<u64> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = number("JOURNAL_SEED");
    let count = number("JOURNAL_SEEDS").unwrap_or(if first.is_some() { 1 } else { count });
    let first = first.unwrap_or(1);
    first..first + count
}

fn each_seed(count: u64, test: &str, mut play: impl FnMut(u64) -> Result<(), String>) {
    for seed in seeds(count) {
        if let Err(why) = play(seed) {
            panic!(
                "seed {seed}: {why}\n  again: JOURNAL_SEED={seed} cargo test -p gateway --test \
                 journal {test}"
            );
        }
    }
}

/// Five lives that die somehow and one that does not.
fn play(plan: &Plan) -> Result<World, String> {
    let (disk, mut world) = (SimDisk::new(plan.seed), World::default());
    let mut dice = Dice(plan.seed ^ 0xD15C);
    if let Some(lie) = plan.lie {
        disk.lie(lie);
    }
    for life in 0..5 {
        let early = dice.hits(300);
        let at = disk.operations() + dice.below(if early { 25 } else { 250 });
        match dice.below(6) {
            0 => {}
            1 if plan.durability == Durability::Disk => disk.plan(Fault::Sync, at),
            2 if plan.durability == Durability::Disk => disk.plan(Fault::Write, at),
            _ => disk.plan(Fault::Crash, at),
        }
        world.live(&disk, plan, life).map_err(|why| format!("life {life}: {why}"))?;
        let power = plan.durability == Durability::Disk && dice.hits(700);
        die(&disk, power);
    }
    let end = world.live(&disk, plan, 5).map_err(|why| format!("the last life: {why}"))?;
    assert_eq!(end, Death::Content);
    Ok(world)
}

#[test]
fn whatever_dies_whenever_nothing_that_was_told_is_lost() {
    let (mut reused, mut batches) = (0, 0);
    each_seed(2000, "whatever_dies", |seed| {
        let world = play(&Plan::new(seed, Durability::Disk))?;
        reused += world.reused;
        batches += world.told.len();
        Ok(())
    });
    assert!(reused > 0 && batches > 0, "{reused} segments used again, {batches} batches");
}

#[test]
fn what_the_kernel_has_survives_any_kill() {
    each_seed(500, "what_the_kernel_has", |seed| {
        play(&Plan::new(seed, Durability::Process)).map(|_| ())
    });
}

#[test]
fn a_crash_at_every_operation_and_another_during_recovery_change_nothing() {
    let mut most = 0;
    each_seed(3, "a_crash_at_every_operation", |seed| {
        let plan = Plan::new(seed, Durability::Disk);
        let begin = || {
            let (disk, mut world) = (SimDisk::new(seed), World::default());
            world.live(&disk, &plan, 0).map(|_| (disk, world))
        };
        let (disk, mut world) = begin()?;
        die(&disk, false);
        let first = disk.operations();
        world.live(&disk, &plan, 1)?;
        let operations = disk.operations() - first;
        most = most.max(operations);
        for at in 0..operations {
            let told = |why| format!("crash at operation {at} of {operations}: {why}");
            let (disk, mut world) = begin()?;
            die(&disk, false);
            disk.plan(Fault::Crash, disk.operations() + at);
            world.live(&disk, &plan, 1).map_err(told)?;
            die(&disk, true);
            let known = world.told.len();
            disk.plan(Fault::Crash, disk.operations() + at % 40);
            let nothing = Plan { steps: 0, ..plan };
            world.live(&disk, &nothing, 2).map_err(told)?;
            die(&disk, true);
            assert!(world.told.len() >= known);
            world.live(&disk, &plan, 3).map_err(told)?;
        }
        Ok(())
    });
    assert!(most > 50, "the longest life had {most} operations");
}

/// A lie, or a journal that acknowledges too early, is found by the checks above.
fn is_found(plan: impl Fn(u64) -> Plan) {
    let found = (1..200).find_map(|seed| play(&plan(seed)).err());
    let found = found.expect("a broken promise that 200 seeds do not notice");
    let words =
        ["is lost", "is another", "not appended there", "a hole", "cannot open", "the reader"];
    assert!(words.iter().any(|word| found.contains(word)), "{found}");
}

#[test]
fn a_disk_that_does_not_sync_is_found() {
    is_found(|seed| Plan { lie: Some(Lie::Sync), ..Plan::new(seed, Durability::Disk) });
}

#[test]
fn a_disk_that_forgets_names_is_found() {
    is_found(|seed| Plan { lie: Some(Lie::SyncDir), ..Plan::new(seed, Durability::Disk) });
}

#[test]
fn a_journal_that_acknowledges_before_the_device_has_it_is_found() {
    is_found(|seed| Plan { early_ack: true, ..Plan::new(seed, Durability::Disk) });
}

#[test]
fn the_check_of_a_replay_sees_loss_change_order_holes_and_leftovers() {
    let (_, told) = lived(7);
    let (a, b, c) = (&told[0], &told[1], &told[2]);
    let pieces = |pieces: &[&Told]| pieces.iter().map(|piece| (*piece).clone()).collect::<Vec<_>>();
    let time_and_commands = |told: &Told| -> Appended {
        (u64::from_le_bytes(told[32..40].try_into().unwrap()), told[64..].to_vec())
    };
    let check = |replayed: &[&Told]| {
        check_replay(&pieces(&[a, b]), &[time_and_commands(c)], &pieces(replayed))
    };
    assert!(check(&[a, b]).is_ok());
    assert!(check(&[a, b, c]).is_ok(), "what was under way may come through");
    assert!(check(&[a]).is_err(), "lost");
    assert!(check(&[b, a]).is_err(), "another order");
    assert!(check(&[a, c]).is_err(), "a hole");
    assert!(check(&[a, b, a]).is_err(), "a leftover");
    assert!(check(&[a, b, c, a]).is_err(), "a leftover behind what came through");
    let mut changed = b.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(check(&[a, &changed]).is_err(), "one bit");
}

/// A log of one calm life, and what was told.
fn lived(seed: u64) -> (SimDisk, Vec<Told>) {
    let (disk, mut world) = (SimDisk::new(seed), World::default());
    let plan = Plan { steps: 120, ..Plan::new(seed, Durability::Disk) };
    assert_eq!(world.live(&disk, &plan, 0), Ok(Death::Content));
    (disk, world.told)
}

/// The log without its snapshots, if no segment of it was used again.
fn reopened(disk: &SimDisk, seed: u64) -> Result<Journal<SimDisk>, OpenError> {
    Journal::open(disk.clone(), &data(), Plan::new(seed, Durability::Disk).settings(), None)
}

/// Where a batch lies: its segment, and the offset of its header there.
fn place(batch: &Told) -> (PathBuf, u64) {
    let position = u64::from(u32::from_le_bytes(batch[60..64].try_into().unwrap()));
    let blocks = super::world::SMALL_SEGMENT / 4096;
    let name = format!("{:012}.log", position / blocks);
    (data().join("journal").join(name), position % blocks * 4096)
}

fn first_seq(batch: &Told) -> u64 {
    u64::from_le_bytes(batch[24..32].try_into().unwrap())
}

fn durable_seq(batch: &Told) -> u64 {
    u64::from_le_bytes(batch[40..48].try_into().unwrap())
}

#[test]
fn one_flipped_bit_in_an_acknowledged_batch_is_refused_when_a_later_one_proves_it() {
    let (mut refused, mut unproven) = (0, 0);
    each_seed(300, "one_flipped_bit", |seed| {
        let (disk, told) = lived(seed);
        die(&disk, true);
        if told.is_empty() || reopened(&disk, seed).is_err() {
            return Ok(()); // Nothing was written, or its first segments were used again.
        }
        let mut dice = Dice(seed ^ 0xB17);
        let n = dice.below(told.len() as u64) as usize;
        let (path, offset) = place(&told[n]);
        disk.flip(&path, offset + dice.below(told[n].len() as u64), dice.below(8) as u8);
        let before = disk.contents(&path);
        let proven = told[n + 1..].iter().any(|later| durable_seq(later) >= first_seq(&told[n]));
        match reopened(&disk, seed) {
            Err(OpenError::Rot { path: seen, at, seq, .. }) => {
                if (seen, at, seq) != (path.clone(), offset, first_seq(&told[n])) {
                    // A batch that begins a segment is looked for behind the one before.
                    let before = n > 0 && offset == 0 && seq == first_seq(&told[n]);
                    if !before {
                        return Err(format!("batch {n}: refused, with a wrong place"));
                    }
                }
                refused += 1;
            }
            Err(OpenError::Version { .. }) => refused += 1,
            Err(other) => return Err(format!("batch {n}: {other}")),
            Ok(_) if proven => return Err(format!("batch {n} was cut, and it was acknowledged")),
            Ok(_) => unproven += 1,
        }
        if proven && disk.contents(&path) != before {
            return Err("a refused log was changed".into());
        }
        Ok(())
    });
    assert!(refused > 50 && unproven > 0, "{refused} refused, {unproven} unproven");
}

#[test]
fn a_write_that_went_elsewhere_is_refused_when_a_later_one_proves_it() {
    let mut refused = 0;
    each_seed(200, "a_write_that_went_elsewhere", |seed| {
        let (disk, told) = lived(seed);
        if told.is_empty() || reopened(&disk, seed).is_err() {
            return Ok(());
        }
        let n = Dice(seed).below(told.len() as u64) as usize;
        if !told[n + 1..].iter().any(|later| durable_seq(later) >= first_seq(&told[n])) {
            return Ok(());
        }
        // As if it had been written to the next segment's place, and its own had kept what it had.
        let (path, offset) = place(&told[n]);
        let file = disk.open(&path, Access::Write).unwrap();
        file.write_durable_at(&vec![0; told[n].len()], offset).unwrap();
        let elsewhere = (offset + 4096 * 3) % (super::world::SMALL_SEGMENT - 4096);
        file.write_durable_at(&told[n][..told[n].len().min(4096)], elsewhere).unwrap();
        match reopened(&disk, seed) {
            Err(OpenError::Rot { .. }) => refused += 1,
            Err(other) => return Err(format!("batch {n}: {other}")),
            // It may have gone over the only batches that prove it.
            Ok(journal) if journal.recovered().commands < first_seq(&told[n]) => {}
            Ok(_) => return Err(format!("batch {n} is taken for whole")),
        }
        Ok(())
    });
    assert!(refused > 50, "{refused}");
}

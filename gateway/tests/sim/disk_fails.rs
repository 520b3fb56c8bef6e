//! Thousands of short days on a disk that fails: the real journal, outboxes and snapshots, and a start
//! after each death as a venue's own. What must hold is in `checks.rs`; here is what happens.

use crate::real::{Deaths, Real, Trouble};
use crate::world::{Ended, Plan, World};
use crate::{plays_all, seeds};
use gateway::io::sim_disk::{Fault, Lie};
use gateway::journal::Durability;

/// Some 200 commands, and a kill now and then.
const DAY: Plan = Plan {
    steps: 250,
    cut: 4,
    jump: 2,
    crash: 3,
    crash_after: None,
    event_slots: 1024,
    abuse: false,
};
/// A few lives end early.
const BAD_DAY: Trouble = Trouble { faults: 8, reach: 600, ..Trouble::NONE };

fn try_to_play(seed: u64, plan: Plan, trouble: Trouble) -> Result<Ended<Real>, String> {
    World::new(seed, plan, Real::new(seed, trouble)).run()
}

pub fn play(seed: u64, plan: Plan, trouble: Trouble) -> Ended<Real> {
    let ended = try_to_play(seed, plan, trouble);
    ended.unwrap_or_else(|why| panic!("{why}\nfailed: SIM_SEED={seed} {plan:?} {trouble:?}"))
}

/// All the ways to die were played, and all the ways to begin.
fn is_worth_something(deaths: Deaths, from_snapshot: usize) {
    let Deaths { at_an_operation, failed, full, in_recovery, without_power: _ } = deaths;
    let least = [at_an_operation, failed, full, in_recovery].into_iter().min();
    assert!(least > Some(20) && from_snapshot > 100, "{deaths:?}, {from_snapshot} from snapshots");
}

fn play_bad_days(count: u64, trouble: Trouble) -> Deaths {
    let (mut deaths, mut from_snapshot) = (Deaths::default(), 0);
    for seed in seeds(count) {
        let ended = play(seed, DAY, trouble);
        deaths += ended.store.deaths;
        from_snapshot += ended.history.starts.iter().filter(|start| start.from > 0).count();
    }
    if plays_all() {
        is_worth_something(deaths, from_snapshot);
    }
    deaths
}

#[test]
fn whatever_the_disk_does_nothing_that_was_told_is_lost() {
    let deaths = play_bad_days(2000, BAD_DAY);
    assert!(!plays_all() || deaths.without_power > 1000, "{deaths:?}");
}

#[test]
fn what_the_kernel_has_survives_the_process() {
    play_bad_days(400, Trouble { durability: Durability::Process, ..BAD_DAY });
}

#[test]
fn what_was_damaged_is_refused_or_does_no_harm() {
    let (mut refused, mut unproven, mut harmless) = (0, 0, 0);
    for seed in seeds(600) {
        let ended = play(seed, DAY, Trouble { damage: true, faults: 4, ..BAD_DAY });
        match ended.damaged {
            Some(why) if Real::is_unproven(&why) => unproven += 1,
            Some(_) => refused += 1,
            None => harmless += u64::from(ended.store.is_damaged()),
        }
    }
    let told = format!("{refused} refused, {unproven} unproven, {harmless} harmless");
    assert!(!plays_all() || (refused > 50 && harmless > 50 && unproven < refused), "{told}");
}

#[test]
fn a_fault_at_every_operation_and_more_in_recovery_lose_nothing() {
    let seed = seeds(1)[0];
    let plan = Plan { steps: 80, crash: 0, ..DAY };
    let operations = play(seed, plan, Trouble::NONE).store.disk.operations();
    assert!(operations > 100, "{operations} operations");
    for fault in [Fault::Crash, Fault::Write, Fault::Sync] {
        for at in 0..operations {
            let first = Some((fault, at));
            play(seed, plan, Trouble { first, faults: 5, reach: 60, ..Trouble::NONE });
        }
    }
}

#[test]
fn a_kill_after_every_command_loses_nothing() {
    let seed = seeds(1)[0];
    let plan = Plan { steps: 150, crash: 0, ..DAY };
    let all = play(seed, plan, Trouble::NONE).seq;
    assert!(all > 60, "the script has {all} commands");
    for seq in 1..=all {
        play(seed, Plan { crash_after: Some(seq), ..plan }, Trouble::NONE);
    }
}

#[test]
fn the_same_seed_plays_the_same_bad_day() {
    for seed in seeds(20) {
        let [a, b] = [(); 2].map(|()| play(seed, DAY, BAD_DAY));
        assert!(a.history == b.history, "SIM_SEED={seed}");
        assert_eq!(a.store.disk.operations(), b.store.disk.operations(), "SIM_SEED={seed}");
    }
}

/// Most often a start or the understudy sees it; here it must get past both, and a check must.
#[track_caller]
fn is_found(trouble: Trouble) {
    let mut found = (1..=400).filter_map(|seed| try_to_play(seed, DAY, trouble).err());
    assert!(found.any(|why| why.starts_with("I1 ")), "400 seeds lose nothing");
}

#[test]
fn a_disk_that_does_not_sync_is_found() {
    is_found(Trouble { lie: Some(Lie::Sync), ..BAD_DAY });
}

#[test]
fn a_disk_that_forgets_names_is_found() {
    is_found(Trouble { lie: Some(Lie::SyncDir), ..BAD_DAY });
}

#[test]
fn a_journal_that_acknowledges_what_only_the_kernel_has_is_found() {
    is_found(Trouble { early_ack: true, ..BAD_DAY });
}

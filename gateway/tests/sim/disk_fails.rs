//! Thousands of short days on a disk that fails.

use crate::real::{Deaths, Real, Trouble};
use crate::seeds;
use crate::world::{Ended, Plan, World};
use gateway::io::sim_disk::{Fault, Lie};
use gateway::journal::Durability;

fn try_to_play(seed: u64, plan: Plan, trouble: Trouble) -> Result<Ended<Real>, String> {
    World::new(seed, plan, Real::new(seed, trouble)).run()
}

fn play(seed: u64, plan: Plan, trouble: Trouble) -> Ended<Real> {
    let ended = try_to_play(seed, plan, trouble);
    ended.unwrap_or_else(|why| panic!("{why}\nfailed: SIM_SEED={seed} {plan:?} {trouble:?}"))
}

const DAY: Plan =
    Plan { steps: 250, cut: 4, jump: 2, crash: 3, crash_after: None, event_slots: 1024 };
/// Two or three lives end early.
const BAD_DAY: Trouble = Trouble {
    durability: Durability::Disk,
    faults: 8,
    reach: 2500,
    first: None,
    damage: false,
    lie: None,
    early_ack: false,
};

#[test]
fn whatever_the_disk_does_nothing_that_was_told_is_lost() {
    let mut done = (0, 0, 0, 0);
    let mut deaths = Deaths::default();
    let mut ops = 0;
    for seed in seeds(300) {
        let ended = play(seed, DAY, BAD_DAY);
        done.0 += ended.history.starts.len();
        done.1 += ended.history.starts.iter().filter(|s| s.from > 0).count();
        done.2 += ended.history.snapshots.len();
        done.3 += ended.seq;
        deaths += ended.store.deaths;
        ops += ended.store.disk.operations();
    }
    eprintln!("{done:?} {deaths:?} {ops}");
}

#[test]
fn damage() {
    let (mut damaged, mut went) = (0, 0);
    let mut starts = 0;
    for seed in seeds(300) {
        let ended = play(seed, DAY, Trouble { damage: true, ..BAD_DAY });
        damaged += u64::from(ended.damaged);
        went += u64::from(!ended.damaged);
        starts += ended.history.starts.len();
    }
    eprintln!("refused {damaged} {went} {starts}");
}

#[test]
fn process() {
    let mut deaths = Deaths::default();
    for seed in seeds(300) {
        let ended = play(seed, DAY, Trouble { durability: Durability::Process, ..BAD_DAY });
        deaths += ended.store.deaths;
    }
    eprintln!("process {deaths:?}");
}

#[test]
fn lies() {
    for (name, trouble) in [
        ("sync", Trouble { lie: Some(Lie::Sync), ..BAD_DAY }),
        ("dir", Trouble { lie: Some(Lie::SyncDir), ..BAD_DAY }),
        ("early", Trouble { early_ack: true, ..BAD_DAY }),
    ] {
        let found: Vec<_> = (1..100).filter_map(|seed| try_to_play(seed, DAY, trouble).err()).collect();
        eprintln!("{name}: {}", found.len());
        for f in found.iter().take(12) { eprintln!("   {}", &f[..f.len().min(150)]); }
    }
}

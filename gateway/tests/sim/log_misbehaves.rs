//! A log that delays, refuses, loses what was not committed and changes its leader; lost connections,
//! jumps of the clock and kills.

use crate::fake::Fake;
use crate::history::{Got, History};
use crate::world::{Ended, Plan, World};
use crate::{plays_all, seeds};
use engine::fake_log::Faults;

fn play(seed: u64, plan: Plan, faults: Faults) -> Ended<Fake> {
    let ended = World::new(seed, plan, Fake::new(seed, faults)).run();
    ended.unwrap_or_else(|why| panic!("{why}\nfailed: SIM_SEED={seed} {plan:?} {faults:?}"))
}

/// What binary clients have been told, by the case; for the tests to say that enough was played.
#[derive(Debug, Default)]
struct Played {
    retransmitted: usize,
    not_applied: usize,
    /// Requests that came again, of which nothing is known.
    used_up: usize,
    /// States of orders whose request came again.
    told_again: usize,
    versions: usize,
}

impl Played {
    fn count(&mut self, history: &History) {
        for client in &history.clients {
            let binary: Vec<&Got> = client.got.iter().filter(|got| got.version > 0).collect();
            let of = |tag, value| binary.iter().filter(|got| got.field(tag) == Some(value)).count();
            self.retransmitted += of("43", "Y");
            self.not_applied += of("35", "NotApplied");
            self.used_up += of("380", "100");
            self.told_again += of("97", "Y");
            self.versions += binary.windows(2).filter(|w| w[0].version < w[1].version).count();
        }
    }
}

#[test]
fn a_calm_day_ends_with_every_client_knowing_everything() {
    for seed in seeds(5) {
        play(seed, Plan { steps: 1500, ..Plan::default() }, Faults::default());
    }
}

#[test]
fn short_reads_lost_connections_and_time_jumps_lose_nothing() {
    for seed in seeds(10) {
        play(seed, Plan { steps: 2000, cut: 8, jump: 3, ..Plan::default() }, Faults::default());
    }
}

#[test]
fn a_log_that_delays_refuses_and_changes_its_leader_loses_nothing_that_was_told() {
    let faults = Faults { delay_turns_max: 6, refuse: 100, depose: 4 };
    for seed in seeds(10) {
        play(seed, Plan { steps: 2000, cut: 3, ..Plan::default() }, faults);
    }
}

#[test]
fn random_crashes_lose_nothing_that_was_told() {
    let faults = Faults { delay_turns_max: 4, refuse: 50, depose: 2 };
    let mut played = Played::default();
    for seed in seeds(20) {
        let plan = Plan { steps: 2000, cut: 4, jump: 2, crash: 5, ..Plan::default() };
        played.count(&play(seed, plan, faults).history);
    }
    let Played { retransmitted, not_applied, used_up, told_again, versions } = played;
    let least = [retransmitted, not_applied, used_up, told_again, versions].into_iter().min();
    assert!(!plays_all() || least > Some(20), "{played:?}");
}

#[test]
fn a_crash_after_every_command_loses_nothing_that_was_told() {
    let seed = seeds(1)[0];
    let plan = Plan { steps: 250, ..Plan::default() };
    let all = play(seed, plan, Faults::default()).seq;
    assert!(all > 60, "the script has {all} commands");
    for seq in 1..=all {
        play(seed, Plan { crash_after: Some(seq), ..plan }, Faults::default());
    }
}

#[test]
fn a_tiny_event_ring_changes_nothing_but_speed() {
    for seed in seeds(3) {
        let plan = Plan { steps: 800, event_slots: 64, crash: 3, ..Plan::default() };
        play(seed, plan, Faults::default());
    }
}

#[test]
fn the_same_seed_plays_the_same_day() {
    let plan = Plan { steps: 600, cut: 5, crash: 3, jump: 2, ..Plan::default() };
    let [a, b] = [(); 2].map(|()| play(77, plan, Faults::default()).history);
    assert_eq!(a.end, b.end);
    assert!(a == b);
}

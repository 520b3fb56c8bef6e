//! The whole venue on one thread: a seed, a clock that moves when told, a network and a log that
//! misbehave, crashes whenever the script likes, and clients that must end up knowing everything.
//!
//! `world.rs` is the venue, with the real gateway, partition, understudy and publisher; `client.rs` is
//! a FIX client as one would write it; `checks.rs` says what must hold. A failure prints the seed and
//! the crash point; `SIM_SEED=n cargo test -p gateway --test sim` plays it again, `SIM_SEEDS=n`
//! plays so many, `SIM_FIRST=n` from that one on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

mod checks;
mod client;
mod world;

use engine::fake_log::Faults;
use world::{Plan, World};

fn seeds(default: u64) -> Vec<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    match number("SIM_SEED") {
        Some(seed) => vec![seed],
        None => {
            let first = number("SIM_FIRST").unwrap_or(1);
            (first..first + number("SIM_SEEDS").unwrap_or(default)).collect()
        }
    }
}

fn play(seed: u64, plan: Plan) {
    let told = format!("SIM_SEED={seed} {plan:?}");
    let result = std::panic::catch_unwind(|| World::new(seed, plan).run());
    if let Err(panic) = result {
        eprintln!("failed: {told}");
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn a_calm_day_ends_with_every_client_knowing_everything() {
    for seed in seeds(5) {
        play(seed, Plan { steps: 1500, ..Plan::default() });
    }
}

#[test]
fn short_reads_lost_connections_and_time_jumps_lose_nothing() {
    for seed in seeds(10) {
        play(seed, Plan { steps: 2000, cut: 8, jump: 3, ..Plan::default() });
    }
}

#[test]
fn a_log_that_delays_refuses_and_changes_its_leader_loses_nothing_that_was_told() {
    let faults = Faults { delay_turns_max: 6, refuse: 100, depose: 4 };
    for seed in seeds(10) {
        play(seed, Plan { steps: 2000, cut: 3, faults, ..Plan::default() });
    }
}

#[test]
fn random_crashes_lose_nothing_that_was_told() {
    let faults = Faults { delay_turns_max: 4, refuse: 50, depose: 2 };
    for seed in seeds(20) {
        play(seed, Plan { steps: 2000, cut: 4, jump: 2, crash: 5, faults, ..Plan::default() });
    }
}

#[test]
fn a_crash_after_every_command_loses_nothing_that_was_told() {
    let seed = seeds(1)[0];
    let all = World::new(seed, Plan { steps: 250, ..Plan::default() }).run();
    assert!(all > 60, "the script has {all} commands");
    for seq in 1..=all {
        play(seed, Plan { steps: 250, crash_after: Some(seq), ..Plan::default() });
    }
}

#[test]
fn a_tiny_event_ring_changes_nothing_but_speed() {
    for seed in seeds(3) {
        play(seed, Plan { steps: 800, event_slots: 64, crash: 3, ..Plan::default() });
    }
}

#[test]
fn the_same_seed_plays_the_same_day() {
    let plan = Plan { steps: 600, cut: 5, crash: 3, jump: 2, ..Plan::default() };
    let days: Vec<_> = (0..2).map(|_| World::new(77, plan).run_to_hash()).collect();
    assert_eq!(days[0], days[1]);
}

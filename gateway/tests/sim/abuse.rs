//! Clients that mean harm beside healthy ones: these lose nothing, are never thrown out, and are answered as soon as
//! without them.

use crate::client::width;
use crate::fake::Fake;
use crate::world::{Ended, Plan, World};
use crate::{plays_all, seeds};
use engine::fake_log::Faults;

/// A healthy client looks at its connection in seven of ten milliseconds; without the others, too, it sometimes has to wait
/// for 16 of them.
const ANSWER_NS_MAX: u64 = 25_000_000;

fn play(seed: u64, plan: Plan, faults: Faults) -> Ended<Fake> {
    let ended = World::new(seed, plan, Fake::new(seed, faults)).run();
    ended.unwrap_or_else(|why| panic!("{why}\nfailed: SIM_SEED={seed} {plan:?} {faults:?}"))
}

#[test]
fn healthy_clients_do_not_notice_those_who_mean_harm() {
    let mut harm = 0;
    for seed in seeds(8) {
        let plan = Plan { steps: 1200, abuse: true, ..Plan::default() };
        let ended = play(seed, plan, Faults::default());
        let slowest = ended.slowest_answer_ns;
        assert!(
            slowest > 0 && slowest <= ANSWER_NS_MAX,
            "an answer took {slowest} ns\nfailed: SIM_SEED={seed}"
        );
        // Of the binary ones some negotiate anew when they like.
        for (n, client) in ended.history.clients.iter().enumerate() {
            let logons = client.got.iter().filter(|got| got.field("35") == Some("A")).count();
            let expected = usize::from(width(n).is_none());
            assert_eq!(logons, expected, "client {n} was thrown out\nfailed: SIM_SEED={seed}");
        }
        harm += ended.harm;
    }
    assert!(!plays_all() || harm > 100_000, "{harm} messages that mean harm are not many");
}

/// Soon all places are taken by those who say nothing: whoever is cut off comes back all the same.
#[test]
fn who_was_cut_off_comes_back_though_strangers_never_leave() {
    for seed in seeds(4) {
        let plan = Plan { steps: 1500, cut: 20, abuse: true, ..Plan::default() };
        let clients = play(seed, plan, Faults::default()).history.clients;
        let of_fix = clients.iter().enumerate().filter(|(n, _)| width(*n).is_none());
        let logons = of_fix.flat_map(|(_, client)| &client.got);
        let logons = logons.filter(|got| got.field("35") == Some("A")).count();
        // Of 30 cuts about 18 are theirs, and some of those meet one who is on his way back.
        assert!(logons >= 12, "{logons} logons\nfailed: SIM_SEED={seed}");
    }
}

#[test]
fn with_crashes_cuts_and_a_log_that_refuses_still_nothing_is_lost() {
    let faults = Faults { delay_turns_max: 4, refuse: 50, depose: 2 };
    for seed in seeds(8) {
        let plan = Plan { steps: 1000, cut: 4, jump: 2, crash: 4, abuse: true, ..Plan::default() };
        play(seed, plan, faults);
    }
}

#[test]
fn a_tiny_event_ring_is_enough_beside_them() {
    for seed in seeds(3) {
        let plan = Plan { steps: 600, event_slots: 64, abuse: true, ..Plan::default() };
        play(seed, plan, Faults::default());
    }
}

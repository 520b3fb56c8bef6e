//! The rules of docs/wire/fix.md as scripts, played over the wire: one file a rule.
//!
//! `session/`: the session; `orders/`: what orders say and get; `abuse/`: clients that mean harm, with
//! a healthy one beside them; `strict/`: limits, in a venue whose limits are low; `slow/`: clients that do not read;
//! `stop/`: a venue that stops; `hours/`: what needs a clock of its own. `script.rs` says how
//! a script reads, `cast.rs` who is who, `play.rs` plays one; `binary.rs` does so with all of them against
//! the real process, `simulated.rs` in the simulator.
//! `FIX_RULES=word` plays only the files whose name has the word.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

mod binary;
mod cast;
mod message;
mod neighbour;
#[allow(dead_code, reason = "the wire tests use the rest")]
#[path = "../wire/peer.rs"]
mod peer;
mod play;
mod script;
mod simulated;
/// What the simulator's own runs are judged by; here the scripts judge.
mod checks {
    pub fn all(_: &crate::history::History) -> Result<(), String> {
        Ok(())
    }
}
#[allow(dead_code, reason = "the simulator's own tests use the rest")]
#[path = "../sim/abuser.rs"]
mod abuser;
#[allow(dead_code, reason = "the simulator's own tests use the rest")]
#[path = "../sim/binary_client.rs"]
mod binary_client;
#[allow(dead_code, reason = "the simulator's own tests use the rest")]
#[path = "../sim/client.rs"]
mod client;
#[allow(dead_code, reason = "the simulator's own tests use the rest")]
#[path = "../sim/fake.rs"]
mod fake;
#[allow(dead_code, reason = "the simulator's own tests use the rest")]
#[path = "../sim/fix_client.rs"]
mod fix_client;
#[allow(dead_code, reason = "the simulator's own tests use the rest")]
#[path = "../sim/history.rs"]
mod history;
#[allow(dead_code, reason = "the simulator's own tests use the rest")]
#[path = "../sim/stop.rs"]
mod stop;
#[allow(dead_code, reason = "the wire tests use the rest")]
#[path = "../wire/venue.rs"]
mod venue;
#[allow(dead_code, reason = "the simulator's own tests use the rest")]
#[path = "../sim/words.rs"]
mod words;
#[allow(dead_code, reason = "the simulator's own tests use the rest")]
#[path = "../sim/world.rs"]
mod world;

use binary::{Binary, at_once, play_through};
use neighbour::Neighbour;
use play::Play;
use script::{Act, Case};
use simulated::Simulated;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use venue::MATRIX;

fn fail_if_any(wrong: &[String], where_: &str) {
    assert!(wrong.is_empty(), "{where_}: {} went wrong\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn every_rule_holds_on_every_transport_and_placement() {
    let cases = ["session", "orders"].into_iter().flat_map(script::read);
    let (timed, cases): (Vec<Case>, Vec<Case>) = cases.partition(Case::is_timed);
    for combination in MATRIX {
        let host = Binary::start(combination, &cases, 0, |config| config);
        let (wrong, _) = play_through(&host, &cases);
        fail_if_any(&wrong, &format!("{combination:?}"));
        drop(host);
        play_timed(combination, &timed, |config| config);
    }
}

/// Cases about time: they hold if they hold in one of three runs.
fn play_timed(
    combination: (&'static str, &'static str),
    cases: &[Case],
    change: impl Fn(String) -> String + Copy,
) {
    let mut wrong = Vec::new();
    for _ in 0..3 {
        let host = Binary::start(combination, cases, 0, change);
        (wrong, _) = play_through(&host, cases);
        if wrong.is_empty() {
            return;
        }
    }
    fail_if_any(&wrong, &format!("{combination:?}, three times"));
}

/// After each line, settled or under way, the process is killed. Everybody comes back as a client does:
/// what the venue asks for is sent again, what was missed is asked for. In the end everybody was told
/// what they would have been told without.
#[test]
fn orders_mean_the_same_when_the_venue_dies_after_any_line() {
    let cases: Vec<Case> = script::read("orders").into_iter().filter(Case::survives).collect();
    let calm = Binary::start(MATRIX[0], &cases, 0, |config| config);
    let (wrong, stories) = play_through(&calm, &cases);
    fail_if_any(&wrong, "without a crash");
    drop(calm);
    // Every line is followed by a death in one of the four; in the last two also by one before.
    let dies: [fn(usize) -> bool; 4] = [|n| n % 2 == 0, |n| n % 2 == 1, |n| n % 3 == 0, |_| true];
    for (combination, dies) in MATRIX.into_iter().zip(dies) {
        let mut host = Binary::start(combination, &cases, 0, |config| config);
        let wrong = play_with_deaths(&mut host, &cases, &stories, dies);
        fail_if_any(&wrong, &format!("{combination:?}"));
    }
}

fn play_with_deaths(
    host: &mut Binary,
    cases: &[Case],
    stories: &[Vec<String>],
    dies: impl Fn(usize) -> bool,
) -> Vec<String> {
    let mut plays: Vec<_> = (0..).zip(cases).map(|(n, case)| Play::new(case, n, host)).collect();
    let lines_max = cases.iter().map(|case| case.lines.len()).max().unwrap_or(0);
    for line in 0..lines_max {
        let mut wrong = at_once(&mut plays, |play| play.step(host));
        if wrong.is_empty() && dies(line) {
            host.kill_and_restart();
            wrong = at_once(&mut plays, |play| play.recover(host));
        }
        if !wrong.is_empty() {
            return wrong;
        }
    }
    let mut wrong = at_once(&mut plays, |play| play.farewell(host));
    for (play, story) in plays.iter().zip(stories) {
        if play.story() != *story {
            let (seen, wanted) = (play.story().join("\n      "), story.join("\n      "));
            wrong.push(format!("{}\n      {seen}\n    is not\n      {wanted}", play.case.name));
        }
    }
    wrong
}

#[test]
fn abuse_gets_the_documented_answer_and_disturbs_no_neighbour() {
    let cases = script::read("abuse");
    if cases.is_empty() {
        return; // Others are wished.
    }
    for combination in MATRIX {
        let host = Binary::start(combination, &cases, 1, |config| config);
        let neighbour = Neighbour::start(host.venue.connect("N000"));
        let (wrong, _) = play_through(&host, &cases);
        let waits = neighbour.stop();
        fail_if_any(&wrong, &format!("{combination:?}"));
        let (median, longest) = (waits[waits.len() / 2], waits[waits.len() - 1]);
        println!(
            "{combination:?}: {} answers, median {median:?}, longest {longest:?}",
            waits.len()
        );
        // Generous: the machine may be busy with anything.
        assert!(longest < Duration::from_secs(5), "a neighbour waited {longest:?}");
    }
}

#[test]
fn limits_are_kept() {
    let (strict, slow) = (script::read("strict"), script::read("slow"));
    for combination in MATRIX {
        play_timed(combination, &strict, |config| {
            config
                .replace("logon_ms = 10000", "logon_ms = 500")
                .replace("rate_soft = 50000", "rate_soft = 5")
                .replace("rate_hard = 100000", "rate_hard = 20")
                .replace("message_bytes_max = 8192", "message_bytes_max = 1024")
        });
        play_timed(combination, &slow, |config| config.replace("slow_ms = 30000", "slow_ms = 500"));
    }
}

/// Each case has a venue of its own, which is stopped by SIGTERM.
#[test]
fn a_venue_that_stops_says_so() {
    for combination in MATRIX {
        for case in script::read("stop") {
            let cases = [case];
            let mut host = Binary::start(combination, &cases, 0, |config| config);
            let mut play = Play::new(&cases[0], 0, &host);
            let mut played = Ok(());
            while played.is_ok() && !play.is_over() {
                if play.wants_it_back() {
                    host.restart();
                }
                played = play.step(&host);
            }
            let played = played.and_then(|()| play.farewell(&host));
            played.unwrap_or_else(|error| panic!("{combination:?}: {error}"));
        }
    }
}

/// In the simulator: as it stands; where it means the same with crashes, with one after every line; and
/// wherever it is left by a crash, everybody comes back to a session that is in order.
#[test]
fn every_rule_holds_in_the_simulator() {
    let directories = ["session", "orders", "hours"];
    let cases: Vec<Case> = directories.into_iter().flat_map(script::read).collect();
    let wrong = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(n) else { return };
                    if let Err(error) = simulate(n, case) {
                        wrong.lock().unwrap().push(error);
                    }
                }
            });
        }
    });
    fail_if_any(&wrong.into_inner().unwrap(), "the simulator");
}

fn simulate(n: usize, case: &Case) -> Result<(), String> {
    let host = Simulated::new(n, case);
    let mut play = Play::new(case, n, &host);
    play.run(&host)?;
    if case.survives() {
        for later_ms in [0, 2000] {
            play_with_crashes(n, case, &play.story(), later_ms)
                .map_err(|error| format!("{error}\n    (crashes, {later_ms} ms each)"))?;
        }
    }
    let anew = case.lines.iter().any(|line| matches!(line.act, Act::BeginsAnew(_)));
    for line in (1..=case.lines.len()).filter(|_| !case.survives()) {
        if anew && case.lines[..line].iter().any(|line| matches!(line.act, Act::Waits(_))) {
            continue; // They have begun anew, and the client has not been told.
        }
        if case.lines[line - 1].text.contains("141=Y") {
            continue; // Nobody knows whether the numbers began again: a client has to ask its operator.
        }
        leave_at(n, case, line)
            .map_err(|error| format!("{error}\n    (a crash behind step {line})"))?;
    }
    Ok(())
}

fn play_with_crashes(n: usize, case: &Case, story: &[String], later_ms: u64) -> Result<(), String> {
    let host = Simulated::new(n, case);
    let mut play = Play::new(case, n, &host);
    while !play.is_over() {
        play.step(&host)?;
        host.crash(later_ms);
        play.recover(&host)?;
    }
    play.farewell(&host)?;
    if play.story() == *story {
        return Ok(());
    }
    let (seen, wanted) = (play.story().join("\n      "), story.join("\n      "));
    Err(format!("{}\n      {seen}\n    is not\n      {wanted}", case.name))
}

fn leave_at(n: usize, case: &Case, line: usize) -> Result<(), String> {
    let host = Simulated::new(n, case);
    let mut play = Play::new(case, n, &host);
    (0..line).try_for_each(|_| play.step(&host))?;
    host.crash(0);
    play.recover(&host)?;
    play.take_all()?;
    play.farewell(&host)
}

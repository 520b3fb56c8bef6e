//! `portcullis-perf load` with a venue that it starts itself: what it says, never how fast.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};

mod common;

use common::{PERF, build_the_venue};

fn load(words: &str) -> Output {
    build_the_venue();
    let mut command = Command::new(PERF);
    command.args(["load", "--start", "--durability", "process", "--json"]);
    let seconds = if words.contains("--find-max") { "0.1" } else { "0.5" };
    command.args(["--seconds", seconds, "--warmup", "0.1"]);
    command.args(words.split_whitespace()).output().unwrap()
}

fn told(words: &str) -> Value {
    let output = load(words);
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn number(told: &Value, name: &str) -> u64 {
    told[name].as_u64().unwrap_or_else(|| panic!("{name}: {told}"))
}

/// Everything that was due is answered once, and service is a part of latency.
fn check_open(told: &Value, rate: u64) {
    let (due, answered) = (number(told, "due"), number(told, "answered"));
    assert!(due.abs_diff(rate / 2) <= 1, "{due} of {rate}/s in half a second");
    assert!(answered.abs_diff(due) <= 1 && number(told, "lost") == 0, "{answered} of {due}");
    for name in ["latency", "service", "client_late"] {
        assert_eq!(number(&told[name], "count"), answered, "{name}");
    }
    let p50 = |name: &str| number(&told[name], "p50_ns");
    assert!(p50("service") <= p50("latency") + p50("latency") / 500, "{told}");
    assert!(number(&told["memory"], "all_sessions_kib") > 1000);
    assert!(number(told, "venue_cpu_ns_per_request") > 100);
}

#[test]
fn in_the_open_loop_all_that_is_due_is_asked_and_answered_once() {
    for (words, second) in [
        ("--rate 400 --sessions 3", "cancel"),
        ("--rate 400 --sessions 7 --mix trade", "trade"),
        ("--rate 400 --sessions 2 --mix limit-cancel", "cancel"),
        ("--rate 400 --sessions 5 --mix trade --protocol sbe", "trade"),
        ("--rate 400 --sessions 2 --mix limit-cancel --protocol sbe", "cancel"),
    ] {
        let told = told(words);
        check_open(&told, 400);
        let (first, second) = (number(&told["order"], "count"), number(&told[second], "count"));
        assert!(first.abs_diff(second) <= 7, "{words}: {first} and {second}");
    }
}

#[test]
fn in_the_closed_loop_every_session_has_its_requests_and_idle_ones_none() {
    for protocol in ["fix", "sbe"] {
        let told =
            told(&format!("--protocol {protocol} --sessions 4 --depth 3 --idle 20 --mix trade"));
        assert_eq!((&told["idle"], &told["depth"]), (&20.into(), &3.into()));
        assert!(told["rate"].is_null() && number(&told, "answered") > 100, "{told}");
        let (orders, trades) = (number(&told["order"], "count"), number(&told["trade"], "count"));
        assert!(orders.abs_diff(trades) <= 12, "{orders} and {trades}");
        assert!(told["memory"]["logon_bytes"].is_u64(), "{told}");
        // Room for a session is taken at start, whether it is logged on or not.
        assert!(number(&told["memory"], "session_bytes") > 1000, "{told}");
    }
}

#[test]
fn a_search_tells_the_highest_rate_that_held_or_that_none_did() {
    let found = told("--find-max --p99-us 10000000 --rate 100");
    let search = &found["search"];
    let highest = number(search, "highest_rate");
    assert!(highest >= 100 && found["rate"] == highest, "{found}");
    let tried = search["tried"].as_array().unwrap();
    assert!(tried.iter().any(|step| step["rate"] == highest) && tried.len() > 1);
    let none = told("--find-max --p99-us 1 --rate 1000");
    assert!(none["search"]["highest_rate"].is_null(), "{none}");
}

#[test]
fn percentiles_go_to_a_file_that_histogram_tools_read() {
    let file =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.hgrm", std::process::id()));
    let told = told(&format!("--depth 1 --hgrm {}", file.display()));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(text.starts_with("       Value     Percentile TotalCount 1/(1-Percentile)\n"));
    let count = format!("Total count    = {:12}]", number(&told, "answered"));
    assert!(text.trim_end().ends_with(&count), "{text}");
}

#[test]
fn what_cannot_be_loaded_is_an_error_with_its_fix() {
    for (words, reason) in [
        ("--symbols NONE", "an order was rejected"),
        ("--symbols NONE --protocol sbe", "the venue has no NONE"),
        ("--placement sideways", "the venue did not start"),
        ("--rate 5 --depth 1", "cannot be used with"),
    ] {
        let output = load(words);
        assert!(!output.status.success() && output.stdout.is_empty(), "{words}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(reason), "{words}: {told}");
    }
}

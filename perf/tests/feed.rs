//! `portcullis-perf feed`: what is measured is what was said, over real sockets and beside a real venue.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use serde_json::Value;
use std::process::{Command, Output};

mod common;

fn perf(words: &[&str]) -> Output {
    Command::new(common::PERF).arg("feed").args(words).output().unwrap()
}

fn told(words: &[&str]) -> Value {
    let output = perf(words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_an_engine_tells_comes_to_a_subscriber_and_every_step_takes_time() {
    let words = "rate --ops 5000 --rounds 2 --rates 20000 --json";
    let told = told(&words.split(' ').collect::<Vec<_>>());
    assert!(told["events"].as_u64().unwrap() > 5000, "{told}");
    assert!(told["callsInBursts"].as_u64() <= told["packets"].as_u64(), "{told}");
    let steps: Vec<f64> =
        told["steps"].as_array().unwrap().iter().map(|s| s["medianNs"].as_f64().unwrap()).collect();
    assert!(steps.len() == 4 && steps.iter().all(|ns| *ns > 1.0), "{told}");
    let subscriber = &told["subscriber"][0];
    assert!(subscriber["checksumsVerified"].as_u64().unwrap() > 20, "{told}");
    assert!(subscriber["toldPerS"].as_u64().unwrap() <= 20_100, "{told}");
}

#[test]
fn af_xdp_on_loopback_is_refused_with_the_reason() {
    let output = perf(&["rate", "--ops", "1000", "--transport", "xdp"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && told.contains("lo is no Ethernet"), "{told}");
}

#[test]
fn orders_are_answered_beside_every_abuse() {
    common::build_the_venue();
    let words = "abuse --orders 200 --rounds 1 --flood 5000 --json";
    let told = told(&words.split(' ').collect::<Vec<_>>());
    let rows = told["abuse"].as_array().unwrap();
    assert_eq!(rows.len(), 6, "{told}");
    for row in rows {
        let (p50, p99) = (row["p50Ns"].as_u64().unwrap(), row["p99Ns"].as_u64().unwrap());
        assert!(1000 < p50 && p50 <= p99, "{told}");
    }
}

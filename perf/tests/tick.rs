//! `portcullis-perf latency --start --feed`: every order is seen in the feed of a real venue and trades.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use serde_json::Value;
use std::process::Command;

mod common;

#[test]
fn every_order_is_seen_in_the_feed_and_traded_with() {
    common::build_the_venue();
    for protocol in ["fix", "sbe"] {
        let output = Command::new(common::PERF)
            .args(["latency", "--start", "--durability", "process", "--feed", "--json"])
            .args(["--orders", "100", "--warmup", "10", "--protocol", protocol])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        for name in ["order_to_ack", "order_to_feed", "feed_to_trade"] {
            assert_eq!(told[name]["count"], 100, "{name}: {told}");
            assert!(told[name]["p50_ns"].as_u64().unwrap() > 1000, "{name}: {told}");
        }
        assert_eq!(told["venue"].as_array().unwrap().len(), 3, "{told}");
    }
}

#[test]
fn a_feed_that_is_not_there_is_an_error_that_says_where_to_look() {
    common::build_the_venue();
    let output = Command::new(common::PERF)
        .args(["latency", "--start", "--feed", "--depth", "2", "--json"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && told.contains("leave --depth out"), "{told}");
    let output = Command::new(common::PERF)
        .args(["latency", "--start", "--feed", "--interface", "192.0.2.1", "--json"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && told.contains("--interface"), "{told}");
}

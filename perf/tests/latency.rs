//! The harness against the real venue, both as their users start them: what it says, never how fast.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const PERF: &str = env!("CARGO_BIN_EXE_portcullis-perf");

/// `portcullis` beside our own binary; built now if need be.
fn portcullis() -> PathBuf {
    let beside = Path::new(PERF).with_file_name("portcullis");
    if !beside.exists() {
        // `target/PROFILE/portcullis-perf`: build into the same target directory and profile.
        let (profile, target) = (beside.parent().unwrap(), beside.ancestors().nth(2).unwrap());
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "-p", "gateway", "--bin", "portcullis", "--target-dir"]).arg(target);
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "the venue does not build");
    }
    beside
}

/// The demo venue with ports and data of its own.
struct Venue {
    child: Child,
    address: String,
    directory: PathBuf,
}

impl Venue {
    fn start(name: &str) -> Self {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("latency-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        let printed =
            Command::new(portcullis()).args(["serve", "--print-config"]).output().unwrap();
        let config = String::from_utf8(printed.stdout).unwrap();
        assert!(config.contains("127.0.0.1:9001"), "{config}");
        let config = config
            .replace("127.0.0.1:9001", "127.0.0.1:0")
            .replace("127.0.0.1:9002", "127.0.0.1:0")
            .replace("127.0.0.1:9003", "127.0.0.1:0")
            .replace("239.255.42.", "239.255.142.");
        std::fs::write(directory.join("venue.toml"), config).unwrap();
        let mut child = Command::new(portcullis())
            .arg("serve")
            .arg(directory.join("venue.toml"))
            .arg("--data")
            .arg(directory.join("data"))
            .args(["--durability", "process"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let fix = lines.find(|line| line.trim().starts_with("FIX 4.4")).expect("it started");
        let address = fix.split_whitespace().nth(2).unwrap().to_owned();
        assert!(lines.any(|line| line == "ready"));
        std::thread::spawn(move || lines.count()); // Keeps the pipe open and empty.
        Self { child, address, directory }
    }

    fn measure(&self, words: &str) -> Output {
        let mut command = Command::new(PERF);
        command.args(["latency", "--connect", &self.address]).args(words.split_whitespace());
        command.output().unwrap()
    }

    fn told(&self, words: &str) -> Value {
        let output = self.measure(words);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

/// All percentiles are there and in order, and so many were counted.
fn check_distribution(told: &Value, count: u64) {
    assert_eq!(told["count"], count, "{told}");
    let names = ["p50_ns", "p90_ns", "p99_ns", "p99_9_ns", "max_ns"];
    let times = names.map(|name| told[name].as_u64().unwrap_or_else(|| panic!("{name}: {told}")));
    assert!(times[0] > 0 && times.is_sorted(), "{told}");
}

#[test]
fn every_order_and_every_cancel_is_counted_once_and_the_next_run_starts_afresh() {
    let venue = Venue::start("counts");
    for (depth, words) in [(1, ""), (1, ""), (8, "--depth 8")] {
        let told = venue.told(&format!("--orders 200 --warmup 20 --json {words}"));
        assert_eq!((&told["command"], &told["depth"]), (&"latency".into(), &depth.into()));
        check_distribution(&told["order_to_ack"], 200);
        check_distribution(&told["cancel_to_ack"], 200);
        assert!(told["requests_per_s"].as_u64().unwrap() > 0);
        assert!(told["reply_bytes"].as_u64().unwrap() > 100, "{told}");
        assert!(told["ratio_p50"].is_null() && told.get("floor_before").is_none(), "{told}");
    }
}

#[test]
fn with_floors_there_is_a_ratio_or_the_reason_why_not() {
    let venue = Venue::start("floors");
    let told = venue.told("--orders 200 --warmup 20 --json --with-floor");
    check_distribution(&told["floor_before"]["echo"], 200);
    check_distribution(&told["floor_after"]["echo"], 200);
    let apart = told["floors_apart_percent"].as_u64().unwrap();
    assert_eq!(told["ratio_p50"]["order_to_ack"].is_f64(), apart <= 15, "{told}");
}

#[test]
fn a_started_venue_is_held_against_its_own_skeleton_and_says_where_the_time_goes() {
    portcullis();
    for (placement, durability, floor) in [
        ("fused", "process", "fused skeleton"),
        ("split", "disk", "split skeleton + durable write"),
        ("fused", "disk", "fused skeleton + durable write"),
    ] {
        let mut command = Command::new(PERF);
        command.args(["latency", "--start", "--protocol", "sbe", "--with-floor", "--rounds", "1"]);
        command.args(["--orders", "200", "--warmup", "20", "--json"]);
        command.args(["--placement", placement, "--durability", durability]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told["floor"], floor);
        check_distribution(&told["floor_before"]["skeleton"], 200);
        assert_eq!(told["floor_after"]["durable_write"].is_object(), durability == "disk");
        // Both in one process: where the transport writes files, which is the gateway's ring.
        let writing = &told["floor_after"]["writing_skeleton"];
        if (placement, durability) == ("fused", "disk") && gateway::io::uring::probe().is_ok() {
            check_distribution(writing, 200);
        } else {
            assert!(writing.is_null(), "{writing}");
        }
        if told["unreliable"] == false {
            let [p50, p99] = ["p50", "p99"].map(|key| told["ratio"]["order_to_ack"][key].as_f64());
            assert!(p50.is_some_and(|ratio| ratio > 0.0) && p99.is_some(), "{told}");
        }
        let sum: u64 = ["to_the_gateway", "to_the_engine", "commit_match_and_back"]
            .map(|stage| {
                assert_eq!(told["stages"][stage]["count"], 200, "{stage}");
                told["stages"][stage]["p50_ns"].as_u64().unwrap()
            })
            .iter()
            .sum();
        let whole = told["order_to_ack"]["p90_ns"].as_u64().unwrap();
        assert!(sum > 0 && sum < whole * 2, "stages of {sum} ns in {whole} ns: {told}");
    }
}

#[test]
fn a_reject_or_a_refused_logon_ends_the_run_with_the_venues_reason() {
    let venue = Venue::start("refusals");
    for (words, reason) in [
        ("--symbol NONE --orders 10", "an order was rejected"),
        ("--password wrong --orders 10", "refuses the Logon of CLIENT1"),
        ("--session NOBODY --orders 10", "refuses the Logon of NOBODY"),
    ] {
        let output = venue.measure(words);
        assert!(!output.status.success() && output.stdout.is_empty(), "{words}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(reason), "{words}: {told}");
    }
}

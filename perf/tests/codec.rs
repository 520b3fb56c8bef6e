//! `portcullis-perf codec` measures what it says it does, and the codec allocates nothing.
//!
//! A process of its own, so that nothing else allocates while it counts. No time is asserted here.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::Command;

fn codec(more: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis-perf"));
    let output = command.args(["codec", "--batches", "20"]).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_order_is_taken_and_nothing_is_allocated() {
    let told: serde_json::Value = serde_json::from_str(&codec(&["--json"])).unwrap();
    let number = |path: &str| told.pointer(path).and_then(serde_json::Value::as_f64).unwrap();
    for part in ["frame", "scan", "check", "decode", "encode"] {
        assert_eq!(number(&format!("/{part}/allocations")), 0.0, "{part}");
        let (median, fast) =
            (number(&format!("/{part}/median_ns")), number(&format!("/{part}/fast_ns")));
        assert!(fast > 0.0 && fast <= median, "{part}: {fast}, {median}");
    }
    assert!(number("/decode/median_ns") > number("/frame/median_ns"));
    assert!((187.0..=193.0).contains(&number("/order_bytes")));
    assert!(number("/report_fields") >= 20.0);
    assert!(codec(&[]).contains("ExecutionReport of "));
}

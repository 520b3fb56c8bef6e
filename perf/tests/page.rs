//! `portcullis-perf floor` and `report`: what one prints the other draws.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PERF: &str = env!("CARGO_BIN_EXE_portcullis-perf");

fn perf(words: &[&str]) -> Output {
    Command::new(PERF).args(words).output().unwrap()
}

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// A page is XML but for its first line and three tags that HTML does not close.
fn must_be_well_formed(page: &str) {
    let mut open = Vec::new();
    for tag in page.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let name = tag.split_whitespace().next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => {
                // The end of a paragraph or an item may be left out; ours are not.
                assert_eq!(open.pop(), Some(name.to_owned()), "</{name}>");
            }
            None if tag.ends_with('/') || ["!doctype", "meta"].contains(&name) => {}
            None => open.push(name.to_owned()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn two_measurements_become_a_page_and_a_plot_that_need_nothing_else() {
    let directory = directory("page");
    let (a, b) = (directory.join("before.json"), directory.join("after.json"));
    for file in [&a, &b] {
        let output = perf(&["floor", "--orders", "500", "--warmup", "10", "--json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told["floor"]["echo"]["count"], 500);
        for name in ["udp_send", "ring_hop"] {
            assert!(told["machine"][name]["p50_ns"].as_u64().unwrap() > 0, "{name}");
        }
        std::fs::write(file, &output.stdout).unwrap();
    }
    let (page, plot) = (directory.join("page.html"), directory.join("plot.svg"));
    let words = [&a, &b].map(|path| path.to_str().unwrap());
    let (out, svg) = (page.to_str().unwrap(), plot.to_str().unwrap());
    let output = perf(&["report", words[0], words[1], "--out", out, "--svg", svg]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let html = std::fs::read_to_string(&page).unwrap();
    must_be_well_formed(&html);
    for wanted in [
        "before and after",
        "floor echo (before)",
        "machine ring hop (after)",
        "stroke-dasharray",
        "(×",
        "host kernel",
    ] {
        assert!(html.contains(wanted), "{wanted}");
    }
    for outside in ["src=", "href=", "@import", "url("] {
        assert!(!html.contains(outside), "the page needs something: {outside}");
    }
    let svg = std::fs::read_to_string(&plot).unwrap();
    must_be_well_formed(&svg);
    assert!(svg.starts_with("<svg ") && !svg.contains("NaN") && !html.contains("NaN"));
}

#[test]
fn what_is_no_measurement_is_refused_with_the_fix() {
    let directory = directory("no-page");
    let file = directory.join("x.json");
    for (text, reason) in [("hello", "is no JSON"), ("{\"a\":1}", "has no times in it")] {
        std::fs::write(&file, text).unwrap();
        let out = directory.join("x.html");
        let output = perf(&["report", file.to_str().unwrap(), "--out", out.to_str().unwrap()]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && told.contains(reason) && told.contains("--json"),
            "{told}"
        );
        assert!(!out.exists());
    }
    let output = perf(&["report", file.to_str().unwrap()]);
    assert!(!output.status.success(), "neither --out nor --svg");
}

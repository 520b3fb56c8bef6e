//! Market data over FIX, by docs/wire/fix-market-data.md.
//!
//! `rules/`: one script a rule, played by `script.rs` in the world of `world.rs`: a real engine and the real
//! sessions on one thread. `books.rs`: after random orders a client's books are the feed's. `document.rs`: the
//! examples of the page are true. `binary.rs`: the real process, with clients that mean harm beside those that do not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

mod binary;
mod books;
mod client;
mod document;
#[allow(dead_code, reason = "the feed's tests use the rest")]
#[path = "../../../marketdata/tests/feed/venue.rs"]
mod exchange;
#[allow(dead_code, reason = "the wire's tests take more of it")]
#[path = "../wire/peer.rs"]
mod peer;
mod script;
#[allow(dead_code, reason = "the wire's tests take more of it")]
#[path = "../wire/venue.rs"]
mod venue;
mod world;

use std::path::Path;

#[test]
fn every_rule_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fix_feed/rules");
    let mut wrong = Vec::new();
    let mut cases = 0;
    for file in std::fs::read_dir(root).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // Each case by itself, so that one that fails hides no other.
        let mut first_line = 1;
        for case in text.split("\n\n") {
            match script::play(&name, case) {
                Ok(played) => cases += played,
                Err(error) => wrong.push(format!("(case from line {first_line}) {error}")),
            }
            first_line += case.lines().count() + 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} went wrong\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases > 50, "{cases}");
}

#[test]
fn a_script_that_is_not_true_is_found() {
    let begin = "A logs on\nA > V 262=r 263=1 264=0 265=1 267=1 269=0 146=1 55=SYM1\n";
    for wrong in ["A < W 268=1", "A < X 268=0", "A < W 262!", "A < nothing", "A < closed", ""] {
        assert!(script::play("wrong", &format!("{begin}{wrong}")).is_err(), "{wrong}");
    }
}

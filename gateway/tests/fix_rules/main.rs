//! The rules of docs/wire/fix.md as scripts, played over the wire: one file a rule.
//!
//! `session/`: the session; `orders/`: what orders say and get; `abuse/`: clients that mean harm, with
//! a healthy one beside them; `strict/`: limits, in a venue whose limits are low. `script.rs` says how
//! a script reads, `play.rs` plays one, `binary.rs` does so with all of them against the real process.
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
#[allow(dead_code, reason = "the wire tests use the rest")]
#[path = "../wire/peer.rs"]
mod peer;
mod play;
mod script;
#[allow(dead_code, reason = "the wire tests use the rest")]
#[path = "../wire/venue.rs"]
mod venue;

use binary::{Binary, play_through};
use script::Case;
use venue::MATRIX;

fn fail_if_any(wrong: &[String], where_: &str) {
    assert!(wrong.is_empty(), "{where_}: {} went wrong\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn every_rule_holds_on_every_transport_and_placement() {
    let cases: Vec<Case> = ["session", "orders"].into_iter().flat_map(script::read).collect();
    for combination in MATRIX {
        let host = Binary::start(combination, &cases, 0, |config| config);
        let (wrong, _) = play_through(&host, &cases);
        fail_if_any(&wrong, &format!("{combination:?}"));
    }
}

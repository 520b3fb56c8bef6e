//! Old messages of the feed over TCP and UDP, on a simulated disk and network: whoever asks gets the bytes
//! that were told, all of them, in order, and nobody gets more than his share.
//!
//! `world.rs` is a feed whose history lags and whose tap drops; `tcp.rs` and `udp.rs` have the rules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

#[path = "../history/common.rs"]
#[allow(dead_code, reason = "shared with the history's own tests")]
mod common;
mod tcp;
mod udp;
mod world;

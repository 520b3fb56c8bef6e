//! The whole venue on one thread: a seed, a clock that moves when told, a network, a log and a disk that
//! misbehave, crashes whenever the script likes, and clients that must end up knowing everything.
//!
//! `world.rs` is the venue, with the real gateway, partition, understudy and publisher. Under it lies the
//! real journal with outboxes and snapshots on a disk that fails (`real.rs`), or a log in memory that
//! refuses and changes its leader (`fake.rs`). `fix_client.rs` and `binary_client.rs` are clients as one
//! would write them, who trade on the same books; `abuser.rs` those who mean harm beside them (`abuse.rs`); `history.rs` is what was seen (`words.rs`: binary reports as text), `checks.rs` what must hold. A failure prints its seed;
//! `SIM_SEED=n cargo test -p gateway --test sim` plays it again, `SIM_SEEDS=n` plays so many,
//! `SIM_FIRST=n` from that one on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]

mod abuse;
mod abuser;
mod binary_client;
mod checks;
mod client;
mod disk_fails;
mod fake;
mod fix_client;
mod history;
mod log_misbehaves;
mod real;
mod stop;
mod words;
mod world;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// So many seeds, if nobody wishes others.
fn seeds(default: u64) -> Vec<u64> {
    match number("SIM_SEED") {
        Some(seed) => vec![seed],
        None => {
            let first = number("SIM_FIRST").unwrap_or(1);
            (first..first + number("SIM_SEEDS").unwrap_or(default)).collect()
        }
    }
}

/// Nobody wishes other seeds: then the tests also say that enough was played.
fn plays_all() -> bool {
    number("SIM_SEED").is_none() && number("SIM_SEEDS").is_none()
}

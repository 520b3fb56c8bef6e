//! The process around the engine: connections, files, threads.
//!
//! `main.rs` reads the command line, `config.rs` the file, `venue.rs` wires the parts in numbered
//! stages, `start.rs` says where they begin and `run.rs` runs them. Inward: `io/` moves bytes, `connection.rs`
//! with the codecs `fix/` and `sbe/` makes commands of them, `door.rs` says who goes when all places are taken, `gateway.rs` offers those to `rings.rs`. Outward: `gateway.rs` writes reports,
//! `publisher.rs` packets, and `fix_feed/` makes market data over FIX of these. Beside the hot path: `journal.rs` is the log on disk, `understudy.rs` writes
//! what is derived (`outbox.rs`, `history.rs`, `snapshots.rs`), `feed/` serves old messages of the feed, `auth.rs` checks secrets, `health.rs` says how the host
//! is doing, `care.rs` tells the operator, `listen.rs` is a subscriber as a tool, `relay.rs` passes a feed on, `tools.rs` reads a journal from outside, `doctor.rs` looks at the host.

pub mod auth;
pub mod care;
pub mod command_slot;
pub mod config;
pub mod connection;
pub mod directory;
pub mod doctor;
pub mod door;
pub mod feed;
pub mod fix;
pub mod fix_feed;
pub mod flow;
pub mod gateway;
pub mod health;
pub mod history;
pub mod io;
pub mod journal;
pub mod listen;
pub mod operator;
pub mod outbox;
pub mod publisher;
pub mod relay;
pub mod rings;
pub mod run;
pub mod sbe;
pub mod snapshots;
pub mod start;
pub mod tools;
pub mod understudy;
pub mod venue;

//! The exchange as a function: commands in, events out.
//!
//! Reads top to bottom: `partition.rs` takes commands, has the log commit them and steps the engine;
//! `engine.rs` applies one command; `session.rs` decides what it is (connection, number, verdict);
//! `trading.rs` does what it says, once `check.rs` and `risk.rs` have nothing against it; `matching.rs`
//! trades, on `book.rs`, `orders.rs` and `ids.rs`; `phase.rs` and `auction.rs` open and close; `report.rs`
//! and `feed.rs` say what happened, through a [`Sink`] (`event.rs`). `log.rs` is the trait and the bytes
//! of the log. The rules are docs/rulebook.md.
//!
//! State is a fold of the log: nothing here reads a clock, draws a random number, opens a file or a
//! socket, or iterates in hash order. Time comes with a batch, the hash seed with [`Limits`].
#![forbid(unsafe_code)]

pub mod accounts;
pub(crate) mod auction;
pub mod book;
pub(crate) mod check;
pub mod claim;
pub mod command;
pub mod dead_man;
pub(crate) mod define;
pub mod engine;
pub mod event;
pub mod expiry;
pub mod fake_log;
pub(crate) mod feed;
pub mod fees;
mod fixp;
pub mod hash;
pub mod hours;
pub mod ids;
pub mod instrument;
pub mod ladder;
pub mod log;
pub(crate) mod lookahead;
pub(crate) mod mass;
pub(crate) mod matching;
pub mod money;
pub mod orders;
pub mod parking;
pub mod partition;
pub mod permissions;
pub mod phase;
pub(crate) mod places;
pub mod quotes;
pub(crate) mod report;
pub mod retold;
pub mod risk;
pub mod session;
pub mod snapshot;
pub mod tables;
pub(crate) mod timers;
pub mod trades;
pub mod trading;

pub use command::{CommandBuffer, Commands, GRANULE_BYTES};
pub use engine::{Engine, Limits, Step};
pub use event::{Conn, EVENT_BYTES, Event, NoSink, SINK_FREE_MIN, Sink};
pub use log::{AppendError, BatchRef, Log, LogEvent};
pub use lookahead::LOOK_AHEAD;
pub use matching::SUMMARY_MESSAGES_MAX;
pub use partition::{Inputs, Partition, Wish};

//! What is beside the lines of the feed: old messages for whoever has lost some, and the feed over TCP.
//!
//! All of it is one cold thread. It gets the packets of the lines through a ring that drops (`tap.rs`), keeps
//! the newest (`window.rs`) and reads older ones from the history's files, never from the engine (`supply.rs`).
//! `udp.rs` answers requests with a few packets, `tcp.rs` replays a whole day and goes on live. `control.rs` is
//! what requests and answers look like, `rate.rs` how much one peer may ask for, `service.rs` the thread's turn. `lines.rs` is where
//! packets leave; `fanout.rs` sends them to single
//! addresses; `relay.rs` is what another process needs to pass a feed on.
//! The wire: docs/wire/feed.md, "Retransmission and replay".

pub mod control;
pub mod fanout;
pub mod lines;
pub mod rate;
pub mod relay;
pub mod service;
pub mod supply;
pub mod tap;
pub mod tcp;
pub mod udp;
pub mod window;

//! The feed from end to end, without a network: a real engine, the packers, a network that loses,
//! and subscribers whose books must come out as the engine's.
//!
//! `venue.rs` drives an engine with random orders, `network.rs` loses packets by a seed. The rules:
//! `loss.rs` (recovery under random loss), `events.rs` (where events end), `scripts.rs` (one case each), `books.rs` (what a book
//! takes and refuses), `hostile.rs` (any bytes), `document.rs` (docs/wire/feed.md is true), `golden.rs` (packets
//! that never change).

mod books;
mod document;
mod events;
mod golden;
mod hostile;
mod loss;
mod network;
mod scripts;
mod venue;
mod views;

//! A client of binary order entry.
//!
//! [`Session`] is the FIXP session without socket and clock: it gives requests their numbers, signs, answers
//! silences, asks for reports that it has missed and hands each report out once, in order. What must
//! survive the client is in [`Memory`]. [`Driver`] puts a blocking TCP connection under it. Messages are
//! those of `sbe_schemas::order_entry`; the rules are docs/wire/sbe.md.
//!
//! Reading order: `session.rs`, `wire.rs` (frames and reports as bytes), `driver.rs`.

#![forbid(unsafe_code)]

mod driver;
mod session;
mod wire;

pub use driver::Driver;
pub use session::{Heard, Key, MassQuote, Memory, Request, Session, Wants};
pub use wire::{ENCODING, Report, Width};

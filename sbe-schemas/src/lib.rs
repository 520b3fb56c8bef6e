//! The words of portcullis: every record, order-entry and feed message as an SBE message.
//!
//! The XML in `schemas/` is the source; `cargo run -p sbe-generator` writes `types.rs` and the
//! three message modules from it. Bytes are read in place (`zerocopy`), and no input panics.
//! Start at `header.rs`: the header, [`header::Message`] and its errors.

#![no_std]
#![forbid(unsafe_code)]

pub mod header;
pub mod journal;
pub mod market_data;
pub mod order_entry;
pub mod show;
pub mod tail;
pub mod types;

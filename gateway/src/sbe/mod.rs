//! Binary order entry on the wire: SBE 1.0 messages of order-entry.xml in a simple frame.
//!
//! ```text
//! bytes ─ frame.rs ─► message ─ inbound.rs ─► one command
//! bytes ◄─ outbound.rs ─ event
//! ```
//! Everything borrows the bytes it is given, allocates nothing, holds no socket and no clock, knows no
//! expected sequence number, and has an answer for every input. Rules: docs/wire/sbe.md.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::string_slice
    )
)]

pub mod frame;
pub mod inbound;
pub mod outbound;

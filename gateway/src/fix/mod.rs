//! FIX 4.4 on the wire: bytes to fields and back.
//!
//! ```text
//! bytes ─ frame.rs ─► body ─ fields.rs ─► fields, groups ─ validate.rs ─► fine, or 371 and 373
//! bytes ◄─ write.rs ─ values                    decimal.rs, time.rs: what values mean
//! ```
//! `dictionary.rs` answers what FIX 4.4 says about a tag, message or group; its data is `tables.rs`,
//! generated. Everything borrows the bytes it is given, allocates nothing per message, holds no
//! socket and no clock, knows no expected sequence number, and has an answer for every input.
//! Source: FIX 4.4 with errata 20030618, vol. 1 and 2.

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

pub mod decimal;
pub mod dictionary;
pub mod fields;
pub mod frame;
pub mod inbound;
pub mod outbound;
#[rustfmt::skip]
pub mod tables;
pub mod time;
pub mod validate;
pub mod write;

/// Ends every field.
pub const SOH: u8 = 0x01;

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

/// An order that has expired is told of with the fields of one that was cancelled.
impl From<order_entry::ExecutionReportExpired> for order_entry::ExecutionReportCanceled {
    fn from(expired: order_entry::ExecutionReportExpired) -> Self {
        zerocopy::transmute!(expired)
    }
}

impl From<order_entry::ExecutionReportCanceled> for order_entry::ExecutionReportExpired {
    fn from(canceled: order_entry::ExecutionReportCanceled) -> Self {
        zerocopy::transmute!(canceled)
    }
}

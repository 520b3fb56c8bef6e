//! What binary clients get: a report is the event's own message with a head in front of its fields;
//! everything else is the event's message as it is. Nothing is translated.

use super::frame::{self, Width};
use engine::Event;
use engine::event::EVENT_BYTES;
use sbe_schemas::header::{self, Message, MessageHeader};
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::ReportHead;
use zerocopy::IntoBytes;

/// Longest frame that an event becomes.
pub const FRAME_BYTES_MAX: usize = 6 + size_of::<ReportHead>() + EVENT_BYTES;

/// Writes a report into `out`. Returns the bytes written; `None`: `out` is shorter than
/// [`FRAME_BYTES_MAX`], or it is no report that binary clients get.
#[inline]
pub fn report(event: &Event, width: Width, out: &mut [u8]) -> Option<usize> {
    let (stored, body) = event.message().split_at_checked(size_of::<MessageHeader>())?;
    let stored = header::header(stored).ok()?;
    if stored.schema_id.get() != oe::SCHEMA_ID {
        return None;
    }
    let head = ReportHead {
        msg_seq_num: event.head.number,
        seq: event.head.seq,
        time: event.head.time,
        received: event.head.received,
        flags: event.head.flags,
    };
    let block_length = stored.block_length.get() + size_of::<ReportHead>() as u16;
    let told = MessageHeader { block_length: block_length.into(), ..*stored };
    let message_bytes = size_of::<MessageHeader>() + size_of::<ReportHead>() + body.len();
    let rest = frame::write(out, width, message_bytes)?;
    let rest = put(rest, told.as_bytes())?;
    let rest = put(rest, head.as_bytes())?;
    put(rest, body)?;
    Some(width.bytes() + message_bytes)
}

/// Writes the message of a control event, as it is.
pub fn control(event: &Event, width: Width, out: &mut [u8]) -> Option<usize> {
    let message = event.message();
    put(frame::write(out, width, message.len())?, message)?;
    Some(width.bytes() + message.len())
}

/// Writes one message of the session.
pub fn session<M: Message>(message: &M, width: Width, out: &mut [u8]) -> Option<usize> {
    let bytes = size_of::<MessageHeader>() + usize::from(M::BLOCK_LENGTH);
    message.encode(frame::write(out, width, bytes)?)?;
    Some(width.bytes() + bytes)
}

#[inline]
fn put<'o>(out: &'o mut [u8], bytes: &[u8]) -> Option<&'o mut [u8]> {
    let (place, rest) = out.split_at_mut_checked(bytes.len())?;
    place.copy_from_slice(bytes);
    Some(rest)
}

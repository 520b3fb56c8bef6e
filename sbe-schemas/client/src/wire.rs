//! Frames and reports as bytes.
//!
//! A frame is a length (itself included), 0xEB50 and one SBE message, all little-endian. A report is a
//! message whose block begins with a [`ReportHead`]; the struct of `sbe_schemas` is what follows that.

use sbe_schemas::header::{Message, MessageHeader};
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::ReportHead;
use zerocopy::FromBytes;

/// SBE 1.0, little-endian. Source: FIX SOFH, "Encoding type".
pub const ENCODING: u16 = 0xEB50;
/// Bytes of a report behind its head that are kept: more than any has. What a later version has behind that
/// is cut off.
const BODY_BYTES_MAX: usize = 256;
/// Longest frame that a client waits for.
const FRAME_BYTES_MAX: usize = 65_535;

/// Bytes of a frame's length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// u16.
    #[default]
    Narrow,
    /// u32.
    Wide,
}

impl Width {
    const fn bytes(self) -> usize {
        match self {
            Self::Narrow => 4,
            Self::Wide => 6,
        }
    }
}

/// Appends a frame with `message` to `out`.
pub(crate) fn append<M: Message>(message: &M, width: Width, out: &mut Vec<u8>) {
    let bytes = size_of::<MessageHeader>() + usize::from(M::BLOCK_LENGTH);
    append_with(bytes, width, out, |out| message.encode(out));
}

/// Appends a frame with a message of so many bytes, which `write` writes.
pub(crate) fn append_with(
    bytes: usize,
    width: Width,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut [u8]) -> Option<usize>,
) {
    let length = width.bytes() + bytes;
    match width {
        Width::Narrow => out.extend((length as u16).to_le_bytes()),
        Width::Wide => out.extend((length as u32).to_le_bytes()),
    }
    out.extend(ENCODING.to_le_bytes());
    let at = out.len();
    out.resize(at + bytes, 0);
    let written = write(&mut out[at..]);
    assert_eq!(written, Some(bytes), "room for the whole message was made");
}

/// The message of the first frame and the frame's length; `Ok(None)`: it is not whole yet.
///
/// # Errors
/// No frame: the connection is of no use any more.
pub(crate) fn first(bytes: &[u8], width: Width) -> Result<Option<(&[u8], usize)>, String> {
    let (length, encoding) = match (width, bytes) {
        (Width::Narrow, [a, b, c, d, ..]) => {
            (usize::from(u16::from_le_bytes([*a, *b])), u16::from_le_bytes([*c, *d]))
        }
        (Width::Wide, [a, b, c, d, e, f, ..]) => {
            (u32::from_le_bytes([*a, *b, *c, *d]) as usize, u16::from_le_bytes([*e, *f]))
        }
        _ => return Ok(None),
    };
    let least = width.bytes() + size_of::<MessageHeader>();
    if encoding != ENCODING || length < least || length > FRAME_BYTES_MAX {
        return Err(format!("no frame: length {length}, encoding {encoding:#x}"));
    }
    Ok(bytes.get(width.bytes()..length).map(|message| (message, length)))
}

/// A report as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its number, what caused it, and when.
    pub head: ReportHead,
    template: u16,
    body: [u8; BODY_BYTES_MAX],
}

impl Report {
    /// The report that `message` (SBE header first) is. `None`: it is none.
    pub(crate) fn read(message: &[u8]) -> Option<Self> {
        let (header, block) = MessageHeader::ref_from_prefix(message).ok()?;
        let template = header.template_id.get();
        let is_report = header.schema_id.get() == oe::SCHEMA_ID
            && template >= oe::ExecutionReportNew::TEMPLATE_ID;
        let block = block.get(..usize::from(header.block_length.get()))?;
        let (head, body) = ReportHead::read_from_prefix(block).ok()?;
        let bytes = body.len().min(BODY_BYTES_MAX);
        let mut kept = [0; BODY_BYTES_MAX];
        kept.get_mut(..bytes)?.copy_from_slice(body.get(..bytes)?);
        is_report.then_some(Self { head, template, body: kept })
    }

    /// The number of its message in the schema.
    pub fn template_id(&self) -> u16 {
        self.template
    }

    /// Its name in the schema; "?": of a later version.
    pub fn name(&self) -> &'static str {
        oe::name(self.template).unwrap_or("?")
    }

    /// What it says, as `M`; fields that a venue of an earlier version does not know are zero. `None`: it is
    /// another.
    pub fn get<M: Message>(&self) -> Option<&M> {
        let is_it = self.template == M::TEMPLATE_ID && M::SCHEMA_ID == oe::SCHEMA_ID;
        M::ref_from_prefix(&self.body).ok().map(|(message, _)| message).filter(|_| is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbe_schemas::types::Boolean;

    /// InstrumentInfo had no assets in the first version.
    #[test]
    fn a_report_of_an_earlier_version_says_nothing_of_what_came_later() {
        let info = oe::InstrumentInfo {
            instrument: 3.into(),
            is_last: Boolean::True.into(),
            base: *b"BTC\0\0\0\0\0",
            ..oe::InstrumentInfo::ZERO
        };
        let mut stored = vec![0; 8 + size_of_val(&info)];
        info.encode(&mut stored).expect("room for all of it");
        let head = size_of::<ReportHead>();
        let mut whole = stored[..8].to_vec();
        whole.resize(8 + head, 0);
        whole.extend(&stored[8..]);
        let block_length = (whole.len() - 8) as u16;
        whole[..2].copy_from_slice(&block_length.to_le_bytes());
        assert_eq!(Report::read(&whole).expect("a report").get(), Some(&info));
        whole.truncate(whole.len() - 16);
        whole[..2].copy_from_slice(&(block_length - 16).to_le_bytes());
        whole[6] = 0;
        let read = Report::read(&whole).expect("a report");
        assert_eq!(read.get(), Some(&oe::InstrumentInfo { base: [0; 8], ..info }));
    }
}

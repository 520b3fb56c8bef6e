//! The frame around every message: its length, and that SBE little-endian follows.
//!
//! ```text
//! narrow   length u16, this included │ 0xEB50 u16 │ SBE header, 8 bytes │ block …
//! wide     length u32, this included │ 0xEB50 u16 │ SBE header, 8 bytes │ block …
//! ```
//! A listener has one of the two. Nothing can be found again behind a length that lies, so whatever is
//! no frame ends the connection. Source: FIX SOFH, as CME, B3 and Binance cut it down.

use sbe_schemas::header::MessageHeader;

/// SBE 1.0, little-endian. Source: FIX SOFH, "Encoding type".
pub const ENCODING: u16 = 0xEB50;

/// Bytes of the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// u16.
    Narrow,
    /// u32.
    Wide,
}

impl Width {
    /// Bytes in front of the SBE header.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Narrow => 4,
            Self::Wide => 6,
        }
    }
}

/// What the first bytes of the stream are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Not a whole message yet.
    Incomplete,
    /// A whole frame.
    Message {
        /// From the SBE header on.
        message: &'a [u8],
        /// Of the frame: take so many from the stream.
        len: usize,
    },
    /// No frame, or one beyond the limit.
    Lost,
}

/// The first frame of `bytes`. `frame_bytes_max` is the longest taken.
#[inline]
pub fn next(bytes: &[u8], width: Width, frame_bytes_max: usize) -> Frame<'_> {
    let (length, encoding) = match (width, bytes) {
        (Width::Narrow, [a, b, c, d, ..]) => {
            (u32::from(u16::from_le_bytes([*a, *b])), u16::from_le_bytes([*c, *d]))
        }
        (Width::Wide, [a, b, c, d, e, f, ..]) => {
            (u32::from_le_bytes([*a, *b, *c, *d]), u16::from_le_bytes([*e, *f]))
        }
        _ => return Frame::Incomplete,
    };
    let len = length as usize;
    let least = width.bytes() + size_of::<MessageHeader>();
    if encoding != ENCODING || len < least || len > frame_bytes_max {
        return Frame::Lost;
    }
    match bytes.get(width.bytes()..len) {
        Some(message) => Frame::Message { message, len },
        None => Frame::Incomplete,
    }
}

/// Writes the frame of a message of `message_bytes` to the start of `out`; returns what is behind it,
/// `None`: no room, or too long for the width.
#[inline]
pub fn write(out: &mut [u8], width: Width, message_bytes: usize) -> Option<&mut [u8]> {
    let length = width.bytes() + message_bytes;
    let (frame, rest) = out.split_at_mut_checked(width.bytes())?;
    match (width, frame) {
        (Width::Narrow, [a, b, c, d]) => {
            [*a, *b] = u16::try_from(length).ok()?.to_le_bytes();
            [*c, *d] = ENCODING.to_le_bytes();
        }
        (Width::Wide, [a, b, c, d, e, f]) => {
            [*a, *b, *c, *d] = u32::try_from(length).ok()?.to_le_bytes();
            [*e, *f] = ENCODING.to_le_bytes();
        }
        _ => return None,
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_whole_and_only_whole() {
        for width in [Width::Narrow, Width::Wide] {
            let mut bytes = vec![7; width.bytes() + 20];
            write(&mut bytes, width, 20).expect("room");
            for end in 0..bytes.len() {
                assert_eq!(next(&bytes[..end], width, 100), Frame::Incomplete);
            }
            bytes.extend([9; 3]);
            let len = width.bytes() + 20;
            assert_eq!(next(&bytes, width, len), Frame::Message { message: &[7; 20], len });
            assert_eq!(next(&bytes, width, len - 1), Frame::Lost, "beyond the limit");
        }
    }

    #[test]
    fn what_is_no_frame_is_lost_at_once() {
        assert_eq!(next(&[11, 0, 0x50, 0xEB], Width::Narrow, 100), Frame::Lost, "no header fits");
        assert_eq!(next(b"8=FIX.4.4\x01", Width::Narrow, 65_535), Frame::Lost);
        assert_eq!(next(&[20, 0, 0, 0, 0xEB, 0x50], Width::Wide, 100), Frame::Lost, "big-endian");
    }
}

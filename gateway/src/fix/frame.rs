//! Framing: where one message ends in a stream of bytes, and whether it arrived whole.
//!
//! ```text
//!  8=FIX.4.4|9=65|35=D|…|52=20260102-09:30:00.000|10=128|        | is SOH (0x01)
//!  ^ start        ^ body, 65 bytes                ^ end
//!                 └──── BodyLength counts these ──┘
//!  └──────────── CheckSum adds these ─────────────┘
//! ```
//! [`next`] looks at the first message only and keeps no state, so the same bytes give the same
//! frames however they were cut into reads. FIX 4.4 vol. 2, "Message format" and "Garbled message".
//!
//! # Finding the way back
//!
//! A garbled message is dropped without an answer; the sequence gap it leaves tells both sides.
//! - CheckSum is wrong or MsgType is not third: the whole frame is skipped.
//! - There is no `|10=ddd|` where BodyLength says: the message ends with the first `|10=…|` from there
//!   on. What a wrong BodyLength has swallowed is garbled with it, as QuickFIX has it, and is never
//!   taken for a message of its own: bytes that were sent as part of one message cannot pose as another.
//! - It does not begin with `8=FIX…|9=digits|`: bytes are skipped up to the next `8=FIX…|9=` that
//!   follows an SOH. What may be the beginning of one is kept, and so is the least that shows the
//!   next byte is inside a field; some thirteen bytes in all.
//! - The message would be longer than the limit: the stream is [`Frame::Lost`]. The caller also
//!   counts `skip` of garbled frames in a row and gives up beyond the same limit.

use super::SOH;

/// How every message starts: BeginString (8), then BodyLength (9).
const START: &[u8] = b"8=FIX.4.4\x019=";
/// How messages of any version start.
const FAMILY: &[u8] = b"8=FIX";
/// Longest BeginString that is looked at as one: `FIXT.1.1`.
const BEGIN_STRING_BYTES_MAX: usize = 8;
/// `10=ddd|`.
const TRAILER_BYTES: usize = 7;
/// Digits of BodyLength, leading zeros included. Ten hold any length a `u32` can and never overflow.
const BODY_LENGTH_DIGITS_MAX: usize = 10;

/// What the first bytes of the stream are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Not a whole message yet. Nothing changes before there are `bytes_needed` bytes in all.
    Incomplete {
        /// Total, more than there are now.
        bytes_needed: usize,
    },
    /// A whole message with the right lengths and checksum.
    Message {
        /// From `35=` to the SOH in front of `10=`.
        body: &'a [u8],
        /// Of the whole message: take so many from the stream.
        len: usize,
    },
    /// A whole message whose BeginString (8) is another version's: take `len` bytes.
    OtherVersion {
        /// Of the whole message.
        len: usize,
    },
    /// Not a message: take `skip` (at least one) bytes from the stream, answer nothing.
    Garbled {
        /// Bytes up to where the next message may start.
        skip: usize,
        /// For logs and counters.
        why: Garbled,
    },
    /// A message beyond the limit. What follows cannot be found again: close the connection.
    Lost {
        /// What BodyLength (9) says, in bytes.
        body_bytes: u64,
    },
}

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Garbled {
    /// They do not start with `8=FIX…|9=`.
    Start,
    /// BodyLength is empty, too long, or has another byte than digits.
    BodyLength,
    /// There is no `|10=ddd|` where BodyLength says.
    Trailer,
    /// The third field is not MsgType (35).
    MsgType,
    /// CheckSum (10) is not the sum of the bytes before it.
    CheckSum,
}

/// The first frame of `bytes`. `message_bytes_max` is the longest message taken, in bytes.
///
/// Waiting costs nothing: of a message not yet complete only its start and its length are read.
pub fn next(bytes: &[u8], message_bytes_max: usize) -> Frame<'_> {
    let start_len = match start(bytes) {
        Ok(Some(len)) => len,
        Ok(None) => return Frame::Incomplete { bytes_needed: bytes.len() + 1 },
        Err(()) => return resynchronise(bytes, Garbled::Start),
    };
    let after_start = bytes.get(start_len..).unwrap_or_default();
    let (body_bytes, digits) = match body_length(after_start) {
        Ok(Some(found)) => found,
        Ok(None) => return Frame::Incomplete { bytes_needed: bytes.len() + 1 },
        Err(()) => return resynchronise(bytes, Garbled::BodyLength),
    };
    let body_start = start_len + digits + 1;
    let len = body_bytes.saturating_add((body_start + TRAILER_BYTES) as u64);
    if len > message_bytes_max as u64 {
        return Frame::Lost { body_bytes };
    }
    let len = len as usize;
    let Some((summed, trailer)) =
        bytes.get(..len).and_then(|message| message.split_last_chunk::<TRAILER_BYTES>())
    else {
        return Frame::Incomplete { bytes_needed: len };
    };
    let (Some(sum), Some(&SOH)) = (checksum_field(trailer), summed.last()) else {
        return end_of_garbled(bytes, summed.len() - 1, message_bytes_max, body_bytes);
    };
    let body = summed.get(body_start..).unwrap_or_default();
    if !body.starts_with(b"35=") {
        return Frame::Garbled { skip: len, why: Garbled::MsgType };
    }
    if sum != u16::from(checksum(summed)) {
        return Frame::Garbled { skip: len, why: Garbled::CheckSum };
    }
    if bytes.starts_with(START) {
        Frame::Message { body, len }
    } else {
        Frame::OtherVersion { len }
    }
}

/// The sum of all bytes modulo 256, as CheckSum (10) wants it.
pub fn checksum(bytes: &[u8]) -> u8 {
    // No early exit and no carried index: the compiler adds sixteen bytes and more at a time.
    bytes.iter().fold(0, |sum: u8, &byte| sum.wrapping_add(byte))
}

/// Bytes of `8=FIX…|9=`, `None` while there are too few to tell.
fn start(bytes: &[u8]) -> Result<Option<usize>, ()> {
    if bytes.starts_with(START) {
        return Ok(Some(START.len()));
    }
    let (family, rest) = bytes.split_at_checked(FAMILY.len()).unwrap_or((bytes, &[]));
    if !FAMILY.starts_with(family) {
        return Err(());
    }
    let version_max = BEGIN_STRING_BYTES_MAX + 2 - FAMILY.len();
    match rest.iter().position(|byte| !matches!(byte, b'.' | b'0'..=b'9' | b'A'..=b'Z')) {
        Some(at) if at <= version_max => match rest.get(at..).unwrap_or_default() {
            [SOH, b'9', b'=', ..] => Ok(Some(FAMILY.len() + at + 3)),
            [SOH] | [SOH, b'9'] => Ok(None),
            _ => Err(()),
        },
        None if rest.len() <= version_max => Ok(None),
        _ => Err(()),
    }
}

/// The end of a message whose BodyLength is wrong: behind the first `|10=…|` from `from` on.
fn end_of_garbled(
    bytes: &[u8],
    from: usize,
    message_bytes_max: usize,
    body_bytes: u64,
) -> Frame<'_> {
    let rest = bytes.get(from..).unwrap_or_default();
    let end = memchr::memmem::find(rest, b"\x0110=")
        .and_then(|at| Some(at + 4 + memchr::memchr(SOH, rest.get(at + 4..)?)? + 1));
    match end {
        Some(end) => Frame::Garbled { skip: from + end, why: Garbled::Trailer },
        None if bytes.len() >= message_bytes_max => Frame::Lost { body_bytes },
        None => Frame::Incomplete { bytes_needed: bytes.len() + 1 },
    }
}

/// Is `bytes` the beginning of a message of any version, as far as it goes?
///
/// Not only of ours: a read that ends in `8=FIX.4.` keeps those bytes, and the next call would find
/// a message of another version where one look at all of it finds none.
fn agrees_with_start(bytes: &[u8]) -> bool {
    start(bytes).is_ok()
}

/// BodyLength and its digits, `None` while its SOH is not there yet.
fn body_length(bytes: &[u8]) -> Result<Option<(u64, usize)>, ()> {
    let mut length = 0_u64;
    for (digits, &byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' if digits < BODY_LENGTH_DIGITS_MAX => {
                length = length * 10 + u64::from(byte - b'0');
            }
            SOH if digits > 0 => return Ok(Some((length, digits))),
            _ => return Err(()),
        }
    }
    Ok(None)
}

/// The value in `10=ddd|`.
fn checksum_field(trailer: &[u8; TRAILER_BYTES]) -> Option<u16> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
    let &[b'1', b'0', b'=', hundreds, tens, ones, SOH] = trailer else { return None };
    Some(digit(hundreds)? * 100 + digit(tens)? * 10 + digit(ones)?)
}

/// Skips to where the next message may start, see the head of the file.
fn resynchronise(bytes: &[u8], why: Garbled) -> Frame<'_> {
    let starts = memchr::memchr_iter(SOH, bytes).map(|soh| soh + 1);
    let agreeing = |&at: &usize| bytes.get(at..).is_some_and(agrees_with_start);
    let skip = starts.into_iter().find(agreeing).unwrap_or_else(|| inside_a_field(bytes));
    match skip {
        0 => Frame::Incomplete { bytes_needed: bytes.len() + 1 },
        skip => Frame::Garbled { skip, why },
    }
}

/// Where the shortest end of `bytes` begins that cannot be taken for the start of a message.
///
/// Without it a read that ends in the middle of `58=x8=FIX.4.4|` would let the next one begin
/// with what looks like a message: another cut of the same bytes, other frames.
fn inside_a_field(bytes: &[u8]) -> usize {
    (0..bytes.len())
        .rev()
        .find(|&at| bytes.get(at..).is_some_and(|end| !agrees_with_start(end)))
        .unwrap_or(0)
}

//! Writing: values to the bytes of one message, in a buffer the caller owns.
//!
//! ```text
//! begin   8=FIX.4.4|9=   |35=8|               three places are kept for BodyLength
//! fields  8=FIX.4.4|9=   |35=8|34=7|…|
//! finish  8=FIX.4.4|9=187|35=8|34=7|…|10=032|
//! ```
//! BodyLength is written without padding, for parsers that stumble over leading zeros. Nearly all
//! messages have a body of 100 to 999 bytes, so it usually just fits; otherwise the body is moved
//! by the difference, once.
//!
//! A full buffer is remembered and reported once, by [`Writer::finish`], so that building a
//! message reads straight down. Only printable ASCII leaves: [`Writer::text`] replaces all else.

use super::SOH;
use super::decimal::{Printed, write_decimal, write_uint};
use super::frame::checksum;
use super::time::{Precision, Stamp};

const START: &[u8] = b"8=FIX.4.4\x019=";
/// Digits of BodyLength that need no move.
const BODY_LENGTH_DIGITS: usize = 3;
/// Where `35=` goes.
const BODY_START: usize = START.len() + BODY_LENGTH_DIGITS + 1;

/// The buffer is too small for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// One message on its way into a buffer.
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut [u8],
    len: usize,
    full: bool,
    /// The time written first, how, and where: SendingTime (52) and TransactTime (60) are nearly always the same.
    stamp: Option<(u64, Precision, usize)>,
}

impl<'a> Writer<'a> {
    /// Starts a message at the start of `buffer`.
    pub fn begin(buffer: &'a mut [u8], msg_type: &[u8]) -> Self {
        let mut writer = Self { buffer, len: 0, full: false, stamp: None };
        writer.push(START);
        writer.push(b"000\x01");
        writer.text(super::tables::tag::MSG_TYPE, msg_type);
        writer
    }

    /// Text. Bytes that are not printable ASCII become `?`, so nothing that a client wrote can
    /// end a field or reach a terminal. FIX has no empty fields: without bytes there is no field.
    pub fn text(&mut self, tag: u16, value: &[u8]) {
        if value.is_empty() {
            return;
        }
        self.push_tag(tag);
        let room = self.buffer.get_mut(self.len..).and_then(|rest| rest.get_mut(..value.len()));
        match room {
            Some(room) if !self.full => {
                for (place, byte) in room.iter_mut().zip(value) {
                    *place = if matches!(byte, b' '..=b'~') { *byte } else { b'?' };
                }
                self.len += value.len();
            }
            _ => self.full = true,
        }
        self.push_byte(SOH);
    }

    /// Digits.
    pub fn uint(&mut self, tag: u16, value: u64) {
        self.push_tag(tag);
        self.push_with(|out| write_uint(out, value));
        self.push_byte(SOH);
    }

    /// Digits with a minus if needed.
    pub fn int(&mut self, tag: u16, value: i64) {
        self.push_tag(tag);
        if value < 0 {
            self.push_byte(b'-');
        }
        self.push_with(|out| write_uint(out, value.unsigned_abs()));
        self.push_byte(SOH);
    }

    /// A decimal, given in units of 10⁻⁸, in its shortest form.
    pub fn decimal(&mut self, tag: u16, units: i64) {
        self.push_tag(tag);
        self.push_with(|out| write_decimal(out, units));
        self.push_byte(SOH);
    }

    /// One character.
    pub fn char(&mut self, tag: u16, value: u8) {
        self.push_tag(tag);
        self.push_byte(if matches!(value, b' '..=b'~') { value } else { b'?' });
        self.push_byte(SOH);
    }

    /// `Y` or `N`.
    pub fn bool(&mut self, tag: u16, value: bool) {
        self.char(tag, if value { b'Y' } else { b'N' });
    }

    /// UTCTimestamp, given in nanoseconds since 1970.
    pub fn timestamp(&mut self, tag: u16, time_ns: u64, precision: Precision) {
        self.push_tag(tag);
        match self.stamp {
            Some((time, digits, at)) if (time, digits) == (time_ns, precision) => {
                self.push_again(at, Stamp::bytes_of(precision));
            }
            _ => {
                self.stamp.get_or_insert((time_ns, precision, self.len));
                self.push(Stamp::new(time_ns, precision).as_bytes());
            }
        }
        self.push_byte(SOH);
    }

    /// Bytes as they are, SOH included, with their length field in front. Empty: neither field.
    pub fn data(&mut self, length_tag: u16, data_tag: u16, value: &[u8]) {
        if !value.is_empty() {
            self.uint(length_tag, value.len() as u64);
            self.push_tag(data_tag);
            self.push(value);
            self.push_byte(SOH);
        }
    }

    /// Writes BodyLength and CheckSum and gives the whole message, from the start of the buffer.
    ///
    /// # Errors
    /// [`Full`]: there was no room; what the buffer holds is not a message.
    #[inline]
    pub fn finish(mut self) -> Result<&'a [u8], Full> {
        self.seal();
        if self.full {
            return Err(Full);
        }
        self.buffer.get(..self.len).ok_or(Full)
    }

    fn seal(&mut self) {
        let body_bytes = self.len.saturating_sub(BODY_START);
        self.write_body_length(body_bytes);
        let sum = checksum(self.buffer.get(..self.len).unwrap_or_default());
        let digit = |value: u8| b'0' + value % 10;
        self.push(&[b'1', b'0', b'=', digit(sum / 100), digit(sum / 10), digit(sum), SOH]);
    }

    fn write_body_length(&mut self, body_bytes: usize) {
        let printed = Printed::uint(body_bytes as u64);
        let digits = printed.as_bytes();
        // What moves, if anything, starts at the SOH behind the places kept.
        let (from, to) = (BODY_START - 1, START.len() + digits.len());
        let end = (self.len + to).saturating_sub(from);
        if self.full || end > self.buffer.len() {
            self.full = true;
            return;
        }
        if from != to {
            self.buffer.copy_within(from..self.len, to);
            self.len = end;
        }
        if let Some(places) = self.buffer.get_mut(START.len()..to) {
            places.copy_from_slice(digits);
        }
    }

    /// What `write` writes, which says how much it is.
    #[inline]
    fn push_with(&mut self, write: impl FnOnce(&mut [u8]) -> Option<usize>) {
        match write(self.buffer.get_mut(self.len..).unwrap_or_default()) {
            Some(len) if !self.full => self.len += len,
            _ => self.full = true,
        }
    }

    #[inline]
    fn push_tag(&mut self, tag: u16) {
        // A byte at a time: for so few, a call to copy memory costs more than the bytes.
        let digit = |place: u16| b'0' + (tag / place % 10) as u8;
        for place in [10_000, 1_000, 100, 10] {
            if tag >= place {
                self.push_byte(digit(place));
            }
        }
        self.push_byte(digit(1));
        self.push_byte(b'=');
    }

    #[inline]
    fn push_byte(&mut self, byte: u8) {
        match self.buffer.get_mut(self.len) {
            Some(slot) if !self.full => {
                *slot = byte;
                self.len += 1;
            }
            _ => self.full = true,
        }
    }

    /// What is at `at` already.
    fn push_again(&mut self, at: usize, bytes: usize) {
        let end = self.len + bytes;
        if self.full || end > self.buffer.len() {
            self.full = true;
            return;
        }
        self.buffer.copy_within(at..at + bytes, self.len);
        self.len = end;
    }

    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        let room = self.buffer.get_mut(self.len..).and_then(|rest| rest.get_mut(..bytes.len()));
        match room {
            Some(room) if !self.full => {
                room.copy_from_slice(bytes);
                self.len += bytes.len();
            }
            _ => self.full = true,
        }
    }
}

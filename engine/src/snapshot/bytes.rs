//! The bytes of a snapshot, taken apart and put together: numbers, flags, lists and records.
//!
//! The [`Writer`] hands pieces out as they come and notes length and CRC of each section; the [`Reader`]
//! says no, and where, to everything that is not as it should be. Who is in which section: `engine.rs`.

use super::{CONTENTS_BYTES, Header, Line, SECTIONS, Section, SnapshotError, Tail};
use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Bytes that are handed out at once, about.
const PIECE_BYTES: usize = 64 * 1024;

/// Takes what a state consists of and hands bytes out.
pub(crate) struct Writer<'a> {
    out: &'a mut dyn FnMut(&[u8]),
    piece: Vec<u8>,
    lines: Vec<Line>,
    written: u64,
}

impl<'a> Writer<'a> {
    /// Begins with the header, which gets its CRC here.
    pub(crate) fn new(mut header: Header, out: &'a mut dyn FnMut(&[u8])) -> Self {
        header.crc.set(header.sum());
        let piece = Vec::with_capacity(2 * PIECE_BYTES);
        let lines = Vec::with_capacity(SECTIONS.len());
        out(header.as_bytes());
        Self { out, piece, lines, written: size_of::<Header>() as u64 }
    }

    /// The next section.
    pub(crate) fn section(&mut self, section: Section, save: impl FnOnce(&mut Self)) {
        assert_eq!(SECTIONS[self.lines.len()], section, "sections are written in their order");
        let section = (section as u32).into();
        self.lines.push(Line { section, crc: 0.into(), length: 0.into() });
        save(self);
        self.hand_out();
    }

    /// Ends with the contents.
    pub(crate) fn finish(self) {
        assert_eq!(self.lines.len(), SECTIONS.len(), "every section is there");
        let length = self.written + CONTENTS_BYTES as u64;
        let sections = (SECTIONS.len() as u32).into();
        let mut tail = Tail { length: length.into(), sections, crc: 0.into() };
        let sum = crc32c::crc32c(self.lines.as_bytes());
        tail.crc.set(crc32c::crc32c_append(sum, tail.as_bytes()));
        (self.out)(self.lines.as_bytes());
        (self.out)(tail.as_bytes());
    }

    fn hand_out(&mut self) {
        let line = self.lines.last_mut().expect("a section has begun");
        line.crc.set(crc32c::crc32c_append(line.crc.get(), &self.piece));
        line.length.set(line.length.get() + self.piece.len() as u64);
        self.written += self.piece.len() as u64;
        (self.out)(&self.piece);
        self.piece.clear();
    }

    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.hand_out();
        }
    }

    /// A record of a large table.
    #[inline]
    pub(crate) fn record<T: IntoBytes + Immutable + Unaligned>(&mut self, record: &T) {
        self.bytes(record.as_bytes());
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    pub(crate) fn flag(&mut self, value: bool) {
        self.u8(u8::from(value));
    }

    #[inline]
    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.bytes(&value.to_le_bytes());
    }

    pub(crate) fn i128(&mut self, value: i128) {
        self.bytes(&value.to_le_bytes());
    }

    /// A number of things that follow; there are never more than an index can name.
    pub(crate) fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).expect("things have an index of 32 bits"));
    }

    /// A flag, and the number or 0.
    pub(crate) fn option(&mut self, value: Option<u64>) {
        self.flag(value.is_some());
        self.u64(value.unwrap_or(0));
    }
}

/// Takes the bytes of one section apart.
pub(crate) struct Reader<'a> {
    section: Section,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(section: Section, rest: &'a [u8]) -> Self {
        Self { section, rest }
    }

    /// Everything has been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is wrong here.
    pub(crate) fn wrong(&self, what: &'static str) -> SnapshotError {
        SnapshotError::Wrong { section: self.section, what }
    }

    /// `what` is wrong unless it `holds`.
    #[inline]
    pub(crate) fn check(&self, holds: bool, what: &'static str) -> Result<(), SnapshotError> {
        if holds { Ok(()) } else { Err(self.wrong(what)) }
    }

    /// A code that this version knows.
    pub(crate) fn known<T>(&self, value: Option<T>) -> Result<T, SnapshotError> {
        value.ok_or(self.wrong("an unknown code"))
    }

    /// `at` is an index below `count`.
    #[inline]
    pub(crate) fn index(&self, at: u32, count: usize) -> Result<u32, SnapshotError> {
        self.check((at as usize) < count, "an index out of range")?;
        Ok(at)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], SnapshotError> {
        let Some((value, rest)) = self.rest.split_first_chunk() else {
            return Err(self.wrong("less than it says"));
        };
        self.rest = rest;
        Ok(value)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], SnapshotError> {
        let Some((value, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.wrong("less than it says"));
        };
        self.rest = rest;
        Ok(value)
    }

    /// So many records of a large table, where they lie.
    pub(crate) fn records<T: FromBytes + Immutable + KnownLayout + Unaligned>(
        &mut self,
        count: usize,
    ) -> Result<&'a [T], SnapshotError> {
        let Ok((records, rest)) = <[T]>::ref_from_prefix_with_elems(self.rest, count) else {
            return Err(self.wrong("less than it says"));
        };
        self.rest = rest;
        Ok(records)
    }

    /// A count and so many numbers.
    pub(crate) fn list(&mut self) -> Result<&'a [U32], SnapshotError> {
        let count = self.u32()?;
        self.records(count as usize)
    }

    pub(crate) fn text<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        self.array().copied()
    }

    pub(crate) fn u8(&mut self) -> Result<u8, SnapshotError> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn flag(&mut self) -> Result<bool, SnapshotError> {
        let value = self.u8()?;
        flag(value).ok_or(self.wrong("a flag that is neither 0 nor 1"))
    }

    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32, SnapshotError> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, SnapshotError> {
        self.array().map(|bytes| u64::from_le_bytes(*bytes))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, SnapshotError> {
        self.array().map(|bytes| i64::from_le_bytes(*bytes))
    }

    pub(crate) fn i128(&mut self) -> Result<i128, SnapshotError> {
        self.array().map(|bytes| i128::from_le_bytes(*bytes))
    }

    /// The number that the header says there are: bounded by the limits by now.
    pub(crate) fn same_count(&mut self, count: U32) -> Result<usize, SnapshotError> {
        let here = self.u32()?;
        self.check(here == count.get(), "another number than in the header")?;
        Ok(here as usize)
    }

    pub(crate) fn option(&mut self) -> Result<Option<u64>, SnapshotError> {
        let (some, value) = (self.flag()?, self.u64()?);
        self.check(some || value == 0, "a value of nothing")?;
        Ok(some.then_some(value))
    }
}

/// What a flag of a record says.
pub(crate) fn flag(value: u8) -> Option<bool> {
    matches!(value, 0 | 1).then_some(value == 1)
}

/// Who has been seen: everybody is in one place.
pub(crate) struct Marks {
    seen: Vec<u64>,
    count: usize,
    left: usize,
}

impl Marks {
    /// Nobody of so many.
    pub(crate) fn new(count: usize) -> Self {
        Self { seen: vec![0; count.div_ceil(64)], count, left: count }
    }

    /// `false`: out of range, or seen before.
    #[inline]
    pub(crate) fn first_time(&mut self, at: u32) -> bool {
        if at as usize >= self.count {
            return false;
        }
        let (word, bit) = (&mut self.seen[at as usize / 64], 1 << (at % 64));
        let first = *word & bit == 0;
        *word |= bit;
        self.left -= usize::from(first);
        first
    }

    /// Everybody has been seen.
    pub(crate) fn is_full(&self) -> bool {
        self.left == 0
    }
}

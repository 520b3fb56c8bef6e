//! What may follow a message's block: fields of later versions, repeating groups, var-data.
//!
//! Reading: generated views are [`Take`] and are read by a [`Cursor`], which checks all of a
//! message before its caller sees any of it; after that nothing can fail. Writing: generated
//! encoders wrap a [`Writer`], which fills in header, dimensions, counts and lengths and remembers
//! a lack of room until the end.
//! Source: SBE 1.0, "Repeating group encoding" and "Variable-length data".

use core::fmt;
use core::marker::PhantomData;

use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use crate::header::{DecodeError, base, cut, split};

/// A block and its tail that can be read at a [`Cursor`]: the view of a message or of an entry.
pub trait Take<'a>: Sized {
    /// Reads the block of `block_length` bytes, as its sender says, and its tail.
    ///
    /// # Errors
    /// `Short`, `Block`, `Group` or `Data`.
    fn take(at: &mut Cursor<'a>, block_length: u16) -> Result<Self, DecodeError>;
}

/// The view of the message at the start of `bytes`, its header first.
///
/// # Errors
/// `Short`, `Schema`, `Template`, or those of [`Take::take`].
pub fn view<'a, V: Take<'a>>(
    bytes: &'a [u8],
    schema_id: u16,
    template_id: u16,
) -> Result<V, DecodeError> {
    let (header, bytes) = split(bytes, schema_id, template_id)?;
    V::take(&mut Cursor { bytes, version: header.version.get() }, header.block_length.get())
}

/// Where a message is being read.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    /// Those not read yet.
    bytes: &'a [u8],
    /// That its sender speaks.
    version: u16,
}

impl<'a> Cursor<'a> {
    fn bytes(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (bytes, rest) = cut(self.bytes, length)?;
        self.bytes = rest;
        Ok(bytes)
    }

    /// A little-endian number of at most 4 bytes.
    fn number(&mut self, width: usize) -> Result<u32, DecodeError> {
        Ok(self.bytes(width)?.iter().rev().fold(0, |high, byte| (high << 8) | u32::from(*byte)))
    }

    /// The fields every version has, and the whole block they begin.
    ///
    /// # Errors
    /// `Short` or `Block`.
    pub fn block<T>(&mut self, block_length: u16) -> Result<(&'a T, &'a [u8]), DecodeError>
    where
        T: FromBytes + Immutable + KnownLayout + Unaligned,
    {
        let block = self.bytes(usize::from(block_length))?;
        Ok((base(block)?, block))
    }

    /// The fields that `version` added at `offset` of `block`; `None` from an older sender.
    pub fn extension<T>(&self, version: u16, block: &'a [u8], offset: usize) -> Option<&'a T>
    where
        T: FromBytes + Immutable + KnownLayout + Unaligned,
    {
        if self.version < version {
            return None;
        }
        T::ref_from_prefix(block.get(offset..)?).ok().map(|(fields, _)| fields)
    }

    /// What `version` added to the tail; `None` from an older sender.
    ///
    /// # Errors
    /// Those of `take`.
    pub fn since<T>(
        &mut self,
        version: u16,
        take: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        if self.version < version { Ok(None) } else { take(self).map(Some) }
    }

    /// A group, all its entries checked. `widths`: bytes of block length and count.
    ///
    /// # Errors
    /// `Group`; `Block` and `Data` for what is inside an entry.
    pub fn group<E: Take<'a>>(
        &mut self,
        widths: (usize, usize),
    ) -> Result<Group<'a, E>, DecodeError> {
        let mut read = || {
            let block_length = self.number(widths.0)? as u16;
            let count = self.number(widths.1)? as u16;
            // First the blocks alone, so that a large count is refused before a long walk.
            cut(self.bytes, usize::from(block_length) * usize::from(count))?;
            let group = Group { at: *self, block_length, count, entries: PhantomData };
            for _ in 0..count {
                E::take(self, block_length)?;
            }
            Ok(group)
        };
        read().map_err(|error| match error {
            DecodeError::Short { missing } => DecodeError::Group { missing },
            other => other,
        })
    }

    /// Var-data. `width`: bytes of its length.
    ///
    /// # Errors
    /// `Data` only.
    pub fn data(&mut self, width: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.number(width).and_then(|length| self.bytes(length as usize));
        length.map_err(|error| match error {
            DecodeError::Short { missing } => DecodeError::Data { missing },
            other => other,
        })
    }
}

/// A repeating group that has been checked.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a, E> {
    /// At the first entry.
    at: Cursor<'a>,
    block_length: u16,
    count: u16,
    entries: PhantomData<E>,
}

impl<'a, E: Take<'a>> Group<'a, E> {
    /// Number of entries.
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The entries, in the order of the wire.
    pub fn iter(&self) -> impl Iterator<Item = E> + use<'a, E> {
        let (mut at, block_length) = (self.at, self.block_length);
        // The same bytes were taken once when the group was read: this never ends early.
        (0..self.count).map_while(move |_| E::take(&mut at, block_length).ok())
    }
}

impl<'a, E: Take<'a> + fmt::Display> fmt::Display for Group<'a, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (at, entry) in self.iter().enumerate() {
            write!(f, "{}({entry})", if at == 0 { "" } else { " " })?;
        }
        f.write_str("]")
    }
}

/// A part of a block: its offset, its bytes, and the ranges (start, end) of them that are unused.
pub type Part<'p> = (usize, &'p [u8], &'p [(usize, usize)]);

/// Where a message is being written.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut [u8],
    /// Bytes written.
    at: usize,
    /// Something did not fit: there is no message.
    failed: bool,
}

impl<'a> Writer<'a> {
    /// Writes to the start of `out`.
    pub fn new(out: &'a mut [u8]) -> Self {
        Self { out, at: 0, failed: false }
    }

    /// Bytes written; `None` if there was no room or a group or var-data was too long.
    pub fn finish(self) -> Option<usize> {
        (!self.failed).then_some(self.at)
    }

    /// The next `length` bytes, all zero.
    fn reserve(&mut self, length: usize) -> Option<&mut [u8]> {
        let place = self.out.get_mut(self.at..).and_then(|rest| rest.get_mut(..length));
        self.failed |= place.is_none();
        let place = place?;
        place.fill(0);
        self.at += length;
        Some(place)
    }

    /// A little-endian number of `width` bytes.
    fn number(&mut self, width: usize, value: usize) {
        let bytes = (value as u64).to_le_bytes();
        self.failed |= bytes.iter().skip(width).any(|byte| *byte != 0);
        if let Some(place) = self.reserve(width) {
            place.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        }
    }

    /// `bytes` as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if let Some(place) = self.reserve(bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    /// A block of `length` bytes; what no part covers is zero.
    pub fn block(&mut self, length: u16, parts: &[Part<'_>]) {
        let Some(block) = self.reserve(usize::from(length)) else { return };
        for (offset, bytes, gaps) in parts {
            let Some(place) = block.get_mut(*offset..).and_then(|rest| rest.get_mut(..bytes.len()))
            else {
                // The generator places every part inside its block.
                self.failed = true;
                return;
            };
            place.copy_from_slice(bytes);
            for (start, end) in *gaps {
                place.get_mut(*start..*end).unwrap_or_default().fill(0);
            }
        }
    }

    /// A group: its dimensions, and each of `entries` written by `write`.
    /// `widths`: bytes of block length and count.
    pub fn group<T>(
        mut self,
        widths: (usize, usize),
        block_length: u16,
        entries: impl IntoIterator<Item = T>,
        mut write: impl FnMut(Self, T) -> Self,
    ) -> Self {
        self.number(widths.0, usize::from(block_length));
        let (count_at, mut count) = (self.at, 0);
        self.number(widths.1, 0);
        for entry in entries {
            self = write(self, entry);
            count += 1;
            // An endless iterator ends here, with the room.
            if self.failed {
                return self;
            }
        }
        let end = core::mem::replace(&mut self.at, count_at);
        self.number(widths.1, count);
        self.at = end;
        self
    }

    /// Var-data. `width`: bytes of its length.
    pub fn data(&mut self, width: usize, data: &[u8]) {
        self.number(width, data.len());
        self.bytes(data);
    }
}

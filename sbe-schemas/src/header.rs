//! What every SBE message shares: its header, the two checks in front of its block, text fields.
//!
//! A message is a `MessageHeader`, a block of fixed fields and perhaps a tail of groups and
//! var-data. The block of a message without a tail is a [`Message`] and is read in place. Nothing
//! here panics or copies on decode, whatever the bytes are.
//! Next: `types.rs` (enums, sets, composites), `journal.rs`, `order_entry.rs`, `market_data.rs`
//! (the messages), `tail.rs` (groups and var-data), `show.rs` (fields as text).

use zerocopy::little_endian::U16;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// In front of every message; 8 bytes, little-endian. Source: SBE 1.0, "Message header".
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct MessageHeader {
    /// Bytes of fixed fields that follow, without groups and var-data.
    pub block_length: U16,
    /// Which message of the schema it is.
    pub template_id: U16,
    /// The schema that names the message.
    pub schema_id: U16,
    /// Version of that schema which the sender speaks.
    pub version: U16,
}

impl MessageHeader {
    /// In the order of the wire.
    #[inline]
    pub const fn new(block_length: u16, template_id: u16, schema_id: u16, version: u16) -> Self {
        Self {
            block_length: U16::new(block_length),
            template_id: U16::new(template_id),
            schema_id: U16::new(schema_id),
            version: U16::new(version),
        }
    }
}

/// Why bytes were not taken as a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Not an error of the peer while the message is still arriving: `missing` more bytes are
    /// needed to get further. In a complete frame the message is cut short.
    Short {
        /// Bytes.
        missing: usize,
    },
    /// Another schema. Close the connection.
    Schema {
        /// `schema_id` of the header.
        seen: u16,
    },
    /// Not the template asked for, or none of this schema. Skip the message.
    Template {
        /// `template_id` of the header.
        seen: u16,
    },
    /// The fixed block, of the message or of a group's entries, is shorter than any version's.
    Block {
        /// Block length of the sender, in bytes.
        seen: u16,
        /// Bytes up to the last field that every version has.
        least: u16,
    },
    /// A group's dimensions or entries reach past the end.
    Group {
        /// Bytes.
        missing: usize,
    },
    /// Var-data reaches past the end.
    Data {
        /// Bytes.
        missing: usize,
    },
}

/// The block of a message that has no groups, no var-data and no fields of a later version.
/// Implemented by generated code only.
pub trait Message:
    FromBytes + IntoBytes + Immutable + KnownLayout + Unaligned + Copy + 'static
{
    /// Number of the message in its schema.
    const TEMPLATE_ID: u16;
    /// Number of the schema.
    const SCHEMA_ID: u16;
    /// Version of the schema that is written.
    const VERSION: u16;
    /// Bytes of the block that is written: `size_of::<Self>()`, and padding where the schema says.
    const BLOCK_LENGTH: u16;
    /// Bytes on the wire between header and this block: the head of a report, which is no part of
    /// this struct because it is stored in another form (order-entry.xml).
    const HEAD_LENGTH: u16 = 0;
    /// Name of the message in its schema.
    const NAME: &'static str;
    /// Every byte zero. An optional field is then 0, not absent.
    const ZERO: Self;
    /// Start and end of bytes that the schema leaves unused; written as zero.
    const GAPS: &'static [(usize, usize)] = &[];

    /// The message at the start of `bytes` (its header first), the header, and what follows the
    /// block. A newer peer's longer block is taken, the part unknown here skipped.
    ///
    /// # Errors
    /// `Short`, `Schema`, `Template` or `Block`, in this order.
    #[inline]
    fn decode(bytes: &[u8]) -> Result<(&Self, &MessageHeader, &[u8]), DecodeError> {
        let (header, rest) = split(bytes, Self::SCHEMA_ID, Self::TEMPLATE_ID)?;
        let (block, rest) = cut(rest, usize::from(header.block_length.get()))?;
        Ok((base(block)?, header, rest))
    }

    /// The message at the start of `bytes`, whatever version its sender speaks: fields that are not in
    /// its block are as in [`Self::ZERO`].
    ///
    /// # Errors
    /// `Short`, `Schema` or `Template`.
    fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (header, rest) = split(bytes, Self::SCHEMA_ID, Self::TEMPLATE_ID)?;
        let (block, _) = cut(rest, usize::from(header.block_length.get()))?;
        let mut message = Self::ZERO;
        for (field, byte) in message.as_mut_bytes().iter_mut().zip(block) {
            *field = *byte;
        }
        Ok(message)
    }

    /// Writes header and block to the start of `out` and returns their length in bytes.
    /// `None`: no room, nothing was written.
    #[inline]
    fn encode(&self, out: &mut [u8]) -> Option<usize> {
        let header = MessageHeader::new(
            Self::BLOCK_LENGTH,
            Self::TEMPLATE_ID,
            Self::SCHEMA_ID,
            Self::VERSION,
        );
        let length = HEADER_BYTES + usize::from(Self::BLOCK_LENGTH);
        let (head, block) = out.get_mut(..length)?.split_at_mut_checked(HEADER_BYTES)?;
        let (fields, padding) = block.split_at_mut_checked(size_of::<Self>())?;
        head.copy_from_slice(header.as_bytes());
        fields.copy_from_slice(self.as_bytes());
        padding.fill(0);
        for (start, end) in Self::GAPS {
            fields.get_mut(*start..*end)?.fill(0);
        }
        Some(length)
    }
}

/// Bytes of a [`MessageHeader`].
const HEADER_BYTES: usize = size_of::<MessageHeader>();

/// The header at the start of `bytes`, so that a caller can choose by schema and template.
///
/// # Errors
/// `Short` only.
#[inline]
pub fn header(bytes: &[u8]) -> Result<&MessageHeader, DecodeError> {
    match MessageHeader::ref_from_prefix(bytes) {
        Ok((header, _)) => Ok(header),
        Err(_) => Err(DecodeError::Short { missing: HEADER_BYTES.saturating_sub(bytes.len()) }),
    }
}

/// The header, checked to be of this schema and template, and what follows it.
///
/// # Errors
/// `Short`, `Schema` or `Template`, in this order.
#[inline]
pub(crate) fn split(
    bytes: &[u8],
    schema_id: u16,
    template_id: u16,
) -> Result<(&MessageHeader, &[u8]), DecodeError> {
    let header = header(bytes)?;
    if header.schema_id.get() != schema_id {
        return Err(DecodeError::Schema { seen: header.schema_id.get() });
    }
    if header.template_id.get() != template_id {
        return Err(DecodeError::Template { seen: header.template_id.get() });
    }
    Ok((header, bytes.get(HEADER_BYTES..).unwrap_or_default()))
}

/// The first `length` of `bytes`, and the others. Error: `Short`.
#[inline]
pub(crate) fn cut(bytes: &[u8], length: usize) -> Result<(&[u8], &[u8]), DecodeError> {
    let missing = length.saturating_sub(bytes.len());
    bytes.split_at_checked(length).ok_or(DecodeError::Short { missing })
}

/// The fields that every version has, at the start of `block`. Error: `Block`.
#[inline]
pub(crate) fn base<T: FromBytes + Immutable + KnownLayout + Unaligned>(
    block: &[u8],
) -> Result<&T, DecodeError> {
    // A sender may end its block before padding that ours has: only fields count.
    match T::ref_from_prefix(block) {
        Ok((fields, _)) => Ok(fields),
        // No block is longer than its u16 says; the generator bounds ours likewise.
        Err(_) => {
            Err(DecodeError::Block { seen: block.len() as u16, least: size_of::<T>() as u16 })
        }
    }
}

/// The text of a char array: up to the first NUL, or all of it.
#[inline]
pub fn text(field: &[u8]) -> &[u8] {
    let length = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    field.get(..length).unwrap_or(field)
}

/// `text` as a char array, padded with NUL. `None`: longer than `N`.
#[inline]
pub fn fill_text<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut field = [0; N];
    field.get_mut(..text.len())?.copy_from_slice(text);
    Some(field)
}

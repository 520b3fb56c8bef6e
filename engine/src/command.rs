//! What can be asked: commands as bytes, many in a row.
//!
//! A command is an SBE message of `journal.xml` whose first field is a `CommandHead`, zero-padded to
//! a multiple of 64 bytes; `head.length` is that multiple. A ring, a batch and a journal record are
//! sequences of such slots. [`CommandBuffer`] builds a batch, [`Commands`] reads one.

use sbe_schemas::header::Message;
use sbe_schemas::header::MessageHeader;
use sbe_schemas::types::CommandHead;
use zerocopy::{FromBytes, IntoBytes};

/// Unit of slots, rings and batches.
pub const GRANULE_BYTES: usize = 64;
/// Longest command.
pub const COMMAND_BYTES_MAX: usize = 4096;
/// Most command bytes in one batch.
pub const BATCH_BYTES_MAX: usize = 64 * 1024;

const HEADER_BYTES: usize = size_of::<MessageHeader>();
/// Header and head: what every command begins with.
pub const COMMAND_HEAD_BYTES: usize = HEADER_BYTES + size_of::<CommandHead>();
const _: () = assert!(COMMAND_HEAD_BYTES == 48);

/// Bytes of the slot that a message `M` fills.
pub const fn slot_bytes<M: Message>() -> usize {
    (HEADER_BYTES + size_of::<M>()).next_multiple_of(GRANULE_BYTES)
}

/// The head of a command.
pub fn head(command: &[u8]) -> Option<&CommandHead> {
    CommandHead::ref_from_prefix(command.get(HEADER_BYTES..)?).ok().map(|(head, _)| head)
}

/// Writes `message` as a slot. `out` is exactly [`slot_bytes`] long.
///
/// The caller has set the head but for `length`, which this sets.
pub fn write_slot<M: Message>(message: &M, out: &mut [u8]) {
    assert_eq!(out.len(), slot_bytes::<M>());
    let written = message.encode(out).expect("a slot has room for its message");
    seal_slot(out, written);
}

/// Makes `out`, a multiple of [`GRANULE_BYTES`] with a command of `written` bytes at its start, a slot.
#[inline]
pub fn seal_slot(out: &mut [u8], written: usize) {
    let length = out.len() as u16;
    out[written..].fill(0);
    if let Some(place) = out.get_mut(HEADER_BYTES..HEADER_BYTES + 2) {
        place.copy_from_slice(&length.to_le_bytes());
    }
}

/// Begins a slot with this head: the message, all zeros behind it, to be filled in where it is. `out` is
/// exactly [`slot_bytes`] long.
pub fn begin_slot<'o, M: Message>(head: &CommandHead, out: &'o mut [u8]) -> &'o mut M {
    assert_eq!(out.len(), slot_bytes::<M>());
    out.fill(0);
    let header = MessageHeader::new(M::BLOCK_LENGTH, M::TEMPLATE_ID, M::SCHEMA_ID, M::VERSION);
    let mut head = *head;
    head.length.set(slot_bytes::<M>() as u16);
    let (to, rest) = out.split_at_mut(HEADER_BYTES);
    to.copy_from_slice(header.as_bytes());
    if let Some(to) = rest.get_mut(..size_of::<CommandHead>()) {
        to.copy_from_slice(head.as_bytes());
    }
    M::mut_from_prefix(rest).expect("a slot has room for its message").0
}

/// Commands in a row, at most [`BATCH_BYTES_MAX`]; memory is taken once.
#[derive(Debug, Default)]
pub struct CommandBuffer {
    bytes: Vec<u8>,
    count: u32,
}

impl CommandBuffer {
    /// Empty, with room for a whole batch.
    pub fn new() -> Self {
        Self { bytes: Vec::with_capacity(BATCH_BYTES_MAX), count: 0 }
    }

    /// Adds a command built here. `false`: it does not fit.
    #[must_use]
    pub fn push<M: Message>(&mut self, message: &M) -> bool {
        let length = slot_bytes::<M>();
        if self.free() < length {
            return false;
        }
        let start = self.bytes.len();
        self.bytes.resize(start + length, 0);
        write_slot(message, &mut self.bytes[start..]);
        self.count += 1;
        true
    }

    /// Adds one whole slot, already padded. `false`: it does not fit.
    #[must_use]
    pub fn push_slot(&mut self, slot: &[u8]) -> bool {
        self.push_parts(slot, &[])
    }

    /// Adds one whole slot that lies in two parts, as at the end of a ring.
    #[must_use]
    pub fn push_parts(&mut self, a: &[u8], b: &[u8]) -> bool {
        let length = a.len() + b.len();
        assert!(length.is_multiple_of(GRANULE_BYTES) && length > 0);
        if self.free() < length {
            return false;
        }
        self.bytes.extend_from_slice(a);
        self.bytes.extend_from_slice(b);
        self.count += 1;
        true
    }

    /// Bytes that still fit.
    pub fn free(&self) -> usize {
        BATCH_BYTES_MAX - self.bytes.len()
    }

    /// The slots, one after the other.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many commands.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Forgets all, keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
    }
}

/// Reads the slots of a batch, one after the other. Ends at the first that is cut or senseless.
#[derive(Clone, Debug)]
pub struct Commands<'a> {
    rest: &'a [u8],
}

impl<'a> Commands<'a> {
    /// Over the commands of a batch.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Commands<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(head(self.rest)?.length.get());
        if length < GRANULE_BYTES || !length.is_multiple_of(GRANULE_BYTES) {
            return None;
        }
        let (command, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(command)
    }
}

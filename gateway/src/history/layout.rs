//! The bytes of a history file: header, records, index. The page to them is docs/wire/feed.md.
//!
//! A record's CRC covers the sequence of its message, too, so a record in a place that is not its own is
//! as wrong as a damaged one, and an index can be believed when what it leads to checks.

use crate::io::Disk;
use engine::EVENT_BYTES;
use engine::event::HEAD_BYTES;
use marketdata::Told;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// First bytes of every file: `PRGH`.
const MAGIC: u32 = 0x4847_5250;
/// Version of this layout.
pub(super) const VERSION: u16 = 1;
/// Bytes of the header.
pub(super) const HEADER_BYTES: u64 = size_of::<Header>() as u64;
/// The longest message, with its SBE header.
pub(super) const MESSAGE_BYTES_MAX: usize = EVENT_BYTES - HEAD_BYTES;
/// Every so many messages the index has an offset.
pub(super) const INDEX_EVERY: u64 = 256;

const RECORD_HEAD: usize = size_of::<RecordHead>();
/// The shortest record and the longest.
pub(super) const RECORD_BYTES_MIN: u64 = record_bytes(1) as u64;
pub(super) const RECORD_BYTES_MAX: u64 = record_bytes(MESSAGE_BYTES_MAX) as u64;

const _: () = assert!(HEADER_BYTES == 64 && RECORD_HEAD == 16);

/// In front of every file.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Header {
    magic: U32,
    pub(super) version: U16,
    /// Where records begin.
    header_bytes: U16,
    pub(super) partition: U32,
    pub(super) epoch: U32,
    /// Sequence of the first message.
    pub(super) first: U64,
    /// CRC-32C of the header, this field 0.
    crc: U32,
    reserved: [u8; 36],
}

impl Header {
    pub(super) fn new(partition: u32, epoch: u32, first: u64) -> Self {
        let mut header = Self {
            magic: MAGIC.into(),
            version: VERSION.into(),
            header_bytes: (HEADER_BYTES as u16).into(),
            partition: partition.into(),
            epoch: epoch.into(),
            first: first.into(),
            crc: 0.into(),
            reserved: [0; 36],
        };
        header.crc = header.sum().into();
        header
    }

    /// The bytes are those that were written.
    pub(super) fn is_whole(&self) -> bool {
        self.magic.get() == MAGIC && self.crc.get() == self.sum()
    }

    fn sum(&self) -> u32 {
        crc32c::crc32c(Self { crc: 0.into(), ..*self }.as_bytes())
    }
}

/// In front of every message; zeros follow the message up to a multiple of 8.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct RecordHead {
    /// Of the message.
    length: U16,
    flags: U16,
    crc: U32,
    /// Of the batch that caused it.
    time: U64,
}

/// Bytes of the record of a message.
pub(super) const fn record_bytes(message: usize) -> usize {
    (RECORD_HEAD + message).next_multiple_of(8)
}

/// Sequence, and everything of the record but the field of the CRC.
fn record_crc(seq: u64, record: &[u8]) -> u32 {
    let sum = crc32c::crc32c_append(crc32c::crc32c(&seq.to_le_bytes()), &record[..4]);
    crc32c::crc32c_append(sum, &record[8..])
}

/// Puts the record of a message behind what is in `into`.
pub(super) fn push_record(told: Told<'_>, into: &mut Vec<u8>) {
    let (message, at) = (told.message, into.len());
    let head = RecordHead {
        length: (message.len() as u16).into(),
        flags: 0.into(),
        crc: 0.into(),
        time: told.time.into(),
    };
    into.extend_from_slice(head.as_bytes());
    into.extend_from_slice(message);
    into.resize(at + record_bytes(message.len()), 0);
    let crc = record_crc(told.sequence, &into[at..]);
    into[at + 4..at + 8].copy_from_slice(&crc.to_le_bytes());
}

/// What stands at a place of a file.
pub(super) enum Found {
    /// The message that was looked for.
    Record { time: u64, message: Range<usize>, bytes: usize },
    /// Nothing, or (`torn`) the beginning of something.
    End { torn: bool },
    /// Something else.
    Damaged,
}

/// Reads the record of message `seq` at the beginning of `bytes`, behind which the file ends unless they
/// are a record's longest.
pub(super) fn find_record(bytes: &[u8], seq: u64) -> Found {
    let Ok((head, _)) = RecordHead::read_from_prefix(bytes) else {
        return Found::End { torn: bytes.iter().any(|byte| *byte != 0) };
    };
    if head.as_bytes().iter().all(|byte| *byte == 0) {
        return Found::End { torn: false };
    }
    let length = usize::from(head.length.get());
    if !(1..=MESSAGE_BYTES_MAX).contains(&length) {
        return Found::Damaged;
    }
    let whole = record_bytes(length);
    match bytes.get(..whole) {
        None => Found::End { torn: true },
        Some(record) if record_crc(seq, record) != head.crc.get() => Found::Damaged,
        Some(_) => Found::Record {
            time: head.time.get(),
            message: RECORD_HEAD..RECORD_HEAD + length,
            bytes: whole,
        },
    }
}

/// Which file is which.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Messages,
    Index,
}

impl Part {
    fn ending(self) -> &'static str {
        match self {
            Self::Messages => ".hist",
            Self::Index => ".idx",
        }
    }
}

/// Where what lies.
#[derive(Clone)]
pub(super) struct Layout {
    pub(super) directory: PathBuf,
}

impl Layout {
    pub(super) fn new(data: &Path) -> Self {
        Self { directory: data.join("feed") }
    }

    /// The file whose first message is `first`, or its index.
    pub(super) fn path(&self, first: u64, part: Part) -> PathBuf {
        self.directory.join(format!("{first:020}{}", part.ending()))
    }

    /// First sequences of the files there are, in order. Files with other names are not ours.
    pub(super) fn firsts<D: Disk>(&self, disk: &D, part: Part) -> io::Result<Vec<u64>> {
        let paths = disk.list(&self.directory, part.ending())?;
        let first = |path: &PathBuf| path.file_stem()?.to_str()?.parse().ok();
        let mut firsts: Vec<u64> = paths.iter().filter_map(first).collect();
        firsts.retain(|first| paths.contains(&self.path(*first, part)));
        Ok(firsts)
    }
}

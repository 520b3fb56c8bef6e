//! One history file, read record by record from any message on.
//!
//! The index is only a hint: it is believed when the record it leads to is the one that was looked for,
//! else the file is read from its beginning and the index made anew.

use super::HistoryError;
use super::layout::{
    Found, HEADER_BYTES, Header, INDEX_EVERY, Layout, Part, RECORD_BYTES_MAX, RECORD_BYTES_MIN,
    VERSION, find_record,
};
use crate::io::{Access, Disk, DiskFile};
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use zerocopy::little_endian::U64;
use zerocopy::{FromZeros, IntoBytes};

/// Bytes read at once.
const PIECE_BYTES: usize = 64 << 10;

/// See the file's map.
pub(super) struct HistoryFile<F> {
    file: F,
    path: PathBuf,
    pub(super) header: Header,
    /// Where messages `first`, `first + 256`, … begin, as far as known; never empty.
    index: Vec<U64>,
    /// Entries that the index had on the disk.
    indexed: usize,
    /// Sequence of the record at `offset`.
    next: u64,
    offset: u64,
    /// Bytes of the file from `piece_at` on; the first `piece_bytes` of `piece` count.
    piece: Vec<u8>,
    piece_at: u64,
    piece_bytes: usize,
}

/// What a step has met; the bytes of a message are in [`HistoryFile::message`].
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Met {
    /// The record that was looked for.
    Message { time: u64, at: Range<usize> },
    /// Nothing, or (`torn`) the beginning of something.
    End { torn: bool },
    /// Something else.
    Damage,
}

impl<F: DiskFile> HistoryFile<F> {
    /// The file that begins with message `first`; `None`: nothing has been written to it yet.
    pub(super) fn of<D: Disk<File = F>>(
        disk: &D,
        layout: &Layout,
        first: u64,
    ) -> Result<Option<Self>, HistoryError> {
        let path = layout.path(first, Part::Messages);
        let file = disk.open(&path, Access::Read)?;
        let mut header = Header::new_zeroed();
        let have = file.read_at(header.as_mut_bytes(), 0)?;
        if have < size_of::<Header>() || header.as_bytes().iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if !header.is_whole() {
            return Err(HistoryError::Damaged { path, byte: 0, seq: first });
        }
        if header.version.get() != VERSION {
            return Err(HistoryError::Version { path, seen: header.version.get() });
        }
        if header.first.get() != first {
            return Err(HistoryError::Damaged { path, byte: 0, seq: first });
        }
        let mut index = read_index(disk, layout, first, file.bytes()?)?;
        let indexed = index.len();
        if index.is_empty() {
            index.push(HEADER_BYTES.into());
        }
        Ok(Some(Self {
            file,
            path,
            header,
            index,
            indexed,
            next: first,
            offset: HEADER_BYTES,
            piece: vec![0; PIECE_BYTES],
            piece_at: 0,
            piece_bytes: 0,
        }))
    }

    /// Sequence of its first message.
    pub(super) fn first(&self) -> u64 {
        self.header.first.get()
    }

    /// Sequence of the next message that a step will read.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Where that begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Its index as far as it was read.
    pub(super) fn index(&self) -> &[U64] {
        &self.index
    }

    /// The index on the disk lacks, or had, something else.
    pub(super) fn index_is_news(&self) -> bool {
        self.indexed != self.index.len()
    }

    /// The message of the last step.
    pub(super) fn message(&self, at: Range<usize>) -> &[u8] {
        &self.piece[at]
    }

    /// The record where it stands is damaged.
    pub(super) fn damage(&self) -> HistoryError {
        HistoryError::Damaged { path: self.path.clone(), byte: self.offset, seq: self.next }
    }

    /// Goes back to the first record, and forgets the index.
    pub(super) fn rewind(&mut self) {
        self.index.truncate(1);
        self.indexed = 0;
        self.jump(0);
    }

    /// Goes where message `wanted` is; stops short of it where [`Self::step`] does.
    pub(super) fn seek(&mut self, wanted: u64) -> io::Result<Met> {
        let entries = self.index.len() - 1;
        let entry = usize::try_from((wanted - self.first()) / INDEX_EVERY).unwrap_or(usize::MAX);
        let entry = entry.min(entries);
        let begin = self.first() + entry as u64 * INDEX_EVERY;
        if !(begin..=wanted).contains(&self.next) {
            self.jump(entry);
            if entry > 0 && !matches!(self.look()?, Met::Message { .. }) {
                self.rewind();
            }
        }
        while self.next < wanted {
            match self.step()? {
                Met::Message { .. } => {}
                other => return Ok(other),
            }
        }
        self.look()
    }

    /// What is at its place.
    pub(super) fn look(&mut self) -> io::Result<Met> {
        let (met, _) = self.find()?;
        Ok(met)
    }

    /// Reads what is at its place, and if that is a message goes on to the next.
    pub(super) fn step(&mut self) -> io::Result<Met> {
        let (met, bytes) = self.find()?;
        if let Met::Message { .. } = met {
            if self.next == self.first() + self.index.len() as u64 * INDEX_EVERY {
                self.index.push(self.offset.into());
            }
            self.next += 1;
            self.offset += bytes as u64;
        }
        Ok(met)
    }

    fn jump(&mut self, entry: usize) {
        self.next = self.first() + entry as u64 * INDEX_EVERY;
        self.offset = self.index[entry].get();
    }

    fn find(&mut self) -> io::Result<(Met, usize)> {
        let end = self.piece_at + self.piece_bytes as u64;
        let mut is_fresh = false;
        if self.offset < self.piece_at || self.offset + RECORD_BYTES_MAX > end {
            self.load()?;
            is_fresh = true;
        }
        loop {
            let at = (self.offset - self.piece_at) as usize;
            match find_record(&self.piece[at..self.piece_bytes], self.next) {
                Found::Record { time, message, bytes } => {
                    let at = at + message.start..at + message.end;
                    return Ok((Met::Message { time, at }, bytes));
                }
                // Read a while ago, or while it was being written: look again.
                _ if !is_fresh => self.load()?,
                Found::End { torn } => return Ok((Met::End { torn }, 0)),
                Found::Damaged => return Ok((Met::Damage, 0)),
            }
            is_fresh = true;
        }
    }

    fn load(&mut self) -> io::Result<()> {
        self.piece_bytes = 0;
        self.piece_bytes = self.file.read_at(&mut self.piece, self.offset)?;
        self.piece_at = self.offset;
        Ok(())
    }
}

/// As much of the index as can be true of a file of so many bytes; empty when there is none.
fn read_index<D: Disk>(
    disk: &D,
    layout: &Layout,
    first: u64,
    file_bytes: u64,
) -> io::Result<Vec<U64>> {
    let (least, most) = (INDEX_EVERY * RECORD_BYTES_MIN, INDEX_EVERY * RECORD_BYTES_MAX);
    let mut index = vec![U64::ZERO; usize::try_from(file_bytes / least).unwrap_or(0) + 1];
    let have = match disk.open(&layout.path(first, Part::Index), Access::Read) {
        Ok(file) => file.read_at(index.as_mut_bytes(), 0)? / size_of::<U64>(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    index.truncate(have);
    let mut before = HEADER_BYTES;
    let leads = |at: usize, offset: u64, before: u64| {
        let step = offset.wrapping_sub(before);
        if at == 0 { step == 0 } else { (least..=most).contains(&step) }
    };
    let good = index.iter().enumerate().take_while(|(at, offset)| {
        let good = leads(*at, offset.get(), before) && offset.get() < file_bytes;
        before = offset.get();
        good
    });
    let good = good.count();
    index.truncate(good);
    Ok(index)
}

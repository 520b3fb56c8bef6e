//! Where the history goes on after a start.
//!
//! What a snapshot includes was on the device before the snapshot was: it must be there, and is not made
//! again. What lies beyond is of a life that ended, perhaps torn, perhaps of a log that was cut since: it
//! goes, and replay makes it again. Everything is looked at before anything is changed.

use super::file::{HistoryFile, Met};
use super::layout::{HEADER_BYTES, Part};
use super::{Current, Full, History, HistoryError, RUN_BYTES};
use crate::io::{Access, Disk, DiskFile};
use std::collections::VecDeque;
use std::io;
use zerocopy::IntoBytes;
use zerocopy::little_endian::U64;

/// What is kept of the newest file that is not all cut.
struct Tail {
    first: u64,
    /// Up to the end of the last message that stays.
    bytes: u64,
    index: Vec<U64>,
}

impl<D: Disk> History<D> {
    /// Goes on with message `next`, the next feed sequence of the state that this start begins with (1 at
    /// genesis). What is there below must be whole up to `next - 1`; what is there from `next` on is cut.
    /// When it returns both are so on the device.
    ///
    /// Read and checked are the newest file that stays, all of it, and the headers and ends of those
    /// before it.
    ///
    /// # Errors
    /// See [`HistoryError`]. `Missing`, `Damaged`, `Version` and `Foreign` have changed nothing: the caller
    /// begins with an older snapshot, or without what was told so far ([`Self::begin_empty_at`]). After
    /// `Io` the process must stop.
    pub fn begin_at(&mut self, next: u64) -> Result<(), HistoryError> {
        let mut stay = self.layout.firsts(&self.disk, Part::Messages)?;
        stay.retain(|first| *first < next);
        let full = self.verify_full(&stay)?;
        let tail = match stay.last() {
            Some(first) => Some(self.verify_tail(*first, next)?),
            None if next > 1 => return Err(HistoryError::Missing { from: 1, to: next - 1 }),
            None => None,
        };
        Ok(self.begin(next, full, tail)?)
    }

    /// Goes on with message `next` and forgets all there was: the history then begins with it.
    ///
    /// # Errors
    /// As the kernel says; then the process must stop.
    pub fn begin_empty_at(&mut self, next: u64) -> io::Result<()> {
        self.begin(next, VecDeque::new(), None)
    }

    /// The files before the newest that stays: nothing is missing between them.
    fn verify_full(&self, stay: &[u64]) -> Result<VecDeque<Full>, HistoryError> {
        let mut full = VecDeque::new();
        for pair in stay.windows(2) {
            let (first, following) = (pair[0], pair[1]);
            let mut file = self.open_own(first, following)?;
            let met = file.seek(following - 1)?;
            self.expect_message(&file, met, following)?;
            file.step()?;
            if file.look()? != (Met::End { torn: false }) {
                return Err(file.damage());
            }
            full.push_back(Full { first, bytes: file.offset() });
            if file.index_is_news() {
                self.write_index(first, file.index())?;
            }
        }
        Ok(full)
    }

    /// The newest file that stays: read from end to end, as only here a power cut can have left holes.
    fn verify_tail(&self, first: u64, next: u64) -> Result<Tail, HistoryError> {
        let mut file = self.open_own(first, next)?;
        file.rewind();
        let met = file.seek(next - 1)?;
        self.expect_message(&file, met, next)?;
        file.step()?;
        Ok(Tail { first, bytes: file.offset(), index: file.index().to_vec() })
    }

    fn expect_message(
        &self,
        file: &HistoryFile<D::File>,
        met: Met,
        end: u64,
    ) -> Result<(), HistoryError> {
        match met {
            Met::Message { .. } => Ok(()),
            Met::Damage | Met::End { torn: true } => Err(file.damage()),
            Met::End { torn: false } => {
                Err(HistoryError::Missing { from: file.next(), to: end - 1 })
            }
        }
    }

    /// The file that begins with `first` and has messages up to `end - 1`, and is of this feed.
    fn open_own(&self, first: u64, end: u64) -> Result<HistoryFile<D::File>, HistoryError> {
        let opened = HistoryFile::of(&self.disk, &self.layout, first)?;
        let file = opened.ok_or(HistoryError::Missing { from: first, to: end - 1 })?;
        let (partition, epoch) = (file.header.partition.get(), file.header.epoch.get());
        if (partition, epoch) != (self.settings.partition, self.settings.epoch) {
            let path = self.layout.path(first, Part::Messages);
            return Err(HistoryError::Foreign { path, partition, epoch });
        }
        Ok(file)
    }

    // ----- from here on files change -----

    fn begin(&mut self, next: u64, full: VecDeque<Full>, tail: Option<Tail>) -> io::Result<()> {
        assert!(next > 0, "the feed counts from 1");
        self.outcome()?;
        self.reader.forget();
        self.run.clear();
        let newest = tail.as_ref().map(|tail| tail.first);
        let stays = |first| full.iter().any(|full| full.first == first) || newest == Some(first);
        let mut current = None;
        self.attempt(|history| {
            // Whole files first, and surely, for only the newest file is read whole: should the power
            // go now, and an older snapshot be tried before this one, the hole must be in it.
            history.remove_all_but(stays)?;
            current = tail.map(|tail| history.cut(tail)).transpose()?;
            Ok(())
        });
        (self.full, self.current, self.next, self.is_synced) = (full, current, next, true);
        self.outcome()
    }

    fn remove_all_but(&self, stays: impl Fn(u64) -> bool) -> io::Result<()> {
        // A file goes after its index, so an index without a file is what a power cut left.
        for part in [Part::Index, Part::Messages] {
            let firsts = self.layout.firsts(&self.disk, part)?;
            for first in firsts.into_iter().rev().filter(|first| !stays(*first)) {
                self.disk.remove(&self.layout.path(first, part))?;
            }
        }
        // Names that stay may have been the kernel's only.
        self.disk.sync_dir(&self.layout.directory)
    }

    /// Zeros behind what stays: a length of zero is where the next message goes.
    fn cut(&mut self, tail: Tail) -> io::Result<Current<D::File>> {
        let path = self.layout.path(tail.first, Part::Messages);
        let file = self.disk.open(&path, Access::Write)?;
        self.zero(&file, tail.bytes)?;
        file.sync()?;
        let index_file = self.write_index(tail.first, &tail.index)?;
        self.zero(&index_file, size_of_val(&*tail.index) as u64)?;
        assert!(tail.bytes > HEADER_BYTES, "it has the message before the next");
        let mut index = std::mem::take(&mut self.spare_index);
        index.extend_from_slice(&tail.index);
        Ok(Current {
            first: tail.first,
            files: Some((file, index_file)),
            bytes: tail.bytes,
            indexed: index.len(),
            index,
        })
    }

    fn zero(&mut self, file: &D::File, from: u64) -> io::Result<()> {
        let (mut at, end) = (from, file.bytes()?);
        self.run.resize(RUN_BYTES, 0);
        while at < end {
            let bytes = usize::try_from(end - at).unwrap_or(RUN_BYTES).min(RUN_BYTES);
            file.write_at(&self.run[..bytes], at)?;
            at += bytes as u64;
        }
        self.run.clear();
        Ok(())
    }

    fn write_index(&self, first: u64, index: &[U64]) -> io::Result<D::File> {
        let path = self.layout.path(first, Part::Index);
        let file = self.disk.open(&path, Access::WriteOrCreate)?;
        file.write_at(index.as_bytes(), 0)?;
        Ok(file)
    }
}

//! The feed's history: every message of the incremental channel, by its sequence.
//!
//! `feed/<first sequence>.hist` holds messages one after the other, without a gap from file to file;
//! `….idx` beside it, where every 256th of them begins, may be lost. The understudy writes them from the
//! log, so what lies beyond a snapshot is cut and made again, byte for byte (`history/begin.rs`). Whoever
//! wants old messages reads files, never the engine (`history/reader.rs`). Bytes: `history/layout.rs` and
//! docs/wire/feed.md. Cold threads only.

mod begin;
mod errors;
mod file;
mod layout;
mod reader;

pub use errors::HistoryError;
pub use reader::HistoryReader;

use crate::io::{Access, Disk, DiskFile, RealDisk};
use layout::{
    HEADER_BYTES, Header, INDEX_EVERY, Layout, MESSAGE_BYTES_MAX, Part, RECORD_BYTES_MAX,
    RECORD_BYTES_MIN, record_bytes,
};
use marketdata::Told;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use zerocopy::IntoBytes;
use zerocopy::little_endian::U64;

/// Bytes that are written in one go.
const RUN_BYTES: usize = 64 << 10;

/// What a history is of, and how large it may be.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whose feed.
    pub partition: u32,
    /// Of the feed: sequences begin anew with each.
    pub epoch: u32,
    /// Messages in one file, at most.
    pub file_messages: u64,
    /// Bytes of one file, at most.
    pub file_bytes: u64,
    /// Bytes that [`History::forget_old`] leaves, about.
    pub kept_bytes: u64,
}

impl Settings {
    /// 2^20 messages or 128 MiB in a file, and 4 GiB kept.
    pub const fn new(partition: u32, epoch: u32) -> Self {
        Self {
            partition,
            epoch,
            file_messages: 1 << 20,
            file_bytes: 128 << 20,
            kept_bytes: 4 << 30,
        }
    }

    /// Entries of the index of one file, at most.
    fn index_entries(&self) -> usize {
        let messages = self.file_messages.min(self.file_bytes / RECORD_BYTES_MIN);
        (messages / INDEX_EVERY) as usize + 1
    }
}

/// How much a reader wants at once.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Messages, at most.
    pub messages: u64,
    /// Bytes of messages, at most; not below [`Limit::BYTES_MIN`].
    pub bytes: usize,
}

impl Limit {
    /// Bytes of the longest message.
    pub const BYTES_MIN: usize = MESSAGE_BYTES_MAX;
}

/// One message of the feed, as it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored<'a> {
    /// Feed sequence.
    pub seq: u64,
    /// Of the batch that caused it, nanoseconds since 1970 UTC.
    pub time: u64,
    /// SBE header and message.
    pub message: &'a [u8],
}

/// The file that is written.
struct Current<F> {
    first: u64,
    /// Its messages and its index; made with the first write.
    files: Option<(F, F)>,
    /// With what is in the run.
    bytes: u64,
    index: Vec<U64>,
    /// Entries of it that are in the kernel.
    indexed: usize,
}

/// A file that is full.
struct Full {
    first: u64,
    bytes: u64,
}

/// The history of a feed, for its one writer.
pub struct History<D: Disk = RealDisk> {
    disk: D,
    layout: Layout,
    settings: Settings,
    reader: HistoryReader<D>,
    /// Oldest first.
    full: VecDeque<Full>,
    current: Option<Current<D::File>>,
    /// Sequence of the next message; 0: [`Self::begin_at`] has not been called.
    next: u64,
    /// What is not in the kernel yet.
    run: Vec<u8>,
    spare_index: Vec<U64>,
    is_synced: bool,
    /// The first error. Final: nothing is written any more.
    failed: Option<io::Error>,
}

impl<D: Disk> History<D> {
    /// Under `data/feed`. Nothing may be put before [`Self::begin_at`].
    ///
    /// # Errors
    /// The directory cannot be made.
    ///
    /// # Panics
    /// When no message fits in a file of these settings.
    pub fn open(disk: D, data: &Path, settings: Settings) -> io::Result<Self> {
        assert!(
            settings.file_bytes >= HEADER_BYTES + RECORD_BYTES_MAX && settings.file_messages > 0
        );
        let layout = Layout::new(data);
        disk.make_dir(&layout.directory)?;
        Ok(Self {
            reader: HistoryReader::new(disk.clone(), layout.clone()),
            disk,
            layout,
            settings,
            full: VecDeque::new(),
            current: None,
            next: 0,
            run: Vec::with_capacity(RUN_BYTES),
            spare_index: Vec::with_capacity(settings.index_entries()),
            is_synced: true,
            failed: None,
        })
    }

    /// Sequence of the next message to be put.
    pub fn next_seq(&self) -> u64 {
        self.next
    }

    /// The oldest message kept; [`Self::next_seq`] when there is none.
    pub fn first_seq(&self) -> u64 {
        let current = self.current.as_ref().map_or(self.next, |current| current.first);
        self.full.front().map_or(current, |full| full.first)
    }

    /// Takes a message; in the kernel with the next [`Self::flush`] at the latest.
    ///
    /// # Panics
    /// When it is not the message with [`Self::next_seq`], or none at all.
    pub fn put(&mut self, told: Told<'_>) {
        assert_eq!(told.sequence, self.next, "the history has no gaps");
        assert!(!told.message.is_empty(), "a message has bytes");
        let bytes = record_bytes(told.message.len());
        if self.is_full(bytes) {
            self.finish();
        }
        if self.run.len() + bytes > RUN_BYTES {
            self.write_run();
        }
        if self.current.is_none() {
            self.begin_file();
        }
        if let Some(current) = &mut self.current {
            if (self.next - current.first).is_multiple_of(INDEX_EVERY) {
                current.index.push(current.bytes.into());
            }
            current.bytes += bytes as u64;
        }
        layout::push_record(told, &mut self.run);
        self.next += 1;
    }

    /// Everything that was put is in the kernel.
    ///
    /// # Errors
    /// The first there was, and final: the history is incomplete and the process must stop.
    pub fn flush(&mut self) -> io::Result<()> {
        self.write_run();
        self.outcome()
    }

    /// Everything that was put is on the device: a snapshot of this state may be taken.
    ///
    /// # Errors
    /// As [`Self::flush`]. What the device has is then unknown, and no later sync would prove anything.
    pub fn sync(&mut self) -> io::Result<()> {
        self.write_run();
        if !self.is_synced {
            self.attempt(Self::sync_current);
            self.is_synced = true;
        }
        self.outcome()
    }

    /// Gives message `from` and those after it to `take`, in order, as many as `limit` allows and as
    /// were put; returns how many.
    ///
    /// # Errors
    /// See [`HistoryError`]; about the message `from` and no later one.
    ///
    /// # Panics
    /// When `limit` does not allow the longest message.
    pub fn read(
        &mut self,
        from: u64,
        limit: Limit,
        take: impl FnMut(Stored<'_>),
    ) -> Result<u64, HistoryError> {
        self.flush()?;
        self.reader.read_below(Some(self.next), from, limit, take)
    }

    /// Removes files in which all messages are below `seq`; whole files only. The file of message
    /// `seq - 1` stays, so the history can always begin at `seq` again, and so does the newest.
    /// Returns how many went.
    ///
    /// # Errors
    /// As [`Self::flush`].
    pub fn forget_before(&mut self, seq: u64) -> io::Result<usize> {
        self.forget(seq, 0)
    }

    /// The policy: the oldest files go while more than `kept_bytes` would be left without them. As
    /// [`Self::forget_before`] it leaves what is needed to begin at `needed` again: the next feed
    /// sequence of the oldest snapshot.
    ///
    /// # Errors
    /// As [`Self::flush`].
    pub fn forget_old(&mut self, needed: u64) -> io::Result<usize> {
        self.forget(needed, self.settings.kept_bytes)
    }

    fn forget(&mut self, needed: u64, kept_bytes: u64) -> io::Result<usize> {
        self.outcome()?;
        let mut went = 0;
        while let Some(oldest) = self.full.front()
            && self.bytes() - oldest.bytes >= kept_bytes
            && self.second_first() < needed
        {
            let first = oldest.first;
            // What stays is on the device before what goes is gone.
            self.sync()?;
            self.attempt(|history| history.remove(first));
            self.outcome()?;
            self.full.pop_front();
            went += 1;
        }
        if went > 0 {
            self.reader.forget();
        }
        Ok(went)
    }

    /// Bytes of all files.
    fn bytes(&self) -> u64 {
        let current = self.current.as_ref().map_or(0, |current| current.bytes);
        self.full.iter().map(|full| full.bytes).sum::<u64>() + current
    }

    /// First message of the file after the oldest.
    fn second_first(&self) -> u64 {
        let current = self.current.as_ref().map_or(u64::MAX, |current| current.first);
        self.full.get(1).map_or(current, |full| full.first)
    }

    /// One file after the other, each surely gone before the next: a power cut leaves no gap.
    fn remove(&mut self, first: u64) -> io::Result<()> {
        match self.disk.remove(&self.layout.path(first, Part::Index)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.disk.remove(&self.layout.path(first, Part::Messages))?;
        self.disk.sync_dir(&self.layout.directory)
    }

    // ----- the file that is written -----

    fn is_full(&self, more: usize) -> bool {
        self.current.as_ref().is_some_and(|current| {
            self.next - current.first >= self.settings.file_messages
                || current.bytes + more as u64 > self.settings.file_bytes
        })
    }

    fn begin_file(&mut self) {
        assert!(self.next > 0 && self.run.is_empty(), "begun, and the file before is finished");
        let header = Header::new(self.settings.partition, self.settings.epoch, self.next);
        self.run.extend_from_slice(header.as_bytes());
        self.current = Some(Current {
            first: self.next,
            files: None,
            bytes: HEADER_BYTES,
            index: std::mem::take(&mut self.spare_index),
            indexed: 0,
        });
    }

    /// A full file and its name are on the device before the next begins, so only the newest can be
    /// torn or lost.
    fn finish(&mut self) {
        self.write_run();
        self.attempt(Self::sync_current);
        if let Some(mut current) = self.current.take() {
            self.full.push_back(Full { first: current.first, bytes: current.bytes });
            current.index.clear();
            self.spare_index = current.index;
        }
    }

    fn sync_current(&mut self) -> io::Result<()> {
        let files = self.current.as_ref().and_then(|current| current.files.as_ref());
        files.map_or(Ok(()), |(file, _)| file.sync())?;
        self.disk.sync_dir(&self.layout.directory)
    }

    fn write_run(&mut self) {
        if !self.run.is_empty() {
            self.attempt(Self::write);
            self.run.clear();
            self.is_synced = false;
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let current = self.current.as_mut().expect("what is in the run is of this file");
        let (file, index_file) = match &mut current.files {
            Some(files) => files,
            None => {
                let open = |part| {
                    let path = self.layout.path(current.first, part);
                    self.disk.open(&path, Access::WriteOrCreate)
                };
                current.files.insert((open(Part::Messages)?, open(Part::Index)?))
            }
        };
        file.write_at(&self.run, current.bytes - self.run.len() as u64)?;
        // Behind the messages: an index never leads to what is not there.
        let news = &current.index[current.indexed..];
        if !news.is_empty() {
            let at = current.indexed * size_of::<U64>();
            index_file.write_at(news.as_bytes(), at as u64)?;
            current.indexed = current.index.len();
        }
        Ok(())
    }

    // ----- errors are final -----

    fn attempt(&mut self, work: impl FnOnce(&mut Self) -> io::Result<()>) {
        if self.failed.is_none() {
            self.failed = work(self).err();
        }
    }

    fn outcome(&self) -> io::Result<()> {
        match &self.failed {
            None => Ok(()),
            Some(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }
}

//! The files of a journal, read from outside: no lock, nothing changed, beside a running venue.
//!
//! The only place of the tools that knows segments and their names. A venue may write while this
//! reads: what looks like the end, or like damage, is read again before it is believed, because a
//! file is not read in one instant.

use crate::io::disk::Disk;
use crate::io::file::{self, RealDisk};
use crate::io::reading::Reading;
use engine::log::{BATCH_ALIGN, BatchError, BatchRef, Tail};
use std::io;
use std::path::{Path, PathBuf};

/// Where a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which segment, from 0 in the order of their names.
    pub segment: usize,
    /// Offset in it.
    pub at: usize,
    /// Bytes that the batch takes there, padding included.
    pub bytes: usize,
}

/// How a log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Behind the last batch is nothing.
    Clean,
    /// Behind the last batch are bytes of one that was being written: a start would cut them.
    Torn {
        /// From the end of the log to the last byte that is not zero.
        bytes: u64,
    },
    /// A batch that had been acknowledged is damaged or missing: a start would refuse.
    Rot {
        /// The first sequence that is lost.
        seq: u64,
    },
    /// Written by another version.
    Version {
        /// The version found.
        seen: u16,
    },
}

/// Reads the batches of a journal in order, each checked: CRC, chain, sequence.
pub struct JournalFiles {
    directory: PathBuf,
    segments: Vec<PathBuf>,
    /// The segment that is being read, and all its bytes.
    number: usize,
    bytes: Vec<u8>,
    at: usize,
    /// Behind the last batch; `None`: there was none yet.
    tail: Option<Tail>,
    first_seq: u64,
    end: Option<End>,
}

impl JournalFiles {
    /// `path` is a data directory, or the directory of its journal.
    ///
    /// # Errors
    /// `NotFound`: there is no segment in either. Others: as the kernel says.
    pub fn open(path: &Path) -> io::Result<Self> {
        for directory in [path.join("journal"), path.to_owned()] {
            let segments = RealDisk.list(&directory, ".log")?;
            if let Some(first) = segments.first() {
                let bytes = file::read(first)?;
                let (number, at, tail, first_seq, end) = (0, 0, None, 0, None);
                return Ok(Self { directory, segments, number, bytes, at, tail, first_seq, end });
            }
        }
        let what =
            "there is no journal: give a data directory, or the directory with its *.log files";
        Err(io::Error::new(io::ErrorKind::NotFound, format!("{}: {what}", path.display())))
    }

    /// The next batch; `None`: the log ends here, as [`Self::end`] says.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn next_batch(&mut self) -> io::Result<Option<(Place, BatchRef<'_>)>> {
        if self.end.is_some() || !self.find()? {
            return Ok(None);
        }
        let batch = BatchRef::trusted(&self.bytes[self.at..]).expect("checked when it was found");
        let place = Place { segment: self.number, at: self.at, bytes: batch.encoded_bytes() };
        let tail = self.tail.get_or_insert_with(|| before(&batch));
        if self.first_seq == 0 {
            self.first_seq = batch.header.first_seq.get();
        }
        tail.advance(&batch);
        self.at += place.bytes;
        Ok(Some((place, batch)))
    }

    /// How the log ends; meaningful once there is no next batch.
    pub fn end(&self) -> End {
        self.end.unwrap_or(End::Clean)
    }

    /// Behind the last batch; `None`: there was none.
    pub fn tail(&self) -> Option<Tail> {
        self.tail
    }

    /// Sequence of the first command: 1, or more when older segments are gone.
    pub fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// The segment at which reading stands.
    pub fn path(&self) -> &Path {
        &self.segments[self.number]
    }

    /// The offset in it.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The segments, in order.
    pub fn segments(&self) -> &[PathBuf] {
        &self.segments
    }

    /// The data directory that the journal belongs to.
    pub fn data(&self) -> PathBuf {
        self.directory.join("..")
    }

    /// Bytes of all segments.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn length(&self) -> io::Result<u64> {
        self.segments.iter().map(|path| Reading::open(path)?.length()).sum()
    }

    /// Moves to the next batch, into the next segment if need be.
    fn find(&mut self) -> io::Result<bool> {
        if self.is_here() || self.enter_next()? {
            return Ok(true);
        }
        // What others know is asked before reading again: what they knew was written by then.
        let acknowledged = self.was_acknowledged()?;
        self.bytes = file::read(self.path())?;
        self.list_again()?;
        if self.is_here() || self.enter_next()? {
            return Ok(true);
        }
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        self.end = Some(match BatchRef::parse(rest) {
            Err(BatchError::Version { seen }) => End::Version { seen },
            _ if acknowledged => End::Rot { seq: self.next_seq() },
            Err(BatchError::Crc) => End::Torn { bytes: torn_bytes(rest) },
            Err(BatchError::Short) if !rest.is_empty() => End::Torn { bytes: torn_bytes(rest) },
            Ok(_) | Err(BatchError::Magic | BatchError::Short) => End::Clean,
        });
        Ok(false)
    }

    /// A running venue may have begun another segment, or given up the first ones.
    fn list_again(&mut self) -> io::Result<()> {
        let segments = RealDisk.list(&self.directory, ".log")?;
        let here = segments.iter().position(|path| path == self.path());
        self.number = here.ok_or_else(|| {
            let gone = format!("{} went away while it was read", self.path().display());
            io::Error::other(gone)
        })?;
        self.segments = segments;
        Ok(())
    }

    /// The bytes here are the next batch of the log.
    fn is_here(&self) -> bool {
        BatchRef::parse(self.bytes.get(self.at..).unwrap_or(&[]))
            .is_ok_and(|batch| self.tail.as_ref().is_none_or(|tail| tail.continues(&batch)))
    }

    /// The log goes on at the beginning of the next segment: goes there.
    fn enter_next(&mut self) -> io::Result<bool> {
        let Some(next) = self.segments.get(self.number + 1) else { return Ok(false) };
        let here = (self.number, self.at);
        let bytes = std::mem::replace(&mut self.bytes, file::read(next)?);
        (self.number, self.at) = (self.number + 1, 0);
        // A log does not begin behind a segment without a batch.
        if self.tail.is_some() && self.is_here() {
            return Ok(true);
        }
        (self.number, self.at) = here;
        self.bytes = bytes;
        Ok(false)
    }

    /// A later batch, here or in a later segment, knows that what should be here was durable.
    fn was_acknowledged(&self) -> io::Result<bool> {
        let tail = match self.tail {
            Some(tail) => tail,
            None => Tail::genesis(self.any_partition()?),
        };
        if any_batch(&self.bytes, self.at + BATCH_ALIGN, |batch| contradicts(&tail, batch)) {
            return Ok(true);
        }
        for later in self.segments.iter().skip(self.number + 1) {
            if any_batch(&file::read(later)?, 0, |batch| contradicts(&tail, batch)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The partition of the first readable batch, for a log whose first one is not.
    fn any_partition(&self) -> io::Result<u32> {
        for path in &self.segments {
            let mut partition = None;
            any_batch(&file::read(path)?, 0, |batch| {
                partition = Some(batch.header.partition.get());
                true
            });
            if let Some(partition) = partition {
                return Ok(partition);
            }
        }
        Ok(0)
    }

    fn next_seq(&self) -> u64 {
        self.tail.map_or(1, |tail| tail.next_seq)
    }
}

/// Where the log stood in front of its first batch that is there.
fn before(batch: &BatchRef<'_>) -> Tail {
    Tail {
        next_seq: batch.header.first_seq.get(),
        chain: batch.header.chain.get(),
        ..Tail::genesis(batch.header.partition.get())
    }
}

/// `batch` proves that what should follow `tail` had been acknowledged: the rule of `engine::log::scan`.
fn contradicts(tail: &Tail, batch: &BatchRef<'_>) -> bool {
    batch.header.partition.get() == tail.partition
        && batch.header.durable_seq.get() >= tail.next_seq
}

/// One of the batches from `at` on, wherever it begins, is such.
fn any_batch(bytes: &[u8], at: usize, mut is_such: impl FnMut(&BatchRef<'_>) -> bool) -> bool {
    let mut places = (at..bytes.len()).step_by(BATCH_ALIGN);
    places.any(|at| BatchRef::parse(&bytes[at..]).is_ok_and(|batch| is_such(&batch)))
}

/// Bytes up to the last that is not zero.
fn torn_bytes(rest: &[u8]) -> u64 {
    rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1)
}

//! The files of a journal, read from outside: no lock, nothing changed, beside a running venue.
//!
//! Reads with the eyes of a start (`journal/walk.rs`), and where no batch carries on judges as a start
//! does (`journal/recovery.rs`). A venue may write while this reads: what looks like the end, or like
//! damage, is read again before it is believed, and a segment that is used again meanwhile is told apart
//! from one that is lost.

use crate::io::Access;
use crate::io::file::RealDisk;
use crate::io::reading::Reading;
use crate::journal::{Found, Layout, OpenError, Walk, check_files, judge};
use engine::log::{BATCH_ALIGN, BatchError, BatchRef, Tail};
use std::io;
use std::path::{Path, PathBuf};

/// How often the beginning is looked for while a venue moves it.
const TRIES: usize = 100;

/// Where a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which segment, from 0 in the order of their names.
    pub segment: usize,
    /// Offset in it.
    pub at: usize,
    /// Bytes that the batch takes there, padding included.
    pub bytes: usize,
    /// Bytes from where reading began to the end of this batch.
    pub read: u64,
}

/// How a log ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Behind the last batch is nothing.
    Clean,
    /// Behind the last batch are bytes of one that was being written: a start would cut them.
    Torn {
        /// From the end of the log to the end of what was being written.
        bytes: u64,
    },
    /// A batch that had been acknowledged is damaged: a start that needs it would refuse.
    Rot {
        /// The first sequence that is known to be lost.
        seq: u64,
    },
    /// A segment is not there, and later ones are.
    Missing {
        /// Which one.
        path: PathBuf,
        /// The first sequence that is lost.
        seq: u64,
    },
    /// Written by another version.
    Version {
        /// The version found.
        seen: u16,
    },
    /// No end: a running venue has used the segment again before it was read. The log begins later now,
    /// and is to be read anew.
    Recycled {
        /// The first sequence that was not read.
        seq: u64,
    },
}

/// Reads the batches of a journal in order, each checked: CRC, chain, sequence, place.
pub struct JournalFiles {
    layout: Layout,
    /// The segments, as they were listed last.
    numbers: Vec<u64>,
    segments: Vec<PathBuf>,
    /// In front of the first batch of the log.
    beginning: Tail,
    /// Where reading began: there, or at a snapshot.
    begun: Tail,
    walk: Walk<RealDisk>,
    /// The batch that was handed out last is still at the walk's tail.
    at_batch: bool,
    /// A batch was handed out.
    any: bool,
    end: Option<End>,
}

impl JournalFiles {
    /// `path` is a data directory, or the directory of its journal.
    ///
    /// # Errors
    /// `NotFound`: there is no segment in either. Others: as the kernel says.
    pub fn open(path: &Path) -> io::Result<Self> {
        for directory in [path.join("journal"), path.to_owned()] {
            let mut layout = Layout { directory, segment_bytes: BATCH_ALIGN as u64 };
            let numbers = layout.numbers(&RealDisk)?;
            if numbers.is_empty() {
                continue;
            }
            layout.segment_bytes = segment_bytes(&layout, &numbers)?;
            let (numbers, beginning) = find_beginning(&layout, numbers)?;
            let segments = numbers.iter().map(|number| layout.path(*number)).collect();
            let walk = walk_from(&layout, beginning);
            let (begun, at_batch, any, end) = (beginning, false, false, None);
            return Ok(Self {
                layout,
                numbers,
                segments,
                beginning,
                begun,
                walk,
                at_batch,
                any,
                end,
            });
        }
        let what =
            "there is no journal: give a data directory, or the directory with its *.log files";
        Err(io::Error::new(io::ErrorKind::NotFound, format!("{}: {what}", path.display())))
    }

    /// Goes on, or begins, behind `tail`: where a snapshot says that the log stood.
    pub fn begin_at(&mut self, tail: Tail) {
        self.begun = tail;
        self.walk = walk_from(&self.layout, tail);
        (self.at_batch, self.any, self.end) = (false, false, None);
    }

    /// The next batch; `None`: the log ends here, as [`Self::end`] says.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn next_batch(&mut self) -> io::Result<Option<(Place, BatchRef<'_>)>> {
        if std::mem::take(&mut self.at_batch) {
            self.walk.advance();
        }
        if self.end.is_some() || !self.find()? {
            return Ok(None);
        }
        (self.at_batch, self.any) = (true, true);
        let position = self.walk.tail.position;
        let segment = self.segment(self.layout.number(position))?;
        let batch = self.walk.batch();
        let (at, bytes) = (self.layout.offset(position) as usize, batch.encoded_bytes());
        let blocks = position - self.begun.position;
        let read = blocks * BATCH_ALIGN as u64 + bytes as u64;
        Ok(Some((Place { segment, at, bytes, read }, batch)))
    }

    /// How the log ends; meaningful once there is no next batch.
    pub fn end(&self) -> End {
        self.end.clone().unwrap_or(End::Clean)
    }

    /// Behind the last batch; `None`: there was none.
    pub fn tail(&self) -> Option<Tail> {
        self.any.then(|| self.stands())
    }

    /// Where reading stands: behind the last batch, or where it began.
    pub fn stands(&self) -> Tail {
        let mut tail = self.walk.tail;
        if self.at_batch {
            tail.advance(&self.walk.batch());
        }
        tail
    }

    /// Nothing was read, and reading began at a snapshot.
    pub fn is_at_snapshot(&self) -> bool {
        !self.any && self.begun != self.beginning
    }

    /// Sequence of the first command of the log: 1, or more when older segments are used again or gone.
    pub fn first_seq(&self) -> u64 {
        self.beginning.next_seq
    }

    /// Whose log it is.
    pub fn partition(&self) -> u32 {
        self.beginning.partition
    }

    /// The segment at which reading stands.
    pub fn path(&self) -> PathBuf {
        self.layout.path(self.layout.number(self.stands().position))
    }

    /// The offset in it.
    pub fn offset(&self) -> usize {
        self.layout.offset(self.stands().position) as usize
    }

    /// The segments, in order.
    pub fn segments(&self) -> &[PathBuf] {
        &self.segments
    }

    /// The data directory that the journal belongs to.
    pub fn data(&self) -> PathBuf {
        self.layout.directory.join("..")
    }

    /// Bytes of all segments.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn length(&self) -> io::Result<u64> {
        Ok(lengths(&self.layout, &self.numbers)?.into_iter().sum())
    }

    /// Looks for the next batch, into the next segment if need be.
    fn find(&mut self) -> io::Result<bool> {
        loop {
            let Found::Nothing(why) = self.walk.find()? else { return Ok(true) };
            // What others know is asked before reading again: what they knew was written by then.
            let listed = self.list()?;
            let end = self.judge(why)?;
            if self.walk.find()? == Found::Batch {
                return Ok(true);
            }
            // What was listed while segments changed their names is no reason to call anything lost.
            if self.list()? == listed {
                self.end = Some(end);
                return Ok(false);
            }
        }
    }

    /// What a start would say.
    fn judge(&self, why: BatchError) -> io::Result<End> {
        let (layout, numbers, tail) = (&self.layout, &self.numbers, self.walk.tail);
        let verdict = check_files(layout, numbers, tail)
            .and_then(|()| judge(&RealDisk, layout, numbers, self.begun, tail, why));
        Ok(match verdict {
            Ok(0) => End::Clean,
            Ok(bytes) => End::Torn { bytes },
            Err(OpenError::Rot { seq, .. }) => End::Rot { seq },
            Err(OpenError::Version { seen, .. }) => End::Version { seen },
            Err(OpenError::Missing { path }) => End::Missing { path, seq: tail.next_seq },
            Err(OpenError::BeginsLater { seq, .. }) => End::Recycled { seq },
            Err(OpenError::Io { path, error } | OpenError::ReadOnly { path, error }) => {
                return Err(in_file(&path, &error));
            }
            // The first batch came after its partition had been looked for.
            Err(OpenError::Partition { .. }) if self.begun == self.beginning => {
                End::Recycled { seq: tail.next_seq }
            }
            Err(other @ (OpenError::Partition { .. } | OpenError::Rules { .. })) => {
                return Err(io::Error::other(other.to_string()));
            }
        })
    }

    /// Lists the segments again: a running venue may have begun others, and used the first ones for them.
    fn list(&mut self) -> io::Result<Vec<u64>> {
        let numbers = self.layout.numbers(&RealDisk)?;
        if numbers != self.numbers {
            self.segments = numbers.iter().map(|number| self.layout.path(*number)).collect();
            self.numbers.clone_from(&numbers);
        }
        Ok(numbers)
    }

    /// Which of the segments listed this is.
    fn segment(&mut self, number: u64) -> io::Result<usize> {
        if let Ok(at) = self.numbers.binary_search(&number) {
            return Ok(at);
        }
        Ok(self.list()?.partition_point(|listed| *listed < number))
    }
}

/// Past the kernel's cache, as who follows a running journal: a cached block would have to be thrown out
/// by the next write beside it.
fn walk_from(layout: &Layout, tail: Tail) -> Walk<RealDisk> {
    Walk::new(RealDisk, layout.clone(), Access::ReadDirect, tail)
}

/// A log keeps the size that its segments began with; a copy that is cut is smaller.
fn segment_bytes(layout: &Layout, numbers: &[u64]) -> io::Result<u64> {
    let largest = lengths(layout, numbers)?.into_iter().max().unwrap_or(0);
    Ok(largest.next_multiple_of(BATCH_ALIGN as u64).max(BATCH_ALIGN as u64))
}

/// Bytes of the segments that are still there.
fn lengths(layout: &Layout, numbers: &[u64]) -> io::Result<Vec<u64>> {
    let mut lengths = Vec::with_capacity(numbers.len());
    for number in numbers {
        let path = layout.path(*number);
        match Reading::open(&path).and_then(|file| file.length()) {
            Ok(length) => lengths.push(length),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(in_file(&path, &error)),
        }
    }
    Ok(lengths)
}

fn in_file(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// In front of the first batch of the log, and the segments there were then.
fn find_beginning(layout: &Layout, mut numbers: Vec<u64>) -> io::Result<(Vec<u64>, Tail)> {
    for _ in 0..TRIES {
        let found = beginning_of(layout, &numbers)?;
        let now = layout.numbers(&RealDisk)?;
        // Used again between its listing and its reading: look at the one that is first now.
        if now.first() == numbers.first() {
            return Ok((now, found));
        }
        numbers = now;
    }
    Err(io::Error::other("the venue uses its segments again faster than this can read them"))
}

/// A log begins with the first segment; where that cannot be read, with what is known of it.
fn beginning_of(layout: &Layout, numbers: &[u64]) -> io::Result<Tail> {
    let (first, last) = match numbers {
        [] => (0, 0),
        [first, ..] => (*first, numbers[numbers.len() - 1]),
    };
    let start = layout.start(first);
    let mut found = None;
    let mut walk = walk_from(layout, Tail { position: start, ..Tail::genesis(0) });
    walk.search(last, |batch, position| {
        found = Some((before(batch, position), position));
        true
    })?;
    Ok(match found {
        Some((tail, position)) if position == start && (first > 0 || tail.next_seq == 1) => tail,
        Some((tail, _)) if first == 0 => Tail::genesis(tail.partition),
        // The last of what is lost stands for all of it.
        Some((tail, _)) => {
            let lost = tail.next_seq.saturating_sub(1).max(1);
            Tail { next_seq: lost, chain: 0, position: start, ..tail }
        }
        None => Tail { position: start, ..Tail::genesis(0) },
    })
}

/// Where the log stood in front of `batch`.
fn before(batch: &BatchRef<'_>, position: u64) -> Tail {
    let (next_seq, chain) = (batch.header.first_seq.get(), batch.header.chain.get());
    Tail { next_seq, chain, position, ..Tail::genesis(batch.header.partition.get()) }
}

//! The local journal: a partition's log on this host's disk.
//!
//! Segments `journal/<n>.log` hold batches one after the other (engine/src/log.rs has their bytes).
//! A batch is committed when the written durability setting says so: `disk`, the device has it
//! (a thread writes and syncs; what arrives during one sync is the next); `process`, the kernel has
//! it; `none`, at once. On start the journal hands out all it has and then leads.
//! `segments.rs` has the files, `reader.rs` follows them from behind.
//! Not here yet, and here is their place: snapshots to `Restore` from, recycled segments, writes
//! through the gateway's io_uring.

mod reader;
mod segments;

pub use reader::JournalReader;

use crate::io::{Access, Disk, DiskFile, Doorbell, RealDisk, thread};
use engine::log::{BATCH_ENCODED_MAX, BatchRef, ScanEnd, Tail, says_durable, scan};
use engine::{AppendError, CommandBuffer, Log, LogEvent};
use segments::{Fresh, Segments};
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, OnceLock};

/// Bytes of a segment.
pub const SEGMENT_BYTES: u64 = 64 << 20;
/// Batches between `append` and `release`, whatever their size.
const BUFFERS: usize = 4;

/// When a batch counts as committed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// The device has it: survives power loss.
    Disk,
    /// The kernel has it: survives `kill -9`, not power loss.
    Process,
    /// At once: survives nothing. For tests.
    None,
}

impl Durability {
    /// As written in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Process => "process",
            Self::None => "none",
        }
    }
}

/// Why a journal cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// The file system says no.
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// An acknowledged batch is damaged.
    Rot {
        /// Which segment.
        path: PathBuf,
        /// Where in it.
        at: usize,
        /// The first sequence that is lost.
        seq: u64,
    },
    /// Written by a version that this program does not read.
    Version {
        /// Which segment.
        path: PathBuf,
        /// The version found.
        seen: u16,
    },
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Rot { path, at, seq } => write!(
                f,
                "{}: the batch at byte {at} (sequence {seq}) had been acknowledged and is damaged. \
                 Nothing was changed. Restore this file from a copy, or move the data directory \
                 away and start empty",
                path.display()
            ),
            Self::Version { path, seen } => write!(
                f,
                "{}: written in journal version {seen}; this program reads version {}. Start the \
                 program that wrote it",
                path.display(),
                engine::log::BATCH_VERSION
            ),
        }
    }
}

impl std::error::Error for OpenError {}

/// What recovery found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recovered {
    /// Commands in the log.
    pub commands: u64,
    /// Bytes of a torn last batch that were cut.
    pub torn_bytes: u64,
}

/// A batch between `append` and `release`.
struct Buffer {
    bytes: Vec<u8>,
    length: usize,
    end_seq: u64,
}

enum Start {
    Restore,
    /// Batches of this segment are handed out from `at` on.
    Replay {
        segment: usize,
        bytes: Vec<u8>,
        at: usize,
    },
    Lead,
    Leading,
}

enum Writer<D: Disk> {
    /// On the thread that appends; synced only when the journal is closed.
    Inline(Segments<D>),
    /// On a thread that syncs every write.
    Thread {
        work: SyncSender<Buffer>,
        done: Receiver<io::Result<Buffer>>,
        /// Rung when a batch is on the device; set once, before the first batch.
        bell: Arc<OnceLock<Doorbell>>,
    },
}

/// The journal of one partition.
pub struct Journal<D: Disk = RealDisk> {
    disk: D,
    directory: PathBuf,
    segments: Vec<PathBuf>,
    start: Start,
    end: Tail,
    tail: Tail,
    recovered: Recovered,
    writer: Writer<D>,
    free: Vec<Buffer>,
    in_flight: usize,
    committed: VecDeque<Buffer>,
    /// Sequence after the last committed command; the understudy reads up to here.
    committed_seq: Arc<AtomicU64>,
    durable_seq: u64,
    /// Bytes of the batch that `poll` handed out of a segment.
    replayed_bytes: usize,
}

impl Journal {
    /// Opens `data/journal` of this host, checks all of it and cuts a torn tail.
    ///
    /// # Errors
    /// See [`OpenError`]; then nothing was changed.
    pub fn open(data: &Path, durability: Durability, partition: u32) -> Result<Self, OpenError> {
        Self::open_on(RealDisk, data, durability, partition)
    }
}

impl<D: Disk> Journal<D> {
    /// The same on any disk.
    ///
    /// # Errors
    /// See [`OpenError`]; then nothing was changed.
    pub fn open_on(
        disk: D,
        data: &Path,
        durability: Durability,
        partition: u32,
    ) -> Result<Self, OpenError> {
        let directory = data.join("journal");
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| OpenError::Io { path, error }
        };
        disk.make_dir(&directory).map_err(io(&directory))?;
        let segments = disk.list(&directory, ".log").map_err(io(&directory))?;
        let mut tail = Tail::genesis(partition);
        let mut recovered = Recovered::default();
        let mut end = (0, 0); // Segment and offset of the next batch.
        for (n, path) in segments.iter().enumerate() {
            let bytes = read(&disk, path).map_err(io(path))?;
            let found = scan(&bytes, &mut tail, |_| {});
            let at = match found {
                ScanEnd::Whole => bytes.len(),
                ScanEnd::Tail { at, .. } => at,
                ScanEnd::Rot { at, seq } => {
                    return Err(OpenError::Rot { path: path.clone(), at, seq });
                }
                ScanEnd::Version { seen, .. } => {
                    return Err(OpenError::Version { path: path.clone(), seen });
                }
            };
            if at > 0 || n == 0 {
                end = (n, at);
            }
            // Segments behind the end may know that it was not the end.
            for later in &segments[n + 1..] {
                let behind = read(&disk, later).map_err(io(later))?;
                let continues = BatchRef::parse(&behind).is_ok_and(|batch| tail.continues(&batch));
                if continues {
                    break;
                }
                if says_durable_from_start(&behind, &tail) {
                    return Err(OpenError::Rot { path: path.clone(), at, seq: tail.next_seq });
                }
            }
            if let ScanEnd::Tail { torn: true, at } = found {
                recovered.torn_bytes = torn_bytes(&bytes, at);
                cut(&disk, path, at as u64).map_err(io(path))?;
            }
        }
        recovered.commands = tail.next_seq - 1;
        let fresh = match durability {
            Durability::Disk => Fresh::spares(disk.clone(), &directory),
            Durability::Process | Durability::None => Fresh::Sparse,
        };
        let files = Segments::open(disk.clone(), &directory, &segments, end, fresh)
            .map_err(io(&directory))?;
        let segments = files.paths.clone();
        Ok(Self {
            disk,
            directory,
            segments,
            start: Start::Restore,
            end: tail,
            tail,
            recovered,
            writer: match durability {
                Durability::Disk => syncing_writer(files),
                Durability::Process | Durability::None => Writer::Inline(files),
            },
            free: (0..BUFFERS)
                .map(|_| Buffer { bytes: vec![0; BATCH_ENCODED_MAX], length: 0, end_seq: 0 })
                .collect(),
            in_flight: 0,
            committed: VecDeque::with_capacity(BUFFERS),
            committed_seq: Arc::new(AtomicU64::new(tail.next_seq)),
            durable_seq: tail.next_seq - 1,
            replayed_bytes: 0,
        })
    }

    /// What recovery found.
    pub fn recovered(&self) -> Recovered {
        self.recovered
    }

    /// The thread that polls this journal sleeps: this wakes it when a batch is on the device.
    pub fn wakes(&mut self, poller: Doorbell) {
        if let Writer::Thread { bell, .. } = &self.writer {
            let _ = bell.set(poller);
        }
    }

    /// Batches are on their way to the device.
    pub fn is_busy(&self) -> bool {
        self.in_flight > 0 || !self.committed.is_empty()
    }

    /// Who follows this journal from its beginning.
    pub fn reader(&self) -> JournalReader<D> {
        let committed_seq = Arc::clone(&self.committed_seq);
        let (disk, directory) = (self.disk.clone(), self.directory.clone());
        JournalReader::new(disk, directory, self.tail.partition, committed_seq)
    }

    /// The device has everything: the last act of a process that stops in good order.
    ///
    /// # Errors
    /// As the kernel says; then the last moments are only as safe as `process`.
    pub fn sync(&mut self) -> io::Result<()> {
        match &self.writer {
            Writer::Inline(files) => files.sync_all(),
            Writer::Thread { .. } => Ok(()), // Every batch was.
        }
    }

    fn commit(&mut self, buffer: Buffer) {
        self.durable_seq = buffer.end_seq - 1;
        self.committed_seq.store(buffer.end_seq, Ordering::Release);
        self.committed.push_back(buffer);
    }
}

impl<D: Disk> Log for Journal<D> {
    fn append(&mut self, commands: &CommandBuffer, time: u64) -> Result<(), AppendError> {
        if !matches!(self.start, Start::Leading) {
            return Err(AppendError::NotLeader);
        }
        let Some(mut buffer) = self.free.pop() else { return Err(AppendError::Full) };
        let term = self.end.term + 1;
        buffer.length = self.tail.encode(commands, term, time, self.durable_seq, &mut buffer.bytes);
        buffer.end_seq = self.tail.next_seq;
        match &mut self.writer {
            Writer::Inline(files) => {
                // Once the journal fails there is no way on: what was promised cannot be kept.
                files.write(&buffer).unwrap_or_else(|e| panic!("journal: write failed: {e}"));
                self.commit(buffer);
            }
            Writer::Thread { work, .. } => {
                self.in_flight += 1;
                work.send(buffer).expect("the journal thread lives as long as the journal");
            }
        }
        Ok(())
    }

    fn poll(&mut self) -> LogEvent<'_> {
        loop {
            match &mut self.start {
                Start::Restore => {
                    self.start = Start::Replay { segment: 0, bytes: Vec::new(), at: 0 };
                    self.tail = Tail::genesis(self.end.partition);
                    return LogEvent::Restore(&[]);
                }
                Start::Replay { .. } => {
                    if self.load_next() {
                        break;
                    }
                    assert_eq!(self.tail, self.end, "the log changed between check and replay");
                    self.start = Start::Lead;
                }
                Start::Lead => {
                    self.start = Start::Leading;
                    return LogEvent::Leading { term: self.end.term + 1 };
                }
                Start::Leading => {
                    return match self.committed.front() {
                        Some(buffer) => LogEvent::Committed(own(&buffer.bytes[..buffer.length])),
                        None => LogEvent::Nothing,
                    };
                }
            }
        }
        let Start::Replay { bytes, at, .. } = &self.start else { return LogEvent::Nothing };
        LogEvent::Committed(own(&bytes[*at..]))
    }

    fn release(&mut self) {
        if let Start::Replay { bytes, at, .. } = &mut self.start {
            self.tail.advance(&own(&bytes[*at..]));
            *at += std::mem::take(&mut self.replayed_bytes);
        } else if let Some(buffer) = self.committed.pop_front() {
            self.free.push(buffer);
        }
    }

    fn snapshot_taken(&mut self, _: u64) {}

    fn turn(&mut self, _: u64) -> usize {
        let mut done = 0;
        loop {
            let Writer::Thread { done: written, .. } = &self.writer else { return done };
            match written.try_recv() {
                Ok(Ok(buffer)) => {
                    self.in_flight -= 1;
                    self.commit(buffer);
                    done += 1;
                }
                // Never retried: what the kernel still holds after a failed sync is unknown.
                Ok(Err(e)) => {
                    panic!("journal: sync failed: {e}; stopping, nothing more is promised")
                }
                Err(TryRecvError::Empty) => return done,
                Err(TryRecvError::Disconnected) => panic!("journal: its thread is gone"),
            }
        }
    }
}

impl<D: Disk> Journal<D> {
    /// Makes the next batch of the replay the one at `at`. `false`: there is none.
    fn load_next(&mut self) -> bool {
        let Start::Replay { segment, bytes, at } = &mut self.start else { return false };
        loop {
            if let Ok(batch) = BatchRef::parse(bytes.get(*at..).unwrap_or(&[]))
                && self.tail.continues(&batch)
            {
                self.replayed_bytes = batch.encoded_bytes();
                return true;
            }
            let Some(path) = self.segments.get(*segment) else { return false };
            *bytes = read(&self.disk, path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            (*segment, *at) = (*segment + 1, 0);
        }
    }
}

/// Writes and syncs on a thread of its own: everything that waits goes with one sync.
fn syncing_writer<D: Disk>(mut files: Segments<D>) -> Writer<D> {
    // Bounded by the buffers there are, so neither end ever waits for room.
    let (work, waiting) = sync_channel::<Buffer>(BUFFERS);
    let (written, done) = sync_channel(BUFFERS);
    let bell = Arc::new(OnceLock::<Doorbell>::new());
    let rings = Arc::clone(&bell);
    let write_all = move || {
        let mut group = Vec::with_capacity(BUFFERS);
        while let Ok(first) = waiting.recv() {
            group.push(first);
            group.extend(waiting.try_iter());
            let result =
                group.iter().try_for_each(|buffer| files.write(buffer)).and_then(|()| files.sync());
            if let Err(error) = result {
                let _ = written.send(Err(error)); // The journal stops the process.
                if let Some(bell) = rings.get() {
                    bell.ring();
                }
                return;
            }
            for buffer in group.drain(..) {
                if written.send(Ok(buffer)).is_err() {
                    return;
                }
            }
            if let Some(bell) = rings.get() {
                bell.ring();
            }
        }
    };
    thread::spawn("journal", write_all);
    Writer::Thread { work, done, bell }
}

/// All of a segment.
fn read<D: Disk>(disk: &D, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.open(path, Access::Read)?;
    let mut bytes = vec![0; file.bytes()? as usize];
    let have = file.read_at(&mut bytes, 0)?;
    bytes.truncate(have);
    Ok(bytes)
}

/// Makes everything from `at` to the end of the segment zeros.
fn cut<D: Disk>(disk: &D, path: &Path, at: u64) -> io::Result<()> {
    let file = disk.open(path, Access::Write)?;
    file.write_at(&vec![0; (SEGMENT_BYTES - at) as usize], at)?;
    file.sync()
}

/// A batch of this process, or one whose CRC has just been checked.
fn own(bytes: &[u8]) -> BatchRef<'_> {
    BatchRef::trusted(bytes).expect("written here")
}

fn says_durable_from_start(segment: &[u8], tail: &Tail) -> bool {
    BatchRef::parse(segment).is_ok_and(|batch| {
        batch.header.partition.get() == tail.partition
            && batch.header.durable_seq.get() >= tail.next_seq
    }) || says_durable(segment, 0, tail)
}

/// Bytes from `at` to the last that is not zero.
fn torn_bytes(segment: &[u8], at: usize) -> u64 {
    let end = segment.iter().rposition(|byte| *byte != 0).map_or(at, |last| last + 1);
    end.saturating_sub(at) as u64
}

//! The local journal: a partition's log on this host's disk.
//!
//! Segments `journal/<n>.log` hold batches one after the other (engine/src/log.rs has their bytes).
//! A batch is committed when the written durability setting says so: `disk`, the device has it;
//! `process`, the kernel has it; `none`, at once. On start the journal hands out all it has and then leads.
//!
//! ```text
//! append ─► group that fills ─► next_write ─► device ─► on_written ─► poll … release
//! ```
//! With `disk` one write is under way at a time, and all that is appended meanwhile is the next one. Who
//! carries writes to the device is not the journal's business: a thread of its own
//! ([`Journal::write_on_thread`]), the gateway's ring (`run.rs`), or a test.
//! `recovery.rs` finds the end of the log, `segments.rs` has the files, `walk.rs` reads them, `reader.rs`
//! follows from behind.

mod errors;
mod reader;
mod recovery;
mod segments;
mod walk;
mod writer;

pub use errors::OpenError;
pub use reader::JournalReader;
pub use recovery::Recovered;
pub use segments::Keeper;

// For who reads a journal from outside (tools/files.rs): the same eyes as a start.
pub(crate) use recovery::{check_files, judge};
pub(crate) use segments::Layout;
pub(crate) use walk::{Found, Walk};

use crate::io::{
    Access, Blocks, Disk, DiskFile, DiskWrite, DiskWritten, Doorbell, RealDisk, thread,
};
use engine::log::{BATCH_ENCODED_MAX, BatchRef, Tail, encoded_bytes};
use engine::{AppendError, CommandBuffer, Log, LogEvent};
use segments::Segments;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use writer::WritingThread;

/// Bytes of a segment.
pub const SEGMENT_BYTES: u64 = 64 << 20;
/// Bytes of a group: what goes to the device in one write at most.
pub const GROUP_BYTES: usize = 2 * BATCH_ENCODED_MAX;
/// One fills, one is written, one is being handed out.
const GROUPS: usize = 3;

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

/// What a journal is told when it is opened.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whose log it is.
    pub partition: u32,
    /// When a batch counts.
    pub durability: Durability,
    /// Bytes of a segment: [`SEGMENT_BYTES`], or less in tests. A log keeps the size it began with.
    pub segment_bytes: u64,
}

impl Settings {
    /// With segments of the usual size.
    pub fn new(partition: u32, durability: Durability) -> Self {
        Self { partition, durability, segment_bytes: SEGMENT_BYTES }
    }
}

/// Where a log is to begin: a snapshot.
pub struct Begin {
    /// Where the log stood when it was taken.
    pub tail: Tail,
    /// Its bytes, for [`LogEvent::Restore`].
    pub snapshot: Vec<u8>,
}

/// Batches that go to the device together.
struct Group {
    buffer: Blocks,
    /// Bytes of batches in it.
    bytes: usize,
    /// Where in its segment they begin.
    offset: u64,
    /// Sequence after the last.
    end_seq: u64,
    /// Bytes of those that have been released.
    released: usize,
}

/// What is under way to the device.
struct UnderWay {
    bytes: usize,
    end_seq: u64,
}

/// What the next `poll` tells, until it is `Leading`.
enum Start<D: Disk> {
    Opened(Vec<u8>),
    /// `Restore` was told.
    Restored(Vec<u8>),
    /// The batch at the walk's tail was told.
    Replaying(Box<Walk<D>>),
    /// `Leading` was told.
    Lead,
    Leading,
}

/// The journal of one partition.
pub struct Journal<D: Disk = RealDisk> {
    disk: D,
    layout: Layout,
    durability: Durability,
    start: Start<D>,
    begin: Tail,
    /// Of what earlier lives have left.
    end: Tail,
    /// Behind the last batch appended.
    tail: Tail,
    recovered: Recovered,
    segments: Segments<D::File>,
    keeper: Option<Keeper<D>>,
    /// The group that takes what is appended; `None`: all are in use.
    filling: Option<Group>,
    under_way: Option<UnderWay>,
    /// Oldest first.
    committed: VecDeque<Group>,
    idle: Vec<Blocks>,
    thread: Option<WritingThread<D::File>>,
    /// Sequence after the last committed command; readers read up to here.
    committed_seq: Arc<AtomicU64>,
    durable_seq: u64,
}

impl<D: Disk> Journal<D> {
    /// Opens `data/journal` and checks it from `begin` (`None`: genesis) to its end. A torn tail is cut.
    ///
    /// The journal takes batches once its keeper works: [`Self::keep_on_thread`], or [`Self::keeper`]
    /// and its turns; with `disk` also somebody must write: [`Self::write_on_thread`], or
    /// [`Self::next_write`] and [`Self::on_written`].
    ///
    /// # Errors
    /// See [`OpenError`]; then nothing was changed.
    pub fn open(
        disk: D,
        data: &Path,
        settings: Settings,
        begin: Option<Begin>,
    ) -> Result<Self, OpenError> {
        let layout = Layout::new(data, settings.segment_bytes);
        let begin = begin.unwrap_or_else(|| Begin {
            tail: Tail::genesis(settings.partition),
            snapshot: Vec::new(),
        });
        let end = recovery::recover(&disk, &layout, &settings, begin.tail)?;
        let tail = end.tail;
        let (segments, keeper) =
            segments::open(&disk, &layout, &settings, tail.position, &end.numbers, end.known)
                .map_err(|error| OpenError::io(&layout.directory, error))?;
        let mut journal = Self {
            disk,
            layout,
            durability: settings.durability,
            begin: begin.tail,
            start: Start::Opened(begin.snapshot),
            end: tail,
            tail,
            recovered: end.recovered,
            segments,
            keeper: Some(keeper),
            filling: None,
            under_way: None,
            committed: VecDeque::with_capacity(GROUPS),
            idle: (0..GROUPS).map(|_| Blocks::zeroed(GROUP_BYTES)).collect(),
            thread: None,
            committed_seq: Arc::new(AtomicU64::new(tail.next_seq)),
            durable_seq: tail.next_seq - 1,
        };
        journal.fill_next();
        Ok(journal)
    }

    /// What recovery found.
    pub fn recovered(&self) -> Recovered {
        self.recovered
    }

    /// Who makes segments, to be moved to a cold thread.
    ///
    /// # Panics
    /// The second time.
    pub fn keeper(&mut self) -> Keeper<D> {
        self.keeper.take().expect("a journal has one keeper")
    }

    /// Moves the keeper to a thread of its own.
    pub fn keep_on_thread(&mut self) {
        let keeper = self.keeper();
        thread::spawn("segments", move || keeper.run());
    }

    /// From now on a thread of the journal's own writes. Only `disk` has use for one.
    pub fn write_on_thread(&mut self) {
        if self.durability == Durability::Disk {
            self.thread = Some(WritingThread::start());
        }
    }

    /// The thread that polls this journal sleeps: this wakes it when a batch is on the device.
    pub fn wakes(&mut self, poller: Doorbell) {
        if let Some(thread) = &self.thread {
            let _ = thread.bell.set(poller);
        }
    }

    /// Batches are on their way to the device.
    pub fn is_busy(&self) -> bool {
        let waiting = self.filling.as_ref().is_some_and(|group| group.bytes > 0);
        waiting || self.under_way.is_some() || !self.committed.is_empty()
    }

    /// A write is on its way to the device.
    pub fn is_writing(&self) -> bool {
        self.under_way.is_some()
    }

    /// How writes reach the device, in words; `None` while there is no segment.
    pub fn path_to_device(&self) -> Option<&'static str> {
        self.segments.current_number()?;
        Some(match (self.durability, self.segments.current().is_direct()) {
            (Durability::Disk, true) => "O_DIRECT and RWF_DSYNC",
            (Durability::Disk, false) => {
                "the kernel's cache and a sync, as this file system has no O_DIRECT"
            }
            (Durability::Process | Durability::None, _) => "pwrite",
        })
    }

    /// Who follows this journal, from `from` on, or from where it began.
    pub fn reader(&self, from: Option<Tail>) -> JournalReader<D> {
        let (disk, layout) = (self.disk.clone(), self.layout.clone());
        let committed_seq = Arc::clone(&self.committed_seq);
        let from = from.unwrap_or(self.begin);
        JournalReader::new(disk, layout, from, self.durability, committed_seq)
    }

    /// The device has everything: the last act of a process that stops in good order.
    ///
    /// # Errors
    /// As the kernel says; then the last moments are only as safe as `process`.
    pub fn sync(&mut self) -> io::Result<()> {
        if self.durability == Durability::Disk {
            return Ok(()); // Every batch was.
        }
        let Some(current) = self.segments.current_number() else { return Ok(()) };
        for number in self.layout.number(self.end.position)..=current {
            match self.disk.open(&self.layout.path(number), Access::Write) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {} // Used again since.
                opened => opened?.sync()?,
            }
        }
        self.disk.sync_dir(&self.layout.directory)
    }

    // ----- to the device and back -----

    /// With `disk`: the next write, if there is one and none is under way. Whoever takes it brings it to
    /// the device and gives it back to [`Self::on_written`].
    pub fn next_write(&mut self) -> Option<DiskWrite<D::File>> {
        if self.under_way.is_some() || self.durability != Durability::Disk {
            return None;
        }
        let group = self.filling.take_if(|group| group.bytes > 0)?;
        self.fill_next();
        self.under_way = Some(UnderWay { bytes: group.bytes, end_seq: group.end_seq });
        let file = self.segments.current().clone();
        let Group { buffer, bytes, offset, .. } = group;
        Some(DiskWrite { file, offset, bytes, buffer })
    }

    /// The write that was under way has ended: its batches are committed.
    ///
    /// # Panics
    /// When it has failed. It is never tried again: what the device has is unknown, and nothing more can
    /// be promised.
    pub fn on_written(&mut self, written: DiskWritten) {
        if let Err(error) = written.result {
            panic!(
                "journal: a write to {} failed: {error}. Stopping: nothing more can be promised. \
                 What was acknowledged before is there; look after the disk, then start again",
                self.layout.directory.display()
            );
        }
        let UnderWay { bytes, end_seq } = self.under_way.take().expect("a write is under way");
        let buffer = written.buffer;
        self.commit(Group { buffer, bytes, offset: 0, end_seq, released: 0 });
    }

    fn commit(&mut self, group: Group) {
        self.durable_seq = group.end_seq - 1;
        self.committed_seq.store(group.end_seq, Ordering::Release);
        self.committed.push_back(group);
    }

    /// The kernel has what fills, and that is enough.
    fn write_through(&mut self) {
        let Some(group) = self.filling.take() else { return };
        let written = self.segments.current().write_at(&group.buffer[..group.bytes], group.offset);
        if let Err(error) = written {
            // Once the journal fails there is no way on: what was promised cannot be kept.
            panic!(
                "journal: a write to {} failed: {error}. Stopping; what was acknowledged is there. \
                 Look after the disk, then start again",
                self.layout.directory.display()
            );
        }
        self.commit(group);
        self.fill_next();
    }

    fn fill_next(&mut self) {
        if self.filling.is_none()
            && let Some(buffer) = self.idle.pop()
        {
            self.filling = Some(Group { buffer, bytes: 0, offset: 0, end_seq: 0, released: 0 });
        }
    }

    /// There is room for a batch of `bytes` at the tail, in the group that fills and in its segment.
    fn has_room(&mut self, bytes: usize) -> bool {
        let Some(group) = &self.filling else { return false };
        if group.bytes + bytes > GROUP_BYTES {
            return false;
        }
        if self.segments.holds(self.tail.position, bytes) {
            return true;
        }
        // A write stays in one segment.
        if group.bytes > 0 {
            return false;
        }
        let next = self.segments.advance(self.tail.next_seq);
        self.tail.position = next.unwrap_or(self.tail.position);
        next.is_some()
    }
}

impl<D: Disk> Log for Journal<D> {
    fn append(&mut self, commands: &CommandBuffer, time: u64) -> Result<(), AppendError> {
        if !matches!(self.start, Start::Lead | Start::Leading) {
            return Err(AppendError::NotLeader);
        }
        if !self.has_room(encoded_bytes(commands)) {
            return Err(AppendError::Full);
        }
        let group = self.filling.as_mut().expect("has_room has looked");
        if group.bytes == 0 {
            group.offset = self.layout.offset(self.tail.position);
        }
        let (term, out) = (self.end.term + 1, &mut group.buffer[group.bytes..]);
        group.bytes += self.tail.encode(commands, term, time, self.durable_seq, out);
        group.end_seq = self.tail.next_seq;
        if self.durability != Durability::Disk {
            self.write_through();
        }
        Ok(())
    }

    fn poll(&mut self) -> LogEvent<'_> {
        self.start_on();
        match &self.start {
            Start::Opened(snapshot) | Start::Restored(snapshot) => LogEvent::Restore(snapshot),
            Start::Replaying(walk) => LogEvent::Committed(walk.batch()),
            Start::Lead => LogEvent::Leading { term: self.end.term + 1 },
            Start::Leading => match self.committed.front() {
                Some(group) => LogEvent::Committed(own(&group.buffer[group.released..group.bytes])),
                None => LogEvent::Nothing,
            },
        }
    }

    fn release(&mut self) {
        if let Start::Replaying(walk) = &mut self.start {
            walk.advance();
            return;
        }
        let Some(group) = self.committed.front_mut() else { return };
        group.released += own(&group.buffer[group.released..]).encoded_bytes();
        if group.released == group.bytes
            && let Some(group) = self.committed.pop_front()
        {
            self.idle.push(group.buffer);
            self.fill_next();
        }
    }

    fn snapshot_taken(&mut self, seq: u64) {
        self.segments.release(seq);
    }

    fn turn(&mut self, _: u64) -> usize {
        let mut done = 0;
        while let Some(written) = self.thread.as_ref().and_then(WritingThread::written) {
            self.on_written(written);
            done += 1;
        }
        if self.thread.is_some()
            && let Some(write) = self.next_write()
            && let Some(thread) = &self.thread
        {
            thread.write(write);
        }
        done
    }
}

impl<D: Disk> Journal<D> {
    /// Goes one step further in the start.
    fn start_on(&mut self) {
        let walk = match std::mem::replace(&mut self.start, Start::Leading) {
            Start::Opened(snapshot) => {
                self.start = Start::Restored(snapshot);
                return;
            }
            Start::Restored(_) => {
                let (disk, layout) = (self.disk.clone(), self.layout.clone());
                Box::new(Walk::new(disk, layout, Access::Read, self.begin))
            }
            Start::Replaying(walk) => walk,
            Start::Lead | Start::Leading => return,
        };
        self.start = self.replay_on(walk);
    }

    fn replay_on(&self, mut walk: Box<Walk<D>>) -> Start<D> {
        let found = walk.find().unwrap_or_else(|error| {
            let path = self.layout.path(self.layout.number(walk.tail.position));
            panic!("journal: {}: {error}, after it had been read", path.display())
        });
        if found == Found::Batch {
            return Start::Replaying(walk);
        }
        assert_eq!(walk.tail, self.end, "the log changed between check and replay");
        Start::Lead
    }
}

/// A batch of this process, or one whose CRC has just been checked.
fn own(bytes: &[u8]) -> BatchRef<'_> {
    BatchRef::trusted(bytes).expect("written here")
}

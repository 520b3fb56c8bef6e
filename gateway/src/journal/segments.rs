//! The files of a journal: where what lies, the one that is written, and the next ones.
//!
//! A segment is whole, named and on the device *before* anything is written to it: the [`Keeper`], on a
//! cold thread, always has two ready, so appending makes no file, takes no block and waits for neither.
//! A fresh one is pre-written with zeros: with `disk` on the device (a sync into a file that only has its size
//! must also write where its blocks are, and costs half as much again), else in the kernel's cache (a batch then
//! finds its page there, and need not wait for one: a third of the time). Segments below the older snapshot are used
//! again under a new number, with all their bytes: every batch says its own place in the log
//! (engine/src/log.rs), so what an earlier use left is never taken for data.

use super::{Durability, Settings};
use crate::io::{Access, Disk, DiskFile};
use engine::log::BATCH_ALIGN;
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Segments that may be used again and are kept for it; beyond that they are removed.
const OLD_KEPT: usize = 4;
/// A segment that could not be made is tried again this often.
const RETRY: Duration = Duration::from_millis(200);

/// Where what lies.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) directory: PathBuf,
    pub(crate) segment_bytes: u64,
}

impl Layout {
    pub(crate) fn new(data: &Path, segment_bytes: u64) -> Self {
        assert!(segment_bytes.is_multiple_of(BATCH_ALIGN as u64), "segments are whole blocks");
        Self { directory: data.join("journal"), segment_bytes }
    }

    /// The file of segment `number`.
    pub(crate) fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number:012}.log"))
    }

    /// Numbers of the segments there are, in order. Files with other names are not ours.
    pub(crate) fn numbers<D: Disk>(&self, disk: &D) -> io::Result<Vec<u64>> {
        let paths = disk.list(&self.directory, ".log")?;
        let number = |path: &PathBuf| path.file_stem()?.to_str()?.parse().ok();
        let mut numbers: Vec<u64> = paths.iter().filter_map(number).collect();
        numbers.retain(|number| paths.contains(&self.path(*number)));
        Ok(numbers)
    }

    fn segment_blocks(&self) -> u64 {
        self.segment_bytes / BATCH_ALIGN as u64
    }

    /// The segment of a position.
    pub(crate) fn number(&self, position: u64) -> u64 {
        position / self.segment_blocks()
    }

    /// Bytes from the start of its segment to a position.
    pub(crate) fn offset(&self, position: u64) -> u64 {
        position % self.segment_blocks() * BATCH_ALIGN as u64
    }

    /// Where segment `number` begins.
    pub(crate) fn start(&self, number: u64) -> u64 {
        number * self.segment_blocks()
    }
}

/// A segment that is ready to be written.
struct Fresh<F> {
    number: u64,
    file: F,
}

/// What the journal and its keeper tell each other beside the segments themselves.
#[derive(Default)]
struct Shared {
    /// Segments below this number may be used again.
    free_below: AtomicU64,
    /// Why there is no next segment, as long as there is none.
    trouble: Mutex<Option<String>>,
}

/// The segment that is written, and the way to the next.
pub(super) struct Segments<F> {
    layout: Layout,
    current: Option<Fresh<F>>,
    ready: Receiver<Fresh<F>>,
    shared: Arc<Shared>,
    /// Segments there are, oldest first: number and first sequence, where that is known.
    known: VecDeque<(u64, u64)>,
}

impl<F: DiskFile> Segments<F> {
    /// There is room for `bytes` at `position` in the current segment.
    pub(super) fn holds(&self, position: u64, bytes: usize) -> bool {
        let room = self.layout.segment_bytes - self.layout.offset(position);
        let current = self.current.as_ref().map(|segment| segment.number);
        current == Some(self.layout.number(position)) && bytes as u64 <= room
    }

    /// Goes on to the next segment, of which `first_seq` will be the first sequence. `None`: it is not
    /// ready. Otherwise where it begins.
    ///
    /// # Panics
    /// When there will be none: the process must stop, while all it has promised still holds.
    pub(super) fn advance(&mut self, first_seq: u64) -> Option<u64> {
        match self.ready.try_recv() {
            Ok(next) => {
                let start = self.layout.start(next.number);
                self.known.push_back((next.number, first_seq));
                self.current = Some(next);
                Some(start)
            }
            Err(TryRecvError::Empty) => {
                let trouble = self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(why) = &*trouble {
                    panic!(
                        "journal: no room for another segment in {}: {why}. Stopping; everything \
                         that was acknowledged is there. Make room and start again",
                        self.layout.directory.display()
                    );
                }
                None
            }
            Err(TryRecvError::Disconnected) => panic!("journal: the keeper of segments is gone"),
        }
    }

    /// The file that is written.
    pub(super) fn current(&self) -> &F {
        &self.current.as_ref().expect("a batch was placed in it").file
    }

    /// Its number; `None`: the first is not ready yet.
    pub(super) fn current_number(&self) -> Option<u64> {
        self.current.as_ref().map(|segment| segment.number)
    }

    /// Segments whose commands are all at or below `seq` may be used again.
    pub(super) fn release(&mut self, seq: u64) {
        while let Some((number, first_seq)) = self.known.get(1).copied()
            && first_seq <= seq + 1
        {
            self.known.pop_front();
            self.shared.free_below.store(number, Ordering::Release);
        }
    }
}

/// Makes segments before they are needed. Cold: every step of it may take long.
pub struct Keeper<D: Disk> {
    disk: D,
    layout: Layout,
    durability: Durability,
    /// Number of the segment that is made next.
    next: u64,
    /// Files with numbers below `next`, oldest first.
    old: VecDeque<u64>,
    /// Files with numbers from `next` on: made by an earlier life and not written.
    waiting: VecDeque<u64>,
    made: Option<Fresh<D::File>>,
    ready: SyncSender<Fresh<D::File>>,
    shared: Arc<Shared>,
}

/// Goes on at `position`; `numbers` are the files there are, `known` see [`Segments`].
pub(super) fn open<D: Disk>(
    disk: &D,
    layout: &Layout,
    settings: &Settings,
    position: u64,
    numbers: &[u64],
    known: VecDeque<(u64, u64)>,
) -> io::Result<(Segments<D::File>, Keeper<D>)> {
    let number = layout.number(position);
    let current = if numbers.contains(&number) && layout.offset(position) > 0 {
        let file = disk.open(&layout.path(number), access(settings.durability))?;
        Some(Fresh { number, file })
    } else {
        None
    };
    // One is in the channel and one in the keeper's hand: two are ready.
    let (ready, take) = sync_channel(1);
    let shared = Arc::new(Shared::default());
    let next = number + u64::from(current.is_some());
    let (old, waiting): (Vec<u64>, Vec<u64>) = numbers.iter().partition(|number| **number < next);
    let keeper = Keeper {
        disk: disk.clone(),
        layout: layout.clone(),
        durability: settings.durability,
        next,
        old: old.into(),
        waiting: waiting.into(),
        made: None,
        ready,
        shared: Arc::clone(&shared),
    };
    Ok((Segments { layout: layout.clone(), current, ready: take, shared, known }, keeper))
}

fn access(durability: Durability) -> Access {
    match durability {
        Durability::Disk => Access::WriteDirect,
        Durability::Process | Durability::None => Access::Write,
    }
}

impl<D: Disk> Keeper<D> {
    /// Makes a segment if there is room for one. `false`: there was nothing to do.
    ///
    /// # Errors
    /// As the kernel says; it may be tried again.
    pub fn turn(&mut self) -> io::Result<bool> {
        let made = match self.made.take() {
            Some(made) => made,
            None => self.make_or_say()?,
        };
        match self.ready.try_send(made) {
            Ok(()) => Ok(true),
            Err(TrySendError::Full(made)) => {
                self.made = Some(made);
                Ok(false)
            }
            Err(TrySendError::Disconnected(_)) => Ok(false),
        }
    }

    /// Does that until the journal is gone.
    pub fn run(mut self) {
        loop {
            match self.make_or_say() {
                Ok(made) => {
                    if self.ready.send(made).is_err() {
                        return;
                    }
                }
                Err(error) if Arc::strong_count(&self.shared) > 1 => {
                    tracing::warn!("journal: the next segment cannot be made: {error}");
                    std::thread::sleep(RETRY);
                }
                Err(_) => return,
            }
        }
    }

    fn make_or_say(&mut self) -> io::Result<Fresh<D::File>> {
        let made = self.make();
        let trouble = made.as_ref().err().map(ToString::to_string);
        *self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
        made
    }

    fn make(&mut self) -> io::Result<Fresh<D::File>> {
        let (number, path) = (self.next, self.layout.path(self.next));
        let is_there = self.waiting.front() == Some(&number);
        if !is_there {
            match self.old.front().copied().filter(|old| self.is_free(*old)) {
                Some(old) => {
                    self.disk.rename(&self.layout.path(old), &path)?;
                    self.old.pop_front();
                }
                None => self.create(&path)?,
            }
        }
        // Also if it was there: an earlier life may have died between the name and its sync.
        self.disk.sync_dir(&self.layout.directory)?;
        let mut file = self.disk.open(&path, access(self.durability))?;
        if file.bytes()? != self.layout.segment_bytes {
            self.create(&path)?;
            self.disk.sync_dir(&self.layout.directory)?;
            file = self.disk.open(&path, access(self.durability))?;
        }
        self.waiting.retain(|waiting| *waiting != number);
        self.old.push_back(number);
        self.next += 1;
        self.remove_surplus()?;
        Ok(Fresh { number, file })
    }

    /// A fresh segment takes its name only when it is whole.
    fn create(&self, path: &Path) -> io::Result<()> {
        let spare = self.layout.directory.join("next.spare");
        let bytes = self.layout.segment_bytes;
        match self.durability {
            Durability::Disk => self.disk.create_written(&spare, bytes)?,
            Durability::Process | Durability::None => self.disk.create_cached(&spare, bytes)?,
        }
        self.disk.rename(&spare, path)
    }

    fn is_free(&self, number: u64) -> bool {
        number < self.shared.free_below.load(Ordering::Acquire)
    }

    fn remove_surplus(&mut self) -> io::Result<()> {
        let free = self.old.iter().take_while(|old| self.is_free(**old)).count();
        for _ in OLD_KEPT..free {
            self.disk.remove(&self.layout.path(self.old[0]))?;
            self.old.pop_front();
        }
        Ok(())
    }
}

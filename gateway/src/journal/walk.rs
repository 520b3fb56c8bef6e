//! Reading batches out of segments: at start, for a replay, for who follows.
//!
//! One window of memory, however long the log. A batch that carries on lies where the tail says, or, if it
//! did not fit there, at the beginning of the next segment.

use super::own;
use super::segments::Layout;
use crate::io::{Access, Blocks, Disk, DiskFile};
use engine::log::{BATCH_ALIGN, BATCH_ENCODED_MAX, BatchError, BatchRef, Tail};
use std::io;

/// Bytes read at once when much is to be read; no more than a segment has.
const WINDOW: usize = 1 << 20;

const _: () = assert!(WINDOW >= 2 * BATCH_ENCODED_MAX);

/// What is at the tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A batch that carries on.
    Batch,
    /// None; and why what is there is none. `Magic` also stands for a batch that does not belong there.
    Nothing(BatchError),
}

/// A reader at some place of the log.
pub(crate) struct Walk<D: Disk> {
    disk: D,
    layout: Layout,
    access: Access,
    /// Where it stands.
    pub(crate) tail: Tail,
    file: Option<(u64, D::File)>,
    window: Blocks,
    /// Position of the window's first byte.
    from: u64,
    /// Bytes in the window.
    have: usize,
    /// Bytes asked for in the next read: more and more while reading on, one block while following.
    reach: usize,
}

impl<D: Disk> Walk<D> {
    pub(crate) fn new(disk: D, layout: Layout, access: Access, tail: Tail) -> Self {
        let segment = usize::try_from(layout.segment_bytes).unwrap_or(WINDOW);
        let window = Blocks::zeroed(segment.clamp(BATCH_ENCODED_MAX, WINDOW));
        let from = tail.position;
        Self { disk, layout, access, tail, file: None, window, from, have: 0, reach: BATCH_ALIGN }
    }

    /// Looks for the batch at the tail.
    ///
    /// # Errors
    /// As the file system says; a file that is not there is no error.
    pub(crate) fn find(&mut self) -> io::Result<Found> {
        let here = self.look(self.tail)?;
        let (Err(error), true) = (here, self.layout.offset(self.tail.position) > 0) else {
            return Ok(here.map_or_else(Found::Nothing, |()| Found::Batch));
        };
        let position = self.layout.start(self.layout.number(self.tail.position) + 1);
        let next = Tail { position, ..self.tail };
        Ok(match self.look(next)? {
            Ok(()) => {
                self.tail = next;
                Found::Batch
            }
            Err(version @ BatchError::Version { .. }) => Found::Nothing(version),
            Err(_) => Found::Nothing(error),
        })
    }

    /// The batch that [`Self::find`] has found.
    pub(crate) fn batch(&self) -> BatchRef<'_> {
        own(self.bytes(self.tail.position))
    }

    /// Steps over it.
    pub(crate) fn advance(&mut self) {
        let mut tail = self.tail;
        tail.advance(&self.batch());
        self.tail = tail;
    }

    /// Shows every whole batch that lies at its own place, from the tail to the end of segment `last`,
    /// until one is what was looked for.
    ///
    /// # Errors
    /// As the file system says.
    pub(crate) fn search(
        &mut self,
        last: u64,
        mut is_it: impl FnMut(&BatchRef<'_>, u64) -> bool,
    ) -> io::Result<bool> {
        let (mut position, end) = (self.tail.position, self.layout.start(last + 1));
        self.have = 0;
        while position < end {
            if !self.covers(position) {
                self.reach = self.window.len();
                self.fill(position)?;
            }
            let bytes = self.bytes(position);
            if bytes.is_empty() {
                position = self.layout.start(self.layout.number(position) + 1);
                continue;
            }
            let at_home = |batch: &BatchRef<'_>| batch.header.position.get() == position as u32;
            match BatchRef::parse(bytes).ok().filter(at_home) {
                Some(batch) if is_it(&batch, position) => return Ok(true),
                Some(batch) => position += (batch.encoded_bytes() / BATCH_ALIGN) as u64,
                None => position += 1,
            }
        }
        Ok(false)
    }

    /// What lies at the tail, batch or not, as far as it was read.
    pub(crate) fn raw(&mut self) -> io::Result<&[u8]> {
        self.have = 0;
        self.fill(self.tail.position)?;
        Ok(self.bytes(self.tail.position))
    }

    fn look(&mut self, tail: Tail) -> io::Result<Result<(), BatchError>> {
        let mut fresh = false;
        loop {
            if !self.covers(tail.position) {
                self.fill(tail.position)?;
                fresh = true;
            }
            let error = match BatchRef::parse(self.bytes(tail.position)) {
                Ok(batch) if tail.continues(&batch) => return Ok(Ok(())),
                Ok(_) => BatchError::Magic,
                Err(error) => error,
            };
            if fresh {
                return Ok(Err(error));
            }
            // Perhaps it was read before it was written.
            (self.have, self.reach) = (0, BATCH_ALIGN / 2);
        }
    }

    /// The window has all that a batch at `position` can be.
    fn covers(&self, position: u64) -> bool {
        let bytes = self.bytes(position);
        let room = self.layout.segment_bytes - self.layout.offset(position);
        let needed = BatchRef::encoded_length(bytes).clamp(BATCH_ALIGN, BATCH_ENCODED_MAX);
        bytes.len() as u64 >= room.min(needed as u64)
    }

    /// What the window has from `position` on.
    fn bytes(&self, position: u64) -> &[u8] {
        let blocks =
            position.checked_sub(self.from).and_then(|blocks| usize::try_from(blocks).ok());
        let offset = blocks.and_then(|blocks| blocks.checked_mul(BATCH_ALIGN));
        offset.and_then(|offset| self.window[..self.have].get(offset..)).unwrap_or(&[])
    }

    /// Moves the window to `position`.
    fn fill(&mut self, position: u64) -> io::Result<()> {
        self.reach = (self.reach * 2).clamp(BATCH_ALIGN, self.window.len());
        (self.from, self.have) = (position, 0);
        let number = self.layout.number(position);
        if self.file.as_ref().is_none_or(|(open, _)| *open != number) {
            self.file = None;
            match self.disk.open(&self.layout.path(number), self.access) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                opened => self.file = Some((number, opened?)),
            }
        }
        let Some((_, file)) = &self.file else { return Ok(()) };
        let offset = self.layout.offset(position);
        let room = usize::try_from(self.layout.segment_bytes - offset).unwrap_or(usize::MAX);
        self.have = file.read_at(&mut self.window[..self.reach.min(room)], offset)?;
        if !self.covers(position) {
            let needed = BATCH_ENCODED_MAX.min(room);
            self.have = file.read_at(&mut self.window[..needed], offset)?;
        }
        Ok(())
    }
}

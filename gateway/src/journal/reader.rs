//! Following a journal: what the understudy reads, from the files, as far behind as it likes.

use super::Durability;
use super::segments::Layout;
use super::walk::{Found, Walk};
use crate::io::{Access, Disk, RealDisk};
use engine::log::{BatchRef, Tail};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Follows a journal, never past what is committed. Cold threads only.
pub struct JournalReader<D: Disk = RealDisk> {
    walk: Walk<D>,
    committed_seq: Arc<AtomicU64>,
    /// The last batch that was handed out is still at the tail.
    at_batch: bool,
}

impl<D: Disk> JournalReader<D> {
    /// From `tail` on; `committed_seq` is the sequence after the last committed command.
    pub(super) fn new(
        disk: D,
        layout: Layout,
        tail: Tail,
        durability: Durability,
        committed_seq: Arc<AtomicU64>,
    ) -> Self {
        // The way the segments are written. Past the cache, a cached block would have to be thrown out by
        // the next write beside it, which would wait; in the cache, a read past it would first have to
        // bring to the device what nobody wants there yet.
        let access = match durability {
            Durability::Disk => Access::ReadDirect,
            Durability::Process | Durability::None => Access::Follow,
        };
        let walk = Walk::new(disk, layout, access, tail);
        Self { walk, committed_seq, at_batch: false }
    }

    /// The next committed batch; `None`: there is none yet.
    ///
    /// # Errors
    /// The file system says no, or what was committed cannot be read back.
    pub fn next_batch(&mut self) -> io::Result<Option<BatchRef<'_>>> {
        if std::mem::take(&mut self.at_batch) {
            self.walk.advance();
        }
        if self.walk.tail.next_seq >= self.committed_seq.load(Ordering::Acquire) {
            return Ok(None);
        }
        match self.walk.find()? {
            Found::Batch => self.at_batch = true,
            Found::Nothing(why) => {
                let seq = self.walk.tail.next_seq;
                let lost = format!(
                    "journal: sequence {seq} was committed and cannot be read back ({why:?}); the \
                     disk lost it, or its segment was used again before it was read"
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, lost));
            }
        }
        Ok(Some(self.walk.batch()))
    }

    /// Behind the last batch that was handed out.
    pub fn tail(&self) -> Tail {
        let mut tail = self.walk.tail;
        if self.at_batch {
            tail.advance(&self.walk.batch());
        }
        tail
    }
}

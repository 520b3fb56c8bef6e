//! Following a journal: what the understudy reads, from the files, as far behind as it likes.

use super::own;
use super::segments::segment_path;
use crate::io::{Access, Disk, DiskFile, RealDisk};
use engine::log::{BATCH_ALIGN, BATCH_ENCODED_MAX, BatchRef, Tail};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Follows a journal from its beginning, never past what is committed. Cold threads only.
pub struct JournalReader<D: Disk = RealDisk> {
    disk: D,
    directory: PathBuf,
    segment: Option<D::File>,
    number: usize,
    at: u64,
    tail: Tail,
    committed_seq: Arc<AtomicU64>,
    bytes: Vec<u8>,
}

impl<D: Disk> JournalReader<D> {
    /// At the beginning of the journal in `directory`; `committed_seq` is the sequence after the last
    /// committed command.
    pub(super) fn new(
        disk: D,
        directory: PathBuf,
        partition: u32,
        committed_seq: Arc<AtomicU64>,
    ) -> Self {
        Self {
            disk,
            directory,
            segment: None,
            number: 0,
            at: 0,
            tail: Tail::genesis(partition),
            committed_seq,
            bytes: vec![0; BATCH_ENCODED_MAX],
        }
    }

    /// The next committed batch; `None`: there is none yet.
    ///
    /// # Errors
    /// The file system says no, or what was committed cannot be read back.
    pub fn next_batch(&mut self) -> io::Result<Option<BatchRef<'_>>> {
        if self.tail.next_seq >= self.committed_seq.load(Ordering::Acquire) {
            return Ok(None);
        }
        loop {
            if self.segment.is_none() {
                let path = segment_path(&self.directory, self.number);
                self.segment = Some(self.disk.open(&path, Access::Read)?);
            }
            let Some(segment) = &self.segment else { continue };
            let mut have = segment.read_at(&mut self.bytes[..BATCH_ALIGN], self.at)?;
            let length = BatchRef::encoded_length(&self.bytes[..have]).min(BATCH_ENCODED_MAX);
            if length > have {
                have += segment.read_at(&mut self.bytes[have..length], self.at + have as u64)?;
            }
            let found =
                BatchRef::parse(&self.bytes[..have]).is_ok_and(|batch| self.tail.continues(&batch));
            if found {
                break;
            }
            if self.at == 0 {
                let lost = format!("journal: sequence {} cannot be read back", self.tail.next_seq);
                return Err(io::Error::new(io::ErrorKind::InvalidData, lost));
            }
            (self.segment, self.number, self.at) = (None, self.number + 1, 0);
        }
        let batch = own(&self.bytes);
        self.tail.advance(&batch);
        self.at += batch.encoded_bytes() as u64;
        Ok(Some(batch))
    }
}

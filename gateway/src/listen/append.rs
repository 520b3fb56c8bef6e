//! A file that is written once, from its start to its end, in large pieces.

use crate::io::{Access, Disk, DiskFile, RealDisk};
use std::io;
use std::path::Path;

/// Bytes that are written in one go.
const RUN_BYTES: usize = 64 << 10;

/// The file, and what is not in it yet.
pub(super) struct Append {
    file: <RealDisk as Disk>::File,
    /// The end of it, for whoever writes.
    pub(super) run: Vec<u8>,
    at: u64,
}

impl Append {
    /// In place of whatever is there.
    ///
    /// # Errors
    /// As the file system says.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        RealDisk.create(path, 0)?;
        let file = RealDisk.open(path, Access::Write)?;
        Ok(Self { file, run: Vec::with_capacity(2 * RUN_BYTES), at: 0 })
    }

    /// Writes the first `bytes` of the run if they have become many. True: they are out of the run.
    ///
    /// # Errors
    /// As the file system says.
    pub(super) fn flush_many(&mut self, bytes: usize) -> io::Result<bool> {
        if bytes < RUN_BYTES {
            return Ok(false);
        }
        self.file.write_at(self.run.get(..bytes).unwrap_or_default(), self.at)?;
        self.at += bytes as u64;
        self.run.drain(..bytes);
        Ok(true)
    }

    /// Everything is in the kernel.
    ///
    /// # Errors
    /// As the file system says.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.write_at(&self.run, self.at)?;
        self.at += self.run.len() as u64;
        self.run.clear();
        Ok(())
    }
}

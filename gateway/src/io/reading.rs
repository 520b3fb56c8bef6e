//! A file that is only read, beside whoever writes it.
//!
//! For tools: needs no permission to write and takes no lock.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A file open for reading by offset.
#[derive(Debug)]
pub struct Reading {
    file: File,
}

impl Reading {
    /// A file that is there.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::open(path)? })
    }

    /// Its length in bytes, now.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Reads at `offset` until `bytes` is full or the file ends; returns how many.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut have = 0;
        while have < bytes.len() {
            match self.file.read_at(&mut bytes[have..], offset + have as u64) {
                Ok(0) => break,
                Ok(n) => have += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(have)
    }
}

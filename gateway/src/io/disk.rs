//! What the venue needs of a disk: a few files, written and read by offset, and syncs that hold.
//!
//! Two disks stand behind it: `file.rs`, the file system of this host, and `sim_disk.rs`, one in memory
//! that loses, tears and fails as told by a seed. Nothing here knows what the bytes are. Whoever calls
//! decides on which thread; every call may block but [`DiskFile::read_at`] of what is cached.

use std::io;
use std::path::{Path, PathBuf};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Writes that go past the kernel's cache start, and are long, a multiple of this.
pub const DISK_BLOCK: usize = 4096;

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading.
    Read,
    /// Reading what is just being written: nothing is read ahead, as there is nothing yet.
    Follow,
    /// Reading past the kernel's cache where the file system can: whole blocks only.
    ReadDirect,
    /// Reading and writing.
    Write,
    /// The same; the file is made if it is not there.
    WriteOrCreate,
    /// Writing past the kernel's cache where the file system can: whole blocks only.
    WriteDirect,
}

/// A file system.
pub trait Disk: Clone + Send + 'static {
    /// An open file. Clones are the same open file.
    type File: DiskFile;

    /// The files of a directory whose names end so, by name; empty when the directory is not there.
    ///
    /// # Errors
    /// As the kernel says.
    fn list(&self, directory: &Path, ending: &str) -> io::Result<Vec<PathBuf>>;

    /// Makes a directory and those above it; they are on the device when it returns.
    ///
    /// # Errors
    /// As the kernel says.
    fn make_dir(&self, path: &Path) -> io::Result<()>;

    /// Opens a file.
    ///
    /// # Errors
    /// As the kernel says.
    fn open(&self, path: &Path, access: Access) -> io::Result<Self::File>;

    /// A file of `bytes` zeros in place of whatever is there. It has its size and no blocks, and
    /// nothing of it need be on the device.
    ///
    /// # Errors
    /// As the kernel says.
    fn create(&self, path: &Path, bytes: u64) -> io::Result<()>;

    /// The same, with every zero written and on the device: writing into it needs no new blocks.
    /// `bytes` is whole blocks.
    ///
    /// # Errors
    /// As the kernel says.
    fn create_written(&self, path: &Path, bytes: u64) -> io::Result<()>;

    /// The same, with every zero in the kernel's cache, and none of it need be on the device: writing into it
    /// takes neither blocks nor pages. `bytes` is whole blocks.
    ///
    /// # Errors
    /// As the kernel says.
    fn create_cached(&self, path: &Path, bytes: u64) -> io::Result<()>;

    /// Gives a file another name in its directory, in place of whatever has it; on the device after
    /// [`Self::sync_dir`].
    ///
    /// # Errors
    /// As the kernel says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Takes a name away; on the device after [`Self::sync_dir`].
    ///
    /// # Errors
    /// As the kernel says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// The names in a directory are on the device when it returns.
    ///
    /// # Errors
    /// As the kernel says; final, like those of [`DiskFile::sync`].
    fn sync_dir(&self, directory: &Path) -> io::Result<()>;

    /// Bytes that this process may still take of the file system of `path`.
    ///
    /// # Errors
    /// As the kernel says.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;
}

/// A file that is written and read by offset.
pub trait DiskFile: Clone + Send + Sync + 'static {
    /// Its size in bytes.
    ///
    /// # Errors
    /// As the kernel says.
    fn bytes(&self) -> io::Result<u64>;

    /// Reads at `offset` until `bytes` is full or the file ends; returns how many.
    ///
    /// # Errors
    /// As the kernel says.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`; in the kernel when it returns.
    ///
    /// # Errors
    /// As the kernel says; part may have been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Writes all of `bytes` at `offset`; on the device when it returns.
    ///
    /// # Errors
    /// As the kernel says. Final: what the device has is unknown.
    fn write_durable_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// What was written is on the device when it returns.
    ///
    /// # Errors
    /// As the kernel says. Final: what the kernel still holds is unknown, and a second sync that
    /// succeeds proves nothing.
    fn sync(&self) -> io::Result<()>;

    /// Writes go past the kernel's cache.
    fn is_direct(&self) -> bool;
}

/// One block, where the device wants it.
#[derive(Clone, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(4096))]
struct Block([u8; DISK_BLOCK]);

const _: () = assert!(size_of::<Block>() == DISK_BLOCK && align_of::<Block>() == DISK_BLOCK);

/// Memory that may be written to a device as it lies.
pub struct Blocks(Box<[Block]>);

impl Blocks {
    /// Zeros; `bytes` is rounded up to whole blocks.
    pub fn zeroed(bytes: usize) -> Self {
        Self(vec![Block([0; DISK_BLOCK]); bytes.div_ceil(DISK_BLOCK)].into())
    }
}

impl std::ops::Deref for Blocks {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::ops::DerefMut for Blocks {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0.as_mut_bytes()
    }
}

/// A write that is to be on the device when it is done, whoever does it.
pub struct DiskWrite<F> {
    /// Into which file.
    pub file: F,
    /// Where.
    pub offset: u64,
    /// How much of `buffer`, from its beginning.
    pub bytes: usize,
    /// Whoever does the write has it until the kernel has let go of it.
    pub buffer: Blocks,
}

impl<F: DiskFile> DiskWrite<F> {
    /// Does it here and now.
    pub fn run(self) -> DiskWritten {
        let result = self.file.write_durable_at(&self.buffer[..self.bytes], self.offset);
        DiskWritten { buffer: self.buffer, result }
    }
}

/// How a [`DiskWrite`] ended.
pub struct DiskWritten {
    /// The buffer, given back.
    pub buffer: Blocks,
    /// On the device, or an error that is final.
    pub result: io::Result<()>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_lie_where_a_device_wants_them() {
        let mut blocks = Blocks::zeroed(DISK_BLOCK + 1);
        assert_eq!((blocks.len(), blocks.as_ptr() as usize % DISK_BLOCK), (2 * DISK_BLOCK, 0));
        blocks[DISK_BLOCK] = 7;
        assert_eq!(blocks.iter().filter(|byte| **byte != 0).count(), 1);
    }
}

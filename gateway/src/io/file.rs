//! Files: the data directory with its lock, and segments that are written in place.
//!
//! Plain `pwrite` and `fdatasync`; whoever calls decides on which thread. Nothing here knows what
//! the bytes are.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A data directory that this process, and no other, works in.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    // Held for its lock, which the kernel drops with the process however it ends.
    _lock: File,
}

impl DataDir {
    /// Creates the directory if need be and locks it.
    ///
    /// # Errors
    /// `WouldBlock`: another process has it. Others: the directory cannot be written.
    pub fn lock(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(path.join("lock"))?;
        let exclusive = rustix::fs::FlockOperation::NonBlockingLockExclusive;
        rustix::fs::flock(&file, exclusive).map_err(io::Error::from)?;
        Ok(Self { path: path.to_owned(), _lock: file })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A file of fixed size that is written and read by offset.
#[derive(Debug)]
pub struct Segment {
    file: File,
}

impl Segment {
    /// A file of `bytes` zeros in place of whatever is there; nothing of it need be on disk.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn create(path: &Path, bytes: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(true).read(true).write(true).open(path)?;
        file.set_len(bytes)?;
        Ok(Self { file })
    }

    /// The same, with every zero written and on disk.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn create_written(path: &Path, bytes: u64) -> io::Result<Self> {
        let segment = Self::create(path, bytes)?;
        let zeros = vec![0; 1 << 20];
        let mut at = 0;
        while at < bytes {
            let length = (bytes - at).min(zeros.len() as u64);
            segment.write_at(&zeros[..length as usize], at)?;
            at += length;
        }
        segment.file.sync_all()?;
        Ok(segment)
    }

    /// A file that is there, for reading and writing.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: OpenOptions::new().read(true).write(true).open(path)? })
    }

    /// A file that is there or is made now; no size is set.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn open_or_create(path: &Path) -> io::Result<Self> {
        let file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        Ok(Self { file })
    }

    /// Writes all of `bytes` at `offset`; in the kernel when it returns.
    ///
    /// # Errors
    /// As the kernel says; part may have been written.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
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

    /// On the device when it returns. An error is final: what the kernel still holds is unknown.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Makes everything from `offset` on zeros, the size staying `bytes`.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn cut(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.file.set_len(offset)?;
        self.file.set_len(bytes)?;
        self.file.sync_all()
    }
}

/// The files in a directory whose names end so, by name; empty when the directory is not there.
///
/// # Errors
/// As the kernel says.
pub fn list(directory: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    match std::fs::read_dir(directory) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(paths),
        Err(e) => return Err(e),
        Ok(entries) => {
            for entry in entries {
                let path = entry?.path();
                if path.to_string_lossy().ends_with(ending) {
                    paths.push(path);
                }
            }
        }
    }
    paths.sort();
    Ok(paths)
}

/// Gives a file another name in its directory, in place of whatever has it; on disk when it returns.
///
/// # Errors
/// As the kernel says.
pub fn move_into_place(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    to.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

/// Makes a directory and those above it.
///
/// # Errors
/// As the kernel says.
pub fn make_dir(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

/// The whole file.
///
/// # Errors
/// As the kernel says.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}

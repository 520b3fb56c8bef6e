//! The disk of this host: the data directory with its lock, and [`RealDisk`].
//!
//! What must be on the device goes past the kernel's cache where the file system can (`O_DIRECT`, one
//! `pwritev2` with `RWF_DSYNC`), else by `pwrite` and `fdatasync`. The promises kept: `disk.rs`.

use super::disk::{Access, Blocks, DISK_BLOCK, Disk, DiskFile};
use rustix::fs::Advice;
use rustix::io::ReadWriteFlags;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// The file system of this host.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    type File = RealFile;

    fn list(&self, directory: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
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

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        if let Some(parent) = parent {
            self.make_dir(parent)?;
        }
        match std::fs::create_dir(path) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => {}
        }
        self.sync_dir(parent.unwrap_or(Path::new(".")))
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<RealFile> {
        let mut options = OpenOptions::new();
        let direct = matches!(access, Access::ReadDirect | Access::WriteDirect);
        options.read(true);
        options.write(!matches!(access, Access::Read | Access::Follow | Access::ReadDirect));
        options.create(access == Access::WriteOrCreate);
        if direct && let Some(file) = open_direct(options.clone(), path)? {
            return Ok(RealFile { file: Arc::new(file), direct });
        }
        let file = options.open(path)?;
        if access == Access::Follow {
            // Else the kernel fills megabytes of its cache with what was never written: 19 ms on this core.
            rustix::fs::fadvise(&file, 0, None, Advice::Random)?;
        }
        Ok(RealFile { file: Arc::new(file), direct: false })
    }

    fn create(&self, path: &Path, bytes: u64) -> io::Result<()> {
        OpenOptions::new().create(true).truncate(true).write(true).open(path)?.set_len(bytes)
    }

    fn create_written(&self, path: &Path, bytes: u64) -> io::Result<()> {
        self.create(path, bytes)?;
        // Past the cache, as it will be written later: 64 MiB of zeros push nothing useful out.
        let file = self.open(path, Access::WriteDirect)?;
        file.write_zeros(bytes, 1 << 20)?;
        file.file.sync_all()
    }

    fn create_cached(&self, path: &Path, bytes: u64) -> io::Result<()> {
        self.create(path, bytes)?;
        // No more at a time: the kernel would cache it in pages of that size, and a later write of 4 KiB looks
        // at every block of its page (1 MiB: 1.5 µs instead of 0.7).
        self.open(path, Access::Write)?.write_zeros(bytes, 64 << 10)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        File::open(directory)?.sync_all()
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(path)?;
        Ok(stat.f_bavail * stat.f_frsize)
    }
}

/// A file past the kernel's cache; `None`: this file system has no such thing. Some say so at `open`,
/// some only when the first block is moved.
fn open_direct(mut options: OpenOptions, path: &Path) -> io::Result<Option<File>> {
    let refused = |error: &io::Error| error.raw_os_error() == Some(libc::EINVAL);
    let file = match options.custom_flags(libc::O_DIRECT).open(path) {
        Err(error) if refused(&error) => return Ok(None),
        opened => opened?,
    };
    match file.read_at(&mut Blocks::zeroed(DISK_BLOCK), 0) {
        Err(error) if refused(&error) => Ok(None),
        Err(error) => Err(error),
        Ok(_) => Ok(Some(file)),
    }
}

/// A file of this host.
#[derive(Clone, Debug)]
pub struct RealFile {
    pub(super) file: Arc<File>,
    direct: bool,
}

impl RealFile {
    /// `bytes` zeros from the beginning, `step` at a time.
    fn write_zeros(&self, bytes: u64, step: usize) -> io::Result<()> {
        let zeros = Blocks::zeroed(step);
        let mut at = 0;
        while at < bytes {
            let length = (bytes - at).min(step as u64);
            self.write_at(&zeros[..length as usize], at)?;
            at += length;
        }
        Ok(())
    }
}

impl DiskFile for RealFile {
    fn bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
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

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn write_durable_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if !self.direct {
            self.file.write_all_at(bytes, offset)?;
            return self.file.sync_data();
        }
        let mut done = 0;
        while done < bytes.len() {
            let rest = [io::IoSlice::new(&bytes[done..])];
            let at = offset + done as u64;
            match rustix::io::pwritev2(&self.file, &rest, at, ReadWriteFlags::DSYNC) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => done += n,
                Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn is_direct(&self) -> bool {
        self.direct
    }
}

/// The whole file.
///
/// # Errors
/// As the kernel says.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}

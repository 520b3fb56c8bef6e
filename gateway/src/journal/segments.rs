//! The files of a journal, and the one that is being written.
//!
//! Where every write is synced, fresh segments are *pre-written* by a cold thread: a sync into a file
//! that only has its size must also write where its blocks are, and costs half as much again. One spare
//! is always on its way. Where the kernel's word is enough, a fresh segment is just a file.

use super::{Buffer, SEGMENT_BYTES};
use crate::io::{Access, Disk, DiskFile, thread};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};

/// Where fresh segments come from.
pub(super) enum Fresh {
    /// Made when needed.
    Sparse,
    /// Made ahead, on a cold thread.
    Spares(Receiver<io::Result<PathBuf>>),
}

/// The segments, and the one that is being written.
pub(super) struct Segments<D: Disk> {
    disk: D,
    directory: PathBuf,
    pub(super) paths: Vec<PathBuf>,
    current: D::File,
    at: u64,
    /// Segments below this were complete before this life.
    first_written: usize,
    fresh: Fresh,
}

impl<D: Disk> Segments<D> {
    /// Goes on at `end`: segment and offset.
    pub(super) fn open(
        disk: D,
        directory: &Path,
        paths: &[PathBuf],
        end: (usize, usize),
        fresh: Fresh,
    ) -> io::Result<Self> {
        let mut paths = paths.to_vec();
        let current = match paths.get(end.0) {
            Some(path) => disk.open(path, Access::Write)?,
            None => {
                paths.push(segment_path(directory, 0));
                fresh.make(&disk, &paths[0])?
            }
        };
        paths.truncate(end.0 + 1);
        let first_written = paths.len() - 1;
        let (directory, at) = (directory.to_owned(), end.1 as u64);
        Ok(Self { disk, directory, paths, current, at, first_written, fresh })
    }

    /// Writes a batch, in the next segment if this one is full.
    pub(super) fn write(&mut self, buffer: &Buffer) -> io::Result<()> {
        let bytes = &buffer.bytes[..buffer.length];
        if self.at + bytes.len() as u64 > SEGMENT_BYTES {
            if let Fresh::Spares(_) = self.fresh {
                self.current.sync()?; // Batches of the same group are in it.
            }
            let path = segment_path(&self.directory, self.paths.len());
            self.current = self.fresh.make(&self.disk, &path)?;
            self.paths.push(path);
            self.at = 0;
        }
        self.current.write_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// The device has what was written last.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.current.sync()
    }

    /// The device has everything that this life wrote.
    pub(super) fn sync_all(&self) -> io::Result<()> {
        let written = &self.paths[self.first_written..];
        written.iter().try_for_each(|path| self.disk.open(path, Access::Write)?.sync())
    }
}

impl Fresh {
    /// From a cold thread that works in `directory`.
    pub(super) fn spares<D: Disk>(disk: D, directory: &Path) -> Self {
        // Two names in turn: the one that was handed over last may not have been moved yet.
        let names = ["a.spare", "b.spare"].map(|name| directory.join(name));
        let (ready, take) = sync_channel(0);
        thread::spawn("spare segments", move || {
            for spare in names.iter().cycle() {
                let made = disk.create_written(spare, SEGMENT_BYTES).map(|()| spare.clone());
                let failed = made.is_err();
                if ready.send(made).is_err() || failed {
                    return; // The journal is gone, or has been told.
                }
            }
        });
        Self::Spares(take)
    }

    /// A fresh segment at `path`; what an earlier life may have left there is no data.
    fn make<D: Disk>(&self, disk: &D, path: &Path) -> io::Result<D::File> {
        match self {
            Self::Sparse => disk.create(path, SEGMENT_BYTES)?,
            Self::Spares(take) => {
                let gone = |_| io::Error::other("the thread that makes spare segments is gone");
                disk.rename(&take.recv().map_err(gone)??, path)?;
                path.parent().map_or(Ok(()), |directory| disk.sync_dir(directory))?;
            }
        }
        disk.open(path, Access::Write)
    }
}

/// Where segment `number` is.
pub(super) fn segment_path(directory: &Path, number: usize) -> PathBuf {
    directory.join(format!("{number:012}.log"))
}

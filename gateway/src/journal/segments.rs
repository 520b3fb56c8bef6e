//! The files of a journal, and the one that is being written.

use super::{Buffer, SEGMENT_BYTES};
use crate::io::file::Segment;
use std::io;
use std::path::{Path, PathBuf};

/// The segments, and the one that is being written.
pub(super) struct Segments {
    directory: PathBuf,
    pub(super) paths: Vec<PathBuf>,
    pub(super) current: Segment,
    at: u64,
}

impl Segments {
    /// Goes on at `end`: segment and offset.
    pub(super) fn open(
        directory: &Path,
        paths: &[PathBuf],
        end: (usize, usize),
    ) -> io::Result<Self> {
        let mut paths = paths.to_vec();
        let current = match paths.get(end.0) {
            Some(path) => Segment::open(path)?,
            None => {
                paths.push(segment_path(directory, 0));
                Segment::create(&paths[0], SEGMENT_BYTES)?
            }
        };
        paths.truncate(end.0 + 1);
        Ok(Self { directory: directory.to_owned(), paths, current, at: end.1 as u64 })
    }

    /// Writes a batch, in the next segment if this one is full.
    pub(super) fn write(&mut self, buffer: &Buffer) -> io::Result<()> {
        let bytes = &buffer.bytes[..buffer.length];
        if self.at + bytes.len() as u64 > SEGMENT_BYTES {
            self.current.sync()?;
            let path = segment_path(&self.directory, self.paths.len());
            self.current = match Segment::create(&path, SEGMENT_BYTES) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    // Begun by an earlier life that ended before it wrote here.
                    let left = Segment::open(&path)?;
                    left.cut(0, SEGMENT_BYTES)?;
                    left
                }
                created => created?,
            };
            self.paths.push(path);
            self.at = 0;
        }
        self.current.write_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

/// Where segment `number` is.
pub(super) fn segment_path(directory: &Path, number: usize) -> PathBuf {
    directory.join(format!("{number:012}.log"))
}

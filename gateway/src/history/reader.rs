//! Reading the history in bounded pieces, beside whoever writes it.
//!
//! A reader changes nothing and needs nobody's leave: it takes what the kernel has. Where the history
//! ends for now it forgets which files there are, and looks again when it is asked again.

use super::file::{HistoryFile, Met};
use super::layout::{Layout, MESSAGE_BYTES_MAX, Part};
use super::{HistoryError, Limit, Stored};
use crate::io::{Disk, RealDisk};
use std::io;
use std::path::Path;

/// See the file's map.
pub struct HistoryReader<D: Disk = RealDisk> {
    disk: D,
    layout: Layout,
    /// First sequences of the files, when last looked.
    files: Vec<u64>,
    file: Option<HistoryFile<D::File>>,
}

impl<D: Disk> HistoryReader<D> {
    /// Of the history under `data/feed`. Touches nothing yet; the history need not be there.
    pub fn open(disk: D, data: &Path) -> Self {
        Self::new(disk, Layout::new(data))
    }

    pub(super) fn new(disk: D, layout: Layout) -> Self {
        Self { disk, layout, files: Vec::new(), file: None }
    }

    /// The oldest message kept; `None`: no file is there.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn first_seq(&mut self) -> io::Result<Option<u64>> {
        self.files = self.layout.firsts(&self.disk, Part::Messages)?;
        Ok(self.files.first().copied())
    }

    /// Gives message `from` and those after it to `take`, in order, as many as `limit` allows and as
    /// there are; returns how many. 0: `from` is not written yet.
    ///
    /// # Errors
    /// See [`HistoryError`]; about the message `from` and no later one. In the newest file `Damaged` may
    /// be what a power cut left, until the next start cuts it.
    ///
    /// # Panics
    /// When `limit` does not allow the longest message.
    pub fn read(
        &mut self,
        from: u64,
        limit: Limit,
        take: impl FnMut(Stored<'_>),
    ) -> Result<u64, HistoryError> {
        self.read_below(None, from, limit, take)
    }

    /// The same by whoever knows that the messages below `end` are there, and no others.
    pub(super) fn read_below(
        &mut self,
        end: Option<u64>,
        from: u64,
        limit: Limit,
        mut take: impl FnMut(Stored<'_>),
    ) -> Result<u64, HistoryError> {
        assert!(limit.bytes >= MESSAGE_BYTES_MAX, "a piece holds the longest message");
        let (mut next, mut bytes) = (from, 0);
        while next - from < limit.messages && end.is_none_or(|end| next < end) {
            let met = self.go_to(next, end);
            let file = match (met, &mut self.file) {
                (Ok(true), Some(file)) => file,
                // What was read is good; the next call says what is wrong behind it.
                (Err(error), _) if next == from => {
                    self.forget();
                    return Err(error);
                }
                _ => {
                    self.forget();
                    break;
                }
            };
            let Met::Message { time, at } = file.look()? else { continue };
            if bytes + at.len() > limit.bytes {
                break;
            }
            file.step()?;
            bytes += at.len();
            take(Stored { seq: next, time, message: file.message(at) });
            next += 1;
        }
        Ok(next - from)
    }

    /// Looks at the directory again before the next read.
    pub(super) fn forget(&mut self) {
        self.files.clear();
        self.file = None;
    }

    /// Stands at message `wanted`. `false`: it is not written yet.
    fn go_to(&mut self, wanted: u64, end: Option<u64>) -> Result<bool, HistoryError> {
        if let Some(file) = &mut self.file
            && file.next() == wanted
            && let Met::Message { .. } = file.look()?
        {
            return Ok(true);
        }
        if let Ok(Met::Message { .. }) = self.seek(wanted) {
            return Ok(true);
        }
        // It may be in a file that was made since, or the one that is open is there no more.
        self.forget();
        let met = self.seek(wanted)?;
        let at = self.file.as_ref().map_or(wanted, HistoryFile::next);
        let newer = self.files.iter().copied().find(|first| *first > at);
        match (met, &self.file) {
            (Met::Message { .. }, _) => Ok(true),
            (Met::Damage, Some(file)) => Err(file.damage()),
            (Met::End { torn: true }, Some(file)) if newer.is_some() || end.is_some() => {
                Err(file.damage())
            }
            _ => match newer.or(end) {
                Some(later) => Err(HistoryError::Missing { from: at, to: later - 1 }),
                None => Ok(false),
            },
        }
    }

    /// Opens the file of `wanted` and goes there.
    fn seek(&mut self, wanted: u64) -> Result<Met, HistoryError> {
        if self.files.is_empty() {
            self.first_seq()?;
        }
        let before = self.files.partition_point(|first| *first <= wanted);
        let Some(first) = before.checked_sub(1).map(|at| self.files[at]) else {
            self.file = None;
            return Ok(Met::End { torn: false });
        };
        if self.file.as_ref().is_none_or(|file| file.first() != first) {
            self.file = None;
            self.file = match HistoryFile::of(&self.disk, &self.layout, first) {
                // Retention was faster.
                Err(HistoryError::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
                opened => opened?,
            };
        }
        match &mut self.file {
            Some(file) => Ok(file.seek(wanted)?),
            None => Ok(Met::End { torn: false }),
        }
    }
}

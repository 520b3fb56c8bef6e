//! Why messages of the history cannot be had, in words that say which file.

use super::layout::VERSION;
use std::io;
use std::path::PathBuf;

/// Why messages cannot be had. Nothing was changed.
#[derive(Debug)]
pub enum HistoryError {
    /// The file system says no.
    Io(io::Error),
    /// These messages are in no file: forgotten, never written here, or lost with their file.
    Missing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// Bytes of a file are not those that were written.
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where in it: the beginning of the header or record.
        byte: u64,
        /// The message that is there.
        seq: u64,
    },
    /// Written by a version that this program does not read.
    Version {
        /// Which file.
        path: PathBuf,
        /// The version found.
        seen: u16,
    },
    /// Of another feed.
    Foreign {
        /// Which file.
        path: PathBuf,
        /// The partition found.
        partition: u32,
        /// The epoch found.
        epoch: u32,
    },
}

impl From<io::Error> for HistoryError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl std::fmt::Display for HistoryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "feed history: {error}"),
            Self::Missing { from, to } => {
                write!(f, "feed history: messages {from} to {to} are not there")
            }
            Self::Damaged { path, byte, seq } => write!(
                f,
                "{}: damaged at byte {byte}, where message {seq} of the feed begins",
                path.display()
            ),
            Self::Version { path, seen } => write!(
                f,
                "{}: written in history version {seen}, and this program reads {VERSION}",
                path.display()
            ),
            Self::Foreign { path, partition, epoch } => write!(
                f,
                "{}: the history of partition {partition}, epoch {epoch}, and another is wanted",
                path.display()
            ),
        }
    }
}

impl std::error::Error for HistoryError {}

//! Why a journal cannot be opened, in words that say which file and what to do.

use engine::log::{BATCH_VERSION, RULES_VERSION};
use std::io;
use std::path::{Path, PathBuf};

/// Why a journal cannot be opened. Nothing was changed.
#[derive(Debug)]
pub enum OpenError {
    /// The file system says no.
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// The disk, or this file, takes no writes.
    ReadOnly {
        /// Which file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// An acknowledged batch is damaged.
    Rot {
        /// Which segment.
        path: PathBuf,
        /// Where in it, in bytes.
        at: u64,
        /// The first sequence that is lost.
        seq: u64,
        /// It is the first that the snapshot needs.
        after_snapshot: bool,
    },
    /// Written by a version that this program does not read.
    Version {
        /// Which segment.
        path: PathBuf,
        /// The version found.
        seen: u16,
    },
    /// Written under rules that this program does not know.
    Rules {
        /// Which segment.
        path: PathBuf,
        /// Where in it, in bytes.
        at: u64,
        /// The first sequence under these rules.
        seq: u64,
        /// The rules found.
        seen: u16,
    },
    /// A segment between others is not there.
    Missing {
        /// Which one.
        path: PathBuf,
    },
    /// The oldest segment is newer than the snapshot, or than nothing if there is none.
    BeginsLater {
        /// The oldest segment.
        path: PathBuf,
        /// The one that is needed.
        needed: PathBuf,
        /// The first sequence that is needed.
        seq: u64,
    },
    /// Another partition's.
    Partition {
        /// Which segment.
        path: PathBuf,
        /// The partition found.
        seen: u32,
        /// The one of the configuration.
        expected: u32,
    },
}

impl OpenError {
    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
        let path = path.to_owned();
        match error.kind() {
            ReadOnlyFilesystem | PermissionDenied => Self::ReadOnly { path, error },
            _ => Self::Io { path, error },
        }
    }
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::ReadOnly { path, error } => write!(
                f,
                "{}: cannot be written: {error}. Mount the disk for writing and give this user the \
                 data directory",
                path.display()
            ),
            Self::Rot { path, at, seq, after_snapshot } => write!(
                f,
                "{}: the batch at byte {at} (sequence {seq}) had been acknowledged and is damaged{}. \
                 Nothing was changed. Restore this file from a copy, or move the data directory \
                 away and start empty",
                path.display(),
                if *after_snapshot { ", or the snapshot is of another log" } else { "" }
            ),
            Self::Version { path, seen } => write!(
                f,
                "{}: written in journal version {seen}, {} than version {BATCH_VERSION} of this \
                 program. Start the program that wrote it, or move the data directory away and \
                 start empty",
                path.display(),
                if *seen < BATCH_VERSION { "older" } else { "newer" }
            ),
            Self::Rules { path, at, seq, seen } => write!(
                f,
                "{}: the batch at byte {at} (sequence {seq}) was written under rules {seen}, newer than \
                 rules {RULES_VERSION} of this program. Nothing was changed. Start the program that \
                 wrote it",
                path.display()
            ),
            Self::Missing { path } => write!(
                f,
                "{}: this segment is missing, and the log cannot be read without it. Nothing was \
                 changed. Restore it from a copy, or move the data directory away and start empty",
                path.display()
            ),
            Self::BeginsLater { path, needed, seq } => write!(
                f,
                "{}: the log begins here, and sequence {seq} in {} is needed. Nothing was changed. \
                 Restore the segments between from a copy, or a snapshot that reaches further",
                path.display(),
                needed.display()
            ),
            Self::Partition { path, seen, expected } => write!(
                f,
                "{}: this is the log of partition {seen}, and venue.partition is {expected}. Give \
                 the data directory of partition {expected}, or correct the configuration",
                path.display()
            ),
        }
    }
}

impl std::error::Error for OpenError {}

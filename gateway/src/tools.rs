//! `portcullis journal` and `portcullis snapshot`: what a venue has written, read from outside, beside
//! the running venue if need be.
//!
//! Nothing is locked and nothing is written. `tools/files.rs` finds the batches and says how the log
//! ends; each tool of the journal is one pass over them: `verify.rs`, `dump.rs` (with `schema.rs`,
//! messages as JSON), `stats.rs`, `replay.rs` (with `waypoints.rs` and `outboxes.rs`). `snapshots.rs` is
//! the tool of the snapshots. What to do about what they say: docs/OPERATING.md.

mod dump;
mod files;
mod outboxes;
mod progress;
mod replay;
mod schema;
mod snapshots;
mod stats;
mod verify;
mod waypoints;

pub use files::{End, JournalFiles, Place};
pub use schema::Schema;
pub use snapshots::SnapshotArgs;

use crate::fix::time::{Precision, Stamp};
use anyhow::Context;
use engine::log::{BatchRef, RULES_VERSION};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Passes over a journal before one is given up because a running venue goes on too fast.
const READ_TRIES: usize = 20;

/// Read a journal: check it, print it, count it, replay it.
///
/// DIR is a data directory or the directory of its journal. No lock is taken and nothing is written,
/// so it may be that of a running venue: reading ends at the last whole batch.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "EXAMPLES:
  portcullis journal verify portcullis-data                 is every byte as it was written?
  portcullis journal dump portcullis-data --from 100        commands from sequence 100 on
  portcullis journal dump portcullis-data --json | jq -c 'select(.message==\"NewOrder\").fields'
  portcullis journal stats portcullis-data                  what is in it, and how much
  portcullis journal replay portcullis-data                 the state it leads to, as a hash
  portcullis journal replay portcullis-data --check-outboxes
  portcullis journal replay portcullis-data --from-snapshot newest

Exit codes: 0 fine, 1 damaged or different, 2 wrong usage. Docs: docs/OPERATING.md, docs/wire/journal.md.")]
pub struct JournalArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Check every batch: CRC, chain, sequence, place, contents.
    ///
    /// Says where the log begins, how much there is, from when to when, and how it ends. Bytes of a
    /// batch that was being written when the process died are no damage: a start cuts them. Exit code
    /// 1: damaged.
    Verify(verify::VerifyArgs),
    /// Print commands, one line each.
    ///
    /// As text, or with --json as objects with every field by its name in the schema
    /// (sbe-schemas/schemas/journal.xml).
    Dump(dump::DumpArgs),
    /// Count: commands by kind, batches by size, bytes, rates.
    Stats(stats::StatsArgs),
    /// Apply all of it to an engine and print the hash of the state and of all events.
    ///
    /// Two replays of one log, on any host, from its beginning or from any snapshot, give the same
    /// hashes; each snapshot that is passed on the way is compared. Sizes come from the log; see
    /// --config. Exit code 1: damaged, or a snapshot or an outbox differs.
    Replay(replay::ReplayArgs),
}

/// Does what was asked.
///
/// # Errors
/// A file cannot be read, or standard output fails for another reason than a closed pipe.
pub fn run(args: &JournalArgs) -> anyhow::Result<ExitCode> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let done = match &args.what {
        What::Verify(args) => verify::run(args, &mut out),
        What::Dump(args) => dump::run(args, &mut out),
        What::Stats(args) => stats::run(args, &mut out),
        What::Replay(args) => replay::run(args, &mut out),
    };
    finish(done, &mut out)
}

/// Does what was asked.
///
/// # Errors
/// As [`run`].
pub fn run_snapshot(args: &SnapshotArgs) -> anyhow::Result<ExitCode> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let done = snapshots::run(args, &mut out);
    finish(done, &mut out)
}

fn finish(done: anyhow::Result<ExitCode>, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match done.and_then(|code| out.flush().map(|()| code).map_err(Into::into)) {
        Err(error) if io_kind(&error) == Some(io::ErrorKind::BrokenPipe) => Ok(ExitCode::SUCCESS),
        Err(error) if io_kind(&error) == Some(io::ErrorKind::NotFound) => {
            eprintln!("portcullis: {error:#}");
            Ok(ExitCode::from(2))
        }
        done => done,
    }
}

fn io_kind(error: &anyhow::Error) -> Option<io::ErrorKind> {
    error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind)
}

/// The journal and its length in bytes.
fn open(directory: &Path) -> anyhow::Result<(JournalFiles, u64)> {
    let files = JournalFiles::open(directory)?;
    let length = files.length().context("cannot read the segments")?;
    Ok((files, length))
}

/// Does `pass` until it has read to the end: what a running venue uses again meanwhile is no end. The
/// last try counts, whatever it says.
fn until_read<T>(mut pass: impl FnMut() -> anyhow::Result<(T, End)>) -> anyhow::Result<T> {
    for _ in 1..READ_TRIES {
        let (told, end) = pass()?;
        if !matches!(end, End::Recycled { .. }) {
            return Ok(told);
        }
    }
    Ok(pass()?.0)
}

/// How a log ends, for people; `None`: with nothing to say.
fn end_text(files: &JournalFiles) -> Option<String> {
    let (path, at) = (files.path(), files.offset());
    let path = path.display();
    match files.end() {
        End::Clean => None,
        End::Torn { bytes } => Some(format!(
            "{path}: behind byte {at}, {bytes} bytes of a batch that was being written: a start cuts \
             them, nothing acknowledged is in them"
        )),
        End::Rot { seq } => Some(format!(
            "{path}: the batch at byte {at} (sequence {seq}) had been acknowledged and is damaged{}. \
             Restore this file from a copy: docs/OPERATING.md",
            if files.is_at_snapshot() { ", or the snapshot is of another log" } else { "" }
        )),
        End::Missing { path, seq } => Some(format!(
            "{}: this segment is missing, and sequence {seq} should be in it. Restore it from a copy: \
             docs/OPERATING.md",
            path.display()
        )),
        End::Version { seen } => Some(format!(
            "{path}: the batch at byte {at} is of journal version {seen}; this program reads version {}",
            engine::log::BATCH_VERSION
        )),
        End::Recycled { seq } => Some(format!(
            "sequence {seq} was no longer there when it was to be read: the venue has used its segment \
             again. Read once more, or read a copy"
        )),
    }
}

/// The same for programs.
fn end_json(files: &JournalFiles) -> serde_json::Value {
    let (kind, name, more) = match files.end() {
        End::Clean => ("clean", "", 0),
        End::Torn { bytes } => ("torn", "bytes", bytes),
        End::Rot { seq } => ("rot", "seq", seq),
        End::Missing { seq, .. } => ("missing", "seq", seq),
        End::Version { seen } => ("version", "seen", seen.into()),
        End::Recycled { seq } => ("recycled", "seq", seq),
    };
    let path = match files.end() {
        End::Missing { path, .. } => path,
        _ => files.path(),
    };
    let mut end = serde_json::json!({
        "kind": kind, "file": path.display().to_string(), "at": files.offset(),
    });
    if !name.is_empty() {
        end[name] = more.into();
    }
    end
}

/// The log ends as a log may end.
fn ends_well(files: &JournalFiles) -> bool {
    matches!(files.end(), End::Clean | End::Torn { .. })
}

/// What is to be said of a batch under rules that this program does not know: to replay it would lead to
/// another state than the one that was live. The words go on from "the batch at byte N".
fn newer_rules(batch: &BatchRef<'_>) -> Option<String> {
    let (seq, seen) = (batch.header.first_seq, batch.header.rules_version.get());
    (seen > RULES_VERSION).then(|| {
        format!(
            "(sequence {seq}) was written under rules {seen}, newer than rules {RULES_VERSION} of this \
             program: use the program that wrote it"
        )
    })
}

fn time_text(time: u64) -> String {
    String::from_utf8_lossy(Stamp::new(time, Precision::Nanos).as_bytes()).into_owned()
}

/// `1234567` as `1 234 567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// What every tool asks for.
#[derive(Clone, Debug, clap::Args)]
struct Where {
    /// Data directory, or the directory of its journal.
    dir: PathBuf,
}

//! `portcullis journal`: a journal read from outside, beside a running venue if need be.
//!
//! Nothing is locked and nothing is written. `tools/files.rs` finds the batches and says how the log
//! ends; each tool is one pass over them: `verify.rs`, `dump.rs` (with `schema.rs`, messages as
//! JSON), `stats.rs`, `replay.rs` (with `outboxes.rs`). What to do about what they say:
//! docs/OPERATING.md.

mod dump;
mod files;
mod outboxes;
mod progress;
mod replay;
mod schema;
mod stats;
mod verify;

pub use files::{End, JournalFiles, Place};
pub use schema::Schema;

use crate::fix::time::{Precision, Stamp};
use anyhow::Context;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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

Exit codes: 0 fine, 1 damaged or different, 2 wrong usage. Docs: docs/OPERATING.md, docs/wire/journal.md.")]
pub struct JournalArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Check every batch: CRC, chain, sequence, contents.
    ///
    /// Says how much there is, from when to when, and how it ends. Bytes of a batch that was being
    /// written when the process died are no damage: a start cuts them. Exit code 1: damaged.
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
    /// Two replays of one log, on any host, give the same hashes. Sizes come from the log; see
    /// --config. Exit code 1: damaged, or --check-outboxes found a difference.
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

/// How a log ends, for people; `None`: with nothing to say.
fn end_text(files: &JournalFiles) -> Option<String> {
    let (path, at) = (files.path().display(), files.offset());
    match files.end() {
        End::Clean => None,
        End::Torn { bytes } => Some(format!(
            "{path}: behind byte {at}, {bytes} bytes of a batch that was being written: a start cuts \
             them, nothing acknowledged is in them"
        )),
        End::Rot { seq } => Some(format!(
            "{path}: the batch at byte {at} (sequence {seq}) had been acknowledged and is damaged. \
             Restore this file from a copy: docs/OPERATING.md"
        )),
        End::Version { seen } => Some(format!(
            "{path}: the batch at byte {at} is of journal version {seen}; this program reads version {}",
            engine::log::BATCH_VERSION
        )),
    }
}

/// The same for programs.
fn end_json(files: &JournalFiles) -> serde_json::Value {
    let (kind, more) = match files.end() {
        End::Clean => ("clean", serde_json::Value::Null),
        End::Torn { bytes } => ("torn", bytes.into()),
        End::Rot { seq } => ("rot", seq.into()),
        End::Version { seen } => ("version", seen.into()),
    };
    let name = match kind {
        "torn" => "bytes",
        "rot" => "seq",
        _ => "seen",
    };
    let mut end = serde_json::json!({
        "kind": kind, "file": files.path().display().to_string(), "at": files.offset(),
    });
    if !more.is_null() {
        end[name] = more;
    }
    end
}

/// The log ends as a log may end.
fn ends_well(files: &JournalFiles) -> bool {
    matches!(files.end(), End::Clean | End::Torn { .. })
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

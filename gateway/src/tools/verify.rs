//! `journal verify`: every batch as it was written, or where it is not.

use super::progress::Progress;
use super::{End, Where, end_json, end_text, ends_well, grouped, open, time_text};
use engine::log::{BatchRef, RULES_VERSION, Tail};
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;

#[derive(Clone, Debug, clap::Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    journal: Where,
    /// Say it as JSON.
    #[arg(long)]
    json: bool,
}

/// What was found up to the end.
#[derive(Default)]
struct Found {
    commands: u64,
    batches: u64,
    first_time: u64,
    first_term: u64,
    /// What the last batch says had been durable when it was written.
    durable_seq: u64,
    /// A batch whose CRC is right and which no venue would have written.
    wrong: Option<String>,
}

pub(super) fn run(args: &VerifyArgs, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (mut files, length) = open(&args.journal.dir)?;
    let mut progress = Progress::new(length, "checking");
    let mut found = Found::default();
    let mut before = None;
    while let Some((place, batch)) = files.next_batch()? {
        progress.at(place);
        if let Some(what) = wrong(&batch, before.as_ref()) {
            found.wrong = Some(format!("the batch at byte {} {what}", place.at));
            break;
        }
        if found.batches == 0 {
            (found.first_time, found.first_term) =
                (batch.header.time.get(), batch.header.term.get());
        }
        found.batches += 1;
        found.commands += u64::from(batch.header.count.get());
        found.durable_seq = batch.header.durable_seq.get();
        before = files.tail();
    }
    drop(progress);
    found.wrong = found.wrong.map(|what| format!("{}: {what}", files.path().display()));
    let fine = found.wrong.is_none() && ends_well(&files);
    let tail = files.tail().unwrap_or(Tail::genesis(0));
    let times = (found.batches > 0).then(|| [found.first_time, tail.time].map(time_text));
    if args.json {
        let told = json!({
            "ok": fine, "commands": found.commands, "batches": found.batches,
            "segments": files.segments().len(), "partition": tail.partition,
            "firstSeq": files.first_seq(), "lastSeq": tail.next_seq - 1, "durableSeq": found.durable_seq,
            "firstTime": times.as_ref().map(|[first, _]| first), "lastTime": times.as_ref().map(|[_, last]| last),
            "firstTerm": found.first_term, "lastTerm": tail.term,
            "end": end_json(&files), "wrong": found.wrong,
        });
        writeln!(out, "{told}")?;
    } else {
        let word = if fine { "fine" } else { "DAMAGED" };
        writeln!(out, "{}: {word}", args.journal.dir.display())?;
        writeln!(
            out,
            "  commands   {} in {} batches, sequences {} to {}",
            grouped(found.commands),
            grouped(found.batches),
            files.first_seq(),
            tail.next_seq - 1
        )?;
        if let Some([first, last]) = times {
            writeln!(out, "  times      {first} to {last}")?;
            writeln!(
                out,
                "  terms      {} to {}, partition {}",
                found.first_term, tail.term, tail.partition
            )?;
        }
        writeln!(out, "  segments   {}", files.segments().len())?;
        let (path, at) = (files.path().display(), files.offset());
        writeln!(out, "  ends       {path} at byte {at}")?;
        writeln!(
            out,
            "  durable    up to sequence {}, as the last batch says of those before it",
            found.durable_seq
        )?;
        for what in found.wrong.into_iter().chain(end_text(&files)) {
            writeln!(out, "  {} {what}", if fine { "torn      " } else { "DAMAGED   " })?;
        }
    }
    let damaged = !fine || matches!(files.end(), End::Version { .. });
    Ok(if damaged { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What no venue writes, whatever its CRC says.
fn wrong(batch: &BatchRef<'_>, before: Option<&Tail>) -> Option<String> {
    let header = batch.header;
    let (mut count, mut bytes) = (0, 0);
    for command in batch.commands() {
        (count, bytes) = (count + 1, bytes + command.len());
    }
    if count != header.count.get() || bytes != batch.bytes.len() {
        let (says, length) = (header.count, batch.bytes.len());
        return Some(format!("says {says} commands in {length} bytes and has {count} in {bytes}"));
    }
    if count == 0 {
        return Some("has no command".into());
    }
    if header.rules_version.get() > RULES_VERSION {
        return Some(format!("was written under rules {}", header.rules_version));
    }
    let before = before?;
    if header.time.get() < before.time || header.term.get() < before.term {
        return Some("is older than the one before it".into());
    }
    if header.durable_seq.get() >= header.first_seq.get() {
        return Some("says that it was durable before it was written".into());
    }
    None
}

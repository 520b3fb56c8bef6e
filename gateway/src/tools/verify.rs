//! `journal verify`: every batch as it was written, or where it is not.

use super::progress::Progress;
use super::{
    JournalFiles, Where, end_json, end_text, ends_well, grouped, newer_rules, open, snapshots,
    time_text, until_read,
};
use engine::log::{BatchRef, Tail};
use serde_json::json;
use std::io::Write;
use std::path::Path;
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
    /// A batch whose CRC is right and which no venue would have written, or no way to begin.
    wrong: Option<String>,
    tail: Option<Tail>,
}

/// What a start would begin from, and whether it could.
struct Start {
    /// Sequence of the snapshot; 0: the log's beginning.
    from_seq: u64,
    refused: bool,
}

pub(super) fn run(args: &VerifyArgs, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (files, found, start) = until_read(|| {
        let (mut files, length) = open(&args.journal.dir)?;
        let mut found = read(&mut files, length)?;
        let start = start_of(&args.journal.dir, &files, &mut found)?;
        let end = files.end();
        Ok(((files, found, start), end))
    })?;
    let fine = found.wrong.is_none() && ends_well(&files);
    if args.json {
        tell_json(fine, &files, &found, &start, out)?;
    } else {
        let dir = args.journal.dir.display();
        writeln!(out, "{dir}: {}", if fine { "fine" } else { "DAMAGED" })?;
        tell(fine, &files, &found, &start, out)?;
    }
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// From where `files` stands to the end.
fn read(files: &mut JournalFiles, length: u64) -> anyhow::Result<Found> {
    let mut progress = Progress::new(length, "checking");
    let mut found = Found::default();
    while let Some((place, batch)) = files.next_batch()? {
        progress.at(place);
        if let Some(what) = wrong(&batch, found.tail.as_ref()) {
            let path = files.segments().get(place.segment).map(|path| path.display().to_string());
            let (path, at) = (path.unwrap_or_default(), place.at);
            found.wrong = Some(format!("{path}: the batch at byte {at} {what}"));
            break;
        }
        if found.batches == 0 {
            (found.first_time, found.first_term) =
                (batch.header.time.get(), batch.header.term.get());
        }
        found.batches += 1;
        found.commands += u64::from(batch.header.count.get());
        found.durable_seq = batch.header.durable_seq.get();
        found.tail = files.tail();
    }
    Ok(found)
}

/// Damage below the snapshot that a start begins from does not keep it from starting; a log that begins
/// behind every snapshot does.
fn start_of(dir: &Path, files: &JournalFiles, found: &mut Found) -> anyhow::Result<Start> {
    let damaged = found.wrong.is_some() || !ends_well(files);
    let snapshot = snapshots::newest_whole(&files.data(), files.partition())?;
    let from_seq = snapshot.map_or(0, |tail| tail.next_seq - 1);
    let reaches = from_seq + 1 >= files.first_seq();
    if !reaches && found.batches > 0 {
        let behind = match from_seq {
            0 => "there is no snapshot".to_owned(),
            seq => format!("the newest snapshot ends at {seq}"),
        };
        let first = files.first_seq();
        found.wrong.get_or_insert(format!(
            "the log begins at sequence {first} and {behind}: nothing can begin there. Restore {}",
            files.data().join("snapshots").display()
        ));
    }
    let refused = match snapshot.filter(|_| reaches && damaged) {
        None => damaged || (!reaches && found.batches > 0),
        Some(tail) => {
            let (mut behind, length) = open(dir)?;
            behind.begin_at(tail);
            read(&mut behind, length)?.wrong.is_some() || !ends_well(&behind)
        }
    };
    Ok(Start { from_seq, refused })
}

fn tell_json(
    fine: bool,
    files: &JournalFiles,
    found: &Found,
    start: &Start,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let tail = found.tail.unwrap_or(Tail::genesis(files.partition()));
    let first_seq = if found.batches > 0 { files.first_seq() } else { 0 };
    let time = |time| (found.batches > 0).then(|| time_text(time));
    let told = json!({
        "ok": fine, "commands": found.commands, "batches": found.batches,
        "segments": files.segments().len(), "partition": tail.partition,
        "firstSeq": first_seq, "lastSeq": tail.next_seq - 1, "durableSeq": found.durable_seq,
        "firstTime": time(found.first_time), "lastTime": time(tail.time),
        "firstTerm": found.first_term, "lastTerm": tail.term,
        "end": end_json(files), "wrong": found.wrong,
        "start": { "fromSeq": start.from_seq, "refused": start.refused },
    });
    Ok(writeln!(out, "{told}")?)
}

fn tell(
    fine: bool,
    files: &JournalFiles,
    found: &Found,
    start: &Start,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let [commands, batches] = [found.commands, found.batches].map(grouped);
    match found.tail {
        None => writeln!(out, "  commands   0")?,
        Some(tail) => {
            let (first, last) = (files.first_seq(), tail.next_seq - 1);
            writeln!(
                out,
                "  commands   {commands} in {batches} batches, sequences {first} to {last}"
            )?;
            let [first, last] = [found.first_time, tail.time].map(time_text);
            writeln!(out, "  times      {first} to {last}")?;
            let (first, last, partition) = (found.first_term, tail.term, tail.partition);
            writeln!(out, "  terms      {first} to {last}, partition {partition}")?;
        }
    }
    if let (2.., Some(first)) = (files.first_seq(), files.segments().first()) {
        let path = first.display();
        writeln!(out, "  begins     {path}: what was before is in the snapshots")?;
    }
    writeln!(out, "  segments   {}", files.segments().len())?;
    writeln!(out, "  ends       {} at byte {}", files.path().display(), files.offset())?;
    let durable = found.durable_seq;
    writeln!(
        out,
        "  durable    up to sequence {durable}, as the last batch says of those before it"
    )?;
    for what in found.wrong.iter().cloned().chain(end_text(files)) {
        writeln!(out, "  {} {what}", if fine { "torn      " } else { "DAMAGED   " })?;
    }
    if !fine && !start.refused {
        writeln!(
            out,
            "  a start    begins from the snapshot at sequence {}, behind the damage, and is not refused",
            start.from_seq
        )?;
    }
    Ok(())
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
    if let Some(newer) = newer_rules(batch) {
        return Some(newer);
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

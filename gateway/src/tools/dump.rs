//! `journal dump`: every command as a line.

use super::progress::Progress;
use super::schema::{Schema, hex, key, string};
use super::{End, JournalFiles, Where, end_text, ends_well, open, time_text, until_read};
use sbe_schemas::{header, journal};
use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;

#[derive(Clone, Debug, clap::Args)]
pub(super) struct DumpArgs {
    #[command(flatten)]
    journal: Where,
    /// First sequence; what the log does not have any more is left out.
    #[arg(long, value_name = "SEQ", default_value_t = 1)]
    from: u64,
    /// Last sequence.
    #[arg(long, value_name = "SEQ", default_value_t = u64::MAX)]
    to: u64,
    /// JSON, one object per line; decimals are strings, so that they stay exact.
    #[arg(long)]
    json: bool,
}

/// What a line says of a command beside its fields.
struct Line<'a> {
    seq: u64,
    time: &'a str,
    term: u64,
    command: &'a [u8],
}

pub(super) fn run(args: &DumpArgs, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (schema, mut from) = (Schema::journal(), args.from);
    until_read(|| {
        let (mut files, length) = open(&args.journal.dir)?;
        if files.first_seq() > from {
            out.flush()?;
            eprintln!("portcullis: the log begins at sequence {}", files.first_seq());
        }
        if print(args, from, &mut files, length, &schema, out)? {
            return Ok((ExitCode::SUCCESS, End::Clean)); // How it ends was not asked.
        }
        if let Some(end) = end_text(&files) {
            out.flush()?;
            eprintln!("portcullis: {end}");
        }
        from = from.max(files.stands().next_seq);
        let code = if ends_well(&files) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        Ok((code, files.end()))
    })
}

/// Prints commands from sequence `from` on. `true`: all that were asked for.
fn print(
    args: &DumpArgs,
    from: u64,
    files: &mut JournalFiles,
    length: u64,
    schema: &Schema,
    out: &mut impl Write,
) -> anyhow::Result<bool> {
    let mut progress = Progress::new(length, "reading");
    let mut text = String::new();
    while let Some((place, batch)) = files.next_batch()? {
        progress.at(place);
        let first = batch.header.first_seq.get();
        if batch.end_seq() <= from {
            continue;
        }
        if first > args.to {
            return Ok(true);
        }
        let (time, term) = (time_text(batch.header.time.get()), batch.header.term.get());
        for (seq, command) in (first..).zip(batch.commands()) {
            if (from..=args.to).contains(&seq) {
                text.clear();
                let line = Line { seq, time: &time, term, command };
                if args.json {
                    line.json(schema, &mut text)
                } else {
                    line.text(&mut text)
                }
                writeln!(out, "{text}")?;
            }
        }
    }
    Ok(false)
}

impl Line<'_> {
    fn text(&self, out: &mut String) {
        let _ = write!(out, "{} {} ", self.seq, self.time);
        let _ = journal::describe(self.command, out);
    }

    fn json(&self, schema: &Schema, out: &mut String) {
        let template = header::header(self.command).map_or(0, |header| header.template_id.get());
        let _ = write!(out, "{{\"seq\":{}", self.seq);
        key("time", out);
        string(self.time, out);
        key("term", out);
        let _ = write!(out, "{}", self.term);
        key("message", out);
        match schema.name(template) {
            Some(name) => string(name, out),
            None => {
                let _ = write!(out, "{template}");
            }
        }
        key("fields", out);
        if schema.json(self.command, out).is_none() {
            hex(self.command, out); // Of a version that this program does not know.
        }
        out.push('}');
    }
}

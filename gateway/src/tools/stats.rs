//! `journal stats`: what is in a journal, and how much.

use super::progress::Progress;
use super::{JournalFiles, Where, end_text, ends_well, grouped, open, until_read};
use engine::log::HEADER_BYTES;
use sbe_schemas::{header, journal};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

const SECOND_NS: u64 = 1_000_000_000;

#[derive(Clone, Debug, clap::Args)]
pub(super) struct StatsArgs {
    #[command(flatten)]
    journal: Where,
    /// Say it as JSON.
    #[arg(long)]
    json: bool,
}

/// Commands of one kind.
#[derive(Clone, Copy, Default)]
struct Sum {
    commands: u64,
    bytes: u64,
}

#[derive(Default)]
struct Counted {
    commands: u64,
    batches: u64,
    by_template: BTreeMap<u16, Sum>,
    /// Batches by how many commands they have.
    by_size: BTreeMap<u32, u64>,
    command_bytes: u64,
    header_bytes: u64,
    padding_bytes: u64,
    first_time: u64,
    last_time: u64,
    /// The second that is being counted, what it has, and the most that one had.
    second: (u64, u64),
    busiest: u64,
}

impl Counted {
    fn add(&mut self, batch: &engine::BatchRef<'_>) {
        let (count, time) = (batch.header.count.get(), batch.header.time.get());
        for command in batch.commands() {
            let template = header::header(command).map_or(0, |header| header.template_id.get());
            let sum = self.by_template.entry(template).or_default();
            *sum = Sum { commands: sum.commands + 1, bytes: sum.bytes + command.len() as u64 };
        }
        if self.batches == 0 {
            self.first_time = time;
        }
        self.last_time = time;
        self.batches += 1;
        self.commands += u64::from(count);
        *self.by_size.entry(count).or_default() += 1;
        self.command_bytes += batch.bytes.len() as u64;
        self.header_bytes += HEADER_BYTES as u64;
        self.padding_bytes += (batch.encoded_bytes() - HEADER_BYTES - batch.bytes.len()) as u64;
        let second = time / SECOND_NS;
        if second != self.second.0 {
            self.second = (second, 0);
        }
        self.second.1 += u64::from(count);
        self.busiest = self.busiest.max(self.second.1);
    }

    /// Commands of the batch below which `percent` of the batches lie.
    fn size_at(&self, percent: u64) -> u32 {
        let rank = (self.batches * percent).div_ceil(100).max(1);
        let mut below = 0;
        let reaches = |(_, batches): &(&u32, &u64)| {
            below += **batches;
            below >= rank
        };
        self.by_size.iter().find(reaches).map_or(0, |(size, _)| *size)
    }

    fn name(template: u16) -> String {
        journal::name(template).map_or_else(|| format!("(template {template})"), str::to_owned)
    }

    /// Over the whole time of the log; one second at least.
    fn per_second(&self) -> u64 {
        let ns = u128::from((self.last_time - self.first_time).max(SECOND_NS));
        (u128::from(self.commands) * u128::from(SECOND_NS) / ns) as u64
    }
}

pub(super) fn run(args: &StatsArgs, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (files, counted, length) = until_read(|| {
        let (mut files, length) = open(&args.journal.dir)?;
        let mut progress = Progress::new(length, "counting");
        let mut counted = Counted::default();
        while let Some((place, batch)) = files.next_batch()? {
            progress.at(place);
            counted.add(&batch);
        }
        let end = files.end();
        Ok(((files, counted, length), end))
    })?;
    tell(args, &counted, &files, length, out)?;
    if let Some(end) = end_text(&files) {
        out.flush()?;
        eprintln!("portcullis: {end}");
    }
    Ok(if ends_well(&files) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(
    args: &StatsArgs,
    c: &Counted,
    files: &JournalFiles,
    length: u64,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let percents = [50, 90, 99, 100];
    let first_seq = if c.batches > 0 { files.first_seq() } else { 0 };
    if args.json {
        let by_template: BTreeMap<String, _> = c
            .by_template
            .iter()
            .map(|(t, sum)| {
                (Counted::name(*t), json!({ "commands": sum.commands, "bytes": sum.bytes }))
            })
            .collect();
        let [p50, p90, p99, max] = percents.map(|percent| c.size_at(percent));
        let told = json!({
            "firstSeq": first_seq, "commands": c.commands, "batches": c.batches, "segments": files.segments().len(),
            "messages": by_template,
            "commandsPerBatch": { "p50": p50, "p90": p90, "p99": p99, "max": max },
            "bytes": {
                "commands": c.command_bytes, "headers": c.header_bytes, "padding": c.padding_bytes,
                "segments": length,
            },
            "seconds": (c.last_time - c.first_time) / SECOND_NS,
            "commandsPerSecond": { "mean": c.per_second(), "busiest": c.busiest },
        });
        writeln!(out, "{told}")?;
    } else {
        writeln!(
            out,
            "commands     {} in {} batches, from sequence {first_seq} on",
            grouped(c.commands),
            grouped(c.batches)
        )?;
        let mut rows: Vec<_> = c.by_template.iter().collect();
        rows.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.commands));
        for (template, sum) in rows {
            let (name, count, bytes) =
                (Counted::name(*template), grouped(sum.commands), grouped(sum.bytes));
            writeln!(out, "  {name:<20} {count:>14} {bytes:>18} bytes")?;
        }
        let sizes = percents.map(|percent| format!("p{percent} {}", c.size_at(percent)));
        writeln!(out, "in a batch   {}", sizes.join(" · ").replace("p100", "most"))?;
        writeln!(
            out,
            "bytes        {} of commands, {} of headers, {} of padding; {} in {} segments",
            grouped(c.command_bytes),
            grouped(c.header_bytes),
            grouped(c.padding_bytes),
            grouped(length),
            files.segments().len()
        )?;
        writeln!(
            out,
            "commands/s   {} over {} s · {} in the busiest second",
            grouped(c.per_second()),
            grouped((c.last_time - c.first_time) / SECOND_NS),
            grouped(c.busiest)
        )?;
    }
    Ok(())
}

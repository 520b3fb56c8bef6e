//! `journal replay`: all of a log through an engine; what it leads to, as hashes.

use super::outboxes::OutboxCheck;
use super::progress::Progress;
use super::{JournalFiles, Where, end_json, end_text, ends_well, grouped, open, time_text};
use crate::config::Config;
use anyhow::bail;
use engine::log::BatchRef;
use engine::{Engine, LOOK_AHEAD, Limits, NoSink, Sink, Step};
use sbe_schemas::header::Message;
use sbe_schemas::journal::VenueDefine;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Clone, Debug, clap::Args)]
pub(super) struct ReplayArgs {
    #[command(flatten)]
    journal: Where,
    /// Print the hashes every N batches as well.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
    /// Take memory for the sizes of this configuration. What decides rejects is in the log either
    /// way (docs/adr/007), so the hashes are the same.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Compare the outboxes (DATA/sessions) with the reports that come out.
    #[arg(long)]
    check_outboxes: bool,
    /// Say it as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ReplayArgs, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (mut files, length) = open(&args.journal.dir)?;
    let limits = match &args.config {
        Some(path) => Some(Config::read(path)?.engine_limits(hash_seed())),
        None => None,
    };
    let mut check = args.check_outboxes.then(|| OutboxCheck::new(files.data()));
    let begun = Instant::now();
    let mut replay = Replay { engine: None, limits, batches: 0, commands: 0 };
    let mut progress = Progress::new(length, "replaying");
    while let Some((place, batch)) = files.next_batch()? {
        progress.at(place);
        if replay.batches == 0 && batch.header.first_seq.get() != 1 {
            bail!(
                "the log begins at sequence {}: older segments are gone, and this tool replays from the \
                 beginning only",
                batch.header.first_seq
            );
        }
        match &mut check {
            Some(check) => replay.apply(&batch, check),
            None => replay.apply(&batch, &mut NoSink::default()),
        }
        if args.every.is_some_and(|every| replay.batches.is_multiple_of(every)) {
            replay.tell(args.json, out)?;
        }
    }
    drop(progress);
    let seconds = begun.elapsed().as_secs_f64();
    if let Some(check) = &mut check {
        check.finish()?;
    }
    tell_end(args, &files, &replay, check.as_ref(), seconds, out)?;
    let same = check.is_none_or(|check| check.different.is_empty());
    Ok(if same && ends_well(&files) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Replay {
    /// Made when the sizes in the log are known.
    engine: Option<Engine>,
    limits: Option<Limits>,
    batches: u64,
    commands: u64,
}

impl Replay {
    fn apply(&mut self, batch: &BatchRef<'_>, sink: &mut impl Sink) {
        let limits = self.limits;
        let engine = self
            .engine
            .get_or_insert_with(|| Engine::new(limits.unwrap_or_else(|| sizes_of(batch))));
        let first = batch.header.first_seq.get();
        engine.begin_batch(first, batch.header.time.get());
        assert_eq!(engine.step(sink), Step::Done, "this sink is never full");
        let mut commands = batch.commands();
        for n in 0.. {
            if n % LOOK_AHEAD as u64 == 0 {
                engine.look_ahead(&mut commands.clone());
            }
            let Some(command) = commands.next() else { break };
            let applied = engine.apply(first + n, command, sink);
            assert_eq!(applied, Step::Done, "this sink is never full");
        }
        engine.end_batch(batch.header.count.get(), sink);
        self.batches += 1;
        self.commands += u64::from(batch.header.count.get());
    }

    /// State hash and event hash.
    fn hashes(&self) -> [String; 2] {
        let of = |hash: fn(&Engine) -> u64| self.engine.as_ref().map_or(0, hash);
        [of(Engine::state_hash), of(Engine::event_hash)].map(|hash| format!("{hash:#018x}"))
    }

    fn tell(&self, as_json: bool, out: &mut impl Write) -> anyhow::Result<()> {
        let Some(engine) = &self.engine else { return Ok(()) };
        let ([state, events], seq) = (self.hashes(), engine.seq());
        let (batches, time) = (self.batches, time_text(engine.now()));
        if as_json {
            let told = json!({
                "batches": batches, "seq": seq, "time": time, "stateHash": state, "eventHash": events,
            });
            writeln!(out, "{told}")?;
        } else {
            writeln!(
                out,
                "batch {batches} · sequence {seq} · {time} · state {state} · events {events}"
            )?;
        }
        Ok(())
    }
}

/// The sizes that the first batch of a log defines.
fn sizes_of(first: &BatchRef<'_>) -> Limits {
    let mut limits = Limits { hash_seed: hash_seed(), ..Limits::default() };
    let define =
        first.commands().find_map(|c| VenueDefine::decode(c).ok().map(|(define, ..)| define));
    let Some(define) = define else { return limits };
    for (size, wished) in [
        (&mut limits.sessions_max, define.sessions_max),
        (&mut limits.instruments_max, define.instruments_max),
        (&mut limits.orders_max, define.orders_max),
        (&mut limits.pages_max, define.pages_max),
        (&mut limits.accounts_max, define.accounts_max),
        (&mut limits.assets_max, define.assets_max),
    ] {
        if wished.get() != 0 {
            *size = wished.get() as usize;
        }
    }
    limits
}

/// Another one every time, as in a venue: no state depends on it, and names in the log may be hostile.
fn hash_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

fn tell_end(
    args: &ReplayArgs,
    files: &JournalFiles,
    replay: &Replay,
    check: Option<&OutboxCheck>,
    seconds: f64,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let [state, events] = replay.hashes();
    let rate = (replay.commands as f64 / seconds.max(1e-9)) as u64;
    let (seq, open, feed) = replay
        .engine
        .as_ref()
        .map_or((0, 0, 1), |engine| (engine.seq(), engine.open_orders(), engine.feed_seq()));
    if args.json {
        let told = json!({
            "commands": replay.commands, "batches": replay.batches, "seq": seq,
            "stateHash": state, "eventHash": events, "openOrders": open, "nextFeedSeq": feed,
            "seconds": seconds, "commandsPerSecond": rate,
            "outboxes": check.map(OutboxCheck::json), "end": end_json(files),
        });
        writeln!(out, "{told}")?;
        return Ok(());
    }
    writeln!(
        out,
        "replayed {} commands in {} batches, to sequence {seq}: {seconds:.3} s, {} commands/s",
        grouped(replay.commands),
        grouped(replay.batches),
        grouped(rate)
    )?;
    writeln!(out, "  state hash {state}\n  event hash {events}")?;
    writeln!(out, "  open orders {open} · next feed sequence {feed}")?;
    if let Some(check) = check {
        writeln!(out, "  outboxes   {}", check.text())?;
    }
    if let Some(end) = end_text(files) {
        writeln!(out, "  ends       {end}")?;
    }
    Ok(())
}

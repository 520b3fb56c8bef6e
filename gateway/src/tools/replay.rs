//! `journal replay`: a log through an engine, from its beginning or from a snapshot; what it leads to,
//! as hashes.

use super::outboxes::{OutboxCheck, missing_behind};
use super::progress::Progress;
use super::snapshots::{Whole, hash_text};
use super::waypoints::{From, Waypoints, begin};
use super::{
    End, JournalFiles, Where, end_json, end_text, ends_well, grouped, newer_rules, open, time_text,
    until_read,
};
use crate::config::Config;
use crate::snapshots::restore;
use anyhow::{Context, bail};
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
    /// Begin from a snapshot: `newest`, `oldest`, `none`, or a file. Left out: `none` if the log begins
    /// at sequence 1, else `oldest`. Snapshots that are passed on the way are compared.
    #[arg(long, value_name = "WHICH")]
    from_snapshot: Option<From>,
    /// Compare the outboxes (DATA/sessions) with the reports that come out; behind a snapshot also that
    /// the messages it counts on are there.
    #[arg(long)]
    check_outboxes: bool,
    /// Say it as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ReplayArgs, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let limits = match &args.config {
        Some(path) => Some(Config::read(path)?.engine_limits(hash_seed())),
        None => None,
    };
    until_read(|| {
        let (mut files, length) = open(&args.journal.dir)?;
        let from = begin(args.from_snapshot.as_ref(), &files)?;
        let mut replay = Replay::new(limits, from.as_ref())?;
        if let Some(from) = &from {
            files.begin_at(from.tail);
        }
        let mut waypoints = Waypoints::new(&files, replay.seq())?;
        let mut check = match (args.check_outboxes, &replay.engine) {
            (false, _) => None,
            (true, None) => Some(OutboxCheck::new(&files.data(), Vec::new())),
            (true, Some(begun)) => {
                let behind = missing_behind(&files.data(), begun)?;
                Some(OutboxCheck::new(&files.data(), behind))
            }
        };
        let begun = Instant::now();
        let mut progress = Progress::new(length, "replaying");
        while let Some((place, batch)) = files.next_batch()? {
            progress.at(place);
            if let Some(newer) = newer_rules(&batch) {
                let path = files.segments()[place.segment].display();
                bail!("{path}: the batch at byte {} {newer}", place.at);
            }
            match &mut check {
                Some(check) => replay.apply(&batch, check),
                None => replay.apply(&batch, &mut NoSink::default()),
            }
            if let Some(engine) = &replay.engine {
                waypoints.at(engine, files.stands());
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
        let end = files.end();
        let recycled = matches!(end, End::Recycled { .. });
        let same = waypoints.agree() && check.as_ref().is_none_or(OutboxCheck::agrees);
        let code = if same && ends_well(&files) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        let ended = Ended { files, replay, from, waypoints, check, seconds };
        if !recycled {
            ended.tell(args.json, out)?;
        }
        Ok((code, end))
    })
}

struct Replay {
    /// Made when the sizes in the log are known.
    engine: Option<Engine>,
    limits: Option<Limits>,
    batches: u64,
    commands: u64,
}

impl Replay {
    /// At the beginning of the log, or where a snapshot stands.
    fn new(limits: Option<Limits>, from: Option<&Whole>) -> anyhow::Result<Self> {
        let engine = match from {
            None => None,
            Some(from) => {
                let limits = limits.unwrap_or_else(|| from.header.limits(hash_seed()));
                let restored = restore(limits, &from.bytes);
                Some(restored.with_context(|| from.path.display().to_string())?)
            }
        };
        Ok(Self { engine, limits, batches: 0, commands: 0 })
    }

    fn seq(&self) -> u64 {
        self.engine.as_ref().map_or(0, Engine::seq)
    }

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
        [of(Engine::state_hash), of(Engine::event_hash)].map(hash_text)
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

/// A replay that has come to its end.
struct Ended {
    files: JournalFiles,
    replay: Replay,
    from: Option<Whole>,
    waypoints: Waypoints,
    check: Option<OutboxCheck>,
    seconds: f64,
}

impl Ended {
    fn rate(&self) -> u64 {
        (self.replay.commands as f64 / self.seconds.max(1e-9)) as u64
    }

    fn tell(&self, as_json: bool, out: &mut impl Write) -> anyhow::Result<()> {
        if as_json {
            return Ok(writeln!(out, "{}", self.json())?);
        }
        let Self { replay, seconds, .. } = self;
        let (commands, batches) = (grouped(replay.commands), grouped(replay.batches));
        let (seq, rate) = (replay.seq(), grouped(self.rate()));
        writeln!(
            out,
            "replayed {commands} commands in {batches} batches, to sequence {seq}: {seconds:.3} s, {rate} \
             commands/s"
        )?;
        match &self.from {
            None => writeln!(out, "  begun from the beginning of the log")?,
            Some(from) => {
                writeln!(out, "  begun from {}, sequence {}", from.path.display(), from.seq())?
            }
        }
        let [state, events] = replay.hashes();
        writeln!(out, "  state hash {state}\n  event hash {events}")?;
        let (open, feed) = self.numbers();
        writeln!(out, "  open orders {open} · next feed sequence {feed}")?;
        if let Some(text) = self.waypoints.text() {
            writeln!(out, "  snapshots  {text}")?;
        }
        if let Some(check) = &self.check {
            writeln!(out, "  outboxes   {}", check.text(self.files.first_seq()))?;
        }
        if let Some(end) = end_text(&self.files) {
            writeln!(out, "  ends       {end}")?;
        }
        Ok(())
    }

    fn json(&self) -> serde_json::Value {
        let ([state, events], (open, feed)) = (self.replay.hashes(), self.numbers());
        let from = self
            .from
            .as_ref()
            .map(|from| json!({ "file": from.path.display().to_string(), "seq": from.seq() }));
        json!({
            "commands": self.replay.commands, "batches": self.replay.batches, "seq": self.replay.seq(),
            "from": from, "snapshots": self.waypoints.json(),
            "stateHash": state, "eventHash": events, "openOrders": open, "nextFeedSeq": feed,
            "seconds": self.seconds, "commandsPerSecond": self.rate(),
            "outboxes": self.check.as_ref().map(OutboxCheck::json), "end": end_json(&self.files),
        })
    }

    /// Open orders, next sequence of the feed.
    fn numbers(&self) -> (usize, u64) {
        let engine = self.replay.engine.as_ref();
        engine.map_or((0, 1), |engine| (engine.open_orders(), engine.feed_seq()))
    }
}

//! `portcullis-perf recover`: how long a start takes, from a snapshot and from the beginning of the log.
//!
//! A flow goes through an engine and into a real journal, as a gateway would have written it. With the
//! prefill in it the state is saved: so many orders are open. Then a venue is started twice on that
//! directory, up to where it would let clients in: once from the snapshot, which replays the measured
//! segment, once from the beginning. Both must come to the same state, or there is no result.

use super::engine_layer::EngineLayer;
use super::{Layer, Segments, Total, plan};
use crate::flow::{Flow, Tape};
use anyhow::{Context, anyhow, ensure};
use clap::Args;
use engine::log::Tail;
use engine::partition::{Inputs, Wish};
use engine::{AppendError, CommandBuffer, Engine, Limits, Log, LogEvent, NoSink, Partition};
use gateway::io::RealDisk;
use gateway::journal::{Begin, Durability, Journal, Settings};
use gateway::snapshots::Snapshots;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PARTITION: u32 = 1;

const HELP: &str = "\
What it prints
  snapshot   What the saved state takes on disk, and the orders that are open in it.
  restart    From the snapshot until clients would be let in: reading and checking the snapshot, the
             two engines of a venue, checking the log behind it, replaying it.
  replay     The same without a snapshot, from the beginning of the log. The rate is that of applying
             commands; before it memory is taken and the whole log is checked.

Examples
  portcullis-perf flow big.flow --live 1000000 --depth 200 --ops 1000000
  portcullis-perf recover big.flow --data /mnt/disk/recover

The directory must be empty; it stays, for `portcullis journal verify` and others.";

/// Which flow, and where.
#[derive(Args, Debug)]
#[command(after_long_help = HELP)]
pub(crate) struct RecoverArgs {
    /// A file drawn by `portcullis-perf flow`.
    flow: PathBuf,
    /// Data directory: about 300 bytes for each operation of the flow, and for each open order.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Print JSON and nothing else.
    #[arg(long)]
    json: bool,
}

/// Runs it; returns what to print.
///
/// # Errors
/// A file that is no flow, a directory that is not empty, states that differ.
pub(crate) fn run(args: &RecoverArgs) -> anyhow::Result<String> {
    let flow = Flow::read(&args.flow)?;
    ensure!(
        !args.data.join("journal").exists(),
        "{}: there is a journal already. Give another directory, or remove it",
        args.data.display()
    );
    let limits = write(&flow, &args.data)?;
    let snapshots = Snapshots::on(RealDisk, &args.data);
    let path = snapshots.list()?.pop().context("the snapshot that was just written")?;
    let snapshot_bytes = std::fs::metadata(&path)?.len();

    let restart = start(&args.data, limits, true)?;
    let replay = start(&args.data, limits, false)?;
    ensure!(
        restart.state_hash == replay.state_hash,
        "from the snapshot the state is {:016x}, from the log {:016x}",
        restart.state_hash,
        replay.state_hash
    );
    let rate = |commands: u64, took: Duration| commands as u128 * 1000 / took.as_millis().max(1);
    let rate_all = rate(replay.commands, replay.replayed);
    if args.json {
        let told = json!({
            "snapshot": { "bytes": snapshot_bytes, "openOrders": restart.open_orders },
            "restart": {
                "ms": restart.took.as_millis() as u64,
                "replayMs": restart.replayed.as_millis() as u64,
                "commandsReplayed": restart.commands,
            },
            "replay": {
                "ms": replay.took.as_millis() as u64,
                "replayMs": replay.replayed.as_millis() as u64,
                "commandsReplayed": replay.commands,
                "commandsPerSecond": rate_all as u64,
            },
            "stateHash": format!("{:016x}", replay.state_hash),
        });
        return Ok(told.to_string());
    }
    Ok(format!(
        "snapshot   {} MiB, {} open orders\n\
         restart    {} ms, {} commands replayed behind the snapshot\n\
         replay     {} ms from the beginning; of that {} ms for {} commands: {} commands/s\n\
         both       come to the state {:016x}",
        snapshot_bytes >> 20,
        restart.open_orders,
        restart.took.as_millis(),
        restart.commands,
        replay.took.as_millis(),
        replay.replayed.as_millis(),
        replay.commands,
        rate_all,
        replay.state_hash
    ))
}

/// Plays the flow into a journal under `data`; the state behind its prefill becomes a snapshot.
fn write(flow: &Flow, data: &Path) -> anyhow::Result<Limits> {
    let segments = Segments::of(flow, u64::MAX);
    let script = EngineLayer::script(flow, plan(flow, &segments))?;
    let mut journal = open(data, None)?;
    while !matches!(journal.poll(), LogEvent::Leading { .. }) {}
    let reader = journal.reader(None);
    let mut layer = EngineLayer::with_log(
        &script,
        Box::new(move |commands, time| {
            append(&mut journal, commands, time);
        }),
    )?;
    let (mut watch, mut tape) = (Total::default(), Tape::default());
    layer.replay(flow, &script, segments.prefill, &mut watch, &mut tape)?;
    let tail = tail_behind(reader, layer.engine().seq())?;
    Snapshots::on(RealDisk, data).write(tail, layer.engine())?;
    layer.replay(flow, &script, segments.measured, &mut watch, &mut tape)?;
    Ok(*layer.engine().limits())
}

fn open(data: &Path, begin: Option<Begin>) -> anyhow::Result<Journal> {
    let settings = Settings::new(PARTITION, Durability::Process);
    let mut journal = Journal::open(RealDisk, data, settings, begin)?;
    journal.keep_on_thread();
    Ok(journal)
}

/// Waits for a segment where one is being made.
fn append(journal: &mut Journal, commands: &CommandBuffer, time: u64) {
    loop {
        match journal.append(commands, time) {
            Ok(()) => break,
            Err(AppendError::Full) => std::thread::yield_now(),
            Err(AppendError::NotLeader) => unreachable!("it has said that it leads"),
        }
    }
    while let LogEvent::Committed(_) = journal.poll() {
        journal.release();
    }
}

/// Where the log stands behind a sequence.
fn tail_behind(mut reader: gateway::journal::JournalReader, seq: u64) -> anyhow::Result<Tail> {
    while reader.tail().next_seq <= seq {
        ensure!(reader.next_batch()?.is_some(), "the journal ends before sequence {seq}");
    }
    Ok(reader.tail())
}

/// What a start has come to.
struct Started {
    took: Duration,
    /// Of that, applying commands; before it memory was taken and the log checked.
    replayed: Duration,
    commands: u64,
    open_orders: usize,
    state_hash: u64,
}

/// A journal that is read and never led: it stays as it is for the next start.
struct ReadOnly(Journal);

impl Log for ReadOnly {
    fn append(&mut self, _: &CommandBuffer, _: u64) -> Result<(), AppendError> {
        Err(AppendError::NotLeader)
    }

    fn poll(&mut self) -> LogEvent<'_> {
        match self.0.poll() {
            LogEvent::Leading { .. } => LogEvent::Nothing,
            event => event,
        }
    }

    fn release(&mut self) {
        self.0.release();
    }

    fn snapshot_taken(&mut self, _: u64) {}

    fn turn(&mut self, now: u64) -> usize {
        self.0.turn(now)
    }
}

/// Nobody asks for anything.
struct Nothing;

impl Inputs for Nothing {
    fn take(&mut self, _: &mut CommandBuffer) -> usize {
        0
    }
}

/// As a venue starts; ends where it would append its first batch.
fn start(data: &Path, limits: Limits, from_snapshot: bool) -> anyhow::Result<Started> {
    let begun = Instant::now();
    let found = if from_snapshot {
        let snapshots = Snapshots::on(RealDisk, data);
        snapshots.newest(PARTITION, limits, |_| Ok(()), |_, _| {})?
    } else {
        None
    };
    let (begin, understudy) = match found {
        Some(snapshot) => {
            (Some(Begin { tail: snapshot.tail, snapshot: snapshot.bytes }), snapshot.engine)
        }
        None => (None, Engine::new(limits)),
    };
    ensure!(from_snapshot == begin.is_some(), "the snapshot cannot be begun from");
    let journal = open(data, begin)?;
    let commands = journal.recovered().commands - understudy.seq();
    let open_orders = understudy.open_orders();
    let mut partition = Partition::new(limits, ReadOnly(journal), Wish::default());
    let prepared = begun.elapsed();
    let (end, mut sink) = (commands + understudy.seq(), NoSink::default());
    while partition.engine().seq() < end {
        if partition.turn(0, &mut Nothing, &mut sink) == 0 {
            return Err(anyhow!("the log ends at sequence {}", partition.engine().seq()));
        }
    }
    let took = begun.elapsed();
    // Up to here nothing is of this life: the two can be compared.
    let state_hash = partition.engine().state_hash();
    Ok(Started { took, replayed: took - prepared, commands, open_orders, state_hash })
}

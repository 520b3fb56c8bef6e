//! `portcullis-perf match`: a flow through the engine, or through its book alone; how fast, how much
//! memory, and whether the trades are right.
//!
//! Each repetition is a new layer: prefill (not timed), measured segment (timed in chunks; whatever
//! makes commands or reads results happens between chunks, with the watch stopped), sweep (not
//! timed). Trades and final books of every repetition must have the checksums of the reference
//! (`flow/reference.rs`), or there is no result. Times of single operations come from one more
//! repetition, so that their timers are not in the ns/op.
//! Next: `match_flow/engine_layer.rs`, `match_flow/book_layer.rs`, `match_flow/report.rs`.

mod book_layer;
mod engine_layer;
mod memory;
pub(crate) mod recover;
mod report;
#[cfg(test)]
mod tests;
mod watch;

use crate::flow::reference::{Books, Size};
use crate::flow::{Flow, Kind, Op, Tape, Trade};
use anyhow::ensure;
use book_layer::BookLayer;
use clap::{Args, ValueEnum};
use engine_layer::EngineLayer;
use report::MatchReport;
use std::io::IsTerminal;
use std::ops::Range;
use std::path::PathBuf;
use watch::{Each, Total, Watch};

/// Operations that are made ready at a time, and then timed as one.
const CHUNK_OPS: usize = 256;
/// Orders and prices beyond what is ever open: those that only pass through.
const SPARE: usize = 1024;

const HELP: &str = "\
What it prints
  ns/op      Time of the measured segment per operation: median and best repetition. Making commands
             and reading results is not in it.
  Mop/s      The same, as million operations per second.
  one by one With --latency. What stands around a batch (64 commands) is not in it; the timer is.
  memory     Most that was resident, and how much of it came after the flow was loaded.
  trades     Checksums of the trades after the measured segment (tape) and after market orders that
             consume all that rests (book). Each repetition must agree with a simple reference, or
             nothing is printed but the error.

Examples
  portcullis-perf flow busy.flow                          draw a file first
  portcullis-perf match busy.flow                         the whole engine
  portcullis-perf match busy.flow --layer book --latency  the book alone, operation by operation
  portcullis-perf match busy.flow --ops 100000 --reps 20  a shorter segment, more often

Times on a shared machine differ from minute to minute: compare runs that were made side by side.";

/// How to replay which file.
#[derive(Args, Debug)]
#[command(after_long_help = HELP)]
pub(crate) struct MatchArgs {
    /// A file drawn by `portcullis-perf flow`.
    flow: PathBuf,
    /// What to measure.
    #[arg(long, value_enum, default_value_t = LayerName::Engine)]
    layer: LayerName,
    /// Repetitions, each from empty books.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    reps: u32,
    /// Stop the measured segment after so many operations. The final books are then others than
    /// those of the whole file, and so is the checksum.
    #[arg(long, value_name = "N", default_value_t = u64::MAX, hide_default_value = true, value_parser = clap::value_parser!(u64).range(1..))]
    ops: u64,
    /// One more repetition with a timer around each operation. The timer's own time is in these
    /// figures; it is measured and printed.
    #[arg(long)]
    latency: bool,
    /// Print JSON and nothing else.
    #[arg(long)]
    json: bool,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LayerName {
    /// The engine's book alone: no session, name, report or feed message. Cancels name OrderID.
    Book,
    /// The engine: 64 sessions, commands as a gateway writes them in batches of 64, reports and
    /// feed messages into a ring of 4096 slots. Cancels name OrigClOrdID. No wire, log or thread.
    Engine,
}

/// Runs it; returns what to print.
///
/// # Errors
/// A file that is no flow, or trades that differ from the reference.
pub(crate) fn run(args: &MatchArgs) -> anyhow::Result<String> {
    let flow = Flow::read(&args.flow)?;
    let report = match args.layer {
        LayerName::Engine => measure::<EngineLayer>(args, &flow)?,
        LayerName::Book => measure::<BookLayer>(args, &flow)?,
    };
    Ok(if args.json { report.json().to_string() } else { report.text() })
}

/// Something that matches a flow.
trait Layer: Sized {
    /// What is worked out before the first repetition: how large to be, what to say.
    type Script;

    /// Works it out.
    fn script(flow: &Flow, plan: Plan) -> anyhow::Result<Self::Script>;

    /// Ready for the first operation.
    fn new(script: &Self::Script) -> anyhow::Result<Self>;

    /// Plays these operations of the flow, which follow those played before, and adds their trades
    /// to `tape`. The watch runs only while the layer does what is to be measured.
    fn replay<W: Watch>(
        &mut self,
        flow: &Flow,
        script: &Self::Script,
        ops: Range<usize>,
        watch: &mut W,
        tape: &mut Tape,
    ) -> anyhow::Result<()>;
}

/// What the reference says of a flow.
struct Plan {
    segments: Segments,
    /// Most that is open at any time.
    most: Size,
    /// For each replace, in order, what it must say as OrderQty (the filled part included).
    replaced: Vec<Replaced>,
    checksums: Checksums,
}

/// How a replace of the flow (cancel, and enter anew) is told to an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Replaced {
    /// As one replace to this OrderQty in lots, the part that is filled included.
    ByReplace { total: u64 },
    /// As a cancel and a new order: an engine may leave an order in its place that asks for no more
    /// at the price it has.
    ByCancelAndNew,
}

/// Trades after the measured segment, and after the sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Checksums {
    tape: Tape,
    book: Tape,
}

/// The three segments of a replay.
#[derive(Clone, Debug)]
struct Segments {
    prefill: Range<usize>,
    measured: Range<usize>,
    sweep: Range<usize>,
}

impl Segments {
    fn of(flow: &Flow, ops_max: u64) -> Self {
        Self { prefill: flow.prefill(), measured: flow.measured(ops_max), sweep: flow.sweep() }
    }

    /// Operation `at` of the flow is replayed.
    fn hold(&self, at: usize) -> bool {
        [&self.prefill, &self.measured, &self.sweep].iter().any(|segment| segment.contains(&at))
    }
}

fn measure<L: Layer>(args: &MatchArgs, flow: &Flow) -> anyhow::Result<MatchReport> {
    let segments = Segments::of(flow, args.ops);
    ensure!(!segments.measured.is_empty(), "{}: nothing to measure in it", args.flow.display());
    let progress = Progress::new(args.json);
    progress.show("reference");
    let plan = plan(flow, &segments);
    let (checksums, most) = (plan.checksums, plan.most);
    progress.show("script");
    let script = L::script(flow, plan)?;

    let before = memory::start();
    let mut peak = None;
    let mut run_ns = Vec::new();
    for rep in 1..=args.reps {
        progress.show(&format!("repetition {rep} of {}", args.reps));
        let mut watch = Total::default();
        let seen = replay::<L, _>(flow, &script, &segments, &mut watch)?;
        check(rep, seen, checksums)?;
        run_ns.push(watch.ns());
        // Later ones may find memory that this process has kept.
        peak = peak.or_else(memory::peak_kib);
    }
    let mut each = None;
    if args.latency {
        progress.show("times of single operations");
        let mut watch = Each::new(segments.measured.len());
        check(args.reps + 1, replay::<L, _>(flow, &script, &segments, &mut watch)?, checksums)?;
        each = Some(watch.figures());
    }
    run_ns.sort_unstable();
    Ok(MatchReport {
        file: args.flow.display().to_string(),
        layer: args.layer,
        ops: segments.measured.len() as u64,
        cut: segments.measured.len() as u64 != flow.header.measured,
        symbols: flow.header.symbols,
        most,
        run_ns,
        each,
        memory: before.zip(peak),
        checksums,
    })
}

/// What the feed is told of a flow, from the definition of the venue to the last measured operation: 64 commands
/// to a batch.
///
/// # Errors
/// An engine that refuses an order of it.
pub(crate) fn feed_events(flow: &Flow) -> anyhow::Result<Vec<engine::Event>> {
    let segments = Segments::of(flow, u64::MAX);
    let script = EngineLayer::script(flow, plan(flow, &segments))?;
    let mut layer = EngineLayer::that_hears(&script)?;
    let (mut watch, mut tape) = (Total::default(), Tape::default());
    layer.replay(flow, &script, segments.prefill, &mut watch, &mut tape)?;
    layer.replay(flow, &script, segments.measured, &mut watch, &mut tape)?;
    Ok(layer.heard())
}

/// One repetition.
fn replay<L: Layer, W: Watch>(
    flow: &Flow,
    script: &L::Script,
    segments: &Segments,
    watch: &mut W,
) -> anyhow::Result<Checksums> {
    let mut layer = L::new(script)?;
    let mut book = Tape::default();
    let mut unwatched = Total::default();
    layer.replay(flow, script, segments.prefill.clone(), &mut unwatched, &mut book)?;
    layer.replay(flow, script, segments.measured.clone(), watch, &mut book)?;
    let tape = book;
    layer.replay(flow, script, segments.sweep.clone(), &mut unwatched, &mut book)?;
    Ok(Checksums { tape, book })
}

fn check(rep: u32, seen: Checksums, wanted: Checksums) -> anyhow::Result<()> {
    let differ = |what: &str, seen: Tape, wanted: Tape| {
        ensure!(
            seen == wanted,
            "repetition {rep}: wrong {what}: checksum {:016x} of {} trades, of the reference {:016x} \
             of {}. A matcher that is wrong is not measured",
            seen.hash,
            seen.trades,
            wanted.hash,
            wanted.trades,
        );
        Ok(())
    };
    differ("trades", seen.tape, wanted.tape)?;
    differ("final books", seen.book, wanted.book)
}

/// Plays the flow on the reference.
fn plan(flow: &Flow, segments: &Segments) -> Plan {
    let replaces = flow.ops.iter().filter(|op| op.kind == Kind::Replace).count();
    let mut reference = Reference {
        books: Books::new(flow.header.symbols, flow.header.max_id as usize),
        totals: vec![0; flow.header.max_id as usize + 1],
        replaced: Vec::with_capacity(replaces),
        most: Size::default(),
        tape: Tape::default(),
    };
    reference.play(&flow.ops[segments.prefill.clone()]);
    reference.play(&flow.ops[segments.measured.clone()]);
    let tape = reference.tape;
    reference.play(&flow.ops[segments.sweep.clone()]);
    let Reference { most, replaced, tape: book, .. } = reference;
    let checksums = Checksums { tape, book };
    Plan { segments: segments.clone(), most, replaced, checksums }
}

/// The reference's books, and what an engine must be told beyond the flow.
struct Reference {
    books: Books,
    /// By id: OrderQty of the engine's order, whose filled part goes on through replaces.
    totals: Vec<u64>,
    replaced: Vec<Replaced>,
    most: Size,
    tape: Tape,
}

impl Reference {
    fn play(&mut self, ops: &[Op]) {
        for op in ops {
            if let Some(id) = op.new_id() {
                self.totals[id as usize] = u64::from(op.qty);
            }
            if op.kind == Kind::Replace {
                let replaced = self.replaced_by(op);
                if let Replaced::ByReplace { total } = replaced {
                    self.totals[op.id2 as usize] = total;
                }
                self.replaced.push(replaced);
            }
            let tape = &mut self.tape;
            self.books.apply(op, &mut |trade: Trade| tape.add(trade));
            let size = self.books.size();
            self.most.orders = self.most.orders.max(size.orders);
            self.most.prices = self.most.prices.max(size.prices);
        }
    }

    fn replaced_by(&self, op: &Op) -> Replaced {
        let before = self.totals[op.id as usize];
        let Some(resting) = self.books.live(op.id) else {
            return Replaced::ByReplace { total: u64::from(op.qty) };
        };
        let total = before - u64::from(resting.open) + u64::from(op.qty);
        if op.price == resting.price && total <= before {
            Replaced::ByCancelAndNew
        } else {
            Replaced::ByReplace { total }
        }
    }
}

/// What is being done, on the terminal.
struct Progress {
    shown: bool,
}

impl Progress {
    fn new(quiet: bool) -> Self {
        Self { shown: !quiet && std::io::stderr().is_terminal() }
    }

    fn show(&self, what: &str) {
        if self.shown {
            eprint!("\r\x1b[Kmatch: {what}");
        }
    }
}

/// Nothing of it stays, whether there is a result or an error.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}

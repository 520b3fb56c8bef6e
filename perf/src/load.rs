//! `portcullis-perf load`: many sessions at a rate, or at a depth.
//!
//! ```text
//! load.rs          arguments, one run, or the search for the highest rate
//! load/fleet.rs    the sessions, served by one thread
//! load/play.rs     who asks when, and how long it took: open and closed loop
//! load/result.rs   what was measured, as text and JSON
//! ```

mod fleet;
mod play;
mod result;

use crate::latency::Protocol;
use crate::mix::Mix;
use crate::venue::{self, StartArgs, Venue};
use anyhow::{Context, bail, ensure};
use clap::Args;
use fleet::{Fleet, Names};
use play::{Outcome, Pace, Play, Span};
use result::{LoadReport, Memory, Step};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The first rate of a search, requests a second.
const FIRST_RATE: u64 = 1_000;
const RATE_MAX: u64 = 10_000_000;
/// A search ends when the rates that hold and do not hold are closer than this, percent.
const SEARCH_PERCENT: u64 = 5;
/// A search tries no rate at which fewer are due.
const REQUESTS_MIN: f64 = 10.0;
/// A rate is held when at least so many percent of what was due came back in time.
const ACHIEVED_PERCENT: u64 = 98;

const HELP: &str = "\
How it loads
  --rate R    open loop: R requests a second, evenly, whatever the venue does. Latency counts from when a
              request was due, so a pause is seen by all that it delays (coordinated omission corrected).
  --depth D   closed loop: every session has D requests on their way; a slow answer slows the load down.
              Says how much goes through, not how long clients at a given rate wait.

What it prints
  order, cancel (or trade)   due to answered
  service                    sent to answered: what an uncorrected tool would tell
  client late                due to sent. Where this is near the latency, the client is the bottleneck
  lost, held back, pushed back   never answered; had 8192 on its way already; kernel took no more bytes
  venue                      its processor time for each request, its memory, and that of a session: what a
                             logon adds, and what one more adds to a venue that is started with room for it.
                             Known with --start, all but the last with --pid of a venue on this machine

Examples
  portcullis-perf load --start --durability process --rate 5000
  portcullis-perf load --start --sessions 1000 --rate 20000 --mix trade --protocol sbe
  portcullis-perf load --start --sessions 1 --idle 999 --rate 5000
  portcullis-perf load --start --sessions 16 --find-max --p99-us 1000 --json > max.json
  portcullis-perf load --connect 10.0.0.5:9001 --prefix CLIENT --sessions 8 --mix limit-cancel --depth 1

limit-cancel with --depth 1 is the workload of AWS's trading-latency-benchmark: a limit order at a random
side of a random instrument, its cancel when it is acknowledged, and so on.";

/// How many, how much, how long.
#[derive(Args, Debug)]
#[command(after_long_help = HELP)]
pub(crate) struct LoadArgs {
    #[command(flatten)]
    venue: StartArgs,
    /// Where a running venue takes the protocol. Default: the demo venue's port.
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "start")]
    connect: Option<SocketAddr>,
    /// What to speak.
    #[arg(long, value_enum, default_value_t = Protocol::Fix)]
    protocol: Protocol,
    /// Sessions that trade.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=4000))]
    sessions: u16,
    /// Sessions that are logged on and do nothing.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=4000))]
    idle: u16,
    /// Sessions are this and a number from 1; password or key is the name in lower case. Default: the demo's.
    #[arg(long, value_name = "NAME", conflicts_with = "start")]
    prefix: Option<String>,
    /// TargetCompID (56).
    #[arg(long, value_name = "NAME", default_value = "PORTCULLIS")]
    comp_id: String,
    /// What they ask for.
    #[arg(long, value_enum, default_value_t = Mix::OrderCancel)]
    mix: Mix,
    /// Instruments, their books empty. Default: ACME; for limit-cancel all three of the demo venue.
    #[arg(long, value_name = "SYMBOL,…", value_delimiter = ',')]
    symbols: Option<Vec<String>>,
    /// Open loop: requests a second, of all sessions together.
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u64).range(1..=RATE_MAX), conflicts_with = "depth")]
    rate: Option<u64>,
    /// Closed loop: requests on their way, for each session. Default, without a rate: 1.
    #[arg(long, value_name = "D", value_parser = clap::value_parser!(u16).range(1..=1024))]
    depth: Option<u16>,
    /// Seconds that are measured; of a search, for each rate that it tries.
    #[arg(long, value_name = "S", default_value_t = 5.0, value_parser = seconds)]
    seconds: f64,
    /// Seconds before those.
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = seconds)]
    warmup: f64,
    /// Search the highest rate that keeps p99 within --p99-us and loses nothing.
    #[arg(long, conflicts_with = "depth")]
    find_max: bool,
    /// Of the search: the highest p99 that is good enough, microseconds, from due to answered.
    #[arg(long, value_name = "US", default_value_t = 1_000, requires = "find_max", value_parser = clap::value_parser!(u64).range(1..=60_000_000))]
    p99_us: u64,
    /// Process of a running venue on this machine, for its memory and processor time.
    #[arg(long, value_name = "PID", conflicts_with = "start")]
    pid: Option<u32>,
    /// Never sleep. Needs a core of its own.
    #[arg(long)]
    spin: bool,
    /// Write the latency's percentiles to this file, as HdrHistogram's tools read them.
    #[arg(long, value_name = "FILE")]
    hgrm: Option<PathBuf>,
    /// Print JSON and nothing else.
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(s) if (0.05..=86_400.0).contains(&s) => Ok(s),
        _ => Err("not a number of seconds from 0.05 to 86400".into()),
    }
}

/// Runs it; returns what to print.
///
/// # Errors
/// No venue, a refused logon, a reject, a lost connection, a file that cannot be written.
pub(crate) fn run(args: &LoadArgs) -> anyhow::Result<String> {
    let sessions = usize::from(args.sessions) + usize::from(args.idle);
    let small_kib = small_kib(args, sessions)?;
    let started = match args.venue.start {
        true => Some(Venue::start(&args.venue, args.protocol, sessions)?),
        false => None,
    };
    let pid = started.as_ref().map(Venue::pid).or(args.pid);
    let mut fleet = Fleet::new(args.address(started.as_ref()), args.names(), args.spin)?;
    let memory = log_on(&mut fleet, sessions, pid, small_kib)?;
    let mut play = Play::new(usize::from(args.sessions));
    let (steps, found) = match args.find_max {
        true => find_max(args, &mut play, &mut fleet, pid)?,
        false => (vec![step(args, &mut play, &mut fleet, args.pace(), pid)?], None),
    };
    let memory = match (memory, pid) {
        (Some(memory), Some(pid)) => {
            Some(Memory { after_kib: venue::resident_kib(pid)?, ..memory })
        }
        _ => None,
    };
    let pushed_back = fleet.seats.iter().map(|seat| seat.pushed_back).sum();
    fleet.log_out()?;
    let described = started.as_ref().map(|v| v.described.clone()).unwrap_or_default();
    let report = LoadReport { args, steps, found, memory, pushed_back, venue: described };
    if let Some(file) = &args.hgrm {
        std::fs::write(file, report.told().outcome.all().hgrm())
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(if args.json { report.json().to_string() } else { report.text() })
}

/// Resident memory of a venue that has room for one session and one in it: what all others add is theirs,
/// also what is taken for them at start. `None`: it is not ours to start, or there is only one.
fn small_kib(args: &LoadArgs, sessions: usize) -> anyhow::Result<Option<u64>> {
    if !args.venue.start || sessions == 1 {
        return Ok(None);
    }
    let venue = Venue::start(&args.venue, args.protocol, 1)?;
    let mut fleet = Fleet::new(venue.address(args.protocol), args.names(), args.spin)?;
    fleet.log_on(1)?;
    let kib = venue::resident_kib(venue.pid())?;
    fleet.log_out()?;
    Ok(Some(kib))
}

/// All sessions, and the venue's memory before, with one of them, and with all.
fn log_on(
    fleet: &mut Fleet,
    sessions: usize,
    pid: Option<u32>,
    small_kib: Option<u64>,
) -> anyhow::Result<Option<Memory>> {
    let resident = || pid.map(venue::resident_kib).transpose();
    fleet.log_on(1)?;
    let one_kib = resident()?;
    fleet.log_on(sessions)?;
    let all_kib = resident()?;
    Ok(one_kib.zip(all_kib).map(|(one_kib, all_kib)| Memory {
        small_kib,
        one_kib,
        all_kib,
        after_kib: all_kib,
        sessions: sessions as u64,
    }))
}

/// One run at one pace.
fn step(
    args: &LoadArgs,
    play: &mut Play,
    fleet: &mut Fleet,
    pace: Pace,
    pid: Option<u32>,
) -> anyhow::Result<Step> {
    let span = Span {
        warmup: Duration::from_secs_f64(args.warmup),
        measured: Duration::from_secs_f64(args.seconds),
    };
    let title = match pace {
        Pace::Open(rate) => format!("{rate} requests/s"),
        Pace::Closed(depth) => format!("depth {depth}"),
    };
    let cpu = || pid.map(venue::cpu_ns).transpose();
    let before = cpu()?;
    let outcome = play.run(fleet, pace, span, (!args.json).then_some(title.as_str()))?;
    ensure!(
        outcome.answered > 0,
        "nothing was answered in the measured time: {} requests are lost",
        outcome.lost
    );
    let used = before.zip(cpu()?).map(|(before, after)| after.saturating_sub(before));
    let cpu_ns_per_request = used.map(|ns| ns / outcome.sent.max(1));
    Ok(Step { pace, outcome, cpu_ns_per_request })
}

/// Doubles the rate until it does not hold, then halves the distance. The highest that held is told.
fn find_max(
    args: &LoadArgs,
    play: &mut Play,
    fleet: &mut Fleet,
    pid: Option<u32>,
) -> anyhow::Result<(Vec<Step>, Option<usize>)> {
    let (mut steps, mut best): (Vec<Step>, Option<usize>) = (Vec::new(), None);
    let (mut holds, mut fails) = (0, RATE_MAX + 1);
    let mut rate = args.rate.unwrap_or(FIRST_RATE);
    loop {
        let step = step(args, play, fleet, Pace::Open(rate), pid)?;
        let lost = step.outcome.lost;
        if is_held(&step.outcome, rate, args.p99_us) {
            (holds, best) = (rate, Some(steps.len()));
        } else {
            fails = rate;
        }
        steps.push(step);
        // What is still to come would be taken for answers of the next rate.
        if lost > 0 || fails <= 1 || (fails - holds) * 100 <= fails * SEARCH_PERCENT {
            break;
        }
        rate = match (holds, fails) {
            (_, fails) if fails > RATE_MAX => (holds * 2).min(RATE_MAX),
            (0, fails) => (fails / 4).max(1),
            (holds, fails) => holds.midpoint(fails),
        };
        // So few requests have no p99.
        if rate == holds || rate as f64 * args.seconds < REQUESTS_MIN {
            break;
        }
    }
    if steps.is_empty() {
        bail!("no rate was tried");
    }
    Ok((steps, best))
}

fn is_held(outcome: &Outcome, rate: u64, p99_us: u64) -> bool {
    outcome.lost == 0
        && outcome.rate() * 100 >= rate * ACHIEVED_PERCENT
        && outcome.all().at_ns(0.99) <= p99_us * 1_000
}

impl LoadArgs {
    fn address(&self, started: Option<&Venue>) -> SocketAddr {
        let port = if self.protocol == Protocol::Fix { 9001 } else { 9002 };
        let demo = self.connect.unwrap_or(SocketAddr::from(([127, 0, 0, 1], port)));
        started.map_or(demo, |venue| venue.address(self.protocol))
    }

    fn names(&self) -> Names {
        let demo = if self.protocol == Protocol::Fix { "CLIENT" } else { "BINARY" };
        let usual = if self.venue.start { venue::SESSION } else { demo };
        let symbols: &[&str] = match self.mix {
            Mix::LimitCancel => &["ACME", "BTC-USD", "ETH-USD"],
            _ => &["ACME"],
        };
        let symbols = symbols.iter().map(|symbol| (*symbol).to_owned()).collect();
        Names {
            protocol: self.protocol,
            prefix: self.prefix.clone().unwrap_or_else(|| usual.to_owned()),
            venue: self.comp_id.clone(),
            symbols: self.symbols.clone().unwrap_or(symbols),
            mix: self.mix,
        }
    }

    fn pace(&self) -> Pace {
        match (self.rate, self.depth) {
            (Some(rate), _) => Pace::Open(rate),
            (None, depth) => Pace::Closed(depth.unwrap_or(1)),
        }
    }
}

//! The floor: what a machine takes for an order that nobody has to look at.
//!
//! Three kinds, each over the client and the loop that measure a venue:
//!
//! ```text
//! echo            a thread that reads requests and writes answers with plain blocking calls
//! skeleton        a process with the venue's own transport, rings and threads, and nothing in between (skeleton.rs)
//! durable write   one block on the device (machine.rs): what `disk` waits for at least
//! ```
//! How far above its floor a venue is can be compared between machines and days, where microseconds cannot. A
//! venue's floor is the skeleton of its own placement and, where it promises `disk`, one durable write on top.

use crate::Load;
use crate::cores::Cores;
use crate::drive::{Heard, Plan, Request, Talk, Timings, drive};
use crate::line::Line;
use crate::machine::{self, Machine};
use crate::report::{Distribution, FloorReport, MeasuredFloor};
use crate::skeleton::{Shape, Skeleton};
use anyhow::Context;
use clap::Args;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

/// About as long as a NewOrderSingle of `fix.rs`.
pub(crate) const REQUEST_BYTES: usize = 200;
/// About as long as the ExecutionReport that answers it.
pub(crate) const REPLY_BYTES: usize = 300;
/// Requests that the echo reads in one call.
const ECHO_REQUESTS_MAX: usize = 256;

const HELP: &str = "\
What it prints
  durable write   4 KiB around the page cache, on the device when the call returns: what `disk` waits for.
  UDP send        One datagram to a multicast group: what each packet of a feed costs.
  ring hop        From one thread to another by a ring of cache lines: what `split` placement adds, twice.
  clock           One reading of the clock.
  echo            The same client as `latency` over a plain TCP echo, the same sizes and the same loop.
  fused, split    The same over a process with the venue's own transport, rings and threads, and nothing in between.

Examples
  portcullis-perf floor
  portcullis-perf floor --directory /mnt/nvme --json > floor.json";

/// How much, and where to write.
#[derive(Args, Debug)]
#[command(after_long_help = HELP)]
pub(crate) struct FloorArgs {
    /// Where the durable write goes. Default: the system's temporary directory.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Transport of the skeletons: uring, mio or auto.
    #[arg(long, value_name = "WORD", default_value = "auto")]
    transport: String,
    #[command(flatten)]
    load: Load,
}

/// `portcullis-perf floor`.
///
/// # Errors
/// This machine's loopback does not work.
pub(crate) fn run(args: &FloorArgs) -> anyhow::Result<String> {
    Cores::put_client(args.load.cores)?;
    let directory = args.directory.clone().unwrap_or_else(std::env::temp_dir);
    let machine = Machine::measure(&directory)?;
    let floor = Under::echo().measure(&args.load)?;
    let skeletons = [
        skeleton(Shape::Fused, &args.transport, None, &args.load)?,
        skeleton(Shape::Split, &args.transport, None, &args.load)?,
    ];
    let report = FloorReport { load: args.load, floor, skeletons, machine };
    Ok(if args.load.json { report.json().to_string() } else { report.text() })
}

/// What a venue is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// What fits the started venue; of one that runs elsewhere nothing is known: the echo.
    Auto,
    /// The echo.
    Echo,
    /// The fused skeleton.
    Fused,
    /// The split skeleton.
    Split,
}

/// What is measured before and after a venue.
#[derive(Clone, Debug)]
pub(crate) struct Under {
    /// Beside the echo, this skeleton.
    pub(crate) shape: Option<Shape>,
    /// Of the skeleton.
    pub(crate) transport: String,
    /// Also durable writes there.
    pub(crate) writes_in: Option<PathBuf>,
}

impl Under {
    /// The echo alone.
    pub(crate) fn echo() -> Self {
        Self { shape: None, transport: "auto".into(), writes_in: None }
    }

    /// What ratios are to.
    pub(crate) fn name(&self) -> String {
        let write = if self.writes_in.is_some() { " + durable write" } else { "" };
        match self.shape {
            None => format!("TCP echo{write}"),
            Some(shape) => format!("{} skeleton{write}", shape.name()),
        }
    }

    /// One run over an echo, a skeleton and a file of our own.
    ///
    /// # Errors
    /// This machine's loopback does not work; the directory takes no durable writes.
    pub(crate) fn measure(&self, load: &Load) -> anyhow::Result<MeasuredFloor> {
        let timings = echo_timings(load)?;
        let elapsed = timings.elapsed;
        let of = |shape, writes_in| skeleton(shape, &self.transport, writes_in, load);
        let skeleton = self.shape.map(|shape| of(shape, None)).transpose()?;
        let write = self.writes_in.as_deref().map(machine::writes).transpose()?;
        let on_ring = self.shape == Some(Shape::Fused) && self.transport == "uring";
        let writes_in = self.writes_in.as_deref().filter(|_| on_ring);
        let writing = writes_in.map(|into| of(Shape::Fused, Some(into))).transpose()?;
        Ok(MeasuredFloor { echo: only_step(timings)?, elapsed, skeleton, write, writing })
    }
}

fn only_step(timings: Timings) -> anyhow::Result<Distribution> {
    timings.steps.into_iter().next().context("an echo has one step")
}

fn skeleton(
    shape: Shape,
    transport: &str,
    writes_in: Option<&Path>,
    load: &Load,
) -> anyhow::Result<Distribution> {
    let start = || Skeleton::start(shape, transport, writes_in);
    let skeleton = Cores::start_venue(load.cores, start)?;
    let timings = timings_of(skeleton.address, load).context("skeleton")?;
    skeleton.end()?;
    only_step(timings)
}

fn echo_timings(load: &Load) -> anyhow::Result<Timings> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen on loopback")?;
    let address = listener.local_addr()?;
    let echo = Cores::start_venue(load.cores, || {
        let thread = std::thread::Builder::new().name("echo".into());
        thread.spawn(move || echo(listener.accept()?.0)).context("cannot start the echo's thread")
    })?;
    let timings = timings_of(address, load).context("floor")?;
    echo.join().map_err(|_| anyhow::anyhow!("the echo's thread failed"))?.context("echo")?;
    Ok(timings)
}

/// The loop of `latency` with whoever answers there; hangs up at the end.
fn timings_of(address: SocketAddr, load: &Load) -> anyhow::Result<Timings> {
    let plan = Plan {
        rounds: load.orders,
        warmup: load.warmup,
        depth: load.depth,
        title: (!load.json).then_some("floor"),
    };
    let mut line = Line::connect(address, load.spin).context("cannot connect")?;
    drive(&mut line, &mut FixedSize, plan)
}

/// Answers until the peer hangs up.
fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = vec![0; REQUEST_BYTES * ECHO_REQUESTS_MAX];
    let mut replies = vec![0; REPLY_BYTES * ECHO_REQUESTS_MAX];
    let mut have = 0;
    loop {
        match stream.read(requests.get_mut(have..).unwrap_or_default())? {
            0 => return Ok(()),
            bytes => have += bytes,
        }
        let whole = have / REQUEST_BYTES;
        for (request, reply) in requests
            .chunks_exact(REQUEST_BYTES)
            .zip(replies.chunks_exact_mut(REPLY_BYTES))
            .take(whole)
        {
            if let Some(start) = reply.get_mut(..REQUEST_BYTES.min(REPLY_BYTES)) {
                start.copy_from_slice(request);
            }
        }
        stream.write_all(replies.get(..whole * REPLY_BYTES).unwrap_or_default())?;
        requests.copy_within(whole * REQUEST_BYTES..have, 0);
        have -= whole * REQUEST_BYTES;
    }
}

/// A request is its number and padding.
struct FixedSize;

impl Talk for FixedSize {
    const STEPS: usize = 1;

    fn ask(&mut self, request: &Request, out: &mut Vec<u8>) -> anyhow::Result<()> {
        out.extend_from_slice(&request.number.to_le_bytes());
        out.resize(out.len() + REQUEST_BYTES - size_of::<u64>(), b'.');
        Ok(())
    }

    fn hear(&mut self, received: &[u8], _: &mut Vec<u8>) -> anyhow::Result<Heard> {
        let Some(reply) = received.get(..REPLY_BYTES) else { return Ok(Heard::Incomplete) };
        let (number, _) = reply.split_first_chunk().context("an answer without a number")?;
        Ok(Heard::Answer { number: u64::from_le_bytes(*number), bytes: REPLY_BYTES })
    }
}

/// Both floors around a measurement.
#[derive(Debug)]
pub(crate) struct Floors {
    /// What they are.
    pub(crate) under: Under,
    /// Before it.
    pub(crate) before: MeasuredFloor,
    /// After it.
    pub(crate) after: MeasuredFloor,
}

/// Two floors further apart than this, in percent of the lower, say that the machine was not the
/// same machine before and after: no ratio then.
pub(crate) const FLOORS_APART_PERCENT_MAX: u64 = 15;

/// Measurements that are tried until two floors agree.
const ATTEMPTS: u32 = 3;

impl Floors {
    /// How far the medians are apart, in percent of the lower one, rounded up.
    pub(crate) fn apart_percent(&self) -> u64 {
        let (a, b) = (self.before.at_ns(0.5), self.after.at_ns(0.5));
        (a.abs_diff(b) * 100).div_ceil(a.min(b).max(1))
    }

    /// What to divide by at this quantile, nanoseconds: the mean of both. `None`: they disagree.
    pub(crate) fn at_ns(&self, quantile: f64) -> Option<u64> {
        let agree = self.apart_percent() <= FLOORS_APART_PERCENT_MAX;
        let mean = || self.before.at_ns(quantile).midpoint(self.after.at_ns(quantile)).max(1);
        agree.then(mean)
    }

    /// How many times the floor's each of these percentiles is.
    pub(crate) fn ratios(&self, times: &Distribution) -> Option<[f64; 4]> {
        let [a, b, c, d] = QUANTILES.map(|q| Some(times.at_ns(q) as f64 / self.at_ns(q)? as f64));
        Some([a?, b?, c?, d?])
    }
}

/// Those of which there are ratios.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];
/// What they are called in JSON.
const QUANTILE_KEYS: [&str; 4] = ["p50", "p90", "p99", "p99_9"];

impl Floors {
    /// Why there is no ratio.
    pub(crate) fn no_ratio(&self) -> String {
        format!(
            "NO RATIO: the floors before and after are {} % apart, more than \
             {FLOORS_APART_PERCENT_MAX} %. The machine was busy with something else: do not use these \
             times, run again",
            self.apart_percent(),
        )
    }

    /// A row of ratios under each of these, for people.
    pub(crate) fn rows(&self, of: &[(&str, &Distribution)]) -> Vec<String> {
        let mut lines = self.before.rows("before");
        lines.extend(self.after.rows("after"));
        lines.push(format!("times the {}:", self.under.name()));
        for (name, times) in of {
            match self.ratios(times) {
                Some(ratios) => {
                    let columns = ratios.map(|ratio| format!("{ratio:>9.2}x"));
                    lines.push(format!("{name:<14}{:>10}{}", "", columns.concat()));
                }
                None => return [lines, vec![self.no_ratio()]].concat(),
            }
        }
        lines
    }

    /// Both, and the ratios, for programs. `ratio_p50` and `ratio` are null when they disagree.
    pub(crate) fn tell(&self, of: &[(&str, &Distribution)], told: &mut Value) {
        told["floor"] = self.under.name().into();
        for (name, times) in of {
            let Some(ratios) = self.ratios(times) else { break };
            told["ratio_p50"][name] = ratios[0].into();
            for (key, ratio) in QUANTILE_KEYS.into_iter().zip(ratios) {
                told["ratio"][name][key] = ratio.into();
            }
        }
        told["floor_before"] = self.before.json();
        told["floor_after"] = self.after.json();
        told["floors_apart_percent"] = self.apart_percent().into();
        told["unreliable"] = self.at_ns(0.5).is_none().into();
    }
}

/// So many rounds between two floors each; those whose floors disagree are measured again, [`ATTEMPTS`] - 1 times
/// at most. Returns the round whose ratio is the median, and the ratios of all, `p50_ns` of the round over its floor's.
///
/// # Errors
/// Those of `measured`; this machine's loopback does not work.
pub(crate) fn around<T>(
    under: &Under,
    load: &Load,
    rounds: u16,
    mut measured: impl FnMut() -> anyhow::Result<T>,
    p50_ns: impl Fn(&T) -> u64,
) -> anyhow::Result<(T, Floors, Vec<f64>)> {
    let (mut good, mut bad, mut again) = (Vec::new(), None, 0);
    while good.len() < usize::from(rounds) {
        let before = under.measure(load)?;
        let what = measured()?;
        let floors = Floors { under: under.clone(), before, after: under.measure(load)? };
        if let Some(floor) = floors.at_ns(0.5) {
            good.push((p50_ns(&what) as f64 / floor as f64, what, floors));
            continue;
        }
        again += 1;
        eprintln!(
            "the floors before and after are {} % apart: unreliable, attempt {again} of {ATTEMPTS}",
            floors.apart_percent()
        );
        bad = Some((what, floors));
        if again == ATTEMPTS {
            break;
        }
    }
    good.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ratios: Vec<f64> = good.iter().map(|round| round.0).collect();
    if good.is_empty() {
        let (what, floors) = bad.context("no round was measured")?;
        return Ok((what, floors, ratios));
    }
    let (_, what, floors) = good.swap_remove((ratios.len() - 1) / 2);
    Ok((what, floors, ratios))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn floor_of(p50_ns: u64) -> MeasuredFloor {
        let mut echo = Distribution::new();
        echo.record(Duration::from_nanos(p50_ns));
        let elapsed = Duration::from_secs(1);
        MeasuredFloor { echo, elapsed, skeleton: None, write: None, writing: None }
    }

    fn floors_of(before: u64, after: u64) -> Floors {
        Floors { under: Under::echo(), before: floor_of(before), after: floor_of(after) }
    }

    #[test]
    fn every_request_of_every_depth_is_answered_and_counted_once() {
        for (depth, spin) in [(1, false), (7, false), (256, false), (3, true)] {
            let load = Load { orders: 1_000, warmup: 10, depth, spin, cores: None, json: true };
            let floor = Under::echo().measure(&load).unwrap();
            assert_eq!(floor.echo.count(), 1_000, "depth {depth}");
        }
    }

    #[test]
    fn floors_that_agree_give_one_floor() {
        let floors = floors_of(10_000, 11_000);
        assert_eq!(floors.apart_percent(), 10);
        assert!(floors.at_ns(0.5).unwrap().abs_diff(10_500) < 20);
    }

    #[test]
    fn floors_that_disagree_give_none() {
        let floors = floors_of(20_000, 10_000);
        assert!(floors.apart_percent().abs_diff(100) <= 1);
        assert_eq!(floors.at_ns(0.5), None);
        let words = floors.rows(&[("order", &floor_of(10).echo)]).join("\n");
        assert!(words.contains("NO RATIO"), "{words}");
    }

    #[test]
    fn a_durable_write_lies_on_top_of_a_skeleton_and_the_echo_counts_no_more() {
        let on = |skeleton, write| {
            let part = |ns| Some(floor_of(ns).echo);
            MeasuredFloor { skeleton: part(skeleton), write: part(write), ..floor_of(1_000) }
        };
        let under =
            Under { shape: Some(Shape::Split), writes_in: Some(".".into()), ..Under::echo() };
        let floors = Floors { under, before: on(20_000, 80_000), after: on(20_000, 80_000) };
        let [p50, ..] = floors.ratios(&floor_of(150_000).echo).unwrap();
        assert!((p50 - 1.5).abs() < 0.01, "{p50}");
        assert_eq!(floors.under.name(), "split skeleton + durable write");
    }

    #[test]
    fn of_three_rounds_the_median_is_told_and_a_bad_one_is_measured_again() {
        let load = Load { orders: 300, warmup: 10, depth: 1, spin: false, cores: None, json: true };
        let mut calls = 0;
        let measured = || {
            calls += 1;
            Ok([50_000_000, 10_000_000, 20_000_000, 20_000_000, 20_000_000][calls - 1])
        };
        let (what, floors, ratios) = around(&Under::echo(), &load, 3, measured, |ns| *ns).unwrap();
        if floors.at_ns(0.5).is_some() {
            assert!(!ratios.is_empty() && ratios.is_sorted(), "{ratios:?}");
        }
        assert!([10_000_000, 20_000_000, 50_000_000].contains(&what));
    }
}

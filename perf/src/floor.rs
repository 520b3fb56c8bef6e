//! The floor: what loopback TCP, the scheduler and this client take by themselves.
//!
//! A thread of this process reads requests of a fixed size and writes an answer for each, with
//! plain blocking calls and without a look at the bytes. Nothing that must read, decide and answer
//! over TCP on this machine is much faster; how far above it a venue is can be compared between
//! machines and days, where microseconds cannot.

use crate::Load;
use crate::drive::{Heard, Plan, Request, Talk, Timings, drive};
use crate::line::Line;
use crate::machine::Machine;
use crate::report::{FloorReport, MeasuredFloor};
use anyhow::Context;
use clap::Args;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;

/// As long as a NewOrderSingle of `fix.rs`.
pub(crate) const REQUEST_BYTES: usize = 190;
/// As long as the ExecutionReport that answers it.
pub(crate) const REPLY_BYTES: usize = 200;
/// Requests that the echo reads in one call.
const ECHO_REQUESTS_MAX: usize = 256;

const HELP: &str = "\
What it prints
  durable write   4 KiB around the page cache, on the device when the call returns: what `disk` waits for.
  UDP send        One datagram to a multicast group: what each packet of a feed costs.
  ring hop        From one thread to another by a ring of cache lines: what `split` placement adds, twice.
  clock           One reading of the clock.
  echo            The same client as `latency` over a plain TCP echo, the same sizes and the same loop.

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
    #[command(flatten)]
    load: Load,
}

/// `portcullis-perf floor`.
///
/// # Errors
/// This machine's loopback does not work.
pub(crate) fn run(args: &FloorArgs) -> anyhow::Result<String> {
    let directory = args.directory.clone().unwrap_or_else(std::env::temp_dir);
    let machine = Machine::measure(&directory)?;
    let report = FloorReport { load: args.load, floor: measure(&args.load)?, machine };
    Ok(if args.load.json { report.json().to_string() } else { report.text() })
}

/// One run over an echo of its own.
///
/// # Errors
/// This machine's loopback does not work.
pub(crate) fn measure(load: &Load) -> anyhow::Result<MeasuredFloor> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen on loopback")?;
    let address = listener.local_addr()?;
    let echo = std::thread::Builder::new()
        .name("echo".into())
        .spawn(move || echo(listener.accept()?.0))
        .context("cannot start the echo's thread")?;
    let plan = Plan {
        rounds: load.orders,
        warmup: load.warmup,
        depth: load.depth,
        title: (!load.json).then_some("floor"),
    };
    let mut line = Line::connect(address, load.spin).context("cannot connect to the echo")?;
    let timings = drive(&mut line, &mut FixedSize, plan).context("floor")?;
    drop(line); // The echo ends with its peer.
    echo.join().map_err(|_| anyhow::anyhow!("the echo's thread failed"))?.context("echo")?;
    MeasuredFloor::of(timings)
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
pub(crate) struct Floors {
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
        let (a, b) = (self.before.p50_ns(), self.after.p50_ns());
        (a.abs_diff(b) * 100).div_ceil(a.min(b).max(1))
    }

    /// The median to divide by, nanoseconds: the mean of both. `None`: they disagree.
    pub(crate) fn p50_ns(&self) -> Option<u64> {
        let agree = self.apart_percent() <= FLOORS_APART_PERCENT_MAX;
        agree.then(|| self.before.p50_ns().midpoint(self.after.p50_ns()).max(1))
    }
}

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

    /// Both, for programs.
    pub(crate) fn tell(&self, told: &mut Value) {
        told["floor_before"] = self.before.json();
        told["floor_after"] = self.after.json();
        told["floors_apart_percent"] = self.apart_percent().into();
        told["unreliable"] = self.p50_ns().is_none().into();
    }
}

/// Measures between two floors, and again while they disagree, [`ATTEMPTS`] times at most.
///
/// # Errors
/// Those of `measured`; this machine's loopback does not work.
pub(crate) fn around<T>(
    load: &Load,
    mut measured: impl FnMut() -> anyhow::Result<T>,
) -> anyhow::Result<(T, Floors)> {
    let mut attempt = 1;
    loop {
        let before = measure(load)?;
        let what = measured()?;
        let floors = Floors { before, after: measure(load)? };
        if attempt == ATTEMPTS || floors.p50_ns().is_some() {
            return Ok((what, floors));
        }
        eprintln!(
            "the floors before and after are {} % apart: measured again ({attempt} of {ATTEMPTS})",
            floors.apart_percent()
        );
        attempt += 1;
    }
}

/// Wraps timings whose only step is an echo.
impl MeasuredFloor {
    fn of(timings: Timings) -> anyhow::Result<Self> {
        let elapsed = timings.elapsed;
        let echo = timings.steps.into_iter().next().context("an echo has one step")?;
        Ok(Self { echo, elapsed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Distribution;
    use std::time::Duration;

    fn floor_of(p50_ns: u64) -> MeasuredFloor {
        let mut echo = Distribution::new();
        echo.record(Duration::from_nanos(p50_ns));
        MeasuredFloor { echo, elapsed: Duration::from_secs(1) }
    }

    #[test]
    fn every_request_of_every_depth_is_answered_and_counted_once() {
        for (depth, spin) in [(1, false), (7, false), (256, false), (3, true)] {
            let load = Load { orders: 1_000, warmup: 10, depth, spin, json: true };
            let floor = measure(&load).unwrap();
            assert_eq!(floor.echo.count(), 1_000, "depth {depth}");
        }
    }

    #[test]
    fn floors_that_agree_give_one_floor() {
        let floors = Floors { before: floor_of(10_000), after: floor_of(11_000) };
        assert_eq!(floors.apart_percent(), 10);
        assert!(floors.p50_ns().unwrap().abs_diff(10_500) < 20);
    }

    #[test]
    fn floors_that_disagree_give_none() {
        let floors = Floors { before: floor_of(20_000), after: floor_of(10_000) };
        assert!(floors.apart_percent().abs_diff(100) <= 1);
        assert_eq!(floors.p50_ns(), None);
    }
}

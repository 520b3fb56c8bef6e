//! `portcullis-perf latency`: connect, log on, play orders and cancels, log out, report.

use crate::Load;
use crate::abuse;
use crate::cores::Cores;
use crate::drive::{Heard, Plan, Talk, drive};
use crate::fix::{self, Identity};
use crate::floor::{self, Kind, Under};
use crate::line::Line;
use crate::mix::Mix;
use crate::report::LatencyReport;
use crate::sbe;
use crate::skeleton::Shape;
use crate::tick::{self, Feed, TickReport, TickTimes};
use crate::venue::{self, StartArgs, Venue};
use anyhow::{Context, anyhow, ensure};
use clap::Args;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::time::SystemTime;

const HELP: &str = "\
What it prints
  order > ack    From just before the call that sends an order to just after the one that brings its report.
  cancel > ack   The same of its cancel.
  - to gateway …   Over SBE: where the time of order > ack goes, by the stamps in the venue's reports.
  order > feed   With --feed: until the order's packet comes by multicast.
  feed > trade   With --feed: from that packet to the execution of the order that it made the client send.
  floor          With --with-floor, before and after: a plain TCP echo; the skeleton, which is a process with the
                 started venue's transport, rings and threads and nothing in between; and, where the venue waits
                 for the disk, a durable write. Ratios are to skeleton and write. Where before and after are more
                 than 15 % apart it measures again, three times at most.

This loop is closed: it tells how long one order takes, not how a venue bears a rate; that is `load`.

Examples
  portcullis-perf latency --start --durability process --with-floor
  portcullis-perf latency --start --feed --protocol sbe
  portcullis-perf latency --start --beside-abuse --orders 5000
  portcullis-perf latency --connect 10.0.0.5:9001 --session FIRM1 --password … --depth 8";

/// What a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Protocol {
    /// FIX 4.4.
    Fix,
    /// SBE with a FIXP session.
    Sbe,
}

/// The defaults are those of the demo venue (`portcullis serve`).
#[derive(Args, Clone, Debug)]
#[command(after_long_help = HELP)]
pub(crate) struct LatencyArgs {
    /// What to speak.
    #[arg(long, value_enum, default_value_t = Protocol::Fix)]
    protocol: Protocol,
    #[command(flatten)]
    start: StartArgs,
    /// Where the venue takes it. Default: the demo venue's port, 9001 for FIX and 9002 for SBE.
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "start")]
    pub(crate) connect: Option<SocketAddr>,
    /// SenderCompID (49), or name of the binary session. Default: CLIENT1, BINARY1.
    #[arg(long)]
    session: Option<String>,
    /// Password (554), or key of HMAC-SHA-256. Default: the session's name in lower case.
    #[arg(long)]
    password: Option<String>,
    /// TargetCompID (56).
    #[arg(long, default_value = "PORTCULLIS")]
    venue: String,
    /// Symbol (55). Its book should be empty: an order that trades ends the run.
    #[arg(long, default_value = "ACME")]
    symbol: String,
    /// Measure the floor before and after, and say how far above it the venue is.
    #[arg(long, value_name = "KIND", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "auto")]
    with_floor: Option<Kind>,
    /// With --with-floor: so many times, and the round whose ratio is the median is told.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=99))]
    rounds: u16,
    /// Order to feed and tick to trade: join line A of the feed, here or where the demo venue sends it.
    #[arg(long, value_name = "GROUP:PORT", num_args = 0..=1, default_missing_value = "239.255.42.1:9101")]
    feed: Option<SocketAddrV4>,
    /// Interface on which to join it, by its address.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", requires = "feed")]
    interface: Ipv4Addr,
    /// Instead: rounds alone and beside clients that mean harm, in turns; how much slower the healthy one becomes.
    #[arg(long, value_name = "ROUNDS", num_args = 0..=1, default_missing_value = "5", requires = "start",
        conflicts_with_all = ["feed", "with_floor", "hgrm"], value_parser = clap::value_parser!(u32).range(1..=1000))]
    beside_abuse: Option<u32>,
    /// Write the percentiles of order to ack to this file, as HdrHistogram's tools read them.
    #[arg(long, value_name = "FILE")]
    hgrm: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) load: Load,
}

/// Runs it; returns what to print.
///
/// # Errors
/// No venue, a refused Logon, or any message that is not the expected answer.
pub(crate) fn run(args: &LatencyArgs) -> anyhow::Result<String> {
    let mut args = args.clone();
    let started = match args.start.start {
        true => {
            let start = || Venue::start(&args.start, args.protocol, 1);
            Some(Cores::start_venue(args.load.cores, start)?)
        }
        false => None,
    };
    Cores::put_client(args.load.cores)?;
    if let Some(venue) = &started {
        args.connect = Some(venue.address(args.protocol));
        args.session = Some(format!("{}1", venue::SESSION));
        args.feed = args.feed.map(|_| venue.feed_a);
    }
    ensure!(
        args.feed.is_none() || args.load.depth == 1,
        "with --feed there is one order at a time\n  fix: leave --depth out"
    );
    if let (Some(rounds), Some(venue)) = (args.beside_abuse, &started) {
        let orders = || match measure(&args)? {
            Measured::Acks(report) => Ok(report.order),
            Measured::Ticks(_) => Err(anyhow!("no feed was asked for")),
        };
        let told = abuse::compare(rounds, venue.address(Protocol::Fix), orders)?;
        let described = format!("{}\n{}", venue.described.join("\n"), told.text());
        return Ok(if args.load.json { told.json().to_string() } else { described });
    }
    let (measured, floors) = match args.with_floor {
        Some(kind) => {
            let under = under(kind, started.as_ref())?;
            let round = || measure(&args);
            floor::around(&under, &args.load, args.rounds, round, Measured::p50_ns)
                .map(|(measured, floors, ratios)| (measured, Some((floors, ratios))))?
        }
        None => (measure(&args)?, None),
    };
    let venue = started.as_ref().map(|venue| venue.described.clone()).unwrap_or_default();
    let (order, text, json) = match measured {
        Measured::Acks(report) => {
            let report = LatencyReport { floors, venue, ..report };
            (report.order.hgrm(), report.text(), report.json())
        }
        Measured::Ticks(times) => {
            let (protocol, spin) = (args.protocol.name(), args.load.spin);
            let floors = floors.map(|(floors, _)| floors);
            let report = TickReport { protocol, spin, venue, times, floors };
            (report.times.order_to_ack.hgrm(), report.text(), report.json())
        }
    };
    if let Some(file) = &args.hgrm {
        std::fs::write(file, order).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(if args.load.json { json.to_string() } else { text })
}

/// What a session has told.
#[expect(clippy::large_enum_variant, reason = "there is one of them")]
enum Measured {
    Acks(LatencyReport),
    Ticks(TickTimes),
}

impl Measured {
    fn p50_ns(&self) -> u64 {
        match self {
            Self::Acks(report) => report.order.p50_ns(),
            Self::Ticks(times) => times.order_to_ack.p50_ns(),
        }
    }
}

/// What a floor is, for this venue.
fn under(kind: Kind, started: Option<&Venue>) -> anyhow::Result<Under> {
    let shape = match kind {
        Kind::Auto => return started.map_or(Ok(Under::echo()), Venue::floor),
        Kind::Echo => None,
        Kind::Fused => Some(Shape::Fused),
        Kind::Split => Some(Shape::Split),
    };
    Ok(Under { shape, ..Under::echo() })
}

impl Protocol {
    /// For people.
    pub(crate) fn name(self) -> &'static str {
        if self == Self::Fix { "FIX" } else { "SBE" }
    }
}

impl LatencyArgs {
    fn address(&self) -> SocketAddr {
        let port = if self.protocol == Protocol::Fix { 9001 } else { 9002 };
        self.connect.unwrap_or(SocketAddr::from(([127, 0, 0, 1], port)))
    }

    fn mix(&self) -> Mix {
        if self.feed.is_some() { Mix::Trade } else { Mix::OrderCancel }
    }

    fn session(&self) -> String {
        let demo = if self.protocol == Protocol::Fix { "CLIENT1" } else { "BINARY1" };
        self.session.clone().unwrap_or_else(|| demo.to_owned())
    }

    fn password(&self) -> String {
        self.password.clone().unwrap_or_else(|| self.session().to_lowercase())
    }
}

fn measure(args: &LatencyArgs) -> anyhow::Result<Measured> {
    let mut line = Line::connect(args.address(), args.load.spin).map_err(|error| {
        anyhow!(
            "no venue at {}: {error}\n  fix: start one with `portcullis serve` in another terminal, or \
             say where it is with --connect",
            args.address()
        )
    })?;
    match args.protocol {
        Protocol::Fix => measure_fix(args, &mut line),
        Protocol::Sbe => measure_sbe(args, &mut line),
    }
}

fn measure_fix(args: &LatencyArgs, line: &mut Line) -> anyhow::Result<Measured> {
    let identity = Identity {
        session: args.session(),
        password: args.password(),
        venue: args.venue.clone(),
        symbols: vec![args.symbol.clone()],
        mix: args.mix(),
    };
    let mut client = fix::Client::new(identity, SystemTime::now());
    let mut out = Vec::new();
    client.logon(&mut out)?;
    exchange(line, &mut client, &mut out, fix::Client::is_logged_on).with_context(|| {
        format!(
            "the venue refuses the Logon of {} (it does so without a word: is the password right, the \
             clock too, and is the session not logged on already?)",
            args.session()
        )
    })?;
    let report = play(args, line, &mut client)?;
    client.logout(&mut out)?;
    exchange(line, &mut client, &mut out, fix::Client::is_logged_out).context("logout")?;
    Ok(report)
}

fn measure_sbe(args: &LatencyArgs, line: &mut Line) -> anyhow::Result<Measured> {
    let (name, key) = (args.session(), args.password());
    let mut client =
        sbe::Client::new(&name, &key, vec![args.symbol.clone()], args.mix(), SystemTime::now());
    let mut out = Vec::new();
    client.open(&mut out);
    exchange(line, &mut client, &mut out, sbe::Client::is_ready)
        .with_context(|| format!("the venue does not let {name} in"))?;
    let report = play(args, line, &mut client)?;
    client.terminate(&mut out);
    exchange(line, &mut client, &mut out, sbe::Client::is_terminated).context("terminate")?;
    Ok(report)
}

/// The measured rounds.
fn play<T: Talk>(args: &LatencyArgs, line: &mut Line, client: &mut T) -> anyhow::Result<Measured> {
    if let Some(group) = args.feed {
        let mut feed = Feed::join(group, args.interface)?;
        let rounds = (args.load.warmup, args.load.orders);
        return tick::play(line, client, &mut feed, rounds, args.load.spin).map(Measured::Ticks);
    }
    let plan = Plan {
        rounds: args.load.orders,
        warmup: args.load.warmup,
        depth: args.load.depth,
        title: (!args.load.json).then_some("latency"),
    };
    let (bytes_out, bytes_in) = (line.bytes_out, line.bytes_in);
    let timings = drive(line, client, plan)?;
    let requests = (plan.rounds + plan.warmup) * T::STEPS as u64;
    let message_bytes =
        ((line.bytes_out - bytes_out) / requests, (line.bytes_in - bytes_in) / requests);
    let [order, cancel] = <[_; 2]>::try_from(timings.steps)
        .map_err(|_| anyhow!("a round is an order and a cancel"))?;
    let elapsed = timings.elapsed;
    Ok(Measured::Acks(LatencyReport {
        load: args.load,
        order,
        cancel,
        stages: timings.stages,
        elapsed,
        message_bytes,
        floors: None,
        protocol: args.protocol.name(),
        venue: Vec::new(),
    }))
}

/// Sends `out` and hears messages until `done`.
fn exchange<T: Talk>(
    line: &mut Line,
    client: &mut T,
    out: &mut Vec<u8>,
    done: impl Fn(&T) -> bool,
) -> anyhow::Result<()> {
    line.send(out)?;
    out.clear();
    while !done(client) {
        match client.hear(line.received(), out)? {
            Heard::Incomplete => line.receive().map(drop)?,
            Heard::Aside { bytes } => line.take(bytes),
            Heard::Answer { number, .. } => {
                return Err(anyhow!("an answer to request {number}, which was not asked"));
            }
        }
        line.send(out)?;
        out.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn args(connect: SocketAddr) -> LatencyArgs {
        LatencyArgs {
            protocol: Protocol::Fix,
            start: StartArgs {
                start: false,
                durability: "disk".into(),
                placement: "auto".into(),
                transport: "auto".into(),
                data: None,
            },
            feed: None,
            beside_abuse: None,
            interface: Ipv4Addr::LOCALHOST,
            hgrm: None,
            connect: Some(connect),
            session: None,
            password: None,
            venue: "PORTCULLIS".into(),
            symbol: "ACME".into(),
            with_floor: None,
            rounds: 1,
            load: Load { orders: 1, warmup: 0, depth: 1, spin: false, cores: None, json: true },
        }
    }

    #[test]
    fn without_a_venue_the_error_says_how_to_start_one() {
        // Bound, then free again: nobody listens there.
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let error = run(&args(nobody)).unwrap_err().to_string();
        assert!(error.contains("portcullis serve") && error.contains("--connect"), "{error}");
    }

    #[test]
    fn something_else_than_a_venue_is_an_error_not_a_wait() {
        use std::io::Write;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let other = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").unwrap();
            stream
        });
        let error = format!("{:#}", run(&args(address)).unwrap_err());
        assert!(error.contains("no FIX message"), "{error}");
        drop(other.join().unwrap());
    }
}

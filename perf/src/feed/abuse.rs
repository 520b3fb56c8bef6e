//! `portcullis-perf feed abuse`: what order to ack is while subscribers of the feed misbehave.
//!
//! A venue of our own, one order at a time over FIX, and beside it, in alternating rounds: nobody; the same
//! datagrams as below, sent to a socket of this process (what their sender costs by itself: it shares the
//! cores); and one abuse after the other. Told are the medians of the rounds.

use crate::latency::{self, LatencyArgs, Protocol};
use crate::venue::{SESSION, StartArgs, Venue};
use anyhow::{Context, anyhow};
use clap::{Args, Parser};
use gateway::feed::control::{ControlPacket, OPEN, push_framed};
use sbe_schemas::market_data as md;
use serde_json::{Value, json};
use std::io::Write;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Connections that do not read.
const READERS: usize = 8;
/// They are made anew so often: the venue cuts them off.
const READERS_LAST: Duration = Duration::from_secs(3);
/// Connections a second that send garbage, and bytes of each.
const GARBAGE_EVERY: Duration = Duration::from_millis(5);
const GARBAGE_BYTES: usize = 64 << 10;
const TICK: Duration = Duration::from_millis(1);

/// The defaults take about a minute.
#[derive(Args, Debug)]
pub(crate) struct AbuseArgs {
    /// Orders of a round.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    orders: u64,
    /// Rounds, of which the median is told.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Datagrams of a flood, a second.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    flood: u64,
    /// What a command of the venue waits for: disk, process or none.
    #[arg(long, value_name = "WORD", default_value = "process")]
    durability: String,
    /// Print JSON and nothing else.
    #[arg(long)]
    json: bool,
}

/// What is done beside the orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Abuse {
    Nobody,
    Elsewhere,
    StopsReading,
    FloodsRequests,
    GarbageByUdp,
    GarbageByTcp,
}

impl Abuse {
    const ALL: [Self; 6] = [
        Self::Nobody,
        Self::Elsewhere,
        Self::StopsReading,
        Self::FloodsRequests,
        Self::GarbageByUdp,
        Self::GarbageByTcp,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Elsewhere => "the flood, to a socket elsewhere",
            Self::StopsReading => "8 over TCP that do not read",
            Self::FloodsRequests => "a flood of requests by UDP",
            Self::GarbageByUdp => "a flood of garbage by UDP",
            Self::GarbageByTcp => "200 connections/s with garbage",
        }
    }
}

/// Medians of the rounds, nanoseconds.
struct Row {
    abuse: Abuse,
    p50_ns: u64,
    p99_ns: u64,
}

/// Runs it; returns what to print.
///
/// # Errors
/// A venue that does not start, or does not serve its client.
pub(crate) fn run(args: &AbuseArgs) -> anyhow::Result<String> {
    let start = StartArgs {
        start: true,
        durability: args.durability.clone(),
        placement: "auto".into(),
        transport: "auto".into(),
        data: None,
    };
    let venue = Venue::start_with_replay(&start, Protocol::Fix, 1)?;
    let replay = venue.replay.context("the venue does not say where its replay is")?;
    let mut times = Abuse::ALL.map(|abuse| (abuse, Vec::new(), Vec::new()));
    for round in 0..=args.rounds {
        for (abuse, p50, p99) in &mut times {
            let figures = beside(*abuse, args, venue.address(Protocol::Fix), replay)
                .with_context(|| format!("round {round}, beside {}", abuse.name()))?;
            if round > 0 {
                p50.push(figures.0);
                p99.push(figures.1);
            } // Else it was to warm up.
        }
    }
    let rows = times.map(|(abuse, mut p50, mut p99)| {
        let median = |values: &mut Vec<u64>| {
            values.sort_unstable();
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        Row { abuse, p50_ns: median(&mut p50), p99_ns: median(&mut p99) }
    });
    Ok(if args.json { as_json(&rows) } else { as_text(args, &rows) })
}

/// Order to ack, p50 and p99, while this goes on.
fn beside(
    abuse: Abuse,
    args: &AbuseArgs,
    venue: SocketAddr,
    replay: SocketAddr,
) -> anyhow::Result<(u64, u64)> {
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, flood) = (Arc::clone(&stop), args.flood);
    let abuser = std::thread::Builder::new()
        .name("abuser".into())
        .spawn(move || abuse_it(abuse, replay, flood, &stopped))
        .context("no thread")?;
    std::thread::sleep(Duration::from_millis(100));
    let measured = orders(args.orders, venue);
    stop.store(true, Ordering::Relaxed);
    abuser.join().map_err(|_| anyhow!("the abuser failed"))?.context("the abuser")?;
    measured
}

/// As `portcullis-perf latency` says it.
fn orders(orders: u64, venue: SocketAddr) -> anyhow::Result<(u64, u64)> {
    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        latency: LatencyArgs,
    }
    let (venue, orders) = (venue.to_string(), orders.to_string());
    let session = format!("{SESSION}1");
    let words = ["latency", "--json", "--warmup", "500", "--connect", &venue, "--orders", &orders];
    let words = words.into_iter().chain(["--session", &session]);
    let told = latency::run(&Words::try_parse_from(words)?.latency)?;
    let told: Value = serde_json::from_str(&told)?;
    let figure = |name: &str| {
        told["order_to_ack"][name].as_u64().with_context(|| format!("no {name} in {told}"))
    };
    Ok((figure("p50_ns")?, figure("p99_ns")?))
}

fn abuse_it(
    abuse: Abuse,
    replay: SocketAddr,
    flood: u64,
    stop: &AtomicBool,
) -> std::io::Result<()> {
    let request = md::ReplayRequest {
        request_id: 1.into(),
        channel: 1.into(),
        epoch: 1.into(),
        from: 1.into(),
        to: OPEN.into(),
    };
    let request = ControlPacket::new(1).of(&request, 0).to_vec();
    match abuse {
        Abuse::Nobody => {}
        Abuse::Elsewhere => {
            let nobody = UdpSocket::bind("127.0.0.1:0")?;
            send_at(flood, nobody.local_addr()?, &request, stop)?;
        }
        Abuse::StopsReading => stop_reading(replay, &request, stop)?,
        Abuse::FloodsRequests => send_at(flood, replay, &request, stop)?,
        Abuse::GarbageByUdp => send_at(flood, replay, &garbage(200), stop)?,
        Abuse::GarbageByTcp => garbage_by_tcp(replay, stop)?,
    }
    Ok(())
}

/// The same datagram, so many a second, a few each millisecond.
fn send_at(per_s: u64, to: SocketAddr, packet: &[u8], stop: &AtomicBool) -> std::io::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_nonblocking(true)?;
    let (begun, mut sent) = (Instant::now(), 0_u64);
    while !stop.load(Ordering::Relaxed) {
        let due = begun.elapsed().as_micros() as u64 * per_s / 1_000_000;
        for _ in sent..due {
            let _ = socket.send_to(packet, to); // What does not fit is lost, as floods are.
        }
        sent = due;
        std::thread::sleep(TICK);
    }
    Ok(())
}

/// Ask for everything, and take nothing of it.
fn stop_reading(replay: SocketAddr, request: &[u8], stop: &AtomicBool) -> std::io::Result<()> {
    let mut framed = Vec::new();
    push_framed(request, &mut framed);
    while !stop.load(Ordering::Relaxed) {
        let mut readers = Vec::new();
        for _ in 0..READERS {
            let mut reader = TcpStream::connect(replay)?;
            reader.write_all(&framed)?;
            readers.push(reader);
        }
        let begun = Instant::now();
        while begun.elapsed() < READERS_LAST && !stop.load(Ordering::Relaxed) {
            std::thread::sleep(TICK);
        }
    }
    Ok(())
}

fn garbage_by_tcp(replay: SocketAddr, stop: &AtomicBool) -> std::io::Result<()> {
    let bytes = garbage(GARBAGE_BYTES);
    while !stop.load(Ordering::Relaxed) {
        let mut stream = TcpStream::connect(replay)?;
        stream.set_write_timeout(Some(TICK))?;
        let _ = stream.write_all(&bytes); // It is cut off in the middle.
        std::thread::sleep(GARBAGE_EVERY);
    }
    Ok(())
}

fn garbage(bytes: usize) -> Vec<u8> {
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut byte = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 56) as u8
    };
    (0..bytes).map(|_| byte()).collect()
}

fn as_text(args: &AbuseArgs, rows: &[Row]) -> String {
    let mut text = format!(
        "order to ack, {}, medians of {} rounds of {} orders; floods of {} datagrams/s\n\n{:<36} {:>10} {:>10}\n",
        args.durability, args.rounds, args.orders, args.flood, "beside", "p50", "p99"
    );
    for row in rows {
        let us = |ns: u64| format!("{}.{} us", ns / 1000, ns % 1000 / 100);
        text +=
            &format!("{:<36} {:>10} {:>10}\n", row.abuse.name(), us(row.p50_ns), us(row.p99_ns));
    }
    text.trim_end().to_owned()
}

fn as_json(rows: &[Row]) -> String {
    let row =
        |row: &Row| json!({"beside": row.abuse.name(), "p50Ns": row.p50_ns, "p99Ns": row.p99_ns});
    json!({ "abuse": rows.iter().map(row).collect::<Vec<_>>() }).to_string()
}

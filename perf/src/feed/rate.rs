//! `portcullis-perf feed rate`: what a real engine tells of a busy flow, packed, sent, and made into books.
//!
//! First each step by itself, in alternating rounds, beside the floor: the same packets by plain UDP sends of one
//! socket, nobody listening. Then all of it to a subscriber in another thread, which joins line A with default
//! buffers, builds every book and compares every checksum. What it has lost, it has lost: nobody is asked.

use crate::flow::generate::{FlowArgs, draw};
use crate::match_flow::feed_events;
use anyhow::{Context, anyhow, ensure};
use clap::{Args, ValueEnum};
use engine::Event;
use gateway::io::burst::SocketSender;
use gateway::io::datagram::{DatagramKind, DatagramRoute, DatagramTransport, open_datagrams};
use gateway::io::udp::{MulticastReceiver, MulticastSender};
use marketdata::packer::Packer;
use marketdata::packet::{PACKET_BYTES_MAX, Packet};
use marketdata::{Line, Statistics, Subscriber, SubscriberLimits};
use sbe_schemas::header::Message;
use sbe_schemas::journal::BatchEnd;
use sbe_schemas::types::{EventHead, EventKind};
use serde_json::{Value, json};
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Events that a publisher takes before it has everything sent.
const TURN_EVENTS: usize = 1024;
/// The subscriber stops when told so and nothing has come for so long.
const QUIET: Duration = Duration::from_millis(50);

const HELP: &str = "\
What it prints
  pack         Events to packets, an event.
  send         Packets to both lines, a packet and line: one by one, in bursts of one length (UDP_SEGMENT), by AF_XDP.
  floor        The same packets by plain sends of one socket.
  subscriber   At each rate: events told and received a second, messages lost (median of the rounds), rounds
               without any loss. Rate 0: as fast as it goes.

Examples
  portcullis-perf feed rate
  portcullis-perf feed rate --commands 1 --rates 100000,200000 --transport burst
  portcullis-perf feed rate --transport xdp --interface 10.77.0.1 --ttl 1   # on an Ethernet; nobody subscribes";

/// What sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// UDP sockets.
    Socket,
    /// UDP sockets, packets of one length together.
    Burst,
    /// AF_XDP.
    Xdp,
}

/// The defaults take about half a minute.
#[derive(Args, Debug)]
#[command(after_long_help = HELP)]
pub(crate) struct RateArgs {
    /// Orders, cancels and replaces behind the events.
    #[arg(long, value_name = "N", default_value_t = 500_000, value_parser = clap::value_parser!(u32).range(1000..=5_000_000))]
    ops: u32,
    /// Books.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    symbols: u32,
    /// Commands to a batch, and so behind a packet at most: 64 is what a busy engine takes at a time, 1 a quiet one.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=64))]
    commands: u64,
    /// Events a second to tell a subscriber; 0: as fast as it goes.
    #[arg(
        long,
        value_name = "N,N…",
        value_delimiter = ',',
        default_value = "250000,500000,1000000,0"
    )]
    rates: Vec<u64>,
    /// Rounds, of which the median is told.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// What sends to the subscriber.
    #[arg(long, value_enum, default_value_t = By::Socket)]
    transport: By,
    /// Queue of the interface, for xdp.
    #[arg(long, value_name = "N", default_value_t = 0)]
    queue: u32,
    /// Interface by which packets leave, by its address.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    interface: Ipv4Addr,
    /// Hops.
    #[arg(long, value_name = "N", default_value_t = 0)]
    ttl: u8,
    /// Room of the subscriber's socket; without it what the system gives (net.core.rmem_default).
    #[arg(long, value_name = "BYTES")]
    buffer: Option<usize>,
    /// Print JSON and nothing else.
    #[arg(long)]
    json: bool,
}

/// Runs it; returns what to print.
///
/// # Errors
/// No multicast on the interface, AF_XDP is refused, or a subscriber whose books are wrong.
pub(crate) fn run(args: &RateArgs) -> anyhow::Result<String> {
    let told = Told::of(args)?;
    let steps = steps(args, &told)?;
    let mut heard = Vec::new();
    let apart = apart();
    if args.transport != By::Xdp {
        for rate in &args.rates {
            heard.push(subscribed(args, &told, *rate, apart)?);
        }
    }
    Ok(if args.json { as_json(&told, &steps, &heard) } else { as_text(&told, &steps, &heard) })
}

/// What the feed is told.
struct Told {
    events: Vec<Event>,
    messages: usize,
    packets: Vec<Vec<u8>>,
    /// Calls that send all packets in bursts, for one line.
    calls: usize,
}

impl Told {
    fn of(args: &RateArgs) -> anyhow::Result<Self> {
        let flow = FlowArgs {
            file: PathBuf::new(),
            seed: 7,
            live: 10_000,
            ops: args.ops,
            depth: 20,
            symbols: args.symbols,
        };
        let events = in_batches_of(args.commands, feed_events(&draw(&flow).flow)?);
        let mut packets = Vec::new();
        let mut packer = Packer::new(1, 1);
        events.iter().for_each(|event| packer.on_event(event, |p| packets.push(p.to_vec())));
        // Sums of trades are among them, which are no events of the engine.
        let count = |packet: &Vec<u8>| Packet::parse(packet).map_or(0, |p| p.messages().count());
        let messages = packets.iter().map(count).sum();
        let calls = calls(&events);
        Ok(Self { events, messages, packets, calls })
    }

    fn packet_bytes(&self) -> usize {
        self.packets.iter().map(Vec::len).sum::<usize>() / self.packets.len().max(1)
    }
}

fn is_message(event: &Event) -> bool {
    event.kind() == Some(EventKind::Market)
}

/// The same messages, and the ends of batches of so many commands.
fn in_batches_of(commands: u64, events: Vec<Event>) -> Vec<Event> {
    let mut batched: Vec<Event> = Vec::with_capacity(events.len());
    for event in events.into_iter().filter(is_message) {
        let batch = |event: &Event| event.head.seq.get() / commands;
        if let Some(before) = batched.last()
            && batch(before) != batch(&event)
        {
            let end = end_of_batch(before);
            batched.push(end);
        }
        batched.push(event);
    }
    batched.extend(batched.last().map(end_of_batch));
    batched
}

fn end_of_batch(last: &Event) -> Event {
    let mut end = Event::of(&BatchEnd::ZERO);
    let (length, time) = (end.head.length, last.head.time);
    end.head = EventHead { length, kind: EventKind::Control.into(), time, ..EventHead::ZERO };
    end
}

/// Calls to send all packets where those of one length that are made in one turn leave together.
fn calls(events: &[Event]) -> usize {
    let (mut packer, mut calls) = (Packer::new(1, 1), 0);
    for turn in events.chunks(TURN_EVENTS) {
        // Length of the first, packets so far; the burst is open while all are of this length.
        let mut burst: Option<(usize, usize, bool)> = None;
        for event in turn {
            packer.on_event(event, |packet| match &mut burst {
                Some((first, packets, open))
                    if *open && packet.len() <= *first && *packets < 32 =>
                {
                    *open = packet.len() == *first;
                    *packets += 1;
                }
                _ => {
                    calls += 1;
                    burst = Some((packet.len(), 1, true));
                }
            });
        }
    }
    calls
}

/// A step by itself: what, of what, and its rounds in nanoseconds.
struct Row {
    what: &'static str,
    of: &'static str,
    ns: Vec<f64>,
}

impl Row {
    fn new(what: &'static str, of: &'static str) -> Self {
        Self { what, of, ns: Vec::new() }
    }

    fn time(&mut self, each: usize, mut work: impl FnMut()) {
        let begun = Instant::now();
        work();
        self.ns.push(begun.elapsed().as_nanos() as f64 / each as f64);
    }

    fn median(&self) -> f64 {
        let mut ns = self.ns.clone();
        ns.sort_unstable_by(f64::total_cmp);
        ns.get(ns.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

fn steps(args: &RateArgs, told: &Told) -> anyhow::Result<Vec<Row>> {
    let route = route(args);
    let lines = route.groups.len();
    let floor = MulticastSender::open(route.groups[0], args.interface, args.ttl, true)
        .context("cannot send to a group")?;
    let mut one_by_one = SocketSender::open(&route)?;
    // Bursts are measured in any case, unless it is AF_XDP that is.
    let mut other: Box<dyn DatagramTransport> = match args.transport {
        By::Xdp => open(args, &route)?,
        _ => Box::new(SocketSender::open(&route)?.in_bursts()),
    };
    let mut rows = [
        Row::new("pack", "message"),
        Row::new("floor: plain send", "packet"),
        Row::new("send, one by one", "packet"),
        Row::new(if args.transport == By::Xdp { "send, AF_XDP" } else { "send, bursts" }, "packet"),
    ];
    let sends = told.packets.len() * lines;
    let turn = TURN_EVENTS * told.packets.len() / told.events.len().max(1) + 1;
    for _ in 0..=args.rounds {
        let mut packer = Packer::new(1, 1);
        rows[0].time(told.messages, || {
            told.events.iter().for_each(|event| {
                packer.on_event(event, |packet| {
                    black_box(packet);
                });
            });
        });
        rows[1].time(told.packets.len(), || {
            told.packets.iter().for_each(|packet| {
                let _ = floor.send(packet);
            });
        });
        for (n, transport) in
            [&mut one_by_one as &mut dyn DatagramTransport, &mut *other].into_iter().enumerate()
        {
            rows[2 + n].time(sends, || {
                for packets in told.packets.chunks(turn) {
                    packets.iter().for_each(|packet| transport.send(packet));
                    transport.flush();
                }
            });
        }
    }
    for row in &mut rows {
        row.ns.remove(0); // Caches were cold.
    }
    ensure!(other.dropped() == 0, "{} packets were not sent", other.dropped());
    Ok(rows.into())
}

fn route(args: &RateArgs) -> DatagramRoute {
    // Groups of this run, so that nobody else's packets count.
    let (high, low) = ((std::process::id() >> 8) as u8, std::process::id() as u8);
    let group = |line: u8| SocketAddrV4::new(Ipv4Addr::new(239, 192 + line, high, low), 9299);
    DatagramRoute {
        groups: vec![group(0), group(1)],
        interface: args.interface,
        ttl: args.ttl,
        packet_bytes_max: PACKET_BYTES_MAX,
    }
}

fn open(args: &RateArgs, route: &DatagramRoute) -> anyhow::Result<Box<dyn DatagramTransport>> {
    let kind = match args.transport {
        By::Socket => DatagramKind::Socket,
        By::Burst => DatagramKind::Burst,
        By::Xdp => DatagramKind::Xdp { queue: args.queue },
    };
    let (transport, refused) = open_datagrams(kind, route).context("cannot send to a group")?;
    match refused {
        None => Ok(transport),
        Some(why) => {
            Err(anyhow!("AF_XDP is refused: {why}\n  fix: --interface of an Ethernet, --ttl"))
        }
    }
}

/// What a subscriber had of one rate, each the median of its rounds.
struct Heard {
    rate: u64,
    told_per_s: u64,
    received_per_s: u64,
    lost: u64,
    whole_rounds: usize,
    rounds: usize,
    checksums: u64,
}

fn subscribed(args: &RateArgs, told: &Told, rate: u64, apart: Apart) -> anyhow::Result<Heard> {
    let (mut told_per_s, mut received_per_s, mut lost) = (Vec::new(), Vec::new(), Vec::new());
    let mut checksums = 0;
    for _ in 0..args.rounds {
        let route = route(args);
        let receiver = MulticastReceiver::join(route.groups[0], args.interface)
            .context("cannot join a group")?;
        receiver.set_read_timeout(QUIET)?;
        args.buffer.map_or(Ok(()), |bytes| receiver.set_receive_buffer(bytes))?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("subscriber".into())
            .spawn(move || {
                pin(apart.map(|(_, last)| last));
                listen(&receiver, &stopped)
            })
            .context("no thread")?;
        let mut transport = open(args, &route)?;
        pin(apart.map(|(first, _)| first));
        let took = tell(told, rate, &mut *transport);
        stop.store(true, Ordering::Relaxed);
        let statistics = thread.join().map_err(|_| anyhow!("the subscriber failed"))??;
        ensure!(statistics.checksums_failed == 0, "the subscriber's books are wrong");
        let per_s = |messages: u64| (messages as f64 / took.as_secs_f64()) as u64;
        told_per_s.push(per_s(told.messages as u64));
        received_per_s.push(per_s(statistics.messages));
        lost.push(told.messages as u64 - statistics.messages);
        checksums += statistics.checksums_verified;
    }
    let whole_rounds = lost.iter().filter(|lost| **lost == 0).count();
    let median = |values: &mut Vec<u64>| {
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    Ok(Heard {
        rate,
        told_per_s: median(&mut told_per_s),
        received_per_s: median(&mut received_per_s),
        lost: median(&mut lost),
        whole_rounds,
        rounds: args.rounds as usize,
        checksums,
    })
}

/// The first core of this process and the last. Side by side on one, a thread waits for the other longer than a
/// socket's buffer lasts. `None`: there is only one.
type Apart = Option<(usize, usize)>;

fn apart() -> Apart {
    match gateway::io::cpu::allowed_cores().unwrap_or_default()[..] {
        [first, .., last] => Some((first, last)),
        _ => None,
    }
}

/// Where it cannot be done it is not done.
fn pin(core: Option<usize>) {
    if let Some(core) = core {
        let _ = gateway::io::cpu::pin(core);
    }
}

/// As a publisher does it: batch by batch, each when it is due; returns how long it took.
fn tell(told: &Told, rate: u64, transport: &mut dyn DatagramTransport) -> Duration {
    let mut packer = Packer::new(1, 1);
    let begun = Instant::now();
    let first = told.events.first().map_or(0, |event| event.head.number.get());
    let (mut messages, mut since) = (0, 0);
    for event in &told.events {
        packer.on_event(event, |packet| transport.send(packet));
        since += 1;
        if is_message(event) {
            messages = event.head.number.get() + 1 - first; // Sums of trades have numbers, too.
            continue;
        }
        let due = (messages * 1_000_000_000).checked_div(rate).map(Duration::from_nanos);
        if since >= TURN_EVENTS || due.is_some_and(|due| begun.elapsed() < due) {
            transport.flush();
            since = 0;
        }
        while due.is_some_and(|due| begun.elapsed() < due) {
            std::thread::yield_now();
        }
    }
    transport.flush();
    begun.elapsed()
}

/// Books of what comes, until told to stop and all is quiet.
fn listen(receiver: &MulticastReceiver, stop: &AtomicBool) -> anyhow::Result<Statistics> {
    let mut subscriber = Subscriber::new(SubscriberLimits::default());
    let (begun, mut buffer) = (Instant::now(), [0; 2048]);
    loop {
        let now = || begun.elapsed().as_nanos() as u64;
        match receiver.receive(&mut buffer)? {
            Some(length) => {
                let packet = buffer.get(..length).unwrap_or_default();
                subscriber.on_packet(Line::A, packet, now(), &mut |_| {});
            }
            None if stop.load(Ordering::Relaxed) => {
                // What waits for the lost is lost with it.
                subscriber.on_tick(u64::MAX, &mut |_| {});
                return Ok(*subscriber.statistics());
            }
            None => {}
        }
    }
}

fn as_text(told: &Told, steps: &[Row], heard: &[Heard]) -> String {
    let mut text = format!(
        "{} events in {} packets of {} bytes on average; in bursts {} calls for a line\n\n",
        told.messages,
        told.packets.len(),
        told.packet_bytes(),
        told.calls
    );
    for row in steps {
        text +=
            &format!("{:<20} {:>8.0} ns a{} {}\n", row.what, row.median(), n_of(row.of), row.of);
    }
    if !heard.is_empty() {
        text += "\n    wished/s       told/s   received/s       lost  rounds without loss\n";
    }
    for h in heard {
        let wished = if h.rate == 0 { "all".to_owned() } else { h.rate.to_string() };
        text += &format!(
            "{wished:>12} {:>12} {:>12} {:>10}  {} of {}\n",
            h.told_per_s, h.received_per_s, h.lost, h.whole_rounds, h.rounds
        );
    }
    text.trim_end().to_owned()
}

fn n_of(word: &str) -> &str {
    if word.starts_with('e') { "n" } else { "" }
}

fn as_json(told: &Told, steps: &[Row], heard: &[Heard]) -> String {
    let step = |row: &Row| json!({"what": row.what, "of": row.of, "medianNs": row.median()});
    let rate = |h: &Heard| -> Value {
        json!({
            "wishedPerS": h.rate, "toldPerS": h.told_per_s, "receivedPerS": h.received_per_s, "lost": h.lost,
            "roundsWithoutLoss": h.whole_rounds, "rounds": h.rounds, "checksumsVerified": h.checksums,
        })
    };
    json!({
        "events": told.messages,
        "packets": told.packets.len(),
        "packetBytes": told.packet_bytes(),
        "callsInBursts": told.calls,
        "steps": steps.iter().map(step).collect::<Vec<_>>(),
        "subscriber": heard.iter().map(rate).collect::<Vec<_>>(),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(commands: u64) -> RateArgs {
        RateArgs {
            ops: 3000,
            symbols: 2,
            commands,
            rates: vec![20_000],
            rounds: 1,
            transport: By::Socket,
            queue: 0,
            interface: Ipv4Addr::LOCALHOST,
            ttl: 0,
            buffer: None,
            json: true,
        }
    }

    #[test]
    fn a_subscriber_at_a_low_rate_has_every_message_and_its_checksums_agree() {
        let args = args(64);
        let told = Told::of(&args).unwrap();
        let heard = subscribed(&args, &told, 20_000, None).unwrap();
        assert_eq!((heard.lost, heard.whole_rounds), (0, 1));
        assert!(heard.checksums > 20, "{}", heard.checksums);
    }

    #[test]
    fn smaller_batches_are_the_same_messages_in_more_packets() {
        let [whole, small] = [64, 1].map(|commands| Told::of(&args(commands)).unwrap());
        assert_eq!(whole.messages, small.messages);
        assert!(whole.packets.len() * 3 < small.packets.len());
        assert!(small.calls < small.packets.len() && whole.calls <= whole.packets.len());
    }
}

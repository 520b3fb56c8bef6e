//! `portcullis listen`: a subscriber of the feed as a tool. It prints, builds books and verifies.
//!
//! One thread per group reads packets into one bounded queue; this thread feeds them to
//! `marketdata::Subscriber`, which does everything that is not input or output. Not a hot path: if
//! it cannot follow, the kernel drops packets and it recovers like any other subscriber.
//! Next: `listen/show.rs`, what is printed and how; `listen/messages.rs`; `listen/replay.rs`, who is asked for what was lost;
//! `listen/views.rs`, what the venue makes of its books;
//! `listen/record.rs`, `dbn.rs`, `meter.rs` and `ladder.rs`: a pcap file, a DBN file, a line a second, a picture. The wire: docs/wire/feed.md.

mod append;
mod dbn;
mod ladder;
mod messages;
mod meter;
mod record;
mod replay;
mod show;
mod views;

use crate::io::clock::{monotonic_ns, utc_now_ns};
use crate::io::udp::{MulticastReceiver, UnicastSocket};
use anyhow::Context;
use dbn::Dbn;
use ladder::Ladder;
use marketdata::packet::Packet;
use marketdata::{AskLimits, FeedEvent, Line, State, Subscriber, SubscriberLimits, Way};
use meter::Meter;
use record::Record;
use replay::Replay;
use sbe_schemas::types::PacketFlags;
use show::Show;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// What a venue's incremental channel is called, before its first packet has said so; of the epoch that holds.
const CHANNEL: u16 = 1;
const EPOCH: u32 = 0;
/// Packets between the receiving threads and the subscriber.
const QUEUE_PACKETS_MAX: usize = 4096;
/// Room for the longest datagram.
const DATAGRAM_BYTES_MAX: usize = 65_536;
/// Room asked for in the kernel: about 900 packets. The default is 92, two milliseconds of a million messages a second.
const RECEIVE_BUFFER_BYTES: usize = 2 << 20;
/// The subscriber's clock ticks at least this often.
const TICK: Duration = Duration::from_millis(5);
/// `--stats` measures for so long.
const SECOND: Duration = Duration::from_secs(1);
/// A stop is seen this soon.
const SOCKET_WAIT: Duration = Duration::from_millis(100);
/// `--book` shows a book again after this at the earliest.
const BOOK_EVERY: Duration = Duration::from_millis(250);
/// Silence for so long after the start deserves a word.
const SILENCE: Duration = Duration::from_secs(5);

/// Join a feed: print its messages, build its books, verify them.
///
/// Needs no configuration for a demo venue on this host: `portcullis listen --book`. It may be started
/// at any time. A book is *live* once it is complete: at once for who has heard everything, after
/// the next snapshot (every second at the demo venue) for who joins late or has lost packets.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "EXAMPLES:
  portcullis listen                           states of books, phases, auctions, a summary at the end
  portcullis listen --trades                  and every trade
  portcullis listen --print                   every message, one line each
  portcullis listen --book BTC-USD            the book of one instrument, as it changes
  portcullis listen --verify --seconds 30     exit code 1 if anything is wrong with the feed
  portcullis listen --replay 127.0.0.1:9104   and ask there for what both lines have lost
  portcullis listen --ladder BTC-USD          its book as a picture, redrawn as it changes
  portcullis listen --replay 127.0.0.1:9104 --view top   best prices, as the venue conflates them
  portcullis listen --stats --record day.pcap what comes each second; all packets into a file
  portcullis listen --dbn day.dbn             orders and trades for Databento's tools
  portcullis listen --orders --seconds 3      every resting order, in the order in which they trade

Ctrl-C ends with the summary. Docs: docs/wire/feed.md.")]
pub struct ListenArgs {
    /// Group and port of line A.
    #[arg(long, value_name = "GROUP:PORT", default_value = "239.255.42.1:9101")]
    a: SocketAddrV4,
    /// Group and port of line B: the same packets again.
    #[arg(long, value_name = "GROUP:PORT", default_value = "239.255.42.2:9102")]
    b: SocketAddrV4,
    /// Group and port of the snapshots.
    #[arg(long, value_name = "GROUP:PORT", default_value = "239.255.42.3:9103")]
    snapshot: SocketAddrV4,
    /// Address of the network interface on which to join.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    interface: Ipv4Addr,
    /// Take only what this address has sent (source-specific multicast).
    #[arg(long, value_name = "ADDRESS")]
    source: Option<Ipv4Addr>,
    /// Take the feed by unicast at this address of ours, not by multicast.
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "tcp")]
    unicast: Option<SocketAddr>,
    /// Where the venue answers for old messages (its `feed.replay`): what both lines lose is asked for there.
    #[arg(long, value_name = "ADDRESS:PORT")]
    replay: Option<SocketAddr>,
    /// Join no group: take all that is kept, and then the live feed, by TCP from `--replay`.
    #[arg(long, requires = "replay")]
    tcp: bool,
    /// Join no group: show what the venue makes of its books, of all instruments, by TCP from `--replay`.
    #[arg(long, value_enum, requires = "replay",
        conflicts_with_all = ["tcp", "unicast", "print", "trades", "book", "ladder", "stats", "record", "dbn", "orders", "verify"])]
    view: Option<views::Wanted>,
    /// With `--view`: at most so often; 0: after every change.
    #[arg(long, value_name = "MS", default_value_t = 500, requires = "view")]
    interval_ms: u32,
    /// Print each message of the incremental channel, once and in order.
    #[arg(long)]
    print: bool,
    /// Print each trade.
    #[arg(long)]
    trades: bool,
    /// Show books as they change and at the end; all of them, or that of SYMBOL.
    #[arg(long, value_name = "SYMBOL")]
    book: Option<Option<String>>,
    /// Draw the book of SYMBOL in the terminal, with its last trades, a few times a second.
    #[arg(long, value_name = "SYMBOL", conflicts_with_all = ["json", "print", "book", "trades"])]
    ladder: Option<String>,
    /// Say every second what came in it, and how long messages were under way.
    #[arg(long)]
    stats: bool,
    /// Write every packet to this file, in place of what is there: pcap, for tshark and the like.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Write orders and trades to this file, in place of what is there: DBN, for Databento's tools.
    #[arg(long, value_name = "FILE")]
    dbn: Option<PathBuf>,
    /// At the end print every resting order of every book, best first.
    #[arg(long)]
    orders: bool,
    /// Exit with code 1 unless every book is live at the end and every checksum was right.
    #[arg(long)]
    verify: bool,
    /// Print JSON, one object per line; decimals are strings, so that they stay exact.
    #[arg(long)]
    json: bool,
    /// End after so many seconds.
    #[arg(long, value_name = "N", value_parser = seconds)]
    seconds: Option<Duration>,
    /// End after so many messages of the incremental channel.
    #[arg(long, value_name = "N")]
    messages: Option<u64>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || "a number of seconds above 0, like 10 or 0.5".to_string();
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(seconds).ok().filter(|d| !d.is_zero()).ok_or_else(wrong)
}

/// Listens until told to stop. Code 1: `--verify` found something wrong, and printed what.
///
/// # Errors
/// A group cannot be joined, or standard output fails for another reason than a closed pipe.
pub fn run(args: &ListenArgs) -> anyhow::Result<ExitCode> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("cannot catch Ctrl-C")?;
    }
    if let (Some(wanted), Some(address)) = (args.view, args.replay) {
        let mut show = Show::new(args.json, std::io::stdout().lock());
        views::run(args, (wanted, address), &stop, &mut show)?;
        show.finish().context("cannot write to standard output")?;
        return Ok(ExitCode::SUCCESS);
    }
    let (queue, packets) = sync_channel(QUEUE_PACKETS_MAX);
    let groups = [(Line::A, args.a), (Line::B, args.b), (Line::Snapshot, args.snapshot)];
    if let Some(address) = args.unicast {
        let socket =
            UnicastSocket::bind(address).with_context(|| format!("cannot listen on {address}"))?;
        let (queue, stop) = (queue.clone(), Arc::clone(&stop));
        std::thread::Builder::new()
            .name("unicast".into())
            .spawn(move || receive_unicast(&socket, &queue, &stop))
            .context("cannot start a thread")?;
    }
    let is_joined = !args.tcp && args.unicast.is_none();
    for (line, group) in groups.into_iter().filter(|_| is_joined) {
        let receiver = MulticastReceiver::join_from(group, args.interface, args.source)
            .with_context(|| format!("cannot join {group} on interface {}", args.interface))?;
        let _ = receiver.set_receive_buffer(RECEIVE_BUFFER_BYTES); // Less will do, too.
        let (queue, stop) = (queue.clone(), Arc::clone(&stop));
        std::thread::Builder::new()
            .name(format!("feed {group}"))
            .spawn(move || receive(line, &receiver, &queue, &stop))
            .context("cannot start a thread")?;
    }
    let replay = args.replay.map(|address| Replay::start(address, &queue, &stop));
    let mut replay = replay.transpose().context("cannot ask for old messages")?;
    if args.tcp
        && let Some(replay) = &mut replay
    {
        replay.follow();
    }
    drop(queue);
    let record = match &args.record {
        None => None,
        Some(path) => Some(
            Record::create(path).with_context(|| format!("cannot write to {}", path.display()))?,
        ),
    };
    let dbn = match &args.dbn {
        None => None,
        Some(path) => {
            Some(Dbn::create(path).with_context(|| format!("cannot write to {}", path.display()))?)
        }
    };
    let mut show = Show::new(args.json, std::io::stdout().lock());
    let subscriber = listen(args, &packets, Beside { replay, record, dbn }, &stop, &mut show);
    stop.store(true, Ordering::Relaxed);
    let problems = if args.verify { problems(&subscriber) } else { Vec::new() };
    finish(args, &subscriber, &problems, &mut show);
    show.finish().context("cannot write to standard output")?;
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a listener does beside listening.
#[derive(Default)]
struct Beside {
    replay: Option<Replay>,
    record: Option<Record>,
    dbn: Option<Dbn>,
}

impl Beside {
    /// Asks for what the subscriber misses.
    fn ask(&mut self, subscriber: &mut Subscriber) {
        if let (Some(ask), Some(channel), Some(replay)) =
            (subscriber.take_ask(), subscriber.channel(), &mut self.replay)
            && !replay.ask(ask, channel)
        {
            subscriber.cannot_ask(ask.way);
        }
    }

    /// Writes a packet to the file, as long as that can be written to.
    fn record(&mut self, args: &ListenArgs, line: Line, packet: &[u8]) {
        let Some(record) = &mut self.record else { return };
        let unknown = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
        let v4 = |address: Option<SocketAddr>| match address {
            Some(SocketAddr::V4(address)) => address,
            _ => unknown,
        };
        let sender = SocketAddrV4::new(args.source.unwrap_or(args.interface), 0);
        let way = match (line, args.unicast) {
            (Line::Udp | Line::Tcp, _) => (v4(args.replay), unknown),
            (_, Some(_)) => (sender, v4(args.unicast)),
            (Line::A, None) => (sender, args.a),
            (Line::B, None) => (sender, args.b),
            (Line::Snapshot, None) => (sender, args.snapshot),
        };
        if let Err(error) = record.put(packet, way, utc_now_ns()) {
            eprintln!("portcullis: recording ends: {error}");
            self.record = None;
        }
    }
}

/// What comes to the listener.
pub(crate) enum Heard {
    /// A packet.
    Packet(Line, Vec<u8>),
    /// Nobody answers who is asked this way.
    Cannot(Way),
}

/// A thread: packets of one group into the queue, until nobody listens.
pub(crate) fn receive(
    line: Line,
    receiver: &MulticastReceiver,
    queue: &SyncSender<Heard>,
    stop: &AtomicBool,
) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    while !stop.load(Ordering::Relaxed) {
        match receiver.receive(&mut buffer) {
            Ok(None) => {}
            Ok(Some(length)) => {
                let packet = buffer.get(..length).unwrap_or_default().to_vec();
                if queue.send(Heard::Packet(line, packet)).is_err() {
                    return;
                }
            }
            Err(error) => {
                eprintln!("portcullis: line {line:?} cannot be read any more: {error}");
                return;
            }
        }
    }
}

/// A thread: packets of all channels from one socket into the queue, until nobody listens.
fn receive_unicast(socket: &UnicastSocket, queue: &SyncSender<Heard>, stop: &AtomicBool) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    while !stop.load(Ordering::Relaxed) && socket.wait(SOCKET_WAIT).is_ok() {
        while let Some((length, _)) = socket.receive(&mut buffer) {
            let packet = buffer.get(..length).unwrap_or_default().to_vec();
            let is_snapshot = Packet::parse(&packet)
                .is_ok_and(|packet| packet.header.flags.has(PacketFlags::SNAPSHOT));
            let line = if is_snapshot { Line::Snapshot } else { Line::A };
            if queue.send(Heard::Packet(line, packet)).is_err() {
                return;
            }
        }
    }
}

/// Packets in, until a limit, a signal, or nobody reads what is printed.
fn listen(
    args: &ListenArgs,
    packets: &Receiver<Heard>,
    mut beside: Beside,
    stop: &AtomicBool,
    show: &mut Show<impl std::io::Write>,
) -> Subscriber {
    // By TCP alone there is no other line to lose anything.
    let ask = match &beside.replay {
        Some(_) if !args.tcp => AskLimits::BOTH,
        _ => AskLimits::NOBODY,
    };
    let mut subscriber = Subscriber::new(SubscriberLimits { ask, ..SubscriberLimits::default() });
    let mut dbn = beside.dbn.take();
    let started = Instant::now();
    let (mut shown_at, mut silent) = (started, true);
    let (mut ladder, mut meter, mut measured_at) = (Ladder::default(), Meter::default(), started);
    // Books that have changed since they were shown.
    let mut changed = BTreeSet::new();
    let messages_max = args.messages.unwrap_or(u64::MAX);
    while !stop.load(Ordering::Relaxed)
        && !show.is_over()
        && subscriber.statistics().messages < messages_max
        && args.seconds.is_none_or(|limit| started.elapsed() < limit)
    {
        let printed_max = messages_max - subscriber.statistics().messages;
        let mut printed = 0;
        let drawn = args.ladder.as_ref().and_then(|symbol| show.number(symbol));
        let mut listen = |event: FeedEvent<'_>| {
            show.learn(&event);
            if let Some(dbn) = &mut dbn {
                dbn.on_event(&event);
            }
            if let FeedEvent::Message { bytes, time, .. } = event {
                printed += 1;
                if args.stats {
                    meter.message(time, utc_now_ns());
                }
                if let Some(number) = drawn {
                    ladder.take(bytes, number);
                }
                if args.trades && printed <= printed_max {
                    show.trade(time, bytes);
                }
                changed.extend(marketdata::BookMessage::decode(bytes).map(|m| m.instrument()));
                if !args.print || printed > printed_max {
                    return;
                }
            } else if let FeedEvent::State { instrument, .. } = event {
                changed.insert(instrument);
            } else if let FeedEvent::Phase { status } = event {
                changed.insert(status.instrument.get());
            }
            let is_printed = matches!(
                event,
                FeedEvent::Phase { .. }
                    | FeedEvent::Indicative { .. }
                    | FeedEvent::AuctionResult { .. }
            );
            if (args.print && is_printed) || args.ladder.is_some() {
                return; // As the message that it was, or it would spoil the picture.
            }
            show.event(&event);
        };
        match packets.recv_timeout(TICK) {
            Ok(Heard::Cannot(_)) if args.tcp => break,
            Ok(Heard::Cannot(way)) => subscriber.cannot_ask(way),
            Ok(Heard::Packet(line, packet)) => {
                silent = false;
                beside.record(args, line, &packet);
                let now = monotonic_ns();
                subscriber.on_packet(line, &packet, now, &mut listen);
                // What is missing next is asked for at once.
                subscriber.on_tick(now, &mut listen);
            }
            Err(RecvTimeoutError::Timeout) => {
                subscriber.on_tick(monotonic_ns(), &mut listen);
                show.flush();
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if let Some(Err(error)) = dbn.as_mut().map(|dbn| dbn.end(&subscriber)) {
            eprintln!("portcullis: the DBN file ends: {error}");
            dbn = None;
        }
        beside.ask(&mut subscriber);
        // Half an event is no book to show: the rest of it comes.
        let is_whole = subscriber.is_between_events();
        if args.book.is_some() && is_whole && shown_at.elapsed() >= BOOK_EVERY {
            show_books(args, &subscriber, &std::mem::take(&mut changed), show);
            shown_at = Instant::now();
        }
        if let Some(number) = drawn.filter(|_| is_whole && shown_at.elapsed() >= BOOK_EVERY) {
            if let (Some(instrument), Some(symbol)) = (subscriber.instrument(number), &args.ladder)
            {
                show.picture(&ladder.draw(symbol, instrument, subscriber.statistics()));
            }
            shown_at = Instant::now();
        }
        if args.stats && measured_at.elapsed() >= SECOND {
            show.second(&meter.second(subscriber.statistics()));
            measured_at = Instant::now();
        }
        if silent && started.elapsed() >= SILENCE {
            silent = false;
            eprintln!(
                "portcullis: nothing has come on {}, {} or {} yet. Does the venue run, and is {} \
                 the interface it sends on?",
                args.a, args.b, args.snapshot, args.interface
            );
        }
    }
    if let Some(Err(error)) = dbn.map(Dbn::finish) {
        eprintln!("portcullis: the end of the DBN file is missing: {error}");
    }
    if let Some(Err(error)) = beside.record.map(|mut record| record.flush()) {
        eprintln!("portcullis: the end of the recording is missing: {error}");
    }
    subscriber
}

fn show_books(
    args: &ListenArgs,
    subscriber: &Subscriber,
    changed: &BTreeSet<u32>,
    show: &mut Show<impl std::io::Write>,
) {
    for (number, instrument) in subscriber.instruments() {
        let wanted = match &args.book {
            Some(Some(symbol)) => show.symbol(number) == *symbol,
            Some(None) => true,
            None => false,
        };
        if wanted && changed.contains(&number) {
            show.book(number, instrument);
        }
    }
}

fn finish(
    args: &ListenArgs,
    subscriber: &Subscriber,
    problems: &[String],
    show: &mut Show<impl std::io::Write>,
) {
    let all = subscriber.instruments().map(|(number, _)| number).collect();
    show_books(args, subscriber, &all, show);
    if args.orders {
        for (number, instrument) in subscriber.instruments() {
            show.orders(number, instrument);
        }
    }
    show.summary(subscriber);
    if args.verify {
        show.verdict(problems);
    }
}

/// What `--verify` objects to. A feed that gave nothing to compare is not verified either.
fn problems(subscriber: &Subscriber) -> Vec<String> {
    let s = subscriber.statistics();
    let mut problems = Vec::new();
    if s.checksums_failed > 0 {
        problems.push(format!("{} checksums differ", s.checksums_failed));
    }
    if s.refused > 0 {
        problems.push(format!("{} messages cannot be true", s.refused));
    }
    if s.unreadable > 0 {
        problems.push(format!("{} packets are unreadable or on the wrong group", s.unreadable));
    }
    let dead = subscriber.instruments().filter(|(_, i)| i.state() != State::Live).count();
    if dead > 0 {
        problems.push(format!("{dead} books are not live: their messages are not all here"));
    }
    if s.checksums_verified + s.snapshots_verified == 0 {
        problems.push("nothing came that a book could be compared with".to_string());
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use engine::{CommandBuffer, Commands, Engine, Limits};
    use marketdata::packer::Packer;
    use marketdata::snapshot::SnapshotCycle;
    use sbe_schemas::header::{Message, fill_text};
    use sbe_schemas::journal as j;
    use sbe_schemas::types::{
        CommandHead, Decimal8, Decimal8Null, OrdType, Phase, Side, TimeInForce,
    };

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        args: ListenArgs,
    }

    fn args(words: &str) -> ListenArgs {
        let words = std::iter::once("listen").chain(words.split_whitespace());
        Words::try_parse_from(words).unwrap().args
    }

    /// A venue with one instrument and three orders: packets of line A, packets of a snapshot.
    fn packets() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let mut batch = CommandBuffer::new();
        let symbol = fill_text(b"ACME").unwrap();
        let one = Decimal8::new(100_000_000);
        let instrument = j::InstrumentDefine {
            symbol,
            tick_size: Decimal8::new(1_000_000),
            lot_size: one,
            quantity_max: Decimal8::new(100_000_000_000),
            indicative_ms: 1000.into(),
            phase: Phase::Continuous.into(),
            ..j::InstrumentDefine::ZERO
        };
        assert!(batch.push(&instrument));
        let comp_id = fill_text(b"CLIENT1").unwrap();
        assert!(batch.push(&j::SessionDefine { comp_id, ..j::SessionDefine::ZERO }));
        let head = |number: u64| CommandHead {
            session: 1.into(),
            conn_generation: 1.into(),
            msg_seq_num: number.into(),
            ..CommandHead::ZERO
        };
        let heartbeat_s = 30.into();
        assert!(batch.push(&j::Logon { head: head(1), heartbeat_s, ..j::Logon::ZERO }));
        for (number, side, price) in
            [(2, Side::Buy, 10_050), (3, Side::Buy, 9_900), (4, Side::Sell, 10_075)]
        {
            assert!(batch.push(&j::NewOrder {
                head: head(number),
                cl_ord_id: fill_text(format!("{number}").as_bytes()).unwrap(),
                instrument: 1.into(),
                side: side.into(),
                ord_type: OrdType::Limit.into(),
                time_in_force: TimeInForce::GoodTillCancel.into(),
                price: Decimal8Null::new(Some(price * 1_000_000)),
                order_qty: one,
                stop_px: Decimal8Null::NULL,
                display_qty: Decimal8Null::NULL,
                min_qty: Decimal8Null::NULL,
                ..j::NewOrder::ZERO
            }));
        }
        let mut engine = Engine::new(Limits { orders_max: 16, ..Limits::default() });
        let mut events = Vec::new();
        engine.begin_batch(1, 1_700_000_000_000_000_000);
        for (command, seq) in Commands::new(batch.bytes()).zip(1..) {
            assert_eq!(engine.apply(seq, command, &mut events), engine::Step::Done);
        }
        engine.end_batch(batch.count(), &mut events);
        let (mut incremental, mut snapshot) = (Vec::new(), Vec::new());
        let mut packer = Packer::new(1, 1);
        for event in &events {
            packer.on_event(event, |packet| incremental.push(packet.to_vec()));
        }
        SnapshotCycle::new(2, 1).run(&engine, |packet| snapshot.push(packet.to_vec()));
        (incremental, snapshot)
    }

    /// Listens to these packets; what it prints and what `--verify` objects to.
    fn check(words: &str, packets: &[(Line, Vec<u8>)]) -> (String, Vec<String>) {
        let args = args(words);
        let (queue, receiver) = sync_channel(QUEUE_PACKETS_MAX);
        for packet in packets {
            let (line, bytes) = packet.clone();
            queue.send(Heard::Packet(line, bytes)).unwrap();
        }
        drop(queue);
        let mut out = Vec::new();
        let mut show = Show::new(args.json, &mut out);
        let subscriber =
            listen(&args, &receiver, Beside::default(), &AtomicBool::new(false), &mut show);
        let problems = problems(&subscriber);
        finish(&args, &subscriber, &problems, &mut show);
        show.finish().unwrap();
        (String::from_utf8(out).unwrap(), problems)
    }

    fn all() -> Vec<(Line, Vec<u8>)> {
        let (incremental, snapshot) = packets();
        let incremental =
            incremental.into_iter().flat_map(|p| [(Line::A, p.clone()), (Line::B, p)]);
        incremental.chain(snapshot.into_iter().map(|p| (Line::Snapshot, p))).collect()
    }

    #[test]
    fn a_book_is_shown_as_a_ladder_with_prices_as_decimals() {
        let (text, problems) = check("--book ACME --verify", &all());
        assert_eq!(problems, [""; 0]);
        let ladder = text.split("ACME live, Continuous, rptSeq 3, 3 orders\n").nth(1).unwrap();
        let rows: Vec<Vec<&str>> =
            ladder.lines().take(3).map(|row| row.split_whitespace().collect()).collect();
        assert_eq!(rows[1], ["1", "1", "100.5", "|", "100.75", "1", "1"]);
        assert_eq!(rows[2], ["1", "1", "99", "|"]);
        assert!(text.contains("verified"), "{text}");
    }

    #[test]
    fn every_line_of_json_is_an_object_and_orders_come_in_priority_order() {
        let (text, _) = check("--json --print --book --orders --verify", &all());
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |kind: &str| lines.iter().filter(|l| l["type"] == kind).collect::<Vec<_>>();
        assert_eq!(of("OrderAdd").len(), 3);
        assert_eq!(of("OrderAdd")[0]["price"], "100.5");
        assert_eq!(of("OrderAdd")[0]["symbol"], "ACME");
        let prices: Vec<_> = of("order").iter().map(|order| order["price"].clone()).collect();
        assert_eq!(prices, ["100.5", "99", "100.75"]);
        assert_eq!(of("book")[0]["asks"][0], serde_json::json!(["100.75", "1", 1]));
        assert_eq!(of("summary")[0]["messages"], 4);
        assert_eq!(of("verify")[0]["ok"], true);
    }

    #[test]
    fn the_ladder_is_a_picture_with_the_best_prices_in_the_middle() {
        let (incremental, _) = packets();
        let mut subscriber = Subscriber::new(SubscriberLimits::default());
        for packet in &incremental {
            subscriber.on_packet(Line::A, packet, 0, &mut |_| {});
        }
        let acme = subscriber.instrument(1).unwrap();
        let text = Ladder::default().draw("ACME", acme, subscriber.statistics());
        let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
        assert!(text.contains("ACME  Continuous  live  3 orders"), "{text}");
        let bar = "█".repeat(24);
        assert_eq!(rows[11], ["100.75", "1", bar.as_str()], "{text}");
        assert_eq!(rows[12], [bar.as_str(), "1", "100.5"]);
        assert_eq!(rows[13], [bar.as_str(), "1", "99"]);
    }

    #[test]
    fn messages_limits_how_many_are_printed() {
        let (text, _) = check("--json --print --messages 2", &all());
        let printed = text.lines().filter(|line| line.contains("\"sequence\""));
        assert_eq!(printed.count(), 2, "{text}");
    }

    #[test]
    fn what_is_wrong_with_a_feed_is_said() {
        let (text, problems) = check("--verify", &[]);
        assert_eq!(problems.len(), 1, "nothing came: {text}");
        let (_, snapshot) = packets();
        let late: Vec<_> = snapshot.into_iter().map(|p| (Line::Snapshot, p)).collect();
        let (_, problems) = check("--verify", &late);
        assert!(problems.iter().any(|p| p.contains("not live")), "{problems:?}");
        let mut wrong = all();
        for (line, packet) in &mut wrong {
            if *line != Line::Snapshot {
                let last = packet.len() - 8; // Quantity of the last order.
                packet[last] ^= 1;
            }
        }
        let (text, problems) = check("--verify", &wrong);
        assert!(problems.iter().any(|p| p.contains("checksums differ")), "{problems:?}");
        assert!(text.contains("checksums differ"), "{text}");
    }

    #[test]
    fn seconds_are_a_number_above_zero() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert!(["0", "-1", "NaN", "inf", "x"].iter().all(|text| seconds(text).is_err()));
    }

    #[test]
    fn the_help_names_every_default() {
        let help = <Words as clap::CommandFactory>::command().render_long_help().to_string();
        for text in ["239.255.42.1:9101", "239.255.42.2:9102", "239.255.42.3:9103", "127.0.0.1"] {
            assert!(help.contains(text), "{help}");
        }
    }
}

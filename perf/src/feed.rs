//! `portcullis-perf feed`: the feed by itself: events to packets, packets to sockets, to the feed's cold thread,
//! and to a subscriber's books.
//!
//! The messages are those of one book: orders come, trade and go. Packing is timed for batches of several sizes,
//! because a packet ends with its batch. Sending is a real multicast socket on loopback, one line. A round is timed
//! whole and divided; what is told is the median round, and the fastest tenth beside it.
//!
//! Next: `feed/rate.rs` sends what a real engine tells to a real subscriber, `feed/abuse.rs` measures what
//! subscribers that misbehave cost a venue.

mod abuse;
mod rate;

use anyhow::Context;
use clap::{Args, Subcommand};
use engine::Event;
use gateway::feed::tap::tap;
use gateway::io::udp::MulticastSender;
use gateway::publisher::Lines;
use marketdata::packer::Packer;
use marketdata::views::Views;
use marketdata::{Line, Subscriber, SubscriberLimits};
use sbe_schemas::header::Message;
use sbe_schemas::journal::BatchEnd;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{Decimal8, EventHead, EventKind, FeedFlags, Side};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Instant;

/// 2026-01-02 09:30 UTC.
const NOW_NS: u64 = 1_767_346_200_000_000_000;
const ONE: i64 = 100_000_000;
/// Messages of a round.
const MESSAGES: usize = 30_000;
/// Messages in a batch, and so, at most, in a packet.
const BATCHES: [usize; 3] = [1, 4, 64];
/// Nobody is there.
const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 255, 99, 99), 9199);

/// The defaults take about five seconds.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct FeedArgs {
    #[command(subcommand)]
    what: Option<FeedCommand>,
    /// Rounds that are timed, each of 30000 messages.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    rounds: u32,
    /// Print JSON and nothing else.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum FeedCommand {
    /// What a real engine tells, packed, sent and made into books by a subscriber, at a rate.
    Rate(rate::RateArgs),
    /// What order to ack is beside subscribers that stop reading, flood and send garbage.
    Abuse(abuse::AbuseArgs),
}

/// What was timed: its name, the unit, nanoseconds for one of them.
struct Row {
    what: String,
    of: &'static str,
    median_ns: f64,
    fastest_ns: f64,
}

/// Runs it; returns what to print.
///
/// # Errors
/// The loopback interface takes no multicast.
pub(crate) fn run(args: &FeedArgs) -> anyhow::Result<String> {
    match &args.what {
        Some(FeedCommand::Rate(args)) => return rate::run(args),
        Some(FeedCommand::Abuse(args)) => return abuse::run(args),
        None => {}
    }
    let rows = measure(args.rounds as usize)?;
    if args.json {
        let row = |row: &Row| -> Value {
            json!({"what": row.what, "of": row.of, "medianNs": row.median_ns, "fastestNs": row.fastest_ns})
        };
        return Ok(json!({"feed": rows.iter().map(row).collect::<Vec<_>>()}).to_string());
    }
    let mut text =
        String::from("what                                             median   fastest tenth\n");
    for Row { what, of, median_ns, fastest_ns } in rows {
        text += &format!("{what:<44} {median_ns:>8.0} ns {fastest_ns:>8.0} ns a {of}\n");
    }
    Ok(text.trim_end().to_owned())
}

fn measure(rounds: usize) -> anyhow::Result<Vec<Row>> {
    let sender = MulticastSender::open(GROUP, Ipv4Addr::LOCALHOST, 0, true)
        .context("cannot send multicast on 127.0.0.1")?;
    let mut rows = Vec::new();
    for batch in BATCHES {
        let events = events(batch);
        let mut packer = Packer::new(1, 1);
        let name = |what: &str| format!("{what}, batches of {batch}");
        rows.push(timed(name("pack"), "message", rounds, MESSAGES, || {
            for event in &events {
                packer.on_event(event, |packet| {
                    black_box(packet);
                });
            }
        }));
        let mut packets = Vec::new();
        events.iter().for_each(|event| packer.on_event(event, |p| packets.push(p.to_vec())));
        rows.push(timed(name("send on one line"), "packet", rounds, packets.len(), || {
            packets.iter().for_each(|packet| {
                let _ = sender.send(packet);
            });
        }));
        let (mut into, mut out) = tap(1024);
        rows.push(timed(
            name("into the tap and out of it"),
            "packet",
            rounds,
            packets.len(),
            || {
                packets.iter().for_each(|packet| {
                    into.send(packet);
                    black_box(out.next_packet());
                });
            },
        ));
        rows.push(timed(name("a subscriber's books"), "message", rounds.min(20), MESSAGES, || {
            let mut subscriber = Subscriber::new(SubscriberLimits::default());
            for packet in &packets {
                subscriber.on_packet(Line::A, packet, 0, &mut |_| {});
            }
            assert_eq!(subscriber.statistics().messages, MESSAGES as u64);
        }));
        rows.push(timed(name("books and statistics"), "message", rounds.min(20), MESSAGES, || {
            let mut views = Views::new(SubscriberLimits::default(), 0);
            packets.iter().for_each(|packet| views.on_packet(Line::Tcp, packet, 0));
            black_box(views.depth(1, 0));
        }));
    }
    Ok(rows)
}

fn timed(
    what: String,
    of: &'static str,
    rounds: usize,
    each: usize,
    mut round: impl FnMut(),
) -> Row {
    round();
    let mut took: Vec<f64> = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let begun = Instant::now();
        round();
        took.push(begun.elapsed().as_nanos() as f64 / each as f64);
    }
    took.sort_unstable_by(f64::total_cmp);
    Row { what, of, median_ns: took[took.len() / 2], fastest_ns: took[took.len() / 10] }
}

/// The messages of one book, and the ends of batches of so many.
fn events(batch: usize) -> Vec<Event> {
    let mut events = Vec::new();
    let mut resting: VecDeque<(u64, Side, i64)> = VecDeque::new();
    let head = |kind: EventKind, number: u64, time: u64| EventHead {
        kind: kind.into(),
        number: number.into(),
        seq: number.into(),
        time: time.into(),
        ..EventHead::ZERO
    };
    for number in 1..=MESSAGES as u64 {
        let at = NOW_NS + (number / batch as u64) * 1000;
        let market = head(EventKind::Market, number, at);
        let mut event = Event::of(&BatchEnd::ZERO);
        let oldest =
            if number % 2 == 0 || resting.len() > 500 { resting.pop_front() } else { None };
        match oldest {
            None => {
                let side = if number % 4 < 2 { Side::Buy } else { Side::Sell };
                let away = (number.wrapping_mul(0x9E37_79B9) >> 7) as i64 % 40 * ONE / 100;
                let price = if side == Side::Buy { 100 * ONE - away } else { 101 * ONE + away };
                resting.push_back((number, side, price));
                event.write(
                    market,
                    &md::OrderAdd {
                        instrument: 1.into(),
                        flags: FeedFlags::EMPTY,
                        side: side.into(),
                        rpt_seq: number.into(),
                        seq: number.into(),
                        order_id: number.into(),
                        price: Decimal8::new(price),
                        qty: Decimal8::new(ONE),
                    },
                );
            }
            Some((order_id, side, _)) if number % 3 == 0 => event.write(
                market,
                &md::OrderDelete {
                    instrument: 1.into(),
                    flags: FeedFlags::EMPTY,
                    side: side.into(),
                    rpt_seq: number.into(),
                    seq: number.into(),
                    order_id: order_id.into(),
                },
            ),
            Some((order_id, side, price)) => event.write(
                market,
                &md::OrderExecute {
                    instrument: 1.into(),
                    flags: FeedFlags::EMPTY,
                    side: side.into(),
                    rpt_seq: number.into(),
                    seq: number.into(),
                    order_id: order_id.into(),
                    trade_id: number.into(),
                    price: Decimal8::new(price),
                    qty: Decimal8::new(ONE),
                    leaves_qty: Decimal8::new(0),
                },
            ),
        }
        events.push(event);
        if (number as usize).is_multiple_of(batch) || number as usize == MESSAGES {
            let mut end = Event::of(&BatchEnd::ZERO);
            end.head = EventHead { length: end.head.length, ..head(EventKind::Control, 0, at) };
            events.push(end);
        }
    }
    events
}

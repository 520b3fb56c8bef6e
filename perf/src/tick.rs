//! `portcullis-perf latency --feed`: how soon the market sees an order, and how soon a firm that sees it trades.
//!
//! ```text
//! sell order sent ──► its OrderAdd comes by multicast ─► buy order sent ──► its execution comes
//!       │      order > feed        │        feed > trade (tick to trade)      │
//!       └─ order > ack ─► the report
//! ```
//! One client with one session and a subscription to line A; it sleeps until either has something. The
//! order is recognised in the feed by its side and price, so nobody else may trade the instrument.

use crate::drive::{Heard, Request, Talk};
use crate::floor::Floors;
use crate::line::Line;
use crate::mix::{Mix, STEPS};
use crate::report::{Distribution, head};
use anyhow::{Context, anyhow, ensure};
use marketdata::packet::Packet;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sbe_schemas::header::Message;
use sbe_schemas::market_data::OrderAdd;
use serde_json::{Value, json};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// A packet that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(5);
const DATAGRAM_BYTES_MAX: usize = 65_536;

/// What a round has told.
pub(crate) struct TickTimes {
    pub(crate) order_to_ack: Distribution,
    pub(crate) order_to_feed: Distribution,
    pub(crate) feed_to_trade: Distribution,
}

/// A subscription to one line of a feed.
pub(crate) struct Feed {
    socket: Socket,
    group: SocketAddrV4,
    buffer: Vec<u8>,
}

impl Feed {
    /// Joins it on the interface that has this address.
    ///
    /// # Errors
    /// As the system says.
    pub(crate) fn join(group: SocketAddrV4, interface: Ipv4Addr) -> anyhow::Result<Self> {
        let joined = || -> std::io::Result<Socket> {
            let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
            socket.set_reuse_address(true)?;
            socket.set_reuse_port(true)?;
            // To the group: to 0.0.0.0 it would get what comes to the port for others, too.
            socket.bind(&group.into())?;
            socket.join_multicast_v4(group.ip(), &interface)?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        let socket = joined().with_context(|| {
            format!("cannot join the feed {group} on {interface}\n  fix: --feed and --interface")
        })?;
        Ok(Self { socket, group, buffer: vec![0; DATAGRAM_BYTES_MAX] })
    }

    /// The orders in the next packet, if one is there: whether each is a buyer's, and its price.
    fn next(&mut self, mut on_order: impl FnMut(bool, i64)) -> anyhow::Result<bool> {
        let bytes = match self.socket.read(&mut self.buffer) {
            Ok(bytes) => bytes,
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                return Ok(false);
            }
            Err(error) => return Err(error).context("the feed"),
        };
        let packet = Packet::parse(self.buffer.get(..bytes).unwrap_or_default())
            .map_err(|error| anyhow!("{} is no feed of ours: {error:?}", self.group))?;
        for message in packet.messages() {
            if let Ok((add, ..)) = OrderAdd::decode(message) {
                on_order(add.side.known() == Some(sbe_schemas::types::Side::Buy), add.price.get());
            }
        }
        Ok(true)
    }
}

/// Plays so many rounds, one after the other; those of the warm-up are not counted.
///
/// # Errors
/// A packet or an answer that does not come, or any that is not expected.
pub(crate) fn play<T: Talk>(
    line: &mut Line,
    talk: &mut T,
    feed: &mut Feed,
    (warmup, rounds): (u64, u64),
    spin: bool,
) -> anyhow::Result<TickTimes> {
    let mut times = TickTimes {
        order_to_ack: Distribution::new(),
        order_to_feed: Distribution::new(),
        feed_to_trade: Distribution::new(),
    };
    for round in 0..warmup + rounds {
        let seen = one_round(line, talk, feed, round, spin)
            .with_context(|| format!("after {round} of {} rounds", warmup + rounds))?;
        if round >= warmup {
            times.order_to_ack.record(seen.ack - seen.order);
            times.order_to_feed.record(seen.tick - seen.order);
            times.feed_to_trade.record(seen.trade - seen.tick);
        }
    }
    Ok(times)
}

struct Seen {
    order: Instant,
    ack: Instant,
    tick: Instant,
    trade: Instant,
}

fn one_round<T: Talk>(
    line: &mut Line,
    talk: &mut T,
    feed: &mut Feed,
    round: u64,
    spin: bool,
) -> anyhow::Result<Seen> {
    let mut out = Vec::with_capacity(1024);
    let number = round * STEPS as u64;
    let request =
        |step: usize| Request { number: number + step as u64, previous: number, round, step };
    let wanted = Mix::Trade.act(round, 0, 1);
    talk.ask(&request(0), &mut out)?;
    let order = Instant::now();
    line.send(&out)?;
    out.clear();
    let (mut ack, mut tick, mut trade) = (None, None, None);
    loop {
        let (heard, came) = wait(line, feed, spin)?;
        while came && {
            let mut is_there = false;
            let more = feed.next(|is_buyer, price| {
                is_there |= (is_buyer, price) == (wanted.is_buyer, wanted.price);
            })?;
            if is_there && tick.is_none() {
                tick = Some(Instant::now());
                talk.ask(&request(1), &mut out)?;
                line.send(&out)?;
                out.clear();
            }
            more
        } {}
        if heard {
            let came = line.receive()?;
            loop {
                match talk.hear(line.received(), &mut out)? {
                    Heard::Incomplete => break,
                    Heard::Aside { bytes } => line.take(bytes),
                    Heard::Answer { number: answered, bytes } => {
                        line.take(bytes);
                        ensure!(
                            answered >> 1 == number >> 1,
                            "an answer to {answered}, which waits for none"
                        );
                        if answered == number { ack = Some(came) } else { trade = Some(came) }
                    }
                }
            }
            line.send(&out)?;
            out.clear();
        }
        if let (Some(ack), Some(tick), Some(trade)) = (ack, tick, trade) {
            return Ok(Seen { order, ack, tick, trade });
        }
        ensure!(
            tick.is_some() || order.elapsed() < PATIENCE,
            "no packet of {} tells of the order\n  fix: say with --feed and --interface where line A is",
            feed.group
        );
    }
}

/// Until the session, the feed or both have something.
fn wait(line: &Line, feed: &Feed, spin: bool) -> anyhow::Result<(bool, bool)> {
    let seconds = if spin { 0 } else { PATIENCE.as_secs() as i64 };
    let until = Instant::now() + PATIENCE;
    loop {
        let mut fds = [
            PollFd::from_borrowed_fd(line.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(feed.socket.as_fd(), PollFlags::IN),
        ];
        let timeout = Timespec { tv_sec: seconds, tv_nsec: 0 };
        let ready = match poll(&mut fds, Some(&timeout)) {
            Err(rustix::io::Errno::INTR) => 0,
            ready => ready?,
        };
        if ready > 0 {
            let [line, feed] = fds.map(|fd| !fd.revents().is_empty());
            return Ok((line, feed));
        }
        ensure!(
            Instant::now() < until,
            "neither the session nor the feed {} has anything for {} seconds: a message is lost",
            feed.group,
            PATIENCE.as_secs()
        );
    }
}

/// Of `portcullis-perf latency --feed`.
pub(crate) struct TickReport {
    pub(crate) protocol: &'static str,
    pub(crate) spin: bool,
    pub(crate) venue: Vec<String>,
    pub(crate) times: TickTimes,
    pub(crate) floors: Option<Floors>,
}

impl TickReport {
    fn rows(&self) -> [(&'static str, &'static str, &Distribution); 3] {
        let times = &self.times;
        [
            ("order > ack", "order_to_ack", &times.order_to_ack),
            ("order > feed", "order_to_feed", &times.order_to_feed),
            ("feed > trade", "feed_to_trade", &times.feed_to_trade),
        ]
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let waits = if self.spin { "client spins" } else { "client blocks" };
        let mut lines = self.venue.clone();
        lines.push(format!(
            "{} over TCP and line A of the feed, 1 at a time, {waits}",
            self.protocol
        ));
        lines.push(head());
        lines.extend(self.rows().iter().map(|(name, _, times)| times.row(name)));
        if let Some(floors) = &self.floors {
            lines.extend(floors.rows(&self.rows().map(|(_, name, times)| (name, times))));
        }
        lines.join("\n")
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let mut told = json!({
            "command": "latency",
            "protocol": self.protocol,
            "feed": true,
            "depth": 1,
            "spin": self.spin,
            "venue": self.venue,
            "host": crate::host::json(),
            "ratio_p50": null,
        });
        for (_, name, times) in self.rows() {
            told[name] = times.json();
        }
        if let Some(floors) = &self.floors {
            floors.tell(&self.rows().map(|(_, name, times)| (name, times)), &mut told);
        }
        told
    }
}

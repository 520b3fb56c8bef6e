//! `listen --view`: best prices, ten levels or the day's statistics as the venue conflates them, by TCP from
//! `--replay`. No book is built here, so nothing is verified either; the wire is in docs/wire/feed.md, "Views".

use super::show::Show;
use super::{CHANNEL, EPOCH, ListenArgs};
use crate::feed::control::{ControlPacket, Framed, next_framed, push_framed};
use crate::io::client::TcpClient;
use anyhow::{Context, bail};
use marketdata::packet::Packet;
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{Level, View};
use serde_json::{Value, json};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long connecting may take; a stop is seen this soon.
const PATIENCE: Duration = Duration::from_millis(500);

/// What may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Wanted {
    /// Best prices and the last trade.
    Top,
    /// Ten levels of both sides.
    Depth,
    /// Of the day: open, high, low, last, VWAP, volume.
    Stats,
}

/// Shows views until told to stop.
///
/// # Errors
/// The venue cannot be reached, refuses, or ends the connection.
pub(super) fn run(
    args: &ListenArgs,
    (wanted, address): (Wanted, SocketAddr),
    stop: &AtomicBool,
    show: &mut Show<impl Write>,
) -> anyhow::Result<()> {
    let mut client = TcpClient::connect(address, PATIENCE)
        .with_context(|| format!("cannot connect to {address}, the venue's feed.replay"))?;
    let view = match wanted {
        Wanted::Top => View::Top,
        Wanted::Depth => View::Depth,
        Wanted::Stats => View::Statistics,
    };
    let request = md::ViewRequest {
        request_id: 1.into(),
        epoch: EPOCH.into(),
        view: view.into(),
        instrument: 0.into(),
        interval_ms: args.interval_ms.into(),
    };
    let mut bytes = Vec::new();
    push_framed(ControlPacket::new(EPOCH).of(&request, 0), &mut bytes);
    client.send(&bytes)?;
    bytes.clear();
    let (started, mut piece, mut told) = (Instant::now(), vec![0; 64 << 10], 0);
    let is_over = |told| {
        args.seconds.is_some_and(|limit| started.elapsed() >= limit)
            || args.messages.is_some_and(|most| told >= most)
    };
    while !stop.load(Ordering::Relaxed) && !show.is_over() && !is_over(told) {
        match client.receive(&mut piece)? {
            Some(0) => bail!("the venue has ended the connection"),
            Some(length) => bytes.extend_from_slice(piece.get(..length).unwrap_or_default()),
            None => continue,
        }
        let mut taken = 0;
        loop {
            match next_framed(bytes.get(taken..).unwrap_or_default()) {
                Framed::Short => break,
                Framed::Wrong => bail!("what comes from {address} are no packets"),
                Framed::Packet(packet, length) => {
                    taken += length;
                    told += packet_shown(packet, show)?;
                }
            }
        }
        bytes.drain(..taken);
        show.flush();
    }
    Ok(())
}

/// How many views were in it.
fn packet_shown(packet: &[u8], show: &mut Show<impl Write>) -> anyhow::Result<u64> {
    let Ok(packet) = Packet::parse(packet) else { bail!("a packet of channel {CHANNEL} is torn") };
    let mut told = 0;
    for message in packet.messages() {
        if let Ok((reject, ..)) = md::ReplayReject::decode(message) {
            bail!("the venue refuses: {}", reject.reason);
        }
        if let Some((text, json)) = view(message) {
            show.say(|| text, || json);
            told += 1;
        }
    }
    Ok(told)
}

/// A view as text and as JSON; `None`: the message is another one.
fn view(message: &[u8]) -> Option<(String, Value)> {
    if let Ok((m, ..)) = md::TopOfBook::decode(message) {
        let (instrument, bid, ask) = (m.instrument.get(), level(&m.bid), level(&m.ask));
        let text = format!(
            "#{instrument} {}  bid {bid}  ask {ask}  last {} x {}",
            m.phase, m.last_price, m.last_qty
        );
        let json = json!({"type": md::TopOfBook::NAME, "instrument": instrument,
            "phase": m.phase.to_string(), "from": m.from.get(), "to": m.to.get(),
            "bid": level_json(&m.bid), "ask": level_json(&m.ask),
            "lastPrice": price(m.last_price), "lastQty": m.last_qty.to_string()});
        return Some((text, json));
    }
    if let Ok((m, ..)) = md::BookDepth::decode(message) {
        let bids =
            [&m.bid1, &m.bid2, &m.bid3, &m.bid4, &m.bid5, &m.bid6, &m.bid7, &m.bid8, &m.bid9];
        let asks =
            [&m.ask1, &m.ask2, &m.ask3, &m.ask4, &m.ask5, &m.ask6, &m.ask7, &m.ask8, &m.ask9];
        let bids: Vec<&Level> =
            bids.into_iter().chain([&m.bid10]).filter(|l| is_there(l)).collect();
        let asks: Vec<&Level> =
            asks.into_iter().chain([&m.ask10]).filter(|l| is_there(l)).collect();
        let words =
            |levels: &[&Level]| levels.iter().map(|l| level(l)).collect::<Vec<_>>().join("  ");
        let instrument = m.instrument.get();
        let text =
            format!("#{instrument} {}\n  bid {}\n  ask {}", m.phase, words(&bids), words(&asks));
        let all = |levels: &[&Level]| levels.iter().map(|l| level_json(l)).collect::<Vec<_>>();
        let json = json!({"type": md::BookDepth::NAME, "instrument": instrument,
            "phase": m.phase.to_string(), "from": m.from.get(), "to": m.to.get(),
            "bids": all(&bids), "asks": all(&asks)});
        return Some((text, json));
    }
    let (m, ..) = md::Statistics::decode(message).ok()?;
    let instrument = m.instrument.get();
    let text = format!(
        "#{instrument} open {}  high {}  low {}  last {}  vwap {}  volume {}  trades {}",
        m.open, m.high, m.low, m.last, m.vwap, m.volume, m.trades
    );
    let json = json!({"type": md::Statistics::NAME, "instrument": instrument,
        "from": m.from.get(), "to": m.to.get(), "dayEnd": m.day_end.get(),
        "open": price(m.open), "high": price(m.high), "low": price(m.low), "last": price(m.last),
        "vwap": price(m.vwap), "volume": m.volume.to_string(), "trades": m.trades.get()});
    Some((text, json))
}

fn is_there(level: &Level) -> bool {
    level.price.get().is_some()
}

fn level(level: &Level) -> String {
    if is_there(level) {
        format!("{} x {} ({})", level.price, level.qty, level.orders)
    } else {
        "-".to_owned()
    }
}

/// Price, quantity and number of orders, as `listen --json` has levels; null: nothing rests there.
fn level_json(level: &Level) -> Value {
    match level.price.get() {
        None => Value::Null,
        Some(_) => {
            json!([level.price.to_string(), level.qty.to_string(), level.orders.get()])
        }
    }
}

fn price(price: sbe_schemas::types::Decimal8Null) -> Option<String> {
    price.get().map(|_| price.to_string())
}

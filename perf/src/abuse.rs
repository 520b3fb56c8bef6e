//! `latency --beside-abuse`: what a healthy session feels of clients that mean harm.
//!
//! Rounds alternate: the same orders alone, then beside one client of each kind below, all over FIX, each at a
//! rate of its own that a single machine of an attacker sends without effort. Told are the medians over the
//! rounds, and their ratio. The abusers run on the same machine and take time of its cores, so the ratio is an
//! upper bound: with fewer cores than threads most of it is theirs.
//!
//! They are sessions of the demo venue, and trade another instrument than the healthy one.

use crate::report::{Distribution, micros, ratio};
use anyhow::Context;
use gateway::fix::tables::{msg_type, tag};
use gateway::fix::time::Precision;
use gateway::fix::write::Writer;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One of those that mean harm: its name, how long it rests after each act, and what it does.
type Abuser = (&'static str, Duration, fn(SocketAddr) -> Box<dyn Act>);

const ABUSERS: [Abuser; 6] = [
    ("slow logons", Duration::from_millis(25), |a| Box::new(SlowLogons::new(a))),
    ("garbage", Duration::from_millis(10), |a| Box::new(Garbage { door: Door::new(a, "CLIENT2") })),
    ("wrong passwords", Duration::from_millis(100), |a| {
        Box::new(WrongPasswords { door: Door::new(a, "CLIENT3") })
    }),
    ("resend storm", Duration::from_millis(20), |a| {
        Box::new(ResendStorm { door: Door::new(a, "CLIENT4") })
    }),
    ("never reads", Duration::from_millis(10), |a| {
        Box::new(NeverReads { door: Door::new(a, "CLIENT5") })
    }),
    ("sequence attacks", Duration::from_millis(50), |a| {
        Box::new(SequenceAttacks { door: Door::new(a, "CLIENT6"), turn: 0 })
    }),
];

const VENUE: &[u8] = b"PORTCULLIS";
const SYMBOL: &[u8] = b"BTC-USD";
const MESSAGE_BYTES_MAX: usize = 512;
/// An abuser waits no longer for an answer.
const PATIENCE: Duration = Duration::from_millis(200);
/// From their start until the healthy one begins: they have logged on.
const WARM: Duration = Duration::from_millis(500);

/// What was measured.
pub(crate) struct Beside {
    /// Medians and 99th percentiles of order to ack, nanoseconds, a round each.
    alone: Vec<(u64, u64)>,
    beside: Vec<(u64, u64)>,
    /// Acts of each abuser in all rounds.
    acts: Vec<(&'static str, u64)>,
}

/// Measures in turns; `orders` plays a round and tells order to ack.
///
/// # Errors
/// Those of `orders`.
pub(crate) fn compare(
    rounds: u32,
    fix: SocketAddr,
    mut orders: impl FnMut() -> anyhow::Result<Distribution>,
) -> anyhow::Result<Beside> {
    let mut told = Beside {
        alone: Vec::new(),
        beside: Vec::new(),
        acts: ABUSERS.iter().map(|(name, ..)| (*name, 0)).collect(),
    };
    let figures = |orders: Distribution| (orders.p50_ns(), orders.at_ns(0.99));
    for _ in 0..rounds {
        told.alone.push(figures(orders()?));
        let abusers = Abusers::start(fix);
        std::thread::sleep(WARM);
        let beside = orders().context("beside clients that mean harm");
        for (sum, acts) in told.acts.iter_mut().zip(abusers.stop()) {
            sum.1 += acts;
        }
        told.beside.push(figures(beside?));
    }
    Ok(told)
}

impl Beside {
    /// Medians over the rounds: p50 alone, p50 beside, p99 alone, p99 beside.
    fn medians(&self) -> [u64; 4] {
        let median = |of: &[(u64, u64)], pick: fn(&(u64, u64)) -> u64| {
            let mut all: Vec<u64> = of.iter().map(pick).collect();
            all.sort_unstable();
            all.get(all.len() / 2).copied().unwrap_or(0)
        };
        [
            median(&self.alone, |round| round.0),
            median(&self.beside, |round| round.0),
            median(&self.alone, |round| round.1),
            median(&self.beside, |round| round.1),
        ]
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let [p50_alone, p50_beside, p99_alone, p99_beside] = self.medians();
        let rounds = self.alone.len();
        let mut text =
            format!("{:<24}{:>10}{:>10}\n", format!("us, median of {rounds}"), "p50", "p99");
        for (name, p50, p99) in
            [("alone", p50_alone, p99_alone), ("beside abuse", p50_beside, p99_beside)]
        {
            text += &format!("{name:<24}{:>10}{:>10}\n", micros(p50), micros(p99));
        }
        let ratios = (ratio(p50_beside, p50_alone), ratio(p99_beside, p99_alone));
        text += &format!("{:<24}{:>10}{:>10}\n", "ratio", ratios.0, ratios.1);
        let acts: Vec<_> = self.acts.iter().map(|(name, acts)| format!("{name} {acts}")).collect();
        text + &format!("acts: {}", acts.join(", "))
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let [p50_alone, p50_beside, p99_alone, p99_beside] = self.medians();
        let rounds = |of: &[(u64, u64)]| -> Vec<Value> {
            of.iter().map(|(p50, p99)| json!({ "p50_ns": p50, "p99_ns": p99 })).collect()
        };
        json!({
            "command": "latency beside abuse",
            "alone": { "p50_ns": p50_alone, "p99_ns": p99_alone, "rounds": rounds(&self.alone) },
            "beside": { "p50_ns": p50_beside, "p99_ns": p99_beside, "rounds": rounds(&self.beside) },
            "acts": self.acts.iter().map(|(name, acts)| json!({ "abuser": name, "acts": acts })).collect::<Vec<_>>(),
        })
    }
}

/// All of them, a thread each.
struct Abusers {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<u64>>,
}

impl Abusers {
    fn start(address: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = ABUSERS.map(|(_, rest, new)| {
            let stop = stop.clone();
            std::thread::spawn(move || {
                let (mut abuser, mut acts) = (new(address), 0);
                while !stop.load(Ordering::Relaxed) {
                    // Whatever the venue does about it, the next act follows.
                    acts += u64::from(abuser.act().is_ok());
                    std::thread::sleep(rest);
                }
                acts
            })
        });
        Self { stop, threads: threads.into() }
    }

    /// Ends them; how often each acted.
    fn stop(self) -> Vec<u64> {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().map(|thread| thread.join().unwrap_or(0)).collect()
    }
}

trait Act {
    /// Once more. The error is the venue's defence, or its end.
    fn act(&mut self) -> std::io::Result<()>;
}

/// Eight connections that send a Logon byte by byte, and begin again when they are cut.
struct SlowLogons {
    doors: Vec<(Door, usize)>,
}

impl SlowLogons {
    fn new(address: SocketAddr) -> Self {
        Self { doors: (0..8).map(|_| (Door::new(address, "CLIENT1"), 0)).collect() }
    }
}

impl Act for SlowLogons {
    fn act(&mut self) -> std::io::Result<()> {
        for (door, sent) in &mut self.doors {
            let bytes = message(door.name, msg_type::LOGON, 1, |w| logon(w, door.name, "client1"));
            if door.stream.is_none() || *sent + 1 >= bytes.len() {
                door.open()?;
                *sent = 0;
            }
            door.send(bytes.get(*sent..=*sent).unwrap_or_default())?;
            *sent += 1;
        }
        Ok(())
    }
}

/// Beginnings of messages without an end, lengths that lie, and bytes that are nothing.
struct Garbage {
    door: Door,
}

impl Act for Garbage {
    fn act(&mut self) -> std::io::Result<()> {
        if self.door.stream.is_none() {
            self.door.open()?;
        }
        let seed = now_ns();
        let noise =
            (0..48_u64).flat_map(|n| (seed ^ n).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
        let mut bytes: Vec<u8> =
            b"8=FIX.4.4\x019=5\x0135=A\x0110=000\x018=FIX.4.4\x019=99".to_vec();
        bytes.extend(noise);
        self.door.send(&bytes)
    }
}

/// Logs on with the wrong password, and again.
struct WrongPasswords {
    door: Door,
}

impl Act for WrongPasswords {
    fn act(&mut self) -> std::io::Result<()> {
        self.door.open()?;
        let name = self.door.name;
        self.door.say(msg_type::LOGON, |w| logon(w, name, "not the password"))?;
        self.door.hear().map(drop)
    }
}

/// Has a few hundred reports, and asks for all of them again and again.
struct ResendStorm {
    door: Door,
}

impl Act for ResendStorm {
    fn act(&mut self) -> std::io::Result<()> {
        if self.door.stream.is_none() {
            self.door.enter()?;
            for _ in 0..100 {
                self.door.order()?;
            }
        }
        self.door.say(msg_type::RESEND_REQUEST, |w| {
            w.uint(tag::BEGIN_SEQ_NO, 1);
            w.uint(tag::END_SEQ_NO, 0);
        })?;
        self.door.hear().map(drop)
    }
}

/// Asks for answers and never reads them.
struct NeverReads {
    door: Door,
}

impl Act for NeverReads {
    fn act(&mut self) -> std::io::Result<()> {
        self.door.enter()?;
        for _ in 0..10 {
            self.door.order()?;
        }
        Ok(())
    }
}

/// Numbers that are too low, far too high, set back, and a second Logon.
struct SequenceAttacks {
    door: Door,
    turn: usize,
}

impl Act for SequenceAttacks {
    fn act(&mut self) -> std::io::Result<()> {
        self.door.enter()?;
        self.turn += 1;
        let name = self.door.name;
        match self.turn % 4 {
            0 => self.door.next_out = 1,
            1 => self.door.next_out += 1_000_000_000,
            2 => self.door.say(msg_type::SEQUENCE_RESET, |w| w.uint(tag::NEW_SEQ_NO, 1))?,
            _ => self.door.say(msg_type::LOGON, |w| logon(w, name, &name.to_lowercase()))?,
        }
        self.door.order()?;
        self.door.hear().map(drop)
    }
}

/// The way in of one of them, opened again whenever the venue has closed it.
struct Door {
    address: SocketAddr,
    name: &'static str,
    stream: Option<TcpStream>,
    next_out: u64,
    heard: Box<[u8; 64 * 1024]>,
}

impl Door {
    fn new(address: SocketAddr, name: &'static str) -> Self {
        Self { address, name, stream: None, next_out: 1, heard: Box::new([0; 64 * 1024]) }
    }

    fn open(&mut self) -> std::io::Result<&mut TcpStream> {
        let stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        self.next_out = 1;
        Ok(self.stream.insert(stream))
    }

    fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let stream = self.stream.as_mut().ok_or(std::io::ErrorKind::NotConnected)?;
        let sent = stream.write_all(bytes);
        if sent.is_err() {
            self.stream = None;
        }
        sent
    }

    /// The next message, with its number.
    fn say(&mut self, kind: &[u8], fields: impl FnOnce(&mut Writer<'_>)) -> std::io::Result<()> {
        let bytes = message(self.name, kind, self.next_out, fields);
        self.next_out += 1;
        self.send(&bytes)
    }

    /// Logs on if it is not, and waits for the first bytes of the answer.
    fn enter(&mut self) -> std::io::Result<()> {
        if self.stream.is_none() {
            self.open()?;
            let name = self.name;
            self.say(msg_type::LOGON, |w| logon(w, name, &name.to_lowercase()))?;
            self.hear()?;
        }
        Ok(())
    }

    /// What is there, or comes soon.
    fn hear(&mut self) -> std::io::Result<usize> {
        let stream = self.stream.as_mut().ok_or(std::io::ErrorKind::NotConnected)?;
        let heard = stream.read(&mut self.heard[..]);
        if !matches!(heard, Ok(1..)) {
            self.stream = None;
        }
        heard
    }

    fn order(&mut self) -> std::io::Result<()> {
        let (number, now) = (self.next_out, now_ns());
        self.say(msg_type::NEW_ORDER_SINGLE, |w| {
            w.text(tag::CL_ORD_ID, format!("{now:x}-{number}").as_bytes());
            w.text(tag::SYMBOL, SYMBOL);
            w.char(tag::SIDE, b'1');
            w.timestamp(tag::TRANSACT_TIME, now, Precision::Millis);
            w.text(tag::ORDER_QTY, b"1");
            w.char(tag::ORD_TYPE, b'2');
            w.text(tag::PRICE, b"1");
            w.char(tag::TIME_IN_FORCE, b'3');
        })
    }
}

fn logon(w: &mut Writer<'_>, name: &str, password: &str) {
    w.uint(tag::ENCRYPT_METHOD, 0);
    w.uint(tag::HEART_BT_INT, 30);
    w.bool(tag::RESET_SEQ_NUM_FLAG, true);
    w.text(tag::USERNAME, name.as_bytes());
    w.text(tag::PASSWORD, password.as_bytes());
}

fn message(name: &str, kind: &[u8], number: u64, fields: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut buffer = [0; MESSAGE_BYTES_MAX];
    let mut w = Writer::begin(&mut buffer, kind);
    w.text(tag::SENDER_COMP_ID, name.as_bytes());
    w.text(tag::TARGET_COMP_ID, VENUE);
    w.uint(tag::MSG_SEQ_NUM, number);
    w.timestamp(tag::SENDING_TIME, now_ns(), Precision::Millis);
    fields(&mut w);
    w.finish().map(<[u8]>::to_vec).unwrap_or_default()
}

fn now_ns() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_the_median_round_and_its_ratio() {
        let beside = Beside {
            alone: vec![(1_000, 10_000), (3_000, 30_000), (2_000, 20_000)],
            beside: vec![(2_000, 90_000), (2_200, 22_000), (9_000, 21_000)],
            acts: vec![("garbage", 7)],
        };
        let text = beside.text();
        assert!(text.contains("2.0      20.0"), "{text}");
        assert!(text.contains("2.2      22.0"), "{text}");
        assert!(text.contains("1.10      1.10"), "{text}");
        assert!(text.ends_with("acts: garbage 7"), "{text}");
        assert_eq!(beside.json()["beside"]["p99_ns"], 22_000);
    }
}

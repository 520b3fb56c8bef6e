//! A FIX client that trades at random, remembers everything, and goes on after the venue was killed.
//!
//! After a Logon it asks for everything from 1 again. What the venue asks for it sends again with
//! 43=Y, or fills the gap. What has no answer then, and some of what has, it sends again with 97=Y.

use crate::history::{Got, Logon, Resend, Sent, Session, field};
use engine::fake_log::Dice;
use gateway::fix::frame::{Frame, checksum, next};
use gateway::fix::time::{Precision, Stamp};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Requests that one client has no answer for, at most, in a life that lets it have many.
const WINDOW_MAX: u64 = 48;
/// Answered orders that are sent again with 97=Y after a logon, and among how many of the last.
const AGAIN: u64 = 8;
const AGAIN_AMONG: u64 = 300;

/// An order, cancel or replace that this client has sent.
#[derive(Clone)]
struct Request {
    kind: &'static str,
    name: String,
    fields: String,
    time: String,
}

/// An order that may be open, under its latest name.
#[derive(Clone)]
struct Order {
    name: String,
    symbol: &'static str,
    side: char,
    tif: char,
    quantity: u64,
    price: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Away,
    LoggingOn,
    /// Everything from 1 comes again: `got` from `begin` on, numbers up to `last`.
    Resending {
        begin: usize,
        last: u64,
    },
    Trading,
}

pub struct Client {
    pub record: Session,
    pub comp_id: String,
    dice: Dice,
    life: usize,
    socket: Option<TcpStream>,
    input: Vec<u8>,
    next_out: u64,
    phase: Phase,
    /// Requests by their number.
    requests: BTreeMap<u64, Request>,
    /// Names without an answer, and their last number.
    unanswered: BTreeMap<String, u64>,
    open: Vec<Order>,
    names: u64,
    /// Requests without an answer, at most.
    window: usize,
    pub sent_in_life: u64,
    /// Rejects of what this client believes to be right.
    pub rejects: Vec<String>,
}

fn now() -> String {
    let stamp = Stamp::new(gateway::io::clock::utc_now_ns(), Precision::Millis);
    String::from_utf8(stamp.as_bytes().to_vec()).unwrap()
}

impl Client {
    pub fn new(index: usize, seed: u64) -> Self {
        Self {
            record: Session::default(),
            comp_id: format!("CLIENT{}", index + 1),
            dice: Dice(seed),
            life: 0,
            socket: None,
            input: Vec::new(),
            next_out: 1,
            phase: Phase::Away,
            requests: BTreeMap::new(),
            unanswered: BTreeMap::new(),
            open: Vec::new(),
            names: 0,
            window: 1,
            sent_in_life: 0,
            rejects: Vec::new(),
        }
    }

    pub fn connect(&mut self, life: usize, address: &str) {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_nonblocking(true).unwrap();
        (self.socket, self.life, self.phase) = (Some(socket), life, Phase::LoggingOn);
        self.input.clear();
        self.sent_in_life = 0;
        self.window = 1 + self.dice.below(WINDOW_MAX) as usize;
        let got_before = self.record.got.len();
        let ours = self.next_out;
        self.record.logons.push(Logon {
            life,
            ours,
            theirs: u64::MAX,
            asked_from: None,
            got_before,
        });
        let password = self.comp_id.to_lowercase();
        self.send("A", "", &format!("98=0|108=30|553={}|554={password}|", self.comp_id));
    }

    /// Logged on, and everything has come again.
    pub fn is_trading(&self) -> bool {
        self.phase == Phase::Trading
    }

    /// Everything has been answered.
    pub fn is_quiet(&self) -> bool {
        self.is_trading() && self.unanswered.is_empty()
    }

    /// Reads what has come and does what it asks for.
    pub fn read(&mut self) {
        let mut buffer = [0; 32_768];
        while let Some(socket) = &mut self.socket {
            match socket.read(&mut buffer) {
                Ok(0) => self.socket = None,
                Ok(n) => self.input.extend_from_slice(&buffer[..n]),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(_) => self.socket = None, // Killed.
            }
            let mut at = 0;
            while let Frame::Message { len, .. } = next(&self.input[at..], 1 << 16) {
                let message =
                    String::from_utf8_lossy(&self.input[at..at + len]).replace('\u{1}', "|");
                at += len;
                self.take(message);
            }
            self.input.drain(..at);
        }
    }

    /// Reads what a killed venue has still sent.
    pub fn drain(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.socket.is_some() && Instant::now() < deadline {
            self.read();
        }
        assert!(self.socket.is_none(), "{}: a dead venue keeps its connection", self.comp_id);
        self.phase = Phase::Away;
    }

    /// Sends a request or two, if there is room for them.
    pub fn trade(&mut self) {
        if !self.is_trading() {
            return;
        }
        while self.unanswered.len() < self.window && self.dice.below(3) > 0 {
            let known = self.open.len() as u64;
            let pick = self.dice.below(known.max(1)) as usize;
            match self.dice.below(20) {
                0..3 if known > 0 => self.cancel(pick),
                3..6 if known > 0 => self.replace(pick),
                _ => self.order(),
            }
            self.sent_in_life += 1;
        }
    }

    /// Says goodbye, if anybody is there.
    pub fn log_out(&mut self) {
        if self.socket.is_some() {
            self.send("5", "", "");
        }
    }

    fn order(&mut self) {
        let side = if self.dice.below(2) == 0 { '1' } else { '2' };
        let tif = ['1', '1', '0', '3'][self.dice.below(4) as usize];
        let (symbol, price) = match self.dice.below(4) {
            0 => ("ETH-USD", format!("{}.5", 2995 + self.dice.below(10))),
            _ => ("ACME", format!("{}", 95 + self.dice.below(10))),
        };
        let quantity = 1 + self.dice.below(20);
        let name = self.name();
        let iceberg = if tif == '1' && self.dice.below(8) == 0 { "111=1|" } else { "" };
        let fields = format!(
            "11={name}|55={symbol}|54={side}|60={}|38={quantity}|40=2|44={price}|59={tif}|{iceberg}",
            now()
        );
        if tif != '3' && iceberg.is_empty() {
            self.open.push(Order { name: name.clone(), symbol, side, tif, quantity, price });
        }
        self.request("D", name, fields);
    }

    fn cancel(&mut self, pick: usize) {
        let order = self.open.swap_remove(pick);
        let (name, Order { name: orig, symbol, side, .. }) = (self.name(), order);
        let fields = format!("11={name}|41={orig}|55={symbol}|54={side}|60={}|", now());
        self.request("F", name, fields);
    }

    fn replace(&mut self, pick: usize) {
        let mut order = self.open.swap_remove(pick);
        let (name, more) = (self.name(), self.dice.below(5));
        let Order { name: orig, symbol, side, tif, price, .. } = &order;
        let quantity = order.quantity + more;
        let fields = format!(
            "11={name}|41={orig}|55={symbol}|54={side}|60={}|38={quantity}|40=2|44={price}|59={tif}|",
            now()
        );
        (order.name, order.quantity) = (name.clone(), quantity);
        self.open.push(order);
        self.request("G", name, fields);
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("{}-{}", self.comp_id, self.names)
    }

    fn request(&mut self, kind: &'static str, name: String, fields: String) {
        self.send_request(Request { kind, name, fields, time: now() }, "");
    }

    fn send_request(&mut self, request: Request, header: &str) {
        let number = self.next_out;
        self.record.sent.push(Sent { life: self.life, number, name: request.name.clone() });
        self.unanswered.insert(request.name.clone(), number);
        self.requests.insert(number, request.clone());
        self.next_out += 1;
        self.write(request.kind, number, &request.time, header, &request.fields);
    }

    fn send(&mut self, kind: &str, header: &str, fields: &str) {
        self.next_out += 1;
        self.write(kind, self.next_out - 1, &now(), header, fields);
    }

    fn write(&mut self, kind: &str, number: u64, time: &str, header: &str, fields: &str) {
        let comp_id = &self.comp_id;
        let body =
            format!("35={kind}|49={comp_id}|56=PORTCULLIS|34={number}|52={time}|{header}{fields}");
        let body = body.replace('|', "\u{1}");
        let mut message = format!("8=FIX.4.4\u{1}9={}\u{1}{body}", body.len()).into_bytes();
        message.extend(format!("10={:03}\u{1}", checksum(&message)).bytes());
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut rest = &message[..];
        while let Some(socket) = &mut self.socket
            && !rest.is_empty()
        {
            match socket.write(rest) {
                Ok(n) => rest = &rest[n..],
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                    assert!(Instant::now() < deadline, "{comp_id}: the venue reads nothing");
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(_) => return, // Killed; what can be read of it still is.
            }
        }
    }

    fn take(&mut self, text: String) {
        let number = field(&text, "34").unwrap().parse().unwrap();
        let got = Got { life: self.life, number, text };
        let is_end_of_resend = got.field("112") == Some(&format!("resend{}", self.life));
        match got.field("35").unwrap() {
            "A" => self.on_logon(number),
            "0" if is_end_of_resend => self.on_resent(),
            "1" => self.send("0", "", &format!("112={}|", got.field("112").unwrap())),
            "2" => self.on_resend_request(got.field("7").unwrap().parse().unwrap()),
            "3" | "j" => self.rejects.push(got.text.clone()),
            "8" | "9" => self.on_answer(&got),
            _ => {}
        }
        self.record.got.push(got);
    }

    fn on_logon(&mut self, number: u64) {
        self.record.logons.last_mut().unwrap().theirs = number;
        // The Logon itself is not recorded yet.
        self.phase = Phase::Resending { begin: self.record.got.len() + 1, last: number };
        self.send("2", "", "7=1|16=0|");
        self.ask_for_an_answer();
    }

    /// It comes behind all that comes again.
    fn ask_for_an_answer(&mut self) {
        self.send("1", "", &format!("112=resend{}|", self.life));
    }

    fn on_resent(&mut self) {
        let Phase::Resending { begin, last } = self.phase else { return };
        let end = self.record.got.len();
        self.record.resends.push(Resend { life: self.life, last, begin, end });
        self.phase = Phase::Trading;
        // In the order in which they were sent: a cancel follows its order.
        let mut again: BTreeSet<u64> = self.unanswered.values().copied().collect();
        let recent: Vec<u64> =
            self.requests.keys().rev().take(AGAIN_AMONG as usize).copied().collect();
        for _ in 0..AGAIN.min(recent.len() as u64) {
            again.insert(recent[self.dice.below(recent.len() as u64) as usize]);
        }
        for number in again {
            self.send_request(self.requests[&number].clone(), "97=Y|");
        }
    }

    fn on_resend_request(&mut self, from: u64) {
        self.record.logons.last_mut().unwrap().asked_from.get_or_insert(from);
        let end = self.next_out;
        let fill_all = self.dice.below(2) == 0;
        let mut gap = from;
        for number in from..end {
            let Some(request) = self.requests.get(&number).cloned() else { continue };
            if fill_all {
                continue; // They come again with 97=Y.
            }
            self.fill(gap, number);
            let header = format!("43=Y|122={}|", request.time);
            self.write(request.kind, number, &now(), &header, &request.fields);
            gap = number + 1;
        }
        self.fill(gap, end);
        if matches!(self.phase, Phase::Resending { .. }) {
            self.ask_for_an_answer(); // The first may have been in the gap.
        }
    }

    fn fill(&mut self, from: u64, to: u64) {
        if from < to {
            let time = now();
            self.write("4", from, &time, &format!("43=Y|122={time}|"), &format!("123=Y|36={to}|"));
        }
    }

    fn on_answer(&mut self, got: &Got) {
        let name = got.field("11").unwrap_or("");
        self.unanswered.remove(name);
        let is_over = matches!(got.field("39"), Some("2" | "4" | "8" | "C"));
        if is_over && got.field("35") == Some("8") {
            let orig = got.field("41").unwrap_or(name);
            self.open.retain(|order| order.name != name && order.name != orig);
        }
    }
}

//! A FIX client as one would write it: numbers that go on, resends both ways, orders at random.

use crate::client::{Client, comp_id, cut};
use crate::history::{Got, Told, text};
use engine::fake_log::Dice;
use gateway::fix::fields::Scanner;
use gateway::fix::frame::{Frame, next};
use gateway::fix::inbound::msg_type_of;
use gateway::fix::tables::tag;
use gateway::fix::time::{Precision, Stamp};
use gateway::fix::write::Writer;
use gateway::io::sim::{SimClient, SimNet};

const HEARTBEAT_S: u64 = 30;

/// A message that was sent, for resends: type, and the fields after the header.
#[derive(Clone)]
struct Sent {
    kind: Vec<u8>,
    fields: Vec<(u16, Vec<u8>)>,
    time: u64,
}

enum Link {
    Off { retry_at: u64 },
    LoggingOn(SimClient),
    On(SimClient),
}

pub struct FixClient {
    number: usize,
    link: Link,
    scanner: Scanner,
    received: Vec<u8>,
    next_out: u64,
    next_in: u64,
    sent: Vec<Sent>,
    asked_up_to: u64,
    last_sent_at: u64,
    names: u64,
    open: Vec<Vec<u8>>,
    /// Orders without an answer, and since when.
    asked: Vec<(Vec<u8>, u64)>,
    slowest_answer_ns: u64,
    dice: Dice,
    /// Of the venue's process.
    life: usize,
    /// All that it heard.
    told: Told,
}

impl Client for FixClient {
    fn begin_life(&mut self, life: usize) {
        self.life = life;
    }

    fn told(&self) -> &Told {
        &self.told
    }

    fn slowest_answer_ns(&self) -> u64 {
        self.slowest_answer_ns
    }

    fn is_on(&self) -> bool {
        matches!(self.link, Link::On(_))
    }

    fn expects(&self, next_out: u64) -> bool {
        self.next_in == next_out
    }

    fn describe(&self) -> String {
        let link = match self.link {
            Link::Off { .. } => "off",
            Link::LoggingOn(_) => "logging on",
            Link::On(_) => "on",
        };
        format!("{} {link} in {} out {}", self.number, self.next_in, self.next_out)
    }

    fn lost(&mut self) {
        self.link = Link::Off { retry_at: 0 };
        self.received.clear();
    }

    fn hear(&mut self, now: u64, net: &SimNet) {
        if let Link::LoggingOn(link) | Link::On(link) = self.link {
            self.received.extend(net.client_recv(link));
            self.read(now, net);
        }
    }

    fn cut(&mut self, net: &SimNet, dice: &mut Dice) {
        if let Link::LoggingOn(link) | Link::On(link) = self.link {
            cut(link, net, dice);
            self.lost();
        }
    }

    fn turn(&mut self, now: u64, net: &SimNet, dice: &mut Dice, trading: bool) {
        match self.link {
            Link::Off { retry_at } => {
                if now >= retry_at
                    && let Some(link) = net.connect(0)
                {
                    self.link = Link::LoggingOn(link);
                    self.received.clear();
                    self.asked_up_to = 0;
                    self.log_on(now, net);
                }
            }
            Link::LoggingOn(link) | Link::On(link) => {
                // Sometimes it does not read for a while.
                if !trading || dice.hits(700) {
                    self.received.extend(net.client_recv(link));
                    self.read(now, net);
                }
                if net.client_ended(link).is_some() {
                    self.read(now, net);
                    self.lost();
                    self.link = Link::Off { retry_at: now + 5_000_000 };
                    return;
                }
                if self.is_on() {
                    if trading && self.dice.hits(300) {
                        self.trade(now, net);
                    }
                    if now - self.last_sent_at > HEARTBEAT_S * 900_000_000 {
                        self.send(now, net, b"0", Vec::new());
                    }
                }
            }
        }
    }
}

impl FixClient {
    pub fn new(number: usize, seed: u64) -> Self {
        Self {
            number,
            link: Link::Off { retry_at: 0 },
            scanner: Scanner::new(),
            received: Vec::new(),
            next_out: 1,
            next_in: 1,
            sent: Vec::new(),
            asked_up_to: 0,
            last_sent_at: 0,
            names: 0,
            open: Vec::new(),
            asked: Vec::new(),
            slowest_answer_ns: 0,
            dice: Dice(seed ^ (number as u64 + 1) << 40),
            life: 0,
            told: Told::default(),
        }
    }

    fn log_on(&mut self, now: u64, net: &SimNet) {
        let heartbeat = HEARTBEAT_S.to_string().into_bytes();
        let fields = vec![
            (tag::ENCRYPT_METHOD, b"0".to_vec()),
            (tag::HEART_BT_INT, heartbeat),
            (tag::PASSWORD, b"secret".to_vec()),
        ];
        self.send(now, net, b"A", fields);
    }

    fn trade(&mut self, now: u64, net: &SimNet) {
        let time = Stamp::new(now, Precision::Millis).as_bytes().to_vec();
        let symbol = if self.dice.hits(800) { &b"ACME"[..] } else { b"BTC-USD" }.to_vec();
        match self.dice.below(10) {
            0..=5 => {
                let name = self.new_name();
                self.asked.push((name.clone(), now));
                let side = if self.dice.hits(500) { b"1" } else { b"2" };
                let price = format!("10.{:02}", self.dice.below(10)).into_bytes();
                let quantity = (1 + self.dice.below(20)).to_string().into_bytes();
                let tif = [b"0", b"1", b"3", b"4"][self.dice.below(4) as usize];
                if symbol == b"ACME" {
                    self.open.push(name.clone());
                }
                let more = match self.dice.below(10) {
                    0 => Some((tag::MAX_FLOOR, b"1".to_vec())),
                    1 => Some((tag::MAX_FLOOR, b"0".to_vec())),
                    2 => Some((tag::EXEC_INST, b"6".to_vec())),
                    3 => Some((tag::EXEC_INST, b"G".to_vec())),
                    4 => Some((tag::STOP_PX, price.clone())),
                    _ => None,
                };
                let ord_type =
                    if matches!(more, Some((tag::STOP_PX, _))) { b"4" } else { b"2" }.to_vec();
                let mut fields = vec![
                    (tag::CL_ORD_ID, name),
                    (tag::SYMBOL, symbol),
                    (tag::SIDE, side.to_vec()),
                    (tag::TRANSACT_TIME, time),
                    (tag::ORDER_QTY, quantity),
                    (tag::ORD_TYPE, ord_type),
                    (tag::PRICE, price),
                    (tag::TIME_IN_FORCE, tif.to_vec()),
                ];
                fields.extend(more);
                self.send(now, net, b"D", fields);
            }
            6 | 7 if !self.open.is_empty() => {
                let at = self.dice.below(self.open.len() as u64) as usize;
                let orig = self.open.swap_remove(at);
                let name = self.new_name();
                let fields = vec![
                    (tag::CL_ORD_ID, name),
                    (tag::ORIG_CL_ORD_ID, orig),
                    (tag::SYMBOL, b"ACME".to_vec()),
                    (tag::SIDE, b"1".to_vec()),
                    (tag::TRANSACT_TIME, time),
                ];
                self.send(now, net, b"F", fields);
            }
            8 if !self.open.is_empty() => {
                let at = self.dice.below(self.open.len() as u64) as usize;
                let orig = std::mem::take(&mut self.open[at]);
                let name = self.new_name();
                self.open[at] = name.clone();
                let fields = vec![
                    (tag::CL_ORD_ID, name),
                    (tag::ORIG_CL_ORD_ID, orig),
                    (tag::SYMBOL, b"ACME".to_vec()),
                    (tag::SIDE, b"2".to_vec()),
                    (tag::TRANSACT_TIME, time),
                    (tag::ORDER_QTY, (1 + self.dice.below(30)).to_string().into_bytes()),
                    (tag::ORD_TYPE, b"2".to_vec()),
                    (tag::PRICE, b"10.05".to_vec()),
                    (tag::TIME_IN_FORCE, b"1".to_vec()),
                ];
                self.send(now, net, b"G", fields);
            }
            9 if self.dice.hits(200) => {
                let name = self.new_name();
                let fields = vec![
                    (tag::CL_ORD_ID, name),
                    (tag::TRANSACT_TIME, time),
                    (tag::MASS_CANCEL_REQUEST_TYPE, b"7".to_vec()),
                ];
                self.send(now, net, b"q", fields);
            }
            // Something that is refused, with a number.
            _ => self.send(now, net, b"D", vec![(tag::CL_ORD_ID, b"x".to_vec())]),
        }
    }

    fn new_name(&mut self) -> Vec<u8> {
        self.names += 1;
        format!("{}-{}", self.number, self.names).into_bytes()
    }

    fn send(&mut self, now: u64, net: &SimNet, kind: &[u8], fields: Vec<(u16, Vec<u8>)>) {
        let number = self.next_out;
        self.next_out += 1;
        let sent = Sent { kind: kind.to_vec(), fields, time: now };
        let bytes = self.encode(now, number, &sent, false);
        self.sent.push(sent);
        self.transmit(now, net, &bytes);
    }

    fn transmit(&mut self, now: u64, net: &SimNet, bytes: &[u8]) {
        self.last_sent_at = now;
        if let Link::LoggingOn(link) | Link::On(link) = self.link
            && net.client_send(link, bytes) < bytes.len()
        {
            // The wire is full: a real client would wait; this one gives up and comes again.
            net.client_reset(link);
            self.lost();
        }
    }

    fn encode(&self, now: u64, number: u64, sent: &Sent, again: bool) -> Vec<u8> {
        let mut buffer = [0; 1024];
        let mut w = Writer::begin(&mut buffer, &sent.kind);
        w.text(tag::SENDER_COMP_ID, comp_id(self.number).as_bytes());
        w.text(tag::TARGET_COMP_ID, b"VENUE");
        w.uint(tag::MSG_SEQ_NUM, number);
        w.timestamp(tag::SENDING_TIME, now, Precision::Millis);
        if again {
            w.bool(tag::POSS_DUP_FLAG, true);
            w.timestamp(tag::ORIG_SENDING_TIME, sent.time.min(now), Precision::Millis);
        }
        for (tag, value) in &sent.fields {
            w.text(*tag, value);
        }
        w.finish().unwrap().to_vec()
    }

    fn read(&mut self, now: u64, net: &SimNet) {
        loop {
            let bytes = std::mem::take(&mut self.received);
            match next(&bytes, 65_536) {
                Frame::Message { body, len } => {
                    let message = bytes[..len].to_vec();
                    let body = body.to_vec();
                    self.received = bytes[len..].to_vec();
                    self.on_message(now, net, &message, &body);
                }
                Frame::Incomplete { .. } => {
                    self.received = bytes;
                    return;
                }
                other => panic!("the venue never sends garbage: {other:?}"),
            }
        }
    }

    fn on_message(&mut self, now: u64, net: &SimNet, message: &[u8], body: &[u8]) {
        let kind = msg_type_of(body).to_vec();
        let mut scanner = std::mem::take(&mut self.scanner);
        let fields = scanner.scan(body);
        let uint =
            |tag| -> Option<u64> { std::str::from_utf8(fields.get(tag)?).ok()?.parse().ok() };
        let number = uint(tag::MSG_SEQ_NUM).unwrap();
        let again = fields.get(tag::POSS_DUP_FLAG) == Some(b"Y");
        let new_seq_no = uint(tag::NEW_SEQ_NO);
        let begin = uint(tag::BEGIN_SEQ_NO);
        let test_req_id = fields.get(tag::TEST_REQ_ID).map(<[u8]>::to_vec);
        let cl_ord_id = fields.get(tag::CL_ORD_ID).unwrap_or_default();
        if let Some(at) = self.asked.iter().position(|(name, _)| name == cl_ord_id) {
            let (_, since) = self.asked.swap_remove(at);
            self.slowest_answer_ns = self.slowest_answer_ns.max(now - since);
        }
        self.scanner = scanner;
        // A refused logon is answered without a number of the session.
        let is_refusal = kind == b"5" && matches!(self.link, Link::LoggingOn(_));
        if !is_refusal {
            self.told.got.push(Got { life: self.life, version: 0, number, text: text(message) });
        }
        if kind == b"A"
            && let Link::LoggingOn(link) = self.link
        {
            self.link = Link::On(link);
        }
        // What acts whatever its number.
        match kind.as_slice() {
            b"2" => self.resend(now, net, begin.unwrap()),
            b"5" => return self.lost(), // The venue says why; we come again with the numbers we have.
            _ => {}
        }
        if number > self.next_in {
            if self.asked_up_to == 0 {
                self.asked_up_to = number;
                let fields = vec![
                    (tag::BEGIN_SEQ_NO, self.next_in.to_string().into_bytes()),
                    (tag::END_SEQ_NO, b"0".to_vec()),
                ];
                self.send(now, net, b"2", fields);
            }
            return;
        }
        if number < self.next_in {
            assert!(again, "a number came twice without PossDup: {number}");
            return;
        }
        match kind.as_slice() {
            b"4" => self.next_in = new_seq_no.unwrap(),
            b"1" => {
                self.next_in += 1;
                self.send(now, net, b"0", vec![(tag::TEST_REQ_ID, test_req_id.unwrap())]);
            }
            b"0" | b"A" | b"2" => self.next_in += 1,
            _ => {
                self.told.known.push((0, number));
                self.next_in += 1;
            }
        }
        if self.next_in > self.asked_up_to {
            self.asked_up_to = 0;
        }
    }

    /// Orders again with PossDup, everything else as a gap fill.
    fn resend(&mut self, now: u64, net: &SimNet, begin: u64) {
        let mut gap_from = None;
        let end = self.next_out;
        for number in begin..end {
            let sent = self.sent[number as usize - 1].clone();
            if matches!(sent.kind.as_slice(), b"D" | b"F" | b"G") {
                if let Some(from) = gap_from.take() {
                    self.gap_fill(now, net, from, number);
                }
                let bytes = self.encode(now, number, &sent, true);
                self.transmit(now, net, &bytes);
            } else {
                gap_from.get_or_insert(number);
            }
        }
        if let Some(from) = gap_from {
            self.gap_fill(now, net, from, end);
        }
    }

    fn gap_fill(&mut self, now: u64, net: &SimNet, from: u64, next: u64) {
        let fields = vec![
            (tag::GAP_FILL_FLAG, b"Y".to_vec()),
            (tag::NEW_SEQ_NO, next.to_string().into_bytes()),
        ];
        let fill = Sent { kind: b"4".to_vec(), fields, time: now };
        let bytes = self.encode(now, from, &fill, true);
        self.transmit(now, net, &bytes);
    }
}

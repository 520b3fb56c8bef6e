//! Clients that mean harm: garbage, lying lengths, wild numbers, no reading, a storm of logons, silent connections. Each has its own
//! manner, and comes again whenever it is thrown out. Nothing of theirs trades.

use crate::client::CLIENTS;
use engine::fake_log::Dice;
use gateway::fix::tables::tag;
use gateway::fix::time::{Precision, Stamp};
use gateway::fix::write::Writer;
use gateway::io::sim::{SimClient, SimNet};

/// Sessions of those who know a password.
pub const ABUSERS: usize = 3;
/// Bytes that one of them tries to send in a step.
const BYTES_A_STEP: usize = 8_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Bytes that mean nothing, to any listener.
    Garbage,
    /// Logged on: BodyLength and CheckSum are not what they should be.
    LyingLengths,
    /// Logged on: numbers, ranges and resets out of the air.
    WildNumbers,
    /// Logged on: asks and orders as much as it can, and takes no byte of the answers.
    NeverReads,
    /// Logons with a wrong secret, as itself and as others, and away.
    LogonStorm,
    /// Connects again and again, and says nothing.
    Loiters,
}

const MANNERS: [Manner; 6] = [
    Manner::Garbage,
    Manner::LyingLengths,
    Manner::WildNumbers,
    Manner::NeverReads,
    Manner::LogonStorm,
    Manner::Loiters,
];

pub struct Abuser {
    manner: Manner,
    comp_id: String,
    link: Option<SimClient>,
    /// Of one that loiters; it never hangs up.
    silent: Vec<SimClient>,
    next_out: u64,
    names: u64,
    dice: Dice,
    /// Messages and pieces of garbage that have left.
    sent: u64,
}

/// As venues know it.
pub fn comp_id(number: usize) -> String {
    format!("ABUSER{number}")
}

/// One of each manner.
pub fn all(seed: u64) -> Vec<Abuser> {
    let abuser = |(at, manner): (usize, &Manner)| Abuser {
        manner: *manner,
        // Those that never log on have no session of their own.
        comp_id: comp_id(at.saturating_sub(1).min(ABUSERS - 1)),
        link: None,
        silent: Vec::new(),
        next_out: 1,
        names: 0,
        dice: Dice(seed ^ (at as u64 + 77) << 32),
        sent: 0,
    };
    MANNERS.iter().enumerate().map(abuser).collect()
}

impl Abuser {
    /// What it has done so far.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// The venue is gone, or the day is over.
    pub fn leave(&mut self, net: Option<&SimNet>) {
        for link in self.link.take().into_iter().chain(self.silent.drain(..)) {
            if let Some(net) = net {
                net.client_reset(link);
            }
        }
    }

    /// A millisecond.
    pub fn turn(&mut self, now: u64, net: &SimNet) {
        if self.manner == Manner::Loiters {
            if self.dice.hits(500) {
                let listener = self.dice.below(3) as u8;
                self.silent.extend(net.connect(listener));
                self.sent += 1;
            }
            return;
        }
        let Some(link) = self.link else { return self.connect(now, net) };
        if net.client_ended(link).is_some() {
            self.link = None;
            return;
        }
        if self.manner != Manner::NeverReads {
            net.client_recv(link);
        }
        let mut bytes = Vec::new();
        while bytes.len() < BYTES_A_STEP && self.dice.hits(980) {
            bytes.extend(self.harm(now));
            self.sent += 1;
        }
        net.client_send(link, &bytes);
        let stays = match self.manner {
            Manner::LogonStorm => 300,
            Manner::Garbage | Manner::LyingLengths | Manner::WildNumbers => 980,
            Manner::NeverReads | Manner::Loiters => 1000,
        };
        if !self.dice.hits(stays) {
            self.leave(Some(net));
        }
    }

    fn connect(&mut self, now: u64, net: &SimNet) {
        let listener = if self.manner == Manner::Garbage { self.dice.below(3) as u8 } else { 0 };
        self.link = net.connect(listener);
        self.next_out = 1;
        if let (Some(link), false) = (self.link, self.manner == Manner::Garbage) {
            let logon = self.logon(now);
            net.client_send(link, &logon);
        }
    }

    fn logon(&mut self, now: u64) -> Vec<u8> {
        let storms = self.manner == Manner::LogonStorm;
        let as_other = format!("CLIENT{}", self.dice.below(CLIENTS as u64));
        let who = if storms && self.dice.hits(700) { as_other } else { self.comp_id.clone() };
        let password = if storms { "guess" } else { "secret" };
        let fields =
            [(tag::ENCRYPT_METHOD, "0"), (tag::HEART_BT_INT, "30"), (tag::RESET_SEQ_NUM_FLAG, "Y")];
        let mut fields = fields.map(|(tag, value)| (tag, value.to_owned())).to_vec();
        fields.push((tag::PASSWORD, password.into()));
        self.next_out = 2;
        message(now, b"A", &who, "1", &fields)
    }

    /// One message, or what is none.
    fn harm(&mut self, now: u64) -> Vec<u8> {
        match self.manner {
            Manner::Garbage => self.garbage(),
            Manner::LyingLengths => self.lie(now),
            Manner::WildNumbers => self.wild_number(now),
            Manner::NeverReads => self.ask_for_much(now),
            Manner::LogonStorm | Manner::Loiters => self.logon(now),
        }
    }

    fn garbage(&mut self) -> Vec<u8> {
        let alphabet: &[u8] = b"8=FIX.4.4\x019=35\x0110=000\x01\x00\xff\xeb\x50";
        let length = 1 + self.dice.below(300);
        (0..length).map(|_| alphabet[self.dice.below(alphabet.len() as u64) as usize]).collect()
    }

    fn lie(&mut self, now: u64) -> Vec<u8> {
        let number = self.next_out.to_string();
        let id = [(tag::TEST_REQ_ID, "x".to_owned())];
        let mut bytes = message(now, b"1", &self.comp_id, &number, &id);
        match self.dice.below(4) {
            0 => {
                let digit = 12 + self.dice.below(2) as usize; // Of BodyLength.
                bytes[digit] = b'0' + self.dice.below(10) as u8;
            }
            1 => {
                let end = bytes.len();
                bytes[end - 2] = b'0' + self.dice.below(10) as u8;
            }
            2 => bytes.truncate(self.dice.below(bytes.len() as u64) as usize),
            _ => self.next_out += 1, // An honest one now and then, or it would be thrown out at once.
        }
        bytes
    }

    fn wild_number(&mut self, now: u64) -> Vec<u8> {
        let wild = |dice: &mut Dice| -> String {
            let all = ["0", "-1", "18446744073709551615", "18446744073709551616", "", "1", "7x"];
            match dice.below(12) {
                at @ 0..7 => all[at as usize].into(),
                7 | 8 => dice.below(2_000_000).to_string(),
                _ => dice.below(40).to_string(),
            }
        };
        let dice = &mut self.dice;
        let honest = dice.hits(900);
        let number = if honest { self.next_out.to_string() } else { wild(dice) };
        self.next_out += u64::from(honest);
        let (kind, fields): (&[u8], Vec<(u16, String)>) = match dice.below(4) {
            0 => (b"2", vec![(tag::BEGIN_SEQ_NO, wild(dice)), (tag::END_SEQ_NO, wild(dice))]),
            1 => (b"4", vec![(tag::NEW_SEQ_NO, wild(dice))]),
            2 => (b"4", vec![(tag::GAP_FILL_FLAG, "Y".into()), (tag::NEW_SEQ_NO, wild(dice))]),
            _ => (b"1", vec![(tag::TEST_REQ_ID, "x".into())]),
        };
        message(now, kind, &self.comp_id, &number, &fields)
    }

    /// Orders that end at once, far from the market, and requests for everything again.
    fn ask_for_much(&mut self, now: u64) -> Vec<u8> {
        let number = self.next_out.to_string();
        self.next_out += 1;
        if self.dice.hits(20) {
            let begin = (1 + self.dice.below(5)).to_string();
            let fields = [(tag::BEGIN_SEQ_NO, begin), (tag::END_SEQ_NO, "0".into())];
            return message(now, b"2", &self.comp_id, &number, &fields);
        }
        self.names += 1;
        let name = format!("{}-{}", now, self.names);
        let time = Stamp::new(now, Precision::Millis);
        let time = String::from_utf8(time.as_bytes().to_vec()).unwrap();
        let fields = [
            (tag::CL_ORD_ID, name.as_str()),
            (tag::SYMBOL, "ACME"),
            (tag::SIDE, "1"),
            (tag::TRANSACT_TIME, &time),
            (tag::ORDER_QTY, "1"),
            (tag::ORD_TYPE, "2"),
            (tag::PRICE, "1"),
            (tag::TIME_IN_FORCE, "3"),
        ];
        let fields = fields.map(|(tag, value)| (tag, value.to_owned()));
        message(now, b"D", &self.comp_id, &number, &fields)
    }
}

fn message(now: u64, kind: &[u8], who: &str, number: &str, fields: &[(u16, String)]) -> Vec<u8> {
    let mut buffer = [0; 1024];
    let mut w = Writer::begin(&mut buffer, kind);
    w.text(tag::SENDER_COMP_ID, who.as_bytes());
    w.text(tag::TARGET_COMP_ID, b"VENUE");
    w.text(tag::MSG_SEQ_NUM, number.as_bytes());
    w.timestamp(tag::SENDING_TIME, now, Precision::Millis);
    for (tag, value) in fields {
        w.text(*tag, value.as_bytes());
    }
    w.finish().unwrap().to_vec()
}

//! A client of the simulated network: it writes what it is told, and keeps what comes.

use crate::world::VENUE;
use gateway::fix::fields::Scanner;
use gateway::fix::frame::{Frame, checksum, next};
use gateway::fix::time::{Precision, Stamp};
use gateway::fix::validate::check;
use gateway::io::sim::{SimClient, SimNet};
use std::collections::VecDeque;

/// Tags that stand in front of the body.
const HEADER: [&str; 8] = ["43", "97", "122", "115", "128", "50", "57", "142"];

/// A message that came.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard(pub Vec<(String, String)>);

impl Heard {
    pub fn get(&self, tag: &str) -> Option<&str> {
        self.0.iter().find(|(seen, _)| seen == tag).map(|(_, value)| value.as_str())
    }

    pub fn kind(&self) -> &str {
        self.get("35").unwrap_or("")
    }

    pub fn number(&self) -> u64 {
        self.get("34").and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// The entries of the group that begins with `first`, each up to the next.
    pub fn entries(&self, first: &str) -> Vec<Vec<(&str, &str)>> {
        let mut entries: Vec<Vec<(&str, &str)>> = Vec::new();
        for (tag, value) in &self.0 {
            if tag == first {
                entries.push(Vec::new());
            }
            if let Some(entry) = entries.last_mut() {
                entry.push((tag, value));
            }
        }
        entries
    }
}

impl std::fmt::Display for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = self.0.iter().filter(|(tag, _)| !["8", "9", "10"].contains(&tag.as_str()));
        shown.into_iter().try_for_each(|(tag, value)| write!(f, "{tag}={value} "))
    }
}

pub struct Peer {
    pub client: SimClient,
    comp_id: char,
    received: Vec<u8>,
    pub inbox: VecDeque<Heard>,
    pub next_out: u64,
    next_in: u64,
    scanner: Scanner,
}

impl Peer {
    pub fn new(client: SimClient, comp_id: char) -> Self {
        let (received, inbox) = (Vec::new(), VecDeque::new());
        Self { client, comp_id, received, inbox, next_out: 1, next_in: 1, scanner: Scanner::new() }
    }

    /// A message with these fields. 49, 56, 34, 52 come by themselves unless they are said.
    pub fn message(&mut self, kind: &str, fields: &[(&str, &str)], now: u64) -> Vec<u8> {
        let said = |tag: &str| fields.iter().find(|(t, _)| *t == tag).map(|(_, v)| *v);
        let number = self.next_out.to_string();
        if said("34").is_none() {
            self.next_out += 1;
        }
        let mut body = format!("35={kind}\u{1}");
        let comp_id = self.comp_id.to_string();
        for (tag, usual) in [("49", &*comp_id), ("56", VENUE), ("34", &number), ("52", "NOW")] {
            let value = said(tag).unwrap_or(usual);
            if value != "!" {
                body.push_str(&format!("{tag}={}\u{1}", moment(value, now)));
            }
        }
        let own = |tag: &str| matches!(tag, "49" | "56" | "34" | "52");
        for in_front in [true, false] {
            let part = fields.iter().filter(|(tag, _)| HEADER.contains(tag) == in_front);
            for (tag, value) in part.filter(|(tag, _)| !own(tag)) {
                body.push_str(&format!("{tag}={}\u{1}", moment(value, now)));
            }
        }
        let mut message = format!("8=FIX.4.4\u{1}9={}\u{1}{body}", body.len()).into_bytes();
        let sum = checksum(&message);
        message.extend(format!("10={sum:03}\u{1}").bytes());
        message
    }

    pub fn send(&mut self, net: &SimNet, kind: &str, fields: &[(&str, &str)], now: u64) {
        let message = self.message(kind, fields, now);
        assert_eq!(net.client_send(self.client, &message), message.len(), "room for {kind}");
    }

    /// Takes what has come. Every message must be whole, right by the dictionary, and in sequence.
    pub fn read(&mut self, net: &SimNet) {
        self.received.extend(net.client_recv(self.client));
        let mut done = 0;
        loop {
            let (body, len) = match next(&self.received[done..], 1 << 20) {
                Frame::Message { body, len } => (body, len),
                Frame::Incomplete { .. } => break,
                other => panic!("the venue sent {other:?}"),
            };
            let text = String::from_utf8(body.to_vec()).unwrap();
            let split = |field: &str| {
                field.split_once('=').map(|(tag, value)| (tag.to_owned(), value.to_owned()))
            };
            let fields = text.trim_end_matches('\u{1}').split('\u{1}').map(split);
            let heard = Heard(fields.collect::<Option<_>>().expect("tag=value"));
            // The scanner takes no more than 256 fields; clients' engines do.
            if heard.0.len() <= gateway::fix::fields::FIELDS_MAX {
                assert_eq!(check(&self.scanner.scan(body)), Ok(()), "{heard}");
            }
            if heard.get("43") != Some("Y") {
                if heard.kind() == "A" && heard.get("141") == Some("Y") {
                    self.next_in = 1;
                }
                assert_eq!(heard.number(), self.next_in, "{heard}");
                self.next_in += 1;
            }
            self.inbox.push_back(heard);
            done += len;
        }
        self.received.drain(..done);
    }
}

/// `NOW`, `NOW-200s`.
fn moment(value: &str, now: u64) -> String {
    let Some(shift) = value.strip_prefix("NOW") else { return value.to_owned() };
    let seconds = shift.strip_suffix('s').map_or(0, |by| by.parse::<i64>().unwrap());
    let time = now.checked_add_signed(seconds * 1_000_000_000).unwrap();
    String::from_utf8(Stamp::new(time, Precision::Millis).as_bytes().to_vec()).unwrap()
}

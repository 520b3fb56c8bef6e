//! What must hold at the end of every run, whatever happened.

use crate::client::Client;
use crate::world::{CLIENTS, limits};
use engine::log::{ScanEnd, Tail, scan};
use engine::{Engine, Event, Step};
use gateway::directory::Directory;
use gateway::fix::outbound::{self, Envelope};
use marketdata::packet::Packet;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{EventFlags, EventKind};
use std::collections::BTreeMap;

/// Everything that the log says happened.
pub struct Story {
    engine: Engine,
    events: Vec<Event>,
}

impl Story {
    pub fn of(disk: &[u8]) -> Self {
        let mut story = Self { engine: Engine::new(limits()), events: Vec::new() };
        let end = scan(disk, &mut Tail::genesis(1), |batch| {
            let (engine, events) = (&mut story.engine, &mut story.events);
            engine.begin_batch(batch.header.first_seq.get(), batch.header.time.get());
            assert_eq!(engine.step(events), Step::Done);
            for (n, command) in batch.commands().enumerate() {
                let seq = batch.header.first_seq.get() + n as u64;
                assert_eq!(engine.apply(seq, command, events), Step::Done);
            }
            engine.end_batch(batch.header.count.get(), events);
        });
        assert!(matches!(end, ScanEnd::Whole), "{end:?}");
        story
    }

    /// Replay = live.
    pub fn check_replay(&self, live: &Engine) {
        assert_eq!(self.engine.seq(), live.seq());
        assert_eq!(self.engine.event_hash(), live.event_hash(), "events of replay and live");
        assert_eq!(self.engine.state_hash(), live.state_hash(), "state of replay and live");
    }

    /// No order fills beyond its quantity, no trade has one side only.
    pub fn check_fills(&self) {
        let mut trades: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
        for event in &self.events {
            let Some(trade) = event.get::<oe::ExecutionReportTrade>() else { continue };
            assert!(trade.cum_qty.get() <= trade.order_qty.get());
            assert_eq!(trade.cum_qty.get() + trade.leaves_qty.get(), trade.order_qty.get());
            trades.entry(trade.trade_id.get()).or_default().push(trade.last_qty.get());
        }
        for (id, sides) in &trades {
            assert!(sides.len() == 2 && sides[0] == sides[1], "trade {id}: {sides:?}");
        }
    }

    /// A client knows every application message of its session, once, in order, with the right
    /// content; and what came live is byte for byte what the outbox says.
    pub fn check_client(&self, n: usize, client: &Client) {
        let mut directory = Directory::default();
        self.events.iter().for_each(|event| directory.learn(event));
        let session = n as u32 + 1;
        assert!(n < CLIENTS);
        let reports = self.events.iter().filter(|event| {
            event.kind() == Some(EventKind::Report) && event.head.session.get() == session
        });
        let comp_id = Client::comp_id(n);
        let mut told: BTreeMap<u64, (&Event, Vec<u8>)> = BTreeMap::new();
        for event in reports {
            let number = event.head.number.get();
            assert_eq!(number, told.len() as u64 + 1, "numbers have no gap");
            let envelope =
                Envelope { venue: b"VENUE", client: comp_id.as_bytes(), resent_at: None };
            let mut buffer = [0; outbound::MESSAGE_BYTES_MAX];
            let bytes = outbound::message(event, &envelope, &directory, &mut buffer);
            told.insert(number, (event, bytes.unwrap().unwrap().to_vec()));
        }
        for (number, bytes) in &client.live {
            let (_, expected) = told.get(number).unwrap_or_else(|| {
                panic!("{comp_id} was told {number}, which the log does not know")
            });
            assert!(bytes == expected, "{comp_id} {number}: {} != {}", show(bytes), show(expected));
        }
        for (number, (event, expected)) in &told {
            if event.head.flags.has(EventFlags::ADMIN) {
                continue;
            }
            let known = client.known.get(number);
            let known = known.unwrap_or_else(|| panic!("{comp_id} never heard of {number}"));
            assert_eq!(business(known), business(expected), "{comp_id} {number}");
        }
    }
}

/// A message without what a resend changes: length, checksum, 43, 52, 122.
fn business(message: &[u8]) -> Vec<String> {
    let fields = show(message).split('|').map(str::to_owned).collect::<Vec<_>>();
    let changes = ["9=", "10=", "43=", "52=", "122="];
    fields.into_iter().filter(|f| !changes.iter().any(|tag| f.starts_with(tag))).collect()
}

fn show(message: &[u8]) -> String {
    String::from_utf8_lossy(message).replace('\u{1}', "|")
}

/// What a listener on the wire has seen over all lives of the process.
#[derive(Default)]
pub struct Feed {
    messages: BTreeMap<u64, Vec<u8>>,
}

impl Feed {
    pub fn on_packet(&mut self, packet: &[u8]) {
        let packet = Packet::parse(packet).expect("the venue never sends a broken packet");
        for (n, message) in packet.messages().enumerate() {
            let sequence = packet.header.sequence.get() + n as u64;
            let before = self.messages.insert(sequence, message.to_vec());
            assert!(
                before.is_none_or(|before| before == message),
                "{sequence} changed its content"
            );
        }
    }

    /// Sequences have no gap in the log, and whatever was on the wire is what the log says.
    pub fn check(&self, story: &Story) {
        let market = story.events.iter().filter(|e| e.kind() == Some(EventKind::Market));
        let mut next = 1;
        for event in market {
            assert_eq!(event.head.number.get(), next, "the feed has no gap");
            if let Some(seen) = self.messages.get(&next) {
                assert!(seen == event.message(), "{next} is not what the log says");
            }
            next += 1;
        }
        assert!(self.messages.keys().next_back().is_none_or(|last| *last < next));
    }
}

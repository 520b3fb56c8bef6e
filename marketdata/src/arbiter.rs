//! Two lines in, one row of messages out: each once, in order, and every hole named.
//!
//! Both lines carry the same packets. The first to bring a message wins; its twin is a duplicate. A
//! packet from beyond a hole is held for a while, because the other line, or whoever is asked
//! (`asking.rs`), may still bring what is missing; after that, or when too much is held, the hole is given up
//! and told as lost. A
//! heartbeat names the next message, so a loss at the tail is a hole like any other.
//! Next: `subscriber.rs`, which puts messages and losses to use.

use crate::asking::{Ask, AskLimits, Asker, Verdict, Way};
use crate::packet::Packet;
use std::collections::BTreeMap;

/// A packet that is this much younger than all before, and yet counts lower, is of a venue that
/// began anew without a new epoch (its log was deleted). Far above the skew of two lines.
const BEGAN_ANEW_NS: u64 = 1_000_000_000;

/// What comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival<'a> {
    /// The first packet has come: messages are complete from here on.
    Joined {
        /// Sequence of the first message.
        sequence: u64,
    },
    /// The next message.
    Message {
        /// Its sequence.
        sequence: u64,
        /// Time of its packet's batch, nanoseconds UTC.
        time: u64,
        /// SBE header and body.
        bytes: &'a [u8],
    },
    /// Neither line has brought what is next, and it has been asked for.
    Doubt,
    /// It has come after all: nothing is missing.
    Whole,
    /// Neither line brought these, nor anybody else.
    Lost {
        /// First that is lost.
        from: u64,
        /// First that is not.
        to: u64,
    },
}

/// What a packet turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It had messages not seen before, given out by now.
    Fresh,
    /// No message; its sequence was taken note of.
    Heartbeat,
    /// The other line was first.
    Duplicate,
    /// It waits for what is missing before it.
    Held,
    /// Its sequences run over the end of u64.
    Senseless,
}

/// See the file's map.
#[derive(Debug)]
pub struct Arbiter {
    asker: Asker,
    held_bytes_max: usize,
    /// Next message to give out; `None` before the first packet.
    expected: Option<u64>,
    /// The sender has named everything below; above `expected` there is a hole.
    told_to: u64,
    /// Packets from beyond the hole, by their first sequence, with the time when they came.
    held: BTreeMap<u64, (u64, Vec<u8>)>,
    held_bytes: usize,
    /// Youngest time of any packet.
    time_last: u64,
    /// `Doubt` was the last word about the row.
    is_doubted: bool,
}

impl Arbiter {
    /// Before the first packet. A hole stays open while no more than `held_bytes_max` are held behind
    /// it: for `wait_ns`, or as long as `ask` says where there is somebody to ask.
    pub fn new(wait_ns: u64, ask: AskLimits, held_bytes_max: usize) -> Self {
        Self {
            asker: Asker::new(ask, wait_ns),
            held_bytes_max,
            expected: None,
            told_to: 0,
            held: BTreeMap::new(),
            held_bytes: 0,
            time_last: 0,
            is_doubted: false,
        }
    }

    /// The next message; `None` before the first packet.
    pub fn expected(&self) -> Option<u64> {
        self.expected
    }

    /// The packet is of a venue that began anew at sequence 1 with the epoch it had.
    pub fn began_anew(&self, packet: &Packet<'_>) -> bool {
        let (sequence, time) = (packet.header.sequence.get(), packet.header.time.get());
        self.expected.is_some_and(|expected| sequence < expected)
            && time > self.time_last.saturating_add(BEGAN_ANEW_NS)
    }

    /// Takes a packet of either line; `raw` is what it was parsed from.
    pub fn on_packet(
        &mut self,
        packet: &Packet<'_>,
        raw: &[u8],
        now: u64,
        give: &mut impl FnMut(Arrival<'_>),
    ) -> Fate {
        let start = packet.header.sequence.get();
        let count = u64::from(packet.header.message_count.get());
        let Some(end) = start.checked_add(count) else { return Fate::Senseless };
        self.time_last = self.time_last.max(packet.header.time.get());
        let expected = match self.expected {
            Some(expected) => expected,
            None => {
                give(Arrival::Joined { sequence: start });
                self.expected = Some(start);
                start
            }
        };
        let was_whole = expected >= self.told_to;
        self.told_to = self.told_to.max(end);
        if was_whole && expected < start {
            self.asker.begin(expected, now);
        }
        if count == 0 {
            return Fate::Heartbeat;
        }
        if end <= expected {
            return Fate::Duplicate;
        }
        if start > expected {
            return self.hold(start, raw, now, give);
        }
        self.give_out(packet, give);
        self.drain(now, give);
        if self.is_doubted && self.expected >= Some(self.told_to) {
            self.is_doubted = false;
            give(Arrival::Whole);
        }
        Fate::Fresh
    }

    /// Gives up a hole that has been open for too long, or says what to ask for.
    pub fn on_tick(&mut self, now: u64, give: &mut impl FnMut(Arrival<'_>)) -> Option<Ask> {
        let from = self.expected.filter(|expected| *expected < self.told_to)?;
        // All that has been told: a few messages twice cost less than one more question for the next hole.
        match self.asker.look(from, self.told_to, now) {
            Verdict::Wait => None,
            Verdict::Ask(ask) => {
                if !std::mem::replace(&mut self.is_doubted, true) {
                    give(Arrival::Doubt);
                }
                Some(ask)
            }
            Verdict::GiveUp => {
                self.give_up(now, give);
                None
            }
        }
    }

    /// Who was asked does not have it (`is_kept`: but others may).
    pub fn refused(&mut self, way: Way, is_kept: bool) {
        self.asker.refused(way, is_kept);
    }

    fn hold(
        &mut self,
        start: u64,
        raw: &[u8],
        now: u64,
        give: &mut impl FnMut(Arrival<'_>),
    ) -> Fate {
        if self.held.contains_key(&start) {
            return Fate::Duplicate;
        }
        self.held_bytes += raw.len();
        self.held.insert(start, (now, raw.to_vec()));
        while self.held_bytes > self.held_bytes_max {
            self.give_up(now, give);
        }
        Fate::Held
    }

    /// The hole at `expected` is lost; what is held behind it goes out. Each call empties at least
    /// one held packet, if there is any.
    fn give_up(&mut self, now: u64, give: &mut impl FnMut(Arrival<'_>)) {
        let Some(from) = self.expected else { return };
        let to = self.held.keys().next().copied().unwrap_or(self.told_to);
        self.is_doubted = false;
        give(Arrival::Lost { from, to });
        self.expected = Some(to);
        self.drain(now, give);
    }

    /// Gives out what is held and not beyond a hole any more.
    fn drain(&mut self, now: u64, give: &mut impl FnMut(Arrival<'_>)) {
        let before = self.held.len();
        while let Some(entry) = self.held.first_entry()
            && Some(*entry.key()) <= self.expected
        {
            let (_, raw) = entry.remove();
            self.held_bytes -= raw.len();
            if let Ok(packet) = Packet::parse(&raw) {
                self.give_out(&packet, give);
            }
        }
        // Another hole is next: open since what is behind it came.
        if self.held.len() < before
            && let Some(expected) = self.expected.filter(|expected| *expected < self.told_to)
        {
            let since = self.held.values().next().map_or(now, |(since, _)| *since);
            self.asker.begin(expected, since);
        }
    }

    fn give_out(&mut self, packet: &Packet<'_>, give: &mut impl FnMut(Arrival<'_>)) {
        let (start, time) = (packet.header.sequence.get(), packet.header.time.get());
        // The range second: it is asked only for what is there, so it never steps over u64::MAX.
        for (bytes, sequence) in packet.messages().zip(start..) {
            if Some(sequence) == self.expected {
                self.expected = Some(sequence + 1);
                give(Arrival::Message { sequence, time, bytes });
            }
        }
    }
}

//! The publisher's turn: market events to packets to both lines.
//!
//! It follows the event ring with a cursor of its own. A line that cannot take a packet loses it,
//! which its transport counts; receivers have the other line, retransmission (`feed/`) and the snapshot channel.

use crate::io::event_ring::EventReader;
use engine::Event;
use marketdata::packer::Packer;
use std::collections::VecDeque;

/// Events taken in one turn.
const TURN_EVENTS_MAX: usize = 1024;

/// Where packets go: both lines of a channel get the same bytes.
pub trait Lines {
    /// Takes a packet, never blocks; it leaves at the latest with the next [`Self::flush`].
    fn send(&mut self, packet: &[u8]);

    /// What was taken leaves now. Lines that keep nothing back need no such thing.
    fn flush(&mut self) {}
}

/// See the file's map.
pub struct Publisher<L> {
    events: EventReader<Event>,
    packer: Packer,
    lines: L,
    heartbeat_ns: u64,
    next_heartbeat: u64,
}

impl<L: Lines> Publisher<L> {
    /// Of one channel.
    pub fn new(events: EventReader<Event>, packer: Packer, lines: L, heartbeat_ns: u64) -> Self {
        Self { events, packer, lines, heartbeat_ns, next_heartbeat: 0 }
    }

    /// Sends the last `packets` of what was told before this process led once more, and goes on from there.
    /// Before the first turn.
    pub fn tell_again<'a>(&mut self, told: impl Iterator<Item = &'a Event>, packets: usize) {
        let mut last = VecDeque::with_capacity(packets + 1);
        for event in told {
            self.packer.on_event(event, |packet| last.push_back(packet.to_vec()));
            if last.len() > packets {
                last.pop_front();
            }
        }
        last.iter().for_each(|packet| self.lines.send(packet));
        self.lines.flush();
    }

    /// One turn at time `now`; returns how much was done.
    pub fn turn(&mut self, now: u64) -> usize {
        let (packer, lines) = (&mut self.packer, &mut self.lines);
        let mut done = 0;
        while done < TURN_EVENTS_MAX
            && let Some(event) = self.events.peek()
        {
            packer.on_event(event, |packet| {
                lines.send(packet);
                self.next_heartbeat = now + self.heartbeat_ns;
            });
            self.events.release();
            done += 1;
        }
        if now >= self.next_heartbeat
            && let Some(heartbeat) = self.packer.heartbeat(now)
        {
            self.lines.send(heartbeat);
            self.next_heartbeat = now + self.heartbeat_ns;
        }
        self.lines.flush();
        done
    }

    /// The venue stops in good order: tells it, after everything else.
    pub fn end(&mut self, now: u64) {
        if let Some(last) = self.packer.end_of_session(now) {
            self.lines.send(last);
            self.lines.flush();
        }
    }

    /// Where packets go.
    pub fn lines(&mut self) -> &mut L {
        &mut self.lines
    }
}

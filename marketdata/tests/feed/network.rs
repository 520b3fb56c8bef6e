//! A network that loses, delays, repeats and reorders, by a seed. Delivery is by time.

use crate::venue::{CHANNEL, EPOCH, MS};
use engine::fake_log::Dice;
use marketdata::packet::{Packet, PacketBuffer};
use marketdata::{Ask, AskLimits, Line};
use sbe_schemas::types::PacketFlags;
use std::collections::BTreeMap;

/// Chances in 1000, for each packet on each line.
#[derive(Clone, Copy)]
pub(crate) struct Faults {
    pub(crate) lose: u64,
    pub(crate) repeat: u64,
    /// Comes later than what is sent within the next few milliseconds.
    pub(crate) delay: u64,
    /// Comes so late that it counts as lost.
    pub(crate) delay_long: u64,
}

impl Faults {
    pub(crate) const NONE: Self = Self { lose: 0, repeat: 0, delay: 0, delay_long: 0 };
}

/// What a listener can ask, and who is dead when.
#[derive(Clone, Copy)]
pub(crate) struct Servers {
    pub(crate) ask: AskLimits,
    /// Requests by UDP, or their answers, that are lost: chances in 1000.
    pub(crate) lose_asks: u64,
    /// Nobody answers, whatever the listener believes.
    pub(crate) is_dead: bool,
    /// From when to when nothing at all comes on these lines, in milliseconds since the start.
    pub(crate) dead: Option<(u64, u64)>,
    /// Only line A then.
    pub(crate) dead_a_only: bool,
}

impl Servers {
    pub(crate) const NOBODY: Self = Self {
        ask: AskLimits::NOBODY,
        lose_asks: 0,
        is_dead: false,
        dead: None,
        dead_a_only: false,
    };
    pub(crate) const BOTH: Self = Self { ask: AskLimits::BOTH, ..Self::NOBODY };

    /// Whether what is sent at `ms` on this line is lost for sure.
    pub(crate) fn is_dead(&self, line: Line, ms: u64) -> bool {
        self.dead.is_some_and(|(from, to)| (from..to).contains(&ms))
            && (line == Line::A || !self.dead_a_only)
    }
}

/// The messages that a venue has told, for whoever asks.
#[derive(Default)]
pub(crate) struct Archive {
    /// By sequence from 1: time and bytes.
    told: Vec<(u64, Vec<u8>)>,
}

impl Archive {
    pub(crate) fn put(&mut self, packet: &[u8]) {
        let packet = Packet::parse(packet).expect("our own");
        let time = packet.header.time.get();
        for (message, sequence) in packet.messages().zip(packet.header.sequence.get()..) {
            assert_eq!(sequence, self.told.len() as u64 + 1);
            self.told.push((time, message.to_vec()));
        }
    }

    /// What is asked for, cut into packets otherwise than it was.
    pub(crate) fn answer(&self, ask: Ask, packets_max: usize) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        let mut packet = PacketBuffer::new(CHANNEL, EPOCH, PacketFlags::RETRANSMISSION);
        let from = usize::try_from(ask.from).expect("small");
        for (at, (time, message)) in self.told.iter().enumerate().skip(from - 1) {
            let sequence = at as u64 + 1;
            if sequence > ask.to || packets.len() == packets_max {
                break;
            }
            if sequence.is_multiple_of(7) || !packet.fits(message.len()) {
                close(&mut packet, &mut packets);
            }
            packet.push(message, sequence, *time);
        }
        close(&mut packet, &mut packets);
        packets.truncate(packets_max);
        packets
    }
}

fn close(packet: &mut PacketBuffer, packets: &mut Vec<Vec<u8>>) {
    if !packet.is_empty() {
        packets.push(packet.finish().to_vec());
        packet.clear();
    }
}

pub(crate) struct Network {
    faults: Faults,
    dice: Dice,
    /// By time and order of sending.
    under_way: BTreeMap<(u64, u64), (Line, Vec<u8>)>,
    sent: u64,
}

impl Network {
    pub(crate) fn new(faults: Faults, seed: u64) -> Self {
        Self { faults, dice: Dice(seed), under_way: BTreeMap::new(), sent: 0 }
    }

    pub(crate) fn send(&mut self, line: Line, packet: &[u8], now: u64) {
        let Faults { lose, repeat, delay, delay_long } = self.faults;
        let copies = u64::from(!self.dice.hits(lose)) + u64::from(self.dice.hits(repeat));
        for _ in 0..copies {
            let late = match () {
                () if self.dice.hits(delay_long) => 30 * MS + self.dice.below(30 * MS),
                () if self.dice.hits(delay) => self.dice.below(10 * MS),
                () => 0,
            };
            self.sent += 1;
            self.under_way.insert((now + late, self.sent), (line, packet.to_vec()));
        }
    }

    /// A stream: everything, in order.
    pub(crate) fn send_surely(&mut self, line: Line, packet: &[u8], at: u64) {
        self.sent += 1;
        self.under_way.insert((at, self.sent), (line, packet.to_vec()));
    }

    /// The next packet that has arrived by `now`, and when.
    pub(crate) fn receive(&mut self, now: u64) -> Option<(u64, Line, Vec<u8>)> {
        let entry = self.under_way.first_entry()?;
        let (time, _) = *entry.key();
        if time > now {
            return None;
        }
        let (line, packet) = entry.remove();
        Some((time, line, packet))
    }
}

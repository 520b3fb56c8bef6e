//! Which packets a relay passes on: each once, whichever line brought it, as it came.
//!
//! It keeps no order and waits for nothing: a packet that one line brings late fills the hole that the other has
//! left, for those behind the relay as well. Every byte stays as it is.

use marketdata::packet::Packet;
use sbe_schemas::types::PacketFlags;
use std::collections::{BTreeSet, VecDeque};

/// Packets that are known again.
const RECENT: usize = 8192;

/// Epoch, channel, flags, first sequence, messages, time: no two packets of a venue have all of them in common.
type Name = (u32, u16, u8, u64, u16, u64);

/// See the file's map.
#[derive(Default)]
pub struct Relay {
    recent: VecDeque<Name>,
    names: BTreeSet<Name>,
    counts: Counts,
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets passed on.
    pub passed: u64,
    /// Packets that had come before.
    pub duplicates: u64,
    /// Bytes that are no packet.
    pub unreadable: u64,
}

/// Where a packet belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// To both lines.
    Lines,
    /// To the snapshot channel.
    Snapshot,
}

impl Relay {
    /// Where to pass a packet on; `None`: nowhere.
    pub fn place(&mut self, bytes: &[u8]) -> Option<Place> {
        let Ok(packet) = Packet::parse(bytes) else {
            self.counts.unreadable += 1;
            return None;
        };
        let h = packet.header;
        let (count, flags) = (h.message_count.get(), h.flags);
        let (sequence, time) = (h.sequence.get(), h.time.get());
        let name = (h.epoch.get(), h.channel.get(), flags.0, sequence, count, time);
        if !self.names.insert(name) {
            self.counts.duplicates += 1;
            return None;
        }
        self.recent.push_back(name);
        if self.recent.len() > RECENT
            && let Some(oldest) = self.recent.pop_front()
        {
            self.names.remove(&oldest);
        }
        self.counts.passed += 1;
        let is_snapshot = flags.has(PacketFlags::SNAPSHOT);
        Some(if is_snapshot { Place::Snapshot } else { Place::Lines })
    }

    /// Counts since the start.
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketdata::packet::PacketBuffer;

    fn packet(flags: PacketFlags, sequence: u64, time: u64) -> Vec<u8> {
        let mut packet = PacketBuffer::new(1, 1, flags);
        packet.push(&[7; 20], sequence, time);
        packet.finish().to_vec()
    }

    #[test]
    fn each_packet_passes_once_whenever_it_comes() {
        let mut relay = Relay::default();
        let plain = |sequence| packet(PacketFlags::EMPTY, sequence, sequence);
        assert_eq!(relay.place(&plain(2)), Some(Place::Lines));
        assert_eq!(relay.place(&plain(2)), None);
        assert_eq!(relay.place(&plain(1)), Some(Place::Lines), "late, from the other line");
        assert_eq!(relay.place(&packet(PacketFlags::SNAPSHOT, 2, 2)), Some(Place::Snapshot));
        assert_eq!(relay.place(b"garbage"), None);
        for sequence in 3..30_000 {
            assert!(relay.place(&plain(sequence)).is_some());
        }
        assert_eq!((relay.recent.len(), relay.names.len()), (RECENT, RECENT));
        assert_eq!(relay.counts(), Counts { passed: 30_000, duplicates: 1, unreadable: 1 });
    }
}

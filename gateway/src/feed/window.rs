//! The newest packets of the lines, without a hole.
//!
//! A fixed number of slots, used in turn. What comes from beyond a hole begins the window anew: the messages
//! in between are the history's.

use marketdata::packet::{PACKET_BYTES_MAX, Packet};

struct Slot {
    first: u64,
    end: u64,
    length: usize,
    bytes: [u8; PACKET_BYTES_MAX],
}

/// See the file's map.
pub struct Window {
    slots: Vec<Slot>,
    /// Packets since the window began anew; packet `n` is in slot `n % slots`.
    count: u64,
    /// The next message to be told; `None` before the first packet.
    next: Option<u64>,
    heartbeat: ([u8; 32], u64),
}

impl Window {
    /// Of so many packets.
    ///
    /// # Panics
    /// None at all: that is no window.
    pub fn new(packets: usize) -> Self {
        assert!(packets > 0, "a window of no packets");
        let slot = || Slot { first: 0, end: 0, length: 0, bytes: [0; PACKET_BYTES_MAX] };
        let slots = std::iter::repeat_with(slot).take(packets).collect();
        Self { slots, count: 0, next: None, heartbeat: ([0; 32], 0) }
    }

    /// Takes the next packet of the lines.
    pub fn push(&mut self, bytes: &[u8]) {
        let Ok(packet) = Packet::parse(bytes) else { return };
        let first = packet.header.sequence.get();
        let end = first.saturating_add(packet.header.message_count.get().into());
        if self.next != Some(first) {
            self.count = 0;
        }
        self.next = Some(end);
        if end == first {
            if let Some(heartbeat) = bytes.first_chunk() {
                self.heartbeat = (*heartbeat, self.heartbeat.1 + 1);
            }
            return;
        }
        let at = (self.count % self.slots.len() as u64) as usize;
        if let Some(slot) = self.slots.get_mut(at)
            && let Some(into) = slot.bytes.get_mut(..bytes.len())
        {
            into.copy_from_slice(bytes);
            (slot.first, slot.end, slot.length) = (first, end, bytes.len());
            self.count += 1;
        }
    }

    /// The next message to be told; `None`: nothing has been told yet.
    pub fn next(&self) -> Option<u64> {
        self.next
    }

    /// The first message in the window; [`Self::next`] when there is none.
    pub fn first(&self) -> Option<u64> {
        match self.kept() {
            0 => self.next,
            kept => Some(self.slot(self.count - kept).first),
        }
    }

    /// The packet with this message.
    pub fn packet_of(&self, sequence: u64) -> Option<&[u8]> {
        let (mut low, mut high) = (self.count - self.kept(), self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.slot(middle).end <= sequence {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let slot = (low < self.count).then(|| self.slot(low))?;
        (slot.first <= sequence).then(|| slot.bytes.get(..slot.length))?
    }

    /// The newest heartbeat and its number.
    pub fn heartbeat(&self) -> (&[u8], u64) {
        (&self.heartbeat.0, self.heartbeat.1)
    }

    fn kept(&self) -> u64 {
        self.count.min(self.slots.len() as u64)
    }

    fn slot(&self, number: u64) -> &Slot {
        &self.slots[(number % self.slots.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketdata::packet::PacketBuffer;
    use sbe_schemas::types::PacketFlags;

    fn packet(first: u64, messages: u64) -> Vec<u8> {
        let mut packet = PacketBuffer::new(1, 1, PacketFlags::EMPTY);
        for sequence in first..first + messages {
            packet.push(&sequence.to_le_bytes(), sequence, 7);
        }
        match messages {
            0 => packet.heartbeat(first, 9).to_vec(),
            _ => packet.finish().to_vec(),
        }
    }

    #[test]
    fn every_message_in_it_is_found_and_no_other() {
        let mut window = Window::new(4);
        assert_eq!((window.first(), window.next()), (None, None));
        let mut next = 5;
        for n in 0..50 {
            window.push(&packet(next, 1 + n % 3));
            next += 1 + n % 3;
            let first = window.first().unwrap();
            assert_eq!(window.next(), Some(next));
            for sequence in first.saturating_sub(3)..next + 3 {
                let found = window.packet_of(sequence);
                assert_eq!(found.is_some(), (first..next).contains(&sequence), "{n} {sequence}");
                if let Some(found) = found {
                    let packet = Packet::parse(found).unwrap();
                    let start = packet.header.sequence.get();
                    let count = u64::from(packet.header.message_count.get());
                    assert!((start..start + count).contains(&sequence));
                }
            }
        }
    }

    #[test]
    fn beyond_a_hole_it_begins_anew() {
        let mut window = Window::new(8);
        window.push(&packet(1, 2));
        window.push(&packet(3, 0));
        assert_eq!((window.first(), window.next(), window.heartbeat().1), (Some(1), Some(3), 1));
        window.push(&packet(10, 2));
        assert_eq!((window.first(), window.next()), (Some(10), Some(12)));
        assert!(window.packet_of(2).is_none());
        window.push(&packet(20, 0));
        assert_eq!((window.first(), window.next()), (Some(20), Some(20)));
    }
}

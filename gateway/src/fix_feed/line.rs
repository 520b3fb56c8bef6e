//! The feed's packets inside of the process: a bounded ring from the thread that sends them to the one that
//! serves market data over FIX.
//!
//! The sender never waits. A packet that finds no room is dropped and counted, and the receiver recovers as
//! any subscriber does. While nobody is connected the line is closed and a packet costs one look at a flag.

use marketdata::packet::PACKET_BYTES_MAX;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A packet, copied.
struct Packet {
    length: usize,
    bytes: [u8; PACKET_BYTES_MAX],
}

/// What both ends look at.
#[derive(Default)]
struct Shared {
    open: AtomicBool,
    dropped: AtomicU64,
}

/// The sending end.
pub struct LineSender {
    ring: rtrb::Producer<Packet>,
    shared: Arc<Shared>,
}

/// The receiving end, which opens and closes the line.
pub struct LineReceiver {
    ring: rtrb::Consumer<Packet>,
    shared: Arc<Shared>,
}

/// A line with room for so many packets, closed.
pub fn line(packets: usize) -> (LineSender, LineReceiver) {
    let (producer, consumer) = rtrb::RingBuffer::new(packets);
    let shared = Arc::<Shared>::default();
    let sender = LineSender { ring: producer, shared: Arc::clone(&shared) };
    (sender, LineReceiver { ring: consumer, shared })
}

impl LineSender {
    /// Sends a packet if somebody wants it and there is room.
    #[inline]
    pub fn send(&mut self, packet: &[u8]) {
        if self.shared.open.load(Ordering::Acquire) {
            self.push(packet);
        }
    }

    fn push(&mut self, packet: &[u8]) {
        let mut copy = Packet { length: packet.len(), bytes: [0; PACKET_BYTES_MAX] };
        let fits = copy.bytes.get_mut(..packet.len()).map(|room| room.copy_from_slice(packet));
        let taken = fits.is_some() && self.ring.push(copy).is_ok();
        if !taken {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl LineReceiver {
    /// From now on packets come, or do not. What is still in the line is thrown away.
    pub fn set_open(&mut self, open: bool) {
        if self.shared.open.swap(open, Ordering::AcqRel) != open {
            while self.ring.pop().is_ok() {}
        }
    }

    /// Gives the next packet to `take`. `false`: there is none.
    pub fn take(&mut self, take: impl FnOnce(&[u8])) -> bool {
        let Ok(packet) = self.ring.peek() else { return false };
        take(packet.bytes.get(..packet.length).unwrap_or(&[]));
        // Only to let go of it: looking at it first saves a copy.
        self.ring.pop().is_ok()
    }

    /// Packets that found no room since the start.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_takes_packets_while_it_is_open_and_counts_what_it_drops() {
        let (mut sender, mut receiver) = line(2);
        sender.send(b"nobody wants it");
        assert!(!receiver.take(|_| panic!("it was closed")));
        receiver.set_open(true);
        for packet in [&b"a"[..], b"bc", b"no room"] {
            sender.send(packet);
        }
        let mut seen = Vec::new();
        while receiver.take(|packet| seen.push(packet.to_vec())) {}
        assert_eq!(seen, [b"a".to_vec(), b"bc".to_vec()]);
        assert_eq!(receiver.dropped(), 1);
        sender.send(b"old");
        receiver.set_open(false);
        receiver.set_open(true);
        assert!(!receiver.take(|_| panic!("it was thrown away")));
    }
}

//! The packets of the lines, for another thread of this process.
//!
//! A ring of 64-byte granules with one writer and one reader: the hot thread copies a packet into it and goes
//! on. When it is full the packet is dropped and counted: the reader sees the hole by the sequences and
//! recovers as any subscriber does, or out of the history. While its reader wants nothing the tap is closed,
//! as it is at first, and a packet costs one look at a flag.

use crate::publisher::Lines;
use marketdata::packet::PACKET_BYTES_MAX;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const GRANULE_BYTES: usize = 64;
/// Bytes of the length in front of a packet.
const LENGTH_BYTES: usize = 2;
/// Granules of the longest packet.
const GRANULES_MAX: usize = (LENGTH_BYTES + PACKET_BYTES_MAX).div_ceil(GRANULE_BYTES);

type Granule = [u8; GRANULE_BYTES];

/// What both ends look at.
#[derive(Default)]
struct Shared {
    is_open: AtomicBool,
    dropped: AtomicU64,
}

/// The end that is a destination of the publisher.
pub struct TapIn {
    ring: rtrb::Producer<Granule>,
    scratch: [Granule; GRANULES_MAX],
    shared: Arc<Shared>,
}

/// The end of the thread that wants packets; it opens and closes the tap.
pub struct TapOut {
    ring: rtrb::Consumer<Granule>,
    scratch: [Granule; GRANULES_MAX],
    shared: Arc<Shared>,
}

/// A closed tap that holds `packets` of the longest, and more of shorter ones.
pub fn tap(packets: usize) -> (TapIn, TapOut) {
    let (producer, consumer) = rtrb::RingBuffer::new(packets.max(1) * GRANULES_MAX);
    let shared = Arc::<Shared>::default();
    let scratch = [[0; GRANULE_BYTES]; GRANULES_MAX];
    let into = TapIn { ring: producer, scratch, shared: Arc::clone(&shared) };
    (into, TapOut { ring: consumer, scratch, shared })
}

/// All taps of a channel.
impl Lines for Vec<TapIn> {
    #[inline]
    fn send(&mut self, packet: &[u8]) {
        self.iter_mut().for_each(|tap| tap.send(packet));
    }
}

impl Lines for TapIn {
    #[inline]
    fn send(&mut self, packet: &[u8]) {
        if self.shared.is_open.load(Ordering::Acquire) {
            self.push(packet);
        }
    }
}

impl TapIn {
    fn push(&mut self, packet: &[u8]) {
        let granules = (LENGTH_BYTES + packet.len()).div_ceil(GRANULE_BYTES);
        let bytes = self.scratch.as_flattened_mut();
        let chunk = self.ring.write_chunk_uninit(granules);
        let (Some(into), Ok(chunk)) =
            (bytes.get_mut(LENGTH_BYTES..LENGTH_BYTES + packet.len()), chunk)
        else {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        };
        into.copy_from_slice(packet);
        bytes[..LENGTH_BYTES].copy_from_slice(&(packet.len() as u16).to_le_bytes());
        chunk.fill_from_iter(self.scratch.iter().copied().take(granules));
    }
}

impl TapOut {
    /// From now on packets come, or do not; at a change, what is still in the tap is thrown away.
    pub fn set_open(&mut self, is_open: bool) {
        if self.shared.is_open.swap(is_open, Ordering::AcqRel) != is_open {
            while self.next_packet().is_some() {}
        }
    }

    /// The next packet; `None`: there is none now.
    pub fn next_packet(&mut self) -> Option<&[u8]> {
        let first = self.ring.peek().ok()?;
        let length = usize::from(u16::from_le_bytes([first[0], first[1]]));
        let granules = (LENGTH_BYTES + length).div_ceil(GRANULE_BYTES);
        let chunk = self.ring.read_chunk(granules).expect("a packet is offered as a whole");
        let (a, b) = chunk.as_slices();
        self.scratch[..a.len()].copy_from_slice(a);
        self.scratch[a.len()..granules].copy_from_slice(b);
        chunk.commit_all();
        Some(&self.scratch.as_flattened()[LENGTH_BYTES..LENGTH_BYTES + length])
    }

    /// Packets that found no room, since the start.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_out_whole_and_in_order_over_many_rounds_of_the_ring() {
        let (mut into, mut out) = tap(3);
        out.set_open(true);
        for round in 0..500_usize {
            let lengths = [32, 62 + round % 4, 1 + round * 7 % PACKET_BYTES_MAX];
            for (n, length) in lengths.iter().enumerate() {
                into.send(&vec![(round + n) as u8; *length]);
            }
            for (n, length) in lengths.iter().enumerate() {
                let packet = out.next_packet().unwrap();
                assert_eq!(packet, vec![(round + n) as u8; *length]);
            }
            assert!(out.next_packet().is_none());
        }
        assert_eq!(out.dropped(), 0);
    }

    #[test]
    fn what_finds_no_room_is_dropped_and_counted() {
        let (mut into, mut out) = tap(2);
        out.set_open(true);
        for n in 0..5 {
            into.send(&[n; PACKET_BYTES_MAX]);
        }
        assert_eq!(out.dropped(), 3);
        assert_eq!(out.next_packet().unwrap()[0], 0);
        into.send(&[9; PACKET_BYTES_MAX]);
        assert_eq!(out.next_packet().unwrap()[0], 1);
        assert_eq!(out.next_packet().unwrap()[0], 9);
        into.send(&[1; GRANULES_MAX * GRANULE_BYTES]);
        assert!(out.next_packet().is_none(), "longer than any packet");
        assert_eq!(out.dropped(), 4);
    }

    #[test]
    fn a_closed_tap_takes_nothing_and_an_opened_one_begins_empty() {
        let (into, mut out) = tap(1);
        let mut taps = vec![into];
        taps.send(b"nobody wants it");
        out.set_open(true);
        assert!(out.next_packet().is_none());
        taps.send(b"old");
        out.set_open(false);
        taps.send(b"nobody wants it");
        out.set_open(true);
        assert!(out.next_packet().is_none());
        taps.send(b"new");
        out.set_open(true);
        assert_eq!(out.next_packet(), Some(&b"new"[..]), "it was open");
        assert_eq!(out.dropped(), 0);
    }
}

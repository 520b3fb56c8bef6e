//! The two buffers of a connection: bytes that came, and bytes on their way out.
//!
//! Both are allocated once and reused. Neither knows a socket; `connections.rs` owns them, and a
//! back end moves bytes between them and the kernel.

use std::ops::Range;

/// Bytes that came and are not consumed yet.
///
/// Twice the limit long: at the limit the back end stops reading, and what is still under way fits.
pub(super) struct ReceiveBuffer {
    bytes: Box<[u8]>,
    held: Range<usize>,
    limit: usize,
}

impl ReceiveBuffer {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: vec![0; limit * 2].into(), held: 0..0, limit }
    }

    pub(super) fn held(&self) -> &[u8] {
        &self.bytes[self.held.clone()]
    }

    /// Time to stop reading from the peer.
    pub(super) fn is_full(&self) -> bool {
        self.held.len() >= self.limit
    }

    /// All the room there is, contiguous; moves what is held to the front if that gives more than
    /// the `wanted` bytes that the end does not have.
    pub(super) fn room(&mut self, wanted: usize) -> &mut [u8] {
        if self.bytes.len() - self.held.end < wanted {
            self.bytes.copy_within(self.held.clone(), 0);
            self.held = 0..self.held.len();
        }
        &mut self.bytes[self.held.end..]
    }

    /// The first `bytes` of `room` have been written.
    pub(super) fn filled(&mut self, bytes: usize) {
        self.held.end += bytes;
        assert!(self.held.end <= self.bytes.len(), "more bytes written than there was room");
    }

    /// Takes all of `bytes`, or none if they do not fit.
    pub(super) fn take(&mut self, bytes: &[u8]) -> bool {
        let Some(room) = self.room(bytes.len()).get_mut(..bytes.len()) else { return false };
        room.copy_from_slice(bytes);
        self.filled(bytes.len());
        true
    }

    pub(super) fn consume(&mut self, bytes: usize) {
        assert!(bytes <= self.held.len(), "consumed more than was received");
        self.held.start += bytes;
        if self.held.is_empty() {
            self.held = 0..0;
        }
    }

    pub(super) fn clear(&mut self) {
        self.held = 0..0;
    }
}

/// Bytes on their way out: one half is filled by the caller while the other is sent.
pub(super) struct SendBuffer {
    filling: Box<[u8]>,
    filled: usize,
    leaving: Box<[u8]>,
    left: Range<usize>,
    /// Bytes of the last `reserve` that found no room; 0: none waits.
    wanted: usize,
    /// Sending has failed: nothing will ever leave again.
    broken: bool,
}

impl SendBuffer {
    pub(super) fn new(bytes: usize) -> Self {
        let half = || vec![0; bytes].into();
        Self { filling: half(), filled: 0, leaving: half(), left: 0..0, wanted: 0, broken: false }
    }

    pub(super) fn reset(&mut self) {
        (self.filled, self.left, self.wanted, self.broken) = (0, 0..0, 0, false);
    }

    pub(super) fn reserve(&mut self, bytes: usize) -> Option<&mut [u8]> {
        assert!(bytes <= self.filling.len(), "reserved more than an out buffer holds");
        if self.broken {
            return None;
        }
        if self.filled + bytes > self.filling.len() {
            self.turn_over();
        }
        if self.filled + bytes > self.filling.len() {
            self.wanted = bytes;
        }
        self.filling.get_mut(self.filled..self.filled + bytes)
    }

    pub(super) fn commit(&mut self, bytes: usize) {
        self.filled += bytes;
        assert!(self.filled <= self.filling.len(), "committed more than was reserved");
    }

    /// Makes the filled half the one that leaves, if the other has left.
    fn turn_over(&mut self) {
        if self.left.is_empty() {
            std::mem::swap(&mut self.filling, &mut self.leaving);
            self.left = 0..self.filled;
            self.filled = 0;
        }
    }

    /// What is to be sent next. Stays where it is, unchanged, until `sent` has accounted for it
    /// or `reset`: a kernel may read it meanwhile.
    pub(super) fn next(&mut self) -> &[u8] {
        self.turn_over();
        &self.leaving[self.left.clone()]
    }

    /// The kernel took the first `bytes` of `next`. True: a refused `reserve` would now succeed.
    pub(super) fn sent(&mut self, bytes: usize) -> bool {
        self.left.start += bytes;
        assert!(self.left.start <= self.left.end, "more bytes sent than there were");
        self.turn_over();
        let room = self.wanted > 0 && self.filled + self.wanted <= self.filling.len();
        if room {
            self.wanted = 0;
        }
        room
    }

    pub(super) fn break_off(&mut self) {
        self.reset();
        self.broken = true;
    }

    pub(super) fn queued_bytes(&self) -> usize {
        self.filled + self.left.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_stays_contiguous_while_it_wanders_through_the_buffer() {
        let mut buffer = ReceiveBuffer::new(4096);
        let (mut written, mut read) = (0u32, 0u32);
        for round in 0..10_000u32 {
            let size = (round % 700) as usize;
            let chunk: Vec<u8> = (0..size).map(|i| (written + i as u32) as u8).collect();
            if buffer.take(&chunk) {
                written += size as u32;
            } else {
                assert!(buffer.held().len() + size > 8192);
            }
            let used = buffer.held().len().min((round % 811) as usize);
            for (i, &byte) in buffer.held()[..used].iter().enumerate() {
                assert_eq!(byte, (read + i as u32) as u8);
            }
            buffer.consume(used);
            read += used as u32;
        }
        assert!(read > 1_000_000);
    }

    #[test]
    fn a_refused_reservation_is_announced_exactly_once_when_it_fits() {
        let mut buffer = SendBuffer::new(8);
        buffer.reserve(8).unwrap().fill(1);
        buffer.commit(8);
        buffer.reserve(6).unwrap().fill(2);
        buffer.commit(6);
        assert!(buffer.reserve(5).is_none());
        assert_eq!(buffer.next(), [1; 8]);
        assert!(!buffer.sent(7));
        assert_eq!(buffer.queued_bytes(), 7);
        assert!(buffer.sent(1));
        assert!(!buffer.sent(0));
        assert_eq!(buffer.next(), [2; 6]);
        assert_eq!(buffer.reserve(5).unwrap().len(), 5);
    }
}

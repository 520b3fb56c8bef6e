//! Messages by their sequence, as packets: from the window if it has them, else from the history.
//!
//! A reader stands at a sequence and nowhere else, so going over from the history to what is live needs no
//! handing over: the window has the next message, or the history has.

use super::control::FRAMED_BYTES_MAX;
use super::window::Window;
use crate::history::{HistoryError, HistoryReader, Limit, Stored};
use crate::io::Disk;
use marketdata::packet::{FRAME_BYTES, HEADER_BYTES, Packet, PacketBuffer};
use sbe_schemas::types::PacketFlags;

/// Twice what a message costs beside its own bytes when it is a packet of its own, on TCP.
const MESSAGE_COST: usize = 2 * (HEADER_BYTES + 2 * FRAME_BYTES);

const _: () = assert!(FRAMED_BYTES_MAX / 2 >= Limit::BYTES_MIN);

/// Makes packets of single messages; a packet ends when it is full or another batch begins.
pub struct Repacker(PacketBuffer, u64);

impl Repacker {
    /// Packets of this channel, marked as sent again.
    pub fn new(channel: u16, epoch: u32) -> Self {
        Self(PacketBuffer::new(channel, epoch, PacketFlags::RETRANSMISSION), 0)
    }

    fn push(&mut self, stored: Stored<'_>, send: &mut impl FnMut(&[u8])) {
        if !self.0.fits(stored.message.len()) || stored.time != self.1 {
            self.close(send);
        }
        self.1 = stored.time;
        self.0.push(stored.message, stored.seq, stored.time);
    }

    fn close(&mut self, send: &mut impl FnMut(&[u8])) {
        if !self.0.is_empty() {
            send(self.0.finish());
        }
        self.0.clear();
    }
}

/// Where the messages are.
pub struct Supply {
    /// The newest.
    pub window: Window,
    /// The history reaches to the window: it has all that it ever will have. A start makes its end again,
    /// and until then what is not there may still come.
    pub is_whole: bool,
    repacker: Repacker,
}

impl Supply {
    /// Of this channel; `packets` in the window.
    pub fn new(channel: u16, epoch: u32, packets: usize) -> Self {
        Self {
            window: Window::new(packets),
            is_whole: false,
            repacker: Repacker::new(channel, epoch),
        }
    }

    /// Sends messages from `from` to `to` in packets of together at most `bytes`, frames included (with room for
    /// less than the longest packet nothing is sent); returns the first that was not sent.
    ///
    /// # Errors
    /// See [`HistoryError`]: message `from` is not to be had.
    pub fn give<D: Disk>(
        &mut self,
        reader: &mut HistoryReader<D>,
        (from, to): (u64, u64),
        bytes: usize,
        mut send: impl FnMut(&[u8]),
    ) -> Result<u64, HistoryError> {
        let (mut next, mut left) = (from, bytes);
        while next <= to && left >= FRAMED_BYTES_MAX {
            let (before, have) = (next, left);
            let mut count = |packet: &[u8]| {
                left = left.saturating_sub(FRAME_BYTES + packet.len());
                send(packet);
            };
            if self.window.packet_of(next).is_some() {
                next = self.give_window(next, to, &mut count);
            } else {
                if self.window.next().is_none_or(|end| next >= end) {
                    break;
                }
                // At worst each message is a packet of its own.
                let limit = Limit {
                    messages: (to - next).saturating_add(1).min((have / MESSAGE_COST) as u64),
                    bytes: have / 2,
                };
                match self.give_history(reader, next, limit, &mut count) {
                    Err(error) if next == from => return Err(error),
                    Err(_) => break,
                    Ok(given) => next += given,
                }
            }
            if next == before {
                break; // The history is not that far yet.
            }
        }
        Ok(next)
    }

    /// The packet with message `from`, whole if that is its first and `to` not before its last.
    fn give_window(&mut self, from: u64, to: u64, send: &mut impl FnMut(&[u8])) -> u64 {
        let Some(bytes) = self.window.packet_of(from) else { return from };
        let Ok(packet) = Packet::parse(bytes) else { return from };
        let first = packet.header.sequence.get();
        let end = first + u64::from(packet.header.message_count.get());
        if first == from && end - 1 <= to {
            send(bytes);
            return end;
        }
        let time = packet.header.time.get();
        for (seq, message) in (first..).zip(packet.messages()) {
            if (from..=to).contains(&seq) {
                self.repacker.push(Stored { seq, time, message }, send);
            }
        }
        self.repacker.close(send);
        end.min(to.saturating_add(1))
    }

    fn give_history<D: Disk>(
        &mut self,
        reader: &mut HistoryReader<D>,
        from: u64,
        limit: Limit,
        send: &mut impl FnMut(&[u8]),
    ) -> Result<u64, HistoryError> {
        let repacker = &mut self.repacker;
        let given = reader.read(from, limit, |stored| repacker.push(stored, send));
        repacker.close(send);
        given
    }
}

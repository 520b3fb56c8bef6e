//! Market events to packets of the incremental channel.
//!
//! A packet closes when the next message does not fit or the batch ends, never by time, so packets
//! are a function of the log: whoever packs the same batches sends the same bytes. Heartbeats are
//! the exception, and are marked by having no message.

use crate::packet::PacketBuffer;
use engine::Event;
use sbe_schemas::header::Message;
use sbe_schemas::journal::BatchEnd;
use sbe_schemas::types::{EventKind, PacketFlags};

/// Events of one channel in, packets out.
pub struct Packer {
    packet: PacketBuffer,
    /// `None` until the first message: after a start only the log knows where the feed goes on.
    next_sequence: Option<u64>,
}

impl Packer {
    /// For this channel; nothing sent yet.
    pub fn new(channel: u16, epoch: u32) -> Self {
        Self { packet: PacketBuffer::new(channel, epoch, PacketFlags::EMPTY), next_sequence: None }
    }

    /// Takes an event; calls `send` for each packet that is complete.
    pub fn on_event(&mut self, event: &Event, mut send: impl FnMut(&[u8])) {
        match event.kind() {
            Some(EventKind::Market) => {
                let message = event.message();
                if !self.packet.fits(message.len()) {
                    self.close(&mut send);
                }
                let sequence = event.head.number.get();
                self.packet.push(message, sequence, event.head.time.get());
                self.next_sequence = Some(sequence + 1);
            }
            Some(EventKind::Control) if event.template().1 == BatchEnd::TEMPLATE_ID => {
                self.close(&mut send);
            }
            _ => {}
        }
    }

    /// A heartbeat, between batches: the sequence of the next message. `None`: a packet is open, or
    /// nothing has been told since the start (every start tells the instruments first).
    pub fn heartbeat(&mut self, now: u64) -> Option<&[u8]> {
        let next = self.next_sequence?;
        if self.packet.is_empty() { Some(self.packet.heartbeat(next, now)) } else { None }
    }

    /// The last packet: a heartbeat that says so. `None` as for heartbeats.
    pub fn end_of_session(&mut self, now: u64) -> Option<&[u8]> {
        let next = self.next_sequence?;
        if self.packet.is_empty() { Some(self.packet.end_of_session(next, now)) } else { None }
    }

    fn close(&mut self, send: &mut impl FnMut(&[u8])) {
        if !self.packet.is_empty() {
            send(self.packet.finish());
            self.packet.clear();
        }
    }
}

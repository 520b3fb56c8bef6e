//! Market events to packets of the incremental channel.
//!
//! A packet closes when the next message does not fit or the batch ends, never by time, so packets
//! are a function of the log: whoever packs the same batches sends the same bytes. Heartbeats are
//! the exception, and are marked by having no message.

use crate::gatherer::{Gathered, Gatherer};
use crate::packet::PacketBuffer;
use engine::Event;
use sbe_schemas::types::PacketFlags;

/// Events of one channel in, packets out.
pub struct Packer {
    gatherer: Gatherer,
    packet: PacketBuffer,
    /// `None` until the first message: after a start only the log knows where the feed goes on.
    next_sequence: Option<u64>,
}

impl Packer {
    /// For this channel; nothing sent yet.
    pub fn new(channel: u16, epoch: u32) -> Self {
        let packet = PacketBuffer::new(channel, epoch, PacketFlags::EMPTY);
        Self { gatherer: Gatherer::default(), packet, next_sequence: None }
    }

    /// Takes an event; calls `send` for each packet that is complete.
    pub fn on_event(&mut self, event: &Event, mut send: impl FnMut(&[u8])) {
        let Self { gatherer, packet, next_sequence } = self;
        gatherer.on_event(event, |gathered| match gathered {
            Gathered::Message(told) => {
                if !packet.fits(told.message.len()) {
                    close(packet, &mut send);
                }
                packet.push(told.message, told.sequence, told.time);
                *next_sequence = Some(told.sequence + 1);
            }
            Gathered::BatchEnd => close(packet, &mut send),
        });
    }

    /// A heartbeat, between batches: the sequence of the next message. `None`: a packet is open, or
    /// nothing has been told since the start (every start tells the instruments first).
    pub fn heartbeat(&mut self, now: u64) -> Option<&[u8]> {
        let next = self.next_sequence.filter(|_| self.is_idle())?;
        Some(self.packet.heartbeat(next, now))
    }

    /// The last packet: a heartbeat that says so. `None` as for heartbeats.
    pub fn end_of_session(&mut self, now: u64) -> Option<&[u8]> {
        let next = self.next_sequence.filter(|_| self.is_idle())?;
        Some(self.packet.end_of_session(next, now))
    }

    fn is_idle(&self) -> bool {
        self.packet.is_empty() && self.gatherer.is_empty()
    }
}

fn close(packet: &mut PacketBuffer, send: &mut impl FnMut(&[u8])) {
    if !packet.is_empty() {
        send(packet.finish());
        packet.clear();
    }
}

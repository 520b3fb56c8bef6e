//! Requests and answers: packets of one message that are marked as control and belong to no channel.
//!
//! Over UDP a datagram is one packet. Over TCP each packet is behind a frame of four bytes: its length with
//! the frame, and [`PACKET_ENCODING`].

use marketdata::packet::{FRAME_BYTES, PACKET_BYTES_MAX, Packet, PacketBuffer};
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{MessageFrame, PacketFlags};
use zerocopy::{FromBytes, IntoBytes};

/// `encoding` of the frame in front of a packet on TCP: `FP`.
pub const PACKET_ENCODING: u16 = 0x5046;
/// Bytes of the longest packet behind its frame.
pub const FRAMED_BYTES_MAX: usize = FRAME_BYTES + PACKET_BYTES_MAX;
/// `to` of a request: no end. `from`: the next message.
pub const OPEN: u64 = u64::MAX;

/// Makes control packets.
pub struct ControlPacket(PacketBuffer);

/// A request that says this epoch is about the feed of that one; 0: about the one that holds.
pub fn is_epoch(asked: u32, ours: u32) -> bool {
    asked == 0 || asked == ours
}

impl ControlPacket {
    /// Of this epoch.
    pub fn new(epoch: u32) -> Self {
        Self(PacketBuffer::new(0, epoch, PacketFlags::CONTROL))
    }

    /// The packet of one message, made at `now` (nanoseconds UTC).
    pub fn of<M: Message>(&mut self, message: &M, now: u64) -> &[u8] {
        let mut bytes = [0; 128];
        let length = message.encode(&mut bytes).expect("control messages are short");
        self.0.clear();
        self.0.push(&bytes[..length], 0, now);
        self.0.finish()
    }
}

/// What a subscriber may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Messages.
    Replay(md::ReplayRequest),
    /// Best prices, depth or statistics; TCP only.
    View(md::ViewRequest),
    /// The lines, by unicast; UDP only.
    Lease(md::LeaseRequest),
}

/// The request in a packet; `None`: it is none.
pub fn request_in(bytes: &[u8]) -> Option<Request> {
    let packet = Packet::parse(bytes).ok()?;
    let message = packet.messages().next()?;
    if !packet.header.flags.has(PacketFlags::CONTROL) {
        return None;
    }
    if let Ok((request, ..)) = md::ReplayRequest::decode(message) {
        return Some(Request::Replay(*request));
    }
    if let Ok((request, ..)) = md::LeaseRequest::decode(message) {
        return Some(Request::Lease(*request));
    }
    md::ViewRequest::decode(message).ok().map(|(request, ..)| Request::View(*request))
}

/// Puts a packet behind its frame at the end of `out`.
pub fn push_framed(packet: &[u8], out: &mut Vec<u8>) {
    let length = (FRAME_BYTES + packet.len()) as u16;
    let frame = MessageFrame { length: length.into(), encoding: PACKET_ENCODING.into() };
    out.extend_from_slice(frame.as_bytes());
    out.extend_from_slice(packet);
}

/// What stands at the front of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framed<'a> {
    /// A packet, and how many bytes it took.
    Packet(&'a [u8], usize),
    /// Not all of it has come.
    Short,
    /// No frame of ours: the stream is lost.
    Wrong,
}

/// Splits the next packet off a stream.
pub fn next_framed(bytes: &[u8]) -> Framed<'_> {
    let Ok((frame, rest)) = MessageFrame::ref_from_prefix(bytes) else { return Framed::Short };
    let length = usize::from(frame.length.get());
    if frame.encoding.get() != PACKET_ENCODING
        || !(FRAME_BYTES..=FRAMED_BYTES_MAX).contains(&length)
    {
        return Framed::Wrong;
    }
    match rest.get(..length - FRAME_BYTES) {
        Some(packet) => Framed::Packet(packet, length),
        None => Framed::Short,
    }
}

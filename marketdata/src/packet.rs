//! Packets: a 32-byte header and messages, each behind a frame of four bytes.
//!
//! ```text
//! | PacketHeader 32 | length u16, 0xEB50 | SBE header 8 | body | length u16, 0xEB50 | … |
//! ```
//! Sequences count messages, so retransmissions may cut them into packets differently.

use sbe_schemas::types::{MessageFrame, PacketFlags, PacketHeader};
use zerocopy::{FromBytes, IntoBytes};

/// Longest packet: an Ethernet frame of 1500 bytes less IP and UDP.
pub const PACKET_BYTES_MAX: usize = 1472;
/// Version of the header.
pub const PACKET_VERSION: u8 = 1;
/// SBE 1.0, little-endian.
pub const ENCODING: u16 = 0xEB50;
/// Bytes of the header.
pub const HEADER_BYTES: usize = size_of::<PacketHeader>();
/// Bytes of a frame.
pub const FRAME_BYTES: usize = size_of::<MessageFrame>();

const _: () = assert!(HEADER_BYTES == 32);
const _: () = assert!(FRAME_BYTES == 4);

/// A packet that is being filled.
#[derive(Clone)]
pub struct PacketBuffer {
    bytes: [u8; PACKET_BYTES_MAX],
    len: usize,
    header: PacketHeader,
}

impl PacketBuffer {
    /// Empty, for this channel and epoch.
    pub fn new(channel: u16, epoch: u32, flags: PacketFlags) -> Self {
        let mut header = PacketHeader::ZERO;
        header.version = PACKET_VERSION;
        header.flags = flags;
        header.channel.set(channel);
        header.header_length.set(HEADER_BYTES as u16);
        header.epoch.set(epoch);
        Self { bytes: [0; PACKET_BYTES_MAX], len: HEADER_BYTES, header }
    }

    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        self.header.message_count.get() == 0
    }

    /// A message of so many bytes (SBE header and body) still fits.
    pub fn fits(&self, message_bytes: usize) -> bool {
        self.len + FRAME_BYTES + message_bytes <= PACKET_BYTES_MAX
    }

    /// Adds a message that fits. The first gives the packet its sequence and time.
    pub fn push(&mut self, message: &[u8], sequence: u64, time: u64) {
        assert!(self.fits(message.len()));
        if self.is_empty() {
            self.header.sequence.set(sequence);
            self.header.time.set(time);
        }
        let length = FRAME_BYTES + message.len();
        let frame = MessageFrame { length: (length as u16).into(), encoding: ENCODING.into() };
        let (start, end) = (self.len + FRAME_BYTES, self.len + length);
        self.bytes[self.len..start].copy_from_slice(frame.as_bytes());
        self.bytes[start..end].copy_from_slice(message);
        self.len = end;
        self.header.message_count.set(self.header.message_count.get() + 1);
    }

    /// The packet; it is empty again after [`Self::clear`].
    pub fn finish(&mut self) -> &[u8] {
        self.bytes[..HEADER_BYTES].copy_from_slice(self.header.as_bytes());
        &self.bytes[..self.len]
    }

    /// Empty again.
    pub fn clear(&mut self) {
        self.len = HEADER_BYTES;
        self.header.message_count.set(0);
    }

    /// A heartbeat: no message, and the sequence of the next one.
    pub fn heartbeat(&mut self, next_sequence: u64, time: u64) -> &[u8] {
        assert!(self.is_empty());
        self.header.sequence.set(next_sequence);
        self.header.time.set(time);
        self.finish()
    }

    /// The last heartbeat there is: the venue stops, and will go on with this sequence.
    pub fn end_of_session(&mut self, next_sequence: u64, time: u64) -> &[u8] {
        self.header.flags = self.header.flags.with(PacketFlags::END_OF_SESSION);
        self.heartbeat(next_sequence, time)
    }
}

/// Why bytes are no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketError {
    /// Shorter than it says.
    Short,
    /// Another version of the header.
    Version {
        /// The version found.
        seen: u8,
    },
    /// A message is framed wrongly.
    Frame,
}

/// A packet as it came; its messages are checked to be whole.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Its header.
    pub header: &'a PacketHeader,
    messages: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Checks the header and every frame.
    ///
    /// # Errors
    /// See [`PacketError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, PacketError> {
        let (header, _) = PacketHeader::ref_from_prefix(bytes).map_err(|_| PacketError::Short)?;
        if header.version != PACKET_VERSION {
            return Err(PacketError::Version { seen: header.version });
        }
        let header_length = usize::from(header.header_length.get());
        if header_length < HEADER_BYTES {
            return Err(PacketError::Frame);
        }
        let messages = bytes.get(header_length..).ok_or(PacketError::Short)?;
        let packet = Self { header, messages };
        let mut whole = Messages { rest: messages };
        for _ in 0..header.message_count.get() {
            whole.next().ok_or(PacketError::Frame)?;
        }
        if whole.rest.is_empty() { Ok(packet) } else { Err(PacketError::Frame) }
    }

    /// The messages (SBE header and body), the first of which has the header's sequence.
    pub fn messages(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        Messages { rest: self.messages }
    }
}

struct Messages<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Messages<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (frame, _) = MessageFrame::ref_from_prefix(self.rest).ok()?;
        let length = usize::from(frame.length.get());
        if length < FRAME_BYTES || frame.encoding.get() != ENCODING {
            return None;
        }
        let (message, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        message.get(FRAME_BYTES..)
    }
}

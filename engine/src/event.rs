//! What can have happened, in the one shape that everybody reads: a 256-byte slot.
//!
//! A slot is an `EventHead` (journal.xml) and one SBE message. The same bytes are a slot of the
//! event ring and, for numbered reports, a slot of the session's outbox. Three kinds: a *report*
//! has a number of its session; a *control* event is for the gateway and never stored; a *market*
//! event is one message of the public feed, with its feed sequence as number.
//! Next: `session.rs` and `trading.rs` make them.

use sbe_schemas::header::Message;
use sbe_schemas::header::{self, MessageHeader};
use sbe_schemas::types::{EventHead, EventKind, EventKindCode};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

/// Bytes of a slot.
pub const EVENT_BYTES: usize = 256;
/// Bytes of the head of a slot.
pub const HEAD_BYTES: usize = size_of::<EventHead>();
/// Free slots that a unit of work may count on; with fewer the engine stops and says `More`.
pub const SINK_FREE_MIN: usize = 64;

const _: () = assert!(size_of::<Event>() == EVENT_BYTES);
const _: () = assert!(HEAD_BYTES == 56);

/// One slot. Bytes beyond `head.length` are zero.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(64))]
pub struct Event {
    /// Where it goes and what caused it.
    pub head: EventHead,
    /// SBE header and message.
    pub message: [u8; EVENT_BYTES - HEAD_BYTES],
}

impl Event {
    /// A slot with this message; the head's `length` is set, the rest of it is zero.
    pub fn of<M: Message>(message: &M) -> Self {
        let mut event = Self::new_zeroed();
        event.write(EventHead::ZERO, message);
        event
    }

    /// Makes this slot that of `message`, whatever was in it; the head's `length` is set.
    #[inline(always)]
    pub fn write<M: Message>(&mut self, head: EventHead, message: &M) {
        const { assert!(Self::length::<M>() <= EVENT_BYTES) };
        self.head = EventHead { length: (Self::length::<M>() as u16).into(), ..head };
        let written = message.encode(&mut self.message);
        assert!(written.is_some(), "checked at compile time");
        self.message[Self::length::<M>() - HEAD_BYTES..].fill(0);
    }

    /// Bytes of head and message of an event with an `M`.
    pub const fn length<M: Message>() -> usize {
        HEAD_BYTES + size_of::<MessageHeader>() + M::BLOCK_LENGTH as usize
    }

    /// The kind, `None` for bytes that are no event (an empty slot of a file).
    pub fn kind(&self) -> Option<EventKind> {
        self.head.kind.known()
    }

    /// The SBE message with its header: what an outbox or a packet carries.
    pub fn message(&self) -> &[u8] {
        let end = usize::from(self.head.length.get()).saturating_sub(HEAD_BYTES);
        self.message.get(..end).unwrap_or(&[])
    }

    /// Schema and template of the message; zeros when there is none.
    pub fn template(&self) -> (u16, u16) {
        match header::header(&self.message) {
            Ok(h) => (h.schema_id.get(), h.template_id.get()),
            Err(_) => (0, 0),
        }
    }

    /// The message as `M`; `None` when it is another.
    pub fn get<M: Message>(&self) -> Option<&M> {
        M::decode(self.message()).ok().map(|(message, _, _)| message)
    }

    /// The connection that was bound when this was applied; `None`: nobody was there.
    pub fn conn(&self) -> Option<Conn> {
        let generation = self.head.conn_generation.get();
        (generation != 0).then(|| Conn {
            gateway: self.head.gateway.get(),
            slot: self.head.slot.get(),
            generation,
        })
    }
}

/// A connection, as the log knows it: which gateway, its slot there, and the slot's generation
/// (from 1), so that an old connection is never taken for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conn {
    /// Number of the gateway.
    pub gateway: u16,
    /// Slot in the gateway's table.
    pub slot: u16,
    /// Rises every time the slot is used again; never 0.
    pub generation: u32,
}

/// Head of an event for a gateway, or for all of them.
pub(crate) const CONTROL: EventHead =
    EventHead { kind: EventKindCode(EventKind::Control.code()), ..EventHead::ZERO };

/// A head with a connection in it.
pub(crate) trait Addressed {
    /// To this connection; `None`: to nobody.
    fn addressed(self, conn: Option<Conn>) -> Self;
}

impl Addressed for EventHead {
    #[inline(always)]
    fn addressed(self, conn: Option<Conn>) -> Self {
        let Some(Conn { gateway, slot, generation }) = conn else { return self };
        Self {
            gateway: gateway.into(),
            slot: slot.into(),
            conn_generation: generation.into(),
            ..self
        }
    }
}

/// Where events go. The engine asks for room before it works and never waits inside a call.
pub trait Sink {
    /// Slots free now: so many events may be published.
    fn free(&mut self) -> usize;
    /// The next slot, to be written in place; what is in it now means nothing. Called only with room.
    fn slot(&mut self) -> &mut Event;
    /// What was written to the slot is an event.
    fn publish(&mut self);
}

/// Takes everything and keeps nothing: replay before this process leads.
pub struct NoSink(Event);

impl Default for NoSink {
    fn default() -> Self {
        Self(Event::new_zeroed())
    }
}

impl Sink for NoSink {
    #[inline]
    fn free(&mut self) -> usize {
        usize::MAX
    }

    #[inline]
    fn slot(&mut self) -> &mut Event {
        &mut self.0
    }

    #[inline]
    fn publish(&mut self) {}
}

/// Keeps all: tests and the simulator.
impl Sink for Vec<Event> {
    fn free(&mut self) -> usize {
        usize::MAX
    }

    fn slot(&mut self) -> &mut Event {
        self.push(Event::new_zeroed());
        self.last_mut().expect("just pushed")
    }

    fn publish(&mut self) {}
}

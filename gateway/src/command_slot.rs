//! A command on its way to a ring: the padded bytes of one message of journal.xml.

use engine::command::{GRANULE_BYTES, begin_slot, seal_slot, slot_bytes, write_slot};
use sbe_schemas::header::Message;
use sbe_schemas::types::{CommandHead, Verdict};

/// Longest command that a client's message becomes: a MassQuote.
pub const SLOT_BYTES_MAX: usize = 704;

/// A command, ready for a ring.
#[derive(Clone)]
pub struct Slot {
    bytes: [u8; SLOT_BYTES_MAX],
    length: usize,
}

impl Slot {
    /// None yet.
    pub const EMPTY: Self = Self { bytes: [0; SLOT_BYTES_MAX], length: 0 };

    /// The padded slot of `message`.
    pub fn of<M: Message>(message: &M) -> Self {
        let mut slot = Self::EMPTY;
        slot.set(message);
        slot
    }

    /// Becomes the padded slot of `message`.
    #[inline]
    pub fn set<M: Message>(&mut self, message: &M) {
        const { assert!(slot_bytes::<M>() <= SLOT_BYTES_MAX) };
        self.length = slot_bytes::<M>();
        if let Some(out) = self.bytes.get_mut(..self.length) {
            write_slot(message, out);
        }
    }

    /// Becomes the padded slot of what `write` writes, which returns its length. `None`: it does not fit.
    pub fn set_with(&mut self, write: impl FnOnce(&mut [u8]) -> Option<usize>) -> Option<()> {
        let written = write(&mut self.bytes)?;
        self.length = written.next_multiple_of(GRANULE_BYTES);
        seal_slot(self.bytes.get_mut(..self.length)?, written);
        Some(())
    }

    /// Becomes the padded slot of a message that is filled in where it is: all zeros but for its head.
    #[inline]
    pub fn begin<M: Message>(&mut self, head: &CommandHead) -> &mut M {
        const { assert!(slot_bytes::<M>() <= SLOT_BYTES_MAX) };
        self.length = slot_bytes::<M>();
        begin_slot(head, self.bytes.get_mut(..self.length).expect("the assertion above"))
    }

    /// The slot.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    /// Its verdict is fine.
    pub fn is_fine(&self) -> bool {
        let head = engine::command::head(&self.bytes);
        head.is_some_and(|head| head.verdict.known() == Some(Verdict::Fine))
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slot({} bytes)", self.bytes().len())
    }
}

//! Command rings: many gateways to one partition, each its own ring of 64-byte granules.

use crate::connection::Ring;
use crate::io::Doorbell;
use crate::io::event_ring::EventWriter;
use engine::command::{CommandBuffer, GRANULE_BYTES, head};
use engine::{Event, Inputs, Sink};

/// Granules in a ring: what a flood can put in front of others is a few milliseconds of work.
const RING_GRANULES: usize = 4096;
/// Commands taken of one ring in one turn: bounds how long others wait.
const RING_COMMANDS_MAX: usize = 64;

type Granule = [u8; GRANULE_BYTES];

/// The end that offers.
pub struct CommandSender {
    ring: rtrb::Producer<Granule>,
    /// The partition sleeps on a thread of its own.
    partition: Option<Doorbell>,
    offered: bool,
}

impl CommandSender {
    /// The partition runs on another thread: this wakes it.
    pub fn wakes(&mut self, partition: Doorbell) {
        self.partition = Some(partition);
    }

    /// Wakes the partition if anything was offered since the last call.
    pub fn ring_bell(&mut self) {
        if std::mem::take(&mut self.offered)
            && let Some(partition) = &self.partition
        {
            partition.ring();
        }
    }
}

impl Ring for CommandSender {
    fn offer(&mut self, slot: &[u8]) -> bool {
        let (granules, rest) = slot.as_chunks::<GRANULE_BYTES>();
        assert!(rest.is_empty(), "slots are whole granules");
        match self.ring.write_chunk_uninit(granules.len()) {
            Ok(chunk) => {
                let filled = chunk.fill_from_iter(granules.iter().copied());
                assert_eq!(filled, granules.len(), "the chunk has room for the slot");
                self.offered = true;
                true
            }
            Err(_) => false,
        }
    }
}

/// The event ring as the engine sees it. Events are published one by one.
impl Sink for EventWriter<Event> {
    fn free(&mut self) -> usize {
        Self::free(self)
    }

    fn slot(&mut self) -> &mut Event {
        Self::slot(self)
    }

    fn publish(&mut self) {
        Self::publish(self);
    }
}

/// The end that takes: all rings of one partition.
#[derive(Default)]
pub struct CommandReceivers {
    rings: Vec<rtrb::Consumer<Granule>>,
    first: usize,
}

impl CommandReceivers {
    /// Another ring.
    pub fn add(&mut self) -> CommandSender {
        let (producer, consumer) = rtrb::RingBuffer::new(RING_GRANULES);
        self.rings.push(consumer);
        CommandSender { ring: producer, partition: None, offered: false }
    }

    /// Commands wait.
    pub fn has_commands(&self) -> bool {
        self.rings.iter().any(|ring| !ring.is_empty())
    }
}

impl Inputs for CommandReceivers {
    fn take(&mut self, batch: &mut CommandBuffer) -> usize {
        let rings = self.rings.len();
        let mut taken = 0;
        for turn in 0..rings {
            if let Some(ring) = self.rings.get_mut((self.first + turn) % rings) {
                taken += take_some(ring, batch);
            }
        }
        self.first = (self.first + 1) % rings.max(1);
        taken
    }
}

fn take_some(ring: &mut rtrb::Consumer<Granule>, batch: &mut CommandBuffer) -> usize {
    for taken in 0..RING_COMMANDS_MAX {
        let Ok(first) = ring.peek() else { return taken };
        let length = head(first).map_or(0, |head| usize::from(head.length.get()));
        let granules = length / GRANULE_BYTES;
        assert!(granules > 0, "a ring holds whole commands");
        if batch.free() < length {
            return taken;
        }
        let chunk = ring.read_chunk(granules).expect("a command is offered as a whole");
        let (a, b) = chunk.as_slices();
        assert!(batch.push_parts(a.as_flattened(), b.as_flattened()));
        chunk.commit_all();
    }
    RING_COMMANDS_MAX
}

//! Messages that are a function of a seed and their sequence, and histories small enough to have many files.

use engine::event::HEAD_BYTES;
use engine::{EVENT_BYTES, Event};
use gateway::history::{History, HistoryError, Settings, Stored};
use gateway::io::sim_disk::SimDisk;
use marketdata::Told;
use sbe_schemas::types::{EventHead, EventKind, EventKindCode, FeedFlags};
use std::path::Path;

pub(crate) const DATA: &str = "data";

/// splitmix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators".
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }
}

/// Sequence, time and bytes of a message.
pub(crate) type Message = (u64, u64, Vec<u8>);

pub(crate) fn owned(stored: Stored<'_>) -> Message {
    (stored.seq, stored.time, stored.message.to_vec())
}

pub(crate) fn message(seed: u64, seq: u64) -> Message {
    let event = market(seed, seq);
    (seq, event.head.time.get(), event.message().to_vec())
}

/// The message of a market event.
pub(crate) fn told(event: &Event) -> Told<'_> {
    let (sequence, time) = (event.head.number.get(), event.head.time.get());
    Told { sequence, time, message: event.message() }
}

/// The market event that has this feed sequence.
pub(crate) fn market(seed: u64, seq: u64) -> Event {
    let mut random = Random(seed.wrapping_mul(0x1_0000_0001) ^ seq << 20);
    // Every third seed has short messages only, so that files end by count and not by size.
    let most = if seed.is_multiple_of(3) { 20 } else { EVENT_BYTES - HEAD_BYTES };
    let length = 1 + random.below(most as u64) as usize;
    let mut bytes = [0; EVENT_BYTES - HEAD_BYTES];
    bytes[..length].fill_with(|| random.below(256) as u8);
    if length > 12 {
        bytes[12] = FeedFlags::END_OF_EVENT.0; // Each is an event by itself, and no trade.
    }
    let head = EventHead {
        length: ((HEAD_BYTES + length) as u16).into(),
        kind: EventKindCode(EventKind::Market.code()),
        number: seq.into(),
        seq: seq.into(),
        time: (1_000_000 + seq / 7).into(),
        ..EventHead::ZERO
    };
    Event { head, message: bytes }
}

pub(crate) fn settings(seed: u64) -> Settings {
    Settings {
        file_messages: 500 + seed % 200,
        file_bytes: 50_000 + seed % 5000,
        kept_bytes: if seed.is_multiple_of(3) { 30_000 } else { 100_000 },
        ..Settings::new(7, 1)
    }
}

/// A history that goes on with message `next`.
pub(crate) fn begun(
    disk: &SimDisk,
    settings: Settings,
    next: u64,
) -> Result<History<SimDisk>, HistoryError> {
    let mut history = History::open(disk.clone(), Path::new(DATA), settings)?;
    history.begin_at(next)?;
    Ok(history)
}

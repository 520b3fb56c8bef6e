//! What the engine tells, as it is sent and kept: the last message of each event says that it is the last.
//!
//! An event is all that one command of the log, or time, has caused. The engine writes each message where it
//! happens and does not know what comes next, so one message is held here until something else comes: of another
//! event, or the end of the batch. A function of the log, so that whoever gathers the same batches (`packer.rs`
//! for the lines, the understudy for the history) has the same bytes.

use engine::Event;
use engine::event::{EVENT_BYTES, HEAD_BYTES};
use sbe_schemas::header::{Message, MessageHeader};
use sbe_schemas::journal::BatchEnd;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{EventKind, FeedFlags};
use std::mem::offset_of;

const MESSAGE_BYTES_MAX: usize = EVENT_BYTES - HEAD_BYTES;
/// Where every message of the incremental channel has its flags, from its SBE header on.
const FLAGS_AT: usize = size_of::<MessageHeader>() + offset_of!(md::OrderAdd, flags);

macro_rules! same_place {
    ($($message:ident)*) => { $(
        const _: () = assert!(offset_of!(md::$message, flags) == offset_of!(md::OrderAdd, flags));
    )* };
}

same_place! {
    InstrumentDefinition TradingStatus OrderAdd OrderReduce OrderDelete OrderExecute Trade TradeBust
    AuctionIndicative AuctionResult BookChecksum
}

/// A message of the incremental channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told<'a> {
    /// Its sequence.
    pub sequence: u64,
    /// Of the batch that caused it, nanoseconds since 1970-01-01 UTC.
    pub time: u64,
    /// SBE header and body.
    pub message: &'a [u8],
}

/// What comes out: each message once and in order, and where batches end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gathered<'a> {
    /// The next message.
    Message(Told<'a>),
    /// No more of this batch.
    BatchEnd,
}

/// See the file's map. Empty between batches.
pub struct Gatherer {
    /// The message held; its length is 0: none.
    bytes: [u8; MESSAGE_BYTES_MAX],
    length: usize,
    sequence: u64,
    time: u64,
    /// Log sequence of its cause.
    seq: u64,
}

impl Default for Gatherer {
    fn default() -> Self {
        Self { bytes: [0; MESSAGE_BYTES_MAX], length: 0, sequence: 0, time: 0, seq: 0 }
    }
}

impl Gatherer {
    /// Takes an event of the engine, whatever its kind; gives what is known to be whole.
    #[inline]
    pub fn on_event(&mut self, event: &Event, mut give: impl FnMut(Gathered<'_>)) {
        match event.kind() {
            Some(EventKind::Market) => {
                let seq = event.head.seq.get();
                self.let_go(seq != self.seq, &mut give);
                self.hold(event, seq);
            }
            Some(EventKind::Control) if event.template().1 == BatchEnd::TEMPLATE_ID => {
                self.let_go(true, &mut give);
                give(Gathered::BatchEnd);
            }
            _ => {}
        }
    }

    /// Nothing is held: so it is between two batches.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    #[inline]
    fn hold(&mut self, event: &Event, seq: u64) {
        let message = event.message();
        self.length = message.len();
        self.bytes[..self.length].copy_from_slice(message);
        (self.sequence, self.time, self.seq) =
            (event.head.number.get(), event.head.time.get(), seq);
    }

    #[inline]
    fn let_go(&mut self, is_last: bool, give: &mut impl FnMut(Gathered<'_>)) {
        let length = std::mem::take(&mut self.length);
        if length == 0 {
            return;
        }
        let message = &mut self.bytes[..length];
        if is_last {
            mark_last(message);
        }
        give(Gathered::Message(Told { sequence: self.sequence, time: self.time, message }));
    }
}

/// Whether this message of the incremental channel (SBE header and body) is the last of its event. What is
/// too short to say so is none.
pub fn ends_event(message: &[u8]) -> bool {
    message.get(FLAGS_AT).is_some_and(|flags| FeedFlags(*flags).has(FeedFlags::END_OF_EVENT))
}

fn mark_last(message: &mut [u8]) {
    if let Some(flags) = message.get_mut(FLAGS_AT) {
        *flags = FeedFlags(*flags).with(FeedFlags::END_OF_EVENT).0;
    }
}

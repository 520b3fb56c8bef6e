//! What a subscriber tells whoever listens to it, and the counts of it.

use crate::book::{BookError, BookMessage, RestingOrder};
use sbe_schemas::market_data as md;

/// What is known of the book of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Right as of its `rptSeq`, but messages have been lost since and may have been about it. The
    /// next one tells: if it follows, nothing was missed; if not, the book must be recovered.
    Stale,
    /// Not to be used: it waits for a snapshot, and messages are kept for after that.
    Recovering,
    /// Complete.
    Live,
}

impl State {
    /// For people and tools.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Recovering => "recovering",
            Self::Live => "live",
        }
    }
}

/// What a whole snapshot was good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotUse {
    /// It is the book now.
    Adopted,
    /// The book was live and equal to it, order by order.
    Verified,
    /// The book was live, at the same `rptSeq`, and another. The snapshot is the book now.
    Differs,
    /// The book is at another `rptSeq`, or messages after the snapshot are missing.
    Unused,
}

/// Something happened on the feed. Instruments are the venue's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedEvent<'a> {
    /// A message of the incremental channel: each once, in order. Told before it is applied.
    Message {
        /// Its sequence.
        sequence: u64,
        /// Time of its batch, nanoseconds UTC.
        time: u64,
        /// SBE header and body.
        bytes: &'a [u8],
    },
    /// The message told last was the last of its event: of all that one command, or time, has caused. Books
    /// are as that has left them.
    EndOfEvent {
        /// Sequence of the message.
        sequence: u64,
    },
    /// A message was applied to its book, at once or, after a recovery, later.
    Changed {
        /// Whose.
        instrument: u32,
        /// Which; never a checksum.
        message: &'a BookMessage,
        /// The order that it is about, as it was; of a new one none.
        before: Option<RestingOrder>,
    },
    /// The rules of an instrument, when first told and when they change, by either channel.
    Defined {
        /// Number, symbol, tick, lot, phase.
        definition: &'a md::InstrumentDefinition,
    },
    /// Another phase of trading.
    Phase {
        /// Which, and why; [`Instrument::phase`](crate::Instrument::phase) has it from now on.
        status: &'a md::TradingStatus,
    },
    /// Other price bands; [`Instrument::bands`](crate::Instrument::bands) has them from now on.
    Bands {
        /// From where to where.
        told: &'a md::PriceBands,
    },
    /// What an incoming order trades at one price; these trades follow.
    Summary {
        /// Price, quantity, how many trades, and which is the first.
        summary: &'a md::TradeSummary,
    },
    /// A trade of orders that are not shown: no book changes.
    Trade {
        /// Price, quantity, aggressor.
        trade: &'a md::Trade,
    },
    /// A trade of before is taken back: no book changes.
    Bust {
        /// Which trade, what it was, and when.
        bust: &'a md::TradeBust,
    },
    /// What an auction would do now.
    Indicative {
        /// Price, quantity, imbalance.
        indicative: &'a md::AuctionIndicative,
    },
    /// What an auction did; its trades came before.
    AuctionResult {
        /// Price and quantity.
        result: &'a md::AuctionResult,
    },
    /// The venue began anew, at sequence 1: everything known before is forgotten.
    Reset {
        /// The epoch that holds now.
        epoch: u32,
    },
    /// Messages came on neither line; the driver is to ask for them.
    Asked {
        /// First that is missing.
        from: u64,
        /// Last that is missing.
        to: u64,
    },
    /// Messages came on neither line, and nobody else brought them.
    Gap {
        /// First that is lost.
        from: u64,
        /// First that is not.
        to: u64,
    },
    /// A book changed its state.
    State {
        /// Whose.
        instrument: u32,
        /// What it is now.
        state: State,
    },
    /// A checksum of the venue was compared with a book.
    Checksum {
        /// Whose.
        instrument: u32,
        /// Up to which message.
        rpt_seq: u64,
        /// They are equal. If not, the book is recovered.
        verified: bool,
    },
    /// A message that cannot be true; the book is recovered.
    Refused {
        /// Whose.
        instrument: u32,
        /// Sequence of the message.
        sequence: u64,
        /// Why.
        error: BookError,
    },
    /// A snapshot came, whole and consistent.
    Snapshot {
        /// Whose.
        instrument: u32,
        /// Up to which message.
        rpt_seq: u64,
        /// What it was good for.
        used: SnapshotUse,
    },
    /// A snapshot was thrown away because one of its packets is missing or it is too large.
    SnapshotCut {
        /// Whose.
        instrument: u32,
    },
    /// A message or snapshot of an instrument beyond the limit.
    Ignored {
        /// Whose.
        instrument: u32,
    },
    /// A snapshot came whole and does not add up to its own checksum.
    SnapshotWrong {
        /// Whose.
        instrument: u32,
        /// Up to which message.
        rpt_seq: u64,
    },
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Packets of line A.
    pub packets_a: u64,
    /// Packets of line B.
    pub packets_b: u64,
    /// Packets of the snapshot channel.
    pub packets_snapshot: u64,
    /// Packets that answered what was asked for, or of the live feed over TCP.
    pub packets_replay: u64,
    /// Packets without a message.
    pub heartbeats: u64,
    /// Packets that had come before.
    pub duplicates: u64,
    /// Packets that waited for one before them.
    pub held: u64,
    /// Packets that are none, of another channel, or on the wrong group.
    pub unreadable: u64,
    /// Packets of an earlier epoch.
    pub outdated: u64,
    /// Messages of the incremental channel.
    pub messages: u64,
    /// Of these, first brought by answers or TCP.
    pub messages_replayed: u64,
    /// Times messages were asked for.
    pub asked: u64,
    /// Holes that nobody filled.
    pub gaps: u64,
    /// Messages in them.
    pub messages_lost: u64,
    /// Times the venue began anew.
    pub resets: u64,
    /// Books that became live, the first time included.
    pub recoveries: u64,
    /// Messages that cannot be true.
    pub refused: u64,
    /// Checksums equal to the book.
    pub checksums_verified: u64,
    /// Checksums, of books and of snapshots, that differ.
    pub checksums_failed: u64,
    /// Snapshots that became the book.
    pub snapshots_adopted: u64,
    /// Snapshots equal to a live book, order by order.
    pub snapshots_verified: u64,
    /// Snapshots that could be put to no use.
    pub snapshots_unused: u64,
    /// Snapshots thrown away because a packet was missing or they are too large.
    pub snapshots_cut: u64,
    /// Messages and snapshots of instruments beyond the limit.
    pub instruments_ignored: u64,
}

impl Statistics {
    pub(crate) fn count(&mut self, event: &FeedEvent<'_>) {
        match event {
            FeedEvent::Message { .. } => self.messages += 1,
            FeedEvent::Reset { .. } => self.resets += 1,
            FeedEvent::Asked { .. } => self.asked += 1,
            FeedEvent::Gap { from, to } => {
                self.gaps += 1;
                self.messages_lost = self.messages_lost.saturating_add(to.saturating_sub(*from));
            }
            FeedEvent::State { state: State::Live, .. } => self.recoveries += 1,
            FeedEvent::State { .. }
            | FeedEvent::EndOfEvent { .. }
            | FeedEvent::Changed { .. }
            | FeedEvent::Defined { .. }
            | FeedEvent::Phase { .. }
            | FeedEvent::Bands { .. }
            | FeedEvent::Summary { .. }
            | FeedEvent::Trade { .. }
            | FeedEvent::Bust { .. }
            | FeedEvent::Indicative { .. }
            | FeedEvent::AuctionResult { .. } => {}
            FeedEvent::Checksum { verified: true, .. } => self.checksums_verified += 1,
            FeedEvent::Checksum { .. } | FeedEvent::SnapshotWrong { .. } => {
                self.checksums_failed += 1;
            }
            FeedEvent::Refused { .. } => self.refused += 1,
            FeedEvent::SnapshotCut { .. } => self.snapshots_cut += 1,
            FeedEvent::Ignored { .. } => self.instruments_ignored += 1,
            FeedEvent::Snapshot { used, .. } => match used {
                SnapshotUse::Adopted => self.snapshots_adopted += 1,
                SnapshotUse::Verified => self.snapshots_verified += 1,
                SnapshotUse::Differs => self.checksums_failed += 1,
                SnapshotUse::Unused => self.snapshots_unused += 1,
            },
        }
    }
}

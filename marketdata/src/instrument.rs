//! One instrument as a subscriber sees it: its book, what is known of it, and the way back.
//!
//! ```text
//!            lost, or late and asked for   next message does not follow
//!   Live ───────────────────→ Stale ─────────────────────────────────→ Recovering
//!    ↑ └──────────────────────────────────────────────────────────────────↑ │
//!    │   a message that cannot be true, a checksum that differs              │
//!    ├──── Stale: the next message follows, or what was late has come        │
//!    └──── Stale, Recovering: a snapshot from which on no message is missing ┘
//! ```
//! A new instrument is an empty book at `rptSeq` 0, stale: who sees its first message needs nothing
//! else. It is live at once for who has heard the channel from its first message on. While recovering, messages are kept and applied after the snapshot.

use crate::book::{Book, BookError, BookMessage};
use crate::feed_event::{FeedEvent, SnapshotUse, State};
use sbe_schemas::market_data as md;
use sbe_schemas::types::{BandPrices, FeedFlags, Phase, PhaseCode};
use std::cmp::Ordering;
use std::collections::VecDeque;

/// Memory in use, or what is left of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) orders: usize,
    pub(crate) waiting: usize,
}

/// See the file's map.
#[derive(Debug)]
pub struct Instrument {
    number: u32,
    definition: Option<md::InstrumentDefinition>,
    /// The phase told last, and the sequence up to which that holds.
    phase: Option<(u64, PhaseCode)>,
    /// The bands told last, likewise.
    bands: Option<(u64, BandPrices)>,
    state: State,
    /// The next messages of the channel are late: it may be behind.
    is_doubted: bool,
    /// It is live as soon as they have come.
    is_waiting: bool,
    book: Book,
    /// No message about it is missing from this sequence of the channel on.
    complete_from: u64,
    /// While recovering: messages since `complete_from`, with their sequences.
    waiting: VecDeque<(u64, BookMessage)>,
}

impl Instrument {
    pub(crate) fn new(number: u32, complete_from: u64, is_doubted: bool) -> Self {
        Self {
            number,
            definition: None,
            phase: None,
            bands: None,
            state: State::Stale,
            is_doubted,
            is_waiting: false,
            book: Book::default(),
            complete_from,
            waiting: VecDeque::new(),
        }
    }

    /// Its rules, once either channel has told them.
    pub fn definition(&self) -> Option<&md::InstrumentDefinition> {
        self.definition.as_ref()
    }

    /// What it is doing; `None`: not told yet, or a phase of a later version.
    pub fn phase(&self) -> Option<Phase> {
        self.phase.and_then(|(_, phase)| phase.known())
    }

    /// Its price bands; `None`: not told yet.
    pub fn bands(&self) -> Option<BandPrices> {
        self.bands.map(|(_, bands)| bands)
    }

    /// What is known of its book.
    pub fn state(&self) -> State {
        self.state
    }

    /// Its book. Only a live one is complete.
    pub fn book(&self) -> &Book {
        &self.book
    }

    pub(crate) fn memory(&self) -> Memory {
        Memory { orders: self.book.orders(), waiting: self.waiting.len() }
    }

    /// Every start of the venue and every snapshot defines it again; only news is told. A snapshot
    /// may lie before what has been heard since: `sequence` is up to where its phase and bands hold.
    pub(crate) fn define(
        &mut self,
        sequence: u64,
        definition: &md::InstrumentDefinition,
        tell: &mut impl FnMut(FeedEvent<'_>),
    ) {
        let told = (sequence, definition.phase);
        let (at, phase) = self.phase.filter(|(known, _)| *known > sequence).unwrap_or(told);
        self.phase = Some((at, phase));
        let told = (sequence, definition.bands);
        let (at, bands) = self.bands.filter(|(known, _)| *known > sequence).unwrap_or(told);
        self.bands = Some((at, bands));
        let flags = FeedFlags::EMPTY; // Those of one message are none of the definition.
        let definition = &md::InstrumentDefinition { phase, bands, flags, ..*definition };
        if self.definition.as_ref() != Some(definition) {
            self.definition = Some(*definition);
            tell(FeedEvent::Defined { definition });
        }
        // Who has heard everything since the first message knows that nothing rests there.
        if self.complete_from == 1 && self.state == State::Stale && self.book.rpt_seq() == 0 {
            self.become_live(tell);
        }
    }

    /// Another phase, told by the message `sequence`.
    pub(crate) fn on_status(
        &mut self,
        sequence: u64,
        status: &md::TradingStatus,
        tell: &mut impl FnMut(FeedEvent<'_>),
    ) {
        self.phase = Some((sequence, status.phase));
        if let Some(definition) = &mut self.definition {
            definition.phase = status.phase;
        }
        tell(FeedEvent::Phase { status });
    }

    /// Other bands, told by the message `sequence`.
    pub(crate) fn on_bands(
        &mut self,
        sequence: u64,
        told: &md::PriceBands,
        tell: &mut impl FnMut(FeedEvent<'_>),
    ) {
        self.bands = Some((sequence, told.bands));
        if let Some(definition) = &mut self.definition {
            definition.bands = told.bands;
        }
        tell(FeedEvent::Bands { told });
    }

    /// The next messages of the channel are late, and have been asked for.
    pub(crate) fn on_doubt(&mut self, tell: &mut impl FnMut(FeedEvent<'_>)) {
        self.is_doubted = true;
        if self.state == State::Live {
            self.is_waiting = true;
            self.become_state(State::Stale, tell);
        }
    }

    /// They have come, those about this one are applied.
    pub(crate) fn on_whole(&mut self, tell: &mut impl FnMut(FeedEvent<'_>)) {
        self.is_doubted = false;
        if std::mem::take(&mut self.is_waiting) && self.state == State::Stale {
            self.become_state(State::Live, tell);
        }
    }

    /// Messages of the channel below `to` were lost, perhaps some about this one.
    pub(crate) fn on_loss(&mut self, to: u64, tell: &mut impl FnMut(FeedEvent<'_>)) {
        // What was kept lies before the hole: no snapshot can join it to what comes after.
        self.waiting.clear();
        (self.is_doubted, self.is_waiting) = (false, false);
        self.complete_from = to;
        if self.state == State::Live {
            self.become_state(State::Stale, tell);
        }
    }

    /// The next message about it.
    pub(crate) fn on_message(
        &mut self,
        sequence: u64,
        message: BookMessage,
        room: Memory,
        tell: &mut impl FnMut(FeedEvent<'_>),
    ) {
        if self.state == State::Recovering {
            return self.keep(sequence, message, room);
        }
        match message.follows().cmp(&self.book.rpt_seq()) {
            Ordering::Less => {} // A snapshot had it already.
            Ordering::Equal => self.apply(sequence, &message, room, tell),
            Ordering::Greater => {
                self.become_state(State::Recovering, tell);
                self.keep(sequence, message, room);
            }
        }
    }

    /// A whole, consistent snapshot of it.
    pub(crate) fn on_snapshot(
        &mut self,
        begin: &md::SnapshotBegin,
        snapshot: Book,
        room: Memory,
        tell: &mut impl FnMut(FeedEvent<'_>),
    ) {
        let (instrument, rpt_seq) = (self.number, snapshot.rpt_seq());
        let used = if self.state == State::Live {
            match rpt_seq == self.book.rpt_seq() {
                true if snapshot == self.book => SnapshotUse::Verified,
                true => SnapshotUse::Differs,
                false => SnapshotUse::Unused,
            }
        } else {
            // Both: sequences show what was lost, `rptSeq` what was never told.
            let after = |(sequence, _): &&(u64, BookMessage)| *sequence > begin.sequence.get();
            let next = self.waiting.iter().find(after).map(|(_, message)| message.follows());
            let reaches = begin.sequence.get().saturating_add(1) >= self.complete_from
                && next.is_none_or(|next| next <= rpt_seq);
            let older = self.state == State::Stale && rpt_seq < self.book.rpt_seq();
            let fits = snapshot.orders() <= room.orders.saturating_add(self.book.orders());
            if reaches && !older && fits { SnapshotUse::Adopted } else { SnapshotUse::Unused }
        };
        tell(FeedEvent::Snapshot { instrument, rpt_seq, used });
        if matches!(used, SnapshotUse::Adopted | SnapshotUse::Differs) {
            let room = Memory {
                orders: (room.orders + self.book.orders()).saturating_sub(snapshot.orders()),
                ..room
            };
            self.book = snapshot;
            // What it includes is not looked at again, however odd: that is how a lie ends.
            self.waiting.retain(|(sequence, _)| *sequence > begin.sequence.get());
            self.become_live(tell);
            self.catch_up(room, tell);
        }
    }

    /// Applies what was kept. It may turn out that even this does not follow; then it waits again.
    fn catch_up(&mut self, mut room: Memory, tell: &mut impl FnMut(FeedEvent<'_>)) {
        for (sequence, message) in std::mem::take(&mut self.waiting) {
            let before = self.book.orders();
            self.on_message(sequence, message, room, tell);
            room.orders = (room.orders + before).saturating_sub(self.book.orders());
        }
    }

    fn apply(
        &mut self,
        sequence: u64,
        message: &BookMessage,
        room: Memory,
        tell: &mut impl FnMut(FeedEvent<'_>),
    ) {
        let (instrument, rpt_seq) = (self.number, message.rpt_seq());
        match (self.book.change(message, room.orders), message) {
            (Ok(_), BookMessage::Checksum(_)) => {
                tell(FeedEvent::Checksum { instrument, rpt_seq, verified: true });
                self.become_live(tell);
            }
            (Ok(before), _) => {
                tell(FeedEvent::Changed { instrument, message, before });
                self.become_live(tell);
            }
            (Err(BookError::Checksum), _) => {
                tell(FeedEvent::Checksum { instrument, rpt_seq, verified: false });
                self.distrust(sequence, tell);
            }
            (Err(error), _) => {
                tell(FeedEvent::Refused { instrument, sequence, error });
                self.distrust(sequence, tell);
            }
        }
    }

    /// The book is wrong: another one must come, from a snapshot that includes `sequence`.
    fn distrust(&mut self, sequence: u64, tell: &mut impl FnMut(FeedEvent<'_>)) {
        self.book = Book::default();
        self.complete_from = sequence.saturating_add(1);
        self.become_state(State::Recovering, tell);
    }

    /// Without room all that was kept is let go: it is of use only as a whole.
    fn keep(&mut self, sequence: u64, message: BookMessage, room: Memory) {
        if room.waiting > 0 {
            self.waiting.push_back((sequence, message));
        } else {
            self.waiting = VecDeque::new();
            self.complete_from = sequence.saturating_add(1);
        }
    }

    /// Nothing about it is missing; but it is not live while the channel is behind.
    fn become_live(&mut self, tell: &mut impl FnMut(FeedEvent<'_>)) {
        self.is_waiting = self.is_doubted;
        let state = if self.is_doubted { State::Stale } else { State::Live };
        self.become_state(state, tell);
    }

    fn become_state(&mut self, state: State, tell: &mut impl FnMut(FeedEvent<'_>)) {
        if self.state != state {
            self.state = state;
            tell(FeedEvent::State { instrument: self.number, state });
        }
    }
}

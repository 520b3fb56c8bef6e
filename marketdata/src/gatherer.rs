//! What the engine tells, as it is sent and kept: trades have their sum in front, and the last message of each event
//! says that it is the last.
//!
//! An event is all that one command of the log, or time, has caused. The engine writes each message where it
//! happens and does not know what comes next. So messages are held here until that is known: one, always, until
//! another event or the end of the batch comes; and all since the first trade of an order at a price, until it trades
//! at another one, for whose sum the engine has kept a number free. A function of the log, so that whoever gathers
//! the same batches (`packer.rs` for the lines, the understudy for the history) has the same bytes.

use engine::event::HEAD_BYTES;
use engine::{EVENT_BYTES, Event, SUMMARY_MESSAGES_MAX};
use sbe_schemas::header::{Message, MessageHeader};
use sbe_schemas::journal::BatchEnd;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{Decimal8, EventKind, FeedFlags, Side, SideCode};
use std::mem::offset_of;

const MESSAGE_BYTES_MAX: usize = EVENT_BYTES - HEAD_BYTES;
/// In front of a message that is held: its length, u16.
const LENGTH_BYTES: usize = 2;
/// Where every message of the incremental channel has its flags, from its SBE header on.
const FLAGS_AT: usize = size_of::<MessageHeader>() + offset_of!(md::OrderAdd, flags);

macro_rules! same_place {
    ($($message:ident)*) => { $(
        const _: () = assert!(offset_of!(md::$message, flags) == offset_of!(md::OrderAdd, flags));
    )* };
}

same_place! {
    InstrumentDefinition TradingStatus PriceBands OrderAdd OrderReduce OrderDelete OrderExecute Trade TradeBust
    AuctionIndicative AuctionResult TradeSummary BookClear BookChecksum
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
    /// The messages held, each behind its length; never longer than it is made for.
    held: Vec<u8>,
    /// Where in it the last one begins.
    last_at: usize,
    /// What sums up the trades among them; its number is the one before theirs.
    summary: Option<md::TradeSummary>,
    /// Number of the first that will be given: of the sum, if there is one.
    sequence: u64,
    time: u64,
    /// Log sequence of their cause.
    seq: u64,
}

impl Default for Gatherer {
    fn default() -> Self {
        let bytes = SUMMARY_MESSAGES_MAX as usize * (LENGTH_BYTES + MESSAGE_BYTES_MAX);
        let held = Vec::with_capacity(bytes);
        Self { held, last_at: 0, summary: None, sequence: 0, time: 0, seq: 0 }
    }
}

impl Gatherer {
    /// Takes an event of the engine, whatever its kind; gives what is known to be whole.
    #[inline]
    pub fn on_event(&mut self, event: &Event, mut give: impl FnMut(Gathered<'_>)) {
        match event.kind() {
            Some(EventKind::Market) => {
                let (seq, number) = (event.head.seq.get(), event.head.number.get());
                let is_first_trade = has(event.message(), FeedFlags::FIRST_OF_SUMMARY);
                if self.summary.is_none()
                    || is_first_trade
                    || seq != self.seq
                    || number - self.sequence >= SUMMARY_MESSAGES_MAX
                {
                    self.let_go(seq != self.seq, &mut give);
                    self.sequence = number - u64::from(is_first_trade);
                    (self.time, self.seq) = (event.head.time.get(), seq);
                    self.summary = is_first_trade.then_some(md::TradeSummary::ZERO);
                }
                self.hold(event.message());
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
        self.held.is_empty()
    }

    #[inline]
    fn hold(&mut self, message: &[u8]) {
        if let Some(summary) = &mut self.summary {
            add_trade(summary, message);
        }
        self.last_at = self.held.len();
        self.held.extend_from_slice(&(message.len() as u16).to_le_bytes());
        self.held.extend_from_slice(message);
    }

    #[inline]
    fn let_go(&mut self, is_last: bool, give: &mut impl FnMut(Gathered<'_>)) {
        if self.held.is_empty() {
            return;
        }
        if is_last && let Some(flags) = self.held.get_mut(self.last_at + LENGTH_BYTES + FLAGS_AT) {
            *flags = FeedFlags(*flags).with(FeedFlags::END_OF_EVENT).0;
        }
        let (mut sequence, time) = (self.sequence, self.time);
        let mut give_one = |message: &[u8]| {
            give(Gathered::Message(Told { sequence, time, message }));
            sequence += 1;
        };
        if let Some(summary) = self.summary.take() {
            let mut bytes = [0; MESSAGE_BYTES_MAX];
            let length = summary.encode(&mut bytes).expect("a summary is short");
            give_one(&bytes[..length]);
        }
        let mut rest = self.held.as_slice();
        while let Some((length, behind)) = rest.split_first_chunk() {
            let (message, next) = behind.split_at(usize::from(u16::from_le_bytes(*length)));
            give_one(message);
            rest = next;
        }
        self.held.clear();
    }
}

/// Whether this message of the incremental channel (SBE header and body) is the last of its event. What is
/// too short to say so is none.
pub fn ends_event(message: &[u8]) -> bool {
    has(message, FeedFlags::END_OF_EVENT)
}

fn has(message: &[u8], flag: FeedFlags) -> bool {
    message.get(FLAGS_AT).is_some_and(|flags| FeedFlags(*flags).has(flag))
}

/// Counts a trade in, if the message tells of one; the first says whose they are.
fn add_trade(summary: &mut md::TradeSummary, message: &[u8]) {
    let one = if let Ok((m, ..)) = md::OrderExecute::decode(message) {
        let aggressor = match m.side.known() {
            Some(Side::Buy) => Side::Sell.into(),
            _ => Side::Buy.into(),
        };
        let (instrument, seq, trade_id) = (m.instrument, m.seq, m.trade_id);
        let (price, qty) = (m.price, m.qty);
        md::TradeSummary { instrument, aggressor, seq, trade_id, price, qty, ..*summary }
    } else if let Ok((m, ..)) = md::Trade::decode(message) {
        let (instrument, seq, trade_id) = (m.instrument, m.seq, m.trade_id);
        let (price, qty, aggressor) = (m.price, m.qty, SideCode(m.aggressor));
        md::TradeSummary { instrument, aggressor, seq, trade_id, price, qty, ..*summary }
    } else {
        return;
    };
    if summary.trades.get() == 0 {
        *summary = one;
    } else {
        // Lots of a whole book fit 64 bits, their mantissa may not: then the greatest there is.
        summary.qty = Decimal8::new(summary.qty.get().saturating_add(one.qty.get()));
    }
    summary.trades += 1;
}

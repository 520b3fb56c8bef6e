//! What can be told of an instrument beside its orders: best prices, ten prices deep, the statistics of the day.
//!
//! A subscriber of the full channel and, per instrument, what has changed since. A view is made when somebody
//! wants it, from the book as it is then: nothing is ever queued, and whoever is slow gets fewer of them. Each
//! says which messages of the full channel it includes, so it can be put together with those. For cold code.

use crate::book::{Book, Level};
use crate::daily::{Daily, Traded};
use crate::feed_event::{FeedEvent, State};
use crate::subscriber::{Line, Subscriber, SubscriberLimits};
use crate::{BookMessage, Instrument};
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{self, Decimal8, Decimal8Null, PhaseCode, Side};
use std::collections::BTreeMap;

/// Prices of a side in a [`md::BookDepth`].
const DEPTH: usize = 10;
const NOTHING: types::Level = types::Level { price: Decimal8Null::NULL, ..types::Level::ZERO };

/// What is kept of an instrument beside its book.
#[derive(Clone, Copy, Debug, Default)]
struct Of {
    /// First sequence after the last message that changed its book, phase or state; 0: none has.
    changed: u64,
    /// The same of its trades.
    traded: u64,
    daily: Daily,
    depth: Option<(u64, md::BookDepth)>,
}

/// See the file's map.
pub struct Views {
    subscriber: Subscriber,
    instruments: BTreeMap<u32, Of>,
    day_end_ns: u64,
    next: u64,
}

impl Views {
    /// Of a channel that has not begun; days end `day_end_ns` after midnight UTC.
    pub fn new(limits: SubscriberLimits, day_end_ns: u64) -> Self {
        let subscriber = Subscriber::new(limits);
        Self { subscriber, instruments: BTreeMap::new(), day_end_ns, next: 0 }
    }

    /// Takes a packet of the full channel or of the snapshot channel.
    pub fn on_packet(&mut self, line: Line, packet: &[u8], now: u64) {
        let Self { subscriber, instruments, day_end_ns, next } = self;
        subscriber.on_packet(line, packet, now, &mut |event| {
            let changed = match event {
                FeedEvent::Message { sequence, time, bytes } => {
                    *next = sequence.saturating_add(1);
                    if let Some(traded) = Traded::in_message(bytes) {
                        let of = instruments.entry(traded.instrument).or_default();
                        if of.daily.take(&traded, time, *day_end_ns) {
                            of.traded = *next;
                        }
                    }
                    match BookMessage::decode(bytes) {
                        None | Some(BookMessage::Checksum(_)) => None,
                        Some(message) => Some(message.instrument()),
                    }
                }
                FeedEvent::Bust { bust } => {
                    let of = instruments.entry(bust.instrument.get()).or_default();
                    if of.daily.take_back(bust) {
                        of.traded = *next;
                    }
                    None
                }
                FeedEvent::Defined { definition } => Some(definition.instrument.get()),
                FeedEvent::Phase { status } => Some(status.instrument.get()),
                FeedEvent::State { instrument, .. } => Some(instrument),
                _ => None,
            };
            if let Some(instrument) = changed {
                instruments.entry(instrument).or_default().changed = *next;
            }
        });
    }

    /// The first message of the full channel that is not included; 0 before the first.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The books, and what is known of them.
    pub fn subscriber(&self) -> &Subscriber {
        &self.subscriber
    }

    /// The first instrument from `number` on.
    pub fn instrument_from(&self, number: u32) -> Option<u32> {
        self.instruments.range(number..).next().map(|(number, _)| *number)
    }

    /// Whether a view of it has news for who has seen everything below `seen`. Half an event is none: the rest
    /// of it comes.
    pub fn has_news(&self, view: types::View, instrument: u32, seen: u64) -> bool {
        let of = self.instruments.get(&instrument).filter(|_| self.subscriber.is_between_events());
        of.is_some_and(|of| match view {
            types::View::Top => of.changed.max(of.traded) > seen,
            types::View::Depth => of.changed > seen,
            types::View::Statistics => of.traded > seen,
        })
    }

    /// Best prices now, for who has seen everything below `seen`; `None` while the book is not complete, or half an
    /// event has been heard.
    pub fn top(&self, number: u32, seen: u64) -> Option<md::TopOfBook> {
        let (instrument, of) = (self.live(number)?, self.instruments.get(&number)?);
        let best = |side| instrument.book().levels(side).next().map_or(NOTHING, level);
        Some(md::TopOfBook {
            instrument: number.into(),
            phase: phase(instrument),
            from: seen.max(1).into(),
            to: self.next.saturating_sub(1).into(),
            bid: best(Side::Buy),
            ask: best(Side::Sell),
            last_price: of.daily.some(of.daily.last),
            last_qty: Decimal8::new(of.daily.last_qty),
        })
    }

    /// Ten prices of both sides, as [`Self::top`].
    pub fn depth(&mut self, number: u32, seen: u64) -> Option<md::BookDepth> {
        let of = self.instruments.get(&number).filter(|_| self.subscriber.is_between_events())?;
        let (changed, known) = (of.changed, of.depth);
        let depth = match known.filter(|(at, _)| *at == changed) {
            Some((_, depth)) => depth,
            None => {
                let instrument = self.live(number)?;
                let made = depth_of(number, phase(instrument), instrument.book());
                self.instruments.entry(number).or_default().depth = Some((changed, made));
                made
            }
        };
        let to = self.next.saturating_sub(1).into();
        Some(md::BookDepth { from: seen.max(1).into(), to, ..depth })
    }

    /// The day so far, as [`Self::top`]; `None`: nothing has traded.
    pub fn statistics(&self, number: u32, seen: u64) -> Option<md::Statistics> {
        let is_whole = self.subscriber.is_between_events();
        let of = self.instruments.get(&number).filter(|of| is_whole && of.daily.trades > 0)?;
        Some(of.daily.message(number, (seen.max(1), self.next.saturating_sub(1))))
    }

    fn live(&self, number: u32) -> Option<&Instrument> {
        let is_whole = self.subscriber.is_between_events();
        self.subscriber.instrument(number).filter(|i| is_whole && i.state() == State::Live)
    }
}

fn phase(instrument: &Instrument) -> PhaseCode {
    instrument.definition().map_or(PhaseCode(u8::MAX), |definition| definition.phase)
}

fn level(level: Level) -> types::Level {
    types::Level {
        price: Decimal8Null::new(Some(level.price.get())),
        qty: Decimal8::new(i64::try_from(level.qty).unwrap_or(i64::MAX)),
        orders: level.orders.into(),
    }
}

fn ten(book: &Book, side: Side) -> [types::Level; DEPTH] {
    let mut levels = [NOTHING; DEPTH];
    levels.iter_mut().zip(book.levels(side)).for_each(|(into, from)| *into = level(from));
    levels
}

fn depth_of(number: u32, phase: PhaseCode, book: &Book) -> md::BookDepth {
    let [bid1, bid2, bid3, bid4, bid5, bid6, bid7, bid8, bid9, bid10] = ten(book, Side::Buy);
    let [ask1, ask2, ask3, ask4, ask5, ask6, ask7, ask8, ask9, ask10] = ten(book, Side::Sell);
    md::BookDepth {
        instrument: number.into(),
        phase,
        bid1,
        bid2,
        bid3,
        bid4,
        bid5,
        bid6,
        bid7,
        bid8,
        bid9,
        bid10,
        ask1,
        ask2,
        ask3,
        ask4,
        ask5,
        ask6,
        ask7,
        ask8,
        ask9,
        ask10,
        ..md::BookDepth::ZERO
    }
}

//! Books: the feed's packets as price levels and as a short row of what has changed.
//!
//! A `marketdata::Subscriber` keeps the orders; beside each of its books stand the levels of both sides and a
//! ring of the last changes, each with what it did to its order and to its level. A subscription follows the
//! ring with a cursor of its own (`streams.rs`), so a thousand of them cost no more memory than one, and one
//! that falls off its end begins again with a snapshot. Whenever a book was lost and is back its *generation*
//! rises: what was told before has no meaning any more.

use marketdata::{BookMessage, FeedEvent, Line, State, Subscriber, SubscriberLimits};
use sbe_schemas::header::{Message, text};
use sbe_schemas::market_data as md;
use sbe_schemas::types::{Decimal8, Phase, PhaseCode, PhaseReason, Side};
use std::collections::{BTreeMap, VecDeque};

/// Changes of an instrument that are kept: how far a client may be behind and still be told each.
pub const CHANGES_MAX: usize = 4096;
/// What is not live after so many cycles of snapshots is not waited for.
const CYCLES_ENOUGH: u32 = 3;
/// Packets come over one line only: one that is missing is lost.
const LATE_NS: u64 = 1;

/// What is open at a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// A mantissa of 10⁻⁸; a sum may be larger than any one order's.
    pub qty: i128,
    /// How many orders; 0: nothing.
    pub orders: u32,
}

/// What happened to an order, and to its level.
#[derive(Clone, Copy, Debug)]
pub struct BookChange {
    /// Of the order.
    pub side: Side,
    /// Its price.
    pub price: Decimal8,
    /// `rptSeq` that gave it its place.
    pub priority: u64,
    /// OrderID (37).
    pub order_id: u64,
    /// It was there before.
    pub was: bool,
    /// What is open of it now; 0: it is gone.
    pub qty: i64,
    /// Its level before …
    pub level_before: Level,
    /// … and after.
    pub level: Level,
}

/// A trade.
#[derive(Clone, Copy, Debug)]
pub struct TradeTold {
    /// TrdMatchID of its reports.
    pub trade_id: u64,
    /// Price.
    pub price: i64,
    /// Quantity.
    pub qty: i64,
    /// Of its batch, nanoseconds UTC.
    pub time: u64,
}

/// A price of an auction: what it would do, or what it did.
#[derive(Clone, Copy, Debug)]
pub struct AuctionTold {
    /// It has been held; otherwise this is what it would do now.
    pub is_result: bool,
    /// The closing auction; otherwise an opening or a volatility auction.
    pub is_closing: bool,
    /// `None`: nothing trades.
    pub price: Option<i64>,
    /// Trades, or would.
    pub qty: i64,
    /// Would be left: 1 of the buyers', 2 of the sellers', 0 nothing.
    pub imbalance_side: u8,
    /// So much.
    pub imbalance_qty: i64,
    /// Of its batch, nanoseconds UTC.
    pub time: u64,
}

/// One entry of the ring.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// An order came, changed or went.
    Book(BookChange),
    /// Orders traded.
    Trade(TradeTold),
    /// A trade was taken back.
    Bust(TradeTold),
    /// An auction's price.
    Auction(AuctionTold),
}

/// An entry of the ring, and its cause.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Log sequence.
    pub seq: u64,
    /// The book's `rptSeq` behind it.
    pub rpt_seq: u64,
    /// What happened.
    pub what: What,
}

/// Why an instrument is in its phase, and since when in the order of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// `None`: a phase of a later version.
    pub phase: Option<Phase>,
    /// `None`: not told yet.
    pub reason: Option<PhaseReason>,
    /// Rises with each change.
    pub count: u64,
}

/// One instrument.
#[derive(Debug)]
pub struct Listed {
    definition: md::InstrumentDefinition,
    status: Status,
    is_live: bool,
    generation: u64,
    /// By rank: lower is better.
    levels: [BTreeMap<i64, Level>; 2],
    changes: VecDeque<Change>,
    /// Number of the first entry of the ring.
    first: u64,
    last_trade: Option<TradeTold>,
    auction: Option<AuctionTold>,
    /// Log sequence of what was heard last.
    seq: u64,
    rpt_seq: u64,
    /// Its levels do not follow from the changes any more.
    rebuild: bool,
}

/// See the file's map.
pub struct Books {
    subscriber: Subscriber,
    listed: BTreeMap<u32, Listed>,
    /// See [`Self::is_complete`].
    is_complete: bool,
    /// Cycles of snapshots that have ended.
    cycles: u32,
    /// Rises when anything at all has changed.
    version: u64,
}

impl Books {
    /// None yet. The most that there can be is known: the venue's own limits.
    pub fn new(instruments_max: usize, orders_max: usize) -> Self {
        let limits = SubscriberLimits {
            instruments_max,
            orders_max,
            late_ns: LATE_NS,
            ..SubscriberLimits::default()
        };
        Self {
            subscriber: Subscriber::new(limits),
            listed: BTreeMap::new(),
            is_complete: false,
            cycles: 0,
            version: 0,
        }
    }

    /// Takes a packet of the line that it came by.
    pub fn on_packet(&mut self, line: Line, packet: &[u8], now: u64) {
        let Self { subscriber, listed, version, .. } = self;
        let (mut time, mut others) = (0, false);
        subscriber.on_packet(line, packet, now, &mut |event| {
            others |= is_another_book(&event);
            on_event(listed, &mut time, &event);
        });
        *version += 1;
        for (number, instrument) in listed.iter_mut().filter(|_| others) {
            if std::mem::take(&mut instrument.rebuild) {
                instrument.take_over(subscriber.instrument(*number));
            }
        }
        if line == Line::Snapshot && ends_a_cycle(packet) {
            self.cycles += 1;
            let all_live = self.listed.values().all(Listed::is_live);
            self.is_complete |= all_live || self.cycles >= CYCLES_ENOUGH;
        }
    }

    /// Every instrument has been told, and every book that can be is live; one may be too large to be.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Some book is not live: snapshots are needed.
    pub fn needs_snapshots(&self) -> bool {
        !self.is_complete || self.listed.values().any(|listed| !listed.is_live)
    }

    /// Books are as one command has left them, not as it was half done.
    pub fn is_between_events(&self) -> bool {
        self.subscriber.is_between_events()
    }

    /// Rises with every packet.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// All instruments, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Listed)> {
        self.listed.iter().map(|(number, listed)| (*number, listed))
    }

    /// One instrument by its number.
    pub fn get(&self, number: u32) -> Option<&Listed> {
        self.listed.get(&number)
    }

    /// The number of a symbol.
    pub fn number(&self, symbol: &[u8]) -> Option<u32> {
        // Few instruments, and asked once for each subscription.
        self.iter().find(|(_, listed)| listed.symbol() == symbol).map(|(number, _)| number)
    }

    /// Its orders; empty if it has no book yet.
    pub fn orders(&self, number: u32) -> Option<&marketdata::Book> {
        self.subscriber.instrument(number).map(marketdata::Instrument::book)
    }
}

impl Listed {
    fn new(definition: &md::InstrumentDefinition) -> Self {
        Self {
            definition: *definition,
            status: Status { phase: definition.phase.known(), reason: None, count: 0 },
            is_live: false,
            generation: 0,
            levels: Default::default(),
            changes: VecDeque::new(),
            first: 0,
            last_trade: None,
            auction: None,
            seq: 0,
            rpt_seq: 0,
            rebuild: true,
        }
    }

    /// Symbol (55).
    pub fn symbol(&self) -> &[u8] {
        text(&self.definition.symbol)
    }

    /// Its rules.
    pub fn definition(&self) -> &md::InstrumentDefinition {
        &self.definition
    }

    /// Its phase.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Its book is complete.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Rises whenever the book was lost, or is back.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The levels of a side, best first: price and what is open.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (Decimal8, Level)> {
        self.levels_of(side).iter().map(move |(rank, level)| (price_of(side, *rank), *level))
    }

    /// The levels of a side behind `price`.
    pub fn levels_after(
        &self,
        side: Side,
        price: Decimal8,
    ) -> impl Iterator<Item = (Decimal8, Level)> {
        let behind = (std::ops::Bound::Excluded(rank_of(side, price)), std::ops::Bound::Unbounded);
        let levels = self.levels_of(side).range(behind);
        levels.map(move |(rank, level)| (price_of(side, *rank), *level))
    }

    /// The entry of the ring with this number; numbers go from [`Self::first`] up to, and not including,
    /// [`Self::end`].
    pub fn change(&self, number: u64) -> Option<&Change> {
        self.changes.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Number of the oldest entry of the ring.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number of the entry that comes next.
    pub fn end(&self) -> u64 {
        self.first + self.changes.len() as u64
    }

    /// The last trade since this process listens.
    pub fn last_trade(&self) -> Option<TradeTold> {
        self.last_trade
    }

    /// What the auction that is on would do, or what the last one did.
    pub fn auction(&self) -> Option<AuctionTold> {
        self.auction
    }

    /// Log sequence of the last that was heard of it; 0: nothing since its book was taken over.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Changes of its book that are included.
    pub fn rpt_seq(&self) -> u64 {
        self.rpt_seq
    }

    fn levels_of(&self, side: Side) -> &BTreeMap<i64, Level> {
        let [bids, asks] = &self.levels;
        if side == Side::Buy { bids } else { asks }
    }

    fn push(&mut self, seq: u64, what: What) {
        if self.changes.len() == CHANGES_MAX {
            self.changes.pop_front();
            self.first += 1;
        }
        self.seq = seq;
        self.changes.push_back(Change { seq, rpt_seq: self.rpt_seq, what });
    }

    /// Its levels, out of the orders; everybody who follows it begins again.
    fn take_over(&mut self, known: Option<&marketdata::Instrument>) {
        self.levels = Default::default();
        self.is_live = known.is_some_and(|known| known.state() == State::Live);
        self.generation += 1;
        let Some(book) = known.map(marketdata::Instrument::book) else { return };
        self.rpt_seq = book.rpt_seq();
        for order in book.walk() {
            self.level_by(order.side, order.price, i128::from(order.qty.get()), 1);
        }
    }

    /// Adds to a level; gives it as it was and as it is.
    fn level_by(&mut self, side: Side, price: Decimal8, qty: i128, orders: i32) -> (Level, Level) {
        let [bids, asks] = &mut self.levels;
        let levels = if side == Side::Buy { bids } else { asks };
        let rank = rank_of(side, price);
        let before = levels.get(&rank).copied().unwrap_or_default();
        let after =
            Level { qty: before.qty + qty, orders: before.orders.saturating_add_signed(orders) };
        if after.orders == 0 {
            levels.remove(&rank);
            return (before, Level::default());
        }
        levels.insert(rank, after);
        (before, after)
    }

    fn on_change(&mut self, message: &BookMessage, before: Option<marketdata::RestingOrder>) {
        let (qty, seq) = match message {
            BookMessage::Add(m) => (m.qty.get(), m.seq.get()),
            BookMessage::Reduce(m) => (m.qty.get(), m.seq.get()),
            BookMessage::Delete(m) => (0, m.seq.get()),
            BookMessage::Execute(m) => (m.leaves_qty.get(), m.seq.get()),
            BookMessage::Clear(_) | BookMessage::Checksum(_) => return,
        };
        let (side, price, priority, order_id) = match (&before, message) {
            (Some(order), _) => (order.side, order.price, order.priority, order.order_id),
            (None, BookMessage::Add(m)) => {
                let Some(side) = m.side.known() else { return };
                (side, m.price, m.rpt_seq.get(), m.order_id.get())
            }
            (None, _) => return,
        };
        let was = before.is_some();
        let open_before = before.map_or(0, |order| order.qty.get());
        let orders = i32::from(qty > 0) - i32::from(was);
        let more = i128::from(qty) - i128::from(open_before);
        let (level_before, level) = self.level_by(side, price, more, orders);
        self.rpt_seq = message.rpt_seq();
        let change = BookChange { side, price, priority, order_id, was, qty, level_before, level };
        self.push(seq, What::Book(change));
    }

    fn on_trade(&mut self, seq: u64, trade: TradeTold) {
        // An uncross tells one twice, once for each order.
        if self.last_trade.is_none_or(|last| last.trade_id < trade.trade_id) {
            self.last_trade = Some(trade);
            self.push(seq, What::Trade(trade));
        }
    }

    fn on_bust(&mut self, seq: u64, trade: TradeTold) {
        if self.last_trade.is_some_and(|last| last.trade_id == trade.trade_id) {
            self.last_trade = None;
        }
        self.push(seq, What::Bust(trade));
    }

    fn on_auction(&mut self, seq: u64, auction: AuctionTold) {
        let is_closing = self.status.phase == Some(Phase::ClosingAuction);
        let auction = AuctionTold { is_closing, ..auction };
        self.auction = Some(auction);
        self.push(seq, What::Auction(auction));
    }

    fn on_phase(&mut self, phase: PhaseCode, reason: Option<PhaseReason>) {
        let phase = phase.known();
        // An indication is over with its auction; a result stays until the next one begins.
        let calls = matches!(
            phase,
            Some(Phase::OpeningAuction | Phase::VolatilityAuction | Phase::ClosingAuction)
        );
        if let Some(auction) = self.auction.filter(|auction| auction.is_result == calls) {
            if !auction.is_result {
                // It ended without a result: what it would do is nothing any more.
                let nothing = AuctionTold { is_result: true, price: None, qty: 0, ..auction };
                self.push(self.seq, What::Auction(nothing));
            }
            self.auction = None;
        }
        self.status = Status { phase, reason, count: self.status.count + 1 };
    }
}

fn on_event(listed: &mut BTreeMap<u32, Listed>, time: &mut u64, event: &FeedEvent<'_>) {
    match event {
        FeedEvent::Message { time: of_batch, bytes, .. } => {
            *time = *of_batch;
            if let Ok((m, ..)) = md::OrderExecute::decode(bytes)
                && let Some(listed) = listed.get_mut(&m.instrument.get())
            {
                let (trade_id, price, qty) = (m.trade_id.get(), m.price.get(), m.qty.get());
                listed.on_trade(m.seq.get(), TradeTold { trade_id, price, qty, time: *time });
            }
        }
        FeedEvent::Defined { definition } => {
            let number = definition.instrument.get();
            match listed.get_mut(&number) {
                Some(listed) => {
                    listed.definition = **definition;
                    if listed.status.phase != definition.phase.known() {
                        listed.on_phase(definition.phase, None);
                    }
                }
                None => {
                    listed.insert(number, Listed::new(definition));
                }
            }
        }
        FeedEvent::Phase { status } => {
            if let Some(listed) = listed.get_mut(&status.instrument.get()) {
                listed.seq = status.seq.get();
                listed.on_phase(status.phase, status.reason.known());
            }
        }
        FeedEvent::Changed { instrument, message: BookMessage::Clear(m), .. } => {
            if let Some(listed) = listed.get_mut(instrument) {
                (listed.seq, listed.rebuild) = (m.seq.get(), true);
            }
        }
        FeedEvent::Changed { instrument, message, before } => {
            let live = listed.get_mut(instrument).filter(|listed| !listed.rebuild);
            if let Some(listed) = live {
                listed.on_change(message, *before);
            }
        }
        FeedEvent::Trade { trade: m } => {
            if let Some(listed) = listed.get_mut(&m.instrument.get()) {
                let (trade_id, price, qty) = (m.trade_id.get(), m.price.get(), m.qty.get());
                listed.on_trade(m.seq.get(), TradeTold { trade_id, price, qty, time: *time });
            }
        }
        FeedEvent::Bust { bust: m } => {
            if let Some(listed) = listed.get_mut(&m.instrument.get()) {
                let (trade_id, price, qty) = (m.trade_id.get(), m.price.get(), m.qty.get());
                listed.on_bust(m.seq.get(), TradeTold { trade_id, price, qty, time: *time });
            }
        }
        FeedEvent::Indicative { indicative: m } => {
            let told = AuctionTold {
                is_result: false,
                is_closing: false,
                price: m.price.get(),
                qty: m.qty.get(),
                imbalance_side: m.imbalance_side,
                imbalance_qty: m.imbalance_qty.get(),
                time: *time,
            };
            if let Some(listed) = listed.get_mut(&m.instrument.get()) {
                listed.on_auction(m.seq.get(), told);
            }
        }
        FeedEvent::AuctionResult { result: m } => {
            let told = AuctionTold {
                is_result: true,
                is_closing: false,
                price: m.price.get(),
                qty: m.qty.get(),
                imbalance_side: 0,
                imbalance_qty: 0,
                time: *time,
            };
            if let Some(listed) = listed.get_mut(&m.instrument.get()) {
                listed.on_auction(m.seq.get(), told);
            }
        }
        FeedEvent::State { instrument, .. } | FeedEvent::Snapshot { instrument, .. }
            if is_another_book(event) =>
        {
            if let Some(listed) = listed.get_mut(instrument) {
                listed.rebuild = true;
            }
        }
        FeedEvent::Reset { .. } => {
            // The venue began anew: nobody who follows may take the old for the new.
            for listed in listed.values_mut() {
                listed.changes.clear();
                (listed.last_trade, listed.auction, listed.rebuild) = (None, None, true);
            }
        }
        _ => {}
    }
}

/// After this event the levels of some instrument do not follow from the changes.
fn is_another_book(event: &FeedEvent<'_>) -> bool {
    use marketdata::SnapshotUse;
    match event {
        FeedEvent::State { .. }
        | FeedEvent::Reset { .. }
        | FeedEvent::Defined { .. }
        | FeedEvent::Changed { message: BookMessage::Clear(_), .. } => true,
        FeedEvent::Snapshot { used, .. } => {
            matches!(used, SnapshotUse::Adopted | SnapshotUse::Differs)
        }
        _ => false,
    }
}

/// The packet has the end of a cycle of snapshots.
fn ends_a_cycle(packet: &[u8]) -> bool {
    let Ok(packet) = marketdata::packet::Packet::parse(packet) else { return false };
    let ends =
        |bytes: &[u8]| md::SnapshotEnd::decode(bytes).is_ok_and(|(end, ..)| end.last_of_cycle == 1);
    packet.messages().any(ends)
}

/// Lower is better, whatever the side.
fn rank_of(side: Side, price: Decimal8) -> i64 {
    if side == Side::Buy { !price.get() } else { price.get() }
}

fn price_of(side: Side, rank: i64) -> Decimal8 {
    Decimal8::new(if side == Side::Buy { !rank } else { rank })
}

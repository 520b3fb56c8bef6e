//! A stream: what one subscription has been told of one instrument, and what it has to be told next.
//!
//! A stream holds no queue. It is a place in the instrument's ring of changes; what comes next is worked out
//! when there is room to send it, so that a client that reads slowly gets fewer and larger messages, and one
//! that is behind by more than the ring begins again with a snapshot (W).
//!
//! ```text
//! full depth:  W with the best of each side ─► X: changes from the ring … and, until all is told, the rest
//! N levels:    W ─► X: what differs between the levels told and the best N now
//! ```

use super::books::{AuctionTold, BookChange, Change, Level, Listed, TradeTold, What};
use super::tell::Entry;
use marketdata::Book;
use sbe_schemas::types::{Decimal8, Side};

/// Levels or orders of a side in a snapshot. The rest follows in X, where there is an X.
pub const SIDE_MAX: usize = 1000;
/// Entries after which an X is closed.
pub const ENTRIES_MAX: usize = 128;
/// Deepest 264 beside 0, which is everything.
pub const DEPTH_MAX: usize = 100;
/// Most entries that a message can have: a snapshot with both sides, a trade and an auction; or all that an
/// X may be left with when its last change was taken.
pub const MESSAGE_ENTRIES_MAX: usize = 2 * SIDE_MAX + 8;
/// A full refresh (265=0) of an instrument is not repeated sooner.
const REFRESH_NS: u64 = 100_000_000;

const SIDES: [Side; 2] = [Side::Buy, Side::Sell];

/// Types of entries, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    /// The bit of an MDEntryType (269); `None`: not offered.
    pub fn of(kind: &[u8]) -> Option<Self> {
        Some(Self(match kind {
            b"0" => 1,
            b"1" => 2,
            b"2" => 4,
            b"4" => 8,
            b"5" => 16,
            b"A" => 32,
            _ => return None,
        }))
    }

    /// Both.
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }

    fn has_side(self, side: Side) -> bool {
        self.has(if side == Side::Buy { 1 } else { 2 })
    }

    fn has_trades(self) -> bool {
        self.has(4)
    }
}

/// What a subscription is to be told.
#[derive(Clone, Copy, Debug)]
pub struct Wants {
    /// Levels of a side; 0: all.
    pub depth: usize,
    /// Price levels, otherwise order by order.
    pub aggregated: bool,
    /// X after the W, otherwise W again.
    pub incremental: bool,
    /// One W, and no more.
    pub once: bool,
    /// Types of entries.
    pub kinds: Kinds,
}

/// How far the book of one side has been told, in priority order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    /// Up to and with this place.
    To { price: Decimal8, priority: u64 },
    /// All of it, and whatever comes is told.
    All,
}

/// What the client has.
#[derive(Clone, Debug)]
enum Told {
    /// Nothing, or nothing that still holds.
    Nothing,
    /// That the book is not known now.
    Recovering,
    /// These levels of either side.
    Window([Vec<(Decimal8, Level)>; 2]),
    /// The book, as far as walked.
    Full([Walk; 2]),
}

/// See the file's map.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Number of its instrument.
    pub instrument: u32,
    generation: u64,
    cursor: u64,
    told: Told,
    refresh_at: u64,
}

/// A message that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// None.
    Nothing,
    /// A snapshot (W).
    Snapshot,
    /// Changes (X), the last of them caused by this log sequence and `rptSeq`.
    Increment(u64, u64),
    /// Changes, and none of them concerns it.
    Unconcerned,
    /// A snapshot, but not before this time.
    Later(u64),
}

/// What a stream knows once a message has left.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    cursor: u64,
    walked: [Walk; 2],
}

impl Stream {
    /// Nothing told.
    pub fn new(instrument: u32) -> Self {
        Self { instrument, generation: 0, cursor: 0, told: Told::Nothing, refresh_at: 0 }
    }

    /// Begins again, with a snapshot.
    pub fn restart(&mut self) {
        (self.told, self.refresh_at) = (Told::Nothing, 0);
    }

    /// Works out the next message and puts its entries into `entries`. Nothing changes before
    /// [`Self::on_sent`].
    pub fn next(
        &self,
        now: u64,
        listed: &Listed,
        book: &Book,
        wants: &Wants,
        entries: &mut Vec<Entry>,
    ) -> (Due, Progress) {
        entries.clear();
        let mut progress = Progress { cursor: listed.end(), walked: [Walk::All; 2] };
        let is_current = self.generation == listed.generation() && self.cursor >= listed.first();
        let is_told = is_current && !matches!(self.told, Told::Nothing);
        let has_more = wants.incremental && self.has_more_to_walk();
        if is_told && self.cursor == listed.end() && !has_more {
            return (Due::Nothing, progress);
        }
        if !is_told || !wants.incremental {
            if is_told && !self.concerns(listed, wants) {
                return (Due::Unconcerned, progress);
            }
            if is_told && now < self.refresh_at {
                return (Due::Later(self.refresh_at), progress);
            }
            progress.walked = snapshot(listed, book, wants, entries);
            return (Due::Snapshot, progress);
        }
        let (mut seq, mut rpt_seq) = (listed.seq(), listed.rpt_seq());
        if let Some(last) = self.changes(listed, wants, entries, &mut progress) {
            (seq, rpt_seq) = (last.seq, last.rpt_seq);
        }
        match &self.told {
            Told::Window(told) if progress.cursor == listed.end() => {
                for (side, told) in SIDES.into_iter().zip(told) {
                    let best = listed.levels(side).take(wants.depth);
                    if wants.kinds.has_side(side) {
                        difference(side, told, best, entries);
                    }
                }
            }
            // The book is as it is at the end of the ring: before that, the rest of it is not told.
            Told::Full(walked) if progress.cursor == listed.end() => {
                progress.walked = *walked;
                for (side, walked) in SIDES.into_iter().zip(&mut progress.walked) {
                    let room = ENTRIES_MAX.saturating_sub(entries.len());
                    *walked = walk(*walked, side, room, listed, book, wants, entries);
                }
            }
            Told::Full(walked) => progress.walked = *walked,
            _ => {}
        }
        if entries.is_empty() {
            return (Due::Unconcerned, progress);
        }
        (Due::Increment(seq, rpt_seq), progress)
    }

    /// The message has left, or there was none to send.
    pub fn on_sent(
        &mut self,
        now: u64,
        due: Due,
        progress: Progress,
        listed: &Listed,
        wants: &Wants,
    ) {
        match due {
            Due::Nothing | Due::Later(_) => return,
            Due::Snapshot => {
                (self.generation, self.refresh_at) = (listed.generation(), now + REFRESH_NS);
                self.told = match wants.depth {
                    _ if !listed.is_live() => Told::Recovering,
                    0 => Told::Full(progress.walked),
                    depth => Told::Window([Vec::with_capacity(depth), Vec::with_capacity(depth)]),
                };
            }
            Due::Increment(..) | Due::Unconcerned => {}
        }
        self.cursor = progress.cursor;
        match &mut self.told {
            Told::Window(told) if progress.cursor == listed.end() => {
                for (side, told) in SIDES.into_iter().zip(told) {
                    told.clear();
                    told.extend(listed.levels(side).take(wants.depth));
                }
            }
            Told::Full(walked) => *walked = progress.walked,
            _ => {}
        }
    }

    fn has_more_to_walk(&self) -> bool {
        matches!(self.told, Told::Full(walked) if walked != [Walk::All; 2])
    }

    /// Some change that it has not been told is of a type that it wants.
    fn concerns(&self, listed: &Listed, wants: &Wants) -> bool {
        let window_differs = |told: &[Vec<(Decimal8, Level)>; 2]| {
            SIDES.into_iter().zip(told).any(|(side, told)| {
                wants.kinds.has_side(side)
                    && !told.iter().copied().eq(listed.levels(side).take(wants.depth))
            })
        };
        let mut changes = (self.cursor..listed.end()).filter_map(|number| listed.change(number));
        changes.any(|change| match (&change.what, &self.told) {
            (What::Book(_), Told::Window(_)) => false,
            (What::Book(book), _) => wants.kinds.has_side(book.side),
            (What::Trade(_) | What::Bust(_), _) => wants.kinds.has_trades(),
            (What::Auction(auction), _) => wants.kinds.has(auction_bit(auction) | 32),
        }) || matches!(&self.told, Told::Window(told) if window_differs(told))
    }

    /// Entries out of the ring, until the message is full. Returns the last change that was looked at.
    fn changes(
        &self,
        listed: &Listed,
        wants: &Wants,
        entries: &mut Vec<Entry>,
        progress: &mut Progress,
    ) -> Option<Change> {
        let mut last = None;
        progress.cursor = self.cursor;
        while entries.len() < ENTRIES_MAX
            && let Some(change) = listed.change(progress.cursor)
        {
            progress.cursor += 1;
            last = Some(*change);
            match &change.what {
                What::Trade(trade) if wants.kinds.has_trades() => entries.push(trade_entry(trade)),
                What::Bust(trade) if wants.kinds.has_trades() => {
                    entries.push(Entry { action: 2, ..trade_entry(trade) });
                }
                What::Trade(_) | What::Bust(_) => {}
                What::Auction(auction) => auction_entries(auction, wants, entries),
                What::Book(book)
                    if wants.kinds.has_side(book.side) && self.has_told(book, wants) =>
                {
                    match wants.aggregated {
                        true => level_entry(book, entries),
                        false => entries.push(order_entry(book)),
                    }
                }
                What::Book(_) => {}
            }
        }
        // Levels that came and went again within this message.
        entries.retain(|entry| entry.action != ACTION_NONE);
        last
    }

    /// The place of a change is one that the client knows; what lies behind comes with the walk. A
    /// window is compared as a whole.
    fn has_told(&self, change: &BookChange, wants: &Wants) -> bool {
        let Told::Full([bids, asks]) = &self.told else { return false };
        let walk = if change.side == Side::Buy { bids } else { asks };
        match walk {
            Walk::All => true,
            Walk::To { price, priority } => {
                let better = match change.side {
                    Side::Buy => change.price.get() > price.get(),
                    Side::Sell => change.price.get() < price.get(),
                };
                let same = change.price.get() == price.get();
                better || same && (wants.aggregated || change.priority <= *priority)
            }
        }
    }
}

/// Not an MDUpdateAction: an entry that is not told.
const ACTION_NONE: u8 = 9;

/// A whole snapshot; how far its sides reach.
fn snapshot(listed: &Listed, book: &Book, wants: &Wants, entries: &mut Vec<Entry>) -> [Walk; 2] {
    let mut walked = [Walk::All; 2];
    if !listed.is_live() {
        return walked;
    }
    for (side, walked) in SIDES.into_iter().zip(&mut walked) {
        if !wants.kinds.has_side(side) {
            continue;
        }
        let room = if wants.depth == 0 { SIDE_MAX } else { wants.depth };
        let before = entries.len();
        if wants.aggregated {
            let levels = listed.levels(side).take(room);
            entries.extend(levels.map(|(price, level)| told_level(0, side, price, level)));
            let next = listed.levels(side).nth(room);
            if let Some((price, _)) = next.and_then(|_| listed.levels(side).nth(room - 1)) {
                *walked = Walk::To { price, priority: 0 };
            }
        } else {
            let mut orders = book.side(side);
            entries.extend(
                orders
                    .by_ref()
                    .take(room)
                    .map(|order| told_order(0, side, order.order_id, order.price, order.qty.get())),
            );
            let told = entries.len() - before;
            if let (Some(_), Some(last)) = (orders.next(), book.side(side).nth(told.max(1) - 1)) {
                *walked = Walk::To { price: last.price, priority: last.priority };
            }
        }
    }
    if let Some(trade) = listed.last_trade().filter(|_| wants.kinds.has_trades()) {
        entries.push(Entry { id: 0, ..trade_entry(&trade) });
    }
    if let Some(auction) = listed.auction() {
        auction_entries(&auction, wants, entries);
        entries.retain(|entry| entry.action != 2);
    }
    walked
}

/// The next part of a side that has not been told whole.
fn walk(
    from: Walk,
    side: Side,
    room: usize,
    listed: &Listed,
    book: &Book,
    wants: &Wants,
    entries: &mut Vec<Entry>,
) -> Walk {
    let Walk::To { price, priority } = from else { return from };
    let before = entries.len();
    let mut to = from;
    if wants.aggregated {
        for (price, level) in listed.levels_after(side, price).take(room) {
            entries.push(told_level(0, side, price, level));
            to = Walk::To { price, priority: 0 };
        }
    } else {
        for order in book.side_after(side, price, priority).take(room) {
            entries.push(told_order(0, side, order.order_id, order.price, order.qty.get()));
            to = Walk::To { price: order.price, priority: order.priority };
        }
    }
    // Fewer than there was room for: that was all.
    if entries.len() - before < room { Walk::All } else { to }
}

/// What makes `told` into `best`: both best first.
fn difference(
    side: Side,
    told: &[(Decimal8, Level)],
    best: impl Iterator<Item = (Decimal8, Level)>,
    entries: &mut Vec<Entry>,
) {
    let is_better = |a: Decimal8, b: Decimal8| match side {
        Side::Buy => a.get() > b.get(),
        Side::Sell => a.get() < b.get(),
    };
    let mut told = told.iter().peekable();
    for (price, level) in best {
        while let Some((gone, _)) = told.next_if(|(known, _)| is_better(*known, price)) {
            entries.push(told_level(2, side, *gone, Level::default()));
        }
        match told.next_if(|(known, _)| known.get() == price.get()) {
            Some((_, known)) if *known == level => {}
            Some(_) => entries.push(told_level(1, side, price, level)),
            None => entries.push(told_level(0, side, price, level)),
        }
    }
    entries.extend(told.map(|(gone, _)| told_level(2, side, *gone, Level::default())));
}

/// A level of the full depth has changed: one entry a message for each, with how it is at its end.
fn level_entry(change: &BookChange, entries: &mut Vec<Entry>) {
    let kind = kind_of(change.side);
    let is_same = |entry: &&mut Entry| {
        entry.kind == kind && entry.price == Some(change.price.get()) && !entry.is_order
    };
    let was = change.level_before.orders > 0;
    match entries.iter_mut().find(is_same) {
        Some(entry) => {
            // It was there for the client unless this message is what brings it.
            let known = matches!(entry.action, 1 | 2);
            let action = action(known, change.level.orders > 0);
            *entry = told_level(action, change.side, change.price, change.level);
        }
        None => {
            let action = action(was, change.level.orders > 0);
            entries.push(told_level(action, change.side, change.price, change.level));
        }
    }
}

fn action(was: bool, is: bool) -> u8 {
    match (was, is) {
        (false, true) => 0,
        (true, true) => 1,
        (true, false) => 2,
        (false, false) => ACTION_NONE,
    }
}

fn order_entry(change: &BookChange) -> Entry {
    let action = action(change.was, change.qty > 0);
    told_order(action, change.side, change.order_id, change.price, change.qty)
}

fn told_level(action: u8, side: Side, price: Decimal8, level: Level) -> Entry {
    let gone = !matches!(action, 0 | 1);
    Entry {
        price: Some(price.get()),
        qty: (!gone).then_some(level.qty),
        orders: if gone { 0 } else { level.orders },
        ..Entry::of(action, kind_of(side))
    }
}

fn told_order(action: u8, side: Side, order_id: u64, price: Decimal8, qty: i64) -> Entry {
    let gone = action == 2;
    Entry {
        id: order_id,
        is_order: true,
        price: Some(price.get()),
        qty: (!gone).then_some(qty.into()),
        ..Entry::of(action, kind_of(side))
    }
}

fn trade_entry(trade: &TradeTold) -> Entry {
    Entry {
        id: trade.trade_id,
        price: Some(trade.price),
        qty: Some(trade.qty.into()),
        time: trade.time,
        ..Entry::of(0, b'2')
    }
}

/// Opening or closing price, and imbalance; each is one value that the next replaces.
fn auction_entries(auction: &AuctionTold, wants: &Wants, entries: &mut Vec<Entry>) {
    let kind = if auction.is_closing { b'5' } else { b'4' };
    if wants.kinds.has(auction_bit(auction)) {
        entries.push(match auction.price {
            None => Entry::of(2, kind),
            Some(price) => Entry {
                price: Some(price),
                qty: Some(auction.qty.into()),
                time: auction.time,
                // Session price, or theoretical price.
                flag: Some(if auction.is_result { b'1' } else { b'5' }),
                ..Entry::of(0, kind)
            },
        });
    }
    if wants.kinds.has(32) {
        // More buyers, more sellers.
        let condition = match auction.imbalance_side {
            1 => Some(b'P'),
            2 => Some(b'Q'),
            _ => None,
        };
        let imbalance = Entry {
            qty: Some(auction.imbalance_qty.into()),
            time: auction.time,
            condition,
            ..Entry::of(0, b'A')
        };
        let nothing = condition.is_none() || auction.is_result;
        entries.push(if nothing { Entry::of(2, b'A') } else { imbalance });
    }
}

fn auction_bit(auction: &AuctionTold) -> u8 {
    if auction.is_closing { 16 } else { 8 }
}

fn kind_of(side: Side) -> u8 {
    if side == Side::Buy { b'0' } else { b'1' }
}

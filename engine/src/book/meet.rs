//! Whom an arriving order meets next, and what a trade leaves of the resting one.
//!
//! Price, display, age, pro-rata shares, self-trade and bands: docs/rulebook.md §2, §5 and §6. Called by
//! `matching.rs`, which does what it says. No operation walks a queue but pro-rata, whose business that is.

use super::{Books, Kind, RESERVE, ladder_id, opposite, place};
use crate::orders::Slot;
use sbe_schemas::types::{Allocation, SelfTrade, SelfTradeScope, Side};

/// Rules of pro-rata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareRules {
    /// Share of the oldest order, 0 to 100.
    pub top_order_percent: i64,
    /// Smaller shares are nothing.
    pub minimum_lots: i64,
}

impl ShareRules {
    /// `None` for price-time.
    pub fn of(allocation: Allocation, top_order_percent: u16, minimum_lots: u32) -> Option<Self> {
        (allocation == Allocation::ProRata).then(|| Self {
            top_order_percent: i64::from(top_order_percent.min(100)),
            minimum_lots: i64::from(minimum_lots),
        })
    }
}

/// An order on its way through a book.
#[derive(Clone, Copy, Debug)]
pub struct Taker {
    /// Index of the instrument.
    pub book: u32,
    /// Its side.
    pub side: Side,
    /// What happens when it meets one of its own; never `SessionDefault`.
    pub self_trade: SelfTrade,
    /// Who its own are.
    pub scope: SelfTradeScope,
    /// Index of its owner.
    pub owner: u32,
    /// What it still has.
    pub lots: i64,
    /// Rank of its limit on the other side.
    limit: u32,
    /// The sharing of the price it is at.
    share: Share,
}

/// How far the sharing of one price is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    /// Not begun.
    No,
    /// The oldest order has had its part; from `next` to `last` get theirs.
    Parts { level: u32, lots: i64, of: i64, next: Slot, last: Slot },
    /// The rest goes by age.
    ByAge { level: u32 },
}

/// What a taker meets next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// A trade to make.
    Trade(Meeting),
    /// An order of its own, with which it may not trade.
    Own(Slot),
    /// The next trade would leave the band.
    Band,
    /// Nobody within its limit.
    Nobody,
}

/// Two orders that trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// The resting order.
    pub maker: Slot,
    /// At its price.
    pub ticks: u32,
    /// How much.
    pub lots: i64,
    /// How it rests.
    pub kind: Kind,
}

/// What a trade left of the resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Open lots that it shows, or a hidden order has.
    Some(i64),
    /// The shown part is gone; the next, of so many lots, stands at the back.
    Refreshed(i64),
    /// Nothing: it rests no more.
    Nothing,
}

impl Books {
    /// An order that arrives with `lots` and this limit.
    #[inline]
    #[expect(clippy::too_many_arguments, reason = "what an arriving order is")]
    pub fn taker(
        &self,
        at: u32,
        side: Side,
        ticks: u32,
        lots: i64,
        owner: u32,
        self_trade: SelfTrade,
        scope: SelfTradeScope,
    ) -> Taker {
        let limit = self.rank(at, Kind::Shown, opposite(side), ticks);
        Taker { book: at, side, self_trade, scope, owner, lots, limit, share: Share::No }
    }

    /// Whom the taker meets next; nothing has happened yet. Ask while it has lots.
    #[inline(always)]
    pub fn meet(&self, taker: &mut Taker) -> Met {
        let book = &self.books[taker.book as usize];
        let side = opposite(taker.side);
        let (shown, hidden) =
            (book.best[place(Kind::Shown, side)], book.best[place(Kind::Hidden, side)]);
        let (mut kind, mut rank) = (Kind::Shown, shown);
        if hidden > shown {
            (kind, rank) = (Kind::Hidden, hidden);
        }
        if book.best[place(Kind::Whole, side)] > rank
            && let Some(whole) = self.whole_that_fits(taker, side)
        {
            (kind, rank) = (Kind::Whole, whole);
        }
        if rank < taker.limit || rank == 0 {
            return Met::Nobody;
        }
        let ticks = book.ticks(kind, side, rank);
        if ticks < book.low || ticks > book.high {
            return Met::Band;
        }
        let ladder = &self.ladders[ladder_id(taker.book, kind, side) as usize];
        let level = ladder.level_at(rank);
        let (maker, lots) = match book.shares {
            Some(rules) if kind == Kind::Shown => self.share(taker, level, rules),
            _ => (self.pages.level(level).oldest, i64::MAX),
        };
        if taker.self_trade != SelfTrade::Allow && self.is_own(taker, maker) {
            return Met::Own(maker);
        }
        let lots = lots.min(taker.lots).min(self.nodes[maker.0 as usize].lots);
        Met::Trade(Meeting { maker, ticks, lots, kind })
    }

    /// The rank of the best all-or-none order, if the taker can take all of it within its limit.
    #[cold]
    fn whole_that_fits(&self, taker: &Taker, side: Side) -> Option<u32> {
        let rank = self.books[taker.book as usize].best[place(Kind::Whole, side)];
        let whole = self.first(taker.book, Kind::Whole, side)?;
        (rank >= taker.limit && self.nodes[whole.0 as usize].lots <= taker.lots).then_some(rank)
    }

    /// The two are one and the same, as far as the taker's session minds.
    pub fn is_own(&self, taker: &Taker, maker: Slot) -> bool {
        let other = self.owners[self.nodes[maker.0 as usize].owner as usize];
        let this = self.owners[taker.owner as usize];
        match taker.scope {
            SelfTradeScope::Account => this.account == other.account,
            // User 0 is no number: such sessions have no user in common but within their firm.
            SelfTradeScope::User => {
                this.user == other.user && (this.user != 0 || this.firm == other.firm)
            }
            SelfTradeScope::Firm => this.firm == other.firm,
        }
    }

    /// Who trades next at a price that is shared out, and how much at most (§2, pro-rata).
    #[inline(never)]
    fn share(&self, taker: &mut Taker, level: u32, rules: ShareRules) -> (Slot, i64) {
        let queue = self.pages.level(level);
        let here = |share| match share {
            Share::No => false,
            Share::Parts { level: at, .. } | Share::ByAge { level: at } => at == level,
        };
        if !here(taker.share) {
            if taker.lots >= queue.lots {
                taker.share = Share::ByAge { level };
            } else if self.is_met_as_own(taker, queue.oldest) {
                return (queue.oldest, 0); // Dealt with before the price is shared out.
            } else {
                return self.share_of_oldest(taker, level, rules);
            }
        }
        while let Share::Parts { lots, of, next, last, .. } = taker.share {
            let Some(slot) = next.some() else { break };
            let node = &self.nodes[slot.0 as usize];
            let after = if slot == last { Slot::NONE } else { node.younger };
            taker.share = Share::Parts { level, lots, of, next: after, last };
            let part = part_of(node.lots, lots, of);
            if part > 0 && part >= rules.minimum_lots {
                return (slot, part);
            }
        }
        taker.share = Share::ByAge { level };
        (queue.oldest, i64::MAX)
    }

    /// The oldest order's part, which may be nothing, and then everybody's.
    fn share_of_oldest(&self, taker: &mut Taker, level: u32, rules: ShareRules) -> (Slot, i64) {
        let queue = self.pages.level(level);
        let oldest = queue.oldest;
        let shown = self.nodes[oldest.0 as usize].lots;
        let part = part_up(taker.lots, rules.top_order_percent).min(shown);
        let mut next = oldest;
        if part == shown {
            // It goes, or its next part comes to the back: not one of those that stood here.
            next = if oldest == queue.youngest {
                Slot::NONE
            } else {
                self.nodes[oldest.0 as usize].younger
            };
        }
        let (lots, of) = (taker.lots - part, queue.lots - part);
        taker.share = Share::Parts { level, lots, of, next, last: queue.youngest };
        if part > 0 {
            return (oldest, part);
        }
        self.share(taker, level, rules)
    }

    fn is_met_as_own(&self, taker: &Taker, maker: Slot) -> bool {
        taker.self_trade != SelfTrade::Allow && self.is_own(taker, maker)
    }

    /// Takes what has traded off a resting order.
    #[inline]
    pub fn fill(&mut self, maker: Slot, lots: i64) -> Left {
        let node = &mut self.nodes[maker.0 as usize];
        let level = node.level;
        node.lots -= lots;
        let (left, reserve) = (node.lots, node.flags & RESERVE != 0);
        self.pages.level_mut(level).lots -= lots;
        if left > 0 {
            return Left::Some(left);
        }
        if reserve {
            return Left::Refreshed(self.refresh(maker, level));
        }
        self.leave(maker, level);
        Left::Nothing
    }

    /// The next part of an iceberg, at the back of its price.
    fn refresh(&mut self, slot: Slot, level: u32) -> i64 {
        let reserve = &mut self.reserves[slot.0 as usize];
        let shown = reserve.lots.min(reserve.display_lots);
        reserve.lots -= shown;
        let node = &mut self.nodes[slot.0 as usize];
        node.lots = shown;
        if reserve.lots == 0 {
            node.flags &= !RESERVE;
        }
        self.unlink(slot);
        self.append(slot, level);
        shown
    }

    /// Open lots of shown and hidden orders that an order of `side` with this limit can reach within
    /// the band, counted until `enough`. Walks prices, not orders.
    pub fn reachable(&self, at: u32, side: Side, ticks: u32, enough: i64) -> i64 {
        let book = &self.books[at as usize];
        let other = opposite(side);
        let limit = self.rank(at, Kind::Shown, other, ticks);
        let mut open: i64 = 0;
        for kind in [Kind::Shown, Kind::Hidden] {
            let ladder = &self.ladders[ladder_id(at, kind, other) as usize];
            let mut rank = book.best[place(kind, other)];
            while rank >= limit && rank != 0 && open < enough {
                let ticks = book.ticks(kind, other, rank);
                if (book.low..=book.high).contains(&ticks) {
                    open = open.saturating_add(self.pages.level(ladder.level_at(rank)).lots);
                }
                rank = ladder.next_below(&self.pages, rank);
            }
        }
        open
    }
}

/// `floor(shown × lots / of)`, at most what is shown.
fn part_of(shown: i64, lots: i64, of: i64) -> i64 {
    if of == 0 {
        return 0;
    }
    let part = i128::from(shown) * i128::from(lots) / i128::from(of);
    shown.min(part as i64)
}

/// `ceil(lots × percent / 100)`.
fn part_up(lots: i64, percent: i64) -> i64 {
    ((i128::from(lots) * i128::from(percent) + 99) / 100) as i64
}

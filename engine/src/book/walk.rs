//! Reading a book: prices for an uncross, orders in priority order, memory fetched ahead, the state hash.

use super::{Books, KINDS, Kind, LIVE, RESERVE, ladder_id, place};
use crate::hash::mix;
use crate::orders::Slot;
use prefetch_index::prefetch_index;
use sbe_schemas::types::Side;

impl Books {
    /// The next price of a side in ticks after `ticks` (`None`: from the best on), away from the best,
    /// with all that is open there, shown and hidden. For auctions.
    pub fn next_price(&self, at: u32, side: Side, after: Option<u32>) -> Option<(u32, i64)> {
        let book = &self.books[at as usize];
        let (mut rank, mut lots) = (0, 0);
        for kind in [Kind::Shown, Kind::Hidden] {
            let ladder = &self.ladders[ladder_id(at, kind, side) as usize];
            let here = match after {
                None => book.best[place(kind, side)],
                Some(ticks) => ladder.next_below(&self.pages, self.rank(at, kind, side, ticks)),
            };
            let open = if here == 0 { 0 } else { self.pages.level(ladder.level_at(here)).lots };
            if here > rank {
                (rank, lots) = (here, open);
            } else if here == rank {
                lots += open;
            }
        }
        (rank != 0).then(|| (book.ticks(Kind::Shown, side, rank), lots))
    }

    /// The next price of a side in ticks after `ticks` towards the best. For auctions.
    pub fn previous_price(&self, at: u32, side: Side, ticks: u32) -> Option<(u32, i64)> {
        let book = &self.books[at as usize];
        let (mut rank, mut lots) = (u32::MAX, 0);
        for kind in [Kind::Shown, Kind::Hidden] {
            let ladder = &self.ladders[ladder_id(at, kind, side) as usize];
            let here = ladder.next_above(&self.pages, self.rank(at, kind, side, ticks));
            let open = if here == 0 { 0 } else { self.pages.level(ladder.level_at(here)).lots };
            if here != 0 && here < rank {
                (rank, lots) = (here, open);
            } else if here == rank {
                lots += open;
            }
        }
        (rank != u32::MAX).then(|| (book.ticks(Kind::Shown, side, rank), lots))
    }

    /// The worst price of a side in ticks. For auctions.
    pub fn worst_price(&self, at: u32, side: Side) -> Option<u32> {
        let book = &self.books[at as usize];
        let ranks = [Kind::Shown, Kind::Hidden].map(|kind| {
            self.ladders[ladder_id(at, kind, side) as usize].next_above(&self.pages, 0)
        });
        let rank = ranks.into_iter().filter(|rank| *rank != 0).min()?;
        Some(book.ticks(Kind::Shown, side, rank))
    }

    /// Orders of one kind and side in priority order.
    pub fn walk(&self, at: u32, kind: Kind, side: Side) -> impl Iterator<Item = Slot> + '_ {
        let ladder = &self.ladders[ladder_id(at, kind, side) as usize];
        let mut rank = self.books[at as usize].best[place(kind, side)];
        let prices = std::iter::from_fn(move || {
            (rank != 0).then(|| {
                let level = ladder.level_at(rank);
                rank = ladder.next_below(&self.pages, rank);
                level
            })
        });
        prices.flat_map(move |level| {
            let mut next = self.pages.level(level).oldest;
            std::iter::from_fn(move || {
                let slot = next.some()?;
                next = self.nodes[slot.0 as usize].younger;
                Some(slot)
            })
        })
    }

    /// Everything, free list and generations included, into a state hash.
    pub fn hash(&self, mut hash: u64) -> u64 {
        for (node, reserve) in self.nodes.iter().zip(&self.reserves) {
            hash = mix(hash, u64::from(node.generation) << 32 | u64::from(node.flags));
            if node.flags & LIVE != 0 {
                hash = mix(mix(hash, node.lots as u64), u64::from(node.owner));
            }
            if node.flags & RESERVE != 0 {
                hash = mix(mix(hash, reserve.lots as u64), reserve.display_lots as u64);
            }
        }
        let mut free = self.free;
        while let Some(slot) = free.some() {
            hash = mix(hash, u64::from(slot.0));
            free = self.nodes[slot.0 as usize].older;
        }
        for (at, book) in self.books.iter().enumerate() {
            hash = mix(mix(mix(hash, book.rpt_seq), u64::from(book.orders)), book.checksum);
            hash = mix(hash, u64::from(book.low) << 32 | u64::from(book.high));
            for kind in KINDS {
                for side in [Side::Buy, Side::Sell] {
                    hash = mix(hash, u64::from(book.best[place(kind, side)]));
                    let walk = self.walk(at as u32, kind, side);
                    hash = walk.fold(hash, |hash, slot| mix(hash, u64::from(slot.0)));
                }
            }
        }
        hash
    }

    // --- looking ahead ----------------------------------------------------------------------

    /// Fetches the hot half of an order that will be asked for.
    #[inline]
    pub fn prefetch(&self, slot: Slot) {
        prefetch_index(&self.nodes, slot.0 as usize);
    }

    /// Fetches what taking this order off its queue will touch, once it has been fetched itself.
    #[inline]
    pub fn prefetch_neighbours(&self, slot: Slot) {
        let Some(node) = self.nodes.get(slot.0 as usize) else { return };
        prefetch_index(&self.nodes, node.older.0 as usize);
        prefetch_index(&self.nodes, node.younger.0 as usize);
        self.pages.prefetch(node.level);
    }

    /// The order behind this one at its price, and the one behind that is fetched.
    #[inline]
    pub fn next_in_line(&self, slot: Slot) -> Option<(Slot, Option<Slot>)> {
        let next = self.nodes[slot.0 as usize].younger.some()?;
        let after = self.nodes[next.0 as usize].younger.some();
        if let Some(after) = after {
            self.prefetch(after);
        }
        Some((next, after))
    }

    /// Fetches a level, at which an order may rest.
    #[inline]
    pub fn prefetch_level(&self, level: u32) {
        self.pages.prefetch(level);
    }

    /// Fetches the last order at a level, behind which another may rest.
    #[inline]
    pub fn prefetch_youngest(&self, level: u32) {
        prefetch_index(&self.nodes, self.pages.level(level).youngest.0 as usize);
    }

    /// The level of a price of shown orders, whatever is there; `None`: there is no such price.
    #[inline]
    pub fn level_if_there(&self, at: u32, side: Side, ticks: u32) -> Option<u32> {
        let book = self.books.get(at as usize)?;
        if ticks == 0 || ticks >= book.top {
            return None;
        }
        let rank = self.rank(at, Kind::Shown, side, ticks);
        Some(self.ladders[ladder_id(at, Kind::Shown, side) as usize].level_at(rank))
    }
}

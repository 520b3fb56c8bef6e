//! Prices of one kind of order on one side, best first: pages of 64 neighbouring prices, a bit for
//! each that is in use, and bits over those bits.
//!
//! A ladder counts prices as **ranks**: higher is always better, whatever the side, and 0 is none
//! (`book.rs` turns ticks into ranks). Finding a price is two reads, finding the next one in use a
//! handful, wherever it is; no walk, no sort, no move. Pages come from one pool for the partition, so
//! memory follows the prices in use, not the prices there could be.

use crate::orders::Slot;
use prefetch_index::prefetch_index;

/// Prices on a page.
const PAGE_PRICES: u32 = 64;

/// One price: its queue and how much is open there.
#[derive(Clone, Copy, Debug)]
pub struct PriceLevel {
    /// First to trade.
    pub oldest: Slot,
    /// Last to trade.
    pub youngest: Slot,
    /// Open lots of all orders here, reserves included.
    pub lots: i64,
}

const EMPTY: PriceLevel = PriceLevel { oldest: Slot::NONE, youngest: Slot::NONE, lots: 0 };

#[derive(Clone, Copy)]
struct PageHead {
    /// A bit for each price in use.
    in_use: u64,
    /// The ladder it belongs to.
    ladder: u32,
    /// Rank of its first price, divided by 64.
    number: u32,
}

/// The pool of pages of a partition. Page 0 is no page.
pub struct Pages {
    levels: Vec<PriceLevel>,
    heads: Vec<PageHead>,
    free: Vec<u32>,
    pages_max: usize,
}

impl Pages {
    /// Room for `pages_max` pages, taken now.
    pub fn new(pages_max: usize) -> Self {
        let mut pages = Self {
            levels: Vec::with_capacity((pages_max + 1) * PAGE_PRICES as usize),
            heads: Vec::with_capacity(pages_max + 1),
            free: Vec::with_capacity(pages_max),
            pages_max,
        };
        pages.grow(0, 0);
        pages
    }

    /// Another bound from now on; what is in use stays.
    pub fn resize(&mut self, pages_max: usize) {
        self.pages_max = pages_max;
        let more = (pages_max + 1).saturating_sub(self.heads.len());
        self.levels.reserve_exact(more * PAGE_PRICES as usize);
        self.heads.reserve_exact(more);
        self.free.reserve_exact(pages_max.saturating_sub(self.free.len()));
    }

    /// Another page fits.
    pub fn has_room(&self) -> bool {
        self.heads.len() - 1 - self.free.len() < self.pages_max
    }

    /// A level by its number.
    #[inline]
    pub fn level(&self, at: u32) -> &PriceLevel {
        &self.levels[at as usize]
    }

    /// A level by its number.
    #[inline]
    pub fn level_mut(&mut self, at: u32) -> &mut PriceLevel {
        &mut self.levels[at as usize]
    }

    /// Fetches a level that will be asked for.
    #[inline]
    pub fn prefetch(&self, at: u32) {
        prefetch_index(&self.levels, at as usize);
        prefetch_index(&self.heads, (at / PAGE_PRICES) as usize);
    }

    /// The ladder a level belongs to.
    #[inline]
    pub fn ladder_of(&self, level: u32) -> u32 {
        self.heads[(level / PAGE_PRICES) as usize].ladder
    }

    /// The rank of a level on its ladder.
    #[inline]
    pub fn rank_of(&self, level: u32) -> u32 {
        self.heads[(level / PAGE_PRICES) as usize].number * PAGE_PRICES + level % PAGE_PRICES
    }

    fn grow(&mut self, ladder: u32, number: u32) -> u32 {
        self.heads.push(PageHead { in_use: 0, ladder, number });
        self.levels.resize(self.heads.len() * PAGE_PRICES as usize, EMPTY);
        self.heads.len() as u32 - 1
    }

    /// A page without orders. Needs room.
    fn take(&mut self, ladder: u32, number: u32) -> u32 {
        match self.free.pop() {
            Some(page) => {
                self.heads[page as usize] = PageHead { in_use: 0, ladder, number };
                page
            }
            None => self.grow(ladder, number),
        }
    }

    #[inline]
    fn in_use(&self, page: u32) -> u64 {
        self.heads[page as usize].in_use
    }
}

/// The prices of one kind of order on one side of one book.
pub struct Ladder {
    /// Page of each 64 ranks; 0: none.
    pages: Vec<u32>,
    /// A bit for each page in use.
    in_use: Vec<u64>,
    /// A bit for each word of `in_use` that is not 0.
    summary: Vec<u64>,
}

impl Ladder {
    /// Ranks from 1 to `ranks`. Memory is 4 bytes for 64 ranks, and what is never used is never touched.
    pub fn new(ranks: u32) -> Self {
        let pages = (ranks / PAGE_PRICES + 1) as usize;
        let words = pages / 64 + 1;
        Self { pages: vec![0; pages], in_use: vec![0; words], summary: vec![0; words / 64 + 1] }
    }

    /// An order with this rank can be put here.
    pub fn has_room(&self, pages: &Pages, rank: u32) -> bool {
        self.pages[(rank / PAGE_PRICES) as usize] != 0 || pages.has_room()
    }

    /// The level of a rank, with a page under it. Needs room; then [`Self::occupy`] if it was empty.
    #[inline]
    pub fn level(&mut self, pages: &mut Pages, id: u32, rank: u32) -> u32 {
        let number = rank / PAGE_PRICES;
        let mut page = self.pages[number as usize];
        if page == 0 {
            page = pages.take(id, number);
            self.pages[number as usize] = page;
        }
        page * PAGE_PRICES + rank % PAGE_PRICES
    }

    /// The first order has come to a level.
    #[inline]
    pub fn occupy(&mut self, pages: &mut Pages, level: u32) {
        let head = &mut pages.heads[(level / PAGE_PRICES) as usize];
        if head.in_use == 0 {
            let word = (head.number / 64) as usize;
            self.in_use[word] |= 1 << (head.number % 64);
            self.summary[word / 64] |= 1 << (word % 64);
        }
        head.in_use |= 1 << (level % PAGE_PRICES);
    }

    /// The last order has left a level; a page without orders goes back to the pool.
    #[inline]
    pub fn vacate(&mut self, pages: &mut Pages, level: u32) {
        let page = level / PAGE_PRICES;
        let head = &mut pages.heads[page as usize];
        head.in_use &= !(1 << (level % PAGE_PRICES));
        if head.in_use == 0 {
            let number = head.number;
            pages.free.push(page);
            self.pages[number as usize] = 0;
            let word = (number / 64) as usize;
            self.in_use[word] &= !(1 << (number % 64));
            if self.in_use[word] == 0 {
                self.summary[word / 64] &= !(1 << (word % 64));
            }
        }
    }

    /// The number of a level that is in use.
    #[inline]
    pub fn level_at(&self, rank: u32) -> u32 {
        self.pages[(rank / PAGE_PRICES) as usize] * PAGE_PRICES + rank % PAGE_PRICES
    }

    /// The best rank in use below `rank`; 0: none.
    #[inline]
    pub fn next_below(&self, pages: &Pages, rank: u32) -> u32 {
        let number = rank / PAGE_PRICES;
        let below = pages.in_use(self.pages[number as usize]) & bits_below(rank % PAGE_PRICES);
        if below != 0 {
            return number * PAGE_PRICES + highest(below);
        }
        let word = number / 64;
        let mut found = self.in_use[word as usize] & bits_below(number % 64);
        let mut word = word;
        if found == 0 {
            let mut group = word / 64;
            let mut words = self.summary[group as usize] & bits_below(word % 64);
            while words == 0 {
                if group == 0 {
                    return 0;
                }
                group -= 1;
                words = self.summary[group as usize];
            }
            word = group * 64 + highest(words);
            found = self.in_use[word as usize];
        }
        let number = word * 64 + highest(found);
        number * PAGE_PRICES + highest(pages.in_use(self.pages[number as usize]))
    }

    /// The worst rank in use above `rank`; 0: none.
    pub fn next_above(&self, pages: &Pages, rank: u32) -> u32 {
        let number = rank / PAGE_PRICES;
        let above = pages.in_use(self.pages[number as usize]) & bits_above(rank % PAGE_PRICES);
        if above != 0 {
            return number * PAGE_PRICES + above.trailing_zeros();
        }
        let mut word = number / 64;
        let mut found = self.in_use[word as usize] & bits_above(number % 64);
        if found == 0 {
            let mut group = word / 64;
            let mut words = self.summary[group as usize] & bits_above(word % 64);
            while words == 0 {
                group += 1;
                match self.summary.get(group as usize) {
                    Some(next) => words = *next,
                    None => return 0,
                }
            }
            word = group * 64 + words.trailing_zeros();
            found = self.in_use[word as usize];
        }
        let number = word * 64 + found.trailing_zeros();
        number * PAGE_PRICES + pages.in_use(self.pages[number as usize]).trailing_zeros()
    }
}

#[inline]
const fn bits_below(bit: u32) -> u64 {
    (1 << bit) - 1
}

#[inline]
const fn bits_above(bit: u32) -> u64 {
    !(u64::MAX >> (63 - bit))
}

#[inline]
const fn highest(bits: u64) -> u32 {
    63 - bits.leading_zeros()
}

impl Pages {
    /// Pages in use.
    pub(crate) fn used(&self) -> usize {
        self.heads.len() - 1 - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(ladder: &mut Ladder, pages: &mut Pages, rank: u32) {
        let level = ladder.level(pages, 7, rank);
        assert_eq!((pages.rank_of(level), pages.ladder_of(level)), (rank, 7));
        assert_eq!(ladder.level_at(rank), level);
        ladder.occupy(pages, level);
    }

    proptest! {
        #[test]
        fn neighbours_are_those_of_an_ordered_set(
            steps in prop::collection::vec((1u32..300_000, any::<bool>()), 1..300),
            near in 1u32..300_000,
        ) {
            let (mut ladder, mut pages) = (Ladder::new(300_000), Pages::new(1000));
            let mut model = BTreeSet::new();
            for (rank, far) in steps {
                // Half of the ranks close to one another, so that pages are shared.
                let rank = if far { rank } else { (near + rank % 200).min(299_999) };
                if model.remove(&rank) {
                    let level = ladder.level_at(rank);
                    ladder.vacate(&mut pages, level);
                } else {
                    set(&mut ladder, &mut pages, rank);
                    model.insert(rank);
                }
                for probe in [rank, near, 1, 299_999] {
                    let below = model.range(..probe).next_back().copied().unwrap_or(0);
                    let above = model.range(probe + 1..).next().copied().unwrap_or(0);
                    prop_assert_eq!(ladder.next_below(&pages, probe), below);
                    prop_assert_eq!(ladder.next_above(&pages, probe), above);
                }
            }
        }
    }

    #[test]
    fn pages_without_orders_are_used_again_and_no_more_are_taken() {
        let (mut ladder, mut pages) = (Ladder::new(1 << 20), Pages::new(2));
        for round in 0..100 {
            set(&mut ladder, &mut pages, 64 * round + 1);
            set(&mut ladder, &mut pages, 64 * round + 6400);
            assert!(!pages.has_room() && !ladder.has_room(&pages, 1 << 19));
            assert!(ladder.has_room(&pages, 64 * round + 2), "its page is there");
            for rank in [64 * round + 1, 64 * round + 6400] {
                let level = ladder.level_at(rank);
                ladder.vacate(&mut pages, level);
            }
        }
        assert_eq!(pages.heads.len(), 3);
    }
}

//! The books in a snapshot: slots with their generations, free slots, and who stands where.
//!
//! Queues are written as lists in priority order. Neighbours, pages, open quantities of a price and best
//! prices follow from them and are made by the same functions that make them in trading.

use super::{
    Book, Books, KINDS, Kind, LIVE, NOWHERE, Node, RESERVE, Reserve, ShareRules, ladder_id,
};
use crate::instrument::Instrument;
use crate::ladder::PriceLevel;
use crate::orders::Slot;
use crate::snapshot::wire::*;
use crate::snapshot::{Counts, Marks, Reader, SnapshotError, Writer};
use sbe_schemas::types::Side;

/// Ends the orders of a price; ends the prices of a ladder.
const END: (u32, u32) = (Slot::NONE.0, 0);

/// Of every slot ever used.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct SlotRecord {
    generation: U32,
    flags: U32,
}

/// Of every slot that holds an order.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct HotRecord {
    owner: U32,
    lots: I64,
    reserve_lots: I64,
    display_lots: I64,
}

impl Books {
    /// Hot halves, generations and free slots.
    pub(crate) fn save_slots(&self, w: &mut Writer<'_>) {
        let Self {
            nodes,
            reserves,
            free,
            live,
            orders_max: _,
            pages: _,
            ladders: _,
            books: _,
            owners: _,
        } = self;
        for node in nodes {
            let (generation, flags) = (node.generation.into(), node.flags.into());
            w.record(&SlotRecord { generation, flags });
        }
        w.count(nodes.len() - live);
        let mut next = *free;
        while let Some(slot) = next.some() {
            w.u32(slot.0);
            next = nodes[slot.0 as usize].older;
        }
        for (node, reserve) in nodes.iter().zip(reserves).filter(|(n, _)| n.flags & LIVE != 0) {
            let Node { older: _, younger: _, level: _, owner, lots, generation: _, flags } = *node;
            // What is left there of an iceberg that has shown all is nobody's.
            let Reserve { lots: reserve_lots, display_lots } =
                if flags & RESERVE != 0 { *reserve } else { Reserve::default() };
            w.record(&HotRecord {
                owner: owner.into(),
                lots: lots.into(),
                reserve_lots: reserve_lots.into(),
                display_lots: display_lots.into(),
            });
        }
    }

    /// Into a slab of no orders, with room for what `counts` says.
    pub(crate) fn load_slots(
        &mut self,
        r: &mut Reader<'_>,
        counts: &Counts,
    ) -> Result<(), SnapshotError> {
        let slots: &[SlotRecord] = r.records(counts.slots.get() as usize)?;
        let free = r.list()?;
        let is_live = |slot: &&SlotRecord| slot.flags.get() & LIVE != 0;
        let mut hot = r.records::<HotRecord>(slots.iter().filter(is_live).count())?.iter();
        for slot in slots {
            let mut node = Node { generation: slot.generation.get(), ..NOBODY };
            let mut reserve = Reserve::default();
            node.flags = slot.flags.get();
            if is_live(&slot)
                && let Some(hot) = hot.next()
            {
                (node.owner, node.lots) = (hot.owner.get(), hot.lots.get());
                reserve.lots = hot.reserve_lots.get();
                reserve.display_lots = hot.display_lots.get();
            }
            let flags = [0, LIVE, LIVE | RESERVE].contains(&node.flags);
            r.check(flags && node.generation != 0, "a slot in no state")?;
            r.index(node.owner, counts.owners.get().max(1) as usize)?;
            let iceberg = node.flags & RESERVE != 0;
            let fine = if iceberg { 1..=i64::MAX } else { 0..=0 };
            r.check(
                node.lots >= 0
                    && node.lots.checked_add(reserve.lots).is_some()
                    && fine.contains(&reserve.lots)
                    && fine.contains(&reserve.display_lots),
                "quantities that cannot be",
            )?;
            self.nodes.push(node);
            self.reserves.push(reserve);
        }
        let mut seen = Marks::new(slots.len());
        for slot in free.iter().rev().map(|slot| slot.get()) {
            r.check(seen.first_time(slot), "a free slot twice")?;
            let node = &mut self.nodes[slot as usize];
            r.check(node.flags == 0 && node.generation != u32::MAX, "a free slot that is none")?;
            node.older = std::mem::replace(&mut self.free, Slot(slot));
        }
        let may_be_free = |node: &&Node| node.flags == 0 && node.generation != u32::MAX;
        let all = self.nodes.iter().filter(may_be_free).count() == free.len();
        r.check(all, "a slot that is neither free nor used")?;
        self.live = slots.len() - free.len();
        r.check(self.live == counts.orders.get() as usize, "another number than in the header")
    }

    /// What is the book's own, and who stands in it: kind by kind, buyers first, best price first,
    /// oldest first.
    pub(crate) fn save_queues(&self, w: &mut Writer<'_>) {
        for (at, book) in (0..).zip(&self.books) {
            let Book { best, top: _, low, high, shares, rpt_seq, checksum, orders } = book;
            [*low, *high].into_iter().for_each(|ticks| w.u32(ticks));
            w.flag(shares.is_some());
            if let Some(ShareRules { top_order_percent, minimum_lots }) = shares {
                w.i64(*top_order_percent);
                w.i64(*minimum_lots);
            }
            w.u64(*rpt_seq);
            w.u64(*checksum);
            w.u32(*orders);
            for ((kind, side), best) in places().zip(best) {
                let ladder = &self.ladders[ladder_id(at, kind, side) as usize];
                let mut rank = *best;
                while rank != 0 {
                    let level = self.pages.level(ladder.level_at(rank));
                    let PriceLevel { oldest, youngest: _, lots: _ } = *level;
                    w.u32(book.ticks(kind, side, rank));
                    let mut next = oldest;
                    while let Some(slot) = next.some() {
                        w.u32(slot.0);
                        next = self.nodes[slot.0 as usize].younger;
                    }
                    w.u32(END.0);
                    rank = ladder.next_below(&self.pages, rank);
                }
                w.u32(END.1);
            }
        }
    }

    /// Makes the books of these instruments, of slots that are there and rest nowhere.
    pub(crate) fn load_queues(
        &mut self,
        r: &mut Reader<'_>,
        instruments: &[Instrument],
        counts: &Counts,
    ) -> Result<(), SnapshotError> {
        for (at, instrument) in (0..).zip(instruments) {
            let (low, high) = (r.u32()?, r.u32()?);
            let shares = match r.flag()? {
                true => Some(ShareRules { top_order_percent: r.i64()?, minimum_lots: r.i64()? }),
                false => None,
            };
            self.add_book(instrument.ticks_max, shares);
            self.set_band(at, low, high);
            let book = self.book_mut(at);
            (book.rpt_seq, book.checksum, book.orders) = (r.u64()?, r.u64()?, r.u32()?);
            for (kind, side) in places() {
                let mut rank = u32::MAX;
                loop {
                    let ticks = r.u32()?;
                    if ticks == END.1 {
                        break;
                    }
                    r.check(ticks <= instrument.ticks_max, "a price out of range")?;
                    let next = self.rank(at, kind, side, ticks);
                    // Who waits has no price: one stands for all.
                    let same = self.book(at).ticks(kind, side, next) == ticks;
                    r.check(same && next < rank, "prices out of order")?;
                    rank = next;
                    self.load_price(r, at, kind, side, rank, counts)?;
                }
            }
        }
        let pages = counts.pages.get() as usize;
        r.check(self.pages.used() == pages, "another number than in the header")
    }

    /// The orders at one price, at least one.
    fn load_price(
        &mut self,
        r: &mut Reader<'_>,
        at: u32,
        kind: Kind,
        side: Side,
        rank: u32,
        counts: &Counts,
    ) -> Result<(), SnapshotError> {
        let id = ladder_id(at, kind, side);
        let level = self.ladders[id as usize].level(&mut self.pages, id, rank);
        r.check(self.pages.used() <= counts.pages.get() as usize, "more prices than it says")?;
        let mut lots = 0i64;
        let mut first = true;
        loop {
            let slot = r.u32()?;
            if slot == END.0 {
                break;
            }
            let node = self.nodes.get(slot as usize);
            let node = node.ok_or(r.wrong("an index out of range"))?;
            let rests = node.flags & LIVE != 0 && node.level == NOWHERE && node.lots > 0;
            r.check(rests, "an order that cannot rest here")?;
            let sum = lots.checked_add(self.open_lots(Slot(slot)));
            lots = sum.ok_or(r.wrong("quantities that cannot be"))?;
            self.append(Slot(slot), level);
            first = false;
        }
        r.check(!first, "a price without orders")?;
        self.pages.level_mut(level).lots = lots;
        self.ladders[id as usize].occupy(&mut self.pages, level);
        let best = &mut self.books[at as usize].best[super::place(kind, side)];
        *best = (*best).max(rank);
        Ok(())
    }

    /// Pages of prices in use.
    pub(crate) fn used_pages(&self) -> usize {
        self.pages.used()
    }
}

/// A slot without an order.
const NOBODY: Node = Node {
    older: Slot::NONE,
    younger: Slot::NONE,
    level: NOWHERE,
    owner: 0,
    lots: 0,
    generation: 0,
    flags: 0,
};

/// The ladders of a book, in the order of their places.
fn places() -> impl Iterator<Item = (Kind, Side)> {
    KINDS.into_iter().flat_map(|kind| [(kind, Side::Buy), (kind, Side::Sell)])
}

#[cfg(test)]
mod tests {
    use super::super::Identity;
    use crate::engine::{Engine, Limits};

    /// No log is long enough to use a slot up: it is made here, and it counts as live for ever.
    #[test]
    fn a_slot_that_is_used_up_comes_back_as_one() {
        let limits = Limits { orders_max: 5, pages_max: 5, ..Limits::default() };
        let mut engine = Engine::new(limits);
        engine.books.add_owner(Identity { account: 0, user: 0, firm: 0 });
        let slots = [0; 3].map(|owner| engine.books.take(owner));
        engine.books.nodes[slots[1].0 as usize].generation = u32::MAX;
        slots.into_iter().for_each(|slot| engine.books.give_back(slot));
        assert_eq!((engine.books.live(), engine.books.used_slots()), (1, 3));

        let mut bytes = Vec::new();
        engine.save(&mut |piece| bytes.extend_from_slice(piece));
        let mut again = Engine::restore(limits, &bytes).expect("a snapshot");
        assert_eq!(again.state_hash(), engine.state_hash());
        again.books.add_owner(Identity { account: 0, user: 0, firm: 0 });
        for _ in 0..3 {
            assert_eq!(
                again.books.take(0),
                engine.books.take(0),
                "the same slots, in the same order"
            );
        }
        assert_eq!((again.books.live(), again.books.has_room()), (4, true));
    }
}

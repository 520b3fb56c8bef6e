//! The snapshot channel, read: one whole book at a time.
//!
//! A snapshot counts only if every one of its packets came: its channel's own sequence shows a
//! missing one, and what was collected so far is thrown away; the next cycle brings it again. A
//! complete one must also add up to its own checksum. Next: `instrument.rs` decides what it is for.

use crate::book::Book;
use crate::packet::Packet;
use sbe_schemas::header::{self, Message};
use sbe_schemas::market_data as md;

/// What comes out.
#[derive(Debug)]
pub enum Collected {
    /// A snapshot begins; it also defines its instrument.
    Begun(md::SnapshotBegin),
    /// A snapshot came to its end, whole.
    Complete(md::SnapshotBegin, Book),
    /// One was thrown away because a packet is missing or out of place.
    Cut(md::SnapshotBegin),
    /// One was whole but contradicts itself.
    Wrong(md::SnapshotBegin),
}

/// Collects one snapshot after the other.
#[derive(Debug, Default)]
pub struct Collector {
    orders_max: usize,
    /// Sequences of the packet before: its first, and the first after it.
    last: Option<(u64, u64)>,
    under_way: Option<(md::SnapshotBegin, Book)>,
}

impl Collector {
    /// Takes books of at most `orders_max` orders; larger ones count as cut.
    pub fn new(orders_max: usize) -> Self {
        Self { orders_max, ..Self::default() }
    }

    /// Takes a packet of the snapshot channel. `false`: it came twice.
    pub fn on_packet(&mut self, packet: &Packet<'_>, give: &mut impl FnMut(Collected)) -> bool {
        let start = packet.header.sequence.get();
        let end = start.wrapping_add(packet.header.message_count.get().into());
        if self.last == Some((start, end)) {
            return false;
        }
        if self.last.is_some_and(|(_, next)| next != start) {
            self.cut(give);
        }
        self.last = Some((start, end));
        for message in packet.messages() {
            self.on_message(message, give);
        }
        true
    }

    fn on_message(&mut self, bytes: &[u8], give: &mut impl FnMut(Collected)) {
        let Ok(header) = header::header(bytes) else { return self.cut(give) };
        match header.template_id.get() {
            md::SnapshotBegin::TEMPLATE_ID => match md::SnapshotBegin::decode(bytes) {
                Ok((begin, ..)) => self.begin(*begin, give),
                Err(_) => self.cut(give),
            },
            md::SnapshotOrder::TEMPLATE_ID => match md::SnapshotOrder::decode(bytes) {
                Ok((order, ..)) => self.order(order, give),
                Err(_) => self.cut(give),
            },
            md::SnapshotEnd::TEMPLATE_ID => match md::SnapshotEnd::decode(bytes) {
                Ok((end, ..)) => self.end(end, give),
                Err(_) => self.cut(give),
            },
            _ => {} // Of a later version; it belongs to no book that we know.
        }
    }

    fn begin(&mut self, begin: md::SnapshotBegin, give: &mut impl FnMut(Collected)) {
        self.cut(give);
        give(Collected::Begun(begin));
        if usize::try_from(begin.orders.get()).is_ok_and(|orders| orders <= self.orders_max) {
            self.under_way = Some((begin, Book::empty_at(begin.rpt_seq.get())));
        } else {
            give(Collected::Cut(begin));
        }
    }

    fn order(&mut self, order: &md::SnapshotOrder, give: &mut impl FnMut(Collected)) {
        // None under way: it began before we came, or was cut.
        let Some((begin, book)) = &mut self.under_way else { return };
        let fits = book.orders() < begin.orders.get() as usize;
        if order.instrument != begin.instrument || !fits || book.put(order).is_err() {
            let begin = *begin;
            self.under_way = None;
            give(Collected::Wrong(begin));
        }
    }

    fn end(&mut self, end: &md::SnapshotEnd, give: &mut impl FnMut(Collected)) {
        let Some((begin, book)) = self.under_way.take() else { return };
        let right = end.instrument == begin.instrument
            && end.orders == begin.orders
            && end.rpt_seq == begin.rpt_seq
            && end.orders.get() as usize == book.orders()
            && end.checksum.get() == book.checksum();
        give(if right { Collected::Complete(begin, book) } else { Collected::Wrong(begin) });
    }

    fn cut(&mut self, give: &mut impl FnMut(Collected)) {
        if let Some((begin, _)) = self.under_way.take() {
            give(Collected::Cut(begin));
        }
    }
}

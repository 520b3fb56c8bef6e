//! The snapshot channel: whole books for those who join late or have lost messages.
//!
//! Packets of their own channel, marked as snapshot, counted by a sequence of their own. A snapshot
//! says which message of the incremental channel it includes last, so a listener knows where to go
//! on. The engine it is taken from is the understudy's, between two batches.

use crate::packet::PacketBuffer;
use engine::Engine;
use engine::hash::order_sum;
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{Decimal8, PacketFlags};

/// One cycle after the other.
pub struct SnapshotCycle {
    packet: PacketBuffer,
    sequence: u64,
    cycle: u32,
}

impl SnapshotCycle {
    /// For this channel.
    pub fn new(channel: u16, epoch: u32) -> Self {
        let packet = PacketBuffer::new(channel, epoch, PacketFlags::SNAPSHOT);
        Self { packet, sequence: 1, cycle: 0 }
    }

    /// Packs all books; calls `send` for each packet.
    pub fn run(&mut self, engine: &Engine, mut send: impl FnMut(&[u8])) {
        self.cycle = self.cycle.wrapping_add(1);
        let books = engine.instruments().len();
        for at in 0..books {
            self.book(engine, at, at + 1 == books, &mut send);
        }
        self.close(&mut send);
    }

    fn book(&mut self, engine: &Engine, at: usize, is_last: bool, send: &mut impl FnMut(&[u8])) {
        let (Some(i), Some(book)) = (engine.instruments().get(at), engine.book(at)) else { return };
        let instrument = at as u32 + 1;
        let time = engine.now();
        let begin = md::SnapshotBegin {
            instrument: instrument.into(),
            orders: book.orders.into(),
            rpt_seq: book.rpt_seq.into(),
            sequence: (engine.feed_seq() - 1).into(),
            seq: engine.seq().into(),
            symbol: i.symbol,
            tick_size: Decimal8::new(i.tick_size),
            lot_size: Decimal8::new(i.lot_size),
            quantity_max: Decimal8::new(i.quantity_max),
            phase: i.phase.into(),
            bands: i.bands_told,
        };
        self.push(&begin, time, send);
        let mut checksum = 0_u64;
        for (order, shown) in engine.resting(at) {
            let (price, qty) = (i.price(order.ticks), i.qty(shown));
            let sum = order_sum(order.id.0, order.side.code(), price, qty, order.priority);
            checksum = checksum.wrapping_add(sum);
            let told = md::SnapshotOrder {
                instrument: instrument.into(),
                side: order.side.into(),
                order_id: order.id.0.into(),
                price: Decimal8::new(price),
                qty: Decimal8::new(qty),
                priority: order.priority.into(),
            };
            self.push(&told, time, send);
        }
        assert_eq!(checksum, book.checksum, "the running checksum is that of the book");
        let end = md::SnapshotEnd {
            instrument: instrument.into(),
            orders: book.orders.into(),
            rpt_seq: book.rpt_seq.into(),
            checksum: checksum.into(),
            cycle: self.cycle.into(),
            last_of_cycle: u8::from(is_last),
        };
        self.push(&end, time, send);
    }

    fn push<M: Message>(&mut self, message: &M, time: u64, send: &mut impl FnMut(&[u8])) {
        let mut bytes = [0; 256];
        let length = message.encode(&mut bytes).expect("snapshot messages are short");
        if !self.packet.fits(length) {
            self.close(send);
        }
        self.packet.push(&bytes[..length], self.sequence, time);
        self.sequence += 1;
    }

    fn close(&mut self, send: &mut impl FnMut(&[u8])) {
        if !self.packet.is_empty() {
            send(self.packet.finish());
            self.packet.clear();
        }
    }
}

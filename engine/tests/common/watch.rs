//! What must hold for every event, whatever a test is about.
//!
//! A book is rebuilt here from the feed alone, the slow way, and compared with the engine's.

use super::words::copy_words;
use engine::hash::order_sum;
use engine::{Engine, Event, SUMMARY_MESSAGES_MAX};
use sbe_schemas::market_data as md;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{EventKind, FeedFlags, OrdStatus, Phase, Side};
use std::collections::BTreeMap;

/// A number before its own is kept for the sum of the trades of which it tells the first.
pub(crate) fn follows_a_summary(event: &Event) -> bool {
    let flags = event.get::<md::OrderExecute>().map(|m| m.flags);
    let flags = flags.or_else(|| event.get::<md::Trade>().map(|m| m.flags));
    flags.is_some_and(|flags| flags.has(FeedFlags::FIRST_OF_SUMMARY))
}

#[derive(Default)]
pub(crate) struct Watch {
    feed_seq: u64,
    exec_id: u64,
    time: u64,
    /// Generation and number of the last report of a session.
    numbers: BTreeMap<u32, (u32, u64)>,
    /// Session of each order.
    owners: BTreeMap<u64, u32>,
    /// The public trade told last, and what the ones before it were summed up in.
    traded: PublicTrade,
    summed: Summed,
    books: BTreeMap<u32, FeedBook>,
}

#[derive(Default)]
struct PublicTrade {
    trade_id: u64,
    price: i64,
    number: u64,
    is_first: bool,
}

/// Whose trades, at which price, from which number on.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Summed {
    seq: u64,
    order_id: u64,
    price: i64,
    number: u64,
}

#[derive(Default)]
struct FeedBook {
    phase: Option<Phase>,
    rpt_seq: u64,
    orders: Vec<FeedOrder>,
}

#[derive(Clone, Copy)]
struct FeedOrder {
    id: u64,
    side: Side,
    price: i64,
    qty: i64,
    priority: u64,
}

impl Watch {
    pub(crate) fn see(&mut self, events: &[Event]) {
        for event in events {
            assert!(event.head.time.get() >= self.time, "time runs backwards");
            self.time = event.head.time.get();
            match event.kind().unwrap() {
                EventKind::Report => self.see_report(event),
                EventKind::Market => self.see_market(event),
                EventKind::Control => assert_eq!(event.head.number.get(), 0),
            }
        }
    }

    /// The book that follows from the feed is the engine's, and it is not crossed.
    pub(crate) fn check(&self, engine: &Engine) {
        for (at, instrument) in engine.instruments().iter().enumerate() {
            let number = at as u32 + 1;
            let mut told = self.books.get(&number).map_or(Vec::new(), |book| book.orders.clone());
            told.sort_by_key(|o| match o.side {
                Side::Buy => (0, -o.price, o.priority),
                Side::Sell => (1, o.price, o.priority),
            });
            let book = engine.books().book(at as u32);
            let resting: Vec<_> = engine.resting(at).collect();
            assert_eq!(told.len(), resting.len());
            assert_eq!(book.orders as usize, resting.len());
            let mut sum = 0u64;
            for (told, (order, shown)) in told.iter().zip(&resting) {
                let (price, qty) = (instrument.price(order.ticks), instrument.qty(*shown));
                assert!(order.filled_lots >= 0 && (1..=order.open_lots()).contains(shown));
                assert_eq!(
                    (told.id, told.side, told.price, told.qty, told.priority),
                    (order.id.0, order.side, price, qty, order.priority),
                );
                let one = order_sum(told.id, told.side.code(), price, qty, told.priority);
                sum = sum.wrapping_add(one);
            }
            assert_eq!(sum, book.checksum, "the checksum is the sum over a walk");
            let best = |side| resting.iter().find(|(o, _)| o.side == side).map(|(o, _)| o.ticks);
            let open = instrument.phase == Phase::Continuous;
            if let (Some(bid), Some(ask), true) = (best(Side::Buy), best(Side::Sell), open) {
                assert!(bid < ask, "crossed: {bid} {ask}");
            }
        }
    }

    fn see_report(&mut self, event: &Event) {
        let session = event.head.session.get();
        let (generation, number) = (event.head.generation.get(), event.head.number.get());
        let last = self.numbers.entry(session).or_insert((1, 0));
        let next = if last.0 == generation { last.1 + 1 } else { 1 };
        assert!(generation == last.0 || generation == last.0 + 1);
        assert_eq!(number, next, "a session's numbers have no gap");
        *last = (generation, number);
        if copy_words(event).is_some() {
            return; // It has been seen.
        }

        if let Some(r) = event.get::<oe::ExecutionReportNew>() {
            self.owners.insert(r.order_id.get(), session);
            self.see_exec(r.exec_id.get());
        } else if let Some(r) = event.get::<oe::QuoteAck>() {
            let ids = [r.bid_order_id.get(), r.offer_order_id.get()];
            for id in ids.into_iter().filter(|id| *id != 0) {
                assert_eq!(*self.owners.entry(id).or_insert(session), session, "a stranger's");
            }
        } else if let Some(r) = event.get::<oe::ExecutionReportTrade>() {
            self.see_owner(session, r.order_id.get());
            self.see_exec(r.exec_id.get());
            let (order, cum, leaves) = (r.order_qty.get(), r.cum_qty.get(), r.leaves_qty.get());
            assert!(leaves >= 0 && r.last_qty.get() > 0 && cum >= r.last_qty.get());
            assert_eq!(order, cum + leaves, "no order fills beyond its quantity");
            let status = if leaves == 0 { OrdStatus::Filled } else { OrdStatus::PartiallyFilled };
            assert_eq!(r.ord_status.known(), Some(status));
            self.see_traded(event.head.seq.get(), r);
        } else if let Some(r) = event.get::<oe::ExecutionReportTradeBust>() {
            self.see_owner(session, r.order_id.get());
            assert!(r.exec_ref_id.get() < r.exec_id.get());
            self.see_exec(r.exec_id.get());
        } else if let Some(r) = event.get::<oe::ExecutionReportReplaced>() {
            self.see_owner(session, r.order_id.get());
            self.see_exec(r.exec_id.get());
            assert_eq!(r.order_qty.get(), r.cum_qty.get() + r.leaves_qty.get());
        } else if let Some(r) = event.get::<oe::ExecutionReportExpired>() {
            self.see_owner(session, r.order_id.get());
            self.see_exec(r.exec_id.get());
        } else if let Some(r) = event.get::<oe::ExecutionReportCanceled>() {
            self.see_owner(session, r.order_id.get());
            self.see_exec(r.exec_id.get());
            assert!(r.cum_qty.get() < r.order_qty.get());
        } else if let Some(r) = event.get::<oe::ExecutionReportStatus>() {
            self.see_owner(session, r.order_id.get());
        } else if let Some(r) = event.get::<oe::CancelReject>()
            && r.order_id.get() != 0
        {
            self.see_owner(session, r.order_id.get());
        }
    }

    /// What an order trades at one price is summed up once, as far as 64 messages reach; an uncross is not.
    fn see_traded(&mut self, seq: u64, r: &oe::ExecutionReportTrade) {
        let told = &self.traded;
        assert_eq!(told.trade_id, r.trade_id.get(), "the public learns of each trade");
        if r.aggressor == 0 {
            assert!(r.auction == 0 || !told.is_first);
            return;
        }
        let Summed { number, .. } = self.summed;
        let now = Summed { seq, order_id: r.order_id.get(), price: told.price, number };
        let goes_on = now == self.summed && told.number - number < SUMMARY_MESSAGES_MAX;
        assert_eq!(told.is_first, !goes_on, "a sum for each price");
        self.summed = if goes_on { now } else { Summed { number: told.number - 1, ..now } };
    }

    fn see_owner(&self, session: u32, order_id: u64) {
        assert_eq!(self.owners.get(&order_id), Some(&session), "a report to a stranger");
    }

    fn see_exec(&mut self, exec_id: u64) {
        assert!(exec_id > self.exec_id);
        self.exec_id = exec_id;
    }

    fn see_market(&mut self, event: &Event) {
        // The number before that of the first trade at a price is its summary's, which is not made here.
        self.feed_seq += 1 + u64::from(follows_a_summary(event));
        assert_eq!(event.head.number.get(), self.feed_seq, "the feed has no gap");
        let (number, is_first) = (event.head.number.get(), follows_a_summary(event));
        if let Some(m) = event.get::<md::OrderExecute>() {
            let (trade_id, price) = (m.trade_id.get(), m.price.get());
            self.traded = PublicTrade { trade_id, price, number, is_first };
        } else if let Some(m) = event.get::<md::Trade>() {
            let (trade_id, price) = (m.trade_id.get(), m.price.get());
            self.traded = PublicTrade { trade_id, price, number, is_first };
        }
        let book = self.books.entry(event.head.session.get()).or_default();
        if let Some(m) = event.get::<md::OrderAdd>() {
            let priority = book.next(m.rpt_seq.get());
            book.orders.push(FeedOrder {
                id: m.order_id.get(),
                side: m.side.known().unwrap(),
                price: m.price.get(),
                qty: m.qty.get(),
                priority,
            });
        } else if let Some(m) = event.get::<md::OrderReduce>() {
            book.next(m.rpt_seq.get());
            let at = book.find(m.order_id.get());
            assert!(m.qty.get() < book.orders[at].qty && m.qty.get() > 0);
            book.orders[at].qty = m.qty.get();
        } else if let Some(m) = event.get::<md::OrderDelete>() {
            book.next(m.rpt_seq.get());
            let at = book.find(m.order_id.get());
            book.orders.remove(at);
        } else if let Some(m) = event.get::<md::OrderExecute>() {
            book.next(m.rpt_seq.get());
            let at = book.find(m.order_id.get());
            let better = match book.orders[at].side {
                Side::Buy => book.orders[at].price - m.price.get(),
                Side::Sell => m.price.get() - book.orders[at].price,
            };
            assert!(better == 0 || (better > 0 && book.phase != Some(Phase::Continuous)));
            book.orders[at].qty -= m.qty.get();
            assert_eq!(book.orders[at].qty, m.leaves_qty.get());
            if m.leaves_qty.get() == 0 {
                book.orders.remove(at);
            }
        } else if let Some(m) = event.get::<md::BookClear>() {
            book.next(m.rpt_seq.get());
            assert!(!std::mem::take(&mut book.orders).is_empty(), "there was something to clear");
        } else if let Some(m) = event.get::<md::BookChecksum>() {
            let sum = |o: &FeedOrder| order_sum(o.id, o.side.code(), o.price, o.qty, o.priority);
            let sum = book.orders.iter().map(sum).fold(0, u64::wrapping_add);
            let (rpt_seq, orders) = (m.rpt_seq.get(), m.orders.get() as usize);
            assert_eq!((rpt_seq, orders), (book.rpt_seq, book.orders.len()));
            assert_eq!(m.checksum.get(), sum);
        } else if let Some(m) = event.get::<md::InstrumentDefinition>() {
            book.phase = m.phase.known();
        } else if let Some(m) = event.get::<md::TradingStatus>() {
            book.phase = m.phase.known();
        } else {
            let auction = event.get::<md::AuctionIndicative>().is_some()
                || event.get::<md::AuctionResult>().is_some();
            let bust = event.get::<md::TradeBust>().is_some();
            let bands = event.get::<md::PriceBands>().is_some();
            assert!(auction || bust || bands || event.get::<md::Trade>().is_some());
        }
    }
}

impl FeedBook {
    fn next(&mut self, rpt_seq: u64) -> u64 {
        self.rpt_seq += 1;
        assert_eq!(rpt_seq, self.rpt_seq, "an instrument's messages have no gap");
        rpt_seq
    }

    fn find(&self, id: u64) -> usize {
        self.orders.iter().position(|o| o.id == id).expect("the feed told of this order")
    }
}

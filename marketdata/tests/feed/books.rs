//! What a book takes, what it refuses, and what it shows.

use marketdata::{Book, BookError, BookMessage};
use sbe_schemas::market_data as md;
use sbe_schemas::types::{Decimal8, FeedFlags, Side};

fn add(rpt_seq: u64, order_id: u64, side: Side, price: i64, qty: i64) -> BookMessage {
    BookMessage::Add(md::OrderAdd {
        instrument: 1.into(),
        flags: FeedFlags::EMPTY,
        side: side.into(),
        rpt_seq: rpt_seq.into(),
        seq: 0.into(),
        order_id: order_id.into(),
        price: Decimal8::new(price),
        qty: Decimal8::new(qty),
    })
}

fn reduce(rpt_seq: u64, order_id: u64, side: Side, qty: i64) -> BookMessage {
    BookMessage::Reduce(md::OrderReduce {
        instrument: 1.into(),
        flags: FeedFlags::EMPTY,
        side: side.into(),
        rpt_seq: rpt_seq.into(),
        seq: 0.into(),
        order_id: order_id.into(),
        qty: Decimal8::new(qty),
    })
}

fn delete(rpt_seq: u64, order_id: u64, side: Side) -> BookMessage {
    BookMessage::Delete(md::OrderDelete {
        instrument: 1.into(),
        flags: FeedFlags::EMPTY,
        side: side.into(),
        rpt_seq: rpt_seq.into(),
        seq: 0.into(),
        order_id: order_id.into(),
    })
}

/// A buyer's order trades.
fn execute(rpt_seq: u64, order_id: u64, price: i64, qty: i64, leaves: i64) -> BookMessage {
    BookMessage::Execute(md::OrderExecute {
        instrument: 1.into(),
        flags: FeedFlags::EMPTY,
        side: Side::Buy.into(),
        rpt_seq: rpt_seq.into(),
        seq: 0.into(),
        order_id: order_id.into(),
        trade_id: 1.into(),
        price: Decimal8::new(price),
        qty: Decimal8::new(qty),
        leaves_qty: Decimal8::new(leaves),
    })
}

fn checksum(rpt_seq: u64, orders: u32, checksum: u64) -> BookMessage {
    BookMessage::Checksum(md::BookChecksum {
        instrument: 1.into(),
        flags: FeedFlags::EMPTY,
        orders: orders.into(),
        rpt_seq: rpt_seq.into(),
        checksum: checksum.into(),
    })
}

/// Buyers 7 @ 100 and then 5 @ 100, 9 @ 99, a seller 4 @ 101; at `rptSeq` 4.
fn book() -> Book {
    let mut book = Book::default();
    for message in [
        add(1, 11, Side::Buy, 99, 9),
        add(2, 12, Side::Buy, 100, 7),
        add(3, 13, Side::Buy, 100, 5),
        add(4, 14, Side::Sell, 101, 4),
    ] {
        assert_eq!(book.apply(&message, 1), Ok(()));
    }
    book
}

fn ids(book: &Book) -> Vec<u64> {
    book.walk().map(|order| order.order_id).collect()
}

#[test]
fn orders_stand_by_price_and_then_by_age() {
    assert_eq!(ids(&book()), [12, 13, 11, 14]);
    let negative = [add(1, 1, Side::Buy, -5, 1), add(2, 2, Side::Buy, i64::MIN, 1)];
    let mut spreads = Book::default();
    assert!(negative.iter().all(|message| spreads.apply(message, 9) == Ok(())));
    assert_eq!(ids(&spreads), [1, 2]);
}

#[test]
fn the_ladder_adds_up_what_is_open_at_each_price() {
    let book = book();
    let ladder: Vec<(i64, i128, u32)> =
        book.levels(Side::Buy).map(|l| (l.price.get(), l.qty, l.orders)).collect();
    assert_eq!(ladder, [(100, 12, 2), (99, 9, 1)]);
    assert_eq!(book.levels(Side::Sell).count(), 1);
}

#[test]
fn a_reduced_order_keeps_its_place_and_a_filled_one_leaves_it() {
    let mut book = book();
    assert_eq!(book.apply(&reduce(5, 12, Side::Buy, 3), 0), Ok(()));
    assert_eq!(ids(&book), [12, 13, 11, 14]);
    assert_eq!(book.apply(&execute(6, 12, 100, 1, 2), 0), Ok(()));
    assert_eq!(book.apply(&execute(7, 12, 100, 2, 0), 0), Ok(()));
    assert_eq!(book.apply(&delete(8, 11, Side::Buy), 0), Ok(()));
    assert_eq!((ids(&book), book.rpt_seq()), (vec![13, 14], 8));
}

#[test]
fn an_order_that_is_not_first_may_trade_and_at_a_better_price_than_its_own() {
    let mut book = book();
    assert_eq!(book.apply(&execute(5, 13, 100, 1, 4), 0), Ok(()), "pro-rata");
    assert_eq!(book.apply(&execute(6, 12, 95, 7, 0), 0), Ok(()), "an uncross below its limit");
    assert_eq!(ids(&book), [13, 11, 14]);
}

#[test]
fn a_book_may_stand_crossed() {
    let mut book = book();
    assert_eq!(book.apply(&add(5, 15, Side::Buy, 105, 1), 1), Ok(()));
    assert_eq!(ids(&book), [15, 12, 13, 11, 14]);
}

#[test]
fn the_next_part_of_an_iceberg_is_the_same_order_at_the_back() {
    let mut book = book();
    assert_eq!(book.apply(&execute(5, 12, 100, 7, 0), 0), Ok(()));
    assert_eq!(book.apply(&add(6, 12, Side::Buy, 100, 7), 1), Ok(()));
    assert_eq!(ids(&book), [13, 12, 11, 14]);
    assert_eq!(book.orders(), 4);
}

#[test]
fn what_cannot_be_true_is_refused_and_changes_nothing() {
    let before = book();
    for (message, error) in [
        (add(6, 20, Side::Buy, 1, 1), BookError::RptSeq { at: 4, seen: 6 }),
        (add(4, 20, Side::Buy, 1, 1), BookError::RptSeq { at: 4, seen: 4 }),
        (add(0, 20, Side::Buy, 1, 1), BookError::RptSeq { at: 4, seen: 0 }),
        (add(5, 12, Side::Buy, 1, 1), BookError::KnownOrder),
        (add(5, 20, Side::Buy, 1, 0), BookError::Qty),
        (reduce(5, 20, Side::Buy, 1), BookError::UnknownOrder),
        (reduce(5, 12, Side::Sell, 1), BookError::Side),
        (reduce(5, 12, Side::Buy, 7), BookError::Qty),
        (reduce(5, 12, Side::Buy, 0), BookError::Qty),
        (delete(5, 20, Side::Buy), BookError::UnknownOrder),
        (delete(5, 14, Side::Buy), BookError::Side),
        (execute(5, 12, 100, 8, 0), BookError::Qty),
        (execute(5, 12, 100, 8, -1), BookError::Qty),
        (execute(5, 12, 100, 3, 3), BookError::Qty),
        (execute(5, 12, 100, i64::MIN, i64::MAX), BookError::Qty),
        (execute(5, 12, 101, 1, 6), BookError::Price),
        (execute(5, 20, 100, 1, 0), BookError::UnknownOrder),
        (checksum(4, 4, before.checksum() ^ 1), BookError::Checksum),
        (checksum(4, 5, before.checksum()), BookError::Checksum),
    ] {
        let mut book = before.clone();
        assert_eq!(book.apply(&message, 9), Err(error), "{message:?}");
        assert_eq!(book, before, "{message:?}");
    }
    let mut full = before.clone();
    assert_eq!(full.apply(&add(5, 20, Side::Buy, 1, 1), 0), Err(BookError::Full));
    assert_eq!(full.apply(&checksum(4, 4, before.checksum()), 0), Ok(()));
    assert_eq!(full, before);
}

#[test]
fn the_checksum_of_a_book_does_not_depend_on_how_it_came_about() {
    let mut long_way = Book::default();
    let way = [
        add(1, 11, Side::Buy, 99, 9),
        add(2, 12, Side::Buy, 100, 10),
        add(3, 13, Side::Buy, 100, 5),
        add(4, 14, Side::Sell, 101, 4),
        add(5, 15, Side::Sell, 105, 4),
        reduce(6, 12, Side::Buy, 8),
        execute(7, 12, 100, 1, 7),
        delete(8, 15, Side::Sell),
    ];
    assert!(way.iter().all(|message| long_way.apply(message, 9) == Ok(())));
    assert_eq!(long_way.checksum(), book().checksum());
    let recomputed = long_way.walk().fold(0_u64, |sum, order| sum.wrapping_add(order.sum()));
    assert_eq!(long_way.checksum(), recomputed);
}

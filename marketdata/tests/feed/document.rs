//! docs/wire/feed.md is true: its worked example, its sizes, its numbers.

use marketdata::packet::{ENCODING, FRAME_BYTES, HEADER_BYTES, PACKET_BYTES_MAX};
use marketdata::{Book, BookMessage};
use sbe_schemas::header::{Message, MessageHeader};
use sbe_schemas::market_data as md;
use sbe_schemas::types::{Decimal8, FeedFlags, Side};

const DOCUMENT: &str = include_str!("../../../docs/wire/feed.md");

fn says(text: &str) {
    assert!(DOCUMENT.contains(text), "docs/wire/feed.md should say {text:?}");
}

/// The formula again, as the document spells it: independent of the engine's code.
fn order_sum(order_id: u64, side: u64, price: i64, qty: i64, priority: u64) -> u64 {
    [order_id, side, price as u64, qty as u64, priority].into_iter().fold(
        0x6A09_E667_F3BC_C909,
        |hash, word| {
            let product = u128::from(hash ^ word) * 0x9E37_79B9_7F4A_7C15;
            let (high, low) = ((product >> 64) as u64, product as u64);
            high ^ low.rotate_left(23) ^ 0x6A09_E667_F3BC_C909
        },
    )
}

#[test]
fn the_worked_example_of_the_checksum_is_right() {
    let orders = [
        (4_294_967_296, Side::Buy, 10_000_000_000, 500_000_000, 1),
        (4_294_967_297, Side::Sell, 10_050_000_000, 200_000_000, 2),
    ];
    let mut book = Book::default();
    let mut sum = 0_u64;
    for (order_id, side, price, qty, rpt_seq) in orders {
        let add = md::OrderAdd {
            instrument: 1.into(),
            flags: FeedFlags::EMPTY,
            side: side.into(),
            rpt_seq: rpt_seq.into(),
            seq: 0.into(),
            order_id: order_id.into(),
            price: Decimal8::new(price),
            qty: Decimal8::new(qty),
        };
        assert_eq!(book.apply(&BookMessage::Add(add), 1), Ok(()));
        let one = order_sum(order_id, side.code().into(), price, qty, rpt_seq);
        says(&format!("`{one:#018x}`"));
        sum = sum.wrapping_add(one);
    }
    assert_eq!(book.checksum(), sum);
    says(&format!("`{sum:#018x}`"));
}

#[test]
fn the_sizes_it_gives_are_those_of_the_schema() {
    assert_eq!((HEADER_BYTES, FRAME_BYTES, size_of::<MessageHeader>()), (32, 4, 8));
    says(&format!("{PACKET_BYTES_MAX} bytes"));
    says(&format!("{ENCODING:#X}").replace("0X", "0x"));
    fn row<M: Message>() {
        says(&format!("| {} | {} | {} |", M::TEMPLATE_ID, M::NAME, M::BLOCK_LENGTH));
    }
    row::<md::InstrumentDefinition>();
    row::<md::TradingStatus>();
    row::<md::Trade>();
    row::<md::AuctionIndicative>();
    row::<md::AuctionResult>();
    row::<md::OrderAdd>();
    row::<md::OrderReduce>();
    row::<md::OrderDelete>();
    row::<md::OrderExecute>();
    row::<md::BookChecksum>();
    row::<md::SnapshotBegin>();
    row::<md::SnapshotOrder>();
    row::<md::SnapshotEnd>();
}

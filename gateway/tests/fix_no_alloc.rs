//! Proof that the FIX codec allocates nothing per message once its scanner is made.
//!
//! A program of its own, because it replaces the allocator of the whole process; one test only, so
//! that nothing else allocates while it counts.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use gateway::fix::fields::Scanner;
use gateway::fix::frame::{Frame, next};
use gateway::fix::tables::{msg_type, tag};
use gateway::fix::time::{Precision, parse_timestamp};
use gateway::fix::validate::check;
use gateway::fix::write::Writer;
use gateway::fix::{SOH, decimal};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// WHY: only the allocator itself can see every allocation.
// SAFETY: both calls are handed to `System` unchanged, which keeps the contract; counting touches
// no memory but its own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same here.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `System.alloc` with this `layout`, as every one here does.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn write_order(buffer: &mut [u8], number: u64) -> &[u8] {
    let mut order = Writer::begin(buffer, msg_type::NEW_ORDER_SINGLE);
    order.text(tag::SENDER_COMP_ID, b"CLIENT1");
    order.text(tag::TARGET_COMP_ID, b"PORTCULLIS");
    order.uint(tag::MSG_SEQ_NUM, number);
    order.timestamp(tag::SENDING_TIME, 1_767_346_200_000_000_000 + number, Precision::Nanos);
    order.uint(tag::CL_ORD_ID, number);
    order.uint(tag::NO_PARTY_IDS, 1);
    order.text(tag::PARTY_ID, b"JOE");
    order.text(tag::SYMBOL, b"ACME");
    order.char(tag::SIDE, b'1');
    order.timestamp(tag::TRANSACT_TIME, 1_767_346_200_000_000_000, Precision::Millis);
    order.char(tag::ORD_TYPE, b'2');
    order.decimal(tag::ORDER_QTY, 10 * decimal::ONE);
    order.decimal(tag::PRICE, 9_950_000_000);
    order.data(tag::ENCODED_TEXT_LEN, tag::ENCODED_TEXT, b"a\x01b");
    order.finish().unwrap()
}

fn one_message(scanner: &mut Scanner, buffer: &mut [u8], number: u64) {
    let bytes = write_order(buffer, number);
    let Frame::Message { body, .. } = next(bytes, 4096) else { panic!("not a message") };
    let fields = scanner.scan(body);
    check(&fields).unwrap();
    black_box(decimal::parse(fields.get(tag::PRICE).unwrap())).unwrap();
    black_box(parse_timestamp(fields.get(tag::SENDING_TIME).unwrap())).unwrap();
    assert_eq!(fields.group(tag::NO_PARTY_IDS).count(), 1);
}

#[test]
fn a_warm_codec_decodes_checks_and_writes_without_allocating() {
    let (mut scanner, mut buffer) = (Scanner::new(), [0; 1024]);
    one_message(&mut scanner, &mut buffer, 1);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    assert!(before > 0, "the counter does not count");
    for number in 2..1_000 {
        one_message(&mut scanner, &mut buffer, number);
        // Bad messages cost no memory either.
        let bad = [b'9', b'=', number as u8, SOH, b'5', b'5', SOH];
        black_box(check(&scanner.scan(&bad))).unwrap_err();
        black_box(next(&bad, 64));
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), before);
}

//! Later versions, groups and var-data, on a schema made for it in two versions (`v0`, `v1`).
//!
//! The schema is `generator/tests/quotes-v1.xml`: constants, optional values, explicit offsets and
//! block lengths, a group in a group, var-data inside and outside of groups.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside of a #[test] function")]

#[allow(dead_code, unreachable_pub, reason = "generated for every use, not for these tests")]
mod test_schema;

use std::fmt::Write;

use proptest::prelude::*;
use sbe_schemas::header::{DecodeError, Message};
use test_schema::{v0, v1};
use v1::quotes::{
    Basket, BasketEncoder, BasketParts, Ping, Quote, QuoteEncoder, QuoteLegs, QuoteLegsFills,
    QuoteLegsV1, QuoteV1, QuoteView,
};
use v1::types::{
    Cents, CentsNull, Clock, Delta, Flags, Kind, KindCode, Level, Origin, Region, Side,
};

// ---- one message, in all the ways it is written ----------------------------------------------

fn quote() -> Quote {
    Quote {
        quote_id: 0x1122_3344_5566_7788.into(),
        side: Side::Buy.into(),
        gap_1: [0xEE; 3],
        price: CentsNull::new(Some(-250)),
        origin: Origin {
            desk: 7.into(),
            gap_1: [0xEE; 2],
            kind: Kind::Auction.into(),
            region: Region::West.into(),
            clock: Clock::new(9),
        },
    }
}

/// (symbol, fills as (qty, memo), note) of each leg.
type Leg = (&'static [u8; 5], &'static [(u32, &'static [u8])], &'static [u8]);

const LEGS: [Leg; 3] = [
    (b"AAAAA", &[(1, b"one"), (2, b"")], b"first"),
    (b"BBBBB", &[], b""),
    (b"CCCCC", &[(3, b"three")], b"last"),
];

fn fill(qty: u32) -> QuoteLegsFills {
    QuoteLegsFills { gap_1: [0xEE; 1], qty: qty.into() }
}

fn write_new(out: &mut [u8], legs: &[Leg]) -> Option<usize> {
    let later = QuoteV1 { level: Level::new(Some(5)), gap_1: [0xEE; 2], flags: Flags::HIDDEN };
    QuoteEncoder::new(out)
        .block(&quote(), &later)
        .legs(legs, |entry, (symbol, fills, note)| {
            let limit = QuoteLegsV1 { limit: Cents::new(199) };
            entry
                .block(&QuoteLegs { symbol: **symbol, ratio: Delta::new(None) }, &limit)
                .fills(*fills, |entry, (qty, memo)| entry.block(&fill(*qty)).memo(memo))
                .note(note)
        })
        .text(b"text")
        .trail(b"\x01\x02")
        .finish()
}

fn write_old(out: &mut [u8], legs: &[Leg]) -> Option<usize> {
    use v0::quotes::{Quote, QuoteEncoder, QuoteLegs, QuoteLegsFills};
    use v0::types::{CentsNull, Delta};
    QuoteEncoder::new(out)
        .block(&Quote { price: CentsNull::NULL, ..Quote::ZERO })
        .legs(legs, |entry, (symbol, fills, note)| {
            entry
                .block(&QuoteLegs { symbol: **symbol, ratio: Delta::new(Some(-1)) })
                .fills(*fills, |entry, (qty, memo)| {
                    entry.block(&QuoteLegsFills { gap_1: [0], qty: (*qty).into() }).memo(memo)
                })
                .note(note)
        })
        .text(b"text")
        .finish()
}

/// What `write` makes, in a buffer of exactly its size.
fn written(write: impl Fn(&mut [u8]) -> Option<usize>) -> Vec<u8> {
    let mut out = vec![0xEE; 4096];
    let length = write(&mut out).unwrap();
    out.truncate(length);
    out
}

fn new_bytes() -> Vec<u8> {
    written(|out| write_new(out, &LEGS))
}

fn old_bytes() -> Vec<u8> {
    written(|out| write_old(out, &LEGS))
}

/// A leg that was read back.
type Seen<'a> = ([u8; 5], Vec<(u32, &'a [u8])>, &'a [u8]);

fn legs<'a>(quote: &QuoteView<'a>) -> Vec<Seen<'a>> {
    let fills = |leg: &v1::quotes::QuoteLegsView<'a>| {
        leg.fills.iter().map(|fill| (fill.block.qty.get(), fill.memo)).collect()
    };
    quote.legs.iter().map(|leg| (leg.block.symbol, fills(&leg), leg.note)).collect()
}

fn expected_legs() -> Vec<Seen<'static>> {
    LEGS.iter().map(|(symbol, fills, note)| (**symbol, fills.to_vec(), *note)).collect()
}

// ---- reading and writing ---------------------------------------------------------------------

#[test]
fn the_bytes_are_those_of_the_schema() {
    let legs = &LEGS[..1];
    #[rustfmt::skip]
    let by_hand: Vec<u8> = [
        // Block length, template, schema, version.
        &[48, 0, 1, 0, 77, 0, 1, 0][..],
        // quoteId, side, a gap that is zero whatever the struct holds, price.
        &[0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11], &[1], &[0; 3], &[6, 0xFF, 0xFF, 0xFF],
        // origin: desk, gap, kind, region, clock; a gap to 36.
        &[7, 0], &[0; 2], b"A", &[45, 1], &[9, 0, 0, 0, 0, 0, 0, 0], &[0; 5],
        // level, gap, flags; padding to 48.
        &[5, 0], &[0; 2], &[0, 0, 0, 0x80], &[0; 4],
        // legs: block length and count; symbol, ratio, limit.
        &[10, 0, 1, 0], b"AAAAA", &[0x80], &[199, 0, 0, 0],
        // fills: block length and count; gap, qty, padding to 6, memo.
        &[6, 2], &[0, 1, 0, 0, 0, 0], &[3], b"one", &[0, 2, 0, 0, 0, 0], &[0],
        // note, text, trail.
        &[5, 0], b"first", &[4, 0], b"text", &[2, 1, 2],
    ].concat();
    assert_eq!(written(|out| write_new(out, legs)), by_hand);
}

#[test]
fn a_reader_of_the_same_version_sees_everything() {
    let bytes = new_bytes();
    let view = Quote::view(&bytes).unwrap();
    let origin = Origin { gap_1: [0; 2], ..quote().origin };
    assert_eq!(*view.block, Quote { gap_1: [0; 3], origin, ..quote() });
    let later = view.v1.unwrap();
    assert_eq!((later.level.get(), later.flags), (Some(5), Flags::HIDDEN));
    assert_eq!(view.legs.len(), 3);
    assert!(view.legs.iter().all(|leg| leg.v1.is_some_and(|later| later.limit.get() == 199)));
    assert!(view.legs.iter().all(|leg| leg.block.ratio.get().is_none()));
    assert_eq!(legs(&view), expected_legs());
    assert_eq!((view.text, view.trail), (&b"text"[..], Some(&b"\x01\x02"[..])));
}

#[test]
fn an_old_reader_skips_what_a_new_writer_added() {
    let bytes = new_bytes();
    let view = v0::quotes::Quote::view(&bytes).unwrap();
    assert_eq!(view.block.price.get(), Some(-250));
    let symbols: Vec<[u8; 5]> = view.legs.iter().map(|leg| leg.block.symbol).collect();
    assert_eq!(symbols, [*b"AAAAA", *b"BBBBB", *b"CCCCC"]);
    let notes: Vec<&[u8]> = view.legs.iter().map(|leg| leg.note).collect();
    assert_eq!(notes, [&b"first"[..], b"", b"last"]);
    assert_eq!(view.text, b"text");
    // The value that only version 1 knows is kept, not replaced.
    assert_eq!((view.block.origin.kind.0, view.block.origin.kind.known()), (b'A', None));
}

#[test]
fn a_new_reader_sees_that_an_old_writer_has_not_what_was_added() {
    let bytes = old_bytes();
    let view = Quote::view(&bytes).unwrap();
    assert_eq!(view.block.price.get(), None);
    assert!(view.v1.is_none() && view.trail.is_none());
    assert!(view.legs.iter().all(|leg| leg.v1.is_none()));
    assert_eq!(legs(&view), expected_legs());
    assert_eq!(view.text, b"text");
}

#[test]
fn an_old_block_that_ends_with_its_last_field_is_enough() {
    // Version 0 pads its block to 40; a sender may end it at 31, where `origin` ends.
    let mut bytes = old_bytes();
    bytes.drain(8 + 31..8 + 40);
    bytes[0] = 31;
    assert_eq!(legs(&Quote::view(&bytes).unwrap()), expected_legs());
    bytes.remove(8 + 30);
    bytes[0] = 30;
    let error = Quote::view(&bytes).map(|_| ());
    assert_eq!(error, Err(DecodeError::Block { seen: 30, least: 31 }));
}

#[test]
fn a_new_version_with_a_block_too_short_for_an_addition_has_it_not() {
    let mut bytes = new_bytes();
    bytes.drain(8 + 43..8 + 48);
    bytes[0] = 43;
    let view = Quote::view(&bytes).unwrap();
    assert!(view.v1.is_none());
    assert_eq!(legs(&view), expected_legs());
}

#[test]
fn a_group_added_later_is_absent_from_an_older_message_and_skipped_by_an_older_reader() {
    let part = |name| BasketParts { name };
    let bytes = written(|out| {
        BasketEncoder::new(out)
            .block(&Basket { weights: [(-1).into(), 0.into(), 1.into()], mark: b'm' })
            .parts([*b"first", *b"other"], |entry, name| entry.block(&part(name)))
            .extras([*b"extra"], |entry, name| entry.block(&v1::quotes::BasketExtras { name }))
            .finish()
    });
    let view = Basket::view(&bytes).unwrap();
    assert_eq!(view.block.weights.map(|weight| weight.get()), [-1, 0, 1]);
    assert_eq!(view.extras.unwrap().iter().map(|extra| extra.block.name).next(), Some(*b"extra"));
    assert_eq!(v0::quotes::Basket::view(&bytes).unwrap().parts.len(), 2);

    let mut bytes = written(|out| {
        let encoder = v0::quotes::BasketEncoder::new(out).block(&v0::quotes::Basket::ZERO);
        encoder.parts([(); 0], |_, ()| unreachable!()).finish()
    });
    let view = Basket::view(&bytes).unwrap();
    assert!(view.parts.is_empty() && view.extras.is_none());
    // Claiming version 1 makes the group due.
    bytes[6] = 1;
    let error = Basket::view(&bytes).map(|_| ());
    assert_eq!(error, Err(DecodeError::Group { missing: 2 }));
}

#[test]
fn a_plain_message_writes_its_gaps_and_padding_as_zero() {
    let ping = Ping {
        gap_1: [0xEE; 2],
        at: 5.into(),
        gap_2: [0xEE; 2],
        flags: Flags::ALL_OR_NONE.with(Flags::HIDDEN),
    };
    let bytes = written(|out| ping.encode(out));
    assert_eq!(bytes[..8], [16, 0, 3, 0, 77, 0, 1, 0]);
    assert_eq!(bytes[8..], [0, 0, 5, 0, 0, 0, 0, 0, 1, 0, 0, 0x80, 0, 0, 0, 0]);
    // Fields are asked for, padding is not.
    let short = |length: usize| {
        let mut bytes = bytes[..8 + length].to_vec();
        bytes[0] = length as u8;
        Ping::decode(&bytes).map(|(ping, ..)| ping.at.get())
    };
    assert_eq!(short(12), Ok(5));
    assert_eq!(short(11), Err(DecodeError::Block { seen: 11, least: 12 }));
}

#[test]
fn constants_take_no_bytes_and_have_their_values() {
    assert_eq!((Quote::VENUE, Quote::MAKER), (*b"PORT\0\0", Side::Sell));
    assert_eq!((Cents::EXPONENT, Clock::UNIT), (-2, 9));
    assert_eq!(
        (Level::NULL.0.get(), Delta::NULL.0, CentsNull::NULL.mantissa.get()),
        (999, -128, -1)
    );
    assert_eq!(KindCode::from(Kind::Firm).0, b'F');
}

#[test]
fn a_description_shows_every_part() {
    let mut shown = String::new();
    v1::quotes::describe(&written(|out| write_new(out, &LEGS[..1])), &mut shown).unwrap();
    assert_eq!(
        shown,
        "Quote quoteId=1234605616436508552 side=Buy price=-2.5 origin=(desk=7 kind=Auction \
         region=West clock=9) level=5 flags=Hidden legs=[(symbol=AAAAA ratio=- limit=1.99 \
         fills=[(qty=1 memo=one) (qty=2 memo=)] note=first)] text=text trail=\\x01\\x02"
    );
}

// ---- what cannot be written ------------------------------------------------------------------

#[test]
fn a_message_that_does_not_fit_is_none_at_every_length() {
    let whole = new_bytes().len();
    for room in 0..whole {
        assert_eq!(write_new(&mut vec![0; room], &LEGS), None, "{room}");
    }
    assert_eq!(write_new(&mut vec![0; whole], &LEGS), Some(whole));
}

#[test]
fn a_group_or_data_longer_than_its_length_can_say_is_none() {
    let write = |fills: usize, memo: usize| {
        let memo = vec![b'm'; memo];
        QuoteEncoder::new(&mut vec![0; 100_000])
            .block(&Quote::ZERO, &QuoteV1::ZERO)
            .legs([()], |entry, ()| {
                entry
                    .block(&QuoteLegs::ZERO, &QuoteLegsV1::ZERO)
                    .fills(0..fills, |entry, _| entry.block(&fill(1)).memo(&memo))
                    .note(b"")
            })
            .text(b"")
            .trail(b"")
            .finish()
    };
    assert!(write(255, 255).is_some());
    assert_eq!((write(256, 0), write(1, 256)), (None, None));
}

#[test]
fn an_endless_group_ends_with_the_room() {
    let mut out = [0; 200];
    let basket = BasketEncoder::new(&mut out)
        .block(&Basket::ZERO)
        .parts(std::iter::repeat(*b"again"), |entry, name| entry.block(&BasketParts { name }))
        .extras([(); 0], |_, ()| unreachable!());
    assert_eq!(basket.finish(), None);
}

// ---- what cannot be read ---------------------------------------------------------------------

#[test]
fn a_message_cut_anywhere_is_an_error() {
    let cut = |bytes: &[u8], view: &dyn Fn(&[u8]) -> Result<(), DecodeError>| {
        assert_eq!(view(bytes), Ok(()));
        for length in 0..bytes.len() {
            assert!(view(&bytes[..length]).is_err(), "{length} of {}", bytes.len());
        }
    };
    cut(&new_bytes(), &|bytes| Quote::view(bytes).map(|_| ()));
    cut(&old_bytes(), &|bytes| Quote::view(bytes).map(|_| ()));
    cut(&old_bytes(), &|bytes| v0::quotes::Quote::view(bytes).map(|_| ()));
}

#[test]
fn a_group_that_claims_more_than_there_is_says_what_is_missing() {
    let bytes = written(|out| write_new(out, &LEGS[1..2]));
    let dimensions = 8 + 48;
    let changed = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[dimensions + at] = byte;
        Quote::view(&bytes).map(|_| ())
    };
    // 10 + 2 + 2 + 6 + 3 bytes follow the dimensions.
    assert_eq!(changed(3, 0xFF), Err(DecodeError::Group { missing: 10 * 0xFF01 - 23 }));
    assert_eq!(changed(1, 0xFF), Err(DecodeError::Group { missing: 0xFF0A - 23 }));
    assert_eq!(changed(0, 5), Err(DecodeError::Block { seen: 5, least: 6 }));
    assert_eq!(changed(4 + 10 + 2 + 1, 1), Err(DecodeError::Data { missing: 256 - 9 }));
}

/// Reads `bytes` as every message of both versions, to the last entry.
fn read_all_ways(bytes: &[u8]) {
    let mut shown = String::new();
    v0::quotes::describe(bytes, &mut shown).unwrap();
    v1::quotes::describe(bytes, &mut shown).unwrap();
    if let Ok(view) = Quote::view(bytes) {
        // What was counted is what is there: the walk has no early end.
        assert_eq!(legs(&view).len(), view.legs.len());
        for leg in view.legs.iter() {
            assert_eq!(leg.fills.iter().count(), leg.fills.len());
        }
        write!(shown, "{view:?}").unwrap();
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(
        header in (0_u8..60, 0_u8..6, 0_u8..3),
        body in prop::collection::vec(prop_oneof![4 => 0_u8..12, 1 => any::<u8>()], 0..200),
    ) {
        let (block_length, template, version) = header;
        let mut bytes = vec![block_length, 0, template, 0, 77, 0, version, 0];
        bytes.extend(&body);
        read_all_ways(&bytes);
        read_all_ways(&body);
    }

    #[test]
    fn one_or_two_wrong_bytes_never_panic(
        wrong in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..3),
        old in any::<bool>(),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = if old { old_bytes() } else { new_bytes() };
        for (at, byte) in wrong {
            *at.get_mut(&mut bytes) = byte;
        }
        read_all_ways(&bytes);
        read_all_ways(&bytes[..end.index(bytes.len())]);
    }
}

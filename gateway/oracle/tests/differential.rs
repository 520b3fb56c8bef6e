//! Two decoders, one message: ours and fefix's must see the same fields.
//!
//! Only well-formed messages without groups, and without a length field that has no data: beyond
//! those fefix 0.7 panics or misplaces fields (each case has its right answer in
//! `gateway/tests/fix_codec/`). fefix borrows the bytes: its owning form reads freed memory.

#![allow(clippy::unwrap_used, reason = "a test")]

use fefix::Dictionary;
use fefix::tagvalue::{Config, Decoder, FieldAccess};
use gateway::fix::dictionary::{Kind, field};
use gateway::fix::fields::Scanner;
use gateway::fix::frame::{Frame, checksum, next};
use gateway::fix::tables::TAG_MAX;
use proptest::prelude::*;

/// A field, or a length with its data: no two pieces of one message share a tag.
fn pieces() -> impl Strategy<Value = Vec<(u16, Vec<u8>)>> {
    let tag = prop_oneof![8 => 11..=TAG_MAX, 1 => 5000..=9999_u16].prop_filter("plain", |&tag| {
        tag != 35 && !matches!(field(tag), Some(f) if needs_care(f.kind))
    });
    let plain = (tag, "[ -~]{1,30}").prop_map(|(tag, text)| vec![(tag, text.into_bytes())]);
    let data = (
        prop::sample::select(vec![95, 212, 348, 350, 352, 354, 356, 358, 360, 362, 364, 445]),
        prop::collection::vec(any::<u8>(), 1..40),
    );
    let data = data.prop_map(|(length, bytes)| {
        vec![(length, bytes.len().to_string().into_bytes()), (length + 1, bytes)]
    });
    prop::collection::vec(prop_oneof![6 => plain, 1 => data], 0..40).prop_map(|pieces| {
        let mut seen = std::collections::HashSet::new();
        pieces.into_iter().filter(|piece| seen.insert(piece[0].0)).flatten().collect()
    })
}

fn needs_care(kind: Kind) -> bool {
    matches!(kind, Kind::NumInGroup | Kind::Length | Kind::Data)
}

fn message(fields: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut body = b"35=D\x01".to_vec();
    for (tag, value) in fields {
        body.extend_from_slice(format!("{tag}=").as_bytes());
        body.extend_from_slice(value);
        body.push(1);
    }
    let mut bytes = format!("8=FIX.4.4\x019={}\x01", body.len()).into_bytes();
    bytes.extend_from_slice(&body);
    let sum = checksum(&bytes);
    bytes.extend_from_slice(format!("10={sum:03}\x01").as_bytes());
    bytes
}

proptest! {
    #[test]
    fn both_decoders_see_the_same_fields(fields in pieces()) {
        let bytes = message(&fields);
        let Frame::Message { body, len } = next(&bytes, 1 << 16) else {
            return Err(TestCaseError::fail("no frame"));
        };
        prop_assert_eq!(len, bytes.len());
        let mut scanner = Scanner::new();
        let ours = scanner.scan(body);

        let mut decoder = Decoder::<Config>::new(Dictionary::fix44());
        let theirs = decoder.decode(&bytes[..]).map_err(|e| TestCaseError::fail(format!("{e:?}")))?;

        prop_assert_eq!(ours.iter().count(), fields.len() + 1);
        for (tag, value) in &fields {
            prop_assert_eq!(ours.get(*tag), Some(&value[..]), "ours, {}", tag);
            prop_assert_eq!(theirs.fv_raw(&u32::from(*tag)), Some(&value[..]), "theirs, {}", tag);
        }
        for tag in (1..=TAG_MAX).filter(|tag| ![8, 9, 10].contains(tag)) {
            prop_assert_eq!(ours.get(tag), theirs.fv_raw(&u32::from(tag)), "{}", tag);
        }
    }
}

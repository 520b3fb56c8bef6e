//! Whatever a command says, the engine lives, and says the same again.
//!
//! Commands are written by our gateways, so template and lengths are right (another layout is a bug
//! of ours and an `assert!`). Everything inside is a stranger's: every byte behind the header is
//! random here, but for the few that let a command get past the first check. What the operator
//! defines is no stranger's, and stays as the venue has it. The readers of bytes that come from a
//! disk or a ring survive any bytes at all.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::commands::{conn, head, logon, slot_of};
use common::{NS_PER_S, Rig, limits, session};
use engine::fake_log::Dice;
use engine::log::{Tail, says_durable, scan};
use engine::{BatchRef, CommandBuffer, Commands};
use proptest::prelude::*;
use sbe_schemas::header::{Message, MessageHeader};
use sbe_schemas::journal as j;
use sbe_schemas::types::{CommandFlags, CommandHead};
use zerocopy::FromBytes;

/// Everything that a gateway writes for a client.
const EMPTY: [fn() -> Vec<u8>; 16] = [
    || slot_of(&j::Logon::ZERO),
    || slot_of(&j::Disconnected::ZERO),
    || slot_of(&j::Due::ZERO),
    || slot_of(&j::Heartbeat::ZERO),
    || slot_of(&j::TestRequest::ZERO),
    || slot_of(&j::ResendRequest::ZERO),
    || slot_of(&j::SequenceReset::ZERO),
    || slot_of(&j::Logout::ZERO),
    || slot_of(&j::PeerReject::ZERO),
    || slot_of(&j::Refused::ZERO),
    || slot_of(&j::NewOrder::ZERO),
    || slot_of(&j::CancelOrder::ZERO),
    || slot_of(&j::ReplaceOrder::ZERO),
    || slot_of(&j::OrderStatusRequest::ZERO),
    || slot_of(&j::OrderMassStatusRequest::ZERO),
    || slot_of(&j::MassAction::ZERO),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_command_of_a_stranger_stops_the_engine(seed: u64, commands in 1usize..150) {
        let mut dice = Dice(seed);
        let mut rig = Rig::new(limits(), &[session(1, true, 1000), session(2, false, 0)]);
        for _ in 0..commands {
            for client in [1, 2] {
                let session = &rig.engine.sessions()[client - 1];
                if session.bound.is_none() && dice.hits(500) {
                    let conn = conn(dice.below(2) as u16, 1);
                    let number = session.next_in;
                    rig.send(&logon(head(client as u32, conn, number), 30));
                }
            }
            let slot = stranger(&mut dice, &rig);
            rig.send_slot(&slot);
            rig.now += dice.below(NS_PER_S);
        }
        rig.check_replay();
    }

    #[test]
    fn readers_of_a_disk_or_a_ring_survive_any_bytes(
        bytes in prop::collection::vec(any::<u8>(), 0..20_000),
        magic: bool,
        length in 0u16..512,
    ) {
        let mut bytes = bytes;
        if magic && let Some(start) = bytes.get_mut(..6) {
            start.copy_from_slice(&[0x50, 0x52, 0x47, 0x42, 1, 0]);
        }
        if let Some(slot) = bytes.get_mut(8..10) {
            slot.copy_from_slice(&length.to_le_bytes());
        }
        let read: usize = Commands::new(&bytes).map(<[u8]>::len).sum();
        prop_assert!(read <= bytes.len() && read.is_multiple_of(64));
        prop_assert!(BatchRef::parse(&bytes).is_err(), "a CRC by chance");
        let _ = BatchRef::trusted(&bytes);
        let _ = BatchRef::encoded_length(&bytes);
        let mut tail = Tail::genesis(1);
        scan(&bytes, &mut tail, |_| {});
        prop_assert_eq!(tail, Tail::genesis(1));
        prop_assert!(!says_durable(&bytes, 0, &tail));
    }

    /// One damaged byte anywhere in a batch, and the log does not read it.
    #[test]
    fn a_damaged_batch_is_not_read(at in 0usize..192, bit in 0u8..8) {
        let mut commands = CommandBuffer::new();
        prop_assert!(commands.push(&j::Tick::ZERO) && commands.push(&j::Tick::ZERO));
        let mut bytes = vec![0; 4096];
        Tail::genesis(1).encode(&commands, 1, 1, 0, &mut bytes);
        prop_assert!(BatchRef::parse(&bytes).is_ok());
        bytes[at] ^= 1 << bit;
        prop_assert!(BatchRef::parse(&bytes).is_err());
    }
}

/// A command of which nothing is known but its layout.
fn stranger(dice: &mut Dice, rig: &Rig) -> Vec<u8> {
    // Half of all is about orders; those stand at the end.
    let kind = if dice.hits(500) { 10 + dice.below(4) } else { dice.below(14) };
    let mut slot = EMPTY[kind as usize]();
    let length = slot.len() as u16;
    // Whole numbers of small and of great size, and bytes of text that repeats.
    for bytes in slot[size_of::<MessageHeader>()..].chunks_mut(4) {
        let word = [0, 1, dice.below(4) as u32, dice.roll() as u32, u32::MAX, 0x4141_4141];
        let word = word[dice.below(6) as usize].to_le_bytes();
        bytes.copy_from_slice(&word[..bytes.len()]);
    }
    let at = dice.below(2) as usize;
    let session = &rig.engine.sessions()[at];
    let there = session.bound.map_or(conn(0, 1), |bound| bound.conn);
    let number = session
        .next_in
        .wrapping_add([0, 0, 0, 1, 7, u64::MAX, dice.roll()][dice.below(7) as usize]);
    let (_, rest) = slot.split_at_mut(size_of::<MessageHeader>());
    let (head_now, _) = CommandHead::mut_from_prefix(rest).unwrap();
    let mut wanted = head(at as u32 + 1, there, number);
    if dice.hits(100) {
        wanted = *head_now;
    }
    wanted.length = length.into();
    wanted.flags = CommandFlags((dice.below(4) as u16).into());
    wanted.verdict.0 = if dice.hits(200) { dice.roll() as u8 } else { 0 };
    *head_now = wanted;
    if dice.hits(700) {
        make_likely(dice, kind, rest);
    }
    slot
}

/// An order, cancel or replace that is nearly good, so that there is something to trade and change.
fn make_likely(dice: &mut Dice, kind: u64, message: &mut [u8]) {
    let mut name = || [b'A' + dice.below(12) as u8; 36];
    let (id, orig) = (name(), name());
    let side = 1 + id[0] % 2;
    match kind {
        10 => {
            let (order, _) = j::NewOrder::mut_from_prefix(message).unwrap();
            (order.cl_ord_id, order.instrument, order.side.0) = (id, 1.into(), side);
            order.ord_type.0 = if dice.hits(100) { 1 } else { 2 };
            order.price.mantissa.set(if order.ord_type.0 == 1 { i64::MIN } else { price(dice) });
            order.order_qty.mantissa.set(qty(dice));
            (order.time_in_force.0, order.unsupported.0) = (dice.below(5) as u8, 0);
        }
        11 => {
            let (cancel, _) = j::CancelOrder::mut_from_prefix(message).unwrap();
            (cancel.cl_ord_id, cancel.orig_cl_ord_id) = (id, orig);
            (cancel.instrument, cancel.side.0) = (1.into(), dice.below(4) as u8);
            cancel.order_id = (dice.below(2) << 32 | dice.below(8)).into();
        }
        12 => {
            let (replace, _) = j::ReplaceOrder::mut_from_prefix(message).unwrap();
            (replace.cl_ord_id, replace.orig_cl_ord_id) = (id, orig);
            (replace.instrument, replace.side.0) = (1.into(), 1 + dice.below(2) as u8);
            (replace.ord_type.0, replace.time_in_force.0) = (2, dice.below(2) as u8);
            (replace.order_id, replace.unsupported.0) = (0.into(), 0);
            replace.price.mantissa.set(price(dice));
            replace.order_qty.mantissa.set(qty(dice));
        }
        _ => {}
    }
}

/// Around 100, or as great as a price can be.
fn price(dice: &mut Dice) -> i64 {
    match dice.below(8) {
        0 => (i64::MAX - dice.below(3) as i64) / 1_000_000 * 1_000_000,
        1 => dice.roll() as i64,
        _ => (98 + dice.below(5) as i64) * 100_000_000,
    }
}

/// Up to the instrument's largest, and beyond.
fn qty(dice: &mut Dice) -> i64 {
    match dice.below(8) {
        0 => 100_000_000_000_000,
        1 => dice.roll() as i64,
        _ => dice.below(20) as i64 * 100_000_000,
    }
}

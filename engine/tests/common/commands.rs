//! Messages of clients as commands, with the head that a gateway would give them.

use super::words::mantissa;
use engine::Conn;
use engine::command::{GRANULE_BYTES, seal_slot, slot_bytes, write_slot};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    Boolean, CommandHead, Decimal8, Decimal8Null, DisconnectReason, DueWhat, OrdType, Side,
    TimeInForce,
};

/// The slot that a ring would carry.
pub(crate) fn slot_of<M: Message>(message: &M) -> Vec<u8> {
    let mut slot = vec![0; slot_bytes::<M>()];
    write_slot(message, &mut slot);
    slot
}

/// The slot of a MassQuote.
pub(crate) fn mass_quote(block: &j::MassQuote, entries: &[j::MassQuoteQuotes]) -> Vec<u8> {
    let mut slot = vec![0; 1024];
    let written = j::MassQuoteEncoder::new(&mut slot)
        .block(block)
        .quotes(entries, |out, entry| out.block(entry))
        .finish()
        .unwrap();
    slot.truncate(written.next_multiple_of(GRANULE_BYTES));
    seal_slot(&mut slot, written);
    slot
}

/// A connection of gateway 1.
pub(crate) fn conn(slot: u16, generation: u32) -> Conn {
    Conn { gateway: 1, slot, generation }
}

/// Of this session's message `number` on this connection; the verdict is Fine.
pub(crate) fn head(session: u32, conn: Conn, number: u64) -> CommandHead {
    CommandHead {
        session: session.into(),
        gateway: conn.gateway.into(),
        slot: conn.slot.into(),
        conn_generation: conn.generation.into(),
        msg_seq_num: number.into(),
        received: number.into(),
        ..CommandHead::ZERO
    }
}

pub(crate) fn name(text: &str) -> [u8; 36] {
    fill_text(text.as_bytes()).unwrap()
}

pub(crate) fn logon(head: CommandHead, heartbeat_s: u32) -> j::Logon {
    j::Logon { head, heartbeat_s: heartbeat_s.into(), ..j::Logon::ZERO }
}

pub(crate) fn disconnected(head: CommandHead) -> j::Disconnected {
    j::Disconnected { head, reason: DisconnectReason::PeerClosed.into() }
}

pub(crate) fn due(head: CommandHead, what: DueWhat) -> j::Due {
    j::Due { head, what: what.into() }
}

/// A DAY limit order on instrument 1, in words: `order(head, "A", Side::Buy, "10", "100.01")`.
pub(crate) fn order(
    head: CommandHead,
    cl_ord_id: &str,
    side: Side,
    qty: &str,
    price: &str,
) -> j::NewOrder {
    j::NewOrder {
        head,
        cl_ord_id: name(cl_ord_id),
        instrument: 1.into(),
        side: side.into(),
        ord_type: OrdType::Limit.into(),
        time_in_force: TimeInForce::Day.into(),
        unsupported: Boolean::False.into(),
        price: Decimal8Null::new(Some(mantissa(price))),
        order_qty: Decimal8::new(mantissa(qty)),
        symbol: fill_text(b"ACME").unwrap(),
        stop_px: Decimal8Null::NULL,
        display_qty: Decimal8Null::NULL,
        min_qty: Decimal8Null::NULL,
        ..j::NewOrder::ZERO
    }
}

pub(crate) fn cancel(head: CommandHead, cl_ord_id: &str, orig: &str, side: Side) -> j::CancelOrder {
    j::CancelOrder {
        head,
        cl_ord_id: name(cl_ord_id),
        orig_cl_ord_id: name(orig),
        instrument: 1.into(),
        side: side.into(),
        ..j::CancelOrder::ZERO
    }
}

/// Everything else as in [`order`].
pub(crate) fn replace(
    head: CommandHead,
    cl_ord_id: &str,
    orig: &str,
    side: Side,
    qty: &str,
    price: &str,
) -> j::ReplaceOrder {
    j::ReplaceOrder {
        head,
        cl_ord_id: name(cl_ord_id),
        orig_cl_ord_id: name(orig),
        order_id: 0.into(),
        instrument: 1.into(),
        side: side.into(),
        ord_type: OrdType::Limit.into(),
        time_in_force: TimeInForce::Day.into(),
        unsupported: Boolean::False.into(),
        price: Decimal8Null::new(Some(mantissa(price))),
        order_qty: Decimal8::new(mantissa(qty)),
        stop_px: Decimal8Null::NULL,
        display_qty: Decimal8Null::NULL,
    }
}

//! One event as one FIX message. A pure function of the event, so that a client gets the same after
//! a crash, from another host, or when it asks again: SendingTime (52) is the time of the batch that
//! caused it; a resend has 52 = now and OrigSendingTime (122) = that time, all else equal.
//!
//! Words for Text (58) are here and in docs/wire/fix.md, nowhere else. Source: FIX 4.4 vol. 2
//! (session messages), vol. 4 (ExecutionReport, OrderCancelReject).

use super::tables::{msg_type, tag};
use super::time::Precision;
use super::write::{Full, Writer};
use crate::directory::Directory;
use engine::Event;
use sbe_schemas::header::{Message, text};
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Boolean, CancelCause, CxlRejReason, Decimal8Null, EventFlags, LogoutReason, OrdRejReason,
    OrdStatus, OrdStatusCode,
};

/// Longest FIX message that an event becomes.
pub const MESSAGE_BYTES_MAX: usize = 1024;

/// Who talks to whom, and whether again.
#[derive(Clone, Copy)]
pub struct Envelope<'a> {
    /// Our CompID.
    pub venue: &'a [u8],
    /// The client's.
    pub client: &'a [u8],
    /// Resent at this time, nanoseconds since 1970 UTC; `None`: sent for the first time.
    pub resent_at: Option<u64>,
}

/// Writes a report into `buffer` and returns its bytes; `Ok(None)`: nothing that FIX clients get.
///
/// # Errors
/// [`Full`]: `buffer` is smaller than [`MESSAGE_BYTES_MAX`].
pub fn message<'b>(
    event: &Event,
    envelope: &Envelope<'_>,
    directory: &Directory,
    buffer: &'b mut [u8],
) -> Result<Option<&'b [u8]>, Full> {
    let Some(kind) = msg_type_of(event) else { return Ok(None) };
    let mut w = begin(event, kind, envelope, buffer);
    if let Some(m) = event.get::<oe::ExecutionReportTrade>() {
        trade(&mut w, m, directory, event.head.time.get());
    } else if let Some(m) = event.get::<oe::ExecutionReportNew>() {
        accepted(&mut w, m, directory, event.head.time.get());
    } else if let Some(m) = event.get::<oe::ExecutionReportCanceled>() {
        canceled(&mut w, m, directory, event.head.time.get());
    } else if let Some(m) = event.get::<oe::ExecutionReportReplaced>() {
        replaced(&mut w, m, directory, event.head.time.get());
    } else if let Some(m) = event.get::<oe::ExecutionReportRejected>() {
        rejected(&mut w, m, event.head.time.get());
    } else if let Some(m) = event.get::<oe::ExecutionReportStatus>() {
        status(&mut w, m, directory, event.head.time.get());
    } else if let Some(m) = event.get::<oe::StatusUnknownOrder>() {
        unknown_order(&mut w, m, event.head.time.get());
    } else if let Some(m) = event.get::<oe::CancelReject>() {
        cancel_reject(&mut w, m, event.head.time.get());
    } else if let Some(m) = event.get::<oe::BusinessReject>() {
        business_reject(&mut w, m);
    } else {
        session_message(&mut w, event);
    }
    w.finish().map(Some)
}

/// A gap fill in place of the messages `from` to `next` - 1. `time`: of the first of them.
///
/// # Errors
/// [`Full`]: `buffer` is smaller than [`MESSAGE_BYTES_MAX`].
pub fn gap_fill<'b>(
    from: u64,
    next: u64,
    time: u64,
    envelope: &Envelope<'_>,
    buffer: &'b mut [u8],
) -> Result<&'b [u8], Full> {
    let mut w = Writer::begin(buffer, msg_type::SEQUENCE_RESET);
    header(&mut w, from, time, false, envelope);
    w.bool(tag::GAP_FILL_FLAG, true);
    w.uint(tag::NEW_SEQ_NO, next);
    w.finish()
}

fn msg_type_of(event: &Event) -> Option<&'static [u8]> {
    const SESSION: u16 = j::SCHEMA_ID;
    const ORDERS: u16 = oe::SCHEMA_ID;
    Some(match event.template() {
        (SESSION, j::LogonAccepted::TEMPLATE_ID) => msg_type::LOGON,
        (SESSION, j::LogoutSent::TEMPLATE_ID) => msg_type::LOGOUT,
        (SESSION, j::HeartbeatSent::TEMPLATE_ID) => msg_type::HEARTBEAT,
        (SESSION, j::TestRequestSent::TEMPLATE_ID) => msg_type::TEST_REQUEST,
        (SESSION, j::ResendRequestSent::TEMPLATE_ID) => msg_type::RESEND_REQUEST,
        (SESSION, j::SessionRejectSent::TEMPLATE_ID) => msg_type::REJECT,
        (ORDERS, oe::CancelReject::TEMPLATE_ID) => msg_type::ORDER_CANCEL_REJECT,
        (ORDERS, oe::BusinessReject::TEMPLATE_ID) => msg_type::BUSINESS_MESSAGE_REJECT,
        (ORDERS, _) => msg_type::EXECUTION_REPORT,
        _ => return None,
    })
}

fn begin<'b>(
    event: &Event,
    kind: &[u8],
    envelope: &Envelope<'_>,
    buffer: &'b mut [u8],
) -> Writer<'b> {
    let mut w = Writer::begin(buffer, kind);
    let poss_resend = event.head.flags.has(EventFlags::POSS_RESEND);
    header(&mut w, event.head.number.get(), event.head.time.get(), poss_resend, envelope);
    w
}

fn header(w: &mut Writer<'_>, number: u64, time: u64, poss_resend: bool, envelope: &Envelope<'_>) {
    w.text(tag::SENDER_COMP_ID, envelope.venue);
    w.text(tag::TARGET_COMP_ID, envelope.client);
    w.uint(tag::MSG_SEQ_NUM, number);
    if envelope.resent_at.is_some() {
        w.bool(tag::POSS_DUP_FLAG, true);
    }
    if poss_resend {
        w.bool(tag::POSS_RESEND, true);
    }
    w.timestamp(tag::SENDING_TIME, envelope.resent_at.unwrap_or(time), Precision::Millis);
    if envelope.resent_at.is_some() {
        w.timestamp(tag::ORIG_SENDING_TIME, time, Precision::Millis);
    }
}

fn session_message(w: &mut Writer<'_>, event: &Event) {
    if let Some(m) = event.get::<j::HeartbeatSent>() {
        w.text(tag::TEST_REQ_ID, text(&m.test_req_id));
    } else if let Some(m) = event.get::<j::LogonAccepted>() {
        w.uint(tag::ENCRYPT_METHOD, 0);
        w.uint(tag::HEART_BT_INT, m.heartbeat_s.get().into());
        if m.reset_seq_num.known() == Some(Boolean::True) {
            w.bool(tag::RESET_SEQ_NUM_FLAG, true);
        }
    } else if let Some(m) = event.get::<j::TestRequestSent>() {
        w.uint(tag::TEST_REQ_ID, m.test_req_id.get());
    } else if let Some(m) = event.get::<j::ResendRequestSent>() {
        w.uint(tag::BEGIN_SEQ_NO, m.begin_seq_no.get());
        w.uint(tag::END_SEQ_NO, m.end_seq_no.get());
    } else if let Some(m) = event.get::<j::LogoutSent>() {
        logout(w, m);
    } else if let Some(m) = event.get::<j::SessionRejectSent>() {
        w.uint(tag::REF_SEQ_NUM, m.ref_seq_num.get());
        if m.ref_tag.get() != 0 {
            w.uint(tag::REF_TAG_ID, m.ref_tag.get().into());
        }
        w.text(tag::REF_MSG_TYPE, text(&m.ref_msg_type));
        w.uint(tag::SESSION_REJECT_REASON, m.reason.into());
        w.text(tag::TEXT, reject_words(m.reason));
    }
}

fn logout(w: &mut Writer<'_>, m: &j::LogoutSent) {
    match m.reason.known() {
        Some(LogoutReason::MsgSeqNumTooLow) => {
            // The words that FIX engines look for, with both numbers.
            let mut words = [0; 80];
            let mut end = 0;
            let expected = super::decimal::Printed::uint(m.expected.get());
            let received = super::decimal::Printed::uint(m.received.get());
            let parts: [&[u8]; 4] = [
                b"MsgSeqNum too low, expecting ",
                expected.as_bytes(),
                b" but received ",
                received.as_bytes(),
            ];
            for part in parts {
                if let Some(place) = words.get_mut(end..end + part.len()) {
                    place.copy_from_slice(part);
                    end += part.len();
                }
            }
            w.text(tag::TEXT, words.get(..end).unwrap_or(&[]));
        }
        Some(reason) => w.text(tag::TEXT, logout_words(reason)),
        None => {}
    }
}

/// Text (58) of a Logout.
fn logout_words(reason: LogoutReason) -> &'static [u8] {
    match reason {
        LogoutReason::Answer => b"",
        LogoutReason::MsgSeqNumTooLow => b"MsgSeqNum too low",
        LogoutReason::NoAnswerToTestRequest => b"no answer to TestRequest",
        LogoutReason::ResendRepeated => b"the same range was requested too often",
        LogoutReason::VenueStops => b"the venue stops; log on again later",
        LogoutReason::BadMessage => b"see the Reject before this",
        LogoutReason::ResetNeedsOne => b"ResetSeqNumFlag=Y needs MsgSeqNum 1",
        LogoutReason::HeartBtIntOutOfRange => b"HeartBtInt is out of range",
        // Never said: the first connection must not notice, and a slow reader reads nothing.
        LogoutReason::AlreadyLoggedOn | LogoutReason::SlowReader => b"",
    }
}

/// Text (58) of a Reject, by SessionRejectReason (373).
fn reject_words(reason: u8) -> &'static [u8] {
    match reason {
        0 => b"invalid tag number",
        1 => b"required tag missing",
        2 => b"tag not defined for this message type",
        4 => b"tag specified without a value",
        5 => b"value is incorrect (out of range) for this tag",
        6 => b"incorrect data format for value",
        9 => b"CompID problem",
        10 => b"SendingTime accuracy problem",
        11 => b"invalid MsgType",
        13 => b"tag appears more than once",
        14 => b"tag specified out of required order",
        15 => b"repeating group fields out of order",
        16 => b"incorrect NumInGroup count for repeating group",
        _ => b"not expected now",
    }
}

/// The fields that reports about a known order have in common.
struct Common<'a> {
    order_id: u64,
    exec_id: u64,
    exec_type: u8,
    ord_status: OrdStatusCode,
    cl_ord_id: &'a [u8; 36],
    account: &'a [u8; 16],
    symbol: &'a [u8],
    side: u8,
    ord_type: u8,
    time_in_force: u8,
    price: Decimal8Null,
    order_qty: i64,
    leaves_qty: i64,
    cum_qty: i64,
    avg_px: i64,
    time: u64,
}

fn common(w: &mut Writer<'_>, c: &Common<'_>) {
    w.uint(tag::ORDER_ID, c.order_id);
    w.uint(tag::EXEC_ID, c.exec_id);
    w.char(tag::EXEC_TYPE, c.exec_type);
    w.char(tag::ORD_STATUS, c.ord_status.0);
    w.text(tag::CL_ORD_ID, text(c.cl_ord_id));
    w.text(tag::ACCOUNT, text(c.account));
    w.text(tag::SYMBOL, c.symbol);
    w.char(tag::SIDE, char_of(c.side));
    w.decimal(tag::ORDER_QTY, c.order_qty);
    w.char(tag::ORD_TYPE, char_of(c.ord_type));
    if let Some(price) = c.price.get() {
        w.decimal(tag::PRICE, price);
    }
    w.char(tag::TIME_IN_FORCE, char_of(c.time_in_force));
    w.decimal(tag::LEAVES_QTY, c.leaves_qty);
    w.decimal(tag::CUM_QTY, c.cum_qty);
    w.decimal(tag::AVG_PX, c.avg_px);
    w.timestamp(tag::TRANSACT_TIME, c.time, Precision::Millis);
}

fn accepted(w: &mut Writer<'_>, m: &oe::ExecutionReportNew, directory: &Directory, time: u64) {
    let c = Common {
        order_id: m.order_id.get(),
        exec_id: m.exec_id.get(),
        exec_type: b'0',
        ord_status: OrdStatus::New.into(),
        cl_ord_id: &m.cl_ord_id,
        account: &m.account,
        symbol: directory.symbol(m.instrument.get()),
        side: m.side.0,
        ord_type: m.ord_type.0,
        time_in_force: m.time_in_force.0,
        price: m.price,
        order_qty: m.order_qty.get(),
        leaves_qty: m.order_qty.get(),
        cum_qty: 0,
        avg_px: 0,
        time,
    };
    common(w, &c);
}

fn trade(w: &mut Writer<'_>, m: &oe::ExecutionReportTrade, directory: &Directory, time: u64) {
    let c = Common {
        order_id: m.order_id.get(),
        exec_id: m.exec_id.get(),
        exec_type: b'F',
        ord_status: m.ord_status,
        cl_ord_id: &m.cl_ord_id,
        account: &m.account,
        symbol: directory.symbol(m.instrument.get()),
        side: m.side.0,
        ord_type: m.ord_type.0,
        time_in_force: m.time_in_force.0,
        price: m.price,
        order_qty: m.order_qty.get(),
        leaves_qty: m.leaves_qty.get(),
        cum_qty: m.cum_qty.get(),
        avg_px: m.avg_px.get(),
        time,
    };
    common(w, &c);
    w.decimal(tag::LAST_QTY, m.last_qty.get());
    w.decimal(tag::LAST_PX, m.last_px.get());
    w.uint(tag::SECONDARY_EXEC_ID, m.trade_id.get());
    // LastLiquidityInd: 1 added, 2 removed.
    w.uint(tag::LAST_LIQUIDITY_IND, u64::from(m.aggressor) + 1);
}

fn replaced(w: &mut Writer<'_>, m: &oe::ExecutionReportReplaced, directory: &Directory, time: u64) {
    let c = Common {
        order_id: m.order_id.get(),
        exec_id: m.exec_id.get(),
        exec_type: b'5',
        ord_status: m.ord_status,
        cl_ord_id: &m.cl_ord_id,
        account: &m.account,
        symbol: directory.symbol(m.instrument.get()),
        side: m.side.0,
        ord_type: m.ord_type.0,
        time_in_force: m.time_in_force.0,
        price: m.price,
        order_qty: m.order_qty.get(),
        leaves_qty: m.leaves_qty.get(),
        cum_qty: m.cum_qty.get(),
        avg_px: m.avg_px.get(),
        time,
    };
    common(w, &c);
    w.text(tag::ORIG_CL_ORD_ID, text(&m.orig_cl_ord_id));
}

fn canceled(w: &mut Writer<'_>, m: &oe::ExecutionReportCanceled, directory: &Directory, time: u64) {
    let c = Common {
        order_id: m.order_id.get(),
        exec_id: m.exec_id.get(),
        // ExecType (150) and OrdStatus (39) of an end have the same letters.
        exec_type: m.ord_status.0,
        ord_status: m.ord_status,
        cl_ord_id: &m.cl_ord_id,
        account: &m.account,
        symbol: directory.symbol(m.instrument.get()),
        side: m.side.0,
        ord_type: m.ord_type.0,
        time_in_force: m.time_in_force.0,
        price: m.price,
        order_qty: m.order_qty.get(),
        leaves_qty: 0,
        cum_qty: m.cum_qty.get(),
        avg_px: m.avg_px.get(),
        time,
    };
    common(w, &c);
    w.text(tag::ORIG_CL_ORD_ID, text(&m.orig_cl_ord_id));
    let words: &[u8] = match m.cause.known() {
        Some(CancelCause::ImmediateOrCancel) => b"nothing more to trade with",
        Some(CancelCause::FillOrKill) => b"not enough to fill it whole",
        Some(CancelCause::Disconnect) => b"cancel on disconnect",
        Some(CancelCause::DayEnd) => b"end of the day",
        _ => b"",
    };
    w.text(tag::TEXT, words);
}

fn rejected(w: &mut Writer<'_>, m: &oe::ExecutionReportRejected, time: u64) {
    w.text(tag::ORDER_ID, b"NONE");
    w.uint(tag::EXEC_ID, m.exec_id.get());
    w.char(tag::EXEC_TYPE, b'8');
    w.char(tag::ORD_STATUS, b'8');
    w.text(tag::CL_ORD_ID, text(&m.cl_ord_id));
    w.text(tag::ACCOUNT, text(&m.account));
    w.text(tag::SYMBOL, text(&m.symbol));
    w.char(tag::SIDE, char_of(m.side.0));
    w.decimal(tag::ORDER_QTY, m.order_qty.get());
    w.char(tag::ORD_TYPE, char_of(m.ord_type.0));
    if let Some(price) = m.price.get() {
        w.decimal(tag::PRICE, price);
    }
    w.char(tag::TIME_IN_FORCE, char_of(m.time_in_force.0));
    w.uint(tag::LEAVES_QTY, 0);
    w.uint(tag::CUM_QTY, 0);
    w.uint(tag::AVG_PX, 0);
    w.timestamp(tag::TRANSACT_TIME, time, Precision::Millis);
    w.uint(tag::ORD_REJ_REASON, listed(m.reason.0));
    let words: &[u8] = match m.reason.known() {
        Some(OrdRejReason::UnknownSymbol) => b"unknown symbol",
        Some(OrdRejReason::OrderExceedsLimit) => b"OrderQty is above the largest allowed",
        Some(OrdRejReason::DuplicateOrder) => b"ClOrdID has been used",
        Some(OrdRejReason::UnsupportedOrderCharacteristic) => b"not supported",
        Some(OrdRejReason::IncorrectQuantity) => b"OrderQty is not a positive multiple of the lot",
        Some(OrdRejReason::InvalidPriceIncrement) => {
            b"Price is not a positive multiple of the tick"
        }
        Some(OrdRejReason::PriceMissing) => b"a limit order needs a Price",
        Some(OrdRejReason::PriceNotAllowed) => b"a market order has no Price",
        Some(OrdRejReason::CapacityReached) => b"the venue has no room for another order",
        _ => b"",
    };
    w.text(tag::TEXT, words);
}

fn status(w: &mut Writer<'_>, m: &oe::ExecutionReportStatus, directory: &Directory, time: u64) {
    let c = Common {
        order_id: m.order_id.get(),
        exec_id: 0,
        exec_type: b'I',
        ord_status: m.ord_status,
        cl_ord_id: &m.cl_ord_id,
        account: &m.account,
        symbol: directory.symbol(m.instrument.get()),
        side: m.side.0,
        ord_type: m.ord_type.0,
        time_in_force: m.time_in_force.0,
        price: m.price,
        order_qty: m.order_qty.get(),
        leaves_qty: m.leaves_qty.get(),
        cum_qty: m.cum_qty.get(),
        avg_px: m.avg_px.get(),
        time,
    };
    common(w, &c);
}

fn unknown_order(w: &mut Writer<'_>, m: &oe::StatusUnknownOrder, time: u64) {
    w.text(tag::ORDER_ID, b"NONE");
    w.uint(tag::EXEC_ID, 0);
    w.char(tag::EXEC_TYPE, b'I');
    w.char(tag::ORD_STATUS, b'8');
    w.text(tag::CL_ORD_ID, text(&m.cl_ord_id));
    w.text(tag::SYMBOL, text(&m.symbol));
    w.char(tag::SIDE, char_of(m.side.0));
    w.uint(tag::LEAVES_QTY, 0);
    w.uint(tag::CUM_QTY, 0);
    w.uint(tag::AVG_PX, 0);
    w.timestamp(tag::TRANSACT_TIME, time, Precision::Millis);
    w.uint(tag::ORD_REJ_REASON, 5);
    w.text(tag::TEXT, b"unknown order");
}

fn cancel_reject(w: &mut Writer<'_>, m: &oe::CancelReject, time: u64) {
    match m.order_id.get() {
        0 => w.text(tag::ORDER_ID, b"NONE"),
        id => w.uint(tag::ORDER_ID, id),
    }
    w.text(tag::CL_ORD_ID, text(&m.cl_ord_id));
    w.text(tag::ORIG_CL_ORD_ID, text(&m.orig_cl_ord_id));
    w.char(tag::ORD_STATUS, m.ord_status.0);
    w.timestamp(tag::TRANSACT_TIME, time, Precision::Millis);
    w.char(tag::CXL_REJ_RESPONSE_TO, m.response_to.0);
    w.uint(tag::CXL_REJ_REASON, listed(m.reason.0));
    let words: &[u8] = match m.reason.known() {
        Some(CxlRejReason::TooLateToCancel) => b"too late: the order has ended",
        Some(CxlRejReason::UnknownOrder) => b"unknown order",
        Some(CxlRejReason::DuplicateClOrdId) => b"ClOrdID has been used",
        Some(CxlRejReason::IncorrectQuantity) => {
            b"OrderQty must be a multiple of the lot above what is filled"
        }
        Some(CxlRejReason::InvalidPriceIncrement) => {
            b"Price is not a positive multiple of the tick"
        }
        Some(CxlRejReason::NotChangeable) => {
            b"Symbol, Side, OrdType and TimeInForce must be the order's"
        }
        Some(CxlRejReason::CapacityReached) => b"the venue has no room for the change",
        Some(CxlRejReason::QuantityTooLarge) => b"OrderQty is above the largest allowed",
        _ => b"",
    };
    w.text(tag::TEXT, words);
}

fn business_reject(w: &mut Writer<'_>, m: &oe::BusinessReject) {
    w.uint(tag::REF_SEQ_NUM, m.ref_seq_num.get());
    w.text(tag::REF_MSG_TYPE, text(&m.ref_msg_type));
    w.text(tag::BUSINESS_REJECT_REF_ID, text(&m.ref_id));
    w.uint(tag::BUSINESS_REJECT_REASON, m.reason.into());
    let words: &[u8] = match m.reason {
        _ if m.throttled != 0 => b"too many messages; slow down",
        3 => b"unsupported message type",
        5 => b"conditionally required field missing",
        _ => b"",
    };
    w.text(tag::TEXT, words);
}

/// Reasons that FIX 4.4 does not list go as 99, other; Text (58) has the words.
fn listed(reason: u8) -> u64 {
    if reason < 99 { reason.into() } else { 99 }
}

/// The FIX char of a code of our schemas; the reverse of `inbound::code`.
fn char_of(code: u8) -> u8 {
    match code {
        0..=9 => b'0' + code,
        u8::MAX => b'?',
        letter => letter,
    }
}

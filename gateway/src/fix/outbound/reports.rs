//! What is told of orders: execution reports (8), refused cancels (9), mass cancels (r), and
//! BusinessMessageReject (j). Each field is the event's, in the words of FIX. Source: FIX 4.4 vol. 4.

use super::words;
use crate::directory::Directory;
use crate::fix::inbound::{
    PARTY_ROLES, TAG_MASS_CANCEL_ACCOUNT, TAG_MASS_CANCEL_SCOPE, TAG_POST_ONLY_SLIDE,
};
use crate::fix::tables::tag;
use crate::fix::time::Precision;
use crate::fix::write::Writer;
use engine::Event;
use sbe_schemas::header::text;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Conditions, Decimal8Null, MassRejReason, OrdStatus, OrdStatusCode, OrdType, OrdTypeCode,
    PartyRoles, RestateCause,
};

/// Sequence, in the venue's log, of what caused the message. A tag of the venue's own.
const TAG_LOG_SEQ: u16 = 5022;
/// ExecType (150): the venue changed the order.
const RESTATED: u8 = b'D';
/// ExecRestatementReason (378): part of OrderQty is declined.
const PARTIAL_DECLINE: u64 = 5;
/// ExecRestatementReason (378): other, a stop was triggered. 150=L came with a later version of FIX.
const OTHER: u64 = 99;
/// Symbol (55) of a report about no order.
const NO_SYMBOL: &[u8] = b"[N/A]";
/// Side (54) of a report about no order.
const UNDISCLOSED: u8 = b'7';
/// CommType (13): Commission (12) is an amount.
const ABSOLUTE: u8 = b'3';
/// PartyIDSource (447): the venue's own numbers and names.
const PROPRIETARY: u8 = b'D';

/// Writes what follows the header.
pub(super) fn report(w: &mut Writer<'_>, event: &Event, d: &Directory) {
    let time = event.head.time.get();
    if let Some(m) = event.get::<oe::ExecutionReportTrade>() {
        trade(w, m, d, time);
    } else if let Some(m) = event.get::<oe::ExecutionReportNew>() {
        accepted(w, m, d, time);
    } else if let Some(m) = event.get::<oe::ExecutionReportCanceled>() {
        canceled(w, m, d, time);
    } else if let Some(m) = event.get::<oe::ExecutionReportExpired>() {
        canceled(w, &(*m).into(), d, time);
    } else if let Some(m) = event.get::<oe::ExecutionReportReplaced>() {
        replaced(w, m, d, time);
    } else if let Some(m) = event.get::<oe::ExecutionReportRejected>() {
        rejected(w, m, time);
    } else if let Some(m) = event.get::<oe::ExecutionReportRestated>() {
        restated(w, m, d, time);
    } else if let Some(m) = event.get::<oe::ExecutionReportStatus>() {
        status(w, m, d, time);
    } else if let Some(m) = event.get::<oe::ExecutionReportTradeBust>() {
        bust(w, m, d, time);
    } else if let Some(m) = event.get::<oe::StatusUnknownOrder>() {
        unknown_order(w, m, time);
    } else if let Some(m) = event.get::<oe::CancelReject>() {
        cancel_reject(w, m, time);
    } else if let Some(m) = event.get::<oe::MassActionReport>() {
        mass_cancel(w, m, d, event.head.seq.get(), time);
    } else if let Some(m) = event.get::<oe::BusinessReject>() {
        return business_reject(w, m);
    }
    if let Some(said) = said_of(event) {
        if said.capacity != 0 {
            w.char(tag::ORDER_CAPACITY, said.capacity);
        }
        parties(w, &said);
    }
    w.uint(TAG_LOG_SEQ, event.head.seq.get());
}

/// What an order said of itself and is only given back.
struct Said<'a> {
    capacity: u8,
    parties: PartyRoles,
    firm: u32,
    user: u32,
    account: &'a [u8; 16],
}

fn said_of(event: &Event) -> Option<Said<'_>> {
    macro_rules! first_of {
        ($($report:ident),*) => {
            $(if let Some(m) = event.get::<oe::$report>() {
                let (firm, user) = (m.firm.get(), m.user.get());
                let (capacity, parties) = (m.capacity, m.parties);
                return Some(Said { capacity, parties, firm, user, account: &m.account });
            })*
        };
    }
    first_of!(ExecutionReportTrade, ExecutionReportNew, ExecutionReportCanceled);
    first_of!(ExecutionReportReplaced, ExecutionReportRejected, ExecutionReportRestated);
    first_of!(ExecutionReportTradeBust, ExecutionReportExpired);
    None
}

/// Parties (453): those that the order named and the venue looks at.
fn parties(w: &mut Writer<'_>, said: &Said<'_>) {
    let named = || PARTY_ROLES.iter().filter(|(role, _)| said.parties.has(*role));
    match named().count() {
        0 => return,
        count => w.uint(tag::NO_PARTY_IDS, count as u64),
    }
    for (role, number) in named() {
        match *role {
            PartyRoles::EXECUTING_FIRM => w.uint(tag::PARTY_ID, said.firm.into()),
            PartyRoles::CUSTOMER_ACCOUNT => w.text(tag::PARTY_ID, text(said.account)),
            _ => w.uint(tag::PARTY_ID, said.user.into()),
        }
        w.char(tag::PARTY_ID_SOURCE, PROPRIETARY);
        w.text(tag::PARTY_ROLE, number);
    }
}

/// On a drop copy: the session that was told.
pub(super) fn copy_of(event: &Event) -> Option<u32> {
    let copy_of = if let Some(m) = event.get::<oe::ExecutionReportTrade>() {
        m.copy_of
    } else if let Some(m) = event.get::<oe::ExecutionReportNew>() {
        m.copy_of
    } else if let Some(m) = event.get::<oe::ExecutionReportCanceled>() {
        m.copy_of
    } else if let Some(m) = event.get::<oe::ExecutionReportReplaced>() {
        m.copy_of
    } else if let Some(m) = event.get::<oe::ExecutionReportRejected>() {
        m.copy_of
    } else if let Some(m) = event.get::<oe::ExecutionReportTradeBust>() {
        m.copy_of
    } else if let Some(m) = event.get::<oe::ExecutionReportExpired>() {
        m.copy_of
    } else {
        event.get::<oe::ExecutionReportRestated>()?.copy_of
    };
    Some(copy_of.get()).filter(|session| *session != 0)
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
    ord_type: OrdTypeCode,
    time_in_force: u8,
    price: Decimal8Null,
    order_qty: i64,
    leaves_qty: i64,
    cum_qty: i64,
    avg_px: i64,
    time: u64,
}

/// Of a report that has all of them.
macro_rules! common_of {
    ($m:expr, $exec_type:expr, $d:expr, $time:expr) => {
        Common {
            order_id: $m.order_id.get(),
            exec_id: $m.exec_id.get(),
            exec_type: $exec_type,
            ord_status: $m.ord_status,
            cl_ord_id: &$m.cl_ord_id,
            account: &$m.account,
            symbol: $d.symbol($m.instrument.get()),
            side: $m.side.0,
            ord_type: $m.ord_type,
            time_in_force: $m.time_in_force.0,
            price: $m.price,
            order_qty: $m.order_qty.get(),
            leaves_qty: $m.leaves_qty.get(),
            cum_qty: $m.cum_qty.get(),
            avg_px: $m.avg_px.get(),
            time: $time,
        }
    };
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
    w.char(tag::ORD_TYPE, ord_type(c.ord_type));
    if let Some(price) = c.price.get() {
        w.decimal(tag::PRICE, price);
    }
    w.char(tag::TIME_IN_FORCE, char_of(c.time_in_force));
    w.decimal(tag::LEAVES_QTY, c.leaves_qty);
    w.decimal(tag::CUM_QTY, c.cum_qty);
    w.decimal(tag::AVG_PX, c.avg_px);
    w.timestamp(tag::TRANSACT_TIME, c.time, Precision::Millis);
}

fn accepted(w: &mut Writer<'_>, m: &oe::ExecutionReportNew, d: &Directory, time: u64) {
    let c = Common {
        order_id: m.order_id.get(),
        exec_id: m.exec_id.get(),
        exec_type: b'0',
        ord_status: OrdStatus::New.into(),
        cl_ord_id: &m.cl_ord_id,
        account: &m.account,
        symbol: d.symbol(m.instrument.get()),
        side: m.side.0,
        ord_type: m.ord_type,
        time_in_force: m.time_in_force.0,
        price: m.price,
        order_qty: m.order_qty.get(),
        leaves_qty: m.order_qty.get(),
        cum_qty: 0,
        avg_px: 0,
        time,
    };
    common(w, &c);
    optional(w, tag::STOP_PX, m.stop_px);
    if matches!(m.ord_type.known(), Some(OrdType::Stop | OrdType::StopLimit)) {
        w.bool(tag::WORKING_INDICATOR, false);
    }
    optional(w, tag::MIN_QTY, m.min_qty);
    let has = |condition| m.conditions.has(condition);
    match has(Conditions::HIDDEN) {
        true => w.uint(tag::MAX_FLOOR, 0),
        false => optional(w, tag::MAX_FLOOR, m.display_qty),
    }
    if m.expire_time.get() != 0 {
        w.timestamp(tag::EXPIRE_TIME, m.expire_time.get(), Precision::Millis);
    }
    let slides = has(Conditions::POST_ONLY_SLIDE);
    w.text(
        tag::EXEC_INST,
        match (slides || has(Conditions::POST_ONLY), has(Conditions::ALL_OR_NONE)) {
            (true, true) => b"6 G",
            (true, false) => b"6",
            (false, true) => b"G",
            (false, false) => b"",
        },
    );
    if slides {
        w.bool(TAG_POST_ONLY_SLIDE, true);
    }
}

fn optional(w: &mut Writer<'_>, tag: u16, decimal: Decimal8Null) {
    if let Some(units) = decimal.get() {
        w.decimal(tag, units);
    }
}

fn trade(w: &mut Writer<'_>, m: &oe::ExecutionReportTrade, d: &Directory, time: u64) {
    common(w, &common_of!(m, b'F', d, time));
    w.decimal(tag::LAST_QTY, m.last_qty.get());
    w.decimal(tag::LAST_PX, m.last_px.get());
    w.uint(tag::SECONDARY_EXEC_ID, m.trade_id.get());
    // LastLiquidityInd: 1 added, 2 removed; in an auction nobody did either.
    if m.auction == 0 {
        w.uint(tag::LAST_LIQUIDITY_IND, u64::from(m.aggressor) + 1);
    }
    if m.fee.get() != 0 {
        w.decimal(tag::COMMISSION, m.fee.get());
        w.char(tag::COMM_TYPE, ABSOLUTE);
    }
}

/// Trade Cancel: what the report of the trade said.
fn bust(w: &mut Writer<'_>, m: &oe::ExecutionReportTradeBust, d: &Directory, time: u64) {
    common(w, &common_of!(m, b'H', d, time));
    w.uint(tag::EXEC_REF_ID, m.exec_ref_id.get());
    w.decimal(tag::LAST_QTY, m.last_qty.get());
    w.decimal(tag::LAST_PX, m.last_px.get());
    w.uint(tag::SECONDARY_EXEC_ID, m.trade_id.get());
    if m.fee.get() != 0 {
        w.decimal(tag::COMMISSION, m.fee.get());
        w.char(tag::COMM_TYPE, ABSOLUTE);
    }
}

fn replaced(w: &mut Writer<'_>, m: &oe::ExecutionReportReplaced, d: &Directory, time: u64) {
    common(w, &common_of!(m, b'5', d, time));
    w.text(tag::ORIG_CL_ORD_ID, text(&m.orig_cl_ord_id));
    optional(w, tag::STOP_PX, m.stop_px);
    optional(w, tag::MAX_FLOOR, m.display_qty);
}

/// The venue changed the order: it is triggered, or less is open.
fn restated(w: &mut Writer<'_>, m: &oe::ExecutionReportRestated, d: &Directory, time: u64) {
    let cause = m.cause.known();
    common(w, &common_of!(m, RESTATED, d, time));
    let reason = match cause {
        Some(RestateCause::SelfTradeDecrement) => PARTIAL_DECLINE,
        Some(RestateCause::Triggered) | None => OTHER,
    };
    if cause == Some(RestateCause::Triggered) {
        w.bool(tag::WORKING_INDICATOR, true);
    }
    w.uint(tag::EXEC_RESTATEMENT_REASON, reason);
    w.text(tag::TEXT, cause.map_or(b"", words::restated));
}

fn canceled(w: &mut Writer<'_>, m: &oe::ExecutionReportCanceled, d: &Directory, time: u64) {
    let c = Common {
        order_id: m.order_id.get(),
        exec_id: m.exec_id.get(),
        // ExecType (150) and OrdStatus (39) of an end have the same letters.
        exec_type: m.ord_status.0,
        ord_status: m.ord_status,
        cl_ord_id: &m.cl_ord_id,
        account: &m.account,
        symbol: d.symbol(m.instrument.get()),
        side: m.side.0,
        ord_type: m.ord_type,
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
    w.text(tag::TEXT, m.cause.known().map_or(b"", words::canceled));
}

fn rejected(w: &mut Writer<'_>, m: &oe::ExecutionReportRejected, time: u64) {
    w.text(tag::ORDER_ID, b"NONE");
    w.uint(tag::EXEC_ID, m.exec_id.get());
    w.char(tag::EXEC_TYPE, b'8');
    w.char(tag::ORD_STATUS, b'8');
    w.text(tag::CL_ORD_ID, text(&m.cl_ord_id));
    w.text(tag::ACCOUNT, text(&m.account));
    w.text(tag::SYMBOL, text(&m.symbol));
    w.char(tag::SIDE, char_of(m.side));
    w.decimal(tag::ORDER_QTY, m.order_qty.get());
    w.char(tag::ORD_TYPE, ord_type(OrdTypeCode(m.ord_type)));
    if let Some(price) = m.price.get() {
        w.decimal(tag::PRICE, price);
    }
    w.char(tag::TIME_IN_FORCE, char_of(m.time_in_force));
    w.uint(tag::LEAVES_QTY, 0);
    w.uint(tag::CUM_QTY, 0);
    w.uint(tag::AVG_PX, 0);
    w.timestamp(tag::TRANSACT_TIME, time, Precision::Millis);
    w.uint(tag::ORD_REJ_REASON, listed(m.reason.0));
    w.text(tag::TEXT, m.reason.known().map_or(b"", words::rejected));
}

fn status(w: &mut Writer<'_>, m: &oe::ExecutionReportStatus, d: &Directory, time: u64) {
    let c = Common {
        order_id: m.order_id.get(),
        exec_id: 0,
        exec_type: b'I',
        ord_status: m.ord_status,
        cl_ord_id: &m.cl_ord_id,
        account: &m.account,
        symbol: d.symbol(m.instrument.get()),
        side: m.side.0,
        ord_type: m.ord_type,
        time_in_force: m.time_in_force.0,
        price: m.price,
        order_qty: m.order_qty.get(),
        leaves_qty: m.leaves_qty.get(),
        cum_qty: m.cum_qty.get(),
        avg_px: m.avg_px.get(),
        time,
    };
    common(w, &c);
    mass_status(w, &m.mass_status_req_id, m.is_last != 0);
}

fn mass_status(w: &mut Writer<'_>, request: &[u8; 36], is_last: bool) {
    if !text(request).is_empty() {
        w.text(tag::MASS_STATUS_REQ_ID, text(request));
        w.bool(tag::LAST_RPT_REQUESTED, is_last);
    }
}

fn unknown_order(w: &mut Writer<'_>, m: &oe::StatusUnknownOrder, time: u64) {
    w.text(tag::ORDER_ID, b"NONE");
    w.uint(tag::EXEC_ID, 0);
    w.char(tag::EXEC_TYPE, b'I');
    w.char(tag::ORD_STATUS, b'8');
    w.text(tag::CL_ORD_ID, text(&m.cl_ord_id));
    let of_mass = !text(&m.mass_status_req_id).is_empty();
    // FIX wants an instrument and a side in every execution report; these stand for none.
    w.text(tag::SYMBOL, if of_mass { NO_SYMBOL } else { text(&m.symbol) });
    w.char(tag::SIDE, if of_mass { UNDISCLOSED } else { char_of(m.side) });
    w.uint(tag::LEAVES_QTY, 0);
    w.uint(tag::CUM_QTY, 0);
    w.uint(tag::AVG_PX, 0);
    w.timestamp(tag::TRANSACT_TIME, time, Precision::Millis);
    w.uint(tag::ORD_REJ_REASON, 5);
    w.text(tag::TEXT, if of_mass { b"no open orders" } else { b"unknown order" });
    mass_status(w, &m.mass_status_req_id, true);
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
    w.text(tag::TEXT, m.reason.known().map_or(b"", words::cancel_rejected));
}

/// OrderMassCancelReport: 531 says 530 again, or 0 for "refused". FIX wants an OrderID (37) of the
/// request itself; it is its log sequence.
fn mass_cancel(w: &mut Writer<'_>, m: &oe::MassActionReport, d: &Directory, seq: u64, time: u64) {
    let request = if m.instrument.get() == 0 { b'7' } else { b'1' };
    let refused = m.reason.known() != Some(MassRejReason::None);
    w.text(tag::CL_ORD_ID, text(&m.cl_ord_id));
    w.uint(tag::ORDER_ID, seq);
    w.char(tag::MASS_CANCEL_REQUEST_TYPE, request);
    w.char(tag::MASS_CANCEL_RESPONSE, if refused { b'0' } else { request });
    if refused {
        w.uint(tag::MASS_CANCEL_REJECT_REASON, listed(m.reason.0));
    }
    w.uint(tag::TOTAL_AFFECTED_ORDERS, m.affected.get().into());
    w.text(tag::SYMBOL, d.symbol(m.instrument.get()));
    if m.side != 0 {
        w.char(tag::SIDE, char_of(m.side));
    }
    w.timestamp(tag::TRANSACT_TIME, time, Precision::Millis);
    w.text(tag::TEXT, m.reason.known().map_or(b"", words::mass_cancel_refused));
    w.char(TAG_MASS_CANCEL_SCOPE, char_of(m.scope.0));
    w.text(TAG_MASS_CANCEL_ACCOUNT, text(&m.account));
}

fn business_reject(w: &mut Writer<'_>, m: &oe::BusinessReject) {
    w.uint(tag::REF_SEQ_NUM, m.ref_seq_num.get());
    w.text(tag::TEXT, words::business_rejected(m.reason, m.throttled != 0));
    w.text(tag::REF_MSG_TYPE, text(&m.ref_msg_type));
    w.text(tag::BUSINESS_REJECT_REF_ID, text(&m.ref_id));
    w.uint(tag::BUSINESS_REJECT_REASON, m.reason.into());
}

/// Reasons that FIX 4.4 does not list go as 99, other; Text (58) has the words.
fn listed(reason: u8) -> u64 {
    if reason < 99 { reason.into() } else { 99 }
}

/// OrdType (40); the reverse of what `inbound/orders.rs` makes of it.
fn ord_type(code: OrdTypeCode) -> u8 {
    if code.known() == Some(OrdType::MarketToLimit) { b'K' } else { char_of(code.0) }
}

/// The FIX char of a code of our schemas; the reverse of `inbound::code`.
fn char_of(code: u8) -> u8 {
    match code {
        0..=9 => b'0' + code,
        u8::MAX => b'?',
        letter => letter,
    }
}

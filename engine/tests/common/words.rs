//! Events as words of a script, and decimals as text.
//!
//! ```text
//! ok A                          accepted                 rejected A UnknownSymbol
//! trade DxA 10 @ 100            taker x maker, both reports          refused C UnknownOrder
//! replaced A as A2 5 @ 100      the new terms            cancelled A by C | ioc | fok | disconnect
//! expired A                     state A New 0 of 10 avg 0            unknown A
//! again A New 0 of 10 avg 0     an answer to 97=Y
//! ```

use engine::Event;
use sbe_schemas::header::text;
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{Boolean, CancelCause, Decimal8, EventFlags, EventKind, OrdStatus};

/// `100.05` as a mantissa of 10^-8.
pub(crate) fn mantissa(decimal: &str) -> i64 {
    let (sign, digits) = decimal.strip_prefix('-').map_or((1, decimal), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(part.len() <= 8, "{decimal}");
    sign * format!("{whole}{part:0<8}").parse::<i64>().unwrap_or_else(|_| panic!("{decimal}"))
}

/// A mantissa of 10^-8 without zeros at the end.
pub(crate) fn decimal(value: Decimal8) -> String {
    let value = value.get();
    let text = format!("{}.{:08}", value / 100_000_000, value % 100_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

pub(crate) fn string(field: &[u8]) -> String {
    String::from_utf8_lossy(text(field)).into_owned()
}

/// The words for each report and control event, with the event they end with. Two reports of a
/// trade are one.
pub(crate) fn words(events: &[Event]) -> Vec<(String, &Event)> {
    let mut maker = None;
    let mut all = Vec::new();
    for event in events {
        if event.kind() == Some(EventKind::Market) {
            continue;
        }
        if let Some(r) = event.get::<oe::ExecutionReportTrade>() {
            if r.aggressor == 0 {
                assert!(maker.replace(*r).is_none());
                continue;
            }
            let maker: oe::ExecutionReportTrade = maker.take().expect("the maker's report first");
            assert_eq!((maker.trade_id, maker.last_px), (r.trade_id, r.last_px));
            assert_eq!((maker.last_qty, maker.instrument), (r.last_qty, r.instrument));
            assert_ne!(maker.side, r.side);
            let (taker, maker) = (string(&r.cl_ord_id), string(&maker.cl_ord_id));
            let (qty, price) = (decimal(r.last_qty), decimal(r.last_px));
            all.push((format!("trade {taker}x{maker} {qty} @ {price}"), event));
        } else if let Some(words) = order_words(event).or_else(|| session_words(event)) {
            all.push((words, event));
        }
    }
    assert!(maker.is_none(), "a trade has two sides");
    all
}

fn order_words(event: &Event) -> Option<String> {
    if let Some(r) = event.get::<oe::ExecutionReportNew>() {
        return Some(format!("ok {}", string(&r.cl_ord_id)));
    }
    if let Some(r) = event.get::<oe::ExecutionReportReplaced>() {
        let (old, new) = (string(&r.orig_cl_ord_id), string(&r.cl_ord_id));
        let price = r.price.get().map_or("market".to_string(), |p| decimal(Decimal8::new(p)));
        return Some(format!("replaced {old} as {new} {} @ {price}", decimal(r.order_qty)));
    }
    if let Some(r) = event.get::<oe::ExecutionReportCanceled>() {
        return Some(cancelled(r));
    }
    if let Some(r) = event.get::<oe::ExecutionReportRejected>() {
        return Some(format!("rejected {} {}", string(&r.cl_ord_id), r.reason));
    }
    if let Some(r) = event.get::<oe::CancelReject>() {
        return Some(format!("refused {} {}", string(&r.cl_ord_id), r.reason));
    }
    if let Some(r) = event.get::<oe::ExecutionReportStatus>() {
        let what = if event.head.flags.has(EventFlags::POSS_RESEND) { "again" } else { "state" };
        let status = r.ord_status.known().unwrap();
        let open = matches!(status, OrdStatus::New | OrdStatus::PartiallyFilled);
        let left = r.order_qty.get() - r.cum_qty.get();
        assert_eq!(r.leaves_qty.get(), if open { left } else { 0 });
        let (id, filled) = (string(&r.cl_ord_id), decimal(r.cum_qty));
        let (qty, average) = (decimal(r.order_qty), decimal(r.avg_px));
        return Some(format!("{what} {id} {status:?} {filled} of {qty} avg {average}"));
    }
    let unknown = event.get::<oe::StatusUnknownOrder>()?;
    Some(format!("unknown {}", string(&unknown.cl_ord_id)))
}

fn cancelled(r: &oe::ExecutionReportCanceled) -> String {
    let (id, asked) = (string(&r.cl_ord_id), string(&r.orig_cl_ord_id));
    let cause = r.cause.known().unwrap();
    let expired = r.ord_status.known() == Some(OrdStatus::Expired);
    let expires = matches!(cause, CancelCause::DayEnd | CancelCause::ExpireTime);
    assert_eq!(expired, expires);
    assert_eq!(asked.is_empty(), cause != CancelCause::Client);
    match cause {
        CancelCause::Client => format!("cancelled {asked} by {id}"),
        CancelCause::ImmediateOrCancel => format!("cancelled {id} ioc"),
        CancelCause::FillOrKill => format!("cancelled {id} fok"),
        CancelCause::Disconnect => format!("cancelled {id} disconnect"),
        CancelCause::DayEnd | CancelCause::ExpireTime => format!("expired {id}"),
        CancelCause::MinQty => format!("cancelled {id} minqty"),
        CancelCause::SelfTrade => format!("cancelled {id} selftrade"),
        CancelCause::PriceBand => format!("cancelled {id} band"),
        CancelCause::AuctionOver => format!("cancelled {id} auction"),
        CancelCause::MassCancel => format!("cancelled {id} mass"),
        CancelCause::Operator => format!("cancelled {id} operator"),
        CancelCause::CapacityReached => format!("cancelled {id} capacity"),
    }
}

fn session_words(event: &Event) -> Option<String> {
    if let Some(m) = event.get::<j::LogonAccepted>() {
        let reset = m.reset_seq_num.known() == Some(Boolean::True);
        return Some(format!("logon hb={}{}", m.heartbeat_s, if reset { " reset" } else { "" }));
    }
    if let Some(m) = event.get::<j::LogoutSent>() {
        let numbers = match (m.expected.get(), m.received.get()) {
            (0, 0) => String::new(),
            (expected, received) => format!(" expected={expected} received={received}"),
        };
        return Some(format!("logout {}{numbers}", m.reason));
    }
    if let Some(m) = event.get::<j::HeartbeatSent>() {
        let id = string(&m.test_req_id);
        return Some(if id.is_empty() { "heartbeat".into() } else { format!("heartbeat {id}") });
    }
    if event.get::<j::TestRequestSent>().is_some() {
        return Some("testrequest".into());
    }
    if let Some(m) = event.get::<j::ResendRequestSent>() {
        return Some(format!("resendrequest {}-{}", m.begin_seq_no, m.end_seq_no));
    }
    if let Some(m) = event.get::<j::SessionRejectSent>() {
        let (number, kind) = (m.ref_seq_num, string(&m.ref_msg_type));
        return Some(format!("reject {number} 35={kind} 371={} 373={}", m.ref_tag, m.reason));
    }
    if let Some(m) = event.get::<oe::BusinessReject>() {
        let (kind, id) = (string(&m.ref_msg_type), string(&m.ref_id));
        let throttled = if m.throttled == 1 { " throttled" } else { "" };
        let number = m.ref_seq_num;
        return Some(format!("business {number} 35={kind} {id} 380={}{throttled}", m.reason));
    }
    if let Some(m) = event.get::<j::LogonRefused>() {
        return Some(format!("refused {}", m.reason));
    }
    if let Some(m) = event.get::<j::ConnectionClose>() {
        return Some(format!("close {}", m.why));
    }
    let resend = event.get::<j::Resend>()?;
    Some(format!("resend {}-{}", resend.begin_seq_no, resend.end_seq_no))
}

//! Events as words of a script, and decimals as text.
//!
//! ```text
//! ok A                          accepted; `ok A @ 99` where the venue chose the price
//! rejected A UnknownSymbol      refused C UnknownOrder
//! trade DxA 10 @ 100            taker x maker, both reports; `fees 0.2 -0.1`: taker's, maker's
//! uncross BxS 10 @ 100          buyer x seller
//! replaced A as A2 5 @ 100      the new terms; `stop 101`, `show 2`
//! triggered A                   decremented A to 5
//! cancelled A by C | ioc | fok | disconnect | minqty | selftrade | band | auction | mass | operator
//! expired A                     state A New 0 of 10 avg 0            unknown A
//! again A New 0 of 10 avg 0     an answer to 97=Y
//! mass M ended 3                mass M refused InvalidScope
//! done | done 3 | no OutOfRange the answer to the operator
//! ```
//! What the public is told:
//! ```text
//! phase closing by schedule     indicative 5 @ 100, `left buy 3`     result 5 @ 100
//! add A buy 5 @ 100             reduce A to 3                        delete A
//! execute A 2 @ 100 left 3      print 5 @ 100 buy                    of an order that nobody saw
//! ```

use engine::Event;
use sbe_schemas::header::text;
use sbe_schemas::journal as j;
use sbe_schemas::market_data as md;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    AdminResult, Boolean, CancelCause, Conditions, Decimal8, Decimal8Null, EventFlags, EventKind,
    MassRejReason, OrdRejReasonCode, OrdStatus, OrdType, Phase, PhaseReason, RestateCause, Route,
    Side,
};

/// `100.05` as a mantissa of 10^-8.
pub(crate) fn mantissa(decimal: &str) -> i64 {
    let (sign, digits) = decimal.strip_prefix('-').map_or((1, decimal), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(part.len() <= 8, "{decimal}");
    sign * format!("{whole}{part:0<8}").parse::<i64>().unwrap_or_else(|_| panic!("{decimal}"))
}

/// A mantissa of 10^-8 without zeros at the end.
pub(crate) fn decimal(value: Decimal8) -> String {
    let (sign, value) = (if value.get() < 0 { "-" } else { "" }, value.get().unsigned_abs());
    let text = format!("{sign}{}.{:08}", value / 100_000_000, value % 100_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

pub(crate) fn string(field: &[u8]) -> String {
    String::from_utf8_lossy(text(field)).into_owned()
}

/// The words for each report and control event, with the event they end with. Two reports of a
/// trade are one.
pub(crate) fn words(events: &[Event]) -> Vec<(String, &Event)> {
    let mut first = None;
    let mut all = Vec::new();
    for event in events {
        if event.kind() == Some(EventKind::Market) {
            continue;
        }
        if let Some(words) = copy_words(event) {
            all.push((words, event));
        } else if let Some(r) = event.get::<oe::ExecutionReportTrade>() {
            match first.take() {
                None => first = Some(*r),
                Some(first) => all.push((trade(&first, r), event)),
            }
        } else if let Some(words) =
            order_words(event).or_else(|| venue_words(event)).or_else(|| session_words(event))
        {
            all.push((words, event));
        }
    }
    assert!(first.is_none(), "a trade has two sides");
    all
}

/// On a drop copy session: of which session, and what it was told.
pub(crate) fn copy_words(event: &Event) -> Option<String> {
    let copy =
        |session: u32, words: String| (session != 0).then(|| format!("copy {session} {words}"));
    let other = || order_words(event).expect("a report");
    if let Some(r) = event.get::<oe::ExecutionReportTrade>() {
        let (id, qty, price) = (string(&r.cl_ord_id), decimal(r.last_qty), decimal(r.last_px));
        return copy(r.copy_of.get(), format!("trade {id} {qty} @ {price}"));
    }
    if let Some(r) = event.get::<oe::ExecutionReportNew>() {
        return copy(r.copy_of.get(), other());
    }
    if let Some(r) = event.get::<oe::ExecutionReportExpired>() {
        return copy(r.copy_of.get(), other());
    }
    if let Some(r) = event.get::<oe::ExecutionReportCanceled>() {
        return copy(r.copy_of.get(), other());
    }
    if let Some(r) = event.get::<oe::ExecutionReportReplaced>() {
        return copy(r.copy_of.get(), other());
    }
    if let Some(r) = event.get::<oe::ExecutionReportRestated>() {
        return copy(r.copy_of.get(), other());
    }
    if let Some(r) = event.get::<oe::ExecutionReportTradeBust>() {
        return copy(r.copy_of.get(), other());
    }
    let r = event.get::<oe::ExecutionReportRejected>()?;
    copy(r.copy_of.get(), other())
}

/// Maker, then taker; buyer, then seller in an uncross.
fn trade(a: &oe::ExecutionReportTrade, b: &oe::ExecutionReportTrade) -> String {
    assert_eq!((a.trade_id, a.last_px, a.auction), (b.trade_id, b.last_px, b.auction));
    assert_eq!((a.last_qty, a.instrument), (b.last_qty, b.instrument));
    assert_ne!(a.side, b.side);
    let what = if a.auction == 1 { "uncross" } else { "trade" };
    let (left, right) = if a.auction == 1 {
        assert_eq!((a.aggressor, b.aggressor), (0, 0));
        assert_eq!(a.side.known(), Some(Side::Buy));
        (a, b)
    } else {
        assert_eq!((a.aggressor, b.aggressor), (0, 1), "the maker's report first");
        (b, a)
    };
    let fees = match (left.fee.get(), right.fee.get()) {
        (0, 0) => String::new(),
        _ => format!(" fees {} {}", decimal(left.fee), decimal(right.fee)),
    };
    let (left, right) = (string(&left.cl_ord_id), string(&right.cl_ord_id));
    format!("{what} {left}x{right} {} @ {}{fees}", decimal(a.last_qty), decimal(a.last_px))
}

fn order_words(event: &Event) -> Option<String> {
    if let Some(r) = event.get::<oe::ExecutionReportNew>() {
        let chosen = r.ord_type.known() == Some(OrdType::MarketToLimit)
            || r.conditions.has(Conditions::POST_ONLY_SLIDE);
        let price = if chosen { term(" @", r.price) } else { String::new() };
        return Some(format!("ok {}{price}", string(&r.cl_ord_id)));
    }
    if let Some(r) = event.get::<oe::ExecutionReportReplaced>() {
        let (old, new) = (string(&r.orig_cl_ord_id), string(&r.cl_ord_id));
        let price = r.price.get().map_or("market".to_string(), |p| decimal(Decimal8::new(p)));
        let (stop, show) = (term(" stop", r.stop_px), term(" show", r.display_qty));
        let qty = decimal(r.order_qty);
        return Some(format!("replaced {old} as {new} {qty} @ {price}{stop}{show}"));
    }
    if let Some(r) = event.get::<oe::ExecutionReportRestated>() {
        let (id, qty) = (string(&r.cl_ord_id), decimal(r.order_qty));
        return Some(match r.cause.known().unwrap() {
            RestateCause::Triggered => format!("triggered {id}"),
            RestateCause::SelfTradeDecrement => format!("decremented {id} to {qty}"),
        });
    }
    if let Some(r) = event.get::<oe::ExecutionReportCanceled>() {
        assert_eq!(r.ord_status.known(), Some(OrdStatus::Canceled));
        return Some(cancelled(r));
    }
    if let Some(r) = event.get::<oe::ExecutionReportExpired>() {
        return Some(cancelled(&(*r).into()));
    }
    if let Some(r) = event.get::<oe::ExecutionReportTradeBust>() {
        let (id, qty, price) = (string(&r.cl_ord_id), decimal(r.last_qty), decimal(r.last_px));
        return Some(format!("busted {id} {qty} @ {price}"));
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
        let request = match (string(&r.mass_status_req_id), r.is_last) {
            (request, 0) if request.is_empty() => String::new(),
            (request, 0) => format!(" for {request}"),
            (request, _) => format!(" last for {request}"),
        };
        return Some(format!("{what} {id} {status:?} {filled} of {qty} avg {average}{request}"));
    }
    let unknown = event.get::<oe::StatusUnknownOrder>()?;
    Some(match string(&unknown.mass_status_req_id) {
        request if request.is_empty() => format!("unknown {}", string(&unknown.cl_ord_id)),
        request => format!("none for {request}"),
    })
}

/// A term that may be absent.
fn term(name: &str, value: Decimal8Null) -> String {
    value.get().map_or(String::new(), |v| format!("{name} {}", decimal(Decimal8::new(v))))
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
        CancelCause::DeadMan => format!("cancelled {id} silent"),
        CancelCause::Operator => format!("cancelled {id} operator"),
        CancelCause::CapacityReached => format!("cancelled {id} capacity"),
    }
}

fn venue_words(event: &Event) -> Option<String> {
    if let Some(m) = event.get::<oe::MassActionReport>() {
        let id = string(&m.cl_ord_id);
        return Some(match m.reason.known().unwrap() {
            MassRejReason::None => format!("mass {id} ended {}", m.affected),
            reason => format!("mass {id} refused {reason:?}"),
        });
    }
    if let Some(r) = event.get::<oe::QuoteAck>() {
        return Some(quoted(r));
    }
    let answer = event.get::<j::AdminAnswer>()?;
    Some(match (answer.result.known().unwrap(), answer.affected.get()) {
        (AdminResult::Done, 0) => "done".into(),
        (AdminResult::Done, affected) => format!("done {affected}"),
        (result, _) => format!("no {result:?}"),
    })
}

/// `quoted 7/1 bid offer Halted withdrawn 1`: a bid, no offer and why; one of before has ended.
fn quoted(r: &oe::QuoteAck) -> String {
    let side = |name: &str, id: u64, reason: u8| match OrdRejReasonCode(reason).known() {
        Some(reason) => format!(" {name} {reason:?}"),
        None if id != 0 => format!(" {name}"),
        None => String::new(),
    };
    let bid = side("bid", r.bid_order_id.get(), r.bid_reason);
    let offer = side("offer", r.offer_order_id.get(), r.offer_reason);
    let withdrawn = match r.withdrawn.get() {
        0 => String::new(),
        count => format!(" withdrawn {count}"),
    };
    let more = if r.is_last == Boolean::True.into() { "" } else { " more" };
    format!("quoted {}/{}{bid}{offer}{withdrawn}{more}", r.quote_id, r.instrument)
}

/// What the public is told of phases and auctions.
pub(crate) fn auction_words(event: &Event) -> Option<String> {
    if let Some(m) = event.get::<md::TradingStatus>() {
        let (phase, reason) = (m.phase.known().unwrap(), m.reason.known().unwrap());
        let by = match reason {
            PhaseReason::Start => "start",
            PhaseReason::Schedule => "schedule",
            PhaseReason::Operator => "operator",
            PhaseReason::PriceBand => "band",
            PhaseReason::AuctionEnd => "auction end",
        };
        return Some(format!("phase {} by {by}", phase_word(phase)));
    }
    if let Some(m) = event.get::<md::AuctionIndicative>() {
        if m.price.get().is_none() {
            assert_eq!(m.qty.get(), 0);
            return Some("indicative none".into());
        }
        let side = ["", " left buy ", " left sell "][usize::from(m.imbalance_side)];
        assert_eq!(side.is_empty(), m.imbalance_qty.get() == 0);
        let left = if side.is_empty() { String::new() } else { decimal(m.imbalance_qty) };
        return Some(format!("indicative {}{}{side}{left}", decimal(m.qty), term(" @", m.price)));
    }
    let m = event.get::<md::AuctionResult>()?;
    Some(match m.price.get() {
        None => "result none".into(),
        Some(_) => format!("result {}{}", decimal(m.qty), term(" @", m.price)),
    })
}

pub(crate) fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Closed => "closed",
        Phase::PreOpen => "preopen",
        Phase::OpeningAuction => "opening",
        Phase::Continuous => "continuous",
        Phase::VolatilityAuction => "volatility",
        Phase::ClosingAuction => "closing",
        Phase::Halted => "halted",
    }
}

/// What the public is told of a book; `name` knows whose an OrderID is.
pub(crate) fn book_words(event: &Event, name: impl Fn(u64) -> String) -> Option<String> {
    if let Some(m) = event.get::<md::OrderAdd>() {
        let side = if m.side.known() == Some(Side::Buy) { "buy" } else { "sell" };
        let (id, qty, price) = (name(m.order_id.get()), decimal(m.qty), decimal(m.price));
        return Some(format!("add {id} {side} {qty} @ {price}"));
    }
    if let Some(m) = event.get::<md::OrderReduce>() {
        return Some(format!("reduce {} to {}", name(m.order_id.get()), decimal(m.qty)));
    }
    if let Some(m) = event.get::<md::OrderDelete>() {
        return Some(format!("delete {}", name(m.order_id.get())));
    }
    if let Some(m) = event.get::<md::OrderExecute>() {
        let (id, qty, price) = (name(m.order_id.get()), decimal(m.qty), decimal(m.price));
        return Some(format!("execute {id} {qty} @ {price} left {}", decimal(m.leaves_qty)));
    }
    if let Some(m) = event.get::<md::TradeBust>() {
        return Some(format!("bust {} @ {}", decimal(m.qty), decimal(m.price)));
    }
    let m = event.get::<md::Trade>()?;
    let by = ["auction", "buy", "sell"][usize::from(m.aggressor)];
    Some(format!("print {} @ {} {by}", decimal(m.qty), decimal(m.price)))
}

fn session_words(event: &Event) -> Option<String> {
    if let Some(m) = event.get::<j::LogonAccepted>() {
        let reset = m.reset_seq_num.known() == Some(Boolean::True);
        let reset = if reset { " reset" } else { "" };
        let next = match m.next_expected.get() {
            0 => String::new(),
            next => format!(" next={next}"),
        };
        let dead = match m.dead_man_ms.get() {
            0 => String::new(),
            ms => format!(" dead={ms}"),
        };
        return Some(format!("logon hb={}{reset}{next}{dead}", m.heartbeat_s));
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
        let tag = m.ref_tag.get().map_or("-".into(), |tag| tag.to_string());
        let route = |name: &str, route: &Route| match string(&route.comp_id) {
            id if id.is_empty() => String::new(),
            id => format!(" {name}={id}"),
        };
        let (from, to) = (route("from", &m.on_behalf_of), route("to", &m.deliver_to));
        return Some(format!("reject {number} 35={kind} 371={tag} 373={}{from}{to}", m.reason));
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

//! Events on the way out: each is a FIX 4.4 message that our own validation takes.

use crate::orders::directory;
use crate::{body, framed};
use engine::Event;
use gateway::fix::fields::Scanner;
use gateway::fix::outbound::{Envelope, MESSAGE_BYTES_MAX, message};
use gateway::fix::validate::check;
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    CancelCause, Conditions, Decimal8, Decimal8Null, EventKind, MassActionScope, MassActionType,
    MassRejReason, OrdRejReason, OrdStatus, OrdType, RestateCause, Side, TimeInForce,
};

const ONE: i64 = 100_000_000;

/// The fields after the header, with `|` between them; FIX 4.4 allows all of them.
fn fields<M: Message>(report: &M) -> String {
    let text = unchecked(report);
    let bytes = framed(&crate::soh(&text));
    assert_eq!(check(&Scanner::new().scan(body(&bytes))), Ok(()), "{text}");
    text
}

fn unchecked<M: Message>(report: &M) -> String {
    let mut event = Event::of(report);
    event.head.kind = EventKind::Report.into();
    event.head.number.set(7);
    event.head.seq.set(99);
    event.head.time.set(1_767_346_200_000_000_000);
    let envelope = Envelope { venue: b"PORTCULLIS", client: b"CLIENT1", resent_at: None };
    let mut buffer = [0; MESSAGE_BYTES_MAX];
    let bytes = message(&event, &envelope, &directory(), &mut buffer).unwrap().unwrap();
    String::from_utf8(body(bytes).to_vec()).unwrap().replace('\u{1}', "|")
}

fn has(text: &str, wanted: &str) {
    for field in wanted.split_terminator('|') {
        assert!(format!("|{text}").contains(&format!("|{field}|")), "{text}\n  has not {field}");
    }
}

fn has_not(text: &str, tags: &[u16]) {
    for tag in tags {
        assert!(!text.contains(&format!("|{tag}=")), "{text}\n  has {tag}");
    }
}

fn accepted() -> oe::ExecutionReportNew {
    oe::ExecutionReportNew {
        order_id: 5.into(),
        exec_id: 6.into(),
        cl_ord_id: fill_text(b"A1").unwrap(),
        account: fill_text(b"DESK").unwrap(),
        instrument: 2.into(),
        price: Decimal8Null::new(Some(100 * ONE)),
        order_qty: Decimal8::new(10 * ONE),
        side: Side::Buy.into(),
        ord_type: OrdType::Limit.into(),
        time_in_force: TimeInForce::Day.into(),
        stop_px: Decimal8Null::NULL,
        display_qty: Decimal8Null::NULL,
        min_qty: Decimal8Null::NULL,
        ..oe::ExecutionReportNew::ZERO
    }
}

#[test]
fn an_accepted_order_is_told_with_the_terms_it_has() {
    let plain = fields(&accepted());
    has(
        &plain,
        "35=8|150=0|39=0|37=5|17=6|11=A1|1=DESK|55=ACME|54=1|38=10|40=2|44=100|59=0|151=10|",
    );
    has_not(&plain, &[99, 110, 111, 126, 18, 5018]);
    let all = oe::ExecutionReportNew {
        ord_type: OrdType::StopLimit.into(),
        time_in_force: TimeInForce::GoodTillDate.into(),
        stop_px: Decimal8Null::new(Some(99 * ONE)),
        display_qty: Decimal8Null::new(Some(2 * ONE)),
        min_qty: Decimal8Null::new(Some(3 * ONE)),
        expire_time: 1_767_346_200_000_000_000.into(),
        ..accepted()
    };
    has(&fields(&all), "40=4|59=6|99=99|111=2|110=3|126=20260102-09:30:00.000|");
    for (conditions, wanted) in [
        (Conditions::POST_ONLY, "18=6|"),
        (Conditions::POST_ONLY_SLIDE, "18=6|5018=Y|"),
        (Conditions::ALL_OR_NONE, "18=G|"),
        (Conditions::POST_ONLY.with(Conditions::ALL_OR_NONE), "18=6 G|"),
        (Conditions::HIDDEN, "111=0|"),
    ] {
        has(&fields(&oe::ExecutionReportNew { conditions, ..accepted() }), wanted);
    }
    let ord_type = OrdType::MarketToLimit.into();
    has(&fields(&oe::ExecutionReportNew { ord_type, ..accepted() }), "40=K|");
}

#[test]
fn a_trade_says_its_fee_only_where_there_is_one() {
    let trade = oe::ExecutionReportTrade {
        instrument: 2.into(),
        cl_ord_id: fill_text(b"A1").unwrap(),
        ord_status: OrdStatus::Filled.into(),
        side: Side::Sell.into(),
        ord_type: OrdType::Market.into(),
        last_px: Decimal8::new(5 * ONE),
        last_qty: Decimal8::new(2 * ONE),
        price: Decimal8Null::NULL,
        ..oe::ExecutionReportTrade::ZERO
    };
    let free = fields(&trade);
    has(&free, "150=F|39=2|31=5|32=2|851=1|");
    has_not(&fields(&oe::ExecutionReportTrade { auction: 1, ..trade }), &[851]);
    has_not(&free, &[12, 13, 44]);
    has(
        &fields(&oe::ExecutionReportTrade { fee: Decimal8::new(-ONE / 4), ..trade }),
        "12=-0.25|13=3|",
    );
}

#[test]
fn a_replaced_order_is_told_with_its_new_terms() {
    let replaced = oe::ExecutionReportReplaced {
        instrument: 2.into(),
        cl_ord_id: fill_text(b"A2").unwrap(),
        orig_cl_ord_id: fill_text(b"A1").unwrap(),
        ord_status: OrdStatus::New.into(),
        side: Side::Sell.into(),
        ord_type: OrdType::StopLimit.into(),
        price: Decimal8Null::new(Some(ONE)),
        stop_px: Decimal8Null::new(Some(2 * ONE)),
        display_qty: Decimal8Null::new(Some(3 * ONE)),
        ..oe::ExecutionReportReplaced::ZERO
    };
    has(&fields(&replaced), "150=5|39=0|11=A2|41=A1|44=1|99=2|111=3|");
}

#[test]
fn what_the_venue_changed_says_why() {
    let restated = oe::ExecutionReportRestated {
        order_id: 5.into(),
        instrument: 2.into(),
        cl_ord_id: fill_text(b"A1").unwrap(),
        ord_status: OrdStatus::PartiallyFilled.into(),
        side: Side::Sell.into(),
        ord_type: OrdType::Limit.into(),
        order_qty: Decimal8::new(7 * ONE),
        leaves_qty: Decimal8::new(4 * ONE),
        cum_qty: Decimal8::new(3 * ONE),
        price: Decimal8Null::new(Some(ONE)),
        cause: RestateCause::SelfTradeDecrement.into(),
        ..oe::ExecutionReportRestated::ZERO
    };
    has(&fields(&restated), "150=D|39=1|378=5|38=7|151=4|14=3|58=less, by self-trade prevention|");
    let triggered =
        oe::ExecutionReportRestated { cause: RestateCause::Triggered.into(), ..restated };
    has(&fields(&triggered), "150=D|39=1|378=99|58=StopPx is reached|");
}

#[test]
fn refusals_and_ends_have_words_and_numbers_of_fix_4_4() {
    let rejected = oe::ExecutionReportRejected {
        cl_ord_id: fill_text(b"A1").unwrap(),
        symbol: fill_text(b"ACME").unwrap(),
        side: Side::Buy.code(),
        ord_type: OrdType::Limit.code(),
        price: Decimal8Null::NULL,
        ..oe::ExecutionReportRejected::ZERO
    };
    for (reason, wanted) in [
        (OrdRejReason::UnknownAccount, "103=15|58=unknown account|"),
        (OrdRejReason::ExchangeClosed, "103=2|58=the instrument is closed|"),
        (OrdRejReason::PriceOutsideBand, "103=99|58=Price is outside the price band|"),
        (OrdRejReason::InsufficientBalance, "103=99|58=the account has not enough|"),
    ] {
        let reason = reason.into();
        has(&fields(&oe::ExecutionReportRejected { reason, ..rejected }), wanted);
    }
    let canceled = oe::ExecutionReportCanceled {
        instrument: 2.into(),
        cl_ord_id: fill_text(b"A1").unwrap(),
        side: Side::Buy.into(),
        ord_type: OrdType::Limit.into(),
        price: Decimal8Null::NULL,
        ord_status: OrdStatus::Expired.into(),
        cause: CancelCause::ExpireTime.into(),
        ..oe::ExecutionReportCanceled::ZERO
    };
    has(&fields(&canceled), "150=C|39=C|151=0|58=ExpireTime|");
}

#[test]
fn a_mass_cancel_is_answered_with_its_own_words() {
    let report = oe::MassActionReport {
        cl_ord_id: fill_text(b"Q1").unwrap(),
        instrument: 2.into(),
        affected: 17.into(),
        side: 2,
        action: MassActionType::Cancel.into(),
        scope: MassActionScope::Session.into(),
        reason: MassRejReason::None.into(),
        ..oe::MassActionReport::ZERO
    };
    let done = fields(&report);
    has(&done, "35=r|11=Q1|37=99|530=1|531=1|533=17|55=ACME|54=2|5020=1|");
    has_not(&done, &[532, 58, 5021]);
    let refused = oe::MassActionReport {
        instrument: 0.into(),
        affected: 0.into(),
        side: 0,
        reason: MassRejReason::InvalidScope.into(),
        ..report
    };
    let refused = fields(&refused);
    has(&refused, "530=7|531=0|532=99|533=0|58=not a scope for this session|");
    has_not(&refused, &[54, 55]);
    let unknown =
        oe::MassActionReport { reason: MassRejReason::UnknownInstrument.into(), ..report };
    has(&fields(&unknown), "531=0|532=1|58=unknown symbol|");
}

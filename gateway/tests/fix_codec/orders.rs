//! Orders on the way in: what a message says is what the command says, and no more.

use crate::{body, framed, soh};
use engine::Event;
use gateway::command_slot::Slot;
use gateway::directory::Directory;
use gateway::fix::fields::Scanner;
use gateway::fix::inbound::{Expected, command, msg_type_of};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::market_data::InstrumentDefinition;
use sbe_schemas::types::{
    Boolean, CommandHead, Conditions, Decimal8, Decimal8Null, MassActionScope, MassActionType,
    OrdType, PartyRoles, SelfTrade, TimeInForce, Verdict,
};

/// 2026-01-02 09:30 UTC.
const NOW_NS: u64 = 1_767_346_200_000_000_000;
const DAY_NS: u64 = 86_400_000_000_000;
const ONE: i64 = 100_000_000;
const HEAD: &str = "49=CLIENT1|56=PORTCULLIS|34=2|52=20260102-09:30:00.000|";
const TIME: &str = "60=20260102-09:30:00|";

/// ACME is instrument 2.
pub(crate) fn directory() -> Directory {
    let mut directory = Directory::default();
    for (symbol, number) in [("BTC-USD", 1), ("ACME", 2)] {
        directory.learn(&Event::of(&InstrumentDefinition {
            instrument: number.into(),
            symbol: fill_text(symbol.as_bytes()).unwrap(),
            ..InstrumentDefinition::ZERO
        }));
    }
    directory
}

/// The command that this message becomes.
fn slot(kind: &str, fields: &str) -> Slot {
    let bytes = framed(&soh(&format!("35={kind}|{HEAD}{fields}")));
    let body = body(&bytes);
    let expected = Expected {
        client: b"CLIENT1",
        venue: b"PORTCULLIS",
        now: NOW_NS,
        sending_time_tolerance_ns: DAY_NS,
        throttled: false,
        refuses_orders: false,
    };
    let mut scanner = Scanner::new();
    let (fields, mut slot) = (scanner.scan(body), Slot::EMPTY);
    command(&fields, msg_type_of(body), CommandHead::ZERO, &expected, &directory(), &mut slot);
    slot
}

fn read<M: Message>(slot: &Slot) -> M {
    *M::decode(slot.bytes()).unwrap_or_else(|_| panic!("not a {}", M::NAME)).0
}

/// An order with `more` at its end.
fn order(more: &str) -> j::NewOrder {
    let slot = slot("D", &format!("11=A1|55=ACME|54=1|{TIME}38=10|{more}"));
    assert!(slot.is_fine(), "{more}");
    read(&slot)
}

/// Verdict, 373 or 380, and 371.
fn refusal(kind: &str, fields: &str) -> (Option<Verdict>, u8, i32) {
    let slot = slot(kind, fields);
    let refused: j::Refused = read(&slot);
    (refused.head.verdict.known(), refused.head.reason, refused.ref_tag.get().unwrap_or(0))
}

#[test]
fn what_an_order_does_not_say_is_absent_and_not_zero() {
    let plain = order("40=2|44=99.5|");
    let wanted = j::NewOrder {
        head: plain.head,
        cl_ord_id: fill_text(b"A1").unwrap(),
        instrument: 2.into(),
        side: sbe_schemas::types::Side::Buy.into(),
        ord_type: OrdType::Limit.into(),
        time_in_force: TimeInForce::Day.into(),
        unsupported: Boolean::False.into(),
        price: Decimal8Null::new(Some(9_950_000_000)),
        order_qty: Decimal8::new(10 * ONE),
        account: [0; 16],
        symbol: fill_text(b"ACME").unwrap(),
        stop_px: Decimal8Null::NULL,
        display_qty: Decimal8Null::NULL,
        min_qty: Decimal8Null::NULL,
        expire_time: 0.into(),
        conditions: Conditions::EMPTY,
        self_trade: SelfTrade::SessionDefault.into(),
        capacity: 0,
        party_firm: 0.into(),
        party_user: 0.into(),
        parties: PartyRoles::EMPTY,
    };
    assert_eq!(plain, wanted);
    assert_eq!(order("40=1|").price, Decimal8Null::NULL);
}

#[test]
fn every_type_and_time_in_force_has_its_code() {
    for (text, wanted) in [
        ("1", OrdType::Market),
        ("2", OrdType::Limit),
        ("3", OrdType::Stop),
        ("4", OrdType::StopLimit),
        ("K", OrdType::MarketToLimit),
    ] {
        assert_eq!(order(&format!("40={text}|")).ord_type.known(), Some(wanted), "{text}");
    }
    for text in ["6", "7", "8", "9", "D", "E", "G", "I", "J", "L", "M", "P"] {
        assert_eq!(order(&format!("40={text}|")).ord_type.known(), None, "{text}");
    }
    for (text, wanted) in [
        ("0", Some(TimeInForce::Day)),
        ("1", Some(TimeInForce::GoodTillCancel)),
        ("2", Some(TimeInForce::AtTheOpening)),
        ("3", Some(TimeInForce::ImmediateOrCancel)),
        ("4", Some(TimeInForce::FillOrKill)),
        ("5", None),
        ("6", Some(TimeInForce::GoodTillDate)),
        ("7", Some(TimeInForce::AtTheClose)),
    ] {
        assert_eq!(order(&format!("40=2|59={text}|")).time_in_force.known(), wanted, "{text}");
    }
}

#[test]
fn a_stop_an_iceberg_and_a_minimum_have_their_numbers() {
    let stop = order("40=4|44=101|99=100.25|");
    assert_eq!((stop.price.get(), stop.stop_px.get()), (Some(101 * ONE), Some(10_025_000_000)));
    let iceberg = order("40=2|44=100|111=2.5|");
    assert_eq!(iceberg.display_qty.get(), Some(250_000_000));
    assert_eq!(iceberg.conditions, Conditions::EMPTY);
    let hidden = order("40=2|44=100|111=0|");
    assert_eq!((hidden.display_qty.get(), hidden.conditions), (None, Conditions::HIDDEN));
    assert_eq!(order("40=2|44=100|110=3|").min_qty.get(), Some(3 * ONE));
    assert_eq!(order("40=2|44=100|110=0|").min_qty.get(), Some(0), "the engine refuses it");
    // The one number that would read as "absent".
    for tag in [44, 99, 110, 111] {
        let fields = format!("11=A1|55=ACME|54=1|{TIME}38=10|40=4|{tag}=-92233720368.54775808|");
        assert_eq!(refusal("D", &fields), (Some(Verdict::SessionReject), 5, tag));
    }
}

#[test]
fn exec_inst_and_the_venues_own_tags_become_conditions() {
    let (post_only, slide) = (Conditions::POST_ONLY, Conditions::POST_ONLY_SLIDE);
    let whole = Conditions::ALL_OR_NONE;
    for (more, wanted) in [
        ("18=6|", post_only),
        ("18=G|", whole),
        ("18=6 G|", post_only.with(whole)),
        ("18=6|5018=Y|", slide),
        ("5018=Y|", slide),
        ("5018=N|", Conditions::EMPTY),
        ("18=G|5018=Y|111=0|", slide.with(whole).with(Conditions::HIDDEN)),
    ] {
        let order = order(&format!("40=2|44=100|{more}"));
        assert_eq!(order.conditions, wanted, "{more}");
        assert_eq!(order.unsupported.known(), Some(Boolean::False), "{more}");
    }
    for more in ["18=1|", "18=6 1|", "5018=maybe|", "388=0|", "211=1|", "152=5|"] {
        let order = order(&format!("40=2|44=100|{more}"));
        assert_eq!(order.unsupported.known(), Some(Boolean::True), "{more}");
    }
    for (more, wanted) in [
        ("", Some(SelfTrade::SessionDefault)),
        ("5019=0|", Some(SelfTrade::SessionDefault)),
        ("5019=1|", Some(SelfTrade::Allow)),
        ("5019=2|", Some(SelfTrade::CancelNewest)),
        ("5019=3|", Some(SelfTrade::CancelOldest)),
        ("5019=4|", Some(SelfTrade::CancelBoth)),
        ("5019=5|", Some(SelfTrade::Decrement)),
        ("5019=6|", None),
        ("5019=22|", None),
    ] {
        assert_eq!(order(&format!("40=1|{more}")).self_trade.known(), wanted, "{more}");
    }
}

#[test]
fn a_good_till_date_order_ends_at_its_time_or_with_its_day() {
    let day = NOW_NS / DAY_NS * DAY_NS;
    for (more, wanted) in [
        ("126=20260102-10:00:00.25|", day + 36_000_250_000_000),
        ("432=20260102|", day + DAY_NS),
        ("126=20260102-00:00:00|432=20270101|", day),
        ("126=99991231-23:59:59|", u64::MAX),
        ("432=99991231|", u64::MAX),
        ("126=19690101-00:00:00|", 1),
        ("126=19700101-00:00:00|", 1),
        ("432=19001231|", 1),
        ("", 0),
    ] {
        assert_eq!(order(&format!("40=2|44=1|59=6|{more}")).expire_time.get(), wanted, "{more}");
    }
}

#[test]
fn a_replace_says_its_prices_and_quantities_anew_and_nothing_else() {
    let common = format!("11=A2|41=A1|55=ACME|54=2|{TIME}38=20|");
    let stop =
        slot("G", &format!("{common}40=4|44=99|99=98|111=5|18=6 G|110=1|126=20260102-10:00:00|"));
    let stop: j::ReplaceOrder = read(&stop);
    assert_eq!((stop.price.get(), stop.stop_px.get()), (Some(99 * ONE), Some(98 * ONE)));
    assert_eq!((stop.display_qty.get(), stop.order_qty.get()), (Some(5 * ONE), 20 * ONE));
    assert_eq!(stop.unsupported.known(), Some(Boolean::False));
    let plain: j::ReplaceOrder = read(&slot("G", &format!("{common}40=2|44=99|111=0|")));
    assert_eq!((plain.stop_px.get(), plain.display_qty.get()), (None, None));
    let odd: j::ReplaceOrder = read(&slot("G", &format!("{common}40=2|44=99|18=1|")));
    assert_eq!(odd.unsupported.known(), Some(Boolean::True));
}

#[test]
fn a_mass_cancel_means_exactly_what_it_says() {
    use MassActionScope::{Account, Firm, Session, User};
    for (more, instrument, side, scope) in [
        ("530=7|", 0, 0, Session),
        ("530=7|54=1|", 0, 1, Session),
        ("530=1|55=ACME|54=2|", 2, 2, Session),
        ("530=1|55=NOBODY|", u32::MAX, 0, Session),
        ("530=7|5020=1|", 0, 0, Session),
        ("530=7|5020=2|", 0, 0, User),
        ("530=7|5020=3|5021=DESK|", 0, 0, Account),
        ("530=7|5020=4|", 0, 0, Firm),
    ] {
        let slot = slot("q", &format!("11=Q1|{TIME}{more}"));
        assert!(slot.is_fine(), "{more}");
        let action: j::MassAction = read(&slot);
        assert_eq!(action.action.known(), Some(MassActionType::Cancel));
        assert_eq!((action.instrument.get(), action.side), (instrument, side), "{more}");
        assert_eq!(action.scope.known(), Some(scope), "{more}");
        let account = if scope == Account { &b"DESK"[..] } else { b"" };
        assert_eq!(sbe_schemas::header::text(&action.account), account);
    }
    let reject = |reason, tag| (Some(Verdict::SessionReject), reason, tag);
    for (more, wanted) in [
        ("530=4|", reject(5, 530)),
        ("530=1|", reject(1, 55)),
        ("530=7|54=5|", reject(5, 54)),
        ("530=7|5020=5|", reject(5, 5020)),
        ("530=7|5020=|", reject(4, 5020)),
        ("530=7|5020=3|5021=A NAME LONGER THAN SIXTEEN|", reject(5, 5021)),
        ("54=1|", reject(1, 530)),
    ] {
        assert_eq!(refusal("q", &format!("11=Q1|{TIME}{more}")), wanted, "{more}");
    }
}

#[test]
fn a_mass_status_request_is_for_one_instrument_or_for_all() {
    for (more, instrument) in [("585=7|", 0), ("585=1|55=ACME|", 2), ("585=1|55=NOBODY|", u32::MAX)]
    {
        let slot = slot("AF", &format!("584=S1|{more}"));
        assert!(slot.is_fine(), "{more}");
        let request: j::OrderMassStatusRequest = read(&slot);
        assert_eq!(request.instrument.get(), instrument, "{more}");
        assert_eq!(sbe_schemas::header::text(&request.mass_status_req_id), b"S1");
    }
    let reject = |reason, tag| (Some(Verdict::SessionReject), reason, tag);
    assert_eq!(refusal("AF", "585=7|"), reject(1, 584));
    assert_eq!(refusal("AF", "584=S|"), reject(1, 585));
    assert_eq!(refusal("AF", "584=S|585=3|"), reject(5, 585));
    assert_eq!(refusal("AF", "584=S|585=1|"), reject(1, 55));
}

#[test]
fn a_customer_account_among_the_parties_is_the_account() {
    let of = |fields: &str| order(&format!("40=2|44=99.5|{fields}")).account;
    let desk: [u8; 16] = fill_text(b"DESK").unwrap();
    assert_eq!(of("453=1|448=DESK|447=D|452=24|"), desk);
    assert_eq!(of("1=DESK|453=2|448=FIRM|447=D|452=1|448=DESK|447=D|452=24|"), desk);
    assert_eq!(of("453=1|448=FIRM|447=D|452=1|"), [0; 16]);
    let other = "11=A|55=ACME|54=1|60=20260102-09:30:00|38=1|40=1|1=DESK|453=1|448=X|447=D|452=24|";
    assert_eq!(refusal("D", other), (Some(Verdict::SessionReject), 5, 448));
}

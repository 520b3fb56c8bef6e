//! The published messages, byte for byte and in both directions, and what happens to broken ones.
//!
//! `golden/*.hex` holds one image per message, written by `golden/make.py`, which shares nothing
//! with the generator. Images never change; a new message adds one. Groups, var-data and later
//! versions are in `tail.rs`.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside of a #[test] function")]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use sbe_schemas::header::{DecodeError, Message, fill_text, text};
use sbe_schemas::types::{
    CommandFlags, CommandHead, Conditions, Decimal8, Decimal8Null, FeedFlags, OrdStatus, OrdType,
    PartyRoles, SelfTrade, Side, SideCode, TimeInForce, Verdict,
};
use sbe_schemas::{journal, market_data, order_entry};

type Describe = fn(&[u8], &mut dyn Write) -> std::fmt::Result;

/// The bytes, and where the message ended.
type Again = (Vec<u8>, usize);

/// What is known of a message type without naming it.
struct Known {
    file: String,
    describe: Describe,
    /// Decodes and encodes again.
    again: fn(&[u8]) -> Result<Again, DecodeError>,
}

fn known<M: Message>(schema: &str, describe: Describe) -> Known {
    let again = |bytes: &[u8]| {
        let (message, header, rest) = M::decode(bytes)?;
        assert_eq!(bytes.len() - rest.len(), 8 + usize::from(header.block_length.get()));
        let mut out = vec![0xEE; 8 + usize::from(M::BLOCK_LENGTH)];
        assert_eq!(message.encode(&mut out), Some(out.len()));
        Ok((out, bytes.len() - rest.len()))
    };
    let file = format!("{schema}-{}.hex", M::NAME);
    Known { file, describe, again }
}

macro_rules! all {
    ($($schema:literal $module:ident: $($message:ident)*;)*) => {
        vec![$($(known::<$module::$message>($schema, $module::describe)),*),*]
    };
}

/// A message with one group, taken apart and written again.
macro_rules! grouped {
    ($schema:literal $module:ident $message:ident $encoder:ident: $group:ident) => {{
        let again = |bytes: &[u8]| {
            let view = $module::$message::view(bytes)?;
            let mut out = vec![0xEE; bytes.len()];
            let written = $module::$encoder::new(&mut out)
                .block(view.block)
                .$group(view.$group.iter(), |entry, read| entry.block(read.block))
                .finish();
            assert_eq!(written, Some(out.len()));
            Ok((out, bytes.len()))
        };
        let file = format!("{}-{}.hex", $schema, $module::$message::NAME);
        Known { file, describe: $module::describe, again }
    }};
}

fn every_message() -> Vec<Known> {
    let mut messages = vec![
        grouped!("journal" journal MassQuote MassQuoteEncoder: quotes),
        grouped!("order-entry" order_entry MassQuote MassQuoteEncoder: quotes),
    ];
    messages.extend(every_block());
    messages
}

fn every_block() -> Vec<Known> {
    all! {
        "journal" journal:
            TermStarted VenueDefine InstrumentDefine SessionDefine Tick TermReady Logon Disconnected Due
            Heartbeat TestRequest ResendRequest SequenceReset Logout PeerReject Refused LogoutAll
            NewOrder CancelOrder ReplaceOrder OrderStatusRequest LogonAccepted LogoutSent
            HeartbeatSent TestRequestSent ResendRequestSent SessionRejectSent SessionDefined
            LogonRefused ConnectionClose Resend BatchEnd Opened LeadLost
            AccountDefine AdminAnswer FeesDefine FirmDefine MassAction OrderMassStatusRequest
            PhaseSet ReferencePriceSet
            ScheduleDefine Transfer PermissionsDefine SessionWindow
            Negotiate Establish SequenceHeard RetransmitRequest FinishedSending InstrumentListRequest
            QuoteCancel TradeBust;
        "order-entry" order_entry:
            ExecutionReportNew ExecutionReportTrade ExecutionReportReplaced ExecutionReportCanceled ExecutionReportExpired
            ExecutionReportRejected ExecutionReportRestated MassActionReport ExecutionReportStatus StatusUnknownOrder CancelReject
            BusinessReject NotApplied InstrumentInfo
            Negotiate NegotiateResponse NegotiateReject Establish EstablishAck EstablishReject Sequence
            RetransmitRequest Retransmission RetransmitReject Terminate FinishedSending FinishedReceiving
            NewOrder NewOrderShort CancelReplace Cancel MassAction OrderStatusRequest MassStatusRequest
            InstrumentListRequest QuoteCancel QuoteAck ExecutionReportTradeBust;
        "market-data" market_data:
            InstrumentDefinition AuctionIndicative AuctionResult Trade TradeBust TradeSummary BookClear PriceBands TradingStatus OrderAdd OrderReduce OrderDelete OrderExecute BookChecksum
            SnapshotBegin SnapshotOrder SnapshotEnd
            ReplayRequest ReplayReject ReplayBegin ReplayEnd SlowConsumer
            LeaseRequest Lease ViewRequest TopOfBook BookDepth Statistics;
    }
}

/// The description and the bytes of a golden file.
fn golden(file: &str) -> (String, Vec<u8>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    let content = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let (description, hex) = content.split_once('\n').unwrap();
    let bytes = hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    (description.strip_prefix("# ").unwrap().to_owned(), bytes)
}

fn described(describe: Describe, bytes: &[u8]) -> String {
    let mut out = String::new();
    describe(bytes, &mut out).unwrap();
    out
}

#[test]
fn every_message_has_a_golden_image_and_every_image_a_message() {
    let messages = every_message();
    let named = [journal::name, order_entry::name, market_data::name];
    let named = named.map(|name| (0..=u16::MAX).filter(|id| name(*id).is_some()).count());
    assert_eq!(messages.len(), named.iter().sum::<usize>());
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let images = fs::read_dir(golden).unwrap().filter(|entry| {
        entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "hex")
    });
    assert_eq!(messages.len(), images.count());
}

#[test]
fn a_golden_image_reads_as_described_and_writes_as_the_same_bytes() {
    for message in every_message() {
        let (description, bytes) = golden(&message.file);
        assert_eq!(described(message.describe, &bytes), description);
        let (again, end) = (message.again)(&bytes).unwrap();
        assert_eq!((&again, end), (&bytes, bytes.len()), "{}", message.file);
    }
}

#[test]
fn a_message_cut_anywhere_says_how_many_bytes_are_missing() {
    for message in every_block() {
        let (_, bytes) = golden(&message.file);
        for length in 0..bytes.len() {
            let whole = if length < 8 { 8 } else { bytes.len() };
            let short = Err(DecodeError::Short { missing: whole - length });
            assert_eq!((message.again)(&bytes[..length]), short, "{}", message.file);
        }
    }
}

#[test]
fn a_message_of_an_older_sender_has_zeros_where_it_says_nothing() {
    let (_, bytes) = golden("order-entry-InstrumentInfo.hex");
    let whole = order_entry::InstrumentInfo::read(&bytes).unwrap();
    assert_ne!((whole.base, whole.quote), ([0; 8], [0; 8]));
    let mut older = bytes[..bytes.len() - 16].to_vec();
    older[0] -= 16;
    assert!(order_entry::InstrumentInfo::decode(&older).is_err());
    let read = order_entry::InstrumentInfo::read(&older).unwrap();
    assert_eq!(read, order_entry::InstrumentInfo { base: [0; 8], quote: [0; 8], ..whole });
    older.pop();
    let short = Err(DecodeError::Short { missing: 1 });
    assert_eq!(order_entry::InstrumentInfo::read(&older), short);
}

#[test]
fn a_message_is_written_whole_or_not_at_all() {
    let (_, bytes) = golden("market-data-OrderAdd.hex");
    let (message, ..) = market_data::OrderAdd::decode(&bytes).unwrap();
    for room in 0..bytes.len() {
        let mut out = vec![0xEE; room];
        assert_eq!(message.encode(&mut out), None);
        assert!(out.iter().all(|byte| *byte == 0xEE));
    }
}

#[test]
fn another_schema_another_template_and_a_short_block_are_told_apart() {
    let (_, bytes) = golden("market-data-OrderAdd.hex");
    let decode = |change: &dyn Fn(&mut [u8])| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        market_data::OrderAdd::decode(&bytes).map(|_| ())
    };
    assert_eq!(decode(&|_| ()), Ok(()));
    assert_eq!(decode(&|bytes| bytes[4] = 9), Err(DecodeError::Schema { seen: 9 }));
    assert_eq!(decode(&|bytes| bytes[2] = 21), Err(DecodeError::Template { seen: 21 }));
    let block = DecodeError::Block { seen: 44, least: 46 };
    assert_eq!(decode(&|bytes| bytes[0] = 44), Err(block));
    // Schema before template: the template id of another schema means nothing here.
    let both = |bytes: &mut [u8]| (bytes[4], bytes[2]) = (9, 21);
    assert_eq!(decode(&both), Err(DecodeError::Schema { seen: 9 }));
}

#[test]
fn a_newer_peers_longer_block_is_read_and_its_end_skipped() {
    let (_, mut bytes) = golden("market-data-OrderDelete.hex");
    let expected = *market_data::OrderDelete::decode(&bytes).unwrap().0;
    bytes[0] += 3;
    bytes[6] = 7;
    bytes.extend(*b"newnext");
    let (message, header, rest) = market_data::OrderDelete::decode(&bytes).unwrap();
    assert_eq!((*message, header.version.get(), rest), (expected, 7, &b"next"[..]));
    // Bytes of the longer block that have not arrived are missing like any other.
    let short = market_data::OrderDelete::decode(&bytes[..bytes.len() - 5]);
    assert_eq!(short.map(|_| ()), Err(DecodeError::Short { missing: 1 }));
}

/// A message put together by hand: (offset, little-endian bytes), offsets added up from the XML.
fn by_hand(length: usize, header: [u16; 4], fields: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.resize(8 + length, 0);
    for (offset, field) in fields {
        bytes[8 + offset..][..field.len()].copy_from_slice(field);
    }
    bytes
}

fn encoded(message: impl Message) -> Vec<u8> {
    let mut out = vec![0xEE; 512];
    let length = message.encode(&mut out).unwrap();
    out.truncate(length);
    out
}

#[test]
fn a_new_order_command_lies_as_the_schema_says() {
    let head = CommandHead {
        length: 192.into(),
        flags: CommandFlags::POSS_DUP.with(CommandFlags::POSS_RESEND),
        verdict: Verdict::Throttled.into(),
        session: 0x0102_0304.into(),
        msg_seq_num: 77.into(),
        received: 0x1122_3344_5566_7788.into(),
        ..CommandHead::ZERO
    };
    let order = journal::NewOrder {
        head,
        cl_ord_id: fill_text(b"order-1").unwrap(),
        instrument: 5.into(),
        side: Side::Sell.into(),
        ord_type: OrdType::Limit.into(),
        time_in_force: TimeInForce::GoodTillCancel.into(),
        price: Decimal8Null::new(Some(-3)),
        order_qty: Decimal8::new(200_000_000),
        symbol: fill_text(b"BTC-USD").unwrap(),
        stop_px: Decimal8Null::new(Some(7)),
        display_qty: Decimal8Null::NULL,
        min_qty: Decimal8Null::new(Some(8)),
        expire_time: 9.into(),
        conditions: Conditions::POST_ONLY_SLIDE.with(Conditions::HIDDEN),
        self_trade: SelfTrade::Decrement.into(),
        capacity: b'A',
        party_firm: 0x0A0B.into(),
        party_user: 12.into(),
        parties: PartyRoles::ENTERING_TRADER,
        ..journal::NewOrder::ZERO
    };
    let fields: [(usize, &[u8]); 23] = [
        (0, &[192, 0, 3, 0, 3]),
        (8, &[4, 3, 2, 1]),
        (20, &[77]),
        (28, &[0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]),
        (40, b"order-1"),
        (76, &[5]),
        (80, &[2]),
        (81, &[2]),
        (82, &[1]),
        (84, &[0xFD, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        (92, &200_000_000_i64.to_le_bytes()),
        (100, &[0; 16]),
        (116, b"BTC-USD"),
        (132, &[7]),
        (140, &[0, 0, 0, 0, 0, 0, 0, 0x80]),
        (148, &[8]),
        (156, &[9]),
        (164, &[0b1010]),
        (165, &[5]),
        (166, b"A"),
        (167, &[0x0B, 0x0A]),
        (171, &[12]),
        (175, &[16]),
    ];
    assert_eq!(encoded(order), by_hand(176, [176, 30, 3, 0], &fields));
}

#[test]
fn a_trade_report_lies_as_the_schema_says() {
    let report = order_entry::ExecutionReportTrade {
        order_id: 1.into(),
        exec_id: 2.into(),
        trade_id: 3.into(),
        cl_ord_id: [b'x'; 36],
        account: [b'y'; 16],
        price: Decimal8Null::NULL,
        leaves_qty: Decimal8::new(9),
        avg_px: Decimal8::new(i64::MAX),
        side: Side::Buy.into(),
        ord_status: OrdStatus::PartiallyFilled.into(),
        aggressor: 1,
        auction: 1,
        fee: Decimal8::new(-2),
        copy_of: 6.into(),
        capacity: b'P',
        parties: PartyRoles::CUSTOMER_ACCOUNT,
        firm: 9.into(),
        ..order_entry::ExecutionReportTrade::ZERO
    };
    let fields: [(usize, &[u8]); 17] = [
        (0, &[1]),
        (8, &[2]),
        (16, &[3]),
        (24, &[b'x'; 36]),
        (60, &[b'y'; 16]),
        (84, &[0, 0, 0, 0, 0, 0, 0, 0x80]),
        (124, &[9]),
        (132, &i64::MAX.to_le_bytes()),
        (140, &[1]),
        (143, b"1"),
        (144, &[1]),
        (145, &[1]),
        (146, &(-2_i64).to_le_bytes()),
        (154, &[6]),
        (158, b"P"),
        (159, &[8]),
        (160, &[9]),
    ];
    assert_eq!(encoded(report), by_hand(164, [164, 41, 1, 1], &fields));
}

#[test]
fn a_book_message_lies_as_the_schema_says() {
    let add = market_data::OrderAdd {
        instrument: 0xAABB_CCDD.into(),
        flags: FeedFlags::END_OF_EVENT,
        side: Side::Sell.into(),
        rpt_seq: 1.into(),
        seq: 2.into(),
        order_id: 3.into(),
        price: Decimal8::new(4),
        qty: Decimal8::new(5),
    };
    let fields: [(usize, &[u8]); 8] = [
        (0, &[0xDD, 0xCC, 0xBB, 0xAA]),
        (4, &[1]),
        (5, &[2]),
        (6, &[1]),
        (14, &[2]),
        (22, &[3]),
        (30, &[4]),
        (38, &[5]),
    ];
    assert_eq!(encoded(add), by_hand(46, [46, 20, 2, 0], &fields));
}

#[test]
fn an_unknown_enum_value_survives_decode_and_encode() {
    let (_, mut bytes) = golden("market-data-OrderAdd.hex");
    bytes[8 + 5] = 200;
    let (message, ..) = market_data::OrderAdd::decode(&bytes).unwrap();
    assert_eq!((message.side, message.side.known()), (SideCode(200), None));
    assert!(described(market_data::describe, &bytes).contains(" side=200 "));
    assert_eq!(encoded(*message), bytes);
}

#[test]
fn every_enum_value_has_its_code_and_is_known_by_it() {
    assert_eq!(Side::ALL.map(Side::code), [1, 2]);
    for side in Side::ALL {
        assert_eq!(SideCode::from(side).known(), Some(side));
    }
    assert_eq!(OrdStatus::ALL.map(OrdStatus::code), *b"01248C");
    assert_eq!(SideCode::ZERO.known(), None);
}

#[test]
fn a_set_is_its_bits() {
    let both = CommandFlags::POSS_DUP.with(CommandFlags::POSS_RESEND);
    assert_eq!(both.0.get(), 3);
    assert!(both.has(CommandFlags::POSS_DUP) && !CommandFlags::POSS_DUP.has(both));
    assert_eq!(both.without(CommandFlags::POSS_DUP), CommandFlags::POSS_RESEND);
    assert!(CommandFlags::EMPTY.has(CommandFlags::EMPTY));
    let unnamed = CommandFlags((1 << 9 | 1).into());
    assert_eq!(
        [both, CommandFlags::EMPTY, unnamed].map(|flags| flags.to_string()),
        ["PossDup|PossResend", "-", "PossDup|0x200"]
    );
}

#[test]
fn a_decimal_prints_exactly() {
    let print = |mantissa| Decimal8::new(mantissa).to_string();
    assert_eq!(print(150_000_000), "1.5");
    assert_eq!(print(-1), "-0.00000001");
    assert_eq!(print(0), "0");
    assert_eq!(print(i64::MIN), "-92233720368.54775808");
    assert_eq!(Decimal8Null::NULL.to_string(), "-");
    assert_eq!((Decimal8Null::NULL.get(), Decimal8Null::new(None)), (None, Decimal8Null::NULL));
    assert_eq!((Decimal8Null::new(Some(7)).get(), Decimal8::EXPONENT), (Some(7), -8));
}

#[test]
fn a_text_ends_at_its_first_nul() {
    assert_eq!((text(b"ab\0c"), text(b"abcd"), text(b"")), (&b"ab"[..], &b"abcd"[..], &b""[..]));
    assert_eq!((fill_text::<4>(b"ab"), fill_text::<2>(b"ab")), (Some(*b"ab\0\0"), Some(*b"ab")));
    assert_eq!(fill_text::<1>(b"ab"), None);
}

#[test]
fn bytes_of_a_peer_are_shown_escaped() {
    let mut ask = journal::TestRequest::ZERO;
    ask.test_req_id = fill_text(b"\x1b[2J\xff").unwrap();
    assert!(described(journal::describe, &encoded(ask)).ends_with(r"testReqId=\x1b[2J\xff"));
    assert_eq!(described(journal::describe, &[1]), "unreadable: Short { missing: 7 }");
}

/// Reads `bytes` as every message there is, whatever the header says.
fn read_all_ways(bytes: &[u8]) {
    for message in every_message() {
        let _ = (message.again)(bytes);
        let _ = described(message.describe, bytes);
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(
        template in 0_u16..100,
        schema in 0_u16..5,
        mut bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        read_all_ways(&bytes);
        // Once more with a header that gets further.
        if let Some(place) = bytes.get_mut(2..6) {
            place[..2].copy_from_slice(&template.to_le_bytes());
            place[2..].copy_from_slice(&schema.to_le_bytes());
            read_all_ways(&bytes);
        }
    }

    #[test]
    fn one_or_two_wrong_bytes_never_panic(
        which in any::<prop::sample::Index>(),
        wrong in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..3),
    ) {
        let messages = every_message();
        let message = which.get(&messages);
        let (_, mut bytes) = golden(&message.file);
        for (at, byte) in wrong {
            *at.get_mut(&mut bytes) = byte;
        }
        read_all_ways(&bytes);
    }
}

//! The FIX codec from outside: frames, fields, groups, verdicts, and what is written.
//!
//! Bodies are written with `|` for SOH; the frame around them is made here. The random tests are
//! in `random.rs`; orders as commands in `orders.rs`, events as messages in `reports.rs`. What fefix says to the same bytes is in `gateway/oracle/tests/differential.rs`.

#![allow(clippy::unwrap_used, reason = "a test")]

mod orders;
mod random;
mod reports;

use gateway::fix::SOH;
use gateway::fix::fields::{Fields, Scanner};
use gateway::fix::frame::{Frame, Garbled, checksum, next};
use gateway::fix::tables::{msg_type, tag};
use gateway::fix::time::Precision;
use gateway::fix::validate::check;
use gateway::fix::write::{Full, Writer};

const MAX: usize = 4096;
const HEAD: &str = "35=D|49=CLIENT1|56=PORTCULLIS|34=2|52=20260102-09:30:00.000|";
const ORDER: &str = "11=A1|55=ACME|54=1|60=20260102-09:30:00|40=2|38=10|44=99.5|";

const MARKET_DATA_REQUEST: &str =
    "35=V|49=A|56=B|34=1|52=20260102-09:30:00|262=r|263=1|264=0|267=1|269=0|";
const LIST_STATUS: &str =
    "35=N|49=A|56=B|34=1|52=20260102-09:30:00|66=L|429=1|82=1|431=1|83=1|68=1|73=1|";

fn soh(text: &str) -> Vec<u8> {
    text.bytes().map(|byte| if byte == b'|' { SOH } else { byte }).collect()
}

/// `bytes` with the right CheckSum behind them.
fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = checksum(&bytes);
    bytes.extend_from_slice(format!("10={sum:03}\x01").as_bytes());
    bytes
}

/// `body` in a frame with the right BodyLength and CheckSum.
fn framed(body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("8=FIX.4.4\x019={}\x01", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    summed(bytes)
}

fn body(bytes: &[u8]) -> &[u8] {
    match next(bytes, MAX) {
        Frame::Message { body, len } if len == bytes.len() => body,
        other => panic!("{other:?}: {}", bytes.escape_ascii()),
    }
}

/// 373 and 371 of the Reject to an order with `more` at its end, or (-1, 0) if it is fine.
fn verdict(more: &str) -> (i32, i32) {
    verdict_of(format!("{HEAD}{ORDER}{more}").as_str())
}

fn verdict_of(body_text: &str) -> (i32, i32) {
    let bytes = framed(&soh(body_text));
    match check(&Scanner::new().scan(body(&bytes))) {
        Ok(()) => (FINE, 0),
        Err(refusal) => (refusal.reason as i32, refusal.tag.unwrap_or(NONE)),
    }
}

const FINE: i32 = -1;
/// No RefTagID.
const NONE: i32 = i32::MIN;

// ---- frames ----

#[test]
fn a_good_message_is_framed_to_its_last_byte() {
    let bytes = framed(&soh("35=0|49=A|"));
    assert_eq!(body(&bytes), soh("35=0|49=A|"));
    let two = [bytes.clone(), bytes.clone()].concat();
    assert!(matches!(next(&two, MAX), Frame::Message { len, .. } if len == bytes.len()));
}

#[test]
fn leading_zeros_in_body_length_are_accepted() {
    let bytes = summed(soh("8=FIX.4.4|9=0000000005|35=0|"));
    assert_eq!(body(&bytes), soh("35=0|"));
}

#[test]
fn what_is_not_a_message_is_garbled_for_its_own_reason() {
    use Garbled::*;
    for (text, why) in [
        ("8=FIX.4.4|9=5|35=0|10=000|", CheckSum),
        ("8=FIX.4.4|9=5|35=0|10=1x3|", Trailer),
        ("8=FIX.4.4|9=5|35=0|10=999|", CheckSum),
        ("8=FIX.4.4|9=4|35=0|10=161|", Trailer),
        ("8=FIX.4.4|9=6|35=0|58|10=161|", Trailer),
        ("8=FIX.4.4|9=5|35=0|99=161|10=000|", Trailer),
        ("8=FIX.4.4|9=5|35=0|9=00161|10=000|", Trailer),
        ("8=FIX.4.4|9=|35=0|10=161|", BodyLength),
        ("8=FIX.4.4|9=+5|35=0|10=161|", BodyLength),
        ("8=FIX.4.4|9=-5|35=0|10=161|", BodyLength),
        ("8=FIX.4.4|9=5 |35=0|10=161|", BodyLength),
        ("8=FIX.4.4|9=18446744073709551621|35=0|10=161|", BodyLength),
        ("8=FIX.4.4|9=00000000005|35=0|10=161|", BodyLength),
        ("8=FIX.4.4x|9=5|35=0|10=161|", Start),
        ("8=FIXT.1.10|9=5|35=0|10=161|", Start),
        ("8=FIX.4.2|8=FIX|35=0|10=161|", Start),
        ("7=FIX.4.4|1=5|35=0|10=161|", Start),
        ("9=5|8=FIX.4.4|35=0|10=161|", Start),
        (" 8=FIX.4.4|9=5|35=0|10=161|", Start),
        ("GET / HTTP/1.1\r\n\r\n", Start),
    ] {
        assert!(
            matches!(next(&soh(text), MAX), Frame::Garbled { why: seen, .. } if seen == why),
            "{text}: {:?}",
            next(&soh(text), MAX)
        );
    }
    for text in ["8=FIX.4.4|9=5|34=0|", "8=FIX.4.4|9=0|"] {
        let bytes = summed(soh(text));
        let skip = bytes.len();
        assert_eq!(next(&bytes, MAX), Frame::Garbled { skip, why: MsgType }, "{text}");
    }
}

#[test]
fn a_frame_with_a_wrong_checksum_is_skipped_whole() {
    // Its data holds what looks like a message; only a whole skip is safe from it.
    let inner = framed(&soh("35=0|49=EVIL|"));
    let mut outer = soh("35=0|95=31|96=");
    outer.extend_from_slice(&inner);
    outer.push(SOH);
    let mut bytes = framed(&outer);
    let at = bytes.len() - 2;
    bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
    let skip = bytes.len();
    bytes.extend_from_slice(&framed(&soh("35=0|")));
    assert_eq!(next(&bytes, MAX), Frame::Garbled { skip, why: Garbled::CheckSum });
}

#[test]
fn after_wrong_lengths_the_next_message_is_found_behind_an_soh() {
    let good = framed(&soh("35=0|"));
    for garbage in ["58=8=FIX.4.4|", "nonsense|", "8=FIX.4.4|9=x|", "8=FIX.4.4|9=|35=0|10=161|"] {
        let bytes = [soh(garbage), good.clone()].concat();
        assert_eq!(random::messages(&bytes, &[]), [soh("35=0|")], "{garbage}");
    }
    // Not behind an SOH: this is text, not a message.
    assert_eq!(random::messages(&[b"x".to_vec(), good].concat(), &[]), Vec::<Vec<u8>>::new());
}

#[test]
fn a_wrong_body_length_takes_everything_up_to_the_next_trailer_with_it() {
    let good = framed(&soh("35=0|"));
    let cases: [(&str, usize); 6] = [
        // Too short: the message ends where it ends.
        ("8=FIX.4.4|9=4|35=0|10=161|", 0),
        ("8=FIX.4.4|9=0|35=0|10=161|", 0),
        ("8=FIX.4.4|9=5|35=0|58=a|10=1x3|", 0),
        ("8=FIX.4.4|9=5|35=0|99=161|10=000|", 0),
        // Too long, and without a trailer: a part of the next message is taken for its own.
        ("8=FIX.4.4|9=10|35=0|10=161|", 1),
        ("8=FIX.4.4|9=5|35=0|", 1),
    ];
    for (garbled, swallowed) in cases {
        let stream = [soh(garbled), good.clone(), good.clone()].concat();
        let left = 2 - swallowed;
        assert_eq!(random::messages(&stream, &[]).len(), left, "{garbled}");
        let cuts: Vec<usize> = (1..stream.len()).collect();
        assert_eq!(random::messages(&stream, &cuts).len(), left, "{garbled}, byte by byte");
    }
    // What looks like a message inside of one that is garbled is not one.
    let inner = String::from_utf8(framed(b"35=D\x0149=EVIL\x01")).unwrap();
    let smuggled = soh(&format!("8=FIX.4.4|9=90|35=0|58=x|{inner}"));
    let stream = [smuggled, good.clone(), good.clone()].concat();
    assert!(random::messages(&stream, &[]).iter().all(|body| *body == soh("35=0|")));
    // And the search ends with the longest message.
    let endless = [soh("8=FIX.4.4|9=5|35=0|"), vec![b'x'; MAX]].concat();
    assert_eq!(next(&endless, MAX), Frame::Lost { body_bytes: 5 });
}

#[test]
fn a_message_of_another_version_is_seen_as_one() {
    for version in ["FIX.4.1", "FIX.4.2", "FIX.5.0", "FIXT.1.1", "FIX"] {
        let bytes = summed(soh(&format!("8={version}|9=5|35=0|")));
        assert_eq!(next(&bytes, MAX), Frame::OtherVersion { len: bytes.len() }, "{version}");
        for len in 0..bytes.len() {
            let part = &bytes[..len];
            assert!(matches!(next(part, MAX), Frame::Incomplete { .. }), "{version}, {len}");
        }
    }
}

#[test]
fn a_message_beyond_the_limit_is_lost_before_it_arrives() {
    let bytes = framed(&[b"35=0|58=".to_vec(), vec![b'x'; 100]].concat());
    assert_eq!(next(&bytes[..20], bytes.len() - 1), Frame::Lost { body_bytes: 108 });
    assert_eq!(next(b"8=FIX.4.4\x019=9999999999\x01", MAX), Frame::Lost { body_bytes: 9999999999 });
    let exact = framed(&soh("35=0|"));
    assert!(matches!(next(&exact, exact.len()), Frame::Message { .. }));
}

#[test]
fn a_half_message_says_how_many_bytes_it_needs() {
    let bytes = framed(&soh("35=0|49=A|"));
    for len in 0..bytes.len() {
        let Frame::Incomplete { bytes_needed } = next(&bytes[..len], MAX) else { panic!("{len}") };
        assert!(bytes_needed > len && bytes_needed <= bytes.len(), "{len}: {bytes_needed}");
        let length_known = len >= "8=FIX.4.4|9=10|".len();
        assert_eq!(bytes_needed == bytes.len(), length_known, "{len}");
    }
}

// ---- fields and groups ----

fn with_fields(body_text: &str, test: impl FnOnce(Fields<'_>)) {
    let bytes = framed(&soh(body_text));
    test(Scanner::new().scan(body(&bytes)));
}

#[test]
fn fields_behind_a_group_stay_on_the_top_level() {
    let text = format!("{HEAD}453=1|448=JOE|447=D|452=1|{ORDER}");
    assert_eq!(verdict_of(&text), (FINE, 0));
    with_fields(&text, |fields| {
        assert_eq!(fields.get(tag::SYMBOL), Some(&b"ACME"[..]));
        assert_eq!(fields.get(tag::SIDE), Some(&b"1"[..]));
        assert_eq!(fields.get(tag::PARTY_ID), None);
        let parties: Vec<_> = fields.group(tag::NO_PARTY_IDS).collect();
        assert_eq!(parties.len(), 1);
        assert_eq!(parties[0].get(tag::PARTY_ID), Some(&b"JOE"[..]));
        assert_eq!(parties[0].get(tag::SIDE), None);
    });
}

#[test]
fn groups_inside_groups_keep_their_entries_apart() {
    let text = format!(
        "{HEAD}453=2|448=JOE|447=D|452=1|802=2|523=desk|803=1|523=floor|448=ANN|452=3|{ORDER}"
    );
    assert_eq!(verdict_of(&text), (FINE, 0));
    with_fields(&text, |fields| {
        let seen: Vec<_> = fields
            .group(tag::NO_PARTY_IDS)
            .map(|party| {
                let subs: Vec<_> = party
                    .group(tag::NO_PARTY_SUB_IDS)
                    .map(|sub| (sub.get(tag::PARTY_SUB_ID), sub.get(tag::PARTY_SUB_ID_TYPE)))
                    .collect();
                (party.get(tag::PARTY_ID), party.get(tag::PARTY_SUB_ID), subs)
            })
            .collect();
        let desk = (Some(&b"desk"[..]), Some(&b"1"[..]));
        let floor = (Some(&b"floor"[..]), None);
        assert_eq!(
            seen,
            [(Some(&b"JOE"[..]), None, vec![desk, floor]), (Some(&b"ANN"[..]), None, vec![])]
        );
        assert_eq!(fields.group(tag::NO_ALLOCS).count(), 0);
        assert_eq!(fields.get(tag::NO_PARTY_SUB_IDS), None);
    });
}

#[test]
fn a_message_that_ends_in_a_group_leaves_nothing_to_the_next() {
    let first = framed(&soh(&format!("{HEAD}{ORDER}453=2|448=JOE|448=ANN|")));
    let second = framed(&soh(&format!("{HEAD}{ORDER}")));
    let mut scanner = Scanner::new();
    assert_eq!(check(&scanner.scan(body(&first))), Ok(()));
    let fields = scanner.scan(body(&second));
    assert_eq!(check(&fields), Ok(()));
    for (tag, value) in [(35, "D"), (34, "2"), (54, "1"), (44, "99.5")] {
        assert_eq!(fields.get(tag), Some(value.as_bytes()), "{tag}");
    }
    assert_eq!(fields.get(453), None);
    assert_eq!(fields.group(453).count(), 0);
}

#[test]
fn data_fields_may_hold_any_byte() {
    let text = format!("{HEAD}{ORDER}354=7|355=a|10=0||58=x|");
    assert_eq!(verdict_of(&text), (FINE, 0));
    with_fields(&text, |fields| {
        assert_eq!(fields.get(tag::ENCODED_TEXT), Some(&b"a\x0110=0\x01"[..]));
        assert_eq!(fields.get(tag::TEXT), Some(&b"x"[..]));
    });
    with_fields("35=A|95=3|96=a|b|98=0|", |fields| {
        assert_eq!(fields.get(tag::RAW_DATA), Some(&b"a\x01b"[..]));
        assert_eq!(fields.get(tag::ENCRYPT_METHOD), Some(&b"0"[..]));
    });
}

#[test]
fn a_bad_message_still_has_its_header_and_its_user_defined_tags() {
    with_fields("35=D|=|49=|34=7|nonsense|65571=F|43=Y|453=1|8674=1|52=x|", |fields| {
        for (tag, value) in [(35, "D"), (49, ""), (34, "7"), (43, "Y"), (52, "x"), (8674, "1")] {
            assert_eq!(fields.get(tag), Some(value.as_bytes()), "{tag}");
        }
        assert_eq!(check(&fields).map_err(|refusal| refusal.reason as u8), Err(0));
    });
}

// ---- verdicts ----

#[test]
fn every_fault_has_its_reason_and_its_tag() {
    for (more, wanted) in [
        ("", (FINE, 0)),
        // Tags.
        ("65571=F|", (0, 65571)),
        ("3A=F|", (0, NONE)),
        ("055=X|", (0, 55)),
        ("0=X|", (0, 0)),
        ("-1=X|", (0, -1)),
        ("=X|", (0, NONE)),
        ("|", (0, NONE)),
        ("junk|", (0, NONE)),
        ("58|", (0, NONE)),
        ("20=0|", (0, 20)),
        ("957=1|", (0, 957)),
        ("4999=1|", (0, 4999)),
        ("10000=1|", (0, 10000)),
        ("65535=1|", (0, 65535)),
        ("5000=1|9999=x|", (FINE, 0)),
        ("5001=1|5001=1|", (FINE, 0)),
        ("5001=|", (4, 5001)),
        ("5001=\x07|", (6, 5001)),
        ("41=A0|", (2, 41)),
        ("448=JOE|", (2, 448)),
        // Values.
        ("58=|", (4, 58)),
        ("59=Z|", (5, 59)),
        ("59=00|", (6, 59)),
        ("18=1 2 G|", (FINE, 0)),
        ("18=1 ? 2|", (5, 18)),
        ("18=1  2|", (5, 18)),
        ("114=X|", (6, 114)),
        ("110=1e3|", (6, 110)),
        ("110=0.123456789|", (6, 110)),
        ("110=-1.50|", (FINE, 0)),
        ("126=20260230-00:00:00|", (6, 126)),
        ("126=99991231-23:59:59|", (FINE, 0)),
        ("432=20260230|", (6, 432)),
        ("200=202613|", (6, 200)),
        ("581=1.0|", (6, 581)),
        ("58=caf\u{e9}|", (6, 58)),
        ("58=a\tb|", (6, 58)),
        ("58=\x7f|", (6, 58)),
        // Data.
        ("354=abc|355=xyz|", (6, 354)),
        ("354=999999|355=xyz|", (6, 354)),
        ("354=18446744073709551615|355=xyz|", (6, 354)),
        ("354=2|355=xyz|", (6, 354)),
        ("354=-3|355=xyz|", (6, 354)),
        ("354=3|58=xyz|", (1, 355)),
        ("354=3|", (1, 355)),
        ("355=xyz|", (1, 354)),
        ("354=0|355=|", (4, 355)),
        // Twice.
        ("54=2|", (13, 54)),
        ("8=FIX.4.4|", (13, 8)),
        ("9=5|", (13, 9)),
        ("35=F|", (13, 35)),
        ("10=000|", (13, 10)),
        ("453=1|448=A|453=1|448=A|", (13, 453)),
        ("453=1|448=A|452=1|452=1|", (13, 452)),
        // Order.
        ("50=desk|", (14, 50)),
        ("93=1|89=x|58=late|", (14, 58)),
        ("93=1|89=x|", (FINE, 0)),
        // Groups.
        ("453=0|", (FINE, 0)),
        ("453=x|", (6, 453)),
        ("453=-1|", (6, 453)),
        ("453=1|", (16, 453)),
        ("453=2|448=A|", (16, 453)),
        ("453=1|448=A|448=B|", (16, 453)),
        ("453=4294967297|448=A|", (16, 453)),
        ("453=1|452=1|448=A|", (15, 452)),
        ("453=1|448=A|802=2|523=x|", (16, 802)),
        ("453=1|448=|", (4, 448)),
        // The first fault wins.
        ("59=Z|junk|", (5, 59)),
        ("junk|59=Z|", (0, NONE)),
        ("58=|59=Z|54=1|", (4, 58)),
    ] {
        assert_eq!(verdict(more), wanted, "{more}");
    }
}

#[test]
fn what_is_missing_or_in_front_is_refused_too() {
    for (text, wanted) in [
        (format!("35=zz|{ORDER}"), (11, 35)),
        (format!("35=|{ORDER}"), (4, 35)),
        ("35=0|49=A|56=B|34=1|52=20260102-09:30:00|".into(), (FINE, 0)),
        ("35=0|49=A|56=B|34=1|".into(), (1, 52)),
        ("35=0|".into(), (1, 34)),
        ("35=1|49=A|56=B|34=1|52=20260102-09:30:00|".into(), (1, 112)),
        (format!("{HEAD}11=A1|55=ACME|54=1|60=20260102-09:30:00|"), (1, 40)),
        (format!("{HEAD}11=A1|34=3|"), (13, 34)),
        (format!("{HEAD}11=A1|43=Y|"), (14, 43)),
        (format!("35=D|49=a|56=b|34=x|52=20260102-09:30:00|{ORDER}"), (6, 34)),
        (format!("35=D|49=a|56=b|34=-1|52=20260102-09:30:00|{ORDER}"), (6, 34)),
        (format!("{HEAD}627=1|628=HUB|{ORDER}"), (FINE, 0)),
        (format!("{HEAD}627=2|628=HUB|{ORDER}"), (16, 627)),
        // An instrument is one entry each time 55 comes.
        (format!("{MARKET_DATA_REQUEST}146=2|55=ACME|55=BTC-USD|"), (FINE, 0)),
        (format!("{MARKET_DATA_REQUEST}146=1|55=ACME|55=BTC-USD|"), (16, 146)),
        (format!("{MARKET_DATA_REQUEST}146=1|48=1|55=ACME|"), (15, 48)),
        (MARKET_DATA_REQUEST.into(), (1, 146)),
        // Entries have required fields of their own.
        (format!("{LIST_STATUS}11=A|14=0|39=0|151=0|84=0|6=0|"), (FINE, 0)),
        (format!("{LIST_STATUS}11=A|14=0|39=0|151=0|84=0|"), (1, 6)),
        (format!("{LIST_STATUS}11=A|14=0|39=0|151=0|6=0|11=B|"), (1, 84)),
    ] {
        assert_eq!(verdict_of(&text), wanted, "{text}");
    }
}

#[test]
fn more_fields_than_the_table_holds_are_refused_without_growing_it() {
    assert_eq!(verdict(&"5001=x|".repeat(300)), (99, NONE));
    let entries = "448=A|".repeat(200);
    assert_eq!(verdict(&format!("453=200|{entries}")), (FINE, 0));
}

// ---- writing ----

#[test]
fn a_written_message_reads_back_as_it_was_meant() {
    let mut buffer = [0; 512];
    let mut message = Writer::begin(&mut buffer, msg_type::EXECUTION_REPORT);
    message.text(tag::SENDER_COMP_ID, b"PORTCULLIS");
    message.uint(tag::MSG_SEQ_NUM, 7);
    message.timestamp(tag::SENDING_TIME, 1_767_346_200_123_456_789, Precision::Micros);
    message.char(tag::SIDE, b'1');
    message.decimal(tag::LAST_PX, -50_000_000);
    message.int(tag::ORD_REJ_REASON, -99);
    message.int(tag::PRICE_DELTA, i64::MIN);
    message.bool(tag::POSS_DUP_FLAG, true);
    message.text(tag::TEXT, b"caf\xe9\x0110=000\x01");
    message.text(tag::ACCOUNT, b"");
    message.data(tag::RAW_DATA_LENGTH, tag::RAW_DATA, b"a\x01b");
    let bytes = message.finish().unwrap();
    let wanted = "35=8|49=PORTCULLIS|34=7|52=20260102-09:30:00.123456|54=1|31=-0.5|103=-99|811=-9223372036854775808|43=Y|\
                  58=caf??10=000?|95=3|96=a|b|";
    assert_eq!(bytes, framed(&soh(wanted)).as_slice());
}

#[test]
fn a_time_that_is_written_again_is_the_same_and_another_is_another() {
    let mut buffer = [0; 256];
    let mut message = Writer::begin(&mut buffer, msg_type::EXECUTION_REPORT);
    let time = 1_767_346_200_123_456_789;
    message.timestamp(tag::SENDING_TIME, time, Precision::Millis);
    message.timestamp(tag::TRANSACT_TIME, time, Precision::Millis);
    message.timestamp(tag::ORIG_SENDING_TIME, time, Precision::Nanos);
    message.timestamp(tag::EXPIRE_TIME, time + 1_000_000, Precision::Millis);
    message.timestamp(tag::EFFECTIVE_TIME, time, Precision::Millis);
    let wanted = "35=8|52=20260102-09:30:00.123|60=20260102-09:30:00.123|\
                  122=20260102-09:30:00.123456789|126=20260102-09:30:00.124|168=20260102-09:30:00.123|";
    assert_eq!(message.finish().unwrap(), framed(&soh(wanted)).as_slice());
}

#[test]
fn whatever_does_not_fit_is_an_error_and_never_half_a_message() {
    let write = |buffer: &mut [u8]| -> Result<Vec<u8>, Full> {
        let mut message = Writer::begin(buffer, msg_type::EXECUTION_REPORT);
        message.uint(tag::MSG_SEQ_NUM, 1_234_567);
        message.timestamp(tag::SENDING_TIME, 1, Precision::Millis);
        message.timestamp(tag::TRANSACT_TIME, 1, Precision::Millis);
        message.decimal(tag::PRICE, -1);
        message.char(tag::SIDE, b'1');
        message.text(tag::TEXT, b"text");
        message.finish().map(<[u8]>::to_vec)
    };
    let whole = write(&mut [0; 512]).unwrap();
    // A body of two digits' length is written with room for three.
    for room in 0..whole.len() {
        assert_eq!(write(&mut vec![0; room]), Err(Full), "{room}");
    }
    assert_eq!(write(&mut vec![0; whole.len() + 1]), Ok(whole));
}

#[test]
fn body_length_is_right_for_every_length_and_a_full_buffer_is_an_error() {
    for text_bytes in 1..1_200 {
        let text = vec![b'x'; text_bytes];
        let wanted = framed(&[b"35=B\x0158=", &text[..], b"\x01"].concat());
        for (room, fits) in [(wanted.len() - 1, false), (wanted.len() + 3, true)] {
            let mut buffer = vec![0; room];
            let mut message = Writer::begin(&mut buffer, msg_type::NEWS);
            message.text(tag::TEXT, &text);
            let expected = if fits { Ok(wanted.as_slice()) } else { Err(Full) };
            assert_eq!(message.finish(), expected, "{text_bytes} in {room}");
        }
    }
    for room in 0..40 {
        let mut buffer = vec![0; room];
        let _ = Writer::begin(&mut buffer, msg_type::LOGON).finish();
    }
}

//! Random bytes, random messages, random cuts: nothing panics, nothing depends on how bytes arrive.

use gateway::fix::fields::Scanner;
use gateway::fix::frame::{Frame, next};
use gateway::fix::tables::{msg_type, tag};
use gateway::fix::time::Precision;
use gateway::fix::validate::check;
use gateway::fix::write::Writer;
use gateway::fix::{decimal, time};
use proptest::prelude::*;

use crate::{HEAD, MAX, ORDER, body, framed, soh};

/// What a connection does with a stream that arrives in pieces: the bodies it gets.
pub(crate) fn messages(stream: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    let mut held: Vec<u8> = Vec::new();
    let mut from = 0;
    for to in cuts.iter().copied().chain([stream.len()]) {
        held.extend_from_slice(&stream[from..to]);
        from = to;
        loop {
            let taken = match next(&held, MAX) {
                Frame::Message { body, len } => {
                    assert!(body.len() < len && len <= held.len());
                    bodies.push(body.to_vec());
                    len
                }
                Frame::OtherVersion { len } => len,
                Frame::Garbled { skip, .. } => skip,
                Frame::Incomplete { bytes_needed } => {
                    assert!(bytes_needed > held.len() && bytes_needed <= MAX);
                    break;
                }
                Frame::Lost { .. } => return bodies,
            };
            assert!((1..=held.len()).contains(&taken));
            held.drain(..taken);
        }
    }
    bodies
}

/// Everything a connection would ask of a message; must not panic.
fn use_fields(scanner: &mut Scanner, body: &[u8]) {
    let fields = scanner.scan(body);
    let _ = check(&fields);
    for field in fields.iter() {
        let _ = fields.get(field.tag);
        for entry in fields.group(field.tag) {
            let _ = (entry.get(field.tag), entry.group(802).count());
        }
        let _ = (decimal::parse(field.value), time::parse_timestamp(field.value));
    }
}

/// Pieces of messages, so that random bytes get past the first check.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(framed(&soh(&format!("{HEAD}{ORDER}")))),
        Just(framed(&soh("35=0|95=9|96=8=FIX.4.4|112=x|"))),
        Just(soh("8=FIX.4.4|9=12|35=0|49=AB|10=000|")),
        Just(soh("8=FIX.4.4|9=3|35=0|10=161|")),
        Just(soh("|8=FIX.4.4|9=")),
        Just(soh("8=FIX.4.4|")),
        Just(soh("x8=FIX.4.4|9=5|35=0|10=161|")),
        prop::collection::vec(any::<u8>(), 0..20),
    ]
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        messages(&bytes, &[]);
        use_fields(&mut Scanner::new(), &bytes);
        let _ = (decimal::parse(&bytes), time::parse_timestamp(&bytes));
    }

    #[test]
    fn random_fields_never_panic(
        fields in prop::collection::vec((0..1000_u32, "[ -~]{0,4}|[0-9]{1,3}"), 0..300),
        msg_type in prop::sample::select(vec!["D", "8", "V", "W", "AE", "E", "J", "i", "zz"]),
    ) {
        let mut body = format!("35={msg_type}\x01").into_bytes();
        for (tag, value) in fields {
            body.extend_from_slice(format!("{tag}={value}\x01").as_bytes());
        }
        use_fields(&mut Scanner::new(), &body);
    }

    #[test]
    fn any_cut_of_a_stream_gives_the_same_messages(
        stream in prop::collection::vec(fragment(), 0..8).prop_map(|all| all.concat()),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        let every_byte: Vec<_> = (0..stream.len()).collect();
        let whole = messages(&stream, &[]);
        prop_assert_eq!(&messages(&stream, &cuts), &whole);
        prop_assert_eq!(&messages(&stream, &every_byte), &whole);
    }

    #[test]
    fn one_wrong_byte_loses_that_message_and_finds_the_way_back(at: prop::sample::Index, flip in 1..=255_u8) {
        let good = framed(&soh(&format!("{HEAD}{ORDER}453=1|448=A|354=3|355=a|b|")));
        let mut bad = good.clone();
        let at = at.index(good.len());
        bad[at] ^= flip;
        let is_message = matches!(next(&bad, MAX), Frame::Message { .. });
        prop_assert!(!is_message);
        use_fields(&mut Scanner::new(), &bad);
        let found = messages(&[&bad[..], &good.repeat(12)].concat(), &[]).len();
        // A digit of BodyLength may promise more than came, and takes the next messages with it.
        let length = "8=FIX.4.4|9=".len().."8=FIX.4.4|9=140|".len();
        // Without its own trailer the message ends with that of the next.
        let found_min = if at >= good.len() - "|10=123|".len() { 11 } else { 12 };
        prop_assert!(found >= found_min || length.contains(&at), "{} at {}", found, at);
    }

    #[test]
    fn written_values_come_back_exactly(
        units: i64, number: u64, time_ns: u64,
        text in "[ -~]{1,60}", data in prop::collection::vec(any::<u8>(), 1..60),
    ) {
        let mut buffer = [0; 512];
        let mut message = Writer::begin(&mut buffer, msg_type::NEWS);
        message.decimal(tag::PRICE, units);
        message.uint(tag::MSG_SEQ_NUM, number);
        message.timestamp(tag::SENDING_TIME, time_ns, Precision::Nanos);
        message.text(tag::TEXT, &text.clone().into_bytes());
        message.data(tag::RAW_DATA_LENGTH, tag::RAW_DATA, &data);
        let bytes = message.finish().unwrap();
        let mut scanner = Scanner::new();
        let fields = scanner.scan(body(bytes));
        prop_assert_eq!(decimal::parse(fields.get(tag::PRICE).unwrap()), Ok(units));
        prop_assert_eq!(decimal::parse_uint(fields.get(tag::MSG_SEQ_NUM).unwrap()), Ok(number));
        let stamp = fields.get(tag::SENDING_TIME).unwrap();
        prop_assert_eq!(time::parse_timestamp(stamp), Ok(time_ns));
        prop_assert_eq!(fields.get(tag::TEXT).unwrap(), text.as_bytes());
        prop_assert_eq!(fields.get(tag::RAW_DATA).unwrap(), &data[..]);
    }
}

#[test]
fn a_message_cut_at_any_byte_is_waited_for_and_its_rest_never_panics() {
    let good = framed(&soh(&format!("{HEAD}{ORDER}453=1|448=A|354=3|355=a|b|")));
    let mut scanner = Scanner::new();
    for at in 0..good.len() {
        assert!(matches!(next(&good[..at], MAX), Frame::Incomplete { .. }), "{at}");
        use_fields(&mut scanner, &good[..at]);
        use_fields(&mut scanner, &good[at..]);
        messages(&good[at..], &[]);
    }
}

//! What must hold for any bytes that a client sends, as functions that panic where it does not.
//!
//! Two drivers call them: libFuzzer (`fuzz_targets`, on nightly), and `gateway/tests/fuzz`, which
//! includes these files and makes its own input from a seed. [`frame`] is about where messages begin
//! and end, [`decode`] about one message, [`connection`] (`venue.rs`) about a client of a live
//! session and the engine behind it, [`sbe_connection`] (`sbe.rs`) the same of a binary one. Nothing here knows where its input comes from.

pub mod sbe;
pub mod venue;

pub use sbe::sbe_connection;
pub use venue::connection;

use gateway::command_slot::Slot;
use gateway::directory::Directory;
use gateway::fix::dictionary::{Kind, field};
use gateway::fix::fields::{Fields, Scanner};
use gateway::fix::frame::{Frame, checksum, next};
use gateway::fix::inbound::{Expected, command, msg_type_of};
use gateway::fix::tables::tag;
use gateway::fix::time::{Precision, Stamp, parse_timestamp};
use gateway::fix::validate::check;
use gateway::fix::write::Writer;
use gateway::fix::{SOH, decimal};
use sbe_schemas::header::{Message, text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{CommandHead, Verdict};
use std::cell::RefCell;

/// 2026-01-02 09:30 UTC: what messages say in SendingTime (52).
pub const NOW_NS: u64 = 1_767_346_200_000_000_000;
/// CompID of the client.
pub const CLIENT: &str = "CLIENT1";
/// CompID of the venue.
pub const VENUE: &str = "PORTCULLIS";
/// Longest message that is taken.
pub const MESSAGE_BYTES_MAX: usize = 4096;
/// SendingTime may be off by so much.
pub const TOLERANCE_NS: u64 = 120_000_000_000;

/// Numbers that look random and come from one: splitmix64.
pub struct Draw(pub u64);

impl Draw {
    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 for an `end` of 0.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.roll() % end as u64) as usize }
    }
}

/// What a stream was cut into.
pub struct Cut {
    /// Whole messages, from `8=` to the last SOH. Empty for one of another version.
    pub messages: Vec<Vec<u8>>,
    /// A message beyond the limit, or as many garbled bytes in a row.
    pub lost: bool,
    /// Bytes that wait for more.
    pub held: usize,
}

/// Where messages begin and end does not depend on how their bytes arrive, and what is called a
/// message is one.
pub fn frame(data: &[u8]) {
    let whole = cut(data, |_| usize::MAX);
    let mut draw = Draw(u64::from(checksum(data)) + data.len() as u64);
    same(&cut(data, |_| 1), &whole, "byte by byte");
    same(&cut(data, |left| 1 + draw.below(left.min(64))), &whole, "in small pieces");
    same(&cut(data, |left| 1 + draw.below(left)), &whole, "in pieces");
    for message in whole.messages.iter().filter(|message| !message.is_empty()) {
        is_a_message(message);
    }
}

fn same(a: &Cut, b: &Cut, how: &str) {
    for (at, (a, b)) in a.messages.iter().zip(&b.messages).enumerate() {
        assert!(a == b, "message {at}, {how}: {} and {}", a.escape_ascii(), b.escape_ascii());
    }
    let told = |cut: &Cut| (cut.messages.len(), cut.lost, cut.held);
    assert_eq!(told(a), told(b), "messages, lost, held: {how}");
}

/// Reads `data` as a connection would, `piece(bytes left)` bytes at a time.
pub fn cut(data: &[u8], mut piece: impl FnMut(usize) -> usize) -> Cut {
    let mut seen = Cut { messages: Vec::new(), lost: false, held: 0 };
    // `from..to` is what has arrived and is not done with.
    let (mut from, mut to, mut garbled) = (0, 0, 0);
    loop {
        let held = &data[from..to];
        let taken = match next(held, MESSAGE_BYTES_MAX) {
            Frame::Message { body, len } => {
                assert!(body.starts_with(b"35=") && body.len() < len);
                seen.messages.push(held[..len].to_vec());
                garbled = 0;
                len
            }
            Frame::OtherVersion { len } => {
                assert!(held.starts_with(b"8=FIX"));
                seen.messages.push(Vec::new());
                len
            }
            Frame::Garbled { skip, .. } => {
                garbled += skip;
                skip
            }
            Frame::Lost { .. } => {
                seen.lost = true;
                return seen;
            }
            Frame::Incomplete { bytes_needed } => {
                assert!(bytes_needed > held.len() && bytes_needed <= MESSAGE_BYTES_MAX);
                if to == data.len() {
                    seen.held = held.len();
                    return seen;
                }
                to += piece(data.len() - to).clamp(1, data.len() - to);
                continue;
            }
        };
        assert!((1..=held.len()).contains(&taken), "{taken} of {} bytes", held.len());
        if garbled > MESSAGE_BYTES_MAX {
            seen.lost = true;
            return seen;
        }
        from += taken;
    }
}

/// BeginString, BodyLength and CheckSum, read in the plainest way.
pub fn is_a_message(bytes: &[u8]) {
    let told = || bytes.escape_ascii().to_string();
    let rest = bytes.strip_prefix(b"8=FIX.4.4\x019=").unwrap_or_else(|| panic!("{}", told()));
    let digits = rest.iter().position(|byte| *byte == SOH).unwrap_or_else(|| panic!("{}", told()));
    let length = std::str::from_utf8(&rest[..digits]).ok().and_then(|text| text.parse().ok());
    let body = &rest[digits + 1..rest.len() - b"10=000\x01".len()];
    assert_eq!(length, Some(body.len()), "{}", told());
    assert!(body.starts_with(b"35=") && body.ends_with(&[SOH]), "{}", told());
    let summed = &bytes[..bytes.len() - b"10=000\x01".len()];
    let sum: u32 = summed.iter().map(|byte| u32::from(*byte)).sum();
    let trailer = format!("10={:03}\x01", sum % 256);
    assert!(bytes.ends_with(trailer.as_bytes()), "{}", told());
}

/// `body` in a frame.
pub fn framed(body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("8=FIX.4.4\x019={}\x01", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    let sum = checksum(&bytes);
    bytes.extend_from_slice(format!("10={sum:03}\x01").as_bytes());
    bytes
}

thread_local! {
    /// A scanner that has seen many messages.
    static USED: RefCell<Scanner> = RefCell::new(Scanner::new());
}

/// One message: it is taken apart the same whatever came before it, what is accepted can be written
/// again and is the same message, and the command says what the message says.
pub fn decode(body: &[u8]) {
    let mut fresh = Scanner::new();
    let fields = fresh.scan(body);
    USED.with_borrow_mut(|used| {
        let again = used.scan(body);
        assert_eq!(listed(&again), listed(&fields));
        assert_eq!(check(&again), check(&fields));
        for tag in (0..960).chain([5001, 5018, 8013, u16::MAX]) {
            assert_eq!(again.get(tag), fields.get(tag), "{tag}");
        }
    });
    walk_groups(&fields);
    let verdict = check(&fields);
    if verdict.is_ok() {
        is_the_same_when_written_again(&fields);
        numbers_and_times_come_back(&fields);
    }
    let command = command_of(&fields, body);
    let head = engine::command::head(&command).expect("a command has a head");
    assert_eq!(usize::from(head.length.get()), command.len());
    match (head.verdict.known().expect("a verdict"), verdict) {
        (Verdict::Fine, Ok(())) => says_what_the_message_says(&command, &fields),
        // A Reject is not answered, and so it is taken however badly it is written.
        (Verdict::Fine, Err(_)) => assert!(matches!(msg_type_of(body), b"3" | b"j")),
        (Verdict::SessionReject, Err(refusal)) => {
            let refused = j::Refused::decode(&command).expect("a refused message").0;
            let of_the_header = matches!(refused.ref_tag.get(), Some(49 | 56 | 122));
            let same = (head.reason, refused.ref_tag.get()) == (refusal.reason as u8, refusal.tag);
            assert!(same || of_the_header, "{refusal:?} became {}", head.reason);
        }
        _ => {}
    }
}

fn listed<'a>(fields: &Fields<'a>) -> Vec<(u16, u8, &'a [u8])> {
    fields.iter().map(|field| (field.tag, field.depth, field.value)).collect()
}

fn walk_groups(fields: &Fields<'_>) {
    for field in fields.iter() {
        for entry in fields.group(field.tag) {
            let inner: usize = fields.iter().map(|other| entry.group(other.tag).count()).sum();
            assert!(inner <= fields.iter().count() * fields.iter().count());
            assert!(entry.get(field.tag).is_none_or(|value| value.len() < 1 << 16));
        }
    }
}

/// An accepted message, written with our own writer, is the same message.
fn is_the_same_when_written_again(fields: &Fields<'_>) {
    let mut buffer = vec![0; 1 << 16];
    let all = listed(fields);
    let mut w = Writer::begin(&mut buffer, fields.get(tag::MSG_TYPE).expect("it was accepted"));
    let mut length = None;
    for (tag, _, value) in all.iter().skip(1) {
        match field(*tag) {
            Some(known) if known.kind == Kind::Length && known.pair != 0 => length = Some(*tag),
            Some(known) if known.kind == Kind::Data => {
                w.data(length.take().expect("its length is in front"), *tag, value);
            }
            _ => w.text(*tag, value),
        }
    }
    let bytes = w.finish().expect("room enough");
    is_a_message(bytes);
    let Frame::Message { body, .. } = next(bytes, bytes.len()) else { panic!("not a frame") };
    let mut scanner = Scanner::new();
    let again = scanner.scan(body);
    assert_eq!(check(&again), Ok(()), "{}", body.escape_ascii());
    let canonical = |(tag, depth, value): (u16, u8, &[u8])| match field(tag) {
        // Leading zeros are gone.
        Some(known) if known.kind == Kind::Length => {
            (tag, depth, decimal::parse_uint(value).expect("accepted").to_string().into_bytes())
        }
        _ => (tag, depth, value.to_vec()),
    };
    let [before, after] =
        [all, listed(&again)].map(|fields| fields.into_iter().map(canonical).collect::<Vec<_>>());
    assert_eq!(before, after);
}

fn numbers_and_times_come_back(fields: &Fields<'_>) {
    for placed in fields.iter() {
        match field(placed.tag).map(|field| field.kind) {
            Some(Kind::Float) => {
                let units = decimal::parse(placed.value).expect("it was accepted");
                let printed = decimal::Printed::decimal(units);
                assert_eq!(decimal::parse(printed.as_bytes()), Ok(units));
            }
            Some(Kind::UtcTimestamp) => {
                let Ok(time) = parse_timestamp(placed.value) else { continue };
                let stamp = Stamp::new(time, Precision::Nanos);
                assert_eq!(parse_timestamp(stamp.as_bytes()), Ok(time));
            }
            _ => {}
        }
    }
}

fn command_of(fields: &Fields<'_>, body: &[u8]) -> Vec<u8> {
    let expected = Expected {
        client: CLIENT.as_bytes(),
        venue: VENUE.as_bytes(),
        now: NOW_NS,
        sending_time_tolerance_ns: TOLERANCE_NS,
        throttled: false,
        refuses_orders: false,
    };
    let directory = Directory::default();
    let mut slot = Slot::EMPTY;
    command(fields, msg_type_of(body), CommandHead::ZERO, &expected, &directory, &mut slot);
    slot.bytes().to_vec()
}

/// The fields of orders, looked up by a search over the bytes instead of the table.
fn says_what_the_message_says(command: &[u8], fields: &Fields<'_>) {
    let plain = |tag: u16| fields.iter().find(|f| f.tag == tag && f.depth == 0).map(|f| f.value);
    let units = |tag| plain(tag).and_then(|value| decimal::parse(value).ok());
    let number = plain(34).and_then(|value| decimal::parse_uint(value).ok());
    let head = engine::command::head(command).expect("a command has a head");
    assert_eq!(head.msg_seq_num.get(), number.unwrap_or(0));
    if let Ok((order, ..)) = j::NewOrder::decode(command) {
        assert_eq!(Some(text(&order.cl_ord_id)), plain(11));
        assert_eq!(Some(order.order_qty.get()), units(38));
        assert_eq!(order.price.get(), units(44));
        assert_eq!(order.stop_px.get(), units(99));
        assert_eq!(order.min_qty.get(), units(110));
        assert_eq!(text(&order.account), plain(1).unwrap_or(b""));
    } else if let Ok((replace, ..)) = j::ReplaceOrder::decode(command) {
        assert_eq!(Some(text(&replace.cl_ord_id)), plain(11));
        assert_eq!(Some(text(&replace.orig_cl_ord_id)), plain(41));
        assert_eq!(Some(replace.order_qty.get()), units(38));
        assert_eq!(replace.price.get(), units(44));
    } else if let Ok((cancel, ..)) = j::CancelOrder::decode(command) {
        assert_eq!(Some(text(&cancel.cl_ord_id)), plain(11));
        assert_eq!(Some(text(&cancel.orig_cl_ord_id)), plain(41));
    } else if let Ok((asked, ..)) = j::ResendRequest::decode(command) {
        let range = [7, 16].map(|tag| decimal::parse_uint(plain(tag).expect("required")));
        assert_eq!([Ok(asked.begin_seq_no.get()), Ok(asked.end_seq_no.get())], range);
    }
}

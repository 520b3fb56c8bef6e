//! One message of a client as one command of the log.
//!
//! Whatever is wrong with a well-framed message becomes a *verdict* in the command, never an answer
//! from here: the engine gives rejects their numbers. The checks, in this order: MsgSeqNum, CompIDs,
//! SendingTime, OrigSendingTime, the dictionary, what the venue takes. docs/wire/fix.md has the
//! rules in words. Next: `inbound/orders.rs`, what orders say; `connection.rs`.

mod orders;

pub use orders::{
    PARTY_ROLES, TAG_MASS_CANCEL_ACCOUNT, TAG_MASS_CANCEL_SCOPE, TAG_POST_ONLY_SLIDE,
    TAG_SELF_TRADE,
};

use super::decimal::parse_uint;
use super::fields::{Fields, Reason, Refusal};
use super::tables::{msg_type, tag};
use super::time::{TimeError, parse_timestamp};
use super::validate::check;
use crate::command_slot::Slot;
use crate::directory::Directory;
use sbe_schemas::header::Message;
use sbe_schemas::header::fill_text;
use sbe_schemas::journal as j;
use sbe_schemas::types::{Boolean, BooleanCode, CommandFlags, CommandHead, RefTag, Route, Verdict};

/// Cancel on disconnect, asked for at logon: `Y`, `L` (not after a Logout of the client's) or `N`. A tag of the
/// venue's own.
pub const TAG_CANCEL_ON_DISCONNECT: u16 = 8013;
// FIX leaves these to users.
const _: () = assert!(TAG_CANCEL_ON_DISCONNECT >= 5000 && TAG_CANCEL_ON_DISCONNECT <= 9999);
/// Dead-man timer, asked for at logon, in milliseconds. A tag of the venue's own.
pub const TAG_DEAD_MAN_MS: u16 = 5023;

/// The venue's own tags that a client may send.
const OWN_TAGS: [u16; 6] = [
    TAG_CANCEL_ON_DISCONNECT,
    TAG_DEAD_MAN_MS,
    TAG_POST_ONLY_SLIDE,
    TAG_SELF_TRADE,
    TAG_MASS_CANCEL_SCOPE,
    TAG_MASS_CANCEL_ACCOUNT,
];

/// SessionRejectReason (373): CompID problem.
const COMP_ID_PROBLEM: u8 = 9;
/// SessionRejectReason (373): SendingTime accuracy problem.
const SENDING_TIME_ACCURACY: u8 = 10;
/// BusinessRejectReason (380): unsupported message type.
const UNSUPPORTED_MESSAGE: u8 = 3;
/// BusinessRejectReason (380): application not available.
const APPLICATION_NOT_AVAILABLE: u8 = 4;
/// Where a third party's message came from: CompID, SubID, LocationID.
const ON_BEHALF_OF: [u16; 3] =
    [tag::ON_BEHALF_OF_COMP_ID, tag::ON_BEHALF_OF_SUB_ID, tag::ON_BEHALF_OF_LOCATION_ID];
/// Where it is to go.
const DELIVER_TO: [u16; 3] =
    [tag::DELIVER_TO_COMP_ID, tag::DELIVER_TO_SUB_ID, tag::DELIVER_TO_LOCATION_ID];

/// What the checks compare with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// SenderCompID (49) of this client.
    pub client: &'a [u8],
    /// Our CompID.
    pub venue: &'a [u8],
    /// Now, nanoseconds since 1970 UTC.
    pub now: u64,
    /// SendingTime (52) may differ from `now` by so much.
    pub sending_time_tolerance_ns: u64,
    /// Above the soft rate: application messages are refused.
    pub throttled: bool,
    /// The venue takes no new orders and replaces now.
    pub refuses_orders: bool,
}

/// A verdict that is not `Fine`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bad {
    pub(crate) verdict: Verdict,
    pub(crate) reason: u8,
    pub(crate) tag: Option<i32>,
}

pub(crate) const fn reject(reason: Reason, tag: u16) -> Bad {
    Bad { verdict: Verdict::SessionReject, reason: reason as u8, tag: Some(tag as i32) }
}

const fn fatal(reason: u8, tag: u16) -> Bad {
    Bad { verdict: Verdict::Fatal, reason, tag: Some(tag as i32) }
}

const fn business(verdict: Verdict, reason: u8) -> Bad {
    Bad { verdict, reason, tag: None }
}

impl From<Refusal> for Bad {
    fn from(Refusal { reason, tag }: Refusal) -> Self {
        Self { verdict: Verdict::SessionReject, reason: reason as u8, tag }
    }
}

/// MsgType (35) of a body, which starts with it.
pub fn msg_type_of(body: &[u8]) -> &[u8] {
    let value = body.get(3..).unwrap_or(&[]);
    if let [one, super::SOH, ..] = value {
        return std::slice::from_ref(one);
    }
    value.get(..memchr::memchr(super::SOH, value).unwrap_or(value.len())).unwrap_or(&[])
}

/// Writes the one command that a message becomes into `slot`. `head` names session, connection and time
/// received.
pub fn command(
    fields: &Fields<'_>,
    kind: &[u8],
    mut head: CommandHead,
    expected: &Expected<'_>,
    directory: &Directory,
    slot: &mut Slot,
) {
    let flag = |tag| fields.get(tag) == Some(b"Y");
    head.flags = CommandFlags::EMPTY;
    if flag(tag::POSS_DUP_FLAG) {
        head.flags = head.flags.with(CommandFlags::POSS_DUP);
    }
    if flag(tag::POSS_RESEND) {
        head.flags = head.flags.with(CommandFlags::POSS_RESEND);
    }
    let number = fields.get(tag::MSG_SEQ_NUM).and_then(|value| parse_uint(value).ok());
    head.msg_seq_num.set(number.unwrap_or(0));
    let checked = check_session(fields, kind, number, expected)
        .and_then(|()| check(fields).map_err(Bad::from))
        .and_then(|()| own_tags_once(fields))
        .and_then(|()| check_rate(kind, expected));
    if let Err(bad) = checked.and_then(|()| translate(fields, kind, head, directory, slot)) {
        refused(fields, kind, head, bad, slot);
    }
}

#[cold]
fn refused(fields: &Fields<'_>, kind: &[u8], mut head: CommandHead, bad: Bad, slot: &mut Slot) {
    let is_reject = matches!(kind, msg_type::REJECT | msg_type::BUSINESS_MESSAGE_REJECT);
    if is_reject && bad.verdict == Verdict::SessionReject {
        // A Reject is never answered with a Reject, however badly it is written.
        return slot.set(&j::PeerReject { head, ref_seq_num: 0.into() });
    }
    head.verdict = bad.verdict.into();
    head.reason = bad.reason;
    let printable = |value: &&[u8]| value.iter().all(u8::is_ascii_graphic);
    let ref_id = fields.get(tag::CL_ORD_ID).filter(printable).and_then(fill_text::<36>);
    slot.set(&j::Refused {
        head,
        ref_msg_type: Some(kind).filter(printable).and_then(fill_text::<8>).unwrap_or([0; 8]),
        ref_id: ref_id.unwrap_or([0; 36]),
        ref_tag: RefTag::new(bad.tag),
        on_behalf_of: route(fields, ON_BEHALF_OF),
        deliver_to: route(fields, DELIVER_TO),
        ref_template: 0.into(),
    });
}

/// A BeginString (8) of another version on a live session. The rest of it is not looked at.
pub fn other_version(mut head: CommandHead) -> Slot {
    head.verdict = Verdict::OtherVersion.into();
    Slot::of(&j::Refused { head, ref_tag: RefTag::NULL, ..j::Refused::ZERO })
}

/// CompID, SubID and LocationID of a third party; what has no room is left out.
fn route(fields: &Fields<'_>, tags: [u16; 3]) -> Route {
    let printable = |value: &&[u8]| value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let [comp_id, sub_id, location_id] =
        tags.map(|tag| fields.get(tag).filter(printable).and_then(fill_text).unwrap_or_default());
    Route { comp_id, sub_id, location_id }
}

/// FIX 4.4 vol. 2: header checks that come before everything else.
pub(crate) fn check_session(
    fields: &Fields<'_>,
    kind: &[u8],
    number: Option<u64>,
    expected: &Expected<'_>,
) -> Result<(), Bad> {
    // A SequenceReset-Reset acts whatever its number, and some send none worth the name.
    let any_number =
        kind == msg_type::SEQUENCE_RESET && fields.get(tag::GAP_FILL_FLAG) != Some(b"Y");
    if number.is_none_or(|number| number == 0 && !any_number) {
        let reason = match fields.get(tag::MSG_SEQ_NUM) {
            None => Reason::RequiredTagMissing,
            Some([]) => Reason::TagSpecifiedWithoutValue,
            Some(_) if number.is_some() => Reason::ValueIsIncorrect,
            Some(_) => Reason::IncorrectDataFormat,
        };
        return Err(fatal(reason as u8, tag::MSG_SEQ_NUM));
    }
    let comp_ids = [(tag::SENDER_COMP_ID, expected.client), (tag::TARGET_COMP_ID, expected.venue)];
    for (tag, ours) in comp_ids {
        match fields.get(tag) {
            None => return Err(reject(Reason::RequiredTagMissing, tag)),
            Some([]) => return Err(reject(Reason::TagSpecifiedWithoutValue, tag)),
            Some(theirs) if theirs != ours => return Err(fatal(COMP_ID_PROBLEM, tag)),
            Some(_) => {}
        }
    }
    let sent = match fields.get(tag::SENDING_TIME).map(parse_timestamp) {
        Some(Ok(sent)) => sent,
        // A time, but none that can be counted: 1969, 9999.
        Some(Err(TimeError::Range)) => return Err(fatal(SENDING_TIME_ACCURACY, tag::SENDING_TIME)),
        // Missing or malformed: the dictionary says it better.
        None | Some(Err(TimeError::Format)) => return Ok(()),
    };
    if sent.abs_diff(expected.now) > expected.sending_time_tolerance_ns {
        return Err(fatal(SENDING_TIME_ACCURACY, tag::SENDING_TIME));
    }
    if fields.get(tag::POSS_DUP_FLAG) != Some(b"Y") {
        return Ok(());
    }
    match fields.get(tag::ORIG_SENDING_TIME) {
        None => Err(reject(Reason::RequiredTagMissing, tag::ORIG_SENDING_TIME)),
        Some(value) => match parse_timestamp(value) {
            Ok(original) if original > sent => {
                Err(fatal(SENDING_TIME_ACCURACY, tag::ORIG_SENDING_TIME))
            }
            Ok(_) => Ok(()),
            Err(_) => Err(reject(Reason::IncorrectDataFormat, tag::ORIG_SENDING_TIME)),
        },
    }
}

/// Tags that only this venue knows stand on no level, and the dictionary lets any of them come twice: not these,
/// which mean something.
fn own_tags_once(fields: &Fields<'_>) -> Result<(), Bad> {
    let twice = |tag: &u16| fields.comes_twice(*tag);
    match OWN_TAGS.into_iter().find(twice) {
        Some(tag) => Err(reject(Reason::TagAppearsMoreThanOnce, tag)),
        None => Ok(()),
    }
}

/// Of the session, not an application message.
pub(crate) fn is_session_message(kind: &[u8]) -> bool {
    matches!(kind, [b'0'..=b'5' | b'A'])
}

fn check_rate(kind: &[u8], expected: &Expected<'_>) -> Result<(), Bad> {
    if expected.throttled && !is_session_message(kind) {
        return Err(business(Verdict::Throttled, 0));
    }
    if expected.refuses_orders
        && matches!(kind, msg_type::NEW_ORDER_SINGLE | msg_type::ORDER_CANCEL_REPLACE_REQUEST)
    {
        return Err(business(Verdict::BusinessReject, APPLICATION_NOT_AVAILABLE));
    }
    Ok(())
}

fn translate(
    fields: &Fields<'_>,
    kind: &[u8],
    head: CommandHead,
    directory: &Directory,
    slot: &mut Slot,
) -> Result<(), Bad> {
    match kind {
        msg_type::HEARTBEAT => slot.set(&j::Heartbeat { head }),
        msg_type::TEST_REQUEST => {
            let test_req_id = text(fields, tag::TEST_REQ_ID)?;
            slot.set(&j::TestRequest { head, test_req_id });
        }
        msg_type::RESEND_REQUEST => slot.set(&j::ResendRequest {
            head,
            begin_seq_no: number(fields, tag::BEGIN_SEQ_NO)?.into(),
            end_seq_no: number(fields, tag::END_SEQ_NO)?.into(),
        }),
        msg_type::SEQUENCE_RESET => slot.set(&j::SequenceReset {
            head,
            new_seq_no: number(fields, tag::NEW_SEQ_NO)?.into(),
            gap_fill: boolean(fields.get(tag::GAP_FILL_FLAG) == Some(b"Y")),
        }),
        msg_type::LOGOUT => slot.set(&j::Logout { head }),
        msg_type::LOGON => logon(fields, head, slot)?,
        msg_type::REJECT | msg_type::BUSINESS_MESSAGE_REJECT => {
            let ref_seq_num = fields.get(tag::REF_SEQ_NUM).and_then(|v| parse_uint(v).ok());
            slot.set(&j::PeerReject { head, ref_seq_num: ref_seq_num.unwrap_or(0).into() });
        }
        msg_type::NEW_ORDER_SINGLE => orders::new_order(fields, head, directory, slot)?,
        msg_type::ORDER_CANCEL_REQUEST => orders::cancel_order(fields, head, directory, slot)?,
        msg_type::ORDER_CANCEL_REPLACE_REQUEST => {
            orders::replace_order(fields, head, directory, slot)?
        }
        msg_type::ORDER_STATUS_REQUEST => orders::order_status(fields, head, directory, slot)?,
        msg_type::ORDER_MASS_STATUS_REQUEST => orders::mass_status(fields, head, directory, slot)?,
        msg_type::ORDER_MASS_CANCEL_REQUEST => orders::mass_cancel(fields, head, directory, slot)?,
        _ => return Err(business(Verdict::BusinessReject, UNSUPPORTED_MESSAGE)),
    }
    Ok(())
}

/// The Logon (A); its secrets stay behind.
fn logon(fields: &Fields<'_>, head: CommandHead, slot: &mut Slot) -> Result<(), Bad> {
    if fields.get(tag::ENCRYPT_METHOD) != Some(b"0") {
        return Err(reject(Reason::ValueIsIncorrect, tag::ENCRYPT_METHOD));
    }
    let heartbeat_s = u32::try_from(number(fields, tag::HEART_BT_INT)?)
        .map_err(|_| reject(Reason::ValueIsIncorrect, tag::HEART_BT_INT))?;
    let next_expected = match fields.get(tag::NEXT_EXPECTED_MSG_SEQ_NUM) {
        None => 0,
        Some(_) => match number(fields, tag::NEXT_EXPECTED_MSG_SEQ_NUM)? {
            0 => return Err(reject(Reason::ValueIsIncorrect, tag::NEXT_EXPECTED_MSG_SEQ_NUM)),
            next => next,
        },
    };
    let dead_man_ms = match fields.get(TAG_DEAD_MAN_MS) {
        None => 0,
        Some(_) => u32::try_from(number(fields, TAG_DEAD_MAN_MS)?)
            .map_err(|_| reject(Reason::ValueIsIncorrect, TAG_DEAD_MAN_MS))?,
    };
    let on_disconnect = fields.get(TAG_CANCEL_ON_DISCONNECT);
    slot.set(&j::Logon {
        head,
        heartbeat_s: heartbeat_s.into(),
        reset_seq_num: boolean(fields.get(tag::RESET_SEQ_NUM_FLAG) == Some(b"Y")),
        cancel_on_disconnect: boolean(matches!(on_disconnect, Some(b"Y" | b"L"))),
        next_expected: next_expected.into(),
        keep_on_logout: boolean(on_disconnect == Some(b"L")),
        dead_man_ms: dead_man_ms.into(),
    });
    Ok(())
}

/// Required text that must fit.
fn text<const N: usize>(fields: &Fields<'_>, tag: u16) -> Result<[u8; N], Bad> {
    let mut field = [0; N];
    copy_text(fields, tag, &mut field)?;
    Ok(field)
}

/// The same for what is read most, straight to where it belongs: bytes that were just written one way are read
/// another way only after a pause.
fn copy_text<const N: usize>(
    fields: &Fields<'_>,
    tag: u16,
    field: &mut [u8; N],
) -> Result<(), Bad> {
    let value = fields.get(tag).ok_or(reject(Reason::RequiredTagMissing, tag))?;
    let room = field.get_mut(..value.len()).ok_or(reject(Reason::ValueIsIncorrect, tag))?;
    room.copy_from_slice(value);
    Ok(())
}

fn optional_text<const N: usize>(fields: &Fields<'_>, tag: u16) -> Result<[u8; N], Bad> {
    fill_text(fields.get(tag).unwrap_or(&[])).ok_or(reject(Reason::ValueIsIncorrect, tag))
}

fn number(fields: &Fields<'_>, tag: u16) -> Result<u64, Bad> {
    let value = fields.get(tag).ok_or(reject(Reason::RequiredTagMissing, tag))?;
    parse_uint(value).map_err(|_| reject(Reason::ValueIsIncorrect, tag))
}

fn boolean(value: bool) -> BooleanCode {
    if value { Boolean::True.into() } else { Boolean::False.into() }
}

/// A FIX char as our schemas code it: a digit by its value, anything else by its ASCII byte.
pub fn code(value: Option<&[u8]>) -> u8 {
    match value {
        Some([digit @ b'0'..=b'9']) => digit - b'0',
        Some([letter]) => *letter,
        _ => u8::MAX,
    }
}

//! One event as one FIX message. A pure function of the event, so that a client gets the same after
//! a crash, from another host, or when it asks again: SendingTime (52) is the time of the batch that
//! caused it; a resend has 52 = now and OrigSendingTime (122) = that time, all else equal.
//!
//! This file has the envelope and the session messages, `outbound/reports.rs` what is told of orders,
//! `outbound/words.rs` the words of Text (58). Source: FIX 4.4 vol. 2 (session messages).

mod reports;
pub mod words;

use super::inbound::TAG_DEAD_MAN_MS;
use super::tables::{msg_type, tag};
use super::time::Precision;
use super::write::{Full, Writer};
use crate::directory::Directory;
use engine::Event;
use sbe_schemas::header::{Message, fill_text, text};
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{Boolean, EventFlags, LogoutReason, Route};
use words::{logout_words, reject_words};

/// SessionRejectReason (373) that QuickFIX gives without a RefTagID (371): CompID, SendingTime, MsgType.
const SPEAKS_FOR_ITSELF: [u8; 3] = [9, 10, 11];

/// Longest FIX message that an event becomes.
pub const MESSAGE_BYTES_MAX: usize = 1024;

/// Who talks to whom, and whether again.
#[derive(Clone, Copy)]
pub struct Envelope<'a> {
    /// Our CompID.
    pub venue: &'a [u8],
    /// The client's.
    pub client: &'a [u8],
    /// Resent at this time, nanoseconds since 1970 UTC; `None`: sent for the first time.
    pub resent_at: Option<u64>,
}

/// Writes a report into `buffer` and returns its bytes; `Ok(None)`: nothing that FIX clients get.
///
/// # Errors
/// [`Full`]: `buffer` is smaller than [`MESSAGE_BYTES_MAX`].
pub fn message<'b>(
    event: &Event,
    envelope: &Envelope<'_>,
    directory: &Directory,
    buffer: &'b mut [u8],
) -> Result<Option<&'b [u8]>, Full> {
    let Some(kind) = msg_type_of(event) else { return Ok(None) };
    let mut w = begin(event, kind, envelope, directory, buffer);
    if event.template().0 == oe::SCHEMA_ID {
        reports::report(&mut w, event, directory);
    } else {
        session_message(&mut w, event);
    }
    w.finish().map(Some)
}

/// A gap fill in place of the messages `from` to `next` - 1. `time`: of the first of them.
///
/// # Errors
/// [`Full`]: `buffer` is smaller than [`MESSAGE_BYTES_MAX`].
pub fn gap_fill<'b>(
    from: u64,
    next: u64,
    time: u64,
    envelope: &Envelope<'_>,
    buffer: &'b mut [u8],
) -> Result<&'b [u8], Full> {
    let mut w = Writer::begin(buffer, msg_type::SEQUENCE_RESET);
    header(&mut w, from, time, false, &ThirdParties::default(), envelope);
    w.uint(tag::NEW_SEQ_NO, next);
    w.bool(tag::GAP_FILL_FLAG, true);
    w.finish()
}

fn msg_type_of(event: &Event) -> Option<&'static [u8]> {
    const SESSION: u16 = j::SCHEMA_ID;
    const ORDERS: u16 = oe::SCHEMA_ID;
    Some(match event.template() {
        (SESSION, j::LogonAccepted::TEMPLATE_ID) => msg_type::LOGON,
        (SESSION, j::LogoutSent::TEMPLATE_ID) => msg_type::LOGOUT,
        (SESSION, j::HeartbeatSent::TEMPLATE_ID) => msg_type::HEARTBEAT,
        (SESSION, j::TestRequestSent::TEMPLATE_ID) => msg_type::TEST_REQUEST,
        (SESSION, j::ResendRequestSent::TEMPLATE_ID) => msg_type::RESEND_REQUEST,
        (SESSION, j::SessionRejectSent::TEMPLATE_ID) => msg_type::REJECT,
        (ORDERS, oe::CancelReject::TEMPLATE_ID) => msg_type::ORDER_CANCEL_REJECT,
        (ORDERS, oe::BusinessReject::TEMPLATE_ID) => msg_type::BUSINESS_MESSAGE_REJECT,
        (ORDERS, oe::MassActionReport::TEMPLATE_ID) => msg_type::ORDER_MASS_CANCEL_REPORT,
        (ORDERS, _) => msg_type::EXECUTION_REPORT,
        _ => return None,
    })
}

fn begin<'b>(
    event: &Event,
    kind: &[u8],
    envelope: &Envelope<'_>,
    directory: &Directory,
    buffer: &'b mut [u8],
) -> Writer<'b> {
    let mut w = Writer::begin(buffer, kind);
    let poss_resend = event.head.flags.has(EventFlags::POSS_RESEND);
    let mut parties = ThirdParties::default();
    if let Some(reject) = event.get::<j::SessionRejectSent>() {
        let names = |r: &Route| [r.comp_id, r.sub_id, r.location_id];
        parties.on_behalf_of = names(&reject.on_behalf_of);
        parties.deliver_to = names(&reject.deliver_to);
    } else if let Some(session) = reports::copy_of(event) {
        parties.on_behalf_of[0] = fill_text(directory.comp_id(session)).unwrap_or_default();
    }
    let (number, time) = (event.head.number.get(), event.head.time.get());
    header(&mut w, number, time, poss_resend, &parties, envelope);
    w
}

/// CompID, SubID and LocationID of others than the two ends: FIX 4.4 vol. 1, "Third party routing".
#[derive(Default)]
struct ThirdParties {
    on_behalf_of: [[u8; 24]; 3],
    deliver_to: [[u8; 24]; 3],
}

/// In the order of their tags, as QuickFIX and those who compare with it have it.
fn header(
    w: &mut Writer<'_>,
    number: u64,
    time: u64,
    poss_resend: bool,
    parties: &ThirdParties,
    envelope: &Envelope<'_>,
) {
    let [[from, from_sub, from_location], [to, to_sub, to_location]] =
        [&parties.on_behalf_of, &parties.deliver_to];
    w.uint(tag::MSG_SEQ_NUM, number);
    if envelope.resent_at.is_some() {
        w.bool(tag::POSS_DUP_FLAG, true);
    }
    w.text(tag::SENDER_COMP_ID, envelope.venue);
    w.timestamp(tag::SENDING_TIME, envelope.resent_at.unwrap_or(time), Precision::Millis);
    w.text(tag::TARGET_COMP_ID, envelope.client);
    if poss_resend {
        w.bool(tag::POSS_RESEND, true);
    }
    w.text(tag::ON_BEHALF_OF_COMP_ID, text(from));
    w.text(tag::ON_BEHALF_OF_SUB_ID, text(from_sub));
    if envelope.resent_at.is_some() {
        w.timestamp(tag::ORIG_SENDING_TIME, time, Precision::Millis);
    }
    w.text(tag::DELIVER_TO_COMP_ID, text(to));
    w.text(tag::DELIVER_TO_SUB_ID, text(to_sub));
    w.text(tag::ON_BEHALF_OF_LOCATION_ID, text(from_location));
    w.text(tag::DELIVER_TO_LOCATION_ID, text(to_location));
}

fn session_message(w: &mut Writer<'_>, event: &Event) {
    if let Some(m) = event.get::<j::HeartbeatSent>() {
        w.text(tag::TEST_REQ_ID, text(&m.test_req_id));
    } else if let Some(m) = event.get::<j::LogonAccepted>() {
        w.uint(tag::ENCRYPT_METHOD, 0);
        w.uint(tag::HEART_BT_INT, m.heartbeat_s.get().into());
        if m.reset_seq_num.known() == Some(Boolean::True) {
            w.bool(tag::RESET_SEQ_NUM_FLAG, true);
        }
        if m.next_expected.get() != 0 {
            w.uint(tag::NEXT_EXPECTED_MSG_SEQ_NUM, m.next_expected.get());
        }
        if m.dead_man_ms.get() != 0 {
            w.uint(TAG_DEAD_MAN_MS, m.dead_man_ms.get().into());
        }
    } else if let Some(m) = event.get::<j::TestRequestSent>() {
        w.uint(tag::TEST_REQ_ID, m.test_req_id.get());
    } else if let Some(m) = event.get::<j::ResendRequestSent>() {
        w.uint(tag::BEGIN_SEQ_NO, m.begin_seq_no.get());
        w.uint(tag::END_SEQ_NO, m.end_seq_no.get());
    } else if let Some(m) = event.get::<j::LogoutSent>() {
        logout(w, m);
    } else if let Some(m) = event.get::<j::SessionRejectSent>() {
        w.uint(tag::REF_SEQ_NUM, m.ref_seq_num.get());
        w.text(tag::TEXT, reject_words(m.reason));
        if let Some(ref_tag) = m.ref_tag.get().filter(|_| !SPEAKS_FOR_ITSELF.contains(&m.reason)) {
            w.int(tag::REF_TAG_ID, ref_tag.into());
        }
        w.text(tag::REF_MSG_TYPE, text(&m.ref_msg_type));
        w.uint(tag::SESSION_REJECT_REASON, m.reason.into());
    }
}

fn logout(w: &mut Writer<'_>, m: &j::LogoutSent) {
    match m.reason.known() {
        Some(reason @ (LogoutReason::MsgSeqNumTooLow | LogoutReason::NextExpectedTooHigh)) => {
            // The words that FIX engines look for, with both numbers.
            let mut words = [0; 120];
            let mut end = 0;
            let expected = super::decimal::Printed::uint(m.expected.get());
            let received = super::decimal::Printed::uint(m.received.get());
            let parts: [&[u8]; 4] =
                [logout_words(reason), expected.as_bytes(), b" but received ", received.as_bytes()];
            for part in parts {
                if let Some(place) = words.get_mut(end..end + part.len()) {
                    place.copy_from_slice(part);
                    end += part.len();
                }
            }
            w.text(tag::TEXT, words.get(..end).unwrap_or(&[]));
        }
        Some(reason) => w.text(tag::TEXT, logout_words(reason)),
        None => {}
    }
}

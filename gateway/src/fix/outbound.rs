//! One event as one FIX message. A pure function of the event, so that a client gets the same after
//! a crash, from another host, or when it asks again: SendingTime (52) is the time of the batch that
//! caused it; a resend has 52 = now and OrigSendingTime (122) = that time, all else equal.
//!
//! This file has the envelope and the session messages, `outbound/reports.rs` what is told of orders,
//! `outbound/words.rs` the words of Text (58). Source: FIX 4.4 vol. 2 (session messages).

mod reports;
pub mod words;

use super::tables::{msg_type, tag};
use super::time::Precision;
use super::write::{Full, Writer};
use crate::directory::Directory;
use engine::Event;
use sbe_schemas::header::{Message, text};
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{Boolean, EventFlags, LogoutReason};
use words::{logout_words, reject_words};

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
    let mut w = begin(event, kind, envelope, buffer);
    if let Some(reject) = event.get::<j::SessionRejectSent>() {
        third_parties(&mut w, reject);
    }
    if let Some(session) = reports::copy_of(event) {
        w.text(tag::ON_BEHALF_OF_COMP_ID, directory.comp_id(session));
    }
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
    header(&mut w, from, time, false, envelope);
    w.bool(tag::GAP_FILL_FLAG, true);
    w.uint(tag::NEW_SEQ_NO, next);
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
    buffer: &'b mut [u8],
) -> Writer<'b> {
    let mut w = Writer::begin(buffer, kind);
    let poss_resend = event.head.flags.has(EventFlags::POSS_RESEND);
    header(&mut w, event.head.number.get(), event.head.time.get(), poss_resend, envelope);
    w
}

fn header(w: &mut Writer<'_>, number: u64, time: u64, poss_resend: bool, envelope: &Envelope<'_>) {
    w.text(tag::SENDER_COMP_ID, envelope.venue);
    w.text(tag::TARGET_COMP_ID, envelope.client);
    w.uint(tag::MSG_SEQ_NUM, number);
    if envelope.resent_at.is_some() {
        w.bool(tag::POSS_DUP_FLAG, true);
    }
    if poss_resend {
        w.bool(tag::POSS_RESEND, true);
    }
    w.timestamp(tag::SENDING_TIME, envelope.resent_at.unwrap_or(time), Precision::Millis);
    if envelope.resent_at.is_some() {
        w.timestamp(tag::ORIG_SENDING_TIME, time, Precision::Millis);
    }
}

/// The rest of a Reject's header: FIX 4.4 vol. 1, "Third party routing".
fn third_parties(w: &mut Writer<'_>, reject: &j::SessionRejectSent) {
    let to = &reject.deliver_to;
    w.text(tag::DELIVER_TO_COMP_ID, text(&to.comp_id));
    w.text(tag::DELIVER_TO_SUB_ID, text(&to.sub_id));
    w.text(tag::DELIVER_TO_LOCATION_ID, text(&to.location_id));
    let from = &reject.on_behalf_of;
    w.text(tag::ON_BEHALF_OF_COMP_ID, text(&from.comp_id));
    w.text(tag::ON_BEHALF_OF_SUB_ID, text(&from.sub_id));
    w.text(tag::ON_BEHALF_OF_LOCATION_ID, text(&from.location_id));
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
    } else if let Some(m) = event.get::<j::TestRequestSent>() {
        w.uint(tag::TEST_REQ_ID, m.test_req_id.get());
    } else if let Some(m) = event.get::<j::ResendRequestSent>() {
        w.uint(tag::BEGIN_SEQ_NO, m.begin_seq_no.get());
        w.uint(tag::END_SEQ_NO, m.end_seq_no.get());
    } else if let Some(m) = event.get::<j::LogoutSent>() {
        logout(w, m);
    } else if let Some(m) = event.get::<j::SessionRejectSent>() {
        w.uint(tag::REF_SEQ_NUM, m.ref_seq_num.get());
        if let Some(ref_tag) = m.ref_tag.get() {
            w.int(tag::REF_TAG_ID, ref_tag.into());
        }
        w.text(tag::REF_MSG_TYPE, text(&m.ref_msg_type));
        w.uint(tag::SESSION_REJECT_REASON, m.reason.into());
        w.text(tag::TEXT, reject_words(m.reason));
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

//! The session as binary clients have it: FIXP 1.1, an idempotent flow in, a recoverable flow out.
//!
//! It is the session of `session.rs`, with the same numbers, outbox, binding, grace and messages about orders.
//! Different are only: how it begins (Negotiate gives both flows a new generation, Establish binds a
//! connection to it), that nothing but requests and reports has a number, and what becomes of a number
//! that is not the expected one: above it, the gap is told (NotApplied) and the message taken; below
//! it, the message is answered from what is known and never executed again. Whatever is not numbered is
//! a control event, and its message is what the client gets. docs/wire/sbe.md has the rules in words.

use crate::engine::Engine;
use crate::event::{Conn, Sink};
use crate::session::{Bound, Ending, Inbound, NS_PER_MS, RESET_AHEAD_MAX};
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Boolean, CancelOnDisconnectType, CloseWhy, Decimal8, EstablishRejectReason, EventFlags,
    LogoutReason, NegotiateRejectReason, Protocol, RetransmitRejectReason, TerminateReason,
    Verdict,
};

/// Reports of one RetransmitRequest.
const RETRANSMIT_MAX: u32 = 1000;
/// BusinessRejectReason of a number that is used up, where nothing is known of the request.
const NUMBER_USED: u8 = 100;

impl Engine {
    /// Speaks FIXP, not FIX.
    pub(crate) fn is_binary(&self, at: u32) -> bool {
        self.sessions[at as usize].protocol == Protocol::Sbe
    }

    /// A new version of the session. It does not bind the connection.
    pub(crate) fn on_negotiate<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let asked = *m.get::<j::Negotiate>();
        let s = &mut self.sessions[at as usize];
        let reason = if s.bound.is_some() {
            Some(NegotiateRejectReason::AlreadyEstablished)
        } else if asked.version_id.get() <= s.version_id {
            Some(NegotiateRejectReason::VersionNotAbove)
        } else if asked.timestamp.get() <= s.stamp {
            Some(NegotiateRejectReason::Timestamp) // An old message, sent again by somebody.
        } else {
            None
        };
        if let Some(reason) = reason {
            let reject = oe::NegotiateReject {
                version_id: asked.version_id,
                request_timestamp: asked.timestamp,
                current_version_id: s.version_id.into(),
                reason: reason.into(),
            };
            return self.control(at, m.conn(), &reject, sink);
        }
        let first = s.version_id == 0;
        (s.version_id, s.stamp, s.finished_sending) =
            (asked.version_id.get(), asked.timestamp.get(), false);
        if !first {
            self.new_generation(at);
        }
        let response = oe::NegotiateResponse {
            version_id: asked.version_id,
            request_timestamp: asked.timestamp,
        };
        self.control(at, m.conn(), &response, sink);
    }

    /// Binds the connection.
    pub(crate) fn on_establish<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let asked = *m.get::<j::Establish>();
        if let Err(reason) = self.check_establish(at, &asked) {
            let reject = oe::EstablishReject {
                version_id: asked.version_id,
                request_timestamp: asked.timestamp,
                reason: reason.into(),
            };
            return self.control(at, m.conn(), &reject, sink);
        }
        self.sessions[at as usize].stamp = asked.timestamp.get();
        let cancels = asked.cancel_on_disconnect.known();
        self.bind(
            at,
            Bound {
                conn: m.conn(),
                heartbeat_ns: u64::from(asked.keepalive_ms.get()) * NS_PER_MS,
                cancels: cancels.unwrap_or(CancelOnDisconnectType::Never),
                window_ns: Some(u64::from(asked.cancel_window_ms.get()) * NS_PER_MS),
                test_request: None,
                logout_sent: false,
            },
            asked.dead_man_ms.get(),
        );
        let s = &self.sessions[at as usize];
        let ack = oe::EstablishAck {
            version_id: asked.version_id,
            request_timestamp: asked.timestamp,
            next_seq_no: s.next_out.into(),
            last_incoming_seq_no: (s.next_in - 1).into(),
            keepalive_ms: asked.keepalive_ms,
        };
        self.control(at, m.conn(), &ack, sink);
        self.skip_to(at, asked.next_seq_no.get(), sink);
    }

    fn check_establish(&self, at: u32, asked: &j::Establish) -> Result<(), EstablishRejectReason> {
        let s = &self.sessions[at as usize];
        let (min, max) = (self.venue.heartbeat_min_s, self.venue.heartbeat_max_s);
        let keepalive = u64::from(min) * 1000..=u64::from(max) * 1000;
        let next = asked.next_seq_no.get();
        if s.bound.is_some() {
            Err(EstablishRejectReason::AlreadyEstablished)
        } else if s.version_id == 0 || asked.version_id.get() != s.version_id {
            Err(EstablishRejectReason::Unnegotiated)
        } else if s.finished_sending {
            Err(EstablishRejectReason::Finished)
        } else if !self.is_open(s.hours) {
            Err(EstablishRejectReason::OutsideHours)
        } else if asked.timestamp.get() <= s.stamp {
            Err(EstablishRejectReason::Timestamp)
        } else if !keepalive.contains(&u64::from(asked.keepalive_ms.get())) {
            Err(EstablishRejectReason::KeepaliveInterval)
        } else if !self.takes_dead_man(asked.dead_man_ms.get()) {
            Err(EstablishRejectReason::DeadMan)
        } else if next == 0 || next > s.next_in + RESET_AHEAD_MAX {
            Err(EstablishRejectReason::NextSeqNo)
        } else {
            Ok(())
        }
    }

    /// A message of the bound connection.
    pub(crate) fn on_binary<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let now = self.now;
        let s = &mut self.sessions[at as usize];
        s.last_in = now;
        if let Some(bound) = &mut s.bound {
            bound.test_request = None;
        }
        if m.verdict() == Verdict::Fatal {
            return self.terminate(at, TerminateReason::Malformed, sink);
        }
        match m.template {
            j::SequenceHeard::TEMPLATE_ID => {
                let next = m.get::<j::SequenceHeard>().next_seq_no.get();
                self.skip_to(at, next, sink);
            }
            j::RetransmitRequest::TEMPLATE_ID => self.on_retransmit(at, m, sink),
            j::Logout::TEMPLATE_ID => self.terminate(at, TerminateReason::Finished, sink),
            j::FinishedSending::TEMPLATE_ID => self.on_finished_sending(at, m, sink),
            j::Negotiate::TEMPLATE_ID | j::Establish::TEMPLATE_ID => {
                self.terminate(at, TerminateReason::Violation, sink);
            }
            _ => self.on_request(at, m, sink),
        }
    }

    /// A numbered message.
    fn on_request<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let number = m.head.msg_seq_num.get();
        if self.sessions[at as usize].finished_sending {
            return self.terminate(at, TerminateReason::Violation, sink);
        }
        if number < self.sessions[at as usize].next_in {
            return self.on_repeated(at, m, sink);
        }
        self.skip_to(at, number, sink);
        let s = &mut self.sessions[at as usize];
        if s.bound.is_some() {
            s.next_in += 1;
            self.act(at, m, sink);
        }
    }

    /// The client's next number is `next`: what lies between has not come and will not be taken any more.
    fn skip_to<S: Sink>(&mut self, at: u32, next: u64, sink: &mut S) {
        let expected = self.sessions[at as usize].next_in;
        if next <= expected {
            return;
        }
        if next - expected > RESET_AHEAD_MAX {
            return self.terminate(at, TerminateReason::TooFarAhead, sink);
        }
        self.sessions[at as usize].next_in = next;
        let gap = oe::NotApplied { from_seq_no: expected.into(), count: (next - expected).into() };
        self.report(at, &gap, EventFlags::EMPTY, sink);
    }

    /// A number that is used up: answered, never executed again.
    fn on_repeated<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let name = match m.template {
            j::NewOrder::TEMPLATE_ID => m.get::<j::NewOrder>().cl_ord_id,
            j::CancelOrder::TEMPLATE_ID => m.get::<j::CancelOrder>().cl_ord_id,
            j::ReplaceOrder::TEMPLATE_ID => m.get::<j::ReplaceOrder>().cl_ord_id,
            j::MassAction::TEMPLATE_ID => m.get::<j::MassAction>().cl_ord_id,
            j::MassQuote::TEMPLATE_ID | j::QuoteCancel::TEMPLATE_ID => [0; 36],
            // What only asks may be asked again; what was refused is refused again.
            _ => return self.act(at, m, sink),
        };
        if m.template != j::MassAction::TEMPLATE_ID
            && let Some(id) = self.ids.find(self.ids.named(at, &name))
            && self.tell_status(at, id, &name, true, sink)
        {
            return;
        }
        let reject = oe::BusinessReject {
            ref_seq_num: m.head.msg_seq_num,
            ref_msg_type: m.msg_type(),
            ref_id: name,
            reason: NUMBER_USED,
            throttled: 0,
            ref_template: m.wire_template().into(),
            ref_field: 0.into(),
        };
        self.report(at, &reject, EventFlags::EMPTY, sink);
    }

    fn on_retransmit<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let asked = *m.get::<j::RetransmitRequest>();
        let (from, count) = (asked.from_seq_no.get(), asked.count.get());
        let s = &mut self.sessions[at as usize];
        let Some(bound) = s.bound else { return };
        let reason = if asked.in_progress.known() == Some(Boolean::True) {
            Some(RetransmitRejectReason::InProgress)
        } else if count > RETRANSMIT_MAX {
            Some(RetransmitRejectReason::TooMany)
        } else if from == 0 || count == 0 || from >= s.next_out {
            Some(RetransmitRejectReason::OutOfRange)
        } else {
            None
        };
        if let Some(reason) = reason {
            let request_timestamp = asked.timestamp;
            let reject = oe::RetransmitReject { request_timestamp, reason: reason.into() };
            return self.control(at, bound.conn, &reject, sink);
        }
        let last = (from + u64::from(count) - 1).min(s.next_out - 1);
        if s.asks_too_often(from, last) {
            return self.terminate(at, TerminateReason::RetransmitRepeated, sink);
        }
        let retransmission = oe::Retransmission {
            request_timestamp: asked.timestamp,
            next_seq_no: from.into(),
            count: ((last - from + 1) as u32).into(),
        };
        self.control(at, bound.conn, &retransmission, sink);
    }

    fn on_finished_sending<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let last = m.get::<j::FinishedSending>().last_seq_no.get();
        if last < self.sessions[at as usize].next_in - 1 {
            return self.terminate(at, TerminateReason::Violation, sink);
        }
        self.skip_to(at, last.saturating_add(1), sink);
        let s = &mut self.sessions[at as usize];
        let Some(bound) = s.bound else { return };
        s.finished_sending = true;
        let finished = oe::FinishedReceiving { last_seq_no: (s.next_in - 1).into() };
        self.control(at, bound.conn, &finished, sink);
    }

    /// Nothing was sent for the keepalive interval, or, `lapsed`, nothing heard.
    pub(crate) fn tell_sequence<S: Sink>(&mut self, at: u32, lapsed: bool, sink: &mut S) {
        let now = self.now;
        let s = &mut self.sessions[at as usize];
        let Some(bound) = s.bound else { return };
        s.last_out = now;
        let lapsed = if lapsed { Boolean::True } else { Boolean::False };
        let sequence = oe::Sequence { next_seq_no: s.next_out.into(), lapsed: lapsed.into() };
        self.control(at, bound.conn, &sequence, sink);
    }

    /// Our Terminate, and the end of the connection.
    pub(crate) fn terminate<S: Sink>(&mut self, at: u32, reason: TerminateReason, sink: &mut S) {
        let Some(bound) = self.sessions[at as usize].bound else { return };
        if !bound.logout_sent {
            self.control(at, bound.conn, &oe::Terminate { reason: reason.into() }, sink);
        }
        let close = j::ConnectionClose { why: CloseWhy::LoggedOut.into() };
        self.control(at, bound.conn, &close, sink);
        let ending = match reason {
            TerminateReason::Finished if !bound.logout_sent => Ending::LoggedOut,
            _ => Ending::Disconnected,
        };
        self.unbind(at, ending);
    }

    /// What FIX says with a Logout.
    pub(crate) fn terminate_for<S: Sink>(&mut self, at: u32, reason: LogoutReason, sink: &mut S) {
        let reason = match reason {
            LogoutReason::Answer => TerminateReason::Finished,
            LogoutReason::VenueStops => TerminateReason::VenueStops,
            LogoutReason::HoursOver => TerminateReason::OutsideHours,
            _ => TerminateReason::Violation,
        };
        self.terminate(at, reason, sink);
    }

    /// The venue stops: a Terminate, which the client answers with its own.
    pub(crate) fn ask_to_terminate<S: Sink>(&mut self, at: u32, conn: Conn, sink: &mut S) {
        let reason = TerminateReason::VenueStops.into();
        self.control(at, conn, &oe::Terminate { reason }, sink);
    }

    pub(crate) fn on_instrument_list(&mut self, at: u32, m: Inbound<'_>) {
        let asked = m.get::<j::InstrumentListRequest>();
        let (request, only) = (asked.request_id.get(), asked.instrument.get());
        let known = only as usize <= self.instruments.len() && !self.instruments.is_empty();
        let (next, last) = match (known, only) {
            (false, _) => (0, 0),
            (true, 0) => (1, self.instruments.len() as u32),
            (true, only) => (only, only),
        };
        self.tasks_mut().listing = Some(Listing { at, request, next, last });
    }

    /// The next instrument of a list.
    pub(crate) fn list_one<S: Sink>(&mut self, listing: Listing, sink: &mut S) {
        let Listing { at, request, next, last } = listing;
        let is_last = if next >= last { Boolean::True } else { Boolean::False };
        self.tasks_mut().listing = (next < last).then_some(Listing { next: next + 1, ..listing });
        let info = match next.checked_sub(1).and_then(|n| self.instruments.get(n as usize)) {
            None => oe::InstrumentInfo { request_id: request.into(), ..oe::InstrumentInfo::ZERO },
            Some(i) => oe::InstrumentInfo {
                request_id: request.into(),
                instrument: next.into(),
                symbol: i.symbol,
                tick_size: Decimal8::new(i.tick_size),
                lot_size: Decimal8::new(i.lot_size),
                quantity_max: Decimal8::new(i.quantity_max),
                price_max: Decimal8::new(i.price(i.ticks_max)),
                phase: i.phase.into(),
                is_last: Boolean::False.into(),
                base: self.risk.assets_of(next - 1).0,
                quote: self.risk.assets_of(next - 1).1,
            },
        };
        let info = oe::InstrumentInfo { is_last: is_last.into(), ..info };
        self.report(at, &info, EventFlags::EMPTY, sink);
    }
}

/// A list of instruments under way.
#[derive(Clone, Copy)]
pub(crate) struct Listing {
    at: u32,
    request: u64,
    /// Number of the next one, and of the last; 0: there is none.
    next: u32,
    last: u32,
}

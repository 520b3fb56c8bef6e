//! The session: what a message of a client means, decided when it is applied.
//!
//! In this order: is this the bound connection? the number? PossDup? the verdict? business. Numbers,
//! rejects, heartbeats and test requests come from here and from nowhere else, because only here
//! they are the same after a crash and on every replica. What differs between protocols is marked
//! [`Protocol`]: `fixp.rs` has what FIXP does differently. The rules here are those of FIX 4.4 vol. 2, "Session protocol", with the venue's choices
//! in docs/wire/fix.md. Next: `trading.rs` for what is business.

use crate::accounts::Blocks;
use crate::dead_man::DeadMan;
use crate::engine::Engine;
use crate::event::{Addressed, Conn, Sink};
use crate::hash::{mix, mix_bytes};
use crate::ids::FinishedNames;
use crate::parking::ParkedList;
use crate::permissions::Restricted;
use crate::snapshot::{Counts, Marks, Reader, SnapshotError, Writer};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    Boolean, CancelOnDisconnect, CancelOnDisconnectCode, CancelOnDisconnectType,
    CancelOnDisconnectTypeCode, CloseWhy, CommandFlags, CommandHead, DueWhat, EventFlags,
    EventHead, EventKind, LogoutReason, Protocol, ProtocolCode, RefTag, SelfTrade, SelfTradeCode,
    SelfTradeScope, SelfTradeScopeCode, TerminateReason, Verdict,
};
use zerocopy::little_endian::U16;

/// A SequenceReset further ahead than this is refused.
pub(crate) const RESET_AHEAD_MAX: u64 = 1_000_000;
/// The same range is sent again this often.
const RESEND_REPEATS_MAX: u32 = 3;
/// OrigSendingTime (122): its checks hold whatever the number.
const TAG_ORIG_SENDING_TIME: i32 = 122;
/// SessionRejectReason (373): value is incorrect for this tag.
const VALUE_INCORRECT: u8 = 5;
/// BusinessRejectReason (380): not authorized.
const NOT_AUTHORIZED: u8 = 6;
/// SessionRejectReason (373): other.
const OTHER: u8 = 99;
const NS_PER_S: u64 = 1_000_000_000;
pub(crate) const NS_PER_MS: u64 = 1_000_000;

/// Firm of a session that names none: this and its number.
const OWN_FIRM: u32 = 1 << 31;

/// Who may not enter or replace orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The session.
    Session,
    /// Its user.
    User,
    /// The account.
    Account,
    /// Its firm.
    Firm,
}

/// A connection that a session is bound to, from its Logon on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The one connection whose commands count.
    pub conn: Conn,
    /// HeartBtInt (108).
    pub heartbeat_ns: u64,
    /// When its end cancels the session's orders; the venue's own policy for it goes first.
    pub cancels: CancelOnDisconnectType,
    /// Between its end and these cancels; `None`: the session's grace.
    pub window_ns: Option<u64>,
    /// Our TestRequest of this time is not answered yet.
    pub test_request: Option<u64>,
    /// Our Logout is out; the client's ends the session.
    pub logout_sent: bool,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The client has said so, unasked.
    LoggedOut,
    /// It broke off, or the venue ended it.
    Disconnected,
}

/// The last range a client asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Asked {
    begin: u64,
    end: u64,
    times: u32,
}

/// The firm of the session at an index; one of its own where none is named.
pub(crate) fn firm_of(at: u32, d: &j::SessionDefine) -> u32 {
    if d.firm.get() == 0 { OWN_FIRM | (at + 1) } else { d.firm.get() }
}

/// Everything the exchange knows of a session.
pub struct Session {
    /// SenderCompID (49) of the client, NUL padded.
    pub comp_id: [u8; 24],
    /// Account (1) of orders that name none.
    pub account: [u8; 16],
    /// Its user.
    pub user: u32,
    /// What it speaks.
    pub protocol: Protocol,
    /// The venue's policy for it.
    pub cancel_on_disconnect: CancelOnDisconnect,
    /// Which does not hold after a Logout of its own.
    pub keep_on_logout: bool,
    /// Silence that costs it its orders.
    pub dead_man: DeadMan,
    /// Between a lost connection and the cancels.
    pub grace_ns: u64,
    /// Its row of hours, from 1; 0: always.
    pub hours: u32,
    /// Its connection, if it is logged on.
    pub bound: Option<Bound>,
    /// Rises with every 141=Y; from 1.
    pub generation: u32,
    /// MsgSeqNum expected of the client.
    pub next_in: u64,
    /// MsgSeqNum of our next message.
    pub next_out: u64,
    /// Its firm; one of its own where none was named.
    pub firm: u32,
    /// Itself with the account of orders that name none; `None`: there was no room for it.
    pub own: Option<u32>,
    /// What happens when an order meets one of its own and does not say; never `SessionDefault`.
    pub self_trade: SelfTrade,
    /// Who its own are.
    pub self_trade_scope: SelfTradeScope,
    /// It enters nothing, and is told what its firm's sessions are told of their orders.
    pub is_drop_copy: bool,
    /// The drop copy session of its firm.
    pub copied_to: Option<u32>,
    /// What it may not enter.
    pub restricted: Restricted,
    /// Who blocks the session.
    pub blocks: Blocks,
    /// Who blocks its user, in all of the user's sessions alike.
    pub user_blocks: Blocks,
    /// FIXP: the version negotiated last; 0: none yet.
    pub version_id: u64,
    /// FIXP: time of the Negotiate or Establish that was taken last; none is taken twice.
    pub stamp: u64,
    /// FIXP: this version is over: the client has said that no more requests come, or its hours have.
    pub finished_sending: bool,
    /// Its finished names.
    pub finished: FinishedNames,
    /// When its orders are cancelled, if it does not come back before.
    pub grace_ends: Option<u64>,
    /// We asked for a resend when this was the highest number seen; no other request until it closes.
    gap_top: Option<u64>,
    /// Highest number that found no place to wait.
    dropped_top: u64,
    parked: ParkedList,
    /// A gap fill goes up to here; what is parked below is applied on the way.
    fill_to: u64,
    /// When the client was heard last.
    pub(crate) last_in: u64,
    pub(crate) last_out: u64,
    asked: Asked,
}

impl Session {
    /// As defined by the venue, never logged on.
    pub fn new(at: u32, d: &j::SessionDefine) -> Self {
        let mut session = Self {
            comp_id: d.comp_id,
            account: [0; 16],
            user: 0,
            protocol: Protocol::Fix44,
            cancel_on_disconnect: CancelOnDisconnect::No,
            keep_on_logout: false,
            dead_man: DeadMan::default(),
            grace_ns: 0,
            hours: 0,
            bound: None,
            generation: 1,
            next_in: 1,
            next_out: 1,
            firm: 0,
            own: None,
            self_trade: SelfTrade::Allow,
            self_trade_scope: SelfTradeScope::Account,
            is_drop_copy: false,
            copied_to: None,
            restricted: Restricted::NOT,
            blocks: Blocks::default(),
            user_blocks: Blocks::default(),
            version_id: 0,
            stamp: 0,
            finished_sending: false,
            finished: FinishedNames::default(),
            grace_ends: None,
            gap_top: None,
            dropped_top: 0,
            parked: ParkedList::default(),
            fill_to: 0,
            last_in: 0,
            last_out: 0,
            asked: Asked::default(),
        };
        session.define(at, d);
        session
    }

    /// Takes a changed policy.
    pub fn define(&mut self, at: u32, d: &j::SessionDefine) {
        self.account = d.account;
        self.user = d.user.get();
        self.protocol = d.protocol.known().unwrap_or(Protocol::Fix44);
        self.cancel_on_disconnect =
            d.cancel_on_disconnect.known().unwrap_or(CancelOnDisconnect::No);
        self.keep_on_logout = d.keep_on_logout.known() == Some(Boolean::True);
        self.grace_ns = u64::from(d.grace_ms.get()) * 1_000_000;
        self.hours = d.hours.get();
        self.firm = firm_of(at, d);
        self.self_trade = match d.self_trade.known() {
            Some(SelfTrade::SessionDefault) | None => SelfTrade::Allow,
            Some(mode) => mode,
        };
        self.self_trade_scope = d.self_trade_scope.known().unwrap_or(SelfTradeScope::Account);
        self.is_drop_copy = d.drop_copy.known() == Some(Boolean::True);
    }

    /// Who is blocked of session and user.
    #[inline]
    pub fn blocked(&self) -> Option<Blocked> {
        if self.blocks.any() {
            return Some(Blocked::Session);
        }
        self.user_blocks.any().then_some(Blocked::User)
    }

    /// How long after such an end of its connection its orders are cancelled; `None`: they stay.
    fn grace_after(&self, bound: &Bound, ending: Ending) -> Option<u64> {
        let spared = ending == Ending::LoggedOut && self.keep_on_logout;
        if self.cancel_on_disconnect == CancelOnDisconnect::Session && !spared {
            return Some(self.grace_ns);
        }
        let cancels = match bound.cancels {
            CancelOnDisconnectType::Never => false,
            CancelOnDisconnectType::Disconnect => ending == Ending::Disconnected,
            CancelOnDisconnectType::Terminate => ending == Ending::LoggedOut,
            CancelOnDisconnectType::Both => true,
        };
        cancels.then_some(bound.window_ns.unwrap_or(self.grace_ns))
    }

    /// Counts how often a range is asked for in a row.
    pub(crate) fn asks_too_often(&mut self, begin: u64, end: u64) -> bool {
        let same = (self.asked.begin, self.asked.end) == (begin, end);
        self.asked = Asked { begin, end, times: if same { self.asked.times + 1 } else { 1 } };
        self.asked.times > RESEND_REPEATS_MAX
    }

    fn hash(&self, mut hash: u64) -> u64 {
        hash = mix_bytes(mix_bytes(hash, &self.comp_id), &self.account);
        let b = self.bound;
        let hash = self.dead_man.words().iter().fold(hash, |hash, word| mix(hash, *word));
        let words = [
            u64::from(self.user) << 32 | u64::from(self.generation),
            self.grace_ns ^ (self.cancel_on_disconnect as u64) << 63,
            self.next_in,
            self.next_out,
            self.grace_ends.unwrap_or(0),
            self.gap_top.unwrap_or(0),
            self.dropped_top,
            self.fill_to,
            self.last_in,
            self.last_out,
            self.asked.begin,
            self.asked.end ^ u64::from(self.asked.times) << 56,
            b.map_or(0, |b| u64::from(b.conn.generation) << 32 | u64::from(b.conn.slot)),
            b.map_or(0, |b| {
                b.heartbeat_ns << 3 | u64::from(b.logout_sent) << 2 | u64::from(b.cancels.code())
            }),
            b.and_then(|b| b.window_ns).map_or(0, |ns| ns + 1),
            b.and_then(|b| b.test_request).unwrap_or(0),
            u64::from(self.firm) << 32 | self.own.map_or(0, |own| u64::from(own) + 1),
            (self.self_trade as u64)
                | (self.self_trade_scope as u64) << 8
                | u64::from(self.is_drop_copy) << 16
                | u64::from(self.keep_on_logout) << 17,
            u64::from(self.hours) << 16
                | u64::from(self.blocks.bits()) << 8
                | u64::from(self.user_blocks.bits()),
            self.version_id,
            self.stamp << 1 | u64::from(self.finished_sending),
        ];
        words.iter().fold(hash, |hash, word| mix(hash, *word))
    }
}

/// One command of a client, taken apart.
#[derive(Clone, Copy)]
pub(crate) struct Inbound<'a> {
    pub(crate) head: &'a CommandHead,
    pub(crate) template: u16,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Inbound<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Option<Self> {
        let template = sbe_schemas::header::header(bytes).ok()?.template_id.get();
        Some(Self { head: crate::command::head(bytes)?, template, bytes })
    }

    /// The command as `M`. Commands are written by our gateways: another layout is a bug.
    pub(crate) fn get<M: Message>(&self) -> &'a M {
        M::decode(self.bytes).expect("a command of this template").0
    }

    pub(crate) fn conn(&self) -> Conn {
        Conn {
            gateway: self.head.gateway.get(),
            slot: self.head.slot.get(),
            generation: self.head.conn_generation.get(),
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        self.head.verdict.known().unwrap_or(Verdict::Fine)
    }

    pub(crate) fn poss_resend(&self) -> bool {
        self.head.flags.has(CommandFlags::POSS_RESEND)
    }

    /// Logout and ResendRequest act whatever their number, and so does a SequenceReset-Reset.
    fn acts_whatever_its_number(&self) -> bool {
        matches!(self.template, j::Logout::TEMPLATE_ID | j::ResendRequest::TEMPLATE_ID)
    }

    /// It is about orders.
    fn is_business(&self) -> bool {
        self.msg_type() != [0; 8]
    }

    /// MsgType (35) of a message about orders, NUL padded; empty: it is another.
    pub(crate) fn msg_type(&self) -> [u8; 8] {
        let name: &[u8] = match self.template {
            j::NewOrder::TEMPLATE_ID => b"D",
            j::CancelOrder::TEMPLATE_ID => b"F",
            j::ReplaceOrder::TEMPLATE_ID => b"G",
            j::OrderStatusRequest::TEMPLATE_ID => b"H",
            j::OrderMassStatusRequest::TEMPLATE_ID => b"AF",
            j::MassAction::TEMPLATE_ID => b"q",
            j::MassQuote::TEMPLATE_ID => b"i",
            j::QuoteCancel::TEMPLATE_ID => b"Z",
            _ => b"",
        };
        fill_text(name).unwrap_or_default()
    }

    /// Template of the SBE message that it came as; 0: there is none.
    pub(crate) fn wire_template(&self) -> u16 {
        match self.template {
            j::NewOrder::TEMPLATE_ID => oe::NewOrder::TEMPLATE_ID,
            j::CancelOrder::TEMPLATE_ID => oe::Cancel::TEMPLATE_ID,
            j::ReplaceOrder::TEMPLATE_ID => oe::CancelReplace::TEMPLATE_ID,
            j::MassAction::TEMPLATE_ID => oe::MassAction::TEMPLATE_ID,
            j::OrderStatusRequest::TEMPLATE_ID => oe::OrderStatusRequest::TEMPLATE_ID,
            j::OrderMassStatusRequest::TEMPLATE_ID => oe::MassStatusRequest::TEMPLATE_ID,
            j::InstrumentListRequest::TEMPLATE_ID => oe::InstrumentListRequest::TEMPLATE_ID,
            j::MassQuote::TEMPLATE_ID => oe::MassQuote::TEMPLATE_ID,
            j::QuoteCancel::TEMPLATE_ID => oe::QuoteCancel::TEMPLATE_ID,
            j::Refused::TEMPLATE_ID => self.get::<j::Refused>().ref_template.get(),
            _ => 0,
        }
    }

    /// The tag that its verdict is about.
    fn ref_tag(&self) -> Option<i32> {
        (self.template == j::Refused::TEMPLATE_ID)
            .then(|| self.get::<j::Refused>().ref_tag.get())
            .flatten()
    }

    fn is_hard_reset(&self) -> bool {
        self.template == j::SequenceReset::TEMPLATE_ID && !self.is_gap_fill()
    }

    fn is_gap_fill(&self) -> bool {
        self.get::<j::SequenceReset>().gap_fill.known() == Some(Boolean::True)
    }
}

impl Engine {
    /// A command that names a session.
    pub(crate) fn on_session_command<S: Sink>(&mut self, m: Inbound<'_>, sink: &mut S) {
        let Some(at) = self.session_at(m.head.session.get()) else { return };
        let bound = self.sessions[at as usize].bound.map(|bound| bound.conn);
        match m.template {
            j::Logon::TEMPLATE_ID if !self.is_binary(at) => {
                return self.on_logon(at, m, bound == Some(m.conn()), sink);
            }
            j::Negotiate::TEMPLATE_ID if self.is_binary(at) && bound != Some(m.conn()) => {
                return self.on_negotiate(at, m, sink);
            }
            j::Establish::TEMPLATE_ID if self.is_binary(at) && bound != Some(m.conn()) => {
                return self.on_establish(at, m, sink);
            }
            _ => {}
        }
        if bound != Some(m.conn()) {
            return; // Of a connection that lost, or died before this came out of the log.
        }
        match m.template {
            j::Disconnected::TEMPLATE_ID => {
                // A peer may have closed its half only, and still read what it had asked for.
                let close = j::ConnectionClose { why: CloseWhy::PeerGone.into() };
                self.control(at, m.conn(), &close, sink);
                self.unbind(at, Ending::Disconnected);
            }
            j::Due::TEMPLATE_ID => self.on_due(at, m.get::<j::Due>().what.known(), sink),
            _ if self.is_binary(at) => self.on_binary(at, m, sink),
            _ => self.on_numbered(at, m, sink),
        }
    }

    /// A message with a MsgSeqNum: number, PossDup and verdict, in this order.
    fn on_numbered<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let number = m.head.msg_seq_num.get();
        let now = self.now;
        let s = &mut self.sessions[at as usize];
        s.last_in = now;
        if let Some(bound) = &mut s.bound {
            bound.test_request = None;
        }
        let expected = s.next_in;
        let counts = number == expected;

        if m.verdict() == Verdict::OtherVersion {
            // What another version calls its number is not ours to count.
            return self.log_out(at, LogoutReason::OtherVersion, 0, 0, sink);
        }
        if m.verdict() == Verdict::Fine && m.is_hard_reset() {
            self.act(at, m, sink); // Neither counted nor compared: FIX 4.4 vol. 2, SequenceReset.
            self.drain(at);
            return;
        }
        if number < expected && m.head.flags.has(CommandFlags::POSS_DUP) {
            if m.ref_tag() != Some(TAG_ORIG_SENDING_TIME) {
                return;
            }
            if m.verdict() != Verdict::Fatal {
                return self.refuse(at, m, sink);
            }
        }
        if m.verdict() == Verdict::Fatal {
            self.sessions[at as usize].next_in += u64::from(counts);
            self.refuse(at, m, sink);
            return self.log_out(at, LogoutReason::BadMessage, 0, 0, sink);
        }
        if m.verdict() == Verdict::Fine && m.acts_whatever_its_number() {
            self.sessions[at as usize].next_in += u64::from(counts);
            self.act(at, m, sink);
            if number > expected && self.sessions[at as usize].bound.is_some() {
                self.wait_for_gap(at, m, true, sink);
            }
        } else if number < expected {
            return self.log_out(at, LogoutReason::MsgSeqNumTooLow, expected, number, sink);
        } else if number > expected {
            self.wait_for_gap(at, m, false, sink);
        } else {
            self.sessions[at as usize].next_in += 1;
            self.act(at, m, sink);
        }
        self.drain(at);
    }

    /// What waits behind a gap may have its turn.
    #[inline]
    fn drain(&mut self, at: u32) {
        let s = &self.sessions[at as usize];
        if s.gap_top.is_some() || s.fill_to != 0 || !s.parked.is_empty() {
            self.tasks_mut().drain = Some(at);
        }
    }

    /// Too high: parks it and asks once for what is missing.
    fn wait_for_gap<S: Sink>(&mut self, at: u32, m: Inbound<'_>, acted: bool, sink: &mut S) {
        let number = m.head.msg_seq_num.get();
        let s = &mut self.sessions[at as usize];
        if !self.parking.park(&mut s.parked, number, m.bytes, acted) {
            s.dropped_top = s.dropped_top.max(number);
        }
        if s.gap_top.is_none() {
            self.ask_resend(at, number, sink);
        }
    }

    fn ask_resend<S: Sink>(&mut self, at: u32, top: u64, sink: &mut S) {
        let s = &mut self.sessions[at as usize];
        s.gap_top = Some(top);
        let ask = j::ResendRequestSent { begin_seq_no: s.next_in.into(), end_seq_no: 0.into() };
        self.report(at, &ask, EventFlags::ADMIN, sink);
    }

    /// One parked command whose turn has come. `false`: none has.
    pub(crate) fn drain_one<S: Sink>(&mut self, at: u32, sink: &mut S) -> bool {
        let s = &mut self.sessions[at as usize];
        if s.bound.is_none() {
            return false;
        }
        let reach = s.next_in.max(s.fill_to);
        match self.parking.first(&s.parked) {
            Some(number) if number < s.next_in => {
                self.parking.take(&mut s.parked); // Came again, and was applied, in between.
                return true;
            }
            Some(number) if number <= reach => {
                let Some(parked) = self.parking.take(&mut s.parked) else { return false };
                s.next_in = number + 1;
                if !parked.acted
                    && let Some(m) = Inbound::of(parked.bytes())
                {
                    self.act(at, m, sink);
                }
                return true;
            }
            _ => {}
        }
        (s.next_in, s.fill_to) = (reach, 0);
        if s.gap_top.is_some_and(|top| s.next_in > top) {
            s.gap_top = None;
            if s.dropped_top >= s.next_in {
                let top = s.dropped_top;
                self.ask_resend(at, top, sink);
            }
        }
        false
    }

    /// A counted message: its verdict, then what it says.
    pub(crate) fn act<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        if m.verdict() != Verdict::Fine {
            return self.refuse(at, m, sink);
        }
        self.received = m.head.received.get();
        if self.sessions[at as usize].is_drop_copy && m.is_business() {
            return self.refuse_business(at, m, sink);
        }
        match m.template {
            j::TestRequest::TEMPLATE_ID => {
                let test_req_id = m.get::<j::TestRequest>().test_req_id;
                self.report(at, &j::HeartbeatSent { test_req_id }, EventFlags::ADMIN, sink);
            }
            j::ResendRequest::TEMPLATE_ID => self.on_resend_request(at, m, sink),
            j::SequenceReset::TEMPLATE_ID => self.on_sequence_reset(at, m, sink),
            j::Logout::TEMPLATE_ID => self.on_logout(at, sink),
            j::Heartbeat::TEMPLATE_ID | j::PeerReject::TEMPLATE_ID => {}
            j::NewOrder::TEMPLATE_ID => self.on_new_order(at, m, sink),
            j::CancelOrder::TEMPLATE_ID => self.on_cancel_order(at, m, sink),
            j::ReplaceOrder::TEMPLATE_ID => self.on_replace_order(at, m, sink),
            j::OrderStatusRequest::TEMPLATE_ID => self.on_order_status(at, m, sink),
            j::MassAction::TEMPLATE_ID => self.on_mass_action(at, m, sink),
            j::OrderMassStatusRequest::TEMPLATE_ID => self.on_mass_status(at, m, sink),
            j::InstrumentListRequest::TEMPLATE_ID => self.on_instrument_list(at, m),
            j::MassQuote::TEMPLATE_ID => self.on_mass_quote(at, m),
            j::QuoteCancel::TEMPLATE_ID => self.on_quote_cancel(at, m),
            // A second Logon on a live connection, without 141=Y.
            j::Logon::TEMPLATE_ID => {
                self.session_reject(at, m.head, *b"A\0\0\0\0\0\0\0", OTHER, None, sink)
            }
            _ => {}
        }
    }

    /// A drop copy session asks for something.
    fn refuse_business<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let reject = oe::BusinessReject {
            ref_seq_num: m.head.msg_seq_num,
            ref_msg_type: m.msg_type(),
            ref_id: [0; 36],
            reason: NOT_AUTHORIZED,
            throttled: 0,
            ref_template: self.template_told(at, &m),
            ref_field: 0.into(),
        };
        self.report(at, &reject, EventFlags::EMPTY, sink);
    }

    /// The reject that the verdict asks for.
    fn refuse<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        if m.template != j::Refused::TEMPLATE_ID {
            return;
        }
        let refused = *m.get::<j::Refused>();
        let field = m.ref_tag().filter(|_| self.is_binary(at));
        match m.verdict() {
            _ if self.is_binary(at)
                || matches!(m.verdict(), Verdict::BusinessReject | Verdict::Throttled) =>
            {
                let reject = oe::BusinessReject {
                    ref_seq_num: m.head.msg_seq_num,
                    ref_msg_type: refused.ref_msg_type,
                    ref_id: refused.ref_id,
                    reason: m.head.reason,
                    throttled: u8::from(m.verdict() == Verdict::Throttled),
                    ref_template: self.template_told(at, &m),
                    ref_field: field.map_or(0, |id| id as u16).into(),
                };
                self.report(at, &reject, EventFlags::EMPTY, sink);
            }
            _ => {
                let reject = j::SessionRejectSent {
                    ref_seq_num: m.head.msg_seq_num,
                    ref_msg_type: refused.ref_msg_type,
                    ref_tag: refused.ref_tag,
                    reason: m.head.reason,
                    // Back to where it came from, from where it was to go.
                    on_behalf_of: refused.deliver_to,
                    deliver_to: refused.on_behalf_of,
                };
                self.tell_reject(at, &reject, sink);
            }
        }
    }

    /// The template that a reject names: of clients that know templates.
    fn template_told(&self, at: u32, m: &Inbound<'_>) -> U16 {
        U16::new(if self.is_binary(at) { m.wire_template() } else { 0 })
    }

    fn session_reject<S: Sink>(
        &mut self,
        at: u32,
        head: &CommandHead,
        ref_msg_type: [u8; 8],
        reason: u8,
        ref_tag: Option<i32>,
        sink: &mut S,
    ) {
        let reject = j::SessionRejectSent {
            ref_seq_num: head.msg_seq_num,
            ref_msg_type,
            ref_tag: RefTag::new(ref_tag),
            reason,
            ..j::SessionRejectSent::ZERO
        };
        self.tell_reject(at, &reject, sink);
    }

    fn tell_reject<S: Sink>(&mut self, at: u32, reject: &j::SessionRejectSent, sink: &mut S) {
        // Not an administrative message to a resend: FIX 4.4 vol. 2 has Reject sent again.
        self.report(at, reject, EventFlags::EMPTY, sink);
    }

    fn on_logon<S: Sink>(&mut self, at: u32, m: Inbound<'_>, again: bool, sink: &mut S) {
        let logon = *m.get::<j::Logon>();
        let (conn, number) = (m.conn(), m.head.msg_seq_num.get());
        let reset = logon.reset_seq_num.known() == Some(Boolean::True);
        let s = &self.sessions[at as usize];
        let (min, max) = (self.venue.heartbeat_min_s, self.venue.heartbeat_max_s);
        let refusal = if s.bound.is_some() && !again {
            Some(LogoutReason::AlreadyLoggedOn)
        } else if !again && !self.is_open(s.hours) {
            Some(LogoutReason::OutsideHours)
        } else if reset && number != 1 {
            Some(LogoutReason::ResetNeedsOne)
        } else if !(min..=max).contains(&logon.heartbeat_s.get()) {
            Some(LogoutReason::HeartBtIntOutOfRange)
        } else if !self.takes_dead_man(logon.dead_man_ms.get()) {
            Some(LogoutReason::DeadManOutOfRange)
        } else {
            None
        };
        if again && !(reset && refusal.is_none()) {
            return self.on_numbered(at, m, sink);
        }
        match refusal {
            // The live connection must not notice: no message, no number.
            Some(reason @ LogoutReason::AlreadyLoggedOn) => {
                let refused = j::LogonRefused { reason: reason.into() };
                return self.control(at, conn, &refused, sink);
            }
            Some(reason) => return self.refuse_logon(at, conn, reason, 0, 0, sink),
            None => {}
        }
        if reset {
            self.new_generation(at);
        }
        let expected = self.sessions[at as usize].next_in;
        if number < expected {
            let reason = LogoutReason::MsgSeqNumTooLow;
            return self.refuse_logon(at, conn, reason, expected, number, sink);
        }
        let (theirs, ours) = (logon.next_expected.get(), self.sessions[at as usize].next_out);
        if theirs > ours {
            let reason = LogoutReason::NextExpectedTooHigh;
            return self.refuse_logon(at, conn, reason, ours, theirs, sink);
        }
        self.bind(at, bound_by(conn, &logon), logon.dead_man_ms.get());
        let next_in = expected + u64::from(number == expected);
        let accepted = j::LogonAccepted {
            heartbeat_s: logon.heartbeat_s,
            reset_seq_num: if reset { Boolean::True.into() } else { Boolean::False.into() },
            next_expected: if theirs == 0 { 0.into() } else { next_in.into() },
            dead_man_ms: logon.dead_man_ms,
        };
        self.report(at, &accepted, EventFlags::ADMIN, sink);
        let s = &mut self.sessions[at as usize];
        s.next_in = next_in;
        if theirs == 0 {
            if number > expected {
                self.wait_for_gap(at, m, true, sink);
            }
            return;
        }
        // FIX 4.4 vol. 2, "NextExpectedMsgSeqNum": either side sends what the other lacks, unasked.
        if number > expected && !self.parking.park(&mut s.parked, number, m.bytes, true) {
            s.dropped_top = s.dropped_top.max(number);
        }
        if theirs < ours {
            let resend = j::Resend { begin_seq_no: theirs.into(), end_seq_no: (ours - 1).into() };
            self.control(at, conn, &resend, sink);
        }
    }

    /// A client that is who it says, and cannot be let in like this: a Logout with a number of its
    /// session, to a connection that is not bound.
    fn refuse_logon<S: Sink>(
        &mut self,
        at: u32,
        conn: Conn,
        reason: LogoutReason,
        expected: u64,
        received: u64,
        sink: &mut S,
    ) {
        let out = logout_sent(reason, expected, received);
        self.report_to(at, Some(conn), &out, EventFlags::ADMIN, sink);
        let close = j::ConnectionClose { why: CloseWhy::Refused.into() };
        self.control(at, conn, &close, sink);
    }

    pub(crate) fn bind(&mut self, at: u32, bound: Bound, dead_man_ms: u32) {
        let now = self.now;
        let s = &mut self.sessions[at as usize];
        s.bound = Some(bound);
        s.grace_ends = None;
        s.arm(dead_man_ms, now);
        s.asked = Asked::default();
        (s.last_in, s.last_out) = (now, now);
        self.find_sessions_due();
    }

    pub(crate) fn new_generation(&mut self, at: u32) {
        let s = &mut self.sessions[at as usize];
        s.generation += 1;
        (s.next_in, s.next_out) = (1, 1);
        (s.gap_top, s.dropped_top, s.fill_to) = (None, 0, 0);
        self.parking.clear(&mut s.parked);
    }

    /// Ends the binding and starts the grace of its cancels, if it has them.
    pub(crate) fn unbind(&mut self, at: u32, ending: Ending) {
        let now = self.now;
        let s = &mut self.sessions[at as usize];
        let Some(bound) = s.bound.take() else { return };
        (s.gap_top, s.dropped_top, s.fill_to) = (None, 0, 0);
        self.parking.clear(&mut s.parked);
        if let Some(grace_ns) = s.grace_after(&bound, ending) {
            s.grace_ends = Some(now + grace_ns);
        }
        self.find_sessions_due();
    }

    /// Our Logout, and the end of the connection.
    pub(crate) fn log_out<S: Sink>(
        &mut self,
        at: u32,
        reason: LogoutReason,
        expected: u64,
        received: u64,
        sink: &mut S,
    ) {
        let Some(bound) = self.sessions[at as usize].bound else { return };
        if self.is_binary(at) {
            return self.terminate_for(at, reason, sink);
        }
        if !bound.logout_sent {
            self.report(at, &logout_sent(reason, expected, received), EventFlags::ADMIN, sink);
        }
        let close = j::ConnectionClose { why: CloseWhy::LoggedOut.into() };
        self.control(at, bound.conn, &close, sink);
        self.unbind(at, Ending::Disconnected);
    }

    /// The venue stops: asks this session to leave and waits for its Logout.
    pub(crate) fn ask_to_leave<S: Sink>(&mut self, at: u32, sink: &mut S) {
        let Some(bound) = &mut self.sessions[at as usize].bound else { return };
        if !bound.logout_sent {
            bound.logout_sent = true;
            let conn = bound.conn;
            if self.is_binary(at) {
                return self.ask_to_terminate(at, conn, sink);
            }
            let out = logout_sent(LogoutReason::VenueStops, 0, 0);
            self.report(at, &out, EventFlags::ADMIN, sink);
        }
    }

    fn on_logout<S: Sink>(&mut self, at: u32, sink: &mut S) {
        let Some(bound) = self.sessions[at as usize].bound else { return };
        if !bound.logout_sent {
            let out = logout_sent(LogoutReason::Answer, 0, 0);
            self.report(at, &out, EventFlags::ADMIN, sink);
        }
        let close = j::ConnectionClose { why: CloseWhy::LoggedOut.into() };
        self.control(at, bound.conn, &close, sink);
        let ending = if bound.logout_sent { Ending::Disconnected } else { Ending::LoggedOut };
        self.unbind(at, ending);
    }

    fn on_due<S: Sink>(&mut self, at: u32, what: Option<DueWhat>, sink: &mut S) {
        let now = self.now;
        let binary = self.is_binary(at);
        let s = &mut self.sessions[at as usize];
        let Some(bound) = &mut s.bound else { return };
        // The gateway's clock and the log's differ by a batch; an eighth of slack absorbs that.
        let nearly = |since: u64, ns: u64| now.saturating_sub(since) >= ns - ns / 8;
        match what {
            Some(DueWhat::Heartbeat) if nearly(s.last_out, bound.heartbeat_ns) => {
                if binary {
                    return self.tell_sequence(at, false, sink);
                }
                let beat = j::HeartbeatSent { test_req_id: [0; 64] };
                self.report(at, &beat, EventFlags::ADMIN, sink);
            }
            Some(DueWhat::Silence) if nearly(s.last_in, bound.heartbeat_ns) => {
                match bound.test_request {
                    None => {
                        bound.test_request = Some(now);
                        if binary {
                            return self.tell_sequence(at, true, sink);
                        }
                        let ask = j::TestRequestSent { test_req_id: self.seq.into() };
                        self.report(at, &ask, EventFlags::ADMIN, sink);
                    }
                    Some(asked) if nearly(asked, bound.heartbeat_ns) => {
                        if binary {
                            return self.terminate(at, TerminateReason::KeepaliveLapsed, sink);
                        }
                        // A Logout would take a number and reach nobody.
                        let (conn, why) = (bound.conn, CloseWhy::NoAnswer.into());
                        self.control(at, conn, &j::ConnectionClose { why }, sink);
                        self.unbind(at, Ending::Disconnected);
                    }
                    Some(_) => {}
                }
            }
            _ => {}
        }
    }

    fn on_resend_request<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let request = m.get::<j::ResendRequest>();
        let (begin, end) = (request.begin_seq_no.get(), request.end_seq_no.get());
        let s = &mut self.sessions[at as usize];
        let Some(bound) = s.bound else { return };
        let last = s.next_out - 1;
        if begin == 0 || begin > last || (end != 0 && end < begin) {
            let tag = if begin == 0 || begin > last { 7 } else { 16 };
            let kind = *b"2\0\0\0\0\0\0\0";
            return self.session_reject(at, m.head, kind, VALUE_INCORRECT, Some(tag), sink);
        }
        if s.asks_too_often(begin, end) {
            return self.log_out(at, LogoutReason::ResendRepeated, 0, 0, sink);
        }
        let end = if end == 0 { last } else { end.min(last) };
        let resend = j::Resend { begin_seq_no: begin.into(), end_seq_no: end.into() };
        self.control(at, bound.conn, &resend, sink);
    }

    fn on_sequence_reset<S: Sink>(&mut self, at: u32, m: Inbound<'_>, sink: &mut S) {
        let new = m.get::<j::SequenceReset>().new_seq_no.get();
        let s = &mut self.sessions[at as usize];
        let gap_fill = m.is_gap_fill();
        // A gap fill has been counted already: it may repeat that, not go below.
        let lowest = s.next_in;
        if new < lowest || new > lowest + RESET_AHEAD_MAX || (gap_fill && new == 0) {
            let kind = *b"4\0\0\0\0\0\0\0";
            return self.session_reject(at, m.head, kind, VALUE_INCORRECT, None, sink);
        }
        if gap_fill {
            s.fill_to = s.fill_to.max(new); // A shorter one may have waited below it.
        } else {
            s.next_in = new;
            (s.gap_top, s.dropped_top, s.fill_to) = (None, 0, 0);
            self.parking.clear(&mut s.parked);
        }
    }

    fn session_at(&self, session: u32) -> Option<u32> {
        let at = session.checked_sub(1)?;
        ((at as usize) < self.sessions.len()).then_some(at)
    }

    /// All sessions into a state hash.
    pub(crate) fn hash_sessions(&self, hash: u64) -> u64 {
        let hash = self.sessions.iter().zip(0..).fold(hash, |hash, (s, at)| {
            self.ids.hash_row(at, &s.finished, self.parking.hash(&s.parked, s.hash(hash)))
        });
        self.permissions.hash(hash)
    }

    /// A numbered message of ours, to wherever the session is bound.
    #[inline(always)]
    pub(crate) fn report<M: Message, S: Sink>(
        &mut self,
        at: u32,
        message: &M,
        flags: EventFlags,
        sink: &mut S,
    ) {
        let conn = self.sessions[at as usize].bound.map(|bound| bound.conn);
        self.report_to(at, conn, message, flags, sink);
    }

    #[inline(always)]
    fn report_to<M: Message, S: Sink>(
        &mut self,
        at: u32,
        conn: Option<Conn>,
        message: &M,
        flags: EventFlags,
        sink: &mut S,
    ) {
        let s = &mut self.sessions[at as usize];
        let head = EventHead {
            kind: EventKind::Report.into(),
            flags,
            session: (at + 1).into(),
            number: s.next_out.into(),
            generation: s.generation.into(),
            ..EventHead::ZERO
        };
        s.next_out += 1;
        s.last_out = self.now;
        self.emit(head.addressed(conn), message, sink);
    }
}

/// What a Logon asks for.
fn bound_by(conn: Conn, logon: &j::Logon) -> Bound {
    let cancels = logon.cancel_on_disconnect.known() == Some(Boolean::True);
    let keep_on_logout = logon.keep_on_logout.known() == Some(Boolean::True);
    Bound {
        conn,
        heartbeat_ns: u64::from(logon.heartbeat_s.get()) * NS_PER_S,
        cancels: match (cancels, keep_on_logout) {
            (false, _) => CancelOnDisconnectType::Never,
            (true, false) => CancelOnDisconnectType::Both,
            (true, true) => CancelOnDisconnectType::Disconnect,
        },
        window_ns: None,
        test_request: None,
        logout_sent: false,
    }
}

fn logout_sent(reason: LogoutReason, expected: u64, received: u64) -> j::LogoutSent {
    j::LogoutSent { expected: expected.into(), received: received.into(), reason: reason.into() }
}

impl Engine {
    /// The places for commands that wait, then every session with those that wait in it.
    pub(crate) fn save_sessions(&self, w: &mut Writer<'_>) {
        self.parking.save_free(w);
        w.count(self.sessions.len());
        for session in &self.sessions {
            session.save(w);
            self.parking.save_list(&session.parked, w);
        }
        self.permissions.save(w);
    }

    /// Where no session is yet.
    pub(crate) fn load_sessions(
        &mut self,
        r: &mut Reader<'_>,
        counts: &Counts,
    ) -> Result<(), SnapshotError> {
        let mut seen = Marks::new(self.limits.parked_max);
        self.parking.load_free(r, &mut seen)?;
        for _ in 0..r.same_count(counts.sessions)? {
            let mut session = Session::load(r, counts)?;
            session.parked = self.parking.load_list(r, &mut seen)?;
            self.sessions.push(session);
        }
        self.find_drop_copies();
        self.load_permissions(r)?;
        r.check(seen.is_full(), "a place that is neither free nor used")
    }
}

impl Session {
    /// All but its finished names (`ids.rs`) and the commands that wait (`parking.rs`).
    fn save(&self, w: &mut Writer<'_>) {
        let Self {
            comp_id,
            account,
            user,
            protocol,
            cancel_on_disconnect,
            keep_on_logout,
            dead_man: DeadMan { silence_ns, due },
            grace_ns,
            hours,
            bound,
            generation,
            next_in,
            next_out,
            firm,
            own,
            self_trade,
            self_trade_scope,
            is_drop_copy,
            copied_to: _,
            restricted: _,
            blocks,
            user_blocks,
            version_id,
            stamp,
            finished_sending,
            finished: _,
            grace_ends,
            gap_top,
            dropped_top,
            parked: _,
            fill_to,
            last_in,
            last_out,
            asked: Asked { begin, end, times },
        } = self;
        w.bytes(comp_id);
        w.bytes(account);
        [*user, *firm, *generation, *times, *hours].into_iter().for_each(|number| w.u32(number));
        let codes = [protocol.code(), cancel_on_disconnect.code(), self_trade.code()];
        let blocks = [blocks.bits(), user_blocks.bits()];
        codes.into_iter().chain([self_trade_scope.code()]).chain(blocks).for_each(|c| w.u8(c));
        let numbers = [grace_ns, next_in, next_out, dropped_top, fill_to, begin, end];
        let times = [last_in, last_out];
        numbers.into_iter().chain(times).for_each(|number| w.u64(*number));
        w.u64(*silence_ns);
        [own.map(u64::from), *grace_ends, *gap_top].into_iter().for_each(|some| w.option(some));
        [*version_id, *stamp].into_iter().for_each(|number| w.u64(number));
        w.flag(*finished_sending);
        w.option(*due);
        w.flag(*is_drop_copy);
        w.flag(*keep_on_logout);
        w.flag(bound.is_some());
        if let Some(bound) = bound {
            bound.save(w);
        }
    }

    fn load(r: &mut Reader<'_>, counts: &Counts) -> Result<Self, SnapshotError> {
        let (comp_id, account) = (r.text()?, r.text()?);
        let (user, firm, generation, times) = (r.u32()?, r.u32()?, r.u32()?, r.u32()?);
        let hours = r.u32()?;
        let protocol = ProtocolCode(r.u8()?).known();
        let cancel_on_disconnect = CancelOnDisconnectCode(r.u8()?).known();
        let self_trade = SelfTradeCode(r.u8()?).known();
        let self_trade_scope = SelfTradeScopeCode(r.u8()?).known();
        let mut session = Self {
            comp_id,
            account,
            user,
            firm,
            generation,
            hours,
            protocol: r.known(protocol)?,
            cancel_on_disconnect: r.known(cancel_on_disconnect)?,
            self_trade: r.known(self_trade)?,
            self_trade_scope: r.known(self_trade_scope)?,
            blocks: Blocks::load(r)?,
            user_blocks: Blocks::load(r)?,
            grace_ns: r.u64()?,
            next_in: r.u64()?,
            next_out: r.u64()?,
            dropped_top: r.u64()?,
            fill_to: r.u64()?,
            asked: Asked { begin: r.u64()?, end: r.u64()?, times },
            last_in: r.u64()?,
            last_out: r.u64()?,
            dead_man: DeadMan { silence_ns: r.u64()?, due: None },
            own: match r.option()? {
                Some(own) => {
                    let own = u32::try_from(own).unwrap_or(u32::MAX);
                    Some(r.index(own, counts.owners.get() as usize)?)
                }
                None => None,
            },
            grace_ends: r.option()?,
            gap_top: r.option()?,
            keep_on_logout: false,
            is_drop_copy: false,
            version_id: r.u64()?,
            stamp: r.u64()?,
            finished_sending: r.flag()?,
            copied_to: None,
            restricted: Restricted::NOT,
            bound: None,
            finished: FinishedNames::default(),
            parked: ParkedList::default(),
        };
        session.dead_man.due = r.option()?;
        (session.is_drop_copy, session.keep_on_logout) = (r.flag()?, r.flag()?);
        session.bound = if r.flag()? { Some(Bound::load(r)?) } else { None };
        r.check(session.self_trade != SelfTrade::SessionDefault, "a mode that is none")?;
        Ok(session)
    }
}

impl Bound {
    fn save(&self, w: &mut Writer<'_>) {
        let Self {
            conn: Conn { gateway, slot, generation },
            heartbeat_ns,
            cancels,
            window_ns,
            test_request,
            logout_sent,
        } = *self;
        [gateway.into(), slot.into(), generation].into_iter().for_each(|number| w.u32(number));
        w.u64(heartbeat_ns);
        w.option(window_ns);
        w.u8(cancels.code());
        w.option(test_request);
        w.flag(logout_sent);
    }

    fn load(r: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let (gateway, slot, generation) = (r.u32()?, r.u32()?, r.u32()?);
        let narrow = |number| u16::try_from(number).map_err(|_| r.wrong("no such connection"));
        let conn = Conn { gateway: narrow(gateway)?, slot: narrow(slot)?, generation };
        Ok(Self {
            conn,
            heartbeat_ns: r.u64()?,
            window_ns: r.option()?,
            cancels: {
                let cancels = CancelOnDisconnectTypeCode(r.u8()?).known();
                r.known(cancels)?
            },
            test_request: r.option()?,
            logout_sent: r.flag()?,
        })
    }
}

//! The session of a market data client: bytes and time in, answers out. No socket, no clock, no log.
//!
//! ```text
//! AwaitLogon ──Logon──► Checking ──secret is right, books are there──► Live ──► Leaving ──► closed
//! ```
//! Such a session changes nothing in the exchange, so its numbers live as long as its connection: both
//! sides begin at 1, and what is asked for again is answered by a gap fill (and, see `mod.rs`, by a new
//! snapshot of every subscription). The checks are those of order entry (`fix/inbound.rs`), in the same
//! order, with the same words. docs/wire/fix-market-data.md has the rules.

use super::tell::{self, Envelope, Replies};
use crate::connection::{Bucket, ConnectionLimits, Credentials, Proof, silence_ns};
use crate::fix::decimal::parse_uint;
use crate::fix::fields::{Fields, Reason};
use crate::fix::inbound::{Bad, Expected, check_session};
use crate::fix::tables::{msg_type, tag};
use crate::fix::validate::check;
use sbe_schemas::header::fill_text;
use sbe_schemas::types::Verdict;

const NS_PER_S: u64 = 1_000_000_000;
/// A SequenceReset that goes further than this is a mistake or an attack.
const AHEAD_MAX: u64 = 1_000_000;
/// How often the same range may be asked for in a row.
const SAME_RANGE_MAX: u32 = 3;
/// Longest TestReqID (112), as in order entry.
const TEST_REQ_ID_BYTES_MAX: usize = 64;
/// SessionRejectReason (373): other.
const NOT_EXPECTED: u8 = 99;
/// SessionRejectReason (373): value is incorrect.
const INCORRECT: u8 = Reason::ValueIsIncorrect as u8;
/// The number of the Reject that a message without a number gets.
const NO_NUMBER: u64 = 0;

/// What holds for every session.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Our CompID.
    pub venue: &'a [u8],
    /// Bounds.
    pub limits: &'a ConnectionLimits,
    /// HeartBtInt (108) from … to, seconds.
    pub heartbeat_s: (u32, u32),
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// One message is allowed, a Logon.
    AwaitLogon {
        deadline: u64,
    },
    /// Its secret is being checked, or the books are not there yet. Nothing is read.
    Checking {
        deadline: u64,
        heartbeat_s: u32,
        reset: bool,
    },
    Live,
    /// It was told to go.
    Leaving {
        deadline: u64,
    },
}

/// What a message led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing more to do.
    Nothing,
    /// A Logon: its secret must be checked.
    Check,
    /// A message in its place, well-formed, that is not the session's own.
    Application,
    /// What was sent is asked for again: every subscription begins anew.
    Resend,
    /// Close it once the answers have left.
    Close,
    /// Close it now, without a word.
    Drop,
}

/// See the file's map.
#[derive(Debug)]
pub struct Session {
    state: State,
    comp_id: [u8; 24],
    comp_id_len: usize,
    credentials: Option<Credentials>,
    next_in: u64,
    next_out: u64,
    /// A ResendRequest is out; it is not repeated until the gap has closed.
    asked: bool,
    heartbeat_ns: u64,
    last_heard: u64,
    last_told: u64,
    /// A TestRequest is out.
    tested: bool,
    tests: u64,
    range: (u64, u64),
    range_count: u32,
    rate: Bucket,
}

impl Session {
    /// Just connected.
    pub fn new(now: u64, limits: &ConnectionLimits) -> Self {
        Self {
            state: State::AwaitLogon { deadline: now + limits.logon_ns },
            comp_id: [0; 24],
            comp_id_len: 0,
            credentials: None,
            next_in: 1,
            next_out: 1,
            asked: false,
            heartbeat_ns: 0,
            last_heard: now,
            last_told: now,
            tested: false,
            tests: 0,
            range: (0, 0),
            range_count: 0,
            rate: Bucket::new(now, limits.rate_soft),
        }
    }

    /// Any bytes at all are a sign of life.
    pub fn on_bytes(&mut self, now: u64) {
        self.last_heard = now;
        self.tested = false;
    }

    /// A well-framed message.
    pub fn on_message(
        &mut self,
        now: u64,
        fields: &Fields<'_>,
        kind: &[u8],
        rules: &Rules<'_>,
        out: &mut Replies,
    ) -> Heard {
        match self.state {
            State::AwaitLogon { deadline } => self.on_first(now, fields, kind, deadline, rules),
            State::Checking { .. } => Heard::Nothing,
            State::Live => self.on_live(now, fields, kind, rules, out),
            State::Leaving { .. } if kind == msg_type::LOGOUT => Heard::Drop,
            State::Leaving { .. } => Heard::Nothing,
        }
    }

    /// A whole message of another version of FIX.
    pub fn on_other_version(&mut self, now: u64, rules: &Rules<'_>, out: &mut Replies) -> Heard {
        match self.state {
            State::Live => self.send_away(now, b"Incorrect BeginString", rules, out),
            _ => Heard::Drop,
        }
    }

    /// The first message of a stranger: a Logon, or the end without a word.
    fn on_first(
        &mut self,
        now: u64,
        fields: &Fields<'_>,
        kind: &[u8],
        deadline: u64,
        rules: &Rules<'_>,
    ) -> Heard {
        let comp_id = fields.get(tag::SENDER_COMP_ID).unwrap_or(&[]);
        let printable = !comp_id.is_empty() && comp_id.iter().all(u8::is_ascii_graphic);
        let secret = |tag| fields.get(tag).unwrap_or(&[]);
        let (Some(padded), Some(username), Some(password)) = (
            fill_text::<24>(comp_id),
            fill_text::<32>(secret(tag::USERNAME)),
            fill_text::<64>(secret(tag::PASSWORD)),
        ) else {
            return Heard::Drop;
        };
        (self.comp_id, self.comp_id_len) = (padded, comp_id.len());
        let number = number_of(fields);
        let is_fine = check_session(fields, kind, number, &self.expected(now, rules)).is_ok()
            && check(fields).is_ok();
        let heartbeat_s = fields.get(tag::HEART_BT_INT).and_then(|value| parse_uint(value).ok());
        let plain = fields.get(tag::ENCRYPT_METHOD) == Some(b"0");
        if kind != msg_type::LOGON || !printable || !is_fine || !plain {
            return Heard::Drop;
        }
        let heartbeat_s = heartbeat_s.and_then(|value| u32::try_from(value).ok()).unwrap_or(0);
        let reset = fields.get(tag::RESET_SEQ_NUM_FLAG) == Some(b"Y");
        self.next_in = number.unwrap_or(0);
        let proof = Proof::Password { username, password };
        self.credentials = Some(Credentials { comp_id: padded, proof });
        self.state = State::Checking { deadline, heartbeat_s, reset };
        Heard::Check
    }

    /// What is to be checked; given once.
    pub fn take_credentials(&mut self) -> Option<Credentials> {
        self.credentials.take()
    }

    /// The secret is right and the books are there: it is let in, or told why not.
    pub fn enter(&mut self, now: u64, rules: &Rules<'_>, out: &mut Replies) -> Heard {
        let State::Checking { heartbeat_s, reset, .. } = self.state else { return Heard::Nothing };
        let (min, max) = rules.heartbeat_s;
        if !(min..=max).contains(&heartbeat_s) {
            return self.send_away(now, b"HeartBtInt is out of range", rules, out);
        }
        if self.next_in != 1 {
            let words = b"a market data session begins with MsgSeqNum 1 (141=Y)";
            return self.send_away(now, words, rules, out);
        }
        self.next_in = 2;
        self.heartbeat_ns = u64::from(heartbeat_s) * NS_PER_S;
        self.state = State::Live;
        self.on_bytes(now);
        self.say(now, rules, out, |envelope, buffer| {
            tell::logon(envelope, heartbeat_s, reset, buffer)
        });
        Heard::Nothing
    }

    fn on_live(
        &mut self,
        now: u64,
        fields: &Fields<'_>,
        kind: &[u8],
        rules: &Rules<'_>,
        out: &mut Replies,
    ) -> Heard {
        let number = number_of(fields);
        let gap_fill = fields.get(tag::GAP_FILL_FLAG) == Some(b"Y");
        let is_reset = kind == msg_type::SEQUENCE_RESET && !gap_fill;
        let acts_always = is_reset || matches!(kind, msg_type::LOGOUT | msg_type::RESEND_REQUEST);
        let again = fields.get(tag::POSS_DUP_FLAG) == Some(b"Y");
        let verdict = check_session(fields, kind, number, &self.expected(now, rules))
            .and_then(|()| check(fields).map_err(Bad::from));
        let at = number.unwrap_or(NO_NUMBER);
        let restarts =
            kind == msg_type::LOGON && at == 1 && fields.get(tag::RESET_SEQ_NUM_FLAG) == Some(b"Y");
        if at > 0 && !acts_always && !restarts {
            if at > self.next_in {
                self.ask_for_the_rest(now, rules, out);
                return Heard::Nothing;
            }
            if at < self.next_in {
                return match verdict {
                    _ if !again => self.too_low(now, at, rules, out),
                    Err(bad) if bad.tag == Some(tag::ORIG_SENDING_TIME.into()) => {
                        self.refuse(now, at, kind, bad, rules, out)
                    }
                    _ => Heard::Nothing,
                };
            }
        }
        if at == self.next_in && !is_reset {
            self.next_in += 1;
            self.asked = false;
        }
        if let Err(bad) = verdict {
            return self.refuse(now, at, kind, bad, rules, out);
        }
        let heard = self.act(now, fields, kind, at, rules, out);
        if acts_always && !is_reset && at > self.next_in && heard != Heard::Close {
            self.ask_for_the_rest(now, rules, out);
        }
        heard
    }

    /// A message that is as it should be.
    fn act(
        &mut self,
        now: u64,
        fields: &Fields<'_>,
        kind: &[u8],
        at: u64,
        rules: &Rules<'_>,
        out: &mut Replies,
    ) -> Heard {
        match kind {
            msg_type::HEARTBEAT | msg_type::REJECT | msg_type::BUSINESS_MESSAGE_REJECT => {
                Heard::Nothing
            }
            msg_type::TEST_REQUEST => {
                let id = fields.get(tag::TEST_REQ_ID).unwrap_or(&[]);
                if id.len() > TEST_REQ_ID_BYTES_MAX {
                    return self.incorrect(now, at, kind, tag::TEST_REQ_ID, rules, out);
                }
                self.say(now, rules, out, |envelope, buffer| tell::heartbeat(envelope, id, buffer));
                Heard::Nothing
            }
            msg_type::LOGOUT => self.send_away(now, b"", rules, out),
            msg_type::RESEND_REQUEST => self.on_resend(now, fields, at, rules, out),
            msg_type::SEQUENCE_RESET => self.on_sequence_reset(now, fields, at, rules, out),
            msg_type::LOGON => self.on_second_logon(now, fields, at, rules, out),
            _ if !self.rate.take(now) => {
                let words = b"too many messages; slow down";
                self.say(now, rules, out, |envelope, buffer| {
                    tell::business_reject(envelope, at, kind, 0, words, buffer)
                });
                Heard::Nothing
            }
            _ => Heard::Application,
        }
    }

    fn on_resend(
        &mut self,
        now: u64,
        fields: &Fields<'_>,
        at: u64,
        rules: &Rules<'_>,
        out: &mut Replies,
    ) -> Heard {
        let number = |tag| fields.get(tag).and_then(|value| parse_uint(value).ok()).unwrap_or(0);
        let (first, last) = (number(tag::BEGIN_SEQ_NO), number(tag::END_SEQ_NO));
        let sent = self.next_out - 1;
        let wrong = match (first, last) {
            (0, _) => Some(tag::BEGIN_SEQ_NO),
            _ if first > sent => Some(tag::BEGIN_SEQ_NO),
            (_, 1..) if last < first => Some(tag::END_SEQ_NO),
            _ => None,
        };
        if let Some(tag) = wrong {
            return self.incorrect(now, at, msg_type::RESEND_REQUEST, tag, rules, out);
        }
        if self.range != (first, last) {
            (self.range, self.range_count) = ((first, last), 0);
        }
        self.range_count += 1;
        if self.range_count > SAME_RANGE_MAX {
            return self.send_away(now, b"the same range was requested too often", rules, out);
        }
        let next = if last == 0 { sent } else { last.min(sent) } + 1;
        let envelope = self.envelope(now, first, rules);
        out.push(|buffer| tell::gap_fill(&envelope, next, buffer));
        self.last_told = now;
        Heard::Resend
    }

    fn on_sequence_reset(
        &mut self,
        now: u64,
        fields: &Fields<'_>,
        at: u64,
        rules: &Rules<'_>,
        out: &mut Replies,
    ) -> Heard {
        let new = fields.get(tag::NEW_SEQ_NO).and_then(|value| parse_uint(value).ok()).unwrap_or(0);
        let gap_fill = fields.get(tag::GAP_FILL_FLAG) == Some(b"Y");
        // A gap fill has been counted already: `next_in` is one above its own number.
        let goes_on = new >= self.next_in;
        if !goes_on || new - self.next_in > AHEAD_MAX {
            if !gap_fill && at == self.next_in {
                self.next_in += 1;
            }
            return self.incorrect(now, at, msg_type::SEQUENCE_RESET, tag::NEW_SEQ_NO, rules, out);
        }
        (self.next_in, self.asked) = (new, false);
        Heard::Nothing
    }

    fn on_second_logon(
        &mut self,
        now: u64,
        fields: &Fields<'_>,
        at: u64,
        rules: &Rules<'_>,
        out: &mut Replies,
    ) -> Heard {
        let reset = fields.get(tag::RESET_SEQ_NUM_FLAG) == Some(b"Y");
        let heartbeat_s = (self.heartbeat_ns / NS_PER_S) as u32;
        if !reset || at != 1 {
            let bad = Bad { verdict: Verdict::SessionReject, reason: NOT_EXPECTED, tag: None };
            return self.refuse(now, at, msg_type::LOGON, bad, rules, out);
        }
        (self.next_in, self.next_out, self.asked) = (2, 1, false);
        self.say(now, rules, out, |envelope, buffer| {
            tell::logon(envelope, heartbeat_s, true, buffer)
        });
        Heard::Nothing
    }

    /// What only time causes.
    pub fn on_tick(&mut self, now: u64, rules: &Rules<'_>, out: &mut Replies) -> Heard {
        match self.state {
            State::AwaitLogon { deadline }
            | State::Checking { deadline, .. }
            | State::Leaving { deadline }
                if now >= deadline =>
            {
                return Heard::Drop;
            }
            State::Live => {}
            _ => return Heard::Nothing,
        }
        let silence = now.saturating_sub(self.last_heard);
        if silence >= 2 * silence_ns(self.heartbeat_ns) && self.tested {
            return Heard::Drop; // A Logout would reach nobody.
        }
        if silence >= silence_ns(self.heartbeat_ns) && !self.tested {
            self.tested = true;
            self.tests += 1;
            let id = self.tests;
            self.say(now, rules, out, |envelope, buffer| tell::test_request(envelope, id, buffer));
        }
        if now.saturating_sub(self.last_told) >= self.heartbeat_ns {
            self.say(now, rules, out, |envelope, buffer| tell::heartbeat(envelope, b"", buffer));
        }
        Heard::Nothing
    }

    /// The venue stops: News, then a Logout; `grace_ns` for the answer.
    pub fn say_goodbye(&mut self, now: u64, grace_ns: u64, rules: &Rules<'_>, out: &mut Replies) {
        if self.state == State::Live {
            self.say(now, rules, out, tell::news_of_the_end);
            self.say(now, rules, out, |envelope, buffer| {
                tell::logout(envelope, b"the venue stops; log on again later", buffer)
            });
            self.state = State::Leaving { deadline: now + grace_ns };
        } else {
            self.state = State::Leaving { deadline: now };
        }
    }

    /// A message that this type of session does not take.
    pub fn unsupported(
        &mut self,
        now: u64,
        fields: &Fields<'_>,
        kind: &[u8],
        rules: &Rules<'_>,
        out: &mut Replies,
    ) {
        let at = number_of(fields).unwrap_or(NO_NUMBER);
        self.say(now, rules, out, |envelope, buffer| {
            tell::business_reject(envelope, at, kind, 3, b"Unsupported Message Type", buffer)
        });
    }

    /// The value of `tag` will not do.
    pub fn incorrect(
        &mut self,
        now: u64,
        at: u64,
        kind: &[u8],
        tag: u16,
        rules: &Rules<'_>,
        out: &mut Replies,
    ) -> Heard {
        let bad = Bad { verdict: Verdict::SessionReject, reason: INCORRECT, tag: Some(tag.into()) };
        self.refuse(now, at, kind, bad, rules, out)
    }

    /// Says a message with the next number.
    pub fn say(
        &mut self,
        now: u64,
        rules: &Rules<'_>,
        out: &mut Replies,
        write: impl FnOnce(&Envelope<'_>, &mut [u8]) -> tell::Written,
    ) {
        let envelope = self.envelope(now, self.next_out, rules);
        if out.push(|buffer| write(&envelope, buffer)) {
            self.on_told(now);
        }
    }

    /// Who talks to whom in the message with this number.
    pub fn envelope<'a>(&'a self, now: u64, number: u64, rules: &Rules<'a>) -> Envelope<'a> {
        Envelope { venue: rules.venue, client: self.comp_id(), number, now }
    }

    /// Number of the next message.
    pub fn next_out(&self) -> u64 {
        self.next_out
    }

    /// A message with that number was written.
    pub fn on_told(&mut self, now: u64) {
        self.next_out += 1;
        self.last_told = now;
    }

    /// It may ask, and is told.
    pub fn is_live(&self) -> bool {
        self.state == State::Live
    }

    /// It has not said who it is yet.
    pub fn is_stranger(&self) -> bool {
        matches!(self.state, State::AwaitLogon { .. })
    }

    /// It has not logged on: until when it may, and whether its secret is being checked.
    pub fn as_stranger(&self) -> Option<(u64, bool)> {
        match self.state {
            State::AwaitLogon { deadline } => Some((deadline, false)),
            State::Checking { deadline, .. } => Some((deadline, true)),
            State::Live | State::Leaving { .. } => None,
        }
    }

    /// Nothing is read before it is let in.
    pub fn is_checking(&self) -> bool {
        matches!(self.state, State::Checking { .. })
    }

    /// CompID of the client, as it came.
    pub fn comp_id(&self) -> &[u8] {
        self.comp_id.get(..self.comp_id_len).unwrap_or(&[])
    }

    fn expected<'a>(&'a self, now: u64, rules: &Rules<'a>) -> Expected<'a> {
        Expected {
            client: self.comp_id(),
            venue: rules.venue,
            now,
            sending_time_tolerance_ns: rules.limits.sending_time_tolerance_ns,
            throttled: false,
            refuses_orders: false,
        }
    }

    fn ask_for_the_rest(&mut self, now: u64, rules: &Rules<'_>, out: &mut Replies) {
        if !std::mem::replace(&mut self.asked, true) {
            let from = self.next_in;
            self.say(now, rules, out, |envelope, buffer| {
                tell::resend_request(envelope, from, buffer)
            });
        }
    }

    fn too_low(&mut self, now: u64, at: u64, rules: &Rules<'_>, out: &mut Replies) -> Heard {
        let expected = self.next_in;
        self.say(now, rules, out, |envelope, buffer| tell::too_low(envelope, expected, at, buffer));
        Heard::Close
    }

    /// A Reject; what is wrong with the session itself also ends it. A Reject is never answered.
    fn refuse(
        &mut self,
        now: u64,
        at: u64,
        kind: &[u8],
        bad: Bad,
        rules: &Rules<'_>,
        out: &mut Replies,
    ) -> Heard {
        let is_reject = matches!(kind, msg_type::REJECT | msg_type::BUSINESS_MESSAGE_REJECT);
        if is_reject && bad.verdict == Verdict::SessionReject {
            return Heard::Nothing;
        }
        let tag = bad.tag.map(i64::from);
        self.say(now, rules, out, |envelope, buffer| {
            tell::reject(envelope, at, kind, bad.reason, tag, buffer)
        });
        if bad.verdict == Verdict::Fatal {
            return self.send_away(now, b"see the Reject before this", rules, out);
        }
        Heard::Nothing
    }

    fn send_away(&mut self, now: u64, words: &[u8], rules: &Rules<'_>, out: &mut Replies) -> Heard {
        self.say(now, rules, out, |envelope, buffer| tell::logout(envelope, words, buffer));
        Heard::Close
    }
}

fn number_of(fields: &Fields<'_>) -> Option<u64> {
    fields.get(tag::MSG_SEQ_NUM).and_then(|value| parse_uint(value).ok())
}

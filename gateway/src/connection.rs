//! The connection: bytes and time in, commands and obligations out. No socket, no clock.
//!
//! ```text
//! AwaitLogon ──Logon──► Checking ──secret is right──► Entering ──LogonAccepted──► Live ──► Closed
//!     ▲                                                   │
//!     └──────────── SBE: NegotiateResponse ───────────────┘
//! ```
//! FIX and SBE are the same here but for the codec (`fix/`, `sbe/`) and what a stranger says first.
//! One message is parsed before logon; then reading stops until the answer. From `Live` on every
//! well-framed message becomes exactly one command and garbled bytes become none. It knows no
//! expected and no next number; what time causes it only reports (`Due`), and the engine decides.

use crate::command_slot::Slot;
use crate::directory::Directory;
use crate::fix::fields::Scanner;
use crate::fix::frame::{self, Frame};
use crate::fix::inbound::{self, msg_type_of};
use crate::fix::tables::{msg_type, tag};
use crate::sbe;
use crate::sbe::frame::Width;
use crate::sbe::inbound::Entering;
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    CommandHead, DisconnectReason, DueWhat, EstablishRejectReason, NegotiateRejectReason,
};

const NS_PER_MS: u64 = 1_000_000;
const NS_PER_S: u64 = 1_000 * NS_PER_MS;
/// A `Due` that had no effect yet is reported again after this.
const DUE_AGAIN_NS: u64 = NS_PER_S;
/// A client may be late by a fifth of HeartBtInt before it is silent.
const SILENCE_FIFTHS: u64 = 6;

/// Bounds of a connection; all from the configuration.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// From accept to an authenticated Logon.
    pub logon_ns: u64,
    /// Longest message.
    pub message_bytes_max: usize,
    /// SendingTime (52) may be off by so much.
    pub sending_time_tolerance_ns: u64,
    /// The timestamp of a Negotiate or Establish may be off by so much.
    pub timestamp_tolerance_ns: u64,
    /// Application messages a second before they are refused.
    pub rate_soft: u32,
    /// Messages a second before the connection is not read.
    pub rate_hard: u32,
}

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// FIX 4.4.
    Fix,
    /// SBE in frames of this width.
    Sbe(Width),
}

/// What a stranger offers; checked off the hot threads.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// CompID of the session.
    pub comp_id: [u8; 24],
    /// What proves it.
    pub proof: Proof,
}

/// A secret, or what only its owner can have made.
#[derive(Clone)]
pub enum Proof {
    /// Of a Logon (A).
    Password {
        /// Username (553); empty: not given.
        username: [u8; 32],
        /// Password (554).
        password: [u8; 64],
    },
    /// Of a Negotiate or Establish.
    Signature {
        /// The bytes signed, and how many count.
        signed: ([u8; SIGNED_BYTES_MAX], usize),
        /// Over them.
        signature: [u8; 64],
    },
}

/// Longest message in front of a signature.
pub const SIGNED_BYTES_MAX: usize = 96;

impl Drop for Proof {
    fn drop(&mut self) {
        if let Self::Password { password, .. } = self {
            *password = [0; 64];
        }
    }
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a secret")
    }
}

/// The answer to a stranger that is not let in. FIX has none: a Logout would take a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Of a new version.
    Negotiate(oe::NegotiateReject),
    /// Of a connection.
    Establish(oe::EstablishReject),
}

/// Where a connection stands.
#[derive(Debug)]
enum State {
    /// One message is allowed: a Logon, a Negotiate, an Establish.
    AwaitLogon {
        deadline: u64,
    },
    /// Its secret is being checked. Nothing is read.
    Checking {
        deadline: u64,
    },
    /// Its Logon is on its way through the log. Nothing is read.
    Entering,
    Live(Live),
    /// Whatever comes is dropped.
    Closed,
}

#[derive(Debug)]
struct Live {
    heartbeat_ns: u64,
    last_heard: u64,
    last_told: u64,
    heartbeat_due_at: u64,
    silence_due_at: u64,
}

/// What the bytes of a turn led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Call again when there are more bytes.
    Hungry,
    /// Messages wait: the rate is used up, or others have their turn.
    Waits,
    /// Messages wait: the ring has no room.
    RingFull,
    /// A Logon whose secret must be checked; nothing more is read until then.
    Check,
    /// Say this and close it: the log has never heard of it.
    Refuse(Refusal),
    /// Close it; if it is bound, the log must learn why.
    Close(DisconnectReason),
}

/// Takes commands. `false`: the ring is full, offer it again.
pub trait Ring {
    /// One slot.
    fn offer(&mut self, slot: &[u8]) -> bool;
}

/// What connections of one gateway share.
pub struct Shared<'a> {
    /// The table that messages are scanned into.
    pub scanner: &'a mut Scanner,
    /// Where its command is written.
    pub slot: &'a mut Slot,
    /// Symbols and sessions.
    pub directory: &'a Directory,
    /// Our CompID.
    pub venue: &'a [u8],
    /// Bounds.
    pub limits: &'a ConnectionLimits,
    /// Everything is defined: logons are read.
    pub open: bool,
    /// New orders and replaces are refused.
    pub refuses_orders: bool,
    /// The connection is still being sent what it asked for before.
    pub resending: bool,
}

/// See the file's map.
#[derive(Debug)]
pub struct Connection {
    speaks: Speaks,
    state: State,
    /// Names session and connection in every command.
    head: CommandHead,
    comp_id: [u8; 24],
    comp_id_len: usize,
    credentials: Option<Credentials>,
    /// The Logon, until the secret is known to be right.
    logon: Option<Slot>,
    /// What is said if it is not.
    refusal: Option<Refusal>,
    /// Garbled bytes in a row.
    garbage_bytes: usize,
    /// Without a token here a message is refused …
    soft: Bucket,
    /// … and without one here it is not even read.
    hard: Bucket,
}

impl Connection {
    /// Just accepted. `head` has gateway, slot and generation.
    pub fn new(now: u64, speaks: Speaks, head: CommandHead, limits: &ConnectionLimits) -> Self {
        Self {
            speaks,
            state: State::AwaitLogon { deadline: now + limits.logon_ns },
            head,
            comp_id: [0; 24],
            comp_id_len: 0,
            credentials: None,
            logon: None,
            refusal: None,
            garbage_bytes: 0,
            soft: Bucket::new(now, limits.rate_soft),
            hard: Bucket::new(now, limits.rate_hard),
        }
    }

    /// Reads messages out of `bytes`, at most `messages_max`. Returns how many bytes are done with.
    pub fn on_bytes(
        &mut self,
        now: u64,
        bytes: &[u8],
        messages_max: usize,
        shared: &mut Shared<'_>,
        ring: &mut impl Ring,
    ) -> (usize, Outcome) {
        if let State::Live(live) = &mut self.state {
            live.heard(now); // Any bytes at all are a sign of life.
        }
        let mut done = 0;
        for _ in 0..messages_max {
            let rest = bytes.get(done..).unwrap_or(&[]);
            match &self.state {
                State::Closed => return (bytes.len(), Outcome::Hungry),
                State::Checking { .. } | State::Entering => return (done, Outcome::Hungry),
                State::AwaitLogon { .. } if !shared.open => return (done, Outcome::Waits),
                State::AwaitLogon { .. } | State::Live(_) => {}
            }
            match self.frame(rest, shared.limits.message_bytes_max) {
                Frame::Incomplete { .. } => return (done, Outcome::Hungry),
                Frame::Lost { .. } => return (done, Outcome::Close(DisconnectReason::FramingLost)),
                Frame::Garbled { skip, .. } => {
                    done += skip;
                    self.garbage_bytes += skip;
                    let stranger = matches!(self.state, State::AwaitLogon { .. });
                    if stranger {
                        return (done, Outcome::Close(DisconnectReason::BadFirstMessage));
                    }
                    if self.garbage_bytes > shared.limits.message_bytes_max {
                        return (done, Outcome::Close(DisconnectReason::FramingLost));
                    }
                }
                Frame::OtherVersion { len } => {
                    if matches!(self.state, State::AwaitLogon { .. }) {
                        return (done, Outcome::Close(DisconnectReason::BadFirstMessage));
                    }
                    self.head.received.set(now);
                    if !ring.offer(inbound::other_version(self.head).bytes()) {
                        return (done, Outcome::RingFull);
                    }
                    done += len;
                }
                Frame::Message { body, len } => {
                    self.garbage_bytes = 0;
                    if let State::AwaitLogon { deadline } = self.state {
                        let outcome = match self.speaks {
                            Speaks::Fix => self.on_first(now, body, deadline, shared),
                            Speaks::Sbe(_) => self.on_entrance(now, body, deadline, shared),
                        };
                        return (done + len, outcome);
                    }
                    if !self.hard.take(now) {
                        return (done, Outcome::Waits);
                    }
                    let counts = self.counts(body);
                    let throttled = counts && !self.soft.take(now);
                    if !self.on_message(now, body, throttled, shared, ring) {
                        self.hard.give_back();
                        if counts && !throttled {
                            self.soft.give_back();
                        }
                        return (done, Outcome::RingFull);
                    }
                    done += len;
                }
            }
        }
        (done, Outcome::Waits)
    }

    /// The soft rate is of this message too: it is not one of the session.
    fn counts(&self, body: &[u8]) -> bool {
        match self.speaks {
            Speaks::Fix => !inbound::is_session_message(msg_type_of(body)),
            Speaks::Sbe(_) => sbe::inbound::is_request(body),
        }
    }

    fn frame<'b>(&self, bytes: &'b [u8], message_bytes_max: usize) -> Frame<'b> {
        match self.speaks {
            Speaks::Fix => frame::next(bytes, message_bytes_max),
            Speaks::Sbe(width) => match sbe::frame::next(bytes, width, message_bytes_max) {
                sbe::frame::Frame::Message { message, len } => {
                    Frame::Message { body: message, len }
                }
                sbe::frame::Frame::Incomplete => {
                    Frame::Incomplete { bytes_needed: bytes.len() + 1 }
                }
                sbe::frame::Frame::Lost => Frame::Lost { body_bytes: 0 },
            },
        }
    }

    /// A message of a live connection. `false`: the ring is full.
    fn on_message(
        &mut self,
        now: u64,
        body: &[u8],
        throttled: bool,
        shared: &mut Shared<'_>,
        ring: &mut impl Ring,
    ) -> bool {
        self.head.received.set(now);
        self.command(now, body, throttled, shared);
        ring.offer(shared.slot.bytes())
    }

    /// Writes the one command that a message becomes into the shared slot.
    fn command(&self, now: u64, body: &[u8], throttled: bool, shared: &mut Shared<'_>) {
        let Shared { scanner, slot, directory, .. } = shared;
        if let Speaks::Sbe(_) = self.speaks {
            let expected = sbe::inbound::Expected {
                throttled,
                refuses_orders: shared.refuses_orders,
                resending: shared.resending,
            };
            return sbe::inbound::command(body, self.head, &expected, directory, slot);
        }
        let expected = inbound::Expected {
            client: self.comp_id(),
            venue: shared.venue,
            now,
            sending_time_tolerance_ns: shared.limits.sending_time_tolerance_ns,
            throttled,
            refuses_orders: shared.refuses_orders,
        };
        let fields = scanner.scan(body);
        let kind = msg_type_of(body);
        inbound::command(&fields, kind, self.head, &expected, directory, slot);
    }

    /// The first message of a binary stranger: a Negotiate or an Establish, or the end.
    fn on_entrance(
        &mut self,
        now: u64,
        message: &[u8],
        deadline: u64,
        shared: &Shared<'_>,
    ) -> Outcome {
        const BAD: Outcome = Outcome::Close(DisconnectReason::BadFirstMessage);
        let Some(entrance) = sbe::inbound::entrance(message) else { return BAD };
        let mut signed = [0; SIGNED_BYTES_MAX];
        let bytes = message.get(..entrance.signed_bytes);
        let (Some(place), Some(bytes)) = (signed.get_mut(..entrance.signed_bytes), bytes) else {
            return BAD;
        };
        place.copy_from_slice(bytes);
        if entrance.timestamp.abs_diff(now) > shared.limits.timestamp_tolerance_ns {
            return Outcome::Refuse(refusal(&entrance.command, false));
        }
        self.refusal = Some(refusal(&entrance.command, true));
        let signed = (signed, entrance.signed_bytes);
        let proof = Proof::Signature { signed, signature: entrance.signature };
        self.take_name(entrance.comp_id, shared);
        self.credentials = Some(Credentials { comp_id: entrance.comp_id, proof });
        self.head.received.set(now);
        self.logon = Some(entrance.command.slot(self.head));
        self.state = State::Checking { deadline };
        Outcome::Check
    }

    /// An unknown CompID goes the same way as a wrong secret, so that neither can be told apart.
    fn take_name(&mut self, comp_id: [u8; 24], shared: &Shared<'_>) {
        (self.comp_id, self.comp_id_len) = (comp_id, sbe_schemas::header::text(&comp_id).len());
        self.head.session.set(shared.directory.session(&comp_id).unwrap_or(0));
    }

    /// The first message of a stranger: a Logon, or the end.
    fn on_first(
        &mut self,
        now: u64,
        body: &[u8],
        deadline: u64,
        shared: &mut Shared<'_>,
    ) -> Outcome {
        const BAD: Outcome = Outcome::Close(DisconnectReason::BadFirstMessage);
        if msg_type_of(body) != msg_type::LOGON {
            return BAD;
        }
        let fields = shared.scanner.scan(body);
        let Some(comp_id) = fields.get(tag::SENDER_COMP_ID) else { return BAD };
        let (Some(padded), true) = (fill_text::<24>(comp_id), is_printable(comp_id)) else {
            return BAD;
        };
        let secret = |tag| fields.get(tag).unwrap_or(&[]);
        let username = fill_text::<32>(secret(tag::USERNAME));
        let password = fill_text::<64>(secret(tag::PASSWORD));
        let (Some(username), Some(password)) = (username, password) else { return BAD };
        let proof = Proof::Password { username, password };
        self.credentials = Some(Credentials { comp_id: padded, proof });
        self.take_name(padded, shared);
        self.head.received.set(now);
        self.command(now, body, false, shared);
        if !shared.slot.is_fine() {
            return BAD;
        }
        self.logon = Some(shared.slot.clone());
        self.state = State::Checking { deadline };
        Outcome::Check
    }

    /// What is to be checked; given once.
    pub fn take_credentials(&mut self) -> Option<Credentials> {
        self.credentials.take()
    }

    /// What it is told if its secret is wrong; `None`: nothing.
    pub fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// What it speaks.
    pub fn speaks(&self) -> Speaks {
        self.speaks
    }

    /// SBE: the new version is there; an Establish may follow within `limits`.
    pub fn on_negotiated(&mut self, now: u64, limits: &ConnectionLimits) {
        self.state = State::AwaitLogon { deadline: now + limits.logon_ns };
    }

    /// The secret is right: the Logon goes to the log. `false`: the ring is full, call again.
    pub fn enter(&mut self, ring: &mut impl Ring) -> bool {
        if let Some(slot) = &self.logon {
            if !ring.offer(slot.bytes()) {
                return false;
            }
            self.logon = None;
            self.state = State::Entering;
        }
        true
    }

    /// The log let it in.
    pub fn on_logon_accepted(&mut self, now: u64, heartbeat_ns: u64) {
        self.state = State::Live(Live {
            heartbeat_ns,
            last_heard: now,
            last_told: now,
            heartbeat_due_at: now + heartbeat_ns,
            silence_due_at: now + silence_ns(heartbeat_ns),
        });
    }

    /// A message left for the client.
    pub fn on_told(&mut self, now: u64) {
        if let State::Live(live) = &mut self.state {
            live.last_told = now;
            live.heartbeat_due_at = now + live.heartbeat_ns;
        }
    }

    /// A stall of ours must not look like silence of theirs.
    pub fn on_stall(&mut self, now: u64) {
        if let State::Live(live) = &mut self.state {
            live.heard(now);
        }
    }

    /// What time has caused by `now`. A `Due` comes again until it has had its effect.
    pub fn on_tick(&mut self, now: u64) -> Tick {
        match &mut self.state {
            State::AwaitLogon { deadline } | State::Checking { deadline } if now >= *deadline => {
                Tick::Close
            }
            State::Live(live) if now >= live.silence_due_at => {
                live.silence_due_at = now + silence_ns(live.heartbeat_ns);
                Tick::Due(DueWhat::Silence)
            }
            State::Live(live) if now >= live.heartbeat_due_at => {
                live.heartbeat_due_at = now + DUE_AGAIN_NS;
                Tick::Due(DueWhat::Heartbeat)
            }
            _ => Tick::Nothing,
        }
    }

    /// The head of a command that this connection causes by itself.
    pub fn head(&self) -> CommandHead {
        let mut head = CommandHead::ZERO;
        head.session = self.head.session;
        head.gateway = self.head.gateway;
        head.slot = self.head.slot;
        head.conn_generation = self.head.conn_generation;
        head
    }

    /// Session that it is, or wants to be; 0: nobody.
    pub fn session(&self) -> u32 {
        self.head.session.get()
    }

    /// CompID of the client, as it came.
    pub fn comp_id(&self) -> &[u8] {
        self.comp_id.get(..self.comp_id_len).unwrap_or(&[])
    }

    /// The log may know of it: its Logon is on its way or was let in.
    pub fn is_known_to_log(&self) -> bool {
        matches!(self.state, State::Entering | State::Live(_))
    }

    /// It has not logged on, and nothing of it is on its way into the log: until when it may, and whether its
    /// secret is being checked.
    pub fn as_stranger(&self) -> Option<(u64, bool)> {
        match self.state {
            State::AwaitLogon { deadline } => Some((deadline, false)),
            State::Checking { deadline } => Some((deadline, true)),
            State::Entering | State::Live(_) | State::Closed => None,
        }
    }

    /// Nothing is read before an answer comes.
    pub fn waits_for_answer(&self) -> bool {
        matches!(self.state, State::Checking { .. } | State::Entering)
    }

    /// Nothing is read any more.
    pub fn close(&mut self) {
        self.state = State::Closed;
    }
}

/// What is said to one whose credentials or whose timestamp is wrong.
fn refusal(to: &Entering, timestamp_is_right: bool) -> Refusal {
    match to {
        Entering::Negotiate(asked) => Refusal::Negotiate(oe::NegotiateReject {
            version_id: asked.version_id,
            request_timestamp: asked.timestamp,
            reason: match timestamp_is_right {
                true => NegotiateRejectReason::Credentials.into(),
                false => NegotiateRejectReason::Timestamp.into(),
            },
            ..oe::NegotiateReject::ZERO
        }),
        Entering::Establish(asked) => Refusal::Establish(oe::EstablishReject {
            version_id: asked.version_id,
            request_timestamp: asked.timestamp,
            reason: match timestamp_is_right {
                true => EstablishRejectReason::Credentials.into(),
                false => EstablishRejectReason::Timestamp.into(),
            },
        }),
    }
}

/// See [`Connection::on_tick`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// Nothing.
    Nothing,
    /// The log must know.
    Due(DueWhat),
    /// No Logon in time.
    Close,
}

impl Live {
    fn heard(&mut self, now: u64) {
        self.last_heard = now;
        self.silence_due_at = now + silence_ns(self.heartbeat_ns);
    }
}

/// So long a client may say nothing before it is asked.
pub(crate) fn silence_ns(heartbeat_ns: u64) -> u64 {
    heartbeat_ns / 5 * SILENCE_FIFTHS
}

fn is_printable(value: &[u8]) -> bool {
    value.iter().all(u8::is_ascii_graphic)
}

/// Tokens that come back at a steady rate; holds one second's worth.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: u32,
    /// Tokens × 10⁹.
    tokens: u128,
    filled_at: u64,
}

impl Bucket {
    /// Full.
    pub(crate) fn new(now: u64, rate: u32) -> Self {
        Self { rate, tokens: u128::from(rate) * u128::from(NS_PER_S), filled_at: now }
    }

    /// Takes a token. `false`: there is none.
    pub(crate) fn take(&mut self, now: u64) -> bool {
        let rate = u128::from(self.rate);
        let passed = u128::from(now.saturating_sub(self.filled_at));
        self.filled_at = self.filled_at.max(now);
        self.tokens = (self.tokens + passed * rate).min(rate * u128::from(NS_PER_S));
        match self.tokens.checked_sub(u128::from(NS_PER_S)) {
            Some(left) => {
                self.tokens = left;
                true
            }
            None => false,
        }
    }

    fn give_back(&mut self) {
        self.tokens += u128::from(NS_PER_S);
    }
}

//! The FIXP session of a client, without socket and clock.
//!
//! ```text
//! open ─ Negotiate (only for a new version) ─► NegotiateResponse ─ Establish ─► EstablishAck ─► established
//! ```
//! The connection begins anew whenever it must; [`Memory`] goes on. Requests that were sent and not answered
//! when a connection ended may be sent again with [`Session::repeat`]: the venue never executes a number twice.

use crate::wire::{Report, Width, append, append_with, first};
use ed25519_dalek::Signer;
use hmac::{Hmac, KeyInit, Mac};
use sbe_schemas::header::{self, Message, MessageHeader, fill_text};
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{
    CancelOnDisconnectType, EstablishRejectReason, NegotiateRejectReason, RequestHead,
    RetransmitRejectReason, TerminateReason,
};
use sha2::Sha256;
use std::collections::BTreeMap;

/// Reports of one RetransmitRequest: as many as the venue takes.
const RETRANSMIT_MAX: u64 = 1000;
const NS_PER_MS: u64 = 1_000_000;

/// What a session signs with.
pub enum Key {
    /// HMAC-SHA-256 with the key that the venue has, too.
    Hmac(Vec<u8>),
    /// Ed25519; the venue has the public key.
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

impl Key {
    fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        match self {
            Self::Hmac(key) => {
                let mut signature = [0; 64];
                let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
                mac.update(bytes);
                signature[..32].copy_from_slice(&mac.finalize().into_bytes());
                signature
            }
            Self::Ed25519(key) => key.sign(bytes).to_bytes(),
        }
    }
}

/// What a client must not forget: keep it where it survives you.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The version negotiated last; 0: none, the next connection negotiates.
    pub version_id: u64,
    /// Number of the next request.
    pub next_request: u64,
    /// Number of the next report.
    pub next_report: u64,
}

impl Default for Memory {
    fn default() -> Self {
        Self { version_id: 0, next_request: 1, next_report: 1 }
    }
}

/// What a client wants of its connection.
#[derive(Clone, Copy, Debug)]
pub struct Wants {
    /// Longest silence of either side, milliseconds.
    pub keepalive_ms: u32,
    /// When its orders are cancelled.
    pub cancel_on_disconnect: CancelOnDisconnectType,
    /// How long after that, milliseconds.
    pub cancel_window_ms: u32,
    /// Silent for so long its orders are cancelled, connected or not, milliseconds; 0: never.
    pub dead_man_ms: u32,
}

impl Default for Wants {
    fn default() -> Self {
        Self {
            keepalive_ms: 10_000,
            cancel_on_disconnect: CancelOnDisconnectType::Never,
            cancel_window_ms: 0,
            dead_man_ms: 0,
        }
    }
}

/// What the venue said.
#[allow(
    clippy::large_enum_variant,
    reason = "a report is copied, not allocated; one lives at a time"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Requests may be sent. The venue has taken this many of ours.
    Established {
        /// Number of the last request taken.
        last_taken: u64,
    },
    /// The next report.
    Report(Report),
    /// No new version, and why; the version the venue knows.
    NegotiateRejected(NegotiateRejectReason, u64),
    /// No connection, and why.
    EstablishRejected(EstablishRejectReason),
    /// Old reports cannot be had, and why.
    RetransmitRejected(RetransmitRejectReason),
    /// The venue has taken all our requests: [`Session::finish`] is answered.
    FinishedReceiving,
    /// The session's end on this connection.
    Terminated(TerminateReason),
}

/// A message that has a number of ours.
pub trait Request {
    /// Appends its frame, with this head.
    fn append(&self, head: RequestHead, width: Width, out: &mut Vec<u8>);
}

macro_rules! requests {
    ($($name:ident)*) => { $(
        impl Request for oe::$name {
            fn append(&self, head: RequestHead, width: Width, out: &mut Vec<u8>) {
                append(&Self { head, ..*self }, width, out);
            }
        }
    )* };
}

/// Bids and offers for 1 to 16 instruments.
#[derive(Clone, Copy, Debug)]
pub struct MassQuote<'a> {
    /// What holds for all of them.
    pub block: oe::MassQuote,
    /// One for each instrument.
    pub quotes: &'a [oe::MassQuoteQuotes],
}

impl Request for MassQuote<'_> {
    fn append(&self, head: RequestHead, width: Width, out: &mut Vec<u8>) {
        let block = oe::MassQuote { head, ..self.block };
        let dimensions = 2 * size_of::<u16>();
        let bytes = size_of::<MessageHeader>()
            + size_of_val(&block)
            + dimensions
            + size_of_val(self.quotes);
        append_with(bytes, width, out, |out| {
            let out = oe::MassQuoteEncoder::new(out).block(&block);
            out.quotes(self.quotes, |out, quote| out.block(quote)).finish()
        });
    }
}

requests! {
    NewOrder NewOrderShort CancelReplace Cancel MassAction OrderStatusRequest MassStatusRequest
    InstrumentListRequest QuoteCancel
}

/// See the file's map. Times are nanoseconds since 1970 UTC.
pub struct Session {
    comp_id: [u8; 24],
    key: Key,
    width: Width,
    wants: Wants,
    memory: Memory,
    established: bool,
    /// Our end was said, or the venue's was answered.
    terminated: bool,
    last_sent: u64,
    /// Reports that came before those we wait for.
    early: BTreeMap<u64, Report>,
    /// Up to here (exclusive) has been asked for.
    asked_to: u64,
}

impl Session {
    /// Of this CompID, going on from `memory`.
    ///
    /// # Panics
    /// When the CompID has more than 24 characters.
    pub fn new(comp_id: &str, key: Key, width: Width, wants: Wants, memory: Memory) -> Self {
        Self {
            comp_id: fill_text(comp_id.as_bytes()).expect("a CompID of at most 24 characters"),
            key,
            width,
            wants,
            memory,
            established: false,
            terminated: false,
            last_sent: 0,
            early: BTreeMap::new(),
            asked_to: 0,
        }
    }

    /// What must be remembered.
    pub fn memory(&self) -> Memory {
        self.memory
    }

    /// Requests may be sent.
    pub fn is_established(&self) -> bool {
        self.established
    }

    /// A new connection is there: says what comes first. Without a version that is a Negotiate.
    pub fn open(&mut self, now: u64, out: &mut Vec<u8>) {
        if self.memory.version_id == 0 {
            self.negotiate(now, out)
        } else {
            self.begin();
            self.establish(now, out)
        }
    }

    /// A new connection is there, and a new version is wanted on it: numbers of both sides begin at 1 once
    /// the venue agrees.
    pub fn negotiate(&mut self, now: u64, out: &mut Vec<u8>) {
        self.begin();
        let mut ask = oe::Negotiate {
            session: self.comp_id,
            version_id: now.into(),
            timestamp: now.into(),
            signature: [0; 64],
        };
        ask.signature = self.signature(&ask);
        self.say(now, &ask, out);
    }

    /// Nothing of an earlier connection counts any more.
    fn begin(&mut self) {
        (self.established, self.terminated, self.asked_to) = (false, false, 0);
        self.early.clear();
    }

    fn establish(&mut self, now: u64, out: &mut Vec<u8>) {
        let mut ask = oe::Establish {
            session: self.comp_id,
            version_id: self.memory.version_id.into(),
            timestamp: now.into(),
            // What the venue has not taken may be sent again under its number, whatever that is.
            next_seq_no: 1.into(),
            keepalive_ms: self.wants.keepalive_ms.into(),
            cancel_window_ms: self.wants.cancel_window_ms.into(),
            cancel_on_disconnect: self.wants.cancel_on_disconnect.into(),
            dead_man_ms: self.wants.dead_man_ms.into(),
            signature: [0; 64],
        };
        ask.signature = self.signature(&ask);
        self.say(now, &ask, out);
    }

    /// Over header and block up to the signature, which comes last.
    fn signature<M: Message>(&self, message: &M) -> [u8; 64] {
        let mut bytes = vec![0; size_of::<MessageHeader>() + size_of::<M>()];
        message.encode(&mut bytes).expect("room for the whole message");
        self.key.sign(&bytes[..bytes.len() - 64])
    }

    fn say<M: Message>(&mut self, now: u64, message: &M, out: &mut Vec<u8>) {
        self.last_sent = now;
        append(message, self.width, out);
    }

    /// Sends a request; returns its number.
    pub fn send<R: Request>(&mut self, now: u64, request: R, out: &mut Vec<u8>) -> u64 {
        let number = self.memory.next_request;
        self.memory.next_request += 1;
        self.repeat(now, number, request, out);
        number
    }

    /// Sends a request again under the number that it had, because no answer came.
    pub fn repeat<R: Request>(&mut self, now: u64, number: u64, request: R, out: &mut Vec<u8>) {
        let head = RequestHead { msg_seq_num: number.into(), sending_time: now.into() };
        self.last_sent = now;
        request.append(head, self.width, out);
    }

    /// No more requests in this version, ever.
    pub fn finish(&mut self, now: u64, out: &mut Vec<u8>) {
        let last_seq_no = (self.memory.next_request - 1).into();
        self.say(now, &oe::FinishedSending { last_seq_no }, out);
    }

    /// Ends the connection in good order.
    pub fn terminate(&mut self, now: u64, out: &mut Vec<u8>) {
        self.terminated = true;
        self.say(now, &oe::Terminate { reason: TerminateReason::Finished.into() }, out);
    }

    /// Time has passed: says that we are still there where nothing else did.
    pub fn on_time(&mut self, now: u64, out: &mut Vec<u8>) {
        let quiet_ns = u64::from(self.wants.keepalive_ms) * NS_PER_MS;
        if self.established && now.saturating_sub(self.last_sent) >= quiet_ns / 4 * 3 {
            self.say_sequence(now, out);
        }
    }

    fn say_sequence(&mut self, now: u64, out: &mut Vec<u8>) {
        let next_seq_no = self.memory.next_request.into();
        self.say(now, &oe::Sequence { next_seq_no, ..oe::Sequence::ZERO }, out);
    }

    /// Looks at the first frame of `bytes`. Returns how many bytes are done with (0: wait for more), and
    /// what was heard, if the application must know. What must be answered at once goes to `out`.
    ///
    /// # Errors
    /// Bytes that no venue sends: close the connection.
    pub fn on_bytes(
        &mut self,
        now: u64,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(usize, Option<Heard>), String> {
        if let Some(report) = self.early.remove(&self.memory.next_report) {
            self.memory.next_report += 1;
            return Ok((0, Some(Heard::Report(report))));
        }
        let Some((message, length)) = first(bytes, self.width)? else { return Ok((0, None)) };
        Ok((length, self.on_message(now, message, out)?))
    }

    fn on_message(
        &mut self,
        now: u64,
        message: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<Heard>, String> {
        let unread = |error| format!("cannot be read: {error:?}");
        let template = header::header(message).map_err(unread)?.template_id.get();
        match template {
            oe::NegotiateResponse::TEMPLATE_ID => {
                let m = get::<oe::NegotiateResponse>(message)?;
                self.memory = Memory { version_id: m.version_id.get(), ..Memory::default() };
                // Above the Negotiate's, or it would be taken for an old one.
                self.establish(now.max(m.request_timestamp.get() + 1), out);
                Ok(None)
            }
            oe::NegotiateReject::TEMPLATE_ID => {
                let m = get::<oe::NegotiateReject>(message)?;
                let reason = m.reason.known().unwrap_or(NegotiateRejectReason::Credentials);
                Ok(Some(Heard::NegotiateRejected(reason, m.current_version_id.get())))
            }
            oe::EstablishAck::TEMPLATE_ID => {
                let m = get::<oe::EstablishAck>(message)?;
                let last_taken = m.last_incoming_seq_no.get();
                self.established = true;
                // Of a client that has forgotten its numbers: the venue has not.
                self.memory.next_request = self.memory.next_request.max(last_taken + 1);
                self.ask_up_to(now, m.next_seq_no.get(), out);
                Ok(Some(Heard::Established { last_taken }))
            }
            oe::EstablishReject::TEMPLATE_ID => {
                let m = get::<oe::EstablishReject>(message)?;
                let reason = m.reason.known().unwrap_or(EstablishRejectReason::Credentials);
                Ok(Some(Heard::EstablishRejected(reason)))
            }
            oe::Sequence::TEMPLATE_ID => {
                let m = get::<oe::Sequence>(message)?;
                self.ask_up_to(now, m.next_seq_no.get(), out);
                if m.lapsed.0 != 0 {
                    self.say_sequence(now, out);
                }
                Ok(None)
            }
            oe::Retransmission::TEMPLATE_ID => Ok(None),
            oe::RetransmitReject::TEMPLATE_ID => {
                let m = get::<oe::RetransmitReject>(message)?;
                let reason = m.reason.known().unwrap_or(RetransmitRejectReason::OutOfRange);
                self.asked_to = 0; // The next Sequence says again what is missing.
                Ok(Some(Heard::RetransmitRejected(reason)))
            }
            oe::FinishedReceiving::TEMPLATE_ID => Ok(Some(Heard::FinishedReceiving)),
            oe::Terminate::TEMPLATE_ID => {
                let m = get::<oe::Terminate>(message)?;
                self.established = false;
                if !std::mem::replace(&mut self.terminated, true) {
                    self.say(now, &oe::Terminate { reason: m.reason }, out);
                }
                let reason = m.reason.known().unwrap_or(TerminateReason::Violation);
                Ok(Some(Heard::Terminated(reason)))
            }
            _ => match Report::read(message) {
                Some(report) => Ok(self.on_report(report)),
                None => Err(format!("template {template} is nothing that a venue sends")),
            },
        }
    }

    /// The next report, or one for later, or one we had.
    fn on_report(&mut self, report: Report) -> Option<Heard> {
        let number = report.head.msg_seq_num.get();
        if number > self.memory.next_report {
            self.early.insert(number, report);
            return None;
        }
        if number < self.memory.next_report {
            return None;
        }
        self.memory.next_report += 1;
        Some(Heard::Report(report))
    }

    /// The venue's next report is `next`: what is missing before it is asked for, one request at a time.
    fn ask_up_to(&mut self, now: u64, next: u64, out: &mut Vec<u8>) {
        if self.memory.next_report < self.asked_to {
            return; // What was asked for is still coming.
        }
        let missing = self.memory.next_report..next;
        let missing = match self.early.first_key_value() {
            Some((first, _)) => missing.start..missing.end.min(*first),
            None => missing,
        };
        if missing.is_empty() {
            return;
        }
        let count = (missing.end - missing.start).min(RETRANSMIT_MAX);
        self.asked_to = missing.start + count;
        let ask = oe::RetransmitRequest {
            timestamp: now.into(),
            from_seq_no: missing.start.into(),
            count: (count as u32).into(),
        };
        self.say(now, &ask, out);
    }
}

fn get<M: Message>(message: &[u8]) -> Result<&M, String> {
    let read = M::decode(message).map(|(message, ..)| message);
    read.map_err(|error| format!("{} cannot be read: {error:?}", M::NAME))
}

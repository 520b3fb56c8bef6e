//! What a client asks for: V, x, e and g, already checked against the dictionary, as what the venue does
//! about them, or as the refusal that each has of its own (Y, y, f, h).
//!
//! Changes only the client's subscriptions ([`Desk`]) and says only refusals: what is asked for is told by
//! `mod.rs` when there is room for it, so one message of a client never causes more than one at once.

use super::books::Books;
use super::session::{Heard, Rules, Session};
use super::streams::{DEPTH_MAX, Kinds, Stream, Wants};
use super::tell::{self, ListHead, Replies};
use crate::fix::decimal::{parse_int, parse_uint};
use crate::fix::fields::Fields;
use crate::fix::tables::{msg_type, tag};
use std::collections::VecDeque;

/// Longest MDReqID and the like.
pub const ID_BYTES_MAX: usize = 64;
/// Security lists that a client may wait for.
const LISTS_MAX: usize = 8;

/// A subscription to market data.
#[derive(Debug)]
pub struct Subscription {
    /// MDReqID (262).
    pub id: Vec<u8>,
    /// What it is to be told.
    pub wants: Wants,
    /// One for each instrument.
    pub streams: Vec<Stream>,
    /// The stream that has its turn.
    pub turn: usize,
}

/// What a watch tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// SecurityStatus (f).
    Security,
    /// TradingSessionStatus (h).
    Session,
}

/// Follows the phase of an instrument.
#[derive(Debug)]
pub struct Watch {
    /// SecurityStatusReqID (324) or TradSesReqID (335).
    pub id: Vec<u8>,
    /// Which of the two.
    pub tells: Tells,
    /// Number of its instrument.
    pub instrument: u32,
    /// The status that was told last; `None`: none yet.
    pub told: Option<u64>,
    /// Once, and no more.
    pub once: bool,
}

/// A security list that is being told.
#[derive(Debug)]
pub struct List {
    /// SecurityReqID (320).
    pub id: Vec<u8>,
    /// SecurityResponseID (322).
    pub response: u64,
    /// Only this one; otherwise all.
    pub only: Option<u32>,
    /// Told up to this one.
    pub told_to: u32,
}

/// What one client has asked for.
#[derive(Debug, Default)]
pub struct Desk {
    /// Market data.
    pub subscriptions: Vec<Subscription>,
    /// Phases.
    pub watches: Vec<Watch>,
    /// Lists of instruments.
    pub lists: VecDeque<List>,
    /// Lists asked for since the logon.
    responses: u64,
}

impl Desk {
    /// Streams and watches: what a client has of its limit.
    pub fn used(&self) -> usize {
        let streams: usize = self.subscriptions.iter().map(|s| s.streams.len()).sum();
        streams + self.watches.len()
    }

    /// Every subscription begins again.
    pub fn restart(&mut self) {
        let streams = self.subscriptions.iter_mut().flat_map(|s| &mut s.streams);
        streams.for_each(Stream::restart);
        self.watches.iter_mut().for_each(|watch| watch.told = None);
    }
}

/// The desk, and all that a request is held against.
pub struct Request<'a, 'f> {
    /// Now, nanoseconds UTC.
    pub now: u64,
    /// The message.
    pub fields: &'a Fields<'f>,
    /// Its MsgType (35).
    pub kind: &'a [u8],
    /// Instruments.
    pub books: &'a Books,
    /// Streams and watches that a client may have.
    pub subscriptions_max: usize,
    /// What holds for every session.
    pub rules: &'a Rules<'a>,
}

/// Why a market data request is refused: MDReqRejReason (281), and the words.
type Refusal = (u8, &'static [u8]);

/// Does what a message asks for, or says why not.
pub fn take(
    request: &Request<'_, '_>,
    desk: &mut Desk,
    session: &mut Session,
    out: &mut Replies,
) -> Heard {
    let id_tag = match request.kind {
        msg_type::MARKET_DATA_REQUEST => tag::MD_REQ_ID,
        msg_type::SECURITY_LIST_REQUEST => tag::SECURITY_REQ_ID,
        msg_type::SECURITY_STATUS_REQUEST => tag::SECURITY_STATUS_REQ_ID,
        msg_type::TRADING_SESSION_STATUS_REQUEST => tag::TRAD_SES_REQ_ID,
        _ => {
            session.unsupported(request.now, request.fields, request.kind, request.rules, out);
            return Heard::Nothing;
        }
    };
    let id = request.fields.get(id_tag).unwrap_or(&[]);
    if id.len() > ID_BYTES_MAX {
        let number = request.fields.get(tag::MSG_SEQ_NUM).and_then(|n| parse_uint(n).ok());
        let (now, at) = (request.now, number.unwrap_or(0));
        return session.incorrect(now, at, request.kind, id_tag, request.rules, out);
    }
    match request.kind {
        msg_type::MARKET_DATA_REQUEST => request.market_data(id, desk, session, out),
        msg_type::SECURITY_LIST_REQUEST => request.list(id, desk, session, out),
        msg_type::SECURITY_STATUS_REQUEST => request.status(id, desk, session, out),
        _ => request.session_status(id, desk, session, out),
    }
    Heard::Nothing
}

impl Request<'_, '_> {
    fn market_data(&self, id: &[u8], desk: &mut Desk, session: &mut Session, out: &mut Replies) {
        let taken = match self.fields.get(tag::SUBSCRIPTION_REQUEST_TYPE) {
            Some(b"2") => unsubscribe(id, desk),
            kind => self.subscribe(id, kind == Some(b"0"), desk),
        };
        if let Err((reason, words)) = taken {
            session.say(self.now, self.rules, out, |envelope, buffer| {
                tell::market_data_reject(envelope, id, reason, words, buffer)
            });
        }
    }

    fn subscribe(&self, id: &[u8], once: bool, desk: &mut Desk) -> Result<(), Refusal> {
        if desk.subscriptions.iter().any(|known| known.id == id) {
            return Err((b'1', b"MDReqID is in use"));
        }
        let wants = self.wants(once)?;
        let mut streams: Vec<Stream> = Vec::new();
        for entry in self.fields.group(tag::NO_RELATED_SYM) {
            let symbol = entry.get(tag::SYMBOL).unwrap_or(&[]);
            let number = self.books.number(symbol).ok_or((b'0', &b"unknown symbol"[..]))?;
            if streams.iter().any(|stream| stream.instrument == number) {
                continue; // Said twice, told once.
            }
            if desk.used() + streams.len() >= self.subscriptions_max {
                return Err((b'2', b"too many subscriptions"));
            }
            streams.push(Stream::new(number));
        }
        if streams.is_empty() {
            return Err((b'0', b"no symbol"));
        }
        desk.subscriptions.push(Subscription { id: id.to_vec(), wants, streams, turn: 0 });
        Ok(())
    }

    fn wants(&self, once: bool) -> Result<Wants, Refusal> {
        let has = |tag| self.fields.get(tag).is_some();
        let depth = self.fields.get(tag::MARKET_DEPTH).and_then(|value| parse_int(value).ok());
        let depth = depth.and_then(|depth| usize::try_from(depth).ok());
        let depth = depth.filter(|depth| *depth <= DEPTH_MAX);
        let depth = depth.ok_or((b'5', &b"MarketDepth is 0 (all), or 1 to 100 levels"[..]))?;
        let incremental = match self.fields.get(tag::MD_UPDATE_TYPE) {
            Some(b"1") => true,
            Some(_) => false,
            None if once => false,
            None => return Err((b'6', b"a subscription needs an MDUpdateType")),
        };
        let aggregated = self.fields.get(tag::AGGREGATED_BOOK) != Some(b"N");
        if !aggregated && depth != 0 {
            return Err((b'5', b"order by order (266=N) comes in full depth only (264=0)"));
        }
        if has(tag::SCOPE) {
            return Err((b'A', b"Scope is not supported"));
        }
        if has(tag::OPEN_CLOSE_SETTL_FLAG) {
            return Err((b'B', b"OpenCloseSettlFlag is not supported"));
        }
        if self.fields.get(tag::MD_IMPLICIT_DELETE) == Some(b"Y") {
            return Err((b'C', b"levels that leave a window are deleted in words"));
        }
        if has(tag::NO_TRADING_SESSIONS) {
            return Err((b'9', b"market data has no trading sessions"));
        }
        let mut kinds = Kinds::default();
        for entry in self.fields.group(tag::NO_MD_ENTRY_TYPES) {
            let kind = Kinds::of(entry.get(tag::MD_ENTRY_TYPE).unwrap_or(&[]));
            kinds = kinds.with(kind.ok_or((b'8', &b"MDEntryType is 0, 1, 2, 4, 5 or A"[..]))?);
        }
        if kinds == Kinds::default() {
            return Err((b'8', b"no MDEntryType"));
        }
        Ok(Wants { depth, aggregated, incremental, once, kinds })
    }

    fn list(&self, id: &[u8], desk: &mut Desk, session: &mut Session, out: &mut Replies) {
        desk.responses += 1;
        let response = desk.responses;
        let symbol = self.fields.get(tag::SYMBOL).unwrap_or(&[]);
        let only = match self.fields.get(tag::SECURITY_LIST_REQUEST_TYPE) {
            Some(b"4") => Ok(None),
            Some(b"0") => self.books.number(symbol).map(Some).ok_or(2),
            _ => Err(1),
        };
        let only = match self.fields.get(tag::SUBSCRIPTION_REQUEST_TYPE) {
            Some(b"2") => Err(1),
            _ if desk.lists.len() >= LISTS_MAX => Err(4),
            _ => only,
        };
        match only {
            Ok(only) => {
                desk.lists.push_back(List { id: id.to_vec(), response, only, told_to: 0 });
            }
            Err(result) => {
                let head = ListHead { req_id: id, response, result, total: 0, is_last: true };
                session.say(self.now, self.rules, out, |envelope, buffer| {
                    tell::security_list(envelope, &head, &[], buffer)
                });
            }
        }
    }

    fn status(&self, id: &[u8], desk: &mut Desk, session: &mut Session, out: &mut Replies) {
        let symbol = self.fields.get(tag::SYMBOL).unwrap_or(&[]);
        let number = self.books.number(symbol).ok_or(&b"unknown symbol"[..]);
        let watched = number.and_then(|number| self.watch(id, Tells::Security, &[number], desk));
        if let Err(words) = watched {
            session.say(self.now, self.rules, out, |envelope, buffer| {
                tell::security_status(envelope, id, symbol, None, false, words, buffer)
            });
        }
    }

    fn session_status(&self, id: &[u8], desk: &mut Desk, session: &mut Session, out: &mut Replies) {
        let session_id = self.fields.get(tag::TRADING_SESSION_ID);
        let numbers = match session_id {
            None => Ok(self.books.iter().map(|(number, _)| number).collect()),
            Some(symbol) => match self.books.number(symbol) {
                Some(number) => Ok(vec![number]),
                None => Err((1, &b"unknown TradingSessionID: each is a symbol"[..])),
            },
        };
        let watched = numbers.and_then(|numbers| {
            self.watch(id, Tells::Session, &numbers, desk).map_err(|words| (99, words))
        });
        if let Err((reason, words)) = watched {
            let session_id = session_id.unwrap_or(b"*");
            session.say(self.now, self.rules, out, |envelope, buffer| {
                let refused = tell::Session::Refused(reason, words);
                tell::session_status(envelope, id, session_id, refused, false, buffer)
            });
        }
    }

    /// Begins to follow the phases of these instruments, or ends it.
    fn watch(
        &self,
        id: &[u8],
        tells: Tells,
        numbers: &[u32],
        desk: &mut Desk,
    ) -> Result<(), &'static [u8]> {
        let is_known = desk.watches.iter().any(|watch| watch.tells == tells && watch.id == id);
        let kind = self.fields.get(tag::SUBSCRIPTION_REQUEST_TYPE);
        match (kind, is_known) {
            (Some(b"2"), true) => {
                desk.watches.retain(|watch| watch.tells != tells || watch.id != id);
                return Ok(());
            }
            (Some(b"2"), false) => return Err(b"no subscription with this identifier"),
            (_, true) => return Err(b"the identifier is in use"),
            (_, false) => {}
        }
        if desk.used() + numbers.len() > self.subscriptions_max {
            return Err(b"too many subscriptions");
        }
        let once = kind == Some(b"0");
        desk.watches.extend(numbers.iter().map(|&instrument| Watch {
            id: id.to_vec(),
            tells,
            instrument,
            told: None,
            once,
        }));
        Ok(())
    }
}

fn unsubscribe(id: &[u8], desk: &mut Desk) -> Result<(), Refusal> {
    let before = desk.subscriptions.len();
    desk.subscriptions.retain(|known| known.id != id);
    if desk.subscriptions.len() < before {
        return Ok(());
    }
    Err((b'4', b"no subscription with this MDReqID"))
}

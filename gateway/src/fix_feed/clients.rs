//! A client: its session, what it has asked for, and the telling of it while its connection has room.

use super::books::Books;
use super::requests::{Desk, Tells};
use super::session::{Rules, Session};
use super::streams::{Due, MESSAGE_ENTRIES_MAX};
use super::tell::{self, ENTRY_BYTES_MAX, Entry, FRAME_BYTES_MAX, ListHead, REPLY_BYTES_MAX};
use crate::door::Stranger;
use crate::io::{ConnId, StreamTransport};
use std::collections::HashMap;
use std::net::IpAddr;

/// Messages told to one client before others, and packets of the feed, have their turn.
const TURN_TOLD_MAX: usize = 4;
/// Instruments in one SecurityList (y).
const LIST_MAX: usize = 50;

/// See the file's map.
pub(super) struct Client {
    pub(super) id: ConnId,
    pub(super) address: IpAddr,
    pub(super) session: Session,
    pub(super) desk: Desk,
    /// Its secret was right.
    pub(super) may_enter: bool,
    /// Bytes of it wait.
    pub(super) readable: bool,
    /// It sends no more.
    pub(super) gone: bool,
    /// Garbled bytes in a row.
    pub(super) garbage_bytes: usize,
    /// There was no room for what it should be told, since then.
    blocked_since: Option<u64>,
    /// Something is due, or may be.
    pending: bool,
    /// Version of the books that it has been told of.
    version: u64,
    /// Something is due at this time.
    again_at: u64,
    /// The subscription that has its turn.
    turn: usize,
}

/// What telling needs.
pub(super) struct Telling<'a> {
    pub(super) now: u64,
    pub(super) rules: &'a Rules<'a>,
    pub(super) books: &'a Books,
    pub(super) currencies: &'a HashMap<Vec<u8>, String>,
    pub(super) transport: &'a mut dyn StreamTransport,
    pub(super) entries: &'a mut Vec<Entry>,
}

/// What became of one message.
enum Told {
    /// It is on its way.
    Sent,
    /// There is none.
    Nothing,
    /// There is no room.
    NoRoom,
}

impl Client {
    pub(super) fn new(id: ConnId, address: IpAddr, session: Session) -> Self {
        Self {
            id,
            address,
            session,
            desk: Desk::default(),
            may_enter: false,
            readable: false,
            gone: false,
            garbage_bytes: 0,
            blocked_since: None,
            pending: false,
            version: 0,
            again_at: u64::MAX,
            turn: 0,
        }
    }

    /// Whoever had the right secret is none: it waits for us.
    pub(super) fn as_stranger(&self) -> Option<Stranger> {
        let (deadline, is_checked) = self.session.as_stranger().filter(|_| !self.may_enter)?;
        Some(Stranger { conn: self.id, address: self.address, is_checked, deadline })
    }

    /// It has asked for something.
    pub(super) fn has_news(&mut self) {
        self.pending = true;
    }

    /// Its connection has taken bytes.
    pub(super) fn has_room(&mut self) {
        self.blocked_since = None;
    }

    /// There is no room for what it should be told.
    pub(super) fn is_blocked(&mut self, now: u64) {
        self.blocked_since.get_or_insert(now);
    }

    /// It has taken nothing for too long.
    pub(super) fn is_slow(&self, now: u64, slow_ns: u64) -> bool {
        self.blocked_since.is_some_and(|since| now.saturating_sub(since) > slow_ns)
    }

    /// Tells what is due, as far as there is room. Returns how many messages.
    pub(super) fn tell(&mut self, mut telling: Telling<'_>) -> usize {
        let version = telling.books.version();
        let due = self.pending || self.version != version || telling.now >= self.again_at;
        // Half an event is not told: the rest of it comes.
        if !due || !telling.books.is_between_events() || self.blocked_since.is_some() {
            return 0;
        }
        (self.pending, self.again_at) = (false, u64::MAX);
        let mut told = 0;
        while told < TURN_TOLD_MAX {
            match self.tell_next(&mut telling) {
                Told::Sent => told += 1,
                Told::Nothing => {
                    self.version = version;
                    return told;
                }
                Told::NoRoom => {
                    self.is_blocked(telling.now);
                    break;
                }
            }
        }
        self.pending = true;
        told
    }

    fn tell_next(&mut self, telling: &mut Telling<'_>) -> Told {
        if !self.desk.lists.is_empty() {
            return self.tell_list(telling);
        }
        for at in 0..self.desk.watches.len() {
            match self.tell_watch(at, telling) {
                Told::Nothing => {}
                told => return told,
            }
        }
        for _ in 0..self.desk.subscriptions.len() {
            // Each in its turn, so that none that is never done keeps the others waiting.
            self.turn = (self.turn + 1) % self.desk.subscriptions.len();
            match self.tell_subscription(self.turn, telling) {
                Told::Nothing => {}
                told => return told,
            }
        }
        Told::Nothing
    }

    fn tell_list(&mut self, telling: &mut Telling<'_>) -> Told {
        let Some(list) = self.desk.lists.front_mut() else { return Told::Nothing };
        let wanted = |(number, _): &(u32, &super::books::Listed)| {
            list.only.is_none_or(|only| only == *number) && *number > list.told_to
        };
        let mut rest = telling.books.iter().filter(wanted).peekable();
        let mut part = Vec::with_capacity(LIST_MAX);
        let mut told_to = list.told_to;
        for (number, listed) in rest.by_ref().take(LIST_MAX) {
            let currency = telling.currencies.get(listed.symbol());
            part.push((listed, currency.map_or(&b""[..], |currency| currency.as_bytes())));
            told_to = number;
        }
        let is_last = rest.peek().is_none();
        let total = match list.only {
            Some(_) => part.len() as u64,
            None => telling.books.iter().count() as u64,
        };
        let result = if total == 0 { 2 } else { 0 };
        let head = ListHead { req_id: &list.id, response: list.response, result, total, is_last };
        let room = FRAME_BYTES_MAX + part.len() * ENTRY_BYTES_MAX;
        let Some(buffer) = telling.transport.reserve(self.id, room) else { return Told::NoRoom };
        let envelope = self.session.envelope(telling.now, self.session.next_out(), telling.rules);
        let written = tell::security_list(&envelope, &head, &part, buffer);
        list.told_to = told_to;
        if is_last {
            self.desk.lists.pop_front();
        }
        self.commit(written, telling)
    }

    fn tell_watch(&mut self, at: usize, telling: &mut Telling<'_>) -> Told {
        let Some(watch) = self.desk.watches.get_mut(at) else { return Told::Nothing };
        let Some(listed) = telling.books.get(watch.instrument) else { return Told::Nothing };
        let count = listed.status().count;
        if watch.told == Some(count) {
            return Told::Nothing;
        }
        let unsolicited = watch.told.is_some();
        let Some(buffer) = telling.transport.reserve(self.id, REPLY_BYTES_MAX) else {
            return Told::NoRoom;
        };
        let envelope = self.session.envelope(telling.now, self.session.next_out(), telling.rules);
        let (id, symbol) = (&watch.id, listed.symbol());
        let written = match watch.tells {
            Tells::Security => {
                tell::security_status(&envelope, id, symbol, Some(listed), unsolicited, b"", buffer)
            }
            Tells::Session => {
                let about = tell::Session::Of(listed);
                tell::session_status(&envelope, id, symbol, about, unsolicited, buffer)
            }
        };
        watch.told = Some(count);
        if watch.once {
            self.desk.watches.remove(at);
        }
        self.commit(written, telling)
    }

    fn tell_subscription(&mut self, at: usize, telling: &mut Telling<'_>) -> Told {
        let Some(subscription) = self.desk.subscriptions.get_mut(at) else { return Told::Nothing };
        let (wants, now) = (subscription.wants, telling.now);
        let mut sent = None;
        let streams = subscription.streams.len();
        for offset in 1..=streams {
            // As with subscriptions: behind the one that was told last.
            let number = (subscription.turn + offset) % streams;
            let Some(stream) = subscription.streams.get_mut(number) else { continue };
            let Some(listed) = telling.books.get(stream.instrument) else { continue };
            let Some(book) = telling.books.orders(stream.instrument) else { continue };
            let (due, progress) = stream.next(now, listed, book, &wants, telling.entries);
            if matches!(due, Due::Snapshot | Due::Increment(..)) {
                let entries = telling.entries.len().min(MESSAGE_ENTRIES_MAX);
                let room = FRAME_BYTES_MAX + entries * ENTRY_BYTES_MAX;
                let Some(buffer) = telling.transport.reserve(self.id, room) else {
                    return Told::NoRoom;
                };
                let envelope = self.session.envelope(now, self.session.next_out(), telling.rules);
                let (id, entries) = (&subscription.id, &telling.entries[..]);
                let written = match due {
                    Due::Increment(seq, rpt_seq) => tell::increment(
                        &envelope,
                        id,
                        listed.symbol(),
                        (seq, rpt_seq),
                        entries,
                        buffer,
                    ),
                    _ => tell::snapshot(&envelope, id, listed, entries, buffer),
                };
                sent = Some((number, written));
            }
            if let Due::Later(at) = due {
                self.again_at = self.again_at.min(at);
            }
            stream.on_sent(now, due, progress, listed, &wants);
            if sent.is_some() {
                subscription.turn = number;
                break;
            }
        }
        let Some((number, written)) = sent else { return Told::Nothing };
        if wants.once {
            subscription.streams.remove(number);
            if subscription.streams.is_empty() {
                self.desk.subscriptions.remove(at);
            }
        }
        self.commit(written, telling)
    }

    fn commit(&mut self, written: tell::Written, telling: &mut Telling<'_>) -> Told {
        // Room was taken for the longest there can be; a message that finds none all the same is left out.
        if let Ok(bytes) = written {
            telling.transport.commit(self.id, bytes);
            self.session.on_told(telling.now);
        }
        Told::Sent
    }
}

/// Sends bytes for which there is room; `false`: there was none.
pub(super) fn send(transport: &mut dyn StreamTransport, conn: ConnId, bytes: &[u8]) -> bool {
    if bytes.is_empty() {
        return true;
    }
    let Some(room) = transport.reserve(conn, bytes.len()) else { return false };
    let Some(place) = room.get_mut(..bytes.len()) else { return false };
    place.copy_from_slice(bytes);
    transport.commit(conn, bytes.len());
    true
}

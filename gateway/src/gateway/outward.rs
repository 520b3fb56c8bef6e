//! Outward: what events say, written to clients.
//!
//! A live client gets its message at once. One that is behind, because it asked for numbers again or
//! reads slower than it is told, is pumped from the outbox (`flow.rs` keeps its cursor). Only how a message
//! is written, and how a range that is told again is announced, differs between FIX and SBE.

use super::{Client, Gateway, NS_PER_S, TURN_EVENTS_MAX, log_generation};
use crate::connection::Speaks;
use crate::fix::outbound::{self, Envelope, MESSAGE_BYTES_MAX};
use crate::flow::{Again, Next};
use crate::io::{Close, ConnId};
use crate::operator::{Answer, OPERATOR};
use crate::outbox::OutboxId;
use crate::sbe;
use crate::sbe::frame::Width;
use crate::understudy::{Piece, PieceRequest};
use engine::Event;
use sbe_schemas::header::Message;
use sbe_schemas::journal as j;
use sbe_schemas::order_entry as oe;
use sbe_schemas::types::{CommandHead, DisconnectReason, EventFlags, EventKind};

impl Gateway {
    pub(super) fn write_events(&mut self, now: u64) -> usize {
        for done in 0..TURN_EVENTS_MAX {
            let Some(event) = self.events.peek() else { return done };
            let event = *event;
            self.events.release();
            match event.kind() {
                Some(EventKind::Report) => self.on_report(now, &event),
                Some(EventKind::Control) => self.on_control(now, &event),
                Some(EventKind::Market) => self.directory.learn(&event),
                None => {}
            }
        }
        TURN_EVENTS_MAX
    }

    /// The client an event is for; `None`: it is not here, or not any more.
    fn addressee(&mut self, event: &Event) -> Option<&mut Client> {
        if !self.open {
            // What time has ended meanwhile is told before the term begins, and names connections of
            // an earlier life: who has the same slot now must not get it.
            return None;
        }
        let conn = event.conn().filter(|conn| conn.gateway == self.settings.number)?;
        let place = self.clients.get_mut(usize::from(conn.slot))?;
        place.as_mut().filter(|client| log_generation(client.id) == conn.generation)
    }

    fn on_report(&mut self, now: u64, event: &Event) {
        let Some(client) = self.addressee(event) else {
            if event.get::<j::LogonAccepted>().is_some() {
                self.on_orphan(event);
            }
            return;
        };
        let id = client.id;
        if let Some(accepted) = event.get::<j::LogonAccepted>() {
            let heartbeat_ns = u64::from(accepted.heartbeat_s.get()) * NS_PER_S;
            client.connection.on_logon_accepted(now, heartbeat_ns);
            let outbox = OutboxId {
                session: event.head.session.get(),
                generation: event.head.generation.get(),
            };
            client.flow.begin(outbox, event.head.number.get());
            self.enqueue(id); // What came behind the Logon may be read now.
        } else if client.flow.tail == 0 {
            // Refused at logon, with a number: the only message of this connection.
            client.flow.begin(OutboxId { session: 0, generation: 0 }, event.head.number.get());
        }
        let Some(client) = self.client(id) else { return };
        if client.flow.on_report(event) && self.send(now, id, event, None) {
            if let Some(client) = self.client(id) {
                client.flow.sent();
            }
        } else if let Some(client) = self.client(id) {
            client.flow.keep(event, now);
        }
    }

    /// A connection that is gone was let in: the session would stay bound to
    /// nobody: a Logon may come out of the log after its connection, or a lost lead, has ended it.
    fn on_orphan(&mut self, event: &Event) {
        let mine = event.conn().filter(|conn| conn.gateway == self.settings.number);
        if mine.is_some() {
            let mut head = CommandHead::ZERO;
            head.session = event.head.session;
            head.gateway = event.head.gateway;
            head.slot = event.head.slot;
            head.conn_generation = event.head.conn_generation;
            self.orphans.push(head);
            self.obliged = true;
        }
    }

    fn on_control(&mut self, now: u64, event: &Event) {
        if event.get::<j::SessionDefined>().is_some() {
            return self.directory.learn(event);
        }
        if let Some(answer) = event.get::<j::AdminAnswer>() {
            return self.on_answer(event, answer);
        }
        if event.get::<j::Opened>().is_some() {
            self.open = true;
            return;
        }
        if event.get::<j::LeadLost>().is_some() {
            self.open = false;
            return self.drop_all();
        }
        let schema = event.template().0;
        let Some(client) = self.addressee(event) else {
            if event.get::<oe::EstablishAck>().is_some() {
                self.on_orphan(event);
            }
            return;
        };
        let id = client.id;
        if schema == oe::SCHEMA_ID {
            return self.on_session_message(now, id, event);
        }
        if let Some(resend) = event.get::<j::Resend>() {
            if client.flow.ask_again(resend.begin_seq_no.get(), resend.end_seq_no.get()) {
                client.flow.behind_since = Some(now);
                self.pump(now, id);
            }
        } else if event.get::<j::ConnectionClose>().is_some() {
            // The engine has unbound it already: it needs no Disconnected.
            client.connection.close();
            (client.disconnected, client.due) = (None, None);
            client.closing = true;
            self.close_if_done(id);
        } else if event.get::<j::LogonRefused>().is_some() {
            self.remove(id, Close::Flushed);
        }
    }

    /// To the operator who waits for it; one that has been too slow for so many misses it.
    fn on_answer(&mut self, event: &Event, answer: &j::AdminAnswer) {
        let asked = event.conn().filter(|conn| conn.gateway == OPERATOR);
        if let (Some(asked), Some(result), Some(operator)) =
            (asked, answer.result.known(), &mut self.operator)
        {
            let (ticket, affected) = (asked.generation, answer.affected.get());
            let _ = operator.push(Answer { ticket, result, affected });
        }
    }

    /// A message of the FIXP session: the client gets it as it is.
    fn on_session_message(&mut self, now: u64, conn: ConnId, event: &Event) {
        let limits = self.settings.limits;
        let Some(client) = self.client(conn) else { return };
        match event.template().1 {
            oe::NegotiateResponse::TEMPLATE_ID => {
                client.connection.on_negotiated(now, &limits);
                self.send_control(now, conn, event);
                self.enqueue(conn);
            }
            oe::NegotiateReject::TEMPLATE_ID | oe::EstablishReject::TEMPLATE_ID => {
                self.send_control(now, conn, event);
                self.remove(conn, Close::Flushed);
            }
            oe::EstablishAck::TEMPLATE_ID => {
                let Some(ack) = event.get::<oe::EstablishAck>() else { return };
                let keepalive_ns = u64::from(ack.keepalive_ms.get()) * 1_000_000;
                client.connection.on_logon_accepted(now, keepalive_ns);
                let outbox = OutboxId {
                    session: event.head.session.get(),
                    generation: event.head.generation.get(),
                };
                client.flow.begin(outbox, ack.next_seq_no.get());
                client.flow.interleaves = true;
                self.send_control(now, conn, event);
                self.enqueue(conn); // What came behind the Establish may be read now.
            }
            // Who is behind has something to read; the number in it would be ahead of that.
            oe::Sequence::TEMPLATE_ID if !client.flow.is_live() => {}
            oe::Sequence::TEMPLATE_ID => {
                self.send_control(now, conn, event);
            }
            oe::Retransmission::TEMPLATE_ID => {
                let Some(asked) = event.get::<oe::Retransmission>() else { return };
                let from = asked.next_seq_no.get();
                client.retransmit = asked.request_timestamp;
                if client.flow.ask_again(from, from + u64::from(asked.count.get()) - 1) {
                    client.flow.behind_since = Some(now);
                    self.pump(now, conn);
                }
            }
            // One that asks on while it does not read has had its chance.
            _ if client.held.is_some() => self.hang_up(conn, DisconnectReason::SlowReader),
            _ => {
                client.held = Some(*event);
                self.send_held(now, conn);
            }
        }
    }

    /// What waited until the client had everything else.
    fn send_held(&mut self, now: u64, conn: ConnId) {
        let Some(client) = self.client(conn) else { return };
        let Some(event) = client.held.filter(|_| client.flow.is_live()) else { return };
        let sent = self.send_control(now, conn, &event);
        let Some(client) = self.client(conn) else { return };
        if sent {
            (client.held, client.held_since) = (None, None);
        } else {
            client.held_since.get_or_insert(now);
        }
    }

    /// `false`: there is no room.
    fn send_control(&mut self, now: u64, conn: ConnId, event: &Event) -> bool {
        let Some(client) = self.client(conn) else { return true };
        let Speaks::Sbe(width) = client.connection.speaks() else { return true };
        client.connection.on_told(now);
        let Some(room) = self.transport.reserve(conn, sbe::outbound::FRAME_BYTES_MAX) else {
            return false;
        };
        let written = sbe::outbound::control(event, width, room);
        self.transport.commit(conn, written.expect("FRAME_BYTES_MAX fits every event"));
        true
    }

    fn close_if_done(&mut self, conn: ConnId) {
        if self.client(conn).is_some_and(|client| client.held.is_some()) {
            return;
        }
        if self.client(conn).is_some_and(|client| client.closing && client.flow.is_live()) {
            self.remove(conn, Close::Flushed);
        }
    }

    /// Writes one message into the out buffer. `false`: there is no room.
    fn send(&mut self, now: u64, conn: ConnId, event: &Event, resent_at: Option<u64>) -> bool {
        let place = self.clients.get_mut(usize::from(conn.slot)).and_then(Option::as_mut);
        let Some(client) = place.filter(|client| client.id == conn) else { return true };
        if let Speaks::Sbe(width) = client.connection.speaks() {
            let Some(room) = self.transport.reserve(conn, sbe::outbound::FRAME_BYTES_MAX) else {
                return false;
            };
            let length = sbe::outbound::report(event, width, room);
            // Every report of a binary session is one that binary clients get: engine/src/fixp.rs.
            self.transport.commit(conn, length.expect("FRAME_BYTES_MAX fits every report"));
            client.connection.on_told(now);
            client.flow.progressed(now);
            return true;
        }
        let envelope = Envelope {
            venue: self.settings.venue.as_bytes(),
            client: client.connection.comp_id(),
            resent_at,
        };
        let Some(room) = self.transport.reserve(conn, MESSAGE_BYTES_MAX) else { return false };
        let message = outbound::message(event, &envelope, &self.directory, room);
        let message = message.expect("MESSAGE_BYTES_MAX fits every message");
        if let Some(message) = message {
            let length = message.len();
            self.transport.commit(conn, length);
            client.connection.on_told(now);
            client.flow.progressed(now);
        }
        true
    }

    /// A gap fill for the numbers from `gap` to `next` - 1. `false`: there is no room.
    fn send_gap_fill(&mut self, now: u64, conn: ConnId, gap: (u64, u64), next: u64) -> bool {
        let place = self.clients.get_mut(usize::from(conn.slot)).and_then(Option::as_mut);
        let Some(client) = place.filter(|client| client.id == conn) else { return true };
        let envelope = Envelope {
            venue: self.settings.venue.as_bytes(),
            client: client.connection.comp_id(),
            resent_at: Some(now),
        };
        let Some(room) = self.transport.reserve(conn, MESSAGE_BYTES_MAX) else { return false };
        let message = outbound::gap_fill(gap.0, next, gap.1, &envelope, room);
        let length = message.expect("MESSAGE_BYTES_MAX fits a gap fill").len();
        self.transport.commit(conn, length);
        client.connection.on_told(now);
        true
    }

    /// Goes on with a client that is behind.
    pub(super) fn pump(&mut self, now: u64, conn: ConnId) {
        loop {
            let Some(client) = self.client(conn) else { return };
            match client.flow.next_step() {
                Next::Live => {
                    client.flow.caught_up();
                    self.send_held(now, conn);
                    return self.close_if_done(conn);
                }
                Next::Bridged => {
                    let Some(event) = client.flow.bridged().copied() else { return };
                    if !self.send(now, conn, &event, None) {
                        return;
                    }
                    if let Some(client) = self.client(conn) {
                        client.flow.sent();
                    }
                }
                Next::Fetch { from, to } => {
                    if client.flow.ticket.is_none() {
                        self.fetch(conn, from, to);
                    }
                    return;
                }
            }
        }
    }

    fn fetch(&mut self, conn: ConnId, from: u64, to: u64) {
        let ticket = PieceRequest::ticket(self.tickets, conn.slot);
        let Some(client) = self.client(conn) else { return };
        let request = PieceRequest { ticket, id: client.flow.id, from, to };
        client.flow.ticket = Some(ticket);
        if self.outbox.ask(request) {
            self.tickets += 1;
        } else if let Some(client) = self.client(conn) {
            client.flow.ticket = None; // The tick tries again.
        }
    }

    pub(super) fn write_pieces(&mut self, now: u64) -> usize {
        let mut done = 0;
        while let Ok(piece) = self.outbox.pieces.pop() {
            done += 1;
            let slot = (piece.ticket & 0xFFFF) as usize;
            let Some(client) = self.clients.get_mut(slot).and_then(Option::as_mut) else {
                continue;
            };
            if client.flow.ticket != Some(piece.ticket) {
                continue; // Of another time, or another client.
            }
            client.flow.ticket = None;
            let conn = client.id;
            self.write_piece(now, conn, &piece);
        }
        done
    }

    fn write_piece(&mut self, now: u64, conn: ConnId, piece: &Piece) {
        if let Some(client) = self.client(conn)
            && let (Speaks::Sbe(width), Some(again)) =
                (client.connection.speaks(), client.flow.again)
        {
            if self.send_retransmission(now, conn, width, piece, again) {
                self.pump(now, conn);
            }
            return;
        }
        for event in piece.messages.iter().take(piece.count) {
            let Some(client) = self.client(conn) else { return };
            let wrote = match client.flow.again {
                Some(again) => self.send_again(now, conn, event, again),
                None if event.head.number.get() == client.flow.next => {
                    let sent = self.send(now, conn, event, None);
                    if sent && let Some(client) = self.client(conn) {
                        client.flow.sent();
                    }
                    sent
                }
                None => return,
            };
            if !wrote {
                return; // A Writable follows and fetches from there.
            }
        }
        self.pump(now, conn);
    }

    /// One message of a range that was asked for again. Administrative ones become one gap fill.
    fn send_again(&mut self, now: u64, conn: ConnId, event: &Event, mut again: Again) -> bool {
        let number = event.head.number.get();
        let is_last = number == again.to;
        if event.head.flags.has(EventFlags::ADMIN) {
            again.gap.get_or_insert((number, event.head.time.get()));
        } else {
            if let Some(gap) = again.gap {
                if !self.send_gap_fill(now, conn, gap, number) {
                    return false;
                }
                again.gap = None;
                self.set_again(conn, Some(again));
            }
            if !self.send(now, conn, event, Some(now)) {
                return false;
            }
        }
        if is_last
            && let Some(gap) = again.gap
            && !self.send_gap_fill(now, conn, gap, number + 1)
        {
            return false;
        }
        again.from = number + 1;
        self.set_again(conn, (!is_last).then_some(again));
        true
    }

    /// Reports of a range that was asked for again: announced, in one go, and after them the number of the
    /// next one that is new. `false`: there is no room; a Writable follows and fetches them anew.
    fn send_retransmission(
        &mut self,
        now: u64,
        conn: ConnId,
        width: Width,
        piece: &Piece,
        mut again: Again,
    ) -> bool {
        let meant = |event: &&Event| (again.from..=again.to).contains(&event.head.number.get());
        let count = piece.messages.iter().take(piece.count).filter(meant).count();
        let Some(client) = self.client(conn) else { return true };
        let (request_timestamp, next) = (client.retransmit, client.flow.next);
        let bytes_max = (count + 2) * sbe::outbound::FRAME_BYTES_MAX;
        let Some(room) = self.transport.reserve(conn, bytes_max) else { return false };
        let announced = oe::Retransmission {
            request_timestamp,
            next_seq_no: again.from.into(),
            count: (count as u32).into(),
        };
        let mut written = sbe::outbound::session(&announced, width, room);
        for event in piece.messages.iter().take(piece.count).filter(meant) {
            written = written.and_then(|at| {
                Some(at + sbe::outbound::report(event, width, room.get_mut(at..)?)?)
            });
        }
        again.from += count as u64;
        let sequence = oe::Sequence { next_seq_no: next.into(), ..oe::Sequence::ZERO };
        let written = written.and_then(|at| {
            Some(at + sbe::outbound::session(&sequence, width, room.get_mut(at..)?)?)
        });
        let is_over = again.from > again.to;
        self.transport.commit(conn, written.expect("room for all of them was reserved"));
        if let Some(client) = self.client(conn) {
            client.connection.on_told(now);
            client.flow.progressed(now);
            client.flow.again = (!is_over).then_some(again);
        }
        true
    }

    fn set_again(&mut self, conn: ConnId, again: Option<Again>) {
        if let Some(client) = self.client(conn) {
            client.flow.again = again;
        }
    }
}

//! A connection that is told how instruments look: best prices, depth, statistics.
//!
//! Nothing waits for it but what its buffer holds: when its interval is over, and there is room, it is told what
//! has changed, as it is then. Who reads slowly is told less often, and never anything old.

use super::{PIECE_BYTES, PIECE_ROOM, Peer, State, TcpReplay};
use crate::feed::control::{is_epoch, push_framed};
use crate::feed::rate::Bucket;
use crate::feed::supply::Supply;
use crate::io::Disk;
use marketdata::packet::{PACKET_BYTES_MAX, PacketBuffer};
use marketdata::views::Views;
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{PacketFlags, ReplayRefusal, View};
use std::collections::BTreeMap;

/// Channel of these packets; each connection counts its own messages, from 1.
pub const CHANNEL_VIEWS: u16 = 3;

/// See the file's map.
pub(super) struct Viewing {
    view: View,
    /// 0: all.
    instrument: u32,
    interval_ns: u64,
    /// When it is next told something.
    due: u64,
    /// The next instrument to be looked at.
    at: u32,
    /// Per instrument: it has seen everything below this sequence.
    seen: BTreeMap<u32, u64>,
    packet: PacketBuffer,
    sequence: u64,
    bucket: Bucket,
    heartbeat: u64,
}

impl Viewing {
    fn put<M: Message>(&mut self, message: &M, utc: u64, piece: &mut Vec<u8>) {
        let mut bytes = [0; 512];
        let length = message.encode(&mut bytes).expect("views are short");
        if !self.packet.fits(length) {
            self.close(piece);
        }
        self.packet.push(&bytes[..length], self.sequence, utc);
        self.sequence += 1;
    }

    fn close(&mut self, piece: &mut Vec<u8>) {
        if !self.packet.is_empty() {
            push_framed(self.packet.finish(), piece);
            self.packet.clear();
        }
    }

    /// Puts the view of an instrument, if there is one now.
    fn show(&mut self, views: &mut Views, number: u32, utc: u64, piece: &mut Vec<u8>) {
        let seen = self.seen.get(&number).copied().unwrap_or(0);
        if !views.has_news(self.view, number, seen) {
            return;
        }
        let is_told = match self.view {
            View::Top => views.top(number, seen).map(|m| self.put(&m, utc, piece)),
            View::Depth => views.depth(number, seen).map(|m| self.put(&m, utc, piece)),
            View::Statistics => views.statistics(number, seen).map(|m| self.put(&m, utc, piece)),
        };
        if is_told.is_some() {
            self.seen.insert(number, views.next());
        }
    }
}

impl<D: Disk> TcpReplay<D> {
    pub(super) fn begin_viewing(
        &mut self,
        peer: &mut Peer<D>,
        request: &md::ViewRequest,
        next: u64,
        now: u64,
        utc: u64,
    ) {
        let request_id = request.request_id.get();
        let refusal = match request.view.known() {
            _ if !is_epoch(request.epoch.get(), self.settings.epoch) => Err(ReplayRefusal::Epoch),
            None => Err(ReplayRefusal::Channel),
            Some(view) => Ok(view),
        };
        let view = match refusal {
            Ok(view) => view,
            Err(reason) => return self.refuse(peer, (request_id, reason), (next, next), utc),
        };
        self.counts.requests += 1;
        let (epoch, rate) = (self.settings.epoch, self.settings.bytes_per_s);
        peer.state = State::Viewing(Box::new(Viewing {
            view,
            instrument: request.instrument.get(),
            interval_ns: u64::from(request.interval_ms.get()) * 1_000_000,
            due: now,
            at: 0,
            seen: BTreeMap::new(),
            packet: PacketBuffer::new(CHANNEL_VIEWS, epoch, PacketFlags::EMPTY),
            sequence: 1,
            bucket: Bucket::full(rate, rate.max(2 * PIECE_BYTES as u64), now),
            heartbeat: 0,
        }));
        let begin = md::ReplayBegin {
            request_id: request_id.into(),
            from: next.into(),
            to: super::OPEN.into(),
        };
        self.say(peer, &begin, utc);
    }

    /// Tells what has changed, if it is time and there is room. Returns the bytes told.
    pub(super) fn show(
        &mut self,
        peer: &mut Peer<D>,
        supply: &Supply,
        views: &mut Views,
        now: u64,
        utc: u64,
    ) -> usize {
        let State::Viewing(viewing) = &mut peer.state else { return 0 };
        if now < viewing.due || self.transport.reserve(peer.conn, PIECE_ROOM).is_none() {
            return 0;
        }
        let allowed = viewing.bucket.take(PIECE_BYTES as u64, now) as usize;
        self.piece.clear();
        let is_one = viewing.instrument != 0;
        viewing.at = viewing.at.max(viewing.instrument);
        while self.piece.len() + 2 * PACKET_BYTES_MAX <= allowed {
            let wanted = |number: &u32| !is_one || *number == viewing.instrument;
            let Some(number) = views.instrument_from(viewing.at).filter(wanted) else {
                (viewing.at, viewing.due) = (0, now + viewing.interval_ns);
                break;
            };
            viewing.show(views, number, utc, &mut self.piece);
            viewing.at = number.saturating_add(1);
        }
        viewing.close(&mut self.piece);
        let (heartbeat, number) = supply.window.heartbeat();
        if std::mem::replace(&mut viewing.heartbeat, number) != number {
            push_framed(heartbeat, &mut self.piece);
        }
        viewing.bucket.give_back(allowed.saturating_sub(self.piece.len()) as u64);
        let told = self.piece.len();
        self.commit(peer);
        told
    }
}

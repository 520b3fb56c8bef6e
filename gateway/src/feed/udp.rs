//! Retransmission over UDP: a request is one datagram, the answer a few packets to where it came from.
//!
//! Anybody can write anybody's address on a datagram, so an answer is short, and each address, and all of
//! them together, get only so much a second. Who asks for too much is told so once, and then not answered.

use super::control::{ControlPacket, FRAMED_BYTES_MAX, OPEN, Request, is_epoch, request_in};
use super::fanout::Fanout;
use super::rate::{Bucket, Rates};
use super::supply::Supply;
use crate::history::HistoryReader;
use crate::io::Disk;
use crate::io::udp::UnicastSocket;
use sbe_schemas::market_data as md;
use sbe_schemas::types::ReplayRefusal;
use std::net::SocketAddr;
use std::path::Path;

/// Packets in the answer to one request.
pub const PACKETS_MAX: usize = 16;
/// Requests looked at in one turn.
const TURN_REQUESTS_MAX: usize = 64;
/// Packets a second for one address, and how many at once.
const ADDRESS_RATE: (u64, u64) = (1000, 256);
/// The same for all addresses together.
const RATE: (u64, u64) = (10_000, 1000);
/// A message that is not in the window costs a search on disk: as much as so many packets.
const SEARCH_COST: u64 = 4;
/// Addresses known at once.
const ADDRESSES_MAX: usize = 1024;

/// Where requests come from and answers go.
pub trait Datagrams {
    /// The next datagram; `None`: there is none now.
    fn receive(&mut self, buffer: &mut [u8]) -> Option<(usize, SocketAddr)>;
    /// Sends now or not at all.
    fn send(&mut self, packet: &[u8], to: SocketAddr);
}

impl Datagrams for UnicastSocket {
    fn receive(&mut self, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        Self::receive(self, buffer)
    }

    fn send(&mut self, packet: &[u8], to: SocketAddr) {
        Self::send(self, packet, to);
    }
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests answered with messages.
    pub answered: u64,
    /// Packets in these answers.
    pub packets: u64,
    /// Requests refused.
    pub refused: u64,
    /// Datagrams that were not answered: unreadable, or beyond the rate.
    pub ignored: u64,
}

/// See the file's map.
pub struct UdpReplay<D: Disk, U> {
    channel: u16,
    epoch: u32,
    datagrams: U,
    reader: HistoryReader<D>,
    rates: Rates,
    all: Bucket,
    control: ControlPacket,
    counts: Counts,
}

impl<D: Disk, U: Datagrams> UdpReplay<D, U> {
    /// Of this channel, out of the history under `data` of `disk`.
    pub fn new(channel: u16, epoch: u32, datagrams: U, disk: D, data: &Path, now: u64) -> Self {
        Self {
            channel,
            epoch,
            datagrams,
            reader: HistoryReader::open(disk, data),
            rates: Rates::new(ADDRESS_RATE.0, ADDRESS_RATE.1, ADDRESSES_MAX),
            all: Bucket::full(RATE.0, RATE.1, now),
            control: ControlPacket::new(epoch),
            counts: Counts::default(),
        }
    }

    /// Answers what has come; returns how many requests were answered with messages.
    pub fn turn(&mut self, supply: &mut Supply, fanout: &mut Fanout, now: u64, utc: u64) -> usize {
        let (mut buffer, before) = ([0; 256], self.counts.answered);
        for _ in 0..TURN_REQUESTS_MAX {
            let Some((length, peer)) = self.datagrams.receive(&mut buffer) else { break };
            match buffer.get(..length).and_then(request_in) {
                Some(Request::Replay(request)) => self.answer(&request, peer, supply, now, utc),
                Some(Request::Lease(request)) => {
                    self.lease(&request, peer, supply, fanout, now, utc);
                }
                _ => self.counts.ignored += 1, // No answer to what may not even be a request.
            }
        }
        (self.counts.answered - before) as usize
    }

    /// Counts since the start.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What it sends and receives by.
    pub fn datagrams(&mut self) -> &mut U {
        &mut self.datagrams
    }

    fn lease(
        &mut self,
        request: &md::LeaseRequest,
        peer: SocketAddr,
        supply: &Supply,
        fanout: &mut Fanout,
        now: u64,
        utc: u64,
    ) {
        let allowed = self.rates.of(peer.ip(), now).map_or(0, |bucket| bucket.take(1, now));
        if allowed == 0 || !is_epoch(request.epoch.get(), self.epoch) || self.all.take(1, now) == 0
        {
            self.counts.ignored += 1;
            return;
        }
        let next = supply.window.next().unwrap_or(0);
        let lease = fanout.lease(request, peer, next, now);
        self.datagrams.send(self.control.of(&lease, utc), peer);
    }

    fn answer(
        &mut self,
        request: &md::ReplayRequest,
        peer: SocketAddr,
        supply: &mut Supply,
        now: u64,
        utc: u64,
    ) {
        let Some(next) = supply.window.next() else { return };
        let (from, to) = (request.from.get(), request.to.get());
        let in_window = supply.window.first().is_some_and(|first| first <= from);
        let search = if in_window { 0 } else { SEARCH_COST };
        let Some(packets) = self.allow(peer, search, now) else {
            self.counts.ignored += 1;
            return;
        };
        let refusal = if request.channel.get() != self.channel {
            Some(ReplayRefusal::Channel)
        } else if !is_epoch(request.epoch.get(), self.epoch) {
            Some(ReplayRefusal::Epoch)
        } else if from == 0 || from >= next || to < from || to == OPEN {
            Some(ReplayRefusal::Range)
        } else if packets == 0 {
            Some(ReplayRefusal::TooMuch)
        } else {
            None
        };
        let mut sent = 0;
        let refusal = refusal.or_else(|| {
            let datagrams = &mut self.datagrams;
            let give = supply.give(
                &mut self.reader,
                (from, to.min(next - 1)),
                packets * FRAMED_BYTES_MAX,
                |packet| {
                    // By bytes it may be a few more short ones.
                    if sent < packets {
                        datagrams.send(packet, peer);
                        sent += 1;
                    }
                },
            );
            match give {
                Err(_) if supply.is_whole => Some(ReplayRefusal::NotKept),
                Err(_) => Some(ReplayRefusal::Busy),
                Ok(_) if sent == 0 => Some(ReplayRefusal::Busy),
                Ok(_) => None,
            }
        });
        self.give_back(peer, packets.saturating_sub(sent.max(1)), now);
        self.counts.packets += sent as u64;
        match refusal {
            None => self.counts.answered += 1,
            Some(reason) => self.refuse(request, reason, next, peer, utc),
        }
    }

    /// Packets that this address may have now; `None`: not even a word.
    fn allow(&mut self, peer: SocketAddr, search: u64, now: u64) -> Option<usize> {
        let bucket = self.rates.of(peer.ip(), now)?;
        let most = PACKETS_MAX as u64 + search;
        let mine = bucket.take(most, now);
        let given = self.all.take(mine, now);
        bucket.give_back(mine - given);
        match given {
            0 => None,
            given => Some(given.saturating_sub(search) as usize),
        }
    }

    fn give_back(&mut self, peer: SocketAddr, unused: usize, now: u64) {
        if let Some(bucket) = self.rates.of(peer.ip(), now) {
            bucket.give_back(unused as u64);
        }
        self.all.give_back(unused as u64);
    }

    fn refuse(
        &mut self,
        request: &md::ReplayRequest,
        reason: ReplayRefusal,
        next: u64,
        peer: SocketAddr,
        utc: u64,
    ) {
        self.counts.refused += 1;
        let first = self.reader.first_seq().ok().flatten().unwrap_or(next);
        let reject = md::ReplayReject {
            request_id: request.request_id,
            reason: reason.into(),
            first: first.into(),
            next: next.into(),
        };
        self.datagrams.send(self.control.of(&reject, utc), peer);
    }
}

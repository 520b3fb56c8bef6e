//! A subscriber: packets of three groups in, books and events out. It owns no socket and no clock.
//!
//! `arbiter.rs` makes one row of messages of lines A and B and names what is lost; `recovery.rs`
//! reads the snapshot channel; `instrument.rs` is each book with its state. Here they meet: which
//! epoch holds, which instrument is meant, how much memory is left. No bytes make it panic, and
//! [`SubscriberLimits`] bounds what it keeps. The procedure in words: docs/wire/feed.md.

use crate::arbiter::{Arbiter, Arrival, Fate};
use crate::asking::{Ask, AskLimits, Way};
use crate::book::BookMessage;
use crate::feed_event::{FeedEvent, Statistics};
use crate::gatherer::ends_event;
use crate::instrument::{Instrument, Memory};
use crate::packet::Packet;
use crate::recovery::{Collected, Collector};
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{FeedFlags, PacketFlags, PacketHeader, ReplayRefusal};
use std::collections::BTreeMap;

/// Where a packet came from: the group, not the bytes, as those of A and B are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Incremental channel, line A.
    A,
    /// Incremental channel, line B.
    B,
    /// Snapshot channel.
    Snapshot,
    /// Answers by UDP to what was asked for.
    Udp,
    /// Answers by TCP, or the live feed over TCP: packets without their frames.
    Tcp,
}

/// Bounds of what a subscriber keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscriberLimits {
    /// Instruments; others are ignored and counted.
    pub instruments_max: usize,
    /// Orders of all books together, and again of the one snapshot that is being collected.
    pub orders_max: usize,
    /// Messages kept by all instruments that wait for their snapshot.
    pub waiting_max: usize,
    /// Bytes of packets that wait for one before them; then that one counts as lost.
    pub held_bytes_max: usize,
    /// How long a packet may be late, on both lines, before it counts as lost: with nobody to ask.
    pub late_ns: u64,
    /// Who can be asked for what both lines have lost.
    pub ask: AskLimits,
}

impl Default for SubscriberLimits {
    fn default() -> Self {
        Self {
            instruments_max: 1024,
            orders_max: 1 << 20,
            waiting_max: 1 << 18,
            held_bytes_max: 4 << 20,
            late_ns: 20_000_000,
            ask: AskLimits::NOBODY,
        }
    }
}

/// See the file's map.
pub struct Subscriber {
    limits: SubscriberLimits,
    /// Number of the incremental channel and of the snapshot channel: their first packets say.
    channels: [Option<u16>; 2],
    /// The first packet of either says which; it may rise.
    epoch: Option<u32>,
    arbiter: Arbiter,
    collector: Collector,
    books: Books,
    statistics: Statistics,
    /// To be asked for, and not taken yet.
    ask: Option<Ask>,
}

impl Subscriber {
    /// Before the first packet. It may be of any time in the life of the venue.
    pub fn new(limits: SubscriberLimits) -> Self {
        Self {
            limits,
            channels: [None; 2],
            epoch: None,
            arbiter: arbiter(&limits),
            collector: Collector::new(limits.orders_max),
            books: Books::new(limits),
            statistics: Statistics::default(),
            ask: None,
        }
    }

    /// Takes a packet that came at `now` (any clock that does not step back, nanoseconds).
    pub fn on_packet(
        &mut self,
        line: Line,
        bytes: &[u8],
        now: u64,
        listen: &mut impl FnMut(FeedEvent<'_>),
    ) {
        self.on_tick(now, listen);
        match line {
            Line::A => self.statistics.packets_a += 1,
            Line::B => self.statistics.packets_b += 1,
            Line::Snapshot => self.statistics.packets_snapshot += 1,
            Line::Udp | Line::Tcp => self.statistics.packets_replay += 1,
        }
        let Ok(packet) = Packet::parse(bytes) else {
            self.statistics.unreadable += 1;
            return;
        };
        if packet.header.flags.has(PacketFlags::CONTROL) {
            return self.on_control(line, &packet);
        }
        if !self.is_for_us(line, &packet, listen) {
            return;
        }
        match line {
            Line::A | Line::B | Line::Udp | Line::Tcp => {
                let before = self.statistics.messages;
                self.on_incremental(&packet, bytes, now, listen);
                if matches!(line, Line::Udp | Line::Tcp) {
                    self.statistics.messages_replayed += self.statistics.messages - before;
                }
            }
            Line::Snapshot => self.on_snapshot(&packet, listen),
        }
    }

    /// Sees what only time shows: a packet that neither line brought. `on_packet` does it too.
    pub fn on_tick(&mut self, now: u64, listen: &mut impl FnMut(FeedEvent<'_>)) {
        let Self { arbiter, books, statistics, .. } = self;
        let mut tell = counted(statistics, listen);
        let ask = arbiter.on_tick(now, &mut |arrival| books.on_arrival(arrival, &mut tell));
        if let Some(Ask { from, to, .. }) = ask {
            tell(FeedEvent::Asked { from, to });
            self.ask = ask;
        }
    }

    /// Messages that the driver should ask for now; each is given once, and asked for again if no answer
    /// comes. Only with [`SubscriberLimits::ask`]. To be looked at after every packet and tick.
    pub fn take_ask(&mut self) -> Option<Ask> {
        self.ask.take()
    }

    /// Channel and epoch to ask for; `None` before the first packet.
    pub fn channel(&self) -> Option<(u16, u32)> {
        Some((self.channels[0]?, self.epoch?))
    }

    /// Nobody can be asked by `way` any more (no connection, an error): the next way is taken.
    pub fn cannot_ask(&mut self, way: Way) {
        self.arbiter.refused(way, true);
    }

    /// An answer that is no message.
    fn on_control(&mut self, line: Line, packet: &Packet<'_>) {
        let way = match line {
            Line::Udp => Way::Udp,
            Line::Tcp => Way::Tcp,
            _ => {
                self.statistics.unreadable += 1;
                return;
            }
        };
        for message in packet.messages() {
            if let Ok((reject, ..)) = md::ReplayReject::decode(message) {
                match reject.reason.known() {
                    Some(ReplayRefusal::Busy) => {} // It is asked again.
                    Some(ReplayRefusal::NotKept) => self.arbiter.refused(way, false),
                    _ => self.arbiter.refused(way, true),
                }
            }
        }
    }

    /// The instruments heard of, in order of their numbers.
    pub fn instruments(&self) -> impl Iterator<Item = (u32, &Instrument)> {
        self.books.instruments.iter().map(|(number, instrument)| (*number, instrument))
    }

    /// One instrument by its number.
    pub fn instrument(&self, number: u32) -> Option<&Instrument> {
        self.books.instruments.get(&number)
    }

    /// The message before is the last of its event, as far as is known: books are as one command has left them, not
    /// as it was half done. Looked at after a packet, before books are shown or used.
    pub fn is_between_events(&self) -> bool {
        !self.books.is_amid_event
    }

    /// Counts since the start.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Sequence of the next message of the incremental channel; `None` before its first packet.
    pub fn next_sequence(&self) -> Option<u64> {
        self.arbiter.expected()
    }

    /// Of this channel, this group and this epoch. A later epoch, and a venue that lost its log,
    /// begin anew.
    fn is_for_us(
        &mut self,
        line: Line,
        packet: &Packet<'_>,
        listen: &mut impl FnMut(FeedEvent<'_>),
    ) -> bool {
        let PacketHeader { flags, channel, epoch, .. } = *packet.header;
        let (channel, epoch) = (channel.get(), epoch.get());
        let is_snapshot = flags.has(PacketFlags::SNAPSHOT);
        let [incremental, snapshot] = &mut self.channels;
        let ours = if is_snapshot { snapshot } else { incremental };
        if is_snapshot != (line == Line::Snapshot) || *ours.get_or_insert(channel) != channel {
            self.statistics.unreadable += 1;
            return false;
        }
        let known_epoch = *self.epoch.get_or_insert(epoch);
        if epoch < known_epoch {
            self.statistics.outdated += 1;
            return false;
        }
        if epoch > known_epoch || (!is_snapshot && self.arbiter.began_anew(packet)) {
            self.epoch = Some(epoch);
            self.arbiter = arbiter(&self.limits);
            self.collector = Collector::new(self.limits.orders_max);
            self.books = Books::new(self.limits);
            counted(&mut self.statistics, listen)(FeedEvent::Reset { epoch });
        }
        true
    }

    fn on_incremental(
        &mut self,
        packet: &Packet<'_>,
        bytes: &[u8],
        now: u64,
        listen: &mut impl FnMut(FeedEvent<'_>),
    ) {
        let Self { arbiter, books, statistics, .. } = self;
        let fate = {
            let mut tell = counted(statistics, listen);
            arbiter.on_packet(packet, bytes, now, &mut |a| books.on_arrival(a, &mut tell))
        };
        match fate {
            Fate::Fresh => {}
            Fate::Heartbeat => statistics.heartbeats += 1,
            Fate::Duplicate => statistics.duplicates += 1,
            Fate::Held => statistics.held += 1,
            Fate::Senseless => statistics.unreadable += 1,
        }
    }

    fn on_snapshot(&mut self, packet: &Packet<'_>, listen: &mut impl FnMut(FeedEvent<'_>)) {
        let Self { collector, books, statistics, .. } = self;
        let fresh = {
            let mut tell = counted(statistics, listen);
            collector.on_packet(packet, &mut |c| books.on_collected(c, &mut tell))
        };
        statistics.duplicates += u64::from(!fresh);
    }
}

fn arbiter(limits: &SubscriberLimits) -> Arbiter {
    Arbiter::new(limits.late_ns, limits.ask, limits.held_bytes_max)
}

/// The listener, with everything that it is told counted.
fn counted<'a>(
    statistics: &'a mut Statistics,
    listen: &'a mut impl FnMut(FeedEvent<'_>),
) -> impl FnMut(FeedEvent<'_>) + 'a {
    move |event: FeedEvent<'_>| {
        statistics.count(&event);
        listen(event);
    }
}

fn definition_in(begin: &md::SnapshotBegin) -> md::InstrumentDefinition {
    md::InstrumentDefinition {
        instrument: begin.instrument,
        flags: FeedFlags::EMPTY,
        phase: begin.phase,
        symbol: begin.symbol,
        tick_size: begin.tick_size,
        lot_size: begin.lot_size,
        quantity_max: begin.quantity_max,
        bands: begin.bands,
    }
}

/// All instruments, and the memory they use together.
struct Books {
    limits: SubscriberLimits,
    instruments: BTreeMap<u32, Instrument>,
    /// Of an instrument heard of from now on: its messages are complete from here.
    complete_from: u64,
    /// The next messages are late.
    is_doubted: bool,
    /// More messages of the event come.
    is_amid_event: bool,
    used: Memory,
}

impl Books {
    fn new(limits: SubscriberLimits) -> Self {
        // Before the incremental channel is joined no snapshot reaches far enough to be of use.
        Self {
            limits,
            instruments: BTreeMap::new(),
            complete_from: u64::MAX,
            is_doubted: false,
            is_amid_event: false,
            used: Memory::default(),
        }
    }

    fn on_arrival(&mut self, arrival: Arrival<'_>, tell: &mut impl FnMut(FeedEvent<'_>)) {
        match arrival {
            Arrival::Joined { sequence } => self.on_loss(sequence, tell),
            Arrival::Doubt => {
                self.is_doubted = true;
                self.instruments.values_mut().for_each(|i| i.on_doubt(tell));
            }
            Arrival::Whole => {
                self.is_doubted = false;
                self.instruments.values_mut().for_each(|i| i.on_whole(tell));
            }
            Arrival::Lost { from, to } => {
                tell(FeedEvent::Gap { from, to });
                self.on_loss(to, tell);
            }
            Arrival::Message { sequence, time, bytes } => {
                tell(FeedEvent::Message { sequence, time, bytes });
                self.on_message(sequence, bytes, tell);
                self.is_amid_event = !ends_event(bytes);
                if !self.is_amid_event {
                    tell(FeedEvent::EndOfEvent { sequence });
                }
            }
        }
    }

    fn on_loss(&mut self, to: u64, tell: &mut impl FnMut(FeedEvent<'_>)) {
        // What was lost of an event its books wait for, and get whole: snapshots are of between two.
        (self.complete_from, self.is_doubted, self.is_amid_event) = (to, false, false);
        for instrument in self.instruments.values_mut() {
            instrument.on_loss(to, tell);
        }
        self.used.waiting = 0;
    }

    fn on_message(&mut self, sequence: u64, bytes: &[u8], tell: &mut impl FnMut(FeedEvent<'_>)) {
        if let Some(message) = BookMessage::decode(bytes) {
            self.with(message.instrument(), tell, |instrument, room, tell| {
                instrument.on_message(sequence, message, room, tell);
            });
        } else if let Ok((definition, ..)) = md::InstrumentDefinition::decode(bytes) {
            self.define(sequence, definition, tell);
        } else if let Ok((status, ..)) = md::TradingStatus::decode(bytes) {
            self.with(status.instrument.get(), tell, |instrument, _, tell| {
                instrument.on_status(sequence, status, tell);
            });
        } else if let Ok((bands, ..)) = md::PriceBands::decode(bytes) {
            self.with(bands.instrument.get(), tell, |instrument, _, tell| {
                instrument.on_bands(sequence, bands, tell);
            });
        } else if let Ok((summary, ..)) = md::TradeSummary::decode(bytes) {
            tell(FeedEvent::Summary { summary });
        } else if let Ok((trade, ..)) = md::Trade::decode(bytes) {
            tell(FeedEvent::Trade { trade });
        } else if let Ok((bust, ..)) = md::TradeBust::decode(bytes) {
            tell(FeedEvent::Bust { bust });
        } else if let Ok((indicative, ..)) = md::AuctionIndicative::decode(bytes) {
            tell(FeedEvent::Indicative { indicative });
        } else if let Ok((result, ..)) = md::AuctionResult::decode(bytes) {
            tell(FeedEvent::AuctionResult { result });
        }
    }

    fn on_collected(&mut self, collected: Collected, tell: &mut impl FnMut(FeedEvent<'_>)) {
        match collected {
            Collected::Begun(begin) => {
                self.define(begin.sequence.get(), &definition_in(&begin), tell);
            }
            Collected::Complete(begin, snapshot) => {
                self.with(begin.instrument.get(), tell, |instrument, room, tell| {
                    instrument.on_snapshot(&begin, snapshot, room, tell);
                });
            }
            Collected::Cut(begin) => {
                tell(FeedEvent::SnapshotCut { instrument: begin.instrument.get() });
            }
            Collected::Wrong(begin) => tell(FeedEvent::SnapshotWrong {
                instrument: begin.instrument.get(),
                rpt_seq: begin.rpt_seq.get(),
            }),
        }
    }

    fn define(
        &mut self,
        sequence: u64,
        definition: &md::InstrumentDefinition,
        tell: &mut impl FnMut(FeedEvent<'_>),
    ) {
        self.with(definition.instrument.get(), tell, |instrument, _, tell| {
            instrument.define(sequence, definition, tell);
        });
    }

    /// Does something to an instrument, known or new, and keeps account of its memory.
    fn with<T: FnMut(FeedEvent<'_>)>(
        &mut self,
        number: u32,
        tell: &mut T,
        act: impl FnOnce(&mut Instrument, Memory, &mut T),
    ) {
        let is_known = self.instruments.contains_key(&number);
        if !is_known && self.instruments.len() >= self.limits.instruments_max {
            return tell(FeedEvent::Ignored { instrument: number });
        }
        let (complete_from, is_doubted) = (self.complete_from, self.is_doubted);
        let new = || Instrument::new(number, complete_from, is_doubted);
        let instrument = self.instruments.entry(number).or_insert_with(new);
        let room = Memory {
            orders: self.limits.orders_max.saturating_sub(self.used.orders),
            waiting: self.limits.waiting_max.saturating_sub(self.used.waiting),
        };
        let before = instrument.memory();
        act(instrument, room, tell);
        let after = instrument.memory();
        self.used.orders = self.used.orders - before.orders + after.orders;
        self.used.waiting = self.used.waiting - before.waiting + after.waiting;
    }
}

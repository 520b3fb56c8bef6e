//! A feed of made-up messages: a packer and a tap in front, a history that lags behind, the service between.

use crate::common::{DATA, Message, Random, begun, market, settings, told};
use engine::{EVENT_BYTES, Event};
use gateway::feed::control::{ControlPacket, Framed, next_framed};
use gateway::feed::fanout::Fanout;
use gateway::feed::service::{FeedService, Viewer};
use gateway::feed::supply::Supply;
use gateway::feed::tap::{TapIn, tap};
use gateway::feed::tcp::{self, TcpReplay};
use gateway::feed::udp::{Datagrams, UdpReplay};
use gateway::history::{History, HistoryReader};
use gateway::io::sim::{SimClient, SimNet};
use gateway::io::sim_disk::SimDisk;
use gateway::io::{StreamTransport, TransportLimits, WhenFull};
use gateway::publisher::Lines;
use marketdata::SubscriberLimits;
use marketdata::packer::Packer;
use marketdata::packet::Packet;
use marketdata::views::Views;
use sbe_schemas::header::Message as _;
use sbe_schemas::journal::BatchEnd;
use sbe_schemas::market_data as md;
use sbe_schemas::types::{EventHead, EventKind, EventKindCode, PacketFlags};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

pub const MS: u64 = 1_000_000;
pub const OPEN: u64 = u64::MAX;

/// Datagrams in memory: those for the service, those of it.
#[derive(Clone, Default)]
pub struct Wire(pub Rc<RefCell<(VecDeque<Datagram>, Vec<Datagram>)>>);

/// Bytes, and from or to whom.
pub type Datagram = (Vec<u8>, SocketAddr);

impl Datagrams for Wire {
    fn receive(&mut self, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        let (bytes, from) = self.0.borrow_mut().0.pop_front()?;
        let length = bytes.len().min(buffer.len());
        buffer[..length].copy_from_slice(&bytes[..length]);
        Some((length, from))
    }

    fn send(&mut self, packet: &[u8], to: SocketAddr) {
        self.0.borrow_mut().1.push((packet.to_vec(), to));
    }
}

pub struct World {
    pub seed: u64,
    pub random: Random,
    pub now: u64,
    pub net: SimNet,
    pub wire: Wire,
    pub service: FeedService<SimDisk, Wire>,
    history: History<SimDisk>,
    packer: Packer,
    tap: TapIn,
    /// Next message to be told.
    pub next: u64,
}

impl World {
    /// Messages 1 to `old` are in the history; a tap of `tap_packets`, a window of `window_packets`.
    pub fn new(seed: u64, old: u64, tap_packets: usize, window_packets: usize) -> Self {
        let disk = SimDisk::new(seed);
        let mut history = begun(&disk, settings(seed), 1).unwrap();
        (1..=old).for_each(|seq| history.put(told(&market(seed, seq))));
        history.flush().unwrap();
        let net = SimNet::new(seed);
        let limits = TransportLimits {
            connections_max: 8,
            when_full: WhenFull::Refuse,
            receive_bytes: tcp::RECEIVE_BYTES,
            send_bytes: tcp::SEND_BYTES,
            linger: Duration::from_secs(1),
        };
        let mut transport = net.transport(limits).unwrap();
        transport.listen("127.0.0.1:9104".parse().unwrap()).unwrap();
        let settings = tcp::Settings {
            channel: 1,
            epoch: 1,
            per_address_max: 6,
            bytes_per_s: 4 << 20,
            slow_ns: 1000 * MS,
            idle_ns: 5000 * MS,
        };
        let (into, mut out) = tap(tap_packets);
        out.set_open(true);
        let (wire, data) = (Wire::default(), Path::new(DATA).to_path_buf());
        let reader = HistoryReader::open(disk.clone(), &data);
        let views = Views::new(SubscriberLimits::default(), 0);
        let udp = UdpReplay::new(1, 1, wire.clone(), disk.clone(), &data, 0);
        let service = FeedService {
            tap: out,
            snapshots: tap(1).1,
            viewer: Viewer::new(views, reader, 0),
            supply: Supply::new(1, 1, window_packets),
            tcp: TcpReplay::new(settings, Box::new(transport), 8, disk, data),
            udp,
            fanout: Fanout::new(Vec::new(), 4),
        };
        let (random, packer) = (Random(seed), Packer::new(1, 1));
        Self { seed, random, now: 1, net, wire, service, history, packer, tap: into, next: old + 1 }
    }

    /// The venue tells another batch of at most 7 messages.
    pub fn tell(&mut self) {
        let mut event =
            Event { head: EventHead::ZERO, message: [0; EVENT_BYTES - engine::event::HEAD_BYTES] };
        // Seven messages have one time: a batch is some of them.
        let end = (self.next + 1 + self.random.below(8)).min((self.next / 7 + 1) * 7);
        let tap = &mut self.tap;
        for seq in self.next..end {
            self.packer.on_event(&market(self.seed, seq), |packet| tap.send(packet));
        }
        let kind = EventKindCode(EventKind::Control.code());
        event.write(EventHead { kind, ..EventHead::ZERO }, &BatchEnd::ZERO);
        self.packer.on_event(&event, |packet| tap.send(packet));
        self.next = end;
    }

    pub fn heartbeat(&mut self) {
        let packet = self.packer.heartbeat(self.now).unwrap().to_vec();
        self.tap.send(&packet);
    }

    /// The understudy gets on, perhaps not to the end.
    pub fn write_history(&mut self, lag: u64) {
        let to = self.next.saturating_sub(lag);
        (self.history.next_seq()..to)
            .for_each(|seq| self.history.put(told(&market(self.seed, seq))));
        self.history.flush().unwrap();
    }

    pub fn turn(&mut self) {
        self.service.turn(self.now, 1_700_000_000_000_000_000 + self.now);
        self.now += MS;
        self.net.advance(Duration::from_millis(1));
    }

    pub fn connect(&self) -> Client {
        Client { conn: self.net.connect(0).unwrap(), bytes: Vec::new(), got: Vec::new() }
    }

    /// What the message with this sequence must be.
    pub fn message(&self, seq: u64) -> Message {
        crate::common::message(self.seed, seq)
    }

    pub fn assert_told(&self, got: &[Message], from: u64, to: u64) {
        assert_eq!(got.len() as u64, to + 1 - from, "seed {}", self.seed);
        for (message, seq) in got.iter().zip(from..) {
            assert_eq!((message.0, &message.2), (seq, &self.message(seq).2), "seed {}", self.seed);
            assert_eq!(message.1, self.message(seq).1, "the time of its batch");
        }
    }
}

/// What came over TCP or UDP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    Message(Message),
    Heartbeat(u64),
    Begin(u64, u64),
    End(u64),
    Reject(u8, u64, u64),
    Slow(u32),
}

/// Reads a packet.
pub fn got(bytes: &[u8]) -> Vec<Got> {
    let packet = Packet::parse(bytes).expect("no packet is ever broken");
    let (header, first) = (packet.header, packet.header.sequence.get());
    if header.flags.has(PacketFlags::CONTROL) {
        let message = packet.messages().next().unwrap();
        return vec![control(message)];
    }
    assert_eq!((header.channel.get(), header.epoch.get()), (1, 1));
    if header.message_count.get() == 0 {
        return vec![Got::Heartbeat(first)];
    }
    let time = header.time.get();
    let message = |(seq, bytes): (u64, &[u8])| Got::Message((seq, time, bytes.to_vec()));
    (first..).zip(packet.messages()).map(message).collect()
}

fn control(message: &[u8]) -> Got {
    if let Ok((m, ..)) = md::ReplayBegin::decode(message) {
        return Got::Begin(m.from.get(), m.to.get());
    }
    if let Ok((m, ..)) = md::ReplayEnd::decode(message) {
        return Got::End(m.next.get());
    }
    if let Ok((m, ..)) = md::SlowConsumer::decode(message) {
        return Got::Slow(m.left_ms.get());
    }
    let (m, ..) = md::ReplayReject::decode(message).unwrap();
    Got::Reject(m.reason.0, m.first.get(), m.next.get())
}

pub fn request(request_id: u32, (from, to): (u64, u64), channel: u16, epoch: u32) -> Vec<u8> {
    let request = md::ReplayRequest {
        request_id: request_id.into(),
        epoch: epoch.into(),
        channel: channel.into(),
        from: from.into(),
        to: to.into(),
    };
    ControlPacket::new(epoch).of(&request, 0).to_vec()
}

pub struct Client {
    pub conn: SimClient,
    bytes: Vec<u8>,
    pub got: Vec<Got>,
}

impl Client {
    pub fn ask(&self, world: &World, from: u64, to: u64) {
        self.send(world, &request(7, (from, to), 1, 1));
    }

    pub fn send(&self, world: &World, packet: &[u8]) {
        let mut framed = Vec::new();
        gateway::feed::control::push_framed(packet, &mut framed);
        assert_eq!(world.net.client_send(self.conn, &framed), framed.len());
    }

    /// Reads all that has come.
    pub fn read(&mut self, world: &World) {
        self.bytes.extend(world.net.client_recv(self.conn));
        loop {
            let taken = match next_framed(&self.bytes) {
                Framed::Packet(packet, taken) => {
                    self.got.extend(got(packet));
                    taken
                }
                Framed::Short => return,
                Framed::Wrong => panic!("framing lost"),
            };
            self.bytes.drain(..taken);
        }
    }

    pub fn messages(&self) -> Vec<Message> {
        let message = |got: &Got| match got {
            Got::Message(message) => Some(message.clone()),
            _ => None,
        };
        self.got.iter().filter_map(message).collect()
    }

    pub fn is_ended(&self, world: &World) -> bool {
        world.net.client_ended(self.conn).is_some()
    }
}

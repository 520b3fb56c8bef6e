//! The simulator's back end: a network in memory, on one thread, with a clock that only moves when
//! told and misfortune that only comes from a seed.
//!
//! [`SimNet`] is the world outside: clients connect, send, read or stop reading, hang up or are cut
//! off. [`SimTransport`] is what a gateway sees of it. Bytes are delivered in pieces of a random
//! size, at most one piece per connection and poll, both ways. Same seed, same calls, same run.
//! Table and buffers are the real back ends' own: `connections.rs`.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::connections::{CLOSED, Connections, Phase, READABLE, WRITABLE};
use super::doorbell::{Doorbell, Sleeper};
use super::tcp;
use super::transport::{
    Close, CloseReason, ConnId, NetEvent, StreamTransport, TransportLimits, TransportStats,
};

/// Bytes one direction of a connection holds: what kernels and wires hold in the real world.
const WINDOW_BYTES: usize = 32 << 10;

/// What one side has told the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    /// FIN: sends no more, still reads.
    Finished,
    /// Does neither.
    Gone,
    /// Broke off: what was under way is lost or not, but nothing follows.
    Reset,
}

/// One connection, as the wire sees it.
struct Link {
    to_server: VecDeque<u8>,
    to_client: VecDeque<u8>,
    client: End,
    server: End,
}

struct Wire {
    random: u64,
    now_ns: u64,
    /// Per listener: still accepting.
    listening: Vec<bool>,
    /// Connected, not yet accepted: listener and link.
    arrivals: VecDeque<(u8, usize)>,
    /// Only ever grows: a client's number is its place.
    links: Vec<Link>,
}

impl Wire {
    /// A piece of something `most` long: 1 to `most`, and all of it half of the time.
    fn piece(&mut self, most: usize) -> usize {
        // splitmix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators".
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        if most < 2 || z & 1 == 0 { most } else { 1 + (z >> 1) as usize % most }
    }
}

/// The network and its clients. A handle: clones are the same network.
#[derive(Clone)]
pub struct SimNet(Arc<Mutex<Wire>>);

/// A client's end of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimClient(usize);

impl SimNet {
    /// A network without clients at time 0.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Wire {
            random: seed,
            now_ns: 0,
            listening: Vec::new(),
            arrivals: VecDeque::new(),
            links: Vec::new(),
        })))
    }

    /// The gateway's side. One per network.
    ///
    /// # Errors
    /// Out of descriptors: the doorbell is a real one.
    pub fn transport(&self, limits: TransportLimits) -> io::Result<SimTransport> {
        let connections = Connections::new(limits);
        Ok(SimTransport { net: self.clone(), connections, sleeper: Sleeper::new()? })
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let mut wire = self.wire();
        let by_ns = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        wire.now_ns = wire.now_ns.saturating_add(by_ns);
    }

    /// A new client at `listener`. `None`: nobody listens there.
    pub fn connect(&self, listener: u8) -> Option<SimClient> {
        let mut wire = self.wire();
        if !wire.listening.get(usize::from(listener)).is_some_and(|&open| open) {
            return None;
        }
        let link = wire.links.len();
        wire.links.push(Link {
            to_server: VecDeque::new(),
            to_client: VecDeque::new(),
            client: End::Open,
            server: End::Open,
        });
        wire.arrivals.push_back((listener, link));
        Some(SimClient(link))
    }

    /// Sends from the start of `bytes` what the window has room for; how many that were.
    pub fn client_send(&self, client: SimClient, bytes: &[u8]) -> usize {
        let mut wire = self.wire();
        let Some(link) = wire.links.get_mut(client.0) else { return 0 };
        if link.client == End::Open && matches!(link.server, End::Gone) {
            // Nobody is there any more, as the answer to these bytes says.
            link.client = End::Reset;
        }
        if link.client != End::Open {
            return 0;
        }
        let taken = bytes.len().min(WINDOW_BYTES.saturating_sub(link.to_server.len()));
        link.to_server.extend(&bytes[..taken]);
        taken
    }

    /// Takes all bytes that have come. A client that never calls this fills its window, and then
    /// the gateway's out buffer.
    pub fn client_recv(&self, client: SimClient) -> Vec<u8> {
        let mut wire = self.wire();
        wire.links
            .get_mut(client.0)
            .map_or_else(Vec::new, |link| link.to_client.drain(..).collect())
    }

    /// How the gateway ended the connection, once all bytes before that have been taken.
    pub fn client_ended(&self, client: SimClient) -> Option<CloseReason> {
        let wire = self.wire();
        let link = wire.links.get(client.0)?;
        match (link.client, link.server) {
            (End::Reset, _) | (_, End::Reset) => Some(CloseReason::Reset),
            (_, End::Finished | End::Gone) if link.to_client.is_empty() => Some(CloseReason::Eof),
            _ => None,
        }
    }

    /// The client sends no more; it still reads.
    pub fn client_close(&self, client: SimClient) {
        if let Some(link @ Link { client: End::Open, .. }) = self.wire().links.get_mut(client.0) {
            link.client = End::Finished;
        }
    }

    /// The client breaks off. What it has sent still arrives, what was sent to it is lost.
    pub fn client_reset(&self, client: SimClient) {
        if let Some(link) = self.wire().links.get_mut(client.0) {
            link.client = End::Reset;
            link.to_client.clear();
        }
    }

    /// The network cuts the connection: both sides see a reset, and of what was on its way to the
    /// gateway only a piece arrives.
    pub fn cut(&self, client: SimClient) {
        let mut wire = self.wire();
        let under_way = wire.links.get(client.0).map_or(0, |link| link.to_server.len());
        let arrives = wire.piece(under_way + 1) - 1;
        if let Some(link) = wire.links.get_mut(client.0) {
            link.to_server.truncate(arrives);
            link.to_client.clear();
            link.client = End::Reset;
        }
    }

    fn wire(&self) -> MutexGuard<'_, Wire> {
        // A panic elsewhere is that test's failure; the network itself is never left half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct Io {
    link: usize,
    /// `ended` has been raised.
    told_end: bool,
}

/// The gateway's side of a [`SimNet`].
pub struct SimTransport {
    net: SimNet,
    connections: Connections<Io>,
    sleeper: Sleeper,
}

impl SimTransport {
    fn accept(&mut self, wire: &mut Wire) {
        while !self.connections.lets_wait()
            && let Some((listener, link)) = wire.arrivals.pop_front()
        {
            let number = u32::try_from(link).unwrap_or(u32::MAX);
            let address = Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() | number >> 8);
            let peer = SocketAddr::from((address, 40_000 + (number & 0xff) as u16));
            let open = wire.listening.get(usize::from(listener)).is_some_and(|&open| open);
            let io = Io { link, told_end: false };
            if !open || self.connections.claim(listener, peer, io).is_none() {
                hang_up(wire, link);
            }
        }
        if !wire.arrivals.is_empty() {
            self.connections.make_room();
        }
    }

    /// Moves at most one piece each way, and ends what has ended.
    fn step(&mut self, wire: &mut Wire, slot: u16) {
        match self.connections.at(slot).phase {
            Phase::Free => return,
            Phase::Open => {
                self.transmit(wire, slot);
                self.receive(wire, slot);
            }
            Phase::Draining { .. } | Phase::Lingering { .. } => self.wind_down(wire, slot),
            Phase::Dying => {}
        }
        let conn = self.connections.at(slot);
        if conn.phase == Phase::Dying {
            hang_up(wire, conn.io.link);
            self.connections.release(slot);
        }
    }

    fn receive(&mut self, wire: &mut Wire, slot: u16) {
        let conn = self.connections.at(slot);
        let waiting = wire.links[conn.io.link].to_server.len();
        if waiting == 0 {
            conn.ended = match wire.links[conn.io.link].client {
                End::Open => None,
                End::Finished | End::Gone => Some(CloseReason::Eof),
                End::Reset => Some(CloseReason::Reset),
            };
            if conn.ended.is_some() && !std::mem::replace(&mut conn.io.told_end, true) {
                self.connections.raise(slot, CLOSED);
            }
        } else if conn.receive.is_full() {
            self.connections.stats.reads_paused += 1;
        } else {
            let room = conn.receive.room(4096).len();
            let bytes = wire.piece(waiting.min(room));
            for (to, from) in conn
                .receive
                .room(0)
                .iter_mut()
                .zip(wire.links[conn.io.link].to_server.drain(..bytes))
            {
                *to = from;
            }
            conn.receive.filled(bytes);
            self.connections.stats.bytes_in += bytes as u64;
            self.connections.raise(slot, READABLE);
        }
    }

    fn transmit(&mut self, wire: &mut Wire, slot: u16) {
        let conn = self.connections.at(slot);
        if wire.links[conn.io.link].client == End::Reset {
            conn.send.break_off();
            return;
        }
        let room = WINDOW_BYTES - wire.links[conn.io.link].to_client.len();
        let whole = conn.send.next().len();
        let bytes = wire.piece(whole.min(room));
        if bytes == 0 {
            return;
        }
        wire.links[conn.io.link].to_client.extend(&conn.send.next()[..bytes]);
        let writable = conn.send.sent(bytes);
        self.connections.stats.bytes_out += bytes as u64;
        self.connections.stats.short_sends += u64::from(bytes < whole);
        if writable {
            self.connections.raise(slot, WRITABLE);
        }
    }

    /// One step of `Close::Flushed`: send the rest, say FIN, read until theirs.
    fn wind_down(&mut self, wire: &mut Wire, slot: u16) {
        self.transmit(wire, slot);
        let conn = self.connections.at(slot);
        let link = &mut wire.links[conn.io.link];
        link.to_server.clear();
        if let (Phase::Draining { deadline_ns }, 0) = (conn.phase, conn.send.queued_bytes()) {
            link.server = End::Finished;
            conn.phase = Phase::Lingering { deadline_ns };
        }
        let lingering = matches!(conn.phase, Phase::Lingering { .. });
        if link.client == End::Reset || (lingering && link.client != End::Open) {
            conn.phase = Phase::Dying;
        }
    }

    fn step_all(&mut self) {
        let net = self.net.clone();
        let mut wire = net.wire();
        for slot in 0..self.connections.len() {
            self.step(&mut wire, slot);
        }
    }
}

/// The gateway is done with `link`. As in TCP, bytes it has not read make that a reset.
fn hang_up(wire: &mut Wire, link: usize) {
    let link = &mut wire.links[link];
    link.server = if link.to_server.is_empty() { End::Gone } else { End::Reset };
    link.to_server = VecDeque::new();
}

impl StreamTransport for SimTransport {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn listen(&mut self, mut addr: SocketAddr) -> io::Result<SocketAddr> {
        let mut wire = self.net.wire();
        let number = tcp::listener_number(wire.listening.len())?;
        wire.listening.push(true);
        if addr.port() == 0 {
            addr.set_port(10_000 + u16::from(number));
        }
        Ok(addr)
    }

    fn poll(&mut self, events: &mut Vec<NetEvent>) -> usize {
        events.clear();
        let net = self.net.clone();
        let now_ns = net.wire().now_ns;
        self.accept(&mut net.wire());
        self.connections.expire(now_ns);
        self.step_all();
        // Every slot has been looked at; who was touched does not matter here.
        self.connections.forget_touched();
        self.connections.tell(events)
    }

    fn received(&self, conn: ConnId) -> &[u8] {
        self.connections.received(conn)
    }

    fn consume(&mut self, conn: ConnId, bytes: usize) {
        self.connections.consume(conn, bytes);
    }

    fn reserve(&mut self, conn: ConnId, bytes: usize) -> Option<&mut [u8]> {
        self.connections.reserve(conn, bytes)
    }

    fn commit(&mut self, conn: ConnId, bytes: usize) {
        self.connections.commit(conn, bytes);
    }

    fn flush(&mut self) {
        let net = self.net.clone();
        let mut wire = net.wire();
        for slot in 0..self.connections.len() {
            if self.connections.at(slot).phase == Phase::Open {
                self.transmit(&mut wire, slot);
            }
        }
    }

    fn queued_bytes(&self, conn: ConnId) -> usize {
        self.connections.queued_bytes(conn)
    }

    fn close(&mut self, conn: ConnId, how: Close) {
        let now_ns = self.net.wire().now_ns;
        self.connections.close(conn, how, now_ns);
    }

    fn stop_listening(&mut self) {
        self.net.wire().listening.fill(false);
    }

    /// Never blocks: lets `timeout` pass on the network's clock if there is nothing to tell.
    fn wait(&mut self, timeout: Duration) {
        self.flush();
        if self.sleeper.announce() {
            self.sleeper.cancel();
            if !self.connections.has_events() {
                self.net.advance(timeout);
            }
        }
    }

    fn doorbell(&self) -> Doorbell {
        self.sleeper.doorbell()
    }

    fn stats(&self) -> TransportStats {
        self.connections.stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Echoes through a small gateway; the sizes of the pieces are the run's fingerprint.
    fn pieces(seed: u64) -> Vec<usize> {
        let net = SimNet::new(seed);
        let mut transport = net.transport(TransportLimits::default()).unwrap();
        transport.listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let client = net.connect(0).unwrap();
        assert_eq!(net.client_send(client, &[7; 20_000]), 20_000);
        let mut events = Vec::with_capacity(16);
        let mut sizes = Vec::new();
        while sizes.iter().sum::<usize>() < 20_000 {
            transport.poll(&mut events);
            for event in events.clone() {
                if let NetEvent::Readable { conn } = event {
                    let bytes = transport.received(conn).len();
                    sizes.push(bytes);
                    transport.consume(conn, bytes);
                }
            }
        }
        sizes
    }

    #[test]
    fn the_same_seed_gives_the_same_run_and_another_seed_another() {
        assert_eq!(pieces(1), pieces(1));
        assert_ne!(pieces(1), pieces(3));
    }

    #[test]
    fn a_cut_connection_is_a_reset_on_both_sides_and_loses_only_a_tail() {
        let net = SimNet::new(5);
        let mut transport = net.transport(TransportLimits::default()).unwrap();
        transport.listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let client = net.connect(0).unwrap();
        let sent: Vec<u8> = (0..=255).collect();
        net.client_send(client, &sent);
        net.cut(client);
        let mut events = Vec::with_capacity(16);
        for _ in 0..1000 {
            transport.poll(&mut events);
            if let Some(NetEvent::Closed { conn, why }) = events.last().copied() {
                assert_eq!(why, CloseReason::Reset);
                assert!(sent.starts_with(transport.received(conn)));
                assert_eq!(net.client_ended(client), Some(CloseReason::Reset));
                return;
            }
        }
        panic!("the cut was never noticed");
    }
}

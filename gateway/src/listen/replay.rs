//! Asking a venue for old messages: by UDP from the listener's thread, by TCP on a thread that connects anew
//! for each request. Answers go into the queue of all packets.

use super::Heard;
use crate::feed::control::{ControlPacket, Framed, OPEN, next_framed, push_framed};
use crate::io::client::TcpClient;
use crate::io::udp::UnicastSocket;
use marketdata::packet::Packet;
use marketdata::{Ask, Line, Way};
use sbe_schemas::header::Message;
use sbe_schemas::market_data as md;
use sbe_schemas::types::PacketFlags;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

/// How long connecting, and silence on a connection, may take.
const PATIENCE: Duration = Duration::from_millis(500);
/// A stop is seen this soon.
const LOOK: Duration = Duration::from_millis(100);

/// Who is asked, and how.
pub(super) struct Replay {
    address: SocketAddr,
    socket: Arc<UnicastSocket>,
    connections: SyncSender<md::ReplayRequest>,
    asked: u32,
}

impl Replay {
    /// Begins to listen for answers of `address`.
    ///
    /// # Errors
    /// No socket or no thread.
    pub(super) fn start(
        address: SocketAddr,
        queue: &SyncSender<Heard>,
        stop: &Arc<AtomicBool>,
    ) -> io::Result<Self> {
        let own = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let socket = Arc::new(UnicastSocket::bind(own)?);
        let (connections, requests) = sync_channel(1);
        let (datagrams, to, ended) = (Arc::clone(&socket), queue.clone(), Arc::clone(stop));
        let udp = move || while_running(&ended, || receive(&datagrams, address, &to));
        std::thread::Builder::new().name("answers".into()).spawn(udp)?;
        let (queue, stop) = (queue.clone(), Arc::clone(stop));
        let tcp = move || serve(address, &requests, &queue, &stop);
        std::thread::Builder::new().name("replay".into()).spawn(tcp)?;
        Ok(Self { address, socket, connections, asked: 0 })
    }

    /// Asks; `false`: it cannot be asked this way now.
    pub(super) fn ask(&mut self, ask: Ask, (channel, epoch): (u16, u32)) -> bool {
        self.asked += 1;
        let request = md::ReplayRequest {
            request_id: self.asked.into(),
            epoch: epoch.into(),
            channel: channel.into(),
            from: ask.from.into(),
            to: ask.to.into(),
        };
        match ask.way {
            Way::Udp => {
                self.socket.send(ControlPacket::new(epoch).of(&request, 0), self.address);
                true
            }
            // One request at a time: while it is answered there is no other hole.
            Way::Tcp => {
                !matches!(self.connections.try_send(request), Err(TrySendError::Disconnected(_)))
            }
        }
    }

    /// Asks for everything, and for what comes.
    pub(super) fn follow(&mut self) -> bool {
        self.ask(Ask { way: Way::Tcp, from: 0, to: OPEN }, (super::CHANNEL, super::EPOCH))
    }
}

fn while_running(stop: &AtomicBool, mut work: impl FnMut() -> bool) {
    while !stop.load(Ordering::Relaxed) && work() {}
}

/// Datagrams into the queue. `false`: nobody takes them any more.
fn receive(socket: &UnicastSocket, address: SocketAddr, queue: &SyncSender<Heard>) -> bool {
    let mut buffer = [0; 2048];
    if socket.wait(LOOK).is_err() {
        return false;
    }
    while let Some((length, from)) = socket.receive(&mut buffer) {
        let packet = buffer.get(..length).unwrap_or_default().to_vec();
        if from == address && queue.send(Heard::Packet(Line::Udp, packet)).is_err() {
            return false;
        }
    }
    true
}

/// A thread: one connection for each request, until nobody listens.
fn serve(
    address: SocketAddr,
    requests: &Receiver<md::ReplayRequest>,
    queue: &SyncSender<Heard>,
    stop: &AtomicBool,
) {
    while_running(stop, || {
        let Ok(request) = requests.recv_timeout(LOOK) else { return true };
        match replay(address, &request, queue, stop) {
            Ok(()) => true,
            Err(error) => {
                eprintln!("portcullis: replay from {address}: {error}");
                queue.send(Heard::Cannot(Way::Tcp)).is_ok()
            }
        }
    });
}

/// All packets of the answer into the queue.
fn replay(
    address: SocketAddr,
    request: &md::ReplayRequest,
    queue: &SyncSender<Heard>,
    stop: &AtomicBool,
) -> io::Result<()> {
    let mut client = TcpClient::connect(address, PATIENCE)?;
    let mut bytes = Vec::new();
    push_framed(ControlPacket::new(request.epoch.get()).of(request, 0), &mut bytes);
    client.send(&bytes)?;
    bytes.clear();
    let mut piece = vec![0; 64 << 10];
    while !stop.load(Ordering::Relaxed) {
        match client.receive(&mut piece)? {
            Some(0) => return Err(io::Error::other("the venue has ended the connection")),
            Some(length) => bytes.extend_from_slice(piece.get(..length).unwrap_or_default()),
            // What has no end may be quiet for as long as the venue's heartbeats are apart.
            None if request.to.get() != OPEN => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the venue does not answer"));
            }
            None => {}
        }
        let mut taken = 0;
        loop {
            match next_framed(bytes.get(taken..).unwrap_or_default()) {
                Framed::Short => break,
                Framed::Wrong => return Err(io::Error::other("these are no packets")),
                Framed::Packet(packet, length) => {
                    taken += length;
                    let is_last = ends(packet);
                    let heard = Heard::Packet(Line::Tcp, packet.to_vec());
                    if queue.send(heard).is_err() || is_last {
                        return Ok(());
                    }
                }
            }
        }
        bytes.drain(..taken);
    }
    Ok(())
}

/// After this packet nothing comes of what was asked for.
fn ends(packet: &[u8]) -> bool {
    let Ok(packet) = Packet::parse(packet) else { return false };
    let is_end = |message: &[u8]| {
        md::ReplayEnd::decode(message).is_ok() || md::ReplayReject::decode(message).is_ok()
    };
    packet.header.flags.has(PacketFlags::CONTROL) && packet.messages().any(is_end)
}

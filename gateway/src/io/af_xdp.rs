//! Datagrams by AF_XDP: whole Ethernet frames, written by us into memory that the kernel shares, sent past its
//! network stack.
//!
//! One socket on one queue of the interface for all groups. Copy mode, always: a zero-copy socket would take over
//! the queue's receive buffers as well, and whoever else receives by that queue would hear nothing. Nothing is
//! received here, so no XDP program is loaded. What is sent so reaches neither sockets of this host nor
//! its packet filter. Needs CAP_NET_RAW, and the memory below within RLIMIT_MEMLOCK.

use super::datagram::{DatagramRoute, DatagramTransport};
use super::frame::{HEADERS_BYTES, Headers, Mac, sum};
use super::interfaces::{Entry, Says, entries};
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use xdp::nic::NicIndex;
use xdp::slab::{Slab, StackSlab};
use xdp::socket::{XdpSocket, XdpSocketBuilder};
use xdp::umem::{FrameSize, UmemCfgBuilder};
use xdp::{CompletionRing, FillRing, RingConfigBuilder, TxRing, Umem};

/// Frames that may be on their way at once, of 2 KiB each.
const FRAMES: u32 = 2048;
/// Bytes of a frame that are ours; the kernel has the first 256.
const FRAME_BYTES: usize = 2048 - 256;
/// Frames that the kernel sends in one call, whatever there is (TX_BATCH_SIZE of net/xdp/xsk.c).
const CALL_FRAMES: usize = 32;
/// Bytes of the headers that count towards the interface's MTU.
const IP_UDP_BYTES: usize = 28;

/// Why AF_XDP is not there. What to do: use sockets.
#[derive(Debug)]
pub enum XdpRefused {
    /// No interface of this host has the address.
    NoInterface(Ipv4Addr),
    /// Loopback, or no Ethernet: there is no wire to put a frame on.
    NoEthernet(String),
    /// Packets are longer than the interface takes.
    Mtu {
        /// Longest IP packet of the interface.
        mtu: usize,
        /// Longest of ours.
        needed: usize,
    },
    /// The kernel refuses it.
    Kernel {
        /// What was asked for.
        what: &'static str,
        /// What it said.
        error: String,
    },
}

impl fmt::Display for XdpRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInterface(address) => write!(f, "no interface that is up has {address}"),
            Self::NoEthernet(name) => write!(f, "{name} is no Ethernet"),
            Self::Mtu { mtu, needed } => {
                write!(f, "packets of {needed} bytes, and the interface takes {mtu}")
            }
            Self::Kernel { what, error } => write!(f, "{what}: {error}"),
        }
    }
}

impl std::error::Error for XdpRefused {}

fn kernel(what: &'static str) -> impl Fn(&dyn fmt::Display) -> XdpRefused {
    move |error| XdpRefused::Kernel { what, error: error.to_string() }
}

/// See the file's map.
pub struct XdpSender {
    // In this order they go: nobody sends any more, then the rings, then the memory.
    socket: XdpSocket,
    tx: TxRing,
    completed: CompletionRing,
    _fill: FillRing,
    memory: Umem,
    groups: Vec<Headers>,
    /// Frames in the ring that the kernel may not have been told of.
    waiting: usize,
    dropped: u64,
    name: String,
}

impl XdpSender {
    /// For the groups of `route`, out of `queue` of its interface.
    ///
    /// # Errors
    /// See [`XdpRefused`].
    pub fn open(route: &DatagramRoute, queue: u32) -> Result<Self, XdpRefused> {
        let interface = Interface::with(route.interface)?;
        let needed = route.packet_bytes_max + IP_UDP_BYTES;
        let mtu = mtu_of(route).map_err(|error| kernel("the interface's MTU")(&error))?;
        if needed > mtu || HEADERS_BYTES + route.packet_bytes_max > FRAME_BYTES {
            return Err(XdpRefused::Mtu { mtu: mtu.min(FRAME_BYTES), needed });
        }
        let memory = UmemCfgBuilder {
            frame_size: FrameSize::TwoK,
            frame_count: FRAMES,
            ..Default::default()
        };
        let memory = memory.build().map_err(|error| kernel("memory for frames")(&error))?;
        let memory = Umem::map(memory).map_err(|error| kernel("memory for frames")(&error))?;
        let mut socket = XdpSocketBuilder::new()
            .map_err(|error| kernel("a socket of AF_XDP (CAP_NET_RAW)")(&Told(error)))?;
        // As many completions as frames: the kernel never lacks room to say that one has left.
        let rings = RingConfigBuilder {
            rx_count: 0,
            tx_count: FRAMES,
            fill_count: 1,
            completion_count: FRAMES,
        };
        let rings = rings.build().map_err(|error| kernel("rings")(&error))?;
        let (rings, mut flags) = socket
            .build_rings(&memory, rings)
            .map_err(|error| kernel("rings (RLIMIT_MEMLOCK)")(&Told(error)))?;
        flags.force_copy();
        let tx = rings.tx_ring.ok_or_else(|| kernel("rings")(&"none to send by"))?;
        let socket = socket
            .bind(NicIndex::new(interface.index), queue, flags)
            .map_err(|error| kernel("queue of the interface")(&Told(error)))?;
        let headers = |group| Headers::new(interface.mac, route.interface, group, route.ttl);
        Ok(Self {
            socket,
            tx,
            completed: rings.completion_ring,
            _fill: rings.fill_ring,
            memory,
            groups: route.groups.iter().copied().map(headers).collect(),
            waiting: 0,
            dropped: 0,
            name: format!("AF_XDP on {}, queue {queue}", interface.name),
        })
    }

    /// A frame to send; `None`: there is no room.
    fn push(memory: &mut Umem, tx: &mut TxRing, headers: &[u8], packet: &[u8]) -> Option<()> {
        // WHY: frames live in the shared memory, which the crate cannot tie to a lifetime.
        // SAFETY: the frame does not leave this function but into the ring, and memory and ring end together.
        let mut frame = unsafe { memory.alloc() }?;
        if frame.append(headers).and_then(|()| frame.append(packet)).is_err() {
            memory.free_packet(frame);
            return None;
        }
        let mut one = StackSlab::<1>::new();
        one.push_front(frame);
        // WHY: the kernel reads the frame from now on, and the crate cannot see when the memory ends.
        // SAFETY: `memory` is a field of the same struct as the socket, and dropped after it.
        let taken = unsafe { tx.send(&mut one) };
        if let Some(frame) = one.pop_back() {
            memory.free_packet(frame);
        }
        (taken == 1).then_some(())
    }

    /// Has the kernel send what is in the ring, [`CALL_FRAMES`] at a time, and takes frames back.
    fn kick(&mut self) {
        let mut calls = self.waiting.div_ceil(CALL_FRAMES) + 1;
        while self.waiting > 0 && calls > 0 {
            // WHY: the crate asks only together with a frame; a ring that is full would never be sent.
            // SAFETY: the descriptor is open as long as `socket`; no memory is given.
            let sent = unsafe {
                libc::send(self.socket.as_raw_fd(), std::ptr::null(), 0, libc::MSG_DONTWAIT)
            };
            let error = (sent < 0).then(io::Error::last_os_error);
            self.completed.dequeue(&mut self.memory, FRAMES as usize);
            match error.and_then(|error| error.raw_os_error()) {
                // There is more, or its limits are reached for now: the next turn asks again.
                Some(libc::EAGAIN | libc::EINTR | libc::ENOBUFS) => calls -= 1,
                // It took one frame and lost it: the interface has no carrier, or no room.
                Some(libc::EBUSY) => {
                    self.dropped += 1;
                    self.waiting -= 1;
                }
                // All are gone; or the interface is, and what finds no room any more is counted.
                _ => self.waiting = 0,
            }
        }
    }
}

impl DatagramTransport for XdpSender {
    fn send(&mut self, packet: &[u8]) {
        let payload_sum = sum(packet);
        for n in 0..self.groups.len() {
            if self.memory.allocatable() == 0 {
                self.kick();
            }
            let Some(group) = self.groups.get(n) else { return };
            let headers = group.of(packet.len(), payload_sum);
            match Self::push(&mut self.memory, &mut self.tx, &headers, packet) {
                Some(()) => self.waiting += 1,
                None => self.dropped += 1,
            }
        }
        if self.waiting >= CALL_FRAMES {
            self.kick();
        }
    }

    fn flush(&mut self) {
        if self.waiting > 0 {
            self.kick();
        }
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// What the crate says of sockets, in words.
struct Told<E>(E);

impl<E: fmt::Debug> fmt::Display for Told<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Longest IP packet that the interface of `route` takes.
fn mtu_of(route: &DatagramRoute) -> io::Result<usize> {
    let socket = UdpSocket::bind(SocketAddr::from((route.interface, 0)))?;
    socket2::SockRef::from(&socket).set_multicast_if_v4(&route.interface)?;
    let group = route.groups.first().ok_or(io::ErrorKind::InvalidInput)?;
    socket.connect(group)?;
    Ok(rustix::net::sockopt::ip_mtu(&socket)? as usize)
}

/// An Ethernet interface.
struct Interface {
    name: String,
    index: u32,
    mac: Mac,
}

impl Interface {
    /// The one that is up and has this address.
    fn with(address: Ipv4Addr) -> Result<Self, XdpRefused> {
        let entries = entries().map_err(|error| kernel("interfaces of this host")(&error))?;
        let has_it = |entry: &&Entry| entry.is_up && entry.says == Says::Ipv4(address);
        let named = entries.iter().find(has_it).ok_or(XdpRefused::NoInterface(address))?;
        let name = named.name.clone();
        let link =
            entries.iter().filter(|entry| entry.name == name).find_map(|entry| match entry {
                Entry { says: Says::Ethernet { index, mac }, .. } => Some((*index, *mac)),
                _ => None,
            });
        match link {
            Some((index, mac)) => Ok(Self { name, index, mac }),
            None => Err(XdpRefused::NoEthernet(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::datagram::{DatagramKind, open_datagrams};

    fn route(interface: [u8; 4]) -> DatagramRoute {
        DatagramRoute {
            groups: vec!["239.255.79.1:9101".parse().unwrap()],
            interface: interface.into(),
            ttl: 0,
            packet_bytes_max: 1472,
        }
    }

    #[test]
    fn on_loopback_sockets_send_and_it_is_said_why() {
        let route = route([127, 0, 0, 1]);
        let (mut sender, why) = open_datagrams(DatagramKind::Xdp { queue: 0 }, &route).unwrap();
        assert_eq!(why.as_deref(), Some("lo is no Ethernet"));
        assert_eq!(sender.name(), "sockets");
        sender.send(b"all the same");
        sender.flush();
        assert_eq!(sender.dropped(), 0);
    }

    #[test]
    fn an_address_of_another_host_is_refused() {
        let refused = XdpSender::open(&route([192, 0, 2, 77]), 0).err().unwrap();
        assert_eq!(refused.to_string(), "no interface that is up has 192.0.2.77");
    }
}

//! Multicast over IPv4/UDP: one sender per line of a feed, one receiver per joined group. And one socket for
//! datagrams to and from single peers.
//!
//! Sending never waits: a packet the kernel has no room for is dropped and counted, as the network
//! would do, and receivers have their ways to recover. Packets carry "don't fragment": a feed that
//! is too big for the path should fail loudly, not arrive in pieces.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::net::sockopt::{
    Ipv4PathMtuDiscovery, set_ip_mtu_discover, set_socket_recv_buffer_size_force,
};
use socket2::{Domain, MsgHdr, Protocol, Socket, Type};

/// How long [`MulticastReceiver::receive`] waits unless told otherwise.
const READ_TIMEOUT: Duration = Duration::from_millis(100);

/// Sends packets to one multicast group.
pub struct MulticastSender {
    socket: Socket,
    dropped: AtomicU64,
}

impl MulticastSender {
    /// A sender to `group`, out of the interface that has the address `interface`.
    ///
    /// `ttl` is how many routers packets may cross, 0: they stay on this host. `loopback`: also to
    /// receivers on this host.
    ///
    /// # Errors
    /// `InvalidInput`: not a multicast group. Else what the kernel said.
    pub fn open(
        group: SocketAddrV4,
        interface: Ipv4Addr,
        ttl: u8,
        loopback: bool,
    ) -> io::Result<Self> {
        must_be_multicast(group)?;
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        // Always: else the routing table picks the interface, and another one after each change.
        socket.set_multicast_if_v4(&interface)?;
        socket.set_multicast_ttl_v4(u32::from(ttl))?;
        socket.set_multicast_loop_v4(loopback)?;
        set_ip_mtu_discover(&socket, Ipv4PathMtuDiscovery::DO)?;
        // Each packet then comes without an address. Its route is looked up all the same, as Linux keeps none
        // for connected sockets of multicast groups.
        socket.connect(&group.into())?;
        Ok(Self { socket, dropped: AtomicU64::new(0) })
    }

    /// Sends one packet, or drops and counts it if the kernel has no room now.
    ///
    /// # Errors
    /// `EMSGSIZE`: bigger than the path takes. Else what the kernel said (interface gone, …);
    /// that packet is dropped and counted as well.
    pub fn send(&self, packet: &[u8]) -> io::Result<()> {
        let Err(error) = self.socket.send(packet) else { return Ok(()) };
        self.dropped.fetch_add(1, Ordering::Relaxed);
        if is_no_room(&error) { Ok(()) } else { Err(error) }
    }

    /// Sends packets of `segment` bytes each, the last perhaps shorter, by one call: the kernel or the card cuts
    /// `bytes` into them. Drops and counts all of them if there is no room now.
    ///
    /// # Errors
    /// `EINVAL`, `EIO`, `EMSGSIZE`: not here, or not so many bytes; nothing was sent or counted.
    pub fn send_segments(&self, bytes: &[u8], segment: usize) -> io::Result<()> {
        let control = segment_control(segment);
        let buffers = [IoSlice::new(bytes)];
        let message = MsgHdr::new().with_buffers(&buffers).with_control(&control);
        let Err(error) = self.socket.sendmsg(&message, 0) else { return Ok(()) };
        if !is_no_room(&error) {
            return Err(error);
        }
        self.dropped.fetch_add(bytes.len().div_ceil(segment) as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Packets that were not sent.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

fn is_no_room(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(libc::ENOBUFS)
}

const CONTROL_BYTES: usize = 24;
/// `UDP_SEGMENT` of linux/udp.h.
const UDP_SEGMENT: libc::c_int = 103;
// The layout below: a length of eight bytes, level, type, then what it says, to a multiple of eight.
const _: () = assert!(size_of::<libc::cmsghdr>() == 16);

/// "Cut into segments of so many bytes", as a control message. Source: udp(7), cmsg(3).
fn segment_control(segment: usize) -> [u8; CONTROL_BYTES] {
    let mut control = [0; CONTROL_BYTES];
    let (length, segment) = (size_of::<libc::cmsghdr>() + size_of::<u16>(), segment as u16);
    control[..8].copy_from_slice(&length.to_ne_bytes());
    control[8..12].copy_from_slice(&libc::SOL_UDP.to_ne_bytes());
    control[12..16].copy_from_slice(&UDP_SEGMENT.to_ne_bytes());
    control[16..18].copy_from_slice(&segment.to_ne_bytes());
    control
}

/// Receives the packets of one multicast group.
pub struct MulticastReceiver {
    socket: Socket,
}

impl MulticastReceiver {
    /// Joins `group` on the interface that has the address `interface`. Several receivers on one
    /// host may join the same group.
    ///
    /// # Errors
    /// `InvalidInput`: not a multicast group. Else what the kernel said.
    pub fn join(group: SocketAddrV4, interface: Ipv4Addr) -> io::Result<Self> {
        Self::join_from(group, interface, None)
    }

    /// The same, but only what `source` has sent, where one is given (source-specific multicast).
    ///
    /// # Errors
    /// As [`Self::join`].
    pub fn join_from(
        group: SocketAddrV4,
        interface: Ipv4Addr,
        source: Option<Ipv4Addr>,
    ) -> io::Result<Self> {
        must_be_multicast(group)?;
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        // To the group, not to 0.0.0.0: that would also get what comes to the port for other
        // groups (any process may have joined them) and for this host itself.
        socket.bind(&group.into())?;
        match source {
            None => socket.join_multicast_v4(group.ip(), &interface)?,
            Some(source) => socket.join_ssm_v4(&source, group.ip(), &interface)?,
        }
        socket.set_read_timeout(Some(READ_TIMEOUT))?;
        Ok(Self { socket })
    }

    /// How long `receive` waits from now on. Zero is taken as the shortest wait there is.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        self.socket.set_read_timeout(Some(timeout.max(Duration::from_micros(1))))
    }

    /// Room for so many bytes of packets that have come and wait for `receive`, the kernel's own included (2304 for
    /// a packet of 1472). Without CAP_NET_ADMIN at most `net.core.rmem_max`.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn set_receive_buffer(&self, bytes: usize) -> io::Result<()> {
        match set_socket_recv_buffer_size_force(&self.socket, bytes) {
            Ok(()) => Ok(()),
            Err(_) => self.socket.set_recv_buffer_size(bytes),
        }
    }

    /// Waits for a packet and writes it to the front of `buffer`: its length, or `None` after the
    /// read timeout. A packet longer than `buffer` is cut; give it 65 536 bytes to be sure.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        // WHY: the call takes uninitialised memory, ours is initialised.
        // SAFETY: `u8` and `MaybeUninit<u8>` have one layout, and `recv` writes only
        // initialised bytes, so `buffer` stays initialised.
        let room = unsafe { &mut *(std::ptr::from_mut(buffer) as *mut [MaybeUninit<u8>]) };
        match self.socket.recv(room) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(None),
                _ => Err(error),
            },
        }
    }
}

/// Sends to and receives from single peers; never waits.
pub struct UnicastSocket {
    socket: std::net::UdpSocket,
    dropped: AtomicU64,
}

impl UnicastSocket {
    /// Bound to `address`; port 0: any that is free.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = std::net::UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        if address.is_ipv4() {
            set_ip_mtu_discover(&socket, Ipv4PathMtuDiscovery::DO)?;
        }
        Ok(Self { socket, dropped: AtomicU64::new(0) })
    }

    /// Where it is bound.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The next datagram and whose it is, written to the front of `buffer`; what is longer is cut. `None`:
    /// there is none now. What a peer's host says of datagrams that it did not want is no news.
    pub fn receive(&self, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        loop {
            match self.socket.recv_from(buffer) {
                Ok(received) => return Some(received),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(_) => return None,
            }
        }
    }

    /// Waits for the next datagram for at most `timeout`.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn wait(&self, timeout: Duration) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let timeout = Timespec::try_from(timeout).ok();
        match poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends one packet, or drops and counts it.
    pub fn send(&self, packet: &[u8], to: SocketAddr) {
        if self.socket.send_to(packet, to).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Packets that were not sent.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

fn must_be_multicast(group: SocketAddrV4) -> io::Result<()> {
    if group.ip().is_multicast() {
        return Ok(());
    }
    let text = format!("{} is not a multicast group (224.0.0.0 to 239.255.255.255)", group.ip());
    Err(io::Error::new(io::ErrorKind::InvalidInput, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A port nobody uses now; tests in parallel must not share one, groups they may.
    fn free_port() -> u16 {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.local_addr().unwrap().port()
    }

    fn group(last: u8, port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::new(239, 255, 77, last), port)
    }

    fn sender(group: SocketAddrV4) -> MulticastSender {
        MulticastSender::open(group, Ipv4Addr::LOCALHOST, 0, true).unwrap()
    }

    fn receiver(group: SocketAddrV4) -> MulticastReceiver {
        MulticastReceiver::join(group, Ipv4Addr::LOCALHOST).unwrap()
    }

    #[test]
    fn every_receiver_of_a_group_gets_its_packets_and_no_other_groups() {
        let port = free_port();
        let (a, b) = (group(1, port), group(2, port));
        let (first, second, other) = (receiver(a), receiver(a), receiver(b));
        sender(a).send(b"line A").unwrap();
        sender(b).send(b"line B!").unwrap();
        let mut buffer = [0; 100];
        for (receiver, expected) in
            [(&first, &b"line A"[..]), (&second, b"line A"), (&other, b"line B!")]
        {
            receiver.set_read_timeout(Duration::from_secs(5)).unwrap();
            let bytes = receiver.receive(&mut buffer).unwrap().unwrap();
            assert_eq!(&buffer[..bytes], expected);
            receiver.set_read_timeout(Duration::from_millis(20)).unwrap();
            assert_eq!(receiver.receive(&mut buffer).unwrap(), None);
        }
    }

    #[test]
    fn with_a_source_only_its_packets_come() {
        let group = group(4, free_port());
        let join = |source| {
            MulticastReceiver::join_from(group, Ipv4Addr::LOCALHOST, Some(source)).unwrap()
        };
        let (ours, others) = (join(Ipv4Addr::LOCALHOST), join(Ipv4Addr::new(127, 0, 0, 9)));
        sender(group).send(b"from 127.0.0.1").unwrap();
        let mut buffer = [0; 100];
        ours.set_read_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(ours.receive(&mut buffer).unwrap(), Some(14));
        others.set_read_timeout(Duration::from_millis(20)).unwrap();
        assert_eq!(others.receive(&mut buffer).unwrap(), None);
    }

    #[test]
    fn a_packet_too_big_for_udp_is_an_error_and_counted() {
        let sender = sender(group(3, free_port()));
        assert!(sender.send(&vec![0; 70_000]).is_err());
        assert_eq!(sender.dropped(), 1);
        sender.send(&[0; 1472]).unwrap();
        assert_eq!(sender.dropped(), 1);
    }

    #[test]
    fn a_unicast_address_is_refused_as_a_group() {
        let unicast = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9000);
        assert!(MulticastSender::open(unicast, Ipv4Addr::LOCALHOST, 0, true).is_err());
        assert!(MulticastReceiver::join(unicast, Ipv4Addr::LOCALHOST).is_err());
    }
}

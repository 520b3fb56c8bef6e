//! Datagrams out to multicast groups: one trait, by sockets (`burst.rs`) or past the kernel's stack (`af_xdp.rs`).
//!
//! Every group gets the same bytes whoever sends them. Sending never waits: what cannot leave is dropped and
//! counted, as the network would do.

use super::af_xdp::XdpSender;
use super::burst::SocketSender;
use std::net::{Ipv4Addr, SocketAddrV4};

/// Sends the same datagrams to one or more multicast groups.
pub trait DatagramTransport: Send {
    /// Takes one packet for all groups. It leaves at the latest with the next [`Self::flush`].
    fn send(&mut self, packet: &[u8]);
    /// What was taken leaves now.
    fn flush(&mut self);
    /// Packets that were not sent, each counted once for each group.
    fn dropped(&self) -> u64;
    /// What sends, in words.
    fn name(&self) -> String;
}

/// Who is to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DatagramKind {
    /// UDP sockets.
    #[default]
    Socket,
    /// AF_XDP out of this queue of the interface; sockets where that is refused.
    Xdp {
        /// Queue of the interface.
        queue: u32,
    },
}

/// Where datagrams go, and how.
#[derive(Clone, Debug)]
pub struct DatagramRoute {
    /// Every packet goes to each of them, in this order.
    pub groups: Vec<SocketAddrV4>,
    /// Address of the interface they leave by.
    pub interface: Ipv4Addr,
    /// Routers that they may cross; 0: they stay on this host.
    pub ttl: u8,
    /// Longest packet.
    pub packet_bytes_max: usize,
}

/// A transport on the heap.
pub type BoxedDatagrams = Box<dyn DatagramTransport>;

/// Opens the transport asked for; also says why it is not AF_XDP, if it was to be and is not.
///
/// # Errors
/// What the kernel said of the sockets.
pub fn open_datagrams(
    kind: DatagramKind,
    route: &DatagramRoute,
) -> std::io::Result<(BoxedDatagrams, Option<String>)> {
    let refused = match kind {
        DatagramKind::Socket => None,
        DatagramKind::Xdp { queue } => match XdpSender::open(route, queue) {
            Ok(sender) => return Ok((Box::new(sender), None)),
            Err(refused) => Some(refused.to_string()),
        },
    };
    Ok((Box::new(SocketSender::open(route)?), refused))
}

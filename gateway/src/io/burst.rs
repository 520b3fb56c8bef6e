//! Datagrams by UDP sockets, one for each group. Neighbours of one length leave together (UDP_SEGMENT): one call,
//! one way through the stack, and the kernel or the card cuts them into the same packets.
//!
//! A packet waits for the next one only until `flush`. Where the kernel refuses to cut, each packet is sent by
//! itself from then on, and that is said once.

use super::datagram::{DatagramRoute, DatagramTransport};
use super::udp::MulticastSender;
use std::io;

/// Packets of one burst. The kernel takes 64 and 64 KiB.
const BURST_PACKETS_MAX: usize = 32;

/// See the file's map.
pub struct SocketSender {
    groups: Vec<MulticastSender>,
    burst: Burst,
    /// The kernel has not refused it.
    cuts: bool,
}

impl SocketSender {
    /// For the groups of `route`.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn open(route: &DatagramRoute) -> io::Result<Self> {
        let open = |group| MulticastSender::open(group, route.interface, route.ttl, true);
        let groups = route.groups.iter().copied().map(open).collect::<io::Result<_>>()?;
        Ok(Self { groups, burst: Burst::new(route.packet_bytes_max), cuts: true })
    }

    /// The same, but each packet by itself.
    #[must_use]
    pub fn without_bursts(self) -> Self {
        Self { cuts: false, ..self }
    }

    fn send_each(groups: &[MulticastSender], packet: &[u8]) {
        for group in groups {
            let _ = group.send(packet); // Counted there.
        }
    }

    fn send_burst(&mut self) {
        let Burst { bytes, segment, .. } = &self.burst;
        for group in &self.groups {
            if self.cuts {
                match group.send_segments(bytes, *segment) {
                    Ok(()) => continue,
                    Err(error) => {
                        self.cuts = false;
                        tracing::warn!(
                            "UDP_SEGMENT is refused here ({error}): packets leave one by one"
                        );
                    }
                }
            }
            bytes.chunks(*segment).for_each(|packet| {
                let _ = group.send(packet);
            });
        }
    }
}

impl DatagramTransport for SocketSender {
    fn send(&mut self, packet: &[u8]) {
        if !self.cuts || !self.burst.could_hold(packet) {
            self.flush();
            return Self::send_each(&self.groups, packet);
        }
        if !self.burst.takes(packet) {
            self.flush();
        }
        self.burst.push(packet);
    }

    fn flush(&mut self) {
        match self.burst.packets {
            0 => return,
            1 => Self::send_each(&self.groups, &self.burst.bytes),
            _ => self.send_burst(),
        }
        self.burst.clear();
    }

    fn dropped(&self) -> u64 {
        self.groups.iter().map(MulticastSender::dropped).sum()
    }

    fn name(&self) -> String {
        "sockets".to_owned()
    }
}

/// Packets of `segment` bytes, one behind the other; only the last may be shorter.
struct Burst {
    bytes: Vec<u8>,
    segment: usize,
    packets: usize,
    packet_bytes_max: usize,
}

impl Burst {
    fn new(packet_bytes_max: usize) -> Self {
        let bytes = Vec::with_capacity(BURST_PACKETS_MAX * packet_bytes_max);
        Self { bytes, segment: 0, packets: 0, packet_bytes_max }
    }

    /// It is one that was announced, and not empty: nothing can be cut into packets of no bytes.
    fn could_hold(&self, packet: &[u8]) -> bool {
        (1..=self.packet_bytes_max).contains(&packet.len())
    }

    /// It can be the next of this burst.
    fn takes(&self, packet: &[u8]) -> bool {
        let is_open = self.bytes.len() == self.segment * self.packets;
        self.packets == 0
            || is_open && packet.len() <= self.segment && self.packets < BURST_PACKETS_MAX
    }

    fn push(&mut self, packet: &[u8]) {
        assert!(self.takes(packet) && self.could_hold(packet), "its room is taken once");
        if self.packets == 0 {
            self.segment = packet.len();
        }
        self.bytes.extend_from_slice(packet);
        self.packets += 1;
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.packets = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::udp::MulticastReceiver;
    use std::net::{Ipv4Addr, SocketAddrV4};
    use std::time::Duration;

    fn route(last: u8) -> DatagramRoute {
        let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        let group = |n| SocketAddrV4::new(Ipv4Addr::new(239, 255, 78, n), port);
        DatagramRoute {
            groups: vec![group(last), group(last + 1)],
            interface: Ipv4Addr::LOCALHOST,
            ttl: 0,
            packet_bytes_max: 1472,
        }
    }

    /// Packets of these lengths, each with other bytes.
    fn packets(lengths: &[usize]) -> Vec<Vec<u8>> {
        let packet = |(n, length): (usize, &usize)| (0..*length).map(move |at| (n * 7 + at) as u8);
        lengths.iter().enumerate().map(|each| packet(each).collect()).collect()
    }

    fn come_as_they_are(mut sender: SocketSender, route: &DatagramRoute, lengths: &[usize]) {
        let join = |group: &SocketAddrV4| {
            let receiver = MulticastReceiver::join(*group, route.interface).unwrap();
            receiver.set_read_timeout(Duration::from_secs(5)).unwrap();
            receiver
        };
        let receivers: Vec<_> = route.groups.iter().map(join).collect();
        let sent = packets(lengths);
        // A few at a time: what the receivers have room for.
        for run in sent.chunks(40) {
            run.iter().for_each(|packet| sender.send(packet));
            sender.flush();
            let mut buffer = [0; 2048];
            for receiver in &receivers {
                for packet in run {
                    let length = receiver.receive(&mut buffer).unwrap().unwrap();
                    assert_eq!(&buffer[..length], packet);
                }
                receiver.set_read_timeout(Duration::from_millis(1)).unwrap();
                assert_eq!(receiver.receive(&mut buffer).unwrap(), None, "one too many");
                receiver.set_read_timeout(Duration::from_secs(5)).unwrap();
            }
        }
        assert_eq!(sender.dropped(), 0);
    }

    /// Runs of one length, alone, with a shorter last one, full bursts and one more, and all of it mixed.
    fn lengths() -> Vec<usize> {
        let mut lengths = vec![100; 40];
        lengths.extend([1472, 1472, 1472, 60, 61, 61, 60, 60, 1, 1, 1472, 9]);
        lengths.extend((0..200).map(|n| if n % 7 < 4 { 700 } else { 1 + n * 37 % 1472 }));
        lengths
    }

    #[test]
    fn bursts_come_as_the_packets_they_were() {
        let route = route(1);
        let sender = SocketSender::open(&route).unwrap();
        come_as_they_are(sender, &route, &lengths());
    }

    #[test]
    fn one_by_one_the_same_packets_come() {
        let route = route(3);
        let sender = SocketSender::open(&route).unwrap().without_bursts();
        come_as_they_are(sender, &route, &lengths());
    }

    #[test]
    fn a_burst_that_the_kernel_refuses_goes_one_by_one_from_then_on() {
        // Longer than the path takes once cut: EINVAL for a burst on an interface of 1500, EMSGSIZE alone. On
        // loopback everything fits, so the refusal here is a segment that no packet can have.
        let route = DatagramRoute { packet_bytes_max: 65_600, ..route(5) };
        let mut sender = SocketSender::open(&route).unwrap();
        let big = vec![1; 40_000];
        sender.send(&big);
        sender.send(&big); // Together more than a datagram can be.
        sender.flush();
        assert!(!sender.cuts);
        assert_eq!(sender.dropped(), 0, "each was sent by itself");
    }

    #[test]
    fn a_burst_is_full_when_its_room_is() {
        let mut burst = Burst::new(10);
        for _ in 0..BURST_PACKETS_MAX {
            assert!(burst.takes(&[0; 10]));
            burst.push(&[0; 10]);
        }
        assert!(!burst.takes(&[0; 10]));
        burst.clear();
        burst.push(&[0; 10]);
        assert!(!burst.takes(&[0; 11]), "longer than the first");
        burst.push(&[0; 9]);
        assert!(!burst.takes(&[0; 9]), "only the last may be shorter");
        assert!(!burst.could_hold(&[]) && !burst.could_hold(&[0; 11]));
    }
}

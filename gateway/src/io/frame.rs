//! Ethernet, IPv4 and UDP in front of a datagram, for who sends past the kernel's stack.
//!
//! What never changes of a destination is made once; of each datagram only lengths and checksums are left. Sources:
//! RFC 791, RFC 768, RFC 1071 (the checksum), RFC 1112 §6.4 (the Ethernet address of a group).

use std::net::{Ipv4Addr, SocketAddrV4};

/// Bytes of the three headers.
pub(super) const HEADERS_BYTES: usize = ETHERNET_BYTES + IP_BYTES + UDP_BYTES;
const ETHERNET_BYTES: usize = 14;
const IP_BYTES: usize = 20;
const UDP_BYTES: usize = 8;
const UDP: u8 = 17;

/// An Ethernet address.
pub(super) type Mac = [u8; 6];

/// The headers of datagrams to one group.
#[derive(Clone, Debug)]
pub(super) struct Headers {
    bytes: [u8; HEADERS_BYTES],
    /// Of the IP header without its length, and of what UDP's checksum covers without lengths and payload.
    ip_sum: u64,
    udp_sum: u64,
}

impl Headers {
    /// From `source`, of an interface with the address `mac`, to `group`; both ports are the group's.
    pub(super) fn new(mac: Mac, source: Ipv4Addr, group: SocketAddrV4, ttl: u8) -> Self {
        let mut bytes = [0; HEADERS_BYTES];
        let (ethernet, rest) = bytes.split_at_mut(ETHERNET_BYTES);
        ethernet[..6].copy_from_slice(&mac_of_group(*group.ip()));
        ethernet[6..12].copy_from_slice(&mac);
        ethernet[12..].copy_from_slice(&0x0800_u16.to_be_bytes());
        let (ip, udp) = rest.split_at_mut(IP_BYTES);
        ip[0] = 0x45; // Version 4, five words.
        ip[6] = 0x40; // Don't fragment; so nothing needs an identification.
        ip[8] = ttl;
        ip[9] = UDP;
        ip[12..16].copy_from_slice(&source.octets());
        ip[16..].copy_from_slice(&group.ip().octets());
        udp[..2].copy_from_slice(&group.port().to_be_bytes());
        udp[2..4].copy_from_slice(&group.port().to_be_bytes());
        let addresses = sum(&ip[12..]);
        let (ip_sum, udp_sum) = (sum(ip), addresses + u64::from(UDP) + sum(udp));
        Self { bytes, ip_sum, udp_sum }
    }

    /// Those in front of a datagram of so many bytes, whose [`sum`] is `payload_sum`.
    pub(super) fn of(&self, payload_bytes: usize, payload_sum: u64) -> [u8; HEADERS_BYTES] {
        let mut bytes = self.bytes;
        let ip_length = (IP_BYTES + UDP_BYTES + payload_bytes) as u16;
        let udp_length = ip_length - IP_BYTES as u16;
        let ip_checksum = checksum(self.ip_sum + u64::from(ip_length));
        // The length counts twice: once in front of the header, once in it.
        let udp_checksum = match checksum(self.udp_sum + 2 * u64::from(udp_length) + payload_sum) {
            0 => 0xFFFF, // 0 would say that there is none.
            checksum => checksum,
        };
        let ip = ETHERNET_BYTES;
        let udp = ip + IP_BYTES;
        bytes[ip + 2..ip + 4].copy_from_slice(&ip_length.to_be_bytes());
        bytes[ip + 10..ip + 12].copy_from_slice(&ip_checksum.to_be_bytes());
        bytes[udp + 4..udp + 6].copy_from_slice(&udp_length.to_be_bytes());
        bytes[udp + 6..].copy_from_slice(&udp_checksum.to_be_bytes());
        bytes
    }
}

/// The sum of 16-bit words, big-endian, of at most 64 KiB; an odd last byte is the high one of its word.
pub(super) fn sum(bytes: &[u8]) -> u64 {
    // Two words at a time: 2^16 and 1 are the same to a sum that ends modulo 2^16 - 1.
    let (pairs, rest) = bytes.as_chunks::<4>();
    let pairs: u64 = pairs.iter().map(|pair| u64::from(u32::from_be_bytes(*pair))).sum();
    let word = |n: usize| u64::from(rest.get(n).copied().unwrap_or(0));
    pairs + (word(0) << 24) + (word(1) << 16) + (word(2) << 8)
}

fn checksum(mut sum: u64) -> u16 {
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !(sum as u16)
}

/// 01:00:5e and the lower 23 bits of the group.
fn mac_of_group(group: Ipv4Addr) -> Mac {
    let [_, b, c, d] = group.octets();
    [0x01, 0x00, 0x5E, b & 0x7F, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1071 as it is told there, word by word.
    fn naive(bytes: &[u8]) -> u16 {
        let mut sum = 0_u32;
        for word in bytes.chunks(2) {
            sum += u32::from(word[0]) << 8 | u32::from(word.get(1).copied().unwrap_or(0));
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
        !(sum as u16)
    }

    #[test]
    fn a_frame_is_that_of_the_documents() {
        let group = "239.255.42.1:9101".parse().unwrap();
        let headers = Headers::new([2, 0, 0, 0, 0, 9], Ipv4Addr::new(10, 77, 0, 1), group, 4);
        let bytes = headers.of(5, sum(b"hello"));
        let expected = [
            0x01, 0x00, 0x5E, 0x7F, 0x2A, 0x01, 2, 0, 0, 0, 0, 9, 0x08, 0x00, // Ethernet
            0x45, 0, 0, 33, 0, 0, 0x40, 0, 4, 17, bytes[24], bytes[25], // IP
            10, 77, 0, 1, 239, 255, 42, 1, //
            0x23, 0x8D, 0x23, 0x8D, 0, 13, bytes[40], bytes[41], // UDP
        ];
        assert_eq!(bytes, expected);
    }

    #[test]
    fn checksums_are_those_of_the_naive_way_and_verify() {
        let group = "239.255.42.7:65535".parse().unwrap();
        let source = Ipv4Addr::new(255, 254, 253, 252);
        let headers = Headers::new([255; 6], source, group, 255);
        let mut random = 1_u64;
        for length in (0..1473).chain([1472; 200]) {
            let payload: Vec<u8> = (0..length)
                .map(|_| {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (random >> 56) as u8
                })
                .collect();
            let bytes = headers.of(payload.len(), sum(&payload));
            let (ip, udp) = (&bytes[14..34], &bytes[34..]);
            assert_eq!(naive(ip), 0, "a header with its checksum adds up to nothing");
            let pseudo = [&ip[12..20], &[0, 17], &udp[4..6], udp, &payload].concat();
            assert_eq!(naive(&pseudo), 0, "{length}");
            assert_ne!(&udp[6..8], [0, 0], "that would be none");
        }
    }

    #[test]
    fn a_checksum_of_zero_is_said_as_ones() {
        let group = "239.0.0.1:1".parse().unwrap();
        let headers = Headers::new([0; 6], Ipv4Addr::new(10, 0, 0, 1), group, 1);
        let with_zeros = headers.of(2, sum(&[0, 0]));
        let checksum = [with_zeros[40], with_zeros[41]];
        // What makes the sum all ones: the checksum itself as payload.
        assert_eq!(headers.of(2, sum(&checksum))[40..], [0xFF, 0xFF]);
    }
}

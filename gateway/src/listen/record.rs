//! `listen --record`: what came, as a pcap file that tshark, Wireshark and tcpdump read.
//!
//! Format: libpcap with nanoseconds, link type RAW (IPv4). IP and UDP headers are made here, from the group (or
//! the address asked) and nothing else: the bytes behind them are those that came. Source: the IETF draft
//! "PCAP Capture File Format" (opsawg-pcap), RFC 791, RFC 768.

use super::append::Append;
use std::io;
use std::net::SocketAddrV4;
use std::path::Path;

/// Little-endian, nanoseconds.
const MAGIC: u32 = 0xA1B2_3C4D;
/// LINKTYPE_RAW: a packet begins with its IP header.
const LINK_TYPE: u32 = 101;
const SNAP_BYTES: u32 = 65_535;
const IP_BYTES: usize = 20;
const UDP_BYTES: usize = 8;
const NS_PER_S: u64 = 1_000_000_000;

/// A file that is being written.
pub(super) struct Record(Append);

impl Record {
    /// In place of whatever is there.
    ///
    /// # Errors
    /// As the file system says.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut file = Append::create(path)?;
        for word in [MAGIC, 2 | 4 << 16, 0, 0, SNAP_BYTES, LINK_TYPE] {
            file.run.extend_from_slice(&word.to_le_bytes());
        }
        Ok(Self(file))
    }

    /// Takes a packet that came at `utc` (nanoseconds since 1970) from and to these; longer ones than IP
    /// allows are left out.
    ///
    /// # Errors
    /// As the file system says.
    pub(super) fn put(
        &mut self,
        packet: &[u8],
        (from, to): (SocketAddrV4, SocketAddrV4),
        utc: u64,
    ) -> io::Result<()> {
        let Ok(length) = u16::try_from(IP_BYTES + UDP_BYTES + packet.len()) else { return Ok(()) };
        let run = &mut self.0.run;
        let (seconds, ns) = ((utc / NS_PER_S) as u32, (utc % NS_PER_S) as u32);
        for word in [seconds, ns, length.into(), length.into()] {
            run.extend_from_slice(&word.to_le_bytes());
        }
        run.extend_from_slice(&ip_header(length, from, to));
        let udp = [from.port(), to.port(), length - IP_BYTES as u16, 0];
        udp.iter().for_each(|word| run.extend_from_slice(&word.to_be_bytes()));
        run.extend_from_slice(packet);
        self.0.flush_many(self.0.run.len()).map(drop)
    }

    /// Everything is in the kernel.
    ///
    /// # Errors
    /// As the file system says.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn ip_header(length: u16, from: SocketAddrV4, to: SocketAddrV4) -> [u8; IP_BYTES] {
    let mut header = [0; IP_BYTES];
    header[0] = 0x45; // Version 4, five words.
    header[2..4].copy_from_slice(&length.to_be_bytes());
    header[6] = 0x40; // Don't fragment.
    header[8] = 1;
    header[9] = 17; // UDP.
    header[12..16].copy_from_slice(&from.ip().octets());
    header[16..].copy_from_slice(&to.ip().octets());
    let words = header.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(word[1]));
    let sum: u32 = words.sum();
    let folded = (sum & 0xFFFF) + (sum >> 16);
    let folded = (folded & 0xFFFF) + (folded >> 16);
    header[10..12].copy_from_slice(&(!(folded as u16)).to_be_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ip_checksum_is_that_of_a_known_header() {
        // The header of an example that many texts on RFC 1071 have, its checksum 0xB861, but for TTL,
        // identification and flags, which are ours: so the sum over the whole header must come out as ones.
        let from = "192.168.0.1:68".parse().unwrap();
        let header = ip_header(115, from, "192.168.0.199:53".parse().unwrap());
        let words = header.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(word[1]));
        let sum: u32 = words.sum();
        assert_eq!((sum & 0xFFFF) + (sum >> 16), 0xFFFF);
    }
}

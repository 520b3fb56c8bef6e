//! The turn of the feed's cold thread: packets from the tap into the window, then whoever wants some.

use super::supply::Supply;
use super::tap::TapOut;
use super::tcp::TcpReplay;
use super::udp::{Datagrams, UdpReplay};
use crate::io::Disk;

/// Packets taken from the tap in one turn.
const TURN_PACKETS_MAX: usize = 1024;

/// See the file's map.
pub struct FeedService<D: Disk, U> {
    /// Packets of the lines.
    pub tap: TapOut,
    /// Where messages are.
    pub supply: Supply,
    /// Replay and the live feed over TCP.
    pub tcp: TcpReplay<D>,
    /// Retransmission over UDP.
    pub udp: UdpReplay<D, U>,
}

impl<D: Disk, U: Datagrams> FeedService<D, U> {
    /// One turn at `now` (a clock that does not step back) and `utc`. Returns how much was done; requests
    /// over UDP do not count, so that a flood of them never keeps this thread from its pauses.
    pub fn turn(&mut self, now: u64, utc: u64) -> usize {
        let mut done = 0;
        while done < TURN_PACKETS_MAX
            && let Some(packet) = self.tap.next_packet()
        {
            self.supply.window.push(packet);
            done += 1;
        }
        self.udp.turn(&mut self.supply, now, utc);
        done + self.tcp.turn(&mut self.supply, now, utc)
    }
}

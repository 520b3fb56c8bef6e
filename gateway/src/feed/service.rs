//! The turn of the feed's cold thread: packets from the tap into the window, messages into the views, then
//! whoever wants some.

use super::fanout::Fanout;
use super::supply::Supply;
use super::tap::TapOut;
use super::tcp::TcpReplay;
use super::udp::{Datagrams, UdpReplay};
use crate::history::{HistoryError, HistoryReader, Limit};
use crate::io::Disk;
use marketdata::Line;
use marketdata::views::Views;

/// Packets taken from the tap in one turn.
const TURN_PACKETS_MAX: usize = 1024;
/// Bytes of packets that the views get in one turn.
const TURN_VIEW_BYTES: usize = 64 << 10;
const NS_PER_DAY: u64 = 86_400_000_000_000;

/// See the file's map.
pub struct FeedService<D: Disk, U> {
    /// Packets of the lines.
    pub tap: TapOut,
    /// Packets of the snapshot channel: books that are older than the history come from there.
    pub snapshots: TapOut,
    /// Where messages are.
    pub supply: Supply,
    /// What they make of instruments.
    pub viewer: Viewer<D>,
    /// Replay and the live feed over TCP.
    pub tcp: TcpReplay<D>,
    /// Retransmission over UDP.
    pub udp: UdpReplay<D, U>,
    /// The lines to single addresses.
    pub fanout: Fanout,
}

impl<D: Disk, U: Datagrams> FeedService<D, U> {
    /// One turn at `now` (a clock that does not step back) and `utc`. Returns how much was done; requests
    /// over UDP do not count, so that a flood of them never keeps this thread from its pauses.
    pub fn turn(&mut self, now: u64, utc: u64) -> usize {
        let mut done = 0;
        while done < TURN_PACKETS_MAX
            && let Some(packet) = self.tap.next_packet()
        {
            self.fanout.send(packet, self.udp.datagrams());
            self.supply.window.push(packet);
            done += 1;
        }
        while let Some(packet) = self.snapshots.next_packet() {
            self.fanout.send(packet, self.udp.datagrams());
            self.viewer.views.on_packet(Line::Snapshot, packet, now);
            done += 1;
        }
        done += self.viewer.turn(&mut self.supply, now, utc);
        self.supply.is_whole = self.viewer.next.is_some();
        self.fanout.expire(now);
        self.udp.turn(&mut self.supply, &mut self.fanout, now, utc);
        done + self.tcp.turn(&mut self.supply, &mut self.viewer.views, now, utc)
    }
}

/// Follows the channel from the beginning of the day on, by its sequences: nothing can be lost on the way.
pub struct Viewer<D: Disk> {
    /// What it makes of it.
    pub views: Views,
    reader: HistoryReader<D>,
    /// Days end so long after midnight UTC.
    day_end_ns: u64,
    /// The next message; `None`: nothing has been told yet.
    next: Option<u64>,
}

impl<D: Disk> Viewer<D> {
    /// Of a channel whose old messages `reader` has.
    pub fn new(views: Views, reader: HistoryReader<D>, day_end_ns: u64) -> Self {
        Self { views, reader, day_end_ns, next: None }
    }

    fn turn(&mut self, supply: &mut Supply, now: u64, utc: u64) -> usize {
        let Some(newest) = supply.window.first() else { return 0 };
        let from = match self.next {
            Some(next) => next,
            None => match self.first_of_day(newest, utc) {
                Some(first) => first,
                None => return 0,
            },
        };
        let views = &mut self.views;
        let take = |packet: &[u8]| views.on_packet(Line::Tcp, packet, now);
        // What is kept no more is a hole: the books come back with the next snapshots.
        let to = supply
            .give(&mut self.reader, (from, u64::MAX), TURN_VIEW_BYTES, take)
            .unwrap_or_else(|_| supply.window.first().unwrap_or(from).max(from));
        self.next = Some(to);
        (to - from) as usize
    }

    /// The first message kept that was told today, at most `newest`, which is. `None`: the history, which a
    /// start makes again from the last snapshot on, is not yet as far as it was.
    fn first_of_day(&mut self, newest: u64, utc: u64) -> Option<u64> {
        let days = utc.saturating_sub(self.day_end_ns) / NS_PER_DAY;
        let begun = days * NS_PER_DAY + self.day_end_ns;
        if newest > 1 {
            match self.time_of(newest - 1) {
                Ok(None) => return None,
                Ok(Some(_)) => {}
                Err(_) => return Some(newest),
            }
        }
        let mut low = self.reader.first_seq().ok().flatten().unwrap_or(newest);
        let mut high = newest;
        while low < high {
            let middle = low + (high - low) / 2;
            let is_before = matches!(self.time_of(middle), Ok(Some(time)) if time < begun);
            if is_before { low = middle + 1 } else { high = middle }
        }
        Some(low.min(newest))
    }

    fn time_of(&mut self, seq: u64) -> Result<Option<u64>, HistoryError> {
        let (mut time, limit) = (None, Limit { messages: 1, bytes: Limit::BYTES_MIN });
        self.reader.read(seq, limit, |stored| time = Some(stored.time))?;
        Ok(time)
    }
}

//! Where packets leave: both lines from the hot thread, the snapshot channel from a cold one, and copies of both
//! for the cold threads of this process.

use super::tap::TapIn;
use crate::config::{Config, FeedTransport};
use crate::io::datagram::{BoxedDatagrams, DatagramKind, DatagramRoute, open_datagrams};
use crate::publisher::Lines;
use anyhow::Context;
use marketdata::packet::PACKET_BYTES_MAX;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A channel's groups, and the cold threads of this process.
pub struct OutLines {
    transport: BoxedDatagrams,
    /// Who else hears it.
    pub taps: Vec<TapIn>,
    unsent: Arc<AtomicU64>,
}

impl OutLines {
    fn new(transport: BoxedDatagrams) -> Self {
        Self { transport, taps: Vec::new(), unsent: Arc::default() }
    }

    /// Packets that could not be sent, each counted once for each group; for another thread to look at.
    pub fn unsent(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.unsent)
    }

    /// What sends, in words.
    pub fn describe(&self) -> String {
        self.transport.name()
    }
}

impl Lines for OutLines {
    fn send(&mut self, packet: &[u8]) {
        // What could not be sent is counted there; receivers recover, and the next cycle of snapshots comes.
        self.transport.send(packet);
        self.taps.send(packet);
    }

    fn flush(&mut self) {
        self.transport.flush();
        self.unsent.store(self.transport.dropped(), Ordering::Relaxed);
    }
}

/// What the feed's channels leave by.
pub struct OpenFeed {
    /// Lines A and B.
    pub lines: OutLines,
    /// The snapshot channel; always by sockets: it is paced, and its thread another.
    pub snapshots: OutLines,
    /// Why the lines do not leave by what the configuration wishes.
    pub fallback: Option<String>,
}

/// Opens what the configuration says.
///
/// # Errors
/// A group cannot be sent to: file, key and what the kernel said.
pub fn open_feed(config: &Config) -> anyhow::Result<OpenFeed> {
    let feed = &config.feed;
    let open = |key: &str, kind, groups: &[SocketAddrV4]| {
        let route = DatagramRoute {
            groups: groups.to_vec(),
            interface: feed.interface,
            ttl: feed.ttl,
            packet_bytes_max: PACKET_BYTES_MAX,
        };
        open_datagrams(kind, &route)
            .with_context(|| format!("{}: {key}: cannot send to {groups:?}", config.file))
    };
    let kind = match feed.transport {
        FeedTransport::Socket => DatagramKind::Socket,
        FeedTransport::Xdp => DatagramKind::Xdp { queue: feed.xdp_queue },
    };
    let (lines, fallback) = open("feed.a, feed.b", kind, &[feed.a, feed.b])?;
    if let Some(why) = &fallback {
        tracing::warn!("AF_XDP is refused ({why}): lines A and B leave by sockets");
    }
    let (snapshots, _) = open("feed.snapshot", DatagramKind::Socket, &[feed.snapshot])?;
    Ok(OpenFeed { lines: OutLines::new(lines), snapshots: OutLines::new(snapshots), fallback })
}

//! From the configuration to a thread that serves: what `venue.rs` does for order entry, for market data.

use super::{FixFeed, Packets, Stop, transport_limits};
use crate::auth::{Checker, auth_way};
use crate::config::Config;
use crate::feed::tap::{TapIn, tap};
use crate::io::clock::SteadyClock;
use crate::io::thread::spawn;
use crate::io::{self, Doorbell, TransportKind};
use anyhow::{Context, anyhow};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;

/// Packets that may wait for the thread: it looks every millisecond.
const TAP_PACKETS: usize = 4096;
/// Clients have so long to answer the Logout of a venue that stops.
const STOP_GRACE_NS: u64 = 2_000_000_000;

/// Listening, not serving yet.
pub struct Opened {
    feed: FixFeed,
    checker: Checker,
    bell: Doorbell,
    /// Where.
    pub address: SocketAddr,
}

/// Listens, if the configuration says so; the packets come by taps into the incremental and the snapshot channel.
///
/// # Errors
/// The address cannot be had; in words that name the key and the fix.
pub fn open(config: &Config) -> anyhow::Result<Option<(Opened, [TapIn; 2])>> {
    let Some(table) = &config.fix_market_data else { return Ok(None) };
    let limits = transport_limits(table.connections_max);
    let (mut transport, _) =
        io::open(TransportKind::Mio, limits).context("cannot open a transport for market data")?;
    let address = transport.listen(table.listen).map_err(|error| {
        anyhow!(
            "{}: fix_market_data.listen: cannot listen on {}: {error}\n  fix: stop who has it, choose another, or \
             remove the table",
            config.file,
            table.listen
        )
    })?;
    let bell = transport.doorbell();
    let (auth, checker) = auth_way(config.secrets()?);
    let (tap_incremental, incremental) = tap(TAP_PACKETS);
    let (tap_snapshots, snapshots) = tap(TAP_PACKETS);
    let packets = Packets { incremental, snapshots };
    let settings = config.market_data_settings(table);
    let feed = FixFeed::new(settings, transport, table.connections_max, auth, packets);
    Ok(Some((Opened { feed, checker, bell, address }, [tap_incremental, tap_snapshots])))
}

impl Opened {
    /// How many connections had to go before they had logged on.
    pub fn turned_out(&self) -> Arc<AtomicU64> {
        self.feed.turned_out()
    }

    /// Serves on threads of its own until `stop` is set; they are cold.
    pub fn serve(self, stop: Stop) -> JoinHandle<()> {
        let Self { feed, checker, bell, .. } = self;
        let _ = spawn("md-secrets", move || checker.run(&bell));
        spawn("market-data", move || {
            let mut clock = SteadyClock::default();
            feed.run(&stop, STOP_GRACE_NS, || clock.now_ns());
        })
    }
}

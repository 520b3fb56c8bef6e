//! The configuration: this host, and the exchange as its operator wishes it.
//!
//! One TOML file; unknown keys are errors; every error names the file, the key and the fix. The
//! built-in demo venue is the file `demo.toml` beside this one, which `serve --print-config` prints.
//! `[venue]` and what is in `config/tables.rs` is only a wish: at start the difference to the state
//! goes into the log (engine/src/partition.rs, `Wish`).

mod hours;
mod market_data;
mod permissions;
mod secrets;
mod tables;
mod wish;

pub use hours::{Hours, Reset, Timetables, Weekday};
pub use market_data::FixMarketData;
pub use permissions::{Condition, OrderType, TimeInForce};
pub use tables::{
    Account, Allocation, BandAction, FeeTier, Firm, Instrument, Phase, ScheduleLine, SelfTrade,
    SelfTradeScope, Session, SessionProtocol,
};

use crate::auth::Secret;
use crate::connection::{ConnectionLimits, Speaks};
use crate::door;
use crate::fix::decimal;
use crate::io::{self, TransportKind, TransportLimits};
use crate::journal::Durability;
use crate::sbe::frame::Width;
use engine::{Limits, Wish};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::Decimal8;
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The demo venue.
pub const DEMO: &str = include_str!("demo.toml");
/// A timer that is due writes to the log: not more often than this.
const DEAD_MAN_MS_MIN: u32 = 100;
/// Places, those of newcomers among them, have numbers of 16 bits.
const CONNECTIONS_MAX: u16 = u16::MAX - door::PLACES_SPARE;
const NS_PER_MS: u64 = 1_000_000;

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// The key, with the number of its table where there are several.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}\n  fix: {}", self.file, self.key, self.problem, self.fix)
    }
}

impl std::error::Error for ConfigError {}

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What holds for the exchange.
    pub venue: Venue,
    /// This host.
    pub host: Host,
    /// FIX order entry, and the bounds of connections.
    pub fix: Fix,
    /// Binary order entry; without it there is none.
    pub sbe: Option<Sbe>,
    /// Market data over FIX.
    pub fix_market_data: Option<FixMarketData>,
    /// Market data.
    pub feed: Feed,
    /// Sizes, taken once at start.
    #[serde(default)]
    pub limits: LimitsTable,
    /// What can be traded.
    #[serde(default)]
    pub instrument: Vec<Instrument>,
    /// Who can log on.
    #[serde(default)]
    pub session: Vec<Session>,
    /// Who stands behind sessions and accounts.
    #[serde(default)]
    pub firm: Vec<Firm>,
    /// Whose money and positions it is.
    #[serde(default)]
    pub account: Vec<Account>,
    /// What a trade costs.
    #[serde(default)]
    pub fee_tier: Vec<FeeTier>,
    /// When sessions may be logged on.
    #[serde(default)]
    pub hours: Vec<Hours>,
    /// When phases change.
    #[serde(default)]
    pub schedule: Vec<ScheduleLine>,
    /// Where it was read from, for errors.
    #[serde(skip)]
    pub file: String,
}

/// `[venue]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Venue {
    /// Our CompID.
    pub comp_id: String,
    /// Partition (market segment) of this process.
    pub partition: u32,
    /// When DAY orders expire, `HH:MM` UTC.
    pub day_end: String,
    /// Smallest HeartBtInt (108).
    pub heartbeat_min_s: u32,
    /// Largest HeartBtInt (108).
    pub heartbeat_max_s: u32,
    /// Shortest dead-man timer (5023) that a client may ask for.
    #[serde(default = "dead_man_min_ms")]
    pub dead_man_min_ms: u32,
    /// Longest; 0: no client may ask for one.
    #[serde(default = "dead_man_max_ms")]
    pub dead_man_max_ms: u32,
    /// Name of the `[[hours]]` of sessions that say nothing; absent: they are always open.
    pub hours: Option<String>,
}

/// `[host]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Data directory: journal and outboxes.
    pub data: PathBuf,
    /// When a command counts as committed.
    pub durability: Durability,
    /// Back end of the connections.
    pub transport: Transport,
    /// Which threads there are.
    pub placement: Placement,
    /// Core of the gateway thread (and, fused, of everything hot).
    pub gateway_core: Option<usize>,
    /// Core of the engine thread.
    pub engine_core: Option<usize>,
    /// Commands between two snapshots of the state; 0: none is taken.
    #[serde(default = "snapshot_commands")]
    pub snapshot_commands: u64,
    /// With less than this free, orders are refused and cancels are taken.
    #[serde(default = "disk_reserve_mib")]
    pub disk_reserve_mib: u64,
    /// Without a commit for so long clients are not read.
    #[serde(default = "stall_ms")]
    pub stall_ms: u64,
    /// All memory is touched and locked at start.
    #[serde(default)]
    pub lock_memory: bool,
}

fn dead_man_min_ms() -> u32 {
    500
}

fn dead_man_max_ms() -> u32 {
    600_000
}

fn snapshot_commands() -> u64 {
    1_000_000
}

fn disk_reserve_mib() -> u64 {
    256
}

fn stall_ms() -> u64 {
    1000
}

fn history_mib() -> u64 {
    4096
}

fn replay_connections_max() -> u16 {
    32
}

fn replay_mib_s() -> u32 {
    64
}

const fn first_epoch() -> u32 {
    1
}

fn replay_slow_ms() -> u64 {
    10_000
}

/// Back end of the connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// io_uring where the host allows it, else mio.
    Auto,
    /// io_uring or an error.
    Uring,
    /// Sockets and epoll.
    Mio,
}

impl From<Transport> for TransportKind {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Auto => Self::Auto,
            Transport::Uring => Self::Uring,
            Transport::Mio => Self::Mio,
        }
    }
}

/// Which hot threads there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// By the cores this process may use: fused on one or two, split on more.
    Auto,
    /// Gateway, engine and publisher on one thread.
    Fused,
    /// The engine on a thread of its own.
    Split,
}

/// `[fix]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// Address of order entry.
    pub listen: SocketAddr,
    /// Connections at once that have logged on; `door.rs` has room for a few that have not.
    pub connections_max: u16,
    /// From one address, logged on or not; without it all of them.
    pub connections_per_address_max: Option<u16>,
    /// From accept to an accepted Logon.
    pub logon_ms: u64,
    /// Longest message taken.
    pub message_bytes_max: usize,
    /// SendingTime (52) may be off by so much.
    pub sending_time_tolerance_s: u64,
    /// Application messages a second and session before they are refused.
    pub rate_soft: u32,
    /// Messages a second and session before the connection is not read.
    pub rate_hard: u32,
    /// A client that stays behind longer than this is disconnected.
    pub slow_ms: u64,
}

/// `[sbe]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sbe {
    /// Address of binary order entry.
    pub listen: SocketAddr,
    /// Frames begin with a length of four bytes instead of two.
    #[serde(default)]
    pub wide_frames: bool,
    /// The timestamp of a Negotiate or Establish may be off by so much.
    #[serde(default = "timestamp_tolerance_s")]
    pub timestamp_tolerance_s: u64,
}

fn timestamp_tolerance_s() -> u64 {
    10
}

/// What the lines of the feed leave by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FeedTransport {
    /// UDP sockets.
    #[default]
    Socket,
    /// UDP sockets, packets of one length together (UDP_SEGMENT); one by one where that is refused.
    Burst,
    /// AF_XDP; sockets where that is refused.
    Xdp,
}

/// `[feed]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// Line A of the incremental channel.
    pub a: SocketAddrV4,
    /// Line B: the same packets.
    pub b: SocketAddrV4,
    /// Snapshot channel.
    pub snapshot: SocketAddrV4,
    /// Address of the interface they leave by.
    pub interface: Ipv4Addr,
    /// Hops.
    pub ttl: u8,
    /// Raised by whoever lets the feed begin anew, with a new log: subscribers then forget their books.
    #[serde(default = "first_epoch")]
    pub epoch: u32,
    /// What lines A and B leave by.
    #[serde(default)]
    pub transport: FeedTransport,
    /// Queue of the interface, for `xdp`.
    #[serde(default)]
    pub xdp_queue: u32,
    /// A heartbeat after so long without a packet.
    pub heartbeat_ms: u64,
    /// From one snapshot cycle to the next.
    pub snapshot_ms: u64,
    /// Old messages kept on disk, mebibytes, about; whole files, and never what a snapshot needs.
    #[serde(default = "history_mib")]
    pub history_mib: u64,
    /// Where old messages can be asked for, by TCP and UDP; without it nowhere.
    pub replay: Option<SocketAddr>,
    /// Connections there at once.
    #[serde(default = "replay_connections_max")]
    pub replay_connections_max: u16,
    /// Mebibytes a second that one of them gets at most.
    #[serde(default = "replay_mib_s")]
    pub replay_mib_s: u32,
    /// A subscriber there that takes too little for so long is cut off.
    #[serde(default = "replay_slow_ms")]
    pub replay_slow_ms: u64,
    /// Addresses that get the lines and the snapshots by unicast; needs `replay`.
    #[serde(default)]
    pub unicast: Vec<SocketAddr>,
    /// Others that may have them for a while, by asking at `replay`.
    #[serde(default)]
    pub unicast_leases_max: u16,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsTable {
    /// Client sessions.
    pub sessions_max: u32,
    /// Instruments.
    pub instruments_max: u32,
    /// Open orders.
    pub orders_max: u32,
    /// Pages of 64 neighbouring prices over all books.
    pub pages_max: u32,
    /// Accounts of all firms.
    pub accounts_max: u32,
    /// Assets that accounts have balances of.
    pub assets_max: u32,
    /// Slots of the event ring, a power of two.
    pub event_slots: usize,
}

impl Default for LimitsTable {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            sessions_max: limits.sessions_max as u32,
            instruments_max: limits.instruments_max as u32,
            orders_max: limits.orders_max as u32,
            pages_max: limits.pages_max as u32,
            accounts_max: limits.accounts_max as u32,
            assets_max: limits.assets_max as u32,
            event_slots: 16_384,
        }
    }
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// The first thing wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let text = io::file::read(path)
            .and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other));
        let text = text.map_err(|error| ConfigError {
            file: file.clone(),
            key: "(the file)".into(),
            problem: error.to_string(),
            fix: "give the path of a readable TOML file; `portcullis serve --print-config` prints one \
                  to start from"
                .into(),
        })?;
        Self::parse(&text, &file)
    }

    /// The demo venue.
    ///
    /// # Panics
    /// When the built-in file is wrong, which a test excludes.
    pub fn demo() -> Self {
        Self::parse(DEMO, "(built-in demo)").unwrap_or_else(|error| panic!("{error}"))
    }

    /// Reads and checks the text of a file.
    ///
    /// # Errors
    /// The first thing wrong.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(text).map_err(|error| ConfigError {
            file: file.into(),
            key: place_of(&error, text),
            problem: error.message().replace('\n', " "),
            fix:
                "correct or remove it; `portcullis serve --print-config` shows every key with its \
                  meaning"
                    .into(),
        })?;
        config.file = file.into();
        config.check()?;
        Ok(config)
    }

    pub(crate) fn error(
        &self,
        key: impl Into<String>,
        problem: impl Into<String>,
        fix: &str,
    ) -> ConfigError {
        ConfigError {
            file: self.file.clone(),
            key: key.into(),
            problem: problem.into(),
            fix: fix.into(),
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.day_end_ns()?;
        if fill_text::<24>(self.venue.comp_id.as_bytes()).is_none() || self.venue.comp_id.is_empty()
        {
            let fix = "use 1 to 24 printable characters";
            return Err(self.error("venue.comp_id", "too long or empty", fix));
        }
        let (min, max) = (self.venue.heartbeat_min_s, self.venue.heartbeat_max_s);
        if min == 0 || min > max || max > 86_400 {
            let problem = format!("{min} to {max} seconds is no range");
            let fix = "let heartbeat_min_s be at least 1 and at most heartbeat_max_s";
            return Err(self.error("venue.heartbeat_min_s", problem, fix));
        }
        let (min, max) = (self.venue.dead_man_min_ms, self.venue.dead_man_max_ms);
        if max != 0 && !(DEAD_MAN_MS_MIN..=max).contains(&min) {
            let problem = format!("{min} to {max} ms is no range");
            let fix =
                "let dead_man_min_ms be at least 100 and at most dead_man_max_ms, or that 0: none";
            return Err(self.error("venue.dead_man_min_ms", problem, fix));
        }
        if self.fix.rate_soft == 0 || self.fix.rate_hard < self.fix.rate_soft {
            let fix = "let rate_soft be at least 1 and rate_hard at least rate_soft";
            return Err(self.error("fix.rate_hard", "below rate_soft", fix));
        }
        if !(1024..=32_768).contains(&self.fix.message_bytes_max) {
            let fix = "choose 1024 to 32768";
            return Err(self.error("fix.message_bytes_max", "out of range", fix));
        }
        if !(1..=CONNECTIONS_MAX).contains(&self.fix.connections_max) {
            let problem = format!("{} will not do", self.fix.connections_max);
            let fix = format!("choose 1 to {CONNECTIONS_MAX}");
            return Err(self.error("fix.connections_max", problem, &fix));
        }
        if self.fix.connections_per_address_max == Some(0) {
            let fix = "allow at least 1, or leave it out";
            return Err(self.error("fix.connections_per_address_max", "nobody could connect", fix));
        }
        self.check_market_data()?;
        for (key, address) in [
            ("feed.a", self.feed.a),
            ("feed.b", self.feed.b),
            ("feed.snapshot", self.feed.snapshot),
        ] {
            if !address.ip().is_multicast() {
                let problem = format!("{address} is not a multicast address");
                return Err(self.error(key, problem, "use 224.0.0.0 to 239.255.255.255"));
            }
        }
        if self.feed.heartbeat_ms == 0 || self.feed.snapshot_ms == 0 {
            let fix = "use at least 1";
            return Err(self.error("feed.heartbeat_ms, feed.snapshot_ms", "must not be 0", fix));
        }
        self.check_replay()?;
        let limits = &self.limits;
        let sizes = [
            ("sessions_max", limits.sessions_max, 65_536),
            ("instruments_max", limits.instruments_max, 65_536),
            ("orders_max", limits.orders_max, 100_000_000),
            ("pages_max", limits.pages_max, 10_000_000),
            ("accounts_max", limits.accounts_max, 100_000),
            ("assets_max", limits.assets_max, 1000),
        ];
        for (key, size, most) in sizes {
            if size == 0 || size > most {
                let fix = format!("choose 1 to {most}");
                return Err(self.error(
                    format!("limits.{key}"),
                    format!("{size} will not do"),
                    &fix,
                ));
            }
        }
        let slots = self.limits.event_slots;
        if !slots.is_power_of_two() || slots < engine::SINK_FREE_MIN {
            let fix = "use a power of two, 64 or more";
            return Err(self.error("limits.event_slots", format!("{slots} will not do"), fix));
        }
        self.check_wish()
    }

    fn check_replay(&self) -> Result<(), ConfigError> {
        let feed = &self.feed;
        let least = [
            ("epoch", u64::from(feed.epoch), 1, u64::from(u32::MAX)),
            ("replay_connections_max", u64::from(feed.replay_connections_max), 1, 4096),
            ("replay_mib_s", u64::from(feed.replay_mib_s), 1, 10_000),
            ("replay_slow_ms", feed.replay_slow_ms, 100, 600_000),
            ("unicast_leases_max", u64::from(feed.unicast_leases_max), 0, 256),
        ];
        for (key, value, least, most) in least {
            if !(least..=most).contains(&value) {
                let fix = format!("choose {least} to {most}");
                let problem = format!("{value} will not do");
                return Err(self.error(format!("feed.{key}"), problem, &fix));
            }
        }
        if feed.transport == FeedTransport::Xdp && feed.ttl == 0 {
            let problem = "xdp, but with ttl 0 no packet leaves this host";
            return Err(self.error("feed.transport", problem, "set feed.ttl, or use \"socket\""));
        }
        if feed.replay.is_none() && !(feed.unicast.is_empty() && feed.unicast_leases_max == 0) {
            let fix = "set feed.replay: they are served from its socket";
            return Err(self.error("feed.unicast", "without feed.replay", fix));
        }
        Ok(())
    }

    /// When a day ends, nanoseconds after midnight UTC.
    ///
    /// # Errors
    /// None after [`Self::parse`].
    pub fn day_end_ns(&self) -> Result<u64, ConfigError> {
        let text = &self.venue.day_end;
        time_of_day_ns(text).ok_or_else(|| self.no_time("venue.day_end", text))
    }

    fn no_time(&self, key: &str, text: &str) -> ConfigError {
        let fix = "write HH:MM, in UTC, like \"21:00\"";
        self.error(key, format!("{text:?} is no time of day"), fix)
    }

    fn decimal(&self, key: String, text: &str) -> Result<Decimal8, ConfigError> {
        match decimal::parse(text.as_bytes()) {
            Ok(mantissa) if mantissa > 0 => Ok(Decimal8::new(mantissa)),
            _ => Err(self.error(
                key,
                format!("{text:?} is no positive decimal with at most 8 places"),
                "write it as a string, like \"0.01\"",
            )),
        }
    }

    /// The exchange that is wished.
    ///
    /// # Errors
    /// None after [`Self::parse`].
    pub fn wish(&self) -> Result<Wish, ConfigError> {
        let venue = j::VenueDefine {
            day_end_ns: self.day_end_ns()?.into(),
            heartbeat_min_s: self.venue.heartbeat_min_s.into(),
            heartbeat_max_s: self.venue.heartbeat_max_s.into(),
            dead_man_min_ms: self.venue.dead_man_min_ms.into(),
            dead_man_max_ms: self.venue.dead_man_max_ms.into(),
            sessions_max: self.limits.sessions_max.into(),
            instruments_max: self.limits.instruments_max.into(),
            orders_max: self.limits.orders_max.into(),
            pages_max: self.limits.pages_max.into(),
            accounts_max: self.limits.accounts_max.into(),
            assets_max: self.limits.assets_max.into(),
            ..j::VenueDefine::ZERO
        };
        let instruments = (0..self.instrument.len()).map(|n| self.define_instrument(n));
        let sessions = (0..self.session.len()).map(|n| self.define_session(n));
        let firms = (0..self.firm.len()).map(|n| self.define_firm(n));
        let accounts = (0..self.account.len()).map(|n| self.define_account(n));
        let deposits = (0..self.account.len()).map(|n| self.deposits_of(n));
        Ok(Wish {
            venue,
            instruments: instruments.collect::<Result<_, _>>()?,
            sessions: sessions.collect::<Result<_, _>>()?,
            firms: firms.collect::<Result<_, _>>()?,
            accounts: accounts.collect::<Result<_, _>>()?,
            permissions: self.define_permissions()?,
            fees: self.define_fees()?,
            schedule: self.define_schedule()?,
            calendar: self.calendar()?,
            deposits: deposits.collect::<Result<Vec<_>, _>>()?.concat(),
        })
    }

    /// Secrets by CompID; those that stand elsewhere are read here.
    ///
    /// # Errors
    /// A key that is not where the file says.
    pub fn secrets(&self) -> Result<HashMap<[u8; 24], Secret>, ConfigError> {
        let mut secrets = HashMap::new();
        for (n, session) in self.session.iter().enumerate() {
            let comp_id = fill_text::<24>(session.comp_id.as_bytes()).unwrap_or_default();
            secrets.insert(comp_id, self.secret_of(n)?);
        }
        Ok(secrets)
    }

    /// What each listener speaks, and where it listens: FIX first.
    pub fn listeners(&self) -> Vec<(&'static str, SocketAddr, Speaks)> {
        let fix = ("fix.listen", self.fix.listen, Speaks::Fix);
        let sbe = self.sbe.as_ref().map(|sbe| {
            let width = if sbe.wide_frames { Width::Wide } else { Width::Narrow };
            ("sbe.listen", sbe.listen, Speaks::Sbe(width))
        });
        [Some(fix), sbe].into_iter().flatten().collect()
    }

    /// Sizes of the engine.
    pub fn engine_limits(&self, hash_seed: u64) -> Limits {
        Limits {
            sessions_max: self.limits.sessions_max as usize,
            instruments_max: self.limits.instruments_max as usize,
            orders_max: self.limits.orders_max as usize,
            pages_max: self.limits.pages_max as usize,
            accounts_max: self.limits.accounts_max as usize,
            assets_max: self.limits.assets_max as usize,
            hash_seed,
            ..Limits::default()
        }
    }

    /// Bounds of a connection.
    pub fn connection_limits(&self) -> ConnectionLimits {
        ConnectionLimits {
            logon_ns: self.fix.logon_ms * NS_PER_MS,
            message_bytes_max: self.fix.message_bytes_max,
            sending_time_tolerance_ns: self.fix.sending_time_tolerance_s * 1000 * NS_PER_MS,
            timestamp_tolerance_ns: {
                let sbe_s = self.sbe.as_ref().map(|sbe| sbe.timestamp_tolerance_s);
                sbe_s.unwrap_or_else(timestamp_tolerance_s) * 1000 * NS_PER_MS
            },
            rate_soft: self.fix.rate_soft,
            rate_hard: self.fix.rate_hard,
        }
    }

    /// Sizes of the transport.
    pub fn transport_limits(&self) -> TransportLimits {
        let limits =
            TransportLimits { linger: Duration::from_secs(1), ..TransportLimits::default() };
        door::transport_limits(self.fix.connections_max, limits)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `HH:MM` in nanoseconds after midnight.
fn time_of_day_ns(text: &str) -> Option<u64> {
    let (hours, minutes) = text.split_once(':')?;
    match (hours.parse::<u64>().ok()?, minutes.parse::<u64>().ok()?) {
        (hours @ 0..=23, minutes @ 0..=59) => Some((hours * 60 + minutes) * 60_000 * NS_PER_MS),
        _ => None,
    }
}

/// Line and column of what TOML stumbled over.
fn place_of(error: &toml::de::Error, text: &str) -> String {
    let Some(span) = error.span() else { return "(the file)".into() };
    let before = &text[..span.start.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let words = text.lines().nth(line - 1).unwrap_or("").trim();
    format!("line {line}: `{words}`")
}

#[cfg(test)]
mod tests;

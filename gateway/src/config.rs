//! The configuration: this host, and the exchange as its operator wishes it.
//!
//! One TOML file; unknown keys are errors; every error names the file, the key and the fix. The
//! built-in demo venue is the file `demo.toml` beside this one, which `serve --print-config` prints.
//! What is under `venue`, `instrument` and `session` is only a wish: at start the difference to the
//! state goes into the log (engine/src/partition.rs, `Wish`).

use crate::auth::Secret;
use crate::fix::connection::ConnectionLimits;
use crate::fix::decimal;
use crate::io::{self, TransportKind, TransportLimits};
use crate::journal::Durability;
use engine::{Limits, Wish};
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{CancelOnDisconnect, Decimal8, Protocol};
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The demo venue.
pub const DEMO: &str = include_str!("demo.toml");
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
    /// FIX order entry.
    pub fix: Fix,
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
    /// Connections at once.
    pub connections_max: u16,
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
    /// A heartbeat after so long without a packet.
    pub heartbeat_ms: u64,
    /// From one snapshot cycle to the next.
    pub snapshot_ms: u64,
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

/// `[[instrument]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// Symbol (55).
    pub symbol: String,
    /// Smallest price step, a decimal.
    pub tick: String,
    /// Smallest quantity step, a decimal.
    pub lot: String,
    /// Largest OrderQty (38), a decimal.
    pub quantity_max: String,
}

/// `[[session]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// SenderCompID (49) of the client.
    pub comp_id: String,
    /// Username (553) that must be given; without it the CompID or nothing.
    pub username: Option<String>,
    /// Argon2 hash of the password (554): `portcullis hash-password` makes one.
    pub password_hash: String,
    /// Account (1) of orders that name none.
    pub account: Option<String>,
    /// User number beside the session.
    #[serde(default)]
    pub user: u32,
    /// Cancel all open orders when the connection is lost.
    #[serde(default)]
    pub cancel_on_disconnect: bool,
    /// How long after that.
    #[serde(default)]
    pub grace_ms: u32,
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

    fn error(&self, key: impl Into<String>, problem: impl Into<String>, fix: &str) -> ConfigError {
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
        if self.fix.rate_soft == 0 || self.fix.rate_hard < self.fix.rate_soft {
            let fix = "let rate_soft be at least 1 and rate_hard at least rate_soft";
            return Err(self.error("fix.rate_hard", "below rate_soft", fix));
        }
        if !(1024..=32_768).contains(&self.fix.message_bytes_max) {
            let fix = "choose 1024 to 32768";
            return Err(self.error("fix.message_bytes_max", "out of range", fix));
        }
        if self.fix.connections_max == 0 {
            let fix = "allow at least 1";
            return Err(self.error("fix.connections_max", "nobody could connect", fix));
        }
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
        self.check_instruments()?;
        self.check_sessions()
    }

    fn check_instruments(&self) -> Result<(), ConfigError> {
        for (n, instrument) in self.instrument.iter().enumerate() {
            self.define_instrument(n)?;
            if self.instrument[..n].iter().any(|other| other.symbol == instrument.symbol) {
                let problem = format!("{} is there twice", instrument.symbol);
                let key = format!("instrument[{n}].symbol");
                return Err(self.error(key, problem, "remove one of them"));
            }
        }
        Ok(())
    }

    fn check_sessions(&self) -> Result<(), ConfigError> {
        for (n, session) in self.session.iter().enumerate() {
            self.define_session(n)?;
            if self.session[..n].iter().any(|other| other.comp_id == session.comp_id) {
                let problem = format!("{} is there twice", session.comp_id);
                let key = format!("session[{n}].comp_id");
                return Err(self.error(key, problem, "remove one of them"));
            }
            let hash = &session.password_hash;
            if argon2::password_hash::phc::PasswordHash::new(hash).is_err() {
                return Err(self.error(
                    format!("session[{n}].password_hash"),
                    "not an Argon2 hash",
                    "make one with `portcullis hash-password`",
                ));
            }
        }
        Ok(())
    }

    fn day_end_ns(&self) -> Result<u64, ConfigError> {
        let text = &self.venue.day_end;
        let parsed = text.split_once(':').and_then(|(hours, minutes)| {
            Some((hours.parse::<u64>().ok()?, minutes.parse::<u64>().ok()?))
        });
        match parsed {
            Some((hours @ 0..=23, minutes @ 0..=59)) => {
                Ok((hours * 60 + minutes) * 60 * 1000 * NS_PER_MS)
            }
            _ => Err(self.error(
                "venue.day_end",
                format!("{text:?} is no time of day"),
                "write HH:MM, in UTC, like \"21:00\"",
            )),
        }
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

    fn define_instrument(&self, n: usize) -> Result<j::InstrumentDefine, ConfigError> {
        let instrument = &self.instrument[n];
        let symbol = fill_text::<16>(instrument.symbol.as_bytes())
            .filter(|_| is_name(&instrument.symbol))
            .ok_or_else(|| {
                self.error(
                    format!("instrument[{n}].symbol"),
                    format!("{:?} is no symbol", instrument.symbol),
                    "use 1 to 16 printable characters without spaces",
                )
            })?;
        let key = |name| format!("instrument[{n}].{name}");
        let define = j::InstrumentDefine {
            symbol,
            tick_size: self.decimal(key("tick"), &instrument.tick)?,
            lot_size: self.decimal(key("lot"), &instrument.lot)?,
            quantity_max: self.decimal(key("quantity_max"), &instrument.quantity_max)?,
            ..j::InstrumentDefine::ZERO
        };
        if define.quantity_max.get() < define.lot_size.get() {
            let fix = "let it be at least one lot";
            return Err(self.error(key("quantity_max"), "below the lot", fix));
        }
        Ok(define)
    }

    fn define_session(&self, n: usize) -> Result<j::SessionDefine, ConfigError> {
        let session = &self.session[n];
        let text = |name: &str, value: &str| {
            self.error(
                format!("session[{n}].{name}"),
                format!("{value:?} will not do"),
                "use 1 to 24 (an account: 1 to 16) printable characters without spaces",
            )
        };
        let comp_id = fill_text::<24>(session.comp_id.as_bytes())
            .filter(|_| is_name(&session.comp_id))
            .ok_or_else(|| text("comp_id", &session.comp_id))?;
        let account = session.account.as_deref().unwrap_or("");
        let account = fill_text::<16>(account.as_bytes())
            .filter(|_| account.is_empty() || is_name(account))
            .ok_or_else(|| text("account", account))?;
        let cancels = match session.cancel_on_disconnect {
            true => CancelOnDisconnect::Session,
            false => CancelOnDisconnect::No,
        };
        Ok(j::SessionDefine {
            comp_id,
            account,
            user: session.user.into(),
            grace_ms: session.grace_ms.into(),
            protocol: Protocol::Fix44.into(),
            cancel_on_disconnect: cancels.into(),
            ..j::SessionDefine::ZERO
        })
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
        Ok(Wish {
            venue,
            instruments: instruments.collect::<Result<_, _>>()?,
            sessions: sessions.collect::<Result<_, _>>()?,
            ..Wish::default()
        })
    }

    /// Secrets by CompID.
    pub fn secrets(&self) -> HashMap<[u8; 24], Secret> {
        let secret = |s: &Session| Secret {
            username: s.username.clone(),
            password_hash: s.password_hash.clone(),
        };
        let named = self
            .session
            .iter()
            .filter_map(|s| Some((fill_text::<24>(s.comp_id.as_bytes())?, secret(s))));
        named.collect()
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
            rate_soft: self.fix.rate_soft,
            rate_hard: self.fix.rate_hard,
        }
    }

    /// Sizes of the transport.
    pub fn transport_limits(&self) -> TransportLimits {
        TransportLimits {
            connections_max: self.fix.connections_max,
            linger: Duration::from_secs(1),
            ..TransportLimits::default()
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
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
mod tests {
    use super::*;

    #[test]
    fn the_demo_venue_is_right() {
        let demo = Config::demo();
        assert_eq!(demo.instrument.len(), 3);
        assert_eq!(demo.session.len(), 8);
        assert_eq!(demo.fix.listen.to_string(), "127.0.0.1:9001");
        demo.wish().expect("a wish");
    }

    #[test]
    fn errors_name_file_key_and_fix() {
        let cases = [
            ("tick = \"0.01\"", "tick = \"-1\"", "instrument[0].tick"),
            ("day_end = \"00:00\"", "day_end = \"25:00\"", "venue.day_end"),
            ("symbol = \"ETH-USD\"", "symbol = \"BTC-USD\"", "instrument[1].symbol"),
            ("durability = \"disk\"", "durability = \"maybe\"", "line "),
            ("[host]", "[host]\ncolour = 1", "colour"),
            ("a = \"239.255.42.1:9101\"", "a = \"10.0.0.1:9101\"", "feed.a"),
        ];
        for (right, wrong, named) in cases {
            assert!(DEMO.contains(right), "{right}");
            let error = Config::parse(&DEMO.replacen(right, wrong, 1), "x.toml").expect_err(wrong);
            let told = error.to_string();
            assert!(told.contains("x.toml") && told.contains(named), "{told}");
            assert!(told.contains("fix:"), "{told}");
        }
    }
}

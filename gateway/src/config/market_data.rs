//! `[fix_market_data]`: market data over FIX. Optional; without it nobody listens.

use super::{Config, ConfigError, NS_PER_MS};
use crate::connection::ConnectionLimits;
use crate::fix_feed::Settings;
use serde::Deserialize;
use std::net::SocketAddr;

/// `[fix_market_data]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixMarketData {
    /// Its address.
    pub listen: SocketAddr,
    /// Connections at once that have logged on, as in `[fix]`.
    #[serde(default = "connections_max")]
    pub connections_max: u16,
    /// From one address, logged on or not; without it all of them.
    pub connections_per_address_max: Option<u16>,
    /// Instruments that one connection may follow, counted once for each subscription.
    #[serde(default = "subscriptions_max")]
    pub subscriptions_max: u32,
    /// Requests a second and connection before they are refused.
    #[serde(default = "rate")]
    pub rate: u32,
    /// A client that takes nothing for so long while there is something to tell is disconnected.
    #[serde(default = "slow_ms")]
    pub slow_ms: u64,
}

fn connections_max() -> u16 {
    64
}

fn subscriptions_max() -> u32 {
    200
}

fn rate() -> u32 {
    100
}

fn slow_ms() -> u64 {
    10_000
}

impl Config {
    pub(super) fn check_market_data(&self) -> Result<(), ConfigError> {
        let Some(table) = &self.fix_market_data else { return Ok(()) };
        let sizes = [
            ("connections_max", u64::from(table.connections_max), 4096),
            (
                "connections_per_address_max",
                table.connections_per_address_max.unwrap_or(1).into(),
                u64::from(u16::MAX),
            ),
            ("subscriptions_max", table.subscriptions_max.into(), 100_000),
            ("rate", table.rate.into(), 1_000_000),
            ("slow_ms", table.slow_ms, 3_600_000),
        ];
        for (key, value, most) in sizes {
            if value == 0 || value > most {
                let (key, fix) = (format!("fix_market_data.{key}"), format!("choose 1 to {most}"));
                return Err(self.error(key, format!("{value} will not do"), &fix));
            }
        }
        let others = [("fix.listen", self.fix.listen)];
        for (other, address) in others {
            if address == table.listen && address.port() != 0 {
                let problem = format!("{address} is {other}, too");
                return Err(self.error("fix_market_data.listen", problem, "choose another port"));
            }
        }
        Ok(())
    }

    /// What market data over FIX is told by this file.
    pub fn market_data_settings(&self, table: &FixMarketData) -> Settings {
        let currency = |i: &super::Instrument| {
            i.quote.clone().map(|quote| (i.symbol.clone().into_bytes(), quote))
        };
        let of_orders = self.connection_limits();
        Settings {
            venue: self.venue.comp_id.clone(),
            limits: ConnectionLimits { rate_soft: table.rate, ..of_orders },
            heartbeat_s: (self.venue.heartbeat_min_s, self.venue.heartbeat_max_s),
            slow_ns: table.slow_ms * NS_PER_MS,
            per_address_max: table.connections_per_address_max.unwrap_or(u16::MAX),
            subscriptions_max: table.subscriptions_max as usize,
            instruments_max: self.limits.instruments_max as usize,
            orders_max: self.limits.orders_max as usize,
            currencies: self.instrument.iter().filter_map(currency).collect(),
        }
    }
}

//! What the file wishes of the exchange: instruments, sessions, firms, accounts, fees, the timetable.
//!
//! Each table is checked here on its own and against the others, and becomes the command that defines
//! it. What is not in the file any more: fees and timetable follow the file, line by line; instruments,
//! firms, accounts and sessions stay as the log has them, for orders and balances may depend on them.
//! The tables themselves: `tables.rs`.

use super::tables::{Account, Allocation, BandAction, Instrument, SelfTrade, SelfTradeScope};
use super::{Config, ConfigError, SessionProtocol, is_name, time_of_day_ns};
use engine::phase::LINES_MAX;
use sbe_schemas::header::{Message, fill_text};
use sbe_schemas::journal as j;
use sbe_schemas::types::{
    self, Boolean, CancelOnDisconnect, Decimal8, Protocol, SelfTrade as Mode,
    SelfTradeScope as Scope,
};

/// An indicative price walks the whole crossed part of a book: not more often than this.
const INDICATIVE_MS_MIN: u32 = 100;
/// Tiers of the fees that the engine has.
const TIERS: usize = 8;
/// Largest fee or rebate, in millionths: a tenth.
const FEE_PPM_MAX: i32 = 100_000;
/// Numbers of firms above this are the engine's own, for sessions without a firm.
const FIRM_MAX: u32 = (1 << 31) - 1;

impl Config {
    /// Every table by itself and against the others.
    pub(super) fn check_wish(&self) -> Result<(), ConfigError> {
        let twice = |key: String, what: &str| {
            self.error(key, format!("{what} is there twice"), "remove one of them")
        };
        for (n, instrument) in self.instrument.iter().enumerate() {
            self.define_instrument(n)?;
            if self.instrument[..n].iter().any(|other| other.symbol == instrument.symbol) {
                return Err(twice(format!("instrument[{n}].symbol"), &instrument.symbol));
            }
        }
        for (n, firm) in self.firm.iter().enumerate() {
            self.define_firm(n)?;
            if self.firm[..n].iter().any(|other| other.number == firm.number) {
                return Err(twice(format!("firm[{n}].number"), &firm.number.to_string()));
            }
        }
        for (n, account) in self.account.iter().enumerate() {
            self.define_account(n)?;
            self.deposits_of(n)?;
            let same = |other: &Account| (other.firm, &other.name) == (account.firm, &account.name);
            if self.account[..n].iter().any(same) {
                return Err(twice(format!("account[{n}].name"), &account.name));
            }
        }
        for (n, session) in self.session.iter().enumerate() {
            self.define_session(n)?;
            if self.session[..n].iter().any(|other| other.comp_id == session.comp_id) {
                return Err(twice(format!("session[{n}].comp_id"), &session.comp_id));
            }
        }
        self.calendar()?;
        self.define_permissions()?;
        self.define_fees()?;
        self.define_schedule().map(|_| ())
    }

    /// The instrument of the `n`th table.
    pub(super) fn define_instrument(&self, n: usize) -> Result<j::InstrumentDefine, ConfigError> {
        let i = &self.instrument[n];
        let key = |name: &str| format!("instrument[{n}].{name}");
        let optional = |name, text: &Option<String>| self.optional_decimal(key(name), text);
        let assets = [("base", &i.base), ("quote", &i.quote)];
        let [base, quote] = assets.map(|(name, asset)| self.asset(key(name), asset.as_deref()));
        let define = j::InstrumentDefine {
            symbol: self.name(key("symbol"), &i.symbol)?,
            tick_size: self.decimal(key("tick"), &i.tick)?,
            lot_size: self.decimal(key("lot"), &i.lot)?,
            quantity_max: self.decimal(key("quantity_max"), &i.quantity_max)?,
            price_max: optional("price_max", &i.price_max)?,
            notional_max: optional("notional_max", &i.notional_max)?,
            base: base?,
            quote: quote?,
            reference_price: optional("reference_price", &i.reference_price)?,
            static_band_bps: i.static_band_bps.into(),
            dynamic_band_bps: i.dynamic_band_bps.into(),
            collar_bps: i.collar_bps.into(),
            protection_bps: i.protection_bps.into(),
            volatility_auction_ms: i.volatility_auction_ms.into(),
            indicative_ms: i.indicative_ms.into(),
            top_order_percent: i.top_order_percent.into(),
            minimum_lots: i.minimum_lots.into(),
            allocation: match i.allocation {
                Allocation::PriceTime => types::Allocation::PriceTime.into(),
                Allocation::ProRata => types::Allocation::ProRata.into(),
            },
            band_action: match i.band_action {
                BandAction::Reject => types::BandAction::Reject.into(),
                BandAction::Auction => types::BandAction::Auction.into(),
            },
            replace_loses_place: boolean(i.replace_loses_place).into(),
            phase: i.phase.known().into(),
            ..j::InstrumentDefine::ZERO
        };
        self.check_instrument(&define, n)?;
        Ok(define)
    }

    fn check_instrument(&self, d: &j::InstrumentDefine, n: usize) -> Result<(), ConfigError> {
        let i = &self.instrument[n];
        let wrong = |name: &str, problem: &str, fix: &str| {
            Err(self.error(format!("instrument[{n}].{name}"), problem, fix))
        };
        let (tick, price_max) = (d.tick_size.get(), d.price_max.get());
        if d.quantity_max.get() < d.lot_size.get() {
            return wrong("quantity_max", "below the lot", "let it be at least one lot");
        }
        if (1..INDICATIVE_MS_MIN).contains(&d.indicative_ms.get()) {
            return wrong(
                "indicative_ms",
                "an auction price so often costs too much",
                "0, or 100 and above",
            );
        }
        if price_max != 0 && price_max < tick {
            return wrong("price_max", "below the tick", "let it be at least one tick");
        }
        let reference = d.reference_price.get();
        if reference % tick != 0 || (price_max != 0 && reference > price_max) {
            let fix = "use a multiple of the tick, not above price_max";
            return wrong("reference_price", "not a price of the instrument", fix);
        }
        if i.base.is_some() != i.quote.is_some() || (i.base.is_some() && i.base == i.quote) {
            let fix = "give two different assets, or neither";
            return wrong("base", "base and quote belong together", fix);
        }
        if i.top_order_percent > 100 {
            return wrong("top_order_percent", "above 100", "choose 0 to 100");
        }
        if i.band_action == BandAction::Auction && i.volatility_auction_ms == 0 {
            let fix = "say how long the auction lasts, like 30000";
            return wrong("volatility_auction_ms", "missing with band_action = \"auction\"", fix);
        }
        Ok(())
    }

    /// The session of the `n`th table.
    pub(super) fn define_session(&self, n: usize) -> Result<j::SessionDefine, ConfigError> {
        let s = &self.session[n];
        let key = |name: &str| format!("session[{n}].{name}");
        self.check_secret(n)?;
        if s.keep_on_logout && !s.cancel_on_disconnect {
            let fix = "set cancel_on_disconnect = true as well, or leave it out";
            return Err(self.error(key("keep_on_logout"), "orders stay anyway", fix));
        }
        if s.firm != 0 {
            self.check_firm(key("firm"), s.firm)?;
        }
        let has_one = |other: &super::Session| other.drop_copy && other.firm == s.firm;
        if s.drop_copy && s.firm == 0 {
            let fix = "give the number of the [[firm]] whose orders it is told of";
            return Err(self.error(key("firm"), "a drop copy session of no firm", fix));
        }
        if s.drop_copy && self.session[..n].iter().any(has_one) {
            let fix = "leave one per firm";
            return Err(self.error(key("drop_copy"), "its firm has such a session already", fix));
        }
        let account = match &s.account {
            Some(account) => self.name(key("account"), account)?,
            None => [0; 16],
        };
        Ok(j::SessionDefine {
            comp_id: self.name(key("comp_id"), &s.comp_id)?,
            account,
            user: s.user.into(),
            firm: s.firm.into(),
            hours: self.hours_row(n)?.into(),
            keep_on_logout: boolean(s.keep_on_logout).into(),
            grace_ms: s.grace_ms.into(),
            protocol: match s.protocol {
                SessionProtocol::Fix => Protocol::Fix44.into(),
                SessionProtocol::Sbe => Protocol::Sbe.into(),
            },
            cancel_on_disconnect: match s.cancel_on_disconnect {
                true => CancelOnDisconnect::Session.into(),
                false => CancelOnDisconnect::No.into(),
            },
            self_trade: match s.self_trade {
                SelfTrade::Allow => Mode::Allow.into(),
                SelfTrade::CancelNewest => Mode::CancelNewest.into(),
                SelfTrade::CancelOldest => Mode::CancelOldest.into(),
                SelfTrade::CancelBoth => Mode::CancelBoth.into(),
                SelfTrade::Decrement => Mode::Decrement.into(),
            },
            self_trade_scope: match s.self_trade_scope {
                SelfTradeScope::Account => Scope::Account.into(),
                SelfTradeScope::User => Scope::User.into(),
                SelfTradeScope::Firm => Scope::Firm.into(),
            },
            drop_copy: match s.drop_copy {
                true => Boolean::True.into(),
                false => Boolean::False.into(),
            },
            ..j::SessionDefine::ZERO
        })
    }

    /// The firm of the `n`th table.
    pub(super) fn define_firm(&self, n: usize) -> Result<j::FirmDefine, ConfigError> {
        let firm = &self.firm[n];
        let key = |name: &str| format!("firm[{n}].{name}");
        if !(1..=FIRM_MAX).contains(&firm.number) {
            let problem = format!("{} will not do", firm.number);
            return Err(self.error(key("number"), problem, "choose 1 to 2147483647"));
        }
        let optional = |name, text: &Option<String>| self.optional_decimal(key(name), text);
        Ok(j::FirmDefine {
            firm: firm.number.into(),
            open_orders_max: firm.open_orders_max.into(),
            open_notional_max: optional("open_notional_max", &firm.open_notional_max)?,
            position_max: optional("position_max", &firm.position_max)?,
            ..j::FirmDefine::ZERO
        })
    }

    /// The account of the `n`th table.
    pub(super) fn define_account(&self, n: usize) -> Result<j::AccountDefine, ConfigError> {
        let account = &self.account[n];
        let key = |name: &str| format!("account[{n}].{name}");
        self.check_firm(key("firm"), account.firm)?;
        let optional = |name, text: &Option<String>| self.optional_decimal(key(name), text);
        Ok(j::AccountDefine {
            account: self.name(key("name"), &account.name)?,
            firm: account.firm.into(),
            open_orders_max: account.open_orders_max.into(),
            open_notional_max: optional("open_notional_max", &account.open_notional_max)?,
            position_max: optional("position_max", &account.position_max)?,
            funded: boolean(account.funded).into(),
            ..j::AccountDefine::ZERO
        })
    }

    /// What the account of the `n`th table begins with.
    pub(super) fn deposits_of(&self, n: usize) -> Result<Vec<j::Transfer>, ConfigError> {
        let account = &self.account[n];
        let transfer = |(asset, amount): (&String, &String)| {
            let key = format!("account[{n}].deposit.{asset}");
            let traded = |i: &Instrument| [&i.base, &i.quote].contains(&&Some(asset.clone()));
            if !self.instrument.iter().any(traded) {
                let fix = "use the base or quote of an instrument";
                return Err(self.error(key, "no instrument has this asset", fix));
            }
            Ok(j::Transfer {
                account: self.name(format!("account[{n}].name"), &account.name)?,
                firm: account.firm.into(),
                asset: self.asset(key.clone(), Some(asset))?,
                amount: self.decimal(key, amount)?,
                initial: Boolean::True.into(),
                ..j::Transfer::ZERO
            })
        };
        account.deposit.iter().map(transfer).collect()
    }

    /// All tiers that the engine has: those beyond the file's last are as that one, so that a tier which
    /// an earlier file had is no tier any more. Without any, nothing costs a fee.
    pub(super) fn define_fees(&self) -> Result<Vec<j::FeesDefine>, ConfigError> {
        let wrong = |n: usize, name: &str, problem: &str, fix: &str| {
            Err(self.error(format!("fee_tier[{n}].{name}"), problem, fix))
        };
        if self.fee_tier.len() > TIERS {
            return wrong(TIERS, "volume_min", "one tier too many", "let there be at most 8");
        }
        let (mut tiers, mut last) = (Vec::with_capacity(TIERS), j::FeesDefine::ZERO);
        for (n, tier) in self.fee_tier.iter().enumerate() {
            let volume =
                self.optional_decimal(format!("fee_tier[{n}].volume_min"), &tier.volume_min)?;
            if (n == 0) != tier.volume_min.is_none()
                || (n > 0 && volume.get() <= last.volume_min.get())
            {
                let fix = "leave it out of the first tier, and let it rise from tier to tier";
                return wrong(n, "volume_min", "out of order", fix);
            }
            for (name, ppm) in [("maker_ppm", tier.maker_ppm), ("taker_ppm", tier.taker_ppm)] {
                if !(-FEE_PPM_MAX..=FEE_PPM_MAX).contains(&ppm) {
                    return wrong(n, name, "more than a tenth", "choose -100000 to 100000");
                }
            }
            last = j::FeesDefine {
                volume_min: volume,
                maker_ppm: tier.maker_ppm.into(),
                taker_ppm: tier.taker_ppm.into(),
                ..last
            };
            tiers.push(last);
        }
        tiers.resize(TIERS, last);
        for (n, tier) in (0..).zip(&mut tiers) {
            tier.tier.set(n);
        }
        Ok(tiers)
    }

    /// All lines that the engine has; those beyond the file's last are struck out. Instruments are
    /// numbered as they stand in the file: `venue.rs` sees to it that the log agrees.
    pub(super) fn define_schedule(&self) -> Result<Vec<j::ScheduleDefine>, ConfigError> {
        if self.schedule.len() > LINES_MAX {
            let problem = format!("{} lines", self.schedule.len());
            let fix = format!("let there be at most {LINES_MAX}");
            return Err(self.error("schedule", problem, &fix));
        }
        let struck_out = j::ScheduleDefine { active: Boolean::False.into(), ..Message::ZERO };
        let mut lines = vec![struck_out; LINES_MAX];
        for (n, wished) in self.schedule.iter().enumerate() {
            let instrument = match &wished.instrument {
                None => 0,
                Some(symbol) => {
                    let at = self.instrument.iter().position(|i| i.symbol == *symbol);
                    let fix = "name the symbol of an instrument, or leave it out: all of them";
                    let key = format!("schedule[{n}].instrument");
                    at.ok_or_else(|| self.error(key, format!("{symbol} is not there"), fix))? + 1
                }
            };
            let time_ns = time_of_day_ns(&wished.time)
                .ok_or_else(|| self.no_time(&format!("schedule[{n}].time"), &wished.time))?;
            lines[n] = j::ScheduleDefine {
                instrument: (instrument as u32).into(),
                time_ns: time_ns.into(),
                phase: wished.phase.known().into(),
                active: Boolean::True.into(),
                ..struck_out
            };
        }
        for (n, line) in (0..).zip(&mut lines) {
            line.line.set(n);
        }
        Ok(lines)
    }

    fn check_firm(&self, key: String, number: u32) -> Result<(), ConfigError> {
        match self.firm.iter().any(|firm| firm.number == number) {
            true => Ok(()),
            false => {
                let fix = "add a [[firm]] with this number";
                Err(self.error(key, format!("there is no firm {number}"), fix))
            }
        }
    }

    /// A name that fits.
    fn name<const N: usize>(&self, key: String, text: &str) -> Result<[u8; N], ConfigError> {
        let name = fill_text::<N>(text.as_bytes()).filter(|_| is_name(text));
        name.ok_or_else(|| {
            let fix = format!("use 1 to {N} printable characters without spaces");
            self.error(key, format!("{text:?} will not do"), &fix)
        })
    }

    /// An asset; absent: none.
    fn asset(&self, key: String, text: Option<&str>) -> Result<[u8; 8], ConfigError> {
        text.map_or(Ok([0; 8]), |text| self.name(key, text))
    }

    /// A positive decimal; absent: 0.
    fn optional_decimal(
        &self,
        key: String,
        text: &Option<String>,
    ) -> Result<Decimal8, ConfigError> {
        text.as_deref().map_or(Ok(Decimal8::new(0)), |text| self.decimal(key, text))
    }
}

fn boolean(value: bool) -> Boolean {
    if value { Boolean::True } else { Boolean::False }
}

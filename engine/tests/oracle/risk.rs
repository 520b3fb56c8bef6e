//! §7: limits, balances, fees and tiers. What an order reserves is computed from the order, so nothing
//! is ever kept or released.

use super::Oracle;
use super::order::Order;
use super::told::{Report, Told};
use sbe_schemas::journal as j;
use sbe_schemas::types::{AdminResult, Boolean, Side};
use std::collections::{BTreeMap, VecDeque};

/// 10^8: a mantissa of 10^-16 (price × quantity) over this is a mantissa of 10^-8.
const SCALE: i128 = 100_000_000;
/// Days whose volume counts for the tiers.
const DAYS: usize = 30;

/// Limits of a firm; 0: none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Firm {
    pub(crate) open_orders_max: usize,
    pub(crate) open_notional_max: i64,
    pub(crate) position_max: i64,
}

/// An account: its limits, what it has and what it has traded.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: [u8; 16],
    pub(crate) firm: u32,
    pub(crate) limits: Firm,
    pub(crate) funded: bool,
    /// By asset.
    pub(crate) balances: BTreeMap<usize, i128>,
    /// Net traded lots by instrument.
    pub(crate) positions: BTreeMap<usize, i64>,
    /// Notional (10^-16) of its last days, the oldest first, and of today.
    days: VecDeque<i128>,
    today: i128,
    tier: u32,
}

/// One tier of the fees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tier {
    volume_min: i64,
    maker_ppm: i64,
    taker_ppm: i64,
}

/// One side of a trade, to take it back.
#[derive(Clone, Debug)]
pub(crate) struct TradedSide {
    account: usize,
    session: u32,
    report: Report,
    sign: i64,
    lots: i64,
    /// What it gave of base and quote, below 0: got.
    gave: Option<[(usize, i128); 2]>,
    fee: i128,
    time: u64,
}

/// On which side of a trade an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Maker,
    Taker,
    Uncross,
}

/// What §1.1 asks from `NotionalTooLarge` to `InsufficientBalance`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    pub(crate) account: usize,
    pub(crate) instrument: usize,
    pub(crate) side: Side,
    pub(crate) limit: i64,
    pub(crate) open: i64,
    /// The order that is being replaced: its own share does not count.
    pub(crate) instead_of: Option<u32>,
}

/// Which limit it would break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Risk {
    Notional,
    AccountOpenOrders,
    FirmOpenOrders,
    AccountOpenNotional,
    FirmOpenNotional,
    AccountPosition,
    FirmPosition,
    Balance,
}

impl Oracle {
    /// The limits in the order in which they are asked.
    pub(crate) fn check_risk(&self, ask: Ask) -> Result<(), Risk> {
        let i = &self.instruments[ask.instrument];
        let notional = i.notional(ask.limit, ask.open);
        if above(notional, i.notional_max) {
            return Err(Risk::Notional);
        }
        let firm_number = self.accounts[ask.account].firm;
        let account = self.accounts[ask.account].limits;
        let firm = self.firms.get(&firm_number).copied().unwrap_or_default();
        let others = self.orders.values().filter(|o| Some(o.slot()) != ask.instead_of);
        let of_firm: Vec<&Order> = others.filter(|o| self.is_of(o, firm_number)).collect();
        let of_account: Vec<&Order> =
            of_firm.iter().copied().filter(|o| o.account == ask.account).collect();
        if ask.instead_of.is_none() {
            let full = |limits: Firm, orders: &[&Order]| {
                limits.open_orders_max > 0 && orders.len() + 1 > limits.open_orders_max
            };
            if full(account, &of_account) {
                return Err(Risk::AccountOpenOrders);
            }
            if full(firm, &of_firm) {
                return Err(Risk::FirmOpenOrders);
            }
        }
        if above(notional + self.notional_of(&of_account), account.open_notional_max) {
            return Err(Risk::AccountOpenNotional);
        }
        if above(notional + self.notional_of(&of_firm), firm.open_notional_max) {
            return Err(Risk::FirmOpenNotional);
        }
        let net = |at: usize| *self.accounts[at].positions.get(&ask.instrument).unwrap_or(&0);
        if self.breaks_position(ask, net(ask.account), &of_account, account) {
            return Err(Risk::AccountPosition);
        }
        let members = (0..self.accounts.len()).filter(|at| self.accounts[*at].firm == firm_number);
        if self.breaks_position(ask, members.map(net).sum(), &of_firm, firm) {
            return Err(Risk::FirmPosition);
        }
        self.check_balance(ask)
    }

    fn is_of(&self, order: &Order, firm: u32) -> bool {
        self.accounts[order.account].firm == firm
    }

    fn notional_of(&self, orders: &[&Order]) -> i128 {
        orders.iter().map(|o| self.instruments[o.instrument].notional(o.limit, o.open())).sum()
    }

    /// How long (a buyer) or short the account is with all open orders of this side executed.
    fn breaks_position(&self, ask: Ask, net: i64, orders: &[&Order], limits: Firm) -> bool {
        let same = orders.iter().filter(|o| o.instrument == ask.instrument && o.side == ask.side);
        let open = ask.open + same.map(|o| o.open()).sum::<i64>();
        let after = if ask.side == Side::Buy { net + open } else { open - net };
        let after = after * self.instruments[ask.instrument].lot;
        limits.position_max > 0 && after > limits.position_max
    }

    fn check_balance(&self, ask: Ask) -> Result<(), Risk> {
        if !self.accounts[ask.account].funded {
            return Ok(());
        }
        let rates = self.rates(ask.account);
        match self.need(ask.instrument, ask.side, ask.limit, ask.open, rates) {
            Some((asset, need)) if need > self.available(ask.account, asset, ask.instead_of) => {
                Err(Risk::Balance)
            }
            _ => Ok(()),
        }
    }

    /// What an order reserves: a buyer quote for price and fee, a seller base.
    fn need(
        &self,
        instrument: usize,
        side: Side,
        limit: i64,
        open: i64,
        (maker_ppm, taker_ppm): (i64, i64),
    ) -> Option<(usize, i128)> {
        let i = &self.instruments[instrument];
        let (base, quote) = i.assets?;
        let notional = i.notional(limit, open);
        Some(match side {
            Side::Buy => (quote, cash(notional) + fee(notional, maker_ppm.max(taker_ppm).max(0))),
            Side::Sell => (base, i128::from(open * i.lot)),
        })
    }

    /// What the open orders of an account reserve of an asset; nothing if it is not funded.
    pub(crate) fn reserved(&self, account: usize, asset: usize, except: Option<u32>) -> i128 {
        if !self.accounts[account].funded {
            return 0;
        }
        let own = self.orders.values().filter(|o| o.account == account && Some(o.slot()) != except);
        let needs = own.filter_map(|o| {
            self.need(o.instrument, o.side, o.limit, o.open(), (o.maker_ppm, o.taker_ppm))
        });
        needs.filter(|(of, _)| *of == asset).map(|(_, need)| need).sum()
    }

    fn available(&self, account: usize, asset: usize, except: Option<u32>) -> i128 {
        let balance = *self.accounts[account].balances.get(&asset).unwrap_or(&0);
        balance - self.reserved(account, asset, except)
    }

    /// Maker and taker rate of an account, in millionths.
    pub(crate) fn rates(&self, account: usize) -> (i64, i64) {
        let tier = self.tiers.get(&self.accounts[account].tier);
        tier.map_or((0, 0), |tier| (tier.maker_ppm, tier.taker_ppm))
    }

    /// One side of a trade that has been filled: balances, fee, position, volume, report.
    pub(crate) fn settle(&mut self, slot: u32, price: i64, lots: i64, trade_id: u64, role: Role) {
        let order = self.order(slot).clone();
        let i = self.instruments[order.instrument].clone();
        let notional = i.notional(price, lots);
        let sign = if order.side == Side::Buy { 1 } else { -1 };
        let ppm = if role == Role::Taker { order.taker_ppm } else { order.maker_ppm };
        let fee = if i.assets.is_some() { fee(notional, ppm) } else { 0 };
        let account = &mut self.accounts[order.account];
        *account.positions.entry(order.instrument).or_default() += sign * lots;
        account.today += notional;
        if let Some((base, quote)) = i.assets {
            *account.balances.entry(base).or_default() += i128::from(sign * lots * i.lot);
            *account.balances.entry(quote).or_default() -= i128::from(sign) * cash(notional) + fee;
            *self.fees.entry(quote).or_default() += fee;
        }
        let report = self.report(slot, order.status());
        let session = order.session as u32 + 1;
        self.tell(Told::Trade {
            session,
            report,
            trade_id,
            last_px: price * i.tick,
            last_qty: lots * i.lot,
            leaves_qty: order.open() * i.lot,
            aggressor: role == Role::Taker,
            auction: role == Role::Uncross,
            fee: fee as i64,
        });
        let quote = i128::from(sign) * cash(notional) + fee;
        let gave = i.assets.map(|(b, q)| [(b, i128::from(-sign * lots * i.lot)), (q, quote)]);
        let account = order.account;
        let side = TradedSide { account, session, report, sign, lots, gave, fee, time: self.now };
        let px = (price * i.tick, lots * i.lot);
        self.trades.entry(trade_id).or_insert((px, vec![])).1.push(side);
    }

    /// §10.
    pub(crate) fn on_trade_bust(&mut self, c: &j::TradeBust) {
        let id = c.trade_id.get();
        let Some((px, mut sides)) = self.trades.get(&id).cloned() else {
            return self.answer(AdminResult::UnknownTrade, 0);
        };
        sides.sort_by_key(|side| -side.sign); // Buyer first.
        let gives = |account: usize, asset: usize| -> i128 {
            let all = sides.iter().filter(|side| side.account == account);
            let all = all.flat_map(|side| side.gave.iter().flatten());
            all.filter(|(of, _)| *of == asset).map(|(_, amount)| amount).sum()
        };
        let lacks = sides.iter().any(|side| {
            let mut assets = side.gave.iter().flatten();
            self.accounts[side.account].funded
                && assets.any(|(asset, _)| {
                    self.available(side.account, *asset, None) + gives(side.account, *asset) < 0
                })
        });
        if lacks {
            return self.answer(AdminResult::InsufficientBalance, 0);
        }
        self.trades.remove(&id);
        let instrument = sides[0].report.instrument;
        self.tell(Told::PublicBust {
            instrument,
            trade_id: id,
            price: px.0,
            qty: px.1,
            time: sides[0].time,
        });
        for side in &sides {
            let account = &mut self.accounts[side.account];
            *account.positions.entry(instrument as usize - 1).or_default() -= side.sign * side.lots;
            for (asset, amount) in side.gave.iter().flatten() {
                *account.balances.entry(*asset).or_default() += amount;
            }
            if let Some([_, (quote, _)]) = side.gave {
                *self.fees.entry(quote).or_default() -= side.fee;
            }
            let exec_ref = side.report.exec_id;
            let report = Report { exec_id: self.next_exec_id(), ..side.report };
            self.tell(Told::Bust { session: side.session, report, trade_id: id, exec_ref });
        }
        self.answer(AdminResult::Done, 0);
    }

    pub(crate) fn on_transfer(&mut self, c: &j::Transfer) {
        let Some(account) = self.account_at(c.firm.get(), c.account) else {
            return self.answer(AdminResult::UnknownAccount, 0);
        };
        let Some(asset) = self.assets.iter().position(|known| *known == c.asset) else {
            return self.answer(AdminResult::UnknownAsset, 0);
        };
        let amount = i128::from(c.amount.get());
        if amount == 0 {
            return self.answer(AdminResult::OutOfRange, 0);
        }
        if amount < 0 && -amount > self.available(account, asset, None) {
            return self.answer(AdminResult::InsufficientBalance, 0);
        }
        *self.accounts[account].balances.entry(asset).or_default() += amount;
        *self.deposited.entry(asset).or_default() += amount;
        self.answer(AdminResult::Done, 0);
    }

    /// An account of a firm.
    pub(crate) fn account_at(&self, firm: u32, name: [u8; 16]) -> Option<usize> {
        self.accounts.iter().position(|a| a.firm == firm && a.name == name)
    }

    pub(crate) fn define_firm(&mut self, d: &j::FirmDefine) {
        let limits = Firm {
            open_orders_max: d.open_orders_max.get() as usize,
            open_notional_max: d.open_notional_max.get(),
            position_max: d.position_max.get(),
        };
        self.firms.insert(d.firm.get(), limits);
        self.answer(AdminResult::Done, 0);
    }

    pub(crate) fn define_account(&mut self, d: &j::AccountDefine) {
        let firm = d.firm.get();
        if !self.firms.contains_key(&firm) {
            return self.answer(AdminResult::UnknownFirm, 0);
        }
        let at = self.account_at(firm, d.account).unwrap_or_else(|| {
            self.accounts.push(new_account(d.account, firm));
            self.accounts.len() - 1
        });
        let account = &mut self.accounts[at];
        account.limits = Firm {
            open_orders_max: d.open_orders_max.get() as usize,
            open_notional_max: d.open_notional_max.get(),
            position_max: d.position_max.get(),
        };
        account.funded = d.funded.known() == Some(Boolean::True);
        self.move_to_tiers();
        self.answer(AdminResult::Done, 0);
    }

    pub(crate) fn define_tier(&mut self, d: &j::FeesDefine) {
        let (maker_ppm, taker_ppm) = (i64::from(d.maker_ppm.get()), i64::from(d.taker_ppm.get()));
        if d.tier.get() > 7 {
            return self.answer(AdminResult::OutOfRange, 0);
        }
        let tier = Tier { volume_min: d.volume_min.get(), maker_ppm, taker_ppm };
        self.tiers.insert(d.tier.get(), tier);
        self.move_to_tiers();
        self.answer(AdminResult::Done, 0);
    }

    /// The day is over: today's volume counts, that of 31 days ago no more.
    pub(crate) fn end_volumes(&mut self) {
        for account in &mut self.accounts {
            account.days.push_back(std::mem::take(&mut account.today));
            if account.days.len() > DAYS {
                account.days.pop_front();
            }
        }
        self.move_to_tiers();
    }

    /// Every account into the highest tier whose volume it has reached.
    fn move_to_tiers(&mut self) {
        for account in &mut self.accounts {
            let volume: i128 = account.days.iter().sum();
            let reached = |tier: &Tier| volume >= i128::from(tier.volume_min) * SCALE;
            let highest = self.tiers.iter().rev().find(|(_, tier)| reached(tier));
            account.tier = highest.map_or(0, |(number, _)| *number);
        }
    }
}

fn new_account(name: [u8; 16], firm: u32) -> Account {
    Account {
        name,
        firm,
        limits: Firm::default(),
        funded: false,
        balances: BTreeMap::new(),
        positions: BTreeMap::new(),
        days: VecDeque::new(),
        today: 0,
        tier: 0,
    }
}

/// A limit of 0 is none.
fn above(notional: i128, limit: i64) -> bool {
    limit > 0 && notional > i128::from(limit) * SCALE
}

/// Notional as a mantissa of 10^-8. Instruments with balances have ticks and lots that make it exact.
fn cash(notional: i128) -> i128 {
    assert_eq!(notional % SCALE, 0);
    notional / SCALE
}

/// Rounded towards 0, as i128 division is.
fn fee(notional: i128, ppm: i64) -> i128 {
    notional * i128::from(ppm) / (SCALE * 1_000_000)
}

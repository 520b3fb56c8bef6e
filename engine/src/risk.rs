//! Risk: what accounts and firms may have open, and what trades make of it (docs/rulebook.md §7).
//!
//! An open order is a [`Claim`] (`claim.rs`); nothing else of it is known here. `check_…` asks, `take`,
//! `change`, `release` and `trade` do, and every one of them is a step from one claim to another, so
//! limits, positions and reservations cannot drift apart. Who is who: `accounts.rs`; balances: `money.rs`;
//! rates and tiers: `fees.rs`.

use crate::accounts::{Accounts, Blocker};
use crate::claim::{Busted, Claim, InstrumentMoney, LOTS_MAX, Position, RiskReject, Role, Terms};
use crate::engine::Limits;
use crate::fees::Fees;
use crate::money::{Balance, Money};
use crate::snapshot::{Counts, Parts, Reader, Section, SnapshotError, Writer};
use crate::tables::Grid;
use sbe_schemas::journal as j;
use sbe_schemas::types::{AdminResult, Side};

/// Whom a block is put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Index of an account.
    Account(u32),
    /// Index of a firm.
    Firm(u32),
}

/// The state of risk: registers, positions, money.
pub struct Risk {
    accounts: Accounts,
    money: Money,
    fees: Fees,
    instruments: Vec<Terms>,
    instruments_max: usize,
    /// Account × instrument.
    positions: Grid<Position>,
    /// Firm × instrument.
    firm_positions: Grid<Position>,
}

/// How an order moves the sums that it is part of.
#[derive(Clone, Copy)]
struct Step {
    orders: i32,
    notional: i128,
    open_lots: i64,
    traded_lots: i64,
}

impl Risk {
    /// Nobody, nothing; memory for all of `limits` is taken now.
    pub fn new(limits: &Limits) -> Self {
        Self {
            accounts: Accounts::new(limits),
            money: Money::new(limits),
            fees: Fees::new(limits),
            instruments: Vec::with_capacity(limits.instruments_max),
            instruments_max: limits.instruments_max,
            positions: Grid::new(limits.accounts_max, limits.instruments_max),
            firm_positions: Grid::new(limits.accounts_max, limits.instruments_max),
        }
    }

    /// Other bounds from now on; what is there stays.
    pub fn resize(&mut self, limits: &Limits) {
        self.accounts.resize(limits);
        let (rows, columns) = (self.accounts.rows(), limits.instruments_max);
        self.money.resize(rows, limits.assets_max);
        self.fees.resize(rows);
        self.instruments_max = columns;
        self.instruments.reserve_exact(columns.saturating_sub(self.instruments.len()));
        self.positions.grow(rows, columns);
        self.firm_positions.grow(rows, columns);
    }

    /// Who is who.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Who has what.
    pub fn money(&self) -> &Money {
        &self.money
    }

    // --- Registers ------------------------------------------------------------------------------

    /// A new firm, or other limits for a known one: `Done`, `OutOfRange` or `CapacityReached`.
    pub fn define_firm(&mut self, d: &j::FirmDefine) -> AdminResult {
        self.accounts.define_firm(d)
    }

    /// A new account of a known firm, or other limits for a known one: `Done`, `OutOfRange`,
    /// `UnknownFirm`, `CapacityReached`; `InUse`: `funded` changes while orders are open.
    pub fn define_account(&mut self, d: &j::AccountDefine) -> AdminResult {
        match self.accounts.define(d) {
            Ok(at) => {
                self.accounts.get_mut(at).rates = self.fees.rates(at);
                AdminResult::Done
            }
            Err(refused) => refused,
        }
    }

    /// The account of a session: unlimited and unfunded, of an unlimited firm, where they are new.
    /// `None`: no room.
    pub fn ensure_account(&mut self, firm: u32, name: &[u8; 16]) -> Option<u32> {
        let at = self.accounts.ensure(firm, name)?;
        self.accounts.get_mut(at).rates = self.fees.rates(at);
        Some(at)
    }

    /// The index of an account, by its firm's number.
    pub fn find_account(&self, firm: u32, name: &[u8; 16]) -> Option<u32> {
        self.accounts.find(firm, name)
    }

    /// The next instrument, or other rules for a known one: `Done`, `OutOfRange` (see
    /// [`Money::define_pair`]), `CapacityReached`; `InUse`: what never changes does, or an asset
    /// while orders are open.
    pub fn define_instrument(&mut self, at: u32, i: &InstrumentMoney) -> AdminResult {
        if i.tick_size <= 0 || i.lot_size <= 0 || i.notional_max < 0 {
            return AdminResult::OutOfRange;
        }
        match self.instruments.get(at as usize) {
            None if at as usize >= self.instruments_max => return AdminResult::CapacityReached,
            None => {}
            Some(Terms { rules, .. }) => {
                let sizes_change = (rules.tick_size, rules.lot_size) != (i.tick_size, i.lot_size);
                let assets_change = (rules.base, rules.quote) != (i.base, i.quote);
                if sizes_change || (assets_change && self.has_open_orders(at)) {
                    return AdminResult::InUse;
                }
            }
        }
        let terms = match self.money.define_pair(i) {
            Ok(pair) => Terms::new(i, pair),
            Err(refused) => return refused,
        };
        match self.instruments.get_mut(at as usize) {
            Some(known) => *known = terms,
            None => {
                assert_eq!(self.instruments.len(), at as usize, "instruments come in order");
                self.instruments.push(terms);
            }
        }
        AdminResult::Done
    }

    /// The rules of an instrument that is known.
    pub fn instrument(&self, at: u32) -> &InstrumentMoney {
        &self.instruments[at as usize].rules
    }

    fn has_open_orders(&self, instrument: u32) -> bool {
        (0..self.accounts.count()).any(|account| {
            let position = &self.positions[(account, instrument)];
            position.open(Side::Buy) > 0 || position.open(Side::Sell) > 0
        })
    }

    // --- May it? --------------------------------------------------------------------------------

    /// What an order claims that is entered or replaced now.
    pub fn claim(&self, account: u32, instrument: u32, side: Side, ticks: i64, lots: i64) -> Claim {
        let rates = self.accounts.get(account).rates;
        let (maker_ppm, taker_ppm) = (rates.maker_ppm, rates.taker_ppm);
        Claim { account, instrument, side, ticks, lots, maker_ppm, taker_ppm }
    }

    /// Whether a new order is within all limits.
    ///
    /// # Errors
    /// The first limit that it is not within.
    pub fn check_new(&self, claim: &Claim) -> Result<(), RiskReject> {
        self.check_size(claim)?;
        if !self.accounts.get(claim.account).party.may_open() {
            return Err(RiskReject::AccountOpenOrders);
        }
        if !self.accounts.firm_of(claim.account).party.may_open() {
            return Err(RiskReject::FirmOpenOrders);
        }
        self.check_share(&claim.with_lots(0), claim)
    }

    /// Whether an open order may claim `new`, its share `old` taken out.
    ///
    /// # Errors
    /// The first limit that it is not within; never one of open orders.
    pub fn check_replace(&self, old: &Claim, new: &Claim) -> Result<(), RiskReject> {
        self.check_size(new)?;
        self.check_share(old, new)
    }

    fn check_size(&self, claim: &Claim) -> Result<(), RiskReject> {
        let terms = &self.instruments[claim.instrument as usize];
        if terms.notional(claim.ticks, claim.lots) > terms.notional_max {
            return Err(RiskReject::NotionalTooLarge);
        }
        Ok(())
    }

    /// Notional, position and balance with `new` in place of `old`.
    fn check_share(&self, old: &Claim, new: &Claim) -> Result<(), RiskReject> {
        let terms = &self.instruments[new.instrument as usize];
        let account = self.accounts.get(new.account);
        let firm = &self.accounts.firm_of(new.account).party;
        let more = terms.notional(new.ticks, new.lots) - terms.notional(old.ticks, old.lots);
        if !account.party.may_hold(more) {
            return Err(RiskReject::AccountOpenNotional);
        }
        if !firm.may_hold(more) {
            return Err(RiskReject::FirmOpenNotional);
        }
        let too_far = |position: &Position, max: i128| {
            let lots = position.reach(new.side, old.lots, new.lots);
            lots > LOTS_MAX || lots * i128::from(terms.rules.lot_size) > max
        };
        let position = &self.positions[(new.account, new.instrument)];
        if too_far(position, account.party.limits.position_max) {
            return Err(RiskReject::AccountPosition);
        }
        let position = &self.firm_positions[(account.firm, new.instrument)];
        if too_far(position, firm.limits.position_max) {
            return Err(RiskReject::FirmPosition);
        }
        if let Some(pair) = &terms.pair
            && account.funded
        {
            let balance = self.money.balance(new.account, pair.spent(new.side));
            if pair.needs(new) > balance.available() + pair.needs(old) {
                return Err(RiskReject::InsufficientBalance);
            }
        }
        Ok(())
    }

    // --- It does --------------------------------------------------------------------------------

    /// An order that was checked is accepted.
    pub fn take(&mut self, claim: &Claim) {
        self.reserve(&claim.with_lots(0), claim);
        let notional =
            self.instruments[claim.instrument as usize].notional(claim.ticks, claim.lots);
        self.step(claim, Step { orders: 1, notional, open_lots: claim.lots, traded_lots: 0 });
    }

    /// An order ends with `lots` still open: cancelled, or filled (none).
    pub fn release(&mut self, claim: &Claim) {
        self.reserve(claim, &claim.with_lots(0));
        let notional =
            self.instruments[claim.instrument as usize].notional(claim.ticks, claim.lots);
        let (notional, open_lots) = (-notional, -claim.lots);
        self.step(claim, Step { orders: -1, notional, open_lots, traded_lots: 0 });
    }

    /// An open order claims `new` instead: replaced or decremented.
    pub fn change(&mut self, old: &Claim, new: &Claim) {
        let order = |claim: &Claim| (claim.account, claim.instrument, claim.side);
        assert_eq!(order(old), order(new), "two claims of one order");
        self.reserve(old, new);
        let terms = &self.instruments[old.instrument as usize];
        let notional = terms.notional(new.ticks, new.lots) - terms.notional(old.ticks, old.lots);
        let open_lots = new.lots - old.lots;
        self.step(old, Step { orders: 0, notional, open_lots, traded_lots: 0 });
    }

    /// A trade of two orders, with their claims as they were before it. Returns the fees of buyer and
    /// seller in mantissas of the quote asset; 0 without assets. Orders of one account may trade.
    pub fn trade(
        &mut self,
        buy: &Claim,
        sell: &Claim,
        ticks: i64,
        lots: i64,
        roles: (Role, Role),
    ) -> (i64, i64) {
        let traded = self.instruments[buy.instrument as usize].notional(ticks, lots);
        for claim in [buy, sell] {
            self.reserve(claim, &claim.with_lots(claim.lots - lots));
            let notional = -self.instruments[claim.instrument as usize].notional(claim.ticks, lots);
            self.step(claim, Step { orders: 0, notional, open_lots: -lots, traded_lots: lots });
            self.fees.add_volume(claim.account, traded);
        }
        match self.instruments[buy.instrument as usize].pair {
            Some(pair) => self.money.settle(&pair, (buy, sell), (ticks, lots), roles),
            None => (0, 0),
        }
    }

    /// What the balance of a funded account has to keep for an order.
    #[inline]
    fn reserve(&mut self, old: &Claim, new: &Claim) {
        if let Some(pair) = &self.instruments[old.instrument as usize].pair
            && self.accounts.get(old.account).funded
        {
            self.money.reserve(pair, old, new);
        }
    }

    /// One step of an order in the sums of its account and of its firm.
    #[inline]
    fn step(&mut self, order: &Claim, step: Step) {
        let Step { orders, notional, open_lots, traded_lots } = step;
        let Claim { account, instrument, side, .. } = *order;
        let firm = self.accounts.for_both(account, |party| {
            party.open_notional += notional;
            party.open_orders =
                party.open_orders.checked_add_signed(orders).expect("an order that is open");
        });
        self.positions[(account, instrument)].step(side, open_lots, traded_lots);
        self.firm_positions[(firm, instrument)].step(side, open_lots, traded_lots);
    }

    /// Takes a trade back: positions, balances and fees, not the volumes that fees follow. `false`: a funded account
    /// has not any more what it would have to give back, and nothing has changed.
    #[must_use]
    pub fn bust(&mut self, b: &Busted) -> bool {
        let pair = self.instruments[b.instrument as usize].pair;
        if let Some(pair) = &pair {
            let funded = [b.buyer, b.seller].map(|account| self.accounts.get(account).funded);
            if !self.money.can_return(pair, b, funded) {
                return false;
            }
            self.money.give_back(pair, b);
        }
        for (account, side) in [(b.buyer, Side::Sell), (b.seller, Side::Buy)] {
            let firm = self.accounts.get(account).firm;
            self.positions[(account, b.instrument)].step(side, 0, b.lots);
            self.firm_positions[(firm, b.instrument)].step(side, 0, b.lots);
        }
        true
    }

    // --- Blocks ---------------------------------------------------------------------------------

    /// The account itself is blocked.
    pub fn blocked_account(&self, account: u32) -> bool {
        self.accounts.get(account).party.blocks.any()
    }

    /// The firm of the account is blocked.
    pub fn blocked_firm(&self, account: u32) -> bool {
        self.accounts.firm_of(account).party.blocks.any()
    }

    /// Sets or lifts the block of `by`; the other's stays.
    pub fn block(&mut self, whom: Blocked, by: Blocker, on: bool) {
        let party = match whom {
            Blocked::Account(account) => &mut self.accounts.get_mut(account).party,
            Blocked::Firm(firm) => &mut self.accounts.firm_mut(firm).party,
        };
        party.blocks.set(by, on);
    }

    // --- The operator ---------------------------------------------------------------------------

    /// A deposit or withdrawal: `Done`, `UnknownFirm`, `UnknownAccount`, `UnknownAsset`;
    /// `InsufficientBalance`: less is available than is withdrawn.
    pub fn transfer(&mut self, d: &j::Transfer) -> AdminResult {
        let firm = d.firm.get();
        if self.accounts.find_firm(firm).is_none() {
            return AdminResult::UnknownFirm;
        }
        match self.accounts.find(firm, &d.account) {
            Some(account) => self.money.transfer(account, d),
            None => AdminResult::UnknownAccount,
        }
    }

    /// One tier of the fees; every account moves to its tier: `Done` or `OutOfRange`.
    pub fn define_fees(&mut self, d: &j::FeesDefine) -> AdminResult {
        let result = self.fees.define(d);
        if result == AdminResult::Done {
            self.move_to_tiers();
        }
        result
    }

    /// Today's volumes count from here on; every account moves to its tier.
    pub fn end_day(&mut self) {
        self.fees.end_day();
        self.move_to_tiers();
    }

    fn move_to_tiers(&mut self) {
        for (at, account) in (0..).zip(self.accounts.all_mut()) {
            account.rates = self.fees.rates(at);
        }
    }

    // --- Reading --------------------------------------------------------------------------------

    /// Lots bought less lots sold.
    pub fn position(&self, account: u32, instrument: u32) -> i64 {
        self.positions[(account, instrument)].net
    }

    /// Open lots of one side.
    pub fn open_lots(&self, account: u32, instrument: u32, side: Side) -> i64 {
        self.positions[(account, instrument)].open(side)
    }

    /// Base and quote of an instrument (number minus 1); empty: it has none.
    pub(crate) fn assets_of(&self, instrument: u32) -> ([u8; 8], [u8; 8]) {
        let InstrumentMoney { base, quote, .. } = self.instruments[instrument as usize].rules;
        (base, quote)
    }

    /// What an account has of an asset; `None`: no instrument has named it.
    pub fn balance(&self, account: u32, asset: &[u8; 8]) -> Option<Balance> {
        Some(self.money.balance(account, self.money.find_asset(asset)?))
    }

    /// What an account begins with in an asset has been deposited.
    pub fn is_endowed(&self, firm: u32, account: &[u8; 16], asset: &[u8; 8]) -> bool {
        let account = self.accounts.find(firm, account);
        account.and_then(|account| self.balance(account, asset)).is_some_and(|b| b.endowed)
    }

    /// The invariant: of each asset, what the accounts have and the fees are what was deposited.
    pub fn sums_to_zero(&self) -> bool {
        self.money.sums_to_zero(self.accounts.count())
    }

    /// Everything into a state hash.
    pub fn hash(&self, hash: u64) -> u64 {
        let accounts = self.accounts.count();
        let hash = self.money.hash(accounts, self.accounts.hash(hash));
        let mut hash = self.fees.hash(accounts, hash);
        for (at, terms) in (0..).zip(&self.instruments) {
            hash = terms.hash(hash);
            for account in 0..accounts {
                hash = self.positions[(account, at)].hash(hash);
            }
            for firm in 0..self.accounts.firms().len() as u32 {
                hash = self.firm_positions[(firm, at)].hash(hash);
            }
        }
        hash
    }
}

impl Risk {
    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        let Self {
            accounts,
            money,
            fees,
            instruments,
            instruments_max: _,
            positions,
            firm_positions,
        } = self;
        let count = accounts.count();
        w.section(Section::Accounts, |w| accounts.save(w));
        w.section(Section::Money, |w| money.save(count, w));
        w.section(Section::Fees, |w| fees.save(count, w));
        w.section(Section::Positions, |w| {
            w.count(instruments.len());
            for (at, Terms { rules, notional_max: _, pair: _ }) in (0..).zip(instruments) {
                rules.save(w);
                (0..count).for_each(|account| positions[(account, at)].save(w));
                let firms = 0..accounts.firms().len() as u32;
                firms.for_each(|firm| firm_positions[(firm, at)].save(w));
            }
        });
    }

    /// Where nothing is yet, with room for what `counts` says.
    pub(crate) fn load(
        &mut self,
        parts: &mut Parts<'_>,
        counts: &Counts,
    ) -> Result<(), SnapshotError> {
        parts.section(Section::Accounts, |r| self.accounts.load(r, counts))?;
        parts.section(Section::Money, |r| self.money.load(r, counts))?;
        parts.section(Section::Fees, |r| self.fees.load(counts.accounts.get(), r))?;
        parts.section(Section::Positions, |r| self.load_positions(r, counts))
    }

    fn load_positions(&mut self, r: &mut Reader<'_>, counts: &Counts) -> Result<(), SnapshotError> {
        for at in 0..r.same_count(counts.instruments)? as u32 {
            let rules = InstrumentMoney::load(r)?;
            let pair = self.money.define_pair(&rules).map_err(|_| r.wrong("no such pair"))?;
            r.check(self.money.assets_len() == counts.assets.get(), "an unknown asset")?;
            self.instruments.push(Terms::new(&rules, pair));
            for account in 0..counts.accounts.get() {
                self.positions[(account, at)] = Position::load(r)?;
            }
            for firm in 0..counts.firms.get() {
                self.firm_positions[(firm, at)] = Position::load(r)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod naive;
#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;

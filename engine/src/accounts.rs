//! The registers of firms and accounts: names to numbers, limits, blocks, and how much is open.
//!
//! An account is known by firm and name. Firms and accounts are numbered in the order in which they
//! came; the numbers index every array of `risk.rs` and `money.rs`, and nothing is ever taken out.
//! Who may do what is asked in `risk.rs`.

use crate::engine::Limits;
use crate::fees::Rates;
use crate::hash::{mix, mix_bytes, mix_i128};
use crate::snapshot::{Counts, Reader, SnapshotError, Writer};
use crate::tables::Table;
use sbe_schemas::journal as j;
use sbe_schemas::types::{AdminResult, Boolean, Decimal8};

/// Mantissas of 10^-8 in a unit: what a wire decimal is multiplied by to be compared with a notional.
pub const DECIMAL_ONE: i128 = 100_000_000;

/// What an account or a firm may have open. What is not limited has the greatest value of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiskLimits {
    /// Open orders.
    pub open_orders_max: u32,
    /// Price × open quantity over all its orders, 10^-16.
    pub open_notional_max: i128,
    /// Quantity long or short in one instrument, open orders included, 10^-8.
    pub position_max: i128,
}

impl RiskLimits {
    /// Nothing is limited.
    pub const NONE: Self =
        Self { open_orders_max: u32::MAX, open_notional_max: i128::MAX, position_max: i128::MAX };

    /// From the wire, where 0 means no limit. `None`: one is below 0.
    fn new(orders: u32, notional: Decimal8, position: Decimal8) -> Option<Self> {
        let (notional, position) = (i128::from(notional.get()), i128::from(position.get()));
        if notional < 0 || position < 0 {
            return None;
        }
        let or_none = |value: i128| if value == 0 { i128::MAX } else { value };
        Some(Self {
            open_orders_max: if orders == 0 { u32::MAX } else { orders },
            open_notional_max: or_none(notional * DECIMAL_ONE),
            position_max: or_none(position),
        })
    }
}

/// Who has set a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocker {
    /// A client of the firm.
    Member,
    /// The venue.
    Operator,
}

/// The blocks on one session, user, account or firm: each blocker has its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blocks(u8);

impl Blocks {
    /// Sets or lifts the block of `by`; the other's stays.
    pub fn set(&mut self, by: Blocker, on: bool) {
        let bit = 1 << by as u8;
        self.0 = if on { self.0 | bit } else { self.0 & !bit };
    }

    /// Somebody blocks.
    pub const fn any(self) -> bool {
        self.0 != 0
    }

    /// For a state hash.
    pub const fn bits(self) -> u8 {
        self.0
    }
}

/// What is watched alike of an account and of a firm (the sum of its accounts).
#[derive(Clone, Copy, Debug)]
pub struct Party {
    /// What it may have open.
    pub limits: RiskLimits,
    /// Orders it has open.
    pub open_orders: u32,
    /// Limit price × open quantity over them, 10^-16.
    pub open_notional: i128,
    /// Who keeps it from trading.
    pub blocks: Blocks,
}

impl Party {
    const fn new(limits: RiskLimits) -> Self {
        Self { limits, open_orders: 0, open_notional: 0, blocks: Blocks(0) }
    }

    /// One more order is within the limit.
    pub const fn may_open(&self) -> bool {
        self.open_orders < self.limits.open_orders_max
    }

    /// So much more notional is within the limit. Without a limit, within an `i128`.
    pub fn may_hold(&self, more: i128) -> bool {
        self.open_notional.checked_add(more).is_some_and(|sum| sum <= self.limits.open_notional_max)
    }

    fn hash(&self, hash: u64) -> u64 {
        let limits = &self.limits;
        let orders = u64::from(self.open_orders) << 32 | u64::from(limits.open_orders_max);
        let hash = mix(mix(hash, orders), u64::from(self.blocks.bits()));
        let hash = mix_i128(mix_i128(hash, limits.open_notional_max), limits.position_max);
        mix_i128(hash, self.open_notional)
    }
}

/// A firm.
#[derive(Clone, Copy, Debug)]
pub struct Firm {
    /// As on the wire.
    pub number: u32,
    /// Limits, and the sums over its accounts.
    pub party: Party,
}

/// An account of a firm.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Account (1), NUL padded.
    pub name: [u8; 16],
    /// Index of its firm.
    pub firm: u32,
    /// Its orders need balances.
    pub funded: bool,
    /// Fees of orders that it enters now.
    pub rates: Rates,
    /// Limits, and what is open.
    pub party: Party,
}

/// All firms and accounts.
pub struct Accounts {
    firms: Vec<Firm>,
    accounts: Vec<Account>,
    firm_numbers: Table,
    account_names: Table,
    accounts_max: usize,
}

impl Accounts {
    /// Room for `accounts_max` accounts and as many firms, taken now.
    pub fn new(limits: &Limits) -> Self {
        let accounts_max = limits.accounts_max;
        Self {
            firms: Vec::with_capacity(accounts_max),
            accounts: Vec::with_capacity(accounts_max),
            firm_numbers: Table::new(accounts_max),
            account_names: Table::new(accounts_max),
            accounts_max,
        }
    }

    /// Another bound from now on; who is there stays.
    pub fn resize(&mut self, limits: &Limits) {
        self.accounts_max = limits.accounts_max;
        let room = self.rows();
        self.firms.reserve_exact(room - self.firms.len());
        self.accounts.reserve_exact(room - self.accounts.len());
        if room <= self.account_names.room() {
            return;
        }
        self.firm_numbers = Table::new(room);
        self.account_names = Table::new(room);
        for (at, firm) in (0..).zip(&self.firms) {
            self.firm_numbers.insert(firm_hash(firm.number), at);
        }
        for (at, account) in (0..).zip(&self.accounts) {
            let firm = self.firms[account.firm as usize].number;
            self.account_names.insert(account_hash(firm, &account.name), at);
        }
    }

    /// Rows that an array of accounts or firms needs.
    pub fn rows(&self) -> usize {
        self.accounts_max.max(self.accounts.len()).max(self.firms.len())
    }

    /// Accounts so far; their indexes are below.
    pub fn count(&self) -> u32 {
        self.accounts.len() as u32
    }

    /// All firms, in the order of their indexes.
    pub fn firms(&self) -> &[Firm] {
        &self.firms
    }

    /// All accounts, in the order of their indexes.
    pub fn all_mut(&mut self) -> &mut [Account] {
        &mut self.accounts
    }

    /// The account at an index that `find` or `ensure` gave.
    pub fn get(&self, account: u32) -> &Account {
        &self.accounts[account as usize]
    }

    /// The account at an index that `find` or `ensure` gave.
    pub fn get_mut(&mut self, account: u32) -> &mut Account {
        &mut self.accounts[account as usize]
    }

    /// The firm of an account.
    pub fn firm_of(&self, account: u32) -> &Firm {
        &self.firms[self.get(account).firm as usize]
    }

    /// The firm at an index that `find_firm` gave.
    pub fn firm_mut(&mut self, firm: u32) -> &mut Firm {
        &mut self.firms[firm as usize]
    }

    /// Applies `change` to an account and to its firm; returns the firm's index.
    pub fn for_both(&mut self, account: u32, change: impl Fn(&mut Party)) -> u32 {
        let account = &mut self.accounts[account as usize];
        change(&mut account.party);
        change(&mut self.firms[account.firm as usize].party);
        account.firm
    }

    /// The index of a firm's number.
    pub fn find_firm(&self, number: u32) -> Option<u32> {
        self.firm_numbers.find(firm_hash(number), |at| self.firms[at as usize].number == number)
    }

    /// The index of an account.
    pub fn find(&self, firm: u32, name: &[u8; 16]) -> Option<u32> {
        self.account_names.find(account_hash(firm, name), |at| {
            let account = &self.accounts[at as usize];
            account.name == *name && self.firms[account.firm as usize].number == firm
        })
    }

    /// A new firm, or other limits for a known one.
    pub fn define_firm(&mut self, d: &j::FirmDefine) -> AdminResult {
        let limits = RiskLimits::new(d.open_orders_max.get(), d.open_notional_max, d.position_max);
        let Some(limits) = limits else { return AdminResult::OutOfRange };
        match self.find_firm(d.firm.get()) {
            Some(at) => self.firm_mut(at).party.limits = limits,
            None if self.has_room_for_firm() => _ = self.push_firm(d.firm.get(), limits),
            None => return AdminResult::CapacityReached,
        }
        AdminResult::Done
    }

    /// A new account, or other limits for a known one. Its firm must be there.
    ///
    /// # Errors
    /// `OutOfRange`, `UnknownFirm`, `CapacityReached`; `InUse`: `funded` changes while orders are open.
    pub fn define(&mut self, d: &j::AccountDefine) -> Result<u32, AdminResult> {
        let limits = RiskLimits::new(d.open_orders_max.get(), d.open_notional_max, d.position_max)
            .ok_or(AdminResult::OutOfRange)?;
        let funded = d.funded.known().ok_or(AdminResult::OutOfRange)? == Boolean::True;
        let firm = self.find_firm(d.firm.get()).ok_or(AdminResult::UnknownFirm)?;
        if let Some(at) = self.find(d.firm.get(), &d.account) {
            let account = self.get_mut(at);
            if account.funded != funded && account.party.open_orders > 0 {
                return Err(AdminResult::InUse);
            }
            (account.funded, account.party.limits) = (funded, limits);
            return Ok(at);
        }
        if !self.has_room() {
            return Err(AdminResult::CapacityReached);
        }
        Ok(self.push(firm, d.account, funded, limits))
    }

    /// The account of a session: with a firm of that number if there is none, unlimited and unfunded
    /// where it is new. `None`: no room.
    pub fn ensure(&mut self, firm: u32, name: &[u8; 16]) -> Option<u32> {
        if let Some(at) = self.find(firm, name) {
            return Some(at);
        }
        let known = self.find_firm(firm);
        if !self.has_room() || (known.is_none() && !self.has_room_for_firm()) {
            return None;
        }
        let firm = known.unwrap_or_else(|| self.push_firm(firm, RiskLimits::NONE));
        Some(self.push(firm, *name, false, RiskLimits::NONE))
    }

    fn has_room(&self) -> bool {
        self.accounts.len() < self.accounts_max
    }

    fn has_room_for_firm(&self) -> bool {
        self.firms.len() < self.accounts_max
    }

    fn push_firm(&mut self, number: u32, limits: RiskLimits) -> u32 {
        let at = self.firms.len() as u32;
        self.firms.push(Firm { number, party: Party::new(limits) });
        self.firm_numbers.insert(firm_hash(number), at);
        at
    }

    fn push(&mut self, firm: u32, name: [u8; 16], funded: bool, limits: RiskLimits) -> u32 {
        let at = self.count();
        let (rates, party) = (Rates::default(), Party::new(limits));
        self.accounts.push(Account { name, firm, funded, rates, party });
        self.account_names.insert(account_hash(self.firms[firm as usize].number, &name), at);
        at
    }

    /// Everything into a state hash. The tables follow from the rest.
    pub fn hash(&self, mut hash: u64) -> u64 {
        for firm in &self.firms {
            hash = firm.party.hash(mix(hash, u64::from(firm.number)));
        }
        for account in &self.accounts {
            hash = mix_bytes(hash, &account.name);
            hash = mix(hash, u64::from(account.firm) << 1 | u64::from(account.funded));
            hash = account.party.hash(account.rates.hash(hash));
        }
        hash
    }
}

fn firm_hash(number: u32) -> u64 {
    mix(0, u64::from(number))
}

fn account_hash(firm: u32, name: &[u8; 16]) -> u64 {
    let (words, _) = name.as_chunks::<8>();
    words.iter().fold(firm_hash(firm), |hash, word| mix(hash, u64::from_le_bytes(*word)))
}

impl Party {
    fn save(&self, w: &mut Writer<'_>) {
        let Self {
            limits: RiskLimits { open_orders_max, open_notional_max, position_max },
            open_orders,
            open_notional,
            blocks: Blocks(blocks),
        } = *self;
        w.u32(open_orders_max);
        w.i128(open_notional_max);
        w.i128(position_max);
        w.u32(open_orders);
        w.i128(open_notional);
        w.u8(blocks);
    }

    fn load(r: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let limits = RiskLimits {
            open_orders_max: r.u32()?,
            open_notional_max: r.i128()?,
            position_max: r.i128()?,
        };
        let (open_orders, open_notional) = (r.u32()?, r.i128()?);
        Ok(Self { limits, open_orders, open_notional, blocks: Blocks::load(r)? })
    }
}

impl Blocks {
    /// As [`Blocks::bits`] gave it.
    pub(crate) fn load(r: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let bits = r.u8()?;
        r.check(bits < 4, "a block by nobody")?;
        Ok(Self(bits))
    }
}

impl Accounts {
    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        let Self { firms, accounts, firm_numbers: _, account_names: _, accounts_max: _ } = self;
        w.count(firms.len());
        for Firm { number, party } in firms {
            w.u32(*number);
            party.save(w);
        }
        w.count(accounts.len());
        for Account { name, firm, funded, rates, party } in accounts {
            w.bytes(name);
            w.u32(*firm);
            w.flag(*funded);
            rates.save(w);
            party.save(w);
        }
    }

    /// Into a register of nobody, with room for what `counts` says.
    pub(crate) fn load(
        &mut self,
        r: &mut Reader<'_>,
        counts: &Counts,
    ) -> Result<(), SnapshotError> {
        for at in 0..r.same_count(counts.firms)? as u32 {
            let firm = Firm { number: r.u32()?, party: Party::load(r)? };
            self.firm_numbers.insert(firm_hash(firm.number), at);
            self.firms.push(firm);
        }
        for at in 0..r.same_count(counts.accounts)? as u32 {
            let (name, firm) = (r.text()?, r.u32()?);
            r.index(firm, self.firms.len())?;
            let (funded, rates, party) = (r.flag()?, Rates::load(r)?, Party::load(r)?);
            let number = self.firms[firm as usize].number;
            self.account_names.insert(account_hash(number, &name), at);
            self.accounts.push(Account { name, firm, funded, rates, party });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbe_schemas::header::Message;

    fn two_of_each() -> Accounts {
        Accounts::new(&Limits { accounts_max: 2, ..Limits::default() })
    }

    fn firm(number: u32) -> j::FirmDefine {
        j::FirmDefine { firm: number.into(), ..Message::ZERO }
    }

    fn account(firm: u32, letter: u8) -> j::AccountDefine {
        j::AccountDefine { firm: firm.into(), account: [letter; 16], ..Message::ZERO }
    }

    #[test]
    fn an_account_is_a_name_of_a_firm_and_outlives_a_resize() {
        let sized = |accounts_max| Limits { accounts_max, ..Limits::default() };
        let name = b"same name 123456";
        let mut accounts = Accounts::new(&sized(32));
        for at in [0, 0, 1].into_iter().chain(1..32) {
            assert_eq!(accounts.ensure(100 - at, name), Some(at));
        }
        assert_eq!(accounts.ensure(100, &[0; 16]), None, "no room");
        accounts.resize(&sized(40));
        assert_eq!(accounts.ensure(100, &[0; 16]), Some(32));
        accounts.resize(&sized(1));
        assert!((0..32).all(|at| accounts.find(100 - at, name) == Some(at)));
        assert_eq!((accounts.find(99, &[0; 16]), accounts.ensure(99, &[0; 16])), (None, None));
        assert_eq!(accounts.firm_of(32).number, 100);
    }

    #[test]
    fn a_definition_is_refused_for_a_reason() {
        let mut accounts = two_of_each();
        assert_eq!(accounts.define(&account(1, b'a')), Err(AdminResult::UnknownFirm));
        assert_eq!(accounts.define_firm(&firm(1)), AdminResult::Done);
        let below = Decimal8::new(-1);
        let negative = j::FirmDefine { position_max: below, ..firm(1) };
        assert_eq!(accounts.define_firm(&negative), AdminResult::OutOfRange);
        let negative = j::AccountDefine { open_notional_max: below, ..account(1, b'a') };
        assert_eq!(accounts.define(&negative), Err(AdminResult::OutOfRange));

        assert_eq!(accounts.define(&account(1, b'a')), Ok(0));
        accounts.get_mut(0).party.open_orders = 1;
        let funded = j::AccountDefine { funded: Boolean::True.into(), ..account(1, b'a') };
        assert_eq!(accounts.define(&funded), Err(AdminResult::InUse));
        accounts.get_mut(0).party.open_orders = 0;
        assert_eq!(accounts.define(&funded), Ok(0));

        assert_eq!(accounts.define(&account(1, b'b')), Ok(1));
        assert_eq!(accounts.define(&account(1, b'c')), Err(AdminResult::CapacityReached));
        assert_eq!(accounts.define_firm(&firm(2)), AdminResult::Done);
        assert_eq!(accounts.define_firm(&firm(3)), AdminResult::CapacityReached);
    }
}

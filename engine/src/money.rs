//! Money: balances with what open orders reserve of them, settlement, transfers.
//!
//! Amounts are mantissas of 10^-8. What an order reserves follows from its [`Claim`] alone, so nothing
//! is kept per order: whoever changes a claim gives the difference. Balances of an asset, with the fees
//! collected in it, are what was deposited, always. Called by `risk.rs`, which knows who is funded;
//! what a trade costs is in `fees.rs`.

use crate::accounts::DECIMAL_ONE;
use crate::claim::{Busted, Claim, InstrumentMoney, Role};
use crate::engine::Limits;
use crate::fees::{FEE_PPM_MAX, PPM, ppm_of};
use crate::hash::{mix, mix_bytes, mix_i128};
use crate::snapshot::{Counts, Reader, SnapshotError, Writer};
use crate::tables::Grid;
use sbe_schemas::journal as j;
use sbe_schemas::types::{AdminResult, Boolean, Side};

/// Largest notional of an order that is settled, 10^-16: its fee fits a wire decimal.
pub const SETTLED_NOTIONAL_MAX: i128 = i64::MAX as i128 * DECIMAL_ONE * (PPM / FEE_PPM_MAX as i128);

/// What an account has of an asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// All of it; below 0 only where the account is not funded.
    pub total: i128,
    /// What its open orders may need of it.
    pub reserved: i128,
    /// What it begins with has been deposited.
    pub endowed: bool,
}

impl Balance {
    /// What a new order or a withdrawal may take.
    pub const fn available(&self) -> i128 {
        self.total - self.reserved
    }
}

/// How the trades of an instrument are settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Index of what is bought and sold.
    pub base: u32,
    /// Index of what it is paid with.
    pub quote: u32,
    lot_size: i128,
    /// Quote that one lot costs per tick of its price: exact, or the instrument would not be here.
    lot_tick: i128,
}

impl Pair {
    /// Quote for so many lots.
    fn paid(&self, ticks: i64, lots: i64) -> i128 {
        i128::from(ticks) * i128::from(lots) * self.lot_tick
    }

    /// Index of the asset that an order of this side spends.
    pub const fn spent(&self, side: Side) -> u32 {
        match side {
            Side::Buy => self.quote,
            Side::Sell => self.base,
        }
    }

    /// What an open order may need: base, or quote and the fee at the higher rate, no less than 0.
    /// Over any trade it falls by at least what the trade takes: the floor of a sum is no less than
    /// the sum of the floors.
    pub fn needs(&self, claim: &Claim) -> i128 {
        // Every order begins and ends here.
        if claim.lots == 0 {
            return 0;
        }
        match claim.side {
            Side::Sell => i128::from(claim.lots) * self.lot_size,
            Side::Buy => {
                let paid = self.paid(claim.ticks, claim.lots);
                paid + ppm_of(paid, claim.maker_ppm.max(claim.taker_ppm).max(0))
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Asset {
    name: [u8; 8],
    deposited: i128,
    fees: i128,
}

/// All balances, and the fees collected.
pub struct Money {
    assets: Vec<Asset>,
    assets_max: usize,
    balances: Grid<Balance>,
}

impl Money {
    /// Room for so many accounts and assets, taken now.
    pub fn new(limits: &Limits) -> Self {
        Self {
            assets: Vec::with_capacity(limits.assets_max),
            assets_max: limits.assets_max,
            balances: Grid::new(limits.accounts_max, limits.assets_max),
        }
    }

    /// Another bound of assets from now on, and room for so many accounts; what is there stays.
    pub fn resize(&mut self, accounts: usize, assets_max: usize) {
        self.assets_max = assets_max;
        self.assets.reserve_exact(assets_max.saturating_sub(self.assets.len()));
        self.balances.grow(accounts, assets_max);
    }

    /// Assets that instruments have named.
    pub fn assets_len(&self) -> u32 {
        self.assets.len() as u32
    }

    /// The index of an asset that some instrument has named.
    pub fn find_asset(&self, name: &[u8; 8]) -> Option<u32> {
        self.assets.iter().position(|asset| asset.name == *name).map(|at| at as u32)
    }

    /// How an instrument is settled; its assets are registered. `None`: it is not.
    ///
    /// # Errors
    /// `OutOfRange`: no quote asset, the same as the base, or a tick of a lot is no whole mantissa of
    /// the quote. `CapacityReached`: no room for its assets; none is registered.
    pub fn define_pair(&mut self, i: &InstrumentMoney) -> Result<Option<Pair>, AdminResult> {
        if i.base == [0; 8] {
            return Ok(None);
        }
        let lot_tick = i128::from(i.tick_size) * i128::from(i.lot_size);
        if i.quote == [0; 8] || i.quote == i.base || lot_tick % DECIMAL_ONE != 0 {
            return Err(AdminResult::OutOfRange);
        }
        let is_new = |name: &&[u8; 8]| self.find_asset(name).is_none();
        let new = [&i.base, &i.quote].into_iter().filter(is_new).count();
        if self.assets.len() + new > self.assets_max {
            return Err(AdminResult::CapacityReached);
        }
        Ok(Some(Pair {
            base: self.ensure_asset(i.base),
            quote: self.ensure_asset(i.quote),
            lot_size: i128::from(i.lot_size),
            lot_tick: lot_tick / DECIMAL_ONE,
        }))
    }

    fn ensure_asset(&mut self, name: [u8; 8]) -> u32 {
        self.find_asset(&name).unwrap_or_else(|| {
            self.assets.push(Asset { name, deposited: 0, fees: 0 });
            self.assets.len() as u32 - 1
        })
    }

    /// What an account has of an asset.
    pub fn balance(&self, account: u32, asset: u32) -> Balance {
        self.balances[(account, asset)]
    }

    /// Another claim of the same order, or none before or after (no lots): reserves the difference.
    pub fn reserve(&mut self, pair: &Pair, old: &Claim, new: &Claim) {
        let balance = &mut self.balances[(old.account, pair.spent(old.side))];
        balance.reserved += pair.needs(new) - pair.needs(old);
    }

    /// A trade: base against quote, and both pay their fee. Returns the fees of buyer and seller.
    pub fn settle(
        &mut self,
        pair: &Pair,
        (buy, sell): (&Claim, &Claim),
        (ticks, lots): (i64, i64),
        (buy_role, sell_role): (Role, Role),
    ) -> (i64, i64) {
        let paid = pair.paid(ticks, lots);
        let qty = i128::from(lots) * pair.lot_size;
        let buy_fee = ppm_of(paid, buy.ppm(buy_role));
        let sell_fee = ppm_of(paid, sell.ppm(sell_role));
        self.balances[(buy.account, pair.base)].total += qty;
        self.balances[(sell.account, pair.base)].total -= qty;
        self.balances[(buy.account, pair.quote)].total -= paid + buy_fee;
        self.balances[(sell.account, pair.quote)].total += paid - sell_fee;
        self.assets[pair.quote as usize].fees += buy_fee + sell_fee;
        let narrow = |fee| i64::try_from(fee).expect("SETTLED_NOTIONAL_MAX");
        (narrow(buy_fee), narrow(sell_fee))
    }

    /// Who is funded has what a trade that is taken back takes from him.
    pub fn can_return(&self, pair: &Pair, b: &Busted, [buyer, seller]: [bool; 2]) -> bool {
        let [qty, bought, sold] = moved_by(pair, b);
        let has = |account, asset, amount| self.balance(account, asset).available() >= amount;
        if b.buyer == b.seller {
            return !buyer || has(b.buyer, pair.quote, sold - bought);
        }
        (!buyer || has(b.buyer, pair.base, qty) && has(b.buyer, pair.quote, -bought))
            && (!seller || has(b.seller, pair.quote, sold))
    }

    /// Undoes what [`Self::settle`] did.
    pub fn give_back(&mut self, pair: &Pair, b: &Busted) {
        let [qty, bought, sold] = moved_by(pair, b);
        self.balances[(b.buyer, pair.base)].total -= qty;
        self.balances[(b.seller, pair.base)].total += qty;
        self.balances[(b.buyer, pair.quote)].total += bought;
        self.balances[(b.seller, pair.quote)].total -= sold;
        self.assets[pair.quote as usize].fees -= bought - sold;
    }

    /// A deposit, or a withdrawal of no more than is available.
    pub fn transfer(&mut self, account: u32, d: &j::Transfer) -> AdminResult {
        let Some(asset) = self.find_asset(&d.asset) else { return AdminResult::UnknownAsset };
        let amount = i128::from(d.amount.get());
        if amount == 0 {
            return AdminResult::OutOfRange;
        }
        let balance = &mut self.balances[(account, asset)];
        let initial = d.initial.known() == Some(Boolean::True);
        if initial && balance.endowed {
            return AdminResult::InUse;
        }
        if amount < 0 && balance.available() + amount < 0 {
            return AdminResult::InsufficientBalance;
        }
        balance.total += amount;
        balance.endowed |= initial;
        self.assets[asset as usize].deposited += amount;
        AdminResult::Done
    }

    /// Fees collected in an asset, rebates taken off.
    pub fn fees(&self, asset: u32) -> i128 {
        self.assets[asset as usize].fees
    }

    /// Deposits less withdrawals of an asset.
    pub fn deposited(&self, asset: u32) -> i128 {
        self.assets[asset as usize].deposited
    }

    /// The invariant: of each asset, what the accounts have and the fees are what was deposited.
    pub fn sums_to_zero(&self, accounts: u32) -> bool {
        (0..).zip(&self.assets).all(|(at, asset)| {
            let total: i128 = (0..accounts).map(|account| self.balance(account, at).total).sum();
            total + asset.fees == asset.deposited
        })
    }

    /// Everything into a state hash.
    pub fn hash(&self, accounts: u32, mut hash: u64) -> u64 {
        for (at, asset) in (0..).zip(&self.assets) {
            hash = mix_i128(mix_i128(mix_bytes(hash, &asset.name), asset.deposited), asset.fees);
            for account in 0..accounts {
                let balance = self.balance(account, at);
                hash = mix_i128(mix_i128(hash, balance.total), balance.reserved);
                hash = mix(hash, u64::from(balance.endowed));
            }
        }
        hash
    }
}

impl Money {
    pub(crate) fn save(&self, accounts: u32, w: &mut Writer<'_>) {
        let Self { assets, assets_max: _, balances } = self;
        w.count(assets.len());
        for Asset { name, deposited, fees } in assets {
            w.bytes(name);
            w.i128(*deposited);
            w.i128(*fees);
        }
        for asset in 0..assets.len() as u32 {
            for account in 0..accounts {
                let Balance { total, reserved, endowed } = balances[(account, asset)];
                w.i128(total);
                w.i128(reserved);
                w.flag(endowed);
            }
        }
    }

    /// Where nothing is yet, with room for what `counts` says.
    pub(crate) fn load(
        &mut self,
        r: &mut Reader<'_>,
        counts: &Counts,
    ) -> Result<(), SnapshotError> {
        for _ in 0..r.same_count(counts.assets)? {
            self.assets.push(Asset { name: r.text()?, deposited: r.i128()?, fees: r.i128()? });
        }
        for asset in 0..counts.assets.get() {
            for account in 0..counts.accounts.get() {
                self.balances[(account, asset)] =
                    Balance { total: r.i128()?, reserved: r.i128()?, endowed: r.flag()? };
            }
        }
        Ok(())
    }
}

/// What a trade has moved: base, and quote that the buyer paid and the seller got, their fees in it.
fn moved_by(pair: &Pair, b: &Busted) -> [i128; 3] {
    let (qty, paid) = (i128::from(b.lots) * pair.lot_size, pair.paid(b.ticks, b.lots));
    [qty, paid + i128::from(b.fees.0), paid - i128::from(b.fees.1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbe_schemas::header::Message;
    use sbe_schemas::types::Decimal8;

    fn instrument(tick_size: i64, base: u8, quote: u8) -> InstrumentMoney {
        let (base, quote) = ([base; 8], [quote; 8]);
        InstrumentMoney { tick_size, lot_size: 10_000, notional_max: 0, base, quote }
    }

    fn three_assets() -> Money {
        Money::new(&Limits { accounts_max: 1, assets_max: 3, ..Limits::default() })
    }

    #[test]
    fn an_instrument_is_settled_exactly_or_not_at_all() {
        let mut money = three_assets();
        assert_eq!(money.define_pair(&instrument(1, 0, 0)), Ok(None));
        for wrong in [
            instrument(10_001, b'a', b'b'),
            instrument(10_000, b'a', b'a'),
            instrument(10_000, b'a', 0),
        ] {
            assert_eq!(money.define_pair(&wrong), Err(AdminResult::OutOfRange));
        }
        let pair = money.define_pair(&instrument(30_000, b'a', b'b')).expect("fine");
        let pair = pair.expect("settled");
        assert_eq!((pair.base, pair.quote, pair.paid(5, 7)), (0, 1, 105));
        let too_many = money.define_pair(&instrument(10_000, b'c', b'd'));
        assert_eq!(too_many, Err(AdminResult::CapacityReached));
        assert_eq!(money.find_asset(b"cccccccc"), None);
        assert!(money.define_pair(&instrument(10_000, b'c', b'b')).is_ok());
    }

    #[test]
    fn no_more_is_withdrawn_than_is_available() {
        let mut money = three_assets();
        money.define_pair(&instrument(10_000, b'a', b'b')).expect("fine");
        let mut of_a = |amount| {
            let (asset, amount) = ([b'a'; 8], Decimal8::new(amount));
            money.transfer(0, &j::Transfer { asset, amount, ..Message::ZERO })
        };
        assert_eq!(of_a(5), AdminResult::Done);
        assert_eq!(of_a(-6), AdminResult::InsufficientBalance);
        assert_eq!(of_a(i64::MIN), AdminResult::InsufficientBalance);
        assert_eq!(of_a(-5), AdminResult::Done);
        assert_eq!(money.transfer(0, &Message::ZERO), AdminResult::UnknownAsset);
        assert!(money.sums_to_zero(1));
    }
}

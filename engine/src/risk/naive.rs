//! Risk without sums: a list of open orders, of trades, of transfers, and everything asked of them anew.
//! It follows the rulebook's §7 word for word and shares no code with what it judges.

use super::tests::ONE;
use crate::claim::{Claim, RiskReject};
use sbe_schemas::types::Side;

pub(super) const ASSETS: [[u8; 8]; 3] = [[b'a'; 8], [b'b'; 8], [b'c'; 8]];
/// Base, quote of the instruments that are settled.
pub(super) const PAIRS: [Option<(usize, usize)>; 3] = [Some((0, 2)), Some((1, 2)), None];
pub(super) const SIZES: [(i64, i64); 3] = [(30_000, 10_000), (70_000, 10_000), (30_001, 10_007)];
/// Firms of the accounts; 0 and 1 are always funded, 2 now and then, 3 never.
pub(super) const FIRMS: [u32; 4] = [7, 8, 7, 8];
pub(super) const NOTIONAL_MAX: i64 = 12_000;

pub(super) struct Traded {
    pub(super) day: u32,
    pub(super) claim: Claim,
    pub(super) ticks: i64,
    pub(super) lots: i64,
    pub(super) fee: i128,
}

/// What is known without sums.
#[derive(Default)]
pub(super) struct Naive {
    pub(super) orders: Vec<Claim>,
    pub(super) trades: Vec<Traded>,
    /// Account, asset, amount.
    pub(super) transfers: Vec<(u32, usize, i128)>,
    pub(super) tiers: [Option<(i64, i32, i32)>; 8],
    pub(super) day: u32,
    pub(super) funded: [bool; 4],
    pub(super) account_limits: [(u32, i64, i64); 4],
    pub(super) firm_limits: [(u32, i64, i64); 2],
}

pub(super) fn notional(instrument: u32, ticks: i64, lots: i64) -> i128 {
    let (tick, lot) = SIZES[instrument as usize];
    i128::from(tick) * i128::from(lot) * i128::from(ticks) * i128::from(lots)
}

pub(super) fn paid(instrument: u32, ticks: i64, lots: i64) -> i128 {
    let notional = notional(instrument, ticks, lots);
    assert_eq!(notional % i128::from(ONE), 0);
    notional / i128::from(ONE)
}

pub(super) fn qty(instrument: u32, lots: i64) -> i128 {
    i128::from(SIZES[instrument as usize].1) * i128::from(lots)
}

pub(super) fn exceeds(value: i128, max: i128) -> bool {
    max > 0 && value > max
}

/// Asset and amount that an open order needs.
pub(super) fn needs(claim: &Claim) -> Option<(usize, i128)> {
    let (base, quote) = PAIRS[claim.instrument as usize]?;
    let paid = paid(claim.instrument, claim.ticks, claim.lots);
    let rate = i128::from(claim.maker_ppm.max(claim.taker_ppm).max(0));
    Some(match claim.side {
        Side::Buy => (quote, paid + paid * rate / 1_000_000),
        Side::Sell => (base, qty(claim.instrument, claim.lots)),
    })
}

impl Naive {
    pub(super) fn rates(&self, account: u32) -> (i32, i32) {
        let last =
            |t: &&Traded| t.claim.account == account && t.day < self.day && t.day + 30 >= self.day;
        let volume = |t: &Traded| notional(t.claim.instrument, t.ticks, t.lots);
        let volume: i128 = self.trades.iter().filter(last).map(volume).sum();
        let reached = |(min, ..): &&(i64, i32, i32)| i128::from(*min) * i128::from(ONE) <= volume;
        let (_, maker, taker) = self.tiers.iter().flatten().rfind(reached).unwrap_or(&(0, 0, 0));
        (*maker, *taker)
    }

    pub(super) fn reserved(&self, account: u32, asset: usize) -> i128 {
        let own = |claim: &&Claim| claim.account == account && self.funded[account as usize];
        let of_asset = |(at, amount)| if at == asset { amount } else { 0 };
        self.orders.iter().filter(own).filter_map(needs).map(of_asset).sum()
    }

    pub(super) fn total(&self, account: u32, asset: usize) -> i128 {
        let given: i128 =
            self.transfers.iter().filter(|t| (t.0, t.1) == (account, asset)).map(|t| t.2).sum();
        let traded = |t: &Traded| {
            let Some((base, quote)) = PAIRS[t.claim.instrument as usize] else { return 0 };
            let sign = if t.claim.side == Side::Buy { 1 } else { -1 };
            let base_in = if base == asset { sign * qty(t.claim.instrument, t.lots) } else { 0 };
            let quote_out = sign * paid(t.claim.instrument, t.ticks, t.lots) + t.fee;
            base_in - if quote == asset { quote_out } else { 0 }
        };
        let own = self.trades.iter().filter(|t| t.claim.account == account);
        given + own.map(traded).sum::<i128>()
    }

    /// Net lots of all accounts that `who` picks.
    pub(super) fn net(&self, instrument: u32, who: impl Fn(u32) -> bool) -> i64 {
        let signed = |t: &Traded| if t.claim.side == Side::Buy { t.lots } else { -t.lots };
        let of = |t: &&Traded| t.claim.instrument == instrument && who(t.claim.account);
        self.trades.iter().filter(of).map(signed).sum()
    }

    /// The rulebook's §7 in the order of its §1.1, over `others`: all open orders but the one replaced.
    pub(super) fn check(
        &self,
        new: &Claim,
        others: &[Claim],
        replaces: bool,
    ) -> Result<(), RiskReject> {
        let firm = FIRMS[new.account as usize];
        let own = |account: u32| account == new.account;
        let firms = |account: u32| FIRMS[account as usize] == firm;
        let limits =
            [self.account_limits[new.account as usize], self.firm_limits[firm as usize - 7]];
        let whose: [&dyn Fn(u32) -> bool; 2] = [&own, &firms];
        let orders = |at: usize| others.iter().filter(move |claim| whose[at](claim.account));
        let size = notional(new.instrument, new.ticks, new.lots);
        if exceeds(size, i128::from(NOTIONAL_MAX) * i128::from(ONE)) {
            return Err(RiskReject::NotionalTooLarge);
        }
        for (at, reject) in
            [RiskReject::AccountOpenOrders, RiskReject::FirmOpenOrders].into_iter().enumerate()
        {
            if !replaces && exceeds(orders(at).count() as i128 + 1, i128::from(limits[at].0)) {
                return Err(reject);
            }
        }
        for (at, reject) in
            [RiskReject::AccountOpenNotional, RiskReject::FirmOpenNotional].into_iter().enumerate()
        {
            let open: i128 = orders(at).map(|c| notional(c.instrument, c.ticks, c.lots)).sum();
            if exceeds(open + size, i128::from(limits[at].1) * i128::from(ONE)) {
                return Err(reject);
            }
        }
        for (at, reject) in
            [RiskReject::AccountPosition, RiskReject::FirmPosition].into_iter().enumerate()
        {
            let same = |c: &&Claim| (c.instrument, c.side) == (new.instrument, new.side);
            let open: i64 = orders(at).filter(same).map(|claim| claim.lots).sum();
            let net = self.net(new.instrument, whose[at]);
            let net = if new.side == Side::Buy { net } else { -net };
            if exceeds(qty(new.instrument, net + open + new.lots), i128::from(limits[at].2)) {
                return Err(reject);
            }
        }
        if let Some((asset, amount)) = needs(new).filter(|_| self.funded[new.account as usize]) {
            let claimed = others.iter().filter(|claim| claim.account == new.account);
            let claimed = claimed.filter_map(needs).filter(|(at, _)| *at == asset);
            let reserved: i128 = claimed.map(|(_, amount)| amount).sum();
            if amount > self.total(new.account, asset) - reserved {
                return Err(RiskReject::InsufficientBalance);
            }
        }
        Ok(())
    }
}

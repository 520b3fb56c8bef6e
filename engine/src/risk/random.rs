//! Random histories of commands, with every answer and every number compared with those of `naive.rs`.

use super::naive::{ASSETS, FIRMS, NOTIONAL_MAX, Naive, PAIRS, SIZES, Traded, notional, paid};
use super::tests::name;
use super::*;
use proptest::prelude::*;
use sbe_schemas::header::Message;
use sbe_schemas::types::{Boolean, Decimal8};

#[derive(Clone, Debug)]
enum Op {
    Enter { account: u32, instrument: u32, buy: bool, ticks: i64, lots: i64 },
    Replace { order: usize, ticks: i64, lots: i64 },
    Decrement { order: usize, lots: i64 },
    End { order: usize },
    Trade { buy: usize, sell: usize, ticks: i64, lots: i64, roles: (Role, Role) },
    Transfer { account: u32, asset: usize, amount: i64 },
    Fees { tier: u32, volume_min: i64, maker: i32, taker: i32 },
    EndDays { days: u32 },
    AccountLimits { account: u32, limits: (u32, i64, i64), fund: bool },
    FirmLimits { firm: u32, limits: (u32, i64, i64) },
}

fn ops() -> impl Strategy<Value = Op> {
    let roles = prop_oneof![
        Just((Role::Maker, Role::Taker)),
        Just((Role::Taker, Role::Maker)),
        Just((Role::Maker, Role::Maker))
    ];
    // Mantissas; 0 is no limit.
    let or_none = |max: i64| prop_oneof![Just(0), 1..max];
    let orders = || prop_oneof![2 => Just(0), 1 => 1..12_u32];
    let limits = move || (orders(), or_none(40_000), or_none(900_000));
    let (ticks, lots) = (|| 1..60_i64, || 1..40_i64);
    let ppm = || prop_oneof![-100_000..=100_000_i32, -500..500_i32];
    prop_oneof![
        8 => (0..4_u32, 0..3_u32, any::<bool>(), ticks(), lots()).prop_map(
            |(account, instrument, buy, ticks, lots)| Op::Enter { account, instrument, buy, ticks, lots }
        ),
        2 => (any::<usize>(), ticks(), lots())
            .prop_map(|(order, ticks, lots)| Op::Replace { order, ticks, lots }),
        1 => (any::<usize>(), lots()).prop_map(|(order, lots)| Op::Decrement { order, lots }),
        2 => any::<usize>().prop_map(|order| Op::End { order }),
        8 => (any::<usize>(), any::<usize>(), ticks(), lots(), roles)
            .prop_map(|(buy, sell, ticks, lots, roles)| Op::Trade { buy, sell, ticks, lots, roles }),
        3 => (0..4_u32, 0..3_usize, prop_oneof![20 => -60_000..1_000_000_i64, 1 => Just(0)])
            .prop_map(|(account, asset, amount)| Op::Transfer { account, asset, amount }),
        1 => (0..9_u32, prop_oneof![Just(0), 0..900_000_i64], ppm(), ppm())
            .prop_map(|(tier, volume_min, maker, taker)| Op::Fees { tier, volume_min, maker, taker }),
        1 => (1..12_u32).prop_map(|days| Op::EndDays { days }),
        1 => (0..4_u32, limits(), any::<bool>())
            .prop_map(|(account, limits, fund)| Op::AccountLimits { account, limits, fund }),
        1 => (7..9_u32, limits()).prop_map(|(firm, limits)| Op::FirmLimits { firm, limits }),
    ]
}

/// The risk under test beside the naive one.
struct Both {
    risk: Risk,
    naive: Naive,
}

impl Both {
    fn new() -> Self {
        let limits =
            Limits { accounts_max: 4, instruments_max: 3, assets_max: 3, ..Limits::default() };
        let mut risk = Risk::new(&limits);
        for ((at, (tick_size, lot_size)), pair) in (0..).zip(SIZES).zip(PAIRS) {
            let (base, quote) = pair.map_or_else(Default::default, |(b, q)| (ASSETS[b], ASSETS[q]));
            let notional_max = NOTIONAL_MAX;
            let i = InstrumentMoney { tick_size, lot_size, notional_max, base, quote };
            assert_eq!(risk.define_instrument(at, &i), AdminResult::Done);
        }
        let mut both = Self { risk, naive: Naive::default() };
        for firm in [7, 8] {
            both.limit_firm(firm, (0, 0, 0));
        }
        for account in 0..4 {
            both.limit_account(account, (0, 0, 0), account < 2);
        }
        both
    }

    fn limit_firm(&mut self, firm: u32, limits: (u32, i64, i64)) {
        let d = j::FirmDefine {
            firm: firm.into(),
            open_orders_max: limits.0.into(),
            open_notional_max: Decimal8::new(limits.1),
            position_max: Decimal8::new(limits.2),
            ..Message::ZERO
        };
        assert_eq!(self.risk.define_firm(&d), AdminResult::Done);
        self.naive.firm_limits[firm as usize - 7] = limits;
    }

    fn limit_account(&mut self, account: u32, limits: (u32, i64, i64), funded: bool) {
        let at = account as usize;
        let d = j::AccountDefine {
            account: name(account as u8),
            firm: FIRMS[at].into(),
            open_orders_max: limits.0.into(),
            open_notional_max: Decimal8::new(limits.1),
            position_max: Decimal8::new(limits.2),
            funded: if funded { Boolean::True } else { Boolean::False }.into(),
            ..Message::ZERO
        };
        let busy = self.naive.orders.iter().any(|claim| claim.account == account);
        let in_use = busy && self.naive.funded[at] != funded;
        let expected = if in_use { AdminResult::InUse } else { AdminResult::Done };
        assert_eq!(self.risk.define_account(&d), expected);
        if !in_use {
            (self.naive.account_limits[at], self.naive.funded[at]) = (limits, funded);
        }
    }

    fn apply(&mut self, op: &Op) {
        let (risk, naive) = (&mut self.risk, &mut self.naive);
        let count = naive.orders.len();
        let find = |order: usize| (count > 0).then(|| order % count);
        match *op {
            Op::Enter { account, instrument, buy, ticks, lots } => {
                let side = if buy { Side::Buy } else { Side::Sell };
                let claim = risk.claim(account, instrument, side, ticks, lots);
                let checked = risk.check_new(&claim);
                assert_eq!(checked, naive.check(&claim, &naive.orders, false));
                if checked.is_ok() {
                    risk.take(&claim);
                    naive.orders.push(claim);
                }
            }
            Op::Replace { order, ticks, lots } => {
                let Some(order) = find(order) else { return };
                let old = naive.orders[order];
                let new = risk.claim(old.account, old.instrument, old.side, ticks, lots);
                let mut others = naive.orders.clone();
                others.remove(order);
                let checked = risk.check_replace(&old, &new);
                assert_eq!(checked, naive.check(&new, &others, true));
                if checked.is_ok() {
                    risk.change(&old, &new);
                    naive.orders[order] = new;
                }
            }
            Op::Decrement { order, lots } => {
                let Some(order) = find(order) else { return };
                let old = naive.orders[order];
                if lots < old.lots {
                    naive.orders[order].lots -= lots;
                    risk.change(&old, &naive.orders[order]);
                }
            }
            Op::End { order } => {
                let Some(order) = find(order) else { return };
                risk.release(&naive.orders.remove(order));
            }
            Op::Trade { buy, sell, ticks, lots, roles } => {
                self.trade(buy, sell, ticks, lots, roles)
            }
            Op::Transfer { account, asset, amount } => {
                let available = naive.total(account, asset) - naive.reserved(account, asset);
                let fits = amount > 0 || amount < 0 && available + i128::from(amount) >= 0;
                let d = j::Transfer {
                    account: name(account as u8),
                    firm: FIRMS[account as usize].into(),
                    asset: ASSETS[asset],
                    amount: Decimal8::new(amount),
                    ..Message::ZERO
                };
                assert_eq!(risk.transfer(&d) == AdminResult::Done, fits);
                if fits {
                    naive.transfers.push((account, asset, amount.into()));
                }
            }
            Op::Fees { tier, volume_min, maker, taker } => {
                let d = j::FeesDefine {
                    tier: tier.into(),
                    volume_min: Decimal8::new(volume_min),
                    maker_ppm: maker.into(),
                    taker_ppm: taker.into(),
                    ..Message::ZERO
                };
                let fine = tier < 8 && (tier > 0 || volume_min == 0);
                assert_eq!(risk.define_fees(&d) == AdminResult::Done, fine);
                if fine {
                    naive.tiers[tier as usize] = Some((volume_min, maker, taker));
                }
            }
            Op::EndDays { days } => {
                naive.day += days;
                (0..days).for_each(|_| risk.end_day());
            }
            Op::AccountLimits { account, limits, fund } => {
                let fund = if account == 2 { fund } else { account < 2 };
                self.limit_account(account, limits, fund);
            }
            Op::FirmLimits { firm, limits } => self.limit_firm(firm, limits),
        }
    }

    /// Two orders that may trade do, at a price within both limits.
    fn trade(&mut self, buy: usize, sell: usize, ticks: i64, lots: i64, roles: (Role, Role)) {
        let orders = &self.naive.orders;
        let pick = |which: usize, fits: &dyn Fn(&Claim) -> bool| {
            let fit: Vec<_> = (0..orders.len()).filter(|at| fits(&orders[*at])).collect();
            (!fit.is_empty()).then(|| fit[which % fit.len()])
        };
        let Some(buy_at) = pick(buy, &|claim| claim.side == Side::Buy) else { return };
        let buy = orders[buy_at];
        let crosses = |claim: &Claim| {
            (claim.side, claim.instrument) == (Side::Sell, buy.instrument)
                && claim.ticks <= buy.ticks
        };
        let Some(sell_at) = pick(sell, &crosses) else { return };
        let sell = orders[sell_at];
        let ticks = ticks.clamp(sell.ticks, buy.ticks);
        let lots = lots.min(buy.lots).min(sell.lots);
        let naive = &mut self.naive;
        let fees = self.risk.trade(&buy, &sell, ticks, lots, roles);
        for (claim, role, charged) in [(buy, roles.0, fees.0), (sell, roles.1, fees.1)] {
            let ppm = if role == Role::Maker { claim.maker_ppm } else { claim.taker_ppm };
            let settled = PAIRS[claim.instrument as usize].is_some();
            let paid = if settled { paid(claim.instrument, ticks, lots) } else { 0 };
            let fee = paid * i128::from(ppm) / 1_000_000;
            assert_eq!(i128::from(charged), fee);
            naive.trades.push(Traded { day: naive.day, claim, ticks, lots, fee });
        }
        // The later of the two first, so that removing it leaves the other where it is.
        for at in [buy_at.max(sell_at), buy_at.min(sell_at)] {
            naive.orders[at].lots -= lots;
            if naive.orders[at].lots == 0 {
                self.risk.release(&naive.orders.remove(at));
            }
        }
    }

    fn compare(&self) {
        let (risk, naive) = (&self.risk, &self.naive);
        assert!(risk.sums_to_zero());
        for account in 0..4 {
            let own = || naive.orders.iter().filter(|claim| claim.account == account);
            let party = &risk.accounts().get(account).party;
            assert_eq!(party.open_orders as usize, own().count());
            let open = own().map(|c| notional(c.instrument, c.ticks, c.lots)).sum();
            assert_eq!(party.open_notional, open);
            for instrument in 0..3 {
                assert_eq!(
                    risk.position(account, instrument),
                    naive.net(instrument, |a| a == account)
                );
            }
            for (asset, name) in ASSETS.iter().enumerate() {
                let balance = risk.balance(account, name).expect("known");
                assert_eq!(balance.total, naive.total(account, asset));
                assert_eq!(balance.reserved, naive.reserved(account, asset));
                assert!(account >= 2 || balance.available() >= 0);
            }
            let claim = risk.claim(account, 0, Side::Buy, 1, 1);
            assert_eq!((claim.maker_ppm, claim.taker_ppm), naive.rates(account));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_history_is_what_a_list_of_orders_says(ops in prop::collection::vec(ops(), 1..150)) {
        let mut both = Both::new();
        for op in &ops {
            both.apply(op);
            both.compare();
        }
        let mut again = Both::new();
        ops.iter().for_each(|op| again.apply(op));
        prop_assert_eq!(again.risk.hash(1), both.risk.hash(1));
        for order in both.naive.orders.split_off(0) {
            both.risk.release(&order);
        }
        both.compare();
    }
}

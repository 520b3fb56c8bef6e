//! Every limit and every refusal of the operator, one by one; and the hand-made cases of money.

use super::*;
use crate::accounts::Blocks;
use sbe_schemas::header::Message;
use sbe_schemas::types::{Boolean, Decimal8};

pub(super) const ONE: i64 = 100_000_000;
pub(super) const BTC: [u8; 8] = *b"BTC\0\0\0\0\0";
pub(super) const USD: [u8; 8] = *b"USD\0\0\0\0\0";
/// Instrument 0 is settled in BTC and USD; a tick is 0.01, a lot 0.01. Instrument 1 is not settled.
pub(super) const PAIR: InstrumentMoney = InstrumentMoney {
    tick_size: ONE / 100,
    lot_size: ONE / 100,
    notional_max: 0,
    base: BTC,
    quote: USD,
};
pub(super) const PLAIN: InstrumentMoney =
    InstrumentMoney { tick_size: ONE, lot_size: ONE, notional_max: 0, base: [0; 8], quote: [0; 8] };

pub(super) fn name(letter: u8) -> [u8; 16] {
    let mut name = [0; 16];
    name[0] = letter;
    name
}

/// Whole units, 0: no limit.
pub(super) fn firm(number: u32, orders: u32, notional: i64, position: i64) -> j::FirmDefine {
    j::FirmDefine {
        firm: number.into(),
        open_orders_max: orders.into(),
        open_notional_max: Decimal8::new(notional * ONE),
        position_max: Decimal8::new(position * ONE),
        ..Message::ZERO
    }
}

/// Whole units, 0: no limit; in firm 7.
pub(super) fn account(
    letter: u8,
    (orders, notional, position): (u32, i64, i64),
    funded: Boolean,
) -> j::AccountDefine {
    j::AccountDefine {
        account: name(letter),
        firm: 7.into(),
        open_orders_max: orders.into(),
        open_notional_max: Decimal8::new(notional * ONE),
        position_max: Decimal8::new(position * ONE),
        funded: funded.into(),
        ..Message::ZERO
    }
}

pub(super) fn fees(tier: u32, volume_min: i64, maker: i32, taker: i32) -> j::FeesDefine {
    j::FeesDefine {
        tier: tier.into(),
        volume_min: Decimal8::new(volume_min * ONE),
        maker_ppm: maker.into(),
        taker_ppm: taker.into(),
        ..Message::ZERO
    }
}

/// Mantissas, in firm 7.
pub(super) fn transfer(letter: u8, asset: [u8; 8], amount: i64) -> j::Transfer {
    let amount = Decimal8::new(amount);
    j::Transfer { account: name(letter), firm: 7.into(), asset, amount, ..Message::ZERO }
}

const UNLIMITED: (u32, i64, i64) = (0, 0, 0);
const SMALL: Limits = Limits {
    sessions_max: 1,
    instruments_max: 2,
    orders_max: 1,
    pages_max: 1,
    accounts_max: 3,
    assets_max: 3,
    finished_kept: 1,
    parked_max: 1,
    hash_seed: 0,
};

/// Firm 7 with account 0, `A`, and account 1, `B`; both instruments.
fn venue(funded: Boolean) -> Risk {
    let mut risk = Risk::new(&SMALL);
    assert_eq!(risk.define_firm(&firm(7, 0, 0, 0)), AdminResult::Done);
    assert_eq!(risk.define_account(&account(b'A', UNLIMITED, funded)), AdminResult::Done);
    assert_eq!(risk.define_account(&account(b'B', UNLIMITED, funded)), AdminResult::Done);
    assert_eq!(risk.define_instrument(0, &PAIR), AdminResult::Done);
    assert_eq!(risk.define_instrument(1, &PLAIN), AdminResult::Done);
    risk
}

/// An order on the instrument that is not settled: prices and quantities are whole.
fn plain(risk: &Risk, account: u32, side: Side, ticks: i64, lots: i64) -> Claim {
    risk.claim(account, 1, side, ticks, lots)
}

fn takes(risk: &mut Risk, account: u32, side: Side, ticks: i64, lots: i64) -> Claim {
    accepted(risk, plain(risk, account, side, ticks, lots))
}

fn accepted(risk: &mut Risk, claim: Claim) -> Claim {
    assert_eq!(risk.check_new(&claim), Ok(()));
    risk.take(&claim);
    claim
}

#[test]
fn an_order_alone_is_at_most_the_instruments_notional() {
    let mut risk = venue(Boolean::False);
    let limited = InstrumentMoney { notional_max: 100 * ONE, ..PLAIN };
    assert_eq!(risk.define_instrument(1, &limited), AdminResult::Done);
    let fits = plain(&risk, 0, Side::Buy, 20, 5);
    let larger = plain(&risk, 0, Side::Sell, 101, 1);
    assert_eq!(risk.check_new(&fits), Ok(()));
    assert_eq!(risk.check_new(&larger), Err(RiskReject::NotionalTooLarge));
    assert_eq!(
        risk.check_replace(&fits, &plain(&risk, 0, Side::Buy, 21, 5)),
        Err(RiskReject::NotionalTooLarge)
    );
}

#[test]
fn what_is_settled_has_a_fee_that_fits_the_wire() {
    let mut risk = venue(Boolean::False);
    assert_eq!(risk.define_fees(&fees(0, 0, 100_000, -100_000)), AdminResult::Done);
    // 9.2 × 10^11 at most, so the fee of a tenth is at most 9.2 × 10^10.
    let most = 10 * i128::from(i64::MAX) / i128::from(ONE / 100) / 1_000_000;
    let lots = i64::try_from(most).expect("small");
    let claim = |risk: &Risk, side, lots| risk.claim(0, 0, side, 1_000_000 * 100, lots);
    assert_eq!(
        risk.check_new(&claim(&risk, Side::Buy, lots + 1)),
        Err(RiskReject::NotionalTooLarge)
    );
    let (buy, sell) = (claim(&risk, Side::Buy, lots), claim(&risk, Side::Sell, lots));
    accepted(&mut risk, buy);
    accepted(&mut risk, sell);
    let fees = risk.trade(&buy, &sell, buy.ticks, lots, (Role::Maker, Role::Taker));
    assert!(fees.0 > i64::MAX - i64::MAX / 1_000_000 && fees.1 == -fees.0);
    assert!(risk.sums_to_zero());
}

#[test]
fn open_orders_are_counted_per_account_then_per_firm_and_end_with_the_order() {
    let mut risk = venue(Boolean::False);
    risk.define_account(&account(b'A', (1, 0, 0), Boolean::False));
    risk.define_firm(&firm(7, 2, 0, 0));
    let first = takes(&mut risk, 0, Side::Buy, 5, 1);
    let again = plain(&risk, 0, Side::Buy, 5, 1);
    assert_eq!(risk.check_new(&again), Err(RiskReject::AccountOpenOrders));
    let other = takes(&mut risk, 1, Side::Sell, 5, 1);
    let third = plain(&risk, 1, Side::Sell, 5, 1);
    assert_eq!(risk.check_new(&third), Err(RiskReject::FirmOpenOrders));
    // A replace opens none.
    assert_eq!(risk.check_replace(&first, &plain(&risk, 0, Side::Buy, 5, 2)), Ok(()));
    risk.trade(&first, &other, 5, 1, (Role::Maker, Role::Taker));
    assert_eq!(risk.check_new(&again), Err(RiskReject::AccountOpenOrders));
    risk.release(&first.with_lots(0));
    assert_eq!(risk.check_new(&again), Ok(()));
    risk.release(&other.with_lots(0));
    assert_eq!(risk.accounts().firm_of(0).party.open_orders, 0);
}

#[test]
fn open_notional_is_limited_per_account_then_per_firm_over_all_instruments() {
    let mut risk = venue(Boolean::False);
    risk.define_account(&account(b'A', (0, 100, 0), Boolean::False));
    risk.define_firm(&firm(7, 0, 150, 0));
    let first = takes(&mut risk, 0, Side::Buy, 10, 9);
    // A tick of a lot of the pair is 0.0001: exactly the 10 that are left, and one tick more.
    assert_eq!(risk.check_new(&risk.claim(0, 0, Side::Sell, 1000, 100)), Ok(()));
    let more = risk.claim(0, 0, Side::Sell, 1001, 100);
    assert_eq!(risk.check_new(&more), Err(RiskReject::AccountOpenNotional));
    takes(&mut risk, 1, Side::Buy, 10, 6);
    let other = plain(&risk, 1, Side::Buy, 1, 1);
    assert_eq!(risk.check_new(&other), Err(RiskReject::FirmOpenNotional));
    // Its own share is taken out.
    assert_eq!(risk.check_replace(&first, &plain(&risk, 0, Side::Buy, 9, 10)), Ok(()));
    let larger = plain(&risk, 0, Side::Buy, 91, 1);
    assert_eq!(risk.check_replace(&first, &larger), Err(RiskReject::FirmOpenNotional));
    let largest = plain(&risk, 0, Side::Buy, 101, 1);
    assert_eq!(risk.check_replace(&first, &largest), Err(RiskReject::AccountOpenNotional));
}

#[test]
fn no_limit_ends_where_the_sums_do() {
    let mut risk = venue(Boolean::False);
    risk.resize(&Limits { instruments_max: 4, ..SMALL });
    let tiny = InstrumentMoney { tick_size: 1, lot_size: 1, ..PLAIN };
    for at in [2, 3] {
        assert_eq!(risk.define_instrument(at, &tiny), AdminResult::Done);
        for side in [Side::Buy, Side::Sell] {
            let half = risk.claim(0, at, side, i64::MAX, i64::MAX / 2);
            accepted(&mut risk, half);
        }
    }
    let lot = |account, side| risk.claim(account, 2, side, 1, 1);
    assert_eq!(risk.check_new(&lot(0, Side::Buy)), Err(RiskReject::AccountPosition));
    assert_eq!(risk.check_new(&lot(1, Side::Sell)), Err(RiskReject::FirmPosition));
    let large = |account| plain(&risk, account, Side::Buy, i64::MAX / ONE, 10);
    assert_eq!(risk.check_new(&large(0)), Err(RiskReject::AccountOpenNotional));
    assert_eq!(risk.check_new(&large(1)), Err(RiskReject::FirmOpenNotional));
    let (buy, sell) = (lot(0, Side::Buy), lot(0, Side::Sell));
    let whole = |claim: Claim| Claim { ticks: i64::MAX, lots: i64::MAX / 2, ..claim };
    let roles = (Role::Maker, Role::Taker);
    risk.trade(&whole(buy), &whole(sell), i64::MAX, i64::MAX / 2, roles);
    assert_eq!((risk.position(0, 2), risk.open_lots(0, 2, Side::Buy)), (0, 0));
}

#[test]
fn a_position_counts_the_open_orders_of_its_side() {
    let mut risk = venue(Boolean::False);
    risk.define_account(&account(b'A', (0, 0, 10), Boolean::False));
    risk.define_firm(&firm(7, 0, 0, 15));
    let buy = takes(&mut risk, 0, Side::Buy, 5, 10);
    let more = plain(&risk, 0, Side::Buy, 5, 1);
    assert_eq!(risk.check_new(&more), Err(RiskReject::AccountPosition));
    takes(&mut risk, 0, Side::Sell, 9, 10);
    assert_eq!(
        risk.check_replace(&buy, &plain(&risk, 0, Side::Buy, 5, 11)),
        Err(RiskReject::AccountPosition)
    );
    takes(&mut risk, 1, Side::Buy, 5, 5);
    let firms = plain(&risk, 1, Side::Buy, 5, 1);
    assert_eq!(risk.check_new(&firms), Err(RiskReject::FirmPosition));
    // B sells to A: A is long, its sellers have more room; the firm is where it was.
    let sell = takes(&mut risk, 1, Side::Sell, 5, 4);
    risk.trade(&buy, &sell, 5, 4, (Role::Maker, Role::Taker));
    assert_eq!((risk.position(0, 1), risk.position(1, 1)), (4, -4));
    assert_eq!(risk.open_lots(0, 1, Side::Buy), 6);
    assert_eq!(risk.check_new(&more), Err(RiskReject::AccountPosition));
    assert_eq!(risk.check_new(&plain(&risk, 0, Side::Sell, 9, 4)), Ok(()));
    let fifth = plain(&risk, 0, Side::Sell, 9, 5);
    assert_eq!(risk.check_new(&fifth), Err(RiskReject::AccountPosition));
    // A limit below what is there lets the way back open.
    risk.define_account(&account(b'A', (0, 0, 1), Boolean::False));
    assert_eq!(risk.check_new(&more), Err(RiskReject::AccountPosition));
    risk.define_account(&account(b'B', (0, 0, 2), Boolean::False));
    risk.define_firm(&firm(7, 0, 0, 0));
    assert_eq!(risk.check_new(&firms), Ok(()), "short by 4, buys 5 + 1");
}

#[test]
fn a_funded_account_spends_what_it_has_and_no_more() {
    let mut risk = venue(Boolean::True);
    risk.define_fees(&fees(0, 0, -50, 2000));
    assert_eq!(risk.transfer(&transfer(b'A', USD, 1002 * ONE)), AdminResult::Done);
    assert_eq!(risk.transfer(&transfer(b'B', BTC, 10 * ONE)), AdminResult::Done);
    // 100 lots of 0.01 at 1000 ticks of 0.01 are 10.00, with the fee 10.02: a hundred of them are all.
    let buy = risk.claim(0, 0, Side::Buy, 1000, 10_000);
    assert_eq!(risk.check_new(&buy), Ok(()));
    let more = risk.claim(0, 0, Side::Buy, 1000, 10_001);
    assert_eq!(risk.check_new(&more), Err(RiskReject::InsufficientBalance));
    risk.take(&buy);
    let usd = risk.balance(0, &USD).expect("known");
    assert_eq!((usd.total, usd.reserved), (100_200_000_000, 100_200_000_000));
    assert_eq!(risk.check_replace(&buy, &more), Err(RiskReject::InsufficientBalance));
    assert_eq!(risk.check_replace(&buy, &buy), Ok(()));
    let short = risk.claim(1, 0, Side::Sell, 900, 1001);
    assert_eq!(risk.check_new(&short), Err(RiskReject::InsufficientBalance));
    let sell = short.with_lots(1000);
    risk.take(&sell);
    // 10 BTC at 9.50, below the buyer's limit: what it saved is available at once.
    let fees = risk.trade(&buy, &sell, 950, 1000, (Role::Maker, Role::Taker));
    assert_eq!(fees, (-475_000, 19_000_000));
    let usd = risk.balance(0, &USD).expect("known");
    assert_eq!(usd.total, 100_200_000_000 - 9_500_000_000 + 475_000);
    assert_eq!(usd.reserved, 90_180_000_000);
    let btc = risk.balance(1, &BTC).expect("known");
    assert_eq!((btc.total, btc.reserved), (0, 0));
    assert_eq!(risk.balance(0, &BTC).expect("known").available(), 10 * i128::from(ONE));
    assert!(risk.sums_to_zero());
}

#[test]
fn an_order_keeps_its_rates_until_it_is_replaced() {
    let mut risk = venue(Boolean::False);
    risk.define_fees(&fees(0, 0, 100, 200));
    let old = risk.claim(0, 0, Side::Buy, 1000, 100);
    let resting = Claim { account: 1, side: Side::Sell, ..old };
    risk.take(&old);
    risk.take(&resting);
    risk.define_fees(&fees(0, 0, 1000, 2000));
    let new = risk.claim(0, 0, Side::Buy, 1000, 200);
    risk.change(&old, &new);
    let fees = risk.trade(&new, &resting, 1000, 100, (Role::Taker, Role::Maker));
    assert_eq!(fees, (2_000_000, 100_000));
}

#[test]
fn a_tier_is_reached_when_the_day_is_over_and_left_after_thirty() {
    let mut risk = venue(Boolean::False);
    assert_eq!(risk.define_fees(&fees(2, 100, 10, 20)), AdminResult::Done);
    let (buy, sell) = (takes(&mut risk, 0, Side::Buy, 10, 10), plain(&risk, 1, Side::Sell, 10, 10));
    risk.take(&sell);
    risk.trade(&buy, &sell, 10, 10, (Role::Taker, Role::Maker));
    let taker = |risk: &Risk, account| risk.claim(account, 1, Side::Buy, 1, 1).taker_ppm;
    assert_eq!(risk.define_fees(&fees(1, 100, 15, 30)), AdminResult::Done);
    assert_eq!(taker(&risk, 0), 0, "today does not count yet");
    for day in 0..30 {
        risk.end_day();
        assert_eq!((taker(&risk, 0), taker(&risk, 1)), (20, 20), "day {day}");
    }
    risk.end_day();
    assert_eq!(taker(&risk, 0), 0);
    assert_eq!(risk.define_fees(&fees(2, 0, 1, 2)), AdminResult::Done);
    assert_eq!(taker(&risk, 0), 2, "the highest, whatever it asks for");
    risk.resize(&Limits { accounts_max: 4, ..SMALL });
    risk.define_account(&account(b'C', UNLIMITED, Boolean::True));
    let late = risk.ensure_account(8, &name(b'D')).expect("room");
    assert_eq!((taker(&risk, 2), taker(&risk, late)), (2, 2));
}

#[test]
fn a_block_is_lifted_by_who_set_it() {
    let mut risk = venue(Boolean::False);
    risk.block(Blocked::Account(1), Blocker::Operator, true);
    risk.block(Blocked::Account(1), Blocker::Member, true);
    assert_eq!((risk.blocked_account(0), risk.blocked_account(1)), (false, true));
    risk.block(Blocked::Account(1), Blocker::Member, false);
    assert!(risk.blocked_account(1));
    risk.block(Blocked::Account(1), Blocker::Operator, false);
    assert!(!risk.blocked_account(1) && !risk.blocked_firm(0));
    let firm = risk.accounts().find_firm(7).expect("defined");
    risk.block(Blocked::Firm(firm), Blocker::Member, true);
    assert!(risk.blocked_firm(0) && risk.blocked_firm(1) && !risk.blocked_account(0));
    assert!(!Blocks::default().any());
}

#[test]
fn an_instrument_keeps_what_open_orders_rest_on() {
    let mut risk = venue(Boolean::False);
    assert_eq!(risk.define_instrument(2, &PLAIN), AdminResult::CapacityReached);
    let other_tick = InstrumentMoney { tick_size: ONE, ..PAIR };
    assert_eq!(risk.define_instrument(0, &other_tick), AdminResult::InUse);
    for wrong in [
        InstrumentMoney { lot_size: 0, ..PAIR },
        InstrumentMoney { tick_size: -1, ..PAIR },
        InstrumentMoney { notional_max: -1, ..PAIR },
    ] {
        assert_eq!(risk.define_instrument(0, &wrong), AdminResult::OutOfRange);
    }
    let settled = InstrumentMoney { base: *b"ACME\0\0\0\0", quote: USD, ..PLAIN };
    let open = takes(&mut risk, 1, Side::Sell, 5, 1);
    assert_eq!(risk.define_instrument(1, &settled), AdminResult::InUse);
    assert_eq!(risk.balance(0, &settled.base), None);
    risk.release(&open);
    assert_eq!(risk.define_instrument(1, &settled), AdminResult::Done);
    assert!(risk.balance(0, &settled.base).is_some());
}

#[test]
fn a_transfer_names_a_firm_an_account_and_an_asset() {
    let mut risk = venue(Boolean::False);
    let fine = transfer(b'A', USD, ONE);
    let stranger = j::Transfer { firm: 8.into(), ..fine };
    assert_eq!(risk.transfer(&stranger), AdminResult::UnknownFirm);
    assert_eq!(risk.transfer(&transfer(b'C', USD, ONE)), AdminResult::UnknownAccount);
    assert_eq!(risk.transfer(&transfer(b'A', *b"EUR\0\0\0\0\0", ONE)), AdminResult::UnknownAsset);
    assert_eq!(risk.transfer(&fine), AdminResult::Done);
    assert_eq!(risk.money().deposited(1), i128::from(ONE));
}

#[test]
fn every_step_changes_the_hash() {
    let mut risk = venue(Boolean::True);
    let (mut seen, mut steps) = (vec![risk.hash(0)], 0);
    let mut step = |risk: &Risk| {
        seen.push(risk.hash(0));
        seen.sort_unstable();
        seen.dedup();
        steps += 1;
        assert_eq!(seen.len(), steps + 1, "step {steps}");
    };
    risk.transfer(&transfer(b'A', USD, ONE));
    step(&risk);
    risk.define_fees(&fees(3, 50, 1, 2));
    step(&risk);
    risk.block(Blocked::Account(0), Blocker::Member, true);
    step(&risk);
    risk.end_day();
    step(&risk);
    let buy = takes(&mut risk, 0, Side::Buy, 5, 2);
    step(&risk);
    let sell = takes(&mut risk, 1, Side::Sell, 5, 2);
    step(&risk);
    risk.trade(&buy, &sell, 5, 2, (Role::Maker, Role::Taker));
    step(&risk);
    risk.define_account(&account(b'B', (3, 0, 0), Boolean::True));
    step(&risk);
    risk.define_instrument(1, &InstrumentMoney { notional_max: ONE, ..PLAIN });
    step(&risk);
    let before = risk.hash(0);
    risk.resize(&Limits { accounts_max: 99, instruments_max: 9, assets_max: 9, ..SMALL });
    assert_eq!(risk.hash(0), before, "room is no state");
}
